"""Keys in software of every kind: SM2 by libcrypto, RSA and ECDSA by `cryptography`; making and loading of them."""

from __future__ import annotations

from typing import Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from keys import der
from keys.algorithms import RSA_ALGORITHMS, RSA_SHA256, SM2_SM3, Algorithm, hash_bytes
from keys.curve import Sm2Verifier
from keys.ecdsa import ECDSA_KEY_IDENTIFIERS, EcdsaPrivateKey, EcdsaPublicKey, generate_ecdsa_key
from keys.errors import MalformedDerError, MalformedKeyError, UnsupportedAlgorithmError
from keys.libcrypto import Libcrypto
from keys.pem import unwrapped
from keys.ports import ExportablePrivateKey, PublicKey
from keys.rsa import MIN_RSA_BITS, RSA_KEY_IDENTIFIER, RsaPrivateKey, RsaPublicKey, generate_rsa_key
from keys.sm2 import (
    SM2_KEY_IDENTIFIER,
    SM2_KEY_IDENTIFIER_AGAIN,
    Sm2PublicKey,
    generate_sm2_key,
    load_sm2_key,
)

_MAX_SPKI: Final = 2048
"""Bytes; RSA-8192 needs 1 062."""


def generate_private_key(
    algorithm: Algorithm, *, rsa_bits: int = MIN_RSA_BITS, provider: Libcrypto | None = None
) -> ExportablePrivateKey:
    """Make a new key. `rsa_bits`: 2048, 3072 or 4096. `provider` serves SM2; `default_libcrypto()` when left out."""
    if algorithm == SM2_SM3:
        return generate_sm2_key(provider)
    if algorithm in RSA_ALGORITHMS:
        return generate_rsa_key(rsa_bits, algorithm)
    return generate_ecdsa_key(algorithm)


def load_private_key(
    pkcs8_pem: bytes | bytearray, *, algorithm: Algorithm | None = None, provider: Libcrypto | None = None
) -> ExportablePrivateKey:
    """Load the key in one PEM block of unencrypted PKCS#8 and nothing else.

    `algorithm` is what an RSA key is to sign with (`RSA_SHA256` when left out); for others it must be theirs.
    `MalformedKeyError` for damage and keys out of range, `UnsupportedAlgorithmError` for other kinds of key.
    """
    return load_pkcs8(unwrapped(pkcs8_pem), algorithm=algorithm, provider=provider)


def load_pkcs8(
    pkcs8: bytearray, *, algorithm: Algorithm | None = None, provider: Libcrypto | None = None
) -> ExportablePrivateKey:
    """Load the key in an unencrypted PKCS#8 (DER), which is overwritten; otherwise like `load_private_key`."""
    key = _load(pkcs8, algorithm, provider)
    if algorithm not in (None, key.algorithm):
        raise UnsupportedAlgorithmError("the private key is of another kind than was asked for")
    return key


def _load(pkcs8: bytearray, algorithm: Algorithm | None, provider: Libcrypto | None) -> ExportablePrivateKey:
    try:
        if _is_sm2(pkcs8):
            return load_sm2_key(pkcs8, provider)
        key = serialization.load_der_private_key(pkcs8, password=None)
        if isinstance(key, rsa.RSAPrivateKey):
            return RsaPrivateKey(key, algorithm if algorithm in RSA_ALGORITHMS else RSA_SHA256)
        if isinstance(key, ec.EllipticCurvePrivateKey):
            return EcdsaPrivateKey(key)
    except (ValueError, TypeError) as error:
        raise MalformedKeyError("private key is damaged") from error
    except UnsupportedAlgorithm as error:
        raise UnsupportedAlgorithmError("kind of private key is not supported") from error
    finally:
        pkcs8[:] = bytes(len(pkcs8))
    raise UnsupportedAlgorithmError("kind of private key is not supported")


def load_public_key(spki: bytes, *, provider: Sm2Verifier | None = None) -> PublicKey:
    """Load the key in a DER SubjectPublicKeyInfo; elliptic points uncompressed, named curves only.

    The two identifiers of SM2 keys are read, and the key's own `spki` has the usual one (GM/T 0015). So are RSA moduli
    without the zero that makes a set first bit positive, as some smart cards have been given them.

    `MalformedKeyError` for damage and keys out of range, `UnsupportedAlgorithmError` for other kinds of key.
    """
    if len(spki) > _MAX_SPKI:
        raise MalformedKeyError("public key too large")
    try:
        outer = der.DerReader(spki)
        reader = outer.read_sequence()
        outer.finish()
        identifier = reader.read_raw()
        content = reader.read_bit_string()
        reader.finish()
    except MalformedDerError as error:
        raise MalformedKeyError("public key is not DER") from error
    if identifier in (SM2_KEY_IDENTIFIER, SM2_KEY_IDENTIFIER_AGAIN):
        return Sm2PublicKey(content, provider)
    if identifier not in (RSA_KEY_IDENTIFIER, *ECDSA_KEY_IDENTIFIERS):
        raise UnsupportedAlgorithmError("kind of public key is not supported")
    if identifier == RSA_KEY_IDENTIFIER:
        spki = der.sequence(identifier, der.bit_string(_with_positive_modulus(content)))
    try:
        key = serialization.load_der_public_key(spki)
    except (ValueError, TypeError) as error:
        raise MalformedKeyError("public key is damaged") from error
    except UnsupportedAlgorithm as error:
        raise UnsupportedAlgorithmError("kind of public key is not supported") from error
    public: PublicKey
    if isinstance(key, rsa.RSAPublicKey):
        public = RsaPublicKey(key)
    elif isinstance(key, ec.EllipticCurvePublicKey):
        public = EcdsaPublicKey(key)
    else:
        raise UnsupportedAlgorithmError("kind of public key is not supported")
    if public.spki != spki:
        raise MalformedKeyError("public key is not in its one DER form")
    return public


def _with_positive_modulus(content: bytes) -> bytes:
    """The RSAPublicKey (RFC 8017 appendix A.1.1), with the zero that may be missing before the modulus.

    Only where what is there has a usual size, a multiple of 64 bits: a number written as negative has a byte more.
    """
    try:
        outer = der.DerReader(content)
        reader = outer.read_sequence()
        outer.finish()
        modulus, exponent = reader.read(der.INTEGER), reader.read_raw()
        reader.finish()
    except MalformedDerError as error:
        raise MalformedKeyError("public key is damaged") from error
    sign = b"\x00" if modulus[:1] >= b"\x80" and len(modulus) % 8 == 0 else b""
    return der.sequence(der.tlv(der.INTEGER, sign + modulus), exponent)


def digest_to_sign(public_key: PublicKey, algorithm: Algorithm, data: bytes) -> bytes:
    """Return the digest that a key elsewhere is given to sign `data`: for SM2 e = SM3(Z ‖ data)."""
    return public_key.digest(data) if isinstance(public_key, Sm2PublicKey) else hash_bytes(algorithm.digest, data)


def _is_sm2(pkcs8: bytearray) -> bool:
    """Tell whether a PKCS#8 names SM2, read off its head so that no copy of the secret is made."""
    if len(pkcs8) < 2:
        return False
    start = 2 + (pkcs8[1] & 0x7F if pkcs8[1] & 0x80 else 0)
    return pkcs8.startswith(der.integer(0) + SM2_KEY_IDENTIFIER, start)
