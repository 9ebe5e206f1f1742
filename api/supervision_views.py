"""Statistics, warnings and cases for whoever may see them, as JSON."""

import os
from collections.abc import Iterable
from datetime import UTC, datetime

from esign import CHINA
from licences import Actor, LicenceNotFoundError, check_holder, fold_report_number
from licences import parse_identifier as identifier_from
from licences.access import Caller, Operation, region_of
from licences.supervision import (
    Case,
    CaseKind,
    CaseNotFoundError,
    CaseStep,
    Deadlines,
    DeadlineWarning,
    Measure,
    StatisticsLine,
    WarningKind,
    fold_case_number,
    group_case_number,
    make_case,
    statistics,
)
from verify import REASONS

from .messages import instant_text
from .wiring import Services


def statistics_for(services: Services, caller: Caller | None, since: datetime, until: datetime) -> list[StatisticsLine]:
    """Count what was done, as far as the caller supervises it; None is the person at the keyboard."""
    lines = statistics(services.oversight.counts(since, until))
    return [one for one in lines if _may(caller, Operation.SUPERVISE, one.type_slug, region_of(one.office_code))]


def warnings_for(
    services: Services, caller: Caller | None, now: datetime, deadlines: Deadlines
) -> list[DeadlineWarning]:
    """Tell what is due, as far as the caller supervises it, the most urgent first."""
    found = [*services.oversight.warnings(now, deadlines), *_case_warnings(services, now, deadlines)]
    mine = [one for one in found if _may(caller, Operation.SUPERVISE, one.type_slug, one.region)]
    return sorted(mine, key=lambda one: (one.due, one.kind, one.subject))


def _case_warnings(services: Services, now: datetime, deadlines: Deadlines) -> Iterable[DeadlineWarning]:
    for case in services.cases.waiting():
        if case.deadline <= now + deadlines.cases:
            type_slug, office_code = _place(services, case)
            yield DeadlineWarning(
                kind=WarningKind.CASE_OVERDUE if case.deadline < now else WarningKind.CASE_DUE,
                due=case.deadline.astimezone(CHINA).date(),
                subject=group_case_number(case.number),
                type_slug=type_slug,
                office_code=office_code,
            )


def cases_for(services: Services, caller: Caller | None, *, closed: bool, limit: int) -> list[Case]:
    """Return the cases that the caller may deal with."""
    found = services.cases.closed(limit) if closed else services.cases.waiting()
    return [case for case in found if _may_handle(services, caller, case)][:limit]


def case_for(services: Services, caller: Caller | None, number: str) -> Case:
    """Return a case that the caller may deal with; CaseNotFoundError, also for another one's."""
    case = services.cases.get(fold_case_number(number))
    if not _may_handle(services, caller, case):
        raise CaseNotFoundError
    return case


def open_case(
    services: Services,
    caller: Caller | None,
    actor: Actor,
    *,
    kind: str,
    statement: str,
    contact: str,
    identifier: str,
    forgery: str,
    holder: tuple[str, str] | None,
    at: datetime,
) -> Case:
    """Open a case; the errors of `make_case` and `Cases.open`, LicenceNotFoundError also for one that is not for it."""
    office_code = actor.office_code
    if identifier:
        identifier_from(identifier)
        record = services.store.get(identifier)
        if not _may(caller, Operation.HANDLE_CASES, record.type_slug, region_of(record.issuer_code)):
            raise LicenceNotFoundError
        office_code = record.issuer_code
    case = make_case(
        kind=CaseKind(kind),
        statement=statement,
        contact=contact,
        actor=actor,
        at=at,
        random=os.urandom,
        identifier=identifier,
        holder_index="" if holder is None else services.holder_index(holder[0], check_holder(*holder)),
        office_code=office_code,
        forgery=fold_report_number(forgery) or forgery,
    )
    services.cases.open(case)
    return case


def _may_handle(services: Services, caller: Caller | None, case: Case) -> bool:
    type_slug, office_code = _place(services, case)
    return _may(caller, Operation.HANDLE_CASES, type_slug, region_of(office_code))


def _place(services: Services, case: Case) -> tuple[str, str]:
    """Licence type and office that a case is about; empty where it is about none."""
    if not case.identifier:
        return "", case.office_code
    record = services.store.get(case.identifier)
    return record.type_slug, record.issuer_code


def _may(caller: Caller | None, operation: Operation, type_slug: str, region: str) -> bool:
    # Nothing is asked about what is of no type or of no region.
    return caller is None or caller.may(operation, type_slug=type_slug or None, region=region or None)


def statistics_shape(line: StatisticsLine) -> dict[str, object]:
    """Return a line of the statistics."""
    reason = REASONS.get(line.outcome) if line.measure is Measure.VERIFIED else None
    return {
        "day": line.day.isoformat(),
        "office_code": line.office_code,
        "type": line.type_slug,
        "measure": line.measure.value,
        "verdict": None if reason is None else reason.outcome.value,
        "outcome": line.outcome,
        "count": line.count,
    }


def warning_shape(warning: DeadlineWarning) -> dict[str, object]:
    """Return a warning."""
    return {
        "kind": warning.kind.value,
        "due": warning.due.isoformat(),
        "subject": warning.subject,
        "type": warning.type_slug,
        "office_code": warning.office_code,
        "detail": warning.detail,
    }


def case_line(case: Case, now: datetime | None = None) -> dict[str, object]:
    """Return a case without what was written in it."""
    closed = case.closed
    return {
        "number": group_case_number(case.number),
        "kind": case.kind.value,
        "opened_at": instant_text(case.opened_at),
        "deadline": instant_text(case.deadline),
        "overdue": closed is None and case.deadline < (now or datetime.now(UTC)),
        "identifier": case.identifier,
        "owner": "" if case.owner is None else case.owner.name,
        "state": case.state,
    }


def case_shape(case: Case) -> dict[str, object]:
    """Return a case with everything in it."""
    return {
        **case_line(case),
        "office_code": case.office_code,
        "forgery": case.forgery,
        "statement": case.statement,
        "contact": case.contact,
        "steps": [_step_shape(step) for step in case.steps],
    }


def _step_shape(step: CaseStep) -> dict[str, object]:
    return {
        "act": step.act.value,
        "at": instant_text(step.at),
        "actor": step.actor.name,
        "office": step.actor.office,
        "note": step.note,
        "deadline": None if step.deadline is None else instant_text(step.deadline),
    }
