"""What an annotated copy (加注件) says: for whom and what for it was made, of which licence, until when.

One canonical JSON text (RFC 8785) like the structured e-licence, which stands in it word for word: whoever has the copy
can compare its face, and whoever has the original can show that it is a copy of that. None of the original's seals or
signatures is in it, so a copy can never be presented as the licence.
"""

import json
from dataclasses import dataclass, field
from datetime import datetime

import rfc8785

from .elements import Element
from .errors import Fault, MalformedError, TooLargeError
from .file_digests import FileDigests, as_digests
from .identifier import LicenceIdentifier
from .json_members import as_instant, as_mapping, as_text, as_truth
from .structured import StructuredLicence
from .structured_json import MAX_STRUCTURED_BYTES, canonical_json, read_json, structured_from_bytes

COPY_FORMAT = "elicence-copy/1"
MAX_COPY_BYTES = MAX_STRUCTURED_BYTES  # it goes into the same place of a PDF
MAX_CAUSE_CHARACTERS = 200  # of JZJZZSY; 加注件制作事由
MAX_PARTY_CHARACTERS = 100  # of the names of offices, officers and items, and of codes and case numbers

COPY_ELEMENTS: tuple[Element, ...] = (
    Element(label="加注件制作时间", short_name="JZJZZSJ", key="certificateCopyCreationTime"),
    Element(label="加注件制作者", short_name="JZJZZZ", key="certificateCopyCreator"),
    Element(label="加注件制作事由", short_name="JZJZZSY", key="certificateCopyCause"),
    Element(label="加注件有效期截止时间", short_name="JZJYXQJZSJ", key="certificateCopyExpiringTime"),
)
"""The elements that GB/T 36903 (modelled on) has for copies alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyPurpose:
    """For whom a copy is made, and what for: it counts for nothing else."""

    cause: str
    """加注件制作事由."""
    office: str
    """Who asks for it."""
    officer: str
    """Account or staff number of the officer there."""
    item_name: str
    item_code: str
    """Of the service item (事项)."""
    case_number: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AnnotatedCopy:
    """Everything that a copy says beside its face."""

    serial: str
    original_pdf: FileDigests
    original_structured: FileDigests
    structured: bytes = field(repr=False)
    """The structured e-licence of the original, byte for byte."""
    purpose: CopyPurpose
    maker_name: str
    """加注件制作者: the office that makes the copy and seals it with its key for copies."""
    maker_code: str
    made_by: str
    """Account of the person or program there."""
    made_at: datetime
    expires_at: datetime
    """Until then, this instant included, it may be used."""
    development: bool

    @property
    def licence(self) -> StructuredLicence:
        """What the original says."""
        return structured_from_bytes(self.structured)

    def elements(self) -> dict[str, str]:
        """The text of every element in `COPY_ELEMENTS` by its key."""
        return {
            "certificateCopyCreationTime": self.made_at.isoformat(timespec="seconds"),
            "certificateCopyCreator": self.maker_name,
            "certificateCopyCause": self.purpose.cause,
            "certificateCopyExpiringTime": self.expires_at.isoformat(timespec="seconds"),
        }


def copy_to_bytes(copy: AnnotatedCopy) -> bytes:
    """Canonical JSON after RFC 8785, UTF-8.

    Raises:
        TooLargeError: more than `MAX_COPY_BYTES`.
    """
    licence, purpose = copy.licence, copy.purpose
    members = {
        "format": COPY_FORMAT,
        "serial": copy.serial,
        "original": {
            "certificateIdentifier": licence.identifier,
            "version": licence.version,
            "pdf": copy.original_pdf.members(),
            "structured": copy.original_structured.members(),
        },
        "licence": json.loads(copy.structured),
        **copy.elements(),
        "certificateCopyCreatorCode": copy.maker_code,
        "madeBy": copy.made_by,
        "requester": {"office": purpose.office, "officer": purpose.officer},
        "item": {"name": purpose.item_name, "code": purpose.item_code},
        "caseNumber": purpose.case_number,
        "development": copy.development,
    }
    data = rfc8785.dumps(members)
    if len(data) > MAX_COPY_BYTES:
        raise TooLargeError(f"a copy's data of {len(data)} bytes; the limit is {MAX_COPY_BYTES}")
    return data


def copy_from_bytes(data: bytes) -> AnnotatedCopy:
    """Read what `copy_to_bytes` wrote; whether the digests are those of the licence in it is the verifier's question.

    Raises:
        TooLargeError: more than `MAX_COPY_BYTES`, or a limit of the structured licence in it.
        MalformedError: `FORMAT_COPY` when it is no such text, or the licence in it is none; `NON_CANONICAL` when it has
            another encoding than RFC 8785 gives it, or a key twice.
    """
    if len(data) > MAX_COPY_BYTES:
        raise TooLargeError(f"a copy's data of {len(data)} bytes; the limit is {MAX_COPY_BYTES}")
    try:
        document = read_json(data)
        copy = _parse(document)
        canonical = canonical_json(document)
    except MalformedError as error:
        raise MalformedError(Fault.FORMAT_COPY, f"the licence in the copy: {error.detail}") from error
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise MalformedError(Fault.FORMAT_COPY, f"not an annotated copy's data ({type(error).__name__})") from error
    if canonical != data:
        raise MalformedError(Fault.NON_CANONICAL, "the copy's data is not in its canonical form")
    return copy


def claims_to_be_copy(data: bytes) -> bool:
    """Whether a JSON text calls itself the data of a copy; a quotation mark inside a text has a backslash."""
    return b'"format":"%s"' % COPY_FORMAT.encode("ascii") in data


def _parse(document: object) -> AnnotatedCopy:
    top = as_mapping(document)
    if top["format"] != COPY_FORMAT:
        raise ValueError("unknown format")
    original, requester, item = (as_mapping(top[name]) for name in ("original", "requester", "item"))
    structured = canonical_json(top["licence"])
    licence = structured_from_bytes(structured)
    identifier = _entry(original["certificateIdentifier"])
    if identifier != licence.identifier or original["version"] != LicenceIdentifier.from_text(identifier).version:
        raise ValueError("the copy names another licence than it holds")
    return AnnotatedCopy(
        serial=_entry(top["serial"]),
        original_pdf=as_digests(original["pdf"]),
        original_structured=as_digests(original["structured"]),
        structured=structured,
        purpose=CopyPurpose(
            cause=_entry(top["certificateCopyCause"], MAX_CAUSE_CHARACTERS),
            office=_entry(requester["office"]),
            officer=_entry(requester["officer"]),
            item_name=_entry(item["name"]),
            item_code=_entry(item["code"]),
            case_number=_entry(top["caseNumber"]),
        ),
        maker_name=_entry(top["certificateCopyCreator"]),
        maker_code=_entry(top["certificateCopyCreatorCode"]),
        made_by=_entry(top["madeBy"]),
        made_at=as_instant(top["certificateCopyCreationTime"]),
        expires_at=as_instant(top["certificateCopyExpiringTime"]),
        development=as_truth(top["development"]),
    )


def _entry(value: object, limit: int = MAX_PARTY_CHARACTERS) -> str:
    return as_text(value, limit)
