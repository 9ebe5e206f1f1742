"""Adapter: what was handed over upstream, in a relational database."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date, datetime

import sqlalchemy as sa

from licences.collection import (
    Answer,
    Batch,
    BatchForm,
    BatchKind,
    BatchRow,
    Change,
    Operation,
    Receipt,
    WorkItem,
    check_receipts,
    counts_of,
    day_prefix,
    is_known,
    next_number,
)
from licences.errors import BatchChangedError, BatchNotFoundError, CollectionTakenError
from licences.protection import Protection

from .collection_tables import DIGEST_CONTEXT, REMARK_CONTEXT, collection_acts, collection_batches, collection_rows
from .database import BUSY_TIMEOUT, close_engine, is_key, open_engine, translated, writing
from .licence_tables import licence_events

_CHUNK = 500
"""Values that one statement names; databases take some thousands."""

_rows, _batches = collection_rows.c, collection_batches.c
_CHANGES = (
    sa.select(licence_events.c.sequence, licence_events.c.identifier)
    .where(
        licence_events.c.effective_at <= sa.bindparam("at", type_=licence_events.c.effective_at.type),
        ~sa.exists().where(collection_acts.c.sequence == licence_events.c.sequence),
    )
    .order_by(licence_events.c.sequence)
    .limit(sa.bindparam("count", type_=sa.Integer))
)
_ABOUT = (
    sa.select(_rows.identifier, _rows.operation, _rows.answer)
    .where(_rows.identifier.in_(sa.bindparam("identifiers", expanding=True)))
    .order_by(_rows.sequence)
)
_LAST_NUMBER = sa.select(sa.func.max(_batches.number)).where(_batches.number.startswith(sa.bindparam("day")))
_COUNTS = sa.select(_rows.batch, _rows.operation, sa.func.count().label("amount")).group_by(
    _rows.batch, _rows.operation
)
_BATCH_ROWS = collection_rows.select().where(_rows.batch == sa.bindparam("number")).order_by(_rows.line)
_SET_DIGEST = (
    collection_batches.update()
    .where(_batches.number == sa.bindparam("batch_number"), _batches.digest.is_(None))
    .values(digest=sa.bindparam("new_digest"))
)
_THE_ROW = sa.select(_rows.sequence).where(
    _rows.batch == sa.bindparam("number"),
    _rows.identifier == sa.bindparam("licence"),
    _rows.operation == sa.bindparam("what"),
)
_SET_ANSWER = (
    collection_rows.update()
    .where(_rows.sequence == sa.bindparam("row"))
    .values(answer=sa.bindparam("said"), answered_at=sa.bindparam("at"), error_remark=sa.bindparam("remark"))
)
_NEWEST = sa.select(sa.func.max(_rows.sequence).label("sequence")).group_by(_rows.identifier)
_OPEN = (
    sa.select(collection_rows, _batches.made_at)
    .join(collection_batches)
    .where(_rows.sequence.in_(_NEWEST), _rows.answer != Answer.TAKEN.value)
    .order_by(_rows.sequence)
    .limit(sa.bindparam("count", type_=sa.Integer))
)
# The newest row that was not refused says whether the platform has the licence.
_PRESENT = sa.select(_rows.identifier).where(
    _rows.sequence.in_(_NEWEST.where(_rows.answer != Answer.REFUSED.value)),
    _rows.operation != Operation.DELETE.value,
)


class SqlCollectionStore:
    """See ``collection.CollectionStore``. Safe for threads and processes; open it after a fork, not before."""

    def __init__(self, url: str, protection: Protection, *, busy_timeout: float = BUSY_TIMEOUT) -> None:
        """Name the database as ``SqlStore`` does; ``protection`` encrypts digests and what platforms remark."""
        self._engine = open_engine(url, busy_timeout=busy_timeout)
        self._protection = protection

    def close(self) -> None:
        """Close the connections; the next use opens others."""
        close_engine(self._engine)

    def changes(self, at: datetime, limit: int) -> tuple[Change, ...]:
        """See ``collection.CollectionStore``."""
        with translated(), self._engine.connect() as connection:
            rows = connection.execute(_CHANGES, {"at": at, "count": limit})
            return tuple(Change(row.sequence, row.identifier) for row in rows)

    def known(self, identifiers: Collection[str]) -> frozenset[str]:
        """See ``collection.CollectionStore``."""
        about: defaultdict[str, list[tuple[Operation, Answer]]] = defaultdict(list)
        wanted = sorted(identifiers)
        with translated(), self._engine.connect() as connection:
            for start in range(0, len(wanted), _CHUNK):
                for row in connection.execute(_ABOUT, {"identifiers": wanted[start : start + _CHUNK]}):
                    about[row.identifier].append((Operation(row.operation), Answer(row.answer)))
        return frozenset(identifier for identifier, rows in about.items() if is_known(rows))

    def cut(
        self,
        rows: Sequence[tuple[str, Operation]],
        changes: Sequence[int],
        *,
        kind: BatchKind,
        form: BatchForm,
        at: datetime,
    ) -> Batch | None:
        """See ``collection.CollectionStore``."""
        with translated():
            try:
                with writing(self._engine) as connection:
                    batch = _new_batch(connection, rows, kind, form, at) if rows else None
                    if changes:
                        number = None if batch is None else batch.number
                        acts = [{"sequence": sequence, "batch": number} for sequence in changes]
                        connection.execute(collection_acts.insert(), acts)
            except sa.exc.IntegrityError as error:
                raise CollectionTakenError from error
        return batch

    def batch(self, number: str) -> Batch:
        """See ``collection.CollectionStore``."""
        found = self._find(_batches.number == number) if is_key(number) else ()
        if not found:
            raise BatchNotFoundError
        return found[0]

    def batches(self, day: date) -> tuple[Batch, ...]:
        """See ``collection.CollectionStore``."""
        return self._find(_batches.number.startswith(day_prefix(day)))

    def unwritten(self) -> tuple[Batch, ...]:
        """See ``collection.CollectionStore``."""
        return self._find(_batches.digest.is_(None))

    def _find(self, condition: sa.ColumnElement[bool]) -> tuple[Batch, ...]:
        wanted = collection_batches.select().where(condition).order_by(_batches.number)
        with translated(), self._engine.connect() as connection:
            rows = connection.execute(wanted).all()
            chosen = sa.select(_batches.number).where(condition)
            counts: defaultdict[str, Counter[Operation]] = defaultdict(Counter)
            for row in connection.execute(_COUNTS.where(_rows.batch.in_(chosen))):
                counts[row.batch][Operation(row.operation)] = row.amount
        return tuple(self._batch(row, {one: counts[row.number][one] for one in Operation}) for row in rows)

    def _batch(self, row: sa.Row[tuple[object, ...]], counts: Mapping[Operation, int]) -> Batch:
        digest = b"" if row.digest is None else self._protection.reveal(row.digest, context=_digest_place(row.number))
        return Batch(
            number=row.number,
            kind=BatchKind(row.kind),
            form=BatchForm(row.form),
            made_at=row.made_at,
            counts=counts,
            digest=digest.decode("ascii"),
        )

    def rows(self, number: str) -> tuple[BatchRow, ...]:
        """See ``collection.CollectionStore``."""
        self.batch(number)
        with translated(), self._engine.connect() as connection:
            return tuple(
                BatchRow(
                    line=row.line,
                    identifier=row.identifier,
                    operation=Operation(row.operation),
                    answer=Answer(row.answer),
                )
                for row in connection.execute(_BATCH_ROWS, {"number": number})
            )

    def written(self, number: str, digest: str) -> None:
        """See ``collection.CollectionStore``."""
        protected = self._protection.protect(digest.encode("ascii"), context=_digest_place(number))
        with translated(), writing(self._engine) as connection:
            connection.execute(_SET_DIGEST, {"batch_number": number, "new_digest": protected})
        if self.batch(number).digest != digest:
            raise BatchChangedError

    def answer(self, receipts: Sequence[Receipt], at: datetime) -> None:
        """See ``collection.CollectionStore``."""
        with translated(), writing(self._engine) as connection:
            sent = {receipt: _row_of(connection, receipt) for receipt in set(receipts)}
            check_receipts(receipts, lambda receipt: sent[receipt] is not None)
            for receipt in receipts:
                sequence = sent[receipt]
                said, remark = Answer.TAKEN, None
                if receipt.error_remark:
                    said = Answer.REFUSED
                    remark = self._protection.protect(
                        receipt.error_remark.encode(), context=REMARK_CONTEXT.format(sequence=sequence)
                    )
                change = {"row": sequence, "said": said.value, "at": at, "remark": remark}
                connection.execute(_SET_ANSWER, change)

    def open_items(self, limit: int) -> tuple[WorkItem, ...]:
        """See ``collection.CollectionStore``."""
        with translated(), self._engine.connect() as connection:
            rows = connection.execute(_OPEN, {"count": limit}).all()
        return tuple(
            WorkItem(
                batch=row.batch,
                identifier=row.identifier,
                operation=Operation(row.operation),
                answer=Answer(row.answer),
                error_remark=""
                if row.error_remark is None
                else self._protection.reveal(
                    row.error_remark, context=REMARK_CONTEXT.format(sequence=row.sequence)
                ).decode(),
                made_at=row.made_at,
            )
            for row in rows
        )

    def present(self) -> Iterator[str]:
        """See ``collection.CollectionStore``."""
        with translated(), self._engine.connect() as connection:
            # Databases sort by their own collation.
            identifiers = sorted(connection.execute(_PRESENT).scalars())
        yield from identifiers


def _new_batch(
    connection: sa.Connection,
    rows: Sequence[tuple[str, Operation]],
    kind: BatchKind,
    form: BatchForm,
    at: datetime,
) -> Batch:
    day = next_number(at, None)[:8]
    number = next_number(at, connection.execute(_LAST_NUMBER, {"day": day}).scalar())
    row = {"number": number, "kind": kind.value, "form": form.value, "made_at": at, "digest": None}
    connection.execute(collection_batches.insert(), row)
    connection.execute(
        collection_rows.insert(),
        [
            {
                "batch": number,
                "line": line,
                "identifier": identifier,
                "operation": operation.value,
                "answer": Answer.NONE.value,
            }
            for line, (identifier, operation) in enumerate(rows, start=1)
        ],
    )
    counts = counts_of(operation for _, operation in rows)
    return Batch(number=number, kind=kind, form=form, made_at=at, counts=counts)


def _row_of(connection: sa.Connection, receipt: Receipt) -> int | None:
    if not (is_key(receipt.batch) and is_key(receipt.identifier)):
        return None
    wanted = {"number": receipt.batch, "licence": receipt.identifier, "what": receipt.operation.value}
    sequence: int | None = connection.execute(_THE_ROW, wanted).scalar()
    return sequence


def _digest_place(number: str) -> str:
    return DIGEST_CONTEXT.format(number=number)
