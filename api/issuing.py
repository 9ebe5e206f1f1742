"""A request to issue: read, replayed or made, kept. The command line, HTTP and the demo all come through here."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from licences import AllotmentTakenError, Idempotency, Issuer, LicenceStore, MadeLicence, Record, request_idempotency

from .errors import MalformedInputError, UsageError

SEALS = ("sm2", "rsa")
DEFAULT_SEAL = "sm2"
MAX_KEY_CHARACTERS = 255
_ATTEMPTS = 3  # an allotment that is taken has a chance below 2**-50: three times means that something is broken


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueRequest:
    """What somebody asks to be issued."""

    type: str
    data: object
    seal: str

    def idempotency(self, key: str | None) -> Idempotency | None:
        """Bind a caller's key, if there is one, to this request; UsageError when it cannot be one."""
        if key is not None and not 0 < len(key) <= MAX_KEY_CHARACTERS:
            raise UsageError(
                f"幂等键应为 1 至 {MAX_KEY_CHARACTERS} 个字符。",
                f"an idempotency key has 1 to {MAX_KEY_CHARACTERS} characters",
            )
        return request_idempotency(key, self.type, self.data, self.seal)


@dataclass(frozen=True, slots=True, kw_only=True)
class Issued:
    """The licence that answers a request."""

    record: Record
    replayed: bool
    """It had been issued for an earlier request with the same key."""


def read_request(document: object, *, type_name: str | None = None, seal: str | None = None) -> IssueRequest:
    """Read a request from JSON: `{"type", "data", "seal"}`, or the data alone when the type is named beside it.

    Raises MalformedInputError for another form, UsageError when something is said twice and differently.
    """
    if not isinstance(document, dict):
        raise MalformedInputError("应为 JSON 对象。", "a JSON object is expected")
    if not isinstance(document.get("data"), dict):
        if type_name is None or "data" in document or "type" in document:
            raise MalformedInputError(
                '应为 {"type": …, "data": {…}}。', 'an object {"type": …, "data": {…}} is expected'
            )
        document = {"data": document}
    unknown = document.keys() - {"type", "data", "seal"}
    if unknown:
        raise MalformedInputError("除 type、data、seal 外还有其他键。", "there are keys besides type, data and seal")
    chosen_seal = _one_of("seal", document.get("seal"), seal) or DEFAULT_SEAL
    if chosen_seal not in SEALS:
        raise MalformedInputError("seal 应为 sm2 或 rsa。", "seal is sm2 or rsa")
    chosen_type = _one_of("type", document.get("type"), type_name)
    if chosen_type is None:
        raise UsageError("没有说明证照类型（type）。", "no licence type is named")
    return IssueRequest(type=chosen_type, data=document["data"], seal=chosen_seal)


def issue(
    request: IssueRequest,
    *,
    issuer: Callable[[], Issuer],
    store: LicenceStore,
    key: str | None,
    at: datetime,
    before_keeping: Callable[[MadeLicence], None] | None = None,
) -> Issued:
    """Answer a request: replay it, or make, check and keep a licence.

    `issuer` is called only when something has to be made. `before_keeping` runs when the licence is finished and
    checked but not yet issued; an error there leaves nothing behind.
    """
    idempotency = request.idempotency(key)
    if idempotency is not None:
        earlier = store.replay(*idempotency)
        if earlier is not None:
            return Issued(record=earlier, replayed=True)
    for attempt in range(_ATTEMPTS):
        made = issuer().make(request.type, request.data, algorithm=request.seal, at=at)
        if before_keeping is not None:
            before_keeping(made)
        try:
            kept = issuer().keep(made, idempotency)
        except AllotmentTakenError:
            if attempt == _ATTEMPTS - 1:
                raise
            continue
        return Issued(record=kept, replayed=kept.identifier != made.record.identifier)
    raise AssertionError("unreachable")


def _one_of(name: str, inside: object, beside: str | None) -> str | None:
    if inside is None:
        return beside
    if not isinstance(inside, str):
        raise MalformedInputError(f"{name} 应为文本。", f"{name} is a text")
    if beside is not None and beside != inside:
        raise UsageError(f"文件中的 {name} 与命令行不一致。", f"{name} in the file and on the command line differ")
    return inside
