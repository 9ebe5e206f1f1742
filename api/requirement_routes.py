"""Service items, what of their materials need not be submitted, and yes or no to their questions, over HTTP."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse, Response

from esign import CHINA
from licences import CatalogueFault, CatalogueFileError
from licences.access import Caller, Operation, purpose_from
from licences.sharing import service_item_from_toml

from .authentication import may
from .errors import BodyFault, InvalidBodyError
from .http_requests import PREFIX, json_body, problems, takes
from .messages import Message
from .requirement_asking import RequirementDesk, Wish, require_keeper_or_asker
from .requirement_item_shapes import faults_shape, item_shape, items_shape
from .requirement_keeping import keep_item
from .requirement_shapes import predicate_shape, requirements_shape
from .schemas import read_body
from .schemas_requirements import (
    ItemCheckOut,
    ItemFileBody,
    ItemListOut,
    ItemOut,
    PredicateBody,
    PredicateOut,
    RequirementsBody,
    RequirementsOut,
)
from .wiring import Services


def requirement_routes(services: Services) -> APIRouter:
    """Return the interface for items and requirements."""
    router = APIRouter(prefix=PREFIX)
    asker = may(services, Operation.CHECK_REQUIREMENTS)
    keeper = may(services, Operation.KEEP_CATALOGUE)
    desk = RequirementDesk(services)

    def reader(request: Request) -> Caller:
        caller = services.authentication.caller(request, datetime.now(UTC))
        require_keeper_or_asker(caller)
        return caller

    @router.post(
        "/requirements/check",
        summary="查哪些材料免提交",
        description="For every material of an item: a licence stands in for it, or it has to be submitted and why, or "
        "that is not known. `access.item_code` is the item. Limited for each applicant and day.",
        response_model=RequirementsOut,
        responses=problems(400, 401, 403, 404, 413, 415, 422, 429),
        openapi_extra=takes(RequirementsBody),
    )
    def check(caller: Annotated[Caller, Depends(asker)], body: Annotated[bytes, Depends(json_body)]) -> Response:
        at = datetime.now(UTC)
        item, answers = desk.check(caller, _wish(read_body(RequirementsBody, body)), at=at)
        return JSONResponse(requirements_shape(item, answers, caller, at))

    @router.post(
        "/predicates",
        summary="核验一个是非问题",
        description="Yes, no or unknown to a question that stands in the item's catalogue file; no data is handed out. "
        "Recorded, and limited for each applicant and day.",
        response_model=PredicateOut,
        responses=problems(400, 401, 403, 404, 413, 415, 422, 429),
        openapi_extra=takes(PredicateBody),
    )
    def predicate(caller: Annotated[Caller, Depends(asker)], body: Annotated[bytes, Depends(json_body)]) -> Response:
        at, wish = datetime.now(UTC), read_body(PredicateBody, body)
        item, question, answer = desk.ask(caller, _wish(wish), wish.predicate, at=at)
        return JSONResponse(predicate_shape(item, question, answer, at))

    @router.get(
        "/items",
        summary="列出事项",
        description="The newest version of each service item.",
        response_model=ItemListOut,
        responses=problems(401, 403),
    )
    def list_items(_: Annotated[Caller, Depends(reader)]) -> Response:
        return JSONResponse(items_shape(services.items))

    @router.get(
        "/items/{code}",
        summary="查一个事项",
        description="The version of an item that holds today, with its materials, conditions and questions.",
        response_model=ItemOut,
        responses=problems(401, 403, 404),
    )
    def show_item(code: str, _: Annotated[Caller, Depends(reader)]) -> Response:
        return JSONResponse(item_shape(services.items.on(code, datetime.now(CHINA).date())))

    @router.post(
        "/items/checks",
        summary="检查事项文件",
        description="Everything that is wrong with an item file, with its lines; nothing is kept.",
        response_model=ItemCheckOut,
        responses=problems(400, 401, 403, 413, 415, 422),
        openapi_extra=takes(ItemFileBody),
    )
    def check_file(_: Annotated[Caller, Depends(keeper)], body: Annotated[bytes, Depends(json_body)]) -> Response:
        data = read_body(ItemFileBody, body).toml.encode()
        try:
            return JSONResponse(faults_shape(service_item_from_toml(data, services.catalogue), ()))
        except CatalogueFileError as error:
            return JSONResponse(faults_shape(None, error.faults))

    @router.post(
        "/items",
        summary="登记事项的一个版本",
        description="Keep an item file. A version is never replaced: later words are a later version.",
        status_code=201,
        response_model=ItemOut,
        responses={
            200: {"model": ItemOut, "description": "kept before"},
            **problems(400, 401, 403, 409, 413, 415, 422),
        },
        openapi_extra=takes(ItemFileBody),
    )
    def add(caller: Annotated[Caller, Depends(keeper)], body: Annotated[bytes, Depends(json_body)]) -> Response:
        data = read_body(ItemFileBody, body).toml.encode()
        try:
            item, new = keep_item(services, caller, data, at=datetime.now(UTC))
        except CatalogueFileError as error:
            raise InvalidBodyError(tuple(_fault(one) for one in error.faults)) from error
        return JSONResponse(item_shape(item), status_code=201 if new else 200)

    return router


def _wish(body: RequirementsBody) -> Wish:
    agent = body.agent
    return Wish(
        item=body.item,
        applicant=(body.applicant.kind, body.applicant.code),
        agent=None if agent is None else (agent.kind, agent.code),
        purpose=purpose_from(body.access.model_dump()),
    )


def _fault(fault: CatalogueFault) -> BodyFault:
    return BodyFault(pointer="/toml", code=fault.code, message=Message(zh=fault.text_zh, en=fault.text_en))
