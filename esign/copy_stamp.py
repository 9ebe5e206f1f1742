"""The stamp of whoever makes annotated copies: a flat blue rectangle, so that nobody takes it for an official seal."""

from collections.abc import Iterator

from .fonts import UNITS, FontChain
from .page import Colour, Shape, rectangle, transformed
from .seal import SealPicture

COPY_STAMP_WIDTH, COPY_STAMP_HEIGHT = 46.0, 17.0
BLUE: Colour = (0.13, 0.30, 0.56)

# Millimetres.
_FRAME = 0.5
_ROOM = COPY_STAMP_WIDTH - 5.0
_LINES = ((6.6, 4.6), (11.2, 3.0), (14.9, 2.4))  # baseline and size of the three lines


def draw_copy_stamp(fonts: FontChain, maker: str, day: str) -> SealPicture:
    """加注件专用, the maker's name and the day.

    Raises:
        UnprintableError: no font has one of the characters.
    """
    frame = rectangle(_FRAME / 2, _FRAME / 2, COPY_STAMP_WIDTH - _FRAME, COPY_STAMP_HEIGHT - _FRAME)
    lines = ("加注件专用", maker, f"{day}　非原件")
    shapes = [Shape(commands=frame, stroke=BLUE, line_width=_FRAME)]
    for text, (baseline, size) in zip(lines, _LINES, strict=True):
        shapes += _line(fonts, text, baseline, size)
    return SealPicture(width=COPY_STAMP_WIDTH, height=COPY_STAMP_HEIGHT, shapes=tuple(shapes))


def _line(fonts: FontChain, text: str, baseline: float, size: float) -> Iterator[Shape]:
    """A centred line; a long one is squeezed."""
    fonts.require(text)
    length = fonts.width(text) / UNITS * size
    squeeze = min(1.0, _ROOM / length)
    along = (COPY_STAMP_WIDTH - length * squeeze) / 2
    for character in text:

        def place(x: float, y: float, along: float = along) -> tuple[float, float]:
            return along + x * size * squeeze, baseline - y * size

        yield Shape(commands=transformed(fonts.outline(character), place), fill=BLUE)
        along += fonts.width(character) / UNITS * size * squeeze
