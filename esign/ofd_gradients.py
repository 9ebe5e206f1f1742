"""Gradients of an OFD (GB/T 33190-2016 clause 8.3.4) as small pictures, which are laid into the path that they fill."""

import math
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from PIL import Image

from .drawing import Box, Ink, Matrix
from .ofd_outline import read_numbers
from .ofd_xml import Element

MAX_GRADIENT_SEGMENTS: Final = 256
"""Of one gradient; one with more is shown in one colour."""

_STEPS: Final = 256
_AT_START, _AT_END = 1, 2  # bits of Extend
_LARGEST: Final = 100_000.0


class Gradient(NamedTuple):
    """A picture, and where the unit square of it lies in the coordinates of the object."""

    image: Image.Image
    place: Matrix


class _Ramp(NamedTuple):
    """The colours along a gradient."""

    stops: Sequence[tuple[float, Ink]]
    extended: int

    def at(self, place: float) -> tuple[int, int, int, int]:
        """The colour at a place between 0 and 1, or beyond."""
        if (place < 0 and not self.extended & _AT_START) or (place > 1 and not self.extended & _AT_END):
            return 0, 0, 0, 0
        before, after = self.stops[0], self.stops[-1]
        for stop in self.stops:
            if stop[0] <= place:
                before = stop
            else:
                after = stop
                break
        far = after[0] - before[0]
        share = min(1.0, max(0.0, (place - before[0]) / far)) if far > 0 else 0.0
        red, green, blue, opacity = (
            one + (other - one) * share for one, other in zip(before[1], after[1], strict=True)
        )
        return round(red), round(green), round(blue), round(opacity * 255)


def gradient(colour: Element, ink: Callable[[Element], Ink | None], box: Box) -> Gradient | None:
    """The gradient of a colour over a box; None where it is of a kind that is not drawn."""
    for element in colour.children:
        ramp = _ramp(element, ink)
        if element.name not in ("AxialShd", "RadialShd") or ramp is None:
            return None
        if element.attributes.get("MapType", "Direct").strip() not in ("", "Direct"):
            return None
        start, end = (read_numbers(element.attributes.get(name, "")) for name in ("StartPoint", "EndPoint"))
        if not all(len(point) == 2 and max(map(abs, point)) < _LARGEST for point in (start, end)):
            return None
        return (_axial if element.name == "AxialShd" else _radial)(element, ramp, start, end, box)
    return None


def _ramp(element: Element, ink: Callable[[Element], Ink | None]) -> _Ramp | None:
    segments = list(element.all("Segment"))
    if not 2 <= len(segments) <= MAX_GRADIENT_SEGMENTS:
        return None
    stops: list[tuple[float, Ink]] = []
    for number, segment in enumerate(segments):
        colour = segment.first("Color")
        found = None if colour is None or colour.children else ink(colour)
        place = read_numbers(segment.attributes.get("Position", "")) or (number / (len(segments) - 1),)
        if found is None or (stops and place[0] < stops[-1][0]):
            return None
        stops.append((min(1.0, max(0.0, place[0])), found))
    extend = element.attributes.get("Extend", "").strip()
    return _Ramp(stops, int(extend) if extend in ("1", "2", "3") else 0)


def _axial(
    _element: Element, ramp: _Ramp, start: tuple[float, ...], end: tuple[float, ...], box: Box
) -> Gradient | None:
    across, down = end[0] - start[0], end[1] - start[1]
    length = across * across + down * down
    if length < 1e-6:
        return None
    corners = [(x - start[0], y - start[1]) for x in box[::2] for y in box[1::2]]
    along = [(x * across + y * down) / length for x, y in corners]
    beside = [(y * across - x * down) / length for x, y in corners]
    first, last, side = min(along), max(along), min(beside)
    image = Image.new("RGBA", (_STEPS, 2))
    row = [ramp.at(first + (last - first) * (step + 0.5) / _STEPS) for step in range(_STEPS)]
    image.putdata(row * 2)
    wide, high = last - first, max(beside) - side
    place = (
        across * wide, down * wide, -down * high, across * high,
        start[0] + across * first - down * side, start[1] + down * first + across * side,
    )  # fmt: skip
    return Gradient(image, place)


def _radial(
    element: Element, ramp: _Ramp, start: tuple[float, ...], end: tuple[float, ...], box: Box
) -> Gradient | None:
    attributes = element.attributes
    begin = (read_numbers(attributes.get("StartRadius", "")) or (0.0,))[0]
    finish = (read_numbers(attributes.get("EndRadius", "")) or (0.0,))[0]
    oval = (read_numbers(attributes.get("Eccentricity", "")) or (0.0,))[0]
    if start != end or oval or not 0 <= begin < finish < _LARGEST:
        return None
    x, y = start
    half = max(abs(edge - middle) for edges, middle in ((box[::2], x), (box[1::2], y)) for edge in edges)
    if half < 1e-3:
        return None
    # From 0 in the middle to 255 in the corners of the square.
    distances = Image.radial_gradient("L")
    colours = [ramp.at((half * math.sqrt(2) * value / 255 - begin) / (finish - begin)) for value in range(256)]
    channels = [distances.point([colour[channel] for colour in colours]) for channel in range(4)]
    return Gradient(Image.merge("RGBA", channels), (2 * half, 0.0, 0.0, 2 * half, x - half, y - half))
