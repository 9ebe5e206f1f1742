"""CMS SignedData (RFC 5652), detached, with CAdES-B attributes: written in one form only and read back in that form.

A CMS that we made is a pure function of its certificates, its signed attributes and its signature value. The reader
therefore takes these three out, builds the CMS again and compares: a single byte that differs anywhere, also in a place
that no signature protects, is `NON_CANONICAL`.
"""

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from keys import (
    ECDSA_P256_SHA256,
    Algorithm,
    BadSignatureError,
    Certificate,
    DerReader,
    KeysError,
    Signer,
    UnsupportedAlgorithmError,
    algorithm_for,
    der_signature,
    hash_bytes,
    low_s,
    parse_certificate,
    raw_signature,
)
from keys import der as d

from .china import YEARS
from .errors import Fault, MalformedError, TooLargeError

MAX_CMS_BYTES = 64 * 1024  # two certificates and one signature take under 4 KB
MAX_CERTIFICATES = 6  # leaf and intermediates; a longer chain does not exist in practice

_SIGNED_DATA = "1.2.840.113549.1.7.2"
_DATA = "1.2.840.113549.1.7.1"
_CONTENT_TYPE = "1.2.840.113549.1.9.3"
_MESSAGE_DIGEST = "1.2.840.113549.1.9.4"
_SIGNING_TIME = "1.2.840.113549.1.9.5"
_SIGNING_CERTIFICATE_V2 = "1.2.840.113549.1.9.16.2.47"

_EXPLICIT_0 = 0xA0


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedData:
    """The facts of one detached CMS signature."""

    certificates: tuple[Certificate, ...]
    """Signer's certificate first, then the others in the order of the file."""
    algorithm: Algorithm
    message_digest: bytes
    signing_time: datetime | None
    """The signer's claim, absent in PDF signatures (ETSI EN 319 142-1: the dictionary's /M has it)."""
    signed_attributes: bytes
    """DER of the attributes as SET OF, which is what was signed (RFC 5652 section 5.4)."""
    signature: bytes

    @property
    def signer_certificate(self) -> Certificate:
        """The certificate that the signer identifier names."""
        return self.certificates[0]

    def verify_signature(self) -> None:
        """Check the signature value over the signed attributes.

        Raises:
            BadSignatureError: it does not verify, or the certificate's key is of another kind.
        """
        key = self.signer_certificate.public_key
        if key.algorithm != self.algorithm:
            raise BadSignatureError("the certificate's key is of another algorithm than the signature")
        key.verify(self.signature, self.signed_attributes)

    def digest_matches(self, *content: bytes) -> bool:
        """Whether the concatenated chunks are the content that was signed."""
        return hash_bytes(self.algorithm.digest, content) == self.message_digest


def attributes_to_sign(
    *,
    message_digest: bytes,
    chain: tuple[Certificate, ...],
    algorithm: Algorithm,
    signing_time: datetime | None = None,
) -> bytes:
    """DER of the signed attributes: content type, message digest, signing-certificate-v2 (RFC 5035), signing time.

    signing-certificate-v2 names every certificate of the chain, the signer's first: so the signature also covers the
    certificates that the CMS brings, which nothing else does.
    """
    # RFC 5035 section 4: hashAlgorithm is DEFAULT sha-256, so DER leaves it out for that one.
    hash_algorithm = b"" if algorithm.digest == "sha256" else algorithm.digest_identifier
    ordered = (chain[0], *sorted(chain[1:], key=lambda certificate: certificate.der))
    certificate_ids = (
        d.sequence(hash_algorithm, d.octet_string(certificate.fingerprint(algorithm.digest))) for certificate in ordered
    )
    attributes = [
        _attribute(_CONTENT_TYPE, d.oid(_DATA)),
        _attribute(_MESSAGE_DIGEST, d.octet_string(message_digest)),
        _attribute(_SIGNING_CERTIFICATE_V2, d.sequence(d.sequence(*certificate_ids))),
    ]
    if signing_time is not None:
        attributes.append(_attribute(_SIGNING_TIME, d.time(signing_time)))
    return d.set_of(*attributes)


def assemble(
    *, chain: tuple[Certificate, ...], algorithm: Algorithm, signed_attributes: bytes, signature: bytes
) -> bytes:
    """The finished CMS; `chain` holds the signer's certificate first and no root."""
    signer = chain[0]
    signer_info = d.sequence(
        d.integer(1),
        d.sequence(signer.issuer_der, d.integer(signer.serial)),
        algorithm.digest_identifier,
        bytes([_EXPLICIT_0]) + signed_attributes[1:],
        algorithm.signature_identifier,
        d.octet_string(signature),
    )
    # The certificates are a SET OF under an implicit tag: sorted like one, then re-tagged.
    certificates = bytes([_EXPLICIT_0]) + d.set_of(*(certificate.der for certificate in chain))[1:]
    return d.sequence(
        d.oid(_SIGNED_DATA),
        d.context(
            0,
            d.sequence(
                d.integer(1),
                d.set_of(algorithm.digest_identifier),
                d.sequence(d.oid(_DATA)),
                certificates,
                d.set_of(signer_info),
            ),
        ),
    )


def sign_detached(data: bytes, signer: Signer, *, signing_time: datetime | None = None) -> bytes:
    """A detached CMS signature over `data`: DER, RFC 5652, attributes of CAdES-B."""
    attributes = attributes_to_sign(
        message_digest=hash_bytes(signer.algorithm.digest, data),
        chain=signer.chain,
        algorithm=signer.algorithm,
        signing_time=signing_time,
    )
    return assemble(
        chain=signer.chain,
        algorithm=signer.algorithm,
        signed_attributes=attributes,
        signature=canonical_signature(signer.algorithm, signer.sign(attributes)),
    )


def canonical_signature(algorithm: Algorithm, signature: bytes) -> bytes:
    """The only form of a signature value: of the two that verify in ECDSA, the one with the low s.

    Raises:
        BadSignatureError: it is not a signature value of this algorithm.
    """
    return der_signature(low_s(raw_signature(signature))) if algorithm == ECDSA_P256_SHA256 else signature


def read_signed_data(cms: bytes) -> SignedData:
    """Read a CMS of our own form.

    Raises:
        TooLargeError: more than `MAX_CMS_BYTES` or `MAX_CERTIFICATES`.
        MalformedError: `FORMAT_CMS` when it is no such CMS, `NON_CANONICAL` when the same content has another encoding,
            `ALGORITHM_UNAVAILABLE` when an algorithm is not in our table.
    """
    if len(cms) > MAX_CMS_BYTES:
        raise TooLargeError(f"a CMS of {len(cms)} bytes; the limit is {MAX_CMS_BYTES}")
    try:
        facts = _parse(cms)
    except UnsupportedAlgorithmError as error:
        raise MalformedError(Fault.ALGORITHM_UNAVAILABLE, str(error)) from error
    except KeysError as error:
        raise MalformedError(Fault.FORMAT_CMS, str(error)) from error
    again = _assembled_again(facts)
    if again != cms:
        raise MalformedError(Fault.NON_CANONICAL, "the CMS is not equal to its own re-encoding")
    return facts


def _assembled_again(facts: SignedData) -> bytes | None:
    """The only encoding of what was read, None when its signature value has none."""
    attributes = attributes_to_sign(
        message_digest=facts.message_digest,
        chain=facts.certificates,
        algorithm=facts.algorithm,
        signing_time=facts.signing_time,
    )
    try:
        signature = canonical_signature(facts.algorithm, facts.signature)
    except BadSignatureError:
        return None
    return assemble(
        chain=facts.certificates, algorithm=facts.algorithm, signed_attributes=attributes, signature=signature
    )


def _parse(cms: bytes) -> SignedData:
    outer = DerReader(cms)
    content_info = outer.read_sequence()
    outer.finish()
    _expect(content_info.read_oid() == _SIGNED_DATA, "not SignedData")
    explicit = DerReader(content_info.read(_EXPLICIT_0))
    content_info.finish()
    signed_data = explicit.read_sequence()
    explicit.finish()

    _expect(signed_data.read_integer() == 1, "unknown version of SignedData")
    signed_data.read(d.SET)  # digest algorithms: compared when the CMS is built again
    encapsulated = signed_data.read_sequence()
    _expect(encapsulated.read_oid() == _DATA, "the content type is not data")
    _expect(encapsulated.at_end, "the content is inside; a detached signature was expected")
    certificates = _read_certificates(signed_data.read(_EXPLICIT_0))
    signer_infos = signed_data.read_set()
    signed_data.finish()
    signer_info = signer_infos.read_sequence()
    _expect(signer_infos.at_end, "more than one signer")

    _expect(signer_info.read_integer() == 1, "unknown version of SignerInfo")
    signer_identifier = signer_info.read_sequence()
    issuer, serial = signer_identifier.element().raw, signer_identifier.read_integer()
    signer_info.read(d.SEQUENCE)  # digest algorithm: compared when the CMS is built again
    attributes = signer_info.read(_EXPLICIT_0)
    algorithm_identifier = signer_info.read_sequence()
    algorithm = algorithm_for(algorithm_identifier.read_oid())
    signature = signer_info.read_octet_string()
    signer_info.finish()

    leaf = [c for c in certificates if c.issuer_der == issuer and c.serial == serial]
    _expect(len(leaf) == 1, "the signer's certificate is not in the CMS exactly once")
    message_digest, signing_time = _read_attributes(attributes)
    return SignedData(
        certificates=(leaf[0], *(c for c in certificates if c is not leaf[0])),
        algorithm=algorithm,
        message_digest=message_digest,
        signing_time=signing_time,
        signed_attributes=d.tlv(d.SET, attributes),
        signature=signature,
    )


def _read_certificates(content: bytes) -> list[Certificate]:
    reader = DerReader(content)
    certificates: list[Certificate] = []
    while not reader.at_end:
        if len(certificates) == MAX_CERTIFICATES:
            raise TooLargeError(f"more than {MAX_CERTIFICATES} certificates in a CMS")
        certificates.append(_certificate(reader.element().raw))
    return certificates


# An authority's few certificates stand in every file that it seals; parsing them costs more than all the rest.
_certificate = lru_cache(maxsize=256)(parse_certificate)


def _read_attributes(content: bytes) -> tuple[bytes, datetime | None]:
    """The two values that cannot be computed; everything else is compared when the CMS is built again."""
    message_digest: bytes | None = None
    signing_time: datetime | None = None
    reader = DerReader(content)
    while not reader.at_end:
        attribute = reader.read_sequence()
        kind = attribute.read_oid()
        values = attribute.read_set()
        if kind == _MESSAGE_DIGEST:
            message_digest = values.read_octet_string()
        elif kind == _SIGNING_TIME:
            signing_time = values.read_time()
            if signing_time.year not in YEARS:
                raise MalformedError(Fault.FORMAT_CMS, "a signing time beyond all calendars")
    if message_digest is None:
        raise MalformedError(Fault.FORMAT_CMS, "no message digest among the signed attributes")
    return message_digest, signing_time


def _attribute(kind: str, value: bytes) -> bytes:
    return d.sequence(d.oid(kind), d.set_of(value))


def _expect(condition: bool, otherwise: str) -> None:
    if not condition:
        raise MalformedError(Fault.FORMAT_CMS, otherwise)
