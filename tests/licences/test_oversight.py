"""What supervisors count and are warned of, on each kind of database."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from esign import StructuredObligation
from licences import (
    Act,
    Action,
    Actor,
    DraftContent,
    DraftStep,
    FileStore,
    KeyRing,
    Particulars,
    Protection,
    SqlDraftStore,
    SqlOversight,
    SqlStore,
    SqlTrail,
    SqlTrailChain,
)
from licences.review import DraftAct
from licences.supervision import (
    Deadlines,
    DeadlineWarning,
    Measure,
    Totals,
    TrailEntry,
    TrailKind,
    WarningKind,
    statistics,
)

KEY = bytes(range(32))
AT = datetime(2026, 11, 22, 2, 30, tzinfo=UTC)
CLERK = Actor(name="clerk07", office="样例县行政审批局", office_code="1199010000000102XM")
HOLDERS = [("111", "990101199003071237")]
LATE = StructuredObligation(key="inspection", label="下次检验", due=date(2026, 11, 1), effect="not_usable")


@pytest.fixture
def store(database_url: str, tmp_path: Path) -> Iterator[SqlStore]:
    (tmp_path / "files").mkdir(exist_ok=True)
    one = SqlStore(database_url, FileStore(tmp_path / "files"), KEY)
    yield one
    one.close()


@pytest.fixture
def oversight(database_url: str) -> Iterator[SqlOversight]:
    one = SqlOversight(database_url)
    yield one
    one.close()


def test_counts_by_day_office_and_type(
    database_url: str, store: SqlStore, oversight: SqlOversight, made: Callable[..., Any]
) -> None:
    trail, chain = SqlTrail(database_url, KEY), SqlTrailChain(database_url, KEY)
    # 23:30 in China, and half an hour into the next day there.
    for at, reason in ((15, "OK"), (15, "OK"), (16, "STATUS_REVOKED")):
        seen = AT.replace(day=20, hour=at)
        trail.record(TrailEntry(kind=TrailKind.VERIFY, at=seen, done=True, code=reason, type_slug="a", office_code="X"))
    trail.record(TrailEntry(kind=TrailKind.LOOK_UP, at=AT, done=False, code="NOT_ALLOWED"))
    trail.record(TrailEntry(kind=TrailKind.SESSION, at=AT, done=True))
    licence = made()
    store.add(licence.record, HOLDERS, licence.files)
    chain.chain(AT)
    lines = statistics(oversight.counts(AT - timedelta(days=9), AT + timedelta(days=1)))
    assert [(one.day.day, one.office_code, one.type_slug, one.measure, one.outcome, one.count) for one in lines] == [
        (20, "X", "a", Measure.VERIFIED, "OK", 2),
        (21, CLERK.office_code, "pesticide-business", Measure.ISSUED, "issue", 1),
        (21, "X", "a", Measure.VERIFIED, "STATUS_REVOKED", 1),
        (22, "", "", Measure.REFUSED, "NOT_ALLOWED", 1),
    ]
    assert list(oversight.counts(AT + timedelta(days=1), AT + timedelta(days=2))) == []
    trail.close()
    chain.close()


def test_what_is_due(database_url: str, store: SqlStore, oversight: SqlOversight, made: Callable[..., Any]) -> None:
    soon, later = made(valid_to=date(2027, 1, 21)), made(valid_to=date(2027, 1, 22))
    overdue, inspected = made(obligations=(LATE,)), made(obligations=(LATE,))
    gone = made(obligations=(LATE,), valid_to=date(2026, 12, 1))
    for licence in (soon, later, overdue, inspected, gone):
        store.add(licence.record, HOLDERS, licence.files)
    done = Act(
        action=Action.INSPECT, ground="年度检验合格", decision="检字1号", effective_at=AT, recorded_at=AT, actor=CLERK,
        particulars=Particulars(obligation="inspection", next_due=date(2027, 11, 1)),
    )  # fmt: skip
    store.apply(inspected.record.identifier, done)
    store.apply(gone.record.identifier, replace(done, action=Action.CANCEL, ground="x", particulars=Particulars(),
                                                legal_ground="licensing-70-1"))  # fmt: skip
    drafts = SqlDraftStore(database_url, Protection(lambda: KeyRing.of([bytes(16)]), bytes))
    for name, days in (("d1", 6), ("d2", 4)):
        at = AT - timedelta(days=days)
        content = DraftContent(type_slug="pesticide-business", data={}, algorithm="sm2", salt="0" * 32)
        drafts.add(name, content, DraftStep(act=DraftAct.CREATE, actor=CLERK, at=at))
        drafts.act(name, DraftStep(act=DraftAct.SUBMIT, actor=CLERK, at=at))
    found = list(oversight.warnings(AT, Deadlines()))
    assert [(one.kind, one.subject, one.due) for one in found] == [
        (WarningKind.EXPIRING, soon.record.identifier, date(2027, 1, 21)),
        (WarningKind.INSPECTION_OVERDUE, overdue.record.identifier, LATE.due),
        (WarningKind.REVIEW_WAITING, "d1", date(2026, 11, 21)),
    ]
    assert found[1] == DeadlineWarning(
        kind=WarningKind.INSPECTION_OVERDUE, due=LATE.due, subject=overdue.record.identifier,
        type_slug="pesticide-business", office_code=CLERK.office_code, detail="下次检验",
    )  # fmt: skip
    assert {one.region for one in found} == {"990100"}
    assert oversight.totals() == Totals(
        licences=5, acts=7, reviews_waiting=2, cases_open=0, reports_open=0, webhooks_behind=0
    )
    drafts.close()
