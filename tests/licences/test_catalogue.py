"""The catalogue: three types, complete, with samples that are accepted."""

import re
from collections.abc import Mapping
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from esign import ELEMENTS
from licences import (
    CatalogueError,
    Field,
    FieldType,
    LicenceType,
    Term,
    UnknownTypeError,
    licence_from_paper,
    licence_type_from_toml,
    load_catalogue,
    make_identifier,
)
from licences.catalogue import TermUnit

CATALOGUE = load_catalogue()
TYPES = {licence_type.slug: licence_type for licence_type in CATALOGUE}

# Columns "type-specific face fields" of the list of licence types; common ones carry the type's own words.
FACES = {
    "pesticide-business": "经营者名称 统一社会信用代码 住所 法定代表人（负责人） 经营范围 营业场所 仓储场所 分支机构",
    "water-abstraction": "取水权人 取水量 取水用途 水源类型 取水地点 退水地点 退水方式 退水量",
    "special-equipment-use": "使用单位名称 使用单位地址 设备使用地点 设备种类 设备类别 设备品种 "
    "产品编号 单位内编号 设备代码 登记机关 登记日期",
}

SMALL = """
slug = "small"
code = "11990000000001011Q999"
name = "小证"
name_en = "Small Licence"
holder_kinds = ["001"]
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
values = ["红", "绿"]
sample = "红"
[[fields]]
key = "note"
label = "备注"
label_en = "note"
type = "text"
required_when = { key = "colour", value = "绿" }
sample = "无"
[face]
page = [297, 210]
colour = [0.1, 0.3, 0.5]
title = { y = 38, size = 36, spacing = 8 }
number = { x = 270, y = 50, size = 13 }
fields = { x = 26, y = 58, width = 176, bottom = 187, label_width = 52, size = 14, smallest = 8 }
order = ["certificateHolderName", "certificateHolderCode", "colour", "note", "validity"]
columns = {}
code = { x = 222, y = 60, size = 38, width = 72, bottom = 136 }
issuer = { x = 241, y = 152, width = 72, size = 15, smallest = 10 }
"""


def samples(licence_type: LicenceType) -> dict[str, object]:
    return {
        field.key: field.sample if isinstance(field.sample, str) else [dict(row) for row in field.sample]
        for field in licence_type.all_fields
    }


def test_three_types_with_their_codes() -> None:
    assert {slug: licence_type.code for slug, licence_type in TYPES.items()} == {
        "pesticide-business": "11990000000001011Q001",
        "water-abstraction": "11990000000001011Q002",
        "special-equipment-use": "11990000000001011Q003",
    }
    for slug, licence_type in TYPES.items():
        assert CATALOGUE.get(slug) is CATALOGUE.get(licence_type.code) is licence_type
        make_identifier(licence_type.code, licence_type.define_authority.code, bytes)


@pytest.mark.parametrize("name", ["", "pesticide", "PESTICIDE-BUSINESS", "农药经营许可证", "11990000000001011Q004"])
def test_an_unknown_type_is_refused(name: str) -> None:
    with pytest.raises(UnknownTypeError):
        CATALOGUE.get(name)


@pytest.mark.parametrize("slug", FACES)
def test_every_face_field_has_a_label(slug: str) -> None:
    assert set(FACES[slug].split()) <= {field.label for field in TYPES[slug].all_fields}


@pytest.mark.parametrize("slug", FACES)
def test_the_samples_of_a_type_make_a_licence(slug: str) -> None:
    licence = licence_from_paper(TYPES[slug], samples(TYPES[slug]))
    assert set(licence.values) == {field.key for field in TYPES[slug].fields}


@pytest.mark.parametrize("slug", FACES)
def test_the_samples_of_required_fields_are_enough(slug: str) -> None:
    everything = samples(TYPES[slug])
    data = {field.key: everything[field.key] for field in TYPES[slug].all_fields if field.required}
    licence = licence_from_paper(TYPES[slug], data)
    assert licence.issuer.level == "区县级"
    assert (licence.validity.end is None) == (slug == "special-equipment-use")


@pytest.mark.parametrize("slug", FACES)
def test_every_single_required_field_is_needed(slug: str) -> None:
    everything = samples(TYPES[slug])
    for field in TYPES[slug].all_fields:
        if field.required:
            with pytest.raises(ExceptionGroup) as caught:
                licence_from_paper(TYPES[slug], {key: everything[key] for key in everything if key != field.key})
            assert f"/data/{field.key}: REQUIRED" in str(caught.value.exceptions[0])


def all_columns(fields: tuple[Field, ...]) -> list[Field]:
    return [field for outer in fields for field in (outer, *outer.columns)]


@pytest.mark.parametrize("slug", FACES)
def test_fields_are_well_described(slug: str) -> None:
    for field in all_columns(TYPES[slug].all_fields):
        assert re.fullmatch(r"[a-z][A-Za-z0-9]*", field.key)
        assert field.label
        assert field.label_en
        assert (field.type is FieldType.ROWS) == bool(field.max_rows) == bool(field.columns)
        assert (field.type is FieldType.ROWS) != bool(field.max_length)
        if field.type in {FieldType.DECIMAL, FieldType.INTEGER}:
            assert field.unit


def test_common_fields_are_elements_of_the_standard() -> None:
    keys = {element.key for element in ELEMENTS}
    for licence_type in CATALOGUE:
        assert {field.key for field in licence_type.common_fields} <= keys
        assert not {field.key for field in licence_type.fields} & keys


def test_elements_are_unique() -> None:
    for column in ("label", "short_name", "key"):
        values = [value for element in ELEMENTS if (value := getattr(element, column)) is not None]
        assert len(set(values)) == len(values)


@pytest.mark.parametrize(
    ("slug", "number"),
    [
        ("pesticide-business", "农药经许(赣)36072220001"),
        ("pesticide-business", "农药经许（赣）36072220001"),
        ("water-abstraction", "C150303G2021-0093"),
        ("special-equipment-use", "梯11闽E3622(16)"),
    ],
)
def test_numbers_seen_in_public_are_accepted(slug: str, number: str) -> None:
    licence = licence_from_paper(TYPES[slug], samples(TYPES[slug]) | {"certificateNumber": number})
    assert licence.number == number


@pytest.mark.parametrize(
    ("slug", "number"),
    [
        ("pesticide-business", "农药生许(赣)99010110001"),
        ("pesticide-business", "农药经许(某)99010110001"),
        ("pesticide-business", "农药经许(赣)9901011000"),
        ("pesticide-business", "农药经许(赣)990101100011"),
        ("water-abstraction", "C990101X2021-0093"),
        ("special-equipment-use", "梯11闽E3622"),
    ],
)
def test_other_numbers_are_refused(slug: str, number: str) -> None:
    expected = "/data/certificateNumber: NUMBER_MALFORMED"
    with pytest.raises(ExceptionGroup) as caught:
        licence_from_paper(TYPES[slug], samples(TYPES[slug]) | {"certificateNumber": number})
    assert [str(fault)[: len(expected)] for fault in caught.value.exceptions] == [expected]


@pytest.mark.parametrize(
    ("term", "start", "end"),
    [
        ("5Y", "2020-01-17", "2025-01-16"),  # both seen in public data on seed licences
        ("5Y", "2022-10-19", "2027-10-18"),
        ("5Y", "2026-01-01", "2030-12-31"),
        ("5Y", "2024-02-29", "2029-02-28"),
        ("4Y", "2024-02-29", "2028-02-28"),
        ("1M", "2026-01-31", "2026-02-28"),
        ("1M", "2026-12-31", "2027-01-30"),
        ("2M", "2026-12-31", "2027-02-28"),
        ("10D", "2026-02-20", "2026-03-01"),
        ("1D", "2026-02-20", "2026-02-20"),
    ],
)
def test_a_term_ends_on_the_day_before_its_anniversary(term: str, start: str, end: str) -> None:
    length = Term(count=int(term[:-1]), unit=TermUnit(term[-1]))
    assert length.end_from(date.fromisoformat(start)) == date.fromisoformat(end)


@given(st.dates(date(1900, 1, 1), date(2199, 12, 31)), st.integers(1, 99))
def test_terms_follow_each_other_without_gap_or_overlap(start: date, years: int) -> None:
    end = Term(count=years, unit=TermUnit.YEARS).end_from(start)
    following = date.fromordinal(end.toordinal() + 1)
    assert (following.month, following.day) in {(start.month, start.day), (3, 1)}
    assert following.year == start.year + years


def test_a_small_type_is_read() -> None:
    licence_type = licence_type_from_toml(SMALL)
    assert [term.text for term in licence_type.validity.terms] == ["3 年", "1 年"]
    assert [field.key for field in licence_type.fields] == ["colour", "note"]


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ('slug = "small"', "", "slug"),
        ('slug = "small"', "slug = 1", "slug"),
        ('slug = "small"', 'slug = "small"\nextra = 1', "extra"),
        ("11990000000001011Q999", "11990000000001011Q99", "code"),
        ("11990000000001011Q999", "11990000000001011R999", "check character"),
        ('["001"]', '["002"]', "002"),
        ('["001"]', "[]", "no values"),
        ('["001"]', "[1]", "holder_kinds"),
        ("'S[0-9]+'", "'S['", "number_pattern"),
        ('level = "省级"', 'level = "星级"', "星级"),
        ('["3/Y", "1/Y"]', '["3/X"]', "3/X"),
        ('["3/Y", "1/Y"]', "[]", "validity"),
        ('["3/Y", "1/Y"]', '["3/Y"]\nat_most = "5/Y"', "validity"),
        ('{ sample = "S1" }', "{ }", "certificateNumber"),
        ('{ sample = "S1" }', '{ sample = "S1", more = 1 }', "more"),
        ('type = "enum"', 'type = "colour"', "colour"),
        ('values = ["红", "绿"]', "", "colour"),
        ('sample = "红"', "", "colour"),
        ('key = "note"', 'key = "colour"', "same key"),
        ('key = "note"', 'key = "certificateNumber"', "same key"),
        ('value = "绿"', 'value = "蓝"', "note"),
        ('type = "text"', 'type = "rows"', "sample"),
        ('type = "text"', 'type = "text"\nwidth = 3', "width"),
        ("[define_authority]", "[define_authority", ""),
        ("[face]", "[back]", "face"),
        ('"note", ', "", "missing: ['note']"),
        ('"note", ', '"note", "note", ', "once"),
        ('"certificateHolderCode", ', "", "missing: ['certificateHolderCode']"),
        ('"validity"]', '"certificateIssuedDate"]', "not known: ['certificateIssuedDate']"),
        ("columns = {}", "columns = { note = [1] }", "face.columns.note"),
        ("page = [297, 210]", "page = [297]", "face.page"),
        ("page = [297, 210]", "page = [297, 2100]", "page is out of range"),
        ("page = [297, 210]", "page = [280, 210]", "not inside the page"),
        ("colour = [0.1, 0.3, 0.5]", "colour = [0.1, 0.3, 5]", "colour is out of range"),
        ("colour = [0.1, 0.3, 0.5]", 'colour = [0.1, 0.3, "blue"]', "face.colour"),
        ("bottom = 187", "bottom = 190", "face.fields is not inside the page"),
        ("bottom = 187", "bottom = 50", "face.fields is not inside the page"),
        ("smallest = 8", "smallest = 16", "size of type is out of range"),
        ("smallest = 8", "smallest = nan", "size of type is out of range"),
        ("label_width = 52", "label_width = 152", "fields.label_width"),
        ("size = 38", "size = 29.9", "code.size"),
        ("y = 60, size = 38", "y = 100, size = 38", "room for its captions"),
        ("x = 222", "x = 205", "lie over each other"),
        ("y = 60", "y = 47", "lie over each other"),
        ("width = 72, bottom", "width = 39, bottom", "code.width"),
        ("width = 72, bottom", "width = nan, bottom", "face"),
        ("width = 72, bottom", "bottom", "face.code.width"),
        ("x = 241, y = 152", "x = 241, y = 170", "face.seal is not inside the page"),
        ("x = 241, y = 152", "x = 200, y = 152", "lie over each other"),
        ("y = 38, size", "y = 28, size", "face.title is not inside the page"),
        ("x = 270", "x = 370", "face.number is not inside the page"),
        ("spacing = 8", "spacing = 8, more = 1", "face.title.more"),
    ],
)
def test_a_broken_file_is_refused_with_its_problem(old: str, new: str, problem: str) -> None:
    assert old in SMALL
    with pytest.raises(CatalogueError) as caught:
        licence_type_from_toml(SMALL.replace(old, new, 1))
    assert problem in caught.value.en


def test_shares_of_columns_are_given_or_equal() -> None:
    rows = """
[[fields]]
key = "items"
label = "明细"
label_en = "items"
type = "rows"
sample = [{ name = "甲" }]
  [[fields.columns]]
  key = "name"
  label = "名称"
  label_en = "name"
  type = "string"
  [[fields.columns]]
  key = "place"
  label = "地点"
  label_en = "place"
  type = "string"
[face]"""
    text = SMALL.replace("[face]", rows).replace('"note", ', '"note", "items", ')
    assert licence_type_from_toml(text).face.column_shares == {"items": (1.0, 1.0)}
    given = text.replace("columns = {}", "columns = { items = [3, 2] }")
    assert licence_type_from_toml(given).face.column_shares == {"items": (3.0, 2.0)}
    for wrong in ("[3]", "[3, 0]", "[3, -1]", "[3, nan]", '"equal"'):
        with pytest.raises(CatalogueError):
            licence_type_from_toml(text.replace("columns = {}", f"columns = {{ items = {wrong} }}"))


def test_sample_numbers_are_not_those_of_the_paper_samples(paper: Mapping[str, Mapping[str, object]]) -> None:
    issued = {data["certificateNumber"] for data in paper.values()}
    assert not issued & {samples(licence_type)["certificateNumber"] for licence_type in CATALOGUE}
