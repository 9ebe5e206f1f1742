"""Writing a sealed PDF in one pass: pages, subset fonts, associated file and seal, PDF/A-3u, one revision.

Prepare → sign → finish: `PdfSealer.prepare` writes the whole file but for the seal's digits, `PreparedPdf.attributes`
is what the key signs, `PreparedPdf.finish` puts the CMS in its place.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib import resources

from isal import isal_zlib

from keys import Algorithm, Certificate, Signer, hash_bytes

from . import pdf_objects as o
from .china import CHINA
from .cms import assemble, attributes_to_sign, canonical_signature
from .fonts import FontChain
from .page import Background, Page, SealPlace, Shape, Symbol, TextRun
from .pdf_drawing import MM, shape_operators
from .pdf_file import PdfFile
from .pdf_fonts import FontUse
from .pdf_form import ATTACHMENT_NAME, PRODUCER, SEAL_FIELD, SUB_FILTER
from .seal import Seal
from .xmp import ShortElement, xmp_packet

_PAINTED = bytes.maketrans(b"\x00\x01", b"10")


@dataclass(frozen=True, slots=True, kw_only=True)
class PdfContent:
    """What goes into one sealed PDF."""

    title: str
    pages: Sequence[Page]
    """Exactly one of them has a place for the seal."""
    elements: Sequence[ShortElement]
    structured: bytes
    """The structured e-licence, which becomes the associated file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PreparedPdf:
    """A file that waits for its seal."""

    attributes: bytes
    """What must be signed: the DER of the signed attributes."""
    _before: bytes
    _after: bytes
    _reserved: int
    _chain: tuple[Certificate, ...]
    _algorithm: Algorithm

    def finish(self, signature: bytes) -> bytes:
        """The sealed file."""
        cms = assemble(
            chain=self._chain,
            algorithm=self._algorithm,
            signed_attributes=self.attributes,
            signature=canonical_signature(self._algorithm, signature),
        )
        return b"".join((self._before, b"<", cms.ljust(self._reserved, b"\x00").hex().encode(), b">", self._after))


class PdfSealer:
    """Writes PDFs that bear one seal (certification signature, DocMDP P=1: nothing may be changed)."""

    def __init__(self, fonts: FontChain, seal: Seal) -> None:
        """Prepare what is the same for every file: the seal's picture and the size of its CMS."""
        self._fonts = fonts
        self._seal = seal
        self._picture = isal_zlib.compress(_picture(seal))
        self._reserved = _cms_size(seal.signer)
        self._backgrounds: dict[tuple[Background, float], bytes] = {}
        self._profile = isal_zlib.compress(resources.files(__package__).joinpath("srgb.icc").read_bytes())

    def seal(self, content: PdfContent, *, at: datetime) -> bytes:
        """Prepare, sign and finish; `at` is the signing time that the file states."""
        prepared = self.prepare(content, at=at)
        return prepared.finish(self._seal.signer.sign(prepared.attributes))

    def prepare(self, content: PdfContent, *, at: datetime) -> PreparedPdf:
        """The whole file but for the seal's digits.

        Raises:
            UnprintableError: a text has a character that no font prints.
            ValueError: not exactly one page has a place for the seal.
        """
        if sum(page.seal is not None for page in content.pages) != 1:
            raise ValueError("exactly one page has a place for the seal")
        at = at.astimezone(CHINA)
        file = PdfFile()
        catalogue, pages, seal_field, signature, resources = (file.reserve() for _ in range(5))
        fonts = FontUse(self._fonts)
        page_numbers = [file.reserve() for _ in content.pages]
        backgrounds = {
            (page.background, page.height): file.add(self._background(page.background, page))
            for page in content.pages
            if page.background is not None
        }
        for number, page in zip(page_numbers, content.pages, strict=True):
            shared = {"Parent": o.reference(pages), "Annots": b"[" + o.reference(seal_field) + b"]"}
            if page.seal is None:
                del shared["Annots"]
            background = backgrounds[page.background, page.height] if page.background is not None else None
            file.put(number, _page(file, page, shared, resources, background, fonts))
            if page.seal is not None:
                file.put(seal_field, self._field(file, page.seal, page.height, number, signature))
        file.put(resources, fonts.write(file.add))
        file.put(pages, _page_tree(page_numbers))
        file.put(catalogue, self._catalogue(file, content, at, pages, seal_field, signature))
        file.put(signature, self._signature(at))
        before, after = file.split(signature, self._reserved, hash_bytes("sha256", content.structured))
        signer = self._seal.signer
        return PreparedPdf(
            attributes=attributes_to_sign(
                message_digest=hash_bytes(signer.algorithm.digest, (before, after)),
                chain=signer.chain,
                algorithm=signer.algorithm,
            ),
            _before=before,
            _after=after,
            _reserved=self._reserved,
            _chain=signer.chain,
            _algorithm=signer.algorithm,
        )

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
            BBox=_box(0, 0, page.width * MM, page.height * MM),
            Filter=b"/FlateDecode",
        )

    def _field(self, file: PdfFile, place: SealPlace, page_height: float, page: int, signature: int) -> bytes:
        """The form field and its widget in one; the seal's picture is the appearance."""
        side = self._seal.picture.diameter * MM
        left = place.x * MM - side / 2
        bottom = (page_height - place.y) * MM - side / 2
        blend = o.dictionary(ExtGState=o.dictionary(G=o.dictionary(BM=b"/Multiply")))
        appearance = file.add(
            o.stream(
                self._picture,
                Type=b"/XObject",
                Subtype=b"/Form",
                BBox=_box(0, 0, side, side),
                Resources=blend,
                Group=_GROUP,
                Filter=b"/FlateDecode",
            )
        )
        return o.dictionary(
            Type=b"/Annot",
            Subtype=b"/Widget",
            FT=b"/Sig",
            T=b"(" + SEAL_FIELD.encode("ascii") + b")",
            F=b"132",  # Print and Locked
            P=o.reference(page),
            Rect=_box(left, bottom, left + side, bottom + side),
            AP=o.dictionary(N=o.reference(appearance)),
            V=o.reference(signature),
        )

    def _catalogue(
        self, file: PdfFile, content: PdfContent, at: datetime, pages: int, seal_field: int, signature: int
    ) -> bytes:
        metadata = file.add(
            o.stream(
                xmp_packet(title=content.title, created=at, producer=PRODUCER, elements=content.elements),
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
        attachment = _attachment(file, content.structured, at)
        return o.dictionary(
            Type=b"/Catalog",
            Version=b"/1.7",
            Pages=o.reference(pages),
            Lang=b"(zh-CN)",
            Metadata=o.reference(metadata),
            OutputIntents=b"[" + intent + b"]",
            ViewerPreferences=o.dictionary(DisplayDocTitle=b"true"),
            AcroForm=o.dictionary(Fields=b"[" + o.reference(seal_field) + b"]", SigFlags=b"3"),
            Perms=o.dictionary(DocMDP=o.reference(signature)),
            AF=b"[" + o.reference(attachment) + b"]",
            Names=o.dictionary(
                EmbeddedFiles=o.dictionary(
                    Names=b"[(" + ATTACHMENT_NAME.encode("ascii") + b") " + o.reference(attachment) + b"]"
                )
            ),
        )

    def _signature(self, at: datetime) -> bytes:
        """The signature dictionary up to its digits."""
        permissions = o.dictionary(
            Type=b"/SigRef",
            TransformMethod=b"/DocMDP",
            TransformParams=o.dictionary(Type=b"/TransformParams", P=b"1", V=b"/1.2"),
        )
        opened = o.dictionary(
            Type=b"/Sig",
            Filter=b"/Adobe.PPKLite",
            SubFilter=b"/" + SUB_FILTER.encode("ascii"),
            Name=o.text_string(self._seal.name),
            M=_pdf_date(at),
            Reference=b"[" + permissions + b"]",
        )
        return opened.removesuffix(b">>") + b"/Contents "


# Multiply blending needs a colour space to blend in; a transparency group says which (ISO 19005-3 section 6.2.10).
_GROUP = o.dictionary(S=b"/Transparency", CS=b"/DeviceRGB")


def _page(
    file: PdfFile, page: Page, shared: dict[str, bytes], font_resources: int, background: int | None, fonts: FontUse
) -> bytes:
    forms: dict[str, bytes] = {}
    operators: list[bytes] = []
    if background is not None:
        forms["B"] = o.reference(background)
        operators.append(b"/B Do")
    for item in page.items:
        match item:
            case TextRun():
                operators.append(fonts.text_operators(item, page.height))
            case Shape():
                operators.append(shape_operators(item, page.height * MM))
            case Symbol():
                name = f"Q{len(forms)}"
                forms[name] = o.reference(file.add(_symbol_image(item)))
                operators.append(_symbol_operators(item, page.height, name))
    content = file.add(o.stream(isal_zlib.compress(b"\n".join(operators)), Filter=b"/FlateDecode"))
    return o.dictionary(
        Type=b"/Page",
        **shared,
        MediaBox=_box(0, 0, page.width * MM, page.height * MM),
        Group=_GROUP,
        Contents=o.reference(content),
        Resources=o.dictionary(Font=o.reference(font_resources), XObject=o.dictionary(**forms)),
    )


def _page_tree(pages: Sequence[int]) -> bytes:
    kids = b"[" + b" ".join(o.reference(number) for number in pages) + b"]"
    return o.dictionary(Type=b"/Pages", Count=b"%d" % len(pages), Kids=kids)


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


def _symbol_operators(symbol: Symbol, page_height: float, name: str) -> bytes:
    side = o.number(symbol.size * MM)
    x, y = o.number(symbol.x * MM), o.number((page_height - symbol.y - symbol.size) * MM)
    return b"q 0 g %s 0 0 %s %s %s cm /%s Do Q" % (side, side, x, y, name.encode("ascii"))


def _picture(seal: Seal) -> bytes:
    """The seal's appearance; Multiply lets the text under it show, as ink on paper does."""
    side = seal.picture.diameter * MM
    return b"/G gs\n" + b"\n".join(shape_operators(shape, side) for shape in seal.picture.shapes)


def _attachment(file: PdfFile, structured: bytes, at: datetime) -> int:
    embedded = file.add(
        o.stream(
            isal_zlib.compress(structured),
            Type=b"/EmbeddedFile",
            Subtype=b"/application#2Fjson",
            Params=o.dictionary(Size=b"%d" % len(structured), ModDate=_pdf_date(at)),
            Filter=b"/FlateDecode",
        )
    )
    name = b"(" + ATTACHMENT_NAME.encode("ascii") + b")"
    return file.add(
        o.dictionary(
            Type=b"/Filespec",
            F=name,
            UF=name,
            AFRelationship=b"/Data",
            EF=o.dictionary(F=o.reference(embedded), UF=o.reference(embedded)),
        )
    )


def _cms_size(signer: Signer) -> int:
    """Length of the longest CMS that this signer makes: only the signature's own length varies."""
    algorithm = signer.algorithm
    attributes = attributes_to_sign(
        message_digest=hash_bytes(algorithm.digest, b""), chain=signer.chain, algorithm=algorithm
    )
    longest = bytes(signer.public_key.longest_signature)
    return len(assemble(chain=signer.chain, algorithm=algorithm, signed_attributes=attributes, signature=longest))


def _box(left: float, bottom: float, right: float, top: float) -> bytes:
    return b"[" + b" ".join(o.number(edge) for edge in (left, bottom, right, top)) + b"]"


def _pdf_date(at: datetime) -> bytes:
    """A date string (ISO 32000-1 section 7.9.4), for instance D:20261121103000+08'00'."""
    zone = at.strftime("%z")
    return b"(D:" + (at.strftime("%Y%m%d%H%M%S") + f"{zone[:3]}'{zone[3:5]}'").encode("ascii") + b")"
