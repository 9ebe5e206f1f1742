"""Adapter: the entries of the trail in a relational database."""

import threading
from collections.abc import Sequence

import sqlalchemy as sa

from licences.supervision import (
    NumberedEntry,
    TrailEntry,
    TrailQuestion,
    can_be_asked,
    entry_from,
    entry_mark,
    index_texts,
    text_of,
)

from .database import BUSY_TIMEOUT, close_engine, open_engine, translated, writing
from .licence_tables import licence_holders
from .trail_tables import trail_batches, trail_entries

_entries = trail_entries.c
_OF_ENTRIES = sa.select(sa.func.max(_entries.sequence))
_OF_BATCHES = sa.select(sa.func.max(trail_batches.c.last))
_INSERT = trail_entries.insert()


def next_sequence(connection: sa.Connection) -> int:
    """Return the number of the next entry, in a transaction that nobody else can write beside.

    A number that was chained is never given again: rows that somebody deletes at the end stay missing.
    """
    newest = (connection.execute(one).scalar() or 0 for one in (_OF_ENTRIES, _OF_BATCHES))
    return max(newest) + 1


def entry_row(key: bytes, sequence: int, entry: TrailEntry) -> dict[str, object]:
    """Return the row of an entry."""
    content = text_of(entry)
    return {
        "sequence": sequence,
        "content": content,
        "mark": entry_mark(key, sequence, content),
        "at": entry.at,
        "source": entry.details.get("source"),
        **index_texts(entry),
    }


class SqlTrail:
    """See ``supervision.Trail``. Safe for threads and processes; open it after a fork, not before."""

    def __init__(self, url: str, index_key: bytes, *, busy_timeout: float = BUSY_TIMEOUT) -> None:
        """Name the database as ``SqlStore`` does; ``index_key`` is that of the store."""
        self._engine = open_engine(url, busy_timeout=busy_timeout)
        self._key = index_key
        self._turn = threading.Lock()

    def close(self) -> None:
        """Close the connections; the next use opens others."""
        close_engine(self._engine)

    def record(self, entry: TrailEntry) -> None:
        """See ``supervision.Trail``."""
        # Threads of one process take turns here: waiting for SQLite's lock is slower, and may go wrong by its length.
        with self._turn, translated(), writing(self._engine) as connection:
            sequence = next_sequence(connection)
            connection.execute(_INSERT, entry_row(self._key, sequence, entry))

    def entries(self, question: TrailQuestion, *, limit: int) -> tuple[NumberedEntry, ...]:
        """See ``supervision.Trail``."""
        wanted = sa.select(_entries.sequence, _entries.content).where(*_conditions(question))
        with translated(), self._engine.connect() as connection:
            rows = connection.execute(wanted.order_by(_entries.sequence).limit(limit)).all()
            return tuple(NumberedEntry(sequence=row.sequence, entry=entry_from(row.content)) for row in rows)


def _conditions(question: TrailQuestion) -> Sequence[sa.ColumnElement[bool]]:
    wanted: list[sa.ColumnElement[bool]] = [_entries.sequence > question.after]
    for name in ("client", "office_code", "identifier"):
        if text := getattr(question, name):
            wanted.append(_entries[name] == text if can_be_asked(name, text) else sa.false())
    if question.kind is not None:
        wanted.append(_entries.kind == question.kind.value)
    if question.holder_index:
        own = sa.select(licence_holders.c.identifier).where(licence_holders.c.holder_index == question.holder_index)
        wanted.append(sa.or_(_entries.holder_index == question.holder_index, _entries.identifier.in_(own)))
    if question.since is not None:
        wanted.append(_entries.at >= question.since)
    if question.until is not None:
        wanted.append(_entries.at < question.until)
    return wanted
