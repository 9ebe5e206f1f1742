"""Codes that let somebody use a licence once: authorisation codes 用证码, show codes 出示码, links for one download.

Each is 128 random bits; the store keeps a digest of it. Who brings a code that is not taken learns neither why nor
whether there ever was such a code.
"""

import base64
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import ClassVar, Protocol

from keys import hash_bytes

from .errors import AccessError

CODE_BYTES = 16
MAX_TYPED_CHARACTERS = 200
"""Of a code as it is handed in, its address around it included."""
MAX_LIVE_CODES = 60
"""That one holder has at a time, of each kind: a page that renews a show code twice a minute has two."""
SHOW_STEP = timedelta(seconds=30)
"""How often the holder's page renews a show code: a code is good for its own step and the next one.

A clock that runs behind that of the machine where the code was made is tolerated by as much.
"""
CODE_KEPT = timedelta(days=1)
"""After its end: so long a refusal can be told apart in the trail."""


class CodeKind(StrEnum):
    """What a code is for."""

    AUTHORISATION = "authorisation"
    SHOW = "show"
    DOWNLOAD = "download"


LIFETIMES: Mapping[CodeKind, timedelta] = MappingProxyType(
    {
        CodeKind.AUTHORISATION: timedelta(minutes=10),
        CodeKind.SHOW: 2 * SHOW_STEP,
        CodeKind.DOWNLOAD: timedelta(seconds=600),
    }
)


class UseMode(StrEnum):
    """The four modes in which a licence is used."""

    HOLDER = "holder"
    """本人用证."""
    AGENT = "agent"
    """委托用证: under a mandate."""
    REPRESENTATIVE = "representative"
    """监护人或法定代表人用证: by a recorded link to the holder."""
    STATUTORY = "statutory"
    """依职能用证: by an article of law."""


class Form(StrEnum):
    """In which form a licence is handed out."""

    DATA = "data"
    FILE = "file"
    COPY = "copy"
    """An annotated copy (加注件), made for the case."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """On what somebody uses a licence."""

    mode: UseMode
    relation: str = ""
    """Of the link that leads to the holder; empty for the holder himself."""
    mandate: str = ""
    """Id; empty in the other modes."""
    matter: str = ""
    """What the agent was entrusted with."""
    item_code: str = ""
    """Of the only service item that the mandate allows; empty for any."""
    legal_basis: str = ""
    """Article of law; empty in the other modes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Binding:
    """For whom and for which case a code counts."""

    client: str
    item_code: str
    case_number: str


UNBOUND = Binding(client="", item_code="", case_number="")


@dataclass(frozen=True, slots=True, kw_only=True)
class UseCode:
    """What stands behind a code."""

    kind: CodeKind
    identifier: str
    type_slug: str
    region: str
    holder_index: str
    ground: Ground
    made_by: str
    """Name of the client."""
    made_at: datetime
    binding: Binding = UNBOUND
    item_name: str = ""
    forms: frozenset[Form] = frozenset()
    file_kind: str = ""
    """Of the file that a link is for; empty for an annotated copy."""
    copy_serial: str = ""

    @property
    def expires_at(self) -> datetime:
        """When it stops being taken."""
        return self.made_at + LIFETIMES[self.kind]


class Refusal(StrEnum):
    """Why a code was not taken: for the trail, never for whoever brought it."""

    UNKNOWN = "unknown"
    OVER = "over"
    EARLY = "early"
    """Made in the future, by more than a clock may be off."""
    USED = "used"
    NOT_BOUND = "not-bound"
    """Another client, item or case."""
    NOT_ALLOWED = "not-allowed"
    """The client may not read licences of this type or region."""
    NOT_THIS_FORM = "not-this-form"
    MANDATE_OVER = "mandate-over"


class CodeRefusedError(AccessError):
    """A code is not taken; everybody is told the same, whatever the reason."""

    FAULT: ClassVar[str]
    refusal: Refusal
    identifier: str
    """Of the licence, for the trail; empty when the code is unknown."""

    def __init__(self, refusal: Refusal, identifier: str = "") -> None:
        super().__init__(self.FAULT)
        self.refusal = refusal
        self.identifier = identifier


class TooManyCodesError(AccessError):
    """A holder has so many codes that are not over that no more are made."""

    def __init__(self) -> None:
        super().__init__("TOO_MANY_CODES", limit=MAX_LIVE_CODES)


class AuthorisationRefusedError(CodeRefusedError):
    """An authorisation code is unknown, over, used, or somebody else's."""

    FAULT = "AUTHORISATION_REFUSED"


class ShowCodeOverError(CodeRefusedError):
    """A show code is over, was looked at by the same verifier, or never was."""

    FAULT = "SHOW_CODE_OVER"


class DownloadOverError(CodeRefusedError):
    """A link for one download is over, was used, or never was."""

    FAULT = "DOWNLOAD_OVER"


REFUSALS: Mapping[CodeKind, type[CodeRefusedError]] = MappingProxyType(
    {
        CodeKind.AUTHORISATION: AuthorisationRefusedError,
        CodeKind.SHOW: ShowCodeOverError,
        CodeKind.DOWNLOAD: DownloadOverError,
    }
)


def _anything(type_slug: str, region: str) -> bool:
    return True


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """Somebody brings a code."""

    kind: CodeKind
    token: str = field(repr=False)
    at: datetime
    verifier: str = ""
    """Who looks, for a code that each verifier may use once; empty for one that is used once by anybody."""
    binding: Binding = UNBOUND
    form: Form | None = None
    may: Callable[[str, str], bool] = _anything
    """Whether the caller may read licences of a type in a region."""


class UseCodes(Protocol):
    """Keeps codes. Every method may raise StoreUnavailableError."""

    def add(self, code: UseCode, token: str, *, most: int | None = MAX_LIVE_CODES) -> None:
        """Keep a code, and remove those that were over ``CODE_KEPT`` ago.

        TooManyCodesError when its maker has so many of the kind that are not over.
        """

    def take(self, attempt: Attempt) -> UseCode:
        """Use a code; of any number that try at once, in any number of processes, one succeeds.

        Raises the CodeRefusedError of its kind. Every refusal costs the same work, so that time tells nothing.
        """

    def sweep(self, before: datetime) -> int:
        """Remove codes that were over before an instant; returns how many."""


def make_token(random: Callable[[int], bytes]) -> str:
    """Return a new code: base32 in capitals, which makes the smallest QR symbols."""
    return base64.b32encode(random(CODE_BYTES)).decode("ascii").rstrip("=")


def fold_token(text: str) -> str:
    """Return a code as it was made, from what a scanner or a person handed in: an address, small letters, spaces."""
    last = text[:MAX_TYPED_CHARACTERS].rstrip("/ \t\r\n").rpartition("/")[2]
    return "".join(character for character in last if not character.isspace() and character != "-").upper()


def token_digest(kind: CodeKind, token: str) -> str:
    """Return what is kept of a code: nothing to search for, since the code has 128 random bits."""
    return hash_bytes("sm3", f"{kind}:{fold_token(token)}".encode("utf-8", "surrogatepass")).hex()
