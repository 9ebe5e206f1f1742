"""Handing over upstream: from what was recorded to batches, from batches to files, and comparing both sides."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from itertools import islice

from esign import structured_from_bytes
from keys import hash_bytes

from .collection import (
    MAX_BATCH_ROWS,
    Batch,
    BatchForm,
    BatchKind,
    CollectionStore,
    Operation,
    operations_for,
    row_of,
)
from .collection_files import encode_rows
from .errors import CollectionTakenError, StoreUnavailableError
from .store import LicenceStore

_ATTEMPTS = 3
_PAGE = 1000
# Every licence has two rows at most: one that comes and goes between two batches.
_LICENCES = MAX_BATCH_ROWS // 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """What one side has of a batch, or of all licences."""

    rows: int
    sm3: str
    """Of the batch's file, or of all identifiers, each with a line feed after it; lower-case hexadecimal."""


class Difference(StrEnum):
    """How the two sides differ."""

    MISSING = "missing"
    """They do not have it."""
    UNKNOWN = "unknown"
    """They have what was never sent."""
    ROWS = "rows"
    DIGEST = "digest"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciliation:
    """A day on both sides."""

    batches: Mapping[str, Tally]
    """Ours, by number."""
    present: Tally
    """The licences that the platform has by what it has taken."""
    differences: Mapping[str, Difference]
    """By number of the batch; the empty number stands for all licences."""


class HandOver:
    """Cuts batches, makes their files again whenever asked, and compares."""

    def __init__(self, *, collected: CollectionStore, licences: LicenceStore) -> None:
        self._collected = collected
        self._licences = licences

    def cut_changes(self, *, form: BatchForm, at: datetime) -> tuple[Batch, ...]:
        """Put everything that has taken effect and is in no batch into batches.

        Raises CollectionTakenError when others collect at the same time again and again.
        """
        made: list[Batch] = []
        attempt = 1
        while changes := self._collected.changes(at, _LICENCES):
            rows = self._rows([change.identifier for change in changes], at)
            sequences = [change.sequence for change in changes]
            try:
                batch = self._collected.cut(rows, sequences, kind=BatchKind.CHANGES, form=form, at=at)
            except CollectionTakenError:
                if attempt == _ATTEMPTS:
                    raise
                attempt += 1
                continue
            if batch is not None:
                made.append(batch)
        return tuple(made)

    def cut_again(self, identifiers: Sequence[str], *, form: BatchForm, at: datetime) -> tuple[Batch, ...]:
        """Put licences into batches once more, whether or not anything was done to them; LicenceNotFoundError."""
        for identifier in identifiers:
            self._licences.get(identifier)
        return self._cut_all(iter(identifiers), BatchKind.AGAIN, form, at)

    def cut_full(self, *, form: BatchForm, at: datetime) -> tuple[Batch, ...]:
        """Put every licence that counts into batches, for a platform that begins with an empty table."""
        return self._cut_all(self._all_identifiers(), BatchKind.FULL, form, at)

    def _cut_all(self, identifiers: Iterable[str], kind: BatchKind, form: BatchForm, at: datetime) -> tuple[Batch, ...]:
        made: list[Batch] = []
        rest = iter(identifiers)
        while page := list(islice(rest, _LICENCES)):
            rows = self._rows(page, at, empty=kind is BatchKind.FULL)
            batch = self._collected.cut(rows, (), kind=kind, form=form, at=at)
            if batch is not None:
                made.append(batch)
        return tuple(made)

    def _all_identifiers(self) -> Iterable[str]:
        seen: set[str] = set()
        last = 0
        while page := self._licences.changes_after(last, _PAGE):
            last = page[-1].sequence
            for event in page:
                if event.identifier not in seen:
                    seen.add(event.identifier)
                    yield event.identifier

    def _rows(self, identifiers: Iterable[str], at: datetime, *, empty: bool = False) -> list[tuple[str, Operation]]:
        """Say what the platform is to be told; nothing goes to an `empty` one that it would take out again."""
        wanted = list(dict.fromkeys(identifiers))
        known = frozenset() if empty else self._collected.known(wanted)
        rows: list[tuple[str, Operation]] = []
        for identifier in wanted:
            answer = self._licences.status(identifier, at)
            if answer is None:
                raise StoreUnavailableError
            events = () if empty else self._licences.events(identifier)
            rows += [
                (identifier, operation) for operation in operations_for(answer.value, events, known=identifier in known)
            ]
        return rows

    def file(self, batch: Batch) -> bytes:
        """Make the file of a batch: the same bytes whenever it is asked for."""
        rows = (
            row_of(batch, one.operation, structured_from_bytes(self._structured(one.identifier)))
            for one in self._collected.rows(batch.number)
        )
        return encode_rows(batch.form, rows)

    def _structured(self, identifier: str) -> bytes:
        return self._licences.file(self._licences.get(identifier), "json")

    def reconcile(self, day: date, theirs: tuple[Mapping[str, Tally], Tally | None] | None = None) -> Reconciliation:
        """Tally a day's batches and all licences; compare with what the platform says it has, if it says so."""
        batches = {
            batch.number: Tally(rows=batch.rows, sm3=batch.digest or digest_of(self.file(batch)))
            for batch in self._collected.batches(day)
        }
        identifiers = "".join(f"{identifier}\n" for identifier in self._collected.present())
        present = Tally(rows=identifiers.count("\n"), sm3=digest_of(identifiers.encode("ascii")))
        differences: dict[str, Difference] = {}
        if theirs is not None:
            their_batches, their_present = theirs
            differences = _differences(batches, their_batches)
            if their_present is not None:
                differences |= _differences({"": present}, {"": their_present})
        return Reconciliation(batches=batches, present=present, differences=differences)


def digest_of(content: bytes) -> str:
    """Return the digest by which both sides compare: SM3 in lower-case hexadecimal."""
    return hash_bytes("sm3", content).hex()


def _differences(ours: Mapping[str, Tally], theirs: Mapping[str, Tally]) -> dict[str, Difference]:
    found: dict[str, Difference] = {}
    for number in sorted(ours.keys() | theirs.keys()):
        if number not in theirs:
            found[number] = Difference.MISSING
        elif number not in ours:
            found[number] = Difference.UNKNOWN
        elif ours[number].rows != theirs[number].rows:
            found[number] = Difference.ROWS
        elif ours[number].sm3 != theirs[number].sm3:
            found[number] = Difference.DIGEST
    return found
