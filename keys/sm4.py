"""SM4 in Galois counter mode (GB/T 32907; SP 800-38D, RFC 8998): encryption that notices every change."""

from __future__ import annotations

from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import SM4
from cryptography.hazmat.primitives.ciphers.modes import GCM

from keys.errors import BadSignatureError

SM4_KEY_BYTES: Final = 16
SM4_NONCE_BYTES: Final = 12
SM4_TAG_BYTES: Final = 16


def sm4_encrypt(key: bytes, nonce: bytes, plain: bytes, associated: bytes) -> bytes:
    """Return the encrypted text followed by its tag. A nonce must never be used twice with one key.

    `associated` is not encrypted, but decryption needs the same.
    """
    cipher = Cipher(SM4(key), GCM(nonce)).encryptor()
    cipher.authenticate_additional_data(associated)
    return cipher.update(plain) + cipher.finalize() + cipher.tag


def sm4_decrypt(key: bytes, nonce: bytes, encrypted: bytes, associated: bytes) -> bytes:
    """Undo `sm4_encrypt`; `BadSignatureError` when anything is not as it was, or the key is another."""
    body, tag = encrypted[:-SM4_TAG_BYTES], encrypted[-SM4_TAG_BYTES:]
    if len(tag) != SM4_TAG_BYTES:
        raise BadSignatureError("encrypted text too short")
    cipher = Cipher(SM4(key), GCM(nonce, tag)).decryptor()
    cipher.authenticate_additional_data(associated)
    try:
        return cipher.update(body) + cipher.finalize()
    except InvalidTag as error:
        raise BadSignatureError("encrypted text or its context changed, or another key") from error
