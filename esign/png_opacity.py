"""Whether every dot of a PNG that could be transparent is opaque (PNG specification 3, clause 9): it then hides paper.

Nothing is unpacked into colours. As long as all dots are opaque, the filters of a row leave the same bytes for their
opacity, whatever the colours are; the first row of an ordinary seal, which is transparent, ends it.
"""

import struct
import zlib
from typing import Final

MAX_OPACITY_DOTS: Final = 1_000_000
"""Of a picture that is looked at; a seal of 42 mm has as many at 600 dots per inch."""
MAX_OPACITY_ROWS: Final = 4_000
"""Of such a picture: a million rows of one dot would take much longer than the same dots in a square."""

_HEAD: Final = struct.Struct(">2L5B")
_HEAD_AT: Final = 16
_CHANNELS: Final = {4: 2, 6: 4}
"""By colour type: grey or colours, and opacity."""
_BITS: Final = 8


def all_opaque(png: bytes) -> bool:
    """Whether no dot lets anything through; False also where it cannot be told, as of a damaged or interlaced one."""
    if len(png) < _HEAD_AT + _HEAD.size:
        return False
    width, height, bits, kind, _, _, interlaced = _HEAD.unpack_from(png, _HEAD_AT)
    channels = _CHANNELS.get(kind)
    if channels is None or bits != _BITS or interlaced or height > MAX_OPACITY_ROWS:
        return False
    if not 0 < width * height <= MAX_OPACITY_DOTS:
        return False
    # By filter, the bytes that are left of an opaque row: below nothing, and below another opaque one.
    rest = bytes(width - 1)
    whole, begun = b"\xff" * width, b"\xff" + rest
    first = {0: whole, 1: begun, 2: whole, 3: b"\xff" + b"\x80" * (width - 1), 4: begun}
    further = {**first, 2: b"\0" + rest, 3: b"\x80" + rest, 4: b"\0" + rest}
    size = 1 + width * channels
    try:
        rows = zlib.decompressobj().decompress(_stream(png), size * height)
    except zlib.error:
        return False
    return len(rows) == size * height and all(
        rows[at + channels : at + size : channels] == (further if at else first).get(rows[at])
        for at in range(0, len(rows), size)
    )


def _stream(png: bytes) -> bytes:
    """The compressed rows; they may stand in several parts."""
    parts, at = [], _HEAD_AT - 8
    while at + 8 <= len(png):
        length, kind = struct.unpack_from(">L4s", png, at)
        if kind == b"IDAT":
            parts.append(png[at + 8 : at + 8 + length])
        at += 12 + length
    return b"".join(parts)
