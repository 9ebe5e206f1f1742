"""Attacks on who may do what: pages elsewhere, rows that somebody without our keys wrote, paths beside the doors."""

from __future__ import annotations

import os
import secrets
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa
from fastapi import FastAPI
from fastapi.testclient import TestClient

from api.app import create_app
from api.client_keeping import ClientKeeping
from api.clock import clock
from api.home import open_home
from api.serving import Peer
from api.wiring import Services
from keys import load_certificates
from licences import Actor, DraftRefusedError, Wish
from licences.access import EVERYTHING, Session, new_session_secret, session_digest, subject_proof

if TYPE_CHECKING:
    from types import ModuleType

    from starlette.types import Receive, Scope, Send

OFFICE, OFFICE_CODE = "样例县行政审批局", "1199010000000102XM"
PUBLIC = "https://licences.example"
ISSUER = "https://login.example"
SETTINGS = f"""
public_url = "{PUBLIC}"
development = true
[login.holders]
issuer = "{ISSUER}"
client_id = "elicence"
code_claim = "id_number"
assurance = ["L3"]
[login.staff]
issuer = "{ISSUER}"
client_id = "elicence-staff"
contact = "信息股"
"""


@dataclass(frozen=True, slots=True)
class Office:
    """A closed home with clients, and what an attacker does to it."""

    services: Services
    app: FastAPI
    keys: dict[str, str]

    def client(self, name: str = "", **headers: str) -> TestClient:
        key = {"Authorization": f"Bearer {self.keys[name]}"} if name else {}
        return TestClient(self.app, base_url=PUBLIC, headers=key | headers, follow_redirects=False)

    def browser(self, secret: str, **headers: str) -> TestClient:
        return self.client(**({"Cookie": f"__Host-elicence={secret}", "Sec-Fetch-Site": "same-origin"} | headers))

    def wrote(self, statement: str, *values: object) -> int:
        """Write into the database file without any of our keys."""
        path = sa.make_url(self.services.home.database_url).database or ""
        with closing(sqlite3.connect(path)) as database, database:
            return database.execute(statement, values).rowcount


@pytest.fixture(scope="module")
def office(running: ModuleType, empty_home: Any, tmp_path_factory: pytest.TempPathFactory) -> Office:
    elicence = running.copy_home(empty_home, tmp_path_factory.mktemp("attacked") / "home")
    (elicence.home / "elicence.toml").write_text(SETTINGS, "utf-8")
    services = Services(open_home(elicence.home))
    at = datetime.now(UTC)
    keeping = ClientKeeping(services, None, random=secrets.token_bytes, at=at)
    roles = {
        "system": "issuer_system",
        "clerk": "clerk",
        "admin": "security_administrator",
        "reviewer": "reviewer",
        "auditor": "auditor",
    }
    for name, role in roles.items():
        keeping.add(name=name, title=name, office=OFFICE, office_code=OFFICE_CODE, roles=[role], grants=(EVERYTHING,))
        services.clients.add_proof(subject_proof(name, ISSUER, name, at=at))
    keys = {name: keeping.key(name, label="", days=1).text for name in roles}
    return Office(services, create_app(services, public_only=False), keys)


def subject_of(office: Office, name: str) -> str:
    (found,) = (one.id for one in office.services.clients.proofs(name) if one.id.startswith("subject:"))
    return found


def logged_in(office: Office, name: str) -> str:
    """Open a session of a member of staff, as logging in does; returns the cookie's secret."""
    secret, now = new_session_secret(os.urandom), datetime.now(UTC)
    office.services.identity.sessions._store.open(
        Session(
            digest=session_digest(secret), client=name, proof_id=subject_of(office, name), opened_at=now, used_at=now
        )
    )
    return secret


def test_nobody_writes_himself_a_session_into_the_database(office: Office) -> None:
    now = datetime.now(UTC).isoformat(timespec="microseconds")
    secret = new_session_secret(os.urandom)
    insert = "INSERT INTO sessions (digest, client, proof_id, holder, opened_at, used_at) VALUES (?, ?, ?, ?, ?, ?)"
    office.wrote(insert, session_digest(secret), "admin", subject_of(office, "admin"), None, now, now)
    assert office.browser(secret).get("/api/v1/clients").status_code == 401


@pytest.mark.parametrize("column", ["proof_id", "opened_at", "client"])
def test_nobody_turns_his_session_into_another_ones(office: Office, column: str) -> None:
    secret = logged_in(office, "clerk")
    assert office.browser(secret).get("/api/v1/types").status_code == 200
    later = datetime.now(UTC) + timedelta(hours=8)
    value = {"proof_id": subject_of(office, "admin"), "client": "admin", "opened_at": later.isoformat()}[column]
    assert office.wrote(f"UPDATE sessions SET {column} = ? WHERE digest = ?", value, session_digest(secret)) == 1  # noqa: S608
    assert office.browser(secret).get("/api/v1/types").status_code == 401
    assert office.browser(secret).get("/api/v1/clients").status_code == 401


def test_an_altered_client_is_refused_like_an_unknown_one(office: Office) -> None:
    secret = logged_in(office, "reviewer")
    assert office.browser(secret).get("/api/v1/drafts").status_code == 200
    (before,) = (one for one in office.services.clients.all() if one.name == "reviewer")
    text = "replace(content, '\"reviewer\"', '\"security_administrator\"')"
    assert office.wrote(f"UPDATE clients SET content = {text} WHERE name = ?", "reviewer") == 1  # noqa: S608
    assert before not in office.services.clients.all()
    for caller in (office.browser(secret), office.client("reviewer")):
        for path in ("/api/v1/drafts", "/api/v1/clients"):
            assert caller.get(path).status_code == 401, path
    assert office.browser(secret).get("/review").headers["location"].startswith("/login?")
    back = "replace(content, '\"security_administrator\"', '\"reviewer\"')"
    office.wrote(f"UPDATE clients SET content = {back} WHERE name = ?", "reviewer")  # noqa: S608
    assert office.browser(secret).get("/api/v1/drafts").status_code == 200


class _OverTls:
    """The application as it is reached over mutual TLS by somebody with this certificate."""

    def __init__(self, app: FastAPI, certificate: bytes) -> None:
        self._app, self._peer = app, Peer(certificate=certificate, subject="CN=clerk")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app({**scope, "state": {**scope.get("state", {}), "peer": self._peer}}, receive, send)


@pytest.fixture(scope="module")
def with_certificate(office: Office) -> FastAPI:
    keys = office.services.home.path / "keys"
    content = (keys / "rsa-copy.chain.pem").read_bytes()
    ClientKeeping(office.services, None, random=os.urandom, at=datetime.now(UTC)).certificate("system", content)
    return _OverTls(office.app, load_certificates(content)[0].der)  # type: ignore[return-value]


@pytest.mark.parametrize(
    ("headers", "passes"),
    [
        ({}, True),
        ({"Sec-Fetch-Site": "same-origin", "Origin": PUBLIC}, True),
        ({"Origin": PUBLIC}, True),
        ({"Sec-Fetch-Site": "cross-site", "Origin": "https://elsewhere.example"}, False),
        ({"Sec-Fetch-Site": "same-site", "Origin": "https://other.licences.example"}, False),
        ({"Origin": "https://elsewhere.example"}, False),
        ({"Origin": "null"}, False),
    ],
    ids=["program", "own-page", "old-browser", "elsewhere", "neighbour", "old-browser-elsewhere", "sandbox"],
)
def test_pages_elsewhere_do_not_use_the_certificate_of_a_browser(
    with_certificate: FastAPI, headers: dict[str, str], passes: bool
) -> None:
    browser = TestClient(with_certificate, base_url=PUBLIC, headers=headers, follow_redirects=False)
    assert browser.get("/api/v1/types").status_code == 200
    # Forms go to other sites without anybody being asked.
    answers = [
        browser.post("/api/v1/conversions", data={"type": "no-such"}, files={"file": ("a.csv", b"1", "text/csv")}),
        browser.post("/api/v1/drafts/none/sealing"),
        browser.post("/review/drafts/none/sealing"),
        browser.post("/desk", files={"file": ("a.pdf", b"1", "application/pdf")}),
    ]
    assert [answer.status_code == 403 for answer in answers] == [not passes] * 4, [one.text for one in answers]


def test_of_two_media_types_none_is_believed(office: Office) -> None:
    body = b'--x\r\nContent-Disposition: form-data; name="csrf"\r\n\r\n\xc3\xa4\r\n--x--\r\n'
    for path in ("/logout", "/v/check", "/desk", "/api/v1/verifications"):
        answer = office.client("clerk").post(
            path, content=body,
            headers=[
                ("Content-Type", "multipart/form-data; boundary=x; charset=idna"),
                ("Content-Type", "application/x-www-form-urlencoded"),
            ],
        )  # fmt: skip
        assert answer.status_code == 415, (path, answer.text)


@pytest.mark.parametrize("at", ["0001-01-01T00:00:00%2B14:00", "9999-12-31T23:59:59-14:00", "9999-12-31T23:00:00Z"])
def test_instants_beyond_all_calendars_are_refused(office: Office, at: str) -> None:
    now = "2026-11-22T00:00:00Z"
    for name, path in (
        ("auditor", f"/api/v1/trail?since={at}"),
        ("auditor", f"/api/v1/trail?until={at}"),
        ("auditor", f"/api/v1/statistics?since={now}&until={at}"),
        ("auditor", f"/api/v1/statistics?since={at}&until={at}"),
        ("clerk", f"/api/v1/licences/none/history?at={at}"),
    ):
        assert office.client(name).get(path).status_code == 422, path


def test_nobody_writes_an_approval_into_the_database(office: Office, running: ModuleType) -> None:
    review, maker = office.services.review, Actor(name="maker", office=OFFICE, office_code=OFFICE_CODE)
    paper = running.changed("water-abstraction-1", certificateNumber="D990101G2026-0777")
    draft = review.draft(Wish(type_name=paper["type"], data=paper["data"], algorithm="rsa"), actor=maker, at=clock())
    draft = review.submit(draft.id, actor=maker, at=clock())
    office.wrote("UPDATE drafts SET state = 'approved', checker = 'reviewer' WHERE draft_id = ?", draft.id)
    with pytest.raises(DraftRefusedError):
        review.seal(draft.id, actor=maker, at=clock(), issuer_for=office.services.issuer_for)
    office.wrote("UPDATE drafts SET state = ?, checker = '' WHERE draft_id = ?", draft.state.value, draft.id)
    checker = Actor(name="reviewer", office=OFFICE, office_code=OFFICE_CODE)
    review.approve(draft.id, draft.digest, actor=checker, at=clock())
    assert review.seal(draft.id, actor=maker, at=clock(), issuer_for=office.services.issuer_for).record.identifier


def test_tests_of_receivers_that_hang_take_one_place(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    client = office.client("system")
    wish = {"url": "https://receiver.example/hook", "events": ["licence.issued"]}
    address = client.post("/api/v1/webhooks", json=wish).headers["location"] + "/test"
    meanwhile: list[int] = []

    def hangs(*_: object) -> str:
        meanwhile.append(office.client("system").post(address).status_code)
        return ""

    monkeypatch.setattr("api.webhook_routes.attempt_with", lambda _: hangs)
    assert client.post(address).json()["delivered"]
    assert meanwhile == [503]
    assert client.post(address).status_code == 200
