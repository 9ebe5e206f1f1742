"""A consistent copy of the whole database in one file, and a database made from it.

SQLite copies itself through its own backup interface; PostgreSQL's `pg_dump` and `pg_restore` do that work for it.
"""

import contextlib
import os
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import quote

import sqlalchemy as sa

from licences.errors import StoreUnavailableError

from .database import BUSY_TIMEOUT, close_engine, open_engine, translated
from .licence_tables import licence_attachments, licence_files, licences

DUMP_SECONDS = 4 * 3600.0
_TABLES = (licence_files, licence_attachments)
_LIBPQ = {"host": "PGHOST", "port": "PGPORT", "username": "PGUSER", "password": "PGPASSWORD", "database": "PGDATABASE"}


def write_snapshot(url: str, target: Path) -> None:
    """Copy the database as it is at one moment into a new file; others go on working.

    Raises StoreUnavailableError: SNAPSHOT_TOOL_MISSING without `pg_dump`, SNAPSHOT_FAILED when it did not succeed.
    """
    parsed = sa.make_url(url)
    if parsed.get_backend_name() == "sqlite":
        _copy_sqlite(parsed.database or "", target)
    else:
        _run("pg_dump", parsed, "--format=custom", "--no-owner", "--no-privileges", f"--file={target}")


def load_snapshot(url: str, source: Path) -> None:
    """Fill a database with a snapshot: a SQLite file that is not there yet, or an empty PostgreSQL database.

    Raises StoreUnavailableError as `write_snapshot`, and STORE_NOT_EMPTY; then nothing was changed.
    """
    parsed = sa.make_url(url)
    if parsed.get_backend_name() == "sqlite":
        if Path(parsed.database or "").exists():
            raise StoreUnavailableError("STORE_NOT_EMPTY")
        _copy_sqlite(str(source), Path(parsed.database or ""))
        return
    if _has_tables(url):
        raise StoreUnavailableError("STORE_NOT_EMPTY")
    _run(
        "pg_restore", parsed, "--no-owner", "--no-privileges", "--exit-on-error", "--single-transaction",
        f"--dbname={parsed.database}", str(source),
    )  # fmt: skip


def kept_files(url: str) -> Iterator[str]:
    """Give the SHA-256 of every file of a licence that has to be in the file store; some may come more than once."""
    with _connected(url) as connection:
        for table in _TABLES:
            yield from connection.execution_options(yield_per=1000).scalars(sa.select(table.c.sha256))


def sampled(url: str, count: int) -> tuple[str, ...]:
    """Give the identifiers of the newest licences, and of others spread over all of them."""
    with _connected(url) as connection:
        newest = sa.select(licences.c.identifier).order_by(licences.c.sealed_at.desc()).limit(count // 2)
        # Any order that has nothing to do with time: short codes are random.
        others = sa.select(licences.c.identifier).order_by(licences.c.short_code).limit(count - count // 2)
        found = [*connection.scalars(newest), *connection.scalars(others)]
    return tuple(dict.fromkeys(found))


def _copy_sqlite(source: str, target: Path) -> None:
    # All pages in one step: between steps a change by somebody else would make it begin again.
    try:
        with (
            contextlib.closing(
                sqlite3.connect(f"file:{quote(source)}?mode=ro", uri=True, timeout=BUSY_TIMEOUT)
            ) as original,
            contextlib.closing(sqlite3.connect(target)) as copy,
        ):
            original.backup(copy)
    except sqlite3.Error as error:
        raise StoreUnavailableError("SNAPSHOT_FAILED") from error


def _run(program: str, url: sa.URL, *arguments: str) -> None:
    path = shutil.which(program)
    if path is None:
        raise StoreUnavailableError("SNAPSHOT_TOOL_MISSING", tool=program)
    try:
        subprocess.run(  # noqa: S603 — PostgreSQL's own program, with arguments that are ours
            [path, "--no-password", *arguments], env=_environment(url), stdin=subprocess.DEVNULL, check=True,
            capture_output=True, timeout=DUMP_SECONDS,
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError) as error:
        # What the program wrote may quote rows: it is not shown.
        raise StoreUnavailableError("SNAPSHOT_FAILED") from error


def _environment(url: sa.URL) -> dict[str, str]:
    """How libpq is told where the database is: never by arguments, which all users of the machine can see."""
    given: Mapping[str, object] = url.translate_connect_args() | dict(url.query)
    named = {_LIBPQ.get(name, f"PG{name.upper()}"): str(value) for name, value in given.items()}
    return {**os.environ, **named}


def _has_tables(url: str) -> bool:
    with _connected(url) as connection:
        return bool(sa.inspect(connection).get_table_names())


@contextlib.contextmanager
def _connected(url: str) -> Iterator[sa.Connection]:
    engine = open_engine(url, busy_timeout=BUSY_TIMEOUT)
    try:
        with translated(), engine.connect() as connection:
            yield connection
    finally:
        close_engine(engine)
