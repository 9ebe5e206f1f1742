"""The form of our sealed PDFs, as the writer gives it and the reader demands it."""

import re
from datetime import datetime

from keys import hash_bytes

from . import pdf_objects as o
from .china import CHINA

HEADER = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"
PRODUCER = "elicence"
PRODUCER_MARK = f"<pdf:Producer>{PRODUCER}</pdf:Producer>".encode("ascii")
"""A file with this in it names us as producer and must have our form."""
ATTACHMENT_NAME = "licence.json"
COPY_ATTACHMENT_NAME = "copy.json"
MAX_BODY_BYTES = 8 * 1024 * 1024  # of a body: with the face and evidence a file stays below 20 MB
BODY_NAME = "body.pdf"
"""The second associated file, where a licence is given a body that was written elsewhere."""
"""Instead of the structured e-licence, in an annotated copy (加注件)."""
REPORT_ATTACHMENT_NAME = "report.json"
"""Instead of it, in a receipt (核验回执)."""
ATTACHMENT_NAMES = (ATTACHMENT_NAME, COPY_ATTACHMENT_NAME, REPORT_ATTACHMENT_NAME)
DOCUMENT_ELEMENT = "Document"
"""In the metadata: which of the documents of a licence the file is."""
SUB_FILTER = "ETSI.CAdES.detached"
TIMESTAMP_SUB_FILTER = "ETSI.RFC3161"
SEAL_FIELD = "Seal1"
"""Name of the form field of the first seal."""
TIMESTAMP_FIELD = "Timestamp"
"""Begins the names of the document timestamps' form fields; their numbers follow."""
FIELD_NAME = re.compile(rf"(?!{TIMESTAMP_FIELD})[A-Za-z][A-Za-z0-9]{{0,31}}")
"""How the form field of a seal may be called."""
TOKEN_RESERVE = 8192
"""Bytes kept free for a timestamp token: one with two certificates has 3,000 to 5,000."""
MAX_SEALS = 8  # joint issue by several authorities, each with two suites

LOCK = o.dictionary(Type=b"/SigFieldLock", Action=b"/All", P=b"1")
"""What the last of several seals does to the file: nothing may be changed any more (ISO 32000-2 table 236)."""


def file_identity(structured: bytes) -> str:
    """How the trailer of a PDF with these data calls it (/ID)."""
    return hash_bytes("sha256", structured)[:16].hex()


def seal_field(
    name: str, page: int, rectangle: bytes, *, appearance: int | None, lock: int | None, value: int | None
) -> bytes:
    """A seal's form field and its widget in one; numbers are those of objects, None leaves the entry out."""
    entries = {
        "Type": b"/Annot",
        "Subtype": b"/Widget",
        "FT": b"/Sig",
        "T": b"(" + name.encode("ascii") + b")",
        "F": b"132",  # Print and Locked
        "P": o.reference(page),
        "Rect": rectangle,
    }
    if appearance is not None:
        entries["AP"] = o.dictionary(N=o.reference(appearance))
    if lock is not None:
        entries["Lock"] = o.reference(lock)
    if value is not None:
        entries["V"] = o.reference(value)
    return o.dictionary(**entries)


def signature_dictionary(name: str, at: datetime, *, place: int, seals: int) -> bytes:
    """A seal's signature dictionary up to its digits; `place` counts from 0 among so many `seals`.

    The first certifies (ISO 32000-2 section 12.8.2.2): nothing may be changed, or only the other seals added. The last
    of several locks every field (section 12.8.2.4).
    """
    entries = {
        "Type": b"/Sig",
        "Filter": b"/Adobe.PPKLite",
        "SubFilter": b"/" + SUB_FILTER.encode("ascii"),
        "Name": o.text_string(name),
        "M": pdf_date(at),
    }
    if place == 0:
        parameters = o.dictionary(Type=b"/TransformParams", P=b"1" if seals == 1 else b"2", V=b"/1.2")
        transform = o.dictionary(Type=b"/SigRef", TransformMethod=b"/DocMDP", TransformParams=parameters)
        entries["Reference"] = b"[" + transform + b"]"
    elif place == seals - 1:
        parameters = o.dictionary(Type=b"/TransformParams", Action=b"/All", V=b"/1.2")
        transform = o.dictionary(
            Type=b"/SigRef", TransformMethod=b"/FieldMDP", TransformParams=parameters, Data=o.reference(1)
        )
        entries["Reference"] = b"[" + transform + b"]"
    return o.dictionary(**entries).removesuffix(b">>") + b"/Contents "


def timestamp_dictionary() -> bytes:
    """A document timestamp's dictionary up to its digits (ISO 32000-2 section 12.8.5)."""
    opened = o.dictionary(
        Type=b"/DocTimeStamp", Filter=b"/Adobe.PPKLite", SubFilter=b"/" + TIMESTAMP_SUB_FILTER.encode("ascii")
    )
    return opened.removesuffix(b">>") + b"/Contents "


def timestamp_field(name: str, value: int) -> bytes:
    """The form field of a document timestamp; nothing of it can be seen, and no page has it."""
    return o.dictionary(
        Type=b"/Annot",
        Subtype=b"/Widget",
        FT=b"/Sig",
        T=b"(" + name.encode("ascii") + b")",
        F=b"132",
        Rect=o.box(0, 0, 0, 0),
        V=o.reference(value),
    )


def pdf_date(at: datetime) -> bytes:
    """A date string (ISO 32000-1 section 7.9.4) in our own offset, for instance D:20261121103000+08'00'."""
    at = at.astimezone(CHINA)
    zone = at.strftime("%z")
    return b"(D:" + (at.strftime("%Y%m%d%H%M%S") + f"{zone[:3]}'{zone[3:5]}'").encode("ascii") + b")"
