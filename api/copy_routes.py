"""Annotated copies over HTTP; until callers are authenticated they say who they are, from here only."""

from datetime import UTC, datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query
from fastapi.responses import JSONResponse, Response

from esign import CopyPurpose
from licences import FILE_KINDS, FileKind, fold_serial

from .copying import make_copy
from .http_requests import PREFIX, json_body, only_from_here, problems, takes
from .inputs import parse_at
from .routes import MEDIA_TYPES
from .schemas import CopyBody, CopyOut, read_body
from .shapes import copy_shape
from .wiring import Services


def copy_routes(services: Services) -> APIRouter:
    """Return the interface for annotated copies."""
    router = APIRouter(prefix=PREFIX, dependencies=[Depends(only_from_here)])

    @router.post(
        "/licences/{identifier}/copies",
        summary="制作加注件",
        description="Make an annotated copy of a licence that is in force, for one case.",
        status_code=201,
        response_model=CopyOut,
        responses=problems(400, 404, 413, 415, 422),
        openapi_extra=takes(CopyBody),
    )
    def make(identifier: str, body: Annotated[bytes, Depends(json_body)]) -> Response:
        wish = read_body(CopyBody, body)
        purpose = CopyPurpose(
            cause=wish.cause,
            office=wish.requester.office,
            officer=wish.requester.officer,
            item_name=wish.item.name,
            item_code=wish.item.code,
            case_number=wish.case_number,
        )
        copy, _ = make_copy(
            services,
            identifier,
            purpose,
            made_by=wish.made_by,
            expires_at=None if wish.expires_at is None else parse_at(wish.expires_at),
            at=datetime.now(UTC),
        )
        places: dict[FileKind, str] = {kind: f"{_address(copy.serial)}?format={kind}" for kind in FILE_KINDS}
        headers = {"Location": _address(copy.serial)}
        return JSONResponse(copy_shape(copy, places), status_code=201, headers=headers)

    @router.get(
        "/copies/{serial}/file",
        summary="取加注件文件",
        description="The sealed PDF of an annotated copy, its data, or the signature over its data.",
        response_class=Response,
        responses={200: {"content": {name: {} for name in MEDIA_TYPES.values()}}, **problems(404)},
    )
    def show_file(
        serial: str, kind: Annotated[Literal["pdf", "json", "p7s"], Query(alias="format")] = "pdf"
    ) -> Response:
        copy = services.copies.copy(fold_serial(serial))
        suffix = {"pdf": "pdf", "json": "json", "p7s": "json.p7s"}[kind]
        return Response(
            services.copies.copy_file(copy, kind),
            media_type=MEDIA_TYPES[kind],
            headers={
                "Content-Disposition": f'attachment; filename="{copy.serial}.{suffix}"',
                "ETag": f'"{copy.files[kind].sha256}"',
            },
        )

    return router


def _address(serial: str) -> str:
    return f"{PREFIX}/copies/{serial}/file"
