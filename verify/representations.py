"""Whether the three representations in a sealed PDF agree: its face, its data and its code. Step (4) in `verifier.py`.

Looked at only in what is proven to be the issuer's: what somebody else has made is refused for that, unread.
"""

from __future__ import annotations

from collections.abc import Iterable

from esign import (
    AnnotatedCopy,
    EsignError,
    SealedPdf,
    StructuredDocument,
    StructuredLicence,
    read_face,
)
from verify.face import compare_face
from verify.face_code import compare_code, compare_copy_symbols, texts_of_symbols
from verify.facts import PROVEN, unreadable
from verify.report import Check
from verify.trust import TrustStore


def representation_checks(
    data: bytes,
    pdf: SealedPdf,
    licence: StructuredLicence,
    document: StructuredDocument | None,
    *,
    trust: TrustStore,
    before: Iterable[Check],
    copy: AnnotatedCopy | None = None,
) -> tuple[Check, ...]:
    """Compare face, data and code of a PDF that was read; `before` are the checks so far."""
    if any(check.code not in PROVEN for check in before):
        return ()
    try:
        pages = read_face(data, pdf.seals[0].covered.end)
    except EsignError as error:
        return (unreadable("face", error),)
    texts = texts_of_symbols(pages)
    address = texts[0].rpartition("/V/")[0] if texts else ""
    if copy is not None:
        code = compare_copy_symbols(texts, copy, len(pages))
    else:
        code = compare_code(texts, licence, pdf.structured, trust)
    return compare_face(pages, licence, document, address=address, copy=copy), code
