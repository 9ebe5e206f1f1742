"""Statistics, warnings and cases over HTTP."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query
from fastapi.responses import JSONResponse, Response

from licences.access import Caller, Operation
from licences.supervision import CaseAct, Deadlines, make_step

from .authentication import may
from .enforcing import trail_entry
from .errors import MalformedInputError
from .http_requests import PREFIX, json_body, problems, takes
from .messages import instant_text
from .schemas import Instant, read_body
from .schemas_supervision import CaseBody, CaseOut, CasesOut, CaseStepBody, StatisticsOut, WarningsOut
from .supervision_views import (
    case_for,
    case_line,
    case_shape,
    cases_for,
    open_case,
    statistics_for,
    statistics_shape,
    warning_shape,
    warnings_for,
)
from .wiring import Services

MAX_SPAN = timedelta(days=400)
MAX_CASES = 500
Days = Annotated[int, Query(ge=0, le=366)]


def supervision_routes(services: Services) -> APIRouter:
    """Return the interface for supervisors, and for those who deal with cases."""
    router = APIRouter(prefix=PREFIX)
    _add_oversight(router, services)
    _add_cases(router, services)
    return router


def _add_oversight(router: APIRouter, services: Services) -> None:
    @router.get(
        "/statistics",
        summary="统计",
        description="How often was issued, acted, read, verified, shared and refused, by day (UTC+08:00), office and "
        "licence type, as far as the caller supervises them; from the trail, so no further back than entries are kept.",
        response_model=StatisticsOut,
        responses=problems(400, 401, 403, 422),
    )
    def show_statistics(
        caller: Annotated[Caller, Depends(may(services, Operation.SUPERVISE))],
        since: Instant,
        until: Instant,
    ) -> Response:
        if not since < until <= since + MAX_SPAN:
            raise MalformedInputError(
                f"until 应晚于 since，且不超过 {MAX_SPAN.days} 天。",
                f"until comes after since, by {MAX_SPAN.days} days at most",
            )
        lines = [statistics_shape(one) for one in statistics_for(services, caller, since, until)]
        return JSONResponse({"since": instant_text(since), "until": instant_text(until), "lines": lines})

    @router.get(
        "/warnings",
        summary="时限预警",
        description="Licences that expire soon, inspections and reviews that are due or overdue, cases near or past "
        "their deadline. Days are calendar days: holidays are not known here.",
        response_model=WarningsOut,
        responses=problems(401, 403, 422),
    )
    def show_warnings(
        caller: Annotated[Caller, Depends(may(services, Operation.SUPERVISE))],
        expiring: Days = 60,
        inspections: Days = 30,
        reviews: Days = 5,
        cases: Days = 3,
    ) -> Response:
        now = datetime.now(UTC)
        deadlines = Deadlines(
            expiring=timedelta(days=expiring),
            inspections=timedelta(days=inspections),
            reviews=timedelta(days=reviews),
            cases=timedelta(days=cases),
        )
        found = [warning_shape(one) for one in warnings_for(services, caller, now, deadlines)]
        return JSONResponse({"at": instant_text(now), "warnings": found})


def _add_cases(router: APIRouter, services: Services) -> None:
    def told(caller: Caller, act: str, number: str, identifier: str) -> None:
        services.trail.record(
            trail_entry(
                caller, Operation.HANDLE_CASES, at=datetime.now(UTC), identifier=identifier,
                details={"case": number, "act": act},
            )
        )  # fmt: skip

    @router.get(
        "/cases",
        summary="异议、投诉、举报案件",
        description="Cases that the caller deals with: the open ones by their deadline, or the newest closed ones.",
        response_model=CasesOut,
        responses=problems(401, 403, 422),
    )
    def list_cases(
        caller: Annotated[Caller, Depends(may(services, Operation.HANDLE_CASES))],
        state: Literal["open", "closed"] = "open",
    ) -> Response:
        found = cases_for(services, caller, closed=state == "closed", limit=MAX_CASES)
        return JSONResponse({"cases": [case_line(case) for case in found]})

    @router.post(
        "/cases",
        summary="立案",
        description="Open a case: an objection or a complaint, or one about a report of a forgery that came in.",
        status_code=201,
        response_model=CaseOut,
        responses=problems(400, 401, 403, 404, 409, 413, 415, 422),
        openapi_extra=takes(CaseBody),
    )
    def begin(
        caller: Annotated[Caller, Depends(may(services, Operation.HANDLE_CASES))],
        body: Annotated[bytes, Depends(json_body)],
    ) -> Response:
        wish = read_body(CaseBody, body)
        case = open_case(
            services,
            caller,
            caller.actor,
            kind=wish.kind,
            statement=wish.statement,
            contact=wish.contact,
            identifier=wish.identifier,
            forgery=wish.forgery,
            holder=None if wish.holder is None else (wish.holder.kind, wish.holder.code),
            at=datetime.now(UTC),
        )
        told(caller, "open", case.number, case.identifier)
        headers = {"Location": f"{PREFIX}/cases/{case.number}"}
        return JSONResponse(case_shape(case), status_code=201, headers=headers)

    @router.get(
        "/cases/{number}",
        summary="查看案件",
        description="A case with its history.",
        response_model=CaseOut,
        responses=problems(401, 403, 404),
    )
    def show(caller: Annotated[Caller, Depends(may(services, Operation.HANDLE_CASES))], number: str) -> Response:
        case = case_for(services, caller, number)
        told(caller, "read", case.number, case.identifier)
        return JSONResponse(case_shape(case))

    @router.post(
        "/cases/{number}/steps",
        summary="办理案件",
        description="Become the owner, answer, move the deadline, or close it: the objection was right, or was not.",
        response_model=CaseOut,
        responses=problems(400, 401, 403, 404, 409, 413, 415, 422),
        openapi_extra=takes(CaseStepBody),
    )
    def step(
        caller: Annotated[Caller, Depends(may(services, Operation.HANDLE_CASES))],
        number: str,
        body: Annotated[bytes, Depends(json_body)],
    ) -> Response:
        wish = read_body(CaseStepBody, body)
        case = case_for(services, caller, number)
        act = CaseAct(wish.act)
        at = datetime.now(UTC)
        made = make_step(act=act, actor=caller.actor, at=at, note=wish.note, deadline=wish.deadline)
        case = services.cases.step(case.number, made)
        told(caller, wish.act, case.number, case.identifier)
        return JSONResponse(case_shape(case))
