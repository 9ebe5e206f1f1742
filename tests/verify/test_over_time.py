"""Seals that outlive their certificates, and those that must not: every level, judged now, in six years, in twenty."""

from __future__ import annotations

import hashlib
import multiprocessing
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from machine import least_seconds

import keys
from esign import (
    MAX_TOKEN_BYTES,
    Evidence,
    add_detached_evidence,
    add_document_timestamp,
    add_evidence,
    read_detached,
    read_sealed_pdf,
    read_timestamp,
)
from esign.cms import encode
from keys import Retirement, RetirementReason, der
from verify import Outcome, TrustStore, Verifier

KINDS = ("pdf", "p7s")


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@dataclass
class Record:
    """A store that knows since when it has had some bytes."""

    content: bytes
    since: datetime
    asked: int = 0

    def existed_since(self, identifier: str, sha256: str) -> datetime | None:
        self.asked += 1
        return self.since if sha256 == hashlib.sha256(self.content).hexdigest() else None


def levels(kind: str) -> Sequence[str]:
    return ("b-b", "b-t", "b-lt", "b-lta") if kind == "pdf" else ("b-b", "b-t", "b-lt")


# Who passes when.


@pytest.mark.parametrize("network", [False, True], ids=["offline", "online"])
def test_every_level_now_in_six_years_and_in_twenty(
    counter: Any, counters: ModuleType, kind: str, network: bool
) -> None:
    expected = {
        # Now, after the seal certificate's end (2031), after the timestamp authority's (2044).
        ("b-b", False): ["REVOCATION_UNKNOWN", "CERTIFICATE_EXPIRED", "CERTIFICATE_EXPIRED"],
        ("b-t", False): ["REVOCATION_UNKNOWN", "CERTIFICATE_EXPIRED", "CERTIFICATE_EXPIRED"],
        ("b-lt", False): ["OK", "OK", "CERTIFICATE_EXPIRED"],
        ("b-lta", False): ["OK", "OK", "CERTIFICATE_EXPIRED"],
        ("b-b", True): ["OK", "CERTIFICATE_EXPIRED", "CERTIFICATE_EXPIRED"],
        ("b-t", True): ["OK", "OK", "CERTIFICATE_EXPIRED"],
        ("b-lt", True): ["OK", "OK", "CERTIFICATE_EXPIRED"],
        ("b-lta", True): ["OK", "OK", "CERTIFICATE_EXPIRED"],
    }
    times = [counter.at + 2 * counters.DAY, counter.at + 6 * counters.YEAR, counter.at + 20 * counters.YEAR]
    for level in levels(kind):
        issued = counter.issue(kind, level)
        found = []
        for at in times:
            with counter.clock(at):
                found.append(counter.code(issued, at, network=network))
        assert found == expected[level, network], level


def test_what_is_said_of_the_proof(counter: Any, counters: ModuleType, kind: str) -> None:
    at = counter.at + 6 * counters.YEAR
    (facts,) = counter.issue(kind, "b-lt").judge(counter.verifier(), at).signatures
    assert (facts.proof, facts.proven_time) == ("timestamp", counter.at + counters.MINUTE)
    (facts,) = counter.issue(kind, "b-b").judge(counter.verifier(), at).signatures
    assert (facts.proof, facts.proven_time) == ("none", None)


def test_a_document_timestamp_alone_proves_the_seal(counter: Any, counters: ModuleType) -> None:
    """The seal had none of its own: the upgrade came a day later."""
    issued = counter.issue("pdf", "b-b")
    evidence = counter.collect("seal", "tsa")
    with counter.clock(counter.at + counters.DAY):
        data = add_document_timestamp(add_evidence(issued.data, evidence), counter.stamper())
    at = counter.at + 6 * counters.YEAR
    # The evidence must be of the time that is proven: the answer of the first day counts until the next.
    report = counter.verifier().verify_file(data, at=at)
    assert report.reason.code == "OK"
    assert report.signatures[0].proof == "document-timestamp"


def test_renewed_timestamps_carry_a_file_over_the_end_of_the_first_authority(
    counter: Any, counters: ModuleType
) -> None:
    pki, end = counter.server.pki, counter.at + 25 * counters.YEAR
    again = counter.at + 17 * counters.YEAR
    key = pki.key("seal-list-only")
    made = keys.make_certificate(
        subject=keys.Subject(common_name="后来的时间戳服务", organizational_unit=keys.DEVELOPMENT_MARK),
        public_key=key.public_key,
        issuer=pki.certificate("issuing-ca"),
        issuer_key=pki.key("issuing-ca"),
        serial=0x7001,
        not_before=again - counters.DAY,
        not_after=pki.certificate("issuing-ca").not_after,
        profile=keys.Profile.TIMESTAMP,
    )
    later = keys.Signer(private_key=key, chain=(made, pki.certificate("issuing-ca")))
    data = counter.issue("pdf", "b-lta").data
    assert counter.verifier().verify_file(data, at=counter.at + 20 * counters.YEAR).reason.code == "CERTIFICATE_EXPIRED"
    # In 2043 a list about the timestamp authorities, and a timestamp of the next one over everything.
    with counter.clock(again):
        lists = keys_evidence(counter, again)
    renewed = add_document_timestamp(add_evidence(data, lists), counters.LocalTimestamper(later, again))
    for at in (again + counters.DAY, counter.at + 20 * counters.YEAR):
        assert counter.verifier().verify_file(renewed, at=at).reason.code == "OK"
    assert end > made.not_after
    assert counter.verifier().verify_file(renewed, at=end).reason.code == "CERTIFICATE_EXPIRED"


def keys_evidence(counter: Any, at: datetime) -> Any:
    return Evidence(crls=tuple(counter.server.pki.crl(issuer, at).der for issuer in ("root", "issuing-ca")))


# The store's own record.


def test_the_stores_record_is_a_proof(counter: Any, counters: ModuleType, kind: str) -> None:
    issued = counter.issue(kind, "b-b", signer="seal-unpublished")
    own = issued.signature or issued.data
    at = counter.at + 6 * counters.YEAR
    # The CA's own certificate names places, so its lists are at hand, from the day of issuing.
    trust = TrustStore(counter.anchors, lists=[counter.server.pki.crl("root", counter.at + counters.HOUR)])
    record = Record(own, counter.at + counters.MINUTE)
    report = issued.judge(counter.verifier(existence=record, trust=trust), at)
    assert report.reason.code == "OK"
    assert (report.signatures[0].proof, report.signatures[0].proven_time) == ("store", record.since)
    for other in (
        None,
        Record(own + b"\n", record.since),
        Record(b"another file", record.since),
        Record(own, at - counters.DAY),
    ):
        found = issued.judge(counter.verifier(existence=other, trust=trust), at)
        assert found.reason.code == "CERTIFICATE_EXPIRED"


def test_the_record_of_the_licence_says_nothing_about_a_new_signature(counter: Any, counters: ModuleType) -> None:
    """Somebody with the expired key signs the old bytes again."""
    issued = counter.issue("p7s", "b-b", signer="seal-unpublished")
    at = counter.at + 6 * counters.YEAR
    record = Record(issued.data, counter.at)
    assert issued.judge(counter.verifier(existence=record), at).reason.code == "CERTIFICATE_EXPIRED"


def test_codes_live_by_the_stores_record(counter: Any, counters: ModuleType, office: ModuleType) -> None:
    pki = counter.server.pki
    code = office.write_code(pki.signer("code"), valid_to=None)
    at, day = counter.at + 6 * counters.YEAR, counter.at + counters.HOUR
    trust = TrustStore(
        counter.anchors, pki.chain("code"), lists=[pki.crl(issuer, day) for issuer in ("root", "issuing-ca")]
    )

    def judge(existence: Any, when: datetime, text: str = code) -> str:
        verifier = counter.verifier(existence=existence, trust=trust)
        return str(verifier.verify_code(text, holder=office.HOLDER, at=when).reason.code)

    assert judge(None, day) == "OK"
    assert judge(None, at) == "CERTIFICATE_EXPIRED"
    record = Record(code.encode(), counter.at)
    assert judge(record, at) == "OK"
    assert judge(record, at, f"http://127.0.0.1:8000/V/{code}") == "OK"
    other = office.write_code(pki.signer("code"), valid_to=None, status_index=78)
    assert judge(record, at, other) == "CERTIFICATE_EXPIRED"


# Timestamps that are wrong.


def stamped(counter: Any, kind: str, stamper: Any, *, at: datetime | None = None) -> Any:
    return counter.issue(kind, "b-t", stamper=stamper, at=at)


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("tsa", "OK"),
        ("tsa-wrong-purpose", "TIMESTAMP_INVALID"),
        ("tsa-not-critical", "TIMESTAMP_INVALID"),
        ("tsa-expired", "TIMESTAMP_INVALID"),
        ("tsa-revoked", "TIMESTAMP_INVALID"),
        ("seal", "TIMESTAMP_INVALID"),
        ("other-tsa", "TIMESTAMP_UNTRUSTED"),
    ],
)
def test_who_may_say_the_time(counter: Any, counters: ModuleType, kind: str, name: str, code: str) -> None:
    issued = stamped(counter, kind, counter.local(name, counter.at + counters.MINUTE))
    at = counter.at + counters.HOUR
    with counter.clock(at):
        report = issued.judge(counter.verifier(network=True), at)
    assert report.reason.code == code
    (check,) = [check for check in report.checks if check.name == "timestamp"]
    assert check.code == code
    outcomes = {"OK": Outcome.PASSED, "TIMESTAMP_UNTRUSTED": Outcome.INDETERMINATE}
    assert report.verdict is outcomes.get(code, Outcome.FAILED)


def test_an_untrusted_timestamp_with_evidence_about_its_authority_stays_open(
    counter: Any, counters: ModuleType, kind: str
) -> None:
    """Evidence about a path that this verifier does not know is no ballast: it cannot tell."""
    pki = counter.server.pki
    chain = pki.chain("other-tsa")
    day = counter.at + counters.HOUR
    own = counter.collect("seal")
    evidence = replace(
        own,
        certificates=(*own.certificates, *(one.der for one in chain)),
        crls=(*own.crls, pki.crl("other-ca", day).der, pki.crl("other-root", day).der),
    )
    stamper = counter.local("other-tsa", counter.at + counters.MINUTE)
    issued = counter.issue(kind, "b-lt", stamper=stamper, evidence=evidence)
    assert counter.code(issued, counter.at + counters.DAY) == "TIMESTAMP_UNTRUSTED"
    trust = TrustStore(counter.anchors, timestamps=TrustStore((*counter.anchors, pki.certificate("other-root"))))
    assert counter.code(issued, counter.at + counters.DAY, trust=trust) == "OK"


def token_of(issued: Any) -> bytes:
    if issued.signature is None:
        return read_sealed_pdf(issued.data).seals[0].signed_data.timestamp or b""
    return read_detached(issued.signature).signers[0].timestamp or b""


def with_token(issued: Any, token: bytes) -> Any:
    """The same with another token of the same length in its place, which our own writer would refuse."""
    before = token_of(issued)
    assert len(token) == len(before)
    if issued.signature is None:
        found, made = before.hex().encode(), token.hex().encode()
        data = issued.data if found in issued.data else issued.data.replace(before.hex().upper().encode(), found)
        assert data.count(found) == 1
        return replace(issued, data=data.replace(found, made))
    assert issued.signature.count(before) == 1
    return replace(issued, signature=issued.signature.replace(before, token))


def test_a_timestamp_over_something_else(counter: Any, counters: ModuleType, kind: str) -> None:
    issued = counter.issue(kind, "b-t")
    size = len(token_of(issued))
    # Values of SM2 have several lengths.
    others = (token_of(counter.issue("p7s", "b-t", at=counter.at + counters.DAY)) for _ in range(60))
    other = next(token for token in others if len(token) == size)
    assert counter.code(with_token(issued, other), counter.at + counters.HOUR) == "TIMESTAMP_INVALID"


@pytest.mark.parametrize("where", ["begin", "middle", "signature"])
def test_an_altered_timestamp(counter: Any, counters: ModuleType, kind: str, where: str) -> None:
    issued = counter.issue(kind, "b-t")
    token = token_of(issued)
    place = {"begin": token.index(b"20261121"), "middle": len(token) // 2, "signature": len(token) - 5}[where]
    changed = with_token(issued, token[:place] + bytes((token[place] ^ 1,)) + token[place + 1 :])
    report = changed.judge(counter.verifier(), counter.at + counters.HOUR)
    assert report.verdict is not Outcome.PASSED
    (check,) = [check for check in report.checks if check.name == "timestamp"]
    assert check.code in ("TIMESTAMP_INVALID", "TIMESTAMP_UNTRUSTED", "NON_CANONICAL")


def test_a_timestamp_before_the_claimed_time(counter: Any, counters: ModuleType, kind: str) -> None:
    for early, code in ((4 * counters.MINUTE, "OK"), (6 * counters.MINUTE, "SEAL_TIME_CONTRADICTED")):
        issued = stamped(counter, kind, counter.local("tsa", counter.at - early))
        at = counter.at + counters.HOUR
        with counter.clock(at):
            assert counter.code(issued, at, network=True) == code


def test_a_timestamp_from_the_future_proves_nothing(counter: Any, counters: ModuleType, kind: str) -> None:
    issued = stamped(counter, kind, counter.local("tsa", counter.at + 10 * counters.DAY))
    at = counter.at + counters.DAY
    with counter.clock(at):
        report = issued.judge(counter.verifier(network=True), at)
    assert report.reason.code == "OK"
    assert report.signatures[0].proven_time is None


@pytest.mark.parametrize(
    ("reason", "code"),
    [
        ("superseded", "OK"),
        ("cessationOfOperation", "OK"),
        ("keyCompromise", "CERTIFICATE_EXPIRED"),
        # RFC 3161 section 4 (1): without a reason no timestamp of this authority counts any more.
        (None, "CERTIFICATE_EXPIRED"),
        ("certificateHold", "CERTIFICATE_EXPIRED"),
    ],
)
def test_an_authority_that_was_revoked_later(
    counter: Any, counters: ModuleType, kind: str, reason: str | None, code: str
) -> None:
    issued = counter.issue(kind, "b-lt")
    at = counter.at + 6 * counters.YEAR
    counter.server.revoke("tsa", at=counter.at + counters.YEAR, reason=reason)
    with counter.clock(at):
        assert counter.code(issued, at, network=True) == code


def test_an_authority_that_was_revoked_before(counter: Any, counters: ModuleType, kind: str) -> None:
    issued = counter.issue(kind, "b-t")
    counter.server.revoke("tsa", at=counter.at - counters.DAY, reason="superseded")
    at = counter.at + counters.DAY
    with counter.clock(at):
        assert counter.code(issued, at, network=True) == "TIMESTAMP_INVALID"


# Trust for one purpose.


def write_folder(path: Path, counter: Any, purpose: str) -> TrustStore:
    (path / purpose).mkdir(parents=True)
    keys.write_certificates(path / "root.pem", counter.server.pki.trusted())
    keys.write_certificates(path / purpose / "other.pem", [counter.server.pki.certificate("other-root")])
    return TrustStore.from_directory(path)


def test_anchors_for_timestamps_vouch_for_nothing_else(
    counter: Any, counters: ModuleType, kind: str, tmp_path: Path
) -> None:
    pki, day = counter.server.pki, counter.at + counters.HOUR
    trust = write_folder(tmp_path, counter, "timestamps")
    for issuer in ("other-ca", "other-root"):
        (tmp_path / "timestamps" / f"{issuer}.crl").write_bytes(pki.crl(issuer, day).der)
    for issuer in ("issuing-ca", "root"):
        (tmp_path / f"{issuer}.crl").write_bytes(pki.crl(issuer, day).der)
    issued = stamped(counter, kind, counter.local("other-tsa", counter.at + counters.MINUTE))
    at = counter.at + counters.DAY
    # Without the lists nothing is proven, though the seal is good today; with those beside the anchor it is.
    trust = TrustStore.from_directory(tmp_path)
    report = issued.judge(counter.verifier(trust=trust), at)
    assert (report.reason.code, report.signatures[0].proof) == ("OK", "timestamp")
    assert counter.code(issued, counter.at + 6 * counters.YEAR, trust=trust) == "OK"
    forged = counter.issue(kind, "b-t", signer="other-seal")
    assert counter.code(forged, at, trust=trust) == "CERTIFICATE_UNTRUSTED"


def test_anchors_for_applicants_vouch_for_no_seal_and_no_time(
    counter: Any, counters: ModuleType, kind: str, tmp_path: Path
) -> None:
    trust = write_folder(tmp_path, counter, "applicants")
    at = counter.at + counters.DAY
    forged = counter.issue(kind, "b-b", signer="other-seal")
    assert counter.code(forged, at, trust=trust) == "CERTIFICATE_UNTRUSTED"
    issued = stamped(counter, kind, counter.local("other-tsa", counter.at + counters.MINUTE))
    assert counter.code(issued, at, trust=trust) == "TIMESTAMP_UNTRUSTED"


# Retired keys, with a folder of trust.


@pytest.mark.parametrize(
    ("reason", "days", "level", "code"),
    [
        (RetirementReason.ORDERLY, 1, "b-b", "OK"),
        (RetirementReason.ORDERLY, -1, "b-b", "SEAL_AFTER_RETIREMENT"),
        (RetirementReason.ORDERLY, -1, "b-lt", "SEAL_AFTER_RETIREMENT"),
        (RetirementReason.COMPROMISE, 1, "b-b", "KEY_COMPROMISED_UNPROVEN"),
        (RetirementReason.COMPROMISE, 1, "b-lt", "OK"),
        (RetirementReason.COMPROMISE, -1, "b-b", "KEY_COMPROMISED"),
        (RetirementReason.COMPROMISE, -1, "b-lt", "KEY_COMPROMISED"),
    ],
)
def test_retired_keys(
    counter: Any,
    counters: ModuleType,
    kind: str,
    tmp_path: Path,
    reason: RetirementReason,
    days: int,
    level: str,
    code: str,
) -> None:
    pki, since = counter.server.pki, counter.at + days * counters.DAY
    issued = counter.issue(kind, level)
    keys.write_certificates(tmp_path / "root.pem", pki.trusted())
    retirement = Retirement(
        certificate_digest=pki.certificate("seal").fingerprint("sha256"), reason=reason, since=since, recorded_at=since
    )
    (tmp_path / "retired.json").write_bytes(keys.write_retirements([retirement]))
    at = counter.at + 2 * counters.DAY
    with counter.clock(at):
        verifier = counter.verifier(network=True, trust=TrustStore.from_directory(tmp_path))
        assert issued.judge(verifier, at).reason.code == code
        # The store's record is as good a proof.
        if (reason, days, level) == (RetirementReason.COMPROMISE, 1, "b-b"):
            record = Record(issued.signature or issued.data, counter.at + counters.MINUTE)
            verifier = counter.verifier(network=True, trust=TrustStore.from_directory(tmp_path), existence=record)
            assert issued.judge(verifier, at).reason.code == "OK"


# Evidence in a file explains itself to the last byte.


def with_evidence(counter: Any, issued: Any, evidence: Any) -> Any:
    if issued.signature is None:
        return replace(issued, data=add_evidence(issued.data, evidence))
    return replace(issued, signature=add_detached_evidence(issued.signature, evidence))


def test_evidence_about_nobody_in_the_file(counter: Any, counters: ModuleType, kind: str) -> None:
    pki, day = counter.server.pki, counter.at + counters.HOUR
    issued = counter.issue(kind, "b-lt")
    at = counter.at + counters.DAY
    assert counter.code(issued, at) == "OK"
    answer = keys.make_ocsp_response(
        [
            keys.OcspAnswer(
                certificate_id=keys.CertificateId.of(pki.certificate("water-seal"), pki.certificate("issuing-ca")),
                status="good",
                this_update=day,
                next_update=day + counters.DAY,
            )
        ],
        responder=pki.signer("ocsp"),
        produced_at=day,
    )
    for extra in (
        Evidence(ocsps=(answer.der,)),
        Evidence(crls=(pki.crl("other-ca", day).der,)),
        Evidence(certificates=(pki.certificate("water-seal").der,)),
        Evidence(certificates=(pki.certificate("other-ca").der,)),
        Evidence(crls=(der.sequence(b"hello"),)),
        Evidence(ocsps=(der.sequence(der.octet_string(b"ballast")),)),
        Evidence(certificates=(der.sequence(der.octet_string(b"ballast")),)),
    ):
        if kind == "p7s" and extra.certificates and extra.certificates[0][:2] == b"\x30\x09":
            continue  # its reader refuses what is no certificate
        assert counter.code(with_evidence(counter, issued, extra), at) == "NON_CANONICAL"


def test_what_is_hidden_in_an_answers_certificates(counter: Any, counters: ModuleType, kind: str) -> None:
    """No signature covers them: only the responder's own, and what its CA has issued, may stand there."""
    pki, day = counter.server.pki, counter.at + counters.HOUR
    question = keys.CertificateId.of(pki.certificate("seal"), pki.certificate("issuing-ca"))
    said = keys.OcspAnswer(certificate_id=question, status="good", this_update=day, next_update=day + counters.DAY)
    response = keys.make_ocsp_response([said], responder=pki.signer("ocsp"), produced_at=day)
    issuer = pki.certificate("issuing-ca").der
    lists = Evidence(
        crls=(pki.crl("root", day).der, pki.crl("issuing-ca", day).der),
        certificates=(pki.root.der, pki.certificate("tsa").der),
    )
    base = counter.issue(kind, "b-t")
    at = counter.at + counters.DAY
    changed = bytearray(issuer)
    changed[-3] ^= 1
    tagged = bytearray(pki.certificate("water-seal").der)
    tagged[-3] ^= 1
    for extra, code in (
        ((), "OK"),
        ((issuer,), "OK"),
        ((pki.certificate("water-seal").der,), "OK"),
        ((bytes(changed),), "NON_CANONICAL"),
        ((bytes(tagged),), "NON_CANONICAL"),
        ((pki.certificate("other-ca").der,), "NON_CANONICAL"),
        ((der.sequence(der.octet_string(b"ballast")),), "NON_CANONICAL"),
    ):
        raw = counters.with_certificates(response.der, extra)
        issued = with_evidence(counter, base, replace(lists, ocsps=(raw,)))
        assert counter.code(issued, at) == code, extra


# Attacks: a key that is stolen, revoked or out of date, and everything that its holder can add.


def test_an_expired_key_and_everything_that_can_be_added(counter: Any, counters: ModuleType, kind: str) -> None:
    """In 2032 somebody finds the old key and seals with a date of 2026."""
    now = counter.at + 6 * counters.YEAR
    early = counter.local("other-tsa", counter.at + counters.MINUTE)
    honest = counter.local("tsa", now)
    attempts = [counter.issue(kind, "b-b"), counter.issue(kind, "b-t", stamper=early)]
    attempts.append(counter.issue(kind, "b-t", stamper=honest))
    # Old evidence is to be had from any file of that time, and new one from the CA.
    attempts.append(counter.issue(kind, "b-lt", stamper=honest))
    attempts.append(with_evidence(counter, attempts[2], keys_evidence(counter, now)))
    if kind == "pdf":
        data = attempts[0].data
        attempts.append(replace(attempts[0], data=add_document_timestamp(data, early)))
        attempts.append(replace(attempts[0], data=add_document_timestamp(add_document_timestamp(data, early), honest)))
        attempts.append(replace(attempts[0], data=add_document_timestamp(add_document_timestamp(data, honest), early)))
    for network in (False, True):
        with counter.clock(now + counters.HOUR):
            codes = [counter.code(one, now + counters.HOUR, network=network) for one in attempts]
        assert set(codes) <= {"CERTIFICATE_EXPIRED", "TIMESTAMP_UNTRUSTED"}, codes


def test_a_stolen_key_and_everything_that_can_be_added(counter: Any, counters: ModuleType, kind: str) -> None:
    """Stolen on day 0, used on day 1 with an honest timestamp and the CA's own answers, found out on day 30."""
    stolen, found = counter.at - counters.DAY, counter.at + 30 * counters.DAY
    at = found + counters.HOUR
    attempts = {level: counter.issue(kind, level) for level in levels(kind)}
    fetcher_before = counter.verifier(network=True)
    with counter.clock(counter.at + counters.DAY):
        assert attempts["b-lt"].judge(fetcher_before, counter.at + counters.DAY).reason.code == "OK"
    counter.server.revoke("seal", at=found, reason="keyCompromise", invalid_since=stolen)
    with counter.clock(at):
        for level, issued in attempts.items():
            # The evidence in the file says that it was good, and is genuine: the CA itself knows better now.
            assert counter.code(issued, at, network=True) == "CERTIFICATE_REVOKED", level
    # A verifier without a network that was given the list knows it as well, also when the list is old by then.
    lists = counter.server.pki.crl("issuing-ca", at, counter.server._revocations)
    for late in (at, at + counters.YEAR):
        trust = TrustStore(counter.anchors, lists=[lists])
        for level, issued in attempts.items():
            assert counter.code(issued, late, trust=trust) == "CERTIFICATE_REVOKED", level


def test_a_key_that_was_revoked_cannot_go_back_in_time(counter: Any, counters: ModuleType, kind: str) -> None:
    """The key was superseded on day 1. On day 2 its old holder seals with the date of day 0."""
    revoked, now = counter.at + counters.DAY, counter.at + 2 * counters.DAY
    counter.server.revoke("seal", at=revoked, reason="superseded")
    old = counter.server.pki.crl("issuing-ca", counter.at + counters.HOUR, {})
    attempts = [
        counter.issue(kind, "b-b"),
        counter.issue(kind, "b-t", stamper=counter.local("other-tsa", counter.at + counters.MINUTE)),
        counter.issue(kind, "b-t", stamper=counter.local("tsa", now)),
        counter.issue(kind, "b-t", stamper=counter.local("tsa-revoked", counter.at + counters.MINUTE)),
        counter.issue(kind, "b-t", stamper=counter.local("tsa", now + 40 * counters.YEAR)),
    ]
    # The list of day 0 is current for a week; only who asks the CA learns of the newer one.
    attempts.append(with_evidence(counter, attempts[2], Evidence(crls=(old.der,))))
    with counter.clock(now + counters.HOUR):
        for issued in attempts:
            report = issued.judge(counter.verifier(network=True), now + counters.HOUR)
            assert report.verdict is not Outcome.PASSED
            assert report.authenticity is not Outcome.PASSED


def test_a_stolen_timestamp_key(counter: Any, counters: ModuleType, kind: str) -> None:
    """The timestamp authority's key came into other hands later: nothing that only it vouches for counts."""
    now = counter.at + 6 * counters.YEAR
    counter.server.revoke("tsa", at=now - counters.DAY, reason="keyCompromise", invalid_since=now - 10 * counters.DAY)
    forged = counter.issue(kind, "b-lt", stamper=counter.local("tsa", counter.at + counters.MINUTE))
    with counter.clock(now):
        assert counter.code(forged, now, network=True) == "CERTIFICATE_EXPIRED"
    genuine = Record(forged.signature or forged.data, counter.at + counters.HOUR)
    with counter.clock(now):
        assert counter.code(forged, now, network=True, existence=genuine) == "OK"


def test_a_licence_whose_signature_is_given_first_is_judged_as_a_licence(
    counter: Any, counters: ModuleType, office: ModuleType
) -> None:
    """A revoked one must not pass as some signed document."""
    issued = counter.issue("p7s", "b-lt")
    at = counter.at + counters.DAY
    revoked = Verifier(counter.trust, office.Store((office.IDENTIFIER, "revoked")))
    for report in (
        revoked.verify_file(issued.data, signature=issued.signature, at=at),
        revoked.verify_file(issued.signature, original=issued.data, at=at),
    ):
        assert report.reason.code == "STATUS_REVOKED"
        assert report.kind == "structured"


# Cost.


def test_a_file_of_the_highest_level_is_judged_at_once(counter: Any, counters: ModuleType) -> None:
    data, at = counter.issue("pdf", "b-lta").data, counter.at + 6 * counters.YEAR
    verifier = counter.verifier()
    assert verifier.verify_file(data, at=at)
    assert least_seconds(lambda: verifier.verify_file(data, at=at), 0.1) < 0.1


def crowded(token: bytes, more: Sequence[bytes]) -> bytes:
    """The same token with more certificates, which no signature covers."""
    outer = der.DerReader(token).read_sequence()
    kind, signed = outer.read_raw(), der.DerReader(outer.read(0xA0)).read_sequence()
    parts = [signed.read_raw() for _ in range(3)]
    certificates, rest = signed.read(0xA0), signed.read_raw()
    parts += [der.context(0, certificates, *more), rest]
    return der.sequence(kind, der.context(0, der.sequence(*parts)))


def lookalikes(counter: Any, name: str, count: int) -> list[bytes]:
    """Certificates that differ from a good one in one byte of their signature, and so lead nowhere."""
    good = counter.server.pki.certificate(name).der
    found = []
    for number in range(count):
        changed = bytearray(good)
        place = good.index(der.integer(counter.server.pki.serial(name))) + 2
        changed[place] = 0x20 + number
        found.append(bytes(changed))
    return found


def test_crowded_timestamps_are_judged_in_time(counter: Any, counters: ModuleType) -> None:
    at = counter.at + counters.DAY
    more = lookalikes(counter, "issuing-ca", 24)
    crowd = counters.LocalTimestamper(
        counter.server.pki.signer("tsa"), counter.at + counters.MINUTE, lambda token: crowded(token, more)
    )
    issued = counter.issue("p7s", "b-t")
    (signer,) = read_detached(issued.signature).signers
    digest = keys.hash_bytes(signer.algorithm.digest, signer.signature)
    token = crowd.timestamp(digest, signer.algorithm.digest)
    assert len(read_timestamp(token).certificates) > 20
    assert len(token) < MAX_TOKEN_BYTES
    signature = encode([replace(signer, timestamp=token)], Evidence())

    def judge() -> None:
        report = counter.verifier().verify_file(issued.data, signature=signature, at=at)
        assert report.reason.code == "NON_CANONICAL"

    assert least_seconds(judge, 0.5) < 0.5


def test_much_evidence_is_judged_in_time(counter: Any, counters: ModuleType, kind: str) -> None:
    pki, day = counter.server.pki, counter.at + counters.HOUR
    lists, answers = [], []
    for number in range(30):
        crl = bytearray(pki.crl("issuing-ca", day + number * counters.MINUTE).der)
        crl[-2] ^= 1
        lists.append(bytes(crl))
        response = keys.make_ocsp_response(
            [
                keys.OcspAnswer(
                    certificate_id=keys.CertificateId.of(pki.certificate("seal"), pki.certificate("issuing-ca")),
                    status="good",
                    this_update=day + number * counters.MINUTE,
                    next_update=day + counters.DAY,
                )
            ],
            responder=pki.signer("ocsp"),
            produced_at=day,
        )
        tail = lookalikes(counter, "ocsp", 7)
        answers.append(counters.with_certificates(response.der, tail))
    issued = with_evidence(counter, counter.issue(kind, "b-t"), Evidence(crls=tuple(lists), ocsps=tuple(answers)))

    def judge() -> None:
        assert issued.judge(counter.verifier(), counter.at + counters.DAY).verdict is not Outcome.PASSED

    assert least_seconds(judge, 2) < 2


def test_a_long_list_is_judged_in_time(counter: Any, counters: ModuleType) -> None:
    """A large CA's; a file has room for two of them."""
    pki, day = counter.server.pki, counter.at + counters.HOUR
    long = keys.make_crl(
        issuer=pki.certificate("issuing-ca"),
        issuer_key=pki.key("issuing-ca"),
        number=1,
        this_update=day,
        next_update=day + counters.DAY,
        revoked={number: keys.Revocation(at=counter.at) for number in range(10**6, 10**6 + 50_000)},
    )
    evidence = Evidence(crls=(pki.crl("root", day).der, long.der))
    issued = with_evidence(counter, counter.issue("pdf", "b-t"), evidence)

    def judge() -> None:
        assert counter.code(issued, counter.at + counters.DAY) == "OK"

    assert least_seconds(judge, 2) < 2


# Every byte.


@dataclass(frozen=True)
class Trial:
    """What a worker tries on its share of the positions; it answers with those whose change passed."""

    verifier: Verifier
    issued: Any
    name: str
    at: datetime

    def __call__(self, positions: Sequence[int]) -> list[int]:
        passed = []
        changed = bytearray(getattr(self.issued, self.name))
        for position in positions:
            before = changed[position]
            # The case of a hexadecimal letter where there is one.
            changed[position] = before ^ (0x20 if before in b"abcdefABCDEF" else 0x01)
            if replace(self.issued, **{self.name: bytes(changed)}).judge(self.verifier, self.at):
                passed.append(position)
            changed[position] = before
        return passed


_trial: Trial


def _work(positions: Sequence[int]) -> list[int]:
    return _trial(positions)


def run(trial: Trial, positions: Sequence[int]) -> list[int]:
    """Share the positions among processes; each of them was forked with the trial in its memory."""
    global _trial
    assert trial.issued.judge(trial.verifier, trial.at)
    _trial = trial
    shares = [positions[start : start + 100] for start in range(0, len(positions), 100)]
    with multiprocessing.get_context("fork").Pool(os.cpu_count()) as pool:
        return [wrong for share in pool.imap_unordered(_work, shares) for wrong in share]


def structure(pdf: bytes, start: int) -> list[int]:
    """The positions of the revisions after the first that are not digits of a signature or of a stream."""
    inside = bytearray(len(pdf))
    for found in re.finditer(rb"/Contents <[0-9A-Fa-f]{512,}>|stream\n.*?endstream", pdf, re.DOTALL):
        begin, end = found.span()
        inside[begin + 16 : end - 16] = b"\1" * max(0, end - begin - 32)
    return [position for position in range(start, len(pdf)) if not inside[position]]


def many_bytes(counter: Any, counters: ModuleType, kind: str, stride: int) -> None:
    """In the year in which only the timestamps hold the file up."""
    issued = counter.issue(kind, "b-lta" if kind == "pdf" else "b-lt")
    at = counter.at + 6 * counters.YEAR
    if kind == "pdf":
        size = len(issued.data)
        end = read_sealed_pdf(issued.data).seals[0].covered.end
        positions = sorted({*range(0, size, stride), *structure(issued.data, end)} if stride > 1 else range(size))
        assert run(Trial(counter.verifier(), issued, "data", at), positions) == []
        return
    for name in ("data", "signature"):
        size = len(getattr(issued, name))
        assert run(Trial(counter.verifier(), issued, name, at), range(0, size, stride)) == []


def test_many_bytes(counter: Any, counters: ModuleType, kind: str) -> None:
    many_bytes(counter, counters, kind, 149 if kind == "pdf" else 97)


@pytest.mark.soak
def test_every_byte(counter: Any, counters: ModuleType, kind: str) -> None:
    many_bytes(counter, counters, kind, 1)
