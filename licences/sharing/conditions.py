"""Whether one licence satisfies what is asked of it, judged by facts that both our store and others' answers give."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from types import MappingProxyType

from licences.access import region_of
from licences.catalogue import FieldType
from licences.store import IN_FORCE_WORDS

from .items import Acceptance, FieldCondition, FieldTest, Party


class Finding(StrEnum):
    """What is found of a licence, or of all that were looked at. The order is that of how near it is to enough."""

    HELD = "held"
    """It satisfies everything."""
    SOURCE_DOWN = "source_down"
    """A source elsewhere, which may have one, does not answer."""
    UNDECIDED = "undecided"
    """There is one in force, but what is asked of it cannot be read from it."""
    NOT_GRANTED = "not_granted"
    """The caller may not ask about this type: nothing was looked at."""
    EXPIRES_TOO_SOON = "expires_too_soon"
    CONDITION_NOT_MET = "condition_not_met"
    OBLIGATION_OVERDUE = "obligation_overdue"
    SUSPENDED = "suspended"
    NOT_YET_IN_FORCE = "not_yet_in_force"
    EXPIRED = "expired"
    ENDED = "ended"
    """Cancelled, revoked, withdrawn, annulled or transferred."""
    NONE = "none"
    NONE_IN_SCOPE = "none_in_scope"
    """None in the regions that the caller may ask about; of others nothing is said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fields:
    """Values of a licence's own fields; a table has all its cells."""

    known: frozenset[str]
    """Keys that it can have. One that is known and has no value was left out when it was issued."""
    values: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A licence that may satisfy a material."""

    identifier: str
    type_slug: str
    edition: int | None
    """Version of the type's catalogue file; None where it is not known."""
    issuer_code: str
    """Empty where it is not known."""
    party: Party
    state: str
    """As `licences.store.word_of` says it."""
    valid_to: date | None
    """None for one that does not expire, or of which that is not known."""
    end_known: bool = True
    source: str = ""
    """Name of the source elsewhere; empty for our own store."""
    fields: Callable[[], Fields | None]
    """Reads them when a condition asks; None when that cannot be done."""


_STATES: Mapping[str, Finding] = MappingProxyType(
    {
        "pending": Finding.NOT_YET_IN_FORCE,
        "inactive": Finding.NOT_YET_IN_FORCE,
        "not_yet_in_force": Finding.NOT_YET_IN_FORCE,
        "suspended": Finding.SUSPENDED,
        "lost": Finding.SUSPENDED,
        "expired": Finding.EXPIRED,
        "obligation_overdue": Finding.OBLIGATION_OVERDUE,
    }
)


def judge(wanted: Acceptance, licence: Candidate, day: date) -> Finding:
    """Say whether a licence of the wanted type satisfies what is wanted on a day."""
    if licence.state not in IN_FORCE_WORDS:
        return _STATES.get(licence.state, Finding.ENDED)
    found = {_region(wanted, licence), _edition(wanted, licence), *_fields(wanted, licence)}
    if Finding.CONDITION_NOT_MET in found:
        return Finding.CONDITION_NOT_MET
    if wanted.days_left and licence.valid_to is not None and (licence.valid_to - day).days < wanted.days_left:
        return Finding.EXPIRES_TOO_SOON
    if wanted.days_left and not licence.end_known:
        return Finding.UNDECIDED
    return Finding.UNDECIDED if Finding.UNDECIDED in found else Finding.HELD


def _region(wanted: Acceptance, licence: Candidate) -> Finding:
    if not wanted.issuer_regions:
        return Finding.HELD
    if not licence.issuer_code:
        return Finding.UNDECIDED
    return _said(region_of(licence.issuer_code).startswith(wanted.issuer_regions))


def _edition(wanted: Acceptance, licence: Candidate) -> Finding:
    if wanted.edition_from == 1:
        return Finding.HELD
    return Finding.UNDECIDED if licence.edition is None else _said(licence.edition >= wanted.edition_from)


def _fields(wanted: Acceptance, licence: Candidate) -> list[Finding]:
    if not wanted.conditions:
        return []
    fields = licence.fields()
    if fields is None:
        return [Finding.UNDECIDED]
    return [_field(condition, fields) for condition in wanted.conditions]


def _field(condition: FieldCondition, fields: Fields) -> Finding:
    if condition.key not in fields.known:
        return Finding.UNDECIDED
    values = fields.values.get(condition.key, ())
    match condition.test:
        case FieldTest.PRESENT:
            return _said(any(values))
        case FieldTest.CONTAINS:
            return _said(any(condition.values[0] in value for value in values))
        case FieldTest.EQUALS | FieldTest.ONE_OF:
            return _said(any(_same(condition.kind, value, other) for value in values for other in condition.values))
        case FieldTest.AT_LEAST | FieldTest.AT_MOST:
            return _compared(condition, values)


def _compared(condition: FieldCondition, values: tuple[str, ...]) -> Finding:
    limit = comparable(condition.kind, condition.values[0])
    ordered = [comparable(condition.kind, value) for value in values]
    if limit is None or any(value is None for value in ordered):
        return Finding.UNDECIDED
    if condition.test is FieldTest.AT_LEAST:
        return _said(any(value >= limit for value in ordered))  # type: ignore[operator]
    return _said(any(value <= limit for value in ordered))  # type: ignore[operator]


def _same(kind: FieldType, one: str, other: str) -> bool:
    if one == other:
        return True
    compared = comparable(kind, one) if kind in (FieldType.DECIMAL, FieldType.INTEGER) else None
    return compared is not None and compared == comparable(kind, other)


def _said(holds: bool) -> Finding:
    return Finding.HELD if holds else Finding.CONDITION_NOT_MET


def comparable(kind: FieldType, value: str) -> date | Decimal | None:
    """Return what a value of an ordered field is compared by; None when it is no such value."""
    try:
        if kind is FieldType.DATE:
            return date.fromisoformat(value)
        number = Decimal(value)
    except (ValueError, InvalidOperation):
        return None
    return number if number.is_finite() else None
