"""A QR symbol as a picture of dots: readers of OFD know no masks, and programs scan it like any other picture."""

import struct
from collections.abc import Sequence
from typing import Final
from zlib import crc32

from isal import isal_zlib

DOTS: Final = 8
"""Dots along the side of a module: one byte, at one bit for each dot."""

_GREY: Final = bytes.maketrans(b"\x00\x01", b"\xff\x00")
_SAME_AS_ABOVE: Final = 2  # filter type Up (ISO/IEC 15948 section 9.2): a row of zeros repeats the one above


def symbol_png(modules: Sequence[bytes]) -> bytes:
    """The symbol without its quiet zone, one bit of grey; `modules` are those of `page.Symbol`."""
    side = len(modules)
    repeated = (bytes((_SAME_AS_ABOVE,)) + bytes(side)) * (DOTS - 1)
    rows = b"".join(b"\0" + row.translate(_GREY) + repeated for row in modules)
    header = struct.pack(">IIBBBBB", side * DOTS, side * DOTS, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(content)) + name + content + struct.pack(">I", crc32(content, crc32(name)))
        for name, content in ((b"IHDR", header), (b"IDAT", isal_zlib.compress(rows)), (b"IEND", b""))
    )
