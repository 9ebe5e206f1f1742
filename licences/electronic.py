"""From a `Licence` to the structured e-licence that the seal covers."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime

from esign import (
    FACE_FORM,
    ExpectedSeal,
    PrintedField,
    Rows,
    StructuredAuthority,
    StructuredDocument,
    StructuredFace,
    StructuredField,
    StructuredHolder,
    StructuredLicence,
    StructuredObligation,
    StructuredRelation,
    StructuredStatusPlace,
)

from .catalogue import Document, LicenceType
from .model import Licence
from .provenance import NATIVE, Attachment, Provenance
from .setting import face_contents

_ISSUER = frozenset(
    {"certificateIssuingAuthorityName", "certificateIssuingAuthorityCode", "certificateIssuingAuthorityLevel"}
)


def structure(
    licence: Licence,
    *,
    identifier: str,
    seals: tuple[ExpectedSeal, ...],
    joint_issuers: tuple[StructuredAuthority, ...] = (),
    provenance: Provenance = NATIVE,
    relations: tuple[StructuredRelation, ...] = (),
    body: Attachment | None = None,
    sealed_at: datetime,
    status_place: StructuredStatusPlace | None = None,
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
        type_version=kind.version,
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
        origin=provenance.origin,
        relations=relations,
        obligations=tuple(_obligations(licence)),
        attachments=(*(scan.described for scan in provenance.scans), *(() if body is None else (body.described,))),
        documents=tuple(
            StructuredDocument(key=one.key, label=one.label, face=_face(licence, one)) for one in kind.documents
        ),
        seals=seals,
        sealed_at=sealed_at,
        status_place=status_place,
        development=development,
    )


def _face(licence: Licence, document: Document) -> StructuredFace:
    """What the face of a document shows."""
    rows, tables = face_contents(licence, document.face)
    units = {field.key: field.unit for field in licence.licence_type.fields}
    return StructuredFace(
        form=FACE_FORM,
        fields=(
            *(PrintedField(key=one.key, label=one.label, unit=units.get(one.key, "")) for one in rows),
            *(PrintedField(key=one.key, label=one.label) for one in tables),
        ),
        photos=tuple(key for key in document.face.photos if isinstance(licence.values.get(key), str)),
        records=document.records,
    )


def _obligations(licence: Licence) -> Iterator[StructuredObligation]:
    """What is due next of each obligation; nothing where the licence gives no day."""
    for rule in licence.licence_type.obligations:
        if rule.every is not None:
            due = rule.every.end_from(licence.validity.start)
        else:
            given = licence.values.get(rule.due_field)
            if not isinstance(given, str):
                continue
            due = date.fromisoformat(given)
        yield StructuredObligation(key=rule.key, label=rule.label, due=due, effect=rule.effect.value)


def paper_from(licence: StructuredLicence, licence_type: LicenceType) -> dict[str, object]:
    """Return the paper metadata from which a licence of this type was made: what ``licence_from_paper`` takes."""
    data: dict[str, object] = {
        "certificateNumber": licence.number,
        "certificateHolderName": _one_or_all([holder.name for holder in licence.holders]),
        "certificateHolderCode": _one_or_all([holder.code for holder in licence.holders]),
        "certificateHolderTypeCode": _one_or_all([holder.kind for holder in licence.holders]),
        "certificateIssuingAuthorityName": licence.issuer_name,
        "certificateIssuingAuthorityCode": licence.issuer_code,
        "certificateIssuingAuthorityLevel": licence.issuer_level,
        "certificateIssuedDate": licence.issued_on.isoformat(),
        "certificateEffectiveDate": licence.valid_from.isoformat(),
        "certificateAreaCode": licence.area_code,
    }
    if licence.valid_to is not None:
        data["certificateExpiringDate"] = licence.valid_to.isoformat()
    columns = {field.key: [column.key for column in field.columns] for field in licence_type.fields}
    for field in licence.fields:
        if isinstance(field.value, str):
            data[field.key] = field.value
        elif isinstance(field.value, Rows):
            keys = columns[field.key]
            data[field.key] = [dict(zip(keys, row, strict=True)) for row in field.value.rows]
    return data


def repeats(data: object, licence: StructuredLicence, licence_type: LicenceType) -> bool:
    """Whether metadata say what a licence says already, but for whose licence it is: that is for its seal to show."""
    if not isinstance(data, Mapping) or licence.type_code != licence_type.code:
        return False
    said = paper_from(licence, licence_type)
    # A missing key, null and an empty text are the same.
    return all((data.get(key) or "") == (said.get(key) or "") for key in (data.keys() | said.keys()) - _ISSUER)


def _one_or_all(texts: list[str]) -> str | list[str]:
    return texts[0] if len(texts) == 1 else texts


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
