"""The catalogue of licence types: one TOML file for each."""

from .face import DATE_BELOW, FOOT_ZONE, FRAME_MARGIN, VALIDITY, CodePlace, Face, FieldsArea, IssuerPlace
from .model import (
    AUTHORITY_LEVELS,
    Condition,
    DefiningAuthority,
    Field,
    FieldType,
    LicenceType,
    Sample,
    Term,
    TermUnit,
    ValidityRule,
)
from .reading import Catalogue, licence_type_from_toml, load_catalogue

__all__ = [
    "AUTHORITY_LEVELS",
    "DATE_BELOW",
    "FOOT_ZONE",
    "FRAME_MARGIN",
    "VALIDITY",
    "Catalogue",
    "CodePlace",
    "Condition",
    "DefiningAuthority",
    "Face",
    "Field",
    "FieldType",
    "FieldsArea",
    "IssuerPlace",
    "LicenceType",
    "Sample",
    "Term",
    "TermUnit",
    "ValidityRule",
    "licence_type_from_toml",
    "load_catalogue",
]
