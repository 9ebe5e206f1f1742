"""RSA and ECDSA keys, and the loading of all kinds."""

import base64
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes, PublicKeyTypes
from hypothesis import given
from hypothesis import strategies as st

import keys
from keys import der

REFUSED = (keys.MalformedKeyError, keys.UnsupportedAlgorithmError)
ROWS = pytest.mark.parametrize("algorithm", keys.ALGORITHMS, ids=lambda row: row.name)
KINDS = (keys.SM2_SM3, keys.RSA_SHA256, keys.ECDSA_P256_SHA256, keys.ECDSA_P384_SHA384)
EACH_KIND = pytest.mark.parametrize("algorithm", KINDS, ids=lambda row: row.name)


def _spki(key: PublicKeyTypes) -> bytes:
    return key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)


def _pem(
    key: PrivateKeyTypes,
    encryption: serialization.KeySerializationEncryption | None = None,
    form: serialization.PrivateFormat = serialization.PrivateFormat.PKCS8,
) -> bytes:
    return key.private_bytes(serialization.Encoding.PEM, form, encryption or serialization.NoEncryption())


@ROWS
def test_keys_come_back(algorithm: keys.Algorithm) -> None:
    key = keys.generate_private_key(algorithm)
    assert key.algorithm is algorithm
    loaded = keys.load_private_key(key.pkcs8(), algorithm=algorithm)
    assert loaded.algorithm is algorithm
    assert loaded.pkcs8() == key.pkcs8()
    public = keys.load_public_key(key.public_key.spki)
    assert public == loaded.public_key == key.public_key
    assert public != keys.generate_private_key(algorithm).public_key
    assert len({public, loaded.public_key}) == 1
    public.verify_as(algorithm, loaded.sign(b"message"), b"message")
    with pytest.raises(keys.BadSignatureError):
        public.verify_as(algorithm, loaded.sign(b"message"), b"massage")


@EACH_KIND
def test_a_key_is_loaded_for_its_own_algorithms_only(algorithm: keys.Algorithm) -> None:
    pem = keys.generate_private_key(algorithm).pkcs8()
    assert keys.load_private_key(pem).algorithm is algorithm
    for other in KINDS:
        if other is not algorithm:
            with pytest.raises(keys.UnsupportedAlgorithmError):
                keys.load_private_key(pem, algorithm=other)


@pytest.mark.parametrize("bits", [2048, 3072, 4096])
def test_rsa_keys_are_made_in_three_sizes(bits: int) -> None:
    public = serialization.load_der_public_key(
        keys.generate_private_key(keys.RSA_PSS_SHA512, rsa_bits=bits).public_key.spki
    )
    assert isinstance(public, rsa.RSAPublicKey)
    assert public.key_size == bits


@pytest.mark.parametrize("bits", [1024, 2047, 8192])
def test_rsa_keys_of_other_sizes_are_not_made(bits: int) -> None:
    with pytest.raises(keys.UnsupportedAlgorithmError):
        keys.generate_private_key(keys.RSA_SHA256, rsa_bits=bits)


@EACH_KIND
def test_a_bytearray_and_windows_line_ends_load(algorithm: keys.Algorithm) -> None:
    key = keys.generate_private_key(algorithm)
    pem = bytearray(key.pkcs8().replace(b"\n", b"\r\n"))
    before = bytes(pem)
    assert keys.load_private_key(pem).pkcs8() == key.pkcs8()
    assert pem == before


@EACH_KIND
def test_a_signature_of_another_key_is_refused(algorithm: keys.Algorithm) -> None:
    public = keys.generate_private_key(algorithm).public_key
    for other in KINDS:
        with pytest.raises(keys.BadSignatureError):
            public.verify(keys.generate_private_key(other).sign(b"x"), b"x")


@EACH_KIND
def test_a_signature_verifies_as_what_it_is_only(algorithm: keys.Algorithm) -> None:
    pem = keys.generate_private_key(algorithm).pkcs8()
    rows = keys.ALGORITHMS if algorithm is keys.RSA_SHA256 else (algorithm,)
    own = [row for row in rows if row.name.startswith("rsa") or row is algorithm]
    for signed in own:
        key = keys.load_private_key(pem, algorithm=signed)
        signature = key.sign(b"message")
        for claimed in keys.ALGORITHMS:
            if claimed is signed:
                key.public_key.verify_as(claimed, signature, b"message")
            else:
                with pytest.raises(keys.BadSignatureError):
                    key.public_key.verify_as(claimed, signature, b"message")


def test_signatures_are_what_their_names_say() -> None:
    rsa_key, ec_key = (keys.generate_private_key(row) for row in (keys.RSA_SHA256, keys.ECDSA_P256_SHA256))
    rsa_public = serialization.load_der_public_key(rsa_key.public_key.spki)
    assert isinstance(rsa_public, rsa.RSAPublicKey)
    assert (rsa_public.key_size, rsa_public.public_numbers().e) == (2048, 65537)
    rsa_public.verify(rsa_key.sign(b"x"), b"x", padding.PKCS1v15(), hashes.SHA256())
    ec_public = serialization.load_der_public_key(ec_key.public_key.spki)
    assert isinstance(ec_public, ec.EllipticCurvePublicKey)
    ec_public.verify(ec_key.sign(b"x"), b"x", ec.ECDSA(hashes.SHA256()))


def test_openssl_reads_our_keys_and_we_its(openssl: Callable[..., bytes], tmp_path: Path) -> None:
    for algorithm, arguments in (
        (keys.RSA_SHA256, ("-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048")),
        (keys.ECDSA_P256_SHA256, ("-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256")),
    ):
        theirs = keys.load_private_key(openssl("genpkey", *arguments))
        assert theirs.algorithm is algorithm
        path = tmp_path / algorithm.name
        path.write_bytes(theirs.pkcs8())
        assert openssl("pkey", "-in", path, "-pubout", "-outform", "DER") == theirs.public_key.spki


SMALL_RSA = rsa.generate_private_key(public_exponent=65537, key_size=1024)  # noqa: S505
P521 = ec.generate_private_key(ec.SECP521R1())
# Every process of a test run loads this file, and parameters of 2048 bits take seconds to find.
DSA = dsa.generate_private_key(1024)  # noqa: S505


@pytest.mark.parametrize(
    "pem",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"\0" * 100, id="zeros"),
        pytest.param(b"-----BEGIN PRIVATE KEY----------END PRIVATE KEY-----", id="no content"),
        pytest.param(b"-----BEGIN PRIVATE KEY-----\nMAA\n-----END PRIVATE KEY-----", id="three characters"),
        pytest.param(b"-----BEGIN PRIVATE KEY-----\nMA=A\n-----END PRIVATE KEY-----", id="padding inside four"),
        pytest.param(b"-----BEGIN PRIVATE KEY-----\nMA*=\n-----END PRIVATE KEY-----", id="not base64"),
        pytest.param(b"-----BEGIN PRIVATE KEY-----\nMAA=\n-----END PRIVATE KEY-----", id="empty sequence"),
        pytest.param(b"-----BEGIN PRIVATE KEY-----\nMA==\n-----END PRIVATE KEY-----", id="one byte"),
        pytest.param(b"-----BEGIN PRIVATE KEY-----", id="only a beginning"),
        pytest.param(b"-----END PRIVATE KEY-----", id="only an end"),
        pytest.param(_pem(SMALL_RSA), id="RSA-1024"),
        pytest.param(_pem(P521), id="P-521"),
        pytest.param(_pem(ed25519.Ed25519PrivateKey.generate()), id="Ed25519"),
        pytest.param(_pem(DSA), id="DSA"),
        pytest.param(_pem(P521, serialization.BestAvailableEncryption(b"password")), id="encrypted"),
        pytest.param(_pem(P521, form=serialization.PrivateFormat.TraditionalOpenSSL), id="SEC1"),
    ],
)
def test_other_private_keys_are_refused(pem: bytes) -> None:
    with pytest.raises(REFUSED):
        keys.load_private_key(pem)


@EACH_KIND
def test_damaged_private_keys_are_refused(algorithm: keys.Algorithm) -> None:
    pem = keys.generate_private_key(algorithm).pkcs8()
    for damaged in (pem + pem, b"text\n" + pem, pem + b"text", pem[:-2], pem[1:], pem.replace(b"PRIVATE", b"SECRET")):
        with pytest.raises(REFUSED):
            keys.load_private_key(damaged)
    content = base64.b64decode(b"".join(pem.splitlines()[1:-1]))
    for wrong in (content[:-1], content + b"\0", b"\x31" + content[1:], content[:40] + bytes(len(content) - 40)):
        with pytest.raises(REFUSED):
            keys.load_private_key(
                b"-----BEGIN PRIVATE KEY-----\n" + base64.b64encode(wrong) + b"\n-----END PRIVATE KEY-----\n"
            )


def _rsa_spki(n: int, e: int) -> bytes:
    numbers = der.sequence(der.integer(n), der.integer(e))
    return der.sequence(
        der.sequence(der.oid("1.2.840.113549.1.1.1"), der.null()),
        der.bit_string(numbers),
    )


MODULUS = rsa.generate_private_key(public_exponent=65537, key_size=2048).public_key().public_numbers().n


def test_the_helper_makes_good_rsa_keys() -> None:
    assert keys.load_public_key(_rsa_spki(MODULUS, 65537)).algorithm is keys.RSA_SHA256


@pytest.mark.parametrize(
    "spki",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"\x30\x00", id="empty sequence"),
        pytest.param(b"\x30" * 3000, id="too large"),
        pytest.param(_spki(SMALL_RSA.public_key()), id="RSA-1024"),
        pytest.param(_rsa_spki(MODULUS, 3), id="RSA exponent 3"),
        pytest.param(_rsa_spki(MODULUS, 65536), id="RSA exponent even"),
        pytest.param(_rsa_spki(MODULUS, 2**32 + 1), id="RSA exponent large"),
        pytest.param(_rsa_spki(MODULUS, -65537), id="RSA exponent negative"),
        pytest.param(_rsa_spki(MODULUS - 1, 65537), id="RSA modulus even"),
        pytest.param(_rsa_spki(-MODULUS, 65537), id="RSA modulus negative"),
        pytest.param(_rsa_spki(0, 65537), id="RSA modulus zero"),
        pytest.param(_rsa_spki(2**8192 + 1, 65537), id="RSA-8193"),
        pytest.param(_rsa_spki(MODULUS, 65537) + b"\0", id="byte after"),
        pytest.param(_spki(P521.public_key()), id="P-521"),
        pytest.param(_spki(ed25519.Ed25519PrivateKey.generate().public_key()), id="Ed25519"),
        pytest.param(
            ec.generate_private_key(ec.SECP256R1())
            .public_key()
            .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo),
            id="PEM",
        ),
    ],
)
def test_other_public_keys_are_refused(spki: bytes) -> None:
    with pytest.raises(REFUSED):
        keys.load_public_key(spki)


def _p256_spki(point: bytes) -> bytes:
    identifier = der.sequence(der.oid("1.2.840.10045.2.1"), der.oid("1.2.840.10045.3.1.7"))
    return der.sequence(identifier, der.bit_string(point))


def test_bad_p256_points_are_refused() -> None:
    public = ec.generate_private_key(ec.SECP256R1()).public_key()
    point = public.public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)
    assert keys.load_public_key(_p256_spki(point)).spki == _spki(public)
    compressed = public.public_bytes(serialization.Encoding.X962, serialization.PublicFormat.CompressedPoint)
    hybrid = bytes((6 + point[-1] % 2,)) + point[1:]
    off = point[:-1] + bytes((point[-1] ^ 1,))
    for bad in (b"", b"\0", point[1:], point[:-1], point + b"\0", compressed, hybrid, off, b"\4" + bytes(64)):
        with pytest.raises(keys.MalformedKeyError):
            keys.load_public_key(_p256_spki(bad))


@EACH_KIND
def test_a_flipped_bit_in_a_public_key_never_escapes(algorithm: keys.Algorithm) -> None:
    key = keys.generate_private_key(algorithm)
    spki, signature = key.public_key.spki, key.sign(b"x")
    for bit in range(8 * len(spki)):
        flipped = bytearray(spki)
        flipped[bit // 8] ^= 1 << bit % 8
        try:
            other = keys.load_public_key(bytes(flipped))
        except REFUSED:
            continue
        # An RSA modulus with another bit is a number like any other.
        assert algorithm is keys.RSA_SHA256
        with pytest.raises(keys.BadSignatureError):
            other.verify(signature, b"x")


@given(st.binary(max_size=200))
def test_any_bytes_are_refused_as_a_key(data: bytes) -> None:
    with pytest.raises(REFUSED):
        keys.load_public_key(data)
    with pytest.raises(REFUSED):
        keys.load_private_key(data)
    with pytest.raises(REFUSED):
        keys.load_private_key(
            b"-----BEGIN PRIVATE KEY-----\n" + base64.b64encode(data) + b"\n-----END PRIVATE KEY-----\n"
        )


def test_an_unknown_algorithm_has_no_keys() -> None:
    other = keys.Algorithm(
        name="x", title="x", digest="sha256", signature_oid="1.2.3", digest_oid="1.2.3", signature_parameters=b""
    )
    with pytest.raises(keys.UnsupportedAlgorithmError):
        keys.generate_private_key(other)
