"""Licence types of agriculture, forestry, water and fishery: numbers, holders, terms, samples and faces."""

from collections.abc import Mapping
from datetime import date, timedelta

import pytest
from type_papers import CATALOGUE, convert, faults, paper, printed, says_what_it_is

from esign import chinese_date
from licences import Field, licence_from_paper
from licences.filling import sample_data

# The length of validity of each; "" for those that do not expire, "≤" before a longest one.
TERMS = {
    "veterinary-drug-business": "5",
    "pesticide-production": "5",
    "crop-seed": "5",
    "forest-seed": "≤5",
    "animal-epidemic-prevention": "",
    "animal-clinic": "",
    "green-food": "3",
    "organic-product": "1",
    "geographical-indication": "",
    "forest-felling": "≤1",
    "fishing": "≤5",
    "feed-production": "5",
}
PERSONS = {"forest-seed", "animal-epidemic-prevention", "forest-felling", "fishing"}
"""单位或者个人: a natural person may hold them."""


@pytest.mark.parametrize("slug", TERMS)
def test_the_request_that_ships_is_the_sample_of_the_type(slug: str) -> None:
    assert paper(slug) == sample_data(CATALOGUE.get(slug))


@pytest.mark.parametrize("slug", TERMS)
def test_every_value_of_the_sample_is_on_a_face_of_one_page(slug: str) -> None:
    licence = convert(slug)
    (page,) = printed(licence)
    assert set(licence.values) == {field.key for field in CATALOGUE.get(slug).fields}
    for value in paper(slug).values():
        for cell in [value] if isinstance(value, str) else [cell for row in value for cell in row.values()]:
            shown = "".join(cell.split())
            assert shown in page or chinese_date(date.fromisoformat(cell)) in page, cell


@pytest.mark.parametrize("slug", TERMS)
def test_every_field_says_what_it_is(slug: str) -> None:
    assert all(map(says_what_it_is, CATALOGUE.get(slug).all_fields))


@pytest.mark.parametrize("slug", TERMS)
def test_each_required_field_is_needed_and_they_are_enough(slug: str) -> None:
    everything, licence_type = paper(slug), CATALOGUE.get(slug)
    required = {field.key for field in licence_type.all_fields if field.required}
    licence_from_paper(licence_type, {key: everything[key] for key in required})
    for key in required:
        assert (f"/data/{key}", "REQUIRED") in faults(slug, **{key: None})


# Numbers seen in public, or made after the published rule where none was seen.
NUMBERS = [
    ("veterinary-drug-business", "兽药经营证字990101001号"),
    ("pesticide-production", "农药生许(湘)0023"),
    ("pesticide-production", "农药生许（沪）0009"),
    ("crop-seed", "A(京)农种许字(2020)第0001号"),
    ("crop-seed", "C(黑哈五)农种许字(2016)第6001号"),
    ("crop-seed", "D（湘益安）农种许字（2017）第001号"),
    ("forest-seed", "51112320160001"),
    ("forest-seed", "99000020260001"),
    ("animal-epidemic-prevention", "(样例)动防合字第20260001号"),
    ("animal-epidemic-prevention", "（样例）动防合字第20260001号"),
    ("animal-clinic", "沪动诊证（2019）第005号"),
    ("animal-clinic", "赣样例动诊证(2026)第0005号"),
    ("green-food", "LB-03-2612990001A"),
    ("green-food", "LB-57-2601990001AA"),
    ("organic-product", "990OP2600001"),
    ("organic-product", "F990OP2600001-2"),
    ("geographical-indication", "AGI01459"),
    ("forest-felling", "赣采字〔2026〕第990001号"),
    ("forest-felling", "赣样采字（2026）第17号"),
    ("forest-felling", "赣样采字[2026]第17号"),
    ("fishing", "（浙样）船捕（2026）HY-990001号"),
    ("fishing", "(闽)船捕(2026)HY-990001号"),
    ("feed-production", "赣饲证（2026）99001"),
]

REFUSED = [
    ("veterinary-drug-business", "兽药生产证字990101001号"),
    ("veterinary-drug-business", "兽药经营证字99010101号"),
    ("veterinary-drug-business", "兽药经营证字9901010001号"),
    ("veterinary-drug-business", "兽药经营证字990101001"),
    ("pesticide-production", "农药经许(赣)0023"),
    ("pesticide-production", "农药生许(某)0023"),
    ("pesticide-production", "农药生许(赣)023"),
    ("crop-seed", "G(京)农种许字(2020)第0001号"),
    ("crop-seed", "A(京)农种许字(1820)第0001号"),
    ("crop-seed", "A()农种许字(2020)第0001号"),
    ("crop-seed", "A(京)农种许字(2020)第00001号"),
    ("forest-seed", "5111232016001"),
    ("forest-seed", "51112320160001X"),
    ("forest-seed", "51112318160001"),
    ("animal-epidemic-prevention", "样例动防合字第20260001号"),
    ("animal-epidemic-prevention", "(样例)动防合字第2026001号"),
    ("animal-clinic", "动诊证(2026)第0005号"),
    ("animal-clinic", "赣动诊证(2026)第05号"),
    ("green-food", "LB-03-2613990001A"),
    ("green-food", "LB-03-2600990001A"),
    ("green-food", "LB-03-2612990001AAA"),
    ("green-food", "LB-03-2612990001B"),
    ("organic-product", "990OG2600001"),
    ("organic-product", "990OP260001"),
    ("organic-product", "990OP2600001-"),
    ("geographical-indication", "AGI1459"),
    ("geographical-indication", "AGI2014-02-1497"),
    ("forest-felling", "赣采字〔26〕第990001号"),
    ("forest-felling", "赣采字〔2026〕第号"),
    ("fishing", "(浙样)船捕(2026)HY-99001号"),
    ("fishing", "(样例)船捕(2026)HY-990001号"),
    ("feed-production", "赣饲证(2026)9901"),
    ("feed-production", "赣饲预(2026)99001"),
]


@pytest.mark.parametrize(("slug", "number"), NUMBERS)
def test_numbers_of_the_known_form_are_accepted_and_kept_as_printed(slug: str, number: str) -> None:
    assert convert(slug, certificateNumber=number).number == number


@pytest.mark.parametrize(("slug", "number"), REFUSED)
def test_other_numbers_are_refused(slug: str, number: str) -> None:
    assert faults(slug, certificateNumber=number) == [("/data/certificateNumber", "NUMBER_MALFORMED")]


@pytest.mark.parametrize("slug", TERMS)
def test_validity_is_what_the_rule_of_the_type_says(slug: str) -> None:
    rule, start = TERMS[slug], date(2026, 3, 2)
    began = {"certificateEffectiveDate": start.isoformat()}
    end_key = "certificateExpiringDate"
    if not rule:
        assert convert(slug, **began).validity.end is None
        assert faults(slug, **began, **{end_key: "2031-03-01"}) == [(f"/data/{end_key}", "END_NOT_ALLOWED")]
        return
    last = date(start.year + int(rule[-1]), 3, 1)
    day = timedelta(days=1)
    assert convert(slug, **began, **{end_key: last.isoformat()}).validity.end == last
    after = faults(slug, **began, **{end_key: (last + day).isoformat()})
    if rule.startswith("≤"):
        assert after == [(f"/data/{end_key}", "END_TOO_LATE")]
        assert convert(slug, **began, **{end_key: (last - day).isoformat()}).validity.end == last - day
    else:
        assert after == [(f"/data/{end_key}", "END_NOT_A_TERM")]
        assert faults(slug, **began, **{end_key: (last - day).isoformat()}) == after
        assert convert(slug, **began, **{end_key: None}).validity.end == last


@pytest.mark.parametrize("slug", TERMS)
def test_persons_hold_what_persons_may_hold(slug: str) -> None:
    person = {"certificateHolderTypeCode": "111", "certificateHolderCode": "990101199003071237"}
    if slug in PERSONS:
        page = printed(convert(slug, **person))[0]
        assert "公民身份号码990101199003071237" in page
        assert "统一社会信用代码" not in page
    else:
        assert faults(slug, **person) == [("/data/certificateHolderTypeCode", "HOLDER_KIND_NOT_ALLOWED")]
    company = {"certificateHolderTypeCode": "001", "certificateHolderCode": "91990101MA0TERT40P"}
    assert "统一社会信用代码91990101MA0TERT40P" in printed(convert(slug, **company))[0]


def test_an_old_number_is_checked_against_the_rule_of_its_day() -> None:
    slug, old, new = "veterinary-drug-business", "(2021)兽药经营证字99010101号", "兽药经营证字990101001号"
    refused = [("/data/certificateNumber", "NUMBER_MALFORMED")]
    before = {"certificateIssuedDate": "2022-08-31", "certificateEffectiveDate": "2022-08-31"}
    after = {"certificateIssuedDate": "2022-09-01", "certificateEffectiveDate": "2022-09-01"}
    ends = {"certificateExpiringDate": None}
    assert convert(slug, **before, **ends, certificateNumber=old).number == old
    assert faults(slug, **before, **ends, certificateNumber=new) == refused
    assert convert(slug, **after, **ends, certificateNumber=new).number == new
    assert faults(slug, **after, **ends, certificateNumber=old) == refused


# What the law lays down of renewal; 30 days where nothing else was found (行政许可法 art. 50).
WINDOWS = {
    "veterinary-drug-business": "6 个月",
    "pesticide-production": "90 日",
    "feed-production": "6 个月",
    "green-food": "3 个月",
    "organic-product": "3 个月",
}


@pytest.mark.parametrize("slug", TERMS)
def test_renewal_is_asked_for_in_the_time_that_the_law_gives(slug: str) -> None:
    assert CATALOGUE.get(slug).renewal_window.text == WINDOWS.get(slug, "30 日")


def test_standing_obligations() -> None:
    found = {
        slug: [(one.label, one.kind, one.every and one.every.text, one.due_field, one.effect) for one in obligations]
        for slug in TERMS
        if (obligations := CATALOGUE.get(slug).obligations)
    }
    assert found == {
        "animal-epidemic-prevention": [("年度报告", "annual_report", "1 年", "", "note")],
        "animal-clinic": [("年度报告", "annual_report", "1 年", "", "note")],
        "green-food": [("年检", "annual_report", "1 年", "", "note")],
        "fishing": [("年审", "recheck", None, "nextReviewDate", "not_usable")],
    }


def test_documents() -> None:
    found = {
        slug: [(one.label, one.kind, one.records) for one in documents]
        for slug in TERMS
        if len(documents := CATALOGUE.get(slug).documents) > 1
    }
    assert found == {
        "veterinary-drug-business": [("正本", "original", False), ("副本", "copy", True)],
        "crop-seed": [("主证", "original", False), ("副证", "annex", False)],
        "forest-seed": [("正本", "original", False), ("副本", "copy", True)],
    }


def longest(field: Field) -> str:
    return ("样例县农业农村局、" * (field.max_length // 9 + 1))[: field.max_length - 1] + "末"


@pytest.mark.parametrize("slug", TERMS)
def test_the_longest_values_fit_on_every_document(slug: str) -> None:
    """Of the smallest size that is allowed; rows go to further pages."""
    licence_type, data = CATALOGUE.get(slug), paper(slug)
    data["certificateHolderName"] = longest(licence_type.common_fields[1])
    for field in licence_type.fields:
        if field.type.value in {"string", "text"}:
            data[field.key] = longest(field)
        elif field.columns:
            written = {column.key: longest(column) for column in field.columns if column.type.value == "string"}
            data[field.key] = [row | written for row in data[field.key]]
    licence = licence_from_paper(licence_type, data)
    for document in licence_type.documents:
        pages = "".join(printed(licence, document))
        for key in document.face.order:
            for field in (one for one in licence_type.fields if one.key == key):
                texts = [one for one in (field, *field.columns) if one.type.value in {"string", "text"}]
                assert all(longest(one) in pages for one in texts), key
        assert data["certificateHolderName"] in pages


ROWS: Mapping[str, tuple[str, str]] = {
    "crop-seed": ("varieties", "variety"),
    "organic-product": ("products", "base"),
    "fishing": ("gear", "name"),
}


@pytest.mark.parametrize("slug", ROWS)
def test_many_rows_go_to_further_pages_each_once(slug: str) -> None:
    key, column = ROWS[slug]
    row = paper(slug)[key][0]
    rows = [row | {column: f"R{number:03d}X"} for number in range(30)]
    pages = printed(convert(slug, **{key: rows}))
    assert len(pages) > 1
    assert "见附页，共30项" in pages[0]
    assert all("".join(pages).count(f"R{number:03d}X") == 1 for number in range(30))
