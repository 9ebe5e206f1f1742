"""The feed of changes and webhooks: what is told, in which order, how it is signed, and where it may go."""

import ipaddress
import json
import secrets
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook as Witness
from standardwebhooks import WebhookVerificationError

from licences import (
    Act,
    Action,
    Actor,
    FileStore,
    InvalidFieldError,
    KeyRing,
    Protection,
    SqlChanges,
    SqlStore,
    SqlWebhooks,
    Status,
)
from licences.outgoing import (
    GIVE_UP_AFTER,
    MAX_WEBHOOKS,
    OVERLAP,
    Change,
    CursorLostError,
    EventType,
    TooManyWebhooksError,
    Webhook,
    WebhookNotFoundError,
    WebhookState,
    cursor_after,
    failure_after,
    may_be_reached,
    new_secret,
    new_webhook,
    page_of,
    read_cursor,
    rotated,
    signatures,
)

AT = datetime(2026, 11, 22, 2, 30, tzinfo=UTC)
ACTOR = Actor(name="clerk07", office="样例县行政审批局", office_code="1199010000000102XM")
PROTECTION = Protection(lambda: KeyRing.of([bytes(range(16))]), secrets.token_bytes)


def change(sequence: int, **members: Any) -> Change:
    values: dict[str, Any] = {
        "identifier": f"licence-{sequence}", "type_slug": "water-abstraction", "issuer_code": "1199010000000102XM",
        "version": "001", "action": Action.ISSUE, "before": None, "after": Status.ISSUED, "effective_at": AT,
        "recorded_at": AT,
    }  # fmt: skip
    return Change(sequence=sequence, **(values | members))


def webhook(**members: Any) -> Webhook:
    values: dict[str, Any] = {
        "client": "approval-1", "url": "https://hooks.example/in", "events": ["licence.issued", "licence.acted"],
        "types": None, "regions": None, "position": 0, "at": AT, "random": secrets.token_bytes, "development": False,
    }  # fmt: skip
    return new_webhook(**(values | members))


class Log:
    """A log of acts with any numbers."""

    def __init__(self, *sequences: int) -> None:
        self._changes = tuple(change(one) for one in sequences)

    def after(self, sequence: int, *, limit: int) -> tuple[Change, ...]:
        return tuple(one for one in self._changes if one.sequence > sequence)[:limit]

    def newest(self) -> int:
        return self._changes[-1].sequence if self._changes else 0


@given(
    st.lists(st.integers(1, 3000), unique=True, max_size=60).map(sorted),
    st.integers(1, 7),
    st.integers(1, 5),
)
def test_pages_give_every_wanted_change_once_in_order(sequences: list[int], limit: int, every: int) -> None:
    log, found, place = Log(*sequences), [], 0
    while True:
        page = page_of(log, lambda one: one.sequence % every == 0, after=place, limit=limit)
        assert len(page.changes) <= limit
        found += [one.sequence for one in page.changes]
        place = place if page.last is None else page.last.sequence
        if not page.more:
            break
    assert found == [one for one in sequences if one % every == 0]
    assert place == (sequences[-1] if sequences else 0)


def test_a_page_of_nothing_wanted_ends_and_says_where_to_go_on() -> None:
    log = Log(*range(1, 12_001))
    page = page_of(log, lambda one: False, after=0, limit=10)
    assert (page.changes, page.last, page.more) == ((), change(5000), True)


def test_a_reader_goes_on_where_it_was_and_hears_of_a_restored_store() -> None:
    log = Log(3, 4, 7)
    assert read_cursor(log, "0") == 0
    for number in (3, 4, 7):
        assert read_cursor(log, cursor_after(change(number))) == read_cursor(log, str(number)) == number
    for lost in ("5", "8", cursor_after(change(8)), cursor_after(change(7, identifier="another")), "0.0123456789ab"):
        with pytest.raises(CursorLostError):
            read_cursor(log, lost)
    for wrong in ("", "-1", "+1", " 1", "1.", "1.x", "٣", "7." + "A" * 12, "99999999999", "3000000000"):
        with pytest.raises(InvalidFieldError):
            read_cursor(log, wrong)


def stock(url: str, folder: Path, make: Callable[..., Any], count: int) -> list[str]:
    folder.mkdir(exist_ok=True)
    with closing(SqlStore(url, FileStore(folder), bytes(range(32)))) as store:
        made = [make() for _ in range(count)]
        for one in made:
            store.add(one.record, [("111", "990101199003071237")], one.files)
        act = Act(
            action=Action.REVOKE, ground="隐瞒有关情况", decision="样罚〔2026〕1号", effective_at=AT, recorded_at=AT,
            actor=ACTOR,
        )  # fmt: skip
        store.apply(made[0].record.identifier, act)
        return [one.record.identifier for one in made]


def test_the_feed_tells_of_every_act_in_order(database_url: str, tmp_path: Path, made: Callable[..., Any]) -> None:
    identifiers = stock(database_url, tmp_path / "f", made, 3)
    with closing(SqlChanges(database_url)) as changes:
        found = changes.after(0, limit=10)
        assert [one.identifier for one in found] == [*identifiers, identifiers[0]]
        assert [one.type for one in found] == [EventType.ISSUED] * 3 + [EventType.ACTED]
        assert [one.sequence for one in found] == sorted(one.sequence for one in found)
        last = found[-1]
        assert (last.action, last.before, last.after) == (Action.REVOKE, Status.ISSUED, Status.REVOKED)
        assert (last.type_slug, last.region, last.version) == ("pesticide-business", "990100", "001")
        assert changes.newest() == last.sequence
        assert changes.after(last.sequence, limit=10) == ()
        assert changes.after(found[0].sequence, limit=1) == (found[1],)


def test_who_follows_while_others_write_misses_nothing(
    database_url: str, tmp_path: Path, made: Callable[..., Any]
) -> None:
    licences = [[made() for _ in range(8)] for _ in range(3)]
    (tmp_path / "f").mkdir()
    with (
        closing(SqlStore(database_url, FileStore(tmp_path / "f"), bytes(range(32)))) as store,
        closing(SqlChanges(database_url)) as changes,
        ThreadPoolExecutor(len(licences)) as pool,
    ):

        def write(own: list[Any]) -> None:
            for one in own:
                store.add(one.record, [("111", "990101199003071237")], one.files)

        writing = [pool.submit(write, own) for own in licences]
        followed: list[Change] = []
        while True:
            over = all(one.done() for one in writing)
            found = changes.after(followed[-1].sequence if followed else 0, limit=5)
            followed += found
            if over and not found:
                break
        for one in writing:
            one.result()
    assert sorted(one.identifier for one in followed) == sorted(
        one.record.identifier for own in licences for one in own
    )


@pytest.fixture
def hooks(database_url: str) -> Iterator[SqlWebhooks]:
    with closing(SqlWebhooks(database_url, PROTECTION)) as store:
        yield store


def test_a_webhook_is_kept_as_it_is(hooks: SqlWebhooks) -> None:
    one = webhook(types=["water-abstraction"], regions=["9901", "990202"], events=["licence.acted"], position=7)
    one = replace(one, secrets=rotated(one.secrets, new_secret(secrets.token_bytes), at=AT))
    hooks.add(one)
    assert hooks.get(one.id) == one
    assert hooks.of_client("approval-1") == (one,)
    assert hooks.of_client("approval-2") == ()
    assert hooks.of_client(None) == (one,)
    hooks.remove(one.id)
    for wrong in (one.id, "", "é", "\0"):
        with pytest.raises(WebhookNotFoundError):
            hooks.get(wrong)
        with pytest.raises(WebhookNotFoundError):
            hooks.remove(wrong)
        with pytest.raises(WebhookNotFoundError):
            hooks.set_state(wrong, WebhookState.ACTIVE)


def test_address_and_secret_are_not_in_the_database_in_clear(hooks: SqlWebhooks, database_url: str) -> None:
    one = webhook(url="https://hooks.example/in?token=very-private")
    hooks.add(one)
    engine = sa.create_engine(database_url.replace("postgresql://", "postgresql+psycopg://"))
    with engine.connect() as connection:
        row = connection.execute(sa.text("SELECT * FROM webhooks")).one()
    engine.dispose()
    kept = b"".join(bytes(value) if isinstance(value, bytes | memoryview) else str(value).encode() for value in row)
    assert b"private" not in kept
    assert one.secrets[0].value.encode() not in kept
    assert "whsec_" not in repr(one)
    assert "private" not in repr(one)


def test_a_client_has_so_many_webhooks_and_no_more(hooks: SqlWebhooks) -> None:
    for _ in range(MAX_WEBHOOKS):
        hooks.add(webhook())
    with pytest.raises(TooManyWebhooksError):
        hooks.add(webhook())
    hooks.add(webhook(client="approval-2"))


def test_what_is_due(hooks: SqlWebhooks) -> None:
    fresh, done, waits, stopped = (webhook(position=place) for place in (3, 9, 3, 3))
    for one in (fresh, done, waits, stopped):
        hooks.add(one)
    hooks.fail(waits.id, failure_after(waits, "HTTP_500", at=AT))
    hooks.set_state(stopped.id, WebhookState.DISABLED)
    assert [one.id for one in hooks.due(AT, 9)] == [fresh.id]
    later = AT + timedelta(seconds=5)
    assert {one.id for one in hooks.due(later, 9)} == {fresh.id, waits.id}
    # A clock that was a year ahead when it failed, and was set back: nobody waits for a year.
    assert {one.id for one in hooks.due(AT - timedelta(days=366), 9)} == {fresh.id, waits.id}
    hooks.advance(waits.id, 4, told=True)
    assert (hooks.get(waits.id).failures, hooks.get(waits.id).retry_at, hooks.get(waits.id).last_code) == (0, None, "")
    hooks.advance(waits.id, 2, told=True)
    assert hooks.get(waits.id).position == 4


def test_what_its_owner_stopped_is_not_given_up(hooks: SqlWebhooks) -> None:
    one = webhook()
    hooks.add(one)
    hooks.set_state(one.id, WebhookState.DISABLED)
    hooks.fail(one.id, failure_after(one, "HTTP_410", at=AT, for_ever=True))
    assert hooks.get(one.id).state is WebhookState.DISABLED


def test_a_receiver_that_fails_is_asked_less_and_less_and_given_up_after_three_days() -> None:
    one, at, pauses = webhook(), AT, []
    while True:
        failure = failure_after(one, "HTTP_500", at=at)
        if failure.retry_at is None:
            break
        pauses.append(failure.retry_at - at)
        at = failure.retry_at
        one = replace(one, failures=failure.failures, failing_since=failure.failing_since)
    assert pauses[:4] == [timedelta(seconds=one) for one in (5, 30, 120, 600)]
    assert at - AT == GIVE_UP_AFTER
    assert len(pauses) < 30


def verified(secret: str, message_id: str, at: datetime, body: bytes, signature: str) -> object:
    headers = {
        "webhook-id": message_id, "webhook-timestamp": str(int(at.timestamp())), "webhook-signature": signature,
    }  # fmt: skip
    return Witness(secret).verify(body, headers)


@given(st.text(max_size=40), st.binary(min_size=24, max_size=64))
def test_signatures_are_those_of_standard_webhooks(text: str, key: bytes) -> None:
    now = datetime.now(UTC)  # the witness looks at the clock
    one = webhook(random=lambda size: (key * 2)[:size])
    body = json.dumps({"text": text}).encode()
    signature = signatures(one.secrets, message_id="msg_1", at=now, body=body)
    assert verified(one.secrets[0].value, "msg_1", now, body, signature) == {"text": text}
    for message_id, content in (("msg_2", body), ("msg_1", body + b" ")):
        with pytest.raises(WebhookVerificationError):
            verified(one.secrets[0].value, message_id, now, content, signature)


def test_a_message_is_signed_with_both_secrets_for_a_day() -> None:
    now, body = datetime.now(UTC), b'{"a":1}'
    old, new = new_secret(secrets.token_bytes), new_secret(secrets.token_bytes)
    both = rotated([old], new, at=now)
    signature = signatures(both, message_id="m", at=now, body=body)
    assert verified(old.value, "m", now, body, signature) == verified(new.value, "m", now, body, signature)
    later = signatures(both, message_id="m", at=now + OVERLAP, body=body)
    assert len(later.split()) == 1
    assert later == signatures([new], message_id="m", at=now + OVERLAP, body=body)
    assert len(rotated(both, new_secret(secrets.token_bytes), at=now)) == 2


@pytest.mark.parametrize(
    ("address", "reached"),
    [
        ("8.8.8.8", True), ("2606:4700::1111", True), ("10.20.1.2", True),
        ("10.21.1.2", False), ("127.0.0.1", False), ("::1", False), ("169.254.169.254", False),
        ("0.0.0.0", False),  # noqa: S104 — nobody binds to it here
        ("192.168.1.1", False), ("172.16.0.1", False), ("100.64.0.1", False), ("224.0.0.1", False),
        ("255.255.255.255", False), ("fe80::1", False), ("fd00::1", False), ("ff02::1", False), ("::", False),
        ("::ffff:10.0.0.1", False), ("::ffff:127.0.0.1", False), ("64:ff9b::a00:1", False), ("2002:a00:1::", False),
        ("2001:0:1::1", False), ("192.0.0.8", False), ("192.88.99.1", False), ("64:ff9b:1::1", False),
        ("::ffff:10.20.0.1", True), ("::ffff:8.8.8.8", True),
    ],
)  # fmt: skip
def test_where_messages_may_go(address: str, reached: bool) -> None:
    networks = [ipaddress.ip_network("10.20.0.0/16")]
    assert may_be_reached(ipaddress.ip_address(address), networks=networks, development=False) is reached


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "::ffff:127.0.0.1"])
def test_this_machine_is_reached_in_development_only(address: str) -> None:
    assert may_be_reached(ipaddress.ip_address(address), networks=[], development=True)
    assert not may_be_reached(ipaddress.ip_address(address), networks=[], development=False)


@pytest.mark.parametrize(
    "url",
    [
        "http://hooks.example/in", "ftp://hooks.example/in", "https://", "https:///in", "https://user@hooks.example/",
        "https://user:word@hooks.example/", "https://hooks.example/#x", "https://hooks.example/ x", "hooks.example",
        "https://hooks.example:0/", "https://hooks.example:99999/", "https://样例.example/", "https://h\n.example/",
        "https://hooks.example\\@other.example/", "https://hooks.example/" + "a" * 500, "http://localhost/in",
        "https://[::1/",
    ],
)  # fmt: skip
def test_what_is_no_address_of_a_receiver(url: str) -> None:
    with pytest.raises(ExceptionGroup) as caught:
        webhook(url=url)
    (fault,) = caught.value.exceptions
    assert isinstance(fault, InvalidFieldError)
    assert (fault.pointer, fault.code) == ("/url", "WEBHOOK_URL")


def test_a_receiver_on_this_machine_needs_no_tls_in_development() -> None:
    for url in ("http://127.0.0.1:9/x", "http://localhost:9/", "http://[::1]:9/"):
        assert webhook(url=url, development=True).url == url
    with pytest.raises(ExceptionGroup):
        webhook(url="http://10.0.0.1/", development=True)


def test_every_fault_of_a_webhook_is_told_at_once() -> None:
    with pytest.raises(ExceptionGroup) as caught:
        webhook(url="x", events=["webhook.test"], types=[], regions=["9", "样例"])
    codes = {(one.pointer, one.code) for one in caught.value.exceptions if isinstance(one, InvalidFieldError)}
    assert codes == {
        ("/url", "WEBHOOK_URL"), ("/events", "WEBHOOK_EVENTS"), ("/types", "REQUIRED"), ("/regions", "WEBHOOK_REGIONS"),
    }  # fmt: skip


def test_a_webhook_wants_what_its_owner_asked_for() -> None:
    one = webhook(types=["water-abstraction"], regions=["9901"], events=["licence.issued"])
    assert one.wants(change(1))
    assert not one.wants(change(1, type_slug="pesticide-business"))
    assert not one.wants(change(1, issuer_code="1199020000000102XM"))
    assert not one.wants(change(1, before=Status.ISSUED, action=Action.REVOKE, after=Status.REVOKED))
    ids = {one.message_id(other) for other in (change(5), change(5), change(6), change(5, identifier="other"))}
    assert len(ids) == 3
