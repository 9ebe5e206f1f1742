"""What a licence is. Values here are made by ``convert.licence_from_paper`` and are then known to be complete."""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import TypeAlias

from .catalogue import LicenceType
from .holders import HolderKind

FieldValue: TypeAlias = str | tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """Who holds a licence (持证主体)."""

    kind: HolderKind
    code: str
    """In the normal form of ``check_holder``."""
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuingAuthority:
    """The authority whose seal a licence bears (证照颁发机构)."""

    name: str
    code: str
    """Unified social credit code."""
    level: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Validity:
    """Days in UTC+08:00, both inclusive; ``end`` is None for a licence that does not expire (长期)."""

    start: date
    end: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Licence:
    """A licence whose metadata passed every check of its type. It has no identifier yet."""

    licence_type: LicenceType
    number: str
    """As printed (证照编号)."""
    holders: tuple[Holder, ...]
    """At least one; the first is the one that the code on the face is tied to."""
    issuer: IssuingAuthority
    issued_on: date
    validity: Validity
    area_code: str
    values: Mapping[str, FieldValue]
    """Fields of the type in the order of its catalogue file; text as printed, rows in the order of their columns.

    Optional fields that were not given are absent; an optional column that was not given is an empty text.
    """


def normal_number(number: str) -> str:
    """Return the form in which two licence numbers are compared: full- and half-width brackets and digits are one."""
    return unicodedata.normalize("NFKC", number).upper()
