"""Getting a certificate from an outside CA: the request (PKCS#10, RFC 2986; GM/T 0092) and what comes back."""

from __future__ import annotations

import binascii
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from keys import der
from keys.algorithms import Algorithm, read_algorithm
from keys.certificates import MAX_BUNDLE_SIZE, Certificate, load_certificates, parse_certificate
from keys.der import DerReader
from keys.errors import (
    BadSignatureError,
    KeyUnusableError,
    MalformedCertificateError,
    MalformedDerError,
    MalformedRequestError,
)
from keys.issuing import Subject
from keys.leniency import Leniency
from keys.names import DistinguishedName, read_name
from keys.pem import WHITE_SPACE, wrapped
from keys.ports import PrivateKey, PublicKey
from keys.software import load_public_key

MAX_REQUEST_SIZE: Final = 64 * 1024
"""Bytes."""
MAX_CHAIN: Final = 8
"""Certificates from a key to the root."""

SIGNED_DATA_OIDS: Final = ("1.2.840.113549.1.7.2", "1.2.156.10197.6.1.4.2.2")
"""SignedData of RFC 5652 and of GB/T 35275."""
_REQUEST_PEM: Final = re.compile(
    rb"\s*-----BEGIN ((?:NEW )?CERTIFICATE REQUEST)-----([A-Za-z0-9+/=\s]*)-----END \1-----\s*"
)
_CMS_PEM: Final = re.compile(rb"\s*-----BEGIN (PKCS7|CMS)-----([A-Za-z0-9+/=\s]*)-----END \1-----\s*")


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateRequest:
    """A request whose signature is good: who made it has the private key. Equal to another when the bytes are."""

    der: bytes
    subject: DistinguishedName = field(compare=False)
    public_key: PublicKey = field(compare=False)
    algorithm: Algorithm = field(compare=False)
    leniencies: frozenset[Leniency] = field(compare=False)

    def pem(self) -> bytes:
        """Return the form that a CA's page takes."""
        return wrapped(self.der, "CERTIFICATE REQUEST")


def make_request(subject: Subject, private_key: PrivateKey) -> CertificateRequest:
    """Ask for a certificate for a key. `KeyUnusableError` when the key's signature does not verify."""
    information = der.sequence(der.integer(0), subject.der(), private_key.public_key.spki, der.context(0))
    identifier = private_key.algorithm.signature_identifier
    signature = private_key.sign(information)
    try:
        return parse_request(der.sequence(information, identifier, der.bit_string(signature)))
    except BadSignatureError as error:
        raise KeyUnusableError("a fresh signature did not verify") from error


def parse_request(data: bytes) -> CertificateRequest:
    """Read a request, PEM or DER, and check that its own key signed it (`BadSignatureError`).

    Attributes, such as extensions that are asked for, are not looked at: the CA decides. `MalformedRequestError`,
    `MalformedKeyError` or `UnsupportedAlgorithmError` when it is no request that we could have made.
    """
    if len(data) > MAX_REQUEST_SIZE:
        raise MalformedRequestError("certificate request too large")
    content = _unwrapped(data, _REQUEST_PEM)
    leniencies: set[Leniency] = set()
    try:
        outer = DerReader(content)
        whole = outer.read_sequence()
        outer.finish()
        information, identifier, signature = whole.read_raw(), whole.read_raw(), whole.read_bit_string()
        whole.finish()
        reader = DerReader(information).read_sequence()
        if reader.read_integer() != 0:
            raise MalformedRequestError("certificate request of another version")
        subject = read_name(reader.read_raw(), leniencies)
        public_key = load_public_key(reader.read_raw())
        # Some programs leave the attributes out when there are none.
        if not reader.at_end:
            reader.read(0xA0)
        reader.finish()
        algorithm, overlooked = read_algorithm(identifier)
    except (MalformedDerError, MalformedCertificateError) as error:
        raise MalformedRequestError(f"not a certificate request: {error}") from error
    public_key.verify_as(algorithm, signature, information)
    return CertificateRequest(
        der=content,
        subject=subject,
        public_key=public_key,
        algorithm=algorithm,
        leniencies=frozenset(leniencies | overlooked),
    )


def read_reply(data: bytes) -> tuple[Certificate, ...]:
    """Read the certificates that a CA returns: PEM, DER, or the certificates of a PKCS#7 file (`.p7b`).

    `MalformedCertificateError` when it is anything else, or has more than `keys.certificates.MAX_BUNDLE_SIZE` bytes.
    """
    if len(data) > MAX_BUNDLE_SIZE:
        raise MalformedCertificateError("certificate file too large")
    content = _unwrapped(data, _CMS_PEM)
    if content[:1] != b"\x30":
        return load_certificates(data)
    try:
        outer = DerReader(content)
        info = outer.read_sequence()
        if info.peek() != der.OID:
            return (parse_certificate(content),)
        outer.finish()
        if info.read_oid() not in SIGNED_DATA_OIDS:
            raise MalformedCertificateError("not a file of certificates")
        signed_data = DerReader(info.read(0xA0)).read_sequence()
        for _ in ("version", "digest algorithms", "content"):
            signed_data.read_raw()
        certificates = DerReader(signed_data.read(0xA0))
        found = []
        while not certificates.at_end:
            found.append(parse_certificate(certificates.read_raw()))
        return tuple(found)
    except MalformedDerError as error:
        raise MalformedCertificateError(f"not a file of certificates: {error}") from error


def chain_for_key(certificates: Sequence[Certificate], public_key: PublicKey) -> tuple[Certificate, ...]:
    """Put in order what a CA returned for a key: its certificate first, then the issuers, without the root.

    Others, such as the encryption certificate of a pair, are left out. `KeyUnusableError` when not exactly one
    certificate is the key's own; `BadSignatureError` when one names an issuer that is there and did not sign it.
    """
    own = [certificate for certificate in dict.fromkeys(certificates) if certificate.public_key == public_key]
    if len(own) != 1:
        raise KeyUnusableError("no certificate is for this key" if not own else "more than one certificate is for it")
    chain = own
    while not chain[-1].self_issued:
        named = [issuer for issuer in certificates if issuer.subject_der == chain[-1].issuer_der]
        if not named:
            break
        if len(chain) == MAX_CHAIN:
            raise KeyUnusableError("the chain of certificates is too long")
        chain.append(_signer_of(chain[-1], named))
    return tuple(chain[:-1] if len(chain) > 1 and chain[-1].self_issued else chain)


def _signer_of(certificate: Certificate, candidates: Sequence[Certificate]) -> Certificate:
    """Return the candidate whose key signed; a renewed CA has two certificates of one name."""
    for candidate in candidates[:-1]:
        try:
            certificate.verify_issued_by(candidate)
        except BadSignatureError:
            continue
        return candidate
    certificate.verify_issued_by(candidates[-1])
    return candidates[-1]


def _unwrapped(data: bytes, pattern: re.Pattern[bytes]) -> bytes:
    """Decode one PEM block of the wanted kind; anything else comes back as it is."""
    match = pattern.fullmatch(data)
    if match is None:
        return data
    try:
        return binascii.a2b_base64(match[2].translate(None, WHITE_SPACE), strict_mode=True)
    except binascii.Error as error:
        raise MalformedRequestError("not base64") from error
