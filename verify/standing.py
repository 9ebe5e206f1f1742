"""Whether a genuine licence may be used on a day: its own dates, and what the status source says."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from types import MappingProxyType
from typing import Final

from esign import CHINA
from verify.report import Check
from verify.sources import UNKNOWN_STATUS, LicenceStatus, Obligation, StatusAnswer, StatusSource

# A word that is not here is STATUS_UNKNOWN: a source that learns a new one must not make licences pass.
_STATUS_REASONS: Final = MappingProxyType(
    {
        "pending": "SEALS_INCOMPLETE",
        "inactive": "STATUS_NOT_ACTIVATED",
        "issued": "OK",
        "suspended": "STATUS_SUSPENDED",
        "lost": "STATUS_REPORTED_LOST",
        "expired": "STATUS_EXPIRED",
        "replaced": "STATUS_SUPERSEDED",
        "revoked": "STATUS_REVOKED",
        "annulled": "STATUS_ANNULLED",
        "withdrawn": "STATUS_WITHDRAWN",
        "cancelled": "STATUS_CANCELLED",
        "transferred": "STATUS_TRANSFERRED",
    }
)
NOT_USABLE: Final = "not_usable"


def standing_checks(
    source: StatusSource | None,
    identifier: str,
    *,
    valid_from: date,
    valid_to: date | None,
    obligations: Sequence[Obligation],
    at: datetime,
) -> tuple[LicenceStatus, tuple[Check, ...]]:
    """Ask for the state of a licence as of `at` and say what it means beside its dates and standing obligations.

    `obligations` are those that the licence says itself; a source that answers knows them better.
    """
    answer = None if source is None else source.status(identifier, at)
    day = at.astimezone(CHINA).date()
    checks = [_validity_check(valid_from, valid_to, answer, day)]
    if answer is None:
        detail = "there is no status source" if source is None else "the status source does not know this licence"
        checks.append(Check(name="status", code="STATUS_UNKNOWN", detail=detail))
        checks += _obligation_checks(obligations, day, known=False)
        return UNKNOWN_STATUS, tuple(checks)
    checks.append(_status_check(answer))
    checks += _obligation_checks(answer.obligations, day, known=True)
    status = LicenceStatus(
        value=answer.value,
        as_of=answer.as_of,
        source=answer.source,
        disputed=answer.disputed,
        renewal_pending=answer.renewal_pending,
        extended_to=answer.extended_to,
        successor=answer.successor,
    )
    return status, tuple(checks)


def _validity_check(valid_from: date, valid_to: date | None, answer: StatusAnswer | None, day: date) -> Check:
    """Both days are inclusive; None is no end (长期)."""
    if day < valid_from:
        return Check(name="validity", code="STATUS_NOT_YET_IN_FORCE", detail=f"in force from {valid_from}")
    if valid_to is None or day <= valid_to:
        return Check(name="validity", code="OK")
    if answer is not None and answer.extended_to is not None and day <= answer.extended_to:
        return Check(name="validity", code="EXTENDED", detail=f"extended to {answer.extended_to}")
    if answer is not None and answer.renewal_pending:
        return Check(name="validity", code="RENEWAL_PENDING", detail=f"in force until {valid_to}, renewal undecided")
    last = valid_to if answer is None or answer.extended_to is None else answer.extended_to
    return Check(name="validity", code="STATUS_EXPIRED", detail=f"in force until {last}")


def _status_check(answer: StatusAnswer) -> Check:
    code = _STATUS_REASONS.get(answer.value, "STATUS_UNKNOWN")
    if code == "OK" and answer.disputed:
        code = "DISPUTED"
    detail = f"the licence in its place is {answer.successor}" if answer.successor else ""
    return Check(name="status", code=code, detail=detail)


def _obligation_checks(obligations: Sequence[Obligation], day: date, *, known: bool) -> list[Check]:
    """One check for each overdue obligation, or one that says that none is."""
    checks = []
    for one in obligations:
        if day <= one.due:
            continue
        if not known:
            code = "OBLIGATION_UNKNOWN"
        else:
            code = "OBLIGATION_OVERDUE" if one.effect == NOT_USABLE else "OBLIGATION_NOTE"
        checks.append(Check(name="obligations", code=code, detail=f"{one.label}: due {one.due}"))
    if obligations and not checks:
        checks.append(Check(name="obligations", code="OK"))
    return checks
