"""Characters along the inside of a seal's border, and in a straight line: outlines in millimetres."""

import math
from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate, pairwise

from .fonts import UNITS, FontChain
from .page import Command, Shape, transformed
from .seal import RED

_STEPS = 720
"""Points in which a curve is measured: half a degree, under 0.01 mm beside the true length."""
INK_FOOT = 0.12
"""How far the ink of a character reaches below its baseline, in font sizes."""


class Ring:
    """The curve at a constant distance inside an ellipse, by its length from the top, clockwise."""

    def __init__(self, *, width: float, height: float, inset: float) -> None:
        """`inset` is the distance from the ellipse of the given axes, which fills a box from the origin."""
        a, b = width / 2, height / 2
        self._points: list[tuple[float, float, float, float]] = []
        for step in range(_STEPS + 1):
            angle = 2 * math.pi * step / _STEPS
            sin, cos = math.sin(angle), math.cos(angle)
            # The outward normal of an ellipse at (a sin, -b cos); y goes down.
            across, down = b * sin, -a * cos
            length = math.hypot(across, down)
            across, down = across / length, down / length
            self._points.append((a + a * sin - inset * across, b - b * cos - inset * down, across, down))
        steps = (math.dist(one[:2], other[:2]) for one, other in pairwise(self._points))
        self._lengths = list(accumulate(steps, initial=0.0))

    @property
    def length(self) -> float:
        """Once around, in millimetres."""
        return self._lengths[-1]

    def at(self, distance: float) -> tuple[float, float, float, float]:
        """The point at this distance from the top, and the direction outwards."""
        distance %= self.length
        after = min(bisect_right(self._lengths, distance), _STEPS)
        before = after - 1
        share = (distance - self._lengths[before]) / (self._lengths[after] - self._lengths[before])
        start, end = self._points[before], self._points[after]
        x, y, across, down = (one + share * (other - one) for one, other in zip(start, end, strict=True))
        norm = math.hypot(across, down)
        return x, y, across / norm, down / norm


def along(
    fonts: FontChain, text: str, ring: Ring, *, size: float, centres: Sequence[float], squeeze: float, below: bool
) -> tuple[Command, ...]:
    """Each character upright on the ring, the middle of it at its distance from the top.

    Their feet point to the centre; with `below`, distances are from the bottom, from left to right, and the feet point
    outwards, so that a text at the bottom is not upside down. `squeeze` narrows the characters.
    """
    commands: list[Command] = []
    for character, distance in zip(text, centres, strict=True):
        x0, y0, across, down = ring.at(ring.length / 2 - distance if below else distance)
        up = (-across, -down) if below else (across, down)
        half = fonts.width(character) / UNITS / 2

        def place(
            x: float,
            y: float,
            foot: tuple[float, float] = (x0, y0),
            up: tuple[float, float] = up,
            half: float = half,
        ) -> tuple[float, float]:
            right = (-up[1], up[0])
            aside, high = (x - half) * size * squeeze, y * size
            return foot[0] + aside * right[0] + high * up[0], foot[1] + aside * right[1] + high * up[1]

        commands += transformed(fonts.outline(character), place)
    return tuple(commands)


def even_centres(count: int, step: float) -> list[float]:
    """The middles of characters at equal distances about zero: how Chinese stands on a ring."""
    return [(place - (count - 1) / 2) * step for place in range(count)]


def running_centres(fonts: FontChain, text: str, scale: float) -> list[float]:
    """The middles of characters that follow one another by their widths, about zero; `scale` is millimetres per em."""
    widths = [fonts.width(character) / UNITS * scale for character in text]
    ends = list(accumulate(widths))
    return [end - width / 2 - ends[-1] / 2 for end, width in zip(ends, widths, strict=True)]


def straight(
    fonts: FontChain, text: str, *, x: float, baseline: float, size: float, width: float
) -> tuple[Command, ...]:
    """A line of text about `x`; narrowed, and below 60 % made smaller, until it is no wider than `width`."""
    natural = fonts.width(text) / UNITS
    squeeze = min(1.0, max(0.6, width / (natural * size)))
    size = min(size, width / (natural * squeeze))
    left = x - natural * size * squeeze / 2
    commands: list[Command] = []
    for character in text:

        def on_line(across: float, up: float, left: float = left) -> tuple[float, float]:
            return left + across * size * squeeze, baseline - up * size

        commands += transformed(fonts.outline(character), on_line)
        left += fonts.width(character) / UNITS * size * squeeze
    return tuple(commands)


def inked(commands: tuple[Command, ...], weight: float) -> Shape:
    """Characters in the seal's ink, `weight` millimetres heavier: a seal is cut in a heavier face than the font has."""
    return Shape(commands=commands, fill=RED, stroke=RED, line_width=weight)
