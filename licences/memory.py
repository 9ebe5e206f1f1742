"""A licence store that forgets when the process ends, for tests and trials; it keeps the promises of the SQL store."""

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256

from .errors import (
    AllotmentTakenError,
    DuplicateNumberError,
    FileChangedError,
    IdempotencyMismatchError,
    LicenceNotFoundError,
    StoreUnavailableError,
)
from .lifecycle import Action, after, check_grounds
from .model import normal_number
from .store import (
    FIRST_STATUS_LIST,
    Event,
    FileKind,
    HolderKey,
    Idempotency,
    Record,
    StatusAnswer,
    StatusPlace,
    completion_event,
    digests_of,
    first_free,
    issue_event,
    proofs_of,
    status_at,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entry:
    record: Record
    holders: frozenset[HolderKey]
    files: Mapping[FileKind, bytes]
    events: tuple[Event, ...]
    proofs: Mapping[str, datetime]


class MemoryStore:
    """See ``store.LicenceStore``. Safe for threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._entries: dict[str, _Entry] = {}
        self._requests: dict[str, tuple[str, str]] = {}

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
    ) -> Record:
        """See ``store.LicenceStore``."""
        with self._lock:
            if idempotency is not None:
                earlier = self._replay(*idempotency)
                if earlier is not None:
                    return earlier
            for entry in self._entries.values():
                if _number_of(entry.record) == _number_of(record):
                    raise DuplicateNumberError
                if _allotments(entry.record) & _allotments(record):
                    raise AllotmentTakenError
            self._entries[record.identifier] = _Entry(
                record=record,
                holders=frozenset(holders),
                files=dict(files),
                events=(issue_event(record),),
                proofs=dict.fromkeys(proofs_of(record), record.sealed_at),
            )
            if idempotency is not None:
                key, body_digest = idempotency
                self._requests[key] = (body_digest, record.identifier)
            return record

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

    def file(self, record: Record, kind: FileKind) -> bytes:
        """See ``store.LicenceStore``."""
        content = self._entry(record.identifier).files.get(kind)
        if content is None or sha256(content).hexdigest() != record.files[kind].sha256:
            raise StoreUnavailableError("FILE_DAMAGED")
        return content

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
            self._entries[record.identifier] = replace(
                entry,
                record=changed,
                files={**entry.files, **files},
                events=entry.events if completed is None else (*entry.events, completed),
                proofs={**{file.sha256: at for file in digests.values()}, **entry.proofs},
            )
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
        """See ``store.LicenceStore``."""
        check_grounds(ground, decision)
        with self._lock:
            entry = self._entry(identifier)
            before = entry.record.status
            record = replace(entry.record, status=after(before, action))
            event = Event(
                identifier=identifier,
                action=action,
                before=before,
                after=record.status,
                ground=ground,
                decision=decision,
                effective_at=effective_at,
                recorded_at=recorded_at,
            )
            self._entries[identifier] = replace(entry, record=record, events=(*entry.events, event))
            return record

    def events(self, identifier: str) -> tuple[Event, ...]:
        """See ``store.LicenceStore``."""
        return self._entry(identifier).events

    def status(self, identifier: str, at: datetime) -> StatusAnswer | None:
        """See ``store.LicenceStore``."""
        try:
            events = self._entry(identifier).events
        except LicenceNotFoundError:
            return None
        return StatusAnswer(value=status_at(events, at), as_of=at)

    def is_ready(self) -> bool:
        """See ``store.LicenceStore``."""
        return True

    def _entry(self, identifier: str) -> _Entry:
        try:
            return self._entries[identifier]
        except KeyError:
            raise LicenceNotFoundError from None


def _number_of(record: Record) -> tuple[str, str, str, str]:
    return record.issuer_code, record.type_code, normal_number(record.number), record.version


def _allotments(record: Record) -> set[object]:
    return {record.identifier, record.short_code, _status_place(record)}


def _status_place(record: Record) -> StatusPlace:
    return StatusPlace(record.status_list, record.status_index)
