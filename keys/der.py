"""Strict DER, writing and reading (ITU-T X.690 clauses 8, 10 and 11).

Only what licences, seals and certificates need: single-byte tags, definite minimal lengths. What the writer cannot
write the reader does not read, because leniency here is what attackers use.
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from typing import Final, NamedTuple

from keys.errors import MalformedDerError

MAX_SIZE: Final = 32 * 1024 * 1024
"""Bytes that a reader takes. Above the file limit of the contract (20 MB), so that limit speaks first."""

MAX_OID_SIZE: Final = 64
"""Content bytes of one object identifier; a UUID arc needs 20."""

MAX_INTEGER_SIZE: Final = 1100
"""Content bytes of one INTEGER; the modulus of an RSA key of 8192 bits needs 1,025. Python writes out no number of more
than 1,785 bytes."""

BOOLEAN: Final = 0x01
INTEGER: Final = 0x02
BIT_STRING: Final = 0x03
OCTET_STRING: Final = 0x04
NULL: Final = 0x05
OID: Final = 0x06
ENUMERATED: Final = 0x0A
UTF8_STRING: Final = 0x0C
PRINTABLE_STRING: Final = 0x13
IA5_STRING: Final = 0x16
UTC_TIME: Final = 0x17
GENERALIZED_TIME: Final = 0x18
SEQUENCE: Final = 0x30
SET: Final = 0x31

_PRINTABLE: Final = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789 '()+,-./:=?")


def tlv(tag: int, *content: bytes) -> bytes:
    """Encode one element. `tag` is the identifier octet as it stands in the file."""
    if not 0 < tag <= 0xFF or tag & 0x1F == 0x1F:
        raise ValueError("only single-byte tags")
    body = b"".join(content)
    size = len(body)
    if size < 0x80:
        return bytes((tag, size)) + body
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(length))) + length + body


def sequence(*content: bytes) -> bytes:
    """Encode a SEQUENCE of already encoded elements."""
    return tlv(SEQUENCE, *content)


def set_of(*items: bytes) -> bytes:
    """Encode a SET OF; the items are put in the order that DER demands (X.690 clause 11.6)."""
    return tlv(SET, *sorted(items))


def integer(number: int) -> bytes:
    """Encode an INTEGER of any size in its shortest form."""
    magnitude = number if number >= 0 else ~number
    return tlv(INTEGER, number.to_bytes(magnitude.bit_length() // 8 + 1, "big", signed=True))


@lru_cache(maxsize=256)
def oid(dotted: str) -> bytes:
    """Encode an OBJECT IDENTIFIER given as dotted numbers."""
    arcs = [int(arc) for arc in dotted.split(".")]
    if len(arcs) < 2 or arcs[0] > 2 or (arcs[0] < 2 and arcs[1] > 39) or min(arcs) < 0:
        raise ValueError("not an object identifier")
    content = bytearray()
    for arc in (arcs[0] * 40 + arcs[1], *arcs[2:]):
        groups = [arc & 0x7F]
        while arc := arc >> 7:
            groups.append(arc & 0x7F | 0x80)
        content += bytes(reversed(groups))
    if len(content) > MAX_OID_SIZE:
        raise ValueError("object identifier too long")
    return tlv(OID, bytes(content))


def octet_string(content: bytes) -> bytes:
    """Encode an OCTET STRING."""
    return tlv(OCTET_STRING, content)


def bit_string(content: bytes) -> bytes:
    """Encode a BIT STRING of whole bytes (no unused bits)."""
    return tlv(BIT_STRING, b"\x00", content)


def null() -> bytes:
    """Encode NULL."""
    return tlv(NULL)


def boolean(value: bool) -> bytes:
    """Encode a BOOLEAN."""
    return tlv(BOOLEAN, b"\xff" if value else b"\x00")


def utf8_string(text: str) -> bytes:
    """Encode a UTF8String."""
    return tlv(UTF8_STRING, text.encode())


def printable_string(text: str) -> bytes:
    """Encode a PrintableString; a character outside its small alphabet is a `ValueError`."""
    content = text.encode("ascii")
    if not _PRINTABLE.issuperset(content):
        raise ValueError("not a PrintableString")
    return tlv(PRINTABLE_STRING, content)


def time(moment: datetime) -> bytes:
    """Encode a time as RFC 5280 clause 4.1.2.5 wants it: UTCTime through 2049, then GeneralizedTime; whole seconds."""
    if moment.utcoffset() is None:
        raise ValueError("a time needs its offset")
    moment = moment.astimezone(UTC)
    if 1950 <= moment.year < 2050:
        return tlv(UTC_TIME, moment.strftime("%y%m%d%H%M%SZ").encode())
    return generalized_time(moment)


def generalized_time(moment: datetime) -> bytes:
    """Encode a GeneralizedTime in UTC and whole seconds, which OCSP and timestamps have for every year."""
    if moment.utcoffset() is None:
        raise ValueError("a time needs its offset")
    moment = moment.astimezone(UTC)
    return tlv(GENERALIZED_TIME, f"{moment.year:04d}{moment:%m%d%H%M%S}Z".encode())


def context(number: int, *content: bytes, primitive: bool = False) -> bytes:
    """Encode an element with the context-specific tag [number]; constructed unless `primitive`."""
    if not 0 <= number < 0x1F:
        raise ValueError("only single-byte tags")
    return tlv((0x80 if primitive else 0xA0) | number, *content)


class Element(NamedTuple):
    """One element as it stands in the data: identifier octet, content, and both with the length (`raw`).

    A tuple, because a seal has hundreds of them and a frozen dataclass takes longer to make.
    """

    tag: int
    content: bytes
    raw: bytes


class DerReader:
    """Reads elements one after the other; everything that is not strict DER is a `MalformedDerError`."""

    __slots__ = ("_data", "_position")

    def __init__(self, data: bytes) -> None:
        """Read from `data`; more than `MAX_SIZE` bytes are refused."""
        if len(data) > MAX_SIZE:
            raise MalformedDerError("too large")
        self._data = data
        self._position = 0

    @property
    def at_end(self) -> bool:
        """Whether every byte has been read."""
        return self._position == len(self._data)

    def peek(self) -> int | None:
        """Tell the tag of the next element, None at the end."""
        return self._data[self._position] if self._position < len(self._data) else None

    def finish(self) -> None:
        """Refuse bytes that nobody has read."""
        if self._position != len(self._data):
            raise MalformedDerError("unexpected bytes at the end")

    def _bounds(self) -> tuple[int, int]:
        """Where the content of the next element starts and ends."""
        data, start = self._data, self._position + 2
        if start > len(data):
            raise MalformedDerError("cut short")
        tag = data[start - 2]
        if tag & 0x1F == 0x1F or tag == 0:
            raise MalformedDerError("tag not supported")
        size = data[start - 1]
        if size >= 0x80:
            count = size & 0x7F
            if not 1 <= count <= 4:
                raise MalformedDerError("length not in DER")
            size = int.from_bytes(data[start : start + count], "big")
            start += count
            # Shortest form, X.690 clause 10.1. A length cut short reads as a smaller number and fails here or below.
            if size < 0x80 or size < 1 << 8 * (count - 1):
                raise MalformedDerError("length not minimal")
        if start + size > len(data):
            raise MalformedDerError("cut short")
        return start, start + size

    def read(self, tag: int) -> bytes:
        """Read the content of the next element, which must have this tag."""
        start, end = self._bounds()
        if self._data[self._position] != tag:
            raise MalformedDerError(f"expected tag {tag:#04x}, found {self._data[self._position]:#04x}")
        self._position = end
        return self._data[start:end]

    def element(self) -> Element:
        """Read the next element, whatever its tag. Its content is not looked into."""
        begin = self._position
        start, end = self._bounds()
        self._position = end
        return Element(tag=self._data[begin], content=self._data[start:end], raw=self._data[begin:end])

    def read_raw(self) -> bytes:
        """Read the next element with tag and length."""
        begin = self._position
        _, self._position = self._bounds()
        return self._data[begin : self._position]

    def read_sequence(self) -> DerReader:
        """Read a SEQUENCE; its content comes as a reader."""
        return DerReader(self.read(SEQUENCE))

    def read_set(self) -> DerReader:
        """Read a SET OF, whose items must stand in DER order; its content comes as a reader."""
        content = self.read(SET)
        walk, previous = DerReader(content), b""
        while not walk.at_end:
            item = walk.read_raw()
            if item < previous:
                raise MalformedDerError("SET OF not in order")
            previous = item
        return DerReader(content)

    def read_boolean(self) -> bool:
        """Read a BOOLEAN; TRUE is FF only (X.690 clause 11.1)."""
        content = self.read(BOOLEAN)
        if content not in (b"\x00", b"\xff"):
            raise MalformedDerError("BOOLEAN not in DER")
        return content == b"\xff"

    def read_integer(self) -> int:
        """Read an INTEGER in its shortest form; may be negative."""
        content = self.read(INTEGER)
        if not 0 < len(content) <= MAX_INTEGER_SIZE:
            raise MalformedDerError("INTEGER empty or too long")
        # X.690 clause 8.3.2: the first nine bits are neither all zero nor all one.
        if len(content) > 1 and ((content[0] == 0 and content[1] < 0x80) or (content[0] == 0xFF and content[1] > 0x7F)):
            raise MalformedDerError("INTEGER not minimal")
        return int.from_bytes(content, "big", signed=True)

    def read_oid(self) -> str:
        """Read an OBJECT IDENTIFIER as dotted numbers."""
        return _dotted(self.read(OID))

    def read_octet_string(self) -> bytes:
        """Read the content of an OCTET STRING."""
        return self.read(OCTET_STRING)

    def read_bit_string(self) -> bytes:
        """Read the content of a BIT STRING that must have no unused bits."""
        content = self.read(BIT_STRING)
        if not content or content[0]:
            raise MalformedDerError("BIT STRING is not whole bytes")
        return content[1:]

    def read_null(self) -> None:
        """Read a NULL."""
        if self.read(NULL):
            raise MalformedDerError("NULL with content")

    def read_time(self) -> datetime:
        """Read a UTCTime or GeneralizedTime in the form of RFC 5280 clause 4.1.2.5: seconds, no fraction, Z; aware.

        GeneralizedTime before 2050 is read too: such certificates exist.
        """
        element = self.element()
        content = element.content
        if element.tag == UTC_TIME and len(content) == 13:
            digits = (b"19" if content[:2] >= b"50" else b"20") + content[:-1]
        elif element.tag == GENERALIZED_TIME and len(content) == 15:
            digits = content[:-1]
        else:
            raise MalformedDerError("time not in DER")
        if not digits.isdigit() or content[-1:] != b"Z":
            raise MalformedDerError("time not in DER")
        date = int(digits[:4]), int(digits[4:6]), int(digits[6:8])
        try:
            return datetime(*date, int(digits[8:10]), int(digits[10:12]), int(digits[12:]), tzinfo=UTC)
        except ValueError as error:
            raise MalformedDerError("no such time") from error


@lru_cache(maxsize=256)
def _dotted(content: bytes) -> str:
    """Decode the content of an OBJECT IDENTIFIER. Lists of revoked certificates repeat a few ones very often."""
    if not content or len(content) > MAX_OID_SIZE or content[-1] & 0x80:
        raise MalformedDerError("OBJECT IDENTIFIER not in DER")
    arcs: list[int] = []
    arc, begun = 0, False
    for byte in content:
        if byte == 0x80 and not begun:
            raise MalformedDerError("OBJECT IDENTIFIER not minimal")
        arc, begun = arc << 7 | byte & 0x7F, byte >= 0x80
        if not begun:
            arcs.append(arc)
            arc = 0
    first = min(arcs[0] // 40, 2)
    return ".".join(map(str, (first, arcs[0] - 40 * first, *arcs[1:])))
