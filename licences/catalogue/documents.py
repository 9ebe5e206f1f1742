"""The documents that one licence consists of (正本, 副本, 附表, 标志), and the body that some types are given."""

from dataclasses import dataclass
from enum import StrEnum

from .face import Face

MAX_DOCUMENTS = 30
"""With every numbered copy."""
FIRST_DOCUMENT = "original"
"""Key of the first document where a file says nothing of documents."""


class DocumentKind(StrEnum):
    """What a document is for; all of them have one number, one identifier and the same seals."""

    ORIGINAL = "original"
    """正本, to be hung up."""
    COPY = "copy"
    """副本, to be carried; in law the equal of the 正本."""
    ANNEX = "annex"
    """附表: rows that would overfill the face."""
    MARK = "mark"
    """标志, to be fixed to a thing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One document of a licence type."""

    key: str
    """Unique within the type; for numbered copies it ends in the number, as in ``copy-2``."""
    label: str
    label_en: str
    kind: DocumentKind
    face: Face
    records: bool
    """A page for entries of changes and inspections follows its face."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """正文: the type is issued with a PDF that was written elsewhere; the face is its cover."""

    label: str
    label_en: str
    required: bool
