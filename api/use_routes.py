"""Using licences over HTTP: authorisation codes by statutory duty, their redemption, and what is being shown."""

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query
from fastapi.responses import JSONResponse, Response

from licences import SEALED_FORMS, FileKind
from licences.access import (
    AuthorisationWish,
    Caller,
    Form,
    Operation,
)
from licences.supervision import TrailKind

from .authentication import may
from .clock import clock
from .content_shapes import licence_shape
from .enforcing import licence_for
from .http_requests import PREFIX, json_body, problems, takes
from .messages import instant_text
from .output import file_name
from .report_shapes import report_shape
from .routes import MEDIA_TYPES
from .schemas import read_body
from .schemas_use import DutyBody, MadeCodeOut, RedeemBody, RedeemedOut, ShownBody, ShownOut
from .use_shapes import ground_shape, made_code_shape, standing_words
from .using import (
    copy_for_case,
    details_of,
    first_holder,
    look_at,
    purpose_for,
    record_use,
    redeem,
    require_requester,
    structured_of,
)
from .wiring import Services


def use_routes(services: Services) -> APIRouter:
    """Return the interface for those who are handed or shown a licence."""
    router = APIRouter(prefix=PREFIX)

    @router.post(
        "/authorisations",
        summary="依职能开具用证码",
        description="Make an authorisation code by statutory duty, for a client, an item and a case. It counts for ten "
        "minutes and once. Licences that the caller may not look up are answered as those that do not exist.",
        status_code=201,
        response_model=MadeCodeOut,
        responses=problems(400, 401, 403, 404, 413, 415, 422),
        openapi_extra=takes(DutyBody),
    )
    def authorise(
        caller: Annotated[Caller, Depends(may(services, Operation.LOOK_UP))],
        body: Annotated[bytes, Depends(json_body)],
    ) -> Response:
        wish, at = read_body(DutyBody, body), clock()
        purpose = purpose_for(services, caller, wish.access.model_dump(), TrailKind.AUTHORISATION)
        require_requester(services, wish.requester)
        record = licence_for(services, caller, wish.identifier, Operation.LOOK_UP, at=at)
        holder = first_holder(structured_of(services, record))
        made = services.licence_use.authorise_by_law(
            caller,
            record,
            (holder.kind, holder.code),
            AuthorisationWish(
                requester=wish.requester,
                item_name=wish.item.name,
                item_code=wish.item.code,
                case_number=wish.case_number,
                forms=frozenset(Form(form) for form in wish.forms),
            ),
            wish.legal_basis,
            at=at,
        )
        details = details_of(made.code.ground, act="made", requester=wish.requester)
        record_use(services, TrailKind.AUTHORISATION, made.code, caller, purpose, details=details, at=at)
        return JSONResponse(made_code_shape(made), status_code=201)

    @router.post(
        "/authorisations/redeem",
        summary="凭用证码取证照",
        description="Use up an authorisation code: `data` answers with JSON, `file` with the sealed PDF, `copy` with "
        "an annotated copy; with `format=ofd` with the OFD where there can be one, else with the PDF, for the code is "
        "used up: `Content-Type` says which. Item and case have to be those of the code. A code that is unknown, over, "
        "used or made for somebody else is answered alike, with 404.",
        response_model=RedeemedOut,
        responses={
            200: {"content": {MEDIA_TYPES[kind]: {} for kind in SEALED_FORMS}},
            **problems(400, 401, 403, 404, 413, 415, 422),
        },
        openapi_extra=takes(RedeemBody),
    )
    def take(
        caller: Annotated[Caller, Depends(may(services, Operation.READ))],
        body: Annotated[bytes, Depends(json_body)],
        kind: Annotated[Literal["pdf", "ofd"], Query(alias="format")] = "pdf",
    ) -> Response:
        wish, at = read_body(RedeemBody, body), clock()
        purpose = purpose_for(services, caller, wish.access.model_dump(), TrailKind.AUTHORISATION)
        form = Form(wish.form)
        code = redeem(services, caller, wish.code, form, purpose, at=at)
        if form is Form.COPY:
            copy = copy_for_case(services, code, caller, purpose, with_ofd=kind == "ofd", at=at)
            kind = kind if kind in copy.files else "pdf"
            return _file(services.copies.copy_file(copy, kind), copy.serial, kind)
        record = services.store.get(code.identifier)
        if form is Form.FILE:
            kind = kind if kind in record.files else "pdf"
            return _file(services.store.file(record, kind), record.identifier, kind)
        return JSONResponse(
            {
                "identifier": record.identifier,
                **standing_words(record, services.store.status(record.identifier, at)),
                "ground": ground_shape(code.ground),
                "licence": licence_shape(structured_of(services, record), services.catalogue, full=True),
            }
        )

    @router.post(
        "/shown",
        summary="查看持证人出示的证照",
        description="Look at a licence that its holder is showing: the code counts for a minute, and once for each "
        "verifier. With `access`, a caller who may read licences of this type sees names and numbers unmasked.",
        response_model=ShownOut,
        responses=problems(400, 401, 403, 410, 413, 415, 422),
        openapi_extra=takes(ShownBody),
    )
    def look(
        caller: Annotated[Caller, Depends(may(services, Operation.VERIFY))],
        body: Annotated[bytes, Depends(json_body)],
    ) -> Response:
        wish, at = read_body(ShownBody, body), clock()
        purpose = None
        if wish.access is not None:
            purpose = purpose_for(services, caller, wish.access.model_dump(), TrailKind.SHOW)
        seen = look_at(services, wish.code, f"client:{caller.client}", caller=caller, at=at)
        code = seen.code
        full = purpose is not None and caller.may(Operation.READ, type_slug=code.type_slug, region=code.region)
        details = details_of(code.ground, act="seen", data="full" if full else "masked")
        record_use(services, TrailKind.SHOW, code, caller, purpose, details=details, at=at)
        return JSONResponse(
            {
                "identifier": code.identifier,
                "ground": ground_shape(code.ground),
                "shown_at": instant_text(code.made_at),
                "full": full,
                "licence": licence_shape(seen.licence, services.catalogue, full=full),
                "report": report_shape(seen.report, services.catalogue, full=full),
            }
        )

    return router


def _file(content: bytes, name: str, kind: FileKind) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{file_name(name, kind)}"'}
    return Response(content, media_type=MEDIA_TYPES[kind], headers=headers)
