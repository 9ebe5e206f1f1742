"""The bodies of requests and responses about drafts and their review."""

from typing import Annotated, Literal

from pydantic import Field

from .schemas import Body, Text
from .schemas_licences import ActorBody, WishBody


class StepBody(Body):
    """A step of a review that needs nothing but somebody who takes it."""

    actor: ActorBody


class ReplacementBody(Body):
    """The licence in whose place the drafted one is put, and the act that does it."""

    identifier: Text
    action: Literal["change", "correct", "renew", "exchange", "replace-lost"]
    ground: Annotated[str, Field(max_length=1000)]
    decision: Annotated[str, Field(max_length=100)] = ""
    legal_ground: Annotated[str, Field(max_length=64)] = ""


class DraftBody(WishBody):
    """What is to be issued, as a draft; with `digest` only in the place of that version."""

    actor: ActorBody
    replaces: ReplacementBody | None = None
    digest: Annotated[str, Field(max_length=64)] = ""


class ApprovalBody(StepBody):
    """Approves the version with this digest."""

    digest: Annotated[str, Field(min_length=1, max_length=64)]


class RemarkBody(Body):
    """What is wrong, and where: a JSON pointer, or empty for the whole draft."""

    pointer: str = ""
    text: str


class ReturnBody(StepBody):
    """Sends a draft back."""

    remarks: Annotated[list[RemarkBody], Field(max_length=100)]
    digest: Annotated[str, Field(max_length=64)] = ""


class DraftOut(Body):
    """A draft without what was typed into it."""

    draft: str
    type: str
    state: str
    version: int
    digest: str
    maker: str
    checker: str | None
    identifier: str | None
    created_at: str
    changed_at: str


class DraftListOut(Body):
    """Drafts, the one that was changed last first."""

    drafts: list[DraftOut]
    limit: int


class DraftVersionOut(Body):
    """One version of what was typed."""

    version: int
    digest: str
    type: str
    data: dict[str, object]
    seal: str
    joint: list[str]
    replaces: ReplacementBody | None


class DraftActorOut(Body):
    """Who did it."""

    name: str
    office: str
    office_code: str | None


class DraftEventOut(Body):
    """One act on a draft."""

    act: str
    before: str | None
    after: str
    version: int
    digest: str
    actor: DraftActorOut
    remarks: list[RemarkBody]
    recorded_at: str


class ShownDraftOut(DraftOut):
    """A draft with one version of its data and everything that was done to it."""

    shown: DraftVersionOut
    events: list[DraftEventOut]
