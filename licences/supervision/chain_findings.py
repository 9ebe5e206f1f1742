"""What a check of the trail looks at, and what it may find."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from .chain import Batch, Checkpoint, StoredEntry

MAX_TRAIL_FAULTS = 1000
"""Named one by one; what comes after is counted."""
MIN_RETENTION = timedelta(days=183)
"""Entries are kept for six months at least (网络安全法 article 21: logs)."""
CHECKPOINT_PERIOD = timedelta(hours=1)


class TrailFaultKind(StrEnum):
    """What was done to the trail."""

    ENTRY_CHANGED = "ENTRY_CHANGED"
    ENTRY_MISSING = "ENTRY_MISSING"
    ENTRY_ADDED = "ENTRY_ADDED"
    COLUMNS_DIFFER = "COLUMNS_DIFFER"
    """The row says something else for questions than its content."""
    BATCH_CHANGED = "BATCH_CHANGED"
    BATCH_MISSING = "BATCH_MISSING"
    END_MISSING = "END_MISSING"
    """The chain ends before a place that it is known to have reached."""
    CHECKPOINT_DIFFERS = "CHECKPOINT_DIFFERS"
    """The chain is consistent, but is not the one that was signed: somebody with the key of the index made it anew."""
    CHECKPOINT_UNTRUSTED = "CHECKPOINT_UNTRUSTED"
    EVENT_CHANGED = "EVENT_CHANGED"
    """An act on a licence, or a step of a draft, is not what its entry says."""
    EVENT_MISSING = "EVENT_MISSING"
    EVENT_UNTRACED = "EVENT_UNTRACED"
    """It has no entry, and should have one."""
    PRUNED_TOO_EARLY = "PRUNED_TOO_EARLY"


@dataclass(frozen=True, slots=True, kw_only=True)
class TrailFault:
    """One thing that is wrong."""

    kind: TrailFaultKind
    first: int
    """Sequence numbers of the entries that it is about; both 0 when it is about none."""
    last: int
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedEnd:
    """A checkpoint that was found, and whether its signature may be believed."""

    batch: int
    """As the place says where it lay."""
    statement: Checkpoint | None
    """None when it cannot be believed."""
    fault: str
    place: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryRow:
    """A row of a history that the trail tells of."""

    source: str
    number: int
    """Of an act on a licence: its sequence number."""
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Pruning:
    """An entry about entries that were deleted because they were old."""

    sequence: int
    at: datetime
    through: int
    batch: int
    digest: str
    chained_at: datetime


class TrailRows(Protocol):
    """Port: the rows of the trail and of the histories as they all were at one moment."""

    def span(self) -> tuple[Batch | None, Batch | None]:
        """Return the first and the last batch."""

    def batches(self, first: int, last: int) -> Iterator[Batch]:
        """Return the batches with these numbers."""

    def entries(self, first: int, last: int | None) -> Iterator[StoredEntry]:
        """Return the entries with these sequence numbers, to the end without a last one."""

    def outside(self, first: int) -> tuple[int, ...]:
        """Return some sequence numbers before this one that there are entries with."""

    def prunings(self) -> Iterator[tuple[StoredEntry, Pruning]]:
        """Return what says of itself that it is about a pruning."""

    def events(self, first: int, last: int) -> Iterator[HistoryRow]:
        """Return the acts on licences with these sequence numbers, in their order."""

    def steps(self, sources: Sequence[str]) -> Mapping[str, str]:
        """Return the digests of these steps of drafts."""

    def untraced_steps(self, since: datetime | None) -> Iterator[str]:
        """Return the steps that count as taken, were done since a time and have no entry."""


@dataclass(slots=True, kw_only=True)
class TrailReport:
    """What was looked at, and what is wrong."""

    entries: int = 0
    batches: int = 0
    first: int = 0
    last: int = 0
    """Sequence numbers of the chained entries that were looked at."""
    pruned: int = 0
    """Entries up to this one were deleted because they were old."""
    signed: int = 0
    """Entries up to this one are vouched for by a signed checkpoint."""
    signed_at: datetime | None = None
    unchained: int = 0
    """Entries after the last batch: they wait for the next second, or for the next start."""
    newest_at: datetime | None = None
    """When the last batch was chained."""
    faults: list[TrailFault] = field(default_factory=list)
    more_faults: int = 0

    @property
    def is_vouched(self) -> bool:
        """Whether signed checkpoints reach as far as they must."""
        if self.newest_at is None:
            return True
        return self.signed_at is not None and self.newest_at - self.signed_at <= 2 * CHECKPOINT_PERIOD

    def tell(self, kind: TrailFaultKind, first: int, last: int, detail: str = "") -> None:
        """Note a fault."""
        if len(self.faults) >= MAX_TRAIL_FAULTS:
            self.more_faults += 1
        else:
            self.faults.append(TrailFault(kind=kind, first=first, last=last, detail=detail))
