"""Who does something to a licence, a draft or a register."""

from dataclasses import dataclass

OFFICE_CODE_LENGTH = 18
"""Of a unified social credit code."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """A person or a program that acts for an office.

    It stands in event logs and decisions, so `name` is an account or a staff number rather than a citizen's number.
    """

    name: str
    """Account or officer."""
    office: str
    """Name of the office that it acts for."""
    office_code: str = ""
    """Unified social credit code of that office; empty where it has none."""
