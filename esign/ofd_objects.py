"""What stands on a page as the objects of OFD (GB/T 33190-2016 clauses 8.5, 9, 10 and 11).

Every object has a space of its own, whose origin is the upper left corner of its Boundary, and is cut off at that box:
the boxes here hold all the ink. Curves are cubic, since some readers draw neither quadratic ones nor arcs; colours are
whole numbers, since some readers refuse others.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import chain
from typing import Final

from .fonts import UNITS
from .ofd_fonts import FontMeasures, OfdFonts
from .ofd_parts import number, xml_text
from .page import BOLD_PEN, POINT, Colour, Shape, TextRun

# A corner reaches so many half widths of its line from the path at most (the standard's MiterLimit).
_MITER: Final = 4.234
_OPERATORS: Final = {"M": "M", "L": "L", "C": "B", "Q": "B", "Z": "C"}


class ObjectWriter:
    """Writes the objects of one file, each with the next ID: who draws by ID draws them in the right order."""

    def __init__(self, first: int, measures: FontMeasures, fonts: OfdFonts, identifiers: Mapping[int, int]) -> None:
        """`identifiers` are those of the fonts by their place in the chain."""
        self._next = first
        self._measures = measures
        self._fonts = fonts
        self._identifiers = identifiers

    def take(self) -> int:
        """The next ID."""
        self._next += 1
        return self._next - 1

    @property
    def highest(self) -> int:
        """The last ID that was taken."""
        return self._next - 1

    def text(self, run: TextRun, alpha: int | None = None) -> Iterator[str]:
        """One object for each piece of a line of text."""
        along = 0.0
        for font, piece in self._fonts.pieces(run.text) if run.text else ():
            yield self._piece(run, piece, font, along, alpha)
            along += self._length(run, piece) + run.spacing

    def _length(self, run: TextRun, piece: str) -> float:
        """Millimetres from the first character's place to where the last one's width ends."""
        advances = self._measures.advances
        wide = sum([advances[character] for character in piece])
        return wide * run.size * POINT / UNITS + run.spacing * (len(piece) - 1)

    def _piece(self, run: TextRun, piece: str, font: int, along: float, alpha: int | None) -> str:
        size = run.size * POINT
        pen = size * BOLD_PEN if run.bold else 0.0
        room = self._measures.room(piece)
        side, ascent, descent = (part * size + pen / 2 for part in (room.side, room.ascent, room.descent))
        ink = (along - side, -ascent, along + self._length(run, piece) + side, descent)
        frame, begin = _turned(run, ink, along) if run.angle else _level(run, ink, along)
        advances, glyphs = self._measures.advances, self._fonts.glyphs
        steps = " ".join([_step(advances[character], size, run.spacing) for character in piece[:-1]])
        seen = "" if alpha is None else f' Alpha="{alpha}"'
        fill = f'<ofd:FillColor Value="{_colour(run.colour)}"{seen}/>'
        bold = stroke = ""
        if run.bold:
            bold = f' Stroke="true" LineWidth="{number(pen)}"'
            stroke = f'<ofd:StrokeColor Value="{_colour(run.colour)}"{seen}/>'
        count = len(piece)
        return (
            f'<ofd:TextObject ID="{self.take()}" {frame} Font="{self._identifiers[font]}" Size="{number(size)}"{bold}>'
            f'{fill}{stroke}<ofd:CGTransform CodePosition="0" CodeCount="{count}" GlyphCount="{count}">'
            f"<ofd:Glyphs>{' '.join([glyphs[character] for character in piece])}</ofd:Glyphs></ofd:CGTransform>"
            f"<ofd:TextCode {begin}{steps and f' DeltaX="{steps}"'}>{xml_text(piece)}</ofd:TextCode></ofd:TextObject>\n"
        )

    def shape(self, shape: Shape) -> str:
        """A path."""
        return path_object(self.take(), shape)

    def image(self, resource: int, x: float, y: float, width: float, height: float) -> str:
        """A picture; its unit square is stretched over the box."""
        across, down = number(width), number(height)
        return (
            f'<ofd:ImageObject ID="{self.take()}" Boundary="{number(x)} {number(y)} {across} {down}"'
            f' CTM="{across} 0 0 {down} 0 0" ResourceID="{resource}"/>\n'
        )


def path_object(identifier: int, shape: Shape) -> str:
    """A path; whether it is stroked and filled is always said: readers differ in what they take for granted."""
    numbers = [part for command in shape.commands for part in command.numbers]
    across, down = numbers[0::2], numbers[1::2]
    margin = shape.line_width * _MITER / 2 if shape.stroke is not None else 0.0
    left, top = round(min(across) - margin, 3), round(min(down) - margin, 3)
    width, height = max(across) + margin - left, max(down) + margin - top
    stroked = fill = weight = ""
    if shape.stroke is not None:
        weight = f' LineWidth="{number(shape.line_width)}"'
        stroked = f'<ofd:StrokeColor Value="{_colour(shape.stroke)}"/>'
    if shape.fill is not None:
        fill = f'<ofd:FillColor Value="{_colour(shape.fill)}"/>'
    return (
        f'<ofd:PathObject ID="{identifier}" Boundary="{number(left)} {number(top)} {number(width)} {number(height)}"'
        f'{weight} Stroke="{_truth(stroked)}" Fill="{_truth(fill)}">{stroked}{fill}'
        f"<ofd:AbbreviatedData>{_path(shape, left, top)}</ofd:AbbreviatedData></ofd:PathObject>\n"
    )


def _level(run: TextRun, ink: tuple[float, float, float, float], along: float) -> tuple[str, str]:
    """Boundary, and where the first character stands in it."""
    left, top = round(run.x + ink[0], 3), round(run.y + ink[1], 3)
    frame = f'Boundary="{number(left)} {number(top)} {number(ink[2] - ink[0])} {number(ink[3] - ink[1])}"'
    return frame, f'X="{number(run.x + along - left)}" Y="{number(run.y - top)}"'


def _turned(run: TextRun, ink: tuple[float, float, float, float], along: float) -> tuple[str, str]:
    """The same for text that is not level: it is written in a space that is turned about the run's beginning."""
    cos, sin = math.cos(math.radians(run.angle)), math.sin(math.radians(run.angle))
    corners = [(cos * x + sin * y, cos * y - sin * x) for x in ink[0::2] for y in ink[1::2]]
    across, down = zip(*corners, strict=True)
    left, top = round(run.x + min(across), 3), round(run.y + min(down), 3)
    width, height = max(across) - min(across), max(down) - min(down)
    turn = " ".join(f"{part:.4f}" for part in (cos, -sin, sin, cos))
    return (
        f'Boundary="{number(left)} {number(top)} {number(width)} {number(height)}"'
        f' CTM="{turn} {number(run.x - left)} {number(run.y - top)}"',
        f'X="{number(along)}" Y="0"',
    )


@lru_cache(maxsize=4096)
def _step(advance: float, size: float, spacing: float) -> str:
    """From one character's place to the next one's."""
    return number(advance * size / UNITS + spacing)


@lru_cache(maxsize=256)
def _colour(colour: Colour) -> str:
    return " ".join(str(round(part * 255)) for part in colour)


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
