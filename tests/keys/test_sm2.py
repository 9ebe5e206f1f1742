"""SM2 against the published vectors, three other implementations, hostile input, threads and a memory reader."""

import base64
import os
import subprocess
import sys
import textwrap
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import gmalg
import gmssl_pyx
import pytest
from gmssl import sm2 as gmssl_sm2

import keys
from keys import der
from keys.errors import MalformedKeyError, ProviderMissingError
from keys.libcrypto import GENERATOR, ORDER, PRIME, KeyHandle, Libcrypto
from keys.sm2 import Sm2PublicKey, user_hash

Vectors = Callable[[str], dict[str, dict[str, str]]]
POINT_AT = 26
"""Where the 65-byte point starts in an SM2 SubjectPublicKeyInfo."""
MESSAGES = [b"", b"a", "电子证照".encode(), bytes(range(256)) * 40]


@pytest.fixture(scope="module")
def key() -> keys.ExportablePrivateKey:
    return keys.generate_private_key(keys.SM2_SM3)


@pytest.fixture(scope="module")
def provider() -> Libcrypto:
    return keys.default_libcrypto()


def _scalar(key: keys.ExportablePrivateKey) -> bytes:
    inner = _pkcs8_der(key.pkcs8())
    at = inner.index(b"\x02\x01\x01\x04\x20") + 5
    return inner[at : at + 32]


def _pkcs8_der(pem: bytes) -> bytes:
    return base64.b64decode(b"".join(pem.splitlines()[1:-1]))


def _pem(content: bytes) -> bytes:
    return b"-----BEGIN PRIVATE KEY-----\n" + base64.b64encode(content) + b"\n-----END PRIVATE KEY-----\n"


def _point(key: keys.PrivateKey) -> bytes:
    return key.public_key.spki[POINT_AT:]


def _pair(r: int, s: int) -> bytes:
    return der.sequence(der.integer(r), der.integer(s))


def _numbers(signature: bytes) -> tuple[int, int]:
    raw = keys.raw_signature(signature)
    return int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big")


def test_the_published_signature(vectors: Vectors) -> None:
    vector = vectors("sm2")["gbt-32918.5-a2-signature"]
    point, message = bytes.fromhex(vector["point"]), bytes.fromhex(vector["message"])
    public = Sm2PublicKey(point)
    assert user_hash(point).hex() == vector["z"]
    assert public.digest(message).hex() == vector["e"]
    signature = bytes.fromhex(vector["signature"])
    public.verify(signature, message)
    with pytest.raises(keys.BadSignatureError):
        public.verify(signature, message + b" ")


def test_the_published_key_signs(vectors: Vectors) -> None:
    vector = vectors("sm2")["gbt-32918.5-a2-signature"]
    scalar, point = bytearray.fromhex(vector["private_key"]), bytes.fromhex(vector["point"])
    provider = keys.default_libcrypto()
    handle = provider.load_private(scalar, point)
    assert scalar == bytes(32)
    e = bytes.fromhex(vector["e"])
    first, second = provider.sign_digest(handle, e), provider.sign_digest(handle, e)
    assert first != second
    assert provider.verify_digest(provider.load_public(point), e, first)


def test_a_digest_of_zeros_is_accepted(vectors: Vectors, provider: Libcrypto) -> None:
    vector = vectors("sm2")["e-is-zero"]
    public = provider.load_public(bytes.fromhex(vector["point"]))
    assert provider.verify_digest(public, bytes.fromhex(vector["e"]), bytes.fromhex(vector["signature"]))


@pytest.mark.parametrize("message", MESSAGES, ids=len)
def test_others_accept_our_signatures(key: keys.ExportablePrivateKey, message: bytes) -> None:
    signature = key.sign(message)
    raw, point = keys.raw_signature(signature), _point(key)
    assert gmalg.SM2(pk=point, uid=b"1234567812345678").verify(message, raw[:32], raw[32:])
    assert gmssl_pyx.sm2_verify(point[1:], message, signature)
    # Only raw signatures, and the bare point set by hand: its constructor damages keys and its DER reader is unsafe.
    pure = gmssl_sm2.CryptSM2(private_key=None, public_key="")
    pure.public_key = point[1:].hex()
    if message:
        assert pure.verify_with_sm3(raw.hex(), message)
        assert not pure.verify_with_sm3(raw.hex(), message + b"x")
    assert not gmssl_pyx.sm2_verify(point[1:], message + b"x", signature)


@pytest.mark.parametrize("size", [8191, 8192, 8193, 512 * 1024, 512 * 1024 + 1])
def test_a_known_beginning_changes_nothing(key: keys.PrivateKey, size: int) -> None:
    z = user_hash(_point(key))
    for end in (b"", b"one end", b"and another"):
        message = bytes(size - len(end)) + end
        for _ in range(2):
            assert key.public_key.digest(message) == keys.hash_bytes("sm3", z + message)  # type: ignore[attr-defined]
    other = keys.generate_private_key(keys.SM2_SM3)
    expected = keys.hash_bytes("sm3", user_hash(_point(other)) + bytes(size))
    assert other.public_key.digest(bytes(size)) == expected  # type: ignore[attr-defined]


@pytest.mark.parametrize("message", MESSAGES, ids=len)
def test_we_accept_the_signatures_of_others(message: bytes) -> None:
    key = keys.generate_private_key(keys.SM2_SM3)
    scalar, public = _scalar(key), key.public_key
    r, s = gmalg.SM2(sk=scalar, pk=_point(key), uid=b"1234567812345678").sign(message)
    raw = r.rjust(32, b"\0") + s.rjust(32, b"\0")  # gmalg leaves zeros at the beginning out
    public.verify(keys.der_signature(raw), message)
    public.verify(gmssl_pyx.sm2_sign(scalar, _point(key)[1:], message), message)
    with pytest.raises(keys.BadSignatureError):
        public.verify(keys.der_signature(raw), message + b"x")


def test_openssl_reads_our_keys_and_we_its(
    key: keys.ExportablePrivateKey, openssl: Callable[..., bytes], tmp_path: Path
) -> None:
    ours, data, signature = tmp_path / "ours", tmp_path / "data", tmp_path / "signature"
    ours.write_bytes(key.pkcs8())
    data.write_bytes(b"message")
    assert b"Key is valid" in openssl("pkey", "-in", ours, "-check", "-noout")
    assert openssl("pkey", "-in", ours, "-pubout", "-outform", "DER") == key.public_key.spki
    options = ("-rawin", "-digest", "sm3", "-pkeyopt", "distid:1234567812345678")
    openssl("pkeyutl", "-sign", "-inkey", ours, "-in", data, "-out", signature, *options)
    key.public_key.verify(signature.read_bytes(), b"message")
    # Another user id gives another Z: not ours, not accepted.
    openssl("pkeyutl", "-sign", "-inkey", ours, "-in", data, "-out", signature, *options[:3], "-pkeyopt", "distid:")
    with pytest.raises(keys.BadSignatureError):
        key.public_key.verify(signature.read_bytes(), b"message")

    theirs = openssl("genpkey", "-algorithm", "SM2")
    loaded = keys.load_private_key(theirs)
    assert loaded.pkcs8() == theirs
    signature.write_bytes(loaded.sign(b"message"))
    (tmp_path / "theirs").write_bytes(theirs)
    openssl("pkeyutl", "-verify", "-inkey", tmp_path / "theirs", "-in", data, "-sigfile", signature, *options)


def test_the_curve_may_be_repeated_inside_a_private_key(key: keys.ExportablePrivateKey) -> None:
    """Bouncy Castle and GmSSL write it so."""
    point = _point(key)
    inner = der.sequence(
        der.integer(1),
        der.octet_string(_scalar(key)),
        der.context(0, der.oid("1.2.156.10197.1.301")),
        der.context(1, der.bit_string(point)),
    )
    identifier = der.sequence(der.oid("1.2.840.10045.2.1"), der.oid("1.2.156.10197.1.301"))
    loaded = keys.load_private_key(_pem(der.sequence(der.integer(0), identifier, der.octet_string(inner))))
    assert loaded.pkcs8() == key.pkcs8()


MALFORMED: dict[str, Callable[[int, int], bytes]] = {
    "empty": lambda r, s: b"",
    "raw 64 bytes": lambda r, s: r.to_bytes(32, "big") + s.to_bytes(32, "big"),
    "byte after": lambda r, s: _pair(r, s) + b"\0",
    "second signature after": lambda r, s: _pair(r, s) * 2,
    "1 MiB after": lambda r, s: _pair(r, s) + bytes(2**20),
    "byte after inside": lambda r, s: der.sequence(der.integer(r), der.integer(s), b"\0"),
    "null after inside": lambda r, s: der.sequence(der.integer(r), der.integer(s), der.null()),
    "three numbers": lambda r, s: der.sequence(der.integer(r), der.integer(s), der.integer(s)),
    "one number": lambda r, s: der.sequence(der.integer(r)),
    "no number": lambda r, s: der.sequence(),
    "a set": lambda r, s: der.tlv(0x31, der.integer(r), der.integer(s)),
    "a primitive sequence": lambda r, s: der.tlv(0x10, der.integer(r), der.integer(s)),
    "inside an octet string": lambda r, s: der.octet_string(_pair(r, s)),
    "sequence in a sequence": lambda r, s: der.sequence(_pair(r, s)),
    "octet strings": lambda r, s: der.sequence(*(der.octet_string(n.to_bytes(32, "big")) for n in (r, s))),
    "bit strings": lambda r, s: der.sequence(*(der.bit_string(n.to_bytes(32, "big")) for n in (r, s))),
    "r constructed": lambda r, s: der.sequence(der.tlv(0x22, der.integer(r)), der.integer(s)),
    "r padded": lambda r, s: der.sequence(der.tlv(2, b"\0" + der.integer(r)[2:]), der.integer(s)),
    "s padded": lambda r, s: der.sequence(der.integer(r), der.tlv(2, b"\0" + der.integer(s)[2:])),
    "r empty": lambda r, s: der.sequence(der.tlv(2), der.integer(s)),
    "s empty": lambda r, s: der.sequence(der.integer(r), der.tlv(2)),
    "long length outside": lambda r, s: b"\x30\x81" + _pair(r, s)[1:],
    "longer length outside": lambda r, s: b"\x30\x82\x00" + _pair(r, s)[1:],
    "long length of r": lambda r, s: der.sequence(b"\x02\x81" + der.integer(r)[1:], der.integer(s)),
    "indefinite length": lambda r, s: b"\x30\x80" + _pair(r, s)[2:] + b"\0\0",
    "length one too large": lambda r, s: b"\x30" + bytes((_pair(r, s)[1] + 1,)) + _pair(r, s)[2:],
    "length one too small": lambda r, s: b"\x30" + bytes((_pair(r, s)[1] - 1,)) + _pair(r, s)[2:],
    "length of 4 GiB": lambda r, s: b"\x30\x84\xff\xff\xff\xff" + _pair(r, s)[2:],
    "r is 0": lambda r, s: _pair(0, s),
    "s is 0": lambda r, s: _pair(r, 0),
    "both are 0": lambda r, s: _pair(0, 0),
    "r negative": lambda r, s: _pair(-r, s),
    "s negative": lambda r, s: _pair(r, -s),
    "r is n": lambda r, s: _pair(ORDER, s),
    "s is n": lambda r, s: _pair(r, ORDER),
    "r + n": lambda r, s: _pair(r + ORDER, s),
    "s + n": lambda r, s: _pair(r, s + ORDER),
    "r + s is n": lambda r, s: _pair(r, ORDER - r),
    "s is n - s": lambda r, s: _pair(r, ORDER - s),
    "swapped": lambda r, s: _pair(s, r),
    "both are 1": lambda r, s: _pair(1, 1),
    "r of 100 kB": lambda r, s: _pair(r << 800_000, s),
}


@pytest.mark.parametrize("name", MALFORMED)
@pytest.mark.parametrize("algorithm", [keys.SM2_SM3, keys.ECDSA_P256_SHA256], ids=lambda row: row.name)
def test_malformed_signatures_are_refused(algorithm: keys.Algorithm, name: str) -> None:
    # For ECDSA n - s is the other valid form and r + n is above its own n.
    if algorithm is keys.ECDSA_P256_SHA256 and name == "s is n - s":
        return
    key = keys.generate_private_key(algorithm)
    r, s = _numbers(key.sign(b"message"))
    key.public_key.verify(_pair(r, s), b"message")
    with pytest.raises(keys.BadSignatureError):
        key.public_key.verify(MALFORMED[name](r, s), b"message")


@pytest.mark.parametrize("algorithm", keys.ALGORITHMS, ids=lambda row: row.name)
def test_no_flipped_bit_and_no_cut_is_accepted(algorithm: keys.Algorithm) -> None:
    key = keys.generate_private_key(algorithm)
    signature = key.sign(b"message")
    for bit in range(8 * len(signature)):
        flipped = bytearray(signature)
        flipped[bit // 8] ^= 1 << bit % 8
        with pytest.raises(keys.BadSignatureError):
            key.public_key.verify(bytes(flipped), b"message")
    for size in range(len(signature)):
        with pytest.raises(keys.BadSignatureError):
            key.public_key.verify(signature[:size], b"message")


def test_a_sum_at_infinity_is_refused(provider: Libcrypto, vectors: Vectors) -> None:
    """sG = -tP, which only the key's owner can build: a verifier that takes infinity for x = 0 accepts e = r."""
    vector = vectors("sm2")["gbt-32918.5-a2-signature"]
    d = int(vector["private_key"], 16)
    public = provider.load_public(bytes.fromhex(vector["point"]))
    for t in range(2, 40):
        s = -t * d % ORDER
        r = (t - s) % ORDER
        assert not provider.verify_digest(public, r.to_bytes(32, "big"), _pair(r, s))


def test_the_provider_itself_refuses_bad_numbers(provider: Libcrypto, key: keys.PrivateKey) -> None:
    """The second line of defence behind our own range check."""
    e = bytes(range(32))
    public = provider.load_public(_point(key))
    for pair in ((0, 1), (1, 0), (ORDER, 1), (1, ORDER), (1, ORDER - 1), (-1, 1), (2**300, 1)):
        assert not provider.verify_digest(public, e, _pair(*pair))
    assert not provider.verify_digest(public, e, b"")
    assert not provider.verify_digest(public, e[:31], _pair(1, 1))


def _unreduced_point() -> bytes:
    """A point of the curve whose x is written as x + p, which still fits 32 bytes."""
    a, b = PRIME - 3, 0x28E9FA9E9D9F5E344D5A9E4BCF6509A7F39789F515AB8F92DDBCBD414D940E93
    for x in range(100):
        square = (x**3 + a * x + b) % PRIME
        y = pow(square, (PRIME + 1) // 4, PRIME)
        if y * y % PRIME == square:
            return b"\4" + (x + PRIME).to_bytes(32, "big") + y.to_bytes(32, "big")
    raise AssertionError


BAD_POINTS = {
    "infinity": b"\0",
    "empty": b"",
    "bare coordinates": GENERATOR,
    "compressed": bytes((2 + GENERATOR[-1] % 2,)) + GENERATOR[:32],
    "hybrid": bytes((6 + GENERATOR[-1] % 2,)) + GENERATOR,
    "zeros": b"\4" + bytes(64),
    "off the curve": b"\4" + GENERATOR[:-1] + bytes((GENERATOR[-1] ^ 1,)),
    "x not reduced": _unreduced_point(),
    "y out of range": b"\4" + GENERATOR[:32] + b"\xff" * 32,
    "one byte short": b"\4" + GENERATOR[:-1],
    "one byte long": b"\4" + GENERATOR + b"\0",
    "on P-256": bytes.fromhex(
        "046b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"
        "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5"
    ),
}


@pytest.mark.parametrize("name", BAD_POINTS)
def test_bad_points_are_refused(name: str, provider: Libcrypto) -> None:
    spki = der.sequence(
        der.sequence(der.oid("1.2.840.10045.2.1"), der.oid("1.2.156.10197.1.301")), der.bit_string(BAD_POINTS[name])
    )
    with pytest.raises(MalformedKeyError):
        keys.load_public_key(spki)
    if name not in ("compressed", "hybrid"):  # legal forms of X9.62, which libcrypto reads
        with pytest.raises(MalformedKeyError):
            provider.load_public(BAD_POINTS[name])


@pytest.mark.parametrize("scalar", [0, ORDER - 1, ORDER, ORDER + 1, 2**256 - 1])
@pytest.mark.parametrize("point", ["-G", "G"])
def test_scalars_out_of_range_are_refused(scalar: int, point: str, provider: Libcrypto) -> None:
    y = int.from_bytes(GENERATOR[32:], "big")
    chosen = b"\4" + GENERATOR[:32] + (PRIME - y if point == "-G" else y).to_bytes(32, "big")
    buffer = bytearray(scalar.to_bytes(32, "big"))
    with pytest.raises(MalformedKeyError):
        provider.load_private(buffer, chosen)
    assert buffer == bytes(32)


@pytest.mark.parametrize("scalar", [1, ORDER - 2])
def test_the_smallest_and_largest_scalar_work(scalar: int, provider: Libcrypto) -> None:
    point = gmalg.SM2(sk=scalar.to_bytes(32, "big")).generate_pk(scalar.to_bytes(32, "big"))
    handle = provider.load_private(bytearray(scalar.to_bytes(32, "big")), point)
    e = bytes(32)
    assert provider.verify_digest(provider.load_public(point), e, provider.sign_digest(handle, e))


def test_the_public_part_of_another_key_is_refused(key: keys.PrivateKey, provider: Libcrypto) -> None:
    scalar = bytearray(b"\1" * 32)
    with pytest.raises(MalformedKeyError):
        provider.load_private(scalar, _point(key))


def test_no_flipped_bit_and_no_cut_of_a_private_key_is_accepted(key: keys.ExportablePrivateKey) -> None:
    content = _pkcs8_der(key.pkcs8())
    for bit in range(8 * len(content)):
        flipped = bytearray(content)
        flipped[bit // 8] ^= 1 << bit % 8
        with pytest.raises((MalformedKeyError, keys.UnsupportedAlgorithmError)):
            keys.load_private_key(_pem(bytes(flipped)))
    for size in range(len(content)):
        with pytest.raises((MalformedKeyError, keys.UnsupportedAlgorithmError)):
            keys.load_private_key(_pem(content[:size]))
    with pytest.raises(MalformedKeyError):
        keys.load_private_key(_pem(content + b"\0"))


def test_a_private_key_with_a_hybrid_point_is_refused(key: keys.ExportablePrivateKey) -> None:
    content, point = _pkcs8_der(key.pkcs8()), _point(key)
    hybrid = content.replace(point, bytes((6 + point[-1] % 2,)) + point[1:])
    with pytest.raises(MalformedKeyError, match="uncompressed"):
        keys.load_private_key(_pem(hybrid))


def test_a_private_key_without_its_public_part_is_refused(key: keys.ExportablePrivateKey) -> None:
    inner = der.sequence(der.integer(1), der.octet_string(_scalar(key)))
    identifier = der.sequence(der.oid("1.2.840.10045.2.1"), der.oid("1.2.156.10197.1.301"))
    with pytest.raises(MalformedKeyError, match="together with its public key"):
        keys.load_private_key(_pem(der.sequence(der.integer(0), identifier, der.octet_string(inner))))


def test_one_key_works_in_many_threads(key: keys.ExportablePrivateKey) -> None:
    public = keys.load_public_key(key.public_key.spki)

    def work(number: int) -> None:
        message = number.to_bytes(4, "big")
        signature = key.sign(message)
        public.verify(signature, message)
        with pytest.raises(keys.BadSignatureError):
            public.verify(signature, message + b"x")

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(200)))


def test_keys_are_equal_when_their_bytes_are(key: keys.ExportablePrivateKey) -> None:
    again = keys.load_public_key(key.public_key.spki)
    assert again == key.public_key
    assert len({again, key.public_key, keys.generate_private_key(keys.SM2_SM3).public_key}) == 2


def test_the_secret_is_not_shown(key: keys.ExportablePrivateKey) -> None:
    assert _scalar(key).hex() not in repr(key) + repr(vars(type(key)))


@pytest.mark.skipif(not Path("/proc/self/mem").exists(), reason="needs Linux's /proc")
def test_a_dropped_key_leaves_no_copy_in_memory(tmp_path: Path) -> None:
    """Another process reads the memory: libcrypto's own number while the key lives, nothing afterwards."""
    key = keys.generate_private_key(keys.SM2_SM3)
    path, scalar = tmp_path / "key.pem", _scalar(key)
    keys.write_private_key(path, key)
    program = textwrap.dedent("""
        import gc, sys, keys
        from keys.files import read_file
        pem = read_file(__import__("pathlib").Path(sys.argv[1]))
        key = keys.load_private_key(pem)
        pem[:] = bytes(len(pem))
        key.public_key.verify(key.sign(b"x"), b"x")
        print("loaded", flush=True); input()
        del key; gc.collect()
        print("dropped", flush=True); input()
    """)
    with subprocess.Popen(
        [sys.executable, "-c", program, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdin is not None
        assert child.stdout is not None
        found = {}
        for _ in range(2):
            step = child.stdout.readline().strip()
            found[step] = _copies(child.pid, scalar)
            child.stdin.write("\n")
            child.stdin.flush()
    assert found == {"loaded": 1, "dropped": 0}


def _copies(process: int, secret: bytes) -> int:
    """How often the secret stands in a process's memory, in either byte order."""
    count = 0
    with open(f"/proc/{process}/maps") as maps, open(f"/proc/{process}/mem", "rb", 0) as memory:
        for line in maps:
            bounds, rights = line.split()[:2]
            if not rights.startswith("rw"):
                continue
            start, end = (int(bound, 16) for bound in bounds.split("-"))
            memory.seek(start)
            try:
                content = memory.read(end - start)
            except OSError:
                continue
            count += content.count(secret) + content.count(secret[::-1])
    return count


@pytest.mark.parametrize("path", ["libm.so.6", "libcrypto-that-is-not-there.so.3"])
def test_a_library_that_is_not_libcrypto_is_refused(path: str) -> None:
    with pytest.raises(ProviderMissingError, match="install"):
        Libcrypto(path)


def test_a_libcrypto_without_sm2_is_refused(tmp_path: Path) -> None:
    """As on systems that build OpenSSL without SM2; here the default provider is switched off."""
    configuration = tmp_path / "openssl.cnf"
    configuration.write_text(
        "openssl_conf = init\n[init]\nproviders = some\n[some]\nnull = on\n[on]\nactivate = 1\n", "ascii"
    )
    program = textwrap.dedent("""
        from keys.libcrypto import Libcrypto
        from keys.errors import ProviderMissingError
        try:
            Libcrypto()
        except ProviderMissingError as error:
            print(error)
    """)
    environment = {**os.environ, "OPENSSL_CONF": str(configuration)}
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True, env=environment
    )
    assert done.stdout.startswith("signing with SM2 needs OpenSSL 3")


class AcceptsEverything(Libcrypto):
    """A library whose verification is broken."""

    def verify_digest(self, handle: KeyHandle, digest: bytes, signature: bytes) -> bool:
        return True


class AcceptsNothing(Libcrypto):
    """A library whose verification is broken the other way."""

    def verify_digest(self, handle: KeyHandle, digest: bytes, signature: bytes) -> bool:
        return False


class SignsSomethingElse(Libcrypto):
    """A library whose signing is broken."""

    def sign_digest(self, handle: KeyHandle, digest: bytes) -> bytes:
        return super().sign_digest(handle, digest[::-1])


class IgnoresHighBits(Libcrypto):
    """A library that reduces s modulo n instead of refusing it."""

    def verify_digest(self, handle: KeyHandle, digest: bytes, signature: bytes) -> bool:
        reader = der.DerReader(signature).read_sequence()
        r, s = reader.read_integer(), reader.read_integer()
        return super().verify_digest(handle, digest, _pair(r, s % ORDER))


class TakesAnyScalar(Libcrypto):
    """A library that loads d = n-1, as OpenSSL 3.0 does without its check."""

    def load_private(self, scalar: bytearray, point: bytes) -> KeyHandle:
        return self.load_public(point)


class RefusesGoodKeys(Libcrypto):
    """A library that knows no SM2 keys."""

    def load_public(self, point: bytes) -> KeyHandle:
        raise MalformedKeyError("no")


@pytest.mark.parametrize(
    "broken",
    [AcceptsEverything, AcceptsNothing, SignsSomethingElse, IgnoresHighBits, TakesAnyScalar, RefusesGoodKeys],
)
def test_the_self_test_finds_a_broken_library(broken: type[Libcrypto]) -> None:
    with pytest.raises(ProviderMissingError):
        broken()


def test_there_is_one_default_library() -> None:
    provider = keys.default_libcrypto()
    assert keys.default_libcrypto() is provider
    assert keys.default_libcrypto(provider.path) is provider
    with pytest.raises(ValueError, match="already"):
        keys.default_libcrypto("another.so")


def test_a_library_can_be_passed_in() -> None:
    provider = Libcrypto()
    key = keys.generate_private_key(keys.SM2_SM3, provider=provider)
    again = keys.load_private_key(key.pkcs8(), provider=provider)
    keys.load_public_key(key.public_key.spki, provider=provider).verify(again.sign(b"x"), b"x")


def test_a_handle_without_a_private_part_does_not_sign(provider: Libcrypto, key: keys.PrivateKey) -> None:
    with pytest.raises(keys.KeyUnusableError):
        provider.sign_digest(provider.load_public(_point(key)), bytes(32))
    with pytest.raises(keys.KeyUnusableError):
        provider.scalar(provider.load_public(_point(key)))
