"""What the verifier asks others about a licence. A store satisfies the ports without knowing them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from typing import Protocol

from esign import StructuredObligation, StructuredStatusPlace


class Obligation(Protocol):
    """Something that has to be done again and again while a licence is in force."""

    @property
    def label(self) -> str:
        """For people, such as 下次检验."""

    @property
    def due(self) -> date:
        """Last day on which it is not overdue."""

    @property
    def effect(self) -> str:
        """When overdue: `not_usable`, or `note`."""


class StatusAnswer(Protocol):
    """What a source knows about one licence."""

    @property
    def value(self) -> str:
        """`issued` or another word of `verify.standing`.

        A word that is not there counts as unknown, so that a new one can never pass by accident.
        """

    @property
    def as_of(self) -> datetime | None:
        """The time that the answer holds for."""

    @property
    def source(self) -> str:
        """`store` (live), `list` (a signed status list) or `remote` (another authority's verifier)."""

    @property
    def disputed(self) -> bool:
        """Somebody objects, and that is not settled."""

    @property
    def renewal_pending(self) -> bool:
        """A timely application for renewal is undecided: the licence stays valid (行政许可法 art. 50)."""

    @property
    def extended_to(self) -> date | None:
        """The last day, where a notice of the authority gave a later one."""

    @property
    def obligations(self) -> Sequence[Obligation]:
        """What has to be done again and again, with the days on which it is due next."""

    @property
    def successor(self) -> str:
        """Identifier of the licence that took its place; empty without one."""


class StatusSource(Protocol):
    """Knows the state of licences. Its own failures (database down) pass through the verifier to the caller."""

    def status(self, identifier: str, at: datetime) -> StatusAnswer | None:
        """State of the licence with this full identifier as of `at`, or None when the source does not know it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusStatement:
    """What a status list or another authority's verifier says about one licence: a `StatusAnswer` with its age."""

    value: str
    as_of: datetime
    source: str
    next_update: datetime
    """When newer word should be there."""
    fresh: bool
    """Whether the time of asking is before that."""
    disputed: bool = False
    renewal_pending: bool = False
    extended_to: date | None = None
    obligations: tuple[StructuredObligation, ...] = ()
    """Those that are overdue."""
    successor: str = ""
    detail: str = ""
    """Who said it and when, for the auditor."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NoStatement:
    """Why there is nothing to be said about a licence."""

    code: str
    """Of an indeterminate reason."""
    detail: str


class StatusElsewhere(Protocol):
    """Knows the state of licences of many authorities by their places. Its failures are `NoStatement`s."""

    def statement(
        self, identifier: str, place: StructuredStatusPlace | None, at: datetime
    ) -> StatusStatement | NoStatement | None:
        """State of the licence as of `at`, why that cannot be told, or None where the authority is not known.

        Without a place (files of early versions) only who knows all licences can tell.
        """


class ExistenceSource(Protocol):
    """Knows since when it has had a file or a code. Its own failures pass through the verifier to the caller."""

    def existed_since(self, identifier: str, sha256: str) -> datetime | None:
        """Since when the source has had this thing of this licence (SHA-256 in lower-case hexadecimal), else None."""


class Records:
    """What a store says about the existence of things; without a store nothing."""

    def __init__(self, source: ExistenceSource | None) -> None:
        self._source = source

    def existed_since(self, identifier: str, content: bytes) -> datetime | None:
        """Since when exactly these bytes have been in the store as a file or the code of this licence."""
        return None if self._source is None else self._source.existed_since(identifier, sha256(content).hexdigest())


@dataclass(frozen=True, slots=True, kw_only=True)
class LicenceStatus:
    """The state of a licence as a report shows it."""

    value: str
    """A word of `verify.standing`, or `unknown`."""
    as_of: datetime | None
    source: str
    """`store`, `list`, `remote` or `none`."""
    next_update: datetime | None = None
    """When newer word should be there; None for a live answer."""
    disputed: bool = False
    renewal_pending: bool = False
    extended_to: date | None = None
    successor: str = ""


UNKNOWN_STATUS = LicenceStatus(value="unknown", as_of=None, source="none")
"""Nobody was asked, or nobody knew."""
