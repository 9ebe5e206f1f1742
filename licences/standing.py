"""What holds of a licence at a time, as it was known at a time: folded from its acts.

Acts are folded in the order in which they were recorded, and each counts from its effective time: what was recorded
last decides. So an annulment that acts back covers everything after its effective time, and a licence whose end was
recorded for a later day is still in force today. What takes an act back (恢复, 发还) makes that one count no more: a
licence that was suspended when it was revoked is suspended again when the revocation is quashed.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from types import MappingProxyType

from esign import StructuredObligation

from .acts import Act, Particulars, check_act
from .errors import InvalidFieldError
from .lifecycle import CAN_BE_TAKEN_BACK, TAKES_BACK, Action, Status, after


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
    if known_at is not None and events and events[0].act.recorded_at > known_at:
        return None
    return _fold(events, obligations, at, known_at=known_at)


def _fold(
    events: Sequence[Event],
    obligations: tuple[StructuredObligation, ...],
    at: datetime,
    *,
    known_at: datetime | None = None,
    without: Action | None = None,
) -> Standing | None:
    """Fold acts as far as they count at a time, those of one kind left out."""
    if not events:
        return None
    counting = [
        place
        for place, event in enumerate(events)
        if event.act.effective_at <= at and (known_at is None or event.act.recorded_at <= known_at)
    ]
    pairs = _taken_back(events)
    over = {pairs[place] for place in counting if place in pairs}
    standing = Standing(status=events[0].after, obligations=obligations)
    for place in counting:
        if place != 0 and place not in over and events[place].action is not without:
            standing = _after(standing, events[place])
    return standing


def _taken_back(events: Sequence[Event]) -> dict[int, int]:
    """Find for each act that takes another one back the place of that one: the newest that still stands."""
    pairs: dict[int, int] = {}
    standing: list[int] = []
    for place, event in enumerate(events):
        if _takes_back(event):
            if standing:  # else nobody can have recorded that, but an archive may say so
                pairs[place] = standing.pop()
        elif event.before is not event.after and event.after in CAN_BE_TAKEN_BACK:
            standing.append(place)
    return pairs


def _takes_back(event: Event) -> bool:
    return (event.before, event.action) in TAKES_BACK


def next_event(
    identifier: str, events: Sequence[Event], act: Act, obligations: tuple[StructuredObligation, ...]
) -> Event:
    """Return the event that an act adds.

    The lifecycle must allow the act both after what was recorded last and in the state at its effective time: else a
    change could be slipped under a suspension whose end is recorded already. What puts another licence in the place of
    this one must be possible from then on and from now on: else that one would escape a suspension that lies ahead, or
    one that an expiry hides.

    Raises an ExceptionGroup of InvalidFieldError (``check_act``), TransitionRefusedError.
    """
    before = events[-1].after
    check_act(act, before)
    event = Event(identifier=identifier, before=before, after=after(before, act.action), act=act)
    leaves = act.action.makes_successor or act.action is Action.TRANSFER_OUT
    for moment in _moments(events, act) if leaves else (act.effective_at,):
        then = _fold(events, obligations, moment, without=Action.EXPIRE if leaves else None)
        if then is not None:
            after(then.status, act.action)
    if _takes_back(event):
        taken = events[_taken_back([*events, event])[len(events)]]
        event = replace(event, after=taken.before or before)
    if act.action is Action.INSPECT and act.particulars.obligation not in {one.key for one in obligations}:
        fault = InvalidFieldError("/obligation", "OBLIGATION_UNKNOWN")
        raise ExceptionGroup("the act is refused", [fault])
    return event


def _moments(events: Sequence[Event], act: Act) -> set[datetime]:
    """The times from an act on at which the state may be another one."""
    first = min(act.effective_at, act.recorded_at)
    later = {event.act.effective_at for event in events[1:] if event.act.effective_at > first}
    return {act.effective_at, act.recorded_at} | later


def carried_over(
    events: Sequence[Event], act: Act, *, same_term: bool, obligations: Iterable[StructuredObligation]
) -> list[Act]:
    """Return what stands beside the status of a licence and goes on for the one that takes its place.

    That is a dispute and, where the term stays the same, an extension and an undecided application for renewal; of the
    new one's obligations, when each is due next by what was inspected. ``act`` is the one that replaces the licence.
    """
    newest: dict[str, Act] = {}
    for event in events:
        topic = _TOPICS.get(event.action)
        if topic is not None:
            newest[event.act.particulars.obligation if event.action is Action.INSPECT else topic] = event.act
    due = {one.key: one.due for one in obligations}

    def goes_on(one: Act) -> bool:
        match one.action:
            case Action.DISPUTE:
                return True
            case Action.INSPECT:
                key, following = one.particulars.obligation, one.particulars.next_due
                return key in due and following is not None and following > due[key]
            case Action.EXTEND | Action.ACCEPT_RENEWAL:
                return same_term and act.action is not Action.RENEW
            case _:
                return False

    return [replace(one, recorded_at=act.recorded_at) for one in newest.values() if goes_on(one)]


# Of each topic the newest act says what holds; inspections have a topic for each obligation.
_TOPICS: Mapping[Action, str] = MappingProxyType(
    {
        Action.DISPUTE: "/dispute",
        Action.SETTLE: "/dispute",
        Action.ACCEPT_RENEWAL: "/renewal",
        Action.REFUSE_RENEWAL: "/renewal",
        Action.EXTEND: "/term",
        Action.INSPECT: "",
    }
)


def _after(standing: Standing, event: Event) -> Standing:
    particulars = event.act.particulars
    # What does not change the status says nothing about it: it may have been recorded under another one. After what
    # takes an act back there holds what would hold without that one.
    if event.before is not event.after and not _takes_back(event):
        standing = replace(standing, status=event.after)
    if event.action.makes_successor or event.action is Action.TRANSFER_OUT:
        return replace(standing, successor=particulars.related, renewal_pending=False)
    match event.action:
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
