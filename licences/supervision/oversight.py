"""What a supervisor looks at: how much of what was done where, and what is due or has waited too long."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Protocol

from esign import CHINA
from licences.access import region_of

from .trail import TrailKind


class Measure(StrEnum):
    """What is counted."""

    ISSUED = "issued"
    ACTED = "acted"
    """Acts on licences that are there already."""
    REVIEWED = "reviewed"
    """Steps of drafts."""
    READ = "read"
    """Licences and files that were handed out, and looks at all licences of a holder."""
    VERIFIED = "verified"
    """`outcome` is the code of the reason."""
    SHARED = "shared"
    REFUSED = "refused"
    """Of any kind; `outcome` is the code of the refusal."""


BEGINNINGS = frozenset({"issue", "make", "prepare", "transfer-in"})
"""Acts with which the life of a licence begins."""
_MEASURES = {
    TrailKind.REVIEW: Measure.REVIEWED,
    TrailKind.READ: Measure.READ,
    TrailKind.LOOK_UP: Measure.READ,
    TrailKind.COPY: Measure.READ,
    TrailKind.VERIFY: Measure.VERIFIED,
    TrailKind.SHARE: Measure.SHARED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class HourCount:
    """Entries of one hour that are alike."""

    hour: datetime
    kind: TrailKind
    done: bool
    outcome: str
    office_code: str
    type_slug: str
    count: int


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class StatisticsLine:
    """How often something was done on a day."""

    day: date
    """In UTC+08:00."""
    office_code: str
    type_slug: str
    measure: Measure
    outcome: str
    """Of verifications and refusals; else the act."""
    count: int


def statistics(counts: Iterable[HourCount]) -> list[StatisticsLine]:
    """Add the hours up by day, office and licence type; kinds that nobody measures are left out."""
    sums: Counter[tuple[date, str, str, Measure, str]] = Counter()
    for one in counts:
        measure = _measure(one)
        if measure is not None:
            day = one.hour.astimezone(CHINA).date()
            sums[day, one.office_code, one.type_slug, measure, one.outcome] += one.count
    return [
        StatisticsLine(day=day, office_code=office, type_slug=slug, measure=measure, outcome=outcome, count=count)
        for (day, office, slug, measure, outcome), count in sorted(sums.items())
    ]


def _measure(one: HourCount) -> Measure | None:
    if not one.done:
        return Measure.REFUSED
    if one.kind is TrailKind.CHANGE:
        return Measure.ISSUED if one.outcome in BEGINNINGS else Measure.ACTED
    return _MEASURES.get(one.kind)


class WarningKind(StrEnum):
    """Why somebody is warned (时限预警)."""

    EXPIRING = "expiring"
    """A licence in force expires soon."""
    INSPECTION_OVERDUE = "inspection_overdue"
    INSPECTION_DUE = "inspection_due"
    REVIEW_WAITING = "review_waiting"
    """A draft waits for its check."""
    CASE_OVERDUE = "case_overdue"
    CASE_DUE = "case_due"


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadlineWarning:
    """One thing that is due, or overdue."""

    kind: WarningKind
    due: date
    """In UTC+08:00."""
    subject: str
    """Identifier of the licence, of the draft, or number of the case."""
    type_slug: str
    office_code: str
    """Of the office that it is the business of; may be empty for a draft or a case."""
    detail: str = ""

    @property
    def region(self) -> str:
        """Region of that office."""
        return region_of(self.office_code)


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadlines:
    """How far ahead is looked, and how long something may wait. Days are calendar days: holidays are not known here."""

    expiring: timedelta = timedelta(days=60)
    inspections: timedelta = timedelta(days=30)
    reviews: timedelta = timedelta(days=5)
    cases: timedelta = timedelta(days=3)


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """How much there is, and how much of it waits."""

    licences: int
    acts: int
    """Acts on licences that were ever recorded."""
    reviews_waiting: int
    cases_open: int
    reports_open: int
    """Reports of forgeries."""
    webhooks_behind: int
    """Acts that the slowest receiver has not been told of."""


class Oversight(Protocol):
    """Port: where the counts and the deadlines come from. Every method may raise StoreUnavailableError."""

    def counts(self, since: datetime, until: datetime) -> Iterator[HourCount]:
        """Count the entries of the trail from `since` until just before `until`."""

    def totals(self) -> Totals:
        """Count what there is."""

    def warnings(self, now: datetime, deadlines: Deadlines) -> Iterator[DeadlineWarning]:
        """Tell what is due or has waited too long."""
