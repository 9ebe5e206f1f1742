"""Certificates that were taken back: by lists and answers, from the file, the folder of trust and the network."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import keys
from esign import Evidence, add_detached_evidence, add_evidence
from keys import Revocation, der
from verify import Outcome, TrustStore

KINDS = ("pdf", "p7s")


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=["network", "folder", "file"])
def source(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def judge(counter: Any, issued: Any, at: datetime, source: str, folder: Path) -> Any:
    """What is said when the CAs' knowledge of `at` reaches the verifier by this way."""
    pki, server = counter.server.pki, counter.server
    lists = {issuer: pki.crl(issuer, at, server._revocations) for issuer in ("root", "issuing-ca", "revoked-ca")}
    with counter.clock(at):
        match source:
            case "network":
                return issued.judge(counter.verifier(network=True), at)
            case "folder":
                keys.write_certificates(folder / "root.pem", pki.trusted())
                for issuer, one in lists.items():
                    (folder / f"{issuer}.crl").write_bytes(one.der)
                return issued.judge(counter.verifier(trust=TrustStore.from_directory(folder)), at)
            case _:
                used = [lists[issuer].der for issuer in ("root", "issuing-ca")]
                evidence = Evidence(crls=tuple(used))
                if issued.signature is None:
                    issued = replace(issued, data=add_evidence(issued.data, evidence))
                else:
                    issued = replace(issued, signature=add_detached_evidence(issued.signature, evidence))
                return issued.judge(counter.verifier(), at)


@pytest.mark.parametrize(
    ("days", "reason", "since", "level", "code"),
    [
        # Revoked before the seal says that it was made.
        (-1, "superseded", None, "b-b", "CERTIFICATE_REVOKED"),
        (-1, "keyCompromise", None, "b-t", "CERTIFICATE_REVOKED"),
        (-1, None, None, "b-b", "CERTIFICATE_REVOKED"),
        # Revoked afterwards: only a proof helps.
        (1, "superseded", None, "b-b", "CERTIFICATE_REVOKED_UNPROVEN"),
        (1, "superseded", None, "b-t", "OK"),
        (1, None, None, "b-t", "OK"),
        (1, "keyCompromise", None, "b-b", "CERTIFICATE_REVOKED_UNPROVEN"),
        (1, "keyCompromise", None, "b-t", "OK"),
        # The key was stolen before the timestamp; the seal claims to be later, or earlier than that.
        (1, "keyCompromise", -2, "b-t", "CERTIFICATE_REVOKED"),
        (1, "keyCompromise", 0, "b-t", "CERTIFICATE_REVOKED_UNPROVEN"),
        (1, "keyCompromise", 0, "b-b", "CERTIFICATE_REVOKED_UNPROVEN"),
        # An invalidity date says nothing when the key was not stolen.
        (1, "superseded", -2, "b-t", "OK"),
        # Nobody knows yet what a hold will become.
        (-1, "certificateHold", None, "b-b", "REVOCATION_UNKNOWN"),
        (1, "certificateHold", None, "b-b", "REVOCATION_UNKNOWN"),
    ],
)
def test_when_and_why(
    counter: Any,
    counters: ModuleType,
    kind: str,
    source: str,
    tmp_path: Path,
    days: int,
    reason: str | None,
    since: int | None,
    level: str,
    code: str,
) -> None:
    issued = counter.issue(kind, level)
    # Half a minute after sealing is before the timestamp, a minute after it.
    invalid = None if since is None else counter.at + since * counters.DAY + timedelta(seconds=30)
    counter.server.revoke("seal", at=counter.at + days * counters.DAY, reason=reason, invalid_since=invalid)
    report = judge(counter, issued, counter.at + 2 * counters.DAY, source, tmp_path)
    assert report.reason.code == code
    outcomes = {"OK": Outcome.PASSED, "CERTIFICATE_REVOKED": Outcome.FAILED}
    assert report.verdict is outcomes.get(code, Outcome.INDETERMINATE)


def test_an_intermediate_authority_that_was_revoked(
    counter: Any, counters: ModuleType, kind: str, source: str, tmp_path: Path
) -> None:
    """Its key was stolen in May; the seal was made in November."""
    pki = counter.server.pki
    issued = counter.issue(kind, "b-b", signer="seal-of-revoked-ca")
    if source == "file":
        at = counter.at + counters.HOUR
        evidence = Evidence(crls=(pki.crl("root", at).der, pki.crl("revoked-ca", at).der))
        if issued.signature is None:
            issued = replace(issued, data=add_evidence(issued.data, evidence))
        else:
            issued = replace(issued, signature=add_detached_evidence(issued.signature, evidence))
        report = issued.judge(counter.verifier(), at)
    else:
        report = judge(counter, issued, counter.at + counters.HOUR, source, tmp_path)
    assert report.reason.code == "CERTIFICATE_REVOKED"


def test_a_revocation_is_for_ever(counter: Any, counters: ModuleType, kind: str) -> None:
    """Lists leave out what has expired, and the operator's list of that day is old: it was revoked all the same."""
    pki, day = counter.server.pki, counter.at + counters.DAY
    issued = counter.issue(kind, "b-b", signer="seal-unpublished")
    gone = Revocation(at=counter.at - counters.DAY, reason="superseded")
    old = pki.crl("issuing-ca", day, {"seal-unpublished": gone})
    later = counter.at + 30 * counters.DAY
    fresh = pki.crl("issuing-ca", later, {})
    root = pki.crl("root", later)
    for lists in ([old, root], [old, fresh, root], [fresh, old, root]):
        trust = TrustStore(counter.anchors, lists=lists)
        assert counter.code(issued, later + counters.HOUR, trust=trust) == "CERTIFICATE_REVOKED"
    trust = TrustStore(counter.anchors, lists=[fresh, root])
    assert counter.code(issued, later + counters.HOUR, trust=trust) == "OK"


def test_of_two_statements_the_worse_counts(counter: Any, counters: ModuleType, kind: str) -> None:
    """First superseded, then found to have been stolen long before."""
    pki, day = counter.server.pki, counter.at + 2 * counters.DAY
    issued = counter.issue(kind, "b-t")
    mild = Revocation(at=counter.at + counters.DAY, reason="superseded")
    grave = Revocation(
        at=counter.at + counters.DAY, reason="keyCompromise", invalid_since=counter.at - 3 * counters.DAY
    )
    root = pki.crl("root", day)
    one, other = pki.crl("issuing-ca", day, {"seal": mild}), pki.crl("issuing-ca", day, {"seal": grave})
    for lists, code in (([one, root], "OK"), ([one, other, root], "CERTIFICATE_REVOKED")):
        trust = TrustStore(counter.anchors, lists=lists)
        assert counter.code(issued, day, trust=trust) == code
        assert counter.code(issued, day, trust=TrustStore(counter.anchors, lists=lists[::-1])) == code


def test_a_hold_that_has_ended(counter: Any, counters: ModuleType) -> None:
    pki, day = counter.server.pki, counter.at + 2 * counters.DAY
    issued = counter.issue("p7s", "b-b")
    held = {"seal": Revocation(at=counter.at - counters.DAY, reason="certificateHold")}
    during, after = pki.crl("issuing-ca", day, held), pki.crl("issuing-ca", day + counters.HOUR, {})
    root = pki.crl("root", day)
    for lists, code in (([during, root], "REVOCATION_UNKNOWN"), ([during, after, root], "OK")):
        trust = TrustStore(counter.anchors, lists=lists)
        assert counter.code(issued, day + 2 * counters.HOUR, trust=trust) == code


# What cannot be told.


def test_nobody_answers(counter: Any, counters: ModuleType, kind: str) -> None:
    issued = counter.issue(kind, "b-b")
    counter.server.close()
    began = time.monotonic()
    report = issued.judge(counter.verifier(network=True), counter.at + counters.HOUR)
    assert time.monotonic() - began < 15
    assert report.reason.code == "REVOCATION_UNKNOWN"
    assert report.verdict is Outcome.INDETERMINATE


def test_a_slow_authority_is_waited_for_once(counter: Any, counters: ModuleType, kind: str) -> None:
    """Four addresses of one host, and three more certificates of it in the timestamp's path."""
    issued = counter.issue(kind, "b-t")
    counter.server.crl.delay = counter.server.ocsp.delay = 30
    verifier = counter.verifier(network=True, patience=0.5)
    begun = counter.server.requests
    for _ in range(2):
        assert issued.judge(verifier, counter.at + counters.HOUR).reason.code == "REVOCATION_UNKNOWN"
    # None, if on a busy machine the time was over before the server had read the one.
    assert counter.server.requests - begun <= 1


@pytest.mark.parametrize(
    ("knobs", "code"),
    [
        ({"ocsp": {"status": 503}}, "OK"),
        ({"ocsp": {"body": b"garbage"}}, "OK"),
        ({"ocsp": {"failure": "tryLater"}}, "OK"),
        # A responder that does not know its CA's certificate: no list makes up for that.
        ({"ocsp": {"forced_status": "unknown"}}, "REVOCATION_UNKNOWN"),
        ({"ocsp": {"status": 503}, "crl": {"status": 404}}, "REVOCATION_UNKNOWN"),
        ({"ocsp": {"huge": True}, "crl": {"huge": True}}, "REVOCATION_UNKNOWN"),
        ({"ocsp": {"body": b""}, "crl": {"body": b"\x30\x80"}}, "REVOCATION_UNKNOWN"),
        ({"ocsp": {"wrong_serial": True}, "crl": {"status": 503}}, "REVOCATION_UNKNOWN"),
        ({"ocsp": {"age": timedelta(days=2)}, "crl": {"status": 503}}, "REVOCATION_UNKNOWN"),
        ({"ocsp": {"with_certificate": False}, "crl": {"status": 503}}, "REVOCATION_UNKNOWN"),
        ({"ocsp": {"forced_status": "unknown"}, "crl": {"status": 503}}, "REVOCATION_UNKNOWN"),
        ({"ocsp": {"responder": "other-ocsp"}, "crl": {"status": 503}}, "REVOCATION_UNKNOWN"),
        ({"ocsp": {"responder": "ocsp-checked"}, "crl": {"status": 503}}, "REVOCATION_UNKNOWN"),
        ({"ocsp": {"responder": "seal"}, "crl": {"status": 503}}, "REVOCATION_UNKNOWN"),
        ({"ocsp": {"responder": "tsa"}, "crl": {"status": 503}}, "REVOCATION_UNKNOWN"),
        ({"ocsp": {"responder": None}, "crl": {"status": 503}}, "OK"),
        ({"ocsp": {"by_key": True}, "crl": {"status": 503}}, "OK"),
        ({"ocsp": {"with_nonce": False}, "crl": {"status": 503}}, "OK"),
    ],
    ids=str,
)
def test_how_the_services_behave(counter: Any, counters: ModuleType, knobs: dict[str, Any], code: str) -> None:
    issued = counter.issue("p7s", "b-b")
    for service, values in knobs.items():
        for name, value in values.items():
            setattr(getattr(counter.server, service), name, value)
    at = counter.at + counters.HOUR
    with counter.clock(at):
        assert counter.code(issued, at, network=True) == code


@pytest.mark.parametrize(
    ("responder", "no_check", "list_too", "code"),
    [
        ("ocsp", True, False, "OK"),
        ("ocsp-checked", False, False, "REVOCATION_UNKNOWN"),
        ("ocsp-checked", False, True, "OK"),
        ("issuing-ca", False, False, "OK"),
        ("other-ocsp", True, False, "REVOCATION_UNKNOWN"),
        ("seal-maker", False, False, "REVOCATION_UNKNOWN"),
        ("issuing-ca-renewed", False, False, "REVOCATION_UNKNOWN"),
    ],
)
def test_who_may_answer(
    counter: Any, counters: ModuleType, responder: str, no_check: bool, list_too: bool, code: str
) -> None:
    """The answer stands in the file; where a list is beside it, it is only about the responder."""
    pki, day = counter.server.pki, counter.at + counters.HOUR
    issued = counter.issue("p7s", "b-b", signer="seal-ocsp-only")
    response = answer_of(counter, pki.signer(responder), day, name="seal-ocsp-only")
    lists = [pki.crl("root", day)]
    if list_too:
        lists.append(partial_list(counter, day))
    evidence = Evidence(ocsps=(response,))
    signature = add_detached_evidence(issued.signature, evidence)
    trust = TrustStore(counter.anchors, lists=lists)
    found = {
        check.name: check.code
        for check in counter.verifier(trust=trust)
        .verify_file(issued.data, signature=signature, at=counter.at + 2 * counters.HOUR)
        .checks
    }
    assert found["revocation"] == code
    assert pki.certificate(responder).ocsp_no_check == no_check
    # An answer of somebody who may not give it proves nothing, and a file has no room for such.
    assert found["evidence"] == ("OK" if code == "OK" else "NON_CANONICAL")


def answer_of(
    counter: Any,
    responder: keys.Signer,
    at: datetime,
    *,
    name: str = "seal",
    produced_at: datetime | None = None,
    digest_oid: str | None = None,
) -> bytes:
    pki = counter.server.pki
    question = keys.CertificateId.of(pki.certificate(name), pki.certificate("issuing-ca"))
    if digest_oid is not None:
        question = replace(question, digest_oid=digest_oid)
    said = keys.OcspAnswer(certificate_id=question, status="good", this_update=at, next_update=at + timedelta(days=1))
    made = keys.make_ocsp_response([said], responder=responder, produced_at=produced_at or at)
    raw: bytes = made.der
    return raw


def partial_list(counter: Any, at: datetime) -> keys.CertificateList:
    """The issuing CA's list; the certificate in question has no address of lists, but all lists speak of it."""
    found: keys.CertificateList = counter.server.pki.crl("issuing-ca", at)
    return found


def issued_responder(
    counter: Any, *, begin: datetime, end: datetime, purpose: keys.Profile = keys.Profile.OCSP_RESPONDER
) -> keys.Signer:
    pki = counter.server.pki
    key = pki.key("ocsp")
    certificate = keys.make_certificate(
        subject=keys.Subject(common_name="另一个状态服务", organizational_unit=keys.DEVELOPMENT_MARK),
        public_key=key.public_key,
        issuer=pki.certificate("issuing-ca"),
        issuer_key=pki.key("issuing-ca"),
        serial=0x7101,
        not_before=begin,
        not_after=end,
        profile=purpose,
        **({"ocsp_no_check": True} if purpose is keys.Profile.OCSP_RESPONDER else {}),
    )
    return keys.Signer(private_key=key, chain=(certificate, pki.certificate("issuing-ca")))


def revocation_of(counter: Any, counters: ModuleType, evidence: Evidence, *, lists: list[Any]) -> str:
    issued = counter.issue("p7s", "b-b")
    signature = add_detached_evidence(issued.signature, evidence)
    report = counter.verifier(trust=TrustStore(counter.anchors, lists=lists)).verify_file(
        issued.data, signature=signature, at=counter.at + 2 * counters.HOUR
    )
    return next(check.code for check in report.checks if check.name == "revocation")


def test_responders_and_answers_that_prove_nothing(counter: Any, counters: ModuleType) -> None:
    pki, day = counter.server.pki, counter.at + counters.HOUR
    root = pki.crl("root", day)
    valid = {"begin": day - counters.DAY, "end": day + counters.DAY}

    def found(response: bytes) -> str:
        return revocation_of(counter, counters, Evidence(ocsps=(response,)), lists=[root])

    assert found(answer_of(counter, issued_responder(counter, **valid), day)) == "OK"
    expired = issued_responder(counter, begin=day - 9 * counters.DAY, end=day - counters.DAY)
    assert found(answer_of(counter, expired, day)) == "REVOCATION_UNKNOWN"
    person = issued_responder(counter, **valid, purpose=keys.Profile.PERSON)
    assert found(answer_of(counter, person, day)) == "REVOCATION_UNKNOWN"
    for name in ("1.2.3.4", "1.2.840.113549.2.5"):
        assert found(answer_of(counter, pki.signer("ocsp"), day, digest_oid=name)) == "REVOCATION_UNKNOWN"
    assert found(der.sequence(b"garbage")) == "REVOCATION_UNKNOWN"
    good = answer_of(counter, pki.signer("ocsp"), day)
    place = good.index(b"20261121")
    changed = good[:place] + b"20361121" + good[place + 8 :]
    assert found(changed) == "REVOCATION_UNKNOWN"
    old = answer_of(counter, pki.signer("ocsp"), day - 2 * counters.DAY)
    assert found(old) == "REVOCATION_UNKNOWN"


def test_lists_that_prove_nothing(counter: Any, counters: ModuleType) -> None:
    pki, day = counter.server.pki, counter.at + counters.HOUR
    root, good = pki.crl("root", day), pki.crl("issuing-ca", day)

    def found(*lists: bytes) -> str:
        return revocation_of(counter, counters, Evidence(crls=lists), lists=[root])

    assert found(good.der) == "OK"
    # A renewed CA has the same name and another key.
    assert found(pki.crl("issuing-ca-renewed", day).der) == "REVOCATION_UNKNOWN"
    stale = pki.crl("issuing-ca", counter.at - 8 * counters.DAY)
    assert found(stale.der) == "REVOCATION_UNKNOWN"
    changed = bytearray(good.der)
    changed[-2] ^= 1
    assert found(bytes(changed)) == "REVOCATION_UNKNOWN"


def test_a_list_of_a_ca_that_may_not_sign_lists(office: ModuleType, counter: Any, counters: ModuleType) -> None:
    """Its certificate says that it signs certificates only, and nothing about where it publishes."""
    for usages, code in ((("keyCertSign", "cRLSign"), "CERTIFICATE_REVOKED"), (("keyCertSign",), "OK")):
        ca = office.make_ca(ca={"usages": usages})
        signer = ca.issue()
        data = counter.licence([signer])
        signature = counters.detached(data, signer)
        gone = {signer.certificate.serial: Revocation(at=counter.at - counters.DAY, reason="superseded")}
        crl = keys.make_crl(
            issuer=ca.certificate,
            issuer_key=ca.key,
            number=1,
            this_update=counter.at,
            next_update=counter.at + counters.DAY,
            revoked=gone,
        )
        verifier = counter.verifier(trust=TrustStore([ca.root], lists=[crl]))
        report = verifier.verify_file(data, signature=signature, at=counter.at + counters.HOUR)
        assert report.reason.code == code


def test_who_names_no_place_publishes_nothing(counter: Any, counters: ModuleType, office: ModuleType) -> None:
    ca = office.make_ca()
    signer = ca.issue()
    data = counter.licence([signer])
    signature = counters.detached(data, signer)
    report = counter.verifier(trust=TrustStore([ca.root]), network=True).verify_file(
        data, signature=signature, at=counter.at + counters.HOUR
    )
    assert report.reason.code == "OK"
    (check,) = [check for check in report.checks if check.name == "revocation"]
    assert "unpublished" in check.detail
    assert counter.server.ocsp.requests == counter.server.crl.requests == []


def test_the_network_is_asked_for_good_paths_only(counter: Any, counters: ModuleType, kind: str) -> None:
    """Else anybody's file could make us call the addresses in its certificates."""
    at = counter.at + counters.HOUR
    issued = counter.issue(kind, "b-t", signer="other-seal", stamper=counter.local("other-tsa", counter.at))
    assert counter.code(issued, at, network=True) == "CERTIFICATE_UNTRUSTED"
    assert counter.server.ocsp.requests == counter.server.crl.requests == []


def test_codes_are_judged_by_the_same_rules(counter: Any, counters: ModuleType, office: ModuleType) -> None:
    pki, at = counter.server.pki, counter.at + 2 * counters.DAY
    trust = TrustStore(counter.anchors, pki.chain("code"))
    code = office.write_code(pki.signer("code"), valid_to=None)

    def judge(existence: Any = None) -> str:
        with counter.clock(at):
            verifier = counter.verifier(network=True, trust=trust, existence=existence)
            return str(verifier.verify_code(code, holder=office.HOLDER, at=at).reason.code)

    assert judge() == "OK"
    counter.server.revoke("code", at=counter.at + counters.DAY, reason="keyCompromise")
    # A code does not say when it was signed.
    assert judge() == "CERTIFICATE_REVOKED_UNPROVEN"

    class Record:
        def existed_since(self, identifier: str, sha256: str) -> datetime:
            since: datetime = counter.at
            return since

    assert judge(Record()) == "OK"


def test_a_list_from_the_network_is_read_once(
    counter: Any, counters: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A large CA's takes a good part of a second."""
    read: list[bytes] = []

    def counted(data: bytes) -> keys.CertificateList:
        read.append(data)
        return keys.read_crl(data)

    monkeypatch.setattr("verify.revocation.read_crl", counted)
    at = counter.at + counters.HOUR
    counter.server.ocsp.status = 503
    pki = counter.server.pki
    issued = counter.issue("p7s", "b-t")
    counter.server.crl.body = keys.make_crl(
        issuer=pki.certificate("issuing-ca"),
        issuer_key=pki.key("issuing-ca"),
        number=1,
        this_update=at,
        next_update=at + counters.DAY,
        revoked={10**6: Revocation(at=counter.at)},
    ).der
    trust = TrustStore(counter.anchors, lists=[pki.crl("root", at)])
    verifier = counter.verifier(network=True, trust=trust)
    assert issued.judge(verifier, at).reason.code == "OK"
    for _ in range(3):
        assert issued.judge(verifier, at).reason.code == "OK"
    assert read.count(counter.server.crl.body) == 1
