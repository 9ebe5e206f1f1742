"""Reads the QR symbols of one picture: a program of its own, started by `barcode.read_picture`.

A crafted picture can keep the readers of PNG, JPEG and QR busy without end, and none of them has a time limit. So they
run in a process whose time and memory the operating system bounds. Standard input: the picture; standard output: JSON,
a list of texts, or the name of a fault. It imports nothing of ours, so that it starts in a tenth of a second.
"""

import io
import json
import sys

import zxingcpp
from PIL import Image

CPU_SECONDS = 2
MEMORY_BYTES = 768 << 20
MAX_PIXELS = 120_000_000  # a phone's largest photograph has 108 million
READ_SIDE = 5000  # pixels to which larger pictures are reduced: A4 at 400 dpi
TOO_LARGE = "TOO_LARGE"


def _limit() -> None:
    """Bound this process; systems without such limits rely on the caller's time-out."""
    try:
        import resource
    except ImportError:
        return
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))


def _read(data: bytes) -> list[str] | str:
    # The limit on pixels is ours; Pillow's own only warns.
    Image.MAX_IMAGE_PIXELS = None
    with Image.open(io.BytesIO(data), formats=("PNG", "JPEG")) as picture:
        if picture.width * picture.height > MAX_PIXELS:
            return TOO_LARGE
        # A JPEG is unpacked at a half, a quarter or an eighth of its size where that is still fine enough.
        picture.draft("L", (READ_SIDE, READ_SIDE))
        grey = picture.convert("L")
    grey.thumbnail((READ_SIDE, READ_SIDE))
    symbols = zxingcpp.read_barcodes(grey, formats=zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode))
    return [symbol.text for symbol in symbols if symbol.text]


if __name__ == "__main__":
    _limit()
    try:
        answer = _read(sys.stdin.buffer.read())
    except MemoryError:
        answer = TOO_LARGE
    json.dump(answer, sys.stdout)
