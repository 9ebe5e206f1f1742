"""Adapter: the feed of changes, read from the log of acts in a relational database."""

import json

import sqlalchemy as sa

from licences.lifecycle import Action, Status
from licences.outgoing import Change

from .database import BUSY_TIMEOUT, close_engine, open_engine, translated
from .licence_tables import licence_events, licences

_events = licence_events.c
_AFTER = (
    sa.select(licence_events, licences.c.type_slug, licences.c.issuer_code, licences.c.version)
    .join(licences, licences.c.identifier == _events.identifier)
    .where(_events.sequence > sa.bindparam("sequence", type_=sa.Integer))
    .order_by(_events.sequence)
    .limit(sa.bindparam("count", type_=sa.Integer))
)
_NEWEST = sa.select(sa.func.max(_events.sequence))


class SqlChanges:
    """See ``outgoing.Changes``. Safe for threads and processes; open it after a fork, not before."""

    def __init__(self, url: str, *, busy_timeout: float = BUSY_TIMEOUT) -> None:
        """Name the database as ``SqlStore`` does."""
        self._engine = open_engine(url, busy_timeout=busy_timeout)

    def close(self) -> None:
        """Close the connections; the next use opens others."""
        close_engine(self._engine)

    def after(self, sequence: int, *, limit: int) -> tuple[Change, ...]:
        """See ``outgoing.Changes``."""
        with translated(), self._engine.connect() as connection:
            rows = connection.execute(_AFTER, {"sequence": sequence, "count": limit})
            return tuple(_change(row) for row in rows)

    def newest(self) -> int:
        """See ``outgoing.Changes``."""
        with translated(), self._engine.connect() as connection:
            return connection.execute(_NEWEST).scalar() or 0


def _change(row: sa.Row[tuple[object, ...]]) -> Change:
    return Change(
        sequence=row.sequence,
        identifier=row.identifier,
        type_slug=row.type_slug,
        issuer_code=row.issuer_code,
        version=row.version,
        action=Action(row.action),
        before=None if row.status_before is None else Status(row.status_before),
        after=Status(row.status_after),
        effective_at=row.effective_at,
        recorded_at=row.recorded_at,
        related=json.loads(row.particulars).get("related", "") if row.particulars else "",
    )
