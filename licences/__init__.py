"""What a licence is, how it is made, and how it lives."""

from esign import CHINA

from .catalogue import (
    Catalogue,
    Condition,
    Face,
    Field,
    FieldType,
    LicenceType,
    Term,
    ValidityRule,
    licence_type_from_toml,
    load_catalogue,
)
from .convert import licence_from_paper
from .database import upgrade
from .errors import (
    AllotmentTakenError,
    CatalogueError,
    DuplicateNumberError,
    IdempotencyMismatchError,
    InvalidFieldError,
    InvalidHolderError,
    InvalidIdentifierError,
    LicenceNotFoundError,
    LicencesError,
    StoreUnavailableError,
    TransitionRefusedError,
    UnknownAlgorithmError,
    UnknownTypeError,
    UnprintableFieldError,
)
from .faults import FAULTS, Fault
from .files import FileStore
from .fonts import fonts_in, shipped_font
from .holders import HOLDER_KINDS, HolderKind, check_holder, check_organisation_code
from .identifiers import check_character, make_identifier, parse_identifier
from .issue import Issued, Issuer, MadeLicence, SealingKeys
from .lifecycle import TRANSITIONS, Action, Status, after, check_grounds
from .masking import mask_code, mask_name, mask_number
from .memory import MemoryStore
from .model import FieldValue, Holder, IssuingAuthority, Licence, Validity, normal_number
from .sql import SqlStore
from .store import (
    FILE_KINDS,
    Event,
    FileKind,
    Files,
    HolderKey,
    Idempotency,
    LicenceStore,
    Record,
    StatusAnswer,
    StatusPlace,
    StoredFile,
    digests_of,
)

__all__ = [
    "CHINA",
    "FAULTS",
    "FILE_KINDS",
    "HOLDER_KINDS",
    "TRANSITIONS",
    "Action",
    "AllotmentTakenError",
    "Catalogue",
    "CatalogueError",
    "Condition",
    "DuplicateNumberError",
    "Event",
    "Face",
    "Fault",
    "Field",
    "FieldType",
    "FieldValue",
    "FileKind",
    "FileStore",
    "Files",
    "Holder",
    "HolderKey",
    "HolderKind",
    "Idempotency",
    "IdempotencyMismatchError",
    "InvalidFieldError",
    "InvalidHolderError",
    "InvalidIdentifierError",
    "Issued",
    "Issuer",
    "IssuingAuthority",
    "Licence",
    "LicenceNotFoundError",
    "LicenceStore",
    "LicenceType",
    "LicencesError",
    "MadeLicence",
    "MemoryStore",
    "Record",
    "SealingKeys",
    "SqlStore",
    "Status",
    "StatusAnswer",
    "StatusPlace",
    "StoreUnavailableError",
    "StoredFile",
    "Term",
    "TransitionRefusedError",
    "UnknownAlgorithmError",
    "UnknownTypeError",
    "UnprintableFieldError",
    "Validity",
    "ValidityRule",
    "after",
    "check_character",
    "check_grounds",
    "check_holder",
    "check_organisation_code",
    "digests_of",
    "fonts_in",
    "licence_from_paper",
    "licence_type_from_toml",
    "load_catalogue",
    "make_identifier",
    "mask_code",
    "mask_name",
    "mask_number",
    "normal_number",
    "parse_identifier",
    "shipped_font",
    "upgrade",
]
