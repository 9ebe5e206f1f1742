"""The holder's file: what counts today first, history on request, co-owners, linked codes, codes that never checked."""

import itertools
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from licences import (
    Act,
    Action,
    Actor,
    HolderFile,
    HolderLink,
    InvalidHolderError,
    LicenceStore,
    MemoryHolderLinks,
    Particulars,
    Succession,
    holder_file,
)

Make = Callable[..., Any]

AT = datetime(2026, 11, 22, 2, tzinfo=UTC)
PERSON, PARTNER = ("111", "990101199003071237"), ("111", "990101198512124566")
ACTOR = Actor(name="zhang", office="样例县行政审批局")
_clock = itertools.count()


def add(store: LicenceStore, made: Make, *holders: tuple[str, str], **changes: object) -> str:
    licence = made(sealed_at=datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=next(_clock)), **changes)
    store.add(licence.record, holders, licence.files)
    identifier: str = licence.record.identifier
    return identifier


def act(action: Action, **particulars: object) -> Act:
    return Act(
        action=action,
        ground="事由",
        decision="样字〔2026〕1号",
        legal_ground={Action.REVOKE: "penalty-9-3", Action.SUSPEND: ""}.get(action, ""),
        actor=ACTOR,
        effective_at=AT - timedelta(days=1),
        recorded_at=AT - timedelta(days=1),
        particulars=Particulars(**particulars),  # type: ignore[arg-type]
    )


def listed(file: HolderFile) -> list[str]:
    return [one.record.identifier for one in file.licences]


def test_what_is_in_force_comes_first_and_the_newest_before_the_older(store: LicenceStore, made: Make) -> None:
    revoked, old, expired, future, suspended, new = (
        add(store, made, PERSON),
        add(store, made, PERSON),
        add(store, made, PERSON, valid_to=date(2026, 11, 21)),
        add(store, made, PERSON, valid_from=date(2026, 11, 23)),
        add(store, made, PERSON),
        add(store, made, PERSON, valid_to=None),
    )
    store.apply(revoked, act(Action.REVOKE))
    store.apply(suspended, act(Action.SUSPEND))
    file = holder_file(store, None, *PERSON, at=AT)
    assert listed(file) == [new, old, suspended, future, expired, revoked]
    assert [one.in_force for one in file.licences] == [True, True, False, False, False, False]
    assert [one.state for one in file.licences] == [
        "issued", "issued", "suspended", "not_yet_in_force", "expired", "revoked",
    ]  # fmt: skip
    assert file.earlier == 0


def test_earlier_versions_are_shown_on_request(store: LicenceStore, made: Make) -> None:
    first = add(store, made, PERSON)
    later = made()
    store.add(later.record, [PERSON], later.files, succession=Succession(previous=first, act=act(Action.CHANGE)))
    file = holder_file(store, None, *PERSON, at=AT)
    assert (listed(file), file.earlier) == ([later.record.identifier], 1)
    whole = holder_file(store, None, *PERSON, at=AT, history=True)
    assert (listed(whole), whole.earlier) == ([later.record.identifier, first], 0)
    before = holder_file(store, None, *PERSON, at=AT - timedelta(days=2))
    assert first in listed(before)


def test_a_pending_renewal_and_an_extension_keep_a_licence_in_force(store: LicenceStore, made: Make) -> None:
    pending, extended = (add(store, made, PERSON, valid_to=date(2026, 11, 21)) for _ in range(2))
    store.apply(pending, act(Action.ACCEPT_RENEWAL, applied_on=date(2026, 10, 1), keeps_valid=True))
    store.apply(extended, act(Action.EXTEND, until=date(2026, 12, 31)))
    file = holder_file(store, None, *PERSON, at=AT)
    assert {one.record.identifier: one.state for one in file.licences} == {
        pending: "renewal_pending",
        extended: "issued",
    }
    assert all(one.in_force for one in file.licences)
    assert holder_file(store, None, *PERSON, at=AT + timedelta(days=60)).licences[1].state == "expired"


def test_every_co_owner_has_it_in_the_file(store: LicenceStore, made: Make) -> None:
    shared, own = add(store, made, PERSON, PARTNER), add(store, made, PARTNER)
    assert listed(holder_file(store, None, *PERSON, at=AT)) == [shared]
    assert listed(holder_file(store, None, *PARTNER, at=AT)) == [own, shared]


def test_linked_codes_only_when_asked_for_and_each_licence_once(store: LicenceStore, made: Make) -> None:
    links = MemoryHolderLinks()
    link = HolderLink(
        id="1", relation="document-replaced", earlier=("414", "E12345678"), later=PERSON, since=date(2026, 1, 1),
        evidence="样", evidence_digest="", actor=ACTOR, recorded_at=AT,
    )  # fmt: skip
    links.add(link)
    own, theirs, both = (
        add(store, made, PERSON),
        add(store, made, ("414", "E12345678")),
        add(store, made, PERSON, ("414", "E12345678")),
    )
    assert listed(holder_file(store, None, *PERSON, at=AT)) == [both, own]
    file = holder_file(store, links, *PERSON, at=AT)
    assert {one.record.identifier: one.path for one in file.licences} == {both: (), theirs: (link,), own: ()}


def test_a_code_that_fails_its_checks_is_found_and_a_slip_is_told(store: LicenceStore, made: Make) -> None:
    old = add(store, made, ("111", "990101199003071238"))
    assert listed(holder_file(store, None, "111", "990101 19900307 1238", at=AT)) == [old]
    with pytest.raises(InvalidHolderError) as caught:
        holder_file(store, None, "111", "990101199003071239", at=AT)
    assert caught.value.code == "ID_NUMBER_CHECK"
    assert holder_file(store, MemoryHolderLinks(), *PARTNER, at=AT).licences == ()


def test_fifteen_digits_find_what_eighteen_have(store: LicenceStore, made: Make) -> None:
    identifier = add(store, made, PERSON)
    assert listed(holder_file(store, None, "111", "990101900307123", at=AT)) == [identifier]
