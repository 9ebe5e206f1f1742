"""From cells to paper metadata: what typing leaves behind goes, what history is stays, what cannot be read is said."""

import csv
import io
import time
import tomllib
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stock_register import MAPPING, credit_code, make_register

from esign import StructuredAuthority
from licences import (
    FAULTS,
    Finding,
    InvalidFieldError,
    RowOutcome,
    RowState,
    StockMappingError,
    StockPlan,
    contradictions,
    finding,
    licence_from_paper,
    licence_from_stock,
    load_catalogue,
    mapping_from,
    open_register,
    plan_stock,
    report_csv,
    survey_stock,
)
from licences.stock.cleaning import (
    MAX_DAY_CHARACTERS,
    clean_amount,
    clean_code,
    clean_day,
    clean_text,
    split_period,
)
from licences.stock.findings import _ADVICE
from licences.stock.plan import examine
from licences.stock.trust import TRUST_RULES, trust_level

CATALOGUE = load_catalogue()
TYPE = CATALOGUE.get("pesticide-business")
AUTHORITY = StructuredAuthority(name="样例县行政审批局", code="1199010000000102XM")
TODAY = date(2026, 11, 22)
HEADER = "许可证编号,经营者名称,统一社会信用代码,发证日期,有效期,住所,法定代表人（负责人）,经营范围,营业场所,仓储场所"
ROW = (
    f"农药经许(赣)99010110001,甲店,{credit_code(1)},2020年1月5日,2020年1月5日至2025年1月4日,城关镇,龚䶮,农药,一层,库房"
)
CONSTANTS: Mapping[str, object] = {
    "constants": {"certificateHolderTypeCode": "001", "certificateAreaCode": "990101"},
    "historic_issuers": [{"name": "样例县农业局"}],
}


def plan(*lines: str, mapping: object = CONSTANTS, tables: Mapping[str, str] | None = None) -> StockPlan:
    read = mapping_from(mapping)
    others = {key: text.encode() for key, text in (tables or {}).items()}
    register = open_register("\n".join(lines).encode(), TYPE, read, others)
    return plan_stock(register, TYPE, read, AUTHORITY)


def judged(planned: StockPlan) -> list[list[tuple[str, str, bool]]]:
    return [
        [
            (one.pointer.removeprefix("/data/"), one.code, one.grave)
            for one in examine(row.paper, CATALOGUE, TYPE.slug, planned.columns.labels).findings
            if one.code not in ("REGION_UNKNOWN", "ORGANISATION_CODE_CHECK")
        ]
        for row in planned.rows
    ]


# cleaning


@pytest.mark.parametrize(
    "text",
    [
        "2020年1月5日", "2020 年 01 月 05 日", "2020.1.5", "2020/1/5", "2020-01-05", "20200105", "２０２０．１．５",
        "2020-01-05 00:00:00", "二〇二〇年一月五日", "二○二○年一月五日", "2020年1月5号", "2020.01.05.",
        " 2020-1-5\u00a0",
    ],
)  # fmt: skip
def test_days_as_people_type_them(text: str) -> None:
    assert clean_day(text) == "2020-01-05"


@pytest.mark.parametrize(
    "text",
    [
        "2020年13月1日",
        "20.1.5",
        "1/5/2020",
        "2020年1月",
        "2020-1/5",
        "2020",
        "不详",
        "",
        "44197",
        "2020-02-30",
    ],
)
def test_days_that_leave_doubt_are_none(text: str) -> None:
    assert clean_day(text) is None


@given(st.dates(date(1900, 1, 1), date(2199, 12, 31)))
def test_every_day_in_chinese(day: date) -> None:
    digits = "〇一二三四五六七八九"
    year = "".join(digits[int(one)] for one in str(day.year))

    def number(value: int) -> str:
        tens, ones = divmod(value, 10)
        return ("" if tens == 0 else "十" if tens == 1 else f"{digits[tens]}十") + (digits[ones] if ones else "")

    assert clean_day(f"{year}年{number(day.month)}月{number(day.day)}日") == day.isoformat()


@pytest.mark.parametrize("text", ["{}至{}", "自{}起至{}止", "{} 到 {}", "{}—{}", "{}～{}", "{} - {}", "{}-{}"])
@pytest.mark.parametrize("form", ["{0:%Y-%m-%d}", "{0:%Y}.{0.month}.{0.day}", "{0.year}年{0.month}月{0.day}日"])
def test_periods(text: str, form: str) -> None:
    start, end = date(2020, 1, 5), date(2025, 11, 4)
    parts = split_period(text.format(form.format(start), form.format(end)))
    assert parts is not None
    assert (clean_day(parts[0]), clean_day(parts[1])) == (start.isoformat(), end.isoformat())


def test_periods_that_are_none() -> None:
    assert split_period("2020年1月5日") is None
    assert split_period("五年") is None
    assert split_period("2020-01-05至2021-01-05至2022-01-05") is None


def test_long_cells_are_no_days_and_take_no_time() -> None:
    spaces = " " * 32_000
    begun = time.process_time()
    assert clean_day(f"2020{spaces}1") is None
    assert clean_day(f"2020 年{spaces}1 月 5 日") == "2020-01-05"
    assert split_period(f"2020-01-05{spaces}x{spaces}") is None
    assert split_period(f"2020-01-05{spaces}至{spaces}2021-01-04") == ("2020-01-05", "2021-01-04")
    assert clean_day("2020年" * 8_000) is None
    assert split_period("—" * 32_000) is None
    assert time.process_time() - begun < 3
    long = "甲" * (MAX_DAY_CHARACTERS // 2)
    assert split_period(f"{long}至{long[1:]}") == (long, long[1:])
    assert split_period(f"{long}至{long}") is None


def test_typing_goes_and_words_stay() -> None:
    assert clean_text("\ufeff 城关镇\u3000人民路\u00a0 18 号\u200b\r\n东门 ") == "城关镇 人民路 18 号 东门"
    assert clean_text(" 一 \r\n 二\n", lines=True) == "一\n二"
    assert clean_text("（集团）") == "（集团）"  # what is printed is not folded
    assert clean_code("' ９１９９０１０１ｍａ") == "91990101ma"
    assert clean_amount("1,234.50 万立方米/年", "万立方米/年") == "1234.50"
    assert clean_amount("1,23", "") == "1,23"


@given(st.text(max_size=60))
def test_cleaning_twice_changes_nothing(text: str) -> None:
    for lines in (False, True):
        once = clean_text(text, lines=lines)
        assert clean_text(once, lines=lines) == once
    assert clean_code(clean_code(text)) == clean_code(text)


# rows


def test_a_good_row_is_what_the_paper_says() -> None:
    planned = plan(HEADER, ROW)
    assert judged(planned) == [[]]
    licence = examine(planned.rows[0].paper, CATALOGUE, TYPE.slug, {}).licence
    assert licence is not None
    assert (licence.number, licence.issued_on, licence.validity.end) == (
        "农药经许(赣)99010110001", date(2020, 1, 5), date(2025, 1, 4),
    )  # fmt: skip
    assert licence.issuer.name == AUTHORITY.name


@pytest.mark.parametrize(
    ("column", "value", "found"),
    [
        ("经营者名称", "", [("certificateHolderName", "REQUIRED", True)]),
        ("经营者名称", "甲\ufffd店", [("certificateHolderName", "CHARACTERS_LOST", True)]),
        ("统一社会信用代码", "9.9E+17", [("certificateHolderCode", "DIGITS_LOST", True)]),
        ("统一社会信用代码", "91990100MA0TERT08Y", [("certificateHolderCode", "USCC_CHECK", False)]),
        ("发证日期", "20.1.5", [("certificateIssuedDate", "DATE_UNREADABLE", True)]),
        ("发证日期", "43835", [("certificateIssuedDate", "DATE_UNREADABLE", True)]),
        ("有效期", "五年", [("certificateEffectiveDate", "PERIOD_UNREADABLE", True)]),
        ("有效期", "2020-01-05至长期", [("certificateExpiringDate", "LONG_TERM_NOT_ALLOWED", True)]),
        ("有效期", "2020-01-05至2022-01-04", [("certificateExpiringDate", "END_NOT_A_TERM", False)]),
        ("有效期", "2020-01-05至2019-01-04", [("certificateExpiringDate", "END_BEFORE_START", True)]),
        ("许可证编号", "2020-01-05", [("certificateNumber", "NUMBER_MALFORMED", True)]),
        ("经营范围", "全部", [("businessScope", "NOT_IN_LIST", True)]),
        ("经营范围", "农药(限制使用农药除外)", []),
        ("住所", "#REF!", [("domicile", "CELL_ERROR", True)]),
        ("住所", "自造\ue000字", [("domicile", "PRIVATE_USE_CHARACTER", True)]),
    ],
)
def test_faults_and_doubts(column: str, value: str, found: Sequence[tuple[str, str, bool]]) -> None:
    cells = ROW.split(",")
    cells[HEADER.split(",").index(column)] = value
    planned = plan(HEADER, ",".join(cells))
    assert judged(planned) == [list(found)]
    for one in examine(planned.rows[0].paper, CATALOGUE, TYPE.slug, planned.columns.labels).findings:
        if one.code not in ("REGION_UNKNOWN", "ORGANISATION_CODE_CHECK"):
            assert one.label == column
            assert not value or value not in one.zh + one.en


def test_old_holders_are_taken_as_they_are_and_new_ones_are_not() -> None:
    data = dict(plan(HEADER, ROW).rows[0].paper.data) | {"certificateHolderCode": "91990100MA0TERT08Y"}
    licence, warnings = licence_from_stock(TYPE, data)
    assert licence.holders[0].code == "91990100MA0TERT08Y"
    assert "USCC_CHECK" in [one.code for one in warnings]
    with pytest.raises(ExceptionGroup) as refused:
        licence_from_paper(TYPE, data)
    assert [str(one.code) for one in refused.value.exceptions if isinstance(one, InvalidFieldError)] == ["USCC_CHECK"]


def test_several_holders_in_one_cell() -> None:
    row = ROW.replace(",甲店,", ",甲店、乙店,").replace(credit_code(1), f"{credit_code(1)};{credit_code(2)}")
    planned = plan(HEADER, row)
    assert judged(planned) == [[]]
    licence = examine(planned.rows[0].paper, CATALOGUE, TYPE.slug, {}).licence
    assert licence is not None
    assert [(one.name, one.code) for one in licence.holders] == [("甲店", credit_code(1)), ("乙店", credit_code(2))]
    uneven = plan(HEADER, row.replace("、乙店", ""))
    assert judged(uneven) == [[("certificateHolderCode", "HOLDERS_DO_NOT_MATCH", True)]]


def test_the_historic_issuer_is_kept_beside_the_one_that_seals() -> None:
    header, row = HEADER + ",发证机关", ROW + ",样例县农业局"
    (planned,) = plan(header, row).rows
    assert planned.paper.historic_issuer == StructuredAuthority(name="样例县农业局", code="")
    assert planned.paper.data["certificateIssuingAuthorityName"] == AUTHORITY.name
    assert judged(plan(header, ROW + ",样例县水利局")) == [
        [("certificateIssuingAuthorityName", "SEAL_NOT_OF_ISSUER", True)]
    ]
    (named,) = plan(HEADER + ",原发证机关,原发证机关代码", ROW + ",旧局,119901000000001031").rows
    assert named.paper.historic_issuer == StructuredAuthority(name="旧局", code="119901000000001031")


# columns


def test_headers_below_a_title_and_in_two_rows() -> None:
    titled = plan("台账,,,", HEADER, ROW)
    assert titled.columns.header_row == 2
    two = plan(
        HEADER.replace("有效期", "有效期,有效期"), HEADER.replace("有效期", "起,至"),
        ROW.replace("至", ","),
    )  # fmt: skip
    assert two.columns.header_row == 2
    assert two.columns.labels["certificateExpiringDate"] == "有效期至"
    assert judged(two) == [[]]


def test_columns_by_key_and_by_mapping() -> None:
    keyed = HEADER.replace("住所", "domicile").replace("经营范围", "经营范围（必填）*")
    assert judged(plan(keyed, ROW)) == [[]]
    mapping = {**CONSTANTS, "columns": {"domicile": "店址", "certificateIssuedDate": "日期"}}
    mapped = plan(HEADER.replace("住所", "店址").replace("发证日期", "日期"), ROW, mapping=mapping)
    assert judged(mapped) == [[]]
    values = {**CONSTANTS, "values": {"businessScope": {"全部": "农药"}}}
    assert judged(plan(HEADER, ROW.replace(",农药,", ",全部,"), mapping=values)) == [[]]


@pytest.mark.parametrize(
    ("header", "mapping", "code"),
    [
        ("甲,乙,丙", {}, "STOCK_HEADER_NOT_FOUND"),
        (HEADER + ",住所", {}, "STOCK_COLUMN_TWICE"),
        (HEADER, {"columns": {"domicile": "店址"}}, "MAPPING_COLUMN_UNKNOWN"),
        (HEADER, {"columns": {"colour": "住所"}}, "MAPPING_KEY_UNKNOWN"),
        (HEADER, {"constants": {"branches": "x"}}, "MAPPING_KEY_UNKNOWN"),
        (HEADER, {"rows": {"domicile": {}}}, "MAPPING_KEY_UNKNOWN"),
        (HEADER, {"colour": 1}, "MAPPING_MALFORMED"),
        (HEADER, {"header_row": True}, "MAPPING_MALFORMED"),
        (HEADER, {"historic_issuers": [{"code": "x"}]}, "MAPPING_MALFORMED"),
        (HEADER, {"columns": {"domicile": 7}}, "MAPPING_MALFORMED"),
        (HEADER, [], "MAPPING_MALFORMED"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_mappings_that_do_not_fit(header: str, mapping: object, code: str) -> None:
    with pytest.raises(StockMappingError) as refused:
        plan(header, ROW, mapping=mapping)
    assert refused.value.code == code


def test_what_is_missing_is_said_once_for_all_rows() -> None:
    assert plan(HEADER, ROW, mapping={}).missing == ("持证主体代码类型代码", "证照所属区域")
    with pytest.raises(StockMappingError) as refused:
        plan(HEADER)
    assert refused.value.code == "STOCK_EMPTY"
    # One column with the period stands for both days, also where a type has no fixed term.
    water, read = CATALOGUE.get("water-abstraction"), mapping_from({})
    register = open_register("编号,取水权人,有效期\nD990101S2026-0001,甲,2020-01-05至2025-01-04".encode(), water, read)
    missing = plan_stock(register, water, read, AUTHORITY).missing
    assert "取水地点" in missing
    assert not {"有效期起", "有效期至"} & set(missing)


def test_rows_of_a_field_in_a_file_of_their_own() -> None:
    branches = "\n".join(
        [
            "许可证编号,名称,地址",
            "农药经许（赣）99010110001,河东门市部,河东乡",
            "农药经许(赣)9,别处,别处",
            "农药经许(赣)99010110001,#N/A,河西乡",
        ]
    )
    planned = plan(HEADER, ROW, tables={"branches": branches})
    assert [one.code for one in planned.stray] == ["ROW_WITHOUT_LICENCE"]
    assert planned.rows[0].paper.data["branches"] == [
        {"name": "河东门市部", "address": "河东乡"},
        {"address": "河西乡"},
    ]
    assert judged(planned) == [[("branches/1/name", "CELL_ERROR", True)]]


# identity


def test_rows_that_say_the_same_and_rows_that_contradict_each_other() -> None:
    other = ROW.replace("99010110001", "99010110002")
    wide = ROW.replace("(赣)", "（赣）")
    planned = plan(
        HEADER, ROW, ROW, other, other.replace("甲店", "乙店"), other, ROW.replace("99010110001", "99010110003")
    )
    assert [row.twin for row in planned.rows] == [0, 2, 0, 0, 4, 0]
    assert contradictions(planned.rows) == {4: 5, 5: 4, 6: 5}
    first, second = plan(HEADER, ROW).rows[0], plan(HEADER, wide).rows[0]
    assert first.identity == second.identity  # brackets of another width are the same number


def test_the_identity_without_a_number() -> None:
    header, row = HEADER + ",档案号", ROW.replace("农药经许(赣)99010110001", "")
    first, second, third = plan(header, row + ",7", row.replace("甲店", "乙店") + ",7", row + ",8").rows
    assert first.identity == second.identity != third.identity
    plain, changed = plan(HEADER, row, row.replace("甲店", "乙店")).rows
    assert plain.identity != changed.identity


def test_no_caller_can_use_the_key_of_a_row() -> None:
    (row,) = plan(HEADER, ROW).rows
    # Neither an argument of a program nor an HTTP header holds this character.
    assert row.identity.startswith("\0")


# survey, trust, report


def test_a_survey_counts_what_was_put_in() -> None:
    register = make_register(120, faults=24, seed=7)
    mapping = mapping_from(tomllib.loads(MAPPING))
    for content in (register.csv("utf-8"), register.csv(), register.xlsx()):
        planned = plan_stock(open_register(content, TYPE, mapping), TYPE, mapping, AUTHORITY)
        survey = survey_stock(planned, CATALOGUE, TYPE, scanned=(), at=TODAY)
        assert survey.rows == 120
        assert survey.good == len(register.numbers) == 120 - len(register.faults)
        assert survey.in_force + survey.ended == survey.good
        assert sum(survey.years.values()) == survey.good
        assert survey.oldest is not None
        assert survey.oldest >= date(2015, 1, 1)
        found = {}
        against = contradictions(planned.rows)
        for row in planned.rows:
            line = row.paper.line
            codes = {one.code for one in examine(row.paper, CATALOGUE, TYPE.slug, {}).findings if one.grave}
            codes |= {"ROWS_CONTRADICT"} if line in against else set()
            if codes:
                found[line] = codes
        assert found == {line: {code} for line, code in register.faults.items()}
        assert {one.code for one in survey.problems if one.grave} == set(register.faults.values())


def test_every_level_of_trust_is_a_row_of_the_table() -> None:
    levels = {
        (scanned, checked, doubtful, declared): trust_level(
            scanned=scanned, checked=checked, doubtful=doubtful, self_declared=declared
        )
        for scanned in (False, True)
        for checked in (False, True)
        for doubtful in (False, True)
        for declared in (False, True)
    }
    assert [case for case, level in levels.items() if level == "B"] == [(True, True, False, False)]
    assert {level for case, level in levels.items() if case[3]} == {"D"}
    assert set(levels.values()) == set(TRUST_RULES) - {"A"}


def test_a_report_opens_in_a_spreadsheet_and_computes_nothing() -> None:
    found = finding(3, "/data/domicile", "REQUIRED", label='=HYPERLINK("http://x.example")')
    outcomes = [
        RowOutcome(line=2, state=RowState.CONVERTED, identifier="1.2", trust_level="C"),
        RowOutcome(line=3, state=RowState.REFUSED, findings=(found, found)),
    ]
    data = b"".join(report_csv(outcomes))
    assert data.startswith("\ufeff".encode())
    rows = list(csv.reader(io.StringIO(data.decode("utf-8-sig"))))
    assert [row[0] for row in rows[1:]] == ["2", "3", "3"]
    assert rows[1][3].startswith("digitised")
    assert rows[2][6] == '\'=HYPERLINK("http://x.example")'
    assert rows[2][9] == "REQUIRED"
    assert {len(row) for row in rows} == {14}


@given(st.text(max_size=20))
def test_no_cell_of_a_report_is_a_formula(label: str) -> None:
    one = Finding(line=1, pointer="", label=label, code="REQUIRED", zh="", en="", grave=True)
    data = b"".join(report_csv([RowOutcome(line=1, state=RowState.REFUSED, findings=(one,))]))
    row = list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))[1]
    assert row[6].removeprefix("'") == label.removeprefix("'")
    assert not row[6].startswith(tuple("=+-@\t\r\n＝＋－＠"))


@pytest.mark.parametrize("label", ["\n=1+1", "\r\n@x", " =1+1", "\u3000＝1", "\x0b+1"], ids=ascii)
def test_space_before_a_formula_makes_it_no_text(label: str) -> None:
    one = Finding(line=1, pointer="", label=label, code="REQUIRED", zh="", en="", grave=True)
    data = b"".join(report_csv([RowOutcome(line=1, state=RowState.REFUSED, findings=(one,))]))
    assert list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))[1][6] == f"'{label}"


def test_advice_is_given_for_codes_that_exist() -> None:
    assert _ADVICE.keys() <= FAULTS.keys()
    doubt = finding(1, "", "USCC_CHECK", grave=False)
    assert doubt.doubtful
    assert "无需改动" in doubt.advice.zh
    assert not finding(1, "", "REGION_UNKNOWN", grave=False).doubtful


def checked(name: str) -> str:
    page = Path(__file__).parents[2] / "docs/how-to/convert-paper-stock.md"
    return page.read_text("utf-8").split(f"<!-- checked: {name} -->\n")[1]


def test_the_page_tells_the_levels_and_a_mapping_that_is_read() -> None:
    rows = [line.strip("|").split("|") for line in checked("trust").split("\n\n")[0].splitlines()[2:]]
    assert {level.strip(): text.strip() for level, text in rows} == {
        level: rule.zh for level, rule in TRUST_RULES.items()
    }
    mapping = mapping_from(tomllib.loads(checked("mapping").split("```")[1].removeprefix("toml")))
    assert mapping.rows["branches"].sheet == "门市部"
    assert (mapping.header_row, [one.name for one in mapping.historic_issuers]) == (2, ["样例县农业局"])
