"""What every request and response passes: limits, security headers, a log without personal data, a last resort."""

import asyncio
import json
import logging
import time
import traceback

from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .errors import ApiError, InputTooLargeError, TooSlowError, UnsupportedMediaError
from .problems import problem_of
from .scanning import MAX_PICTURE_BYTES

MAX_BODY_BYTES = 21 * 1024 * 1024  # a file of 20 MB, its signature and the multipart frame around them
MAX_PAGE_BODY_BYTES = 16 * 1024  # the forms of the pages: a code, or a name and a number
UPLOADS = {"/v/scan": MAX_PICTURE_BYTES + MAX_PAGE_BODY_BYTES, "/desk": MAX_BODY_BYTES}
"""Pages that take files, as multipart forms: the path, and how large a request may be."""
MAX_DISCARDED_BYTES = 256 * 1024 * 1024  # read and thrown away, so that a client that is still sending sees the 413
RECEIVE_SECONDS = 30.0

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

access_log = logging.getLogger("elicence.access")
error_log = logging.getLogger("elicence.error")


class Edge:
    """ASGI middleware around the whole application."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        exchange = _Exchange(scope, receive, send)
        started = time.monotonic()
        try:
            exchange.check_form()
            await self._app(scope, exchange.receive, exchange.send)
        except (UnsupportedMediaError, InputTooLargeError) as error:
            await exchange.refuse(error)
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
            await exchange.fail(error)
        # The path holds codes: only the template of the route is written.
        template = getattr(scope.get("route"), "path", "-")
        milliseconds = (time.monotonic() - started) * 1000
        access_log.info("%s %s %s %.0f ms", scope["method"], template, exchange.status, milliseconds)


class _Exchange:
    """One request and its response."""

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.status: int | None = None
        self._headers: dict[bytes, bytes] = dict(scope["headers"])
        self._path: str = scope["path"]
        self._receive = receive
        self._send = send
        self._received = 0
        self._complete = False
        self._announced = _length(self._headers.get(b"content-length"))
        self._is_form = not self._path.startswith("/api/") and self._path not in UPLOADS
        self._limit = MAX_PAGE_BODY_BYTES if self._is_form else UPLOADS.get(self._path, MAX_BODY_BYTES)

    async def receive(self) -> Message:
        """Hand over the next part of the body, within the limits."""
        if self._received == 0 and self._announced > self._limit:
            # A client that asked whether to send (Expect) has not begun: nothing to throw away.
            if b"expect" not in self._headers:
                await self._discard()
            raise _too_large()
        if self._complete:
            # What comes after the body is the client's leaving, and that may take its time.
            return await self._receive()
        message = await self._next()
        self._received += len(message.get("body", b""))
        self._complete = not message.get("more_body", False)
        if self._received > self._limit:
            await self._discard()
            raise _too_large()
        return message

    async def send(self, message: Message) -> None:
        """Add the headers that every response has."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            present = {name.lower() for name, _ in message.get("headers", ())}
            added = [item for item in _HEADERS if item[0] not in present]
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
        media_type, _, parameters = self._headers.get(b"content-type", b"").decode("latin-1").lower().partition(";")
        if media_type.strip() == "multipart/form-data" and (self._is_form or "charset" in parameters):
            raise UnsupportedMediaError("不接受这种表单。", "this kind of form is not read")
        if self._is_form and self._announced > self._limit:
            raise _too_large()

    async def fail(self, error: BaseException) -> None:
        """Answer for an error that nobody foresaw."""
        await self._answer(error, 500)

    async def refuse(self, error: ApiError) -> None:
        """Answer for a form that is not read."""
        await self._answer(error, problem_of(error).row.http_status)

    async def _answer(self, error: BaseException, status: int) -> None:
        body = json.dumps(problem_of(error).http_shape(), ensure_ascii=False).encode()
        headers = [(b"content-type", b"application/problem+json"), (b"content-length", str(len(body)).encode())]
        await self.send({"type": "http.response.start", "status": status, "headers": headers})
        await self.send({"type": "http.response.body", "body": body})

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


def _too_large() -> InputTooLargeError:
    return InputTooLargeError("文件超过 20 MB。", "the file is larger than 20 MB")


def _length(header: bytes | None) -> int:
    return int(header) if header is not None and header.isdigit() else 0
