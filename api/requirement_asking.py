"""Requirement checks and predicates as the interface does them: limited, answered, recorded."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from esign import CHINA
from licences import HolderKey, InvalidFieldError
from licences.access import Caller, NotAllowedError, Operation, Purpose, region_of
from licences.sharing import (
    Candidate,
    MaterialAnswer,
    Parties,
    Predicate,
    PredicateAnswer,
    ServiceItem,
    outcome_of,
    parties_from,
)
from licences.supervision import TrailEntry, TrailKind, TrailQuestion

from .errors import RateLimitedError
from .wiring import Services

MAX_CHECKS_A_DAY: Final = 100
"""Requirement checks of one office about one applicant in 24 hours: more than any applicant has matters."""
MAX_PREDICATES_A_DAY: Final = 20
"""Questions of one office about one applicant in 24 hours, so that values cannot be closed in on."""
_DAY = timedelta(hours=24)
_CHECK, _PREDICATE = "check", "predicate"
_LIMITS = {_CHECK: MAX_CHECKS_A_DAY, _PREDICATE: MAX_PREDICATES_A_DAY}
_MOST_ENTRIES = 10_000
_AGAIN_SECONDS = 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What is asked for."""

    item: str
    applicant: HolderKey
    agent: HolderKey | None
    purpose: Purpose


def check_item(
    services: Services, caller: Caller, wish: Wish, *, at: datetime
) -> tuple[ServiceItem, tuple[MaterialAnswer, ...]]:
    """Answer for every material of an item.

    ItemUnknownError, InvalidHolderError, InvalidFieldError, RateLimitedError, StoreUnavailableError.
    """
    item = _item(services, wish, at)
    asked = _Asked(services, caller, wish, _CHECK, at)
    answers = services.requirements.check(item, asked.parties, caller, wish.purpose, at=at)
    details = {"item": item.code, "version": str(item.version), "outcome": outcome_of(answers).value}
    asked.record(details, [one.licence for one in answers if one.licence is not None])
    return item, answers


def ask_predicate(
    services: Services, caller: Caller, wish: Wish, key: str, *, at: datetime
) -> tuple[ServiceItem, Predicate, PredicateAnswer]:
    """Answer one question of an item's catalogue file; PredicateUnknownError, and the errors of `check_item`."""
    item = _item(services, wish, at)
    predicate = item.predicate(key)
    asked = _Asked(services, caller, wish, _PREDICATE, at)
    answer = services.requirements.ask(predicate, asked.parties, caller, wish.purpose, at=at)
    details = {"item": item.code, "predicate": key, "finding": answer.finding.value}
    asked.record(details, [] if answer.licence is None else [answer.licence])
    return item, predicate, answer


def _item(services: Services, wish: Wish, at: datetime) -> ServiceItem:
    item = services.items.on(wish.item, at.astimezone(CHINA).date())
    # Whoever asks for one item and states another leaves a record that is not true.
    if wish.purpose.item_code != item.code:
        raise InvalidFieldError("/access/item_code", "ITEM_OTHER")
    return item


class _Asked:
    """One question, from its limit to its entry in the trail."""

    def __init__(self, services: Services, caller: Caller, wish: Wish, call: str, at: datetime) -> None:
        self._services, self._caller, self._wish, self._call, self._at = services, caller, wish, call, at
        self.parties: Parties = parties_from(services.store, wish.applicant, wish.agent)
        self._index = services.holder_index(*self.parties.applicant)
        if self._count() >= _LIMITS[call]:
            self._refuse()

    def record(self, details: dict[str, str], named: list[Candidate]) -> None:
        """Keep what was answered; RateLimitedError when others used the limit up meanwhile: then nothing is told."""
        for licence in named:
            ours = not licence.source
            self._services.trail.record(
                self._entry(
                    details={"item": details["item"], "call": "named", "from": licence.source},
                    identifier=licence.identifier if ours else "",
                    type_slug=licence.type_slug,
                    region=region_of(licence.issuer_code),
                )
            )
        # Kept first and counted then: of many at once no more get an answer than one after the other.
        self._services.trail.record(self._entry(details=details | {"call": self._call}))
        if self._count() > _LIMITS[self._call]:
            self._refuse()

    def _count(self) -> int:
        question = TrailQuestion(
            kind=TrailKind.REQUIREMENTS,
            office_code=self._caller.office_code,
            holder_index=self._index,
            since=self._at - _DAY,
        )
        entries = self._services.trail.entries(question, limit=_MOST_ENTRIES)
        return sum(
            one.entry.done and one.entry.holder_index == self._index and one.entry.details.get("call") == self._call
            for one in entries
        )

    def _refuse(self) -> None:
        self._services.trail.record(self._entry(details={"call": self._call}, done=False, code="RATE_LIMITED"))
        raise RateLimitedError(
            "本机构 24 小时内对该申请人的核验次数已达上限。",
            "this office has asked enough about this applicant for 24 hours",
            seconds=_AGAIN_SECONDS,
        )

    def _entry(
        self,
        *,
        details: dict[str, str],
        identifier: str = "",
        type_slug: str = "",
        region: str = "",
        done: bool = True,
        code: str = "",
    ) -> TrailEntry:
        caller = self._caller
        return TrailEntry(
            kind=TrailKind.REQUIREMENTS,
            at=self._at,
            done=done,
            code=code,
            client=caller.client,
            office=caller.office,
            office_code=caller.office_code,
            proof=caller.proof,
            identifier=identifier,
            type_slug=type_slug,
            region=region,
            holder_index=self._index,
            purpose=self._wish.purpose,
            details=details,
        )


def require_keeper_or_asker(caller: Caller) -> None:
    """Item files are no secret, but they are shown to those who work with them; NotAllowedError."""
    if not (caller.may(Operation.KEEP_CATALOGUE) or caller.may(Operation.CHECK_REQUIREMENTS)):
        raise NotAllowedError
