"""A memory of what was handed over upstream that ends with the process, for tests and trials."""

import threading
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from .collection import (
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
from .errors import BatchChangedError, BatchNotFoundError, CollectionTakenError
from .store import LicenceStore

_PAGE = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sent:
    batch: str
    row: BatchRow
    error_remark: str = ""


class MemoryCollectionStore:
    """See ``collection.CollectionStore``. Safe for threads."""

    def __init__(self, licences: LicenceStore) -> None:
        self._licences = licences
        self._lock = threading.Lock()
        self._batches: dict[str, Batch] = {}
        self._sent: list[_Sent] = []
        self._collected: set[int] = set()

    def changes(self, at: datetime, limit: int) -> tuple[Change, ...]:
        """See ``collection.CollectionStore``."""
        found: list[Change] = []
        last = 0
        while len(found) < limit and (page := self._licences.changes_after(last, _PAGE)):
            last = page[-1].sequence
            found += [
                Change(event.sequence, event.identifier)
                for event in page
                if event.act.effective_at <= at and event.sequence not in self._collected
            ]
        return tuple(found[:limit])

    def known(self, identifiers: Collection[str]) -> frozenset[str]:
        """See ``collection.CollectionStore``."""
        return frozenset(
            identifier
            for identifier in identifiers
            if is_known(
                (sent.row.operation, sent.row.answer) for sent in self._sent if sent.row.identifier == identifier
            )
        )

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
        with self._lock:
            if self._collected.intersection(changes):
                raise CollectionTakenError
            self._collected.update(changes)
            if not rows:
                return None
            day = next_number(at, None)[:8]
            number = next_number(at, max((one for one in self._batches if one.startswith(day)), default=None))
            counts = counts_of(operation for _, operation in rows)
            batch = Batch(number=number, kind=kind, form=form, made_at=at, counts=counts)
            self._batches[number] = batch
            self._sent += [
                _Sent(batch=number, row=BatchRow(line=line, identifier=identifier, operation=operation))
                for line, (identifier, operation) in enumerate(rows, start=1)
            ]
            return batch

    def batch(self, number: str) -> Batch:
        """See ``collection.CollectionStore``."""
        try:
            return self._batches[number]
        except KeyError:
            raise BatchNotFoundError from None

    def batches(self, day: date) -> tuple[Batch, ...]:
        """See ``collection.CollectionStore``."""
        return tuple(batch for number, batch in self._batches.items() if number.startswith(day_prefix(day)))

    def unwritten(self) -> tuple[Batch, ...]:
        """See ``collection.CollectionStore``."""
        return tuple(batch for batch in self._batches.values() if not batch.digest)

    def rows(self, number: str) -> tuple[BatchRow, ...]:
        """See ``collection.CollectionStore``."""
        self.batch(number)
        return tuple(sent.row for sent in self._sent if sent.batch == number)

    def written(self, number: str, digest: str) -> None:
        """See ``collection.CollectionStore``."""
        with self._lock:
            batch = self.batch(number)
            if batch.digest not in ("", digest):
                raise BatchChangedError
            self._batches[number] = replace(batch, digest=digest)

    def answer(self, receipts: Sequence[Receipt], at: datetime) -> None:
        """See ``collection.CollectionStore``."""
        with self._lock:
            places = {(one.batch, one.row.identifier, one.row.operation): place for place, one in enumerate(self._sent)}
            check_receipts(receipts, lambda one: (one.batch, one.identifier, one.operation) in places)
            for one in receipts:
                place = places[one.batch, one.identifier, one.operation]
                sent = self._sent[place]
                said = Answer.REFUSED if one.error_remark else Answer.TAKEN
                self._sent[place] = replace(sent, row=replace(sent.row, answer=said), error_remark=one.error_remark)

    def open_items(self, limit: int) -> tuple[WorkItem, ...]:
        """See ``collection.CollectionStore``."""
        newest = {sent.row.identifier: place for place, sent in enumerate(self._sent)}
        found = [self._sent[place] for place in sorted(newest.values())]
        return tuple(
            WorkItem(
                batch=sent.batch,
                identifier=sent.row.identifier,
                operation=sent.row.operation,
                answer=sent.row.answer,
                error_remark=sent.error_remark,
                made_at=self._batches[sent.batch].made_at,
            )
            for sent in found
            if sent.row.answer is not Answer.TAKEN
        )[:limit]

    def present(self) -> Iterator[str]:
        """See ``collection.CollectionStore``."""
        yield from sorted(self.known({sent.row.identifier for sent in self._sent}))
