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
    rows = _rows([row.translate(_GREY) for row in modules])
    return _opening(len(modules)) + png_chunk(b"IDAT", isal_zlib.compress(rows)) + _END


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
    grey = [rows[at + 1 : at + 1 + side] for at in range(0, len(rows), high)]
    dots = b"".join(grey)
    if not unpacker.eof or unpacker.unused_data or dots.translate(None, b"\0\xff"):
        return None
    if len(grey) != side or _rows(grey) != rows:
        return None
    dark = dots.translate(_DARK)
    return tuple([dark[at : at + side] for at in range(0, len(dark), side)])


def _rows(grey: Sequence[bytes]) -> bytes:
    repeated = (bytes((_SAME_AS_ABOVE,)) + bytes(len(grey))) * (DOTS - 1)
    return b"".join([b"\0" + row + repeated for row in grey])


def _opening(side: int) -> bytes:
    """The signature and the header."""
    return PNG_SIGNATURE + png_chunk(b"IHDR", struct.pack(">IIBBBBB", side * DOTS, side * DOTS, 1, 0, 0, 0, 0))


_END: Final = png_chunk(b"IEND", b"")
