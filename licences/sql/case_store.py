"""Adapter: cases in a relational database."""

import json
from collections.abc import Sequence
from itertools import groupby
from typing import Any

import sqlalchemy as sa

from licences.actors import Actor
from licences.errors import AllotmentTakenError, ForgeryReportNotFoundError
from licences.protection import Protection
from licences.supervision import (
    CLOSING,
    MAX_OPEN_CASES,
    MAX_STEPS,
    Case,
    CaseAct,
    CaseClosedError,
    CaseFullError,
    CaseKind,
    CaseKnownError,
    CaseNotFoundError,
    CasesFullError,
    CaseStep,
)

from .case_tables import CASE_CONTEXT, NOTE_CONTEXT, case_steps, cases
from .database import BUSY_TIMEOUT, close_engine, is_key, open_engine, translated, writing
from .forgery_tables import forgery_reports
from .licence_rows import require_licence

_cases = cases.c
_steps = case_steps.c
_ROWS: sa.Select[Any] = sa.select(
    cases,
    _steps.step,
    _steps.act,
    _steps.at,
    _steps.actor,
    _steps.office,
    _steps.office_code.label("actor_office_code"),
    _steps.note,
    _steps.deadline.label("new_deadline"),
).join(case_steps, _steps.number == _cases.number)
_OF_NUMBER = _ROWS.where(_cases.number == sa.bindparam("wanted")).order_by(_steps.step)
_WAITING = _ROWS.where(_cases.closed_at.is_(None)).order_by(_cases.deadline, _cases.number, _steps.step)
_NEWEST_CLOSED = (
    sa.select(_cases.number)
    .where(_cases.closed_at.is_not(None))
    .order_by(_cases.closed_at.desc(), _cases.number)
    .limit(sa.bindparam("most"))
)
_CLOSED = _ROWS.where(_cases.number.in_(_NEWEST_CLOSED)).order_by(_cases.closed_at.desc(), _cases.number, _steps.step)
_OF_HOLDER = _ROWS.where(_cases.holder_index == sa.bindparam("holder")).order_by(
    _cases.opened_at.desc(), _cases.number, _steps.step
)
_OPEN_OF_HOLDER = sa.select(sa.func.count()).where(
    _cases.holder_index == sa.bindparam("holder"), _cases.closed_at.is_(None)
)
_IS_REPORT = sa.select(sa.literal(1)).where(forgery_reports.c.number == sa.bindparam("wanted"))
_ABOUT_REPORT = sa.select(sa.literal(1)).where(_cases.forgery == sa.bindparam("wanted"))
_CHANGE = cases.update().where(_cases.number == sa.bindparam("wanted"))


class SqlCases:
    """See ``supervision.Cases``. Safe for threads and processes; open it after a fork, not before."""

    def __init__(self, url: str, protection: Protection, *, busy_timeout: float = BUSY_TIMEOUT) -> None:
        """Name the database as ``SqlStore`` does; ``protection`` encrypts what people wrote."""
        self._engine = open_engine(url, busy_timeout=busy_timeout)
        self._protection = protection

    def close(self) -> None:
        """Close the connections; the next use opens others."""
        close_engine(self._engine)

    def open(self, case: Case) -> None:
        """See ``supervision.Cases``."""
        with translated():
            try:
                with writing(self._engine) as connection:
                    _require(connection, case)
                    connection.execute(cases.insert(), self._case_row(case))
                    for number, step in enumerate(case.steps, start=1):
                        connection.execute(case_steps.insert(), self._step_row(case.number, number, step))
            except sa.exc.IntegrityError as error:
                raise AllotmentTakenError from error

    def get(self, number: str) -> Case:
        """See ``supervision.Cases``."""
        with translated(), self._engine.connect() as connection:
            return self._find(connection, number)

    def waiting(self) -> tuple[Case, ...]:
        """See ``supervision.Cases``."""
        return self._all(_WAITING, {})

    def closed(self, limit: int) -> tuple[Case, ...]:
        """See ``supervision.Cases``."""
        return self._all(_CLOSED, {"most": limit})

    def of_holder(self, holder_index: str) -> tuple[Case, ...]:
        """See ``supervision.Cases``."""
        return self._all(_OF_HOLDER, {"holder": holder_index}) if holder_index else ()

    def step(self, number: str, step: CaseStep) -> Case:
        """See ``supervision.Cases``."""
        with translated(), writing(self._engine) as connection:
            case = self._find(connection, number)
            if case.closed is not None:
                raise CaseClosedError
            # Whoever closes it may always do so.
            if len(case.steps) >= MAX_STEPS and step.act not in CLOSING:
                raise CaseFullError(MAX_STEPS)
            row = self._step_row(number, len(case.steps) + 1, step)
            connection.execute(case_steps.insert(), row)
            if step.act in CLOSING:
                connection.execute(_CHANGE.values(closed_at=step.at), {"wanted": number})
            elif step.deadline is not None:
                connection.execute(_CHANGE.values(deadline=step.deadline), {"wanted": number})
            return self._find(connection, number)

    def _find(self, connection: sa.Connection, number: str) -> Case:
        rows = connection.execute(_OF_NUMBER, {"wanted": number}).all() if is_key(number) else []
        if not rows:
            raise CaseNotFoundError
        return self._case(rows)

    def _all(self, wanted: sa.Select[Any], values: dict[str, object]) -> tuple[Case, ...]:
        with translated(), self._engine.connect() as connection:
            rows = connection.execute(wanted, values).all()
        return tuple(self._case(list(own)) for _, own in groupby(rows, key=lambda row: row.number))

    def _case_row(self, case: Case) -> dict[str, object]:
        text = json.dumps({"statement": case.statement, "contact": case.contact}, ensure_ascii=False)
        return {
            "number": case.number,
            "kind": case.kind.value,
            "opened_at": case.opened_at,
            "deadline": case.deadline,
            "identifier": case.identifier or None,
            "holder_index": case.holder_index,
            "office_code": case.office_code,
            "forgery": case.forgery or None,
            "statement": self._protection.protect(text.encode(), context=CASE_CONTEXT.format(number=case.number)),
        }

    def _step_row(self, number: str, step_number: int, step: CaseStep) -> dict[str, object]:
        context = NOTE_CONTEXT.format(number=number, step=step_number)
        return {
            "number": number,
            "step": step_number,
            "act": step.act.value,
            "at": step.at,
            "actor": step.actor.name,
            "office": step.actor.office,
            "office_code": step.actor.office_code,
            "note": self._protection.protect(step.note.encode(), context=context),
            "deadline": step.deadline,
        }

    def _case(self, rows: Sequence[sa.Row[Any]]) -> Case:
        first = rows[0]
        text = self._protection.reveal(first.statement, context=CASE_CONTEXT.format(number=first.number))
        written = json.loads(text)
        return Case(
            number=first.number,
            kind=CaseKind(first.kind),
            opened_at=first.opened_at,
            deadline=first.deadline,
            identifier=first.identifier or "",
            holder_index=first.holder_index,
            office_code=first.office_code,
            forgery=first.forgery or "",
            statement=written["statement"],
            contact=written["contact"],
            steps=tuple(self._step(row) for row in rows),
        )

    def _step(self, row: sa.Row[Any]) -> CaseStep:
        context = NOTE_CONTEXT.format(number=row.number, step=row.step)
        return CaseStep(
            act=CaseAct(row.act),
            at=row.at,
            actor=Actor(name=row.actor, office=row.office, office_code=row.actor_office_code),
            note=self._protection.reveal(row.note, context=context).decode(),
            deadline=row.new_deadline,
        )


def _require(connection: sa.Connection, case: Case) -> None:
    if case.identifier:
        require_licence(connection, case.identifier)
    if case.forgery:
        if not _is_there(connection, _IS_REPORT, case.forgery):
            raise ForgeryReportNotFoundError
        if _is_there(connection, _ABOUT_REPORT, case.forgery):
            raise CaseKnownError
    if case.holder_index:
        count = connection.execute(_OPEN_OF_HOLDER, {"holder": case.holder_index}).scalar_one()
        if count >= MAX_OPEN_CASES:
            raise CasesFullError(MAX_OPEN_CASES)


def _is_there(connection: sa.Connection, question: sa.Select[Any], key: str) -> bool:
    return is_key(key) and connection.execute(question, {"wanted": key}).first() is not None
