"""The outlines of TrueType fonts, compared with those that the shipped font has for the same characters.

What a PDF's ToUnicode map says that a glyph is, and what the eye sees, are two things. A digest of every outline of the
shipped font stands in `glyph_shapes.bin`, so that a verifier need not have the font.
"""

from __future__ import annotations

import sys
from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from importlib import resources
from typing import Final, Literal

from keys import hash_bytes

from .errors import Fault, MalformedError
from .font_tables import OUTLINE_TABLES, read_tables

DIGEST_BYTES: Final = 8
"""Of SHA-256: to draw a name so that it passes for another one takes 2**64 outlines for each character."""
TABLE_NAME: Final = "glyph_shapes.bin"


class GlyphShapes:
    """The outlines of one embedded subset, by glyph number."""

    def __init__(self, font: bytes, beside: frozenset[bytes] = frozenset()) -> None:
        """Read the tables: those of outlines, and the ones that have to be there beside them.

        Raises:
            MalformedError: `FORMAT_PDF`: not a TrueType font of our form.
        """
        self.tables = read_tables(font)
        tables = {table.tag: table.content for table in self.tables}
        # A table that is there twice is another one for other readers.
        if tables.keys() != OUTLINE_TABLES | beside or len(tables) != len(self.tables):
            raise MalformedError(Fault.FORMAT_PDF, "the tables of an embedded font are not ours")
        head, hhea = tables[b"head"], tables[b"hhea"]
        if len(head) < 54 or len(hhea) < 36:
            raise MalformedError(Fault.FORMAT_PDF, "an embedded font is cut off")
        self._units, self.units = head[18:20], int.from_bytes(head[18:20], "big")
        if not self.units:
            raise MalformedError(Fault.FORMAT_PDF, "an embedded font without a scale")
        self._places = _numbers("I" if head[50:52] == b"\0\1" else "H", tables[b"loca"])
        if int.from_bytes(tables[b"maxp"][4:6], "big") != len(self._places) - 1:
            # Programs that draw leave out what is beyond that number.
            raise MalformedError(Fault.FORMAT_PDF, "an embedded font has another number of glyphs than it says")
        self._outlines = tables[b"glyf"]
        self._metrics = tables[b"hmtx"]
        self._full_metrics = int.from_bytes(hhea[34:36], "big")
        if self._full_metrics < 1 or len(self._metrics) < 4 * self._full_metrics:
            raise MalformedError(Fault.FORMAT_PDF, "an embedded font without widths")
        self._last_width = self._metrics[4 * self._full_metrics - 4 : 4 * self._full_metrics - 2]

    def glyphs(self, gids: Iterable[int]) -> Iterator[bytes]:
        """All that the font has for a glyph, as it is written: width, bearing, scale and outline; empty for none."""
        places, full, metrics, units = self._places, self._full_metrics, self._metrics, self._units
        for gid in gids:
            if gid >= len(places) - 1:
                yield b""
                continue
            outline = units + self._outlines[places[gid] : places[gid + 1]]
            if gid < full:
                yield metrics[4 * gid : 4 * gid + 4] + outline
            else:
                # It has the width of the last glyph that has one (OpenType, `hmtx`).
                at = 2 * (gid + full)
                yield self._last_width + metrics[at : at + 2] + outline

    def width(self, glyph: bytes) -> float:
        """In thousandths of the size."""
        return int.from_bytes(glyph[:2], "big") * 1000 / self.units


def shape_digest(glyph: bytes) -> bytes | None:
    """The entry of a glyph in the table; None for an outline that other glyphs or a program of its own change."""
    outline = glyph[6:]
    if not outline:
        return _digest(glyph[:2])
    contours = int.from_bytes(outline[:2], "big", signed=True)
    at = 10 + 2 * contours
    if contours < 0 or len(outline) < at + 2:
        return None
    if outline[at : at + 2] != bytes(2):
        return None
    # Zeros at the end may be padding.
    return _digest(glyph[:6] + (outline[:at] + outline[at + 2 :]).rstrip(b"\0"))


def known_digest(character: str) -> bytes | None:
    """The entry of a character; None when the shipped font does not have it."""
    characters, digests = _table()
    place = bisect_left(characters, ord(character))
    if place == len(characters) or characters[place] != ord(character):
        return None
    return digests[DIGEST_BYTES * place : DIGEST_BYTES * (place + 1)]


@cache
def _table() -> tuple[array[int], bytes]:
    """Code points in order, and a digest for each."""
    data = resources.files(__package__).joinpath(TABLE_NAME).read_bytes()
    count = len(data) // (4 + DIGEST_BYTES)
    characters = array("I", data[: 4 * count])
    if sys.byteorder == "big":
        characters.byteswap()
    return characters, data[4 * count :]


def _numbers(kind: Literal["H", "I"], data: bytes) -> Sequence[int]:
    """Places of the outlines; small ones are halved."""
    size = 4 if kind == "I" else 2
    places = array(kind, data[: len(data) // size * size])
    if sys.byteorder == "little":
        places.byteswap()
    return places if kind == "I" else [2 * place for place in places]


def _digest(shape: bytes) -> bytes:
    return hash_bytes("sha256", shape)[:DIGEST_BYTES]
