"""Where a leaked copy came from: the serials in a file, whatever somebody did to it."""

import re
import struct
import zlib
from collections.abc import Iterator

from esign import COPY_SYMBOL_PREFIX, EsignError, read_picture

from .copies import is_serial

MAX_TRACED_STREAMS = 5_000
"""Compressed parts of a file that are looked into."""
MAX_TRACED_BYTES = 64 * 1024 * 1024
"""Of all of them together, packed and unpacked."""
_PIECE = 1024

_PICTURES = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff")
_WRITTEN = re.compile(rb'"serial":"(JZ[2-9A-Z]{12})"|' + COPY_SYMBOL_PREFIX.encode("ascii") + rb"(JZ[2-9A-Z]{12})")
_STREAM = re.compile(rb"stream\r?\n|PK\x03\x04")
_ZIP_NAMES = struct.Struct("<26xHH")
"""Lengths of the name and of the extra field in the header of a file in a ZIP, which follow it."""


def serials_in(data: bytes) -> tuple[str, ...]:
    """The serials of copies in a PDF or OFD, in a copy's data, or in a photograph or scan (PNG, JPEG) of a page.

    A file need not be whole, nor sealed: another program may have written it anew. One that consists of pictures only
    shows nothing here; its pictures do.
    """
    if data.startswith(_PICTURES):
        return _in_picture(data)
    found = [*_written_in(data)]
    for part in _unpacked(data):
        found += _written_in(part)
    return tuple(dict.fromkeys(serial for serial in found if is_serial(serial)))


def _in_picture(data: bytes) -> tuple[str, ...]:
    try:
        texts = read_picture(data)
    except EsignError:
        return ()
    serials = (text.removeprefix(COPY_SYMBOL_PREFIX) for text in texts if text.startswith(COPY_SYMBOL_PREFIX))
    return tuple(dict.fromkeys(serial for serial in serials if is_serial(serial)))


def _written_in(data: bytes) -> Iterator[str]:
    for found in _WRITTEN.finditer(data):
        yield (found[1] or found[2]).decode("ascii")


def _unpacked(data: bytes) -> Iterator[bytes]:
    packed, unread, room = memoryview(data), MAX_TRACED_BYTES, MAX_TRACED_BYTES
    for count, start in enumerate(_STREAM.finditer(data)):
        if count >= MAX_TRACED_STREAMS or min(unread, room) <= 0:
            return
        place, bits = start.end(), zlib.MAX_WBITS
        if start[0].startswith(b"PK") and len(data) >= start.start() + _ZIP_NAMES.size:
            place, bits = start.start() + _ZIP_NAMES.size + sum(_ZIP_NAMES.unpack_from(data, start.start())), -bits
        part, read = _inflated(packed[place : place + unread], room, bits)
        unread, room = unread - read, room - len(part)
        yield part


def _inflated(packed: memoryview, room: int, bits: int) -> tuple[bytes, int]:
    """Unpack what begins here, as far as it is whole and there is room; also how much of it was read.

    `bits` are those of zlib; below 0 for the bare streams in a ZIP.
    """
    inflater = zlib.decompressobj(bits)
    parts: list[bytes] = []
    read = 0
    # In small pieces: what follows the end of a part is copied, and there may be a whole file of it.
    while read < len(packed) and room > 0 and not inflater.eof:
        piece = packed[read : read + _PIECE]
        try:
            parts.append(inflater.decompress(piece, room))
        except zlib.error:
            break
        read += len(piece) - len(inflater.unused_data)
        room -= len(parts[-1])
    return b"".join(parts), read
