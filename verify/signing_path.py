"""The path of a signer's certificate over time: good when it signed, still good when that is known to have existed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from itertools import pairwise

from keys import Certificate
from verify.report import Check, RevocationFacts, SignatureFacts, instant_text
from verify.retirement import retirement_check
from verify.revocation import (
    CLOCK_SKEW,
    RevocationEvidence,
    RevocationFinding,
    RevocationSource,
    RevocationStatus,
    revoked_by,
)
from verify.trust import Chain, TrustStore

# Sources keep their answers for a while and are asked again and again; to read a large CA's list takes half a second.
_read_answer = lru_cache(maxsize=8)(RevocationEvidence.from_raw)


@dataclass(frozen=True, slots=True, kw_only=True)
class Existence:
    """Since when something is known to have existed."""

    at: datetime
    """The time of asking when nothing earlier is proven."""
    source: str = "none"
    """`timestamp`, `document-timestamp`, `store`, or `none`: nobody but the signer says that it is older."""

    @property
    def proven(self) -> datetime | None:
        """The proven time, None when there is only the time of asking."""
        return None if self.source == "none" else self.at

    def or_earlier(self, at: datetime | None, source: str) -> Existence:
        """Return the new proof when it goes further back, else what was there."""
        return Existence(at=at, source=source) if at is not None and at < self.at else self


@dataclass(frozen=True, slots=True, kw_only=True)
class Grounds:
    """What a signer is judged by."""

    trust: TrustStore
    evidence: RevocationEvidence
    """From the file and from the folder of trust."""
    source: RevocationSource | None
    """Asked about every certificate: evidence at hand may be older than the theft of the key that it speaks of."""
    at: datetime
    """The time of asking."""

    def with_evidence(self, evidence: RevocationEvidence) -> Grounds:
        """The same with more evidence."""
        return replace(self, evidence=self.evidence + evidence)

    def evidence_about(self, certificate: Certificate, issuer: Certificate) -> RevocationEvidence:
        """The evidence, with what the certificate's CA says now if it can be asked."""
        if self.source is None:
            return self.evidence
        return self.evidence + _read_answer(self.source.evidence(certificate, issuer, self.at))

    def for_applicants(self) -> Grounds:
        """The same for what citizens and companies sign."""
        return self._trusting(self.trust.applicants)

    def for_timestamps(self) -> Grounds:
        """The same for timestamps."""
        return self._trusting(self.trust.timestamps)

    def _trusting(self, trust: TrustStore) -> Grounds:
        if trust is self.trust:
            return self
        evidence = self.evidence + RevocationEvidence(lists=trust.lists, responders=trust.others)
        return replace(self, trust=trust, evidence=evidence)


@dataclass(frozen=True, slots=True, kw_only=True)
class PathFacts:
    """What was found about the path of one signer."""

    checks: tuple[Check, ...]
    """`certificate`, `certificate_age`, `revocation` and `retirement`, in this order; without a good path nobody looks
    for a revocation."""
    chain: Chain
    revocation: RevocationFacts
    used: frozenset[bytes]
    """DER of the certificates of the path and of the evidence about them."""


def look_at_path(
    certificate: Certificate,
    embedded: Sequence[Certificate],
    *,
    grounds: Grounds,
    claimed_at: datetime | None,
    existence: Existence,
) -> PathFacts:
    """Judge a signer's path at the time that the signer claims, and again at the earliest time that is proven.

    What claims no time, such as a code, is judged at the beginning of its certificate.
    """
    trust = grounds.trust
    chain = trust.chain(certificate, embedded, claimed_at or certificate.not_before)
    path = Check(name="certificate", code=chain.code, detail=chain.detail)
    age = _age_check(chain, certificate, embedded, trust, existence, claimed_at)
    revocation, worst, used = _revocation_check(chain, grounds, claimed_at, existence)
    retirement = retirement_check(trust.retirement(certificate), proven_at=existence.proven, claimed_at=claimed_at)
    return PathFacts(checks=(path, age, *revocation, retirement), chain=chain, revocation=worst, used=used)


def facts_of_signature(
    certificate: Certificate,
    path: PathFacts,
    existence: Existence,
    *,
    field: str,
    claimed_time: datetime | None,
    covers: str,
    intact: bool,
    valid: bool,
    development: bool,
) -> SignatureFacts:
    """Tell about a signature by the key of this certificate; the arguments are those of `SignatureFacts`."""
    return SignatureFacts(
        field=field,
        algorithm=certificate.public_key.algorithm.name,
        signer_name=certificate.subject.common_name,
        signer_organization=certificate.subject.organization,
        certificate_issuer=certificate.issuer.common_name,
        certificate_serial=f"{certificate.serial:x}",
        claimed_time=claimed_time,
        proven_time=existence.proven,
        proof=existence.source,
        covers=covers,
        intact=intact,
        valid=valid,
        trusted=path.chain.code == "OK",
        revocation=path.revocation,
        development=development,
    )


def _age_check(
    chain: Chain,
    leaf: Certificate,
    embedded: Sequence[Certificate],
    trust: TrustStore,
    existence: Existence,
    claimed_at: datetime | None,
) -> Check:
    """Whether the path was still valid; a renewed CA certificate may have taken the place of an expired one."""
    at = existence.at
    # Who asks how it was before the day of sealing asks about the past; that is no fault of the seal.
    about_past = existence.proven is None and claimed_at is not None
    if at + CLOCK_SKEW < leaf.not_before and not about_past:
        detail = f"the certificate begins on {instant_text(leaf.not_before)}"
        code = "CERTIFICATE_NOT_YET_VALID" if existence.proven is None else "SEAL_TIME_OUTSIDE_CERTIFICATE"
        return Check(name="certificate_age", code=code, detail=detail)
    expired = at > chain.not_after and (at > leaf.not_after or trust.chain(leaf, embedded, at).code != "OK")
    if expired:
        detail = f"the path has expired on {instant_text(chain.not_after)}"
    else:
        detail = "" if existence.proven is None else f"existed on {instant_text(at)} ({existence.source})"
    return Check(name="certificate_age", code="CERTIFICATE_EXPIRED" if expired else "OK", detail=detail)


def _revocation_check(
    chain: Chain, grounds: Grounds, claimed_at: datetime | None, existence: Existence
) -> tuple[tuple[Check, ...], RevocationFacts, frozenset[bytes]]:
    used = {certificate.der for certificate in chain.certificates}
    told = RevocationFacts(status="unchecked")
    if chain.code != "OK":
        return (), told, frozenset(used)
    worst, details = "OK", []
    for certificate, issuer in pairwise(chain.certificates):
        finding = grounds.evidence_about(certificate, issuer).about(certificate, issuer, existence.at)
        used |= finding.used
        code = _judged(finding, claimed_at, existence)
        details.append(f"{_called(certificate)}: {_described(finding)}")
        # The signer's own comes first, and is told unless one above it is worse.
        if told.status == "unchecked" or _ORDER.index(code) > _ORDER.index(worst):
            told = _facts_of(finding)
        worst = max(worst, code, key=_ORDER.index)
    return (Check(name="revocation", code=worst, detail="; ".join(details)),), told, frozenset(used)


def _facts_of(finding: RevocationFinding) -> RevocationFacts:
    revocation = finding.revocation
    return RevocationFacts(
        status=finding.status.value,
        source=finding.source,
        as_of=finding.as_of,
        since=None if revocation is None else revocation.at,
        reason="" if revocation is None else revocation.reason or "",
    )


_ORDER = ("OK", "REVOCATION_UNKNOWN", "CERTIFICATE_REVOKED_UNPROVEN", "CERTIFICATE_REVOKED")


def _judged(finding: RevocationFinding, claimed_at: datetime | None, existence: Existence) -> str:
    match finding.status:
        case RevocationStatus.GOOD | RevocationStatus.UNPUBLISHED:
            return "OK"
        case RevocationStatus.UNKNOWN:
            return "REVOCATION_UNKNOWN"
        case RevocationStatus.REVOKED:
            if not revoked_by(finding, existence.at):
                return "OK"
            if claimed_at is not None and revoked_by(finding, claimed_at):
                return "CERTIFICATE_REVOKED"
            # It claims to be older, and only its signer says so.
            return "CERTIFICATE_REVOKED_UNPROVEN"


def _called(certificate: Certificate) -> str:
    """A CA by its name; the signer, who may be a person, by a number."""
    return certificate.subject.common_name or "a CA" if certificate.is_ca else f"certificate {certificate.serial:x}"


def _described(finding: RevocationFinding) -> str:
    if finding.revocation is None:
        return finding.status.value
    reason = finding.revocation.reason or "no reason given"
    return f"revoked on {instant_text(finding.revocation.at)} ({reason})"
