"""Reads one item file (TOML): a service item, or everything that is wrong with the file, line by line."""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from licences.catalogue import Catalogue, Field, FieldType, Period
from licences.catalogue.toml_table import Table
from licences.errors import InvalidHolderError
from licences.holders import check_organisation_code

from .conditions import comparable
from .items import Acceptance, FieldCondition, FieldTest, ItemCatalogue, Material, Party, Predicate, ServiceItem

MAX_MATERIALS: Final = 60
MAX_ACCEPTANCES: Final = 10
MAX_CONDITIONS: Final = 10
MAX_PREDICATES: Final = 20
MAX_TEXT: Final = 256
MAX_DAYS_LEFT: Final = 3660

_CODE = re.compile(r"[0-9A-Z](?:[0-9A-Z-]{0,62}[0-9A-Z])?")
_KEY = re.compile(r"[a-z][a-z0-9-]{0,47}")
_REGION = re.compile(r"[0-9]{6}")
_REGION_START = re.compile(r"[0-9]{2}(?:[0-9]{2}){0,2}")

_TEXTS = frozenset({FieldType.STRING, FieldType.TEXT, FieldType.ENUM})
_ORDERED = frozenset({FieldType.DATE, FieldType.DECIMAL, FieldType.INTEGER})
_FITTING: Mapping[FieldTest, frozenset[FieldType]] = MappingProxyType(
    {
        FieldTest.PRESENT: frozenset(FieldType),
        FieldTest.EQUALS: _TEXTS | _ORDERED,
        FieldTest.ONE_OF: _TEXTS | _ORDERED,
        FieldTest.CONTAINS: frozenset({FieldType.STRING, FieldType.TEXT, FieldType.ROWS}),
        FieldTest.AT_LEAST: _ORDERED,
        FieldTest.AT_MOST: _ORDERED,
    }
)


def service_item_from_toml(data: bytes, types: Catalogue) -> ServiceItem:
    """Read one item file against the licence types that are known; CatalogueFileError with all its faults."""
    top = Table.of_document(data)
    catalogue = top.table("catalogue", optional=True)
    version = catalogue.integer("version", 1, low=1, high=999)
    start, end = catalogue.period()
    catalogue.finish()
    item = ServiceItem(
        code=_formed(top, "code", _CODE, "ITEM_CODE_FORM"),
        name=_text(top, "name"),
        name_en=_text(top, "name_en"),
        office=_text(top, "office"),
        office_code=_office_code(top),
        region=_formed(top, "region", _REGION, "REGION_FORM"),
        legal_basis=top.texts("legal_basis"),
        materials=_materials(top, types),
        predicates=_predicates(top, types),
        version=version,
        effective=Period(start=start, end=end),
    )
    if not item.legal_basis:
        top.refuse("legal_basis", "EMPTY")
    if not item.materials:
        top.refuse("materials", "EMPTY")
    top.finish()
    top.require_good()
    return item


def load_items(files: Mapping[str, bytes], types: Catalogue) -> ItemCatalogue:
    """Read all items; the errors of `service_item_from_toml` and ItemCatalogue, with the name of the file."""
    items = []
    for name, data in files.items():
        try:
            items.append(service_item_from_toml(data, types))
        except Exception as error:
            error.add_note(name)
            raise
    return ItemCatalogue(items)


def _materials(top: Table, types: Catalogue) -> tuple[Material, ...]:
    materials: list[Material] = []
    for table in top.tables("materials", limit=MAX_MATERIALS):
        material = Material(
            key=_key(table, [one.key for one in materials]),
            name=_text(table, "name"),
            name_en=_text(table, "name_en"),
            required=not table.flag("optional"),
            alternative=table.text("alternative", ""),
            accepts=tuple(_acceptance(one, types) for one in table.tables("accepts", limit=MAX_ACCEPTANCES)),
        )
        table.finish()
        materials.append(material)
    for word in {one.alternative for one in materials if one.alternative}:
        group = [place for place, one in enumerate(materials) if one.alternative == word]
        if len(group) == 1 or len({materials[place].required for place in group}) > 1:
            top.refuse("materials", "ALTERNATIVE_ALONE", word=word)
    return tuple(materials)


def _predicates(top: Table, types: Catalogue) -> tuple[Predicate, ...]:
    predicates: list[Predicate] = []
    for table in top.tables("predicates", limit=MAX_PREDICATES):
        key = _key(table, [one.key for one in predicates])
        name, name_en = _text(table, "name"), _text(table, "name_en")
        accepts = _acceptance(table.table("accepts"), types)
        table.finish()
        predicates.append(Predicate(key=key, name=name, name_en=name_en, accepts=accepts))
    return tuple(predicates)


def _acceptance(table: Table, types: Catalogue) -> Acceptance:
    slug = table.word("type", [one.slug for one in types])
    versions = types.versions(slug)
    fields = {field.key: field for one in versions for field in one.fields}
    regions = table.texts("issuer_regions")
    parties = table.words("holders", Party, (Party.APPLICANT,))
    if any(not _REGION_START.fullmatch(region) for region in regions):
        table.refuse("issuer_regions", "REGION_START_FORM")
    acceptance = Acceptance(
        type_slug=slug,
        parties=frozenset(party for party in Party if party in parties),
        days_left=table.integer("days_left", 0, high=MAX_DAYS_LEFT),
        issuer_regions=regions,
        edition_from=table.integer("edition_from", 1, low=1, high=versions[-1].version),
        conditions=tuple(_condition(one, fields) for one in table.tables("fields", limit=MAX_CONDITIONS)),
    )
    table.finish()
    return acceptance


def _condition(table: Table, fields: Mapping[str, Field]) -> FieldCondition:
    field = fields.get(table.word("key", fields)) if fields else None
    test = table.word("test", FieldTest)
    values = table.texts("values")
    table.finish()
    if field is None:
        table.refuse("key", "FIELD_NONE")
        return FieldCondition(key="", kind=FieldType.STRING, test=test, values=values)
    if field.sensitive:
        table.refuse("key", "FIELD_SENSITIVE")
    elif field.type not in _FITTING[test]:
        table.refuse("test", "TEST_TYPE", type=field.type.value)
    elif (fault := _values_fault(field, test, values)) is not None:
        table.refuse("values", fault, values="、".join(field.values))
    return FieldCondition(key=field.key, kind=field.type, test=test, values=values)


def _values_fault(field: Field, test: FieldTest, values: tuple[str, ...]) -> str | None:
    count = {FieldTest.PRESENT: range(1), FieldTest.ONE_OF: range(1, 100)}.get(test, range(1, 2))
    if len(values) not in count:
        return "TEST_VALUES"
    if any(not value or len(value) > MAX_TEXT for value in values):
        return "TEST_VALUES"
    if field.type is FieldType.ENUM and not set(values) <= set(field.values):
        return "TEST_VALUE_NOT_AMONG"
    if field.type in _ORDERED and any(comparable(field.type, value) is None for value in values):
        return "TEST_VALUE_KIND"
    return None


def _key(table: Table, others: list[str]) -> str:
    key = table.text("key")
    if key and not _KEY.fullmatch(key):
        table.refuse("key", "MATERIAL_KEY_FORM")
    if key in others:
        table.refuse("key", "SAME_KEY", key=key)
    return key


def _text(table: Table, key: str) -> str:
    text = table.text(key)
    if len(text) > MAX_TEXT:
        table.refuse(key, "TEXT_TOO_LONG", limit=MAX_TEXT)
    return text


def _formed(table: Table, key: str, form: re.Pattern[str], code: str) -> str:
    text = table.text(key)
    if text and not form.fullmatch(text):
        table.refuse(key, code)
    return text


def _office_code(top: Table) -> str:
    code = top.text("office_code")
    try:
        return check_organisation_code(code) if code else code
    except InvalidHolderError as error:
        top.refuse("office_code", "ORGANISATION_CODE", detail=error.zh, detail_en=error.en)
        return code
