"""The QR code on the face of a sealed file: it must be that of the licence inside."""

from __future__ import annotations

from collections.abc import Sequence

from esign import (
    COPY_SYMBOL_PREFIX,
    AnnotatedCopy,
    CodeClaims,
    EsignError,
    FacePage,
    SeenSymbol,
    StructuredLicence,
    holder_check_value,
    read_code,
    read_modules,
)
from keys import KeysError, hash_bytes
from verify.report import Check
from verify.trust import TrustStore


def texts_of_symbols(pages: Sequence[FacePage]) -> list[str]:
    """The text of every symbol on the pages; empty for one that is none of ours."""
    texts = []
    for page in pages:
        for item in page.items:
            if isinstance(item, SeenSymbol):
                try:
                    texts.append(read_modules(item.modules))
                except EsignError:
                    texts.append("")
    return texts


def compare_code(texts: Sequence[str], licence: StructuredLicence, structured: bytes, trust: TrustStore) -> Check:
    """Compare the code that is drawn with the structured licence, whose bytes are `structured`."""
    if not texts and not any(document.face for document in licence.documents):
        # Files of early versions do not say what their face shows.
        return Check(name="face_code", code="OK", detail="no code is drawn")
    if len(texts) != 1:
        return _differs(f"{len(texts)} codes are drawn")
    try:
        signed = read_code(texts[0])
    except EsignError:
        return _differs("what is drawn is no code")
    claims = signed.claims
    if claims.identifier != licence.identifier or claims.digest not in _digests(structured):
        return Check(name="face_code", code="CODE_TRANSPLANTED", detail="the code names another licence")
    if wrong := _wrong(claims, licence):
        return _differs(f"differs from the data: {', '.join(wrong)}")
    certificate = trust.code_key(claims.key_id)
    if certificate is None:
        detail = "its signature was not checked: the key is not known here"
        return Check(name="face_code", code="OK", detail=detail)
    try:
        signed.verify(certificate.public_key)
    except KeysError:
        return _differs("its signature does not verify")
    return Check(name="face_code", code="OK")


def compare_copy_symbols(texts: Sequence[str], copy: AnnotatedCopy, pages: int) -> Check:
    """Compare the symbols on a copy, one on each page, with its serial."""
    same = list(texts) == [COPY_SYMBOL_PREFIX + copy.serial] * pages
    if not same and texts and any(text != texts[0] for text in texts):
        return _differs("the symbols on the pages are not alike")
    if not same:
        return Check(name="face_code", code="CODE_TRANSPLANTED", detail="the symbol is not that of this copy")
    return Check(name="face_code", code="OK")


def _wrong(claims: CodeClaims, licence: StructuredLicence) -> list[str]:
    """What the code says otherwise than the licence that it names."""
    first, place = next(iter(licence.holders), None), licence.status_place
    said = {
        "validity": (claims.valid_from, claims.valid_to) == (licence.valid_from, licence.valid_to),
        "status": place is None or (claims.status_list, claims.status_index) == (place.number, place.index),
        "holder": first is not None and claims.holder_check == holder_check_value(claims.salt, first.name, first.code),
    }
    return [what for what, same in said.items() if not same]


def _digests(structured: bytes) -> tuple[bytes, bytes]:
    """By either family: which one is the code's shows only its key."""
    return hash_bytes("sm3", structured), hash_bytes("sha256", structured)


def _differs(detail: str) -> Check:
    return Check(name="face_code", code="FACE_DIFFERS", detail=f"code: {detail}")
