"""Batches of licences to be issued: what every store of them promises."""

import json
import secrets
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from licences import (
    Actor,
    BatchesFullError,
    ClientBatchesFullError,
    IdempotencyMismatchError,
    IssueBatch,
    IssueBatchNotFoundError,
    IssueWish,
    ItemOutcome,
    ItemState,
    KeyRing,
    NewItem,
    ProtectedDataError,
    Protection,
    SqlIssueBatches,
)
from licences.sql import issue_batch_store

AT = datetime(2026, 11, 22, 2, 30, tzinfo=UTC)
ACTOR = Actor(name="approval-1", office="样例县水务局", office_code="1199010000000103XA")
INDEX_KEY = bytes(range(32))
REFUSED = ItemOutcome(state=ItemState.REFUSED, problem={"code": "FIELDS_INVALID", "errors": [{"pointer": "/data/x"}]})
ISSUED = ItemOutcome(state=ItemState.ISSUED, identifier="1.2.156.3005.2.x", replayed=True)


def protection(key: bytes = bytes(range(16))) -> Protection:
    return Protection(lambda: KeyRing.of([key]), secrets.token_bytes)


def batch(total: int, *, client: str = "approval-1", at: datetime = AT) -> IssueBatch:
    return IssueBatch(id=secrets.token_hex(12), client=client, accepted_at=at, total=total)


def wish(holder: str = "某某县自来水公司") -> IssueWish:
    return IssueWish(type="water-abstraction", data={"holder": holder}, seal="sm2", actor=ACTOR, key="\0c:k")


def items(count: int) -> list[NewItem]:
    return [NewItem(wish=wish(f"某公司{number}")) for number in range(count)]


@pytest.fixture
def batches(database_url: str) -> Iterator[SqlIssueBatches]:
    with closing(SqlIssueBatches(database_url, INDEX_KEY, protection())) as store:
        yield store


def add(store: SqlIssueBatches, made: IssueBatch, given: list[NewItem] | None = None, **members: Any) -> IssueBatch:
    values: dict[str, Any] = {"key": made.id, "body": b"{}"}
    return store.add(made, items(made.total) if given is None else given, **(values | members))


def test_a_batch_is_worked_off(batches: SqlIssueBatches) -> None:
    made = add(batches, batch(3), [NewItem(wish=None, outcome=REFUSED), *items(2)])
    assert batches.get(made.id) == made
    assert batches.unfinished() == (made.id,)
    assert batches.left(made.id) == (1, 2)
    assert batches.begin(made.id, 0) is None
    assert batches.begin(made.id, 1) == wish("某公司0")
    assert batches.left(made.id) == (1, 2), "what was begun is not done"
    assert batches.begin(made.id, 1) == wish("某公司0"), "and may be begun again"
    assert not batches.finish(made.id, AT)
    batches.settle(made.id, 1, ISSUED)
    assert batches.begin(made.id, 1) is None
    batches.settle(made.id, 1, REFUSED)
    assert batches.waiting() == 1
    batches.begin(made.id, 2)
    batches.settle(made.id, 2, REFUSED)
    assert batches.finish(made.id, AT)
    assert batches.finish(made.id, AT + timedelta(days=1))
    assert batches.get(made.id) == replace(made, finished_at=AT)
    assert batches.unfinished() == ()
    assert [one.outcome for one in batches.items(made.id, start=0, limit=9)] == [REFUSED, ISSUED, REFUSED]
    assert [one.position for one in batches.items(made.id, start=1, limit=1)] == [1]
    assert batches.counts(made.id) == {ItemState.ISSUED: 1, ItemState.REFUSED: 2}


def test_the_same_request_is_the_same_batch(batches: SqlIssueBatches) -> None:
    first = add(batches, batch(2), key="k", body=b"one")
    assert add(batches, batch(2), key="k", body=b"one") == first
    with pytest.raises(IdempotencyMismatchError):
        add(batches, batch(2), key="k", body=b"two")
    other = add(batches, batch(2, client="approval-2"), key="k", body=b"one")
    assert other.id != first.id
    assert batches.waiting() == 4


def test_a_batch_that_nobody_knows(batches: SqlIssueBatches) -> None:
    for wrong in ("", "x", "é", "\0"):
        with pytest.raises(IssueBatchNotFoundError):
            batches.get(wrong)
        with pytest.raises(IssueBatchNotFoundError):
            batches.cancel(wrong, AT)


def test_what_nobody_has_begun_is_cancelled(batches: SqlIssueBatches) -> None:
    made = add(batches, batch(4))
    batches.begin(made.id, 0)
    batches.settle(made.id, 0, ISSUED)
    batches.begin(made.id, 1)
    batches.begin(made.id, 2)
    batches.cancel(made.id, AT)
    assert batches.get(made.id).cancelled_at == AT
    states = [one.outcome.state for one in batches.items(made.id, start=0, limit=9)]
    assert states == [ItemState.ISSUED, ItemState.WORKING, ItemState.WORKING, ItemState.CANCELLED]
    batches.settle(made.id, 1, ISSUED)
    batches.put_back(made.id, 2)
    assert batches.counts(made.id) == {ItemState.ISSUED: 2, ItemState.CANCELLED: 2}
    assert batches.finish(made.id, AT)
    batches.cancel(made.id, AT + timedelta(days=1))
    assert batches.get(made.id).cancelled_at == AT


def test_what_could_not_be_issued_waits_again(batches: SqlIssueBatches) -> None:
    made = add(batches, batch(1))
    batches.begin(made.id, 0)
    batches.put_back(made.id, 0)
    assert batches.counts(made.id) == {ItemState.WAITING: 1}
    assert batches.begin(made.id, 0) == wish("某公司0")


def test_more_than_can_be_done_is_not_taken(batches: SqlIssueBatches, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(issue_batch_store, "MAX_WAITING_OF_CLIENT", 4)
    monkeypatch.setattr(issue_batch_store, "MAX_WAITING", 6)
    first = add(batches, batch(3))
    with pytest.raises(ClientBatchesFullError) as caught:
        add(batches, batch(2))
    assert caught.value.waiting == 3
    assert add(batches, first, key=first.id) == first, "what was accepted is found again all the same"
    add(batches, batch(3, client="approval-2"))
    with pytest.raises(BatchesFullError):
        add(batches, batch(1, client="approval-3"))
    batches.begin(first.id, 0)
    batches.settle(first.id, 0, ISSUED)
    add(batches, batch(1, client="approval-3"))


def test_what_is_asked_for_is_encrypted_and_forgotten(batches: SqlIssueBatches, database_url: str) -> None:
    made = add(batches, batch(2), key="91990101MA0TERT40P", body=b"body")
    batches.begin(made.id, 1)
    batches.settle(made.id, 1, REFUSED)
    engine = sa.create_engine(database_url.replace("postgresql://", "postgresql+psycopg://"))
    with engine.connect() as connection:
        whole = [*connection.execute(sa.text("SELECT * FROM issue_batches")).one()]
        rows = connection.execute(sa.text("SELECT * FROM issue_batch_items ORDER BY position")).all()
    engine.dispose()
    assert rows[0].wish is not None
    assert rows[1].wish is None
    kept = b"".join(
        bytes(one) if isinstance(one, bytes | memoryview) else str(one).encode() for one in (*whole, *rows[0], *rows[1])
    )
    for clear in ("某公司0", "91990101MA0TERT40P", "/data/x", json.dumps("某公司0")):
        assert clear.encode() not in kept
    with (
        closing(SqlIssueBatches(database_url, INDEX_KEY, protection(bytes(16)))) as stranger,
        pytest.raises(ProtectedDataError),
    ):
        stranger.begin(made.id, 0)


def test_a_wish_of_one_item_is_none_of_another(batches: SqlIssueBatches, database_url: str) -> None:
    made = add(batches, batch(2))
    engine = sa.create_engine(database_url.replace("postgresql://", "postgresql+psycopg://"))
    with engine.begin() as connection:
        connection.execute(
            sa.text(
                "UPDATE issue_batch_items SET wish = (SELECT wish FROM issue_batch_items WHERE position = 0) "
                "WHERE position = 1"
            )
        )
    engine.dispose()
    with pytest.raises(ProtectedDataError):
        batches.begin(made.id, 1)


STEPS = st.lists(
    st.tuples(st.sampled_from(["begin", "issued", "refused", "back", "cancel", "finish"]), st.integers(0, 3)),
    max_size=25,
)


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(STEPS)
def test_an_outcome_never_changes_and_no_item_is_lost(home: Any, steps: list[tuple[str, int]]) -> None:
    with closing(SqlIssueBatches(f"sqlite:///{home}/licences.db", INDEX_KEY, protection())) as store:
        made = add(store, batch(4), key=secrets.token_hex(8))
        settled: dict[int, ItemState] = {}
        for step, position in steps:
            match step:
                case "begin":
                    assert (store.begin(made.id, position) is None) == (position in settled)
                case "issued":
                    store.settle(made.id, position, ISSUED)
                case "refused":
                    store.settle(made.id, position, REFUSED)
                case "back":
                    store.put_back(made.id, position)
                case "cancel":
                    store.cancel(made.id, AT)
                case _:
                    assert store.finish(made.id, AT) == (len(settled) == 4)
            states = {one.position: one.outcome.state for one in store.items(made.id, start=0, limit=9)}
            assert settled.items() <= states.items()
            settled = {place: state for place, state in states.items() if state.is_final}
            assert set(store.left(made.id)) == set(range(4)) - settled.keys()
