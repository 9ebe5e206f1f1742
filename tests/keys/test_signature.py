import pytest
from hypothesis import given
from hypothesis import strategies as st

import keys
from keys import der

NUMBERS = st.integers(1, 2**256 - 1)


@given(NUMBERS, NUMBERS)
def test_raw_and_der_turn_into_each_other(r: int, s: int) -> None:
    raw = r.to_bytes(32, "big") + s.to_bytes(32, "big")
    encoded = der.sequence(der.integer(r), der.integer(s))
    assert keys.der_signature(raw) == encoded
    assert keys.raw_signature(encoded) == raw


@pytest.mark.parametrize(
    "raw", [b"", bytes(63), bytes(64), bytes(31) + b"\1" + bytes(32), bytes(63) + b"\1", b"\1" * 63, b"\1" * 65]
)
def test_bad_raw_signatures_are_refused(raw: bytes) -> None:
    with pytest.raises(keys.BadSignatureError):
        keys.der_signature(raw)


@given(st.binary(max_size=80))
def test_any_bytes_give_a_signature_or_our_error(data: bytes) -> None:
    try:
        raw = keys.raw_signature(data)
    except keys.BadSignatureError:
        return
    assert keys.der_signature(raw) == data
