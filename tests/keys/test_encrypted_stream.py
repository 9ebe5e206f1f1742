"""Streams encrypted in chunks: what goes in comes out, and nothing that was changed comes out at all."""

import io
from collections.abc import Callable

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import SM4
from cryptography.hazmat.primitives.ciphers.modes import GCM

from keys import BadSignatureError, DecryptingReader, EncryptingWriter, key_from_passphrase
from keys.encrypted_stream import CHUNK_BYTES

KEY, HEAD = bytes(range(16)), b"a head"
STEP = CHUNK_BYTES + 16


def closed(plain: bytes, *, pieces: int = 1_000_003, key: bytes = KEY, head: bytes = HEAD) -> bytes:
    target = io.BytesIO()
    writer = EncryptingWriter(target, key, head)
    for start in range(0, len(plain), pieces):
        writer.write(plain[start : start + pieces])
    writer.close()
    return target.getvalue()


def opened(stream: bytes, *, key: bytes = KEY, head: bytes = HEAD) -> bytes:
    return DecryptingReader(io.BytesIO(stream), key, head).readall()


@pytest.mark.parametrize(
    "size", [0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 2 * CHUNK_BYTES, 2 * CHUNK_BYTES + 7]
)
def test_what_goes_in_comes_out(size: int) -> None:
    plain = bytes(range(251)) * (size // 251 + 1)
    stream = closed(plain[:size])
    assert opened(stream) == plain[:size]
    assert len(stream) == size + 16 * max(1, -(-size // CHUNK_BYTES))


def test_the_form_is_as_documented() -> None:
    plain = b"x" * (CHUNK_BYTES + 3)
    stream = closed(plain)
    for number, chunk, part in ((0, stream[:STEP], plain[:CHUNK_BYTES]), (1, stream[STEP:], plain[CHUNK_BYTES:])):
        nonce = number.to_bytes(11, "big") + bytes([number == 1])
        cipher = Cipher(SM4(KEY), GCM(nonce, chunk[-16:])).decryptor()
        cipher.authenticate_additional_data(HEAD)
        assert cipher.update(chunk[:-16]) + cipher.finalize() == part


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(lambda s: s[:-1], id="last byte gone"),
        pytest.param(lambda s: s[: 2 * STEP], id="last chunk gone"),
        pytest.param(lambda s: s[:STEP], id="only the first chunk"),
        pytest.param(lambda s: b"", id="nothing"),
        pytest.param(lambda s: s[STEP:], id="first chunk gone"),
        pytest.param(lambda s: s[:STEP] + s[2 * STEP :], id="middle chunk gone"),
        pytest.param(lambda s: s[STEP : 2 * STEP] + s[:STEP] + s[2 * STEP :], id="chunks swapped"),
        pytest.param(lambda s: s[:STEP] + s, id="chunk doubled"),
        pytest.param(lambda s: s + s[2 * STEP :], id="last chunk doubled"),
        pytest.param(lambda s: s + b"\0", id="byte added"),
        pytest.param(lambda s: bytes([s[0] ^ 1]) + s[1:], id="first bit"),
        pytest.param(lambda s: s[: STEP + 5] + bytes([s[STEP + 5] ^ 128]) + s[STEP + 6 :], id="a bit inside"),
    ],
)
def test_what_was_changed_does_not_open(spoil: Callable[[bytes], bytes]) -> None:
    stream = closed(b"y" * (2 * CHUNK_BYTES + 100))
    with pytest.raises(BadSignatureError):
        opened(spoil(stream))


def test_another_key_or_head_does_not_open() -> None:
    stream = closed(b"z")
    for key, head in ((bytes(16), HEAD), (KEY, b"another head")):
        with pytest.raises(BadSignatureError):
            opened(stream, key=key, head=head)


def test_one_that_was_abandoned_does_not_open() -> None:
    target = io.BytesIO()
    writer = EncryptingWriter(target, KEY, HEAD)
    writer.write(b"w" * (CHUNK_BYTES + 1))
    writer.abandon()
    with pytest.raises(BadSignatureError):
        opened(target.getvalue())


def test_a_passphrase_gives_one_key() -> None:
    # RFC 7914 section 12 has no vector for these costs: this one was computed with Python's own hashlib.scrypt.
    import hashlib

    wanted = hashlib.scrypt(b"pass", salt=b"salt" * 8, n=1 << 17, r=8, p=1, dklen=16, maxmem=1 << 28)
    assert key_from_passphrase(b"pass", b"salt" * 8) == wanted
