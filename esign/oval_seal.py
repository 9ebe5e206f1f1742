"""Oval seals: those for one purpose, such as 发票专用章 (40 × 30 mm), and those of joint ventures (45 × 30 mm)."""

from .errors import SealPictureError
from .fonts import FontChain
from .page import Command, Shape
from .round_seal import fitted_ring
from .seal import MAX_LINE_CHARACTERS, MAX_NUMBER_CHARACTERS, MAX_RING_CHARACTERS, RED, SealPicture
from .seal_text import inked, straight

OVAL_WIDTH, OVAL_HEIGHT = 45.0, 30.0
_BORDER, _GAP = 1.0, 0.7
# Control points at this share of the half axis make four cubic curves an ellipse within 0.03 %.
_ELLIPSE = 0.5522847498


def draw_oval_seal(
    fonts: FontChain,
    authority: str,
    *,
    width: float = OVAL_WIDTH,
    height: float = OVAL_HEIGHT,
    centre_line: str = "",
    lower_line: str = "",
) -> SealPicture:
    """An oval seal: the name along the upper ring, a number across the middle, the purpose below it.

    Proportions after the notice on invoice seals (tax notice 7 of 2011: line 1 mm, name 4.2 mm, number 3.7 mm high).

    Raises:
        SealPictureError: no name, or something is longer than the limits of `seal`.
        UnprintableError: no font has one of the characters.
    """
    if not 0 < len(authority) <= MAX_RING_CHARACTERS:
        raise SealPictureError(f"a seal's ring takes 1 to {MAX_RING_CHARACTERS} characters")
    if len(centre_line) > MAX_NUMBER_CHARACTERS or len(lower_line) > MAX_LINE_CHARACTERS:
        raise SealPictureError("a line of the seal is too long")
    scale = height / OVAL_HEIGHT
    border = _BORDER * scale
    shapes = [Shape(commands=_ellipse(width, height, border / 2), stroke=RED, line_width=border)]
    name = fitted_ring(
        fonts,
        authority,
        width=width,
        height=height,
        inset=(_BORDER + _GAP) * scale,
        span=(206 if lower_line else 240) / 360,
        largest=4.4 * scale,
        smallest=3.2 * scale,
    )
    shapes.append(inked(name, 0.14 * scale))
    middle = height / 2
    for text, baseline, size, room in (
        (centre_line, middle + 1.6 * scale, 3.9 * scale, 0.62 * width),
        (lower_line, middle + 8.2 * scale, 4.4 * scale, 0.5 * width),
    ):
        if text:
            line = straight(fonts, text, x=width / 2, baseline=baseline, size=size, width=room)
            shapes.append(inked(line, 0.12 * scale))
    return SealPicture(width=width, height=height, shapes=tuple(shapes))


def _ellipse(width: float, height: float, inset: float) -> tuple[Command, ...]:
    x, y = width / 2, height / 2
    a, b = x - inset, y - inset
    h, v = _ELLIPSE * a, _ELLIPSE * b
    return (
        Command("M", (x + a, y)),
        Command("C", (x + a, y + v, x + h, y + b, x, y + b)),
        Command("C", (x - h, y + b, x - a, y + v, x - a, y)),
        Command("C", (x - a, y - v, x - h, y - b, x, y - b)),
        Command("C", (x + h, y - b, x + a, y - v, x + a, y)),
        Command("Z", ()),
    )
