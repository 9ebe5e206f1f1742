"""Each row of the table against other implementations: openssl, PyCryptodome, asn1crypto; PSS parameters."""

from collections.abc import Callable
from pathlib import Path

import pytest
from asn1crypto import algos
from Cryptodome.Hash import SHA256, SHA384, SHA512
from Cryptodome.PublicKey import ECC, RSA
from Cryptodome.Signature import DSS, pkcs1_15, pss
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

import keys
from keys import der

OTHERS = [row for row in keys.ALGORITHMS if row is not keys.SM2_SM3]
ROWS = pytest.mark.parametrize("algorithm", OTHERS, ids=lambda row: row.name)
PSS_ROWS = [keys.RSA_PSS_SHA256, keys.RSA_PSS_SHA384, keys.RSA_PSS_SHA512]
MESSAGES = [b"", b"a", "电子证照".encode(), bytes(range(256)) * 40]
HASHES = {"sha256": SHA256, "sha384": SHA384, "sha512": SHA512}


def _options(algorithm: keys.Algorithm) -> list[str]:
    options = ["-rawin", "-digest", algorithm.digest]
    if algorithm in PSS_ROWS:
        options += ["-pkeyopt", "rsa_padding_mode:pss", "-pkeyopt", "rsa_pss_saltlen:digest"]
        options += ["-pkeyopt", f"rsa_mgf1_md:{algorithm.digest}"]
    return options


@ROWS
def test_openssl_and_we_accept_each_other(
    algorithm: keys.Algorithm, openssl: Callable[..., bytes], tmp_path: Path
) -> None:
    key, data, signature = tmp_path / "key", tmp_path / "data", tmp_path / "signature"
    ours = keys.generate_private_key(algorithm, rsa_bits=3072)
    key.write_bytes(ours.pkcs8())
    for message in MESSAGES[1:]:
        data.write_bytes(message)
        signature.write_bytes(ours.sign(message))
        openssl("pkeyutl", "-verify", "-inkey", key, "-in", data, "-sigfile", signature, *_options(algorithm))
        openssl("pkeyutl", "-sign", "-inkey", key, "-in", data, "-out", signature, *_options(algorithm))
        ours.public_key.verify_as(algorithm, signature.read_bytes(), message)
        data.write_bytes(message + b"x")
        signature.write_bytes(ours.sign(message))
        with pytest.raises(RuntimeError):
            openssl("pkeyutl", "-verify", "-inkey", key, "-in", data, "-sigfile", signature, *_options(algorithm))


@ROWS
@pytest.mark.parametrize("message", MESSAGES, ids=len)
def test_pycryptodome_and_we_accept_each_other(algorithm: keys.Algorithm, message: bytes) -> None:
    ours = keys.generate_private_key(algorithm)
    digest = HASHES[algorithm.digest].new(message)
    if algorithm.name.startswith("ecdsa"):
        theirs = DSS.new(ECC.import_key(ours.pkcs8()), "fips-186-3", encoding="der")
    else:
        theirs = (pss if algorithm in PSS_ROWS else pkcs1_15).new(RSA.import_key(ours.pkcs8()))
    theirs.verify(digest, ours.sign(message))
    ours.public_key.verify_as(algorithm, theirs.sign(digest), message)
    with pytest.raises(ValueError, match=r"[Ii]nvalid|Incorrect|not authentic"):
        theirs.verify(HASHES[algorithm.digest].new(message + b"x"), ours.sign(message))


@ROWS
def test_identifiers_are_what_their_names_say(algorithm: keys.Algorithm) -> None:
    theirs = algos.SignedDigestAlgorithm.load(algorithm.signature_identifier, strict=True)
    expected = {"rsa-pss": "rsassa_pss", "rsa": "rsassa_pkcs1v15", "ecdsa": "ecdsa"}
    kind = next(value for start, value in expected.items() if algorithm.name.startswith(start))
    assert (theirs.signature_algo, theirs.hash_algo) == (kind, algorithm.digest)
    if algorithm in PSS_ROWS:
        parameters = theirs["parameters"]
        assert parameters["mask_gen_algorithm"]["algorithm"].native == "mgf1"
        assert parameters["mask_gen_algorithm"]["parameters"]["algorithm"].native == algorithm.digest
        assert parameters["salt_length"].native == keys.digest_size(algorithm.digest)
        assert parameters["trailer_field"].native == "trailer_field_bc"


@pytest.mark.parametrize("algorithm", PSS_ROWS, ids=lambda row: row.name)
def test_openssl_writes_the_pss_parameters_that_we_read(
    algorithm: keys.Algorithm, openssl: Callable[..., bytes], tmp_path: Path
) -> None:
    key, path = tmp_path / "key", tmp_path / "certificate"
    key.write_bytes(keys.generate_private_key(keys.RSA_SHA256).pkcs8())
    options = [f"-{algorithm.digest}", "-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:digest"]
    openssl("req", "-new", "-x509", "-key", key, "-subj", "/CN=Root", "-days", "30", "-out", path, *options)
    (certificate,) = keys.load_certificates(path.read_bytes())
    assert certificate.algorithm is algorithm
    certificate.verify_issued_by(certificate)
    # A salt of another size is another algorithm, which the table does not have.
    options[-1] = "rsa_pss_saltlen:20"
    openssl("req", "-new", "-x509", "-key", key, "-subj", "/CN=Root", "-days", "30", "-out", path, *options)
    with pytest.raises(keys.MalformedCertificateError, match="other parameters"):
        keys.load_certificates(path.read_bytes())


def _pss(digest: str, mask: str, salt: int, *after: bytes) -> bytes:
    names = {"sha1": "1.3.14.3.2.26", "sha256": "2.16.840.1.101.3.4.2.1", "sha512": "2.16.840.1.101.3.4.2.3"}
    mask_function = der.sequence(der.oid("1.2.840.113549.1.1.8"), der.sequence(der.oid(names[mask]), der.null()))
    parameters = der.sequence(
        der.context(0, der.sequence(der.oid(names[digest]), der.null())),
        der.context(1, mask_function),
        der.context(2, der.integer(salt)),
        *after,
    )
    return der.sequence(der.oid("1.2.840.113549.1.1.10"), parameters)


def test_the_helper_makes_good_parameters() -> None:
    assert keys.read_algorithm(_pss("sha256", "sha256", 32)) == (keys.RSA_PSS_SHA256, frozenset())


@pytest.mark.parametrize(
    "identifier",
    [
        pytest.param(_pss("sha256", "sha512", 32), id="another mask digest"),
        pytest.param(_pss("sha512", "sha256", 64), id="a weaker mask digest"),
        pytest.param(_pss("sha1", "sha1", 20), id="SHA-1"),
        pytest.param(_pss("sha256", "sha256", 0), id="no salt"),
        pytest.param(_pss("sha256", "sha256", 20), id="the default salt"),
        pytest.param(_pss("sha256", "sha256", 222), id="the largest salt"),
        pytest.param(_pss("sha256", "sha256", -32), id="a negative salt"),
        pytest.param(_pss("sha256", "sha256", 32, der.context(3, der.integer(1))), id="the default trailer, written"),
        pytest.param(_pss("sha256", "sha256", 32, der.context(3, der.integer(2))), id="another trailer"),
        pytest.param(der.sequence(der.oid("1.2.840.113549.1.1.10"), der.sequence()), id="all defaults (SHA-1)"),
        pytest.param(der.sequence(der.oid("1.2.840.113549.1.1.10"), der.null()), id="NULL"),
        pytest.param(der.sequence(der.oid("1.2.840.113549.1.1.10")), id="no parameters"),
    ],
)
def test_other_pss_parameters_are_refused(identifier: bytes) -> None:
    with pytest.raises(keys.MalformedDerError, match="other parameters"):
        keys.read_algorithm(identifier)


@pytest.mark.parametrize("salt", [0, 20, 31, 33, 222])
def test_a_signature_with_another_salt_is_refused(salt: int) -> None:
    ours = keys.generate_private_key(keys.RSA_PSS_SHA256)
    key = serialization.load_pem_private_key(ours.pkcs8(), password=None)
    assert isinstance(key, rsa.RSAPrivateKey)
    scheme = padding.PSS(mgf=padding.MGF1(hashes.SHA256()), salt_length=salt)
    signature = key.sign(b"x", scheme, hashes.SHA256())
    with pytest.raises(keys.BadSignatureError):
        ours.public_key.verify_as(keys.RSA_PSS_SHA256, signature, b"x")
    mixed = padding.PSS(mgf=padding.MGF1(hashes.SHA512()), salt_length=32)
    with pytest.raises(keys.BadSignatureError):
        ours.public_key.verify_as(keys.RSA_PSS_SHA256, key.sign(b"x", mixed, hashes.SHA256()), b"x")


@pytest.mark.parametrize("identifier", [b"", b"\x30\x00", b"\x05\x00", der.sequence(der.null()), der.null() * 2])
def test_what_is_no_identifier_is_refused(identifier: bytes) -> None:
    with pytest.raises(keys.MalformedDerError):
        keys.read_algorithm(identifier)
    with pytest.raises(keys.UnsupportedAlgorithmError):
        keys.digest_size("md5")
