"""Status lists over HTTP, for everybody: they name no licence and no person."""

from email.utils import format_datetime
from hashlib import sha256
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import JSONResponse, Response

from .errors import InputNotFoundError, ServiceUnavailableError
from .inputs import parse_at
from .limiting import RateLimiter
from .status_files import INDEX_PATH, MEDIA_TYPE, PublishedList, list_name
from .wiring import Services

FRESH_SECONDS = 60
"""How long a cache may keep an answer: a revocation is in the newest list within seconds. How long a list may be
believed is said in the list."""
_CACHING = {"Cache-Control": f"public, max-age={FRESH_SECONDS}"}


def status_list_routes(services: Services, limiter: RateLimiter) -> APIRouter:
    """Return the routes."""
    router = APIRouter(prefix=INDEX_PATH, dependencies=[Depends(limiter)])

    @router.get("", summary="状态列表目录", description="The newest list of every issuer and number, with its time.")
    def index() -> Response:
        files = services.status_files
        newest = [files.newest(name) for name in files.names()]
        return JSONResponse({"lists": [_entry(one) for one in newest if one is not None]}, headers=_CACHING)

    @router.get(
        "/{issuer}/{number}",
        summary="取状态列表",
        description="The newest signed list, or with `at` (a day or an instant) the one that was the newest then.",
        response_class=Response,
        responses={200: {"content": {MEDIA_TYPE: {}}}, 404: {"description": "no such list"}},
    )
    def show(
        request: Request, issuer: str, number: str, at: Annotated[str | None, Query(max_length=40)] = None
    ) -> Response:
        name, files = list_name(issuer, number), services.status_files
        found = None
        if name is not None:
            found = files.newest(name) if at is None else files.as_of(name, parse_at(at))
        if found is None:
            raise InputNotFoundError("没有这份状态列表。", "there is no such status list")
        content = _content(found)
        tag = f'"{sha256(content).hexdigest()}"'
        headers = {**_CACHING, "ETag": tag, "Last-Modified": format_datetime(found.issued_at, usegmt=True)}
        if _has(request, tag):
            return Response(status_code=304, headers=headers)
        return Response(content, media_type=MEDIA_TYPE, headers=headers)

    return router


def _entry(one: PublishedList) -> dict[str, object]:
    return {
        "issuer": one.name.issuer_code,
        "list": one.name.number,
        "issued_at": one.issued_at.isoformat(),
        "path": f"{INDEX_PATH}/{one.name.issuer_code}/{one.name.number}",
    }


def _content(found: PublishedList) -> bytes:
    try:
        return found.read()
    except InputNotFoundError as error:
        # Where the file lies is nobody's business.
        raise ServiceUnavailableError("状态列表暂不可用。", "the status list cannot be read now") from error


def _has(request: Request, tag: str) -> bool:
    known = {one.strip().removeprefix("W/") for one in request.headers.get("If-None-Match", "").split(",")}
    return tag in known or "*" in known
