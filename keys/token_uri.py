"""Names of keys in security modules: `pkcs11:` URIs (RFC 7512)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote_to_bytes

from keys.errors import KeyUnusableError

_SCHEME: Final = "pkcs11:"
_PATH: Final = frozenset({"token", "serial", "manufacturer", "model", "object", "id", "type"})
_QUERY: Final = frozenset({"module-path", "pin-source", "sm2-mechanism"})
_PERCENT: Final = re.compile(r"%(?![0-9A-Fa-f]{2})")


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenUri:
    """One private key in one token. What is None does not matter."""

    module_path: str
    """The maker's PKCS#11 library, `module-path` of the query."""
    token: str | None = None
    """The token's label."""
    serial: str | None = None
    manufacturer: str | None = None
    model: str | None = None
    object: str | None = None
    """The key's label."""
    id: bytes | None = None
    """The key's CKA_ID."""
    pin_source: str | None = None
    """`env:NAME` or `file:PATH`."""
    sm2_mechanism: int | None = None
    """Number of the maker's mechanism that signs e with SM2; PKCS#11 itself has none."""


def parse_token_uri(uri: str) -> TokenUri:
    """Read a `pkcs11:` URI. What we do not act on is refused, and so is a PIN that stands in it (`pin-value`)."""
    path, _, query = uri.removeprefix(_SCHEME).partition("?")
    if not uri.startswith(_SCHEME):
        raise KeyUnusableError("not a pkcs11: URI")
    found = _attributes(path, ";", _PATH) | _attributes(query, "&", _QUERY)
    if found.pop("type", b"private") != b"private":
        raise KeyUnusableError("a pkcs11: URI must name a private key")
    if "module-path" not in found:
        raise KeyUnusableError("a pkcs11: URI needs module-path, the library of the token's maker")
    if not found.keys() & {"object", "id"}:
        raise KeyUnusableError("a pkcs11: URI must name the key by object (its label) or id")
    if not found.keys() & {"token", "serial"}:
        raise KeyUnusableError("a pkcs11: URI must name the token by token (its label) or serial")
    identifier = found.pop("id", None)
    try:
        texts = {name: value.decode() for name, value in found.items()}
        mechanism = int(texts["sm2-mechanism"], 0) if "sm2-mechanism" in texts else None
    except ValueError as error:
        raise KeyUnusableError("a pkcs11: URI has text that is not UTF-8 or a number that is none") from error
    return TokenUri(
        module_path=texts["module-path"],
        token=texts.get("token"),
        serial=texts.get("serial"),
        manufacturer=texts.get("manufacturer"),
        model=texts.get("model"),
        object=texts.get("object"),
        id=identifier,
        pin_source=texts.get("pin-source"),
        sm2_mechanism=mechanism,
    )


def _attributes(text: str, separator: str, known: frozenset[str]) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    for part in text.split(separator) if text else ():
        name, equals, value = part.partition("=")
        if name == "pin-value":
            raise KeyUnusableError("a PIN must not stand in a URI; name its source with pin-source")
        if name not in known or not equals or not value or name in found or _PERCENT.search(value):
            raise KeyUnusableError("a pkcs11: URI has an attribute that is unknown, empty, malformed or written twice")
        found[name] = unquote_to_bytes(value)
    return found
