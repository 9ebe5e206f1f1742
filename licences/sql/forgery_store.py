"""Adapter: reports of forgeries in a relational database."""

import json

import sqlalchemy as sa

from licences.actors import Actor
from licences.errors import (
    AllotmentTakenError,
    ForgeryReportClosedError,
    ForgeryReportNotFoundError,
    ForgeryReportsFullError,
)
from licences.forgery_reports import DAY, MAX_REPORTS_A_DAY, ForgeryClosing, ForgeryFinding, ForgeryReport
from licences.protection import Protection

from .database import BUSY_TIMEOUT, close_engine, is_key, open_engine, translated, writing
from .forgery_tables import CONTACT_CONTEXT, REMARK_CONTEXT, STATEMENT_CONTEXT, forgery_reports
from .licence_rows import require_licence

_reports = forgery_reports.c
_OF_NUMBER = forgery_reports.select().where(_reports.number == sa.bindparam("wanted"))
_SINCE = sa.select(sa.func.count()).where(_reports.received_at > sa.bindparam("since"))
_ORDERED = forgery_reports.select().order_by(_reports.received_at, _reports.number)
_WAITING = _ORDERED.where(_reports.closed_at.is_(None))
_CLOSED = _ORDERED.where(_reports.closed_at.is_not(None))
_CLOSE = forgery_reports.update().where(_reports.number == sa.bindparam("wanted"), _reports.closed_at.is_(None))


class SqlForgeryReports:
    """See ``forgery_reports.ForgeryReports``. Safe for threads and processes; open it after a fork, not before."""

    def __init__(self, url: str, protection: Protection, *, busy_timeout: float = BUSY_TIMEOUT) -> None:
        """Name the database as ``SqlStore`` does; ``protection`` encrypts what people wrote."""
        self._engine = open_engine(url, busy_timeout=busy_timeout)
        self._protection = protection

    def close(self) -> None:
        """Close the connections; the next use opens others."""
        close_engine(self._engine)

    def add(self, report: ForgeryReport, *, most: int = MAX_REPORTS_A_DAY) -> None:
        """See ``forgery_reports.ForgeryReports``."""
        row = self._row(report)
        with translated():
            try:
                with writing(self._engine) as connection:
                    if report.identifier:
                        require_licence(connection, report.identifier)
                    if connection.execute(_SINCE, {"since": report.received_at - DAY}).scalar_one() >= most:
                        raise ForgeryReportsFullError
                    connection.execute(forgery_reports.insert(), row)
            except sa.exc.IntegrityError as error:
                raise AllotmentTakenError from error

    def get(self, number: str) -> ForgeryReport:
        """See ``forgery_reports.ForgeryReports``."""
        if not is_key(number):
            raise ForgeryReportNotFoundError
        with translated(), self._engine.connect() as connection:
            row = connection.execute(_OF_NUMBER, {"wanted": number}).first()
        if row is None:
            raise ForgeryReportNotFoundError
        return self._report(row)

    def waiting(self) -> tuple[ForgeryReport, ...]:
        """See ``forgery_reports.ForgeryReports``."""
        return self._all(_WAITING)

    def closed(self) -> tuple[ForgeryReport, ...]:
        """See ``forgery_reports.ForgeryReports``."""
        return self._all(_CLOSED)

    def end(self, number: str, closing: ForgeryClosing) -> ForgeryReport:
        """See ``forgery_reports.ForgeryReports``."""
        self.get(number)
        values = {
            "closed_at": closing.closed_at,
            "finding": closing.finding.value,
            "remark": self._protect(closing.remark, REMARK_CONTEXT, number),
            "actor": closing.actor.name,
            "office": closing.actor.office,
            "office_code": closing.actor.office_code,
        }
        with translated(), writing(self._engine) as connection:
            if connection.execute(_CLOSE.values(values), {"wanted": number}).rowcount == 0:
                raise ForgeryReportClosedError
        return self.get(number)

    def _all(self, wanted: sa.Select[tuple[object, ...]]) -> tuple[ForgeryReport, ...]:
        with translated(), self._engine.connect() as connection:
            rows = connection.execute(wanted).all()
        return tuple(self._report(row) for row in rows)

    def _row(self, report: ForgeryReport) -> dict[str, object]:
        statement = json.dumps({"what": report.what, "where": report.where}, ensure_ascii=False)
        return {
            "number": report.number,
            "received_at": report.received_at,
            "identifier": report.identifier or None,
            "reason": report.reason,
            "statement": self._protect(statement, STATEMENT_CONTEXT, report.number),
            "contact": self._protect(report.contact, CONTACT_CONTEXT, report.number) if report.contact else None,
        }

    def _report(self, row: sa.Row[tuple[object, ...]]) -> ForgeryReport:
        statement = json.loads(self._reveal(row.statement, STATEMENT_CONTEXT, row.number))
        return ForgeryReport(
            number=row.number,
            received_at=row.received_at,
            identifier=row.identifier or "",
            reason=row.reason,
            what=statement["what"],
            where=statement["where"],
            contact="" if row.contact is None else self._reveal(row.contact, CONTACT_CONTEXT, row.number),
            closing=None if row.closed_at is None else self._closing(row),
        )

    def _closing(self, row: sa.Row[tuple[object, ...]]) -> ForgeryClosing:
        return ForgeryClosing(
            finding=ForgeryFinding(row.finding),
            remark=self._reveal(row.remark, REMARK_CONTEXT, row.number),
            actor=Actor(name=row.actor, office=row.office, office_code=row.office_code),
            closed_at=row.closed_at,
        )

    def _protect(self, text: str, context: str, number: str) -> bytes:
        return self._protection.protect(text.encode(), context=context.format(number=number))

    def _reveal(self, value: bytes, context: str, number: str) -> str:
        return self._protection.reveal(value, context=context.format(number=number)).decode()
