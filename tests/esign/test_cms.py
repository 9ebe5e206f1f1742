"""Detached CMS: one form only, every byte of it, and two outside judges."""

from datetime import UTC, datetime
from types import ModuleType

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import load_der_x509_certificate

from esign import EsignError, MalformedError, TooLargeError, read_signed_data, sign_detached
from esign.cms import MAX_CERTIFICATES, MAX_CMS_BYTES, assemble, attributes_to_sign
from keys import DevelopmentPki, KeysError, der_signature, hash_bytes, raw_signature

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
