"""The pages of a holder (我的证照): what he has, showing it, codes and copies, mandates, who looked, objections.

Everything works without a script; the one on the page that shows a code renews it in time.
"""

from collections.abc import Mapping
from datetime import date
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import APIRouter, Depends, Form, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from esign import CHINA
from licences import HOLDER_KINDS
from licences.access import (
    SHOW_STEP,
    AuthorisationWish,
    Caller,
    MandateWish,
    Operation,
    UseMode,
    holder_of,
)
from licences.access import Form as UseForm
from licences.supervision import TrailKind

from .clock import clock
from .errors import ForbiddenError, LoginNeededError
from .form_repeats import FormRepeats
from .messages import Message, moment_text
from .my_routes import accesses_of
from .my_views import MY_PATH, Typed, case_view, file_views, licence_facts, licence_view, look_view, mandate_view
from .objection_routes import raise_objection
from .own_use import authorise_own, grant_own, link_own, open_own, show_own, withdraw_own
from .pages import qr_symbol
from .problems import problem_of
from .rendering import page
from .sessions import checked_form, csrf_token, page_caller
from .show_pages import download_address, show_address, shown_by
from .wiring import Services

MAX_FIELD_CHARACTERS = 256
MAX_STATEMENT_FIELD = 4000
_NOT_A_DAY = Message(zh="请填写日期。", en="A date is needed.")


_FIELDS = {
    "/requester/": "recipient",
    "/requester": "requester",
    "/item/name": "item_name",
    "/item/code": "item_code",
    "/case_number": "case_number",
    "/agent/code": "code",
    "/agent/kind": "kind",
    "/agent/name": "name",
    "/matter": "matter",
    "/since": "since",
    "/until": "until",
    "/licences": "licence",
    "/statement": "statement",
    "/contact": "contact",
    "/cause": "cause",
}
"""Beginnings of pointers to what was refused, and the field of the form that it belongs to."""


def my_pages(services: Services) -> APIRouter:
    """Return the pages; who has not logged in is sent to do so."""
    router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)
    router.include_router(_licence_pages(services))
    router.include_router(_use_pages(services))
    router.include_router(_mandate_pages(services))
    router.include_router(_objection_pages(services))
    return router


def _licence_pages(services: Services) -> APIRouter:
    router = APIRouter(prefix=MY_PATH)
    holder = page_caller(services, Operation.USE_OWN)

    @router.get("")
    def everything(request: Request, caller: Annotated[Caller, Depends(holder)]) -> Response:
        found = services.licence_use.own(holder_of(caller), at=clock())
        return _page(services, request, "my.html", caller, licences=[licence_view(services, one) for one in found])

    @router.get("/licences/{identifier}")
    def one(identifier: str, request: Request, caller: Annotated[Caller, Depends(holder)]) -> Response:
        return _one(services, request, caller, identifier)

    @router.get("/accesses")
    def looks(request: Request, caller: Annotated[Caller, Depends(holder)]) -> Response:
        # What somebody looks at of his own, these pages included, would hide who else did.
        everything = accesses_of(services, caller, at=clock())
        found = [one for one in everything if one.entry.client != caller.client or one.entry.kind is not TrailKind.READ]
        return _page(
            services, request, "my_accesses.html", caller, looks=[look_view(services, one, caller) for one in found]
        )

    return router


def _use_pages(services: Services) -> APIRouter:
    router = APIRouter(prefix=MY_PATH + "/licences/{identifier}", dependencies=[Depends(checked_form(services))])
    holder = page_caller(services, Operation.USE_OWN)

    @router.post("/show")
    def show(identifier: str, request: Request, caller: Annotated[Caller, Depends(holder)]) -> Response:
        at = clock()
        made = show_own(services, caller, identifier, at=at)
        found = services.licence_use.find(holder_of(caller), identifier, at=at)
        return _page(
            services, request, "my_show.html", caller, script=True, licence=licence_view(services, found),
            symbol=qr_symbol(show_address(services, made.token)), renew_in=int(SHOW_STEP.total_seconds()),
            lasts=int((made.code.expires_at - made.code.made_at).total_seconds()),
            until=moment_text(made.code.expires_at), shown_by=shown_by(made.code.ground),
        )  # fmt: skip

    @router.post("/download")
    def download(
        identifier: str,
        caller: Annotated[Caller, Depends(holder)],
        kind: Annotated[str, Form(max_length=64)] = "pdf",
    ) -> Response:
        made = link_own(services, caller, identifier, file_kind=kind, at=clock())
        return _to_download(services, made.token)

    @router.post("/copy")
    def copy(
        identifier: str,
        request: Request,
        caller: Annotated[Caller, Depends(holder)],
        recipient: Annotated[str, Form(max_length=MAX_FIELD_CHARACTERS)] = "",
        cause: Annotated[str, Form(max_length=MAX_FIELD_CHARACTERS)] = "",
    ) -> Response:
        typed = {"recipient": recipient.strip(), "cause": cause.strip()}
        faults = _empty(typed)
        if not faults:
            try:
                made = link_own(services, caller, identifier, **typed, at=clock())
            except ExceptionGroup as group:
                faults = _faults(group)
            else:
                return _to_download(services, made.token)
        return _one(services, request, caller, identifier, typed=typed, faults=faults)

    @router.post("/authorisation")
    def authorise(
        identifier: str,
        request: Request,
        caller: Annotated[Caller, Depends(holder)],
        requester: Annotated[str, Form(max_length=MAX_FIELD_CHARACTERS)] = "",
        item_name: Annotated[str, Form(max_length=MAX_FIELD_CHARACTERS)] = "",
        item_code: Annotated[str, Form(max_length=MAX_FIELD_CHARACTERS)] = "",
        case_number: Annotated[str, Form(max_length=MAX_FIELD_CHARACTERS)] = "",
    ) -> Response:
        typed = {
            "requester": requester.strip(), "item_name": item_name.strip(), "item_code": item_code.strip(),
            "case_number": case_number.strip(),
        }  # fmt: skip
        wish, at = AuthorisationWish(**typed, forms=frozenset({UseForm.DATA, UseForm.COPY})), clock()
        try:
            made = authorise_own(services, caller, identifier, wish, at=at)
        except ExceptionGroup as group:
            return _one(services, request, caller, identifier, typed=typed, faults=_faults(group))
        found = services.licence_use.find(holder_of(caller), identifier, at=at)
        return _page(
            services, request, "my_authorised.html", caller, licence=licence_view(services, found), code=made.token,
            until=moment_text(made.code.expires_at), typed=typed,
        )  # fmt: skip

    return router


def _mandate_pages(services: Services) -> APIRouter:
    router = APIRouter(prefix=f"{MY_PATH}/mandates")
    holder = page_caller(services, Operation.USE_OWN)
    own_form = Depends(checked_form(services))
    repeats = FormRepeats()

    @router.get("")
    def mandates(
        request: Request,
        caller: Annotated[Caller, Depends(holder)],
        licence: Annotated[str, Query(max_length=MAX_FIELD_CHARACTERS)] = "",
    ) -> Response:
        return _mandates(services, request, caller, typed={"licence": licence})

    @router.post("", dependencies=[own_form])
    def grant(
        request: Request,
        caller: Annotated[Caller, Depends(holder)],
        licence: Annotated[str, Form(max_length=MAX_FIELD_CHARACTERS)] = "",
        kind: Annotated[str, Form(max_length=3)] = "",
        code: Annotated[str, Form(max_length=MAX_FIELD_CHARACTERS)] = "",
        name: Annotated[str, Form(max_length=MAX_FIELD_CHARACTERS)] = "",
        matter: Annotated[str, Form(max_length=MAX_FIELD_CHARACTERS)] = "",
        since: Annotated[str, Form(max_length=10)] = "",
        until: Annotated[str, Form(max_length=10)] = "",
    ) -> Response:
        typed = {
            "licence": licence, "kind": kind, "code": code.strip(), "name": name.strip(), "matter": matter.strip(),
            "since": since, "until": until,
        }  # fmt: skip
        days = {key: _day(typed[key]) for key in ("since", "until")}
        faults = {key: _NOT_A_DAY for key, day in days.items() if day is None} | _empty(typed)
        first, last = days["since"], days["until"]
        if first is None or last is None or faults:
            return _mandates(services, request, caller, typed=typed, faults=faults)
        wish = MandateWish(
            agent_kind=kind, agent_code=typed["code"], agent_name=typed["name"], types=(), licences=(licence,),
            matter=typed["matter"], item_code="", since=first, until=last,
        )  # fmt: skip

        def granted() -> Response:
            try:
                grant_own(services, caller, wish, at=clock())
            except ExceptionGroup as group:
                return _mandates(services, request, caller, typed=typed, faults=_faults(group))
            return RedirectResponse(f"{MY_PATH}/mandates", status_code=303)

        # Who has taken a mandate back may grant the very same one at once.
        withdrawn = [one.id for one in services.licence_use.given(holder_of(caller)) if one.withdrawn_at]
        return repeats.once((caller.client, typed, withdrawn), granted)

    @router.post("/{mandate}/withdrawal", dependencies=[own_form])
    def withdraw(mandate: str, caller: Annotated[Caller, Depends(holder)]) -> Response:
        withdraw_own(services, caller, mandate, at=clock())
        return RedirectResponse(f"{MY_PATH}/mandates", status_code=303)

    return router


def _objection_pages(services: Services) -> APIRouter:
    router = APIRouter(prefix=f"{MY_PATH}/objections")
    holder = page_caller(services, Operation.USE_OWN)
    repeats = FormRepeats()

    @router.get("")
    def objections(
        request: Request,
        caller: Annotated[Caller, Depends(holder)],
        licence: Annotated[str, Query(max_length=MAX_FIELD_CHARACTERS)] = "",
    ) -> Response:
        return _objections(services, request, caller, typed={"licence": licence})

    def typed_by(
        licence: Annotated[str, Form(max_length=MAX_FIELD_CHARACTERS)] = "",
        statement: Annotated[str, Form(max_length=MAX_STATEMENT_FIELD)] = "",
        contact: Annotated[str, Form(max_length=MAX_FIELD_CHARACTERS)] = "",
    ) -> Mapping[str, str]:
        return {"licence": licence, "statement": statement, "contact": contact}

    def kept(request: Request, typed: Mapping[str, str], needed: LoginNeededError) -> Response:
        try:
            services.identity.sessions.require_own_page(request)
        except ForbiddenError:
            # The words of another site are not shown on a page of ours.
            raise needed from None
        return page(request, "my_objection_kept.html", status_code=401, typed=typed)

    @router.post("", dependencies=[Depends(checked_form(services))])
    def object_to(request: Request, typed: Annotated[Mapping[str, str], Depends(typed_by)]) -> Response:
        try:
            caller = holder(request)
        except LoginNeededError as needed:
            return kept(request, typed, needed)

        def raised() -> Response:
            try:
                raise_objection(
                    services, caller, typed["licence"], statement=typed["statement"], contact=typed["contact"]
                )
            except ExceptionGroup as group:
                return _objections(services, request, caller, typed=typed, faults=_faults(group))
            return RedirectResponse(f"{MY_PATH}/objections", status_code=303)

        return repeats.once((caller.client, typed), raised)

    @router.get("/again")
    def logged_in(request: Request, caller: Annotated[Caller, Depends(holder)]) -> Response:
        return _page(services, request, "my_logged_in.html", caller)

    @router.post("/again")
    def object_again(request: Request, typed: Annotated[Mapping[str, str], Depends(typed_by)]) -> Response:
        try:
            return _objections(services, request, holder(request), typed=typed)
        except LoginNeededError as needed:
            return kept(request, typed, needed)

    return router


def _page(
    services: Services,
    request: Request,
    template: str,
    caller: Caller,
    *,
    script: bool = False,
    faults: Mapping[str, Message] | None = None,
    **values: object,
) -> HTMLResponse:
    return page(
        request,
        template,
        status_code=422 if faults else 200,
        script=script,
        camera=False,
        csrf=csrf_token(services, request),
        name=holder_of(caller).name,
        development=services.home.settings.development,
        faults=faults or {},
        **values,
    )


def _one(
    services: Services,
    request: Request,
    caller: Caller,
    identifier: str,
    *,
    typed: Mapping[str, str] | None = None,
    faults: Mapping[str, Message] | None = None,
) -> HTMLResponse:
    found = open_own(services, caller, identifier, at=clock())
    record = found.filed.record
    return _page(
        services, request, "my_licence.html", caller, licence=licence_view(services, found),
        facts=licence_facts(services, record), typed=Typed(typed or {}), faults=faults,
        files=file_views(services, record),
    )  # fmt: skip


def _mandates(
    services: Services,
    request: Request,
    caller: Caller,
    *,
    typed: Mapping[str, str],
    faults: Mapping[str, Message] | None = None,
) -> HTMLResponse:
    at, holder, use = clock(), holder_of(caller), services.licence_use
    own = [one for one in use.own(holder, at=at) if one.grounds[0].mode is UseMode.HOLDER]
    return _page(
        services, request, "my_mandates.html", caller, faults=faults, kinds=HOLDER_KINDS,
        typed=Typed({"since": at.astimezone(CHINA).date().isoformat(), **typed}),
        licences=[licence_view(services, one) for one in own],
        given=[mandate_view(services, one, at, agent=True) for one in use.given(holder)],
        received=[mandate_view(services, one, at, agent=False) for one in use.received(holder, at=at)],
    )  # fmt: skip


def _objections(
    services: Services,
    request: Request,
    caller: Caller,
    *,
    typed: Mapping[str, str],
    faults: Mapping[str, Message] | None = None,
) -> HTMLResponse:
    at, holder = clock(), holder_of(caller)
    cases = services.cases.of_holder(services.holder_index(holder.kind, holder.code))
    return _page(
        services, request, "my_objections.html", caller, typed=Typed(typed), faults=faults,
        licences=[
            licence_view(services, one)
            for one in services.licence_use.own(holder, at=at)
            if one.grounds[0].mode is not UseMode.AGENT
        ],
        cases=[case_view(one) for one in cases],
    )  # fmt: skip


def _to_download(services: Services, token: str) -> Response:
    # The path only: a browser that came by another name of ours keeps its session.
    return RedirectResponse(urlsplit(download_address(services, token)).path, status_code=303)


def _faults(group: ExceptionGroup[Exception]) -> dict[str, Message]:
    """Return what is wrong by the field of the form that it belongs to; all that belongs to none under `form`."""
    return {
        next((name for start, name in _FIELDS.items() if field.pointer.startswith(start)), "form"): field.message
        for field in problem_of(group).fields
    }


def _empty(typed: Mapping[str, str]) -> dict[str, Message]:
    needed = Message(zh="请填写。", en="This is needed.")
    return {key: needed for key, value in typed.items() if not value}


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
