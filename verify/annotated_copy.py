"""Facts about an annotated copy (加注件). The numbers are the steps in `verifier.py`.

A copy is the statement of its maker, sealed with a key for copies and nothing else: at that time the original said
this. It brings none of the issuer's seals, so what it proves is as good as its maker is trusted, and the state of the
original is asked for as for the original itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from esign import (
    SEAL_FIELD,
    AnnotatedCopy,
    EsignError,
    Evidence,
    SealedOfd,
    SealedPdf,
    copy_from_bytes,
    read_detached,
    read_face,
    read_gm_detached,
    read_ofd_face,
)
from keys import hash_bytes
from verify.facts import Facts, unreadable
from verify.metadata import described_copy, ofd_metadata_check, pdf_metadata_check
from verify.ofd_seals import coverage_checks, sound
from verify.report import Check, instant_text
from verify.representations import representation_checks
from verify.revocation import RevocationEvidence
from verify.seal_reading import Ballast, seals_beside, seals_of_pdf
from verify.seals import Seal, brought_checks, evidence_checks, judge_seal
from verify.signing_path import Existence, Grounds
from verify.timestamps import look_at_document_timestamps


@dataclass(frozen=True, slots=True, kw_only=True)
class IntendedUse:
    """What somebody who was given a copy is about to use it for; an empty text is not compared."""

    case_number: str = ""
    item_code: str = ""


def look_at_copy_pdf(data: bytes, pdf: SealedPdf, grounds: Grounds) -> Facts:
    """Judge a copy as PDF, which was read already (1)."""
    readable = Check(name="format", code="OK")
    # (4)
    try:
        copy = copy_from_bytes(pdf.structured)
    except EsignError as error:
        return Facts(kind="copy", checks=(readable, unreadable("structured", error)))
    if len(pdf.fields) != 1:
        several = Check(name="expected_seal", code="SEAL_UNEXPECTED", detail="a copy has one seal")
        return Facts(kind="copy", checks=(readable, several))
    # (8)
    grounds = grounds.with_evidence(RevocationEvidence.from_raw(pdf.evidence))
    stamps, used, judged, existence = look_at_document_timestamps(pdf, grounds, Existence(at=grounds.at))
    seals = seals_of_pdf(pdf, len(data), existence)
    ballast = Ballast(evidence=pdf.evidence, used=tuple(used), judged=judged)
    facts = _judged(copy, seals, grounds, (readable, *stamps), ballast)
    # (4) Its face shows what the licence in it says, and whose copy it is.
    licence = copy.licence
    document = licence.documents[0] if licence.documents else None
    agree = representation_checks(
        lambda: read_face(data, pdf.seals[0].covered.end),
        pdf.structured,
        licence,
        document,
        trust=grounds.trust,
        before=facts.checks,
        copy=copy,
    )
    if agree:
        agree = (*agree, pdf_metadata_check(pdf, described_copy(copy)))
    return replace(facts, checks=(*facts.checks, *agree))


def look_at_copy_ofd(ofd: SealedOfd, grounds: Grounds) -> Facts:
    """Judge a copy as OFD, which was read already (1) and nothing of which was changed since it was signed (2)."""
    readable = Check(name="format", code="OK")
    # (4)
    try:
        copy = copy_from_bytes(ofd.structured)
    except EsignError as error:
        return Facts(kind="copy", checks=(readable, unreadable("structured", error)))
    if len(ofd.seals) != 1 or ofd.seals[0].ses is not None:
        wrong = Check(name="expected_seal", code="SEAL_UNEXPECTED", detail="a copy has one signature, which is no seal")
        return Facts(kind="copy", checks=(readable, wrong))
    signature = ofd.seals[0].signature
    try:
        signed_data = read_gm_detached(signature.value)
        attached = read_detached(ofd.signature)
    except EsignError as error:
        return Facts(kind="copy", checks=(readable, unreadable("format", error)), licence=copy.licence, copy=copy)
    # (8)
    grounds = grounds.with_evidence(RevocationEvidence.from_raw(attached.evidence))
    existence = Existence(at=grounds.at)
    seal = Seal(
        field=SEAL_FIELD,
        signed_data=signed_data,
        intact=signed_data.digest_matches(signature.xml),
        claimed_time=signed_data.signing_time,
        existence=existence,
        covers="whole",
    )
    beside = seals_beside(attached, ofd.structured, existence)
    around = [readable, *coverage_checks(ofd, 1), _attached_check(beside, seal, copy)]
    if signed_data.signing_time is None or signed_data.signing_time != ofd.seals[0].at:
        around.append(Check(name="expected_seal", code="SEAL_UNEXPECTED", detail="the file says another time"))
    facts = _judged(copy, (seal,), grounds, around, Ballast(evidence=Evidence()))
    # (4) Its face shows what the licence in it says, and whose copy it is.
    agree = representation_checks(
        lambda: read_ofd_face(ofd),
        ofd.structured,
        copy.licence,
        copy.licence.documents[0] if copy.licence.documents else None,
        trust=grounds.trust,
        before=facts.checks,
        copy=copy,
    )
    if agree:
        agree = (*agree, ofd_metadata_check(ofd, described_copy(copy)))
    return replace(facts, checks=(*facts.checks, *agree))


def _attached_check(attached: Sequence[Seal], seal: Seal, copy: AnnotatedCopy) -> Check:
    """The signature file beside the data is by the same key, over these data, made when the copy says."""
    wrong = next((check for one in attached for check in sound(one) if check.code != "OK"), None)
    if wrong is not None:
        return Check(name="attached", code=wrong.code, detail=wrong.detail)
    found = [(one.signed_data.signer_certificate, one.claimed_time or copy.made_at) for one in attached]
    own = found == [(seal.signed_data.signer_certificate, copy.made_at)]
    return Check(name="attached", code="OK" if own else "SEAL_UNEXPECTED")


def look_at_copy_data(data: bytes, signature: bytes | None, grounds: Grounds) -> Facts:
    """Judge the data of a copy under the signature beside it."""
    # (1), (4)
    try:
        copy = copy_from_bytes(data)
    except EsignError as error:
        return Facts(kind="copy", checks=(unreadable("structured", error),))
    if signature is None:
        missing = Check(name="format", code="SEAL_MISSING", detail="no detached signature was given")
        return Facts(kind="copy", checks=(missing,), licence=copy.licence, copy=copy)
    try:
        detached = read_detached(signature)
    except EsignError as error:
        return Facts(kind="copy", checks=(unreadable("format", error),), licence=copy.licence, copy=copy)
    # (8)
    grounds = grounds.with_evidence(RevocationEvidence.from_raw(detached.evidence))
    seals = seals_beside(detached, data, Existence(at=grounds.at))
    readable = Check(name="format", code="OK")
    return _judged(copy, seals, grounds, (readable,), Ballast(evidence=detached.evidence))


def use_checks(copy: AnnotatedCopy, use: IntendedUse | None, at: datetime) -> tuple[Check, ...]:
    """Whether a genuine copy may be used at `at`, and for this."""
    expired = at > copy.expires_at
    term = Check(
        name="copy_term",
        code="COPY_EXPIRED" if expired else "OK",
        detail=f"made {instant_text(copy.made_at)}, to be used until {instant_text(copy.expires_at)}",
    )
    if use is None:
        return (term,)
    wrong = [
        what
        for what, wanted, said in (
            ("case number", use.case_number, copy.purpose.case_number),
            ("item", use.item_code, copy.purpose.item_code),
        )
        if wanted and wanted != said
    ]
    detail = f"made for another {' and '.join(wrong)}" if wrong else ""
    return term, Check(name="purpose", code="COPY_OTHER_PURPOSE" if wrong else "OK", detail=detail)


def _judged(
    copy: AnnotatedCopy, seals: Sequence[Seal], grounds: Grounds, around: Sequence[Check], ballast: Ballast
) -> Facts:
    """Facts about a copy that was read, with these checks around those of its seals."""
    found = [
        judge_seal(
            seal,
            _belongs(seal, copy, len(seals)),
            purpose="copy",
            claimed_at=copy.made_at,
            development=copy.development,
            grounds=grounds,
        )
        for seal in seals
    ]
    judged = ballast.judged and all(facts.judged for facts in found)
    checks = (
        *around,
        _original_check(copy),
        *(check for facts in found for check in facts.checks),
        *brought_checks(found, seals),
        *evidence_checks(ballast.evidence, (*ballast.used, *(facts.used for facts in found)), judged=judged),
    )
    return Facts(
        kind="copy",
        checks=checks,
        signatures=tuple(facts.signature for facts in found),
        licence=copy.licence,
        copy=copy,
        development=any(facts.signature.development for facts in found),
    )


def _original_check(copy: AnnotatedCopy) -> Check:
    """(5) The licence in the copy is the one whose digests it names."""
    named = copy.original_structured
    found = [hash_bytes(name, copy.structured).hex() for name in ("sha256", "sm3")]
    same = found == [named.sha256, named.sm3]
    return Check(name="copy", code="COPY_GENUINE" if same else "COPY_NOT_OF_ORIGINAL")


def _belongs(seal: Seal, copy: AnnotatedCopy, count: int) -> tuple[Check, Check]:
    """(5), (6) It is the only seal, made when the copy says, by the maker that the copy names."""
    fault = ""
    if count != 1:
        fault = "a copy has one seal"
    elif seal.claimed_time is not None and seal.claimed_time != copy.made_at:
        fault = f"sealed at {instant_text(seal.claimed_time)}, the copy says {instant_text(copy.made_at)}"
    expected = Check(name="expected_seal", code="SEAL_UNEXPECTED" if fault else "OK", detail=fault)
    subject = seal.signed_data.signer_certificate.subject
    own = (subject.organization_identifier, subject.organization) == (copy.maker_code, copy.maker_name)
    detail = f"the certificate is for {subject.organization} ({subject.organization_identifier})"
    return expected, Check(name="copy_maker", code="OK" if own else "COPY_NOT_OF_MAKER", detail=detail)
