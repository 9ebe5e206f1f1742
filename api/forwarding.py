"""Who asks when a proxy stands between: its word is taken only when the settings name it."""

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.types import Scope

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

MAX_PROXY_ADDRESSES = 256
"""Addresses in one entry of `trusted_proxies`: more than that is no longer a few machines of our own."""
MAX_FORWARDED_BYTES = 1024
_FOR, _SCHEME = b"x-forwarded-for", b"x-forwarded-proto"
_OF_PROXIES = frozenset({_FOR, _SCHEME, b"x-forwarded-host", b"x-real-ip", b"forwarded", b"via"})


def read_networks(entries: object) -> tuple[Network, ...]:
    """Read a list of addresses and networks; ValueError when it is none."""
    if not isinstance(entries, list) or not all(isinstance(entry, str) for entry in entries):
        raise ValueError("no list of texts")
    return tuple(ipaddress.ip_network(entry) for entry in entries)


def read_proxies(entries: object) -> tuple[Network, ...]:
    """Read addresses or small networks; ValueError for what is none, is not of a private network, or is too large."""
    networks = read_networks(entries)
    for network in networks:
        if not network.is_private or network.num_addresses > MAX_PROXY_ADDRESSES:
            raise ValueError(f"{network} is no small private network")
    return networks


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """How a request came."""

    address: str
    """Of whoever asks, as far as anybody believable says; empty for a connection without one."""
    scheme: str
    is_local: bool
    """From this machine, over no proxy."""

    @property
    def is_private(self) -> bool:
        """Whether nobody on a network could read along."""
        return self.scheme == "https" or self.is_local


def way_of(scope: "Scope", proxies: Sequence[Network]) -> Way:
    """Find out who asks and whether it was encrypted, by the connection or by a proxy that is trusted."""
    peer = scope["client"][0] if scope.get("client") else ""
    told = [(name, value) for name, value in scope["headers"] if name in _OF_PROXIES]
    if not is_among(peer, proxies):
        # Somebody's proxy may well stand on this machine without being named: what it hands on is not from here.
        return Way(address=peer, scheme=scope.get("scheme", "http"), is_local=not told and is_loopback(peer))
    hops = b",".join(value for name, value in told if name == _FOR)
    schemes = [value.strip().lower() for name, value in told if name == _SCHEME]
    return Way(
        address=_first_stranger(hops, proxies) or peer,
        # Two values are those of the proxy and of somebody before it, and nobody says which is which.
        scheme="https" if schemes == [b"https"] else "http",
        is_local=False,
    )


def is_loopback(host: str) -> bool:
    """Whether this is an address, or the name, of the machine itself."""
    if host == "localhost":
        return True
    try:
        return _address(host).is_loopback
    except ValueError:
        return False


def _first_stranger(hops: bytes, proxies: Sequence[Network]) -> str | None:
    """Go back from the last hop to the first that is no proxy of ours: what stands before, anybody may have written."""
    if len(hops) > MAX_FORWARDED_BYTES:
        return None
    for hop in reversed(hops.decode("latin-1").split(",")):
        text = hop.strip()
        try:
            address = _address(text)
        except ValueError:
            return None
        if not any(address in network for network in proxies):
            return str(address)
    return None


def is_among(host: str, proxies: Sequence[Network]) -> bool:
    """Whether this is the address of a proxy of ours."""
    try:
        address = _address(host)
    except ValueError:
        return False
    return any(address in network for network in proxies)


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    address = ipaddress.ip_address(text)
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address
