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


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(der.sequence(der.integer(1), der.integer(1)) + b"\0", id="byte after"),
        pytest.param(der.sequence(der.integer(1), der.integer(1), b"\0"), id="byte after inside"),
        pytest.param(der.sequence(der.integer(1), der.integer(1), der.integer(1)), id="three numbers"),
        pytest.param(der.sequence(der.integer(1)), id="one number"),
        pytest.param(der.sequence(der.integer(0), der.integer(1)), id="r is 0"),
        pytest.param(der.sequence(der.integer(1), der.integer(0)), id="s is 0"),
        pytest.param(der.sequence(der.integer(-1), der.integer(1)), id="r negative"),
        pytest.param(der.sequence(der.integer(1), der.integer(-1)), id="s negative"),
        pytest.param(der.sequence(der.integer(2**256), der.integer(1)), id="r of 257 bits"),
        pytest.param(der.sequence(der.integer(1), der.integer(2**256)), id="s of 257 bits"),
        pytest.param(der.set_of(der.integer(1), der.integer(1)), id="a set"),
    ],
)
def test_bad_der_signatures_are_refused(data: bytes) -> None:
    with pytest.raises(keys.BadSignatureError):
        keys.raw_signature(data)


@given(st.binary(max_size=80))
def test_any_bytes_give_a_signature_or_our_error(data: bytes) -> None:
    try:
        raw = keys.raw_signature(data)
    except keys.BadSignatureError:
        return
    assert keys.der_signature(raw) == data
