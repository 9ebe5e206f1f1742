"""What a sealed file tells other programs about itself: its name, date, identity, and elements under short names.

Search engines, archives and file managers show and index it, and nobody sees it on the face. Step (4) in `verifier.py`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from esign import (
    CHINA,
    COPY_ELEMENTS,
    ELEMENTS,
    FACE_FORM,
    AnnotatedCopy,
    SealedOfd,
    SealedPdf,
    ShortElement,
    StructuredDocument,
    StructuredLicence,
    document_identity,
    file_identity,
    file_title,
    group_serial,
    short_elements,
)
from verify.report import Check, instant_text


@dataclass(frozen=True, slots=True, kw_only=True)
class Described:
    """What follows from the data of a file."""

    title: str
    at: datetime
    """When it was sealed first."""
    elements: Iterable[ShortElement] = ()
    named: bool = True
    """Whether it is known how such a file is named and dated; else only its elements are compared."""


def described_licence(licence: StructuredLicence, document: StructuredDocument | None) -> Described:
    """What the metadata of a document of a licence must say."""
    return Described(
        title=file_title(licence.type_name, licence.number),
        at=licence.sealed_at,
        elements=short_elements(licence.elements()),
        named=_is_named(document),
    )


def described_copy(copy: AnnotatedCopy) -> Described:
    """What the metadata of an annotated copy must say."""
    licence = copy.licence
    return Described(
        title=file_title(licence.type_name, licence.number, group_serial(copy.serial)),
        at=copy.made_at,
        elements=short_elements(licence.elements() | copy.elements(), (*ELEMENTS, *COPY_ELEMENTS)),
        named=_is_named(licence.documents[0] if licence.documents else None),
    )


def _is_named(document: StructuredDocument | None) -> bool:
    """Whether it is of the form whose names are known here; early versions do not say theirs."""
    return document is not None and document.face is not None and document.face.form == FACE_FORM


def pdf_metadata_check(pdf: SealedPdf, wanted: Described) -> Check:
    """Compare the metadata of a PDF."""
    said = pdf.metadata
    wrong = _wrong_elements(((one.short_name, one.value) for one in said.elements), wanted.elements)
    if wanted.named:
        wrong += _wrong(title=(said.title, wanted.title), date=(said.created.isoformat(), instant_text(wanted.at)))
        wrong += _wrong(identity=(pdf.identity, file_identity(pdf.structured)))
    return _check(wrong)


def ofd_metadata_check(ofd: SealedOfd, wanted: Described) -> Check:
    """Compare the metadata of an OFD."""
    wrong = _wrong_elements(ofd.custom, wanted.elements)
    if wanted.named:
        day = wanted.at.astimezone(CHINA).date()
        wrong += _wrong(title=(ofd.title, wanted.title), date=(ofd.created, day))
        wrong += _wrong(identity=(ofd.identity, document_identity(ofd.structured, ofd.document)))
        attached = {instant_text(at) for at in ofd.attached_at}
        wrong += _wrong(attachments=(attached, {instant_text(wanted.at)}))
    return _check(wrong)


def _wrong(**compared: tuple[object, object]) -> list[str]:
    return [name for name, (said, wanted) in compared.items() if said != wanted]


def _wrong_elements(said: Iterable[tuple[str, str]], elements: Iterable[ShortElement]) -> list[str]:
    """Short names whose values are not those of the data; other names are not ours."""
    texts = {element.short_name: element.value for element in elements}
    return [name for name, value in said if texts.get(name, value) != value]


def _check(wrong: list[str]) -> Check:
    detail = f"metadata that differ from the data: {', '.join(wrong)}" if wrong else ""
    return Check(name="metadata", code="FACE_DIFFERS" if wrong else "OK", detail=detail)
