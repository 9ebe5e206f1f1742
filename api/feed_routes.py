"""The feed of changes over HTTP."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from fastapi.responses import JSONResponse, Response

from licences.access import Caller, Operation
from licences.outgoing import MAX_CHANGES, Change, page_of

from .authentication import may
from .enforcing import trail_entry
from .event_messages import change_shape
from .http_requests import PREFIX, problems
from .schemas_systems import ChangesOut
from .wiring import Services

MAX_SEQUENCE = 2**31 - 1


def feed_routes(services: Services) -> APIRouter:
    """Return the feed."""
    router = APIRouter(prefix=f"{PREFIX}/changes")

    @router.get(
        "",
        summary="证照变更",
        description="What was done to licences after a sequence number, in that order, as far as the caller may follow "
        "it: types and regions. Nothing is left out and nothing comes later with a smaller number. Go on with `after` "
        "= `next`, also when the page is empty.",
        response_model=ChangesOut,
        responses=problems(401, 403, 422),
    )
    def changes(
        caller: Annotated[Caller, Depends(may(services, Operation.FOLLOW))],
        after: Annotated[int, Query(ge=0, le=MAX_SEQUENCE)] = 0,
        limit: Annotated[int, Query(ge=1, le=MAX_CHANGES)] = 100,
    ) -> Response:
        def may_follow(change: Change) -> bool:
            return caller.may(Operation.FOLLOW, type_slug=change.type_slug, region=change.region)

        page = page_of(services.changes, may_follow, after=after, limit=limit)
        if page.changes:
            told = {
                "first": str(page.changes[0].sequence),
                "last": str(page.changes[-1].sequence),
                "count": str(len(page.changes)),
            }
            services.trail.record(trail_entry(caller, Operation.FOLLOW, at=datetime.now(UTC), details=told))
        shape = {"changes": [change_shape(one) for one in page.changes], "next": page.next, "more": page.more}
        return JSONResponse(shape)

    return router
