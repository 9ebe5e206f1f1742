"""Where a CA says it publishes: revocation lists, OCSP, its own certificate (RFC 5280 clauses 4.2.1.13 and 4.2.2.1)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final
from urllib.parse import urlsplit

from keys import der
from keys.der import DerReader

CRL_DISTRIBUTION_POINTS: Final = "2.5.29.31"
AUTHORITY_INFORMATION_ACCESS: Final = "1.3.6.1.5.5.7.1.1"
OCSP_ACCESS: Final = "1.3.6.1.5.5.7.48.1"
CA_ISSUERS_ACCESS: Final = "1.3.6.1.5.5.7.48.2"

MAX_ADDRESSES: Final = 8
"""Addresses of one kind that are kept; a hostile certificate must not send us around the world."""
MAX_ADDRESS_LENGTH: Final = 1024

_ADDRESS: Final = re.compile(r"https?://[!-~]+", re.IGNORECASE)
_URI: Final = 0x86
"""[6] IMPLICIT IA5String in a GeneralName."""


def distribution_points(addresses: Sequence[str]) -> bytes:
    """Encode a CRLDistributionPoints with one point that is to be had at every address."""
    names = der.context(0, *(_uri(address) for address in addresses))
    return der.sequence(der.sequence(der.context(0, names)))


def ocsp_access(addresses: Sequence[str]) -> bytes:
    """Encode an AuthorityInfoAccess with OCSP responders."""
    return der.sequence(*(der.sequence(der.oid(OCSP_ACCESS), _uri(address)) for address in addresses))


def read_distribution_points(value: bytes) -> tuple[str, ...]:
    """Read where the issuer's own lists for every reason are; points of other kinds are left out."""
    outer = DerReader(value)
    points = outer.read_sequence()
    outer.finish()
    found: list[str] = []
    while not points.at_end:
        point = points.read_sequence()
        names = DerReader(point.read(0xA0)) if point.peek() == 0xA0 else None
        # What is left: for some reasons only, or somebody else's list.
        if names is not None and point.at_end and names.peek() == 0xA0:
            found += read_addresses(names.read(0xA0))
    return tuple(dict.fromkeys(found))[:MAX_ADDRESSES]


def read_information_access(value: bytes) -> dict[str, tuple[str, ...]]:
    """Read the addresses of each access method, by its object identifier."""
    outer = DerReader(value)
    descriptions = outer.read_sequence()
    outer.finish()
    found: dict[str, tuple[str, ...]] = {}
    while not descriptions.at_end:
        description = descriptions.read_sequence()
        method, location = description.read_oid(), description.read_raw()
        description.finish()
        known = found.get(method, ())
        found[method] = tuple(dict.fromkeys((*known, *read_addresses(location))))[:MAX_ADDRESSES]
    return found


def read_addresses(general_names: bytes) -> tuple[str, ...]:
    """Read the first http and https addresses of GeneralNames without their outer tag. Others (LDAP) are left out."""
    reader = DerReader(general_names)
    found: list[str] = []
    while not reader.at_end and len(found) < MAX_ADDRESSES:
        name = reader.element()
        if name.tag == _URI and len(name.content) <= MAX_ADDRESS_LENGTH:
            address = name.content.decode("latin-1")
            if _is_usable(address):
                found.append(address)
    return tuple(found)


def _uri(address: str) -> bytes:
    if len(address) > MAX_ADDRESS_LENGTH or not _is_usable(address):
        raise ValueError("not an http or https address")
    return der.context(6, address.encode("ascii"), primitive=True)


def _is_usable(address: str) -> bool:
    """Whether an address can be asked: a host, a sensible port, and no password in it."""
    if not _ADDRESS.fullmatch(address):
        return False
    try:
        parts = urlsplit(address)
        return bool(parts.hostname) and parts.port != 0 and parts.username is None and parts.password is None
    except ValueError:
        return False
