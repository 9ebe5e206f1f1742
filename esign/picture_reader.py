"""Reads the QR symbols of one picture, in a process of its own (see `child`).

A crafted picture can keep the readers of pictures and symbols busy without end, and none of them has a time limit.
What a phone makes is read at once; what cannot be read so is looked at again, sharpened, larger and in other ways, as
long as the time for one picture allows.
"""

import io
import time
from collections.abc import Callable, Iterator

import zxingcpp
from PIL import Image, ImageFilter

from .errors import TooLargeError

MAX_PIXELS = 120_000_000  # a phone's largest photograph has 108 million
READ_SIDE = 5000  # pixels to which larger pictures are reduced: A4 at 400 dpi
MAX_ENLARGED = 1200  # pixels of the longer side up to which a picture is looked at in twice its size
TRY_SECONDS = 1.5  # of computing time, after which nothing new is tried
FORMATS = ("PNG", "JPEG", "TIFF", "WEBP", "BMP", "GIF")

_PDF = b"%PDF-"
_QR = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode)


def answer(data: bytes, _: str) -> list[str]:
    """The texts of the symbols in a picture, or in the scanned pages of a PDF; of several frames the first is read."""
    # The limit on pixels is ours; Pillow's own only warns.
    Image.MAX_IMAGE_PIXELS = None
    if data.startswith(_PDF):
        # Loaded for scans only: it takes as long as reading a symbol.
        from .scanned_pages import pictures_of_pages

        return [text for picture in pictures_of_pages(data, MAX_PIXELS) for text in _read(picture)]
    with Image.open(io.BytesIO(data), formats=FORMATS) as picture:
        return _read(picture)


def _read(picture: Image.Image) -> list[str]:
    if picture.width * picture.height > MAX_PIXELS:
        raise TooLargeError("a picture of too many pixels")
    # A JPEG is unpacked at a half, a quarter or an eighth of its size where that is still fine enough.
    picture.draft("L", (READ_SIDE, READ_SIDE))
    grey = _on_white(picture)
    grey.thumbnail((READ_SIDE, READ_SIDE))
    for view in _views(grey):
        if texts := _texts(view()):
            return texts
        if time.process_time() > TRY_SECONDS:
            break
    return []


def _on_white(picture: Image.Image) -> Image.Image:
    """What is transparent lies on paper: else its colour, which nobody sees, would be read."""
    if "transparency" not in picture.info and picture.mode not in ("LA", "PA", "RGBA"):
        return picture.convert("L")
    seen = picture.convert("LA")
    return Image.composite(seen.getchannel("L"), Image.new("L", seen.size, 255), seen.getchannel("A"))


def _views(grey: Image.Image) -> Iterator[Callable[[], Image.Image]]:
    """Ways to look at a picture, the best first; each is made only when the ones before it showed nothing."""
    yield lambda: grey
    # Out of focus or shaken: with a blur of half a module 2 of 12 were read as they are, and all of them sharpened.
    yield lambda: grey.filter(ImageFilter.UnsharpMask(2, 200, 0))
    if max(grey.size) <= MAX_ENLARGED:
        yield lambda: _enlarged(grey).filter(ImageFilter.UnsharpMask(4, 250, 0))
    yield lambda: grey.filter(ImageFilter.UnsharpMask(3, 300, 0))


def _enlarged(grey: Image.Image) -> Image.Image:
    return grey.resize((2 * grey.width, 2 * grey.height), Image.Resampling.BICUBIC)


def _texts(grey: Image.Image) -> list[str]:
    return [symbol.text for symbol in zxingcpp.read_barcodes(grey, formats=_QR) if symbol.text]
