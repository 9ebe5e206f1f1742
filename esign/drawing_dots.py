"""Sheets as pictures of dots."""

import io
import math
from collections.abc import Sequence
from typing import Final

from PIL import Image, ImageChops

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
    Sheet,
    after,
    box_of,
    put,
)
from .page import Command
from .path_coverage import FINER, Coverage, Dots, Point, contours_of, filled, stroked, upright

_FINER_PICTURE: Final = 2


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
        self._glyphs: dict[tuple[object, ...], Coverage | None] = {}
        self._shapes: dict[tuple[object, ...], list[list[Point]]] = {}
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

    def _window(self, clip: Clip) -> tuple[Dots, list[Area]]:
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
            contours = list(contours_of(commands))
            if len(contours) != 1 or upright(contours[0]) is None:
                areas.append(Area(commands, area.even_odd))
        return (left, top, right, bottom), areas

    def _draw_path(self, item: DrawnPath, window: Dots, areas: Sequence[Area]) -> None:
        contours = list(contours_of(put(item.commands, self._scale)))
        if item.fill is not None and (inside := filled(contours, window, even_odd=item.even_odd)) is not None:
            self._lay(item.fill, *inside, areas)
        if item.pen is not None and (line := stroked(contours, window, item.pen, self._scale[0])) is not None:
            self._lay(item.pen.ink, *line, areas)

    def _draw_text(self, item: DrawnText, window: Dots, areas: Sequence[Area]) -> None:
        for outline, place in item.glyphs:
            if item.fill is not None and (found := self._glyph(outline, after(place, self._scale))) is not None:
                self._lay(item.fill, *_cut(*found, window), areas)
            if item.pen is not None:
                contours = list(contours_of(put(put(outline.commands, place), self._scale)))
                if (line := stroked(contours, window, item.pen, self._scale[0])) is not None:
                    self._lay(item.pen.ink, *line, areas)

    def _glyph(self, outline: DrawnOutline, place: Matrix) -> Coverage | None:
        """How much of each dot a glyph covers; those of one size at the same part of a dot are computed once."""
        x, y = round(place[4] * FINER), round(place[5] * FINER)
        shape = tuple(round(part, 3) for part in place[:4])
        key = (id(outline), shape, x % FINER, y % FINER)
        if key not in self._glyphs:
            at_origin = self._shapes.get(key[:2])
            if at_origin is None:
                self._kept.append(outline)
                at_origin = list(contours_of(put(outline.commands, (*place[:4], 0.0, 0.0))))
                self._shapes[key[:2]] = at_origin
            right, down = (x % FINER) / FINER, (y % FINER) / FINER
            contours = [[(one + right, other + down) for one, other in contour] for contour in at_origin]
            width, height = self.image.size
            window = -width, -height, width, height
            self._glyphs[key] = filled(contours, window, even_odd=False)
        found = self._glyphs[key]
        return None if found is None else (found[0], found[1] + x // FINER, found[2] + y // FINER)

    def _draw_picture(self, item: DrawnPicture, window: Dots, areas: Sequence[Area]) -> None:
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
        found = filled(list(contours_of(area.commands)), window, even_odd=area.even_odd)
        whole = Image.new("L", mask.size, 0)
        if found is not None:
            whole.paste(found[0], (found[1] - left, found[2] - top))
        mask = ImageChops.multiply(mask, whole)
    return mask


def _cut(mask: Image.Image, left: int, top: int, window: Dots) -> tuple[Image.Image | None, int, int]:
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


def _turned(image: Image.Image, place: Matrix, box: Dots) -> Image.Image | None:
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
