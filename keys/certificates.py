"""X.509 certificates (RFC 5280; SM2 ones after GB/T 20518 and GM/T 0015), read strictly.

A certificate is facts. Whether its chain leads to an anchor and its usage fits is judged elsewhere.
"""

from __future__ import annotations

import binascii
import re
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import MAXYEAR, MINYEAR, datetime
from functools import lru_cache
from typing import Final

from keys import der
from keys.algorithms import Algorithm, hash_bytes, read_algorithm
from keys.der import DerReader
from keys.errors import BadSignatureError, MalformedCertificateError, MalformedDerError
from keys.extensions import read_default_false, read_extension
from keys.leniency import Leniency
from keys.names import DistinguishedName, read_name
from keys.pem import WHITE_SPACE
from keys.ports import PublicKey
from keys.publication import (
    AUTHORITY_INFORMATION_ACCESS,
    CA_ISSUERS_ACCESS,
    CRL_DISTRIBUTION_POINTS,
    OCSP_ACCESS,
    read_distribution_points,
    read_information_access,
)
from keys.software import load_public_key

DEVELOPMENT_MARK: Final = "仅供测试 TEST ONLY"
"""Organisational unit of every certificate of a development PKI."""

MAX_CERTIFICATE_SIZE: Final = 64 * 1024
"""Bytes; the largest real one seen has about 8 kB."""
MAX_BUNDLE_SIZE: Final = 4 * 1024 * 1024
"""Bytes of one PEM file, enough for every root of a country."""
MAX_SERIAL_BITS: Final = 159
"""RFC 5280 clause 4.1.2.2: positive, 20 octets."""

SUBJECT_KEY_IDENTIFIER: Final = "2.5.29.14"
KEY_USAGE: Final = "2.5.29.15"
BASIC_CONSTRAINTS: Final = "2.5.29.19"
AUTHORITY_KEY_IDENTIFIER: Final = "2.5.29.35"
EXTENDED_KEY_USAGE: Final = "2.5.29.37"
OCSP_NO_CHECK: Final = "1.3.6.1.5.5.7.48.1.5"

KEY_USAGES: Final = (
    "digitalSignature",
    "nonRepudiation",
    "keyEncipherment",
    "dataEncipherment",
    "keyAgreement",
    "keyCertSign",
    "cRLSign",
    "encipherOnly",
    "decipherOnly",
)
"""Names of RFC 5280 clause 4.2.1.3 in the order of their bits."""

_PEM: Final = re.compile(rb"-----BEGIN ([A-Z0-9 ]+)-----([A-Za-z0-9+/=\s]*)-----END \1-----")


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """One certificate; equal to another when the bytes are."""

    der: bytes
    tbs: bytes = field(compare=False, repr=False)
    """The signed part, as it stands in `der`."""
    algorithm: Algorithm = field(compare=False)
    """What the issuer signed with."""
    signature: bytes = field(compare=False, repr=False)
    subject: DistinguishedName = field(compare=False)
    issuer: DistinguishedName = field(compare=False)
    serial: int = field(compare=False)
    not_before: datetime = field(compare=False)
    not_after: datetime = field(compare=False)
    public_key: PublicKey = field(compare=False)
    key_usage: frozenset[str] = field(compare=False)
    """Names from `KEY_USAGES`; empty when the extension is absent."""
    extended_key_usage: frozenset[str] = field(compare=False)
    """Object identifiers; empty when the extension is absent."""
    is_ca: bool = field(compare=False)
    path_length: int | None = field(compare=False)
    """How many more CAs may follow; None is no limit."""
    subject_key_identifier: bytes | None = field(compare=False)
    crl_urls: tuple[str, ...] = field(compare=False, default=())
    """Where the issuer's revocation list is; http and https only, as are the two below."""
    ocsp_urls: tuple[str, ...] = field(compare=False, default=())
    ca_issuer_urls: tuple[str, ...] = field(compare=False, default=())
    """Where the issuer's certificate is."""
    extended_key_usage_critical: bool = field(compare=False, default=False)
    """Whether programs that do not know these purposes must refuse it (RFC 3161 clause 2.3 asks for it)."""
    ocsp_no_check: bool = field(compare=False, default=False)
    """Whether the CA says that this OCSP responder's certificate needs no check itself (RFC 6960 clause 4.2.2.2.1)."""
    leniencies: frozenset[Leniency] = field(compare=False, default=frozenset())
    """What of its form had to be overlooked to read it; empty for a certificate that keeps to its standards."""

    @property
    def subject_der(self) -> bytes:
        """DER of the subject's name."""
        return self.subject.der

    @property
    def issuer_der(self) -> bytes:
        """DER of the issuer's name."""
        return self.issuer.der

    @property
    def self_issued(self) -> bool:
        """Whether subject and issuer are the same name. Says nothing about the signature."""
        return self.subject.der == self.issuer.der

    @property
    def is_development(self) -> bool:
        """Whether the subject bears the mark of a development PKI."""
        return DEVELOPMENT_MARK in self.subject.organizational_units

    def verify_issued_by(self, issuer: Certificate) -> None:
        """Raise `BadSignatureError` unless `issuer` has the issuer's name and its key signed this certificate.

        Validity, CA flag, key usage and path length of `issuer` are not looked at: they are the path's matter.
        """
        if self.issuer.der != issuer.subject.der:
            raise BadSignatureError("the issuer has another name")
        key = issuer.public_key
        if self.algorithm == key.algorithm:
            key.verify(self.signature, self.tbs)
        else:
            key.verify_as(self.algorithm, self.signature, self.tbs)

    def fingerprint(self, digest: str) -> bytes:
        """Return the digest of the whole certificate by `sm3` or `sha256`."""
        return _fingerprint(digest, self.der)


# Every licence of an authority asks for those of the same few certificates.
_fingerprint = lru_cache(maxsize=256)(hash_bytes)


def key_identifier(public_key: PublicKey, digest: str) -> bytes:
    """Return the short name of a key in codes: the first 8 bytes of the digest of its SubjectPublicKeyInfo."""
    return hash_bytes(digest, public_key.spki)[:8]


def public_key_bits(public_key: PublicKey) -> bytes:
    """Return the key inside a SubjectPublicKeyInfo, which key identifiers are digests of."""
    reader = DerReader(public_key.spki).read_sequence()
    reader.read_raw()
    return reader.read_bit_string()


def parse_certificate(data: bytes) -> Certificate:
    """Read one DER certificate: version 3, algorithms of our table, no critical extension that we do not process.

    `MalformedCertificateError`, `MalformedKeyError` or `UnsupportedAlgorithmError` when it is anything else.
    """
    if len(data) > MAX_CERTIFICATE_SIZE:
        raise MalformedCertificateError("certificate too large")
    try:
        return _read_certificate(data)
    except MalformedDerError as error:
        raise MalformedCertificateError(f"certificate is not DER: {error}") from error


def load_certificates(data: bytes) -> tuple[Certificate, ...]:
    """Read the certificates of a PEM file (at least one; text between the blocks is ignored) or of one DER certificate.

    A PEM block of another kind, such as a private key, is a `MalformedCertificateError`.
    """
    if data[:1] == b"\x30":
        return (parse_certificate(data),)
    if len(data) > MAX_BUNDLE_SIZE:
        raise MalformedCertificateError("certificate file too large")
    blocks = _PEM.findall(data)
    if not blocks or len(blocks) != data.count(b"-----BEGIN ") or any(label != b"CERTIFICATE" for label, _ in blocks):
        raise MalformedCertificateError("not a file of certificates")
    try:
        contents = [binascii.a2b_base64(body.translate(None, WHITE_SPACE), strict_mode=True) for _, body in blocks]
    except binascii.Error as error:
        raise MalformedCertificateError("certificate is not base64") from error
    return tuple(parse_certificate(content) for content in contents)


def _read_certificate(data: bytes) -> Certificate:
    outer = DerReader(data)
    whole = outer.read_sequence()
    outer.finish()
    tbs = whole.read_raw()
    algorithm_der = whole.read_raw()
    signature = whole.read_bit_string()
    whole.finish()

    # RFC 5280 clause 4.1.2, in its order.
    reader = DerReader(tbs).read_sequence()
    if reader.peek() != 0xA0:
        raise MalformedCertificateError("only version 3 certificates are read")
    version = DerReader(reader.read(0xA0))
    if version.read_integer() != 2:
        raise MalformedCertificateError("only version 3 certificates are read")
    version.finish()
    serial = reader.read_integer()
    if not 0 < serial < 1 << MAX_SERIAL_BITS:
        raise MalformedCertificateError("serial number out of range")
    if reader.read_raw() != algorithm_der:
        raise MalformedCertificateError("signature algorithms differ")
    algorithm, overlooked = read_algorithm(algorithm_der)
    leniencies = set(overlooked)
    issuer = read_name(reader.read_raw(), leniencies)
    validity = reader.read_sequence()
    not_before, not_after = _read_time(validity, leniencies), _read_time(validity, leniencies)
    validity.finish()
    if not_after < not_before:
        raise MalformedCertificateError("validity ends before it starts")
    if not_before.year in (MINYEAR, MAXYEAR):
        # In other zones, and five minutes earlier, that would be no time at all.
        raise MalformedCertificateError("validity starts beyond all calendars")
    subject = read_name(reader.read_raw(), leniencies)
    spki = reader.read_raw()
    public_key = load_public_key(spki)
    if spki != public_key.spki:
        leniencies.add(Leniency.SM2_KEY_IDENTIFIER)
    if reader.peek() != 0xA3:
        raise MalformedCertificateError("no extensions, or unique identifiers")
    explicit = DerReader(reader.read(0xA3))
    extensions = explicit.read_sequence()
    explicit.finish()
    reader.finish()

    usage: frozenset[str] = frozenset()
    extended: frozenset[str] = frozenset()
    is_ca, path_length, identifier, no_check, extended_critical = False, None, None, False, False
    crl_urls: tuple[str, ...] = ()
    access: dict[str, tuple[str, ...]] = {}
    seen: set[str] = set()
    while not extensions.at_end:
        name, critical, value = read_extension(extensions, leniencies)
        if name in seen:
            raise MalformedCertificateError("extension occurs twice")
        seen.add(name)
        if name == KEY_USAGE:
            usage = _read_key_usage(value, leniencies)
        elif name == EXTENDED_KEY_USAGE:
            extended, extended_critical = _read_extended_key_usage(value), critical
        elif name == BASIC_CONSTRAINTS:
            is_ca, path_length = _read_basic_constraints(value, leniencies)
        elif name == SUBJECT_KEY_IDENTIFIER:
            content = DerReader(value)
            identifier = content.read_octet_string()
            content.finish()
        elif name == CRL_DISTRIBUTION_POINTS:
            # It only says where to look: an odd one is no reason to refuse a certificate, unless it says so itself.
            with suppress(*(() if critical else (MalformedDerError,))):
                crl_urls = read_distribution_points(value)
        elif name == OCSP_NO_CHECK:
            no_check = True
        elif name == AUTHORITY_INFORMATION_ACCESS and not critical:
            with suppress(MalformedDerError):
                access = read_information_access(value)
        elif critical:
            # RFC 5280 clause 4.2: a critical extension that is not processed makes the certificate unusable.
            raise MalformedCertificateError(f"critical extension {name} is not processed")
    return Certificate(
        der=data,
        tbs=tbs,
        algorithm=algorithm,
        signature=signature,
        subject=subject,
        issuer=issuer,
        serial=serial,
        not_before=not_before,
        not_after=not_after,
        public_key=public_key,
        key_usage=usage,
        extended_key_usage=extended,
        extended_key_usage_critical=extended_critical,
        is_ca=is_ca,
        path_length=path_length,
        subject_key_identifier=identifier,
        crl_urls=crl_urls,
        ocsp_urls=access.get(OCSP_ACCESS, ()),
        ca_issuer_urls=access.get(CA_ISSUERS_ACCESS, ()),
        ocsp_no_check=no_check,
        leniencies=frozenset(leniencies),
    )


def _read_time(validity: DerReader, leniencies: set[Leniency]) -> datetime:
    tag, moment = validity.peek(), validity.read_time()
    if tag == der.GENERALIZED_TIME and moment.year < 2050:
        leniencies.add(Leniency.EARLY_GENERALIZED_TIME)
    return moment


def _read_key_usage(value: bytes, leniencies: set[Leniency]) -> frozenset[str]:
    reader = DerReader(value)
    bits = reader.read(der.BIT_STRING)
    reader.finish()
    if not 2 <= len(bits) <= 3 or bits[0] > 7 or bits[-1] & ((1 << bits[0]) - 1):
        raise MalformedCertificateError("key usage is not a bit string of RFC 5280")
    number = int.from_bytes(bits[1:], "big")
    width = 8 * (len(bits) - 1)
    usages = frozenset(name for at, name in enumerate(KEY_USAGES[:width]) if number >> (width - 1 - at) & 1)
    if not usages:
        # It would look like an absent extension, which means the opposite.
        raise MalformedCertificateError("key usage is empty")
    if not bits[-1] >> bits[0] & 1:
        leniencies.add(Leniency.UNTRIMMED_BITS)
    return usages


def _read_extended_key_usage(value: bytes) -> frozenset[str]:
    reader = DerReader(value)
    usages = reader.read_sequence()
    reader.finish()
    found = set()
    while not usages.at_end:
        found.add(usages.read_oid())
    if not found:
        raise MalformedCertificateError("extended key usage is empty")
    return frozenset(found)


def _read_basic_constraints(value: bytes, leniencies: set[Leniency]) -> tuple[bool, int | None]:
    reader = DerReader(value)
    constraints = reader.read_sequence()
    reader.finish()
    is_ca = read_default_false(constraints, leniencies)
    path_length = None if constraints.at_end else constraints.read_integer()
    constraints.finish()
    if path_length is not None and (not is_ca or path_length < 0):
        raise MalformedCertificateError("path length without meaning")
    return is_ca, path_length
