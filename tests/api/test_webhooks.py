"""Webhooks: real receivers that take, fail, hang, redirect; nothing is lost, and what comes twice has the same id."""

from __future__ import annotations

import itertools
import json
import logging
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from importlib import util
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import httpx2
import pytest
from standardwebhooks import Webhook as Witness

from api import event_messages
from api.event_sending import EventSending, Teller
from api.home import open_home
from api.home_lock import HomeLock
from api.webhook_keeping import add_webhook, rotate_secret
from api.wiring import Services
from licences import Actor
from licences.access import HERE, Grant, make_client
from licences.outgoing import GIVE_UP_AFTER, Webhook, WebhookState

if TYPE_CHECKING:
    from hook_receiver import Receiver
    from running import Elicence, Server

_spec = util.spec_from_file_location("hook_receiver", Path(__file__).with_name("hook_receiver.py"))
assert _spec is not None
assert _spec.loader is not None
_module = util.module_from_spec(_spec)
_spec.loader.exec_module(_module)
NewReceiver: Callable[..., Receiver] = _module.Receiver
SAMPLES = 6
ACTOR = Actor(name="clerk07", office="样例县行政审批局", office_code="1199010000000102XM")


@pytest.fixture
def services(stocked: Elicence) -> Services:
    return Services(open_home(stocked.home))


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with NewReceiver().running() as running:
        yield running


def hook(services: Services, url: str, **members: Any) -> Webhook:
    values: dict[str, Any] = {
        "client": HERE, "events": ["licence.issued", "licence.acted"], "types": None, "regions": None, "after": "0",
        "at": datetime.now(UTC),
    }  # fmt: skip
    return add_webhook(services, url=url, **(values | members))


class Clock:
    """Time that goes on when it is told to."""

    def __init__(self) -> None:
        self.now = datetime.now(UTC)

    def __call__(self) -> datetime:
        return self.now


def tell(services: Services, one: Webhook, clock: Callable[[], datetime]) -> int:
    """Do what the server does when it looks: only what is due is told."""
    due = services.webhooks.due(clock(), services.changes.newest())
    found = [found for found in due if found.id == one.id]
    return Teller(services).tell(found[0], clock, lambda: False) if found else 0


def test_every_change_is_told_in_order_and_can_be_checked(services: Services, receiver: Receiver) -> None:
    one = hook(services, f"{receiver.url}/in?token=1")
    assert tell(services, one, Clock()) == SAMPLES
    changes = services.changes.after(0, limit=100)
    assert receiver.ids == [one.message_id(change) for change in changes]
    assert set(receiver.paths) == {"/in?token=1"}
    for (headers, body), change in zip(receiver.messages, changes, strict=True):
        told: Any = Witness(one.secrets[0].value).verify(body, headers)
        assert told["type"] == "licence.issued"
        assert told["data"]["identifier"] == change.identifier
        assert told["data"]["sequence"] == change.sequence
        assert headers["content-type"] == "application/json"
        assert headers["host"] == receiver.url.removeprefix("http://")
    assert services.webhooks.get(one.id).position == changes[-1].sequence
    assert tell(services, one, Clock()) == 0


def test_messages_hold_nothing_personal(services: Services, receiver: Receiver, running: ModuleType) -> None:
    tell(services, hook(services, receiver.url), Clock())
    said = b"".join(body for _, body in receiver.messages).decode()
    for path in sorted(running.SAMPLES.glob("*.json")):
        data = json.loads(path.read_text("utf-8"))["data"]
        for key in ("certificateHolderName", "certificateHolderCode", "certificateNumber"):
            assert str(data[key]) not in said


def test_a_receiver_that_fails_gets_the_same_message_again_later(services: Services) -> None:
    clock = Clock()
    with NewReceiver((204, 500, 302, 404)).running() as receiver:
        one = hook(services, receiver.url)
        for code, pause in (("HTTP_500", 5), ("HTTP_302", 30), ("HTTP_404", 120)):
            tell(services, one, clock)
            now = services.webhooks.get(one.id)
            assert (now.last_code, now.retry_at) == (code, clock.now + timedelta(seconds=pause))
            assert tell(services, one, clock) == 0, "it is left alone until then"
            clock.now += timedelta(seconds=pause)
        assert tell(services, one, clock) == SAMPLES - 1
    first, second, *rest = receiver.ids
    assert rest[:2] == [second, second], "in their order, and the same message under the same id"
    assert [name for name, _ in itertools.groupby(receiver.ids)] == [
        one.message_id(change) for change in services.changes.after(0, limit=100)
    ]
    assert first != second
    assert "/elsewhere" not in receiver.paths, "no redirect is followed"
    bodies = {headers["webhook-id"]: body for headers, body in receiver.messages}
    assert all(bodies[headers["webhook-id"]] == body for headers, body in receiver.messages)
    assert services.webhooks.get(one.id).failures == 0


def test_a_receiver_that_hangs_is_not_waited_for(
    services: Services, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    clock = Clock()
    with NewReceiver((None,)).running() as receiver:
        one = hook(services, f"{receiver.url}/secret-path")
        began = time.monotonic()
        with caplog.at_level(logging.INFO), monkeypatch.context() as hasty:
            hasty.setattr(event_messages, "ATTEMPT_SECONDS", 0.3)
            assert tell(services, one, clock) == 0
        assert time.monotonic() - began < event_messages.ATTEMPT_SECONDS - 1
        assert services.webhooks.get(one.id).last_code == "UNREACHABLE"
        clock.now += timedelta(seconds=5)
        assert tell(services, one, clock) == SAMPLES
    assert receiver.ids[0] == receiver.ids[1]
    assert "secret-path" not in caplog.text


def test_one_that_nobody_answers_is_given_up_after_three_days_and_goes_on_where_it_stopped(services: Services) -> None:
    clock = Clock()
    began = clock.now
    with NewReceiver().running() as receiver:
        url = receiver.url
    one = hook(services, url)
    while services.webhooks.get(one.id).state is WebhookState.ACTIVE:
        tell(services, one, clock)
        clock.now = services.webhooks.get(one.id).retry_at or clock.now
    assert clock.now - began == GIVE_UP_AFTER
    assert services.webhooks.get(one.id).state is WebhookState.GIVEN_UP
    assert services.webhooks.due(clock.now, 10**6) == ()
    services.webhooks.set_state(one.id, WebhookState.ACTIVE)
    with NewReceiver((410,)).running() as receiver:
        other = hook(services, receiver.url)
        tell(services, other, clock)
        assert services.webhooks.get(other.id).state is WebhookState.GIVEN_UP, "gone is gone"
        assert services.webhooks.get(one.id).position == 0


def test_messages_do_not_go_where_they_must_not(services: Services, receiver: Receiver) -> None:
    port = receiver.url.rpartition(":")[2]
    clock = Clock()
    # The home is open for development, and so may reach this machine; a production home may not.
    closed = replace(services.home.settings, open_on_loopback=False)
    for url in (
        f"https://127.0.0.1:{port}/", f"https://localhost:{port}/", f"https://[::1]:{port}/", "https://10.255.255.1/",
        "https://169.254.169.254/latest", f"https://[::ffff:127.0.0.1]:{port}/", f"https://2130706433:{port}/",
        f"https://0x7f.1:{port}/", f"https://0:{port}/",
    ):  # fmt: skip
        one = hook(services, url)
        code = event_messages.attempt_with(closed)(one, event_messages.test_message(one, clock()), clock())
        assert code in ("ADDRESS_REFUSED", "UNREACHABLE"), url
        services.webhooks.remove(one.id)
    assert receiver.messages == []


def test_only_what_its_client_may_follow_now_is_told(services: Services, receiver: Receiver) -> None:
    slugs = {change.type_slug for change in services.changes.after(0, limit=100)}
    services.clients.add(
        make_client(
            name="approval-1", title="审批系统", office=ACTOR.office, office_code=ACTOR.office_code,
            roles=["issuer_system"], created_at=datetime.now(UTC),
            grants=(Grant(types=frozenset({"water-abstraction"}), regions=frozenset({"990100"})),),
        )
    )  # fmt: skip
    one = hook(services, receiver.url, client="approval-1")
    clock = Clock()
    mine = [change for change in services.changes.after(0, limit=100) if change.type_slug == "water-abstraction"]
    assert len(slugs) > 1
    assert tell(services, one, clock) == len(mine)
    assert receiver.ids == [one.message_id(change) for change in mine]
    assert services.webhooks.get(one.id).position == services.changes.newest()

    stranger = hook(services, receiver.url, client="nobody")
    assert tell(services, stranger, clock) == 0
    assert services.webhooks.get(stranger.id).last_code == "NOT_ALLOWED"
    assert len(receiver.ids) == len(mine)


def test_one_that_is_stopped_in_the_middle_is_told_no_more(services: Services) -> None:
    with NewReceiver().running() as receiver:
        one = hook(services, receiver.url)

        def stop_after_two(webhook: Webhook, message: event_messages.Message, at: datetime) -> str:
            if len(receiver.messages) == 1:
                services.webhooks.set_state(one.id, WebhookState.DISABLED)
            return event_messages.attempt_with(services.home.settings)(webhook, message, at)

        Teller(services, stop_after_two).tell(one, Clock(), lambda: False)
        assert len(receiver.messages) == 2
        services.webhooks.set_state(one.id, WebhookState.ACTIVE)
        assert tell(services, one, Clock()) == SAMPLES - 2
    assert len(set(receiver.ids)) == SAMPLES == len(receiver.ids)


KILLED = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from api.event_sending import Teller
from api.home import open_home
from api.wiring import Services
services = Services(open_home(Path(sys.argv[1])))
Teller(services).tell(services.webhooks.get(sys.argv[2]), lambda: datetime.now(UTC), lambda: False)
"""


def test_a_process_that_is_killed_while_a_message_is_on_its_way_loses_nothing(
    services: Services, running: ModuleType
) -> None:
    with NewReceiver((204, 204, None)).running() as receiver:
        one = hook(services, receiver.url)
        with running.elicence_process.Running(str(services.home.path), one.id, code=KILLED) as process:
            assert receiver.hanging.wait(60)
            process.kill()
            process.wait()
        assert services.webhooks.get(one.id).position == services.changes.after(0, limit=2)[-1].sequence
        assert tell(services, one, Clock()) == SAMPLES - 2
    # The receiver has the third one twice, under the same id; and all of them in order.
    assert receiver.ids[2] == receiver.ids[3]
    assert [name for name, _ in itertools.groupby(receiver.ids)] == [
        one.message_id(change) for change in services.changes.after(0, limit=100)
    ]


def test_a_server_thread_tells_while_one_receiver_hangs(services: Services) -> None:
    with NewReceiver((None,)).running() as slow, NewReceiver().running() as quick:
        hook(services, slow.url)
        hook(services, quick.url)
        sending = EventSending(services)
        with sending.running():
            assert slow.hanging.wait(60)
            until = time.monotonic() + 60
            while len(quick.messages) < SAMPLES and time.monotonic() < until:
                time.sleep(0.02)
            slow._release.set()
    assert len(quick.messages) == SAMPLES
    assert sending.state == "ok"
    another = HomeLock(services.home.path / "webhooks.lock")
    assert another.take(), "the lock was given back"
    another.give_back()


def test_a_new_secret_is_used_at_once_beside_the_old_one(services: Services, receiver: Receiver) -> None:
    one = hook(services, receiver.url)
    new, earlier = rotate_secret(services, one, at=datetime.now(UTC))
    tell(services, one, Clock())
    headers, body = receiver.messages[0]
    assert Witness(new.value).verify(body, headers) == Witness(earlier.value).verify(body, headers)
    assert earlier.value == one.secrets[0].value


def test_webhooks_over_http(served: Server, receiver: Receiver) -> None:
    with httpx2.Client(base_url=f"{served.url}/api/v1", timeout=30, trust_env=False) as client:
        wish = {"url": receiver.url, "events": ["licence.issued"], "types": ["water-abstraction"], "after": "0"}
        made = client.post("/webhooks", json=wish)
        assert made.status_code == 201, made.text
        secret = made.json().pop("secret")
        address = f"/webhooks/{made.json()['webhook']}"
        assert made.headers["location"] == f"/api/v1{address}"
        until = time.monotonic() + 60
        while len(receiver.messages) < 2 and time.monotonic() < until:
            time.sleep(0.05)
        headers, body = receiver.messages[0]
        assert Witness(secret).verify(body, headers)
        shown = client.get(address)
        assert "secret" not in shown.text
        assert shown.json()["types"] == ["water-abstraction"]
        assert client.get("/webhooks").json()["webhooks"][0]["webhook"] == shown.json()["webhook"]
        assert client.post(f"{address}/disable").json()["state"] == "disabled"
        tested = client.post(f"{address}/test")
        assert tested.json() == {"webhook": shown.json()["webhook"], "delivered": True, "code": None}
        assert json.loads(receiver.messages[-1][1])["type"] == "webhook.test"
        assert client.post(f"{address}/enable").json()["state"] == "active"
        renewed = client.post(f"{address}/secret").json()
        assert renewed["secret"] != secret
        assert client.delete(address).status_code == 204
        for method, path in (("GET", address), ("DELETE", address), ("POST", f"{address}/test")):
            answer = client.request(method, path)
            assert (answer.status_code, answer.json()["code"]) == (404, "WEBHOOK_NOT_FOUND")
        refused = client.post("/webhooks", json={"url": "http://10.0.0.1/", "types": ["no-such-type"]})
        assert refused.json()["code"] == "UNKNOWN_TYPE"
        refused = client.post("/webhooks", json={"url": "http://10.0.0.1/"})
        assert refused.json()["errors"][0]["code"] == "WEBHOOK_URL"


def test_the_feed_over_http(served: Server) -> None:
    with httpx2.Client(base_url=f"{served.url}/api/v1", timeout=30, trust_env=False) as client:
        found: list[dict[str, Any]] = []
        after, more = "0", True
        while more:
            page = client.get("/changes", params={"after": after, "limit": 2}).json()
            found += page["changes"]
            after, more = page["next"], page["more"]
        assert len(found) >= SAMPLES
        assert [one["sequence"] for one in found] == sorted({one["sequence"] for one in found})
        empty = client.get("/changes", params={"after": after}).json()
        assert empty == {"changes": [], "next": after, "more": False}
        for wrong in ({"after": "-1"}, {"limit": 0}, {"limit": 1001}, {"after": ""}, {"after": "9" * 33}):
            assert client.get("/changes", params=wrong).status_code == 422
        lost = client.get("/changes", params={"after": "1000000"})
        assert (lost.status_code, lost.json()["code"]) == (409, "CURSOR_LOST")


def test_webhooks_on_the_command_line(stocked: Elicence, receiver: Receiver) -> None:
    def said(*words: str, code: int = 0) -> dict[str, Any]:
        done = stocked("webhooks", *words, "--json")
        assert done.code == code, done.out + done.err
        return done.json()

    assert said("list") == {"webhooks": [], "newest": SAMPLES}
    made = said("add", "--client", "local", "--url", receiver.url, "--type", "water-abstraction", "--region", "9900")
    identity = made["webhook"]
    assert made["position"] == SAMPLES
    assert said("test", identity)["delivered"] is True
    assert Witness(made["secret"]).verify(receiver.messages[0][1], receiver.messages[0][0])
    assert said("secret", identity)["secret"] != made["secret"]
    assert said("disable", identity)["state"] == "disabled"
    assert said("enable", identity)["state"] == "active"
    (listed,) = said("list", "--client", "local")["webhooks"]
    assert "secret" not in listed
    assert (listed["types"], listed["regions"]) == (["water-abstraction"], ["9900"])
    assert said("list", "--client", "nobody")["webhooks"] == []
    text = stocked("webhooks", "list").out
    assert "推送中" in text
    assert "whsec_" not in text
    said("remove", identity)
    assert said("test", identity, code=66)["error"]["code"] == "WEBHOOK_NOT_FOUND"
    assert said("add", "--client", "nobody", "--url", receiver.url, code=66)["error"]["code"] == "CLIENT_UNKNOWN"
    assert said("add", "--client", "local", "--url", "ftp://x", code=65)["error"]["code"] == "FIELDS_INVALID"


def test_a_message_that_is_not_taken_is_told_on_the_command_line(stocked: Elicence) -> None:
    with NewReceiver((500,)).running() as receiver:
        words = ("webhooks", "add", "--client", "local", "--url", receiver.url, "--json")
        made = stocked(*words).json()
        done = stocked("webhooks", "test", made["webhook"], "--json")
    assert done.code == 1
    assert done.json() == {"webhook": made["webhook"], "delivered": False, "code": "HTTP_500"}
