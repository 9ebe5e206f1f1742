"""Reading a sealed PDF of our own making: strictly, so that no byte of it is unexplained.

Files of other producers are recognised and left alone (`FORMAT_FOREIGN`): this reader never guesses. A file that names
us as producer must have exactly the form that `pdf_writing` gives it: one revision, numbered objects one behind the
other, one table of places, one seal that covers everything but its own hexadecimal digits.
"""

import re
import zlib
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

from .china import YEARS
from .cms import SignedData, read_signed_data
from .errors import Fault, MalformedError, TooLargeError
from .pdf_form import ATTACHMENT_NAME, HEADER, PRODUCER_MARK, SUB_FILTER
from .pdf_objects import HexString, Name, ObjectParser, Reference, Stream
from .structured import MAX_STRUCTURED_BYTES

MAX_PDF_BYTES = 20 * 1024 * 1024  # contract section 5
MAX_OBJECTS = 20_000  # a licence has about 30

_TAIL = re.compile(rb"startxref\n([0-9]{1,10})\n%%EOF\n\Z")
_SIGNING_TIME = re.compile(rb"D:([0-9]{14})\+([0-9]{2})'([0-9]{2})'\Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedPdf:
    """The facts of a sealed PDF, none of them judged."""

    field: str
    """Name of the seal's form field."""
    signed_data: SignedData
    claimed_time: datetime
    """What the signature dictionary says (/M)."""
    structured: bytes
    """The associated file: the structured e-licence."""
    before: bytes
    after: bytes

    def digest_matches(self) -> bool:
        """Whether the sealed bytes are unchanged."""
        return self.signed_data.digest_matches(self.before, self.after)


def read_sealed_pdf(data: bytes) -> SealedPdf:
    """Read a sealed PDF.

    Raises:
        TooLargeError: a limit of this module or of the CMS reader.
        MalformedError: `SEAL_MISSING` for an unsigned PDF, `FORMAT_FOREIGN` for a signed PDF of another producer,
            `NON_CANONICAL` when ours was changed in form, `FORMAT_PDF` when it is broken.
    """
    if len(data) > MAX_PDF_BYTES:
        raise TooLargeError(f"a PDF of {len(data)} bytes; the limit is {MAX_PDF_BYTES}")
    if not data.startswith(b"%PDF-"):
        raise MalformedError(Fault.FORMAT_PDF, "not a PDF")
    if b"%%EOF" not in data:
        # A file cut off before its first end mark may have lost what tells whose it is (ISO 32000-1 section 7.5.5).
        raise MalformedError(Fault.FORMAT_PDF, "the file is cut off")
    if PRODUCER_MARK not in data:
        if b"/ByteRange" not in data:
            raise MalformedError(Fault.SEAL_MISSING, "the PDF has no signature")
        raise MalformedError(Fault.FORMAT_FOREIGN, "a signed PDF of another producer")
    objects = _Objects(data)
    catalogue = objects.dictionary(1)
    field = _only_field(objects, catalogue)
    signature = objects.dictionary(_number_of(field.get("V")))
    if signature.get("SubFilter") != Name(SUB_FILTER):
        raise MalformedError(Fault.NON_CANONICAL, "a signature of another kind than ours")
    before, cms, after = _cut(data, signature)
    return SealedPdf(
        field=_ascii(field.get("T")),
        signed_data=read_signed_data(cms),
        claimed_time=_instant(signature.get("M")),
        structured=_associated_file(objects, catalogue),
        before=before,
        after=after,
    )


class _Objects:
    """The objects of a file whose every byte belongs to the header, an object, or the tail."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        tail = _TAIL.search(data, max(0, len(data) - 64))
        if not data.startswith(HEADER) or tail is None:
            raise MalformedError(Fault.NON_CANONICAL, "the file does not begin and end as ours do")
        self._table = int(tail[1])
        self._places = self._read_table(tail.start())

    def _read_table(self, end: int) -> list[int]:
        start = re.compile(rb"xref\n0 ([0-9]{1,6})\n0000000000 65535 f \n").match(self._data, self._table, end)
        if start is None:
            raise MalformedError(Fault.NON_CANONICAL, "the table of places is not where the file says")
        size = int(start[1])
        if size > MAX_OBJECTS:
            raise TooLargeError(f"more than {MAX_OBJECTS} objects")
        entries = self._data[start.end() : start.end() + 20 * (size - 1)]
        places = []
        for at in range(0, len(entries), 20):
            entry = entries[at : at + 20]
            if not entry[:10].isdigit() or entry[10:] != b" 00000 n \n":
                raise MalformedError(Fault.NON_CANONICAL, "an entry of the table of places is not ours")
            places.append(int(entry[:10]))
        trailer = self._data[start.end() + len(entries) : end]
        if not re.fullmatch(rb"trailer\n<</Size %d/Root 1 0 R/ID \[<[0-9a-f]{32}><[0-9a-f]{32}>\]>>\n" % size, trailer):
            raise MalformedError(Fault.NON_CANONICAL, "the trailer is not ours")
        self._check_places(places)
        return places

    def _check_places(self, places: list[int]) -> None:
        """Objects 1, 2, 3 … stand in this order without a gap: nothing can hide between them."""
        expected = len(HEADER)
        for number, (place, following) in enumerate(zip(places, [*places[1:], self._table], strict=True), start=1):
            opening = b"%d 0 obj\n" % number
            if place != expected or following <= place or not self._data.startswith(opening, place):
                raise MalformedError(Fault.NON_CANONICAL, "the objects do not stand one behind the other")
            if not self._data.endswith(b"\nendobj\n", place, following):
                raise MalformedError(Fault.NON_CANONICAL, "an object does not end where the next begins")
            expected = following

    def load(self, number: int) -> object:
        if not 1 <= number <= len(self._places):
            raise MalformedError(Fault.FORMAT_PDF, "a reference to nothing")
        start = self._places[number - 1] + len(b"%d 0 obj\n" % number)
        end = (self._places[number] if number < len(self._places) else self._table) - len(b"\nendobj\n")
        parser = ObjectParser(self._data, start, end)
        value = parser.parse()
        if parser.position != end:
            raise MalformedError(Fault.NON_CANONICAL, "an object is followed by more than its end")
        return value

    def dictionary(self, number: int) -> dict[str, object]:
        value = self.load(number)
        if not isinstance(value, dict):
            raise MalformedError(Fault.FORMAT_PDF, "a dictionary was expected")
        return value


def _only_field(objects: _Objects, catalogue: dict[str, object]) -> dict[str, object]:
    form = catalogue.get("AcroForm")
    fields = form.get("Fields") if isinstance(form, dict) else None
    if not isinstance(fields, list) or len(fields) != 1:
        raise MalformedError(Fault.NON_CANONICAL, "the form has not exactly one field")
    return objects.dictionary(_number_of(fields[0]))


def _cut(data: bytes, signature: dict[str, object]) -> tuple[bytes, bytes, bytes]:
    """The bytes before the seal's digits, the CMS, the bytes behind: together the whole file."""
    contents = signature.get("Contents")
    if not isinstance(contents, HexString):
        raise MalformedError(Fault.FORMAT_PDF, "the signature dictionary has no contents")
    whole = [0, contents.start, contents.end, len(data) - contents.end]
    # Compared as written: to Python, 0.0 and false are equal to 0.
    if repr(signature.get("ByteRange")) != repr(whole):
        raise MalformedError(Fault.NON_CANONICAL, "the seal does not cover the whole file")
    digits = contents.digits
    if len(digits) % 2 or digits.translate(None, b"0123456789abcdef"):
        raise MalformedError(Fault.NON_CANONICAL, "the seal is not in lower-case hexadecimal")
    value = bytes.fromhex(digits.decode("ascii"))
    length = _der_length(value)
    if any(value[length:]):
        raise MalformedError(Fault.NON_CANONICAL, "the seal's padding is not zero")
    return data[: contents.start], value[:length], data[contents.end :]


def _der_length(value: bytes) -> int:
    """Length of the DER value at the start: /Contents is padded with zeros to its reserved size."""
    if len(value) < 2 or value[0] != 0x30:
        raise MalformedError(Fault.FORMAT_CMS, "the seal holds no CMS")
    if value[1] < 0x80:
        return 2 + value[1]
    octets = value[1] & 0x7F
    return 2 + octets + int.from_bytes(value[2 : 2 + octets], "big")


def _associated_file(objects: _Objects, catalogue: dict[str, object]) -> bytes:
    associated = catalogue.get("AF")
    if not isinstance(associated, list) or len(associated) != 1:
        raise MalformedError(Fault.NON_CANONICAL, "the file has not exactly one associated file")
    specification = objects.dictionary(_number_of(associated[0]))
    embedded = specification.get("EF")
    if specification.get("F") != ATTACHMENT_NAME.encode() or not isinstance(embedded, dict):
        raise MalformedError(Fault.NON_CANONICAL, f"the associated file is not {ATTACHMENT_NAME}")
    stream = objects.load(_number_of(embedded.get("F")))
    if not isinstance(stream, Stream) or stream.dictionary.get("Filter") != Name("FlateDecode"):
        raise MalformedError(Fault.FORMAT_PDF, "the associated file is no compressed stream")
    inflater = zlib.decompressobj()
    try:
        content = inflater.decompress(stream.data, MAX_STRUCTURED_BYTES + 1)
    except zlib.error as error:
        raise MalformedError(Fault.FORMAT_PDF, "the associated file cannot be unpacked") from error
    if len(content) > MAX_STRUCTURED_BYTES:
        raise TooLargeError(f"a structured licence of more than {MAX_STRUCTURED_BYTES} bytes")
    if not inflater.eof or inflater.unused_data:
        raise MalformedError(Fault.NON_CANONICAL, "the associated file is cut off or has bytes behind its end")
    return content


def _number_of(value: object) -> int:
    if not isinstance(value, Reference):
        raise MalformedError(Fault.FORMAT_PDF, "a reference was expected")
    return value.number


def _ascii(value: object) -> str:
    if not isinstance(value, bytes) or not value.isascii():
        raise MalformedError(Fault.FORMAT_PDF, "a plain text was expected")
    return value.decode("ascii")


def _instant(value: object) -> datetime:
    matched = _SIGNING_TIME.match(value) if isinstance(value, bytes) else None
    if matched is None:
        raise MalformedError(Fault.NON_CANONICAL, "the signing time is not in our form")
    try:
        zone = timezone(timedelta(hours=int(matched[2]), minutes=int(matched[3])))
        instant = datetime.strptime(matched[1].decode("ascii"), "%Y%m%d%H%M%S").replace(tzinfo=zone)
    except ValueError as error:
        raise MalformedError(Fault.FORMAT_PDF, "no such time") from error
    if instant.year not in YEARS:
        raise MalformedError(Fault.FORMAT_PDF, "a signing time beyond all calendars")
    return instant
