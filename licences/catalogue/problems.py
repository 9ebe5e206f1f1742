"""What can be wrong with a catalogue file: code, Chinese and English sentence; place and line stand beside it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from licences.errors import CatalogueError

MAX_TOLD = 200
"""Problems of one file; who has more has written something else than a licence type."""

_ROWS: tuple[tuple[str, str, str], ...] = (
    ("TOO_LARGE", "文件过大：最多 {limit} 字节", "the file is too large: at most {limit} bytes"),
    ("NOT_UTF8", "文件不是 UTF-8 编码", "the file is not in UTF-8"),
    ("SYNTAX", "TOML 语法错误：{detail}", "no TOML: {detail}"),
    ("MISSING", "缺少此项", "is missing"),
    ("WRONG_KIND", "应为{kind}", "is no {kind_en}"),
    ("UNKNOWN_KEY", "没有这个键", "is not known"),
    ("NOT_AMONG", "“{value}”不在允许的取值之内：{values}", "{value} is not one of: {values}"),
    ("EMPTY", "不得为空", "has no values"),
    ("TOO_MANY", "过多：最多 {limit} 项", "too many: at most {limit}"),
    ("OUT_OF_RANGE", "数值超出范围（{low} 至 {high}）", "is out of range ({low} to {high})"),
    ("COUNT", "应有 {count} 个数值", "does not hold {count} numbers"),
    ("NOT_A_DAY", "应为日期 YYYY-MM-DD", "is no date YYYY-MM-DD"),
    ("ENDS_BEFORE_START", "截止日期早于起始日期", "ends before it begins"),
    ("KEY_FORM", "键应以小写字母开头，只含字母和数字，最多 64 个字符", "is no key: letters and digits, at most 64"),
    (
        "DOCUMENT_KEY_FORM",
        "键应为小写字母、数字和连字符，最多 24 个字符",
        "is no key: a-z, 0-9 and hyphens, at most 24",
    ),
    ("SLUG_FORM", "代号应为小写字母、数字和连字符", "is no slug: a-z, 0-9 and hyphens"),
    ("TYPE_CODE", "证照类型代码应为 18 位统一社会信用代码加 3 位数字", "the code is not 18 characters and 3 digits"),
    ("ORGANISATION_CODE", "统一社会信用代码有误：{detail}", "{detail_en}"),
    ("PATTERN", "正则表达式有误：{detail}", "no regular expression: {detail}"),
    ("PATTERN_SAMPLE", "示例编号不符合当日的编号规则", "the sample number does not match the pattern of its day"),
    (
        "PATTERN_TWICE",
        "number_pattern 与 [[number_patterns]] 只能有一个",
        "number_pattern or number_patterns, not both",
    ),
    ("PERIODS_MEET", "与另一条的适用日期重叠", "its days and those of another entry overlap"),
    ("TERM", "期限应写作 n/Y、n/M 或 n/D（n 为 1 至 99）", "{value} is not n/Y, n/M or n/D with n from 1 to 99"),
    ("VALIDITY", "有效期须写明 terms 或 at_most 之一", 'validity needs terms (or ["0/L"]) or at_most'),
    ("SAME_KEY", "有两项使用同一个键：{key}", "two entries have the same key: {key}"),
    ("COLUMNS", "rows 须有列，其他类型不得有列", "rows need columns, others must not have them"),
    ("VALUES", "enum 须有取值，其他类型不得有取值", "enum needs values, others must not have them"),
    ("COLUMN_TYPE", "列中不能是 rows 或 image", "a column cannot be rows or image"),
    ("REQUIRED_WHEN", "required_when 应指向此前的枚举项及其取值", "required_when names no value of an enum before it"),
    ("NO_SAMPLE", "缺少示例", "has no sample"),
    ("SAMPLE_REFUSED", "示例不合规定：{detail}", "the sample is refused: {detail_en}"),
    ("DUE_FIELD", "due_field 应指向 date 类型的项", "due_field names no field of type date"),
    ("DUE", "due_field 与 every 须且只能有一个", "needs either due_field or every"),
    (
        "ORDER",
        "须各列一次；缺少：{missing}；多余：{unknown}",
        "names each once; missing: {missing}, not known: {unknown}",
    ),
    ("SHARE", "列宽比例超出范围", "a share is out of range"),
    ("TYPE_SIZE", "字号超出范围，或 smallest 大于 size", "a size of type is out of range"),
    ("OFF_PAGE", "超出版面", "is not inside the page"),
    ("OVERLAP", "与 {other} 重叠", "and {other} lie over each other"),
    ("NO_CAPTION_ROOM", "二维码下方容不下说明文字", "has no room for its captions"),
    ("PHOTO_KEY", "须列出每个 image 项各一次：{missing}", "names each image field once; missing: {missing}"),
    ("DOCUMENT_FACE", "附表和标志须有自己的 [documents.face]", "an annex and a mark need a face of their own"),
    (
        "DOCUMENT_FIRST",
        "第一份文件应为正本，使用 [face]",
        "the first document is the original, with the face of the type",
    ),
    ("DOES_NOT_FIT", "按最大长度填写时，证面容纳不下", "does not fit on the face when filled to its longest"),
    ("FACE", "证面有误：{detail}", "cannot be drawn: {detail}"),
    ("SAME_NAME", "与另一证照类型的代号或代码相同：{other}", "has the slug or code of another type: {other}"),
    ("SAME_VERSION", "该类型已有此版本，或适用日期与另一版本重叠", "this version exists, or its days meet another's"),
    ("UNPRINTABLE", "没有字体能印出字符 {code_point}", "no font can print the character {code_point}"),
    ("TEXT_TOO_LONG", "过长：最多 {limit} 个字符", "is too long: at most {limit} characters"),
    (
        "ITEM_CODE_FORM",
        "事项编码应为大写字母、数字和连字符，最多 64 个字符",
        "is no item code: A-Z, 0-9, hyphens, at most 64",
    ),
    ("REGION_FORM", "应为 6 位行政区划代码", "is no region code of 6 digits"),
    (
        "REGION_START_FORM",
        "应为行政区划代码的前 2、4 或 6 位",
        "has other things than 2, 4 or 6 leading digits of regions",
    ),
    (
        "MATERIAL_KEY_FORM",
        "键应为小写字母、数字和连字符，最多 48 个字符",
        "is no key: a-z, 0-9 and hyphens, at most 48",
    ),
    (
        "ALTERNATIVE_ALONE",
        "互相替代的材料（{word}）至少两项，且同为必需或可选",
        "alternatives ({word}) are two or more, all of them required or all optional",
    ),
    ("FIELD_NONE", "该证照类型没有可用的信息项", "the licence type has no fields"),
    ("FIELD_SENSITIVE", "敏感信息项不得用作条件", "is a sensitive field: no condition looks at it"),
    ("TEST_TYPE", "此比较不适用于 {type} 类型的信息项", "this test is not for fields of type {type}"),
    ("TEST_VALUES", "比较值的个数或长度不对", "has the wrong number of values, or an empty or overlong one"),
    ("TEST_VALUE_NOT_AMONG", "比较值不在该信息项的取值之内：{values}", "is none of the values of the field: {values}"),
    ("TEST_VALUE_KIND", "比较值应为日期或数值，与信息项一致", "is no date or number as the field has it"),
)

_PROBLEMS: Mapping[str, tuple[str, str]] = MappingProxyType({code: (zh, en) for code, zh, en in _ROWS})


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogueFault:
    """One thing that is wrong with a catalogue file."""

    line: int
    """From 1; of the nearest key around it when the key is missing."""
    place: str
    """The key, such as ``face.title.y`` or ``fields[2].label``; empty for the whole file."""
    code: str
    zh: str
    en: str

    @property
    def text_zh(self) -> str:
        """With line and place."""
        return f"第 {self.line} 行 {self.place}：{self.zh}"

    @property
    def text_en(self) -> str:
        """With line and place."""
        return f"line {self.line}: {self.place} {self.en}"


def fault_at(line: int, place: str, code: str, **details: object) -> CatalogueFault:
    """One fault; ``details`` fill its sentences."""
    zh, en = _PROBLEMS[code]
    return CatalogueFault(line=line, place=place, code=code, zh=zh.format(**details), en=en.format(**details))


class CatalogueFileError(CatalogueError):
    """A file does not describe a licence type; ``faults`` are all its problems in the order of lines."""

    faults: tuple[CatalogueFault, ...]

    def __init__(self, faults: Sequence[CatalogueFault]) -> None:
        self.faults = tuple(sorted(faults, key=lambda fault: fault.line))[:MAX_TOLD]
        super().__init__("; ".join(fault.text_en for fault in self.faults))
        self.zh = "证照目录文件有误：" + "；".join(fault.text_zh for fault in self.faults)
