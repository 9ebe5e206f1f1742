"""Pages behind codes that count once: a licence that is being shown, and a file that is fetched by a link."""

from dataclasses import replace

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, Response

from licences.access import Attempt, CodeKind, CodeRefusedError, Ground, UseMode
from licences.supervision import TrailKind

from .clock import clock
from .limiting import RateLimiter, address_of
from .messages import Message, moment_text
from .output import file_name
from .pages import public_host, verdict_view
from .rendering import page
from .routes import MEDIA_TYPES
from .using import details_of, look_at, record_refusal, record_use
from .wiring import Services

SHOWN_PATH = "/V/S/"
"""In capitals, as the code behind it: such symbols are a third smaller."""
DOWNLOAD_PATH = "/download/"

_SHOWN_BY = {
    UseMode.HOLDER: Message(zh="刚刚由持证人出示", en="Shown by the holder just now"),
    UseMode.AGENT: Message(zh="刚刚由受托人出示", en="Shown just now by a person whom the holder entrusted"),
    "guardian": Message(zh="刚刚由监护人出示", en="Shown by the holder's guardian just now"),
    "representative": Message(zh="刚刚由法定代表人或负责人出示", en="Shown by the body's representative just now"),
}
_LOOK = Message(
    zh="请核对出示人的身份。本页只显示一次，再次查看请出示人刷新出示码。",
    en="Check who the person is. This page is shown once; to look again, ask for a new code.",
)


def show_page_routes(services: Services, limiter: RateLimiter) -> APIRouter:
    """Return the pages; they count against the limit of the address that asks."""
    router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse, dependencies=[Depends(limiter)])

    # Scanners change the case of addresses, and what is no show code must never be judged as the code of a face.
    @router.get("/v/s/{token}")
    @router.get("/v/S/{token}")
    @router.get("/V/s/{token}")
    @router.get("/V/S/{token}")
    def look(request: Request, token: str) -> Response:
        at = clock()
        # A visit is an address and a program: who comes again with the same code is refused, whoever he is.
        visit = f"{address_of(request)} {request.headers.get('user-agent', '')}"
        seen = look_at(services, token, f"visit:{visit}", caller=None, at=at)
        details = details_of(seen.code.ground, act="seen", data="masked")
        record_use(services, TrailKind.SHOW, seen.code, None, None, details=details, at=at)
        # Nothing that lasts leads from here to the licence: neither its code nor a page under that code.
        view = replace(
            verdict_view(services, "", seen.report, seen.record),
            printable=False,
            print_path="",
            report_path="/v/report",
        )
        return page(
            request,
            "shown.html",
            view=view,
            public_host=public_host(services),
            shown_by=shown_by(seen.code.ground),
            matter=seen.code.ground.matter,
            shown_at=moment_text(seen.code.made_at),
            look=_LOOK,
        )

    @router.get(DOWNLOAD_PATH + "{token}")
    def download(token: str) -> Response:
        at = clock()
        try:
            code = services.use_codes.take(Attempt(kind=CodeKind.DOWNLOAD, token=token, at=at))
        except CodeRefusedError as error:
            record_refusal(services, TrailKind.READ, error, None, None, at=at)
            raise
        kind = TrailKind.COPY if code.copy_serial else TrailKind.READ
        record_use(services, kind, code, None, None, details=details_of(code.ground, act="downloaded"), at=at)
        if code.copy_serial:
            copy, media = services.copies.copy(code.copy_serial), code.file_kind or "pdf"
            content, name = services.copies.copy_file(copy, media), file_name(copy.serial, media)
        else:
            record = services.store.get(code.identifier)
            content = services.store.file(record, code.file_kind)
            media, name = code.file_kind.partition(".")[0], file_name(record.identifier, code.file_kind)
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        return Response(content, media_type=MEDIA_TYPES[media], headers=headers)

    return router


def shown_by(ground: Ground) -> Message:
    """Say who shows a licence."""
    return _SHOWN_BY[ground.relation if ground.mode is UseMode.REPRESENTATIVE else ground.mode]


def show_address(services: Services, token: str) -> str:
    """Return what the QR symbol of a show code holds: capitals throughout where the address allows it."""
    return f"{services.home.settings.public_url}{SHOWN_PATH}{token}"


def download_address(services: Services, token: str) -> str:
    """Return the address of a link for one download."""
    return f"{services.home.settings.public_url}{DOWNLOAD_PATH}{token}"
