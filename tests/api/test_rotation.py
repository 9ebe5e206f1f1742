"""Keys and trust that change under a running server: rotation, retirement, anchors that come and go."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import httpx2
import pytest
from outside_ca import OutsideCa

import keys

if TYPE_CHECKING:
    from running import Elicence

LICENCES, VERIFICATIONS = "/api/v1/licences", "/api/v1/verifications"
PROFILES = {"seal": keys.Profile.SEAL, "code": keys.Profile.CODE}


class Office:
    """A home, its commands, and a client of its server."""

    def __init__(self, running: ModuleType, elicence: Elicence, client: httpx2.Client) -> None:
        self._running, self.elicence, self._client = running, elicence, client
        self._number = 100

    def keys(self, *words: str | Path) -> dict[str, Any]:
        done = self.elicence("keys", *words, "--json")
        assert done.code == 0, done.out + done.err
        value: dict[str, Any] = done.json()
        return value

    def certified(self, ca: OutsideCa, family: str, role: str, name: str) -> str:
        """Have a key with a certificate that is ready; return the certificate's serial number."""
        self.keys("new", "--family", family, "--role", role, "--name", name)
        reply = self.elicence.home.with_name(f"{name}.pem")
        request = self.keys("csr", name)["request"].encode()
        reply.write_bytes(ca.answer(request, profile=PROFILES[role]))
        serial = str(self.keys("import", name, reply)["certificate"]["serial"])
        if role == "seal":  # one that both certificates may use
            assert self.elicence("seal", "make", "--family", family).code == 0
        return serial

    def issue(self, family: str) -> dict[str, Any]:
        self._number += 1
        number = f"D990101G2026-{self._number:04}"
        body = self._running.changed("water-abstraction-1", certificateNumber=number) | {"seal": family}
        answer = self._client.post(LICENCES, json=body)
        assert answer.status_code == 201, answer.text
        made: dict[str, Any] = answer.json()
        return made

    def report(self, made: dict[str, Any], kind: str = "pdf") -> dict[str, Any]:
        file = self._client.get(f"{LICENCES}/{made['identifier']}/file", params={"format": kind})
        answer = self._client.post(VERIFICATIONS, files={"file": file.content})
        assert answer.status_code == 200
        report: dict[str, Any] = answer.json()
        return report

    def code_report(self, made: dict[str, Any]) -> dict[str, Any]:
        report: dict[str, Any] = self._client.post(VERIFICATIONS, json={"code": made["code"]}).json()
        return report

    def until(self, question: Callable[[], bool]) -> None:
        """The folder of trust is looked at once a second."""
        deadline = time.monotonic() + 60
        while not question():
            assert time.monotonic() < deadline
            time.sleep(0.1)


@pytest.fixture
def office(running: ModuleType, fresh: Elicence) -> Iterator[Office]:
    with running.Server(fresh) as server, httpx2.Client(base_url=server.url, trust_env=False, timeout=30) as client:
        yield Office(running, fresh, client)


@pytest.fixture
def watchful_office(running: ModuleType, fresh: Elicence) -> Iterator[Office]:
    with (
        running.Server(fresh, code=running.WATCHFUL) as server,
        httpx2.Client(base_url=server.url, trust_env=False, timeout=30) as client,
    ):
        yield Office(running, fresh, client)


def serial(report: dict[str, Any]) -> str:
    return str(report["signatures"][0]["certificate_serial"])


@pytest.mark.parametrize("family", ["sm2", "rsa"])
def test_a_seal_key_is_rotated_under_a_running_server(
    office: Office, outside: dict[str, OutsideCa], family: str
) -> None:
    before = office.issue(family)
    first = serial(office.report(before))
    outside[family].trust_in(office.elicence.home / "trust")
    second = office.certified(outside[family], family, "seal", "next")
    assert serial(office.report(office.issue(family))) == first
    assert office.keys("rotate", "--family", family, "--role", "seal", "--to", "next")["warnings"] == []
    after = office.issue(family)
    for made, used in ((before, first), (after, second)):
        report = office.report(made)
        assert (report["authenticity"], serial(report)) == ("passed", used), report
    assert first != second
    # And back, which is a rotation like any other.
    office.keys("rotate", "--family", family, "--role", "seal", "--to", f"{family}-seal")
    assert serial(office.report(office.issue(family))) == first


@pytest.mark.parametrize("family", ["sm2", "rsa"])
def test_a_code_key_is_rotated_under_a_running_server(
    office: Office, outside: dict[str, OutsideCa], family: str
) -> None:
    before = office.issue(family)
    outside[family].trust_in(office.elicence.home / "trust")
    office.certified(outside[family], family, "code", "next")
    office.keys("rotate", "--family", family, "--role", "code", "--to", "next")
    after = office.issue(family)
    used = [office.code_report(made)["signatures"][0]["certificate_serial"] for made in (before, after)]
    assert used[0] != used[1]
    for made in (before, after):
        assert office.code_report(made)["reason"] == "HOLDER_NOT_CHECKED"


def test_a_rotation_comes_at_its_time_and_by_itself(office: Office, outside: dict[str, OutsideCa]) -> None:
    outside["sm2"].trust_in(office.elicence.home / "trust")
    wanted = office.certified(outside["sm2"], "sm2", "seal", "next")
    rotate = ("rotate", "--family", "sm2", "--role", "seal", "--to", "next", "--at")
    far_off = datetime.now(UTC) + timedelta(hours=1)
    assert office.keys(*rotate, far_off.isoformat())["state"] == "scheduled"
    assert serial(office.report(office.issue("sm2"))) != wanted
    for seconds in (1.5, 6, 24):  # what a slow machine hears of too late is refused as past
        begin = datetime.now(UTC) + timedelta(seconds=seconds)
        if office.elicence("keys", *rotate, begin.isoformat(timespec="milliseconds")).code == 0:
            break
    time.sleep(max(0.0, (begin - datetime.now(UTC)).total_seconds()) + 0.1)
    assert serial(office.report(office.issue("sm2"))) == wanted
    states = {key["name"]: key["state"] for key in office.keys("list")["keys"]}
    assert (states["next"], states["sm2-seal"]) == ("active", "previous")


def test_retired_in_order_what_was_sealed_stays_good(office: Office, outside: dict[str, OutsideCa]) -> None:
    before = office.issue("sm2")
    time.sleep(1.1)  # times in seals are whole seconds, and what is sealed in the very second does not count
    outside["sm2"].trust_in(office.elicence.home / "trust")
    office.certified(outside["sm2"], "sm2", "seal", "next")
    office.keys("rotate", "--family", "sm2", "--role", "seal", "--to", "next")
    office.keys("retire", "sm2-seal", "--reason", "orderly", "--decision", "样审〔2026〕1 号")
    time.sleep(1.1)
    for made in (before, office.issue("sm2")):
        assert office.report(made)["verdict"] == "passed"


def test_a_compromised_key_seals_nothing_more(
    running: ModuleType, office: Office, outside: dict[str, OutsideCa], tmp_path: Path
) -> None:
    made = office.issue("sm2")
    file = tmp_path / "licence.pdf"
    content = office._client.get(f"{LICENCES}/{made['identifier']}/file", params={"format": "pdf"}).content
    file.write_bytes(content)
    office.keys(
        "retire", "sm2-seal", "--reason", "compromise", "--since", "2026-01-01", "--decision", "样审〔2026〕2 号"
    )
    office.until(lambda: office.report(made)["verdict"] != "passed")
    report = office.report(made)
    assert (report["verdict"], report["reason"]) == ("failed", "KEY_COMPROMISED")
    # Whoever has a copy of the folder knows it without the store.
    shutil.copytree(office.elicence.home / "trust", tmp_path / "trust")
    words = ("verify", file, "--offline", "--trust", tmp_path / "trust", "--json")
    elsewhere = running.Elicence(tmp_path / "nowhere")(*words)
    assert (elsewhere.code, elsewhere.json()["reason"]) == (1, "KEY_COMPROMISED")
    # Nothing takes its place by itself, and the other family goes on.
    number = running.changed("water-abstraction-1", certificateNumber="D990101G2026-0999")
    refused = office._client.post(LICENCES, json=number | {"seal": "sm2"})
    assert refused.status_code in (422, 503)
    office.issue("rsa")


def test_what_the_store_knows_to_be_older_survives_a_compromise(office: Office) -> None:
    made = office.issue("sm2")
    time.sleep(2.1)
    since = datetime.now(UTC).replace(microsecond=0)
    time.sleep(1.1)
    office.keys(
        "retire", "sm2-seal", "--reason", "compromise", "--since", since.isoformat(), "--decision", "样审〔2026〕3 号"
    )
    time.sleep(1.5)
    report = office.report(made)
    assert report["reason"] == "OK", report
    checks = {check["name"]: check["code"] for check in report["checks"]}
    assert checks["retirement"] == "OK"


def test_anchors_come_and_go_under_a_running_server(watchful_office: Office) -> None:
    office = watchful_office
    made = office.issue("rsa")
    root = office.elicence.home / "trust" / "rsa-root.pem"
    kept = root.read_bytes()
    assert office.report(made)["reason"] == "OK"
    root.unlink()
    office.until(lambda: office.report(made)["reason"] == "CERTIFICATE_UNTRUSTED")
    # Written in two steps, as a slow copy does: half a file takes no trust away, and readiness says so.
    root.write_bytes(kept[: len(kept) // 2])
    office.until(lambda: office._client.get("/readyz").json()["parts"]["trust"] == "unusable")
    assert office.report(made)["reason"] == "CERTIFICATE_UNTRUSTED"
    root.write_bytes(kept)
    office.until(lambda: office.report(made)["reason"] == "OK")
    office.until(lambda: office._client.get("/readyz").status_code == 200)


def test_a_folder_of_trust_that_is_gone_takes_no_trust_away(running: ModuleType, stocked: Elicence) -> None:
    trust, away = stocked.home / "trust", stocked.home / "away"
    with (
        running.Server(stocked, code=running.WATCHFUL) as server,
        httpx2.Client(timeout=60, base_url=server.url, trust_env=False) as client,
    ):
        office = Office(running, stocked, client)
        identifier = next((stocked.home / "issued").glob("*.pdf")).stem
        made = {"identifier": identifier}
        assert office.report(made)["reason"] == "OK"
        trust.rename(away)
        office.until(lambda: client.get("/readyz").status_code == 503)
        time.sleep(1.5)
        assert office.report(made)["reason"] == "OK"
        away.rename(trust)
        office.until(lambda: client.get("/readyz").status_code == 200)
    assert "the trusted certificates stay as they were" in server.log


def test_the_register_is_no_secret_keeper(office: Office) -> None:
    office.keys("new", "--family", "sm2", "--role", "seal", "--name", "next")
    register = office.elicence.home / "keys" / "register.json"
    assert {entry["name"] for entry in json.loads(register.read_bytes())["keys"]} >= {"next", "sm2-seal"}
    assert b"PRIVATE" not in register.read_bytes()
