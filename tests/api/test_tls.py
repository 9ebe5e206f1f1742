"""The server over TLS, and behind a proxy that ends it."""

from __future__ import annotations

import socket
import ssl
import warnings
from collections.abc import Iterator
from types import ModuleType
from typing import TYPE_CHECKING

import httpx2
import mutual_tls
import pytest

from api.limiting import REPORTS_PER_HOUR

if TYPE_CHECKING:
    from pathlib import Path

    from running import Elicence, Server

PRIVATE = "/api/v1/licences/x"
PROXY = "127.0.7.1"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("tls")


@pytest.fixture(scope="module")
def ours(folder: Path) -> mutual_tls.TlsAuthority:
    return mutual_tls.TlsAuthority(folder, "ours")


@pytest.fixture(scope="module")
def theirs(folder: Path) -> mutual_tls.TlsAuthority:
    return mutual_tls.TlsAuthority(folder, "theirs")


@pytest.fixture(scope="module")
def encrypted(
    running: ModuleType,
    empty_home: Path,
    folder: Path,
    ours: mutual_tls.TlsAuthority,
    theirs: mutual_tls.TlsAuthority,
) -> Iterator[Server]:
    """Give a server for other machines, over TLS, whose key has a passphrase."""
    elicence = running.copy_home(empty_home, folder / "home")
    identity = ours.identity("server", server=True, encrypted=True)
    (folder / "home" / "tls.txt").write_bytes(mutual_tls.PASSPHRASE)
    with (folder / "home" / "elicence.toml").open("a") as settings:
        settings.write(
            f'[tls]\ncertificate = "{identity.certificate}"\nkey = "{identity.key}"\n'
            f'passphrase_source = "file:tls.txt"\nclient_ca = "{theirs.path}"\n'
        )
    with running.Server(elicence, "--host", "0.0.0.0") as server:  # noqa: S104 - that is the matter
        yield server


def context(ours: mutual_tls.TlsAuthority, client: mutual_tls.TlsIdentity | None = None) -> ssl.SSLContext:
    made = ssl.create_default_context(cafile=ours.path)
    if client is not None:
        made.load_cert_chain(client.certificate, client.key)
    return made


def ask(server: Server, path: str, trusted: ssl.SSLContext, **headers: str) -> httpx2.Response:
    port = server.url.rpartition(":")[2]
    with httpx2.Client(timeout=60, verify=trusted, trust_env=False) as client:
        return client.get(f"https://127.0.0.1:{port}{path}", headers=headers)


def test_other_machines_are_served_over_tls(encrypted: Server, ours: mutual_tls.TlsAuthority) -> None:
    assert encrypted.url.startswith("https://")
    assert encrypted.announced["public_only"] is False
    page = ask(encrypted, "/v", context(ours), Host="zz.example.gov.cn")
    assert page.status_code == 200
    assert page.headers["strict-transport-security"] == "max-age=31536000"
    assert "content-security-policy" in page.headers
    # Offered, to whoever shows who it is; the home is open only for who names this machine.
    assert ask(encrypted, PRIVATE, context(ours), Host="zz.example.gov.cn").json()["code"] == "FORBIDDEN"
    assert ask(encrypted, PRIVATE, context(ours), Authorization="Bearer elk_x_y").status_code == 401


@pytest.mark.parametrize("host", ["localhost", "localhost:8443", "127.0.0.1:8443", "[::1]:8443"])
def test_a_browser_does_not_hold_tls_against_other_servers_here(
    encrypted: Server, ours: mutual_tls.TlsAuthority, host: str
) -> None:
    assert "strict-transport-security" not in ask(encrypted, "/v", context(ours), Host=host).headers


def test_a_client_certificate_of_the_right_ca_may_be_shown(
    encrypted: Server, ours: mutual_tls.TlsAuthority, theirs: mutual_tls.TlsAuthority
) -> None:
    assert ask(encrypted, "/v", context(ours, theirs.identity("office"))).status_code == 200
    # It is nobody's that is known here, and not made good by the home being open.
    assert ask(encrypted, PRIVATE, context(ours, theirs.identity("office"))).status_code == 401
    with pytest.raises(httpx2.TransportError):
        ask(encrypted, "/v", context(ours, ours.identity("own")))


def test_old_versions_and_weak_ciphers_are_refused(encrypted: Server, ours: mutual_tls.TlsAuthority) -> None:
    port = int(encrypted.url.rpartition(":")[2])

    def agreed(change: object) -> str | None:
        made = context(ours)
        assert callable(change)
        change(made)
        with (
            socket.create_connection(("127.0.0.1", port), 10) as raw,
            made.wrap_socket(raw, server_hostname="127.0.0.1") as tls,
        ):
            return tls.version()

    assert agreed(lambda made: None) == "TLSv1.3"
    assert agreed(lambda made: setattr(made, "maximum_version", ssl.TLSVersion.TLSv1_2)) == "TLSv1.2"

    def without_forward_secrecy(made: ssl.SSLContext) -> None:
        made.maximum_version = ssl.TLSVersion.TLSv1_2
        made.set_ciphers("AES256-GCM-SHA384:ECDHE-ECDSA-AES256-SHA:@SECLEVEL=0")

    def old(made: ssl.SSLContext) -> None:
        made.set_ciphers("ALL:@SECLEVEL=0")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            made.minimum_version = ssl.TLSVersion.TLSv1
            made.maximum_version = ssl.TLSVersion.TLSv1_1

    for change in (without_forward_secrecy, old):
        with pytest.raises(ssl.SSLError):
            agreed(change)


def test_plain_http_gets_nothing(encrypted: Server) -> None:
    port = encrypted.url.rpartition(":")[2]
    with pytest.raises(httpx2.TransportError):
        httpx2.get(f"http://127.0.0.1:{port}/v", timeout=60, trust_env=False)


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("--tls-cert", "ours-server.pem"), 64),
        (("--client-ca", "theirs-ca.pem"), 64),
        (("--tls-cert", "ours-server.pem", "--tls-key", "gone.key"), 78),
        (("--tls-cert", "ours-server.pem", "--tls-key", "theirs-office.key"), 78),
        (("--tls-cert", "ours-server.key", "--tls-key", "ours-server.key"), 78),
        (("--tls-cert", "ours-server.pem", "--tls-key", "ours-server.key"), 78),
    ],
    ids=["no-key", "no-certificate", "gone", "another-key", "no-certificate-inside", "needs-a-passphrase"],
)
def test_what_is_no_tls_is_told_at_once(
    fresh: Elicence,
    folder: Path,
    encrypted: Server,
    theirs: mutual_tls.TlsAuthority,
    words: tuple[str, ...],
    code: int,
) -> None:
    theirs.identity("office")
    paths = [word if word.startswith("--") else str(folder / word) for word in words]
    done = fresh("serve", "--port", "0", "--json", *paths)
    assert done.code == code, done.out
    assert set(done.json()) == {"error"}


@pytest.mark.parametrize(
    "line",
    [
        'trusted_proxies = "10.0.0.5"',
        "trusted_proxies = [5]",
        'trusted_proxies = ["0.0.0.0/0"]',
        '[tls]\ncertificate = "a.pem"',
        '[tls]\ncertificate = "a.pem"\nkey = 5',
        '[tls]\ncertificate = "a.pem"\nkey = "a.key"\nclient = "b.pem"',
    ],
)
def test_settings_that_mean_nothing(fresh: Elicence, line: str) -> None:
    path = fresh.home / "elicence.toml"
    path.write_text(f"{path.read_text('utf-8')}\n{line}\n", "utf-8")
    assert fresh("holder", "--kind", "111", "x", "--json").json()["error"]["code"] == "SETTINGS_UNUSABLE"


@pytest.fixture(scope="module")
def behind(running: ModuleType, empty_home: Path, folder: Path) -> Iterator[Server]:
    """Give a server that a proxy stands before."""
    elicence = running.copy_home(empty_home, folder / "behind")
    with (folder / "behind" / "elicence.toml").open("a") as settings:
        settings.write(f'trusted_proxies = ["{PROXY}"]\n')
    with running.Server(elicence) as server:
        yield server


def through(server: Server, path: str, *, visitor: str, scheme: str | None, from_: str = PROXY) -> httpx2.Response:
    """Ask as a proxy does."""
    headers = {"Host": "zz.example.gov.cn", "X-Forwarded-For": visitor}
    if scheme is not None:
        headers["X-Forwarded-Proto"] = scheme
    transport = httpx2.HTTPTransport(local_address=from_)
    with httpx2.Client(timeout=60, base_url=server.url, transport=transport) as client:
        return client.get(path, headers=headers)


def test_a_proxy_tells_whether_it_was_encrypted(behind: Server) -> None:
    page = through(behind, "/v", visitor="203.0.113.7", scheme="https")
    assert page.headers["strict-transport-security"]
    assert through(behind, PRIVATE, visitor="203.0.113.7", scheme="https").status_code == 401
    for scheme in ("http", None):
        refused = through(behind, PRIVATE, visitor="203.0.113.7", scheme=scheme)
        assert (refused.status_code, refused.json()["code"]) == (403, "TLS_REQUIRED")
        assert through(behind, "/v", visitor="203.0.113.7", scheme=scheme).status_code == 200


def test_what_others_hand_on_is_not_believed(behind: Server) -> None:
    for visitor in ("127.0.0.1", "203.0.113.7"):
        refused = through(behind, PRIVATE, visitor=visitor, scheme="https", from_="127.0.7.2")
        assert refused.json()["code"] == "TLS_REQUIRED"


def test_nobody_is_here_who_comes_through_a_proxy(behind: Server) -> None:
    for visitor in ("127.0.0.1", "::1", "localhost"):
        assert through(behind, PRIVATE, visitor=visitor, scheme="https").status_code == 401


def test_each_visitor_has_a_limit_of_his_own(behind: Server) -> None:
    transport = httpx2.HTTPTransport(local_address=PROXY)
    with httpx2.Client(timeout=60, base_url=behind.url, transport=transport) as client:

        def reported(visitor: str) -> int:
            headers = {"X-Forwarded-For": visitor, "X-Forwarded-Proto": "https"}
            return client.post("/v/report", data={"what": "仅供测试"}, headers=headers).status_code

        answers = [reported("203.0.113.9") for _ in range(REPORTS_PER_HOUR + 1)]
        assert answers == [*[200] * REPORTS_PER_HOUR, 429]
        assert reported("203.0.113.10") == 200
