"""Whether a CA has taken a certificate back, as of a time: revocation lists and OCSP answers, wherever they came from.

Evidence proves itself by its issuer's signature, so it may come from the checked file, from the folder of trust or from
the network alike. What cannot be used is left aside; what says "revoked" is believed before what says "good".
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, Protocol, TypeVar

from esign import Evidence
from keys import (
    OCSP_SIGNING_EKU,
    Certificate,
    CertificateList,
    KeysError,
    OcspResponse,
    Revocation,
    parse_certificate,
    read_crl,
    read_ocsp_response,
)

_Read = TypeVar("_Read")

MAX_EVIDENCE: Final = 64
"""Lists and answers that are looked at in one file."""
DEFAULT_LIFE: Final = timedelta(days=1)
"""How long evidence without a next update counts: RFC 6960 clause 4.2.2.1 says that newer one is always to be had."""
CLOCK_SKEW: Final = timedelta(minutes=5)
"""Evidence this much from the future is taken for that of a CA whose clock is ahead."""

_STOLEN: Final = frozenset({"keyCompromise", "cACompromise", "aACompromise"})


class RevocationStatus(StrEnum):
    """What the evidence says about one certificate."""

    GOOD = "good"
    REVOKED = "revoked"
    UNKNOWN = "unknown"
    UNPUBLISHED = "unpublished"
    """The certificate names no place where its CA would say so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RevocationFinding:
    """What the evidence says about one certificate as of a time."""

    status: RevocationStatus
    revocation: Revocation | None = None
    """With `REVOKED`: since when, and why."""
    source: str = "none"
    """What said so: `list`, `ocsp` or `none`."""
    as_of: datetime | None = None
    """When that was said."""
    used: frozenset[bytes] = frozenset()
    """DER of every list, answer and responder's certificate that is properly signed and about this certificate, and in
    which every byte is explained."""

    @property
    def is_compromise(self) -> bool:
        """Whether the key is known to have been in other hands: nothing that only it vouches for counts any more."""
        return self.revocation is not None and self.revocation.reason in _STOLEN


class RevocationSource(Protocol):
    """Gets fresh evidence about a certificate whose path is good, for instance from its CA over the network."""

    def evidence(self, certificate: Certificate, issuer: Certificate, at: datetime) -> Evidence:
        """What could be had by now, possibly nothing. Never raises for a CA that is down, slow or wrong."""


class RevocationEvidence:
    """A heap of lists and answers; nothing in it is believed until an issuer's key has verified it."""

    def __init__(
        self,
        lists: Iterable[CertificateList] = (),
        responses: Iterable[OcspResponse] = (),
        responders: Iterable[Certificate] = (),
    ) -> None:
        self._lists = tuple(lists)
        self._responses = tuple(responses)
        self._responders = tuple(responders)

    @classmethod
    def from_raw(cls, evidence: Evidence) -> RevocationEvidence:
        """Read what a file or the network brought; what cannot be read is left out."""
        return cls(
            lists=_readable(read_crl, evidence.crls),
            responses=_readable(read_ocsp_response, evidence.ocsps),
            responders=_readable(parse_certificate, evidence.certificates),
        )

    def __add__(self, other: RevocationEvidence) -> RevocationEvidence:
        return RevocationEvidence(
            (*self._lists, *other._lists),
            (*self._responses, *other._responses),
            (*self._responders, *other._responders),
        )

    def about(self, certificate: Certificate, issuer: Certificate, at: datetime) -> RevocationFinding:
        """What is known about `certificate` as of `at`.

        Evidence counts when it is still current at `at` or was made later. Of several the newest decides, but a
        revocation is for ever, however old the evidence of it, unless it was only a hold (RFC 5280 clause 5.3.1).
        """
        said = [*self._from_lists(certificate, issuer), *self._from_responses(certificate, issuer)]
        used = frozenset().union(*(one.sources for one in said))
        current = sorted((one for one in said if one.is_current(at)), key=lambda one: one.this_update)
        revoked = [one.revocation for one in said if one.revocation is not None]
        lasting = [revocation for revocation in revoked if revocation.reason != "certificateHold"]
        if lasting:
            newest = max((one for one in said if one.revocation in lasting), key=lambda one: one.this_update)
            return RevocationFinding(
                status=RevocationStatus.REVOKED,
                revocation=_together(lasting),
                source=newest.source,
                as_of=newest.this_update,
                used=used,
            )
        if current and current[-1].good:
            newest = current[-1]
            return RevocationFinding(
                status=RevocationStatus.GOOD, source=newest.source, as_of=newest.this_update, used=used
            )
        if not current and not revoked and not (certificate.crl_urls or certificate.ocsp_urls):
            return RevocationFinding(status=RevocationStatus.UNPUBLISHED, used=used)
        return RevocationFinding(status=RevocationStatus.UNKNOWN, used=used)

    def _from_lists(self, certificate: Certificate, issuer: Certificate) -> list[_Said]:
        said = []
        for crl in self._lists:
            if (
                crl.issuer_der != issuer.subject_der
                or "cRLSign" not in issuer.key_usage
                or not _is_issued_by(crl, issuer)
            ):
                continue
            revocation = crl.revoked.get(certificate.serial)
            said.append(
                _Said(
                    this_update=crl.this_update,
                    next_update=crl.next_update,
                    # A list for some certificates only, or for changes only, cannot show that one is good.
                    good=revocation is None and crl.covers(certificate),
                    revocation=revocation,
                    source="list",
                    sources=frozenset({crl.der}),
                )
            )
        return said

    def _from_responses(self, certificate: Certificate, issuer: Certificate) -> list[_Said]:
        said = []
        for response in self._responses:
            answers = [answer for answer in response.answers if answer.is_about(certificate, issuer)]
            if not answers:
                continue
            signers = self._signers(response, issuer)
            if signers is None:
                continue
            sources = signers | {response.der} if _is_explained(response, signers, issuer) else signers
            said += [
                _Said(
                    this_update=answer.this_update,
                    next_update=answer.next_update,
                    good=answer.status == "good",
                    revocation=answer.revocation,
                    source="ocsp",
                    sources=sources,
                )
                for answer in answers
            ]
        return said

    def _signers(self, response: OcspResponse, issuer: Certificate) -> frozenset[bytes] | None:
        """DER of the responder's certificate if it is a delegated one; None when the answer is not properly signed.

        The CA answers itself, or a responder whose certificate the same CA has issued for this purpose. Such a
        responder is itself checked against the CA's lists, unless its certificate says that this is not needed.
        """
        if response.names(issuer) and _is_signed_by(response, issuer):
            return frozenset()
        for responder in (*response.certificates, *self._responders):
            if (
                OCSP_SIGNING_EKU in responder.extended_key_usage
                and responder.not_before <= response.produced_at <= responder.not_after
                and response.names(responder)
                and _is_issued_by(responder, issuer)
                and _is_signed_by(response, responder)
                and (responder.ocsp_no_check or self._is_good_by_list(responder, issuer, response.produced_at))
            ):
                return frozenset({responder.der})
        return None

    def _is_good_by_list(self, responder: Certificate, issuer: Certificate, at: datetime) -> bool:
        said = [one for one in self._from_lists(responder, issuer) if one.is_current(at)]
        return any(one.good for one in said) and all(one.revocation is None for one in said)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Said:
    """One properly signed statement about one certificate."""

    this_update: datetime
    next_update: datetime | None
    good: bool
    revocation: Revocation | None
    source: str
    sources: frozenset[bytes]

    def is_current(self, at: datetime) -> bool:
        return at <= (self.next_update or self.this_update + DEFAULT_LIFE) or at <= self.this_update


def revoked_by(finding: RevocationFinding, at: datetime) -> bool:
    """Whether what was signed at `at`, provably, was signed too late.

    A stolen key counts from the time since which it may have been in other hands (RFC 5280 clause 5.3.2).
    """
    if finding.revocation is None:
        return False
    since = finding.revocation.at
    if finding.revocation.invalid_since is not None and finding.is_compromise:
        since = min(since, finding.revocation.invalid_since)
    return at >= since


def _together(revocations: Sequence[Revocation]) -> Revocation:
    """Take all that was said about one certificate at its worst: a CA learns more, and answers say less than lists."""
    stolen = [revocation for revocation in revocations if revocation.reason in _STOLEN]
    since = [revocation.invalid_since for revocation in stolen if revocation.invalid_since is not None]
    return Revocation(
        at=min(revocation.at for revocation in revocations),
        reason=(stolen or revocations)[0].reason,
        invalid_since=min(since, default=None),
    )


def _is_explained(response: OcspResponse, signers: frozenset[bytes], issuer: Certificate) -> bool:
    """Whether a changed byte of its certificates would show, which its own signature does not cover."""
    return not response.unreadable_certificates and all(
        certificate.der in signers or certificate == issuer or _is_issued_by(certificate, issuer)
        for certificate in response.certificates
    )


def _readable(read: Callable[[bytes], _Read], items: Sequence[bytes]) -> list[_Read]:
    found = []
    for item in items[:MAX_EVIDENCE]:
        with contextlib.suppress(KeysError):
            found.append(read(item))
    return found


def _is_issued_by(issued: Certificate | CertificateList, issuer: Certificate) -> bool:
    try:
        issued.verify_issued_by(issuer)
    except KeysError:
        return False
    return True


def _is_signed_by(response: OcspResponse, signer: Certificate) -> bool:
    try:
        response.verify_by(signer)
    except KeysError:
        return False
    return True
