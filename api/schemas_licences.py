"""The bodies of requests and responses about licences: issuing, acts, history."""

from typing import Annotated, Literal

from pydantic import Field

from .schemas import Body, Day, Instant, Text, Words


class WishBody(Body):
    """Licence type, paper metadata, and the seal to use."""

    type: Text
    data: dict[str, object]
    seal: Literal["sm2", "rsa", "sm2+rsa"] = "sm2"
    joint: list[Text] = Field(default=[], max_length=7)


Format = Annotated[
    Literal["pdf", "ofd", "both"] | None,
    Field(description="`ofd` and `both` have an OFD made beside the PDF; left out: what the settings say"),
]


class IssueBody(WishBody):
    """What is to be issued."""

    format: Format = None
    body: Annotated[str | None, Field(description="a PDF in base64, for types that have a supplied body")] = None
    transferred_from: Annotated[str, Field(max_length=128, description="licence elsewhere that ends for it")] = ""


class ActorBody(Body):
    """Who does it, and for which office."""

    name: Text
    office: Text
    office_code: Annotated[str, Field(max_length=18)] = ""


class ActBody(Body):
    """What is done to a licence; `data`, `seal` and `joint` where another licence takes its place."""

    action: Literal[
        "activate", "change", "correct", "renew", "exchange", "replace-lost", "report-lost", "find", "suspend",
        "resume", "revoke", "annul", "withdraw", "cancel", "expire", "transfer-out", "restore", "accept-renewal",
        "refuse-renewal", "extend", "dispute", "settle", "inspect",
    ]  # fmt: skip
    actor: ActorBody
    ground: Annotated[str, Field(max_length=2000)] = ""
    decision: Annotated[str, Field(max_length=200)] = ""
    legal_ground: Annotated[str, Field(max_length=32)] = ""
    effective_at: Instant | None = None
    until: Day | None = None
    obligation: Annotated[str, Field(max_length=64)] = ""
    next_due: Day | None = None
    applied_on: Day | None = None
    related: Annotated[str, Field(max_length=128)] = ""
    data: dict[str, object] | None = None
    seal: Literal["sm2", "rsa", "sm2+rsa"] = "sm2"
    joint: list[Text] = Field(default=[], max_length=7)


class FileOut(Body):
    """A file of a licence: where it is and its digests in hexadecimal."""

    path: str
    sha256: str
    sm3: str


FilesOut = Annotated[
    dict[str, FileOut],
    Field(
        description="`pdf`, `json` and `p7s`; `ofd` where there is one; `pdf.KEY`, `ofd.KEY` for each further document"
    ),
]


class IssuedOut(Body):
    """An issued licence."""

    identifier: str
    number: str
    type: str
    version: str
    algorithm: Literal["sm2", "rsa", "sm2+rsa"]
    files: FilesOut
    code: str
    short_code: str
    verify_url: str
    level: Literal["B-B", "B-T", "B-LT", "B-LTA"]
    shortfall: Words | None
    replayed: bool


class ActorOut(Body):
    """Who did it; empty for an office that was not named."""

    name: str
    office: str
    office_code: str


class ActOut(Body):
    """One act on a licence."""

    action: str
    status_before: str | None
    status_after: str
    ground: str
    legal_ground: str
    decision: str
    actor: ActorOut
    effective_at: str
    recorded_at: str
    until: str | None = None
    obligation: str = ""
    next_due: str | None = None
    applied_on: str | None = None
    keeps_valid: bool = False
    related: str = ""


class ActedOut(ActOut):
    """A licence as an act left it, with the act."""

    identifier: str
    number: str
    type: str
    status: str
    valid_from: str
    valid_to: str | None


class VersionOut(Body):
    """One version of a licence with everything that was done to it."""

    identifier: str
    number: str
    version: str
    sealed_at: str
    state: str | None
    acts: list[ActOut]


class HistoryOut(Body):
    """All versions of a licence, the first one first."""

    versions: list[VersionOut]
    at: str
    known_at: str | None


class LicenceOut(Body):
    """A licence as the store knows it."""

    identifier: str
    number: str
    type: str
    version: str
    algorithm: Literal["sm2", "rsa", "sm2+rsa"]
    files: FilesOut
    code: str
    short_code: str
    verify_url: str
    status: str
    valid_from: str
    valid_to: str | None
    sealed_at: str
