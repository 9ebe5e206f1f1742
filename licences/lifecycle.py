"""The lifecycle of a licence as a table ``(status, action) -> status``.

Only what is *done* to a licence is a status here. "Expired" and "not yet in force" follow from the dates of the licence
and are computed where they are asked for, never stored.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from .errors import InvalidFieldError, TransitionRefusedError
from .texts import text_fault


class Status(StrEnum):
    """State of a licence."""

    PENDING = "pending"
    """Sealed by the first of several authorities that issue it together; the others have not sealed yet."""
    ISSUED = "issued"
    REVOKED = "revoked"

    @property
    def zh(self) -> str:
        """Chinese name."""
        return _STATUS_NAMES[self]


class Action(StrEnum):
    """What an authority does to a licence."""

    PREPARE = "prepare"
    """The first of several authorities seals."""
    ISSUE = "issue"
    """The only authority seals, or the last one."""
    REVOKE = "revoke"
    """吊销, a penalty (行政处罚法 art. 9(3), 2021 text); it needs the number of a penalty decision."""

    @property
    def zh(self) -> str:
        """Chinese name."""
        return _ACTION_NAMES[self]


_STATUS_NAMES: Mapping[Status, str] = MappingProxyType(
    {Status.PENDING: "未生效", Status.ISSUED: "有效", Status.REVOKED: "吊销"}
)
_ACTION_NAMES: Mapping[Action, str] = MappingProxyType(
    {Action.PREPARE: "待会签", Action.ISSUE: "签发", Action.REVOKE: "吊销"}
)

TRANSITIONS: Mapping[tuple[Status | None, Action], Status] = MappingProxyType(
    {
        (None, Action.PREPARE): Status.PENDING,
        (None, Action.ISSUE): Status.ISSUED,
        (Status.PENDING, Action.ISSUE): Status.ISSUED,
        (Status.ISSUED, Action.REVOKE): Status.REVOKED,
    }
)
"""None stands for a licence that does not exist yet."""


def after(status: Status | None, action: Action) -> Status:
    """Return the status that ``action`` leads to from ``status``; TransitionRefusedError when the table has no row."""
    try:
        return TRANSITIONS[status, action]
    except KeyError:
        raise TransitionRefusedError(status, action) from None


MAX_GROUND_LENGTH = 1000
MAX_DECISION_LENGTH = 100


def check_grounds(ground: str, decision: str) -> None:
    """Check what an authority gives with an act: why, and the number of its decision (at most 1000 and 100 characters).

    Raises one ExceptionGroup of InvalidFieldError with the pointers ``/ground`` and ``/decision``.
    """
    faults = []
    for pointer, text, limit in (
        ("/ground", ground, MAX_GROUND_LENGTH),
        ("/decision", decision, MAX_DECISION_LENGTH),
    ):
        if not text:
            faults.append(InvalidFieldError(pointer, "REQUIRED"))
        elif len(text) > limit:
            faults.append(InvalidFieldError(pointer, "TOO_LONG", limit=limit))
        elif (fault := text_fault(pointer, text, lines=pointer == "/ground")) is not None:
            faults.append(fault)
    if faults:
        raise ExceptionGroup("the grounds of the act are refused", faults)
