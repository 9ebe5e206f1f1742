"""What goes wrong with sealed documents and codes."""

from enum import StrEnum


class Fault(StrEnum):
    """Why a document could not be read; the values are reason codes of the contract."""

    FORMAT_PDF = "FORMAT_PDF"
    FORMAT_FOREIGN = "FORMAT_FOREIGN"
    FORMAT_CMS = "FORMAT_CMS"
    FORMAT_STRUCTURED = "FORMAT_STRUCTURED"
    FORMAT_CODE = "FORMAT_CODE"
    FORMAT_PICTURE = "FORMAT_PICTURE"
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
