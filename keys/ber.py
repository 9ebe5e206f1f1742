"""BER made into DER (ITU-T X.690 clauses 8.1.3 and 8.7), for the few files whose programs write nothing else.

PKCS#12 files (Bouncy Castle writes them with indefinite lengths and cut strings) and the signed data of others (openssl
writes streams) pass through here. Our own documents never do.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from keys import der
from keys.errors import MalformedDerError

MAX_DEPTH: Final = 24
"""Elements inside each other; a PKCS#12 file has about 12."""

MAX_ELEMENTS: Final = 100_000
"""Elements in all, pieces of strings included: a stream of 20 MB in pieces of 1,000 bytes has 20,000."""

_INDEFINITE: Final = 0x80
_CONSTRUCTED: Final = 0x20
_END: Final = b"\x00\x00"


def to_der(data: bytes) -> bytes:
    """Return one BER element with definite minimal lengths and octet strings in one piece, otherwise unchanged."""
    content, end = _element(data, 0, len(data), 0, iter(range(MAX_ELEMENTS)))
    if end != len(data):
        raise MalformedDerError("unexpected bytes at the end")
    return content


def joined(element: der.Element) -> bytes:
    """Return the content of an implicitly tagged octet string, whose pieces `to_der` cannot tell from other things."""
    if not element.tag & _CONSTRUCTED:
        return element.content
    reader, pieces = der.DerReader(element.content), []
    while not reader.at_end:
        pieces.append(reader.read_octet_string())
    return b"".join(pieces)


def _element(data: bytes, start: int, stop: int, depth: int, left: Iterator[int]) -> tuple[bytes, int]:
    """Convert the element at `start`, which must end before `stop`; with it comes where it ended.

    Each element takes one from `left`.
    """
    if next(left, None) is None:
        raise MalformedDerError("too many elements")
    if depth > MAX_DEPTH or start + 2 > stop:
        raise MalformedDerError("cut short or nested too deeply")
    tag, size, begin = data[start], data[start + 1], start + 2
    if not tag or tag & 0x1F == 0x1F:
        raise MalformedDerError("tag not supported")
    if size > _INDEFINITE:
        count = size & 0x7F
        size = int.from_bytes(data[begin : begin + count], "big")
        begin += count
        if count > 4 or begin > stop:
            raise MalformedDerError("length too long or cut short")
    indefinite = data[start + 1] == _INDEFINITE
    end = stop if indefinite else begin + size
    if end > stop or (indefinite and not tag & _CONSTRUCTED):
        raise MalformedDerError("cut short, or a length that is not allowed")
    if not tag & _CONSTRUCTED:
        return der.tlv(tag, data[begin:end]), end
    pieces = []
    while begin < end and not (indefinite and data[begin : begin + 2] == _END):
        piece, begin = _element(data, begin, end, depth + 1, left)
        pieces.append(piece)
    if indefinite:
        if data[begin : begin + 2] != _END:
            raise MalformedDerError("cut short")
        begin += 2
    if tag == der.OCTET_STRING | _CONSTRUCTED:
        return der.octet_string(b"".join(der.DerReader(piece).read_octet_string() for piece in pieces)), begin
    return der.tlv(tag, *pieces), begin
