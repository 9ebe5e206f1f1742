"""What somebody who has logged in does with licences: see, show, authorise, download, entrust, and see who looked."""

from collections import deque
from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Depends
from fastapi.responses import JSONResponse, Response

from licences import SEALED_FORMS, FileKind, document_kind
from licences.access import (
    AuthorisationWish,
    Caller,
    Form,
    MandateWish,
    Operation,
    holder_of,
)
from licences.supervision import NumberedEntry, TrailKind, TrailQuestion

from .authentication import may
from .clock import clock
from .content_shapes import licence_shape
from .http_requests import PREFIX, json_body, problems, takes
from .messages import instant_text
from .own_use import authorise_own, grant_own, link_own, open_own, show_own, withdraw_own
from .schemas import read_body
from .schemas_use import (
    AccessesOut,
    AuthorisationBody,
    DownloadBody,
    DownloadOut,
    MadeCodeOut,
    MadeShowCodeOut,
    MandateBody,
    MandateOut,
    MandatesOut,
    OwnLicencesOut,
    ShownOwnLicenceOut,
)
from .show_pages import download_address, show_address
from .use_shapes import access_shape, made_code_shape, mandate_shape, own_shape, show_code_shape
from .using import structured_of
from .wiring import Services

MAX_ACCESSES = 200
"""Told to a holder: the newest."""
ACCESSES_SINCE = timedelta(days=366)
_PAGE = 500
_LOOKS = frozenset(
    {
        TrailKind.READ, TrailKind.LOOK_UP, TrailKind.VERIFY, TrailKind.SHARE, TrailKind.COPY, TrailKind.REQUIREMENTS,
        TrailKind.AUTHORISATION, TrailKind.SHOW,
    }
)  # fmt: skip


def my_routes(services: Services) -> APIRouter:
    """Return the interface for holders, agents, guardians and representatives."""
    router = APIRouter(prefix=f"{PREFIX}/my")
    router.include_router(_licence_routes(services))
    router.include_router(_mandate_routes(services))

    @router.get(
        "/accesses",
        summary="谁查过我的证照",
        description="Who looked at the caller's licences within a year, the newest first: offices, not their officers.",
        response_model=AccessesOut,
        responses=problems(401, 403),
    )
    def accesses(caller: Annotated[Caller, Depends(may(services, Operation.USE_OWN))]) -> Response:
        found = accesses_of(services, caller, at=clock())
        return JSONResponse({"accesses": [access_shape(one, caller.client) for one in found]})

    return router


def _licence_routes(services: Services) -> APIRouter:
    router = APIRouter(prefix="/licences")
    holder = may(services, Operation.USE_OWN)

    @router.get(
        "",
        summary="我的证照",
        description="The licences that the caller may use: own ones, those of whom the caller represents, and those "
        "that the caller is entrusted with.",
        response_model=OwnLicencesOut,
        responses=problems(401, 403),
    )
    def own(caller: Annotated[Caller, Depends(holder)]) -> Response:
        found = services.licence_use.own(holder_of(caller), at=clock())
        return JSONResponse({"licences": [own_shape(one, services.catalogue) for one in found]})

    @router.get(
        "/{identifier}",
        summary="我的一张证照",
        description="One of them, with everything that it says.",
        response_model=ShownOwnLicenceOut,
        responses=problems(401, 403, 404),
    )
    def one(identifier: str, caller: Annotated[Caller, Depends(holder)]) -> Response:
        found = open_own(services, caller, identifier, at=clock())
        record = found.filed.record
        return JSONResponse(
            {
                **own_shape(found, services.catalogue),
                "licence": licence_shape(structured_of(services, record), services.catalogue, full=True),
                "formats": sorted(record.files),
            }
        )

    @router.post(
        "/{identifier}/shown",
        summary="亮证",
        description="Make a show code. It counts for a minute and once for each verifier; show the address as a QR "
        "symbol, and a new one after `renew_in` seconds.",
        status_code=201,
        response_model=MadeShowCodeOut,
        responses=problems(401, 403, 404, 429),
    )
    def show(identifier: str, caller: Annotated[Caller, Depends(holder)]) -> Response:
        made = show_own(services, caller, identifier, at=clock())
        return JSONResponse(show_code_shape(made, show_address(services, made.token)), status_code=201)

    @router.post(
        "/{identifier}/authorisations",
        summary="开具用证码",
        description="Make an authorisation code for one client, item and case. It counts for ten minutes and once.",
        status_code=201,
        response_model=MadeCodeOut,
        responses=problems(400, 401, 403, 404, 413, 415, 422, 429),
        openapi_extra=takes(AuthorisationBody),
    )
    def authorise(
        identifier: str,
        caller: Annotated[Caller, Depends(holder)],
        body: Annotated[bytes, Depends(json_body)],
    ) -> Response:
        wish = read_body(AuthorisationBody, body)
        wanted = AuthorisationWish(
            requester=wish.requester,
            item_name=wish.item.name,
            item_code=wish.item.code,
            case_number=wish.case_number,
            forms=frozenset(Form(form) for form in wish.forms),
        )
        made = authorise_own(services, caller, identifier, wanted, at=clock())
        return JSONResponse(made_code_shape(made), status_code=201)

    @router.post(
        "/{identifier}/downloads",
        summary="取一次性下载链接",
        description="Make a link for one download of a file, or of an annotated copy that is made for a recipient. It "
        "counts for ten minutes.",
        status_code=201,
        response_model=DownloadOut,
        responses=problems(400, 401, 403, 404, 413, 415, 422, 429),
        openapi_extra=takes(DownloadBody),
    )
    def link(
        identifier: str,
        caller: Annotated[Caller, Depends(holder)],
        body: Annotated[bytes, Depends(json_body)],
    ) -> Response:
        wish, at = read_body(DownloadBody, body), clock()
        if wish.copy_for is not None:
            made = link_own(
                services,
                caller,
                identifier,
                file_kind=wish.format,
                cause=wish.copy_for.cause,
                recipient=wish.copy_for.recipient,
                at=at,
            )
        else:
            made = link_own(services, caller, identifier, file_kind=_file_kind(wish), at=at)
        shape = {
            "address": download_address(services, made.token),
            "made_at": instant_text(made.code.made_at),
            "expires_at": instant_text(made.code.expires_at),
        }
        return JSONResponse(shape, status_code=201)

    return router


def _mandate_routes(services: Services) -> APIRouter:
    router = APIRouter(prefix="/mandates")
    holder = may(services, Operation.USE_OWN)

    @router.get(
        "",
        summary="我的委托",
        description="Whom the caller entrusted, and by whom the caller is entrusted.",
        response_model=MandatesOut,
        responses=problems(401, 403),
    )
    def mandates(caller: Annotated[Caller, Depends(holder)]) -> Response:
        at, use = clock(), services.licence_use
        given = use.given(holder_of(caller))
        received = use.received(holder_of(caller), at=at)
        shape = {
            "given": [mandate_shape(one, at) for one in given],
            "received": [mandate_shape(one, at) for one in received],
        }
        return JSONResponse(shape)

    @router.post(
        "",
        summary="委托用证",
        description="Entrust a person with licences or with all licences of a type, for a matter and a term.",
        status_code=201,
        response_model=MandateOut,
        responses=problems(400, 401, 403, 404, 409, 413, 415, 422),
        openapi_extra=takes(MandateBody),
    )
    def grant(caller: Annotated[Caller, Depends(holder)], body: Annotated[bytes, Depends(json_body)]) -> Response:
        wish, at = read_body(MandateBody, body), clock()
        mandate = grant_own(
            services,
            caller,
            MandateWish(
                agent_kind=wish.agent.kind,
                agent_code=wish.agent.code,
                agent_name=wish.agent.name,
                types=tuple(wish.types),
                licences=tuple(wish.licences),
                matter=wish.matter,
                item_code=wish.item_code,
                since=wish.since,
                until=wish.until,
            ),
            principal=None if wish.principal is None else (wish.principal.kind, wish.principal.code),
            at=at,
        )
        return JSONResponse(mandate_shape(mandate, at), status_code=201)

    @router.post(
        "/{mandate}/withdrawal",
        summary="撤回委托",
        description="Take a mandate back, at once: codes that were made under it are not taken any more.",
        response_model=MandateOut,
        responses=problems(401, 403, 404),
    )
    def withdraw(mandate: str, caller: Annotated[Caller, Depends(holder)]) -> Response:
        at = clock()
        ended = withdraw_own(services, caller, mandate, at=at)
        return JSONResponse(mandate_shape(ended, at))

    return router


def accesses_of(services: Services, caller: Caller, *, at: datetime) -> tuple[NumberedEntry, ...]:
    """Return who looked at the licences of whom somebody acts for, the newest first."""
    found: dict[int, NumberedEntry] = {}
    for key in services.licence_use.acting_for(holder_of(caller)):
        kept: deque[NumberedEntry] = deque(maxlen=MAX_ACCESSES)
        after = 0
        while True:
            question = TrailQuestion(holder_index=services.holder_index(*key), since=at - ACCESSES_SINCE, after=after)
            page = services.trail.entries(question, limit=_PAGE)
            kept.extend(one for one in page if one.entry.kind in _LOOKS)
            if len(page) < _PAGE:
                break
            after = page[-1].sequence
        found |= {one.sequence: one for one in kept}
    return tuple(found[sequence] for sequence in sorted(found, reverse=True)[:MAX_ACCESSES])


def _file_kind(wish: DownloadBody) -> FileKind:
    return document_kind(wish.format, wish.document) if wish.format in SEALED_FORMS else wish.format
