"""The catalogue of licence types: one TOML file for each."""

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
    "Catalogue",
    "Condition",
    "DefiningAuthority",
    "Field",
    "FieldType",
    "LicenceType",
    "Sample",
    "Term",
    "TermUnit",
    "ValidityRule",
    "licence_type_from_toml",
    "load_catalogue",
]
