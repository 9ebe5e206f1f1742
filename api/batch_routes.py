"""Batches of licences to be issued, over HTTP: handing one in, what became of its items, cancelling the rest."""

import secrets
import threading
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Query
from fastapi.responses import JSONResponse, Response

from licences import (
    MAX_BATCH_ITEMS,
    BatchItem,
    IssueBatch,
    IssueBatchNotFoundError,
    IssueWish,
    ItemOutcome,
    ItemState,
    LicencesError,
    NewItem,
)
from licences.access import Caller, Operation

from .authentication import may
from .batch_worker import refused
from .enforcing import own_key, require_issuing
from .errors import InvalidBodyError, UsageError
from .http_requests import PREFIX, json_body, problems, takes
from .issuing import require_key
from .licence_shapes import record_shape
from .messages import instant_text
from .problems import problem_of
from .routes import addresses_of_files
from .schemas import read_body, read_document
from .schemas_systems import BatchBody, BatchItemBody, BatchOut
from .wiring import Services

AT_ONCE = 20
"""Items of a batch whose answer is waited for, unless the client prefers not to."""
WAIT_SECONDS = 20.0
START_SECONDS = 10.0
"""Without any item begun by then it is not waited any longer."""
MAX_WAITERS = 2
"""Requests that wait at the same time: each takes the place of one that would do work."""
_LOOK_SECONDS = 0.1
_PAGE = 100
_ID_BYTES = 12


def batch_routes(services: Services) -> APIRouter:
    """Return the interface for batches."""
    router = APIRouter(prefix=f"{PREFIX}/licence-batches")
    waiters = threading.BoundedSemaphore(MAX_WAITERS)
    issuing = Annotated[Caller, Depends(may(services, Operation.ISSUE))]

    @router.post(
        "",
        summary="批量签发",
        description="Issue up to 1,000 licences. Each item is answered by itself: a licence, or the problem that a "
        "single request would have had. With more than 20 items, or `Prefer: respond-async`, the answer is 202 as "
        "soon as the batch is kept; what was accepted is issued exactly once, also after a crash. The same "
        "Idempotency-Key, which is required here, with the same body gives the same batch.",
        response_model=BatchOut,
        responses={
            202: {"model": BatchOut, "description": "accepted; the items are being issued"},
            **problems(400, 401, 403, 413, 415, 422, 429, 503),
        },
        openapi_extra=takes(BatchBody),
    )
    def begin(
        caller: issuing,
        body: Annotated[bytes, Depends(json_body)],
        idempotency_key: Annotated[str | None, Header()] = None,
        prefer: Annotated[str, Header()] = "",
    ) -> Response:
        if idempotency_key is None:
            raise UsageError("批量签发须带幂等键（Idempotency-Key）。", "a batch needs an Idempotency-Key")
        require_key(idempotency_key)
        at = datetime.now(UTC)
        documents = read_body(BatchBody, body).items
        batch = IssueBatch(id=secrets.token_hex(_ID_BYTES), client=caller.client, accepted_at=at, total=len(documents))
        items = [_item(services, caller, document, at) for document in documents]
        batch = services.issue_batches.add(batch, items, key=idempotency_key, body=body)
        deferred = "respond-async" in {one.partition(";")[0].strip().lower() for one in prefer.split(",")}
        done = not deferred and batch.total <= AT_ONCE and _wait(services, batch, waiters)
        return _told(services, batch, start=0, limit=_PAGE, status=200 if done else 202)

    @router.get(
        "/{batch_id}",
        summary="批量签发进度与结果",
        description="How far a batch is, with a page of its items from `start` on.",
        response_model=BatchOut,
        responses=problems(401, 403, 404, 422),
    )
    def show(
        batch_id: str,
        caller: issuing,
        start: Annotated[int, Query(ge=0, le=MAX_BATCH_ITEMS)] = 0,
        limit: Annotated[int, Query(ge=0, le=MAX_BATCH_ITEMS)] = _PAGE,
    ) -> Response:
        return _told(services, _own(services, caller, batch_id), start=start, limit=limit)

    @router.post(
        "/{batch_id}/cancellation",
        summary="取消其余",
        description="Cancel the items that nobody has begun. What was issued stays issued.",
        response_model=BatchOut,
        responses=problems(401, 403, 404),
    )
    def cancel(batch_id: str, caller: issuing) -> Response:
        services.issue_batches.cancel(_own(services, caller, batch_id).id, datetime.now(UTC))
        return _told(services, services.issue_batches.get(batch_id), start=0, limit=_PAGE)

    return router


def _own(services: Services, caller: Caller, batch_id: str) -> IssueBatch:
    batch = services.issue_batches.get(batch_id)
    if batch.client != caller.client:
        raise IssueBatchNotFoundError
    return batch


def _item(services: Services, caller: Caller, document: Mapping[str, object], at: datetime) -> NewItem:
    """Look at one item; what is wrong with it now is its answer."""
    try:
        wish = read_document(BatchItemBody, document)
        require_issuing(services, caller, Operation.ISSUE, at=at, type_name=wish.type, data=wish.data)
    except (InvalidBodyError, LicencesError) as error:
        return NewItem(wish=None, outcome=refused(problem_of(error)))
    key = own_key(caller, wish.key) or ""
    return NewItem(
        wish=IssueWish(type=wish.type, data=wish.data, seal=wish.seal, actor=caller.actor, format=wish.format, key=key)
    )


def _wait(services: Services, batch: IssueBatch, waiters: threading.BoundedSemaphore) -> bool:
    """Wait until a batch is done; False when that takes too long, or others wait already."""
    if not waiters.acquire(blocking=False):
        return services.issue_batches.finish(batch.id, datetime.now(UTC))
    try:
        return _is_done_soon(services, batch)
    finally:
        waiters.release()


def _is_done_soon(services: Services, batch: IssueBatch) -> bool:
    batches, began = services.issue_batches, time.monotonic()
    while batches.left(batch.id):
        waited = time.monotonic() - began
        begun = waited < START_SECONDS or batches.counts(batch.id)[ItemState.WAITING] < batch.total
        if waited > WAIT_SECONDS or not begun:
            return False
        time.sleep(_LOOK_SECONDS)
    return batches.finish(batch.id, datetime.now(UTC))


def _told(services: Services, batch: IssueBatch, *, start: int, limit: int, status: int = 200) -> Response:
    counts = services.issue_batches.counts(batch.id)
    items = services.issue_batches.items(batch.id, start=start, limit=limit) if limit else ()
    is_open = counts[ItemState.WAITING] + counts[ItemState.WORKING] > 0
    states = ("cancelling", "cancelled") if batch.cancelled_at is not None else ("running", "finished")
    following = start + len(items)
    shape = {
        "batch": batch.id,
        "state": states[0] if is_open else states[1],
        "total": batch.total,
        "counts": {state.value: counts[state] for state in ItemState},
        "accepted_at": instant_text(batch.accepted_at),
        "cancelled_at": None if batch.cancelled_at is None else instant_text(batch.cancelled_at),
        "items": [_item_shape(services, item) for item in items],
        "next": following if following < batch.total else None,
    }
    address = f"{PREFIX}/licence-batches/{batch.id}"
    return JSONResponse(shape, status_code=status, headers={"Location": address})


def _item_shape(services: Services, item: BatchItem) -> dict[str, object]:
    outcome = item.outcome
    return {
        "index": item.position,
        "state": outcome.state.value,
        "licence": _licence_shape(services, outcome) if outcome.state is ItemState.ISSUED else None,
        "problem": outcome.problem,
    }


def _licence_shape(services: Services, outcome: ItemOutcome) -> dict[str, object]:
    record = services.store.get(outcome.identifier)
    return {**record_shape(record, addresses_of_files(record)), "replayed": outcome.replayed}
