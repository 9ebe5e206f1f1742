"""Collection upstream (归集): which rows the collecting platform is to get, modelled on the national collection table.

What was recorded about licences goes out in numbered batches. Each act is in exactly one batch; a batch is cut in one
transaction and its files are made from it afterwards, again and again the same, so that nothing is lost or sent under
two numbers when the process dies in between.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Final, NamedTuple, Protocol

from esign import CHINA, StructuredLicence

from .errors import InvalidFieldError
from .lifecycle import ENDS, Status
from .standing import Event

MAX_BATCH_ROWS = 10_000
MAX_RECEIPTS = 100_000
"""In one file of receipts."""
MAX_REMARK_LENGTH = 2000
MAX_FAULTS = 500

HOLDER_SEPARATOR = "^"
"""Between several holders of one licence. Not confirmed: Guangdong is known to write commas, which names hold too."""


class Operation(StrEnum):
    """What the platform is to do with a row (同步类型); the letters are not confirmed."""

    INSERT = "I"
    UPDATE = "U"
    DELETE = "D"

    @property
    def zh(self) -> str:
        """Chinese name."""
        return {"I": "新增", "U": "更新", "D": "删除"}[self.value]


class BatchKind(StrEnum):
    """Why a batch was cut."""

    CHANGES = "changes"
    AGAIN = "again"
    """Some licences once more."""
    FULL = "full"
    """Everything, for a platform that begins with an empty table."""


class BatchForm(StrEnum):
    """How the rows of a batch are written."""

    JSONL = "jsonl"
    """One JSON object a line."""
    CSV = "csv"
    """RFC 4180 with a line of column names, in UTF-8."""


class Answer(StrEnum):
    """What the platform said about a row."""

    NONE = "none"
    TAKEN = "taken"
    REFUSED = "refused"


class Change(NamedTuple):
    """An act on a licence that is in no batch yet."""

    sequence: int
    identifier: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchRow:
    """One row of a batch, without the data of the licence: they stand in its structured licence."""

    line: int
    """From 1."""
    identifier: str
    operation: Operation
    answer: Answer = Answer.NONE


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """One hand-over."""

    number: str
    kind: BatchKind
    form: BatchForm
    made_at: datetime
    counts: Mapping[Operation, int]
    digest: str = ""
    """SM3 of its file in hexadecimal; empty until that was written."""

    @property
    def rows(self) -> int:
        """How many rows it has."""
        return sum(self.counts.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What the platform answers about one row."""

    batch: str
    identifier: str
    operation: Operation
    error_remark: str
    """Empty: the row was taken."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkItem:
    """A licence whose newest row is not settled upstream."""

    batch: str
    identifier: str
    operation: Operation
    answer: Answer
    error_remark: str
    made_at: datetime


class CollectionStore(Protocol):
    """Keeps what was handed over. Every method may raise StoreUnavailableError."""

    def changes(self, at: datetime, limit: int) -> tuple[Change, ...]:
        """Return acts that have taken effect by ``at`` and are in no batch, the first recorded one first."""

    def known(self, identifiers: Collection[str]) -> frozenset[str]:
        """Return those that the platform has, by all rows that it has not refused."""

    def cut(
        self,
        rows: Sequence[tuple[str, Operation]],
        changes: Sequence[int],
        *,
        kind: BatchKind,
        form: BatchForm,
        at: datetime,
    ) -> Batch | None:
        """Keep a batch of these rows and say of these acts that they are collected, all or nothing.

        Without rows there is no batch, and the acts are collected all the same. Raises CollectionTakenError when one of
        the acts was collected meanwhile.
        """

    def batch(self, number: str) -> Batch:
        """Return a batch; BatchNotFoundError."""

    def batches(self, day: date) -> tuple[Batch, ...]:
        """Return the batches of a day in UTC+08:00."""

    def unwritten(self) -> tuple[Batch, ...]:
        """Return the batches whose files nobody has finished."""

    def rows(self, number: str) -> tuple[BatchRow, ...]:
        """Return the rows of a batch in their order; BatchNotFoundError."""

    def written(self, number: str, digest: str) -> None:
        """Say that the files of a batch are in place; BatchChangedError when they once had another digest."""

    def answer(self, receipts: Sequence[Receipt], at: datetime) -> None:
        """Keep receipts, all or nothing; the last one about a row counts.

        Raises one ExceptionGroup of InvalidFieldError with pointers such as ``/3`` for receipts of rows that were never
        sent.
        """

    def open_items(self, limit: int) -> tuple[WorkItem, ...]:
        """Return licences whose newest row was refused or not answered, the oldest row first."""

    def present(self) -> Iterator[str]:
        """Give the identifiers that the platform has, as ``known`` sees it, in the order of their characters."""


def operations_for(status: Status, events: Sequence[Event], *, known: bool) -> tuple[Operation, ...]:
    """Return what the platform is to be told about a licence that has this status now.

    Only an end takes a row away: a suspended or expired licence stays findable, and who asks gets its state from here.
    A licence that began and ended since the last batch comes and goes in one; one that never counted is not told of.
    """
    if status is Status.PENDING:
        return ()
    if status not in ENDS:
        return (Operation.UPDATE if known else Operation.INSERT,)
    if known:
        return (Operation.DELETE,)
    counted = any(event.after is not Status.PENDING and event.after not in ENDS for event in events)
    return (Operation.INSERT, Operation.DELETE) if counted else ()


def is_known(rows: Iterable[tuple[Operation, Answer]]) -> bool:
    """Whether the platform has a licence, by all rows about it in their order: those it refused changed nothing."""
    known = False
    for operation, answer in rows:
        if answer is not Answer.REFUSED:
            known = operation is not Operation.DELETE
    return known


def next_number(at: datetime, last: str | None) -> str:
    """Return the number of the next batch: day in UTC+08:00 and six digits; ``last`` is the day's last one."""
    running = 1 if last is None else int(last[8:]) + 1
    return f"{day_prefix(at.astimezone(CHINA).date())}{running:06d}"


def day_prefix(day: date) -> str:
    """Return how the numbers of a day's batches begin."""
    return f"{day:%Y%m%d}"


def counts_of(rows: Iterable[Operation]) -> Mapping[Operation, int]:
    """Count rows by what is to be done with them."""
    counted = Counter(rows)
    return {operation: counted[operation] for operation in Operation}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    batch: Batch
    operation: Operation
    licence: StructuredLicence


def _area(row: _Row) -> str:
    """The licence's own area; else that of the register in which the issuer's credit code stands (GB 32100)."""
    return row.licence.area_code or row.licence.issuer_code[2:8]


COLUMNS: Final[Mapping[str, Callable[[_Row], str]]] = MappingProxyType(
    {
        "cd_batch": lambda row: row.batch.number,
        "cd_operation": lambda row: row.operation.value,
        "cd_time": lambda row: f"{row.batch.made_at.astimezone(CHINA):%Y-%m-%d %H:%M:%S}",
        "certificate_area_code": _area,
        "certificate_holder": lambda row: HOLDER_SEPARATOR.join(one.name for one in row.licence.holders),
        "certificate_holder_code": lambda row: HOLDER_SEPARATOR.join(one.code for one in row.licence.holders),
        "certificate_holder_type": lambda row: HOLDER_SEPARATOR.join(one.kind for one in row.licence.holders),
        "certificate_name": lambda row: row.licence.name,
        "certificate_number": lambda row: row.licence.number,
        "certificate_source_id": lambda row: row.licence.identifier,
        "certificate_type": lambda row: row.licence.type_name,
        "certificate_type_code": lambda row: row.licence.type_code,
        "issue_date": lambda row: row.licence.issued_on.isoformat(),
        "issue_dept": lambda row: row.licence.issuer_name,
        "issue_dept_code": lambda row: row.licence.issuer_code,
    }
)
"""The columns of the collection table, and where each comes from. A platform with other names needs another table."""


def row_of(batch: Batch, operation: Operation, licence: StructuredLicence) -> Mapping[str, str]:
    """Return one row, keyed and ordered as ``COLUMNS``."""
    row = _Row(batch=batch, operation=operation, licence=licence)
    return {name: value(row) for name, value in COLUMNS.items()}


def check_receipts(receipts: Sequence[Receipt], sent: Callable[[Receipt], bool]) -> None:
    """Check that every receipt answers a row that was sent; raises one ExceptionGroup of InvalidFieldError."""
    faults: list[InvalidFieldError] = []
    for place, receipt in enumerate(receipts):
        if not sent(receipt):
            faults.append(InvalidFieldError(f"/{place}", "ROW_NOT_SENT"))
        if len(receipt.error_remark) > MAX_REMARK_LENGTH:
            faults.append(InvalidFieldError(f"/{place}/error_remark", "TOO_LONG", limit=MAX_REMARK_LENGTH))
    if faults:
        raise ExceptionGroup("the receipts are refused", faults[:MAX_FAULTS])
