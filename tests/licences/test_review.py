"""The review: its table, the promises of every store of drafts, and that two people are two people."""

import itertools
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from licences import (
    DRAFT_TRANSITIONS,
    Actor,
    DraftAct,
    DraftChangedError,
    DraftContent,
    DraftFullError,
    DraftNotFoundError,
    DraftRefusedError,
    DraftState,
    DraftStep,
    DraftStore,
    InvalidFieldError,
    KeyRing,
    MemoryDraftStore,
    ProtectedDataError,
    Protection,
    Reencryption,
    Remark,
    SamePersonError,
    SqlDraftStore,
)
from licences.drafts import MAX_CONTENT_BYTES, MAX_REMARKS, MAX_VERSIONS
from licences.sql.review_tables import draft_events, draft_versions
from licences.sql.review_tables import drafts as drafts_table

NOW = datetime(2026, 11, 21, 4, tzinfo=UTC)
NAME = "样例持证人"
SALT = "00" * 16
RING = KeyRing.of([bytes(range(16))])
NONCES = itertools.count()


def protection() -> Protection:
    return Protection(lambda: RING, lambda size: next(NONCES).to_bytes(size, "big"))


def content(number: str = "1", **changes: object) -> DraftContent:
    data = {"certificateHolderName": NAME, "certificateNumber": number}
    return DraftContent(**{"type_slug": "water-abstraction", "data": data, "algorithm": "sm2", "salt": SALT} | changes)  # type: ignore[arg-type]


def step(act: DraftAct, name: str = "maker", **more: object) -> DraftStep:
    return DraftStep(act=act, actor=Actor(name=name, office="样例县行政审批局"), at=NOW, **more)  # type: ignore[arg-type]


def returned(*remarks: Remark) -> DraftStep:
    return step(DraftAct.RETURN, "checker", remarks=remarks)


RETURNED = {"remarks": (Remark(pointer="/data/certificateNumber", text="与登记表不符"),)}


@pytest.fixture
def drafts(adapter_url: str | None) -> Iterator[DraftStore]:
    if adapter_url is None:
        yield MemoryDraftStore()
        return
    store = SqlDraftStore(adapter_url, protection())
    yield store
    store.close()


def begin(drafts: DraftStore, *, submitted: bool = False) -> str:
    draft = drafts.add("D1", content(), step(DraftAct.CREATE))
    if submitted:
        drafts.act(draft.id, step(DraftAct.SUBMIT))
    return draft.id


# The table, written out a second time: who changes one of them has to mean it.
ALLOWED = {
    "draft": {"edit": "draft", "submit": "in-review", "abandon": "abandoned"},
    "in-review": {"edit": "draft", "return": "returned", "approve": "approved", "abandon": "abandoned"},
    "returned": {"edit": "draft", "abandon": "abandoned"},
    "approved": {"edit": "draft", "return": "returned", "seal": "sealed", "abandon": "abandoned"},
    "sealed": {},
    "abandoned": {},
}
WAYS: dict[DraftState, tuple[DraftAct, ...]] = {
    DraftState.DRAFT: (),
    DraftState.IN_REVIEW: (DraftAct.SUBMIT,),
    DraftState.RETURNED: (DraftAct.SUBMIT, DraftAct.RETURN),
    DraftState.APPROVED: (DraftAct.SUBMIT, DraftAct.APPROVE),
    DraftState.ABANDONED: (DraftAct.ABANDON,),
}


def do(drafts: DraftStore, draft_id: str, act: DraftAct) -> DraftState:
    name = "checker" if act in (DraftAct.RETURN, DraftAct.APPROVE) else "maker"
    more = RETURNED if act is DraftAct.RETURN else {}
    if act is DraftAct.EDIT:
        return drafts.save(draft_id, content("2"), step(act, name)).state
    return drafts.act(draft_id, step(act, name, **more)).state


def test_the_full_cross_product_of_the_table() -> None:
    expected = {
        (DraftState(state), DraftAct(act)): DraftState(after)
        for state, row in ALLOWED.items()
        for act, after in row.items()
    }
    assert dict(DRAFT_TRANSITIONS) == {(None, DraftAct.CREATE): DraftState.DRAFT, **expected}


@pytest.mark.parametrize("state", WAYS)
@pytest.mark.parametrize("act", [act for act in DraftAct if act not in (DraftAct.CREATE, DraftAct.SEAL)])
def test_the_store_goes_by_the_table(state: DraftState, act: DraftAct) -> None:
    drafts = MemoryDraftStore()
    draft_id = begin(drafts)
    for way in WAYS[state]:
        do(drafts, draft_id, way)
    assert drafts.get(draft_id).state is state
    after = ALLOWED[state.value].get(act.value)
    if after is None:
        with pytest.raises(DraftRefusedError):
            do(drafts, draft_id, act)
        assert drafts.get(draft_id).state is state
    else:
        assert do(drafts, draft_id, act).value == after


def test_what_was_done_is_kept_with_who_did_it(drafts: DraftStore) -> None:
    draft_id = begin(drafts, submitted=True)
    first = drafts.get(draft_id)
    drafts.act(draft_id, step(DraftAct.RETURN, "checker", digest=first.digest, **RETURNED))
    second = drafts.save(draft_id, content("2"), step(DraftAct.EDIT))
    assert (second.state, second.version, second.checker) == (DraftState.DRAFT, 2, "")
    drafts.act(draft_id, step(DraftAct.SUBMIT))
    approved = drafts.act(draft_id, step(DraftAct.APPROVE, "checker", digest=second.digest))
    assert (approved.state, approved.maker, approved.checker) == (DraftState.APPROVED, "maker", "checker")
    assert drafts.get(draft_id) == approved
    assert [(event.act.value, event.actor.name, event.version) for event in drafts.events(draft_id)] == [
        ("create", "maker", 1),
        ("submit", "maker", 1),
        ("return", "checker", 1),
        ("edit", "maker", 2),
        ("submit", "maker", 2),
        ("approve", "checker", 2),
    ]
    assert drafts.events(draft_id)[2].remarks == RETURNED["remarks"]
    assert [event.digest for event in drafts.events(draft_id)[:3]] == [first.digest] * 3
    assert drafts.content(draft_id, 1) == content("1")
    assert drafts.content(draft_id) == content("2")


@pytest.mark.parametrize("name", ["maker", "MAKER", "Maker", "ｍａｋｅｒ", "ＭＡＫＥＲ"])
@pytest.mark.parametrize("act", [DraftAct.APPROVE, DraftAct.RETURN])
def test_nobody_checks_what_they_made(name: str, act: DraftAct) -> None:
    drafts = MemoryDraftStore()
    draft_id = begin(drafts, submitted=True)
    with pytest.raises(SamePersonError):
        drafts.act(draft_id, step(act, name, **(RETURNED if act is DraftAct.RETURN else {})))
    assert drafts.get(draft_id).state is DraftState.IN_REVIEW


def test_whoever_had_a_hand_in_any_version_does_not_check_it(drafts: DraftStore) -> None:
    drafts.add("D1", content(), step(DraftAct.CREATE, "a"))
    drafts.save("D1", content("2"), step(DraftAct.EDIT, "b"))
    drafts.save("D1", content("3"), step(DraftAct.EDIT, "d"))
    drafts.act("D1", step(DraftAct.SUBMIT, "c"))
    for name in "ABCD":
        with pytest.raises(SamePersonError):
            drafts.act("D1", step(DraftAct.APPROVE, name))
    assert drafts.act("D1", step(DraftAct.APPROVE, "e")).state is DraftState.APPROVED


def test_what_was_looked_at_is_what_is_approved(drafts: DraftStore) -> None:
    draft_id = begin(drafts, submitted=True)
    seen = drafts.get(draft_id).digest
    drafts.save(draft_id, content("2"), step(DraftAct.EDIT))
    drafts.act(draft_id, step(DraftAct.SUBMIT))
    with pytest.raises(DraftChangedError):
        drafts.act(draft_id, step(DraftAct.APPROVE, "checker", digest=seen))
    assert drafts.get(draft_id).state is DraftState.IN_REVIEW


def test_nobodys_version_is_overwritten_unseen(drafts: DraftStore) -> None:
    draft_id = begin(drafts)
    seen = drafts.get(draft_id).digest
    drafts.save(draft_id, content("2"), step(DraftAct.EDIT, "one", digest=seen))
    with pytest.raises(DraftChangedError):
        drafts.save(draft_id, content("3"), step(DraftAct.EDIT, "other", digest=seen))
    assert drafts.content(draft_id) == content("2")


def test_a_draft_is_not_sealed_without_a_licence(drafts: DraftStore) -> None:
    draft_id = begin(drafts, submitted=True)
    drafts.act(draft_id, step(DraftAct.APPROVE, "checker"))
    with pytest.raises(TypeError, match="licence"):
        drafts.act(draft_id, step(DraftAct.SEAL))
    assert drafts.get(draft_id).state is DraftState.APPROVED


def test_drafts_are_listed_by_state_the_newest_change_first(drafts: DraftStore) -> None:
    for place in range(4):
        at = NOW + timedelta(seconds=place)
        actor = Actor(name="maker", office="样例局")
        drafts.add(f"D{place}", content(), DraftStep(act=DraftAct.CREATE, actor=actor, at=at))
    drafts.act("D2", DraftStep(act=DraftAct.SUBMIT, actor=actor, at=NOW + timedelta(hours=1)))
    assert [draft.id for draft in drafts.drafts(None, limit=10)] == ["D2", "D3", "D1", "D0"]
    assert [draft.id for draft in drafts.drafts(DraftState.DRAFT, limit=2)] == ["D3", "D1"]


def test_what_is_not_there_is_said_to_be_missing(drafts: DraftStore) -> None:
    begin(drafts)
    for name in ("D9", "", "草稿", "\ud800", "\0"):
        for ask in (drafts.get, drafts.content, drafts.events):
            with pytest.raises(DraftNotFoundError):
                ask(name)
    with pytest.raises(DraftNotFoundError):
        drafts.content("D1", 2)


@pytest.mark.parametrize(
    ("wrong", "pointer", "code"),
    [
        (step(DraftAct.RETURN, ""), "/actor/name", "REQUIRED"),
        (step(DraftAct.RETURN, "a" * 129), "/actor/name", "TOO_LONG"),
        (step(DraftAct.RETURN, "zhang\u200b"), "/actor/name", "CONTROL_CHARACTER"),
        (step(DraftAct.RETURN, "checker"), "/remarks", "REQUIRED"),
        (returned(*[Remark(pointer="", text="x")] * (MAX_REMARKS + 1)), "/remarks", "TOO_MANY_ROWS"),
        (returned(Remark(pointer="data", text="x")), "/remarks/0/pointer", "POINTER_MALFORMED"),
        (returned(Remark(pointer="/data/~2", text="x")), "/remarks/0/pointer", "POINTER_MALFORMED"),
        (returned(Remark(pointer="/data", text="")), "/remarks/0/text", "REQUIRED"),
    ],
    ids=["nobody", "long name", "invisible", "no remark", "many", "no pointer", "escape", "no text"],
)  # fmt: skip
def test_what_a_step_must_bring(wrong: DraftStep, pointer: str, code: str) -> None:
    drafts = MemoryDraftStore()
    draft_id = begin(drafts, submitted=True)
    with pytest.raises(ExceptionGroup) as refused:
        drafts.act(draft_id, wrong)
    faults = [error for error in refused.value.exceptions if isinstance(error, InvalidFieldError)]
    assert (pointer, code) in [(fault.pointer, fault.code) for fault in faults]
    assert drafts.get(draft_id).state is DraftState.IN_REVIEW


def test_there_is_an_end_to_saving() -> None:
    drafts = MemoryDraftStore()
    draft_id = begin(drafts)
    for number in range(2, MAX_VERSIONS + 1):
        drafts.save(draft_id, content(str(number)), step(DraftAct.EDIT))
    with pytest.raises(DraftFullError):
        drafts.save(draft_id, content("more"), step(DraftAct.EDIT))
    assert drafts.get(draft_id).version == MAX_VERSIONS


def test_a_content_that_is_too_long_is_refused(drafts: DraftStore) -> None:
    with pytest.raises(ExceptionGroup, match="refused"):
        drafts.add("D1", content("x" * MAX_CONTENT_BYTES), step(DraftAct.CREATE))
    with pytest.raises(DraftNotFoundError):
        drafts.get("D1")


def test_the_digest_tells_nothing_to_who_guesses_the_data() -> None:
    assert content(salt="11" * 16).digest != content().digest
    assert content().digest == content().digest


def test_the_database_holds_nothing_that_was_typed_or_remarked(database_url: str) -> None:
    store = SqlDraftStore(database_url, protection())
    draft_id = begin(store, submitted=True)
    store.act(draft_id, step(DraftAct.RETURN, "checker", **RETURNED))
    engine = sa.create_engine(database_url.replace("postgresql:", "postgresql+psycopg:"))
    with engine.begin() as connection:
        kept = [connection.execute(table.select()).all() for table in (drafts_table, draft_versions, draft_events)]
        said = repr(kept)
        assert "checker" in said
        assert not any(word in said for word in (NAME, "certificateHolder", "u6837", "与登记表不符", "u767b"))
        # One draft's data put in another's place do not open.
        other = {**kept[0][0]._mapping, "draft_id": "D2"}
        connection.execute(drafts_table.insert(), other)
        connection.execute(draft_versions.update().values(draft_id="D2"))
    engine.dispose()
    with pytest.raises(ProtectedDataError):
        store.content("D2")
    store.close()


def test_drafts_go_over_to_another_key(database_url: str) -> None:
    store = SqlDraftStore(database_url, protection())
    draft_id = begin(store, submitted=True)
    store.act(draft_id, returned(*RETURNED["remarks"]))
    store.close()
    both = KeyRing.of([bytes([7]) * 16, *RING.keys.values()])
    run = Reencryption(
        database_url, bytes(32), Protection(lambda: both, lambda size: next(NONCES).to_bytes(size, "big"))
    )
    changed = {tally.column: tally.changed for tally in run.columns()}
    run.close()
    assert (changed["draft_versions.content"], changed["draft_events.remarks"]) == (1, 1)
    only = KeyRing.of([bytes([7]) * 16])
    store = SqlDraftStore(database_url, Protection(lambda: only, lambda size: bytes(size)))
    assert store.content(draft_id) == content()
    assert store.events(draft_id)[-1].remarks == RETURNED["remarks"]
    store.close()


def test_of_two_who_act_at_once_only_one_gets_through(database_url: str) -> None:
    """The maker edits while two checkers approve: whatever comes first, no unseen version is ever approved."""
    for number in range(6):
        stores = [SqlDraftStore(database_url, protection()) for _ in range(3)]
        draft_id = f"D{number}"
        stores[0].add(draft_id, content(), step(DraftAct.CREATE))
        seen = stores[0].act(draft_id, step(DraftAct.SUBMIT)).digest
        start, told = threading.Barrier(3), []

        def run(act: Callable[[], object], start: threading.Barrier = start, told: list[str] = told) -> None:
            start.wait()
            try:
                act()
                told.append("done")
            except (DraftChangedError, DraftRefusedError) as error:
                told.append(error.code)

        acts: list[Callable[[], object]] = [
            lambda: stores[0].save(draft_id, content("2"), step(DraftAct.EDIT, digest=seen)),  # noqa: B023
            lambda: stores[1].act(draft_id, step(DraftAct.APPROVE, "checker", digest=seen)),  # noqa: B023
            lambda: stores[2].act(draft_id, step(DraftAct.APPROVE, "other", digest=seen)),  # noqa: B023
        ]
        threads = [threading.Thread(target=run, args=(act,)) for act in acts]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        draft, events = stores[0].get(draft_id), stores[0].events(draft_id)
        assert draft.revision == len(events) == 2 + told.count("done")
        assert sum(event.act is DraftAct.APPROVE for event in events) <= 1
        assert (draft.state, draft.digest) in (
            (DraftState.APPROVED, seen),
            (DraftState.DRAFT, content("2").digest),
        )
        for store in stores:
            store.close()


STEPS = st.lists(
    st.tuples(
        st.sampled_from([act for act in DraftAct if act not in (DraftAct.CREATE, DraftAct.SEAL)]),
        st.sampled_from(["a", "A", "b", "Ｂ", "c"]),
        st.integers(0, 3),
    ),
    max_size=25,
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(steps=STEPS)
def test_whatever_people_do_an_approval_is_somebody_elses_and_of_this_version(
    steps: list[tuple[DraftAct, str, int]],
) -> None:
    drafts = MemoryDraftStore()
    draft = drafts.add("D1", content("0"), step(DraftAct.CREATE, "a"))
    digests = [draft.digest]
    for place, (act, name, back) in enumerate(steps, start=1):
        digest = digests[-1 - back] if back < len(digests) else ""
        more = {"digest": digest} | (RETURNED if act is DraftAct.RETURN else {})
        try:
            if act is DraftAct.EDIT:
                draft = drafts.save("D1", content(str(place)), step(act, name, **more))
                digests.append(draft.digest)
            else:
                draft = drafts.act("D1", step(act, name, **more))
        except (DraftRefusedError, DraftChangedError, SamePersonError):
            assert drafts.get("D1") == draft
    hands: set[str] = set()
    for event in drafts.events("D1"):
        person = {"A": "a", "Ｂ": "b"}.get(event.actor.name, event.actor.name)
        if event.act in (DraftAct.APPROVE, DraftAct.RETURN):
            assert person not in hands
        elif event.act is not DraftAct.ABANDON:
            hands.add(person)
    last = drafts.events("D1")[-1]
    if drafts.get("D1").state is DraftState.APPROVED:
        assert (last.act, last.digest) == (DraftAct.APPROVE, digests[-1])
