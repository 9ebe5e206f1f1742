"""What is found out about a PDF that somebody else made and signed: facts, none of them judged."""

import dataclasses
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from .evidence import Evidence

MAX_SIGNATURES = 64
MAX_COVERED_BYTES = 200 << 20
"""Of all signatures together: every byte is hashed once for each of them. Ten may stand on a file of 20 MB."""
MAX_CONTENTS_BYTES = 1 << 20
"""Of one CMS: those with long revocation lists in them reach some hundred KB."""
PDF_CPU_SECONDS = 2
PDF_SECONDS = 8
"""More than the computing time: a busy machine makes the process wait."""
PDF_MEMORY_BYTES = 190 << 20
MAX_EVIDENCE_BYTES = 2 << 20
"""Of the document security store; what does not go in is left out."""
HEADER_WITHIN = 1024
"""ISO 32000-1 Annex H, note 13: readers look for the header this far."""
WHITE_SPACE = b"\x00\t\n\x0c\r "
"""ISO 32000-1 table 1."""


class RangeFault(StrEnum):
    """What is wrong with the bytes that a signature says it covers (ISO 32000-1 section 12.8.1)."""

    NO_BYTE_RANGE = "no_byte_range"
    """/ByteRange is missing, or not four integers written in the signature dictionary itself."""
    BYTE_RANGE_ORDER = "byte_range_order"
    """The two ranges do not start at 0, overlap, touch, or lie beyond the file."""
    NO_CONTENTS = "no_contents"
    """/Contents is missing, empty, all zeros, or not a string in the signature dictionary itself."""
    HOLE = "hole"
    """Between the two ranges stands something other than one hexadecimal string: bytes that nobody signed."""
    OTHER_CONTENTS = "other_contents"
    """The string between the two ranges is not the /Contents that a reader sees: the signature was wrapped."""
    PADDING = "padding"
    """The CMS is followed by something other than zeros."""
    SHARED = "shared"
    """Another field has the same signature dictionary."""


class ChangeKind(StrEnum):
    """What changed in a file after a signature."""

    EVIDENCE = "evidence"
    """Evidence for long-term validation: the document security store, document timestamps."""
    SIGNATURES = "signatures"
    """Further signatures, unseen or in a field that was there."""
    SHOWN_SIGNATURES = "shown_signatures"
    """Further signatures with a picture where there was no field."""
    FORM_VALUES = "form_values"
    """Values of form fields."""
    METADATA = "metadata"
    """The document's properties."""
    PAGES = "pages"
    """What the pages show, their number, or their annotations."""
    OTHER = "other"
    """Anything else, and everything that could not be understood."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What came after a signature."""

    kinds: frozenset[ChangeKind]
    """Empty only when nothing, or nothing but white space, follows the signed bytes."""
    pages: tuple[int, ...]
    """Pages, from 1, that may look otherwise than when the signature was made; visible new signatures count."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeignSignature:
    """One signature or document timestamp of a PDF."""

    field: str
    sub_filter: str
    """Without its slash, for instance `ETSI.CAdES.detached`; empty when the file names none."""
    document_timestamp: bool
    byte_range: tuple[int, int, int, int] | None
    """None when it is at fault."""
    cms: bytes = dataclasses.field(repr=False)
    """The signature as it stands in the file, without the zeros behind it; empty when it is at fault."""
    faults: tuple[RangeFault, ...]
    claimed_time: datetime | None
    """/M where it names a time zone."""
    claimed_time_text: str
    """/M as written."""
    name: str
    reason: str
    location: str
    page: int | None
    """Page, from 1, on which the signature is shown; None when it is shown nowhere."""
    rectangle: tuple[float, float, float, float] | None
    """Where on that page, in points: left, bottom, right, top."""
    certification: int | None
    """Level P of its DocMDP entry: 1 nothing may change, 2 forms and signatures, 3 annotations too."""
    permits_filling: bool
    """It says itself that the form, or a part of it, may be filled in afterwards (DocMDP, FieldMDP)."""
    covers_whole_file: bool
    covers_revision: bool
    """The signed bytes end where a revision of the file ends."""
    changes: Changes

    def covered(self, data: bytes) -> tuple[bytes, bytes]:
        """The two chunks of the file that were signed; both empty when the range is at fault."""
        if self.byte_range is None:
            return b"", b""
        start, length, resumed, rest = self.byte_range
        return data[start : start + length], data[resumed : resumed + rest]


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeignPdf:
    """The facts of one PDF."""

    signatures: tuple[ForeignSignature, ...]
    """In the order in which they were added; those with a faulty range last."""
    pages: int
    revisions: tuple[int, ...]
    """Where each revision ends: the byte behind its end mark."""
    encrypted: bool
    """Encrypted with an empty password: anybody can open it."""
    repaired: bool
    """The table of places is broken: readers may disagree on what the file shows."""
    ambiguous: bool
    """Readers that go by the table of places see other pages or forms than those that look for objects themselves."""
    bytes_before_header: int
    evidence: Evidence = dataclasses.field(repr=False)
    """What the document security store holds."""
    stray_signatures: int
    """How often the file says /ByteRange besides: signatures that no field names, such as the usage rights of old
    products, or dictionaries that a later revision replaced."""
