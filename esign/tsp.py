"""Timestamps (RFC 3161, RFC 5816): the request, what an authority may answer, and the token as facts.

A token says that some digest existed at a time. It is signed data of one signer around a TSTInfo. Whether the signer is
a timestamp authority that somebody trusts is the path's matter and is judged elsewhere.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from keys import (
    ALGORITHMS,
    SM2_SM3,
    Algorithm,
    BadSignatureError,
    Certificate,
    DerReader,
    KeysError,
    UnsupportedAlgorithmError,
    der_signature,
    digest_size,
    hash_bytes,
)
from keys import der as d

from .china import YEARS
from .cms_names import SIGNED_DATA, TST_INFO
from .errors import Fault, MalformedError, TimestampRefusedError, TooLargeError
from .foreign_cms import ForeignSignedData, ForeignSigner
from .foreign_cms_reading import read_foreign_cms
from .signature_values import RAW_BYTES, digest_named, embedded_certificate

MAX_TOKEN_BYTES = 64 * 1024
"""With a chain of certificates a token has about 8 kB."""
MAX_RESPONSE_BYTES = MAX_TOKEN_BYTES + 4096
MAX_ACCURACY_SECONDS = 24 * 60 * 60
"""A token that is less accurate says nothing."""
MAX_NUMBER_BITS = 160
"""Of a serial number (RFC 3161 section 2.4.2) and of a nonce."""

_GRANTED = (0, 1)  # granted, grantedWithMods
_FAILURES = {
    0: "badAlg",
    2: "badRequest",
    5: "badDataFormat",
    14: "timeNotAvailable",
    15: "unacceptedPolicy",
    16: "unacceptedExtension",
    17: "addInfoNotAvailable",
    25: "systemFailure",
}
_EXPLICIT_0 = 0xA0
_TSA, _EXTENSIONS = 0xA0, 0xA1
_MILLIS, _MICROS = 0x80, 0x81
_DIGEST_OIDS = {row.digest: row.digest_oid for row in ALGORITHMS}
_FRACTION_DIGITS = 9
_SECONDS_FORM = 14  # yyyymmddhhmmss


class Timestamper(Protocol):
    """Somebody who says when a digest existed."""

    def timestamp(self, digest: bytes, digest_name: str) -> bytes:
        """A token over `digest`, made by `digest_name` (`sm3`, `sha256`, `sha384`, `sha512`).

        Raises:
            TimestampError: there is none to be had now.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class TimestampToken:
    """The facts of one token."""

    der: bytes = field(repr=False)
    """The token as it stands in the file."""
    time: datetime
    """Aware, UTC; cut to microseconds."""
    digest_name: str
    """`sm3`, `sha256`, `sha384` or `sha512`."""
    imprint: bytes
    """The digest that existed at `time`."""
    serial: int
    policy: str
    """Object identifier."""
    accuracy: timedelta | None
    """How far from `time` it may have been, either way; None when the token does not say."""
    nonce: int | None
    certificates: tuple[Certificate, ...] = field(repr=False)
    """Those that we can read: the signer's first, the others in the order of the file."""
    algorithm: Algorithm
    minimal: bool
    """Whether every byte is explained: strict DER, one form, nothing unsigned but the certificates, which the path must
    explain. Where only such a token is allowed, nothing can be hidden in it."""
    _info: bytes = field(repr=False)
    _signer: ForeignSigner = field(repr=False)

    @property
    def signer_certificate(self) -> Certificate:
        """The authority's certificate, which the signed attributes name."""
        return self.certificates[0]

    def verify_signature(self) -> None:
        """Check the signature over the token's content (not the certificate, its usage and its path).

        Raises:
            BadSignatureError: it does not verify.
            KeysError: it could not be checked: no provider.
        """
        if not self._signer.digest_matches(self._info):
            raise BadSignatureError("the token's content is not what was signed")
        self._signer.verify_signature(self._info)

    def is_over(self, *content: bytes | memoryview) -> bool:
        """Whether the concatenated chunks are what existed at `time`."""
        return self.imprint == hash_bytes(self.digest_name, content)


def timestamp_request(digest: bytes, digest_name: str, nonce: int) -> bytes:
    """A TimeStampReq (RFC 3161 section 2.4.1) for a digest, which asks for the authority's certificate.

    A digest of another size than `digest_name` has, or a nonce that is not positive or too long, is a `ValueError`;
    an unknown name a `keys.UnsupportedAlgorithmError`.
    """
    if len(digest) != digest_size(digest_name):
        raise ValueError("the digest has another size")
    if not 0 < nonce < 1 << MAX_NUMBER_BITS:
        raise ValueError(f"a nonce is a positive number of at most {MAX_NUMBER_BITS} bits")
    algorithm = d.sequence(d.oid(_DIGEST_OIDS[digest_name]), b"" if digest_name == SM2_SM3.digest else d.null())
    imprint = d.sequence(algorithm, d.octet_string(digest))
    return d.sequence(d.integer(1), imprint, d.integer(nonce), d.boolean(True))


def token_from_response(response: bytes, *, digest: bytes, digest_name: str, nonce: int) -> bytes:
    """The token in a TimeStampResp (RFC 3161 section 2.4.2), after making sure that it is the one we asked for.

    Its signature is checked, not the authority's certificate.

    Raises:
        TimestampRefusedError: the authority declined, or the token is over another digest, has another nonce, or a
            signature that does not verify.
        TooLargeError: more than `MAX_RESPONSE_BYTES`.
        MalformedError: `FORMAT_TIMESTAMP` when it is no response, or its token none that we read.
    """
    if len(response) > MAX_RESPONSE_BYTES:
        raise TooLargeError(f"a timestamp response of {len(response)} bytes; the limit is {MAX_RESPONSE_BYTES}")
    try:
        outer = DerReader(response)
        reader = outer.read_sequence()
        outer.finish()
        _check_status(reader.read_sequence())
        der = reader.read_raw()
        reader.finish()
    except KeysError as error:
        raise MalformedError(Fault.FORMAT_TIMESTAMP, f"not a timestamp response: {error}") from error
    token = read_timestamp(der)
    if (token.digest_name, token.imprint) != (digest_name, digest):
        raise TimestampRefusedError("the token is over another digest")
    if token.nonce != nonce:
        raise TimestampRefusedError("the token answers another request")
    try:
        token.verify_signature()
    except KeysError as error:
        raise TimestampRefusedError(f"the token's signature does not verify: {error}") from error
    return der


def read_timestamp(der: bytes) -> TimestampToken:
    """Read a token with the authority's certificate inside.

    Raises:
        TooLargeError: more than `MAX_TOKEN_BYTES`, or a limit of `esign.foreign_cms`.
        MalformedError: `FORMAT_TIMESTAMP` when it is no such token, `ALGORITHM_UNAVAILABLE` when one of its algorithms
            is not in our table (SHA-1 is not).
    """
    if len(der) > MAX_TOKEN_BYTES:
        raise TooLargeError(f"a timestamp of {len(der)} bytes; the limit is {MAX_TOKEN_BYTES}")
    try:
        return _read_token(der)
    except UnsupportedAlgorithmError as error:
        raise MalformedError(Fault.ALGORITHM_UNAVAILABLE, str(error)) from error
    except KeysError as error:
        raise MalformedError(Fault.FORMAT_TIMESTAMP, str(error)) from error
    except MalformedError as error:
        raise MalformedError(Fault.FORMAT_TIMESTAMP, error.detail) from error


def _check_status(status: DerReader) -> None:
    """PKIStatusInfo. Its free text comes from outside and is not repeated."""
    number = _read_number(status)
    if status.peek() == d.SEQUENCE:
        status.read_raw()
    failures = b"" if status.at_end else status.read(d.BIT_STRING)
    status.finish()
    if number in _GRANTED:
        return
    bits = "".join(f"{byte:08b}" for byte in failures[1:5])
    named = [_FAILURES.get(place, str(place)) for place, bit in enumerate(bits) if bit == "1"]
    raise TimestampRefusedError(", ".join(["the timestamp authority declined", f"status {number}", *named]))


def _read_token(der: bytes) -> TimestampToken:
    if der[:1] != bytes([d.SEQUENCE]):
        raise MalformedError(Fault.FORMAT_TIMESTAMP, "not a token")
    cms = read_foreign_cms(der)
    _expect(cms.outer_type == SIGNED_DATA and cms.content_type == TST_INFO, "the content is no timestamp")
    _expect(cms.content is not None, "the timestamp's content is not inside")
    _expect(len(cms.signers) == 1, "a token has one signer")
    info, signer = cms.content or b"", cms.signers[0]
    _expect(signer.names_certificate() is True, "the signed attributes do not name the signer's certificate")
    algorithm = signer.algorithm

    outer = DerReader(info)
    reader = outer.read_sequence()
    outer.finish()
    _expect(reader.read_integer() == 1, "unknown version of a timestamp")
    policy = reader.read_oid()
    imprint = reader.read_sequence()
    digest_name, digest = digest_named(imprint.read_raw()), imprint.read_octet_string()
    imprint.finish()
    _expect(len(digest) == digest_size(digest_name), "a digest of another size than its algorithm has")
    serial = _read_number(reader)
    time = _read_time(reader)
    accuracy = _read_accuracy(reader.read_sequence()) if reader.peek() == d.SEQUENCE else None
    if reader.peek() == d.BOOLEAN:
        reader.read_boolean()  # ordering: among the tokens of one authority, which we never compare
    nonce = _read_number(reader) if reader.peek() == d.INTEGER else None
    if reader.peek() == _TSA:
        reader.read_raw()  # a hint at the authority's name; its certificate tells
    if reader.peek() == _EXTENSIONS:
        _check_extensions(reader.read(_EXTENSIONS))
    reader.finish()
    return TimestampToken(
        der=der,
        time=time,
        digest_name=digest_name,
        imprint=digest,
        serial=serial,
        policy=policy,
        accuracy=accuracy,
        nonce=nonce,
        certificates=_certificates(cms, signer),
        algorithm=algorithm,
        minimal=_only_form(cms, signer) == der,
        _info=info,
        _signer=signer,
    )


def _certificates(cms: ForeignSignedData, signer: ForeignSigner) -> tuple[Certificate, ...]:
    found = [signer.certificate()]
    for raw in dict.fromkeys(cms.certificates):
        try:
            certificate = embedded_certificate(raw)
        except KeysError:
            continue  # the path may do without it
        if certificate != found[0]:
            found.append(certificate)
    return tuple(found)


def _only_form(cms: ForeignSignedData, signer: ForeignSigner) -> bytes | None:
    """The token again from its signed parts, its certificates and its signature value (RFC 5652 sections 5.1, 5.3).

    None when a certificate cannot be read: no path will explain it.
    """
    attributes = signer.signed_attributes or b""
    try:
        for raw in cms.certificates:
            embedded_certificate(raw)
        DerReader(attributes).read_set()
    except KeysError:
        return None
    # Products also write SM2 values as r‖s; one of the two is enough.
    is_raw = signer.algorithm == SM2_SM3 and len(signer.signature) == RAW_BYTES
    value = der_signature(signer.signature) if is_raw else signer.signature
    if signer.key_identifier is None:
        certificate = signer.certificate()
        version, name = 1, d.sequence(certificate.issuer_der, d.integer(certificate.serial))
    else:
        version, name = 3, d.context(0, signer.key_identifier, primitive=True)
    signer_info = d.sequence(
        d.integer(version),
        name,
        signer.digest_identifier,
        bytes([_EXPLICIT_0]) + attributes[1:],
        signer.algorithm_identifier,
        d.octet_string(value),
    )
    signed_data = d.sequence(
        d.integer(3),
        d.set_of(signer.digest_identifier),
        d.sequence(d.oid(TST_INFO), d.context(0, d.octet_string(cms.content or b""))),
        d.context(0, *cms.certificates),
        d.set_of(signer_info),
    )
    return d.sequence(d.oid(SIGNED_DATA), d.context(0, signed_data))


def _read_number(reader: DerReader) -> int:
    number = reader.read_integer()
    _expect(number.bit_length() <= MAX_NUMBER_BITS, "a number that is too long")
    return number


def _read_time(reader: DerReader) -> datetime:
    """GeneralizedTime with an optional fraction of a second, without trailing zeros (RFC 3161 section 2.4.2)."""
    content = reader.read(d.GENERALIZED_TIME)
    digits, point, fraction = content[:-1].partition(b".")
    whole = DerReader(d.tlv(d.GENERALIZED_TIME, digits, b"Z")).read_time()
    _expect(content[-1:] == b"Z" and len(digits) == _SECONDS_FORM, "a time not in DER")
    _expect(whole.year in YEARS, "a time beyond all calendars")
    if not point:
        return whole
    form = fraction.isdigit() and len(fraction) <= _FRACTION_DIGITS and not fraction.endswith(b"0")
    _expect(form, "a time not in DER")
    return whole + timedelta(microseconds=int(fraction.ljust(6, b"0")[:6]))


def _read_accuracy(reader: DerReader) -> timedelta:
    seconds = reader.read_integer() if reader.peek() == d.INTEGER else 0
    millis, micros = (_read_thousandths(reader, tag) for tag in (_MILLIS, _MICROS))
    reader.finish()
    _expect(0 <= seconds <= MAX_ACCURACY_SECONDS, "an accuracy that says nothing")
    return timedelta(seconds=seconds, milliseconds=millis, microseconds=micros)


def _read_thousandths(reader: DerReader, tag: int) -> int:
    if reader.peek() != tag:
        return 0
    number = DerReader(d.tlv(d.INTEGER, reader.read(tag))).read_integer()
    _expect(1 <= number <= 999, "an accuracy out of range")
    return number


def _check_extensions(content: bytes) -> None:
    """RFC 3161 section 2.4.2: a critical extension that is not understood makes the token worthless."""
    reader = DerReader(content)
    while not reader.at_end:
        extension = reader.read_sequence()
        extension.read_oid()
        critical = extension.peek() == d.BOOLEAN and extension.read_boolean()
        extension.read_octet_string()
        extension.finish()
        _expect(not critical, "a critical extension that is not understood")


def _expect(condition: bool, otherwise: str) -> None:
    if not condition:
        raise MalformedError(Fault.FORMAT_TIMESTAMP, otherwise)
