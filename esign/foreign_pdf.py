"""Reading the signatures of a PDF that somebody else made.

The file is understood in a process of its own (`foreign_pdf_reader`); nothing of it is parsed here. What that process
answers is believed only as far as the bytes of the file bear it out: the two signed ranges, and that between them
stands exactly the string which it took for the signature.
"""

import base64
import hashlib
import re
from collections import Counter
from datetime import datetime, timedelta, timezone

from .child import ChildLimits, ask_child
from .china import YEARS
from .errors import Fault, MalformedError, TooLargeError
from .evidence import MAX_EVIDENCE, Evidence
from .foreign_facts import (
    MAX_CONTENTS_BYTES,
    MAX_COVERED_BYTES,
    MAX_SIGNATURES,
    PDF_CPU_SECONDS,
    PDF_MEMORY_BYTES,
    PDF_SECONDS,
    WHITE_SPACE,
    ChangeKind,
    Changes,
    ForeignPdf,
    ForeignSignature,
    RangeFault,
)
from .pdf_reading import MAX_PDF_BYTES

PDF_LIMITS = ChildLimits(cpu_seconds=PDF_CPU_SECONDS, wall_seconds=PDF_SECONDS, memory_bytes=PDF_MEMORY_BYTES)
"""For one PDF of at most 20 MB."""

_HEXADECIMAL = re.compile(rb"[0-9A-Fa-f]*")
_DATE = re.compile(r"D:([0-9]{14})(?:(Z)(?:00'?(?:00'?)?)?|([+-])([0-9]{2})'?(?:([0-9]{2})'?)?)")
_DOCUMENT_TIMESTAMP = "ETSI.RFC3161"


def read_foreign_pdf(data: bytes) -> ForeignPdf:
    """The signatures of a PDF of any producer, and what came after each.

    Raises:
        TooLargeError: more than `MAX_PDF_BYTES`, a limit of `pdf_graph` or `foreign_facts`, or over `PDF_LIMITS`.
        MalformedError: `FORMAT_PDF` when it cannot be read, also not repaired, `FORMAT_FOREIGN` when it asks for a
            password.
    """
    if len(data) > MAX_PDF_BYTES:
        raise TooLargeError(f"a PDF of {len(data)} bytes; the limit is {MAX_PDF_BYTES}")
    facts = _Answer(ask_child("foreign_pdf_reader", data, limits=PDF_LIMITS, fault=Fault.FORMAT_PDF))
    signed = facts.items("signatures")
    if len(signed) > MAX_SIGNATURES:
        raise TooLargeError(f"more than {MAX_SIGNATURES} signatures in a PDF")
    revisions = tuple(facts.integers("revisions"))
    shared = Counter(signature.text("value") for signature in signed)
    signatures = [_signature(data, signature, revisions, shared) for signature in signed]
    ranges = (signature.byte_range for signature in signatures if signature.byte_range is not None)
    if sum(length + rest for _, length, _, rest in ranges) > MAX_COVERED_BYTES:
        raise TooLargeError(f"signatures over more than {MAX_COVERED_BYTES} bytes together")
    signatures.sort(key=lambda signature: sum(signature.byte_range[2:]) if signature.byte_range else len(data) + 1)
    return ForeignPdf(
        signatures=tuple(signatures),
        pages=facts.integer("pages"),
        revisions=revisions,
        encrypted=facts.flag("encrypted"),
        repaired=facts.flag("repaired"),
        ambiguous=facts.flag("ambiguous"),
        bytes_before_header=facts.integer("header"),
        stray_signatures=facts.integer("stray"),
        evidence=facts.evidence("evidence"),
    )


class _Answer:
    """An object of the other process's answer; whatever is not as agreed means that the file broke it."""

    def __init__(self, value: object) -> None:
        if not isinstance(value, dict):
            raise _not_agreed()
        self._entries: dict[str, object] = value

    def integer(self, key: str) -> int:
        value = self._entries.get(key)
        if type(value) is not int:
            raise _not_agreed()
        return value

    def integers(self, key: str) -> list[int]:
        values = self._entries.get(key)
        if not isinstance(values, list):
            raise _not_agreed()
        numbers = [value for value in values if type(value) is int]
        if len(numbers) != len(values):
            raise _not_agreed()
        return numbers

    def is_null(self, key: str) -> bool:
        return self._entries.get(key) is None

    def flag(self, key: str) -> bool:
        value = self._entries.get(key)
        if type(value) is not bool:
            raise _not_agreed()
        return value

    def text(self, key: str) -> str:
        value = self._entries.get(key)
        if not isinstance(value, str):
            raise _not_agreed()
        # A lone half of a pair of UTF-16 cannot be written out again.
        return value.encode("utf-8", "replace").decode()

    def rectangle(self, key: str) -> tuple[float, float, float, float] | None:
        match self._entries.get(key):
            case None:
                return None
            case [float() | int() as left, float() | int() as bottom, float() | int() as right, float() | int() as top]:
                return min(left, right), min(bottom, top), max(left, right), max(bottom, top)
        raise _not_agreed()

    def evidence(self, key: str) -> Evidence:
        answer = _Answer(self._entries.get(key))
        certificates, crls, ocsps = (answer.binary(name) for name in ("certificates", "crls", "ocsps"))
        return Evidence(certificates=certificates, crls=crls, ocsps=ocsps)

    def binary(self, key: str) -> tuple[bytes, ...]:
        values = self._entries.get(key)
        if not isinstance(values, list) or len(values) > MAX_EVIDENCE:
            raise _not_agreed()
        try:
            return tuple(base64.b64decode(value, validate=True) for value in values)
        except (TypeError, ValueError) as error:
            raise _not_agreed() from error

    def items(self, key: str) -> "list[_Answer]":
        values = self._entries.get(key)
        if not isinstance(values, list):
            raise _not_agreed()
        return [_Answer(value) for value in values]

    def kinds(self, key: str) -> frozenset[ChangeKind]:
        values = self._entries.get(key)
        if not isinstance(values, list) or not all(value in set(ChangeKind) for value in values):
            raise _not_agreed()
        return frozenset(ChangeKind(value) for value in values)


def _signature(data: bytes, answer: _Answer, revisions: tuple[int, ...], shared: "Counter[str]") -> ForeignSignature:
    byte_range, cms, faults = _cut(data, answer)
    if answer.text("value") and shared[answer.text("value")] > 1:
        faults = (*faults, RangeFault.SHARED)
    end = sum(byte_range[2:]) if byte_range else -1
    kinds, pages = answer.kinds("kinds"), tuple(answer.integers("changed_pages"))
    if byte_range is None or (not kinds and data[end:].strip(WHITE_SPACE)):
        kinds |= {ChangeKind.OTHER}
    sub_filter = answer.text("sub_filter")
    return ForeignSignature(
        field=answer.text("field"),
        sub_filter=sub_filter,
        document_timestamp=sub_filter == _DOCUMENT_TIMESTAMP or answer.text("type") == "DocTimeStamp",
        byte_range=byte_range,
        cms=b"" if faults else cms,
        faults=faults,
        claimed_time=_instant(answer.text("time")),
        claimed_time_text=answer.text("time"),
        name=answer.text("name"),
        reason=answer.text("reason"),
        location=answer.text("location"),
        page=None if answer.is_null("page") else answer.integer("page"),
        rectangle=answer.rectangle("rectangle"),
        certification=None if answer.is_null("certification") else answer.integer("certification"),
        permits_filling=answer.flag("permits_filling"),
        covers_whole_file=end == len(data),
        covers_revision=end in revisions or end == len(data),
        changes=Changes(kinds=kinds, pages=pages),
    )


def _cut(data: bytes, answer: _Answer) -> tuple[tuple[int, int, int, int] | None, bytes, tuple[RangeFault, ...]]:
    """The byte range, the CMS between its halves, and what is wrong with them; at most one fault, the first."""
    if answer.is_null("byte_range"):
        return None, b"", (RangeFault.NO_BYTE_RANGE,)
    match answer.integers("byte_range"):
        case [0, int(length), int(resumed), int(rest)]:
            if not 0 < length < resumed or rest <= 0 or resumed + rest > len(data):
                return None, b"", (RangeFault.BYTE_RANGE_ORDER,)
        case _:
            return None, b"", (RangeFault.BYTE_RANGE_ORDER,)
    byte_range = (0, length, resumed, rest)
    if resumed - length > 2 * MAX_CONTENTS_BYTES + 2:
        return None, b"", (RangeFault.HOLE,)
    hole = data[length:resumed]
    if hole[:1] != b"<" or hole[-1:] != b">" or len(hole) % 2 or not _HEXADECIMAL.fullmatch(hole, 1, len(hole) - 1):
        return None, b"", (RangeFault.HOLE,)
    contents = bytes.fromhex(hole[1:-1].decode("ascii"))
    if not contents.strip(b"\x00"):
        return byte_range, b"", (RangeFault.NO_CONTENTS,)
    if hashlib.sha256(contents).hexdigest() != answer.text("contents_digest"):
        missing = answer.integer("contents_length") == 0
        return byte_range, b"", (RangeFault.NO_CONTENTS if missing else RangeFault.OTHER_CONTENTS,)
    size = _der_size(contents)
    if contents[size:].strip(b"\x00"):
        return byte_range, b"", (RangeFault.PADDING,)
    return byte_range, contents[:size], ()


def _der_size(contents: bytes) -> int:
    """Length of the element that the bytes begin with, in DER or BER; all of them when that cannot be told."""
    at, still_open = 0, 0
    while at + 2 <= len(contents):
        if still_open and contents[at : at + 2] == b"\x00\x00":
            at, still_open = at + 2, still_open - 1
        elif contents[at] & 0x1F == 0x1F:
            return len(contents)  # no CMS has tags of several bytes
        elif contents[at + 1] == 0x80:
            at, still_open = at + 2, still_open + 1
        elif contents[at + 1] < 0x80:
            at += 2 + contents[at + 1]
        else:
            octets = contents[at + 1] & 0x7F
            at += 2 + octets + int.from_bytes(contents[at + 2 : at + 2 + octets], "big")
        if not still_open:
            return min(at, len(contents))
    return len(contents)


def _instant(text: str) -> datetime | None:
    """A date string (ISO 32000-1 section 7.9.4) that names its time zone."""
    found = _DATE.fullmatch(text)
    if found is None:
        return None
    digits, universal, sign, hours, minutes = found.groups()
    away = timedelta() if universal else timedelta(hours=int(hours), minutes=int(minutes or 0))
    try:
        zone = timezone(-away if sign == "-" else away)
        instant = datetime.strptime(digits, "%Y%m%d%H%M%S").replace(tzinfo=zone)
    except ValueError:
        return None
    return instant if instant.year in YEARS else None


def _not_agreed() -> MalformedError:
    return MalformedError(Fault.FORMAT_PDF, "the PDF cannot be read")
