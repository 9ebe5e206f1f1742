"""Licences that follow each other, and what is known of their state on which day: the same in every store."""

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from typing import Any

import pytest

from esign import StructuredObligation
from licences import (
    Act,
    Action,
    Actor,
    DuplicateNumberError,
    InvalidFieldError,
    LicenceNotFoundError,
    LicenceStore,
    Particulars,
    Status,
    Succession,
    SuccessorInForceError,
    TransitionRefusedError,
)

HOLDERS = (("111", "990101199003071237"),)
CLERK = Actor(name="clerk-07", office="样例县行政审批局", office_code="1199010000000102XM")
START = datetime(2026, 11, 21, 4, tzinfo=UTC)
GROUNDS = {Action.CANCEL: "licensing-70-3", Action.ANNUL: "licensing-69-2", Action.RESTORE: "judgment"}

Make = Callable[..., Any]


def day(number: int) -> datetime:
    return START + timedelta(days=number)


def act(action: Action, *, effective: int, recorded: int | None = None, **particulars: Any) -> Act:
    return Act(
        action=action,
        ground="样例事由",
        decision="样决〔2026〕1号",
        legal_ground=GROUNDS.get(action, ""),
        actor=CLERK,
        effective_at=day(effective),
        recorded_at=day(effective if recorded is None else recorded),
        particulars=Particulars(**particulars),
    )


def add(store: LicenceStore, licence: Any) -> str:
    store.add(licence.record, HOLDERS, licence.files)
    identifier: str = licence.record.identifier
    return identifier


def follow(store: LicenceStore, previous: str, licence: Any, action: Action = Action.CHANGE, effective: int = 1) -> Any:
    succession = Succession(previous=previous, act=act(action, effective=effective))
    return store.add(licence.record, HOLDERS, licence.files, succession=succession)


def values(store: LicenceStore, identifier: str, *days: int, known: int | None = None) -> list[str]:
    answers = [store.status(identifier, day(one), known_at=None if known is None else day(known)) for one in days]
    return ["unknown" if answer is None else answer.value.value for answer in answers]


def test_a_new_version_takes_the_place_of_the_old_one(store: LicenceStore, made: Make) -> None:
    first, second = made("号"), made("号", version="002")
    identifier = add(store, first)
    kept = follow(store, identifier, second)
    assert (kept.first_identifier, kept.edition) == (identifier, 2)
    assert store.get(identifier).status is Status.REPLACED
    ended = store.events(identifier)[-1]
    assert (ended.action, ended.act.particulars.related, ended.act.actor) == (Action.CHANGE, kept.identifier, CLERK)
    begun = store.events(kept.identifier)[0]
    assert (begun.action, begun.act.particulars.related) == (Action.ISSUE, identifier)
    assert store.versions(identifier) == store.versions(kept.identifier) == (store.get(identifier), kept)
    assert values(store, identifier, 0, 1) == ["issued", "replaced"]
    answer = store.status(identifier, day(2))
    assert answer is not None
    assert answer.successor == kept.identifier
    assert store.file(store.get(identifier), "pdf") == first.files["pdf"]


def test_a_follower_may_change_the_number_but_take_nobody_elses(store: LicenceStore, made: Make) -> None:
    identifier, _other = add(store, made("甲")), add(store, made("乙"))
    with pytest.raises(DuplicateNumberError):
        follow(store, identifier, made("乙"))
    assert store.get(identifier).status is Status.ISSUED
    renamed = follow(store, identifier, made("丙"))
    with pytest.raises(DuplicateNumberError):
        add(store, made("甲"))
    again = follow(store, renamed.identifier, made("甲"), effective=2)
    assert [(one.number, one.edition) for one in store.versions(again.identifier)] == [("甲", 1), ("丙", 1), ("甲", 2)]


def test_two_changes_at_once_leave_one_follower(store: LicenceStore, made: Make) -> None:
    identifier = add(store, made("号"))
    followers = [made("号", version="002") for _ in range(6)]
    barrier = threading.Barrier(len(followers))
    outcomes: list[str] = []

    def change(licence: Any) -> None:
        barrier.wait()
        try:
            follow(store, identifier, licence)
            outcomes.append("followed")
        except TransitionRefusedError:
            outcomes.append("refused")

    threads = [threading.Thread(target=change, args=(one,)) for one in followers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["followed"] + ["refused"] * 5
    assert len(store.versions(identifier)) == 2


def test_a_refused_follower_ends_nothing(store: LicenceStore, made: Make) -> None:
    identifier = add(store, made("号"))
    store.apply(identifier, act(Action.SUSPEND, effective=1))
    with pytest.raises(TransitionRefusedError):
        follow(store, identifier, made("号", version="002"), effective=2)
    with pytest.raises(LicenceNotFoundError):
        follow(store, "1.2.3", made("号"))
    assert len(store.versions(identifier)) == 1
    assert [event.action for event in store.events(identifier)] == [Action.ISSUE, Action.SUSPEND]


def test_an_annulment_acts_back_and_what_was_known_stays_known(store: LicenceStore, made: Make) -> None:
    identifier = add(store, made(sealed_at=day(0)))
    store.apply(identifier, act(Action.SUSPEND, effective=10))
    store.apply(identifier, act(Action.RESUME, effective=20))
    store.apply(identifier, act(Action.ANNUL, effective=5, recorded=30))
    assert values(store, identifier, 4, 6, 15, 25, 40) == ["issued", "annulled", "annulled", "annulled", "annulled"]
    assert values(store, identifier, 4, 6, 15, 25, 40, known=29) == [
        "issued",
        "issued",
        "suspended",
        "issued",
        "issued",
    ]
    assert values(store, identifier, 40, known=-1) == ["unknown"]


def test_a_judgment_restores_from_the_day_on_which_it_ended(store: LicenceStore, made: Make) -> None:
    identifier = add(store, made())
    store.apply(identifier, act(Action.REVOKE, effective=10))
    with pytest.raises(TransitionRefusedError):
        store.apply(identifier, act(Action.RESTORE, effective=9, recorded=30))
    store.apply(identifier, act(Action.RESTORE, effective=10, recorded=30))
    assert values(store, identifier, 9, 10, 40) == ["issued", "issued", "issued"]
    assert values(store, identifier, 9, 10, 40, known=29) == ["issued", "revoked", "revoked"]


def test_a_replaced_licence_is_restored_only_when_its_follower_has_ended(store: LicenceStore, made: Make) -> None:
    identifier = add(store, made("号"))
    follower = follow(store, identifier, made("号", version="002")).identifier
    with pytest.raises(SuccessorInForceError):
        store.apply(identifier, act(Action.RESTORE, effective=3))
    store.apply(follower, act(Action.ANNUL, effective=1, recorded=3))
    store.apply(identifier, act(Action.RESTORE, effective=1, recorded=4))
    answer = store.status(identifier, day(5))
    assert answer is not None
    assert (answer.value, answer.successor) == (Status.ISSUED, "")


def test_nothing_slips_under_a_suspension_whose_end_is_recorded(store: LicenceStore, made: Make) -> None:
    identifier = add(store, made("号"))
    store.apply(identifier, act(Action.SUSPEND, effective=10))
    store.apply(identifier, act(Action.RESUME, effective=100, recorded=10))
    assert values(store, identifier, 50, 100) == ["suspended", "issued"]
    with pytest.raises(TransitionRefusedError):
        follow(store, identifier, made("号", version="002"), effective=50)
    follow(store, identifier, made("号", version="002"), effective=100)


def test_a_dispute_says_nothing_about_the_status_under_which_it_was_recorded(store: LicenceStore, made: Make) -> None:
    identifier = add(store, made())
    store.apply(identifier, act(Action.SUSPEND, effective=10))
    store.apply(identifier, act(Action.DISPUTE, effective=5, recorded=12))
    assert values(store, identifier, 7, 11) == ["issued", "suspended"]
    answers = [store.status(identifier, day(one)) for one in (4, 7)]
    assert [answer.disputed for answer in answers if answer] == [False, True]
    store.apply(identifier, act(Action.SETTLE, effective=20))
    answer = store.status(identifier, day(21))
    assert answer is not None
    assert not answer.disputed


def test_renewal_extension_and_inspection_stand_beside_the_status(store: LicenceStore, made: Make) -> None:
    due = StructuredObligation(key="nextInspection", label="下次检验", due=date(2027, 1, 1), effect="not_usable")
    identifier = add(store, made(obligations=(due,)))
    store.apply(identifier, act(Action.ACCEPT_RENEWAL, effective=1, applied_on=date(2026, 11, 22), keeps_valid=True))
    store.apply(identifier, act(Action.EXTEND, effective=2, until=date(2027, 6, 30)))
    store.apply(
        identifier,
        act(Action.INSPECT, effective=3, obligation="nextInspection", next_due=date(2028, 1, 1)),
    )
    before, now = store.status(identifier, day(0)), store.status(identifier, day(3))
    assert before is not None
    assert now is not None
    assert (before.renewal_pending, before.extended_to, before.obligations) == (False, None, (due,))
    assert (now.value, now.renewal_pending, now.extended_to) == (Status.ISSUED, True, date(2027, 6, 30))
    assert [one.due for one in now.obligations] == [date(2028, 1, 1)]
    store.apply(identifier, act(Action.REFUSE_RENEWAL, effective=4))
    later = store.status(identifier, day(5))
    assert later is not None
    assert not later.renewal_pending
    assert store.events(identifier)[3].act.particulars.next_due == date(2028, 1, 1)


INCOMPLETE = (
    (act(Action.EXTEND, effective=1), {"/until": "REQUIRED"}),
    (act(Action.INSPECT, effective=1), {"/obligation": "REQUIRED", "/nextDue": "REQUIRED"}),
    (
        act(Action.INSPECT, effective=1, obligation="nothing", next_due=date(2027, 1, 1)),
        {"/obligation": "OBLIGATION_UNKNOWN"},
    ),
    (act(Action.ACCEPT_RENEWAL, effective=1), {"/appliedOn": "REQUIRED"}),
    (act(Action.WITHDRAW, effective=1), {"/legalGround": "REQUIRED"}),
    (
        Act(
            action=Action.CANCEL, ground="由", decision="号", legal_ground="licensing-70-4",
            effective_at=day(1), recorded_at=day(1),
        ),
        {"/legalGround": "LEGAL_GROUND_DOES_NOT_FIT"},
    ),
    (
        Act(
            action=Action.ANNUL, ground="由", decision="", legal_ground="licensing-70-1",
            effective_at=day(1), recorded_at=day(1),
        ),
        {"/decision": "REQUIRED", "/legalGround": "LEGAL_GROUND_UNKNOWN"},
    ),
)  # fmt: skip


def test_what_an_act_must_bring_along(store: LicenceStore, made: Make) -> None:
    identifier = add(store, made())
    for given, codes in INCOMPLETE:
        with pytest.raises(ExceptionGroup) as caught:
            store.apply(identifier, given)
        faults = [fault for fault in caught.value.exceptions if isinstance(fault, InvalidFieldError)]
        assert {fault.pointer: fault.code for fault in faults} == codes
        assert len(store.events(identifier)) == 1


def test_changes_come_in_the_order_in_which_they_were_recorded(store: LicenceStore, made: Make) -> None:
    one, other = add(store, made()), add(store, made())
    store.apply(one, act(Action.REVOKE, effective=5))
    store.apply(other, act(Action.DISPUTE, effective=1, recorded=6))
    changes = store.changes_after(0, 10)
    assert [(event.identifier, event.action) for event in changes] == [
        (one, Action.ISSUE), (other, Action.ISSUE), (one, Action.REVOKE), (other, Action.DISPUTE),
    ]  # fmt: skip
    places = [event.sequence for event in changes]
    assert places == sorted(set(places))
    assert store.changes_after(places[1], 1) == changes[2:3]
    assert store.changes_after(places[-1], 10) == ()


def test_licences_of_an_issuer_page_by_page(store: LicenceStore, made: Make) -> None:
    identifiers = sorted(add(store, made()) for _ in range(4))
    add(store, made(issuer_code="11990100000001038M"))
    store.apply(identifiers[2], act(Action.REVOKE, effective=1))
    issuer = store.get(identifiers[0]).issuer_code
    first = store.in_force_of(issuer, after="", limit=2)
    rest = store.in_force_of(issuer, after=first[-1].identifier, limit=5)
    assert [one.identifier for one in (*first, *rest)] == [identifiers[0], identifiers[1], identifiers[3]]


def test_licences_whose_term_is_over(store: LicenceStore, made: Make) -> None:
    early = add(store, made(valid_to=date(2026, 12, 31)))
    add(store, made(valid_to=date(2027, 1, 1)))
    add(store, made(valid_to=None))
    ended = add(store, made(valid_to=date(2026, 12, 30)))
    store.apply(ended, act(Action.REVOKE, effective=1))
    assert [one.identifier for one in store.expired(date(2027, 1, 1), 10)] == [early]
    assert store.expired(date(2027, 1, 1), 0) == ()


def test_attachments_belong_to_one_licence(store: LicenceStore, made: Make) -> None:
    one, other = made(), add(store, made())
    store.add(one.record, HOLDERS, one.files, attachments=[b"scan"])
    digest = sha256(b"scan").hexdigest()
    assert store.attachment(one.record.identifier, digest) == b"scan"
    for identifier, sought in ((other, digest), (one.record.identifier, "0" * 64), ("1.2.3", digest)):
        with pytest.raises(LicenceNotFoundError):
            store.attachment(identifier, sought)


def test_what_is_restored_is_what_it_was(store: LicenceStore, made: Make) -> None:
    """A suspension, a loss, or seals that are still missing do not vanish with the end that is taken back."""
    suspended, lost, pending = add(store, made()), add(store, made()), add(store, made(status=Status.PENDING))
    store.apply(suspended, act(Action.SUSPEND, effective=1))
    store.apply(suspended, act(Action.RESUME, effective=100, recorded=1))
    store.apply(suspended, act(Action.REVOKE, effective=10))
    store.apply(suspended, act(Action.RESTORE, effective=20))
    assert values(store, suspended, 5, 15, 20, 99, 100) == [
        "suspended", "revoked", "suspended", "suspended", "issued",
    ]  # fmt: skip
    store.apply(lost, act(Action.REPORT_LOST, effective=1))
    store.apply(lost, act(Action.SUSPEND, effective=2))
    assert store.apply(lost, act(Action.RESUME, effective=3)).status is Status.LOST
    store.apply(pending, act(Action.CANCEL, effective=1))
    assert store.apply(pending, act(Action.RESTORE, effective=2)).status is Status.PENDING
    assert values(store, lost, 4) + values(store, pending, 4) == ["lost", "pending"]


def test_each_restoration_takes_one_end_back(store: LicenceStore, made: Make) -> None:
    identifier = add(store, made())
    store.apply(identifier, act(Action.REVOKE, effective=1))
    store.apply(identifier, replace(act(Action.CANCEL, effective=2), legal_ground="licensing-70-4"))
    assert store.apply(identifier, act(Action.RESTORE, effective=3)).status is Status.REVOKED
    assert store.apply(identifier, act(Action.RESTORE, effective=4)).status is Status.ISSUED
    assert values(store, identifier, 0, 1, 2, 3, 4) == ["issued", "revoked", "cancelled", "revoked", "issued"]


def test_an_expiry_hides_no_suspension(store: LicenceStore, made: Make) -> None:
    identifier = add(store, made("号"))
    store.apply(identifier, act(Action.SUSPEND, effective=1))
    store.apply(identifier, act(Action.EXPIRE, effective=2))
    with pytest.raises(TransitionRefusedError):
        follow(store, identifier, made("号", version="002"), Action.RENEW, effective=3)
    extended = store.apply(identifier, act(Action.EXTEND, effective=3, until=date(2030, 1, 1)))
    assert extended.status is Status.SUSPENDED
    assert values(store, identifier, 1, 2, 3) == ["suspended", "expired", "suspended"]


@pytest.mark.parametrize(("effective", "recorded"), [(5, 15), (15, 5), (5, 5), (30, 15)])
def test_a_follower_escapes_no_suspension(store: LicenceStore, made: Make, effective: int, recorded: int) -> None:
    """Neither acting back to before it, nor in advance, nor before a suspension that begins later."""
    identifier = add(store, made("号"))
    store.apply(identifier, act(Action.SUSPEND, effective=10, recorded=1))
    store.apply(identifier, act(Action.RESUME, effective=20, recorded=1))
    succession = Succession(previous=identifier, act=act(Action.CHANGE, effective=effective, recorded=recorded))
    second = made("号", version="002")
    with pytest.raises(TransitionRefusedError):
        store.add(second.record, HOLDERS, second.files, succession=succession)
    follow(store, identifier, second, effective=20)


def test_two_versions_are_never_in_force_together(store: LicenceStore, made: Make) -> None:
    first = add(store, made("号"))
    second = follow(store, first, made("号", version="002"), effective=1).identifier
    store.apply(first, act(Action.DISPUTE, effective=2))
    store.apply(first, act(Action.ANNUL, effective=2))
    assert store.apply(first, act(Action.RESTORE, effective=3)).status is Status.REPLACED
    third = follow(store, second, made("号", version="003"), effective=4).identifier
    with pytest.raises(SuccessorInForceError):  # its own follower has ended, the one after that has not
        store.apply(first, act(Action.RESTORE, effective=5))
    store.apply(third, act(Action.CANCEL, effective=6))
    with pytest.raises(SuccessorInForceError):  # on day 5 the third was still in force
        store.apply(first, act(Action.RESTORE, effective=5, recorded=7))
    store.apply(first, act(Action.RESTORE, effective=7))
    for other in (second, third):
        with pytest.raises(SuccessorInForceError):
            store.apply(other, act(Action.RESTORE, effective=8))


def test_what_stands_beside_the_status_goes_on(store: LicenceStore, made: Make) -> None:
    def obliged(due: date) -> tuple[StructuredObligation, ...]:
        return (StructuredObligation(key="nextInspection", label="下次检验", due=due, effect="not_usable"),)

    term, due = {"valid_to": date(2027, 6, 30)}, date(2027, 1, 1)
    first = add(store, made("号", obligations=obliged(due), **term))
    store.apply(first, act(Action.DISPUTE, effective=1))
    store.apply(first, act(Action.ACCEPT_RENEWAL, effective=2, applied_on=date(2026, 11, 22), keeps_valid=True))
    store.apply(first, act(Action.EXTEND, effective=3, until=date(2028, 6, 30)))
    store.apply(first, act(Action.INSPECT, effective=4, obligation="nextInspection", next_due=date(2028, 1, 1)))
    second = follow(store, first, made("号", version="002", obligations=obliged(due), **term), effective=5)
    answer = store.status(second.identifier, day(6))
    assert answer is not None
    assert (answer.value, answer.disputed, answer.renewal_pending) == (Status.ISSUED, True, True)
    assert (answer.extended_to, answer.obligations) == (date(2028, 6, 30), obliged(date(2028, 1, 1)))
    assert [event.sequence for event in store.events(second.identifier)] == list(range(7, 12))
    store.apply(second.identifier, act(Action.SETTLE, effective=7))
    later = {"valid_to": date(2032, 6, 30), "obligations": obliged(date(2029, 1, 1))}
    renewed = follow(store, second.identifier, made("号", version="003", **later), Action.RENEW, effective=8)
    answer = store.status(renewed.identifier, day(9))
    assert answer is not None
    assert (answer.disputed, answer.renewal_pending, answer.extended_to) == (False, False, None)
    assert answer.obligations == later["obligations"]


def test_the_same_change_asked_twice_at_once_is_answered_twice(store: LicenceStore, made: Make) -> None:
    identifier = add(store, made("号"))
    followers = [made("号", version="002") for _ in range(4)]
    barrier, answers = threading.Barrier(len(followers)), []

    def change(licence: Any) -> None:
        barrier.wait()
        succession = Succession(previous=identifier, act=act(Action.CHANGE, effective=1))
        kept = store.add(licence.record, HOLDERS, licence.files, ("键", "a" * 64), succession=succession)
        answers.append(kept.short_code)

    threads = [threading.Thread(target=change, args=(one,)) for one in followers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == len(followers)
    assert len(set(answers)) == 1


def test_nothing_is_known_before_the_issue_was_recorded(store: LicenceStore, made: Make) -> None:
    """Also where the clock of another machine was behind."""
    identifier = add(store, made(sealed_at=day(2)))
    store.apply(identifier, act(Action.SUSPEND, effective=1, recorded=1))
    assert values(store, identifier, 3, known=1) == ["unknown"]
    assert values(store, identifier, 3, known=2) == ["suspended"]


def test_what_is_replaced_from_a_later_day_can_be_revoked_before(store: LicenceStore, made: Make) -> None:
    identifier = add(store, made("号"))
    follow(store, identifier, made("号", version="002"), Action.RENEW, effective=100)
    store.apply(identifier, act(Action.REVOKE, effective=10))
    assert values(store, identifier, 9, 10, 100) == ["issued", "revoked", "revoked"]
