"""What a sealed OFD of ours shows, page by page: the same items as of the PDF beside it (`face_reader`).

Pages, templates and annotations are read in the one form that `ofd_writing` gives them. Their IDs must count upwards
without a gap: some readers draw in the order of the file, others in that of the IDs.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Final, NamedTuple

from .errors import MalformedError, TooLargeError
from .face_drawing import DrawnPage, DrawnText, are_quiet
from .face_seen import FacePage, SeenBox, SeenPhoto, SeenSymbol
from .ofd_face_fonts import OfdFaceFont
from .ofd_face_objects import Piece, PlacedPath, box_of, joined, read_objects
from .ofd_form import CREATOR, NAMESPACE, RESOURCE_FOLDER
from .ofd_parts import XML_HEADER, annotation_file, font_file, image_file, page_file, template_file
from .ofd_parts_reading import IDENTIFIER, NUMBER, not_ours
from .ofd_reading import OfdLayout, SealedOfd
from .ofd_symbol import modules_of
from .ofd_writing import WATERMARK_ALPHA
from .pdf_drawing import MM
from .pdf_form import COPY_ATTACHMENT_NAME
from .pdf_photo import photo_image
from .photo import photo_file, read_photo

MAX_OFD_PAGE_BYTES: Final = 8 * 1024 * 1024
"""Of one page, template or file of annotations."""
MAX_OFD_FACE_BYTES: Final = 64 * 1024 * 1024
"""Of all pages, templates and annotations."""
MAX_OFD_FACE_FONTS: Final = 64
"""A chain has a few."""

_MOST_REMEMBERED: Final = 256 * 1024
_OPENED: Final = f'{XML_HEADER}<ofd:{{}} xmlns:ofd="{NAMESPACE}">\n'
_PAGE: Final = re.compile(
    re.escape(_OPENED.format("Page"))
    + rf'(?:<ofd:Template TemplateID="(?P<template>{IDENTIFIER})" ZOrder="Background"/>\n)?'
    rf"<ofd:Area><ofd:PhysicalBox>0 0 (?P<width>{NUMBER}) (?P<height>{NUMBER})</ofd:PhysicalBox></ofd:Area>\n"
    rf'<ofd:Content>\n<ofd:Layer ID="(?P<layer>{IDENTIFIER})" Type="(?P<type>Body|Background)">\n'
)
_PAGE_END: Final = "</ofd:Layer>\n</ofd:Content>\n</ofd:Page>\n"
_ANNOTATIONS: Final = _OPENED.format("PageAnnot")
_ANNOTATIONS_END: Final = "</ofd:PageAnnot>\n"
_ANNOTATION: Final = re.compile(
    rf'<ofd:Annot ID="({IDENTIFIER})" Type="(Watermark|Stamp)" Creator="{CREATOR}"'
    r' LastModDate="[0-9]{4}-[0-9]{2}-[0-9]{2}">'
    rf'<ofd:Appearance Boundary="({NUMBER}) ({NUMBER}) ({NUMBER}) ({NUMBER})">\n'
)
_ANNOTATION_END: Final = "</ofd:Appearance></ofd:Annot>\n"
_OTHER_PICTURE: Final = SeenPhoto(b"")
_ALPHA: Final = f' Alpha="{WATERMARK_ALPHA}"'


class _Size(NamedTuple):
    width: float
    """Millimetres."""
    height: float


class _Template(NamedTuple):
    size: _Size
    quiet: bool
    identifiers: tuple[int, ...]


def read_ofd_face(ofd: SealedOfd) -> tuple[FacePage, ...]:
    """The pages of an OFD in which nothing was changed.

    Raises:
        MalformedError: `NON_CANONICAL` when something is not written as we write it, `FORMAT_OFD` when a font is
            damaged.
        TooLargeError: over a limit.
    """
    if ofd.layout is None:
        raise ValueError("what was changed has no face")
    return tuple(_FaceReader(ofd, ofd.layout).pages())


class _FaceReader:
    def __init__(self, ofd: SealedOfd, layout: OfdLayout) -> None:
        self._files, self._layout = ofd.files, layout
        self._copy = ofd.attachment == COPY_ATTACHMENT_NAME
        self._left = MAX_OFD_FACE_BYTES
        self._expected = 1
        """The next ID."""
        self._fonts: dict[int, OfdFaceFont] = {}
        self._stamps = [
            (one.stamp, one.ses.seal.picture.opaque)
            for one in ofd.seals
            if one.stamp is not None and one.ses is not None
        ]
        """Where seals are shown, and whether they hide what is under them."""

    def pages(self) -> Iterator[FacePage]:
        document = self._layout.document
        if len(self._layout.fonts) > MAX_OFD_FACE_FONTS:
            raise TooLargeError(f"more than {MAX_OFD_FACE_FONTS} fonts")
        templates = {}
        for place, identifier in enumerate(document.templates):
            data = self._taken(template_file(place))
            template = templates[identifier] = (_remembered if len(data) <= _MOST_REMEMBERED else _template)(data)
            self._count(template.identifiers)
        for identifiers in (document.templates, document.pages):
            self._count(identifiers)
        self._count([font.identifier for font in self._layout.fonts])
        self._count([image.identifier for image in self._layout.images])
        self._fonts = {
            font.identifier: OfdFaceFont(self._files[f"{RESOURCE_FOLDER}/{font_file(font.number)}"], font.name)
            for font in self._layout.fonts
        }
        pictures = {
            image.identifier: _picture(self._files[f"{RESOURCE_FOLDER}/{image_file(image.number, image.format)}"])
            for image in self._layout.images
        }
        drawn = [self._page(self._text(page_file(place)), templates, pictures) for place in range(len(document.pages))]
        for _, place in self._layout.annotated:
            self._annotate(self._text(annotation_file(place)), *drawn[place])
        for stamp, hides in self._stamps:
            page, size = drawn[document.pages.index(stamp.page)]
            x, y = stamp.x + stamp.width / 2, stamp.y + stamp.height / 2
            if not (0 <= x <= size.width and 0 <= y <= size.height):
                raise not_ours("a seal beside its page")
            if hides:
                page.add_cover(box_of((stamp.x, stamp.y, stamp.width, stamp.height), size.height))
        for face in self._fonts.values():
            face.check_characters()
        if self._expected != document.highest + 1:
            raise not_ours("the highest ID")
        return (page.finish() for page, _ in drawn)

    def _page(
        self, text: str, templates: Mapping[int, _Template], pictures: Mapping[int, SeenSymbol | SeenPhoto]
    ) -> tuple[DrawnPage, _Size]:
        """What stands on a page, and its width and height."""
        page = _opened_page(text, "Body")
        size = _Size(float(page["width"]), float(page["height"]))
        drawn = DrawnPage(width=size.width * MM, height=size.height * MM)
        if page["template"] is not None:
            template = templates.get(int(page["template"]))
            if template is None or template.size != size:
                raise not_ours("a page without its background")
            drawn.strange |= not template.quiet
        identifiers = [int(page["layer"])]
        waiting: Piece | None = None
        for one in read_objects(text, page.end(), _PAGE_END, fonts=self._fonts, height=size.height):
            identifiers.append(one.identifier)
            if isinstance(one, Piece):
                if one.alpha:
                    raise not_ours("a text that is not opaque")
                whole = None if waiting is None else joined(waiting, one)
                if waiting is not None and whole is None:
                    drawn.add_text(waiting.drawn)
                waiting = whole or one
                continue
            if waiting is not None:
                drawn.add_text(waiting.drawn)
                waiting = None
            if isinstance(one, PlacedPath):
                drawn.add_shape(one.drawn)
            elif one.resource in pictures:
                drawn.add_picture(one.box, pictures[one.resource])
            else:
                raise not_ours("a picture that is not there")
        if waiting is not None:
            drawn.add_text(waiting.drawn)
        self._count(identifiers)
        return drawn, size

    def _annotate(self, text: str, drawn: DrawnPage, size: _Size) -> None:
        """What lies over a page of a copy: pale slanted texts, and the stamp of its maker."""
        if not self._copy or not text.startswith(_ANNOTATIONS):
            raise not_ours("annotations")
        at = len(_ANNOTATIONS)
        while (opened := _ANNOTATION.match(text, at)) is not None:
            identifier, kind, *boundary = opened.groups()
            end = text.find(_ANNOTATION_END, opened.end()) + len(_ANNOTATION_END)
            box = box_of(boundary, size.height)
            objects = list(
                read_objects(text[opened.end() : end], 0, _ANNOTATION_END, fonts=self._fonts, height=size.height)
            )
            if kind == "Stamp":
                _check_stamp(objects)
                drawn.add_cover(box)
            else:
                if box != SeenBox(0, 0, size.width * MM, size.height * MM):
                    raise not_ours("a watermark")
                for mark in _watermarks(objects):
                    drawn.add_text(mark)
            self._count([int(identifier), *(one.identifier for one in objects)])
            at = end
        if text[at:] != _ANNOTATIONS_END:
            raise not_ours("annotations")

    def _text(self, path: str) -> str:
        return _decoded(self._taken(path))

    def _taken(self, path: str) -> bytes:
        data = self._files[path]
        self._left -= len(data)
        if len(data) > MAX_OFD_PAGE_BYTES or self._left < 0:
            raise TooLargeError(f"a page of more than {MAX_OFD_PAGE_BYTES} bytes, or too many of them")
        return data

    def _count(self, identifiers: Sequence[int]) -> None:
        """Take the next IDs."""
        end = self._expected + len(identifiers)
        if list(identifiers) != list(range(self._expected, end)):
            raise not_ours("an ID out of order")
        self._expected = end


def _template(data: bytes) -> _Template:
    """A background."""
    text = _decoded(data)
    page = _opened_page(text, "Background")
    size = _Size(float(page["width"]), float(page["height"]))
    found = list(read_objects(text, page.end(), _PAGE_END, fonts={}, height=size.height, points=True))
    paths = [one for one in found if isinstance(one, PlacedPath)]
    if page["template"] is not None or len(paths) != len(found):
        raise not_ours("a background")
    return _Template(
        size=size,
        quiet=are_quiet([path.drawn for path in paths], size.width * MM, size.height * MM),
        identifiers=(int(page["layer"]), *(path.identifier for path in paths)),
    )


_remembered = lru_cache(maxsize=64)(_template)
"""A background is the same in many files."""


def _picture(data: bytes) -> SeenSymbol | SeenPhoto:
    """A symbol, or a photograph in the form that a PDF of ours has for it; any other picture is none of a licence."""
    modules = modules_of(data)
    if modules is not None:
        return SeenSymbol(modules)
    try:
        photo = read_photo(data)
    except (MalformedError, TooLargeError):
        return _OTHER_PICTURE
    return SeenPhoto(photo_image(photo)) if photo_file(photo) == data else _OTHER_PICTURE


def _opened_page(text: str, layer: str) -> re.Match[str]:
    page = _PAGE.match(text)
    if page is None or page["type"] != layer:
        raise not_ours("a page")
    return page


def _check_stamp(objects: Sequence[object]) -> None:
    if not all(isinstance(one, PlacedPath) for one in objects):
        raise not_ours("a stamp")


def _watermarks(objects: Sequence[object]) -> Iterator[DrawnText]:
    """Slanted texts that let through what is under them."""
    for one in objects:
        if not isinstance(one, Piece) or one.drawn.level or one.alpha != _ALPHA:
            raise not_ours("a watermark")
        yield one.drawn


def _decoded(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise not_ours("the characters of a page") from error
