"""What seals look like: sizes, where the ink is, the dots that are made of outlines, pictures from files."""

import io
import math
import struct
import subprocess
import zlib
from itertools import pairwise
from pathlib import Path

import pytest
from PIL import Image

from esign import (
    SEAL_SIZES,
    FontChain,
    SealImage,
    SealKind,
    SealPicture,
    SealPictureError,
    Shape,
    UnprintableError,
    draw_name_seal,
    draw_oval_seal,
    draw_round_seal,
    read_seal_image,
    rectangle,
    seal_diameter,
    seal_png,
    seal_size,
)
from esign.seal import MAX_LATIN_CHARACTERS, RED
from esign.seal_image_reader import MAX_PIXELS
from licences.catalogue import AUTHORITY_LEVELS

NAME = "样例县行政审批局"
RED_BYTES = tuple(round(part * 255) for part in RED)


def dots(picture: SealPicture, dpi: int = 300) -> Image.Image:
    return Image.open(io.BytesIO(seal_png(picture, dpi=dpi)))


def inked(picture: SealPicture, x: float, y: float) -> bool:
    """Whether there is ink at a place in millimetres."""
    seen = dots(picture)
    return seen.getchannel("A").getpixel((round(x / 25.4 * 300), round(y / 25.4 * 300))) > 128


def points(shape: Shape) -> list[tuple[float, float]]:
    return [
        (command.numbers[at], command.numbers[at + 1])
        for command in shape.commands
        for at in range(0, len(command.numbers), 2)
    ]


def png(mode: str, size: tuple[int, int], colour: object) -> bytes:
    out = io.BytesIO()
    Image.new(mode, size, colour).save(out, "PNG")
    return out.getvalue()


# Sizes.


@pytest.mark.parametrize(
    ("kind", "level", "diameter", "emblem"),
    [
        (SealKind.GOVERNMENT, "国家级", 60, True),
        (SealKind.GOVERNMENT, "省级", 50, True),
        (SealKind.GOVERNMENT, "地市级", 45, True),
        (SealKind.GOVERNMENT, "区县级", 45, True),
        (SealKind.GOVERNMENT, "乡镇级", 42, False),
        (SealKind.DEPARTMENT, "国家级", 50, True),
        (SealKind.DEPARTMENT, "区县级", 42, False),
        (SealKind.SPECIAL, "区县级", 40, False),
    ],
)
def test_sizes_after_the_regulation(kind: SealKind, level: str, diameter: float, emblem: bool) -> None:
    assert seal_size(kind, level) == (diameter, emblem)
    assert seal_diameter(kind, level) == diameter


def test_every_level_of_the_catalogue_has_its_size() -> None:
    for sizes in SEAL_SIZES.values():
        assert tuple(sizes) == AUTHORITY_LEVELS
    assert seal_size(SealKind.DEPARTMENT, "no such level") == seal_size(SealKind.DEPARTMENT, "其他")


def test_the_table_of_sizes_in_the_manual() -> None:
    text = (Path(__file__).parents[2] / "docs" / "how-to" / "seals.md").read_text("utf-8")
    rows = text.partition("<!-- checked: seal-sizes -->\n")[2].partition("\n\n")[0].splitlines()
    header, _, *body = [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]
    assert header[1:] == list(AUTHORITY_LEVELS)
    assert body == [
        [f"`{kind}`", *(f"{size.diameter:.0f} {'◎' if size.emblem else '★'}" for size in sizes.values())]
        for kind, sizes in SEAL_SIZES.items()
    ]


# Drawn seals.


@pytest.mark.parametrize("length", [1, 2, 3, 4, 12, 20, 30])
@pytest.mark.parametrize("extras", [{}, {"centre_line": "行政审批专用章", "number": "9901020000017"}])
def test_characters_of_a_ring_stand_apart_and_inside(fonts: FontChain, length: int, extras: dict[str, str]) -> None:
    # A character that fills its square.
    places = points(draw_round_seal(fonts, "国" * length, **extras).shapes[1])
    each = len(places) // length
    characters = [places[at : at + each] for at in range(0, len(places), each)]
    for x, y in places:
        assert math.hypot(x - 21, y - 21) < 21 - 1.2
    for one, other in pairwise(characters):
        assert min(math.dist(a, b) for a in one for b in other) > 0.22, "more than the pen that thickens them"


def test_a_name_reads_from_left_to_right_over_the_star(fonts: FontChain) -> None:
    picture = draw_round_seal(fonts, NAME)
    ring = points(picture.shapes[1])
    first, last = ring[: len(ring) // len(NAME)], ring[-len(ring) // len(NAME) :]
    assert max(x for x, _ in first) < 21 < min(x for x, _ in last)
    assert inked(picture, 21, 20.5), "the star"
    assert inked(picture, 0.6, 21), "the ring"
    assert not inked(picture, 21, 36), "below the star"
    assert inked(draw_round_seal(fonts, NAME, number="1" * 13), 21, 38.6), "the number"


@pytest.mark.parametrize("name", ["局", NAME, "样例县" * 10])
@pytest.mark.parametrize(
    "extras",
    [
        {"centre_line": "行政审批专用章", "number": "9901020000017"},
        {"latin": "YANGLI COUNTY ADMINISTRATIVE APPROVAL BUREAU", "number": "9901020000017"},
        {"latin": "W" * 40 + "I" * 40, "centre_line": "样例测试"},
    ],
)
def test_parts_do_not_touch(fonts: FontChain, name: str, extras: dict[str, str]) -> None:
    """Ring, name, star, purpose, number and second name share no ink."""
    taken = bytes(248 * 248)
    for shape in draw_round_seal(fonts, name, **extras).shapes:
        part = dots(SealPicture(width=42, height=42, shapes=(shape,)), dpi=150).getchannel("A")
        ink = part.point([0] * 200 + [1] * 56).tobytes()
        assert not any(a and b for a, b in zip(taken, ink, strict=True))
        taken = bytes(a | b for a, b in zip(taken, ink, strict=True))


def test_an_emblem_takes_the_place_of_the_star(fonts: FontChain) -> None:
    emblem = read_seal_image(png("RGBA", (200, 100), (200, 0, 0, 255)), width=10, height=10).image
    picture = draw_round_seal(fonts, "样例县人民政府", diameter=45, emblem=emblem)
    assert picture.image is not None
    assert picture.image.width == pytest.approx(2 * picture.image.height), "its proportions are kept"
    assert picture.image.x + picture.image.width / 2 == pytest.approx(22.5)
    assert dots(picture).getpixel((round(22.5 / 25.4 * 300), round(22 / 25.4 * 300))) == (200, 0, 0, 255)


def test_a_seal_grows_as_a_whole(fonts: FontChain) -> None:
    small, large = draw_round_seal(fonts, NAME, diameter=42), draw_round_seal(fonts, NAME, diameter=60)
    for one, other in zip(small.shapes, large.shapes, strict=True):
        for (x1, y1), (x2, y2) in zip(points(one), points(other), strict=True):
            assert (x1 * 60 / 42, y1 * 60 / 42) == pytest.approx((x2, y2), abs=0.05)


@pytest.mark.parametrize(
    "wrong",
    [
        {"authority": ""},
        {"authority": "局" * 31},
        {"centre_line": "章" * 13},
        {"number": "1" * 19},
        {"latin": "A" * (MAX_LATIN_CHARACTERS + 1)},
    ],
)
def test_what_does_not_fit_is_refused(fonts: FontChain, wrong: dict[str, str]) -> None:
    with pytest.raises(SealPictureError):
        draw_round_seal(fonts, **{"authority": NAME, **wrong})


def test_a_character_that_no_font_has_is_never_left_out(fonts: FontChain) -> None:
    for draw in (draw_round_seal, draw_oval_seal):
        with pytest.raises(UnprintableError):
            draw(fonts, "样例\U000313ac局")
    with pytest.raises(UnprintableError):
        draw_name_seal(fonts, "李\U000313ac")


def test_an_oval_seal(fonts: FontChain) -> None:
    picture = draw_oval_seal(fonts, "样例县清源供水有限公司", centre_line="91990101MA0TERT67F", lower_line="发票专用章")
    assert (picture.width, picture.height) == (45, 30)
    for shape in picture.shapes[1:]:
        for x, y in points(shape):
            assert ((x - 22.5) / 21.5) ** 2 + ((y - 15) / 14) ** 2 < 1
    assert dots(picture).size == (532, 355)


@pytest.mark.parametrize("name", ["李样", "李样例", "李样例印"])
def test_a_name_seal_is_read_from_the_right(fonts: FontChain, name: str) -> None:
    picture = draw_name_seal(fonts, name)
    assert (picture.width, picture.height) == (20, 20)
    first = sum(len(command.numbers) // 2 for command in fonts.outline(name[0]))
    places = points(picture.shapes[1])
    assert min(x for x, _ in places[:first]) > 10
    assert max(x for x, _ in places[-first:]) < 10


def test_a_white_name_is_cut_out_of_red(fonts: FontChain) -> None:
    red, white = draw_name_seal(fonts, "李样例印"), draw_name_seal(fonts, "李样例印", white_on_red=True)
    assert inked(white, 0.2, 0.2)
    share = sum(dots(white).getchannel("A").tobytes()) / 255 / (236 * 236)
    assert 0.6 < share < 0.95
    assert sum(dots(red).getchannel("A").tobytes()) / 255 / (236 * 236) < 0.5


@pytest.mark.parametrize("name", ["", "李", "李样例之印"])
def test_a_name_seal_has_two_to_four_characters(fonts: FontChain, name: str) -> None:
    with pytest.raises(SealPictureError):
        draw_name_seal(fonts, name)


# Dots.


def test_a_seal_as_png(fonts: FontChain) -> None:
    data = seal_png(draw_round_seal(fonts, NAME))
    picture = Image.open(io.BytesIO(data))
    assert (picture.format, picture.mode, picture.size) == ("PNG", "RGBA", (992, 992))
    assert picture.info["dpi"] == pytest.approx((600, 600), abs=0.01)
    assert picture.getpixel((5, 5))[3] == 0, "transparent outside"
    assert {colour[:3] for _, colour in picture.getcolors(1 << 20)} == {RED_BYTES}
    assert data == seal_png(draw_round_seal(fonts, NAME)), "the same picture gives the same bytes"


def test_dots_agree_with_another_renderer(fonts: FontChain, tmp_path: Path) -> None:
    """The same outlines as SVG-like PDF, drawn by Poppler: under 1.5 % of the dots may differ by more than half."""
    from esign.pdf_drawing import MM, shape_operators

    for picture in (draw_round_seal(fonts, NAME), draw_name_seal(fonts, "李样例印", white_on_red=True)):
        side = picture.width * MM
        content = b"\n".join(shape_operators(shape, side) for shape in picture.shapes)
        objects = [
            b"<< /Type /Catalog /Pages 2 0 R >>",
            b"<< /Type /Pages /Count 1 /Kids [3 0 R] >>",
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 %f %f] /Contents 4 0 R >>" % (side, side),
            b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content),
        ]
        body = b"%PDF-1.7\n" + b"".join(b"%d 0 obj\n%s\nendobj\n" % (n, o) for n, o in enumerate(objects, 1))
        file = tmp_path / "seal.pdf"
        file.write_bytes(body + b"trailer << /Root 1 0 R /Size 5 >>\n%%EOF\n")
        subprocess.run(
            ["pdftoppm", "-r", "300", "-singlefile", file, tmp_path / "seal"], check=True, capture_output=True
        )
        theirs = Image.open(tmp_path / "seal.ppm").convert("RGB").getchannel("G")
        ours = dots(picture)
        white = Image.new("RGB", ours.size, "white")
        white.paste(ours, mask=ours)
        mine = white.getchannel("G").crop((0, 0, *theirs.size))
        differing = sum(abs(a - b) > 128 for a, b in zip(mine.tobytes(), theirs.tobytes(), strict=True))
        assert differing / (theirs.width * theirs.height) < 0.015


def test_nonzero_winding() -> None:
    """Two squares the same way round join; a third one against them is cut out."""
    outer, inner = rectangle(0, 0, 10, 10), rectangle(2, 2, 6, 6)
    against = (inner[0], inner[3]._replace(operator="L"), inner[2], inner[1], inner[4])
    joined = SealPicture(width=10, height=10, shapes=(Shape(commands=(*outer, *inner), fill=RED),))
    cut = SealPicture(width=10, height=10, shapes=(Shape(commands=(*outer, *against), fill=RED),))
    assert inked(joined, 5, 5)
    assert inked(cut, 1, 5)
    assert not inked(cut, 5, 5)


# Pictures from files.


def test_a_picture_keeps_its_dots_and_its_transparency() -> None:
    source = Image.new("RGBA", (3, 2), (255, 0, 0, 255))
    source.putpixel((1, 0), (255, 0, 0, 40))
    out = io.BytesIO()
    source.save(out, "PNG")
    picture = read_seal_image(out.getvalue(), width=30, height=20)
    image = picture.image
    assert image is not None
    assert image == SealImage(columns=3, rows=2, colours=image.colours, opacity=image.opacity, width=30, height=20)
    assert zlib.decompress(image.colours) == source.convert("RGB").tobytes()
    assert image.opacity is not None
    assert zlib.decompress(image.opacity) == bytes((255, 40, 255, 255, 255, 255))


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "I;16"])
def test_every_kind_of_png(mode: str) -> None:
    image = read_seal_image(png(mode, (8, 8), 0 if mode != "LA" else (0, 255)), width=8, height=8).image
    assert image is not None
    assert len(zlib.decompress(image.colours)) == 8 * 8 * 3


@pytest.mark.parametrize("form", ["GIF", "JPEG", "BMP"])
def test_other_forms_that_makers_use(form: str) -> None:
    out = io.BytesIO()
    Image.new("RGB", (20, 20), "red").save(out, form)
    image = read_seal_image(out.getvalue(), width=20, height=20).image
    assert image is not None
    assert image.opacity is None


def _bomb(width: int, height: int) -> bytes:
    """A PNG of a few bytes that promises very many pixels."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    rows = zlib.compress(bytes(1000))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"no picture",
        b"%PDF-1.7",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        png("RGB", (9, 9), 0)[:-30],
        _bomb(2001, 2000),
        _bomb(60_000, 60_000),
        _bomb(0, 0),
    ],
    ids=["empty", "text", "pdf", "svg", "truncated", "too-many-pixels", "bomb", "nothing"],
)
def test_a_picture_that_cannot_be_used(data: bytes) -> None:
    with pytest.raises(SealPictureError):
        read_seal_image(data, width=42, height=42)


def test_limits_of_pictures() -> None:
    side = int(MAX_PIXELS**0.5)
    assert read_seal_image(png("L", (side, side), 0), width=60, height=60).image is not None
    for width, height in ((0, 42), (42, -1), (1001, 42), (float("nan"), 42)):
        with pytest.raises(SealPictureError):
            read_seal_image(png("L", (9, 9), 0), width=width, height=height)
