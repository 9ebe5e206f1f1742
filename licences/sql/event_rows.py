"""Events and obligations as the rows of their tables hold them."""

import json
from datetime import date

import sqlalchemy as sa

from esign import StructuredObligation
from licences.actors import Actor
from licences.acts import Act, Particulars, legal_ground_of
from licences.lifecycle import Action, Status
from licences.standing import Event


def event_row(event: Event) -> dict[str, object]:
    """What the table of events keeps of one; it gives the sequence number itself."""
    act = event.act
    return {
        "identifier": event.identifier,
        "action": act.action.value,
        "status_before": None if event.before is None else event.before.value,
        "status_after": event.after.value,
        "ground": act.ground,
        "decision": act.decision,
        "effective_at": act.effective_at,
        "recorded_at": act.recorded_at,
        "legal_ground": legal_ground_of(act),
        "actor": act.actor.name,
        "office": act.actor.office,
        "office_code": act.actor.office_code,
        "particulars": _particulars_text(act.particulars),
    }


def event_from(row: sa.Row[tuple[object, ...]]) -> Event:
    """Read a row back; ValueError when this program cannot have written it."""
    act = Act(
        action=Action(row.action),
        ground=row.ground,
        decision=row.decision,
        effective_at=row.effective_at,
        recorded_at=row.recorded_at,
        legal_ground=row.legal_ground,
        actor=Actor(name=row.actor, office=row.office, office_code=row.office_code),
        particulars=_particulars_from(row.particulars),
    )
    return Event(
        identifier=row.identifier,
        before=None if row.status_before is None else Status(row.status_before),
        after=Status(row.status_after),
        act=act,
        sequence=row.sequence,
    )


def _particulars_text(particulars: Particulars) -> str | None:
    members: dict[str, object] = {
        "until": _day_text(particulars.until),
        "obligation": particulars.obligation,
        "nextDue": _day_text(particulars.next_due),
        "appliedOn": _day_text(particulars.applied_on),
        "keepsValid": particulars.keeps_valid,
        "related": particulars.related,
    }
    given = {key: value for key, value in members.items() if value}
    return json.dumps(given, sort_keys=True) if given else None


_NO_PARTICULARS = Particulars()


def _particulars_from(text: str | None) -> Particulars:
    if not text:
        return _NO_PARTICULARS
    members = json.loads(text)
    return Particulars(
        until=_day_from(members.get("until")),
        obligation=members.get("obligation", ""),
        next_due=_day_from(members.get("nextDue")),
        applied_on=_day_from(members.get("appliedOn")),
        keeps_valid=members.get("keepsValid", False),
        related=members.get("related", ""),
    )


def obligations_text(obligations: tuple[StructuredObligation, ...]) -> str | None:
    """What the table of licences keeps of them, None when there are none."""
    rows = [[one.key, one.label, one.due.isoformat(), one.effect] for one in obligations]
    return json.dumps(rows, ensure_ascii=False) if rows else None


def obligations_from(text: str | None) -> tuple[StructuredObligation, ...]:
    """Read them back; ValueError when this program cannot have written them."""
    return tuple(
        StructuredObligation(key=key, label=label, due=date.fromisoformat(due), effect=effect)
        for key, label, due, effect in json.loads(text or "[]")
    )


def _day_text(day: date | None) -> str:
    return "" if day is None else day.isoformat()


def _day_from(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
