"""Password-based encryption of keys: PBES2 (RFC 8018, and with SM3 and SM4 after GM/T 0091), the old one of PKCS#12.

Written is PBKDF2-HMAC-SHA-256 with AES-256-CBC; read is what openssl, GmSSL, Bouncy Castle, Windows and Java write,
as long as its ciphers are not broken: RC2 with 40 bits is refused.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Final

from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers import BlockCipherAlgorithm, Cipher, modes
from cryptography.hazmat.primitives.ciphers.algorithms import AES, SM4
from cryptography.hazmat.primitives.kdf.pbkdf2 import PBKDF2HMAC

from keys import der
from keys.algorithms import hash_bytes
from keys.der import DerReader
from keys.errors import MalformedKeyError, UnsupportedAlgorithmError

ITERATIONS: Final = 600_000
"""Of PBKDF2 in what we write: OWASP's figure for HMAC-SHA-256 (2023), about 0.2 s."""
MAX_ITERATIONS: Final = 1_250_000
"""Of all derivations for one file together, about 1.5 s with the slowest digest; two parts of `ITERATIONS` fit."""
_PKCS12_WEIGHT: Final = 4
"""Rounds that one of PKCS#12 counts for: there each is a call of its own, and key and vector are derived apart."""
MAX_SALT: Final = 1024
"""Bytes."""

_PBES2: Final = ("1.2.840.113549.1.5.13", "1.2.156.10197.6.1.4.1.5.2")
_PBKDF2: Final = ("1.2.840.113549.1.5.12", "1.2.156.10197.6.1.4.1.5.1")
_HMAC_SHA256: Final = "1.2.840.113549.2.9"
_PRFS: Final[dict[str, Callable[[], hashes.HashAlgorithm]]] = {
    "1.2.840.113549.2.7": hashes.SHA1,
    "1.2.840.113549.2.8": hashes.SHA224,
    _HMAC_SHA256: hashes.SHA256,
    "1.2.840.113549.2.10": hashes.SHA384,
    "1.2.840.113549.2.11": hashes.SHA512,
    "1.2.156.10197.1.401.2": hashes.SM3,
    "1.2.156.10197.1.401.3.1": hashes.SM3,
}
_AES_256_CBC: Final = "2.16.840.1.101.3.4.1.42"
_CIPHERS: Final[dict[str, tuple[Callable[[bytes], BlockCipherAlgorithm], int]]] = {
    "2.16.840.1.101.3.4.1.2": (AES, 16),
    "2.16.840.1.101.3.4.1.22": (AES, 24),
    _AES_256_CBC: (AES, 32),
    "1.2.156.10197.1.104.2": (SM4, 16),
    "1.2.156.10197.6.1.4.1.12.1.1": (SM4, 16),
    "1.2.840.113549.3.7": (TripleDES, 24),
}
"""Identifier of a cipher in CBC mode to the cipher and its key's size in bytes."""
_PKCS12_TRIPLE_DES: Final = "1.2.840.113549.1.12.1.3"
"""pbeWithSHAAnd3-KeyTripleDES-CBC (RFC 7292 appendix C)."""

CANNOT_DECRYPT: Final = "wrong passphrase, or the key file is damaged"


class Rounds:
    """How many rounds of key derivation one file may still ask for."""

    __slots__ = ("_left",)

    def __init__(self) -> None:
        """Begin with `MAX_ITERATIONS`."""
        self._left = MAX_ITERATIONS

    def spend(self, iterations: int) -> None:
        """Take these rounds off; `MalformedKeyError` when there are none, or fewer left."""
        if not 1 <= iterations <= self._left:
            raise MalformedKeyError("number of iterations out of range")
        self._left -= iterations

    def spend_pkcs12(self, iterations: int) -> None:
        """Take off what rounds of `pkcs12_derive` count for."""
        self.spend(_PKCS12_WEIGHT * iterations)


def decrypt(identifier: bytes, content: bytes, passphrase: bytes, rounds: Rounds) -> bytearray:
    """Decrypt what stands under an AlgorithmIdentifier (DER). The caller wipes the result.

    `MalformedKeyError` also for a wrong passphrase, which cannot always be told from damage.
    """
    reader = DerReader(identifier).read_sequence()
    kind = reader.read_oid()
    parameters = reader.read_sequence()
    reader.finish()
    cipher: BlockCipherAlgorithm
    if kind in _PBES2:
        derivation, scheme = parameters.read_sequence(), parameters.read_sequence()
        parameters.finish()
        cipher_kind, vector = scheme.read_oid(), scheme.read_octet_string()
        scheme.finish()
        if cipher_kind not in _CIPHERS:
            raise UnsupportedAlgorithmError(f"key files encrypted with {cipher_kind} are not read")
        make, size = _CIPHERS[cipher_kind]
        cipher = make(_derive(derivation, size, passphrase, rounds))
    elif kind == _PKCS12_TRIPLE_DES:
        salt, iterations = parameters.read_octet_string(), parameters.read_integer()
        parameters.finish()
        rounds.spend_pkcs12(iterations)
        cipher = TripleDES(pkcs12_derive("sha1", 1, passphrase, salt, iterations, 24))
        vector = pkcs12_derive("sha1", 2, passphrase, salt, iterations, 8)
    else:
        raise UnsupportedAlgorithmError(
            f"key files encrypted with {kind} are not read; write it anew with AES-256 (openssl pkcs12, openssl pkcs8)"
        )
    return _decrypt_cbc(cipher, vector, content)


def encrypt(content: bytes | bytearray, passphrase: bytes, *, random: Callable[[int], bytes]) -> tuple[bytes, bytes]:
    """Encrypt with PBKDF2-HMAC-SHA-256 and AES-256-CBC; the AlgorithmIdentifier and the result come back."""
    if not passphrase:
        raise ValueError("an empty passphrase protects nothing")
    salt, vector = random(16), random(16)
    key = PBKDF2HMAC(hashes.SHA256(), 32, salt, ITERATIONS).derive(passphrase)
    padding = 16 - len(content) % 16
    encryptor = Cipher(AES(key), modes.CBC(vector)).encryptor()
    encrypted = encryptor.update(content) + encryptor.update(bytes((padding,)) * padding) + encryptor.finalize()
    prf = der.sequence(der.oid(_HMAC_SHA256), der.null())
    derivation = der.sequence(der.oid(_PBKDF2[0]), der.sequence(der.octet_string(salt), der.integer(ITERATIONS), prf))
    scheme = der.sequence(der.oid(_AES_256_CBC), der.octet_string(vector))
    return der.sequence(der.oid(_PBES2[0]), der.sequence(derivation, scheme)), encrypted


def pkcs12_derive(digest: str, purpose: int, passphrase: bytes, salt: bytes, iterations: int, size: int) -> bytes:
    """Derive `size` bytes as PKCS#12 does (RFC 7292 appendix B.2). `purpose`: 1 key, 2 initial vector, 3 MAC key.

    What it costs has been taken off the file's `Rounds` before.
    """
    _check_salt(salt)
    try:
        # Both ends count: characters in UTF-16 and a zero character after the last.
        password = (passphrase.decode() + "\0").encode("utf-16-be")
    except UnicodeDecodeError as error:
        raise MalformedKeyError("a passphrase of PKCS#12 must be UTF-8") from error
    block = 128 if digest in ("sha384", "sha512") else 64

    chain = _stretch(salt, block) + _stretch(password, block)
    result = b""
    while len(result) < size:
        value = bytes((purpose,)) * block + chain
        for _ in range(iterations):
            value = _digest(digest, value)
        result += value
        step = int.from_bytes(_stretch(value, block), "big") + 1
        chain = b"".join(
            ((int.from_bytes(chain[at : at + block], "big") + step) % (1 << 8 * block)).to_bytes(block, "big")
            for at in range(0, len(chain), block)
        )
    return result[:size]


def _derive(derivation: DerReader, size: int, passphrase: bytes, rounds: Rounds) -> bytes:
    """Derive a key with the PBKDF2 that `derivation` describes (RFC 8018 appendix A.2)."""
    kind = derivation.read_oid()
    if kind not in _PBKDF2:
        raise UnsupportedAlgorithmError(f"key files whose key is derived with {kind} are not read")
    parameters = derivation.read_sequence()
    derivation.finish()
    salt, iterations = parameters.read_octet_string(), parameters.read_integer()
    if parameters.peek() == der.INTEGER and parameters.read_integer() != size:
        raise MalformedKeyError("the derived key has another size than the cipher's")
    prf_kind = "1.2.840.113549.2.7"
    if not parameters.at_end:
        prf = parameters.read_sequence()
        prf_kind = prf.read_oid()
        if not prf.at_end:
            prf.read_null()
        prf.finish()
    parameters.finish()
    if prf_kind not in _PRFS:
        raise UnsupportedAlgorithmError(f"key files whose key is derived with {prf_kind} are not read")
    _check_salt(salt)
    rounds.spend(iterations)
    return PBKDF2HMAC(_PRFS[prf_kind](), size, salt, iterations).derive(passphrase)


def _decrypt_cbc(cipher: BlockCipherAlgorithm, vector: bytes, content: bytes) -> bytearray:
    """Decrypt and take the padding off (PKCS#7) without leaving a copy of the plain text."""
    block = cipher.block_size // 8
    if len(vector) != block or not content or len(content) % block:
        raise MalformedKeyError(CANNOT_DECRYPT)
    plain = bytearray(len(content) + block - 1)
    Cipher(cipher, modes.CBC(vector)).decryptor().update_into(content, plain)
    del plain[len(content) :]
    padding = plain[-1]
    if not 1 <= padding <= block or plain[-padding:] != bytes((padding,)) * padding:
        plain[:] = bytes(len(plain))
        raise MalformedKeyError(CANNOT_DECRYPT)
    del plain[-padding:]
    return plain


def _check_salt(salt: bytes) -> None:
    if not 0 < len(salt) <= MAX_SALT:
        raise MalformedKeyError("salt empty or too long")


def _stretch(text: bytes, block: int) -> bytes:
    """Repeat a text until it fills whole blocks."""
    size = -(-len(text) // block) * block
    return (text * (size // len(text) + 1))[:size]


def _digest(name: str, data: bytes) -> bytes:
    return hashlib.sha1(data, usedforsecurity=False).digest() if name == "sha1" else hash_bytes(name, data)
