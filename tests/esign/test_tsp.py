"""Timestamps: tokens made by openssl and by hand, every byte of one changed, and what an authority may answer."""

import hashlib
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from damage import damaged
from der_slices import whole
from hypothesis import given, settings
from hypothesis import strategies as st
from openssl_authority import OpensslAuthority
from openssl_signing import oid, tlv

from esign import (
    EsignError,
    MalformedError,
    TimestampRefusedError,
    TimestampToken,
    TooLargeError,
    read_timestamp,
    timestamp_request,
    token_from_response,
)
from esign.tsp import MAX_RESPONSE_BYTES, MAX_TOKEN_BYTES
from keys import BadSignatureError, DevelopmentPki, Signer, UnsupportedAlgorithmError, hash_bytes, raw_signature

CONTENT = b"what existed"
NONCE = 0x1234567890ABCDEF
AT = datetime(2026, 11, 21, 2, 30, tzinfo=UTC)
NULL = b"\x05\x00"
TST_INFO, SIGNED_DATA = oid("1.2.840.113549.1.9.16.1.4"), oid("1.2.840.113549.1.7.2")
DIGESTS = {
    "sm3": oid("1.2.156.10197.1.401"),
    "sha1": oid("1.3.14.3.2.26"),
    "sha256": oid("2.16.840.1.101.3.4.2.1"),
    "sha384": oid("2.16.840.1.101.3.4.2.2"),
    "sha512": oid("2.16.840.1.101.3.4.2.3"),
}
SIGNATURES = {"sm3": oid("1.2.156.10197.1.501"), "sha256": oid("1.2.840.113549.1.1.1")}


def sequence(*content: bytes) -> bytes:
    return tlv(0x30, *content)


def integer(number: int) -> bytes:
    return tlv(0x02, number.to_bytes(number.bit_length() // 8 + 1, "big"))


def attribute(kind: bytes, *values: bytes) -> bytes:
    return sequence(kind, tlv(0x31, *values))


# What the openssl command makes.


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> OpensslAuthority:
    return OpensslAuthority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def token(authority: OpensslAuthority) -> bytes:
    return openssl_token(authority)


def openssl_token(authority: OpensslAuthority, *, section: str = "authority") -> bytes:
    digest = hash_bytes("sha256", CONTENT)
    response = authority.respond(timestamp_request(digest, "sha256", NONCE), section=section)
    return token_from_response(response, digest=digest, digest_name="sha256", nonce=NONCE)


def test_a_token_of_openssl(token: bytes) -> None:
    facts = read_timestamp(token)
    facts.verify_signature()
    assert abs(facts.time - datetime.now(UTC)) < timedelta(minutes=5)
    assert (facts.digest_name, facts.imprint) == ("sha256", hash_bytes("sha256", CONTENT))
    assert facts.is_over(CONTENT[:5], CONTENT[5:])
    assert not facts.is_over(CONTENT, b"x")
    assert (facts.serial > 0, facts.policy, facts.nonce) == (True, "1.2.3.4.1", NONCE)
    assert facts.accuracy == timedelta(seconds=1, milliseconds=500, microseconds=100)
    assert [one.subject.common_name for one in facts.certificates] == ["test authority", "test CA"]
    assert facts.signer_certificate.serial == 7
    assert facts.algorithm.title == "RSA/SHA-256"
    assert facts.minimal
    assert facts.der == token


def test_the_older_attribute(authority: OpensslAuthority) -> None:
    """ESSCertID, which names the certificate by SHA-1; no accuracy; another digest under rsaEncryption."""
    facts = read_timestamp(openssl_token(authority, section="older"))
    facts.verify_signature()
    assert (facts.accuracy, facts.algorithm.title) == (None, "RSA/SHA-512")
    assert facts.minimal


@pytest.mark.parametrize("name", ["sha256", "sha384", "sha512"])
def test_openssl_reads_our_request(authority: OpensslAuthority, name: str) -> None:
    digest = hash_bytes(name, CONTENT)
    response = authority.respond(timestamp_request(digest, name, NONCE))
    der = token_from_response(response, digest=digest, digest_name=name, nonce=NONCE)
    assert read_timestamp(der).is_over(CONTENT)
    (authority.folder / "token").write_bytes(der)
    (authority.folder / "content").write_bytes(CONTENT)
    verified = authority.run(
        "ts", "-verify", "-data", "content", "-token_in", "-in", "token", "-CAfile", "ca.pem"
    )  # fmt: skip
    assert b"Verification: OK" in verified


def certificate_places(token: bytes) -> set[int]:
    """Places of the certificates' field, whose bytes the path explains and not the token."""
    parts = whole(token).parts[1].parts[0].parts
    start = token.index(parts[3].raw)
    return set(range(start, start + len(parts[3].raw)))


def verifies(token: bytes) -> bool:
    try:
        facts = read_timestamp(token)
        facts.verify_signature()
    except (EsignError, BadSignatureError, UnsupportedAlgorithmError):
        return False
    return facts.minimal


@pytest.mark.parametrize("bit", [0x01, 0x20, 0x80])
def test_every_byte_of_a_token_is_explained(token: bytes, bit: int) -> None:
    assert verifies(token)
    excepted = certificate_places(token)
    unexplained = [
        place
        for place in range(len(token))
        if place not in excepted and verifies(token[:place] + bytes([token[place] ^ bit]) + token[place + 1 :])
    ]
    assert unexplained == []


def test_a_changed_certificate_is_another_certificate(token: bytes) -> None:
    original = read_timestamp(token).certificates
    for place in sorted(certificate_places(token))[::7]:
        changed = token[:place] + bytes([token[place] ^ 1]) + token[place + 1 :]
        if verifies(changed):
            assert read_timestamp(changed).certificates != original


# What an authority may answer.


def responded(status: bytes, token: bytes = b"") -> bytes:
    return sequence(sequence(status), token)


@pytest.mark.parametrize("status", [0, 1])
def test_granted(token: bytes, status: int) -> None:
    asked = {"digest": hash_bytes("sha256", CONTENT), "digest_name": "sha256", "nonce": NONCE}
    assert token_from_response(responded(integer(status), token), **asked) == token
    text = sequence(tlv(0x0C, b"fine"))
    assert token_from_response(responded(integer(status) + text, token), **asked) == token


@pytest.mark.parametrize(
    ("status", "why"),
    [
        (integer(2), "status 2"),
        (integer(2) + sequence(tlv(0x0C, "密".encode())) + tlv(0x03, b"\x05\xa0"), "status 2, badAlg, badRequest$"),
        (integer(2) + tlv(0x03, b"\x06\x00\x00\x40"), "status 2, addInfoNotAvailable$"),
        (integer(5) + tlv(0x03, b"\x00\x00\x02"), "status 5, timeNotAvailable$"),
    ],
)
def test_declined(token: bytes, status: bytes, why: str) -> None:
    for content in (b"", token):
        with pytest.raises(TimestampRefusedError, match=why):
            token_from_response(responded(status, content), digest=bytes(32), digest_name="sha256", nonce=1)


def test_declined_by_openssl(authority: OpensslAuthority) -> None:
    request = timestamp_request(hash_bytes("sm3", CONTENT), "sm3", NONCE)
    with pytest.raises(TimestampRefusedError, match="badAlg"):
        token_from_response(
            authority.respond(request), digest=hash_bytes("sm3", CONTENT), digest_name="sm3", nonce=NONCE
        )  # fmt: skip


def test_answers_to_other_questions(token: bytes) -> None:
    asked = {"digest": hash_bytes("sha256", CONTENT), "digest_name": "sha256", "nonce": NONCE}
    response = responded(integer(0), token)
    for change, why in (
        ({"digest": bytes(32)}, "another digest"),
        ({"digest_name": "sm3"}, "another digest"),
        ({"nonce": NONCE + 1}, "another request"),
    ):
        with pytest.raises(TimestampRefusedError, match=why):
            token_from_response(response, **(asked | change))
    spoilt = responded(integer(0), token[:-1] + bytes([token[-1] ^ 1]))
    with pytest.raises(TimestampRefusedError, match="does not verify"):
        token_from_response(spoilt, **asked)


@pytest.mark.parametrize(
    "response",
    [b"", b"<html>", sequence(), responded(integer(0)), responded(integer(0), NULL), b"\x30\x80\x00\x00"],
)
def test_what_is_no_response(response: bytes) -> None:
    with pytest.raises(MalformedError, match="FORMAT_TIMESTAMP"):
        token_from_response(response, digest=bytes(32), digest_name="sha256", nonce=1)


def test_limits(token: bytes) -> None:
    with pytest.raises(TooLargeError):
        token_from_response(bytes(MAX_RESPONSE_BYTES + 1), digest=bytes(32), digest_name="sha256", nonce=1)
    with pytest.raises(TooLargeError):
        read_timestamp(bytes(MAX_TOKEN_BYTES + 1))
    with pytest.raises(ValueError, match="another size"):
        timestamp_request(bytes(31), "sha256", 1)
    with pytest.raises(UnsupportedAlgorithmError):
        timestamp_request(bytes(20), "sha1", 1)
    for nonce in (0, -1, 1 << 160):
        with pytest.raises(ValueError, match="nonce"):
            timestamp_request(bytes(32), "sha256", nonce)


# Tokens made by hand, to say what openssl would not.


def info(
    *,
    version: bytes = integer(1),
    policy: bytes = oid("1.2.3"),
    imprint: bytes | None = None,
    serial: bytes = integer(5),
    time: bytes = b"20261121023000Z",
    rest: bytes = b"",
    name: str = "sm3",
) -> bytes:
    if imprint is None:
        imprint = sequence(sequence(DIGESTS[name]), tlv(0x04, hash_bytes(name, CONTENT)))
    return sequence(version, policy, imprint, serial, tlv(0x18, time), rest)


def ess(certificate: bytes, name: str = "sm3", *, more: bytes = b"") -> bytes:
    entry = sequence(sequence(DIGESTS[name]), tlv(0x04, hash_bytes(name, certificate)), more)
    return attribute(oid("1.2.840.113549.1.9.16.2.47"), sequence(sequence(entry)))


def made(
    signer: Signer,
    content: bytes | None = None,
    *,
    leaf: bytes | None = None,
    kind: bytes = TST_INFO,
    named: bytes | None = None,
    more: tuple[bytes, ...] = (),
    certificates: tuple[bytes, ...] | None = None,
    version: int = 3,
    signer_version: int = 1,
    digests: tuple[bytes, ...] | None = None,
    algorithm: bytes | None = None,
    raw_value: bool = False,
    unsigned: bytes = b"",
    lists: bytes = b"",
    signers: int = 1,
    sort: bool = True,
    inside: bool = True,
) -> bytes:
    """A token of this signer; everything that is not given is as it should be."""
    name = signer.algorithm.digest
    content = info() if content is None else content
    leaf = signer.certificate.der if leaf is None else leaf
    attributes = [
        attribute(oid("1.2.840.113549.1.9.3"), kind),
        attribute(oid("1.2.840.113549.1.9.4"), tlv(0x04, hash_bytes(name, content))),
        ess(leaf) if named is None else named,
        *more,
    ]
    signed = b"".join(sorted(attributes, reverse=not sort))
    value = signer.sign(tlv(0x31, signed))
    tbs = whole(leaf).parts[0].parts
    signer_info = sequence(
        integer(signer_version),
        sequence(tbs[3].raw, tbs[1].raw),
        sequence(DIGESTS[name]),
        tlv(0xA0, signed),
        algorithm if algorithm is not None else sequence(SIGNATURES[name], b"" if name == "sm3" else NULL),
        tlv(0x04, raw_signature(value) if raw_value else value),
        unsigned,
    )
    given = certificates if certificates is not None else (leaf,)
    return sequence(
        SIGNED_DATA,
        tlv(
            0xA0,
            sequence(
                integer(version),
                tlv(0x31, *(digests if digests is not None else (sequence(DIGESTS[name]),))),
                sequence(kind, tlv(0xA0, tlv(0x04, content)) if inside else b""),
                tlv(0xA0, *given) if given else b"",
                lists,
                tlv(0x31, *[signer_info] * signers),
            ),
        ),
    )


@pytest.fixture(scope="module", params=["sm2", "rsa"])
def signer(request: pytest.FixtureRequest, pkis: dict[str, DevelopmentPki]) -> Signer:
    return pkis[request.param].seal


def good(token: bytes) -> TimestampToken:
    facts = read_timestamp(token)
    facts.verify_signature()
    assert facts.is_over(CONTENT)
    return facts


def test_both_families(signer: Signer, pkis: dict[str, DevelopmentPki]) -> None:
    facts = good(made(signer))
    assert (facts.time, facts.accuracy, facts.nonce, facts.serial) == (AT, None, None, 5)
    assert facts.signer_certificate == signer.certificate
    assert facts.algorithm == signer.algorithm
    assert facts.minimal
    others = tuple(one.code.certificate.der for one in pkis.values())
    facts = good(made(signer, certificates=(*others, signer.certificate.der)))
    assert [one.der for one in facts.certificates] == [signer.certificate.der, *others]
    assert facts.minimal


@pytest.mark.parametrize(
    ("time", "moment"),
    [
        (b"20261121023000.5Z", AT + timedelta(milliseconds=500)),
        (b"20261121023000.123456Z", AT + timedelta(microseconds=123456)),
        (b"20261121023000.000001999Z", AT + timedelta(microseconds=1)),
    ],
)
def test_fractions_of_a_second(signer: Signer, time: bytes, moment: datetime) -> None:
    assert good(made(signer, info(time=time))).time == moment


@pytest.mark.parametrize(
    ("rest", "accuracy", "nonce"),
    [
        (sequence(integer(60)), timedelta(minutes=1), None),
        (sequence(tlv(0x80, b"\x01")), timedelta(milliseconds=1), None),
        (sequence(tlv(0x81, b"\x03\xe7")), timedelta(microseconds=999), None),
        (tlv(0x01, b"\xff") + integer(9), None, 9),
        (sequence(integer(1)) + integer(7) + tlv(0xA0, tlv(0xA4, sequence())), timedelta(seconds=1), 7),
        (tlv(0xA1, sequence(oid("1.2.3"), tlv(0x04, b""))), None, None),
    ],
)
def test_what_may_stand_behind_the_time(
    signer: Signer, rest: bytes, accuracy: timedelta | None, nonce: int | None
) -> None:
    facts = good(made(signer, info(rest=rest)))
    assert (facts.accuracy, facts.nonce) == (accuracy, nonce)


@pytest.mark.parametrize(
    "content",
    [
        info(version=integer(2)),
        info(serial=integer(1 << 160)),
        info(imprint=sequence(sequence(DIGESTS["sm3"]), tlv(0x04, bytes(31)))),
        *(
            info(time=time)
            for time in (
                b"20261121023000.50Z", b"20261121023000.Z", b"20261121023000,5Z", b"20261121023000", b"202611210230Z",
                b"20261121023060Z", b"20261321023000Z", b"00010101000000Z", b"99991231235959.9Z",
                b"20261121103000+0800", b"20261121023000.1234567891Z", b"20261121023000.\xb2Z",
            )
        ),
        info(rest=sequence(integer(86401))),
        info(rest=sequence(tlv(0x02, b"\xff"))),
        info(rest=sequence(tlv(0x80, b"\x03\xe8"))),
        info(rest=sequence(tlv(0x80, b"\x00"))),
        info(rest=tlv(0x01, b"\x01")),
        info(rest=integer(1) + integer(1)),
        info(rest=tlv(0xA1, sequence(oid("1.2.3"), tlv(0x01, b"\xff"), tlv(0x04, b"")))),
        info() + NULL,
        sequence(),
        b"",
    ],
)  # fmt: skip
def test_contents_that_are_refused(signer: Signer, content: bytes) -> None:
    with pytest.raises(MalformedError, match="FORMAT_TIMESTAMP"):
        read_timestamp(made(signer, content))


def test_a_digest_by_sha1_says_nothing(signer: Signer) -> None:
    imprint = sequence(sequence(DIGESTS["sha1"]), tlv(0x04, hashlib.sha1(CONTENT, usedforsecurity=False).digest()))
    with pytest.raises(MalformedError, match="ALGORITHM_UNAVAILABLE"):
        read_timestamp(made(signer, info(imprint=imprint)))


def test_other_signed_data_is_no_token(signer: Signer) -> None:
    for how in (
        {"kind": oid("1.2.840.113549.1.7.1")},
        {"inside": False},
        {"signers": 0},
        {"signers": 2},
        {"certificates": ()},
        {"more": (attribute(oid("1.2.840.113549.1.9.4"), tlv(0x04, bytes(32))),)},
    ):
        with pytest.raises(MalformedError, match="FORMAT_TIMESTAMP"):
            read_timestamp(made(signer, **how))


def test_the_signers_certificate_must_be_named(signer: Signer, pkis: dict[str, DevelopmentPki]) -> None:
    """Else a certificate of the same key with another usage could take its place (RFC 3161 section 2.4.2)."""
    other = pkis["sm2"].code.certificate.der
    issuer_serial = sequence(sequence(tlv(0xA4, sequence())), integer(1))
    for named in (
        b"",
        ess(other),
        ess(signer.certificate.der, more=issuer_serial),
        attribute(oid("1.2.840.113549.1.9.16.2.47"), sequence(sequence())),
    ):
        with pytest.raises(MalformedError, match="FORMAT_TIMESTAMP"):
            read_timestamp(made(signer, named=named))


def test_a_signature_of_another(signer: Signer, pkis: dict[str, DevelopmentPki]) -> None:
    (pki,) = (one for one in pkis.values() if one.seal == signer)
    with pytest.raises(BadSignatureError):
        good(made(pki.code, leaf=signer.certificate.der))


def test_what_is_not_minimal(signer: Signer) -> None:
    """All of it verifies, because none of it is signed; none of it has a place where every byte must be explained."""
    stamp = tlv(0xA1, attribute(oid("1.2.3"), tlv(0x04, b"anything at all")))
    digest = sequence(DIGESTS[signer.algorithm.digest])
    for how in (
        {"unsigned": stamp},
        {"lists": tlv(0xA1, sequence(tlv(0x04, b"anything")))},
        {"version": 1},
        {"signer_version": 3},
        {"digests": ()},
        {"digests": (digest, sequence(oid("1.2.3")))},
        {"sort": False},
        {"certificates": (signer.certificate.der, tlv(0xA1, b"an attribute certificate"))},
        {"certificates": (signer.certificate.der, sequence(sequence(integer(1), sequence(), sequence(b"unreadable"))))},
    ):
        assert not good(made(signer, **how)).minimal, how


def test_a_raw_sm2_value_is_not_minimal(pkis: dict[str, DevelopmentPki]) -> None:
    assert not good(made(pkis["sm2"].seal, raw_value=True)).minimal


@settings(max_examples=500, deadline=None)
@given(choice=st.data())
def test_hostile_bytes_give_facts_or_our_errors(token: bytes, choice: st.DataObject) -> None:
    data = choice.draw(damaged([token]) | st.binary(max_size=200))
    try:
        facts = read_timestamp(data)
    except EsignError:
        return
    facts.is_over(CONTENT)
    with suppress(BadSignatureError):
        facts.verify_signature()
        said = read_timestamp(token)
        assert (facts.time, facts.imprint, facts.serial, facts.policy) == (
            said.time, said.imprint, said.serial, said.policy
        )  # fmt: skip
