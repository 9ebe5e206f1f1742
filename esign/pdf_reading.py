"""Reading a sealed PDF of our own making: strictly, so that no byte of it is unexplained.

Files of other producers are recognised and left alone (`FORMAT_FOREIGN`): this reader never guesses. A file that names
us as producer must have exactly the form that `pdf_writing` and `pdf_increment` give it: the first revision, then the
further seals in their order, then evidence and document timestamps.
"""

import re
from dataclasses import dataclass, field
from datetime import datetime

from .cms import SignedData, read_signed_data
from .errors import Fault, MalformedError, TooLargeError
from .evidence import Evidence
from .evidence_check import check_evidence, check_sequence
from .foreign_facts import HEADER_WITHIN
from .pdf_file import END, file_end
from .pdf_first import Digits, read_digits, read_first_revision, stated
from .pdf_form import DOCUMENT_ELEMENT, PRODUCER_MARK
from .pdf_increment import (
    EVIDENCE_KINDS,
    Increment,
    Standing,
    evidence_increment,
    seal_increment,
    timestamp_increment,
)
from .pdf_objects import ObjectParser, Reference, Stream
from .pdf_seal_picture import Drawing, dots_in
from .xmp import XmpFacts

MAX_PDF_BYTES = 20 * 1024 * 1024  # contract section 5
MAX_REVISIONS = 20  # eight seals, and six rounds of evidence and timestamp
MAX_UPDATE_BYTES = 8 * 1024 * 1024  # a further revision; it is copied a few times to be compared
MAX_SEALED_BYTES = 128 * 1024 * 1024  # of all seals and timestamps together: each hashes the file again
MAX_UPDATED_OBJECTS = 110  # in one further revision: as much as there may be evidence, and what it stands in

_TABLE_PLACE = re.compile(rb"startxref\n([0-9]{1,10})\n%%EOF\n\Z")
_PREVIOUS = re.compile(rb"/Prev ([0-9]{1,10})>>\n\Z")
_OPENING = re.compile(rb"([1-9][0-9]{0,5}) 0 obj\n")


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedRange:
    """The bytes that a seal or timestamp covers: a file up to the end of one revision, but for the digits."""

    data: bytes = field(repr=False)
    """The whole file."""
    start: int
    """Where the digits begin."""
    stop: int
    """Where they have ended."""
    end: int
    """Where the revision ends."""

    def chunks(self) -> tuple[memoryview, memoryview]:
        """The covered bytes."""
        view = memoryview(self.data)
        return view[: self.start], view[self.stop : self.end]


@dataclass(frozen=True, slots=True, kw_only=True)
class PdfSeal:
    """The facts of one seal on a PDF."""

    field: str
    """Name of its form field."""
    name: str
    """Whose seal the signature dictionary says it is."""
    claimed_time: datetime
    """When it says that it was sealed (/M)."""
    signed_data: SignedData
    covered: SealedRange

    def digest_matches(self) -> bool:
        """Whether the sealed bytes are unchanged."""
        return self.signed_data.digest_matches(*self.covered.chunks())


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentTimestamp:
    """The facts of one timestamp over a PDF."""

    field: str
    """Name of its form field."""
    token: bytes
    """As it came: one DER SEQUENCE, nothing more is known."""
    covered: SealedRange
    evidence: Evidence
    """What the file had before it: that existed at the timestamp's time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedPdf:
    """The facts of a sealed PDF, none of them judged."""

    fields: tuple[str, ...]
    """The form field of every seal that belongs on the file, in the order of sealing."""
    seals: tuple[PdfSeal, ...]
    """Those that are there: the first of these fields, or all."""
    structured: bytes
    """The associated file: the structured e-licence; in an annotated copy what that says."""
    attachment: str
    """Its name, one of `pdf_form.ATTACHMENT_NAMES`."""
    body: bytes | None = field(repr=False)
    """The second associated file: the body of the licence, written elsewhere."""
    metadata: XmpFacts
    """What it tells other programs about itself."""
    evidence: Evidence
    document_timestamps: tuple[DocumentTimestamp, ...]
    standing: Standing = field(repr=False)
    """What the next revision builds on."""

    @property
    def document(self) -> str:
        """Key of the licence's document that the file says it is; empty in files of early versions and in copies."""
        return next((one.value for one in self.metadata.elements if one.short_name == DOCUMENT_ELEMENT), "")

    @property
    def identity(self) -> str:
        """What its trailer calls it (/ID)."""
        return self.standing.identity[0].decode("ascii")


def read_sealed_pdf(data: bytes) -> SealedPdf:
    """Read a sealed PDF.

    Raises:
        TooLargeError: a limit of this module, of `pdf_first`, of the evidence or of the CMS reader.
        MalformedError: `SEAL_MISSING` for an unsigned PDF, `FORMAT_FOREIGN` for a signed PDF of another producer,
            `NON_CANONICAL` when ours was changed in form, `FORMAT_PDF` when it is broken.
    """
    if len(data) > MAX_PDF_BYTES:
        raise TooLargeError(f"a PDF of {len(data)} bytes; the limit is {MAX_PDF_BYTES}")
    # Ours begin with their header; those of others may have some bytes before it.
    if not data.startswith(b"%PDF-") and (names_us_as_producer(data) or b"%PDF-" not in data[:HEADER_WITHIN]):
        raise MalformedError(Fault.FORMAT_PDF, "not a PDF")
    if b"%%EOF" not in data:
        # A file cut off before its first end mark may have lost what tells whose it is (ISO 32000-1 section 7.5.5).
        raise MalformedError(Fault.FORMAT_PDF, "the file is cut off")
    if not names_us_as_producer(data):
        if b"/ByteRange" not in data:
            raise MalformedError(Fault.SEAL_MISSING, "the PDF has no signature")
        raise MalformedError(Fault.FORMAT_FOREIGN, "a signed PDF of another producer")
    first, *further = _revisions(data)
    revision = read_first_revision(data, first.end)
    reader = _Reader(data, revision.standing)
    reader.add_seal(revision.standing.fields[0].name, revision.seal_name, revision.claimed_time, revision.digits)
    for update in further:
        reader.read_update(update)
    covered = sum(seal.covered.end for seal in reader.seals)
    covered += sum(stamp.covered.end for stamp in reader.timestamps)
    if covered > MAX_SEALED_BYTES:
        raise TooLargeError(f"seals and timestamps over more than {MAX_SEALED_BYTES} bytes together")
    return SealedPdf(
        fields=tuple(field.name for field in reader.standing.fields),
        seals=tuple(reader.seals),
        structured=revision.structured,
        attachment=revision.attachment,
        body=revision.body,
        metadata=revision.metadata,
        evidence=reader.standing.evidence,
        document_timestamps=tuple(reader.timestamps),
        standing=reader.standing,
    )


def names_us_as_producer(data: bytes) -> bool:
    """Whether a file, or a part of one, names us as its producer and so must have our form."""
    return PRODUCER_MARK in data


@dataclass(frozen=True, slots=True, kw_only=True)
class _Bounds:
    """Where a revision's table of places begins and where it ends."""

    table: int
    end: int


def _revisions(data: bytes) -> list[_Bounds]:
    """The revisions, the first one first, as each one's table names the one before (ISO 32000-1 section 7.5.6)."""
    found: list[_Bounds] = []
    end = len(data)
    while True:
        tail = _TABLE_PLACE.search(data, max(0, end - 64), end)
        if tail is None:
            raise MalformedError(Fault.NON_CANONICAL, "the file does not begin and end as ours do")
        if len(found) == MAX_REVISIONS:
            raise TooLargeError(f"more than {MAX_REVISIONS} revisions")
        table = int(tail[1])
        found.append(_Bounds(table=table, end=end))
        previous = _PREVIOUS.search(data, max(0, tail.start() - 24), tail.start())
        if previous is None:
            return found[::-1]
        closing = file_end(int(previous[1]))
        # What stands between is compared with what we would write there; so this only has to find the place.
        at = data.find(closing, int(previous[1]), min(table, end))
        if at < 0:
            raise MalformedError(Fault.NON_CANONICAL, "the revision before is not where the file says")
        end = at + len(closing)


class _Reader:
    """Reads the revisions behind the first: takes the facts out, makes each one again, and compares."""

    def __init__(self, data: bytes, standing: Standing) -> None:
        self._data = data
        self.standing = standing
        self.seals: list[PdfSeal] = []
        self.timestamps: list[DocumentTimestamp] = []

    def add_seal(self, field: str, name: str, at: datetime, digits: Digits) -> None:
        """Take the seal that the last revision made."""
        self.seals.append(
            PdfSeal(
                field=field,
                name=name,
                claimed_time=at,
                signed_data=read_signed_data(digits.value),
                covered=self._covered(digits),
            )
        )

    def read_update(self, bounds: _Bounds) -> None:
        """Read the next revision."""
        if bounds.end - self.standing.end > MAX_UPDATE_BYTES:
            raise TooLargeError(f"a further revision of more than {MAX_UPDATE_BYTES} bytes")
        objects = _updated_objects(self._data, self.standing.end, bounds.table)
        if self.standing.next_field is not None:
            self._read_seal(objects, bounds.end)
        elif isinstance(stamp := objects.get(self.standing.size + 1), dict) and stamp.get("Type") == "DocTimeStamp":
            self._read_timestamp(stamp, bounds.end)
        else:
            self._read_evidence(objects, bounds.end)

    def _read_seal(self, objects: dict[int, object], end: int) -> None:
        field, signature = self.standing.next_field, objects.get(self.standing.size)
        if field is None or not isinstance(signature, dict) or signature.get("Type") != "Sig":
            raise MalformedError(Fault.NON_CANONICAL, "something else stands where the next seal belongs")
        name, at = stated(signature)
        digits = read_digits(signature, end)
        picture = objects.get(field.appearance) if field.appearance is not None else None
        drawing = Drawing(
            operators=picture.data if isinstance(picture, Stream) else b"",
            dots=dots_in(objects.get(self.standing.size + 1), objects.get(self.standing.size + 2)),
        )
        increment = seal_increment(
            self.standing,
            field,
            name=name,
            at=at,
            drawing=drawing,
            reserved=digits.reserved,
        )
        self._compare(increment, digits.value, end)
        self.add_seal(field.name, name, at, digits)

    def _read_timestamp(self, signature: dict[str, object], end: int) -> None:
        digits = read_digits(signature, end)
        check_sequence(digits.value, Fault.FORMAT_TIMESTAMP)
        name, evidence = self.standing.next_timestamp, self.standing.evidence
        self._compare(timestamp_increment(self.standing, digits.reserved), digits.value, end)
        self.timestamps.append(
            DocumentTimestamp(field=name, token=digits.value, covered=self._covered(digits), evidence=evidence)
        )

    def _read_evidence(self, objects: dict[int, object], end: int) -> None:
        store = objects.get(self.standing.store if self.standing.store is not None else max(objects, default=0))
        if not isinstance(store, dict) or store.get("Type") != "DSS":
            raise MalformedError(Fault.NON_CANONICAL, "a revision that is none of ours")
        certificates, crls, ocsps = (
            tuple(_streams(objects, store.get(kind), earlier))
            for kind, earlier in zip(EVIDENCE_KINDS, self.standing.stored, strict=True)
        )
        evidence = Evidence(certificates=certificates, crls=crls, ocsps=ocsps)
        if not evidence or evidence.without(self.standing.evidence) != evidence:
            raise MalformedError(Fault.NON_CANONICAL, "evidence that is there already")
        check_evidence(self.standing.evidence.joined_with(evidence), Fault.NON_CANONICAL)
        self._compare(evidence_increment(self.standing, evidence), b"", end)

    def _compare(self, increment: Increment, value: bytes, end: int) -> None:
        again = increment.written(value)
        if len(again) != end - self.standing.end or not self._data.startswith(again, self.standing.end):
            raise MalformedError(Fault.NON_CANONICAL, "a revision that is not equal to its own re-encoding")
        self.standing = increment.following

    def _covered(self, digits: Digits) -> SealedRange:
        return SealedRange(data=self._data, start=digits.start, stop=digits.end, end=self.standing.end)


def _updated_objects(data: bytes, start: int, table: int) -> dict[int, object]:
    """The objects of a further revision, which stand one behind the other."""
    objects: dict[int, object] = {}
    at = start
    while at < table:
        opening = _OPENING.match(data, at, table)
        if opening is None:
            raise MalformedError(Fault.NON_CANONICAL, "the objects do not stand one behind the other")
        if len(objects) == MAX_UPDATED_OBJECTS:
            raise TooLargeError(f"more than {MAX_UPDATED_OBJECTS} objects in a further revision")
        parser = ObjectParser(data, opening.end(), table)
        objects[int(opening[1])] = parser.parse()
        if not data.startswith(END, parser.position):
            raise MalformedError(Fault.NON_CANONICAL, "an object does not end where the next begins")
        at = parser.position + len(END)
    return objects


def _streams(objects: dict[int, object], array: object, earlier: tuple[int, ...]) -> list[bytes]:
    """The contents of those streams of an array that this revision brings."""
    listed = array if isinstance(array, list) else []
    numbers = [item.number for item in listed if isinstance(item, Reference) and item.number not in earlier]
    streams = [objects.get(number) for number in numbers]
    return [stream.data for stream in streams if isinstance(stream, Stream)]
