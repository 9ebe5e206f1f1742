"""Detached CMS: one form only, every byte of it, and two outside judges."""

import contextlib
from datetime import UTC, datetime
from types import ModuleType
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import load_der_x509_certificate
from declared import declared_pki
from hypothesis import given, settings
from hypothesis import strategies as st

from esign import (
    AdditionRefusedError,
    EsignError,
    Evidence,
    MalformedError,
    TimestampError,
    TooLargeError,
    add_detached_evidence,
    add_signer,
    read_detached,
    read_signed_data,
    read_timestamp,
    sign_detached,
    timestamp_detached,
)
from esign.cms import MAX_CERTIFICATES, MAX_CMS_BYTES, assemble, attributes_to_sign, encode
from esign.cms_detached import MAX_DETACHED_BYTES
from keys import DevelopmentPki, KeysError, der_signature, hash_bytes, raw_signature
from keys import der as d

DATA = "被签名的内容".encode()
AT = datetime(2026, 11, 21, 2, 30, tzinfo=UTC)


@pytest.fixture(params=["sm2", "rsa"])
def pki(request: pytest.FixtureRequest, pkis: dict[str, DevelopmentPki]) -> DevelopmentPki:
    return pkis[request.param]


def accepts(cms: bytes, data: bytes = DATA) -> bool:
    try:
        facts = read_signed_data(cms)
        facts.verify_signature()
    except (EsignError, KeysError):
        return False
    return facts.digest_matches(data)


def test_round_trip(pki: DevelopmentPki) -> None:
    facts = read_signed_data(sign_detached(DATA, pki.seal, signing_time=AT))
    facts.verify_signature()
    assert facts.digest_matches(DATA)
    assert facts.digest_matches(DATA[:5], DATA[5:])
    assert not facts.digest_matches(DATA + b"x")
    assert facts.signer_certificate.der == pki.seal.certificate.der
    assert facts.signing_time == AT
    assert read_signed_data(sign_detached(DATA, pki.seal)).signing_time is None


def test_the_code_key_signs_too(pkis: dict[str, DevelopmentPki]) -> None:
    assert accepts(sign_detached(DATA, pkis["rsa"].code))


def test_a_change_of_any_byte_is_noticed(pki: DevelopmentPki) -> None:
    cms = sign_detached(DATA, pki.seal, signing_time=AT)
    for place in range(len(cms)):
        changed = bytearray(cms)
        changed[place] ^= 0x01
        assert not accepts(bytes(changed)), place


def test_only_one_ecdsa_signature_value(pkis: dict[str, DevelopmentPki]) -> None:
    """(r, n-s) verifies like (r, s): only the one that we write is canonical."""
    signer = pkis["rsa"].code
    order = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
    facts = read_signed_data(sign_detached(DATA, signer))
    raw = raw_signature(facts.signature)
    other = der_signature(raw[:32] + (order - int.from_bytes(raw[32:], "big")).to_bytes(32, "big"))
    signer.public_key.verify(other, facts.signed_attributes)
    forged = assemble(
        chain=facts.certificates,
        algorithm=facts.algorithm,
        signed_attributes=facts.signed_attributes,
        signature=other,
    )
    with pytest.raises(MalformedError, match="NON_CANONICAL"):
        read_signed_data(forged)


def test_bouncy_castle_accepts_signature_and_chain(pki: DevelopmentPki, witnesses: ModuleType) -> None:
    cms = sign_detached(DATA, pki.seal, signing_time=AT)
    assert witnesses.bouncy_castle(cms, DATA, [pki.root.der]).accepted
    assert not witnesses.bouncy_castle(cms, DATA + b"x", [pki.root.der]).accepted


def test_openssl_accepts_rsa(pkis: dict[str, DevelopmentPki], witnesses: ModuleType) -> None:
    pki = pkis["rsa"]
    root = load_der_x509_certificate(pki.root.der).public_bytes(Encoding.PEM)
    cms = sign_detached(DATA, pki.seal, signing_time=AT)
    assert witnesses.openssl_cms_verify(cms, DATA, root) == ""
    assert witnesses.openssl_cms_verify(cms, DATA + b"x", root) != ""


def test_other_encodings_of_the_same_content_are_not_canonical(pki: DevelopmentPki) -> None:
    cms = sign_detached(DATA, pki.seal)
    facts = read_signed_data(cms)
    one_more = assemble(
        chain=(*facts.certificates, pki.root),
        algorithm=facts.algorithm,
        signed_attributes=facts.signed_attributes,
        signature=facts.signature,
    )
    with pytest.raises(MalformedError, match="NON_CANONICAL"):
        read_signed_data(one_more)  # a certificate that the signed attributes do not name
    with pytest.raises(MalformedError) as caught:
        read_signed_data(cms.replace(b"\x02\x01\x01", b"\x02\x01\x03", 1))
    assert caught.value.code in ("FORMAT_CMS", "NON_CANONICAL")
    with pytest.raises(MalformedError):
        read_signed_data(cms + b"\x00")


def test_attributes_of_another_certificate_are_not_canonical(pkis: dict[str, DevelopmentPki]) -> None:
    """signing-certificate-v2 must name the certificate that is used (RFC 5035): no swapping of certificates."""
    mine, other = pkis["sm2"].seal, pkis["sm2"].code
    attributes = attributes_to_sign(
        message_digest=hash_bytes("sm3", DATA), chain=(other.certificate, *mine.chain[1:]), algorithm=mine.algorithm
    )
    swapped = assemble(
        chain=mine.chain, algorithm=mine.algorithm, signed_attributes=attributes, signature=mine.sign(attributes)
    )
    with pytest.raises(MalformedError, match="NON_CANONICAL"):
        read_signed_data(swapped)


def test_a_signing_time_at_the_end_of_the_calendar(pki: DevelopmentPki) -> None:
    late = sign_detached(DATA, pki.seal, signing_time=datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC))
    with pytest.raises(MalformedError, match="FORMAT_CMS"):
        read_signed_data(late)


def test_limits(pki: DevelopmentPki) -> None:
    with pytest.raises(TooLargeError):
        read_signed_data(bytes(MAX_CMS_BYTES + 1))
    cms = sign_detached(DATA, pki.seal)
    facts = read_signed_data(cms)
    crowded = assemble(
        chain=(facts.certificates[0], *[pki.root] * MAX_CERTIFICATES),
        algorithm=facts.algorithm,
        signed_attributes=facts.signed_attributes,
        signature=facts.signature,
    )
    with pytest.raises(TooLargeError):
        read_signed_data(crowded)


@pytest.mark.parametrize("garbage", [b"", b"\x30", b"\x30\x80\x00\x00", b"\x30\x00", b"PK\x03\x04", b"\xff" * 100])
def test_garbage(garbage: bytes) -> None:
    with pytest.raises(MalformedError, match="FORMAT_CMS"):
        read_signed_data(garbage)


def detached(*families: str) -> bytes:
    """A signature file of the declared seals of these families."""
    first, *others = [declared_pki(family).signer("seal") for family in families]
    cms = sign_detached(DATA, first, signing_time=AT)
    for signer in others:
        cms = add_signer(cms, DATA, signer, signing_time=AT)
    return cms


class Stampers:
    """One authority for every digest; it never fails."""

    def __init__(self, stamper_of: Any) -> None:
        self._of = {"sm3": stamper_of("sm2"), "sha256": stamper_of("rsa")}

    def timestamp(self, digest: bytes, digest_name: str) -> bytes:
        token: bytes = self._of[digest_name].timestamp(digest, digest_name)
        return token


@pytest.fixture(scope="module")
def full(stamper_of: Any) -> bytes:
    """Two signers, each with a timestamp, and evidence about both."""
    cms = timestamp_detached(detached("sm2", "rsa"), Stampers(stamper_of))
    for family in ("sm2", "rsa"):
        cms = add_detached_evidence(cms, stamper_of.evidence(family, AT))
    return cms


def good(cms: bytes) -> bool:
    try:
        found = read_detached(cms)
        for facts in found.signers:
            facts.verify_signature()
            token = read_timestamp(facts.timestamp or b"")
            token.verify_signature()
            if not (facts.digest_matches(DATA) and token.is_over(facts.signature) and token.minimal):
                return False
    except (EsignError, KeysError):
        return False
    return True


def test_one_signer_is_read_alike(pki: DevelopmentPki) -> None:
    cms = sign_detached(DATA, pki.seal, signing_time=AT)
    found = read_detached(cms)
    assert found.signers == (read_signed_data(cms),)
    assert not found.evidence


def test_two_signers_in_parallel() -> None:
    cms = detached("sm2", "rsa")
    found = read_detached(cms)
    assert {facts.algorithm.name for facts in found.signers} == {"sm2", "rsa"}
    for facts in found.signers:
        facts.verify_signature()
        assert facts.digest_matches(DATA)
        assert facts.signing_time == AT
        assert facts.certificates == declared_pki(facts.algorithm.name).chain("seal")
    with pytest.raises(MalformedError, match="more than one signer"):
        read_signed_data(cms)


def test_timestamps_and_evidence_come_later(full: bytes, stamper_of: Any) -> None:
    found = read_detached(full)
    assert good(full)
    brought = {item.der for facts in found.signers for item in facts.certificates}
    expected = [stamper_of.evidence(family, AT) for family in ("sm2", "rsa")]
    assert {*found.evidence.certificates} | brought == {item for one in expected for item in one.certificates}
    assert {*found.evidence.ocsps} == {item for one in expected for item in one.ocsps}
    assert len(found.evidence.crls) == 4
    # Everything is there: nothing changes any more.
    assert timestamp_detached(full, Stampers(stamper_of)) == full
    assert all(add_detached_evidence(full, one) == full for one in expected)


def test_a_signer_may_come_after_timestamp_and_evidence(stamper_of: Any) -> None:
    cms = timestamp_detached(detached("sm2"), Stampers(stamper_of))
    cms = add_detached_evidence(cms, stamper_of.evidence("rsa", AT))
    assert good(cms)
    cms = add_signer(cms, DATA, declared_pki("rsa").signer("seal"), signing_time=AT)
    assert not good(cms)  # one has no timestamp
    assert good(timestamp_detached(cms, Stampers(stamper_of)))


def test_outside_judges_of_timestamps_and_evidence(witnesses: ModuleType, stamper_of: Any) -> None:
    for family in ("sm2", "rsa"):
        cms = add_detached_evidence(
            timestamp_detached(detached(family), Stampers(stamper_of)), stamper_of.evidence(family, AT)
        )
        root = declared_pki(family).root.der
        assert witnesses.bouncy_castle(cms, DATA, [root]).accepted
        (facts,) = read_detached(cms).signers
        assert witnesses.bouncy_timestamp(facts.timestamp, facts.signature, root).accepted
    pem = load_der_x509_certificate(root).public_bytes(Encoding.PEM)
    assert witnesses.openssl_cms_verify(cms, DATA, pem) == ""
    # Two signers whose algorithms openssl knows.
    both = add_signer(cms, DATA, declared_pki("rsa").signer("code"))
    assert witnesses.openssl_cms_verify(both, DATA, pem) == ""
    assert witnesses.openssl_cms_verify(both, DATA + b"x", pem) != ""


def test_what_is_not_added(stamper_of: Any) -> None:
    rsa = declared_pki("rsa").signer("seal")
    cms = detached("rsa")
    with pytest.raises(AdditionRefusedError, match="signed already"):
        add_signer(cms, DATA, rsa)
    with pytest.raises(AdditionRefusedError, match="changed"):
        add_signer(cms, DATA + b"x", declared_pki("sm2").signer("seal"))
    with pytest.raises(AdditionRefusedError, match="without anything"):
        add_detached_evidence(cms, Evidence(certificates=(declared_pki("rsa").root.der,)))
    stamper = stamper_of("rsa")
    stamper.fault = "wrong"
    with pytest.raises(TimestampError):
        timestamp_detached(cms, stamper)
    with pytest.raises(TooLargeError):
        add_detached_evidence(cms, Evidence(crls=(d.sequence(bytes(MAX_DETACHED_BYTES)),)))


@pytest.mark.parametrize("every", [31, pytest.param(1, marks=pytest.mark.soak)])
def test_a_change_of_any_byte_of_the_fullest_file(full: bytes, every: int) -> None:
    """In evidence it may go unnoticed here: whether that proves anything is a verifier's question."""
    evidence = read_detached(full).evidence
    timestamps = [read_timestamp(facts.timestamp or b"").certificates for facts in read_detached(full).signers]
    for place in range(0, len(full), every):
        changed = bytearray(full)
        changed[place] ^= 0x01
        if good(bytes(changed)):
            found = read_detached(bytes(changed))
            tokens = [read_timestamp(facts.timestamp or b"").certificates for facts in found.signers]
            assert (found.evidence, tokens) != (evidence, timestamps), place


def test_other_encodings_of_several_signers(full: bytes) -> None:
    found = read_detached(full)
    twice = encode((*found.signers, found.signers[0]), found.evidence)
    assert twice is None
    lonely = encode(found.signers, Evidence(certificates=found.evidence.certificates))
    assert lonely is not None
    with pytest.raises(MalformedError, match="NON_CANONICAL"):
        read_detached(lonely)
    for wrong in (full + b"\x00", full[:-1], full.replace(b"\x02\x01\x05", b"\x02\x01\x01", 1)):
        with pytest.raises(EsignError):
            read_detached(wrong)
    with pytest.raises(TooLargeError):
        read_detached(bytes(MAX_DETACHED_BYTES + 1))


@settings(max_examples=300, deadline=None, database=None)
@given(data=st.data())
def test_mutated_signature_files_give_no_other_exception(full: bytes, data: st.DataObject) -> None:
    cms = bytearray(full)
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.integers(0, len(cms) - 1))
        if data.draw(st.booleans()):
            cms[place] ^= data.draw(st.integers(1, 255))
        else:
            del cms[place : place + data.draw(st.integers(1, 50))]
    with contextlib.suppress(EsignError):
        read_detached(bytes(cms))
