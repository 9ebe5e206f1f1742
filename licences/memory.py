"""A licence store that forgets when the process ends, for tests and trials; it keeps the promises of the SQL store."""

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from hashlib import sha256

from .acts import Act
from .drafts import Approval
from .errors import (
    AllotmentTakenError,
    DuplicateNumberError,
    FileChangedError,
    IdempotencyMismatchError,
    LicenceNotFoundError,
    StoreUnavailableError,
)
from .lifecycle import Status
from .memory_drafts import MemoryDraftStore
from .model import normal_number
from .standing import Event, next_event
from .store import (
    EXPIRING,
    FIRST_STATUS_LIST,
    FileKind,
    HolderKey,
    Idempotency,
    Record,
    StatusAnswer,
    StatusPlace,
    Succession,
    answer_at,
    carried_events,
    check_restored,
    completion_event,
    digests_of,
    first_free,
    issue_event,
    named,
    proofs_of,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entry:
    record: Record
    holders: frozenset[HolderKey]
    files: Mapping[FileKind, bytes]
    events: tuple[Event, ...]
    proofs: Mapping[str, datetime]
    attachments: Mapping[str, bytes]


class MemoryStore:
    """See ``store.LicenceStore``. Safe for threads."""

    def __init__(self, drafts: MemoryDraftStore | None = None) -> None:
        """`drafts` are those that are sealed with the licences that come from them."""
        self._drafts = drafts or MemoryDraftStore()
        self._lock = threading.Lock()
        self._entries: dict[str, _Entry] = {}
        self._requests: dict[str, tuple[str, str]] = {}
        self._allotted: dict[tuple[str, str, int], int] = {}
        self._sequence = 0

    def free_status_place(self, candidates: Sequence[int]) -> StatusPlace:
        """See ``store.LicenceStore``."""
        with self._lock:
            taken = {_status_place(entry.record) for entry in self._entries.values()}
        newest = max((place.status_list for place in taken), default=FIRST_STATUS_LIST)
        return first_free(newest, {place.status_index for place in taken if place.status_list == newest}, candidates)

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
        """See ``store.LicenceStore``."""
        with self._lock:
            if idempotency is not None:
                earlier = self._replay(*idempotency)
                if earlier is not None:
                    return earlier
            previous = ended = None
            if succession is not None:
                previous = self._entry(succession.previous)
                record = replace(record, lineage=previous.record.first_identifier)
                ended = self._with_event(previous, named(succession.act, record.identifier))
            record = replace(record, edition=self._edition(record))
            if any(_allotments(entry.record) & _allotments(record) for entry in self._entries.values()):
                raise AllotmentTakenError
            if approval is not None:
                self._drafts.seal(approval, record.identifier)
            if ended is not None:
                self._entries[ended.record.identifier] = self._numbered(ended)
            begun = issue_event(record, issued_by, previous="" if succession is None else succession.previous)
            entry = _Entry(
                record=record,
                holders=frozenset(holders),
                files=dict(files),
                events=(begun,),
                proofs=dict.fromkeys(proofs_of(record), record.sealed_at),
                attachments={sha256(content).hexdigest(): content for content in attachments},
            )
            entry = self._numbered(entry)
            if succession is not None and previous is not None:
                for event in carried_events(record, begun, previous.record, previous.events, succession.act):
                    entry = self._numbered(replace(entry, events=(*entry.events, event)))
            self._entries[record.identifier] = entry
            if idempotency is not None:
                key, body_digest = idempotency
                self._requests[key] = (body_digest, record.identifier)
            return record

    def _edition(self, record: Record) -> int:
        same = [entry.record for entry in self._entries.values() if _number_of(entry.record) == _number_of(record)]
        if any(one.first_identifier != record.first_identifier for one in same):
            raise DuplicateNumberError
        return 1 + max((one.edition for one in same), default=0)

    def _with_event(self, entry: _Entry, act: Act) -> _Entry:
        event = next_event(entry.record.identifier, entry.events, act, entry.record.obligations)
        return replace(entry, record=replace(entry.record, status=event.after), events=(*entry.events, event))

    def _numbered(self, entry: _Entry) -> _Entry:
        """Give the newest event of an entry its place among all events."""
        self._sequence += 1
        return replace(entry, events=(*entry.events[:-1], replace(entry.events[-1], sequence=self._sequence)))

    def replay(self, key: str, body_digest: str) -> Record | None:
        """See ``store.LicenceStore``."""
        with self._lock:
            return self._replay(key, body_digest)

    def _replay(self, key: str, body_digest: str) -> Record | None:
        if key not in self._requests:
            return None
        earlier_digest, identifier = self._requests[key]
        if earlier_digest != body_digest:
            raise IdempotencyMismatchError
        return self._entries[identifier].record

    def get(self, identifier: str) -> Record:
        """See ``store.LicenceStore``."""
        return self._entry(identifier).record

    def by_short_code(self, short_code: str) -> Record:
        """See ``store.LicenceStore``."""
        with self._lock:
            for entry in self._entries.values():
                if entry.record.short_code == short_code:
                    return entry.record
        raise LicenceNotFoundError

    def with_number(self, number: str, limit: int) -> tuple[Record, ...]:
        """See ``store.LicenceStore``."""
        with self._lock:
            records = [entry.record for entry in self._entries.values()]
        same = [one for one in records if normal_number(one.number) == normal_number(number)]
        return tuple(sorted(same, key=lambda record: record.identifier)[:limit])

    def file(self, record: Record, kind: FileKind) -> bytes:
        """See ``store.LicenceStore``."""
        content = self._entry(record.identifier).files.get(kind)
        if content is None or sha256(content).hexdigest() != record.files[kind].sha256:
            raise StoreUnavailableError("FILE_DAMAGED")
        return content

    def attachment(self, identifier: str, sha256: str) -> bytes:
        """See ``store.LicenceStore``."""
        try:
            return self._entry(identifier).attachments[sha256]
        except KeyError:
            raise LicenceNotFoundError from None

    def in_force_of(self, issuer_code: str, *, after: str, limit: int) -> tuple[Record, ...]:
        """See ``store.LicenceStore``."""
        with self._lock:
            records = [entry.record for entry in self._entries.values()]
        found = [
            record
            for record in records
            if record.issuer_code == issuer_code and record.status is Status.ISSUED and record.identifier > after
        ]
        return tuple(sorted(found, key=lambda record: record.identifier)[:limit])

    def expired(self, before: date, limit: int) -> tuple[Record, ...]:
        """See ``store.LicenceStore``."""
        with self._lock:
            records = [entry.record for entry in self._entries.values()]
        ended = [
            (record.valid_to, record.identifier, record)
            for record in records
            if record.status in EXPIRING and record.valid_to is not None and record.valid_to < before
        ]
        return tuple(record for _, _, record in sorted(ended, key=lambda one: one[:2])[:limit])

    def replace_files(self, record: Record, files: Mapping[FileKind, bytes], *, at: datetime) -> Record:
        """See ``store.LicenceStore``."""
        with self._lock:
            entry = self._entry(record.identifier)
            if (entry.record.files, entry.record.status) != (record.files, record.status):
                raise FileChangedError
            completed = completion_event(record, at)
            digests = {kind: digests_of(content) for kind, content in files.items()}
            changed = replace(
                entry.record,
                files={**entry.record.files, **digests},
                status=record.status if completed is None else completed.after,
            )
            changed_entry = replace(
                entry,
                record=changed,
                files={**entry.files, **files},
                proofs={**{file.sha256: at for file in digests.values()}, **entry.proofs},
            )
            if completed is not None:
                changed_entry = self._numbered(replace(changed_entry, events=(*entry.events, completed)))
            self._entries[record.identifier] = changed_entry
            return changed

    def existed_since(self, identifier: str, sha256: str) -> datetime | None:
        """See ``store.LicenceStore``."""
        entry = self._entries.get(identifier)
        return None if entry is None else entry.proofs.get(sha256)

    def of_holder(self, kind: str, code: str) -> tuple[Record, ...]:
        """See ``store.LicenceStore``."""
        with self._lock:
            records = [entry.record for entry in self._entries.values() if (kind, code) in entry.holders]
        return tuple(sorted(records, key=lambda record: (record.sealed_at, record.identifier)))

    def apply(self, identifier: str, act: Act) -> Record:
        """See ``store.LicenceStore``."""
        with self._lock:
            entry = self._entry(identifier)
            changed = self._with_event(entry, act)
            first = entry.record.first_identifier
            others = [
                (one.record, one.events)
                for one in self._entries.values()
                if one.record.first_identifier == first and one.record.identifier != identifier
            ]
            check_restored(changed.events[-1], others)
            self._entries[identifier] = self._numbered(changed)
            return changed.record

    def events(self, identifier: str) -> tuple[Event, ...]:
        """See ``store.LicenceStore``."""
        return self._entry(identifier).events

    def changes_after(self, sequence: int, limit: int) -> tuple[Event, ...]:
        """See ``store.LicenceStore``."""
        with self._lock:
            events = [event for entry in self._entries.values() for event in entry.events]
        later = sorted((event for event in events if event.sequence > sequence), key=lambda event: event.sequence)
        return tuple(later[:limit])

    def versions(self, identifier: str) -> tuple[Record, ...]:
        """See ``store.LicenceStore``."""
        with self._lock:
            first = self._entry(identifier).record.first_identifier
            entries = [entry for entry in self._entries.values() if entry.record.first_identifier == first]
        return tuple(entry.record for entry in sorted(entries, key=lambda entry: entry.events[0].sequence))

    def status(self, identifier: str, at: datetime, *, known_at: datetime | None = None) -> StatusAnswer | None:
        """See ``store.LicenceStore``."""
        try:
            entry = self._entry(identifier)
        except LicenceNotFoundError:
            return None
        return answer_at(entry.record, entry.events, at, known_at)

    def allot_number(self, issuer_code: str, type_code: str, year: int, *, above: int = 0) -> int:
        """See ``store.LicenceStore``."""
        with self._lock:
            number = max(self._allotted.get((issuer_code, type_code, year), 0), above) + 1
            self._allotted[issuer_code, type_code, year] = number
        return number

    def is_ready(self) -> bool:
        """See ``store.LicenceStore``."""
        return True

    def _entry(self, identifier: str) -> _Entry:
        try:
            return self._entries[identifier]
        except KeyError:
            raise LicenceNotFoundError from None


def _number_of(record: Record) -> tuple[str, str, str]:
    return record.issuer_code, record.type_code, normal_number(record.number)


def _allotments(record: Record) -> set[object]:
    return {record.identifier, record.short_code, _status_place(record)}


def _status_place(record: Record) -> StatusPlace:
    return StatusPlace(record.status_list, record.status_index)
