"""The chain of the trail: each kind of tampering with the database is found and named; what is whole is not accused."""

import contextlib
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from licences import (
    Act,
    Action,
    Actor,
    DraftContent,
    DraftStep,
    FileStore,
    KeyRing,
    Protection,
    SqlDraftStore,
    SqlStore,
    SqlTrail,
    SqlTrailChain,
    trail_rows,
)
from licences.review import DraftAct
from licences.supervision import (
    MIN_RETENTION,
    Batch,
    SignedEnd,
    TrailEntry,
    TrailKind,
    TrailQuestion,
    TrailReport,
    batch_digest,
    batch_mark,
    check_trail,
    checkpoint_from,
    checkpoint_text,
    entry_mark,
    header_of,
)

KEY = bytes(range(32))
AT = datetime(2026, 11, 22, 2, 30, tzinfo=UTC)
CLERK = Actor(name="clerk07", office="样例县行政审批局", office_code="1199010000000102XM")
READ = TrailEntry(
    kind=TrailKind.READ, at=AT, done=True, client="hall-1", office_code="1199010000000102XM",
    identifier="1.2.156.3005.2.X", type_slug="pesticide-business", region="990101",
)  # fmt: skip
ANNULMENT = Act(
    action=Action.ANNUL, ground="超越法定职权", decision="样字〔2026〕9号", legal_ground="licensing-69-2",
    effective_at=AT, recorded_at=AT, actor=CLERK,
)  # fmt: skip


@dataclass
class Office:
    """A store with its trail, and what an auditor does with it."""

    url: str
    store: SqlStore
    drafts: SqlDraftStore
    trail: SqlTrail
    chain: SqlTrailChain
    made: Callable[..., Any]
    now: datetime = AT
    reads: int = 0

    def issue(self) -> str:
        licence = self.made()
        return self.store.add(licence.record, [("111", "990101199003071237")], licence.files).identifier

    def read(self, times: int = 1) -> None:
        for _ in range(times):
            self.trail.record(replace(READ, at=self.now, details={"page": str(self.reads)}))
            self.reads += 1

    def chained(self) -> Batch:
        self.now += timedelta(seconds=1)
        last = None
        while (done := self.chain.chain(self.now)).batch is not None:
            last = done.batch
        assert last is not None
        return last

    def chained_again(self) -> None:
        self.read()
        self.chained()

    def signed(self) -> SignedEnd:
        batch = self.chain.state().newest
        assert batch is not None
        statement = checkpoint_from(checkpoint_text(batch, self.now))
        return SignedEnd(batch=batch.number, statement=statement, fault="", place="test")

    def check(self, *signed: SignedEnd, reached: Batch | None = None, since: datetime | None = None) -> TrailReport:
        with trail_rows(self.url) as rows:
            return check_trail(rows, KEY, signed, reached=reached, since=since)

    def found(self, *signed: SignedEnd, reached: Batch | None = None) -> list[tuple[str, int, int]]:
        faults = self.check(*signed, reached=reached).faults
        return [(fault.kind.value, fault.first, fault.last) for fault in faults]


@contextlib.contextmanager
def opened(url: str, folder: Path, made: Callable[..., Any]) -> Iterator[Office]:
    (folder / "files").mkdir(exist_ok=True)
    protection = Protection(lambda: KeyRing.of([bytes(16)]), lambda size: bytes(size))
    parts = (
        SqlStore(url, FileStore(folder / "files"), KEY),
        SqlDraftStore(url, protection),
        SqlTrail(url, KEY),
        SqlTrailChain(url, KEY),
    )
    yield Office(url, *parts, made)
    for part in parts:
        part.close()


@pytest.fixture
def office(database_url: str, tmp_path: Path, made: Callable[..., Any]) -> Iterator[Office]:
    with opened(database_url, tmp_path, made) as one:
        yield one


def step(act: DraftAct) -> DraftStep:
    return DraftStep(act=act, actor=CLERK, at=AT)


def begin(office: Office, draft_id: str = "d1") -> None:
    content = DraftContent(type_slug="pesticide-business", data={"a": "b"}, algorithm="sm2", salt="0" * 32)
    office.drafts.add(draft_id, content, step(DraftAct.CREATE))


def test_histories_are_taken_exactly_once_and_in_order(office: Office) -> None:
    identifier = office.issue()
    office.read()
    first = office.chained()
    office.store.apply(identifier, ANNULMENT)
    second = office.chained()
    assert office.chain.chain(office.now).batch is None
    kinds = [one.entry.kind.value for one in office.trail.entries(TrailQuestion(), limit=10)]
    assert kinds == ["read", "change", "change"]
    assert (first.first, first.last, second.first, second.last) == (1, 2, 3, 3)
    change = office.trail.entries(TrailQuestion(kind=TrailKind.CHANGE, after=2), limit=10)[0].entry
    assert (change.client, change.identifier, change.region) == ("clerk07", identifier, "990100")
    assert (change.details["action"], change.details["after"]) == ("annul", "annulled")
    report = office.check(office.signed())
    assert (report.faults, report.entries, report.signed, report.unchained) == ([], 3, 3, 0)


def test_many_acts_are_taken_in_several_batches(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("licences.sql.trail_sources._NEW_EVENTS", _few())
    monkeypatch.setattr("licences.sql.trail_sources.EVENTS_AT_ONCE", 2)
    for _ in range(5):
        office.issue()
    assert office.chained().number == 3
    assert office.found() == []


def _few() -> Any:
    from licences.sql.trail_sources import _NEW_EVENTS

    return _NEW_EVENTS.limit(2)


def test_what_is_not_chained_yet_is_counted_and_chained_later(office: Office) -> None:
    office.read(2)
    office.chained()
    office.read(3)
    report = office.check()
    assert (report.faults, report.entries, report.unchained) == ([], 2, 3)
    state = office.chain.state()
    assert (state.entries, state.chained, state.waiting, state.oldest_waiting) == (5, 2, 3, office.now)
    assert office.chained().last == 5


def test_an_empty_trail_is_whole(office: Office) -> None:
    assert office.found() == []
    assert office.chain.chain(AT).batch is None


@pytest.fixture(scope="module")
def busy_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("busy")


@pytest.fixture
def busy(busy_folder: Path, migrated_file: Path, tmp_path: Path, made: Callable[..., Any]) -> Iterator[Office]:
    """Batches of reads, then acts, then steps of drafts: 1 to 5, 6 to 8, 9 to 12, 13 to 16, 17 to 20."""
    ready = busy_folder / "licences.db"
    if not ready.exists():
        shutil.copy(migrated_file, ready)
        with opened(f"sqlite:///{ready}", busy_folder, made) as office:
            make_busy(office)
    shutil.copy(ready, tmp_path)
    with opened(f"sqlite:///{tmp_path}/licences.db", busy_folder, made) as office:
        office.now = AT + timedelta(seconds=5)
        yield office


def make_busy(office: Office) -> None:
    for draft_id in ("d1", "d2"):
        begin(office, draft_id)
    identifiers = []
    for _ in range(5):
        identifiers.append(office.issue())
        office.read(2)
        if len(identifiers) > 2:
            office.store.apply(identifiers[-2], ANNULMENT)
        office.chained()


@pytest.fixture
def tamper(busy: Office) -> Callable[..., None]:
    """Change the rows as somebody does who has the database and nothing else."""

    def change(*statements: str) -> None:
        with contextlib.closing(sqlite3.connect(busy.url.removeprefix("sqlite:///"))) as database, database:
            for statement in statements:
                database.execute(statement)

    return change


def test_a_busy_trail_is_whole(office: Office) -> None:
    make_busy(office)
    report = office.check(office.signed())
    assert (report.faults, report.more_faults) == ([], 0)
    assert (report.batches, report.entries, report.last, report.signed) == (5, 20, 20, 20)
    assert report.is_vouched
    assert not office.check().is_vouched


OTHER_CLIENT = """UPDATE trail_entries SET content = replace(content, 'hall-1', 'hall-2'), client = 'hall-2'
WHERE sequence = 6"""


def copied_to(sequence: int) -> str:
    """Put the first entry into the trail once more, with its mark."""
    columns = "content, mark, at, kind, done, outcome, client, office_code, identifier, type_slug, region, holder_index"
    return f"INSERT INTO trail_entries SELECT {sequence}, {columns}, NULL FROM trail_entries WHERE sequence = 1"  # noqa: S608


@pytest.mark.parametrize("signed", [False, True], ids=["unsigned", "signed"])
@pytest.mark.parametrize(
    ("statements", "expected"),
    [
        ([OTHER_CLIENT],
         [("ENTRY_CHANGED", 6, 6)]),
        (["UPDATE trail_entries SET client = 'hall-2' WHERE sequence = 6"], [("COLUMNS_DIFFER", 6, 6)]),
        (["UPDATE trail_entries SET at = '2026-01-01T00:00:00.000000+00:00' WHERE sequence = 6"],
         [("COLUMNS_DIFFER", 6, 6)]),
        (["UPDATE trail_entries SET content = 'x' WHERE sequence = 6"],
         [("ENTRY_CHANGED", 6, 6), ("COLUMNS_DIFFER", 6, 6)]),
        (["DELETE FROM trail_entries WHERE sequence = 6"], [("ENTRY_MISSING", 6, 6)]),
        (["DELETE FROM trail_entries WHERE sequence IN (1, 2, 18)"], 
         [("ENTRY_MISSING", 1, 2), ("ENTRY_MISSING", 18, 18)]),
        (["DELETE FROM trail_entries WHERE sequence IN (7, 9, 10, 13, 14)"],
         [("ENTRY_MISSING", 7, 7), ("ENTRY_MISSING", 9, 10), ("ENTRY_MISSING", 13, 14)]),
        (["UPDATE trail_entries SET sequence = 99 WHERE sequence = 1",
          "UPDATE trail_entries SET sequence = 1 WHERE sequence = 2",
          "UPDATE trail_entries SET sequence = 2 WHERE sequence = 99"], 
         [("ENTRY_CHANGED", 1, 1), ("ENTRY_CHANGED", 2, 2)]),
        ([copied_to(21)], [("ENTRY_ADDED", 21, 21)]),
        ([copied_to(0)], [("ENTRY_ADDED", 0, 0)]),
        (["UPDATE trail_batches SET digest = 'x' WHERE number = 2"],
         [("BATCH_CHANGED", 6, 8), ("BATCH_CHANGED", 9, 12)]),
        (["UPDATE trail_batches SET chained_at = '2026-01-01T00:00:00.000000+00:00' WHERE number = 2"],
         [("BATCH_CHANGED", 6, 8)]),
        (["UPDATE trail_batches SET last = 7 WHERE number = 2"], [("BATCH_CHANGED", 6, 7), ("BATCH_CHANGED", 9, 12)]),
        (["DELETE FROM trail_batches WHERE number = 2"], [("BATCH_MISSING", 6, 8), ("BATCH_CHANGED", 9, 12)]),
    ],
    ids=["edited", "edited-column", "edited-time", "garbage", "deleted", "ends-deleted", "many-deleted", "swapped",
         "added", "added-before", "digest", "time-of-batch", "last-of-batch", "batch-deleted"],
)  # fmt: skip
def test_tampering_is_found_and_named(
    busy: Office, tamper: Callable[..., None], statements: list[str], expected: list[tuple[str, int, int]], signed: bool
) -> None:
    ends = [busy.signed()] if signed else []
    tamper(*statements)
    assert busy.found(*ends) == expected


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("UPDATE licence_events SET decision = 'x' WHERE sequence = 1", ("EVENT_CHANGED", 3, 3, "event:1")),
        ("UPDATE licence_events SET recorded_at = effective_at || '' , actor = 'x' WHERE sequence = 4",
         ("EVENT_CHANGED", 12, 12, "event:4")),
        ("DELETE FROM licence_events WHERE sequence = 4", ("EVENT_MISSING", 12, 12, "event:4")),
        ("DELETE FROM licence_events WHERE sequence = 8", ("EVENT_MISSING", 20, 20, "event:8")),
        ("UPDATE draft_events SET actor_name = 'x' WHERE draft_id = 'd1'", ("EVENT_CHANGED", 4, 4, "draft:d1:1")),
        ("DELETE FROM draft_events WHERE draft_id = 'd2'", ("EVENT_MISSING", 5, 5, "draft:d2:1")),
    ],
    ids=["edited", "edited-actor", "deleted", "last-deleted", "step-edited", "step-deleted"],
)  # fmt: skip
def test_histories_are_compared_with_the_trail(
    busy: Office, tamper: Callable[..., None], statement: str, expected: tuple[str, int, int, str]
) -> None:
    tamper(statement)
    (fault,) = busy.check(busy.signed()).faults
    assert (fault.kind.value, fault.first, fault.last, fault.detail) == expected


def test_an_act_that_is_put_among_the_old_ones_is_found(busy: Office, tamper: Callable[..., None]) -> None:
    columns = (
        "identifier, action, status_before, status_after, ground, decision, effective_at, recorded_at, legal_ground"
    )
    rest = "actor, office, office_code, particulars"
    tamper(
        f"INSERT INTO licence_events (sequence, {columns}, {rest}) "  # noqa: S608
        f"SELECT 0, {columns}, {rest} FROM licence_events WHERE sequence = 1",
        "UPDATE licence_events SET sequence = 0 - 1 WHERE sequence = 2",
    )
    assert busy.found() == [("EVENT_MISSING", 8, 8)]


def test_steps_that_are_hidden_from_the_trail_are_found(busy: Office, tamper: Callable[..., None]) -> None:
    begin(busy, "d3")
    tamper("UPDATE drafts SET trail_revision = 1 WHERE draft_id = 'd3'")
    (fault,) = busy.check(busy.signed()).faults
    assert (fault.kind.value, fault.detail) == ("EVENT_UNTRACED", "draft:d3:1")


def test_steps_are_not_taken_twice(busy: Office, tamper: Callable[..., None]) -> None:
    tamper("UPDATE drafts SET trail_revision = NULL")
    assert busy.chain.chain(busy.now).batch is None
    assert busy.found() == []


def test_values_of_other_kinds_are_faults_and_no_crash(busy: Office, tamper: Callable[..., None]) -> None:
    made_up = '{"at":"x","done":true,"kind":"operation","details":{"act":"prune","through":"x"}}'
    tamper(
        "UPDATE trail_entries SET content = x'ff00', mark = 7 WHERE sequence = 6",
        "UPDATE trail_entries SET client = 7 WHERE sequence = 7",
        f"UPDATE trail_entries SET content = '{made_up}', kind = 'operation' WHERE sequence = 10",  # noqa: S608
        "UPDATE trail_entries SET source = 'event:x' WHERE sequence = 11",
    )
    assert sorted(busy.found(busy.signed())) == [
        ("COLUMNS_DIFFER", 6, 6),
        ("COLUMNS_DIFFER", 7, 7),
        ("COLUMNS_DIFFER", 10, 10),
        ("COLUMNS_DIFFER", 11, 11),
        ("ENTRY_CHANGED", 6, 6),
        ("ENTRY_CHANGED", 10, 10),
        ("EVENT_UNTRACED", 0, 0),
    ]


END = ["DELETE FROM trail_entries WHERE sequence > 12", "DELETE FROM trail_batches WHERE number > 3"]


def test_an_end_that_was_cut_off_is_found_by_what_lies_outside(busy: Office, tamper: Callable[..., None]) -> None:
    signed, reached = busy.signed(), busy.chain.state().newest
    tamper(*END)
    assert busy.found() == []
    assert busy.found(signed) == [("END_MISSING", 13, 20)]
    assert busy.found(reached=reached) == [("END_MISSING", 13, 20)]
    busy.read()
    busy.chained()
    assert [one[0] for one in busy.found(signed)] == ["END_MISSING"]
    busy.chained_again()
    assert [one[0] for one in busy.found(signed)] == ["CHECKPOINT_DIFFERS"]
    assert [one[0] for one in busy.found(reached=reached)] == ["BATCH_CHANGED"]


def test_the_file_about_the_end_cannot_be_made_up(busy: Office) -> None:
    reached = busy.chain.state().newest
    assert reached is not None
    (fault,) = busy.check(reached=replace(reached, number=3)).faults
    assert fault.kind.value == "END_MISSING"


def test_a_number_that_was_chained_is_not_given_again(busy: Office, tamper: Callable[..., None]) -> None:
    tamper("DELETE FROM trail_entries WHERE sequence > 18")
    busy.read()
    assert busy.chained().first == 21
    assert ("ENTRY_MISSING", 19, 20) in busy.found()


@pytest.mark.parametrize("has_key", [False, True], ids=["without-key", "with-key"])
def test_a_chain_that_is_made_anew_is_found(busy: Office, tamper: Callable[..., None], has_key: bool) -> None:
    """The forger knows this program, edits an entry and makes every later digest again."""
    signed = busy.signed()
    key = KEY if has_key else bytes(32)
    with contextlib.closing(sqlite3.connect(busy.url.removeprefix("sqlite:///"))) as database, database:
        database.execute("UPDATE trail_entries SET content = replace(content, 'hall-1', 'hall-2'), client = 'hall-2' "
                         "WHERE sequence = 7")  # fmt: skip
        (content,) = database.execute("SELECT content FROM trail_entries WHERE sequence = 7").fetchone()
        database.execute("UPDATE trail_entries SET mark = ? WHERE sequence = 7", (entry_mark(key, 7, content),))
        digest = "0" * 64
        for row in database.execute("SELECT * FROM trail_batches ORDER BY number").fetchall():
            number, first, last, events_to, at, _, _ = row
            batch = Batch(number=number, first=first, last=last, events_to=events_to, digest="", mark="",
                          chained_at=datetime.fromisoformat(at))  # fmt: skip
            wanted = "SELECT sequence, content FROM trail_entries WHERE sequence BETWEEN ? AND ? ORDER BY sequence"
            digest = batch_digest(digest, header_of(batch), database.execute(wanted, (first, last)))
            mark = batch_mark(key, header_of(batch), digest)
            database.execute("UPDATE trail_batches SET digest = ?, mark = ? WHERE number = ?", (digest, mark, number))
    found = busy.found(signed)
    if has_key:
        assert found == [("CHECKPOINT_DIFFERS", 1, 20)]
        assert busy.found() == []
    else:
        assert ("ENTRY_CHANGED", 7, 7) in found
        assert ("ENTRY_CHANGED", 7, 7) in busy.found()


def test_entries_that_are_put_in_before_the_chaining_are_found(busy: Office, tamper: Callable[..., None]) -> None:
    tamper(copied_to(21))
    busy.chained()
    (fault,) = busy.check(busy.signed()).faults
    assert (fault.kind.value, fault.first, fault.last) == ("ENTRY_ADDED", 21, 21)
    assert "entry 22" in fault.detail


def test_a_checkpoint_that_cannot_be_believed_is_told(busy: Office) -> None:
    bad = SignedEnd(batch=3, statement=None, fault="SIGNATURE", place="audit/3")
    other = replace(busy.signed(), batch=4)
    assert [fault.detail for fault in busy.check(bad, other).faults] == [
        "audit/3: SIGNATURE",
        "test: it is about batch 5",
    ]


def test_looking_from_a_day_on_begins_at_a_signed_place(busy: Office, tamper: Callable[..., None]) -> None:
    first = busy.signed()
    busy.read(2)
    busy.now += timedelta(hours=1)
    busy.chained()
    tamper("DELETE FROM trail_entries WHERE sequence IN (2, 22)")
    report = busy.check(first, busy.signed(), since=busy.now - timedelta(minutes=1))
    assert [(one.first, one.last) for one in report.faults] == [(22, 22)]
    assert (report.first, report.entries) == (21, 1)


def test_old_entries_are_deleted_and_the_rest_still_hangs_together(office: Office, tmp_path: Path) -> None:
    make_busy(office)
    early, office.now = office.now, AT + MIN_RETENTION + timedelta(days=1)
    office.read()
    office.chained()
    signed = office.signed()
    assert office.chain.prune(AT, office.now, "auditor") is None
    batch = office.chain.prune(early, office.now, "auditor")
    assert batch is not None
    assert batch.last == 16
    assert office.chain.prune(early, office.now, "auditor") is None
    office.chained()
    report = office.check(signed, office.signed())
    assert (report.faults, report.pruned, report.first, report.entries) == ([], 16, 17, 6)
    assert office.trail.entries(TrailQuestion(), limit=1)[0].sequence == 17
    office.read()
    assert office.chained().first == 23


def test_a_deletion_that_came_too_early_is_told(busy: Office) -> None:
    assert busy.chain.prune(busy.now, busy.now + timedelta(days=30), "auditor") is not None
    busy.chained()
    assert [one[0] for one in busy.found()] == ["PRUNED_TOO_EARLY"]


def test_a_deletion_by_somebody_else_is_no_pruning(busy: Office, tamper: Callable[..., None]) -> None:
    tamper("DELETE FROM trail_entries WHERE sequence <= 12", "DELETE FROM trail_batches WHERE number < 3")
    found = busy.found()
    assert ("BATCH_MISSING", 1, 8) in found
    assert ("ENTRY_MISSING", 9, 12) in found
