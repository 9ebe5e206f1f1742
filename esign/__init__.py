"""Seals and signatures in CMS, PDF and QR codes, and the forms of the documents that carry them."""

from .barcode import QUIET_ZONE, code_modules, read_picture
from .cms import SignedData, read_signed_data, sign_detached
from .elements import ELEMENTS, Element, element_with_key
from .errors import DoesNotFitError, EsignError, Fault, MalformedError, TooLargeError, UnprintableError
from .fonts import FontChain, FontError
from .page import POINT, Background, Page, SealPlace, Shape, Symbol, TextRun, line, lozenge, rectangle
from .pdf_reading import MAX_PDF_BYTES, SealedPdf, read_sealed_pdf
from .pdf_writing import PdfContent, PdfSealer, PreparedPdf
from .qr import (
    SALT_BYTES,
    CodeClaims,
    SignedCode,
    extract_code,
    holder_check_value,
    normal_name,
    read_code,
    sign_code,
)
from .seal import DEFAULT_DIAMETER, Seal, SealPicture, SealPictureError, draw_round_seal
from .short_code import fold_short_code, group_short_code, is_short_code, make_short_code
from .structured import (
    LONG_TERM,
    ExpectedSeal,
    Rows,
    StructuredField,
    StructuredHolder,
    StructuredLicence,
    structured_from_bytes,
    structured_to_bytes,
)
from .xmp import ShortElement

__all__ = [
    "DEFAULT_DIAMETER",
    "ELEMENTS",
    "LONG_TERM",
    "MAX_PDF_BYTES",
    "POINT",
    "QUIET_ZONE",
    "SALT_BYTES",
    "Background",
    "CodeClaims",
    "DoesNotFitError",
    "Element",
    "EsignError",
    "ExpectedSeal",
    "Fault",
    "FontChain",
    "FontError",
    "MalformedError",
    "Page",
    "PdfContent",
    "PdfSealer",
    "PreparedPdf",
    "Rows",
    "Seal",
    "SealPicture",
    "SealPictureError",
    "SealPlace",
    "SealedPdf",
    "Shape",
    "ShortElement",
    "SignedCode",
    "SignedData",
    "StructuredField",
    "StructuredHolder",
    "StructuredLicence",
    "Symbol",
    "TextRun",
    "TooLargeError",
    "UnprintableError",
    "code_modules",
    "draw_round_seal",
    "element_with_key",
    "extract_code",
    "fold_short_code",
    "group_short_code",
    "holder_check_value",
    "is_short_code",
    "line",
    "lozenge",
    "make_short_code",
    "normal_name",
    "read_code",
    "read_picture",
    "read_sealed_pdf",
    "read_signed_data",
    "rectangle",
    "sign_code",
    "sign_detached",
    "structured_from_bytes",
    "structured_to_bytes",
]
