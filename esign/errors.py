"""What goes wrong with sealed documents and codes."""

from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .preflight_findings import PreflightFinding


class Fault(StrEnum):
    """Why a document could not be read; the values are reason codes of the contract."""

    FORMAT_PDF = "FORMAT_PDF"
    FORMAT_OFD = "FORMAT_OFD"
    FORMAT_FOREIGN = "FORMAT_FOREIGN"
    FORMAT_CMS = "FORMAT_CMS"
    FORMAT_SES = "FORMAT_SES"
    FORMAT_TIMESTAMP = "FORMAT_TIMESTAMP"
    FORMAT_STRUCTURED = "FORMAT_STRUCTURED"
    FORMAT_COPY = "FORMAT_COPY"
    FORMAT_ARCHIVE = "FORMAT_ARCHIVE"
    FORMAT_REPORT = "FORMAT_REPORT"
    FORMAT_STATUS_LIST = "FORMAT_STATUS_LIST"
    FORMAT_CODE = "FORMAT_CODE"
    FORMAT_PICTURE = "FORMAT_PICTURE"
    PICTURE_WITHOUT_CODE = "PICTURE_WITHOUT_CODE"
    """No symbol that can be read: nothing is said about what the picture shows."""
    SEAL_MISSING = "SEAL_MISSING"
    NON_CANONICAL = "NON_CANONICAL"
    ALGORITHM_UNAVAILABLE = "ALGORITHM_UNAVAILABLE"
    """An algorithm that this program does not know: nothing is said about the document."""


class EsignError(Exception):
    """Base of every error of this package."""


class MalformedError(EsignError):
    """The bytes are not a document of the expected form; `fault` says in which way."""

    def __init__(self, fault: Fault, detail: str) -> None:
        super().__init__(f"{fault.value}: {detail}")
        self.fault = fault
        self.detail = detail

    @property
    def code(self) -> str:
        """The reason code of the fault."""
        return self.fault.value


class TooLargeError(EsignError):
    """A named limit of a reader was exceeded: nothing is known about the document."""


class UnprintableError(EsignError):
    """No installed font has a glyph for this character."""

    def __init__(self, character: str) -> None:
        super().__init__(f"no installed font prints U+{ord(character):04X}")
        self.character = character

    @property
    def code_point(self) -> str:
        """The character in the usual notation, for instance U+2CC56."""
        return f"U+{ord(self.character):04X}"


class FontError(EsignError):
    """A font file that cannot be used."""


class SealPictureError(EsignError):
    """A seal picture cannot be drawn from this name."""


class SealFault(StrEnum):
    """Why an electronic seal may not be used."""

    SIGNATURE = "SIGNATURE"
    """The maker's signature does not verify."""
    UNCHECKED = "UNCHECKED"
    """This machine cannot check it: an unknown algorithm, or a certificate that we cannot read."""
    NOT_YET_VALID = "NOT_YET_VALID"
    EXPIRED = "EXPIRED"
    SIGNER_NOT_LISTED = "SIGNER_NOT_LISTED"
    """The certificate is not among those that may seal with it."""
    CRITICAL_EXTENSION = "CRITICAL_EXTENSION"
    """It says something that must be understood and is not."""


class SealRefusedError(EsignError):
    """An electronic seal may not be used; `fault` says why."""

    def __init__(self, fault: SealFault, detail: str) -> None:
        super().__init__(detail)
        self.fault = fault


class AdditionRefusedError(EsignError):
    """A seal, evidence or a timestamp is not added to a sealed file; the message says why."""


class MalformedSesError(EsignError):
    """The bytes are not a seal or seal signature of any generation."""


class SesRefusedError(EsignError):
    """A seal or a seal signature is not made, because it would not be good; the message says why."""


class TimestampError(EsignError):
    """No timestamp could be had: the authority was not reached, or answered nothing that can be used."""


class TimestampRefusedError(TimestampError):
    """The timestamp authority declined, or its token is not the one that was asked for."""


class Deviation(StrEnum):
    """In what the answer of a seal service is not what was asked for."""

    FORM = "FORM"
    """Not readable, not our form, or more than was asked for."""
    CERTIFICATE = "CERTIFICATE"
    SEAL = "SEAL"
    DIGEST = "DIGEST"
    PROPERTY = "PROPERTY"
    TIME = "TIME"
    SIGNATURE = "SIGNATURE"
    BYTES = "BYTES"
    """The file was changed outside the digits of the seal."""


class SealAnswerError(EsignError):
    """A seal service gave back something else than was asked for; `deviation` says what. Nothing of it is used."""

    def __init__(self, deviation: Deviation, detail: str) -> None:
        super().__init__(f"the seal service's answer was refused ({deviation.value}): {detail}")
        self.deviation = deviation


class SealRequestError(EsignError):
    """What a seal service was asked for cannot be sealed; the message says why."""


class PreflightError(EsignError):
    """A PDF made elsewhere must not be sealed; `findings` says why."""

    def __init__(self, findings: "tuple[PreflightFinding, ...]") -> None:
        super().__init__("; ".join(finding.en for finding in findings))
        self.findings = findings


class SealPlaceError(EsignError):
    """The seal's picture does not fit on the page at the given place, or there is no such page."""


class EvidenceMissingError(EsignError):
    """What would prove a certificate good later cannot be had now; the message says which and why."""
