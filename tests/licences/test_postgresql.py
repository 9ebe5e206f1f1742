"""What only PostgreSQL can get wrong: connections that break, a server that dies, rights, locks, time limits."""

import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
import sqlalchemy as sa
from postgresql_server import CLERK, CLERK_PASSWORD
from sqlalchemy.engine import make_url

from licences import (
    Act,
    Action,
    FileStore,
    LicenceNotFoundError,
    SqlStore,
    StoreUnavailableError,
    schema_state,
    upgrade,
)
from licences.sql.database import _code_of, writing
from licences.sql.schema import metadata

if TYPE_CHECKING:
    from postgresql_server import PostgresqlServer

Make = Callable[..., Any]

HOLDER = "990101199003071237"
HOLDERS = (("111", HOLDER),)
NOW = datetime(2026, 11, 22, tzinfo=UTC)
REVOCATION = Act(action=Action.REVOKE, ground="事由", decision="样字〔2026〕1号", effective_at=NOW, recorded_at=NOW)


@pytest.fixture
def store(postgresql_url: str, tmp_path: Path) -> Iterator[SqlStore]:
    store = open_store(postgresql_url, tmp_path)
    yield store
    store.close()


def open_store(url: str, folder: Path, *, busy_timeout: float = 5.0) -> SqlStore:
    (folder / "files").mkdir(exist_ok=True)
    return SqlStore(url, FileStore(folder / "files"), bytes(32), busy_timeout=busy_timeout)


def database_of(url: str) -> str:
    return str(make_url(url).database)


def in_mid_transaction(store: SqlStore, happen: Callable[[], object]) -> None:
    """Let something happen once, after the row of a licence and before those of its files."""
    happened = []

    def after(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if statement.startswith("INSERT INTO licence_holders") and not happened:
            happened.append(True)
            happen()

    sa.event.listen(store._engine, "after_cursor_execute", after)


def test_a_connection_that_is_lost_in_mid_transaction_leaves_nothing(
    postgresql: "PostgresqlServer", postgresql_url: str, store: SqlStore, made: Make
) -> None:
    first, second = made(), made()
    name = database_of(postgresql_url)
    in_mid_transaction(store, lambda: postgresql.disconnect(name))
    with pytest.raises(StoreUnavailableError):
        store.add(first.record, HOLDERS, first.files, ("key", "body"))
    with pytest.raises(LicenceNotFoundError):
        store.get(first.record.identifier)
    assert store.replay("key", "body") is None
    assert store.add(first.record, HOLDERS, first.files, ("key", "body")) == first.record
    assert store.add(second.record, HOLDERS, second.files) == second.record


def test_a_server_that_dies_in_mid_transaction_leaves_nothing(
    postgresql: "PostgresqlServer", store: SqlStore, made: Make
) -> None:
    kept, lost = made(), made()
    store.add(kept.record, HOLDERS, kept.files)
    in_mid_transaction(store, postgresql.kill)
    try:
        with pytest.raises(StoreUnavailableError):
            store.add(lost.record, HOLDERS, lost.files, ("key", "body"))
        assert not store.is_ready()
        with pytest.raises(StoreUnavailableError):
            store.get(kept.record.identifier)
    finally:
        postgresql.start()
    assert store.is_ready()
    assert store.of_holder("111", HOLDER) == (kept.record,)
    assert store.add(lost.record, HOLDERS, lost.files, ("key", "body")) == lost.record


def test_work_goes_on_after_every_restart_of_the_server(
    postgresql: "PostgresqlServer", store: SqlStore, made: Make
) -> None:
    """Whoever repeats a failed request under its key ends with each licence exactly once."""
    licences = [made() for _ in range(60)]
    failures: list[str] = []
    begun = threading.Barrier(3)

    def add(part: list[Any]) -> None:
        begun.wait()
        for licence in part:
            while time.monotonic() < deadline:
                try:
                    kept = store.add(licence.record, HOLDERS, licence.files, (licence.record.identifier, "body"))
                except StoreUnavailableError as error:
                    failures.append(error.code)
                    pause.wait(0.05)
                else:
                    assert kept == licence.record
                    break

    pause, deadline = threading.Event(), time.monotonic() + 120
    workers = [threading.Thread(target=add, args=(licences[half::2],)) for half in (0, 1)]
    for worker in workers:
        worker.start()
    postgresql.kill()
    begun.wait()
    while not failures:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    postgresql.start()
    for _ in range(2):
        postgresql.kill()
        postgresql.start()
    for worker in workers:
        worker.join()
    assert failures
    found = store.of_holder("111", HOLDER)
    assert list(found) == sorted((one.record for one in licences), key=lambda record: record.identifier)
    assert [len(store.events(licence.record.identifier)) for licence in licences] == [1] * len(licences)


def test_who_writes_waits_for_another_writer_and_then_gives_up(
    postgresql_url: str, store: SqlStore, tmp_path: Path, made: Make
) -> None:
    licence, other = made(), made()
    store.add(licence.record, HOLDERS, licence.files)
    hasty = open_store(postgresql_url, tmp_path, busy_timeout=0.05)
    with writing(store._engine):
        with pytest.raises(StoreUnavailableError) as caught:
            hasty.add(other.record, HOLDERS, other.files)
        assert caught.value.busy
        with pytest.raises(StoreUnavailableError) as caught:
            hasty.apply(licence.record.identifier, REVOCATION)
        assert caught.value.busy
        assert not hasty.is_ready()
        assert hasty.of_holder("111", HOLDER) == (licence.record,)
    assert hasty.add(other.record, HOLDERS, other.files) == other.record
    hasty.close()


def test_a_table_that_is_being_changed_is_busy(
    postgresql: "PostgresqlServer", postgresql_url: str, tmp_path: Path
) -> None:
    hasty = open_store(postgresql_url, tmp_path, busy_timeout=0.05)
    with psycopg.connect(postgresql_url) as other:
        other.execute("LOCK TABLE licences")
        with pytest.raises(StoreUnavailableError) as caught:
            hasty.of_holder("111", HOLDER)
    assert caught.value.busy
    assert hasty.of_holder("111", HOLDER) == ()
    hasty.close()


def test_more_callers_than_connections_wait_and_then_give_up(postgresql_url: str, tmp_path: Path) -> None:
    hasty = open_store(postgresql_url, tmp_path, busy_timeout=0.05)
    pool = hasty._engine.pool
    assert isinstance(pool, sa.pool.QueuePool)
    taken = [hasty._engine.connect() for _ in range(pool.size() + pool._max_overflow)]
    with pytest.raises(StoreUnavailableError) as caught:
        hasty.of_holder("111", HOLDER)
    assert caught.value.busy
    for connection in taken:
        connection.close()
    assert hasty.of_holder("111", HOLDER) == ()
    hasty.close()


def test_a_session_has_its_limits(store: SqlStore) -> None:
    expected = {
        "lock_timeout": "5s",
        "statement_timeout": "30s",
        "idle_in_transaction_session_timeout": "1min",
        "synchronous_commit": "on",  # the server of the tests says off
    }
    with store._engine.connect() as connection:
        assert {name: connection.exec_driver_sql(f"SHOW {name}").scalar() for name in expected} == expected


def test_options_of_the_address_are_kept(postgresql_url: str, tmp_path: Path) -> None:
    store = open_store(f"{postgresql_url}&options=-c%20work_mem%3D5MB", tmp_path)
    with store._engine.connect() as connection:
        assert connection.exec_driver_sql("SHOW work_mem").scalar() == "5MB"
        assert connection.exec_driver_sql("SHOW lock_timeout").scalar() == "5s"
    store.close()


def test_a_standby_can_be_read_and_not_written(
    postgresql: "PostgresqlServer", postgresql_url: str, store: SqlStore, tmp_path: Path, made: Make
) -> None:
    licence, other = made(), made()
    store.add(licence.record, HOLDERS, licence.files)
    postgresql.execute(f"ALTER DATABASE {database_of(postgresql_url)} SET default_transaction_read_only = on")
    store.close()  # the setting counts for new sessions
    standby = open_store(postgresql_url, tmp_path)
    assert standby.get(licence.record.identifier) == licence.record
    for call in (
        lambda: standby.add(other.record, HOLDERS, other.files),
        lambda: standby.apply(licence.record.identifier, REVOCATION),
    ):
        with pytest.raises(StoreUnavailableError) as caught:
            call()
        assert caught.value.unwritable
    assert not standby.is_ready()
    standby.close()


def test_a_role_without_rights_cannot_write(
    postgresql: "PostgresqlServer", postgresql_url: str, store: SqlStore, tmp_path: Path, made: Make
) -> None:
    licence, other = made(), made()
    store.add(licence.record, HOLDERS, licence.files)
    name = database_of(postgresql_url)
    postgresql.execute(f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {CLERK}", name)
    url = make_url(postgresql.url(name, CLERK)).set(password=CLERK_PASSWORD)
    clerk = open_store(url.render_as_string(hide_password=False), tmp_path)
    assert clerk.get(licence.record.identifier) == licence.record
    with pytest.raises(StoreUnavailableError) as caught:
        clerk.add(other.record, HOLDERS, other.files)
    assert caught.value.unwritable
    assert not clerk.is_ready()
    clerk.close()


def test_a_wrong_password_is_not_repeated(postgresql: "PostgresqlServer", postgresql_url: str, tmp_path: Path) -> None:
    url = make_url(postgresql.url(database_of(postgresql_url), CLERK)).set(password="not-the-password")  # noqa: S106
    store = open_store(url.render_as_string(hide_password=False), tmp_path)
    with pytest.raises(StoreUnavailableError) as caught:
        store.of_holder("111", HOLDER)
    error: BaseException | None = caught.value
    while error is not None:
        assert "not-the-password" not in str(error)
        error = error.__cause__
    assert "not-the-password" not in repr(store._engine)


def test_a_database_without_our_tables_is_unavailable(
    postgresql: "PostgresqlServer", tmp_path: Path, made: Make
) -> None:
    url = postgresql.url(postgresql.new_database())
    store = open_store(url, tmp_path)
    licence = made()
    with pytest.raises(StoreUnavailableError):
        store.add(licence.record, HOLDERS, licence.files)
    assert not store.is_ready()
    assert schema_state(url).revision == ""
    missing = open_store(postgresql.url("nobody_made_this"), tmp_path)
    with pytest.raises(StoreUnavailableError):
        missing.get(licence.record.identifier)
    for one in (store, missing):
        one.close()
    with pytest.raises(StoreUnavailableError):
        upgrade(postgresql.url("nobody_made_this"))


def test_the_acts_become_visible_in_their_order(store: SqlStore, made: Make) -> None:
    """Whoever collects changes and remembers the last sequence number misses none."""
    licences = [made() for _ in range(40)]
    done = threading.Event()
    seen: list[str] = []

    def collect() -> None:
        last = 0
        while True:
            finished = done.is_set()
            events = store.changes_after(last, 100)
            seen.extend(event.identifier for event in events)
            last = max([last, *(event.sequence for event in events)])
            if finished and not events:
                return

    def add(part: list[Any]) -> None:
        for licence in part:
            store.add(licence.record, HOLDERS, licence.files)

    reader = threading.Thread(target=collect)
    writers = [threading.Thread(target=add, args=(licences[n::4],)) for n in range(4)]
    for thread in (reader, *writers):
        thread.start()
    for thread in writers:
        thread.join()
    done.set()
    reader.join()
    assert sorted(seen) == sorted(licence.record.identifier for licence in licences)


def test_the_database_does_not_hold_the_holder_code(store: SqlStore, made: Make) -> None:
    licence = made()
    store.add(licence.record, HOLDERS, licence.files, ("key-of-the-caller", "body"))
    with store._engine.connect() as connection:
        content = "".join(str(connection.execute(table.select()).all()) for table in metadata.tables.values())
    assert licence.record.identifier in content
    assert HOLDER not in content
    assert "key-of-the-caller" not in content


@pytest.mark.parametrize(
    ("state", "code"),
    [
        ("40001", "STORE_BUSY"),
        ("40P01", "STORE_BUSY"),
        ("53300", "STORE_BUSY"),
        ("57014", "STORE_BUSY"),
        ("53100", "STORE_UNWRITABLE"),
        ("57P01", "STORE_UNAVAILABLE"),
        ("42P01", "STORE_UNAVAILABLE"),
    ],
)
def test_what_cannot_be_caused_here_is_understood(state: str, code: str) -> None:
    assert _code_of(psycopg.errors.lookup(state)()) == code


def test_all_adapters_of_a_process_share_one_pool(postgresql_url: str, tmp_path: Path) -> None:
    one, other = open_store(postgresql_url, tmp_path), open_store(postgresql_url, tmp_path)
    assert one._engine is other._engine
    assert open_store(postgresql_url, tmp_path, busy_timeout=0.05)._engine is not one._engine
    assert open_store(f"{postgresql_url}&options=-c%20work_mem%3D5MB", tmp_path)._engine is not one._engine


def test_another_kind_of_database_is_refused() -> None:
    with pytest.raises(StoreUnavailableError) as caught:
        SqlStore("mysql://localhost/licences", FileStore(Path()), bytes(32))
    assert caught.value.code == "STORE_KIND_UNKNOWN"


def test_a_missing_driver_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(StoreUnavailableError) as caught:
        SqlStore("postgresql://localhost/licences", FileStore(Path()), bytes(32))
    assert caught.value.code == "STORE_DRIVER_MISSING"
