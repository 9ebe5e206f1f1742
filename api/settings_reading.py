"""What the readers of `elicence.toml` share: tables of known keys, lists of networks, addresses that may be asked."""

import ipaddress
from collections.abc import Collection, Mapping
from pathlib import Path
from urllib.parse import urlsplit

from .errors import SettingsError
from .forwarding import Network, is_loopback


def known_table(value: object, known: Collection[str], path: Path, place: str) -> Mapping[str, object]:
    """Return a table as it is; SettingsError for a key that means nothing: a slip there must not go unnoticed."""
    if not isinstance(value, dict) or not value.keys() <= set(known):
        words = ", ".join(known)
        raise SettingsError(f"{path} 的 {place} 只能含 {words}。", f"{place} in {path} is a table of {words}")
    return value


def networks_of(entries: object) -> tuple[Network, ...]:
    """Read a list of addresses and networks; ValueError when it is none."""
    if not isinstance(entries, list) or not all(isinstance(entry, str) for entry in entries):
        raise ValueError("no list of texts")
    return tuple(ipaddress.ip_network(entry) for entry in entries)


def is_private_address(address: str) -> bool:
    """Whether nobody in between reads what goes to this address: https, or this machine itself."""
    try:
        parts = urlsplit(address)
        host = parts.hostname or ""
    except ValueError:
        return False
    return bool(host) and (parts.scheme == "https" or (parts.scheme == "http" and is_loopback(host)))
