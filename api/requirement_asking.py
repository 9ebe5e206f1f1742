"""Requirement checks and predicates as the interface does them: limited, answered, recorded."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from esign import CHINA
from licences import HolderKey, InvalidFieldError, LicencesError
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

from .enforcing import refuse, require_own_office, trail_entry
from .messages import Message
from .question_limits import WINDOW, QuestionLimit
from .wiring import Services

MAX_CHECKS_A_DAY: Final = 100
"""Requirement checks of one office about one applicant in 24 hours: more than any applicant has matters."""
MAX_PREDICATES_A_DAY: Final = 20
"""Questions of one office about one applicant in 24 hours, so that values cannot be closed in on."""
_OPERATION = Operation.CHECK_REQUIREMENTS
_CHECK, _PREDICATE, _NAMED = "check", "predicate", "named"
_LIMIT_TEXT = Message(
    zh="本机构 24 小时内对该申请人的核验次数已达上限。",
    en="this office has asked enough about this applicant for 24 hours",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What is asked for."""

    item: str
    applicant: HolderKey
    agent: HolderKey | None
    purpose: Purpose


class RequirementDesk:
    """Answers for the clients of one process."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._limits = {
            _CHECK: QuestionLimit(MAX_CHECKS_A_DAY, _LIMIT_TEXT),
            _PREDICATE: QuestionLimit(MAX_PREDICATES_A_DAY, _LIMIT_TEXT),
        }

    def check(self, caller: Caller, wish: Wish, *, at: datetime) -> tuple[ServiceItem, tuple[MaterialAnswer, ...]]:
        """Answer for every material of an item.

        ItemUnknownError, InvalidFieldError, NotAllowedError, RateLimitedError, StoreUnavailableError.
        """
        with self._recording(caller, wish, at):
            item = self._item(caller, wish, at)
            parties = parties_from(self._services.store, wish.applicant, wish.agent)
        asked = _Asked(self._services, caller, wish, parties, self._limits[_CHECK], _CHECK, at)
        answers = self._services.requirements.check(item, parties, caller, wish.purpose, at=at)
        details = {"item": item.code, "version": str(item.version), "outcome": outcome_of(answers).value}
        asked.record(details, [one.licence for one in answers if one.licence is not None])
        return item, answers

    def ask(
        self, caller: Caller, wish: Wish, key: str, *, at: datetime
    ) -> tuple[ServiceItem, Predicate, PredicateAnswer]:
        """Answer one question of an item's file; PredicateUnknownError, and the errors of `check`."""
        with self._recording(caller, wish, at):
            item = self._item(caller, wish, at)
            predicate = item.predicate(key)
            parties = parties_from(self._services.store, wish.applicant, wish.agent)
        asked = _Asked(self._services, caller, wish, parties, self._limits[_PREDICATE], _PREDICATE, at)
        answer = self._services.requirements.ask(predicate, parties, caller, wish.purpose, at=at)
        details = {"item": item.code, "predicate": key, "finding": answer.finding.value}
        asked.record(details, [] if answer.licence is None else [answer.licence])
        return item, predicate, answer

    def _item(self, caller: Caller, wish: Wish, at: datetime) -> ServiceItem:
        require_own_office(caller, wish.purpose)
        item = self._services.items.on(wish.item, at.astimezone(CHINA).date())
        # Whoever asks for one item and states another leaves a record that is not true.
        if wish.purpose.item_code != item.code:
            raise InvalidFieldError("/access/item_code", "ITEM_OTHER")
        return item

    @contextmanager
    def _recording(self, caller: Caller, wish: Wish, at: datetime) -> Iterator[None]:
        try:
            yield
        except LicencesError as error:
            refuse(self._services, caller, _OPERATION, at=at, code=error.code, purpose=wish.purpose)
            raise


class _Asked:
    """One question, from its limit to its entries in the trail."""

    def __init__(
        self,
        services: Services,
        caller: Caller,
        wish: Wish,
        parties: Parties,
        limit: QuestionLimit,
        call: str,
        at: datetime,
    ) -> None:
        self._services, self._caller, self._purpose, self._at = services, caller, wish.purpose, at
        self._limit, self._call = limit, call
        self._index = services.holder_index(*parties.applicant)
        self._require(answered=False)

    def record(self, details: dict[str, str], named: list[Candidate]) -> None:
        """Keep what was answered; RateLimitedError when others used the limit up meanwhile: then nothing is told."""
        for licence in named:
            self._keep(
                {"call": _NAMED, "item": details["item"], "from": licence.source},
                # What a source elsewhere calls its licences may hold a citizen's number.
                identifier="" if licence.source else licence.identifier,
                type_slug=licence.type_slug,
                region=region_of(licence.issuer_code),
            )
        self._keep({"call": self._call, **details})
        self._require(answered=True)

    def _require(self, *, answered: bool) -> None:
        question = TrailQuestion(
            kind=TrailKind.REQUIREMENTS,
            office_code=self._caller.office_code,
            holder_index=self._index,
            since=self._at - WINDOW,
        )
        self._limit.require(
            self._services.trail, question, self._counts, answered=answered, refuse=lambda: self._keep({}, done=False)
        )

    def _counts(self, entry: TrailEntry) -> bool:
        return entry.done and entry.holder_index == self._index and entry.details.get("call") == self._call

    def _keep(
        self,
        details: dict[str, str],
        *,
        identifier: str = "",
        type_slug: str = "",
        region: str = "",
        done: bool = True,
    ) -> None:
        entry = trail_entry(
            self._caller, _OPERATION, at=self._at, done=done, code="" if done else "RATE_LIMITED",
            identifier=identifier, type_slug=type_slug, region=region, holder_index=self._index,
            purpose=self._purpose, details=details,
        )  # fmt: skip
        self._services.trail.record(entry)


def require_keeper_or_asker(caller: Caller) -> None:
    """Item files are no secret, but they are shown to those who work with them; NotAllowedError."""
    if not (caller.may(Operation.KEEP_CATALOGUE) or caller.may(_OPERATION)):
        raise NotAllowedError
