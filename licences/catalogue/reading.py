"""Reads catalogue files. They ship with the package; a broken one is our fault, so the first problem is enough."""

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from importlib import resources
from types import MappingProxyType

from licences.errors import CatalogueError, InvalidHolderError, UnknownTypeError
from licences.holders import HOLDER_KINDS, check_organisation_code
from licences.number_checks import NUMBER_CHECKS

from .elements import COMMON_KEYS, EXPIRING_DATE, common_fields
from .face_reading import read_face
from .model import (
    AUTHORITY_LEVELS,
    Condition,
    DefiningAuthority,
    Field,
    FieldType,
    LicenceType,
    Sample,
    Term,
    TermUnit,
    ValidityRule,
)
from .toml_table import Table

_MAX_LENGTHS: Mapping[FieldType, int] = MappingProxyType(
    {
        FieldType.STRING: 200,
        FieldType.TEXT: 2000,
        FieldType.DATE: 10,
        FieldType.DECIMAL: 20,
        FieldType.INTEGER: 15,
        FieldType.ENUM: 100,
        FieldType.ROWS: 0,
    }
)
"""Where a file says nothing."""
_MAX_ROWS = 200


class Catalogue:
    """The licence types that are known."""

    def __init__(self, types: Iterable[LicenceType]) -> None:
        self._types = tuple(types)
        self._by_name = {licence_type.slug: licence_type for licence_type in self._types}
        self._by_name |= {licence_type.code: licence_type for licence_type in self._types}
        if len(self._by_name) != 2 * len(self._types):
            raise CatalogueError("two types have the same slug or code")

    def __iter__(self) -> Iterator[LicenceType]:
        return iter(self._types)

    def get(self, slug_or_code: str) -> LicenceType:
        """Return the type with this slug or 21-character code; UnknownTypeError when there is none."""
        try:
            return self._by_name[slug_or_code]
        except KeyError:
            raise UnknownTypeError from None


def load_catalogue() -> Catalogue:
    """Read the types that ship with the package, in the order of their codes; raises CatalogueError."""
    files = (file for file in resources.files(__package__).iterdir() if file.name.endswith(".toml"))
    types = [licence_type_from_toml(file.read_text("utf-8")) for file in files]
    return Catalogue(sorted(types, key=lambda licence_type: licence_type.code))


def licence_type_from_toml(text: str) -> LicenceType:
    """Read one catalogue file; raises CatalogueError."""
    try:
        parsed: dict[str, object] = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise CatalogueError(str(error)) from error
    table = Table("", parsed)
    slug = table.text("slug")
    validity = _validity(table.table("validity"))
    fields = tuple(_field(entry) for entry in table.tables("fields"))
    _check_fields(fields)
    labels, samples = _common(table.table("common"), expires=validity.expires)
    licence_type = LicenceType(
        slug=slug,
        code=_type_code(table.text("code")),
        name=table.text("name"),
        name_en=table.text("name_en"),
        define_authority=_authority(table.table("define_authority")),
        holder_kinds=_known(table.texts("holder_kinds"), HOLDER_KINDS),
        number_pattern=_pattern(table.text("number_pattern")),
        number_check=_number_check(table.text("number_check", "")),
        validity=validity,
        common_fields=common_fields(
            labels=labels,
            samples=samples,
            expires=validity.expires,
            end_required=len(validity.terms) != 1,
        ),
        fields=fields,
        face=read_face(table.table("face"), fields),
    )
    table.finish()
    return licence_type


def _type_code(code: str) -> str:
    if not re.fullmatch(r".{18}[0-9]{3}", code):
        raise CatalogueError("code is not 18 characters and 3 digits")
    return _organisation_code(code[:18]) + code[18:]


def _organisation_code(code: str) -> str:
    try:
        return check_organisation_code(code)
    except InvalidHolderError as error:
        raise CatalogueError(f"{code}: {error.en}") from error


def _authority(table: Table) -> DefiningAuthority:
    authority = DefiningAuthority(
        name=table.text("name"),
        code=_organisation_code(table.text("code")),
        level=_known((table.text("level"),), AUTHORITY_LEVELS)[0],
    )
    table.finish()
    return authority


def _known(values: tuple[str, ...], known: Iterable[str]) -> tuple[str, ...]:
    unknown = set(values) - set(known)
    if unknown or not values:
        raise CatalogueError(f"unknown or no values: {sorted(unknown)}")
    return values


def _pattern(text: str) -> re.Pattern[str]:
    try:
        return re.compile(text)
    except re.error as error:
        raise CatalogueError(f"number_pattern: {error}") from error


def _number_check(name: str) -> str:
    return _known((name,), NUMBER_CHECKS)[0] if name else ""


def _validity(table: Table) -> ValidityRule:
    at_most = table.text("at_most", "")
    terms = table.texts("terms")
    table.finish()
    if terms == ("0/L",) and not at_most:
        return ValidityRule()
    if bool(at_most) == bool(terms):
        raise CatalogueError('validity needs terms (or ["0/L"]) or at_most')
    return ValidityRule(terms=tuple(map(_term, terms)), at_most=_term(at_most) if at_most else None)


def _term(text: str) -> Term:
    match = re.fullmatch(r"([1-9][0-9]?)/([YMD])", text)
    if match is None:
        raise CatalogueError(f"validity term {text} is not n/Y, n/M or n/D")
    return Term(count=int(match[1]), unit=TermUnit(match[2]))


def _common(table: Table, *, expires: bool) -> tuple[dict[str, str], dict[str, Sample]]:
    labels: dict[str, str] = {}
    samples: dict[str, Sample] = {}
    for key in COMMON_KEYS:
        if key == EXPIRING_DATE and not expires:
            continue
        entry = table.table(key)
        labels[key] = entry.text("label", "")
        samples[key] = entry.text("sample")
        entry.finish()
    table.finish()
    return labels, samples


def _field(table: Table) -> Field:
    try:
        kind = FieldType(table.text("type"))
    except ValueError as error:
        raise CatalogueError(str(error)) from error
    is_rows = kind is FieldType.ROWS
    condition = table.table("required_when").read(_condition) if table.has("required_when") else None
    field = Field(
        key=table.text("key"),
        label=table.text("label"),
        label_en=table.text("label_en"),
        type=kind,
        required=table.flag("required"),
        required_when=condition,
        max_length=table.integer("max_length", _MAX_LENGTHS[kind]),
        max_rows=table.integer("max_rows", _MAX_ROWS) if is_rows else 0,
        unit=table.text("unit", ""),
        values=table.texts("values"),
        sensitive=table.flag("sensitive"),
        columns=tuple(_field(column) for column in table.tables("columns")),
        sample=_row_samples(table) if is_rows else table.text("sample", ""),
    )
    table.finish()
    if is_rows != bool(field.columns) or (kind is FieldType.ENUM) != bool(field.values):
        raise CatalogueError(f"{field.key}: rows need columns, enum needs values, others must not have them")
    return field


def _condition(table: Table) -> Condition:
    return Condition(key=table.text("key"), value=table.text("value"))


def _row_samples(table: Table) -> Sample:
    rows = []
    for row in table.tables("sample"):
        values = row.values()
        rows.append(MappingProxyType({key: value for key, value in values.items() if isinstance(value, str)}))
    return tuple(rows)


def _check_fields(fields: tuple[Field, ...]) -> None:
    keys = [field.key for field in fields]
    if len(set(keys) | set(COMMON_KEYS)) != len(keys) + len(COMMON_KEYS):
        raise CatalogueError("two fields have the same key")
    by_key = {field.key: field for field in fields}
    for field in fields:
        if field.required_when is not None:
            decider = by_key.get(field.required_when.key)
            if decider is None or field.required_when.value not in decider.values:
                raise CatalogueError(f"{field.key}: required_when names no value of an enumerated field")
        if not field.sample:
            raise CatalogueError(f"{field.key} has no sample")
