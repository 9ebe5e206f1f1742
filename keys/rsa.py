"""RSA keys by `cryptography`: PKCS#1 v1.5 and PSS (RFC 8017) with SHA-256, SHA-384 or SHA-512."""

from __future__ import annotations

from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa, utils

from keys import der
from keys.algorithms import RSA_ALGORITHMS, RSA_PSS_SHA256, RSA_SHA256, Algorithm
from keys.errors import BadSignatureError, KeyUnusableError, MalformedKeyError, UnsupportedAlgorithmError

MIN_RSA_BITS: Final = 2048
MAX_RSA_BITS: Final = 8192
"""Above this one hostile certificate costs milliseconds per signature. We make keys of up to 4096 bits."""
RSA_KEY_SIZES: Final = (2048, 3072, 4096)
"""Bits of the keys that we make."""
RSA_KEY_IDENTIFIER: Final = der.sequence(der.oid("1.2.840.113549.1.1.1"), der.null())
"""AlgorithmIdentifier of an RSA key."""

_HASHES: Final = {"sha256": hashes.SHA256(), "sha384": hashes.SHA384(), "sha512": hashes.SHA512()}


def _scheme(algorithm: Algorithm) -> tuple[padding.AsymmetricPadding, hashes.HashAlgorithm]:
    """Return how `cryptography` names a row of `RSA_ALGORITHMS`."""
    made = _HASHES[algorithm.digest]
    if algorithm.signature_oid == RSA_PSS_SHA256.signature_oid:
        return padding.PSS(mgf=padding.MGF1(made), salt_length=made.digest_size), made
    return padding.PKCS1v15(), made


class RsaPublicKey:
    """An RSA public key, used with PKCS#1 v1.5 and SHA-256 when no other algorithm is named."""

    __slots__ = ("_key", "spki")

    algorithm: Final[Algorithm] = RSA_SHA256

    def __init__(self, key: rsa.RSAPublicKey) -> None:
        """From a key of `cryptography`: 2048 … 8192 bits, exponent odd, 65537 … 2³²."""
        numbers = key.public_numbers()
        if not MIN_RSA_BITS <= key.key_size <= MAX_RSA_BITS or not 65537 <= numbers.e < 2**32:
            raise MalformedKeyError("RSA key of a size or exponent that is not allowed")
        if not numbers.e & numbers.n & 1:
            raise MalformedKeyError("RSA modulus or exponent is even")
        self.spki: Final = key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
        self._key = key

    @property
    def longest_signature(self) -> int:
        """Bytes of the longest signature of this key."""
        return (self._key.key_size + 7) // 8

    def verify(self, signature: bytes, data: bytes) -> None:
        """Raise `BadSignatureError` unless `signature` is this key's over `data`."""
        self.verify_as(RSA_SHA256, signature, data)

    def verify_as(self, algorithm: Algorithm, signature: bytes, data: bytes) -> None:
        """Verify with another row of `RSA_ALGORITHMS`. PSS: the salt must have the digest's size."""
        if algorithm not in RSA_ALGORITHMS:
            raise BadSignatureError("the signature is of another kind than the key")
        try:
            self._key.verify(signature, data, *_scheme(algorithm))
        except InvalidSignature as error:
            raise BadSignatureError("signature does not fit") from error

    def __eq__(self, other: object) -> bool:
        return isinstance(other, RsaPublicKey) and self.spki == other.spki

    def __hash__(self) -> int:
        return hash(self.spki)


class RsaPrivateKey:
    """An RSA private key in memory."""

    __slots__ = ("_key", "algorithm", "public_key")

    def __init__(self, key: rsa.RSAPrivateKey, algorithm: Algorithm = RSA_SHA256) -> None:
        """From a key of `cryptography`, which will sign with `algorithm`, a row of `RSA_ALGORITHMS`."""
        if algorithm not in RSA_ALGORITHMS:
            raise UnsupportedAlgorithmError("an RSA key does not sign with this algorithm")
        self._key = key
        self.algorithm: Final = algorithm
        self.public_key: Final = RsaPublicKey(key.public_key())

    def sign(self, data: bytes) -> bytes:
        """Sign `data`."""
        return self._key.sign(data, *_scheme(self.algorithm))

    def sign_digest(self, digest: bytes) -> bytes:
        """Sign data whose digest this is."""
        padded, made = _scheme(self.algorithm)
        try:
            return self._key.sign(digest, padded, utils.Prehashed(made))
        except ValueError as error:
            raise KeyUnusableError("the digest has another size than the algorithm's") from error

    def pkcs8(self) -> bytes:
        """Return the PEM of the unencrypted PKCS#8 form, which does not say with what the key signs."""
        return self._key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )


def generate_rsa_key(bits: int, algorithm: Algorithm) -> RsaPrivateKey:
    """Make a key of a size in `RSA_KEY_SIZES`."""
    if bits not in RSA_KEY_SIZES:
        raise UnsupportedAlgorithmError("RSA keys are made with 2048, 3072 or 4096 bits")
    return RsaPrivateKey(rsa.generate_private_key(public_exponent=65537, key_size=bits), algorithm)
