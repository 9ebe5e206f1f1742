"""Sheets as pictures of dots.

Each path is drawn four times finer than the dots in both directions and then joined, for smooth edges; only the part
of the sheet that it touches is computed with.
"""

import io
import math
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Final, NamedTuple

from PIL import Image, ImageChops, ImageDraw

from .drawing import (
    Area,
    Clip,
    Drawn,
    DrawnOutline,
    DrawnPath,
    DrawnPicture,
    DrawnText,
    Ink,
    Matrix,
    Pen,
    Sheet,
    after,
    box_of,
    put,
)
from .page import Command

_FINER: Final = 4
_FINER_PICTURE: Final = 2
_SMALL: Final = 10_000
"""Dots of a box."""
_PIECES: Final = 16
"""Straight pieces of a line that are drawn together: of a long one each lot touches a small part of the sheet."""
_NO_WINDING: Final = 128
_STEPS: Final = 0.7
"""Dots of a curve that are drawn as one straight line."""

_Point = tuple[float, float]
_Dots = tuple[int, int, int, int]


def sheet_png(sheet: Sheet, dots_per_inch: float) -> bytes:
    """The PNG of a sheet; the same sheet gives the same bytes."""
    scale = dots_per_inch / 25.4
    # A dot of which the page has a part counts, as in other programs; but not for a rounding of the size.
    size = (max(1, math.ceil(side * scale - 0.01)) for side in (sheet.width, sheet.height))
    canvas = _Canvas((next(size), next(size)), scale)
    for item in sheet.items:
        canvas.draw(item)
    out = io.BytesIO()
    canvas.image.save(out, "PNG", dpi=(dots_per_inch, dots_per_inch))
    return out.getvalue()


class _Canvas:
    """White paper, on which things are drawn one over the other."""

    def __init__(self, size: tuple[int, int], scale: float) -> None:
        self.image = Image.new("RGB", size, (255, 255, 255))
        self._scale: Matrix = (scale, 0.0, 0.0, scale, 0.0, 0.0)
        self._glyphs: dict[tuple[object, ...], tuple[Image.Image, int, int] | None] = {}
        self._shapes: dict[tuple[object, ...], list[list[_Point]]] = {}
        self._kept: list[DrawnOutline] = []

    def draw(self, item: Drawn) -> None:
        window, areas = self._window(item.clip)
        if window[0] >= window[2] or window[1] >= window[3]:
            return
        if isinstance(item, DrawnPath):
            self._draw_path(item, window, areas)
        elif isinstance(item, DrawnText):
            self._draw_text(item, window, areas)
        else:
            self._draw_picture(item, window, areas)

    def _window(self, clip: Clip) -> tuple[_Dots, list[Area]]:
        """The dots that a clip leaves: where it is upright a box, and else areas still to be asked."""
        left, top, right, bottom = 0, 0, *self.image.size
        areas = []
        for area in clip:
            commands = put(area.commands, self._scale)
            box = box_of(commands)
            if box is None:
                return (0, 0, 0, 0), []
            left, top = max(left, math.floor(box[0] + 0.02)), max(top, math.floor(box[1] + 0.02))
            right, bottom = min(right, math.ceil(box[2] - 0.02)), min(bottom, math.ceil(box[3] - 0.02))
            contours = list(_contours(commands))
            if len(contours) != 1 or _upright(contours[0]) is None:
                areas.append(Area(commands, area.even_odd))
        return (left, top, right, bottom), areas

    def _draw_path(self, item: DrawnPath, window: _Dots, areas: Sequence[Area]) -> None:
        contours = list(_contours(put(item.commands, self._scale)))
        if item.fill is not None and (filled := _filled(contours, window, even_odd=item.even_odd)) is not None:
            self._lay(item.fill, *filled, areas)
        if item.pen is not None and (stroked := _stroked(contours, window, item.pen, self._scale[0])) is not None:
            self._lay(item.pen.ink, *stroked, areas)

    def _draw_text(self, item: DrawnText, window: _Dots, areas: Sequence[Area]) -> None:
        for outline, place in item.glyphs:
            if item.fill is not None and (found := self._glyph(outline, after(place, self._scale))) is not None:
                self._lay(item.fill, *_cut(*found, window), areas)
            if item.pen is not None:
                contours = list(_contours(put(put(outline.commands, place), self._scale)))
                if (stroked := _stroked(contours, window, item.pen, self._scale[0])) is not None:
                    self._lay(item.pen.ink, *stroked, areas)

    def _glyph(self, outline: DrawnOutline, place: Matrix) -> tuple[Image.Image, int, int] | None:
        """How much of each dot a glyph covers; those of one size at the same part of a dot are computed once."""
        x, y = round(place[4] * _FINER), round(place[5] * _FINER)
        shape = tuple(round(part, 3) for part in place[:4])
        key = (id(outline), shape, x % _FINER, y % _FINER)
        if key not in self._glyphs:
            at_origin = self._shapes.get(key[:2])
            if at_origin is None:
                self._kept.append(outline)
                at_origin = list(_contours(put(outline.commands, (*place[:4], 0.0, 0.0))))
                self._shapes[key[:2]] = at_origin
            right, down = (x % _FINER) / _FINER, (y % _FINER) / _FINER
            contours = [[(one + right, other + down) for one, other in contour] for contour in at_origin]
            width, height = self.image.size
            window = -width, -height, width, height
            self._glyphs[key] = _filled(contours, window, even_odd=False)
        found = self._glyphs[key]
        return None if found is None else (found[0], found[1] + x // _FINER, found[2] + y // _FINER)

    def _draw_picture(self, item: DrawnPicture, window: _Dots, areas: Sequence[Area]) -> None:
        place = after(item.place, self._scale)
        corners = box_of(put(_SQUARE, place))
        if corners is None:
            return
        left, top = max(window[0], math.floor(corners[0])), max(window[1], math.floor(corners[1]))
        right, bottom = min(window[2], math.ceil(corners[2])), min(window[3], math.ceil(corners[3]))
        if left >= right or top >= bottom:
            return
        shown = _turned(item.image, place, (left, top, right, bottom))
        if shown is None:
            return
        mask = shown.getchannel("A")
        if item.opacity < 1:
            mask = mask.point([round(value * item.opacity) for value in range(256)])
        colours = shown.convert("RGB")
        if item.multiplied:
            colours = ImageChops.multiply(colours, self.image.crop((left, top, right, bottom)))
        self.image.paste(colours, (left, top), _within(mask, left, top, areas))

    def _lay(self, ink: Ink, mask: Image.Image | None, left: int, top: int, areas: Sequence[Area]) -> None:
        if mask is None:
            return
        if ink.opacity < 1:
            mask = mask.point([round(value * ink.opacity) for value in range(256)])
        mask = _within(mask, left, top, areas)
        self.image.paste(ink[:3], (left, top, left + mask.width, top + mask.height), mask)


_SQUARE: Final = (Command("M", (0, 0)), Command("L", (1, 0)), Command("L", (1, 1)), Command("L", (0, 1)))


def _within(mask: Image.Image, left: int, top: int, areas: Sequence[Area]) -> Image.Image:
    """What is left of a mask in these areas."""
    for area in areas:
        window = (left, top, left + mask.width, top + mask.height)
        found = _filled(list(_contours(area.commands)), window, even_odd=area.even_odd)
        whole = Image.new("L", mask.size, 0)
        if found is not None:
            whole.paste(found[0], (found[1] - left, found[2] - top))
        mask = ImageChops.multiply(mask, whole)
    return mask


def _cut(mask: Image.Image, left: int, top: int, window: _Dots) -> tuple[Image.Image | None, int, int]:
    """The part of a mask that lies in the window."""
    box = (
        max(left, window[0]),
        max(top, window[1]),
        min(left + mask.width, window[2]),
        min(top + mask.height, window[3]),
    )
    if box == (left, top, left + mask.width, top + mask.height):
        return mask, left, top
    if box[0] >= box[2] or box[1] >= box[3]:
        return None, 0, 0
    return mask.crop((box[0] - left, box[1] - top, box[2] - left, box[3] - top)), box[0], box[1]


def _touched(contours: Sequence[Sequence[_Point]], window: _Dots, reach: float) -> _Dots | None:
    """The dots of a window that a path may touch."""
    xs = [x for contour in contours for x, _ in contour]
    ys = [y for contour in contours for _, y in contour]
    if not xs:
        return None
    left, top = max(window[0], math.floor(min(xs) - reach)), max(window[1], math.floor(min(ys) - reach))
    right, bottom = min(window[2], math.ceil(max(xs) + reach)), min(window[3], math.ceil(max(ys) + reach))
    return (left, top, right, bottom) if left < right and top < bottom else None


def _filled(
    contours: Sequence[Sequence[_Point]], window: _Dots, *, even_odd: bool
) -> tuple[Image.Image, int, int] | None:
    """How much of each dot the inside of a path covers."""
    box = _touched(contours, window, 0)
    if box is None:
        return None
    left, top, right, bottom = box
    if len(contours) == 1 and (edges := _upright(contours[0])) is not None:
        return _rectangle(edges, box), left, top
    # Pillow also colours the dots on an edge: of something small that would be seen.
    finer = _FINER if (right - left) * (bottom - top) > _SMALL else 2 * _FINER
    size = ((right - left) * finer, (bottom - top) * finer)
    # By the even-odd rule every contour turns over what is inside; by the nonzero rule they are counted by direction.
    found = Image.new("L", size, 0 if even_odd else _NO_WINDING)
    for contour in contours:
        fine = [((x - left) * finer - 0.5, (y - top) * finer - 0.5) for x, y in contour]
        part = _touched([fine], (0, 0, *size), 1)
        if part is None:
            continue
        one = Image.new("L", (part[2] - part[0], part[3] - part[1]), 0)
        ImageDraw.Draw(one).polygon([(x - part[0], y - part[1]) for x, y in fine], fill=255 if even_odd else 1)
        before = found.crop(part)
        if even_odd:
            after_it = ImageChops.difference(before, one)
        else:
            after_it = (ImageChops.add if _area(fine) > 0 else ImageChops.subtract)(before, one)
        found.paste(after_it, part)
    if not even_odd:
        found = found.point([0 if value == _NO_WINDING else 255 for value in range(256)])
    return found.reduce(finer), left, top


def _stroked(
    contours: Sequence[Sequence[_Point]], window: _Dots, pen: Pen, scale: float
) -> tuple[Image.Image, int, int] | None:
    """How much of each dot a line covers; one thinner than a dot covers as much of it as it is wide."""
    width = max(pen.width * scale, 0.02)
    reach = width / 2
    lines = [piece for contour in contours for piece in _dashed(contour, pen, scale)]
    box = _touched(lines, window, reach + 1)
    if box is None:
        return None
    # The finer grid cannot show less than one of its own dots.
    fine_width = max(width, 1 / _FINER)
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

    box: _Dots
    points: Sequence[_Point]
    corners: Sequence[_Point]
    """Those at which the pen is round."""


def _lots(line: Sequence[_Point], window: _Dots, reach: float, *, round_ends: bool) -> Iterator[_Lot]:
    """A line in lots, without those that lie outside the window."""
    last = len(line) - 1
    ends = round_ends or line[0] == line[-1]
    for begin in range(0, max(1, last), _PIECES):
        points = line[begin : begin + _PIECES + 1]
        box = _touched([points], window, reach)
        if box is not None:
            corners = [point for at, point in enumerate(points, start=begin) if ends or 0 < at < last]
            yield _Lot(box, points, corners)


def _size(box: _Dots) -> int:
    return (box[2] - box[0]) * (box[3] - box[1])


def _inked(lots: Sequence[_Lot], box: _Dots, width: float) -> Image.Image:
    """How much of each dot of a box these pieces cover."""
    fine = Image.new("L", ((box[2] - box[0]) * _FINER, (box[3] - box[1]) * _FINER), 0)
    draw, reach = ImageDraw.Draw(fine), width * _FINER / 2
    for lot in lots:
        points, corners = (
            [((x - box[0]) * _FINER, (y - box[1]) * _FINER) for x, y in some] for some in (lot.points, lot.corners)
        )
        _draw_line(draw, points, reach)
        if reach > 1:
            for x, y in corners:
                draw.ellipse((x - reach, y - reach, x + reach - 1, y + reach - 1), fill=255)
    return fine.reduce(_FINER)


def _draw_line(draw: ImageDraw.ImageDraw, points: Sequence[_Point], reach: float) -> None:
    # Pillow also colours the dots on an edge: half a fine dot less on each side.
    share = max(0.0, reach - 0.5)
    for (x1, y1), (x2, y2) in pairwise(points):
        length = math.hypot(x2 - x1, y2 - y1)
        if length == 0:
            continue
        x, y = (y2 - y1) / length * share - 0.5, (x1 - x2) / length * share - 0.5
        u, v = -x - 1, -y - 1
        draw.polygon([(x1 + x, y1 + y), (x2 + x, y2 + y), (x2 + u, y2 + v), (x1 + u, y1 + v)], fill=255)


def _dashed(contour: Sequence[_Point], pen: Pen, scale: float) -> Iterator[Sequence[_Point]]:
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


def _area(contour: Sequence[_Point]) -> float:
    closed = [*contour, contour[0]]
    return sum(one[0] * other[1] - other[0] * one[1] for one, other in pairwise(closed)) / 2


def _upright(contour: Sequence[_Point]) -> tuple[float, float, float, float] | None:
    """Left, top, right and bottom of a rectangle along the axes; None when it is none."""
    corners = contour[:-1] if contour[0] == contour[-1] else contour
    xs, ys = sorted({round(x, 3) for x, _ in corners}), sorted({round(y, 3) for _, y in corners})
    if len(corners) != 4 or len(xs) != 2 or len(ys) != 2:
        return None
    turns = [(one[0] == other[0]) != (one[1] == other[1]) for one, other in pairwise([*corners, corners[0]])]
    return (xs[0], ys[0], xs[1], ys[1]) if all(turns) else None


def _rectangle(edges: tuple[float, float, float, float], box: _Dots) -> Image.Image:
    """How much of each dot of a box a rectangle covers: that of its column times that of its row."""
    columns, rows = (
        bytes(round(255 * max(0.0, min(dot + 1, end) - max(dot, begin))) for dot in range(first, last))
        for begin, end, first, last in ((edges[0], edges[2], box[0], box[2]), (edges[1], edges[3], box[1], box[3]))
    )
    size = (len(columns), len(rows))
    across = Image.frombytes("L", (size[0], 1), columns).resize(size, Image.Resampling.NEAREST)
    return ImageChops.multiply(across, Image.frombytes("L", (1, size[1]), rows).resize(size, Image.Resampling.NEAREST))


def _contours(commands: Sequence[Command]) -> Iterator[list[_Point]]:
    """Each part of a path as straight pieces."""
    contour: list[_Point] = []
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


def _steps(start: _Point, numbers: Sequence[float]) -> list[float]:
    """The shares of a curve at which its straight pieces end."""
    length, (x, y) = 0.0, start
    for at in range(0, len(numbers), 2):
        length += abs(numbers[at] - x) + abs(numbers[at + 1] - y)
        x, y = numbers[at], numbers[at + 1]
    count = min(200, max(2, math.ceil(math.sqrt(length / _STEPS) * 1.5)))
    return _SHARES[count]


_SHARES: Final = [[step / count for step in range(1, count + 1)] for count in range(201)]


def _quadratic(start: _Point, numbers: Sequence[float]) -> Iterator[_Point]:
    (x0, y0), (x1, y1, x2, y2) = start, numbers
    for t in _steps(start, numbers):
        s = 1 - t
        yield s * s * x0 + 2 * s * t * x1 + t * t * x2, s * s * y0 + 2 * s * t * y1 + t * t * y2


def _cubic(start: _Point, numbers: Sequence[float]) -> Iterator[_Point]:
    (x0, y0), (x1, y1, x2, y2, x3, y3) = start, numbers
    for t in _steps(start, numbers):
        s = 1 - t
        a, b, c, d = s * s * s, 3 * s * s * t, 3 * s * t * t, t * t * t
        yield a * x0 + b * x1 + c * x2 + d * x3, a * y0 + b * y1 + c * y2 + d * y3


def _turned(image: Image.Image, place: Matrix, box: _Dots) -> Image.Image | None:
    """What of a picture lies on these dots, as RGBA."""
    a, b, c, d, e, f = place
    area = a * d - b * c
    if abs(area) < 1e-6:
        return None
    finer = _FINER_PICTURE
    # A picture with more dots than are wanted is joined first: the transformation looks at four neighbours only.
    ratios = (image.width / (math.hypot(a, b) * finer), image.height / (math.hypot(c, d) * finer))
    less = (max(1, int(ratios[0])), max(1, int(ratios[1])))
    if less != (1, 1):
        image = image.reduce(less)
    image = image.convert("RGBA")
    columns, rows = image.size
    # From a fine dot of the result to a dot of the picture.
    back = (d / area * columns, -c / area * columns, -b / area * rows, a / area * rows)
    x, y = box[0] - e, box[1] - f
    coefficients = (
        back[0] / finer,
        back[1] / finer,
        back[0] * x + back[1] * y,
        back[2] / finer,
        back[3] / finer,
        back[2] * x + back[3] * y,
    )
    size = ((box[2] - box[0]) * finer, (box[3] - box[1]) * finer)
    # Few dots of a picture, such as those of a code, stay squares.
    enlarged = max(ratios) * finer < 1.5
    kind = Image.Resampling.NEAREST if enlarged else Image.Resampling.BILINEAR
    return image.transform(size, Image.Transform.AFFINE, coefficients, kind).reduce(finer)
