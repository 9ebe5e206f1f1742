"""The printed face (照面) of a licence: from its values and its type's face to pages, before any file format."""

from collections.abc import Iterator, Sequence

from esign import (
    BODY_LABEL,
    DEFAULT_DIAMETER,
    ORIGIN_LABEL,
    SEAL_FIELD,
    Background,
    FontChain,
    Page,
    SealPlace,
    UnprintableError,
    body_text,
    document_title,
    origin_text,
)

from .annex import Following, annex_pages, record_page
from .background import draw_background
from .catalogue import DATE_BELOW, Document, DocumentKind, Face, FieldType
from .errors import UnprintableFieldError
from .face_parts import FaceParts, Marks, does_not_fit, photos_on
from .model import Licence
from .setting import Items, Row, Table, face_contents, fit_face, flow_fields

__all__ = ["FaceRenderer", "Marks", "check_printable"]

_BETWEEN_SEALS = 2.0
"""Millimetres between the seals of authorities that issue jointly: rings must not touch."""


class FaceRenderer:
    """Draws faces with one chain of fonts."""

    def __init__(self, fonts: FontChain) -> None:
        """The fonts also say which characters can be printed at all."""
        self._fonts = fonts
        self._parts = FaceParts(fonts)
        self._backgrounds: dict[tuple[float, float, tuple[float, float, float], bool], Background] = {}

    def render(
        self,
        licence: Licence,
        marks: Marks,
        awaited: Sequence[tuple[str, tuple[float, float]]] = (),
        document: Document | None = None,
    ) -> tuple[Page, ...]:
        """The pages of a document of a licence, the first one when none is named.

        They are the face, then annex pages (附页) with what does not fit on it, then the page for entries where the
        document has one. `awaited` are the form fields of the seals that other authorities add, with their sizes in
        millimetres; they stand to the left of the issuer's.

        Raises:
            ExceptionGroup: of `UnprintableFieldError`, all of them, when no font has a character; or of one
                `InvalidFieldError` `DOES_NOT_FIT`, naming the (longest) field, when the smallest type is too large.
            CatalogueError: the face has too little room for what does not come from the metadata.
        """
        document = document or licence.licence_type.documents[0]
        face = document.face
        check_printable(self._fonts, licence, marks)
        setting, annexed = self._fit(licence, marks, document)
        background = self._background(face, marks)
        heading = Following(name=_full_name(licence, document), number=licence.number)
        following = list(annex_pages(self._fonts, face, heading, annexed))
        if document.records:
            following.append(record_page(self._fonts, face, heading))
        total = 1 + len(following)
        front = Page(
            width=face.width,
            height=face.height,
            background=background,
            items=(
                *self._parts.notice(face, marks),
                *self._parts.heading(licence, document),
                *setting,
                *photos_on(licence, face),
                *self._parts.code(licence.licence_type.slug, face, marks),
                *self._parts.issuer(licence, face),
                *self._parts.foot(licence, face, marks, 1, total),
            ),
            seals=tuple(_seal_places(face, awaited)),
        )
        pages = (
            Page(
                width=face.width,
                height=face.height,
                background=background,
                items=(
                    *self._parts.notice(face, marks),
                    *items,
                    *self._parts.foot(licence, face, marks, number, total),
                ),
            )
            for number, items in enumerate(following, start=2)
        )
        return (front, *pages)

    def _fit(self, licence: Licence, marks: Marks, document: Document) -> tuple[Items, list[Table | Row]]:
        face = document.face
        rows, tables = face_contents(licence, face)
        rows += _said_of_origin(marks)
        fit = flow_fields if document.kind is DocumentKind.ANNEX else fit_face
        fitted = fit(self._fonts, rows, tables, face.fields)
        if fitted is None:
            raise does_not_fit(max(rows, key=lambda row: len(row.value)).key)
        return fitted

    def _background(self, face: Face, marks: Marks) -> Background:
        """Drawn once for all faces that look the same."""
        key = (face.width, face.height, face.colour, marks.development)
        background = self._backgrounds.get(key)
        if background is None:
            background = self._backgrounds[key] = draw_background(self._fonts, face, sample=marks.development)
        return background


def check_printable(fonts: FontChain, licence: Licence, marks: Marks) -> None:
    """Raise an ExceptionGroup of `UnprintableFieldError` unless every character can be printed."""
    texts = [
        ("certificateNumber", licence.number),
        ("certificateIssuingAuthorityName", licence.issuer.name),
    ]
    images = {field.key for field in licence.licence_type.fields if field.type is FieldType.IMAGE}
    origin = marks.origin.historic_issuer
    texts += [("origin", origin.name)] if origin is not None else []
    texts += [("body", one.name) for one in marks.attachments if one.kind == "body"]
    for holder in licence.holders:
        texts += [("certificateHolderName", holder.name), ("certificateHolderCode", holder.code)]
    for key, value in licence.values.items():
        if key in images:
            continue
        cells = [value] if isinstance(value, str) else [cell for row in value for cell in row]
        texts += [(key, cell) for cell in cells]
    faults = []
    for key, text in texts:
        try:
            fonts.require(text.replace("\n", ""))
        except UnprintableError as error:
            faults.append(UnprintableFieldError(f"/data/{key}", error.code_point))
    if faults:
        raise ExceptionGroup("characters that cannot be printed", faults)


def _full_name(licence: Licence, document: Document) -> str:
    licence_type = licence.licence_type
    return "".join(document_title(licence_type.name, document.label, len(licence_type.documents)))


def _said_of_origin(marks: Marks) -> list[Row]:
    """What the face says of paper that it was made from, and of the body that belongs to it."""
    rows = []
    origin = marks.origin
    if origin.kind == "digitised" and origin.converted_on is not None:
        historic = "" if origin.historic_issuer is None else origin.historic_issuer.name
        said = origin_text(origin.converted_on, historic)
        rows.append(Row(key="origin", label=ORIGIN_LABEL, value=said, stays=True))
    for one in marks.attachments:
        if one.kind == "body":
            said = body_text(one.name, one.pages, one.sm3)
            rows.append(Row(key="body", label=BODY_LABEL, value=said, stays=True))
    return rows


def _seal_places(face: Face, awaited: Sequence[tuple[str, tuple[float, float]]]) -> Iterator[SealPlace]:
    x, y = face.issuer.x, face.issuer.y + DATE_BELOW
    yield SealPlace(field=SEAL_FIELD, x=x, y=y)
    reach = DEFAULT_DIAMETER / 2
    for field, (width, height) in awaited:
        x -= reach + _BETWEEN_SEALS + width / 2
        reach = width / 2
        yield SealPlace(field=field, x=x, y=y, size=(width, height))
