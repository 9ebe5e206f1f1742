"""Cases: what a case must be, what is done in it, that nothing that people wrote stands in the database."""

import secrets
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from licences import (
    Actor,
    FileStore,
    ForgeryReportNotFoundError,
    InvalidFieldError,
    KeyRing,
    LicenceNotFoundError,
    Protection,
    SqlCases,
    SqlForgeryReports,
    SqlStore,
    make_forgery_report,
)
from licences.supervision import (
    MAX_OPEN_CASES,
    MAX_STEPS,
    Case,
    CaseAct,
    CaseClosedError,
    CaseFullError,
    CaseKind,
    CaseKnownError,
    CaseNotFoundError,
    CasesFullError,
    fold_case_number,
    group_case_number,
    make_case,
    make_step,
)

AT = datetime(2026, 11, 22, 2, 30, tzinfo=UTC)
CLERK = Actor(name="clerk07", office="样例县行政审批局", office_code="1199010000000102XM")
HOLDER = "ab" * 32
SECRETS = ("住址登记错了", "13900000000", "已更正，请查收")


def protection() -> Protection:
    return Protection(lambda: KeyRing.of([bytes(range(16))]), secrets.token_bytes)


def objection(**changes: Any) -> Case:
    given: dict[str, Any] = {
        "kind": CaseKind.OBJECTION, "statement": SECRETS[0], "contact": SECRETS[1], "actor": CLERK, "at": AT,
        "random": secrets.token_bytes, "holder_index": HOLDER,
    }  # fmt: skip
    return make_case(**{**given, **changes})


@pytest.fixture
def cases(database_url: str) -> Iterator[SqlCases]:
    one = SqlCases(database_url, protection())
    yield one
    one.close()


def test_a_case_from_its_opening_to_its_end(cases: SqlCases) -> None:
    case = objection()
    cases.open(case)
    assert cases.get(case.number) == case
    assert (case.owner, case.last_reply, case.closed) == (None, "", None)
    cases.step(case.number, make_step(act=CaseAct.TAKE, actor=CLERK, at=AT))
    cases.step(case.number, make_step(act=CaseAct.REPLY, actor=CLERK, at=AT, note="正在核实"))
    later = AT + timedelta(days=30)
    extended = cases.step(
        case.number, make_step(act=CaseAct.EXTEND, actor=CLERK, at=AT, note="须外地核查", deadline=later)
    )
    assert (extended.owner, extended.last_reply, extended.deadline) == (CLERK, "正在核实", later)
    assert [one.number for one in cases.waiting()] == [case.number]
    closed = cases.step(case.number, make_step(act=CaseAct.UPHOLD, actor=CLERK, at=AT, note=SECRETS[2]))
    assert closed.closed is not None
    assert (closed.last_reply, cases.waiting(), cases.closed(9)) == (SECRETS[2], (), (closed,))
    assert cases.of_holder(HOLDER) == (closed,)
    assert cases.of_holder("cd" * 32) == cases.of_holder("") == ()
    with pytest.raises(CaseClosedError):
        cases.step(case.number, make_step(act=CaseAct.TAKE, actor=CLERK, at=AT))


def test_an_unknown_number(cases: SqlCases) -> None:
    for number in ("", "AJ", "AJABCDEFGHJKLM", "\0", "案"):
        with pytest.raises(CaseNotFoundError):
            cases.get(number)


def test_cases_are_about_what_is_there(cases: SqlCases, database_url: str) -> None:
    with pytest.raises(LicenceNotFoundError):
        cases.open(objection(identifier="1.2.156.3005.2.X"))
    with pytest.raises(ForgeryReportNotFoundError):
        cases.open(objection(kind=CaseKind.FORGERY, forgery="JB000000000000", statement=""))
    reports = SqlForgeryReports(database_url, protection())
    report = make_forgery_report(
        what="照片不符", where="", contact="", identifier="", reason="", random=secrets.token_bytes, received_at=AT
    )
    reports.add(report)
    case = objection(kind=CaseKind.FORGERY, forgery=report.number, statement="", holder_index="")
    cases.open(case)
    with pytest.raises(CaseKnownError):
        cases.open(objection(kind=CaseKind.FORGERY, forgery=report.number, statement=""))
    reports.close()


def test_a_case_about_a_licence(cases: SqlCases, database_url: str, tmp_path: Path, made: Callable[..., Any]) -> None:
    (tmp_path / "files").mkdir(exist_ok=True)
    store = SqlStore(database_url, FileStore(tmp_path / "files"), bytes(32))
    licence = made()
    store.add(licence.record, [("111", "990101199003071237")], licence.files)
    case = objection(identifier=licence.record.identifier)
    cases.open(case)
    assert cases.get(case.number).identifier == licence.record.identifier
    store.close()


def test_nobody_fills_the_store(cases: SqlCases, monkeypatch: pytest.MonkeyPatch) -> None:
    case = objection()
    cases.open(case)
    for _ in range(MAX_OPEN_CASES - 1):
        cases.open(objection())
    with pytest.raises(CasesFullError):
        cases.open(objection())
    cases.open(objection(holder_index="cd" * 32))
    monkeypatch.setattr("licences.sql.case_store.MAX_STEPS", 3)
    for _ in range(2):
        cases.step(case.number, make_step(act=CaseAct.TAKE, actor=CLERK, at=AT))
    with pytest.raises(CaseFullError):
        cases.step(case.number, make_step(act=CaseAct.TAKE, actor=CLERK, at=AT))
    assert MAX_STEPS > 3
    assert cases.step(case.number, make_step(act=CaseAct.REJECT, actor=CLERK, at=AT, note="查无此事")).closed


def test_what_people_wrote_is_not_in_the_database(home: Path) -> None:
    cases = SqlCases(f"sqlite:///{home}/licences.db", protection())
    case = objection()
    cases.open(case)
    cases.step(case.number, make_step(act=CaseAct.REPLY, actor=CLERK, at=AT, note=SECRETS[2]))
    cases.close()
    content = b"".join(path.read_bytes() for path in home.glob("licences.db*"))
    assert case.number.encode() in content
    for text in SECRETS:
        assert text.encode() not in content


@pytest.mark.parametrize(
    ("changes", "pointers"),
    [
        ({"statement": " \r\n"}, ["/statement"]),
        ({"statement": "长" * 2001, "contact": "x" * 101}, ["/statement", "/contact"]),
        ({"contact": "a\nb"}, ["/contact"]),
        ({"statement": "\u202e"}, ["/statement"]),
    ],
    ids=["empty", "long", "line", "bidi"],
)
def test_what_a_case_cannot_say(changes: dict[str, Any], pointers: list[str]) -> None:
    with pytest.raises(ExceptionGroup) as caught:
        objection(**changes)
    faults = [error for error in caught.value.exceptions if isinstance(error, InvalidFieldError)]
    assert [fault.pointer for fault in faults] == pointers


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"act": CaseAct.REPLY}, "/note"),
        ({"act": CaseAct.OPEN, "note": "x"}, "/act"),
        ({"act": CaseAct.EXTEND, "note": "x"}, "/deadline"),
        ({"act": CaseAct.EXTEND, "note": "x", "deadline": AT}, "/deadline"),
        ({"act": CaseAct.EXTEND, "note": "x", "deadline": AT + timedelta(days=181)}, "/deadline"),
        ({"act": CaseAct.REPLY, "note": "x", "deadline": AT + timedelta(days=1)}, "/deadline"),
    ],
    ids=["note", "open", "no-deadline", "past", "far", "not-extending"],
)
def test_what_a_step_cannot_be(changes: dict[str, Any], pointer: str) -> None:
    with pytest.raises(ExceptionGroup) as caught:
        make_step(actor=CLERK, at=AT, **changes)
    (fault,) = caught.value.exceptions
    assert isinstance(fault, InvalidFieldError)
    assert fault.pointer == pointer


def test_a_number_is_read_as_people_write_it() -> None:
    number = objection().number
    shown = group_case_number(number)
    assert fold_case_number(shown.lower()) == number
    assert fold_case_number("JB" + number[2:]) == fold_case_number("") == ""
