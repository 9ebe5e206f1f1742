"""Signature values as seal and CMS products write them.

SM2 under three object identifiers, in DER or as raw r‖s; RSA under the name of its key, with the digest beside it.
"""

from functools import lru_cache

from keys import (
    ALGORITHMS,
    ECDSA_P256_SHA256,
    ECDSA_P384_SHA384,
    RSA_SHA256,
    RSA_SHA384,
    RSA_SHA512,
    SM2_SM3,
    Algorithm,
    Certificate,
    DerReader,
    MalformedDerError,
    UnsupportedAlgorithmError,
    algorithm_for,
    der_signature,
    parse_certificate,
    read_algorithm,
)
from keys import der as d

SM2_SIGNATURE = "1.2.156.10197.1.301.1"
"""The name that GB/T 35275 has for what X.509 calls SM2 with SM3."""

_SM2_NAMES = frozenset({SM2_SM3.signature_oid, SM2_SIGNATURE, "1.2.156.10197.1.301"})
_RSA_ENCRYPTION = "1.2.840.113549.1.1.1"
RAW_BYTES = 64
"""Of an SM2 value r‖s."""
_ECDSA = (ECDSA_P256_SHA256, ECDSA_P384_SHA384)

_OUTDATED = frozenset(
    {
        "1.3.14.3.2.26",  # SHA-1
        "1.2.840.113549.2.5",  # MD5
        "1.2.840.113549.1.1.4",  # RSA with MD5
        "1.2.840.113549.1.1.5",  # RSA with SHA-1
        "1.3.14.3.2.29",  # the same, an older name
        "1.2.840.10040.4.3",  # DSA with SHA-1
        "1.2.840.10045.4.1",  # ECDSA with SHA-1
    }
)


def _forms(oid: str) -> tuple[bytes, bytes]:
    """AlgorithmIdentifiers without parameters and with NULL, which mean the same; products write both."""
    return d.sequence(d.oid(oid)), d.sequence(d.oid(oid), d.null())


_DIGESTS = {form: row.digest for row in ALGORITHMS for form in _forms(row.digest_oid)}
_WITH_DIGEST = {
    **{(form, row.digest): row for row in (RSA_SHA256, RSA_SHA384, RSA_SHA512) for form in _forms(_RSA_ENCRYPTION)},
    **{(form, SM2_SM3.digest): SM2_SM3 for name in _SM2_NAMES for form in _forms(name)},
}


def digest_named(identifier: bytes) -> str:
    """The name of a digest by its AlgorithmIdentifier (DER, parameters absent or NULL).

    Raises:
        UnsupportedAlgorithmError: the table has no such digest.
    """
    if (name := _DIGESTS.get(identifier)) is None:
        raise UnsupportedAlgorithmError(f"digest {identifier_oid(identifier)} is not supported")
    return name


def signer_algorithm(digest: bytes, signature: bytes) -> Algorithm:
    """The algorithm that the two AlgorithmIdentifiers (DER) of a signer name together (RFC 5652 section 5.3).

    `rsaEncryption` takes its digest from the first (RFC 3370 section 3.2); every other name brings its own digest,
    which must be the first one.

    Raises:
        UnsupportedAlgorithmError: the table has no such algorithm, or the two do not belong together.
    """
    name = digest_named(digest)
    if (row := _WITH_DIGEST.get((signature, name))) is not None:
        return row
    try:
        row, _ = read_algorithm(signature)
    except MalformedDerError as error:
        raise UnsupportedAlgorithmError(str(error)) from error
    if row.digest != name:
        raise UnsupportedAlgorithmError(f"{row.title} does not go together with {name}")
    return row


def identifier_oid(identifier: bytes) -> str:
    """The object identifier inside an AlgorithmIdentifier (DER); `keys.MalformedDerError` when it is none."""
    return DerReader(identifier).read_sequence().read_oid()


def is_outdated(oid: str) -> bool:
    """Whether this digest or signature algorithm was good once: MD5, SHA-1 and what is built on them."""
    return oid in _OUTDATED


def signature_algorithm(name: str) -> Algorithm:
    """The algorithm of a signature's object identifier.

    Raises:
        UnsupportedAlgorithmError: the table has no such algorithm.
    """
    return SM2_SM3 if name in _SM2_NAMES else algorithm_for(name)


def verify_value(certificate: Certificate, algorithm: Algorithm, value: bytes, signed: bytes) -> None:
    """Check a signature value under a certificate's key; an SM2 value of 64 bytes is taken for r‖s.

    A DER signature of 64 bytes would need an r or s that is six bytes short, once in 2⁴⁸ signatures.

    Raises:
        BadSignatureError: it does not verify, or the key is of another kind than the algorithm.
        UnsupportedAlgorithmError: ECDSA with a digest that our table has with another curve only.
    """
    key = certificate.public_key
    if algorithm in _ECDSA and key.algorithm in _ECDSA and algorithm != key.algorithm:
        raise UnsupportedAlgorithmError("ECDSA on this curve is not supported with this digest")
    if algorithm == SM2_SM3 and len(value) == RAW_BYTES:
        value = der_signature(value)
    key.verify_as(algorithm, value, signed)


embedded_certificate = lru_cache(maxsize=256)(parse_certificate)
"""`keys.parse_certificate` with a memory: an authority's few certificates stand in every file that it seals."""
