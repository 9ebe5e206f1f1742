"""The trail over HTTP, for auditors. That somebody looked stands in the trail, too."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from fastapi.responses import JSONResponse, Response

from licences import check_holder
from licences.access import Caller, Operation, region_of
from licences.supervision import NumberedEntry, TrailKind, TrailQuestion

from .audit_shapes import entry_shape, state_shape
from .authentication import may
from .enforcing import trail_entry
from .http_requests import PREFIX, json_body, problems, takes
from .schemas import Instant, read_body
from .schemas_supervision import TrailHolderBody, TrailOut, TrailStateOut
from .wiring import Services

MAX_PAGE = 1000
_MAX_SEQUENCE = 2**31 - 1


def audit_routes(services: Services) -> APIRouter:
    """Return the interface for auditors."""
    router = APIRouter(prefix=f"{PREFIX}/trail")

    def page(caller: Caller, question: TrailQuestion, limit: int, about: dict[str, str]) -> Response:
        found = services.trail.entries(question, limit=limit)
        mine = [one for one in found if _may_see(caller, one)]
        services.trail.record(
            trail_entry(caller, Operation.AUDIT, at=datetime.now(UTC), details={**about, "count": str(len(mine))})
        )
        next_one = found[-1].sequence if found else question.after
        shape = {"entries": [entry_shape(one) for one in mine], "next": next_one, "more": len(found) == limit}
        return JSONResponse(shape)

    @router.get(
        "",
        summary="操作记录",
        description="Who issued, read, verified, shared and changed what, in order, as far as the caller audits it: "
        "types and regions. Go on with `after` = `next`.",
        response_model=TrailOut,
        responses=problems(401, 403, 422),
    )
    def entries(
        caller: Annotated[Caller, Depends(may(services, Operation.AUDIT))],
        kind: TrailKind | None = None,
        client: Annotated[str, Query(max_length=128)] = "",
        office_code: Annotated[str, Query(max_length=18)] = "",
        identifier: Annotated[str, Query(max_length=128)] = "",
        since: Instant | None = None,
        until: Instant | None = None,
        after: Annotated[int, Query(ge=0, le=_MAX_SEQUENCE)] = 0,
        limit: Annotated[int, Query(ge=1, le=MAX_PAGE)] = 100,
    ) -> Response:
        question = TrailQuestion(
            kind=kind, client=client, office_code=office_code, identifier=identifier, since=since, until=until,
            after=after,
        )  # fmt: skip
        return page(caller, question, limit, {"looked_at": "trail", "after": str(after)})

    @router.post(
        "/of-holder",
        summary="某持证主体的操作记录",
        description="What was done with the licences of one holder, and who looked for them.",
        response_model=TrailOut,
        responses=problems(400, 401, 403, 413, 415, 422),
        openapi_extra=takes(TrailHolderBody),
    )
    def of_holder(
        caller: Annotated[Caller, Depends(may(services, Operation.AUDIT))],
        body: Annotated[bytes, Depends(json_body)],
    ) -> Response:
        wish = read_body(TrailHolderBody, body)
        index = services.holder_index(wish.kind, check_holder(wish.kind, wish.code))
        question = replace(TrailQuestion(holder_index=index), after=wish.after)
        return page(caller, question, wish.limit, {"looked_at": "trail of a holder", "holder": index})

    @router.get(
        "/state",
        summary="操作记录的入链状态",
        description="How far the entries are chained and signed. `elicence audit verify` checks them.",
        response_model=TrailStateOut,
        responses=problems(401, 403),
    )
    def state(caller: Annotated[Caller, Depends(may(services, Operation.AUDIT))]) -> Response:
        return JSONResponse(state_shape(services.trail_keeper.state()))

    return router


def _may_see(caller: Caller, numbered: NumberedEntry) -> bool:
    entry = numbered.entry
    # What is about no licence is the business of the office that did it, or else of those who audit all regions.
    region = entry.region or region_of(entry.office_code)
    return caller.may(Operation.AUDIT, type_slug=entry.type_slug or None, region=region)
