"""No second submission (免提交): items and their materials, licences elsewhere, and the share service for others."""

from .answers import REASONS, MaterialAnswer, MaterialState, Outcome, Reason, outcome_of, reason_of
from .conditions import Candidate, Finding
from .errors import (
    ItemUnknownError,
    ItemVersionTakenError,
    PredicateUnknownError,
    SharingError,
    SourceUnavailableError,
)
from .items import Acceptance, FieldCondition, FieldTest, ItemCatalogue, Material, Party, Predicate, ServiceItem
from .items_reading import load_items, service_item_from_toml
from .requirements import Parties, PredicateAnswer, RequirementChecker, parties_from
from .share_codes import DataVerdict, ShareStatus
from .share_service import CertData, SharedLicences, ShareService, VerifiedData
from .sources import FAILURES_TO_OPEN, REST_SECONDS, Breaker, FoundElsewhere, LicenceSource

__all__ = [
    "FAILURES_TO_OPEN",
    "REASONS",
    "REST_SECONDS",
    "Acceptance",
    "Breaker",
    "Candidate",
    "CertData",
    "DataVerdict",
    "FieldCondition",
    "FieldTest",
    "Finding",
    "FoundElsewhere",
    "ItemCatalogue",
    "ItemUnknownError",
    "ItemVersionTakenError",
    "LicenceSource",
    "Material",
    "MaterialAnswer",
    "MaterialState",
    "Outcome",
    "Parties",
    "Party",
    "Predicate",
    "PredicateAnswer",
    "PredicateUnknownError",
    "Reason",
    "RequirementChecker",
    "ServiceItem",
    "ShareService",
    "ShareStatus",
    "SharedLicences",
    "SharingError",
    "SourceUnavailableError",
    "VerifiedData",
    "load_items",
    "outcome_of",
    "parties_from",
    "reason_of",
    "service_item_from_toml",
]
