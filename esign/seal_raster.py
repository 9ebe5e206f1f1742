"""A seal's picture as dots: a PNG with a transparent background, which is what an electronic seal object holds."""

from __future__ import annotations

import io
import math
import zlib
from collections.abc import Iterator
from itertools import pairwise
from typing import TYPE_CHECKING

from .page import Colour, Command, Shape
from .seal import RED, SealImage, SealPicture

if TYPE_CHECKING:
    # A large library, loaded by what uses it: a seal becomes dots once, when it is made.
    from PIL import Image

SEAL_DPI = 600
"""What the pictures of real governments' seals have."""
_FINER = 3
"""Dots are drawn this much finer in both directions and then joined, for smooth edges."""
_CURVE_STEP = 0.3
"""Millimetres of a curve that are drawn as one straight line; it never has fewer than four."""
_NO_WINDING = 128

_Point = tuple[float, float]


def seal_png(picture: SealPicture, *, dpi: int = SEAL_DPI) -> bytes:
    """The picture in its size at `dpi` dots per inch, red on transparent; the same picture gives the same bytes."""
    from PIL import Image

    scale = dpi * _FINER / 25.4
    fine = (round(picture.width * scale), round(picture.height * scale))
    size = (max(1, -(-fine[0] // _FINER)), max(1, -(-fine[1] // _FINER)))
    ink = Image.new("L", (size[0] * _FINER, size[1] * _FINER), 0)
    for shape in picture.shapes:
        _draw(ink, shape, scale)
    result = Image.new("RGBA", size, (*_bytes(RED), 0))
    if picture.image is not None:
        _paste(result, picture.image, dpi / 25.4)
    outlines = Image.new("RGBA", size, (*_bytes(RED), 0))
    outlines.putalpha(ink.reduce(_FINER))
    result = outlines if picture.image is None else Image.alpha_composite(result, outlines)
    out = io.BytesIO()
    result.save(out, "PNG", dpi=(dpi, dpi))
    return out.getvalue()


def _draw(ink: Image.Image, shape: Shape, scale: float) -> None:
    """Everything of a seal has one ink, so that only where it is counts."""
    contours = [[(x * scale, y * scale) for x, y in contour] for contour in _contours(shape.commands)]
    if shape.fill is not None:
        _fill(ink, contours)
    if shape.stroke is not None:
        _stroke(ink, contours, shape.line_width * scale)


def _stroke(ink: Image.Image, contours: list[list[_Point]], width: float) -> None:
    """Draw along the paths with a round pen: Pillow's own joints leave cracks in a curve."""
    from PIL import ImageDraw

    pen, reach = ImageDraw.Draw(ink), width / 2
    for contour in contours:
        for x, y in contour:
            pen.ellipse((x - reach, y - reach, x + reach, y + reach), fill=255)
        pen.line(contour, fill=255, width=max(1, round(width)))


def _fill(ink: Image.Image, contours: list[list[_Point]]) -> None:
    """Fill by the nonzero rule: a dot is inside when the contours around it do not cancel out."""
    from PIL import Image, ImageChops, ImageDraw

    winding = Image.new("L", ink.size, _NO_WINDING)
    for contour in contours:
        left, top = (int(min(point[axis] for point in contour)) for axis in (0, 1))
        right, bottom = (int(max(point[axis] for point in contour)) + 2 for axis in (0, 1))
        # Only the part that the contour touches is computed with.
        part = Image.new("L", (right - left, bottom - top), 0)
        ImageDraw.Draw(part).polygon([(x - left, y - top) for x, y in contour], fill=1)
        before = winding.crop((left, top, right, bottom))
        after = ImageChops.add(before, part) if _area(contour) > 0 else ImageChops.subtract(before, part)
        winding.paste(after, (left, top))
    ink.paste(255, mask=winding.point([0 if value == _NO_WINDING else 255 for value in range(256)]))


def _area(contour: list[_Point]) -> float:
    closed = [*contour, contour[0]]
    return sum(one[0] * other[1] - other[0] * one[1] for one, other in pairwise(closed)) / 2


def _contours(commands: tuple[Command, ...]) -> Iterator[list[_Point]]:
    """Each closed or open part of the path as straight pieces."""
    contour: list[_Point] = []
    for operator, numbers in commands:
        points = [(numbers[at], numbers[at + 1]) for at in range(0, len(numbers), 2)]
        if operator == "M":
            if len(contour) > 1:
                yield contour
            contour = points
        elif operator == "Z":
            contour.append(contour[0])
        elif operator == "L":
            contour += points
        else:
            contour += _curve([contour[-1], *points])
    if len(contour) > 1:
        yield contour


def _curve(controls: list[_Point]) -> list[_Point]:
    """Points of a Bézier curve of any degree (de Casteljau), without its start."""
    found = []
    steps = max(4, math.ceil(sum(math.dist(one, other) for one, other in pairwise(controls)) / _CURVE_STEP))
    for step in range(1, steps + 1):
        share, points = step / steps, controls
        while len(points) > 1:
            points = [
                (one[0] + share * (other[0] - one[0]), one[1] + share * (other[1] - one[1]))
                for one, other in pairwise(points)
            ]
        found.append(points[0])
    return found


def _paste(result: Image.Image, image: SealImage, scale: float) -> None:
    from PIL import Image

    dots = (image.columns, image.rows)
    part = Image.frombytes("RGB", dots, zlib.decompress(image.colours)).convert("RGBA")
    if image.opacity is not None:
        part.putalpha(Image.frombytes("L", dots, zlib.decompress(image.opacity)))
    size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    result.paste(part.resize(size, Image.Resampling.LANCZOS), (round(image.x * scale), round(image.y * scale)))


def _bytes(colour: Colour) -> tuple[int, int, int]:
    red, green, blue = (round(part * 255) for part in colour)
    return red, green, blue
