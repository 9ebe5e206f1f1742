"""Adapter: what supervisors count and are warned of, from a relational database."""

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from itertools import groupby
from typing import Any

import sqlalchemy as sa

from esign import CHINA
from licences.lifecycle import Status
from licences.outgoing import WebhookState
from licences.review import DraftState
from licences.standing import standing_at
from licences.supervision import Deadlines, DeadlineWarning, HourCount, Totals, TrailKind, WarningKind

from .case_tables import cases
from .database import BUSY_TIMEOUT, close_engine, open_engine, translated
from .event_rows import event_from, obligations_from
from .forgery_tables import forgery_reports
from .licence_tables import licence_events, licences
from .review_tables import draft_events, drafts
from .trail_tables import trail_entries
from .webhook_tables import webhooks

_ROWS_AT_ONCE = 2000
_HOUR_LENGTH = sa.literal_column("13", sa.Integer())  # of 2026-11-22T02; no parameter: PostgreSQL would take it for two

_entries = trail_entries.c
_HOUR = sa.func.substr(sa.type_coerce(_entries.at, sa.String()), sa.literal_column("1", sa.Integer()), _HOUR_LENGTH)
_GROUP = (_HOUR, _entries.kind, _entries.done, _entries.outcome, _entries.office_code, _entries.type_slug)
_COUNTS = (
    sa.select(
        _HOUR.label("hour"), _entries.kind, _entries.done, _entries.outcome, _entries.office_code, _entries.type_slug,
        sa.func.count().label("times"),
    )
    .where(_entries.at >= sa.bindparam("since"), _entries.at < sa.bindparam("until"))
    .group_by(*_GROUP)
)  # fmt: skip
_EXPIRING = (
    sa.select(licences.c.identifier, licences.c.type_slug, licences.c.issuer_code, licences.c.valid_to)
    .where(
        licences.c.status == Status.ISSUED.value,
        licences.c.valid_to.between(sa.bindparam("today", type_=sa.Date), sa.bindparam("last", type_=sa.Date)),
    )
    .order_by(licences.c.valid_to, licences.c.identifier)
)
_INSPECTED = (
    sa.select(licence_events, licences.c.type_slug, licences.c.issuer_code, licences.c.obligations)
    .join(licences, licences.c.identifier == licence_events.c.identifier)
    .where(licences.c.obligations.is_not(None), licences.c.status == Status.ISSUED.value)
    .order_by(licence_events.c.identifier, licence_events.c.sequence)
)
_WAITING = (
    sa.select(drafts.c.draft_id, drafts.c.type_slug, drafts.c.changed_at, draft_events.c.actor_office_code)
    .join(
        draft_events,
        sa.and_(draft_events.c.draft_id == drafts.c.draft_id, draft_events.c.revision == drafts.c.revision),
    )
    .where(drafts.c.state == DraftState.IN_REVIEW.value, drafts.c.changed_at < sa.bindparam("before"))
    .order_by(drafts.c.changed_at, drafts.c.draft_id)
)


_COUNT = sa.select(sa.func.count())
_TOTALS: Mapping[str, sa.Select[Any]] = {
    "licences": _COUNT.select_from(licences),
    "acts": sa.select(sa.func.max(licence_events.c.sequence)),
    "reviews_waiting": _COUNT.select_from(drafts).where(drafts.c.state == DraftState.IN_REVIEW.value),
    "cases_open": _COUNT.select_from(cases).where(cases.c.closed_at.is_(None)),
    "reports_open": _COUNT.select_from(forgery_reports).where(forgery_reports.c.closed_at.is_(None)),
}
_SLOWEST = sa.select(sa.func.min(webhooks.c.position)).where(webhooks.c.state == WebhookState.ACTIVE.value)


class SqlOversight:
    """See ``supervision.Oversight``. Safe for threads and processes; open it after a fork, not before."""

    def __init__(self, url: str, *, busy_timeout: float = BUSY_TIMEOUT) -> None:
        self._engine = open_engine(url, busy_timeout=busy_timeout)

    def close(self) -> None:
        """Close the connections; the next use opens others."""
        close_engine(self._engine)

    def counts(self, since: datetime, until: datetime) -> Iterator[HourCount]:
        """See ``supervision.Oversight``."""
        with translated(), self._engine.connect() as connection:
            for row in connection.execute(_COUNTS, {"since": since, "until": until}):
                yield HourCount(
                    hour=datetime.fromisoformat(f"{row.hour}:00").replace(tzinfo=UTC),
                    kind=TrailKind(row.kind),
                    done=row.done,
                    outcome=row.outcome,
                    office_code=row.office_code,
                    type_slug=row.type_slug,
                    count=row.times,
                )

    def totals(self) -> Totals:
        """See ``supervision.Oversight``."""
        with translated(), self._engine.connect() as connection:
            found = {name: connection.execute(wanted).scalar() or 0 for name, wanted in _TOTALS.items()}
            behind = connection.execute(_SLOWEST).scalar()
        return Totals(**found, webhooks_behind=0 if behind is None else max(found["acts"] - behind, 0))

    def warnings(self, now: datetime, deadlines: Deadlines) -> Iterator[DeadlineWarning]:
        """See ``supervision.Oversight``."""
        today = now.astimezone(CHINA).date()
        with translated(), self._engine.connect() as connection:
            wanted = {"today": today, "last": today + deadlines.expiring}
            for row in connection.execute(_EXPIRING, wanted):
                yield DeadlineWarning(
                    kind=WarningKind.EXPIRING, due=row.valid_to, subject=row.identifier, type_slug=row.type_slug,
                    office_code=row.issuer_code,
                )  # fmt: skip
            yield from _inspections(connection, now, today + deadlines.inspections)
            for row in connection.execute(_WAITING, {"before": now - deadlines.reviews}):
                due = (row.changed_at + deadlines.reviews).astimezone(CHINA).date()
                yield DeadlineWarning(
                    kind=WarningKind.REVIEW_WAITING, due=due, subject=row.draft_id, type_slug=row.type_slug,
                    office_code=row.actor_office_code,
                )  # fmt: skip


def _inspections(connection: sa.Connection, now: datetime, last: date) -> Iterator[DeadlineWarning]:
    today = now.astimezone(CHINA).date()
    rows = connection.execution_options(yield_per=_ROWS_AT_ONCE).execute(_INSPECTED)
    for identifier, own in groupby(rows, key=lambda row: row.identifier):
        history = list(own)
        first = history[0]
        standing = standing_at([event_from(row) for row in history], obligations_from(first.obligations), now)
        for one in () if standing is None or standing.status is not Status.ISSUED else standing.obligations:
            if one.due <= last:
                yield DeadlineWarning(
                    kind=WarningKind.INSPECTION_OVERDUE if one.due < today else WarningKind.INSPECTION_DUE,
                    due=one.due, subject=identifier, type_slug=first.type_slug, office_code=first.issuer_code,
                    detail=one.label,
                )  # fmt: skip
