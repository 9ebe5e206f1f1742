"""What is said about one place of a register: what is wrong there, and what to do about it.

No value is ever repeated: it may be personal data, and whoever reads the report has the register.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, NamedTuple

from licences.errors import InvalidFieldError, LicencesError
from licences.faults import FAULTS


class Advice(NamedTuple):
    """What somebody who keeps a register can do."""

    zh: str
    en: str


_CHECK_PAPER: Final = Advice("请对照纸质原件改正后再次转换", "compare with the paper, correct it and convert again")
_AS_ON_PAPER: Final = Advice(
    "与纸质原件一致的无需改动，否则请改正后再次转换",
    "nothing to do if the paper says so; else correct it and convert again",
)
# Regions and classes come and go with the years: that one is unknown today says nothing against an old licence.
_HARMLESS: Final = frozenset({"REGION_UNKNOWN", "USCC_CLASS_UNKNOWN", "ROW_TWICE"})
_ADVICE: Mapping[str, Advice] = MappingProxyType(
    {
        "REQUIRED": Advice("请对照纸质原件补录", "add it from the paper"),
        "DIGITS_LOST": Advice(
            "请先把该列设为“文本”，再对照原件重新录入（身份证号等 18 位号码不能按数值保存）",
            "make the column text, then type it again from the paper: numbers of 18 digits cannot be kept as numbers",
        ),
        "BECAME_DAY": Advice(
            "表格软件把编号改成了日期：请把该列设为“文本”后重新录入",
            "the spreadsheet turned it into a day: make the column text and type it again",
        ),
        "CELL_ERROR": Advice("请把公式换成它的值", "replace the formula by its value"),
        "CHARACTERS_LOST": Advice(
            "请从原系统按 UTF-8 或 GB 18030 重新导出，不要再次转码", "export it again as UTF-8 or GB 18030"
        ),
        "DATE_UNREADABLE": Advice(
            "请写作 2020-01-05 或 2020年1月5日，年份四位",
            "write 2020-01-05 or 2020年1月5日, with four digits of the year",
        ),
        "PERIOD_UNREADABLE": Advice(
            "请写作 2020-01-05 至 2025-01-04，或分成起、止两列", "write 2020-01-05 至 2025-01-04, or make two columns"
        ),
        "LONG_TERM_NOT_ALLOWED": Advice(
            "请核对原件上的截止日期；确为长期的，请先在目录中登记该期限",
            "check the last day on the paper; if it is unlimited indeed, the catalogue has to allow it first",
        ),
        "NOT_IN_LIST": Advice(
            "请改用所列取值，或在对应表 [values] 中写明台账用语对应哪一项",
            "use one of the values, or say in [values] of the mapping what the register's word stands for",
        ),
        "NUMBER_MALFORMED": Advice(
            "编号按颁发当日的规则核对：请核对原件上的编号和颁发日期，注意表格软件可能去掉了开头的零",
            "checked by the form of its day: check number and day on the paper; leading zeros may have been dropped",
        ),
        "SEAL_NOT_OF_ISSUER": Advice(
            "职能划转前的机关请列入对应表 historic_issuers；非本机关颁发的证照应由其颁发机关转换",
            "list authorities that this one has succeeded in historic_issuers; others convert their own licences",
        ),
        "UNPRINTABLE_CHARACTER": Advice(
            "请安装含有该字的字体后再次转换，不要改字", "install a font that has the character; do not change the name"
        ),
        "DOES_NOT_FIT": Advice("证面容纳不下：请与目录管理员联系", "tell whoever keeps the catalogue"),
        "ROW_TWICE": Advice("无需处理；可从台账删去重复行", "nothing to do; the second row can be deleted"),
        "ROWS_CONTRADICT": Advice(
            "请对照原件留下正确的一行；两行都没有转换", "keep the row that agrees with the paper; neither was converted"
        ),
        "ROW_WITHOUT_LICENCE": Advice("请核对明细中的证照编号", "check the licence number in the table"),
        "DUPLICATE_NUMBER": Advice(
            "库中已有此编号的证照：请核对是否已另行签发，勿重复转换",
            "the store has a licence with this number: find out whether it was issued in another way",
        ),
        "ISSUED_WITH_OTHER_DATA": Advice(
            "已签发的证照须以更正或变更办理，不能重新转换", "correct or change the licence that was issued instead"
        ),
        "SCAN_MISSING": Advice(
            "请把扫描件命名为证照编号放入目录；没有扫描件的按可信等级 C 转换",
            "name the scan after the licence number; without one the trust level is C",
        ),
        "SCAN_UNREADABLE": Advice("请重新扫描为 PDF、JPEG、PNG 或 TIFF", "scan it again as PDF, JPEG, PNG or TIFF"),
        "SCAN_TOO_LARGE": Advice("请降低分辨率重新扫描（300 dpi 足够）", "scan it again at 300 dpi"),
        "ROW_INTERRUPTED": Advice(
            "请稍后用 --resume 继续；仍然失败请联系维护人员", "try --resume later; else ask for help"
        ),
    }
    | dict.fromkeys(
        ("STORE_BUSY", "STORE_UNAVAILABLE", "STORE_UNWRITABLE", "ALLOTMENT_TAKEN", "FILE_DAMAGED"),
        Advice("与该行无关：请稍后用 --resume 继续", "not the row's fault: use --resume later"),
    )
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that is wrong, or odd, in one row."""

    line: int
    """Number of the row in the spreadsheet; 0 for what concerns all rows."""
    pointer: str
    """JSON pointer of the field; empty for the whole row."""
    label: str
    """What the register calls the field."""
    code: str
    zh: str
    en: str
    grave: bool
    """Whether it keeps the row from being converted."""
    sheet: str = ""
    """Name of the sheet, where it is not the one with the licences."""

    @property
    def advice(self) -> Advice:
        """What to do."""
        return _ADVICE.get(self.code, _CHECK_PAPER if self.grave else _AS_ON_PAPER)

    @property
    def doubtful(self) -> bool:
        """Whether it lowers the trust level: something on the paper fails a check, but may be so all the same."""
        return not self.grave and self.code not in _HARMLESS


def finding(
    line: int, pointer: str, code: str, *, label: str = "", grave: bool = True, sheet: str = "", **details: str | int
) -> Finding:
    """Return a finding with the words of `FAULTS`."""
    fault = FAULTS[code]
    return Finding(
        line=line,
        pointer=pointer,
        label=label,
        code=code,
        zh=fault.zh.format(**details),
        en=fault.en.format(**details),
        grave=grave,
        sheet=sheet,
    )


def finding_of(error: LicencesError, line: int, label: str = "", *, grave: bool = True) -> Finding:
    """Return what an error of this package says about a row."""
    pointer = error.pointer if isinstance(error, InvalidFieldError) else ""
    return Finding(line=line, pointer=pointer, label=label, code=error.code, zh=error.zh, en=error.en, grave=grave)
