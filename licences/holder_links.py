"""Links between holder codes: one person or body had two, or one stands in another's place. Recorded, never inferred.

A link opens the licences under one code to who asks by the other. It changes nothing else: no licence ends because a
company was merged. A wrong link is withdrawn by an entry of its own; both stay in the record.
"""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import Enum, auto
from types import MappingProxyType
from typing import Protocol

from esign import CHINA

from .actors import OFFICE_CODE_LENGTH, Actor
from .errors import InvalidFieldError, InvalidHolderError
from .holders import CITIZEN_NUMBER, HOLDER_KINDS, OTHER_ORGANISATION, SOCIAL_CREDIT_CODE, look_at_holder
from .store import HolderKey
from .texts import text_fault

MAX_EVIDENCE_LENGTH = 500
MAX_REASON_LENGTH = 500
MAX_ACTOR_LENGTH = 128
MAX_LINKED_CODES = 50
"""Codes that one look-up follows. A person has a handful; a body that took over fifty others is another question."""

_PERSONS = frozenset(code for code, kind in HOLDER_KINDS.items() if kind.is_person)
_BODIES = frozenset(HOLDER_KINDS) - _PERSONS
_PASSPORTS = frozenset({"411", "412", "413", "414"})


class Reach(Enum):
    """What a link opens to whom."""

    SAME_HOLDER = auto()
    """Both codes are of one person or body: each opens what is under the other, and on along further links."""
    SUCCESSOR = auto()
    """The later body has everything of the earlier one, what that had taken over before included; not vice versa."""
    EARLIER_ONLY = auto()
    """The later code opens what is under the earlier holder's codes, and nothing behind that; not vice versa."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Relation:
    """One row of the table of relations."""

    name: str
    zh: str
    en: str
    reach: Reach
    earlier_kinds: frozenset[str]
    later_kinds: frozenset[str]


def _relation(
    name: str, zh: str, en: str, earlier: frozenset[str], later: frozenset[str], reach: Reach = Reach.SAME_HOLDER
) -> Relation:
    return Relation(name=name, zh=zh, en=en, reach=reach, earlier_kinds=earlier, later_kinds=later)


_CITIZEN = frozenset({CITIZEN_NUMBER})
_ROWS = (
    _relation("number-changed", "公民身份号码变更或更正", "citizen number changed", _CITIZEN, _CITIZEN),
    _relation("passport-renewed", "护照换发", "passport renewed", _PASSPORTS, _PASSPORTS),
    _relation("document-replaced", "证件换为另一种", "document replaced by another", _PERSONS, _PERSONS),
    _relation(
        "credit-code-given",
        "原证件代码换为统一社会信用代码",
        "earlier code replaced by a social credit code",
        frozenset({OTHER_ORGANISATION}),
        frozenset({SOCIAL_CREDIT_CODE}),
    ),
    _relation("merged", "合并", "merged into another body", _BODIES, _BODIES, Reach.SUCCESSOR),
    _relation("split", "分立", "split off from another body", _BODIES, _BODIES, Reach.EARLIER_ONLY),
    _relation("guardian", "监护", "the later is the guardian of the earlier", _PERSONS, _PERSONS, Reach.EARLIER_ONLY),
    _relation(
        "representative",
        "法定代表人或负责人",
        "the later represents the earlier body by law",
        _BODIES,
        _PERSONS,
        Reach.EARLIER_ONLY,
    ),
)
RELATIONS: Mapping[str, Relation] = MappingProxyType({row.name: row for row in _ROWS})


@dataclass(frozen=True, slots=True, kw_only=True)
class HolderLink:
    """One recorded link."""

    id: str
    relation: str
    """A key of ``RELATIONS``."""
    earlier: HolderKey
    """Kind and code: the old number, the body that ended, the ward, the body that is represented."""
    later: HolderKey
    """The new number, the body that took over, the guardian, the representative."""
    since: date
    evidence: str
    """What proves it: document, number, who gave it out."""
    evidence_digest: str
    """SHA-256 of the scanned document in lower-case hexadecimal; empty when there is none."""
    actor: Actor
    recorded_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdrawal:
    """A link was recorded wrongly."""

    reason: str
    actor: Actor
    recorded_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkEntry:
    """What the record says about a link."""

    link: HolderLink
    withdrawal: Withdrawal | None = None


class HolderLinks(Protocol):
    """Keeps links. Rows are only ever added. Every method may raise StoreUnavailableError."""

    def add(self, link: HolderLink) -> None:
        """Keep a link that ``check_link`` has let pass; DuplicateLinkError when the same one is in force."""

    def withdraw(self, link_id: str, withdrawal: Withdrawal) -> LinkEntry:
        """Withdraw a link; LinkNotFoundError when there is none, or it was withdrawn before."""

    def entries(self, kind: str, code: str) -> tuple[LinkEntry, ...]:
        """Return the links that name a code on either side, withdrawn ones too, in the order of recording."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkedCode:
    """A code whose licences are open to who asks by another."""

    kind: str
    code: str
    path: tuple[HolderLink, ...]
    """The links that lead there, from the code that was asked for."""


def check_link(link: HolderLink) -> HolderLink:
    """Return a link with both codes in normal form; ExceptionGroup of InvalidFieldError with everything wrong in it.

    Codes may be ones that today's checks refuse: the old number is often the one that was wrong.
    """
    faults: list[InvalidFieldError] = []
    relation = RELATIONS.get(link.relation)
    if relation is None:
        faults.append(InvalidFieldError("/relation", "NOT_IN_LIST", values="、".join(RELATIONS)))
    earlier = _checked_code("/earlier", link.earlier, None if relation is None else relation.earlier_kinds, faults)
    later = _checked_code("/later", link.later, None if relation is None else relation.later_kinds, faults)
    if earlier == later:
        faults.append(InvalidFieldError("/later", "LINK_TO_ITSELF"))
    _check_text("/evidence", link.evidence, MAX_EVIDENCE_LENGTH, faults)
    if link.evidence_digest and not _is_digest(link.evidence_digest):
        faults.append(InvalidFieldError("/evidence_digest", "DIGEST_MALFORMED"))
    if link.since > link.recorded_at.astimezone(CHINA).date():
        faults.append(InvalidFieldError("/since", "DATE_IN_FUTURE"))
    _check_actor(link.actor, faults)
    if faults:
        raise ExceptionGroup("the link is refused", faults)
    return replace(link, earlier=earlier, later=later)


def check_withdrawal(withdrawal: Withdrawal) -> None:
    """Raise an ExceptionGroup of InvalidFieldError when a withdrawal lacks its reason or its actor."""
    faults: list[InvalidFieldError] = []
    _check_text("/reason", withdrawal.reason, MAX_REASON_LENGTH, faults)
    _check_actor(withdrawal.actor, faults)
    if faults:
        raise ExceptionGroup("the withdrawal is refused", faults)


def linked_codes(links: HolderLinks, kind: str, code: str) -> tuple[LinkedCode, ...]:
    """Return the other codes whose licences belong into the file of this one, the nearest first.

    Links that were withdrawn count for nothing. At most ``MAX_LINKED_CODES``.
    """
    seen = {(kind, code)}
    found: list[LinkedCode] = []
    waiting: deque[tuple[HolderKey, tuple[HolderLink, ...]]] = deque([((kind, code), ())])
    while waiting and len(found) < MAX_LINKED_CODES:
        here, path = waiting.popleft()
        for entry in links.entries(*here):
            there = _opened(entry, here, path)
            if there is None or there in seen:
                continue
            seen.add(there)
            found.append(LinkedCode(kind=there[0], code=there[1], path=(*path, entry.link)))
            waiting.append((there, (*path, entry.link)))
    return tuple(found[:MAX_LINKED_CODES])


def _opened(entry: LinkEntry, here: HolderKey, path: tuple[HolderLink, ...]) -> HolderKey | None:
    """Return the code that a link opens to who has come here along a path, None when it opens none."""
    link, reach = entry.link, _reach(entry.link)
    if entry.withdrawal is not None:
        return None
    if reach is Reach.SAME_HOLDER:
        return link.earlier if link.later == here else link.later
    if link.later != here or any(_reach(one) is Reach.EARLIER_ONLY for one in path):
        return None
    return link.earlier


def _reach(link: HolderLink) -> Reach:
    return RELATIONS[link.relation].reach


def _checked_code(
    pointer: str, key: HolderKey, kinds: frozenset[str] | None, faults: list[InvalidFieldError]
) -> HolderKey:
    kind, code = key
    if kinds is not None and kind in HOLDER_KINDS and kind not in kinds:
        allowed = "、".join(f"{one} {HOLDER_KINDS[one].name}" for one in sorted(kinds))
        faults.append(InvalidFieldError(f"{pointer}/kind", "LINK_KIND_NOT_ALLOWED", kinds=allowed))
    try:
        return kind, look_at_holder(kind, code).code
    except InvalidHolderError as error:
        part = "kind" if error.code == "HOLDER_KIND_UNKNOWN" else "code"
        faults.append(InvalidFieldError(f"{pointer}/{part}", error.code))
        return kind, code


def _check_actor(actor: Actor, faults: list[InvalidFieldError]) -> None:
    _check_text("/actor/name", actor.name, MAX_ACTOR_LENGTH, faults)
    _check_text("/actor/office", actor.office, MAX_ACTOR_LENGTH, faults)
    if actor.office_code:
        _check_text("/actor/officeCode", actor.office_code, OFFICE_CODE_LENGTH, faults)


def _check_text(pointer: str, text: str, limit: int, faults: list[InvalidFieldError]) -> None:
    if not text:
        faults.append(InvalidFieldError(pointer, "REQUIRED"))
    elif len(text) > limit:
        faults.append(InvalidFieldError(pointer, "TOO_LONG", limit=limit))
    else:
        fault = text_fault(pointer, text, lines=False)
        if fault is not None:
            faults.append(fault)


def _is_digest(text: str) -> bool:
    return len(text) == 64 and all(character in "0123456789abcdef" for character in text)
