"""Breaking text into lines and finding the size at which it fits, in the widths of the fonts that print it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from esign import POINT, FontChain

# Characters that must not begin or end a line (GB/T 15834 section 5).
_NOT_FIRST = frozenset("，。、；：？！）》」』】〕”’…—·,.;:?!)]}%℃㎡")
_NOT_LAST = frozenset("（《「『【〔“‘([{")


LEADING = 1.45
"""Height of a line as a share of the size of its type."""
SIZE_STEP = 0.5
"""Points by which type shrinks until it fits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A text broken into lines."""

    lines: tuple[str, ...]
    size: float
    """Font size in points."""
    line_height: float
    """Millimetres."""

    @property
    def height(self) -> float:
        """Millimetres from the top of the first line to the foot of the last."""
        return self.line_height * len(self.lines)

    @property
    def first_baseline(self) -> float:
        """Millimetres below the top: half the leading is above the type, which stands on four fifths of its height."""
        return self.line_height / 2 + self.size * POINT * 0.36


def width_of(fonts: FontChain, text: str, size: float) -> float:
    """Printed width in millimetres."""
    return fonts.width(text) / 1000 * size * POINT


def break_text(fonts: FontChain, text: str, *, size: float, width: float) -> Block:
    """Break a text so that no line is wider than `width` millimetres.

    Chinese breaks between any two characters but for punctuation; words and numbers in Latin letters stay whole unless
    one alone is wider than a line. Line feeds in the text are kept.
    """
    lines = [line for paragraph in text.split("\n") for line in _lines(fonts, paragraph, width / (size * POINT) * 1000)]
    return set_lines(lines, size=size)


def set_lines(lines: Iterable[str], *, size: float) -> Block:
    """Lines that were broken already."""
    return Block(lines=tuple(lines), size=size, line_height=size * POINT * LEADING)


def shrink_to_fit(
    fonts: FontChain, text: str, *, size: float, smallest: float, width: float, lines: int = 1
) -> Block | None:
    """The text in as few lines, then in as large type, as a width allows; None when the smallest type is too large.

    Args:
        fonts: what it is printed with.
        text: one paragraph.
        size: points, where nothing has to shrink.
        smallest: points.
        width: millimetres.
        lines: at most so many.
    """
    for count in range(1, lines + 1):
        tried = size
        while tried >= smallest:
            block = break_text(fonts, text, size=tried, width=width)
            if len(block.lines) <= count and all(width_of(fonts, line, tried) <= width for line in block.lines):
                return block
            tried -= SIZE_STEP
    return None


def _lines(fonts: FontChain, paragraph: str, room: float) -> Iterator[str]:
    """`room` is in thousandths of the font size, like the fonts' advances."""
    if fonts.width(paragraph) <= room:
        yield paragraph
        return
    line, used = "", 0.0
    for piece in _pieces(paragraph):
        needed = fonts.width(piece)
        if line and used + needed > room:
            yield line.rstrip(" ")
            line, used = "", 0.0
            piece = piece.lstrip(" ")
            needed = fonts.width(piece)
        if needed > room:
            *full, piece = _cut(fonts, piece, room)
            yield from full
            needed = fonts.width(piece)
        line += piece
        used += needed
    yield line


def _pieces(paragraph: str) -> Iterator[str]:
    """What must stay on one line: a character with the punctuation that clings to it, or a word of Latin letters."""
    piece = ""
    for character in paragraph:
        if piece and not _clings(piece, character):
            yield piece
            piece = ""
        piece += character
    yield piece


def _clings(piece: str, character: str) -> bool:
    if character in _NOT_FIRST or piece[-1] in _NOT_LAST:
        return True
    return _is_word(piece[-1]) and _is_word(character)


def _is_word(character: str) -> bool:
    return character.isascii() and not character.isspace()


def _cut(fonts: FontChain, piece: str, room: float) -> Iterator[str]:
    """Cut a piece that no line could hold."""
    part, used = "", 0.0
    for character in piece:
        needed = fonts.glyph(character).advance
        if part and used + needed > room:
            yield part
            part, used = "", 0.0
        part += character
        used += needed
    yield part
