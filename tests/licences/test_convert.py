"""Paper metadata becomes a licence, or every fault is told at once."""

import json
from collections.abc import Mapping
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from licences import (
    FAULTS,
    InvalidFieldError,
    Licence,
    LicenceType,
    licence_from_paper,
    licence_type_from_toml,
    load_catalogue,
)
from licences.convert import MAX_FAULTS, MAX_FIELDS

CATALOGUE = load_catalogue()
PESTICIDE = CATALOGUE.get("pesticide-business")
WATER = CATALOGUE.get("water-abstraction")
EQUIPMENT = CATALOGUE.get("special-equipment-use")
TYPES = tuple(CATALOGUE)

EVERY_KIND_OF_FIELD = """
slug = "every-kind"
code = "11990000000001011Q999"
name = "样证"
name_en = "Sample Licence"
holder_kinds = ["001", "111", "999"]
number_pattern = 'S[0-9]+'
[define_authority]
name = "样例省政务服务管理局"
code = "11990000000001011Q"
level = "省级"
[validity]
terms = ["3/Y", "1/Y"]
[common]
certificateNumber = { sample = "S1" }
certificateHolderName = { sample = "甲" }
certificateHolderCode = { sample = "91990100MA0TERT08X" }
certificateHolderTypeCode = { sample = "001" }
certificateIssuingAuthorityName = { sample = "乙" }
certificateIssuingAuthorityCode = { sample = "1199010000000102XM" }
certificateIssuingAuthorityLevel = { sample = "区县级" }
certificateIssuedDate = { sample = "2026-01-01" }
certificateEffectiveDate = { sample = "2026-01-01" }
certificateExpiringDate = { sample = "2028-12-31" }
certificateAreaCode = { sample = "990101" }
[[fields]]
key = "colour"
label = "颜色"
label_en = "colour"
type = "enum"
values = ["红（浅）", "绿"]
sample = "红（浅）"
[[fields]]
key = "note"
label = "备注"
label_en = "note"
type = "text"
max_length = 20
required_when = { key = "colour", value = "绿" }
sample = "无"
[[fields]]
key = "weight"
label = "重量"
label_en = "weight"
type = "decimal"
unit = "千克"
sample = "1.50"
[[fields]]
key = "count"
label = "株数"
label_en = "count"
type = "integer"
unit = "株"
sample = "3"
[[fields]]
key = "rows"
label = "明细"
label_en = "rows"
type = "rows"
max_rows = 3
sample = [{ name = "甲" }]
  [[fields.columns]]
  key = "name"
  label = "名称"
  label_en = "name"
  type = "string"
  required = true
  [[fields.columns]]
  key = "until"
  label = "至"
  label_en = "until"
  type = "date"
[face]
page = [297, 210]
colour = [0.1, 0.3, 0.5]
title = { y = 38, size = 36, spacing = 8 }
number = { x = 270, y = 50, size = 13 }
fields = { x = 26, y = 58, width = 176, bottom = 187, label_width = 52, size = 14, smallest = 8 }
order = ["certificateHolderName", "certificateHolderCode", "colour", "note", "weight", "count", "rows", "validity"]
columns = {}
code = { x = 222, y = 60, size = 38, width = 72, bottom = 136 }
issuer = { x = 241, y = 152, width = 72, size = 15, smallest = 10 }
"""
EVERY = licence_type_from_toml(EVERY_KIND_OF_FIELD)


def sample(licence_type: LicenceType) -> dict[str, object]:
    return {
        field.key: field.sample if isinstance(field.sample, str) else [dict(row) for row in field.sample]
        for field in licence_type.all_fields
    }


def changed(licence_type: LicenceType, **changes: object) -> Licence:
    return licence_from_paper(licence_type, sample(licence_type) | changes)


def faults(licence_type: LicenceType, data: object) -> dict[str, str]:
    with pytest.raises(ExceptionGroup) as caught:
        licence_from_paper(licence_type, data)
    found = [fault for fault in caught.value.exceptions if isinstance(fault, InvalidFieldError)]
    assert len(found) == len(caught.value.exceptions)
    return {fault.pointer: fault.code for fault in found}


def faults_of(licence_type: LicenceType, **changes: object) -> dict[str, str]:
    return {
        pointer.removeprefix("/data/"): code
        for pointer, code in faults(licence_type, sample(licence_type) | changes).items()
    }


def test_paper_samples_are_in_force_on_the_day_of_the_demonstration(paper: Mapping[str, Mapping[str, str]]) -> None:
    assert sorted(paper) == [
        f"{licence_type.slug}-{n}" for licence_type in (PESTICIDE, EQUIPMENT, WATER) for n in (1, 2)
    ]
    names = set()
    for name, data in paper.items():
        licence = licence_from_paper(CATALOGUE.get(name[:-2]), data)
        validity = licence.validity
        assert licence.issued_on <= date(2026, 11, 21)
        assert validity.start <= date(2026, 11, 21)
        assert validity.end is None or validity.end >= date(2026, 11, 21)
        assert (licence.issuer.code, licence.area_code) == ("1199010000000102XM", "990101")
        names.add(licence.holders[0].name)
    assert max(map(len, names)) > 60
    everything = json.dumps(list(paper.values()), ensure_ascii=False)
    assert all(character in everything for character in "𬱖㛃䶮")


def test_a_licence_says_what_the_paper_says(paper: Mapping[str, Mapping[str, str]]) -> None:
    licence = licence_from_paper(WATER, paper["water-abstraction-1"])
    assert licence.licence_type is WATER
    assert licence.number == "D990101G2026-0001"
    assert (licence.holders[0].name, licence.holders[0].code) == ("张𬱖", "990101199003071237")
    assert licence.holders[0].kind.name == "公民身份号码"
    assert (licence.issuer.name, licence.issuer.level) == ("样例县行政审批局", "区县级")
    assert (licence.validity.start, licence.validity.end) == (date(2026, 4, 10), date(2031, 4, 9))
    assert licence.values["annualVolume"] == "1.85"
    assert "legalRepresentative" not in licence.values


def test_rows_are_in_the_order_of_their_columns(paper: Mapping[str, Mapping[str, str]]) -> None:
    licence = licence_from_paper(EQUIPMENT, paper["special-equipment-use-2"])
    rows = licence.values["items"]
    assert len(rows) >= 8
    assert rows[0] == ("24P00001", "工业氧气瓶", "40 L / 15 MPa", "氧", "Q-001", "2028-06-30")
    assert licence.validity.end is None


def test_optional_columns_that_are_missing_are_empty() -> None:
    assert changed(EVERY, rows=[{"name": "甲"}, {"until": "2026-01-01", "name": "乙"}]).values["rows"] == (
        ("甲", ""),
        ("乙", "2026-01-01"),
    )


@pytest.mark.parametrize("absent", [None, ""])
def test_null_and_empty_text_are_absent(absent: object) -> None:
    assert "weight" not in changed(EVERY, weight=absent).values
    assert "rows" not in changed(EVERY, rows=absent).values
    assert changed(EVERY, certificateIssuingAuthorityLevel=absent).issuer.level == "区县级"
    assert faults_of(EVERY, certificateNumber=absent) == {"certificateNumber": "REQUIRED"}


def test_every_fault_is_told_at_once() -> None:
    assert faults(PESTICIDE, {}) == {
        f"/data/{field.key}": "REQUIRED" for field in PESTICIDE.all_fields if field.required
    }
    assert faults_of(
        PESTICIDE,
        certificateNumber="第1号",
        certificateHolderCode="91990100MA0TERT08W",
        certificateIssuingAuthorityCode="1199010000000102XN",
        certificateEffectiveDate="2026-02-29",
        certificateAreaCode="9901",
        domicile=None,
        businessScope="兽药",
        branches=[{"name": "甲"}, "乙", {"name": "丙", "address": "丁", "telephone": "戊"}],
        remark="x",
    ) == {
        "certificateNumber": "NUMBER_MALFORMED",
        "certificateHolderCode": "USCC_CHECK",
        "certificateIssuingAuthorityCode": "USCC_CHECK",
        "certificateEffectiveDate": "INVALID_DATE",
        "certificateAreaCode": "AREA_CODE_MALFORMED",
        "domicile": "REQUIRED",
        "businessScope": "NOT_IN_LIST",
        "branches/0/address": "REQUIRED",
        "branches/1": "NOT_AN_OBJECT",
        "branches/2/telephone": "UNKNOWN_FIELD",
        "remark": "UNKNOWN_FIELD",
    }


@pytest.mark.parametrize("data", [None, [], "{}", 1, True, [{}]])
def test_only_an_object_is_metadata(data: object) -> None:
    assert faults(PESTICIDE, data) == {"/data": "NOT_AN_OBJECT"}


@pytest.mark.parametrize("value", [True, [], {}, ["文"], 1, 1.5])
def test_texts_must_be_texts(value: object) -> None:
    assert faults_of(PESTICIDE, domicile=value) == {"domicile": "NOT_TEXT"}
    assert faults_of(EVERY, colour=value) == {"colour": "NOT_TEXT"}


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("a\0b", "CONTROL_CHARACTER"),
        ("a\tb", "CONTROL_CHARACTER"),
        ("两\n行", "CONTROL_CHARACTER"),
        ("张\u200b三", "CONTROL_CHARACTER"),
        ("\u202e三张", "CONTROL_CHARACTER"),
        ("\ufeff张", "CONTROL_CHARACTER"),
        ("张\ud800", "CONTROL_CHARACTER"),
        ("张\uffff", "CONTROL_CHARACTER"),
        ("张\U0003fffe", "CONTROL_CHARACTER"),
        ("张\ufdd0", "CONTROL_CHARACTER"),
        ("张\ue000", "PRIVATE_USE_CHARACTER"),
        ("张\U00100000", "PRIVATE_USE_CHARACTER"),
        ("e\u0301", "NOT_NFC"),
        ("\uf900", "NOT_NFC"),
        (" 张", "SURROUNDING_SPACE"),
        ("张\u3000", "SURROUNDING_SPACE"),
        ("张" * 201, "TOO_LONG"),
        ("张" * 1_000_000, "TOO_LONG"),
    ],
)
def test_texts_must_be_clean(value: str, code: str) -> None:
    assert faults_of(PESTICIDE, domicile=value) == {"domicile": code}
    assert faults_of(EVERY, rows=[{"name": value}]) == {"rows/0/name": code}


@pytest.mark.parametrize("value", ["张\u3000三", "𬱖㛃䶮", "㐀\U000323af", "〇", "é", "A·B", "👩", "葛\U000e0100"])
def test_texts_may_have_any_visible_character(value: str) -> None:
    assert changed(PESTICIDE, domicile=value).values["domicile"] == value


def test_a_fault_says_where_a_character_stands() -> None:
    with pytest.raises(ExceptionGroup) as caught:
        changed(PESTICIDE, domicile="样例县\ue123路")
    assert "character 4 (U+E123)" in str(caught.value.exceptions[0])


def test_only_text_fields_have_lines() -> None:
    assert changed(EVERY, note="一\n二").values["note"] == "一\n二"
    assert faults_of(EVERY, note="一\r\n二") == {"note": "CONTROL_CHARACTER"}


def test_faults_do_not_repeat_values() -> None:
    secret = "秘密" * 200
    with pytest.raises(ExceptionGroup) as caught:
        licence_from_paper(PESTICIDE, {field.key: secret for field in PESTICIDE.all_fields} | {secret: "x"})
    for fault in caught.value.exceptions:
        assert isinstance(fault, InvalidFieldError)
        assert "秘密" not in f"{fault} {fault.zh} {fault.en} {fault.pointer}"


@pytest.mark.parametrize("key", ["", "a/b", "a~b", "证照名称", "x" * 65, "\ud800", 'a"b', "a\n"])
def test_unknown_keys_of_strange_shape_are_not_repeated(key: str) -> None:
    assert faults(PESTICIDE, sample(PESTICIDE) | {key: "x"}) == {"/data": "UNKNOWN_FIELD"}


def test_too_many_keys_are_one_fault() -> None:
    many = {f"key{number}": "x" for number in range(MAX_FIELDS)}
    assert faults(PESTICIDE, sample(PESTICIDE) | many) == {"/data": "TOO_MANY_FIELDS"}


def test_the_list_of_faults_is_bounded() -> None:
    row = {f"key{number}": "x" for number in range(50)}
    with pytest.raises(ExceptionGroup) as caught:
        changed(PESTICIDE, branches=[row] * 50)
    assert len(caught.value.exceptions) == MAX_FAULTS


@pytest.mark.parametrize(
    ("rows", "code"), [("甲", "NOT_ROWS"), ({}, "NOT_ROWS"), (1, "NOT_ROWS"), ([{"name": "甲"}] * 4, "TOO_MANY_ROWS")]
)
def test_rows_must_be_a_short_list(rows: object, code: str) -> None:
    assert faults_of(EVERY, rows=rows) == {"rows": code}


@pytest.mark.parametrize("text", ["0", "12", "12.50", "0.000001", "999999999999"])
def test_decimals_stay_as_printed(text: str) -> None:
    assert changed(EVERY, weight=text).values["weight"] == text


@pytest.mark.parametrize(("number", "text"), [(12, "12"), (12.5, "12.5"), (0, "0")])
def test_numbers_may_come_as_json_numbers(number: float, text: str) -> None:
    assert changed(EVERY, weight=number).values["weight"] == text


@pytest.mark.parametrize(
    "text",
    [
        "-1",
        "+1",
        "1.",
        ".5",
        "01",
        "1,000",
        "1e3",
        "１２",
        "12 kg",
        "1" * 13,
        "1.1234567",
        float("nan"),
        float("inf"),
        1e30,
        1e-9,
        -0.5,
        10**30,
        pytest.param(10**5000, id="of 5001 digits"),
    ],
)
def test_other_decimals_are_refused(text: object) -> None:
    assert faults_of(EVERY, weight=text) == {"weight": "INVALID_DECIMAL"}


@pytest.mark.parametrize("text", ["1.0", "-1", "01", 1.5, 10**30])
def test_only_whole_numbers_are_integers(text: object) -> None:
    assert faults_of(EVERY, count=text) == {"count": "INVALID_INTEGER"}
    assert changed(EVERY, count=7).values["count"] == "7"


@pytest.mark.parametrize(
    "text",
    [
        "2026-02-29",
        "2026-13-01",
        "2026-1-1",
        "20260101",
        "2026/01/01",
        "0000-01-01",
        "1899-12-31",
        "2200-01-01",
        "2026-01-01T00",
        "２０２６-01-01",
        "长期",
    ],
)
def test_dates_must_exist(text: str) -> None:
    assert "certificateIssuedDate" in faults_of(EVERY, certificateIssuedDate=text)
    assert faults_of(EVERY, rows=[{"name": "甲", "until": text}]).keys() == {"rows/0/until"}


def test_brackets_of_listed_values_may_be_of_either_width() -> None:
    assert changed(EVERY, colour="红(浅)").values["colour"] == "红（浅）"


def test_what_one_value_makes_necessary() -> None:
    data = sample(EVERY)
    del data["note"]
    assert "note" not in licence_from_paper(EVERY, data).values
    assert faults(EVERY, data | {"colour": "绿"}) == {"/data/note": "REQUIRED"}
    unit = sample(EQUIPMENT)
    for key in ("equipmentVariety", "productNumber", "equipmentCode", "items"):
        del unit[key]
    assert faults(EQUIPMENT, unit | {"registrationMode": "按单位登记"}) == {"/data/items": "REQUIRED"}
    assert set(faults(EQUIPMENT, unit)) == {"/data/equipmentVariety", "/data/productNumber", "/data/equipmentCode"}


@pytest.mark.parametrize(
    ("licence_type", "start", "end", "code"),
    [
        (PESTICIDE, "2026-03-02", "2031-03-01", ""),
        (PESTICIDE, "2026-03-02", "2031-03-02", "END_NOT_A_TERM"),
        (PESTICIDE, "2026-03-02", "2030-03-01", "END_NOT_A_TERM"),
        (PESTICIDE, "2026-03-02", "2026-03-01", "END_BEFORE_START"),
        (WATER, "2026-03-02", "2036-03-01", ""),
        (WATER, "2026-03-02", "2026-03-02", ""),
        (WATER, "2026-03-02", "2036-03-02", "END_TOO_LATE"),
        (WATER, "2026-03-02", "2026-03-01", "END_BEFORE_START"),
        (WATER, "2026-03-02", "", "REQUIRED"),
        (EVERY, "2026-03-02", "2027-03-01", ""),
        (EVERY, "2026-03-02", "2029-03-01", ""),
        (EVERY, "2026-03-02", "2028-03-01", "END_NOT_A_TERM"),
        (EVERY, "2026-03-02", "", "REQUIRED"),
        (EQUIPMENT, "2026-03-02", "2031-03-01", "END_NOT_ALLOWED"),
        (EQUIPMENT, "2026-03-02", "长期", "END_NOT_ALLOWED"),
        (EQUIPMENT, "2026-03-02", "", ""),
    ],
)
def test_the_end_follows_the_rule_of_the_type(licence_type: LicenceType, start: str, end: str, code: str) -> None:
    dates = {"certificateEffectiveDate": start, "certificateExpiringDate": end}
    if code:
        assert faults_of(licence_type, **dates) == {"certificateExpiringDate": code}
    else:
        expected = date.fromisoformat(end) if end else None
        assert changed(licence_type, **dates).validity.end == expected


def test_one_fixed_term_gives_the_end() -> None:
    licence = changed(PESTICIDE, certificateEffectiveDate="2024-02-29", certificateExpiringDate=None)
    assert licence.validity.end == date(2029, 2, 28)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"certificateHolderTypeCode": "998"}, {"certificateHolderTypeCode": "HOLDER_KIND_UNKNOWN"}),
        (
            {"certificateHolderTypeCode": "111", "certificateHolderCode": "990101199003071237"},
            {"certificateHolderTypeCode": "HOLDER_KIND_NOT_ALLOWED"},
        ),
        ({"certificateHolderCode": "990101199003071238"}, {"certificateHolderCode": "USCC_CHECK"}),
    ],
)
def test_holders_must_be_of_a_kind_that_the_type_allows(changes: dict[str, str], expected: dict[str, str]) -> None:
    assert faults_of(PESTICIDE, **changes) == expected


def test_an_old_citizen_number_is_completed() -> None:
    licence = changed(WATER, certificateHolderTypeCode="111", certificateHolderCode="990101900307123")
    assert licence.holders[0].code == "990101199003071237"


def test_a_licence_cannot_be_changed() -> None:
    licence = changed(PESTICIDE)
    with pytest.raises(TypeError):
        licence.values["domicile"] = "别处"  # type: ignore[index]


json_values: st.SearchStrategy[object] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


strange_rows = st.lists(st.dictionaries(st.sampled_from(["name", "address", "until", "x"]), json_values), max_size=5)


def converts_or_tells(licence_type: LicenceType, data: object) -> None:
    try:
        licence = licence_from_paper(licence_type, data)
    except ExceptionGroup as group:
        told = group.exceptions
    else:
        "".join(value for value in licence.values.values() if isinstance(value, str)).encode("utf-8")
        return
    for fault in told:
        assert isinstance(fault, InvalidFieldError)
        assert fault.code in FAULTS
        assert fault.pointer.startswith("/data")


@given(st.sampled_from([*TYPES, EVERY]), json_values)
def test_anything_from_a_json_parser_is_converted_or_told(licence_type: LicenceType, data: object) -> None:
    converts_or_tells(licence_type, data)


@settings(max_examples=300)
@given(st.data(), st.sampled_from([*TYPES, EVERY]))
def test_a_sample_with_strange_values_is_converted_or_told(data: st.DataObject, licence_type: LicenceType) -> None:
    chosen = data.draw(st.lists(st.sampled_from(licence_type.all_fields), min_size=1, max_size=4))
    changes = {field.key: data.draw(strange_rows if field.columns else st.text() | json_values) for field in chosen}
    converts_or_tells(licence_type, sample(licence_type) | changes)
