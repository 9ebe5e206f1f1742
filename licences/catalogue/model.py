"""A licence type as data: its fields, holders, number and validity (modelled on GB/T 36902 catalogue elements)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import TypeAlias

from .documents import Body, Document
from .face import Face
from .rules import Item, LifecycleRule, NumberCheck, NumberPattern, Obligation, Period, Review, Term, ValidityRule

DOCUMENT_CLASSES = ("证照执照", "证明文件", "批文批复", "鉴定报告", "办事结果")
"""The five classes of documents; the first is meant where a file says nothing."""
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
    IMAGE = "image"
    """A photograph, JPEG or PNG, in base64."""
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
    pattern: re.Pattern[str] | None = None
    """Form of a one-line text, such as the 28 characters of a real estate unit number."""
    sensitive: bool = False
    """Personal data: masked wherever the holder is masked."""
    detail: bool = False
    """明细信息项: data that no face has to print."""
    columns: tuple["Field", ...] = ()
    sample: Sample
    """A value that is accepted; fictional."""


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
    number_patterns: tuple[NumberPattern, ...]
    number_check: NumberCheck | None
    validity: ValidityRule
    common_fields: tuple[Field, ...]
    """GB/T 36903 elements that are entered for every licence, with this type's labels and samples."""
    fields: tuple[Field, ...]
    """The type's own."""
    documents: tuple[Document, ...]
    """At least the first, whose face is that of the type."""
    body: Body | None
    version: int
    """Of the file, not of licences."""
    effective: Period
    """Issue dates that this version of the type is for."""
    document_class: str
    """One of ``DOCUMENT_CLASSES``."""
    items: tuple[Item, ...]
    issuing_levels: tuple[str, ...]
    """Levels of authorities that issue it (证照颁发机构级别)."""
    obligations: tuple[Obligation, ...]
    renewal_window: Term
    """So long before the end a renewal is applied for at the latest (行政许可法 art. 50: 30 days)."""
    lifecycle: LifecycleRule
    review: Review

    @property
    def face(self) -> Face:
        """How the first document is printed."""
        return self.documents[0].face

    def number_pattern_on(self, day: date) -> re.Pattern[str] | None:
        """Return the pattern of numbers that were given out on a day, None where the type has none for it."""
        return next((one.pattern for one in self.number_patterns if one.period.holds(day)), None)

    @property
    def all_fields(self) -> tuple[Field, ...]:
        """Everything that paper metadata of this type may hold, in the order of forms."""
        return self.common_fields + self.fields
