"""Previews of OFDs made by anybody: what the file says shows where it says, and nothing else does."""

import base64
import io
import json
import math
import subprocess
import zipfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
import uharfbuzz as hb
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageChops, ImageStat

from esign import (
    MAX_PREVIEW_PAGES,
    MalformedError,
    PreviewNote,
    TooLargeError,
    names_us_as_producer,
    ofd_pages,
    ofd_preview,
)
from esign.drawing import Sheet
from esign.drawing_dots import sheet_png
from esign.ofd_outline import read_path
from esign.ofd_page_drawing import MAX_PREVIEW_OBJECTS, State
from esign.ofd_preview_reader import answer
from esign.ofd_sheets import SheetMaker, Stamp
from esign.preview_notes import Notes
from esign.ses import SesPicture
from licences import shipped_font, shipped_font_file

ROOT = Path(__file__).parents[2]
VECTOR = ROOT / "fixtures/vectors/ses/example_signed.ofd"
FONT = shipped_font_file()
DOTS = 100 / 25.4
WHITE, BLACK, RED = (255, 255, 255), (0, 0, 0), (255, 0, 0)


def package(
    *objects: str, resources: str = "", files: Mapping[str, bytes] | None = None, extra: str = "", page: str = ""
) -> bytes:
    """An OFD with one page of 100 by 100 mm; what is given is put in as it is."""
    parts = {
        "OFD.xml": "<OFD><DocBody><DocInfo/><DocRoot>D/Document.xml</DocRoot></DocBody></OFD>",
        "D/Document.xml": (
            "<Document><CommonData><PageArea><PhysicalBox>0 0 100 100</PhysicalBox></PageArea>"
            f"<PublicRes>Res.xml</PublicRes>{extra}</CommonData>"
            '<Pages><Page ID="1" BaseLoc="Page.xml"/></Pages></Document>'
        ),
        "D/Res.xml": f'<Res BaseLoc="Res">{resources}</Res>',
        "D/Page.xml": page or f'<Page><Content><Layer ID="2">{"".join(objects)}</Layer></Content></Page>',
    }
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as written:
        for name, content in (parts | dict(files or {})).items():
            written.writestr(name, content)
    return out.getvalue()


class Shown:
    """A drawn page."""

    def __init__(self, data: bytes, **asked: Any) -> None:
        wanted = {"form": "png", "first": 0, "last": 1, "fonts": [str(FONT)], "dpi": 100, "marked": False} | asked
        found: Any = answer(data, json.dumps(wanted))
        self.notes = {note for note, _ in found["notes"]}
        self.image = Image.open(io.BytesIO(base64.b64decode(found["files"][0])))

    def at(self, x: float, y: float) -> Any:
        """The colour of a place in millimetres."""
        return self.image.getpixel((round(x * DOTS), round(y * DOTS)))

    def ink(self) -> float:
        """How much is black, in square millimetres."""
        return (255 - ImageStat.Stat(self.image.convert("L")).mean[0]) / 255 * math.prod(self.image.size) / DOTS**2


def path(data: str, *, boundary: str = "0 0 100 100", inside: str = "", **attributes: str) -> str:
    words = "".join(f' {key}="{value}"' for key, value in attributes.items())
    drawn = f"{inside}<AbbreviatedData>{data}</AbbreviatedData>"
    return f'<PathObject ID="3" Boundary="{boundary}"{words}>{drawn}</PathObject>'


def filled(data: str, **more: str) -> str:
    return path(data, Stroke="false", Fill="true", inside='<FillColor Value="0 0 0"/>', **more)


def test_the_signed_example() -> None:
    preview = ofd_preview(VECTOR.read_bytes(), form="png", fonts=[FONT])
    assert (preview.pages, len(preview.files), preview.notes) == (2, 2, ())
    first, second = (Image.open(io.BytesIO(file)) for file in preview.files)
    assert first.size == (827, 1170)

    def at(x: float, y: float) -> Any:
        return first.getpixel((round(x * DOTS), round(y * DOTS)))

    assert at(50, 80) == RED  # the picture
    assert at(140, 240) == RED  # the seal, in the middle of its stamp
    assert at(119, 240) == WHITE
    assert at(161, 240) == WHITE
    assert at(100, 52) == WHITE
    for image, box in ((first, (30, 30, 53, 37)), (second, (30, 30, 39, 35))):
        text = image.crop(tuple(round(edge * DOTS) for edge in box)).convert("L")
        assert min(text.get_flattened_data()) < 80
    watermark = first.crop(tuple(round(edge * DOTS) for edge in (60, 120, 90, 140))).convert("L")
    assert 180 < min(watermark.get_flattened_data()) < 240  # grey, and most of it transparent


# Of five strokes, as seals have it.
STAR = "M 50 10 L 73.511 82.361 L 11.958 37.639 L 88.042 37.639 L 26.489 82.361 C"


@pytest.mark.parametrize(
    ("data", "area"),
    [
        ("M 10 10 L 50 10 L 50 40 L 10 40 C", 1200),
        ("S 10 10 L 50 10 L 50 40 L 10 40 C", 1200),
        ("M 20 50 A 30 30 0 1 1 80 50 A 30 30 0 1 1 20 50 C", math.pi * 900),
        ("M 20 50 A 30 15 0 0 1 80 50 C", math.pi * 30 * 15 / 2),
        ("M 50 20 A 30 15 90 0 1 50 80 C", math.pi * 30 * 15 / 2),
        ("M 10 10 Q 50 90 90 10 C", 80 * 80 / 3),
        ("M 10 50 B 10 20 90 20 90 50 C", 80 * 30 * 0.6),
        ("M 10 10 L 90 10 L 90 90 L 10 90 C M 30 30 L 70 30 L 70 70 L 30 70 C", 6400),
        (STAR, 40 * 40 * 1.12257),
        ("M 10 10 L 90 10 L 90 90 L 10 90 C M 30 30 L 30 70 L 70 70 L 70 30 C", 4800),
    ],
    ids=["lines", "start", "circle", "arc", "turned-arc", "quadratic", "cubic", "one-way", "star", "other-way"],
)
def test_a_filled_path_has_its_area(data: str, area: float) -> None:
    shown = Shown(package(filled(data)))
    assert shown.ink() == pytest.approx(area, rel=0.01)
    assert shown.notes == set()


def test_the_even_odd_rule() -> None:
    squares = "M 10 10 L 90 10 L 90 90 L 10 90 C M 30 30 L 70 30 L 70 70 L 30 70 C"
    shown = Shown(package(filled(squares, Rule="Even-Odd")))
    assert shown.ink() == pytest.approx(4800, rel=0.01)
    assert shown.at(50, 50) == WHITE


def test_lines_have_their_width_and_dashes() -> None:
    line = "M 10 50 L 90 50"
    for width, apart in ((0.1, 0.3), (0.5, 0.12), (4, 0.05)):
        assert Shown(package(path(line, LineWidth=str(width)))).ink() == pytest.approx(80 * width, rel=apart), width
    whole = Shown(package(path(line, LineWidth="2")))
    dashed = Shown(package(path(line, LineWidth="2", DashPattern="10 5")))
    assert dashed.ink() == pytest.approx(whole.ink() * 55 / 80, rel=0.02)
    assert [dashed.at(x, 50) for x in (15, 22.5, 30)] == [BLACK, WHITE, BLACK]


def test_colours_opacity_and_parameters() -> None:
    square = "M 0 0 L 20 0 L 20 20 L 0 20 C"
    resources = (
        '<ColorSpaces><ColorSpace ID="7" Type="CMYK"/><ColorSpace ID="8" Type="GRAY" BitsPerComponent="4"/>'
        '<ColorSpace ID="6" Type="RGB"><Palette><CV>1 2 3</CV><CV>4 5 6</CV></Palette></ColorSpace></ColorSpaces>'
        '<DrawParams><DrawParam ID="9"><FillColor Value="0 255 0"/></DrawParam>'
        '<DrawParam ID="10" Relative="9" LineWidth="1"/></DrawParams>'
    )
    gradient = '<FillColor><AxialShd><Segment><Color Value="9 8 7"/></Segment><Segment/></AxialShd></FillColor>'
    wanted: Sequence[tuple[str, Mapping[str, str], Any]] = [
        ('<FillColor Value="255 0 0"/>', {}, RED),
        ('<FillColor Value="#FF #00 #00"/>', {}, RED),
        ('<FillColor Value="0 255 255 0" ColorSpace="7"/>', {}, RED),
        ('<FillColor Value="15" ColorSpace="8"/>', {}, WHITE),
        ('<FillColor Index="1" ColorSpace="6"/>', {}, (4, 5, 6)),
        ('<FillColor Value="255 0 0" Alpha="51"/>', {}, (255, 204, 204)),
        ('<FillColor Value="255 0 0"/>', {"Alpha": "51"}, (255, 204, 204)),
        ("", {"DrawParam": "10"}, (0, 255, 0)),
        ("", {}, WHITE),  # a path without a colour for its inside has none
        (gradient, {}, (9, 8, 7)),
    ]
    drawn = [
        path(
            square, boundary=f"{20 * (n % 5)} {20 * (n // 5)} 20 20", inside=inside, Fill="true", Stroke="false", **more
        )
        for n, (inside, more, _) in enumerate(wanted)
    ]
    shown = Shown(package(*drawn, resources=resources))
    assert [shown.at(20 * (n % 5) + 10, 20 * (n // 5) + 10) for n in range(len(wanted))] == [one[2] for one in wanted]
    assert shown.notes == {PreviewNote.COLOUR_APPROXIMATED}


def shaded(kind: str, *, box: str = "0 0 100 100", ends: str = "255 0 0,0 0 255", **attributes: str) -> str:
    """A square filled with a gradient or pattern."""
    words = "".join(f' {key}="{value}"' for key, value in attributes.items())
    segments = "".join(f'<Segment><Color Value="{colour}"/></Segment>' for colour in ends.split(","))
    colour = f"<FillColor><{kind}{words}>{segments}</{kind}></FillColor>"
    return path("M 0 0 L 100 0 L 100 100 L 0 100 C", boundary=box, Stroke="false", Fill="true", inside=colour)


@pytest.mark.parametrize(
    ("drawn", "colours"),
    [
        (
            shaded("AxialShd", StartPoint="20 0", EndPoint="80 0", Extend="3"),
            {(5, 50): RED, (35, 10): (191, 0, 64), (50, 90): (128, 0, 128), (95, 5): (0, 0, 255)},
        ),
        (
            shaded("AxialShd", StartPoint="20 0", EndPoint="80 0"),
            {(10, 50): WHITE, (90, 50): WHITE, (50, 50): (128, 0, 128)},
        ),
        (
            shaded("AxialShd", StartPoint="0 0", EndPoint="100 100", ends="255 0 0,0 255 0,0 0 255"),
            {(2, 2): (245, 10, 0), (50, 50): (0, 255, 0), (75, 25): (0, 255, 0), (75, 75): (0, 128, 128)},
        ),
        (
            shaded("RadialShd", StartPoint="50 50", EndPoint="50 50", EndRadius="40", Extend="2"),
            {(50, 50): (254, 0, 1), (50, 70): (128, 0, 128), (30, 50): (128, 0, 128), (2, 2): (0, 0, 255)},
        ),
        (
            shaded("RadialShd", StartPoint="50 50", EndPoint="50 50", StartRadius="20", EndRadius="40"),
            {(50, 50): WHITE, (50, 80): (128, 0, 128), (95, 50): WHITE},
        ),
    ],
    ids=["along", "not beyond", "aslant", "round", "ring"],
)
def test_gradients(drawn: str, colours: Mapping[tuple[int, int], tuple[int, int, int]]) -> None:
    shown = Shown(package(drawn))
    assert shown.notes == set()
    for place, colour in colours.items():
        assert shown.at(*place) == pytest.approx(colour, abs=6), place


@pytest.mark.parametrize(
    "attributes",
    [
        {"StartPoint": "0 0", "EndPoint": "0 0"},
        {"StartPoint": "0 0", "EndPoint": "x"},
        {"StartPoint": "0 0", "EndPoint": "9 9", "MapType": "Repeat"},
        {"StartPoint": "0 0", "EndPoint": "1e9 0"},
    ],
    ids=["no length", "no end", "again and again", "giant"],
)
def test_a_gradient_that_is_not_drawn_is_the_colour_between(attributes: Mapping[str, str]) -> None:
    shown = Shown(package(shaded("AxialShd", **attributes)))
    assert (shown.at(50, 50), shown.notes) == ((128, 0, 128), {PreviewNote.COLOUR_APPROXIMATED})


def test_a_pattern_is_put_again_and_again() -> None:
    def with_steps(step: float, depth: int = 1) -> str:
        colour = '<FillColor Value="0 0 0"/>'
        for _ in range(depth):
            cell = path("M 0 0 L 5 0 L 5 5 L 0 5 C", boundary="0 0 5 5", Stroke="false", Fill="true", inside=colour)
            colour = (
                f'<FillColor><Pattern Width="{step}" Height="{step}" XStep="{step}"><CellContent>{cell}</CellContent>'
                "</Pattern></FillColor>"
            )
        return path("M 0 0 L 40 0 L 40 40 L 0 40 C", boundary="10 10 40 40", Stroke="false", Fill="true", inside=colour)

    shown = Shown(package(with_steps(10)))
    assert [shown.at(x, y) for x, y in ((12, 12), (17, 12), (22, 42), (52, 12))] == [BLACK, WHITE, BLACK, WHITE]
    assert shown.notes == set()
    assert Shown(package(with_steps(0.5))).notes == {PreviewNote.COLOUR_APPROXIMATED}
    assert Shown(package(with_steps(10, 9))).notes == {PreviewNote.COLOUR_APPROXIMATED}


def test_objects_are_cut_off_at_their_boundary_and_clips() -> None:
    square = "M -50 -50 L 150 -50 L 150 150 L -50 150 C"
    assert Shown(package(filled(square, boundary="20 30 40 10"))).ink() == pytest.approx(
        400, rel=0.09
    )  # a dot of which a part is inside counts
    circle = (
        '<Clips><Clip><Area><Path Boundary="0 0 100 100"><AbbreviatedData>'
        "M 20 50 A 30 30 0 1 1 80 50 A 30 30 0 1 1 20 50 C</AbbreviatedData></Path></Area></Clip></Clips>"
    )
    inside = circle + '<FillColor Value="0 0 0"/>'
    shown = Shown(package(path(square, inside=inside, Fill="true", Stroke="false")))
    assert shown.ink() == pytest.approx(math.pi * 900, rel=0.01)
    unknown = "<Clips><Clip><Area><Other/></Area></Clip></Clips>"
    assert Shown(package(path(square, inside=unknown))).notes == {PreviewNote.CLIP_LEFT_OUT}


FONTS = '<Fonts><Font ID="4" FontName="F"><FontFile>f.ttf</FontFile></Font><Font ID="5" FontName="宋体"/></Fonts>'


def text(code: str, *, font: str = "4", before: str = "", **attributes: str) -> str:
    words = "".join(f' {key}="{value}"' for key, value in attributes.items())
    return f'<TextObject ID="6" Boundary="0 0 100 100" Font="{font}" Size="10"{words}>{before}{code}</TextObject>'


@pytest.fixture(scope="module")
def with_font() -> Callable[..., bytes]:
    """Packages that bring along a font with four characters."""
    wanted = hb.SubsetInput()
    wanted.unicode_set.update(map(ord, "取水许可证"))
    data = hb.subset(hb.Face(shipped_font()), wanted).blob.data
    return lambda *objects: package(*objects, resources=FONTS, files={"D/Res/f.ttf": data})


def test_characters_and_numbers_of_glyphs_show_the_same(with_font: Callable[..., bytes]) -> None:
    plain = Shown(with_font(text('<TextCode X="10" Y="50" DeltaX="12 12 12">取水许可</TextCode>')))
    assert plain.ink() > 30
    assert plain.notes == set()
    runs = Shown(with_font(text('<TextCode X="10" Y="50" DeltaX="g 3 12">取水许可</TextCode>')))
    assert runs.image == plain.image
    numbers = ' <CGTransform CodePosition="0" CodeCount="4" GlyphCount="4"><Glyphs>1 2 3 4</Glyphs></CGTransform>'
    by_number = Shown(with_font(text('<TextCode X="10" Y="50" DeltaX="12 12 12">取水许可</TextCode>', before=numbers)))
    assert by_number.ink() == pytest.approx(plain.ink(), rel=0.25)
    down = Shown(with_font(text('<TextCode X="10" Y="20" DeltaY="12 12 12">取水许可</TextCode>')))
    assert down.ink() == pytest.approx(plain.ink(), rel=0.05)
    assert down.at(60, 50) == WHITE


def test_a_clip_along_letters(with_font: Callable[..., bytes]) -> None:
    """What shows of a square through letters is the letters."""
    code = '<TextCode X="0" Y="40" DeltaX="12 12 12">取水许可</TextCode>'
    clip = f'<Clips><Clip><Area><Text Boundary="10 10 80 80" Font="4" Size="10">{code}</Text></Area></Clip></Clips>'
    square = "M 0 0 L 100 0 L 100 100 L 0 100 C"
    inside = clip + '<FillColor Value="0 0 0"/>'
    shown = Shown(with_font(path(square, inside=inside, Fill="true", Stroke="false")))
    plain = Shown(with_font(text('<TextCode X="10" Y="50" DeltaX="12 12 12">取水许可</TextCode>')))
    assert shown.notes == set()
    assert ImageStat.Stat(ImageChops.difference(shown.image, plain.image).convert("L")).mean[0] < 0.3
    assert shown.ink() > 30


def test_a_font_that_is_not_there_is_told(with_font: Callable[..., bytes]) -> None:
    shown = Shown(with_font(text('<TextCode X="10" Y="50" DeltaX="12">机关</TextCode>', font="5")))
    assert shown.notes == {PreviewNote.FONT_REPLACED}
    assert shown.ink() > 20
    # A character that the embedded font lacks, and one that no font has.
    shown = Shown(with_font(text('<TextCode X="10" Y="50" DeltaX="12">机\U000e0041\u0fd5</TextCode>')))
    assert shown.notes == {PreviewNote.FONT_REPLACED, PreviewNote.CHARACTER_LEFT_OUT}
    broken = package(text('<TextCode X="10" Y="50">取</TextCode>'), resources=FONTS, files={"D/Res/f.ttf": b"no font"})
    assert Shown(broken).notes == {PreviewNote.FONT_REPLACED}


def picture(image: Image.Image, form: str = "PNG") -> bytes:
    out = io.BytesIO()
    image.save(out, form)
    return out.getvalue()


QUARTERS = Image.new("RGB", (40, 40), "white")
QUARTERS.paste((255, 0, 0), (0, 0, 20, 20))
QUARTERS.paste((0, 0, 255), (20, 0, 40, 20))
MEDIA = (
    '<MultiMedias><MultiMedia ID="8" Type="Image"><MediaFile>p</MediaFile></MultiMedia>'
    '<MultiMedia ID="9" Type="Image"><MediaFile>m</MediaFile></MultiMedia></MultiMedias>'
)


@pytest.mark.parametrize("form", ["PNG", "BMP", "GIF", "TIFF"])
def test_pictures_lie_where_their_matrix_puts_them(form: str) -> None:
    drawn = (
        '<ImageObject ID="3" Boundary="10 10 40 40" CTM="40 0 0 40 0 0" ResourceID="8"/>',
        # A quarter turn to the right: what was on the left is above.
        '<ImageObject ID="4" Boundary="55 55 40 40" CTM="0 40 -40 0 40 0" ResourceID="8"/>',
    )
    shown = Shown(package(*drawn, resources=MEDIA, files={"D/Res/p": picture(QUARTERS, form)}))
    assert [shown.at(20, 20), shown.at(40, 20), shown.at(20, 40)] == [RED, (0, 0, 255), WHITE]
    assert [shown.at(85, 65), shown.at(85, 85), shown.at(65, 65)] == [RED, (0, 0, 255), WHITE]


def test_a_picture_that_cannot_be_read_is_a_frame() -> None:
    drawn = '<ImageObject ID="3" Boundary="10 10 40 40" ResourceID="8"/>'
    for files in ({}, {"D/Res/p": b"GBIG2 or whatever"}, {"D/Res/p": picture(QUARTERS)[:60]}):
        shown = Shown(package(drawn, resources=MEDIA, files=files))
        assert PreviewNote.PICTURE_LEFT_OUT in shown.notes
        assert 0 < shown.ink() < 40
        assert shown.at(30, 30) == WHITE


def test_a_mask_takes_away_what_it_covers() -> None:
    mask = Image.new("L", (40, 40), 0)
    mask.paste(255, (0, 0, 20, 40))
    drawn = '<ImageObject ID="3" Boundary="0 0 40 40" CTM="40 0 0 40 0 0" ResourceID="8" ImageMask="9"/>'
    files = {"D/Res/p": picture(Image.new("RGB", (40, 40))), "D/Res/m": picture(mask)}
    shown = Shown(package(drawn, resources=MEDIA, files=files))
    assert (shown.at(10, 20), shown.at(30, 20)) == (WHITE, BLACK)


def test_what_lies_over_what() -> None:
    def square(colour: str) -> str:
        return path(
            "M 0 0 L 50 0 L 50 50 L 0 50 C", Stroke="false", Fill="true", inside=f'<FillColor Value="{colour}"/>'
        )

    def layer(colour: str, kind: str) -> str:
        return f'<Layer ID="1" Type="{kind}">{square(colour)}</Layer>'

    order = [("Foreground", "1 1 1"), ("Body", "2 2 2"), ("Background", "3 3 3")]
    template = '<TemplatePage ID="20" BaseLoc="T.xml"/><TemplatePage ID="21" ZOrder="Foreground" BaseLoc="T.xml"/>'
    over = {"D/T.xml": f"<Page><Content>{layer('9 9 9', 'Body')}</Content></Page>".encode()}
    for count, named, wanted in ((3, "", 1), (2, "", 1), (2, "20", 1), (2, "21", 9), (0, "20", 9)):
        layers = "".join(layer(colour, kind) for kind, colour in order[:count])
        used = f'<Template TemplateID="{named}"/>' if named else ""
        shown = Shown(package(page=f"<Page>{used}<Content>{layers}</Content></Page>", extra=template, files=over))
        assert shown.at(25, 25) == (wanted,) * 3, (count, named)


def test_a_thing_made_of_itself_ends() -> None:
    unit = (
        '<CompositeGraphicUnits><CompositeGraphicUnit ID="11" Width="100" Height="100"><Content>{}</Content>'
        "</CompositeGraphicUnit></CompositeGraphicUnits>"
    )
    again = '<CompositeObject ID="12" Boundary="0 0 100 100" ResourceID="11"/>'
    once = Shown(package(again, resources=unit.format(filled("M 0 0 L 50 0 L 50 50 C"))))
    assert once.ink() == pytest.approx(1250, rel=0.02)
    assert Shown(package(again, resources=unit.format(again))).notes == {PreviewNote.OBJECT_LEFT_OUT}
    with pytest.raises(TooLargeError, match=str(MAX_PREVIEW_OBJECTS)):
        Shown(package(again, resources=unit.format(again * 40)))


def test_a_riding_seal_and_one_that_is_a_package() -> None:
    """Of a stamp only its clip shows; a seal's picture may be a whole OFD."""
    inner = package(filled("M 0 0 L 100 0 L 100 50 L 0 50 C"))
    for data, kind in ((inner, "ofd"), (picture(Image.new("RGB", (10, 5))), "PNG")):
        maker = SheetMaker(package(), [], Notes())
        seal = SesPicture(type=kind, data=data, width=40, height=40)
        drawn = maker.stamp(Stamp((30, 30, 40, 40), (20, 0, 10, 40), seal), State())
        image = Image.open(io.BytesIO(sheet_png(Sheet(width=100, height=100, items=list(drawn)), 100)))
        assert image.getpixel((round(55 * DOTS), round(40 * DOTS))) == BLACK
        assert image.getpixel((round(45 * DOTS), round(40 * DOTS))) == WHITE
        assert image.getpixel((round(65 * DOTS), round(40 * DOTS))) == WHITE


def test_the_pdf_shows_the_same(tmp_path: Path, with_font: Callable[..., bytes]) -> None:
    font_file = "D/Res/f.ttf"
    drawn = (
        shaded("AxialShd", box="0 0 25.4 25.4", StartPoint="0 0", EndPoint="25 25", Extend="3"),
        shaded(
            "RadialShd",
            box="50.8 0 25.4 25.4",
            StartPoint="15 15",
            EndPoint="15 15",
            EndRadius="20",
            Extend="2",
            ends="0 0 0,9 200 9",
        ),
        filled("M 20 50 A 30 15 30 1 1 80 50 Q 50 90 20 50 C"),
        path(
            "M 5 5 L 95 5 L 95 95 B 50 80 40 90 5 95 C",
            LineWidth="2",
            DashPattern="6 3",
            inside='<StrokeColor Value="0 0 255" Alpha="128"/>',
        ),
        text('<TextCode X="20" Y="30" DeltaX="12 12 12">取水许可</TextCode>', CTM="0.9 0.2 -0.2 0.9 0 0"),
        '<ImageObject ID="4" Boundary="60 60 30 30" CTM="25 5 -5 25 5 0" ResourceID="8" Alpha="200"/>',
    )
    with zipfile.ZipFile(io.BytesIO(with_font())) as fonts:
        files = {font_file: fonts.read(font_file), "D/Res/p": picture(QUARTERS)}
    data = package(*drawn, resources=FONTS + MEDIA, files=files)
    (pdf,) = ofd_preview(data, form="pdf", fonts=[FONT]).files
    assert not names_us_as_producer(pdf)
    assert b"/Font" not in pdf
    (tmp_path / "preview.pdf").write_bytes(pdf)
    drawn = subprocess.run(["pdftoppm", "-r", "100", tmp_path / "preview.pdf"], check=True, stdout=subprocess.PIPE)
    ours, theirs = Shown(data).image, Image.open(io.BytesIO(drawn.stdout)).convert("RGB")
    assert ours.size == theirs.size
    apart = ImageChops.difference(ours, theirs).convert("L").reduce(4)
    assert max(apart.get_flattened_data()) < 60
    assert ImageStat.Stat(apart).mean[0] < 1


def test_a_strip_below_says_what_it_is() -> None:
    data = package(filled("M 0 0 L 200 0 L 200 200 L 0 200 C"))
    plain, marked = Shown(data).image, Shown(data, marked=True).image
    assert marked.height > plain.height + 30
    assert (
        ImageChops.difference(
            marked.crop((0, 0, plain.width, plain.height - 1)), plain.crop((0, 0, plain.width, plain.height - 1))
        ).getbbox()
        is None
    )
    assert marked.getpixel((2, marked.height - 3)) == (235, 235, 235)


def test_pages_are_counted_and_the_first_are_shown() -> None:
    pages = "".join(f'<Page ID="{number}" BaseLoc="Page.xml"/>' for number in range(1, 31))
    document = f"<Document><CommonData/><Pages>{pages}</Pages></Document>".encode()
    data = package(files={"D/Document.xml": document})
    assert ofd_pages(data) == 30
    preview = ofd_preview(data, form="pdf", fonts=[FONT])
    assert (preview.pages, preview.files[0].count(b"/Type /Page/")) == (30, MAX_PREVIEW_PAGES)
    assert [note for note, _ in preview.notes] == [PreviewNote.PAGE_SIZE]


@pytest.mark.parametrize(
    "data", [b"", b"PK\x03\x04", b"%PDF-1.7", VECTOR.read_bytes()[:5000]], ids=["empty", "zip", "pdf", "cut"]
)
def test_what_is_no_package_is_refused(data: bytes) -> None:
    with pytest.raises(MalformedError, match="FORMAT_OFD"):
        answer(data, json.dumps({"form": "png", "first": 0, "last": 1, "fonts": [], "dpi": 100, "marked": False}))


@given(st.lists(st.sampled_from("S M L Q B A C 1 2.5 -3 1e400 nan x 0".split()), max_size=30))
@settings(max_examples=60, deadline=None)
def test_any_words_are_a_path(words: list[str]) -> None:
    commands, whole = read_path(" ".join(words))
    numbers = [number for command in commands for number in command.numbers]
    assert all(math.isfinite(number) for number in numbers)
    assert not whole or not {"x", "nan", "1e400"} & set(words)
