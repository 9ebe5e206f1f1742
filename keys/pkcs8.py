"""Files of one private key: PKCS#8 (RFC 5958), plain or encrypted, PEM or DER, of every kind of key."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from keys import der
from keys.algorithms import Algorithm
from keys.der import DerReader
from keys.errors import KeyUnusableError, MalformedDerError, MalformedKeyError
from keys.libcrypto import Libcrypto
from keys.pbe import CANNOT_DECRYPT, Rounds, decrypt, encrypt
from keys.pem import ENCRYPTED_PRIVATE_KEY, has_label, unwrapped, wrapped
from keys.ports import ExportablePrivateKey
from keys.software import load_pkcs8

MAX_KEY_FILE: Final = 64 * 1024
"""Bytes; an RSA-8192 key in PEM has 6 400."""

Passphrase = Callable[[], bytes]
"""Gives a passphrase when one is needed, in UTF-8. Never an argument, never in a setting: see `keys.passphrases`."""


def read_private_key(
    data: bytes | bytearray,
    *,
    passphrase: Passphrase | None = None,
    algorithm: Algorithm | None = None,
    provider: Libcrypto | None = None,
) -> ExportablePrivateKey:
    """Load the key in a PKCS#8 file, whatever its form; otherwise like `load_private_key`.

    `passphrase` is asked only for an encrypted key, `KeyUnusableError` when it is needed and there is none.
    """
    if len(data) > MAX_KEY_FILE:
        raise MalformedKeyError("private key file too large")
    if has_label(data, ENCRYPTED_PRIVATE_KEY):
        pkcs8 = _decrypted(bytes(unwrapped(data, ENCRYPTED_PRIVATE_KEY)), passphrase)
    elif data[:1] != b"\x30":
        pkcs8 = unwrapped(data)
    elif _is_encrypted(data):
        pkcs8 = _decrypted(bytes(data), passphrase)
    else:
        pkcs8 = bytearray(data)
    return load_pkcs8(pkcs8, algorithm=algorithm, provider=provider)


def encrypt_private_key(key: ExportablePrivateKey, passphrase: bytes, *, random: Callable[[int], bytes]) -> bytes:
    """Return the PEM of the key encrypted under a passphrase (PBKDF2 with 600 000 rounds, AES-256-CBC)."""
    pkcs8 = unwrapped(key.pkcs8())
    try:
        identifier, content = encrypt(pkcs8, passphrase, random=random)
    finally:
        pkcs8[:] = bytes(len(pkcs8))
    return wrapped(der.sequence(identifier, der.octet_string(content)), ENCRYPTED_PRIVATE_KEY)


def decrypt_pkcs8(data: bytes, passphrase: bytes, rounds: Rounds) -> bytearray:
    """Decrypt an EncryptedPrivateKeyInfo (RFC 5958 clause 3). The caller wipes the result."""
    try:
        outer = DerReader(data)
        whole = outer.read_sequence()
        outer.finish()
        identifier, content = whole.read_raw(), whole.read_octet_string()
        whole.finish()
        plain = decrypt(identifier, content, passphrase, rounds)
    except MalformedDerError as error:
        raise MalformedKeyError("the encrypted private key is not DER") from error
    if not _is_one_sequence(plain):
        # The padding comes out right under one wrong passphrase of 256.
        plain[:] = bytes(len(plain))
        raise MalformedKeyError(CANNOT_DECRYPT)
    return plain


def _is_one_sequence(plain: bytearray) -> bool:
    """Look at the head only, so that no copy of a key is made."""
    count = plain[1] & 0x7F if len(plain) > 1 and plain[1] & 0x80 else 0
    size = int.from_bytes(plain[2 : 2 + count], "big") if count else sum(plain[1:2])
    return plain[:1] == b"\x30" and 2 + count + size == len(plain)


def _is_encrypted(data: bytes | bytearray) -> bool:
    """Tell an EncryptedPrivateKeyInfo, which begins with a SEQUENCE, from a PrivateKeyInfo with its version number."""
    start = 2 + (data[1] & 0x7F if len(data) > 1 and data[1] & 0x80 else 0)
    return data[start : start + 1] == b"\x30"


def _decrypted(data: bytes, passphrase: Passphrase | None) -> bytearray:
    if passphrase is None:
        raise KeyUnusableError("the private key is encrypted and no source of its passphrase is named")
    return decrypt_pkcs8(data, passphrase(), Rounds())
