"""The mis-issue drill: what a list holds, that nobody can change it, that each licence gets the act exactly once."""

import json
import random
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from elicence_process import PIPE, Running

from licences import (
    Act,
    Action,
    Actor,
    FileStore,
    ImpactListError,
    Impacts,
    ImpactSelection,
    LicenceStore,
    MemoryCopies,
    MemoryImpacts,
    MemoryStore,
    Record,
    Reliance,
    RelianceKind,
    SqlImpacts,
    SqlStore,
    Status,
    StoreUnavailableError,
    begin_drill,
    identifiers_in,
    list_to_bytes,
    make_list,
    run_drill,
)
from licences.impact import digest_of_list
from licences.sql.conversion_store import SqlConversions
from licences.stock.batch import ConversionBatch, RowOutcome, RowState
from licences.stock.memory_batch import MemoryConversions

Make = Callable[..., Any]

HOLDERS = (("111", "990101199003071237"),)
NOON = datetime(2026, 11, 22, 4, tzinfo=UTC)
HOUR = timedelta(hours=1)
CLERK = Actor(name="clerk-7", office="样例县行政审批局")
ANNULMENT = Act(
    action=Action.ANNUL,
    ground="超越法定职权",
    decision="样字〔2026〕9号",
    legal_ground="licensing-69-2",
    effective_at=NOON,
    recorded_at=NOON,
    actor=CLERK,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Adapters:
    store: LicenceStore
    impacts: Impacts
    conversions: Any


@pytest.fixture
def adapters(adapter_url: str | None, tmp_path: Path) -> Iterator[Adapters]:
    if adapter_url is None:
        kept, batches = MemoryStore(), MemoryConversions()

        def batch(name: str) -> set[str]:
            return {one.identifier for one in batches.outcomes(name)}

        yield Adapters(store=kept, impacts=MemoryImpacts(kept, batch), conversions=batches)
        return
    (tmp_path / "files").mkdir(exist_ok=True)
    store, impacts = SqlStore(adapter_url, FileStore(tmp_path / "files"), bytes(32)), SqlImpacts(adapter_url)
    yield Adapters(store=store, impacts=impacts, conversions=SqlConversions(adapter_url))
    store.close()
    impacts.close()


def add(store: LicenceStore, one: Any, *, by: str = "") -> Record:
    issued_by = replace(ANNULMENT, action=Action.ISSUE, decision="", actor=Actor(name=by, office="")) if by else None
    return store.add(one.record, HOLDERS, one.files, issued_by=issued_by)


def listed(adapters: Adapters, selection: ImpactSelection, **more: Any) -> tuple[str, ...]:
    copies = MemoryCopies(adapters.store.get)
    impact = make_list(adapters.impacts, adapters.store, copies, selection, at=NOON, **more)
    return tuple(one.identifier for one in impact.lines)


def test_what_is_listed_fits_all_that_was_asked(adapters: Adapters, made: Make) -> None:
    early = add(adapters.store, made(sealed_at=NOON - HOUR), by="clerk-1")
    other_type = add(adapters.store, made(type_code="11990000000001011Q002", sealed_at=NOON), by="clerk-1")
    late = add(adapters.store, made(sealed_at=NOON + HOUR), by="clerk-2")
    batch = ConversionBatch(
        batch_id="b-1", request_digest="00", type_slug="pesticide-business", operator="o", checked_by="", dry_run=False,
        total=2, begun_at=NOON,
    )  # fmt: skip
    adapters.conversions.begin(batch)
    row = RowOutcome(line=2, state=RowState.CONVERTED, identifier=late.identifier)
    adapters.conversions.record("b-1", [row, RowOutcome(line=3, state=RowState.REFUSED)])

    everything = (early.identifier, other_type.identifier, late.identifier)
    assert listed(adapters, ImpactSelection()) == everything
    assert listed(adapters, ImpactSelection(type_code=early.type_code)) == (early.identifier, late.identifier)
    assert listed(adapters, ImpactSelection(operator="clerk-1")) == everything[:2]
    assert listed(adapters, ImpactSelection(operator="clerk-1", type_code=early.type_code)) == everything[:1]
    assert listed(adapters, ImpactSelection(since=NOON)) == everything[1:]
    assert listed(adapters, ImpactSelection(until=NOON)) == everything[:1]
    assert listed(adapters, ImpactSelection(since=NOON, until=NOON + HOUR)) == everything[1:2]
    assert listed(adapters, ImpactSelection(batch="b-1")) == everything[2:]
    assert listed(adapters, ImpactSelection(type_code="\ud800")) == ()
    by_key = {early.identifier, late.identifier}
    touched = listed(adapters, ImpactSelection(key="k"), touched_by_key=lambda record: record.identifier in by_key)
    assert touched == (early.identifier, late.identifier)


def test_a_licence_that_an_operator_changed_later_was_not_issued_by_him(adapters: Adapters, made: Make) -> None:
    record = add(adapters.store, made(), by="clerk-1")
    adapters.store.apply(record.identifier, ANNULMENT)
    assert listed(adapters, ImpactSelection(operator=CLERK.name)) == ()


def test_many_licences_come_in_order_and_each_once(adapters: Adapters, made: Make) -> None:
    """More than two pages, with licences that were sealed in the same second on both sides of a border."""
    expected = [add(adapters.store, made(sealed_at=NOON + HOUR * (n // 14))).identifier for n in range(24)]
    assert listed(adapters, ImpactSelection()) == tuple(expected)


@pytest.fixture(autouse=True)
def _small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("licences.sql.impact_store._PAGE", 10)
    monkeypatch.setattr("licences.memory_impact._PAGE", 10)


def test_a_list_names_the_cases_and_no_person(adapters: Adapters, made: Make) -> None:
    record = add(adapters.store, made())
    copies = MemoryCopies(adapters.store.get)
    copies.add(
        Reliance(
            identifier=record.identifier, kind=RelianceKind.RECEIPT, reference="R-1", office="样例县农业农村局",
            officer="n-12", item_name="农药经营许可", item_code="i", case_number="样农〔2026〕3号", relied_at=NOON,
        )
    )  # fmt: skip
    impact = make_list(adapters.impacts, adapters.store, copies, ImpactSelection(type_code=record.type_code), at=NOON)
    data = list_to_bytes(impact)
    (line,) = json.loads(data)["licences"]
    assert line["reliedOn"] == [
        {
            "office": "样例县农业农村局",
            "case": "样农〔2026〕3号",
            "item": "农药经营许可",
            "form": "receipt",
            "at": "2026-11-22T12:00:00+08:00",
        }
    ]
    assert record.number not in data.decode()
    assert "n-12" not in data.decode()
    assert identifiers_in(data) == (record.identifier,)


def test_a_damaged_file_is_named_and_nothing_else_hides_it(adapters: Adapters, made: Make) -> None:
    good, bad = add(adapters.store, made()), add(adapters.store, made())

    def touched(record: Record) -> bool:
        if record == bad:
            raise StoreUnavailableError("FILE_DAMAGED")
        return True

    copies = MemoryCopies(adapters.store.get)
    selection = ImpactSelection(key="k")
    impact = make_list(adapters.impacts, adapters.store, copies, selection, at=NOON, touched_by_key=touched)
    assert [one.identifier for one in impact.lines] == [good.identifier]
    assert impact.unreadable == (bad.identifier,)

    def gone(_record: Record) -> bool:
        raise StoreUnavailableError

    with pytest.raises(StoreUnavailableError):
        make_list(adapters.impacts, adapters.store, copies, selection, at=NOON, touched_by_key=gone)


def kept_list(adapters: Adapters) -> bytes:
    copies = MemoryCopies(adapters.store.get)
    impact = make_list(adapters.impacts, adapters.store, copies, ImpactSelection(), at=NOON)
    data = list_to_bytes(impact)
    adapters.impacts.keep_list(digest_of_list(data), lines=len(impact.lines), made_at=NOON)
    return data


def drill(adapters: Adapters, data: bytes, act: Act, *, timed: bool = False, now: datetime = NOON) -> list[str]:
    def do(record: Record, todays: Act) -> str:
        adapters.store.apply(record.identifier, todays)
        return ""

    begun = begin_drill(adapters.impacts, adapters.store, data, act, timed=timed)
    outcomes = run_drill(begun, adapters.store, identifiers_in(data), act, do, now=lambda: now)
    return ["earlier" if one.earlier else "done" if one.done else one.code for one in outcomes]


def test_a_drill_acts_once_on_each_and_says_what_refused(adapters: Adapters, made: Make) -> None:
    records = [add(adapters.store, made()) for _ in range(3)]
    data = kept_list(adapters)
    revocation = replace(ANNULMENT, action=Action.REVOKE, legal_ground="", decision="号")
    adapters.store.apply(records[1].identifier, revocation)
    assert drill(adapters, data, ANNULMENT) == ["done", "TRANSITION_REFUSED", "done"]
    later = replace(
        ANNULMENT, actor=Actor(name="clerk-8", office=""), effective_at=NOON + HOUR, recorded_at=NOON + HOUR
    )
    assert drill(adapters, data, later, now=NOON + HOUR) == ["earlier", "TRANSITION_REFUSED", "earlier"]
    statuses = [adapters.store.get(record.identifier).status for record in records]
    assert statuses == [Status.ANNULLED, Status.REVOKED, Status.ANNULLED]
    assert [len(adapters.store.events(record.identifier)) for record in records] == [2, 2, 2]


def test_going_on_keeps_the_effective_time_and_names_who_went_on(adapters: Adapters, made: Make) -> None:
    first, second = add(adapters.store, made()), add(adapters.store, made())
    data = kept_list(adapters)
    begun = begin_drill(adapters.impacts, adapters.store, data, ANNULMENT, timed=False)
    adapters.store.apply(first.identifier, ANNULMENT)
    other = Actor(name="clerk-8", office="样例县行政审批局")
    again = replace(ANNULMENT, actor=other, effective_at=NOON + HOUR, recorded_at=NOON + HOUR)
    assert begun.act == ANNULMENT
    assert drill(adapters, data, again, now=NOON + HOUR) == ["earlier", "done"]
    act = adapters.store.events(second.identifier)[-1].act
    assert (act.actor, act.effective_at, act.recorded_at) == (other, NOON, NOON + HOUR)


def test_an_act_that_changes_no_status_is_done_once_too(adapters: Adapters, made: Make) -> None:
    record = add(adapters.store, made())
    data = kept_list(adapters)
    dispute = replace(ANNULMENT, action=Action.DISPUTE, legal_ground="", decision="")
    assert drill(adapters, data, dispute) == ["done"]
    assert drill(adapters, data, replace(dispute, recorded_at=NOON + HOUR), now=NOON + HOUR) == ["earlier"]
    assert len(adapters.store.events(record.identifier)) == 2


def test_the_same_decision_before_the_drill_does_not_count_as_its_act(adapters: Adapters, made: Make) -> None:
    record = add(adapters.store, made())
    dispute = replace(ANNULMENT, action=Action.DISPUTE, legal_ground="", decision="")
    adapters.store.apply(record.identifier, replace(dispute, recorded_at=NOON - HOUR))
    assert drill(adapters, kept_list(adapters), dispute) == ["done"]


def test_other_grounds_are_refused_once_something_was_done(adapters: Adapters, made: Make) -> None:
    add(adapters.store, made())
    data = kept_list(adapters)
    assert drill(adapters, data, replace(ANNULMENT, legal_ground="")) == ["REQUIRED"]
    assert drill(adapters, data, ANNULMENT) == ["done"]
    for changed in (
        replace(ANNULMENT, ground="另一事由"),
        replace(ANNULMENT, decision="样字〔2026〕10号"),
        replace(ANNULMENT, legal_ground="licensing-69-1"),
    ):
        with pytest.raises(ImpactListError) as caught:
            drill(adapters, data, changed)
        assert caught.value.code == "IMPACT_DRILL_DIFFERS"
    with pytest.raises(ImpactListError):
        drill(adapters, data, replace(ANNULMENT, effective_at=NOON + HOUR), timed=True)


def test_a_list_that_was_not_made_here_or_was_changed_is_refused(adapters: Adapters, made: Make) -> None:
    one, other = add(adapters.store, made()), add(adapters.store, made())
    data = kept_list(adapters)
    for changed in (data.replace(one.identifier.encode(), other.identifier.encode()), data + b" ", b"{}", b""):
        with pytest.raises(ImpactListError) as caught:
            drill(adapters, changed, ANNULMENT)
        assert caught.value.code == "IMPACT_LIST_UNKNOWN"
    assert adapters.store.get(other.identifier).status is Status.ISSUED


@pytest.mark.parametrize("data", [b"", b"[]", b"{}", b"[" * 100_000, b'{"format":"elicence-impact/2","licences":[]}'])
def test_what_is_no_list_is_said(data: bytes) -> None:
    with pytest.raises(ImpactListError) as caught:
        identifiers_in(data)
    assert caught.value.code == "IMPACT_LIST_BROKEN"


# A process of its own that does the drill until it is killed.
DRILL = """
import pickle, sys
from datetime import UTC, datetime
from pathlib import Path
from licences import FileStore, SqlImpacts, SqlStore, begin_drill, identifiers_in, run_drill
url, folder = sys.argv[1], Path(sys.argv[2])
data, act = pickle.loads((folder / "drill").read_bytes())
store = SqlStore(url, FileStore(folder / "files"), bytes(32))
drill = begin_drill(SqlImpacts(url), store, data, act, timed=False)
def do(record, act):
    store.apply(record.identifier, act)
    return ""
print("ready", flush=True)
for outcome in run_drill(drill, store, identifiers_in(data), act, do, now=lambda: datetime.now(UTC)):
    print(outcome.line, flush=True)
    sys.stdin.readline()
"""
"""After each act it waits for a word, so that it cannot be done before it is killed."""


def kill_and_resume(url: str, folder: Path, made: Make, *, licences: int, kills: int) -> int:
    """Return how many kills struck in the middle; the rest of the work is finished in one go."""
    import pickle

    (folder / "files").mkdir(exist_ok=True)
    store, impacts = SqlStore(url, FileStore(folder / "files"), bytes(32)), SqlImpacts(url)
    adapters = Adapters(store=store, impacts=impacts, conversions=None)
    identifiers = [add(store, made()).identifier for _ in range(licences)]
    data = kept_list(adapters)
    # A status-changing act is refused the second time; this one would be recorded twice.
    dispute = replace(ANNULMENT, action=Action.DISPUTE, legal_ground="", decision="")
    (folder / "drill").write_bytes(pickle.dumps((data, dispute)))
    chance, struck = random.Random(20261122), 0  # noqa: S311
    for attempt in range(kills + 1):
        with Running(url, folder, code=DRILL, stdin=PIPE, text=True) as run:
            assert run.stdout is not None
            assert run.stdin is not None
            assert run.stdout.readline() == "ready\n"
            if attempt < kills:
                for _ in range(chance.randrange(1, licences)):
                    run.stdout.readline()
                    run.stdin.write("go on\n")
                    run.stdin.flush()
                time.sleep(chance.random() / 200)
                run.kill()
            else:
                run.communicate()
        struck += run.returncode == -signal.SIGKILL
    assert [[event.action for event in store.events(one)] for one in identifiers] == [
        [Action.ISSUE, Action.DISPUTE]
    ] * licences
    store.close()
    impacts.close()
    return struck


def test_a_killed_drill_goes_on_and_acts_once(home: Path, made: Make) -> None:
    assert kill_and_resume(f"sqlite:///{home}/licences.db", home, made, licences=20, kills=1) > 0


@pytest.mark.soak
def test_a_drill_that_is_killed_forty_times_acts_once(database_url: str, tmp_path: Path, made: Make) -> None:
    assert kill_and_resume(database_url, tmp_path, made, licences=300, kills=40) > 20
