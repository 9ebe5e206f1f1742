"""Reports of forgeries (举报): what people tell about a licence that they believe to be forged, and what was found.

A report names nobody but by what people write into it, so all of that is kept encrypted.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Protocol

from esign import fold_short_code, group_short_code, is_short_code, make_short_code

from .actors import Actor
from .texts import as_typed, text_faults

REPORT_PREFIX = "JB"
"""举报: before the twelve characters of a report's number."""
MAX_WHAT_CHARACTERS = 1000
MAX_WHERE_CHARACTERS = 200
MAX_CONTACT_CHARACTERS = 100
MAX_REMARK_CHARACTERS = 1000
MAX_REPORTS_A_DAY = 500
"""More than people write in 24 hours; what a program sends beyond it would only bury theirs."""
DAY = timedelta(hours=24)


class ForgeryFinding(Enum):
    """What the office found."""

    FORGED = "forged"
    GENUINE = "genuine"
    UNCLEAR = "unclear"


@dataclass(frozen=True, slots=True, kw_only=True)
class ForgeryClosing:
    """How a report came to its end."""

    finding: ForgeryFinding
    remark: str
    actor: Actor
    closed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ForgeryReport:
    """What somebody told."""

    number: str
    received_at: datetime
    identifier: str
    """Of the licence whose code they had before them; empty when it was none of ours."""
    reason: str
    """Code of the reason that the page had just shown; empty without a code."""
    what: str
    where: str
    """May be empty, as `contact`."""
    contact: str
    closing: ForgeryClosing | None = None


class ForgeryReports(Protocol):
    """Keeps reports. Every method may raise StoreUnavailableError."""

    def add(self, report: ForgeryReport, *, most: int = MAX_REPORTS_A_DAY) -> None:
        """Keep a report.

        Raises ForgeryReportsFullError when `most` came in the 24 hours before it, LicenceNotFoundError,
        AllotmentTakenError when the number is in use.
        """

    def get(self, number: str) -> ForgeryReport:
        """Return a report; ForgeryReportNotFoundError."""

    def waiting(self) -> tuple[ForgeryReport, ...]:
        """Return those that are not closed, the oldest first."""

    def closed(self) -> tuple[ForgeryReport, ...]:
        """Return the others, the oldest first."""

    def end(self, number: str, closing: ForgeryClosing) -> ForgeryReport:
        """Close a report; ForgeryReportNotFoundError, ForgeryReportClosedError."""


def make_forgery_report(
    *,
    what: str,
    where: str,
    contact: str,
    identifier: str,
    reason: str,
    random: Callable[[int], bytes],
    received_at: datetime,
) -> ForgeryReport:
    """Make a report of what was typed; raises one ExceptionGroup of InvalidFieldError with every fault."""
    what, where, contact = (as_typed(text) for text in (what, where, contact))
    faults = [
        *text_faults("/what", what, MAX_WHAT_CHARACTERS, lines=True),
        *text_faults("/where", where, MAX_WHERE_CHARACTERS, required=False),
        *text_faults("/contact", contact, MAX_CONTACT_CHARACTERS, required=False),
    ]
    if faults:
        raise ExceptionGroup("the report is refused", faults)
    return ForgeryReport(
        number=REPORT_PREFIX + make_short_code(random),
        received_at=received_at,
        identifier=identifier,
        reason=reason,
        what=what,
        where=where,
        contact=contact,
    )


def make_forgery_closing(*, finding: ForgeryFinding, remark: str, actor: Actor, closed_at: datetime) -> ForgeryClosing:
    """Make the end of a report; errors as ``make_forgery_report``."""
    remark = as_typed(remark)
    if faults := text_faults("/remark", remark, MAX_REMARK_CHARACTERS, lines=True):
        raise ExceptionGroup("the closing is refused", faults)
    return ForgeryClosing(finding=finding, remark=remark, actor=actor, closed_at=closed_at)


def fold_report_number(text: str) -> str:
    """The number of a report as it is stored, from the way somebody typed it; empty when it cannot be one."""
    folded = fold_short_code(text)
    rest = folded.removeprefix(REPORT_PREFIX)
    return folded if folded != rest and is_short_code(rest) else ""


def group_report_number(number: str) -> str:
    """The number as it is shown: JB and three groups of four."""
    return f"{REPORT_PREFIX}-{group_short_code(number.removeprefix(REPORT_PREFIX))}"
