"""Distinguished names of X.509, read with the string types that real CAs write."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from keys import der
from keys.der import DerReader
from keys.errors import MalformedCertificateError
from keys.leniency import Leniency

COMMON_NAME: Final = "2.5.4.3"
COUNTRY: Final = "2.5.4.6"
ORGANIZATION: Final = "2.5.4.10"
ORGANIZATIONAL_UNIT: Final = "2.5.4.11"
UNIQUE_IDENTIFIER: Final = "2.5.4.45"
ORGANIZATION_IDENTIFIER: Final = "2.5.4.97"
EMAIL_ADDRESS: Final = "1.2.840.113549.1.9.1"

_NUMERIC_STRING: Final = 0x12
_TELETEX_STRING: Final = 0x14
_VISIBLE_STRING: Final = 0x1A
_UNIVERSAL_STRING: Final = 0x1C
_BMP_STRING: Final = 0x1E

_ASCII_TYPES: Final = frozenset({der.PRINTABLE_STRING, der.IA5_STRING, _NUMERIC_STRING, _VISIBLE_STRING})
_TEXT_TYPES: Final = frozenset({der.UTF8_STRING, der.PRINTABLE_STRING})
"""What RFC 5280 clause 4.1.2.4 lets a CA write today for a DirectoryString."""
_OWN_TYPES: Final = {
    EMAIL_ADDRESS: frozenset({der.IA5_STRING}),
    UNIQUE_IDENTIFIER: frozenset({der.BIT_STRING}),
}
"""Attributes of another type than DirectoryString (RFC 5280 appendix A.1, X.520)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DistinguishedName:
    """A name. What is no text, or cannot be decoded with certainty, is left in `der`."""

    common_name: str | None
    organization: str | None
    organization_identifier: str | None
    """2.5.4.97; the unified social credit code in our certificates."""
    organizational_units: tuple[str, ...]
    der: bytes

    @property
    def organizational_unit(self) -> str | None:
        """The first organisational unit."""
        return self.organizational_units[0] if self.organizational_units else None


def read_name(raw: bytes, leniencies: set[Leniency]) -> DistinguishedName:
    """Read the DER of a name; what had to be overlooked is added to `leniencies`."""
    found: dict[str, list[str | None]] = {}
    outer = DerReader(raw)
    names = outer.read_sequence()
    outer.finish()
    while not names.at_end:
        relative = names.read_set()
        if relative.at_end:
            raise MalformedCertificateError("empty part of a name")
        while not relative.at_end:
            attribute = relative.read_sequence()
            kind, value = attribute.read_oid(), attribute.element()
            attribute.finish()
            if value.tag not in _OWN_TYPES.get(kind, _TEXT_TYPES | {der.IA5_STRING}):
                leniencies.add(Leniency.STRING_TYPE)
            found.setdefault(kind, []).append(_text(value, leniencies))
    # Two organisations in one name would let each reader see another one.
    if any(len(found.get(kind, ())) > 1 for kind in (COMMON_NAME, ORGANIZATION, ORGANIZATION_IDENTIFIER)):
        raise MalformedCertificateError("name has two values for what must be one")
    return DistinguishedName(
        common_name=found.get(COMMON_NAME, [None])[0],
        organization=found.get(ORGANIZATION, [None])[0],
        organization_identifier=found.get(ORGANIZATION_IDENTIFIER, [None])[0],
        organizational_units=tuple(unit for unit in found.get(ORGANIZATIONAL_UNIT, ()) if unit is not None),
        der=raw,
    )


def _text(value: der.Element, leniencies: set[Leniency]) -> str | None:
    """Return the text of a string element; None for other types and for bytes that are not its text.

    Real IA5Strings and Teletex strings hold UTF-8 Chinese. Other encodings are not guessed: a name that each reader
    sees otherwise is worse than none.
    """
    encoding = {_BMP_STRING: "utf-16-be", _UNIVERSAL_STRING: "utf-32-be"}.get(value.tag, "utf-8")
    if encoding == "utf-8" and value.tag not in {der.UTF8_STRING, _TELETEX_STRING} | _ASCII_TYPES:
        return None
    try:
        text = value.content.decode(encoding)
    except UnicodeDecodeError:
        leniencies.add(Leniency.STRING_CONTENT)
        return None
    if value.tag in _ASCII_TYPES and not text.isascii():
        leniencies.add(Leniency.STRING_CONTENT)
    return text
