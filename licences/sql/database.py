"""How the store's database is opened and locked, and what its errors mean.

Everything here that is SQLite's or PostgreSQL's own: settings of a connection, locks, names of errors.
"""

import os
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from sqlite3 import Error as SqliteError
from urllib.parse import quote

import sqlalchemy as sa
from sqlalchemy import event as sa_event

from licences.errors import StoreUnavailableError

BUSY_TIMEOUT = 5.0
"""Seconds to wait for another writer, or for a free connection."""
CONNECT_TIMEOUT = 5
STATEMENT_TIMEOUT = 30.0
IDLE_TIMEOUT = 60.0
"""Seconds after which PostgreSQL ends the transaction of a client that asks nothing more."""

_WRITERS = 0x656C6963656E6365
"""What writers of one database lock: the letters `elicence`."""
_WRITE = sa.text("SELECT pg_advisory_xact_lock(:key)")


def open_engine(url: str, *, busy_timeout: float, create: bool = False) -> sa.Engine:
    """Return an engine for SQLite or PostgreSQL; nothing is opened yet.

    A SQLite file that is missing is made only with ``create``. Raises StoreUnavailableError for another kind of
    database, or when PostgreSQL's driver is not installed.
    """
    parsed = sa.make_url(url)
    if parsed.get_backend_name() == "sqlite":
        return _open_sqlite(parsed, busy_timeout, create=create)
    if parsed.get_backend_name() == "postgresql":
        return _shared(parsed, busy_timeout)
    raise StoreUnavailableError("STORE_KIND_UNKNOWN")


def _open_sqlite(url: sa.URL, busy_timeout: float, *, create: bool) -> sa.Engine:
    mode = "rwc" if create else "rw"
    url = url.set(
        database=f"file:{quote(url.database or '')}",
        query={"mode": mode, **url.query, "uri": "true"},
    )
    engine = sa.create_engine(
        url,
        connect_args={"timeout": busy_timeout},
        max_overflow=-1,
        hide_parameters=True,  # they hold what people wrote, and errors are shown and logged
    )
    sa_event.listen(engine, "connect", _prepare_sqlite)
    return engine


def _prepare_sqlite(connection: sa.engine.interfaces.DBAPIConnection, _record: object) -> None:
    connection.isolation_level = None  # the driver begins nothing by itself
    cursor = connection.cursor()
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.execute("PRAGMA synchronous=FULL")  # a commit that was reported survives a power cut
    cursor.close()


_engines: dict[tuple[sa.URL, float, int], sa.Engine] = {}
_users: Counter[sa.Engine] = Counter()
_engines_lock = threading.Lock()


def _shared(url: sa.URL, busy_timeout: float) -> sa.Engine:
    """Return the one engine of this process for a server: all adapters take their connections from one pool."""
    key = url, busy_timeout, os.getpid()  # a child process must not use its parent's connections
    with _engines_lock:
        if key not in _engines:
            _engines[key] = _open_postgresql(url, busy_timeout)
        _users[_engines[key]] += 1
        return _engines[key]


def close_engine(engine: sa.Engine) -> None:
    """Close the connections of one adapter; those of a shared engine stay as long as another adapter has it."""
    with _engines_lock:
        if engine in _users:
            _users[engine] -= 1
            # A pool that is closed while somebody uses a connection would lose that one.
            if _users[engine] > 0:
                return
            del _users[engine]
    engine.dispose()


def release(url: str) -> None:
    """Close what this process keeps open to a server's database; nobody may be using it."""
    parsed = sa.make_url(url)
    with _engines_lock:
        for key in [one for one in _engines if one[0] == parsed and one[2] == os.getpid()]:
            engine = _engines.pop(key)
            _users.pop(engine, None)
            engine.dispose()


def _open_postgresql(url: sa.URL, busy_timeout: float) -> sa.Engine:
    milliseconds = {
        "lock_timeout": busy_timeout,
        "statement_timeout": STATEMENT_TIMEOUT,
        # Somebody who stopped in the middle must not keep the others waiting for ever.
        "idle_in_transaction_session_timeout": IDLE_TIMEOUT,
    }
    limits = [f"-c {name}={round(seconds * 1000)}" for name, seconds in milliseconds.items()]
    # A commit that was reported survives a power cut, also where the server's own setting takes that lightly.
    ours = " ".join([*limits, "-c synchronous_commit=on"])
    theirs = url.query.get("options", "")
    try:
        return sa.create_engine(
            url.set(drivername="postgresql+psycopg").difference_update_query(["options"]),
            connect_args={
                "options": f"{ours} {theirs if isinstance(theirs, str) else ' '.join(theirs)}",
                "connect_timeout": CONNECT_TIMEOUT,
                "tcp_user_timeout": round(STATEMENT_TIMEOUT * 1000),
                "application_name": "elicence",
            },
            hide_parameters=True,
            pool_timeout=busy_timeout,
            pool_pre_ping=True,  # a server that was restarted is found again without a failed request
        )
    except ModuleNotFoundError as error:
        raise StoreUnavailableError("STORE_DRIVER_MISSING") from error


def lock(connection: sa.Connection) -> None:
    """Begin to write: wait until nobody else writes to this database, and keep others waiting until the end.

    One writer at a time on PostgreSQL as on SQLite: what a transaction has read stays true while it writes, and the
    acts become visible in the order of their sequence numbers. On SQLite a read lock that is raised later would fail
    when two try.
    """
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    else:
        connection.execute(_WRITE, {"key": _WRITERS})


@contextmanager
def writing(engine: sa.Engine) -> Iterator[sa.Connection]:
    """Write in one transaction that nobody else can write beside; it counts at the end of the block, or not at all."""
    with engine.begin() as connection:
        lock(connection)
        yield connection


def is_key(text: str) -> bool:
    """Whether a text can be the key of a row. Keys are ASCII; SQLite takes no lone surrogate, PostgreSQL no NUL."""
    return text.isascii() and "\0" not in text


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
_BUSY_STATES = {
    "55P03",  # lock_not_available: lock_timeout is over
    "57014",  # query_canceled: statement_timeout is over
    "40001",  # serialization_failure
    "40P01",  # deadlock_detected
    "53300",  # too_many_connections
}
_UNWRITABLE_STATES = {
    "25006",  # read_only_sql_transaction: a standby, or default_transaction_read_only
    "42501",  # insufficient_privilege
    "53100",  # disk_full
}
"""SQLSTATE of PostgreSQL's errors."""


def _code_of(error: BaseException | None) -> str:
    name = getattr(error, "sqlite_errorname", "") if isinstance(error, SqliteError) else ""
    state = getattr(error, "sqlstate", None)
    if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")) or state in _BUSY_STATES:
        return "STORE_BUSY"
    if name.startswith(_UNWRITABLE) or state in _UNWRITABLE_STATES:
        return "STORE_UNWRITABLE"
    return "STORE_UNAVAILABLE"
