"""SM2 signatures with SM3 after GB/T 32918.2 and GM/T 0009: Z, e, and the key classes on top of a provider."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from cryptography.hazmat.primitives import hashes

from keys import der
from keys.algorithms import SM2_SM3, Algorithm, hash_bytes
from keys.curve import GENERATOR, ORDER, A, B, KeyHandle, Sm2Verifier, check_point
from keys.ecdsa import EC_PUBLIC_KEY
from keys.errors import BadSignatureError, MalformedKeyError
from keys.libcrypto import Libcrypto
from keys.pem import PRIVATE_KEY, wrapped
from keys.providers import default_libcrypto, default_verifier
from keys.signature import longest_pair, read_pair

DEFAULT_USER_ID: Final = b"1234567812345678"
"""The user id of GM/T 0009 clause 10. Every seal and certificate of ours uses it, and no other is accepted."""

_CURVE: Final = der.oid("1.2.156.10197.1.301")
SM2_KEY_IDENTIFIER: Final = der.sequence(EC_PUBLIC_KEY, _CURVE)
"""AlgorithmIdentifier of an SM2 key."""

SM2_KEY_IDENTIFIER_AGAIN: Final = der.sequence(_CURVE, _CURVE)
"""The same, as some builds of OpenSSL 3.0 and 3.1 write it; GM/T 0015-2023 allows it."""


_LONG: Final = 8 * 1024
_LONGEST: Final = 512 * 1024
"""Bytes from which, and up to which, the beginning of what is hashed is remembered: 4 MB in all."""
_TAIL: Final = 1024
"""What follows the seal in `TBS_Sign` is shorter: it is never a part of the beginning."""


@lru_cache(maxsize=8)
def _begun(z: bytes, beginning: bytes) -> hashes.Hash:
    """SM3 as far as here; only copies go on.

    An electronic seal with its picture is the beginning of all that is signed with it, and hashing that would take as
    long as the signature. SM2 is signed, verified after signing, and verified: most beginnings are known.
    """
    digest = hashes.Hash(hashes.SM3())
    digest.update(z)
    digest.update(beginning)
    return digest


def user_hash(point: bytes) -> bytes:
    """Return Z of the key with this uncompressed point (65 bytes) and the default user id (GB/T 32918.2 clause 5.5)."""
    entl = (8 * len(DEFAULT_USER_ID)).to_bytes(2, "big")
    curve = A.to_bytes(32, "big") + B.to_bytes(32, "big") + GENERATOR
    return hash_bytes("sm3", entl + DEFAULT_USER_ID + curve + point[1:])


class Sm2PublicKey:
    """An SM2 public key. Making one needs no provider; checking a signature does."""

    __slots__ = ("_loaded", "_point", "_provider", "_z", "spki")

    algorithm: Final[Algorithm] = SM2_SM3

    def __init__(self, point: bytes, provider: Sm2Verifier | None = None) -> None:
        """From an uncompressed point (65 bytes); `provider` is `default_verifier()` when left out."""
        check_point(point)
        self.spki: Final = der.sequence(SM2_KEY_IDENTIFIER, der.bit_string(point))
        self._point = point
        self._z = user_hash(point)
        self._provider = provider
        self._loaded: tuple[Sm2Verifier, KeyHandle] | None = None

    def digest(self, data: bytes) -> bytes:
        """Return e = SM3(Z ‖ data), what is signed."""
        if not _LONG <= len(data) <= _LONGEST:
            return hash_bytes("sm3", (self._z, data))
        digest = _begun(self._z, data[:-_TAIL]).copy()
        digest.update(data[-_TAIL:])
        return digest.finalize()

    @property
    def longest_signature(self) -> int:
        """Bytes of the longest signature of this key."""
        return longest_pair(256)

    def verify(self, signature: bytes, data: bytes) -> None:
        """Raise `BadSignatureError` unless `signature` (strict DER r, s) is this key's over `data`."""
        r, s = read_pair(signature)
        # GB/T 32918.2 clause 7.1, B1, B2 and B5: before any provider sees it.
        if r >= ORDER or s >= ORDER or r + s == ORDER:
            raise BadSignatureError("signature out of range")
        loaded = self._loaded
        if loaded is None:
            provider = self._provider or default_verifier()
            # Two threads may both load it; the loser's handle is freed.
            loaded = self._loaded = (provider, provider.load_public(self._point))
        provider, handle = loaded
        if not provider.verify_digest(handle, self.digest(data), signature):
            raise BadSignatureError("signature does not fit")

    def verify_as(self, algorithm: Algorithm, signature: bytes, data: bytes) -> None:
        """Verify, after making sure that `algorithm` is SM2."""
        if algorithm != SM2_SM3:
            raise BadSignatureError("the signature is of another kind than the key")
        self.verify(signature, data)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sm2PublicKey) and self.spki == other.spki

    def __hash__(self) -> int:
        return hash(self.spki)


class Sm2PrivateKey:
    """An SM2 private key inside a provider."""

    __slots__ = ("_handle", "_provider", "public_key")

    algorithm: Final[Algorithm] = SM2_SM3

    def __init__(self, handle: KeyHandle, provider: Libcrypto) -> None:
        """From a handle that `provider` made or loaded."""
        self._handle = handle
        self._provider = provider
        self.public_key: Final = Sm2PublicKey(provider.point(handle), provider)

    def sign(self, data: bytes) -> bytes:
        """Sign `data`; DER r, s."""
        return self.sign_digest(self.public_key.digest(data))

    def sign_digest(self, digest: bytes) -> bytes:
        """Sign e (32 bytes); DER r, s."""
        return self._provider.sign_digest(self._handle, digest)

    def pkcs8(self) -> bytes:
        """Return the PEM of the unencrypted PKCS#8 form."""
        pkcs8 = _pkcs8(self._provider.scalar(self._handle), self._provider.point(self._handle))
        return wrapped(pkcs8, PRIVATE_KEY)


def generate_sm2_key(provider: Libcrypto | None = None) -> Sm2PrivateKey:
    """Make a new key; `provider` is `default_libcrypto()` when left out."""
    provider = provider or default_libcrypto()
    return Sm2PrivateKey(provider.generate(), provider)


def load_sm2_key(pkcs8: bytearray, provider: Libcrypto | None = None) -> Sm2PrivateKey:
    """Load the key in an unencrypted PKCS#8 (DER) with its public part. `pkcs8` is overwritten."""
    provider = provider or default_libcrypto()
    for curve_again in (False, True):
        # Compared with the only two layouts there are, so that no parser makes copies of the scalar.
        layout = _pkcs8(bytes(32), bytes(65), curve_again=curve_again)
        at = layout.index(b"\x04\x20" + bytes(32)) + 2
        if len(pkcs8) == len(layout) and pkcs8[:at] == layout[:at] and pkcs8[at + 32 : -65] == layout[at + 32 : -65]:
            scalar, point = pkcs8[at : at + 32], bytes(pkcs8[-65:])
            pkcs8[:] = bytes(len(pkcs8))
            handle = provider.load_private(scalar, point)
            # libcrypto would take the hybrid form (06, 07) as well.
            check_point(point)
            return Sm2PrivateKey(handle, provider)
    pkcs8[:] = bytes(len(pkcs8))
    raise MalformedKeyError("not an SM2 private key together with its public key")


def _pkcs8(scalar: bytes, point: bytes, *, curve_again: bool = False) -> bytes:
    """Return the PKCS#8 form: RFC 5958 around the ECPrivateKey of RFC 5915, in which some writers repeat the curve."""
    curve = der.context(0, _CURVE) if curve_again else b""
    inner = der.sequence(der.integer(1), der.octet_string(scalar), curve, der.context(1, der.bit_string(point)))
    return der.sequence(der.integer(0), SM2_KEY_IDENTIFIER, der.octet_string(inner))
