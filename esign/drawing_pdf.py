"""Sheets as a PDF of a form of its own: no fonts, no attachments, no signatures, nothing but drawing.

Its producer is not that of our sealed files, so that nobody's program takes it for one.
"""

import io
import zlib
from collections.abc import Sequence
from functools import cache
from typing import Final

from PIL import Image

from . import pdf_objects as o
from .drawing import Drawn, DrawnOutline, DrawnPath, DrawnPicture, DrawnText, Ink, Matrix, Pen, Sheet, put
from .page import POINT, Command
from .pdf_file import PdfFile

PREVIEW_PRODUCER: Final = "elicence preview"
"""Not `pdf_form.PRODUCER`."""
_DOTS: Final = 200 / 25.4
"""For each millimetre, of pictures that have more."""
_QUALITY: Final = 85
_FEWEST: Final = 65_536
"""Dots; smaller pictures are kept without loss."""
_UNITS: Final = 1000


def sheets_pdf(sheets: Sequence[Sheet]) -> bytes:
    """The PDF; the same sheets give the same bytes."""
    file = PdfFile()
    catalogue, tree = file.reserve(), file.reserve()
    shared = _Shared(file)
    pages = [_page(file, shared, sheet, tree) for sheet in sheets]
    file.put(tree, o.dictionary(Type=b"/Pages", Kids=o.references(pages), Count=b"%d" % len(pages)))
    file.put(catalogue, o.dictionary(Type=b"/Catalog", Pages=o.reference(tree)))
    information = file.add(o.dictionary(Producer=o.text_string(PREVIEW_PRODUCER)))
    return file.whole(catalogue, information)


class _Shared:
    """Glyphs and pictures that several pages draw; each is written once."""

    def __init__(self, file: PdfFile) -> None:
        self.file = file
        self._glyphs: dict[int, int] = {}
        self._pictures: dict[int, int] = {}
        self._kept: list[object] = []

    def glyph(self, outline: DrawnOutline) -> int:
        """The number of a glyph's outline, as a form without a colour of its own."""
        number = self._glyphs.get(id(outline))
        if number is None:
            box = b"[-4000 -4000 4000 4000]"
            operators = _path(outline.commands, _UNITS, 0) + b" f"
            number = self._glyphs[id(outline)] = self.file.add(
                _compressed(operators, Type=b"/XObject", Subtype=b"/Form", BBox=box, Resources=o.dictionary())
            )
            self._kept.append(outline)
        return number

    def picture(self, image: Image.Image, place: Matrix) -> int:
        """The number of a picture."""
        number = self._pictures.get(id(image))
        if number is None:
            number = self._pictures[id(image)] = _image(self.file, _reduced(image, place))
            self._kept.append(image)
        return number


class _Operators:
    """The drawing of one page, and what it names."""

    def __init__(self, shared: _Shared) -> None:
        self._shared = shared
        self.lines: list[bytes] = []
        self.objects: dict[str, int] = {}
        self.states: dict[str, bytes] = {}

    def draw(self, item: Drawn) -> None:
        self.lines.append(b"q")
        for area in item.clip:
            self.lines.append(_path(area.commands) + (b" W* n" if area.even_odd else b" W n"))
        if isinstance(item, DrawnPath):
            self._draw_path(item)
        elif isinstance(item, DrawnText):
            self._draw_text(item)
        else:
            self._draw_picture(item)
        self.lines.append(b"Q")

    def _draw_path(self, item: DrawnPath) -> None:
        if item.fill is not None:
            self._fill(item.fill)
            self.lines.append(_path(item.commands) + (b" f*" if item.even_odd else b" f"))
        if item.pen is not None:
            self._stroke(item.pen)
            self.lines.append(_path(item.commands) + b" S")

    def _draw_text(self, item: DrawnText) -> None:
        if item.fill is not None:
            self._fill(item.fill)
            for outline, place in item.glyphs:
                number = self._shared.glyph(outline)
                name = f"G{number}"
                self.objects[name] = number
                matrix = (*(part / _UNITS for part in place[:4]), *place[4:])
                self.lines.append(b"q %s cm /%s Do Q" % (_numbers(matrix, 7), name.encode()))
        if item.pen is not None:
            self._stroke(item.pen)
            for outline, place in item.glyphs:
                self.lines.append(_path(put(outline.commands, place)) + b" S")

    def _draw_picture(self, item: DrawnPicture) -> None:
        number = self._shared.picture(item.image, item.place)
        name = f"I{number}"
        self.objects[name] = number
        self._state(item.opacity, "Multiply" if item.multiplied else "Normal")
        # A picture of a PDF stands on its lower edge.
        self.lines.append(b"%s cm 1 0 0 -1 0 1 cm /%s Do" % (_numbers(item.place, 5), name.encode()))

    def _fill(self, ink: Ink) -> None:
        self._state(ink.opacity, "Normal")
        self.lines.append(_numbers((ink.red / 255, ink.green / 255, ink.blue / 255), 4) + b" rg")

    def _stroke(self, pen: Pen) -> None:
        ink = pen.ink
        self._state(ink.opacity, "Normal")
        ends = b"1 J 1 j" if pen.round else b"0 J 0 j"
        dashes = b"[%s] %s d" % (_numbers(pen.dashes, 4), _numbers((max(0.0, pen.offset),), 4))
        colour = _numbers((ink.red / 255, ink.green / 255, ink.blue / 255), 4)
        self.lines.append(b"%s RG %s w %s %s" % (colour, _numbers((pen.width,), 4), ends, dashes))

    def _state(self, opacity: float, blend: str) -> None:
        if opacity >= 1 and blend == "Normal":
            return
        share = round(opacity * 255)
        name = f"{blend[0]}{share}"
        number = _numbers((share / 255,), 4)
        self.states[name] = o.dictionary(ca=number, CA=number, BM=b"/" + blend.encode())
        self.lines.append(b"/%s gs" % name.encode())


def _page(file: PdfFile, shared: _Shared, sheet: Sheet, tree: int) -> int:
    operators = _Operators(shared)
    scale = 1 / POINT
    # From here on millimetres from the top left corner.
    operators.lines.append(b"%s cm" % _numbers((scale, 0, 0, -scale, 0, sheet.height * scale), 5))
    for item in sheet.items:
        operators.draw(item)
    content = file.add(_compressed(b"\n".join(operators.lines)))
    resources = o.dictionary(
        XObject=o.dictionary(**{name: o.reference(number) for name, number in operators.objects.items()}),
        ExtGState=o.dictionary(**operators.states),
    )
    return file.add(
        o.dictionary(
            Type=b"/Page",
            Parent=o.reference(tree),
            MediaBox=o.box(0, 0, sheet.width * scale, sheet.height * scale),
            Group=o.dictionary(S=b"/Transparency", CS=b"/DeviceRGB"),
            Resources=resources,
            Contents=o.reference(content),
        )
    )


def _path(commands: Sequence[Command], scale: float = 1.0, decimals: int = 3) -> bytes:
    """Operators of a path; a quadratic curve becomes a cubic one."""
    words: list[bytes] = []
    here = (0.0, 0.0)
    for operator, numbers in commands:
        if operator == "Z":
            words.append(b"h")
            continue
        if operator == "Q":
            (x0, y0), (x1, y1, x2, y2) = here, numbers
            curve = (x0 + 2 * (x1 - x0) / 3, y0 + 2 * (y1 - y0) / 3, x2 + 2 * (x1 - x2) / 3, y2 + 2 * (y1 - y2) / 3)
            words.append(_numbers([number * scale for number in (*curve, x2, y2)], decimals) + b" c")
        else:
            letter = {"M": b" m", "L": b" l", "C": b" c"}[operator]
            words.append(_numbers([number * scale for number in numbers], decimals) + letter)
        here = (numbers[-2], numbers[-1])
    return b" ".join(words)


def _numbers(values: Sequence[float], decimals: int) -> bytes:
    return _form(len(values), decimals) % tuple(values)


@cache
def _form(count: int, decimals: int) -> bytes:
    # All numbers at once and with their zeros: most of the time goes here, and compression takes the zeros away.
    return b" ".join([b"%%.%df" % decimals] * count)


def _compressed(data: bytes, **entries: bytes) -> bytes:
    return o.stream(zlib.compress(data, 6), **entries, Filter=b"/FlateDecode")


def _reduced(image: Image.Image, place: Matrix) -> Image.Image:
    """The picture with no more dots than a printer shows of it."""
    a, b, c, d, _, _ = place
    most = (max(1, round((a * a + b * b) ** 0.5 * _DOTS)), max(1, round((c * c + d * d) ** 0.5 * _DOTS)))
    if image.width <= most[0] * 1.5 or image.height <= most[1] * 1.5:
        return image
    return image.resize(most, Image.Resampling.BOX, reducing_gap=2.0)


def _image(file: PdfFile, image: Image.Image) -> int:
    entries = {"Type": b"/XObject", "Subtype": b"/Image", "Width": b"%d" % image.width, "Height": b"%d" % image.height}
    if image.mode == "RGBA":
        grey = {"ColorSpace": b"/DeviceGray", "BitsPerComponent": b"8"}
        entries["SMask"] = o.reference(file.add(_compressed(image.getchannel("A").tobytes(), **entries, **grey)))
        image = image.convert("RGB")
    entries |= {"ColorSpace": b"/DeviceRGB", "BitsPerComponent": b"8"}
    if "SMask" in entries or image.width * image.height <= _FEWEST or image.getcolors(256) is not None:
        return file.add(_compressed(image.tobytes(), **entries))
    out = io.BytesIO()
    image.save(out, "JPEG", quality=_QUALITY)
    return file.add(o.stream(out.getvalue(), **entries, Filter=b"/DCTDecode"))
