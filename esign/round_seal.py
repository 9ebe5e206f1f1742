"""Round seals after 国发〔1999〕25号: ring, star or emblem, the name from left to right along the ring.

Proportions are published practice at 42 mm (line 1.2 mm, star 14 mm, characters 6.5 to 7 mm high over 250 to 270
degrees) and grow with the diameter.
"""

import math

from .errors import SealPictureError
from .fonts import UNITS, FontChain
from .page import Command, Shape, circle
from .seal import (
    DEFAULT_DIAMETER,
    MAX_LATIN_CHARACTERS,
    MAX_LINE_CHARACTERS,
    MAX_NUMBER_CHARACTERS,
    MAX_RING_CHARACTERS,
    RED,
    SealImage,
    SealPicture,
)
from .seal_text import INK_FOOT, Ring, along, even_centres, inked, running_centres, straight

_NARROWEST = 0.62
"""Characters narrower than this are made smaller first."""
_WIDEST_STEP = 40 / 360
"""Of the ring from one character to the next: a short name stays together at the top."""


def draw_round_seal(
    fonts: FontChain,
    authority: str,
    *,
    diameter: float = DEFAULT_DIAMETER,
    centre_line: str = "",
    number: str = "",
    latin: str = "",
    emblem: SealImage | None = None,
) -> SealPicture:
    """The round seal of an authority.

    `centre_line` stands below the star (行政审批专用章), `number` along the lower ring, `latin` (the name in a second
    language) on a ring of its own outside the name. `emblem` takes the place of the star.

    Raises:
        SealPictureError: no name, or something is longer than the limits of `seal`.
        UnprintableError: no font has one of the characters.
    """
    _limit(authority, "name", 1, MAX_RING_CHARACTERS)
    _limit(centre_line, "centre line", 0, MAX_LINE_CHARACTERS)
    _limit(number, "number", 0, MAX_NUMBER_CHARACTERS)
    _limit(latin, "second name", 0, MAX_LATIN_CHARACTERS)
    radius, scale = diameter / 2, diameter / DEFAULT_DIAMETER
    border, gap = 1.2 * scale, 0.9 * scale
    shapes = [Shape(commands=circle(radius, radius, radius - border / 2), stroke=RED, line_width=border)]
    inset = border + gap
    if latin:
        shapes.append(_latin_ring(fonts, latin, diameter, inset, scale))
        inset += 3.3 * scale
    # What stands at the bottom needs the ring's ends higher up.
    span = (224 if centre_line else 244 if number else 264) / 360
    largest, smallest = (5.0, 3.6) if latin else (6.8, 4.8)
    shapes.append(_name_ring(fonts, authority, diameter, inset, span, largest * scale, smallest * scale))
    if number:
        shapes.append(_number_ring(fonts, number, diameter, inset, scale))
    reach = (5.2 if latin else 7.0) * scale
    centre = radius - 0.5 * scale
    image = None
    if emblem is None:
        shapes.append(Shape(commands=_star(radius, centre, reach), fill=RED))
    else:
        image = _within(emblem, radius, centre, 2 * reach)
    if centre_line:
        drop, height, width = (9.2, 2.8, 12.5) if latin else (11.9, 4.0, 16.5)
        line = straight(
            fonts, centre_line, x=radius, baseline=radius + drop * scale, size=height * scale, width=width * scale
        )
        shapes.append(inked(line, 0.16 * scale))
    return SealPicture(width=diameter, height=diameter, shapes=tuple(shapes), image=image)


def fitted_ring(
    fonts: FontChain,
    text: str,
    *,
    width: float,
    height: float,
    inset: float,
    span: float,
    largest: float,
    smallest: float,
) -> tuple[Command, ...]:
    """A name along the top of an ellipse: `inset` from it, over at most `span` of the ring, as large as it can be."""
    count = len(text)
    size = largest
    while True:
        ring = Ring(width=width, height=height, inset=inset + size * (1 - INK_FOOT))
        step = ring.length * min(_WIDEST_STEP, span / max(count - 1, 1))
        # The ring is shortest at the feet: what does not touch there does not touch.
        squeeze = min(1.0, step / size)
        if squeeze >= _NARROWEST or size <= smallest:
            return along(fonts, text, ring, size=size, centres=even_centres(count, step), squeeze=squeeze, below=False)
        size = max(smallest, size - 0.1)


def _name_ring(
    fonts: FontChain, text: str, diameter: float, inset: float, span: float, largest: float, smallest: float
) -> Shape:
    commands = fitted_ring(
        fonts,
        text,
        width=diameter,
        height=diameter,
        inset=inset,
        span=span,
        largest=largest,
        smallest=smallest,
    )
    return inked(commands, 0.22 * diameter / DEFAULT_DIAMETER)


def _latin_ring(fonts: FontChain, text: str, diameter: float, inset: float, scale: float) -> Shape:
    """The second name over up to 330 degrees: letters by their widths, narrowed to 65 %, then smaller."""
    size = 3.4 * scale
    ring = Ring(width=diameter, height=diameter, inset=inset + size * 0.78)
    room = ring.length * 330 / 360
    natural = fonts.width(text) / UNITS
    squeeze = min(1.0, max(0.65, room / (natural * size)))
    size = min(size, room / (natural * squeeze))
    centres = running_centres(fonts, text, size * squeeze)
    return inked(along(fonts, text, ring, size=size, centres=centres, squeeze=squeeze, below=False), 0.08 * scale)


def _number_ring(fonts: FontChain, text: str, diameter: float, inset: float, scale: float) -> Shape:
    """The registration number at the bottom, its feet outwards."""
    size = 2.4 * scale
    ring = Ring(width=diameter, height=diameter, inset=inset)
    room = ring.length * 64 / 360
    squeeze = min(1.0, room / (fonts.width(text) / UNITS * size))
    centres = running_centres(fonts, text, size * squeeze)
    return inked(along(fonts, text, ring, size=size, centres=centres, squeeze=squeeze, below=True), 0.08 * scale)


def _star(x: float, y: float, radius: float) -> tuple[Command, ...]:
    # The inner corners of a regular five-pointed star lie at this share of the radius.
    inner = radius * math.sin(math.radians(18)) / math.sin(math.radians(54))
    commands = []
    for corner in range(10):
        reach = radius if corner % 2 == 0 else inner
        angle = math.radians(-90 + 36 * corner)
        point = (x + reach * math.cos(angle), y + reach * math.sin(angle))
        commands.append(Command("L" if corner else "M", point))
    return (*commands, Command("Z", ()))


def _within(emblem: SealImage, x: float, y: float, side: float) -> SealImage:
    """The emblem in a square about the centre, its proportions kept."""
    share = side / max(emblem.columns, emblem.rows)
    width, height = emblem.columns * share, emblem.rows * share
    return emblem.placed(x=x - width / 2, y=y - height / 2, width=width, height=height)


def _limit(text: str, what: str, least: int, most: int) -> None:
    if not least <= len(text) <= most:
        raise SealPictureError(f"a seal's {what} has {least} to {most} characters")
