"""Keys in software: SM2 by libcrypto, RSA and ECDSA P-256 by `cryptography`; making and loading of all of them."""

from __future__ import annotations

import binascii
from typing import Final

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from keys import der
from keys.algorithms import ECDSA_P256_SHA256, RSA_SHA256, SM2_SM3, Algorithm
from keys.errors import BadSignatureError, MalformedDerError, MalformedKeyError, UnsupportedAlgorithmError
from keys.libcrypto import Libcrypto
from keys.ports import ExportablePrivateKey, PublicKey
from keys.signature import read_pair
from keys.sm2 import EC_PUBLIC_KEY, SM2_KEY_IDENTIFIER, Sm2PublicKey, generate_sm2_key, load_sm2_key

MIN_RSA_BITS: Final = 2048
MAX_RSA_BITS: Final = 8192
"""Above this one hostile certificate costs milliseconds per signature."""

_MAX_SPKI: Final = 2048
"""Bytes; RSA-8192 needs 1 062."""
_P256_IDENTIFIER: Final = der.sequence(EC_PUBLIC_KEY, der.oid("1.2.840.10045.3.1.7"))
_RSA_IDENTIFIER: Final = der.sequence(der.oid("1.2.840.113549.1.1.1"), der.null())
_P256_ORDER: Final = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
_BEGIN: Final = b"-----BEGINPRIVATEKEY-----"
_END: Final = b"-----ENDPRIVATEKEY-----"
"""PEM lines of PKCS#8 without their spaces."""


class RsaPublicKey:
    """An RSA public key, used with PKCS#1 v1.5 and SHA-256."""

    __slots__ = ("_key", "spki")

    algorithm: Final[Algorithm] = RSA_SHA256

    def __init__(self, key: rsa.RSAPublicKey) -> None:
        """From a key of `cryptography`: 2048 … 8192 bits, exponent odd, 65537 … 2³²."""
        numbers = key.public_numbers()
        if not MIN_RSA_BITS <= key.key_size <= MAX_RSA_BITS or not 65537 <= numbers.e < 2**32:
            raise MalformedKeyError("RSA key of a size or exponent that is not allowed")
        if not numbers.e & numbers.n & 1:
            raise MalformedKeyError("RSA modulus or exponent is even")
        self.spki: Final = _spki(key)
        self._key = key

    def verify(self, signature: bytes, data: bytes) -> None:
        """Raise `BadSignatureError` unless `signature` is this key's over `data`."""
        try:
            self._key.verify(signature, data, padding.PKCS1v15(), hashes.SHA256())
        except InvalidSignature as error:
            raise BadSignatureError("signature does not fit") from error

    def __eq__(self, other: object) -> bool:
        return isinstance(other, RsaPublicKey) and self.spki == other.spki

    def __hash__(self) -> int:
        return hash(self.spki)


class RsaPrivateKey:
    """An RSA private key in memory."""

    __slots__ = ("_key", "public_key")

    algorithm: Final[Algorithm] = RSA_SHA256

    def __init__(self, key: rsa.RSAPrivateKey) -> None:
        """From a key of `cryptography`."""
        self._key = key
        self.public_key: Final = RsaPublicKey(key.public_key())

    def sign(self, data: bytes) -> bytes:
        """Sign `data`."""
        return self._key.sign(data, padding.PKCS1v15(), hashes.SHA256())

    def pkcs8(self) -> bytes:
        """Return the PEM of the unencrypted PKCS#8 form."""
        return _pkcs8(self._key)


class EcdsaPublicKey:
    """A P-256 public key, used with ECDSA and SHA-256."""

    __slots__ = ("_key", "spki")

    algorithm: Final[Algorithm] = ECDSA_P256_SHA256

    def __init__(self, key: ec.EllipticCurvePublicKey) -> None:
        """From a key of `cryptography`, which must be on P-256."""
        if not isinstance(key.curve, ec.SECP256R1):
            raise UnsupportedAlgorithmError("only P-256 is supported for ECDSA")
        self.spki: Final = _spki(key)
        self._key = key

    def verify(self, signature: bytes, data: bytes) -> None:
        """Raise `BadSignatureError` unless `signature` (strict DER r, s) is this key's over `data`."""
        r, s = read_pair(signature)
        if r >= _P256_ORDER or s >= _P256_ORDER:
            raise BadSignatureError("signature out of range")
        try:
            self._key.verify(signature, data, ec.ECDSA(hashes.SHA256()))
        except InvalidSignature as error:
            raise BadSignatureError("signature does not fit") from error

    def __eq__(self, other: object) -> bool:
        return isinstance(other, EcdsaPublicKey) and self.spki == other.spki

    def __hash__(self) -> int:
        return hash(self.spki)


class EcdsaPrivateKey:
    """A P-256 private key in memory."""

    __slots__ = ("_key", "public_key")

    algorithm: Final[Algorithm] = ECDSA_P256_SHA256

    def __init__(self, key: ec.EllipticCurvePrivateKey) -> None:
        """From a key of `cryptography`, which must be on P-256."""
        self._key = key
        self.public_key: Final = EcdsaPublicKey(key.public_key())

    def sign(self, data: bytes) -> bytes:
        """Sign `data`; DER r, s."""
        return self._key.sign(data, ec.ECDSA(hashes.SHA256()))

    def pkcs8(self) -> bytes:
        """Return the PEM of the unencrypted PKCS#8 form."""
        return _pkcs8(self._key)


def generate_private_key(algorithm: Algorithm, *, provider: Libcrypto | None = None) -> ExportablePrivateKey:
    """Make a new key (RSA: 2048 bits). `provider` serves SM2 and is `default_libcrypto()` when left out."""
    if algorithm == SM2_SM3:
        return generate_sm2_key(provider)
    if algorithm == RSA_SHA256:
        return RsaPrivateKey(rsa.generate_private_key(public_exponent=65537, key_size=MIN_RSA_BITS))
    if algorithm == ECDSA_P256_SHA256:
        return EcdsaPrivateKey(ec.generate_private_key(ec.SECP256R1()))
    raise UnsupportedAlgorithmError("no keys for this algorithm")


def load_private_key(pkcs8_pem: bytes | bytearray, *, provider: Libcrypto | None = None) -> ExportablePrivateKey:
    """Load the key in one PEM block of unencrypted PKCS#8 and nothing else.

    `MalformedKeyError` for damage and keys out of range, `UnsupportedAlgorithmError` for other kinds of key.
    """
    pkcs8 = _unwrapped(pkcs8_pem)
    try:
        if _is_sm2(pkcs8):
            return load_sm2_key(pkcs8, provider)
        key = serialization.load_der_private_key(pkcs8, password=None)
        if isinstance(key, rsa.RSAPrivateKey):
            return RsaPrivateKey(key)
        if isinstance(key, ec.EllipticCurvePrivateKey):
            return EcdsaPrivateKey(key)
    except (ValueError, TypeError) as error:
        raise MalformedKeyError("private key is damaged") from error
    except UnsupportedAlgorithm as error:
        raise UnsupportedAlgorithmError("kind of private key is not supported") from error
    finally:
        pkcs8[:] = bytes(len(pkcs8))
    raise UnsupportedAlgorithmError("kind of private key is not supported")


def load_public_key(spki: bytes, *, provider: Libcrypto | None = None) -> PublicKey:
    """Load the key in a DER SubjectPublicKeyInfo; elliptic points uncompressed, named curves only.

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
    if identifier == SM2_KEY_IDENTIFIER:
        return Sm2PublicKey(content, provider)
    if identifier not in (_RSA_IDENTIFIER, _P256_IDENTIFIER):
        raise UnsupportedAlgorithmError("kind of public key is not supported")
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


def _unwrapped(pem: bytes | bytearray) -> bytearray:
    """Decode a PEM block of a private key, three bytes at a time so that no unwipeable copy of the secret is made."""
    text = bytearray(pem)
    compact = text.translate(None, b"\r\n\t ")
    content = bytearray(len(compact) // 4 * 3)
    size = 0
    try:
        if not (compact.startswith(_BEGIN) and compact.endswith(_END)):
            raise MalformedKeyError("not one PEM block of an unencrypted private key (PKCS#8)")
        start, stop = len(_BEGIN), len(compact) - len(_END)
        for at in range(start, stop, 4):
            three = binascii.a2b_base64(compact[at : min(at + 4, stop)], strict_mode=True)
            content[size : size + len(three)] = three
            size += len(three)
    except binascii.Error as error:
        raise MalformedKeyError("private key is not base64") from error
    finally:
        text[:], compact[:] = bytes(len(text)), bytes(len(compact))
    del content[size:]
    return content


def _is_sm2(pkcs8: bytearray) -> bool:
    """Tell whether a PKCS#8 names SM2, read off its head so that no copy of the secret is made."""
    if len(pkcs8) < 2:
        return False
    start = 2 + (pkcs8[1] & 0x7F if pkcs8[1] & 0x80 else 0)
    return pkcs8.startswith(der.integer(0) + SM2_KEY_IDENTIFIER, start)


def _spki(key: rsa.RSAPublicKey | ec.EllipticCurvePublicKey) -> bytes:
    return key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)


def _pkcs8(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
