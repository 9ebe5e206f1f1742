"""Reads the `[[documents]]` of a catalogue file and its `[body]`."""

import re
from typing import Final

from .documents import FIRST_DOCUMENT, MAX_DOCUMENTS, Body, Document, DocumentKind
from .face import Face
from .face_reading import read_face
from .model import Field
from .toml_table import Table

MAX_COPIES: Final = 20
_KEY = re.compile(r"[a-z][a-z0-9-]{0,23}")


def read_documents(top: Table, fields: tuple[Field, ...], face: Face) -> tuple[Document, ...]:
    """Read `[[documents]]`; a type that says nothing of them has one, with the face of the type."""
    first = Document(
        key=FIRST_DOCUMENT, label="正本", label_en="original", kind=DocumentKind.ORIGINAL, face=face, records=False
    )
    documents: list[Document] = []
    for table in top.tables("documents", limit=MAX_DOCUMENTS):
        for document in _documents(table, fields, face, first=not documents):
            if any(document.key == earlier.key for earlier in documents):
                table.refuse("key", "SAME_KEY", key=document.key)
            documents.append(document)
    if len(documents) > MAX_DOCUMENTS:
        top.refuse("documents", "TOO_MANY", limit=MAX_DOCUMENTS)
    return tuple(documents) or (first,)


def _documents(table: Table, fields: tuple[Field, ...], face: Face, *, first: bool) -> list[Document]:
    """What one entry describes: a document, or all numbered copies."""
    kind = table.word("kind", DocumentKind)
    key, label, label_en = table.text("key"), table.text("label"), table.text("label_en")
    if key and not _KEY.fullmatch(key):
        table.refuse("key", "DOCUMENT_KEY_FORM")
    if first and (kind is not DocumentKind.ORIGINAL or table.has("face")):
        table.refuse(None, "DOCUMENT_FIRST")
    alike = kind in (DocumentKind.ORIGINAL, DocumentKind.COPY)
    if table.has("face"):
        face = read_face(table.table("face"), fields, whole=alike)
    elif not alike:
        table.refuse(None, "DOCUMENT_FACE")
    numbered = kind in (DocumentKind.COPY, DocumentKind.MARK)
    copies = table.integer("copies", 1, low=1, high=MAX_COPIES) if numbered else 1
    records = table.flag("records")
    table.finish()
    numbers = range(1, copies + 1) if copies > 1 else (0,)
    return [
        Document(
            key=f"{key}-{number}" if number else key,
            label=f"{label}（{copies}-{number}）" if number else label,
            label_en=f"{label_en} {number} of {copies}" if number else label_en,
            kind=kind,
            face=face,
            records=records,
        )
        for number in numbers
    ]


def read_body(top: Table) -> Body | None:
    """Read `[body]`."""
    if not top.has("body"):
        return None
    table = top.table("body")
    body = Body(label=table.text("label"), label_en=table.text("label_en"), required=table.flag("required"))
    table.finish()
    return body
