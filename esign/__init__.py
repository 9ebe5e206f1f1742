"""Seals and signatures in CMS, PDF and QR codes, and the forms of the documents that carry them."""

from .barcode import QUIET_ZONE, code_modules, read_picture
from .check_character import hybrid_check_character
from .china import CHINA
from .cms import SignedData, read_signed_data, sign_detached
from .elements import ELEMENTS, Element, element_with_key
from .errors import (
    EsignError,
    Fault,
    FontError,
    MalformedError,
    SealPictureError,
    TooLargeError,
    UnprintableError,
)
from .fonts import UNITS, FontChain
from .gbt35275 import (
    Coverage,
    GmSignedData,
    GmSigner,
    read_gm_signed_data,
    sign_gm_attached,
    sign_gm_detached,
    sign_gm_digest,
)
from .holder_check import holder_check_value, normal_holder_code, normal_name
from .identifier import IDENTIFIER_ROOT, LicenceIdentifier
from .page import (
    POINT,
    Background,
    Page,
    SealPlace,
    Shape,
    Symbol,
    TextRun,
    line,
    lozenge,
    rectangle,
    transformed,
)
from .pdf_form import PRODUCER, SEAL_FIELD
from .pdf_reading import MAX_PDF_BYTES, SealedPdf, read_sealed_pdf
from .pdf_writing import PdfContent, PdfSealer, PreparedPdf
from .qr import SALT_BYTES, CodeClaims, SignedCode, extract_code, read_code, sign_code
from .seal import DEFAULT_DIAMETER, Seal, SealPicture, draw_round_seal
from .ses import (
    CertificateDigest,
    MalformedSesError,
    SesExtension,
    SesPicture,
    SesRefusedError,
    SesSeal,
    SesSignature,
)
from .ses_facts import Finding, SesSealFacts, SesSignatureFacts, seal_facts, signature_facts
from .ses_making import (
    PreparedSesSignature,
    add_time_stamp,
    make_ses_seal,
    make_ses_signature,
    prepare_ses_signature,
)
from .ses_reading import SignedValueKind, read_ses_seal, read_ses_signature, signed_value_kind
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
    "CHINA",
    "DEFAULT_DIAMETER",
    "ELEMENTS",
    "IDENTIFIER_ROOT",
    "LONG_TERM",
    "MAX_PDF_BYTES",
    "POINT",
    "PRODUCER",
    "QUIET_ZONE",
    "SALT_BYTES",
    "SEAL_FIELD",
    "UNITS",
    "Background",
    "CertificateDigest",
    "CodeClaims",
    "Coverage",
    "Element",
    "EsignError",
    "ExpectedSeal",
    "Fault",
    "Finding",
    "FontChain",
    "FontError",
    "GmSignedData",
    "GmSigner",
    "LicenceIdentifier",
    "MalformedError",
    "MalformedSesError",
    "Page",
    "PdfContent",
    "PdfSealer",
    "PreparedPdf",
    "PreparedSesSignature",
    "Rows",
    "Seal",
    "SealPicture",
    "SealPictureError",
    "SealPlace",
    "SealedPdf",
    "SesExtension",
    "SesPicture",
    "SesRefusedError",
    "SesSeal",
    "SesSealFacts",
    "SesSignature",
    "SesSignatureFacts",
    "Shape",
    "ShortElement",
    "SignedCode",
    "SignedData",
    "SignedValueKind",
    "StructuredField",
    "StructuredHolder",
    "StructuredLicence",
    "Symbol",
    "TextRun",
    "TooLargeError",
    "UnprintableError",
    "add_time_stamp",
    "code_modules",
    "draw_round_seal",
    "element_with_key",
    "extract_code",
    "fold_short_code",
    "group_short_code",
    "holder_check_value",
    "hybrid_check_character",
    "is_short_code",
    "line",
    "lozenge",
    "make_ses_seal",
    "make_ses_signature",
    "make_short_code",
    "normal_holder_code",
    "normal_name",
    "prepare_ses_signature",
    "read_code",
    "read_gm_signed_data",
    "read_picture",
    "read_sealed_pdf",
    "read_ses_seal",
    "read_ses_signature",
    "read_signed_data",
    "rectangle",
    "seal_facts",
    "sign_code",
    "sign_detached",
    "sign_gm_attached",
    "sign_gm_detached",
    "sign_gm_digest",
    "signature_facts",
    "signed_value_kind",
    "structured_from_bytes",
    "structured_to_bytes",
    "transformed",
]
