"""Facts about a sealed PDF. The numbers are the steps in `verifier.py`."""

from __future__ import annotations

from esign import (
    COPY_ATTACHMENT_NAME,
    REPORT_ATTACHMENT_NAME,
    EsignError,
    Fault,
    MalformedError,
    read_face,
    read_sealed_pdf,
    structured_from_bytes,
)
from verify.annotated_copy import look_at_copy_pdf
from verify.facts import Facts, unreadable
from verify.foreign_pdf import look_at_foreign_pdf
from verify.metadata import described_licence, pdf_metadata_check
from verify.report import Check
from verify.representations import representation_checks
from verify.revocation import RevocationEvidence
from verify.seal_reading import seals_of_pdf
from verify.seals import (
    all_issuers_check,
    brought_checks,
    completeness_check,
    evidence_checks,
    look_at_seals,
)
from verify.signed_report import look_at_report_pdf
from verify.signing_path import Existence, Grounds
from verify.sources import Records
from verify.structured import body_check, document_check
from verify.timestamps import look_at_document_timestamps


def look_at_pdf(data: bytes, grounds: Grounds, records: Records) -> Facts:
    """Read and check a sealed PDF; one that somebody else made is judged for its signatures alone."""
    # (1) The file is ours, every byte of it is explained, and it bears a seal.
    try:
        pdf = read_sealed_pdf(data)
    except MalformedError as error:
        if error.fault is Fault.FORMAT_FOREIGN:
            return look_at_foreign_pdf(data, grounds)
        return Facts(kind="pdf", checks=(unreadable("format", error),))
    except EsignError as error:
        return Facts(kind="pdf", checks=(unreadable("format", error),))
    if pdf.attachment == COPY_ATTACHMENT_NAME:
        return look_at_copy_pdf(data, pdf, grounds)
    if pdf.attachment == REPORT_ATTACHMENT_NAME:
        return look_at_report_pdf(pdf, len(data), grounds)
    readable = Check(name="format", code="OK")
    # (4) The structured licence inside is canonical.
    try:
        licence = structured_from_bytes(pdf.structured)
    except EsignError as error:
        return Facts(kind="pdf", checks=(readable, unreadable("structured", error)))
    # (8) Since when the file is known to have existed: the store's own record, then the timestamps from the outermost.
    grounds = grounds.with_evidence(RevocationEvidence.from_raw(pdf.evidence))
    existence = Existence(at=grounds.at).or_earlier(records.existed_since(licence.identifier, data), "store")
    stamps, used, judged, existence = look_at_document_timestamps(pdf, grounds, existence)
    # (2), (3), (4) for what belongs to the structured licence, (5) to (8)
    seals = seals_of_pdf(pdf, len(data), existence)
    found = look_at_seals(seals, licence, grounds)
    judged = judged and all(facts.judged for facts in found)
    checks = (
        readable,
        Check(name="structured", code="OK"),
        document_check(pdf.document, licence),
        body_check(pdf.body, licence),
        *(check for facts in found for check in facts.checks),
        *brought_checks(found, seals),
        all_issuers_check(seals, licence, grounds),
        *stamps,
        *evidence_checks(pdf.evidence, (*used, *(facts.used for facts in found)), judged=judged),
        completeness_check(len(seals), len(licence.seals)),
    )
    document = next((one for one in licence.documents if one.key == pdf.document), None)
    # (4) What the face shows is what the structured licence says, and the code on it is its own.
    agree = representation_checks(
        lambda: read_face(data, pdf.seals[0].covered.end),
        pdf.structured,
        licence,
        document,
        trust=grounds.trust,
        before=checks,
    )
    if agree:
        agree = (*agree, pdf_metadata_check(pdf, described_licence(licence, document)))
    return Facts(
        kind="pdf",
        checks=(*checks, *agree),
        signatures=tuple(facts.signature for facts in found),
        licence=licence,
        document=document,
        development=any(facts.signature.development for facts in found),
    )
