"""The catalogue: what a file may say, what is wrong with it and where, versions, and the first three types."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from datetime import date
from importlib import resources

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api.settings import MAX_PUBLIC_URL
from esign import ELEMENTS, FontChain
from licences import (
    MAX_CATALOGUE_BYTES,
    Catalogue,
    CatalogueError,
    CatalogueFileError,
    Effect,
    Field,
    FieldType,
    Review,
    Term,
    UnknownTypeError,
    check_type,
    licence_from_paper,
    licence_type_from_toml,
    load_catalogue,
    make_identifier,
)
from licences.catalogue import TermUnit
from licences.catalogue.toml_lines import lines_of
from licences.convert import type_on_issue
from licences.filling import sample_data
from licences.fonts import shipped_font
from licences.numbers import number_fault

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


def test_a_part_of_the_catalogue_has_what_was_asked_for() -> None:
    for licence_type in CATALOGUE:
        for name in (licence_type.slug, licence_type.code):
            part = load_catalogue(only=[name])
            assert part.versions(name) == CATALOGUE.versions(name)
            assert len(list(part)) < len(list(CATALOGUE))
    assert list(load_catalogue(only=[])) == []


def test_a_part_of_the_catalogue_has_all_types_of_a_home() -> None:
    (shipped,) = [one for one in resources.files("licences.catalogue").iterdir() if one.name == "fishing.toml"]
    own = shipped.read_bytes().replace(b'slug = "fishing"', b'slug = "angling"')
    own = own.replace(CATALOGUE.get("fishing").code.encode(), b"11990000000001011Q999")
    part = load_catalogue({"angling.toml": own}, only=["water-abstraction"])
    assert {one.slug for one in part} == {"angling", "water-abstraction"}


def test_types_and_their_codes() -> None:
    assert {slug: TYPES[slug].code for slug in FACES} == {
        "pesticide-business": "11990000000001011Q001",
        "water-abstraction": "11990000000001011Q002",
        "special-equipment-use": "11990000000001011Q003",
    }
    for slug, licence_type in TYPES.items():
        assert CATALOGUE.get(slug) is CATALOGUE.get(licence_type.code) is licence_type
        make_identifier(licence_type.code, licence_type.define_authority.code, bytes)


@pytest.mark.parametrize("name", ["", "pesticide", "PESTICIDE-BUSINESS", "农药经营许可证", "11990000000001011Q998"])
def test_an_unknown_type_is_refused(name: str) -> None:
    with pytest.raises(UnknownTypeError):
        CATALOGUE.get(name)


@pytest.mark.parametrize("slug", FACES)
def test_every_face_field_has_a_label(slug: str) -> None:
    assert set(FACES[slug].split()) <= {field.label for field in TYPES[slug].all_fields}


@pytest.mark.parametrize("slug", FACES)
def test_the_samples_of_a_type_make_a_licence(slug: str) -> None:
    licence = licence_from_paper(TYPES[slug], sample_data(TYPES[slug]))
    assert set(licence.values) == {field.key for field in TYPES[slug].fields}


@pytest.mark.parametrize("slug", FACES)
def test_the_samples_of_required_fields_are_enough(slug: str) -> None:
    everything = sample_data(TYPES[slug])
    data = {field.key: everything[field.key] for field in TYPES[slug].all_fields if field.required}
    licence = licence_from_paper(TYPES[slug], data)
    assert licence.issuer.level == "区县级"
    assert (licence.validity.end is None) == (slug == "special-equipment-use")


@pytest.mark.parametrize("slug", FACES)
def test_every_single_required_field_is_needed(slug: str) -> None:
    everything = sample_data(TYPES[slug])
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
    licence = licence_from_paper(TYPES[slug], sample_data(TYPES[slug]) | {"certificateNumber": number})
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
        licence_from_paper(TYPES[slug], sample_data(TYPES[slug]) | {"certificateNumber": number})
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
        ('values = ["红", "绿"]', "", "fields[0].values enum needs values"),
        ('sample = "红"', "", "fields[0].sample"),
        ('key = "note"', 'key = "colour"', "same key"),
        ('key = "note"', 'key = "certificateNumber"', "same key"),
        ('value = "绿"', 'value = "蓝"', "fields[1].required_when"),
        ('type = "text"', 'type = "rows"', "sample"),
        ('type = "text"', 'type = "text"\nwidth = 3', "width"),
        ("[define_authority]", "[define_authority", ""),
        ("[face]", "[back]", "face"),
        ('"note", ', "", "missing: note"),
        ('"note", ', '"note", "note", ', "once"),
        ('"certificateHolderCode", ', "", "missing: certificateHolderCode"),
        ('"validity"]', '"certificateIssuedDate"]', "not known: certificateIssuedDate"),
        ("columns = {}", "columns = { note = [1] }", "face.columns.note"),
        ("page = [297, 210]", "page = [297]", "face.page"),
        ("page = [297, 210]", "page = [297, 2100]", "page is out of range"),
        ("page = [297, 210]", "page = [280, 210]", "not inside the page"),
        ("colour = [0.1, 0.3, 0.5]", "colour = [0.1, 0.3, 5]", "colour is out of range"),
        ("colour = [0.1, 0.3, 0.5]", 'colour = [0.1, 0.3, "blue"]', "face.colour"),
        ("bottom = 187", "bottom = 190", "face.fields is not inside the page"),
        ("bottom = 187", "bottom = 50", "face.fields is not inside the page"),
        ("smallest = 8", "smallest = 16", "size of type is out of range"),
        ("smallest = 8", "smallest = nan", "face.fields.smallest is no number"),
        ("label_width = 52", "label_width = 152", "face.fields is out of range"),
        ("size = 38", "size = 29.9", "face.code is out of range"),
        ("y = 60, size = 38", "y = 100, size = 38", "room for its captions"),
        ("x = 222", "x = 205", "lie over each other"),
        ("y = 60", "y = 47", "lie over each other"),
        ("width = 72, bottom", "width = 39, bottom", "face.code is out of range"),
        ("width = 72, bottom", "width = nan, bottom", "face"),
        ("width = 72, bottom", "bottom", "face.code.width"),
        ("x = 241, y = 152", "x = 241, y = 170", "face.issuer is not inside the page"),
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
    assert not issued & {sample_data(licence_type)["certificateNumber"] for licence_type in CATALOGUE}


def faults_of(text: str) -> list[tuple[int, str, str]]:
    with pytest.raises(CatalogueFileError) as caught:
        licence_type_from_toml(text)
    return [(fault.line, fault.place, fault.code) for fault in caught.value.faults]


def line_of(text: str, part: str) -> int:
    return text[: text.index(part)].count("\n") + 1


def test_all_that_is_wrong_is_told_at_once_with_its_lines() -> None:
    text = SMALL.replace('slug = "small"', "slug = 1").replace('type = "enum"', 'type = "enun"')
    text = text.replace('["3/Y", "1/Y"]', '["3/X"]').replace("x = 270", 'x = "270"')
    text = text.replace("[common]", "[common]\ncertificateNumbers = 1")
    assert faults_of(text) == [
        (line_of(text, "slug = 1"), "slug", "WRONG_KIND"),
        (line_of(text, "terms"), "validity.terms", "TERM"),
        (line_of(text, "certificateNumbers"), "common.certificateNumbers", "UNKNOWN_KEY"),
        (line_of(text, 'type = "enun"'), "fields[0].type", "NOT_AMONG"),
        (line_of(text, 'values = ["红"'), "fields[0].values", "VALUES"),
        (line_of(text, "number = {"), "face.number.x", "WRONG_KIND"),
    ]


def test_what_is_missing_has_the_line_of_what_is_around_it() -> None:
    text = SMALL.replace("bottom = 187, ", "").replace('label_en = "note"\n', "")
    assert faults_of(text) == [
        (line_of(text, '[[fields]]\nkey = "note"'), "fields[1].label_en", "MISSING"),
        (line_of(text, "fields = {"), "face.fields.bottom", "MISSING"),
    ]


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"a = 1\nb = = 2\n", (2, "", "SYNTAX")),
        (b"a = 1\nb = '\xff'\n", (2, "", "NOT_UTF8")),
        (b"#" * (MAX_CATALOGUE_BYTES + 1), (1, "", "TOO_LARGE")),
        (b"a = " + b"[" * 5000, (1, "", "SYNTAX")),
    ],
    ids=["syntax", "encoding", "size", "depth"],
)
def test_what_is_no_toml_is_one_fault(data: bytes, expected: tuple[int, str, str]) -> None:
    with pytest.raises(CatalogueFileError) as caught:
        licence_type_from_toml(data)
    assert [(fault.line, fault.place, fault.code) for fault in caught.value.faults] == [expected]


KEYS = st.sampled_from(["a", "b-1", '"q.x"', "'l#'", "c.d"])
SCALARS = st.sampled_from(
    ["1", "-2.5e3", "true", "2026-01-01", "2026-01-01 10:00:00", '"x#]}"', "'[y'", '"""m\n\\"""n"""', "'''z\n,'''"]
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3).map(lambda values: "[\n" + ",  # c]\n".join([*values, ""]) + "]")
        | st.lists(st.tuples(st.sampled_from(["k", "l.m"]), inner), max_size=2, unique_by=lambda pair: pair[0]).map(
            lambda pairs: "{" + ", ".join(f"{key} = {value}" for key, value in pairs) + "}"
        )
    ),
    max_leaves=6,
)


def paths_in(value: object, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in inside:
        yield (*path, key)
        yield from paths_in(inner, (*path, key))


SECTIONS = ("", "[t]", "[t.u]", "[[r]]", "[[r.s]]", "[[r.s]]", "[[r]]", "[[r.s]]")
ENTRIES = st.lists(st.tuples(KEYS, VALUES), max_size=2, unique_by=lambda entry: entry[0])


@settings(max_examples=60, deadline=None)
@given(st.tuples(*(ENTRIES for _ in SECTIONS)))
def test_every_key_of_a_toml_text_has_the_line_on_which_it_stands(
    sections: tuple[list[tuple[str, str]], ...],
) -> None:
    text = "# head\n"
    for header, entries in zip(SECTIONS, sections, strict=True):
        text += f"{header}\n" + "".join(f"{key} = {value}  # end\n" for key, value in entries)
    document = tomllib.loads(text)
    lines = lines_of(text)
    assert set(lines) == set(paths_in(document))
    written = text.split("\n")
    for path, line in lines.items():
        assert 1 <= line <= len(written)
        if isinstance(path[-1], str):
            assert path[-1] in written[line - 1], (path, line)


VERSIONED = SMALL.replace(
    "[define_authority]", "[catalogue]\nversion = 2\neffective_from = 2026-01-01\n[define_authority]"
)


def test_the_version_in_force_on_the_day_of_issue_is_used() -> None:
    old = licence_type_from_toml(
        SMALL.replace("[define_authority]", '[catalogue]\neffective_to = "2025-12-31"\n[define_authority]')
    )
    new = licence_type_from_toml(VERSIONED)
    catalogue = Catalogue([new, old])
    assert list(catalogue) == [new]
    assert catalogue.get("small") is new
    assert catalogue.on("small", date(2025, 12, 31)) is old
    assert catalogue.on(new.code, date(2026, 1, 1)) is new
    assert type_on_issue(catalogue, "small", {"certificateIssuedDate": "2020-05-05"}) is old
    assert type_on_issue(catalogue, "small", {"certificateIssuedDate": "?"}) is new
    with pytest.raises(ExceptionGroup) as caught:
        type_on_issue(Catalogue([new]), "small", {"certificateIssuedDate": "2020-05-05"})
    assert "TYPE_NOT_IN_FORCE" in str(caught.value.exceptions[0])


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("version = 2", "version = 1", "SAME_VERSION"),
        ("effective_from = 2026-01-01\n", "", "SAME_VERSION"),
        ("11990000000001011Q999", "11990000000001011Q998", "SAME_NAME"),
        ('slug = "small"', 'slug = "other"', "SAME_NAME"),
    ],
)
def test_versions_that_exclude_each_other_are_refused(old: str, new: str, code: str) -> None:
    first = licence_type_from_toml(
        SMALL.replace("[define_authority]", "[catalogue]\neffective_to = 2025-12-31\n[define_authority]")
    )
    with pytest.raises(CatalogueFileError) as caught:
        Catalogue([first, licence_type_from_toml(VERSIONED.replace(old, new))])
    assert [fault.code for fault in caught.value.faults] == [code]


def test_old_numbers_are_checked_by_the_pattern_of_their_day() -> None:
    patterns = """
[[number_patterns]]
pattern = 'S[0-9]'
effective_from = 2020-01-01
effective_to = 2024-12-31
[[number_patterns]]
pattern = 'S[0-9]{4}'
effective_from = 2025-01-01
[define_authority]"""
    text = SMALL.replace("number_pattern = 'S[0-9]+'\n", "").replace("[define_authority]", patterns)
    licence_type = licence_type_from_toml(text)
    assert number_fault(licence_type, "S1", date(2024, 12, 31)) is None
    assert number_fault(licence_type, "S1", date(2025, 1, 1)) == "NUMBER_MALFORMED"
    assert number_fault(licence_type, "S1234", date(2025, 1, 1)) is None
    assert number_fault(licence_type, "S1", date(2019, 12, 31)) == "NO_NUMBERS_THEN"
    meeting = text.replace("effective_to = 2024-12-31", "effective_to = 2025-01-01")
    assert [code for _, _, code in faults_of(meeting)] == ["PERIODS_MEET"]
    assert [code for _, _, code in faults_of(text.replace("[[number", "number_pattern = 'x'\n[[number", 1))] == [
        "PATTERN_TWICE"
    ]


RULES = """
document_class = "证明文件"
issuing_levels = ["省级", "地市级"]
[[items]]
name = "事项"
code = "1"
[[obligations]]
key = "recheck"
label = "复核"
label_en = "re-check"
kind = "recheck"
every = "2/Y"
effect = "not_usable"
[renewal]
window = "90/D"
[lifecycle]
replace_lost = "identifier"
activation = true
[review]
metadata = "required"
[body]
label = "正文"
label_en = "body"
required = true
[[documents]]
key = "original"
label = "正本"
label_en = "original"
kind = "original"
[[documents]]
key = "copy"
label = "副本"
label_en = "copy"
kind = "copy"
copies = 3
records = true
[define_authority]"""


def test_rules_and_documents_are_read() -> None:
    kind = licence_type_from_toml(SMALL.replace("[define_authority]", RULES))
    assert (kind.document_class, kind.issuing_levels) == ("证明文件", ("省级", "地市级"))
    assert [item.name for item in kind.items] == ["事项"]
    (obligation,) = kind.obligations
    assert obligation.every is not None
    assert (obligation.every.text, obligation.effect) == ("2 年", Effect.NOT_USABLE)
    assert kind.renewal_window.text == "90 日"
    assert kind.lifecycle.activation
    successions = {act: one.value for act, one in kind.lifecycle.successions.items()}
    assert successions.pop("replace-lost") == "identifier"
    assert successions == dict.fromkeys(("change", "correct", "renew", "exchange"), "version")
    assert kind.review is Review.REQUIRED
    assert kind.body is not None
    assert [(one.key, one.label) for one in kind.documents] == [
        ("original", "正本"), ("copy-1", "副本（3-1）"), ("copy-2", "副本（3-2）"), ("copy-3", "副本（3-3）"),
    ]  # fmt: skip
    assert all(one.face is kind.face for one in kind.documents)
    assert [one.records for one in kind.documents] == [False, True, True, True]


def test_a_type_that_says_nothing_has_the_defaults() -> None:
    kind = licence_type_from_toml(SMALL)
    assert [(one.key, one.label) for one in kind.documents] == [("original", "正本")]
    assert (kind.version, kind.document_class, kind.body, kind.obligations) == (1, "证照执照", None, ())
    assert (kind.renewal_window.text, kind.review, kind.lifecycle.activation) == ("30 日", Review.WAIVED, False)
    assert set(kind.lifecycle.successions.values()) == {"version"}


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ('every = "2/Y"', "", ("obligations[0]", "DUE")),
        ('every = "2/Y"', 'due_field = "note"', ("obligations[0].due_field", "DUE_FIELD")),
        ('kind = "recheck"', 'kind = "check"', ("obligations[0].kind", "NOT_AMONG")),
        ('window = "90/D"', 'window = "90 D"', ("renewal.window", "TERM")),
        ('replace_lost = "identifier"', 'replace_lost = "new"', ("lifecycle.replace_lost", "NOT_AMONG")),
        ("activation = true", "activate = true", ("lifecycle.activate", "UNKNOWN_KEY")),
        ('metadata = "required"', 'metadata = "yes"', ("review.metadata", "NOT_AMONG")),
        ("copies = 3", "copies = 21", ("documents[1].copies", "OUT_OF_RANGE")),
        ('kind = "copy"', 'kind = "mark"', ("documents[1]", "DOCUMENT_FACE")),
        ('key = "copy"', 'key = "Copy"', ("documents[1].key", "DOCUMENT_KEY_FORM")),
        ('kind = "original"', 'kind = "copy"', ("documents[0]", "DOCUMENT_FIRST")),
        ('document_class = "证明文件"', 'document_class = "证"', ("document_class", "NOT_AMONG")),
    ],
)
def test_broken_rules_are_refused(old: str, new: str, fault: tuple[str, str]) -> None:
    text = SMALL.replace("[define_authority]", RULES)
    assert old in text
    assert [(place, code) for _, place, code in faults_of(text.replace(old, new, 1))] == [fault]


@given(st.dates(date(1950, 1, 1), date(2150, 12, 31)), st.integers(1, 99), st.sampled_from(list(TermUnit)))
def test_a_term_before_a_day_reaches_it_again(end: date, count: int, unit: TermUnit) -> None:
    term = Term(count=count, unit=unit)
    begun = term.before(end)
    assert begun < end
    assert (end - term.after(begun)).days in range(4)  # months have 28 to 31 days


CHECK_URL = "https://" + "a" * (MAX_PUBLIC_URL - len("https://.cn")) + ".cn"
FONTS = FontChain([shipped_font()])


@pytest.mark.parametrize("slug", ["public-health", "safety-officer", "model-approval"])
def test_files_that_ship_pass_the_check_of_the_command(slug: str) -> None:
    data = resources.files("licences.catalogue").joinpath(f"{slug}.toml").read_bytes()
    licence_type, faults = check_type(data, FONTS, public_url=CHECK_URL)
    assert licence_type is not None
    assert faults == []


@pytest.mark.parametrize(
    ("old", "new", "place", "code"),
    [
        ('{ sample = "S1" }', '{ sample = "T1" }', "common.certificateNumber", "SAMPLE_REFUSED"),
        ('sample = "无"', 'sample = "\U000313ac"', "fields[1]", "SAMPLE_REFUSED"),
        ('label = "颜色"', 'label = "\U000313ac"', "", "UNPRINTABLE"),
        ('name = "小证"', f'name = "{"小" * 90}证"', "face", "FACE"),
        ("bottom = 187", "bottom = 62", "face.fields", "DOES_NOT_FIT"),
    ],
    ids=["number", "sample", "label", "title", "room"],
)
def test_the_check_tries_samples_and_faces(old: str, new: str, place: str, code: str) -> None:
    text = SMALL.replace(old, new, 1)
    assert text != SMALL
    _, faults = check_type(text.encode(), FONTS, public_url="https://a.cn")
    assert (place, code) in [(fault.place, fault.code) for fault in faults]
