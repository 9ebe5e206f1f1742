"""The licence identifier (证照标识), modelled on GB/T 36904: its parts, as text and without root and dots."""

import re
from dataclasses import dataclass

IDENTIFIER_ROOT = "1.2.156.3005.2"

_TYPE, _ISSUER, _SERIAL, _VERSION, _CHECK = (
    "[0-9A-Z]{18}[0-9]{3}",
    "[0-9A-Z]{18}",
    "[0-9A-Z]{1,32}",
    "[0-9]{3}",
    "[0-9A-Z]",
)
_TEXT = re.compile(rf"{re.escape(IDENTIFIER_ROOT)}\.({_TYPE})\.({_ISSUER})\.({_SERIAL})\.({_VERSION})\.({_CHECK})")
# Only the serial varies in length, so the parts are found again without dots.
_COMPACT = re.compile(rf"({_TYPE})({_ISSUER})({_SERIAL})({_VERSION})({_CHECK})")


def is_issuer_code(text: str) -> bool:
    """Whether a text could be the issuing authority's part of an identifier."""
    return re.fullmatch(_ISSUER, text) is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class LicenceIdentifier:
    """The parts; whether the check character is right is not looked at here."""

    type_code: str
    """21 characters: social credit code of the authority that defines the type, and three digits."""
    issuer_code: str
    """Social credit code of the issuing authority."""
    serial: str
    """1 to 32 characters, chosen by the issuer."""
    version: str
    """Three digits; 001 first."""
    check: str

    @classmethod
    def from_text(cls, text: str) -> "LicenceIdentifier":
        """Read the usual form, with root and dots; ValueError when it is something else."""
        return cls._from(_TEXT.fullmatch(text))

    @classmethod
    def from_compact(cls, text: str) -> "LicenceIdentifier":
        """Read the form in codes, without root and dots; ValueError when it is something else."""
        return cls._from(_COMPACT.fullmatch(text))

    @classmethod
    def _from(cls, matched: re.Match[str] | None) -> "LicenceIdentifier":
        if matched is None:
            raise ValueError("not a licence identifier")
        type_code, issuer_code, serial, version, check = matched.groups()
        return cls(type_code=type_code, issuer_code=issuer_code, serial=serial, version=version, check=check)

    @property
    def body(self) -> str:
        """What the check character is computed over."""
        return f"{self.type_code}{self.issuer_code}{self.serial}{self.version}"

    @property
    def compact(self) -> str:
        """Without root and dots."""
        return self.body + self.check

    def __str__(self) -> str:
        return f"{IDENTIFIER_ROOT}.{self.type_code}.{self.issuer_code}.{self.serial}.{self.version}.{self.check}"
