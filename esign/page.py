"""What stands on a page, in millimetres from the top left corner, before any file format is chosen."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import NamedTuple

from .photo import Photograph

Colour = tuple[float, float, float]
"""Red, green and blue from 0 to 1 (sRGB)."""

BLACK: Colour = (0.0, 0.0, 0.0)
POINT = 25.4 / 72
"""One typographic point in millimetres."""
BOLD_PEN = 0.032
"""A pen of this share of the font size makes the shipped font's one weight look bold."""


class Command(NamedTuple):
    """One step of a path: M, L (x y), Q (2 points), C (3 points) or Z."""

    operator: str
    numbers: tuple[float, ...]


def transformed(
    commands: Iterable[Command], place: Callable[[float, float], tuple[float, float]]
) -> tuple[Command, ...]:
    """The same path with every point moved by `place`."""
    return tuple(
        Command(
            operator,
            tuple(part for at in range(0, len(numbers), 2) for part in place(numbers[at], numbers[at + 1])),
        )
        for operator, numbers in commands
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class TextRun:
    """One line of text in one size."""

    x: float
    y: float
    """Baseline."""
    size: float
    """Font size in points."""
    text: str
    colour: Colour = BLACK
    bold: bool = False
    """Drawn with a thin outline of its own colour; the shipped font has one weight."""
    spacing: float = 0.0
    """Extra millimetres after each character."""
    angle: float = 0.0
    """Degrees, anticlockwise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """A path that is stroked, filled or both."""

    commands: tuple[Command, ...]
    stroke: Colour | None = None
    fill: Colour | None = None
    line_width: float = 0.2
    """Millimetres."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Symbol:
    """A QR symbol; `size` is its side in millimetres without the quiet zone."""

    x: float
    y: float
    size: float
    modules: tuple[bytes, ...]
    """Rows from the top, one byte for each module: 1 is dark, 0 light."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Photo:
    """A photograph, from its top left corner."""

    x: float
    y: float
    width: float
    height: float
    photograph: Photograph


@dataclass(frozen=True, slots=True, kw_only=True)
class SealPlace:
    """Where a seal goes: the centre of its picture."""

    field: str
    """Name of the form field, for instance `Seal1`."""
    x: float
    y: float
    size: tuple[float, float] | None = None
    """Width and height of a picture that is put there later; the first seal's own picture says it itself."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Background:
    """Shapes under everything else that many files share, such as a frame; a writer prepares each of them once."""

    shapes: tuple[Shape, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One page; later items lie over earlier ones, the seals over all."""

    width: float
    height: float
    items: tuple[TextRun | Shape | Symbol | Photo, ...]
    background: Background | None = None
    watermarks: tuple[TextRun, ...] = ()
    """Pale text between the background and the items."""
    seals: tuple[SealPlace, ...] = ()


def line(x1: float, y1: float, x2: float, y2: float) -> tuple[Command, ...]:
    """The path of a straight line."""
    return (Command("M", (x1, y1)), Command("L", (x2, y2)))


def rectangle(x: float, y: float, width: float, height: float) -> tuple[Command, ...]:
    """The path of a rectangle."""
    return (
        Command("M", (x, y)),
        Command("L", (x + width, y)),
        Command("L", (x + width, y + height)),
        Command("L", (x, y + height)),
        Command("Z", ()),
    )


def lozenge(x: float, y: float, reach: float) -> tuple[Command, ...]:
    """The path of a square that stands on its corner, its centre at (x, y)."""
    return (
        Command("M", (x, y - reach)),
        Command("L", (x + reach, y)),
        Command("L", (x, y + reach)),
        Command("L", (x - reach, y)),
        Command("Z", ()),
    )


# Control points at this share of the radius make four cubic curves a circle within 0.03 %.
_CIRCLE = 0.5522847498


def circle(x: float, y: float, radius: float) -> tuple[Command, ...]:
    """The path of a circle about (x, y)."""
    k = _CIRCLE * radius
    return (
        Command("M", (x + radius, y)),
        Command("C", (x + radius, y + k, x + k, y + radius, x, y + radius)),
        Command("C", (x - k, y + radius, x - radius, y + k, x - radius, y)),
        Command("C", (x - radius, y - k, x - k, y - radius, x, y - radius)),
        Command("C", (x + k, y - radius, x + radius, y - k, x + radius, y)),
        Command("Z", ()),
    )
