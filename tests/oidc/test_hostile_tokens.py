"""Whatever is shown as a token, or published as a key, ends in a refusal and in no other error."""

from __future__ import annotations

import base64
import json
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st
from identity_provider import new_keys
from joserfc import jws

from api.errors import ProviderFailedError, TokenRefusedError
from api.oidc_keys import head_of, payload_of, read_key_set

KEYS = new_keys("1")
PUBLISHED = read_key_set({"keys": [key.as_dict(private=False) for key in KEYS]})
CONTENT = b'{"sub":"system-a"}'
GOOD = [
    jws.serialize_compact(
        {"alg": algorithm, "typ": "at+jwt", "kid": key.kid}, CONTENT, key, algorithms=[algorithm]
    )
    for algorithm, key in (("RS256", KEYS[0]), ("PS256", KEYS[0]), ("ES256", KEYS[1]), ("Ed25519", KEYS[2]))
]  # fmt: skip
SIMPLE = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
VALUES = SIMPLE | st.lists(SIMPLE, max_size=3) | st.dictionaries(st.text(max_size=5), SIMPLE, max_size=3)
MEMBERS = ["alg", "kid", "typ", "crit", "b64", "jwk", "x5c", "zip", "enc"]
ALGORITHMS = st.sampled_from(["RS256", "ES256", "EdDSA", "none", "HS256", "RSA-OAEP"])
KEY_MEMBERS = ["kty", "kid", "use", "alg", "n", "e", "crv", "x", "y", "k", "d", "key_ops", "x5c"]


def content_of(token: str) -> bytes | None:
    """Return what a token holds if a published key signed it."""
    try:
        head = head_of(token)
        key = PUBLISHED.find(head.key, head.algorithm)
        return None if key is None else payload_of(token, key)
    except TokenRefusedError:
        return None


def encoded(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def test_good_tokens_pass_here() -> None:
    assert [content_of(token) for token in GOOD] == [CONTENT] * 4


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(GOOD), st.data())
def test_one_changed_letter(token: str, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(token) - 1))
    letter = data.draw(st.characters(max_codepoint=0x3000))
    found = content_of(token[:place] + letter + token[place + 1 :])
    # The last letter of base64 has bits that mean nothing.
    assert found in (None, CONTENT)


@settings(max_examples=100, deadline=None)
@given(st.dictionaries(st.sampled_from(MEMBERS), VALUES | ALGORITHMS, max_size=5), st.binary(max_size=40))
@example({"alg": "RS256", "crit": ["b64"], "b64": False}, b"")
@example({"alg": "ES256", "kid": "ec-1", "crit": ["exp"]}, b"x")
@example({"alg": ["RS256"]}, b"")
@example({"alg": {"a": 1}, "kid": []}, b"")
def test_any_head(head: dict[str, Any], signature: bytes) -> None:
    token = f"{encoded(json.dumps(head).encode())}.{encoded(CONTENT)}.{encoded(signature)}"
    assert content_of(token) is None


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=60) | st.text("abcAZ09-_.=", max_size=60))
def test_any_text(text: str) -> None:
    assert content_of(text) is None


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_any_published_key(data: st.DataObject) -> None:
    key = dict(data.draw(st.sampled_from([one.as_dict(private=False) for one in KEYS])))
    key |= data.draw(st.dictionaries(st.sampled_from(KEY_MEMBERS), VALUES | st.sampled_from(["RSA", "EC", "OKP"])))
    for name in data.draw(st.sets(st.sampled_from(KEY_MEMBERS), max_size=2)):
        key.pop(name, None)
    try:
        found = read_key_set({"keys": [key]})
    except ProviderFailedError:
        return
    for one in found.keys:
        assert not one.key.is_private
        assert one.key.key_type in ("RSA", "EC", "OKP")
