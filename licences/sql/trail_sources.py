"""What the trail takes from the histories of licences and of drafts: which rows, and the entries that tell of them."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from licences.access import region_of
from licences.supervision import DRAFT_SOURCE, EVENT_SOURCE, TrailEntry, TrailKind, row_digest

from .licence_tables import licence_events, licences
from .review_tables import NOT_IN_TRAIL, draft_events, drafts
from .trail_tables import trail_entries

EVENTS_AT_ONCE = 1000
DRAFTS_AT_ONCE = 200


def _raw(table: sa.Table, *left_out: str) -> list[sa.ColumnElement[Any]]:
    # Instants as the texts that they are in the row: what is digested is the row.
    text = sa.String()
    return [
        sa.type_coerce(column, text).label(column.name) if column.name.endswith("_at") else column
        for column in table.c
        if column.name not in left_out
    ]


_EVENT_COLUMNS = tuple(column.name for column in licence_events.c)
# Remarks are encrypted anew under a later key, which binds them to their row.
_STEP_COLUMNS = tuple(column.name for column in draft_events.c if column.name != "remarks")
EVENTS: sa.Select[Any] = sa.select(*_raw(licence_events), licences.c.type_slug, licences.c.issuer_code).join(
    licences, licences.c.identifier == licence_events.c.identifier
)
_NEW_EVENTS = (
    EVENTS.where(licence_events.c.sequence > sa.bindparam("after"))
    .order_by(licence_events.c.sequence)
    .limit(EVENTS_AT_ONCE)
)
STEPS: sa.Select[Any] = sa.select(*_raw(draft_events, "remarks"), drafts.c.type_slug, drafts.c.identifier).join(
    drafts, drafts.c.draft_id == draft_events.c.draft_id
)
_WAITING_DRAFTS = sa.select(drafts.c.draft_id).where(NOT_IN_TRAIL).limit(DRAFTS_AT_ONCE)
_NEW_STEPS = STEPS.where(
    draft_events.c.draft_id.in_(sa.bindparam("drafts", expanding=True)),
    sa.or_(drafts.c.trail_revision.is_(None), draft_events.c.revision > drafts.c.trail_revision),
).order_by(sa.text("recorded_at"), draft_events.c.draft_id, draft_events.c.revision)
_TAKEN = (
    drafts.update()
    .where(drafts.c.draft_id.in_(sa.bindparam("drafts", expanding=True)))
    .values(trail_revision=drafts.c.revision)
)
_KNOWN = sa.select(trail_entries.c.source).where(trail_entries.c.source.in_(sa.bindparam("sources", expanding=True)))
NEWEST_EVENT = sa.select(sa.func.max(licence_events.c.sequence))
ANY_DRAFT = sa.select(sa.literal(1)).select_from(drafts).where(NOT_IN_TRAIL).limit(1)


def take_new(connection: sa.Connection, events_to: int) -> tuple[list[TrailEntry], int, bool]:
    """Take the new acts and steps, in a transaction that nobody else can write beside.

    Returns them, up to which act they reach, and whether there may be more.
    """
    events = connection.execute(_NEW_EVENTS, {"after": events_to}).all()
    waiting = list(connection.execute(_WAITING_DRAFTS).scalars())
    steps = connection.execute(_NEW_STEPS, {"drafts": waiting}).all() if waiting else []
    if waiting:
        connection.execute(_TAKEN, {"drafts": waiting})
    taken = [*map(taken_event, events), *map(taken_step, steps)]
    known = _known(connection, [one.details["source"] for one in taken])
    more = len(events) == EVENTS_AT_ONCE or len(waiting) == DRAFTS_AT_ONCE
    newest = events[-1].sequence if events else events_to
    return [one for one in taken if one.details["source"] not in known], newest, more


def taken_event(row: sa.Row[Any]) -> TrailEntry:
    """Tell of one act on a licence."""
    return TrailEntry(
        kind=TrailKind.CHANGE,
        at=datetime.fromisoformat(row.recorded_at),
        done=True,
        client=row.actor,
        office=row.office,
        office_code=row.office_code or row.issuer_code,
        identifier=row.identifier,
        type_slug=row.type_slug,
        region=region_of(row.issuer_code),
        details={
            "source": f"{EVENT_SOURCE}{row.sequence}",
            "action": row.action,
            "after": row.status_after,
            "row": event_digest(row),
        },
    )


def event_digest(row: sa.Row[Any]) -> str:
    """Return the digest of a row of the acts."""
    return row_digest({name: getattr(row, name) for name in _EVENT_COLUMNS})


def taken_step(row: sa.Row[Any]) -> TrailEntry:
    """Tell of one step of a draft."""
    return TrailEntry(
        kind=TrailKind.REVIEW,
        at=datetime.fromisoformat(row.recorded_at),
        done=True,
        client=row.actor_name,
        office=row.actor_office,
        office_code=row.actor_office_code,
        identifier=row.identifier or "",
        type_slug=row.type_slug,
        region=region_of(row.actor_office_code),
        details={
            "source": f"{DRAFT_SOURCE}{row.draft_id}:{row.revision}",
            "act": row.act,
            "after": row.state_after,
            "row": step_digest(row),
        },
    )


def step_digest(row: sa.Row[Any]) -> str:
    """Return the digest of a row of the steps."""
    return row_digest({name: getattr(row, name) for name in _STEP_COLUMNS})


def _known(connection: sa.Connection, sources: Iterable[str]) -> set[str]:
    return {
        source
        for some in _pages(list(sources))
        for source in connection.execute(_KNOWN, {"sources": some}).scalars()
        if source is not None
    }


def _pages(items: list[str]) -> Iterator[list[str]]:
    # SQLite takes so many parameters at least.
    for start in range(0, len(items), 900):
        yield items[start : start + 900]
