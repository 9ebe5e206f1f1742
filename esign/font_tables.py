"""Font files that are read by character: the tables that a subset of outlines lacks for it, in one form.

Some readers of OFD pass over the numbers of glyphs and ask the font for the characters; browsers refuse fonts without
these tables at all. Everything follows from the outlines, the name and the glyph of each character (OpenType 1.9).
"""

import struct
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import chain
from typing import Final, NamedTuple

from .errors import Fault, MalformedError, TooLargeError

MAX_FONT_CHARACTERS: Final = 131_072
"""Of one font; GB 18030 has 88,000."""

OUTLINE_TABLES: Final = frozenset({b"glyf", b"head", b"hhea", b"hmtx", b"loca", b"maxp"})
"""All that drawing takes. Programs (`fpgm`, `prep`, those of glyphs) could move the points of an outline."""
CHARACTER_TABLES: Final = frozenset({b"OS/2", b"cmap", b"name", b"post"})

_LAST_OF_PLANE: Final = 0xFFFF
_MOST_OF_FEW: Final = 8000
"""Characters of a table in format 4, whose length has 16 bits."""
_LONGEST_NAME: Final = 63
_NAMES: Final = (1, 4, 6)
"""Family, full name, PostScript name."""
_WHOLE_SUM: Final = 0xB1B0AFBA
_POST: Final = struct.pack(">I28x", 0x00030000)
_DIRECTORY: Final = struct.Struct(">4sIII")
_OS2: Final = struct.Struct(">HhHHH22x10xIIII4sHHHhhhHHIIhhHHH")


class FontTable(NamedTuple):
    """One table of a font file."""

    tag: bytes
    checksum: int
    content: bytes


def read_tables(font: bytes) -> list[FontTable]:
    """The tables in the order of the directory; one that reaches beyond the file is cut off.

    Raises:
        MalformedError: `FORMAT_PDF`: not a TrueType font.
    """
    count = int.from_bytes(font[4:6], "big")
    if font[:4] != b"\0\1\0\0" or len(font) < 12 + 16 * count:
        raise MalformedError(Fault.FORMAT_PDF, "an embedded font is no TrueType font")
    return [
        FontTable(tag, checksum, font[start : start + length])
        for tag, checksum, start, length in _DIRECTORY.iter_unpack(font[12 : 12 + 16 * count])
    ]


def legible_font(tables: Iterable[FontTable], name: str, glyphs: Mapping[int, int]) -> bytes:
    """A font file with the outlines among these tables, and the glyphs of characters, which must not be empty."""
    outlines = {table.tag: table for table in tables if table.tag in OUTLINE_TABLES}
    head, hhea = outlines[b"head"], outlines[b"hhea"]
    codes = sorted(glyphs)
    made = {
        b"OS/2": _metrics(head.content, hhea.content, codes),
        b"cmap": _characters(codes, [glyphs[code] for code in codes]),
        b"name": _naming(name),
        b"post": _POST,
    }
    outlines |= {tag: FontTable(tag, _checksum(content), content) for tag, content in made.items()}
    outlines[b"head"] = head._replace(content=head.content[:8] + bytes(4) + head.content[12:])
    return _file([outlines[tag] for tag in sorted(outlines)])


def read_characters(table: bytes) -> dict[int, int]:
    """The glyphs of characters, as far as a `cmap` has the form that is written here.

    Who writes it again sees whether it has.

    Raises:
        TooLargeError: more than `MAX_FONT_CHARACTERS`.
    """
    try:
        (count,) = struct.unpack_from(">2xH", table)
        (place,) = struct.unpack_from(">I", table, 8 * count)
        if count == 1 and table[place : place + 2] == b"\0\x04":
            size = struct.unpack_from(">6xH", table, place)[0] // 2
            columns = struct.unpack_from(f">14x{size}H2x{2 * size}H", table, place)
            codes, steps = columns[: size - 1], columns[2 * size : -1]
            return {code: code + step & _LAST_OF_PLANE for code, step in zip(codes, steps, strict=True)}
        (size,) = struct.unpack_from(">I", table, place + 12)
        if size > MAX_FONT_CHARACTERS:
            raise TooLargeError(f"a font with more than {MAX_FONT_CHARACTERS} characters")
        numbers = struct.unpack_from(f">{3 * size}I", table, place + 16)
    except struct.error:
        return {}
    return dict(zip(numbers[0::3], numbers[2::3], strict=True))


def _characters(codes: Sequence[int], glyphs: Sequence[int]) -> bytes:
    """`cmap`: format 4; for characters that it has no room for, format 12 with all of them beside it.

    Every character is a segment of its own: those of a licence hardly ever follow one another.
    """
    beyond = bisect_right(codes, _LAST_OF_PLANE)
    subtables = [(1, _few(codes[:beyond], glyphs[:beyond]))] if beyond <= _MOST_OF_FEW else []
    if not subtables or beyond < len(codes):
        rows = struct.pack(f">{3 * len(codes)}I", *chain.from_iterable(zip(codes, codes, glyphs, strict=True)))
        subtables.append((10, struct.pack(">HHIII", 12, 0, 16 + len(rows), 0, len(codes)) + rows))
    place = 4 + 8 * len(subtables)
    records = b""
    for encoding, subtable in subtables:
        records += struct.pack(">HHI", 3, encoding, place)
        place += len(subtable)
    return struct.pack(">HH", 0, len(subtables)) + records + b"".join([subtable for _, subtable in subtables])


def _few(codes: Sequence[int], glyphs: Sequence[int]) -> bytes:
    count = len(codes) + 1
    steps = [glyph - code & _LAST_OF_PLANE for code, glyph in zip(codes, glyphs, strict=True)]
    return struct.pack(
        f">HHHHHHH{count}H2x{count}H{count}H{2 * count}x",
        4, 16 + 8 * count, 0, 2 * count, *_search(count, 2), *codes, _LAST_OF_PLANE, *codes, _LAST_OF_PLANE, *steps, 1,
    )  # fmt: skip


def _search(count: int, size: int) -> tuple[int, int, int]:
    """What a search by halves begins with: the range, its steps, and what is left."""
    steps = count.bit_length() - 1
    return size << steps, steps, size * count - (size << steps)


def _metrics(head: bytes, hhea: bytes, codes: Sequence[int]) -> bytes:
    """`OS/2`, version 4: regular, with Latin and Chinese characters; to be shown and printed, not to be installed."""
    (em,) = struct.unpack_from(">18xH", head)
    ascent, descent, gap = struct.unpack_from(">4xhhh", hhea)
    first, last = (min(code, _LAST_OF_PLANE) for code in (codes[0], codes[-1]))
    return _OS2.pack(
        4, min(em, 0x7FFF), 400, 5, 4, 1, 1 << 27, 0, 0, b"    ", 0x40, first, last,
        ascent, descent, gap, max(ascent, 0), max(-descent, 0), 1 | 1 << 18, 0, 0, 0, 0, 32, 1,
    )  # fmt: skip


@lru_cache(maxsize=64)
def _naming(name: str) -> bytes:
    """`name`: the same one everywhere, so that the subset is never taken for a font of the machine."""
    text = name[:_LONGEST_NAME].encode("utf-16-be")
    records = [struct.pack(">HHHHHH", 3, 1, 0x0409, kind, len(text), 0) for kind in _NAMES]
    return struct.pack(">HHH", 0, len(_NAMES), 6 + 12 * len(_NAMES)) + b"".join(records) + text


def _file(tables: Sequence[FontTable]) -> bytes:
    place = 12 + 16 * len(tables)
    directory = struct.pack(">IHHHH", 0x00010000, len(tables), *_search(len(tables), 16))
    contents = []
    for tag, checksum, content in tables:
        directory += _DIRECTORY.pack(tag, checksum, place, len(content))
        padded = content + bytes(-len(content) % 4)
        place += len(padded)
        contents.append(padded)
    rest = _WHOLE_SUM - _checksum(directory) - sum([table.checksum for table in tables])
    at = [table.tag for table in tables].index(b"head")
    contents[at] = contents[at][:8] + (rest & 0xFFFFFFFF).to_bytes(4, "big") + contents[at][12:]
    return b"".join((directory, *contents))


def _checksum(content: bytes) -> int:
    padded = content + bytes(-len(content) % 4)
    words: tuple[int, ...] = struct.unpack(f">{len(padded) // 4}I", padded)
    return sum(words) & 0xFFFFFFFF
