"""From a draft to a licence: what is submitted is whole, what is sealed was approved, and nothing goes around it."""

import itertools
import json
import os
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from esign import CHINA, FontChain, Seal, draw_round_seal
from keys import make_development_pki
from licences import (
    Act,
    Action,
    Actor,
    Approval,
    AuthoritySeal,
    Catalogue,
    DraftChangedError,
    DraftRefusedError,
    DraftState,
    DraftStore,
    DuplicateNumberError,
    FileStore,
    InvalidFieldError,
    Issuer,
    KeyRing,
    LicenceNotFoundError,
    LicenceStore,
    MemoryDraftStore,
    MemoryStore,
    Protection,
    Registrar,
    Remark,
    Replacement,
    ReviewDesk,
    ReviewRequiredError,
    SealingKeys,
    SqlDraftStore,
    SqlStore,
    Status,
    TransitionRefusedError,
    UnknownTypeError,
    Wish,
    load_catalogue,
    shipped_font,
)
from licences.catalogue import Period, Review

ROOT = Path(__file__).parents[2]
DOCUMENT = json.loads((ROOT / "fixtures/paper/water-abstraction-1.json").read_text("utf-8"))
NAME, DATA = DOCUMENT["type"], DOCUMENT["data"]
AUTHORITY, AUTHORITY_CODE = "样例县行政审批局", "1199010000000102XM"
AT = datetime(2026, 11, 21, 10, 30, tzinfo=CHINA)
MAKER, CHECKER, SEALER = (Actor(name=name, office=AUTHORITY) for name in ("maker", "checker", "sealer"))
RING = KeyRing.of([bytes(16)])
NUMBERS = itertools.count(1)


@dataclass(frozen=True, kw_only=True)
class Desk:
    """A desk with everything behind it."""

    drafts: DraftStore
    store: LicenceStore
    issuer: Issuer
    desk: ReviewDesk
    catalogue: Catalogue

    def approved(self, data: Mapping[str, object] | None = None) -> str:
        draft = self.desk.draft(wish(data), actor=MAKER, at=AT)
        self.desk.submit(draft.id, actor=MAKER, at=AT)
        self.desk.approve(draft.id, draft.digest, actor=CHECKER, at=AT)
        return draft.id

    def seal(self, draft_id: str, **options: Any) -> Any:
        return self.desk.seal(draft_id, actor=SEALER, at=AT, issuer_for=lambda *names: self.issuer, **options)

    def licences(self) -> int:
        return len(self.store.of_holder("111", DATA["certificateHolderCode"]))


def wish(data: Mapping[str, object] | None = None) -> Wish:
    number = {"certificateNumber": f"D990101G2026-{next(NUMBERS):04d}"}
    return Wish(type_name=NAME, data=DATA | number if data is None else data, algorithm="rsa")


@pytest.fixture(scope="module")
def sealing() -> dict[str, SealingKeys]:
    fonts = FontChain([shipped_font()])
    pki = make_development_pki("rsa", authority_name=AUTHORITY, authority_code=AUTHORITY_CODE, at=AT, random=os.urandom)
    seal = Seal(name=AUTHORITY, picture=draw_round_seal(fonts, AUTHORITY), signer=pki.seal)
    return {"rsa": SealingKeys(seals=(AuthoritySeal(seal=seal),), code_signer=pki.code)}


@pytest.fixture
def stores(adapter_url: str | None, tmp_path: Path) -> Iterator[tuple[LicenceStore, DraftStore]]:
    if adapter_url is None:
        drafts = MemoryDraftStore()
        yield MemoryStore(drafts), drafts
        return
    (tmp_path / "files").mkdir(exist_ok=True)
    protection = Protection(lambda: RING, os.urandom)
    kept = SqlDraftStore(adapter_url, protection)
    store = SqlStore(adapter_url, FileStore(tmp_path / "files"), bytes(range(32)), protection)
    yield store, kept
    store.close()
    kept.close()


@pytest.fixture
def desk(stores: tuple[LicenceStore, DraftStore], sealing: dict[str, SealingKeys]) -> Desk:
    return make_desk(*stores, sealing)


def make_desk(store: LicenceStore, drafts: DraftStore, sealing: dict[str, SealingKeys]) -> Desk:
    """A desk for types of which all have to be reviewed."""
    catalogue = Catalogue([replace(kind, review=Review.REQUIRED) for kind in load_catalogue() if kind.slug == NAME])
    issuer = make_issuer(catalogue, store, sealing)
    registrar = Registrar(store=store, catalogue=catalogue, competence=lambda *given: None)
    desk = ReviewDesk(drafts=drafts, catalogue=catalogue, registrar=registrar, random=os.urandom)
    return Desk(drafts=drafts, store=store, issuer=issuer, desk=desk, catalogue=catalogue)


def make_issuer(catalogue: Catalogue, store: LicenceStore, sealing: dict[str, SealingKeys]) -> Issuer:
    return Issuer(
        catalogue=catalogue,
        sealing=sealing,
        fonts=FontChain([shipped_font()]),
        store=store,
        check=lambda *files: None,
        public_url="http://127.0.0.1:8000",
        random=os.urandom,
    )


@pytest.fixture
def memory_desk(sealing: dict[str, SealingKeys]) -> Desk:
    drafts = MemoryDraftStore()
    return make_desk(MemoryStore(drafts), drafts, sealing)


def test_an_approved_draft_becomes_one_licence(desk: Desk) -> None:
    draft_id = desk.approved()
    issued = desk.seal(draft_id)
    draft = desk.drafts.get(draft_id)
    assert (draft.state, draft.identifier) == (DraftState.SEALED, issued.record.identifier)
    last = desk.drafts.events(draft_id)[-1]
    assert (last.act.value, last.actor, last.digest) == ("seal", SEALER, draft.digest)
    again = desk.seal(draft_id)
    assert (again.record.identifier, again.replayed) == (issued.record.identifier, True)
    assert desk.licences() == 1


def test_an_edit_while_it_is_being_sealed_leaves_no_licence(desk: Desk) -> None:
    """The files are made and checked; then somebody edits; the licence must not come out of the old version."""
    draft_id = desk.approved()

    def edit(made: object) -> None:
        desk.desk.edit(draft_id, wish(), actor=MAKER, at=AT)

    with pytest.raises(DraftRefusedError):
        desk.seal(draft_id, before_keeping=edit)
    assert desk.licences() == 0
    assert desk.drafts.get(draft_id).state is DraftState.DRAFT
    assert desk.store.changes_after(0, 10) == ()


def test_an_error_at_the_last_moment_leaves_the_draft_approved(memory_desk: Desk) -> None:
    desk = memory_desk
    draft_id = desk.approved()

    def stop(made: object) -> None:
        raise OSError("no space left")

    with pytest.raises(OSError, match="no space"):
        desk.seal(draft_id, before_keeping=stop)
    assert desk.drafts.get(draft_id).state is DraftState.APPROVED
    assert desk.seal(draft_id).replayed is False
    assert desk.licences() == 1


def test_two_who_seal_at_once_make_one_licence(desk: Desk) -> None:
    draft_id = desk.approved()
    both, found = threading.Barrier(2), []

    def run() -> None:
        found.append(desk.seal(draft_id, before_keeping=lambda made: both.wait(30)))

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({issued.record.identifier for issued in found}) == 1
    assert sorted(issued.replayed for issued in found) == [False, True]
    assert desk.licences() == 1
    assert desk.drafts.get(draft_id).identifier == found[0].record.identifier


def test_a_number_that_is_taken_leaves_the_draft_where_it_is(memory_desk: Desk) -> None:
    desk = memory_desk
    data = wish().data
    assert isinstance(data, dict)
    desk.seal(desk.approved(data))
    second = desk.approved(data)
    with pytest.raises(DuplicateNumberError):
        desk.seal(second)
    assert desk.drafts.get(second).state is DraftState.APPROVED


def test_what_is_submitted_has_no_fault_or_all_are_told(memory_desk: Desk) -> None:
    wrong = {**DATA, "certificateHolderCode": "12", "certificateIssuedDate": "2026-02-30", "unknownKey": "x"}
    draft = memory_desk.desk.draft(wish(wrong), actor=MAKER, at=AT)
    with pytest.raises(ExceptionGroup) as refused:
        memory_desk.desk.submit(draft.id, actor=MAKER, at=AT)
    faults = {error.pointer for error in refused.value.exceptions if isinstance(error, InvalidFieldError)}
    assert faults >= {"/data/certificateHolderCode", "/data/certificateIssuedDate", "/data/unknownKey"}
    assert memory_desk.drafts.get(draft.id).state is DraftState.DRAFT


def test_what_no_draft_can_be(memory_desk: Desk) -> None:
    with pytest.raises(UnknownTypeError):
        memory_desk.desk.draft(Wish(type_name="none", data={}, algorithm="rsa"), actor=MAKER, at=AT)
    with pytest.raises(ExceptionGroup):
        memory_desk.desk.draft(Wish(type_name=NAME, data=[], algorithm="rsa"), actor=MAKER, at=AT)


@pytest.mark.parametrize("state", ["draft", "in-review", "returned", "abandoned"])
def test_nothing_is_sealed_before_it_is_approved(memory_desk: Desk, state: str) -> None:
    desk = memory_desk.desk
    draft = desk.draft(wish(), actor=MAKER, at=AT)
    if state in ("in-review", "returned"):
        desk.submit(draft.id, actor=MAKER, at=AT)
    if state == "returned":
        desk.send_back(draft.id, [Remark(pointer="", text="重做")], actor=CHECKER, at=AT)
    if state == "abandoned":
        desk.abandon(draft.id, actor=MAKER, at=AT)
    with pytest.raises(DraftRefusedError):
        memory_desk.seal(draft.id)
    assert memory_desk.licences() == 0


def test_an_issuer_does_not_go_around_the_review(memory_desk: Desk) -> None:
    data = wish().data
    with pytest.raises(ReviewRequiredError):
        memory_desk.issuer.issue(NAME, data, algorithm="rsa", at=AT)
    made = memory_desk.issuer.make(NAME, data, algorithm="rsa", at=AT)
    with pytest.raises(ReviewRequiredError):
        memory_desk.issuer.keep(made)
    assert memory_desk.licences() == 0


def test_an_approval_is_no_blank_cheque(desk: Desk) -> None:
    """Whoever makes the value himself has to find the store's agreement, and for this very content."""
    draft_id = desk.approved()
    content = desk.drafts.content(draft_id)
    other = wish().data
    made = desk.issuer.make(NAME, other, algorithm="rsa", at=AT)
    with pytest.raises(DraftChangedError):
        desk.issuer.keep(made, approval=Approval(draft_id=draft_id, content=content, actor=SEALER, at=AT))
    forged = replace(content, data=other)
    with pytest.raises(DraftChangedError):
        desk.issuer.keep(made, approval=Approval(draft_id=draft_id, content=forged, actor=SEALER, at=AT))
    unchecked = desk.desk.draft(wish(), actor=MAKER, at=AT)
    content = desk.drafts.content(unchecked.id)
    made = desk.issuer.make(NAME, content.data, algorithm="rsa", at=AT)
    with pytest.raises(DraftRefusedError):
        desk.issuer.keep(made, approval=Approval(draft_id=unchecked.id, content=content, actor=SEALER, at=AT))
    assert desk.licences() == 0


def test_a_date_in_the_past_does_not_lead_around_the_review(memory_desk: Desk, sealing: dict[str, SealingKeys]) -> None:
    newest = memory_desk.catalogue.get(NAME)
    before = replace(newest, review=Review.WAIVED, version=newest.version, effective=Period(end=date(2026, 12, 31)))
    after = replace(newest, version=newest.version + 1, effective=Period(start=date(2027, 1, 1)))
    issuer = make_issuer(Catalogue([before, after]), memory_desk.store, sealing)
    with pytest.raises(ReviewRequiredError):
        issuer.issue(NAME, wish().data, algorithm="rsa", at=AT)


def test_what_repeats_a_licence_was_reviewed_with_it(memory_desk: Desk) -> None:
    first = memory_desk.seal(memory_desk.approved()).record
    registrar = Registrar(store=memory_desk.store, catalogue=memory_desk.catalogue, competence=lambda *given: None)

    def act(action: Action) -> Act:
        return Act(
            action=action, ground="样例事由", decision="样决〔2026〕1号", actor=SEALER, effective_at=AT, recorded_at=AT
        )

    changed = {**DATA, "certificateNumber": first.number, "certificateHolderName": "样例改名"}
    with pytest.raises(ReviewRequiredError):
        registrar.replace(first.identifier, act(Action.CHANGE), changed, issuer=memory_desk.issuer, algorithm="rsa")
    issued = registrar.replace(first.identifier, act(Action.EXCHANGE), None, issuer=memory_desk.issuer, algorithm="rsa")
    assert issued.record.number == first.number


def test_a_reviewed_change_takes_the_place_of_a_licence(desk: Desk) -> None:
    first = desk.seal(desk.approved()).record
    change = Replacement(
        identifier=first.identifier, action=Action.CHANGE, ground="样例事由", decision="样决〔2026〕1号"
    )
    data = {**DATA, "certificateNumber": first.number, "certificateHolderName": "样例改名"}
    asked = replace(wish(data), replaces=change)
    draft = desk.desk.draft(asked, actor=MAKER, at=AT)
    desk.desk.submit(draft.id, actor=MAKER, at=AT)
    desk.desk.approve(draft.id, draft.digest, actor=CHECKER, at=AT)
    second = desk.seal(draft.id).record
    assert desk.drafts.get(draft.id).identifier == second.identifier
    assert (desk.store.get(first.identifier).status, second.edition) == (Status.REPLACED, 2)
    assert desk.store.events(first.identifier)[-1].act.actor == SEALER
    assert desk.seal(draft.id).record.identifier == second.identifier
    late = desk.desk.draft(asked, actor=MAKER, at=AT)
    with pytest.raises(TransitionRefusedError):
        desk.desk.submit(late.id, actor=MAKER, at=AT)


def test_an_approved_change_is_no_approval_of_a_first_licence(memory_desk: Desk) -> None:
    desk = memory_desk
    first = desk.seal(desk.approved()).record
    change = Replacement(
        identifier=first.identifier, action=Action.CHANGE, ground="样例事由", decision="样决〔2026〕1号"
    )
    draft = desk.desk.draft(replace(wish(), replaces=change), actor=MAKER, at=AT)
    desk.desk.submit(draft.id, actor=MAKER, at=AT)
    desk.desk.approve(draft.id, draft.digest, actor=CHECKER, at=AT)
    content = desk.drafts.content(draft.id)
    made = desk.issuer.make(NAME, content.data, algorithm="rsa", at=AT)
    with pytest.raises(DraftChangedError):
        desk.issuer.keep(made, approval=Approval(draft_id=draft.id, content=content, actor=SEALER, at=AT))


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"identifier": "x"}, LicenceNotFoundError),
        ({"action": Action.REVOKE}, TransitionRefusedError),
        ({"ground": ""}, ExceptionGroup),
    ],
    ids=["unknown", "no successor", "no ground"],
)
def test_a_change_that_cannot_be_is_not_submitted(
    memory_desk: Desk, changes: dict[str, Any], error: type[Exception]
) -> None:
    desk = memory_desk
    first = desk.seal(desk.approved()).record
    change = Replacement(
        identifier=first.identifier, action=Action.CHANGE, ground="样例事由", decision="样决〔2026〕1号"
    )
    asked = replace(wish(), replaces=replace(change, **changes))
    draft = desk.desk.draft(asked, actor=MAKER, at=AT)
    with pytest.raises(error):
        desk.desk.submit(draft.id, actor=MAKER, at=AT)


def test_a_waived_type_is_issued_as_ever(memory_desk: Desk, sealing: dict[str, SealingKeys]) -> None:
    issuer = make_issuer(load_catalogue(), memory_desk.store, sealing)
    assert issuer.issue(NAME, wish().data, algorithm="rsa", at=AT).replayed is False
