"""The fonts of OFDs can be asked for characters: HarfBuzz and a browser find what the texts say, and nothing else."""

import base64
import struct
from typing import Any

import pytest
import uharfbuzz as hb
from hypothesis import example, given, settings
from hypothesis import strategies as st

from esign import FontChain, MalformedError, TooLargeError
from esign.font_tables import (
    CHARACTER_TABLES,
    MAX_FONT_CHARACTERS,
    OUTLINE_TABLES,
    legible_font,
    read_characters,
    read_tables,
)
from esign.fonts import Font
from esign.glyph_shapes import GlyphShapes

TEXT = "农药经营许可证 张𬱖㛃 <甲> & “乙” ABC 123，；：㎡"
NAME = "LXGWWenKai-Regular"


def glyphs_of(font: Font, text: str = TEXT) -> dict[str, int]:
    return {character: font.gid(character) or 0 for character in text}


def table_of(font: bytes, tag: bytes) -> bytes:
    return next(table.content for table in read_tables(font) if table.tag == tag)


def sums_are_right(font: bytes) -> bool:
    """OpenType, "Calculating checksums": of every table, with nothing in the place of the whole's, and of the whole."""
    right = True
    for tag, checksum, content in read_tables(font):
        plain = content[:8] + bytes(4) + content[12:] if tag == b"head" else content
        right &= total(plain) == checksum
    return right and total(font) == 0xB1B0AFBA


def total(data: bytes) -> int:
    return sum(part for (part,) in struct.iter_unpack(">I", data + bytes(-len(data) % 4))) & 0xFFFFFFFF


def test_a_subset_has_its_characters_and_no_others(fonts: FontChain) -> None:
    font = fonts.fonts[0]
    glyphs = glyphs_of(font)
    data, numbers = font.subset_with_characters(glyphs)
    face = hb.Face(hb.Blob(data))
    read = hb.Font(face)
    assert {chr(code) for code in face.unicodes} == set(TEXT)
    for character, gid in glyphs.items():
        assert read.get_nominal_glyph(ord(character)) == numbers[gid]
        assert (read.get_glyph_h_advance(numbers[gid]), outline(read, numbers[gid])) == (
            font.advance(gid) * face.upem / 1000, outline(hb.Font(hb.Face(hb.Blob(font.subset([gid])[0]))), 1),
        )  # fmt: skip
    assert [face.get_name(kind) for kind in (1, 4, 6, 0, 13)] == [NAME, NAME, NAME, None, None]
    assert [table.tag for table in read_tables(data)] == sorted(OUTLINE_TABLES | CHARACTER_TABLES)
    assert sums_are_right(data)
    assert font.subset_with_characters(dict(reversed(glyphs.items())))[0] == data
    assert len(data) - len(font.subset(glyphs.values())[0]) < 1400


def outline(font: hb.Font, gid: int) -> list[Any]:
    found: list[Any] = []
    funcs = hb.DrawFuncs()
    funcs.set_move_to_func(lambda *points: found.append(points[:2]))
    funcs.set_line_to_func(lambda *points: found.append(points[:2]))
    funcs.set_quadratic_to_func(lambda *points: found.append(points[:4]))
    font.draw_glyph(gid, funcs)
    return found


CODES = st.integers(1, 0xFFFE) | st.integers(0x10000, 0x10FFFF)


@given(glyphs=st.dictionaries(CODES, st.integers(1, 3), min_size=1, max_size=40))
@example(glyphs={0xFFFE: 3})
@example(glyphs={0x10000: 1})
@example(glyphs=dict.fromkeys(range(32, 32 + 8000), 1))
@example(glyphs=dict.fromkeys(range(32, 32 + 8001), 1))
@settings(max_examples=40)
def test_every_table_of_characters_is_read_by_others(fonts: FontChain, glyphs: dict[int, int]) -> None:
    tables = read_tables(fonts.fonts[0].subset(glyphs_of(fonts.fonts[0], "一二三").values())[0])
    data = legible_font(tables, NAME, glyphs)
    face = hb.Face(hb.Blob(data))
    read = hb.Font(face)
    assert {code: read.get_nominal_glyph(code) for code in face.unicodes} == glyphs
    assert read_characters(table_of(data, b"cmap")) == glyphs
    assert legible_font(read_tables(data), NAME, glyphs) == data


@given(data=st.binary(max_size=80))
@example(data=bytes.fromhex("0000000100030001 0000000c 0004 0010 0000 0000".replace(" ", "")))
@example(data=bytes.fromhex("0000000100030001 0000000c 0004 0010 0000 0002 ffff".replace(" ", "")))
@example(data=bytes.fromhex("00000000") + bytes(20))
def test_what_is_no_table_of_characters(data: bytes) -> None:
    assert all(0 <= glyph < 2**32 for glyph in read_characters(data).values())


def test_a_table_of_too_many_characters() -> None:
    with pytest.raises(TooLargeError):
        read_characters(struct.pack(">HHHHIHHIII", 0, 1, 3, 10, 12, 12, 0, 16, 0, MAX_FONT_CHARACTERS + 1))


def test_a_table_that_is_there_twice(fonts: FontChain) -> None:
    """Some readers take the first one, others the last one."""
    data = fonts.fonts[0].subset([fonts.fonts[0].gid("王") or 0])[0]
    (count,) = struct.unpack_from(">H", data, 4)
    again = bytearray(data[:4] + struct.pack(">H", count + 1) + data[6 : 12 + 16 * count])
    again += data[12:28] + data[12 + 16 * count :]
    for at in range(12, 12 + 16 * (count + 1), 16):
        struct.pack_into(">I", again, at + 8, struct.unpack_from(">I", again, at + 8)[0] + 16)
    assert {table.tag for table in read_tables(bytes(again))} == OUTLINE_TABLES
    with pytest.raises(MalformedError, match="not ours"):
        GlyphShapes(bytes(again))


DRAWN = """async ([font, paths]) => {
    const face = new FontFace("subset", Uint8Array.from(atob(font), (one) => one.charCodeAt(0)).buffer);
    document.fonts.add(await face.load());
    const ink = (draw) => {
        const context = new OffscreenCanvas(150, 150).getContext("2d");
        context.translate(20, 115);
        draw(context);
        return context.getImageData(0, 0, 150, 150).data.filter((_, at) => at % 4 == 3).map((one) => one > 127);
    };
    return Object.entries(paths).map(([character, path]) => {
        const shown = ink((context) => {
            context.font = "100px subset, monospace";
            context.fillText(character, 0, 0);
        });
        const meant = ink((context) => context.fill(new Path2D(path)));
        const all = shown.filter((one, at) => one || meant[at]).length;
        return shown.filter((one, at) => one && meant[at]).length / all;
    });
}"""


def test_a_browser_takes_the_font_and_finds_the_characters(fonts: FontChain, chromium: Any) -> None:
    data, _ = fonts.fonts[0].subset_with_characters(glyphs_of(fonts.fonts[0]))
    paths = {
        character: " ".join(
            f"{operator} {' '.join(f'{100 * part * (-1 if at % 2 else 1):.3f}' for at, part in enumerate(numbers))}"
            for operator, numbers in fonts.outline(character)
        )
        for character in "张𬱖A"
    }
    alike: list[float] = []

    def act(page: Any) -> None:
        alike.extend(page.evaluate(DRAWN, [base64.b64encode(data).decode(), paths]))

    assert chromium.view("about:blank", act=act).faults == ()
    assert len(alike) == len(paths)
    assert min(alike) > 0.8, alike
