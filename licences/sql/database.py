"""How the store's database is opened, locked and brought up to date, and what its errors mean.

Everything here that is SQLite's own: the pragmas, the lock, the names of errors.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from sqlite3 import Error as SqliteError
from urllib.parse import quote

import sqlalchemy as sa
from sqlalchemy import event as sa_event

from licences.errors import StoreUnavailableError

from .schema import SCHEMA_REVISION
from .statements import REVISION

BUSY_TIMEOUT = 5.0
"""Seconds to wait for another writer."""


def is_current(url: str) -> bool:
    """Whether a database has the newest schema; StoreUnavailableError when it cannot be read."""
    engine = open_engine(url, busy_timeout=BUSY_TIMEOUT)
    try:
        with translated(), engine.connect() as connection:
            return connection.execute(REVISION).scalar() == SCHEMA_REVISION
    finally:
        engine.dispose()


def upgrade(url: str) -> None:
    """Bring a database to the newest schema, creating a SQLite file that is missing; all or nothing on SQLite.

    Raises StoreUnavailableError.
    """
    from alembic import command  # half a second to import, and only needed here
    from alembic.config import Config

    engine = open_engine(url, busy_timeout=BUSY_TIMEOUT, create=True)
    config = Config()
    config.set_main_option("script_location", "licences.sql:migrations")
    config.set_main_option("path_separator", "os")
    try:
        with translated():
            if engine.dialect.name == "sqlite":
                with engine.connect() as connection:  # kept in the file; readers then never wait for a writer
                    connection.exec_driver_sql("PRAGMA journal_mode=WAL")
            with engine.begin() as connection:
                lock(connection)
                config.attributes["connection"] = connection
                command.upgrade(config, "head")
    finally:
        engine.dispose()


def open_engine(url: str, *, busy_timeout: float, create: bool = False) -> sa.Engine:
    """Return an engine; nothing is opened yet. A SQLite file that is missing is made only with ``create``."""
    parsed = sa.make_url(url)
    if parsed.get_backend_name() != "sqlite":
        return sa.create_engine(parsed)
    mode = "rwc" if create else "rw"
    parsed = parsed.set(
        database=f"file:{quote(parsed.database or '')}",
        query={"mode": mode, **parsed.query, "uri": "true"},
    )
    engine = sa.create_engine(parsed, connect_args={"timeout": busy_timeout}, max_overflow=-1)
    sa_event.listen(engine, "connect", _prepare_sqlite)
    return engine


def _prepare_sqlite(connection: sa.engine.interfaces.DBAPIConnection, _record: object) -> None:
    connection.isolation_level = None  # the driver begins nothing by itself
    cursor = connection.cursor()
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.execute("PRAGMA synchronous=FULL")  # a commit that was reported survives a power cut
    cursor.close()


def lock(connection: sa.Connection) -> None:
    """Begin to write: on SQLite wait for the lock now, as a read lock that is raised later fails when two try."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("BEGIN IMMEDIATE")


@contextmanager
def translated() -> Iterator[None]:
    """Turn what the database refuses into StoreUnavailableError; a broken constraint passes through."""
    try:
        yield
    except sa.exc.TimeoutError as error:
        raise StoreUnavailableError("STORE_BUSY") from error
    except sa.exc.IntegrityError:
        raise
    except ValueError as error:  # a row holds a status, an instant or a text that this program cannot have written
        raise StoreUnavailableError from error
    except sa.exc.DBAPIError as error:
        raise StoreUnavailableError(_code_of(error.orig)) from error


# CANTOPEN and IOERR_SHM: beside the database SQLite writes two files (WAL), which a full or read-only disk refuses.
_UNWRITABLE = (
    "SQLITE_READONLY",
    "SQLITE_FULL",
    "SQLITE_PERM",
    "SQLITE_CANTOPEN",
    "SQLITE_IOERR_WRITE",
    "SQLITE_IOERR_FSYNC",
    "SQLITE_IOERR_SHM",
)


def _code_of(error: BaseException | None) -> str:
    name = getattr(error, "sqlite_errorname", "") if isinstance(error, SqliteError) else ""
    if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return "STORE_BUSY"
    if name.startswith(_UNWRITABLE):
        return "STORE_UNWRITABLE"
    return "STORE_UNAVAILABLE"
