"""Encryption of streams of any length with SM4-GCM, in chunks that cannot be cut off, moved or left out unnoticed.

A chunk's nonce is its number (11 bytes) and whether it is the last one (1 byte), so that each has its place; the head
of the file is authenticated with every chunk. This is the STREAM construction (Hoang, Reyhanitabar, Rogaway, Vizár
2015) that age and Tink use with other ciphers. A key must serve for one stream only.
"""

from __future__ import annotations

import io
from typing import BinaryIO, Final

from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from keys.errors import BadSignatureError
from keys.sm4 import SM4_KEY_BYTES, SM4_NONCE_BYTES, SM4_TAG_BYTES, sm4_decrypt, sm4_encrypt

CHUNK_BYTES: Final = 1024 * 1024
SCRYPT_LOG_N: Final = 17
"""Cost of a key from a passphrase: 128 MB and about half a second (OWASP's first choice, with r = 8 and p = 1)."""
_BLOCK, _PARALLEL = 8, 1


def key_from_passphrase(passphrase: bytes, salt: bytes) -> bytes:
    """Derive an SM4 key with scrypt (RFC 7914). The salt is random and never used twice."""
    return Scrypt(salt=salt, length=SM4_KEY_BYTES, n=1 << SCRYPT_LOG_N, r=_BLOCK, p=_PARALLEL).derive(passphrase)


class EncryptingWriter(io.RawIOBase):
    """Encrypts what is written to it; `close` writes the last chunk, and leaves the file below open."""

    def __init__(self, target: BinaryIO, key: bytes, head: bytes) -> None:
        self._target, self._key, self._head = target, key, head
        self._number = 0
        self._waiting = bytearray()

    def writable(self) -> bool:
        """Yes."""
        return True

    def write(self, data: bytes | bytearray | memoryview, /) -> int:  # type: ignore[override]
        """Take all of it."""
        self._waiting += data
        # One chunk stays back: the last one is marked, and only `close` knows which it is.
        while len(self._waiting) > CHUNK_BYTES:
            self._put(bytes(self._waiting[:CHUNK_BYTES]), last=False)
            del self._waiting[:CHUNK_BYTES]
        return len(data)

    def close(self) -> None:
        """Write what is left, as the last chunk."""
        if not self.closed:
            self._put(bytes(self._waiting), last=True)
            self._waiting.clear()
        super().close()

    def abandon(self) -> None:
        """Close without a last chunk: nobody will take what was written for a whole stream."""
        super().close()

    def _put(self, chunk: bytes, *, last: bool) -> None:
        self._target.write(sm4_encrypt(self._key, _nonce(self._number, last=last), chunk, self._head))
        self._number += 1


class DecryptingReader(io.RawIOBase):
    """Gives what `EncryptingWriter` took; BadSignatureError where it is not as it was, or the key is another."""

    def __init__(self, source: BinaryIO, key: bytes, head: bytes) -> None:
        self._source, self._key, self._head = source, key, head
        self._number = 0
        self._next = source.read(CHUNK_BYTES + SM4_TAG_BYTES)
        self._ready = memoryview(b"")
        self._ended = False

    def readable(self) -> bool:
        """Yes."""
        return True

    def readinto(self, buffer: memoryview, /) -> int:  # type: ignore[override]
        """Fill a buffer as far as the current chunk reaches; 0 at the end of a whole stream."""
        while not self._ready and not self._ended:
            self._advance()
        count = min(len(buffer), len(self._ready))
        buffer[:count] = self._ready[:count]
        self._ready = self._ready[count:]
        return count

    def _advance(self) -> None:
        chunk, self._next = self._next, self._source.read(CHUNK_BYTES + SM4_TAG_BYTES)
        self._ended = not self._next
        plain = sm4_decrypt(self._key, _nonce(self._number, last=self._ended), chunk, self._head)
        # Only the last one may be short, and an empty one only when it is alone: one stream has one form.
        if not self._ended and len(plain) != CHUNK_BYTES:
            raise BadSignatureError("a chunk of the stream is short")
        self._number += 1
        self._ready = memoryview(plain)


def _nonce(number: int, *, last: bool) -> bytes:
    return number.to_bytes(SM4_NONCE_BYTES - 1, "big") + bytes([last])
