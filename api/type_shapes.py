"""Licence types as the JSON of the contract; both doors use it."""

from licences import Catalogue, Field, LicenceType


def type_shape(licence_type: LicenceType) -> dict[str, object]:
    """Return a licence type: what its metadata have to hold."""
    return {
        "type": licence_type.slug,
        "code": licence_type.code,
        "name": {"zh": licence_type.name, "en": licence_type.name_en},
        "holder_kinds": list(licence_type.holder_kinds),
        "fields": [_field_shape(field) for field in licence_type.all_fields],
        "sample": {field.key: _sample(field) for field in licence_type.all_fields},
    }


def types_shape(catalogue: Catalogue) -> dict[str, object]:
    """Return the licence types, each in its newest version."""
    return {
        "types": [
            {
                "type": one.slug,
                "code": one.code,
                "name": {"zh": one.name, "en": one.name_en},
                "class": one.document_class,
                "version": one.version,
            }
            for one in catalogue
        ]
    }


def _field_shape(field: Field) -> dict[str, object]:
    shape: dict[str, object] = {
        "key": field.key,
        "label": {"zh": field.label, "en": field.label_en},
        "type": field.type.value,
        "required": field.required,
        "max_length": field.max_length,
        "sensitive": field.sensitive,
        "sample": _sample(field),
    }
    if field.required_when is not None:
        shape["required_when"] = {"key": field.required_when.key, "value": field.required_when.value}
    if field.unit:
        shape["unit"] = field.unit
    if field.values:
        shape["values"] = list(field.values)
    if field.columns:
        shape["max_rows"] = field.max_rows
        shape["columns"] = [_field_shape(column) for column in field.columns]
    return shape


def _sample(field: Field) -> object:
    return field.sample if isinstance(field.sample, str) else [dict(row) for row in field.sample]
