"""The bodies of the question for the state of a licence that another authority's verifier asks."""

from typing import Annotated

from pydantic import Field

from .schemas import Body


class StatusQuestion(Body):
    """Which licence, by its identifier and its place in the status list; as of when (default now)."""

    identifier: Annotated[str, Field(min_length=1, max_length=128)]
    list: Annotated[int, Field(ge=0)]
    index: Annotated[int, Field(ge=0)]
    at: Annotated[str | None, Field(max_length=40)] = None


class DueOut(Body):
    """An obligation, and when it is due next."""

    key: str
    label: str
    due: str
    effect: str


class KnownStatusOut(Body):
    """State of a licence as of a time."""

    value: str
    as_of: str
    disputed: bool
    renewal_pending: bool
    extended_to: str | None
    obligations: list[DueOut]
    successor: str | None


class RemoteStatusOut(Body):
    """Null: no licence with this identifier at this place."""

    status: KnownStatusOut | None
