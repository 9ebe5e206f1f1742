"""One authority's verifier asks another one's about its licence: two homes, two real servers."""

from __future__ import annotations

import json
import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import httpx2
import pytest

from api.home import open_home
from api.settings import load_settings
from api.wiring import Services
from esign import StructuredStatusPlace
from verify import NoStatement, RemoteStatus, StatusStatement

if TYPE_CHECKING:
    from running import Elicence

IDENTIFIER = "1.2.156.3005.2.11990000000001011Q001.1199010000000102XM.20260000001.001.4"
ISSUER = "1199010000000102XM"
PLACE = StructuredStatusPlace(number=1, index=77)
AT = datetime(2026, 11, 21, 4, 30, tzinfo=UTC)


@dataclass
class Licence:
    """One of the issuer's samples."""

    identifier: str
    place: StructuredStatusPlace
    pdf: Path
    code: str


@dataclass
class Issuer:
    """The authority that is asked, with its server."""

    elicence: Elicence
    url: str


@pytest.fixture(scope="module")
def issuer(running: ModuleType, full_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Issuer]:
    elicence = running.copy_home(full_home, tmp_path_factory.mktemp("issuer") / "home")
    with running.Server(elicence) as server:
        yield Issuer(elicence, server.url)


@pytest.fixture(scope="module")
def licence(issuer: Issuer) -> Licence:
    pdf = sorted((issuer.elicence.home / "issued").glob("*.pdf"))[0]
    structured = json.loads(pdf.with_suffix(".json").read_bytes())
    identifier = structured["metadata"]["certificateIdentifier"]
    place = StructuredStatusPlace(number=structured["status"]["list"], index=structured["status"]["index"])
    record = Services(open_home(issuer.elicence.home)).store.get(identifier)
    assert (record.status_list, record.status_index) == (place.number, place.index)
    return Licence(identifier, place, pdf, record.verify_url)


def _ask(issuer: Issuer, **changes: Any) -> Any:
    answer = httpx2.post(f"{issuer.url}/api/v1/status", timeout=60, json=changes)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_only_who_has_seen_the_licence_is_answered(issuer: Issuer, licence: Licence) -> None:
    """A wrong place, a wrong list and a licence that does not exist look the same."""
    place = {"list": licence.place.number, "index": licence.place.index}
    answer = _ask(issuer, identifier=licence.identifier, **place)
    assert answer["status"]["value"] == "issued"
    nothing = {"status": None}
    assert _ask(issuer, identifier=licence.identifier, **(place | {"index": licence.place.index ^ 1})) == nothing
    assert _ask(issuer, identifier=licence.identifier, **(place | {"list": 2})) == nothing
    assert _ask(issuer, identifier=IDENTIFIER, **place) == nothing
    assert _ask(issuer, identifier="no identifier", **place) == nothing
    then = _ask(issuer, identifier=licence.identifier, at="2026-12-01", **place)
    assert then["status"]["as_of"] == "2026-12-01T23:59:59+08:00"
    refused = httpx2.post(f"{issuer.url}/api/v1/status", timeout=60, json={"identifier": "x", "list": -1, "index": 0})
    assert refused.status_code == 422


def test_another_office_asks_the_issuer(
    running: ModuleType, issuer: Issuer, licence: Licence, empty_home: Path, tmp_path: Path
) -> None:
    """Its own store knows nothing of the licence; the issuer's verifier does, also after a revocation."""
    other = running.copy_home(empty_home, tmp_path / "other")
    for name in ("*.pem", "*.crt", "*.cer"):
        for file in (issuer.elicence.home / "trust").glob(name):
            shutil.copy(file, other.home / "trust" / f"issuer-{file.name}")
    pdf = tmp_path / "presented.pdf"
    shutil.copy(licence.pdf, pdf)
    settings = other.home / "elicence.toml"
    settings.write_text(
        settings.read_text("utf-8") + f'\n[status_sources]\n{ISSUER} = "{issuer.url}"\n', encoding="utf-8"
    )
    told = _verified(other, pdf, 0)
    assert (told["status"]["source"], told["status"]["value"]) == ("remote", "issued")
    with running.Server(other) as asking:
        scanned = httpx2.post(f"{asking.url}/api/v1/verifications", timeout=60, files={"file": pdf.read_bytes()}).json()
        assert (scanned["verdict"], scanned["status"]["source"]) == ("passed", "remote")
        page = httpx2.get(f"{asking.url}/v/{licence.code.rpartition('/V/')[2]}", timeout=60)
        assert page.status_code == 200, page.text
        assert "其他颁发机构的查验系统" in page.text
    done = issuer.elicence("revoke", licence.identifier, "--ground", "违法", "--decision", "样审吊〔2026〕1号")
    assert done.code == 0, done.err
    revoked = _verified(other, pdf, 1)
    assert (revoked["reason"], revoked["authenticity"]) == ("STATUS_REVOKED", "passed")
    settings.write_text(settings.read_text("utf-8").replace(issuer.url, "http://127.0.0.1:9"), encoding="utf-8")
    down = _verified(other, pdf, 2)
    assert (down["reason"], down["authenticity"]) == ("STATUS_UNKNOWN", "passed")
    assert any("gave no answer" in check["detail"] for check in down["checks"])


def test_an_issuer_that_wants_to_know_who_asks(
    running: ModuleType, full_home: Path, empty_home: Path, tmp_path: Path
) -> None:
    asked = running.copy_home(full_home, tmp_path / "asked")
    settings = asked.home / "elicence.toml"
    settings.write_text(
        settings.read_text("utf-8").replace("open_on_loopback = true", "open_on_loopback = false"), "utf-8"
    )
    made = asked(
        "clients", "add", "neighbour", "--title", "邻县核验", "--office", "样例省政务服务管理局", "--office-code",
        "11990000000001011Q", "--role", "share_partner", "--types", "all", "--regions", "all", "--days", "1", "--json",
    )  # fmt: skip
    assert made.code == 0, made.out + made.err
    other = running.copy_home(empty_home, tmp_path / "other")
    for file in (asked.home / "trust").glob("*.pem"):
        shutil.copy(file, other.home / "trust" / f"issuer-{file.name}")
    pdf = next((asked.home / "issued").glob("*.pdf"))
    with running.Server(asked) as server:
        own = other.home / "elicence.toml"
        own.write_text(own.read_text("utf-8") + f'\n[status_sources]\n{ISSUER} = "{server.url}"\n', "utf-8")
        assert _verified(other, pdf, 2)["reason"] == "STATUS_UNKNOWN"
        key = other.home / "keys" / f"status-{ISSUER}.key"
        key.write_text(made.json()["new_key"]["key"] + "\n", "utf-8")
        told = _verified(other, pdf, 0)
        assert (told["verdict"], told["status"]["source"]) == ("passed", "remote")
    key.write_text("\n", "utf-8")
    assert other("verify", pdf, "--json").code == 78


def _verified(elicence: Elicence, file: Path, code: int, *words: str | Path) -> dict[str, Any]:
    done = elicence("verify", file, "--json", *words)
    assert done.code == code, done.out + done.err
    report: dict[str, Any] = done.json()
    return report


@pytest.mark.parametrize(
    "table",
    ['status_sources = "x"', '[status_sources]\nabc = "https://a.example"', f'[status_sources]\n{ISSUER} = 1',
     f'[status_sources]\n{ISSUER} = "http://a.example"', f'[status_sources]\n{ISSUER} = "https://a.example/path"',
     f'[status_sources]\n{ISSUER} = "ftp://127.0.0.1"'],
    ids=["text", "no code", "no text", "plain http", "path", "ftp"],
)  # fmt: skip
def test_settings_are_checked(tmp_path: Path, table: str) -> None:
    from api.errors import SettingsError

    (tmp_path / "elicence.toml").write_text(f'public_url = "https://zz.example.gov.cn"\n{table}\n', "utf-8")
    with pytest.raises(SettingsError):
        load_settings(tmp_path, {})


@dataclass
class Stub:
    """Another authority's verifier that says what a test wants, and counts the questions."""

    answer: bytes = b""
    kind: str = "application/json"
    status: int = 200
    silent: bool = False
    asked: list[dict[str, Any]] = field(default_factory=list)
    address: str = ""


@pytest.fixture
def stub() -> Iterator[Stub]:
    said = Stub()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            said.asked.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            if said.silent:
                self.connection.settimeout(30)
                with suppress(OSError):
                    self.rfile.read(1)  # until the other side gives up
                return
            self.send_response(said.status)
            self.send_header("Content-Type", said.kind)
            self.send_header("Content-Length", str(len(said.answer)))
            self.end_headers()
            self.wfile.write(said.answer)

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    said.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield said
    server.shutdown()
    server.server_close()
    thread.join()


def _answer(**changes: Any) -> bytes:
    status: dict[str, Any] = {
        "value": "issued", "as_of": AT.isoformat(), "disputed": False, "renewal_pending": False,
        "extended_to": None, "obligations": [], "successor": None,
    }  # fmt: skip
    return json.dumps({"status": status | changes}).encode()


@pytest.mark.parametrize(
    ("answer", "kind", "status"),
    [
        (b"", "application/json", 200),
        (b"{}", "application/json", 200),
        (b"[]", "application/json", 200),
        (b"[" * 50_000, "application/json", 200),
        (b'{"status": 1}', "application/json", 200),
        (b'{"status": null}', "application/json", 200),
        (b"\xff", "application/json", 200),
        (_answer(), "text/html", 200),
        (_answer(), "application/json", 500),
        (_answer(), "application/json", 302),
        (_answer(value=None), "application/json", 200),
        (_answer(value="x" * 201), "application/json", 200),
        (_answer(as_of="2026-11-20T04:30:00+00:00"), "application/json", 200),
        (_answer(as_of="2026-11-21T04:30:00"), "application/json", 200),
        (_answer(as_of=5), "application/json", 200),
        (_answer(disputed=0), "application/json", 200),
        (_answer(extended_to="soon"), "application/json", 200),
        (_answer(obligations=[{}]), "application/json", 200),
        (_answer(obligations=[{}] * 51), "application/json", 200),
        (_answer(obligations=7), "application/json", 200),
        (_answer(successor="x" * 70_000), "application/json", 200),
    ],
    ids=range(21),
)
def test_an_answer_that_is_none_leaves_the_status_unknown(stub: Stub, answer: bytes, kind: str, status: int) -> None:
    stub.answer, stub.kind, stub.status = answer, kind, status
    said = RemoteStatus({ISSUER: stub.address}).statement(IDENTIFIER, PLACE, AT)
    assert isinstance(said, NoStatement)
    assert said.code == "STATUS_UNKNOWN"
    assert "x" * 100 not in said.detail


def test_the_question_and_the_answer(stub: Stub) -> None:
    due = {"key": "nextInspection", "label": "下次检验", "due": "2026-11-20", "effect": "not_usable"}
    stub.answer = _answer(value="suspended", extended_to="2031-01-01", obligations=[due], successor="1.2.3")
    said = RemoteStatus({ISSUER: stub.address}).statement(IDENTIFIER, PLACE, AT)
    assert isinstance(said, StatusStatement)
    assert (said.value, said.source, said.as_of, said.successor) == ("suspended", "remote", AT, "1.2.3")
    assert said.obligations[0].label == "下次检验"
    (asked,) = stub.asked
    assert asked == {"identifier": IDENTIFIER, "list": 1, "index": 77, "at": AT.isoformat()}


def test_nobody_else_is_asked(stub: Stub) -> None:
    sources = RemoteStatus({"11990100000001038M": stub.address})
    assert sources.statement(IDENTIFIER, PLACE, AT) is None
    without = RemoteStatus({ISSUER: stub.address}).statement(IDENTIFIER, None, AT)
    assert isinstance(without, NoStatement)
    assert not stub.asked


def test_answers_are_kept_for_a_minute_and_a_silent_server_is_left_alone(stub: Stub) -> None:
    now = [0.0]
    stub.answer = _answer()
    sources = RemoteStatus({ISSUER: stub.address}, timeout=30, clock=lambda: now[0])
    for _ in range(3):
        assert isinstance(sources.statement(IDENTIFIER, PLACE, AT), StatusStatement)
    assert len(stub.asked) == 1
    now[0] = 61
    stub.answer = _answer(value="revoked")
    said = sources.statement(IDENTIFIER, PLACE, AT)
    assert isinstance(said, StatusStatement)
    assert said.value == "revoked"
    now[0], stub.silent = 122, True
    patient = dict(sources._endpoints)
    sources._endpoints[ISSUER] = replace(patient[ISSUER], timeout=0.5)
    began = time.monotonic()
    assert isinstance(sources.statement(IDENTIFIER, PLACE, AT), NoStatement)
    assert time.monotonic() - began < 15
    asked = len(stub.asked)
    other = StructuredStatusPlace(number=1, index=78)
    assert isinstance(sources.statement(IDENTIFIER, other, AT), NoStatement)
    assert len(stub.asked) == asked
    now[0], stub.silent = 138, False
    sources._endpoints.update(patient)
    assert isinstance(sources.statement(IDENTIFIER, PLACE, AT), StatusStatement)


@pytest.mark.parametrize("url", ["http://a.example", "ftp://a.example", "https://", "//a", "http://[::1", ""])
def test_an_address_that_others_can_hear_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="https"):
        RemoteStatus({ISSUER: url})
