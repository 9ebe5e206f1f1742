"""Programs are replaced one after the other: the release before works with the new schema until the last step.

`fixtures/store/statements-0002.json` holds what that release sends to its database.
"""

import json
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from keys import hmac_bytes
from licences import (
    Act,
    Action,
    DuplicateNumberError,
    FileStore,
    SqlStore,
    Status,
    StoreUnavailableError,
    is_current,
    schema_state,
    upgrade,
)
from licences.sql import revisions
from licences.sql.database import release
from licences.sql.revision_tables import SCHEMA_REVISION
from licences.sql.schema import metadata

if TYPE_CHECKING:
    from postgresql_server import PostgresqlServer

Make = Callable[..., Any]

INDEX_KEY = bytes(range(32))
HOLDER = "990101199003071237"
HOLDERS = (("111", HOLDER),)
NOW = datetime(2026, 11, 22, tzinfo=UTC)
OLD: Mapping[str, str] = json.loads(
    (Path(__file__).parents[2] / "fixtures/store/statements-0002.json").read_text("utf-8")
)["statements"]
BEFORE, LAST_STEP, NEWEST = "0010", "0011", SCHEMA_REVISION
"""Of the release that 0002 can be replaced by one after the other; its last step; and of this program."""
SINCE = tuple(f"{number:04d}" for number in range(int(LAST_STEP) + 1, int(NEWEST) + 1))


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a database without tables."""
    (tmp_path / "files").mkdir()
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/licences.db"
        return
    server: PostgresqlServer = request.getfixturevalue("postgresql")
    name = server.new_database()
    url = server.url(name)
    yield url
    release(url)
    server.drop_database(name)


class OldProgram:
    """Sends the statements of schema 0002 as they are, each in its own transaction."""

    def __init__(self, url: str) -> None:
        driver = url.replace("postgresql://", "postgresql+psycopg://")
        self._engine = sa.create_engine(driver)
        sa.event.listen(self._engine, "connect", _references_hold)

    def close(self) -> None:
        self._engine.dispose()

    def send(self, name: str, **values: object) -> list[Mapping[str, Any]]:
        with self._engine.begin() as connection:
            answer = connection.execute(sa.text(OLD[name]), values)
            return [dict(row) for row in answer.mappings()] if answer.returns_rows else []

    def add(self, licence: Any) -> None:
        """As `SqlStore.add` of that release."""
        record = licence.record
        instant = record.sealed_at.isoformat(timespec="microseconds")
        columns = {
            name: getattr(record, name)
            for name in (
                "identifier", "number", "type_code", "type_slug", "version", "algorithm", "issuer_code", "holder_kind",
                "code", "short_code", "verify_url", "status_list", "status_index",
            )
        }  # fmt: skip
        dates = {"valid_from": record.valid_from.isoformat(), "valid_to": record.valid_to.isoformat()}
        self.send("insert_licence", **columns, **dates, number_key=record.number, sealed_at=instant, status="issued")
        index = hmac_bytes("sm3", INDEX_KEY, f"111:{HOLDER}".encode()).hex()
        self.send("insert_holder", identifier=record.identifier, holder_index=index)
        for kind, file in record.files.items():
            digests = {"sha256": file.sha256, "sm3": file.sm3, "size": file.size}
            self.send("insert_file", identifier=record.identifier, kind=kind, **digests)
        self._event(record.identifier, "issue", None, "issued", instant)

    def revoke(self, identifier: str) -> None:
        self.send("set_status", value=identifier, before="issued", after="revoked")
        self._event(identifier, "revoke", "issued", "revoked", NOW.isoformat(timespec="microseconds"))

    def _event(self, identifier: str, action: str, before: str | None, after: str, at: str) -> None:
        self.send(
            "insert_event", identifier=identifier, action=action, status_before=before, status_after=after,
            ground="事由", decision="号", effective_at=at, recorded_at=at,
        )  # fmt: skip


def _references_hold(connection: Any, _record: object) -> None:
    if isinstance(connection, sqlite3.Connection):
        connection.execute("PRAGMA foreign_keys=ON")


@pytest.fixture
def switching(monkeypatch: pytest.MonkeyPatch) -> None:
    """The program that follows 0002; this one builds on its last step."""
    monkeypatch.setattr(revisions, "SCHEMA_REVISION", BEFORE)


@pytest.fixture
def old(empty_url: str) -> Iterator[OldProgram]:
    """The release before, with a database of its own making."""
    _make_old(empty_url)
    program = OldProgram(empty_url)
    yield program
    program.close()


def _make_old(url: str, revision: str = "0002") -> None:
    config = revisions._config()
    with revisions._connected(url, create=True) as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
        connection.commit()


@pytest.fixture
def new(empty_url: str, tmp_path: Path) -> Iterator[SqlStore]:
    store = SqlStore(empty_url, FileStore(tmp_path / "files"), INDEX_KEY)
    yield store
    store.close()


def act(action: Action) -> Act:
    return Act(action=action, ground="事由", decision="样字〔2026〕1号", effective_at=NOW, recorded_at=NOW)


@pytest.mark.usefixtures("switching")
def test_old_and_new_program_work_side_by_side(empty_url: str, old: OldProgram, new: SqlStore, made: Make) -> None:
    before, during, ours = made(), made(), made()
    old.add(before)
    assert not new.is_ready()
    assert not is_current(empty_url)

    upgrade(empty_url)
    assert is_current(empty_url)
    assert new.is_ready()

    # The new program reads and changes what the old one wrote before and writes now.
    old.add(during)
    assert [new.get(one.record.identifier) for one in (before, during)] == [before.record, during.record]
    assert new.of_holder("111", HOLDER) == (before.record, during.record)
    assert new.versions(during.record.identifier) == (during.record,)
    assert new.apply(before.record.identifier, act(Action.REVOKE)).status is Status.REVOKED
    old.revoke(during.record.identifier)
    answer = new.status(during.record.identifier, NOW)
    assert answer is not None
    assert answer.value is Status.REVOKED
    clash = made(during.record.number)
    with pytest.raises(DuplicateNumberError):
        new.add(clash.record, HOLDERS, clash.files)

    # The old program reads what the new one wrote, and its own constraints still hold.
    new.add(ours.record, HOLDERS, ours.files, ("key", "body"))
    new.apply(ours.record.identifier, act(Action.REVOKE))
    rows = old.send("by_identifier", value=ours.record.identifier)
    assert {row["kind"] for row in rows} == {"pdf", "json", "p7s"}
    assert {row["status"] for row in rows} == {"revoked"}
    assert old.send("by_short_code", value=ours.record.short_code) == rows
    index = hmac_bytes("sm3", INDEX_KEY, f"111:{HOLDER}".encode()).hex()
    assert len(old.send("by_holder", value=index)) == 9
    assert [row["action"] for row in old.send("events", value=ours.record.identifier)] == ["issue", "revoke"]
    assert len(old.send("proof", value=ours.record.identifier, digest=ours.record.files["pdf"].sha256)) == 1
    with pytest.raises(sa.exc.IntegrityError):
        old.add(made(ours.record.number))


@pytest.mark.usefixtures("switching")
def test_the_last_step_ends_the_old_program(empty_url: str, old: OldProgram, new: SqlStore, made: Make) -> None:
    kept, refused, ours = made(), made(), made()
    old.add(kept)
    upgrade(empty_url)
    state = schema_state(empty_url)
    assert (state.revision, state.oldest_program) == (BEFORE, "0002")
    assert (state.pending, state.pending_post, state.fits) == (SINCE, (LAST_STEP,), True)

    upgrade(empty_url, post=True)
    state = schema_state(empty_url)
    assert (state.revision, state.oldest_program) == (NEWEST, "0010")
    assert (state.pending, state.pending_post, state.fits) == ((), (), True)
    with pytest.raises(sa.exc.IntegrityError):
        old.add(refused)
    assert new.is_ready()
    assert new.get(kept.record.identifier) == kept.record
    assert new.add(ours.record, HOLDERS, ours.files) == ours.record
    assert new.apply(ours.record.identifier, act(Action.REVOKE)).status is Status.REVOKED


def test_both_ways_lead_to_the_schema_of_the_program(empty_url: str) -> None:
    upgrade(empty_url)
    assert schema_state(empty_url).revision == NEWEST  # an empty database has no older program
    with revisions._connected(empty_url) as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
        made = sa.inspect(connection)
        for table in metadata.tables.values():
            uniques = {constraint["name"] for constraint in made.get_unique_constraints(table.name)}
            assert uniques == {
                str(constraint.name) for constraint in table.constraints if isinstance(constraint, sa.UniqueConstraint)
            }
            defaults = {column["name"] for column in made.get_columns(table.name) if column["default"] is not None}
            automatic = {column.name for column in table.columns if column.autoincrement is True} | {"sequence"}
            expected = {column.name for column in table.columns if column.server_default is not None}
            assert defaults - automatic == expected - automatic, table.name


def test_upgrading_again_changes_nothing(empty_url: str, new: SqlStore, made: Make) -> None:
    upgrade(empty_url)
    licence = made()
    new.add(licence.record, HOLDERS, licence.files)
    for post in (False, True):
        before = schema_state(empty_url)
        upgrade(empty_url, post=post)
        assert schema_state(empty_url) == before
    assert new.get(licence.record.identifier) == licence.record


def test_a_newer_schema_is_accepted_when_it_says_so(empty_url: str, new: SqlStore) -> None:
    upgrade(empty_url)
    _pretend(empty_url, revision="0099", oldest_program=SCHEMA_REVISION)
    assert is_current(empty_url)
    assert new.is_ready()
    upgrade(empty_url)
    state = schema_state(empty_url)
    assert (state.revision, state.pending, state.pending_post) == ("0099", (), ())

    _pretend(empty_url, revision="0099", oldest_program="0098")
    assert not is_current(empty_url)
    assert not new.is_ready()
    with pytest.raises(StoreUnavailableError) as caught:
        upgrade(empty_url)
    assert caught.value.code == "STORE_TOO_NEW"
    assert schema_state(empty_url).revision == "0099"


def test_an_upgrade_that_was_left_unfinished_comes_first(empty_url: str, old: OldProgram) -> None:
    with pytest.MonkeyPatch.context() as earlier:
        earlier.setattr(revisions, "SCHEMA_REVISION", BEFORE)
        upgrade(empty_url)
    with pytest.raises(StoreUnavailableError) as caught:
        upgrade(empty_url)
    assert caught.value.code == "STORE_NEEDS_POST"
    upgrade(empty_url, post=True)
    assert is_current(empty_url)


def _pretend(url: str, *, revision: str, oldest_program: str) -> None:
    with revisions._connected(url) as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = :value"), {"value": revision})
        connection.execute(sa.text("UPDATE store_schema SET oldest_program = :value"), {"value": oldest_program})
        connection.commit()
