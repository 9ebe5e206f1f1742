"""Who asks, and whether anybody could read along, when a proxy may stand between."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.forwarding import MAX_FORWARDED_BYTES, Way, is_loopback, read_proxies, way_of

PROXIES = read_proxies(["10.0.0.5", "10.0.1.0/28", "127.0.0.9"])
VISITOR = "203.0.113.7"


def way(peer: str, *headers: tuple[str, str], scheme: str = "http", proxies: bool = True) -> Way:
    scope = {
        "client": (peer, 1),
        "scheme": scheme,
        "headers": [(name.encode(), value.encode()) for name, value in headers],
    }
    return way_of(scope, PROXIES if proxies else ())


def told(of: str, scheme: str | None = "https") -> tuple[tuple[str, str], ...]:
    first = (("x-forwarded-for", of),)
    return first if scheme is None else (*first, ("x-forwarded-proto", scheme))


@pytest.mark.parametrize(
    ("came", "address", "scheme", "local"),
    [
        (way("127.0.0.1"), "127.0.0.1", "http", True),
        (way("::1"), "::1", "http", True),
        (way("::ffff:127.0.0.1"), "::ffff:127.0.0.1", "http", True),
        (way(VISITOR), VISITOR, "http", False),
        (way(VISITOR, scheme="https"), VISITOR, "https", False),
        # Nobody's word is taken who is not named.
        (way(VISITOR, *told("127.0.0.1")), VISITOR, "http", False),
        (way("127.0.0.1", *told(VISITOR)), "127.0.0.1", "http", False),
        (way("10.0.0.6", *told("127.0.0.1")), "10.0.0.6", "http", False),
        (way("10.0.0.5", *told(VISITOR), proxies=False), "10.0.0.5", "http", False),
        # A proxy of ours.
        (way("10.0.0.5", *told(VISITOR)), VISITOR, "https", False),
        (way("::ffff:10.0.0.5", *told(VISITOR)), VISITOR, "https", False),
        (way("10.0.0.5", *told(VISITOR, "http")), VISITOR, "http", False),
        (way("10.0.0.5", *told(VISITOR, None)), VISITOR, "http", False),
        (way("10.0.0.5", *told("127.0.0.1")), "127.0.0.1", "https", False),
        (way("127.0.0.9"), "127.0.0.9", "http", False),
        (way("10.0.0.5", *told("2001:db8::7")), "2001:db8::7", "https", False),
        # What stands before the last stranger, that one may have written himself.
        (way("10.0.0.5", *told(f"1.2.3.4, {VISITOR}, 10.0.1.3")), VISITOR, "https", False),
        (way("10.0.0.5", ("x-forwarded-for", "1.2.3.4"), *told(VISITOR)), VISITOR, "https", False),
        (way("10.0.0.5", *told("10.0.1.3")), "10.0.0.5", "https", False),
        (way("10.0.0.5", *told("unknown")), "10.0.0.5", "https", False),
        (way("10.0.0.5", *told(f"{VISITOR}, ")), "10.0.0.5", "https", False),
        (way("10.0.0.5", *told(f"{VISITOR}," * MAX_FORWARDED_BYTES)), "10.0.0.5", "https", False),
        (way("10.0.0.5", *told(VISITOR), ("x-forwarded-proto", "http")), VISITOR, "http", False),
        (way("10.0.0.5", *told(VISITOR, "https, http")), VISITOR, "http", False),
    ],
    ids=str,
)  # fmt: skip
def test_who_asks(came: Way, address: str, scheme: str, local: bool) -> None:
    assert (came.address, came.scheme, came.is_local) == (address, scheme, local)
    assert came.is_private == (scheme == "https" or local)


@pytest.mark.parametrize("name", ["x-forwarded-for", "x-forwarded-proto", "x-real-ip", "forwarded", "via"])
def test_what_a_proxy_hands_on_is_not_from_here(name: str) -> None:
    assert not way("127.0.0.1", (name, "anything")).is_private


def test_a_connection_without_an_address() -> None:
    came = way_of({"client": None, "scheme": "http", "headers": []}, PROXIES)
    assert (came.address, came.is_private) == ("", False)


@given(st.lists(st.tuples(st.sampled_from(["x-forwarded-for", "x-forwarded-proto", "forwarded"]), st.text())))
def test_a_stranger_is_a_stranger_whatever_he_says(headers: list[tuple[str, str]]) -> None:
    scope = {"client": (VISITOR, 1), "headers": [(name.encode(), value.encode()) for name, value in headers]}
    assert way_of(scope, PROXIES) == Way(address=VISITOR, scheme="http", is_local=False)


@given(st.binary(max_size=200))
def test_a_proxy_that_hands_on_anything_breaks_nothing(value: bytes) -> None:
    scope = {"client": ("10.0.0.5", 1), "headers": [(b"x-forwarded-for", value), (b"x-forwarded-proto", value)]}
    assert not way_of(scope, PROXIES).is_local


@pytest.mark.parametrize(
    "entry", ["0.0.0.0/0", "10.0.0.0/8", "8.8.8.8", "10.0.0.1/24", "proxy.example", "", "2001:4860:4860::8888"]
)
def test_what_is_no_proxy_of_ours(entry: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        read_proxies(["10.0.0.1", entry])


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "::1", "127.9.9.9", "::ffff:127.0.0.1"])
def test_names_of_this_machine(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize("host", ["", "a", "10.0.0.1", "localhost.example", "::"])
def test_names_of_other_machines(host: str) -> None:
    assert not is_loopback(host)
