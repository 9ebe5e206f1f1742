"""What a licence is, how it is made, and how it lives."""

from .catalogue import (
    Catalogue,
    Condition,
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
    UnknownTypeError,
    UnprintableFieldError,
)
from .faults import FAULTS, Fault
from .files import FileStore
from .fonts import shipped_font
from .holders import HOLDER_KINDS, HolderKind, check_holder, check_organisation_code
from .identifiers import IDENTIFIER_ROOT, Identifier, check_character, make_identifier, parse_identifier
from .issue import CHINA, Issuer, MadeLicence, SealingKeys, request_idempotency
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
    Idempotency,
    LicenceStore,
    Record,
    StatusAnswer,
    StoredFile,
    digests_of,
)

__all__ = [
    "CHINA",
    "FAULTS",
    "FILE_KINDS",
    "HOLDER_KINDS",
    "IDENTIFIER_ROOT",
    "TRANSITIONS",
    "Action",
    "AllotmentTakenError",
    "Catalogue",
    "CatalogueError",
    "Condition",
    "DuplicateNumberError",
    "Event",
    "Fault",
    "Field",
    "FieldType",
    "FieldValue",
    "FileKind",
    "FileStore",
    "Files",
    "Holder",
    "HolderKind",
    "Idempotency",
    "IdempotencyMismatchError",
    "Identifier",
    "InvalidFieldError",
    "InvalidHolderError",
    "InvalidIdentifierError",
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
    "StoreUnavailableError",
    "StoredFile",
    "Term",
    "TransitionRefusedError",
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
    "licence_from_paper",
    "licence_type_from_toml",
    "load_catalogue",
    "make_identifier",
    "mask_code",
    "mask_name",
    "mask_number",
    "normal_number",
    "parse_identifier",
    "request_idempotency",
    "shipped_font",
    "upgrade",
]
