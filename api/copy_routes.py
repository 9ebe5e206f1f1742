"""Annotated copies over HTTP, for the office that takes one into a case."""

from datetime import UTC, datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query
from fastapi.responses import JSONResponse, Response

from esign import CopyPurpose
from licences import CopyNotFoundError, FileKind, MadeCopy, fold_serial
from licences.access import Caller, NotAllowedError, Operation, Proof, Purpose

from .authentication import may
from .copy_shapes import copy_shape
from .copying import make_copy
from .enforcing import licence_for, may_on, refuse, require_own_office, trail_entry
from .errors import LicenceUnknownError
from .http_requests import PREFIX, json_body, problems, takes
from .inputs import parse_at
from .output import file_name
from .routes import MEDIA_TYPES
from .schemas import read_body
from .schemas_copies import CopyBody, CopyOut
from .wiring import Services


def copy_routes(services: Services) -> APIRouter:
    """Return the interface for annotated copies."""
    router = APIRouter(prefix=PREFIX)

    @router.post(
        "/licences/{identifier}/copies",
        summary="制作加注件",
        description="Make an annotated copy of a licence that is in force, for one case.",
        status_code=201,
        response_model=CopyOut,
        responses=problems(400, 401, 403, 404, 413, 415, 422),
        openapi_extra=takes(CopyBody),
    )
    def make(
        caller: Annotated[Caller, Depends(may(services, Operation.COPY))],
        identifier: str,
        body: Annotated[bytes, Depends(json_body)],
    ) -> Response:
        wish = read_body(CopyBody, body)
        at = datetime.now(UTC)
        record = licence_for(services, caller, identifier, Operation.COPY, at=at)
        why = Purpose(
            office=wish.requester.office,
            officer=wish.requester.officer,
            item_name=wish.item.name,
            item_code=wish.item.code,
            case_number=wish.case_number,
            reason=wish.cause,
        )
        try:
            require_own_office(caller, why)
        except NotAllowedError as error:
            refuse(services, caller, Operation.COPY, at=at, code=error.code, record=record, purpose=why)
            raise
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
            form=wish.format,
            at=at,
        )
        entry = trail_entry(
            caller, Operation.COPY, at=at, record=record, purpose=why, details={"what": "made", "serial": copy.serial}
        )
        services.trail.record(entry)
        places: dict[FileKind, str] = {kind: f"{_address(copy.serial)}?format={kind}" for kind in copy.files}
        headers = {"Location": _address(copy.serial)}
        return JSONResponse(copy_shape(copy, places), status_code=201, headers=headers)

    @router.get(
        "/copies/{serial}/file",
        summary="取加注件文件",
        description="The sealed PDF of an annotated copy, its OFD where there is one, its data, or the signature over "
        "its data.",
        response_class=Response,
        responses={200: {"content": {name: {} for name in MEDIA_TYPES.values()}}, **problems(401, 403, 404)},
    )
    def show_file(
        caller: Annotated[Caller, Depends(may(services, Operation.COPY))],
        serial: str,
        kind: Annotated[Literal["pdf", "ofd", "json", "p7s"], Query(alias="format")] = "pdf",
    ) -> Response:
        copy = _copy_for(services, caller, serial, what=f"file {kind}")
        if kind not in copy.files:
            raise LicenceUnknownError("这份加注件没有 OFD 文件。", "this copy has no OFD file")
        return Response(
            services.copies.copy_file(copy, kind),
            media_type=MEDIA_TYPES[kind],
            headers={
                "Content-Disposition": f'attachment; filename="{file_name(copy.serial, kind)}"',
                "ETag": f'"{copy.files[kind].sha256}"',
            },
        )

    return router


def _copy_for(services: Services, caller: Caller, serial: str, *, what: str) -> MadeCopy:
    """Return a copy for the office that it was made for, or that issued the licence; CopyNotFoundError for others."""
    at = datetime.now(UTC)
    copy = services.copies.copy(fold_serial(serial))
    record = services.store.get(copy.identifier)
    offices = {one.office for one in services.copies.of_licence(copy.identifier) if one.reference == copy.serial}
    own = caller.office in offices or caller.office_code == record.issuer_code or caller.proof is Proof.HERE
    if not (own and may_on(caller, Operation.COPY, record)):
        refuse(services, caller, Operation.COPY, at=at, code="NOT_ALLOWED", record=record)
        raise CopyNotFoundError
    details = {"what": what, "serial": copy.serial}
    services.trail.record(trail_entry(caller, Operation.COPY, at=at, record=record, details=details))
    return copy


def _address(serial: str) -> str:
    return f"{PREFIX}/copies/{serial}/file"
