"""Reads one seal's picture, in a process of its own (see `child`)."""

import base64
import io
import zlib

from PIL import Image

from .errors import TooLargeError

MAX_PIXELS = 4_000_000
"""The largest official seal, 60 mm at 600 dpi, has two million."""


def answer(data: bytes, _: str) -> list[int | str]:
    """Columns, rows, colours and opacity as `seal.SealImage` has them, in base64; no opacity when all is opaque."""
    # The limit on pixels is ours; Pillow's own only warns.
    Image.MAX_IMAGE_PIXELS = None
    with Image.open(io.BytesIO(data), formats=("PNG", "GIF", "JPEG", "BMP")) as picture:
        if picture.width * picture.height > MAX_PIXELS:
            raise TooLargeError(f"more than {MAX_PIXELS} pixels")
        dots = picture.convert("RGBA")
    alpha = dots.getchannel("A")
    opaque = alpha.getextrema() == (255, 255)
    colours = dots.convert("RGB").tobytes()
    return [dots.width, dots.height, _packed(colours), "" if opaque else _packed(alpha.tobytes())]


def _packed(samples: bytes) -> str:
    return base64.b64encode(zlib.compress(samples, 9)).decode("ascii")
