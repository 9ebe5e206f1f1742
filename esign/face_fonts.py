"""The fonts of a sealed PDF of ours: the character that every code is said to be, its width, and what is drawn for it.

The form is that of `pdf_fonts`, and nothing else is accepted.
"""

import re
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from .errors import Fault, MalformedError, TooLargeError
from .glyph_shapes import GlyphShapes, known_digest, shape_digest
from .pdf_fonts import unicode_map
from .pdf_objects import number

MAX_FONT_BYTES: Final = 32 * 1024 * 1024  # a whole font with every character of GB 18030
MAX_MAP_BYTES: Final = 4 * 1024 * 1024
MAX_FONTS: Final = 64  # a chain has a few

Unpack = Callable[[int, bytes, int], bytes]
"""The content of a stream: its number, a pattern of its entries before the length, and the most bytes."""

_NAME = rb"/[A-Z]{6}\+[A-Za-z0-9-]*"
_FONT = re.compile(
    rb"<</Type /Font/Subtype /Type0/BaseFont (" + _NAME + rb")/Encoding /Identity-H"
    rb"/DescendantFonts \[([0-9]{1,5}) 0 R\]/ToUnicode ([0-9]{1,5}) 0 R>>"
)
_DESCENDANT = re.compile(
    rb"<</Type /Font/Subtype /CIDFontType2/BaseFont (" + _NAME + rb")"
    rb"/CIDSystemInfo <</Registry \(Adobe\)/Ordering \(Identity\)/Supplement 0>>"
    rb"/FontDescriptor ([0-9]{1,5}) 0 R/CIDToGIDMap ([0-9]{1,5}) 0 R/DW 1000/W \[1 \[([0-9. ]*)\]\]>>"
)
_DESCRIPTOR = re.compile(
    rb"<</Type /FontDescriptor/FontName (" + _NAME + rb")/Flags 4/FontBBox \[[0-9 -]*\]/ItalicAngle 0"
    rb"/Ascent -?[0-9]+/Descent -?[0-9]+/CapHeight -?[0-9]+/StemV 80/FontFile2 ([0-9]{1,5}) 0 R>>"
)
_RESOURCES = re.compile(rb"<<(?:/F[0-9]{1,2} [0-9]{1,5} 0 R)*>>")
_RESOURCE = re.compile(rb"/F(0|[1-9][0-9]?) ([0-9]{1,5}) 0 R")
_PLAIN_HEAD, _FONT_HEAD = rb"/Filter /FlateDecode", rb"/Length1 [0-9]{1,9}/Filter /FlateDecode"
_ROW = re.compile(rb"^<(?!0000)[0-9a-f]{4}> <((?:[0-9a-f]{4}){1,2})>$", re.MULTILINE)

# Outlines that were found to be those of their characters: most files have the same few hundred.
_compared: dict[str, tuple[bytes, bytes]] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class FaceFont:
    """One font of a file."""

    characters: Mapping[str, str]
    """By the character that has the code's number; numbers begin with 1."""
    widths: Mapping[str, float]
    """By character, in thousandths of the size."""
    unlike: frozenset[str]
    """Characters for which something else is drawn than the shipped font draws."""
    unknown: frozenset[str]
    """Characters that the shipped font does not have, so that nobody can tell what is drawn."""


class FontReader:
    """Reads the fonts that a resource dictionary names."""

    def __init__(self, body: Callable[[int], bytes], unpack: Unpack) -> None:
        """Objects by their number."""
        self._body, self._unpack = body, unpack

    def read(self, resources: int) -> dict[int, FaceFont]:
        """The fonts of this dictionary by the number in their names, `F0` and so on.

        Raises:
            MalformedError: `NON_CANONICAL` when they are not written as ours are, `FORMAT_PDF` when a font is damaged.
            TooLargeError: over a limit.
        """
        entries = _RESOURCE.findall(_matched(_RESOURCES, self._body(resources))[0])
        if len(entries) > MAX_FONTS:
            raise TooLargeError(f"more than {MAX_FONTS} fonts")
        fonts = {int(place): self._font(int(number)) for place, number in entries}
        if len(fonts) != len(entries):
            raise _not_ours()
        return fonts

    def _font(self, place: int) -> FaceFont:
        font = _matched(_FONT, self._body(place))
        descendant = _matched(_DESCENDANT, self._body(int(font[2])))
        descriptor = _matched(_DESCRIPTOR, self._body(int(descendant[2])))
        if not font[1] == descendant[1] == descriptor[1]:
            raise _not_ours()
        characters = _characters(self._unpack(int(font[3]), _PLAIN_HEAD, MAX_MAP_BYTES))
        glyphs = self._unpack(int(descendant[3]), _PLAIN_HEAD, MAX_MAP_BYTES)
        widths = descendant[4].split(b" ") if descendant[4] else []
        if not len(set(characters)) == len(characters) == len(widths) == len(glyphs) // 2 - 1 or len(glyphs) % 2:
            raise _not_ours()
        shapes = GlyphShapes(self._unpack(int(descriptor[2]), _FONT_HEAD, MAX_FONT_BYTES))
        unlike, unknown = set(), set()
        numbers = struct.unpack(f">{len(glyphs) // 2}H", glyphs)[1:]
        for character, width, glyph in zip(characters, widths, shapes.glyphs(numbers), strict=True):
            if _compared.get(character) == (glyph, width):
                continue
            known = known_digest(character)
            if known is None:
                unknown.add(character)
            elif shape_digest(glyph) != known or number(shapes.width(glyph)) != width:
                unlike.add(character)
            else:
                _compared[character] = (glyph, width)
        return FaceFont(
            characters={chr(code): character for code, character in enumerate(characters, start=1)},
            widths=dict(zip(characters, map(float, widths), strict=True)),
            unlike=frozenset(unlike),
            unknown=frozenset(unknown),
        )


def _characters(said: bytes) -> str:
    """The characters of a ToUnicode map in the order of their codes."""
    rows = _ROW.findall(said)
    try:
        characters = bytes.fromhex(b"".join(rows).decode("ascii")).decode("utf-16-be")
    except UnicodeError as error:
        raise _not_ours() from error
    if len(characters) != len(rows) or unicode_map(rows) != said:
        raise _not_ours()
    return characters


def _matched(form: re.Pattern[bytes], body: bytes) -> re.Match[bytes]:
    matched = form.fullmatch(body)
    if matched is None:
        raise _not_ours()
    return matched


def _not_ours() -> MalformedError:
    return MalformedError(Fault.NON_CANONICAL, "a font is not written as ours are")
