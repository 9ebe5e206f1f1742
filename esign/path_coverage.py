"""How much of each dot of a picture a path covers.

Each path is drawn several times finer than the dots in both directions and then joined, for smooth edges; only the part
of the picture that it touches is computed with. Everything here is in dots.
"""

import math
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Final, NamedTuple

from PIL import Image, ImageChops, ImageDraw

from .drawing import Pen
from .page import Command

FINER: Final = 4
_SMALL: Final = 10_000
"""Dots of a box that is drawn finer still."""
_STAR: Final = 32
"""Corners of a contour that is looked at for going around its middle more than once."""
_PIECES: Final = 16
"""Straight pieces of a line that are drawn together: of a long one each lot touches a small part of the picture."""
_NO_WINDING: Final = 128
_STEPS: Final = 0.7
"""Dots of a curve that are drawn as one straight line."""

Point = tuple[float, float]
Dots = tuple[int, int, int, int]
"""Left, top, right and bottom of some dots."""
Coverage = tuple[Image.Image, int, int]
"""How much of each dot is covered, and where the first of them lies."""


def _touched(contours: Sequence[Sequence[Point]], window: Dots, reach: float) -> Dots | None:
    """The dots of a window that a path may touch."""
    xs = [x for contour in contours for x, _ in contour]
    ys = [y for contour in contours for _, y in contour]
    if not xs:
        return None
    left, top = max(window[0], math.floor(min(xs) - reach)), max(window[1], math.floor(min(ys) - reach))
    right, bottom = min(window[2], math.ceil(max(xs) + reach)), min(window[3], math.ceil(max(ys) + reach))
    return (left, top, right, bottom) if left < right and top < bottom else None


def filled(contours: Sequence[Sequence[Point]], window: Dots, *, even_odd: bool) -> Coverage | None:
    """How much of each dot the inside of a path covers."""
    box = _touched(contours, window, 0)
    if box is None:
        return None
    left, top, right, bottom = box
    if len(contours) == 1 and (edges := upright(contours[0])) is not None:
        return _rectangle(edges, box), left, top
    # Pillow also colours the dots on an edge: of something small that would be seen.
    finer = FINER if (right - left) * (bottom - top) > _SMALL else 2 * FINER
    size = ((right - left) * finer, (bottom - top) * finer)
    # By the even-odd rule every contour turns over what is inside; by the nonzero rule they are counted by direction.
    found = Image.new("L", size, 0 if even_odd else _NO_WINDING)
    for contour in contours:
        fine = [((x - left) * finer - 0.5, (y - top) * finer - 0.5) for x, y in contour]
        part = _touched([fine], (0, 0, *size), 1)
        if part is None:
            continue
        one = Image.new("L", (part[2] - part[0], part[3] - part[1]), 0)
        shift = [(x - part[0], y - part[1]) for x, y in fine]
        for polygon in [shift] if even_odd else _simple(shift):
            ImageDraw.Draw(one).polygon(polygon, fill=255 if even_odd else 1)
        before = found.crop(part)
        if even_odd:
            after_it = ImageChops.difference(before, one)
        else:
            after_it = (ImageChops.add if _area(fine) > 0 else ImageChops.subtract)(before, one)
        found.paste(after_it, part)
    if not even_odd:
        found = found.point([0 if value == _NO_WINDING else 255 for value in range(256)])
    return found.reduce(finer), left, top


def _simple(contour: list[Point]) -> list[list[Point]]:
    """Polygons that together are what the nonzero rule fills of a contour.

    Pillow fills each by the even-odd rule: a star of five strokes, which goes around its middle twice, gets a hole.
    """
    if not 4 < len(contour) <= _STAR:
        return [contour]
    x, y = (sum(point[axis] for point in contour) / len(contour) for axis in (0, 1))
    rays = [(point[0] - x, point[1] - y) for point in (*contour, contour[0])]
    turns = [one[0] * other[1] - one[1] * other[0] for one, other in pairwise(rays)]
    whole = sum(
        math.atan2(turn, one[0] * other[0] + one[1] * other[1])
        for turn, (one, other) in zip(turns, pairwise(rays), strict=True)
    )
    if abs(whole) < 3 * math.pi or not (min(turns) >= 0 or max(turns) <= 0):
        return [contour]
    return [[(x, y), one, other] for one, other in pairwise([*contour, contour[0]])]


def stroked(contours: Sequence[Sequence[Point]], window: Dots, pen: Pen, scale: float) -> Coverage | None:
    """How much of each dot a line covers; one thinner than a dot covers as much of it as it is wide."""
    width = max(pen.width * scale, 0.02)
    reach = width / 2
    lines = [piece for contour in contours for piece in _dashed(contour, pen, scale)]
    box = _touched(lines, window, reach + 1)
    if box is None:
        return None
    # The finer grid cannot show less than one of its own dots.
    fine_width = max(width, 1 / FINER)
    share = [round(value * width / fine_width) for value in range(256)]
    lots = [lot for line in lines for lot in _lots(line, box, reach + 1, round_ends=pen.round)]
    # Where they lie over each other it is cheaper to draw on the whole.
    if sum(_size(lot.box) for lot in lots) > 2 * _size(box):
        return _inked(lots, box, fine_width).point(share), box[0], box[1]
    found = Image.new("L", (box[2] - box[0], box[3] - box[1]), 0)
    for lot in lots:
        part = lot.box
        place = (part[0] - box[0], part[1] - box[1], part[2] - box[0], part[3] - box[1])
        one = _inked([lot], part, fine_width).point(share)
        found.paste(ImageChops.lighter(found.crop(place), one), place)
    return found, box[0], box[1]


class _Lot(NamedTuple):
    """Some straight pieces of a line."""

    box: Dots
    points: Sequence[Point]
    corners: Sequence[Point]
    """Those at which the pen is round."""


def _lots(line: Sequence[Point], window: Dots, reach: float, *, round_ends: bool) -> Iterator[_Lot]:
    """A line in lots, without those that lie outside the window."""
    last = len(line) - 1
    ends = round_ends or line[0] == line[-1]
    for begin in range(0, max(1, last), _PIECES):
        points = line[begin : begin + _PIECES + 1]
        box = _touched([points], window, reach)
        if box is not None:
            corners = [point for at, point in enumerate(points, start=begin) if ends or 0 < at < last]
            yield _Lot(box, points, corners)


def _size(box: Dots) -> int:
    return (box[2] - box[0]) * (box[3] - box[1])


def _inked(lots: Sequence[_Lot], box: Dots, width: float) -> Image.Image:
    """How much of each dot of a box these pieces cover."""
    fine = Image.new("L", ((box[2] - box[0]) * FINER, (box[3] - box[1]) * FINER), 0)
    draw, reach = ImageDraw.Draw(fine), width * FINER / 2
    for lot in lots:
        points, corners = (
            [((x - box[0]) * FINER, (y - box[1]) * FINER) for x, y in some] for some in (lot.points, lot.corners)
        )
        _draw_line(draw, points, reach)
        if reach > 1:
            for x, y in corners:
                draw.ellipse((x - reach, y - reach, x + reach - 1, y + reach - 1), fill=255)
    return fine.reduce(FINER)


def _draw_line(draw: ImageDraw.ImageDraw, points: Sequence[Point], reach: float) -> None:
    # Pillow also colours the dots on an edge: half a fine dot less on each side.
    share = max(0.0, reach - 0.5)
    for (x1, y1), (x2, y2) in pairwise(points):
        length = math.hypot(x2 - x1, y2 - y1)
        if length == 0:
            continue
        x, y = (y2 - y1) / length * share - 0.5, (x1 - x2) / length * share - 0.5
        u, v = -x - 1, -y - 1
        draw.polygon([(x1 + x, y1 + y), (x2 + x, y2 + y), (x2 + u, y2 + v), (x1 + u, y1 + v)], fill=255)


def _dashed(contour: Sequence[Point], pen: Pen, scale: float) -> Iterator[Sequence[Point]]:
    """The parts of a line that are drawn."""
    lengths = [length * scale for length in pen.dashes]
    if not lengths or sum(lengths) < 0.5:
        yield contour
        return
    if len(lengths) % 2:
        lengths *= 2
    at, left = 0, (pen.offset * scale) % sum(lengths)
    while left >= lengths[at]:
        left -= lengths[at]
        at = (at + 1) % len(lengths)
    left = lengths[at] - left
    line = [contour[0]]
    for one, other in pairwise(contour):
        length = math.dist(one, other)
        gone = 0.0
        while length - gone > left:
            gone += left
            point = one[0] + (other[0] - one[0]) * gone / length, one[1] + (other[1] - one[1]) * gone / length
            if at % 2 == 0:
                yield [*line, point]
            line = [point]
            at = (at + 1) % len(lengths)
            left = max(lengths[at], 0.01)
        left -= length - gone
        line.append(other)
    if at % 2 == 0 and len(line) > 1:
        yield line


def _area(contour: Sequence[Point]) -> float:
    closed = [*contour, contour[0]]
    return sum(one[0] * other[1] - other[0] * one[1] for one, other in pairwise(closed)) / 2


def upright(contour: Sequence[Point]) -> tuple[float, float, float, float] | None:
    """Left, top, right and bottom of a rectangle along the axes; None when it is none."""
    corners = contour[:-1] if contour[0] == contour[-1] else contour
    xs, ys = sorted({round(x, 3) for x, _ in corners}), sorted({round(y, 3) for _, y in corners})
    if len(corners) != 4 or len(xs) != 2 or len(ys) != 2:
        return None
    turns = [(one[0] == other[0]) != (one[1] == other[1]) for one, other in pairwise([*corners, corners[0]])]
    return (xs[0], ys[0], xs[1], ys[1]) if all(turns) else None


def _rectangle(edges: tuple[float, float, float, float], box: Dots) -> Image.Image:
    """How much of each dot of a box a rectangle covers: that of its column times that of its row."""
    columns, rows = (
        bytes(round(255 * max(0.0, min(dot + 1, end) - max(dot, begin))) for dot in range(first, last))
        for begin, end, first, last in ((edges[0], edges[2], box[0], box[2]), (edges[1], edges[3], box[1], box[3]))
    )
    size = (len(columns), len(rows))
    across = Image.frombytes("L", (size[0], 1), columns).resize(size, Image.Resampling.NEAREST)
    return ImageChops.multiply(across, Image.frombytes("L", (1, size[1]), rows).resize(size, Image.Resampling.NEAREST))


def contours_of(commands: Sequence[Command]) -> Iterator[list[Point]]:
    """Each part of a path as straight pieces."""
    contour: list[Point] = []
    for operator, numbers in commands:
        if operator == "M":
            if len(contour) > 1:
                yield contour
            contour = [(numbers[0], numbers[1])]
        elif operator == "Z":
            if len(contour) > 1:
                yield [*contour, contour[0]]
            contour = contour[:1]
        elif operator == "L":
            contour.append((numbers[0], numbers[1]))
        elif operator == "Q":
            contour += _quadratic(contour[-1], numbers)
        else:
            contour += _cubic(contour[-1], numbers)
    if len(contour) > 1:
        yield contour


def _steps(start: Point, numbers: Sequence[float]) -> list[float]:
    """The shares of a curve at which its straight pieces end."""
    length, (x, y) = 0.0, start
    for at in range(0, len(numbers), 2):
        length += abs(numbers[at] - x) + abs(numbers[at + 1] - y)
        x, y = numbers[at], numbers[at + 1]
    count = min(200, max(2, math.ceil(math.sqrt(length / _STEPS) * 1.5)))
    return _SHARES[count]


_SHARES: Final = [[step / count for step in range(1, count + 1)] for count in range(201)]


def _quadratic(start: Point, numbers: Sequence[float]) -> Iterator[Point]:
    (x0, y0), (x1, y1, x2, y2) = start, numbers
    for t in _steps(start, numbers):
        s = 1 - t
        yield s * s * x0 + 2 * s * t * x1 + t * t * x2, s * s * y0 + 2 * s * t * y1 + t * t * y2


def _cubic(start: Point, numbers: Sequence[float]) -> Iterator[Point]:
    (x0, y0), (x1, y1, x2, y2, x3, y3) = start, numbers
    for t in _steps(start, numbers):
        s = 1 - t
        a, b, c, d = s * s * s, 3 * s * s * t, 3 * s * t * t, t * t * t
        yield a * x0 + b * x1 + c * x2 + d * x3, a * y0 + b * y1 + c * y2 + d * y3
