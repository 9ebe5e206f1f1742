"""The port of the licence store: what is kept of a licence, and what a store must promise."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from typing import Literal, NamedTuple, Protocol, TypeAlias

from keys import hash_bytes

from .lifecycle import Action, Status, after

FileKind: TypeAlias = Literal["pdf", "json", "p7s"]
FILE_KINDS: tuple[FileKind, ...] = ("pdf", "json", "p7s")


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredFile:
    """Digests of a file of a licence, in lower-case hexadecimal, and its size in bytes."""

    sha256: str
    sm3: str
    size: int


def digests_of(content: bytes) -> StoredFile:
    """Return the digests and the size of a file."""
    return StoredFile(sha256=sha256(content).hexdigest(), sm3=hash_bytes("sm3", content).hex(), size=len(content))


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One issued licence as the store keeps it. It holds no name and no holder code."""

    identifier: str
    number: str
    """As printed."""
    type_code: str
    type_slug: str
    version: str
    algorithm: str
    issuer_code: str
    holder_kind: str
    """Of the first holder."""
    valid_from: date
    valid_to: date | None
    sealed_at: datetime
    status: Status
    """After the last act that was recorded, which may take effect later; ``LicenceStore.status`` answers for a time."""
    code: str
    """Text of the code on the face."""
    short_code: str
    verify_url: str
    files: Mapping[FileKind, StoredFile]
    status_list: int
    status_index: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One act on a licence. Events are only ever added."""

    identifier: str
    action: Action
    before: Status | None
    after: Status
    ground: str
    """Why, in the authority's words; empty for the issue."""
    decision: str
    """Number of the decision; empty for the issue."""
    effective_at: datetime
    recorded_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusAnswer:
    """State of a licence as of an instant."""

    value: Status
    as_of: datetime
    source: Literal["store"] = "store"


class StatusPlace(NamedTuple):
    """Where the status of a licence is found in the published lists."""

    status_list: int
    status_index: int


FIRST_STATUS_LIST = 1

HolderKey: TypeAlias = tuple[str, str]
"""Kind and code of a holder, the code in the normal form of ``check_holder``."""

Idempotency: TypeAlias = tuple[str, str]
"""A caller's key for one request, and the digest of that request's body."""


class Files(Protocol):
    """Keeps files under their SHA-256."""

    def put(self, content: bytes) -> str:
        """Keep ``content`` and return its SHA-256 in hexadecimal; when this returns, a power cut does not lose it.

        Raises StoreUnavailableError.
        """

    def get(self, digest: str) -> bytes:
        """Return the file with this SHA-256, checked again; StoreUnavailableError when missing or damaged."""

    def is_ready(self) -> bool:
        """Whether files can be kept now."""


class LicenceStore(Protocol):
    """Keeps issued licences. Every method may raise StoreUnavailableError."""

    def free_status_place(self, candidates: Sequence[int]) -> StatusPlace:
        """Return a place that is free now: one of these indices in the newest list, or in a new one if all are taken.

        Nothing is reserved: ``add`` refuses a place that somebody else took meanwhile.
        """

    def add(
        self,
        record: Record,
        holders: Sequence[HolderKey],
        files: Mapping[FileKind, bytes],
        idempotency: Idempotency | None = None,
    ) -> Record:
        """Keep a licence with its files and the event of its issue, all or nothing.

        ``holders`` (at least one) are kept as a keyed index only. The files are durable before the record is; when this
        returns, the record is durable too. Returns ``record``, or, when another request with the same key and body was
        faster, the record that it left. Raises DuplicateNumberError when the issuer has a licence of this type with
        this number (full- and half-width forms are the same) and version, AllotmentTakenError when identifier, short
        code or status place are in use, IdempotencyMismatchError. Files of a refused record may stay behind under their
        digests; nothing refers to them.
        """

    def replay(self, key: str, body_digest: str) -> Record | None:
        """Return the licence of an earlier request with this key, None if there was none; IdempotencyMismatchError."""

    def get(self, identifier: str) -> Record:
        """Return a record; LicenceNotFoundError."""

    def by_short_code(self, short_code: str) -> Record:
        """Return the record with this short code; LicenceNotFoundError."""

    def file(self, record: Record, kind: FileKind) -> bytes:
        """Return a file of a licence, checked against its digest."""

    def replace_files(self, record: Record, files: Mapping[FileKind, bytes], *, at: datetime) -> Record:
        """Put files of a higher level (a timestamp, evidence, a further seal) in the place of those that are there.

        All or nothing. The proofs of existence of the replaced files stay. A licence that was waiting for seals counts
        as issued from ``at``: the caller has made sure that they are all there. Returns the changed record;
        FileChangedError when the store holds another file, or another status, than ``record`` says.
        """

    def existed_since(self, identifier: str, sha256: str) -> datetime | None:
        """Return since when the store has had this file or code of a licence (SHA-256 in lower-case hexadecimal).

        A code's digest is that of its text. None when the store does not know it, or its row was tampered with.
        """

    def of_holder(self, kind: str, code: str) -> tuple[Record, ...]:
        """Return the licences that a holder has, alone or with others; the oldest first."""

    def apply(
        self,
        identifier: str,
        action: Action,
        *,
        ground: str,
        decision: str,
        effective_at: datetime,
        recorded_at: datetime,
    ) -> Record:
        """Do ``action`` to a licence: new status and event, all or nothing; returns the changed record.

        Raises an ExceptionGroup of InvalidFieldError when ground or decision are missing or unfit (``check_grounds``),
        LicenceNotFoundError, and TransitionRefusedError, also when somebody else changed the status meanwhile.
        """

    def events(self, identifier: str) -> tuple[Event, ...]:
        """Return the acts on a licence in the order in which they were recorded; LicenceNotFoundError."""

    def status(self, identifier: str, at: datetime) -> StatusAnswer | None:
        """Return the state of a licence as of ``at``, by the effective times of its acts; None when it is not here."""

    def is_ready(self) -> bool:
        """Whether the store can read and write now."""


def first_free(newest_list: int, taken: Collection[int], candidates: Sequence[int]) -> StatusPlace:
    """Return the first candidate that is not taken in the newest list, or the first one in a new list."""
    for index in candidates:
        if index not in taken:
            return StatusPlace(newest_list, index)
    return StatusPlace(newest_list + 1, candidates[0])


def status_at(events: tuple[Event, ...], at: datetime) -> Status:
    """Return the status that ``events`` (in recorded order, the issue first) give as of ``at``.

    The issue counts from the beginning of time: whether a licence was in force before it was sealed is said by its
    dates.
    """
    status = events[0].after
    for event in events[1:]:
        if event.effective_at <= at:
            status = event.after
    return status


def proofs_of(record: Record) -> tuple[str, ...]:
    """Return the SHA-256 of everything of a licence whose existence the store proves: its files and its code."""
    return (*(file.sha256 for file in record.files.values()), sha256(record.code.encode()).hexdigest())


def issue_event(record: Record) -> Event:
    """Return the event with which the life of a licence begins."""
    return Event(
        identifier=record.identifier,
        action=Action.PREPARE if record.status is Status.PENDING else Action.ISSUE,
        before=None,
        after=record.status,
        ground="",
        decision="",
        effective_at=record.sealed_at,
        recorded_at=record.sealed_at,
    )


def completion_event(record: Record, at: datetime) -> Event | None:
    """Return the event of the last of several seals, None for a licence that was not waiting for any."""
    if record.status is not Status.PENDING:
        return None
    return Event(
        identifier=record.identifier,
        action=Action.ISSUE,
        before=record.status,
        after=after(record.status, Action.ISSUE),
        ground="",
        decision="",
        effective_at=at,
        recorded_at=at,
    )
