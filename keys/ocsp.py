"""Asking a CA about one certificate and reading what its responder says (RFC 6960).

A response is facts. Whether its responder may speak for the CA, and whether it is recent enough, is judged elsewhere.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Literal

from keys import der
from keys.algorithms import Algorithm, read_algorithm
from keys.certificate_id import CertificateId, read_certificate_id, sha1_of_key
from keys.certificates import Certificate, parse_certificate
from keys.der import DerReader
from keys.errors import (
    BadSignatureError,
    KeysError,
    MalformedDerError,
    MalformedRevocationError,
    OcspRefusedError,
)
from keys.extensions import extension, read_extension
from keys.leniency import Leniency
from keys.revocation import REASONS, Revocation

MAX_OCSP_SIZE: Final = 64 * 1024
"""Bytes of a request or response; with three certificates inside it has about 5 kB."""
MAX_OCSP_ANSWERS: Final = 64
"""Certificates that one request asks about or one response speaks of."""
MAX_OCSP_CERTIFICATES: Final = 8
MAX_OCSP_NONCE: Final = 128
"""Bytes (RFC 9654 clause 2.1)."""

BASIC_RESPONSE: Final = "1.3.6.1.5.5.7.48.1.1"
NONCE: Final = "1.3.6.1.5.5.7.48.1.2"
FAILURES: Final = {
    1: "malformedRequest",
    2: "internalError",
    3: "tryLater",
    5: "sigRequired",
    6: "unauthorized",
}
"""Number to name (RFC 6960 clause 4.2.1)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OcspAnswer:
    """What a response says about one certificate."""

    certificate_id: CertificateId
    status: Literal["good", "revoked", "unknown"]
    """`unknown`: the responder does not know the certificate."""
    revocation: Revocation | None = None
    """With `revoked` only."""
    this_update: datetime
    next_update: datetime | None = None
    """When there will be newer information; None is: at any time."""

    def is_about(self, certificate: Certificate, issuer: Certificate) -> bool:
        """Whether it speaks of this certificate of this issuer; False also when the hash is unknown to us."""
        return self.certificate_id.is_about(certificate, issuer)


@dataclass(frozen=True, slots=True, kw_only=True)
class OcspResponse:
    """One successful response; equal to another when the bytes are."""

    der: bytes
    """The whole OCSPResponse, which is what evidence keeps."""
    tbs: bytes = field(compare=False, repr=False)
    algorithm: Algorithm = field(compare=False)
    signature: bytes = field(compare=False, repr=False)
    responder_name: bytes | None = field(compare=False)
    """DER of the responder's name; None when it names itself by its key."""
    responder_key_hash: bytes | None = field(compare=False)
    produced_at: datetime = field(compare=False)
    certificates: tuple[Certificate, ...] = field(compare=False, repr=False)
    """Those inside that we can read; no order is promised."""
    unreadable_certificates: int = field(compare=False, default=0)
    """How many more there are inside: no signature covers them, so anything may stand there."""
    answers: tuple[OcspAnswer, ...] = field(compare=False, repr=False)
    nonce: bytes | None = field(compare=False)
    leniencies: frozenset[Leniency] = field(compare=False, default=frozenset())

    def names(self, certificate: Certificate) -> bool:
        """Whether the response calls the holder of this certificate its responder. Says nothing about the signature."""
        if self.responder_name is not None:
            return self.responder_name == certificate.subject_der
        return self.responder_key_hash == sha1_of_key(certificate)

    def verify_by(self, responder: Certificate) -> None:
        """Raise `BadSignatureError` unless the response names `responder` and its key signed it.

        Whether it may speak for the CA (it is the CA, or the CA's certificate says so) is not looked at.
        """
        if not self.names(responder):
            raise BadSignatureError("the responder has another name or key")
        responder.public_key.verify_as(self.algorithm, self.signature, self.tbs)


def ocsp_request(certificate: Certificate, issuer: Certificate, *, nonce: bytes | None = None) -> bytes:
    """Return the DER of an unsigned question about one certificate.

    A `nonce` (1 to 128 random bytes) ties the response to the question; many responders ignore it.
    """
    if nonce is not None and not 1 <= len(nonce) <= MAX_OCSP_NONCE:
        raise ValueError("a nonce has 1 to 128 bytes")
    question = der.sequence(CertificateId.of(certificate, issuer).encoded())
    extensions = b"" if nonce is None else der.context(2, der.sequence(nonce_extension(nonce)))
    return der.sequence(der.sequence(der.sequence(question), extensions))


def read_ocsp_response(data: bytes) -> OcspResponse:
    """Read one DER OCSPResponse with a basic response inside.

    `OcspRefusedError` when the responder gives no answer. Certificates inside that cannot be read are left out; any
    other oddity is a `MalformedRevocationError` or `UnsupportedAlgorithmError`, a critical extension that is not
    processed too (RFC 6960 clause 4.4).
    """
    if len(data) > MAX_OCSP_SIZE:
        raise MalformedRevocationError("OCSP response too large")
    try:
        return _read_response(data)
    except MalformedDerError as error:
        raise MalformedRevocationError(f"not an OCSP response: {error}") from error


def nonce_extension(nonce: bytes) -> bytes:
    """Encode the nonce as RFC 9654 clause 2.1 has it."""
    return extension(NONCE, der.octet_string(nonce))


def read_nonce(extensions: DerReader, leniencies: set[Leniency]) -> bytes | None:
    """Read the extensions of a request or response, of which the nonce is the only one that is processed."""
    nonce: bytes | None = None
    while not extensions.at_end:
        name, critical, value = read_extension(extensions, leniencies)
        if name == NONCE and nonce is None:
            # Older programs write the bytes without the OCTET STRING around them (RFC 2560).
            try:
                content = DerReader(value)
                nonce = content.read_octet_string()
                content.finish()
            except MalformedDerError:
                nonce = value
        elif critical or name == NONCE:
            raise MalformedRevocationError(f"extension {name} occurs twice or is critical and not processed")
    if nonce is not None and len(nonce) > MAX_OCSP_NONCE:
        raise MalformedRevocationError("nonce too long")
    return nonce


def _read_response(data: bytes) -> OcspResponse:
    outer = DerReader(data)
    envelope = outer.read_sequence()
    outer.finish()
    status = envelope.read(der.ENUMERATED)
    if status != b"\x00":
        failure = FAILURES.get(int.from_bytes(status, "big"), "an unknown status")
        raise OcspRefusedError(f"the OCSP responder answered {failure}")
    explicit = DerReader(envelope.read(0xA0))
    typed = explicit.read_sequence()
    explicit.finish()
    envelope.finish()
    if typed.read_oid() != BASIC_RESPONSE:
        raise MalformedRevocationError("OCSP response of another type")
    content = DerReader(typed.read_octet_string())
    typed.finish()
    whole = content.read_sequence()
    content.finish()

    leniencies: set[Leniency] = set()
    tbs = whole.read_raw()
    algorithm, overlooked = read_algorithm(whole.read_raw())
    leniencies |= overlooked
    signature = whole.read_bit_string()
    certificates, unreadable = ((), 0) if whole.at_end else _read_certificates(DerReader(whole.read(0xA0)))
    whole.finish()

    # RFC 6960 clause 4.2.1, in its order.
    reader = DerReader(tbs).read_sequence()
    if reader.peek() == 0xA0:
        version = DerReader(reader.read(0xA0))
        if version.read_integer() != 0:
            raise MalformedRevocationError("OCSP response of another version")
        version.finish()
        leniencies.add(Leniency.WRITTEN_DEFAULT)
    responder = reader.element()
    name, key_hash = _read_responder(responder)
    produced_at = reader.read_time()
    answers = _read_answers(reader.read_sequence(), leniencies)
    nonce = None
    if not reader.at_end:
        explicit = DerReader(reader.read(0xA1))
        nonce = read_nonce(explicit.read_sequence(), leniencies)
        explicit.finish()
    reader.finish()
    return OcspResponse(
        der=data,
        tbs=tbs,
        algorithm=algorithm,
        signature=signature,
        responder_name=name,
        responder_key_hash=key_hash,
        produced_at=produced_at,
        certificates=certificates,
        unreadable_certificates=unreadable,
        answers=answers,
        nonce=nonce,
        leniencies=frozenset(leniencies),
    )


def _read_responder(responder: der.Element) -> tuple[bytes | None, bytes | None]:
    inner = DerReader(responder.content)
    if responder.tag == 0xA1:
        name = der.sequence(inner.read(der.SEQUENCE))
        inner.finish()
        return name, None
    if responder.tag == 0xA2:
        key_hash = inner.read_octet_string()
        inner.finish()
        return None, key_hash
    raise MalformedRevocationError("OCSP responder is neither a name nor a key")


def _read_certificates(explicit: DerReader) -> tuple[tuple[Certificate, ...], int]:
    sequence = explicit.read_sequence()
    explicit.finish()
    found, count = [], 0
    while not sequence.at_end:
        count += 1
        if count > MAX_OCSP_CERTIFICATES:
            raise MalformedRevocationError("too many certificates in an OCSP response")
        certificate_der = sequence.read_raw()
        with suppress(KeysError):
            found.append(parse_certificate(certificate_der))
    return tuple(found), count - len(found)


def _read_answers(answers: DerReader, leniencies: set[Leniency]) -> tuple[OcspAnswer, ...]:
    found: list[OcspAnswer] = []
    while not answers.at_end:
        if len(found) == MAX_OCSP_ANSWERS:
            raise MalformedRevocationError("OCSP response about too many certificates")
        answer = answers.read_sequence()
        certificate_id = read_certificate_id(answer)
        status, revocation = _read_status(answer.element())
        this_update = answer.read_time()
        next_update: datetime | None = None
        if answer.peek() == 0xA0:
            explicit = DerReader(answer.read(0xA0))
            next_update = explicit.read_time()
            explicit.finish()
        if not answer.at_end:
            _refuse_critical(DerReader(answer.read(0xA1)).read_sequence(), leniencies)
        answer.finish()
        found.append(
            OcspAnswer(
                certificate_id=certificate_id,
                status=status,
                revocation=revocation,
                this_update=this_update,
                next_update=next_update,
            )
        )
    return tuple(found)


def _read_status(element: der.Element) -> tuple[Literal["good", "revoked", "unknown"], Revocation | None]:
    if element.tag in (0x80, 0x82) and not element.content:
        return ("good" if element.tag == 0x80 else "unknown"), None
    if element.tag != 0xA1:
        raise MalformedRevocationError("OCSP status is not good, revoked or unknown")
    reader = DerReader(element.content)
    at, reason = reader.read_time(), None
    if not reader.at_end:
        explicit = DerReader(reader.read(0xA0))
        reason = REASONS.get(int.from_bytes(explicit.read(der.ENUMERATED), "big"))
        explicit.finish()
    reader.finish()
    return "revoked", Revocation(at=at, reason=reason)


def _refuse_critical(extensions: DerReader, leniencies: set[Leniency]) -> None:
    while not extensions.at_end:
        name, critical, _ = read_extension(extensions, leniencies)
        if critical:
            raise MalformedRevocationError(f"critical extension {name} is not processed")
