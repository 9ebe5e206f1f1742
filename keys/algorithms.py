"""The one table of signature algorithms. What is not here is refused."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Final

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.hmac import HMAC

from keys import der
from keys.errors import MalformedDerError, UnsupportedAlgorithmError
from keys.leniency import Leniency

_DIGESTS: Final = {
    "sm3": ("1.2.156.10197.1.401", 32),
    "sha256": ("2.16.840.1.101.3.4.2.1", 32),
    "sha384": ("2.16.840.1.101.3.4.2.2", 48),
    "sha512": ("2.16.840.1.101.3.4.2.3", 64),
}
"""Digest to its object identifier and size in bytes."""
_RSASSA_PSS: Final = "1.2.840.113549.1.1.10"
_MGF1: Final = "1.2.840.113549.1.1.8"


@dataclass(frozen=True, slots=True, kw_only=True)
class Algorithm:
    """A signature algorithm together with its digest."""

    name: str
    """Short name in settings and output: `sm2`, `rsa`, `rsa-pss-sha512`, `ecdsa-p256`, …"""
    title: str
    """Name for people."""
    digest: str
    """`sm3`, `sha256`, `sha384` or `sha512`."""
    signature_oid: str
    digest_oid: str
    signature_parameters: bytes
    """DER of the AlgorithmIdentifier's parameters, empty when they are left out."""

    @property
    def signature_identifier(self) -> bytes:
        """DER of the signature's AlgorithmIdentifier."""
        return der.sequence(der.oid(self.signature_oid), self.signature_parameters)

    @property
    def digest_identifier(self) -> bytes:
        """DER of the digest's AlgorithmIdentifier; parameters left out (RFC 5754 clause 2, GM/T 0009)."""
        return der.sequence(der.oid(self.digest_oid))


def _row(name: str, title: str, digest: str, signature_oid: str, signature_parameters: bytes = b"") -> Algorithm:
    return Algorithm(
        name=name,
        title=title,
        digest=digest,
        signature_oid=signature_oid,
        digest_oid=_DIGESTS[digest][0],
        signature_parameters=signature_parameters,
    )


def _pss_parameters(digest: str, *, digest_null: bool = True, mask_null: bool = True) -> bytes:
    """Return RSASSA-PSS-params with one digest throughout and a salt of its size (RFC 4055 clause 3.1).

    The NULL inside a digest's identifier is written; readers must do without it, too (clause 2.1).
    """
    digest_oid, size = _DIGESTS[digest]
    first = der.sequence(der.oid(digest_oid), der.null() if digest_null else b"")
    second = der.sequence(der.oid(digest_oid), der.null() if mask_null else b"")
    return der.sequence(
        der.context(0, first), der.context(1, der.sequence(der.oid(_MGF1), second)), der.context(2, der.integer(size))
    )


SM2_SM3: Final = _row("sm2", "SM2/SM3", "sm3", "1.2.156.10197.1.501")
RSA_SHA256: Final = _row("rsa", "RSA/SHA-256", "sha256", "1.2.840.113549.1.1.11", der.null())
RSA_SHA384: Final = _row("rsa-sha384", "RSA/SHA-384", "sha384", "1.2.840.113549.1.1.12", der.null())
RSA_SHA512: Final = _row("rsa-sha512", "RSA/SHA-512", "sha512", "1.2.840.113549.1.1.13", der.null())
RSA_PSS_SHA256: Final = _row("rsa-pss", "RSA-PSS/SHA-256", "sha256", _RSASSA_PSS, _pss_parameters("sha256"))
RSA_PSS_SHA384: Final = _row("rsa-pss-sha384", "RSA-PSS/SHA-384", "sha384", _RSASSA_PSS, _pss_parameters("sha384"))
RSA_PSS_SHA512: Final = _row("rsa-pss-sha512", "RSA-PSS/SHA-512", "sha512", _RSASSA_PSS, _pss_parameters("sha512"))
ECDSA_P256_SHA256: Final = _row("ecdsa-p256", "ECDSA P-256/SHA-256", "sha256", "1.2.840.10045.4.3.2")
ECDSA_P384_SHA384: Final = _row("ecdsa-p384", "ECDSA P-384/SHA-384", "sha384", "1.2.840.10045.4.3.3")

RSA_ALGORITHMS: Final = (RSA_SHA256, RSA_SHA384, RSA_SHA512, RSA_PSS_SHA256, RSA_PSS_SHA384, RSA_PSS_SHA512)
"""What an RSA key may be used with; the first is what it is used with when nothing is said."""
ALGORITHMS: Final = (SM2_SM3, *RSA_ALGORITHMS, ECDSA_P256_SHA256, ECDSA_P384_SHA384)
SEALING_ALGORITHMS: Final = (SM2_SM3, RSA_SHA256, ECDSA_P256_SHA256)
"""What our own documents and codes are signed with. Certificates and other people's documents use the whole table."""


def _identifiers() -> dict[bytes, tuple[Algorithm, frozenset[Leniency]]]:
    """Every AlgorithmIdentifier that is read, with its row: compared whole, so that nothing in it goes unread."""
    strict: frozenset[Leniency] = frozenset()
    found = {row.signature_identifier: (row, strict) for row in ALGORITHMS}
    # Chinese CAs write NULL where GM/T 0015-2023 has nothing.
    null_written = der.sequence(der.oid(SM2_SM3.signature_oid), der.null())
    found[null_written] = (SM2_SM3, frozenset({Leniency.NULL_PARAMETERS}))
    for row in RSA_ALGORITHMS:
        if row.signature_oid == _RSASSA_PSS:
            for first, second in ((True, False), (False, True), (False, False)):
                parameters = _pss_parameters(row.digest, digest_null=first, mask_null=second)
                found[der.sequence(der.oid(_RSASSA_PSS), parameters)] = (row, strict)
        else:
            # RFC 4055 clause 5: NULL must be written, its absence must be read.
            bare = der.sequence(der.oid(row.signature_oid))
            found[bare] = (row, frozenset({Leniency.ABSENT_PARAMETERS}))
    return found


_IDENTIFIERS: Final = _identifiers()


def algorithm_named(name: str) -> Algorithm:
    """Find the row of the table by its short name."""
    for algorithm in ALGORITHMS:
        if algorithm.name == name:
            return algorithm
    raise UnsupportedAlgorithmError("no algorithm of this name")


def algorithm_for(signature_oid: str) -> Algorithm:
    """Find the row of `SEALING_ALGORITHMS` by the object identifier of its signature, which is enough to tell these."""
    for algorithm in SEALING_ALGORITHMS:
        if algorithm.signature_oid == signature_oid:
            return algorithm
    raise UnsupportedAlgorithmError(f"signature algorithm {signature_oid} is not supported")


def read_algorithm(identifier: bytes) -> tuple[Algorithm, frozenset[Leniency]]:
    """Find the row of the table by a signature's whole AlgorithmIdentifier (DER), and tell what was overlooked.

    PSS only with one digest throughout, a salt of the digest's size and no trailer field. `MalformedDerError` when it
    is no AlgorithmIdentifier or a known one with other parameters, `UnsupportedAlgorithmError` when it is unknown.
    """
    if found := _IDENTIFIERS.get(identifier):
        return found
    outer = der.DerReader(identifier)
    reader = outer.read_sequence()
    outer.finish()
    signature_oid = reader.read_oid()
    if any(row.signature_oid == signature_oid for row in ALGORITHMS):
        raise MalformedDerError(f"signature algorithm {signature_oid} has other parameters than are allowed")
    raise UnsupportedAlgorithmError(f"signature algorithm {signature_oid} is not supported")


def digest_size(digest_name: str) -> int:
    """Return the size in bytes of a digest by its name."""
    if digest_name not in _DIGESTS:
        raise UnsupportedAlgorithmError("no digest of this name")
    return _DIGESTS[digest_name][1]


def hash_bytes(digest_name: str, data: bytes | bytearray | memoryview | Iterable[bytes | memoryview]) -> bytes:
    """Return the digest of `data`, given whole or in pieces, by `sm3`, `sha256`, `sha384` or `sha512`."""
    if digest_name not in _DIGESTS:
        raise UnsupportedAlgorithmError("no digest of this name")
    pieces = (data,) if isinstance(data, bytes | bytearray | memoryview) else data
    if digest_name == "sm3":
        sm3 = _empty_sm3().copy()
        for piece in pieces:
            sm3.update(piece)
        return sm3.finalize()
    sha = hashlib.new(digest_name)
    for piece in pieces:
        sha.update(piece)
    return sha.digest()


@cache
def _empty_sm3() -> hashes.Hash:
    """Nothing is hashed with it: a copy takes half the time of another beginning."""
    return hashes.Hash(hashes.SM3())


def hmac_bytes(digest_name: str, key: bytes, data: bytes) -> bytes:
    """Return the HMAC (RFC 2104, 32 bytes) of `data` under `key` by `sm3` or `sha256`."""
    if digest_name == "sha256":
        return hmac.digest(key, data, "sha256")
    if digest_name == "sm3":
        mac = HMAC(key, hashes.SM3())
        mac.update(data)
        return mac.finalize()
    raise UnsupportedAlgorithmError("no digest of this name")
