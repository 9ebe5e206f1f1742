"""The bodies of requests and responses about the use of licences: one's own, by authorisation, shown, entrusted."""

from typing import Annotated, Any, Literal

from pydantic import Field

from licences.access import MAX_TYPED_CHARACTERS
from licences.supervision import MAX_CONTACT_CHARACTERS, MAX_STATEMENT_CHARACTERS

from .schemas import Body, Day, Text, Words
from .schemas_copies import ItemBody
from .schemas_holders import Access, HolderCodeOut
from .schemas_reports import ReportOut

Typed = Annotated[str, Field(min_length=1, max_length=MAX_TYPED_CHARACTERS)]
FormName = Literal["data", "file", "copy"]


class AuthorisationBody(Body):
    """For which client, item and case an authorisation code is made, and what it hands out."""

    requester: Annotated[Text, Field(description="name of the client that may redeem it")]
    item: ItemBody
    case_number: Text
    forms: list[FormName] = Field(default=["data"], min_length=1, max_length=3)


class DutyBody(AuthorisationBody):
    """The same by statutory duty: of which licence, by which article, and for whom."""

    identifier: Text
    legal_basis: Annotated[Text, Field(description="law and article")]
    access: Access


class RedeemBody(Body):
    """An authorisation code, and for whom, what and why it is used."""

    code: Typed
    form: FormName = "data"
    access: Access


class OwnCopyBody(Body):
    """To whom the holder hands an annotated copy, and what for."""

    cause: Text
    recipient: Text


class DownloadBody(Body):
    """Which file is fetched: one of the licence, or an annotated copy made for it."""

    format: Literal["pdf", "ofd", "json", "p7s"] = "pdf"
    document: Annotated[str, Field(max_length=32, description="key of a further document; PDF and OFD only")] = ""
    copy_for: OwnCopyBody | None = None


class ShownBody(Body):
    """A show code, its address, or what a scanner read; with `access` unmasked, for callers who may read."""

    code: Typed
    access: Access | None = None


class HolderKeyBody(Body):
    """Kind and code of a holder."""

    kind: Text
    code: Text


class AgentBody(HolderKeyBody):
    """Who is entrusted; the name is compared at login, so that a slip in the number entrusts nobody else."""

    name: Text


class MandateBody(Body):
    """Whom a holder entrusts with which licences, for what and how long; `principal` for whom one represents."""

    agent: AgentBody
    licences: list[Text] = Field(default=[], max_length=50)
    types: list[Text] = Field(default=[], max_length=50)
    matter: Text
    item_code: Annotated[str, Field(max_length=128, description="the only item it counts for; empty for any")] = ""
    since: Day | None = None
    until: Day
    principal: HolderKeyBody | None = None


class GroundOut(Body):
    """On what a licence is used."""

    mode: Literal["holder", "agent", "representative", "statutory"]
    relation: str = Field(description="of a representative: `guardian` or `representative`")
    mandate: str | None
    matter: str | None
    item_code: str | None
    legal_basis: str | None


class OwnLicenceOut(Body):
    """A licence that the caller may use."""

    identifier: str
    number: str
    type: str
    name: Words
    status: str
    state: str = Field(description="status, or what follows from dates and obligations, in one word")
    valid_from: str
    valid_to: str | None
    in_force: bool
    grounds: list[GroundOut]


class OwnLicencesOut(Body):
    """The licences that the caller may use: the caller's own first, in force first."""

    licences: list[OwnLicenceOut]


class ShownOwnLicenceOut(OwnLicenceOut):
    """The same with everything that the licence says."""

    licence: dict[str, Any]
    formats: list[str]


class MadeCodeOut(Body):
    """An authorisation code; it is told once and kept nowhere."""

    code: str
    made_at: str
    expires_at: str


class MadeShowCodeOut(MadeCodeOut):
    """A show code: `address` is what the QR symbol holds; after `renew_in` seconds the page shows a new one."""

    address: str
    renew_in: int


class DownloadOut(Body):
    """A link for one download."""

    address: str
    made_at: str
    expires_at: str


class RedeemedOut(Body):
    """What an authorisation code hands out as data, with the state of the licence at this moment."""

    identifier: str
    status: str
    state: str
    ground: GroundOut
    licence: dict[str, Any]


class ShownOut(Body):
    """What a verifier sees of a licence that is being shown."""

    identifier: str
    ground: GroundOut
    shown_at: str
    full: bool = Field(description="false: names and numbers of persons are masked")
    licence: dict[str, Any]
    report: ReportOut


class AgentOut(HolderCodeOut):
    """Who was entrusted; the code is masked."""

    name: str


class MandateOut(Body):
    """A mandate. To the principal the agent is named, to the agent the principal."""

    mandate: str
    principal: AgentOut
    agent: AgentOut
    licences: list[str]
    types: list[str]
    matter: str
    item_code: str | None
    since: str
    until: str
    granted_at: str
    withdrawn_at: str | None
    holds: bool


class MandatesOut(Body):
    """What the caller entrusted, and with what the caller is entrusted."""

    given: list[MandateOut]
    received: list[MandateOut]


class AccessEntryOut(Body):
    """Somebody looked, or was refused. Offices are named, officers are not."""

    at: str
    kind: str
    done: bool
    by_yourself: bool
    office: str
    item_name: str
    item_code: str
    case_number: str
    reason: str
    identifier: str
    type: str
    mode: str


class AccessesOut(Body):
    """Who looked at the caller's licences, the newest first."""

    accesses: list[AccessEntryOut]


class ObjectionBody(Body):
    """What is wrong about which licence; `contact` only for somebody who wants to be called."""

    identifier: Text
    statement: Annotated[str, Field(min_length=1, max_length=MAX_STATEMENT_CHARACTERS)]
    contact: Annotated[str, Field(max_length=MAX_CONTACT_CHARACTERS)] = ""


class AnswerOut(Body):
    """An office's answer."""

    at: str
    office: str
    text: str


class ObjectionOut(Body):
    """An objection and what became of it."""

    number: str
    identifier: str
    statement: str
    opened_at: str
    deadline: str
    state: Literal["open", "upheld", "rejected"]
    answers: list[AnswerOut]


class ObjectionsOut(Body):
    """The caller's objections."""

    objections: list[ObjectionOut]
