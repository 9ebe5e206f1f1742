"""Objections of holders over HTTP: raise one about a licence or about who looked, and read what was answered."""

import os
from typing import Annotated

from fastapi import APIRouter, Depends
from fastapi.responses import JSONResponse, Response

from licences.access import Caller, NotAllowedError, Operation, UseMode, holder_of
from licences.supervision import Case, CaseAct, CaseKind, TrailEntry, TrailKind, make_case

from .authentication import may
from .clock import clock
from .http_requests import PREFIX, json_body, problems, takes
from .messages import instant_text
from .schemas import read_body
from .schemas_use import ObjectionBody, ObjectionOut, ObjectionsOut
from .wiring import Services

_ANSWERS = frozenset({CaseAct.REPLY, CaseAct.UPHOLD, CaseAct.REJECT})


def objection_routes(services: Services) -> APIRouter:
    """Return the interface for objections."""
    router = APIRouter(prefix=f"{PREFIX}/my/objections")
    holder = may(services, Operation.USE_OWN)

    @router.get(
        "",
        summary="我的异议",
        description="The caller's objections with their answers, the newest first.",
        response_model=ObjectionsOut,
        responses=problems(401, 403),
    )
    def objections(caller: Annotated[Caller, Depends(holder)]) -> Response:
        own = holder_of(caller)
        found = services.cases.of_holder(services.holder_index(own.kind, own.code))
        return JSONResponse({"objections": [objection_shape(case) for case in found]})

    @router.post(
        "",
        summary="提出异议",
        description="Object to what a licence says, or to what was done with it. The office that issued it has to "
        "answer by the deadline.",
        status_code=201,
        response_model=ObjectionOut,
        responses=problems(400, 401, 403, 404, 409, 413, 415, 422, 429),
        openapi_extra=takes(ObjectionBody),
    )
    def object_to(caller: Annotated[Caller, Depends(holder)], body: Annotated[bytes, Depends(json_body)]) -> Response:
        wish = read_body(ObjectionBody, body)
        case = raise_objection(services, caller, wish.identifier, statement=wish.statement, contact=wish.contact)
        return JSONResponse(objection_shape(case), status_code=201)

    return router


def raise_objection(services: Services, caller: Caller, identifier: str, *, statement: str, contact: str) -> Case:
    """Open a case about a licence that the caller may use.

    Raises LicenceNotFoundError, NotAllowedError for an agent, ExceptionGroup of InvalidFieldError, CasesFullError.
    """
    at, own = clock(), holder_of(caller)
    found = services.licence_use.find(own, identifier, at=at)
    if found.grounds[0].mode is UseMode.AGENT:
        raise NotAllowedError
    record = found.filed.record
    index = services.holder_index(own.kind, own.code)
    case = make_case(
        kind=CaseKind.OBJECTION,
        statement=statement,
        contact=contact,
        actor=caller.actor,
        at=at,
        random=os.urandom,
        identifier=identifier,
        holder_index=index,
        office_code=record.issuer_code,
    )
    services.cases.open(case)
    services.trail.record(
        TrailEntry(
            kind=TrailKind.CASE,
            at=at,
            done=True,
            client=caller.client,
            proof=caller.proof,
            identifier=identifier,
            type_slug=record.type_slug,
            holder_index=index,
            details={"act": CaseAct.OPEN.value, "case": case.number},
        )
    )
    return case


def objection_shape(case: Case) -> dict[str, object]:
    """Return a case as whoever raised it sees it: answers and offices, no officers."""
    return {
        "number": case.number,
        "identifier": case.identifier,
        "statement": case.statement,
        "opened_at": instant_text(case.opened_at),
        "deadline": instant_text(case.deadline),
        "state": case.state,
        "answers": [
            {"at": instant_text(step.at), "office": step.actor.office, "text": step.note}
            for step in case.steps
            if step.act in _ANSWERS
        ],
    }
