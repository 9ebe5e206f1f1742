"""Two approval systems and three officers in a closed home: batches, feed, webhooks and reviews by their grants."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from fastapi.testclient import TestClient

from api.app import create_app
from api.batch_worker import work
from api.client_keeping import ClientKeeping
from api.home import open_home
from api.wiring import Services
from licences.access import make_grant
from licences.sql import issue_batch_store
from licences.supervision import TrailKind, TrailQuestion

if TYPE_CHECKING:
    from types import ModuleType

OFFICE, CODE = "样例县行政审批局", "1199010000000102XM"
CLIENTS = {
    "water": (["issuer_system"], ["water-abstraction"]),
    "pesticide": (["issuer_system"], ["pesticide-business"]),
    "maker": (["maker"], ["water-abstraction"]),
    "checker": (["reviewer"], ["water-abstraction"]),
    "other-checker": (["reviewer"], ["pesticide-business"]),
}
Open = Callable[[str], TestClient]


@pytest.fixture(scope="module")
def services(running: ModuleType, empty_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Services:
    home = running.copy_home(empty_home, tmp_path_factory.mktemp("closed") / "home").home
    settings = home / "elicence.toml"
    settings.write_text(settings.read_text("utf-8").replace("open_on_loopback = true", "open_on_loopback = false"))
    return Services(open_home(home))


@pytest.fixture(scope="module")
def as_client(services: Services) -> Open:
    app = create_app(services, public_only=False)
    keeping = ClientKeeping(services, None, random=secrets.token_bytes, at=datetime.now(UTC))
    keys = {}
    for name, (roles, types) in CLIENTS.items():
        grants = (make_grant(operations=None, types=types, regions=["9901"]),)
        keeping.add(name=name, title=name, office=OFFICE, office_code=CODE, roles=roles, grants=grants)
        keys[name] = keeping.key(name, label="", days=1).text

    def opened(name: str) -> TestClient:
        headers = {"Authorization": f"Bearer {keys[name]}"} if name else {}
        return TestClient(app, base_url="https://licences.example", headers=headers)

    return opened


def wish(running: ModuleType, name: str, number: str) -> dict[str, Any]:
    document: dict[str, Any] = running.changed(name, certificateNumber=number)
    return {"type": document["type"], "data": document["data"]}


def test_a_batch_is_judged_item_by_item_and_is_its_clients_own(
    services: Services, as_client: Open, running: ModuleType
) -> None:
    items = [
        wish(running, "water-abstraction-1", "D990101G2026-4001"),
        wish(running, "pesticide-business-1", "农药经许(赣)99010104001"),
    ]
    headers = {"Idempotency-Key": "k", "Prefer": "respond-async"}
    water, pesticide = as_client("water"), as_client("pesticide")
    answer = water.post("/api/v1/licence-batches", json={"items": items}, headers=headers)
    assert answer.status_code == 202, answer.text
    assert [one["state"] for one in answer.json()["items"]] == ["waiting", "refused"]
    assert answer.json()["items"][1]["problem"]["code"] == "NOT_ALLOWED"
    address = answer.headers["location"]
    assert water.get(address).json() == answer.json()
    for method, path in (("GET", address), ("POST", f"{address}/cancellation")):
        refused = pesticide.request(method, path)
        assert (refused.status_code, refused.json()["code"]) == (404, "ISSUE_BATCH_NOT_FOUND")
        assert as_client("maker").request(method, path).status_code == 403
        assert as_client("").request(method, path).status_code == 401
    other = pesticide.post("/api/v1/licence-batches", json={"items": items}, headers=headers)
    assert other.json()["batch"] != answer.json()["batch"], "keys are each client's own"
    pesticide.post(f"{other.headers['location']}/cancellation")
    assert pesticide.get(other.headers["location"]).json()["state"] == "cancelled"

    assert work(services, answer.json()["batch"], 0) == ""
    done = water.get(address).json()
    assert done["state"] == "finished"
    (event,) = services.store.events(done["items"][0]["licence"]["identifier"])
    assert (event.act.actor.name, event.act.actor.office_code) == ("water", CODE)


def test_more_than_can_be_done_is_not_taken_and_says_when_to_come_back(
    as_client: Open, running: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = {"items": [wish(running, "water-abstraction-1", "D990101G2026-4009")] * 2}
    for limit, status, code in (
        ("MAX_WAITING_OF_CLIENT", 429, "CLIENT_BATCHES_FULL"), ("MAX_WAITING", 503, "BATCHES_FULL"),
    ):  # fmt: skip
        with monkeypatch.context() as patch:
            patch.setattr(issue_batch_store, limit, 1)
            answer = as_client("water").post("/api/v1/licence-batches", json=body, headers={"Idempotency-Key": "full"})
        assert (answer.status_code, answer.json()["code"]) == (status, code)
        assert int(answer.headers["retry-after"]) > 0


def test_the_feed_tells_each_system_of_what_it_may_follow(
    services: Services, as_client: Open, running: ModuleType
) -> None:
    for name, paper, number in (
        ("water", "water-abstraction-1", "D990101G2026-4002"),
        ("pesticide", "pesticide-business-1", "农药经许(赣)99010104002"),
    ):  # fmt: skip
        assert as_client(name).post("/api/v1/licences", json=wish(running, paper, number)).status_code == 201
    told = {name: as_client(name).get("/api/v1/changes").json() for name in ("water", "pesticide")}
    assert {one["type"] for one in told["water"]["changes"]} == {"water-abstraction"}
    assert {one["type"] for one in told["pesticide"]["changes"]} == {"pesticide-business"}
    assert told["water"]["next"] == told["pesticide"]["next"]
    assert told["water"]["next"].partition(".")[0] == str(services.changes.newest())
    assert as_client("maker").get("/api/v1/changes").status_code == 403
    assert as_client("").get("/api/v1/changes").status_code == 401
    entries = services.trail.entries(TrailQuestion(client="pesticide", kind=TrailKind.OPERATION), limit=10)
    assert [one.entry.details["count"] for one in entries if "count" in one.entry.details] == ["1"]


def test_a_webhook_is_its_clients_own_and_within_its_grants(services: Services, as_client: Open) -> None:
    water, pesticide = as_client("water"), as_client("pesticide")
    wanted = {"url": "https://hooks.example/in", "types": ["pesticide-business"]}
    assert water.post("/api/v1/webhooks", json=wanted).status_code == 403
    assert water.post("/api/v1/webhooks", json={"url": "http://127.0.0.1:1/"}).status_code == 422, (
        "this is no playground"
    )
    made = water.post("/api/v1/webhooks", json={"url": "https://hooks.example/in"})
    assert made.status_code == 201, made.text
    address = made.headers["location"]
    assert pesticide.get("/api/v1/webhooks").json() == {"webhooks": []}
    for method, path in (
        ("GET", address), ("DELETE", address), ("POST", f"{address}/disable"), ("POST", f"{address}/enable"),
        ("POST", f"{address}/secret"), ("POST", f"{address}/test"),
    ):  # fmt: skip
        assert pesticide.request(method, path).status_code == 404
        assert as_client("checker").request(method, path).status_code == 403
        assert as_client("").request(method, path).status_code == 401
    assert water.delete(address).status_code == 204
    entries = services.trail.entries(TrailQuestion(client="water", kind=TrailKind.CLIENTS), limit=10)
    assert [one.entry.details["change"] for one in entries] == ["webhook add", "webhook remove"]


def test_a_draft_goes_from_its_maker_to_a_checker_and_back(
    services: Services, as_client: Open, running: ModuleType
) -> None:
    maker, checker, stranger = as_client("maker"), as_client("checker"), as_client("other-checker")

    def waiting(client: TestClient) -> list[str]:
        answer = client.get("/api/v1/drafts", params={"waiting": "true"})
        assert answer.status_code == 200, answer.text
        return [one["state"] for one in answer.json()["drafts"]]

    def step(client: TestClient, name: str, path: str, **members: object) -> Any:
        actor = {"name": name, "office": OFFICE, "office_code": CODE}
        return client.post(f"{address}{path}", json={"actor": actor, **members})

    document = wish(running, "water-abstraction-1", "D990101G2026-4003")
    actor = {"name": "maker", "office": OFFICE, "office_code": CODE}
    begun = maker.post("/api/v1/drafts", json={**document, "actor": actor})
    assert begun.status_code == 201, begun.text
    address = begun.headers["location"]
    assert (waiting(maker), waiting(checker)) == (["draft"], [])
    assert step(maker, "maker", "/submission").status_code == 200
    assert (waiting(maker), waiting(checker), waiting(stranger)) == ([], ["in-review"], [])

    seen = checker.get(address).json()
    assert seen["shown"]["data"] == document["data"]
    assert step(stranger, "other-checker", "/approval", digest=seen["digest"]).status_code == 404
    assert step(maker, "maker", "/approval", digest=seen["digest"]).status_code == 403
    assert step(checker, "somebody-else", "/approval", digest=seen["digest"]).status_code == 403
    assert step(checker, "checker", "/approval", digest="0" * 64).json()["code"] == "DRAFT_CHANGED"
    remarks = [{"pointer": "/data/certificateNumber", "text": "编号有误"}]
    assert step(checker, "checker", "/return", remarks=remarks, digest=seen["digest"]).status_code == 200
    assert (waiting(maker), waiting(checker)) == (["returned"], [])

    document = wish(running, "water-abstraction-1", "D990101G2026-4004")
    assert maker.put(address, json={**document, "actor": actor}).status_code == 200
    assert step(maker, "maker", "/submission").status_code == 200
    refused = step(checker, "checker", "/approval", digest=seen["digest"])
    assert refused.json()["code"] == "DRAFT_CHANGED", "what was approved is what was seen"
    newest = checker.get(address).json()["digest"]
    assert step(checker, "checker", "/approval", digest=newest).status_code == 200
    assert (waiting(maker), waiting(checker)) == (["approved"], [])
    assert step(checker, "checker", "/sealing").status_code == 403
    sealed = step(maker, "maker", "/sealing")
    assert sealed.status_code == 201, sealed.text
    assert sealed.json()["number"] == "D990101G2026-4004"
    assert step(maker, "maker", "/sealing").status_code == 200
    assert (waiting(maker), waiting(checker)) == ([], [])
