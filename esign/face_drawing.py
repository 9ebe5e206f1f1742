"""What was drawn on one page of a face, and what of it cannot be read.

Text that is there but cannot be read - too small, too pale, outside the page, under, over or through something - is
told apart from what a person sees. Drawings of which letters could be made are strange.
"""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from .face_seen import ASCENT, FacePage, SeenBox, SeenItem, SeenPhoto, SeenSymbol, SeenText
from .pdf_drawing import MM

_SMALLEST = 3.5  # points: less is not read by the naked eye; the smallest type of a face has 4
_PALEST = 0.5  # luminance; paler text is a watermark
_WIDEST_PEN = 0.04  # of the size of the type; bold has 0.032
_THICKEST = 3.5  # points of a line; a thicker one covers
_SHORTEST = 100.0  # points of a line: of shorter ones, as of small boxes, letters can be made
_NARROWEST = 12.0  # points of a box
_MARGIN = 0.2  # of the side of a symbol: the white around it
_FRAME = 14.2 * MM  # from the edges: where a background may be darker than a watermark
_WATERMARK = 0.85  # luminance
_OVERLAP = 0.25  # of the size: by how much two texts may lie over one another, as a full stop does
_LOZENGE = 4  # points of what stands in the corners of a frame
_WHITE = 1.0
_LUMINANCE = (0.2126, 0.7152, 0.0722)  # of red, green and blue (sRGB, IEC 61966-2-1)


def luminance(colour: Iterable[float]) -> float:
    """How light a colour is, its red, green and blue from 0 to 1: 0 is black, 1 is white."""
    # Readers take 10 for 1: a red of 10 is not lighter than red.
    return round(sum(share * min(max(part, 0), 1) for share, part in zip(_LUMINANCE, colour, strict=True)), 6)


class DrawnText(NamedTuple):
    """One line of text as a file says that it is drawn; places in points from the lower left corner."""

    text: str
    left: float
    baseline: float
    size: float
    width: float
    """From the first character's left edge to the last one's right edge, without extra spacing."""
    spacing: float
    """Extra points after each character."""
    luminance: float
    pen: float
    """Points of the line around each character; 0 for none."""
    level: bool
    """It runs from left to right."""
    cut: bool
    """Not all of it is let through."""
    unlike: bool
    unknown: int


class DrawnShape(NamedTuple):
    """One path as a file says that it is drawn."""

    corners: SeenBox | None
    """Of a rectangle, or the ends of a single line."""
    single: bool
    """It is a single line."""
    stroke: float | None
    """Luminance."""
    weight: float
    """Points of the line."""
    fill: float | None
    """Luminance."""
    points: Sequence[tuple[float, float]] = ()
    """All of them, control points of curves, too; only of shapes of a background."""


class DrawnPage:
    """What was drawn on one page so far."""

    def __init__(self, *, width: float, height: float) -> None:
        """An empty page of this size."""
        self.strange = False
        self._width, self._height = width, height
        self._items: list[SeenItem] = []
        self._covers: list[SeenBox] = []
        self._symbols: list[SeenBox] = []
        self._cleared: list[SeenBox] = []
        """White areas."""
        self._level: list[tuple[float, float, float]] = []
        """Lines: height, from, to."""
        self._upright: list[tuple[float, float, float]] = []

    def add_text(self, drawn: DrawnText) -> None:
        """Text, with the way in which it is hidden, if it is."""
        if not drawn.text:
            return
        right = drawn.left + drawn.width + drawn.spacing * (len(drawn.text) - 1)
        self._items.append(
            SeenText(
                drawn.text, drawn.left, right, drawn.baseline, drawn.size, self._hidden(drawn, right), drawn.unlike,
                drawn.unknown,
            )
        )  # fmt: skip

    def _hidden(self, drawn: DrawnText, right: float) -> str:
        if not drawn.level:
            return "slanted"
        if drawn.size < _SMALLEST:
            return "too small"
        if drawn.luminance > _PALEST:
            return "too pale"
        if drawn.spacing < 0 or drawn.pen > _WIDEST_PEN * drawn.size:
            return "run into one"
        outside = (
            drawn.left < 0 or right > self._width or drawn.baseline < 0 or drawn.baseline + drawn.size > self._height
        )
        return "outside the page" if outside or drawn.cut else ""

    def add_shape(self, shape: DrawnShape) -> None:
        """A box, a line or a white area; any other shape is strange."""
        corners, thin = shape.corners, shape.stroke is not None and shape.weight <= _THICKEST
        if corners is None:
            self.strange = True
        elif shape.single:
            if corners.bottom == corners.top and thin and shape.fill is None:
                self.strange |= abs(corners.right - corners.left) < _SHORTEST
                left, right = min(corners.left, corners.right), max(corners.left, corners.right)
                self._level.append((corners.bottom, left, right))
            else:
                self.strange = True
        elif shape.fill is None and thin:
            self._add_box(_ordered(corners))
        elif shape.stroke is None and shape.fill == _WHITE:
            self._cleared.append(_ordered(corners))
        else:
            self.strange = True

    def _add_box(self, box: SeenBox) -> None:
        left, bottom, right, top = box
        self.strange |= min(right - left, top - bottom) < _NARROWEST
        self._items.append(box)
        self._level += [(bottom, left, right), (top, left, right)]
        self._upright += [(left, bottom, top), (right, bottom, top)]

    def add_picture(self, box: SeenBox, picture: SeenSymbol | SeenPhoto) -> None:
        """A symbol or a photograph in its place."""
        self._covers.append(box)
        self._items.append(picture)
        if isinstance(picture, SeenSymbol):
            self._symbols.append(box)

    def add_cover(self, box: SeenBox) -> None:
        """Something that hides what is under it."""
        self._covers.append(box)

    def finish(self) -> FacePage:
        """The page, when everything is drawn."""
        if not all(any(_surrounds(area, symbol) for symbol in self._symbols) for area in self._cleared):
            self.strange = True
        self._covers += self._cleared
        level, upright = sorted(self._level), sorted(self._upright)
        over = self._over_one_another()
        for place, item in enumerate(self._items):
            if isinstance(item, SeenText) and not item.hidden:
                disturbed = self._disturbed(item, level, upright, over)
                if disturbed:
                    self._items[place] = item._replace(hidden=disturbed)
        return FacePage(items=tuple(self._items), strange=self.strange)

    def _disturbed(
        self,
        text: SeenText,
        level: Sequence[tuple[float, float, float]],
        upright: Sequence[tuple[float, float, float]],
        over: set[int],
    ) -> str:
        low, high = text.baseline, text.baseline + ASCENT * text.size
        if id(text) in over:
            return "over or under another text"
        for cover in self._covers:
            if cover.left < text.right and text.left < cover.right and cover.bottom < high and low < cover.top:
                return "under or over a picture"
        if _crosses(level, low + 0.05 * text.size, high, text.left, text.right):
            return "struck through"
        inside = 0.1 * text.size
        if _crosses(upright, text.left + inside, text.right - inside, low, high):
            return "struck through"
        return ""

    def _over_one_another(self) -> set[int]:
        """The texts that lie over others, by identity."""
        texts = sorted(
            (one for one in self._items if isinstance(one, SeenText) and not one.hidden), key=lambda one: one.baseline
        )
        found = set()
        for place, one in enumerate(texts):
            for other in texts[place + 1 :]:
                rise = other.baseline - one.baseline
                if rise >= one.size:
                    break
                if one.right <= other.left or other.right <= one.left:
                    continue
                slack = _OVERLAP * min(one.size, other.size)
                if rise < ASCENT * one.size - slack and min(one.right, other.right) - max(one.left, other.left) > slack:
                    found |= {id(one), id(other)}
        return found


def _surrounds(area: SeenBox, symbol: SeenBox) -> bool:
    """Whether a white area is the margin of a symbol: any other one could make letters out of lines."""
    room = _MARGIN * (symbol.right - symbol.left)
    return (
        symbol.left - room <= area.left <= symbol.left
        and symbol.bottom - room <= area.bottom <= symbol.bottom
        and symbol.right <= area.right <= symbol.right + room
        and symbol.top <= area.top <= symbol.top + room
    )


def _crosses(lines: Sequence[tuple[float, float, float]], begin: float, end: float, low: float, high: float) -> bool:
    """Whether one of these parallel lines, sorted by their place, lies between `begin` and `end` and meets the rest."""
    for place in range(bisect_left(lines, (begin,)), len(lines)):
        at, start, stop = lines[place]
        if at >= end:
            return False
        if start < high and low < stop:
            return True
    return False


def are_quiet(shapes: Iterable[DrawnShape], width: float, height: float) -> bool:
    """Whether a background has nothing but a frame near the edges, and paler drawings: nothing that reads as text."""
    return all(_is_quiet(shape, width, height) for shape in shapes)


def _is_quiet(shape: DrawnShape, width: float, height: float) -> bool:
    if all(one is None or one >= _WATERMARK for one in (shape.fill, shape.stroke)):
        return True
    framed = all(
        (x <= _FRAME or x >= width - _FRAME) and (y <= _FRAME or y >= height - _FRAME) for x, y in shape.points
    )
    box = shape.corners is not None and not shape.single and shape.fill is None
    return framed and (box or len(shape.points) <= _LOZENGE) and shape.weight <= _THICKEST


def _ordered(box: SeenBox) -> SeenBox:
    x1, y1, x2, y2 = box
    return SeenBox(min(x1, x2), min(y1, y2), max(x1, x2), max(y1, y2))
