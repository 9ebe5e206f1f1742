"""Reads the `[[fields]]` of a catalogue file, and the `[common]` table with this type's words for common elements."""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from .elements import COMMON_KEYS, EXPIRING_DATE
from .model import Condition, Field, FieldType, Sample
from .rules_reading import read_pattern
from .sample_photo import SAMPLE_PHOTO
from .toml_table import Table

MAX_TYPE_FIELDS: Final = 150
MAX_COLUMNS: Final = 12
MAX_TABLE_ROWS: Final = 10_000
MAX_TEXT_LENGTH: Final = 20_000
_DEFAULT_ROWS = 200

_LENGTHS: Mapping[FieldType, int] = MappingProxyType(
    {
        FieldType.STRING: 200,
        FieldType.TEXT: 2000,
        FieldType.DATE: 10,
        FieldType.DECIMAL: 20,
        FieldType.INTEGER: 15,
        FieldType.ENUM: 100,
        FieldType.IMAGE: 0,
        FieldType.ROWS: 0,
    }
)
"""Where a file says nothing."""
_KEY = re.compile(r"[a-z][A-Za-z0-9]{0,63}")


def read_fields(top: Table) -> tuple[Field, ...]:
    """Read all `[[fields]]`; what is wrong is noted in the tables."""
    fields: list[Field] = []
    for table in top.tables("fields", limit=MAX_TYPE_FIELDS):
        field = _field(table)
        if field.key in COMMON_KEYS or any(field.key == earlier.key for earlier in fields):
            table.refuse("key", "SAME_KEY", key=field.key)
        if field.required_when is not None:
            decider = next((one for one in fields if one.key == field.required_when.key), None)
            if decider is None or field.required_when.value not in decider.values:
                table.refuse("required_when", "REQUIRED_WHEN")
        if not field.sample:
            table.refuse("sample", "NO_SAMPLE")
        fields.append(field)
    return tuple(fields)


def _field(table: Table, *, column: bool = False) -> Field:
    kind = table.word("type", FieldType)
    is_rows = kind is FieldType.ROWS
    key = table.text("key")
    if key and not _KEY.fullmatch(key):
        table.refuse("key", "KEY_FORM")
    columns = () if column else tuple(_field(one, column=True) for one in table.tables("columns", limit=MAX_COLUMNS))
    values = table.texts("values")
    if len({one.key for one in columns}) < len(columns):
        table.refuse("columns", "SAME_KEY", key="columns")
    if column and (is_rows or kind is FieldType.IMAGE):
        table.refuse("type", "COLUMN_TYPE")
    elif not column and is_rows != bool(columns):
        table.refuse("columns", "COLUMNS")
    if (kind is FieldType.ENUM) != bool(values):
        table.refuse("values", "VALUES")
    length = _LENGTHS[kind]
    field = Field(
        key=key,
        label=table.text("label"),
        label_en=table.text("label_en"),
        type=kind,
        required=table.flag("required"),
        required_when=table.table("required_when").read(_condition) if table.has("required_when") else None,
        max_length=table.integer("max_length", length, low=1, high=MAX_TEXT_LENGTH) if length else 0,
        max_rows=table.integer("max_rows", _DEFAULT_ROWS, low=1, high=MAX_TABLE_ROWS) if is_rows else 0,
        unit=table.text("unit", ""),
        values=values,
        pattern=read_pattern(table, "pattern") if kind is FieldType.STRING and table.has("pattern") else None,
        sensitive=table.flag("sensitive"),
        detail=not column and table.flag("detail"),
        columns=columns,
        sample=_row_samples(table) if is_rows else table.text("sample", _sample(kind)),
    )
    table.finish()
    return field


def _sample(kind: FieldType) -> str:
    return SAMPLE_PHOTO if kind is FieldType.IMAGE else ""


def _condition(table: Table) -> Condition:
    return Condition(key=table.text("key"), value=table.text("value"))


def _row_samples(table: Table) -> Sample:
    rows = []
    for row in table.tables("sample", limit=_DEFAULT_ROWS):
        values = row.values()
        rows.append(MappingProxyType({key: value for key, value in values.items() if isinstance(value, str)}))
    return tuple(rows)


def read_common(table: Table, *, expires: bool) -> tuple[dict[str, str], dict[str, Sample]]:
    """Read labels and samples of the common elements."""
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
