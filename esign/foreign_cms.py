"""The facts of signed data that others made: CMS (RFC 5652) and SM2 message syntax (GB/T 35275).

Materials come with the signatures of citizens and companies, and timestamps are such messages, too. Nothing here is
ever encoded again to be compared; what must be so for a signature to say something is refused when it is not, and
everything else is handed on as a fact.

The model of GB/T 35275 is PKCS #7 v1.5 (RFC 2315): object identifiers of its own at both levels, the signer named by
issuer and serial number. Its messageDigest is SM3 of the content without Z; the signature is SM2 with Z.
"""

import base64
import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from keys import Algorithm, BadSignatureError, Certificate, DerReader, KeysError, UnsupportedAlgorithmError, hash_bytes
from keys import der as d

from .cms_names import MESSAGE_DIGEST
from .errors import Fault, MalformedError
from .signature_values import (
    digest_named,
    embedded_certificate,
    identifier_oid,
    is_outdated,
    signer_algorithm,
    verify_value,
)

MAX_FOREIGN_CMS_BYTES = 20 * 1024 * 1024
"""The file limit of the contract: attached content counts."""
MAX_CERTIFICATES = 32
"""Files that only carry certificates bring whole chains."""
MAX_REVOCATION_LISTS = 8
MAX_SIGNERS = 8
MAX_ATTRIBUTES = 32
"""Of one signer, signed and unsigned each."""

_MAX_ATTRIBUTE_BYTES = 1024 * 1024  # nobody signs attributes larger than this; ours have 300 bytes


class Coverage(StrEnum):
    """How the content inside speaks for an original."""

    CONTENT = "content"
    """It is the original."""
    DIGEST = "digest"
    """It is the digest of the original, in the algorithm of every signer."""
    DIGEST_TEXT = "digest-text"
    """It is that digest in Base64."""
    DETACHED = "detached"
    """There is no content inside; each signer's digest or signature tells."""
    NOTHING = "nothing"
    """It is something else."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateHash:
    """One entry of a signing-certificate attribute (RFC 5035): ESSCertID by SHA-1, ESSCertIDv2 by a named digest."""

    digest: bytes | None = field(repr=False)
    """DER AlgorithmIdentifier, None for SHA-1 in the older attribute."""
    value: bytes
    issuer: bytes | None = field(repr=False)
    """DER of the issuer's name, where the entry says it."""
    serial: int | None

    def names(self, certificate: bytes, issuer: bytes, serial: int) -> bool:
        """Whether this is the certificate. A digest that the table does not have names none."""
        if self.issuer is not None and (self.issuer, self.serial) != (issuer, serial):
            return False
        if self.digest is None:
            # It tells certificates of one authority apart and proves nothing: the signature does that.
            return self.value == hashlib.sha1(certificate, usedforsecurity=False).digest()
        try:
            return self.value == hash_bytes(digest_named(self.digest), certificate)
        except UnsupportedAlgorithmError:
            return False


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeignSigner:
    """One SignerInfo."""

    issuer: bytes | None = field(repr=False)
    """DER of the issuer's name, None when the signer is named by key identifier."""
    serial: int | None
    key_identifier: bytes | None
    certificate_der: bytes | None = field(repr=False)
    """The certificate that is so named, None when the message does not bring it."""
    digest_identifier: bytes = field(repr=False)
    """DER AlgorithmIdentifier."""
    algorithm_identifier: bytes = field(repr=False)
    """DER AlgorithmIdentifier of the signature."""
    signed_attributes: bytes | None = field(repr=False)
    """As SET OF in the order of the file, None when there are none."""
    content_type: str | None
    """As the attributes say."""
    message_digest: bytes | None
    signing_time: datetime | None
    """The signer's claim."""
    signing_certificates: tuple[CertificateHash, ...] | None = field(repr=False)
    """What the signed attributes say about the signer's certificate and its chain; None when they say nothing."""
    signature: bytes = field(repr=False)
    """As it stands in the file, DER or r‖s."""
    timestamps: tuple[bytes, ...] = field(repr=False)
    """Tokens over `signature` among the unsigned attributes; not checked here."""
    has_unsigned_attributes: bool

    @property
    def digest_oid(self) -> str:
        """Object identifier of the digest."""
        return identifier_oid(self.digest_identifier)

    @property
    def digest_name(self) -> str:
        """Name of the digest as `keys.hash_bytes` takes it; `keys.UnsupportedAlgorithmError` when there is none."""
        return digest_named(self.digest_identifier)

    @property
    def algorithm_oid(self) -> str:
        """Object identifier of the signature algorithm, as it stands: `rsaEncryption` for most RSA signatures."""
        return identifier_oid(self.algorithm_identifier)

    @property
    def algorithm(self) -> Algorithm:
        """The row of our table; `keys.UnsupportedAlgorithmError` when it has none."""
        return signer_algorithm(self.digest_identifier, self.algorithm_identifier)

    @property
    def algorithm_title(self) -> str:
        """Name for people; the object identifiers when our table has none."""
        try:
            return self.algorithm.title
        except UnsupportedAlgorithmError:
            return f"{self.algorithm_oid}/{self.digest_oid}"

    @property
    def outdated(self) -> bool:
        """Whether the signature rests on MD5 or SHA-1: it proves nothing any more and is never verified."""
        return is_outdated(self.digest_oid) or is_outdated(self.algorithm_oid)

    def certificate(self) -> Certificate:
        """Parse the signer's certificate.

        Raises:
            MalformedError: `FORMAT_CMS`, the message has no certificate of this signer.
            KeysError: we cannot read it.
        """
        if self.certificate_der is None:
            raise MalformedError(Fault.FORMAT_CMS, "the signer's certificate is not inside")
        return embedded_certificate(self.certificate_der)

    def names_certificate(self) -> bool | None:
        """Whether the signed attributes name the signer's certificate first; None when they name none.

        False means that another certificate of the same key was put in its place (RFC 5035 section 2).

        Raises:
            MalformedError, KeysError: there is no certificate, or we cannot read it.
        """
        if self.signing_certificates is None:
            return None
        certificate = self.certificate()
        return self.signing_certificates[0].names(certificate.der, certificate.issuer_der, certificate.serial)

    def digest_matches(self, *content: bytes) -> bool:
        """Whether messageDigest is of these chunks; also true without attributes, where the signature alone tells.

        Raises:
            UnsupportedAlgorithmError: the table has no such digest.
        """
        if self.signed_attributes is None:
            return True
        return self.message_digest == hash_bytes(digest_named(self.digest_identifier), content)

    def verify_signature(self, *content: bytes) -> None:
        """Check the signature value: over the attributes, or over `content` when there are none.

        `content` is what stands inside, else the original. It is not compared with messageDigest here.

        Raises:
            BadSignatureError: it does not verify.
            MalformedError, KeysError: it could not be checked: no or unreadable certificate, unknown or outdated
                algorithm.
        """
        if self.outdated:
            raise UnsupportedAlgorithmError(f"{self.algorithm_title} is outdated")
        certificate, algorithm = self.certificate(), self.algorithm
        signed = self._content(content) if self.signed_attributes is None else self.signed_attributes
        try:
            verify_value(certificate, algorithm, self.signature, signed)
        except BadSignatureError:
            # RFC 5652 section 5.4 has the attributes signed in the order of DER, whatever the order of the file.
            if self.signed_attributes is None or (ordered := _in_order(self.signed_attributes)) == signed:
                raise
            verify_value(certificate, algorithm, self.signature, ordered)

    def _content(self, content: Sequence[bytes]) -> bytes:
        whole = b"".join(content)
        if _is_attributes(whole):
            # Whoever takes the attributes of a good signature for the content of one without attributes would make the
            # same value say another thing.
            raise BadSignatureError("the content is the signed attributes of another signature")
        return whole


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeignSignedData:
    """The facts of one signed-data message."""

    outer_type: str
    """Object identifier of the whole: RFC 5652 or GB/T 35275; products mix them."""
    content_type: str
    content: bytes | None = field(repr=False)
    """None when detached."""
    certificates: tuple[bytes, ...] = field(repr=False)
    """DER, in the order of the file, not parsed; without attribute certificates."""
    revocation_lists: tuple[bytes, ...] = field(repr=False)
    """DER, not parsed."""
    signers: tuple[ForeignSigner, ...]
    """Empty in files that only carry certificates."""

    def coverage(self, original: bytes) -> Coverage:
        """What the content inside has to do with `original`."""
        if self.content is None:
            return Coverage.DETACHED
        if self.content == original:
            return Coverage.CONTENT
        try:
            digests = {hash_bytes(digest_named(one.digest_identifier), original) for one in self.signers}
        except UnsupportedAlgorithmError:
            return Coverage.NOTHING
        if digests == {self.content}:
            return Coverage.DIGEST
        return (
            Coverage.DIGEST_TEXT if {base64.b64encode(one) for one in digests} == {self.content} else Coverage.NOTHING
        )


def _in_order(attributes: bytes) -> bytes:
    return d.set_of(*_items(attributes))


def _is_attributes(content: bytes) -> bool:
    if content[:1] != bytes([d.SET]) or len(content) > _MAX_ATTRIBUTE_BYTES:
        return False
    try:
        return any(DerReader(item).read_sequence().read_oid() == MESSAGE_DIGEST for item in _items(content))
    except KeysError:
        return False


def _items(set_of: bytes) -> Iterator[bytes]:
    outer = DerReader(set_of)
    reader = DerReader(outer.read(d.SET))
    outer.finish()
    while not reader.at_end:
        yield reader.read_raw()
