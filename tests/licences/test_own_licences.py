"""Whose licences somebody may use: his own, those of whom he represents, those he was entrusted with; nobody else's."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from esign import CHINA
from licences import (
    Actor,
    DuplicateLinkError,
    HolderLink,
    InvalidFieldError,
    KeyRing,
    LicenceNotFoundError,
    MemoryHolderLinks,
    MemoryStore,
    Protection,
    SqlMandates,
    SqlUseCodes,
    linked_codes,
)
from licences.access import (
    MAX_MANDATES,
    AuthorisationWish,
    Caller,
    Form,
    HolderIdentity,
    LicenceUse,
    Mandate,
    MandateNotFoundError,
    MandateWish,
    NotAllowedError,
    Proof,
    Role,
    TooManyMandatesError,
    UseMode,
    own_licences,
)
from licences.holder_indexes import holder_index

KEY = bytes(range(32))
AT = datetime(2026, 11, 22, 2, 30, tzinfo=UTC)
TODAY = AT.astimezone(CHINA).date()
OFFICER = Actor(name="clerk01", office="样例县行政审批局", office_code="1199010000000102XM")
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def citizen(number: int) -> str:
    body = f"99010119900101{number:03d}"
    return body + "10X98765432"[sum(int(digit) * weight for digit, weight in zip(body, _WEIGHTS, strict=True)) % 11]


PERSONS = [HolderIdentity(kind="111", code=citizen(n), name=f"人{n}", assurance="L3") for n in range(4)]
BODIES = [("001", "91990101MA0TERT40P"), ("001", "91990101MA0TERT67F"), ("001", "91990101MA0TERT835")]
KEYS = [*((one.kind, one.code) for one in PERSONS), *BODIES]


@dataclass
class World:
    """Stores with nothing in them but mandates that were left over for others."""

    store: MemoryStore
    links: MemoryHolderLinks
    mandates: SqlMandates
    use: LicenceUse
    made: Callable[..., Any]

    def licence(self, holder: tuple[str, str], **changes: Any) -> str:
        licence = self.made(**changes)
        self.store.add(licence.record, [holder], licence.files)
        return str(licence.record.identifier)

    def link(self, relation: str, earlier: tuple[str, str], later: tuple[str, str]) -> None:
        link = HolderLink(
            id=secrets.token_hex(8), relation=relation, earlier=earlier, later=later, since=date(2020, 1, 1),
            evidence="证明", evidence_digest="", actor=OFFICER, recorded_at=AT,
        )  # fmt: skip
        self.links.add(link)

    def seen(self, holder: HolderIdentity, *, at: datetime = AT) -> dict[str, set[UseMode]]:
        found = self.use.own(holder, at=at)
        return {one.filed.record.identifier: {ground.mode for ground in one.grounds} for one in found}


def caller(holder: HolderIdentity | None) -> Caller:
    return Caller(
        client="holder-1", office="", office_code="", roles=frozenset({Role.HOLDER}), grants=(), proof=Proof.SESSION,
        holder=holder,
    )  # fmt: skip


@pytest.fixture
def world(home: Path, made: Callable[..., Any]) -> Iterator[World]:
    def protection() -> Protection:
        return Protection(lambda: KeyRing.of([bytes(16)]), secrets.token_bytes)

    url = f"sqlite:///{home}/licences.db"
    mandates, codes = SqlMandates(url, KEY, protection()), SqlUseCodes(url, KEY, protection())
    store, links = MemoryStore(), MemoryHolderLinks()
    use = LicenceUse(
        store=store, links=links, mandates=mandates, codes=codes,
        index=lambda kind, code: holder_index(KEY, kind, code), random=secrets.token_bytes,
    )  # fmt: skip
    yield World(store=store, links=links, mandates=mandates, use=use, made=made)
    mandates.close()
    codes.close()


def wish(agent: HolderIdentity = PERSONS[1], **changes: Any) -> MandateWish:
    given = MandateWish(
        agent_kind=agent.kind, agent_code=agent.code, agent_name=agent.name, types=("pesticide-business",),
        matter="代办延续", until=TODAY + timedelta(days=30),
    )  # fmt: skip
    return replace(given, **changes)


SLUGS = frozenset({"pesticide-business", "water-abstraction"})


def granted(world: World, given: MandateWish, principal: HolderIdentity = PERSONS[0]) -> Mandate:
    return world.use.grant(caller(principal), given, principal=None, slugs=SLUGS, at=AT)


def refused(world: World, given: MandateWish) -> dict[str, str]:
    with pytest.raises(ExceptionGroup) as caught:
        granted(world, given)
    return {error.pointer: error.code for error in caught.value.exceptions if isinstance(error, InvalidFieldError)}


def test_relations_say_who_acts_for_whom(world: World) -> None:
    person, child, boss, other = PERSONS
    own = world.licence(KEYS[0])
    wards, bodies, before, parted = (world.licence(key) for key in (KEYS[1], BODIES[0], BODIES[1], BODIES[2]))
    world.link("guardian", KEYS[1], KEYS[0])
    world.link("representative", BODIES[0], KEYS[2])
    world.link("merged", BODIES[1], BODIES[0])
    assert world.seen(person) == {own: {UseMode.HOLDER}, wards: {UseMode.REPRESENTATIVE}}
    assert world.seen(child) == {wards: {UseMode.HOLDER}}
    assert world.seen(boss) == {bodies: {UseMode.REPRESENTATIVE}}
    assert world.seen(other) == {}
    body = HolderIdentity(kind="001", code=BODIES[0][1], name="公司", assurance="L3")
    assert world.seen(body) == {bodies: {UseMode.HOLDER}, before: {UseMode.HOLDER}}
    world.link("split", BODIES[2], BODIES[0])
    assert parted not in world.seen(body)


def test_a_ward_is_not_entrusted_to_others(world: World) -> None:
    own, wards = world.licence(KEYS[0]), world.licence(KEYS[2])
    world.link("guardian", KEYS[2], KEYS[0])
    granted(world, wish())
    assert world.seen(PERSONS[1]) == {own: {UseMode.AGENT}}
    assert refused(world, wish(types=(), licences=(wards,))) == {"/licences/0": "LICENCE_NOT_FOUND"}
    for_ward = world.use.grant(
        caller(PERSONS[0]), wish(types=(), licences=(wards,)), principal=KEYS[2], slugs=SLUGS, at=AT
    )
    assert set(world.seen(PERSONS[1])) == {own, wards}
    world.use.withdraw(caller(PERSONS[0]), for_ward.id, at=AT)
    assert set(world.seen(PERSONS[1])) == {own}


def test_a_mandate_counts_from_its_first_day_to_the_end_of_its_last(world: World) -> None:
    identifier = world.licence(KEYS[0])
    first, last = TODAY + timedelta(days=2), TODAY + timedelta(days=3)
    granted(world, wish(since=first, until=last))
    begin = datetime(first.year, first.month, first.day, tzinfo=CHINA)
    end = begin + timedelta(days=2)
    moment = timedelta(microseconds=1)
    for at, covered in ((begin - moment, False), (begin, True), (end - moment, True), (end, False)):
        assert (identifier in world.seen(PERSONS[1], at=at)) is covered


def test_a_mandate_covers_what_it_names_and_later_versions_of_it(world: World) -> None:
    named, unnamed = world.licence(KEYS[0]), world.licence(KEYS[0])
    other_type = world.licence(KEYS[0], type_slug="water-abstraction")
    granted(world, wish(types=(), licences=(named,)))
    assert set(world.seen(PERSONS[1])) == {named}
    later = world.licence(KEYS[0], lineage=named)
    assert set(world.seen(PERSONS[1])) == {named, later}
    granted(world, wish(types=("water-abstraction",)))
    assert set(world.seen(PERSONS[1])) == {named, later, other_type}
    assert unnamed not in world.seen(PERSONS[1])


def test_several_mandates_each_for_its_item(world: World) -> None:
    identifier = world.licence(KEYS[0])
    for item in ("A", "B"):
        granted(world, wish(item_code=item))
    found = world.use.find(PERSONS[1], identifier, at=AT)
    assert {ground.item_code for ground in found.grounds} == {"A", "B"}
    for item, allowed in (("A", True), ("B", True), ("C", False)):
        given = AuthorisationWish(
            requester="hall-1", item_name="x", item_code=item, case_number="1", forms=frozenset({Form.DATA})
        )
        assert (found.ground_for(item) is not None) is allowed
        if not allowed:
            with pytest.raises(ExceptionGroup):
                world.use.authorise(caller(PERSONS[1]), identifier, given, at=AT)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"agent_code": PERSONS[0].code}, {"/agent/code": "MANDATE_TO_ONESELF"}),
        ({"agent_code": "990101199001010005"}, {"/agent/code": "ID_NUMBER_CHECK"}),
        ({"agent_kind": "001", "agent_code": BODIES[0][1]}, {"/agent/kind": "AGENT_NO_PERSON"}),
        ({"agent_kind": "xyz"}, {"/agent/kind": "HOLDER_KIND_UNKNOWN"}),
        ({"agent_name": ""}, {"/agent/name": "REQUIRED"}),
        ({"matter": "x" * 201}, {"/matter": "TOO_LONG"}),
        ({"matter": "代\u202e办"}, {"/matter": "CONTROL_CHARACTER"}),
        ({"item_code": "x" * 129}, {"/item_code": "TOO_LONG"}),
        ({"types": ()}, {"/licences": "REQUIRED"}),
        ({"types": ("x",)}, {"/types/0": "UNKNOWN_TYPE"}),
        ({"types": ("x",) * 51}, {"/licences": "TOO_MANY_ROWS"}),
        ({"since": TODAY - timedelta(days=1)}, {"/since": "MANDATE_IN_PAST"}),
        ({"since": TODAY + timedelta(days=31)}, {"/until": "END_BEFORE_START"}),
        ({"until": TODAY + timedelta(days=366)}, {"/until": "MANDATE_TOO_LONG"}),
    ],
    ids=lambda value: next(iter(value.values())) if isinstance(value, dict) and len(str(value)) < 60 else "-",
)
def test_what_a_mandate_must_be(world: World, changes: dict[str, Any], expected: dict[str, str]) -> None:
    assert refused(world, wish(**changes)) == expected
    assert world.mandates.of_principal(KEYS[0]) == ()


def test_a_principal_has_a_limited_number_of_mandates(world: World) -> None:
    first = granted(world, wish())
    for _ in range(MAX_MANDATES - 1):
        granted(world, wish())
    with pytest.raises(TooManyMandatesError):
        granted(world, wish())
    world.use.withdraw(caller(PERSONS[0]), first.id, at=AT)
    granted(world, wish())


def test_only_who_gave_a_mandate_takes_it_back(world: World) -> None:
    made = granted(world, wish())
    for other in (PERSONS[1], PERSONS[2]):
        with pytest.raises(MandateNotFoundError):
            world.use.withdraw(caller(other), made.id, at=AT)
    assert world.use.received(PERSONS[1], at=AT) == (made,)
    assert world.use.withdraw(caller(PERSONS[0]), made.id, at=AT).withdrawn_at == AT
    assert world.use.received(PERSONS[1], at=AT) == ()
    assert [one.withdrawn_at for one in world.use.given(PERSONS[0])] == [AT]


def test_mandates_are_swept_long_after_their_end(world: World) -> None:
    made = granted(world, wish())
    assert world.mandates.sweep(made.until) == 0
    assert world.mandates.sweep(made.until + timedelta(days=1)) == 1
    with pytest.raises(MandateNotFoundError):
        world.mandates.get(made.id)


def test_who_is_no_holder_has_nothing(world: World) -> None:
    with pytest.raises(NotAllowedError):
        world.use.show(caller(None), "x", at=AT)
    with pytest.raises(LicenceNotFoundError):
        world.use.grant(caller(PERSONS[0]), wish(), principal=BODIES[0], slugs=SLUGS, at=AT)
    odd = HolderIdentity(kind="111", code="990101199001010005", name="查无", assurance="L3")
    assert world.seen(odd) == {}  # a code that fails its checks, and nothing under it


RELATIONS = ["guardian", "representative", "split", "merged", "document-replaced"]


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_nobody_sees_what_is_neither_his_nor_linked_nor_entrusted(world: World, data: st.DataObject) -> None:
    world.store, world.links = MemoryStore(), MemoryHolderLinks()
    for old in {key for key in KEYS for _ in world.mandates.of_principal(key)}:
        for one in world.mandates.of_principal(old):
            if one.withdrawn_at is None:
                world.mandates.withdraw(one.id, AT)
    use = replace(world.use, store=world.store, links=world.links)
    holders = {world.licence(key): key for key in data.draw(st.lists(st.sampled_from(KEYS), min_size=3, max_size=6))}
    for _ in range(data.draw(st.integers(0, 5))):
        relation, earlier = data.draw(st.sampled_from(RELATIONS)), data.draw(st.sampled_from(KEYS))
        later = data.draw(st.sampled_from([key for key in KEYS if key != earlier]))
        with suppress(DuplicateLinkError):
            world.link(relation, earlier, later)
    for _ in range(data.draw(st.integers(0, 3))):
        principal, agent = data.draw(st.sampled_from(PERSONS)), data.draw(st.sampled_from(PERSONS))
        if principal != agent:
            whole = data.draw(st.booleans())
            own = [one for one, key in holders.items() if key == (principal.kind, principal.code)]
            scope = {} if whole or not own else {"types": (), "licences": (own[0],)}
            use.grant(caller(principal), wish(agent, **scope), principal=None, slugs=SLUGS, at=AT)
    for person in PERSONS:
        key = person.kind, person.code
        opened = {key, *((one.kind, one.code) for one in linked_codes(world.links, *key))}
        mandates = [one for one in world.mandates.of_agent(key) if one.withdrawn_at is None]
        seen = own_licences(world.store, world.links, world.mandates, person, at=AT)
        for one in seen:
            identifier = one.filed.record.identifier
            mode = one.grounds[0].mode
            assert one.holder == holders[identifier]
            if mode is UseMode.AGENT:
                covering = [
                    mandate for mandate in mandates
                    if mandate.covers(one.filed.record)
                    and holders[identifier]
                    in {mandate.principal, *((x.kind, x.code) for x in linked_codes(world.links, *mandate.principal))}
                ]  # fmt: skip
                assert {ground.mandate for ground in one.grounds} <= {mandate.id for mandate in covering}
                assert covering
            else:
                assert holders[identifier] in opened
                assert (mode is UseMode.HOLDER) or holders[identifier] != key
        visible = {one.filed.record.identifier for one in seen}
        assert {identifier for identifier, holder in holders.items() if holder == key} <= visible
