"""Acts on licences and their history over HTTP."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Query
from fastapi.responses import JSONResponse, Response

from licences import Act, Action, Actor, Particulars
from licences.access import Caller, Operation, Purpose

from .authentication import may
from .enforcing import acting, keeping_gate, licence_for, own_key, purpose_of, require_issuing
from .errors import MalformedInputError
from .http_requests import PREFIX, json_body, problems, takes
from .issuing import require_key
from .licence_shapes import act_shape, history_shape, issue_shape
from .routes import address_of_licence, addresses_of_files, read_licence
from .schemas import Instant, read_body
from .schemas_licences import ActBody, ActedOut, HistoryOut
from .wiring import Services


def act_routes(services: Services) -> APIRouter:
    """Return the interface for acts."""
    router = APIRouter(prefix=f"{PREFIX}/licences/{{identifier}}")

    @router.post(
        "/acts",
        summary="对证照作出行为",
        description=(
            "Do an act to a licence. 变更, 纠错, 延续, 换证 and 补证 issue another licence in its place, from `data` "
            "(换证 and 补证 repeat the old metadata without it), and answer 201 as issuing does."
        ),
        response_model=ActedOut,
        responses=problems(400, 401, 403, 404, 409, 413, 415, 422),
        openapi_extra=takes(ActBody),
    )
    def act(
        caller: Annotated[Caller, Depends(may(services, Operation.ACT))],
        identifier: str,
        body: Annotated[bytes, Depends(json_body)],
        idempotency_key: Annotated[str | None, Header()] = None,
    ) -> Response:
        wish = read_body(ActBody, body)
        require_key(idempotency_key)
        at = datetime.now(UTC)
        old = licence_for(services, caller, identifier, Operation.ACT, at=at)
        given = _act(wish, acting(caller, wish.actor.name, wish.actor.office, wish.actor.office_code), at)
        if not given.action.makes_successor:
            if wish.data is not None or wish.joint:
                raise MalformedInputError(
                    "此行为不产生新证照，不应有 data 和 joint。", "this act makes no new licence: no data, no joint"
                )
            record = services.registrar.act(identifier, given)
            return JSONResponse(act_shape(record, services.store.events(identifier)[-1]))
        if wish.data is None and given.action not in (Action.EXCHANGE, Action.REPLACE_LOST):
            raise MalformedInputError("缺少新证照的数据 data。", "data is missing: all metadata of the new licence")
        if wish.data is not None:
            require_issuing(services, caller, Operation.ACT, at=at, type_name=old.type_slug, data=wish.data)
        issued = services.registrar.replace(
            identifier,
            given,
            wish.data,
            issuer=services.issuer_for(wish.seal, tuple(wish.joint)),
            algorithm=wish.seal,
            idempotency_key=own_key(caller, idempotency_key),
            before_keeping=keeping_gate(caller, Operation.ACT),
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
            "`known_at`. Why it is read is said as for one licence."
        ),
        response_model=HistoryOut,
        responses=problems(400, 401, 403, 404, 422),
    )
    def history(
        caller: Annotated[Caller, Depends(may(services, Operation.READ))],
        purpose: Annotated[Purpose | None, Depends(purpose_of)],
        identifier: str,
        at: Annotated[Instant | None, Query()] = None,
        known_at: Annotated[Instant | None, Query()] = None,
    ) -> Response:
        read_licence(services, caller, identifier, purpose, what="history")
        versions = services.store.versions(identifier)
        return JSONResponse(history_shape(services.store, versions, at or datetime.now(UTC), known_at))

    return router


def _act(wish: ActBody, actor: Actor, now: datetime) -> Act:
    return Act(
        action=Action(wish.action),
        ground=wish.ground,
        decision=wish.decision,
        legal_ground=wish.legal_ground,
        actor=actor,
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
