"""Writing an OFD in one pass, up to its seals: the same pages, data and attachments as in the PDF beside it."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Final, Literal

from keys import hash_bytes

from .china import CHINA
from .fonts import FontChain
from .ofd_fonts import FontMeasures, OfdFonts, fonts_for
from .ofd_form import (
    ANNOTATION_LIST,
    ATTACHMENT_FOLDER,
    ATTACHMENT_LIST,
    CREATOR,
    DOCUMENT_DATA,
    DOCUMENT_FILE,
    DOCUMENT_RESOURCES,
    NAMESPACE,
    PUBLIC_RESOURCES,
    RESOURCE_FOLDER,
    SIGNATURE_SUFFIX,
    OfdContent,
    OfdDraft,
    OfdStamp,
)
from .ofd_objects import ObjectWriter, path_object
from .ofd_package import ROOT_FILE, OfdPart
from .ofd_parts import (
    XML_HEADER,
    AttachmentFacts,
    DocumentFacts,
    FontFacts,
    ImageFacts,
    RootFacts,
    annotation_file,
    annotation_list_xml,
    attachments_xml,
    document_resources_xml,
    document_xml,
    font_file,
    image_file,
    number,
    page_file,
    public_resources_xml,
    root_xml,
    template_file,
)
from .ofd_symbol import symbol_png
from .page import Background, Colour, Page, Photo, Shape, Symbol, TextRun
from .pdf_form import BODY_NAME, FIELD_NAME, MAX_SEALS
from .photo import Photograph, photo_file
from .seal import SealPicture

WATERMARK_ALPHA: Final = 102
"""Of 255. An annotation lies over the page, so the text under it has to show through a watermark."""

_DIGITS_OF_ID: Final = 32
_Picture = tuple[bytes, ...] | Photograph


@dataclass(frozen=True, slots=True, kw_only=True)
class _Template:
    """A background as a template page; its IDs begin where the number in its key says."""

    part: OfdPart
    highest: int


class OfdWriter:
    """Writes OFDs but for their seals."""

    def __init__(self, fonts: FontChain) -> None:
        """Prepare what is the same for every file."""
        self._measures = FontMeasures(fonts)
        self._templates: dict[tuple[Background, float, float, int], _Template] = {}

    def write(self, content: OfdContent, *, at: datetime) -> OfdDraft:
        """The files of the package; `at` is the time of sealing.

        Raises:
            UnprintableError: a text has a character that no font prints, or that XML does not have.
            ValueError: the seals' fields and places do not fit together.
        """
        _check_fields(content)
        fonts = fonts_for(self._measures, _characters(content.pages))
        file = _OfdFile(content, at.astimezone(CHINA), self._measures, fonts)
        file.add_templates(self._template)
        file.add_pages()
        file.add_annotations()
        file.add_attachments()
        return file.finish()
