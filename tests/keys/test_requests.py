"""Certificate requests against openssl, and what CAs return."""

import base64
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from hypothesis import given
from hypothesis import strategies as st

import keys
from keys import der

AT = datetime(2026, 11, 21, tzinfo=UTC)
SUBJECT = keys.Subject(
    common_name="样例局电子印章", organization="样例局", organization_identifier="1199010000000102XM"
)
ROWS = pytest.mark.parametrize("algorithm", keys.ALGORITHMS, ids=lambda row: row.name)
REFUSED = (keys.MalformedRequestError, keys.MalformedKeyError, keys.UnsupportedAlgorithmError, keys.BadSignatureError)


@ROWS
def test_openssl_accepts_our_requests(algorithm: keys.Algorithm, openssl: Callable[..., bytes], tmp_path: Path) -> None:
    key = keys.generate_private_key(algorithm)
    request = keys.make_request(SUBJECT, key)
    (tmp_path / "request").write_bytes(request.pem())
    options = ("-vfyopt", "distid:1234567812345678") if algorithm is keys.SM2_SM3 else ()
    openssl("req", "-verify", "-noout", "-in", tmp_path / "request", *options)
    assert openssl("req", "-in", tmp_path / "request", "-outform", "DER") == request.der
    renamed = request.pem().replace(b"BEGIN CERT", b"BEGIN NEW CERT").replace(b"END CERT", b"END NEW CERT")
    for content in (request.der, request.pem(), renamed):
        parsed = keys.parse_request(content)
        assert parsed == request
        assert parsed.public_key == key.public_key
        assert parsed.algorithm is algorithm
        assert parsed.leniencies == frozenset()
        assert parsed.subject.common_name == SUBJECT.common_name
        assert parsed.subject.organization_identifier == SUBJECT.organization_identifier


def test_cryptography_reads_our_requests() -> None:
    theirs = x509.load_der_x509_csr(keys.make_request(SUBJECT, keys.generate_private_key(keys.RSA_PSS_SHA384)).der)
    assert theirs.is_signature_valid
    assert theirs.subject.public_bytes() == SUBJECT.der()


@pytest.mark.parametrize("kind", ["SM2", "RSA", "EC"])
def test_we_accept_the_requests_of_openssl(kind: str, openssl: Callable[..., bytes], tmp_path: Path) -> None:
    key = tmp_path / "key"
    curve = ("-pkeyopt", "ec_paramgen_curve:P-384") if kind == "EC" else ()
    openssl("genpkey", "-algorithm", kind, *curve, "-out", key)
    options = {"SM2": ("-sm3", "-sigopt", "distid:1234567812345678"), "EC": ("-sha384",)}.get(kind, ("-sha512",))
    command = ("req", "-new", "-key", key, "-subj", "/CN=x", "-addext", "subjectAltName=DNS:x.example", *options)
    request = keys.parse_request(openssl(*command))
    assert request.subject.common_name == "x"
    assert request.public_key == keys.load_private_key(key.read_bytes()).public_key


def test_every_flipped_byte_and_cut_is_refused() -> None:
    good = keys.make_request(SUBJECT, keys.generate_private_key(keys.SM2_SM3)).der
    for at in range(len(good)):
        for changed in (good[:at], good[:at] + bytes((good[at] ^ 0x21,)) + good[at + 1 :]):
            with pytest.raises(REFUSED):
                keys.parse_request(changed)


@given(st.binary(max_size=200))
def test_any_bytes_are_refused(data: bytes) -> None:
    with pytest.raises(REFUSED):
        keys.parse_request(data)
    pem = b"-----BEGIN CERTIFICATE REQUEST-----\n" + base64.b64encode(data) + b"\n-----END CERTIFICATE REQUEST-----"
    with pytest.raises(REFUSED):
        keys.parse_request(pem)
    with pytest.raises(keys.KeysError):
        keys.read_reply(data)
    with pytest.raises(keys.KeysError):
        keys.read_reply(b"-----BEGIN PKCS7-----\n" + base64.b64encode(data) + b"\n-----END PKCS7-----")


def test_too_large_and_bad_base64_are_refused() -> None:
    with pytest.raises(keys.MalformedRequestError, match="too large"):
        keys.parse_request(bytes(65 * 1024))
    with pytest.raises(keys.MalformedRequestError, match="base64"):
        keys.parse_request(b"-----BEGIN CERTIFICATE REQUEST-----\nA\n-----END CERTIFICATE REQUEST-----")


class Faulty:
    """A private key whose signatures are wrong."""

    def __init__(self, key: keys.PrivateKey) -> None:
        self.algorithm, self.public_key, self._key = key.algorithm, key.public_key, key

    def sign(self, data: bytes) -> bytes:
        return self._key.sign(data + b"x")


def test_a_faulty_request_is_never_released() -> None:
    with pytest.raises(keys.KeyUnusableError, match="did not verify"):
        keys.make_request(SUBJECT, Faulty(keys.generate_private_key(keys.SM2_SM3)))


def test_what_a_ca_returns_is_read_in_every_form(
    pki: keys.DevelopmentPki, openssl: Callable[..., bytes], tmp_path: Path
) -> None:
    path = tmp_path / "certificates"
    everything = (*pki.seal.chain, pki.root)
    keys.write_certificates(path, everything)
    assert keys.read_reply(path.read_bytes()) == everything
    assert keys.read_reply(pki.root.der) == (pki.root,)
    for form in ("PEM", "DER"):
        bag = openssl("crl2pkcs7", "-nocrl", "-certfile", path, "-outform", form)
        assert set(keys.read_reply(bag)) == set(everything)
        assert keys.chain_for_key(keys.read_reply(bag), pki.seal.public_key) == pki.seal.chain
    # GB/T 35275 has an identifier of its own for the same structure.
    oids = (der.oid("1.2.840.113549.1.7.2"), der.oid("1.2.156.10197.6.1.4.2.2"))
    info = der.DerReader(bag).read_sequence()
    info.read_oid()
    assert set(keys.read_reply(der.sequence(oids[1], info.read_raw()))) == set(everything)
    with pytest.raises(keys.MalformedCertificateError):
        keys.read_reply(der.sequence(der.oid("1.2.840.113549.1.7.1"), der.context(0, der.octet_string(b""))))


def test_a_chain_is_put_in_order_and_checked_against_the_key(pki: keys.DevelopmentPki) -> None:
    key, (leaf, ca) = pki.seal.public_key, pki.seal.chain
    for returned in ((leaf, ca), (ca, leaf), (pki.root, ca, leaf), (leaf, leaf, ca), (pki.code.certificate, ca, leaf)):
        assert keys.chain_for_key(returned, key) == (leaf, ca)
    assert keys.chain_for_key((leaf,), key) == (leaf,)
    assert keys.chain_for_key((pki.root,), pki.root.public_key) == (pki.root,)
    with pytest.raises(keys.KeyUnusableError, match="no certificate"):
        keys.chain_for_key((ca, pki.root), key)
    with pytest.raises(keys.KeyUnusableError, match="no certificate"):
        keys.chain_for_key((), key)


def _issue(
    name: str, key: keys.PrivateKey, issuer: keys.Certificate | None, issuer_key: keys.PrivateKey, serial: int = 1
) -> keys.Certificate:
    return keys.make_certificate(
        subject=keys.Subject(common_name=name),
        public_key=key.public_key,
        issuer=issuer,
        issuer_key=issuer_key,
        serial=serial,
        not_before=AT,
        not_after=AT + timedelta(days=1),
        profile=keys.Profile.ISSUING_CA,
    )


def test_a_foreign_issuer_of_the_same_name_is_refused_and_a_renewed_one_found() -> None:
    ours, theirs, leaf_key = (keys.generate_private_key(keys.ECDSA_P256_SHA256) for _ in range(3))
    right, wrong = (_issue("CA", key, None, key) for key in (ours, theirs))
    leaf = _issue("leaf", leaf_key, right, ours)
    assert keys.chain_for_key((leaf, wrong, right), leaf_key.public_key) == (leaf,)
    with pytest.raises(keys.BadSignatureError):
        keys.chain_for_key((leaf, wrong), leaf_key.public_key)
    with pytest.raises(keys.KeyUnusableError, match="more than one"):
        keys.chain_for_key((leaf, _issue("leaf", leaf_key, right, ours, serial=2)), leaf_key.public_key)


def test_a_circle_of_issuers_ends() -> None:
    first, second = (keys.generate_private_key(keys.ECDSA_P256_SHA256) for _ in range(2))
    one = _issue("one", first, None, first)
    two = _issue("two", second, one, first)
    circle = _issue("one", first, two, second)
    with pytest.raises(keys.KeyUnusableError, match="too long"):
        keys.chain_for_key((circle, two), first.public_key)
