"""Personal data at rest: closed under the current key, opened in its place only, found again after a change of keys."""

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from licences import KeyRing, ProtectedDataError, Protection
from licences.protection import MAGIC, MAX_RING_KEYS, PROTECTION_OVERHEAD, key_of

OLD, NEW = bytes(range(16)), bytes(range(16, 32))


def protection(*keys: bytes) -> Protection:
    ring = KeyRing.of(keys)
    return Protection(lambda: ring, os.urandom)


@given(st.binary(max_size=200), st.text(max_size=30))
def test_a_value_comes_back_from_its_place_and_no_other(plain: bytes, context: str) -> None:
    one = protection(NEW)
    closed = one.protect(plain, context=context)
    assert one.reveal(closed, context=context) == plain
    assert len(closed) == len(plain) + PROTECTION_OVERHEAD
    assert one.protect(plain, context=context) != closed
    with pytest.raises(ProtectedDataError) as caught:
        one.reveal(closed, context=context + "1")
    assert caught.value.code == "PROTECTED_DATA_DAMAGED"


@given(st.binary(max_size=40), st.data())
def test_no_changed_byte_goes_unnoticed(plain: bytes, data: st.DataObject) -> None:
    closed = protection(NEW).protect(plain, context="t")
    place = data.draw(st.integers(0, len(closed) - 1))
    changed = bytearray(closed)
    changed[place] ^= data.draw(st.integers(1, 255))
    with pytest.raises(ProtectedDataError):
        protection(NEW, OLD).reveal(bytes(changed), context="t")


@given(st.binary(max_size=100) | st.binary(max_size=100).map(MAGIC.__add__))
def test_what_is_not_protected_is_refused(value: bytes) -> None:
    with pytest.raises(ProtectedDataError):
        protection(NEW).reveal(value, context="")


def test_older_keys_open_and_the_current_one_closes() -> None:
    before, after = protection(OLD), protection(NEW, OLD)
    closed = before.protect(b"value", context="t")
    assert after.reveal(closed, context="t") == b"value"
    assert not after.is_current(closed)
    assert before.is_current(closed)
    again = after.protect(b"value", context="t")
    assert after.is_current(again)
    assert key_of(again) == after.ring.current != before.ring.current
    with pytest.raises(ProtectedDataError) as caught:
        before.reveal(again, context="t")
    assert caught.value.code == "PROTECTION_KEY_MISSING"


def test_a_running_process_finds_a_key_that_another_one_added() -> None:
    rings = [KeyRing.of([OLD])]
    running = Protection(lambda: rings[-1], os.urandom)
    closed = protection(NEW, OLD).protect(b"value", context="t")
    rings.append(KeyRing.of([NEW, OLD]))
    assert running.reveal(closed, context="t") == b"value"
    assert running.is_current(running.protect(b"", context="t"))
    assert running.ring.current == KeyRing.of([NEW]).current


def test_an_empty_ring_closes_nothing() -> None:
    with pytest.raises(ProtectedDataError) as caught:
        protection().protect(b"value", context="t")
    assert caught.value.code == "PROTECTION_KEY_MISSING"
    assert not protection().is_current(protection(NEW).protect(b"", context=""))


@pytest.mark.parametrize("keys", [[b"short"], [bytes(17)], [n.to_bytes(16) for n in range(MAX_RING_KEYS + 1)]])
def test_a_ring_has_keys_of_one_size_and_not_too_many(keys: list[bytes]) -> None:
    with pytest.raises(ValueError, match="key"):
        KeyRing.of(keys)


def test_neither_key_nor_value_is_in_an_error() -> None:
    closed = protection(NEW).protect("张三".encode(), context="t")
    with pytest.raises(ProtectedDataError) as caught:
        protection(NEW).reveal(closed, context="other")
    told = f"{caught.value!r} {caught.value.zh}"
    assert "张三" not in told
    assert NEW.hex() not in told
