"""ECDSA keys by `cryptography`: P-256 with SHA-256 and P-384 with SHA-384 (FIPS 186-5, RFC 5758)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, utils

from keys import der
from keys.algorithms import ECDSA_P256_SHA256, ECDSA_P384_SHA384, Algorithm
from keys.errors import BadSignatureError, KeyUnusableError, UnsupportedAlgorithmError
from keys.signature import longest_pair, read_pair

EC_PUBLIC_KEY: Final = der.oid("1.2.840.10045.2.1")
"""The kind of key on any named curve."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Curve:
    algorithm: Algorithm
    curve: ec.EllipticCurve
    digest: hashes.HashAlgorithm
    bits: int
    order: int
    identifier: bytes


_P256: Final = _Curve(
    algorithm=ECDSA_P256_SHA256,
    curve=ec.SECP256R1(),
    digest=hashes.SHA256(),
    bits=256,
    order=ec.SECP256R1().group_order,
    identifier=der.sequence(EC_PUBLIC_KEY, der.oid("1.2.840.10045.3.1.7")),
)
_P384: Final = _Curve(
    algorithm=ECDSA_P384_SHA384,
    curve=ec.SECP384R1(),
    digest=hashes.SHA384(),
    bits=384,
    order=ec.SECP384R1().group_order,
    identifier=der.sequence(EC_PUBLIC_KEY, der.oid("1.3.132.0.34")),
)
_CURVES: Final = (_P256, _P384)

ECDSA_KEY_IDENTIFIERS: Final = (_P256.identifier, _P384.identifier)
"""AlgorithmIdentifiers of the keys that are read."""


def _curve_of(key: ec.EllipticCurvePublicKey | ec.EllipticCurvePrivateKey) -> _Curve:
    for curve in _CURVES:
        if curve.curve.name == key.curve.name:
            return curve
    raise UnsupportedAlgorithmError("only P-256 and P-384 are supported for ECDSA")


class EcdsaPublicKey:
    """A public key on P-256 or P-384, each with its one digest."""

    __slots__ = ("_curve", "_key", "algorithm", "spki")

    def __init__(self, key: ec.EllipticCurvePublicKey) -> None:
        """From a key of `cryptography`."""
        self._curve = _curve_of(key)
        self.algorithm: Final = self._curve.algorithm
        self.spki: Final = key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
        self._key = key

    @property
    def longest_signature(self) -> int:
        """Bytes of the longest signature of this key."""
        return longest_pair(self._key.key_size)

    def verify(self, signature: bytes, data: bytes) -> None:
        """Raise `BadSignatureError` unless `signature` (strict DER r, s) is this key's over `data`."""
        r, s = read_pair(signature, self._curve.bits)
        if r >= self._curve.order or s >= self._curve.order:
            raise BadSignatureError("signature out of range")
        try:
            self._key.verify(signature, data, ec.ECDSA(self._curve.digest))
        except InvalidSignature as error:
            raise BadSignatureError("signature does not fit") from error

    def verify_as(self, algorithm: Algorithm, signature: bytes, data: bytes) -> None:
        """Verify, after making sure that `algorithm` is this key's one."""
        if algorithm != self.algorithm:
            raise BadSignatureError("the signature is of another kind than the key")
        self.verify(signature, data)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, EcdsaPublicKey) and self.spki == other.spki

    def __hash__(self) -> int:
        return hash(self.spki)


class EcdsaPrivateKey:
    """A private key on P-256 or P-384 in memory."""

    __slots__ = ("_curve", "_key", "algorithm", "public_key")

    def __init__(self, key: ec.EllipticCurvePrivateKey) -> None:
        """From a key of `cryptography`."""
        self._curve = _curve_of(key)
        self._key = key
        self.algorithm: Final = self._curve.algorithm
        self.public_key: Final = EcdsaPublicKey(key.public_key())

    def sign(self, data: bytes) -> bytes:
        """Sign `data`; DER r, s."""
        return self._key.sign(data, ec.ECDSA(self._curve.digest))

    def sign_digest(self, digest: bytes) -> bytes:
        """Sign data whose digest this is."""
        try:
            return self._key.sign(digest, ec.ECDSA(utils.Prehashed(self._curve.digest)))
        except ValueError as error:
            raise KeyUnusableError("the digest has another size than the algorithm's") from error

    def pkcs8(self) -> bytes:
        """Return the PEM of the unencrypted PKCS#8 form."""
        return self._key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )


def generate_ecdsa_key(algorithm: Algorithm) -> EcdsaPrivateKey:
    """Make a key for one of the two algorithms."""
    for curve in _CURVES:
        if curve.algorithm == algorithm:
            return EcdsaPrivateKey(ec.generate_private_key(curve.curve))
    raise UnsupportedAlgorithmError("only P-256 and P-384 are supported for ECDSA")
