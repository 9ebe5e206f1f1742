"""The feed of changes over HTTP."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from fastapi.responses import JSONResponse, Response

from licences.access import Caller, Operation
from licences.outgoing import MAX_CHANGES, Change, cursor_after, page_of, read_cursor

from .authentication import may
from .enforcing import trail_entry
from .event_messages import change_shape
from .http_requests import PREFIX, problems
from .schemas_systems import ChangesOut
from .wiring import Services


def feed_routes(services: Services) -> APIRouter:
    """Return the feed."""
    router = APIRouter(prefix=f"{PREFIX}/changes")

    @router.get(
        "",
        summary="证照变更",
        description="What was done to licences after a place in the log, in its order, as far as the caller may follow "
        "it: types and regions. Nothing is left out and nothing comes later before that place. Go on with `after` = "
        "`next`, also when the page is empty. `CURSOR_LOST` (409): the store was restored to an earlier state.",
        response_model=ChangesOut,
        responses=problems(401, 403, 409, 422),
    )
    def show(
        caller: Annotated[Caller, Depends(may(services, Operation.FOLLOW))],
        after: Annotated[str, Query(max_length=32, description="`next` of the last answer, or 0")] = "0",
        limit: Annotated[int, Query(ge=1, le=MAX_CHANGES)] = 100,
    ) -> Response:
        def may_follow(change: Change) -> bool:
            return caller.may(Operation.FOLLOW, type_slug=change.type_slug, region=change.region)

        changes = services.changes
        page = page_of(changes, may_follow, after=read_cursor(changes, after), limit=limit)
        if page.changes:
            told = {
                "first": str(page.changes[0].sequence),
                "last": str(page.changes[-1].sequence),
                "count": str(len(page.changes)),
            }
            services.trail.record(trail_entry(caller, Operation.FOLLOW, at=datetime.now(UTC), details=told))
        following = after if page.last is None else cursor_after(page.last)
        shape = {"changes": [change_shape(one) for one in page.changes], "next": following, "more": page.more}
        return JSONResponse(shape)

    return router
