"""Slanted lines across a page that say for whom and what for it was made; the page's own text stays on top of them."""

import math
from collections.abc import Iterator, Sequence

from .fonts import FontChain
from .page import POINT, Colour, TextRun

PALE_BLUE: Colour = (0.76, 0.82, 0.91)
SLOPE = 18.0
"""Degrees, anticlockwise."""
_LEADING = 1.55


def slanted_lines(
    fonts: FontChain, lines: Sequence[str], *, size: float, centre: tuple[float, float], colour: Colour = PALE_BLUE
) -> Iterator[TextRun]:
    """A block of centred lines about a point: real text, which can be searched for and copied.

    Args:
        fonts: what it is printed with.
        lines: from the top.
        size: points.
        centre: millimetres from the top left corner of the page.
        colour: pale, so that what is printed over it can be read.
    """
    angle = math.radians(SLOPE)
    cos, sin = math.cos(angle), math.sin(angle)
    step = size * POINT * _LEADING
    top = -step * (len(lines) - 1) / 2 + size * POINT * 0.36
    for place, text in enumerate(lines):
        half = fonts.width(text) / 1000 * size * POINT / 2
        down = top + place * step
        x = centre[0] - half * cos + down * sin
        y = centre[1] + half * sin + down * cos
        yield TextRun(x=x, y=y, size=size, text=text, colour=colour, angle=SLOPE)


def block_height(lines: int, size: float) -> float:
    """Millimetres across the slope that so many lines take."""
    return lines * size * POINT * _LEADING
