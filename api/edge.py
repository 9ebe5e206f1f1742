"""What every request and response passes: limits, security headers, a log without personal data, a last resort."""

import asyncio
import contextlib
import logging
import re
import secrets
import time
import traceback
from collections.abc import Callable, Sequence
from typing import TypeAlias

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .admission import Admission, heavy, light
from .errors import (
    HeadTooLargeError,
    InputTooLargeError,
    InsecureWayError,
    OverloadedError,
    RateLimitedError,
    TooSlowError,
    UnsupportedMediaError,
)
from .forwarding import Network, Way, is_loopback, way_of
from .limiting import MINUTE, Buckets, network_of
from .problems import problem_of
from .scanning import MAX_PICTURE_BYTES

MAX_BODY_BYTES = 21 * 1024 * 1024  # a file of 20 MB, its signature and the multipart frame around them
MAX_PAGE_BODY_BYTES = 16 * 1024  # the forms of the pages: a code, or a name and a number
UPLOADS = {"/v/scan": MAX_PICTURE_BYTES + MAX_PAGE_BODY_BYTES, "/desk": MAX_BODY_BYTES, "/review/save": MAX_BODY_BYTES}
"""Pages that take files, as multipart forms: the path, and how large a request may be."""
MAX_DISCARDED_BYTES = 256 * 1024 * 1024  # read and thrown away, so that a client that is still sending sees the 413
RECEIVE_SECONDS = 30.0
MAX_HEADERS = 64
ADDRESS_PER_MINUTE = (
    6000  # of all requests from one address of another machine; many clerks, or a whole office's systems
)
HSTS = b"max-age=31536000"

_PUBLIC = re.compile(r"/(?:[vV]|status-lists|static)(?:/.*)?|/healthz|/readyz", re.DOTALL)
"""What everybody may ask for, also over a connection that others can read."""
_PORT = re.compile(r":[0-9]*$")
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_ALWAYS = frozenset({"/healthz", "/readyz"})
"""Answered however busy we are: whoever asks decides by it whether we live."""
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
_HEADERS = (
    (b"content-security-policy", CONTENT_SECURITY_POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), microphone=(), geolocation=()"),
)

Observe: TypeAlias = Callable[[str, str, int, float], None]
"""Method, template of the route, status, seconds."""

access_log = logging.getLogger("elicence.access")
error_log = logging.getLogger("elicence.error")


def _unobserved(method: str, route: str, status: int, seconds: float) -> None:
    """Nobody counts."""


class Edge:
    """ASGI middleware around the whole application."""

    def __init__(
        self,
        app: ASGIApp,
        proxies: Sequence[Network] = (),
        observe: Observe = _unobserved,
        told: Callable[[Request, Exception], Response] | None = None,
    ) -> None:
        """`proxies` are believed when they say who asks; `observe` counts what was answered.

        `told` answers for an error; without it as JSON.
        """
        self._app = app
        self._told = told or _as_json
        self._observe = observe
        self._proxies = proxies
        self._heavy = heavy()
        self._light = light()
        self._addresses = Buckets(ADDRESS_PER_MINUTE, MINUTE)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request; `request.state.way` says how it came."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        way = way_of(scope, self._proxies)
        port = scope["client"][1] if scope.get("client") else 0
        state = {**scope.get("state", {}), "way": way, "request_id": secrets.token_hex(8)}
        scope = {**scope, "client": (way.address, port), "scheme": way.scheme, "state": state}
        exchange = _Exchange(scope, receive, send, self._admission(scope))
        started = time.monotonic()
        try:
            self._check(scope, way)
            exchange.check_form()
            await exchange.begin()
            await self._app(scope, exchange.receive, exchange.send)
        except _REFUSALS as error:
            await exchange.finish()
            await self._told(Request(scope), error)(scope, receive, exchange.send)
        except ClientDisconnect:
            access_log.info("%s left", scope["method"])
            return
        except Exception as error:
            # The text of an unforeseen exception may hold what somebody typed: type and place are logged, not the text.
            frames = traceback.extract_tb(error.__traceback__)
            places = " < ".join(f"{frame.filename}:{frame.lineno} {frame.name}" for frame in reversed(frames))
            error_log.error("unforeseen %s at %s", type(error).__qualname__, places)
            if exchange.status is not None:
                raise
            await self._told(Request(scope), error)(scope, receive, exchange.send)
        finally:
            exchange.leave()
        # The path holds codes: only the template of the route is written.
        template = getattr(scope.get("route"), "path", "-")
        seconds = time.monotonic() - started
        method = scope["method"] if scope["method"] in _METHODS else "-"
        facts = {
            "method": method,
            "route": template,
            "status": exchange.status,
            "ms": round(seconds * 1000, 1),
            "client": state.get("client", ""),
            "request": state["request_id"],
        }
        access_log.info("%s %s %s", method, template, exchange.status, extra={"facts": facts})
        self._observe(method, template, exchange.status or 0, seconds)

    def _check(self, scope: Scope, way: Way) -> None:
        if len(scope["headers"]) > MAX_HEADERS:
            raise HeadTooLargeError("请求头过多。", f"more than {MAX_HEADERS} header fields")
        if not (way.is_private or _PUBLIC.fullmatch(scope["path"])):
            raise InsecureWayError("须使用加密连接（HTTPS）。", "this is offered over an encrypted connection only")
        if not (way.is_local or scope["path"] in _ALWAYS or self._addresses.take(network_of(way.address))):
            raise RateLimitedError("请求过于频繁，请稍后再试。", "too many requests: try again soon", seconds=1)

    def _admission(self, scope: Scope) -> Admission | None:
        if scope["path"] in _ALWAYS:
            return None
        return self._light if scope["method"] in ("GET", "HEAD") else self._heavy


_REFUSALS = (
    UnsupportedMediaError,
    InputTooLargeError,
    HeadTooLargeError,
    InsecureWayError,
    RateLimitedError,
    OverloadedError,
)


class _Exchange:
    """One request and its response."""

    def __init__(self, scope: Scope, receive: Receive, send: Send, admission: Admission | None) -> None:
        self.status: int | None = None
        self._admission = admission
        self._has_place = False
        self._headers: dict[bytes, bytes] = dict(scope["headers"])
        self._media_types = sum(name == b"content-type" for name, _ in scope["headers"])
        self._path: str = scope["path"]
        self._request_id: bytes = scope["state"]["request_id"].encode()
        host = _PORT.sub("", self._headers.get(b"host", b"").decode("latin-1")).strip("[]")
        # A browser would hold it against every other server of a machine that is called localhost.
        self._is_strict = scope.get("scheme") == "https" and not is_loopback(host)
        self._receive = receive
        self._send = send
        self._received = 0
        self._complete = False
        self._announced = _length(self._headers.get(b"content-length"))
        self._is_form = not self._path.startswith("/api/") and self._path not in UPLOADS
        self._limit = MAX_PAGE_BODY_BYTES if self._is_form else UPLOADS.get(self._path, MAX_BODY_BYTES)

    async def begin(self) -> None:
        """Take a place, if there is nothing to receive before the work begins; OverloadedError."""
        if self._announced == 0 and b"transfer-encoding" not in self._headers:
            await self._enter()

    def leave(self) -> None:
        """Give the place back."""
        if self._admission is not None and self._has_place:
            self._admission.leave()
            # One place for one request: what comes after its answer has begun is no work.
            self._admission = None

    async def receive(self) -> Message:
        """Hand over the next part of the body, within the limits."""
        if self._received == 0 and self._announced > self._limit:
            # A client that asked whether to send (Expect) has not begun: nothing to throw away.
            if b"expect" not in self._headers:
                await self._discard()
            raise self._too_large()
        if self._complete:
            # What comes after the body is the client's leaving, and that may take its time.
            return await self._receive()
        message = await self._next()
        self._received += len(message.get("body", b""))
        self._complete = not message.get("more_body", False)
        if self._received > self._limit:
            await self._discard()
            raise self._too_large()
        if self._complete:
            # Not before: whoever sends slowly would keep others from being served.
            await self._enter()
        return message

    async def send(self, message: Message) -> None:
        """Add the headers that every response has."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            # The work is done: whoever reads slowly keeps nobody waiting.
            self.leave()
            present = {name.lower() for name, _ in message.get("headers", ())}
            added = [item for item in _HEADERS if item[0] not in present]
            if self._is_strict:
                added.append((b"strict-transport-security", HSTS))
            added.append((b"x-request-id", self._request_id))
            # Whoever lets something be kept says so himself.
            if not self._path.startswith("/static/") and b"cache-control" not in present:
                added.append((b"cache-control", b"no-store"))
            message = {**message, "headers": [*message.get("headers", ()), *added]}
        await self._send(message)

    def check_form(self) -> None:
        """Refuse forms whose reading could take long; raises UnsupportedMediaError or InputTooLargeError.

        The framework decodes the fields of a multipart form with whatever `charset` the client names, on the event
        loop, and some of Python's codecs take minutes for a megabyte.
        """
        if self._media_types > 1:
            # Of several the framework takes the first, others the last.
            raise UnsupportedMediaError("Content-Type 只能有一个。", "there is more than one Content-Type")
        media_type, _, parameters = self._headers.get(b"content-type", b"").decode("latin-1").lower().partition(";")
        if media_type.strip() == "multipart/form-data" and (self._is_form or "charset" in parameters):
            raise UnsupportedMediaError("不接受这种表单。", "this kind of form is not read")
        if self._is_form and self._announced > self._limit:
            raise self._too_large()

    async def finish(self) -> None:
        """Take the rest of a request that is not served, so that its sender reads the answer."""
        if 0 < self._announced <= MAX_PAGE_BODY_BYTES and not self._complete and b"expect" not in self._headers:
            # What is longer is not worth the waiting.
            with contextlib.suppress(TooSlowError):
                await self._discard()

    async def _enter(self) -> None:
        if self._admission is not None and not self._has_place:
            await self._admission.enter()
            self._has_place = True

    def _too_large(self) -> InputTooLargeError:
        if self._is_form:
            return InputTooLargeError("填写的内容太长。", "what was entered is too long")
        # The frame around a file is less than a megabyte.
        megabytes = (self._limit - MAX_PAGE_BODY_BYTES) // 1024 // 1024
        return InputTooLargeError(f"文件超过 {megabytes} MB。", f"the file is larger than {megabytes} MB")

    async def _next(self) -> Message:
        try:
            return await asyncio.wait_for(self._receive(), RECEIVE_SECONDS)
        except TimeoutError as error:
            raise TooSlowError("请求传输中断。", "the request stopped in the middle") from error

    async def _discard(self) -> None:
        discarded = 0
        while discarded <= MAX_DISCARDED_BYTES:
            message = await self._next()
            discarded += len(message.get("body", b""))
            if message["type"] != "http.request" or not message.get("more_body", False):
                return


def _as_json(_request: Request, error: Exception) -> Response:
    problem = problem_of(error)
    headers = {"Retry-After": str(error.seconds)} if isinstance(error, RateLimitedError | OverloadedError) else None
    return JSONResponse(problem.http_shape(), problem.row.http_status, headers, media_type="application/problem+json")


def _length(header: bytes | None) -> int:
    return int(header) if header is not None and header.isdigit() else 0
