"""The outlines of TrueType fonts, compared with those that the shipped font has for the same characters.

What a PDF's ToUnicode map says that a glyph is, and what the eye sees, are two things. A digest of every outline of the
shipped font stands in `glyph_shapes.bin`, so that a verifier need not have the font.
"""

from __future__ import annotations

import sys
from array import array
from bisect import bisect_left
from collections.abc import Iterator
from functools import cache
from importlib import resources
from typing import Final

from keys import hash_bytes

from .errors import Fault, MalformedError

DIGEST_BYTES: Final = 8
"""Of SHA-256: to draw a name so that it passes for another one takes 2**64 outlines for each character."""
TABLE_NAME: Final = "glyph_shapes.bin"

_TABLES: Final = frozenset({"glyf", "head", "hhea", "hmtx", "loca", "maxp"})
"""All that a subset of ours has. Programs (`fpgm`, `prep`) could move the points of an outline."""


class GlyphShapes:
    """The outlines of one embedded subset, by glyph number."""

    def __init__(self, font: bytes) -> None:
        """Read the tables.

        Raises:
            MalformedError: `FORMAT_PDF`: not a TrueType font of our form.
        """
        tables = dict(_tables_of(font))
        if tables.keys() != _TABLES:
            raise MalformedError(Fault.FORMAT_PDF, "the tables of an embedded font are not ours")
        head, hhea = tables["head"], tables["hhea"]
        if len(head) < 54 or len(hhea) < 36:
            raise MalformedError(Fault.FORMAT_PDF, "an embedded font is cut off")
        self.units = int.from_bytes(head[18:20], "big")
        if not self.units:
            raise MalformedError(Fault.FORMAT_PDF, "an embedded font without a scale")
        places = array("I" if head[50:52] == b"\0\1" else "H", tables["loca"][: len(tables["loca"]) // 4 * 4])
        if sys.byteorder == "little":
            places.byteswap()
        self._places = places if places.itemsize == 4 else array("I", (2 * place for place in places))
        self._outlines = tables["glyf"]
        self._metrics = tables["hmtx"]
        self._full_metrics = int.from_bytes(hhea[34:36], "big")
        if self._full_metrics < 1 or len(self._metrics) < 4 * self._full_metrics:
            raise MalformedError(Fault.FORMAT_PDF, "an embedded font without widths")

    def shape(self, gid: int) -> tuple[bytes, float] | None:
        """What is drawn for a glyph, and its width in thousandths of the size; None when the font cannot tell.

        The outline without its program, with the scale, the width and the bearing that place it.
        """
        if gid + 1 >= len(self._places):
            return None
        outline = _plain_outline(self._outlines[self._places[gid] : self._places[gid + 1]])
        full = min(gid, self._full_metrics - 1)
        width = self._metrics[4 * full : 4 * full + 2]
        at = 4 * gid + 2 if gid < self._full_metrics else 2 * (gid + self._full_metrics)
        bearing = self._metrics[at : at + 2]
        if outline is None or len(bearing) != 2:
            return None
        placed = width + bearing + self.units.to_bytes(2, "big") if outline else width
        return placed + outline, int.from_bytes(width, "big") * 1000 / self.units


def digest_of(shape: bytes) -> bytes:
    """The entry of a shape in the table."""
    return hash_bytes("sha256", shape)[:DIGEST_BYTES]


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


def _tables_of(font: bytes) -> Iterator[tuple[str, bytes]]:
    """The table directory of a font file (OpenType, "Organization of an OpenType font")."""
    count = int.from_bytes(font[4:6], "big")
    if font[:4] != b"\0\1\0\0" or len(font) < 12 + 16 * count:
        raise MalformedError(Fault.FORMAT_PDF, "an embedded font is no TrueType font")
    for at in range(12, 12 + 16 * count, 16):
        start, length = (int.from_bytes(font[at + part : at + part + 4], "big") for part in (8, 12))
        yield font[at : at + 4].decode("latin-1"), font[start : start + length]


def _plain_outline(outline: bytes) -> bytes | None:
    """A simple outline without its program; None for one that is put together from others."""
    if not outline:
        return outline
    contours = int.from_bytes(outline[:2], "big", signed=True)
    if contours < 0 or len(outline) < 12 + 2 * contours:
        return None
    at = 10 + 2 * contours
    program = int.from_bytes(outline[at : at + 2], "big")
    # Zeros at the end may be padding.
    return (outline[:at] + outline[at + 2 + program :]).rstrip(b"\0")
