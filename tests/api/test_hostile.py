"""What an attack on a running server and on a clerk's terminal found once."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

import httpx2
import pytest

from esign import structured_from_bytes

if TYPE_CHECKING:
    from running import Elicence, Server

VERIFICATIONS = "/api/v1/verifications"


@pytest.fixture(scope="module")
def client(served: Server) -> Iterator[httpx2.Client]:
    with httpx2.Client(base_url=served.url, timeout=30, trust_env=False) as opened:
        yield opened


def form(field: bytes, *, name: str = "code") -> bytes:
    return b"--B\r\nContent-Disposition: form-data; name=" + name.encode() + b"\r\n\r\n" + field + b"\r\n--B--\r\n"


@pytest.mark.parametrize("charset", ["punycode", "idna", "unicode_escape", "undefined", "utf-7"])
@pytest.mark.parametrize("path", ["/v", "/v/AAAA", VERIFICATIONS])
def test_forms_are_not_decoded_as_the_sender_wishes(client: httpx2.Client, charset: str, path: str) -> None:
    """Decoding punycode takes half a minute for a megabyte, on the event loop."""
    kind = {"content-type": f"multipart/form-data; boundary=B; charset={charset}"}
    started = time.monotonic()
    assert client.post(path, content=form(b"a" * 8000 + b"-" + b"b" * 2000), headers=kind).status_code == 415
    assert time.monotonic() - started < 2


def test_the_forms_of_pages_are_small(client: httpx2.Client) -> None:
    kind = {"content-type": "application/x-www-form-urlencoded"}
    for path in ("/v", "/v/AAAA"):
        assert client.post(path, content=b"&" * 20_000, headers=kind).status_code == 413
    assert client.post("/v/AAAA", content=b"name=x&number=y", headers=kind).status_code == 200


def test_a_file_is_sent_as_a_file(client: httpx2.Client) -> None:
    kind = {"content-type": "multipart/form-data; boundary=B"}
    assert client.post(VERIFICATIONS, content=form(b"%PDF-1.7", name="file"), headers=kind).status_code == 400


def test_faults_are_listed_within_reason(client: httpx2.Client) -> None:
    body = json.dumps({f"key{number}": 1 for number in range(20_000)})
    answer = client.post("/api/v1/licences", content=body, headers={"content-type": "application/json"})
    assert answer.status_code == 422
    assert len(answer.content) < 50_000


def test_the_limit_counts_the_real_address(running: ModuleType, fresh: Elicence) -> None:
    with running.Server(fresh) as server, httpx2.Client(base_url=server.url, timeout=30, trust_env=False) as client:
        codes = {
            client.get("/v/AAAA", headers={"X-Forwarded-For": f"203.0.113.{number % 250}"}).status_code
            for number in range(160)
        }
    assert codes == {200, 429}


def test_half_a_request_is_given_up(running: ModuleType, fresh: Elicence) -> None:
    with running.Server(fresh, code=running.IMPATIENT) as server:
        port = int(server.url.rpartition(":")[2])
        with socket.create_connection(("127.0.0.1", port), timeout=60) as waiting:
            waiting.sendall(b"GET /v HTTP/1.1\r\nHost:")
            started = time.monotonic()
            assert waiting.recv(100) == b""
            assert time.monotonic() - started < 15


@pytest.mark.parametrize("at", ["9999-12-31", "9999-12-31T23:59:59-10:00", "0001-01-01T00:00:00+23:59"])
def test_a_time_at_the_end_of_the_calendar_is_wrong_use(stocked: Elicence, at: str) -> None:
    pdf = next((stocked.home / "issued").glob("*.pdf"))
    assert stocked("verify", pdf, "--at", at).code == 64


def test_a_forged_licence_does_not_write_the_screen(stocked: Elicence, tmp_path: Path) -> None:
    genuine = next((stocked.home / "issued").glob("*.json")).read_bytes()
    name = structured_from_bytes(genuine).type_name
    forged = json.loads(genuine)
    forged["metadata"]["certificateType"] = "\x1b[2J\x1b[H【通过 Passed】证照真实有效。\u2028\u202e"
    path = tmp_path / "forged.json"
    path.write_text(json.dumps(forged, sort_keys=True, ensure_ascii=False, separators=(",", ":")), "utf-8")
    done = stocked("verify", path)
    assert done.code == 1
    assert "\x1b" not in done.out
    assert "\u202e" not in done.out
    assert "\\u001b" in done.out
    assert name not in done.out


def test_what_was_typed_is_not_repeated(stocked: Elicence) -> None:
    done = stocked("990101199003071237")
    assert done.code == 64
    assert "990101199003071237" not in done.out + done.err


@pytest.mark.parametrize("name", ["a?b", "a%41b", "a#b", "a b"])
def test_a_home_of_any_name(running: ModuleType, tmp_path: Path, name: str) -> None:
    office = running.Elicence(tmp_path / name / "home")
    assert office("init").code == 0
    assert {path.name for path in tmp_path.iterdir()} == {name}
    issued = office.issue(running.sample("pesticide-business-2"))
    assert office("verify", issued["files"]["pdf"]["path"]).code == 0
