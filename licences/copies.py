"""Annotated copies (加注件), and who relied on which version of a licence: values, what a request must bring, ports.

A reliance is one row: this case of this office was decided on this version. When a licence is annulled, corrected or
found to be sealed with a stolen key, these rows say whom to tell.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Protocol

from esign import (
    MAX_CAUSE_CHARACTERS,
    MAX_PARTY_CHARACTERS,
    CopyPurpose,
    fold_short_code,
    is_short_code,
)

from .errors import InvalidFieldError
from .store import FileKind, StoredFile
from .texts import text_faults

MAX_REFERENCE_LENGTH = 64
"""Of the number under which a reliance is known where it was made; ASCII."""
SERIAL_PREFIX = "JZ"
"""Begins the serial of every copy, so that nobody takes it for the short code of a licence."""


class RelianceKind(StrEnum):
    """In which form an office took a licence into a case."""

    COPY = "copy"
    """An annotated copy was made for it."""
    CODE = "code"
    """A use code (用证码) was redeemed."""
    RECEIPT = "receipt"
    """It verified the licence and kept a receipt."""

    @property
    def zh(self) -> str:
        """Chinese name."""
        return _KIND_NAMES[self]


_KIND_NAMES: Mapping[RelianceKind, str] = MappingProxyType(
    {RelianceKind.COPY: "加注件", RelianceKind.CODE: "用证码", RelianceKind.RECEIPT: "核验回执"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reliance:
    """A case of an office that was decided on a version of a licence."""

    identifier: str
    """Of the licence; the version is part of it."""
    kind: RelianceKind
    reference: str
    """Serial of the copy, use code, or number of the receipt."""
    office: str
    officer: str
    """Account or staff number; empty where it is not known."""
    item_name: str
    item_code: str
    case_number: str
    relied_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeCopy:
    """An annotated copy as the store keeps it; what it says stands in its files."""

    serial: str
    identifier: str
    """Of the licence that it is a copy of."""
    made_by: str
    made_at: datetime
    expires_at: datetime
    files: Mapping[FileKind, StoredFile]


class Reliances(Protocol):
    """Keeps who relied on what. Every method may raise StoreUnavailableError."""

    def add(self, reliance: Reliance) -> None:
        """Keep a reliance; LicenceNotFoundError, RelianceKnownError when its kind and reference are there already."""

    def of_licence(self, identifier: str) -> tuple[Reliance, ...]:
        """Return those on one version of a licence, in the order of time."""

    def relied_on(self) -> tuple[str, ...]:
        """Return the identifiers of all licences that somebody relied on."""


class Copies(Reliances, Protocol):
    """Keeps annotated copies, each with its reliance."""

    def add_copy(self, copy: MadeCopy, files: Mapping[FileKind, bytes], reliance: Reliance) -> None:
        """Keep a copy with its files and its reliance, all or nothing.

        Raises LicenceNotFoundError, AllotmentTakenError when the serial is in use.
        """

    def copy(self, serial: str) -> MadeCopy:
        """Return a copy; CopyNotFoundError."""

    def copies_of(self, identifier: str) -> tuple[MadeCopy, ...]:
        """Return the copies of one version of a licence, in the order of time."""

    def copy_file(self, copy: MadeCopy, kind: FileKind) -> bytes:
        """Return a file of a copy, checked against its digest."""


def check_copy_request(purpose: CopyPurpose, *, made_by: str, expires_at: datetime, made_at: datetime) -> None:
    """Check what a copy is asked for; raises one ExceptionGroup of InvalidFieldError with every fault."""
    faults = text_faults("/cause", purpose.cause, MAX_CAUSE_CHARACTERS)
    faults += _party_faults(purpose)
    faults += text_faults("/madeBy", made_by, MAX_PARTY_CHARACTERS)
    if expires_at <= made_at:
        faults.append(InvalidFieldError("/expiresAt", "COPY_EXPIRY_PAST"))
    if faults:
        raise ExceptionGroup("the copy is refused", faults)


def check_reliance(reliance: Reliance) -> None:
    """Check a reliance that somebody reports; raises one ExceptionGroup of InvalidFieldError with every fault."""
    faults = text_faults("/requester/office", reliance.office, MAX_PARTY_CHARACTERS)
    faults += text_faults("/caseNumber", reliance.case_number, MAX_PARTY_CHARACTERS)
    for pointer, text in (
        ("/requester/officer", reliance.officer),
        ("/item/name", reliance.item_name),
        ("/item/code", reliance.item_code),
    ):
        faults += text_faults(pointer, text, MAX_PARTY_CHARACTERS, required=False)
    faults += text_faults("/reference", reliance.reference, MAX_REFERENCE_LENGTH)
    if not reliance.reference.isascii():
        faults.append(InvalidFieldError("/reference", "REFERENCE_MALFORMED"))
    if faults:
        raise ExceptionGroup("the reliance is refused", faults)


def is_serial(text: str) -> bool:
    """Whether this is the serial of a copy that was typed without a slip."""
    folded = fold_short_code(text)
    return folded.startswith(SERIAL_PREFIX) and is_short_code(folded.removeprefix(SERIAL_PREFIX))


def fold_serial(text: str) -> str:
    """The serial as it is stored, from the way somebody typed it."""
    return fold_short_code(text)


def _party_faults(purpose: CopyPurpose) -> list[InvalidFieldError]:
    return [
        fault
        for pointer, text in (
            ("/requester/office", purpose.office),
            ("/requester/officer", purpose.officer),
            ("/item/name", purpose.item_name),
            ("/item/code", purpose.item_code),
            ("/caseNumber", purpose.case_number),
        )
        for fault in text_faults(pointer, text, MAX_PARTY_CHARACTERS)
    ]


def in_order(reliances: Sequence[Reliance]) -> tuple[Reliance, ...]:
    """Those of one licence in the order of time."""
    return tuple(sorted(reliances, key=lambda one: (one.relied_at, one.kind, one.reference)))
