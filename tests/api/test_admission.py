"""How many requests are served at once, who waits, and who is told to come back."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable

import pytest
import uvicorn
from starlette.types import Message, Receive, Scope, Send
from uvicorn.server import ServerState

from api import edge, serving
from api.admission import RETRY_SECONDS, Admission
from api.edge import MAX_HEADERS, Edge
from api.errors import OverloadedError
from api.forwarding import read_proxies

Entered = Callable[[], Awaitable[None]]


async def settled() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


def test_places_seats_and_whoever_comes_after() -> None:
    async def scenario() -> list[str]:
        admission, told = Admission(2, 3, seconds=5), []

        async def ask(name: str) -> None:
            try:
                await admission.enter()
                told.append(f"{name} is in")
            except OverloadedError:
                told.append(f"{name} is sent away")

        asked = [asyncio.create_task(ask(name)) for name in "abcdefg"]
        await settled()
        assert admission.waiting == 3
        for _ in "cde":
            admission.leave()
            await settled()
        await asyncio.gather(*asked)
        assert admission.waiting == 0
        return told

    assert asyncio.run(scenario()) == [
        "a is in", "b is in", "f is sent away", "g is sent away", "c is in", "d is in", "e is in",
    ]  # fmt: skip


def test_nobody_waits_long_and_nobody_takes_a_place_along() -> None:
    async def scenario() -> None:
        admission = Admission(1, 1, seconds=0.02)
        await admission.enter()
        with pytest.raises(OverloadedError):
            await admission.enter()
        waiting = asyncio.create_task(admission.enter())
        await settled()
        waiting.cancel()
        await settled()
        assert admission.waiting == 0
        admission.leave()
        await admission.enter()

    asyncio.run(scenario())


class Asking:
    """One request to an application behind the edge, part by part."""

    def __init__(
        self, app: Edge, method: str = "POST", path: str = "/api/v1/x", *, length: int = 0, **scope: object
    ) -> None:
        headers = [(b"content-length", str(length).encode())] if length else []
        scope = {"type": "http", "method": method, "path": path, "headers": headers, "client": ("127.0.0.1", 1)} | scope
        self._parts: asyncio.Queue[Message] = asyncio.Queue()
        self.answers: list[Message] = []
        self.task = asyncio.create_task(app(scope, self._parts.get, self._take))

    async def _take(self, message: Message) -> None:
        self.answers.append(message)

    def send(self, body: bytes, *, more: bool) -> None:
        self._parts.put_nowait({"type": "http.request", "body": body, "more_body": more})

    @property
    def status(self) -> int | None:
        return self.answers[0]["status"] if self.answers else None

    @property
    def code(self) -> str:
        return str(json.loads(self.answers[1]["body"])["code"])


class Working:
    """An application that reads what it gets and works until it is let go."""

    def __init__(self) -> None:
        self.at_work = 0
        self.done = asyncio.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        while scope["method"] == "POST" and (await receive()).get("more_body"):
            pass
        self.at_work += 1
        await self.done.wait()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(edge, "heavy", lambda: Admission(1, 1, seconds=5))
    monkeypatch.setattr(edge, "light", lambda: Admission(1, 0, seconds=5))


@pytest.mark.usefixtures("small")
def test_whoever_sends_slowly_keeps_nobody_waiting() -> None:
    async def scenario() -> None:
        work = Working()
        app = Edge(work)
        slow = Asking(app, length=10)
        slow.send(b"12345", more=True)
        first, second, third = (Asking(app) for _ in range(3))
        for asking in (first, second, third):
            asking.send(b"", more=False)
        await settled()
        assert work.at_work == 1
        assert (third.status, third.code) == (503, "OVERLOADED")
        assert (b"retry-after", str(RETRY_SECONDS).encode()) in third.answers[0]["headers"]
        work.done.set()
        await asyncio.gather(first.task, second.task)
        slow.send(b"67890", more=False)
        await slow.task
        assert {asking.status for asking in (slow, first, second)} == {200}

    asyncio.run(scenario())


@pytest.mark.usefixtures("small")
def test_reading_and_changing_do_not_wait_for_each_other_and_health_for_nobody() -> None:
    async def scenario() -> None:
        work = Working()
        app = Edge(work)
        asked = [Asking(app, "GET"), Asking(app), Asking(app, "GET", "/healthz"), Asking(app, "GET", "/readyz")]
        asked[1].send(b"", more=False)
        await settled()
        assert work.at_work == 4
        refused = Asking(app, "HEAD")
        await refused.task
        assert refused.status == 503
        work.done.set()
        await asyncio.gather(*(asking.task for asking in asked))

    asyncio.run(scenario())


@pytest.mark.usefixtures("small")
def test_whoever_reads_slowly_keeps_nobody_waiting() -> None:
    async def scenario() -> None:
        read = asyncio.Event()

        async def large(scope: Scope, receive: Receive, send: Send) -> None:
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await read.wait()
            await send({"type": "http.response.body", "body": b""})

        app = Edge(large)
        asked = [Asking(app, "GET") for _ in range(3)]
        await settled()
        assert [asking.status for asking in asked] == [200, 200, 200]
        read.set()
        await asyncio.gather(*(asking.task for asking in asked))

    asyncio.run(scenario())


@pytest.mark.usefixtures("small")
def test_a_place_comes_back_whatever_goes_wrong() -> None:
    async def scenario() -> None:
        async def broken(scope: Scope, receive: Receive, send: Send) -> None:
            raise ValueError("x")

        app = Edge(broken)
        for _ in range(3):
            asking = Asking(app, "GET")
            await asking.task
            assert asking.status == 500

    asyncio.run(scenario())


def test_too_many_header_fields() -> None:
    async def scenario() -> None:
        work = Working()
        work.done.set()
        for count, status in ((MAX_HEADERS, 200), (MAX_HEADERS + 1, 431)):
            asking = Asking(Edge(work), "GET", headers=[(b"x-%d" % number, b"") for number in range(count)])
            await asking.task
            assert asking.status == status

    asyncio.run(scenario())


def test_one_address_elsewhere_does_not_get_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(edge, "ADDRESS_PER_MINUTE", 5)

    async def scenario() -> None:
        work = Working()
        work.done.set()
        app = Edge(work)

        async def ask(address: str) -> Asking:
            asking = Asking(app, "GET", "/v", client=(address, 1))
            await asking.task
            return asking

        assert [(await ask("203.0.113.7")).status for _ in range(5)] == [200] * 5
        refused = await ask("203.0.113.7")
        assert (refused.status, refused.code) == (429, "RATE_LIMITED")
        assert (await ask("203.0.113.8")).status == 200

    asyncio.run(scenario())


@pytest.mark.parametrize(
    "path", ["/v", "/V/ABC", "/v/scan", "/status-lists/x", "/static/page.css", "/healthz", "/readyz"]
)
def test_public_pages_need_no_encryption(path: str) -> None:
    assert asyncio.run(answered(path, "http")) == 200


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/api/v1/licences",
        "/desk",
        "/docs",
        "/openapi.json",
        "/vx",
        "/healthz/",
        "/readyzz",
        "/statics",
        "/v\n",
        "",
    ],
)
def test_everything_else_does(path: str) -> None:
    assert asyncio.run(answered(path, "http")) == 403
    assert asyncio.run(answered(path, "https")) == 200


async def answered(path: str, scheme: str) -> int | None:
    work = Working()
    work.done.set()
    asking = Asking(Edge(work), "GET", path, scheme=scheme, client=("203.0.113.7", 1))
    await asking.task
    return asking.status


class Line:
    """A connection from somewhere, as far as a protocol asks for it."""

    def __init__(self, address: str) -> None:
        self._facts = {"peername": (address, 1), "sockname": ("127.0.0.1", 8000)}
        self.written = b""

    def get_extra_info(self, name: str) -> object:
        return self._facts.get(name)

    def write(self, data: bytes) -> None:
        self.written += data

    def close(self) -> None:
        """It says nothing more."""

    def is_closing(self) -> bool:
        return False


@pytest.mark.parametrize(
    ("address", "expected"),
    [("203.0.113.7", [200, 200, 503]), ("127.0.0.1", [200, 200, 200]), ("10.0.0.5", [200, 200, 200])],
    ids=["stranger", "here", "proxy"],
)
def test_one_address_elsewhere_does_not_take_every_connection(
    monkeypatch: pytest.MonkeyPatch, address: str, expected: list[int]
) -> None:
    monkeypatch.setattr(serving, "MAX_PER_ADDRESS", 2)
    assert asyncio.run(connected(*[address] * 3)) == expected


def test_connections_have_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serving, "MAX_CONNECTIONS", 2)
    assert asyncio.run(connected("127.0.0.1", "203.0.113.7", "203.0.113.8", "10.0.0.5")) == [200, 200, 503, 503]


async def connected(*addresses: str) -> list[int]:
    """Connect from each of these, ask, and stay; gives what each was answered."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]})
        await send({"type": "http.response.body", "body": b""})

    config = uvicorn.Config(app, log_config=None, lifespan="off", proxy_headers=False)
    config.load()
    state, lines, protocols = ServerState(), [], []
    for address in addresses:
        protocol = serving._Protocol(config=config, server_state=state, app_state={})
        protocol.proxies = read_proxies(["10.0.0.5"])
        line = Line(address)
        protocol.connection_made(line)  # type: ignore[arg-type]
        protocol.data_received(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        lines.append(line)
        protocols.append(protocol)
    await settled()
    for protocol in protocols:
        protocol.connection_lost(None)
    for line in lines:
        assert (b"retry-after: " in line.written) == line.written.startswith(b"HTTP/1.1 503 ")
    return [int(line.written.split()[1]) for line in lines]
