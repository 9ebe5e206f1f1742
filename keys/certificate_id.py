"""How OCSP names a certificate: digests of its issuer's name and key, and its serial number (RFC 6960 clause 4.1.1)."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Final

from keys import der
from keys.algorithms import ALGORITHMS, hash_bytes
from keys.certificates import Certificate, public_key_bits
from keys.der import DerReader

_SHA1: Final = "1.3.14.3.2.26"
_DIGESTS: Final = {_SHA1: "sha1"} | {row.digest_oid: row.digest for row in ALGORITHMS}
"""What names and keys may be hashed with. It is a lookup, not a proof, so SHA-1 is among them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateId:
    """Which certificate is meant (CertID, RFC 6960 clause 4.1.1)."""

    digest_oid: str
    issuer_name_hash: bytes
    issuer_key_hash: bytes
    serial: int

    @classmethod
    def of(cls, certificate: Certificate, issuer: Certificate) -> CertificateId:
        """Name a certificate by SHA-1, SM2 ones too.

        RFC 5019 clause 2.1.1 has clients use SHA-1, and responders that prepare their answers have no others. Readers
        of sealed files may stop at SM3 here. Nothing rests on it: an answer is matched, then its signature checked.
        """
        return cls(
            digest_oid=_SHA1,
            issuer_name_hash=_digest("sha1", issuer.subject_der),
            issuer_key_hash=sha1_of_key(issuer),
            serial=certificate.serial,
        )

    def is_about(self, certificate: Certificate, issuer: Certificate) -> bool:
        """Whether this certificate of this issuer is meant; False also when the hash is unknown to us."""
        name = _DIGESTS.get(self.digest_oid)
        return (
            name is not None
            and self.serial == certificate.serial
            and certificate.issuer_der == issuer.subject_der
            and self.issuer_name_hash == _digest(name, issuer.subject_der)
            and self.issuer_key_hash == _digest(name, public_key_bits(issuer.public_key))
        )

    def encoded(self) -> bytes:
        """Return the DER."""
        return der.sequence(
            der.sequence(der.oid(self.digest_oid), der.null()),
            der.octet_string(self.issuer_name_hash),
            der.octet_string(self.issuer_key_hash),
            der.integer(self.serial),
        )


def read_certificate_id(reader: DerReader) -> CertificateId:
    """Read a CertID. The digest's parameters, NULL or nothing, are not looked at."""
    identifier = reader.read_sequence()
    algorithm = identifier.read_sequence()
    found = CertificateId(
        digest_oid=algorithm.read_oid(),
        issuer_name_hash=identifier.read_octet_string(),
        issuer_key_hash=identifier.read_octet_string(),
        serial=identifier.read_integer(),
    )
    identifier.finish()
    return found


def sha1_of_key(certificate: Certificate) -> bytes:
    """Return the hash by which a responder may name its key (RFC 6960 clause 4.2.1)."""
    return _digest("sha1", public_key_bits(certificate.public_key))


def _digest(name: str, data: bytes) -> bytes:
    return hashlib.sha1(data, usedforsecurity=False).digest() if name == "sha1" else hash_bytes(name, data)
