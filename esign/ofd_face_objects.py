"""The objects on the pages of our OFDs, and what they draw.

They are read in the one form that `ofd_objects` gives them; what is written otherwise is refused. Contents are cut off
at the Boundary of their object: what reaches beyond it does not count as shown.
"""

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Final, NamedTuple
from xml.sax.saxutils import unescape

from .face_drawing import DrawnShape, DrawnText, luminance
from .face_seen import SeenBox
from .fonts import UNITS
from .ofd_face_fonts import OfdFaceFont
from .ofd_parts_reading import ENTITIES, IDENTIFIER, NUMBER, not_ours
from .page import POINT
from .pdf_drawing import MM

_COLOUR: Final = r"[0-9]{1,3} [0-9]{1,3} [0-9]{1,3}"
_FOUR: Final = rf"{NUMBER} {NUMBER} {NUMBER} {NUMBER}"
_TEXT: Final = (
    rf'<ofd:TextObject ID="(?P<text_id>{IDENTIFIER})" Boundary="(?P<frame>{_FOUR})"'
    rf'(?P<turn> CTM="(?:-?[01]\.[0-9]{{4}} ){{4}}{NUMBER} {NUMBER}")? Font="(?P<font>{IDENTIFIER})"'
    rf' Size="(?P<size>{NUMBER})"(?P<bold> Stroke="true" LineWidth="(?P<pen>{NUMBER})")?>'
    rf'<ofd:FillColor Value="(?P<colour>{_COLOUR})"(?P<alpha>(?: Alpha="[0-9]{{1,3}}")?)/>'
    r'(?(bold)<ofd:StrokeColor Value="(?P=colour)"(?P=alpha)/>)'
    r'<ofd:CGTransform CodePosition="0" CodeCount="(?P<count>[0-9]{1,4})" GlyphCount="(?P=count)">'
    r"<ofd:Glyphs>(?P<glyphs>[0-9]{1,5}(?: [0-9]{1,5})*)</ofd:Glyphs></ofd:CGTransform>"
    rf'<ofd:TextCode X="(?P<x>{NUMBER})" Y="(?P<y>{NUMBER})"(?: DeltaX="(?P<steps>{NUMBER}(?: {NUMBER})*)")?>'
    r"(?P<text>[^<]+)</ofd:TextCode></ofd:TextObject>\n"
)
_SHAPE: Final = (
    rf'<ofd:PathObject ID="(?P<shape_id>{IDENTIFIER})" Boundary="(?P<box>{_FOUR})"'
    rf'(?P<stroked> LineWidth="(?P<weight>{NUMBER})")? Stroke="(?(stroked)true|false)" Fill="(?P<filled>true|false)">'
    rf'(?(stroked)<ofd:StrokeColor Value="(?P<stroke>{_COLOUR})"/>)'
    rf'(?:<ofd:FillColor Value="(?P<fill>{_COLOUR})"/>)?'
    rf"<ofd:AbbreviatedData>(?P<path>(?:[ML] {NUMBER} {NUMBER}|B(?: {NUMBER}){{6}}|C)(?: [ML] {NUMBER} {NUMBER}"
    rf"| B(?: {NUMBER}){{6}}| C)*)</ofd:AbbreviatedData></ofd:PathObject>\n"
)
_IMAGE: Final = (
    rf'<ofd:ImageObject ID="(?P<image_id>{IDENTIFIER})"'
    rf' Boundary="(?P<left>{NUMBER}) (?P<top>{NUMBER}) (?P<width>{NUMBER}) (?P<height>{NUMBER})"'
    rf' CTM="(?P=width) 0 0 (?P=height) 0 0" ResourceID="(?P<image>{IDENTIFIER})"/>\n'
)
OBJECTS: Final = re.compile(f"{_TEXT}|{_SHAPE}|{_IMAGE}")
_BOX: Final = re.compile(r"M (N) (N) L (N) \2 L \3 (N) L \1 \4 C".replace("N", NUMBER))
_LINE: Final = re.compile(r"M (N) (N) L (N) (N)".replace("N", NUMBER))
_POINT: Final = re.compile(f"({NUMBER}) ({NUMBER})")

_ROUNDED: Final = 0.0021
"""Millimetres by which sums of numbers with three decimals may be off."""
_STEP_ROUNDED: Final = 0.0005
"""Millimetres by which every step from one character to the next may be off."""
_PIECES: Final = 0.05
"""Points by which two pieces of one line may be off: places are rounded, and so are the steps between characters."""
_LAST_OF_PLANE: Final = "\uffff"


class Piece(NamedTuple):
    """One text object: a line of text, or the part of one that is in one font."""

    drawn: DrawnText
    font: int
    spaced: bool
    """It has more than one character, and so tells the spacing."""


def text_of(matched: re.Match[str], fonts: Mapping[int, OfdFaceFont], height: float) -> Piece:
    """The text that `OBJECTS` has found on a page of this height (millimetres); fonts by their IDs."""
    font = fonts.get(int(matched["font"]))
    if font is None:
        raise not_ours("a font that is not there")
    written = matched["text"]
    text = unescape(written, ENTITIES) if "&" in written else written
    count = len(text)
    if int(matched["count"]) != count or not font.draws(text, matched["glyphs"].split(" ")):
        raise not_ours("the glyphs of a text")
    # Sizes are whole hundredths of points, which three decimals of a millimetre still tell.
    size = round(float(matched["size"]) / POINT, 2)
    scale = size * POINT
    advances = font.advances
    widths = [advances[character] for character in text]
    width = sum(widths)
    spacing = _spacing(matched["steps"], widths, scale / UNITS)
    left, top, across, down = map(float, matched["frame"].split(" "))
    x, y = float(matched["x"]), float(matched["y"])
    pen = float(matched["pen"] or 0)
    room = font.room(text)
    side = room.side * scale + pen / 2 - _ROUNDED
    cut = (
        x < side
        or across < x + width * scale / UNITS + spacing * (count - 1) + side - _STEP_ROUNDED * count
        or y < room.ascent * scale + pen / 2 - _ROUNDED
        or down < y + room.descent * scale + pen / 2 - _ROUNDED
    )
    drawn = DrawnText(
        text=text,
        left=(left + x) * MM,
        baseline=(height - top - y) * MM,
        size=size,
        width=width * size / UNITS,
        spacing=spacing * MM,
        luminance=colour_luminance(matched["colour"]),
        pen=pen * MM,
        level=matched["turn"] is None,
        cut=cut,
        unlike=not font.unlike.isdisjoint(text),
        unknown=0 if font.unknown.isdisjoint(text) else sum(character in font.unknown for character in text),
    )
    return Piece(drawn, int(matched["font"]), count > 1)


def joined(one: Piece, other: Piece) -> Piece | None:
    """Two pieces as one, where the writer has to part a line: another font, or a character beyond the BMP."""
    before, after = one.drawn, other.drawn
    parted = one.font != other.font or max(before.text[-1], after.text[0]) > _LAST_OF_PLANE
    alike = (before.level, before.size, before.luminance, before.pen) == (
        after.level, after.size, after.luminance, after.pen,
    )  # fmt: skip
    if not parted or not alike or not before.level or abs(before.baseline - after.baseline) > _PIECES:
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
    return Piece(whole, other.font, spaced=True)


def shape_of(matched: re.Match[str], height: float, *, points: bool = False) -> DrawnShape:
    """The path that `OBJECTS` has found on a page of this height (millimetres)."""
    if (matched["filled"] == "true") != (matched["fill"] is not None):
        raise not_ours("a path whose colour is not used")
    left, top, across, down = map(float, matched["box"].split(" "))
    path = matched["path"]
    single = None
    found = _BOX.fullmatch(path) or (single := _LINE.fullmatch(path))
    if found is None or points:
        places = [(float(x), float(y)) for x, y in _POINT.findall(path)]
    else:
        x1, y1, x2, y2 = map(float, found.groups())
        places = [(x1, y1), (x2, y2)]
    whole = all(0 <= x <= across and 0 <= y <= down for x, y in places)
    on_page = [((left + x) * MM, (height - top - y) * MM) for x, y in places]
    corners = None
    if found is not None and whole:
        x1, y1, x2, y2 = map(float, found.groups())
        corners = SeenBox(
            (left + x1) * MM, (height - top - y1) * MM, (left + x2) * MM, (height - top - y2) * MM
        )  # fmt: skip
    return DrawnShape(
        corners=corners,
        single=single is not None,
        stroke=None if matched["stroke"] is None else colour_luminance(matched["stroke"]),
        weight=float(matched["weight"] or 0) * MM,
        fill=None if matched["fill"] is None else colour_luminance(matched["fill"]),
        points=on_page if points else (),
    )


@lru_cache(maxsize=256)
def colour_luminance(colour: str) -> float:
    """How light a colour is that is written as three numbers to 255."""
    parts = [int(part) for part in colour.split(" ")]
    if max(parts) > 255:
        raise not_ours("a colour")
    return luminance(part / 255 for part in parts)


def _spacing(steps: str | None, widths: Sequence[float], scale: float) -> float:
    """Millimetres between the characters beside their widths, which must be the same everywhere."""
    written = [] if steps is None else steps.split(" ")
    if len(written) != len(widths) - 1:
        raise not_ours("the steps of a text")
    if not written:
        return 0.0
    rests = [float(step) - width * scale for step, width in zip(written, widths, strict=False)]
    least, most = min(rests), max(rests)
    if most - least > _ROUNDED:
        raise not_ours("the steps of a text")
    return 0.0 if least > -_ROUNDED and most < _ROUNDED else (least + most) / 2
