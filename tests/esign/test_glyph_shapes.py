"""The table of outlines is that of the shipped font, and every subset agrees with it."""

import random
from importlib import resources, util
from pathlib import Path

import pytest

from esign import FontChain, MalformedError
from esign.glyph_shapes import TABLE_NAME, GlyphShapes, known_digest, shape_digest
from licences import shipped_font

FONTS = FontChain([shipped_font()])
STACKED = {"¨", "´", "ˊ", "−", "∕"}
"""The characters whose outlines are put together from others: their shape is not compared."""


def test_the_table_is_current() -> None:
    path = Path(__file__).with_name("glyph_table.py")
    spec = util.spec_from_file_location("glyph_table", path)
    assert spec is not None
    assert spec.loader is not None
    module = util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert resources.files("esign").joinpath(TABLE_NAME).read_bytes() == module.table(), (
        "run: python tests/esign/glyph_table.py"
    )


def test_a_subset_has_the_shapes_of_its_characters() -> None:
    (font,) = FONTS.fonts
    characters = [chr(code) for code in random.Random(5).sample(range(0x4E00, 0x9FA5), 900)]  # noqa: S311
    characters = [
        one for one in [*"Aa1，；：㎡ 　𬱖㛃䶮", *characters] if font.gid(one) is not None and one not in STACKED
    ]
    data, numbers = font.subset({font.gid(one) or 0 for one in characters})
    shapes = GlyphShapes(data)
    drawn = shapes.glyphs(numbers[font.gid(one) or 0] for one in characters)
    for one, glyph in zip(characters, drawn, strict=True):
        assert shape_digest(glyph) == known_digest(one), one
        assert shapes.width(glyph) == font.advance(font.gid(one) or 0)


def test_an_outline_with_a_program_is_not_known() -> None:
    """It would look otherwise where programs run."""
    (font,) = FONTS.fonts
    gid = font.gid("王") or 0
    data, numbers = font.subset({gid})
    (glyph,) = GlyphShapes(data).glyphs([numbers[gid]])
    at = 6 + 10 + 2 * int.from_bytes(glyph[6:8], "big")
    assert glyph[at : at + 2] == bytes(2)
    assert shape_digest(glyph) == known_digest("王")
    assert shape_digest(glyph[:at] + b"\0\1\x4f" + glyph[at + 2 :]) is None


def test_characters_that_the_font_does_not_have() -> None:
    assert known_digest("\U000323af") is None
    assert known_digest("\U0010ffff") is None
    assert all(known_digest(one) is None for one in STACKED)


@pytest.mark.parametrize("data", [b"", b"\0\1\0\0", b"OTTO" + bytes(60), shipped_font()[:4000]], ids=range(4))
def test_what_is_no_subset_of_ours(data: bytes) -> None:
    with pytest.raises(MalformedError, match="embedded font"):
        GlyphShapes(data)
