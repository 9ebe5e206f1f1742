"""OFDs up to their seals: the same for the same content, in the standard's form, with all the ink inside the boxes."""

import itertools
import math
import re
import struct
import zlib
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta, timezone
from io import BytesIO
from typing import Any

import pytest
import uharfbuzz as hb
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree
from PIL import Image

from esign import (
    POINT,
    FontChain,
    OfdContent,
    Page,
    Photo,
    SealPlace,
    Shape,
    ShortElement,
    Symbol,
    TextRun,
    UnprintableError,
    code_modules,
    draw_copy_stamp,
    read_photo,
    rectangle,
    slanted_lines,
)
from esign.ofd_form import OfdDraft
from esign.ofd_package import read_package
from esign.ofd_packing import write_package
from esign.ofd_parts import RootFacts, number, root_xml
from esign.ofd_symbol import DOTS
from esign.ofd_writing import WATERMARK_ALPHA, OfdWriter
from esign.page import Background, Command, circle, line
from esign.watermark import PALE_BLUE
from licences.fonts import shipped_font

AT = datetime(2026, 11, 21, 10, 30, tzinfo=timezone(timedelta(hours=8)))
SPACE = "{http://www.ofdspec.org/2016}"
FACE = hb.Font(hb.Face(hb.Blob(shipped_font())))
BACKGROUND = Background(shapes=(Shape(commands=rectangle(8, 8, 194, 281), stroke=(0.08, 0.32, 0.55), line_width=0.9),))
MODULES = code_modules("HTTPS://EXAMPLE.CN/V/ABC")
# Of each schema type, the children in their order (the standard's schema has sequences).
ORDERS = {
    "DocInfo": ["DocID", "Title", "CreationDate", "Creator", "CustomDatas"],
    "DocBody": ["DocInfo", "DocRoot", "Signatures"],
    "Document": ["CommonData", "Pages", "Annotations", "Attachments"],
    "CommonData": ["MaxUnitID", "PageArea", "PublicRes", "DocumentRes", "TemplatePage"],
    "Page": ["Template", "Area", "Content"],
    "TextObject": ["FillColor", "StrokeColor", "CGTransform", "TextCode"],
    "PathObject": ["StrokeColor", "FillColor", "AbbreviatedData"],
    "Annot": ["Appearance"],
}


def a_page(*items: Any, **more: Any) -> Page:
    return Page(width=210, height=297, items=items, background=BACKGROUND, **more)


def content_of(*pages: Page, **more: Any) -> OfdContent:
    members = {"title": "农药经营许可证", "elements": (), "structured": b"{}", "signature": b"0\x03\x02\x01\x01"} | more
    return OfdContent(pages=pages, **members)


@pytest.fixture(scope="module")
def writer(fonts: FontChain) -> OfdWriter:
    return OfdWriter(fonts)


def files_of(draft: OfdDraft) -> dict[str, bytes]:
    return {name: part.content for name, part in draft.files.items()}


def elements(data: bytes, name: str = "") -> list[etree._Element]:
    return [one for one in etree.fromstring(data).iter() if not name or one.tag == SPACE + name]


def objects_of(draft: OfdDraft, name: str) -> list[etree._Element]:
    return elements(draft.files["Doc_0/Pages/Page_0/Content.xml"].content, name)


def shown(one: etree._Element) -> str:
    return "".join(code.text or "" for code in one.iter(SPACE + "TextCode"))


def numbers(text: str | None) -> list[float]:
    return [float(part) for part in (text or "").split()]


def everything(fonts: FontChain, photograph: bytes) -> OfdContent:
    first = a_page(
        TextRun(x=40.0, y=30.0, size=22.0, text="农药经营许可证", bold=True, spacing=2.5),
        TextRun(x=40.0, y=60.0, size=11.0, text="经营者：  张𬱖 <甲> & “乙”", colour=(0.1, 0.1, 0.1)),
        Shape(commands=line(30, 70, 180, 70), stroke=(0.5, 0.5, 0.5), line_width=0.15),
        Shape(commands=circle(100, 120, 12), fill=(1.0, 1.0, 1.0), stroke=(1.0, 0.0, 0.0)),
        Symbol(x=150.0, y=90.0, size=32.0, modules=MODULES),
        Photo(x=20.0, y=90.0, width=26.0, height=32.0, photograph=read_photo(photograph)),
        seals=(
            SealPlace(field="Seal1", x=140.0, y=240.0),
            SealPlace(field="Seal2", x=80.0, y=240.0, size=(42.0, 42.0)),
        ),
        watermarks=tuple(slanted_lines(fonts, ["仅供核验"], size=13.0, centre=(105, 148), colour=PALE_BLUE)),
    )
    second = a_page(
        TextRun(x=40.0, y=30.0, size=11.0, text="附页"), Symbol(x=150.0, y=20.0, size=15.0, modules=MODULES)
    )
    return content_of(
        first,
        second,
        elements=(ShortElement(short_name="ZZMC", title="证照名称", value="农药 <经营> & 许可证\r\n"),),
        structured=b'{"format":"elicence/1"}',
        body=b"%PDF-1.7",
        document="original",
        fields=("Seal1", "Seal2"),
    )


@pytest.fixture(scope="module")
def photograph() -> bytes:
    file = BytesIO()
    Image.effect_noise((60, 80), 90).save(file, "JPEG")
    return file.getvalue()


@pytest.fixture(scope="module")
def draft(writer: OfdWriter, fonts: FontChain, photograph: bytes) -> OfdDraft:
    return writer.write(everything(fonts, photograph), at=AT)


def test_the_files_are_those_of_our_form(draft: OfdDraft) -> None:
    assert sorted(draft.files) == [
        "Doc_0/Annots/Annotations.xml",
        "Doc_0/Annots/Page_0/Annotation.xml",
        "Doc_0/Attachs/Attachments.xml",
        "Doc_0/Attachs/body.pdf",
        "Doc_0/Attachs/licence.json",
        "Doc_0/Attachs/licence.json.p7s",
        "Doc_0/Document.xml",
        "Doc_0/DocumentRes.xml",
        "Doc_0/Pages/Page_0/Content.xml",
        "Doc_0/Pages/Page_1/Content.xml",
        "Doc_0/PublicRes.xml",
        "Doc_0/Res/font_0.ttf",
        "Doc_0/Res/image_0.png",
        "Doc_0/Res/image_1.jpg",
        "Doc_0/Tpls/Tpl_0/Content.xml",
        "OFD.xml",
    ]
    packed = read_package(write_package(draft.files))
    assert packed.canonical
    assert packed.files == files_of(draft)


def test_the_same_content_gives_the_same_bytes(draft: OfdDraft, fonts: FontChain, photograph: bytes) -> None:
    again = OfdWriter(fonts)
    again.write(content_of(a_page(TextRun(x=1.0, y=9.0, size=9.0, text="别的字"))), at=AT)
    assert files_of(again.write(everything(fonts, photograph), at=AT)) == files_of(draft)


def test_elements_stand_in_the_order_of_the_schema(draft: OfdDraft) -> None:
    seen = set()
    for data in (part.content for name, part in draft.files.items() if name.endswith(".xml")):
        for element in elements(data):
            name = element.tag.removeprefix(SPACE)
            order = ORDERS.get(name, []) if len(element) else []
            if order and not ((name == "Page" and element.get("ID")) or element.get("PageID")):
                seen.add(name)
                places = [order.index(child.tag.removeprefix(SPACE)) for child in element]
                assert places == sorted(places)
    assert seen == ORDERS.keys()


def test_identifiers_are_unique_and_rise_in_the_order_of_drawing(draft: OfdDraft) -> None:
    files = files_of(draft)
    document = etree.fromstring(files["Doc_0/Document.xml"])
    used = [
        int(element.get("ID", ""))
        for name, data in files.items()
        if name.endswith(".xml") and "Attach" not in name
        for element in elements(data)
        if element.get("ID")
    ]
    assert len(set(used)) == len(used)
    assert max(used) == int(document.findtext(f".//{SPACE}MaxUnitID") or "")
    drawn = [
        int(element.get("ID", ""))
        for path in ("Tpls/Tpl_0/Content", "Pages/Page_0/Content", "Pages/Page_1/Content", "Annots/Page_0/Annotation")
        for element in elements(files[f"Doc_0/{path}.xml"])
        if element.get("ID")
    ]
    assert drawn == sorted(drawn)


def test_what_is_named_is_there(draft: OfdDraft) -> None:
    files = files_of(draft)
    (template,) = elements(files["Doc_0/Document.xml"], "TemplatePage")
    (font,) = elements(files["Doc_0/PublicRes.xml"], "Font")
    images = {one.get("ID"): one for one in elements(files["Doc_0/DocumentRes.xml"], "MultiMedia")}
    for place in (0, 1):
        page = files[f"Doc_0/Pages/Page_{place}/Content.xml"]
        assert [one.get("TemplateID") for one in elements(page, "Template")] == [template.get("ID")]
        assert {one.get("Font") for one in elements(page, "TextObject")} == {font.get("ID")}
        assert {one.get("ResourceID") for one in elements(page, "ImageObject")} <= images.keys()
    named = [one.findtext(f"{SPACE}MediaFile") for one in images.values()]
    assert named == ["image_0.png", "image_1.jpg"]


def test_the_root_says_what_the_pdf_says(draft: OfdDraft) -> None:
    root = etree.fromstring(files_of(draft)["OFD.xml"])
    assert root.findtext(f".//{SPACE}Title") == "农药经营许可证"
    assert root.findtext(f".//{SPACE}CreationDate") == "2026-11-21"
    assert re.fullmatch("[0-9a-f]{32}", root.findtext(f".//{SPACE}DocID") or "")
    (page, _) = elements(files_of(draft)["Doc_0/Document.xml"], "Page")
    custom = {one.get("Name"): one.text for one in root.iter(f"{SPACE}CustomData")}
    assert custom == {
        "ZZMC": "农药 <经营> & 许可证\r\n",
        "Document": "original",
        "Seal2": f"{page.get('ID')} 80 240 42 42",
    }


def test_a_place_of_a_seal_is_that_of_the_page(draft: OfdDraft, writer: OfdWriter) -> None:
    (page, _) = elements(files_of(draft)["Doc_0/Document.xml"], "Page")
    assert {name: (stamp.page, stamp.x, stamp.y, stamp.size) for name, stamp in draft.stamps.items()} == {
        "Seal1": (int(page.get("ID", "")), 140.0, 240.0, None),
        "Seal2": (int(page.get("ID", "")), 80.0, 240.0, (42.0, 42.0)),
    }
    places = (SealPlace(field="Seal1", x=1.0, y=2.0), SealPlace(field="Seal2", x=3.0, y=4.0))
    only_first = writer.write(content_of(a_page(seals=places), fields=("Seal1",)), at=AT)
    assert only_first.stamps.keys() == {"Seal1"}, "the RSA seal of the PDF has a place on the page, too"


@pytest.mark.parametrize(
    ("fields", "places"),
    [
        pytest.param((), (), id="none"),
        pytest.param(("Seal1", "Seal1"), (), id="twice"),
        pytest.param(("Seal 1",), (), id="not-plain"),
        pytest.param(tuple(f"Seal{n}" for n in range(9)), (), id="too-many"),
        pytest.param(("Seal1",), ((1.0, None), (2.0, None)), id="two-places"),
        pytest.param(("Seal0", "Seal1"), ((1.0, None),), id="no-size"),
    ],
)
def test_fields_and_places_that_do_not_fit(
    writer: OfdWriter, fields: tuple[str, ...], places: tuple[tuple[float, Any], ...]
) -> None:
    seals = tuple(SealPlace(field="Seal1", x=x, y=1.0, size=size) for x, size in places)
    with pytest.raises(ValueError, match="seal"):
        writer.write(content_of(a_page(seals=seals), fields=fields), at=AT)


def outlines(font: hb.Font, glyph: int) -> list[tuple[float, float]]:
    """Every point on the outline of a glyph, in shares of the size."""
    points: list[tuple[float, float]] = []
    funcs = hb.DrawFuncs()
    funcs.set_move_to_func(lambda x, y, _: points.append((x, y)))
    funcs.set_line_to_func(lambda x, y, _: points.append((x, y)))
    funcs.set_quadratic_to_func(lambda _1, _2, x, y, _: points.append((x, y)))
    font.draw_glyph(glyph, funcs)
    return [(x / font.face.upem, y / font.face.upem) for x, y in points]


def ink_of(text: etree._Element, font: hb.Font) -> Iterator[tuple[str, list[tuple[float, float]]]]:
    """Each character, and the points of its glyph on the page, in millimetres from the upper left corner."""
    left, top, *_ = numbers(text.get("Boundary"))
    a, b, c, d, e, f = numbers(text.get("CTM")) or (1, 0, 0, 1, 0, 0)
    size = float(text.get("Size", ""))
    (code,), (glyphs,) = text.iter(SPACE + "TextCode"), text.iter(SPACE + "Glyphs")
    x, y = float(code.get("X", "")), float(code.get("Y", ""))
    steps = [*numbers(code.get("DeltaX")), 0.0]
    for character, glyph, step in zip(code.text or "", numbers(glyphs.text), steps, strict=True):
        local = [(x + px * size, y - py * size) for px, py in outlines(font, int(glyph))]
        yield character, [(left + a * px + c * py + e, top + b * px + d * py + f) for px, py in local]
        x += step


def check_ink(draft: OfdDraft, run: TextRun) -> None:
    """Every glyph is the character's, stands where the run puts it, and lies inside its object's box."""
    objects = objects_of(draft, "TextObject")
    font = hb.Font(hb.Face(hb.Blob(draft.files["Doc_0/Res/font_0.ttf"].content)))
    assert "".join(map(shown, objects)) == run.text
    cos, sin = math.cos(math.radians(run.angle)), math.sin(math.radians(run.angle))
    along, size = 0.0, run.size * POINT
    pen = size * 0.032 / 2 if run.bold else 0.0
    for one in objects:
        left, top, width, height = numbers(one.get("Boundary"))
        for character, points in ink_of(one, font):
            gid = FACE.get_nominal_glyph(ord(character))
            expected = [(along + px * size, -py * size) for px, py in outlines(FACE, gid)]
            for (x, y), (px, py) in zip(points, expected, strict=True):
                assert math.dist((x, y), (run.x + cos * px + sin * py, run.y - sin * px + cos * py)) < 0.02
                assert left - 0.001 <= x - pen * (not run.angle)
                assert x + pen * (not run.angle) <= left + width + 0.001
                assert top - 0.001 <= y - pen * (not run.angle)
                assert y + pen * (not run.angle) <= top + height + 0.001
            along += FACE.get_glyph_h_advance(gid) / FACE.face.upem * size + run.spacing


@given(
    text=st.text("证照龘〗g_AǙƴƍ𬱖 　<&>\"'0", min_size=1, max_size=6),
    x=st.floats(0, 150),
    y=st.floats(10, 290),
    size=st.floats(4, 40),
    spacing=st.floats(0, 4),
    bold=st.booleans(),
    angle=st.sampled_from([0.0, 18.0, 90.0, -45.0]),
)
@settings(max_examples=20, deadline=None)
def test_ink_is_the_text_and_inside_its_box(
    writer: OfdWriter, text: str, x: float, y: float, size: float, spacing: float, bold: bool, angle: float
) -> None:
    run = TextRun(x=x, y=y, size=size, text=text, spacing=spacing, bold=bold, angle=angle)
    check_ink(writer.write(content_of(a_page(run)), at=AT), run)


def test_a_character_beyond_the_bmp_stands_alone(writer: OfdWriter) -> None:
    draft = writer.write(content_of(a_page(TextRun(x=20.0, y=40.0, size=14.0, text="张𬱖𬱖先生"))), at=AT)
    assert [shown(one) for one in objects_of(draft, "TextObject")] == ["张", "𬱖", "𬱖", "先生"]
    for one in objects_of(draft, "CGTransform"):
        (glyphs,) = one
        assert one.get("CodeCount") == one.get("GlyphCount") == str(len(numbers(glyphs.text)))


def test_each_font_of_the_chain_has_its_own_objects() -> None:
    wanted = hb.SubsetInput()
    wanted.unicode_set.update(map(ord, "证照"))
    few = bytes(hb.subset(FACE.face, wanted).blob.data)
    draft = OfdWriter(FontChain([few, shipped_font()])).write(
        content_of(a_page(TextRun(x=20.0, y=40.0, size=14.0, text="许可证照书"))), at=AT
    )
    assert [shown(one) for one in objects_of(draft, "TextObject")] == ["许可", "证照", "书"]
    assert {"Doc_0/Res/font_0.ttf", "Doc_0/Res/font_1.ttf"} <= draft.files.keys()
    first, second, third = (one.get("Font") for one in objects_of(draft, "TextObject"))
    assert first == third != second


def test_spaces_stay_and_empty_texts_are_left_out(writer: OfdWriter) -> None:
    runs = [TextRun(x=20.0, y=40.0, size=12.0, text=text) for text in ("  ", "", " 甲 乙　")]
    draft = writer.write(content_of(a_page(*runs)), at=AT)
    assert [shown(one) for one in objects_of(draft, "TextObject")] == ["  ", " 甲 乙　"]


@pytest.mark.parametrize("text", ["\x00", "\ufffe", "\ud800", "甲\x0b"])
def test_characters_that_xml_does_not_have_are_refused(writer: OfdWriter, text: str) -> None:
    with pytest.raises(UnprintableError):
        writer.write(content_of(a_page(TextRun(x=20.0, y=40.0, size=12.0, text=text))), at=AT)
    with pytest.raises(UnprintableError):
        writer.write(content_of(a_page(), title=text), at=AT)
    with pytest.raises(UnprintableError):
        writer.write(content_of(a_page(), elements=(ShortElement(short_name="ZZMC", title="", value=text),)), at=AT)


@given(
    text=st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Cn")) | st.sampled_from("\t\n\r&<>\"'")),
)
@settings(max_examples=100)
def test_every_other_text_is_read_back_as_it_was(text: str) -> None:
    facts = RootFacts(doc_id="0" * 32, title=text, created=date(2026, 1, 1), custom=((text, text),))
    root = etree.fromstring(root_xml(facts))
    assert (root.findtext(f".//{SPACE}Title") or "") == text
    (datum,) = root.iter(f"{SPACE}CustomData")
    assert (datum.get("Name"), datum.text or "") == (text, text)


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0, "0"), (-0.0001, "0"), (1.0, "1"), (0.1, "0.1"), (10.0, "10"), (2.0005001, "2.001"), (-3.25, "-3.25")],
)
def test_numbers(value: float, text: str) -> None:
    assert number(value) == text


def points_of(path: etree._Element) -> tuple[list[str], list[tuple[float, float]]]:
    left, top, *_ = numbers(path.get("Boundary"))
    words = (path.findtext(f"{SPACE}AbbreviatedData") or "").split()
    values = iter([float(word) for word in words if not word.isalpha()])
    return [word for word in words if word.isalpha()], [
        (left + x, top + y) for x, y in zip(values, values, strict=True)
    ]


def bezier(points: list[tuple[float, float]], share: float) -> tuple[float, float]:
    """The point of a curve of any degree (de Casteljau)."""
    while len(points) > 1:
        points = [(x + share * (z - x), y + share * (w - y)) for (x, y), (z, w) in itertools.pairwise(points)]
    return points[0]


def test_paths_keep_their_course(writer: OfdWriter) -> None:
    curve = (Command("M", (10.0, 20.0)), Command("Q", (30.0, 60.0, 50.0, 20.0)), Command("Z", ()))
    shapes = (
        Shape(commands=curve, fill=(0.86, 0.08, 0.12)),
        Shape(commands=circle(100, 100, 20), stroke=(0.0, 0.0, 0.0), line_width=2.0),
    )
    draft = writer.write(content_of(a_page(*shapes)), at=AT)
    filled, stroked = objects_of(draft, "PathObject")
    operators, points = points_of(filled)
    assert operators == ["M", "B", "C"]
    for share in (0.25, 0.5, 0.75):
        wanted = bezier([(10.0, 20.0), (30.0, 60.0), (50.0, 20.0)], share)
        assert math.dist(bezier(points, share), wanted) < 0.002
    assert (filled.get("Fill"), filled.get("Stroke"), filled.get("LineWidth")) == ("true", "false", None)
    assert (stroked.get("Fill"), stroked.get("Stroke"), stroked.get("LineWidth")) == ("false", "true", "2")
    assert [one.get("Value") for one in (filled[0], stroked[0])] == ["219 20 31", "0 0 0"]
    left, top, width, height = numbers(stroked.get("Boundary"))
    assert max(left, top) <= 79
    assert min(left + width, top + height) >= 121


def test_the_symbol_can_be_scanned_from_its_picture(draft: OfdDraft) -> None:
    data = draft.files["Doc_0/Res/image_0.png"].content
    with Image.open(BytesIO(data)) as picture:
        assert picture.size == (len(MODULES) * DOTS,) * 2
        assert picture.mode == "1"
        for y, x in itertools.product(range(len(MODULES)), repeat=2):
            cells = {picture.getpixel((x * DOTS + dx, y * DOTS + dy)) for dx in (0, 7) for dy in (0, 7)}
            assert cells == ({0} if MODULES[y][x] else {255})
    (length,) = struct.unpack_from(">I", data, 33)
    assert zlib.crc32(data[37 : 41 + length]) == struct.unpack_from(">I", data, 41 + length)[0]
    symbol, photo = objects_of(draft, "ImageObject")
    assert (symbol.get("Boundary"), symbol.get("CTM")) == ("150 90 32 32", "32 0 0 32 0 0")
    assert (photo.get("Boundary"), photo.get("CTM")) == ("20 90 26 32", "26 0 0 32 0 0")


def test_photographs_are_files_of_their_own_form(draft: OfdDraft, writer: OfdWriter, photograph: bytes) -> None:
    assert draft.files["Doc_0/Res/image_1.jpg"].content == read_photo(photograph).data
    file = BytesIO()
    picture = Image.effect_noise((40, 50), 60).convert("P")
    picture.save(file, "PNG")
    item = Photo(x=1.0, y=1.0, width=26.0, height=32.0, photograph=read_photo(file.getvalue()))
    written = writer.write(content_of(a_page(item, item)), at=AT)
    assert [name for name in written.files if "image_" in name] == ["Doc_0/Res/image_0.png"]
    with Image.open(BytesIO(written.files["Doc_0/Res/image_0.png"].content)) as again:
        assert again.convert("RGB").tobytes() == picture.convert("RGB").tobytes()


def test_watermarks_lie_over_the_page_and_let_it_through(draft: OfdDraft) -> None:
    (annotation,) = elements(draft.files["Doc_0/Annots/Page_0/Annotation.xml"].content, "Annot")
    assert annotation.get("Type") == "Watermark"
    assert annotation.get("LastModDate") == "2026-11-21"
    (colour,) = annotation.iter(SPACE + "FillColor")
    share = int(colour.get("Alpha", "")) / 255
    assert int(colour.get("Alpha", "")) == WATERMARK_ALPHA
    over_white = [255 - share * (255 - part) for part in numbers(colour.get("Value"))]
    assert over_white == pytest.approx([255 * part for part in PALE_BLUE], abs=1)
    assert "".join(map(shown, annotation.iter(SPACE + "TextObject"))) == "仅供核验"
    (listed,) = elements(draft.files["Doc_0/Annots/Annotations.xml"].content, "Page")
    (page, _) = elements(draft.files["Doc_0/Document.xml"].content, "Page")
    assert listed.get("PageID") == page.get("ID")


def test_a_stamp_that_is_no_seal_is_drawn(writer: OfdWriter, fonts: FontChain) -> None:
    stamp = draw_copy_stamp(fonts, "样例县行政审批局", "2026年11月21日")
    page = a_page(seals=(SealPlace(field="Seal1", x=140.0, y=240.0),))
    draft = writer.write(content_of(page, attachment="copy.json", stamp=stamp), at=AT)
    assert draft.stamps == {}
    (annotation,) = elements(draft.files["Doc_0/Annots/Page_0/Annotation.xml"].content, "Annot")
    assert annotation.get("Type") == "Stamp"
    (box,) = annotation
    assert numbers(box.get("Boundary")) == [140 - stamp.width / 2, 240 - stamp.height / 2, stamp.width, stamp.height]
    assert len(box) == sum(bool(shape.commands) for shape in stamp.shapes) < len(stamp.shapes)
    assert {"Doc_0/Attachs/copy.json", "Doc_0/Attachs/copy.json.p7s"} <= draft.files.keys()


def test_pages_of_several_sizes_share_what_they_can(writer: OfdWriter) -> None:
    pages = [a_page(), a_page(), replace(a_page(), width=297, height=210), replace(a_page(), background=None)]
    draft = writer.write(content_of(*pages), at=AT)
    used = [
        [
            one.get("TemplateID")
            for one in elements(draft.files[f"Doc_0/Pages/Page_{place}/Content.xml"].content, "Template")
        ]
        for place in range(4)
    ]
    assert used[0] == used[1] != used[2]
    assert used[3] == []
    boxes = [
        elements(draft.files[f"Doc_0/Tpls/Tpl_{place}/Content.xml"].content, "PhysicalBox")[0].text for place in (0, 1)
    ]
    assert boxes == ["0 0 210 297", "0 0 297 210"]
