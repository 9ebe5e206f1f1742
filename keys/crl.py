"""Certificate revocation lists (RFC 5280 clause 5), read strictly.

A list is facts. Whether its issuer is trusted and may issue it, and whether it is recent enough, is judged elsewhere.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Final

from keys import der
from keys.algorithms import Algorithm, read_algorithm
from keys.certificates import Certificate
from keys.der import DerReader
from keys.errors import BadSignatureError, MalformedDerError, MalformedRevocationError
from keys.extensions import read_extension
from keys.leniency import Leniency
from keys.pem import WHITE_SPACE
from keys.publication import read_addresses
from keys.revocation import REASONS, Revocation

MAX_CRL_SIZE: Final = 4 * 1024 * 1024
"""Bytes; large CAs' lists have about 2 MB."""
MAX_CRL_ENTRIES: Final = 100_000
"""Revoked certificates in one list."""
MAX_FOREIGN_SERIAL: Final = 64
"""Bytes of a serial number in a list. RFC 5280 has 20, real CAs have more and negative ones."""

REASON_CODE: Final = "2.5.29.21"
INVALIDITY_DATE: Final = "2.5.29.24"
_DELTA_CRL: Final = "2.5.29.27"
_ISSUING_DISTRIBUTION_POINT: Final = "2.5.29.28"
_CERTIFICATE_ISSUER: Final = "2.5.29.29"
_PEM: Final = re.compile(rb"\s*-----BEGIN X509 CRL-----([A-Za-z0-9+/=\s]*)-----END X509 CRL-----\s*")


@dataclass(frozen=True, slots=True, kw_only=True)
class CrlScope:
    """Of which certificates a list speaks (RFC 5280 clause 5.2.5)."""

    addresses: tuple[str, ...] | None = None
    """The one distribution point whose certificates it covers; None is all of them."""
    only_users: bool = False
    only_cas: bool = False
    only_partly: bool = False
    """Only changes, only some reasons, other CAs' or attribute certificates: it can never show one to be good."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateList:
    """One revocation list; equal to another when the bytes are."""

    der: bytes
    tbs: bytes = field(compare=False, repr=False)
    """The signed part, as it stands in `der`."""
    algorithm: Algorithm = field(compare=False)
    signature: bytes = field(compare=False, repr=False)
    issuer_der: bytes = field(compare=False)
    """DER of the issuer's name."""
    this_update: datetime = field(compare=False)
    next_update: datetime | None = field(compare=False)
    """When there will be a newer one at the latest; None when it does not say."""
    revoked: Mapping[int, Revocation] = field(compare=False, repr=False)
    """By serial number: the issuer's own certificates only."""
    scope: CrlScope = field(compare=False)
    leniencies: frozenset[Leniency] = field(compare=False, default=frozenset())

    @property
    def complete(self) -> bool:
        """Whether it speaks of every certificate of its issuer."""
        return self.scope == CrlScope()

    def covers(self, certificate: Certificate) -> bool:
        """Whether a certificate of this issuer is not revoked when it is not in the list."""
        scope = self.scope
        return (
            not scope.only_partly
            and not (scope.only_users and certificate.is_ca)
            and not (scope.only_cas and not certificate.is_ca)
            and (scope.addresses is None or not set(scope.addresses).isdisjoint(certificate.crl_urls))
        )

    def verify_issued_by(self, issuer: Certificate) -> None:
        """Raise `BadSignatureError` unless `issuer` has the issuer's name and its key signed this list.

        Whether `issuer` may sign lists (`cRLSign`) is not looked at.
        """
        if self.issuer_der != issuer.subject_der:
            raise BadSignatureError("the issuer has another name")
        issuer.public_key.verify_as(self.algorithm, self.signature, self.tbs)


def read_crl(data: bytes) -> CertificateList:
    """Read one list, DER or a single PEM block.

    A critical extension that is not processed makes a list unusable (RFC 5280 clauses 5.2 and 5.3), so it is refused,
    like everything else that is no list: `MalformedRevocationError` or `UnsupportedAlgorithmError`.
    """
    if len(data) > MAX_CRL_SIZE:
        raise MalformedRevocationError("revocation list too large")
    try:
        if match := _PEM.fullmatch(data):
            data = binascii.a2b_base64(match[1].translate(None, WHITE_SPACE), strict_mode=True)
        return _read_crl(data)
    except (MalformedDerError, binascii.Error) as error:
        raise MalformedRevocationError(f"not a revocation list: {error}") from error


def _read_crl(data: bytes) -> CertificateList:
    outer = DerReader(data)
    whole = outer.read_sequence()
    outer.finish()
    tbs, algorithm_der, signature = whole.read_raw(), whole.read_raw(), whole.read_bit_string()
    whole.finish()

    # RFC 5280 clause 5.1.2, in its order. Without a version it is version 1, which has no extensions.
    reader = DerReader(tbs).read_sequence()
    has_version = reader.peek() == der.INTEGER
    if has_version and reader.read_integer() != 1:
        raise MalformedRevocationError("revocation list of another version")
    if reader.read_raw() != algorithm_der:
        raise MalformedRevocationError("signature algorithms differ")
    algorithm, overlooked = read_algorithm(algorithm_der)
    leniencies = set(overlooked)
    issuer_der = der.sequence(reader.read(der.SEQUENCE))
    this_update = reader.read_time()
    next_update = reader.read_time() if reader.peek() in (der.UTC_TIME, der.GENERALIZED_TIME) else None
    entries = reader.read_sequence() if reader.peek() == der.SEQUENCE else DerReader(b"")
    scope, indirect = CrlScope(), False
    if has_version and not reader.at_end:
        explicit = DerReader(reader.read(0xA0))
        scope, indirect = _read_scope(explicit.read_sequence(), leniencies)
        explicit.finish()
    reader.finish()
    return CertificateList(
        der=data,
        tbs=tbs,
        algorithm=algorithm,
        signature=signature,
        issuer_der=issuer_der,
        this_update=this_update,
        next_update=next_update,
        revoked=MappingProxyType(_read_entries(entries, issuer_der if indirect else None, leniencies)),
        scope=scope,
        leniencies=frozenset(leniencies),
    )


def _read_scope(extensions: DerReader, leniencies: set[Leniency]) -> tuple[CrlScope, bool]:
    """Read the list's extensions: of what it speaks, and whether other CAs' certificates may be among that."""
    scope, indirect, delta = CrlScope(), False, False
    seen: set[str] = set()
    while not extensions.at_end:
        name, critical, value = read_extension(extensions, leniencies)
        if name in seen:
            raise MalformedRevocationError("extension occurs twice")
        seen.add(name)
        if name == _ISSUING_DISTRIBUTION_POINT:
            scope, indirect = _read_distribution_point(value)
        elif name == _DELTA_CRL:
            delta = True
        elif critical:
            raise MalformedRevocationError(f"critical extension {name} is not processed")
    if delta:
        scope = CrlScope(only_partly=True)
    return scope, indirect


def _read_distribution_point(value: bytes) -> tuple[CrlScope, bool]:
    outer = DerReader(value)
    reader = outer.read_sequence()
    outer.finish()
    addresses: tuple[str, ...] | None = None
    if reader.peek() == 0xA0:
        names = DerReader(reader.read(0xA0)).element()
        # A name relative to the issuer's (A1) is no address: such a list covers none of our certificates for certain.
        addresses = read_addresses(names.content) if names.tag == 0xA0 else ()
    found: set[int] = set()
    while not reader.at_end:
        item = reader.element()
        if item.tag not in range(0x81, 0x86):
            raise MalformedRevocationError("issuing distribution point is not that of RFC 5280")
        # Reasons (83) are a bit string; the others count unless they are FALSE, which DER leaves out.
        if item.content != b"\x00":
            found.add(item.tag)
    scope = CrlScope(
        addresses=addresses,
        only_users=0x81 in found,
        only_cas=0x82 in found,
        only_partly=not found.isdisjoint({0x83, 0x84, 0x85}),
    )
    return scope, 0x84 in found


def _read_entries(
    entries: DerReader, indirect_issuer: bytes | None, leniencies: set[Leniency]
) -> dict[int, Revocation]:
    """Read the revoked certificates. `indirect_issuer`: the list's issuer when other CAs' certificates may be in it."""
    revoked: dict[int, Revocation] = {}
    # A list repeats few times and fewer reasons, so each is read once: 100,000 entries must not take seconds.
    times: dict[bytes, datetime] = {}
    facts: dict[bytes, _EntryFacts] = {b"": _EntryFacts()}
    count, ours = 0, True
    while not entries.at_end:
        count += 1
        if count > MAX_CRL_ENTRIES:
            raise MalformedRevocationError(f"revocation list has more than {MAX_CRL_ENTRIES} entries")
        entry = entries.read_sequence()
        serial = entry.read(der.INTEGER)
        if not 0 < len(serial) <= MAX_FOREIGN_SERIAL:
            raise MalformedRevocationError("serial number empty or too long")
        time_der = entry.read_raw()
        at = times.get(time_der)
        if at is None:
            at = times[time_der] = DerReader(time_der).read_time()
        rest = b"" if entry.at_end else entry.read_raw()
        entry.finish()
        fact = facts.get(rest)
        if fact is None:
            fact = facts[rest] = _read_entry_extensions(rest, leniencies)
        if fact.issuer is not None:
            if indirect_issuer is None:
                raise MalformedRevocationError("another CA's certificate in a list that is not for such")
            # It stays for the entries that follow (clause 5.3.3).
            ours = fact.issuer == der.sequence(der.context(4, indirect_issuer))
        if not ours or fact.reason == "removeFromCRL":
            continue
        # Not read as strictly as a certificate's: an odd number of somebody else must not make the list useless.
        number = int.from_bytes(serial, "big", signed=True)
        known = revoked.get(number)
        if known is None or at < known.at:
            revoked[number] = Revocation(at=at, reason=fact.reason, invalid_since=fact.invalid_since)
    return revoked


@dataclass(frozen=True, slots=True, kw_only=True)
class _EntryFacts:
    reason: str | None = None
    invalid_since: datetime | None = None
    issuer: bytes | None = None


def _read_entry_extensions(rest: bytes, leniencies: set[Leniency]) -> _EntryFacts:
    extensions = DerReader(rest).read_sequence()
    reason: str | None = None
    invalid_since: datetime | None = None
    issuer: bytes | None = None
    seen: set[str] = set()
    while not extensions.at_end:
        name, critical, value = read_extension(extensions, leniencies)
        if name in seen:
            raise MalformedRevocationError("extension occurs twice")
        seen.add(name)
        content = DerReader(value)
        if name == REASON_CODE:
            reason = REASONS.get(int.from_bytes(content.read(der.ENUMERATED), "big"))
        elif name == INVALIDITY_DATE:
            invalid_since = content.read_time()
        elif name == _CERTIFICATE_ISSUER:
            issuer = content.read_raw()
        elif critical:
            raise MalformedRevocationError(f"critical extension {name} is not processed")
        else:
            continue
        content.finish()
    return _EntryFacts(reason=reason, invalid_since=invalid_since, issuer=issuer)
