"""A licence type as data: its fields, holders, number and validity (modelled on GB/T 36902 catalogue elements)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import TypeAlias

from .face import Face

AUTHORITY_LEVELS = ("国家级", "省级", "地市级", "区县级", "乡镇级", "其他")


class FieldType(StrEnum):
    """How a field is entered and checked."""

    STRING = "string"
    """One line."""
    TEXT = "text"
    """Several lines, parted by line feeds."""
    DATE = "date"
    DECIMAL = "decimal"
    """Kept as printed: 12.50 stays 12.50."""
    INTEGER = "integer"
    ENUM = "enum"
    ROWS = "rows"
    """A table; each row is an object with the columns' keys."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """True when the enumerated field ``key`` has ``value``."""

    key: str
    value: str


Sample: TypeAlias = str | tuple[Mapping[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One field of paper metadata."""

    key: str
    label: str
    label_en: str
    type: FieldType
    required: bool
    """In the usual case; where ``required_when`` is given, that decides."""
    required_when: Condition | None = None
    max_length: int
    """Characters (code points)."""
    max_rows: int = 0
    unit: str = ""
    values: tuple[str, ...] = ()
    """What an enumerated field may hold."""
    sensitive: bool = False
    """Personal data: masked wherever the holder is masked."""
    columns: tuple["Field", ...] = ()
    sample: Sample
    """A value that is accepted; fictional."""


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
        if self.unit is TermUnit.DAYS:
            return start + timedelta(days=self.count - 1)
        months = start.month - 1 + self.count * (12 if self.unit is TermUnit.YEARS else 1)
        year, month = start.year + months // 12, months % 12 + 1
        try:
            anniversary = date(year, month, start.day)
        except ValueError:  # no 29 February, no 31st: the term is full when the next month begins
            anniversary = date(year + month // 12, month % 12 + 1, 1)
        return anniversary - timedelta(days=1)

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
class DefiningAuthority:
    """The authority that defines a licence type (证照定义机构)."""

    name: str
    code: str
    level: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LicenceType:
    """One catalogue file."""

    slug: str
    code: str
    """21 characters: social credit code of the defining authority and three digits."""
    name: str
    name_en: str
    define_authority: DefiningAuthority
    holder_kinds: tuple[str, ...]
    """Codes of GB/T 36903 Annex A that a holder may have."""
    number_pattern: re.Pattern[str]
    """Matched against the number with full-width forms folded to half-width (``model.normal_number``)."""
    validity: ValidityRule
    common_fields: tuple[Field, ...]
    """GB/T 36903 elements that are entered for every licence, with this type's labels and samples."""
    fields: tuple[Field, ...]
    """The type's own."""
    face: Face
    """How the licence is printed."""

    @property
    def all_fields(self) -> tuple[Field, ...]:
        """Everything that paper metadata of this type may hold, in the order of forms."""
        return self.common_fields + self.fields
