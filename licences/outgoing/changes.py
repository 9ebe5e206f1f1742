"""The feed of changes: every act on every licence, in the order in which it was recorded.

The log of acts is the feed. Whoever issues or acts writes its row in the same transaction, one writer at a time, so
that acts become visible in the order of their numbers: whoever has read up to a number has missed none before it.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Protocol

from keys import hash_bytes
from licences.access import region_of
from licences.errors import InvalidFieldError
from licences.lifecycle import Action, Status

from .errors import CursorLostError

MAX_CHANGES = 1000
"""On one page."""
MAX_LOOKED_AT = 5000
"""Acts that are looked through for one page; a reader who is told of few of them goes on from there."""
MAX_SEQUENCE = 2**31 - 1
_CHUNK = 500
_MARK_BYTES = 6
_CURSOR = re.compile(r"(?P<number>[0-9]{1,10})(?:\.(?P<mark>[0-9a-f]{12}))?")


class EventType(StrEnum):
    """What a message tells of."""

    ISSUED = "licence.issued"
    """Another licence exists; also when it takes the place of an older one."""
    ACTED = "licence.acted"
    """Something was done to a licence."""
    TEST = "webhook.test"
    """Nothing: somebody tries out a webhook."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One act on a licence, without anything personal."""

    sequence: int
    """Place among all acts in the store."""
    identifier: str
    type_slug: str
    issuer_code: str
    version: str
    action: Action
    before: Status | None
    """None: the licence came into being."""
    after: Status
    effective_at: datetime
    recorded_at: datetime
    related: str = ""
    """Identifier of the licence before or after it, where one took the place of another."""

    @property
    def type(self) -> EventType:
        """What is told of."""
        return EventType.ISSUED if self.before is None else EventType.ACTED

    @property
    def region(self) -> str:
        """The region of the authority."""
        return region_of(self.issuer_code)

    @property
    def mark(self) -> str:
        """Tells it from another act that has its number in a store that was restored to an earlier state."""
        said = f"{self.sequence}:{self.identifier}:{self.action}:{self.recorded_at.astimezone(UTC).isoformat()}"
        return hash_bytes("sha256", said.encode())[:_MARK_BYTES].hex()


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangePage:
    """Some changes, and where to go on."""

    changes: tuple[Change, ...]
    last: Change | None
    """The last act that was looked at, also when the reader is not told of it; None when there was none."""
    more: bool
    """Whether there are more acts to look at now."""


class Changes(Protocol):
    """Port: the log of acts. Every method may raise StoreUnavailableError."""

    def after(self, sequence: int, *, limit: int) -> tuple[Change, ...]:
        """Give the acts that follow one, in their order."""

    def newest(self) -> int:
        """Return the number of the newest act; 0 without any."""


def page_of(changes: Changes, wanted: Callable[[Change], bool], *, after: int, limit: int) -> ChangePage:
    """Return the changes after one that somebody is to be told of, at most `limit`."""
    found: list[Change] = []
    last, looked_at = None, 0
    while looked_at < MAX_LOOKED_AT:
        chunk = changes.after(after if last is None else last.sequence, limit=_CHUNK)
        for change in chunk:
            if len(found) == limit:
                return ChangePage(changes=tuple(found), last=last, more=True)
            last = change
            if wanted(change):
                found.append(change)
        looked_at += len(chunk)
        if len(chunk) < _CHUNK:
            return ChangePage(changes=tuple(found), last=last, more=False)
    return ChangePage(changes=tuple(found), last=last, more=True)


def cursor_after(change: Change) -> str:
    """Return what a reader says to be told of what follows an act."""
    return f"{change.sequence}.{change.mark}"


def read_cursor(changes: Changes, text: str) -> int:
    """Return the number of the act that a reader has read up to.

    Raises InvalidFieldError when this is no cursor, CursorLostError when that act is not here: the store was restored
    to an earlier state, and what has this number now, if anything, the reader has not read.
    """
    match = _CURSOR.fullmatch(text)
    number = 0 if match is None else int(match["number"])
    if match is None or number > MAX_SEQUENCE:
        raise InvalidFieldError("/after", "CURSOR_MALFORMED")
    mark = match["mark"]
    if number or mark:
        found = changes.after(number - 1, limit=1)
        known = bool(found) and found[0].sequence == number
        if not known or mark not in (None, found[0].mark):
            raise CursorLostError
    return number
