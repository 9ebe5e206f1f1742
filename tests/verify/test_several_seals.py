"""Several seals on one licence: two suites of one authority, or several authorities that issue it together."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from types import ModuleType
from typing import Any

import pytest
from declared import declared_pki

import keys
from esign import add_detached_evidence, add_document_timestamp, add_evidence, add_seal, structured_from_bytes
from verify import Outcome, Report, TrustStore, Verifier


@pytest.fixture(scope="module")
def trust(office: ModuleType) -> TrustStore:
    """Both families' roots, and the CAs' lists of the day: here it is not about revocation."""
    pkis = [declared_pki(family) for family in ("sm2", "rsa")]
    lists = [pki.crl(issuer, office.AT) for pki in pkis for issuer in ("root", "issuing-ca")]
    return TrustStore([pki.root for pki in pkis], lists=lists)


@pytest.fixture(scope="module")
def both(office: ModuleType, counters: ModuleType, trust: TrustStore) -> Iterator[Any]:
    """A counter of SM2 whose second suite is RSA."""
    from servers import AuthorityServer

    with AuthorityServer("sm2", clock=office.AT) as server:
        counter = counters.Counter(server, office)
        counter.server.pki = declared_pki("sm2")
        yield counter


@pytest.fixture(scope="module")
def judge(office: ModuleType, trust: TrustStore) -> Any:
    verifier = Verifier(trust, office.Store(office.ISSUED))

    def judge(data: bytes, signature: bytes | None = None) -> Report:
        return verifier.verify_file(data, signature=signature, at=office.AT.replace(hour=12))

    return judge


def signer(name: str, family: str = "sm2") -> keys.Signer:
    return declared_pki(family).signer(name)


def standing(report: Report) -> tuple[str, Outcome, Outcome]:
    return report.reason.code, report.authenticity, report.verdict


GOOD = ("OK", Outcome.PASSED, Outcome.PASSED)
WAITING = ("SEALS_INCOMPLETE", Outcome.PASSED, Outcome.FAILED)


def test_two_suites_of_one_authority(both: Any, counters: ModuleType, judge: Any) -> None:
    sm2, rsa = signer("seal"), signer("seal", "rsa")
    for first, second in ((sm2, rsa), (rsa, sm2)):
        report = judge(both.pdf(first, second))
        assert standing(report) == GOOD
        assert [facts.field for facts in report.signatures] == ["Seal1", "Seal2"]
        assert [facts.covers for facts in report.signatures] == ["revision", "whole"]
        assert standing(judge(both.pdf(first, listed=[first, second]))) == WAITING
        data = both.licence([first, second])
        assert standing(judge(data, counters.detached(data, first, second))) == GOOD
        assert standing(judge(data, counters.detached(data, first))) == WAITING
        # The second alone does not put it in force, either.
        assert standing(judge(data, counters.detached(data, second))) == WAITING


def test_joint_issue(both: Any, counters: ModuleType, judge: Any) -> None:
    ours, theirs = signer("seal"), signer("water-seal")
    assert standing(judge(both.pdf(ours, theirs, joint=["water"]))) == GOOD
    assert standing(judge(both.pdf(ours, listed=[ours, theirs], joint=["water"]))) == WAITING
    data = both.licence([ours, theirs], joint=["water"])
    assert standing(judge(data, counters.detached(data, ours, theirs))) == GOOD
    assert standing(judge(data, counters.detached(data, ours))) == WAITING
    # Anybody can write himself into a licence as a joint issuer.
    assert judge(data, counters.detached(data, theirs)).reason.code == "SEAL_NOT_OF_ISSUER"


def test_four_seals_of_two_authorities_in_two_suites(both: Any, judge: Any) -> None:
    four = [signer("seal"), signer("seal", "rsa"), signer("water-seal"), signer("water-seal", "rsa")]
    assert standing(judge(both.pdf(*four, joint=["water"]))) == GOOD
    for count in (1, 2, 3):
        assert standing(judge(both.pdf(*four[:count], listed=four, joint=["water"]))) == WAITING


def test_an_authority_that_does_not_issue_it(both: Any, counters: ModuleType, judge: Any) -> None:
    """Its seal is listed, but the licence does not name it as an issuer."""
    ours, theirs = signer("seal"), signer("water-seal")
    assert judge(both.pdf(ours, theirs)).reason.code == "SEAL_NOT_OF_ISSUER"
    data = both.licence([ours, theirs])
    assert judge(data, counters.detached(data, ours, theirs)).reason.code == "SEAL_NOT_OF_ISSUER"


def test_the_first_seal_is_that_of_the_authority_in_the_identifier(both: Any, counters: ModuleType, judge: Any) -> None:
    ours, theirs = signer("seal"), signer("water-seal")
    assert judge(both.pdf(theirs, ours, joint=["water"])).reason.code == "SEAL_NOT_OF_ISSUER"
    data = both.licence([theirs, ours], joint=["water"])
    assert judge(data, counters.detached(data, theirs, ours)).reason.code == "SEAL_NOT_OF_ISSUER"


def test_a_joint_issuer_without_a_seal(both: Any, counters: ModuleType, judge: Any) -> None:
    ours, again = signer("seal"), signer("seal", "rsa")
    for signers in ([ours], [ours, again]):
        assert judge(both.pdf(*signers, joint=["water"])).reason.code == "SEAL_NOT_OF_ISSUER"
        data = both.licence(signers, joint=["water"])
        assert judge(data, counters.detached(data, *signers)).reason.code == "SEAL_NOT_OF_ISSUER"


def test_a_joint_issuer_of_another_name(both: Any, counters: ModuleType, judge: Any) -> None:
    ours, theirs = signer("seal"), signer("water-seal")
    text = both.licence([ours, theirs], joint=["water"])
    renamed = text.replace("样例县水利局".encode(), "样例县水务局".encode())
    assert renamed != text
    assert judge(renamed, counters.detached(renamed, ours, theirs)).reason.code == "SEAL_NOT_OF_ISSUER"


def test_seals_in_another_order_than_listed(both: Any, judge: Any) -> None:
    ours, theirs = signer("seal"), signer("seal", "rsa")
    assert judge(both.pdf(ours, theirs, listed=[theirs, ours])).reason.code == "SEAL_UNEXPECTED"


def test_a_seal_that_nobody_listed(both: Any, counters: ModuleType, judge: Any) -> None:
    ours, second, third = signer("seal"), signer("seal", "rsa"), signer("water-seal")
    data = both.licence([ours, second])
    assert judge(data, counters.detached(data, ours, second, third)).reason.code == "SEAL_UNEXPECTED"
    assert judge(data, counters.detached(data, ours, third)).reason.code == "SEAL_UNEXPECTED"
    # The place of the second seal is taken by somebody else.
    assert judge(both.pdf(ours, third, listed=[ours, second])).reason.code == "SEAL_UNEXPECTED"


def test_another_certificate_of_the_same_key(both: Any, counters: ModuleType, judge: Any) -> None:
    ours, renewed = signer("seal"), signer("seal-renewed")
    data = both.licence([ours, signer("seal", "rsa")])
    assert judge(data, counters.detached(data, ours, renewed)).reason.code == "SEAL_UNEXPECTED"
    assert judge(both.pdf(renewed, listed=[ours])).reason.code == "SEAL_UNEXPECTED"


def test_one_certificate_listed_twice(both: Any, counters: ModuleType, judge: Any) -> None:
    """Whoever lists one seal twice gets two of it, or is not in force."""
    ours = signer("seal")
    data = both.licence([ours, ours])
    assert judge(data, counters.detached(data, ours)).verdict is not Outcome.PASSED


def test_the_second_seal_of_somebody_who_is_not_trusted(both: Any, counters: ModuleType, judge: Any) -> None:
    ours, forged = signer("seal"), signer("other-seal")
    assert judge(both.pdf(ours, forged)).reason.code == "CERTIFICATE_UNTRUSTED"
    data = both.licence([ours, forged])
    assert judge(data, counters.detached(data, ours, forged)).reason.code == "CERTIFICATE_UNTRUSTED"


def test_the_second_seal_may_be_later_and_not_earlier(both: Any, office: ModuleType, judge: Any) -> None:
    ours, second = signer("seal"), signer("seal", "rsa")
    waiting = both.pdf(ours, listed=[ours, second])
    for minutes, code in ((30, "OK"), (0, "OK"), (-1, "SEAL_UNEXPECTED")):
        at = office.AT + minutes * (office.AT.replace(minute=31) - office.AT.replace(minute=30))
        data = add_seal(waiting, both.seal(second), field="Seal2", at=at).data
        assert judge(data).reason.code == code


def test_two_seals_and_one_timestamp_for_both(both: Any, counters: ModuleType, office: ModuleType) -> None:
    """Both suites are timestamped, the evidence is about both, and six years later both still count."""
    ours, second = signer("seal"), signer("seal", "rsa")
    pkis = [declared_pki(family) for family in ("sm2", "rsa")]
    day = office.AT + counters.HOUR
    verifier = Verifier(TrustStore([pki.root for pki in pkis]), office.Store(office.ISSUED))
    lists = tuple(pki.crl(issuer, day).der for pki in pkis for issuer in ("root", "issuing-ca"))
    evidence = counters.Evidence(crls=lists)
    plain = both.pdf(ours, second)
    stamp = counters.LocalTimestamper(pkis[1].signer("tsa"), office.AT + counters.MINUTE)
    data = add_document_timestamp(add_evidence(plain, evidence), stamp)
    late = office.AT + 6 * counters.YEAR
    report = verifier.verify_file(data, at=late)
    assert report.reason.code == "OK"
    assert [facts.proof for facts in report.signatures] == ["document-timestamp"] * 2
    assert verifier.verify_file(add_evidence(plain, evidence), at=late).reason.code == "CERTIFICATE_EXPIRED"


def test_a_timestamp_on_the_last_seal_proves_the_first(both: Any, counters: ModuleType, office: ModuleType) -> None:
    """It covers the first one's value; a timestamp on the first says nothing about the last."""
    ours, second = signer("seal"), signer("seal", "rsa")
    pkis = [declared_pki(family) for family in ("sm2", "rsa")]
    verifier = Verifier(TrustStore([pki.root for pki in pkis]), office.Store(office.ISSUED))
    day = office.AT + counters.HOUR
    evidence = counters.Evidence(
        crls=tuple(pki.crl(issuer, day).der for pki in pkis for issuer in ("root", "issuing-ca"))
    )
    stamps = [counters.LocalTimestamper(pki.signer("tsa"), office.AT + counters.MINUTE) for pki in pkis]

    def judged(first: Any, last: Any, at: datetime) -> Report:
        made = both.pdf(ours, listed=[ours, second], stamper=first)
        made = add_seal(made, both.seal(second), field="Seal2", at=office.AT, timestamper=last).data
        return verifier.verify_file(add_evidence(made, evidence), at=at)

    for first, last, proofs in (
        (None, stamps[1], ["timestamp", "timestamp"]),
        (stamps[0], None, ["timestamp", "none"]),
        (None, None, ["none", "none"]),
    ):
        assert [facts.proof for facts in judged(first, last, day).signatures] == proofs
    assert judged(None, stamps[1], office.AT + 6 * counters.YEAR).reason.code == "OK"


def test_only_one_of_two_signers_is_timestamped(both: Any, counters: ModuleType, office: ModuleType) -> None:
    """The other one has expired: what is proven of one signer says nothing about another."""
    from esign import read_detached
    from esign.cms import encode

    ours, second = signer("seal"), signer("seal", "rsa")
    pkis = [declared_pki(family) for family in ("sm2", "rsa")]
    data = both.licence([ours, second])
    cms = counters.detached(data, ours, second)
    stamp = counters.LocalTimestamper(pkis[0].signer("tsa"), office.AT + counters.MINUTE)
    there = read_detached(cms)
    half = []
    for one in there.signers:
        if one.algorithm.name == "sm2":
            token = stamp.timestamp(keys.hash_bytes("sm3", one.signature), "sm3")
            one = replace(one, timestamp=token)
        half.append(one)
    day = office.AT + counters.HOUR
    lists = tuple(pki.crl(issuer, day).der for pki in pkis for issuer in ("root", "issuing-ca"))
    signature = add_detached_evidence(encode(half, there.evidence) or b"", counters.Evidence(crls=lists))
    verifier = Verifier(TrustStore([pki.root for pki in pkis]), office.Store(office.ISSUED))
    assert verifier.verify_file(data, signature=signature, at=day).reason.code == "OK"
    late = verifier.verify_file(data, signature=signature, at=office.AT + 6 * counters.YEAR)
    assert late.reason.code == "CERTIFICATE_EXPIRED"
    assert {facts.algorithm: facts.proof for facts in late.signatures} == {"sm2": "timestamp", "rsa": "none"}


def test_what_a_licence_lists_is_read_from_it(both: Any) -> None:
    listed = structured_from_bytes(both.licence([signer("seal"), signer("water-seal")], joint=["water"]))
    assert [seal.order for seal in listed.seals] == [1, 2]
    assert [authority.name for authority in listed.joint_issuers] == ["样例县水利局"]
