"""The web application: which routes there are, how errors are answered, whether everything needed is there."""

import threading
import time
from collections.abc import Callable

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse, Response
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException

from esign import EsignError
from keys import KeysError
from licences import LicencesError
from verify import VerifyError

from .act_routes import act_routes
from .audit_routes import audit_routes
from .batch_routes import batch_routes
from .client_routes import client_routes
from .clock import clock
from .conversion_routes import conversion_routes
from .copy_routes import copy_routes
from .desk_routes import desk_routes
from .edge import Edge
from .errors import ApiError, LoginNeededError, OverloadedError, RateLimitedError
from .feed_routes import feed_routes
from .health import takes_files, waiting_too_long
from .limiting import RateLimiter
from .login_routes import login_routes, to_login
from .metrics_routes import metrics_routes
from .my_pages import my_pages
from .my_routes import my_routes
from .objection_routes import objection_routes
from .openapi import complete
from .pages import STATIC, page_routes, problem_page, reference_page
from .problems import Problem, problem_for_status, problem_of
from .receipt_routes import receipt_routes
from .report_page import wants_page
from .requirement_routes import requirement_routes
from .review_pages import review_pages
from .review_routes import review_routes
from .routes import api_routes
from .schema_routes import schema_routes
from .schemas import describe, invalid_body
from .share_routes import share_routes
from .show_pages import DOWNLOAD_PATH, show_page_routes
from .status_list_routes import status_list_routes
from .status_publishing import StatusPublishing
from .status_routes import status_routes
from .supervision_routes import supervision_routes
from .use_routes import use_routes
from .webhook_routes import webhook_routes
from .wiring import Services

READY_SECONDS = 3.0  # how old an answer of /readyz may be
_READY = (
    "200 when database, keys, anchors and disk are usable, else 503; `keys` names each key in use with `ok` or its "
    "fault, `status_lists` says `ok` or why none are published, `trail` whether its entries are chained in time."
)
FORESEEN = (ApiError, LicencesError, EsignError, KeysError, VerifyError, OSError, ExceptionGroup)


def create_app(
    services: Services,
    *,
    public_only: bool,
    limiter: RateLimiter | None = None,
    publishing: StatusPublishing | None = None,
) -> FastAPI:
    """Make the application.

    `public_only` leaves out the interface for programs and its description: without TLS only the pages for the public
    may be reached from other machines (ADR 0029). `publishing` is what this process makes status lists with; readiness
    tells how it is doing.
    """
    limiter = limiter or RateLimiter()
    app = FastAPI(
        title="elicence",
        version="1",
        docs_url=None,
        redoc_url=None,
        openapi_url=None if public_only else "/openapi.json",
        redirect_slashes=False,
    )
    app.mount("/static", StaticFiles(directory=STATIC))
    _add_health(app, services, publishing)
    if not public_only:
        app.include_router(api_routes(services))
        app.include_router(act_routes(services))
        app.include_router(client_routes(services))
        app.include_router(schema_routes(services))
        app.include_router(review_routes(services))
        app.include_router(copy_routes(services))
        app.include_router(receipt_routes(services))
        app.include_router(requirement_routes(services))
        app.include_router(share_routes(services))
        app.include_router(status_routes(services))
        app.include_router(conversion_routes(services))
        app.include_router(batch_routes(services))
        app.include_router(feed_routes(services))
        app.include_router(webhook_routes(services))
        app.include_router(audit_routes(services))
        app.include_router(supervision_routes(services))
        app.include_router(metrics_routes(services))
        app.include_router(desk_routes(services))
        app.include_router(my_routes(services))
        app.include_router(my_pages(services))
        app.include_router(review_pages(services))
        app.include_router(objection_routes(services))
        app.include_router(use_routes(services))
        app.include_router(login_routes(services, limiter))
        _add_reference(app, services)
    app.include_router(show_page_routes(services, limiter))
    app.include_router(page_routes(services, limiter))
    app.include_router(status_list_routes(services, limiter))
    for error in FORESEEN:
        app.add_exception_handler(error, _answer)
    app.add_exception_handler(LoginNeededError, to_login)
    app.add_exception_handler(HTTPException, _answer_status)
    app.add_exception_handler(RequestValidationError, _answer_parameter)
    app.add_middleware(
        Edge, proxies=services.home.settings.trusted_proxies, observe=services.metrics.observe, told=_answer
    )
    return app


def _add_health(app: FastAPI, services: Services, publishing: StatusPublishing | None) -> None:
    @app.get("/healthz", summary="进程是否在运行", description="200 as long as the process runs.")
    def healthz() -> Response:
        return JSONResponse({"status": "ok"})

    answers = _Remembered()

    @app.get("/readyz", summary="能否提供服务", description=_READY, responses={503: {"description": "unready"}})
    def readyz() -> Response:
        body = answers.give(lambda: _readiness(services, publishing))
        return JSONResponse(body, status_code=200 if body["status"] == "ready" else 503)


def _readiness(services: Services, publishing: StatusPublishing | None) -> dict[str, object]:
    """Look at everything that issuing and checking need. Which key is unusable is named, why in one word only."""
    keys: dict[str, str] = {}

    def can_seal() -> bool:
        faults = services.key_faults()
        keys.update({name: "ok" if fault is None else problem_of(fault).code for name, fault in faults.items()})
        return bool(keys) and set(keys.values()) == {"ok"}

    usable = {
        "database": _usable(services.can_store),
        "keys": _usable(can_seal),
        "trust": _usable(services.has_anchors),
        "disk": _usable(lambda: takes_files(services.home.path)),
    }
    parts = {name: "ok" if good else "unusable" for name, good in usable.items()}
    # Neither lists that grow old nor a trail that is chained late make the service itself unready.
    on_time = _usable(lambda: waiting_too_long(services.trail_chain, clock()) is None)
    lists = {} if publishing is None else {"status_lists": publishing.state}
    ready = all(usable.values())
    return {
        "status": "ready" if ready else "unready",
        "parts": parts,
        "keys": keys,
        "trail": "ok" if on_time else "behind",
        **lists,
    }


def _add_reference(app: FastAPI, services: Services) -> None:
    @app.get("/docs", include_in_schema=False)
    def docs(request: Request) -> Response:
        return reference_page(request, app.openapi())

    @app.get("/", include_in_schema=False)
    def start() -> Response:
        return RedirectResponse("/v", status_code=303)

    describe(app)
    complete(app, services)


class _Remembered:
    """The last answer for some seconds: opening the keys takes a tenth of a second, and anybody may ask."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._answer: dict[str, object] = {}
        self._until = 0.0

    def give(self, ask: Callable[[], dict[str, object]]) -> dict[str, object]:
        """Ask again only when the last answer is old; one asks, the others wait for it."""
        with self._lock:
            if time.monotonic() >= self._until:
                self._answer = ask()
                self._until = time.monotonic() + READY_SECONDS
            return self._answer


def _usable(question: Callable[[], bool]) -> bool:
    try:
        return question()
    except FORESEEN:
        return False


def _answer(request: Request, error: Exception) -> Response:
    seconds = error.seconds if isinstance(error, RateLimitedError | OverloadedError) else 60
    return _told(request, problem_of(error), seconds=seconds)


def _answer_status(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    return _told(request, problem_for_status(status))


def _answer_parameter(request: Request, error: Exception) -> Response:
    # The framework's own text would repeat what was typed.
    places = error.errors() if isinstance(error, RequestValidationError) else ()
    return _told(request, problem_of(invalid_body(places, skip=1)))


def _told(request: Request, problem: Problem, *, seconds: int = 60) -> Response:
    path = request.url.path.lower()
    # Whoever mistypes an address of the pages is a person, whatever it begins with.
    is_page = not path.startswith(("/api/", "/static/")) and wants_page(request, None)
    if is_page or path.startswith(("/v", "/desk", "/my", "/review", "/login", "/logout", DOWNLOAD_PATH)):
        response: Response = problem_page(request, problem)
    else:
        response = JSONResponse(
            problem.http_shape(), status_code=problem.row.http_status, media_type="application/problem+json"
        )
    if problem.row.http_status == 401:
        response.headers["WWW-Authenticate"] = "Bearer"
    if problem.row.http_status in (429, 503):
        response.headers["Retry-After"] = str(seconds)
    return response
