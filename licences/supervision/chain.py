"""The chain of the trail: batches of entries, each with a digest over the one before it, and signed checkpoints.

Whoever changes, takes out, adds or moves an entry afterwards has to make every later digest anew. The marks of the rows
need the key of the index, and the checkpoints a key that signs: neither is in the database.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, Protocol

from keys import hash_bytes, hmac_bytes

from .entry_texts import instant_text

NO_DIGEST = "0" * 64
"""Stands before the first batch."""
MAX_CHECKPOINT_TEXT = 1000
EVENT_SOURCE = "event:"
DRAFT_SOURCE = "draft:"
"""How the texts begin that name a row of the acts on licences, or of the steps of drafts."""
FOREIGN_ENTRY = "TRAIL_ENTRY_FOREIGN"
"""An entry that this program did not make stood among the new ones: it is chained, and told of."""
PRUNED = "prune"
_FORMAT = "elicence-trail-checkpoint-1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Entries that were chained together: those from `first` to `last`, none when `last` is before `first`."""

    number: int
    first: int
    last: int
    events_to: int
    """The acts on licences up to this sequence number are in the trail."""
    chained_at: datetime
    digest: str
    mark: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Chained:
    """What one step of the chaining did."""

    batch: Batch | None
    """None when there was nothing new."""
    more: bool
    """Whether there is more than fits into one batch."""


class StoredEntry(NamedTuple):
    """An entry as its row holds it; there are millions."""

    sequence: int
    content: str
    mark: str
    columns: tuple[str | bool, ...]
    """`INDEX_COLUMNS`."""

    @property
    def source(self) -> str:
        """Which row of a history it tells of; empty for most."""
        return str(self.columns[-1])


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """What a signed checkpoint says: at that time the chain ended with this batch."""

    batch: int
    last: int
    digest: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class TrailState:
    """How far the chain is."""

    entries: int
    """Sequence number of the newest entry."""
    chained: int
    """Sequence number of the newest entry that is in a batch."""
    waiting: int
    """Entries, acts and steps of drafts that are not in a batch yet."""
    oldest_waiting: datetime | None
    newest: Batch | None
    checkpoint: int
    """Number of the newest batch with a signed checkpoint; 0 when there is none."""


class TrailChain(Protocol):
    """Port: the chain, and the rows that it is made of. Every method may raise StoreUnavailableError."""

    def chain(self, now: datetime) -> Chained:
        """Take acts and steps of drafts into the trail, exactly once, and put what is new into one batch."""

    def state(self) -> TrailState:
        """Say how far the chain is."""

    def keep_checkpoint(self, batch: int, content: bytes) -> None:
        """Keep a signed checkpoint beside its batch."""

    def checkpoints(self) -> Mapping[int, bytes]:
        """Return all signed checkpoints by the number of their batch."""

    def prune(self, before: datetime, entry_at: datetime, client: str) -> Batch | None:
        """Delete the entries of all batches that were chained before a time; None when there are none.

        The digests that the rest hangs on stay, and an entry says what was deleted; the newest batch is never deleted.
        """


def entry_mark(key: bytes, sequence: int, content: str) -> str:
    """Return what shows that this program made an entry."""
    return hmac_bytes("sm3", key, f"trail:{sequence}:{content}".encode()).hex()


def batch_digest(previous: str, header: str, entries: Iterable[tuple[int, str]]) -> str:
    """Return the digest of a batch: over the one before it, what the batch says of itself, and every entry."""
    head = f"{previous}\n{header}\n".encode()
    lines = (f"{sequence}:{content}\n" for sequence, content in entries)
    return hash_bytes("sm3", head + "".join(lines).encode()).hex()


def batch_header(number: int, first: int, last: int, events_to: int, chained_at: datetime) -> str:
    """Write what a batch says of itself."""
    return f"{number} {first} {last} {events_to} {instant_text(chained_at)}"


def header_of(batch: Batch) -> str:
    """Write what a batch says of itself."""
    return batch_header(batch.number, batch.first, batch.last, batch.events_to, batch.chained_at)


def batch_mark(key: bytes, header: str, digest: str) -> str:
    """Return what shows that this program made a batch."""
    return hmac_bytes("sm3", key, f"trail-batch:{header}:{digest}".encode()).hex()


def checkpoint_text(batch: Batch, at: datetime) -> bytes:
    """Write what is signed about the end of the chain."""
    return _canonical(
        {
            "format": _FORMAT,
            "batch": batch.number,
            "last": batch.last,
            "digest": batch.digest,
            "at": instant_text(at),
        }
    )


def checkpoint_from(text: bytes) -> Checkpoint:
    """Read it back; ValueError when this program cannot have written it."""
    if len(text) > MAX_CHECKPOINT_TEXT:
        raise ValueError("too long for a checkpoint")
    try:
        members = json.loads(text)
        found = Checkpoint(
            batch=int(members["batch"]),
            last=int(members["last"]),
            digest=str(members["digest"]),
            at=datetime.fromisoformat(members["at"]),
        )
    except (KeyError, TypeError, RecursionError) as error:
        raise ValueError("this is no checkpoint") from error
    if members.get("format") != _FORMAT or _canonical(members) != text:
        raise ValueError("this is no checkpoint")
    return found


def row_digest(columns: Mapping[str, object]) -> str:
    """Return the digest of a row of a history, for the entry that tells of it."""
    return hash_bytes("sm3", _canonical(dict(columns))).hex()


def gaps(numbers: Iterable[int], first: int, last: int) -> Iterator[tuple[int, int]]:
    """Return the ranges from `first` to `last` that are not among these ascending numbers."""
    for number in numbers:
        if number > first:
            yield first, number - 1
        first = number + 1
    if first <= last:
        yield first, last


def _canonical(members: dict[str, object]) -> bytes:
    return json.dumps(members, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode()
