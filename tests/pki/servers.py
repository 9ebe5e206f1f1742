"""The other side as a real HTTP server: the declared CAs' lists, their OCSP responders and a timestamp authority.

    with AuthorityServer("sm2", clock=AT) as authority:
        signer = authority.pki.signer("seal")       # its certificate names this server's addresses
        authority.revoke("seal", at=AT, reason="superseded")
        authority.tsa.delay = 30                     # from now on it is slow

Every service has knobs (`Behaviour`) that may be turned at any time, and counts who asked.
"""

import threading
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self

import timestamping
from declared import DeclaredPki, declared_pki, policy

import keys

ANSWER_LIFE = timedelta(days=1)
HUGE = 8 * 1024 * 1024
"""Bytes of a body that nobody should read to its end."""
_TYPES = {
    "crl": "application/pkix-crl",
    "ocsp": "application/ocsp-response",
    "tsa": "application/timestamp-reply",
}


@dataclass
class Behaviour:
    """How one service behaves; as made, it is quick and honest."""

    delay: float = 0
    """Seconds before the answer; they end when the server is closed."""
    status: int = 200
    """HTTP status; 503 is a service that is down. For a port that refuses connections see `AuthorityServer.close`."""
    body: bytes | None = None
    """Sent in place of the answer."""
    huge: bool = False
    """Sends `HUGE` zero bytes in place of the answer."""
    content_type: str | None = None
    requests: list[bytes] = field(default_factory=list)
    """Bodies of the requests so far (empty for GET)."""


@dataclass
class OcspBehaviour(Behaviour):
    responder: str | None = "ocsp"
    """Certificate that signs: `ocsp` (delegated, needs no check), `ocsp-checked`, `other-ocsp`; None is the CA itself.
    The declared responders are of `issuing-ca`; for other CAs the CA always answers itself."""
    by_key: bool = False
    """Whether it names itself by its key."""
    with_certificate: bool = True
    with_nonce: bool = True
    wrong_nonce: bool = False
    wrong_serial: bool = False
    """Answers about another certificate than was asked."""
    forced_status: str | None = None
    """`good` or `unknown` for everything, whatever is declared."""
    failure: str | None = None
    """A name of RFC 6960 clause 4.2.1, such as `tryLater`."""
    age: timedelta = timedelta()
    """How long before the clock its answers were made."""


@dataclass
class TsaBehaviour(Behaviour):
    signer: str = "tsa"
    """`tsa`, `tsa-expired`, `tsa-not-critical`, `tsa-wrong-purpose`, `tsa-revoked`, `other-tsa` or any other name."""
    clock: datetime | None = None
    """The time that it stamps; the server's clock when None."""
    wrong_nonce: bool = False
    wrong_imprint: bool = False
    rejects: str | None = None
    """A name of `timestamping.FAILURES`."""
    with_certificates: bool = True
    """False: leaves its certificates out even when they are asked for."""
    wrong_certificate_named: bool = False
    """The signing-certificate attribute names the root."""


class AuthorityServer:
    """Serves one family of the declared PKI on a free port of 127.0.0.1, as a context manager."""

    def __init__(self, family: str, *, clock: datetime) -> None:
        self.clock = clock
        """What the CAs, the responders and the timestamp authority take for now; may be set."""
        self.crl = Behaviour()
        self.ocsp = OcspBehaviour()
        self.tsa = TsaBehaviour()
        self._stopping = threading.Event()
        self._serial = 0
        self._server = _Server(self)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self.pki: DeclaredPki = declared_pki(family, self.url)
        self._revocations = self.pki.revocations()
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    @property
    def requests(self) -> int:
        """How often its CAs were asked."""
        return len(self.crl.requests) + len(self.ocsp.requests)

    @property
    def tsa_url(self) -> str:
        return f"{self.url}/tsa"

    def crl_url(self, issuer: str = "issuing-ca") -> str:
        return f"{self.url}/crl/{issuer}.crl"

    def ocsp_url(self, issuer: str = "issuing-ca") -> str:
        return f"{self.url}/ocsp/{issuer}"

    def revoke(
        self, name: str, *, at: datetime, reason: str | None = None, invalid_since: datetime | None = None
    ) -> None:
        """Take a certificate back; it is published from `at` on, by the server's clock."""
        self._revocations[name] = keys.Revocation(at=at, reason=reason, invalid_since=invalid_since)

    def close(self) -> None:
        """End it: from now on the port refuses connections."""
        self._stopping.set()
        if self._thread.is_alive():
            self._server.shutdown()
            self._thread.join()
        self._server.server_close()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # --- what the services answer; also called directly by tests that need no network ---

    def make_crl(self, issuer: str = "issuing-ca") -> bytes:
        return self.pki.crl(issuer, self.clock, self._revocations).der

    def make_ocsp(self, request: bytes, issuer: str = "issuing-ca") -> bytes:
        knobs = self.ocsp
        if knobs.failure is not None:
            return keys.make_ocsp_failure(knobs.failure)
        asked = keys.read_ocsp_request(request)
        made = self.clock - knobs.age
        responder = knobs.responder if knobs.responder is not None and issuer == "issuing-ca" else issuer
        nonce = asked.nonce if knobs.with_nonce else None
        return keys.make_ocsp_response(
            [self._answer(question, issuer, made) for question in asked.questions],
            responder=self.pki.signer(responder),
            produced_at=made,
            nonce=bytes(16) if knobs.wrong_nonce else nonce,
            by_key=knobs.by_key,
            with_certificate=knobs.with_certificate and responder != issuer,
        ).der

    def make_timestamp(self, request: bytes) -> bytes:
        """The whole TimeStampResp."""
        knobs = self.tsa
        if knobs.rejects is not None:
            return timestamping.rejected(knobs.rejects)
        try:
            asked = timestamping.read_request(request)
        except keys.KeysError:
            return timestamping.rejected("badRequest")
        self._serial += 1
        imprint = asked.imprint_der
        nonce = asked.nonce
        token = timestamping.make_token(
            self.pki.signer(knobs.signer),
            imprint_der=imprint[:-1] + bytes((imprint[-1] ^ 1,)) if knobs.wrong_imprint else imprint,
            at=knobs.clock or self.clock,
            policy=policy(),
            serial=self._serial,
            nonce=nonce + 1 if knobs.wrong_nonce and nonce is not None else nonce,
            with_certificates=asked.wants_certificate and knobs.with_certificates,
            names_certificate=self.pki.root if knobs.wrong_certificate_named else None,
        )
        return timestamping.granted(token)

    def _answer(self, question: keys.CertificateId, issuer: str, made: datetime) -> keys.OcspAnswer:
        knobs = self.ocsp
        names = [name for name in self.pki.issued_by(issuer) if self.pki.serial(name) == question.serial]
        revocation = self._revocations.get(names[0]) if names else None
        if revocation is not None and revocation.at > made:
            revocation = None
        status = "unknown" if not names else "good" if revocation is None else "revoked"
        if knobs.forced_status is not None:
            status, revocation = knobs.forced_status, None
        if knobs.wrong_serial:
            question = keys.CertificateId(
                digest_oid=question.digest_oid,
                issuer_name_hash=question.issuer_name_hash,
                issuer_key_hash=question.issuer_key_hash,
                serial=question.serial + 1,
            )
        return keys.OcspAnswer(
            certificate_id=question,
            status=status,  # type: ignore[arg-type]
            revocation=revocation,
            this_update=made,
            next_update=made + ANSWER_LIFE,
        )


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, authority: AuthorityServer) -> None:
        self.authority = authority
        super().__init__(("127.0.0.1", 0), _Handler)

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: clients that give up are what the tests are about."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_GET(self) -> None:
        self._serve(b"")

    def do_POST(self) -> None:
        self._serve(self.rfile.read(int(self.headers.get("Content-Length", "0"))))

    def log_message(self, format: str, *arguments: object) -> None:
        pass

    def _serve(self, request: bytes) -> None:
        authority = self.server.authority
        service, _, rest = self.path.strip("/").partition("/")
        issuer = rest.removesuffix(".crl")
        knobs: dict[str, Behaviour] = {"crl": authority.crl, "ocsp": authority.ocsp, "tsa": authority.tsa}
        behaviour = knobs.get(service)
        if behaviour is None or (service != "tsa" and issuer not in authority.pki.names):
            self._send(404, "text/plain", b"")
            return
        behaviour.requests.append(request)
        if behaviour.delay:
            authority._stopping.wait(behaviour.delay)
        content_type = behaviour.content_type or _TYPES[service]
        if behaviour.status != 200:
            self._send(behaviour.status, "text/plain", b"")
        elif behaviour.huge:
            self._send(200, content_type, bytes(HUGE))
        elif behaviour.body is not None:
            self._send(200, content_type, behaviour.body)
        elif service == "crl":
            self._send(200, content_type, authority.make_crl(issuer))
        elif service == "ocsp":
            try:
                self._send(200, content_type, authority.make_ocsp(request, issuer))
            except keys.MalformedRevocationError:
                self._send(200, content_type, keys.make_ocsp_failure("malformedRequest"))
        else:
            self._send(200, content_type, authority.make_timestamp(request))

    def _send(self, status: int, content_type: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        # One request a connection, so that closing the server leaves none open.
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)
