"""JSON Schemas (draft 2020-12) of a licence type: of its structured e-licence, and of the metadata that one enters.

They say what the program says, and no more: whatever it writes or accepts is valid. Some rules (check characters,
terms, fonts) cannot be said in a schema, so what is valid may still be refused, field by field.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final, TypeAlias

from esign import (
    ATTACHMENT_KINDS,
    IDENTIFIER_ROOT,
    ORIGIN_KINDS,
    STRUCTURED_FORMAT,
    TRUST_LEVELS,
    Element,
    element_with_key,
)

from .catalogue import AUTHORITY_LEVELS, Effect, Field, FieldType, LicenceType
from .catalogue.elements import EXPIRING_DATE
from .convert import MAX_HOLDERS
from .element_mapping import AUTHORITY_KEYS, HOLDER, HOLDER_KEYS, METADATA, extended
from .holders import HOLDER_KINDS, MAX_FREE_CODE_LENGTH

Schema: TypeAlias = dict[str, object]

_DRAFT: Final = "https://json-schema.org/draft/2020-12/schema"
_DAY: Final = "[0-9]{4}-[0-9]{2}-[0-9]{2}"
_PATTERNS: Final[Mapping[FieldType, str]] = {
    FieldType.DATE: _DAY,
    FieldType.DECIMAL: r"(?:0|[1-9][0-9]{0,11})(?:\.[0-9]{1,6})?",
    FieldType.INTEGER: "0|[1-9][0-9]{0,14}",
}
_AREA: Final = "[0-9]{6}(?:[0-9]{3}){0,2}"
_DIGEST: Final[Schema] = {"type": "string", "pattern": "^[0-9a-f]{64}$"}
_TEXT: Final[Schema] = {"type": "string"}
_PLACE: Final[Schema] = {"type": "integer", "minimum": 0}
_INSTANT: Final[Schema] = {
    "type": "string",
    "format": "date-time",
    "pattern": f"^{_DAY}T[0-9]{{2}}:[0-9]{{2}}:[0-9]{{2}}[+-][0-9]{{2}}:[0-9]{{2}}$",
}
_REGEX_SIGNS: Final = frozenset(r"^$\.*+?()[]{}|/")


def structured_schema(licence_type: LicenceType) -> Schema:
    """Return the schema of the structured e-licences of a type. Members that it does not name are allowed."""
    described = {element.key: _metadata(element, licence_type) for element in METADATA}
    authority = _object({key: _TEXT for key in AUTHORITY_KEYS})
    expected_seal = {
        "field": _TEXT,
        "order": {"type": "integer", "minimum": 1},
        "algorithm": {"enum": ["sm2", "rsa"]},
        "certificateDigest": {"type": "string", "pattern": "^(?:sm3|sha256):[0-9a-f]{64}$"},
        "sealDigest": {"anyOf": [{"type": "null"}, {"type": "string", "pattern": "^(?:sm3|sha256):[0-9a-f]{64}$"}]},
    }
    members: Schema = {
        "format": {"const": STRUCTURED_FORMAT},
        "metadata": _object(described),
        "holders": _list(_object({element.key: _holder(element) for element in HOLDER}), 1, MAX_HOLDERS),
        "fields": _fields(licence_type),
        "jointIssuers": _list(authority),
        "seals": _list(_object(expected_seal), 1),
        "sealedAt": _INSTANT,
        "development": {"type": "boolean"},
    }
    obligation = {
        "key": _TEXT,
        "label": _TEXT,
        "due": _day(),
        "effect": {"enum": [effect.value for effect in Effect]},
    }
    later: Schema = {
        "origin": _origin(authority),
        "relations": _list(_object({"certificateIdentifier": _TEXT, "relation": _TEXT})),
        "obligations": _list(_object(obligation)),
        "attachments": _list(_attachment()),
        "documents": _list(_document()),
        "status": {"anyOf": [{"type": "null"}, _object({"list": _PLACE, "index": _PLACE})]},
    }
    schema = _object(members)
    schema["properties"] = members | later
    return _headed(licence_type, "structured", f"{licence_type.name} 结构化电子证照") | schema


def _document() -> Schema:
    """A sealed file of the licence; files of early versions do not say what its face shows."""
    field = _object({"key": _TEXT, "label": _TEXT, "unit": _TEXT})
    face = {
        "form": {"type": "integer", "minimum": 1},
        "fields": _list(field),
        "photos": _list(_TEXT),
        "records": {"type": "boolean"},
    }
    schema = _object({"key": _TEXT, "label": _TEXT})
    schema["properties"] = {"key": _TEXT, "label": _TEXT, "face": _object(face)}
    return schema


def paper_schema(licence_type: LicenceType) -> Schema:
    """Return the schema of the metadata of a paper licence of a type: the `data` of a request to issue one."""
    properties: Schema = {}
    for field in licence_type.common_fields:
        described = _entered(field, required=field.required)
        if field.key == "certificateHolderTypeCode":
            described["enum"] = list(licence_type.holder_kinds)
        if field.key == "certificateAreaCode":
            described["pattern"] = f"^(?:{_AREA})$"
        if field.key in HOLDER_KEYS:
            described = {"anyOf": [described, _list(described, 1, MAX_HOLDERS)]}
        properties[field.key] = described | _said(replace(element_with_key(field.key), label=field.label), field)
    for field in licence_type.fields:
        properties[field.key] = _entered(field, required=field.required) | _said(extended(field), field)
    if EXPIRING_DATE not in properties:
        properties[EXPIRING_DATE] = {"enum": [None, ""], "$comment": "证照长期有效 licences of this type do not expire"}
    conditions = [
        {
            "if": {
                "properties": {field.required_when.key: {"const": field.required_when.value}},
                "required": [field.required_when.key],
            },
            "then": {"properties": {field.key: _entered(field, required=True)}, "required": [field.key]},
        }
        for field in licence_type.fields
        if field.required_when is not None
    ]
    schema: Schema = {
        "type": "object",
        "required": [field.key for field in licence_type.all_fields if field.required],
        "properties": properties,
        "additionalProperties": False,
    }
    if conditions:
        schema["allOf"] = conditions
    return _headed(licence_type, "paper", f"{licence_type.name} 纸质证照元数据") | schema


def _headed(licence_type: LicenceType, form: str, title: str) -> Schema:
    return {
        "$schema": _DRAFT,
        "$id": f"urn:elicence:schema:{licence_type.slug}:{licence_type.version}:{form}",
        "title": title,
        "description": f"{licence_type.name_en}; elements modelled on GB/T 36903-2018.",
    }


def _said(element: Element, field: Field | None = None) -> Schema:
    """What a schema tells people and programs about an element beside its form."""
    said: Schema = {"title": element.label}
    if element.short_name is not None:
        said["x-shortName"] = element.short_name
    if field is None:
        return said
    unit = f" ({field.unit})" if field.unit else ""
    said["description"] = field.label_en + unit
    if field.sensitive:
        said["x-sensitive"] = True
    if field.pattern is not None:
        said["$comment"] = f"after NFKC and in upper case: {field.pattern.pattern}"
    return said


def _object(members: Mapping[str, object]) -> Schema:
    return {"type": "object", "required": list(members), "properties": dict(members)}


def _list(items: object, least: int = 0, most: int | None = None) -> Schema:
    schema: Schema = {"type": "array", "items": items}
    if least:
        schema["minItems"] = least
    if most is not None:
        schema["maxItems"] = most
    return schema


def _day() -> Schema:
    return {"type": "string", "format": "date", "pattern": f"^{_DAY}$"}


def _metadata(element: Element, licence_type: LicenceType) -> Schema:
    forms: dict[str, Schema] = {
        "certificateName": {"type": "string", "minLength": 1},
        "certificateType": {"const": licence_type.name},
        "certificateTypeCode": {"const": licence_type.code},
        "certificateIdentifier": {
            "type": "string",
            "pattern": "^" + IDENTIFIER_ROOT.replace(".", r"\.") + rf"\.{licence_type.code}\.[0-9A-Z]{{18}}"
            r"\.[0-9A-Z]{1,32}\.[0-9]{3}\.[0-9A-Z]$",
        },
        "certificateIssuingAuthorityCode": {"type": "string", "pattern": "^[0-9A-Z]{18}$"},
        "certificateIssuingAuthorityLevel": {"enum": list(AUTHORITY_LEVELS)},
        "certificateAreaCode": {"type": "string", "pattern": f"^{_AREA}$"},
        EXPIRING_DATE: _day() if licence_type.validity.expires else {"type": "null"},
    }
    fields = {field.key: field for field in licence_type.common_fields}
    field = fields.get(element.key)
    form = forms.get(element.key) or (_day() if field is None else _sealed(field, required=True))
    return form | _said(element)


def _holder(element: Element) -> Schema:
    longest = {"certificateHolderName": 256, "certificateHolderCode": MAX_FREE_CODE_LENGTH}
    names = {
        "certificateHolderTypeCode": list(HOLDER_KINDS),
        "certificateHolderTypeName": [kind.name for kind in HOLDER_KINDS.values()],
    }
    if element.key in names:
        return {"enum": names[element.key]} | _said(element)
    return {"type": "string", "minLength": 1, "maxLength": longest[element.key]} | _said(element)


def _origin(authority: Schema) -> Schema:
    return _object(
        {
            "kind": {"enum": list(ORIGIN_KINDS)},
            "trustLevel": {"enum": list(TRUST_LEVELS)},
            "historicIssuer": {"anyOf": [{"type": "null"}, authority]},
            "convertedOn": {"anyOf": [{"type": "null"}, _day()]},
        }
    )


def _attachment() -> Schema:
    number: Schema = {"type": "integer", "minimum": 0}
    return _object(
        {
            "kind": {"enum": list(ATTACHMENT_KINDS)},
            "name": _TEXT,
            "mediaType": _TEXT,
            "sha256": _DIGEST,
            "sm3": _DIGEST,
            "size": number,
            "pages": number,
            "operator": _TEXT,
        }
    )


def _fields(licence_type: LicenceType) -> Schema:
    """The list of the type's own fields: each with the form of its key, and all that are required."""
    fields = licence_type.fields
    forms = [{"if": _has_key(field.key), "then": _sealed_field(field)} for field in fields]
    items: Schema = {
        "type": "object",
        "required": ["key", "label"],
        "properties": {"key": {"enum": [field.key for field in fields]}, "label": _TEXT},
    }
    schema = _list(items | {"allOf": forms} if forms else items, most=len(fields))
    demands: list[Schema] = [
        {"contains": _has_key(field.key)} for field in fields if field.required and field.required_when is None
    ]
    for field in fields:
        if field.required_when is not None:
            decided = _has_key(field.required_when.key)
            decided["properties"] = {
                "key": {"const": field.required_when.key},
                "value": {"const": field.required_when.value},
            }
            demands.append({"if": {"contains": decided}, "then": {"contains": _has_key(field.key)}})
    return schema | {"allOf": demands} if demands else schema


def _has_key(key: str) -> Schema:
    return {"properties": {"key": {"const": key}}}


def _sealed_field(field: Field) -> Schema:
    if field.type is not FieldType.ROWS:
        value = _sealed(field, required=True) | _said(extended(field), field)
        return {"required": ["value"], "properties": {"value": value}}
    row: Schema = {
        "type": "array",
        "prefixItems": [_sealed(one, required=False) | _said(extended(one), one) for one in field.columns],
        "minItems": len(field.columns),
        "maxItems": len(field.columns),
    }
    return {
        "required": ["columns", "rows"],
        "properties": {
            "columns": {"const": [one.label for one in field.columns]},
            "rows": _list(row, 1, field.max_rows) | _said(extended(field), field),
        },
    }


def _sealed(field: Field, *, required: bool) -> Schema:
    """A value as it stands in the structured e-licence; an optional cell that was not given is an empty text."""
    if field.type is FieldType.ENUM:
        return {"enum": [*field.values, *([] if required else [""])]}
    if field.type is FieldType.IMAGE:
        return {"type": "string", "contentEncoding": "base64", "minLength": 1}
    schema = _text(field.type, field.max_length, required=required)
    return schema | {"format": "date"} if field.type is FieldType.DATE and required else schema


def _entered(field: Field, *, required: bool) -> Schema:
    """A value as it is entered. What is not required may also be null or empty."""
    if field.type is FieldType.ROWS:
        row: Schema = {
            "type": "object",
            "required": [one.key for one in field.columns if one.required],
            "properties": {
                one.key: _entered(one, required=one.required) | _said(extended(one), one) for one in field.columns
            },
            "additionalProperties": False,
        }
        rows = _list(row, 1 if required else 0, field.max_rows)
        return rows if required else {"anyOf": [{"enum": [None, ""]}, rows]}
    if field.type is FieldType.ENUM:
        pattern = "|".join(map(_either_bracket, field.values))
        schema: Schema = {"type": "string", "pattern": _whole(pattern, required=required)}
    elif field.type is FieldType.IMAGE:
        schema = {"type": "string", "contentEncoding": "base64"} | ({"minLength": 1} if required else {})
    else:
        schema = _text(field.type, field.max_length, required=required)
    number = ["number"] if field.type in (FieldType.DECIMAL, FieldType.INTEGER) else []
    types = [schema["type"], *number, *([] if required else ["null"])]
    return schema | {"type": types if len(types) > 1 else types[0]}


def _text(kind: FieldType, longest: int, *, required: bool) -> Schema:
    schema: Schema = {"type": "string", "maxLength": longest}
    if kind in _PATTERNS:
        schema["pattern"] = _whole(_PATTERNS[kind], required=required)
    else:
        if kind is FieldType.STRING:
            schema["pattern"] = r"^[^\n]*$"
        if required:
            schema["minLength"] = 1
    return schema


def _whole(pattern: str, *, required: bool) -> str:
    return f"^(?:{pattern})$" if required else f"^(?:{pattern})?$"


def _either_bracket(value: str) -> str:
    """A pattern for a word of a list, in which full- and half-width brackets are one."""
    brackets = {"（": "[（(]", "(": "[（(]", "）": "[）)]", ")": "[）)]"}
    return "".join(brackets.get(sign) or (f"\\{sign}" if sign in _REGEX_SIGNS else sign) for sign in value)
