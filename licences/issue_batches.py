"""Batches of licences to be issued (批量签发): many wishes at once, each answered by itself.

A batch is kept before it is acknowledged, so that nothing acknowledged is lost; each item is issued under a key of its
own (idempotency), so that nothing is issued twice, however often the work is begun again.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from .actors import Actor

MAX_BATCH_ITEMS = 1000
MAX_WAITING_OF_CLIENT = 5_000
"""Items of one client that wait; then it is told to come back later."""
MAX_WAITING = 20_000
"""Items of all clients that wait."""
MAX_PROBLEM_FIELDS = 20
"""Refused fields of one item that are kept."""


class ItemState(StrEnum):
    """How far an item is."""

    WAITING = "waiting"
    WORKING = "working"
    """Somebody is at it, or was when the process died: it may have been issued."""
    ISSUED = "issued"
    REFUSED = "refused"
    CANCELLED = "cancelled"

    @property
    def is_final(self) -> bool:
        """Whether nothing more happens with it."""
        return self in (ItemState.ISSUED, ItemState.REFUSED, ItemState.CANCELLED)


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueWish:
    """What is to be issued."""

    type: str
    data: object = field(repr=False)
    seal: str
    actor: Actor
    """Who asks."""
    format: str | None = None
    """As what it is made, in the word of whoever issues it; None where nothing was said."""
    key: str = ""
    """The client's own idempotency key for it, as it is asked of the store; empty without one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemOutcome:
    """What became of an item."""

    state: ItemState
    identifier: str = ""
    replayed: bool = False
    """The licence had been issued before, under the client's own key."""
    problem: Mapping[str, object] | None = None
    """Why it was refused, as a caller is told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewItem:
    """An item as it is handed in; one that is refused at once has an outcome and no wish."""

    wish: IssueWish | None
    outcome: ItemOutcome = ItemOutcome(state=ItemState.WAITING)


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchItem:
    """An item of a batch, without its wish."""

    position: int
    """From 0."""
    outcome: ItemOutcome


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueBatch:
    """A batch, without its items."""

    id: str
    client: str
    accepted_at: datetime
    total: int
    finished_at: datetime | None = None
    cancelled_at: datetime | None = None

    def key_of(self, position: int) -> str:
        """Return the idempotency key of an item that has none of its client's."""
        # No client can name its own key so.
        return f"\0batch\0{self.id}:{position}"


class IssueBatches(Protocol):
    """Port: keeps batches. Every method may raise StoreUnavailableError."""

    def add(self, batch: IssueBatch, items: Sequence[NewItem], *, key: str, body: bytes) -> IssueBatch:
        """Keep a batch for good, or return the one that the same key and body of the client left before.

        Raises IdempotencyMismatchError, BatchesFullError.
        """

    def get(self, batch_id: str) -> IssueBatch:
        """Return a batch; IssueBatchNotFoundError."""

    def counts(self, batch_id: str) -> Counter[ItemState]:
        """Count its items by their state."""

    def items(self, batch_id: str, *, start: int, limit: int) -> tuple[BatchItem, ...]:
        """Give its items from a position on."""

    def unfinished(self) -> tuple[str, ...]:
        """Return the ids of batches with work left, the oldest first."""

    def left(self, batch_id: str) -> tuple[int, ...]:
        """Return the positions of items that nobody has settled."""

    def begin(self, batch_id: str, position: int) -> IssueWish | None:
        """Say that an item is being worked on and return its wish; None when it is settled."""

    def put_back(self, batch_id: str, position: int) -> None:
        """Say that an item that was begun was not issued and waits again; in a batch that was cancelled it is, too."""

    def settle(self, batch_id: str, position: int, outcome: ItemOutcome) -> None:
        """Keep what became of an item and forget its wish; what was settled before stays."""

    def finish(self, batch_id: str, at: datetime) -> bool:
        """Say that a batch is done if no item is left; whether it is."""

    def cancel(self, batch_id: str, at: datetime) -> None:
        """Cancel what nobody has begun; IssueBatchNotFoundError."""

    def waiting(self) -> int:
        """Return how many items of all batches are not settled."""
