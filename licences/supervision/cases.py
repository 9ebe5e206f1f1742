"""Cases (异议、投诉、举报): what somebody objects to, who deals with it until when, what was answered.

What people write is personal, so all of it is kept encrypted. A case about a report of a forgery names the report, and
that one is kept where it is.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from esign import fold_short_code, group_short_code, is_short_code, make_short_code
from licences.actors import Actor
from licences.errors import InvalidFieldError
from licences.texts import as_typed, text_faults

CASE_PREFIX = "AJ"
"""案件: before the twelve characters of a case's number."""
MAX_STATEMENT_CHARACTERS = 2000
MAX_CONTACT_CHARACTERS = 100
MAX_NOTE_CHARACTERS = 2000
MAX_STEPS = 200
MAX_OPEN_CASES = 20
"""Of one holder at a time."""
CASE_TERM = timedelta(days=15)
"""Calendar days: a term of the office's own, which holidays do not lengthen."""
MAX_TERM = timedelta(days=180)


class CaseKind(StrEnum):
    """What it is about."""

    OBJECTION = "objection"
    """异议: what a licence says, or what was done with it, is wrong."""
    COMPLAINT = "complaint"
    """投诉: about an office."""
    FORGERY = "forgery"
    """举报: about a report of a forgery."""


class CaseAct(StrEnum):
    """What is done in a case."""

    OPEN = "open"
    TAKE = "take"
    """Somebody becomes its owner."""
    REPLY = "reply"
    """An answer that the holder sees."""
    EXTEND = "extend"
    UPHOLD = "uphold"
    """Close it: it was right."""
    REJECT = "reject"
    """Close it: it was not."""


ACTS_IN_CASES = tuple(act.value for act in CaseAct if act is not CaseAct.OPEN)
CLOSING = frozenset({CaseAct.UPHOLD, CaseAct.REJECT})


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseStep:
    """One thing that was done."""

    act: CaseAct
    at: datetime
    actor: Actor
    note: str = ""
    """What was answered, or why."""
    deadline: datetime | None = None
    """The new one, of an extension."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One case with its history."""

    number: str
    kind: CaseKind
    opened_at: datetime
    deadline: datetime
    identifier: str
    """Of the licence that it is about; empty when it is about none."""
    holder_index: str
    """Of the holder who raised it, as in the store; empty when somebody else did."""
    office_code: str
    """Of the office whose business it is."""
    forgery: str
    """Number of the report that it is about; empty without one."""
    statement: str
    contact: str
    steps: tuple[CaseStep, ...]
    """The opening first."""

    @property
    def closed(self) -> CaseStep | None:
        """How it ended; None while it is open."""
        return self.steps[-1] if self.steps[-1].act in CLOSING else None

    @property
    def state(self) -> str:
        """`open`, `upheld` or `rejected`."""
        end = self.closed
        return "open" if end is None else ("upheld" if end.act is CaseAct.UPHOLD else "rejected")

    @property
    def owner(self) -> Actor | None:
        """Who deals with it."""
        return next((step.actor for step in reversed(self.steps) if step.act is CaseAct.TAKE), None)

    @property
    def last_reply(self) -> str:
        """The newest answer that the holder sees; empty without one."""
        answers = (step.note for step in reversed(self.steps) if step.act is CaseAct.REPLY or step.act in CLOSING)
        return next(answers, "")


class Cases(Protocol):
    """Port: keeps cases. Every method may raise StoreUnavailableError."""

    def open(self, case: Case) -> None:
        """Keep a new case.

        Raises CaseKnownError when its report of a forgery has one, CasesFullError when its holder has too many,
        LicenceNotFoundError, ForgeryReportNotFoundError, AllotmentTakenError when the number is in use.
        """

    def get(self, number: str) -> Case:
        """Return a case; CaseNotFoundError."""

    def waiting(self) -> tuple[Case, ...]:
        """Return the open ones, by their deadline."""

    def closed(self, limit: int) -> tuple[Case, ...]:
        """Return the others, the newest first."""

    def of_holder(self, holder_index: str) -> tuple[Case, ...]:
        """Return those of a holder, the newest first."""

    def step(self, number: str, step: CaseStep) -> Case:
        """Add a step; CaseNotFoundError, CaseClosedError, ExceptionGroup of InvalidFieldError."""


def make_case(
    *,
    kind: CaseKind,
    statement: str,
    contact: str,
    actor: Actor,
    at: datetime,
    random: Callable[[int], bytes],
    identifier: str = "",
    holder_index: str = "",
    office_code: str = "",
    forgery: str = "",
    term: timedelta = CASE_TERM,
) -> Case:
    """Make a case of what was typed; raises one ExceptionGroup of InvalidFieldError with every fault."""
    statement, contact = as_typed(statement), as_typed(contact)
    faults = [
        *text_faults("/statement", statement, MAX_STATEMENT_CHARACTERS, required=not forgery, lines=True),
        *text_faults("/contact", contact, MAX_CONTACT_CHARACTERS, required=False),
    ]
    if faults:
        raise ExceptionGroup("the case is refused", faults)
    return Case(
        number=CASE_PREFIX + make_short_code(random),
        kind=kind,
        opened_at=at,
        deadline=at + term,
        identifier=identifier,
        holder_index=holder_index,
        office_code=office_code,
        forgery=forgery,
        statement=statement,
        contact=contact,
        steps=(CaseStep(act=CaseAct.OPEN, at=at, actor=actor),),
    )


def make_step(
    *, act: CaseAct, actor: Actor, at: datetime, note: str = "", deadline: datetime | None = None
) -> CaseStep:
    """Make a step of what was typed; errors as ``make_case``."""
    note = as_typed(note)
    faults = text_faults("/note", note, MAX_NOTE_CHARACTERS, required=act is not CaseAct.TAKE, lines=True)
    if (deadline is not None) != (act is CaseAct.EXTEND):
        faults.append(InvalidFieldError("/deadline", "CASE_DEADLINE_WRONG", limit=MAX_TERM.days))
    elif deadline is not None and not at < deadline <= at + MAX_TERM:
        faults.append(InvalidFieldError("/deadline", "CASE_DEADLINE_WRONG", limit=MAX_TERM.days))
    if act is CaseAct.OPEN:
        faults.append(InvalidFieldError("/act", "NOT_IN_LIST", values="、".join(ACTS_IN_CASES)))
    if faults:
        raise ExceptionGroup("the step is refused", faults)
    return CaseStep(act=act, at=at, actor=actor, note=note, deadline=deadline)


def fold_case_number(text: str) -> str:
    """The number of a case as it is stored, from the way somebody typed it; empty when it cannot be one."""
    folded = fold_short_code(text)
    rest = folded.removeprefix(CASE_PREFIX)
    return folded if folded != rest and is_short_code(rest) else ""


def group_case_number(number: str) -> str:
    """The number as it is shown: AJ and three groups of four."""
    return f"{CASE_PREFIX}-{group_short_code(number.removeprefix(CASE_PREFIX))}"
