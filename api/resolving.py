"""From what somebody typed or scanned to a code: short codes are known to the store only."""

import re
import unicodedata

from esign import extract_code, fold_short_code, is_short_code
from licences import LicenceNotFoundError, LicenceStore, parse_identifier

from .errors import LicenceUnknownError, UsageError

# What a Chinese input method makes of the keys of a scanner, beside the full-width forms that NFKC folds.
_KEYS = str.maketrans({"。": ".", "、": "/", "—": "-", "–": "-"})
_NOBODYS = "0" * 12  # no short code has this character
_IDENTIFIERS_BEGIN = "1.2."
_SHOWN = re.compile(r"S/[0-9A-Z-]{1,200}/?")
_MAX_NAMED = 5  # licences of one number that are listed to choose from


def as_keyed(text: str) -> str:
    """Return the text that a scanner or a person meant whose keys went through an input method, without blanks."""
    return "".join(unicodedata.normalize("NFKC", text.translate(_KEYS)).split())


def is_shown(text: str) -> bool:
    """Whether this is the address of a show code: a licence that its holder shows just now, not the code on a face."""
    return _SHOWN.fullmatch(extract_code(text)) is not None


def require_no_shown(text: str) -> None:
    """Raise UsageError for a show code where only codes of faces are read: it is no bad code of a licence."""
    if is_shown(text):
        raise UsageError(
            "这是持证人的出示码，不是照面上的二维码；请用浏览器打开，或在窗口核验台扫描。",
            "this is a code that a holder shows, not the one on the face: open it in a browser, or scan it at the desk",
        )


def full_code(text: str, store: LicenceStore) -> str:
    """Return the code that a short code stands for; any other text, and an unknown short code, as it is.

    The store is asked about every text: how long the answer takes does not tell a mistyped short code from an unknown.
    UsageError for a show code.
    """
    require_no_shown(text)
    code = extract_code(text)
    try:
        return store.by_short_code(fold_short_code(code) if is_short_code(code) else _NOBODYS).code
    except LicenceNotFoundError:
        return text


def identifier_of(text: str, store: LicenceStore) -> str:
    """Return the identifier of the licence that a person at a keyboard names: by it, its printed number or short code.

    The network takes identifiers only: a number may be guessed. Raises InvalidIdentifierError, LicenceUnknownError,
    and UsageError for a number that several licences or versions have.
    """
    if text.startswith(_IDENTIFIERS_BEGIN):
        return str(parse_identifier(text))
    keyed = as_keyed(text)
    if is_short_code(keyed):
        try:
            return store.by_short_code(fold_short_code(keyed)).identifier
        except LicenceNotFoundError:
            pass  # a number may look like one
    found = store.with_number(text.strip(), _MAX_NAMED + 1)
    if not found:
        raise LicenceUnknownError(
            "证照库中没有这张证照；请给出证照标识、照面上的证照编号或短码。",
            "no such licence here: name it by its identifier, its printed number or its short code",
        )
    if len(found) > 1:
        listed = "；".join(f"{one.identifier} {one.status.zh} {one.status.value}" for one in found[:_MAX_NAMED])
        more = "；…" if len(found) > _MAX_NAMED else ""
        raise UsageError(
            f"该编号有多张证照或多个版本，请改用证照标识或短码：{listed}{more}",
            f"several licences or versions have this number: name one by its identifier or short code: {listed}{more}",
        )
    return found[0].identifier
