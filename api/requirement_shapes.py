"""Answers about materials and predicates as JSON carries them."""

from datetime import date, datetime
from urllib.parse import quote

from licences.access import Caller, Operation, region_of
from licences.sharing import (
    Candidate,
    MaterialAnswer,
    Predicate,
    PredicateAnswer,
    ServiceItem,
    outcome_of,
    reason_of,
)

from .http_requests import PREFIX
from .messages import instant_text


def requirements_shape(
    item: ServiceItem, answers: tuple[MaterialAnswer, ...], caller: Caller, at: datetime
) -> dict[str, object]:
    """The answer about all materials; a copy is offered where the caller may have one made."""
    return {
        "item": item.code,
        "version": item.version,
        "name": _words(item.name, item.name_en),
        "outcome": outcome_of(answers).value,
        "materials": [_answer(one, caller) for one in answers],
        "at": instant_text(at),
    }


def predicate_shape(
    item: ServiceItem, predicate: Predicate, answer: PredicateAnswer, at: datetime
) -> dict[str, object]:
    """Yes, no or unknown."""
    word = {True: "yes", False: "no", None: "unknown"}[answer.holds]
    reason = reason_of(answer.finding)
    return {
        "item": item.code,
        "predicate": predicate.key,
        "question": _words(predicate.name, predicate.name_en),
        "answer": word,
        "reason": None if answer.holds is not None else _words(reason.zh, reason.en),
        "at": instant_text(at),
    }


def _answer(one: MaterialAnswer, caller: Caller) -> dict[str, object]:
    return {
        "key": one.material.key,
        "name": _words(one.material.name, one.material.name_en),
        "required": one.material.required,
        "alternative": one.material.alternative,
        "state": one.state.value,
        "code": one.reason.code,
        "reason": _words(one.reason.zh, one.reason.en),
        "action": _words(one.reason.action_zh, one.reason.action_en),
        "licence": None if one.licence is None else _stand_in(one.licence, caller),
        "sources_down": list(one.sources_down),
    }


def _stand_in(licence: Candidate, caller: Caller) -> dict[str, object]:
    copied = not licence.source and caller.may(
        Operation.COPY, type_slug=licence.type_slug, region=region_of(licence.issuer_code)
    )
    href = f"{PREFIX}/licences/{quote(licence.identifier)}/copies"
    return {
        "identifier": licence.identifier,
        "type": licence.type_slug,
        "valid_to": _day(licence.valid_to),
        "party": licence.party.value,
        "source": licence.source,
        "copy_offer": {"method": "POST", "href": href} if copied else None,
    }


def _words(zh: str, en: str) -> dict[str, str]:
    return {"zh": zh, "en": en}


def _day(day: date | None) -> str | None:
    return None if day is None else day.isoformat()
