"""What the readers of `elicence.toml` share: tables of known keys, addresses that may be asked."""

from collections.abc import Collection, Mapping
from pathlib import Path
from urllib.parse import urlsplit

from .errors import SettingsError
from .forwarding import is_loopback


def known_table(value: object, known: Collection[str], path: Path, place: str) -> Mapping[str, object]:
    """Return a table as it is; SettingsError for a key that means nothing: a slip there must not go unnoticed."""
    if not isinstance(value, dict) or not value.keys() <= set(known):
        words = ", ".join(known)
        raise SettingsError(f"{path} 的 {place} 只能含 {words}。", f"{place} in {path} is a table of {words}")
    return value


def is_private_address(address: str) -> bool:
    """Whether nobody in between reads what goes to this address: https, or this machine itself."""
    try:
        parts = urlsplit(address)
        host = parts.hostname or ""
    except ValueError:
        return False
    return bool(host) and (parts.scheme == "https" or (parts.scheme == "http" and is_loopback(host)))
