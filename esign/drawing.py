"""What a page shows, put together from a file of any form: filled and stroked paths, glyphs of fonts, pictures.

Everything is in millimetres from the top left corner of the page. From the same sheets a PDF and pictures are made.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from PIL import Image

from .page import Command

Matrix = tuple[float, float, float, float, float, float]
"""a b c d e f: x' = a x + c y + e, y' = b x + d y + f."""
UNCHANGED: Final[Matrix] = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)

Box = tuple[float, float, float, float]
"""Left, top, right, bottom."""


class Ink(NamedTuple):
    """A colour; each part from 0 to 255, the opacity from 0 to 1."""

    red: int
    green: int
    blue: int
    opacity: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Pen:
    """How a path is stroked."""

    ink: Ink
    width: float
    dashes: tuple[float, ...] = ()
    """Lengths of dash and gap in turn; empty: a whole line."""
    offset: float = 0.0
    round: bool = False
    """Ends and corners; else the ends are cut off and corners mitred."""


class Area(NamedTuple):
    """What a clip leaves to be seen."""

    commands: tuple[Command, ...]
    even_odd: bool = False


Clip = tuple[Area, ...]
"""Only what lies in all of these shows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawnPath:
    """A path, filled, stroked or both, in this order."""

    commands: tuple[Command, ...]
    fill: Ink | None = None
    even_odd: bool = False
    pen: Pen | None = None
    clip: Clip = ()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DrawnOutline:
    """The outline of one glyph for a font size of 1, y upwards; the glyphs of a font share it."""

    commands: tuple[Command, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawnText:
    """Glyphs of one colour, each with its place."""

    glyphs: Sequence[tuple[DrawnOutline, Matrix]]
    fill: Ink | None = None
    pen: Pen | None = None
    clip: Clip = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawnPicture:
    """A picture; the unit square from its top left corner is put by the matrix."""

    image: Image.Image = field(repr=False)
    """RGB or RGBA."""
    place: Matrix
    opacity: float = 1.0
    multiplied: bool = False
    """What is under it shows through, as under the ink of a stamp."""
    clip: Clip = ()


Drawn = DrawnPath | DrawnText | DrawnPicture


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """One page; later items lie over earlier ones."""

    width: float
    height: float
    items: Sequence[Drawn]


def after(first: Matrix, then: Matrix) -> Matrix:
    """The matrix that does both, one after the other."""
    a, b, c, d, e, f = first
    k, l, m, n, o, p = then  # noqa: E741
    return a * k + b * m, a * l + b * n, c * k + d * m, c * l + d * n, e * k + f * m + o, e * l + f * n + p


def moved(x: float, y: float) -> Matrix:
    """The matrix of a shift."""
    return 1.0, 0.0, 0.0, 1.0, x, y


def scale_of(matrix: Matrix) -> float:
    """By how much lengths grow, on the average of all directions."""
    a, b, c, d, _, _ = matrix
    return math.sqrt(abs(a * d - b * c))


def put(commands: Iterable[Command], matrix: Matrix) -> tuple[Command, ...]:
    """The path after the matrix."""
    a, b, c, d, e, f = matrix
    found = []
    for operator, numbers in commands:
        # Written out: this is where most of the time goes.
        if len(numbers) == 2:
            x, y = numbers
            moved_to: tuple[float, ...] = (a * x + c * y + e, b * x + d * y + f)
        elif len(numbers) == 4:
            x, y, z, w = numbers
            moved_to = (a * x + c * y + e, b * x + d * y + f, a * z + c * w + e, b * z + d * w + f)
        elif numbers:
            x, y, z, w, u, v = numbers
            moved_to = (
                a * x + c * y + e, b * x + d * y + f, a * z + c * w + e, b * z + d * w + f,
                a * u + c * v + e, b * u + d * v + f,
            )  # fmt: skip
        else:
            moved_to = ()
        found.append(Command(operator, moved_to))
    return tuple(found)


def box_of(commands: Iterable[Command]) -> Box | None:
    """A box around a path, control points included; None when it has no point."""
    xs = [number for command in commands for number in command.numbers[::2]]
    ys = [number for command in commands for number in command.numbers[1::2]]
    return (min(xs), min(ys), max(xs), max(ys)) if xs else None
