"""Licence types of quality, market, health, real estate, transport and construction, and the model of each class."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from type_papers import CATALOGUE, MARKS, RENDERER, convert, faults, paper, printed, says_what_it_is

from api.content_shapes import HIDDEN_PICTURE, licence_shape
from esign import CHINA, Photo, TextRun, chinese_date
from licences import FieldType, catalogue, licence_from_paper
from licences.catalogue import AUTHORITY_LEVELS, CatalogueFileError, licence_type_from_toml
from licences.electronic import structure
from licences.filling import sample_data

SHIPPED = Path(catalogue.__file__).parent

# Years of validity: none for those that do not expire, several where one of them is chosen, "≤" before a longest one.
TERMS = {
    "special-equipment-operator": "4",
    "inspection-body": "6",
    "measurement-standard": "4 5",
    "industrial-product": "3 5",
    "food-business": "5",
    "food-production": "5",
    "business-licence": "",
    "public-health": "4",
    "birth-certificate": "",
    "real-estate": "",
    "road-transport": "4",
    "safety-officer": "3",
    "model-permit": "≤5",
    "model-proof": "≤1",
    "model-approval": "",
    "model-appraisal": "",
    "model-result": "",
}
CLASSES = {
    "birth-certificate": "证明文件",
    "model-permit": "证照执照",
    "model-proof": "证明文件",
    "model-approval": "批文批复",
    "model-appraisal": "鉴定报告",
    "model-result": "办事结果",
}
MODELS = [slug for slug in CLASSES if slug.startswith("model-")]
PERSONS_ONLY = {"special-equipment-operator", "safety-officer", "birth-certificate"}
EVERYBODY = {"real-estate", "road-transport", *MODELS}

HOLDER = ("certificateHolderName", "certificateHolderCode", "certificateHolderTypeCode")
END = "certificateExpiringDate"
NUMBER = "/data/certificateNumber"


def test_type_codes_follow_each_other() -> None:
    assert [CATALOGUE.get(slug).code for slug in TERMS] == [f"11990000000001011Q0{20 + n}" for n in range(len(TERMS))]


@pytest.mark.parametrize("slug", TERMS)
def test_the_request_that_ships_is_the_sample_of_the_type(slug: str) -> None:
    data = paper(slug)
    if slug == "real-estate":  # two co-owners
        data |= {key: data[key][0] for key in HOLDER}
    assert data == sample_data(CATALOGUE.get(slug))


@pytest.mark.parametrize("slug", TERMS)
def test_every_value_of_the_sample_is_on_a_face_of_one_page(slug: str) -> None:
    licence_type, licence = CATALOGUE.get(slug), convert(slug)
    (page,) = printed(licence)
    assert set(licence.values) == {field.key for field in licence_type.fields}
    elsewhere = {field.key for field in licence_type.fields if field.detail or field.type is FieldType.IMAGE}
    for key, value in sample_data(licence_type).items():
        if key in elsewhere:
            continue
        for cell in [value] if isinstance(value, str) else [cell for row in value for cell in row.values()]:
            shown = "".join(cell.split())
            assert shown in page or chinese_date(date.fromisoformat(cell)) in page, cell


@pytest.mark.parametrize("slug", TERMS)
def test_details_are_printed_by_another_document(slug: str) -> None:
    licence_type, licence = CATALOGUE.get(slug), convert(slug)
    details = {field.key for field in licence_type.fields if field.detail}
    for document in licence_type.documents[1:]:
        pages = RENDERER.render(licence, MARKS, document=document)
        text = "".join(item.text for page in pages for item in page.items if isinstance(item, TextRun)).replace(" ", "")
        assert document.label in text
        for key in details & set(document.face.order):
            rows = licence.values[key]
            assert not isinstance(rows, str)
            assert all("".join(cell.split()) in text for row in rows for cell in row), key
        details -= {*document.face.order, *document.face.photos}
    assert not details


@pytest.mark.parametrize(
    ("slug", "document", "key"),
    [
        ("special-equipment-operator", "original", "photo"),
        ("safety-officer", "original", "photo"),
        ("real-estate", "plan", "plan"),
    ],
)
def test_pictures_are_in_their_boxes(slug: str, document: str, key: str) -> None:
    (chosen,) = (one for one in CATALOGUE.get(slug).documents if one.key == document)
    box = chosen.face.photos[key]
    (page,) = RENDERER.render(convert(slug), MARKS, document=chosen)
    (photo,) = (item for item in page.items if isinstance(item, Photo))
    assert box.x <= photo.x <= photo.x + photo.width <= box.x + box.width
    assert box.y <= photo.y <= photo.y + photo.height <= box.y + box.height
    assert photo.width == pytest.approx(box.width) or photo.height == pytest.approx(box.height)


@pytest.mark.parametrize("slug", ["special-equipment-operator", "safety-officer"])
def test_a_personal_certificate_needs_a_photograph(slug: str) -> None:
    assert faults(slug, photo=None) == [("/data/photo", "REQUIRED")]
    assert faults(slug, photo="AAAA") == [("/data/photo", "PHOTO_MALFORMED")]


@pytest.mark.parametrize("slug", TERMS)
def test_every_field_says_what_it_is(slug: str) -> None:
    assert all(map(says_what_it_is, CATALOGUE.get(slug).all_fields))


@pytest.mark.parametrize("slug", TERMS)
def test_each_required_field_is_needed_and_they_are_enough(slug: str) -> None:
    licence_type = CATALOGUE.get(slug)
    everything = sample_data(licence_type)
    conditions = {field.key: field.required_when for field in licence_type.fields if field.required_when}
    required = {field.key for field in licence_type.all_fields if field.required}
    required |= {key for key, condition in conditions.items() if everything[condition.key] == condition.value}
    licence_from_paper(licence_type, {key: everything[key] for key in required})
    for key in required:
        assert (f"/data/{key}", "REQUIRED") in faults(slug, **everything | {key: None})


# Food numbers: seen in public data, or fictional with the check digit computed. Others: seen, or made after the rule.
NUMBERS = [
    ("special-equipment-operator", "TS6AYLS00001"),
    ("inspection-body", "251212050001"),
    ("measurement-standard", "[2026]赣量标力证字第1号"),
    ("measurement-standard", "〔2019〕赣样例量标热证字第990001号"),
    ("industrial-product", "XK99-990-90001"),
    ("industrial-product", "（赣）XK99-990-90001"),
    ("food-business", "JY14403030012013"),
    ("food-business", "JY19901010000015"),
    ("food-production", "SC10644512106525"),
    ("food-production", "SC10341147101351"),
    ("food-production", "SC10432062101169"),
    ("food-production", "SC11334160230808"),
    ("food-production", "SC10634160212611"),
    ("food-production", "SC10435058302205"),
    ("food-production", "SC10644200000400"),
    ("food-production", "SC10644200003332"),
    ("food-production", "SC20199010100028"),
    ("public-health", "粤卫公证字〔2024〕第0385号"),
    ("public-health", "赣样例卫公证字(2026)第990001号"),
    ("birth-certificate", "Y990100002"),
    ("real-estate", "赣（2026）样例县不动产权第1号"),
    ("road-transport", "津交运管许可德字990101990001"),
    ("road-transport", "赣交运管许可样字990101990001号"),
    ("safety-officer", "赣建安C1(2026)9900001"),
    ("model-permit", "样许字[2026]0001号"),
    ("model-approval", "样批（2026）1号"),
]

REFUSED = [
    ("special-equipment-operator", "TS5AYLS00001"),
    ("special-equipment-operator", "TS6AYLS0001"),
    ("special-equipment-operator", "TS990101199506064442"),
    ("inspection-body", "25121205001"),
    ("inspection-body", "2512120500012"),
    ("measurement-standard", "2026赣量标力证字第1号"),
    ("measurement-standard", "〔2026〕赣量标证字第1号"),
    ("industrial-product", "XK99-990-9001"),
    ("industrial-product", "(某)XK99-990-90001"),
    ("industrial-product", "XK9-990-90001"),
    ("food-business", "JY49901010000015"),
    ("food-business", "SC10644512106525"),
    ("food-business", "JY1990101000001"),
    ("food-production", "SC30644512106525"),
    ("food-production", "QS106445121065"),
    ("business-licence", "12990101MA0TETC568"),
    ("public-health", "卫公证字〔2024〕第0385号"),
    ("public-health", "粤卫公证字〔2024〕第385号"),
    ("birth-certificate", "Y99010000"),
    ("birth-certificate", "9901000022"),
    ("real-estate", "赣(2026)样例县不动产权证第1号"),
    ("real-estate", "赣(26)样例县不动产权第1号"),
    ("road-transport", "赣交运管许可字990101990001"),
    ("road-transport", "赣交运管许可样字99010199001"),
    ("safety-officer", "赣建安D(2026)9900001"),
    ("safety-officer", "赣建安A(2026)990001"),
    ("model-permit", "样许字〔2026〕1号"),
    ("model-approval", "样批〔2026〕01号"),
]


@pytest.mark.parametrize(("slug", "number"), NUMBERS)
def test_numbers_of_the_known_form_are_accepted_and_kept_as_printed(slug: str, number: str) -> None:
    assert convert(slug, certificateNumber=number).number == number


@pytest.mark.parametrize(("slug", "number"), REFUSED)
def test_other_numbers_are_refused(slug: str, number: str) -> None:
    assert faults(slug, certificateNumber=number) == [(NUMBER, "NUMBER_MALFORMED")]


@settings(max_examples=50, deadline=None)
@given(st.sampled_from(["JY29901010000026", "SC10199010100035"]), st.integers(3, 15), st.integers(1, 9))
def test_one_wrong_digit_in_a_food_number_is_always_found(number: str, place: int, change: int) -> None:
    digit = (int(number[place]) + change) % 10
    wrong = f"{number[:place]}{digit}{number[place + 1 :]}"
    slug = "food-business" if number.startswith("JY") else "food-production"
    assert faults(slug, certificateNumber=wrong) == [(NUMBER, "NUMBER_CHECK")]


def test_the_number_of_a_business_licence_is_a_social_credit_code() -> None:
    for code in ("91350100M000100Y43", "92990100MA0TERT24G", "93990100MA0TERT16J"):  # GB 32100's example; fictional
        assert convert("business-licence", certificateNumber=code).number == code
    assert faults("business-licence", certificateNumber="91350100M000100Y44") == [(NUMBER, "NUMBER_CHECK")]


@pytest.mark.parametrize("slug", TERMS)
def test_validity_is_what_the_rule_of_the_type_says(slug: str) -> None:
    start, day = date(2026, 3, 2), timedelta(days=1)
    began = {"certificateEffectiveDate": start.isoformat()}
    rule = TERMS[slug]
    if not rule:
        assert convert(slug, **began).validity.end is None
        assert faults(slug, **began, **{END: "2031-03-01"}) == [(f"/data/{END}", "END_NOT_ALLOWED")]
        return
    lasts = [date(start.year + int(years), 3, 1) for years in rule.removeprefix("≤").split()]
    for last in lasts:
        assert convert(slug, **began, **{END: last.isoformat()}).validity.end == last
        after = faults(slug, **began, **{END: (last + day).isoformat()})
        if rule.startswith("≤"):
            assert after == [(f"/data/{END}", "END_TOO_LATE")]
            assert convert(slug, **began, **{END: (last - day).isoformat()}).validity.end == last - day
        else:
            assert after == [(f"/data/{END}", "END_NOT_A_TERM")]
            assert faults(slug, **began, **{END: (last - day).isoformat()}) == after
    if rule.isdecimal():
        assert convert(slug, **began, **{END: None}).validity.end == lasts[0]
    else:
        assert faults(slug, **began, **{END: None}) == [(f"/data/{END}", "REQUIRED")]


@pytest.mark.parametrize("slug", TERMS)
def test_holders_are_those_of_the_type(slug: str) -> None:
    person = dict(zip(HOLDER, ("陆㛃", "990101199003071237", "111"), strict=True))
    company = dict(zip(HOLDER, ("样例县清源供水有限公司", "91990101MA0TERT40P", "001"), strict=True))
    refused = [("/data/certificateHolderTypeCode", "HOLDER_KIND_NOT_ALLOWED")]
    if slug in PERSONS_ONLY | EVERYBODY:
        assert "公民身份号码" in printed(convert(slug, **person))[0]
    else:
        assert faults(slug, **person) == refused
    if slug in PERSONS_ONLY:
        assert faults(slug, **company) == refused
    else:
        assert "91990101MA0TERT40P" in printed(convert(slug, **company))[0]


def test_a_new_born_without_a_citizen_number_holds_the_certificate_by_its_number() -> None:
    number = "Y990100003"
    licence = convert(
        "birth-certificate",
        certificateNumber=number,
        certificateHolderTypeCode="999",
        certificateHolderCode=number,
        fatherName=None,
        fatherAge=None,
    )
    assert licence.holders[0].code == number
    page = printed(licence)[0]
    assert f"其他自然人有效证件代码{number}" in page
    assert "父亲姓名" not in page


@pytest.mark.parametrize("time", ["8:26", "24:00", "08:60", "0826", "08:26分"])
def test_the_time_of_birth_is_to_the_minute(time: str) -> None:
    code = "TOO_LONG" if len(time) > 5 else "TEXT_MALFORMED"
    assert faults("birth-certificate", birthTime=time) == [("/data/birthTime", code)]


def test_a_unit_number_has_28_characters() -> None:
    unit = "990101001001GB00001F00030501"
    assert convert("real-estate", unitNumber=unit).values["unitNumber"] == unit
    assert faults("real-estate", unitNumber=unit[:-1]) == [("/data/unitNumber", "TEXT_MALFORMED")]
    assert faults("real-estate", unitNumber=unit[:-1] + "-") == [("/data/unitNumber", "TEXT_MALFORMED")]


@pytest.mark.parametrize(("slug", "key"), [("safety-officer", "photo"), ("real-estate", "plan")])
def test_pictures_are_shown_in_full_or_not_at_all(slug: str, key: str) -> None:
    licence = structure(
        convert(slug),
        identifier=MARKS.identifier,
        seals=(),
        sealed_at=datetime(2026, 11, 21, 10, 30, tzinfo=CHINA),
        development=True,
    )
    assert licence_shape(licence, CATALOGUE, full=False)[key] == HIDDEN_PICTURE
    assert licence_shape(licence, CATALOGUE, full=True)[key] == paper(slug)[key]


def test_co_owners_are_holders_and_their_shares_are_printed() -> None:
    licence = convert("real-estate")
    assert [(holder.name, holder.code) for holder in licence.holders] == [
        ("陆㛃", "990101199003071237"),
        ("陆䶮", "990101198512124566"),
    ]
    (page,) = printed(licence)
    assert "陆㛃、陆䶮" in page
    assert "990101199003071237、990101198512124566" in page
    assert faults("real-estate", shares=None) == [("/data/shares", "REQUIRED")]
    alone = {key: paper("real-estate")[key][0] for key in HOLDER}
    assert "共有份额" not in printed(convert("real-estate", coOwnership="单独所有", shares=None, **alone))[0]


def test_a_refusal_needs_reasons_and_remedies() -> None:
    without = {"explanation": None, "remedy": None}
    assert convert("model-result", **without).values["result"] == "准予"
    refused = [("/data/explanation", "REQUIRED"), ("/data/remedy", "REQUIRED")]
    assert faults("model-result", result="不予", **without) == refused


@pytest.mark.parametrize("slug", MODELS)
def test_a_model_says_so_on_its_face_without_any_development_seal(slug: str) -> None:
    assert CATALOGUE.get(slug).name.startswith("样例")
    assert CATALOGUE.get(slug).name in printed(convert(slug))[0]
    assert "sample" in CATALOGUE.get(slug).name_en


@pytest.mark.parametrize("slug", TERMS)
def test_the_class_of_documents(slug: str) -> None:
    assert CATALOGUE.get(slug).document_class == CLASSES.get(slug, "证照执照")
    assert CATALOGUE.get(slug).items
    assert set(CATALOGUE.get(slug).issuing_levels) <= set(AUTHORITY_LEVELS)


# What the law lays down of renewal, or for the first two what is believed; 30 days otherwise (行政许可法 art. 50).
WINDOWS = {"special-equipment-operator": "1 个月", "inspection-body": "3 个月", "industrial-product": "6 个月"}


@pytest.mark.parametrize("slug", TERMS)
def test_renewal_is_asked_for_in_the_time_that_the_law_gives(slug: str) -> None:
    assert CATALOGUE.get(slug).renewal_window.text == WINDOWS.get(slug, "30 日")


def test_standing_obligations() -> None:
    found = {
        slug: [(one.label, one.kind, one.every and one.every.text, one.effect) for one in obligations]
        for slug in TERMS
        if (obligations := CATALOGUE.get(slug).obligations)
    }
    assert found == {"public-health": [("复核", "recheck", "2 年", "not_usable")]}


def test_documents_and_bodies() -> None:
    found = {
        slug: [(one.key, one.label, one.records) for one in documents]
        for slug in TERMS
        if len(documents := CATALOGUE.get(slug).documents) > 1
    }
    original = ("original", "正本", False)
    assert found == {
        "inspection-body": [original, ("annex", "证书附表", False)],
        "industrial-product": [original, ("copy-1", "副本（2-1）", False), ("copy-2", "副本（2-2）", False)],
        "food-business": [original, ("copy", "副本", True)],
        "food-production": [original, ("copy", "副本", False), ("annex", "品种明细表", False)],
        "business-licence": [original, ("copy", "副本", False)],
        "public-health": [original, ("copy", "副本", True)],
        "birth-certificate": [("original", "正页", False), ("copy", "副页", False)],
        "real-estate": [("original", "内页", False), ("plan", "附图页", False)],
        "road-transport": [original, ("copy", "副本", True)],
    }
    bodies = {slug: body.label for slug in TERMS if (body := CATALOGUE.get(slug).body)}
    assert bodies == {"model-approval": "批复正文", "model-appraisal": "鉴定报告正文"}


def test_a_new_right_or_form_gets_an_identifier_of_its_own() -> None:
    found = {
        slug: sorted(
            act for act, succession in CATALOGUE.get(slug).lifecycle.successions.items() if succession == "identifier"
        )
        for slug in ("birth-certificate", "real-estate", "business-licence")
    }
    assert found == {
        "birth-certificate": ["exchange", "replace-lost"],
        "real-estate": ["change", "exchange", "replace-lost"],
        "business-licence": [],
    }


ROWS: Mapping[str, tuple[str, str]] = {
    "special-equipment-operator": ("items", "item"),
    "measurement-standard": ("items", "item"),
    "industrial-product": ("products", "variety"),
    "real-estate": ("shares", "name"),
}


@pytest.mark.parametrize("slug", ROWS)
def test_many_rows_go_to_further_pages_each_once(slug: str) -> None:
    key, column = ROWS[slug]
    row = paper(slug)[key][0]
    rows = [row | {column: f"R{number:03d}X"} for number in range(40)]
    pages = printed(convert(slug, **{key: rows}))
    assert len(pages) > 1
    assert "见附页，共40项" in pages[0]
    assert all("".join(pages).count(f"R{number:03d}X") == 1 for number in range(40))


def test_a_laboratory_may_have_a_thousand_parameters() -> None:
    row = paper("inspection-body")["capabilities"][0]
    assert len(convert("inspection-body", capabilities=[row] * 1000).values["capabilities"]) == 1000
    assert faults("inspection-body", capabilities=[row] * 1001) == [("/data/capabilities", "TOO_MANY_ROWS")]


@pytest.mark.parametrize(
    ("slug", "old", "new"),
    [
        ("food-business", '"mod-11-10"', '"mod-97-10"'),
        ("food-business", "JY[123]", "JY([123]"),
        ("real-estate", "[0-9A-Z]{28}", "[0-9A-Z{28}"),
        ("real-estate", "photos = { plan = { x = 25, y = 96,", "photos = { plan = { x = 25, y = 80,"),
        ("public-health", 'every = "2/Y"', 'every = "0/Y"'),
        ("model-approval", 'document_class = "批文批复"', 'document_class = "批文"'),
    ],
)
def test_a_slip_in_a_file_is_found(slug: str, old: str, new: str) -> None:
    text = (SHIPPED / f"{slug}.toml").read_text("utf-8")
    assert text.count(old) == 1
    with pytest.raises(CatalogueFileError):
        licence_type_from_toml(text.replace(old, new))
