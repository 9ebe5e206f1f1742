"""SM2 cryptographic message syntax (GB/T 35275) as we write it: signed data in one form, strict DER.

Ours without the content inside are read here; what others write is read by `esign.foreign_cms_reading`.
"""

from collections.abc import Sequence
from datetime import datetime

from keys import SM2_SM3, Certificate, KeysError, Signer, UnsupportedAlgorithmError, hash_bytes, parse_certificate
from keys import der as d

from .cms import MAX_CERTIFICATES, SignedData
from .cms_names import CONTENT_TYPE, GM_DATA, GM_SIGNED_DATA, MESSAGE_DIGEST, SIGNING_TIME
from .errors import Fault, MalformedError, TooLargeError
from .foreign_cms_reading import read_foreign_cms
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


def read_gm_detached(data: bytes) -> SignedData:
    """Read what `sign_gm_detached` makes; nothing in it may be written otherwise.

    Raises:
        TooLargeError: more than `MAX_CERTIFICATES`, or a limit of `foreign_cms_reading`.
        MalformedError: `FORMAT_CMS` when it is no such message, `NON_CANONICAL` when it has another form than ours.
    """
    message = read_foreign_cms(data)
    if len(message.certificates) > MAX_CERTIFICATES:
        raise TooLargeError(f"a message with more than {MAX_CERTIFICATES} certificates")
    signer = message.signers[0] if len(message.signers) == 1 else None
    if signer is None or signer.certificate_der is None or signer.message_digest is None:
        raise MalformedError(Fault.FORMAT_CMS, "not one signer with a certificate and attributes")
    others = [one for one in message.certificates if one != signer.certificate_der]
    try:
        chain = tuple(map(parse_certificate, (signer.certificate_der, *others)))
        attributes = _attributes(signer.message_digest, signer.signing_time)
    except (KeysError, ValueError) as error:
        raise MalformedError(Fault.FORMAT_CMS, "a certificate or a time that nobody can read") from error
    if data != _assemble(chain, attributes, signer.signature, None):
        raise MalformedError(Fault.NON_CANONICAL, "the message has another form than ours")
    return SignedData(
        certificates=chain,
        algorithm=SM2_SM3,
        message_digest=signer.message_digest,
        signing_time=signer.signing_time,
        signed_attributes=attributes,
        signature=signer.signature,
    )


def _sign(signer: Signer, attributes: bytes | None, content: bytes, *, inside: bool) -> bytes:
    if signer.algorithm != SM2_SM3:
        raise UnsupportedAlgorithmError("GB/T 35275 is signed with SM2")
    value = signer.sign(content if attributes is None else attributes)
    return _assemble(signer.chain, attributes, value, content if inside else None)


def _assemble(chain: Sequence[Certificate], attributes: bytes | None, value: bytes, inside: bytes | None) -> bytes:
    certificate = chain[0]
    digest_identifier = SM2_SM3.digest_identifier
    signer_info = d.sequence(
        d.integer(1),
        d.sequence(certificate.issuer_der, d.integer(certificate.serial)),
        digest_identifier,
        b"" if attributes is None else bytes([_EXPLICIT_0]) + attributes[1:],
        d.sequence(d.oid(SM2_SIGNATURE)),
        d.octet_string(value),
    )
    certificates = bytes([_EXPLICIT_0]) + d.set_of(*(one.der for one in chain))[1:]
    signed_data = d.sequence(
        d.integer(1),
        d.set_of(digest_identifier),
        d.sequence(d.oid(GM_DATA), b"" if inside is None else d.context(0, d.octet_string(inside))),
        certificates,
        d.set_of(signer_info),
    )
    return d.sequence(d.oid(GM_SIGNED_DATA), d.context(0, signed_data))


def _attributes(message_digest: bytes, signing_time: datetime | None) -> bytes:
    values = [(CONTENT_TYPE, d.oid(GM_DATA)), (MESSAGE_DIGEST, d.octet_string(message_digest))]
    if signing_time is not None:
        values.append((SIGNING_TIME, d.time(signing_time)))
    return d.set_of(*(d.sequence(d.oid(kind), d.set_of(value)) for kind, value in values))
