"""Who calls, and what of what a caller asks is granted: per client, licence type, operation and region."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from licences.actors import Actor

from .errors import NotAllowedError
from .roles import Operation, Role, operations_of

REGION_LENGTH = 6
"""Digits of a region code (GB/T 2260) inside a social credit code."""


class Proof(StrEnum):
    """How a caller showed who it is."""

    HERE = "here"
    """By being on this machine, in a home that is open for development."""
    KEY = "key"
    TOKEN = "token"  # noqa: S105 — a kind of proof
    CERTIFICATE = "certificate"
    SESSION = "session"


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """Operations on licences of some types in some regions; None stands for all of them."""

    operations: frozenset[Operation] | None = None
    """Beside None only those of the client's roles have an effect."""
    types: frozenset[str] | None = None
    """Slugs of licence types."""
    regions: frozenset[str] | None = None
    """Leading digits of region codes: `9901` is that prefecture with all its counties."""

    def covers(self, operation: Operation, type_slug: str | None, region: str | None) -> bool:
        """Whether it grants this; a type or region that is None is not asked about."""
        return (
            (self.operations is None or operation in self.operations)
            and (self.types is None or type_slug is None or type_slug in self.types)
            and (self.regions is None or region is None or any(region.startswith(one) for one in self.regions))
        )


EVERYTHING = Grant()


@dataclass(frozen=True, slots=True, kw_only=True)
class HolderIdentity:
    """Who a citizen or an organisation is, as the identity provider has it."""

    kind: str
    """Of the holder code, after GB/T 36903 Annex A."""
    code: str
    name: str
    assurance: str
    """The provider's word for how surely it knows that (`acr`)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Somebody who has shown who it is."""

    client: str
    """Name of the client: stands in the trail, never a citizen's number."""
    office: str
    office_code: str
    roles: frozenset[Role]
    grants: tuple[Grant, ...]
    proof: Proof
    holder: HolderIdentity | None = None
    """Set exactly for the role of a holder."""

    def may(self, operation: Operation, *, type_slug: str | None = None, region: str | None = None) -> bool:
        """Whether it may do this to licences of this type in this region; None where the question is not that."""
        return operation in operations_of(self.roles) and any(
            grant.covers(operation, type_slug, region) for grant in self.grants
        )

    def require(self, operation: Operation, *, type_slug: str | None = None, region: str | None = None) -> None:
        """NotAllowedError unless it may."""
        if not self.may(operation, type_slug=type_slug, region=region):
            raise NotAllowedError

    def types_in(self, operation: Operation, slugs: Iterable[str], *, region: str | None = None) -> frozenset[str]:
        """Return those of the licence types that it may do this to."""
        return frozenset(slug for slug in slugs if self.may(operation, type_slug=slug, region=region))

    @property
    def actor(self) -> Actor:
        """The caller itself as the one who acts."""
        return Actor(name=self.client, office=self.office, office_code=self.office_code)


def region_of(office_code: str) -> str:
    """Return the region in the social credit code of an office: digits 3 to 8 (GB 32100-2015)."""
    return office_code[2 : 2 + REGION_LENGTH]
