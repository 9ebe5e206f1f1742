"""SM4-GCM: the published vector, and no change that goes unnoticed."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keys import BadSignatureError, sm4_decrypt, sm4_encrypt

VECTORS = json.loads((Path(__file__).parents[2] / "fixtures/vectors/keys/sm4-gcm.json").read_text("utf-8"))["vectors"]

keys = st.binary(min_size=16, max_size=16)
nonces = st.binary(min_size=12, max_size=12)


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["id"])
def test_vectors(vector: dict[str, str]) -> None:
    key, nonce, associated, plain, encrypted, tag = (
        bytes.fromhex(vector[name]) for name in ("key", "nonce", "associated", "plain", "encrypted", "tag")
    )
    assert sm4_encrypt(key, nonce, plain, associated) == encrypted + tag
    assert sm4_decrypt(key, nonce, encrypted + tag, associated) == plain


@given(keys, nonces, st.binary(max_size=100), st.binary(max_size=30), st.data())
def test_every_change_is_noticed(
    key: bytes, nonce: bytes, plain: bytes, associated: bytes, data: st.DataObject
) -> None:
    encrypted = sm4_encrypt(key, nonce, plain, associated)
    assert sm4_decrypt(key, nonce, encrypted, associated) == plain
    bit = data.draw(st.integers(0, len(encrypted) * 8 - 1))
    changed = bytearray(encrypted)
    changed[bit // 8] ^= 1 << bit % 8
    for wrong in (
        (key, nonce, bytes(changed), associated),
        (key, nonce, encrypted, associated + b"x"),
        (key, nonce, encrypted[:-1], associated),
        (bytes([key[0] ^ 1]) + key[1:], nonce, encrypted, associated),
        (key, bytes([nonce[0] ^ 1]) + nonce[1:], encrypted, associated),
    ):
        with pytest.raises(BadSignatureError):
            sm4_decrypt(*wrong)


@pytest.mark.parametrize("length", [0, 1, 15])
def test_what_has_no_tag_is_refused(length: int) -> None:
    with pytest.raises(BadSignatureError):
        sm4_decrypt(bytes(16), bytes(12), bytes(length), b"")
