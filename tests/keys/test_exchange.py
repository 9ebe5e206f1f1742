"""One HTTP exchange against real servers that are good, wrong, slow, greedy or not there."""

import gzip
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from ipaddress import IPv4Address, IPv6Address, ip_address
from pathlib import Path
from typing import Any

import pytest

from keys import AddressRefusedError, Endpoint, ServiceFailedError, deliver, exchange

SECONDS = 20
"""How long a test server waits for anything; who is not patient is gone in half of that, on a slow machine too."""
OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/x-answer; charset=utf-8\r\n"

Answer = Callable[[socket.socket, bytes], None]


@contextmanager
def serving(answer: Answer, tls: ssl.SSLContext | None = None) -> Iterator[str]:
    """A server on a free port which hands each connection's request to `answer`; its address."""
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(0.1)
    stopping = threading.Event()

    def run() -> None:
        while not stopping.is_set():
            with suppress(OSError):
                connection, _ = listener.accept()
                connection.settimeout(SECONDS)
                with tls.wrap_socket(connection, server_side=True) if tls else connection as opened:
                    answer(opened, received(opened))

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield f"{'https' if tls else 'http'}://127.0.0.1:{listener.getsockname()[1]}/secret-path"
    finally:
        stopping.set()
        thread.join()
        listener.close()


def received(connection: socket.socket) -> bytes:
    request = more(connection)
    while b"\r\n\r\n" not in request:
        request += more(connection)
    head, _, body = request.partition(b"\r\n\r\n")
    lengths = [line.split(b":")[1] for line in head.lower().splitlines() if line.startswith(b"content-length")]
    while len(body) < int(lengths[0] if lengths else 0):
        body += more(connection)
    return head + b"\r\n\r\n" + body


def more(connection: socket.socket) -> bytes:
    if not (piece := connection.recv(65536)):
        raise ConnectionError
    return piece


def silent(connection: socket.socket, _: bytes) -> None:
    """Until the other side gives up."""
    connection.recv(1)


def whole(content: bytes, head: bytes = OK) -> Answer:
    length = b"Content-Length: %d\r\n\r\n" % len(content)
    return lambda connection, _: connection.sendall(head + length + content)


def dripping(start: bytes, drop: bytes) -> Answer:
    """One drop every 50 ms: no wait between two bytes is long."""

    def answer(connection: socket.socket, _: bytes) -> None:
        connection.sendall(start)
        until = time.monotonic() + SECONDS
        while time.monotonic() < until:
            connection.sendall(drop)
            time.sleep(0.05)

    return answer


def test_get_and_post() -> None:
    seen: list[bytes] = []

    def answer(connection: socket.socket, request: bytes) -> None:
        seen.append(request)
        whole(b"answer")(connection, request)

    with serving(answer) as url:
        assert exchange(Endpoint(url=url)) == b"answer"
        given = exchange(
            Endpoint(url=url), body=b"question", content_type="application/x-q", accepted_type="application/x-answer"
        )
    assert given == b"answer"
    get, post = seen
    assert get.startswith(b"GET /secret-path HTTP/1.1\r\n")
    assert post.startswith(b"POST /secret-path HTTP/1.1\r\n")
    assert b"\r\ncontent-type: application/x-q\r\n" in post.lower()
    assert post.endswith(b"\r\n\r\nquestion")


def test_an_answer_that_ends_with_the_connection() -> None:
    with serving(lambda connection, _: connection.sendall(OK + b"\r\nanswer")) as url:
        assert exchange(Endpoint(url=url)) == b"answer"


@pytest.mark.parametrize(
    "answer",
    [
        dripping(b"HTTP/1.1 200 OK\r\nX-Slow: ", b"x"),
        dripping(OK + b"Content-Length: 100000\r\n\r\n", b"x"),
        dripping(OK + b"\r\n", b"x"),
        dripping(OK + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"),
        silent,
    ],
    ids=["header", "body", "body-without-length", "chunks", "silence"],
)
def test_time_is_bounded_as_a_whole(answer: Answer) -> None:
    with serving(answer) as url:
        begun = time.monotonic()
        with pytest.raises(ServiceFailedError, match=r"^127\.0\.0\.1 took longer than 0.4 s$"):
            exchange(Endpoint(url=url, timeout=0.4))
        assert time.monotonic() - begun < SECONDS / 2


def test_size_is_bounded() -> None:
    with serving(whole(bytes(1000))) as url:
        assert exchange(Endpoint(url=url), limit=1000) == bytes(1000)
        with pytest.raises(ServiceFailedError, match="more than 999 bytes"):
            exchange(Endpoint(url=url), limit=999)
    with serving(dripping(OK + b"\r\n", bytes(65536))) as url, pytest.raises(ServiceFailedError, match="more than"):
        exchange(Endpoint(url=url), limit=1 << 20)


def test_a_compressed_answer_is_not_unpacked() -> None:
    bomb = gzip.compress(bytes(10_000_000))
    with serving(whole(bomb, OK + b"Content-Encoding: gzip\r\n")) as url:
        assert exchange(Endpoint(url=url), limit=len(bomb)) == bomb


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (whole(b"", b"HTTP/1.1 404 Not Found\r\n"), "status 404"),
        (whole(b"", b"HTTP/1.1 500 Oh\r\n"), "status 500"),
        (whole(b"", b"HTTP/1.1 204 No Content\r\n"), "status 204"),
        (whole(b"", b"HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\n"), "status 302"),
        (whole(b"", b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"), "another type than application/x-answer"),
        (whole(b"", b"HTTP/1.1 200 OK\r\n"), "another type than application/x-answer"),
        (whole(b"", b"\x00\x01\x02 not HTTP\r\n"), "could not be reached"),
        (lambda connection, _: connection.sendall(OK + b"Content-Length: 9\r\n\r\nshort"), "could not be reached"),
        (lambda connection, _: None, "could not be reached"),
    ],
    ids=["404", "500", "204", "redirect", "type", "no-type", "no-http", "cut-short", "nothing"],
)
def test_what_is_no_answer(answer: Answer, why: str) -> None:
    requests = 0

    def counted(connection: socket.socket, request: bytes) -> None:
        nonlocal requests
        requests += 1
        answer(connection, request)

    with serving(counted) as url, pytest.raises(ServiceFailedError, match=why) as caught:
        exchange(Endpoint(url=url), accepted_type="application/x-answer")
    assert "secret" not in str(caught.value)
    assert requests == 1


def test_nobody_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(ServiceFailedError, match="could not be reached"):
        exchange(Endpoint(url=f"http://127.0.0.1:{port}/"))
    with pytest.raises(ServiceFailedError, match="could not be reached"):
        exchange(Endpoint(url="http://name.invalid/"))


def test_no_proxy_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(whole(b"the proxy")) as proxy, serving(whole(b"the server")) as url:
        for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy)
        assert exchange(Endpoint(url=url)) == b"the server"


@pytest.mark.parametrize(
    "url", ["", "name", "ftp://a/b", "file:///etc/passwd", "http://", "http://user:pin@host/", "https://user@host/"]
)
def test_addresses_that_are_refused(url: str) -> None:
    with pytest.raises(ValueError, match="address"):
        Endpoint(url=url)


@pytest.mark.parametrize("timeout", [0, -1, 601, float("inf"), float("nan")])
def test_a_timeout_that_is_none(timeout: float) -> None:
    with pytest.raises(ValueError, match="timeout"):
        Endpoint(url="http://a/", timeout=timeout)


# TLS, with certificates that openssl made.


def openssl(folder: Path, *arguments: str) -> None:
    subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True, timeout=30)


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`server.pem` for 127.0.0.1 and `client.pem`, each signed by itself, with their keys."""
    folder = tmp_path_factory.mktemp("tls")
    for name in ("server", "client"):
        openssl(
            folder, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", f"{name}.key", "-out", f"{name}.pem",
            "-days", "2", "-subj", f"/CN=test {name}", "-addext", "subjectAltName=IP:127.0.0.1",
        )  # fmt: skip
    return folder


def contexts(folder: Path) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(folder / "server.pem", folder / "server.key")
    server.load_verify_locations(folder / "client.pem")
    server.verify_mode = ssl.CERT_REQUIRED
    client = ssl.create_default_context(cafile=folder / "server.pem")
    return server, client


def test_tls_with_a_client_certificate(certificates: Path) -> None:
    server, client = contexts(certificates)
    client.load_cert_chain(certificates / "client.pem", certificates / "client.key")
    with serving(whole(b"answer"), server) as url:
        assert exchange(Endpoint(url=url, tls=client)) == b"answer"


def test_tls_without_what_it_needs(certificates: Path) -> None:
    server, without = contexts(certificates)
    with serving(whole(b"answer"), server) as url:
        with pytest.raises(ServiceFailedError, match="could not be reached"):
            exchange(Endpoint(url=url, tls=without))
        with pytest.raises(ServiceFailedError, match="could not be reached"):
            exchange(Endpoint(url=url))  # the system's authorities do not know this server


def test_time_is_bounded_under_tls(certificates: Path) -> None:
    server, client = contexts(certificates)
    client.load_cert_chain(certificates / "client.pem", certificates / "client.key")
    with serving(dripping(b"HTTP/1.1 200 OK\r\nX-Slow: ", b"x"), server) as url:
        begun = time.monotonic()
        with pytest.raises(ServiceFailedError, match="took longer"):
            exchange(Endpoint(url=url, timeout=0.6, tls=client))
        assert time.monotonic() - begun < SECONDS / 2


def test_a_server_that_never_finishes_the_handshake() -> None:
    with serving(silent) as url:
        begun = time.monotonic()
        with pytest.raises(ServiceFailedError, match="took longer"):
            exchange(Endpoint(url=url.replace("http:", "https:"), timeout=0.4))
        assert time.monotonic() - begun < SECONDS / 2


# Delivery to where a stranger wants it.


def anywhere(_: IPv4Address | IPv6Address) -> bool:
    return True


def names(monkeypatch: pytest.MonkeyPatch, *answers: list[str]) -> list[str]:
    """Let the name `hooks.test` mean these addresses, one answer after the other; gives the names that were asked."""
    real, asked, left = socket.getaddrinfo, [], list(answers)

    def resolve(host: Any, port: Any, *more: Any, **named: Any) -> Any:
        if host != "hooks.test":
            return real(host, port, *more, **named)
        asked.append(host)
        return [found for address in left.pop(0) for found in real(address, port, *more, **named)]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    return asked


def test_a_message_is_delivered_and_its_status_told() -> None:
    seen: list[bytes] = []

    def answer(connection: socket.socket, request: bytes) -> None:
        seen.append(request)
        connection.sendall(b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 9\r\n\r\n")

    with serving(answer) as url:
        status = deliver(Endpoint(url=url), body=b"{}", headers={"webhook-id": "msg_1"}, may_reach=anywhere)
    assert status == 302, "and nobody followed it, or waited for the body"
    head = seen[0].lower()
    assert head.startswith(b"post /secret-path http/1.1")
    assert b"webhook-id: msg_1" in head
    assert f"host: {url.split('/')[2]}".encode() in head


@pytest.mark.parametrize("addresses", [["10.0.0.1"], ["10.0.0.1", "10.0.0.2"]])
def test_no_connection_is_made_to_an_address_that_is_not_allowed(
    monkeypatch: pytest.MonkeyPatch, addresses: list[str]
) -> None:
    names(monkeypatch, addresses)
    judged: list[str] = []

    def nowhere(address: IPv4Address | IPv6Address) -> bool:
        judged.append(str(address))
        return False

    with pytest.raises(AddressRefusedError) as caught:
        deliver(Endpoint(url="http://hooks.test/secret-path"), body=b"", headers={}, may_reach=nowhere)
    assert judged == addresses
    assert "secret-path" not in str(caught.value)


def test_a_name_is_asked_once_and_the_connection_goes_where_it_was_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = names(monkeypatch, ["10.0.0.1", "127.0.0.1"], ["10.0.0.1"])
    seen: list[bytes] = []

    def answer(connection: socket.socket, request: bytes) -> None:
        seen.append(request.lower())
        connection.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")

    with serving(answer) as url:
        port = url.split("/")[2].partition(":")[2]
        status = deliver(
            Endpoint(url=f"http://hooks.test:{port}/in"), body=b"", headers={},
            may_reach=lambda address: address == ip_address("127.0.0.1"),
        )  # fmt: skip
    assert (status, asked) == (204, ["hooks.test"])
    assert f"host: hooks.test:{port}".encode() in seen[0]


def test_the_certificate_is_that_of_the_name(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name, host in (("right", "DNS:hooks.test"), ("wrong", "IP:127.0.0.1,DNS:other.test")):
        openssl(
            tmp_path, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout",
            f"{name}.key", "-out", f"{name}.pem", "-days", "2", "-subj", "/CN=test", "-addext",
            f"subjectAltName={host}",
        )  # fmt: skip
    names(monkeypatch, ["127.0.0.1"], ["127.0.0.1"])
    for name in ("right", "wrong"):
        server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        server.load_cert_chain(tmp_path / f"{name}.pem", tmp_path / f"{name}.key")
        client = ssl.create_default_context(cafile=tmp_path / f"{name}.pem")
        with serving(whole(b""), server) as url:
            endpoint = Endpoint(url=f"https://hooks.test:{url.split('/')[2].partition(':')[2]}/", tls=client)
            if name == "right":
                assert deliver(endpoint, body=b"{}", headers={}, may_reach=anywhere) == 200
            else:
                with pytest.raises(ServiceFailedError, match="could not be reached"):
                    deliver(endpoint, body=b"{}", headers={}, may_reach=anywhere)


def test_a_receiver_is_not_waited_for_without_end() -> None:
    with serving(dripping(b"HTTP/1.1 200 OK\r\nX-Slow: ", b"x")) as url:
        begun = time.monotonic()
        with pytest.raises(ServiceFailedError, match="took longer"):
            deliver(Endpoint(url=url, timeout=0.4), body=b"", headers={}, may_reach=anywhere)
        assert time.monotonic() - begun < SECONDS / 2


def test_a_name_that_means_nothing() -> None:
    with pytest.raises(ServiceFailedError, match="could not be reached"):
        deliver(Endpoint(url="http://no-such-name.invalid/"), body=b"", headers={}, may_reach=anywhere)
