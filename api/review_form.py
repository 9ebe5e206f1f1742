"""The form of paper metadata: which fields a type has, and what was typed into them as data."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass

from starlette.datastructures import FormData, UploadFile

from licences import Field, FieldType, LicenceType

from .http_requests import uploaded

SEPARATOR = "|"
"""Between the columns of a row, one row a line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldView:
    """A field as the form shows it."""

    key: str
    zh: str
    en: str
    kind: str
    """`line`, `text`, `date`, `choice`, `picture` or `rows`."""
    required: bool
    limit: int
    values: tuple[str, ...]
    columns: str
    """Names of the columns, parted as the columns are."""
    typed: str


_KINDS = {
    FieldType.TEXT: "text",
    FieldType.DATE: "date",
    FieldType.ENUM: "choice",
    FieldType.IMAGE: "picture",
    FieldType.ROWS: "rows",
}


def field_views(licence_type: LicenceType, data: Mapping[str, object]) -> tuple[FieldView, ...]:
    """Show the fields of a type with what is in them."""
    return tuple(
        FieldView(
            key=field.key,
            zh=f"{field.label}（{field.unit}）" if field.unit else field.label,
            en=field.label_en,
            kind=_KINDS.get(field.type, "line"),
            required=field.required,
            limit=field.max_length,
            values=field.values,
            columns=f" {SEPARATOR} ".join(column.label for column in field.columns),
            typed=_typed(field, data.get(field.key)),
        )
        for field in licence_type.all_fields
    )


async def data_from(form: FormData, licence_type: LicenceType, before: Mapping[str, object]) -> dict[str, object]:
    """Read what was typed; a picture that was not sent again stays. InputTooLargeError, MalformedInputError."""
    data: dict[str, object] = {}
    for field in licence_type.all_fields:
        given = form.get(field.key)
        if isinstance(given, UploadFile):
            content = await uploaded(given) if given.filename else None
            value: object = base64.b64encode(content).decode("ascii") if content else before.get(field.key)
        else:
            value = _value(field, (given or "").replace("\r\n", "\n").strip())
        if value not in (None, "", []):
            data[field.key] = value
    return data


def _typed(field: Field, value: object) -> str:
    if field.type is FieldType.IMAGE:
        return "✓" if value else ""
    if isinstance(value, list):
        keys = [column.key for column in field.columns]
        rows = [[str(row.get(key, "")) for key in keys] for row in value if isinstance(row, Mapping)]
        return "\n".join(f" {SEPARATOR} ".join(row) for row in rows)
    return "" if value is None else str(value)


def _value(field: Field, text: str) -> object:
    if field.type is not FieldType.ROWS:
        return text
    keys = [column.key for column in field.columns]
    rows = [[part.strip() for part in line.split(SEPARATOR)] for line in text.split("\n") if line.strip()]
    # What is beyond the last column stays with it: it is then refused there, and nothing is lost.
    joined = [[*row[: len(keys) - 1], SEPARATOR.join(row[len(keys) - 1 :])] for row in rows]
    return [{key: part for key, part in zip(keys, row, strict=False) if part} for row in joined]
