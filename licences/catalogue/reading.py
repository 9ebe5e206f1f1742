"""Reads one catalogue file: a licence type, or everything that is wrong with the file."""

import re

from licences.errors import InvalidHolderError
from licences.holders import HOLDER_KINDS, check_organisation_code

from .documents_reading import read_body, read_documents
from .elements import common_fields
from .face_reading import read_face
from .fields_reading import read_common, read_fields
from .model import AUTHORITY_LEVELS, DOCUMENT_CLASSES, DefiningAuthority, LicenceType
from .rules import NumberCheck, Period
from .rules_reading import (
    read_items,
    read_lifecycle,
    read_obligations,
    read_patterns,
    read_renewal,
    read_review,
    read_validity,
)
from .toml_table import Table

_SLUG = re.compile(r"[a-z][a-z0-9-]{0,47}")


def licence_type_from_toml(text: str | bytes) -> LicenceType:
    """Read one catalogue file; raises CatalogueFileError with all its faults."""
    top = Table.of_document(text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass"))
    slug = top.text("slug")
    if slug and not _SLUG.fullmatch(slug):
        top.refuse("slug", "SLUG_FORM")
    validity = top.table("validity").read(read_validity)
    fields = read_fields(top)
    labels, samples = read_common(top.table("common"), expires=validity.expires)
    face = read_face(top.table("face"), fields)
    catalogue = top.table("catalogue", optional=True)
    version = catalogue.integer("version", 1, low=1, high=999)
    start, end = catalogue.period()
    catalogue.finish()
    licence_type = LicenceType(
        slug=slug,
        code=_type_code(top),
        name=top.text("name"),
        name_en=top.text("name_en"),
        define_authority=top.table("define_authority").read(_authority),
        holder_kinds=top.words("holder_kinds", HOLDER_KINDS),
        number_patterns=read_patterns(top),
        number_check=top.word("number_check", NumberCheck) if top.has("number_check") else None,
        validity=validity,
        common_fields=common_fields(
            labels=labels,
            samples=samples,
            expires=validity.expires,
            end_required=len(validity.terms) != 1,
        ),
        fields=fields,
        documents=read_documents(top, fields, face),
        body=read_body(top),
        version=version,
        effective=Period(start=start, end=end),
        document_class=top.word("document_class", DOCUMENT_CLASSES, DOCUMENT_CLASSES[0]),
        items=read_items(top),
        issuing_levels=top.words("issuing_levels", AUTHORITY_LEVELS, AUTHORITY_LEVELS),
        obligations=read_obligations(top, fields),
        renewal_window=top.table("renewal", optional=True).read(read_renewal),
        lifecycle=top.table("lifecycle", optional=True).read(read_lifecycle),
        review=top.table("review", optional=True).read(read_review),
    )
    top.finish()
    top.require_good()
    return licence_type


def _type_code(top: Table) -> str:
    code = top.text("code")
    if not re.fullmatch(r".{18}[0-9]{3}", code):
        top.refuse("code", "TYPE_CODE")
        return code
    return _organisation_code(top, code[:18]) + code[18:]


def _organisation_code(table: Table, code: str) -> str:
    try:
        return check_organisation_code(code)
    except InvalidHolderError as error:
        table.refuse("code", "ORGANISATION_CODE", detail=error.zh, detail_en=error.en)
        return code


def _authority(table: Table) -> DefiningAuthority:
    return DefiningAuthority(
        name=table.text("name"),
        code=_organisation_code(table, table.text("code")),
        level=table.word("level", AUTHORITY_LEVELS),
    )
