"""A QR symbol as a picture of dots: readers of OFD know no masks, and programs scan it like any other picture."""

import struct
from collections.abc import Sequence
from typing import Final

from isal import isal_zlib
from isal.igzip_lib import IsalError

from .photo import PNG_SIGNATURE, png_chunk

DOTS: Final = 8
"""Dots along the side of a module: one byte, at one bit for each dot."""

_GREY: Final = bytes.maketrans(b"\x00\x01", b"\xff\x00")
_DARK: Final = bytes.maketrans(b"\x00\xff", b"\x01\x00")
_MOST_DOTS: Final = 177 * DOTS  # version 40
_SAME_AS_ABOVE: Final = 2  # filter type Up (ISO/IEC 15948 section 9.2): a row of zeros repeats the one above


def symbol_png(modules: Sequence[bytes]) -> bytes:
    """The symbol without its quiet zone, one bit of grey; `modules` are those of `page.Symbol`."""
    return _opening(len(modules)) + png_chunk(b"IDAT", isal_zlib.compress(_rows(modules))) + _END


def modules_of(png: bytes) -> tuple[bytes, ...] | None:
    """The modules of a symbol that `symbol_png` has drawn; None for any other picture."""
    side, rest = divmod(int.from_bytes(png[16:20], "big"), DOTS)
    if rest or not 0 < side * DOTS <= _MOST_DOTS:
        return None
    begin, end = len(_opening(side)), len(png) - len(_END)
    packed = png[begin + 8 : end - 4]
    if png != _opening(side) + png_chunk(b"IDAT", packed) + _END:
        return None
    high = DOTS * (side + 1)
    unpacker = isal_zlib.decompressobj()
    try:
        rows = bytes(unpacker.decompress(packed, side * high + 1))
    except IsalError:  # type: ignore[misc]  # its stub does not say that it is an exception
        return None
    modules = tuple(rows[at + 1 : at + 1 + side].translate(_DARK) for at in range(0, len(rows), high))
    if not unpacker.eof or unpacker.unused_data or b"".join(modules).translate(None, b"\0\1"):
        return None
    return modules if len(modules) == side and _rows(modules) == rows else None


def _rows(modules: Sequence[bytes]) -> bytes:
    repeated = (bytes((_SAME_AS_ABOVE,)) + bytes(len(modules))) * (DOTS - 1)
    return b"".join(b"\0" + row.translate(_GREY) + repeated for row in modules)


def _opening(side: int) -> bytes:
    """The signature and the header."""
    return PNG_SIGNATURE + png_chunk(b"IHDR", struct.pack(">IIBBBBB", side * DOTS, side * DOTS, 1, 0, 0, 0, 0))


_END: Final = png_chunk(b"IEND", b"")
