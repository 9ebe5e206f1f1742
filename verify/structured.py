"""Facts about a structured e-licence with its detached signatures. The numbers are the steps in `verifier.py`."""

from __future__ import annotations

from esign import EsignError, StructuredLicence, read_detached, structured_from_bytes
from keys import hash_bytes
from verify.facts import Facts, unreadable
from verify.report import Check
from verify.revocation import RevocationEvidence
from verify.seal_reading import seals_beside
from verify.seals import all_issuers_check, brought_checks, completeness_check, evidence_checks, look_at_seals
from verify.signing_path import Existence, Grounds
from verify.sources import Records


def look_at_structured(data: bytes, signature: bytes | None, grounds: Grounds, records: Records) -> Facts:
    """Read and check a structured licence (`data`) under its CMS signature (`signature`)."""
    # (1), (4) The licence is canonical.
    try:
        licence = structured_from_bytes(data)
    except EsignError as error:
        return Facts(kind="structured", checks=(unreadable("structured", error),))
    readable = Check(name="structured", code="OK")
    if signature is None:
        missing = Check(name="format", code="SEAL_MISSING", detail="no detached signature was given")
        return Facts(kind="structured", checks=(readable, missing), licence=licence)
    # (1) The signature is a CMS of our form.
    try:
        detached = read_detached(signature)
    except EsignError as error:
        return Facts(kind="structured", checks=(readable, unreadable("format", error)), licence=licence)
    # (8) Since when it is known to have existed. The signature covers the licence, so its own record speaks for both.
    grounds = grounds.with_evidence(RevocationEvidence.from_raw(detached.evidence))
    existence = Existence(at=grounds.at).or_earlier(records.existed_since(licence.identifier, signature), "store")
    # (2), (3), (5) to (8)
    seals = seals_beside(detached, data, existence)
    found = look_at_seals(seals, licence, grounds)
    judged = all(facts.judged for facts in found)
    checks = (
        Check(name="format", code="OK"),
        readable,
        *(check for facts in found for check in facts.checks),
        *brought_checks(found, seals),
        all_issuers_check(seals, licence, grounds),
        *evidence_checks(detached.evidence, (facts.used for facts in found), judged=judged),
        completeness_check(len(seals), len(licence.seals)),
    )
    return Facts(
        kind="structured",
        checks=checks,
        signatures=tuple(facts.signature for facts in found),
        licence=licence,
        development=any(facts.signature.development for facts in found),
    )


def document_check(document: str, licence: StructuredLicence) -> Check:
    """The file is one of the documents that the structured licence lists; early versions list none."""
    listed = {one.key for one in licence.documents} or {""}
    return Check(name="listed_document", code="OK" if document in listed else "DOCUMENT_UNLISTED")


def body_check(body: bytes | None, licence: StructuredLicence) -> Check:
    """The body in the file is the one that the structured licence describes, by both digests."""
    described = [(one.sha256, one.sm3) for one in licence.attachments if one.kind == "body"]
    found = [] if body is None else [(hash_bytes("sha256", body).hex(), hash_bytes("sm3", body).hex())]
    return Check(name="body", code="OK" if found == described else "BODY_MISMATCH")
