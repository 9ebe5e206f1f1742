"""What holds of a licence at a time, as it was known at a time: folded from its acts.

Acts are folded in the order in which they were recorded, and each counts from its effective time: what was recorded
last decides. So an annulment that acts back covers everything after its effective time, and a licence whose end was
recorded for a later day is still in force today.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from esign import StructuredObligation

from .acts import Act, Particulars, check_act
from .errors import InvalidFieldError
from .lifecycle import Action, Status, after


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """An act on a licence as the store keeps it. Events are only ever added."""

    identifier: str
    before: Status | None
    after: Status
    act: Act
    sequence: int = 0
    """Place among all acts in the store, from 1; 0 before it is kept."""

    @property
    def action(self) -> Action:
        """What was done."""
        return self.act.action


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """State of a licence, and what holds beside it."""

    status: Status
    disputed: bool = False
    renewal_pending: bool = False
    """A timely application for renewal is undecided: the licence stays valid (行政许可法 art. 50)."""
    extended_to: date | None = None
    """Last day after an extension by notice."""
    obligations: tuple[StructuredObligation, ...] = ()
    successor: str = ""
    """Identifier of the licence that took its place; empty without one."""


def standing_at(
    events: Sequence[Event],
    obligations: tuple[StructuredObligation, ...],
    at: datetime,
    *,
    known_at: datetime | None = None,
) -> Standing | None:
    """Return what holds at ``at`` by what was recorded until ``known_at`` (None: by everything).

    ``events`` stand in recorded order, the issue first. The issue counts from the beginning of time: whether a licence
    was in force before it was sealed is said by its dates. None when nothing was known of the licence then.
    """
    known = [event for event in events if known_at is None or event.act.recorded_at <= known_at]
    if not known:
        return None
    standing = Standing(status=known[0].after, obligations=obligations)
    for event in known[1:]:
        if event.act.effective_at <= at:
            standing = _after(standing, event)
    return standing


def next_event(
    identifier: str, events: Sequence[Event], act: Act, obligations: tuple[StructuredObligation, ...]
) -> Event:
    """Return the event that an act adds.

    The lifecycle must allow the act both after what was recorded last and in the state at its effective time: else a
    change could be slipped under a suspension whose end is recorded already.

    Raises an ExceptionGroup of InvalidFieldError (``check_act``), TransitionRefusedError.
    """
    before = events[-1].after
    check_act(act, before)
    then = standing_at(events, obligations, act.effective_at)
    if then is not None:
        after(then.status, act.action)
    if act.action is Action.INSPECT and act.particulars.obligation not in {one.key for one in obligations}:
        fault = InvalidFieldError("/obligation", "OBLIGATION_UNKNOWN")
        raise ExceptionGroup("the act is refused", [fault])
    return Event(identifier=identifier, before=before, after=after(before, act.action), act=act)


def _after(standing: Standing, event: Event) -> Standing:
    particulars = event.act.particulars
    # What does not change the status says nothing about it: it may have been recorded under another one.
    if event.before is not event.after:
        standing = replace(standing, status=event.after)
    if event.action.makes_successor or event.action is Action.TRANSFER_OUT:
        return replace(standing, successor=particulars.related, renewal_pending=False)
    match event.action:
        case Action.RESTORE:
            return replace(standing, successor="")
        case Action.DISPUTE:
            return replace(standing, disputed=True)
        case Action.SETTLE:
            return replace(standing, disputed=False)
        case Action.ACCEPT_RENEWAL:
            return replace(standing, renewal_pending=particulars.keeps_valid)
        case Action.REFUSE_RENEWAL:
            return replace(standing, renewal_pending=False)
        case Action.EXTEND:
            return replace(standing, extended_to=particulars.until)
        case Action.INSPECT if particulars.next_due is not None:
            return replace(standing, obligations=_inspected(standing.obligations, particulars))
        case _:
            return standing


def _inspected(
    obligations: tuple[StructuredObligation, ...], particulars: Particulars
) -> tuple[StructuredObligation, ...]:
    due = particulars.next_due
    return tuple(
        replace(one, due=due) if due is not None and one.key == particulars.obligation else one for one in obligations
    )
