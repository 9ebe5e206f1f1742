"""Paths of an OFD (AbbreviatedData, GB/T 33190-2016 clause 9.1) as the few commands that everything is drawn with."""

import math
from typing import Final

from .errors import TooLargeError
from .page import Command

MAX_PATH_STEPS: Final = 100_000
"""Of one path."""

_OPERANDS: Final = {"S": 2, "M": 2, "L": 2, "Q": 4, "B": 6, "A": 7, "C": 0}
_Point = tuple[float, float]


def read_path(text: str) -> tuple[tuple[Command, ...], bool]:
    """The path, and whether all of it was understood; what stands behind the first slip is left out.

    Raises:
        TooLargeError: more than `MAX_PATH_STEPS`.
    """
    words = text.split()
    if len(words) > 8 * MAX_PATH_STEPS:
        raise TooLargeError(f"a path of more than {MAX_PATH_STEPS} steps")
    commands: list[Command] = []
    here: _Point | None = None
    start: _Point = (0.0, 0.0)
    at = 0
    while at < len(words):
        operator = words[at]
        count = _OPERANDS.get(operator)
        numbers = None if count is None else _numbers(words[at + 1 : at + 1 + count], count)
        if numbers is None or (here is None and operator not in "SM"):
            return tuple(commands), False
        at += 1 + len(numbers)
        if operator == "C":
            commands.append(Command("Z", ()))
            here = start
            continue
        if operator in "SM":
            start = (numbers[0], numbers[1])
            commands.append(Command("M", start))
        elif operator == "A":
            commands += _arc(here or start, numbers)
        else:
            commands.append(Command("C" if operator == "B" else operator, numbers))
        here = (numbers[-2], numbers[-1])
        if len(commands) > MAX_PATH_STEPS:
            raise TooLargeError(f"a path of more than {MAX_PATH_STEPS} steps")
    return tuple(commands), True


def read_numbers(text: str) -> tuple[float, ...]:
    """An array (ST_Array); empty when one of its parts is no number."""
    words = text.split()
    return _numbers(words, len(words)) or ()


def _numbers(words: list[str], count: int) -> tuple[float, ...] | None:
    if len(words) != count:
        return None
    try:
        numbers = tuple(float(word) for word in words)
    except ValueError:
        return None
    # Farther away nothing of a page lies, and sums of such numbers stay numbers.
    return numbers if all(abs(number) < 1e6 for number in numbers) else None


def _arc(start: _Point, numbers: tuple[float, ...]) -> list[Command]:
    """An elliptic arc as cubic curves: first its centre, from the ends (as SVG 1.1 F.6.5 has it), then the quarters."""
    (x1, y1), (rx, ry, turned, large, sweep, x2, y2) = start, numbers
    rx, ry = abs(rx), abs(ry)
    if rx < 1e-9 or ry < 1e-9 or math.dist((x1, y1), (x2, y2)) < 1e-9:
        return [Command("L", (x2, y2))]
    cos, sin = math.cos(math.radians(turned)), math.sin(math.radians(turned))
    dx, dy = (x1 - x2) / 2, (y1 - y2) / 2
    # In the frame of the ellipse, scaled to a circle of radius 1.
    ux, uy = (cos * dx + sin * dy) / rx, (cos * dy - sin * dx) / ry
    half = ux * ux + uy * uy
    if half > 1:  # the ends lie farther apart than the ellipse reaches: it grows
        rx, ry, ux, uy, half = rx * math.sqrt(half), ry * math.sqrt(half), ux / math.sqrt(half), uy / math.sqrt(half), 1
    reach = math.sqrt(max(0.0, 1 / half - 1)) * (-1 if bool(large) == bool(sweep) else 1)
    middle_x, middle_y = reach * uy, -reach * ux
    first = math.atan2(uy - middle_y, ux - middle_x)
    span = math.atan2(-uy - middle_y, -ux - middle_x) - first
    if sweep and span < 0:
        span += 2 * math.pi
    elif not sweep and span > 0:
        span -= 2 * math.pi

    def point(x: float, y: float) -> _Point:
        x, y = (x + middle_x) * rx, (y + middle_y) * ry
        return cos * x - sin * y + (x1 + x2) / 2, sin * x + cos * y + (y1 + y2) / 2

    pieces = max(1, math.ceil(abs(span) / (math.pi / 2) - 1e-9))
    step = span / pieces
    control = 4 / 3 * math.tan(step / 4)
    found = []
    for piece in range(pieces):
        one, other = first + piece * step, first + (piece + 1) * step
        controls = (
            point(math.cos(one) - control * math.sin(one), math.sin(one) + control * math.cos(one)),
            point(math.cos(other) + control * math.sin(other), math.sin(other) - control * math.cos(other)),
            (x2, y2) if piece == pieces - 1 else point(math.cos(other), math.sin(other)),
        )
        found.append(Command("C", tuple(part for pair in controls for part in pair)))
    return found
