"""The promises of ``licences.store.LicenceStore``, kept by the memory and the SQL store alike."""

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from hashlib import sha256
from typing import Any

import pytest

from licences import (
    Act,
    Action,
    Actor,
    AllotmentTakenError,
    DuplicateNumberError,
    FileChangedError,
    IdempotencyMismatchError,
    InvalidFieldError,
    LicenceNotFoundError,
    LicenceStore,
    Status,
    StatusAnswer,
    TransitionRefusedError,
)
from licences.actors import OFFICE_CODE_LENGTH
from licences.acts import MAX_ACTOR_LENGTH, MAX_DECISION_LENGTH, MAX_GROUND_LENGTH
from licences.store import proofs_of

HOLDER = "990101199003071237"
HOLDERS = (("111", HOLDER),)
NOON = datetime(2026, 11, 21, 12, tzinfo=timezone(timedelta(hours=8)))

Make = Callable[..., Any]


def revoke(store: LicenceStore, identifier: str, *, effective_at: datetime = NOON) -> None:
    store.apply(
        identifier,
        Act(
            action=Action.REVOKE,
            ground="出租许可证",
            decision="样农罚〔2026〕1号",
            effective_at=effective_at,
            recorded_at=NOON,
        ),
    )


def test_what_is_added_is_found_again(store: LicenceStore, made: Make) -> None:
    one, other = made(), made(valid_to=None)
    assert store.add(one.record, HOLDERS, one.files) == one.record
    assert store.add(other.record, HOLDERS, other.files) == other.record
    assert store.get(one.record.identifier) == one.record
    assert store.get(other.record.identifier) == other.record
    assert store.by_short_code(other.record.short_code) == other.record
    wide = one.record.number.replace("(", "（").replace(")", "）").lower()
    assert store.with_number(wide, 2) == (one.record,)
    for kind, content in one.files.items():
        assert store.file(one.record, kind) == content
    assert store.is_ready()


def test_the_existence_of_files_and_code_is_proven(store: LicenceStore, made: Make) -> None:
    one = made()
    store.add(one.record, HOLDERS, one.files)
    for digest in proofs_of(one.record):
        assert store.existed_since(one.record.identifier, digest) == one.record.sealed_at
    assert sha256(one.record.code.encode()).hexdigest() in proofs_of(one.record)
    assert store.existed_since(one.record.identifier, "00" * 32) is None
    assert store.existed_since("1.2.3", one.record.files["pdf"].sha256) is None


def test_a_file_of_a_higher_level_takes_the_place_of_the_first(store: LicenceStore, made: Make) -> None:
    one = made()
    store.add(one.record, HOLDERS, one.files)
    changed = store.replace_files(one.record, {"pdf": b"with a timestamp"}, at=NOON)
    assert changed == store.get(one.record.identifier) != one.record
    assert store.file(changed, "pdf") == b"with a timestamp"
    assert store.existed_since(one.record.identifier, changed.files["pdf"].sha256) == NOON
    assert store.existed_since(one.record.identifier, one.record.files["pdf"].sha256) == one.record.sealed_at
    with pytest.raises(FileChangedError):
        store.replace_files(one.record, {"pdf": b"by somebody who was slower"}, at=NOON)
    again = store.replace_files(changed, {"pdf": one.files["pdf"]}, at=NOON)
    assert store.existed_since(one.record.identifier, again.files["pdf"].sha256) == one.record.sealed_at


def test_a_licence_that_waits_for_a_seal_is_issued_when_it_is_there(store: LicenceStore, made: Make) -> None:
    one = made()
    waiting = replace(one.record, status=Status.PENDING)
    store.add(waiting, HOLDERS, one.files)
    assert [event.action for event in store.events(waiting.identifier)] == [Action.PREPARE]
    assert store.status(waiting.identifier, NOON) == StatusAnswer(value=Status.PENDING, as_of=NOON)
    issued = store.replace_files(waiting, {"pdf": b"all sealed", "p7s": b"by all"}, at=NOON)
    assert issued.status is Status.ISSUED
    assert issued == store.get(waiting.identifier)
    assert [event.action for event in store.events(waiting.identifier)] == [Action.PREPARE, Action.ISSUE]
    earlier = NOON - timedelta(seconds=1)
    assert store.status(waiting.identifier, NOON) == StatusAnswer(value=Status.ISSUED, as_of=NOON)
    assert store.status(waiting.identifier, earlier) == StatusAnswer(value=Status.PENDING, as_of=earlier)


def test_the_longest_texts_have_room(store: LicenceStore, made: Make) -> None:
    one = made("㈱" + "９" * 127)
    act = Act(
        action=Action.REVOKE,
        ground="由" * MAX_GROUND_LENGTH,
        decision="号" * MAX_DECISION_LENGTH,
        effective_at=NOON,
        recorded_at=NOON,
        actor=Actor(name="名" * MAX_ACTOR_LENGTH, office="局" * MAX_ACTOR_LENGTH, office_code="1" * OFFICE_CODE_LENGTH),
    )
    store.add(one.record, HOLDERS, one.files)
    store.apply(one.record.identifier, act)
    assert store.get(one.record.identifier).number == one.record.number
    assert store.events(one.record.identifier)[-1].act.actor == act.actor
    with pytest.raises(ExceptionGroup):
        store.apply(one.record.identifier, replace(act, actor=replace(act.actor, office_code="1" * 19)))


def test_unknown_names_are_not_found(store: LicenceStore) -> None:
    for text in ("", "1.2.156.3005.2", "证照", "\ud800", "x" * 100_000, "a\0b"):
        with pytest.raises(LicenceNotFoundError):
            store.get(text)
        with pytest.raises(LicenceNotFoundError):
            store.by_short_code(text)
        assert store.with_number(text, 2) == ()
        with pytest.raises(LicenceNotFoundError):
            store.events(text)
        with pytest.raises(LicenceNotFoundError):
            revoke(store, text)
        assert store.status(text, NOON) is None
        assert store.of_holder("111", text) == ()


@pytest.mark.parametrize("again", ["农药经许(赣)99010110001", "农药经许（赣）９９010110001"])
def test_a_number_is_issued_once(store: LicenceStore, made: Make, again: str) -> None:
    first = made("农药经许(赣)99010110001")
    store.add(first.record, HOLDERS, first.files)
    second = made(again)
    with pytest.raises(DuplicateNumberError):
        store.add(second.record, HOLDERS, second.files)
    with pytest.raises(LicenceNotFoundError):
        store.get(second.record.identifier)


def test_a_version_that_follows_no_other_takes_no_number(store: LicenceStore, made: Make) -> None:
    first, second = made("号"), made("号", version="002")
    store.add(first.record, HOLDERS, first.files)
    with pytest.raises(DuplicateNumberError):
        store.add(second.record, HOLDERS, second.files)


def test_a_free_place_in_the_status_lists_is_found(store: LicenceStore, made: Make) -> None:
    assert store.free_status_place([7, 7]) == (1, 7)
    for index in (7, 8):
        licence = made(status_index=index)
        store.add(licence.record, HOLDERS, licence.files)
    assert store.free_status_place([7, 8, 0, 9]) == (1, 0)
    assert store.free_status_place([8, 7, 8]) == (2, 8)
    newer = made(status_list=2, status_index=8)
    store.add(newer.record, HOLDERS, newer.files)
    assert store.free_status_place([7]) == (2, 7)
    assert store.free_status_place([8]) == (3, 8)


def test_another_issuer_or_type_may_use_the_same_number(store: LicenceStore, made: Make) -> None:
    for changes in ({}, {"issuer_code": "11990100000001038M"}, {"type_code": "11990000000001011Q002"}):
        licence = made("同号", **changes)
        assert store.add(licence.record, HOLDERS, licence.files) == licence.record


@pytest.mark.parametrize("field", ["identifier", "short_code", "status_index"])
def test_random_allotments_are_used_once(store: LicenceStore, made: Make, field: str) -> None:
    first = made()
    store.add(first.record, HOLDERS, first.files)
    second = made(**{field: getattr(first.record, field)})
    with pytest.raises(AllotmentTakenError):
        store.add(second.record, HOLDERS, second.files)
    assert store.of_holder("111", HOLDER) == (first.record,)


def test_the_same_request_gets_the_same_licence(store: LicenceStore, made: Make) -> None:
    first, second = made("重复"), made("重复")
    assert store.replay("key", "body") is None
    assert store.add(first.record, HOLDERS, first.files, ("key", "body")) == first.record
    assert store.replay("key", "body") == first.record
    assert store.add(second.record, HOLDERS, second.files, ("key", "body")) == first.record
    assert store.of_holder("111", HOLDER) == (first.record,)


def test_a_key_stands_for_one_request(store: LicenceStore, made: Make) -> None:
    first, second = made(), made()
    store.add(first.record, HOLDERS, first.files, ("key", "body"))
    with pytest.raises(IdempotencyMismatchError):
        store.replay("key", "other body")
    with pytest.raises(IdempotencyMismatchError):
        store.add(second.record, HOLDERS, second.files, ("key", "other body"))
    assert store.replay("other key", "body") is None
    assert store.of_holder("111", HOLDER) == (first.record,)


def test_a_key_may_be_any_text(store: LicenceStore, made: Make) -> None:
    for key in ("k" * 100_000, "密钥", "\ud800", "\0"):
        licence = made()
        store.add(licence.record, HOLDERS, licence.files, (key, "body"))
        assert store.replay(key, "body") == licence.record


def test_a_refused_licence_does_not_use_up_its_key(store: LicenceStore, made: Make) -> None:
    first, second, third = made("号"), made("号"), made()
    store.add(first.record, HOLDERS, first.files)
    with pytest.raises(DuplicateNumberError):
        store.add(second.record, HOLDERS, second.files, ("key", "body"))
    assert store.replay("key", "body") is None
    assert store.add(third.record, HOLDERS, third.files, ("key", "other")) == third.record


def test_a_holder_is_found_by_kind_and_code(store: LicenceStore, made: Make) -> None:
    later = made(sealed_at=datetime(2026, 11, 22, tzinfo=UTC))
    earlier = made()
    organisation = made(holder_kind="001")
    for licence in (later, earlier):
        store.add(licence.record, HOLDERS, licence.files)
    store.add(organisation.record, (("001", HOLDER),), organisation.files)
    other = made()
    store.add(other.record, (("111", "990101198512124566"),), other.files)
    assert store.of_holder("111", HOLDER) == (earlier.record, later.record)
    assert store.of_holder("001", HOLDER) == (organisation.record,)
    assert store.of_holder("111", "990101198512124567") == ()


def test_a_licence_of_several_holders_is_found_by_each(store: LicenceStore, made: Make) -> None:
    shared, own = made(), made()
    one, other = ("111", HOLDER), ("001", "91990100MA0TERT08X")
    store.add(shared.record, (one, other, one), shared.files)
    store.add(own.record, (other,), own.files)
    assert store.of_holder(*one) == (shared.record,)
    assert {record.identifier for record in store.of_holder(*other)} == {
        shared.record.identifier,
        own.record.identifier,
    }


def test_revoking_changes_record_status_and_events(store: LicenceStore, made: Make) -> None:
    licence = made()
    identifier = licence.record.identifier
    store.add(licence.record, HOLDERS, licence.files)
    before = NOON - timedelta(microseconds=1)
    assert store.status(identifier, NOON) == StatusAnswer(value=Status.ISSUED, as_of=NOON)
    revoke(store, identifier)
    assert store.get(identifier).status is Status.REVOKED
    assert store.of_holder("111", HOLDER)[0].status is Status.REVOKED
    assert store.status(identifier, before) == StatusAnswer(value=Status.ISSUED, as_of=before)
    assert store.status(identifier, NOON) == StatusAnswer(value=Status.REVOKED, as_of=NOON)
    issue, revocation = store.events(identifier)
    assert (issue.before, issue.action, issue.after) == (None, Action.ISSUE, Status.ISSUED)
    assert (issue.act.effective_at, issue.act.recorded_at) == (licence.record.sealed_at, licence.record.sealed_at)
    assert (revocation.before, revocation.action, revocation.after) == (
        Status.ISSUED,
        Action.REVOKE,
        Status.REVOKED,
    )
    assert (revocation.act.ground, revocation.act.decision) == ("出租许可证", "样农罚〔2026〕1号")
    assert (revocation.act.effective_at, revocation.act.recorded_at) == (NOON, NOON)


def test_an_act_counts_from_its_effective_time(store: LicenceStore, made: Make) -> None:
    licence = made()
    store.add(licence.record, HOLDERS, licence.files)
    revoke(store, licence.record.identifier, effective_at=NOON + timedelta(days=3))
    answers = [store.status(licence.record.identifier, NOON + timedelta(days=days)) for days in (2, 3)]
    assert [answer.value for answer in answers if answer] == [Status.ISSUED, Status.REVOKED]


def test_a_licence_counts_as_issued_before_it_was_sealed(store: LicenceStore, made: Make) -> None:
    licence = made()
    store.add(licence.record, HOLDERS, licence.files)
    answer = store.status(licence.record.identifier, licence.record.sealed_at - timedelta(days=400))
    assert answer is not None
    assert answer.value is Status.ISSUED


def test_nothing_is_revoked_twice(store: LicenceStore, made: Make) -> None:
    licence = made()
    store.add(licence.record, HOLDERS, licence.files)
    revoke(store, licence.record.identifier)
    with pytest.raises(TransitionRefusedError):
        revoke(store, licence.record.identifier)
    assert len(store.events(licence.record.identifier)) == 2


def test_grounds_must_be_given(store: LicenceStore, made: Make) -> None:
    licence = made()
    store.add(licence.record, HOLDERS, licence.files)
    for ground, decision, codes in (
        ("", "", {"/ground": "REQUIRED", "/decision": "REQUIRED"}),
        ("由" * 1001, "号" * 101, {"/ground": "TOO_LONG", "/decision": "TOO_LONG"}),
        ("事由", "号\ud800", {"/decision": "CONTROL_CHARACTER"}),
        ("事\u202e由", "号\n号", {"/ground": "CONTROL_CHARACTER", "/decision": "CONTROL_CHARACTER"}),
        (" 事由", "号", {"/ground": "SURROUNDING_SPACE"}),
    ):
        act = Act(action=Action.REVOKE, ground=ground, decision=decision, effective_at=NOON, recorded_at=NOON)
        with pytest.raises(ExceptionGroup) as caught:
            store.apply(licence.record.identifier, act)
        faults = [fault for fault in caught.value.exceptions if isinstance(fault, InvalidFieldError)]
        assert {fault.pointer: fault.code for fault in faults} == codes
        assert store.get(licence.record.identifier).status is Status.ISSUED


def test_threads_that_add_one_number_leave_one_licence(store: LicenceStore, made: Make) -> None:
    licences = [made("抢号") for _ in range(8)]
    barrier = threading.Barrier(len(licences))
    outcomes: list[str] = []

    def add(licence: Any) -> None:
        barrier.wait()
        try:
            store.add(licence.record, HOLDERS, licence.files)
            outcomes.append("added")
        except DuplicateNumberError:
            outcomes.append("refused")

    threads = [threading.Thread(target=add, args=(licence,)) for licence in licences]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["added"] + ["refused"] * 7
    assert len(store.of_holder("111", HOLDER)) == 1


def test_threads_that_revoke_one_licence_leave_one_event(store: LicenceStore, made: Make) -> None:
    licence = made()
    store.add(licence.record, HOLDERS, licence.files)
    barrier = threading.Barrier(8)
    outcomes: list[str] = []

    def attempt() -> None:
        barrier.wait()
        try:
            revoke(store, licence.record.identifier)
            outcomes.append("revoked")
        except TransitionRefusedError:
            outcomes.append("refused")

    threads = [threading.Thread(target=attempt) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["refused"] * 7 + ["revoked"]
    assert len(store.events(licence.record.identifier)) == 2
