"""What happens at the edge of the server when a client or we ourselves go wrong."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable
from typing import Any

import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import Message, Receive, Scope, Send

from api import edge
from api.edge import Edge
from api.errors import InputTooLargeError, TooSlowError

SCOPE: Scope = {"type": "http", "method": "POST", "path": "/v/SECRET", "headers": [], "query_string": b""}


def exchange(app: Callable[..., Any], *messages: Message | float) -> list[Message]:
    """Send messages (a number is a pause in seconds) through the edge to an application, return what comes back."""
    coming, sent = list(messages), []

    async def receive() -> Message:
        while coming and isinstance(coming[0], float):
            await asyncio.sleep(coming.pop(0))  # type: ignore[arg-type]
        return coming.pop(0) if coming else await asyncio.Future()  # type: ignore[return-value]

    async def send(message: Message) -> None:
        sent.append(message)

    asyncio.run(asyncio.wait_for(Edge(app)(dict(SCOPE), receive, send), 5))
    return sent


def part(body: bytes, *, more: bool) -> Message:
    return {"type": "http.request", "body": body, "more_body": more}


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    try:
        body = await Request(scope, receive).body()
    except (InputTooLargeError, TooSlowError) as error:
        body = type(error).__name__.encode()
    await PlainTextResponse(body)(scope, receive, send)


async def broken(scope: Scope, receive: Receive, send: Send) -> None:
    raise ValueError("990101199001010010")


def test_a_whole_request_passes() -> None:
    start, body = exchange(echo, part(b"a", more=True), part(b"b", more=False))
    assert (start["status"], body["body"]) == (200, b"ab")


def test_a_client_that_stops_in_the_middle(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(edge, "RECEIVE_SECONDS", 0.05)
    _, body = exchange(echo, part(b"a", more=True), 1.0, part(b"b", more=False))
    assert body["body"] == b"TooSlowError"


def test_waiting_after_the_body_has_no_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(edge, "RECEIVE_SECONDS", 0.05)

    async def patient(scope: Scope, receive: Receive, send: Send) -> None:
        await Request(scope, receive).body()
        await PlainTextResponse(str((await receive())["type"]))(scope, receive, send)

    _, body = exchange(patient, part(b"a", more=False), 0.3, {"type": "http.disconnect"})
    assert body["body"] == b"http.disconnect"


def test_too_much_in_many_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(edge, "MAX_PAGE_BODY_BYTES", 10)
    _, body = exchange(echo, *(part(b"1234", more=True) for _ in range(20)), part(b"", more=False))
    assert body["body"] == b"InputTooLargeError"


def test_a_client_that_leaves(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "elicence"):
        assert exchange(echo, part(b"a", more=True), {"type": "http.disconnect"}) == []
    assert [record.getMessage() for record in caplog.records] == ["POST left"]


def test_an_unforeseen_error_is_told_without_its_text(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "elicence"):
        start, body = exchange(broken)
    assert start["status"] == 500
    assert json.loads(body["body"])["code"] == "INTERNAL"
    said = "".join(record.getMessage() for record in caplog.records)
    assert "ValueError" in said
    assert "test_edge.py" in said
    assert "990101" not in said + str(body)
    assert "SECRET" not in said
