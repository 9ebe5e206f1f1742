"""From what somebody typed or scanned to a code: short codes are known to the store only."""

import unicodedata

from esign import extract_code, fold_short_code, is_short_code
from licences import LicenceNotFoundError, LicenceStore

# What a Chinese input method makes of the keys of a scanner, beside the full-width forms that NFKC folds.
_KEYS = str.maketrans({"。": ".", "、": "/", "—": "-", "–": "-"})
_NOBODYS = "0" * 12  # no short code has this character


def as_keyed(text: str) -> str:
    """Return the text that a scanner or a person meant whose keys went through an input method, without blanks."""
    return "".join(unicodedata.normalize("NFKC", text.translate(_KEYS)).split())


def full_code(text: str, store: LicenceStore) -> str:
    """Return the code that a short code stands for; any other text, and an unknown short code, as it is.

    The store is asked about every text: how long the answer takes does not tell a mistyped short code from an unknown.
    """
    code = extract_code(text)
    try:
        return store.by_short_code(fold_short_code(code) if is_short_code(code) else _NOBODYS).code
    except LicenceNotFoundError:
        return text
