"""Status lists say of every licence what the store says of it."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from esign import CHINA, MAX_PLACES, ListedStatus, StatusList, StructuredObligation
from licences import (
    LEGAL_GROUNDS,
    Act,
    Action,
    FileStore,
    LicenceStore,
    ListedLives,
    MemoryListedLives,
    MemoryStore,
    Particulars,
    Record,
    SqlListedLives,
    SqlStore,
    Standing,
    Status,
    StatusListName,
    Succession,
    TransitionRefusedError,
    changes_lists,
    made_status_lists,
    says_the_same,
    word_of,
)
from licences.status_lists import listed_status

Make = Callable[..., Any]
ISSUER, OTHER_ISSUER = "1199010000000102XM", "11990100000001038M"
HOLDERS = (("111", "990101199003071237"),)
NOON = datetime(2026, 11, 22, 4, tzinfo=UTC)
TERM = timedelta(hours=26)
INSPECTION = StructuredObligation(key="nextInspection", label="下次检验", due=date(2026, 11, 22), effect="not_usable")
REPORT = StructuredObligation(key="annualReport", label="年度报告", due=date(2026, 11, 30), effect="note")


@pytest.fixture
def both(adapter_url: str | None, tmp_path: Path) -> Iterator[tuple[LicenceStore, ListedLives]]:
    """Give every adapter beside the store that it reads."""
    if adapter_url is None:
        store = MemoryStore()
        yield store, MemoryListedLives(store)
        return
    (tmp_path / "files").mkdir(exist_ok=True)
    sql, lives = SqlStore(adapter_url, FileStore(tmp_path / "files"), bytes(range(32))), SqlListedLives(adapter_url)
    yield sql, lives
    lives.close()
    sql.close()


def act(action: Action, at: datetime = NOON, **particulars: object) -> Act:
    return Act(
        action=action,
        ground="事由",
        decision="样〔2026〕1号",
        effective_at=at,
        recorded_at=at,
        legal_ground=LEGAL_GROUNDS[action][0].code if action in LEGAL_GROUNDS else "",
        particulars=Particulars(**particulars),  # type: ignore[arg-type]
    )


def lists(source: ListedLives, at: datetime = NOON) -> dict[StatusListName, StatusList]:
    made = [one.listed for one in made_status_lists(source, at=at, time_to_live=TERM)]
    named = {StatusListName(one.issuer_code, one.number): one for one in made}
    assert len(named) == len(made)
    return named


def add(store: LicenceStore, licence: Any) -> Record:
    return store.add(licence.record, HOLDERS, licence.files)


def test_a_store_without_licences_has_no_list(both: tuple[LicenceStore, ListedLives]) -> None:
    _, source = both
    assert (source.names(), list(source.lives()), source.newest()) == (frozenset(), [], 0)
    assert lists(source) == {}


def test_every_issuer_has_a_list_of_its_own(both: tuple[LicenceStore, ListedLives], made: Make) -> None:
    store, source = both
    valid = add(store, made(status_index=1))
    revoked = add(store, made(status_index=7))
    foreign = add(store, made(status_index=8, issuer_code=OTHER_ISSUER))
    second = add(store, made(status_list=2, status_index=7))
    for record in (revoked, foreign):
        store.apply(record.identifier, act(Action.REVOKE))
    found = lists(source)
    assert set(found) == {(ISSUER, 1), (ISSUER, 2), (OTHER_ISSUER, 1)} == source.names()
    assert [len(one.places) for one in found.values()] == [MAX_PLACES] * 3
    ended = {name: [place for place, value in enumerate(one.places) if value] for name, one in found.items()}
    assert ended == {(ISSUER, 1): [7], (ISSUER, 2): [], (OTHER_ISSUER, 1): [8]}
    assert found[ISSUER, 1].at(7) is ListedStatus.ENDED
    # What nobody has looks like what is valid.
    assert found[ISSUER, 1].at(valid.status_index) is found[ISSUER, 1].at(99) is ListedStatus.VALID
    assert found[ISSUER, 2].at(second.status_index) is ListedStatus.VALID
    assert source.newest() == 6


def test_only_what_may_say_something_is_read(both: tuple[LicenceStore, ListedLives], made: Make) -> None:
    store, source = both
    add(store, made())
    suspended = add(store, made())
    inspected = add(store, made(obligations=(INSPECTION,)))
    waiting = add(store, made(status=Status.PENDING))
    store.apply(suspended.identifier, act(Action.SUSPEND))
    found = {life.index: life for life in source.lives()}
    assert set(found) == {one.status_index for one in (suspended, inspected, waiting)}
    assert found[suspended.status_index].events == store.events(suspended.identifier)
    assert found[inspected.status_index].obligations == (INSPECTION,)


def test_an_act_in_advance_counts_from_its_day(both: tuple[LicenceStore, ListedLives], made: Make) -> None:
    store, source = both
    record = add(store, made())
    begins, ends = NOON + timedelta(days=2), NOON + timedelta(days=5)
    store.apply(record.identifier, act(Action.SUSPEND, begins))
    store.apply(record.identifier, act(Action.RESUME, ends))
    expected = [(NOON, 0, begins), (begins, 2, ends), (ends, 0, None)]
    for at, value, changes_at in expected:
        (one,) = made_status_lists(source, at=at, time_to_live=TERM)
        assert (one.listed.places[record.status_index], one.changes_at) == (value, changes_at)


def test_what_stands_beside_the_status(both: tuple[LicenceStore, ListedLives], made: Make) -> None:
    store, source = both
    record = add(store, made(valid_to=date(2026, 11, 20), obligations=(REPORT, INSPECTION)))
    place = record.status_index
    earlier = NOON - timedelta(days=9)
    store.apply(record.identifier, act(Action.DISPUTE, earlier))
    store.apply(record.identifier, act(Action.ACCEPT_RENEWAL, earlier, applied_on=earlier.date(), keeps_valid=True))
    store.apply(record.identifier, act(Action.EXTEND, earlier, until=date(2026, 12, 31)))
    found = lists(source)[ISSUER, 1]
    assert found.at(place) is ListedStatus.RENEWAL_PENDING
    assert (found.disputed, found.extended) == ({place}, {place: date(2026, 12, 31)})
    # Due today: over tomorrow, while the list still lives. The report is due after that.
    assert [(one.key, one.due) for one in found.obligations[place]] == [("nextInspection", INSPECTION.due)]
    due = date(2027, 11, 22)
    store.apply(record.identifier, act(Action.INSPECT, obligation="nextInspection", next_due=due))
    assert not lists(source)[ISSUER, 1].obligations


@pytest.mark.parametrize("status", list(Status))
def test_every_status_has_its_value(status: Status) -> None:
    value = listed_status(Standing(status=status), date(2026, 11, 23), NOON)
    used = {Status.ISSUED: ListedStatus.VALID, Status.SUSPENDED: ListedStatus.SUSPENDED, Status.LOST: ListedStatus.LOST}
    waiting = {Status.INACTIVE: ListedStatus.INACTIVE, Status.PENDING: ListedStatus.PENDING}
    # Written down as expired, and its days do not say so: then it must not look valid.
    expected = used | waiting | {Status.REPLACED: ListedStatus.SUPERSEDED}
    assert value is expected.get(status, ListedStatus.ENDED)


@pytest.mark.parametrize(
    ("valid_to", "extended_to", "value"),
    [
        (date(2026, 11, 21), None, ListedStatus.VALID),
        (date(2026, 11, 22), None, ListedStatus.ENDED),
        (date(2026, 11, 20), date(2026, 11, 21), ListedStatus.VALID),
        (date(2026, 11, 20), date(2026, 11, 22), ListedStatus.ENDED),
        (None, None, ListedStatus.ENDED),
    ],
)
def test_that_it_expired_is_said_by_its_days(
    valid_to: date | None, extended_to: date | None, value: ListedStatus
) -> None:
    standing = Standing(status=Status.EXPIRED, extended_to=extended_to)
    assert listed_status(standing, valid_to, NOON) is value


def test_an_issue_changes_no_list_and_everything_else_may(store: LicenceStore, made: Make) -> None:
    record = add(store, made())
    waiting = add(store, made(status=Status.INACTIVE))
    store.apply(record.identifier, act(Action.DISPUTE))
    changes = [changes_lists(event) for event in store.changes_after(0, 10)]
    assert changes == [False, True, True]
    assert store.events(waiting.identifier)


# A random life is a walk of acts at random times; what the lifecycle refuses is left out.
STEPS = st.tuples(
    st.sampled_from([action for action in Action if not action.makes_successor]),
    st.integers(-40, 40),  # hours before or after now
    st.sampled_from([date(2026, 11, 19), date(2026, 11, 22), date(2026, 11, 23), date(2027, 6, 1)]),
    st.booleans(),
)
LIVES = st.tuples(
    st.sampled_from([Status.ISSUED, Status.ISSUED, Status.INACTIVE, Status.PENDING]),
    st.sampled_from([None, date(2026, 11, 20), date(2026, 11, 21), date(2026, 11, 22), date(2030, 1, 1)]),
    st.sets(st.sampled_from([REPORT, INSPECTION])),
    st.lists(STEPS, max_size=7),
)


def live(store: LicenceStore, record: Record, steps: list[tuple[Action, int, date, bool]]) -> None:
    for action, hours, day, keeps in steps:
        done = act(
            action,
            NOON + timedelta(hours=hours),
            until=day,
            obligation="nextInspection" if keeps else "annualReport",
            next_due=day,
            applied_on=day,
            keeps_valid=keeps,
            related="x",
        )
        try:
            store.apply(record.identifier, done)
        except (TransitionRefusedError, ExceptionGroup):
            continue


def agreed(store: LicenceStore, record: Record, listed: StatusList, at: datetime) -> None:
    """Hold what the list says of a licence against the answer of the store."""
    answer = store.status(record.identifier, at)
    assert answer is not None
    value = listed.at(record.status_index)
    assert (record.status_index in listed.disputed) == answer.disputed
    assert listed.extended.get(record.status_index) == answer.extended_to
    said = WORDS.get(word_of(record, answer), "ended")
    if said == "expired" and answer.value is Status.EXPIRED and value is ListedStatus.ENDED:
        said = "ended"
    assert listed_word(record, listed, at) == said


WORDS = {word: word for word in ("issued", "suspended", "lost", "inactive", "pending", "replaced", "expired")} | {
    word: word for word in ("renewal_pending", "not_yet_in_force", "obligation_overdue")
}
VALUES = {
    ListedStatus.ENDED: "ended",
    ListedStatus.SUSPENDED: "suspended",
    ListedStatus.SUPERSEDED: "replaced",
    ListedStatus.LOST: "lost",
    ListedStatus.INACTIVE: "inactive",
    ListedStatus.PENDING: "pending",
}


def listed_word(record: Record, listed: StatusList, at: datetime) -> str:
    """What somebody reads who has the licence and the list and nothing else."""
    place, day = record.status_index, at.astimezone(CHINA).date()
    value = listed.at(place)
    assert value is not None
    if value in VALUES:
        return VALUES[value]
    if day < record.valid_from:
        return "not_yet_in_force"
    last = max(filter(None, (record.valid_to, listed.extended.get(place))), default=None)
    expired = record.valid_to is not None and last is not None and day > last
    if expired and value is not ListedStatus.RENEWAL_PENDING:
        return "expired"
    if any(day > one.due and one.effect == "not_usable" for one in listed.obligations.get(place, ())):
        return "obligation_overdue"
    return "renewal_pending" if expired else "issued"


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(life=LIVES, hours=st.integers(-45, 45))
def test_a_list_says_what_the_store_says(made: Make, life: Any, hours: int) -> None:
    status, valid_to, obligations, steps = life
    store = MemoryStore()
    sealed = tuple(sorted(obligations, key=lambda one: one.key))
    record = add(store, made(status=status, valid_to=valid_to, obligations=sealed))
    live(store, record, steps)
    at = NOON + timedelta(hours=hours)
    agreed(store, record, lists(MemoryListedLives(store), at)[ISSUER, 1], at)


def test_many_lives_in_every_database(both: tuple[LicenceStore, ListedLives], made: Make) -> None:
    store, source = both
    drawn = random.Random(8)  # noqa: S311
    records = []
    for _ in range(20):
        obligations = tuple(one for one in (REPORT, INSPECTION) if drawn.random() < 0.5)
        valid_to = drawn.choice([None, date(2026, 11, 20), date(2026, 11, 22), date(2030, 1, 1)])
        record = add(store, made(valid_to=valid_to, obligations=obligations, status_list=drawn.choice([1, 2])))
        actions = [action for action in Action if not action.makes_successor]
        days = [date(2026, 11, 19), date(2026, 11, 22), date(2027, 6, 1)]
        live(
            store,
            record,
            [
                (drawn.choice(actions), drawn.randint(-40, 40), drawn.choice(days), drawn.random() < 0.5)
                for _ in range(drawn.randint(0, 7))
            ],
        )
        records.append(record)
    found = lists(source)
    for record in records:
        agreed(store, record, found[ISSUER, record.status_list], NOON)
    assert len({word_of(one, store.status(one.identifier, NOON)) for one in records}) > 5  # type: ignore[arg-type]


def test_what_takes_the_place_of_another_is_listed_with_what_it_carries_over(
    both: tuple[LicenceStore, ListedLives], made: Make
) -> None:
    store, source = both
    first = add(store, made())
    store.apply(first.identifier, act(Action.DISPUTE, NOON - timedelta(hours=2)))
    licence = made(first.number, version="002")
    change = Succession(previous=first.identifier, act=act(Action.CHANGE, NOON - timedelta(hours=1)))
    second = store.add(licence.record, HOLDERS, licence.files, succession=change)
    (found,) = lists(source).values()
    assert (found.at(first.status_index), found.at(second.status_index)) == (
        ListedStatus.SUPERSEDED,
        ListedStatus.VALID,
    )
    assert found.disputed == {first.status_index, second.status_index}


def test_two_lists_are_compared_by_what_they_say(made: Make) -> None:
    store = MemoryStore()
    record = add(store, made())
    before, later = (lists(MemoryListedLives(store), at)[ISSUER, 1] for at in (NOON, NOON + timedelta(hours=1)))
    assert says_the_same(before, later)
    store.apply(record.identifier, act(Action.DISPUTE))
    assert not says_the_same(later, lists(MemoryListedLives(store), later.issued_at)[ISSUER, 1])
