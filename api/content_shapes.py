"""What a licence says, under the keys of its metadata; what is personal or sensitive is masked unless asked for."""

from collections.abc import Mapping

from esign import Rows, StructuredField, StructuredHolder, StructuredLicence
from licences import Catalogue, Field, FieldType, UnknownTypeError, mask_code, mask_field, mask_name

from .messages import day_text

HIDDEN_PICTURE = "（图片 picture）"
"""Stands for a sensitive photograph, of which even the length says something."""


def licence_shape(licence: StructuredLicence, catalogue: Catalogue, *, full: bool) -> dict[str, object]:
    """Return what a licence says, under the keys in which its metadata were entered."""
    sensitive = _sensitive_fields(licence, catalogue)
    own = {field.key: _value(field, sensitive, full=full) for field in licence.fields}
    holders = [_holder(holder, full=full) for holder in licence.holders]
    # The keys of the standard come last: a field of a forged file must not stand in for them.
    return {
        **own,
        "certificateName": licence.name,
        "certificateType": licence.type_name,
        "certificateTypeCode": licence.type_code,
        "certificateNumber": licence.number,
        "certificateIdentifier": licence.identifier,
        "certificateVersion": licence.version,
        "certificateIssuingAuthorityName": licence.issuer_name,
        "certificateIssuingAuthorityCode": licence.issuer_code,
        "certificateIssuingAuthorityLevel": licence.issuer_level,
        "certificateIssuedDate": day_text(licence.issued_on),
        "certificateEffectiveDate": day_text(licence.valid_from),
        "certificateExpiringDate": day_text(licence.valid_to),
        "certificateAreaCode": licence.area_code,
        **(holders[0] if holders else {}),
        **({"holders": holders} if len(holders) != 1 else {}),
    }


def _holder(holder: StructuredHolder, *, full: bool) -> dict[str, object]:
    return {
        "certificateHolderName": holder.name if full else mask_name(holder.name, holder.kind),
        "certificateHolderCode": holder.code if full else mask_code(holder.kind, holder.code),
        "certificateHolderTypeCode": holder.kind,
        "certificateHolderTypeName": holder.kind_name,
    }


def _sensitive_fields(licence: StructuredLicence, catalogue: Catalogue) -> Mapping[str, Field] | None:
    """Return the type's fields by key, or None for a type that is not in the catalogue."""
    try:
        licence_type = catalogue.get(licence.type_code)
    except UnknownTypeError:
        return None
    return {field.key: field for field in licence_type.fields}


def _value(field: StructuredField, known: Mapping[str, Field] | None, *, full: bool) -> object:
    described = known.get(field.key) if known is not None else None
    # What nobody described may be anything: it is masked too.
    hidden = not full and (described is None or described.sensitive)
    if isinstance(field.value, str):
        if hidden and described is not None and described.type is FieldType.IMAGE:
            return HIDDEN_PICTURE
        return mask_field(field.key, field.value) if hidden else field.value
    return {"columns": list(field.value.columns), "rows": _rows(field.value, described, hidden=hidden, full=full)}


def _rows(value: Rows, described: Field | None, *, hidden: bool, full: bool) -> list[list[str]]:
    public = set() if described is None else {column.label for column in described.columns if not column.sensitive}
    keys = {} if described is None else {column.label: column.key for column in described.columns}
    return [
        [
            cell if full or (not hidden and label in public) else mask_field(keys.get(label, ""), cell)
            for label, cell in zip(value.columns, row, strict=False)
        ]
        for row in value.rows
    ]
