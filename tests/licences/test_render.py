"""Faces: everything is on them, nothing is cut off, nothing lies over anything else."""

import json
from dataclasses import replace
from datetime import date
from itertools import combinations
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api.settings import MAX_PUBLIC_URL
from esign import (
    DEFAULT_DIAMETER,
    POINT,
    SAMPLE_NOTICE,
    FontChain,
    Page,
    Photo,
    StructuredAuthority,
    Symbol,
    TextRun,
    chinese_date,
)
from esign.seal import MAX_RING_CHARACTERS
from licences import (
    HOLDER_KINDS,
    CatalogueError,
    DocumentKind,
    FieldType,
    FormError,
    Holder,
    InvalidFieldError,
    LicenceType,
    digitised,
    licence_from_paper,
    load_catalogue,
    overprint_page,
)
from licences.filling import longest_data, sample_data
from licences.fonts import shipped_font
from licences.render import FaceRenderer, Marks
from licences.typesetting import width_of

ROOT = Path(__file__).parents[2]
SAMPLES = sorted((ROOT / "fixtures/paper").glob("*.json"))
FONTS = FontChain([shipped_font()])
RENDERER = FaceRenderer(FONTS)
CATALOGUE = load_catalogue()
MARKS = Marks(
    identifier="1.2.156.3005.2.11990000000001011Q001.1199010000000102XM.ABCDEFGHIJKLMNOPQRST.001.4",
    code_address="http://127.0.0.1:8000/V/" + "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567" * 10,
    short_code="23456789ABCD",
    public_url="http://127.0.0.1:8000",
    development=True,
    local=True,
)


class Box(NamedTuple):
    left: float
    top: float
    right: float
    bottom: float
    what: str

    def meets(self, other: "Box") -> bool:
        return (
            self.left < other.right and other.left < self.right and self.top < other.bottom and other.top < self.bottom
        )


def boxes(page: Page) -> list[Box]:
    """Where ink of text and code can be: type reaches 0.80 above and 0.12 below the baseline of its size."""
    found = []
    for item in page.items:
        if isinstance(item, TextRun):
            size = item.size * POINT
            width = width_of(FONTS, item.text, item.size) + item.spacing * (len(item.text) - 1)
            found.append(Box(item.x, item.y - 0.8 * size, item.x + width, item.y + 0.12 * size, item.text))
        elif isinstance(item, Photo):
            found.append(Box(item.x, item.y, item.x + item.width, item.y + item.height, "photo"))
        elif isinstance(item, Symbol):
            quiet = 4 * item.size / len(item.modules)
            found.append(
                Box(item.x - quiet, item.y - quiet, item.x + item.size + quiet, item.y + item.size + quiet, "QR")
            )
    return found


def check_geometry(pages: tuple[Page, ...]) -> None:
    for page in pages:
        found = boxes(page)
        for box in found:
            assert box.left >= 11, box
            assert box.top >= 11, box
            assert box.right <= page.width - 11, box
            assert box.bottom <= page.height - 11, box
        for first, second in combinations(found, 2):
            assert not first.meets(second), (first, second)


def texts(pages: tuple[Page, ...]) -> str:
    return "".join(item.text for page in pages for item in page.items if isinstance(item, TextRun))


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_every_value_of_a_sample_is_on_its_face(path: Path) -> None:
    document = json.loads(path.read_text("utf-8"))
    licence = licence_from_paper(CATALOGUE.get(document["type"]), document["data"])
    pages = RENDERER.render(licence, MARKS)
    printed = texts(pages).replace(" ", "")
    for value in document["data"].values():
        for cell in [value] if isinstance(value, str) else [cell for row in value for cell in row.values()]:
            assert cell.replace(" ", "") in printed or _as_date(cell) in printed, cell
    check_geometry(pages)
    assert [len(page.seals) for page in pages] == [1] + [0] * (len(pages) - 1)


def _as_date(text: str) -> str:
    year, _, rest = text.partition("-")
    month, _, day = rest.partition("-")
    return f"{year}年{int(month)}月{int(day)}日" if month.isdigit() and day.isdigit() else text


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_values_of_any_allowed_length_fit_or_are_refused(data: st.DataObject) -> None:
    check_any_length(data)


@pytest.mark.soak
@settings(max_examples=3000, deadline=None)
@given(st.data())
def test_values_of_any_allowed_length_for_long(data: st.DataObject) -> None:
    check_any_length(data)


def check_any_length(data: st.DataObject) -> None:
    licence_type = CATALOGUE.get(data.draw(st.sampled_from([t.slug for t in CATALOGUE])))
    document = sample_data(licence_type)
    alphabet = "样例县人民医院行政审批局有限责任公司，（）ABC123 "
    for field in licence_type.all_fields:
        if field.type in (FieldType.STRING, FieldType.TEXT) and field.pattern is None and field.key not in (
            "certificateNumber", "certificateHolderCode", "certificateHolderTypeCode", "certificateAreaCode",
            "certificateIssuingAuthorityCode",
        ):  # fmt: skip
            length = data.draw(st.integers(1, field.max_length))
            start = data.draw(st.integers(0, 20))
            text = ((alphabet[start:] + alphabet) * (length // len(alphabet) + 2))[:length].strip()
            document[field.key] = text or "样"
        elif field.type is FieldType.ROWS:
            count = data.draw(st.integers(1, min(field.max_rows, 30)))
            document[field.key] = [
                {
                    column.key: dict(field.sample[0]).get(column.key, "")
                    if column.type is not FieldType.STRING or column.pattern is not None
                    else "样例" * data.draw(st.integers(1, min(column.max_length // 2, 30)))
                    for column in field.columns
                }
                for _ in range(count)
            ]
    licence = licence_from_paper(licence_type, document)
    length = data.draw(st.integers(len("https://a.cn"), MAX_PUBLIC_URL))
    url = ("https://" + "zz-sample." * 20)[: length - 3] + ".cn"
    marks = data.draw(st.sampled_from([MARKS, replace(MARKS, public_url=url, local=False)]))
    try:
        pages = RENDERER.render(licence, marks)
    except ExceptionGroup as group:
        (fault,) = group.exceptions
        assert isinstance(fault, InvalidFieldError)
        assert fault.code == "DOES_NOT_FIT"
        # What the type's own fields hold always fits: it shrinks, or goes on on annex pages.
        assert fault.pointer == "/data/certificateIssuingAuthorityName"
        assert len(licence.issuer.name) > MAX_RING_CHARACTERS
        return
    check_geometry(pages)
    printed = texts(pages).replace(" ", "")
    assert licence.issuer.name.replace(" ", "") in printed
    assert f"{marks.public_url}/v/短码" in printed
    for field in licence_type.fields:
        value = licence.values.get(field.key, "")
        if field.type is FieldType.IMAGE or field.key not in licence_type.face.order:
            continue
        for cell in [value] if isinstance(value, str) else [cell for row in value for cell in row]:
            assert cell.replace(" ", "") in printed or _as_date(cell) in printed or _is_broken(cell, printed)


def _is_broken(cell: str, printed: str) -> bool:
    """A cell that goes on on the next page: both its ends are printed."""
    text = cell.replace(" ", "").replace("\n", "")
    return len(text) > 40 and text[:15] in printed and text[-15:] in printed


SEEN = ("pesticide-business", "special-equipment-use")
HOSTS = ("a.cn", "zz." + "sample-" * 15 + ".cn", "a" * (MAX_PUBLIC_URL - len("https://")))
FULLEST = [(licence_type.slug, MAX_RING_CHARACTERS, HOSTS[-1]) for licence_type in CATALOGUE]
OTHERS = [(slug, length, host) for slug in SEEN for length in (1, 8, 15, 20, 25) for host in HOSTS]


@pytest.mark.parametrize(("slug", "length", "host"), [*FULLEST, *OTHERS])
def test_the_longest_authority_and_address_fit(slug: str, length: int, host: str) -> None:
    url = f"https://{host}"
    assert len(url) <= MAX_PUBLIC_URL
    name = ("样例自治州市场监督管理和行政审批服务局" * 2)[:length]
    licence_type = CATALOGUE.get(slug)
    licence = licence_from_paper(licence_type, sample_data(licence_type) | {"certificateIssuingAuthorityName": name})
    pages = RENDERER.render(licence, replace(MARKS, public_url=url, local=False))
    check_geometry(pages)
    runs = [item for item in pages[0].items if isinstance(item, TextRun)]
    printed = "".join(run.text for run in runs)
    assert name in printed
    assert f"{url}/v/短码" in printed
    (seal,) = pages[0].seals
    (day,) = (run for run in runs if run.text == chinese_date(licence.issued_on) and run.y == seal.y)
    assert seal.x == pytest.approx(day.x + width_of(FONTS, day.text, day.size) / 2)
    radius = DEFAULT_DIAMETER / 2
    around = Box(seal.x - radius, seal.y - radius, seal.x + radius, seal.y + radius, "seal")
    covered = {box.what for box in boxes(pages[0]) if box.meets(around)}
    assert covered <= {day.text, *(run.text for run in runs if run.text in name)}


@pytest.mark.parametrize("licence_type", list(CATALOGUE), ids=lambda licence_type: licence_type.slug)
def test_the_longest_allowed_values_fit_on_every_document(licence_type: LicenceType) -> None:
    short = {field.key: min(field.max_rows, 6) for field in licence_type.fields if field.columns}
    longest = longest_data(licence_type)
    data = longest | {key: longest[key][:count] for key, count in short.items()}  # type: ignore[index]
    licence = licence_from_paper(licence_type, data)
    for document in licence_type.documents[:3]:
        pages = RENDERER.render(licence, MARKS, document=document)
        check_geometry(pages)
        printed = texts(pages).replace(" ", "")
        for field in licence_type.fields:
            value = licence.values.get(field.key)
            if isinstance(value, str) and field.type is FieldType.TEXT and field.key in document.face.order:
                assert value[-20:] in printed, field.key


def test_copies_annexes_and_entries_say_what_they_are() -> None:
    licence_type = CATALOGUE.get("public-health")
    licence = licence_from_paper(licence_type, sample_data(licence_type))
    original, copy = licence_type.documents
    assert f"（{original.label}）" in texts(RENDERER.render(licence, MARKS))
    pages = RENDERER.render(licence, MARKS, document=copy)
    assert f"（{copy.label}）" in texts(pages[:1])
    assert "变更及检验记录" in texts(pages[1:])
    assert len(pages) == 2


def test_an_annex_begins_on_its_face_and_goes_on() -> None:
    licence_type = CATALOGUE.get("inspection-body")
    data = sample_data(licence_type)
    row = data["capabilities"][0]
    data["capabilities"] = [row | {"object": f"对象{number:03d}"} for number in range(300)]
    annex = next(one for one in licence_type.documents if one.kind is DocumentKind.ANNEX)
    pages = RENDERER.render(licence_from_paper(licence_type, data), MARKS, document=annex)
    check_geometry(pages)
    printed = texts(pages)
    assert all(printed.count(f"对象{number:03d}") == 1 for number in range(300))
    assert len(pages) > 5
    assert "对象000" in texts(pages[:1])


def test_a_photograph_keeps_its_shape_inside_its_box() -> None:
    licence_type = CATALOGUE.get("safety-officer")
    licence = licence_from_paper(licence_type, sample_data(licence_type))
    ((key, box),) = licence_type.face.photos.items()
    assert isinstance(licence.values[key], str)
    (photo,) = (item for item in RENDERER.render(licence, MARKS)[0].items if isinstance(item, Photo))
    assert photo.width / photo.height == pytest.approx(photo.photograph.width / photo.photograph.height)
    assert box.x <= photo.x
    assert photo.x + photo.width <= box.x + box.width + 1e-6
    assert box.y <= photo.y
    assert photo.y + photo.height <= box.y + box.height + 1e-6
    without = replace(licence, values={name: value for name, value in licence.values.items() if name != key})
    assert not any(isinstance(item, Photo) for item in RENDERER.render(without, MARKS)[0].items)


def test_paper_that_was_converted_is_said_on_the_face() -> None:
    licence_type = CATALOGUE.get("water-abstraction")
    licence = licence_from_paper(licence_type, sample_data(licence_type))
    issuer = StructuredAuthority(name="样例县水务局", code="11990100000001038M")
    origin = digitised(trust_level="B", converted_on=date(2026, 11, 21), historic_issuer=issuer).origin
    pages = RENDERER.render(licence, replace(MARKS, origin=origin))
    check_geometry(pages)
    assert "由纸质证照转换，转换日期2026年11月21日；原颁发机构：样例县水务局" in texts(pages[:1]).replace(" ", "")
    assert "由纸质证照转换" not in texts(RENDERER.render(licence, MARKS))


def test_what_is_printed_onto_a_form_has_fixed_places_and_no_labels() -> None:
    licence_type = CATALOGUE.get("pesticide-business")
    first, second = (
        licence_from_paper(licence_type, sample_data(licence_type) | changes)
        for changes in ({}, {"domicile": "样例省样例县城关镇人民路 18 号" * 3, "branches": None})
    )
    document = licence_type.documents[0]
    one, other = (
        overprint_page(FONTS, licence, MARKS, document, serial="A000001", offset=(0, 0)) for licence in (first, second)
    )
    check_geometry((one,))
    check_geometry((other,))
    places = [
        {item.text: (item.x, item.y) for item in page.items if isinstance(item, TextRun)} for page in (one, other)
    ]
    name = first.holders[0].name
    assert places[0][name] == places[1][name]
    assert "经营者名称" not in texts((one,))
    assert "农药经营许可证" not in texts((one,))
    assert "A000001" in texts((one,))
    assert not one.seals
    moved = overprint_page(FONTS, first, MARKS, document, serial="A000001", offset=(1.5, -2))
    ((x, y),) = ((item.x, item.y) for item in moved.items if isinstance(item, TextRun) and item.text == name)
    assert (x, y) == pytest.approx((places[0][name][0] + 1.5, places[0][name][1] - 2))
    with pytest.raises(FormError):
        overprint_page(FONTS, first, MARKS, document, serial="A000001", offset=(25, 0))


def test_a_value_without_room_on_a_form_is_named() -> None:
    licence_type = CATALOGUE.get("pesticide-business")
    data = sample_data(licence_type) | {"domicile": "样" * 200}
    licence = licence_from_paper(licence_type, data)
    with pytest.raises(ExceptionGroup) as caught:
        overprint_page(FONTS, licence, MARKS, licence_type.documents[0], serial="A1", offset=(0, 0))
    assert [str(fault).split(":")[0] for fault in caught.value.exceptions] == ["/data/domicile"]


def test_a_name_that_no_seal_could_bear_is_refused() -> None:
    licence_type = CATALOGUE.get("pesticide-business")
    data = sample_data(licence_type) | {"certificateIssuingAuthorityName": "样" * 200}
    with pytest.raises(ExceptionGroup) as caught:
        RENDERER.render(licence_from_paper(licence_type, data), MARKS)
    assert [str(fault).split(":")[0] for fault in caught.value.exceptions] == ["/data/certificateIssuingAuthorityName"]


def test_an_address_that_no_face_has_room_for_is_refused() -> None:
    licence_type = CATALOGUE.get("pesticide-business")
    licence = licence_from_paper(licence_type, sample_data(licence_type))
    with pytest.raises(CatalogueError):
        RENDERER.render(licence, replace(MARKS, public_url="https://" + "a" * 400))


def test_a_number_as_long_as_allowed_fits_or_is_refused() -> None:
    licence_type = CATALOGUE.get("pesticide-business")
    licence = licence_from_paper(licence_type, sample_data(licence_type))
    check_geometry(RENDERER.render(replace(licence, number="农药经许" * 20), MARKS))
    with pytest.raises(ExceptionGroup) as caught:
        RENDERER.render(replace(licence, number="农药经许" * 32), MARKS)
    assert [str(fault).split(":")[0] for fault in caught.value.exceptions] == ["/data/certificateNumber"]


def test_types_that_share_a_code_keep_their_own_faces() -> None:
    licence_type = CATALOGUE.get("water-abstraction")
    licence = licence_from_paper(licence_type, sample_data(licence_type))
    red = replace(licence_type.documents[0], face=replace(licence_type.face, colour=(0.9, 0.1, 0.1)))
    other = replace(licence_type, documents=(red,))
    first, second, again = (
        RENDERER.render(each, MARKS)[0].background for each in (licence, replace(licence, licence_type=other), licence)
    )
    assert first != second
    assert first is again


def test_every_holder_is_on_the_face() -> None:
    licence_type = CATALOGUE.get("water-abstraction")
    licence = licence_from_paper(licence_type, sample_data(licence_type))
    holders = (
        Holder(kind=HOLDER_KINDS["111"], code="990101199003071237", name="张𬱖"),
        Holder(kind=HOLDER_KINDS["001"], code="91990100MA0TERT08X", name="样例县惠农农资有限公司"),
    )
    printed = texts(RENDERER.render(replace(licence, holders=holders), MARKS))
    for holder in holders:
        assert holder.name in printed
        assert holder.code in printed
        assert holder.kind.name in printed


def test_many_rows_go_to_annex_pages_each_exactly_once() -> None:
    licence_type = CATALOGUE.get("special-equipment-use")
    document = sample_data(licence_type) | {"registrationMode": "按单位登记"}
    row = document["items"][0]
    document["items"] = [row | {"productNumber": f"P{number:05d}X"} for number in range(200)]
    pages = RENDERER.render(licence_from_paper(licence_type, document), MARKS)
    assert len(pages) > 3
    printed = texts(pages)
    assert all(printed.count(f"P{number:05d}X") == 1 for number in range(200))
    assert "见附页，共 200 项" in texts(pages[:1])
    for number, page in enumerate(pages, start=1):
        assert f"第 {number} 页，共 {len(pages)} 页" in texts((page,))
        assert "附页" in texts((page,))
        assert "梯11赣A990199(26)" in texts((page,))
    check_geometry(pages)


def test_every_unprintable_character_is_named_with_its_field() -> None:
    licence_type = CATALOGUE.get("pesticide-business")
    document = sample_data(licence_type) | {"responsiblePerson": "李\U000313ac", "domicile": "\U000313ad 路"}
    licence = licence_from_paper(licence_type, document)
    with pytest.raises(ExceptionGroup) as caught:
        RENDERER.render(licence, MARKS)
    faults = {(fault.pointer, fault.code) for fault in caught.value.exceptions}  # type: ignore[union-attr]
    assert faults == {
        ("/data/responsiblePerson", "UNPRINTABLE_CHARACTER"),
        ("/data/domicile", "UNPRINTABLE_CHARACTER"),
    }
    assert "U+313AC" in str(caught.value.exceptions)


def test_samples_and_local_addresses_say_so() -> None:
    licence_type = CATALOGUE.get("water-abstraction")
    licence = licence_from_paper(licence_type, sample_data(licence_type))
    marked = texts(RENDERER.render(licence, MARKS))
    assert SAMPLE_NOTICE in marked
    assert "本机测试地址" in marked
    real = replace(MARKS, development=False, local=False, public_url="https://zz.example.gov.cn")
    plain = texts(RENDERER.render(licence, real))
    assert "样例/测试" not in plain
    assert "测试地址" not in plain


def test_a_citizen_is_not_labelled_as_a_company() -> None:
    for path in SAMPLES:
        document = json.loads(path.read_text("utf-8"))
        if document["data"]["certificateHolderTypeCode"] == "111":
            licence = licence_from_paper(CATALOGUE.get(document["type"]), document["data"])
            printed = texts(RENDERER.render(licence, MARKS))
            assert "公民身份号码" in printed
            assert "统一社会信用代码" not in printed
            return
    pytest.fail("no sample with a natural person")
