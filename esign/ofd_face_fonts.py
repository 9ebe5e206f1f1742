"""The fonts of a sealed OFD of ours: what is drawn for each character, where a text names its glyphs itself.

The form is that of `ofd_fonts`, and nothing else is accepted: readers that go by the numbers of glyphs and readers that
ask the font for characters show the same.
"""

import sys
from collections.abc import Sequence
from typing import Final

from .errors import Fault, MalformedError, TooLargeError
from .font_tables import CHARACTER_TABLES, legible_font, read_characters
from .fonts import UNITS
from .glyph_shapes import GlyphShapes, known_digest, shape_digest
from .ofd_fonts import USUAL_ROOM, GlyphRoom, joint_room, room_of
from .ofd_parts_reading import not_ours

MAX_OFD_FONT_BYTES: Final = 32 * 1024 * 1024
"""Of one font; as in `face_fonts`: a whole font with every character of GB 18030."""

_DIGITS: Final = 5
"""Of the number of a glyph: a font has 65,535 at most."""


# Outlines that were found to be those of their characters and need no unusual room, and how wide these are: most files
# have the same few hundred, and the shipped font bounds them. A width is noted first, for threads go by the outline.
_usual: dict[str, bytes] = {}
_advances: dict[str, float] = {}


class OfdFaceFont:
    """One font of a file; each character has one glyph in it."""

    def __init__(self, data: bytes, name: str) -> None:
        """Read the font that has this name.

        Raises:
            MalformedError: `FORMAT_OFD`: it is no TrueType font with our tables; `NON_CANONICAL`: they are not written
                as ours are.
            TooLargeError: more than `MAX_OFD_FONT_BYTES`, or too many characters.
        """
        if len(data) > MAX_OFD_FONT_BYTES:
            raise TooLargeError(f"a font of more than {MAX_OFD_FONT_BYTES} bytes")
        try:
            self._shapes = GlyphShapes(data, CHARACTER_TABLES)
        except MalformedError as error:
            raise MalformedError(Fault.FORMAT_OFD, error.detail) from error
        tables = self._shapes.tables
        self._mapped = read_characters(next(table.content for table in tables if table.tag == b"cmap"))
        """The glyph that the font has for each character."""
        if not self._mapped or legible_font(tables, name, self._mapped) != data:
            raise not_ours("the tables of a font")
        if max(self._mapped) > sys.maxunicode:
            raise not_ours("the characters of a font")
        characters = list(map(chr, self._mapped))
        self._digits = dict(zip(characters, map(str, self._mapped.values()), strict=True))
        """Number of each character's glyph."""
        self._others: dict[str, str] = {}
        """The same of characters for which texts name another glyph, or write it in another way."""
        self._met: set[str] = set()
        self.advances = _advances
        """By character, in thousandths of the size; of those that were found in texts."""
        self.unlike: set[str] = set()
        """Characters for which something else is drawn than the shipped font draws, or by their number only."""
        self.unknown: set[str] = set()
        """Characters that the shipped font does not have, so that nobody can tell what is drawn."""
        self._wide: dict[str, GlyphRoom] = {}
        drawn = zip(characters, self._shapes.glyphs(self._mapped.values()), strict=True)
        for character in [one for one, outline in drawn if _usual.get(one) != outline]:
            self._look_at(character, self._mapped[ord(character)])

    def draws(self, text: Sequence[str], glyphs: str) -> bool:
        """Whether every character of the text has the glyph that it has everywhere."""
        try:
            usual = glyphs == " ".join(map(self._digits.__getitem__, text))
        except KeyError:
            usual = False
        if usual and (not self._others or self._others.keys().isdisjoint(text)):
            self._met.update(text)
            return True
        return self._draws_otherwise(text, glyphs)

    def _draws_otherwise(self, text: Sequence[str], glyphs: str) -> bool:
        numbers = glyphs.split(" ")
        if len(numbers) != len(text):
            return False
        for character, digits in zip(text, numbers, strict=True):
            usual = self._digits.get(character)
            if character in self._met:
                if digits != self._others.get(character, usual):
                    return False
                continue
            if not 1 <= len(digits) <= _DIGITS:
                return False
            self._met.add(character)
            if digits != usual:
                self._others[character], gid = digits, int(digits)
                if self._mapped.get(ord(character)) != gid:
                    self.unlike.add(character)
                self._look_at(character, gid)
        return True

    def room(self, text: Sequence[str]) -> GlyphRoom:
        """What the ink of the text takes."""
        if not self._wide or self._wide.keys().isdisjoint(text):
            return USUAL_ROOM
        return joint_room(self._wide.get(character, USUAL_ROOM) for character in text)

    def check_characters(self) -> None:
        """Make sure, when all texts were read, that the font has no characters but theirs.

        Raises:
            MalformedError: `NON_CANONICAL`: it has.
        """
        if len(self._mapped) > len(self._met):
            raise not_ours("the characters of a font")

    def _look_at(self, character: str, gid: int) -> None:
        """Note what is drawn for a character; the last call counts."""
        (outline,) = self._shapes.glyphs((gid,))
        known = known_digest(character)
        advance = self._shapes.width(outline) if outline else 0.0
        room = self._room_of(outline, advance)
        if self.advances is _advances:
            self.advances = dict(_advances)
        self.advances[character] = advance
        if room is USUAL_ROOM:
            self._wide.pop(character, None)
        else:
            self._wide[character] = room
        if known is None:
            self.unknown.add(character)
        elif shape_digest(outline) != known:
            self.unlike.add(character)
        elif room is USUAL_ROOM and self._shapes.units == UNITS:
            # Only a blank may have another scale and yet be alike; other files rely on what is noted here.
            _advances[character] = advance
            _usual[character] = outline

    def _room_of(self, outline: bytes, advance: float) -> GlyphRoom:
        """From the box that stands before an outline (OpenType, `glyf`), which is a part of what is compared."""
        box = outline[8:16]
        if len(box) < 8:
            return USUAL_ROOM
        units = self._shapes.units
        left, bottom, right, top = (
            int.from_bytes(box[at : at + 2], "big", signed=True) / units for at in range(0, 8, 2)
        )
        return room_of((left, bottom, right, top), advance)
