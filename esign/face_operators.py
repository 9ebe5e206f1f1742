"""The operators of our PDF pages, and what they draw.

They are read in the one form that `pdf_writing` gives them; what is written otherwise is refused.
"""

import math
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache

from .errors import Fault, MalformedError
from .face_drawing import DrawnShape, DrawnText, are_quiet, luminance
from .face_fonts import FaceFont
from .face_seen import SeenBox

NUMBER = rb"-?[0-9]+(?:\.[0-9]{1,2})?"
_COLOUR = NUMBER + rb" " + NUMBER + rb" " + NUMBER
_TEXT = (
    rb"BT (?P<colour>" + _COLOUR + rb") rg (?P=colour) RG (?:0 Tr|2 Tr (?P<pen>" + NUMBER + rb") w) "
    rb"(?P<spacing>" + NUMBER + rb") Tc (?P<turn>1 0 0 1|(?:-?[01]\.[0-9]{4} ){3}-?[01]\.[0-9]{4}) "
    rb"(?P<x>" + NUMBER + rb") (?P<y>" + NUMBER + rb") Tm"
    rb"(?P<shown>(?: /F[0-9]{1,2} " + NUMBER + rb" Tf <(?:[0-9a-f]{4})+> Tj)*) ET"
)
_SHAPE = (
    rb"q\n(?:(?P<fill>" + _COLOUR + rb") rg\n)?(?:(?P<stroke>" + _COLOUR + rb") RG\n(?P<weight>" + NUMBER + rb") w\n)?"
    rb"(?P<path>(?:(?:" + NUMBER + rb" " + NUMBER + rb" [ml]|(?:" + NUMBER + rb" ){6}c|h)\n)+)(?P<paint>[BfS]) Q"
)
_IMAGE = (
    rb"q 0 g (?P<width>" + NUMBER + rb") 0 0 (?P<height>" + NUMBER + rb") "
    rb"(?P<left>" + NUMBER + rb") (?P<bottom>" + NUMBER + rb") cm /(?P<image>Q[0-9]{1,2}) Do Q"
)
CONTENT = re.compile(rb"(?:" + _TEXT + rb"|" + _SHAPE + rb"|" + _IMAGE + rb"|(?P<background>/B Do))(?:\n|\Z)")
_BACKGROUND = re.compile(_SHAPE + rb"(?:\n|\Z)")
_SHOWN = re.compile(rb" /F([0-9]{1,2}) (" + NUMBER + rb") Tf <([0-9a-f]+)> Tj")
_BOX = re.compile(rb"(N) (N) m\n(N) \2 l\n\3 (N) l\n\1 \4 l\nh\n".replace(b"N", NUMBER))
_LINE = re.compile(rb"(N) (N) m\n(N) (N) l\n".replace(b"N", NUMBER))
_POINT = re.compile(rb"(N) (N)(?= [mlc]| N)".replace(b"N", NUMBER))


def not_ours(detail: str) -> MalformedError:
    """The error that says where the pages differ from ours."""
    return MalformedError(Fault.NON_CANONICAL, f"the pages are not written as ours are: {detail}")


def text_of(matched: re.Match[bytes], fonts: Mapping[int, FaceFont]) -> DrawnText:
    """The text that `CONTENT` has found; `fonts` by the number in their names."""
    text, width, unlike, unknown, sizes = "", 0.0, False, 0, set()
    for place, size, digits in _SHOWN.findall(matched["shown"]):
        font = fonts.get(int(place))
        if font is None:
            raise not_ours("a font that is not there")
        try:
            shown = [font.characters[code] for code in bytes.fromhex(digits.decode("ascii")).decode("utf-16-be")]
        except (KeyError, UnicodeError) as error:
            raise not_ours("a code that is no character") from error
        width += sum([font.widths[character] for character in shown])
        unlike = unlike or not font.unlike.isdisjoint(shown)
        unknown += 0 if font.unknown.isdisjoint(shown) else sum(one in font.unknown for one in shown)
        text += "".join(shown)
        sizes.add(float(size))
    if len(sizes) > 1:
        raise not_ours("a text of two sizes")
    size = sizes.pop() if sizes else 0.0
    return DrawnText(
        text=text,
        left=float(matched["x"]),
        baseline=float(matched["y"]),
        size=size,
        width=width * size / 1000,
        spacing=float(matched["spacing"]),
        luminance=_luminance(matched["colour"]),
        pen=float(matched["pen"] or 0),
        level=matched["turn"] == b"1 0 0 1",
        cut=False,
        unlike=unlike,
        unknown=unknown,
    )


def shape_of(matched: re.Match[bytes]) -> DrawnShape:
    """The path that `CONTENT` has found."""
    path, paint = matched["path"], matched["paint"]
    single = None
    matched_corners = _BOX.fullmatch(path) or (single := _LINE.fullmatch(path))
    return DrawnShape(
        corners=SeenBox(*map(float, matched_corners.groups())) if matched_corners else None,
        single=single is not None,
        stroke=None if paint == b"f" else _luminance(matched["stroke"] or _DEFAULT),
        weight=float(matched["weight"] or math.inf) if paint != b"f" else 0,
        fill=None if paint == b"S" else _luminance(matched["fill"] or _DEFAULT),
    )


@lru_cache(maxsize=64)
def is_quiet(content: bytes, width: float, height: float) -> bool:
    """Whether a background has nothing that reads as text (`are_quiet`), and is written as ours are."""
    matches = list(_BACKGROUND.finditer(content))
    if b"".join(one[0] for one in matches) != content:
        return False
    return are_quiet(_shapes_of(matches), width, height)


def _shapes_of(matches: list[re.Match[bytes]]) -> Iterator[DrawnShape]:
    for matched in matches:
        points = [(float(x), float(y)) for x, y in _POINT.findall(matched["path"])]
        yield shape_of(matched)._replace(points=points)


_DEFAULT = b"0 0 0"


@lru_cache(maxsize=256)
def _luminance(colour: bytes) -> float:
    return luminance(map(float, colour.split(b" ")))
