"""Reports of forgeries: what a report must be, and what every store of them promises."""

import secrets
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from licences import (
    Actor,
    AllotmentTakenError,
    FileStore,
    ForgeryClosing,
    ForgeryFinding,
    ForgeryReport,
    ForgeryReportClosedError,
    ForgeryReportNotFoundError,
    ForgeryReports,
    ForgeryReportsFullError,
    InvalidFieldError,
    KeyRing,
    LicenceNotFoundError,
    LicenceStore,
    MemoryForgeryReports,
    MemoryStore,
    ProtectedDataError,
    Protection,
    SqlForgeryReports,
    SqlStore,
    fold_report_number,
    group_report_number,
    make_forgery_closing,
    make_forgery_report,
)

AT = datetime(2026, 11, 22, 2, 30, tzinfo=UTC)
ACTOR = Actor(name="clerk07", office="样例县行政审批局", office_code="1199010000000102XM")


def protection(key: bytes = bytes(range(16))) -> Protection:
    return Protection(lambda: KeyRing.of([key]), secrets.token_bytes)


def report(identifier: str = "", *, at: datetime = AT, **changes: Any) -> ForgeryReport:
    made = make_forgery_report(
        what="店里挂的证照照片不符", where="样例县某店", contact="13900000000", identifier=identifier,
        reason="HOLDER_NOT_CHECKED", random=secrets.token_bytes, received_at=at,
    )  # fmt: skip
    return replace(made, **changes)


def closing(remark: str = "现场核实：照面系涂改") -> ForgeryClosing:
    return make_forgery_closing(finding=ForgeryFinding.FORGED, remark=remark, actor=ACTOR, closed_at=AT)


@pytest.fixture
def kept(adapter_url: str | None, tmp_path: Path, made: Callable[..., Any]) -> Iterator[tuple[ForgeryReports, str]]:
    """A store of reports, and the identifier of a licence that it knows."""
    licence = made()
    if adapter_url is None:
        store: LicenceStore = MemoryStore()
        reports: ForgeryReports = MemoryForgeryReports(store.get)
    else:
        (tmp_path / "files").mkdir(exist_ok=True)
        store = SqlStore(adapter_url, FileStore(tmp_path / "files"), bytes(range(32)))
        reports = SqlForgeryReports(adapter_url, protection())
    store.add(licence.record, [("001", "91990101MA0TERT40P")], licence.files)
    yield reports, licence.record.identifier
    if isinstance(store, SqlStore) and isinstance(reports, SqlForgeryReports):
        store.close()
        reports.close()


def test_what_was_told_is_kept(kept: tuple[ForgeryReports, str]) -> None:
    reports, identifier = kept
    first = report(identifier, at=AT + timedelta(minutes=1))
    second = report(contact="", where="")
    for one in (first, second):
        reports.add(one)
    assert reports.get(first.number) == first
    assert reports.waiting() == (second, first)
    assert reports.closed() == ()
    with pytest.raises(AllotmentTakenError):
        reports.add(report(number=first.number))
    with pytest.raises(LicenceNotFoundError):
        reports.add(report(identifier[:-1] + ("0" if identifier[-1] != "0" else "1")))
    for number in ("", "JB23456789ABCD", "证", "\0", "\ud800"):
        with pytest.raises(ForgeryReportNotFoundError):
            reports.get(number)


def test_a_report_is_closed_once(kept: tuple[ForgeryReports, str]) -> None:
    reports, _ = kept
    one, other = report(), report()
    reports.add(one)
    reports.add(other)
    assert reports.end(one.number, closing()) == replace(one, closing=closing())
    assert reports.get(one.number).closing == closing()
    assert (reports.waiting(), reports.closed()) == ((other,), (replace(one, closing=closing()),))
    with pytest.raises(ForgeryReportClosedError):
        reports.end(one.number, closing("又一次"))
    assert reports.get(one.number).closing == closing()
    with pytest.raises(ForgeryReportNotFoundError):
        reports.end("JB23456789ABCD", closing())


def test_a_day_takes_so_many_and_no_more(kept: tuple[ForgeryReports, str]) -> None:
    reports, _ = kept
    for minute in range(3):
        reports.add(report(at=AT + timedelta(minutes=minute)), most=3)
    with pytest.raises(ForgeryReportsFullError):
        reports.add(report(at=AT + timedelta(hours=23, minutes=59)), most=3)
    reports.add(report(at=AT + timedelta(hours=24)), most=3)
    with pytest.raises(ForgeryReportsFullError):
        reports.add(report(at=AT + timedelta(hours=24, seconds=30)), most=3)
    assert len(reports.waiting()) == 4


def test_what_people_wrote_is_encrypted_and_bound_to_its_place(home: Path) -> None:
    url = f"sqlite:///{home}/licences.db"
    reports = SqlForgeryReports(url, protection())
    one, other = report(), report(contact="13911111111")
    reports.add(one)
    reports.add(other)
    reports.end(one.number, closing())
    reports.close()
    seen = b"".join(path.read_bytes() for path in home.glob("licences.db*"))
    for secret in (one.what, one.where, one.contact, closing().remark):
        assert secret.encode() not in seen
    assert one.number.encode() in seen
    connection = sqlite3.connect(home / "licences.db")
    taken = "UPDATE forgery_reports SET contact = (SELECT contact FROM forgery_reports WHERE number = ?)"
    connection.execute(taken, (other.number,))
    connection.commit()
    connection.close()
    moved = SqlForgeryReports(url, protection())
    with pytest.raises(ProtectedDataError):
        moved.get(one.number)
    assert moved.get(other.number) == other
    moved.close()
    stranger = SqlForgeryReports(url, protection(bytes(16)))
    with pytest.raises(ProtectedDataError):
        stranger.get(other.number)
    stranger.close()


@pytest.mark.parametrize(
    ("field", "text", "code"),
    [
        ("what", "", "REQUIRED"), ("what", " \r\n ", "REQUIRED"), ("what", "字" * 1001, "TOO_LONG"),
        ("what", "a\x00b", "CONTROL_CHARACTER"), ("what", "a\u202eb", "CONTROL_CHARACTER"),
        ("where", "字" * 201, "TOO_LONG"), ("where", "a\nb", "CONTROL_CHARACTER"),
        ("contact", "1" * 101, "TOO_LONG"), ("contact", "\ud800", "CONTROL_CHARACTER"),
    ],
    ids=str,
)  # fmt: skip
def test_what_cannot_be_kept_is_refused(field: str, text: str, code: str) -> None:
    typed = {"what": "x", "where": "", "contact": ""} | {field: text}
    with pytest.raises(ExceptionGroup) as caught:
        make_forgery_report(**typed, identifier="", reason="", random=secrets.token_bytes, received_at=AT)
    (fault,) = caught.value.exceptions
    assert isinstance(fault, InvalidFieldError)
    assert (fault.pointer, fault.code) == (f"/{field}", code)


def test_text_is_kept_as_it_was_meant() -> None:
    made = make_forgery_report(
        what=" 第一行\r\n第二行\t后 ", where="Cafe\u0301", contact="", identifier="", reason="",
        random=secrets.token_bytes, received_at=AT,
    )  # fmt: skip
    assert made.what == "第一行\n第二行 后"
    assert made.where == "Café"


@given(st.text(max_size=30))
def test_a_number_survives_being_typed(noise: str) -> None:
    number = report().number
    assert number.startswith("JB")
    assert fold_report_number(group_report_number(number)) == number
    assert fold_report_number(group_report_number(number).lower()) == number
    assert fold_report_number(noise) in ("", noise.upper().replace("-", "").replace(" ", ""))
    wrong = number[:-1] + ("2" if number[-1] != "2" else "3")
    assert fold_report_number(wrong) == ""
