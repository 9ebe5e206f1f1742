"""Clients (应用): the systems and people to whom an office gave access, and by what each of them proves itself."""

import json
import re
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Protocol

from keys import hash_bytes
from licences.errors import InvalidFieldError, InvalidHolderError
from licences.holders import check_organisation_code
from licences.texts import text_faults

from .callers import EVERYTHING, Caller, Grant, Proof
from .errors import UnauthenticatedError
from .roles import Operation, Role, may_be_together

MAX_NAME_CHARACTERS = 64
MAX_TITLE_CHARACTERS = 128
MAX_GRANTS = 50
MAX_PROOFS = 20
"""In use at the same time: keys that overlap while one takes the place of another, certificates, subjects."""
MAX_SUBJECT_CHARACTERS = 255
HERE = "local"
"""The caller on this machine, in a home that is open for development."""
HOLDER_PREFIX = "holder-"
"""Before the pseudonym of a holder, who is no client."""
_NAME = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?")
_REGION = re.compile(r"[0-9]{2}([0-9]{2}){0,2}")


class ProofKind(StrEnum):
    """What a client proves itself by."""

    KEY = "key"
    CERTIFICATE = "certificate"
    SUBJECT = "subject"
    """An account with an identity provider: the client of a token, or a person who logs in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """A system or a member of staff."""

    name: str
    """Stands in the trail; an account or a staff number, never a citizen's number."""
    title: str
    office: str
    office_code: str
    """Social credit code; the office that it acts for."""
    roles: frozenset[Role]
    grants: tuple[Grant, ...]
    """In no grant nothing is granted."""
    suspended: bool = False
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientProof:
    """One thing that proves a client."""

    id: str
    """Kind and, after a colon, key id, fingerprint or digest of the subject: unique among all clients."""
    client: str
    kind: ProofKind
    label: str
    """What it is, for people."""
    secret_digest: str = ""
    """Of the secret part of a key: SM3 in hexadecimal digits."""
    created_at: datetime
    expires_at: datetime | None = None
    """For certificates TLS looks, for tokens their own term."""
    revoked_at: datetime | None = None
    last_used: date | None = None

    def is_good(self, at: datetime) -> bool:
        """Whether it still proves anything."""
        return self.revoked_at is None and (self.expires_at is None or at < self.expires_at)


class Clients(Protocol):
    """Port: keeps clients. What it reads is what this program wrote, or ClientAlteredError; StoreUnavailableError."""

    def is_empty(self) -> bool:
        """Whether there never was a client."""

    def add(self, client: Client) -> None:
        """Keep a new client; ClientExistsError."""

    def get(self, name: str) -> Client:
        """Return a client; ClientUnknownError."""

    def change(self, name: str, edit: Callable[[Client], Client]) -> Client:
        """Put what `edit` makes of a client in its place while nobody else changes it; ClientUnknownError."""

    def all(self) -> tuple[Client, ...]:
        """Return those that were not altered, by name."""

    def altered(self) -> tuple[str, ...]:
        """Return the names of clients, and the ids of proofs, that somebody else wrote or changed."""

    def add_proof(self, proof: ClientProof) -> None:
        """Keep a proof of a client.

        Raises ClientUnknownError, ProofTakenError when it proves a client already, InvalidFieldError beyond
        `MAX_PROOFS`.
        """

    def proofs(self, name: str) -> tuple[ClientProof, ...]:
        """Return all proofs of a client, the oldest first."""

    def revoke(self, proof_id: str, at: datetime) -> ClientProof:
        """End a proof at once and for good; ClientUnknownError. Revoking it again changes nothing."""

    def with_proof(self, proof_id: str) -> tuple[Client, ClientProof]:
        """Return whom this proves, good or not; ClientUnknownError."""

    def used(self, proof_id: str, day: date) -> None:
        """Note the day of its last use."""

    def close(self) -> None:
        """Close what it has open; the next use opens it again."""


def make_client(
    *,
    name: str,
    title: str,
    office: str,
    office_code: str,
    roles: Iterable[str],
    grants: tuple[Grant, ...] = (EVERYTHING,),
    created_at: datetime,
) -> Client:
    """Make a client of what was typed; one ExceptionGroup of InvalidFieldError names every fault."""
    faults: list[InvalidFieldError] = []
    if not is_client_name(name):
        faults.append(InvalidFieldError("/name", "CLIENT_NAME_MALFORMED", limit=MAX_NAME_CHARACTERS))
    for pointer, text in (("/title", title), ("/office", office)):
        faults += text_faults(pointer, text, MAX_TITLE_CHARACTERS)
    try:
        check_organisation_code(office_code)
    except InvalidHolderError as error:
        faults.append(InvalidFieldError("/office_code", error.code))
    found, role_faults = _roles(roles)
    faults += role_faults
    if len(grants) > MAX_GRANTS:
        faults.append(InvalidFieldError("/grants", "TOO_MANY_GRANTS", limit=MAX_GRANTS))
    if faults:
        raise ExceptionGroup("the client is refused", faults)
    return Client(
        name=name,
        title=title,
        office=office,
        office_code=check_organisation_code(office_code),
        roles=found,
        grants=grants,
        created_at=created_at,
    )


def is_client_name(text: str) -> bool:
    """Whether a client may have this name."""
    return (
        len(text) <= MAX_NAME_CHARACTERS
        and _NAME.fullmatch(text) is not None
        and text != HERE
        and not text.startswith(HOLDER_PREFIX)
    )


def make_grant(
    *,
    operations: Collection[str] | None,
    types: Collection[str] | None,
    regions: Collection[str] | None,
    pointer: str = "/grant",
) -> Grant:
    """Make a grant; `types` are known slugs. ExceptionGroup of InvalidFieldError; an empty list grants nothing."""
    faults = []
    if not set(operations or ()) <= set(Operation):
        faults.append(InvalidFieldError(f"{pointer}/operations", "ACCESS_OPERATION_UNKNOWN"))
    if not all(_REGION.fullmatch(region) for region in regions or ()):
        faults.append(InvalidFieldError(f"{pointer}/regions", "REGION_MALFORMED"))
    if faults:
        raise ExceptionGroup("the grant is refused", faults)
    return Grant(
        operations=None if operations is None else frozenset(Operation(one) for one in operations),
        types=None if types is None else frozenset(types),
        regions=None if regions is None else frozenset(regions),
    )


def with_grant(client: Client, grant: Grant) -> Client:
    """Return the client with one grant more; InvalidFieldError beyond `MAX_GRANTS`."""
    if grant in client.grants:
        return client
    if len(client.grants) >= MAX_GRANTS:
        raise InvalidFieldError("/grants", "TOO_MANY_GRANTS", limit=MAX_GRANTS)
    return replace(client, grants=(*client.grants, grant))


def with_grants(client: Client, grants: tuple[Grant, ...]) -> Client:
    """Return the client with these grants only; InvalidFieldError beyond `MAX_GRANTS`."""
    if len(grants) > MAX_GRANTS:
        raise InvalidFieldError("/grants", "TOO_MANY_GRANTS", limit=MAX_GRANTS)
    return replace(client, grants=grants)


def without_grant(client: Client, number: int) -> Client:
    """Return the client without a grant, counted from 1; InvalidFieldError."""
    if not 1 <= number <= len(client.grants):
        raise InvalidFieldError("/grant", "GRANT_UNKNOWN")
    return replace(client, grants=client.grants[: number - 1] + client.grants[number:])


def certificate_proof_id(certificate: bytes) -> str:
    """Return the id of a certificate (DER) as a proof: its SHA-256 fingerprint."""
    return f"{ProofKind.CERTIFICATE}:{hash_bytes('sha256', certificate).hex()}"


def subject_proof_id(issuer: str, subject: str) -> str:
    """Return the id of a provider's subject as a proof."""
    parts = json.dumps([issuer, subject], ensure_ascii=True).encode("ascii")
    return f"{ProofKind.SUBJECT}:{hash_bytes('sm3', parts).hex()}"


def certificate_proof(client: str, certificate: bytes, *, label: str, at: datetime) -> ClientProof:
    """Tie a certificate to a client."""
    proof_id = certificate_proof_id(certificate)
    return ClientProof(id=proof_id, client=client, kind=ProofKind.CERTIFICATE, label=label, created_at=at)


def subject_proof(client: str, issuer: str, subject: str, *, at: datetime) -> ClientProof:
    """Tie a provider's subject to a client; InvalidFieldError."""
    fits = issuer.startswith(("https://", "http://")) and issuer.isprintable() and subject.isprintable()
    if not fits or not subject or max(len(issuer), len(subject)) > MAX_SUBJECT_CHARACTERS:
        raise InvalidFieldError("/subject", "SUBJECT_MALFORMED")
    label = f"{issuer} {subject}"
    proof_id = subject_proof_id(issuer, subject)
    return ClientProof(id=proof_id, client=client, kind=ProofKind.SUBJECT, label=label, created_at=at)


def caller_of(client: Client, proof: Proof, *, operations: frozenset[Operation] | None = None) -> Caller:
    """Return the client as a caller; `operations` leave a part of its grants. UnauthenticatedError if suspended."""
    if client.suspended:
        raise UnauthenticatedError
    grants = client.grants
    if operations is not None:
        grants = tuple(
            replace(one, operations=operations if one.operations is None else one.operations & operations)
            for one in grants
        )
    return Caller(
        client=client.name,
        office=client.office,
        office_code=client.office_code,
        roles=client.roles,
        grants=grants,
        proof=proof,
    )


def _roles(words: Iterable[str]) -> tuple[frozenset[Role], list[InvalidFieldError]]:
    given = set(words)
    if not given:
        return frozenset(), [InvalidFieldError("/roles", "REQUIRED")]
    if not given <= set(Role):
        return frozenset(), [InvalidFieldError("/roles", "ROLE_UNKNOWN")]
    roles = frozenset(Role(one) for one in given)
    if Role.HOLDER in roles:
        return roles, [InvalidFieldError("/roles", "ROLE_OF_SESSIONS")]
    return roles, [] if may_be_together(roles) else [InvalidFieldError("/roles", "ROLES_NOT_TOGETHER")]
