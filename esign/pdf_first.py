"""The first revision of a sealed PDF of our own making, read strictly, so that no byte of it is unexplained.

It must have exactly the form that `pdf_writing` gives it: numbered objects one behind the other, one table of places,
the seals' form fields, and the first seal, which covers everything but its own hexadecimal digits.
"""

import re
import zlib
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

from .china import YEARS
from .errors import Fault, MalformedError, TooLargeError
from .pdf_file import END
from .pdf_form import (
    ATTACHMENT_NAME,
    ATTACHMENT_NAMES,
    BODY_NAME,
    FIELD_NAME,
    HEADER,
    LOCK,
    MAX_BODY_BYTES,
    MAX_SEALS,
    PRODUCER,
    seal_field,
    signature_dictionary,
)
from .pdf_increment import SealField, Standing
from .pdf_objects import HexString, Name, ObjectParser, Reference, Stream, box
from .pdf_seal_picture import empty_appearance
from .structured_json import MAX_STRUCTURED_BYTES
from .xmp import XmpFacts, read_xmp

MAX_OBJECTS = 20_000  # a licence has about 30

_TAIL = re.compile(rb"startxref\n([0-9]{1,10})\n%%EOF\n\Z")
_SIGNING_TIME = re.compile(rb"D:([0-9]{14})\+([0-9]{2})'([0-9]{2})'\Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class Digits:
    """The hexadecimal string of a seal or timestamp, and what it stands for."""

    start: int
    end: int
    value: bytes
    """One DER value, without the padding."""
    reserved: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstRevision:
    """What the first revision says."""

    standing: Standing
    seal_name: str
    claimed_time: datetime
    digits: Digits
    attachment: str
    """Name of the associated file."""
    structured: bytes
    body: bytes | None
    """The second associated file."""
    metadata: XmpFacts


def read_first_revision(data: bytes, end: int) -> FirstRevision:
    """Read the revision that ends at `end`; raises what `pdf_reading.read_sealed_pdf` raises."""
    objects = RevisionObjects(data, end)
    catalogue = objects.dictionary(1)
    fields, signature_number = _fields(objects, catalogue)
    signature = objects.dictionary(signature_number)
    name, at = stated(signature)
    opened = signature_dictionary(name, at, place=0, seals=len(fields))
    if not objects.body(signature_number).startswith(opened + b"<"):
        raise MalformedError(Fault.NON_CANONICAL, "a signature of another kind than ours")
    attachment, structured, body = _associated_files(objects, catalogue)
    return FirstRevision(
        standing=Standing(
            end=end,
            table=objects.table,
            size=objects.size,
            identity=objects.identity,
            catalogue=objects.body(1),
            fields=fields,
        ),
        seal_name=name,
        claimed_time=at,
        digits=read_digits(signature, end),
        attachment=attachment,
        structured=structured,
        body=body,
        metadata=_metadata(objects, catalogue),
    )


def stated(signature: dict[str, object]) -> tuple[str, datetime]:
    """The name and the time that a seal's signature dictionary states."""
    name = signature.get("Name")
    if not isinstance(name, HexString) or len(name.digits) % 2 or name.digits.translate(None, b"0123456789abcdef"):
        raise MalformedError(Fault.NON_CANONICAL, "the seal's name is not in our form")
    try:
        text = bytes.fromhex(name.digits.decode("ascii")).decode("utf-16")
        text.encode("utf-16-be")
    except UnicodeError as error:
        raise MalformedError(Fault.NON_CANONICAL, "the seal's name is not in our form") from error
    return text, _instant(signature.get("M"))


def read_digits(signature: dict[str, object], end: int) -> Digits:
    """The digits in a signature dictionary, which must cover everything else up to `end`."""
    contents = signature.get("Contents")
    if not isinstance(contents, HexString):
        raise MalformedError(Fault.FORMAT_PDF, "the signature dictionary has no contents")
    whole = [0, contents.start, contents.end, end - contents.end]
    # Compared as written: to Python, 0.0 and false are equal to 0.
    if repr(signature.get("ByteRange")) != repr(whole):
        raise MalformedError(Fault.NON_CANONICAL, "the seal does not cover the whole file")
    value = value_in(contents.digits)
    return Digits(start=contents.start, end=contents.end, value=value, reserved=len(contents.digits) // 2)


def value_in(written: bytes) -> bytes:
    """The CMS or token that is written in these digits, without the zeros behind it."""
    if len(written) % 2 or written.translate(None, b"0123456789abcdef"):
        raise MalformedError(Fault.NON_CANONICAL, "the seal is not in lower-case hexadecimal")
    value = bytes.fromhex(written.decode("ascii"))
    length = _der_length(value)
    if any(value[length:]):
        raise MalformedError(Fault.NON_CANONICAL, "the seal's padding is not zero")
    return value[:length]


def _der_length(value: bytes) -> int:
    """Length of the DER value at the start: /Contents is padded with zeros to its reserved size."""
    if len(value) < 2 or value[0] != 0x30:
        raise MalformedError(Fault.FORMAT_CMS, "the seal holds no CMS")
    if value[1] < 0x80:
        return 2 + value[1]
    octets = value[1] & 0x7F
    return 2 + octets + int.from_bytes(value[2 : 2 + octets], "big")


class RevisionObjects:
    """The objects of a revision whose every byte belongs to the header, an object, or the tail."""

    def __init__(self, data: bytes, end: int) -> None:
        self._data = data
        tail = _TAIL.search(data, max(0, end - 64), end)
        if not data.startswith(HEADER) or tail is None:
            raise MalformedError(Fault.NON_CANONICAL, "the file does not begin and end as ours do")
        self.table = int(tail[1])
        self.identity = (b"", b"")
        self._places = self._read_table(tail.start())

    @property
    def size(self) -> int:
        """The number after the last object."""
        return len(self._places) + 1

    def _read_table(self, end: int) -> list[int]:
        start = re.compile(rb"xref\n0 ([0-9]{1,6})\n0000000000 65535 f \n").match(self._data, self.table, end)
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
        trailer = re.fullmatch(
            rb"trailer\n<</Size %d/Root 1 0 R/ID \[<([0-9a-f]{32})><\1>\]>>\n" % size,
            self._data[start.end() + len(entries) : end],
        )
        if trailer is None:
            raise MalformedError(Fault.NON_CANONICAL, "the trailer is not ours")
        self.identity = (trailer[1], trailer[1])
        self._check_places(places)
        return places

    def _check_places(self, places: list[int]) -> None:
        """Objects 1, 2, 3 … stand in this order without a gap: nothing can hide between them."""
        expected = len(HEADER)
        for number, (place, following) in enumerate(zip(places, [*places[1:], self.table], strict=True), start=1):
            opening = b"%d 0 obj\n" % number
            if place != expected or following <= place or not self._data.startswith(opening, place):
                raise MalformedError(Fault.NON_CANONICAL, "the objects do not stand one behind the other")
            if not self._data.endswith(END, place, following):
                raise MalformedError(Fault.NON_CANONICAL, "an object does not end where the next begins")
            expected = following

    def _bounds(self, number: int) -> tuple[int, int]:
        if not 1 <= number <= len(self._places):
            raise MalformedError(Fault.FORMAT_PDF, "a reference to nothing")
        start = self._places[number - 1] + len(b"%d 0 obj\n" % number)
        return start, (self._places[number] if number < len(self._places) else self.table) - len(END)

    def body(self, number: int) -> bytes:
        """An object as it is written."""
        start, end = self._bounds(number)
        return self._data[start:end]

    def load(self, number: int) -> object:
        """An object as a value."""
        start, end = self._bounds(number)
        parser = ObjectParser(self._data, start, end)
        value = parser.parse()
        if parser.position != end:
            raise MalformedError(Fault.NON_CANONICAL, "an object is followed by more than its end")
        return value

    def dictionary(self, number: int) -> dict[str, object]:
        """An object that must be a dictionary."""
        value = self.load(number)
        if not isinstance(value, dict):
            raise MalformedError(Fault.FORMAT_PDF, "a dictionary was expected")
        return value


def _fields(objects: RevisionObjects, catalogue: dict[str, object]) -> tuple[tuple[SealField, ...], int]:
    """The seals' form fields in the order of sealing, and the first one's signature dictionary."""
    form = catalogue.get("AcroForm")
    listed = form.get("Fields") if isinstance(form, dict) else None
    if not isinstance(listed, list) or not 1 <= len(listed) <= MAX_SEALS:
        raise MalformedError(Fault.NON_CANONICAL, f"the form has not 1 to {MAX_SEALS} fields")
    numbers = [_number_of(reference) for reference in listed]
    entries = [objects.dictionary(number) for number in numbers]
    signature = _number_of(entries[0].get("V"))
    fields = tuple(
        _field(
            objects,
            number,
            entries[place],
            value=signature if place == 0 else None,
            locks=len(numbers) > 1 and place == len(numbers) - 1,
        )
        for place, number in enumerate(numbers)
    )
    if len({field.name for field in fields}) != len(fields):
        raise MalformedError(Fault.NON_CANONICAL, "two fields of one name")
    return fields, signature


def _field(
    objects: RevisionObjects, number: int, entries: dict[str, object], *, value: int | None, locks: bool
) -> SealField:
    """A field, made again from its facts and compared; one without a value shows nothing."""
    body = objects.body(number)
    name, rectangle = _ascii(entries.get("T")), _numbers(entries.get("Rect"))
    if not FIELD_NAME.fullmatch(name):
        raise MalformedError(Fault.NON_CANONICAL, "a field whose name is not ours")
    pictures = entries.get("AP")
    appearance = _number_of(pictures.get("N")) if isinstance(pictures, dict) else None
    # The picture of a seal that is made is under that seal.
    picture_box = _empty_box(objects, appearance) if appearance is not None and value is None else None
    lock = _number_of(entries.get("Lock")) if locks else None
    if lock is not None and objects.body(lock) != LOCK:
        raise MalformedError(Fault.NON_CANONICAL, "the last seal locks in another way than ours")
    again = seal_field(
        name, _number_of(entries.get("P")), box(*rectangle), appearance=appearance, lock=lock, value=value
    )
    if body != again:
        raise MalformedError(Fault.NON_CANONICAL, "a field of another form than ours")
    return SealField(name=name, number=number, body=body, appearance=appearance, box=picture_box)


def _empty_box(objects: RevisionObjects, appearance: int) -> bytes:
    """The size of an appearance that must show nothing."""
    picture = objects.load(appearance)
    if not isinstance(picture, Stream):
        raise MalformedError(Fault.FORMAT_PDF, "a seal's appearance is no stream")
    size = box(*_numbers(picture.dictionary.get("BBox")))
    if objects.body(appearance) != empty_appearance(size):
        raise MalformedError(Fault.NON_CANONICAL, "a seal shows before it is made")
    return size


def _associated_files(objects: RevisionObjects, catalogue: dict[str, object]) -> tuple[str, bytes, bytes | None]:
    """Name and content of the first one, and the body of the licence if there is one."""
    associated = catalogue.get("AF")
    if not isinstance(associated, list) or not 1 <= len(associated) <= 2:
        raise MalformedError(Fault.NON_CANONICAL, "the file has not one or two associated files")
    name, content = _associated_file(objects, associated[0], MAX_STRUCTURED_BYTES)
    if name not in ATTACHMENT_NAMES:
        raise MalformedError(Fault.NON_CANONICAL, f"the associated file is none of {', '.join(ATTACHMENT_NAMES)}")
    if len(associated) == 1:
        return name, content, None
    second, body = _associated_file(objects, associated[1], MAX_BODY_BYTES)
    if second != BODY_NAME or name != ATTACHMENT_NAME:
        raise MalformedError(Fault.NON_CANONICAL, f"the second associated file is not {BODY_NAME} of a licence")
    return name, content, body


def _associated_file(objects: RevisionObjects, associated: object, limit: int) -> tuple[str, bytes]:
    specification = objects.dictionary(_number_of(associated))
    embedded = specification.get("EF")
    name = _ascii(specification.get("F"))
    if not isinstance(embedded, dict):
        raise MalformedError(Fault.NON_CANONICAL, "an associated file is not embedded")
    stream = objects.load(_number_of(embedded.get("F")))
    if not isinstance(stream, Stream) or stream.dictionary.get("Filter") != Name("FlateDecode"):
        raise MalformedError(Fault.FORMAT_PDF, "an associated file is no compressed stream")
    inflater = zlib.decompressobj()
    try:
        content = inflater.decompress(stream.data, limit + 1)
    except zlib.error as error:
        raise MalformedError(Fault.FORMAT_PDF, "an associated file cannot be unpacked") from error
    if len(content) > limit:
        raise TooLargeError(f"an associated file of more than {limit} bytes")
    if not inflater.eof or inflater.unused_data:
        raise MalformedError(Fault.NON_CANONICAL, "an associated file is cut off or has bytes behind its end")
    return name, content


def _metadata(objects: RevisionObjects, catalogue: dict[str, object]) -> XmpFacts:
    metadata = objects.load(_number_of(catalogue.get("Metadata")))
    if not isinstance(metadata, Stream):
        raise MalformedError(Fault.FORMAT_PDF, "the metadata are no stream")
    return read_xmp(metadata.data, producer=PRODUCER)


def _number_of(value: object) -> int:
    if not isinstance(value, Reference):
        raise MalformedError(Fault.FORMAT_PDF, "a reference was expected")
    return value.number


def _numbers(value: object) -> tuple[float, float, float, float]:
    if not isinstance(value, list) or len(value) != 4 or not all(type(part) in (int, float) for part in value):
        raise MalformedError(Fault.FORMAT_PDF, "a rectangle was expected")
    left, bottom, right, top = value
    return left, bottom, right, top


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
