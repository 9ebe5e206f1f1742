"""PDFs that others signed: materials of citizens and companies, approvals of other systems (RSA, ECDSA, SM2).

Which bytes each signature covers, what came after it, and in which order they show since when the file has been there.
Such a document is never taken for a licence. The numbers are the steps in `verifier.py`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from esign import ChangeKind, EsignError, ForeignPdf, ForeignSignature, RangeFault, read_foreign_pdf
from verify.facts import Facts, unreadable
from verify.foreign_cms import MAX_READ_LIST_BYTES, facts_of_document, look_at_message
from verify.report import Check, SignatureFacts
from verify.revocation import RevocationEvidence
from verify.signing_path import Existence, Grounds
from verify.timestamps import look_at_timestamp

MAX_SIGNERS: Final = 64
"""Judged in one PDF."""
MAX_HASHED_BYTES: Final = 256 * 1024 * 1024
"""Of one PDF: every signer's digest is over nearly the whole file again."""

_DAMAGED: Final = frozenset({RangeFault.NO_BYTE_RANGE, RangeFault.BYTE_RANGE_ORDER, RangeFault.NO_CONTENTS})
"""What is not there, or no range at all; the other faults are something that nobody signed."""
_ALLOWED_BEFORE_NEXT: Final = frozenset({ChangeKind.EVIDENCE, ChangeKind.SIGNATURES, ChangeKind.FORM_VALUES})
_OUTDATED_FORMS: Final = frozenset({"adbe.pkcs7.sha1", "adbe.x509.rsa_sha1"})
"""ISO 32000-2 table 255: the message is over a SHA-1 digest of the file; both are deprecated there."""


def look_at_foreign_pdf(data: bytes, grounds: Grounds) -> Facts:
    """Judge every signature of a PDF that somebody else made."""
    # (1) The file can be read, in a process of its own.
    try:
        pdf = read_foreign_pdf(data)
    except EsignError as error:
        return Facts(kind="pdf", checks=(unreadable("format", error),))
    checks: list[Check] = []
    signatures: list[SignatureFacts] = []
    if pdf.repaired:
        detail = "the table of places is broken: readers may disagree on what the file shows"
        checks.append(Check(name="format", code="FORMAT_PDF", detail=detail))
    if all(signature.document_timestamp for signature in pdf.signatures):
        detail = f"{pdf.stray_signatures} signatures that no field names" if pdf.stray_signatures else ""
        return Facts(kind="pdf", checks=(*checks, Check(name="format", code="SEAL_MISSING", detail=detail)))
    grounds = grounds.with_evidence(RevocationEvidence.from_raw(pdf.evidence))
    existence, hashed = Existence(at=grounds.at), 0
    lists_limit = MAX_READ_LIST_BYTES // len(pdf.signatures)
    for signature in reversed(pdf.signatures):
        if len(signatures) >= MAX_SIGNERS or hashed >= MAX_HASHED_BYTES:
            checks.append(Check(name="format", code="RESOURCE_LIMIT", detail="too many signatures over too much"))
            break
        covered = signature.covered(data)
        hashed += sum(map(len, covered))
        checks.append(_range_check(signature))
        if signature.document_timestamp:
            facts = look_at_timestamp(
                signature.cms,
                covered,
                name="timestamp",
                grounds=grounds,
                at=existence.at,
                ours=False,
            )
            checks.append(facts.check)
            existence = existence.or_earlier(facts.time, "document-timestamp")
            continue
        checks.append(_changes_check(pdf, signature))
        if signature.faults:
            # What it would stand on cannot be told: there is nothing more to judge.
            continue
        if signature.sub_filter in _OUTDATED_FORMS:
            detail = f"{signature.field}: {signature.sub_filter} stands on SHA-1"
            checks.append(Check(name="digest", code="ALGORITHM_OUTDATED", detail=detail))
            continue
        found, facts_of_signers = look_at_message(
            signature.cms,
            covered,
            name=signature.field,
            covers="whole" if signature.covers_whole_file else "revision",
            claimed_time=signature.claimed_time,
            existence=existence,
            grounds=grounds,
            lists_limit=lists_limit,
        )
        checks += found
        since, pages = tuple(sorted(kind.value for kind in signature.changes.kinds)), signature.changes.pages
        signatures += [replace(facts, changes=since, changed_pages=pages) for facts in facts_of_signers]
        hashed += sum(map(len, covered)) * len(facts_of_signers)
    if pdf.ambiguous and all(check.code != "CHANGED_AFTER_SIGNING" for check in checks):
        # Not what was added since: it was so when it was signed.
        detail = "readers that look for the objects themselves see other pages or forms than the table of places says"
        checks.append(Check(name="format", code="FORMAT_PDF", detail=detail))
    return facts_of_document("pdf", checks, signatures)


def _range_check(signature: ForeignSignature) -> Check:
    """(2) The signed bytes are all of a revision but the signature itself."""
    if signature.faults:
        detail = f"{signature.field}: {', '.join(fault.value for fault in signature.faults)}"
        code = "FORMAT_CMS" if _DAMAGED.issuperset(signature.faults) else "CHANGED_AFTER_SIGNING"
        return Check(name="coverage", code=code, detail=detail)
    if not signature.covers_revision:
        detail = f"{signature.field}: the signed bytes end inside a revision of the file"
        return Check(name="coverage", code="CHANGED_AFTER_SIGNING", detail=detail)
    detail = "the whole file" if signature.covers_whole_file else "the file as it was when it was signed"
    return Check(name="coverage", code="OK", detail=f"{signature.field}: {detail}")


def _changes_check(pdf: ForeignPdf, signature: ForeignSignature) -> Check:
    """(1) What came after a signature is evidence, or was itself signed and may be there.

    Filling in and signing again is how several people sign one form; without a later signature over it, it is a change
    unless the signer has permitted it. A picture that somebody adds where there was no field is a signature's look in
    most documents, but not in one that was certified: there the certifier has said where others sign.
    """
    kinds = signature.changes.kinds
    allowed = {ChangeKind.EVIDENCE}
    signed_again = any(
        other.covers_whole_file or other.changes.kinds <= {ChangeKind.EVIDENCE}
        for other in pdf.signatures
        if not other.document_timestamp and other is not signature
    )
    if signed_again and signature.certification != 1:
        allowed |= _ALLOWED_BEFORE_NEXT
        if signature.certification is None:
            allowed.add(ChangeKind.SHOWN_SIGNATURES)
    pages = f" on pages {', '.join(map(str, signature.changes.pages))}" if signature.changes.pages else ""
    if kinds <= allowed:
        detail = ", ".join(sorted(kind.value for kind in kinds)) or "nothing"
        return Check(name="changes", code="OK", detail=f"{signature.field}: {detail}{pages} came after it")
    if signature.permits_filling and kinds <= allowed | {ChangeKind.FORM_VALUES}:
        detail = f"{signature.field}: its signer lets the form be filled in; that{pages} came after it, unsigned"
        return Check(name="changes", code="SIGNED_THEN_FILLED", detail=detail)
    detail = f"{signature.field}: {', '.join(sorted(kind.value for kind in kinds - allowed))}{pages} came after it"
    return Check(name="changes", code="CHANGED_AFTER_SIGNING", detail=detail)
