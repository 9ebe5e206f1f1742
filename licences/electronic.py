"""From a `Licence` to the structured e-licence that the seal covers."""

from datetime import datetime

from esign import ExpectedSeal, Rows, StructuredAuthority, StructuredField, StructuredHolder, StructuredLicence

from .model import Licence


def structure(
    licence: Licence,
    *,
    identifier: str,
    seals: tuple[ExpectedSeal, ...],
    joint_issuers: tuple[StructuredAuthority, ...] = (),
    sealed_at: datetime,
    development: bool,
) -> StructuredLicence:
    """Everything the licence says, with the seals that its file will bear."""
    kind = licence.licence_type
    return StructuredLicence(
        identifier=identifier,
        number=licence.number,
        name=kind.name,
        type_name=kind.name,
        type_code=kind.code,
        issuer_name=licence.issuer.name,
        issuer_code=licence.issuer.code,
        issuer_level=licence.issuer.level,
        issued_on=licence.issued_on,
        holders=tuple(
            StructuredHolder(name=holder.name, code=holder.code, kind=holder.kind.code, kind_name=holder.kind.name)
            for holder in licence.holders
        ),
        valid_from=licence.validity.start,
        valid_to=licence.validity.end,
        area_code=licence.area_code,
        fields=tuple(_fields(licence)),
        joint_issuers=joint_issuers,
        seals=seals,
        sealed_at=sealed_at,
        development=development,
    )


def _fields(licence: Licence) -> list[StructuredField]:
    fields = []
    for field in licence.licence_type.fields:
        value = licence.values.get(field.key)
        if isinstance(value, str):
            fields.append(StructuredField(key=field.key, label=field.label, value=value))
        elif value is not None:
            table = Rows(columns=tuple(column.label for column in field.columns), rows=value)
            fields.append(StructuredField(key=field.key, label=field.label, value=table))
    return fields
