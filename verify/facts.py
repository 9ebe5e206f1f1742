"""What the modules for each kind hand to the judge."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from esign import (
    AnnotatedCopy,
    CodeClaims,
    EsignError,
    Fault,
    MalformedError,
    StructuredDocument,
    StructuredLicence,
    StructuredStatusPlace,
    TooLargeError,
    VerificationReport,
)
from verify.other_formats import OtherFormat
from verify.report import ArchiveFacts, Check, SignatureFacts
from verify.sources import LicenceStatus

PROVEN: Final = frozenset(
    {
        "OK",
        "CERTIFICATE_EXPIRED",
        "REVOCATION_UNKNOWN",
        "TIMESTAMP_UNTRUSTED",
        "SEALS_INCOMPLETE",
        "COPY_GENUINE",
        "FACE_FORM_UNKNOWN",
    }
)
"""Codes of what may be open while the licence still is proven to be the issuer's statement."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Everything found in one file or code."""

    kind: str
    checks: tuple[Check, ...]
    signatures: tuple[SignatureFacts, ...] = ()
    licence: StructuredLicence | None = None
    copy: AnnotatedCopy | None = None
    """What it says, when it is an annotated copy; `licence` is then the one that it is a copy of."""
    recorded: VerificationReport | None = None
    """What it says, when it is a signed report; it never brings a licence."""
    document: StructuredDocument | None = None
    """Which of the licence's documents the file is."""
    code: CodeClaims | None = None
    archive: ArchiveFacts | None = None
    status: LicenceStatus | None = None
    """How old a status list is."""
    other: OtherFormat | None = None
    """What was handed in instead of something that can be judged, where that can be told."""
    development: bool = False

    @property
    def codes(self) -> frozenset[str]:
        """The codes of all checks."""
        return frozenset(check.code for check in self.checks)


def place_of(facts: Facts) -> StructuredStatusPlace | None:
    """Where status lists say what has become of the licence; None when neither code nor licence tells."""
    if facts.code is not None:
        return StructuredStatusPlace(number=facts.code.status_list, index=facts.code.status_index)
    return None if facts.licence is None else facts.licence.status_place


def unreadable(name: str, error: EsignError) -> Check:
    """Turn a reader's refusal into a check."""
    match error:
        case TooLargeError():
            return Check(name=name, code="RESOURCE_LIMIT", detail=str(error))
        case MalformedError(fault=Fault.FORMAT_TIMESTAMP):
            return Check(name=name, code="TIMESTAMP_INVALID", detail=error.detail)
        case MalformedError():
            return Check(name=name, code=error.code, detail=error.detail)
        case _:
            # The readers raise nothing else; an error that is new to us must come to light.
            raise error
