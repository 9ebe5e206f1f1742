"""What only the SQL store can get wrong: files on disk, other processes, damage, migrations."""

import os
import pickle
import sqlite3
import stat
import time
from collections.abc import Callable
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from elicence_process import PIPE, Running

from licences import (
    Act,
    Action,
    DuplicateNumberError,
    FileStore,
    IdempotencyMismatchError,
    LicencesError,
    SqlStore,
    StoreUnavailableError,
    upgrade,
)

HOLDER = "990101199003071237"
HOLDERS = (("111", HOLDER),)
NOW = datetime(2026, 11, 21, tzinfo=UTC)

Make = Callable[..., Any]
Open = Callable[..., SqlStore]


def test_the_database_does_not_hold_the_holder_code(home: Path, made: Make, open_sql: Open) -> None:
    licence = made()
    open_sql(home).add(licence.record, HOLDERS, licence.files, ("key-of-the-caller", "body"))
    content = b"".join(path.read_bytes() for path in home.glob("licences.db*"))
    assert licence.record.identifier.encode() in content
    assert HOLDER.encode() not in content
    assert sha256(f"111:{HOLDER}".encode()).hexdigest().encode() not in content
    assert b"key-of-the-caller" not in content


def test_a_proof_of_existence_cannot_be_backdated(home: Path, made: Make, open_sql: Open) -> None:
    one = made()
    store = open_sql(home)
    store.add(one.record, HOLDERS, one.files)
    digest = one.record.files["pdf"].sha256
    assert store.existed_since(one.record.identifier, digest) == one.record.sealed_at
    with sqlite3.connect(home / "licences.db") as database:
        database.execute("UPDATE licence_proofs SET since = '2020-01-01T00:00:00.000000+00:00'")
    assert store.existed_since(one.record.identifier, digest) is None


def test_an_error_of_the_database_does_not_repeat_what_was_written(sql_store: SqlStore, made: Make) -> None:
    first = made()
    sql_store.add(first.record, HOLDERS, first.files)
    licence = made("编编编编", short_code=first.record.short_code)
    with pytest.raises(LicencesError) as caught:
        sql_store.add(licence.record, HOLDERS, licence.files)
    error: BaseException | None = caught.value
    while error is not None:
        assert "编编编" not in str(error)
        error = error.__cause__ or error.__context__


def test_another_index_key_finds_no_holder(home: Path, made: Make, open_sql: Open) -> None:
    licence = made()
    open_sql(home).add(licence.record, HOLDERS, licence.files)
    stranger = SqlStore(f"sqlite:///{home}/licences.db", FileStore(home / "files"), bytes(32))
    assert stranger.of_holder("111", HOLDER) == ()


def test_a_commit_is_durable_and_readers_do_not_wait(home: Path, open_sql: Open) -> None:
    with open_sql(home)._engine.connect() as connection:
        pragmas = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys")
        }
    assert pragmas == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}


def test_files_are_private_and_named_by_digest(home: Path, made: Make, open_sql: Open) -> None:
    licence = made()
    open_sql(home).add(licence.record, HOLDERS, licence.files)
    paths = [path for path in (home / "files").rglob("*") if path.is_file()]
    assert {path.parent.name + path.name for path in paths} == {
        sha256(content).hexdigest() for content in licence.files.values()
    }
    assert {stat.S_IMODE(path.stat().st_mode) for path in paths} == {0o600}


def test_a_refused_number_leaves_no_files(home: Path, made: Make, open_sql: Open) -> None:
    store = open_sql(home)
    first, second = made("号"), made("号")
    store.add(first.record, HOLDERS, first.files)
    with pytest.raises(DuplicateNumberError):
        store.add(second.record, HOLDERS, second.files)
    assert sum(path.is_file() for path in (home / "files").rglob("*")) == 3


def test_files_that_are_not_those_of_the_record_are_refused(home: Path, made: Make, open_sql: Open) -> None:
    store = open_sql(home)
    licence = made()
    with pytest.raises(ValueError, match="pdf"):
        store.add(licence.record, HOLDERS, {**licence.files, "pdf": b"another"})
    assert store.of_holder("111", HOLDER) == ()


@pytest.mark.parametrize("damage", ["flip", "truncate", "remove"])
def test_a_damaged_file_is_not_handed_out(home: Path, made: Make, open_sql: Open, damage: str) -> None:
    store = open_sql(home)
    licence = made()
    store.add(licence.record, HOLDERS, licence.files)
    digest = licence.record.files["pdf"].sha256
    path = home / "files" / digest[:2] / digest[2:]
    content = bytearray(path.read_bytes())
    if damage == "flip":
        content[100] ^= 1
        path.write_bytes(content)
    elif damage == "truncate":
        path.write_bytes(content[:-1])
    else:
        path.unlink()
    with pytest.raises(StoreUnavailableError) as caught:
        store.file(licence.record, "pdf")
    assert caught.value.code == "FILE_DAMAGED"
    assert store.file(licence.record, "json") == licence.files["json"]


def test_putting_a_damaged_file_again_repairs_it(tmp_path: Path) -> None:
    files = FileStore(tmp_path)
    digest = files.put(b"content")
    (tmp_path / digest[:2] / digest[2:]).write_bytes(b"kontent")
    assert files.put(b"content") == digest
    assert files.get(digest) == b"content"


@pytest.mark.parametrize("digest", ["../../etc/passwd", "", "AB" * 32, "a" * 63])
def test_only_digests_name_files(tmp_path: Path, digest: str) -> None:
    with pytest.raises(StoreUnavailableError):
        FileStore(tmp_path).get(digest)


def test_an_unfinished_file_is_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StoreUnavailableError) as caught:
        FileStore(tmp_path).put(b"content")
    assert caught.value.unwritable
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_what_killed_processes_left_is_swept_after_a_day(tmp_path: Path) -> None:
    files = FileStore(tmp_path)
    files.put(b"content")
    (unfinished,) = (path for path in tmp_path.iterdir() if path.name.startswith("."))
    for name, age in (("yesterday", 25 * 3600), ("now", 23 * 3600)):
        (unfinished / name).write_bytes(b"cont")
        os.utime(unfinished / name, times=(time.time() - age,) * 2)
    files.put(b"other content")
    assert [path.name for path in unfinished.iterdir()] == ["now"]


def test_a_missing_folder_of_files_is_said(home: Path, made: Make, open_sql: Open) -> None:
    store = open_sql(home)
    (home / "files").rmdir()
    licence = made()
    with pytest.raises(StoreUnavailableError) as caught:
        store.add(licence.record, HOLDERS, licence.files)
    assert caught.value.unwritable
    assert not store.is_ready()
    assert store.of_holder("111", HOLDER) == ()


def test_a_read_only_database_can_be_read_and_not_written(home: Path, made: Make, open_sql: Open) -> None:
    licence, other = made(), made()
    open_sql(home).add(licence.record, HOLDERS, licence.files)
    store = open_sql(home, query="?mode=ro")
    assert store.get(licence.record.identifier) == licence.record
    with pytest.raises(StoreUnavailableError) as caught:
        store.add(other.record, HOLDERS, other.files)
    assert caught.value.unwritable
    assert not caught.value.busy
    with pytest.raises(StoreUnavailableError) as caught:
        store.apply(
            licence.record.identifier,
            Act(action=Action.REVOKE, ground="事由", decision="号", effective_at=NOW, recorded_at=NOW),
        )
    assert caught.value.unwritable
    assert not store.is_ready()


def test_a_full_disk_leaves_nothing(home: Path, made: Make, open_sql: Open) -> None:
    store = open_sql(home)
    with store._engine.connect() as connection:  # the pool hands the same connection to the next caller
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
        connection.exec_driver_sql(f"PRAGMA max_page_count={pages}")
    first = made(code="A" * 100_000)
    with pytest.raises(StoreUnavailableError) as caught:
        store.add(first.record, HOLDERS, first.files, ("key", "body"))
    assert caught.value.unwritable
    assert open_sql(home).of_holder("111", HOLDER) == ()
    assert open_sql(home).replay("key", "body") is None


def test_a_locked_database_is_busy(home: Path, made: Make, open_sql: Open) -> None:
    licence = made()
    store = open_sql(home, busy_timeout=0.05)
    holder = sqlite3.connect(home / "licences.db", isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    try:
        with pytest.raises(StoreUnavailableError) as caught:
            store.add(licence.record, HOLDERS, licence.files)
        assert caught.value.busy
        assert not store.is_ready()
        assert store.of_holder("111", HOLDER) == ()
    finally:
        holder.execute("ROLLBACK")
        holder.close()
    assert store.add(licence.record, HOLDERS, licence.files) == licence.record


@pytest.mark.parametrize("damage", ["garbage", "empty", "missing", "folder", "old"])
def test_a_database_that_is_none_is_unavailable(home: Path, made: Make, open_sql: Open, damage: str) -> None:
    licence = made()
    database = home / "licences.db"
    for path in home.glob("licences.db*"):
        path.unlink()
    if damage == "garbage":
        database.write_bytes(b"not a database, " * 400)
    elif damage == "empty":
        database.touch()
    elif damage == "folder":
        database.mkdir()
    elif damage == "old":
        connection = sqlite3.connect(database)
        connection.execute("CREATE TABLE alembic_version (version_num VARCHAR(32))")
        connection.execute("INSERT INTO alembic_version VALUES ('0000')")
        connection.commit()
        connection.close()
    store = open_sql(home)
    for call in (
        lambda: store.add(licence.record, HOLDERS, licence.files),
        lambda: store.get(licence.record.identifier),
        lambda: store.replay("key", "body"),
        lambda: store.of_holder("111", HOLDER),
        lambda: store.events(licence.record.identifier),
        lambda: store.status(licence.record.identifier, NOW),
    ):
        with pytest.raises(StoreUnavailableError):
            call()
    assert not store.is_ready()
    assert database.exists() == (damage != "missing")
    if damage in {"garbage", "folder"}:
        with pytest.raises(StoreUnavailableError):
            upgrade(f"sqlite:///{database}")


@pytest.mark.parametrize(
    "column",
    ["status = 'vanished'", "sealed_at = 'today'", "sealed_at = '2026-11-21T00:00:00'", "valid_from = '2026-02-30'"],
)
def test_a_row_that_is_not_ours_is_damage(home: Path, made: Make, open_sql: Open, column: str) -> None:
    store = open_sql(home)
    licence = made()
    store.add(licence.record, HOLDERS, licence.files)
    connection = sqlite3.connect(home / "licences.db")
    connection.execute(f"UPDATE licences SET {column}")  # noqa: S608
    connection.execute("UPDATE licence_events SET status_after = 'vanished'")
    connection.commit()
    connection.close()
    with pytest.raises(StoreUnavailableError):
        store.get(licence.record.identifier)
    with pytest.raises(StoreUnavailableError):
        store.status(licence.record.identifier, NOW)


def test_a_path_may_have_strange_characters(tmp_path: Path, made: Make) -> None:
    folder = tmp_path / "证照 库%20#1"
    folder.mkdir()
    url = f"sqlite:///{quote(str(folder))}/licences.db"
    upgrade(url)
    store = SqlStore(url, FileStore(folder), bytes(32))
    licence = made()
    store.add(licence.record, HOLDERS, licence.files)
    assert (folder / "licences.db").is_file()
    assert store.get(licence.record.identifier) == licence.record


# A process of its own: it gets one licence ready, waits for the word, adds it and says how that went.
ADD = """
import pickle, sys, warnings
warnings.simplefilter("error")
from pathlib import Path
from licences import DuplicateNumberError, FileStore, SqlStore
url, folder = sys.argv[1], Path(sys.argv[2])
record, files, idempotency = pickle.loads(Path(sys.argv[3]).read_bytes())
store = SqlStore(url, FileStore(folder / "files"), bytes(32))
print("ready", flush=True)
sys.stdin.readline()
try:
    kept = store.add(record, (("111", "990101199003071237"),), files, idempotency)
    print("added" if kept == record else "replayed")
except DuplicateNumberError:
    print("refused")
store.close()
"""


def add_in_two_processes(url: str, folder: Path, licences: list[Any], idempotency: tuple[str, str] | None) -> list[str]:
    runs = []
    for licence in licences:
        given = folder / licence.record.identifier
        given.write_bytes(pickle.dumps((licence.record, dict(licence.files), idempotency)))
        runs.append(Running(url, folder, given, code=ADD, stdin=PIPE, text=True))
    for run in runs:
        assert run.stdout is not None
        assert run.stdout.readline() == "ready\n"
    for run in runs:
        assert run.stdin is not None
        run.stdin.write("go\n")
        run.stdin.flush()
    results = [run.communicate(timeout=60)[0].strip() for run in runs]
    assert [run.returncode for run in runs] == [0, 0]
    return sorted(results)


@pytest.mark.parametrize(
    ("idempotency", "loser"), [(None, "refused"), (("key", "body"), "replayed")], ids=["no key", "same key"]
)
def test_of_two_processes_with_one_number_one_wins(
    database_url: str, tmp_path: Path, made: Make, idempotency: tuple[str, str] | None, loser: str
) -> None:
    (tmp_path / "files").mkdir(exist_ok=True)
    outcomes = add_in_two_processes(database_url, tmp_path, [made("抢号"), made("抢号")], idempotency)
    assert outcomes == ["added", loser]
    store = SqlStore(database_url, FileStore(tmp_path / "files"), bytes(32))
    assert len(store.of_holder("111", HOLDER)) == 1
    assert store.is_ready()
    store.close()


@pytest.mark.parametrize(
    ("idempotency", "error"),
    [(None, DuplicateNumberError), (("key", "other body"), IdempotencyMismatchError), (("key", "body"), None)],
    ids=["no key", "other body", "same request"],
)
def test_the_loser_of_a_race_learns_why(
    home: Path, made: Make, open_sql: Open, idempotency: tuple[str, str] | None, error: type[Exception] | None
) -> None:
    first, second = made("号"), made("号")

    class Racing(FileStore):
        """Lets the first licence in after the second has asked whether the number is free."""

        def put(self, content: bytes) -> str:
            if content == second.files["p7s"]:
                open_sql(home).add(first.record, HOLDERS, first.files, ("key", "body"))
            return super().put(content)

    store = SqlStore(f"sqlite:///{home}/licences.db", Racing(home / "files"), bytes(range(32)))
    if error is None:
        assert store.add(second.record, HOLDERS, second.files, idempotency) == first.record
    else:
        with pytest.raises(error):
            store.add(second.record, HOLDERS, second.files, idempotency)
    assert open_sql(home).of_holder("111", HOLDER) == (first.record,)
