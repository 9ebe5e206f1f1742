"""What a verdict says about a genuine licence in every state, and beside its dates and obligations."""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest

from esign import StructuredObligation
from verify import Outcome, Report, TrustStore, Verifier
from verify.report import instant_text

INSPECTION = StructuredObligation(key="nextInspection", label="下次检验", due=date(2027, 5, 17), effect="not_usable")
AT = datetime(2026, 11, 21, 10, 30, tzinfo=timezone(timedelta(hours=8)))
LAST_DAY = date(2027, 3, 31)
AFTER_THE_END = AT.replace(year=2027, month=4, day=10)
DUE = AT.replace(year=2027, month=5, day=17, hour=23)


@dataclass(frozen=True)
class Source:
    """A status source with one answer."""

    value: str = "issued"
    as_of: datetime | None = AT
    source: str = "store"
    disputed: bool = False
    renewal_pending: bool = False
    extended_to: date | None = None
    obligations: tuple[StructuredObligation, ...] = ()
    successor: str = ""

    def status(self, identifier: str, at: datetime) -> "Source":
        return replace(self, as_of=at)


class Desk:
    """Judges the sample licence with whatever source there is."""

    def __init__(self, office: Any, ca: Any) -> None:
        self.office, self.ca = office, ca
        self.trust = TrustStore.from_certificates(ca.public)

    def report(self, source: Source | None, at: datetime = AT, **changes: Any) -> Report:
        data, signature = self.office.seal_structured(self.ca.issue(), **changes)
        return Verifier(self.trust, source).verify_file(data, signature=signature, at=at)


@pytest.fixture(scope="module")
def desk(office: Any, ca: Any) -> Desk:
    return Desk(office, ca)


@pytest.mark.parametrize(
    ("value", "code", "outcome"),
    [
        ("pending", "SEALS_INCOMPLETE", Outcome.FAILED),
        ("inactive", "STATUS_NOT_ACTIVATED", Outcome.FAILED),
        ("issued", "OK", Outcome.PASSED),
        ("suspended", "STATUS_SUSPENDED", Outcome.FAILED),
        ("lost", "STATUS_REPORTED_LOST", Outcome.FAILED),
        ("expired", "STATUS_EXPIRED", Outcome.FAILED),
        ("replaced", "STATUS_SUPERSEDED", Outcome.FAILED),
        ("revoked", "STATUS_REVOKED", Outcome.FAILED),
        ("annulled", "STATUS_ANNULLED", Outcome.FAILED),
        ("withdrawn", "STATUS_WITHDRAWN", Outcome.FAILED),
        ("cancelled", "STATUS_CANCELLED", Outcome.FAILED),
        ("transferred", "STATUS_TRANSFERRED", Outcome.FAILED),
        ("something new", "STATUS_UNKNOWN", Outcome.INDETERMINATE),
    ],
)
def test_each_status_has_a_verdict_of_its_own(desk: Desk, value: str, code: str, outcome: Outcome) -> None:
    report = desk.report(Source(value), AT)
    assert (report.reason.code, report.verdict, report.authenticity) == (code, outcome, Outcome.PASSED)


def test_a_superseded_licence_names_the_one_in_its_place(desk: Desk) -> None:
    report = desk.report(Source("replaced", successor="1.2.156.X"), AT)
    assert report.status.successor == "1.2.156.X"
    assert any("1.2.156.X" in check.detail for check in report.checks)


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({}, "STATUS_EXPIRED"),
        ({"renewal_pending": True}, "RENEWAL_PENDING"),
        ({"extended_to": date(2027, 4, 10)}, "EXTENDED"),
        ({"extended_to": date(2027, 4, 9)}, "STATUS_EXPIRED"),
        ({"renewal_pending": True, "disputed": True}, "RENEWAL_PENDING"),
        ({"value": "revoked", "renewal_pending": True}, "STATUS_REVOKED"),
    ],
)
def test_after_its_last_day(desk: Desk, more: dict[str, Any], code: str) -> None:
    report = desk.report(Source(**more), AFTER_THE_END, valid_to=LAST_DAY)
    assert report.reason.code == code
    assert bool(report) is (code in ("RENEWAL_PENDING", "EXTENDED"))


def test_a_pending_renewal_says_nothing_before_the_last_day(desk: Desk) -> None:
    assert desk.report(Source(renewal_pending=True), AT).reason.code == "OK"


def test_a_dispute_is_said_and_does_not_end_a_licence(desk: Desk) -> None:
    report = desk.report(Source(disputed=True), AT)
    assert report
    assert report.reason.code == "DISPUTED"


@pytest.mark.parametrize(
    ("at", "source", "code"),
    [
        (DUE, Source(obligations=(INSPECTION,)), "OK"),
        (DUE + timedelta(days=1), Source(obligations=(INSPECTION,)), "OBLIGATION_OVERDUE"),
        (DUE + timedelta(days=1), Source(obligations=(replace(INSPECTION, due=date(2028, 1, 1)),)), "OK"),
        (DUE + timedelta(days=1), Source(obligations=(replace(INSPECTION, effect="note"),)), "OBLIGATION_NOTE"),
        (DUE + timedelta(days=1), Source(obligations=(replace(INSPECTION, effect="new"),)), "OBLIGATION_UNKNOWN"),
        (DUE + timedelta(days=1), Source("revoked", obligations=(INSPECTION,)), "STATUS_REVOKED"),
        (DUE + timedelta(days=1), None, "OBLIGATION_UNKNOWN"),
        (DUE, None, "STATUS_UNKNOWN"),
    ],
    ids=["due", "overdue", "inspected since", "note", "another effect", "revoked", "offline overdue", "offline due"],
)
def test_standing_obligations(desk: Desk, at: datetime, source: Source | None, code: str) -> None:
    report = desk.report(source, at, obligations=(INSPECTION,))
    assert report.reason.code == code
    assert bool(report) is (code in ("OK", "OBLIGATION_NOTE"))


def test_a_code_alone_never_hides_an_overdue_inspection(pki: Any, office: Any) -> None:
    text = office.write_code(pki.code)
    trust = TrustStore.from_certificates((pki.root, pki.issuing_ca, pki.code.certificate))
    looking = Verifier(trust, Source(obligations=(INSPECTION,)))
    late = DUE + timedelta(days=1)
    for holder in (office.HOLDER, None):
        assert looking.verify_code(text, holder=holder, at=late).reason.code == "OBLIGATION_OVERDUE"


def test_instants_in_details_are_those_of_china() -> None:
    assert instant_text(datetime(2026, 11, 21, 20, 0, 1, 5, tzinfo=UTC)) == "2026-11-22T04:00:01+08:00"
    assert instant_text(None) == "no time"
    # What never ends has no later time in China.
    assert instant_text(datetime.max.replace(tzinfo=UTC)) == "9999-12-31T23:59:59+00:00"
