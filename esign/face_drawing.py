"""What was drawn on one page of a face, and what of it cannot be read.

Text that is there but cannot be read - too small, too pale, outside the page, under, over or through something - is
told apart from what a person sees. Drawings of which letters could be made are strange.
"""

import re
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from functools import lru_cache

from .face_fonts import FaceFont
from .face_operators import BACKGROUND, BOX, LINE, POINT, SHOWN, not_ours
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
_LUMINANCE = (0.2126, 0.7152, 0.0722)  # of red, green and blue (sRGB, IEC 61966-2-1)


class DrawnPage:
    """What was drawn on one page so far."""

    def __init__(self, *, width: float, height: float, fonts: Mapping[int, FaceFont]) -> None:
        """An empty page of this size, whose texts are in these fonts."""
        self.strange = False
        self._width, self._height = width, height
        self._fonts = fonts
        self._items: list[SeenItem] = []
        self._covers: list[SeenBox] = []
        self._symbols: list[SeenBox] = []
        self._cleared: list[SeenBox] = []
        """White areas."""
        self._level: list[tuple[float, float, float]] = []
        """Lines: height, from, to."""
        self._upright: list[tuple[float, float, float]] = []

    def add_text(self, matched: re.Match[bytes]) -> None:
        """Text, with the way in which it is hidden, if it is."""
        text, width, unlike, unknown, sizes = "", 0.0, False, 0, set()
        for place, size, digits in SHOWN.findall(matched["shown"]):
            font = self._fonts.get(int(place))
            if font is None:
                raise not_ours("a font that is not there")
            try:
                shown = [font.characters[code] for code in bytes.fromhex(digits.decode("ascii")).decode("utf-16-be")]
            except (KeyError, UnicodeError) as error:
                raise not_ours("a code that is no character") from error
            part = "".join(shown)
            width += sum([font.widths[character] for character in shown])
            unlike = unlike or not font.unlike.isdisjoint(shown)
            unknown += 0 if font.unknown.isdisjoint(shown) else sum(one in font.unknown for one in shown)
            text += part
            sizes.add(float(size))
        if not text:
            return
        if len(sizes) != 1:
            raise not_ours("a text of two sizes")
        (size,) = sizes
        spacing = float(matched["spacing"])
        left, baseline = float(matched["x"]), float(matched["y"])
        right = left + width * size / 1000 + spacing * (len(text) - 1)
        hidden = self._hidden(matched, size, spacing, left, right, baseline)
        self._items.append(SeenText(text, left, right, baseline, size, hidden, unlike, unknown))

    def _hidden(
        self, matched: re.Match[bytes], size: float, spacing: float, left: float, right: float, baseline: float
    ) -> str:
        if matched["turn"] != b"1 0 0 1":
            return "slanted"
        if size < _SMALLEST:
            return "too small"
        if _luminance(matched["colour"]) > _PALEST:
            return "too pale"
        pen = matched["pen"]
        if spacing < 0 or (pen is not None and float(pen) > _WIDEST_PEN * size):
            return "run into one"
        outside = left < 0 or right > self._width or baseline < 0 or baseline + size > self._height
        return "outside the page" if outside else ""

    def add_shape(self, matched: re.Match[bytes]) -> None:
        """A box, a line or a white area; any other shape is strange."""
        weight, fill = matched["weight"], matched["fill"]
        if box := BOX.fullmatch(matched["path"]):
            left, bottom, right, top = _ordered(box)
            thin = weight is not None and float(weight) <= _THICKEST
            if matched["paint"] == b"S" and thin:
                self.strange |= min(right - left, top - bottom) < _NARROWEST
                self._items.append(SeenBox(left, bottom, right, top))
                self._level += [(bottom, left, right), (top, left, right)]
                self._upright += [(left, bottom, top), (right, bottom, top)]
                return
            if matched["paint"] == b"f" and fill == b"1 1 1":
                self._cleared.append(SeenBox(left, bottom, right, top))
                return
        elif (line := LINE.fullmatch(matched["path"])) and matched["paint"] == b"S":
            left, low, right, high = (float(part) for part in line.groups())
            thin = weight is not None and float(weight) <= _THICKEST
            if low == high and thin:
                self.strange |= abs(right - left) < _SHORTEST
                self._level.append((low, min(left, right), max(left, right)))
                return
        self.strange = True

    def add_picture(self, box: SeenBox, picture: SeenSymbol | SeenPhoto) -> None:
        """A symbol or a photograph in its place."""
        self._covers.append(box)
        self._items.append(picture)
        if isinstance(picture, SeenSymbol):
            self._symbols.append(box)

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


@lru_cache(maxsize=64)
def is_quiet(content: bytes, width: float, height: float) -> bool:
    """Whether a background has nothing but a frame near the edges, and paler drawings: nothing that reads as text."""
    at = 0
    for matched in BACKGROUND.finditer(content):
        if matched.start() != at:
            return False
        at = matched.end()
        colours = [colour for colour in (matched["fill"], matched["stroke"]) if colour is not None]
        if all(_luminance(colour) >= _WATERMARK for colour in colours):
            continue
        box = BOX.fullmatch(matched["path"]) if matched["paint"] == b"S" else None
        points = [(float(x), float(y)) for x, y in POINT.findall(matched["path"])]
        if not all(
            (x <= _FRAME or x >= width - _FRAME) and (y <= _FRAME or y >= height - _FRAME) for x, y in points
        ) or (box is None and len(points) > _LOZENGE):
            return False
        if matched["weight"] is not None and float(matched["weight"]) > _THICKEST:
            return False
    return at == len(content)


def _ordered(box: re.Match[bytes]) -> tuple[float, float, float, float]:
    x1, y1, x2, y2 = (float(part) for part in box.groups())
    return min(x1, x2), min(y1, y2), max(x1, x2), max(y1, y2)


@lru_cache(maxsize=256)
def _luminance(colour: bytes) -> float:
    return sum(share * float(part) for share, part in zip(_LUMINANCE, colour.split(b" "), strict=True))
