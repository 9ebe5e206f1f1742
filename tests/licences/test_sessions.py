"""Sessions: how long they live, what the database shows of them, how they come and go."""

import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from licences import KeyRing, Protection, SqlSessions
from licences.access import (
    SESSION_IDLE,
    SESSION_TERM,
    HolderIdentity,
    Session,
    SessionStore,
    new_session_secret,
    session_digest,
)

AT = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
HOLDER = HolderIdentity(kind="111", code="990101199003071237", name="张样例", assurance="assurance-3")


def session(letter: str = "a", **other: object) -> Session:
    made = Session(digest=session_digest(letter), client="holder-00", holder=HOLDER, opened_at=AT, used_at=AT)
    return replace(made, **other)  # type: ignore[arg-type]


@pytest.fixture
def store(database_url: str) -> Iterator[SessionStore]:
    protection = Protection(lambda: KeyRing.of([bytes(range(16))]), os.urandom)
    kept = SqlSessions(database_url, protection)
    yield kept
    kept.close()


def test_sessions_come_back_as_they_were_kept(store: SessionStore, database_url: str) -> None:
    staff = session("b", client="zhang", proof_id="subject:00", holder=None)
    for one in (session(), staff):
        store.open(one)
        assert store.find(one.digest) == one
    engine = sa.create_engine(database_url.replace("postgresql:", "postgresql+psycopg:"))
    with engine.connect() as connection:
        values = [value for row in connection.execute(sa.text("SELECT * FROM sessions")) for value in row]
    engine.dispose()
    seen = [value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value) for value in values]
    assert "holder-00" in seen
    for text in (HOLDER.code, HOLDER.name, HOLDER.assurance):
        assert not any(text in one for one in seen)


def test_a_new_session_takes_the_place_of_another_one(store: SessionStore) -> None:
    store.open(session("a"))
    store.open(session("b"), instead_of=session_digest("a"))
    assert store.find(session_digest("a")) is None
    assert store.find(session_digest("b")) is not None
    store.open(session("c"), instead_of="nobody's")
    store.end(session_digest("b"))
    store.end(session_digest("b"))
    assert store.find(session_digest("b")) is None


def test_uses_are_noted_and_never_taken_back(store: SessionStore) -> None:
    digest = session().digest
    store.open(session())
    later = AT + timedelta(minutes=5)
    store.use(digest, later)
    store.use(digest, AT)  # another process was slower
    store.use(session_digest("gone"), later)
    found = store.find(digest)
    assert found is not None
    assert (found.opened_at, found.used_at) == (AT, later)


def test_old_sessions_are_removed_when_somebody_logs_in(store: SessionStore) -> None:
    store.open(session("old"))
    store.open(session("new", opened_at=AT + SESSION_TERM, used_at=AT + SESSION_TERM))
    assert store.find(session_digest("old")) is not None, "its term has just ended"
    last = AT + SESSION_TERM + timedelta(seconds=1)
    store.open(session("newer", opened_at=last, used_at=last))
    assert store.find(session_digest("old")) is None
    assert store.find(session_digest("new")) is not None


def test_digests_that_are_none(store: SessionStore) -> None:
    store.open(session())
    for digest in ("", "x", "摘要", "\0", "\ud800", "' OR 1=1 --"):
        assert store.find(digest) is None


@given(idle=st.timedeltas(timedelta(0), SESSION_TERM), used=st.timedeltas(timedelta(0), SESSION_TERM))
def test_a_session_lives_as_long_as_it_is_used_and_no_longer_than_its_term(idle: timedelta, used: timedelta) -> None:
    found = session(used_at=AT + used)
    at = AT + used + idle
    assert found.is_live(at) == (idle < SESSION_IDLE and used + idle < SESSION_TERM)
    assert not found.is_live(AT - timedelta(microseconds=1))


def test_secrets_are_long_and_differ() -> None:
    secrets = {new_session_secret(os.urandom) for _ in range(100)}
    assert (len(secrets), {len(one) for one in secrets}) == (100, {64})
