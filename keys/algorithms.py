"""The one table of signature algorithms. What is not here is refused."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.hmac import HMAC

from keys import der
from keys.errors import UnsupportedAlgorithmError


@dataclass(frozen=True, slots=True, kw_only=True)
class Algorithm:
    """A signature algorithm together with its digest."""

    name: str
    """Short name in settings and output: `sm2`, `rsa`, `ecdsa-p256`."""
    title: str
    """Name for people."""
    digest: str
    """`sm3` or `sha256`."""
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


SM2_SM3: Final = Algorithm(
    name="sm2",
    title="SM2/SM3",
    digest="sm3",
    signature_oid="1.2.156.10197.1.501",
    digest_oid="1.2.156.10197.1.401",
    signature_parameters=b"",
)
RSA_SHA256: Final = Algorithm(
    name="rsa",
    title="RSA/SHA-256",
    digest="sha256",
    signature_oid="1.2.840.113549.1.1.11",
    digest_oid="2.16.840.1.101.3.4.2.1",
    signature_parameters=der.null(),
)
ECDSA_P256_SHA256: Final = Algorithm(
    name="ecdsa-p256",
    title="ECDSA P-256/SHA-256",
    digest="sha256",
    signature_oid="1.2.840.10045.4.3.2",
    digest_oid="2.16.840.1.101.3.4.2.1",
    signature_parameters=b"",
)

ALGORITHMS: Final = (SM2_SM3, RSA_SHA256, ECDSA_P256_SHA256)


def algorithm_named(name: str) -> Algorithm:
    """Find the row of the table by its short name."""
    for algorithm in ALGORITHMS:
        if algorithm.name == name:
            return algorithm
    raise UnsupportedAlgorithmError("no algorithm of this name")


def algorithm_for(signature_oid: str) -> Algorithm:
    """Find the row of the table by the object identifier of its signature."""
    for algorithm in ALGORITHMS:
        if algorithm.signature_oid == signature_oid:
            return algorithm
    raise UnsupportedAlgorithmError(f"signature algorithm {signature_oid} is not supported")


def hash_bytes(digest_name: str, data: bytes | bytearray | memoryview | Iterable[bytes | memoryview]) -> bytes:
    """Return the digest (32 bytes) of `data`, given whole or in pieces, by `sm3` or `sha256`."""
    pieces = (data,) if isinstance(data, bytes | bytearray | memoryview) else data
    if digest_name == "sha256":
        sha256 = hashlib.sha256()
        for piece in pieces:
            sha256.update(piece)
        return sha256.digest()
    if digest_name == "sm3":
        sm3 = hashes.Hash(hashes.SM3())
        for piece in pieces:
            sm3.update(piece)
        return sm3.finalize()
    raise UnsupportedAlgorithmError("no digest of this name")


def hmac_bytes(digest_name: str, key: bytes, data: bytes) -> bytes:
    """Return the HMAC (RFC 2104, 32 bytes) of `data` under `key` by `sm3` or `sha256`."""
    if digest_name == "sha256":
        return hmac.digest(key, data, "sha256")
    if digest_name == "sm3":
        mac = HMAC(key, hashes.SM3())
        mac.update(data)
        return mac.finalize()
    raise UnsupportedAlgorithmError("no digest of this name")
