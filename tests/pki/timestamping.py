"""A timestamp authority's side of RFC 3161, written on its own so that `esign` meets somebody else's bytes."""

from dataclasses import dataclass
from datetime import datetime

import keys
from keys import der

TST_INFO = "1.2.840.113549.1.9.16.1.4"
_SIGNED_DATA = "1.2.840.113549.1.7.2"
_CONTENT_TYPE = "1.2.840.113549.1.9.3"
_MESSAGE_DIGEST = "1.2.840.113549.1.9.4"
_SIGNING_CERTIFICATE_V2 = "1.2.840.113549.1.9.16.2.47"
_SHA256 = "2.16.840.1.101.3.4.2.1"
FAILURES = {"badAlg": 0, "badRequest": 2, "badDataFormat": 5, "timeNotAvailable": 14, "systemFailure": 25}
"""Names and bits of PKIFailureInfo (RFC 3161 clause 2.4.2)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What somebody wants stamped."""

    imprint_der: bytes
    """The whole MessageImprint."""
    nonce: int | None
    wants_certificate: bool


def read_request(data: bytes) -> Request:
    """Read a TimeStampReq; extensions and a policy that is asked for are ignored. `keys.KeysError` when it is none."""
    reader = der.DerReader(data).read_sequence()
    if reader.read_integer() != 1:
        raise keys.MalformedDerError("request of another version")
    imprint = reader.read_raw()
    if reader.peek() == der.OID:
        reader.read_oid()
    nonce = reader.read_integer() if reader.peek() == der.INTEGER else None
    wants = reader.read_boolean() if reader.peek() == der.BOOLEAN else False
    return Request(imprint_der=imprint, nonce=nonce, wants_certificate=wants)


def imprint(digest: bytes, algorithm: keys.Algorithm) -> bytes:
    """Encode a MessageImprint of a digest made by the algorithm's hash."""
    return der.sequence(algorithm.digest_identifier, der.octet_string(digest))


def make_token(
    signer: keys.Signer,
    *,
    imprint_der: bytes,
    at: datetime,
    policy: str,
    serial: int = 1,
    nonce: int | None = None,
    with_certificates: bool = True,
    names_certificate: keys.Certificate | None = None,
) -> bytes:
    """Make a TimeStampToken. `names_certificate` goes into its signing-certificate attribute, else the signer's own."""
    algorithm = signer.algorithm
    info = der.sequence(
        der.integer(1),
        der.oid(policy),
        imprint_der,
        der.integer(serial),
        der.generalized_time(at),
        der.sequence(der.integer(1)),  # accuracy: one second
        b"" if nonce is None else der.integer(nonce),
    )
    attributes = der.set_of(
        _attribute(_CONTENT_TYPE, der.oid(TST_INFO)),
        _attribute(_MESSAGE_DIGEST, der.octet_string(keys.hash_bytes(algorithm.digest, info))),
        _attribute(_SIGNING_CERTIFICATE_V2, _signing_certificate(names_certificate or signer.certificate, algorithm)),
    )
    signer_info = der.sequence(
        der.integer(1),
        der.sequence(signer.certificate.issuer_der, der.integer(signer.certificate.serial)),
        algorithm.digest_identifier,
        b"\xa0" + attributes[1:],
        algorithm.signature_identifier,
        der.octet_string(signer.sign(attributes)),
    )
    certificates = b"".join(sorted(certificate.der for certificate in signer.chain))
    signed_data = der.sequence(
        der.integer(3),
        der.set_of(algorithm.digest_identifier),
        der.sequence(der.oid(TST_INFO), der.context(0, der.octet_string(info))),
        der.context(0, certificates) if with_certificates else b"",
        der.set_of(signer_info),
    )
    return der.sequence(der.oid(_SIGNED_DATA), der.context(0, signed_data))


def granted(token: bytes) -> bytes:
    """Wrap a token in the response that a request is answered with."""
    return der.sequence(der.sequence(der.integer(0)), token)


def rejected(failure: str) -> bytes:
    """Make the response that refuses, for a reason of `FAILURES`."""
    bit = FAILURES[failure]
    bits = der.tlv(der.BIT_STRING, bytes((7 - bit % 8,)) + bytes(bit // 8) + bytes((0x80 >> bit % 8,)))
    return der.sequence(der.sequence(der.integer(2), der.sequence(der.utf8_string("no")), bits))


def _attribute(kind: str, value: bytes) -> bytes:
    return der.sequence(der.oid(kind), der.set_of(value))


def _signing_certificate(certificate: keys.Certificate, algorithm: keys.Algorithm) -> bytes:
    """Encode a SigningCertificateV2 (RFC 5035 clause 3); SHA-256 is the default that DER leaves out."""
    hashed = der.octet_string(keys.hash_bytes(algorithm.digest, certificate.der))
    digest = b"" if algorithm.digest_oid == _SHA256 else algorithm.digest_identifier
    issuer = der.sequence(der.sequence(der.context(4, certificate.issuer_der)), der.integer(certificate.serial))
    return der.sequence(der.sequence(der.sequence(digest, hashed, issuer)))
