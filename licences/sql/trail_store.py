"""Adapter: the entries of the trail in a relational database."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import sqlalchemy as sa

from keys import hmac_bytes
from licences.supervision import NumberedEntry, TrailEntry, TrailQuestion, entry_from, text_of

from .database import BUSY_TIMEOUT, close_engine, is_key, lock, open_engine, translated
from .licence_tables import licence_holders
from .trail_tables import trail_batches, trail_entries

_entries = trail_entries.c
_OF_ENTRIES = sa.select(sa.func.max(_entries.sequence))
_OF_BATCHES = sa.select(sa.func.max(trail_batches.c.last))
_INSERT = trail_entries.insert()
_SHORT = {"client": 128, "office_code": 18, "identifier": 100, "type_slug": 64, "region": 6, "holder_index": 64}


def next_sequence(connection: sa.Connection) -> int:
    """Return the number of the next entry, in a transaction that nobody else can write beside.

    A number that was chained is never given again: rows that somebody deletes at the end stay missing.
    """
    newest = (connection.execute(one).scalar() or 0 for one in (_OF_ENTRIES, _OF_BATCHES))
    return max(newest) + 1


def mark_of(key: bytes, sequence: int, content: str) -> str:
    """Return what shows that this program made an entry."""
    return hmac_bytes("sm3", key, f"trail:{sequence}:{content}".encode()).hex()


def entry_row(key: bytes, sequence: int, entry: TrailEntry, source: str | None = None) -> dict[str, object]:
    """Return the row of an entry."""
    content = text_of(entry)
    return {
        "sequence": sequence,
        "content": content,
        "mark": mark_of(key, sequence, content),
        "at": entry.at,
        "source": source,
        **columns_of(entry),
    }


def columns_of(entry: TrailEntry) -> dict[str, str]:
    """Return what the row of an entry repeats for questions; a text that cannot be one of ours is not asked for."""
    fit = {name: text if _fits(name, text := getattr(entry, name)) else "" for name in _SHORT}
    return {**fit, "kind": entry.kind.value}


def _fits(name: str, text: str) -> bool:
    # The name of a client may be that of a person.
    known = text.isprintable() if name == "client" else is_key(text)
    return known and len(text) <= _SHORT[name]


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
        with self._turn, translated(), self._writing() as connection:
            sequence = next_sequence(connection)
            connection.execute(_INSERT, entry_row(self._key, sequence, entry))

    def entries(self, question: TrailQuestion, *, limit: int) -> tuple[NumberedEntry, ...]:
        """See ``supervision.Trail``."""
        wanted = sa.select(_entries.sequence, _entries.content).where(*_conditions(question))
        with translated(), self._engine.connect() as connection:
            rows = connection.execute(wanted.order_by(_entries.sequence).limit(limit)).all()
            return tuple(NumberedEntry(sequence=row.sequence, entry=entry_from(row.content)) for row in rows)

    @contextmanager
    def _writing(self) -> Iterator[sa.Connection]:
        with self._engine.begin() as connection:
            lock(connection)
            yield connection


def _conditions(question: TrailQuestion) -> Sequence[sa.ColumnElement[bool]]:
    wanted: list[sa.ColumnElement[bool]] = [_entries.sequence > question.after]
    for name in ("client", "office_code", "identifier"):
        if text := getattr(question, name):
            wanted.append(_entries[name] == text if _fits(name, text) else sa.false())
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
