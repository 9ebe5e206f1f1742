"""Allotting and checking licence identifiers (证照标识), modelled on GB/T 36904; `esign` knows their parts.

The check character is ISO 7064 MOD 37,36 over the four parts joined, without the root and without the dots; that
reading agrees with published identifiers.

Serials are random and not counted: 20 characters hold 103 bits, so that among 10^10 licences of one issuer and type two
are alike with a probability of 4 in 10^12, and any number of machines can issue without asking each other. The store
refuses the second one all the same, and it is made again.
"""

from collections.abc import Callable
from dataclasses import replace

from esign import LicenceIdentifier, hybrid_check_character

from .errors import InvalidIdentifierError

FIRST_VERSION = "001"
LAST_VERSION = 999
SERIAL_LENGTH = 20

_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def check_character(body: str) -> str:
    """Return the ISO 7064 MOD 37,36 check character of ``body``; InvalidIdentifierError when not all ``0-9A-Z``."""
    try:
        return hybrid_check_character(body, _ALPHABET)
    except ValueError as error:
        raise InvalidIdentifierError("IDENTIFIER_MALFORMED") from error


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
    made = LicenceIdentifier(type_code=type_code, issuer_code=issuer_code, serial=serial, version=version, check=check)
    return str(parse_identifier(str(made)))


def next_version(identifier: str) -> str:
    """Return the identifier of the next version of a licence: the same serial, the version raised by one.

    Raises InvalidIdentifierError, also after version 999.
    """
    last = parse_identifier(identifier)
    version = int(last.version) + 1
    if version > LAST_VERSION:
        raise InvalidIdentifierError("IDENTIFIER_VERSIONS_USED_UP")
    text = f"{version:03d}"
    check = check_character(last.type_code + last.issuer_code + last.serial + text)
    return str(replace(last, version=text, check=check))


def parse_identifier(text: str) -> LicenceIdentifier:
    """Read an identifier exactly as it is printed: upper case, with root and dots; raises InvalidIdentifierError."""
    try:
        identifier = LicenceIdentifier.from_text(text)
    except ValueError as error:
        raise InvalidIdentifierError("IDENTIFIER_MALFORMED") from error
    if check_character(identifier.body) != identifier.check:
        raise InvalidIdentifierError("IDENTIFIER_CHECK")
    return identifier
