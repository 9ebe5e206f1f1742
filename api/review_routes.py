"""Drafts and their review over HTTP."""

from datetime import UTC, datetime
from itertools import islice
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from fastapi.responses import JSONResponse, Response

from licences import Action, Actor, Draft, DraftState, Remark, Replacement, Wish
from licences.access import Caller, Operation

from .authentication import may
from .enforcing import acting, keeping_gate, require_issuing
from .http_requests import PREFIX, json_body, problems, takes
from .licence_shapes import issue_shape
from .review_access import CHECKING_STEPS, LOOKING_STEPS, MAKING_STEPS, draft_for, may_see, require_replaced
from .review_shapes import MAX_LISTED, draft_shape, shown_draft_shape
from .review_waiting import step_of
from .routes import address_of_licence, addresses_of_files
from .schemas import read_body
from .schemas_drafts import ApprovalBody, DraftBody, DraftListOut, DraftOut, ReturnBody, ShownDraftOut, StepBody
from .schemas_licences import ActorBody, IssuedOut
from .wiring import Services

_MOST_LOOKED_AT = 10 * MAX_LISTED
"""Drafts, when most of them may be others' business."""


def review_routes(services: Services) -> APIRouter:
    """Return the interface for drafts."""
    router = APIRouter(prefix=f"{PREFIX}/drafts")
    making = Depends(may(services, *MAKING_STEPS))
    checking = Depends(may(services, *CHECKING_STEPS))
    looking = Depends(may(services, *LOOKING_STEPS))

    @router.post(
        "",
        summary="起草",
        description="Begin a draft.",
        status_code=201,
        response_model=DraftOut,
        responses=problems(400, 401, 403, 413, 415, 422),
        openapi_extra=takes(DraftBody),
    )
    def begin(caller: Annotated[Caller, making], body: Annotated[bytes, Depends(json_body)]) -> Response:
        wish, at = read_body(DraftBody, body), datetime.now(UTC)
        require_issuing(services, caller, Operation.DRAFT, at=at, type_name=wish.type, data=wish.data)
        draft = services.review.draft(_wish(wish), actor=_actor(caller, wish.actor), at=at)
        address = f"{PREFIX}/drafts/{draft.id}"
        return JSONResponse(draft_shape(draft), status_code=201, headers={"Location": address})

    @router.get(
        "",
        summary="列出草稿",
        description="Drafts without their data, the one that was changed last first. With `waiting=true` those whose "
        "next step is the caller's: to check what others drafted; to hand in, mend or seal what it drafted itself.",
        response_model=DraftListOut,
        responses=problems(401, 403),
    )
    def show_all(
        caller: Annotated[Caller, looking],
        state: Annotated[DraftState | None, Query()] = None,
        waiting: bool = False,
    ) -> Response:
        def is_wanted(draft: Draft) -> bool:
            if not waiting:
                return may_see(services, caller, draft, LOOKING_STEPS)
            step = step_of(services, caller, draft)
            return step is not None and may_see(services, caller, draft, (step,))

        found = services.drafts.drafts(state, limit=_MOST_LOOKED_AT)
        drafts = list(islice(filter(is_wanted, found), MAX_LISTED))
        return JSONResponse({"drafts": [draft_shape(draft) for draft in drafts], "limit": MAX_LISTED})

    @router.get(
        "/{draft_id}",
        summary="查看草稿",
        description="A draft with its data and what was done to it.",
        response_model=ShownDraftOut,
        responses=problems(401, 403, 404),
    )
    def show(
        caller: Annotated[Caller, looking],
        draft_id: str,
        version: Annotated[int | None, Query(ge=1, le=1_000_000)] = None,
    ) -> Response:
        draft = draft_for(services, caller, draft_id, LOOKING_STEPS)
        number = draft.version if version is None else version
        content = services.drafts.content(draft_id, number)
        events = services.drafts.events(draft_id)
        return JSONResponse(shown_draft_shape(draft, content, events, version=number))

    @router.put(
        "/{draft_id}",
        summary="修改草稿",
        description="Save another version; the draft goes back to its beginning.",
        response_model=DraftOut,
        responses=problems(400, 401, 403, 404, 409, 413, 415, 422),
        openapi_extra=takes(DraftBody),
    )
    def edit(caller: Annotated[Caller, making], draft_id: str, body: Annotated[bytes, Depends(json_body)]) -> Response:
        wish, at = read_body(DraftBody, body), datetime.now(UTC)
        draft_for(services, caller, draft_id, MAKING_STEPS)
        require_issuing(services, caller, Operation.DRAFT, at=at, type_name=wish.type, data=wish.data)
        return _told(
            services.review.edit(draft_id, _wish(wish), actor=_actor(caller, wish.actor), at=at, digest=wish.digest)
        )

    @router.post(
        "/{draft_id}/submission",
        summary="送审",
        description="Hand it to the checkers; every fault of the metadata at once, if there is one.",
        response_model=DraftOut,
        responses=problems(400, 401, 403, 404, 409, 413, 415, 422),
        openapi_extra=takes(StepBody),
    )
    def submit(
        caller: Annotated[Caller, making], draft_id: str, body: Annotated[bytes, Depends(json_body)]
    ) -> Response:
        wish, at = read_body(StepBody, body), datetime.now(UTC)
        require_replaced(services, caller, draft_for(services, caller, draft_id, MAKING_STEPS), at)
        return _told(services.review.submit(draft_id, actor=_actor(caller, wish.actor), at=at))

    @router.post(
        "/{draft_id}/return",
        summary="退回",
        description="Send it back to its maker with remarks.",
        response_model=DraftOut,
        responses=problems(400, 401, 403, 404, 409, 413, 415, 422),
        openapi_extra=takes(ReturnBody),
    )
    def send_back(
        caller: Annotated[Caller, checking], draft_id: str, body: Annotated[bytes, Depends(json_body)]
    ) -> Response:
        wish = read_body(ReturnBody, body)
        draft_for(services, caller, draft_id, CHECKING_STEPS)
        remarks = [Remark(pointer=one.pointer, text=one.text) for one in wish.remarks]
        at = datetime.now(UTC)
        actor = _actor(caller, wish.actor)
        return _told(services.review.send_back(draft_id, remarks, actor=actor, at=at, digest=wish.digest))

    @router.post(
        "/{draft_id}/approval",
        summary="审核通过",
        description="Approve the version with this digest; nobody who had a hand in it may.",
        response_model=DraftOut,
        responses=problems(400, 401, 403, 404, 409, 413, 415, 422),
        openapi_extra=takes(ApprovalBody),
    )
    def approve(
        caller: Annotated[Caller, checking], draft_id: str, body: Annotated[bytes, Depends(json_body)]
    ) -> Response:
        wish = read_body(ApprovalBody, body)
        draft_for(services, caller, draft_id, CHECKING_STEPS)
        actor = _actor(caller, wish.actor)
        return _told(services.review.approve(draft_id, wish.digest, actor=actor, at=datetime.now(UTC)))

    @router.post(
        "/{draft_id}/sealing",
        summary="签发",
        description="Issue the licence of an approved draft; again, the same licence with 200.",
        status_code=201,
        response_model=IssuedOut,
        responses={
            200: {"model": IssuedOut, "description": "replayed"},
            **problems(400, 401, 403, 404, 409, 413, 415, 422),
        },
        openapi_extra=takes(StepBody),
    )
    def seal(caller: Annotated[Caller, making], draft_id: str, body: Annotated[bytes, Depends(json_body)]) -> Response:
        wish, at = read_body(StepBody, body), datetime.now(UTC)
        require_replaced(services, caller, draft_for(services, caller, draft_id, MAKING_STEPS), at)
        issued = services.review.seal(
            draft_id,
            actor=_actor(caller, wish.actor),
            at=at,
            issuer_for=services.issuer_for,
            before_keeping=keeping_gate(caller, Operation.DRAFT),
        )
        address = address_of_licence(issued.record)
        places = addresses_of_files(issued.record)
        status = 200 if issued.replayed else 201
        return JSONResponse(issue_shape(issued, places), status_code=status, headers={"Location": address})

    @router.post(
        "/{draft_id}/abandonment",
        summary="放弃",
        description="Give it up for ever.",
        response_model=DraftOut,
        responses=problems(400, 401, 403, 404, 409, 413, 415, 422),
        openapi_extra=takes(StepBody),
    )
    def abandon(
        caller: Annotated[Caller, making], draft_id: str, body: Annotated[bytes, Depends(json_body)]
    ) -> Response:
        wish = read_body(StepBody, body)
        draft_for(services, caller, draft_id, MAKING_STEPS)
        return _told(services.review.abandon(draft_id, actor=_actor(caller, wish.actor), at=datetime.now(UTC)))

    return router


def _told(draft: Draft) -> Response:
    return JSONResponse(draft_shape(draft))


def _wish(body: DraftBody) -> Wish:
    replaces = body.replaces
    return Wish(
        type_name=body.type,
        data=body.data,
        algorithm=body.seal,
        joint=tuple(body.joint),
        replaces=None
        if replaces is None
        else Replacement(
            identifier=replaces.identifier,
            action=Action(replaces.action),
            ground=replaces.ground,
            decision=replaces.decision,
            legal_ground=replaces.legal_ground,
        ),
    )


def _actor(caller: Caller, body: ActorBody) -> Actor:
    return acting(caller, body.name, body.office, body.office_code)
