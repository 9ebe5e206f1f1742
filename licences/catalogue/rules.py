"""What a licence type lays down besides its fields: terms, numbers, obligations, renewal, succession."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from types import MappingProxyType


class TermUnit(StrEnum):
    """Units of a validity term, letters as in catalogue practice."""

    YEARS = "Y"
    MONTHS = "M"
    DAYS = "D"


_UNIT_NAMES: Mapping[TermUnit, str] = MappingProxyType(
    {TermUnit.YEARS: "年", TermUnit.MONTHS: "个月", TermUnit.DAYS: "日"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """A length of validity such as five years."""

    count: int
    unit: TermUnit

    def end_from(self, start: date) -> date:
        """Return the last day of a licence that starts on ``start``: start plus term minus one day."""
        return self.after(start) - timedelta(days=1)

    def after(self, start: date) -> date:
        """Return the day on which the term is over; where that month has no such day, the first of the next."""
        if self.unit is TermUnit.DAYS:
            return start + timedelta(days=self.count)
        months = start.month - 1 + self.count * (12 if self.unit is TermUnit.YEARS else 1)
        year, month = start.year + months // 12, months % 12 + 1
        try:
            return date(year, month, start.day)
        except ValueError:  # no 29 February, no 31st: the term is full when the next month begins
            return date(year + month // 12, month % 12 + 1, 1)

    def before(self, end: date) -> date:
        """Return the day that lies a term before ``end``; where that month has no such day, its last."""
        if self.unit is TermUnit.DAYS:
            return end - timedelta(days=self.count)
        months = end.year * 12 + end.month - 1 - self.count * (12 if self.unit is TermUnit.YEARS else 1)
        year, month = months // 12, months % 12 + 1
        following = date(year + month // 12, month % 12 + 1, 1)
        return min(following - timedelta(days=1), date(year, month, 1) + timedelta(days=end.day - 1))

    @property
    def text(self) -> str:
        """For people: ``5 年``."""
        return f"{self.count} {_UNIT_NAMES[self.unit]}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ValidityRule:
    """How long licences of a type are valid.

    Either ``terms`` (one of them exactly), or ``at_most``, or neither: then they do not expire (``0/L``).
    """

    terms: tuple[Term, ...] = ()
    at_most: Term | None = None

    @property
    def expires(self) -> bool:
        """Whether licences of this type have a last day."""
        return bool(self.terms) or self.at_most is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """Days from ``start`` to ``end``, both inclusive; None is open."""

    start: date | None = None
    end: date | None = None

    def holds(self, day: date) -> bool:
        """Whether the day is one of them."""
        return (self.start is None or self.start <= day) and (self.end is None or day <= self.end)

    def meets(self, other: "Period") -> bool:
        """Whether they have a day in common."""
        first, last = self.start or date.min, self.end or date.max
        return first <= (other.end or date.max) and (other.start or date.min) <= last


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberPattern:
    """How the numbers look that were given out in a period: old ones are checked against the rule of their day."""

    pattern: re.Pattern[str]
    """For the whole number with full-width forms folded to half-width (``model.normal_number``)."""
    period: Period


class NumberCheck(StrEnum):
    """A check character that numbers of a type end with."""

    MOD_11_10 = "mod-11-10"
    """ISO 7064 MOD 11,10 over the digits of the number, as food licences have it."""
    SOCIAL_CREDIT_CODE = "social-credit-code"
    """The number is a unified social credit code, as that of a business licence."""


class Succession(StrEnum):
    """What a licence gets that takes the place of another one of the same holder."""

    VERSION = "version"
    """The next version of the identifier; the number stays."""
    IDENTIFIER = "identifier"
    """An identifier of its own."""


SUCCESSION_ACTS = ("change", "correct", "renew", "exchange", "replace_lost")
"""Keys of `[lifecycle]`: names of acts with an underscore."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LifecycleRule:
    """How licences of a type go on."""

    successions: Mapping[str, Succession]
    """By the name of the act as ``lifecycle.Action`` has it (``change``, ``replace-lost``)."""
    activation: bool
    """A sealed licence counts only after it was activated."""


class ObligationKind(StrEnum):
    """What has to be done again and again."""

    INSPECTION = "inspection"
    """检验 of a thing."""
    RECHECK = "recheck"
    """复核 of the holder's conditions."""
    ANNUAL_REPORT = "annual_report"
    """年报, 年检."""


class Effect(StrEnum):
    """What follows when an obligation is overdue."""

    NOT_USABLE = "not_usable"
    """The licence may not be used until it is met."""
    NOTE = "note"
    """It is said, no more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Obligation:
    """A standing obligation beside the status of a licence; either ``due_field`` or ``every`` is given."""

    key: str
    label: str
    label_en: str
    kind: ObligationKind
    due_field: str = ""
    """The field of the type that holds the last day; where the licence does not give it, nothing is due."""
    every: Term | None = None
    """Counted from the day on which the licence begins."""
    effect: Effect


class Review(StrEnum):
    """Whether somebody else checks the metadata before a licence is sealed."""

    REQUIRED = "required"
    WAIVED = "waived"


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """关联事项: a service item that leads to licences of this type."""

    name: str
    code: str
