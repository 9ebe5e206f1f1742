"""Adapter: the rows of the trail and of the histories for the check of the whole, as they all are at one moment."""

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from licences.supervision import (
    DRAFT_SOURCE,
    EVENT_SOURCE,
    INDEX_COLUMNS,
    PRUNED,
    Batch,
    HistoryRow,
    Pruning,
    StoredEntry,
    TrailKind,
    entry_from,
)

from .database import BUSY_TIMEOUT, close_engine, open_engine, translated
from .licence_tables import licence_events
from .review_tables import draft_events, drafts
from .trail_chain_store import batch_of
from .trail_sources import EVENTS, STEPS, event_digest, step_digest
from .trail_tables import trail_batches, trail_entries

_ROWS_AT_ONCE = 2000
_MOST_OUTSIDE = 100

_entries = trail_entries.c
_INDEXED: dict[str, sa.ColumnElement[Any]] = {name: _entries[name] for name in INDEX_COLUMNS}
_INDEXED |= {
    "at": sa.type_coerce(_entries.at, sa.String()).label("at"),
    "source": sa.func.coalesce(_entries.source, "").label("source"),
}
_ENTRIES = sa.select(
    _entries.sequence, _entries.content, _entries.mark, *(_INDEXED[name] for name in INDEX_COLUMNS)
).order_by(_entries.sequence)
_BATCHES = trail_batches.select().order_by(trail_batches.c.number)
_PRUNINGS = _ENTRIES.where(_entries.kind == TrailKind.OPERATION.value, _entries.content.contains(f'"act":"{PRUNED}"'))
_EVENTS = EVENTS.where(licence_events.c.sequence.between(sa.bindparam("first"), sa.bindparam("last"))).order_by(
    licence_events.c.sequence
)
_STEPS = STEPS.where(draft_events.c.draft_id.in_(sa.bindparam("drafts", expanding=True)))
_STEP_SOURCE = (
    sa.literal(DRAFT_SOURCE)
    .concat(draft_events.c.draft_id)
    .concat(":")
    .concat(sa.cast(draft_events.c.revision, sa.String()))
)
_UNTRACED = (
    sa.select(_STEP_SOURCE.label("source"))
    .join(drafts, drafts.c.draft_id == draft_events.c.draft_id)
    .outerjoin(trail_entries, _entries.source == _STEP_SOURCE)
    .where(draft_events.c.revision <= drafts.c.trail_revision, _entries.sequence.is_(None))
)


class SqlTrailRows:
    """See ``supervision.TrailRows``; made by ``trail_rows``."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def span(self) -> tuple[Batch | None, Batch | None]:
        """See ``supervision.TrailRows``."""
        ends = (trail_batches.c.number.asc(), trail_batches.c.number.desc())
        rows = [self._connection.execute(trail_batches.select().order_by(end).limit(1)).first() for end in ends]
        first, last = (None if row is None else batch_of(row) for row in rows)
        return first, last

    def batches(self, first: int, last: int) -> Iterator[Batch]:
        """See ``supervision.TrailRows``."""
        wanted = _BATCHES.where(trail_batches.c.number.between(first, last))
        return map(batch_of, self._streamed(wanted))

    def entries(self, first: int, last: int | None) -> Iterator[StoredEntry]:
        """See ``supervision.TrailRows``."""
        wanted = _ENTRIES.where(_entries.sequence >= first)
        return map(_stored, self._streamed(wanted if last is None else wanted.where(_entries.sequence <= last)))

    def outside(self, first: int) -> tuple[int, ...]:
        """See ``supervision.TrailRows``."""
        wanted = sa.select(_entries.sequence).where(_entries.sequence < first).limit(_MOST_OUTSIDE)
        return tuple(self._connection.execute(wanted).scalars())

    def prunings(self) -> Iterator[tuple[StoredEntry, Pruning]]:
        """See ``supervision.TrailRows``."""
        for stored in map(_stored, self._streamed(_PRUNINGS)):
            with contextlib.suppress(ValueError, KeyError):  # what somebody made up is told of as an entry
                yield stored, _pruning(stored)

    def events(self, first: int, last: int) -> Iterator[HistoryRow]:
        """See ``supervision.TrailRows``."""
        for row in self._streamed(_EVENTS, {"first": first, "last": last}):
            source = f"{EVENT_SOURCE}{row.sequence}"
            yield HistoryRow(source=source, number=row.sequence, digest=event_digest(row))

    def steps(self, sources: Sequence[str]) -> Mapping[str, str]:
        """See ``supervision.TrailRows``."""
        names = sorted({source.split(":")[1] for source in sources})
        found = {}
        for start in range(0, len(names), 500):
            for row in self._connection.execute(_STEPS, {"drafts": names[start : start + 500]}):
                found[f"{DRAFT_SOURCE}{row.draft_id}:{row.revision}"] = step_digest(row)
        return found

    def untraced_steps(self, since: datetime | None) -> Iterator[str]:
        """See ``supervision.TrailRows``."""
        wanted = _UNTRACED if since is None else _UNTRACED.where(draft_events.c.recorded_at > since)
        return (row.source for row in self._streamed(wanted))

    def _streamed(self, wanted: sa.Select[Any], values: Mapping[str, object] | None = None) -> Iterator[sa.Row[Any]]:
        result = self._connection.execution_options(yield_per=_ROWS_AT_ONCE).execute(wanted, dict(values or {}))
        yield from result


@contextlib.contextmanager
def trail_rows(url: str, *, busy_timeout: float = BUSY_TIMEOUT) -> Iterator[SqlTrailRows]:
    """Give the rows as they are now, whatever is written meanwhile."""
    engine = open_engine(url, busy_timeout=busy_timeout)
    try:
        with translated(), engine.connect() as connection:
            if connection.dialect.name == "sqlite":
                connection.exec_driver_sql("BEGIN")
            else:
                connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            yield SqlTrailRows(connection)
            connection.rollback()
    finally:
        close_engine(engine)


def _stored(row: sa.Row[Any]) -> StoredEntry:
    values: tuple[Any, ...] = tuple(row)
    sequence, content, mark, *columns = values
    # SQLite keeps any kind of value in any column.
    return StoredEntry(sequence, str(content), str(mark), (*columns[:-1], str(columns[-1])))


def _pruning(stored: StoredEntry) -> Pruning:
    entry = entry_from(stored.content)
    if entry.kind is not TrailKind.OPERATION or entry.details["act"] != PRUNED:
        raise ValueError("about something else")
    return Pruning(
        sequence=stored.sequence,
        at=entry.at,
        through=int(entry.details["through"]),
        batch=int(entry.details["batch"]),
        digest=entry.details["digest"],
        chained_at=datetime.fromisoformat(entry.details["chained_at"]),
    )
