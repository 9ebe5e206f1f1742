"""Names of keys at a seal service: `remote:` URIs."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote, urlsplit

from keys.errors import KeyUnusableError
from keys.exchange import DEFAULT_TIMEOUT

_SCHEME: Final = "remote:"
_FILES: Final = ("client-cert", "client-key", "ca")
_QUERY: Final = frozenset({*_FILES, "passphrase-source", "timeout"})
_KEY_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_SECONDS: Final = re.compile(r"[0-9]{1,3}(\.[0-9])?")


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteUri:
    """One key at one seal service, and how this client proves who it is."""

    origin: str
    """`https://host` or `https://host:port`."""
    key: str
    """The key's name there."""
    client_certificate: str
    """Path of the client's certificate, PEM, with its issuers."""
    client_key: str
    """Path of its private key, PEM."""
    ca: str
    """Path of the certificates, PEM, that the service's own certificate must lead to. No others are trusted."""
    passphrase_source: str | None
    """Of the client's key: `env:NAME` or `file:PATH`."""
    timeout: float
    """Seconds for one exchange."""


def is_service_key_name(name: str) -> bool:
    """Tell whether a key can have this name at a seal service: 1 to 64 letters, digits, `.`, `_` and `-`."""
    return _KEY_NAME.fullmatch(name) is not None


def parse_remote_uri(uri: str) -> RemoteUri:
    """Read `remote:https://HOST[:PORT]/KEY?client-cert=…&client-key=…&ca=…`; `KeyUnusableError` when it is none.

    Also `passphrase-source=` and `timeout=` (seconds). What we do not act on is refused.
    """
    if not uri.startswith(_SCHEME):
        raise KeyUnusableError("not a remote: URI")
    try:
        parts = urlsplit(uri.removeprefix(_SCHEME))
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise KeyUnusableError("a remote: URI has an address that is none") from error
    if parts.scheme != "https" or not host or parts.fragment:
        raise KeyUnusableError("a remote: URI begins with remote:https:// and a host")
    if parts.username is not None or parts.password is not None:
        raise KeyUnusableError("a password must not stand in a URI; the client's certificate says who asks")
    key = parts.path.removeprefix("/")
    if not is_service_key_name(key):
        raise KeyUnusableError("a remote: URI names one key behind the host")
    found = _attributes(parts.query)
    if missing := [name for name in _FILES if name not in found]:
        raise KeyUnusableError(f"a remote: URI needs {', '.join(missing)}")
    written = f"[{host}]" if ":" in host else host
    return RemoteUri(
        origin=f"https://{written}" if port is None else f"https://{written}:{port}",
        key=key,
        client_certificate=found["client-cert"],
        client_key=found["client-key"],
        ca=found["ca"],
        passphrase_source=found.get("passphrase-source"),
        timeout=_seconds(found.get("timeout")),
    )


def _attributes(query: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for part in query.split("&") if query else ():
        name, equals, value = part.partition("=")
        if name not in _QUERY or not equals or not value or name in found:
            raise KeyUnusableError("a remote: URI has an attribute that is unknown, empty or written twice")
        try:
            found[name] = unquote(value, errors="strict")
        except UnicodeDecodeError as error:
            raise KeyUnusableError("a remote: URI has text that is not UTF-8") from error
    return found


def _seconds(text: str | None) -> float:
    if text is None:
        return DEFAULT_TIMEOUT
    if not _SECONDS.fullmatch(text) or not float(text):
        raise KeyUnusableError("the timeout of a remote: URI is a number of seconds")
    return float(text)
