"""Adapter: the chain of the trail in a relational database. One process at a time adds to it: whoever has the lock."""

from collections.abc import Mapping
from datetime import datetime

import sqlalchemy as sa

from licences.supervision import (
    FOREIGN_ENTRY,
    NO_DIGEST,
    PRUNED,
    Batch,
    Chained,
    TrailEntry,
    TrailKind,
    TrailState,
    batch_digest,
    batch_header,
    batch_mark,
    entry_mark,
    instant_text,
)

from .database import BUSY_TIMEOUT, close_engine, open_engine, translated, writing
from .licence_tables import licence_events
from .review_tables import NOT_IN_TRAIL, drafts
from .trail_sources import ANY_DRAFT, NEWEST_EVENT, take_new
from .trail_store import entry_row, next_sequence
from .trail_tables import trail_batches, trail_checkpoints, trail_entries

ENTRIES_AT_ONCE = 5000

_entries = trail_entries.c
_batches = trail_batches.c
_NEWEST_BATCH = trail_batches.select().order_by(_batches.number.desc()).limit(1)
_NEWEST_ENTRY = sa.select(sa.func.max(_entries.sequence))
_UNCHAINED = (
    sa.select(_entries.sequence, _entries.content, _entries.mark)
    .where(_entries.sequence > sa.bindparam("after"))
    .order_by(_entries.sequence)
    .limit(ENTRIES_AT_ONCE)
)
_OLDEST_UNCHAINED = sa.select(_entries.at).where(_entries.sequence == sa.bindparam("wanted"))
_OLDEST_EVENT = (
    sa.select(licence_events.c.recorded_at)
    .where(licence_events.c.sequence > sa.bindparam("after"))
    .order_by(licence_events.c.sequence)
    .limit(1)
)
_EVENTS_AFTER = sa.select(sa.func.count()).where(licence_events.c.sequence > sa.bindparam("after"))
_DRAFTS_WAITING = sa.select(sa.func.count()).select_from(drafts).where(NOT_IN_TRAIL)
_LAST_BEFORE = (
    trail_batches.select()
    .where(_batches.chained_at < sa.bindparam("before"), _batches.number < sa.bindparam("newest"))
    .order_by(_batches.number.desc())
    .limit(1)
)


class SqlTrailChain:
    """See ``supervision.TrailChain``. Safe for threads and processes; open it after a fork, not before."""

    def __init__(self, url: str, index_key: bytes, *, busy_timeout: float = BUSY_TIMEOUT) -> None:
        """Name the database as ``SqlStore`` does; ``index_key`` is that of the store."""
        self._engine = open_engine(url, busy_timeout=busy_timeout)
        self._key = index_key

    def close(self) -> None:
        """Close the connections; the next use opens others."""
        close_engine(self._engine)

    def chain(self, now: datetime) -> Chained:
        """See ``supervision.TrailChain``."""
        with translated():
            with self._engine.connect() as connection:
                if not _is_waiting(connection):
                    return Chained(batch=None, more=False)
            with writing(self._engine) as connection:
                return self._chain(connection, now)

    def _chain(self, connection: sa.Connection, now: datetime) -> Chained:
        newest = _newest(connection)
        chained, events_to = (0, 0) if newest is None else (newest.last, newest.events_to)
        taken, events_to, more = take_new(connection, events_to)
        sequence = next_sequence(connection)
        if taken:
            rows = [entry_row(self._key, at, entry) for at, entry in enumerate(taken, sequence)]
            connection.execute(trail_entries.insert(), rows)
        found = [tuple(row) for row in connection.execute(_UNCHAINED, {"after": chained})]
        more = more or len(found) == ENTRIES_AT_ONCE
        foreign = [at for at, content, mark in found if entry_mark(self._key, at, content) != mark]
        if foreign:
            told = _told_of(foreign, now)
            row = entry_row(self._key, next_sequence(connection), told)
            connection.execute(trail_entries.insert(), row)
            if not more:
                found.append((row["sequence"], row["content"], row["mark"]))
        if not found and newest is not None and newest.events_to == events_to:
            return Chained(batch=None, more=more)
        batch = self._batch(newest, [(at, content) for at, content, _ in found], events_to, now)
        values = {name: getattr(batch, name) for name in Batch.__slots__}
        connection.execute(trail_batches.insert(), values)
        return Chained(batch=batch, more=more)

    def _batch(self, newest: Batch | None, found: list[tuple[int, str]], events_to: int, now: datetime) -> Batch:
        number, previous, chained = (
            (1, NO_DIGEST, 0) if newest is None else (newest.number + 1, newest.digest, newest.last)
        )
        last = found[-1][0] if found else chained
        header = batch_header(number, chained + 1, last, events_to, now)
        digest = batch_digest(previous, header, found)
        return Batch(
            number=number,
            first=chained + 1,
            last=last,
            events_to=events_to,
            chained_at=now,
            digest=digest,
            mark=batch_mark(self._key, header, digest),
        )

    def state(self) -> TrailState:
        """See ``supervision.TrailChain``."""
        with translated(), self._engine.connect() as connection:
            newest = _newest(connection)
            chained, events_to = (0, 0) if newest is None else (newest.last, newest.events_to)
            entries = max(connection.execute(_NEWEST_ENTRY).scalar() or 0, chained)
            events = connection.execute(_EVENTS_AFTER, {"after": events_to}).scalar_one()
            steps = connection.execute(_DRAFTS_WAITING).scalar_one()
            oldest = [
                connection.execute(_OLDEST_UNCHAINED, {"wanted": chained + 1}).scalar(),
                connection.execute(_OLDEST_EVENT, {"after": events_to}).scalar(),
            ]
            checkpoint = connection.execute(sa.select(sa.func.max(trail_checkpoints.c.batch))).scalar() or 0
        return TrailState(
            entries=entries,
            chained=chained,
            waiting=entries - chained + events + steps,
            oldest_waiting=min((one for one in oldest if one is not None), default=None),
            newest=newest,
            checkpoint=checkpoint,
        )

    def keep_checkpoint(self, batch: int, content: bytes) -> None:
        """See ``supervision.TrailChain``."""
        with translated(), writing(self._engine) as connection:
            known = connection.execute(sa.select(trail_checkpoints.c.batch).where(trail_checkpoints.c.batch == batch))
            if known.first() is None:
                connection.execute(trail_checkpoints.insert(), {"batch": batch, "content": content.decode("ascii")})

    def checkpoints(self) -> Mapping[int, bytes]:
        """See ``supervision.TrailChain``."""
        with translated(), self._engine.connect() as connection:
            rows = connection.execute(trail_checkpoints.select().order_by(trail_checkpoints.c.batch)).all()
        # Whatever somebody put there is judged, not trusted to be ASCII.
        return {row.batch: str(row.content).encode("utf-8", "replace") for row in rows}

    def prune(self, before: datetime, entry_at: datetime, client: str) -> Batch | None:
        """See ``supervision.TrailChain``."""
        with translated(), writing(self._engine) as connection:
            newest = _newest(connection)
            found = None
            if newest is not None:
                found = connection.execute(_LAST_BEFORE, {"before": before, "newest": newest.number}).first()
            if found is None:
                return None
            batch = batch_of(found)
            there = sa.select(sa.func.count()).where(_entries.sequence <= batch.last)
            if connection.execute(there).scalar_one() == 0:
                return None
            connection.execute(trail_entries.delete().where(_entries.sequence <= batch.last))
            connection.execute(trail_batches.delete().where(_batches.number < batch.number))
            connection.execute(trail_checkpoints.delete().where(trail_checkpoints.c.batch < batch.number))
            told = TrailEntry(
                kind=TrailKind.OPERATION,
                at=entry_at,
                done=True,
                client=client,
                details={
                    "act": PRUNED,
                    "through": str(batch.last),
                    "batch": str(batch.number),
                    "digest": batch.digest,
                    "chained_at": instant_text(batch.chained_at),
                },
            )
            connection.execute(trail_entries.insert(), entry_row(self._key, next_sequence(connection), told))
            return batch


def batch_of(row: sa.Row[tuple[object, ...]]) -> Batch:
    """Read a row of the batches."""
    return Batch(**{name: getattr(row, name) for name in Batch.__slots__})


def _newest(connection: sa.Connection) -> Batch | None:
    row = connection.execute(_NEWEST_BATCH).first()
    return None if row is None else batch_of(row)


def _is_waiting(connection: sa.Connection) -> bool:
    newest = _newest(connection)
    chained, events_to = (0, 0) if newest is None else (newest.last, newest.events_to)
    return (
        (connection.execute(_NEWEST_ENTRY).scalar() or 0) > chained
        or (connection.execute(NEWEST_EVENT).scalar() or 0) > events_to
        or connection.execute(ANY_DRAFT).first() is not None
    )


def _told_of(foreign: list[int], now: datetime) -> TrailEntry:
    return TrailEntry(
        kind=TrailKind.OPERATION,
        at=now,
        done=False,
        code=FOREIGN_ENTRY,
        details={"first": str(foreign[0]), "last": str(foreign[-1]), "count": str(len(foreign))},
    )
