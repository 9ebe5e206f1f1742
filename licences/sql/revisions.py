"""Which schema a database has, which programs can work with it, and how it is brought up to date.

Two kinds of migrations make it possible to replace programs one after the other, while others go on working:

- what only adds runs before the new program does; programs of the release before go on working with it;
- what takes away or forbids (``post = True`` in its file) runs when no older program is left. Its file also says in
  ``oldest_program`` the ``SCHEMA_REVISION`` that a program must have from then on, and the database keeps that.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa

from licences.errors import StoreUnavailableError

from .database import BUSY_TIMEOUT, close_engine, lock, open_engine, translated
from .licence_tables import licences
from .revision_tables import SCHEMA_REVISION, store_schema

if TYPE_CHECKING:  # half a second to import, and rarely needed
    from alembic.config import Config
    from alembic.script import Script, ScriptDirectory

_REVISION = sa.text("SELECT version_num FROM alembic_version")
_OLDEST_PROGRAM = sa.select(store_schema.c.oldest_program)
_ANY_LICENCE = sa.select(sa.literal(1)).select_from(licences).limit(1)
FIRST_PROGRAM = "0002"
"""SCHEMA_REVISION of the oldest program that can work with a database which says nothing else."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SchemaState:
    """What a database has and what this program makes of it."""

    kind: str
    """`sqlite` or `postgresql`."""
    revision: str
    """The newest migration that it has; empty for a database without our tables."""
    oldest_program: str
    """SCHEMA_REVISION of the oldest program that can still work with it."""
    program: str
    """SCHEMA_REVISION of this program."""
    holds_licences: bool
    pending: tuple[str, ...]
    """Migrations that this program needs and the database lacks."""
    pending_post: tuple[str, ...]
    """Migrations that wait until no older program is left."""

    @property
    def fits(self) -> bool:
        """Whether this program can work with it."""
        return _fits(self.revision, self.oldest_program)


def schema_state(url: str) -> SchemaState:
    """Look at a database; StoreUnavailableError when it cannot be read."""
    with _connected(url) as connection:
        kind = connection.dialect.name
        revision, oldest = _found(connection)
        holds_licences = bool(revision) and connection.execute(_ANY_LICENCE).first() is not None
    waiting = _waiting(_scripts(_config()), revision)
    return SchemaState(
        kind=kind,
        revision=revision,
        oldest_program=oldest,
        program=SCHEMA_REVISION,
        holds_licences=holds_licences,
        pending=tuple(one.revision for one in waiting if not _is_post(one)),
        pending_post=tuple(one.revision for one in waiting if _is_post(one)),
    )


def is_current(url: str) -> bool:
    """Whether this program can work with a database as it is; StoreUnavailableError when it cannot be read."""
    with _connected(url) as connection:
        return _fits(*_found(connection))


def fits(connection: sa.Connection) -> bool:
    """Whether this program can work with the database that the connection is to."""
    return _fits(connection.execute(_REVISION).scalar() or "", connection.execute(_OLDEST_PROGRAM).scalar() or "")


def upgrade(url: str, *, post: bool = False) -> None:
    """Bring a database to what this program needs, creating a SQLite file that is missing; all or nothing.

    With ``post`` also run what must wait until no older program works with this database; a database without tables
    has none and gets everything. Raises StoreUnavailableError, with the code STORE_TOO_NEW when only newer programs can
    work with the database, with STORE_NEEDS_POST when migrations for an earlier switch have to be run first.
    """
    from alembic import command

    config = _config()
    scripts = _scripts(config)
    with _connected(url, create=True) as connection:
        sqlite = connection.dialect.name == "sqlite"
        if sqlite:
            connection.exec_driver_sql("PRAGMA journal_mode=WAL")  # kept in the file; readers never wait then
            # SQLite changes a table by making another one in its place, which its references would forbid.
            connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
            connection.rollback()
        lock(connection)
        if not sqlite:
            connection.exec_driver_sql("SET LOCAL statement_timeout = 0")  # an index of a large table takes its time
        revision, oldest = _found(connection)
        target = _target(scripts, revision, oldest, everything=post or not revision)
        if target is None:
            return
        config.attributes["connection"] = connection
        command.upgrade(config, target)
        floor = max(_floor(one) for one in scripts.iterate_revisions(target, "base"))
        connection.execute(store_schema.delete())
        connection.execute(store_schema.insert(), {"oldest_program": floor})
        if sqlite and connection.exec_driver_sql("PRAGMA foreign_key_check").first() is not None:
            raise StoreUnavailableError
        connection.commit()


def _target(scripts: "ScriptDirectory", revision: str, oldest: str, *, everything: bool) -> str | None:
    """Return the migration to go to, None when there is nothing to do."""
    if revision and revision not in {one.revision for one in scripts.walk_revisions()}:
        if _fits(revision, oldest):
            return None
        raise StoreUnavailableError("STORE_TOO_NEW")
    waiting = _waiting(scripts, revision)
    if not everything:
        needed = [one for one in waiting if one.revision <= SCHEMA_REVISION]
        if any(_is_post(one) for one in needed):
            raise StoreUnavailableError("STORE_NEEDS_POST")
        waiting = needed
    return waiting[-1].revision if waiting else None


def _waiting(scripts: "ScriptDirectory", revision: str) -> "list[Script]":
    """Return the migrations that come after a revision, the next one first; none when it is not one of ours."""
    known = [one for one in scripts.walk_revisions()][::-1]
    return [] if revision > known[-1].revision else [one for one in known if one.revision > revision]


def _found(connection: sa.Connection) -> tuple[str, str]:
    tables = sa.inspect(connection)
    revision = connection.execute(_REVISION).scalar() if tables.has_table("alembic_version") else None
    oldest = connection.execute(_OLDEST_PROGRAM).scalar() if tables.has_table(store_schema.name) else None
    return revision or "", oldest or FIRST_PROGRAM


def _fits(revision: str, oldest_program: str) -> bool:
    """Whether the database has all that this program needs, and nothing that it cannot work with."""
    return revision >= SCHEMA_REVISION >= oldest_program


def _is_post(script: "Script") -> bool:
    return getattr(script.module, "post", False) is True


def _floor(script: "Script") -> str:
    return getattr(script.module, "oldest_program", FIRST_PROGRAM)


def _config() -> "Config":
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", "licences.sql:migrations")
    config.set_main_option("path_separator", "os")
    return config


def _scripts(config: "Config") -> "ScriptDirectory":
    from alembic.script import ScriptDirectory

    return ScriptDirectory.from_config(config)


@contextmanager
def _connected(url: str, *, create: bool = False) -> Iterator[sa.Connection]:
    engine = open_engine(url, busy_timeout=BUSY_TIMEOUT, create=create)
    try:
        with translated(), engine.connect() as connection:
            yield connection
    finally:
        close_engine(engine)
