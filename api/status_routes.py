"""The state of a licence for another authority's verifier, which proves by its place that it has seen the licence."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Depends
from fastapi.responses import JSONResponse, Response

from licences import LicenceNotFoundError, LicenceStore, StatusAnswer
from licences.access import Caller, Operation

from .authentication import may
from .enforcing import trail_entry
from .http_requests import PREFIX, json_body, problems, takes
from .inputs import parse_at
from .messages import day_text, instant_text
from .schemas import read_body
from .schemas_status import RemoteStatusOut, StatusQuestion
from .wiring import Services


def status_routes(services: Services) -> APIRouter:
    """Return the route."""
    router = APIRouter(prefix=PREFIX)

    @router.post(
        "/status",
        summary="证照状态",
        description="The state of a licence as of a time, for whoever knows its place in the status list, from the "
        "licence or its code. For anything else the answer is the same, whether there is such a licence or not.",
        response_model=RemoteStatusOut,
        responses=problems(400, 401, 403, 413, 415, 422),
        openapi_extra=takes(StatusQuestion),
    )
    def status(
        caller: Annotated[Caller, Depends(may(services, Operation.VERIFY, Operation.SHARE))],
        body: Annotated[bytes, Depends(json_body)],
    ) -> Response:
        asked = read_body(StatusQuestion, body)
        now = datetime.now(UTC)
        answer = _answer(services.store, asked, now if asked.at is None else parse_at(asked.at))
        known = answer is not None
        entry = trail_entry(
            caller, Operation.VERIFY, at=now, done=known, code="" if known else "LICENCE_NOT_FOUND",
            identifier=asked.identifier if known else "", details={"kind": "status"},
        )  # fmt: skip
        services.trail.record(entry)
        return JSONResponse({"status": None if answer is None else _shape(answer)})

    return router


def _answer(store: LicenceStore, asked: StatusQuestion, at: datetime) -> StatusAnswer | None:
    try:
        record = store.get(asked.identifier)
    except LicenceNotFoundError:
        return None
    if (record.status_list, record.status_index) != (asked.list, asked.index):
        return None
    return store.status(record.identifier, at)


def _shape(answer: StatusAnswer) -> dict[str, object]:
    return {
        "value": answer.value.value,
        "as_of": instant_text(answer.as_of),
        "disputed": answer.disputed,
        "renewal_pending": answer.renewal_pending,
        "extended_to": None if answer.extended_to is None else day_text(answer.extended_to),
        "obligations": [
            {"key": one.key, "label": one.label, "due": day_text(one.due), "effect": one.effect}
            for one in answer.obligations
        ],
        "successor": answer.successor or None,
    }
