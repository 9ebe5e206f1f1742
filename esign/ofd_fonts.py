"""The fonts of one OFD: embedded subsets, the glyph of each character in them, and how much room a text takes.

A text names its glyphs itself (CGTransform, GB/T 33190-2016 clause 11.4). Readers that pass over this ask the font for
its characters, so the subsets have a table of them that says the same.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from .fonts import UNITS, FontChain
from .ofd_parts import xml_text

# Shares of the font size: nearly every glyph keeps within them.
_ASCENT: Final = 0.9
_DESCENT: Final = 0.2
_SIDE: Final = 0.03
_LAST_OF_PLANE: Final = "\uffff"
_MARKUP: Final = "&<>\r"


class GlyphRoom(NamedTuple):
    """How far the ink of a text reaches, in shares of the font size."""

    ascent: float
    descent: float
    side: float
    """Before the first character's place, and behind the last one's."""


USUAL_ROOM: Final = GlyphRoom(_ASCENT, _DESCENT, _SIDE)


def room_of(box: tuple[float, float, float, float], advance: float) -> GlyphRoom:
    """The room of one glyph from the box around its ink: left, bottom, right and top in shares of the font size."""
    left, bottom, right, top = box
    room = GlyphRoom(max(_ASCENT, top), max(_DESCENT, -bottom), max(_SIDE, -left, right - advance / UNITS))
    return USUAL_ROOM if room == USUAL_ROOM else room


def joint_room(rooms: Iterable[GlyphRoom]) -> GlyphRoom:
    """The room of several glyphs in one text."""
    return GlyphRoom(*map(max, zip(*rooms, strict=True)))


class FontMeasures:
    """Widths and unusual outlines of characters; they are the same in every file."""

    def __init__(self, chain: FontChain) -> None:
        """Begin with no character measured."""
        self.chain = chain
        self.advances: dict[str, float] = {}
        """In thousandths of the font size."""
        self._unusual: dict[str, GlyphRoom] = {}

    def measure(self, characters: Iterable[str]) -> None:
        """Measure those that are new.

        Raises:
            UnprintableError: no font has one of them.
        """
        for character in characters:
            if character not in self.advances:
                advance = self.chain.glyph(character).advance
                outline = self.chain.outline(character)
                across = [part for command in outline for part in command.numbers[0::2]] or [0.0]
                upwards = [part for command in outline for part in command.numbers[1::2]] or [0.0]
                room = room_of((min(across), min(upwards), max(across), max(upwards)), advance)
                if room is not USUAL_ROOM:
                    self._unusual[character] = room
                self.advances[character] = advance

    def room(self, text: str) -> GlyphRoom:
        """What the ink of the text takes."""
        if self._unusual.keys().isdisjoint(text):
            return USUAL_ROOM
        return joint_room(self._unusual.get(character, USUAL_ROOM) for character in text)


@dataclass(frozen=True, slots=True, kw_only=True)
class OfdFonts:
    """The fonts of one file."""

    subsets: dict[int, bytes] = field(repr=False)
    """Font files by the place of the font in the chain."""
    glyphs: dict[str, str]
    """Number of each character's glyph in its subset, in digits."""
    elsewhere: dict[str, int]
    """Place of the font of each character that the first font does not have."""
    apart: frozenset[str]
    """Characters that stand in a text object of their own."""
    escaped: dict[str, str]
    """What is written for each character that XML writes in another way."""

    def written(self, text: str) -> str:
        """The text as XML."""
        if self.escaped.keys().isdisjoint(text):
            return text
        return "".join([self.escaped.get(character, character) for character in text])

    def pieces(self, text: str) -> Iterator[tuple[int, str]]:
        """The text in pieces of one font each, with the font's place in the chain.

        A character beyond the BMP is a piece of its own: some readers count it as two where glyphs and characters are
        matched (CodePosition, DeltaX), and would lose their place in a longer text.
        """
        if self.apart.isdisjoint(text):
            yield 0, text
            return
        begin, font = 0, 0
        for at, character in enumerate(text):
            own = self.elsewhere.get(character, 0)
            if at > begin and (own != font or character > _LAST_OF_PLANE or text[at - 1] > _LAST_OF_PLANE):
                yield font, text[begin:at]
                begin = at
            font = own
        yield font, text[begin:]


NO_FONTS: Final = OfdFonts(subsets={}, glyphs={}, elsewhere={}, apart=frozenset(), escaped={})
"""Of what has no text."""


def fonts_for(measures: FontMeasures, characters: frozenset[str]) -> OfdFonts:
    """The fonts of a file that shows these characters.

    Raises:
        UnprintableError: no font has one of them, or XML does not.
    """
    ordered = sorted(characters)
    measures.measure(ordered)
    printed = [(character, measures.chain.glyph(character)) for character in ordered]
    subsets: dict[int, bytes] = {}
    glyphs: dict[str, str] = {}
    for place, font in enumerate(measures.chain.fonts):
        own = {character: glyph.gid for character, glyph in printed if glyph.font == place}
        if own:
            subsets[place], renumbered = font.subset_with_characters(own)
            glyphs.update((character, str(renumbered[gid])) for character, gid in own.items())
    elsewhere = {character: glyph.font for character, glyph in printed if glyph.font}
    beyond = {character for character in characters if character > _LAST_OF_PLANE}
    xml_text("".join(ordered))  # refuses what XML does not have
    return OfdFonts(
        subsets=subsets,
        glyphs=glyphs,
        elsewhere=elsewhere,
        apart=frozenset(beyond | elsewhere.keys()),
        escaped={character: xml_text(character) for character in _MARKUP if character in characters},
    )
