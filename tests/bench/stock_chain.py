"""The stock chain under the same duties, as a baseline: reportlab → pikepdf pass → pyHanko `SimpleSigner`, RSA only.

It draws the same pages with the same code, writes PDF/A-3u with the structured licence attached, seals, signs the
structured licence, and checks both with pyHanko. No library on PyPI makes an SM2 seal, so there is no stock chain for
SM2.
"""

import asyncio
import io
from datetime import datetime

import pikepdf
import qrcode
from asn1crypto import cms
from asn1crypto import keys as asn1_keys
from asn1crypto import x509 as asn1_x509
from PIL import ImageCms
from pyhanko.keys import load_private_key_from_pemder_data
from pyhanko.pdf_utils.content import RawContent
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.layout import AxisAlignment, BoxConstraints, Margins, SimpleBoxLayoutRule
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign import fields, signers
from pyhanko.sign.validation import async_validate_detached_cms, validate_pdf_signature
from pyhanko.stamp import StaticStampStyle
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.registry import SimpleCertificateStore
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from esign import Page, SealPicture, Shape, Symbol, TextRun
from keys import DevelopmentPki

DIFFERENCES = """
Both chains: conversion, setting of the page, signed code with its check, PDF/A-3u with licence.json, seal, signature of
licence.json, check of all three files, committed row. What stock rsa does less or otherwise:
- characters beyond the BMP come out of the copied text as others (reportlab);
- no GB/T 36903 elements in the XMP, the title is not bold;
- pyHanko checks PDF and signature, our verifier only the code; that the code is that of the data is not checked."""

_MM = 72 / 25.4
_FONT = "Main"


class StockChain:
    """Seals what the issuer's renderer drew."""

    def __init__(self, font: bytes, pki: DevelopmentPki, picture: SealPicture) -> None:
        pdfmetrics.registerFont(TTFont(_FONT, io.BytesIO(font), asciiReadable=0))
        certificates = [asn1_x509.Certificate.load(c.der) for c in (*pki.seal.chain, pki.root)]
        store = SimpleCertificateStore()
        store.register_multiple(certificates[1:2])
        self._root = certificates[-1]
        self._others = certificates[1:2]
        private: asn1_keys.PrivateKeyInfo = load_private_key_from_pemder_data(pki.seal_key.pkcs8(), passphrase=None)
        self._signer = signers.SimpleSigner(
            signing_cert=certificates[0], signing_key=private, cert_registry=store, embed_roots=False
        )
        self._picture = picture
        self._profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()

    def make(
        self, pages: tuple[Page, ...], code_address: str, structured: bytes, title: str, at: datetime
    ) -> tuple[bytes, bytes]:
        """The sealed PDF and the signature of the structured licence, both checked."""
        pdf = self._seal(_archival(_draw(pages, code_address), self._profile, structured, title, at), pages[0])
        p7s = asyncio.run(self._signer.async_sign_general_data(structured, "sha256", detached=True)).dump()
        self._check(pdf, p7s, structured, at)
        return pdf, p7s

    def _seal(self, pdf: bytes, page: Page) -> bytes:
        (place,) = page.seals
        side = self._picture.diameter * _MM
        left, bottom = place.x * _MM - side / 2, (page.height - place.y) * _MM - side / 2
        style = StaticStampStyle(
            border_width=0,
            background_opacity=1,
            background=RawContent(
                "\n".join(_operators(shape, side) for shape in self._picture.shapes).encode(),
                box=BoxConstraints(width=side, height=side),
            ),
            background_layout=SimpleBoxLayoutRule(
                x_align=AxisAlignment.ALIGN_MID, y_align=AxisAlignment.ALIGN_MID, margins=Margins.uniform(0)
            ),
        )
        writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
        out = io.BytesIO()
        signers.PdfSigner(
            signers.PdfSignatureMetadata(
                field_name="Seal1",
                md_algorithm="sha256",
                certify=True,
                docmdp_permissions=fields.MDPPerm.NO_CHANGES,
                subfilter=fields.SigSeedSubFilter.PADES,
            ),
            signer=self._signer,
            stamp_style=style,
            new_field_spec=fields.SigFieldSpec(
                "Seal1", box=(round(left), round(bottom), round(left + side), round(bottom + side))
            ),
        ).sign_pdf(writer, output=out)
        return out.getvalue()

    def _check(self, pdf: bytes, p7s: bytes, structured: bytes, at: datetime) -> None:
        context = ValidationContext(trust_roots=[self._root], other_certs=self._others, moment=at, allow_fetching=False)
        (signature,) = PdfFileReader(io.BytesIO(pdf)).embedded_signatures
        status = validate_pdf_signature(signature, context)
        assert status.intact
        assert status.valid
        signed_data = cms.ContentInfo.load(p7s)["content"]
        detached = asyncio.run(async_validate_detached_cms(structured, signed_data, signer_validation_context=context))
        assert detached.intact
        assert detached.valid


def _draw(pages: tuple[Page, ...], code_address: str) -> bytes:
    out = io.BytesIO()
    canvas = Canvas(out, initialFontName=_FONT, pageCompression=1)
    for page in pages:
        canvas.setPageSize((page.width * _MM, page.height * _MM))
        background = page.background.shapes if page.background else ()
        for item in (*background, *page.items):
            match item:
                case TextRun():
                    text = canvas.beginText(item.x * _MM, (page.height - item.y) * _MM)
                    text.setFont(_FONT, item.size)
                    text.setFillColorRGB(*item.colour)
                    text.setCharSpace(item.spacing * _MM)
                    text.textOut(item.text)
                    canvas.drawText(text)
                case Shape():
                    _draw_shape(canvas, item, page.height)
                case Symbol():
                    _draw_symbol(canvas, item, page.height, code_address)
        canvas.showPage()
    canvas.save()
    return out.getvalue()


def _draw_shape(canvas: Canvas, shape: Shape, height: float) -> None:
    path = canvas.beginPath()
    here = (0.0, 0.0)
    for operator, numbers in shape.commands:
        points = [(numbers[n] * _MM, (height - numbers[n + 1]) * _MM) for n in range(0, len(numbers), 2)]
        if operator == "M":
            path.moveTo(*points[0])
        elif operator == "L":
            path.lineTo(*points[0])
        elif operator == "C":
            path.curveTo(*points[0], *points[1], *points[2])
        elif operator == "Q":
            control, target = points
            path.curveTo(*_between(here, control), *_between(target, control), *target)
        else:
            path.close()
        here = points[-1] if points else here
    if shape.fill:
        canvas.setFillColorRGB(*shape.fill)
    if shape.stroke:
        canvas.setStrokeColorRGB(*shape.stroke)
        canvas.setLineWidth(shape.line_width * _MM)
    canvas.drawPath(path, stroke=int(shape.stroke is not None), fill=int(shape.fill is not None))


def _draw_symbol(canvas: Canvas, symbol: Symbol, height: float, text: str) -> None:
    """The stock maker works from the text; only place and size are taken from ours."""
    code = qrcode.QRCode(error_correction=qrcode.constants.ERROR_CORRECT_M, border=0)
    code.add_data(text)
    code.make(fit=True)
    matrix = code.get_matrix()
    side = symbol.size * _MM / len(matrix)
    canvas.setFillColorRGB(0, 0, 0)
    for y, row in enumerate(matrix):
        for x, dark in enumerate(row):
            if dark:
                left, bottom = symbol.x * _MM + x * side, (height - symbol.y) * _MM - (y + 1) * side
                canvas.rect(left, bottom, side, side, stroke=0, fill=1)


def _archival(pdf: bytes, profile: bytes, structured: bytes, title: str, at: datetime) -> bytes:
    """The pass that makes PDF/A-3 of reportlab's output."""
    with pikepdf.open(io.BytesIO(pdf)) as file:
        icc = file.make_stream(profile, N=3)
        file.Root.OutputIntents = pikepdf.Array([
            file.make_indirect(
                pikepdf.Dictionary(
                    Type=pikepdf.Name.OutputIntent, S=pikepdf.Name.GTS_PDFA1, OutputConditionIdentifier="sRGB",
                    DestOutputProfile=icc,
                )
            )
        ])  # fmt: skip
        specification = pikepdf.AttachedFileSpec(
            file,
            structured,
            filename="licence.json",
            mime_type="application/json",
            mod_date=at.strftime("D:%Y%m%d%H%M%SZ"),
            relationship=pikepdf.Name.Data,
        )
        file.attachments["licence.json"] = specification
        file.Root.AF = pikepdf.Array([file.attachments["licence.json"].obj])
        with file.open_metadata(set_pikepdf_as_editor=False) as metadata:
            metadata["pdfaid:part"], metadata["pdfaid:conformance"] = "3", "U"
            metadata["dc:title"] = title
        del file.docinfo
        out = io.BytesIO()
        file.save(out, force_version="1.7", deterministic_id=True)
        return out.getvalue()


def _operators(shape: Shape, top: float) -> str:
    out = ["q"]
    if shape.fill:
        out.append("{} {} {} rg".format(*shape.fill))
    if shape.stroke:
        out.append("{} {} {} RG {} w".format(*shape.stroke, shape.line_width * _MM))
    here = (0.0, 0.0)
    for operator, numbers in shape.commands:
        points = [(numbers[n] * _MM, top - numbers[n + 1] * _MM) for n in range(0, len(numbers), 2)]
        if operator == "Q":
            control, target = points
            points = [_between(here, control), _between(target, control), target]
        flat = " ".join(f"{part:.2f}" for point in points for part in point)
        out.append(f"{flat} {dict(M='m', L='l', C='c', Q='c', Z='h')[operator]}")
        here = points[-1] if points else here
    out.append({(True, True): "B", (True, False): "f", (False, True): "S"}[bool(shape.fill), bool(shape.stroke)] + " Q")
    return "\n".join(out)


def _between(end: tuple[float, float], control: tuple[float, float]) -> tuple[float, float]:
    return end[0] + 2 / 3 * (control[0] - end[0]), end[1] + 2 / 3 * (control[1] - end[1])
