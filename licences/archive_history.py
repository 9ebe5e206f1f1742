"""Whether the acts in an archive package can have followed each other, and lead to the state that it states."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from itertools import pairwise

from esign import ArchivedAct, ArchivedStanding, ArchivedVersion, ArchiveManifest, StructuredLicence

from .actors import Actor
from .acts import Act, Particulars
from .errors import TransitionRefusedError
from .lifecycle import TAKES_BACK, Action, Status, after
from .standing import Event, standing_at


def archive_problems(manifest: ArchiveManifest, licences: Mapping[str, StructuredLicence]) -> tuple[str, ...]:
    """Say in English where the acts of a manifest contradict themselves or its versions; nothing when they are sound.

    `licences` are the structured e-licences of its versions, by identifier.
    """
    known = {version.identifier for version in manifest.versions}
    return tuple(
        f"{version.identifier}: {problem}"
        for version in manifest.versions
        for problem in _problems(version, licences[version.identifier], known, manifest.created_at)
    )


def _problems(
    version: ArchivedVersion, licence: StructuredLicence, known: set[str], made_at: datetime
) -> Iterator[str]:
    try:
        events = [_event(version.identifier, act) for act in version.acts]
    except ValueError:
        yield "an act that the lifecycle does not have"
        return
    if not events or events[0].before is not None:
        yield "the acts do not begin with the making of the licence"
        return
    for event in events:
        if not _allowed(event):
            yield f"{event.action.value} does not lead from {event.before} to {event.after}"
        if event.act.recorded_at > made_at:
            yield f"{event.action.value} was recorded after the package was made"
        related = event.act.particulars.related
        if event.action.makes_successor and related not in known:
            yield f"{event.action.value} made a version that is missing"
    for earlier, later in pairwise(events):
        if later.before is not earlier.after or later.sequence <= earlier.sequence:
            yield f"{later.action.value} does not follow {earlier.action.value}"
    standing = standing_at(events, licence.obligations, made_at)
    if standing is None or version.standing != ArchivedStanding(
        value=standing.status.value,
        disputed=standing.disputed,
        renewal_pending=standing.renewal_pending,
        extended_to=standing.extended_to,
        obligations=standing.obligations,
        successor=standing.successor,
    ):
        yield "the acts lead to another state than the one that is stated"


def _allowed(event: Event) -> bool:
    try:
        usual = after(event.before, event.action)
        return event.after is usual or (event.before, event.action) in TAKES_BACK
    except TransitionRefusedError:
        return False


def _event(identifier: str, act: ArchivedAct) -> Event:
    """Read an act back; ValueError for a word that the lifecycle does not have."""
    return Event(
        identifier=identifier,
        before=None if act.before is None else Status(act.before),
        after=Status(act.after),
        act=Act(
            action=Action(act.action),
            ground=act.ground,
            decision=act.decision,
            legal_ground=act.legal_ground,
            effective_at=act.effective_at,
            recorded_at=act.recorded_at,
            actor=Actor(name=act.actor, office=act.office, office_code=act.office_code),
            particulars=Particulars(
                until=act.until,
                obligation=act.obligation,
                next_due=act.next_due,
                applied_on=act.applied_on,
                keeps_valid=act.keeps_valid,
                related=act.related,
            ),
        ),
        sequence=act.sequence,
    )
