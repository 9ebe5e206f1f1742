"""CMS SignedData (RFC 5652), detached, with CAdES-B attributes: written in one form only and read back in that form.

A CMS that we made is a pure function of its certificates, each signer's signed attributes, signature value and
timestamp, and the evidence. The reader therefore takes these out, builds the CMS again and compares: a single byte that
differs anywhere, also in a place that no signature protects, is `NON_CANONICAL`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

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
    raw_signature,
)
from keys import der as d

from .china import YEARS
from .cms_names import (
    CONTENT_TYPE,
    DATA,
    MESSAGE_DIGEST,
    OCSP_RESPONSE,
    SIGNATURE_TIMESTAMP,
    SIGNED_DATA,
    SIGNING_CERTIFICATE_V2,
    SIGNING_TIME,
)
from .errors import Fault, MalformedError, TooLargeError
from .evidence import Evidence
from .evidence_check import check_evidence, check_sequence
from .signature_values import embedded_certificate

MAX_CMS_BYTES = 64 * 1024  # two certificates and one signature take under 4 KB
MAX_CERTIFICATES = 6  # leaf and intermediates; a longer chain does not exist in practice
MAX_SIGNERS = 8  # joint issue by several authorities, each with two suites

_EXPLICIT_0, _IMPLICIT_1 = 0xA0, 0xA1


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
    timestamp: bytes | None = field(default=None, repr=False)
    """The token over the signature value (RFC 3161 appendix A) as it came: one DER SEQUENCE, nothing more is known."""

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

    def digest_matches(self, *content: bytes | memoryview) -> bool:
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
        _attribute(CONTENT_TYPE, d.oid(DATA)),
        _attribute(MESSAGE_DIGEST, d.octet_string(message_digest)),
        _attribute(SIGNING_CERTIFICATE_V2, d.sequence(d.sequence(*certificate_ids))),
    ]
    if signing_time is not None:
        attributes.append(_attribute(SIGNING_TIME, d.time(signing_time)))
    return d.set_of(*attributes)


def assemble(
    *,
    chain: tuple[Certificate, ...],
    algorithm: Algorithm,
    signed_attributes: bytes,
    signature: bytes,
    timestamp: bytes | None = None,
) -> bytes:
    """The finished CMS of one signer; `chain` holds its certificate first and no root."""
    info = _signer_info(chain[0], algorithm, signed_attributes, signature, timestamp)
    return _signed_data([algorithm], [certificate.der for certificate in chain], [info], Evidence())


def encode(signers: Sequence[SignedData], evidence: Evidence) -> bytes | None:
    """The only encoding of these signers with this evidence, None when there is none.

    There is none when a signature value is not canonical or a certificate signs twice.
    """
    infos = []
    for facts in signers:
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
        infos.append(_signer_info(facts.signer_certificate, facts.algorithm, attributes, signature, facts.timestamp))
    if len({facts.signer_certificate.der for facts in signers}) != len(signers):
        return None
    certificates = [certificate.der for facts in signers for certificate in facts.certificates]
    algorithms = [facts.algorithm for facts in signers]
    once = list(dict.fromkeys((*certificates, *evidence.certificates)))
    return _signed_data(algorithms, once, infos, evidence)


def _signer_info(
    certificate: Certificate, algorithm: Algorithm, signed_attributes: bytes, signature: bytes, timestamp: bytes | None
) -> bytes:
    unsigned = b"" if timestamp is None else d.context(1, _attribute(SIGNATURE_TIMESTAMP, timestamp))
    return d.sequence(
        d.integer(1),
        d.sequence(certificate.issuer_der, d.integer(certificate.serial)),
        algorithm.digest_identifier,
        bytes([_EXPLICIT_0]) + signed_attributes[1:],
        algorithm.signature_identifier,
        d.octet_string(signature),
        unsigned,
    )


def _signed_data(
    algorithms: Sequence[Algorithm], certificates: Sequence[bytes], infos: Sequence[bytes], evidence: Evidence
) -> bytes:
    # Sets under an implicit tag: sorted like sets, then re-tagged.
    revocations = d.set_of(
        *dict.fromkeys(evidence.crls),
        *(d.context(1, d.oid(OCSP_RESPONSE), answer) for answer in dict.fromkeys(evidence.ocsps)),
    )
    return d.sequence(
        d.oid(SIGNED_DATA),
        d.context(
            0,
            d.sequence(
                d.integer(5 if evidence.ocsps else 1),  # RFC 5652 section 5.1
                d.set_of(*{algorithm.digest_identifier for algorithm in algorithms}),
                d.sequence(d.oid(DATA)),
                bytes([_EXPLICIT_0]) + d.set_of(*certificates)[1:],
                bytes([_IMPLICIT_1]) + revocations[1:] if evidence.crls or evidence.ocsps else b"",
                d.set_of(*infos),
            ),
        ),
    )


def sign_detached(data: bytes, signer: Signer, *, signing_time: datetime | None = None) -> bytes:
    """A detached CMS signature over `data`: DER, RFC 5652, attributes of CAdES-B."""
    return sign_digest(hash_bytes(signer.algorithm.digest, data), signer, signing_time=signing_time)


def sign_digest(digest: bytes, signer: Signer, *, signing_time: datetime | None = None) -> bytes:
    """`sign_detached` over the data with this digest by the signer's algorithm."""
    attributes = attributes_to_sign(
        message_digest=digest, chain=signer.chain, algorithm=signer.algorithm, signing_time=signing_time
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
    """Read a CMS of our own form with one signer and no evidence.

    Raises:
        TooLargeError: more than `MAX_CMS_BYTES` or `MAX_CERTIFICATES`.
        MalformedError: `FORMAT_CMS` when it is no such CMS, `NON_CANONICAL` when the same content has another encoding,
            `ALGORITHM_UNAVAILABLE` when an algorithm is not in our table.
    """
    if len(cms) > MAX_CMS_BYTES:
        raise TooLargeError(f"a CMS of {len(cms)} bytes; the limit is {MAX_CMS_BYTES}")
    signers, evidence = decode(cms, MAX_CERTIFICATES)
    _expect(len(signers) == 1, "more than one signer")
    if evidence:
        raise MalformedError(Fault.NON_CANONICAL, "the CMS brings more than its signer's certificates")
    return signers[0]


def decode(cms: bytes, most_certificates: int) -> tuple[tuple[SignedData, ...], Evidence]:
    """Signers and evidence of a CMS of our own form; raises what `read_signed_data` raises."""
    try:
        signers, evidence = _parse(cms, most_certificates)
    except UnsupportedAlgorithmError as error:
        raise MalformedError(Fault.ALGORITHM_UNAVAILABLE, str(error)) from error
    except KeysError as error:
        raise MalformedError(Fault.FORMAT_CMS, str(error)) from error
    if encode(signers, evidence) != cms:
        raise MalformedError(Fault.NON_CANONICAL, "the CMS is not equal to its own re-encoding")
    return signers, evidence


def _parse(cms: bytes, most_certificates: int) -> tuple[tuple[SignedData, ...], Evidence]:
    outer = DerReader(cms)
    content_info = outer.read_sequence()
    outer.finish()
    _expect(content_info.read_oid() == SIGNED_DATA, "not SignedData")
    explicit = DerReader(content_info.read(_EXPLICIT_0))
    content_info.finish()
    signed_data = explicit.read_sequence()
    explicit.finish()

    _expect(signed_data.read_integer() in (1, 5), "unknown version of SignedData")
    signed_data.read(d.SET)  # digest algorithms: compared when the CMS is built again
    encapsulated = signed_data.read_sequence()
    _expect(encapsulated.read_oid() == DATA, "the content type is not data")
    _expect(encapsulated.at_end, "the content is inside; a detached signature was expected")
    certificates = _read_certificates(signed_data.read(_EXPLICIT_0), most_certificates)
    crls, ocsps = _read_revocations(signed_data) if signed_data.peek() == _IMPLICIT_1 else ((), ())
    signer_infos = signed_data.read_set()
    signed_data.finish()

    signers: list[SignedData] = []
    while not signer_infos.at_end:
        if len(signers) == MAX_SIGNERS:
            raise TooLargeError(f"more than {MAX_SIGNERS} signers in a CMS")
        signers.append(_read_signer(signer_infos.read_sequence(), certificates))
    _expect(bool(signers), "nobody signed")
    spoken_for = {certificate.der for facts in signers for certificate in facts.certificates}
    further = tuple(certificate.der for certificate in certificates if certificate.der not in spoken_for)
    evidence = Evidence(certificates=further, crls=crls, ocsps=ocsps)
    check_evidence(evidence, Fault.FORMAT_CMS)
    return tuple(signers), evidence


def _read_signer(reader: DerReader, certificates: Sequence[Certificate]) -> SignedData:
    _expect(reader.read_integer() == 1, "unknown version of SignerInfo")
    identifier = reader.read_sequence()
    issuer, serial = identifier.element().raw, identifier.read_integer()
    reader.read(d.SEQUENCE)  # digest algorithm: compared when the CMS is built again
    attributes = reader.read(_EXPLICIT_0)
    algorithm = algorithm_for(reader.read_sequence().read_oid())
    signature = reader.read_octet_string()
    timestamp = None if reader.at_end else _read_timestamp(DerReader(reader.read(_IMPLICIT_1)))
    reader.finish()

    leaf = [c for c in certificates if c.issuer_der == issuer and c.serial == serial]
    _expect(len(leaf) == 1, "the signer's certificate is not in the CMS exactly once")
    message_digest, signing_time, named = _read_attributes(attributes)
    by_digest = {certificate.fingerprint(algorithm.digest): certificate for certificate in certificates}
    # A name that leads nowhere, or is missing, shows when the CMS is built again.
    issuers = (by_digest[name] for name in dict.fromkeys(named) if name in by_digest)
    return SignedData(
        certificates=(leaf[0], *(certificate for certificate in issuers if certificate is not leaf[0])),
        algorithm=algorithm,
        message_digest=message_digest,
        signing_time=signing_time,
        signed_attributes=d.tlv(d.SET, attributes),
        signature=signature,
        timestamp=timestamp,
    )


def _read_certificates(content: bytes, most: int) -> list[Certificate]:
    reader = DerReader(content)
    certificates: list[Certificate] = []
    while not reader.at_end:
        if len(certificates) == most:
            raise TooLargeError(f"more than {most} certificates in a CMS")
        certificates.append(embedded_certificate(reader.element().raw))
    return certificates


def _read_revocations(signed_data: DerReader) -> tuple[tuple[bytes, ...], tuple[bytes, ...]]:
    """Revocation lists and OCSP answers (RFC 5652 section 10.2.1, RFC 5940 section 2)."""
    reader = DerReader(signed_data.read(_IMPLICIT_1))
    crls, ocsps = [], []
    while not reader.at_end:
        if reader.peek() == d.SEQUENCE:
            crls.append(reader.read_raw())
            continue
        other = DerReader(reader.read(_IMPLICIT_1))
        _expect(other.read_oid() == OCSP_RESPONSE, "revocation data of an unknown form")
        ocsps.append(other.read_raw())
        other.finish()
    return tuple(crls), tuple(ocsps)


def _read_timestamp(attributes: DerReader) -> bytes:
    attribute = attributes.read_sequence()
    attributes.finish()
    _expect(attribute.read_oid() == SIGNATURE_TIMESTAMP, "an unsigned attribute that we do not write")
    values = attribute.read_set()
    token = values.read_raw()
    values.finish()
    check_sequence(token, Fault.FORMAT_CMS)
    return token


def _read_attributes(content: bytes) -> tuple[bytes, datetime | None, list[bytes]]:
    """Message digest, signing time, and the digests of the certificates that signing-certificate-v2 names.

    Everything else is compared when the CMS is built again.
    """
    message_digest: bytes | None = None
    signing_time: datetime | None = None
    named: list[bytes] = []
    reader = DerReader(content)
    while not reader.at_end:
        attribute = reader.read_sequence()
        kind = attribute.read_oid()
        values = attribute.read_set()
        if kind == MESSAGE_DIGEST:
            message_digest = values.read_octet_string()
        elif kind == SIGNING_TIME:
            signing_time = values.read_time()
            if signing_time.year not in YEARS:
                raise MalformedError(Fault.FORMAT_CMS, "a signing time beyond all calendars")
        elif kind == SIGNING_CERTIFICATE_V2:
            named = _read_certificate_ids(values.read_sequence().read_sequence())
    if message_digest is None:
        raise MalformedError(Fault.FORMAT_CMS, "no message digest among the signed attributes")
    return message_digest, signing_time, named


def _read_certificate_ids(reader: DerReader) -> list[bytes]:
    named = []
    while not reader.at_end:
        identifier = reader.read_sequence()
        if identifier.peek() == d.SEQUENCE:
            identifier.read_raw()  # the digest's algorithm
        named.append(identifier.read_octet_string())
    return named


def _attribute(kind: str, value: bytes) -> bytes:
    return d.sequence(d.oid(kind), d.set_of(value))


def _expect(condition: bool, otherwise: str) -> None:
    if not condition:
        raise MalformedError(Fault.FORMAT_CMS, otherwise)
