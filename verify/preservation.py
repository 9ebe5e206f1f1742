"""Gathering, while it can be had, what will prove later that a certificate was good (PAdES and CAdES level LT)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import pairwise

from esign import Evidence, EvidenceMissingError
from keys import Certificate
from verify.revocation import RevocationEvidence, RevocationSource, RevocationStatus
from verify.trust import TrustStore


class EvidenceCollector:
    """Asks the CAs of a path, and hands on only what it has verified."""

    def __init__(self, trust: TrustStore, source: RevocationSource) -> None:
        self._trust = trust
        self._source = source

    def collect(self, signers: Iterable[Sequence[Certificate]], at: datetime) -> Evidence:
        """Get the evidence that the signers' certificates are good at `at`; each is given with its path, leaf first.

        Raises:
            EvidenceMissingError: a path leads to no anchor, a CA does not answer, a certificate is revoked, or no CA of
                all the paths publishes anything, so that there is nothing to keep.
        """
        certificates: dict[bytes, None] = {}
        lists: dict[bytes, None] = {}
        answers: dict[bytes, None] = {}
        for given in signers:
            chain = self._trust.chain(given[0], given[1:], at)
            if chain.code != "OK":
                raise EvidenceMissingError(f"{_name(given[0])}: {chain.detail}")
            for certificate, issuer in pairwise(chain.certificates):
                fresh = self._source.evidence(certificate, issuer, at)
                finding = RevocationEvidence.from_raw(fresh).about(certificate, issuer, at)
                if finding.status is RevocationStatus.UNPUBLISHED:
                    continue
                if finding.status is not RevocationStatus.GOOD:
                    raise EvidenceMissingError(f"{_name(certificate)}: {finding.status.value}")
                if finding.used.isdisjoint((*fresh.crls, *fresh.ocsps)):
                    raise EvidenceMissingError(f"{_name(certificate)}: the answer brings certificates of somebody else")
                lists |= dict.fromkeys(raw for raw in fresh.crls if raw in finding.used)
                answers |= dict.fromkeys(raw for raw in fresh.ocsps if raw in finding.used)
            certificates |= dict.fromkeys(certificate.der for certificate in chain.certificates)
        if not lists and not answers:
            raise EvidenceMissingError("no CA of the path says where it publishes revocations")
        return Evidence(certificates=tuple(certificates), crls=tuple(lists), ocsps=tuple(answers))

    def gather(self, signers: Iterable[Sequence[Certificate]], at: datetime) -> tuple[Evidence, tuple[str, ...]]:
        """Get what can be had about the signers' certificates at `at`, good or revoked, and say what cannot.

        For an archive, which keeps also what speaks against a seal. Each signer is given with its path, leaf first.
        """
        together, missed = Evidence(), []
        for given in signers:
            chain = self._trust.chain(given[0], given[1:], at)
            together = together.joined_with(Evidence(certificates=tuple(one.der for one in chain.certificates)))
            if len(chain.certificates) == 1:
                missed.append(f"{_name(given[0])}: {chain.detail}")
            for certificate, issuer in pairwise(chain.certificates):
                fresh = self._source.evidence(certificate, issuer, at)
                kept = Evidence(crls=tuple(one.der for one in self._trust.lists)).joined_with(fresh)
                finding = RevocationEvidence.from_raw(kept).about(certificate, issuer, at)
                if finding.status is RevocationStatus.UNKNOWN:
                    missed.append(f"{_name(certificate)}: not known whether it was revoked")
                used = Evidence(
                    certificates=tuple(finding.used.difference(kept)),
                    crls=tuple(one for one in kept.crls if one in finding.used),
                    ocsps=tuple(one for one in kept.ocsps if one in finding.used),
                )
                together = together.joined_with(used)
        return together, tuple(dict.fromkeys(missed))


def _name(certificate: Certificate) -> str:
    return certificate.subject.common_name or f"certificate {certificate.serial:x}"
