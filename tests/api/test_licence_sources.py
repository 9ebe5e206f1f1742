"""Asking a share service elsewhere, over a real connection: every answer that is one, and everything that is none."""

from __future__ import annotations

import base64
import json
import logging
import socket
import threading
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from api.errors import SettingsError
from api.licence_source_settings import SourceSetting, SourceType, licence_source_settings
from api.licence_sources import MAX_SOURCE_ANSWER, MAX_SOURCE_LICENCES, ShareSource
from licences.access import Purpose
from licences.sharing import FoundElsewhere, SourceUnavailableError

AT = datetime(2026, 11, 22, 2, tzinfo=UTC)
HOLDER = ("111", "990101199003071237")
IDENTIFIER = "1.2.156.3005.2.11990000000001011Q002.1199010000000102XM.20260000001.001.3"
PURPOSE = Purpose(
    office="样例县行政审批局",
    officer="clerk01",
    item_name="取水许可延续",
    item_code="99900119005002",
    case_number="990101-2026-0042",
    reason="受理延续申请",
)
DATA = {
    "cert_identifier": IDENTIFIER,
    "certificateHolderCode": HOLDER[1],
    "certificateTypeCode": "11100000000013338W011",
    "certificateExpiringDate": "2031-04-09",
    "QSL": "1.85",
}


class Service(ThreadingHTTPServer):
    """A share service that says what a test wants."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answer: bytes = b""
        self.status, self.drip = 200, 0.0
        self.headers: dict[str, str] = {}
        self.asked: list[dict[str, Any]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/share/v1"

    def say(self, status: object, data: object = None) -> None:
        self.answer = json.dumps({"head": {"status": status, "message": "x"}, "data": data}).encode()


class _Handler(BaseHTTPRequestHandler):
    server: Service

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.asked.append({"path": self.path, **json.loads(body)})
        self.send_response(self.server.status)
        for name, value in self.server.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(self.server.answer)))
        self.end_headers()
        pieces = [self.server.answer[:1], self.server.answer[1:]] if self.server.drip else [self.server.answer]
        try:
            for place, piece in enumerate(pieces):
                time.sleep(self.server.drip * place)
                self.wfile.write(piece)
        except OSError:
            pass

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def running_service() -> Iterator[Service]:
    with Service() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def service(running_service: Service) -> Service:
    running_service.answer, running_service.status, running_service.drip = b"", 200, 0.0
    running_service.asked, running_service.headers = [], {}
    return running_service


@pytest.fixture
def token(tmp_path: Path) -> Path:
    path = tmp_path / "token"
    path.write_text("s3cret-token\n")
    return path


def source(
    url: str, token: Path, *, seconds: float = 30.0, genuine: str | None = None, clock: Any = None
) -> ShareSource:
    setting = SourceSetting(
        key="province",
        name="样例省电子证照库",
        url=f"{url}/queryCertInfoByHolderCode",
        access_id="county-hall",
        token_file=token,
        seconds=seconds,
        types={"water-abstraction": SourceType(code="11100000000013338W011", fields={"QSL": "annualVolume"})},
    )
    return ShareSource(setting, lambda _file, _at: genuine, clock or time.monotonic)


def ask(asked: ShareSource) -> tuple[FoundElsewhere, ...]:
    return asked.licences_of(HOLDER, "water-abstraction", PURPOSE, at=AT)


def test_the_five_elements_and_the_reason_go_along(service: Service, token: Path) -> None:
    service.say(0, {"certData": DATA})
    (found,) = ask(source(service.url, token))
    assert (found.identifier, found.state, found.valid_to) == (IDENTIFIER, "issued", date(2031, 4, 9))
    assert (found.issuer_code, found.values["annualVolume"]) == ("1199010000000102XM", "1.85")
    (asked,) = service.asked
    assert asked["path"] == "/share/v1/queryCertInfoByHolderCode"
    assert asked["head"] == {"accessId": "county-hall", "accessToken": "s3cret-token"}
    assert asked["data"] == {
        "holderCode": HOLDER[1],
        "holderTypeCode": "111",
        "certTypeCode": "11100000000013338W011",
        "useCause": "受理延续申请",
        "orgName": "样例县行政审批局",
        "username": "clerk01",
        "itemName": "取水许可延续",
        "itemCode": "99900119005002",
        "businessCode": "990101-2026-0042",
    }


@pytest.mark.parametrize(
    ("status", "states"),
    [(0, ["issued"]), ("0", ["issued"]), (10, []), (21, ["cancelled"]), (22, ["expired"]), (23, ["suspended"])],
    ids=str,
)
def test_codes_that_answer(service: Service, token: Path, status: object, states: list[str]) -> None:
    service.say(status, {"certData": DATA} if str(status) == "0" else None)
    assert [one.state for one in ask(source(service.url, token))] == states


@pytest.mark.parametrize("status", [2, 11, 12, 13, 99, 100, 102, 103, 500, -1, None, True, "x", 1.5, [0]], ids=str)
def test_codes_that_are_no_answer(service: Service, token: Path, status: object) -> None:
    service.say(status, {"certData": DATA})
    with pytest.raises(SourceUnavailableError) as raised:
        ask(source(service.url, token))
    assert raised.value.source == "样例省电子证照库"
    assert HOLDER[1] not in str(raised.value)


def enveloped(data: object) -> bytes:
    return json.dumps({"head": {"status": 0}, "data": data}).encode()


GARBAGE = {
    "nothing": b"",
    "html": b"<html>login</html>",
    "list": b"[]",
    "no head": b'{"data": {}}',
    "head of text": b'{"head": "0"}',
    "no data": b'{"head": {"status": 0}}',
    "data of text": enveloped("x"),
    "no licence": enveloped({}),
    "licence of text": enveloped({"certData": "x"}),
    "no identifier": enveloped({"certData": {key: value for key, value in DATA.items() if key != "cert_identifier"}}),
    "somebody else": enveloped({"certData": DATA | {"certificateHolderCode": "990101198512124566"}}),
    "another type": enveloped({"certData": DATA | {"certificateTypeCode": "11100000000013338W012"}}),
    "no day": enveloped({"certData": DATA | {"certificateExpiringDate": "soon"}}),
    "too many": enveloped({"certDataList": [DATA] * (MAX_SOURCE_LICENCES + 1)}),
    "long text": enveloped({"certData": DATA | {"QSL": "1" * 5000}}),
    "deep": b'{"head": ' + b"[" * 5000,
    "same key twice": b'{"head": {"status": 0}, "head": {"status": 10}}',
    "large": enveloped({"certData": DATA, "more": "x" * MAX_SOURCE_ANSWER}),
    "file of no base64": enveloped({"certData": DATA, "content": "%%%"}),
    "forged file": enveloped({"certData": DATA, "content": base64.b64encode(b"%PDF-1.7").decode()}),
    "file of a number": enveloped({"certData": DATA, "content": 7}),
}


@pytest.mark.parametrize("name", GARBAGE)
def test_garbage_is_no_answer(service: Service, token: Path, name: str) -> None:
    service.answer = GARBAGE[name]
    with pytest.raises(SourceUnavailableError):
        ask(source(service.url, token))


@pytest.mark.parametrize("status", [204, 302, 401, 404, 500, 503])
def test_other_http_answers_are_none(service: Service, token: Path, status: int) -> None:
    service.status, service.headers = status, {"Location": "http://127.0.0.1:9/"}
    if status != 204:
        service.say(10)
    with pytest.raises(SourceUnavailableError):
        ask(source(service.url, token))
    assert len(service.asked) == 1


def test_dates(service: Service, token: Path) -> None:
    for told, state, valid_to, known in (
        ("2026-11-22", "issued", date(2026, 11, 22), True),
        ("2026-11-21 00:00:00", "expired", date(2026, 11, 21), True),
        ("2031/04/09", "issued", date(2031, 4, 9), True),
        ("长期", "issued", None, True),
        ("9999-12-31", "issued", None, True),
        ("", "issued", None, False),
    ):
        service.say(0, {"certData": DATA | {"certificateExpiringDate": told}})
        (found,) = ask(source(service.url, token))
        assert (found.state, found.valid_to, found.end_known) == (state, valid_to, known), told


@pytest.mark.parametrize("told", ["990***********1237", f"990101198512124566、{HOLDER[1]}", f"{HOLDER[1]} ^ x", ""])
def test_masked_and_several_holders_in_a_list(service: Service, token: Path, told: str) -> None:
    service.say(0, {"certDataList": [DATA | {"certificateHolderCode": told}, DATA]})
    assert len(ask(source(service.url, token))) == 2


def test_a_file_that_comes_along_is_verified(service: Service, token: Path) -> None:
    service.say(0, {"certData": DATA, "content": base64.b64encode(b"%PDF-1.7").decode()})
    assert len(ask(source(service.url, token, genuine=IDENTIFIER))) == 1
    with pytest.raises(SourceUnavailableError):
        ask(source(service.url, token, genuine="another licence"))


def test_a_slow_service_is_not_waited_for(service: Service, token: Path) -> None:
    service.say(10)
    service.drip = 30.0
    begun = time.monotonic()
    with pytest.raises(SourceUnavailableError):
        ask(source(service.url, token, seconds=0.2))
    assert time.monotonic() - begun < 15


def test_after_three_failures_it_is_left_alone_for_a_minute(
    service: Service, token: Path, caplog: pytest.LogCaptureFixture
) -> None:
    now = 1000.0
    asked = source(service.url, token, clock=lambda: now)
    service.say(99)
    with caplog.at_level(logging.WARNING):
        for _ in range(5):
            with pytest.raises(SourceUnavailableError):
                ask(asked)
    assert len(service.asked) == 3
    service.say(10)
    with pytest.raises(SourceUnavailableError):
        ask(asked)
    now += 61
    assert ask(asked) == ()
    assert ask(asked) == ()
    assert len(service.asked) == 5
    assert "province" in caplog.text
    for secret in (HOLDER[1], "s3cret-token", PURPOSE.case_number):
        assert secret not in caplog.text


def test_nobody_there(token: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
        with pytest.raises(SourceUnavailableError):
            ask(source(url, token))


TABLE: dict[str, object] = {
    "name": "样例省电子证照库",
    "url": "https://zz.example.gov.cn/share/v1/",
    "access_id": "county",
    "access_token_file": "token",
    "types": {"water-abstraction": "1", "fishing": {"code": "2", "fields": {"A": "b"}}},
}


def read(table: object, tmp_path: Path) -> tuple[SourceSetting, ...]:
    return licence_source_settings({"licence_sources": {"province": table}}, tmp_path, tmp_path / "elicence.toml")


def test_settings(tmp_path: Path) -> None:
    (setting,) = read(TABLE, tmp_path)
    assert setting.url == "https://zz.example.gov.cn/share/v1/queryCertInfoByHolderCode"
    assert (setting.seconds, setting.token_file) == (3.0, tmp_path / "token")
    assert setting.types["fishing"] == SourceType(code="2", fields={"A": "b"})
    assert licence_source_settings({}, tmp_path, tmp_path) == ()


@pytest.mark.parametrize(
    "change",
    [
        {"url": "http://zz.example.gov.cn"}, {"url": "https://u:p@zz.example.gov.cn"}, {"url": "https://z?x=1"},
        {"url": "ftp://127.0.0.1"}, {"url": "https://[::1"}, {"url": 7}, {"name": ""}, {"access_token": "in clear"},
        {"timeout": 11}, {"timeout": 0}, {"timeout": True}, {"types": {}}, {"types": None}, {"types": {"a": 1}},
        {"types": {"a": {"code": 1}}}, {"types": {"a": {"code": "1", "fields": {"x": 1}}}},
    ],
    ids=lambda change: "-".join(map(str, next(iter(change.items())))),
)  # fmt: skip
def test_settings_that_are_refused(tmp_path: Path, change: dict[str, object]) -> None:
    with pytest.raises(SettingsError):
        read(TABLE | change, tmp_path)


def test_settings_of_two_sources_with_one_name_and_of_too_many(tmp_path: Path) -> None:
    for tables in ({"a": TABLE, "b": TABLE}, {str(place): TABLE | {"name": str(place)} for place in range(6)}, []):
        with pytest.raises(SettingsError):
            licence_source_settings({"licence_sources": tables}, tmp_path, tmp_path)


@pytest.mark.parametrize("content", [None, "", "\n", "geheim ü"])
def test_a_token_that_cannot_be_used_is_said_at_once(tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "token"
    if content is not None:
        path.write_text(content)
    with pytest.raises(SettingsError):
        source("http://127.0.0.1:9", path)
