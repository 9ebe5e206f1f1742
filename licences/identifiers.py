"""Licence identifiers (证照标识) modelled on GB/T 36904.

``1.2.156.3005.2.<type code>.<issuer code>.<serial>.<version>.<check>``. The check character is ISO 7064 MOD 37,36 over
the four parts joined, without the root and without the dots; that reading agrees with published identifiers.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from .errors import InvalidIdentifierError

IDENTIFIER_ROOT = "1.2.156.3005.2"
FIRST_VERSION = "001"
SERIAL_LENGTH = 20

_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_VALUES = {character: value for value, character in enumerate(_ALPHABET)}
_PATTERN = re.compile(
    r"1\.2\.156\.3005\.2\.([0-9A-Z]{18}[0-9]{3})\.([0-9A-Z]{18})\.([0-9A-Z]{1,32})\.([0-9]{3})\.([0-9A-Z])"
)
_MAX_LENGTH = len(IDENTIFIER_ROOT) + 5 + 21 + 18 + 32 + 3 + 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Identifier:
    """The parts of a licence identifier whose form and check character are right."""

    type_code: str
    """21 characters: social credit code of the authority that defines the type, and three digits."""
    issuer_code: str
    """Social credit code of the issuing authority; its own check character is not looked at."""
    serial: str
    """1 to 32 characters, chosen by the issuer."""
    version: str
    """Three digits; 001 first."""
    check: str

    def __str__(self) -> str:
        return f"{IDENTIFIER_ROOT}.{self.type_code}.{self.issuer_code}.{self.serial}.{self.version}.{self.check}"


def check_character(body: str) -> str:
    """Return the ISO 7064 MOD 37,36 check character of ``body``; InvalidIdentifierError when not all ``0-9A-Z``."""
    product = 36
    try:
        for character in body:
            product = ((product + _VALUES[character]) % 36 or 36) * 2 % 37
    except KeyError:
        raise InvalidIdentifierError("IDENTIFIER_MALFORMED") from None
    return _ALPHABET[(37 - product) % 36]


def make_identifier(
    type_code: str, issuer_code: str, random: Callable[[int], bytes], version: str = FIRST_VERSION
) -> str:
    """Return a new identifier with a random serial of 20 characters.

    ``random`` returns that many cryptographically random bytes. Raises InvalidIdentifierError when a part has the wrong
    form.
    """
    # 256 random bits for about 103 wanted: the bias of the division is far below anything measurable.
    number = int.from_bytes(random(32))
    serial = ""
    for _ in range(SERIAL_LENGTH):
        number, value = divmod(number, 36)
        serial += _ALPHABET[value]
    check = check_character(type_code + issuer_code + serial + version)
    text = f"{IDENTIFIER_ROOT}.{type_code}.{issuer_code}.{serial}.{version}.{check}"
    if _PATTERN.fullmatch(text) is None:
        raise InvalidIdentifierError("IDENTIFIER_MALFORMED")
    return text


def parse_identifier(text: str) -> Identifier:
    """Read an identifier exactly as it is printed: upper case, with root and dots; raises InvalidIdentifierError."""
    match = _PATTERN.fullmatch(text) if len(text) <= _MAX_LENGTH else None
    if match is None:
        raise InvalidIdentifierError("IDENTIFIER_MALFORMED")
    type_code, issuer_code, serial, version, check = match.groups()
    if check_character(type_code + issuer_code + serial + version) != check:
        raise InvalidIdentifierError("IDENTIFIER_CHECK")
    return Identifier(type_code=type_code, issuer_code=issuer_code, serial=serial, version=version, check=check)
