"""Adapter: conversions of paper stock in a relational database."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime

import sqlalchemy as sa

from licences.errors import ConversionNotFoundError
from licences.stock.batch import MAX_FINDINGS, STRAY_LINE, ConversionBatch, RowOutcome, RowState
from licences.stock.findings import Finding

from .conversion_tables import conversion_rows, conversions
from .database import BUSY_TIMEOUT, close_engine, is_key, open_engine, translated, writing

_BATCH = conversions.select().where(conversions.c.batch_id == sa.bindparam("batch"))
_NEWEST = (
    conversions.select()
    .where(conversions.c.request_digest == sa.bindparam("digest"))
    .order_by(conversions.c.begun_at.desc(), conversions.c.batch_id)
    .limit(1)
)
_FORGET = conversion_rows.delete().where(
    conversion_rows.c.batch_id == sa.bindparam("batch"),
    conversion_rows.c.line.in_(sa.bindparam("lines", expanding=True)),
)
_COUNTS = (
    sa.select(conversion_rows.c.state, sa.func.count().label("rows"))
    .where(conversion_rows.c.batch_id == sa.bindparam("batch"), conversion_rows.c.line != STRAY_LINE)
    .group_by(conversion_rows.c.state)
)
_ROWS = (
    conversion_rows.select()
    .where(conversion_rows.c.batch_id == sa.bindparam("batch"), conversion_rows.c.line > sa.bindparam("after"))
    .order_by(conversion_rows.c.line)
    .limit(sa.bindparam("count"))
)
_FINISH = conversions.update().where(conversions.c.batch_id == sa.bindparam("batch"))
_PAGE = 1_000


class SqlConversions:
    """See ``batch.ConversionStore``. Safe for threads and processes; open it after a fork, not before."""

    def __init__(self, url: str, *, busy_timeout: float = BUSY_TIMEOUT) -> None:
        """Name the database as ``SqlStore`` does."""
        self._engine = open_engine(url, busy_timeout=busy_timeout)

    def begin(self, batch: ConversionBatch) -> None:
        """See ``batch.ConversionStore``."""
        with translated(), writing(self._engine) as connection:
            connection.execute(conversions.insert(), asdict(batch))

    def get(self, batch_id: str) -> ConversionBatch:
        """See ``batch.ConversionStore``."""
        if not is_key(batch_id):
            raise ConversionNotFoundError
        with translated(), self._engine.connect() as connection:
            row = connection.execute(_BATCH, {"batch": batch_id}).first()
        if row is None:
            raise ConversionNotFoundError
        return ConversionBatch(**row._mapping)

    def newest(self, request_digest: str) -> ConversionBatch | None:
        """See ``batch.ConversionStore``."""
        with translated(), self._engine.connect() as connection:
            row = connection.execute(_NEWEST, {"digest": request_digest}).first()
        return None if row is None else ConversionBatch(**row._mapping)

    def record(self, batch_id: str, outcomes: Sequence[RowOutcome]) -> None:
        """See ``batch.ConversionStore``."""
        rows = {one.line: _row(batch_id, one) for one in outcomes}
        self.get(batch_id)
        if not rows:
            return
        with translated(), writing(self._engine) as connection:
            connection.execute(_FORGET, {"batch": batch_id, "lines": list(rows)})
            connection.execute(conversion_rows.insert(), list(rows.values()))

    def counts(self, batch_id: str) -> Mapping[RowState, int]:
        """See ``batch.ConversionStore``."""
        with translated(), self._engine.connect() as connection:
            return {RowState(row.state): row.rows for row in connection.execute(_COUNTS, {"batch": batch_id})}

    def outcomes(self, batch_id: str) -> Iterator[RowOutcome]:
        """See ``batch.ConversionStore``."""
        after = -1
        while True:
            place = {"batch": batch_id, "after": after, "count": _PAGE}
            with translated(), self._engine.connect() as connection:
                rows = connection.execute(_ROWS, place).all()
            for row in rows:
                yield _outcome(row)
            if len(rows) < _PAGE:
                return
            after = rows[-1].line

    def finish(self, batch_id: str, at: datetime, failure: str = "") -> None:
        """See ``batch.ConversionStore``."""
        with translated(), writing(self._engine) as connection:
            change = _FINISH.values(finished_at=at, failure=failure)
            if connection.execute(change, {"batch": batch_id}).rowcount != 1:
                raise ConversionNotFoundError

    def close(self) -> None:
        """Close its connections."""
        close_engine(self._engine)


def _row(batch_id: str, outcome: RowOutcome) -> dict[str, object]:
    findings = [asdict(one) for one in outcome.findings[:MAX_FINDINGS]]
    return {
        "batch_id": batch_id,
        "line": outcome.line,
        "state": outcome.state.value,
        "identifier": outcome.identifier,
        "trust_level": outcome.trust_level,
        "findings": json.dumps(findings, ensure_ascii=False) if findings else None,
    }


def _outcome(row: sa.Row[tuple[object, ...]]) -> RowOutcome:
    return RowOutcome(
        line=row.line,
        state=RowState(row.state),
        identifier=row.identifier,
        trust_level=row.trust_level,
        findings=tuple(Finding(**one) for one in json.loads(row.findings or "[]")),
    )
