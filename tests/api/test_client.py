"""The client of approval systems, against the real server, and against servers that fail in every way."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from api.client import Access, Client, NotReachedError, RefusedError
from esign import structured_from_bytes

if TYPE_CHECKING:
    from running import Elicence, Server

ACCESS = Access(
    office="样例县行政审批局", officer="窗口 03", item_name="取水许可延续", item_code="990101-SL-0007",
    case_number="2026-000117", reason="核对申请材料",
)  # fmt: skip


@pytest.fixture(scope="module")
def system(running: Any, full_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, Client]]:
    """A server, and an approval system with a key of its own."""
    elicence: Elicence = running.copy_home(full_home, tmp_path_factory.mktemp("client") / "home")
    made = elicence(
        "clients", "add", "water-system", "--title", "取水审批系统", "--role", "issuer_system", "--office",
        "样例县行政审批局", "--office-code", "1199010000000102XM", "--types", "water-abstraction",
        "--regions", "all", "--json",
    )  # fmt: skip
    assert made.code == 0, made.out + made.err
    key = elicence("clients", "key", "water-system", "--label", "test", "--json").json()["new_key"]["key"]
    with running.Server(elicence) as server:
        yield server, Client(server.url, key)


@pytest.fixture(scope="module")
def paper(running: Any) -> dict[str, Any]:
    sample: dict[str, Any] = json.loads((running.SAMPLES / "water-abstraction-1.json").read_text("utf-8"))
    return sample


def test_a_day_of_a_system(system: tuple[Server, Client], paper: dict[str, Any]) -> None:
    client = system[1]
    data = paper["data"] | {"certificateNumber": "D990101G2026-0117"}
    issued = client.issue("water-abstraction", data, key="case 117", form="both")
    assert not issued["replayed"]
    again = client.issue("water-abstraction", data, key="case 117", form="both")
    assert again["identifier"] == issued["identifier"]
    with pytest.raises(RefusedError) as refused:
        client.issue("water-abstraction", data | {"certificateHolderName": ""}, key="case 117")
    assert (refused.value.status, refused.value.code) == (422, "IDEMPOTENCY_MISMATCH")

    assert client.licence(issued["identifier"])["status"] == "issued"
    pdf = client.file(issued["identifier"])
    assert pdf.startswith(b"%PDF")
    report = client.verify_file(pdf)
    assert report["verdict"] == "passed"
    assert client.verify_file(client.file(issued["identifier"], "ofd"))["kind"] == "ofd"
    structured, signature = (client.file(issued["identifier"], kind) for kind in ("json", "p7s"))
    assert client.verify_file(structured, signature)["verdict"] == "passed"
    assert client.verify_code(issued["code"])["reason"] == "HOLDER_NOT_CHECKED"
    holder = structured_from_bytes(structured).holders[0]
    assert client.verify_code(issued["code"], name=holder.name, number=holder.code)["verdict"] == "passed"
    held = client.of_holder(holder.kind, holder.code, access=ACCESS)
    assert issued["identifier"] in [one["identifier"] for one in held]

    page = client.changes()
    assert issued["identifier"] in [one["identifier"] for one in page["changes"]]
    assert client.changes(page["next"])["changes"] == []


def test_what_is_wrong_is_told_field_by_field(system: tuple[Server, Client], paper: dict[str, Any]) -> None:
    with pytest.raises(RefusedError) as refused:
        system[1].issue(
            "water-abstraction",
            paper["data"] | {"certificateEffectiveDate": "昨天", "certificateHolderName": ""},
            key="wrong",
        )
    assert refused.value.status == 422
    assert {one["pointer"] for one in refused.value.errors} == {
        "/data/certificateEffectiveDate",
        "/data/certificateHolderName",
    }


def test_a_batch(system: tuple[Server, Client], paper: dict[str, Any]) -> None:
    items = [
        {"type": "water-abstraction", "data": paper["data"] | {"certificateNumber": number}, "seal": "sm2"}
        for number in ("D990101G2026-0201", "D990101G2026-0202")
    ]
    batch = system[1].issue_batch(items, key="batch 1")
    assert system[1].batch(batch["batch"])["total"] == 2


def test_others_licences_are_not_there(system: tuple[Server, Client], full_home: Path) -> None:
    server, client = system
    held = Client(server.url)  # the home is open for development: without a key it is this machine that asks
    other = held.issue(
        "pesticide-business",
        json.loads((Path(__file__).parents[2] / "fixtures/paper/pesticide-business-1.json").read_text("utf-8"))["data"]
        | {"certificateNumber": "农药经许(赣)99010190117"},
        key="other",
    )
    with pytest.raises(RefusedError) as unseen:
        client.licence(other["identifier"])
    assert (unseen.value.status, unseen.value.code) == (404, "LICENCE_NOT_FOUND")
    with pytest.raises(RefusedError) as wrong:
        Client(server.url, "elk_" + "0" * 65).licence(other["identifier"])
    assert wrong.value.status == 401


@contextmanager
def failing(*answers: Callable[[BaseHTTPRequestHandler], None]) -> Iterator[tuple[str, list[str]]]:
    """Serve these answers, one after the other; also tell which calls came."""
    waiting, seen = list(answers), []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("content-length", 0)))
            self.do_GET()

        def do_GET(self) -> None:
            seen.append(f"{self.command} {self.path}")
            waiting.pop(0)(self)
            self.close_connection = True

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}", seen
        server.shutdown()


def answer(status: int, body: bytes = b"{}", **headers: str) -> Callable[[BaseHTTPRequestHandler], None]:
    def give(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.send_header("content-length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    return give


def hang_up(handler: BaseHTTPRequestHandler) -> None:
    handler.connection.shutdown(socket.SHUT_RDWR)


def cut_off(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.send_header("content-length", "1000")
    handler.end_headers()
    handler.wfile.write(b"{")
    handler.connection.shutdown(socket.SHUT_RDWR)


BUSY = answer(503, b'{"code":"BUSY"}', Retry_After="7")


def test_it_asks_again_where_that_does_nothing_twice() -> None:
    waited: list[float] = []
    with failing(BUSY, hang_up, cut_off, answer(200, b'{"identifier":"x"}')) as (url, seen):
        assert Client(url, wait=waited.append).issue("t", {}, key="k") == {"identifier": "x"}
    assert len(seen) == 4
    assert waited[0] == 7
    assert all(0 < pause <= 60 for pause in waited)
    with failing(BUSY, BUSY) as (url, seen), pytest.raises(RefusedError, match="503 BUSY"):
        Client(url, attempts=2, wait=waited.append).licence("x")
    assert len(seen) == 2


def test_it_does_not_where_it_might() -> None:
    with failing(hang_up) as (url, seen), pytest.raises(NotReachedError):
        Client(url, wait=lambda _: pytest.fail("waited")).act("x", {}, key="")
    assert seen == ["POST /api/v1/licences/x/acts"]


@pytest.mark.parametrize("body", [b"", b"[]", b"\xff", b'"text"'])
def test_what_is_no_answer_of_ours(body: bytes) -> None:
    with failing(answer(200, body)) as (url, _), pytest.raises(NotReachedError):
        Client(url).licence("x")
    with failing(answer(404, body)) as (url, _), pytest.raises(RefusedError) as refused:
        Client(url).licence("x")
    assert refused.value.status == 404


def test_the_key_goes_nowhere_else() -> None:
    with pytest.raises(ValueError, match="https"):
        Client("http://zz.example.gov.cn", "key")
    with (
        failing(answer(200)) as (elsewhere, seen),
        failing(answer(302, Location=f"{elsewhere}/api/v1/licences/x")) as (url, _),
        pytest.raises(RefusedError),
    ):
        Client(url, "key").licence("x")
    assert seen == []
