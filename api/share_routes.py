"""The share service for other platforms (证照共享服务): three calls, modelled on GB/T 36906 practice.

As such services do, it answers with HTTP 200 and says in `head.status` how the call went.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, TypeVar

from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse, Response

from .errors import InvalidBodyError, MalformedInputError
from .http_requests import json_body, problems, takes
from .schemas import Body, read_body
from .schemas_share import ByHolderBody, FileBody, ShareOut, VerifyBody
from .share_answers import Answer, ShareCalls, envelope, status_of_body
from .wiring import Services

SHARE_PREFIX = "/share/v1"
_Read = TypeVar("_Read", bound=Body)
_Body = Annotated[bytes, Depends(json_body)]


def share_routes(services: Services) -> APIRouter:
    """Return the interface for share partners."""
    router = APIRouter(prefix=SHARE_PREFIX)
    calls = ShareCalls(services)

    @router.post(
        "/queryCertInfoByHolderCode",
        summary="按持证主体代码查证照数据",
        description="Data of the licences of one type that a holder has. The status says why there is none.",
        response_model=ShareOut,
        responses=problems(413, 415, 429),
        openapi_extra=takes(ByHolderBody),
    )
    def by_holder(request: Request, body: _Body) -> Response:
        return _answered(body, ByHolderBody, lambda read: calls.by_holder(request, read, _now()))

    @router.post(
        "/downloadFile",
        summary="按证照标识取证照文件",
        description="The sealed PDF or OFD in base64: the original for its issuer, for others an annotated copy that "
        "names the cause.",
        response_model=ShareOut,
        responses=problems(413, 415, 429),
        openapi_extra=takes(FileBody),
    )
    def file(request: Request, body: _Body) -> Response:
        return _answered(body, FileBody, lambda read: calls.file(request, read, _now()))

    @router.post(
        "/verifyCertInfo",
        summary="验证证照信息",
        description="Whether data is that of a licence, and whether it is in force; never what would be right.",
        response_model=ShareOut,
        responses=problems(413, 415, 429),
        openapi_extra=takes(VerifyBody),
    )
    def verify(request: Request, body: _Body) -> Response:
        return _answered(body, VerifyBody, lambda read: calls.verify(request, read, _now()))

    return router


def _now() -> datetime:
    return datetime.now(UTC)


def _answered(body: bytes, model: type[_Read], call: Callable[[_Read], Answer]) -> Response:
    try:
        read = read_body(model, body)
    except (InvalidBodyError, MalformedInputError) as error:
        return JSONResponse(envelope(status_of_body(error)))
    return JSONResponse(call(read))
