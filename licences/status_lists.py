"""The standing of all licences as signed status lists say it: one value for the place of each licence.

What the store answers for one licence is folded here for all of them (`standing_at`), so that a list cannot say
anything else than the store. A place that no licence has says the same as that of a valid one: nobody can tell them
apart.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import groupby
from types import MappingProxyType
from typing import NamedTuple, Protocol

from esign import (
    CHINA,
    MAX_PLACES,
    ListedObligation,
    ListedStatus,
    StatusList,
    StructuredObligation,
    must_list,
)

from .lifecycle import Status
from .standing import Event, Standing, standing_at


class StatusListName(NamedTuple):
    """Which list: licences name the number, and their identifiers name the issuer."""

    issuer_code: str
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedLife:
    """A licence on which there may be more to say than that it was issued."""

    name: StatusListName
    index: int
    valid_to: date | None
    obligations: tuple[StructuredObligation, ...]
    """As sealed."""
    events: tuple[Event, ...]
    """In recorded order, the issue first."""


class ListedLives(Protocol):
    """Reads what status lists are made of. Every method may raise StoreUnavailableError."""

    def names(self) -> frozenset[StatusListName]:
        """Return the lists in which there are licences."""

    def lives(self) -> Iterator[ListedLife]:
        """Give the licences to look at, those of a list together, as they were at one moment.

        That is every one that has obligations, and every one that is not just issued (`needs_looking_at`).
        """

    def newest(self) -> int:
        """Return the sequence number of the newest act on any licence; 0 without any."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeStatusList:
    """A list, and how long it will be right if nobody does anything."""

    listed: StatusList
    changes_at: datetime | None
    """When the first act that is recorded in advance takes effect; None without one."""


def made_status_lists(source: ListedLives, *, at: datetime, time_to_live: timedelta) -> Iterator[MadeStatusList]:
    """Make all lists as of a time, one after the other."""
    # Asked first: a licence that comes meanwhile has a list among these, or brings its own.
    empty = source.names()
    for name, lives in groupby(source.lives(), key=lambda life: life.name):
        empty -= {name}
        yield _made(name, lives, at, time_to_live)
    for name in sorted(empty):
        yield _made(name, (), at, time_to_live)


def says_the_same(one: StatusList, other: StatusList) -> bool:
    """Whether two lists differ in nothing but their times."""
    return replace(one, issued_at=other.issued_at, time_to_live=other.time_to_live) == other


def needs_looking_at(events: Iterable[Event], obligations: tuple[StructuredObligation, ...]) -> bool:
    """Whether a list may say something else of a licence than that it is valid."""
    return bool(obligations) or any(changes_lists(event) for event in events)


def changes_lists(event: Event) -> bool:
    """Whether an act can change a list: an issue that makes a valid licence does not, its place says so already."""
    return event.before is not None or event.after is not Status.ISSUED


def listed_status(standing: Standing, valid_to: date | None, at: datetime) -> ListedStatus:
    """Return what the place of a licence says; a dispute, a new last day and obligations are said beside it."""
    if standing.status is Status.EXPIRED:
        # Whoever reads the list knows the last day: that the licence has expired follows from it, and is told so.
        return ListedStatus.VALID if _is_over(standing, valid_to, at) else ListedStatus.ENDED
    if standing.status is not Status.ISSUED:
        return _LISTED[standing.status]
    return ListedStatus.RENEWAL_PENDING if standing.renewal_pending else ListedStatus.VALID


_LISTED: Mapping[Status, ListedStatus] = MappingProxyType(
    {
        Status.PENDING: ListedStatus.PENDING,
        Status.INACTIVE: ListedStatus.INACTIVE,
        Status.SUSPENDED: ListedStatus.SUSPENDED,
        Status.LOST: ListedStatus.LOST,
        Status.REPLACED: ListedStatus.SUPERSEDED,
        Status.REVOKED: ListedStatus.ENDED,
        Status.ANNULLED: ListedStatus.ENDED,
        Status.WITHDRAWN: ListedStatus.ENDED,
        Status.CANCELLED: ListedStatus.ENDED,
        Status.TRANSFERRED: ListedStatus.ENDED,
    }
)


def _is_over(standing: Standing, valid_to: date | None, at: datetime) -> bool:
    last = max(filter(None, (valid_to, standing.extended_to)), default=None)
    return valid_to is not None and last is not None and at.astimezone(CHINA).date() > last


def _made(name: StatusListName, lives: Iterable[ListedLife], at: datetime, time_to_live: timedelta) -> MadeStatusList:
    places = bytearray(MAX_PLACES)
    extended: dict[int, date] = {}
    disputed: set[int] = set()
    obligations: dict[int, tuple[ListedObligation, ...]] = {}
    changes_at: datetime | None = None
    for life in lives:
        later = min((one.act.effective_at for one in life.events[1:] if one.act.effective_at > at), default=None)
        if later is not None:
            changes_at = later if changes_at is None else min(changes_at, later)
        standing = standing_at(life.events, life.obligations, at)
        if standing is None:
            continue
        places[life.index] = listed_status(standing, life.valid_to, at)
        if standing.extended_to is not None:
            extended[life.index] = standing.extended_to
        if standing.disputed:
            disputed.add(life.index)
        # What may not be used anyway needs no word about its inspections, and what has expired would be here for ever.
        if standing.status is Status.ISSUED and (standing.renewal_pending or not _is_over(standing, life.valid_to, at)):
            due = tuple(
                ListedObligation(key=one.key, due=one.due, effect=one.effect)
                for one in sorted(standing.obligations, key=lambda one: (one.effect, one.key))
                if must_list(one.due, at, time_to_live)
            )
            if due:
                obligations[life.index] = due
    listed = StatusList(
        issuer_code=name.issuer_code,
        number=name.number,
        issued_at=at,
        time_to_live=time_to_live,
        places=bytes(places),
        extended=MappingProxyType(extended),
        disputed=frozenset(disputed),
        obligations=MappingProxyType(obligations),
    )
    return MadeStatusList(listed=listed, changes_at=changes_at)
