"""Acts on licences from the command line and over HTTP, as an office does them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import httpx2
import pytest

from api.act_commands import ACTIONS
from api.schemas_licences import ActBody
from licences import Action

if TYPE_CHECKING:
    from types import ModuleType

    from running import Elicence

NOT_GIVEN = {Action.PREPARE, Action.MAKE, Action.ISSUE, Action.TRANSFER_IN}
CLERK = {"name": "clerk-07", "office": "样例县行政审批局", "office_code": "1199010000000102XM"}


def test_every_act_that_is_given_has_a_word() -> None:
    words = {action.value for action in Action if action not in NOT_GIVEN}
    assert set(ACTIONS) == set(get_args(ActBody.model_fields["action"].annotation)) == words


@pytest.fixture
def issued(running: ModuleType, fresh: Elicence) -> dict[str, Any]:
    made: dict[str, Any] = fresh.issue(running.sample("special-equipment-use-1"))
    return made


def verdict(elicence: Elicence, path: str | Path, *words: str) -> tuple[int, str]:
    done = elicence("verify", path, "--json", *words)
    return done.code, done.json()["reason"]


def test_a_lift_through_its_life(running: ModuleType, fresh: Elicence, issued: dict[str, Any]) -> None:
    identifier, pdf = issued["identifier"], issued["files"]["pdf"]["path"]

    def act(action: str, *words: str) -> dict[str, Any]:
        done = fresh("act", identifier, action, "--ground", "样例事由", "--json", *words)
        assert done.code == 0, done.out + done.err
        answer: dict[str, Any] = done.json()
        return answer

    # At a keyboard a licence may be named by what is printed on it.
    shown = fresh("history", issued["short_code"].lower(), "--json").json()["versions"][0]
    assert shown["identifier"] == identifier
    assert fresh("history", issued["number"], "--json").json()["versions"] == [shown]
    assert fresh("history", "无此编号", "--json").json()["error"]["code"] == "LICENCE_NOT_FOUND"
    assert verdict(fresh, pdf, "--at", "2027-05-18") == (1, "OBLIGATION_OVERDUE")
    act("inspect", "--obligation", "nextInspection", "--next-due", "2028-05-17")
    assert verdict(fresh, pdf, "--at", "2027-05-18") == (0, "OK")

    suspended = act("suspend", "--decision", "样特罚〔2026〕1号", "--actor", "clerk-07", "--office", "样例县行政审批局")
    assert (suspended["status"], suspended["actor"]["name"]) == ("suspended", "clerk-07")
    assert verdict(fresh, pdf) == (1, "STATUS_SUSPENDED")
    refused = fresh("act", identifier, "change", "--data", "-", "--ground", "变更", "--decision", "1号", "--json",
                    stdin=json.dumps(running.sample("special-equipment-use-1")["data"]).encode())  # fmt: skip
    assert (refused.code, refused.json()["error"]["code"]) == (65, "TRANSITION_REFUSED")
    act("resume", "--decision", "样特发〔2026〕2号")
    act("dispute")
    assert verdict(fresh, pdf) == (0, "DISPUTED")

    replaced = act("replace-lost")
    assert (replaced["version"], replaced["previous"]) == ("002", identifier)
    assert verdict(fresh, pdf) == (1, "STATUS_SUPERSEDED")
    which = fresh("act", issued["number"], "suspend", "--ground", "由", "--json")
    assert (which.code, replaced["identifier"] in which.json()["error"]["message"]["zh"]) == (64, True)
    successor = replaced["files"]["pdf"]["path"]
    assert verdict(fresh, successor) == (0, "DISPUTED")
    assert fresh("act", replaced["identifier"], "settle", "--ground", "异议不成立").code == 0
    assert verdict(fresh, successor, "--at", "2027-05-18") == (0, "OK")  # the inspection goes on

    history = fresh("history", identifier, "--json").json()
    assert [version["identifier"] for version in history["versions"]] == [identifier, replaced["identifier"]]
    assert [one["action"] for one in history["versions"][0]["acts"]] == [
        "issue", "inspect", "suspend", "resume", "dispute", "replace-lost",
    ]  # fmt: skip
    assert [version["state"] for version in history["versions"]] == ["replaced", "issued"]
    before = fresh("history", identifier, "--known-at", "2020-01-01", "--json").json()
    assert [(version["state"], version["acts"]) for version in before["versions"]] == [(None, []), (None, [])]


def test_what_is_refused_changes_nothing(fresh: Elicence, issued: dict[str, Any]) -> None:
    identifier = issued["identifier"]
    for words, code, name in (
        (("annul", "--ground", "由"), 65, "FIELDS_INVALID"),
        (("suspend", "--ground", "由", "--decision", "号", "--office-code", "11990100000001038M"), 65, "NOT_COMPETENT"),
        (("find", "--ground", "由"), 65, "TRANSITION_REFUSED"),
        (("change", "--ground", "由", "--decision", "号"), 64, "WRONG_USE"),
        (("revoke", "--ground", "由", "--decision", "号", "--data", "x.json"), 64, "WRONG_USE"),
        (("suspend", "--ground", "由", "--decision", "号", "--until", "tomorrow"), 64, "WRONG_USE"),
    ):
        done = fresh("act", identifier, *words, "--json")
        assert (done.code, done.json()["error"]["code"]) == (code, name), words
    acts = fresh("history", identifier, "--json").json()["versions"][0]["acts"]
    assert [one["action"] for one in acts] == ["issue"]


def test_acts_over_http(running: ModuleType, fresh: Elicence, issued: dict[str, Any]) -> None:
    path = f"/api/v1/licences/{issued['identifier']}"
    with running.Server(fresh) as server, httpx2.Client(base_url=server.url, timeout=30, trust_env=False) as client:
        done = client.post(f"{path}/acts", json={"action": "suspend", "actor": CLERK, "ground": "由", "decision": "号"})
        assert (done.status_code, done.json()["status"]) == (200, "suspended")
        again = client.post(
            f"{path}/acts", json={"action": "suspend", "actor": CLERK, "ground": "由", "decision": "号"}
        )
        assert (again.status_code, again.json()["code"]) == (409, "TRANSITION_REFUSED")
        for body, pointer in (
            ({"action": "resume", "ground": "由", "decision": "号"}, "/actor"),
            ({"action": "resume", "actor": CLERK, "ground": "由"}, "/decision"),
            ({"action": "extend", "actor": CLERK, "ground": "由", "decision": "号"}, "/until"),
            ({"action": "inspect", "actor": CLERK, "ground": "由", "next_due": 20280101}, "/next_due"),
            ({"action": "issue", "actor": CLERK, "ground": "由"}, "/action"),
        ):
            refused = client.post(f"{path}/acts", json=body)
            assert refused.status_code == 422, refused.text
            assert pointer in [fault["pointer"] for fault in refused.json()["errors"]]
        client.post(f"{path}/acts", json={"action": "resume", "actor": CLERK, "ground": "由", "decision": "号"})
        data = running.changed("special-equipment-use-1", usePlace="样例县城关镇健康路 2 号")["data"]
        body = {"action": "change", "actor": CLERK, "ground": "迁址", "decision": "2号", "data": data}
        changed = client.post(f"{path}/acts", json=body, headers={"Idempotency-Key": "case-1"})
        assert (changed.status_code, changed.json()["version"]) == (201, "002")
        assert changed.headers["Location"] == f"/api/v1/licences/{changed.json()['identifier']}"
        repeated = client.post(f"{path}/acts", json=body, headers={"Idempotency-Key": "case-1"})
        for key in ("", "x" * 256):
            assert client.post(f"{path}/acts", json=body, headers={"Idempotency-Key": key}).status_code == 400
        assert (repeated.status_code, repeated.json()["identifier"]) == (200, changed.json()["identifier"])
        history = client.get(f"{path}/history", params={"at": "2026-01-01T00:00:00+08:00"}).json()
        assert [version["state"] for version in history["versions"]] == ["not_yet_in_force", "not_yet_in_force"]
        assert client.get("/api/v1/licences/1.2.3/history").status_code == 404


def test_a_licence_that_comes_from_elsewhere(running: ModuleType, fresh: Elicence) -> None:
    elsewhere = "1.2.156.3005.2.11990000000001011Q001.1199010000000102XM.20260000001.001.4"
    document = running.sample("pesticide-business-1")
    made = fresh.issue(document, "--transferred-from", elsewhere)
    first = fresh("history", made["identifier"], "--json").json()["versions"][0]["acts"][0]
    assert (first["action"], first["related"], first["status_after"]) == ("transfer-in", elsewhere, "issued")
    structured = json.loads(Path(made["files"]["json"]["path"]).read_bytes())
    assert structured["relations"] == [{"certificateIdentifier": elsewhere, "relation": "transfer-in"}]
    refused = fresh("issue", "--data", "-", "--transferred-from", elsewhere[:-1] + "5", "--json",
                    stdin=json.dumps(document).encode())  # fmt: skip
    assert refused.code == 66


def test_a_draft_takes_nothing_that_it_would_forget(running: ModuleType, fresh: Elicence) -> None:
    document = running.sample("pesticide-business-1") | {"actor": CLERK}
    with running.Server(fresh) as server, httpx2.Client(base_url=server.url, timeout=30, trust_env=False) as client:
        for more in ({"body": "JVBERi0="}, {"transferred_from": "1.2.3"}):
            refused = client.post("/api/v1/drafts", json=document | more)
            assert refused.status_code == 422
