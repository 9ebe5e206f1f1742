"""What a sealed PDF of ours shows: the text that can be seen, boxes, symbols and photographs, page by page.

The content streams are read in the one form that `pdf_writing` gives them; what is written otherwise is refused. Text
that is there but cannot be read - too small, too pale, outside the page, under, over or through something - is told
apart from what a person sees.
"""

import re
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Final, NamedTuple, TypeAlias

from isal import isal_zlib
from isal.igzip_lib import IsalError

from .errors import Fault, MalformedError, TooLargeError
from .face_fonts import FaceFont, FontReader
from .pdf_drawing import MM
from .pdf_first import RevisionObjects
from .pdf_objects import Reference

MAX_FACE_PAGES: Final = 1500  # an annex of 10,000 rows has about 300
MAX_PAGE_BYTES: Final = 8 * 1024 * 1024
MAX_FACE_BYTES: Final = 64 * 1024 * 1024  # of all that is unpacked
MAX_SYMBOL_BYTES: Final = 177 * 23  # version 40, one bit for each module

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
_ASCENT, _DESCENT = 0.72, 0.1  # of the size: what a line of text takes for certain above and below its baseline

_N = rb"-?[0-9]+(?:\.[0-9]{1,2})?"
_COLOUR = _N + rb" " + _N + rb" " + _N
_TEXT = (
    rb"BT (?P<colour>" + _COLOUR + rb") rg (?P=colour) RG (?:0 Tr|2 Tr (?P<pen>" + _N + rb") w) "
    rb"(?P<spacing>" + _N + rb") Tc (?P<turn>1 0 0 1|(?:-?[01]\.[0-9]{4} ){3}-?[01]\.[0-9]{4}) "
    rb"(?P<x>" + _N + rb") (?P<y>" + _N + rb") Tm"
    rb"(?P<shown>(?: /F[0-9]{1,2} " + _N + rb" Tf <(?:[0-9a-f]{4})+> Tj)*) ET"
)
_SHAPE = (
    rb"q\n(?:(?P<fill>" + _COLOUR + rb") rg\n)?(?:(?P<stroke>" + _COLOUR + rb") RG\n(?P<weight>" + _N + rb") w\n)?"
    rb"(?P<path>(?:(?:" + _N + rb" " + _N + rb" [ml]|(?:" + _N + rb" ){6}c|h)\n)+)(?P<paint>[BfS]) Q"
)
_IMAGE = (
    rb"q 0 g (?P<width>" + _N + rb") 0 0 (?P<height>" + _N + rb") (?P<left>" + _N + rb") (?P<bottom>" + _N + rb") cm "
    rb"/(?P<image>Q[0-9]{1,2}) Do Q"
)
_CONTENT = re.compile(rb"(?:" + _TEXT + rb"|" + _SHAPE + rb"|" + _IMAGE + rb"|(?P<background>/B Do))(?:\n|\Z)")
_BACKGROUND = re.compile(_SHAPE + rb"(?:\n|\Z)")
_SHOWN = re.compile(rb" /F([0-9]{1,2}) (" + _N + rb") Tf <([0-9a-f]+)> Tj")
_BOX = re.compile(rb"(N) (N) m\n(N) \2 l\n\3 (N) l\n\1 \4 l\nh\n".replace(b"N", _N))
_LINE = re.compile(rb"(N) (N) m\n(N) (N) l\n".replace(b"N", _N))
_POINT = re.compile(rb"(N) (N)(?= [mlc]| N)".replace(b"N", _N))
_PAGE = re.compile(
    rb"<</Type /Page/Parent (?P<parent>[0-9]{1,5}) 0 R(?:/Annots \[(?P<fields>[0-9 R]*)\])?"
    rb"/MediaBox \[0 0 (?P<width>" + _N + rb") (?P<height>" + _N + rb")\]/Group <</S /Transparency/CS /DeviceRGB>>"
    rb"/Contents (?P<contents>[0-9]{1,5}) 0 R/Resources <</Font (?P<fonts>[0-9]{1,5}) 0 R"
    rb"/XObject <<(?P<forms>(?:/(?:B|Q[0-9]{1,2}) [0-9]{1,5} 0 R)*)>>>>>>"
)
_FORM = re.compile(rb"/(B|Q[0-9]{1,2}) ([0-9]{1,5}) 0 R")
# The heads of the streams, as the writers write them.
_PLAIN = rb"/Filter /FlateDecode"
_BACKGROUND_HEAD = rb"/Type /XObject/Subtype /Form/BBox \[[0-9. -]*\]" + _PLAIN
_SYMBOL_HEAD = (
    rb"/Type /XObject/Subtype /Image/Width (?P<side>[0-9]{1,3})/Height (?P=side)/ImageMask true/BitsPerComponent 1"
    rb"/Interpolate false" + _PLAIN
)
_SEAL_HEAD = (
    rb"/Type /XObject/Subtype /Form/BBox \[[0-9. -]*\]"
    rb"/Resources <</ExtGState <</G <</BM /Multiply>>>>(?:/XObject <</I [0-9]{1,5} 0 R>>)?>>"
    rb"/Group <</S /Transparency/CS /DeviceRGB>>" + _PLAIN
)
_CATALOGUE: Final = frozenset(
    {"Type", "Version", "Pages", "Lang", "Metadata", "OutputIntents", "ViewerPreferences", "AcroForm", "Perms", "AF"}
    | {"Names"}
)
_LUMINANCE = (0.2126, 0.7152, 0.0722)  # of red, green and blue (sRGB, IEC 61966-2-1)


class SeenText(NamedTuple):
    """One line of text. Places in points from the lower left corner."""

    text: str
    left: float
    right: float
    baseline: float
    size: float
    hidden: str
    """Why it cannot be read as text of the face; empty when it can."""
    unlike: bool
    """Something else is drawn than the characters that it says it is."""
    unknown: int
    """Characters of which nobody can tell what is drawn for them."""


class SeenBox(NamedTuple):
    """A rectangle of thin lines, such as the cell of a table."""

    left: float
    bottom: float
    right: float
    top: float

    def holds(self, text: SeenText) -> bool:
        """Whether a text stands in it."""
        return (
            self.left <= text.left
            and text.right <= self.right + 0.05
            and self.bottom <= text.baseline
            and text.baseline + _ASCENT * text.size <= self.top
        )


class SeenSymbol(NamedTuple):
    """A QR symbol."""

    modules: tuple[bytes, ...]


class SeenPhoto(NamedTuple):
    """A photograph."""

    image: bytes
    """The image object as it is written."""


SeenItem: TypeAlias = SeenText | SeenBox | SeenSymbol | SeenPhoto


@dataclass(frozen=True, slots=True, kw_only=True)
class FacePage:
    """One page."""

    items: tuple[SeenItem, ...]
    """In the order of drawing."""
    strange: bool
    """There are drawings on it that no face has, which may show anything."""


def read_face(data: bytes, end: int) -> tuple[FacePage, ...]:
    """The pages of the sealed PDF whose first revision ends at `end`.

    Raises:
        MalformedError: `NON_CANONICAL` when something is not written as we write it, `FORMAT_PDF` when it is damaged.
        TooLargeError: over a limit.
    """
    return tuple(_FaceReader(RevisionObjects(data, end)).pages())


class _FaceReader:
    def __init__(self, objects: RevisionObjects) -> None:
        self._objects = objects
        self._left = MAX_FACE_BYTES
        self._fonts: dict[int, dict[int, FaceFont]] = {}

    def pages(self) -> Iterator[FacePage]:
        catalogue = self._objects.dictionary(1)
        if catalogue.keys() != _CATALOGUE:
            raise _not_ours("the catalogue has other entries")
        form, root = catalogue["AcroForm"], _number(catalogue["Pages"])
        fields = form.get("Fields") if isinstance(form, dict) else None
        if not isinstance(form, dict) or form.keys() != {"Fields", "SigFlags"} or not isinstance(fields, list):
            raise _not_ours("the form has other entries")
        tree = self._objects.dictionary(root)
        kids = tree.get("Kids")
        if tree.keys() != {"Type", "Count", "Kids"} or not isinstance(kids, list):
            raise _not_ours("the tree of pages")
        if len(kids) > MAX_FACE_PAGES:
            raise TooLargeError(f"more than {MAX_FACE_PAGES} pages")
        if repr(tree["Count"]) != repr(len(kids)):
            raise _not_ours("the number of pages")
        known = {_number(one) for one in fields}
        self._check_first_seal(_number(fields[0]) if fields else 0)
        for kid in kids:
            yield self._page(_number(kid), root, known)

    def _check_first_seal(self, number: int) -> None:
        """The picture of a seal lets the text under it show, as ink on paper does; others are made again elsewhere."""
        pictures = self._objects.dictionary(number).get("AP")
        if pictures is None:
            return
        picture = _number(pictures.get("N") if isinstance(pictures, dict) else None)
        if not self._unpacked(picture, _SEAL_HEAD, MAX_PAGE_BYTES).startswith(b"/G gs\n"):
            raise _not_ours("a seal hides what is under it")

    def _page(self, number: int, parent: int, fields: set[int]) -> FacePage:
        page = _PAGE.fullmatch(self._objects.body(number))
        if page is None or int(page["parent"]) != parent:
            raise _not_ours("a page has other entries")
        shown = {int(one) for one in re.findall(rb"([0-9]{1,5}) 0 R", page["fields"] or b"")}
        if not shown <= fields:
            raise _not_ours("there is more on a page than seals")
        forms = {name.decode("ascii"): int(place) for name, place in _FORM.findall(page["forms"])}
        fonts = int(page["fonts"])
        if fonts not in self._fonts:
            self._fonts[fonts] = FontReader(self._objects.body, self._unpacked).read(fonts)
        width, height = float(page["width"]), float(page["height"])
        drawn = _Drawn(width=width, height=height, fonts=self._fonts[fonts])
        content = self._unpacked(int(page["contents"]), _PLAIN, MAX_PAGE_BYTES)
        at = 0
        for matched in _CONTENT.finditer(content):
            if matched.start() != at:
                break
            at = matched.end()
            if matched["shown"] is not None:
                drawn.add_text(matched)
            elif matched["path"] is not None:
                drawn.add_shape(matched)
            elif matched["image"] is not None:
                self._add_image(drawn, matched, forms)
            elif "B" not in forms or matched.start() != 0:
                raise _not_ours("the background is not below everything")
            else:
                drawn.strange |= not self._background_is_quiet(forms["B"], width, height)
        if at != len(content):
            raise _not_ours("an operator that no face has")
        return drawn.finish()

    def _add_image(self, drawn: "_Drawn", matched: re.Match[bytes], forms: Mapping[str, int]) -> None:
        name = matched["image"].decode("ascii")
        if name not in forms:
            raise _not_ours("an image that is not there")
        left, bottom = float(matched["left"]), float(matched["bottom"])
        box = SeenBox(left, bottom, left + float(matched["width"]), bottom + float(matched["height"]))
        if box.right <= box.left or box.top <= box.bottom:
            raise _not_ours("an image that is turned around")
        body = self._objects.body(forms[name])
        symbol = _head(_SYMBOL_HEAD).match(body)
        if symbol is None:
            drawn.add_picture(box, SeenPhoto(body))
        else:
            drawn.add_picture(box, SeenSymbol(self._modules(forms[name], int(symbol["side"]))))

    def _modules(self, number: int, side: int) -> tuple[bytes, ...]:
        """The rows of a mask of one bit for each module, in which 0 paints."""
        rows = self._unpacked(number, _SYMBOL_HEAD, MAX_SYMBOL_BYTES)
        octets = (side + 7) // 8
        if len(rows) != octets * side:
            raise _not_ours("a symbol of another size")
        dots = f"{int.from_bytes(rows):0{8 * len(rows)}b}".encode("ascii").translate(_DARK)
        return tuple(dots[at : at + side] for at in range(0, len(dots), 8 * octets))

    def _background_is_quiet(self, number: int, width: float, height: float) -> bool:
        return _is_quiet(self._unpacked(number, _BACKGROUND_HEAD, MAX_PAGE_BYTES), width, height)

    def _unpacked(self, number: int, head: bytes, limit: int) -> bytes:
        """The content of a stream with this head."""
        body = self._objects.body(number)
        begun = _head(head).match(body)
        if begun is None or not body.endswith(b"\nendstream"):
            raise _not_ours("a stream of another form")
        packed = body[begun.end() : -len(b"\nendstream")]
        if len(packed) != int(begun["length"]):
            raise _not_ours("a stream of another length")
        limit = min(limit, self._left)
        inflater = isal_zlib.decompressobj()
        try:
            content = inflater.decompress(packed, limit + 1)
        except IsalError as error:  # type: ignore[misc]  # its stub does not say that it is an exception
            raise MalformedError(Fault.FORMAT_PDF, "a stream cannot be unpacked") from error
        if len(content) > limit:
            raise TooLargeError(f"a stream of more than {limit} bytes")
        if not inflater.eof or inflater.unused_data:
            raise _not_ours("a stream is cut off or has bytes behind its end")
        self._left -= len(content)
        return content


_DARK: Final = bytes.maketrans(b"01", b"\1\0")


@cache
def _head(entries: bytes) -> re.Pattern[bytes]:
    return re.compile(rb"<<" + entries + rb"/Length (?P<length>[0-9]{1,9})>>\nstream\n")


class _Drawn:
    """What was drawn on one page so far."""

    def __init__(self, *, width: float, height: float, fonts: Mapping[int, FaceFont]) -> None:
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
        text, width, unlike, unknown, sizes = "", 0.0, False, 0, set()
        for place, size, digits in _SHOWN.findall(matched["shown"]):
            font = self._fonts.get(int(place))
            if font is None:
                raise _not_ours("a font that is not there")
            try:
                shown = [font.characters[code] for code in bytes.fromhex(digits.decode("ascii")).decode("utf-16-be")]
            except (KeyError, UnicodeError) as error:
                raise _not_ours("a code that is no character") from error
            part = "".join(shown)
            width += sum([font.widths[character] for character in shown])
            unlike = unlike or not font.unlike.isdisjoint(shown)
            unknown += 0 if font.unknown.isdisjoint(shown) else sum(one in font.unknown for one in shown)
            text += part
            sizes.add(float(size))
        if not text:
            return
        if len(sizes) != 1:
            raise _not_ours("a text of two sizes")
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
        weight, fill = matched["weight"], matched["fill"]
        if box := _BOX.fullmatch(matched["path"]):
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
        elif (line := _LINE.fullmatch(matched["path"])) and matched["paint"] == b"S":
            left, low, right, high = (float(part) for part in line.groups())
            thin = weight is not None and float(weight) <= _THICKEST
            if low == high and thin:
                self.strange |= abs(right - left) < _SHORTEST
                self._level.append((low, min(left, right), max(left, right)))
                return
        self.strange = True

    def add_picture(self, box: SeenBox, picture: SeenSymbol | SeenPhoto) -> None:
        self._covers.append(box)
        self._items.append(picture)
        if isinstance(picture, SeenSymbol):
            self._symbols.append(box)

    def finish(self) -> FacePage:
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
        low, high = text.baseline, text.baseline + _ASCENT * text.size
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
                if (
                    rise < _ASCENT * one.size - slack
                    and min(one.right, other.right) - max(one.left, other.left) > slack
                ):
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
def _is_quiet(content: bytes, width: float, height: float) -> bool:
    """Whether a background has nothing but a frame near the edges, and paler drawings: nothing that reads as text."""
    at = 0
    for matched in _BACKGROUND.finditer(content):
        if matched.start() != at:
            return False
        at = matched.end()
        colours = [colour for colour in (matched["fill"], matched["stroke"]) if colour is not None]
        if all(_luminance(colour) >= _WATERMARK for colour in colours):
            continue
        box = _BOX.fullmatch(matched["path"]) if matched["paint"] == b"S" else None
        points = [(float(x), float(y)) for x, y in _POINT.findall(matched["path"])]
        if not all(
            (x <= _FRAME or x >= width - _FRAME) and (y <= _FRAME or y >= height - _FRAME) for x, y in points
        ) or (box is None and len(points) > _LOZENGE):
            return False
        if matched["weight"] is not None and float(matched["weight"]) > _THICKEST:
            return False
    return at == len(content)


_LOZENGE = 4
"""Points of what stands in the corners of a frame."""


def _ordered(box: re.Match[bytes]) -> tuple[float, float, float, float]:
    x1, y1, x2, y2 = (float(part) for part in box.groups())
    return min(x1, x2), min(y1, y2), max(x1, x2), max(y1, y2)


@lru_cache(maxsize=256)
def _luminance(colour: bytes) -> float:
    return sum(share * float(part) for share, part in zip(_LUMINANCE, colour.split(b" "), strict=True))


def _number(value: object) -> int:
    if not isinstance(value, Reference):
        raise _not_ours("a reference was expected")
    return value.number


def _not_ours(detail: str) -> MalformedError:
    return MalformedError(Fault.NON_CANONICAL, f"the pages are not written as ours are: {detail}")
