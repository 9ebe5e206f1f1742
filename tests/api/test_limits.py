"""How often the pages may be asked, how much they may be sent, and what their answers give away."""

from __future__ import annotations

import io
import itertools
import os
import random
import re
import statistics
import struct
import time
import zlib
from collections.abc import Iterator
from types import ModuleType, SimpleNamespace
from typing import TYPE_CHECKING

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from api.errors import BusyError, RateLimitedError
from api.limiting import (
    MAX_BUCKETS,
    WRONG_HOLDERS,
    WRONG_HOLDERS_BY_ALL,
    Buckets,
    HolderAttempts,
    address_of,
)
from api.scanning import MAX_PICTURE_BYTES, PictureScanner, Scan
from esign import make_short_code

if TYPE_CHECKING:
    from running import Elicence, Server

_PLACES = itertools.count(2)


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def client(served: Server) -> Iterator[httpx2.Client]:
    with _client(served) as opened:
        yield opened


def _client(served: Server) -> httpx2.Client:
    """A client with a loopback address of its own."""
    transport = httpx2.HTTPTransport(local_address=f"127.0.3.{next(_PLACES)}")
    return httpx2.Client(base_url=served.url, timeout=30, transport=transport)


def code_of(client: httpx2.Client, running: ModuleType, name: str) -> tuple[str, dict[str, str]]:
    data = running.sample(name)["data"]
    holder = {"kind": data["certificateHolderTypeCode"], "code": data["certificateHolderCode"]}
    found = client.post("/api/v1/holders/licences", json=holder | {"access": running.ACCESS}).json()["licences"]
    (identifier,) = [one["identifier"] for one in found if one["number"] == data["certificateNumber"]]
    return client.get(f"/api/v1/licences/{identifier}").json()["code"], data


@given(st.lists(st.floats(min_value=0, max_value=30), max_size=60))
def test_a_bucket_never_gives_more_than_it_holds_and_gets(pauses: list[float]) -> None:
    clock = Clock()
    buckets = Buckets(5, 60, clock)
    taken = []
    for pause in pauses:
        clock.now += pause
        if buckets.take("a"):
            taken.append(clock.now)
    for since in taken:
        assert sum(since <= at <= since + 60 for at in taken) <= 5 + 5 + 1
    clock.now += 60
    assert [buckets.take("a") for _ in range(6)] == [True] * 5 + [False]
    assert buckets.take("b")


def test_a_token_that_is_given_back_is_there_again() -> None:
    clock = Clock()
    buckets = Buckets(2, 60, clock)
    assert [buckets.take("a"), buckets.take("a"), buckets.take("a")] == [True, True, False]
    buckets.give_back("a")
    assert buckets.take("a")
    assert not buckets.take("a")
    for _ in range(5):
        buckets.give_back("b")
    assert [buckets.take("b") for _ in range(3)] == [True, True, False]
    assert buckets.token_seconds == 30


def test_buckets_do_not_grow_without_end() -> None:
    buckets = Buckets(1, 60, Clock())
    for number in range(MAX_BUCKETS + 10):
        assert buckets.take("x" * 100 + str(number))
    assert len(buckets._buckets) == MAX_BUCKETS
    assert not buckets.take("x" * 100 + str(MAX_BUCKETS))


def test_wrong_holders_at_one_code() -> None:
    clock = Clock()
    attempts = HolderAttempts(clock)
    for _ in range(WRONG_HOLDERS):
        attempts.begin("code", "a")
    for _ in range(50):
        with pytest.raises(RateLimitedError) as caught:
            attempts.begin("code", "a")
    assert caught.value.seconds == 720
    attempts.begin("other", "a")
    # Others may still ask, until all of them together had enough.
    others = 0
    for address in range(100):
        try:
            attempts.begin("code", f"b{address}")
        except RateLimitedError:
            break
        others += 1
    assert others == WRONG_HOLDERS_BY_ALL - WRONG_HOLDERS
    clock.now += 3600
    attempts.begin("code", "a")


def test_right_holders_do_not_count() -> None:
    attempts = HolderAttempts(Clock())
    for _ in range(100):
        attempts.begin("code", "a")
        attempts.was_right("code", "a")
    for _ in range(WRONG_HOLDERS):
        attempts.begin("code", "a")
    with pytest.raises(RateLimitedError):
        attempts.begin("code", "a")


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::ffff", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("::1", "::/64"),
        ("", ""),
        ("unix", "unix"),
    ],
)
def test_who_asks(host: str, expected: str) -> None:
    assert address_of(SimpleNamespace(client=SimpleNamespace(host=host))) == expected  # type: ignore[arg-type]


def test_a_page_tells_how_long_to_wait(running: ModuleType, served: Server, client: httpx2.Client) -> None:
    code, data = code_of(client, running, "water-abstraction-1")
    wrong = {"name": data["certificateHolderName"], "number": "990101199003071229"}
    right = wrong | {"number": data["certificateHolderCode"]}
    for _ in range(3):
        assert "证照真实有效" in client.post(f"/v/{code}", data=right).text
    for case in (str.upper, str.lower, str.upper, str.lower, str.upper):
        assert "不属于此人" in client.post(f"/v/{case(code)}", data=wrong).text
    for form in (wrong, right):  # a right one is refused too: else the page would still tell
        for language, sentence in (("zh", "核对错误次数过多"), ("en", "too many wrong names or numbers")):
            limited = client.post(f"/v/{code}?lang={language}", data=form)
            assert limited.status_code == 429
            assert limited.headers["retry-after"] == "720"
            assert sentence in limited.text
            assert f'<html lang="{"en" if language == "en" else "zh-CN"}">' in limited.text
    assert client.get(f"/v/{code}").status_code == 200
    with _client(served) as other:
        assert "证照真实有效" in other.post(f"/v/{code}", data=right).text


def test_unknown_and_mistyped_short_codes_get_the_same_answer(client: httpx2.Client) -> None:
    unknown = make_short_code(os.urandom)
    mistyped = unknown[:-1] + ("2" if unknown[-1] != "2" else "3")
    answers = [client.get(f"/v/{code}") for code in (unknown, mistyped)]
    assert _shape(answers[0], unknown) == _shape(answers[1], mistyped)


def _shape(answer: httpx2.Response, code: str) -> tuple[object, ...]:
    text = re.sub(r"\d\d:\d\d:\d\d", "T", answer.text.replace(code, "C"))
    others = ("date", "content-length", "x-request-id")
    headers = sorted((name, value) for name, value in answer.headers.items() if name not in others)
    return answer.status_code, tuple(headers), text


@pytest.mark.soak
def test_timing_does_not_tell_codes_apart(served: Server) -> None:
    def mistyped() -> str:
        return "".join(random.choices("23456789ABCDEFGHJKMNPQRSTVWXYZ", k=12))  # noqa: S311

    kinds = [lambda: make_short_code(os.urandom), mistyped] * 200
    random.shuffle(kinds)
    seconds: dict[bool, list[float]] = {True: [], False: []}
    for start in range(0, len(kinds), 100):
        with _client(served) as client:
            for kind in kinds[start : start + 100]:
                code = kind()
                since = time.perf_counter()
                assert client.get(f"/v/{code}").status_code == 200
                seconds[kind is mistyped].append(time.perf_counter() - since)
    medians = [statistics.median(found) for found in seconds.values()]
    print(f"unknown {medians[0] * 1000:.2f} ms, mistyped {medians[1] * 1000:.2f} ms")
    assert abs(medians[0] - medians[1]) < 0.002


def png_header(width: int, height: int) -> bytes:
    """A picture of many pixels in few bytes."""
    rows = zlib.compress(b"\0" * 1000)
    chunks = [(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)), (b"IDAT", rows), (b"IEND", b"")]
    packed = [struct.pack(">I", len(d)) + k + d + struct.pack(">I", zlib.crc32(k + d)) for k, d in chunks]
    return b"\x89PNG\r\n\x1a\n" + b"".join(packed)


def test_a_picture_that_unpacks_to_too_much(client: httpx2.Client) -> None:
    since = time.monotonic()
    for bomb in (png_header(60_000, 60_000), png_header(2**31 - 1, 2**31 - 1), png_header(10_000, 10_000)):
        answer = client.post("/v/scan", files={"picture": ("a.png", bomb, "image/png")})
        assert answer.status_code == 200
        assert "没有读到二维码" in answer.text
    assert time.monotonic() - since < 30


def test_what_is_too_large_or_of_another_kind(client: httpx2.Client) -> None:
    large = client.post("/v/scan", files={"picture": ("a.png", bytes(MAX_PICTURE_BYTES + 1), "image/png")})
    assert large.status_code == 413
    larger = client.post("/v/scan", files={"picture": ("a.png", bytes(MAX_PICTURE_BYTES + 50_000), "image/png")})
    assert larger.status_code == 413
    assert "文件超过 12 MB。" in larger.text
    typed = client.post("/v", data={"code": "x" * 20_000})
    assert typed.status_code == 413
    assert "填写的内容太长。" in typed.text
    assert client.post("/v/x/report", data={"what": "x" * 20_000}).status_code == 413
    for address in ("/v", "/v/x", "/v/report"):
        assert client.post(address, files={"code": ("a", b"x")}).status_code == 415
    strange = {"Content-Type": "multipart/form-data; boundary=x; charset=utf-7"}
    assert client.post("/v/scan", content=b"--x--", headers=strange).status_code == 415
    two = [("picture", ("a.png", b"x", "image/png")), ("picture", ("b.png", b"x", "image/png"))]
    assert client.post("/v/scan", files=two).status_code == 400


def test_pictures_are_read_a_few_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.scanning.WAIT_SECONDS", 0.01)
    scanner = PictureScanner(1)
    assert scanner._free.acquire()
    with pytest.raises(BusyError):
        scanner.scan(b"x")
    scanner._free.release()
    picture = io.BytesIO()
    Image.new("L", (20, 20), 255).save(picture, "PNG")
    assert scanner.scan(picture.getvalue()) == Scan()
    assert scanner._free.acquire(blocking=False)


def test_a_crowd_of_pictures_leaves_threads_to_the_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.scanning.WAIT_SECONDS", 60.0)
    scanner = PictureScanner(1, waiting=1)
    assert scanner._free.acquire()
    assert scanner._room.acquire()
    assert scanner._room.acquire(), "one is read, one waits"
    begun = time.monotonic()
    with pytest.raises(BusyError):
        scanner.scan(b"x")
    assert time.monotonic() - begun < 30
    scanner._room.release()
    scanner._free.release()
    assert scanner.scan(b"x") == Scan()


def test_a_camera_has_a_limit_of_its_own(running: ModuleType, fresh: Elicence) -> None:
    with running.Server(fresh) as server, httpx2.Client(timeout=60, base_url=server.url, trust_env=False) as client:
        statuses = [client.post("/v/scan", content=b"").status_code for _ in range(170)]
        assert statuses[:150] == [200] * 150
        assert statuses[-1] == 429
        assert client.get("/v").status_code == 200


@pytest.mark.soak
def test_a_code_that_everybody_asks_for(served: Server) -> None:
    statuses: list[int] = []
    while 429 not in statuses and len(statuses) < 5000:  # a slow machine fills the bucket while it is emptied
        with _client(served) as client:
            statuses += [client.get("/v/23456789ABCD").status_code for _ in range(110)]
    assert statuses[:600] == [200] * 600
    assert statuses[-1] == 429
    with _client(served) as client:
        assert client.get("/v/23456789ABCE").status_code == 200
