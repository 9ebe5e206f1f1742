"""Timestamps: what they stand on existed at their time, if their authority is trusted and could still be believed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Final

from esign import EsignError, SealedPdf, TimestampToken, TooLargeError, read_timestamp
from keys import TIMESTAMPING_EKU, KeysError, ProviderMissingError, UnsupportedAlgorithmError
from verify.report import Check, instant_text
from verify.revocation import RevocationStatus, revoked_by
from verify.signing_path import Existence, Grounds

_IN_ORDER: Final = frozenset({"unspecified", "affiliationChanged", "superseded", "cessationOfOperation"})
"""Reasons for which an authority's older timestamps stay good; without a reason they do not (RFC 3161 section 4)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TimestampFacts:
    """What one timestamp says, and whether it may be believed."""

    check: Check
    time: datetime | None
    """Since when what it stands on has existed; None when it proves nothing."""
    used: frozenset[bytes] = frozenset()
    """DER of the certificates of its path and of the evidence about them."""
    trusted: bool = False
    """Its path leads to an anchor: only then can its certificates be told from ballast."""


def look_at_timestamp(
    raw: bytes, covered: Iterable[bytes | memoryview], *, name: str, grounds: Grounds, at: datetime, ours: bool
) -> TimestampFacts:
    """Judge the token `raw` over `covered` as of `at`: the time of asking, or an earlier one that is proven.

    In our own files (`ours`) every byte of it must be explained.

    A token that is wrong is a failure, one of an unknown authority leaves things open. One whose authority's
    certificate has ended since, or may have been taken back, is no fault of the file: it only proves nothing.
    """

    def found(code: str, detail: str) -> TimestampFacts:
        return TimestampFacts(check=Check(name=name, code=code, detail=detail), time=None)

    try:
        token = read_timestamp(raw)
    except TooLargeError as error:
        return found("RESOURCE_LIMIT", str(error))
    except EsignError as error:
        return found("TIMESTAMP_INVALID", str(error))
    if ours and not token.minimal:
        return found("NON_CANONICAL", "the timestamp has bytes that nothing explains")
    try:
        token.verify_signature()
    except (ProviderMissingError, UnsupportedAlgorithmError) as error:
        return found("ALGORITHM_UNAVAILABLE", str(error))
    except KeysError as error:
        return found("TIMESTAMP_INVALID", str(error))
    if not token.is_over(*covered):
        return found("TIMESTAMP_INVALID", "the timestamp is over something else")
    signer = token.signer_certificate
    # The only one that it may have, and critical (RFC 3161 clause 2.3).
    if signer.extended_key_usage != {TIMESTAMPING_EKU} or not signer.extended_key_usage_critical or signer.is_ca:
        return found("TIMESTAMP_INVALID", "the signer's certificate is not for timestamps")
    return _believed(token, name, grounds.for_timestamps(), at, ours)


def _believed(token: TimestampToken, name: str, grounds: Grounds, at: datetime, ours: bool) -> TimestampFacts:
    trust = grounds.trust
    signer, others = token.signer_certificate, token.certificates[1:]
    chain = trust.chain(signer, others, token.time)
    if chain.code in ("CERTIFICATE_UNFIT", "SEAL_TIME_OUTSIDE_CERTIFICATE"):
        return TimestampFacts(check=Check(name=name, code="TIMESTAMP_INVALID", detail=chain.detail), time=None)
    if chain.code != "OK":
        code = "TIMESTAMP_UNTRUSTED" if chain.code == "CERTIFICATE_UNTRUSTED" else chain.code
        return TimestampFacts(check=Check(name=name, code=code, detail=chain.detail), time=None)
    used = {certificate.der for certificate in chain.certificates}
    for extra in others if ours else ():
        if extra.der not in used and trust.chain(extra, others, token.time).code != "OK":
            detail = "the timestamp brings a certificate that leads nowhere"
            return TimestampFacts(check=Check(name=name, code="NON_CANONICAL", detail=detail), time=None)
    used |= {extra.der for extra in others}

    doubt = ""
    if token.time > at:
        doubt = "it is later than the time that is asked about"
    elif at > chain.not_after and trust.chain(signer, others, at).code != "OK":
        doubt = f"its authority's path has expired on {instant_text(chain.not_after)}"
    for certificate, issuer in pairwise(chain.certificates):
        evidence = grounds.evidence_about(certificate, issuer)
        finding = evidence.about(certificate, issuer, at)
        used |= finding.used
        if finding.status is RevocationStatus.UNKNOWN:
            # Nobody can be asked now: what was said when it was made counts, as it does in every reader of such files.
            finding = evidence.about(certificate, issuer, token.time)
        if revoked_by(finding, token.time):
            detail = "its authority's certificate had been revoked"
            return TimestampFacts(check=Check(name=name, code="TIMESTAMP_INVALID", detail=detail), time=None)
        if finding.revocation is not None and finding.revocation.reason not in _IN_ORDER:
            doubt = "its authority's key may have been in other hands later on"
        if finding.status is RevocationStatus.UNKNOWN:
            doubt = "it is not known whether its authority's certificate was revoked"
    detail = f"{instant_text(token.time)} by {signer.subject.common_name}" + (
        f"; proves nothing: {doubt}" if doubt else ""
    )
    return TimestampFacts(
        check=Check(name=name, code="OK", detail=detail),
        time=None if doubt else token.time,
        used=frozenset(used),
        trusted=True,
    )


def look_at_document_timestamps(
    pdf: SealedPdf, grounds: Grounds, existence: Existence
) -> tuple[list[Check], list[frozenset[bytes]], bool, Existence]:
    """Judge the timestamps over a PDF, the outermost first: each may move back what is known of the next one.

    Returns their checks, what their paths rest on, whether all paths lead to an anchor, and the earliest existence.
    """
    checks, used, judged = [], [], True
    for stamp in reversed(pdf.document_timestamps):
        facts = look_at_timestamp(
            stamp.token, stamp.covered.chunks(), name="document_timestamp", grounds=grounds, at=existence.at, ours=True
        )
        checks.append(facts.check)
        used.append(facts.used)
        judged = judged and facts.trusted
        existence = existence.or_earlier(facts.time, "document-timestamp")
    return checks, used, judged, existence
