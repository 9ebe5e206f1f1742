"""Drafts of licences (草稿): their data version by version, the remarks of the checkers, and who did what."""

import json
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Protocol

from keys import hash_bytes

from .actors import OFFICE_CODE_LENGTH, Actor
from .errors import DraftChangedError, DraftRefusedError, InvalidFieldError, SamePersonError
from .lifecycle import Action
from .review import CHECKING, DRAFT_TRANSITIONS, DraftAct, DraftState, account_key
from .texts import text_faults

MAX_CONTENT_BYTES = 4 * 1024 * 1024
"""Of one version as it is kept: metadata with an annex of 10,000 rows stay below half of it."""
MAX_VERSIONS = 200
MAX_REMARKS = 100
MAX_REMARK_LENGTH = 500
MAX_ACTOR_LENGTH = 128

_POINTER = re.compile(r"(?:/(?:[^~/\x00-\x1f]|~[01]){1,64}){1,8}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Replacement:
    """The licence in whose place the drafted one is put, and the act that does it when the draft is sealed."""

    identifier: str
    action: Action
    ground: str
    decision: str
    legal_ground: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftContent:
    """What a draft asks to be issued."""

    type_slug: str
    data: Mapping[str, object]
    """Paper metadata as a JSON parser returns them."""
    algorithm: str
    joint: tuple[str, ...] = ()
    """Names of the authorities that seal jointly."""
    replaces: Replacement | None = None
    """None for a first licence."""
    salt: str
    """32 random hexadecimal characters: the digest, which anybody may see, tells nothing to who guesses the data."""

    def to_bytes(self) -> bytes:
        """The one text of this content; ExceptionGroup of InvalidFieldError when it is too long to be kept."""
        members = {
            "type": self.type_slug,
            "data": self.data,
            "seal": self.algorithm,
            "joint": list(self.joint),
            "replaces": None if self.replaces is None else asdict(self.replaces),
            "salt": self.salt,
        }
        text = json.dumps(members, sort_keys=True, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
        if len(text) > MAX_CONTENT_BYTES:
            raise _refused([InvalidFieldError("/data", "TOO_LONG", limit=MAX_CONTENT_BYTES)])
        return text.encode("ascii")

    @property
    def digest(self) -> str:
        """SM3 of that text, in hexadecimal: what a checker approves."""
        return hash_bytes("sm3", self.to_bytes()).hex()


def content_from_bytes(text: bytes) -> DraftContent:
    """Read what ``DraftContent.to_bytes`` wrote."""
    members = json.loads(text)
    replaces = members["replaces"]
    if replaces is not None:
        replaces = Replacement(**{**replaces, "action": Action(replaces["action"])})
    return DraftContent(
        type_slug=members["type"],
        data=members["data"],
        algorithm=members["seal"],
        joint=tuple(members["joint"]),
        replaces=replaces,
        salt=members["salt"],
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """What the checker finds wrong, and where."""

    pointer: str
    """JSON pointer such as ``/data/certificateNumber``; empty for the draft as a whole."""
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A draft without what was typed into it."""

    id: str
    type_slug: str
    state: DraftState
    version: int
    """Of its data, from 1; each save makes one."""
    digest: str
    """Of that version."""
    revision: int
    """Counts the acts: two who act at the same time start from the same one, and only one of them gets through."""
    maker: str
    """Account that saved the newest version."""
    checker: str
    """Account that returned or approved it last; empty when nobody has since the last edit."""
    identifier: str
    """Of the licence; empty until it is sealed."""
    created_at: datetime
    changed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewEvent:
    """One act on a draft. Events are only ever added."""

    draft_id: str
    act: DraftAct
    before: DraftState | None
    after: DraftState
    version: int
    digest: str
    actor: Actor
    recorded_at: datetime
    remarks: tuple[Remark, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftStep:
    """An act that somebody wants to do to a draft, before the store has judged it."""

    act: DraftAct
    actor: Actor
    at: datetime
    digest: str = ""
    """Of the version that the act is about; where it is given, another newest version refuses the act."""
    remarks: tuple[Remark, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Out of what a licence is made: equal for the draft that was approved and the licence that it became."""

    type_slug: str
    data: object
    algorithm: str
    replaced: tuple[str, Action] | None
    """Identifier of the licence in whose place it is put, and the act; None for a first licence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """A reviewed draft that is being sealed: what allows `Issuer` to issue where a type requires review.

    It proves nothing by itself. The store seals the draft in the transaction that keeps the licence, and only when it
    has that draft, approved, with this very content.
    """

    draft_id: str
    content: DraftContent
    actor: Actor
    """Who has it sealed."""
    at: datetime

    @property
    def asked(self) -> Asked:
        """What was approved."""
        replaces = self.content.replaces
        return Asked(
            type_slug=self.content.type_slug,
            data=self.content.data,
            algorithm=self.content.algorithm,
            replaced=None if replaces is None else (replaces.identifier, replaces.action),
        )

    @property
    def step(self) -> DraftStep:
        """The act on the draft."""
        return DraftStep(act=DraftAct.SEAL, actor=self.actor, at=self.at, digest=self.content.digest)


class DraftStore(Protocol):
    """Keeps drafts, all their versions, and who did what. Every method may raise StoreUnavailableError."""

    def add(self, draft_id: str, content: DraftContent, step: DraftStep) -> Draft:
        """Keep a new draft (``CREATE``)."""

    def get(self, draft_id: str) -> Draft:
        """Return a draft; DraftNotFoundError."""

    def content(self, draft_id: str, version: int | None = None) -> DraftContent:
        """Return what was typed: the newest version or another one; DraftNotFoundError."""

    def save(self, draft_id: str, content: DraftContent, step: DraftStep) -> Draft:
        """Keep another version (``EDIT``); raises as ``act``, and DraftFullError at ``MAX_VERSIONS``."""

    def act(self, draft_id: str, step: DraftStep) -> Draft:
        """Submit, return, approve or abandon, all or nothing.

        Raises what ``next_draft`` raises, DraftNotFoundError, and DraftChangedError when somebody else was faster.
        """

    def events(self, draft_id: str) -> tuple[ReviewEvent, ...]:
        """Return the acts on a draft in the order in which they were recorded; DraftNotFoundError."""

    def drafts(self, state: DraftState | None, *, limit: int) -> tuple[Draft, ...]:
        """Return the drafts in a state, or all, the one that was changed last first."""


def first_draft(draft_id: str, content: DraftContent, step: DraftStep) -> Draft:
    """Return the draft that a ``CREATE`` makes."""
    return Draft(
        id=draft_id,
        type_slug=content.type_slug,
        state=DRAFT_TRANSITIONS[None, step.act],
        version=1,
        digest=content.digest,
        revision=1,
        maker=step.actor.name,
        checker="",
        identifier="",
        created_at=step.at,
        changed_at=step.at,
    )


def next_draft(
    draft: Draft,
    makers: Collection[str],
    step: DraftStep,
    *,
    content: DraftContent | None = None,
    identifier: str = "",
) -> Draft:
    """Return what a step makes of a draft; the stores ask this inside their transaction.

    ``makers`` are the accounts (``account_key``) that have saved or submitted any version of the draft; ``content`` is
    what an ``EDIT`` puts in the place of the newest version, ``identifier`` that of the licence that a ``SEAL`` makes.

    Raises DraftRefusedError when the table has no row, SamePersonError when a maker would check, DraftChangedError when
    the step is about another version than the newest.
    """
    if (content is not None) != (step.act is DraftAct.EDIT) or bool(identifier) != (step.act is DraftAct.SEAL):
        raise TypeError("an edit brings data, and a seal the licence that it made")
    try:
        state = DRAFT_TRANSITIONS[draft.state, step.act]
    except KeyError:
        raise DraftRefusedError(draft.state, step.act) from None
    if step.digest and step.digest != draft.digest:
        raise DraftChangedError
    if step.act in CHECKING and account_key(step.actor.name) in makers:
        raise SamePersonError
    changed = replace(
        draft,
        state=state,
        revision=draft.revision + 1,
        identifier=identifier or draft.identifier,
        changed_at=step.at,
    )
    if content is not None:
        changed = replace(
            changed,
            type_slug=content.type_slug,
            version=draft.version + 1,
            digest=content.digest,
            maker=step.actor.name,
            checker="",
        )
    return replace(changed, checker=step.actor.name) if step.act in CHECKING else changed


def check_step(step: DraftStep) -> None:
    """Check who acts and what is remarked; raises one ExceptionGroup of InvalidFieldError.

    Pointers: ``/actor/name``, ``/actor/office``, ``/remarks``, ``/remarks/0/pointer``, ``/remarks/0/text``.
    """
    faults = [
        *text_faults("/actor/name", step.actor.name, MAX_ACTOR_LENGTH),
        *text_faults("/actor/office", step.actor.office, MAX_ACTOR_LENGTH),
        *text_faults("/actor/officeCode", step.actor.office_code, OFFICE_CODE_LENGTH, required=False),
        *_remark_faults(step),
    ]
    if faults:
        raise _refused(faults)


def _remark_faults(step: DraftStep) -> Sequence[InvalidFieldError]:
    if step.act is DraftAct.RETURN and not step.remarks:
        return [InvalidFieldError("/remarks", "REQUIRED")]
    if len(step.remarks) > MAX_REMARKS:
        return [InvalidFieldError("/remarks", "TOO_MANY_ROWS", limit=MAX_REMARKS)]
    faults = []
    for place, remark in enumerate(step.remarks):
        if remark.pointer and _POINTER.fullmatch(remark.pointer) is None:
            faults.append(InvalidFieldError(f"/remarks/{place}/pointer", "POINTER_MALFORMED"))
        faults += text_faults(f"/remarks/{place}/text", remark.text, MAX_REMARK_LENGTH, lines=True)
    return faults


def _refused(faults: Sequence[InvalidFieldError]) -> ExceptionGroup[InvalidFieldError]:
    return ExceptionGroup("the step of the review is refused", faults)
