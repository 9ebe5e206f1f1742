"""A licence as XML under the short names of GB/T 36903 (modelled on), and the XML Schema of each type.

The XML is a rendering for other programs: no seal covers it, so it names the digests of the sealed file that it was
made from. It is written, never read.
"""

import re
from collections.abc import Iterator
from typing import Final
from xml.sax.saxutils import escape, quoteattr

from esign import LONG_TERM, MAX_PHOTO_BYTES, Element, Rows, StructuredLicence, structured_from_bytes

from .catalogue import Catalogue, Field, FieldType, LicenceType
from .convert import MAX_HOLDERS
from .element_mapping import (
    AUTHORITY_KEYS,
    EXTENDED_PREFIX,
    HOLDER,
    METADATA,
    RELATED,
    RELATION,
    SEALED_AT,
    extended,
    xml_name,
)
from .errors import ExportRefusedError
from .store import LicenceStore, Record, StoredFile

NAMESPACE: Final = "urn:elicence:xml:1"
ROOT: Final = "ZZ"
ROW: Final = f"{EXTENDED_PREFIX}row"
"""A row of a table, whose cells stand inside it."""

_NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # XML 1.0 production 2
_HEAD = '<?xml version="1.0" encoding="UTF-8"?>'
_BASE64 = 4 / 3


def record_to_xml(record: Record, store: LicenceStore, catalogue: Catalogue) -> bytes:
    """Write a stored licence, by the version of its type of the day of its issue; raises like `licence_to_xml`."""
    licence = structured_from_bytes(store.file(record, "json"))
    licence_type = catalogue.on(licence.type_code, licence.issued_on) or catalogue.get(licence.type_code)
    return licence_to_xml(licence, licence_type, record.files["json"])


def licence_to_xml(licence: StructuredLicence, licence_type: LicenceType, sealed: StoredFile) -> bytes:
    """Write a licence of a type; `sealed` has the digests of its structured e-licence.

    The same licence always gives the same bytes. Raises ExportRefusedError when the type has not the licence's fields,
    or a text has a character that XML cannot hold.
    """
    head = {
        "xmlns": NAMESPACE,
        "sha256": sealed.sha256,
        "sm3": sealed.sm3,
        "origin": licence.origin.kind,
        "trustLevel": licence.origin.trust_level,
        "development": "true" if licence.development else "false",
    }
    attributes = "".join(f" {name}={quoteattr(value)}" for name, value in head.items())
    lines = [_HEAD, f"<{ROOT}{attributes}>", *_metadata(licence), *_fields(licence, licence_type), f"</{ROOT}>", ""]
    text = "\n".join(lines)
    if _NOT_IN_XML.search(text):
        raise ExportRefusedError("XML_CHARACTER")
    return text.encode()


def _metadata(licence: StructuredLicence) -> Iterator[str]:
    texts = licence.elements()
    issuers = [(licence.issuer_name, licence.issuer_code), *((one.name, one.code) for one in licence.joint_issuers)]
    holders = [
        {
            "certificateHolderName": one.name,
            "certificateHolderCode": one.code,
            "certificateHolderTypeName": one.kind_name,
            "certificateHolderTypeCode": one.kind,
        }
        for one in licence.holders
    ]
    for element in METADATA:
        if element.key == AUTHORITY_KEYS[0]:
            for issuer in issuers:
                yield from (_written(one, text) for one, text in zip(_AUTHORITY, issuer, strict=True))
        elif element.key not in AUTHORITY_KEYS:
            yield _written(element, texts[element.key])
    for holder in holders:
        yield from (_written(element, holder[element.key]) for element in HOLDER)
    for relation in licence.relations:
        yield _written(RELATED, relation.identifier)
        yield _written(RELATION, relation.relation)
    yield _written(SEALED_AT, licence.sealed_at.isoformat(timespec="seconds"))


def _fields(licence: StructuredLicence, licence_type: LicenceType) -> Iterator[str]:
    described = {field.key: field for field in licence_type.fields}
    for field in licence.fields:
        known = described.get(field.key)
        if known is None:
            raise ExportRefusedError("FIELD_OF_ANOTHER_TYPE")
        if isinstance(field.value, Rows):
            yield _rows(known, field.value)
        elif known.columns:
            raise ExportRefusedError("FIELD_OF_ANOTHER_TYPE")
        else:
            yield _written(extended(known), field.value)


def _rows(field: Field, table: Rows) -> str:
    if len(table.columns) != len(field.columns):
        raise ExportRefusedError("FIELD_OF_ANOTHER_TYPE")
    name = xml_name(extended(field))
    rows = (
        f"<{ROW}>{''.join(_written(extended(one), cell) for one, cell in zip(field.columns, row, strict=True))}</{ROW}>"
        for row in table.rows
    )
    return "\n".join([f"<{name}>", *rows, f"</{name}>"])


def _written(element: Element, text: str) -> str:
    name = xml_name(element)
    return f"<{name}>{escape(text)}</{name}>"


_AUTHORITY: Final = tuple(element for element in METADATA if element.key in AUTHORITY_KEYS)
_DATES: Final = frozenset({"certificateIssuedDate", "certificateEffectiveDate"})


def xml_schema(licence_type: LicenceType) -> bytes:
    """Return the XML Schema 1.0 of the exported licences of a type, from the same table as the XML."""
    return "\n".join([_HEAD, *_schema_lines(licence_type), ""]).encode()


def _schema_lines(licence_type: LicenceType) -> Iterator[str]:
    yield (
        f'<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns="{NAMESPACE}" targetNamespace="{NAMESPACE}" '
        f'elementFormDefault="qualified" version="{licence_type.version}">'
    )
    title = f"{licence_type.name}  {licence_type.name_en}; short names modelled on GB/T 36903-2018"
    yield f"<xs:annotation><xs:documentation>{escape(title)}</xs:documentation></xs:annotation>"
    yield (
        '<xs:simpleType name="end"><xs:union memberTypes="xs:date"><xs:simpleType><xs:restriction base="xs:string">'
        f'<xs:enumeration value="{LONG_TERM}"/></xs:restriction></xs:simpleType></xs:union></xs:simpleType>'
    )
    yield '<xs:simpleType name="digest"><xs:restriction base="xs:string"><xs:pattern value="[0-9a-f]{64}"/>'
    yield "</xs:restriction></xs:simpleType>"
    yield f'<xs:element name="{ROOT}"><xs:complexType><xs:sequence>'
    for element in METADATA:
        if element.key == AUTHORITY_KEYS[0]:
            yield from _group(_AUTHORITY, 'maxOccurs="unbounded"')
        elif element.key not in AUTHORITY_KEYS:
            kind = "end" if element.key == "certificateExpiringDate" else "xs:string"
            yield _declared(element, "xs:date" if element.key in _DATES else kind)
    yield from _group(HOLDER, f'maxOccurs="{MAX_HOLDERS}"')
    yield from _group((RELATED, RELATION), 'minOccurs="0" maxOccurs="unbounded"')
    yield _declared(SEALED_AT, "xs:dateTime")
    for field in licence_type.fields:
        yield from _declared_field(field)
    yield "</xs:sequence>"
    for name, kind in (("sha256", "digest"), ("sm3", "digest"), ("origin", "xs:string"), ("trustLevel", "xs:string")):
        yield f'<xs:attribute name="{name}" type="{kind}" use="required"/>'
    yield '<xs:attribute name="development" type="xs:boolean" use="required"/>'
    yield "</xs:complexType></xs:element></xs:schema>"


def _group(elements: tuple[Element, ...], occurs: str) -> Iterator[str]:
    yield f"<xs:sequence {occurs}>"
    yield from (_declared(element, "xs:string") for element in elements)
    yield "</xs:sequence>"


def _declared(element: Element, kind: str, occurs: str = "") -> str:
    said = f"<xs:annotation><xs:documentation>{escape(element.label)}</xs:documentation></xs:annotation>"
    return f'<xs:element name="{xml_name(element)}" type="{kind}"{occurs}>{said}</xs:element>'


def _declared_field(field: Field) -> Iterator[str]:
    required = field.required and field.required_when is None
    occurs = "" if required else ' minOccurs="0"'
    if not field.columns:
        yield _restricted(field, occurs)
        return
    yield f'<xs:element name="{xml_name(extended(field))}"{occurs}><xs:complexType><xs:sequence>'
    yield f'<xs:element name="{ROW}" maxOccurs="{field.max_rows}"><xs:complexType><xs:sequence>'
    for column in field.columns:
        yield _restricted(column, "", empty=not column.required)
    yield "</xs:sequence></xs:complexType></xs:element></xs:sequence></xs:complexType></xs:element>"


def _restricted(field: Field, occurs: str, *, empty: bool = False) -> str:
    """A field or a cell, which is a text with a longest length; dates are dates where they cannot be left empty."""
    element = extended(field)
    if field.type is FieldType.DATE and not empty:
        return _declared(element, "xs:date", occurs)
    longest = int(MAX_PHOTO_BYTES * _BASE64) + 4 if field.type is FieldType.IMAGE else field.max_length
    limits = f'<xs:maxLength value="{longest}"/>'
    if field.type is FieldType.ENUM:
        values = (*field.values, *([""] if empty else []))
        limits = "".join(f"<xs:enumeration value={quoteattr(value)}/>" for value in values)
    said = f"<xs:annotation><xs:documentation>{escape(field.label)}</xs:documentation></xs:annotation>"
    return (
        f'<xs:element name="{xml_name(element)}"{occurs}>{said}<xs:simpleType><xs:restriction base="xs:string">'
        f"{limits}</xs:restriction></xs:simpleType></xs:element>"
    )
