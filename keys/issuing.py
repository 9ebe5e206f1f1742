"""Making certificates: one way of building the DER, whatever the algorithm."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Final

from keys import der
from keys.algorithms import hash_bytes
from keys.certificates import (
    AUTHORITY_KEY_IDENTIFIER,
    BASIC_CONSTRAINTS,
    EXTENDED_KEY_USAGE,
    KEY_USAGE,
    KEY_USAGES,
    MAX_SERIAL_BITS,
    OCSP_NO_CHECK,
    SUBJECT_KEY_IDENTIFIER,
    Certificate,
    parse_certificate,
    public_key_bits,
)
from keys.errors import BadSignatureError, KeyUnusableError
from keys.extensions import extension
from keys.names import COMMON_NAME, COUNTRY, ORGANIZATION, ORGANIZATION_IDENTIFIER, ORGANIZATIONAL_UNIT
from keys.ports import PrivateKey, PublicKey
from keys.publication import (
    AUTHORITY_INFORMATION_ACCESS,
    CRL_DISTRIBUTION_POINTS,
    distribution_points,
    ocsp_access,
)

CODE_SIGNING_EKU: Final = "2.25.17922297987033508298844546601781857205"
"""Extended key usage "signs the codes on licence faces": private, from a random UUID (ITU-T X.667)."""
COPY_SIGNING_EKU: Final = "2.25.147613026738287727257556397203656143786"
"""Extended key usage "seals annotated copies (加注件) and the notices about them": private, likewise."""
TIMESTAMPING_EKU: Final = "1.3.6.1.5.5.7.3.8"
"""Extended key usage of a timestamp authority (RFC 3161 clause 2.3)."""
OCSP_SIGNING_EKU: Final = "1.3.6.1.5.5.7.3.9"
"""Extended key usage of a responder to whom a CA has delegated its OCSP answers (RFC 6960 clause 4.2.2.2)."""


class Profile(Enum):
    """What a certificate is for."""

    ROOT = "root"
    ISSUING_CA = "issuing-ca"
    SEAL = "seal"
    CODE = "code"
    COPY = "copy"
    """Seals annotated copies (加注件) that an office makes; never a licence."""
    SEAL_MAKER = "seal-maker"
    """Signs seals, the objects of GB/T 38540."""
    PERSON = "person"
    """Signs what an applicant hands in, be it a citizen or an organisation."""
    TIMESTAMP = "timestamp"
    OCSP_RESPONDER = "ocsp-responder"


_USAGES: Final = {
    Profile.ROOT: ("keyCertSign", "cRLSign"),
    Profile.ISSUING_CA: ("keyCertSign", "cRLSign"),
    Profile.SEAL: ("digitalSignature", "nonRepudiation"),
    Profile.CODE: ("digitalSignature",),
    Profile.COPY: ("digitalSignature", "nonRepudiation"),
    Profile.SEAL_MAKER: ("digitalSignature", "nonRepudiation"),
    Profile.PERSON: ("digitalSignature", "nonRepudiation"),
    Profile.TIMESTAMP: ("digitalSignature",),
    Profile.OCSP_RESPONDER: ("digitalSignature",),
}
_PURPOSES: Final = {
    # Critical, so that a code key can never pass for a seal key in a program that does not know the purpose.
    Profile.CODE: (CODE_SIGNING_EKU, True),
    # Likewise: a copy is not the licence, and whoever makes copies is not the authority.
    Profile.COPY: (COPY_SIGNING_EKU, True),
    # Critical, because RFC 3161 clause 2.3 wants it.
    Profile.TIMESTAMP: (TIMESTAMPING_EKU, True),
    Profile.OCSP_RESPONDER: (OCSP_SIGNING_EKU, False),
}
"""Profile to its extended key usage and whether that is critical."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """Whom a certificate is for. What is None is left out of the name."""

    common_name: str
    organization: str | None = None
    organization_identifier: str | None = None
    organizational_unit: str | None = None
    country: str = "CN"

    def der(self) -> bytes:
        """Return the DER of the name, one attribute in each part, from the country down."""
        parts = (
            (COUNTRY, der.printable_string(self.country)),
            (ORGANIZATION, self.organization and der.utf8_string(self.organization)),
            (ORGANIZATION_IDENTIFIER, self.organization_identifier and der.utf8_string(self.organization_identifier)),
            (ORGANIZATIONAL_UNIT, self.organizational_unit and der.utf8_string(self.organizational_unit)),
            (COMMON_NAME, der.utf8_string(self.common_name)),
        )
        return der.sequence(*(der.set_of(der.sequence(der.oid(kind), value)) for kind, value in parts if value))


def make_certificate(
    *,
    subject: Subject,
    public_key: PublicKey,
    issuer: Certificate | None,
    issuer_key: PrivateKey,
    serial: int,
    not_before: datetime,
    not_after: datetime,
    profile: Profile,
    crl_urls: Sequence[str] = (),
    ocsp_urls: Sequence[str] = (),
    ocsp_no_check: bool = False,
) -> Certificate:
    """Make and sign a version 3 certificate; `issuer` None makes it self-signed.

    `serial` is the caller's random number of at most 159 bits. `crl_urls` and `ocsp_urls` are where its revocation will
    be published; `ocsp_no_check` spares an OCSP responder's own certificate that question. `KeyUnusableError` when
    `issuer_key` is not the issuer's or its signature does not verify.
    """
    if not 0 < serial < 1 << MAX_SERIAL_BITS:
        raise ValueError("serial number out of range")
    signing_spki = public_key.spki if issuer is None else issuer.public_key.spki
    if issuer_key.public_key.spki != signing_spki:
        raise KeyUnusableError("the key is not the issuer's")
    identifier = _identifier_of(public_key)
    issuer_identifier = identifier if issuer is None else issuer.subject_key_identifier
    algorithm = issuer_key.algorithm
    extensions = _extensions(profile, identifier, issuer_identifier)
    if crl_urls:
        extensions.append(extension(CRL_DISTRIBUTION_POINTS, distribution_points(crl_urls)))
    if ocsp_urls:
        extensions.append(extension(AUTHORITY_INFORMATION_ACCESS, ocsp_access(ocsp_urls)))
    if ocsp_no_check:
        extensions.append(extension(OCSP_NO_CHECK, der.null()))
    tbs = der.sequence(
        der.context(0, der.integer(2)),
        der.integer(serial),
        algorithm.signature_identifier,
        subject.der() if issuer is None else issuer.subject_der,
        der.sequence(der.time(not_before), der.time(not_after)),
        subject.der(),
        public_key.spki,
        der.context(3, der.sequence(*extensions)),
    )
    signature = issuer_key.sign(tbs)
    certificate = parse_certificate(der.sequence(tbs, algorithm.signature_identifier, der.bit_string(signature)))
    try:
        certificate.verify_issued_by(issuer or certificate)
    except BadSignatureError as error:
        raise KeyUnusableError("a fresh signature did not verify") from error
    return certificate


def _extensions(profile: Profile, identifier: bytes, issuer_identifier: bytes | None) -> list[bytes]:
    """Build the extensions with the criticality that RFC 5280 clause 4.2.1 asks for."""
    is_ca = profile in (Profile.ROOT, Profile.ISSUING_CA)
    constraints = [der.boolean(True)] if is_ca else []
    if profile is Profile.ISSUING_CA:
        constraints.append(der.integer(0))
    extensions = [
        extension(BASIC_CONSTRAINTS, der.sequence(*constraints), critical=is_ca),
        extension(KEY_USAGE, _key_usage(_USAGES[profile]), critical=True),
    ]
    if profile in _PURPOSES:
        purpose, critical = _PURPOSES[profile]
        extensions.append(extension(EXTENDED_KEY_USAGE, der.sequence(der.oid(purpose)), critical=critical))
    extensions.append(extension(SUBJECT_KEY_IDENTIFIER, der.octet_string(identifier)))
    if issuer_identifier is not None:
        authority = der.sequence(der.context(0, issuer_identifier, primitive=True))
        extensions.append(extension(AUTHORITY_KEY_IDENTIFIER, authority))
    return extensions


def _key_usage(names: tuple[str, ...]) -> bytes:
    """Encode a named-bit list: trailing zero bits are dropped (X.690 clause 11.2.2)."""
    positions = [KEY_USAGES.index(name) for name in names]
    last = max(positions)
    width = last // 8 * 8 + 8
    bits = sum(1 << (width - 1 - at) for at in positions)
    return der.tlv(der.BIT_STRING, bytes((width - 1 - last,)), bits.to_bytes(width // 8, "big"))


def _identifier_of(public_key: PublicKey) -> bytes:
    """Return the key identifier: the first 160 bits of the digest of the key's bits (RFC 7093 clause 2, method 1)."""
    return hash_bytes(public_key.algorithm.digest, public_key_bits(public_key))[:20]
