"""Service items (事项) as data: which materials they need, and which licences stand in for them (免提交)."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from licences.catalogue import FieldType, Period

from .errors import ItemUnknownError, ItemVersionTakenError, PredicateUnknownError


class Party(StrEnum):
    """Whose licence satisfies a material."""

    APPLICANT = "applicant"
    LINKED = "linked"
    """A code that is linked to the applicant's (`licences.holder_links`)."""
    AGENT = "agent"
    """Who applies in the applicant's name."""


class FieldTest(StrEnum):
    """How a field of a licence is looked at. The answer is yes or no, never the value."""

    PRESENT = "present"
    EQUALS = "equals"
    ONE_OF = "one_of"
    CONTAINS = "contains"
    """The text, or any cell of a table, contains it."""
    AT_LEAST = "at_least"
    AT_MOST = "at_most"


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldCondition:
    """What has to hold of one field."""

    key: str
    kind: FieldType
    test: FieldTest
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Acceptance:
    """A licence type that satisfies a material, if the licence is in force and all of this holds."""

    type_slug: str
    parties: frozenset[Party]
    days_left: int
    """So many days it must still be valid after the day of asking."""
    issuer_regions: tuple[str, ...]
    """Leading digits of region codes; empty for any."""
    edition_from: int
    """The oldest version of the type's catalogue file that is accepted (版本)."""
    conditions: tuple[FieldCondition, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """One material of an item."""

    key: str
    name: str
    name_en: str
    required: bool
    alternative: str
    """Materials with the same word here stand for each other: one of them is enough. Empty for a material alone."""
    accepts: tuple[Acceptance, ...]
    """None for what no licence can stand in for, such as the application itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Predicate:
    """A question that the item's officers may ask: nobody can ask one that stands in no catalogue."""

    key: str
    name: str
    name_en: str
    accepts: Acceptance


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceItem:
    """One item file."""

    code: str
    name: str
    name_en: str
    office: str
    office_code: str
    region: str
    legal_basis: tuple[str, ...]
    materials: tuple[Material, ...]
    predicates: tuple[Predicate, ...]
    version: int
    effective: Period
    """Days on which this version is asked about."""

    def predicate(self, key: str) -> Predicate:
        """Return the question with this key; PredicateUnknownError."""
        found = next((one for one in self.predicates if one.key == key), None)
        if found is None:
            raise PredicateUnknownError
        return found


class ItemCatalogue:
    """All items that are known, each in its versions."""

    def __init__(self, items: Iterable[ServiceItem] = ()) -> None:
        """ItemVersionTakenError, which notes the item, when two have one code and one version."""
        self._versions: dict[str, dict[int, ServiceItem]] = {}
        for item in sorted(items, key=lambda one: (one.code, one.version)):
            versions = self._versions.setdefault(item.code, {})
            if item.version in versions:
                error = ItemVersionTakenError()
                error.add_note(item.code)
                raise error
            versions[item.version] = item

    def __iter__(self) -> Iterator[ServiceItem]:
        """The newest version of each item, in the order of their codes."""
        return (max(versions.values(), key=lambda one: one.version) for versions in self._versions.values())

    def versions(self, code: str) -> tuple[ServiceItem, ...]:
        """Return all versions of an item, the newest last; ItemUnknownError."""
        if code not in self._versions:
            raise ItemUnknownError
        return tuple(self._versions[code].values())

    def on(self, code: str, day: date) -> ServiceItem:
        """Return the newest version of an item that holds on a day, in the place of earlier ones; ItemUnknownError."""
        found = next((one for one in reversed(self.versions(code)) if one.effective.holds(day)), None)
        if found is None:
            raise ItemUnknownError
        return found
