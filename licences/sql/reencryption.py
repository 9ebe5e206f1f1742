"""Bringing what a database keeps encrypted to the current key, and old licence numbers out of the clear.

Every column that says in its ``info`` what its values are bound to is gone through, whichever aggregate it belongs to.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import sqlalchemy as sa

from licences.errors import ProtectedDataError
from licences.protection import MAGIC, Protection, key_of

from .database import BUSY_TIMEOUT, close_engine, lock, open_engine, translated
from .licence_tables import licences
from .metadata import PROTECTED
from .number_columns import NumberColumns, may_protect
from .schema import metadata

_BATCH = 200
"""Rows in one transaction: others wait for a fraction of a second at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnTally:
    """What was done in one column."""

    column: str
    changed: int
    damaged: tuple[str, ...]
    """Keys of rows that do not open, or whose number another licence has too; they were left as they are."""


class Reencryption:
    """One run through a database. It may be stopped at any moment and run again; others may work meanwhile."""

    def __init__(self, url: str, index_key: bytes, protection: Protection) -> None:
        """See ``SqlStore`` for the parameters; nothing is opened yet. Raises ProtectedDataError without a key."""
        if protection.ring.current is None:
            raise ProtectedDataError("PROTECTION_KEY_MISSING")
        self._current = MAGIC + protection.ring.current
        self._engine = open_engine(url, busy_timeout=BUSY_TIMEOUT)
        self._protection = protection
        self._numbers = NumberColumns(index_key, protection)

    def close(self) -> None:
        """Close the connections."""
        close_engine(self._engine)

    def columns(self) -> Iterator[ColumnTally]:
        """Go through the encrypted columns, then through the numbers; StoreUnavailableError."""
        for table in metadata.sorted_tables:
            for column in table.columns:
                if PROTECTED in column.info:
                    yield self._column(table, column)
        with translated(), self._engine.connect() as connection:
            numbers = may_protect(connection)
        if numbers:
            yield self._clear_numbers()

    def _column(self, table: sa.Table, column: sa.Column[bytes]) -> ColumnTally:
        head = sa.func.substr(column, 1, len(self._current), type_=sa.LargeBinary)
        waiting = table.select().where(column.is_not(None), head != self._current)
        changed, damaged = 0, []
        for connection, row in self._batches(table, waiting):
            old = row[column.name]
            context = column.info[PROTECTED].format(**row)
            try:
                if not isinstance(old, bytes) or key_of(old) is None:
                    raise ProtectedDataError("PROTECTED_DATA_DAMAGED")
                plain = self._protection.reveal(old, context=context)
            except ProtectedDataError:
                damaged.append(_key_text(table, row))
                continue
            new = self._protection.protect(plain, context=context)
            change = table.update().where(*_is_row(table, row), column == old).values({column.name: new})
            changed += connection.execute(change).rowcount
        return ColumnTally(column=f"{table.name}.{column.name}", changed=changed, damaged=tuple(damaged))

    def _clear_numbers(self) -> ColumnTally:
        changed, damaged = 0, []
        for connection, row in self._batches(licences, licences.select().where(licences.c.number_protected.is_(None))):
            identifier, number = str(row["identifier"]), str(row["number"])
            values = self._numbers.protected(self._protection, identifier, number)
            change = licences.update().where(*_is_row(licences, row), licences.c.number == number).values(values)
            try:
                with connection.begin_nested():
                    changed += connection.execute(change).rowcount
            except sa.exc.IntegrityError:
                damaged.append(identifier)
        return ColumnTally(column="licences.number", changed=changed, damaged=tuple(damaged))

    def _batches(
        self, table: sa.Table, waiting: sa.Select[tuple[object, ...]]
    ) -> Iterator[tuple[sa.Connection, Mapping[str, object]]]:
        """Give row by row in the order of the primary key, each inside the transaction in which it may be changed."""
        key = sa.tuple_(*table.primary_key.columns)
        last: Sequence[object] = ()
        while True:
            query = waiting.order_by(*table.primary_key.columns).limit(_BATCH)
            if last:
                query = query.where(key > sa.tuple_(*last, types=[one.type for one in table.primary_key.columns]))
            with translated(), self._writing() as connection:
                rows = [dict(row) for row in connection.execute(query).mappings()]
                for row in rows:
                    yield connection, row
            if len(rows) < _BATCH:
                return
            last = [rows[-1][one.name] for one in table.primary_key.columns]

    @contextmanager
    def _writing(self) -> Iterator[sa.Connection]:
        with self._engine.connect() as connection:
            if connection.dialect.name == "sqlite":  # or what is replaced stays in the file until its place is needed
                connection.exec_driver_sql("PRAGMA secure_delete=ON")
                connection.rollback()
            with connection.begin():
                lock(connection)
                yield connection


def _is_row(table: sa.Table, row: Mapping[str, object]) -> list[sa.ColumnElement[bool]]:
    return [one == row[one.name] for one in table.primary_key.columns]


def _key_text(table: sa.Table, row: Mapping[str, object]) -> str:
    return "/".join(str(row[one.name]) for one in table.primary_key.columns)
