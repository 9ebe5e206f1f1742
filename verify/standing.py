"""Whether a genuine licence may be used on a day: its own dates, and what the status source says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from types import MappingProxyType
from typing import Final, NamedTuple

from esign import CHINA, StructuredObligation, StructuredStatusPlace
from verify.reason import Outcome
from verify.reasons import REASONS
from verify.report import Check
from verify.sources import (
    UNKNOWN_STATUS,
    LicenceStatus,
    NoStatement,
    Obligation,
    StatusAnswer,
    StatusElsewhere,
    StatusSource,
    StatusStatement,
)

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
        "ended": "STATUS_ENDED",
    }
)
# An effect that is not here must not make a licence pass, either.
_EFFECT_REASONS: Final = MappingProxyType({"not_usable": "OBLIGATION_OVERDUE", "note": "OBLIGATION_NOTE"})
_FINAL: Final = frozenset({"ended", "replaced"})
"""What stays said however old the list is: an authority that takes an end back says so to the holder."""

_TEMPORARY: Final = frozenset({"pending", "inactive", "suspended", "lost"})
"""What a licence comes back from in the ordinary course of things."""


class Heard(NamedTuple):
    """What the sources say of a licence together."""

    answer: StatusAnswer | StatusStatement | NoStatement
    remark: str
    """What an auditor is told beside it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusSources:
    """Who is asked, one after the other, until one answers."""

    source: StatusSource | None = None
    brought: Sequence[StatusElsewhere] = ()
    """Lists that were brought for this question: they are heard also where the source knows the licence."""
    elsewhere: Sequence[StatusElsewhere] = ()

    def ask(self, identifier: str, place: StructuredStatusPlace | None, at: datetime) -> Heard:
        """Return the first answer that is not too old, else the first one; without any, the first reason for that."""
        if self.source is not None and (answer := self.source.status(identifier, at)) is not None:
            return self._beside_lists(self.source, answer, identifier, place, at)
        old: StatusStatement | None = None
        silent: NoStatement | None = None
        for one in (*self.brought, *self.elsewhere):
            said = one.statement(identifier, place, at)
            if not isinstance(said, StatusStatement):
                silent = silent or said
            elif said.fresh:
                return Heard(said, said.detail)
            else:
                old = old or said
        told = old or silent
        if told is not None:
            return Heard(told, told.detail)
        nobody = self.source is None and not self.brought and not self.elsewhere
        detail = "there is no status source" if nobody else "the status source does not know this licence"
        return Heard(NoStatement(code="STATUS_UNKNOWN", detail=detail), detail)

    def _beside_lists(
        self,
        source: StatusSource,
        answer: StatusAnswer,
        identifier: str,
        place: StructuredStatusPlace | None,
        at: datetime,
    ) -> Heard:
        """Hear the lists that were brought beside the source's answer: the stricter word counts.

        Not where the source agrees with a list about the time of that list: what it says of now is then newer.
        """
        remarks = [f"the licence in its place is {answer.successor}"] if answer.successor else []
        for one in self.brought:
            said = one.statement(identifier, place, at)
            if isinstance(said, StatusStatement):
                then = source.status(identifier, said.as_of)
                if _ends(said) and not _ends(answer) and not (then is not None and _same_end(then, said)):
                    return Heard(said, f"the store says {answer.value}, but a list something else: {said.detail}")
                remarks.append(f"heard beside the store: {said.detail}")
            elif said is not None:
                remarks.append(f"of the lists nothing could be used: {said.code}, {said.detail}")
        return Heard(answer, "; ".join(remarks))


def standing_checks(
    sources: StatusSources,
    identifier: str,
    *,
    place: StructuredStatusPlace | None = None,
    valid_from: date,
    valid_to: date | None,
    obligations: Sequence[StructuredObligation],
    at: datetime,
) -> tuple[LicenceStatus, tuple[Check, ...]]:
    """Ask for the state of a licence as of `at` and say what it means beside its dates and standing obligations.

    `obligations` are those that the licence says itself; a source that answers knows them better.
    """
    answer, remark = sources.ask(identifier, place, at)
    day = at.astimezone(CHINA).date()
    if isinstance(answer, NoStatement):
        checks = [_validity_check(valid_from, valid_to, None, day)]
        checks.append(Check(name="status", code=answer.code, detail=remark))
        checks += _obligation_checks(obligations, day, known=False)
        return UNKNOWN_STATUS, tuple(checks)
    checks = [
        _validity_check(valid_from, valid_to, answer, day),
        Check(name="status", code=_status_code(answer), detail=remark),
    ]
    if not isinstance(answer, StatusStatement):
        checks += _obligation_checks(answer.obligations, day, known=True)
    elif answer.fresh:
        checks += _obligation_checks(_labelled(answer.obligations, obligations), day, known=True)
    else:
        checks += _obligation_checks(obligations, day, known=False)
    status = LicenceStatus(
        value=answer.value,
        as_of=answer.as_of,
        source=answer.source,
        next_update=answer.next_update if isinstance(answer, StatusStatement) else None,
        disputed=answer.disputed,
        renewal_pending=answer.renewal_pending,
        extended_to=answer.extended_to,
        successor=answer.successor,
    )
    return status, tuple(checks)


def _labelled(
    overdue: Sequence[StructuredObligation], own: Sequence[StructuredObligation]
) -> list[StructuredObligation]:
    """Call obligations, which a list names by their keys alone, as the licence does."""
    labels = {one.key: one.label for one in own}
    return [replace(one, label=labels.get(one.key, one.label)) for one in overdue]


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
    # Extensions by notice and renewals under way are not on its face: who knows them must have spoken.
    told = answer is not None and not (isinstance(answer, StatusStatement) and not answer.fresh)
    return Check(
        name="validity", code="STATUS_EXPIRED" if told else "EXTENSION_UNKNOWN", detail=f"in force until {last}"
    )


def _status_code(answer: StatusAnswer | StatusStatement) -> str:
    if isinstance(answer, StatusStatement) and not answer.fresh and answer.value not in _FINAL:
        return "STATUS_STALE"
    code = _STATUS_REASONS.get(answer.value, "STATUS_UNKNOWN")
    return "DISPUTED" if code == "OK" and answer.disputed else code


def _ends(answer: StatusAnswer | StatusStatement) -> bool:
    """Whether a licence does not pass by this word, which is none that is only too old."""
    return REASONS[_status_code(answer)].outcome is Outcome.FAILED


def _same_end(one: StatusAnswer | StatusStatement, other: StatusStatement) -> bool:
    """Whether a licence does not pass by both words, and one who lifts the first has lifted the other, too."""
    return _ends(one) and (one.value not in _TEMPORARY or other.value in _TEMPORARY)


def _obligation_checks(obligations: Sequence[Obligation], day: date, *, known: bool) -> list[Check]:
    """One check for each overdue obligation, or one that says that none is."""
    checks = []
    for one in obligations:
        if day <= one.due:
            continue
        code = _EFFECT_REASONS.get(one.effect, "OBLIGATION_UNKNOWN") if known else "OBLIGATION_UNKNOWN"
        checks.append(Check(name="obligations", code=code, detail=f"{one.label}: due {one.due}"))
    if obligations and not checks:
        checks.append(Check(name="obligations", code="OK"))
    return checks
