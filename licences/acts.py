"""An act on a licence: what is done, why, by whom, and from when; and what every act must bring along."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from types import MappingProxyType

from .actors import OFFICE_CODE_LENGTH, Actor
from .errors import InvalidFieldError
from .legal_grounds import AFTER_AN_END, LEGAL_GROUNDS
from .lifecycle import Action, Status
from .texts import text_faults

MAX_GROUND_LENGTH = 1000
MAX_DECISION_LENGTH = 100
MAX_ACTOR_LENGTH = 128
MAX_RELATED_LENGTH = 128
MAX_OBLIGATION_LENGTH = 64

NOBODY = Actor(name="", office="")
"""Of acts that were recorded before actors were."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Particulars:
    """What only some acts say."""

    until: date | None = None
    """New last day of an extension."""
    obligation: str = ""
    """Key of what was inspected, reported or re-checked."""
    next_due: date | None = None
    """Last day on which that is not overdue again."""
    applied_on: date | None = None
    """Day of the application for renewal."""
    keeps_valid: bool = False
    """Whether that application was timely, so that the licence stays valid until it is decided."""
    related: str = ""
    """Identifier of the licence that comes before or after, here or elsewhere."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """One act. It takes effect at one time and is recorded at another: both are kept."""

    action: Action
    ground: str
    """Why, in the authority's words."""
    decision: str
    """Number of the decision; empty where the act needs none."""
    effective_at: datetime
    recorded_at: datetime
    actor: Actor = NOBODY
    legal_ground: str = ""
    """Code of `LEGAL_GROUNDS`; may be left out where the act has only one."""
    particulars: Particulars = field(default_factory=Particulars)


_NEED_NO_DECISION = frozenset(
    {
        Action.ACTIVATE,
        Action.REPORT_LOST,
        Action.FIND,
        Action.EXPIRE,
        Action.ACCEPT_RENEWAL,
        Action.DISPUTE,
        Action.SETTLE,
        Action.INSPECT,
        Action.REPLACE_LOST,
    }
)

_NEEDED: Mapping[Action, tuple[str, ...]] = MappingProxyType(
    {
        Action.EXTEND: ("until",),
        Action.INSPECT: ("obligation", "next_due"),
        Action.ACCEPT_RENEWAL: ("applied_on",),
        Action.TRANSFER_OUT: ("related",),
    }
)
_POINTERS: Mapping[str, str] = MappingProxyType(
    {
        "until": "/until",
        "obligation": "/obligation",
        "next_due": "/nextDue",
        "applied_on": "/appliedOn",
        "related": "/related",
    }
)


def legal_ground_of(act: Act) -> str:
    """The code of the act's legal ground: the one that was given, or the only one that the law has for it."""
    known = LEGAL_GROUNDS.get(act.action, ())
    return act.legal_ground or (known[0].code if len(known) == 1 else "")


def check_act(act: Act, status: Status) -> None:
    """Check what an act on a licence in a status brings along.

    Raises one ExceptionGroup of InvalidFieldError with pointers such as ``/ground``, ``/decision``, ``/legalGround``.
    Whether the lifecycle has such an act is asked elsewhere (``lifecycle.after``).
    """
    faults = [
        *text_faults("/ground", act.ground, MAX_GROUND_LENGTH, lines=True),
        *text_faults(
            "/decision",
            act.decision,
            MAX_DECISION_LENGTH,
            required=act.action not in _NEED_NO_DECISION,
        ),
        *text_faults("/actor/name", act.actor.name, MAX_ACTOR_LENGTH, required=False),
        *text_faults("/actor/office", act.actor.office, MAX_ACTOR_LENGTH, required=False),
        *text_faults("/actor/officeCode", act.actor.office_code, OFFICE_CODE_LENGTH, required=False),
        *text_faults("/related", act.particulars.related, MAX_RELATED_LENGTH, required=False),
        *text_faults("/obligation", act.particulars.obligation, MAX_OBLIGATION_LENGTH, required=False),
        *_legal_faults(act, status),
        *(
            InvalidFieldError(_POINTERS[name], "REQUIRED")
            for name in _NEEDED.get(act.action, ())
            if not getattr(act.particulars, name)
        ),
    ]
    if faults:
        raise ExceptionGroup("the act is refused", faults)


def _legal_faults(act: Act, status: Status) -> list[InvalidFieldError]:
    known = {ground.code for ground in LEGAL_GROUNDS.get(act.action, ())}
    given = legal_ground_of(act)
    if not given:
        return [InvalidFieldError("/legalGround", "REQUIRED")] if known else []
    if given not in known:
        return [InvalidFieldError("/legalGround", "LEGAL_GROUND_UNKNOWN")]
    ended = status in (Status.REVOKED, Status.ANNULLED, Status.WITHDRAWN)
    if act.action is Action.CANCEL and ended != (given == AFTER_AN_END):
        return [InvalidFieldError("/legalGround", "LEGAL_GROUND_DOES_NOT_FIT")]
    return []
