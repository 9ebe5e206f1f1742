"""Instants as our own protocols and files write them: RFC 3339 in UTC, to the second, with a Z."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

_FORM: Final = "%Y-%m-%dT%H:%M:%SZ"


def utc_text(at: datetime) -> str:
    """Write an aware instant; fractions of a second are cut off."""
    return at.astimezone(UTC).strftime(_FORM)


def read_utc_text(text: str) -> datetime:
    """Read what `utc_text` writes; ValueError for no such time. Whoever needs the one form only writes it again."""
    return datetime.strptime(text, _FORM).replace(tzinfo=UTC)
