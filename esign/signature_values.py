"""Signature values as seal and CMS products write them: SM2 under three object identifiers, in DER or as raw r‖s."""

from functools import lru_cache

from keys import (
    SM2_SM3,
    Algorithm,
    BadSignatureError,
    Certificate,
    algorithm_for,
    der_signature,
    parse_certificate,
)

SM2_SIGNATURE = "1.2.156.10197.1.301.1"
"""The name that GB/T 35275 has for what X.509 calls SM2 with SM3."""

_SM2_NAMES = frozenset({SM2_SM3.signature_oid, SM2_SIGNATURE, "1.2.156.10197.1.301"})
_RAW_BYTES = 64


def signature_algorithm(name: str) -> Algorithm:
    """The algorithm of a signature's object identifier.

    Raises:
        UnsupportedAlgorithmError: the table has no such algorithm.
    """
    return SM2_SM3 if name in _SM2_NAMES else algorithm_for(name)


def verify_value(certificate: Certificate, algorithm_name: str, value: bytes, signed: bytes) -> None:
    """Check a signature value under a certificate's key; an SM2 value of 64 bytes is taken for r‖s.

    A DER signature of 64 bytes would need an r or s that is six bytes short, once in 2⁴⁸ signatures.

    Raises:
        BadSignatureError: it does not verify, or the key is of another kind than the algorithm's name says.
        UnsupportedAlgorithmError: the table has no such algorithm.
    """
    algorithm = signature_algorithm(algorithm_name)
    if certificate.public_key.algorithm.name != algorithm.name:
        raise BadSignatureError("the certificate's key is of another algorithm than the signature")
    if algorithm == SM2_SM3 and len(value) == _RAW_BYTES:
        value = der_signature(value)
    certificate.public_key.verify(value, signed)


embedded_certificate = lru_cache(maxsize=256)(parse_certificate)
"""`keys.parse_certificate` with a memory: an authority's few certificates stand in every file that it seals."""
