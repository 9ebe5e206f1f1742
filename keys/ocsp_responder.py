"""The responder's side of OCSP (RFC 6960): reading the question, making the response."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from keys import der
from keys.certificate_id import CertificateId, read_certificate_id, sha1_of_key
from keys.der import DerReader
from keys.errors import BadSignatureError, KeyUnusableError, MalformedDerError, MalformedRevocationError
from keys.leniency import Leniency
from keys.ocsp import (
    BASIC_RESPONSE,
    FAILURES,
    MAX_OCSP_ANSWERS,
    MAX_OCSP_SIZE,
    OcspAnswer,
    OcspResponse,
    nonce_extension,
    read_nonce,
    read_ocsp_response,
)
from keys.revocation import REASON_NUMBERS
from keys.signer import Signer

_FAILURE_NUMBERS: Final = {name: number for number, name in FAILURES.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class OcspRequest:
    """About which certificates somebody asks."""

    questions: tuple[CertificateId, ...]
    nonce: bytes | None


def read_ocsp_request(data: bytes) -> OcspRequest:
    """Read a request. Who asks, and a signature, are not looked at. `MalformedRevocationError` when it is none."""
    if len(data) > MAX_OCSP_SIZE:
        raise MalformedRevocationError("OCSP request too large")
    try:
        return _read_request(data)
    except MalformedDerError as error:
        raise MalformedRevocationError(f"not an OCSP request: {error}") from error


def make_ocsp_response(
    answers: Sequence[OcspAnswer],
    *,
    responder: Signer,
    produced_at: datetime,
    nonce: bytes | None = None,
    by_key: bool = False,
    with_certificate: bool = True,
) -> OcspResponse:
    """Make and sign a response.

    `by_key` names the responder by the hash of its key, not by its name. `with_certificate` puts in the responder's own
    certificate, which a client needs unless the responder is the CA. `KeyUnusableError` when the signature is bad.
    """
    certificate = responder.certificate
    if by_key:
        name = der.context(2, der.octet_string(sha1_of_key(certificate)))
    else:
        name = der.context(1, certificate.subject_der)
    tbs = der.sequence(
        name,
        der.generalized_time(produced_at),
        der.sequence(*(_answer(answer) for answer in answers)),
        b"" if nonce is None else der.context(1, der.sequence(nonce_extension(nonce))),
    )
    basic = der.sequence(
        tbs,
        responder.algorithm.signature_identifier,
        der.bit_string(responder.sign(tbs)),
        der.context(0, der.sequence(certificate.der)) if with_certificate else b"",
    )
    typed = der.sequence(der.oid(BASIC_RESPONSE), der.octet_string(basic))
    response = read_ocsp_response(der.sequence(der.tlv(der.ENUMERATED, b"\0"), der.context(0, typed)))
    try:
        response.verify_by(certificate)
    except BadSignatureError as error:
        raise KeyUnusableError("a fresh signature did not verify") from error
    return response


def make_ocsp_failure(name: str) -> bytes:
    """Return the DER of a response without an answer, by a name from `keys.ocsp.FAILURES`. Such are never signed."""
    return der.sequence(der.tlv(der.ENUMERATED, bytes((_FAILURE_NUMBERS[name],))))


def _answer(answer: OcspAnswer) -> bytes:
    if answer.status == "revoked" and answer.revocation is not None:
        reason = answer.revocation.reason
        code = b"" if reason is None else der.tlv(der.ENUMERATED, bytes((REASON_NUMBERS[reason],)))
        at = der.generalized_time(answer.revocation.at)
        status = der.context(1, at, der.context(0, code) if code else b"")
    else:
        status = der.context(0 if answer.status == "good" else 2, primitive=True)
    following = answer.next_update
    return der.sequence(
        answer.certificate_id.encoded(),
        status,
        der.generalized_time(answer.this_update),
        b"" if following is None else der.context(0, der.generalized_time(following)),
    )


def _read_request(data: bytes) -> OcspRequest:
    outer = DerReader(data)
    request = outer.read_sequence()
    outer.finish()
    reader = request.read_sequence()
    # Version and the asker's name: both may be left out and say nothing here.
    for tag in (0xA0, 0xA1):
        if reader.peek() == tag:
            reader.read(tag)
    questions: list[CertificateId] = []
    items = reader.read_sequence()
    while not items.at_end:
        if len(questions) == MAX_OCSP_ANSWERS:
            raise MalformedRevocationError("OCSP request about too many certificates")
        questions.append(read_certificate_id(items.read_sequence()))
    leniencies: set[Leniency] = set()
    nonce = None
    if not reader.at_end:
        nonce = read_nonce(DerReader(reader.read(0xA2)).read_sequence(), leniencies)
    reader.finish()
    return OcspRequest(questions=tuple(questions), nonce=nonce)
