"""Who may do what over HTTP: the table of two approval systems, every route, and what an auditor reads afterwards."""

from __future__ import annotations

import json
import re
import secrets
import shutil
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from api.app import create_app
from api.client_keeping import ClientKeeping
from api.home import open_home
from api.issuing import IssueRequest, issue
from api.wiring import Services
from licences.access import Grant, Operation, Role
from licences.supervision import TrailKind, TrailQuestion

if TYPE_CHECKING:
    from types import ModuleType

    from httpx import Response

NEAR, FAR = "1199010000000102XM", "11990200000002012D"
"""The county's authority, and another one (region 990200) for which it seals."""
NAMES = {NEAR: "样例县行政审批局", FAR: "样例二县行政审批局"}
HOLDER = {"kind": "001", "code": "91990101MA0TERT40P"}
REGISTER = f"""
format = "elicence-authorities/1"
number = 1
[[authorities]]
code = "{NEAR}"
level = "区县级"
region = "990101"
names = [{{ name = "{NAMES[NEAR]}" }}]
[[authorities]]
code = "{FAR}"
level = "区县级"
region = "990201"
names = [{{ name = "{NAMES[FAR]}" }}]
delegates = [{{ code = "{NEAR}", types = ["*"] }}]
"""

WATER, PESTICIDE = "water-abstraction", "pesticide-business"
CLIENTS: Mapping[str, tuple[str, str, list[str], list[dict[str, list[str] | None]]]] = {
    # An approval system for water in one region, one for pesticides in the other.
    "water": (NEAR, NAMES[NEAR], ["issuer_system"], [{"operations": None, "types": [WATER], "regions": ["9901"]}]),
    "pesticide": (FAR, NAMES[FAR], ["issuer_system"], [
        {"operations": None, "types": [PESTICIDE], "regions": ["9902"]}]),
    # A hall of the first region that reads both types there, and looks nothing up.
    "hall": ("11990100000001046G", "样例县政务服务中心", ["clerk"], [
        {"operations": ["read", "copy", "verify"], "types": [WATER, PESTICIDE], "regions": ["990100"]}]),
    # Another office that looks up water everywhere.
    "lookup": ("11990100000001038M", "样例县水务局", ["clerk"], [
        {"operations": ["look_up", "read"], "types": [WATER], "regions": None}]),
    "auditor": (NEAR, NAMES[NEAR], ["auditor"], []),
    "ungranted": (NEAR, NAMES[NEAR], ["issuer_system"], []),
}  # fmt: skip

LICENCES = {"W1": (WATER, NEAR), "P1": (PESTICIDE, NEAR), "W2": (WATER, FAR), "P2": (PESTICIDE, FAR)}

TABLE = """
call               water  pesticide  hall  lookup  auditor  ungranted  nobody
issue W1           201    403        403   403     403      403        401
issue P1           403    403        403   403     403      403        401
issue W2           403    403        403   403     403      403        401
issue P2           403    201        403   403     403      403        401
draft W1           201    403        403   403     403      403        401
draft P2           403    201        403   403     403      403        401
act W1             200    404        403   403     403      403        401
act P1             404    404        403   403     403      403        401
act W2             404    404        403   403     403      403        401
act P2             404    200        403   403     403      403        401
renew-as-far W1    403    404        403   403     403      403        401
read W1            200    404        200   200     403      403        401
read P1            404    404        200   404     403      403        401
read W2            404    404        404   200     403      403        401
read P2            404    200        404   404     403      403        401
file W1            200    404        200   200     403      403        401
file P2            404    200        404   404     403      403        401
history W1         200    404        200   200     403      403        401
history P2         404    200        404   404     403      403        401
unexplained W1     200    404        422   422     403      403        401
other-office W1    403    404        403   403     403      403        401
copy W1            201    404        201   403     403      403        401
copy P2            404    201        404   403     403      403        401
look-up            W1     P2         403   W1,W2   403      403        401
look-up-unexplained 422   422        403   422     403      403        401
verify W1          200    200        200   403     403      403        401
verify P2          200    200        200   403     403      403        401
convert W          202    403        403   403     403      403        401
types              200    200        200   200     200      200        401
clients            403    403        403   403     403      403        401
"""


@dataclass(frozen=True, slots=True)
class Hall:
    """A home that is closed, with four licences and the clients of the table."""

    services: Services
    app: FastAPI
    keys: Mapping[str, str]
    licences: Mapping[str, str]

    def client(self, name: str) -> TestClient:
        key = self.keys.get(name)
        headers = {} if key is None else {"Authorization": f"Bearer {key}"}
        return TestClient(self.app, base_url="https://licences.example", headers=headers, follow_redirects=False)


def purpose(name: str, **changes: str) -> dict[str, str]:
    office = CLIENTS[name][1] if name in CLIENTS else "无"
    return {
        "office": office, "officer": "经办01", "item_name": "样例事项", "item_code": "990100-001",
        "case_number": "样2026-1", "reason": "办理延续",
    } | changes  # fmt: skip


def paper(running: ModuleType, slug: str, office: str, number: int) -> dict[str, Any]:
    document: dict[str, Any] = running.changed(
        f"{slug}-1",
        certificateIssuingAuthorityCode=office,
        certificateIssuingAuthorityName=NAMES[office],
        certificateHolderCode=HOLDER["code"],
        certificateHolderTypeCode=HOLDER["kind"],
        certificateHolderName="样例县绿野农资有限公司",
        certificateNumber={WATER: f"D990101G2026-{number:04d}", PESTICIDE: f"农药经许(赣)990101{number:05d}"}[slug],
    )
    return document


@pytest.fixture(scope="module")
def hall(running: ModuleType, empty_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Hall:
    folder = tmp_path_factory.mktemp("permissions")
    elicence = running.copy_home(empty_home, folder / "home")
    (folder / "register.toml").write_text(REGISTER, "utf-8")
    signed = elicence("authorities", "sign", folder / "register.toml", "--out", folder / "signed")
    assert signed.code == 0, signed.err
    (elicence.home / "trust/registrars").mkdir()
    shutil.copy(folder / "signed/registrar.cer", elicence.home / "trust/registrars")
    for name in ("authorities.json", "authorities.json.p7s"):
        shutil.copy(folder / "signed" / name, elicence.home / "trust")
    text = (elicence.home / "elicence.toml").read_text("utf-8")
    (elicence.home / "elicence.toml").write_text(text.replace("open_on_loopback = true", "open_on_loopback = false"))
    services = Services(open_home(elicence.home))
    identifiers = {
        name: issue(
            IssueRequest(type=slug, data=paper(running, slug, office, 100 + number)["data"], seal="rsa"),
            issuer=services.issuer_for("rsa"), key=None, at=datetime.now(UTC),
        ).record.identifier
        for number, (name, (slug, office)) in enumerate(LICENCES.items())
    }  # fmt: skip
    keeping = ClientKeeping(services, None, random=secrets.token_bytes, at=datetime.now(UTC))
    for name, (code, office, roles, grants) in CLIENTS.items():
        keeping.add(
            name=name, title=name, office=office, office_code=code, roles=roles,
            grants=tuple(
                keeping.grant(operations=one["operations"], types=one["types"], regions=one["regions"])
                for one in grants
            ),
        )  # fmt: skip
    keys = {name: keeping.key(name, label="", days=1).text for name in CLIENTS}
    return Hall(services, create_app(services, public_only=False), keys, identifiers)


class Calls:
    """The calls of the table, each made by one client; the answer as the table writes it."""

    def __init__(self, running: ModuleType, hall: Hall, name: str) -> None:
        self._running, self._hall, self._name = running, hall, name
        self._client = hall.client(name)
        self._number = 200 + 10 * ([*CLIENTS, "nobody"].index(name))
        self._why = {"Elicence-Access": urlencode(purpose(name))}

    def make(self, call: str) -> str:
        word, _, licence = call.partition(" ")
        method = getattr(self, f"_{word.replace('-', '_')}")
        answer: Response = method(licence) if licence else method()
        if word == "look-up" and answer.status_code == 200:
            found = [one["identifier"] for one in answer.json()["licences"]]
            return ",".join(sorted(name for name, one in self._hall.licences.items() if one in found))
        return str(answer.status_code)

    def _wish(self, licence: str) -> dict[str, Any]:
        self._number += 1
        return paper(self._running, *LICENCES[licence], self._number)

    def _actor(self) -> dict[str, str]:
        code, office = CLIENTS[self._name][:2] if self._name in CLIENTS else (NEAR, NAMES[NEAR])
        return {"name": "officer01", "office": office, "office_code": code}

    def _path(self, licence: str) -> str:
        return f"/api/v1/licences/{self._hall.licences[licence]}"

    def _issue(self, licence: str) -> Response:
        return self._client.post("/api/v1/licences", json={**self._wish(licence), "seal": "rsa"})

    def _draft(self, licence: str) -> Response:
        return self._client.post("/api/v1/drafts", json={**self._wish(licence), "actor": self._actor()})

    def _act(self, licence: str) -> Response:
        body = {"action": "dispute", "ground": "样例", "decision": "样1号", "actor": self._actor()}
        answer = self._client.post(f"{self._path(licence)}/acts", json=body)
        if answer.status_code == 200:
            self._client.post(f"{self._path(licence)}/acts", json={**body, "action": "settle"})
        return answer

    def _renew_as_far(self, licence: str) -> Response:
        data = paper(self._running, LICENCES[licence][0], FAR, 999)["data"]
        body = {"action": "change", "ground": "样例", "decision": "样2号", "actor": self._actor(), "data": data}
        return self._client.post(f"{self._path(licence)}/acts", json=body)

    def _read(self, licence: str) -> Response:
        return self._client.get(self._path(licence), headers=self._why)

    def _file(self, licence: str) -> Response:
        return self._client.get(f"{self._path(licence)}/file?format=json", headers=self._why)

    def _history(self, licence: str) -> Response:
        return self._client.get(f"{self._path(licence)}/history", headers=self._why)

    def _unexplained(self, licence: str) -> Response:
        answer = self._client.get(self._path(licence))
        if answer.status_code == 422:
            assert {one["pointer"] for one in answer.json()["errors"]} == {
                f"/access/{name}" for name in purpose("hall")
            }
        return answer

    def _other_office(self, licence: str) -> Response:
        headers = {"Elicence-Access": urlencode(purpose(self._name, office="另一单位"))}
        return self._client.get(self._path(licence), headers=headers)

    def _copy(self, licence: str) -> Response:
        return self.copy(licence)

    def copy(self, licence: str) -> Response:
        """Have a copy made for one's own office."""
        why = purpose(self._name)
        body = {
            "cause": why["reason"], "requester": {"office": why["office"], "officer": why["officer"]},
            "item": {"name": why["item_name"], "code": why["item_code"]}, "case_number": why["case_number"],
            "made_by": "officer01",
        }  # fmt: skip
        return self._client.post(f"{self._path(licence)}/copies", json=body)

    def _look_up(self) -> Response:
        return self._client.post("/api/v1/holders/licences", json={**HOLDER, "access": purpose(self._name)})

    def _look_up_unexplained(self) -> Response:
        return self._client.post("/api/v1/holders/licences", json=HOLDER)

    def _verify(self, licence: str) -> Response:
        record = self._hall.services.store.get(self._hall.licences[licence])
        return self._client.post("/api/v1/verifications", json={"code": record.code})

    def _convert(self, _: str) -> Response:
        files = {"file": ("register.csv", "证照编号\n".encode(), "text/csv")}
        answer = self._client.post("/api/v1/conversions", data={"type": WATER, "dry_run": "true"}, files=files)
        # The register is refused for what it lacks, once the caller may hand one in.
        if answer.status_code == 422:
            answer.status_code = 202
        return answer

    def _types(self) -> Response:
        return self._client.get("/api/v1/types")

    def _clients(self) -> Response:
        return self._client.get("/api/v1/clients")


_LINES = [line.split() for line in TABLE.strip().splitlines()]
_ROWS = [(" ".join(line[:-7]), line[-7:]) for line in _LINES]


@pytest.mark.parametrize("column", range(7), ids=_ROWS[0][1])
def test_the_table(running: ModuleType, hall: Hall, column: int) -> None:
    calls = Calls(running, hall, _ROWS[0][1][column])
    answers = {call: calls.make(call) for call, _ in _ROWS[1:]}
    assert answers == {call: expected[column] for call, expected in _ROWS[1:]}


def test_an_auditor_reads_who_saw_what(hall: Hall) -> None:
    services, water = hall.services, hall.licences["W1"]
    began = datetime.now(UTC)
    header = {"Elicence-Access": urlencode(purpose("hall", case_number="样2026-77"))}
    assert hall.client("hall").get(f"/api/v1/licences/{water}/file", headers=header).status_code == 200
    assert hall.client("hall").get(f"/api/v1/licences/{water}").status_code == 422
    assert hall.client("pesticide").get(f"/api/v1/licences/{water}").status_code == 404
    look = {**HOLDER, "access": purpose("lookup", case_number="样2026-78")}
    assert hall.client("lookup").post("/api/v1/holders/licences", json=look).status_code == 200
    assert hall.client("lookup").post("/api/v1/licences", json={}).status_code == 403

    of_licence = services.trail.entries(TrailQuestion(identifier=water, since=began), limit=10)
    assert [(one.entry.client, one.entry.kind, one.entry.done, one.entry.code) for one in of_licence] == [
        ("hall", TrailKind.READ, True, ""),
        ("hall", TrailKind.READ, False, "FIELDS_INVALID"),
        ("pesticide", TrailKind.READ, False, "NOT_ALLOWED"),
    ]
    (read, *_) = (one.entry for one in of_licence)
    assert read.purpose is not None
    assert (read.purpose.case_number, read.office, read.region) == ("样2026-77", CLIENTS["hall"][1], "990100")
    assert read.details["what"] == "file pdf"
    index = services.holder_index(HOLDER["kind"], HOLDER["code"])
    of_lookup = services.trail.entries(TrailQuestion(client="lookup", since=began), limit=10)
    assert [(one.entry.kind, one.entry.done, one.entry.holder_index) for one in of_lookup] == [
        (TrailKind.LOOK_UP, True, index),
        (TrailKind.OPERATION, False, ""),
    ]


def test_a_copy_is_for_the_office_that_it_was_made_for_and_for_the_issuer(running: ModuleType, hall: Hall) -> None:
    made = Calls(running, hall, "hall").copy("W1")
    assert made.status_code == 201
    path = made.headers["location"]
    hall.services.clients.change(
        "ungranted", lambda one: replace(one, grants=(Grant(),), office="另一单位", office_code=FAR)
    )
    answers = {name: hall.client(name).get(path).status_code for name in ("hall", "water", "pesticide", "ungranted")}
    hall.services.clients.change("ungranted", lambda one: replace(one, grants=(), office=NAMES[NEAR], office_code=NEAR))
    assert answers == {"hall": 200, "water": 200, "pesticide": 404, "ungranted": 404}


def test_the_history_of_a_licence_names_the_system_that_issued_it(running: ModuleType, hall: Hall) -> None:
    wish = {**paper(running, WATER, NEAR, 501), "seal": "rsa"}
    made = hall.client("water").post("/api/v1/licences", json=wish, headers={"Idempotency-Key": "same"})
    assert made.status_code == 201
    services = hall.services
    services.trail_chain.chain(datetime.now(UTC))
    (entry,) = (
        one.entry
        for one in services.trail.entries(TrailQuestion(identifier=made.json()["identifier"]), limit=10)
        if one.entry.kind is TrailKind.CHANGE
    )
    assert "water" in json.dumps([entry.client, *entry.details.values()])
    # The same key is another client's own, too.
    other = {**paper(running, PESTICIDE, FAR, 502), "seal": "rsa"}
    again = hall.client("pesticide").post("/api/v1/licences", json=other, headers={"Idempotency-Key": "same"})
    assert again.status_code == 201
    replayed = hall.client("water").post("/api/v1/licences", json=wish, headers={"Idempotency-Key": "same"})
    assert (replayed.status_code, replayed.json()["identifier"]) == (200, made.json()["identifier"])


def test_an_authority_in_another_spelling_is_judged_by_what_would_be_sealed(running: ModuleType, hall: Hall) -> None:
    for spelt in (f" {FAR}", FAR.lower(), "\uff11\uff11" + FAR[2:], FAR[:2] + " " + FAR[2:]):
        wish = paper(running, WATER, FAR, 601)
        wish["data"]["certificateIssuingAuthorityCode"] = spelt
        assert hall.client("water").post("/api/v1/licences", json=wish).status_code in (403, 422), spelt


def test_nobody_acts_in_the_name_of_another_office(hall: Hall) -> None:
    path = f"/api/v1/licences/{hall.licences['W1']}"
    act = {"action": "dispute", "ground": "样例", "decision": "样1号"}
    for actor in (
        {"name": "officer01", "office": "另一单位", "office_code": NEAR},
        {"name": "officer01", "office": NAMES[NEAR], "office_code": FAR},
    ):
        assert hall.client("water").post(f"{path}/acts", json={**act, "actor": actor}).status_code == 403


def test_bad_headers_about_the_purpose_are_refused(hall: Hall) -> None:
    path = f"/api/v1/licences/{hall.licences['W1']}"
    good = urlencode(purpose("hall"))
    for header in (
        "office", "a=b", f"{good}&office=x", f"{good}&x=1", "office=%FF", "office=" + "x" * 9000, "=", "&", "office=",
        urlencode(purpose("hall", reason="因" * 201)), urlencode(purpose("hall", officer="经办\u202e01")),
    ):  # fmt: skip
        assert hall.client("hall").get(path, headers={"Elicence-Access": header}).status_code in (400, 422), header
    twice = [("Elicence-Access", good), ("Elicence-Access", good)]
    assert hall.client("hall").get(path, headers=twice).status_code == 400


def test_wrong_proofs_are_one_answer_and_limited_and_good_ones_pass(hall: Hall) -> None:
    del hall.services.__dict__["authentication"]
    good = hall.keys["water"]
    wrong = [f"Bearer {good[:-1]}{'0' if good[-1] != '0' else '1'}", "Bearer elk_", "Bearer a.b.c", "Basic YTpi", good]
    with TestClient(hall.app, base_url="https://licences.example") as client:
        answers = [client.get("/api/v1/types", headers={"Authorization": one}) for one in wrong]
        assert {(one.status_code, one.text) for one in answers} == {(401, answers[0].text)}
        assert {one.headers["WWW-Authenticate"] for one in answers} == {"Bearer"}
        assert not any(part in answers[0].text for part in wrong)
        many = [client.get("/api/v1/types", headers={"Authorization": "Bearer x"}) for _ in range(40)]
        assert many[-1].status_code == 429
        assert int(many[-1].headers["Retry-After"]) > 0
        assert client.get("/api/v1/types", headers={"Authorization": f"bearer {good}"}).status_code == 200
    del hall.services.__dict__["authentication"]


def test_a_client_manages_others_but_not_itself(running: ModuleType, hall: Hall) -> None:
    keeping = ClientKeeping(hall.services, None, random=secrets.token_bytes, at=datetime.now(UTC))
    for name in ("boss-1", "boss-2"):
        keeping.add(
            name=name, title=name, office=NAMES[NEAR], office_code=NEAR, roles=["security_administrator"], grants=()
        )
    keys = {"boss-1": keeping.key("boss-1", label="", days=1).text}
    boss = Hall(hall.services, hall.app, keys, {}).client("boss-1")
    body = {
        "name": "new-1", "title": "新系统", "office": NAMES[NEAR], "office_code": NEAR, "roles": ["clerk"],
        "grants": [{"operations": ["read"], "types": ["11990000000001011Q001"], "regions": ["99"]}],
    }  # fmt: skip
    made = boss.post("/api/v1/clients", json=body)
    assert made.status_code == 201, made.text
    assert boss.post("/api/v1/clients", json=body).status_code == 409
    key = boss.post("/api/v1/clients/new-1/keys", json={"label": "first", "days": 30}).json()
    new = Hall(hall.services, hall.app, {"new-1": key["key"]}, {}).client("new-1")
    assert new.get("/api/v1/types").status_code == 200
    shown = boss.get("/api/v1/clients/new-1")
    assert key["key"] not in shown.text
    assert key["key"].rpartition("_")[2] not in boss.get("/api/v1/clients").text
    assert boss.put("/api/v1/clients/new-1/suspension").json()["suspended"]
    assert new.get("/api/v1/types").status_code == 401
    assert not boss.delete("/api/v1/clients/new-1/suspension").json()["suspended"]
    assert new.get("/api/v1/types").status_code == 200
    assert boss.put("/api/v1/clients/new-1/grants", json={"grants": []}).json()["grants"] == []
    assert boss.post("/api/v1/clients/new-1/subjects", json={"issuer": "x", "subject": "y"}).status_code == 422
    account = {"issuer": "https://id.example.gov.cn", "subject": "new-1"}
    assert boss.post("/api/v1/clients/new-1/subjects", json=account).status_code == 201
    assert boss.post("/api/v1/clients/boss-2/subjects", json=account).status_code == 409
    pem = "-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n"
    assert boss.post("/api/v1/clients/new-1/certificates", json={"certificate": pem}).status_code == 400
    assert not boss.delete(f"/api/v1/clients/new-1/proofs/{key['id']}").json()["proofs"][0]["good"]
    assert new.get("/api/v1/types").status_code == 401
    assert boss.delete("/api/v1/clients/boss-2/proofs/key:0").status_code == 404
    for call in (
        boss.put("/api/v1/clients/boss-1/grants", json={"grants": []}),
        boss.put("/api/v1/clients/boss-1/suspension"),
    ):
        assert call.status_code == 403
    wrong = {**body, "name": "Bad", "roles": ["auditor", "operator"], "office_code": "x", "grants": []}
    refused = boss.post("/api/v1/clients", json=wrong)
    assert {one["pointer"] for one in refused.json()["errors"]} == {"/name", "/roles", "/office_code"}
    changes = [
        (one.entry.details["client"], one.entry.details["change"])
        for one in hall.services.trail.entries(TrailQuestion(client="boss-1"), limit=50)
        if one.entry.done
    ]
    assert changes == [("new-1", word) for word in ("add", "key", "suspend", "restore", "grant", "subject", "revoke")]


_scopes = st.builds(
    Grant,
    operations=st.none() | st.frozensets(st.sampled_from([Operation.READ, Operation.LOOK_UP, Operation.COPY])),
    types=st.none() | st.frozensets(st.sampled_from([WATER, PESTICIDE])),
    regions=st.none() | st.frozensets(st.sampled_from(["99", "9901", "990100", "990200", "9902", "98"]), max_size=2),
)


@given(grants=st.lists(_scopes, max_size=2))
@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_route_hands_out_a_licence_that_is_not_granted(hall: Hall, grants: list[Grant]) -> None:
    hall.services.clients.change("ungranted", lambda one: replace(one, grants=tuple(grants)))
    client = hall.client("ungranted")
    why = {"Elicence-Access": urlencode(purpose("ungranted"))}

    def granted(operation: Operation, name: str) -> bool:
        slug, office = LICENCES[name]
        return any(grant.covers(operation, slug, office[2:8]) for grant in grants)

    try:
        looked = client.post("/api/v1/holders/licences", json={**HOLDER, "access": purpose("ungranted")})
        for name, identifier in hall.licences.items():
            may_read = granted(Operation.READ, name)
            for path in ("", "/file?format=json", "/file?format=pdf", "/history"):
                answer = client.get(f"/api/v1/licences/{identifier}{path}", headers=why)
                assert (answer.status_code == 200) is may_read
                assert may_read or HOLDER["code"] not in answer.text
            assert (identifier in looked.text) is granted(Operation.LOOK_UP, name)
    finally:
        hall.services.clients.change("ungranted", lambda one: replace(one, grants=()))


OPERATIONS: Mapping[str, str] = {
    "POST /api/v1/licences": "issue",
    "GET /api/v1/licences/{identifier}": "read",
    "GET /api/v1/licences/{identifier}/file": "read",
    "GET /api/v1/licences/{identifier}/history": "read",
    "POST /api/v1/licences/{identifier}/acts": "act",
    "POST /api/v1/licences/{identifier}/copies": "copy",
    "GET /api/v1/copies/{serial}/file": "copy",
    "POST /api/v1/holders/licences": "look_up",
    "POST /api/v1/verifications": "verify",
    "POST /api/v1/verifications/receipt": "verify",
    "POST /api/v1/refusals": "verify",
    "POST /api/v1/status": "verify share",
    "GET /api/v1/types": "",
    "GET /api/v1/types/{type}/schema": "",
    "POST /api/v1/drafts": "draft",
    "GET /api/v1/drafts": "draft review",
    "GET /api/v1/drafts/{draft_id}": "draft review",
    "PUT /api/v1/drafts/{draft_id}": "draft",
    "POST /api/v1/drafts/{draft_id}/submission": "draft",
    "POST /api/v1/drafts/{draft_id}/sealing": "draft",
    "POST /api/v1/drafts/{draft_id}/abandonment": "draft",
    "POST /api/v1/drafts/{draft_id}/return": "review",
    "POST /api/v1/drafts/{draft_id}/approval": "review",
    "POST /api/v1/conversions": "convert",
    "GET /api/v1/conversions/{batch}": "convert",
    "POST /api/v1/conversions/{batch}/resume": "convert",
    "GET /api/v1/conversions/{batch}/report": "convert",
    "GET /api/v1/conversions/{batch}/events": "convert",
    "GET /api/v1/clients": "manage_clients",
    "POST /api/v1/clients": "manage_clients",
    "GET /api/v1/clients/{name}": "manage_clients",
    "PUT /api/v1/clients/{name}/grants": "manage_clients",
    "PUT /api/v1/clients/{name}/suspension": "manage_clients",
    "DELETE /api/v1/clients/{name}/suspension": "manage_clients",
    "POST /api/v1/clients/{name}/keys": "manage_clients",
    "POST /api/v1/clients/{name}/certificates": "manage_clients",
    "POST /api/v1/clients/{name}/subjects": "manage_clients",
    "DELETE /api/v1/clients/{name}/proofs/{proof}": "manage_clients",
    "POST /api/v1/licence-batches": "issue",
    "GET /api/v1/licence-batches/{batch_id}": "issue",
    "POST /api/v1/licence-batches/{batch_id}/cancellation": "issue",
    "GET /api/v1/changes": "follow",
    "GET /api/v1/webhooks": "follow",
    "POST /api/v1/webhooks": "follow",
    "GET /api/v1/webhooks/{webhook_id}": "follow",
    "DELETE /api/v1/webhooks/{webhook_id}": "follow",
    "POST /api/v1/webhooks/{webhook_id}/disable": "follow",
    "POST /api/v1/webhooks/{webhook_id}/enable": "follow",
    "POST /api/v1/webhooks/{webhook_id}/secret": "follow",
    "POST /api/v1/webhooks/{webhook_id}/test": "follow",
    "GET /api/v1/cases": "handle_cases",
    "POST /api/v1/cases": "handle_cases",
    "GET /api/v1/cases/{number}": "handle_cases",
    "POST /api/v1/cases/{number}/steps": "handle_cases",
    "GET /api/v1/statistics": "supervise",
    "GET /api/v1/warnings": "supervise",
    "GET /api/v1/trail": "audit",
    "GET /api/v1/trail/state": "audit",
    "POST /api/v1/trail/of-holder": "audit",
    "POST /api/v1/requirements/check": "check_requirements",
    "POST /api/v1/predicates": "check_requirements",
    "GET /api/v1/items": "check_requirements keep_catalogue",
    "GET /api/v1/items/{code}": "check_requirements keep_catalogue",
    "POST /api/v1/items": "keep_catalogue",
    "POST /api/v1/items/checks": "keep_catalogue",
    "POST /api/v1/authorisations": "look_up",
    "POST /api/v1/authorisations/redeem": "read",
    "POST /api/v1/shown": "verify",
    "GET /api/v1/my/accesses": "use_own",
    "GET /api/v1/my/objections": "use_own",
    "POST /api/v1/my/objections": "use_own",
    "GET /api/v1/my/licences": "use_own",
    "GET /api/v1/my/licences/{identifier}": "use_own",
    "POST /api/v1/my/licences/{identifier}/shown": "use_own",
    "POST /api/v1/my/licences/{identifier}/authorisations": "use_own",
    "POST /api/v1/my/licences/{identifier}/downloads": "use_own",
    "GET /api/v1/my/mandates": "use_own",
    "POST /api/v1/my/mandates": "use_own",
    "POST /api/v1/my/mandates/{mandate}/withdrawal": "use_own",
}
"""Of every route for programs: one of these operations is needed; empty, anybody who is known may ask."""
PUBLIC = {"", "healthz", "readyz", "metrics", "docs", "openapi.json", "static", "v", "V", "status-lists", "download"}
"""First parts of the addresses that serve whoever asks: the public, and a one-time link's bearer."""
LOGIN = {"login", "logout"}
PAGES = {"desk", "my", "review"}
"""Of pages for people who have logged in."""
SHARE = {"share"}
"""Where callers prove themselves in the body, and are answered as such services do: 200 with a status of its own."""


def routes_of(routes: Iterable[Any], prefix: str = "") -> Iterator[str]:
    """Give every route of an application, also of the routers in it, as `METHOD path`."""
    for route in routes:
        if (router := getattr(route, "original_router", None)) is not None:
            yield from routes_of(router.routes, prefix + route.include_context.prefix)
        elif methods := getattr(route, "methods", None):
            yield from (f"{method} {prefix}{route.path}" for method in sorted(methods - {"HEAD"}))
        else:
            yield f"MOUNT {prefix}{route.path}"


def first_part(route: str) -> str:
    return route.partition("/")[2].partition("/")[0]


def test_every_route_is_in_the_table(hall: Hall) -> None:
    routes = set(routes_of(hall.app.routes))
    assert {route for route in routes if first_part(route) == "api"} == OPERATIONS.keys()
    assert {first_part(route) for route in routes} - {"api"} <= PUBLIC | LOGIN | PAGES | SHARE


def test_pages_for_people_send_to_the_login_and_shares_answer_in_their_way(hall: Hall) -> None:
    for route in routes_of(hall.app.routes):
        method, path = route.split()
        if first_part(route) in PAGES:
            answer = hall.client("nobody").request(method, re.sub(r"\{\w+\}", "X", path))
            assert answer.status_code in (303, 401), route
            assert answer.status_code == 401 or answer.headers["location"].startswith("/login"), route
        if first_part(route) in SHARE:
            asked = {"head": {"accessId": "water", "accessToken": "elk_"}, "data": {}}
            assert hall.client("nobody").request(method, path, json=asked).json()["head"]["status"] != "0"


def test_every_route_asks_who_it_is_and_for_its_operation(hall: Hall) -> None:
    def as_caller(operations: frozenset[Operation]) -> TestClient:
        grant = Grant(operations=operations)
        hall.services.clients.change("ungranted", lambda one: replace(one, roles=frozenset(Role), grants=(grant,)))
        return client

    client, nobody = hall.client("ungranted"), hall.client("nobody")
    for route, words in OPERATIONS.items():
        method, path = route.split()
        path = re.sub(r"\{\w+\}", "X", path)
        needed = frozenset(Operation(word) for word in words.split())
        assert nobody.request(method, path).status_code == 401, route
        refused = as_caller(frozenset(Operation) - needed).request(method, path)
        assert (refused.status_code == 403) is bool(needed), route
        for operation in needed - {Operation.USE_OWN}:
            answer = as_caller(frozenset({operation})).request(method, path)
            assert answer.status_code not in (401, 403), (route, operation)
            assert answer.status_code < 500, (route, operation)
    hall.services.clients.change(
        "ungranted", lambda one: replace(one, roles=frozenset({Role.ISSUER_SYSTEM}), grants=())
    )
