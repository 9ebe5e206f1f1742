"""Facts about a signed report (核验回执, 拒收回执). The numbers are the steps in `verifier.py`.

A report is the statement of the office that looked: at that time this thing gave that verdict. It is no licence, brings
none, and says nothing about today; so nobody is asked for a state, and what it records stays what it records.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from esign import CHECKED_CODE, EsignError, SealedPdf, VerificationReport, read_detached, report_from_bytes
from keys import Certificate, hash_bytes
from verify.facts import PROVEN, Facts, unreadable
from verify.metadata import Described, pdf_metadata_check
from verify.report import Check, instant_text
from verify.revocation import RevocationEvidence
from verify.seal_reading import Ballast, seals_beside, seals_of_pdf
from verify.seals import Seal, brought_checks, evidence_checks, judge_seal
from verify.signing_path import Existence, Grounds
from verify.timestamps import look_at_document_timestamps
from verify.trust import TrustStore


def look_at_report_pdf(pdf: SealedPdf, size: int, grounds: Grounds) -> Facts:
    """Judge a report as PDF of so many bytes, which was read already (1)."""
    readable = Check(name="format", code="OK")
    # (4)
    try:
        report = report_from_bytes(pdf.structured)
    except EsignError as error:
        return Facts(kind="report", checks=(readable, unreadable("report", error)))
    # (8)
    grounds = grounds.with_evidence(RevocationEvidence.from_raw(pdf.evidence))
    stamps, used, judged, existence = look_at_document_timestamps(pdf, grounds, Existence(at=grounds.at))
    seals = seals_of_pdf(pdf, size, existence)
    ballast = Ballast(evidence=pdf.evidence, used=tuple(used), judged=judged)
    facts = _judged(report, seals, len(pdf.fields), grounds, (readable, *stamps), ballast)
    if not facts.codes <= PROVEN | {"REPORT_GENUINE"}:
        return facts
    # (4)
    metadata = pdf_metadata_check(pdf, Described(title=report.title, at=report.made_at))
    return replace(facts, checks=(*facts.checks, metadata))


def look_at_report_data(data: bytes, signature: bytes | None, grounds: Grounds) -> Facts:
    """Judge a report as JSON under the signature beside it."""
    # (1), (4)
    try:
        report = report_from_bytes(data)
    except EsignError as error:
        return Facts(kind="report", checks=(unreadable("report", error),))
    if signature is None:
        missing = Check(name="format", code="SEAL_MISSING", detail="no detached signature was given")
        return Facts(kind="report", checks=(missing,), recorded=report)
    try:
        detached = read_detached(signature)
    except EsignError as error:
        return Facts(kind="report", checks=(unreadable("format", error),), recorded=report)
    # (8)
    grounds = grounds.with_evidence(RevocationEvidence.from_raw(detached.evidence))
    seals = seals_beside(detached, data, Existence(at=grounds.at))
    readable = Check(name="format", code="OK")
    return _judged(report, seals, len(seals), grounds, (readable,), Ballast(evidence=detached.evidence))


def with_subject(facts: Facts, report: VerificationReport, original: bytes) -> Facts:
    """Compare what the report says it looked at with what it is said to be about (5)."""
    checked = report.checked
    given = original.strip() if checked.what == CHECKED_CODE else original
    found = [hash_bytes(name, given).hex() for name in ("sha256", "sm3")]
    same = len(given) == checked.size and found == [checked.digests.sha256, checked.digests.sm3]
    check = Check(name="report_subject", code="OK" if same else "REPORT_OTHER_SUBJECT")
    return replace(facts, checks=(*facts.checks, check))


def _judged(
    report: VerificationReport,
    seals: Sequence[Seal],
    places: int,
    grounds: Grounds,
    around: Sequence[Check],
    ballast: Ballast,
) -> Facts:
    """Facts about a report that was read, with these checks around those of its seal."""
    found = [
        judge_seal(
            seal,
            (_expected(seal, report, max(places, len(seals))), _maker(seal, report, grounds.trust)),
            purpose="seal",
            claimed_at=report.made_at,
            development=report.development,
            grounds=grounds,
        )
        for seal in seals
    ]
    judged = ballast.judged and all(facts.judged for facts in found)
    checks = (
        *around,
        *(check for facts in found for check in facts.checks),
        *brought_checks(found, seals),
        *evidence_checks(ballast.evidence, (*ballast.used, *(facts.used for facts in found)), judged=judged),
        Check(name="report", code="REPORT_GENUINE", detail=f"{report.serial}, made {instant_text(report.made_at)}"),
    )
    return Facts(
        kind="report",
        checks=checks,
        signatures=tuple(facts.signature for facts in found),
        recorded=report,
        development=any(facts.signature.development for facts in found),
    )


def _expected(seal: Seal, report: VerificationReport, count: int) -> Check:
    """(5) It is the only seal, made when the report says."""
    fault = ""
    if count != 1:
        fault = "a report has one seal"
    elif seal.claimed_time != report.made_at:
        fault = f"sealed at {instant_text(seal.claimed_time)}, the report says {instant_text(report.made_at)}"
    return Check(name="expected_seal", code="SEAL_UNEXPECTED" if fault else "OK", detail=fault)


def _maker(seal: Seal, report: VerificationReport, trust: TrustStore) -> Check:
    """(6) The seal is that of the office that the report names, and that office is not another one by its name."""
    certificate = seal.signed_data.signer_certificate
    subject = certificate.subject
    own = (subject.organization_identifier, subject.organization) == (report.office_code, report.office_name)
    detail = f"the certificate is for {subject.organization} ({subject.organization_identifier})"
    code = "OK" if own and not _poses(certificate, trust) else "REPORT_NOT_OF_OFFICE"
    return Check(name="report_maker", code=code, detail=detail)


def _poses(certificate: Certificate, trust: TrustStore) -> bool:
    """Whether the register knows the code under other names, or the name under other codes.

    An office that it does not know at all speaks for itself: it lists who issues licences, not who looks at them.
    """
    register, subject = trust.register, certificate.subject
    if register is None:
        return False
    code, name = subject.organization_identifier or "", subject.organization or ""
    known = register.get(code)
    if known is not None:
        return not known.bears(name)
    return any(one.bears(name) for one in register.authorities)
