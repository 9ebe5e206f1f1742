"""Collection upstream: every act in one batch, files that come out the same, and what the platform answers."""

import csv
import io
import json
import os
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from esign import ExpectedSeal, StructuredHolder, StructuredLicence, structured_to_bytes
from keys import hash_bytes
from licences import (
    COLUMNS,
    ENDS,
    Act,
    Action,
    Batch,
    BatchChangedError,
    BatchForm,
    BatchNotFoundError,
    CollectionStore,
    CollectionTakenError,
    Difference,
    FileStore,
    HandOver,
    InvalidFieldError,
    KeyRing,
    LicenceNotFoundError,
    LicenceStore,
    MemoryCollectionStore,
    MemoryStore,
    Operation,
    Protection,
    Receipt,
    Reencryption,
    SqlCollectionStore,
    SqlStore,
    Status,
    Tally,
    digests_of,
    read_receipts,
)
from licences.collection import operations_for
from licences.collection_files import MAX_RECEIPT_BYTES, encode_rows
from licences.sql.collection_tables import collection_acts, collection_batches, collection_rows

NOW = datetime(2026, 11, 21, 4, tzinfo=UTC)
HOLDERS = (("111", "990101199003071237"),)
RING = KeyRing.of([bytes(16)])
I, U, D = Operation  # noqa: E741
JSONL = BatchForm.JSONL

Make = Callable[..., Any]


def protection() -> Protection:
    return Protection(lambda: RING, os.urandom)


@dataclass(frozen=True, kw_only=True)
class Office:
    """A licence store and what it hands over."""

    store: LicenceStore
    collected: CollectionStore
    make: Make

    @property
    def hand_over(self) -> HandOver:
        return HandOver(collected=self.collected, licences=self.store)

    def issue(self, **changes: Any) -> str:
        one = self.make(**changes)
        self.store.add(one.record, HOLDERS, one.files)
        identifier: str = one.record.identifier
        return identifier

    def act(self, identifier: str, action: Action = Action.REVOKE, *, effective_at: datetime = NOW) -> None:
        ground = {Action.RESTORE: "judgment", Action.CANCEL: "licensing-70-6"}.get(action, "")
        act = Act(
            action=action,
            ground="事由",
            decision="样决〔2026〕1号",
            legal_ground=ground,
            effective_at=effective_at,
            recorded_at=NOW,
        )
        self.store.apply(identifier, act)

    def cut(self, at: datetime = NOW) -> list[list[tuple[str, str]]]:
        """The rows of the batches that are cut now."""
        return [self.rows(batch) for batch in self.hand_over.cut_changes(form=JSONL, at=at)]

    def rows(self, batch: Batch) -> list[tuple[str, str]]:
        return [(row.identifier, row.operation.value) for row in self.collected.rows(batch.number)]

    def answer(self, identifier: str, operation: Operation, remark: str = "") -> None:
        batch = self.newest().number
        receipt = Receipt(batch=batch, identifier=identifier, operation=operation, error_remark=remark)
        self.collected.answer([receipt], NOW)

    def newest(self) -> Batch:
        return self.collected.batches(date(2026, 11, 21))[-1]


@pytest.fixture
def office(adapter_url: str | None, tmp_path: Path, made: Make) -> Iterator[Office]:
    if adapter_url is None:
        memory = MemoryStore()
        yield Office(store=memory, collected=MemoryCollectionStore(memory), make=made)
        return
    (tmp_path / "files").mkdir(exist_ok=True)
    store = SqlStore(adapter_url, FileStore(tmp_path / "files"), bytes(32))
    collected = SqlCollectionStore(adapter_url, protection())
    yield Office(store=store, collected=collected, make=made)
    store.close()
    collected.close()


@pytest.fixture
def memory(made: Make) -> Office:
    store = MemoryStore()
    return Office(store=store, collected=MemoryCollectionStore(store), make=made)


def structured(record: Any, **changes: Any) -> bytes:
    licence = StructuredLicence(
        identifier=record.identifier,
        number=record.number,
        name="取水许可证",
        type_name="取水许可证",
        type_code=record.type_code,
        issuer_name="样例县行政审批局",
        issuer_code="1199010000000102XM",
        issuer_level="区县级",
        issued_on=date(2026, 1, 1),
        holders=(StructuredHolder(name="样例持证人", code="990101199003071237", kind="111", kind_name="公民身份号码"),),
        valid_from=date(2026, 1, 1),
        valid_to=None,
        area_code="990101",
        fields=(),
        seals=(ExpectedSeal(field="Seal1", order=1, algorithm="sm2", certificate_digest=f"sm3:{'00' * 32}"),),
        sealed_at=NOW,
        development=True,
    )
    return structured_to_bytes(replace(licence, **changes))


def real(office: Office, **changes: Any) -> str:
    """A licence whose structured form can be read."""
    one = office.make()
    files = {**one.files, "json": structured(one.record, **changes)}
    record = replace(one.record, files={kind: digests_of(content) for kind, content in files.items()})
    office.store.add(record, HOLDERS, files)
    identifier: str = record.identifier
    return identifier


@pytest.mark.parametrize("status", Status)
@pytest.mark.parametrize("known", [True, False], ids=["known", "unknown"])
def test_what_the_platform_is_told_of_each_status(status: Status, known: bool) -> None:
    told = operations_for(status, (), known=known)
    if status is Status.PENDING:
        assert told == ()
    elif status in ENDS:
        assert told == ((D,) if known else ())
    else:
        assert told == ((U,) if known else (I,))


def test_new_changed_and_ended_licences_go_out_once(office: Office) -> None:
    one, two = office.issue(), office.issue()
    assert office.cut() == [[(one, "I"), (two, "I")]]
    assert office.cut() == []
    office.act(one, Action.SUSPEND)
    office.act(one, Action.RESUME)
    office.act(two)
    assert office.cut() == [[(one, "U"), (two, "D")]]
    assert [batch.number for batch in office.collected.batches(date(2026, 11, 21))] == [
        "20261121000001",
        "20261121000002",
    ]
    assert office.newest().counts == {I: 0, U: 1, D: 1}
    assert list(office.collected.present()) == [one]


def test_what_came_and_went_between_two_batches_comes_and_goes_in_one(office: Office) -> None:
    one = office.issue()
    office.act(one)
    assert office.cut() == [[(one, "I"), (one, "D")]]
    office.act(one, Action.RESTORE)
    assert office.cut() == [[(one, "I")]]


def test_what_was_never_in_force_is_not_told(office: Office) -> None:
    one = office.issue(status=Status.PENDING)
    assert office.cut() == []
    office.act(one, Action.CANCEL)
    assert office.cut() == []
    assert office.collected.changes(NOW, 10) == ()


def test_an_act_waits_for_its_day(office: Office) -> None:
    one = office.issue()
    office.act(one, effective_at=NOW + timedelta(days=3))
    assert office.cut() == [[(one, "I")]]
    assert office.cut(NOW + timedelta(days=2)) == []
    assert office.cut(NOW + timedelta(days=3)) == [[(one, "D")]]


def test_a_refused_row_was_never_there(office: Office) -> None:
    one = office.issue()
    office.cut()
    office.answer(one, I, "持证主体代码有误")
    assert [(item.identifier, item.error_remark) for item in office.collected.open_items(9)] == [
        (one, "持证主体代码有误")
    ]
    assert list(office.collected.present()) == []
    assert office.rows(office.hand_over.cut_again([one], form=JSONL, at=NOW)[0]) == [(one, "I")]
    assert [item.answer.value for item in office.collected.open_items(9)] == ["none"]
    office.answer(one, I)
    assert office.collected.open_items(9) == ()
    assert list(office.collected.present()) == [one]
    office.act(one)
    office.cut()
    office.answer(one, D, "稍后再试")
    assert list(office.collected.present()) == [one]
    assert office.rows(office.hand_over.cut_again([one], form=JSONL, at=NOW)[0]) == [(one, "D")]


def test_everything_goes_out_again_to_an_empty_platform(office: Office) -> None:
    one, two, three = (office.issue() for _ in range(3))
    office.act(two)
    office.cut()
    [batch] = office.hand_over.cut_full(form=JSONL, at=NOW)
    assert (batch.kind.value, sorted(office.rows(batch))) == ("full", sorted([(one, "I"), (three, "I")]))
    office.act(three)
    assert office.cut() == [[(three, "D")]]


def test_a_day_of_batches_begins_at_midnight_in_china(office: Office) -> None:
    office.issue()
    before = datetime(2026, 11, 21, 15, 59, tzinfo=UTC)
    office.cut(before)
    office.issue(sealed_at=before)
    office.cut(before + timedelta(minutes=1))
    office.issue(sealed_at=before)
    office.cut(before + timedelta(minutes=2))
    numbers = [batch.number for day in (21, 22) for batch in office.collected.batches(date(2026, 11, day))]
    assert numbers == ["20261121000001", "20261122000001", "20261122000002"]


def test_the_file_of_a_batch_is_the_same_whenever_it_is_made(office: Office) -> None:
    one = real(office, area_code="")
    [batch] = office.hand_over.cut_changes(form=JSONL, at=NOW)
    assert office.collected.unwritten() == (batch,)
    content = office.hand_over.file(batch)
    assert json.loads(content) == {
        "cd_batch": "20261121000001",
        "cd_operation": "I",
        "cd_time": "2026-11-21 12:00:00",
        "certificate_area_code": "990100",  # of the register that the issuer's credit code names
        "certificate_holder": "样例持证人",
        "certificate_holder_code": "990101199003071237",
        "certificate_holder_type": "111",
        "certificate_name": "取水许可证",
        "certificate_number": office.store.get(one).number,
        "certificate_source_id": one,
        "certificate_type": "取水许可证",
        "certificate_type_code": "11990000000001011Q001",
        "issue_date": "2026-01-01",
        "issue_dept": "样例县行政审批局",
        "issue_dept_code": "1199010000000102XM",
    }
    office.act(one)
    assert office.hand_over.file(batch) == content
    digest = hash_bytes("sm3", content).hex()
    office.collected.written(batch.number, digest)
    assert office.collected.unwritten() == ()
    assert office.collected.batch(batch.number).digest == digest
    office.collected.written(batch.number, digest)
    with pytest.raises(BatchChangedError):
        office.collected.written(batch.number, "00" * 32)


def test_both_sides_are_compared(memory: Office) -> None:
    one, two = real(memory), real(memory)
    memory.hand_over.cut_changes(form=JSONL, at=NOW)
    day = date(2026, 11, 21)
    ours = memory.hand_over.reconcile(day)
    assert ours.differences == {}
    content = memory.hand_over.file(memory.newest())
    assert ours.batches == {"20261121000001": Tally(rows=2, sm3=hash_bytes("sm3", content).hex())}
    identifiers = "".join(f"{one}\n" for one in sorted([one, two]))
    assert ours.present == Tally(rows=2, sm3=hash_bytes("sm3", identifiers.encode()).hex())

    def compare(batches: dict[str, Tally], present: Tally | None = None) -> dict[str, Difference]:
        return dict(memory.hand_over.reconcile(day, (batches, present)).differences)

    number, tally = next(iter(ours.batches.items()))
    assert compare(dict(ours.batches), ours.present) == {}
    assert compare({}) == {number: Difference.MISSING}
    assert compare({number: replace(tally, rows=1)}) == {number: Difference.ROWS}
    assert compare({number: replace(tally, sm3="00")}) == {number: Difference.DIGEST}
    assert compare({number: tally, "x": tally}) == {"x": Difference.UNKNOWN}
    assert compare({number: tally}, Tally(rows=3, sm3="")) == {"": Difference.ROWS}


def test_receipts_for_what_was_never_sent_are_all_refused(office: Office) -> None:
    one = office.issue()
    office.cut()
    good = Receipt(batch=office.newest().number, identifier=one, operation=I, error_remark="坏")
    bad = [replace(good, operation=U), replace(good, batch="\0"), replace(good, identifier="无")]
    with pytest.raises(ExceptionGroup) as refused:
        office.collected.answer([good, *bad], NOW)
    faults = [error for error in refused.value.exceptions if isinstance(error, InvalidFieldError)]
    assert [(fault.pointer, fault.code) for fault in faults] == [(f"/{n}", "ROW_NOT_SENT") for n in (1, 2, 3)]
    assert [item.answer.value for item in office.collected.open_items(9)] == ["none"]


def test_what_is_not_there(office: Office) -> None:
    for name in ("20261121000001", "\0", "批"):
        with pytest.raises(BatchNotFoundError):
            office.collected.batch(name)
        with pytest.raises(BatchNotFoundError):
            office.collected.rows(name)
    with pytest.raises(LicenceNotFoundError):
        office.hand_over.cut_again(["x"], form=JSONL, at=NOW)


def test_an_act_is_collected_once_whatever_others_do(office: Office) -> None:
    one = office.issue()
    [change] = office.collected.changes(NOW, 10)
    more: dict[str, Any] = {"kind": "changes", "form": JSONL, "at": NOW}
    kind = office.hand_over.cut_changes(form=JSONL, at=NOW)[0].kind
    with pytest.raises(CollectionTakenError):
        office.collected.cut([(one, I)], [change.sequence], **more | {"kind": kind})
    assert len(office.collected.batches(date(2026, 11, 21))) == 1


def test_two_who_collect_at_once_share_the_acts(database_url: str, tmp_path: Path, made: Make) -> None:
    (tmp_path / "files").mkdir(exist_ok=True)
    store = SqlStore(database_url, FileStore(tmp_path / "files"), bytes(32))
    stores = [SqlCollectionStore(database_url, protection()) for _ in range(3)]
    office = Office(store=store, collected=stores[0], make=made)
    issued = []
    for _ in range(3):
        issued += [office.issue() for _ in range(4)]
        start = threading.Barrier(len(stores))

        def run(collected: SqlCollectionStore, start: threading.Barrier = start) -> None:
            start.wait()
            HandOver(collected=collected, licences=store).cut_changes(form=JSONL, at=NOW)

        threads = [threading.Thread(target=run, args=(one,)) for one in stores]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    batches = stores[0].batches(date(2026, 11, 21))
    assert sorted(row for batch in batches for row in office.rows(batch)) == sorted((one, "I") for one in issued)
    engine = sa.create_engine(database_url.replace("postgresql:", "postgresql+psycopg:"))
    with engine.connect() as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(collection_acts)).scalar() == len(issued)
    engine.dispose()
    for one in (*stores, store):
        one.close()


def test_the_database_holds_no_digest_and_no_remark(database_url: str, tmp_path: Path, made: Make) -> None:
    (tmp_path / "files").mkdir(exist_ok=True)
    store = SqlStore(database_url, FileStore(tmp_path / "files"), bytes(32))
    collected = SqlCollectionStore(database_url, protection())
    office = Office(store=store, collected=collected, make=made)
    one = office.issue()
    office.cut()
    office.answer(one, I, "990101199003071237 有误")
    digest = "ab" * 32
    office.collected.written(office.newest().number, digest)
    engine = sa.create_engine(database_url.replace("postgresql:", "postgresql+psycopg:"))
    with engine.connect() as connection:
        said = repr([connection.execute(table.select()).all() for table in (collection_batches, collection_rows)])
    engine.dispose()
    assert one in said
    assert "990101199003071237" not in said
    assert digest not in said
    both = KeyRing.of([bytes([7]) * 16, *RING.keys.values()])
    run = Reencryption(database_url, bytes(32), Protection(lambda: both, os.urandom))
    changed = {tally.column: tally.changed for tally in run.columns()}
    run.close()
    assert (changed["collection_batches.digest"], changed["collection_rows.error_remark"]) == (1, 1)
    later = SqlCollectionStore(database_url, Protection(lambda: KeyRing.of([bytes([7]) * 16]), os.urandom))
    assert [batch.digest for batch in later.batches(date(2026, 11, 21))] == [digest]
    assert [item.error_remark for item in later.open_items(9)] == ["990101199003071237 有误"]
    later.close()
    for opened in (store, collected):
        opened.close()


ROWS = st.fixed_dictionaries({name: st.text(st.characters(exclude_categories=["Cs"]), max_size=20) for name in COLUMNS})


@settings(max_examples=40, deadline=None)
@given(rows=st.lists(ROWS, max_size=4))
def test_rows_are_read_back_as_they_were_written(rows: list[dict[str, str]]) -> None:
    text = encode_rows(BatchForm.JSONL, rows).decode()
    assert [json.loads(line) for line in text.split("\n")[:-1]] == rows
    text = encode_rows(BatchForm.CSV, rows).decode()
    assert list(csv.DictReader(io.StringIO(text, newline=""))) == rows


def test_receipts_are_read_in_both_forms() -> None:
    expected = (
        Receipt(batch="1", identifier="a", operation=I, error_remark=""),
        Receipt(batch="1", identifier="b", operation=D, error_remark='说"不"，\n换行'),
    )
    rows = [
        {
            "cd_batch": one.batch,
            "certificate_source_id": one.identifier,
            "cd_operation": one.operation.value,
            "error_remark": one.error_remark,
            "other": "x",
        }
        for one in expected
    ]
    lines = "\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
    assert read_receipts(lines.encode()) == expected
    assert (
        read_receipts(b"\xef\xbb\xbf" + lines.replace('"error_remark": ""', '"error_remark": null').encode())
        == expected
    )
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, fieldnames=list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    assert read_receipts(text.getvalue().encode("utf-8-sig")) == expected
    assert read_receipts(b"") == ()


@pytest.mark.parametrize(
    ("content", "pointer", "code"),
    [
        (b"\xff", "", "RECEIPTS_MALFORMED"),
        (b"{}", "/0/cd_batch", "REQUIRED"),
        (b'{"cd_batch": 1}', "/0/cd_batch", "REQUIRED"),
        (b'{"cd_batch":"1","certificate_source_id":"a","cd_operation":"X"}', "/0/cd_operation", "OPERATION_UNKNOWN"),
        (b'{"cd_batch":"1","certificate_source_id":"a","cd_operation":"I"}\n{"', "/1/cd_batch", "REQUIRED"),
        (b"cd_batch\n1\n", "/0/cd_operation", "REQUIRED"),
        (b'a,b\n"x', "", "RECEIPTS_MALFORMED"),
        (b" " * (MAX_RECEIPT_BYTES + 1), "", "TOO_LONG"),
    ],
    ids=["no text", "empty", "number", "operation", "broken line", "csv", "broken csv", "long"],
)
def test_receipts_that_are_none(content: bytes, pointer: str, code: str) -> None:
    with pytest.raises(ExceptionGroup) as refused:
        read_receipts(content)
    faults = [error for error in refused.value.exceptions if isinstance(error, InvalidFieldError)]
    assert (pointer, code) in [(fault.pointer, fault.code) for fault in faults]


@settings(max_examples=80, deadline=None)
@given(content=st.binary(max_size=200) | st.text(max_size=200).map(lambda text: text.encode("utf-8", "surrogatepass")))
def test_any_file_of_receipts_is_read_or_refused(content: bytes) -> None:
    try:
        read_receipts(content)
    except* InvalidFieldError:
        pass


class Platform:
    """The other side: it takes rows one by one and refuses what does not fit, or what it likes to refuse."""

    def __init__(self) -> None:
        self.table: set[str] = set()

    def take(self, identifier: str, operation: Operation, *, moody: bool) -> str:
        if moody:
            return "稍后再试"
        assert (identifier in self.table) is (operation is not I), "the row does not fit"
        if operation is D:
            self.table.remove(identifier)
        else:
            self.table.add(identifier)
        return ""


@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_the_platform_always_gets_what_fits_and_ends_with_what_counts(made: Make, data: st.DataObject) -> None:
    store = MemoryStore()
    office = Office(store=store, collected=MemoryCollectionStore(store), make=made)
    platform, issued = Platform(), [office.issue()]

    def deliver(batches: tuple[Batch, ...], *, moody: bool) -> None:
        for batch in batches:
            refused: set[str] = set()
            for row in office.collected.rows(batch.number):
                refuse = row.identifier in refused or (moody and data.draw(st.booleans()))
                remark = platform.take(row.identifier, row.operation, moody=refuse)
                refused |= {row.identifier} if remark else set()
                receipt = Receipt(
                    batch=batch.number, identifier=row.identifier, operation=row.operation, error_remark=remark
                )
                office.collected.answer([receipt], NOW)

    def export(*, moody: bool) -> None:
        deliver(office.hand_over.cut_changes(form=JSONL, at=NOW), moody=moody)
        again = [item.identifier for item in office.collected.open_items(99)]
        deliver(office.hand_over.cut_again(again, form=JSONL, at=NOW), moody=moody)

    for _ in range(data.draw(st.integers(1, 8))):
        what = data.draw(st.sampled_from(["issue", "act", "act", "export"]))
        if what == "issue":
            issued.append(office.issue())
        elif what == "act":
            one = data.draw(st.sampled_from(issued))
            action = {Status.ISSUED: Action.REVOKE, Status.REVOKED: Action.RESTORE}[store.get(one).status]
            office.act(one, action)
        else:
            export(moody=True)
    export(moody=False)
    assert platform.table == {one for one in issued if store.get(one).status is Status.ISSUED}
    assert list(office.collected.present()) == sorted(platform.table)
    assert office.collected.open_items(9) == ()
