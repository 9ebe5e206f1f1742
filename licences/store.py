"""The port of the licence store: what is kept of a licence, and what a store must promise."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from hashlib import sha256
from typing import Literal, NamedTuple, Protocol, TypeAlias

from esign import CHINA, StructuredObligation
from keys import hash_bytes

from .acts import Act
from .drafts import Approval
from .errors import SuccessorInForceError
from .lifecycle import ENDS, Action, Status, after
from .standing import Event, Standing, carried_over, standing_at

FileKind: TypeAlias = str
"""`pdf` or `ofd` (of the first document), `json`, `p7s`, or `pdf.KEY`, `ofd.KEY` of a further document."""
SEALED_FORMS: tuple[str, ...] = ("pdf", "ofd")
"""Forms of a document that bear seals. Every licence has the first; it may have the other, then of all documents."""


def document_kind(form: str, key: str) -> FileKind:
    """Name the file of a document in one of `SEALED_FORMS`; the first document has no key."""
    return f"{form}.{key}" if key else form


def form_and_key(kind: FileKind) -> tuple[str, str]:
    """Return the form of a file, and the key of the document that it is; empty but for a further document."""
    form, _, key = kind.partition(".")
    return form, key


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
    type_version: int = 1
    """Of the type's catalogue file."""
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
    lineage: str = ""
    """Identifier of the first version; empty for a first version."""
    edition: int = 1
    """Counts the licences that have this number one after the other, also across new identifiers."""
    obligations: tuple[StructuredObligation, ...] = ()
    """As sealed; what was inspected since is said by the acts."""

    @property
    def first_identifier(self) -> str:
        """Identifier of the first version of this licence."""
        return self.lineage or self.identifier


@dataclass(frozen=True, slots=True, kw_only=True)
class Succession:
    """A licence takes the place of another one of this store."""

    previous: str
    """Identifier."""
    act: Act
    """Done to the previous one; it comes to name the new one as related."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusAnswer:
    """State of a licence as of an instant, and what holds beside it (`Standing`)."""

    value: Status
    as_of: datetime
    source: Literal["store"] = "store"
    disputed: bool = False
    renewal_pending: bool = False
    extended_to: date | None = None
    obligations: tuple[StructuredObligation, ...] = ()
    successor: str = ""


def word_of(record: Record, answer: StatusAnswer) -> str:
    """Say in one word what holds of a licence: a status, or what follows from its dates and its obligations.

    Beside the statuses: `not_yet_in_force`, `expired`, `renewal_pending` (valid although the term is over) and
    `obligation_overdue`.
    """
    day = answer.as_of.astimezone(CHINA).date()
    if answer.value is not Status.ISSUED:
        return answer.value.value
    if day < record.valid_from:
        return "not_yet_in_force"
    last = answer.extended_to or record.valid_to
    expired = record.valid_to is not None and last is not None and day > max(last, record.valid_to)
    if expired and not answer.renewal_pending:
        return "expired"
    if any(day > one.due and one.effect == "not_usable" for one in answer.obligations):
        return "obligation_overdue"
    return "renewal_pending" if expired else answer.value.value


IN_FORCE_WORDS: frozenset[str] = frozenset({"issued", "renewal_pending"})
"""Answers of `word_of` with which a licence may be used."""


class StatusPlace(NamedTuple):
    """Where the status of a licence is found in the published lists."""

    status_list: int
    status_index: int


FIRST_STATUS_LIST = 1

HolderKey: TypeAlias = tuple[str, str]
"""Kind and code of a holder, the code in the normal form of ``check_holder``."""

Idempotency: TypeAlias = tuple[str, str]
"""A caller's key for one request, and the digest of that request's body."""


EXPIRING = (Status.ISSUED, Status.INACTIVE, Status.SUSPENDED, Status.LOST)
"""Statuses in which a licence expires."""


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
        *,
        issued_by: Act | None = None,
        succession: Succession | None = None,
        approval: Approval | None = None,
        attachments: Sequence[bytes] = (),
    ) -> Record:
        """Keep a licence with its files and the event of its issue, all or nothing.

        ``issued_by`` says who issued it and why; without it the event has no actor. With ``succession`` the previous
        licence ends in the same transaction: it must be one whose status allows the act. With ``approval`` that draft
        is sealed in the same transaction; it must be approved, with that content.

        ``holders`` (at least one) are kept as a keyed index only. The files are durable before the record is; when this
        returns, the record is durable too. Returns ``record``, or, when another request with the same key and body was
        faster, the record that it left.

        Raises DuplicateNumberError when the issuer has a licence of this type with this number (full- and half-width
        forms are the same) that is no version of the same licence, AllotmentTakenError when identifier, short code or
        status place are in use, IdempotencyMismatchError; with ``succession`` also LicenceNotFoundError,
        TransitionRefusedError and the ExceptionGroup of ``check_act``. Files of a refused record may stay behind under
        their digests; nothing refers to them.
        """

    def replay(self, key: str, body_digest: str) -> Record | None:
        """Return the licence of an earlier request with this key, None if there was none; IdempotencyMismatchError."""

    def get(self, identifier: str) -> Record:
        """Return a record; LicenceNotFoundError."""

    def by_short_code(self, short_code: str) -> Record:
        """Return the record with this short code; LicenceNotFoundError."""

    def with_number(self, number: str, limit: int) -> tuple[Record, ...]:
        """Return up to ``limit`` licences, of any issuer and type, with this printed number in its normal form."""

    def file(self, record: Record, kind: FileKind) -> bytes:
        """Return a file of a licence, checked against its digest."""

    def attachment(self, identifier: str, sha256: str) -> bytes:
        """Return a scan that belongs to a licence, checked against its digest; LicenceNotFoundError without one."""

    def in_force_of(self, issuer_code: str, *, after: str, limit: int) -> tuple[Record, ...]:
        """Return licences of an issuer whose status is issued, by identifier, from the one after ``after`` on."""

    def expired(self, before: date, limit: int) -> tuple[Record, ...]:
        """Return licences in use whose last day lies before a day; extensions and renewals are not looked at."""

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

    def apply(self, identifier: str, act: Act) -> Record:
        """Do an act to a licence: new status and event, all or nothing; returns the changed record.

        Raises an ExceptionGroup of InvalidFieldError when the act brings along less than it must (``check_act``),
        LicenceNotFoundError, TransitionRefusedError, also when somebody else changed the status meanwhile, and
        SuccessorInForceError when a licence is restored while another version of it is in force.
        """

    def events(self, identifier: str) -> tuple[Event, ...]:
        """Return the acts on a licence in the order in which they were recorded; LicenceNotFoundError."""

    def changes_after(self, sequence: int, limit: int) -> tuple[Event, ...]:
        """Return up to ``limit`` acts on any licence that were recorded after the one with this sequence number."""

    def versions(self, identifier: str) -> tuple[Record, ...]:
        """Return all versions of the licence that this is a version of, the first one first; LicenceNotFoundError."""

    def status(self, identifier: str, at: datetime, *, known_at: datetime | None = None) -> StatusAnswer | None:
        """Return the state of a licence as of ``at``, by the effective times of its acts; None when it is not here.

        With ``known_at`` by the acts that were recorded until then: what was known on that day, of that day or another.
        """

    def allot_number(self, issuer_code: str, type_code: str, year: int, *, above: int = 0) -> int:
        """Return the next running number of an office for licences of a type in a year, and never the same again.

        The first is 1, or the one after ``above`` where earlier ones were given by hand. A number that is then not
        used stays unused: a gap is harmless, a number on two licences is not.
        """

    def is_ready(self) -> bool:
        """Whether the store can read and write now."""


def first_free(newest_list: int, taken: Collection[int], candidates: Sequence[int]) -> StatusPlace:
    """Return the first candidate that is not taken in the newest list, or the first one in a new list."""
    for index in candidates:
        if index not in taken:
            return StatusPlace(newest_list, index)
    return StatusPlace(newest_list + 1, candidates[0])


def answer_at(record: Record, events: Sequence[Event], at: datetime, known_at: datetime | None) -> StatusAnswer | None:
    """Return what a store answers about the state of a licence; None when nothing was known of it then."""
    standing = standing_at(events, record.obligations, at, known_at=known_at)
    return None if standing is None else _answer(standing, at)


def _answer(standing: Standing, at: datetime) -> StatusAnswer:
    return StatusAnswer(
        value=standing.status,
        as_of=at,
        disputed=standing.disputed,
        renewal_pending=standing.renewal_pending,
        extended_to=standing.extended_to,
        obligations=standing.obligations,
        successor=standing.successor,
    )


def proofs_of(record: Record) -> tuple[str, ...]:
    """Return the SHA-256 of everything of a licence whose existence the store proves: its files and its code."""
    return (*(file.sha256 for file in record.files.values()), sha256(record.code.encode()).hexdigest())


_FIRST_ACTIONS = {
    Status.PENDING: Action.PREPARE,
    Status.INACTIVE: Action.MAKE,
    Status.ISSUED: Action.ISSUE,
}


def issue_event(record: Record, issued_by: Act | None = None, *, previous: str = "") -> Event:
    """Return the event with which the life of a licence begins."""
    action = _FIRST_ACTIONS[record.status]
    if issued_by is None:
        issued_by = Act(
            action=action, ground="", decision="", effective_at=record.sealed_at, recorded_at=record.sealed_at
        )
    elif issued_by.action is not Action.TRANSFER_IN:
        issued_by = replace(issued_by, action=action)
    act = replace(issued_by, particulars=replace(issued_by.particulars, related=previous)) if previous else issued_by
    return Event(identifier=record.identifier, before=None, after=after(None, act.action), act=act)


def carried_events(record: Record, begun: Event, previous: Record, events: Sequence[Event], act: Act) -> list[Event]:
    """Return the events that go on, after its issue, for a licence that takes the place of the previous one."""
    same_term = record.valid_to == previous.valid_to
    carried = carried_over(events, act, same_term=same_term, obligations=record.obligations)
    return [Event(identifier=record.identifier, before=begun.after, after=begun.after, act=one) for one in carried]


def check_restored(event: Event, others: Iterable[tuple[Record, Sequence[Event]]]) -> None:
    """Check that no other version of a licence is or was in force when this one is restored; SuccessorInForceError."""
    if event.action is not Action.RESTORE or event.after in ENDS:
        return
    for record, events in others:
        then = standing_at(events, record.obligations, event.act.effective_at)
        if record.status not in ENDS or (then is not None and then.status not in (*ENDS, Status.PENDING)):
            raise SuccessorInForceError


def completion_event(record: Record, at: datetime) -> Event | None:
    """Return the event of the last of several seals, None for a licence that was not waiting for any."""
    if record.status is not Status.PENDING:
        return None
    act = Act(action=Action.ISSUE, ground="", decision="", effective_at=at, recorded_at=at)
    return Event(identifier=record.identifier, before=record.status, after=after(record.status, Action.ISSUE), act=act)


def named(act: Act, successor: str) -> Act:
    """Return an act that names the licence that takes the place of the one that it is done to."""
    return replace(act, particulars=replace(act.particulars, related=successor))
