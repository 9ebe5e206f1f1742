"""Timestamps over HTTP: from an authority that openssl plays, from the declared one, from servers that are none."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from declared import policy
from openssl_authority import OpensslAuthority
from servers import AuthorityServer

from esign import HttpTimestamper, Timestamper, TimestampError, TimestampRefusedError, read_timestamp
from keys import Endpoint, UnsupportedAlgorithmError, hash_bytes

CONTENT = b"what existed"
DIGEST = hash_bytes("sha256", CONTENT)
REPLY = "application/timestamp-reply"

Answer = Callable[[bytes], tuple[int, str, bytes]]


@contextmanager
def serving(answer: Answer) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            assert self.headers["Content-Type"] == "application/timestamp-query"
            status, kind, body = answer(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/tsa"
        server.shutdown()
        thread.join()


def timestamper(url: str, random: Callable[[int], bytes] = bytes) -> Timestamper:
    return HttpTimestamper(endpoint=Endpoint(url=url, timeout=30), random=random)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> OpensslAuthority:
    return OpensslAuthority(tmp_path_factory.mktemp("authority"))


def test_a_token(authority: OpensslAuthority) -> None:
    asked: list[bytes] = []

    def answer(request: bytes) -> tuple[int, str, bytes]:
        asked.append(request)
        return 200, REPLY, authority.respond(request)

    with serving(answer) as url:
        for fill, nonce in ((b"\x00", 1 << 63), (b"\x7f", int.from_bytes(b"\xff" + b"\x7f" * 7, "big"))):
            token = timestamper(url, lambda size, fill=fill: fill * size).timestamp(DIGEST, "sha256")
            facts = read_timestamp(token)
            facts.verify_signature()
            assert (facts.is_over(CONTENT), facts.nonce) == (True, nonce)
    assert len(asked) == 2


def test_every_failure_is_one_error(authority: OpensslAuthority) -> None:
    answers: list[tuple[Answer, type[TimestampError], str]] = [
        (lambda _: (503, REPLY, b""), TimestampError, "status 503"),
        (lambda request: (200, "text/html", authority.respond(request)), TimestampError, "another type"),
        (lambda _: (200, REPLY, b"<html>"), TimestampError, "FORMAT_TIMESTAMP"),
        (lambda _: (200, REPLY, bytes(1 << 20)), TimestampError, "more than"),
        (lambda _: (200, REPLY, b"\x30\x05\x30\x03\x02\x01\x02"), TimestampRefusedError, "status 2"),
    ]
    for answer, error, why in answers:
        with serving(answer) as url, pytest.raises(error, match=why) as caught:
            timestamper(url).timestamp(DIGEST, "sha256")
        assert isinstance(caught.value, TimestampRefusedError) == (error is TimestampRefusedError)
    with pytest.raises(TimestampError, match="could not be reached"):
        timestamper(url).timestamp(DIGEST, "sha256")


def test_an_old_answer_is_refused(authority: OpensslAuthority) -> None:
    answers: list[bytes] = []

    def answer(request: bytes) -> tuple[int, str, bytes]:
        answers.append(authority.respond(request))
        return 200, REPLY, answers[0]

    with serving(answer) as url:
        timestamper(url).timestamp(DIGEST, "sha256")
        with pytest.raises(TimestampRefusedError, match="another request"):
            timestamper(url, lambda size: b"\x01" * size).timestamp(DIGEST, "sha256")
        with pytest.raises(TimestampRefusedError, match="another digest"):
            timestamper(url).timestamp(bytes(32), "sha256")


def test_what_cannot_be_asked() -> None:
    asking = timestamper("http://127.0.0.1:9/")
    with pytest.raises(ValueError, match="another size"):
        asking.timestamp(b"", "sha256")
    with pytest.raises(UnsupportedAlgorithmError):
        asking.timestamp(bytes(20), "sha1")


# The declared authority, which also speaks SM2.

AT = datetime(2026, 11, 21, 2, 30, tzinfo=UTC)


@pytest.fixture(params=["sm2", "rsa"])
def declared(request: pytest.FixtureRequest) -> Iterator[AuthorityServer]:
    with AuthorityServer(request.param, clock=AT) as server:
        yield server


def test_tokens_of_the_declared_authority(declared: AuthorityServer) -> None:
    signer = declared.pki.signer("tsa")
    for name in ("sm3", "sha256", "sha384", "sha512"):
        token = timestamper(declared.tsa_url).timestamp(hash_bytes(name, CONTENT), name)
        facts = read_timestamp(token)
        facts.verify_signature()
        assert facts.is_over(CONTENT)
        assert (facts.time, facts.policy, facts.digest_name) == (AT, policy(), name)
        assert (facts.signer_certificate, facts.algorithm) == (signer.certificate, signer.algorithm)
        assert facts.minimal


@pytest.mark.parametrize(
    ("knob", "value", "why"),
    [
        ("rejects", "timeNotAvailable", "timeNotAvailable"),
        ("wrong_nonce", True, "another request"),
        ("wrong_imprint", True, "another digest"),
        ("with_certificates", False, "not inside"),
        ("wrong_certificate_named", True, "do not name"),
        ("status", 503, "status 503"),
        ("content_type", "text/html", "another type"),
        ("huge", True, "more than"),
        ("body", b"", "FORMAT_TIMESTAMP"),
    ],
)
def test_the_declared_authority_gone_wrong(declared: AuthorityServer, knob: str, value: object, why: str) -> None:
    setattr(declared.tsa, knob, value)
    with pytest.raises(TimestampError, match=why):
        timestamper(declared.tsa_url).timestamp(DIGEST, "sha256")


def test_a_slow_authority(declared: AuthorityServer) -> None:
    declared.tsa.delay = 30
    slow = HttpTimestamper(endpoint=Endpoint(url=declared.tsa_url, timeout=0.3), random=bytes)
    with pytest.raises(TimestampError, match="took longer"):
        slow.timestamp(DIGEST, "sha256")
