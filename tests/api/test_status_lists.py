"""Status lists: made from the store, published whole or not at all, offered to everybody, fetched with suspicion."""

from __future__ import annotations

import json
import os
import shutil
import signal
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pytest

from api.errors import BusyError, ClockError, MalformedInputError, SelfCheckError, UsageError
from api.home import open_home
from api.status_fetching import fetch_status_lists
from api.status_files import StatusFiles
from api.status_publishing import PERIOD, TIME_TO_LIVE, StatusPublisher, StatusPublishing
from api.wiring import Services
from esign import EsignError, ListedStatus, read_signed_status_list, signed_status_list
from keys import make_development_pki, write_certificates
from licences import Act, Action, StatusListName
from verify import TrustStore

if TYPE_CHECKING:
    from running import Elicence, Server

OFFICE = "1199010000000102XM"
NAME = StatusListName(OFFICE, 1)
MEDIA_TYPE = "application/vnd.elicence.status-list"


def latest(elicence: Elicence) -> Path:
    return elicence.home / "status" / OFFICE / "1" / "latest.status"


def identifiers(elicence: Elicence) -> list[str]:
    return sorted(path.stem for path in (elicence.home / "issued").glob("*.pdf"))


def revoke(elicence: Elicence, identifier: str) -> None:
    done = elicence("revoke", identifier, "--ground", "出租许可证", "--decision", "样农罚〔2026〕1号")
    assert done.code == 0, done.err


def counts(content: bytes) -> dict[str, int]:
    places = read_signed_status_list(content).listed.places
    return {value.name: places.count(value) for value in ListedStatus if value and places.count(value)}


def eventually(question: Any, seconds: float = 60) -> Any:
    end = time.monotonic() + seconds
    while not (answer := question()):
        assert time.monotonic() < end, "it did not come to that"
        time.sleep(0.05)
    return answer


def get(url: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
    try:
        given = {name.replace("_", "-"): text for name, text in headers.items()}
        request = urllib.request.Request(url, headers=given)  # noqa: S310 - our own server
        with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310
            return answer.status, {name.lower(): text for name, text in answer.headers.items()}, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, {name.lower(): text for name, text in error.headers.items()}, error.read()


# What is made -------------------------------------------------------------------------------------------------------


def test_a_list_is_made_when_there_is_something_to_say(stocked: Elicence) -> None:
    assert stocked("status-list", "list", "--json").json() == {"lists": []}
    first = stocked("status-list", "make", "--json").json()
    assert [(one["issuer"], one["list"]) for one in first["published"]] == [(OFFICE, 1)]
    again = stocked("status-list", "make", "--json").json()
    assert (again["published"], again["unchanged"]) == ([], first["published"])
    revoke(stocked, identifiers(stocked)[0])
    changed = stocked("status-list", "make", "--json").json()
    assert [Path(one["path"]).parent for one in changed["published"]] == [latest(stocked).parent]
    assert counts(latest(stocked).read_bytes()) == {"ENDED": 1}
    assert latest(stocked).read_bytes() == Path(changed["published"][0]["path"]).read_bytes()
    (listed,) = stocked("status-list", "list", "--json").json()["lists"]
    assert (listed["kept"], listed["issuer"]) == (2, OFFICE)
    assert listed["bytes"] == sum(path.stat().st_size for path in latest(stocked).parent.glob("2*.status"))
    assert "2 份 kept" in stocked("status-list", "list").out
    # A list may be carried away by anybody; nothing in it names a licence.
    assert latest(stocked).stat().st_mode & 0o777 == 0o644
    text = latest(stocked).read_bytes().split(b"\n")[0]
    assert not any(identifier.encode() in text for identifier in identifiers(stocked))


def test_an_empty_store_has_no_lists(fresh: Elicence) -> None:
    made = fresh("status-list", "make")
    assert (made.code, "没有证照" in made.out) == (0, True)
    assert fresh("status-list", "make", "--json").json()["published"] == []


def test_a_list_is_shown_in_numbers(stocked: Elicence) -> None:
    stocked("status-list", "make")
    shown = stocked("status-list", "show", latest(stocked), "--json").json()
    assert (shown["issuer"], shown["list"], shown["signer"], shown["algorithm"]) == (
        OFFICE,
        1,
        "样例县行政审批局",
        "sm2",
    )
    assert shown["counts"]["valid"] == shown["places"] == 1 << 20
    assert shown["ttl_seconds"] == TIME_TO_LIVE.total_seconds()
    assert 0 <= shown["age_seconds"] < 60
    assert "样例县行政审批局" in stocked("status-list", "show", latest(stocked)).out
    for content, code in ((b"", "FORMAT_STATUS_LIST"), (b"{}\n\n", "FORMAT_STATUS_LIST")):
        done = stocked("status-list", "show", "-", "--json", stdin=content)
        assert (done.code, done.json()["error"]["code"]) == (65, "INPUT_MALFORMED"), code
    assert stocked("status-list", "show", "nowhere.status").code == 66
    # Our own verifier believes it.
    report = stocked("verify", latest(stocked), "--json", "--trust", stocked.home / "trust").json()
    assert (report["verdict"], report["kind"]) == ("passed", "status_list")


@pytest.fixture
def services(stocked: Elicence) -> Services:
    return Services(open_home(stocked.home))


BEFORE = datetime.now(UTC) - timedelta(hours=1)
NOW = datetime.now(UTC).replace(microsecond=0) + timedelta(hours=1)
"""Some time after the keys of every home were made."""


def test_every_hour_there_is_a_new_list(services: Services) -> None:
    publisher = services.status_publisher
    for after, new in ((timedelta(), 1), (PERIOD - timedelta(seconds=1), 0), (PERIOD, 1), (PERIOD * 2, 1)):
        done = publisher.publish(NOW + after)
        assert len(done.published) == new
    issued = [one.issued_at for one in services.status_files.published(NAME)]
    assert issued == [NOW, NOW + PERIOD, NOW + PERIOD * 2]
    assert done.due_at == NOW + PERIOD * 3
    assert [
        read_signed_status_list(one.read()).listed.issued_at for one in services.status_files.published(NAME)
    ] == issued


def test_a_past_question_finds_the_list_of_its_time(services: Services) -> None:
    for hours in (0, 2, 4):
        services.status_publisher.publish(NOW + timedelta(hours=hours))
    found = [
        services.status_files.as_of(NAME, NOW + timedelta(minutes=minutes)) for minutes in (-1, 0, 119, 120, 239, 9999)
    ]
    hours = [None if one is None else (one.issued_at - NOW).total_seconds() / 3600 for one in found]
    assert hours == [None, 0, 0, 2, 2, 4]


def test_the_clock_may_not_go_back(services: Services) -> None:
    publisher = services.status_publisher
    publisher.publish(NOW)
    revoke_in(services, NOW)
    with pytest.raises(ClockError):
        publisher.publish(NOW - timedelta(seconds=1))
    # Nor are there two lists of one second: the other one comes in the next.
    assert publisher.publish(NOW + timedelta(milliseconds=900)).due_at == NOW + timedelta(seconds=1)
    assert len(services.status_files.published(NAME)) == 1
    assert len(publisher.publish(NOW + timedelta(seconds=1)).published) == 1


def revoke_in(services: Services, at: datetime) -> None:
    record = services.store.in_force_of(OFFICE, after="", limit=1)[0]
    act = Act(action=Action.REVOKE, ground="由", decision="号", effective_at=at, recorded_at=at)
    services.store.apply(record.identifier, act)


def test_an_act_in_advance_brings_a_list_on_its_day(services: Services) -> None:
    begins = NOW + timedelta(minutes=20, milliseconds=500)
    record = services.store.in_force_of(OFFICE, after="", limit=1)[0]
    act = Act(action=Action.SUSPEND, ground="由", decision="号", effective_at=begins, recorded_at=NOW)
    services.store.apply(record.identifier, act)
    first = services.status_publisher.publish(NOW)
    assert first.due_at == begins
    second = services.status_publisher.publish(begins + timedelta(seconds=1))
    assert [counts(one.read()) for one in (*first.published, *second.published)] == [{}, {"SUSPENDED": 1}]


def test_a_list_that_our_verifier_refuses_is_not_published(services: Services, stocked: Elicence) -> None:
    services.status_publisher.publish(NOW)
    before = latest(stocked).read_bytes()
    for path in (stocked.home / "trust").glob("*.pem"):
        path.unlink()
    shutil.copy(stocked.home / "keys" / "rsa-seal.chain.pem", stocked.home / "trust" / "other.pem")
    with pytest.raises(Exception, match="self-check"):
        Services(open_home(stocked.home)).status_publisher.publish(NOW + PERIOD)
    assert latest(stocked).read_bytes() == before
    assert len(services.status_files.published(NAME)) == 1


def test_a_damaged_list_is_replaced(services: Services, stocked: Elicence) -> None:
    (first,) = services.status_publisher.publish(NOW).published
    first.path.write_bytes(first.read()[:500])
    assert services.status_publisher.publish(NOW + timedelta(seconds=1)).published
    read_signed_status_list(latest(stocked).read_bytes())


def test_one_publishes_at_a_time(services: Services) -> None:
    inside, leave = threading.Event(), threading.Event()

    def check(_content: bytes, _at: datetime) -> None:
        inside.set()
        assert leave.wait(60)

    other = services.status_publisher
    slow = StatusPublisher(other._source, services.status_files, services.keys.list_signer, check)
    thread = threading.Thread(target=slow.publish, args=(NOW,))
    thread.start()
    assert inside.wait(60)
    with pytest.raises(BusyError):
        other.publish(NOW)
    leave.set()
    # Who waits finds that it has been done.
    assert other.publish(NOW, wait=60).published == ()
    thread.join()


# One process that has loaded everything, and children of it that publish until they are killed.
PUBLISH = """
import os, random, signal, sys, time
from datetime import UTC, datetime
from pathlib import Path
from api.home import open_home
from api.status_publishing import PERIOD, StatusPublisher
from api.wiring import Services
from licences import SqlListedLives

home, at, times = Path(sys.argv[1]), datetime.fromisoformat(sys.argv[2]), int(sys.argv[3])
Services(open_home(home)).status_publisher.publish(at)
chance = random.Random(times)
for _ in range(times):
    receiver, sender = os.pipe()
    child = os.fork()
    if not child:
        services = Services(open_home(home))
        lives = SqlListedLives(services.home.database_url)
        # Without the check, which takes most of the time: it is to be struck while it writes.
        publisher = StatusPublisher(lives, services.status_files, services.keys.list_signer, lambda *_: None)
        while True:
            at += PERIOD
            try:
                publisher.publish(at)
            except Exception as error:
                os.write(sender, type(error).__name__.encode() + b" ")
                os._exit(1)
            os.write(sender, b".")
    os.read(receiver, 1)
    time.sleep(chance.uniform(0, 0.1))
    os.kill(child, signal.SIGKILL)
    os.close(sender)
    said = b"." + os.read(receiver, 100_000)
    os.close(receiver)
    ended = os.waitpid(child, 0)[1]
    # The next one goes on where nobody can have been.
    at += PERIOD * (len(said) + 2)
    print(said.count(b"."), os.WTERMSIG(ended), flush=True)
"""


def killed_while_publishing(running: ModuleType, elicence: Elicence, times: int) -> int:
    """Kill it at random moments; every list must be whole. Returns how many there are."""
    files = StatusFiles(elicence.home / "status")
    before = files.published(NAME)
    begin = before[-1].issued_at + PERIOD if before else NOW
    done = running.program(PUBLISH, elicence.home, begin.isoformat(), str(times))
    assert done.code == 0, done.err
    runs = [tuple(map(int, line.split())) for line in done.out.splitlines()]
    assert len(runs) == times
    assert {how for _, how in runs} == {signal.SIGKILL}, done.err
    published = files.published(NAME)[len(before) :]
    # What was told as published is there.
    assert len(published) >= 1 + sum(lists for lists, _ in runs)
    for one in published:
        assert read_signed_status_list(one.read()).listed.issued_at == one.issued_at
    # The last one may have been ended before the newest got its second name.
    assert latest(elicence).read_bytes() in {one.read() for one in published[-2:]}
    return len(published)


def test_killed_at_any_moment_it_leaves_whole_lists(running: ModuleType, stocked: Elicence) -> None:
    assert killed_while_publishing(running, stocked, 3) > 3
    # Whoever comes next puts things right.
    files = StatusFiles(stocked.home / "status")
    newest = files.newest(NAME)
    assert newest is not None
    Services(open_home(stocked.home)).status_publisher.publish(newest.issued_at + PERIOD)
    assert latest(stocked).read_bytes() == files.published(NAME)[-1].read()


@pytest.mark.soak
def test_killed_very_often_it_leaves_whole_lists(running: ModuleType, stocked: Elicence) -> None:
    kept = sum(killed_while_publishing(running, stocked, 20) for _ in range(15))
    print(f"300 kills, {kept} lists, all whole")


# What is served -----------------------------------------------------------------------------------------------------


def test_a_server_publishes_what_was_done_elsewhere(running: ModuleType, stocked: Elicence) -> None:
    with running.Server(stocked) as server:
        eventually(latest(stocked).exists)
        assert counts(latest(stocked).read_bytes()) == {}
        revoke(stocked, identifiers(stocked)[0])
        eventually(lambda: counts(latest(stocked).read_bytes()) == {"ENDED": 1})
        ready = json.loads(get(f"{server.url}/readyz")[2])
        assert (ready["status"], ready["status_lists"]) == ("ready", "ok")
    assert "published" in server.log
    assert server.code == 0


def test_a_missing_key_is_told(running: ModuleType, stocked: Elicence) -> None:
    key = stocked.home / "keys" / "sm2-code.key.pem"
    key.rename(key.with_suffix(".away"))
    with running.Server(stocked) as server:
        eventually(lambda: json.loads(get(f"{server.url}/readyz")[2])["status_lists"] == "KEY_NOT_FOUND")
        assert not latest(stocked).exists()
    assert "status lists are not published [KEY_NOT_FOUND]" in server.log
    assert server.log.count("are not published") == 1


def test_publishing_goes_on_when_the_key_is_back(
    services: Services, stocked: Elicence, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("api.status_publishing.RETRY_SECONDS", 0.05)
    key = stocked.home / "keys" / "sm2-code.key.pem"
    away = key.rename(key.with_suffix(".away"))
    publishing = StatusPublishing(lambda: services.status_publisher, lambda: services.store)
    with publishing.running():
        eventually(lambda: publishing.state == "KEY_NOT_FOUND")
        assert not latest(stocked).exists()
        away.rename(key)
        eventually(lambda: publishing.state == "ok")
    read_signed_status_list(latest(stocked).read_bytes())
    assert [record.levelname for record in caplog.records if record.name == "elicence.status"][:2] == [
        "ERROR",
        "WARNING",
    ]


def test_a_clock_that_was_set_back_is_told_of(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.status_publishing.POLL_SECONDS", 0.01)
    now = datetime.now(UTC)
    publishing = StatusPublishing(lambda: services.status_publisher, lambda: services.store, clock=lambda: now)
    with publishing.running():
        eventually(lambda: services.status_files.published(NAME) != ())
        now -= timedelta(days=1)
        eventually(lambda: publishing.state == "CLOCK")


def test_what_else_lies_in_the_folder_is_no_list(tmp_path: Path) -> None:
    files = StatusFiles(tmp_path)
    assert (files.names(), files.newest(NAME), files.published(NAME)) == ((), None, ())
    put = files.put(NAME, NOW, b"one")
    for name in (
        "20261399T000000Z.status",
        "20991399T000000Z.status",
        "x.status",
        ".0.part",
        "20261122T000000Z.status.bak",
    ):
        (put.path.parent / name).write_bytes(b"")
    for folder in ("1/1", f"{OFFICE}/01", f"{OFFICE}/x", "lower/1"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "file").write_bytes(b"")
    assert files.names() == (NAME,)
    assert files.published(NAME) == (put,)
    assert files.newest(NAME) == files.as_of(NAME, NOW + timedelta(days=40_000)) == put
    assert put.read() == b"one"


@pytest.fixture(scope="module")
def offering(running: ModuleType, full_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Give a server with three lists of three seconds, and the one that it makes itself."""
    elicence = running.copy_home(full_home, tmp_path_factory.mktemp("offering") / "home")
    services = Services(open_home(elicence.home))
    began = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=1)
    for seconds in range(3):
        services.status_publisher.publish(began + timedelta(seconds=seconds))
        revoke_in(services, began)
    time.sleep(max(0.0, (began - datetime.now(UTC)).total_seconds() + 2))
    with running.Server(elicence) as server:
        eventually(lambda: len(services.status_files.published(NAME)) == 4)
        server.home = elicence.home
        yield server


def test_lists_are_offered_with_their_times(offering: Server) -> None:
    status, headers, body = get(f"{offering.url}/status-lists")
    (entry,) = json.loads(body)["lists"]
    assert (status, entry["issuer"], entry["list"]) == (200, OFFICE, 1)
    status, headers, body = get(offering.url + entry["path"])
    assert (status, headers["content-type"]) == (200, MEDIA_TYPE)
    assert read_signed_status_list(body).listed.issued_at.isoformat() == entry["issued_at"]
    assert headers["cache-control"] == "public, max-age=60"
    assert headers["last-modified"].endswith(" GMT")
    assert get(offering.url + entry["path"], If_None_Match=headers["etag"])[0] == 304
    assert get(offering.url + entry["path"], If_None_Match='"other"')[0] == 200


def test_old_lists_are_offered_too(offering: Server) -> None:
    address = f"{offering.url}/status-lists/{OFFICE}/1?at="
    published = StatusFiles(offering.home / "status").published(NAME)
    for one in published:
        body = get(address + one.issued_at.strftime("%Y-%m-%dT%H:%M:%SZ"))[2]
        assert read_signed_status_list(body).listed.issued_at == one.issued_at
    assert counts(get(address + published[1].issued_at.isoformat().replace("+", "%2B"))[2]) == {"ENDED": 1}
    assert get(address + "2020-01-01")[0] == 404
    assert get(address + "yesterday")[0] == 400


@pytest.mark.parametrize(
    "path",
    [f"{OFFICE}/2", f"{OFFICE}/01", f"{OFFICE}/0", "11990100000001038M/1", "..%2f..%2fkeys/1", "a/b", f"{OFFICE}/%00"],
)
def test_there_is_nothing_else_to_be_had(offering: Server, path: str) -> None:
    status, _, body = get(f"{offering.url}/status-lists/{path}")
    assert status == 404
    assert str(offering.home).encode() not in body


def test_the_public_gets_the_lists_as_well(running: ModuleType, stocked: Elicence) -> None:
    with running.Server(stocked, "--host", "0.0.0.0") as server:  # noqa: S104
        eventually(latest(stocked).exists)
        port = server.url.rpartition(":")[2]
        assert get(f"http://127.0.0.1:{port}/status-lists/{OFFICE}/1")[0] == 200
        assert get(f"http://127.0.0.1:{port}/api/v1/licences/x")[0] == 404


# What is fetched ----------------------------------------------------------------------------------------------------


@contextmanager
def answering(index: object, content: bytes, media_type: str = MEDIA_TYPE) -> Iterator[str]:
    """A server that answers what it is told to."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            whole = self.path == "/status-lists"
            body = json.dumps(index).encode() if whole else content
            self.send_response(200)
            self.send_header("Content-Type", "application/json" if whole else media_type)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


ENTRY = {"issuer": OFFICE, "list": 1}


def test_a_counter_fetches_the_lists_of_an_authority(offering: Server, fresh: Elicence, tmp_path: Path) -> None:
    trust = offering.home / "trust"
    done = fresh("status-list", "fetch", offering.url, tmp_path, "--trust", trust, "--json")
    (one,) = done.json()["lists"]
    assert (one["new"], Path(one["path"]).parent) == (True, tmp_path / OFFICE / "1")
    assert StatusFiles(tmp_path).names() == (NAME,)
    again = fresh("status-list", "fetch", f"{offering.url}/", tmp_path, "--trust", trust)
    assert "已是最新" in again.out
    assert (again.code, len(StatusFiles(tmp_path).published(NAME))) == (0, 1)


def refused(elicence: Elicence, url: str, folder: Path, trust: Path) -> tuple[int, str]:
    done = elicence("status-list", "fetch", url, folder, "--trust", trust, "--json")
    return done.code, done.json()["error"]["code"] if done.code else ""


def test_what_the_authority_did_not_sign_is_not_kept(offering: Server, fresh: Elicence, tmp_path: Path) -> None:
    trust = offering.home / "trust"
    content = get(f"{offering.url}/status-lists/{OFFICE}/1")[2]
    # The same authority by name and number, from another CA.
    other = make_development_pki(
        "sm2", authority_name="样例县行政审批局", authority_code=OFFICE, at=BEFORE, random=os.urandom
    )
    forged = signed_status_list(read_signed_status_list(content).listed, other.code)
    strangers = tmp_path / "strangers"
    strangers.mkdir()
    write_certificates(strangers / "root.pem", [other.root])
    places = [content.index(b'"lst":"') + 9, len(content) - 300]
    changed = [content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :] for place in places]
    kept = StatusFiles(tmp_path / "kept")
    for wrong, roots in (
        *((one, trust) for one in (forged, *changed, content[:-2], content + b"\n", b"", b"not a list")),
        (content, strangers),
    ):
        with answering({"lists": [ENTRY]}, wrong) as url, pytest.raises((SelfCheckError, EsignError)):
            fetch_status_lists(url, kept, TrustStore.from_directory(roots), at=datetime.now(UTC))
    with answering({"lists": [{"issuer": OFFICE, "list": 2}]}, content) as url:
        assert refused(fresh, url, tmp_path / "kept", trust) == (65, "INPUT_MALFORMED")
    with answering({"lists": [ENTRY]}, content, "text/plain") as url:
        assert refused(fresh, url, tmp_path / "kept", trust) == (69, "SERVICE_FAILED")
    assert not (tmp_path / "kept").exists()


def test_an_older_list_does_not_take_the_place_of_a_newer_one(
    offering: Server, fresh: Elicence, tmp_path: Path
) -> None:
    trust = offering.home / "trust"
    published = StatusFiles(offering.home / "status").published(NAME)
    for one, new in ((published[1], True), (published[0], False), (published[2], True)):
        with answering({"lists": [ENTRY]}, one.read()) as url:
            done = fresh("status-list", "fetch", url, tmp_path, "--trust", trust, "--json").json()
            assert done["lists"][0]["new"] is new
    assert (tmp_path / OFFICE / "1" / "latest.status").read_bytes() == published[2].read()


INDICES: tuple[object, ...] = (
    [],
    {},
    {"lists": [1]},
    {"lists": [{"issuer": "../../x", "list": 1}]},
    {"lists": [{"issuer": OFFICE, "list": "1"}]},
    {"lists": [{"issuer": OFFICE, "list": -1}]},
    {"lists": [ENTRY] * 1001},
)


def test_an_index_that_is_none_is_refused(empty_home: Path, tmp_path: Path) -> None:
    trust = TrustStore.from_directory(empty_home / "trust")
    for index in INDICES:
        with answering(index, b"") as url, pytest.raises(MalformedInputError):
            fetch_status_lists(url, StatusFiles(tmp_path / "lists"), trust, at=NOW)
    assert not (tmp_path / "lists").exists()


def test_lists_are_fetched_by_a_way_that_nobody_changes(empty_home: Path, tmp_path: Path) -> None:
    trust = TrustStore.from_directory(empty_home / "trust")
    for url in (
        "http://example.com",
        "ftp://127.0.0.1",
        "https://u@h",
        "https://h/?a",
        "x",
        "https://",
        "http://[",
        "",
    ):
        with pytest.raises(UsageError):
            fetch_status_lists(url, StatusFiles(tmp_path / "lists"), trust, at=NOW)
