"""A conversion store that forgets when the process ends; it keeps the promises of the SQL one."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from licences.errors import ConversionNotFoundError

from .batch import MAX_FINDINGS, STRAY_LINE, ConversionBatch, RowOutcome, RowState


class MemoryConversions:
    """See ``batch.ConversionStore``; for one thread."""

    def __init__(self) -> None:
        self._batches: dict[str, ConversionBatch] = {}
        self._rows: dict[str, dict[int, RowOutcome]] = {}

    def begin(self, batch: ConversionBatch) -> None:
        """See ``batch.ConversionStore``."""
        self._batches[batch.batch_id] = batch
        self._rows[batch.batch_id] = {}

    def get(self, batch_id: str) -> ConversionBatch:
        """See ``batch.ConversionStore``."""
        try:
            return self._batches[batch_id]
        except KeyError:
            raise ConversionNotFoundError from None

    def newest(self, request_digest: str) -> ConversionBatch | None:
        """See ``batch.ConversionStore``."""
        same = [batch for batch in self._batches.values() if batch.request_digest == request_digest]
        return max(same, key=lambda batch: batch.begun_at, default=None)

    def record(self, batch_id: str, outcomes: Sequence[RowOutcome]) -> None:
        """See ``batch.ConversionStore``."""
        self.get(batch_id)
        for one in outcomes:
            self._rows[batch_id][one.line] = replace(one, findings=one.findings[:MAX_FINDINGS])

    def counts(self, batch_id: str) -> Mapping[RowState, int]:
        """See ``batch.ConversionStore``."""
        return Counter(one.state for line, one in self._rows.get(batch_id, {}).items() if line != STRAY_LINE)

    def outcomes(self, batch_id: str) -> Iterator[RowOutcome]:
        """See ``batch.ConversionStore``."""
        rows = self._rows.get(batch_id, {})
        return iter([rows[line] for line in sorted(rows)])

    def finish(self, batch_id: str, at: datetime, failure: str = "") -> None:
        """See ``batch.ConversionStore``."""
        self._batches[batch_id] = replace(self.get(batch_id), finished_at=at, failure=failure)
