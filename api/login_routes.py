"""Logging in and out (统一身份认证): the pages around an identity provider, for citizens and for staff."""

import os
from datetime import UTC, datetime
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from licences import InvalidHolderError, check_holder
from licences.access import Caller, HolderIdentity, UnauthenticatedError, subject_proof_id
from licences.supervision import TrailEntry, TrailKind

from .errors import ApiError, AssuranceTooLowError, LoginNotSetUpError, LoginRefusedError, StaffUnknownError
from .limiting import RateLimiter
from .login_settings import CITIZENS, HolderLogin
from .oidc_client import text_of
from .oidc_login import ATTEMPT_TERM, Attempt, LoggedIn, attempt_name, own_path
from .problems import problem_of
from .rendering import page
from .sessions import checked_form, csrf_token
from .wiring import Services

HOLDER, STAFF = "holder", "staff"
HOME_PAGES = {HOLDER: "/my", STAFF: "/desk"}
"""Where somebody goes who logged in without having asked for a page."""
MAX_HOLDER_NAME = 128
RETRY_SECONDS = "30"


def login_routes(services: Services, limiter: RateLimiter) -> APIRouter:
    """Return the pages; every one of them counts against the limit of the address that asks."""
    router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse, dependencies=[Depends(limiter)])
    router.include_router(_way_in(services))
    router.include_router(_way_out(services))
    return router


def to_login(request: Request, error: Exception) -> Response:
    """Answer for a page that needs a session: to the log-in; for a form that was sent, a page that says so."""
    path = own_path(request.url.path)
    if request.method == "GET":
        return RedirectResponse(f"/login?{urlencode({'next': path})}", status_code=303)
    return _problem_page(request, error, path)


def _way_in(services: Services) -> APIRouter:
    router = APIRouter()

    @router.get("/login")
    def choose(request: Request, following: str = Query("/", alias="next")) -> Response:
        path = own_path(following)
        if not services.identity.logins:
            return _problem_page(request, _not_set_up(), path)
        audience = _audience_of(path) or next(iter(services.identity.logins))
        if _audience_of(path) or len(services.identity.logins) == 1:
            return RedirectResponse(f"/login/{audience}?{urlencode({'next': path})}", status_code=303)
        return page(request, "login.html", next=quote(path))

    @router.get("/login/callback")
    def come_back(request: Request) -> Response:
        at = datetime.now(UTC)
        answer = dict(request.query_params)
        name = _attempt_cookie(services, answer.get("state", ""))
        attempt: Attempt | None = None
        try:
            attempt = services.identity.attempts.read(request.cookies.get(name, ""))
            response = _finished(services, request, attempt, answer, at)
        except ApiError as error:
            response = _problem_page(request, error, "/" if attempt is None else attempt.next)
        response.delete_cookie(
            name, path="/", secure=services.identity.sessions.is_secure, httponly=True, samesite="lax"
        )
        return response

    @router.get("/login/{audience}")
    def begin(request: Request, audience: str, following: str = Query("/", alias="next")) -> Response:
        path = own_path(following)
        try:
            if audience not in services.identity.logins:
                raise _not_set_up()
            attempt, address = services.identity.logins[audience].begin(path, random=os.urandom, at=datetime.now(UTC))
        except ApiError as error:
            return _problem_page(request, error, path)
        response = RedirectResponse(address, status_code=303)
        response.set_cookie(
            _attempt_cookie(services, services.identity.attempts.state(attempt)),
            services.identity.attempts.cookie_of(attempt),
            max_age=int(ATTEMPT_TERM.total_seconds()),
            path="/",
            secure=services.identity.sessions.is_secure,
            httponly=True,
            samesite="lax",
        )
        return response

    return router


def _way_out(services: Services) -> APIRouter:
    router = APIRouter()

    @router.get("/logout")
    def ask(request: Request) -> Response:
        return page(request, "logout.html", csrf=csrf_token(services, request), provider="")

    @router.post("/logout", dependencies=[Depends(checked_form(services))])
    def leave(request: Request) -> Response:
        at = datetime.now(UTC)
        try:
            caller = services.identity.sessions.caller(request, at)
        except UnauthenticatedError:
            caller = None
        audience = STAFF if caller is not None and caller.holder is None else HOLDER
        # Not on to the provider: the policy of our pages lets no form lead anywhere else.
        response = RedirectResponse(f"/logout/{audience}", status_code=303)
        services.identity.sessions.close(request, response)
        if caller is not None:
            services.trail.record(_entry(services, caller, "logout", at))
        return response

    @router.get("/logout/{audience}")
    def left(request: Request, audience: str) -> Response:
        try:
            login = services.identity.logins.get(audience)
            provider = "" if login is None else login.end_address(datetime.now(UTC))
        except ApiError:
            # It is down: then there is no page of it to go to.
            provider = ""
        return page(request, "logout.html", csrf="", provider=provider)

    return router


def _finished(services: Services, request: Request, attempt: Attempt, answer: dict[str, str], at: datetime) -> Response:
    """End a login and open the session."""
    login = services.identity.logins.get(attempt.audience)
    if login is None:
        raise _not_set_up()
    holders = services.home.settings.identity.holders if attempt.audience == HOLDER else None
    known = login.finish(attempt, answer, wanted=() if holders is None else _claims_of_holders(holders), at=at)
    path = attempt.next if attempt.next != "/" else HOME_PAGES[attempt.audience]
    response = RedirectResponse(path, status_code=303)
    try:
        caller = _opened(services, request, response, holders, known, at)
    except LoginRefusedError as error:
        # Only now somebody vouches for whoever it is: strangers write nothing into the trail.
        details = {"event": "login", "audience": attempt.audience}
        code = problem_of(error).code
        services.trail.record(TrailEntry(kind=TrailKind.SESSION, at=at, done=False, code=code, details=details))
        raise
    services.trail.record(_entry(services, caller, "login", at))
    return response


def _opened(
    services: Services, request: Request, response: Response, holders: HolderLogin | None, known: LoggedIn, at: datetime
) -> Caller:
    """Open a session for whom the provider knows; LoginRefusedError."""
    sessions = services.identity.sessions
    if holders is not None:
        holder = _holder(holders, known)
        return sessions.open_for_holder(
            request, response, issuer=known.issuer, subject=known.subject, holder=holder, at=at
        )
    try:
        proof_id = subject_proof_id(known.issuer, known.subject)
        return sessions.open_for_staff(request, response, proof_id=proof_id, at=at)
    except StaffUnknownError as error:
        staff = services.home.settings.identity.staff
        raise _unknown(known.subject, "" if staff is None else staff.contact) from error


def _claims_of_holders(setting: HolderLogin) -> tuple[str, ...]:
    names = (setting.name_claim, setting.code_claim, setting.kind_claim)
    return tuple(name for name in names if name is not None)


def _holder(setting: HolderLogin, known: LoggedIn) -> HolderIdentity:
    """Read who a holder is; AssuranceTooLowError, LoginRefusedError."""
    if known.level not in setting.assurance:
        levels = "、".join(setting.assurance)
        raise AssuranceTooLowError(
            f"您在统一身份认证平台的实名等级不够，未登录。需要的等级：{levels}。请先在认证平台完成实名认证，再重新登录。",
            f"the identity provider is not sure enough who you are; needed: {', '.join(setting.assurance)}. "
            "Have yourself identified there first, then log in again",
        )
    word = CITIZENS if setting.kind_claim is None else text_of(known.claims, setting.kind_claim)
    kind = word if setting.kind_claim is None else setting.kinds.get(word, "")
    name = text_of(known.claims, setting.name_claim).strip()
    try:
        code = check_holder(kind, text_of(known.claims, setting.code_claim))
    except InvalidHolderError as error:
        raise _incomplete() from error
    if not 0 < len(name) <= MAX_HOLDER_NAME or not name.isprintable():
        raise _incomplete()
    return HolderIdentity(kind=kind, code=code, name=name, assurance=known.level)


def _entry(services: Services, caller: Caller, event: str, at: datetime) -> TrailEntry:
    holder = caller.holder
    return TrailEntry(
        kind=TrailKind.SESSION,
        at=at,
        done=True,
        holder_index="" if holder is None else services.holder_index(holder.kind, holder.code),
        details={"event": event, **({} if holder is None else {"assurance": holder.assurance})},
    ).by(caller)


def _audience_of(path: str) -> str:
    """Return who a page is for, as far as its address says; empty otherwise."""
    first = path.split("/")[1]
    return {"my": HOLDER, "desk": STAFF, "review": STAFF}.get(first, "")


def _attempt_cookie(services: Services, state: str) -> str:
    return f"{services.identity.sessions.cookie}-login-{attempt_name(state)}"


def _problem_page(request: Request, error: Exception, path: str) -> HTMLResponse:
    problem = problem_of(error)
    status = problem.row.http_status
    message = problem.message if status < 500 else problem.row.title
    again = not isinstance(error, LoginNotSetUpError)
    response = page(request, "login_problem.html", status_code=status, message=message, next=quote(path), again=again)
    if status == 503:
        response.headers["Retry-After"] = RETRY_SECONDS
    return response


def _unknown(subject: str, contact: str) -> StaffUnknownError:
    return StaffUnknownError(
        f"您的账号尚未在本系统登记，或已停用。请联系：{contact}，并告知账号标识：{subject}",
        f"your account is not entered here, or suspended. Ask {contact}, and name this account: {subject}",
    )


def _incomplete() -> LoginRefusedError:
    return LoginRefusedError(
        "统一身份认证没有提供可用的姓名（名称）和证件号码，未登录。请在认证平台核对您的实名信息。",
        "the identity provider gave no usable name and number: check there what it knows of you",
    )


def _not_set_up() -> LoginNotSetUpError:
    return LoginNotSetUpError("本系统没有开通此类登录。", "nobody of this kind logs in here")
