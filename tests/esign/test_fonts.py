"""Which characters can be printed."""

from pathlib import Path

import pytest

from esign import FontChain, FontError, SealPictureError, UnprintableError, draw_round_seal
from licences.fonts import shipped_font

ROOT = Path(__file__).parents[2]
STANDARD_CHARACTERS = (ROOT / "fixtures/vectors/fonts/tgh-2013.txt").read_text("utf-8").split()
FALLBACK = Path("/usr/share/fonts/truetype/hanazono")

# GB 18030-2022 implementation level 3: ideographs of these blocks, and the Kangxi radicals.
LEVEL_3 = {
    "URO": (0x4E00, 0x9FEF),
    "Extension A": (0x3400, 0x4DB5),
    "Extension B": (0x20000, 0x2A6D6),
    "Extension C": (0x2A700, 0x2B734),
    "Extension D": (0x2B740, 0x2B81D),
    "Extension E": (0x2B820, 0x2CEA1),
    "Extension F": (0x2CEB0, 0x2EBE0),
    "Kangxi radicals": (0x2F00, 0x2FD5),
}


def test_the_shipped_font_prints_every_standard_character(fonts: FontChain) -> None:
    characters = "".join(STANDARD_CHARACTERS)
    assert len(characters) == len(set(characters)) == 8105
    fonts.require(characters)
    fonts.require("𬱖㛃䶮𠮷·•〔〕（）—…“”㎡℃№ⅠⅡ①ABCxyz0189")


def test_a_character_that_no_font_has_is_named(fonts: FontChain) -> None:
    with pytest.raises(UnprintableError) as caught:
        fonts.require("李\U000313ac")
    assert caught.value.code_point == "U+313AC"


def test_a_font_is_indexed_when_it_is_used_often_and_subsets_stay_the_same() -> None:
    (font,) = FontChain([shipped_font()]).fonts
    gids = [gid for character in "农药经营许可证" if (gid := font.gid(character))]
    first = font.subset(gids)
    assert "_prepared" not in vars(font)
    assert all(font.subset(gids) == first for _ in range(35))
    assert "_prepared" in vars(font)


def test_fallback_fonts_reach_level_3() -> None:
    chain = FontChain([shipped_font(), *(path.read_bytes() for path in sorted(FALLBACK.glob("*.ttf")))])
    for block, (first, last) in LEVEL_3.items():
        missing = []
        for code in range(first, last + 1):
            try:
                chain.glyph(chr(code))
            except UnprintableError:
                missing.append(f"{code:X}")
        assert not missing, (block, len(missing), missing[:5])


def test_the_first_font_that_has_a_character_prints_it(fonts: FontChain) -> None:
    chain = FontChain([shipped_font(), (FALLBACK / "HanaMinB.ttf").read_bytes()])
    assert chain.glyph("李").font == 0
    assert chain.glyph("\U0002a6d6").font == 1


@pytest.mark.parametrize("data", [b"", b"OTTO" + bytes(100), b"\x00\x01\x00\x00", bytes(1000)])
def test_a_file_that_is_no_truetype_font(data: bytes) -> None:
    with pytest.raises(FontError):
        FontChain([data])


def test_a_chain_needs_a_font() -> None:
    with pytest.raises(FontError):
        FontChain([])


@pytest.mark.parametrize("name", ["局", "样例县行政审批局", "样" * 30])
def test_a_seal_stays_inside_its_circle(fonts: FontChain, name: str) -> None:
    picture = draw_round_seal(fonts, name, centre_line="样例 测试")
    radius = picture.diameter / 2
    for shape in picture.shapes[1:]:
        for command in shape.commands:
            for x, y in zip(command.numbers[::2], command.numbers[1::2], strict=True):
                assert (x - radius) ** 2 + (y - radius) ** 2 < (radius - 1) ** 2


@pytest.mark.parametrize("name", ["", "局" * 31])
def test_a_seal_needs_a_name_of_proper_length(fonts: FontChain, name: str) -> None:
    with pytest.raises(SealPictureError):
        draw_round_seal(fonts, name)
