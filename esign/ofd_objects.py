"""What stands on a page as the objects of OFD (GB/T 33190-2016 clauses 8.5, 9, 10 and 11).

Every object has a space of its own, whose origin is the upper left corner of its Boundary, and is cut off at that box:
the boxes here hold all the ink. Curves are cubic, since some readers draw neither quadratic ones nor arcs; colours are
whole numbers, since some readers refuse others.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import chain
from types import MappingProxyType
from typing import Final

from .fonts import UNITS
from .ofd_fonts import NO_FONTS, FontMeasures, OfdFonts
from .ofd_parts import number
from .page import BOLD_PEN, POINT, Colour, Shape, TextRun

# A corner reaches so many half widths of its line from the path at most (the standard's MiterLimit).
_MITER: Final = 4.234
_OPERATORS: Final = {"M": "M", "L": "L", "C": "B", "Q": "B", "Z": "C"}


class ObjectWriter:
    """Writes the objects of one file, each with the next ID: who draws by ID draws them in the right order."""

    def __init__(
        self,
        numbers: Iterator[int],
        measures: FontMeasures,
        fonts: OfdFonts = NO_FONTS,
        identifiers: Mapping[int, int] = MappingProxyType({}),
    ) -> None:
        """Write with the next of these IDs; `identifiers` are those of the fonts by their place in the chain."""
        self._numbers = numbers
        self._measures = measures
        self._fonts = fonts
        self._identifiers = identifiers

    def take(self) -> int:
        """The next ID."""
        return next(self._numbers)

    def text(self, run: TextRun, alpha: int | None = None) -> Iterator[str]:
        """One object for each piece of a line of text."""
        along = 0.0
        for font, piece in self._fonts.pieces(run.text) if run.text else ():
            known = self._measures.advances
            advances = [known[character] for character in piece]
            length = sum(advances) * run.size * POINT / UNITS + run.spacing * (len(piece) - 1)
            frame, begin = self._place(run, piece, along, length)
            glyphs = " ".join([self._fonts.glyphs[character] for character in piece])
            yield (
                f'<ofd:TextObject ID="{next(self._numbers)}" {frame} Font="{self._identifiers[font]}"'
                f"{_style(run.size, run.bold, run.colour, alpha)}"
                f'<ofd:CGTransform CodePosition="0" CodeCount="{len(piece)}" GlyphCount="{len(piece)}">'
                f"<ofd:Glyphs>{glyphs}</ofd:Glyphs></ofd:CGTransform>"
                f"<ofd:TextCode {begin}{_steps(advances, run)}>{self._fonts.written(piece)}"
                "</ofd:TextCode></ofd:TextObject>\n"
            )
            along += length + run.spacing

    def _place(self, run: TextRun, piece: str, along: float, length: float) -> tuple[str, str]:
        """Boundary of a piece that begins so far along its run, and where its first character stands in it."""
        size = run.size * POINT
        pen = size * BOLD_PEN / 2 if run.bold else 0.0
        ascent, descent, side = self._measures.room(piece)
        before, above = side * size + pen, ascent * size + pen
        width, height = length + 2 * before, above + descent * size + pen
        if run.angle:
            return _turned(run, along, (along - before, -above, along - before + width, height - above))
        left, top = round(run.x + along - before, 3), round(run.y - above, 3)
        return (
            f'Boundary="{number(left)} {number(top)} {number(width)} {number(height)}"',
            f'X="{number(run.x + along - left)}" Y="{number(run.y - top)}"',
        )

    def shape(self, shape: Shape) -> str:
        """A path; nothing when it has no points, as the outline of a space."""
        if not shape.commands:
            return ""
        return f'<ofd:PathObject ID="{next(self._numbers)}"{_path_object(shape)}\n'

    def image(self, resource: int, x: float, y: float, width: float, height: float) -> str:
        """A picture; its unit square is stretched over the box."""
        across, down = number(width), number(height)
        return (
            f'<ofd:ImageObject ID="{self.take()}" Boundary="{number(x)} {number(y)} {across} {down}"'
            f' CTM="{across} 0 0 {down} 0 0" ResourceID="{resource}"/>\n'
        )


def _turned(run: TextRun, along: float, ink: tuple[float, float, float, float]) -> tuple[str, str]:
    """The same for text that is not level: it is written in a space that is turned about the run's beginning."""
    cos, sin = math.cos(math.radians(run.angle)), math.sin(math.radians(run.angle))
    corners = [(cos * x + sin * y, cos * y - sin * x) for x in ink[0::2] for y in ink[1::2]]
    across, down = zip(*corners, strict=True)
    left, top = round(run.x + min(across), 3), round(run.y + min(down), 3)
    box = (left, top, max(across) - min(across), max(down) - min(down))
    turn = " ".join(f"{part:.4f}" for part in (cos, -sin, sin, cos))
    return (
        f'Boundary="{" ".join(map(number, box))}" CTM="{turn} {number(run.x - left)} {number(run.y - top)}"',
        f'X="{number(along)}" Y="0"',
    )


@lru_cache(maxsize=1024)
def _style(points: float, bold: bool, colour: Colour, alpha: int | None) -> str:
    """Size, pen and colours of a text."""
    size = points * POINT
    seen = "" if alpha is None else f' Alpha="{alpha}"'
    pen = f' Stroke="true" LineWidth="{number(size * BOLD_PEN)}"' if bold else ""
    stroke = f'<ofd:StrokeColor Value="{_colour(colour)}"{seen}/>' if bold else ""
    return f' Size="{number(size)}"{pen}><ofd:FillColor Value="{_colour(colour)}"{seen}/>{stroke}'


def _steps(advances: Sequence[float], run: TextRun) -> str:
    """From each character's place to the next one's."""
    if len(advances) == 1:
        return ""
    size = run.size * POINT / UNITS
    steps = {advance: number(advance * size + run.spacing) for advance in set(advances)}
    return f' DeltaX="{" ".join([steps[advance] for advance in advances[:-1]])}"'


def _colour(colour: Colour) -> str:
    return " ".join(str(round(part * 255)) for part in colour)


# The lines of the forms are the same in all licences of a type.
@lru_cache(maxsize=4096)
def _path_object(shape: Shape) -> str:
    """A path; whether it is stroked and filled is always said: readers differ in what they take for granted."""
    numbers = [part for command in shape.commands for part in command.numbers]
    across, down = numbers[0::2], numbers[1::2]
    margin = 0.0 if shape.stroke is None else shape.line_width * _MITER / 2
    left, top = round(min(across) - margin, 3), round(min(down) - margin, 3)
    box = " ".join(map(number, (left, top, max(across) + margin - left, max(down) + margin - top)))
    weight = stroke = fill = ""
    if shape.stroke is not None:
        weight = f' LineWidth="{number(shape.line_width)}"'
        stroke = f'<ofd:StrokeColor Value="{_colour(shape.stroke)}"/>'
    if shape.fill is not None:
        fill = f'<ofd:FillColor Value="{_colour(shape.fill)}"/>'
    return (
        f' Boundary="{box}"{weight} Stroke="{_truth(stroke)}" Fill="{_truth(fill)}">{stroke}{fill}'
        f"<ofd:AbbreviatedData>{_path(shape, left, top)}</ofd:AbbreviatedData></ofd:PathObject>"
    )


def _truth(written: str) -> str:
    return "true" if written else "false"


def _path(shape: Shape, left: float, top: float) -> str:
    parts: list[str] = []
    here = (0.0, 0.0)
    for operator, numbers in shape.commands:
        points: Sequence[tuple[float, float]] = [
            (numbers[at] - left, numbers[at + 1] - top) for at in range(0, len(numbers), 2)
        ]
        if operator == "Q":
            # The cubic curve with the same course (degree elevation).
            control, target = points
            points = (_between(here, control), _between(target, control), target)
        parts.append(_OPERATORS[operator])
        parts += [number(part) for part in chain.from_iterable(points)]
        here = points[-1] if points else here
    return " ".join(parts)


def _between(end: tuple[float, float], control: tuple[float, float]) -> tuple[float, float]:
    return end[0] + 2 / 3 * (control[0] - end[0]), end[1] + 2 / 3 * (control[1] - end[1])
