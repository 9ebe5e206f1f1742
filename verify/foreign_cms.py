"""CMS messages that others signed: over a content inside, a document beside them, or one of which only digests came.

What is said: who signed, with which certificate, over what, since when that is known, and whether the path is trusted.
Such a document is never taken for a licence. The numbers are the steps in `verifier.py`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from esign import Coverage, EsignError, Evidence, read_foreign_cms
from verify.detection import is_ours
from verify.facts import Facts, unreadable
from verify.foreign_signer import SignedMessage, look_at_signer
from verify.report import Check, SignatureFacts
from verify.revocation import RevocationEvidence
from verify.signing_path import Existence, Grounds

MAX_READ_LIST_BYTES: Final = 1024 * 1024
"""Of the revocation lists that all messages of a file bring along; to read 50,000 entries takes half a second."""

_GOOD: Final = frozenset({"OK", "SIGNED_THEN_FILLED"})


def look_at_foreign_cms(data: bytes, original: bytes | None, grounds: Grounds) -> Facts:
    """Judge a CMS message over the content inside, or over `original` when it brings none."""
    found, signatures = look_at_message(
        data,
        None if original is None else (original,),
        name="cms",
        covers="content",
        claimed_time=None,
        existence=Existence(at=grounds.at),
        grounds=grounds,
        lists_limit=MAX_READ_LIST_BYTES,
    )
    return facts_of_document("cms", found, signatures)


def look_at_digest(
    data: bytes, digests: Mapping[str, bytes], grounds: Grounds
) -> tuple[list[Check], list[SignatureFacts]]:
    """Judge a CMS message over something that is not here, by its digests (named as in `keys.hash_bytes`)."""
    return look_at_message(
        data,
        None,
        name="cms",
        covers="digest",
        claimed_time=None,
        existence=Existence(at=grounds.at),
        grounds=grounds,
        lists_limit=MAX_READ_LIST_BYTES,
        digests=digests,
    )


def look_at_message(
    data: bytes,
    original: tuple[bytes, ...] | None,
    *,
    name: str,
    covers: str,
    claimed_time: datetime | None,
    existence: Existence,
    grounds: Grounds,
    lists_limit: int,
    digests: Mapping[str, bytes] | None = None,
) -> tuple[list[Check], list[SignatureFacts]]:
    """Judge every signer of one message, over its own content, the `original` beside it or the digests of that."""
    # (1) It is a CMS message that somebody signed, over something that is here.
    try:
        cms = read_foreign_cms(data)
    except EsignError as error:
        return [unreadable("format", error)], []
    if not cms.signers:
        return [Check(name="format", code="SEAL_MISSING", detail=f"{name}: certificates without a signature")], []
    inside = cms.content
    if inside is None and original is None and digests is None:
        return [Check(name="digest", code="CONTENT_MISSING", detail=name)], []
    checks = [Check(name="format", code="OK", detail=name)]
    if inside is not None and original is not None:
        coverage = cms.coverage(b"".join(original))
        code = "DIGEST_MISMATCH" if coverage is Coverage.NOTHING else "OK"
        checks.append(Check(name="digest", code=code, detail=f"{name}: {coverage.value} inside"))
    content = (inside,) if inside is not None else original or ()
    if any(is_ours(part) for part in content):
        # Taken for a document of others, a licence would be good for ever: nobody would ask for its status.
        detail = f"{name}: a licence in another form than that in which it was issued"
        checks.append(Check(name="format", code="NON_CANONICAL", detail=detail))
    # They only help: a message with more of them than anybody needs is judged without.
    lists = cms.revocation_lists if sum(map(len, cms.revocation_lists)) <= lists_limit else ()
    signed = SignedMessage(
        name=name,
        cms=cms,
        original=content,
        covers=covers,
        claimed_time=claimed_time,
        existence=existence,
        digests=digests,
    )
    grounds = grounds.with_evidence(RevocationEvidence.from_raw(Evidence(crls=lists)))
    signatures = []
    for signer in cms.signers:
        found, facts = look_at_signer(signer, signed, grounds)
        checks += found
        signatures.append(facts)
    return checks, signatures


def facts_of_document(kind: str, checks: Sequence[Check], signatures: Sequence[SignatureFacts]) -> Facts:
    """What is said of a document of others; its signatures were judged from the last to the first."""
    # Signatures are told in the order in which they were made.
    ordered = tuple(reversed(signatures))
    good = all(check.code in _GOOD for check in checks)
    document = Check(name="document", code="SIGNED_DOCUMENT" if good else "OK", detail="" if good else "not a licence")
    return Facts(
        kind=kind,
        checks=(*checks, document),
        signatures=ordered,
        development=any(signature.development for signature in ordered),
    )
