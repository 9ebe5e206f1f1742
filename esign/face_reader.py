"""What a sealed PDF of ours shows, page by page.

Objects and streams are read in the one form that our writers give them; what is written otherwise is refused.
"""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Final

from isal import isal_zlib
from isal.igzip_lib import IsalError

from .errors import Fault, MalformedError, TooLargeError
from .face_drawing import DrawnPage
from .face_fonts import FaceFont, FontReader
from .face_operators import CONTENT, NUMBER, is_quiet, not_ours, shape_of, text_of
from .face_seen import FacePage, SeenBox, SeenPhoto, SeenSymbol
from .pdf_first import RevisionObjects
from .pdf_objects import Reference

MAX_FACE_PAGES: Final = 1500  # an annex of 10,000 rows has about 300
MAX_PAGE_BYTES: Final = 8 * 1024 * 1024
MAX_FACE_BYTES: Final = 64 * 1024 * 1024  # of all that is unpacked
MAX_SYMBOL_BYTES: Final = 177 * 23  # version 40, one bit for each module

_PAGE = re.compile(
    rb"<</Type /Page/Parent (?P<parent>[0-9]{1,5}) 0 R(?:/Annots \[(?P<fields>[0-9 R]*)\])?"
    rb"/MediaBox \[0 0 (?P<width>" + NUMBER + rb") (?P<height>" + NUMBER + rb")\]"
    rb"/Group <</S /Transparency/CS /DeviceRGB>>/Contents (?P<contents>[0-9]{1,5}) 0 R"
    rb"/Resources <</Font (?P<fonts>[0-9]{1,5}) 0 R"
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
            raise not_ours("the catalogue has other entries")
        form, root = catalogue["AcroForm"], _number(catalogue["Pages"])
        fields = form.get("Fields") if isinstance(form, dict) else None
        if not isinstance(form, dict) or form.keys() != {"Fields", "SigFlags"} or not isinstance(fields, list):
            raise not_ours("the form has other entries")
        tree = self._objects.dictionary(root)
        kids = tree.get("Kids")
        if tree.keys() != {"Type", "Count", "Kids"} or not isinstance(kids, list):
            raise not_ours("the tree of pages")
        if len(kids) > MAX_FACE_PAGES:
            raise TooLargeError(f"more than {MAX_FACE_PAGES} pages")
        if repr(tree["Count"]) != repr(len(kids)):
            raise not_ours("the number of pages")
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
            raise not_ours("a seal hides what is under it")

    def _page(self, number: int, parent: int, fields: set[int]) -> FacePage:
        page = _PAGE.fullmatch(self._objects.body(number))
        if page is None or int(page["parent"]) != parent:
            raise not_ours("a page has other entries")
        shown = {int(one) for one in re.findall(rb"([0-9]{1,5}) 0 R", page["fields"] or b"")}
        if not shown <= fields:
            raise not_ours("there is more on a page than seals")
        forms = {name.decode("ascii"): int(place) for name, place in _FORM.findall(page["forms"])}
        fonts = int(page["fonts"])
        if fonts not in self._fonts:
            self._fonts[fonts] = FontReader(self._objects.body, self._unpacked).read(fonts)
        width, height = float(page["width"]), float(page["height"])
        drawn = DrawnPage(width=width, height=height)
        content = self._unpacked(int(page["contents"]), _PLAIN, MAX_PAGE_BYTES)
        at = 0
        for matched in CONTENT.finditer(content):
            if matched.start() != at:
                break
            at = matched.end()
            if matched["shown"] is not None:
                drawn.add_text(text_of(matched, self._fonts[fonts]))
            elif matched["path"] is not None:
                drawn.add_shape(shape_of(matched))
            elif matched["image"] is not None:
                self._add_image(drawn, matched, forms)
            elif "B" not in forms or matched.start() != 0:
                raise not_ours("the background is not below everything")
            else:
                drawn.strange |= not self._background_is_quiet(forms["B"], width, height)
        if at != len(content):
            raise not_ours("an operator that no face has")
        return drawn.finish()

    def _add_image(self, drawn: DrawnPage, matched: re.Match[bytes], forms: Mapping[str, int]) -> None:
        name = matched["image"].decode("ascii")
        if name not in forms:
            raise not_ours("an image that is not there")
        left, bottom = float(matched["left"]), float(matched["bottom"])
        box = SeenBox(left, bottom, left + float(matched["width"]), bottom + float(matched["height"]))
        if box.right <= box.left or box.top <= box.bottom:
            raise not_ours("an image that is turned around")
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
            raise not_ours("a symbol of another size")
        dots = f"{int.from_bytes(rows):0{8 * len(rows)}b}".encode("ascii").translate(_DARK)
        return tuple(dots[at : at + side] for at in range(0, len(dots), 8 * octets))

    def _background_is_quiet(self, number: int, width: float, height: float) -> bool:
        return is_quiet(self._unpacked(number, _BACKGROUND_HEAD, MAX_PAGE_BYTES), width, height)

    def _unpacked(self, number: int, head: bytes, limit: int) -> bytes:
        """The content of a stream with this head."""
        body = self._objects.body(number)
        begun = _head(head).match(body)
        if begun is None or not body.endswith(b"\nendstream"):
            raise not_ours("a stream of another form")
        packed = body[begun.end() : -len(b"\nendstream")]
        if len(packed) != int(begun["length"]):
            raise not_ours("a stream of another length")
        limit = min(limit, self._left)
        inflater = isal_zlib.decompressobj()
        try:
            content = inflater.decompress(packed, limit + 1)
        except IsalError as error:  # type: ignore[misc]  # its stub does not say that it is an exception
            raise MalformedError(Fault.FORMAT_PDF, "a stream cannot be unpacked") from error
        if len(content) > limit:
            raise TooLargeError(f"a stream of more than {limit} bytes")
        if not inflater.eof or inflater.unused_data:
            raise not_ours("a stream is cut off or has bytes behind its end")
        self._left -= len(content)
        return content


_DARK: Final = bytes.maketrans(b"01", b"\1\0")


@cache
def _head(entries: bytes) -> re.Pattern[bytes]:
    return re.compile(rb"<<" + entries + rb"/Length (?P<length>[0-9]{1,9})>>\nstream\n")


def _number(value: object) -> int:
    if not isinstance(value, Reference):
        raise not_ours("a reference was expected")
    return value.number
