"""Bodies of the trail, of statistics, warnings and cases."""

from typing import Annotated, Literal

from pydantic import Field

from .schemas import Body, Instant

Note = Annotated[str, Field(max_length=4000)]


class PurposeOut(Body):
    """Why a licence was read."""

    office: str
    officer: str
    item_name: str
    item_code: str
    case_number: str
    reason: str


class TrailEntryOut(Body):
    """Who did what."""

    sequence: int
    at: str
    kind: str
    done: Annotated[bool, Field(description="false for what was refused")]
    code: Annotated[str, Field(description="reason of a verdict, or code of the refusal")]
    client: str
    office: str
    office_code: str
    proof: str | None
    identifier: str
    type: str
    region: str
    holder: Annotated[str, Field(description="keyed index of the holder, never a number")]
    purpose: PurposeOut | None
    details: dict[str, str]


class TrailOut(Body):
    """Entries in their order."""

    entries: list[TrailEntryOut]
    next: Annotated[int, Field(description="go on with `after` = this number")]
    more: bool


class TrailStateOut(Body):
    """How far the chain is."""

    entries: int
    chained: int
    waiting: int
    oldest_waiting: str | None
    batch: int
    digest: str
    signed_batch: int


class TrailHolderBody(Body):
    """About which holder: the number stands in a body, not in an address that is logged elsewhere."""

    kind: Annotated[str, Field(min_length=3, max_length=3)]
    code: Annotated[str, Field(min_length=1, max_length=64)]
    after: Annotated[int, Field(ge=0, le=2**31 - 1)] = 0
    limit: Annotated[int, Field(ge=1, le=1000)] = 100


class StatisticsLineOut(Body):
    """How often something was done on a day."""

    day: str
    office_code: str
    type: str
    measure: Literal["issued", "acted", "reviewed", "read", "verified", "shared", "refused"]
    verdict: Annotated[Literal["passed", "failed", "indeterminate"] | None, Field(description="of verifications")]
    outcome: str
    count: int


class StatisticsOut(Body):
    """By day, office and licence type."""

    since: str
    until: str
    lines: list[StatisticsLineOut]


class WarningOut(Body):
    """One thing that is due, or overdue."""

    kind: Literal[
        "expiring", "inspection_overdue", "inspection_due", "review_waiting", "case_overdue", "case_due"
    ]  # fmt: skip
    due: str
    subject: str
    type: str
    office_code: str
    detail: str


class WarningsOut(Body):
    """What is due; days are calendar days."""

    at: str
    warnings: list[WarningOut]


class CaseHolderBody(Body):
    """The holder who raises it."""

    kind: Annotated[str, Field(min_length=3, max_length=3)]
    code: Annotated[str, Field(min_length=1, max_length=64)]


class CaseBody(Body):
    """A new case; one about a report of a forgery names the report and needs no statement."""

    kind: Literal["objection", "complaint", "forgery"]
    statement: Note = ""
    contact: Annotated[str, Field(max_length=200)] = ""
    identifier: Annotated[str, Field(max_length=128)] = ""
    forgery: Annotated[str, Field(max_length=32)] = ""
    holder: CaseHolderBody | None = None


class CaseStepBody(Body):
    """What is done in a case."""

    act: Literal["take", "reply", "extend", "uphold", "reject"]
    note: Note = ""
    deadline: Instant | None = None


class CaseStepOut(Body):
    """What was done in a case."""

    act: str
    at: str
    actor: str
    office: str
    note: str
    deadline: str | None


class CaseOut(Body):
    """A case with its history."""

    number: str
    kind: str
    opened_at: str
    deadline: str
    overdue: bool
    identifier: str
    office_code: str
    forgery: str
    statement: str
    contact: str
    owner: str
    state: Literal["open", "upheld", "rejected"]
    steps: list[CaseStepOut]


class CasesOut(Body):
    """Cases without what was written in them."""

    cases: list["CaseLineOut"]


class CaseLineOut(Body):
    """A case in a list."""

    number: str
    kind: str
    opened_at: str
    deadline: str
    overdue: bool
    identifier: str
    owner: str
    state: Literal["open", "upheld", "rejected"]
