"""Reads the QR symbols of one picture, in a process of its own (see `child`).

A crafted picture can keep the readers of PNG, JPEG and QR busy without end, and none of them has a time limit.
"""

import io

import zxingcpp
from PIL import Image

from .errors import TooLargeError

MAX_PIXELS = 120_000_000  # a phone's largest photograph has 108 million
READ_SIDE = 5000  # pixels to which larger pictures are reduced: A4 at 400 dpi


def answer(data: bytes, _: str) -> list[str]:
    """The texts of the symbols."""
    # The limit on pixels is ours; Pillow's own only warns.
    Image.MAX_IMAGE_PIXELS = None
    with Image.open(io.BytesIO(data), formats=("PNG", "JPEG")) as picture:
        if picture.width * picture.height > MAX_PIXELS:
            raise TooLargeError("a picture of too many pixels")
        # A JPEG is unpacked at a half, a quarter or an eighth of its size where that is still fine enough.
        picture.draft("L", (READ_SIDE, READ_SIDE))
        grey = picture.convert("L")
    grey.thumbnail((READ_SIDE, READ_SIDE))
    symbols = zxingcpp.read_barcodes(grey, formats=zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode))
    return [symbol.text for symbol in symbols if symbol.text]
