"""Drafts and their review over HTTP. Until callers are authenticated they say who they are, on this machine only."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from fastapi.responses import JSONResponse, Response

from licences import Action, Actor, Draft, DraftState, Remark, Replacement, Wish

from .http_requests import PREFIX, json_body, only_from_here, problems, takes
from .review_shapes import MAX_LISTED, draft_shape, shown_draft_shape
from .routes import address_of_licence, addresses_of_files
from .schemas import (
    ActorBody,
    ApprovalBody,
    DraftBody,
    DraftListOut,
    DraftOut,
    IssuedOut,
    ReturnBody,
    ShownDraftOut,
    StepBody,
    read_body,
)
from .shapes import issue_shape
from .wiring import Services


def review_routes(services: Services) -> APIRouter:
    """Return the interface for drafts."""
    router = APIRouter(prefix=f"{PREFIX}/drafts", dependencies=[Depends(only_from_here)])

    @router.post(
        "",
        summary="起草",
        description="Begin a draft.",
        status_code=201,
        response_model=DraftOut,
        responses=problems(400, 413, 415, 422),
        openapi_extra=takes(DraftBody),
    )
    def begin(body: Annotated[bytes, Depends(json_body)]) -> Response:
        wish = read_body(DraftBody, body)
        draft = services.review.draft(_wish(wish), actor=_actor(wish.actor), at=datetime.now(UTC))
        address = f"{PREFIX}/drafts/{draft.id}"
        return JSONResponse(draft_shape(draft), status_code=201, headers={"Location": address})

    @router.get(
        "",
        summary="列出草稿",
        description="Drafts without their data, the one that was changed last first.",
        response_model=DraftListOut,
    )
    def show_all(state: Annotated[DraftState | None, Query()] = None) -> Response:
        drafts = services.drafts.drafts(state, limit=MAX_LISTED)
        return JSONResponse({"drafts": [draft_shape(draft) for draft in drafts], "limit": MAX_LISTED})

    @router.get(
        "/{draft_id}",
        summary="查看草稿",
        description="A draft with its data and what was done to it.",
        response_model=ShownDraftOut,
        responses=problems(404),
    )
    def show(draft_id: str, version: Annotated[int | None, Query(ge=1, le=1_000_000)] = None) -> Response:
        draft = services.drafts.get(draft_id)
        number = draft.version if version is None else version
        content = services.drafts.content(draft_id, number)
        events = services.drafts.events(draft_id)
        return JSONResponse(shown_draft_shape(draft, content, events, version=number))

    @router.put(
        "/{draft_id}",
        summary="修改草稿",
        description="Save another version; the draft goes back to its beginning.",
        response_model=DraftOut,
        responses=problems(400, 404, 409, 413, 415, 422),
        openapi_extra=takes(DraftBody),
    )
    def edit(draft_id: str, body: Annotated[bytes, Depends(json_body)]) -> Response:
        wish = read_body(DraftBody, body)
        return _told(
            services.review.edit(
                draft_id, _wish(wish), actor=_actor(wish.actor), at=datetime.now(UTC), digest=wish.digest
            )
        )

    @router.post(
        "/{draft_id}/submission",
        summary="送审",
        description="Hand it to the checkers; every fault of the metadata at once, if there is one.",
        response_model=DraftOut,
        responses=problems(400, 404, 409, 413, 415, 422),
        openapi_extra=takes(StepBody),
    )
    def submit(draft_id: str, body: Annotated[bytes, Depends(json_body)]) -> Response:
        wish = read_body(StepBody, body)
        return _told(services.review.submit(draft_id, actor=_actor(wish.actor), at=datetime.now(UTC)))

    @router.post(
        "/{draft_id}/return",
        summary="退回",
        description="Send it back to its maker with remarks.",
        response_model=DraftOut,
        responses=problems(400, 404, 409, 413, 415, 422),
        openapi_extra=takes(ReturnBody),
    )
    def send_back(draft_id: str, body: Annotated[bytes, Depends(json_body)]) -> Response:
        wish = read_body(ReturnBody, body)
        remarks = [Remark(pointer=one.pointer, text=one.text) for one in wish.remarks]
        at = datetime.now(UTC)
        return _told(services.review.send_back(draft_id, remarks, actor=_actor(wish.actor), at=at, digest=wish.digest))

    @router.post(
        "/{draft_id}/approval",
        summary="审核通过",
        description="Approve the version with this digest; nobody who had a hand in it may.",
        response_model=DraftOut,
        responses=problems(400, 404, 409, 413, 415, 422),
        openapi_extra=takes(ApprovalBody),
    )
    def approve(draft_id: str, body: Annotated[bytes, Depends(json_body)]) -> Response:
        wish = read_body(ApprovalBody, body)
        return _told(services.review.approve(draft_id, wish.digest, actor=_actor(wish.actor), at=datetime.now(UTC)))

    @router.post(
        "/{draft_id}/sealing",
        summary="签发",
        description="Issue the licence of an approved draft; again, the same licence with 200.",
        status_code=201,
        response_model=IssuedOut,
        responses={200: {"model": IssuedOut, "description": "replayed"}, **problems(400, 404, 409, 413, 415, 422)},
        openapi_extra=takes(StepBody),
    )
    def seal(draft_id: str, body: Annotated[bytes, Depends(json_body)]) -> Response:
        wish = read_body(StepBody, body)
        issued = services.review.seal(
            draft_id, actor=_actor(wish.actor), at=datetime.now(UTC), issuer_for=services.issuer_for
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
        responses=problems(400, 404, 409, 413, 415, 422),
        openapi_extra=takes(StepBody),
    )
    def abandon(draft_id: str, body: Annotated[bytes, Depends(json_body)]) -> Response:
        wish = read_body(StepBody, body)
        return _told(services.review.abandon(draft_id, actor=_actor(wish.actor), at=datetime.now(UTC)))

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


def _actor(body: ActorBody) -> Actor:
    return Actor(name=body.name, office=body.office, office_code=body.office_code)
