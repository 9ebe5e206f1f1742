"""Mandates (委托用证): a holder entrusts a person with licences for a matter and a term, and may take it back."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Protocol

from esign import CHINA
from licences.errors import InvalidFieldError, InvalidHolderError
from licences.holders import HOLDER_KINDS, check_holder
from licences.names import same_name
from licences.store import HolderKey, Record
from licences.texts import text_faults

from .callers import HolderIdentity
from .errors import AccessError
from .purposes import MAX_ELEMENT_CHARACTERS

MAX_MANDATE_DAYS = 366
MAX_MANDATES = 50
"""In force or to come, of one principal."""
MAX_MANDATE_SCOPE = 50
"""Licences and types that one mandate names."""
MAX_MATTER_CHARACTERS = 200
MANDATE_ID_BYTES = 16
MANDATE_KEPT = timedelta(days=3 * 366)
"""After its end: as long as somebody may sue for what was done under it (modelled on 民法典 art. 188)."""


class MandateNotFoundError(AccessError):
    """There is no such mandate of this holder, or it was taken back before."""

    def __init__(self) -> None:
        super().__init__("MANDATE_NOT_FOUND")


class TooManyMandatesError(AccessError):
    """A holder has so many mandates in force that no more are taken."""

    def __init__(self) -> None:
        super().__init__("TOO_MANY_MANDATES", limit=MAX_MANDATES)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mandate:
    """What one holder entrusted somebody with."""

    id: str
    principal: HolderKey = field(repr=False)
    """Kind and code of the holder of the licences."""
    principal_name: str = field(default="", repr=False)
    """Empty where a representative gave it for a body."""
    agent: HolderKey = field(repr=False)
    agent_name: str = field(repr=False)
    types: frozenset[str] = frozenset()
    """Slugs: all licences of these types, those to come included."""
    licences: frozenset[str] = frozenset()
    """Identifiers of first versions: later versions of the same licence are covered."""
    matter: str
    """What the agent is to do, in words; the agent and whoever is shown a licence read it."""
    item_code: str = ""
    """Of the service item that codes may be made for; empty for any."""
    since: date
    until: date
    """Both days included."""
    granted_at: datetime
    withdrawn_at: datetime | None = None

    def holds(self, at: datetime) -> bool:
        """Whether it may be used at an instant."""
        taken_back = self.withdrawn_at is not None and self.withdrawn_at <= at
        return not taken_back and self.since <= at.astimezone(CHINA).date() <= self.until

    def names(self, agent: HolderIdentity) -> bool:
        """Whether somebody is the agent. A number with a slip may be another person's, so the name is compared too."""
        return self.agent == (agent.kind, agent.code) and same_name(self.agent_name, agent.name)

    def covers(self, record: Record) -> bool:
        """Whether a licence of the principal is among those entrusted."""
        return record.type_slug in self.types or record.first_identifier in self.licences


class Mandates(Protocol):
    """Keeps mandates. Every method may raise StoreUnavailableError."""

    def add(self, mandate: Mandate) -> None:
        """Keep a mandate of ``make_mandate``, and remove those that ended ``MANDATE_KEPT`` ago.

        TooManyMandatesError beyond ``MAX_MANDATES``.
        """

    def get(self, mandate_id: str) -> Mandate:
        """Return a mandate; MandateNotFoundError."""

    def withdraw(self, mandate_id: str, at: datetime) -> Mandate:
        """Take a mandate back; MandateNotFoundError when there is none, or it was taken back before.

        When this returns, no code that was made under it is taken any more.
        """

    def of_principal(self, principal: HolderKey) -> tuple[Mandate, ...]:
        """Return what a holder entrusted, the newest first."""

    def of_agent(self, agent: HolderKey) -> tuple[Mandate, ...]:
        """Return what somebody was entrusted with, the newest first."""

    def sweep(self, before: date) -> int:
        """Remove mandates whose term ended before a day; returns how many."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MandateWish:
    """What a holder asks to have recorded."""

    agent_kind: str
    agent_code: str
    agent_name: str
    types: tuple[str, ...] = ()
    licences: tuple[str, ...] = ()
    matter: str
    item_code: str = ""
    since: date | None = None
    """None for today."""
    until: date


def make_mandate(
    wish: MandateWish,
    *,
    principal: HolderKey,
    principal_name: str,
    own: Mapping[str, Record],
    slugs: frozenset[str],
    random: Callable[[int], bytes],
    at: datetime,
) -> Mandate:
    """Make a mandate of what was asked for; ExceptionGroup of InvalidFieldError with everything wrong in it.

    Args:
        wish: what is asked for.
        principal: whose licences they are.
        principal_name: empty where a representative entrusts for a body.
        own: the licences that may be named, by identifier.
        slugs: the licence types that there are.
        random: gives the id.
        at: now.
    """
    today = at.astimezone(CHINA).date()
    since = wish.since or today
    faults: list[InvalidFieldError] = []
    agent = wish.agent_kind, _agent_code(wish, faults)
    if agent == principal:
        faults.append(InvalidFieldError("/agent/code", "MANDATE_TO_ONESELF"))
    for pointer, text, limit in (
        ("/agent/name", wish.agent_name, MAX_ELEMENT_CHARACTERS),
        ("/matter", wish.matter, MAX_MATTER_CHARACTERS),
    ):
        faults += text_faults(pointer, text, limit)
    faults += text_faults("/item_code", wish.item_code, MAX_ELEMENT_CHARACTERS, required=False)
    if not wish.types and not wish.licences:
        faults.append(InvalidFieldError("/licences", "REQUIRED"))
    if len(wish.types) + len(wish.licences) > MAX_MANDATE_SCOPE:
        faults.append(InvalidFieldError("/licences", "TOO_MANY_ROWS", limit=MAX_MANDATE_SCOPE))
    else:
        faults += [
            InvalidFieldError(f"/types/{place}", "UNKNOWN_TYPE")
            for place, slug in enumerate(wish.types)
            if slug not in slugs
        ]
        faults += [
            InvalidFieldError(f"/licences/{place}", "LICENCE_NOT_FOUND")
            for place, identifier in enumerate(wish.licences)
            if identifier not in own
        ]
    if since < today:
        faults.append(InvalidFieldError("/since", "MANDATE_IN_PAST"))
    if wish.until < since:
        faults.append(InvalidFieldError("/until", "END_BEFORE_START"))
    elif (wish.until - today).days >= MAX_MANDATE_DAYS:
        faults.append(InvalidFieldError("/until", "MANDATE_TOO_LONG", limit=MAX_MANDATE_DAYS))
    if faults:
        raise ExceptionGroup("the mandate is refused", faults)
    return Mandate(
        id=random(MANDATE_ID_BYTES).hex(),
        principal=principal,
        principal_name=principal_name,
        agent=agent,
        agent_name=wish.agent_name,
        types=frozenset(wish.types),
        licences=frozenset(own[identifier].first_identifier for identifier in wish.licences),
        matter=wish.matter,
        item_code=wish.item_code,
        since=since,
        until=wish.until,
        granted_at=at,
    )


def _agent_code(wish: MandateWish, faults: list[InvalidFieldError]) -> str:
    kind = HOLDER_KINDS.get(wish.agent_kind)
    if kind is None or not kind.is_person:
        faults.append(InvalidFieldError("/agent/kind", "HOLDER_KIND_UNKNOWN" if kind is None else "AGENT_NO_PERSON"))
        return wish.agent_code
    try:
        return check_holder(wish.agent_kind, wish.agent_code)
    except InvalidHolderError as error:
        faults.append(InvalidFieldError("/agent/code", error.code))
        return wish.agent_code
