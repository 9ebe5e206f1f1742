"""From what somebody typed or scanned to a code: short codes are known to the store only."""

from esign import extract_code, fold_short_code, is_short_code
from licences import LicenceNotFoundError, LicenceStore


def full_code(text: str, store: LicenceStore) -> str:
    """Return the code that a short code stands for; any other text, and an unknown short code, as it is."""
    code = extract_code(text)
    if not is_short_code(code):
        return text
    try:
        return store.by_short_code(fold_short_code(code)).code
    except LicenceNotFoundError:
        return text
