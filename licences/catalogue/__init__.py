"""The catalogue of licence types: one TOML file for each."""

from .documents import Body, Document, DocumentKind
from .face import DATE_BELOW, FOOT_ZONE, FRAME_MARGIN, VALIDITY, CodePlace, Face, FieldsArea, IssuerPlace, PhotoPlace
from .loading import Catalogue, load_catalogue
from .model import (
    AUTHORITY_LEVELS,
    DOCUMENT_CLASSES,
    Condition,
    DefiningAuthority,
    Field,
    FieldType,
    LicenceType,
    Sample,
)
from .problems import CatalogueFault, CatalogueFileError, fault_at
from .reading import licence_type_from_toml
from .rules import (
    Effect,
    Item,
    LifecycleRule,
    NumberCheck,
    NumberPattern,
    Obligation,
    ObligationKind,
    Period,
    Review,
    Succession,
    Term,
    TermUnit,
    ValidityRule,
)
from .toml_lines import SourcePlaces
from .toml_table import MAX_CATALOGUE_BYTES

__all__ = [
    "AUTHORITY_LEVELS",
    "DATE_BELOW",
    "DOCUMENT_CLASSES",
    "FOOT_ZONE",
    "FRAME_MARGIN",
    "MAX_CATALOGUE_BYTES",
    "VALIDITY",
    "Body",
    "Catalogue",
    "CatalogueFault",
    "CatalogueFileError",
    "CodePlace",
    "Condition",
    "DefiningAuthority",
    "Document",
    "DocumentKind",
    "Effect",
    "Face",
    "Field",
    "FieldType",
    "FieldsArea",
    "IssuerPlace",
    "Item",
    "LicenceType",
    "LifecycleRule",
    "NumberCheck",
    "NumberPattern",
    "Obligation",
    "ObligationKind",
    "Period",
    "PhotoPlace",
    "Review",
    "Sample",
    "SourcePlaces",
    "Succession",
    "Term",
    "TermUnit",
    "ValidityRule",
    "fault_at",
    "licence_type_from_toml",
    "load_catalogue",
]
