"""Adapter: what status lists are made of, from a relational database."""

from collections.abc import Iterator
from itertools import groupby

import sqlalchemy as sa

from licences.lifecycle import Status
from licences.status_lists import ListedLife, StatusListName

from .database import BUSY_TIMEOUT, close_engine, open_engine, translated
from .event_rows import event_from, obligations_from
from .licence_tables import licence_events, licences

_ROWS_AT_ONCE = 2000

_NAMES = sa.select(licences.c.issuer_code, licences.c.status_list).distinct()
_NEWEST = sa.select(sa.func.max(licence_events.c.sequence))
# Most licences have been issued, have no obligations, and nothing more is said of them: those are not even read.
_LOOKED_AT = sa.union(
    sa.select(licences.c.identifier).where(licences.c.obligations.is_not(None)),
    sa.select(licence_events.c.identifier).where(
        sa.or_(licence_events.c.status_before.is_not(None), licence_events.c.status_after != Status.ISSUED.value)
    ),
).subquery()
_LIVES = (
    sa.select(
        licence_events,
        licences.c.issuer_code,
        licences.c.status_list,
        licences.c.status_index,
        licences.c.valid_to,
        licences.c.obligations,
    )
    .select_from(_LOOKED_AT)
    .join(licences, licences.c.identifier == _LOOKED_AT.c.identifier)
    .join(licence_events, licence_events.c.identifier == _LOOKED_AT.c.identifier)
    .order_by(licences.c.issuer_code, licences.c.status_list, licence_events.c.identifier, licence_events.c.sequence)
)


class SqlListedLives:
    """See ``status_lists.ListedLives``. Safe for threads and processes; open it after a fork, not before."""

    def __init__(self, url: str, *, busy_timeout: float = BUSY_TIMEOUT) -> None:
        self._engine = open_engine(url, busy_timeout=busy_timeout)

    def close(self) -> None:
        """Close the connections; the next use opens others."""
        close_engine(self._engine)

    def names(self) -> frozenset[StatusListName]:
        """See ``status_lists.ListedLives``."""
        with translated(), self._engine.connect() as connection:
            return frozenset(StatusListName(*row) for row in connection.execute(_NAMES))

    def lives(self) -> Iterator[ListedLife]:
        """See ``status_lists.ListedLives``."""
        with translated(), self._engine.connect() as connection:
            rows = connection.execution_options(yield_per=_ROWS_AT_ONCE).execute(_LIVES)
            for _, own in groupby(rows, key=lambda row: row.identifier):
                yield _life(list(own))

    def newest(self) -> int:
        """See ``status_lists.ListedLives``."""
        with translated(), self._engine.connect() as connection:
            return connection.execute(_NEWEST).scalar() or 0


def _life(rows: list[sa.Row[tuple[object, ...]]]) -> ListedLife:
    first = rows[0]
    return ListedLife(
        name=StatusListName(first.issuer_code, first.status_list),
        index=first.status_index,
        valid_to=first.valid_to,
        obligations=obligations_from(first.obligations),
        events=tuple(event_from(row) for row in rows),
    )
