"""What the database keeps of persons: encrypted, brought to a new key, and taken out of the clear."""

import os
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from licences import (
    Actor,
    DuplicateNumberError,
    FileStore,
    HolderLink,
    KeyRing,
    ProtectedDataError,
    Protection,
    Reencryption,
    SqlHolderLinks,
    SqlStore,
    Withdrawal,
)
from licences.sql import reencryption
from licences.sql.metadata import PROTECTED
from licences.sql.schema import metadata

Make = Callable[..., Any]

OLD, NEW = bytes(range(16)), bytes(range(16, 32))
INDEX_KEY = bytes(range(32))
PERSON = ("111", "990101199003071237")
NUMBER = "样字990101199003071237号"
AT = datetime(2026, 11, 22, tzinfo=UTC)


def protection(*keys: bytes) -> Protection:
    ring = KeyRing.of(keys)
    return Protection(lambda: ring, os.urandom)


@pytest.fixture
def open_store(database_url: str, tmp_path: Path) -> Iterator[Callable[..., SqlStore]]:
    (tmp_path / "files").mkdir(exist_ok=True)
    opened = []

    def open_it(*keys: bytes) -> SqlStore:
        guard = protection(*keys) if keys else None
        opened.append(SqlStore(database_url, FileStore(tmp_path / "files"), INDEX_KEY, guard))
        return opened[-1]

    yield open_it
    for store in opened:
        store.close()


def reencrypt(url: str, *keys: bytes) -> Mapping[str, tuple[int, tuple[str, ...]]]:
    work = Reencryption(url, INDEX_KEY, protection(*keys))
    try:
        return {tally.column: (tally.changed, tally.damaged) for tally in work.columns()}
    finally:
        work.close()


def rows(url: str, statement: str) -> list[sa.Row[Any]]:
    engine = sa.create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    with engine.begin() as connection:
        result = connection.execute(sa.text(statement))
        found = list(result) if result.returns_rows else []
    engine.dispose()
    return found


def everything(url: str) -> str:
    """All that somebody sees who has the database only."""
    return "\n".join(repr(row) for table in metadata.tables for row in rows(url, f"SELECT * FROM {table}"))  # noqa: S608


def test_a_licence_number_is_not_in_the_database(
    open_store: Callable[..., SqlStore], made: Make, database_url: str
) -> None:
    licence = made(NUMBER)
    store = open_store(NEW)
    store.add(licence.record, [PERSON], licence.files)
    assert store.get(licence.record.identifier).number == NUMBER
    assert [record.number for record in store.of_holder(*PERSON)] == [NUMBER]
    seen = everything(database_url)
    assert licence.record.identifier in seen
    assert "990101199003071237" not in seen
    assert "样字" not in seen


def test_a_protected_number_is_still_used_once(open_store: Callable[..., SqlStore], made: Make) -> None:
    clear, closed = open_store(), open_store(NEW)
    for first, second, number in ((clear, closed, "样字1号"), (closed, clear, "样字2号"), (closed, closed, "样字3号")):
        licence = made(number)
        first.add(licence.record, [PERSON], licence.files)
        again = made(number)
        with pytest.raises(DuplicateNumberError):
            second.add(again.record, [PERSON], again.files)


def test_without_the_key_a_number_does_not_open(open_store: Callable[..., SqlStore], made: Make) -> None:
    licence = made()
    open_store(NEW).add(licence.record, [PERSON], licence.files)
    for store in (open_store(), open_store(OLD)):
        with pytest.raises(ProtectedDataError) as caught:
            store.get(licence.record.identifier)
        assert caught.value.code == "PROTECTION_KEY_MISSING"


def test_everything_comes_to_the_new_key(
    open_store: Callable[..., SqlStore], made: Make, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reencryption, "_BATCH", 2)
    links = SqlHolderLinks(database_url, INDEX_KEY, protection(OLD))
    link = a_link()
    links.add(link)
    gone = Withdrawal(reason="录错", actor=link.actor, recorded_at=AT)
    links.withdraw(link.id, gone)
    licences = [made() for _ in range(5)]
    for licence in licences[:4]:
        open_store(OLD).add(licence.record, [PERSON], licence.files)
    open_store(NEW).add(licences[4].record, [PERSON], licences[4].files)
    done = reencrypt(database_url, NEW, OLD)
    assert done["licences.number_protected"] == (4, ())
    assert done["holder_links.details"] == done["holder_link_withdrawals.reason"] == (1, ())
    assert all(changed == 0 for changed, _ in reencrypt(database_url, NEW, OLD).values())
    only_new = open_store(NEW)
    assert [only_new.get(one.record.identifier).number for one in licences] == [one.record.number for one in licences]
    again = SqlHolderLinks(database_url, INDEX_KEY, protection(NEW))
    (entry,) = again.entries(*link.earlier)
    assert (entry.link, entry.withdrawal) == (link, gone)
    for opened in (links, again):
        opened.close()


def test_numbers_in_clear_are_protected(open_store: Callable[..., SqlStore], made: Make, database_url: str) -> None:
    licences = [made(f"样字{number}号") for number in range(3)]
    for licence in licences:
        open_store().add(licence.record, [PERSON], licence.files)
    assert "样字" in everything(database_url)
    assert reencrypt(database_url, NEW)["licences.number"] == (3, ())
    assert "样字" not in everything(database_url)
    store = open_store(NEW)
    assert {record.number for record in store.of_holder(*PERSON)} == {one.record.number for one in licences}
    again = made("样字1号")
    with pytest.raises(DuplicateNumberError):
        store.add(again.record, [PERSON], again.files)


def test_a_clash_is_told_and_left(open_store: Callable[..., SqlStore], made: Make, database_url: str) -> None:
    first, second = made("样字5号"), made("样字6号")
    open_store(NEW).add(first.record, [PERSON], first.files)
    open_store().add(second.record, [PERSON], second.files)
    rows(database_url, "UPDATE licences SET number = '样字5号', number_key = '样字5号' WHERE number = '样字6号'")
    assert reencrypt(database_url, NEW)["licences.number"] == (0, (second.record.identifier,))
    assert open_store(NEW).get(second.record.identifier).number == "样字5号"


def test_numbers_stay_in_clear_while_older_programs_work(
    open_store: Callable[..., SqlStore], made: Make, database_url: str
) -> None:
    rows(database_url, "UPDATE store_schema SET oldest_program = '0002'")
    licence = made("样字1号")
    open_store(NEW).add(licence.record, [PERSON], licence.files)
    assert rows(database_url, "SELECT number FROM licences")[0].number == "样字1号"
    assert "licences.number" not in reencrypt(database_url, NEW)
    rows(database_url, "UPDATE store_schema SET oldest_program = '0010'")
    assert reencrypt(database_url, NEW)["licences.number"] == (1, ())


def test_a_damaged_value_is_told_and_left(open_store: Callable[..., SqlStore], made: Make, database_url: str) -> None:
    one, two, three = (made() for _ in range(3))
    for licence in (one, two, three):
        open_store(OLD).add(licence.record, [PERSON], licence.files)
    # A value that was put into another row does not open there.
    source = f"(SELECT number_protected FROM licences WHERE identifier = '{two.record.identifier}')"  # noqa: S608
    rows(database_url, f"UPDATE licences SET number_protected = {source} WHERE identifier = '{one.record.identifier}'")  # noqa: S608
    assert reencrypt(database_url, NEW, OLD)["licences.number_protected"] == (2, (one.record.identifier,))
    assert open_store(NEW).get(three.record.identifier).number == three.record.number


def test_a_run_that_is_broken_off_leaves_everything_readable(
    open_store: Callable[..., SqlStore], made: Make, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reencryption, "_BATCH", 2)
    licences = [made() for _ in range(6)]
    for licence in licences:
        open_store(OLD).add(licence.record, [PERSON], licence.files)
    both = protection(NEW, OLD)
    left = iter(range(3))
    protect = both.protect

    def run_out(plain: bytes, *, context: str) -> bytes:
        next(left)
        return protect(plain, context=context)

    monkeypatch.setattr(both, "protect", run_out)
    work = Reencryption(database_url, INDEX_KEY, both)
    with pytest.raises(RuntimeError):
        list(work.columns())
    work.close()
    store = open_store(NEW, OLD)
    assert [store.get(one.record.identifier).number for one in licences] == [one.record.number for one in licences]
    assert reencrypt(database_url, NEW, OLD)["licences.number_protected"] == (4, ())


def test_every_encrypted_column_says_what_it_is_bound_to() -> None:
    """So that a change of keys finds it. Bytes that are not encrypted have no place in this database."""
    columns = [
        one for table in metadata.tables.values() for one in table.columns if isinstance(one.type, sa.LargeBinary)
    ]
    assert columns
    for column in columns:
        assert column.info.get(PROTECTED), f"{column.table.name}.{column.name}"
        names = {one.name: "x" for one in column.table.primary_key}
        assert "{" not in column.info[PROTECTED].format(**names)


def a_link() -> HolderLink:
    return HolderLink(
        id="0123456789abcdef",
        relation="passport-renewed",
        earlier=("414", "E12345678"),
        later=("414", "E87654321"),
        since=date(2026, 1, 2),
        evidence="出入境证明 样字第1号",
        evidence_digest="",
        actor=Actor(name="zhang", office="样例县行政审批局"),
        recorded_at=AT,
    )


def test_sqlite_keeps_no_number_where_it_stood(home: Path, made: Make) -> None:
    licence = made(NUMBER)
    store = SqlStore(f"sqlite:///{home}/licences.db", FileStore(home / "files"), INDEX_KEY)
    store.add(licence.record, [PERSON], licence.files)
    store.close()
    assert _has_number(home)
    reencrypt(f"sqlite:///{home}/licences.db", NEW)
    assert not _has_number(home)


def _has_number(home: Path) -> bool:
    connection = sqlite3.connect(home / "licences.db")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    return NUMBER.encode() in (home / "licences.db").read_bytes()
