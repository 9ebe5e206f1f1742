"""One form for the names and numbers of holders, and the check value that ties a code to its holder."""

import re
import unicodedata

from keys import hmac_bytes

HOLDER_CHECK_BITS = 20
_OLD_CITIZEN_NUMBER = re.compile(r"[0-9]{15}")
# GB 11643: weights of the 17 digits and the check characters by the sum modulo 11.
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECK_CHARACTERS = "10X98765432"


def holder_check_value(salt: bytes, name: str, code: str) -> int:
    """20 bits of HMAC-SHA-256 over name and code, keyed by the salt that the QR code carries.

    Enough to catch a code that was moved to somebody else's licence (one in a million passes), too little to find a
    person: thousands of people share every value. SHA-256 in both suites, so that a browser can compute it in place.
    A licence with several holders has the value of the first.
    """
    message = normal_name(name).encode() + b"\x00" + normal_holder_code(code).encode()
    return int.from_bytes(hmac_bytes("sha256", salt, message)[:4], "big") >> (32 - HOLDER_CHECK_BITS)


def normal_name(name: str) -> str:
    """One form for the ways in which the same name is typed: width, case, spaces, and the dot inside names."""
    folded = unicodedata.normalize("NFKC", name).casefold()
    return "".join("·" if c in "·•・‧∙⋅." else c for c in folded if not c.isspace())


def normal_holder_code(code: str) -> str:
    """One form for the ways in which the same number is typed: full width, small letters, spaces, old 15 digits.

    A citizen number of 15 digits (until 1999) becomes the 18 characters that its holder has today (GB 11643).
    """
    folded = "".join(unicodedata.normalize("NFKC", code).upper().split())
    if not _OLD_CITIZEN_NUMBER.fullmatch(folded):
        return folded
    digits = f"{folded[:6]}19{folded[6:]}"
    total = sum(int(digit) * weight for digit, weight in zip(digits, _WEIGHTS, strict=True))
    return digits + _CHECK_CHARACTERS[total % 11]
