"""The official seal (电子印章): a picture, and the key and certificate it stands for; and drawing the round picture."""

import math
from dataclasses import dataclass

from keys import Signer

from .errors import SealPictureError
from .fonts import UNITS, FontChain
from .page import Command, Shape, circle, transformed

RED = (0.86, 0.08, 0.12)
DEFAULT_DIAMETER = 42.0  # millimetres; contract section 6
MAX_RING_CHARACTERS = 30


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
    size = 6.8 * scale
    # From the outside: the line, a gap of 1 mm, the characters.
    foot = radius - 1.2 * scale - 1.0 * scale - size + 0.12 * size
    # Neighbours must not touch near the foot, where the ring is shortest.
    squeeze = min(1.0, math.radians(step) * (foot + size * 0.23) / size)
    commands: list[Command] = []
    for place, character in enumerate(text):
        angle = math.radians((place - (len(text) - 1) / 2) * step)
        sin, cos, half = math.sin(angle), math.cos(angle), fonts.width(character) / UNITS / 2

        def on_ring(x: float, y: float, sin: float = sin, cos: float = cos, half: float = half) -> tuple[float, float]:
            across, outward = (x - half) * size * squeeze, foot + y * size
            return radius + outward * sin + across * cos, radius - outward * cos + across * sin

        commands += transformed(fonts.outline(character), on_ring)
    return tuple(commands)


def _straight_text(fonts: FontChain, text: str, radius: float, scale: float) -> tuple[Command, ...]:
    """A line of text below the star."""
    size = min(4.2 * scale, 20 * scale / len(text))
    baseline = radius + 12.2 * scale
    left = radius - fonts.width(text) / UNITS * size / 2
    commands: list[Command] = []
    for character in text:

        def on_line(x: float, y: float, left: float = left) -> tuple[float, float]:
            return left + x * size, baseline - y * size

        commands += transformed(fonts.outline(character), on_line)
        left += fonts.width(character) / UNITS * size
    return tuple(commands)
