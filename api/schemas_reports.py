"""The bodies of requests and responses of verification: what is presented, for which case, and the report."""

from typing import Annotated, Literal

from pydantic import Field

from esign import MAX_ENTRY_CHARACTERS, MAX_REMARK_CHARACTERS

from .schemas import Body, Text, Words

CaseText = Annotated[str, Field(max_length=MAX_ENTRY_CHARACTERS)]


class HolderOnCard(Body):
    """Name and number as they stand on the holder's card."""

    name: Text
    code: Text


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
