"""The mis-issue drill: what a key, a batch, an operator, a type or a time span touched: listed, then acted on.

The list comes first and is a file that people read and decide about; the store remembers its digest, so that nothing
can be slipped into it afterwards. The act is then done to one licence after the other, each in its own transaction. A
drill that was broken off is begun again with the same words: what it did already is seen in the acts of each licence.
"""

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from typing import Protocol

from esign import CHINA, canonical_json

from .acts import Act, legal_ground_of
from .copies import Reliances
from .errors import (
    ImpactListError,
    InvalidFieldError,
    LicenceNotFoundError,
    StoreUnavailableError,
    SuccessorInForceError,
    TransitionRefusedError,
)
from .lifecycle import Action
from .store import LicenceStore, Record

IMPACT_FORMAT = "elicence-impact/1"
MAX_IMPACT_BYTES = 512 * 1024 * 1024
"""Of a list: about a million licences."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImpactSelection:
    """What the licences of a list have in common; what is empty does not narrow it."""

    key: str = ""
    """Name of a key in the register; whoever makes the list knows how to recognise what it touched."""
    batch: str = ""
    """Of a conversion of paper stock."""
    operator: str = ""
    """Account under which they were issued."""
    type_code: str = ""
    type_version: int | None = None
    """Of the type's catalogue file."""
    since: datetime | None = None
    until: datetime | None = None
    """Sealed at that time or later, and before that time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReliedOn:
    """A case that was decided on a licence."""

    office: str
    case_number: str
    item_name: str
    form: str
    """`copy`, `code` or `receipt`."""
    relied_at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ImpactLine:
    """One licence of a list. It holds neither name nor number."""

    line: int
    identifier: str
    type_slug: str
    status: str
    """When the list was made."""
    sealed_at: str
    relied_on: tuple[ReliedOn, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ImpactList:
    """What was touched, the oldest first."""

    made_at: datetime
    selection: ImpactSelection
    lines: tuple[ImpactLine, ...]
    unreadable: tuple[str, ...]
    """Identifiers of licences whose files are damaged: nobody can say what sealed them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Drill:
    """One kind of act that is done to everything on a list."""

    digest: str
    """SHA-256 of the list."""
    act: Act
    """As it was begun: its effective time and its grounds are those of every licence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DrillOutcome:
    """What became of one line."""

    line: int
    identifier: str
    done: bool
    earlier: bool
    """This drill had done it before it was broken off."""
    code: str = ""
    """Why it was refused."""
    pointer: str = ""
    """What in the act was refused, as a JSON pointer; empty when it was the act as such."""
    successor: str = ""
    """Identifier of the licence that took its place."""


class Impacts(Protocol):
    """Finds what was touched, and remembers lists and drills. Every method may raise StoreUnavailableError."""

    def touched(self, selection: ImpactSelection) -> Iterator[str]:
        """Return the identifiers of what fits, whatever the key; the oldest first."""

    def keep_list(self, digest: str, *, lines: int, made_at: datetime) -> None:
        """Remember a list; one that is known already stays as it is."""

    def knows_list(self, digest: str) -> bool:
        """Whether a list was made here."""

    def begin(self, drill: Drill) -> Drill:
        """Remember a drill, or return the one that was begun with this list and this kind of act."""

    def begin_anew(self, drill: Drill) -> None:
        """Remember a drill in the place of the one that was begun with this list and this kind of act."""


Touched = Callable[[Record], bool]
Do = Callable[[Record, Act], str]
"""Does an act to a licence and returns the identifier of the licence that took its place, empty when none does."""


def make_list(
    impacts: Impacts,
    store: LicenceStore,
    reliances: Reliances,
    selection: ImpactSelection,
    *,
    at: datetime,
    touched_by_key: Touched | None = None,
) -> ImpactList:
    """List what was touched, with the cases that were decided on it."""
    lines: list[ImpactLine] = []
    unreadable = []
    for identifier in impacts.touched(selection):
        record = store.get(identifier)
        try:
            if touched_by_key is not None and not touched_by_key(record):
                continue
        except StoreUnavailableError as error:
            if error.code != "FILE_DAMAGED":
                raise
            unreadable.append(identifier)
            continue
        lines.append(_line(len(lines) + 1, record, reliances))
    return ImpactList(made_at=at, selection=selection, lines=tuple(lines), unreadable=tuple(unreadable))


def _line(number: int, record: Record, reliances: Reliances) -> ImpactLine:
    relied_on = tuple(
        ReliedOn(
            office=one.office,
            case_number=one.case_number,
            item_name=one.item_name,
            form=one.kind.value,
            relied_at=_instant(one.relied_at),
        )
        for one in reliances.of_licence(record.identifier)
    )
    return ImpactLine(
        line=number,
        identifier=record.identifier,
        type_slug=record.type_slug,
        status=record.status.value,
        sealed_at=_instant(record.sealed_at),
        relied_on=relied_on,
    )


def list_to_bytes(impact: ImpactList) -> bytes:
    """Write a list as canonical JSON: its digest is its name."""
    selection = impact.selection
    document = {
        "format": IMPACT_FORMAT,
        "madeAt": _instant(impact.made_at),
        "selection": {
            "key": selection.key,
            "batch": selection.batch,
            "operator": selection.operator,
            "type": selection.type_code,
            "typeVersion": selection.type_version,
            "since": "" if selection.since is None else _instant(selection.since),
            "until": "" if selection.until is None else _instant(selection.until),
        },
        "licences": [
            {
                "line": one.line,
                "identifier": one.identifier,
                "type": one.type_slug,
                "status": one.status,
                "sealedAt": one.sealed_at,
                "reliedOn": [
                    {
                        "office": case.office,
                        "case": case.case_number,
                        "item": case.item_name,
                        "form": case.form,
                        "at": case.relied_at,
                    }
                    for case in one.relied_on
                ],
            }
            for one in impact.lines
        ],
        "unreadable": list(impact.unreadable),
    }
    return canonical_json(document)


def digest_of_list(data: bytes) -> str:
    """The name of a list."""
    return sha256(data).hexdigest()


def identifiers_in(data: bytes) -> tuple[str, ...]:
    """Return the licences of a list in its order; ImpactListError when it is none.

    Only the digest says that nobody changed it: ask ``Impacts.knows_list`` first.
    """
    if len(data) > MAX_IMPACT_BYTES:
        raise ImpactListError("IMPACT_LIST_BROKEN")
    try:
        document = json.loads(data)
        if document["format"] != IMPACT_FORMAT:
            raise ImpactListError("IMPACT_LIST_BROKEN")
        return tuple(str(one["identifier"]) for one in document["licences"])
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise ImpactListError("IMPACT_LIST_BROKEN") from error


def begin_drill(impacts: Impacts, store: LicenceStore, data: bytes, act: Act, *, timed: bool) -> Drill:
    """Begin a drill on a list or go on with it.

    ``timed`` says that the effective time of the act was asked for; else that of the first run stays.

    Raises ImpactListError: IMPACT_LIST_UNKNOWN when the list was not made here or was changed, IMPACT_DRILL_DIFFERS
    when the same kind of act was already done to some of it on other grounds or from another time.
    """
    digest = digest_of_list(data)
    if not impacts.knows_list(digest):
        raise ImpactListError("IMPACT_LIST_UNKNOWN")
    wanted = Drill(digest=digest, act=act)
    begun = impacts.begin(wanted)
    if _grounds(begun.act) == _grounds(act) and (begun.act.effective_at == act.effective_at or not timed):
        return begun
    if any(_was_done(store, identifier, begun) for identifier in identifiers_in(data)):
        raise ImpactListError("IMPACT_DRILL_DIFFERS")
    impacts.begin_anew(wanted)
    return wanted


def run_drill(
    drill: Drill, store: LicenceStore, identifiers: Iterable[str], act: Act, do: Do, *, now: Callable[[], datetime]
) -> Iterator[DrillOutcome]:
    """Do the act to one licence after the other and say what became of each.

    ``act`` names who acts today; its grounds and its effective time are taken from the drill. A licence that refuses
    the act is told with its code and left alone, and is tried again when the drill is. StoreUnavailableError ends the
    run: whoever begins it again goes on from there.
    """
    for number, identifier in enumerate(identifiers, 1):
        # The drill's own time comes last: a record that was written while the clock stood back is still seen.
        today = replace(drill.act, actor=act.actor, recorded_at=max(now(), drill.act.recorded_at))
        try:
            if _was_done(store, identifier, drill):
                yield DrillOutcome(line=number, identifier=identifier, done=True, earlier=True)
                continue
            successor = do(store.get(identifier), today)
        except (TransitionRefusedError, SuccessorInForceError, LicenceNotFoundError) as error:
            yield DrillOutcome(line=number, identifier=identifier, done=False, earlier=False, code=error.code)
        except ExceptionGroup as group:
            fault = next((one for one in group.exceptions if isinstance(one, InvalidFieldError)), None)
            if fault is None:
                raise
            yield DrillOutcome(
                line=number,
                identifier=identifier,
                done=False,
                earlier=False,
                code=fault.code,
                pointer=fault.pointer,
            )
        else:
            yield DrillOutcome(line=number, identifier=identifier, done=True, earlier=False, successor=successor)


def _was_done(store: LicenceStore, identifier: str, drill: Drill) -> bool:
    return any(
        _grounds(event.act) == _grounds(drill.act)
        and event.act.effective_at == drill.act.effective_at
        and event.act.recorded_at >= drill.act.recorded_at
        for event in store.events(identifier)
        # The licence that takes another's place is issued by the same act.
        if event.before is not None
    )


def _grounds(act: Act) -> tuple[Action, str, str, str]:
    return act.action, act.ground, act.decision, legal_ground_of(act)


def _instant(at: datetime) -> str:
    return at.astimezone(CHINA).isoformat(timespec="seconds")
