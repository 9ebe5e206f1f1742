"""Whether a genuine licence may be used on a day: its own dates, and what the status source says."""

from __future__ import annotations

from datetime import date, datetime
from types import MappingProxyType
from typing import Final

from esign import CHINA
from verify.report import Check
from verify.sources import UNKNOWN_STATUS, LicenceStatus, StatusSource

# A word that is not here is STATUS_UNKNOWN: a source that learns a new one must not make licences pass.
_STATUS_REASONS: Final = MappingProxyType({"pending": "SEALS_INCOMPLETE", "issued": "OK", "revoked": "STATUS_REVOKED"})


def validity_check(valid_from: date, valid_to: date | None, at: datetime) -> Check:
    """Both days are inclusive; None is no end (长期)."""
    day = at.astimezone(CHINA).date()
    if day < valid_from:
        return Check(name="validity", code="STATUS_NOT_YET_IN_FORCE", detail=f"in force from {valid_from}")
    if valid_to is not None and day > valid_to:
        return Check(name="validity", code="STATUS_EXPIRED", detail=f"in force until {valid_to}")
    return Check(name="validity", code="OK")


def ask_status(source: StatusSource | None, identifier: str, at: datetime) -> tuple[LicenceStatus, Check]:
    """Ask for the state of the licence as of `at`, and say what it means."""
    answer = None if source is None else source.status(identifier, at)
    if answer is None:
        detail = "there is no status source" if source is None else "the status source does not know this licence"
        return UNKNOWN_STATUS, Check(name="status", code="STATUS_UNKNOWN", detail=detail)
    status = LicenceStatus(value=answer.value, as_of=answer.as_of, source=answer.source)
    return status, Check(name="status", code=_STATUS_REASONS.get(answer.value, "STATUS_UNKNOWN"))
