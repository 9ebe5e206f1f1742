"""Adapter: what was touched, and which drills were begun, in a relational database."""

from collections.abc import Iterator
from datetime import datetime

import sqlalchemy as sa

from licences.actors import Actor
from licences.acts import Act, legal_ground_of
from licences.impact import Drill, ImpactSelection
from licences.lifecycle import Action

from .conversion_tables import conversion_rows
from .database import BUSY_TIMEOUT, close_engine, is_key, open_engine, translated, writing
from .impact_tables import impact_drills, impact_lists
from .licence_tables import licence_events, licences

_PAGE = 500

_LIST = sa.select(impact_lists.c.digest).where(impact_lists.c.digest == sa.bindparam("value"))
_INSERT_LIST = impact_lists.insert()
_OF_DRILL = sa.and_(impact_drills.c.digest == sa.bindparam("value"), impact_drills.c.action == sa.bindparam("kind"))
_DRILL = impact_drills.select().where(_OF_DRILL)
_DELETE_DRILL = impact_drills.delete().where(_OF_DRILL)
_INSERT_DRILL = impact_drills.insert()


class SqlImpacts:
    """See ``impact.Impacts``. Safe for threads and processes; open it after a fork, not before."""

    def __init__(self, url: str, *, busy_timeout: float = BUSY_TIMEOUT) -> None:
        self._engine = open_engine(url, busy_timeout=busy_timeout)

    def close(self) -> None:
        """Close the connections; the next use opens others."""
        close_engine(self._engine)

    def touched(self, selection: ImpactSelection) -> Iterator[str]:
        """See ``impact.Impacts``."""
        page = _page(selection)
        last: tuple[datetime, str] | None = None
        while True:
            wanted = page if last is None else page.where(_after(*last))
            with translated(), self._engine.connect() as connection:
                rows = connection.execute(wanted).all()
            yield from (row.identifier for row in rows)
            if len(rows) < _PAGE:
                return
            last = rows[-1].sealed_at, rows[-1].identifier

    def keep_list(self, digest: str, *, lines: int, made_at: datetime) -> None:
        """See ``impact.Impacts``."""
        with translated(), writing(self._engine) as connection:
            if connection.execute(_LIST, {"value": digest}).first() is None:
                connection.execute(_INSERT_LIST, {"digest": digest, "lines": lines, "made_at": made_at})

    def knows_list(self, digest: str) -> bool:
        """See ``impact.Impacts``."""
        with translated(), self._engine.connect() as connection:
            return connection.execute(_LIST, {"value": digest}).first() is not None

    def begin(self, drill: Drill) -> Drill:
        """See ``impact.Impacts``."""
        with translated(), writing(self._engine) as connection:
            row = connection.execute(_DRILL, {"value": drill.digest, "kind": drill.act.action.value}).first()
            if row is not None:
                return Drill(digest=drill.digest, act=_act(row))
            connection.execute(_INSERT_DRILL, _drill_row(drill))
        return drill

    def begin_anew(self, drill: Drill) -> None:
        """See ``impact.Impacts``."""
        with translated(), writing(self._engine) as connection:
            connection.execute(_DELETE_DRILL, {"value": drill.digest, "kind": drill.act.action.value})
            connection.execute(_INSERT_DRILL, _drill_row(drill))


def _page(selection: ImpactSelection) -> sa.Select[tuple[str, datetime]]:
    page = sa.select(licences.c.identifier, licences.c.sealed_at)
    page = page.order_by(licences.c.sealed_at, licences.c.identifier).limit(_PAGE)
    if selection.batch:
        issued = sa.select(conversion_rows.c.identifier).where(conversion_rows.c.batch_id == _key(selection.batch))
        page = page.where(licences.c.identifier.in_(issued))
    if selection.operator:
        issues = sa.select(licence_events.c.identifier).where(
            licence_events.c.status_before.is_(None), licence_events.c.actor == selection.operator
        )
        page = page.where(licences.c.identifier.in_(issues))
    if selection.type_code:
        page = page.where(licences.c.type_code == _key(selection.type_code))
    if selection.type_version is not None:
        page = page.where(licences.c.type_version == selection.type_version)
    if selection.since is not None:
        page = page.where(licences.c.sealed_at >= selection.since)
    if selection.until is not None:
        page = page.where(licences.c.sealed_at < selection.until)
    return page


def _after(sealed_at: datetime, identifier: str) -> sa.ColumnElement[bool]:
    later = licences.c.sealed_at > sealed_at
    return sa.or_(later, sa.and_(licences.c.sealed_at == sealed_at, licences.c.identifier > identifier))


def _key(text: str) -> str | None:
    """A text that no row can have as its key is compared with NULL, which nothing equals."""
    return text if is_key(text) else None


def _drill_row(drill: Drill) -> dict[str, object]:
    act = drill.act
    return {
        "digest": drill.digest,
        "action": act.action.value,
        "ground": act.ground,
        "decision": act.decision,
        "legal_ground": legal_ground_of(act),
        "actor": act.actor.name,
        "office": act.actor.office,
        "office_code": act.actor.office_code,
        "effective_at": act.effective_at,
        "begun_at": act.recorded_at,
    }


def _act(row: sa.Row[tuple[object, ...]]) -> Act:
    return Act(
        action=Action(row.action),
        ground=row.ground,
        decision=row.decision,
        legal_ground=row.legal_ground,
        actor=Actor(name=row.actor, office=row.office, office_code=row.office_code),
        effective_at=row.effective_at,
        recorded_at=row.begun_at,
    )
