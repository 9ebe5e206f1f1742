"""Writing a sealed PDF in one pass: pages, subset fonts, associated file and first seal, PDF/A-3u, one revision.

Every further seal has its form field and its place here already; `pdf_sealing` fills them in.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib import resources

from isal import isal_zlib

from . import pdf_objects as o
from .china import CHINA
from .fonts import FontChain
from .page import Background, Page, Photo, SealPlace, Shape, Symbol, TextRun
from .pdf_drawing import MM, shape_operators
from .pdf_file import PdfFile
from .pdf_fonts import FontUse
from .pdf_form import (
    ATTACHMENT_NAME,
    BODY_NAME,
    DOCUMENT_ELEMENT,
    FIELD_NAME,
    LOCK,
    MAX_SEALS,
    PRODUCER,
    SEAL_FIELD,
    file_identity,
    pdf_date,
    seal_field,
    signature_dictionary,
)
from .pdf_photo import photo_image
from .pdf_prepared import PreparedPdf, SealedFile, prepared, room_for
from .pdf_seal_picture import GROUP, appearance, drawing_of, empty_appearance, image_objects
from .seal import Seal
from .tsp import Timestamper
from .xmp import ShortElement, xmp_packet

_PAINTED = bytes.maketrans(b"\x00\x01", b"10")


@dataclass(frozen=True, slots=True, kw_only=True)
class PdfContent:
    """What goes into one sealed PDF."""

    title: str
    pages: Sequence[Page]
    elements: Sequence[ShortElement]
    structured: bytes
    """The structured e-licence, or what an annotated copy says; it becomes the associated file."""
    body: bytes | None = None
    """A PDF that was written elsewhere, the second associated file."""
    document: str = ""
    """Key of the document among those of the licence."""
    fields: Sequence[str] = (SEAL_FIELD,)
    """The form field of every seal in the order of sealing; a seal without a place on a page cannot be seen."""
    attachment: str = ATTACHMENT_NAME
    """Name of the associated file, one of `pdf_form.ATTACHMENT_NAMES`."""


class PdfSealer:
    """Writes PDFs with their first seal, which certifies them: nothing may be changed but what the form provides."""

    def __init__(self, fonts: FontChain, seal: Seal, *, timestamper: Timestamper | None = None) -> None:
        """Prepare what is the same for every file: the seal's picture and the size of its CMS."""
        self._fonts = fonts
        self._seal = seal
        self._timestamper = timestamper
        self._drawing = drawing_of(seal.picture)
        self._reserved = room_for(seal.signer, timestamped=timestamper is not None)
        self._backgrounds: dict[tuple[Background, float], bytes] = {}
        self._profile = isal_zlib.compress(resources.files(__package__).joinpath("srgb.icc").read_bytes())

    def seal(self, content: PdfContent, *, at: datetime) -> SealedFile:
        """Prepare, sign and finish; `at` is the signing time that the file states."""
        waiting = self.prepare(content, at=at)
        return waiting.finish_timestamped(self._seal.signer.sign(waiting.attributes), self._timestamper)

    def prepare(self, content: PdfContent, *, at: datetime) -> PreparedPdf:
        """The whole file but for the digits of its first seal.

        Raises:
            UnprintableError: a text has a character that no font prints.
            ValueError: the seals' fields and places do not fit together.
        """
        _check_fields(content)
        at = at.astimezone(CHINA)
        file = PdfFile()
        catalogue, pages, first_field, signature, resources = (file.reserve() for _ in range(5))
        fields = dict(zip(content.fields, [first_field, *(file.reserve() for _ in content.fields[1:])], strict=True))
        fonts = FontUse(self._fonts)
        page_numbers = [file.reserve() for _ in content.pages]
        backgrounds = {
            (page.background, page.height): file.add(self._background(page.background, page))
            for page in content.pages
            if page.background is not None
        }
        unseen = fields.keys() - {place.field for page in content.pages for place in page.seals}
        for number, page in zip(page_numbers, content.pages, strict=True):
            background = backgrounds[page.background, page.height] if page.background is not None else None
            places: dict[str, SealPlace | None] = {place.field: place for place in page.seals}
            if number == page_numbers[0]:
                places |= dict.fromkeys(sorted(unseen))
            shared = {"Parent": o.reference(pages), "Annots": o.references(fields[name] for name in places)}
            if not places:
                del shared["Annots"]
            file.put(number, page_object(file, page, shared, resources, background, fonts))
            for name, place in places.items():
                value = signature if name == content.fields[0] else None
                locks = len(fields) > 1 and name == content.fields[-1]
                file.put(fields[name], self._field(file, name, place, page.height, number, value, locks=locks))
        file.put(resources, fonts.write(file.add))
        file.put(pages, page_tree(page_numbers))
        file.put(catalogue, self._catalogue(file, content, at, pages, list(fields.values()), signature))
        file.put(signature, signature_dictionary(self._seal.name, at, place=0, seals=len(fields)))
        before, after = file.split(signature, self._reserved, file_identity(content.structured))
        return prepared(self._seal.signer, before, after, self._reserved)

    def _background(self, background: Background, page: Page) -> bytes:
        """The page's background as a form; its drawing is the same in every file and made once."""
        drawing = self._backgrounds.get((background, page.height))
        if drawing is None:
            top = page.height * MM
            operators = b"\n".join(shape_operators(shape, top) for shape in background.shapes)
            drawing = self._backgrounds[background, page.height] = isal_zlib.compress(operators)
        return o.stream(
            drawing,
            Type=b"/XObject",
            Subtype=b"/Form",
            BBox=o.box(0, 0, page.width * MM, page.height * MM),
            Filter=b"/FlateDecode",
        )

    def _field(
        self,
        file: PdfFile,
        name: str,
        place: SealPlace | None,
        page_height: float,
        page: int,
        signature: int | None,
        *,
        locks: bool,
    ) -> bytes:
        """The form field; the first seal's picture is its appearance, the others show nothing before they are made."""
        lock = file.add(LOCK) if locks else None
        if place is None:
            return seal_field(name, page, o.box(0, 0, 0, 0), appearance=None, lock=lock, value=signature)
        width, height = (edge * MM for edge in place.size or (self._seal.picture.width, self._seal.picture.height))
        left = place.x * MM - width / 2
        bottom = (page_height - place.y) * MM - height / 2
        box = o.box(0, 0, width, height)
        if signature is None:
            shown = file.add(empty_appearance(box))
        else:
            shown = file.reserve()
            for image in image_objects(self._drawing, shown + 1):
                file.add(image)
            file.put(shown, appearance(self._drawing, box, image=shown + 1))
        rectangle = o.box(left, bottom, left + width, bottom + height)
        return seal_field(name, page, rectangle, appearance=shown, lock=lock, value=signature)

    def _catalogue(
        self, file: PdfFile, content: PdfContent, at: datetime, pages: int, fields: Sequence[int], signature: int
    ) -> bytes:
        metadata = file.add(
            o.stream(
                xmp_packet(title=content.title, created=at, producer=PRODUCER, elements=_elements(content)),
                Type=b"/Metadata",
                Subtype=b"/XML",
            )
        )
        profile = file.add(o.stream(self._profile, N=b"3", Filter=b"/FlateDecode"))
        intent = o.dictionary(
            Type=b"/OutputIntent",
            S=b"/GTS_PDFA1",
            OutputConditionIdentifier=b"(sRGB)",
            DestOutputProfile=o.reference(profile),
        )
        attachment = _attachment(file, content.attachment, content.structured, at)
        associated, names = [attachment], [(content.attachment, attachment)]
        if content.body is not None:
            body = _attachment(file, BODY_NAME, content.body, at, kind=b"/application#2Fpdf", relation=b"/Supplement")
            associated.append(body)
            names.insert(0, (BODY_NAME, body))  # by their names
        tree = b" ".join(b"(" + name.encode("ascii") + b") " + o.reference(number) for name, number in names)
        return o.dictionary(
            Type=b"/Catalog",
            Version=b"/1.7",
            Pages=o.reference(pages),
            Lang=b"(zh-CN)",
            Metadata=o.reference(metadata),
            OutputIntents=b"[" + intent + b"]",
            ViewerPreferences=o.dictionary(DisplayDocTitle=b"true"),
            AcroForm=o.dictionary(Fields=o.references(fields), SigFlags=b"3"),
            Perms=o.dictionary(DocMDP=o.reference(signature)),
            AF=o.references(associated),
            Names=o.dictionary(EmbeddedFiles=o.dictionary(Names=b"[" + tree + b"]")),
        )


def _check_fields(content: PdfContent) -> None:
    """Make sure that every seal has a field, and at most one place, and that later ones say how large they are."""
    fields, places = list(content.fields), [place for page in content.pages for place in page.seals]
    if not 1 <= len(fields) <= MAX_SEALS:
        raise ValueError(f"a file has 1 to {MAX_SEALS} seals")
    if len(set(fields)) != len(fields) or not all(FIELD_NAME.fullmatch(name) for name in fields):
        raise ValueError("the names of the seals' fields are not plain, or not different")
    named = [place.field for place in places]
    if len(set(named)) != len(named) or not set(named) <= set(fields):
        raise ValueError("a place for a seal that has no field or another place")
    if any(place.size is None for place in places if place.field != fields[0]):
        raise ValueError("the place of a later seal has no size")


def page_object(
    file: PdfFile, page: Page, shared: dict[str, bytes], font_resources: int, background: int | None, fonts: FontUse
) -> bytes:
    """A page with its contents; `shared` are entries that do not follow from what stands on it."""
    forms: dict[str, bytes] = {}
    operators: list[bytes] = []
    if background is not None:
        forms["B"] = o.reference(background)
        operators.append(b"/B Do")
    for item in (*page.watermarks, *page.items):
        match item:
            case TextRun():
                operators.append(fonts.text_operators(item, page.height))
            case Shape():
                operators.append(shape_operators(item, page.height * MM))
            case Symbol():
                name = f"Q{len(forms)}"
                forms[name] = o.reference(file.add(_symbol_image(item)))
                operators.append(_image_operators(item.x, item.y, item.size, item.size, page.height, name))
            case Photo():
                name = f"Q{len(forms)}"
                forms[name] = o.reference(file.add(photo_image(item.photograph)))
                operators.append(_image_operators(item.x, item.y, item.width, item.height, page.height, name))
    content = file.add(o.stream(isal_zlib.compress(b"\n".join(operators)), Filter=b"/FlateDecode"))
    return o.dictionary(
        Type=b"/Page",
        **shared,
        MediaBox=o.box(0, 0, page.width * MM, page.height * MM),
        Group=GROUP,
        Contents=o.reference(content),
        Resources=o.dictionary(Font=o.reference(font_resources), XObject=o.dictionary(**forms)),
    )


def page_tree(pages: Sequence[int]) -> bytes:
    """The node that holds all pages."""
    return o.dictionary(Type=b"/Pages", Count=b"%d" % len(pages), Kids=o.references(pages))


def _symbol_image(symbol: Symbol) -> bytes:
    """A mask of one bit per module: 0 paints, so dark modules are 0."""
    side = len(symbol.modules)
    padding = -side % 8
    rows = b"".join(
        int(row.translate(_PAINTED) + b"1" * padding, 2).to_bytes((side + padding) // 8, "big")
        for row in symbol.modules
    )
    return o.stream(
        isal_zlib.compress(rows),
        Type=b"/XObject",
        Subtype=b"/Image",
        Width=b"%d" % side,
        Height=b"%d" % side,
        ImageMask=b"true",
        BitsPerComponent=b"1",
        Interpolate=b"false",
        Filter=b"/FlateDecode",
    )


def _image_operators(x: float, y: float, width: float, height: float, page_height: float, name: str) -> bytes:
    place = (o.number(part * MM) for part in (width, height, x, page_height - y - height))
    return b"q 0 g %s 0 0 %s %s %s cm /%s Do Q" % (*place, name.encode("ascii"))


def _attachment(
    file: PdfFile,
    attachment: str,
    content: bytes,
    at: datetime,
    *,
    kind: bytes = b"/application#2Fjson",
    relation: bytes = b"/Data",
) -> int:
    embedded = file.add(
        o.stream(
            isal_zlib.compress(content),
            Type=b"/EmbeddedFile",
            Subtype=kind,
            Params=o.dictionary(Size=b"%d" % len(content), ModDate=pdf_date(at)),
            Filter=b"/FlateDecode",
        )
    )
    name = b"(" + attachment.encode("ascii") + b")"
    return file.add(
        o.dictionary(
            Type=b"/Filespec",
            F=name,
            UF=name,
            AFRelationship=relation,
            EF=o.dictionary(F=o.reference(embedded), UF=o.reference(embedded)),
        )
    )


def _elements(content: PdfContent) -> Sequence[ShortElement]:
    if not content.document:
        return content.elements
    return (*content.elements, ShortElement(short_name=DOCUMENT_ELEMENT, title="文件", value=content.document))
