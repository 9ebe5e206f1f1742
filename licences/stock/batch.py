"""The port of the conversion store: what has become of the rows of each register.

It makes going on faster and keeps the reports. That no row is issued twice does not rest on it: the licence store
knows the identity of every row that was ever issued.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final, Protocol

from .findings import Finding

MAX_FINDINGS: Final = 1_000
"""Kept of one row."""
STRAY_LINE: Final = 0
"""The outcome with this number holds what was found about rows that belong to no licence; it is not counted."""


class RowState(StrEnum):
    """What has become of a row."""

    CONVERTED = "converted"
    ALREADY = "already"
    """It had been converted before."""
    TWIN = "twin"
    """Another row says the same; that one is converted."""
    REFUSED = "refused"
    """It has to be corrected first."""
    WAITING = "waiting"
    """Something else failed; trying again may help."""
    GOOD = "good"
    """Of a dry run: it would be converted."""

    @property
    def zh(self) -> str:
        """Chinese name."""
        return _STATE_NAMES[self]

    @property
    def is_final(self) -> bool:
        """Whether `--resume` passes it over."""
        return self in (RowState.CONVERTED, RowState.ALREADY, RowState.TWIN)


_STATE_NAMES = {
    RowState.CONVERTED: "已转换",
    RowState.ALREADY: "以前已转换",
    RowState.TWIN: "重复行",
    RowState.REFUSED: "待改正",
    RowState.WAITING: "待重试",
    RowState.GOOD: "可转换",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class RowOutcome:
    """What has become of one row. It says nothing of what the row says."""

    line: int
    state: RowState
    identifier: str = ""
    trust_level: str = ""
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversionBatch:
    """One run over one register."""

    batch_id: str
    request_digest: str
    """SHA-256 of the register, its mapping and what was asked for: the same request can go on."""
    type_slug: str
    operator: str
    checked_by: str
    dry_run: bool
    total: int
    """Rows of the register."""
    begun_at: datetime
    finished_at: datetime | None = None
    failure: str = ""
    """Code of what stopped it, empty unless something did."""


class ConversionStore(Protocol):
    """Keeps batches and the outcomes of their rows. Every method may raise StoreUnavailableError."""

    def begin(self, batch: ConversionBatch) -> None:
        """Keep a new batch."""

    def get(self, batch_id: str) -> ConversionBatch:
        """Return a batch; ConversionNotFoundError."""

    def newest(self, request_digest: str) -> ConversionBatch | None:
        """Return the batch that was begun last for this request."""

    def record(self, batch_id: str, outcomes: Sequence[RowOutcome]) -> None:
        """Keep outcomes, in the place of earlier ones of the same rows; all or nothing."""

    def counts(self, batch_id: str) -> Mapping[RowState, int]:
        """Return how many rows are in each state; states without rows are left out."""

    def outcomes(self, batch_id: str) -> Iterator[RowOutcome]:
        """Return the outcomes in the order of the rows."""

    def finish(self, batch_id: str, at: datetime, failure: str = "") -> None:
        """Say that every row has been tried, or that something stopped it."""
