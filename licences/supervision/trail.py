"""The trail (电子监察): who did, read, verified or shared what, when and why. Entries are only ever added."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Protocol, Self

from licences.access import HERE, Caller, Proof, Purpose


class TrailKind(StrEnum):
    """What an entry tells of."""

    CHANGE = "change"
    """A licence was issued or acted upon: taken from the licence's own history, so that none is missed."""
    REVIEW = "review"
    """A step of a draft, taken from the draft's own history."""
    READ = "read"
    """One licence or file of it was handed out."""
    LOOK_UP = "look_up"
    """The licences of a holder were looked up."""
    VERIFY = "verify"
    SHARE = "share"
    """Another platform was served."""
    COPY = "copy"
    REQUIREMENTS = "requirements"
    AUTHORISATION = "authorisation"
    """An authorisation code was made, used or refused."""
    SHOW = "show"
    """A holder showed a licence, or somebody looked at what was shown."""
    MANDATE = "mandate"
    """A holder entrusted somebody, or took it back."""
    SESSION = "session"
    """Somebody logged in or out."""
    CLIENTS = "clients"
    """Clients, keys, roles or grants were changed."""
    CASE = "case"
    OPERATION = "operation"
    """Backup, restore, settings, keys."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrailEntry:
    """One entry. It names no citizen: a holder stands here by the keyed index of the store only."""

    kind: TrailKind
    at: datetime
    done: bool
    """False for what was refused."""
    code: str = ""
    """Reason of a verdict, or the code of the refusal."""
    client: str = ""
    office: str = ""
    office_code: str = ""
    proof: Proof | None = None
    """None for what people did who did not say who they are: anybody may scan a code."""
    identifier: str = ""
    type_slug: str = ""
    region: str = ""
    holder_index: str = ""
    """HMAC-SM3 of kind and code, as in the store."""
    purpose: Purpose | None = None
    details: Mapping[str, str] = field(default_factory=dict)
    """What else an auditor needs, in short words; nothing personal."""

    def by(self, caller: Caller | None) -> Self:
        """Return it as an entry about what a caller does; None is an operator on this machine."""
        if caller is None:
            return replace(self, client=HERE, proof=Proof.HERE)
        return replace(
            self,
            client=caller.client,
            office=caller.office,
            office_code=caller.office_code,
            proof=caller.proof,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberedEntry:
    """An entry with its place in the trail."""

    sequence: int
    entry: TrailEntry


@dataclass(frozen=True, slots=True, kw_only=True)
class TrailQuestion:
    """Which entries are asked for; what is empty or None is not asked about."""

    kind: TrailKind | None = None
    client: str = ""
    office_code: str = ""
    identifier: str = ""
    holder_index: str = ""
    """Of a holder: what names the holder, and all that was done with the holder's licences."""
    since: datetime | None = None
    until: datetime | None = None
    after: int = 0
    """Only entries with a larger sequence number."""


class Trail(Protocol):
    """Port: where entries are kept."""

    def record(self, entry: TrailEntry) -> None:
        """Keep an entry for good before returning; StoreUnavailableError when that cannot be done."""

    def entries(self, question: TrailQuestion, *, limit: int) -> tuple[NumberedEntry, ...]:
        """Give entries in their order, at most so many."""

    def close(self) -> None:
        """Close what it has open; the next use opens it again."""
