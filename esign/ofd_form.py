"""The form of our OFD files, as the writers give it and the reader demands it (GB/T 33190-2016)."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from keys import SM2_SM3, hash_bytes

from .ofd_packing import OfdPart
from .page import Page
from .pdf_form import ATTACHMENT_NAME, SEAL_FIELD
from .seal import SealPicture
from .xmp import ShortElement

NAMESPACE: Final = "http://www.ofdspec.org/2016"
CREATOR: Final = "elicence"
"""An OFD whose DocInfo names this creator must have our form."""

DOCUMENT_FOLDER: Final = "Doc_0"
DOCUMENT_FILE: Final = f"{DOCUMENT_FOLDER}/Document.xml"
PUBLIC_RESOURCES: Final = f"{DOCUMENT_FOLDER}/PublicRes.xml"
DOCUMENT_RESOURCES: Final = f"{DOCUMENT_FOLDER}/DocumentRes.xml"
RESOURCE_FOLDER: Final = f"{DOCUMENT_FOLDER}/Res"
ATTACHMENT_FOLDER: Final = f"{DOCUMENT_FOLDER}/Attachs"
ATTACHMENT_LIST: Final = f"{ATTACHMENT_FOLDER}/Attachments.xml"
ANNOTATION_LIST: Final = f"{DOCUMENT_FOLDER}/Annots/Annotations.xml"
SIGNATURE_FOLDER: Final = f"{DOCUMENT_FOLDER}/Signs"
SIGNATURE_LIST: Final = f"{SIGNATURE_FOLDER}/Signatures.xml"
SEAL_FILE, SIGNATURE_FILE, VALUE_FILE = "Seal.esl", "Signature.xml", "SignedValue.dat"
SIGNATURE_SUFFIX: Final = ".p7s"
"""Added to the name of the attached data: its detached signature."""
CHECK_METHOD: Final = SM2_SM3.digest_oid
"""SM3, as an OID: what most products write."""
SIGNATURE_METHOD: Final = SM2_SM3.signature_oid
"""SM2 with SM3."""
DOCUMENT_DATA: Final = "Document"
"""Name of the custom datum that says which of the documents of a licence the file is."""


def document_identity(structured: bytes, document: str) -> str:
    """How an OFD with these data calls itself (DocID); `document` is the key of one of several of a licence."""
    return hash_bytes("sha256", structured + document.encode())[:16].hex()


@dataclass(frozen=True, slots=True, kw_only=True)
class OfdContent:
    """What goes into one sealed OFD; the same things as into the PDF beside it (`PdfContent`)."""

    title: str
    pages: Sequence[Page]
    elements: Sequence[ShortElement]
    """Written as CustomData under their short names, with `DOCUMENT_DATA` behind them where `document` is not empty."""
    structured: bytes
    """The structured e-licence, or what an annotated copy says; it is attached."""
    signature: bytes
    """Its detached signature, attached beside it."""
    body: bytes | None = None
    """A PDF that was written elsewhere, attached, too."""
    document: str = ""
    """Key of the document among those of the licence."""
    fields: Sequence[str] = (SEAL_FIELD,)
    """Every seal in the order of sealing, by the name that its field has in the PDF; an OFD has those with SM2."""
    attachment: str = ATTACHMENT_NAME
    """Name under which the data are attached, one of `pdf_form.ATTACHMENT_NAMES`."""
    stamp: SealPicture | None = None
    """The outlines of a stamp that is no electronic seal; it is drawn where the first field has its place."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OfdStamp:
    """Where a seal is shown: StampAnnot of clause 18.2.3."""

    page: int
    """ID of the page, not its number."""
    x: float
    """Millimetres from the left edge to the centre of the picture."""
    y: float
    size: tuple[float, float] | None = None
    """Width and height of a picture that is put there later; the first seal's own picture says it itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OfdDraft:
    """An OFD but for its seals: `OFD.xml` already names the list of signatures, which is not there yet."""

    files: dict[str, OfdPart] = field(repr=False)
    stamps: dict[str, OfdStamp]
    """By field; a field that is not here is sealed without being shown."""
