"""A request to issue, as it comes from outside. The command line, HTTP and the demo all come through here."""

import base64
import binascii
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from licences import NATIVE, Act, Action, Actor, Issued, Issuer, MadeLicence, parse_identifier

from .errors import MalformedInputError, UsageError
from .settings import DEFAULT_FORMAT, FORMATS, SUITES

DEFAULT_SEAL = "sm2"
MAX_KEY_CHARACTERS = 255


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueRequest:
    """What somebody asks to be issued."""

    type: str
    data: object
    seal: str
    body: bytes | None = None
    """A PDF that was written elsewhere, for types that have one."""
    transferred_from: str = ""
    """Identifier of the licence of an authority elsewhere that it takes the place of."""
    joint: tuple[str, ...] = ()
    """Names of the partners (`api.partners`) that issue it jointly, in the order in which they seal."""
    format: str | None = None
    """One of `FORMATS`; None: as the home's settings say."""


def read_request(
    document: object,
    *,
    type_name: str | None = None,
    seal: str | None = None,
    joint: Sequence[str] | None = None,
    body: bytes | None = None,
    transferred_from: str = "",
    form: str | None = None,
) -> IssueRequest:
    """Read a request from JSON: `{"type", "data", "seal", "joint", "format"}`, or the data alone.

    The type of data alone is named beside them.

    Raises MalformedInputError for another form, UsageError when something is said twice and differently.
    """
    if not isinstance(document, dict):
        raise MalformedInputError("应为 JSON 对象。", "a JSON object is expected")
    if not isinstance(document.get("data"), dict):
        if type_name is None or "data" in document or "type" in document:
            raise MalformedInputError(
                '应为 {"type": …, "data": {…}}；格式见 elicence catalogue show 类型 --json。',
                'an object {"type": …, "data": {…}} is expected: elicence catalogue show TYPE --json has a sample',
            )
        document = {"data": document}
    unknown = document.keys() - {"type", "data", "seal", "joint", "format"}
    if unknown:
        raise MalformedInputError(
            "除 type、data、seal、joint、format 外还有其他键。",
            "there are keys besides type, data, seal, joint and format",
        )
    chosen_seal = _one_of("seal", document.get("seal"), seal) or DEFAULT_SEAL
    if chosen_seal not in SUITES:
        raise MalformedInputError("seal 应为 sm2、rsa 或 sm2+rsa。", "seal is sm2, rsa or sm2+rsa")
    chosen_form = _one_of("format", document.get("format"), form)
    if chosen_form not in (None, *FORMATS):
        raise MalformedInputError("format 应为 pdf、ofd 或 both。", "format is pdf, ofd or both")
    chosen_type = _one_of("type", document.get("type"), type_name)
    if chosen_type is None:
        raise UsageError("没有说明证照类型（type）。", "no licence type is named")
    return IssueRequest(
        type=chosen_type,
        data=document["data"],
        seal=chosen_seal,
        joint=_joint(document, joint),
        body=body,
        transferred_from=transferred_from,
        format=chosen_form,
    )


def issue(
    request: IssueRequest,
    *,
    issuer: Issuer,
    key: str | None,
    at: datetime,
    actor: Actor | None = None,
    before_keeping: Callable[[MadeLicence], None] | None = None,
) -> Issued:
    """Answer a request, as `Issuer.issue` does; UsageError when the caller's key cannot be one.

    `actor` is who issues it, for the log of acts.
    """
    require_key(key)
    provenance = NATIVE
    if request.transferred_from:
        parse_identifier(request.transferred_from)
        provenance = replace(NATIVE, transferred_from=request.transferred_from)
    return issuer.issue(
        request.type,
        request.data,
        algorithm=request.seal,
        body=request.body,
        ofd=None if request.format is None else request.format != DEFAULT_FORMAT,
        provenance=provenance,
        at=at,
        idempotency_key=key,
        issued_by=None if actor is None else _issued_by(actor, at),
        before_keeping=before_keeping,
    )


def _issued_by(actor: Actor, at: datetime) -> Act:
    return Act(action=Action.ISSUE, ground="", decision="", effective_at=at, recorded_at=at, actor=actor)


def require_key(key: str | None) -> None:
    """Raise UsageError when a caller's idempotency key cannot be one."""
    if key is not None and not 0 < len(key) <= MAX_KEY_CHARACTERS:
        raise UsageError(
            f"幂等键应为 1 至 {MAX_KEY_CHARACTERS} 个字符。",
            f"an idempotency key has 1 to {MAX_KEY_CHARACTERS} characters",
        )


def _joint(document: Mapping[str, object], beside: Sequence[str] | None) -> tuple[str, ...]:
    inside = document.get("joint")
    if inside is None:
        return tuple(beside or ())
    if not isinstance(inside, list) or not all(isinstance(name, str) for name in inside):
        raise MalformedInputError("joint 应为名称的列表。", "joint is a list of names")
    if beside is not None and list(beside) != inside:
        raise UsageError(
            "命令行的 --joint 与文件中写明的 joint 不同；文件中已写明时可不写 --joint。",
            "--joint differs from the joint that the file says: it can be left out",
        )
    return tuple(inside)


def _one_of(name: str, inside: object, beside: str | None) -> str | None:
    if inside is None:
        return beside
    if not isinstance(inside, str):
        raise MalformedInputError(f"{name} 应为文本。", f"{name} is a text")
    if beside is not None and beside != inside:
        raise UsageError(
            f"命令行的 --{name} 与文件中写明的 {name} 不同；文件中已写明时可不写 --{name}。",
            f"--{name} differs from the {name} that the file says: it can be left out",
        )
    return inside


def body_from(text: str | None) -> bytes | None:
    """Read a PDF from base64; MalformedInputError when it is none."""
    if text is None:
        return None
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise MalformedInputError("body 应为 base64 编码的 PDF。", "body is a PDF in base64") from error
