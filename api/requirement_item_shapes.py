"""Service items as JSON carries them."""

from collections.abc import Sequence
from datetime import date

from licences import CatalogueFault
from licences.sharing import Acceptance, ItemCatalogue, ServiceItem

from .catalogue_faults import fault_shapes


def item_summary(item: ServiceItem) -> dict[str, object]:
    """An item in the list."""
    return {
        "code": item.code,
        "name": _words(item.name, item.name_en),
        "office": item.office,
        "office_code": item.office_code,
        "region": item.region,
        "version": item.version,
        "effective_from": _day(item.effective.start),
        "effective_to": _day(item.effective.end),
    }


def items_shape(items: ItemCatalogue) -> dict[str, object]:
    """The list of items."""
    return {"items": [item_summary(item) for item in items]}


def item_shape(item: ServiceItem) -> dict[str, object]:
    """A whole item."""
    return item_summary(item) | {
        "legal_basis": list(item.legal_basis),
        "materials": [
            {
                "key": one.key,
                "name": _words(one.name, one.name_en),
                "required": one.required,
                "alternative": one.alternative,
                "accepts": [_acceptance(wanted) for wanted in one.accepts],
            }
            for one in item.materials
        ],
        "predicates": [
            {"key": one.key, "name": _words(one.name, one.name_en), "accepts": _acceptance(one.accepts)}
            for one in item.predicates
        ],
    }


def faults_shape(item: ServiceItem | None, faults: Sequence[CatalogueFault]) -> dict[str, object]:
    """What is wrong with an item file."""
    return {
        "item": None if item is None else item.code,
        "good": not faults,
        "faults": fault_shapes(faults),
    }


def _acceptance(wanted: Acceptance) -> dict[str, object]:
    return {
        "type": wanted.type_slug,
        "holders": sorted(wanted.parties),
        "days_left": wanted.days_left,
        "issuer_regions": list(wanted.issuer_regions),
        "edition_from": wanted.edition_from,
        "fields": [{"key": one.key, "test": one.test.value, "values": list(one.values)} for one in wanted.conditions],
    }


def _words(zh: str, en: str) -> dict[str, str]:
    return {"zh": zh, "en": en}


def _day(day: date | None) -> str | None:
    return None if day is None else day.isoformat()
