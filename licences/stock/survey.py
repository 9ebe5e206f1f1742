"""What a register is like before anything of it is converted: how complete, how old, how sure."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from licences.catalogue import Catalogue, FieldType, LicenceType

from .findings import Finding, finding
from .plan import Examined, PlannedRow, StockPlan, contradictions, examine
from .trust import trust_level


@dataclass(frozen=True, slots=True, kw_only=True)
class StockProblem:
    """What is wrong in the same way in many rows."""

    label: str
    """What the register calls the field."""
    pointer: str
    code: str
    zh: str
    en: str
    grave: bool
    rows: int
    first_line: int


@dataclass(slots=True, kw_only=True)
class Survey:
    """Counts over a register; they say nothing about any single licence."""

    rows: int = 0
    good: int = 0
    """Would be converted as they are."""
    doubtful: int = 0
    """Of the good ones: with something odd, which lowers their trust level."""
    twins: int = 0
    contradictory: int = 0
    stray: int = 0
    in_force: int = 0
    ended: int = 0
    scanned: int = 0
    oldest: date | None = None
    newest: date | None = None
    filled: dict[str, int] = field(default_factory=dict)
    """Rows that say something, by the key of the field."""
    holder_kinds: Counter[str] = field(default_factory=Counter)
    historic_issuers: Counter[str] = field(default_factory=Counter)
    trust_levels: Counter[str] = field(default_factory=Counter)
    years: Counter[int] = field(default_factory=Counter)
    """Good rows by their year of issue."""
    _problems: Counter[tuple[str, str, bool]] = field(default_factory=Counter)
    _first: dict[tuple[str, str, bool], Finding] = field(default_factory=dict)

    @property
    def problems(self) -> tuple[StockProblem, ...]:
        """Everything that was found, what keeps most rows back first."""
        ordered = sorted(self._problems.items(), key=lambda one: (not one[0][2], -one[1], one[0][:2]))
        return tuple(_problem(self._first[key], rows) for key, rows in ordered)

    def add(self, row: PlannedRow, examined: Examined, twin_of: int | None, *, scanned: bool, at: date) -> None:
        """Count one row."""
        self.rows += 1
        self.scanned += scanned
        for key, value in row.paper.data.items():
            self.filled[key] = self.filled.get(key, 0) + bool(value)
        if row.paper.historic_issuer is not None:
            self.historic_issuers[row.paper.historic_issuer.name] += 1
        findings = list(examined.findings)
        if twin_of is not None:
            self.contradictory += 1
            findings.append(finding(row.paper.line, "", "ROWS_CONTRADICT", twin=twin_of))
        for one in findings:
            what = one.pointer, one.code, one.grave
            self._problems[what] += 1
            self._first.setdefault(what, one)
        if row.twin:
            self.twins += 1
        licence = examined.licence
        if licence is None or twin_of is not None or row.twin:
            return
        self.good += 1
        self.doubtful += examined.doubtful
        self.holder_kinds.update(holder.kind.name for holder in licence.holders)
        ended = licence.validity.end is not None and licence.validity.end < at
        self.ended += ended
        self.in_force += not ended
        self.years[licence.issued_on.year] += 1
        self.oldest = min(self.oldest or licence.issued_on, licence.issued_on)
        self.newest = max(self.newest or licence.issued_on, licence.issued_on)
        level = trust_level(scanned=scanned, checked=True, doubtful=examined.doubtful, self_declared=False)
        self.trust_levels[level] += 1


def survey_stock(
    plan: StockPlan, catalogue: Catalogue, licence_type: LicenceType, *, scanned: Iterable[int], at: date
) -> Survey:
    """Judge every row of a register. `scanned` are the rows for which there is a scan; `at` is today."""
    survey, against, with_scan = Survey(stray=len(plan.stray)), contradictions(plan.rows), frozenset(scanned)
    survey.filled = {one.key: 0 for one in licence_type.all_fields if one.type is not FieldType.ROWS}
    for row in plan.rows:
        line = row.paper.line
        examined = examine(row.paper, catalogue, licence_type.slug, plan.columns.labels)
        survey.add(row, examined, against.get(line), scanned=line in with_scan, at=at)
    return survey


def _problem(first: Finding, rows: int) -> StockProblem:
    return StockProblem(
        label=first.label,
        pointer=first.pointer,
        code=first.code,
        zh=first.zh,
        en=first.en,
        grave=first.grave,
        rows=rows,
        first_line=first.line,
    )
