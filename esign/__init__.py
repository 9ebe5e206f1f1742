"""Seals and signatures in CMS, PDF and QR codes, and the forms of the documents that carry them."""

from .barcode import QUIET_ZONE, code_modules, read_picture
from .check_character import hybrid_check_character
from .china import CHINA, YEARS
from .cms import SignedData, read_signed_data, sign_detached
from .elements import ELEMENTS, Element, element_with_key
from .errors import (
    Deviation,
    EsignError,
    Fault,
    FontError,
    MalformedError,
    MalformedSesError,
    PreflightError,
    SealAnswerError,
    SealPictureError,
    SealPlaceError,
    SealRequestError,
    SesRefusedError,
    TimestampError,
    TimestampRefusedError,
    TooLargeError,
    UnprintableError,
)
from .evidence import Evidence
from .fonts import UNITS, FontChain
from .foreign_cms import CertificateHash, Coverage, ForeignSignedData, ForeignSigner
from .foreign_cms_reading import read_foreign_cms
from .foreign_facts import ChangeKind, Changes, ForeignPdf, ForeignSignature, RangeFault
from .foreign_pdf import read_foreign_pdf
from .gbt35275 import sign_gm_attached, sign_gm_detached, sign_gm_digest
from .holder_check import holder_check_value, normal_holder_code, normal_name
from .identifier import IDENTIFIER_ROOT, LicenceIdentifier
from .name_seal import NAME_SEAL_SIDE, draw_name_seal
from .oval_seal import OVAL_HEIGHT, OVAL_WIDTH, draw_oval_seal
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
from .pdf_update import seal_foreign_pdf
from .pdf_writing import PdfContent, PdfSealer, PreparedPdf
from .preflight import preflight
from .preflight_findings import PreflightCode, PreflightFinding
from .prepared_pdf import PlaceForSeal, read_prepared_pdf
from .qr import SALT_BYTES, CodeClaims, SignedCode, extract_code, read_code, sign_code
from .round_seal import draw_round_seal
from .seal import (
    DEFAULT_DIAMETER,
    SEAL_SIZES,
    Seal,
    SealImage,
    SealKind,
    SealPicture,
    SealSize,
    seal_diameter,
    seal_size,
)
from .seal_image import read_seal_image
from .seal_object import ORGANISATION, PERSON, SealObject, is_seal_manifest, make_seal_object, read_seal_object
from .seal_raster import SEAL_DPI, seal_png
from .sealing_port import (
    FinishedSeal,
    WholeFileSeal,
    finished_cades,
    finished_file,
    finished_pades,
    finished_ses,
)
from .sealing_service import cms_for_prepared_pdf, seal_digest, seal_digest_ses
from .ses import (
    MAX_SES_BYTES,
    CertificateDigest,
    SesExtension,
    SesPicture,
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
from .tsa import HttpTimestamper
from .tsp import (
    MAX_TOKEN_BYTES,
    Timestamper,
    TimestampToken,
    read_timestamp,
    timestamp_request,
    token_from_response,
)
from .xmp import ShortElement

__all__ = [
    "CHINA",
    "DEFAULT_DIAMETER",
    "ELEMENTS",
    "IDENTIFIER_ROOT",
    "LONG_TERM",
    "MAX_PDF_BYTES",
    "MAX_SES_BYTES",
    "MAX_TOKEN_BYTES",
    "NAME_SEAL_SIDE",
    "ORGANISATION",
    "OVAL_HEIGHT",
    "OVAL_WIDTH",
    "PERSON",
    "POINT",
    "PRODUCER",
    "QUIET_ZONE",
    "SALT_BYTES",
    "SEAL_DPI",
    "SEAL_FIELD",
    "SEAL_SIZES",
    "UNITS",
    "YEARS",
    "Background",
    "CertificateDigest",
    "CertificateHash",
    "ChangeKind",
    "Changes",
    "CodeClaims",
    "Coverage",
    "Deviation",
    "Element",
    "EsignError",
    "Evidence",
    "ExpectedSeal",
    "Fault",
    "Finding",
    "FinishedSeal",
    "FontChain",
    "FontError",
    "ForeignPdf",
    "ForeignSignature",
    "ForeignSignedData",
    "ForeignSigner",
    "HttpTimestamper",
    "LicenceIdentifier",
    "MalformedError",
    "MalformedSesError",
    "Page",
    "PdfContent",
    "PdfSealer",
    "PlaceForSeal",
    "PreflightCode",
    "PreflightError",
    "PreflightFinding",
    "PreparedPdf",
    "PreparedSesSignature",
    "RangeFault",
    "Rows",
    "Seal",
    "SealAnswerError",
    "SealFault",
    "SealImage",
    "SealKind",
    "SealObject",
    "SealPicture",
    "SealPictureError",
    "SealPlace",
    "SealPlaceError",
    "SealRefusedError",
    "SealRequestError",
    "SealSize",
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
    "TimestampError",
    "TimestampRefusedError",
    "TimestampToken",
    "Timestamper",
    "TooLargeError",
    "UnprintableError",
    "WholeFileSeal",
    "add_time_stamp",
    "cms_for_prepared_pdf",
    "code_modules",
    "draw_name_seal",
    "draw_oval_seal",
    "draw_round_seal",
    "element_with_key",
    "extract_code",
    "finished_cades",
    "finished_file",
    "finished_pades",
    "finished_ses",
    "fold_short_code",
    "group_short_code",
    "holder_check_value",
    "hybrid_check_character",
    "is_seal_manifest",
    "is_short_code",
    "line",
    "lozenge",
    "make_seal_object",
    "make_ses_seal",
    "make_ses_signature",
    "make_short_code",
    "normal_holder_code",
    "normal_name",
    "preflight",
    "prepare_ses_signature",
    "read_code",
    "read_foreign_cms",
    "read_foreign_pdf",
    "read_picture",
    "read_prepared_pdf",
    "read_seal_image",
    "read_seal_object",
    "read_sealed_pdf",
    "read_ses_seal",
    "read_ses_signature",
    "read_signed_data",
    "read_timestamp",
    "rectangle",
    "seal_diameter",
    "seal_digest",
    "seal_digest_ses",
    "seal_facts",
    "seal_foreign_pdf",
    "seal_png",
    "seal_size",
    "sign_code",
    "sign_detached",
    "sign_gm_attached",
    "sign_gm_detached",
    "sign_gm_digest",
    "signature_facts",
    "signed_value_kind",
    "structured_from_bytes",
    "structured_to_bytes",
    "timestamp_request",
    "token_from_response",
    "transformed",
]
