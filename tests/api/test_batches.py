"""Batches of licences to be issued: per-item answers, exactly once, and nothing acknowledged is lost."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import threading
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import httpx2
import pytest

from api import batch_work, batch_worker
from api.batch_work import BatchWork
from api.errors import ServiceUnavailableError
from api.home import open_home
from api.wiring import Services
from licences import (
    Actor,
    IssueBatch,
    IssueWish,
    ItemState,
    NewItem,
    StoreUnavailableError,
)
from licences.access import HERE

if TYPE_CHECKING:
    from running import Elicence, Server

BATCHES = "/api/v1/licence-batches"
ACTOR = Actor(name=HERE, office="样例县行政审批局", office_code="1199010000000102XM")


@pytest.fixture(scope="module")
def client(served: Server) -> Iterator[httpx2.Client]:
    with httpx2.Client(base_url=served.url, timeout=60, trust_env=False) as opened:
        yield opened


def item(running: ModuleType, number: int, **data: object) -> dict[str, Any]:
    document: dict[str, Any] = running.changed(
        "water-abstraction-1", certificateNumber=f"D990101G2026-{3000 + number}", **data
    )
    return {"type": document["type"], "data": document["data"], "seal": "sm2"}


def post(
    client: httpx2.Client, items: list[Any], key: str, *, prefer: str = "respond-async", status: int | None = None
) -> dict[str, Any]:
    headers = {"Idempotency-Key": key, "Prefer": prefer}
    answer = client.post(BATCHES, json={"items": items}, headers=headers)
    assert answer.status_code in ((200, 202) if status is None else (status,)), answer.text
    body: dict[str, Any] = answer.json()
    return body


def done(client: httpx2.Client, batch: Mapping[str, Any], seconds: float = 60) -> dict[str, Any]:
    until = time.monotonic() + seconds
    while True:
        found: dict[str, Any] = client.get(f"{BATCHES}/{batch['batch']}").json()
        if found["state"] in ("finished", "cancelled"):
            return found
        assert time.monotonic() < until, found["counts"]
        time.sleep(0.1)


def test_good_items_are_issued_and_bad_ones_told_as_a_single_request_would(
    running: ModuleType, client: httpx2.Client
) -> None:
    bad = item(running, 2, certificateHolderName=None)
    items = [item(running, 1), bad, {"type": "water-abstraction"}, item(running, 1), {**bad, "type": "no-such-type"}]
    answer = done(client, post(client, items, "mixed"))
    assert answer["counts"] == {"waiting": 0, "working": 0, "issued": 1, "refused": 4, "cancelled": 0}
    assert [one["index"] for one in answer["items"]] == [0, 1, 2, 3, 4]
    by_code = [one["problem"] and one["problem"]["code"] for one in answer["items"]]
    issued = next(one for one in (answer["items"][0], answer["items"][3]) if one["state"] == "issued")
    assert sorted([by_code[0] or "", by_code[3] or ""]) == ["", "DUPLICATE_NUMBER"]
    assert by_code[1:3] + by_code[4:] == ["FIELDS_INVALID", "FIELDS_INVALID", "UNKNOWN_TYPE"]
    single = client.post("/api/v1/licences", json=bad)
    assert answer["items"][1]["problem"] == single.json()
    assert answer["items"][2]["problem"]["errors"][0]["pointer"] == "/data"
    shown = client.get(f"/api/v1/licences/{issued['licence']['identifier']}").json()
    assert issued["licence"] == {**shown, "replayed": False}


def test_the_same_request_is_the_same_batch_and_pages(running: ModuleType, client: httpx2.Client) -> None:
    items = [item(running, 10 + number, certificateHolderName=None) for number in range(3)]
    first = post(client, items, "same")
    assert post(client, items, "same")["batch"] == first["batch"]
    refused = client.post(BATCHES, json={"items": items[:1]}, headers={"Idempotency-Key": "same"})
    assert (refused.status_code, refused.json()["code"]) == (422, "IDEMPOTENCY_MISMATCH")
    done(client, first)
    page = client.get(f"{BATCHES}/{first['batch']}", params={"start": 1, "limit": 1}).json()
    assert ([one["index"] for one in page["items"]], page["next"]) == ([1], 2)
    last = client.get(f"{BATCHES}/{first['batch']}", params={"start": 2, "limit": 5}).json()
    assert ([one["index"] for one in last["items"]], last["next"]) == ([2], None)


def test_a_small_batch_is_waited_for(running: ModuleType, client: httpx2.Client) -> None:
    assert post(client, [item(running, 20)], "small", prefer="")["state"] in ("finished", "running")
    answer = post(client, [item(running, 20)], "small", prefer="", status=200)
    assert answer["counts"]["issued"] == 1


def test_an_item_with_a_key_of_its_own_is_the_licence_of_a_single_request(
    running: ModuleType, client: httpx2.Client
) -> None:
    wish = item(running, 30) | {"format": "ofd"}
    single = client.post("/api/v1/licences", json=wish, headers={"Idempotency-Key": "case 30"})
    assert single.status_code == 201, single.text
    answer = done(client, post(client, [{**wish, "key": "case 30"}], "keyed"))
    assert answer["items"][0]["licence"]["identifier"] == single.json()["identifier"]
    assert answer["items"][0]["licence"]["files"].keys() == {"pdf", "ofd", "json", "p7s"}
    assert answer["items"][0]["licence"]["replayed"] is True


@pytest.mark.parametrize(
    ("body", "headers", "status", "code"),
    [
        ({"items": []}, {"Idempotency-Key": "a"}, 422, "FIELDS_INVALID"),
        ({"items": [{}] * 1001}, {"Idempotency-Key": "a"}, 422, "FIELDS_INVALID"),
        ({"items": [1]}, {"Idempotency-Key": "a"}, 422, "FIELDS_INVALID"),
        ({}, {"Idempotency-Key": "a"}, 422, "FIELDS_INVALID"),
        ({"items": [{}], "more": 1}, {"Idempotency-Key": "a"}, 422, "FIELDS_INVALID"),
        ({"items": [{}]}, {}, 400, "WRONG_USE"),
        ({"items": [{}]}, {"Idempotency-Key": ""}, 400, "WRONG_USE"),
        ({"items": [{}]}, {"Idempotency-Key": "k" * 256}, 400, "WRONG_USE"),
    ],
    ids=["none", "too many", "no object", "no items", "unknown member", "no key", "empty key", "long key"],
)
def test_what_is_no_batch(
    client: httpx2.Client, body: dict[str, Any], headers: dict[str, str], status: int, code: str
) -> None:
    answer = client.post(BATCHES, json=body, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_a_batch_that_nobody_knows(client: httpx2.Client) -> None:
    for method, path in (("GET", "nobody"), ("POST", "nobody/cancellation"), ("GET", "%00"), ("GET", "é")):
        answer = client.request(method, f"{BATCHES}/{path}")
        assert (answer.status_code, answer.json()["code"]) == (404, "ISSUE_BATCH_NOT_FOUND")


# What follows needs no server: the work itself, over a home.


def waiting(services: Services, items: list[dict[str, Any]], *, client: str = HERE) -> IssueBatch:
    batch = IssueBatch(id=os.urandom(12).hex(), client=client, accepted_at=datetime.now(UTC), total=len(items))
    wishes = [NewItem(wish=IssueWish(type=one["type"], data=one["data"], seal="sm2", actor=ACTOR)) for one in items]
    return services.issue_batches.add(batch, wishes, key=batch.id, body=b"")


@pytest.fixture
def services(fresh: Elicence) -> Services:
    return Services(open_home(fresh.home))


def test_an_item_is_issued_once_however_often_it_is_begun(services: Services, running: ModuleType) -> None:
    batch = waiting(services, [item(running, 40)])
    settle = services.issue_batches.settle

    def die(*_: object) -> None:
        raise KeyboardInterrupt

    services.issue_batches.settle = die  # type: ignore[method-assign]
    for _ in range(2):
        with pytest.raises(KeyboardInterrupt):
            batch_worker.work(services, batch.id, 0)
    services.issue_batches.settle = settle  # type: ignore[method-assign]
    assert services.issue_batches.counts(batch.id) == {ItemState.WORKING: 1}
    services.issue_batches.cancel(batch.id, datetime.now(UTC))
    assert batch_worker.work(services, batch.id, 0) == ""
    (found,) = services.issue_batches.items(batch.id, start=0, limit=1)
    assert found.outcome.state is ItemState.ISSUED, "it had been issued before it was cancelled"
    assert not found.outcome.replayed
    events = services.changes.after(0, limit=10)
    assert [one.identifier for one in events] == [found.outcome.identifier]
    assert services.store.events(found.outcome.identifier)[0].act.actor == ACTOR
    assert batch_worker.work(services, batch.id, 0) == ""


def test_what_is_not_the_items_fault_lets_it_wait(
    services: Services, running: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = waiting(services, [item(running, 50), item(running, 51)])
    key = services.home.path / "keys" / "sm2-seal.key.pem"
    whole = key.read_bytes()
    key.write_bytes(b"damaged")
    assert batch_worker.work(services, batch.id, 0) == "KEY_UNUSABLE"
    assert services.issue_batches.counts(batch.id) == {ItemState.WAITING: 2}
    key.write_bytes(whole)

    def unavailable(*_: object, **__: object) -> None:
        raise StoreUnavailableError("STORE_BUSY")

    with monkeypatch.context() as patch:
        patch.setattr(batch_worker, "issue", unavailable)
        with pytest.raises(StoreUnavailableError):
            batch_worker.work(services, batch.id, 1)
    assert services.issue_batches.counts(batch.id) == {ItemState.WAITING: 1, ItemState.WORKING: 1}


def test_a_client_that_may_not_issue_any_more_gets_nothing_issued(services: Services, running: ModuleType) -> None:
    batch = waiting(services, [item(running, 60)], client="nobody")
    assert batch_worker.work(services, batch.id, 0) == ""
    (found,) = services.issue_batches.items(batch.id, start=0, limit=1)
    assert found.outcome.problem is not None
    assert found.outcome.problem["code"] == "NOT_ALLOWED"
    assert services.changes.newest() == 0


class Fake:
    """A worker process that issues nothing and says what it was asked."""

    asked: list[tuple[str, int]]
    services: Services

    def __init__(self, home: Path) -> None:
        pass

    def ask(self, one: batch_work._Item) -> str | None:
        Fake.asked.append((one.batch, one.position))
        Fake.services.issue_batches.begin(one.batch, one.position)
        Fake.services.issue_batches.settle(
            one.batch, one.position, batch_worker.refused(batch_work.problem_of(OSError()))
        )
        return ""

    def kill(self) -> None:
        pass

    def close(self) -> None:
        pass


def test_batches_take_turns(services: Services, running: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    large = waiting(services, [item(running, number) for number in range(40)])
    small = waiting(services, [item(running, number) for number in range(3)])
    Fake.asked, Fake.services = [], services
    monkeypatch.setattr(batch_work, "_Process", Fake)
    work = BatchWork(services, workers=1)
    with ThreadPoolExecutor(1) as pool:
        while work._round(pool) == "ok":
            pass
    work._lock.give_back()
    assert len(Fake.asked) == 43 == len(set(Fake.asked))
    assert [batch for batch, _ in Fake.asked[:6]] == [large.id, small.id] * 3
    assert services.issue_batches.unfinished() == ()


def test_items_that_wait_do_not_keep_others_from_being_tried(
    services: Services, running: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = waiting(services, [item(running, number) for number in range(20)])
    Fake.asked, Fake.services = [], services
    ask = Fake.ask

    def first_ten_wait(self: Fake, one: batch_work._Item) -> str | None:
        return "KEY_UNUSABLE" if one.position < 10 else ask(self, one)

    monkeypatch.setattr(Fake, "ask", first_ten_wait)
    monkeypatch.setattr(batch_work, "_Process", Fake)
    work = BatchWork(services, workers=1)
    with ThreadPoolExecutor(1) as pool:
        states = [work._round(pool) for _ in range(4)]
    work._lock.give_back()
    assert sorted(position for _, position in Fake.asked) == list(range(10, 20))
    assert states == ["KEY_UNUSABLE", "ok", "ok", "KEY_UNUSABLE"]
    services.issue_batches.cancel(batch.id, datetime.now(UTC))
    assert services.issue_batches.counts(batch.id) == {ItemState.REFUSED: 10, ItemState.CANCELLED: 10}


def test_a_wish_that_cannot_be_opened_is_told(services: Services, running: ModuleType) -> None:
    batch = waiting(services, [item(running, 90)])
    with sqlite3.connect(services.home.path / "elicence.db") as database:
        wish = bytearray(database.execute("SELECT wish FROM issue_batch_items").fetchone()[0])
        wish[-1] ^= 1
        database.execute("UPDATE issue_batch_items SET wish = ?", (bytes(wish),))
    database.close()
    assert batch_worker.work(services, batch.id, 0) == ""
    (found,) = services.issue_batches.items(batch.id, start=0, limit=1)
    assert found.outcome.problem is not None
    assert found.outcome.problem["code"] == "PROTECTED_DATA_DAMAGED"


def test_an_item_that_ends_its_process_is_given_up(
    services: Services, running: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = waiting(services, [item(running, 70)])
    Fake.asked, Fake.services = [], services
    monkeypatch.setattr(Fake, "ask", lambda self, one: None)
    monkeypatch.setattr(batch_work, "_Process", Fake)
    work = BatchWork(services, workers=1)
    with ThreadPoolExecutor(1) as pool:
        assert [work._round(pool) for _ in range(4)] == ["WORKER_LOST", "WORKER_LOST", "ok", None]
    work._lock.give_back()
    assert services.issue_batches.counts(batch.id) == {ItemState.REFUSED: 1}


@pytest.mark.parametrize("late", [False, True])
def test_an_item_whose_process_ends_with_the_server_is_not_given_up(
    services: Services, running: ModuleType, monkeypatch: pytest.MonkeyPatch, late: bool
) -> None:
    """Whether the process is at the item when the server ends, or only being started then."""
    batch = waiting(services, [item(running, 75)])
    begun, killed, over = threading.Event(), threading.Event(), threading.Event()

    class Slow(Fake):
        def __init__(self, home: Path) -> None:
            begun.set()
            assert not late or over.wait(60)

        def ask(self, one: batch_work._Item) -> str | None:
            killed.wait(60)
            return None

        def kill(self) -> None:
            killed.set()

    monkeypatch.setattr(batch_work, "_Process", Slow)
    monkeypatch.setattr(batch_work, "MAX_DEATHS", 1)
    monkeypatch.setattr(batch_work, "SHUTDOWN_SECONDS", 0.05)
    work = BatchWork(services, workers=1)
    end = work._kill_busy
    monkeypatch.setattr(work, "_kill_busy", lambda: (end(), over.set()))
    with work.running():
        assert begun.wait(60)
    assert killed.is_set()
    assert services.issue_batches.counts(batch.id) == {ItemState.WAITING: 1}


def test_a_process_that_does_not_start_is_no_fault_of_the_items(
    services: Services, running: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = waiting(services, [item(running, 80)])
    monkeypatch.setattr(batch_work.sys, "executable", "/bin/false")
    work = BatchWork(services, workers=1)
    with ThreadPoolExecutor(1) as pool:
        for _ in range(batch_work.MAX_DEATHS + 1):
            with pytest.raises(ServiceUnavailableError):
                work._round(pool)
    work._lock.give_back()
    assert services.issue_batches.counts(batch.id) == {ItemState.WAITING: 1}


def test_a_batch_survives_the_end_of_server_and_workers(fresh: Elicence, running: ModuleType) -> None:
    services = Services(open_home(fresh.home))
    issued = 0
    for attempt in range(5):
        items = [item(running, 100 + 8 * attempt + number) for number in range(8)]
        with running.Server(fresh) as server, httpx2.Client(base_url=server.url, timeout=60, trust_env=False) as client:
            batch = post(client, items, f"kill {attempt}")
            until = time.monotonic() + 60
            while not client.get(f"{BATCHES}/{batch['batch']}?limit=0").json()["counts"]["issued"]:
                assert time.monotonic() < until
                time.sleep(0.02)
            server.stop(signal.SIGKILL)
        if left := services.issue_batches.left(batch["batch"]):
            break
        issued += len(items)  # nobody had looked before all of them were done
    work = BatchWork(services, workers=1)
    with work.running():
        until = time.monotonic() + 60
        while services.issue_batches.unfinished() or not work._idle:
            assert time.monotonic() < until
            time.sleep(0.05)
        loaded = Path(f"/proc/{work._idle[0]._process.pid}/maps").read_text("utf-8")
    # The framework of the interface for programs would be a third of the time that a process takes to begin.
    assert "uharfbuzz" in loaded
    assert "pydantic" not in loaded
    found = services.issue_batches.items(batch["batch"], start=0, limit=9)
    assert [one.outcome.state for one in found] == [ItemState.ISSUED] * 8
    assert left
    assert sorted(one.identifier for one in services.changes.after(0, limit=99)[issued:]) == sorted(
        one.outcome.identifier for one in found
    )


@pytest.mark.soak
def test_a_thousand_items_through_kills(fresh: Elicence, running: ModuleType) -> None:
    """Hand in 1,000 items, kill the server again and again, and count what was issued."""
    items = [item(running, number) for number in range(1000)]
    began, batch, kills = time.monotonic(), None, 0
    while True:
        with running.Server(fresh) as server, httpx2.Client(base_url=server.url, timeout=60, trust_env=False) as client:
            batch = batch or post(client, items, "thousand")
            until = time.monotonic() + 40
            while True:
                counts = client.get(f"{BATCHES}/{batch['batch']}?limit=0").json()["counts"]
                if counts["waiting"] + counts["working"] == 0 or (kills < 4 and time.monotonic() > until):
                    break
                time.sleep(0.5)
            if counts["waiting"] + counts["working"] == 0:
                break
            server.stop(signal.SIGKILL)
            kills += 1
    services = Services(open_home(fresh.home))
    issued = services.changes.after(0, limit=2000)
    seconds = time.monotonic() - began
    print(json.dumps({"items": 1000, "kills": kills, "seconds": round(seconds), "rate": round(1000 / seconds, 2)}))
    assert counts["issued"] == 1000 == len(issued) == len({one.identifier for one in issued})
