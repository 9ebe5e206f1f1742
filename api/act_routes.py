"""Acts on licences and their history over HTTP; unauthenticated callers say who they are, from here only."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Query
from fastapi.responses import JSONResponse, Response
from pydantic import AwareDatetime

from licences import Act, Action, Actor, Particulars, parse_identifier

from .errors import MalformedInputError
from .http_requests import PREFIX, json_body, only_from_here, problems, takes
from .issuing import require_key
from .routes import address_of_licence, addresses_of_files
from .schemas import ActBody, ActedOut, HistoryOut, read_body
from .shapes import act_shape, history_shape, issue_shape
from .wiring import Services


def act_routes(services: Services) -> APIRouter:
    """Return the interface for acts."""
    router = APIRouter(prefix=f"{PREFIX}/licences/{{identifier}}", dependencies=[Depends(only_from_here)])

    @router.post(
        "/acts",
        summary="对证照作出行为",
        description=(
            "Do an act to a licence. 变更, 纠错, 延续, 换证 and 补证 issue another licence in its place, from `data` "
            "(换证 and 补证 repeat the old metadata without it), and answer 201 as issuing does."
        ),
        response_model=ActedOut,
        responses=problems(400, 404, 409, 413, 415, 422),
        openapi_extra=takes(ActBody),
    )
    def act(
        identifier: str,
        body: Annotated[bytes, Depends(json_body)],
        idempotency_key: Annotated[str | None, Header()] = None,
    ) -> Response:
        wish = read_body(ActBody, body)
        parse_identifier(identifier)
        require_key(idempotency_key)
        given = _act(wish, datetime.now(UTC))
        if not given.action.makes_successor:
            if wish.data is not None or wish.joint:
                raise MalformedInputError(
                    "此行为不产生新证照，不应有 data 和 joint。", "this act makes no new licence: no data, no joint"
                )
            record = services.registrar.act(identifier, given)
            return JSONResponse(act_shape(record, services.store.events(identifier)[-1]))
        if wish.data is None and given.action not in (Action.EXCHANGE, Action.REPLACE_LOST):
            raise MalformedInputError("缺少新证照的数据 data。", "data is missing: all metadata of the new licence")
        issued = services.registrar.replace(
            identifier,
            given,
            wish.data,
            issuer=services.issuer_for(wish.seal, tuple(wish.joint)),
            algorithm=wish.seal,
            idempotency_key=idempotency_key,
        )
        address = address_of_licence(issued.record)
        places = addresses_of_files(issued.record)
        return JSONResponse(
            issue_shape(issued, places) | {"previous": identifier},
            status_code=200 if issued.replayed else 201,
            headers={"Location": address},
        )

    @router.get(
        "/history",
        summary="证照的全部版本和行为",
        description=(
            "All versions of a licence with their acts; the state of each at `at`, by what was recorded until "
            "`known_at`."
        ),
        response_model=HistoryOut,
        responses=problems(404, 422),
    )
    def history(
        identifier: str,
        at: Annotated[AwareDatetime | None, Query()] = None,
        known_at: Annotated[AwareDatetime | None, Query()] = None,
    ) -> Response:
        parse_identifier(identifier)
        versions = services.store.versions(identifier)
        return JSONResponse(history_shape(services.store, versions, at or datetime.now(UTC), known_at))

    return router


def _act(wish: ActBody, now: datetime) -> Act:
    return Act(
        action=Action(wish.action),
        ground=wish.ground,
        decision=wish.decision,
        legal_ground=wish.legal_ground,
        actor=Actor(name=wish.actor.name, office=wish.actor.office, office_code=wish.actor.office_code),
        effective_at=wish.effective_at or now,
        recorded_at=now,
        particulars=Particulars(
            until=wish.until,
            obligation=wish.obligation,
            next_due=wish.next_due,
            applied_on=wish.applied_on,
            related=wish.related,
        ),
    )
