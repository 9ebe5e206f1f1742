"""The official seal (电子印章): a picture, and the key and certificate it stands for; and drawing the round picture."""

import math
from dataclasses import dataclass

from keys import Signer

from .errors import EsignError
from .fonts import FontChain
from .page import Command, Shape, circle

RED = (0.86, 0.08, 0.12)
DEFAULT_DIAMETER = 42.0  # millimetres; contract section 6
MAX_RING_CHARACTERS = 30


class SealPictureError(EsignError):
    """A seal picture cannot be drawn from this name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SealPicture:
    """A round picture as outlines, in millimetres from the top left corner of its square."""

    diameter: float
    shapes: tuple[Shape, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Seal:
    """An authority's seal, ready to seal with."""

    name: str
    picture: SealPicture
    signer: Signer


def draw_round_seal(
    fonts: FontChain, authority: str, *, diameter: float = DEFAULT_DIAMETER, centre_line: str = ""
) -> SealPicture:
    """The round seal of an authority: ring, five-pointed star, the name along the ring from left to right.

    Proportions after 国发〔1999〕25号 and published practice (line 1.2 mm, star 14 mm at 42 mm diameter).

    Raises:
        SealPictureError: no name, or more than `MAX_RING_CHARACTERS`.
        UnprintableError: no font has one of the characters.
    """
    if not 0 < len(authority) <= MAX_RING_CHARACTERS:
        raise SealPictureError(f"a seal's ring takes 1 to {MAX_RING_CHARACTERS} characters")
    radius = diameter / 2
    scale = diameter / DEFAULT_DIAMETER
    border = 1.2 * scale
    shapes = [Shape(commands=circle(radius, radius, radius - border / 2), stroke=RED, line_width=border)]
    shapes.append(Shape(commands=_star(radius, radius - 0.5 * scale, 7 * scale), fill=RED))
    shapes.append(_outlined(_ring_text(fonts, authority, radius, scale), scale))
    if centre_line:
        shapes.append(_outlined(_straight_text(fonts, centre_line, radius, scale), scale))
    return SealPicture(diameter=diameter, shapes=tuple(shapes))


def _outlined(commands: tuple[Command, ...], scale: float) -> Shape:
    # A seal is cut in a heavier face than the shipped font has.
    return Shape(commands=commands, fill=RED, stroke=RED, line_width=0.22 * scale)


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


def _ring_text(fonts: FontChain, text: str, radius: float, scale: float) -> tuple[Command, ...]:
    """Each character stands upright on the ring, its foot towards the centre."""
    step = min(28.0, 252.0 / max(len(text) - 1, 1))
    baseline = radius - 1.2 * scale - 1.0 * scale - 6.8 * scale
    size = 6.8 * scale
    # Neighbours must not touch at the foot, where the ring is shortest.
    room = math.radians(step) * (baseline + size * 0.35)
    squeeze = min(1.0, room / size)
    commands: list[Command] = []
    for place, character in enumerate(text):
        angle = math.radians((place - (len(text) - 1) / 2) * step)
        advance = fonts.glyph(character).advance / 1000
        for operator, numbers in fonts.outline(character):
            points = []
            for at in range(0, len(numbers), 2):
                across = (numbers[at] - advance / 2) * size * squeeze
                outward = baseline + numbers[at + 1] * size + 0.12 * size
                points.append(radius + outward * math.sin(angle) + across * math.cos(angle))
                points.append(radius - outward * math.cos(angle) + across * math.sin(angle))
            commands.append(Command(operator, tuple(points)))
    return tuple(commands)


def _straight_text(fonts: FontChain, text: str, radius: float, scale: float) -> tuple[Command, ...]:
    size = min(4.2 * scale, 20 * scale / max(len(text), 1))
    x = radius - fonts.width(text) / 1000 * size / 2
    y = radius + 12.2 * scale
    commands: list[Command] = []
    for character in text:
        for operator, numbers in fonts.outline(character):
            points = [x + number * size if at % 2 == 0 else y - number * size for at, number in enumerate(numbers)]
            commands.append(Command(operator, tuple(points)))
        x += fonts.glyph(character).advance / 1000 * size
    return tuple(commands)
