"""Keys at a seal service that may be slow, broken or hostile: a real TLS server that says what it is told to say."""

from __future__ import annotations

import base64
import http.server
import json
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import mutual_tls
import pytest

import keys
from keys.remote import MAX_SMALL_ANSWER, RemoteSeal
from keys.sm2 import Sm2PublicKey

Answer = Callable[[http.server.BaseHTTPRequestHandler, bytes], None]


@dataclass
class Service:
    """The other side. `answers` are given in turn, the last one for ever."""

    address: str
    client: mutual_tls.TlsIdentity
    encrypted: mutual_tls.TlsIdentity
    ca: Path
    answers: list[Answer] = field(default_factory=list)
    seen: list[tuple[str, bytes]] = field(default_factory=list)

    def uri(self, *, more: str = "") -> str:
        return mutual_tls.remote_uri(self.address, "seal", self.client, self.ca, more=more)

    def answers_with(self, *answers: Answer) -> None:
        self.answers[:] = answers
        self.seen.clear()

    def requests(self) -> list[tuple[str, bytes]]:
        return list(self.seen)


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    folder = tmp_path_factory.mktemp("remote")
    authority = mutual_tls.TlsAuthority(folder, "tls")
    identity = authority.identity("server", server=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(authority.path)
    context.load_cert_chain(identity.certificate, identity.key)

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            found.seen.append((self.path, body))
            answer = found.answers.pop(0) if len(found.answers) > 1 else found.answers[0]
            answer(self, body)

        do_GET = do_POST  # noqa: N815 - the name that http.server looks for

        def log_message(self, format: str, *args: object) -> None:
            pass

    class Server(http.server.ThreadingHTTPServer):
        def handle_error(self, request: object, client_address: object) -> None:
            """A client that is gone is what some of the tests are about."""

    server = Server(("127.0.0.1", 0), Handler)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    found = Service(
        address=f"https://127.0.0.1:{server.server_address[1]}",
        client=authority.identity("client"),
        encrypted=authority.identity("encrypted", encrypted=True),
        ca=authority.path,
    )
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield found
    server.shutdown()
    server.server_close()
    thread.join()


def says(value: object, *, status: int = 200, kind: str = "application/json") -> Answer:
    content = value if isinstance(value, bytes) else json.dumps(value).encode()

    def answer(handler: http.server.BaseHTTPRequestHandler, _body: bytes) -> None:
        handler.send_response(status)
        handler.send_header("Content-Type", kind)
        handler.send_header("Content-Length", str(len(content)))
        handler.end_headers()
        handler.wfile.write(content)

    return answer


def hangs_up(handler: http.server.BaseHTTPRequestHandler, _body: bytes) -> None:
    handler.close_connection = True


def is_silent(handler: http.server.BaseHTTPRequestHandler, _body: bytes) -> None:
    """Until the client is gone, though not for ever."""
    handler.connection.settimeout(30)
    with suppress(OSError):
        handler.rfile.read(1)
    handler.close_connection = True


def chain_of(signer: keys.Signer) -> Answer:
    return says({"chain": [base64.b64encode(certificate.der).decode() for certificate in signer.chain]})


def signs_with(key: keys.PrivateKey) -> Answer:
    def answer(handler: http.server.BaseHTTPRequestHandler, body: bytes) -> None:
        assert isinstance(key, keys.DigestKey)
        signature = key.sign_digest(base64.b64decode(json.loads(body)["digest"]))
        says({"signature": base64.b64encode(signature).decode()})(handler, body)

    return answer


def test_only_the_digest_goes_out(service: Service, pki: keys.DevelopmentPki) -> None:
    service.answers_with(chain_of(pki.seal), signs_with(pki.seal_key))
    signer = keys.Custody().open_signer(service.uri())
    assert signer.chain == pki.seal.chain
    pki.seal.public_key.verify(signer.sign(b"content"), b"content")
    (asked, _), (path, body) = service.requests()
    assert asked == "/seal/v1/keys/seal"
    assert path.startswith("/seal/v1/keys/seal/signature/")
    public_key = pki.seal.public_key
    plain = keys.hash_bytes(pki.seal.algorithm.digest, b"content")
    digest = public_key.digest(b"content") if isinstance(public_key, Sm2PublicKey) else plain
    assert json.loads(body) == {"algorithm": pki.seal.algorithm.name, "digest": base64.b64encode(digest).decode()}
    assert (digest == plain) == (pki.family == "rsa")


def test_a_cut_connection_is_tried_once_more_under_the_same_request_id(
    service: Service, pki: keys.DevelopmentPki
) -> None:
    service.answers_with(chain_of(pki.seal), hangs_up, signs_with(pki.seal_key))
    signer = keys.Custody().open_signer(service.uri())
    assert signer.sign(b"content")
    _, first, second = service.requests()
    assert first == second
    assert signer.sign(b"content")
    assert service.requests()[3] != second, "another signature is another request"
    service.answers_with(hangs_up)
    with pytest.raises(keys.ServiceFailedError, match="could not be reached"):
        signer.sign(b"content")
    assert len(service.requests()) == 2


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (says(b"<html>"), "not JSON"),
        (says(b"[" * 100_000), "not JSON"),
        (says(b"\xff"), "not JSON"),
        (says([]), "no JSON object"),
        (says({}), "lacks what was asked for"),
        (says({"signature": 1}), "lacks what was asked for"),
        (says({"signature": "*"}), "not Base64"),
        (says({"signature": "印"}), "not Base64"),
        (says(bytes(MAX_SMALL_ANSWER + 1)), "more than"),
        (says({"signature": "AAAA"}, kind="text/html"), "another type"),
        (says({}, status=302), "status 302"),
        (says({}, status=500), "status 500"),
        (says({}, status=403), "does not let this client"),
        (says({}, status=422), "refuses what was asked for"),
    ],
)
def test_answers_that_are_none(service: Service, pki: keys.DevelopmentPki, answer: Answer, sentence: str) -> None:
    service.answers_with(chain_of(pki.seal), answer)
    signer = keys.Custody().open_signer(service.uri())
    with pytest.raises(keys.ServiceFailedError, match=sentence):
        signer.sign(b"content")
    assert len(service.requests()) == 2, "an answer is not asked for again"


def test_a_slow_service_is_left(service: Service, pki: keys.DevelopmentPki) -> None:
    service.answers_with(is_silent)
    seal = RemoteSeal(keys.parse_remote_uri(service.uri(more="&timeout=0.5")))
    began = time.monotonic()
    with pytest.raises(keys.ServiceFailedError, match=r"took longer than 0\.5 s"):
        seal.signature(bytes(32), pki.seal.algorithm)
    assert time.monotonic() - began < 15


@pytest.mark.parametrize("length", [0, 8, 64, 70, 256, 5000])
def test_a_signature_that_is_none_does_not_leave(service: Service, pki: keys.DevelopmentPki, length: int) -> None:
    service.answers_with(chain_of(pki.seal), says({"signature": base64.b64encode(bytes(length)).decode()}))
    signer = keys.Custody().open_signer(service.uri())
    with pytest.raises(keys.KeyUnusableError, match=r"fresh signature did not verify|longer than"):
        signer.sign(b"content")


def test_a_signature_of_another_key_or_digest_does_not_leave(service: Service, pki: keys.DevelopmentPki) -> None:
    other = keys.generate_private_key(pki.seal.algorithm)
    foreign = base64.b64encode(pki.seal_key.sign(b"another content")).decode()
    for wrong in (signs_with(other), says({"signature": foreign})):
        service.answers_with(chain_of(pki.seal), wrong)
        signer = keys.Custody().open_signer(service.uri())
        with pytest.raises(keys.KeyUnusableError, match="fresh signature did not verify"):
            signer.sign(b"content")


def test_certificates_that_are_none(service: Service, pki: keys.DevelopmentPki) -> None:
    leaf, issuer = (base64.b64encode(certificate.der).decode() for certificate in pki.seal.chain)
    for chain, error, sentence in (
        ([], keys.ServiceFailedError, "no certificates"),
        ("x", keys.ServiceFailedError, "no certificates"),
        ([leaf] * 7, keys.ServiceFailedError, "no certificates"),
        ([1], keys.ServiceFailedError, "lacks what was asked for"),
        (["*"], keys.ServiceFailedError, "not Base64"),
        (["AAAA"], keys.KeyUnusableError, "not DER"),
        ([issuer, leaf], keys.KeyUnusableError, "chain in order"),
        ([leaf, leaf], keys.KeyUnusableError, "chain in order"),
    ):
        service.answers_with(says({"chain": chain}))
        with pytest.raises(error, match=sentence):
            keys.Custody().open_signer(service.uri())


def test_somebody_elses_certificate_is_refused(service: Service, pki: keys.DevelopmentPki, tmp_path: Path) -> None:
    keys.write_certificates(tmp_path / "chain.pem", pki.code.chain)
    service.answers_with(chain_of(pki.seal))
    with pytest.raises(keys.KeyUnusableError, match="another certificate"):
        keys.Custody().open_signer(service.uri(), tmp_path / "chain.pem")


def test_an_algorithm_of_another_kind_is_refused(service: Service, pki: keys.DevelopmentPki) -> None:
    service.answers_with(chain_of(pki.seal))
    with pytest.raises(keys.UnsupportedAlgorithmError, match="another kind"):
        keys.Custody().open_key(service.uri(), algorithm=keys.ECDSA_P256_SHA256)


def test_what_is_asked_for_finished_signatures(service: Service) -> None:
    service.answers_with(says({"cms": "AAAA"}), says({"cms": "AAAA"}), says({"ses": "AAAA"}))
    seal = keys.Custody().open_remote_seal(service.uri())
    at = datetime(2026, 11, 21, 2, 30, tzinfo=UTC)
    assert seal.pades(bytes(32), "sm3") == bytes(3)
    assert seal.cades(bytes(32), "sm3", at=at) == bytes(3)
    assert seal.ses(bytes(32), "sm3", property_info="/a", at=at) == bytes(3)
    digest = {"digest_name": "sm3", "digest": base64.b64encode(bytes(32)).decode()}
    bodies = [json.loads(body) for _, body in service.requests()]
    time_stated = {"signing_time": "2026-11-21T02:30:00Z"}
    assert bodies == [
        {"kind": "cms-pades", **digest},
        {"kind": "cms-cades", **digest, **time_stated},
        {"kind": "ses-v4", **digest, "property": "/a", **time_stated},
    ]
    service.answers_with(says(b"%PDF", kind="application/pdf"))
    assert seal.file(b"%PDF-prepared") == b"%PDF"
    assert service.requests()[0][1] == b"%PDF-prepared"


# How the client says who it is.


def test_an_encrypted_client_key(service: Service, pki: keys.DevelopmentPki, tmp_path: Path) -> None:
    service.answers_with(chain_of(pki.seal))
    uri = mutual_tls.remote_uri(service.address, "seal", service.encrypted, service.ca)
    with pytest.raises(keys.KeyUnusableError, match="no source of its passphrase"):
        keys.Custody().open_key(uri)
    with pytest.raises(keys.KeyUnusableError, match="cannot be used for TLS"):
        keys.Custody(environment={"SECRET": "wrong"}).open_key(f"{uri}&passphrase-source=env:SECRET")
    right = {"SECRET": mutual_tls.PASSPHRASE.decode()}
    assert keys.Custody(environment=right).open_key(f"{uri}&passphrase-source=env:SECRET")
    assert keys.Custody(passphrase=lambda: mutual_tls.PASSPHRASE).open_key(uri)


def test_files_that_are_not_there_or_not_right(service: Service, tmp_path: Path) -> None:
    uri = service.uri()
    with pytest.raises(keys.KeyNotFoundError, match=r"nothing\.pem does not exist"):
        keys.Custody().open_key(uri.replace(service.ca.name, "nothing.pem"))
    with pytest.raises(keys.KeyUnusableError, match="no certificates that TLS can use"):
        keys.Custody().open_key(uri.replace(service.ca.name, service.client.key.name))
    with pytest.raises(keys.KeyUnusableError, match="cannot be used for TLS"):
        keys.Custody().open_key(uri.replace(service.client.key.name, service.encrypted.certificate.name))


def test_relative_files_are_looked_for_in_the_folder(service: Service, pki: keys.DevelopmentPki) -> None:
    service.answers_with(chain_of(pki.seal))
    folder = service.ca.parent
    uri = service.uri().replace(f"{folder}/", "")
    assert str(folder) not in uri
    assert keys.Custody(folder=folder).open_key(uri)
    with pytest.raises(keys.KeyNotFoundError):
        keys.Custody().open_key(uri)


FILES = "client-cert=a&client-key=b&ca=c"


@pytest.mark.parametrize(
    ("uri", "sentence"),
    [
        ("remote:http://h/k?" + FILES, "remote:https://"),
        ("remote:https:///k?" + FILES, "and a host"),
        ("remote:https://h:99999/k?" + FILES, "address that is none"),
        ("remote:https://[::1/k?" + FILES, "address that is none"),
        ("remote:https://user:secret@h/k?" + FILES, "password must not stand"),
        ("remote:https://h?" + FILES, "names one key"),
        ("remote:https://h/a/b?" + FILES, "names one key"),
        ("remote:https://h/../x?" + FILES, "names one key"),
        ("remote:https://h/" + "k" * 65 + "?" + FILES, "names one key"),
        ("remote:https://h/k", "needs client-cert, client-key, ca"),
        ("remote:https://h/k?client-cert=a&ca=c", "needs client-key"),
        ("remote:https://h/k?" + FILES + "&ca=d", "written twice"),
        ("remote:https://h/k?" + FILES + "&password=d", "unknown"),
        ("remote:https://h/k?" + FILES + "&timeout=", "empty"),
        ("remote:https://h/k?" + FILES + "&timeout=0", "number of seconds"),
        ("remote:https://h/k?" + FILES + "&timeout=-1", "number of seconds"),
        ("remote:https://h/k?" + FILES + "&timeout=1e9", "number of seconds"),
        ("remote:https://h/k?" + FILES + "&passphrase-source=%FF", "not UTF-8"),
        ("remote:https://h/k?" + FILES + "#x", "and a host"),
        ("REMOTE:https://h/k?" + FILES, "only file:"),
    ],
)
def test_uris_that_are_none(uri: str, sentence: str) -> None:
    with pytest.raises(keys.KeyUnusableError, match=sentence) as caught:
        keys.Custody().open_key(uri)
    assert "secret" not in str(caught.value)


def test_a_uri() -> None:
    named = keys.parse_remote_uri("remote:https://[::1]:8443/seal-2026?client-cert=a%20b&client-key=b&ca=c&timeout=2.5")
    assert (named.origin, named.key, named.timeout) == ("https://[::1]:8443", "seal-2026", 2.5)
    assert (named.client_certificate, named.passphrase_source) == ("a b", None)
    with pytest.raises(keys.KeyUnusableError, match="not a remote: URI"):
        keys.parse_remote_uri("file:x")


@pytest.mark.parametrize("algorithm", keys.ALGORITHMS, ids=lambda row: row.name)
def test_every_software_key_signs_digests(algorithm: keys.Algorithm) -> None:
    key = keys.generate_private_key(algorithm)
    assert isinstance(key, keys.DigestKey)
    public_key = key.public_key
    plain = keys.hash_bytes(algorithm.digest, b"content")
    digest = public_key.digest(b"content") if isinstance(public_key, Sm2PublicKey) else plain
    public_key.verify_as(algorithm, key.sign_digest(digest), b"content")
    for wrong in (b"", digest[:-1], digest + b"\0"):
        with pytest.raises(keys.KeyUnusableError):
            key.sign_digest(wrong)
