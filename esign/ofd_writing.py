"""Writing an OFD in one pass, up to its seals: the same pages, data and attachments as in the PDF beside it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from functools import lru_cache
from itertools import count
from typing import Final, NamedTuple

from .china import CHINA
from .fonts import FontChain
from .ofd_fonts import FontMeasures, fonts_for
from .ofd_form import (
    ANNOTATION_LIST,
    ATTACHMENT_FOLDER,
    ATTACHMENT_LIST,
    CREATOR,
    DOCUMENT_DATA,
    DOCUMENT_FILE,
    DOCUMENT_RESOURCES,
    PUBLIC_RESOURCES,
    RESOURCE_FOLDER,
    SIGNATURE_SUFFIX,
    OfdContent,
    OfdDraft,
    OfdStamp,
    document_identity,
)
from .ofd_objects import ObjectWriter
from .ofd_packing import ROOT_FILE, OfdPart
from .ofd_parts import (
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
    xml_file,
)
from .ofd_stamps import stamp_datum
from .ofd_symbol import symbol_png
from .page import Background, Page, Photo, Shape, Symbol, TextRun
from .pdf_form import BODY_NAME, FIELD_NAME, MAX_SEALS
from .photo import Photograph, photo_file

WATERMARK_ALPHA: Final = 102
"""Of 255. An annotation lies over the page, so the text of the page has to show through a watermark."""

_Picture = tuple[bytes, ...] | Photograph


class _Frame(NamedTuple):
    """What makes a template page of its own."""

    background: Background
    width: float
    height: float


class _Template(NamedTuple):
    part: OfdPart
    highest: int
    """The last of its IDs."""


class OfdWriter:
    """Writes OFDs but for their seals."""

    def __init__(self, fonts: FontChain) -> None:
        """Prepare what is the same for every file."""
        self._measures = FontMeasures(fonts)
        self._templates: dict[tuple[_Frame, int], _Template] = {}

    def write(self, content: OfdContent, *, at: datetime) -> OfdDraft:
        """The files of the package; `at` is the time of sealing.

        IDs count upwards in the order of drawing: some readers draw in the order of IDs. Those of the backgrounds come
        first, so that a background is the same in every file.

        Raises:
            UnprintableError: a text has a character that no font prints, or that XML does not have.
            ValueError: the seals' fields and places do not fit together.
        """
        _check_fields(content)
        at = at.astimezone(CHINA)
        files: dict[str, OfdPart] = {}
        templates: dict[_Frame, int] = {}
        highest = 0
        for page in content.pages:
            frame = _frame(page)
            if frame is not None and frame not in templates:
                files[template_file(len(templates))], highest = self._template(frame, highest + 1)
                templates[frame] = 0
        numbers = count(highest + 1)
        templates = {frame: next(numbers) for frame in templates}
        pages = [next(numbers) for _ in content.pages]
        fonts = fonts_for(self._measures, _characters(content.pages))
        faces = [
            FontFacts(identifier=next(numbers), number=place, name=self._measures.chain.fonts[place].name)
            for place in fonts.subsets
        ]
        images = _images(content.pages, numbers)
        objects = ObjectWriter(numbers, self._measures, fonts, {face.number: face.identifier for face in faces})
        for place, page in enumerate(content.pages):
            frame = _frame(page)
            template = None if frame is None else templates[frame]
            files[page_file(place)] = OfdPart(_page_xml(page, template, objects, images))
        annotated = []
        for place, page in enumerate(content.pages):
            annotations = "".join(_annotations(content, page, objects, at.date()))
            if annotations:
                files[annotation_file(place)] = _part("PageAnnot", annotations)
                annotated.append((pages[place], place))
        if annotated:
            files[ANNOTATION_LIST] = OfdPart(annotation_list_xml(annotated))
        files |= _resources(fonts.subsets, faces, images)
        files |= _attachments(content, at)
        first = content.pages[0]
        files[DOCUMENT_FILE] = _shared(
            document_xml(
                DocumentFacts(
                    highest=next(numbers) - 1,
                    box=(first.width, first.height),
                    templates=tuple(templates.values()),
                    pages=tuple(pages),
                    annotated=bool(annotated),
                )
            )
        )
        stamps = _stamps(content, pages)
        files[ROOT_FILE] = OfdPart(root_xml(_root_facts(content, stamps, at.date())))
        return OfdDraft(files=files, stamps=stamps)

    def _template(self, frame: _Frame, first: int) -> _Template:
        """The page's background as a template page; it is the same in many files and made once."""
        template = self._templates.get((frame, first))
        if template is None:
            numbers = count(first)
            objects = ObjectWriter(numbers, self._measures)
            layer = _layer("Background", objects, map(objects.shape, frame.background.shapes))
            part = OfdPart(_page_file("", frame.width, frame.height, layer))
            template = self._templates[frame, first] = _Template(part, next(numbers) - 1)
        return template


def _check_fields(content: OfdContent) -> None:
    """Make sure that every seal has at most one place, and that a later one's says how large it is."""
    fields = list(content.fields)
    if not 1 <= len(fields) <= MAX_SEALS:
        raise ValueError(f"a file has 1 to {MAX_SEALS} seals")
    if len(set(fields)) != len(fields) or not all(FIELD_NAME.fullmatch(name) for name in fields):
        raise ValueError("the names of the seals' fields are not plain, or not different")
    places = [place for page in content.pages for place in page.seals if place.field in fields]
    if len({place.field for place in places}) != len(places):
        raise ValueError("a seal that has two places")
    if any(place.size is None for place in places if place.field != fields[0]):
        raise ValueError("the place of a later seal has no size")


def _frame(page: Page) -> _Frame | None:
    return None if page.background is None else _Frame(page.background, page.width, page.height)


def _characters(pages: Sequence[Page]) -> frozenset[str]:
    return frozenset().union(
        *(run.text for page in pages for run in (*page.watermarks, *page.items) if isinstance(run, TextRun))
    )


def _images(pages: Sequence[Page], numbers: Iterator[int]) -> dict[_Picture, ImageFacts]:
    """Every picture once, also when several pages show it."""
    images: dict[_Picture, ImageFacts] = {}
    for page in pages:
        for item in page.items:
            if isinstance(item, Symbol | Photo):
                picture = item.modules if isinstance(item, Symbol) else item.photograph
                if picture not in images:
                    images[picture] = ImageFacts(
                        identifier=next(numbers),
                        number=len(images),
                        format="JPEG" if isinstance(picture, Photograph) and picture.kind == "jpeg" else "PNG",
                    )
    return images


def _page_xml(page: Page, template: int | None, objects: ObjectWriter, images: Mapping[_Picture, ImageFacts]) -> bytes:
    under = "" if template is None else f'<ofd:Template TemplateID="{template}" ZOrder="Background"/>\n'
    return _page_file(under, page.width, page.height, _layer("Body", objects, _objects(page, objects, images)))


def _objects(page: Page, objects: ObjectWriter, images: Mapping[_Picture, ImageFacts]) -> Iterator[str]:
    for item in page.items:
        match item:
            case TextRun():
                yield from objects.text(item)
            case Shape():
                yield objects.shape(item)
            case Symbol():
                yield objects.image(images[item.modules].identifier, item.x, item.y, item.size, item.size)
            case Photo():
                yield objects.image(images[item.photograph].identifier, item.x, item.y, item.width, item.height)


def _layer(kind: str, objects: ObjectWriter, drawn: Iterator[str]) -> str:
    """A layer; its ID is below those of what is drawn on it."""
    opened = f'<ofd:Layer ID="{objects.take()}" Type="{kind}">\n'
    return opened + "".join(drawn) + "</ofd:Layer>\n"


def _page_file(under: str, width: float, height: float, layer: str) -> bytes:
    area = f"<ofd:Area><ofd:PhysicalBox>0 0 {number(width)} {number(height)}</ofd:PhysicalBox></ofd:Area>\n"
    return xml_file("Page", f"{under}{area}<ofd:Content>\n{layer}</ofd:Content>\n")


def _annotations(content: OfdContent, page: Page, objects: ObjectWriter, day: date) -> Iterator[str]:
    """What lies over a page: watermarks, and the picture of a stamp that is no electronic seal."""
    if page.watermarks:
        opened = _annotation("Watermark", objects, day, (0, 0, page.width, page.height))
        runs = (run for mark in page.watermarks for run in objects.text(_over_white(mark), WATERMARK_ALPHA))
        yield f"{opened}{''.join(runs)}</ofd:Appearance></ofd:Annot>\n"
    for place in page.seals:
        if content.stamp is not None and place.field == content.fields[0]:
            width, height = content.stamp.width, content.stamp.height
            box = (place.x - width / 2, place.y - height / 2, width, height)
            opened = _annotation("Stamp", objects, day, box)
            yield f"{opened}{''.join(map(objects.shape, content.stamp.shapes))}</ofd:Appearance></ofd:Annot>\n"


def _annotation(kind: str, objects: ObjectWriter, day: date, box: tuple[float, float, float, float]) -> str:
    return (
        f'<ofd:Annot ID="{objects.take()}" Type="{kind}" Creator="{CREATOR}" LastModDate="{day.isoformat()}">'
        f'<ofd:Appearance Boundary="{" ".join(map(number, box))}">\n'
    )


def _over_white(mark: TextRun) -> TextRun:
    """The colour that looks like the mark's own where it lies over white paper and lets it through."""
    red, green, blue = (max(0.0, 1 - (1 - part) * 255 / WATERMARK_ALPHA) for part in mark.colour)
    return replace(mark, colour=(red, green, blue))


def _resources(
    subsets: Mapping[int, bytes], faces: Sequence[FontFacts], images: Mapping[_Picture, ImageFacts]
) -> dict[str, OfdPart]:
    files = {f"{RESOURCE_FOLDER}/{font_file(place)}": OfdPart(data) for place, data in subsets.items()}
    for picture, facts in images.items():
        data = photo_file(picture) if isinstance(picture, Photograph) else symbol_png(picture)
        files[f"{RESOURCE_FOLDER}/{image_file(facts.number, facts.format)}"] = OfdPart(data)
    files[PUBLIC_RESOURCES] = _shared(public_resources_xml(faces))
    files[DOCUMENT_RESOURCES] = _shared(document_resources_xml(images.values()))
    return files


def _attachments(content: OfdContent, at: datetime) -> dict[str, OfdPart]:
    attached = {content.attachment: content.structured, content.attachment + SIGNATURE_SUFFIX: content.signature}
    if content.body is not None:
        attached[BODY_NAME] = content.body
    facts = [AttachmentFacts(name=name, created=at, size=len(data)) for name, data in attached.items()]
    files = {f"{ATTACHMENT_FOLDER}/{name}": OfdPart(data) for name, data in attached.items()}
    return {**files, ATTACHMENT_LIST: OfdPart(attachments_xml(facts))}


def _root_facts(content: OfdContent, stamps: Mapping[str, OfdStamp], day: date) -> RootFacts:
    custom = [(element.short_name, element.value) for element in content.elements]
    if content.document:
        custom.append((DOCUMENT_DATA, content.document))
    custom += [(name, stamp_datum(stamps[name])) for name in content.fields if name in stamps and stamps[name].size]
    named = document_identity(content.structured, content.document)
    return RootFacts(doc_id=named, title=content.title, created=day, custom=tuple(custom))


def _stamps(content: OfdContent, pages: Sequence[int]) -> dict[str, OfdStamp]:
    return {
        place.field: OfdStamp(page=identifier, x=place.x, y=place.y, size=place.size)
        for identifier, page in zip(pages, content.pages, strict=True)
        for place in page.seals
        if place.field in content.fields and content.stamp is None
    }


def _part(name: str, content: str) -> OfdPart:
    return OfdPart(xml_file(name, content))


@lru_cache(maxsize=64)
def _shared(content: bytes) -> OfdPart:
    """A file that many packages have alike; it is compressed and hashed once."""
    return OfdPart(content)
