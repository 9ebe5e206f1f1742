"""Whether the three representations in a sealed file agree: its face, its data and its code. Step (4) in `verifier.py`.

The face is the same things in PDF and in OFD: what follows here is the same for both.

Looked at only in what is proven to be the issuer's: what somebody else has made is refused for that, unread.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from esign import (
    AnnotatedCopy,
    EsignError,
    FacePage,
    StructuredDocument,
    StructuredLicence,
)
from verify.face import compare_face
from verify.face_code import compare_code, compare_copy_symbols, texts_of_symbols
from verify.facts import PROVEN, unreadable
from verify.report import Check
from verify.trust import TrustStore


def representation_checks(
    face: Callable[[], tuple[FacePage, ...]],
    structured: bytes,
    licence: StructuredLicence,
    document: StructuredDocument | None,
    *,
    trust: TrustStore,
    before: Iterable[Check],
    copy: AnnotatedCopy | None = None,
) -> tuple[Check, ...]:
    """Compare face, data and code; `face` reads the pages of the file that `structured` is in.

    `before` are the checks so far.
    """
    if any(check.code not in PROVEN for check in before):
        return ()
    try:
        pages = face()
    except EsignError as error:
        return (unreadable("face", error),)
    texts = texts_of_symbols(pages)
    address = texts[0].rpartition("/V/")[0] if texts else ""
    if copy is not None:
        code = compare_copy_symbols(texts, copy, len(pages))
    else:
        code = compare_code(texts, licence, structured, trust)
    return compare_face(pages, licence, document, address=address, copy=copy), code
