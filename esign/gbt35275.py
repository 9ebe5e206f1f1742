"""SM2 cryptographic message syntax (GB/T 35275) as we write it: signed data in one form, strict DER.

What others write is read by `esign.foreign_cms_reading`.
"""

from datetime import datetime

from keys import SM2_SM3, Signer, UnsupportedAlgorithmError, hash_bytes
from keys import der as d

from .cms_names import CONTENT_TYPE, GM_DATA, GM_SIGNED_DATA, MESSAGE_DIGEST, SIGNING_TIME
from .signature_values import SM2_SIGNATURE

_HASH_BYTES = 32
_EXPLICIT_0 = 0xA0


def sign_gm_attached(content: bytes, signer: Signer, *, signing_time: datetime | None = None) -> bytes:
    """Signed data with the content inside, and attributes; an SM2 signer, else `UnsupportedAlgorithmError`."""
    return _sign(signer, _attributes(hash_bytes(SM2_SM3.digest, content), signing_time), content, inside=True)


def sign_gm_detached(content: bytes, signer: Signer, *, signing_time: datetime | None = None) -> bytes:
    """Signed data without the content, with attributes (form b of OFD); an SM2 signer."""
    return _sign(signer, _attributes(hash_bytes(SM2_SM3.digest, content), signing_time), content, inside=False)


def sign_gm_digest(digest: bytes, signer: Signer) -> bytes:
    """Signed data whose content is the SM3 digest (32 bytes) of an original, without attributes (form a of OFD).

    A digest of another size is a `ValueError`.
    """
    if len(digest) != _HASH_BYTES:
        raise ValueError(f"an SM3 digest has {_HASH_BYTES} bytes")
    return _sign(signer, None, digest, inside=True)


def _sign(signer: Signer, attributes: bytes | None, content: bytes, *, inside: bool) -> bytes:
    if signer.algorithm != SM2_SM3:
        raise UnsupportedAlgorithmError("GB/T 35275 is signed with SM2")
    certificate = signer.certificate
    digest_identifier = SM2_SM3.digest_identifier
    signer_info = d.sequence(
        d.integer(1),
        d.sequence(certificate.issuer_der, d.integer(certificate.serial)),
        digest_identifier,
        b"" if attributes is None else bytes([_EXPLICIT_0]) + attributes[1:],
        d.sequence(d.oid(SM2_SIGNATURE)),
        d.octet_string(signer.sign(content if attributes is None else attributes)),
    )
    certificates = bytes([_EXPLICIT_0]) + d.set_of(*(one.der for one in signer.chain))[1:]
    signed_data = d.sequence(
        d.integer(1),
        d.set_of(digest_identifier),
        d.sequence(d.oid(GM_DATA), d.context(0, d.octet_string(content)) if inside else b""),
        certificates,
        d.set_of(signer_info),
    )
    return d.sequence(d.oid(GM_SIGNED_DATA), d.context(0, signed_data))


def _attributes(message_digest: bytes, signing_time: datetime | None) -> bytes:
    values = [(CONTENT_TYPE, d.oid(GM_DATA)), (MESSAGE_DIGEST, d.octet_string(message_digest))]
    if signing_time is not None:
        values.append((SIGNING_TIME, d.time(signing_time)))
    return d.set_of(*(d.sequence(d.oid(kind), d.set_of(value)) for kind, value in values))
