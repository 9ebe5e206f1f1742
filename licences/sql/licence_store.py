"""Adapter: the licence store in a relational database. Long, because it fills one port."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from hashlib import sha256

import sqlalchemy as sa

from keys import hmac_bytes
from licences.acts import Act
from licences.drafts import Approval
from licences.errors import (
    AllotmentTakenError,
    DuplicateNumberError,
    FileChangedError,
    IdempotencyMismatchError,
    LicenceNotFoundError,
    StoreUnavailableError,
    TransitionRefusedError,
)
from licences.holder_indexes import holder_index
from licences.lifecycle import Action
from licences.protection import Protection
from licences.standing import Event, next_event
from licences.store import (
    FIRST_STATUS_LIST,
    FileKind,
    Files,
    HolderKey,
    Idempotency,
    Record,
    StatusAnswer,
    StatusPlace,
    StoredFile,
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

from . import statements
from .database import BUSY_TIMEOUT, close_engine, is_key, lock, open_engine, translated, writing
from .event_rows import event_from, event_row
from .licence_rows import file_rows, licence_row, record_from
from .number_columns import NumberColumns
from .number_sequences import next_number
from .revisions import fits


class SqlStore:
    """See ``store.LicenceStore``. Safe for threads and processes; open it after a fork, not before."""

    def __init__(
        self,
        url: str,
        files: Files,
        index_key: bytes,
        protection: Protection | None = None,
        *,
        busy_timeout: float = BUSY_TIMEOUT,
    ) -> None:
        """Name the database by a SQLAlchemy URL (percent-encoded); nothing is opened yet, nor a missing file created.

        ``index_key`` (32 secret random bytes) keys the index of holders: without it no holder can be found, and with
        the database alone no holder code can be guessed. ``protection`` encrypts the numbers of licences.
        """
        self._engine = open_engine(url, busy_timeout=busy_timeout)
        self._files = files
        self._index_key = index_key
        self._numbers = NumberColumns(index_key, protection)

    def close(self) -> None:
        """Close the connections; the next use opens others."""
        close_engine(self._engine)

    def free_status_place(self, candidates: Sequence[int]) -> StatusPlace:
        """See ``store.LicenceStore``."""
        with translated(), self._engine.connect() as connection:
            rows = connection.execute(statements.TAKEN_PLACES, {"candidates": list(candidates)}).all()
        newest = rows[0].status_list or FIRST_STATUS_LIST
        return first_free(newest, {row.status_index for row in rows}, candidates)

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
        with translated(), self._engine.connect() as connection:
            # Asked first so that a refused request leaves no files; asked again when it is written.
            earlier = None if idempotency is None else self._replay(connection, *idempotency)
            if earlier is None:
                try:
                    record = self._placed(connection, record, succession)
                except DuplicateNumberError:
                    # The same request may have been answered between the two questions.
                    earlier = None if idempotency is None else self._replay(connection, *idempotency)
                    if earlier is None:
                        raise
        if earlier is not None:
            return earlier
        for kind, content in files.items():
            if self._files.put(content) != record.files[kind].sha256:
                raise ValueError(f"the record names another {kind} file")
        attached = {self._files.put(content) for content in attachments}
        with translated():
            try:
                with writing(self._engine) as connection:
                    earlier = None if idempotency is None else self._replay(connection, *idempotency)
                    if earlier is not None:
                        return earlier
                    begun = issue_event(record, issued_by, previous="" if succession is None else succession.previous)
                    carried = [] if succession is None else self._end_previous(connection, record, begun, succession)
                    self._insert(connection, record, holders, idempotency)
                    for event in (begun, *carried):
                        connection.execute(statements.INSERT_EVENT, event_row(event))
                    if attached:
                        rows = [{"identifier": record.identifier, "sha256": digest} for digest in attached]
                        connection.execute(statements.INSERT_ATTACHMENT, rows)
                    if approval is not None:
                        from .review_store import seal_draft  # here: what is only read needs no drafts

                        seal_draft(connection, approval, record.identifier)
            except sa.exc.IntegrityError as error:
                with self._engine.connect() as connection:
                    earlier = None if idempotency is None else self._replay(connection, *idempotency)
                    if earlier is None:
                        self._placed(connection, record, succession)
                        raise AllotmentTakenError from error
                return earlier
        return record

    def _end_previous(
        self, connection: sa.Connection, record: Record, begun: Event, succession: Succession
    ) -> list[Event]:
        """End the licence whose place a new one takes; returns what goes on for the new one."""
        previous = _one(self._records(connection, statements.BY_IDENTIFIER, succession.previous))
        events = _events(connection, previous.identifier)
        self._do(connection, previous.identifier, named(succession.act, record.identifier))
        return carried_events(record, begun, previous, events, succession.act)

    def _placed(self, connection: sa.Connection, record: Record, succession: Succession | None) -> Record:
        """Find the lineage and the edition of a new licence; DuplicateNumberError, LicenceNotFoundError."""
        if succession is not None:
            previous = _one(self._records(connection, statements.BY_IDENTIFIER, succession.previous))
            record = replace(record, lineage=previous.first_identifier)
        key = {
            "issuer_code": record.issuer_code,
            "type_code": record.type_code,
            "number_keys": self._numbers.keys_of(record.number),
        }
        edition = 0
        for row in connection.execute(statements.SAME_NUMBER, key):
            if (row.lineage or row.identifier) != record.first_identifier:
                raise DuplicateNumberError
            edition = max(edition, row.edition)
        return replace(record, edition=edition + 1)

    def _insert(
        self,
        connection: sa.Connection,
        record: Record,
        holders: Sequence[HolderKey],
        idempotency: Idempotency | None,
    ) -> None:
        connection.execute(
            statements.INSERT_LICENCE,
            licence_row(record) | self._numbers.columns(connection, record.identifier, record.number),
        )
        indices = {self._holder_index(kind, code) for kind, code in holders}
        connection.execute(
            statements.INSERT_HOLDER, [{"identifier": record.identifier, "holder_index": index} for index in indices]
        )
        connection.execute(statements.INSERT_FILE, file_rows(record))
        digests = set(proofs_of(record))
        connection.execute(
            statements.INSERT_PROOF, [self._proof(record.identifier, one, record.sealed_at) for one in digests]
        )
        if idempotency is not None:
            key, body_digest = idempotency
            connection.execute(
                statements.INSERT_KEY,
                {
                    "key_digest": _key_digest(key),
                    "body_digest": self._keyed(body_digest),
                    "identifier": record.identifier,
                },
            )

    def replay(self, key: str, body_digest: str) -> Record | None:
        """See ``store.LicenceStore``."""
        with translated(), self._engine.connect() as connection:
            return self._replay(connection, key, body_digest)

    def _replay(self, connection: sa.Connection, key: str, body_digest: str) -> Record | None:
        request = connection.execute(statements.REQUEST, {"value": _key_digest(key)}).first()
        if request is None:
            return None
        if request.body_digest != self._keyed(body_digest):
            raise IdempotencyMismatchError
        return _one(self._records(connection, statements.BY_IDENTIFIER, request.identifier))

    def get(self, identifier: str) -> Record:
        """See ``store.LicenceStore``."""
        with translated(), self._engine.connect() as connection:
            return _one(self._records(connection, statements.BY_IDENTIFIER, identifier))

    def by_short_code(self, short_code: str) -> Record:
        """See ``store.LicenceStore``."""
        with translated(), self._engine.connect() as connection:
            return _one(self._records(connection, statements.BY_SHORT_CODE, short_code))

    def with_number(self, number: str, limit: int) -> tuple[Record, ...]:
        """See ``store.LicenceStore``."""
        clear, keyed = self._numbers.keys_of(number)
        # Printed numbers are no keys of ours: they may hold characters that no database takes.
        keys = [keyed] if "\0" in clear or any("\ud800" <= one <= "\udfff" for one in clear) else [clear, keyed]
        with translated(), self._engine.connect() as connection:
            return self._records(connection, statements.WITH_NUMBER, {"number_keys": keys, "count": limit})

    def file(self, record: Record, kind: FileKind) -> bytes:
        """See ``store.LicenceStore``."""
        return self._files.get(record.files[kind].sha256)

    def attachment(self, identifier: str, sha256: str) -> bytes:
        """See ``store.LicenceStore``."""
        if not (identifier + sha256).isascii():
            raise LicenceNotFoundError
        with translated(), self._engine.connect() as connection:
            known = {"value": identifier, "digest": sha256}
            if connection.execute(statements.ATTACHMENT, known).first() is None:
                raise LicenceNotFoundError
        return self._files.get(sha256)

    def in_force_of(self, issuer_code: str, *, after: str, limit: int) -> tuple[Record, ...]:
        """See ``store.LicenceStore``."""
        with translated(), self._engine.connect() as connection:
            sought = {"issuer_code": issuer_code, "after": after, "count": limit}
            return self._records(connection, statements.IN_FORCE_OF, sought)

    def expired(self, before: date, limit: int) -> tuple[Record, ...]:
        """See ``store.LicenceStore``."""
        with translated(), self._engine.connect() as connection:
            return self._records(connection, statements.EXPIRED, {"before": before, "count": limit})

    def replace_files(self, record: Record, files: Mapping[FileKind, bytes], *, at: datetime) -> Record:
        """See ``store.LicenceStore``."""
        digests = {kind: digests_of(content) for kind, content in files.items()}
        for content in files.values():
            self._files.put(content)
        completed = completion_event(record, at)
        status = record.status if completed is None else completed.after
        with translated(), writing(self._engine) as connection:
            change = {"value": record.identifier, "before": record.status.value, "after": status.value}
            if connection.execute(statements.SET_STATUS, change).rowcount != 1:
                raise FileChangedError
            for kind, file in digests.items():
                self._replace(connection, record, kind, file, at)
            if completed is not None:
                connection.execute(statements.INSERT_EVENT, event_row(completed))
        return replace(record, files={**record.files, **digests}, status=status)

    def _replace(
        self, connection: sa.Connection, record: Record, kind: FileKind, file: StoredFile, at: datetime
    ) -> None:
        change = {
            "value": record.identifier,
            "file_kind": kind,
            "before": record.files[kind].sha256,
            "new_sha256": file.sha256,
            "new_sm3": file.sm3,
            "new_size": file.size,
        }
        if connection.execute(statements.SET_FILE, change).rowcount != 1:
            raise FileChangedError
        known = {"value": record.identifier, "digest": file.sha256}
        if connection.execute(statements.PROOF, known).first() is None:
            connection.execute(statements.INSERT_PROOF, self._proof(record.identifier, file.sha256, at))

    def existed_since(self, identifier: str, sha256: str) -> datetime | None:
        """See ``store.LicenceStore``."""
        if not is_key(identifier):
            return None
        with translated(), self._engine.connect() as connection:
            row = connection.execute(statements.PROOF, {"value": identifier, "digest": sha256}).first()
        if row is None or self._proof(identifier, sha256, row.since)["mark"] != row.mark:
            return None
        since: datetime = row.since
        return since

    def _proof(self, identifier: str, sha256: str, since: datetime) -> dict[str, object]:
        instant = since.astimezone(UTC).isoformat(timespec="microseconds")
        mark = self._keyed(f"proof:{identifier}:{sha256}:{instant}")
        return {"identifier": identifier, "sha256": sha256, "since": since, "mark": mark}

    def of_holder(self, kind: str, code: str) -> tuple[Record, ...]:
        """See ``store.LicenceStore``."""
        with translated(), self._engine.connect() as connection:
            return self._records(connection, statements.BY_HOLDER, self._holder_index(kind, code))

    def apply(self, identifier: str, act: Act) -> Record:
        """See ``store.LicenceStore``."""
        with translated(), writing(self._engine) as connection:
            return self._do(connection, identifier, act)

    def _do(self, connection: sa.Connection, identifier: str, act: Act) -> Record:
        """Do an act inside a transaction that nobody else can write beside."""
        record = _one(self._records(connection, statements.BY_IDENTIFIER, identifier))
        events = _events(connection, identifier)
        event = next_event(identifier, events, act, record.obligations)
        if act.action is Action.RESTORE:
            versions = self._records(connection, statements.VERSIONS, record.first_identifier)
            others = [one for one in versions if one.identifier != identifier]
            check_restored(event, [(one, _events(connection, one.identifier)) for one in others])
        change = {"value": identifier, "before": record.status.value, "after": event.after.value}
        if connection.execute(statements.SET_STATUS, change).rowcount != 1:
            raise TransitionRefusedError(record.status, act.action)
        connection.execute(statements.INSERT_EVENT, event_row(event))
        return replace(record, status=event.after)

    def events(self, identifier: str) -> tuple[Event, ...]:
        """See ``store.LicenceStore``."""
        with translated(), self._engine.connect() as connection:
            events = _events(connection, identifier)
        if not events:
            raise LicenceNotFoundError
        return events

    def changes_after(self, sequence: int, limit: int) -> tuple[Event, ...]:
        """See ``store.LicenceStore``."""
        with translated(), self._engine.connect() as connection:
            rows = connection.execute(statements.CHANGES, {"value": sequence, "count": limit})
            return tuple(event_from(row) for row in rows)

    def versions(self, identifier: str) -> tuple[Record, ...]:
        """See ``store.LicenceStore``."""
        with translated(), self._engine.connect() as connection:
            record = _one(self._records(connection, statements.BY_IDENTIFIER, identifier))
            return self._records(connection, statements.VERSIONS, record.first_identifier)

    def status(self, identifier: str, at: datetime, *, known_at: datetime | None = None) -> StatusAnswer | None:
        """See ``store.LicenceStore``."""
        with translated(), self._engine.connect() as connection:
            records = self._records(connection, statements.BY_IDENTIFIER, identifier)
            if not records:
                return None
            return answer_at(records[0], _events(connection, identifier), at, known_at)

    def allot_number(self, issuer_code: str, type_code: str, year: int, *, above: int = 0) -> int:
        """See ``store.LicenceStore``."""
        with translated(), writing(self._engine) as connection:
            return next_number(connection, issuer_code, type_code, year, above)

    def is_ready(self) -> bool:
        """See ``store.LicenceStore``; false too while another process holds the write lock for long."""
        try:
            with translated(), self._engine.connect() as connection:
                lock(connection)
                connection.execute(statements.TOUCH)  # a read-only database gives the lock and refuses only the write
                ready = fits(connection)
                connection.rollback()
        except StoreUnavailableError:
            return False
        return ready and self._files.is_ready()

    def _records(
        self, connection: sa.Connection, statement: sa.Select[tuple[object, ...]], sought: str | Mapping[str, object]
    ) -> tuple[Record, ...]:
        if isinstance(sought, str):
            if not is_key(sought):
                return ()
            sought = {"value": sought}
        records: dict[str, tuple[sa.Row[tuple[object, ...]], dict[FileKind, StoredFile]]] = {}
        for row in connection.execute(statement, sought):
            _, files = records.setdefault(row.identifier, (row, {}))
            files[row.kind] = StoredFile(sha256=row.sha256, sm3=row.sm3, size=row.size)
        return tuple(
            record_from(row, files, self._numbers.number_of(row.identifier, row.number, row.number_protected))
            for row, files in records.values()
        )

    def _holder_index(self, kind: str, code: str) -> str:
        return holder_index(self._index_key, kind, code)

    def _keyed(self, text: str) -> str:
        """Digest that nobody can search for without the index key: a request's body, too, holds the holder's number."""
        return hmac_bytes("sm3", self._index_key, text.encode("utf-8", "surrogatepass")).hex()


def _one(records: Sequence[Record]) -> Record:
    if not records:
        raise LicenceNotFoundError
    return records[0]


def _events(connection: sa.Connection, identifier: str) -> tuple[Event, ...]:
    if not is_key(identifier):
        return ()
    return tuple(event_from(row) for row in connection.execute(statements.EVENTS, {"value": identifier}))


def _key_digest(key: str) -> str:
    return sha256(key.encode("utf-8", "surrogatepass")).hexdigest()
