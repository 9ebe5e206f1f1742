"""The objects on the pages of our OFDs, and what they draw.

They are read in the one form that `ofd_objects` gives them; what is written otherwise is refused. Contents are cut off
at the Boundary of their object: what reaches beyond it does not count as shown.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final, NamedTuple

from .face_drawing import DrawnShape, DrawnText, luminance
from .face_seen import SeenBox
from .fonts import UNITS
from .ofd_face_fonts import OfdFaceFont
from .ofd_parts import number
from .ofd_parts_reading import ENTITIES, IDENTIFIER, NUMBER, not_ours
from .page import POINT
from .pdf_drawing import MM
from .xml_text import escape, unescape

_COLOUR: Final = r"[0-9]{1,3} [0-9]{1,3} [0-9]{1,3}"
TEXT: Final = re.compile(
    rf'<ofd:TextObject ID="({IDENTIFIER})" Boundary="({NUMBER}) ({NUMBER}) ({NUMBER}) ({NUMBER})"'
    r"([^>]*><ofd:FillColor [^>]*>(?:<ofd:StrokeColor [^>]*>)?)"
    r'<ofd:CGTransform CodePosition="0" CodeCount="(?P<count>[0-9]{1,4})" GlyphCount="(?P=count)">'
    r"<ofd:Glyphs>([0-9 ]+)</ofd:Glyphs></ofd:CGTransform>"
    rf'<ofd:TextCode X="({NUMBER})" Y="({NUMBER})"(?: DeltaX="([0-9. -]+)")?>'
    r"([^<]+)</ofd:TextCode></ofd:TextObject>\n"
)
_STYLE: Final = re.compile(
    rf'( CTM="(?:-?[01]\.[0-9]{{4}} ){{4}}{NUMBER} {NUMBER}")? Font="({IDENTIFIER})"'
    rf' Size="({NUMBER})"(?P<bold> Stroke="true" LineWidth="({NUMBER})")?>'
    rf'<ofd:FillColor Value="(?P<colour>{_COLOUR})"(?P<alpha>(?: Alpha="[0-9]{{1,3}}")?)/>'
    r'(?(bold)<ofd:StrokeColor Value="(?P=colour)"(?P=alpha)/>)'
)
SHAPE: Final = re.compile(
    rf'<ofd:PathObject ID="({IDENTIFIER})" Boundary="({NUMBER}) ({NUMBER}) ({NUMBER}) ({NUMBER})"'
    r"([^>]*>(?:<ofd:StrokeColor [^>]*>)?(?:<ofd:FillColor [^>]*>)?)"
    r"<ofd:AbbreviatedData>([^<]+)</ofd:AbbreviatedData></ofd:PathObject>\n"
)
_PAINT: Final = re.compile(
    rf'(?P<stroked> LineWidth="({NUMBER})")? Stroke="(?(stroked)true|false)" Fill="(true|false)">'
    rf'(?(stroked)<ofd:StrokeColor Value="({_COLOUR})"/>)(?:<ofd:FillColor Value="({_COLOUR})"/>)?'
)
_PATH: Final = re.compile(
    rf"(?:[ML] {NUMBER} {NUMBER}|B(?: {NUMBER}){{6}}|C)(?: [ML] {NUMBER} {NUMBER}| B(?: {NUMBER}){{6}}| C)*"
)
IMAGE: Final = re.compile(
    rf'<ofd:ImageObject ID="({IDENTIFIER})"'
    rf' Boundary="({NUMBER}) ({NUMBER}) (?P<width>{NUMBER}) (?P<height>{NUMBER})"'
    rf' CTM="(?P=width) 0 0 (?P=height) 0 0" ResourceID="({IDENTIFIER})"/>\n'
)
_BOX: Final = re.compile(r"M (N) (N) L (N) \2 L \3 (N) L \1 \4 C".replace("N", NUMBER))
_LINE: Final = re.compile(r"M (N) (N) L (N) (N)".replace("N", NUMBER))
_POINT: Final = re.compile(f"({NUMBER}) ({NUMBER})")

_ROUNDED: Final = 0.0021
"""Millimetres by which sums of numbers with three decimals may be off."""
_STEP_ROUNDED: Final = 0.0005
"""Millimetres by which every step from one character to the next may be off."""
_PIECES: Final = 0.05
"""Points by which two pieces of one line may be off: places are rounded, and so are the steps between characters."""
_SHORT: Final = 100
"""Characters of a path that is a line or a rectangle."""
_MOST_WIDTHS: Final = 256
"""That are remembered of one size."""
_LAST_OF_PLANE: Final = "\uffff"


class Piece(NamedTuple):
    """One text object: a line of text, or the part of one that is in one font."""

    identifier: int
    drawn: DrawnText
    font: int
    spaced: bool
    """It has more than one character, and so tells the spacing."""
    alpha: str
    """The attribute, as it is written; empty for opaque text."""


class PlacedPath(NamedTuple):
    """One path."""

    identifier: int
    drawn: DrawnShape


class PlacedImage(NamedTuple):
    """One picture."""

    identifier: int
    box: SeenBox
    resource: int


def read_objects(
    text: str, begin: int, end: str, *, fonts: Mapping[int, OfdFaceFont], height: float, points: bool = False
) -> Iterator[Piece | PlacedPath | PlacedImage]:
    """The objects from a place in a text that has nothing behind them but this end.

    `fonts` are by their IDs, `height` is that of the page in millimetres; `points` gives all points of paths.
    """
    at = begin
    while True:
        if (matched := TEXT.match(text, at)) is not None:
            yield _text_of(matched.groups(), fonts, height)
        elif (matched := SHAPE.match(text, at)) is not None:
            yield _path_of(matched.groups(), height, points=points)
        elif (matched := IMAGE.match(text, at)) is not None:
            identifier, *box, resource = matched.groups()
            yield PlacedImage(int(identifier), box_of(box, height), int(resource))
        else:
            break
        at = matched.end()
    if text[at:] != end:
        raise not_ours("an object that no face has")


def box_of(boundary: Iterable[str | float], height: float) -> SeenBox:
    """A Boundary on a page of this height (millimetres)."""
    left, top, across, down = map(float, boundary)
    if across <= 0 or down <= 0:
        raise not_ours("a box that is turned around")
    return SeenBox(left * MM, (height - top - down) * MM, (left + across) * MM, (height - top) * MM)


def _text_of(parts: Sequence[str | Any], fonts: Mapping[int, OfdFaceFont], height: float) -> Piece:
    identifier, frame_left, frame_top, across, down, look, count_text, glyphs, x_text, y_text, steps, written = parts
    style = _style(look)
    font = fonts.get(style.font)
    if font is None:
        raise not_ours("a font that is not there")
    text = unescape(written, ENTITIES) if "&" in written else written
    if ("&" in written or ">" in written) and escape(text) != written:
        raise not_ours("the signs of a text")
    count, characters = len(text), list(text)
    if count_text != str(count) or not font.draws(characters, glyphs):
        raise not_ours("the glyphs of a text")
    size, pen = style.size, style.pen
    scale = size * POINT
    widths = list(map(font.advances.__getitem__, characters))
    width = sum(widths)
    spacing = _spacing(steps, widths, size)
    x, y = float(x_text), float(y_text)
    room = font.room(characters)
    side = room.side * scale + pen / 2 - _ROUNDED
    cut = (
        x < side
        or float(across) < x + width * scale / UNITS + spacing * (count - 1) + side - _STEP_ROUNDED * count
        or y < room.ascent * scale + pen / 2 - _ROUNDED
        or float(down) < y + room.descent * scale + pen / 2 - _ROUNDED
    )
    drawn = DrawnText(
        text,
        (float(frame_left) + x) * MM,
        (height - float(frame_top) - y) * MM,
        size,
        width * size / UNITS,
        spacing * MM,
        style.luminance,
        pen * MM,
        style.level,
        cut,
        bool(font.unlike) and not font.unlike.isdisjoint(characters),
        sum(character in font.unknown for character in characters) if font.unknown else 0,
    )
    return Piece(int(identifier), drawn, style.font, count > 1, style.alpha)


class _Style(NamedTuple):
    """What the texts of one kind have in common."""

    level: bool
    font: int
    """ID."""
    size: float
    """Points."""
    pen: float
    """Millimetres."""
    luminance: float
    alpha: str
    """As in `Piece`."""


@lru_cache(maxsize=256)
def _style(look: str) -> _Style:
    matched = _STYLE.fullmatch(look)
    if matched is None:
        raise not_ours("an object that no face has")
    turn, font, size, _, pen, colour, alpha = matched.groups()
    # Sizes are whole hundredths of points, which three decimals of a millimetre still tell.
    points = round(float(size) / POINT, 2)
    return _Style(not turn, int(font), points, float(pen or 0), colour_luminance(colour), alpha)


def joined(one: Piece, other: Piece) -> Piece | None:
    """Two pieces as one, where the writer has to part a line: another font, or a character beyond the BMP."""
    before, after = one.drawn, other.drawn
    if one.font == other.font and max(before.text[-1], after.text[0]) <= _LAST_OF_PLANE:
        return None
    alike = (before.level, before.size, before.luminance, before.pen) == (
        after.level, after.size, after.luminance, after.pen,
    )  # fmt: skip
    if not alike or not before.level or abs(before.baseline - after.baseline) > _PIECES:
        return None
    gap = after.left - before.left - before.width - before.spacing * (len(before.text) - 1)
    known = [piece.drawn.spacing for piece in (one, other) if piece.spaced]
    spacing = known[0] if known else (gap if abs(gap) > _PIECES else 0.0)
    if abs(gap - spacing) > _PIECES or any(abs(spacing - each) > _PIECES for each in known) or gap > before.size:
        return None
    whole = before._replace(
        text=before.text + after.text,
        width=before.width + after.width,
        spacing=spacing,
        cut=before.cut or after.cut,
        unlike=before.unlike or after.unlike,
        unknown=before.unknown + after.unknown,
    )
    return other._replace(drawn=whole, spaced=True)


def _path_of(parts: Sequence[str | Any], height: float, *, points: bool) -> PlacedPath:
    identifier, left_text, top_text, across, down, look, path = parts
    paint = _paint(look)
    left, top = float(left_text) * MM, (height - float(top_text)) * MM
    outline = _outline(path)
    corners = None
    if outline.corners is not None:
        x1, y1, x2, y2 = outline.corners
        right, bottom = float(across), float(down)
        # What is cut off is not shown; all points of what has corners lie on them.
        if 0 <= x1 <= right and 0 <= x2 <= right and 0 <= y1 <= bottom and 0 <= y2 <= bottom:
            corners = SeenBox(left + x1 * MM, top - y1 * MM, left + x2 * MM, top - y2 * MM)
    drawn = DrawnShape(
        corners=corners,
        single=outline.single,
        stroke=paint.stroke,
        weight=paint.weight,
        fill=paint.fill,
        points=[(left + x * MM, top - y * MM) for x, y in outline.points] if points else (),
    )
    return PlacedPath(int(identifier), drawn)


class _Paint(NamedTuple):
    """What the paths of one kind have in common; as in `DrawnShape`."""

    stroke: float | None
    weight: float
    fill: float | None


@lru_cache(maxsize=256)
def _paint(look: str) -> _Paint:
    matched = _PAINT.fullmatch(look)
    if matched is None:
        raise not_ours("an object that no face has")
    _, weight, filled, stroke, fill = matched.groups()
    if (filled == "true") != (fill is not None):
        raise not_ours("a path whose colour is not used")
    return _Paint(
        stroke=None if stroke is None else colour_luminance(stroke),
        weight=float(weight or 0) * MM,
        fill=None if fill is None else colour_luminance(fill),
    )


class _Outline(NamedTuple):
    """A path in the space of its object, millimetres downwards."""

    points: tuple[tuple[float, float], ...]
    corners: tuple[float, float, float, float] | None
    """Of a rectangle, or the ends of a single line."""
    single: bool


def _read_outline(path: str) -> _Outline:
    if not _PATH.fullmatch(path):
        raise not_ours("an object that no face has")
    points = tuple((float(x), float(y)) for x, y in _POINT.findall(path))
    single = None
    matched = _BOX.fullmatch(path) or (single := _LINE.fullmatch(path))
    if matched is None:
        return _Outline(points, None, single=False)
    x1, y1, x2, y2 = map(float, matched.groups())
    return _Outline(points, (x1, y1, x2, y2), single=single is not None)


_remembered = lru_cache(maxsize=1024)(_read_outline)


def _outline(path: str) -> _Outline:
    """Cells of tables have few sizes: their outlines are the same in the space of their objects."""
    return _remembered(path) if len(path) <= _SHORT else _read_outline(path)


@lru_cache(maxsize=256)
def colour_luminance(colour: str) -> float:
    """How light a colour is that is written as three numbers to 255."""
    parts = [int(part) for part in colour.split(" ")]
    if max(parts) > 255:
        raise not_ours("a colour")
    return luminance(part / 255 for part in parts)


def _spacing(steps: str | None, widths: Sequence[float], size: float) -> float:
    """Millimetres between the characters beside their widths, which must be the same everywhere."""
    if len(widths) == 1:
        if steps is not None:
            raise not_ours("the steps of a text")
        return 0.0
    if steps == " ".join(map(_steps(size).__getitem__, widths[:-1])):
        return 0.0
    scale = size * POINT / UNITS
    try:
        rests = [float(step) - width * scale for step, width in zip((steps or "").split(" "), widths[:-1], strict=True)]
    except ValueError as error:
        raise not_ours("the steps of a text") from error
    least, most = min(rests), max(rests)
    if not most - least <= _ROUNDED:  # also where numbers are so large that there is no difference
        raise not_ours("the steps of a text")
    return 0.0 if least > -_ROUNDED and most < _ROUNDED else (least + most) / 2


class _Steps(dict[float, str]):
    """By width, in one size: from the place of a character to the next one, without spacing."""

    def __init__(self, size: float) -> None:
        super().__init__()
        self._size = size

    def __missing__(self, width: float) -> str:
        step = number(width * self._size * POINT / UNITS)
        if len(self) < _MOST_WIDTHS:
            self[width] = step
        return step


_steps = lru_cache(maxsize=64)(_Steps)
"""A face has some ten sizes, and a font some ten widths: they are the same in many files."""
