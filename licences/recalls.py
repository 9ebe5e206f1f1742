"""Reliance recall: when a licence turns out to be bad, every case that was decided on it is named to its office.

A notice is one canonical JSON text for one office, signed beside it with the key for copies.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from esign import CHINA, canonical_json

from .copies import Reliance, Reliances
from .errors import LicenceInForceError
from .lifecycle import Action, Status
from .standing import Event
from .store import LicenceStore, Record

RECALL_FORMAT = "elicence-recall/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyCause:
    """A key is no longer to be trusted: what it sealed since then is not, either."""

    key: str
    """Its name in the register."""
    reason: str
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RecalledCase:
    """A case that was decided on a licence which turned out to be bad."""

    reliance: Reliance
    type_code: str
    status: Status
    act: Event
    """The last act on the licence."""
    affected: bool
    """It was bad when it was relied on; else it was good then, and the office is told for its information."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecallNotice:
    """What one office is told."""

    office: str
    made_at: datetime
    maker_name: str
    maker_code: str
    key: KeyCause | None
    cases: tuple[RecalledCase, ...]


def recalled_cases(
    store: LicenceStore, reliances: Reliances, identifiers: Iterable[str], *, at: datetime
) -> Iterator[RecalledCase]:
    """Name all cases that rely on licences which are no longer in force.

    Raises LicenceNotFoundError, LicenceInForceError for one that nothing was done to.
    """
    for identifier in dict.fromkeys(identifiers):
        record = store.get(identifier)
        answer = store.status(identifier, at)
        if answer is None or answer.value is Status.ISSUED:
            raise LicenceInForceError
        last = store.events(identifier)[-1]
        for reliance in reliances.of_licence(identifier):
            then = store.status(identifier, reliance.relied_at)
            # What is corrected was wrong from the beginning, whatever day the correction counts from.
            bad = then is None or then.value is not Status.ISSUED or last.action is Action.CORRECT
            yield _case(reliance, record, last, affected=bad)


def cases_under_key(
    store: LicenceStore, reliances: Iterable[tuple[Reliance, datetime]], cause: KeyCause
) -> Iterator[RecalledCase]:
    """Name the cases that rely on what a key sealed, each given with the time of sealing."""
    for reliance, sealed_at in reliances:
        record = store.get(reliance.identifier)
        yield _case(reliance, record, store.events(reliance.identifier)[-1], affected=sealed_at >= cause.since)


def notices(
    cases: Iterable[RecalledCase], *, key: KeyCause | None, maker_name: str, maker_code: str, at: datetime
) -> tuple[RecallNotice, ...]:
    """One notice for each office, in the order of their names."""
    of_office: dict[str, list[RecalledCase]] = {}
    for case in cases:
        of_office.setdefault(case.reliance.office, []).append(case)
    return tuple(
        RecallNotice(
            office=office,
            made_at=at,
            maker_name=maker_name,
            maker_code=maker_code,
            key=key,
            cases=tuple(of_office[office]),
        )
        for office in sorted(of_office)
    )


def notice_to_bytes(notice: RecallNotice) -> bytes:
    """Canonical JSON after RFC 8785, UTF-8."""
    key = notice.key
    return canonical_json(
        {
            "format": RECALL_FORMAT,
            "office": notice.office,
            "madeAt": _time_text(notice.made_at),
            "maker": {"name": notice.maker_name, "code": notice.maker_code},
            "key": None if key is None else {"name": key.key, "reason": key.reason, "since": _time_text(key.since)},
            "cases": [case_members(case) for case in notice.cases],
        }
    )


def case_members(case: RecalledCase) -> Mapping[str, object]:
    """A case as JSON carries it."""
    reliance, act = case.reliance, case.act.act
    return {
        "caseNumber": reliance.case_number,
        "item": {"name": reliance.item_name, "code": reliance.item_code},
        "officer": reliance.officer,
        "certificateIdentifier": reliance.identifier,
        "certificateTypeCode": case.type_code,
        "reliedBy": {"kind": reliance.kind.value, "reference": reliance.reference},
        "reliedAt": _time_text(reliance.relied_at),
        "affected": case.affected,
        "status": case.status.value,
        "act": {
            "action": act.action.value,
            "ground": act.ground,
            "decision": act.decision,
            "effectiveAt": _time_text(act.effective_at),
            "recordedAt": _time_text(act.recorded_at),
        },
    }


def _case(reliance: Reliance, record: Record, last: Event, *, affected: bool) -> RecalledCase:
    return RecalledCase(
        reliance=reliance, type_code=record.type_code, status=record.status, act=last, affected=affected
    )


def _time_text(at: datetime) -> str:
    return at.astimezone(CHINA).isoformat(timespec="seconds")
