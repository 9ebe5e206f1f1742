"""The bodies of requests and responses about clients."""

from typing import Annotated

from pydantic import Field

from .schemas import Body, Text

_Words = Annotated[list[Text], Field(max_length=100)]


class GrantBody(Body):
    """Operations on types in regions; null stands for all of them, an empty list for none."""

    operations: _Words | None
    types: _Words | None
    regions: _Words | None


class ClientBody(Body):
    """A client that is set up."""

    name: Text
    title: Text
    office: Text
    office_code: Text
    roles: _Words
    grants: Annotated[list[GrantBody], Field(max_length=100, default_factory=list)]


class GrantsBody(Body):
    """All grants of a client."""

    grants: Annotated[list[GrantBody], Field(max_length=100)]


class KeyBody(Body):
    """A key that is wanted; it takes no other key's place before that one is revoked."""

    label: Annotated[str, Field(max_length=128)] = ""
    days: int = 365


class CertificateBody(Body):
    """A client certificate in PEM."""

    certificate: Annotated[str, Field(min_length=1, max_length=65536)]


class SubjectBody(Body):
    """An account with an identity provider."""

    issuer: Text
    subject: Text


class GrantOut(GrantBody):
    """A grant of a client."""

    number: int


class ProofOut(Body):
    """What proves a client."""

    id: str
    kind: str
    label: str
    created_at: str
    expires_at: str | None
    revoked_at: str | None
    last_used: str | None
    good: bool


class ClientOut(Body):
    """A client."""

    name: str
    title: str
    office: str
    office_code: str
    roles: list[str]
    grants: list[GrantOut]
    suspended: bool
    created_at: str
    proofs: list[ProofOut]


class ClientListOut(Body):
    """All clients; `altered` names rows that somebody changed in the database, which are refused."""

    clients: list[ClientOut]
    altered: list[str]


class NewKeyOut(Body):
    """A key, shown this once."""

    client: str
    id: str
    key: str
    expires_at: str
