"""Encrypted key files: PKCS#8 and PKCS#12 of every kind of key, against openssl and cryptography; hostile ones."""

import os
import shutil
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.ciphers import Cipher, modes
from cryptography.hazmat.primitives.ciphers.algorithms import SM4
from cryptography.hazmat.primitives.kdf.pbkdf2 import PBKDF2HMAC
from cryptography.hazmat.primitives.serialization import pkcs12
from hypothesis import given
from hypothesis import strategies as st

import keys
from keys import der
from keys.ber import to_der
from keys.pbe import MAX_ITERATIONS, encrypt, pkcs12_derive
from keys.pem import ENCRYPTED_PRIVATE_KEY, unwrapped, wrapped
from keys.pkcs8 import MAX_KEY_FILE
from keys.pkcs12 import MAX_PKCS12, is_pkcs12

AT = datetime(2026, 11, 21, tzinfo=UTC)
SECRET = "密码 secret".encode()
KINDS = (keys.SM2_SM3, keys.RSA_SHA256, keys.ECDSA_P256_SHA256, keys.ECDSA_P384_SHA384)
EACH_KIND = pytest.mark.parametrize("algorithm", KINDS, ids=lambda row: row.name)


def _secret() -> bytes:
    return SECRET


def _sealed(key: keys.ExportablePrivateKey, **changes: object) -> keys.Certificate:
    return keys.make_certificate(
        subject=keys.Subject(common_name="Seal"),
        public_key=key.public_key,
        issuer=None,
        issuer_key=key,
        serial=1,
        not_before=AT,
        not_after=AT + timedelta(days=1),
        profile=keys.Profile.SEAL,
    )


@pytest.fixture(scope="module")
def made() -> dict[str, keys.ExportablePrivateKey]:
    return {algorithm.name: keys.generate_private_key(algorithm) for algorithm in KINDS}


@EACH_KIND
def test_openssl_and_we_read_each_others_files(
    algorithm: keys.Algorithm, made: dict[str, keys.ExportablePrivateKey], openssl: Callable[..., bytes], tmp_path: Path
) -> None:
    key, plain, ours, secret = made[algorithm.name], tmp_path / "plain", tmp_path / "ours", tmp_path / "secret"
    secret.write_bytes(SECRET + b"\n")
    plain.write_bytes(key.pkcs8())
    ours.write_bytes(keys.encrypt_private_key(key, SECRET, random=os.urandom))
    shown = openssl("pkey", "-in", ours, "-passin", f"file:{secret}", "-pubout", "-outform", "DER")
    assert shown == key.public_key.spki
    assert keys.read_private_key(ours.read_bytes(), passphrase=_secret).pkcs8() == key.pkcs8()
    for options in (
        ("-v2", "aes-256-cbc"),
        ("-v2", "aes-128-cbc", "-v2prf", "hmacWithSHA1"),
        ("-v2", "aes-192-cbc", "-v2prf", "hmacWithSHA512"),
        ("-v2", "sm4-cbc"),
        ("-v2", "des3", "-v2prf", "hmacWithSHA384"),
        ("-v1", "PBE-SHA1-3DES"),
    ):
        for form in ("PEM", "DER"):
            command = ("pkcs8", "-topk8", "-in", plain, "-passout", f"file:{secret}", "-outform", form, *options)
            theirs = openssl(*command)
            assert keys.read_private_key(bytearray(theirs), passphrase=_secret).pkcs8() == key.pkcs8()
            with pytest.raises((keys.MalformedKeyError, keys.UnsupportedAlgorithmError)):
                keys.read_private_key(theirs, passphrase=lambda: b"wrong")


@EACH_KIND
def test_plain_files_are_read_in_both_forms(
    algorithm: keys.Algorithm, made: dict[str, keys.ExportablePrivateKey]
) -> None:
    key = made[algorithm.name]
    for content in (key.pkcs8(), bytes(unwrapped(key.pkcs8()))):
        assert keys.read_private_key(content).pkcs8() == key.pkcs8()


def test_cryptography_reads_our_files(made: dict[str, keys.ExportablePrivateKey]) -> None:
    for name in ("rsa", "ecdsa-p256"):
        pem = keys.encrypt_private_key(made[name], SECRET, random=os.urandom)
        theirs = serialization.load_pem_private_key(pem, password=SECRET)
        spki = theirs.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        assert spki == made[name].public_key.spki


def test_the_salt_is_the_callers_and_the_rest_is_fixed(made: dict[str, keys.ExportablePrivateKey]) -> None:
    first, second = (keys.encrypt_private_key(made["sm2"], SECRET, random=lambda size: b"\7" * size) for _ in "12")
    assert first == second
    assert first != keys.encrypt_private_key(made["sm2"], SECRET, random=os.urandom)
    with pytest.raises(ValueError, match="empty"):
        keys.encrypt_private_key(made["sm2"], b"", random=os.urandom)


def _gm(content: bytes, oids: tuple[str, str, str, str], iterations: int = 1000, salt: bytes = b"s" * 8) -> bytes:
    """Encrypt with HMAC-SM3 and SM4 as GmSSL does, and under the identifiers of GM/T 0091."""
    scheme, kdf, prf, cipher = oids
    vector, pad = b"v" * 16, 16 - len(content) % 16
    key = PBKDF2HMAC(hashes.SM3(), 16, salt, iterations).derive(SECRET) if iterations < 10**6 else bytes(16)
    encryptor = Cipher(SM4(key), modes.CBC(vector)).encryptor()
    encrypted = encryptor.update(content + bytes((pad,)) * pad) + encryptor.finalize()
    parameters = der.sequence(
        der.octet_string(salt), der.integer(iterations), der.integer(16), der.sequence(der.oid(prf), der.null())
    )
    identifier = der.sequence(
        der.oid(scheme),
        der.sequence(der.sequence(der.oid(kdf), parameters), der.sequence(der.oid(cipher), der.octet_string(vector))),
    )
    return der.sequence(identifier, der.octet_string(encrypted))


GMSSL = ("1.2.840.113549.1.5.13", "1.2.840.113549.1.5.12", "1.2.156.10197.1.401.2", "1.2.156.10197.1.104.2")
GMT_0091 = (
    "1.2.156.10197.6.1.4.1.5.2",
    "1.2.156.10197.6.1.4.1.5.1",
    "1.2.156.10197.1.401.3.1",
    "1.2.156.10197.6.1.4.1.12.1.1",
)


@pytest.mark.parametrize("oids", [GMSSL, GMT_0091], ids=["GmSSL", "GM/T 0091"])
def test_sm3_and_sm4_are_read(oids: tuple[str, str, str, str], made: dict[str, keys.ExportablePrivateKey]) -> None:
    key = made["sm2"]
    content = _gm(bytes(unwrapped(key.pkcs8())), oids)
    assert keys.read_private_key(content, passphrase=_secret).pkcs8() == key.pkcs8()


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(_gm(b"x", GMSSL, salt=b""), id="no salt"),
        pytest.param(_gm(b"x", GMSSL, iterations=MAX_ITERATIONS + 1), id="too many rounds"),
        pytest.param(_gm(b"x", GMSSL, iterations=2**60), id="far too many rounds"),
        pytest.param(_gm(b"x", (GMSSL[0], GMSSL[1], "1.2.3", GMSSL[3])), id="unknown PRF"),
        pytest.param(_gm(b"x", (GMSSL[0], GMSSL[1], GMSSL[2], "1.2.3")), id="unknown cipher"),
        pytest.param(_gm(b"x", (GMSSL[0], "1.3.6.1.4.1.11591.4.11", GMSSL[2], GMSSL[3])), id="scrypt"),
        pytest.param(_gm(b"x", ("1.2.840.113549.1.5.3", *GMSSL[1:])), id="PBES1 with MD5 and DES"),
        pytest.param(_gm(b"x", (*GMSSL[:3], "2.16.840.1.101.3.4.1.42")), id="key of another size"),
        pytest.param(_gm(b"not a key", GMSSL), id="no key inside"),
        pytest.param(_gm(b"", GMSSL), id="nothing inside"),
        pytest.param(_gm(b"x", GMSSL)[:-1], id="cut short"),
        pytest.param(_gm(b"x", GMSSL) + b"\0", id="byte after"),
        pytest.param(b"\x30" * (MAX_KEY_FILE + 1), id="too large"),
        pytest.param(b"\x30\x02\x30\x00", id="empty identifier"),
        pytest.param(b"-----BEGIN ENCRYPTED PRIVATE KEY-----\nMAA=\n-----END ENCRYPTED PRIVATE KEY-----", id="empty"),
        pytest.param(b"-----BEGIN ENCRYPTED PRIVATE KEY-----", id="only a beginning"),
        pytest.param(b"-----BEGIN RSA PRIVATE KEY-----\nMAA=\n-----END RSA PRIVATE KEY-----", id="PKCS#1"),
    ],
)
def test_other_encrypted_files_are_refused(content: bytes) -> None:
    with pytest.raises((keys.MalformedKeyError, keys.UnsupportedAlgorithmError)) as caught:
        keys.read_private_key(content, passphrase=_secret)
    assert "secret" not in str(caught.value)


def test_a_passphrase_is_asked_only_when_it_is_needed(made: dict[str, keys.ExportablePrivateKey]) -> None:
    def never() -> bytes:
        raise AssertionError

    assert keys.read_private_key(made["sm2"].pkcs8(), passphrase=never)
    with pytest.raises(keys.KeyUnusableError, match="no source of its passphrase"):
        keys.read_private_key(keys.encrypt_private_key(made["sm2"], SECRET, random=os.urandom))


@EACH_KIND
def test_pkcs12_of_openssl_is_read(
    algorithm: keys.Algorithm, made: dict[str, keys.ExportablePrivateKey], openssl: Callable[..., bytes], tmp_path: Path
) -> None:
    key, plain, chain, secret = made[algorithm.name], tmp_path / "key", tmp_path / "chain", tmp_path / "secret"
    certificate = _sealed(key)
    secret.write_bytes(SECRET + b"\n")
    plain.write_bytes(key.pkcs8())
    keys.write_certificates(chain, [certificate])
    for options in (
        (),
        ("-macalg", "sha384"),
        ("-macalg", "sha512", "-certpbe", "NONE"),
        ("-keypbe", "sm4-cbc", "-certpbe", "sm4-cbc", "-macalg", "sm3"),
        ("-keypbe", "PBE-SHA1-3DES", "-certpbe", "PBE-SHA1-3DES", "-macalg", "sha1"),
        ("-keypbe", "NONE", "-certpbe", "NONE"),
        ("-name", "印章"),
    ):
        command = ("pkcs12", "-export", "-inkey", plain, "-in", chain, "-passout", f"file:{secret}", *options)
        content = openssl(*command)
        assert is_pkcs12(content)
        store = keys.read_pkcs12(content, SECRET)
        assert store.private_key.pkcs8() == key.pkcs8()
        assert store.certificates == (certificate,)
        with pytest.raises(keys.KeyUnusableError, match="wrong passphrase"):
            keys.read_pkcs12(content, b"wrong")
        with pytest.raises(keys.KeyUnusableError, match="wrong passphrase"):
            keys.read_pkcs12(content[:200] + bytes((content[200] ^ 1,)) + content[201:], SECRET)
    assert key.pkcs8().splitlines()[1].decode() not in repr(store)


def test_pkcs12_of_cryptography_is_read_and_its_derivation_is_ours(made: dict[str, keys.ExportablePrivateKey]) -> None:
    for name in ("rsa", "ecdsa-p384"):
        key = serialization.load_pem_private_key(made[name].pkcs8(), password=None)
        for encryption in (
            serialization.BestAvailableEncryption(SECRET),
            serialization.PrivateFormat.PKCS12.encryption_builder()
            .key_cert_algorithm(pkcs12.PBES.PBESv1SHA1And3KeyTripleDESCBC)
            .hmac_hash(hashes.SHA512())
            .kdf_rounds(3)
            .build(SECRET),
        ):
            content = pkcs12.serialize_key_and_certificates(b"name", key, None, None, encryption)  # type: ignore[arg-type]
            assert keys.read_pkcs12(content, SECRET).private_key.pkcs8() == made[name].pkcs8()
    # A published value: pkcs12 test vector of RFC 7292's algorithm, password "smeg", SHA-1.
    assert pkcs12_derive("sha1", 1, b"smeg", bytes.fromhex("0a58cf64530d823f"), 1, 24).hex() == (
        "8aaae6297b6cb04642ab5b077851284eb7128f1a2a7fbca3"
    )


def test_old_and_odd_pkcs12_files_are_refused_with_a_reason(
    made: dict[str, keys.ExportablePrivateKey], openssl: Callable[..., bytes], tmp_path: Path
) -> None:
    plain, chain = tmp_path / "key", tmp_path / "chain"
    plain.write_bytes(made["sm2"].pkcs8())
    keys.write_certificates(chain, [_sealed(made["sm2"])])
    command = ("pkcs12", "-export", "-inkey", plain, "-in", chain, "-passout", "pass:x")
    with pytest.raises(keys.UnsupportedAlgorithmError, match="write it anew with AES-256"):
        keys.read_pkcs12(openssl(*command, "-legacy", "-certpbe", "PBE-SHA1-RC2-40"), b"x")
    with pytest.raises(keys.KeyUnusableError, match="no MAC"):
        keys.read_pkcs12(openssl(*command, "-nomac"), b"x")
    with pytest.raises(keys.MalformedKeyError, match="exactly one private key"):
        keys.read_pkcs12(openssl("pkcs12", "-export", "-nokeys", "-in", chain, "-passout", "pass:x"), b"x")
    good = openssl(*command)
    with pytest.raises(keys.MalformedKeyError, match="damaged"):
        keys.read_pkcs12(good + b"\0", b"x")
    with pytest.raises(keys.MalformedKeyError, match="too large"):
        keys.read_pkcs12(bytes(MAX_PKCS12 + 1), b"x")


def test_no_flipped_byte_and_no_cut_of_a_pkcs12_file_escapes(
    made: dict[str, keys.ExportablePrivateKey], openssl: Callable[..., bytes], tmp_path: Path
) -> None:
    plain, chain = tmp_path / "key", tmp_path / "chain"
    plain.write_bytes(made["sm2"].pkcs8())
    keys.write_certificates(chain, [_sealed(made["sm2"])])
    command = ("pkcs12", "-export", "-inkey", plain, "-in", chain, "-passout", "pass:x", "-iter", "1", "-maciter")
    good = openssl(*command)
    for at in range(len(good)):
        for changed in (good[:at], good[:at] + bytes((good[at] ^ 0x55,)) + good[at + 1 :]):
            with pytest.raises(keys.KeysError):
                keys.read_pkcs12(changed, b"x")


def _indefinite(data: bytes) -> bytes:
    """Write DER as Bouncy Castle does: indefinite lengths, octet strings in pieces."""
    reader, result = der.DerReader(data), b""
    while not reader.at_end:
        element = reader.element()
        if element.tag & 0x20:
            result += bytes((element.tag, 0x80)) + _indefinite(element.content) + b"\0\0"
        elif element.tag == der.OCTET_STRING:
            pieces = (element.content[at : at + 7] for at in range(0, len(element.content), 7))
            result += b"\x24\x80" + b"".join(map(der.octet_string, pieces)) + b"\0\0"
        else:
            result += element.raw
    return result


def test_ber_becomes_the_same_der(
    made: dict[str, keys.ExportablePrivateKey], openssl: Callable[..., bytes], tmp_path: Path
) -> None:
    plain, chain = tmp_path / "key", tmp_path / "chain"
    plain.write_bytes(made["sm2"].pkcs8())
    keys.write_certificates(chain, [_sealed(made["sm2"])])
    good = openssl("pkcs12", "-export", "-inkey", plain, "-in", chain, "-passout", "pass:x")
    ber = _indefinite(good)
    assert to_der(ber) == to_der(good) == good
    assert is_pkcs12(ber)
    assert keys.read_pkcs12(ber, b"x").private_key.pkcs8() == made["sm2"].pkcs8()
    for size in range(len(ber)):
        with pytest.raises(keys.MalformedDerError):
            to_der(ber[:size])


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"\x30\x80" * 5000, id="nested without end"),
        pytest.param(b"\x30\x80" * 30 + b"\0\0" * 30, id="nested too deeply"),
        pytest.param(b"\x04\x80a\0\0", id="primitive without length"),
        pytest.param(b"\x30\x85\0\0\0\0\0", id="length of five bytes"),
        pytest.param(b"\x30\x84\xff\xff\xff\xff", id="length of 4 GiB"),
        pytest.param(b"\x30\xff", id="reserved length"),
        pytest.param(b"\x30\x02\x04\x01", id="child longer than its parent"),
        pytest.param(b"\x24\x03\x02\x01\x01", id="octet string of a number"),
        pytest.param(b"\x30\x04\0\0\x05\0", id="end where no end is"),
        pytest.param(b"\x1f\x81\x01\x00", id="long tag"),
        pytest.param(b"\x05\0\x05\0", id="two elements"),
    ],
)
def test_bad_ber_is_refused(data: bytes) -> None:
    with pytest.raises(keys.MalformedDerError):
        to_der(data)


JARS = ":".join(f"/usr/share/java/{name}.jar" for name in ("bcprov", "bcpkix", "bcutil"))


def test_files_of_bouncy_castle_are_read(tmp_path: Path) -> None:
    """An SM2 key as Java programs write it; PKCS#12 with indefinite lengths."""
    if shutil.which("javac") is None or not Path("/usr/share/java/bcpkix.jar").exists():
        pytest.skip("Java or Bouncy Castle is missing: install default-jdk-headless and libbcpkix-java")
    source = Path(__file__).with_name("BouncyKeys.java")
    for command in (
        ("javac", "-d", tmp_path, "-cp", JARS, source),
        ("java", "-cp", f"{JARS}:{tmp_path}", "BouncyKeys", tmp_path),
    ):
        subprocess.run(list(map(str, command)), capture_output=True, timeout=120, check=True)
    spki = (tmp_path / "public").read_bytes()
    for name in ("plain", "encrypted"):
        key = keys.read_private_key((tmp_path / name).read_bytes(), passphrase=lambda: b"secret")
        assert key.public_key.spki == spki
    content = (tmp_path / "triple-des.p12").read_bytes()
    assert content[:2] == b"\x30\x80"
    store = keys.read_pkcs12(content, b"secret")
    assert store.private_key.public_key.spki == spki
    (certificate,) = store.certificates
    certificate.verify_issued_by(certificate)
    assert keys.read_reply((tmp_path / "certificate").read_bytes()) == (certificate,)


@given(st.binary(max_size=200))
def test_any_bytes_are_refused(data: bytes) -> None:
    is_pkcs12(data)
    for content in (data, b"\x30" + data):
        with pytest.raises(keys.KeysError):
            keys.read_pkcs12(content, b"x")
        with pytest.raises(keys.KeysError):
            keys.read_private_key(content, passphrase=_secret)


@pytest.mark.parametrize("plain", [b"", b"0", b"0\x80", b"0\x05abc", b"0\x02abc", b"0\x82\0", bytes(40)], ids=range(7))
def test_a_wrong_passphrase_whose_padding_happens_to_be_right(plain: bytes) -> None:
    identifier, content = encrypt(plain, SECRET, random=bytes)
    file = wrapped(der.sequence(identifier, der.octet_string(content)), ENCRYPTED_PRIVATE_KEY)
    with pytest.raises(keys.MalformedKeyError, match="wrong passphrase"):
        keys.read_private_key(file, passphrase=_secret)
