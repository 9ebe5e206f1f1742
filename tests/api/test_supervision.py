"""Supervision as auditors, supervisors, case handlers and operators meet it: the trail, its check, counts and cases."""

from __future__ import annotations

import csv
import io
import json
import logging
import re
import secrets
import shutil
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.request import urlopen

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from api.app import create_app
from api.audit_checking import audited, signed_ends
from api.audit_keeping import AuditFolder, TrailKeeping, signed_text
from api.client_keeping import ClientKeeping
from api.errors import CannotWriteError
from api.home import open_home
from api.logs import JsonLines
from api.wiring import Services
from esign import sign_detached
from keys import DevelopmentPki, Retirement, RetirementReason, make_development_pki
from licences.supervision import Batch, Checkpoint, TrailEntry, TrailKind
from verify import TrustStore

if TYPE_CHECKING:
    from types import ModuleType

    from running import Elicence

OFFICE, NAME = "1199010000000102XM", "样例县行政审批局"
HOLDER = {"kind": "111", "code": "990101199003071237"}
CLIENTS: Mapping[str, tuple[list[str], list[dict[str, list[str] | None]]]] = {
    "auditor": (["auditor"], [{"operations": None, "types": None, "regions": None}]),
    "elsewhere": (["auditor"], [{"operations": None, "types": None, "regions": ["9902"]}]),
    "supervisor": (["supervisor"], [{"operations": None, "types": ["pesticide-business"], "regions": ["9901"]}]),
    "clerk": (["clerk"], [{"operations": None, "types": None, "regions": ["9901"]}]),
    "far-clerk": (["clerk"], [{"operations": None, "types": None, "regions": ["9902"]}]),
    "operator": (["operator"], [{"operations": None, "types": None, "regions": None}]),
}


@dataclass(frozen=True, slots=True)
class Office:
    services: Services
    app: FastAPI
    keys: Mapping[str, str]

    def client(self, name: str) -> TestClient:
        key = self.keys.get(name)
        headers = {} if key is None else {"Authorization": f"Bearer {key}"}
        return TestClient(self.app, base_url="https://licences.example", headers=headers)

    def licence(self, slug: str) -> str:
        with closing(sqlite3.connect(self.services.home.path / "elicence.db")) as database:
            row = database.execute("SELECT identifier FROM licences WHERE type_slug = ? LIMIT 1", (slug,)).fetchone()
        return str(row[0])


def closed(home: Path) -> Services:
    """Open a home in which everybody has to say who he is."""
    text = (home / "elicence.toml").read_text("utf-8")
    (home / "elicence.toml").write_text(text.replace("open_on_loopback = true", "open_on_loopback = false"))
    return Services(open_home(home))


@pytest.fixture(scope="module")
def office(running: ModuleType, full_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Office:
    home = running.copy_home(full_home, tmp_path_factory.mktemp("supervision") / "home").home
    services = closed(home)
    keeping = ClientKeeping(services, None, random=secrets.token_bytes, at=datetime.now(UTC))
    for name, (roles, grants) in CLIENTS.items():
        wished = [
            keeping.grant(operations=one["operations"], types=one["types"], regions=one["regions"]) for one in grants
        ]
        keeping.add(name=name, title=name, office=NAME, office_code=OFFICE, roles=roles, grants=tuple(wished))
    keys = {name: keeping.key(name, label="", days=1).text for name in CLIENTS}
    return Office(services, create_app(services, public_only=False), keys)


PATHS = {
    "/api/v1/trail": {"auditor"},
    "/api/v1/trail/state": {"auditor", "elsewhere"},
    "/api/v1/statistics?since=2026-11-01T00:00:00Z&until=2026-12-01T00:00:00Z": {"auditor", "supervisor"},
    "/api/v1/warnings": {"auditor", "supervisor"},
    "/api/v1/cases": {"supervisor", "clerk"},
    "/metrics": {"operator"},
}


@pytest.mark.parametrize("path", PATHS)
def test_everybody_sees_what_is_his(office: Office, path: str) -> None:
    for name in (*CLIENTS, "nobody"):
        base = {"elsewhere": "auditor", "far-clerk": "clerk"}.get(name, name)
        status = office.client(name).get(path).status_code
        assert status == (401 if name == "nobody" else 200 if {base, name} & PATHS[path] else 403), name


def test_an_auditor_reads_who_saw_what_and_that_is_seen_too(office: Office) -> None:
    identifier = office.licence("pesticide-business")
    holder = office.services.holder_index(*HOLDER.values())
    read = TrailEntry(
        kind=TrailKind.READ, at=datetime.now(UTC), done=True, client="hall", identifier=identifier, region="990100"
    )
    office.services.trail.record(read)
    office.services.trail.record(TrailEntry(kind=TrailKind.LOOK_UP, at=read.at, done=True, holder_index=holder))
    auditor = office.client("auditor")
    found = auditor.get("/api/v1/trail", params={"client": "hall", "kind": "read"}).json()
    assert [(one["identifier"], one["done"]) for one in found["entries"]] == [(identifier, True)]
    assert not found["more"]
    page = auditor.get("/api/v1/trail", params={"limit": 1}).json()
    assert (len(page["entries"]), page["more"], page["next"]) == (1, True, page["entries"][0]["sequence"])
    looked = auditor.post("/api/v1/trail/of-holder", json=HOLDER).json()["entries"]
    assert [one["kind"] for one in looked if one["client"] != "auditor"] == ["look_up"]
    own = auditor.get("/api/v1/trail", params={"client": "auditor", "kind": "operation"}).json()["entries"]
    assert {one["details"]["looked_at"] for one in own} >= {"trail", "trail of a holder"}
    assert all(HOLDER["code"] not in json.dumps(one) for one in own)
    elsewhere = office.client("elsewhere").get("/api/v1/trail").json()
    assert elsewhere["entries"] == []
    assert (
        office.client("auditor").post("/api/v1/trail/of-holder", json={"kind": "111", "code": "1"}).status_code == 422
    )


def test_statistics_and_warnings_are_those_that_one_supervises(office: Office) -> None:
    office.services.trail_keeper.chain(datetime.now(UTC))
    span = {"since": "2020-01-01T00:00:00Z", "until": "2020-12-31T00:00:00Z"}
    client = office.client("supervisor")
    assert client.get("/api/v1/statistics", params=span).json()["lines"] == []
    now = datetime.now(UTC)
    span = {"since": (now - timedelta(days=399)).isoformat(), "until": (now + timedelta(minutes=1)).isoformat()}
    lines = client.get("/api/v1/statistics", params=span).json()["lines"]
    issued = [one for one in lines if one["measure"] == "issued"]
    assert sum(one["count"] for one in issued) == 2
    assert {(one["type"], one["office_code"], one["outcome"]) for one in issued} == {
        ("pesticide-business", OFFICE, "issue")
    }
    everything = office.client("auditor").get("/api/v1/statistics", params=span).json()["lines"]
    assert sum(one["count"] for one in everything if one["measure"] == "issued") == 6
    assert client.get("/api/v1/statistics", params={**span, "until": span["since"]}).status_code == 400
    warned = office.client("auditor").get("/api/v1/warnings", params={"inspections": 366}).json()["warnings"]
    assert {one["kind"] for one in warned} <= {"inspection_due", "inspection_overdue", "expiring"}


def test_a_case_over_http(office: Office) -> None:
    identifier = office.licence("water-abstraction")
    clerk = office.client("clerk")
    body = {"kind": "objection", "statement": "登记的住址不对", "identifier": identifier, "holder": HOLDER}
    assert office.client("far-clerk").post("/api/v1/cases", json=body).status_code == 404
    opened = clerk.post("/api/v1/cases", json=body)
    assert opened.status_code == 201, opened.text
    place = opened.headers["location"]
    assert (opened.json()["state"], opened.json()["owner"]) == ("open", "")
    assert office.client("far-clerk").get(place).status_code == 404
    assert office.client("far-clerk").get("/api/v1/cases").json()["cases"] == []
    assert office.client("supervisor").get(place).status_code == 404
    assert clerk.post(f"{place}/steps", json={"act": "take"}).json()["owner"] == "clerk"
    refused = clerk.post(f"{place}/steps", json={"act": "reply"})
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/note")
    ended = clerk.post(f"{place}/steps", json={"act": "uphold", "note": "已更正"}).json()
    assert (ended["state"], [step["act"] for step in ended["steps"]]) == ("upheld", ["open", "take", "uphold"])
    assert clerk.post(f"{place}/steps", json={"act": "take"}).status_code == 409
    listed = clerk.get("/api/v1/cases", params={"state": "closed"}).json()["cases"]
    assert [(one["number"], one["state"]) for one in listed] == [(ended["number"], "upheld")]
    told = office.client("auditor").get("/api/v1/trail", params={"kind": "case", "identifier": identifier}).json()
    assert [one["details"]["act"] for one in told["entries"]] == ["open", "take", "uphold"]
    assert clerk.get("/api/v1/cases/AJ-0000").status_code == 404


def test_cases_past_their_deadline_are_warned_of(office: Office) -> None:
    number = (
        office.client("clerk")
        .post("/api/v1/cases", json={"kind": "complaint", "statement": "等了很久"})
        .json()["number"]
    )
    with closing(sqlite3.connect(office.services.home.path / "elicence.db")) as database, database:
        database.execute("UPDATE cases SET deadline = '2026-01-01T00:00:00.000000+00:00' WHERE closed_at IS NULL")
    found = office.client("auditor").get("/api/v1/warnings", params={"expiring": 0}).json()["warnings"]
    assert (found[0]["kind"], found[0]["subject"], found[0]["due"]) == ("case_overdue", number, "2026-01-01")
    (line,) = [one for one in office.client("clerk").get("/api/v1/cases").json()["cases"] if one["number"] == number]
    assert line["overdue"]


SAMPLE = re.compile(r'[a-z_]+(\{[a-z_]+="[^"\n]*"(,[a-z_]+="[^"\n]*")*\})? [0-9.e+-]+')


def test_metrics_are_what_a_collector_reads(office: Office) -> None:
    clerk = office.client("clerk")
    clerk.post("/api/v1/verifications", json={"code": "x"})
    clerk.get("/api/v1/cases/AJ-SECRET")
    text = office.client("operator").get("/metrics").text
    lines = text.splitlines()
    assert all(line.startswith(("# HELP ", "# TYPE ")) or SAMPLE.fullmatch(line) for line in lines), text
    names = [line.split()[2] for line in lines if line.startswith("# TYPE")]
    assert len(names) == len(set(names)) >= 12
    assert 'elicence_http_requests_total{method="GET",route="/api/v1/cases/{number}",status="404"}' in text
    assert "SECRET" not in text
    assert re.search(r'elicence_key_expiry_days\{key="sm2-seal"\} [1-9]', text)
    assert re.search(r"^elicence_licences 6$", text, re.MULTILINE)
    value = re.search(r'^elicence_verifications_total\{reason="\w+"\} (\d+)$', text, re.MULTILINE)
    assert value
    buckets = [
        int(one) for one in re.findall(r'seconds_bucket\{method="GET",route="/metrics",le="[^"]+"\} (\d+)', text)
    ]
    assert buckets == sorted(buckets)


SECRETS = ("张样例", "990101199003071237", "13900000000", "登记的住址不对", "农药经许(赣)99010110001")


def test_no_log_line_holds_what_people_typed(office: Office) -> None:
    """What is personal goes through every route, in every place, and is looked for in every line of the log."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonLines())
    root, ours = logging.getLogger(), logging.getLogger("elicence")
    level = ours.level
    root.addHandler(handler)
    ours.setLevel(logging.DEBUG)
    requests = 0
    try:
        for path, operations in office.app.openapi()["paths"].items():
            address = re.sub(r"\{[^}]+\}", "990101199003071237", path)
            for method in operations:
                for name in ("clerk", "auditor"):
                    client = office.client(name)
                    query = {"q": SECRETS[0], "client": SECRETS[0], "identifier": SECRETS[1], "code": SECRETS[1]}
                    body = {"kind": "111", "code": SECRETS[1], "name": SECRETS[0], "statement": SECRETS[3],
                            "contact": SECRETS[2], "data": {"certificateNumber": SECRETS[4]}}  # fmt: skip
                    answer = client.request(method, address, params=query, json=body, follow_redirects=False)
                    assert answer.status_code < 500 or answer.status_code == 503, (method, path, answer.text)
                    assert re.fullmatch(r"[0-9a-f]{16}", answer.headers["x-request-id"])
                    requests += 1
    finally:
        root.removeHandler(handler)
        ours.setLevel(level)
    lines = [json.loads(line) for line in stream.getvalue().splitlines()]
    access = [one for one in lines if one["logger"] == "elicence.access"]
    assert len(access) == requests > 100
    assert {"method", "route", "status", "ms", "client", "request", "at"} <= access[-1].keys()
    assert {one["client"] for one in access} >= {"clerk", "auditor"}
    text = json.dumps(lines, ensure_ascii=False)
    assert [secret for secret in SECRETS if secret in text] == []


# The trail of a home, from the command line.


@pytest.fixture
def kept(running: ModuleType, full_home: Path, tmp_path: Path) -> Elicence:
    """A home with seven entries in one signed batch."""
    elicence: Elicence = running.copy_home(full_home, tmp_path / "home")
    done = elicence("audit", "checkpoint", "--json")
    assert done.json()["entries"] == done.json()["chained"] >= 6
    return elicence


def tamper(elicence: Elicence, *statements: str) -> None:
    with closing(sqlite3.connect(elicence.home / "elicence.db")) as database, database:
        for statement in statements:
            database.execute(statement)


def faults(elicence: Elicence, code: int = 1) -> list[str]:
    done = elicence("audit", "verify", "--json")
    assert done.code == code, done.out
    return [one["code"] for one in done.json()["faults"]]


def test_the_trail_is_verified_from_the_command_line(kept: Elicence) -> None:
    done = kept("audit", "verify", "--json")
    assert (done.code, done.json()["verdict"], done.json()["faults"]) == (0, "passed", [])
    assert done.json()["signed_through"] == done.json()["last"]
    assert "signed already" in kept("audit", "checkpoint").out
    assert "0" in kept("audit", "status").out
    tamper(kept, "DELETE FROM trail_entries WHERE sequence = 3")
    shown = kept("audit", "verify")
    assert shown.code == 1
    assert "✗ 3  记录被删除 entry missing  batch 1" in shown.out


def test_without_a_signature_nothing_is_sure(kept: Elicence) -> None:
    tamper(kept, "DELETE FROM trail_checkpoints")
    shutil.rmtree(kept.home / "audit/checkpoints")
    assert faults(kept, code=2) == []


def test_an_end_that_is_cut_off_is_found(kept: Elicence) -> None:
    tamper(kept, "DELETE FROM trail_entries", "DELETE FROM trail_batches", "DELETE FROM trail_checkpoints")
    assert faults(kept) == ["END_MISSING"]
    (kept.home / "audit/head.json").write_text("{}")
    assert faults(kept) == ["END_MISSING", "END_MISSING"]
    (kept.home / "audit/head.json").unlink()
    shutil.rmtree(kept.home / "audit")
    assert faults(kept, code=0) == []  # who takes everything away leaves nothing to compare with


def test_where_the_end_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "audit").touch()
    batch = Batch(number=1, first=1, last=1, events_to=0, chained_at=datetime.now(UTC), digest="0", mark="0")
    with pytest.raises(CannotWriteError, match="a file stands where a folder is wanted"):
        AuditFolder(tmp_path / "audit").put_head(batch)


def test_a_list_and_a_table_of_it(kept: Elicence, tmp_path: Path) -> None:
    services = Services(open_home(kept.home))
    services.trail.record(
        TrailEntry(
            kind=TrailKind.READ, at=datetime.now(UTC), done=False, code="NOT_ALLOWED", client="=1+1", details={"a": "b"}
        )
    )
    table = tmp_path / "trail.csv"
    done = kept("audit", "list", "--kind", "read", "--csv", table, "--json")
    (entry,) = done.json()["entries"]
    assert (entry["client"], entry["code"], entry["done"]) == ("=1+1", "NOT_ALLOWED", False)
    (row,) = csv.DictReader(io.StringIO(table.read_text("utf-8-sig")))
    assert (row["client"], row["details"], row["done"]) == ("'=1+1", "a=b", "False")
    assert "✗ NOT_ALLOWED" in kept("audit", "list", "--client", "=1+1").out
    holder = kept("audit", "list", "--holder", "-", "--json", stdin=json.dumps(HOLDER).encode())
    assert [one["kind"] for one in holder.json()["entries"]] == ["change"]
    assert kept("audit", "list", "--since", "2020-01-01", "--until", "2020-01-02", "--json").json()["entries"] == []


def test_only_what_is_old_enough_is_deleted(kept: Elicence) -> None:
    assert kept("audit", "prune", "--days", "182").code == 64
    assert kept("audit", "prune", "--days", "183", "--json").json() == {"pruned_through": 0}
    assert faults(kept, code=0) == []


def test_a_server_chains_and_signs_where_it_ends(running: ModuleType, full_home: Path, tmp_path: Path) -> None:
    elicence = running.copy_home(full_home, tmp_path / "home")
    with running.Server(elicence) as server:
        with urlopen(f"{server.url}/healthz") as answer:  # noqa: S310 — our own server
            assert answer.status == 200
    assert server.code == 0, server.log
    done = elicence("audit", "verify", "--json").json()
    assert (done["verdict"], done["unchained"]) == ("passed", 0)
    assert done["signed_through"] == done["last"] >= 6


def test_a_key_that_cannot_sign_keeps_nothing_from_being_chained(
    running: ModuleType, full_home: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    home = running.copy_home(full_home, tmp_path / "home").home
    for path in (home / "keys").glob("*-code.key.pem"):
        path.unlink()
    services = Services(open_home(home))
    now = datetime.now(UTC)
    keeping = TrailKeeping(lambda: services.trail_keeper, lambda: now)
    keeping.look()
    keeping.look()
    assert keeping.state == "KEY_NOT_FOUND"
    assert services.trail_chain.state().waiting == 0
    assert [one.getMessage()[:31] for one in caplog.records if one.name == "elicence.trail"] == [
        "the trail is not signed [KEY_NO"
    ]


def test_a_clock_that_is_set_back_does_not_keep_the_trail_from_being_signed(kept: Elicence) -> None:
    services = Services(open_home(kept.home))
    now = datetime.now(UTC) + timedelta(days=2)
    keeping = TrailKeeping(lambda: services.trail_keeper, lambda: now)
    keeping.look()
    before = services.trail_chain.state().checkpoint
    now -= timedelta(days=2)
    services.trail.record(TrailEntry(kind=TrailKind.READ, at=now, done=True))
    keeping.look()
    state = services.trail_chain.state()
    assert (keeping.state, state.waiting) == ("ok", 0)
    assert state.newest is not None
    assert state.checkpoint == state.newest.number > before
    assert audited(services, services.trust).faults == []


def test_two_processes_write_where_the_chain_ends(kept: Elicence, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = Services(open_home(kept.home)).audit_folder
    batch, replace_file = folder.reached(), Path.replace
    assert batch is not None

    def other_first(path: Path, target: Path) -> Path:
        monkeypatch.undo()
        folder.put_head(replace(batch, number=batch.number + 1))
        return replace_file(path, target)

    monkeypatch.setattr(Path, "replace", other_first)
    folder.put_head(batch)
    assert folder.reached() == batch
    assert not list(folder.path.glob(".*"))


def test_what_a_checkpoint_is_signed_by_is_judged(kept: Elicence) -> None:
    services = Services(open_home(kept.home))
    ((number, good),) = services.audit_folder.checkpoints().items()
    text, signature, _ = good.split(b"\n")

    def judged(content: bytes, trust: TrustStore = services.trust) -> str:
        (end,) = signed_ends({"here": {number: content}}, trust)
        assert (end.statement is None) == bool(end.fault)
        return end.fault

    assert judged(good) == ""
    assert judged(good.replace(b'"last":', b'"last":1')) in ("TEXT_CHANGED", "UNREADABLE")
    assert judged(good[:-1]) == "UNREADABLE"
    assert judged(b"") == judged(b"\n\n\n") == judged(text + b"\n!\n") == "UNREADABLE"
    assert judged(text[:-2] + b'0"}\n' + signature + b"\n") in ("TEXT_CHANGED", "UNREADABLE")
    assert judged(good, TrustStore(services.trust.anchors)) == "SIGNER_UNKNOWN"
    stranger = stranger_pki()
    at = Checkpoint(**json_statement(text)).at.replace(microsecond=0)
    forged = signed_text(text, sign_detached(text, stranger.code, signing_time=at))
    assert judged(forged) == "SIGNER_UNKNOWN"
    # Somebody who can write into the folder of trust still has no anchor.
    slipped_in = TrustStore(services.trust.anchors, (*services.trust.others, stranger.code.certificate))
    assert judged(forged, slipped_in) not in ("", "SIGNER_UNKNOWN")
    certificate = services.keys.list_signer().certificate
    retired = Retirement(
        certificate_digest=certificate.fingerprint("sha256"), reason=RetirementReason.COMPROMISE,
        since=at - timedelta(days=1), recorded_at=at,
    )  # fmt: skip
    assert judged(good, TrustStore(services.trust.anchors, services.trust.others, [retired])) == "SIGNER_RETIRED"
    sealed = signed_text(text, sign_detached(text, services.keys.signers("rsa")["seal"], signing_time=at))
    assert judged(sealed) == "SIGNER_UNKNOWN"
    report = audited(services, TrustStore(()))
    assert [fault.kind.value for fault in report.faults] == ["CHECKPOINT_UNTRUSTED"]


def stranger_pki() -> DevelopmentPki:
    return make_development_pki(
        "sm2", authority_name="另一机构", authority_code=OFFICE, at=datetime.now(UTC), random=secrets.token_bytes
    )


def json_statement(text: bytes) -> dict[str, Any]:
    members = json.loads(text)
    return {
        **{name: members[name] for name in ("batch", "last", "digest")},
        "at": datetime.fromisoformat(members["at"]),
    }


def test_cases_and_counts_from_the_command_line(kept: Elicence) -> None:
    opened = kept("cases", "open", "--kind", "complaint", "--statement", "-", "--json", stdin="态度不好".encode())
    assert opened.code == 0, opened.out
    number = opened.json()["number"]
    assert (
        kept("cases", "step", number, "--act", "reply", "--note", "已核实", "--json").json()["steps"][1]["note"]
        == "已核实"
    )
    assert "已核实" in kept("cases", "show", number.lower()).out
    assert [one["number"] for one in kept("cases", "list", "--json").json()["cases"]] == [number]
    assert kept("cases", "show", "AJ-0000").code == 66
    told = kept("audit", "list", "--kind", "case", "--json").json()["entries"]
    assert [one["details"]["act"] for one in told] == ["open", "reply"]
    lines = kept("supervise", "statistics", "--since", "2026-01-01", "--json").json()["lines"]
    assert sum(one["count"] for one in lines if one["measure"] == "issued") == 6
    assert kept("supervise", "warnings", "--expiring", "3660", "--json").json()["warnings"]
    assert kept("supervise", "warnings", "--cases", "-1").code == 64
