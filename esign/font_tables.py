"""Font files that are read by character: the tables that a subset of outlines lacks for it, in one form.

Some readers of OFD pass over the numbers of glyphs and ask the font for the characters; browsers refuse fonts without
these tables at all. Everything follows from the outlines, the name and the glyph of each character (OpenType 1.9).
"""

import struct
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from .errors import Fault, MalformedError

OUTLINE_TABLES: Final = frozenset({b"glyf", b"head", b"hhea", b"hmtx", b"loca", b"maxp"})
"""All that drawing takes. Programs (`fpgm`, `prep`, those of glyphs) could move the points of an outline."""
CHARACTER_TABLES: Final = frozenset({b"OS/2", b"cmap", b"name", b"post"})

_LAST_OF_PLANE: Final = 0xFFFF
_MOST_SEGMENTS: Final = 8000
"""Of a table in format 4, whose length has 16 bits."""
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


class Segment(NamedTuple):
    """Characters that follow one another, and so do their glyphs."""

    first: int
    last: int
    glyph: int
    """Of the first one."""


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


def segments_of(glyphs: Mapping[str, int]) -> list[Segment]:
    """The glyphs of characters, in the order of the characters."""
    found: list[Segment] = []
    first, last, begin = 0, -1, 0
    for character, glyph in sorted(glyphs.items()):
        code = ord(character)
        if code != last + 1 or glyph != begin + code - first:
            if last >= 0:
                found.append(Segment(first, last, begin))
            first, begin = code, glyph
        last = code
    if last >= 0:
        found.append(Segment(first, last, begin))
    return found


def legible_font(tables: Iterable[FontTable], name: str, segments: Sequence[Segment]) -> bytes:
    """A font file with the outlines among these tables, and these characters."""
    outlines = {table.tag: table for table in tables if table.tag in OUTLINE_TABLES}
    head, hhea = outlines[b"head"], outlines[b"hhea"]
    made = {
        b"OS/2": _metrics(head.content, hhea.content, segments),
        b"cmap": _characters(segments),
        b"name": _naming(name),
        b"post": _POST,
    }
    outlines |= {tag: FontTable(tag, _checksum(content), content) for tag, content in made.items()}
    outlines[b"head"] = head._replace(content=head.content[:8] + bytes(4) + head.content[12:])
    return _file([outlines[tag] for tag in sorted(outlines)])


def read_segments(table: bytes) -> list[Segment] | None:
    """The glyphs of characters by a `cmap` in the form that is written here; None when it is in another one."""
    try:
        count, last, place = struct.unpack_from(">2xH", table)[0], 0, 0
        (place,) = struct.unpack_from(">I", table, 8 * count)
        if table[place : place + 2] == b"\0\x04":
            segments = _few_read(table, place)
        else:
            (groups,) = struct.unpack_from(">I", table, place + 12)
            segments = [Segment(*struct.unpack_from(">III", table, place + 16 + 12 * at)) for at in range(groups)]
    except struct.error:
        return None
    for segment in segments:
        if not last < segment.first <= segment.last:
            return None
        last = segment.last
    return segments if segments and _characters(segments) == table else None


def _few_read(table: bytes, place: int) -> list[Segment]:
    """The segments of format 4 but the closing one."""
    count = struct.unpack_from(">6xH", table, place)[0] // 2
    columns = struct.unpack_from(f">14x{count}H2x{count}H{count}H", table, place)
    ends, starts, steps = (columns[at : at + count] for at in range(0, 3 * count, count))
    return [
        Segment(first, last, first + step & _LAST_OF_PLANE)
        for first, last, step in zip(starts, ends, steps, strict=True)
    ][:-1]


def _characters(segments: Sequence[Segment]) -> bytes:
    """`cmap`: format 4; for characters that it has no room for, format 12 with all of them beside it."""
    few = [segment for segment in segments if segment.last <= _LAST_OF_PLANE]
    subtables = [(1, _few(few))] if len(few) <= _MOST_SEGMENTS else []
    if not subtables or len(few) < len(segments):
        rows = b"".join([struct.pack(">III", *segment) for segment in segments])
        subtables.append((10, struct.pack(">HHIII", 12, 0, 16 + len(rows), 0, len(segments)) + rows))
    place = 4 + 8 * len(subtables)
    records = b""
    for encoding, subtable in subtables:
        records += struct.pack(">HHI", 3, encoding, place)
        place += len(subtable)
    return struct.pack(">HH", 0, len(subtables)) + records + b"".join([subtable for _, subtable in subtables])


def _few(segments: Sequence[Segment]) -> bytes:
    count = len(segments) + 1
    ends = [*(segment.last for segment in segments), _LAST_OF_PLANE]
    starts = [*(segment.first for segment in segments), _LAST_OF_PLANE]
    steps = [*((segment.glyph - segment.first) & _LAST_OF_PLANE for segment in segments), 1]
    return struct.pack(
        f">HHHHHHH{count}H2x{count}H{count}H{2 * count}x",
        4, 16 + 8 * count, 0, 2 * count, *_search(count, 2), *ends, *starts, *steps,
    )  # fmt: skip


def _search(count: int, size: int) -> tuple[int, int, int]:
    """What a search by halves begins with: the range, its steps, and what is left."""
    steps = count.bit_length() - 1
    return size << steps, steps, size * count - (size << steps)


def _metrics(head: bytes, hhea: bytes, segments: Sequence[Segment]) -> bytes:
    """`OS/2`, version 4: regular, with Latin and Chinese characters; to be shown and printed, not to be installed."""
    (em,) = struct.unpack_from(">18xH", head)
    ascent, descent, gap = struct.unpack_from(">4xhhh", hhea)
    first, last = (min(code, _LAST_OF_PLANE) for code in (segments[0].first, segments[-1].last))
    return _OS2.pack(
        4, min(em, 0x7FFF), 400, 5, 4, 1, 1 << 27, 0, 0, b"    ", 0x40, first, last,
        ascent, descent, gap, max(ascent, 0), max(-descent, 0), 1 | 1 << 18, 0, 0, 0, 0, 32, 1,
    )  # fmt: skip


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
    return sum(struct.unpack(f">{len(padded) // 4}I", padded)) & 0xFFFFFFFF
