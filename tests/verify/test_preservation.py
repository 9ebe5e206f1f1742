"""Gathering evidence: what is kept verifies offline, and what is missing is named."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from types import ModuleType
from typing import Any

import pytest

import keys
from esign import Evidence, EvidenceMissingError, add_document_timestamp, add_evidence, read_sealed_pdf, read_timestamp
from verify import EvidenceCollector, RevocationFetcher, TrustStore


def collector(counter: Any) -> EvidenceCollector:
    return EvidenceCollector(counter.trust, RevocationFetcher(timeout=30))


def test_what_is_collected(counter: Any, counters: ModuleType) -> None:
    pki = counter.server.pki
    found = collector(counter).collect([pki.chain("seal"), pki.chain("tsa")], counter.at)
    assert set(found.certificates) == {pki.certificate(name).der for name in ("seal", "tsa", "issuing-ca", "root")}
    # Two answers of the issuing CA's responder, one of the root itself; an item comes once.
    assert (len(found.ocsps), len(found.crls)) == (3, 0)
    for raw in found.ocsps:
        assert keys.read_ocsp_response(raw).answers[0].status == "good"
    again = collector(counter).collect([pki.chain("seal"), pki.chain("seal")], counter.at)
    assert (len(again.ocsps), len(again.certificates)) == (2, 3)


def test_lists_where_there_are_no_answers(counter: Any) -> None:
    counter.server.ocsp.status = 503
    found = collector(counter).collect([counter.server.pki.chain("seal")], counter.at)
    assert (len(found.ocsps), len(found.crls)) == (0, 2)


def test_it_makes_a_file_verify_offline(counter: Any, counters: ModuleType) -> None:
    """From the signers that the file itself names, as whoever upgrades it has them."""
    data = counter.issue("pdf", "b-t").data
    seal = read_sealed_pdf(data).seals[0].signed_data
    token = read_timestamp(seal.timestamp)
    at = counter.at + counters.HOUR
    with counter.clock(at):
        evidence = collector(counter).collect([seal.certificates, token.certificates], at)
        better = add_document_timestamp(add_evidence(data, evidence), counter.stamper())
    counter.server.close()
    verifier = counter.verifier()
    assert verifier.verify_file(better, at=counter.at + 6 * counters.YEAR).reason.code == "OK"
    assert verifier.verify_file(data, at=counter.at + 6 * counters.YEAR).reason.code == "CERTIFICATE_EXPIRED"


def _down(counter: Any) -> None:
    counter.server.ocsp.status = counter.server.crl.status = 503


def _wrong_answers(counter: Any) -> None:
    counter.server.ocsp.responder = "other-ocsp"


def _gone(counter: Any) -> None:
    counter.server.revoke("seal", at=counter.at, reason="superseded")


def _held(counter: Any) -> None:
    counter.server.revoke("seal", at=counter.at, reason="certificateHold")


@pytest.mark.parametrize(
    ("spoil", "name", "said"),
    [
        (_down, "seal", "电子印章: unknown"),
        (_wrong_answers, "seal", "电子印章: unknown"),
        (_gone, "seal", "电子印章: revoked"),
        (_held, "seal", "电子印章: unknown"),
        (lambda counter: None, "other-seal", "电子印章: no path to a trusted anchor"),
        (lambda counter: None, "seal-of-revoked-ca", "Revoked CA .*: revoked"),
        (lambda counter: None, "seal-expired", "Expired: a certificate of the path is valid"),
    ],
)
def test_what_is_missing_is_named(counter: Any, spoil: Callable[[Any], None], name: str, said: str) -> None:
    spoil(counter)
    with pytest.raises(EvidenceMissingError, match=said):
        collector(counter).collect([counter.server.pki.chain(name)], counter.at)


def test_where_nothing_is_published_there_is_nothing_to_keep(counter: Any, office: ModuleType) -> None:
    ca = office.make_ca()
    signer = ca.issue()
    with pytest.raises(EvidenceMissingError, match="publishes"):
        EvidenceCollector(TrustStore([ca.root]), RevocationFetcher(timeout=30)).collect([signer.chain], counter.at)


def test_a_certificate_that_is_not_published_beside_others_that_are(counter: Any) -> None:
    found = collector(counter).collect([counter.server.pki.chain("seal-unpublished")], counter.at)
    assert (len(found.ocsps), len(found.crls)) == (1, 0)


def test_an_answer_with_something_hidden_in_it_is_not_kept(counter: Any, counters: ModuleType) -> None:
    """A file with it would be one that nobody can verify."""
    pki, fetcher = counter.server.pki, RevocationFetcher(timeout=30)

    class Source:
        def __init__(self, *hidden: bytes) -> None:
            self.hidden = hidden

        def evidence(self, certificate: keys.Certificate, issuer: keys.Certificate, at: datetime) -> Evidence:
            found = fetcher.evidence(certificate, issuer, at)
            if issuer == pki.root:
                return found
            return Evidence(ocsps=(counters.with_certificates(found.ocsps[0], self.hidden),))

    path = [pki.chain("seal")]
    assert EvidenceCollector(counter.trust, Source(pki.certificate("issuing-ca").der)).collect(path, counter.at)
    with pytest.raises(EvidenceMissingError, match="somebody else"):
        EvidenceCollector(counter.trust, Source(pki.certificate("other-ca").der)).collect(path, counter.at)
