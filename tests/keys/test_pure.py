"""The verifier in pure Python: against libcrypto and two more, the published vectors, boundaries, threads."""

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

import keys
from keys import der
from keys.curve import GENERATOR, ORDER, PRIME, KeyHandle, check_point
from keys.errors import MalformedKeyError, ProviderMissingError
from keys.pure import PureVerifier
from keys.sm2 import Sm2PublicKey

Vectors = Callable[[str], dict[str, dict[str, str]]]
POINT_AT = 26


@pytest.fixture(scope="module")
def pure() -> PureVerifier:
    return PureVerifier()


def _pair(r: int, s: int) -> bytes:
    return der.sequence(der.integer(r), der.integer(s))


def test_the_published_signatures(vectors: Vectors, pure: PureVerifier) -> None:
    vector = vectors("sm2")["gbt-32918.5-a2-signature"]
    message, signature = bytes.fromhex(vector["message"]), bytes.fromhex(vector["signature"])
    public = Sm2PublicKey(bytes.fromhex(vector["point"]), pure)
    public.verify(signature, message)
    with pytest.raises(keys.BadSignatureError):
        public.verify(signature, message + b" ")
    zero = vectors("sm2")["e-is-zero"]
    handle = pure.load_public(bytes.fromhex(zero["point"]))
    assert pure.verify_digest(handle, bytes.fromhex(zero["e"]), bytes.fromhex(zero["signature"]))


def test_it_agrees_with_libcrypto_and_gmssl(pure: PureVerifier) -> None:
    native = keys.default_libcrypto()
    for number in range(6):
        key = keys.generate_private_key(keys.SM2_SM3)
        point, message = key.public_key.spki[POINT_AT:], bytes((number,)) * 70 * number
        signature = key.sign(message)
        public = keys.load_public_key(key.public_key.spki, provider=pure)
        public.verify(signature, message)
        assert gmssl_pyx.sm2_verify(point[1:], message, signature)
        e = Sm2PublicKey(point).digest(message)
        for bit in range(0, 8 * len(signature), 71):
            flipped = bytearray(signature)
            flipped[bit // 8] ^= 1 << bit % 8
            assert not pure.verify_digest(pure.load_public(point), e, bytes(flipped))
            assert not native.verify_digest(native.load_public(point), e, bytes(flipped))


def test_bad_numbers_and_digests_are_false(pure: PureVerifier) -> None:
    handle = pure.load_public(b"\4" + GENERATOR)
    e = bytes(range(32))
    for pair in ((0, 1), (1, 0), (ORDER, 1), (1, ORDER), (1, ORDER - 1), (-1, 1), (2**300, 1)):
        assert not pure.verify_digest(handle, e, _pair(*pair))
    assert not pure.verify_digest(handle, e, b"")
    assert not pure.verify_digest(handle, e[:31], _pair(1, 1))


def test_a_sum_at_infinity_is_refused(pure: PureVerifier, vectors: Vectors) -> None:
    vector = vectors("sm2")["gbt-32918.5-a2-signature"]
    d = int(vector["private_key"], 16)
    handle = pure.load_public(bytes.fromhex(vector["point"]))
    for t in (2, 3, ORDER - 2):
        s = -t * d % ORDER
        r = (t - s) % ORDER
        assert not pure.verify_digest(handle, r.to_bytes(32, "big"), _pair(r, s))


def test_equal_summands_are_added_rightly(pure: PureVerifier, vectors: Vectors) -> None:
    """sG = tP, where a formula for the sum of two different points fails."""
    vector = vectors("sm2")["gbt-32918.5-a2-signature"]
    d, point = int(vector["private_key"], 16), bytes.fromhex(vector["point"])
    native = keys.default_libcrypto()
    for t in (2, 3, 5):
        s = t * d % ORDER
        r = (t - s) % ORDER
        # x of 2sG, by a key whose scalar that is.
        double = _multiple(2 * s % ORDER)
        e = ((r - int.from_bytes(double[:32], "big")) % ORDER).to_bytes(32, "big")
        assert native.verify_digest(native.load_public(point), e, _pair(r, s))
        assert pure.verify_digest(pure.load_public(point), e, _pair(r, s))


def _multiple(scalar: int) -> bytes:
    """The point of a scalar, both coordinates."""
    return gmalg.SM2().generate_pk(scalar.to_bytes(32, "big"))[1:]


@pytest.mark.parametrize(
    "point",
    [
        b"",
        b"\0",
        GENERATOR,
        b"\6" + GENERATOR,
        b"\4" + bytes(64),
        b"\4" + GENERATOR[:-1] + b"\0",
        b"\4" + b"\xff" * 64,
        b"\4" + PRIME.to_bytes(32, "big") * 2,
    ],
)
def test_bad_points_are_refused(point: bytes, pure: PureVerifier) -> None:
    with pytest.raises(MalformedKeyError):
        check_point(point)
    with pytest.raises(MalformedKeyError):
        pure.load_public(point)


def test_it_works_in_many_threads(pure: PureVerifier) -> None:
    key = keys.generate_private_key(keys.SM2_SM3)
    public = keys.load_public_key(key.public_key.spki, provider=pure)

    def work(number: int) -> None:
        message = number.to_bytes(4, "big")
        signature = key.sign(message)
        public.verify(signature, message)
        with pytest.raises(keys.BadSignatureError):
            public.verify(signature, message + b"x")

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(16)))


class AcceptsEverything(PureVerifier):
    """A verifier that is broken."""

    def verify_digest(self, handle: KeyHandle, digest: bytes, signature: bytes) -> bool:
        return True


def test_the_self_test_finds_a_broken_verifier() -> None:
    with pytest.raises(ProviderMissingError):
        AcceptsEverything()


def test_a_machine_without_sm2_verifies_and_says_what_signing_needs(tmp_path: Path) -> None:
    """As on systems that build OpenSSL without SM2; here the default provider is switched off."""
    configuration = tmp_path / "openssl.cnf"
    configuration.write_text(
        "openssl_conf = init\n[init]\nproviders = some\n[some]\nnull = on\n[on]\nactivate = 1\n", "ascii"
    )
    key = keys.generate_private_key(keys.SM2_SM3)
    path = tmp_path / "key.pem"
    keys.write_private_key(path, key)
    program = textwrap.dedent("""
        import pathlib, sys, keys
        public = keys.load_public_key(bytes.fromhex(sys.argv[1]))
        public.verify(bytes.fromhex(sys.argv[2]), b"message")
        public.verify(bytes.fromhex(sys.argv[2]), b"message")
        try:
            public.verify(bytes.fromhex(sys.argv[2]), b"massage")
        except keys.BadSignatureError:
            print("refused")
        print(keys.default_verifier().name)
        for sign in (
            lambda: keys.generate_private_key(keys.SM2_SM3),
            lambda: keys.load_private_key(pathlib.Path(sys.argv[3]).read_bytes()),
        ):
            try:
                sign()
            except keys.ProviderMissingError as error:
                print(error)
    """)
    done = subprocess.run(
        [sys.executable, "-c", program, key.public_key.spki.hex(), key.sign(b"message").hex(), str(path)],
        capture_output=True, text=True, timeout=60, check=True, env={**os.environ, "OPENSSL_CONF": str(configuration)},
    )  # fmt: skip
    refused, name, *reasons = done.stdout.splitlines()
    assert refused == "refused"
    assert name.startswith("gmalg ")
    assert len(reasons) == 2
    assert all("install Debian or Ubuntu's libssl3" in reason for reason in reasons)


def test_a_configured_library_that_fails_is_named_and_stays_the_one(tmp_path: Path) -> None:
    program = textwrap.dedent("""
        import keys
        for path in ("no-such-libcrypto.so", None):
            try:
                keys.default_libcrypto(path)
            except keys.ProviderMissingError as error:
                print(error)
        try:
            keys.default_libcrypto("libcrypto.so.3")
        except ValueError as error:
            print(error)
        print(keys.default_verifier().name)
    """)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)
    first, second, third, name = done.stdout.splitlines()
    assert first == second
    assert first.startswith("no-such-libcrypto.so cannot be used; signing with SM2 needs OpenSSL 3")
    assert "already in use" in third
    assert name.startswith("gmalg ")
