"""The pages of maker and checker (起草、审核): drafts that wait for one, the form, both sides of a check, sealing."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.concurrency import run_in_threadpool

from esign import plain_pdf
from licences import (
    Draft,
    LicencesError,
    LicenceType,
    Remark,
    Wish,
    draft_pages,
)
from licences.access import Caller, Operation

from .clock import clock
from .enforcing import keeping_gate, require_issuing
from .form_repeats import FormRepeats
from .messages import Message, moment_text
from .problems import problem_of
from .rendering import page
from .review_access import CHECKING_STEPS, LOOKING_STEPS, MAKING_STEPS, draft_for, may_see, require_replaced
from .review_form import data_from, field_views
from .review_shapes import MAX_LISTED
from .review_waiting import step_of
from .sessions import checked_form, csrf_token, page_caller
from .wiring import Services

REVIEW_PATH = "/review"
SAVE_PATH = "/review/save"
MAX_REMARK_FIELD = 1000
_MOST_LOOKED_AT = 10 * MAX_LISTED
_WAITS = {
    Operation.REVIEW: Message(zh="待您审核", en="to be checked by you"),
    Operation.DRAFT: Message(zh="待您处理", en="your turn"),
}
_NOT_YOURS = Message(zh="由他人办理", en="somebody else's turn")


@dataclass(frozen=True, slots=True, kw_only=True)
class _DraftView:
    """A draft in a list."""

    id: str
    type_name: Message
    state: str
    maker: str
    changed: str
    turn: Message
    mine: bool


def review_pages(services: Services) -> APIRouter:
    """Return the pages; who has not logged in is sent to do so."""
    router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)
    router.include_router(_making_pages(services))
    router.include_router(_draft_pages(services))
    return router


def _making_pages(services: Services) -> APIRouter:
    router = APIRouter()
    looking = page_caller(services, *LOOKING_STEPS)
    making = page_caller(services, *MAKING_STEPS)
    repeats = FormRepeats()

    @router.get(REVIEW_PATH)
    def waiting(request: Request, caller: Annotated[Caller, Depends(looking)]) -> Response:
        drafts = services.drafts.drafts(None, limit=_MOST_LOOKED_AT)
        seen = islice((one for one in drafts if may_see(services, caller, one, LOOKING_STEPS)), MAX_LISTED)
        views = [_listed(services, caller, one) for one in seen]
        types = [one for one in services.catalogue if caller.may(Operation.DRAFT, type_slug=one.slug)]
        return _page(
            services, request, "review.html", caller, waiting=[one for one in views if one.mine],
            others=[one for one in views if not one.mine], types=types,
        )  # fmt: skip

    @router.get(f"{REVIEW_PATH}/new")
    def begin(
        request: Request,
        caller: Annotated[Caller, Depends(making)],
        wanted: Annotated[str, Query(alias="type", max_length=64)],
    ) -> Response:
        licence_type = services.catalogue.get(wanted)
        return _form(services, request, caller, licence_type, data={})

    @router.post(SAVE_PATH)
    async def save(request: Request, caller: Annotated[Caller, Depends(making)]) -> Response:
        async with request.form(max_files=4, max_fields=300) as form:
            words = {name: str(form.get(name, "")) for name in ("csrf", "type", "draft", "digest", "then", "seal")}
            licence_type, before = await run_in_threadpool(_asked, services, request, caller, words)
            data = await data_from(form, licence_type, before)
        # Not here: while the store is waited for, nobody else would be answered.
        return await run_in_threadpool(
            repeats.once,
            (caller.client, words, data),
            lambda: _saved(services, request, caller, licence_type, data, words),
        )

    return router


def _draft_pages(services: Services) -> APIRouter:
    router = APIRouter(prefix=f"{REVIEW_PATH}/drafts/{{draft_id}}")
    looking, making, checking = (
        page_caller(services, *steps) for steps in (LOOKING_STEPS, MAKING_STEPS, CHECKING_STEPS)
    )
    own_form = Depends(checked_form(services))
    repeats = FormRepeats()

    def done(
        request: Request, caller: Caller, draft: Draft, step: object, act: Callable[[datetime], object]
    ) -> Response:
        return repeats.once((caller.client, draft.id, step), lambda: _done(services, request, caller, draft, act))

    @router.get("")
    def show(draft_id: str, request: Request, caller: Annotated[Caller, Depends(looking)]) -> Response:
        return _draft(services, request, caller, draft_for(services, caller, draft_id, LOOKING_STEPS))

    @router.get("/form")
    def edit(
        draft_id: str,
        request: Request,
        caller: Annotated[Caller, Depends(making)],
        refused: Annotated[str, Query(max_length=1)] = "",
    ) -> Response:
        draft = draft_for(services, caller, draft_id, MAKING_STEPS)
        licence_type = services.catalogue.get(draft.type_slug)
        error = _in_the_way(services, caller, draft) if refused else None
        return _form(services, request, caller, licence_type, data=_data(services, draft), draft=draft, error=error)

    @router.get("/preview")
    def preview(draft_id: str, caller: Annotated[Caller, Depends(looking)]) -> Response:
        draft = draft_for(services, caller, draft_id, LOOKING_STEPS)
        licence_type = services.catalogue.get(draft.type_slug)
        pages = draft_pages(
            licence_type, _data(services, draft), licence_type.documents[0], services.fonts,
            public_url=services.home.settings.public_url,
        )  # fmt: skip
        return Response(
            plain_pdf(services.fonts, f"{licence_type.name}（样例）", pages),
            media_type="application/pdf",
            headers={"Content-Disposition": 'inline; filename="preview.pdf"'},
        )

    @router.post("/approval", dependencies=[own_form])
    def approve(
        draft_id: str,
        request: Request,
        caller: Annotated[Caller, Depends(checking)],
        digest: Annotated[str, Form(max_length=64)] = "",
    ) -> Response:
        draft = draft_for(services, caller, draft_id, CHECKING_STEPS)
        return done(
            request, caller, draft, ("approve", digest),
            lambda at: services.review.approve(draft_id, digest, actor=caller.actor, at=at),
        )  # fmt: skip

    @router.post("/return", dependencies=[own_form])
    def send_back(
        draft_id: str,
        request: Request,
        caller: Annotated[Caller, Depends(checking)],
        digest: Annotated[str, Form(max_length=64)] = "",
        field: Annotated[str, Form(max_length=128)] = "",
        text: Annotated[str, Form(max_length=MAX_REMARK_FIELD)] = "",
    ) -> Response:
        draft = draft_for(services, caller, draft_id, CHECKING_STEPS)
        remark = Remark(pointer=f"/data/{field}" if field else "", text=text.strip())
        return done(
            request, caller, draft, ("return", digest, remark),
            lambda at: services.review.send_back(draft_id, [remark], actor=caller.actor, at=at, digest=digest),
        )  # fmt: skip

    @router.post("/abandonment", dependencies=[own_form])
    def abandon(draft_id: str, request: Request, caller: Annotated[Caller, Depends(making)]) -> Response:
        draft = draft_for(services, caller, draft_id, MAKING_STEPS)
        return done(
            request, caller, draft, "abandon",
            lambda at: services.review.abandon(draft_id, actor=caller.actor, at=at),
        )  # fmt: skip

    @router.post("/sealing", dependencies=[own_form])
    def seal(draft_id: str, request: Request, caller: Annotated[Caller, Depends(making)]) -> Response:
        draft = draft_for(services, caller, draft_id, MAKING_STEPS)

        def sealed(at: datetime) -> None:
            require_replaced(services, caller, draft, at)
            services.review.seal(
                draft_id, actor=caller.actor, at=at, issuer_for=services.issuer_for,
                before_keeping=keeping_gate(caller, Operation.DRAFT),
            )  # fmt: skip

        return done(request, caller, draft, "seal", sealed)

    return router


def _page(services: Services, request: Request, template: str, caller: Caller, **values: object) -> HTMLResponse:
    return page(
        request,
        template,
        status_code=422 if values.get("faults") and request.method == "POST" else 200,
        script=False,
        camera=False,
        csrf=csrf_token(services, request),
        name=caller.client,
        development=services.home.settings.development,
        **values,
    )


def _asked(
    services: Services, request: Request, caller: Caller, words: Mapping[str, str]
) -> tuple[LicenceType, Mapping[str, object]]:
    """Return the type of what was typed, and the data of the draft before it."""
    services.identity.sessions.require_own_form(request, words["csrf"], clock())
    licence_type = services.catalogue.get(words["type"])
    if not words["draft"]:
        return licence_type, {}
    return licence_type, _data(services, draft_for(services, caller, words["draft"], MAKING_STEPS))


def _saved(
    services: Services,
    request: Request,
    caller: Caller,
    licence_type: LicenceType,
    data: Mapping[str, object],
    words: Mapping[str, str],
) -> Response:
    """Keep what was typed, and hand it to the checkers if that was asked for; with faults it stays a draft.

    That is then shown by an address of its own: a form that is sent or loaded again must not keep another draft.
    """
    at = clock()
    require_issuing(services, caller, Operation.DRAFT, at=at, type_name=licence_type.slug, data=data)
    wish = Wish(type_name=licence_type.slug, data=data, algorithm=words["seal"] or "sm2")
    draft_id, digest, actor = words["draft"], words["digest"], caller.actor
    try:
        if draft_id:
            services.review.edit(draft_id, wish, actor=actor, at=at, digest=digest)
        else:
            draft_id = services.review.draft(wish, actor=actor, at=at).id
    except (LicencesError, ExceptionGroup) as error:
        # It stays a form for the version that was edited: what others did to the draft since is not overwritten.
        draft = replace(services.drafts.get(draft_id), digest=digest) if draft_id else None
        return _form(services, request, caller, licence_type, data=data, draft=draft, error=error)
    place = f"{REVIEW_PATH}/drafts/{draft_id}"
    if words["then"] == "submit":
        try:
            services.review.submit(draft_id, actor=actor, at=at)
        except (LicencesError, ExceptionGroup):
            place += "/form?refused=1"
    return RedirectResponse(place, status_code=303)


def _form(
    services: Services,
    request: Request,
    caller: Caller,
    licence_type: LicenceType,
    *,
    data: Mapping[str, object],
    draft: Draft | None = None,
    error: Exception | None = None,
) -> HTMLResponse:
    office = {
        "certificateIssuingAuthorityName": caller.office,
        "certificateIssuingAuthorityCode": caller.office_code,
    }
    return _page(
        services, request, "review_form.html", caller, draft=draft, save_path=SAVE_PATH,
        type_name=Message(zh=licence_type.name, en=licence_type.name_en), slug=licence_type.slug,
        fields=field_views(licence_type, data or office), faults={} if error is None else _faults(error),
    )  # fmt: skip


def _draft(
    services: Services, request: Request, caller: Caller, draft: Draft, *, error: Exception | None = None
) -> HTMLResponse:
    licence_type = services.catalogue.get(draft.type_slug)
    events = services.drafts.events(draft.id)
    step = step_of(services, caller, draft)
    may_step = step is not None and may_see(services, caller, draft, (step,))
    return _page(
        services, request, "review_draft.html", caller, draft=draft, view=_listed(services, caller, draft),
        fields=[one for one in field_views(licence_type, _data(services, draft)) if one.typed],
        remarks=[remark for event in events[-1:] for remark in event.remarks],
        labels={f"/data/{field.key}": field.label for field in licence_type.all_fields},
        history=[(event.act.zh, event.actor.name, moment_text(event.recorded_at)) for event in events],
        step=step if may_step else None, checks=may_step and step is Operation.REVIEW,
        makes=may_step and step is Operation.DRAFT, faults={} if error is None else _faults(error),
    )  # fmt: skip


def _done(
    services: Services, request: Request, caller: Caller, draft: Draft, act: Callable[[datetime], object]
) -> Response:
    """Do a step; where it is refused the page says why, and shows the draft as it is now."""
    try:
        act(clock())
    except (LicencesError, ExceptionGroup) as error:
        return _draft(services, request, caller, services.drafts.get(draft.id), error=error)
    return RedirectResponse(f"{REVIEW_PATH}/drafts/{draft.id}", status_code=303)


def _in_the_way(services: Services, caller: Caller, draft: Draft) -> Exception | None:
    try:
        services.review.check(draft.id, actor=caller.actor, at=clock())
    except (LicencesError, ExceptionGroup) as error:
        return error
    return None


def _listed(services: Services, caller: Caller, draft: Draft) -> _DraftView:
    step = step_of(services, caller, draft)
    mine = step is not None and may_see(services, caller, draft, (step,))
    licence_type = services.catalogue.get(draft.type_slug)
    return _DraftView(
        id=draft.id,
        type_name=Message(zh=licence_type.name, en=licence_type.name_en),
        state=draft.state.zh,
        maker=draft.maker,
        changed=moment_text(draft.changed_at),
        turn=_WAITS[step] if mine and step is not None else _NOT_YOURS,
        mine=mine,
    )


def _data(services: Services, draft: Draft) -> Mapping[str, object]:
    return services.drafts.content(draft.id, draft.version).data


def _faults(error: Exception) -> dict[str, Message]:
    """Return what is wrong by field; what belongs to none under `form`."""
    problem = problem_of(error)
    found = {one.pointer.removeprefix("/data/").partition("/")[0]: one.message for one in problem.fields}
    return found or {"form": problem.message}
