"""Is this sealed thing good, why, and what to do now. Needs no database, no web framework and no private key."""

from verify.annotated_copy import IntendedUse
from verify.archive import EVIDENCE_FOLDER, HistoryCheck
from verify.authority_register import REGISTER_FILE, REGISTER_SIGNATURE_FILE, REGISTRARS_FOLDER
from verify.basis import STATUS_SOURCES, age_text, basis_lines, clock_is_doubtful
from verify.counter import check_at_counter
from verify.detection import kind_of
from verify.errors import StatusFilesError, TrustStoreError, VerificationError, VerifyError
from verify.fetch import RevocationFetcher
from verify.hash_only import DigestOf
from verify.holder import HolderEntry
from verify.judgement import STANDING_CHECKS, is_proven
from verify.other_formats import OtherFormat, other_format
from verify.preservation import EvidenceCollector
from verify.reason import Outcome, Reason, Text
from verify.reasons import DEVELOPMENT_ACTION, DEVELOPMENT_SENTENCE, REASONS, reasons_table
from verify.remote_status import STATUS_PATH, RemoteStatus, is_private
from verify.report import ArchivedLicence, ArchiveFacts, Basis, Check, Report, RevocationFacts, SignatureFacts
from verify.retirement import retirement_check
from verify.revocation import RevocationSource
from verify.seals import Purpose, usage_check
from verify.sources import (
    ExistenceSource,
    LicenceStatus,
    NoStatement,
    StatusAnswer,
    StatusElsewhere,
    StatusSource,
    StatusStatement,
)
from verify.status_folder import STATUS_SUFFIX, StatusFolder
from verify.status_lists import SignedStatusLists, StatusListFiles, StatusListsAtHand
from verify.trust import Chain, TrustStore
from verify.trust_folder import APPLICANTS_FOLDER, RETIREMENTS_FILE, TIMESTAMPS_FOLDER
from verify.verifier import MAX_FILE_BYTES, Verifier

__all__ = [
    "APPLICANTS_FOLDER",
    "DEVELOPMENT_ACTION",
    "DEVELOPMENT_SENTENCE",
    "EVIDENCE_FOLDER",
    "MAX_FILE_BYTES",
    "REASONS",
    "REGISTER_FILE",
    "REGISTER_SIGNATURE_FILE",
    "REGISTRARS_FOLDER",
    "RETIREMENTS_FILE",
    "STANDING_CHECKS",
    "STATUS_PATH",
    "STATUS_SOURCES",
    "STATUS_SUFFIX",
    "TIMESTAMPS_FOLDER",
    "ArchiveFacts",
    "ArchivedLicence",
    "Basis",
    "Chain",
    "Check",
    "DigestOf",
    "EvidenceCollector",
    "ExistenceSource",
    "HistoryCheck",
    "HolderEntry",
    "IntendedUse",
    "LicenceStatus",
    "NoStatement",
    "OtherFormat",
    "Outcome",
    "Purpose",
    "Reason",
    "RemoteStatus",
    "Report",
    "RevocationFacts",
    "RevocationFetcher",
    "RevocationSource",
    "SignatureFacts",
    "SignedStatusLists",
    "StatusAnswer",
    "StatusElsewhere",
    "StatusFilesError",
    "StatusFolder",
    "StatusListFiles",
    "StatusListsAtHand",
    "StatusSource",
    "StatusStatement",
    "Text",
    "TrustStore",
    "TrustStoreError",
    "VerificationError",
    "Verifier",
    "VerifyError",
    "age_text",
    "basis_lines",
    "check_at_counter",
    "clock_is_doubtful",
    "is_private",
    "is_proven",
    "kind_of",
    "other_format",
    "reasons_table",
    "retirement_check",
    "usage_check",
]
