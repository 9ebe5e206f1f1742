"""The bodies of HTTP requests and responses: for checking what comes in, and for the description in OpenAPI."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Annotated, Any, Literal, TypeVar

from fastapi import FastAPI
from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic.json_schema import models_json_schema

from esign import MAX_ENTRY_CHARACTERS, MAX_REMARK_CHARACTERS
from licences.access import PURPOSE_MEMBERS

from .errors import BodyFault, InvalidBodyError, UsageError
from .inputs import parse_json, within_calendars
from .messages import Message

MAX_FAULTS = 50  # told of one body; a hostile one has as many as it has keys

Text = Annotated[str, Field(min_length=1, max_length=256)]
Element = Annotated[str, Field(max_length=256)]
CaseText = Annotated[str, Field(max_length=MAX_ENTRY_CHARACTERS)]


def _as_text(value: object) -> object:
    """Days and instants are texts in JSON; a number that pydantic would take for seconds is refused."""
    if not isinstance(value, str):
        raise ValueError("a text is expected")  # pydantic turns it into a fault of the body
    return value


def _in_calendars(value: datetime) -> datetime:
    try:
        return within_calendars(value)
    except UsageError as error:
        raise ValueError("an instant is expected") from error


Day = Annotated[date, BeforeValidator(_as_text), Field(strict=False)]
Instant = Annotated[AwareDatetime, BeforeValidator(_as_text), AfterValidator(_in_calendars), Field(strict=False)]


class Body(BaseModel):
    """A JSON object without keys that nobody knows; nothing is converted."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class WishBody(Body):
    """Licence type, paper metadata, and the seal to use."""

    type: Text
    data: dict[str, object]
    seal: Literal["sm2", "rsa", "sm2+rsa"] = "sm2"
    joint: Annotated[list[Text], Field(max_length=7)] = []


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
    joint: Annotated[list[Text], Field(max_length=7)] = []


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


class Access(Body):
    """Who looks something up, for which matter, and why: each of them is needed, and what is missing is named."""

    model_config = ConfigDict(json_schema_extra={"required": list(PURPOSE_MEMBERS)})

    office: Element = ""
    officer: Element = ""
    item_name: Element = ""
    item_code: Element = ""
    case_number: Element = ""
    reason: Element = ""


class HolderBody(Body):
    """A holder by kind and code (GB/T 36903 Annex A), and why they are looked up."""

    model_config = ConfigDict(json_schema_extra={"required": ["kind", "code", "access"]})

    kind: Text
    code: Text
    history: bool = False
    linked: bool = False
    access: Access = Access()


class HolderOnCard(Body):
    """Name and number as they stand on the holder's card."""

    name: Text
    code: Text


class RequesterBody(Body):
    """An office that asks for something, and the account of its officer."""

    office: Text
    officer: Text


class ItemBody(Body):
    """A service item (事项)."""

    name: Text
    code: Text


class CopyBody(Body):
    """For whom an annotated copy is made, what for, and until when; `made_by` is the account of whoever makes it."""

    cause: Text
    requester: RequesterBody
    item: ItemBody
    case_number: Text
    made_by: Text
    expires_at: Text | None = None
    format: Format = None


class StatusQuestion(Body):
    """Which licence, by its identifier and its place in the status list; as of when (default now)."""

    identifier: Annotated[str, Field(min_length=1, max_length=128)]
    list: Annotated[int, Field(ge=0)]
    index: Annotated[int, Field(ge=0)]
    at: Annotated[str | None, Field(max_length=40)] = None


class DueOut(Body):
    """An obligation, and when it is due next."""

    key: str
    label: str
    due: str
    effect: str


class KnownStatusOut(Body):
    """State of a licence as of a time."""

    value: str
    as_of: str
    disputed: bool
    renewal_pending: bool
    extended_to: str | None
    obligations: list[DueOut]
    successor: str | None


class RemoteStatusOut(Body):
    """Null: no licence with this identifier at this place."""

    status: KnownStatusOut | None


class CodeBody(Body):
    """A code as text, or a short code."""

    code: Annotated[str, Field(min_length=1, max_length=4096)]
    holder: HolderOnCard | None = None


class CaseBody(CodeBody):
    """A code, and for which case it is checked."""

    officer: CaseText = ""
    case_number: CaseText = ""
    item_name: CaseText = ""
    item_code: CaseText = ""


class ReceiptBody(CaseBody):
    """A code of which a receipt is wanted, as of a time."""

    at: Text | None = None


class RefusalBody(CaseBody):
    """A code that passed and is not taken, and why."""

    reason: Literal[
        "system-not-ready", "original-for-archive", "doubt-about-result", "doubt-about-holder", "law-demands-paper",
        "other",
    ]  # fmt: skip
    remark: Annotated[str, Field(max_length=MAX_REMARK_CHARACTERS)] = ""


class DigestsBody(Body):
    """Digests of one thing, in hexadecimal; as many as the client likes."""

    sha256: Annotated[str | None, Field(pattern="^[0-9A-Fa-f]{64}$")] = None
    sm3: Annotated[str | None, Field(pattern="^[0-9A-Fa-f]{64}$")] = None
    sha384: Annotated[str | None, Field(pattern="^[0-9A-Fa-f]{96}$")] = None
    sha512: Annotated[str | None, Field(pattern="^[0-9A-Fa-f]{128}$")] = None


class DigestBody(Body):
    """A signature in base64 and the digest of what it stands on: the document itself stays where it is."""

    digest: DigestsBody
    signature: Annotated[str, Field(min_length=1)]
    of: Annotated[
        Literal["file", "licence", "pdf"],
        Field(description="what the digest is of; `pdf`: the bytes that a signature in a PDF covers"),
    ] = "licence"


class Words(Body):
    """A statement in both languages."""

    zh: str
    en: str


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


class CopyOut(Body):
    """An annotated copy."""

    serial: str
    identifier: str
    made_at: str
    expires_at: str
    files: FilesOut


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


class HolderCodeOut(Body):
    """Kind and masked code of a holder."""

    kind: str
    code: str


class LinkOut(Body):
    """A recorded link between two codes."""

    link: str
    relation: str
    name: Words
    earlier: HolderCodeOut
    later: HolderCodeOut
    since: str


class HeldOut(Body):
    """One licence of a holder."""

    identifier: str
    number: str
    type: str
    status: str
    valid_from: str
    valid_to: str | None
    in_force: bool
    through: list[LinkOut] = Field(default=[], description="Only with `linked`: the links that lead to it.")


class HeldListOut(Body):
    """The licences of a holder, those in force first."""

    licences: list[HeldOut]


class StatusOut(Body):
    """State of a licence, as of when, from where."""

    value: str
    as_of: str | None
    source: Literal["store", "list", "remote", "archive", "none"]
    next_update: str | None = Field(description="Of a status list: when a newer one should be there.")
    disputed: bool
    renewal_pending: bool
    extended_to: str | None
    successor: str | None


class CodeOut(Body):
    """What a code says."""

    identifier: str
    valid_from: str
    valid_to: str | None


class CheckOut(Body):
    """One check of a report."""

    name: str
    outcome: Literal["passed", "failed", "indeterminate"]
    code: str
    detail: str


class SignerOut(Body):
    """The subject of a signer's certificate."""

    name: str
    organization: str


class RevocationOut(Body):
    """Whether a certificate of the signer's path had been taken back, who said so and when."""

    status: Literal["good", "revoked", "unknown", "unpublished", "unchecked"]
    source: Literal["list", "ocsp", "none"]
    as_of: str | None
    since: str | None
    reason: str


class SignatureOut(Body):
    """One signature."""

    field: str
    algorithm: str
    signer: SignerOut
    certificate_issuer: str | None
    certificate_serial: str
    claimed_time: str | None
    proven_time: str | None
    proof: Literal["none", "store", "timestamp", "document-timestamp"]
    covers: Literal["whole", "part", "revision", "content", "code"]
    intact: bool
    valid: bool
    trusted: bool
    revocation: RevocationOut
    changes: list[str]
    changed_pages: list[int]
    development: bool


class AnchorsOut(Body):
    """How many roots are trusted, and when that was changed last."""

    count: int
    as_of: str | None


class RegisterOut(Body):
    """When the register of authorities was signed."""

    as_of: str | None


class RevocationAgeOut(Body):
    """How old the oldest word of a CA is that was used."""

    as_of: str | None


class ClockOut(Body):
    """The machine's clock, and the latest time that somebody trusted has signed."""

    now: str | None
    newest_seen: str | None
    doubtful: bool


class BasisOut(Body):
    """What a verdict rests on, and how old that is."""

    anchors: AnchorsOut
    register_: Annotated[RegisterOut, Field(alias="register")]
    revocation: RevocationAgeOut
    clock: ClockOut
    lines: list[Words]


class ReportOut(Body):
    """The answer to a verification; the holder is masked."""

    verdict: Literal["passed", "failed", "indeterminate"]
    kind: str
    authenticity: Literal["passed", "failed", "indeterminate"]
    status: StatusOut
    reason: str
    indication: str
    sub_indication: str
    sentence: Words
    action: Words
    licence: dict[str, object] | None
    copy_: Annotated[dict[str, object] | None, Field(alias="copy")]
    recorded: dict[str, object] | None
    archive: dict[str, object] | None
    code: CodeOut | None
    checks: list[CheckOut]
    signatures: list[SignatureOut]
    basis: BasisOut
    at: str
    development: bool


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


class FieldErrorOut(Body):
    """One refused field."""

    pointer: str
    code: str
    message: Words


class ProblemOut(Body):
    """Problem details (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    message: Words
    errors: list[FieldErrorOut] = []


BODIES: tuple[type[Body], ...] = (
    IssueBody, HolderBody, CodeBody, StatusQuestion, ActBody, CopyBody, StepBody, DraftBody, ApprovalBody, ReturnBody,
    ReceiptBody, RefusalBody, DigestBody,
)  # fmt: skip
"""The bodies that come in; all others are described by the routes that answer with them."""
_referenced: dict[str, type[Body]] = {}
"""Bodies of other modules that come in."""

_TEMPLATE = "#/components/schemas/{model}"

_FAULTS = {
    "missing": ("REQUIRED", Message(zh="此项必填", en="this field is required")),
    "extra_forbidden": ("UNKNOWN_FIELD", Message(zh="没有此项", en="there is no such field")),
    "string_too_long": ("TOO_LONG", Message(zh="过长", en="too long")),
    "string_too_short": ("REQUIRED", Message(zh="此项必填", en="this field is required")),
    "literal_error": ("NOT_IN_LIST", Message(zh="不在允许的取值之内", en="not one of the values allowed")),
    "enum": ("NOT_IN_LIST", Message(zh="不在允许的取值之内", en="not one of the values allowed")),
}
_OTHER_FAULT = ("WRONG_FORM", Message(zh="形式不对", en="has the wrong form"))

BodyType = TypeVar("BodyType", bound=Body)


def read_body(model: type[BodyType], data: bytes) -> BodyType:
    """Read a JSON body; MalformedInputError when it is no JSON, InvalidBodyError with every fault of its form."""
    return read_document(model, parse_json(data))


def read_document(model: type[BodyType], document: object) -> BodyType:
    """Read what `parse_json` returned, or a part of it; InvalidBodyError with every fault of its form."""
    try:
        return model.model_validate(document)
    except ValidationError as error:
        raise invalid_body(error.errors(include_url=False, include_context=False, include_input=False)) from None


def invalid_body(details: Sequence[Mapping[str, object]], *, skip: int = 0) -> InvalidBodyError:
    """Turn pydantic's details into ours, which never repeat a value; `skip` drops the first parts of each place."""
    faults = []
    for detail in details[:MAX_FAULTS]:
        place = detail["loc"]
        parts = place[skip:] if isinstance(place, tuple) else ()
        code, message = _FAULTS.get(str(detail["type"]), _OTHER_FAULT)
        # A key that nobody knows was typed by somebody: only its parent is named.
        named = parts[:-1] if code == "UNKNOWN_FIELD" else parts
        faults.append(BodyFault(pointer="".join(f"/{part}" for part in named), code=code, message=message))
    return InvalidBodyError(tuple(faults))


def reference(model: type[Body]) -> dict[str, str]:
    """Refer to a body's schema in OpenAPI, where `describe` then puts it."""
    _referenced[model.__name__] = model
    return {"$ref": _TEMPLATE.format(model=model.__name__)}


def describe(app: FastAPI) -> None:
    """Add the schemas of the bodies that come in to the application's OpenAPI document."""
    made = app.openapi

    def with_bodies() -> dict[str, Any]:
        document = made()
        _, described = models_json_schema(
            [(body, "validation") for body in {*BODIES, *_referenced.values()}], ref_template=_TEMPLATE
        )
        document.setdefault("components", {}).setdefault("schemas", {}).update(described["$defs"])
        return document

    # FastAPI's documented way of extending the document is to replace this method.
    app.openapi = with_bodies  # type: ignore[method-assign]
