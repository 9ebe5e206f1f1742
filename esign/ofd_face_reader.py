"""What a sealed OFD of ours shows, page by page: the same items as of the PDF beside it (`face_reader`).

Pages, templates and annotations are read in the one form that `ofd_writing` gives them. Their IDs must count upwards
without a gap: some readers draw in the order of the file, others in that of the IDs.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Final, NamedTuple

from .errors import MalformedError, TooLargeError
from .face_drawing import DrawnPage, are_quiet
from .face_seen import FacePage, SeenBox, SeenPhoto, SeenSymbol
from .ofd_face_fonts import OfdFaceFont
from .ofd_face_objects import OBJECTS, Piece, joined, shape_of, text_of
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
    rf'<ofd:Annot ID="(?P<id>{IDENTIFIER})" Type="(?P<type>Watermark|Stamp)" Creator="{CREATOR}"'
    r' LastModDate="[0-9]{4}-[0-9]{2}-[0-9]{2}">'
    rf'<ofd:Appearance Boundary="(?P<left>{NUMBER}) (?P<top>{NUMBER}) (?P<width>{NUMBER}) (?P<height>{NUMBER})">\n'
)
_ANNOTATION_END: Final = "</ofd:Appearance></ofd:Annot>\n"
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

    def pages(self) -> Iterator[FacePage]:
        document = self._layout.document
        if len(self._layout.fonts) > MAX_OFD_FACE_FONTS:
            raise TooLargeError(f"more than {MAX_OFD_FACE_FONTS} fonts")
        templates = {}
        for place, identifier in enumerate(document.templates):
            template = templates[identifier] = _template(self._taken(template_file(place)))
            self._count(template.identifiers)
        for identifiers in (document.templates, document.pages):
            self._count(identifiers)
        self._count([font.identifier for font in self._layout.fonts])
        self._count([image.identifier for image in self._layout.images])
        self._fonts = {
            font.identifier: OfdFaceFont(self._files[f"{RESOURCE_FOLDER}/{font_file(font.number)}"])
            for font in self._layout.fonts
        }
        pictures = {
            image.identifier: _picture(self._files[f"{RESOURCE_FOLDER}/{image_file(image.number, image.format)}"])
            for image in self._layout.images
        }
        drawn = [self._page(self._text(page_file(place)), templates, pictures) for place in range(len(document.pages))]
        for _, place in self._layout.annotated:
            self._annotate(self._text(annotation_file(place)), *drawn[place])
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
        for matched in _objects(text, page.end(), _PAGE_END):
            identifiers.append(_identifier(matched))
            if matched["text"] is not None:
                piece = text_of(matched, self._fonts, size.height)
                if matched["alpha"]:
                    raise not_ours("a text that is not opaque")
                whole = None if waiting is None else joined(waiting, piece)
                if waiting is not None and whole is None:
                    drawn.add_text(waiting.drawn)
                waiting = whole or piece
                continue
            if waiting is not None:
                drawn.add_text(waiting.drawn)
                waiting = None
            if matched["path"] is not None:
                drawn.add_shape(shape_of(matched, size.height))
            else:
                picture = pictures.get(int(matched["image"]))
                if picture is None:
                    raise not_ours("a picture that is not there")
                drawn.add_picture(_box(matched, size.height), picture)
        if waiting is not None:
            drawn.add_text(waiting.drawn)
        self._count(identifiers)
        return drawn, size

    def _annotate(self, text: str, drawn: DrawnPage, size: _Size) -> None:
        """What lies over a page of a copy: pale slanted texts, and the stamp of its maker."""
        if not self._copy:
            raise not_ours("a licence with annotations")
        if not text.startswith(_ANNOTATIONS):
            raise not_ours("annotations")
        at = len(_ANNOTATIONS)
        while (opened := _ANNOTATION.match(text, at)) is not None:
            identifiers = [int(opened["id"])]
            end = text.find(_ANNOTATION_END, opened.end())
            box = _box(opened, size.height)
            for matched in _objects(text[: end + len(_ANNOTATION_END)], opened.end(), _ANNOTATION_END):
                identifiers.append(_identifier(matched))
                if opened["type"] == "Watermark" and matched["text"] is not None:
                    mark = text_of(matched, self._fonts, size.height).drawn
                    if (
                        mark.level
                        or matched["alpha"] != _ALPHA
                        or box != SeenBox(0, 0, size.width * MM, size.height * MM)
                    ):
                        raise not_ours("a watermark")
                    drawn.add_text(mark)
                elif opened["type"] == "Watermark" or matched["path"] is None:
                    raise not_ours("something else in an annotation")
            if opened["type"] == "Stamp":
                drawn.add_cover(box)
            self._count(identifiers)
            at = end + len(_ANNOTATION_END)
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


@lru_cache(maxsize=64)
def _template(data: bytes) -> _Template:
    """A background; it is the same in many files."""
    text = _decoded(data)
    page = _opened_page(text, "Background")
    size = _Size(float(page["width"]), float(page["height"]))
    found = list(_objects(text, page.end(), _PAGE_END))
    if page["template"] is not None or any(matched["path"] is None for matched in found):
        raise not_ours("a background")
    shapes = [shape_of(matched, size.height, points=True) for matched in found]
    return _Template(
        size=size,
        quiet=are_quiet(shapes, size.width * MM, size.height * MM),
        identifiers=(int(page["layer"]), *map(_identifier, found)),
    )


@lru_cache(maxsize=64)
def _picture(data: bytes) -> SeenSymbol | SeenPhoto:
    """A symbol or a photograph, in the form that a PDF of ours has for it."""
    modules = modules_of(data)
    if modules is not None:
        return SeenSymbol(modules)
    try:
        photo = read_photo(data)
    except MalformedError as error:
        raise not_ours("a picture") from error
    if photo_file(photo) != data:
        raise not_ours("a picture")
    return SeenPhoto(photo_image(photo))


def _opened_page(text: str, layer: str) -> re.Match[str]:
    page = _PAGE.match(text)
    if page is None or page["type"] != layer:
        raise not_ours("a page")
    return page


def _objects(text: str, begin: int, end: str) -> Iterator[re.Match[str]]:
    """The objects from a place in a text that has nothing behind them but this end."""
    at = begin
    while (matched := OBJECTS.match(text, at)) is not None:
        at = matched.end()
        yield matched
    if text[at:] != end:
        raise not_ours("an object that no face has")


def _identifier(matched: re.Match[str]) -> int:
    return int(matched["text_id"] or matched["shape_id"] or matched["image_id"])


def _box(matched: re.Match[str], height: float) -> SeenBox:
    left, top, across, down = (float(matched[name]) for name in ("left", "top", "width", "height"))
    if across <= 0 or down <= 0:
        raise not_ours("a box that is turned around")
    return SeenBox(left * MM, (height - top - down) * MM, (left + across) * MM, (height - top) * MM)


def _decoded(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise not_ours("the characters of a page") from error
