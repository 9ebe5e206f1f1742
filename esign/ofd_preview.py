"""A preview of an OFD made by anybody, for people whose browser shows none: what it looks like, and nothing proven.

The file is drawn in a process of its own with limits. Texts become outlines and pictures are written anew, so that
neither a font nor a picture of a crafted file reaches anybody's browser.
"""

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

from .child import ChildLimits, ask_child
from .errors import Fault, MalformedError, TooLargeError
from .ofd_document import read_documents
from .ofd_packing import MAX_OFD_BYTES
from .ofd_paths import OfdFiles
from .preview_notes import PreviewNote

MAX_PREVIEW_PAGES: Final = 20
"""Of one preview; how many there are is told."""
PICTURE_LIMITS: Final = ChildLimits(cpu_seconds=3, wall_seconds=15.0, memory_bytes=700 << 20)
"""For the few pages that a screen asks for at a time: an ordinary one takes half a second."""
DOCUMENT_LIMITS: Final = ChildLimits(cpu_seconds=12, wall_seconds=40.0, memory_bytes=700 << 20)
"""For a PDF of all pages, which only people at a command line ask for."""
SCREEN_DPI: Final = 100
"""Dots per inch of pictures for a screen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OfdPreview:
    """What some pages of an OFD look like."""

    files: tuple[bytes, ...] = field(repr=False)
    """One PDF, or one PNG for each page."""
    pages: int
    """Of the whole file."""
    notes: tuple[tuple[PreviewNote, str], ...]
    """What is shown in another way than the file says, and what about it."""


def ofd_pages(data: bytes) -> int:
    """How many pages a preview could show; nothing is drawn.

    Raises:
        TooLargeError: over a limit of the reader.
        MalformedError: `FORMAT_OFD`.
    """
    documents = read_documents(OfdFiles.of(data))
    return sum(len(document.pages) for document in documents if not document.version)


def ofd_preview(
    data: bytes,
    *,
    form: Literal["pdf", "png"],
    fonts: Sequence[Path],
    first: int = 0,
    last: int = MAX_PREVIEW_PAGES,
    marked: bool = False,
) -> OfdPreview:
    """The pages from `first` up to `last`; `fonts` stand in for those that the file does not bring along.

    Where they are `marked`, a strip below each page says that it is a preview.

    Raises:
        TooLargeError: more than `MAX_OFD_BYTES`, a limit of the reader, or over its time.
        MalformedError: `FORMAT_OFD`.
    """
    if len(data) > MAX_OFD_BYTES:
        raise TooLargeError(f"an OFD of {len(data)} bytes; the limit is {MAX_OFD_BYTES}")
    asked = {
        "form": form,
        "fonts": [str(font) for font in fonts],
        "first": first,
        "last": min(last, first + MAX_PREVIEW_PAGES),
        "dpi": SCREEN_DPI,
        "marked": marked,
    }
    limits = DOCUMENT_LIMITS if form == "pdf" else PICTURE_LIMITS
    answer = ask_child("ofd_preview_reader", data, limits=limits, fault=Fault.FORMAT_OFD, argument=json.dumps(asked))
    match answer:
        case {"files": list(files), "pages": int(pages), "notes": list(notes)}:
            try:
                return OfdPreview(
                    files=tuple(base64.b64decode(file, validate=True) for file in files),
                    pages=pages,
                    notes=tuple((PreviewNote(note), str(about)) for note, about in notes),
                )
            except (binascii.Error, ValueError, TypeError) as error:
                raise MalformedError(Fault.FORMAT_OFD, "the file cannot be drawn") from error
    raise MalformedError(Fault.FORMAT_OFD, "the file cannot be drawn")
