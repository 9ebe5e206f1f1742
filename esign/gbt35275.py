"""CMS after GB/T 35275 (SM2 cryptographic message syntax): signed data, written in one form, read as products write it.

Its model is PKCS #7 v1.5 (RFC 2315) and not RFC 5652: object identifiers of its own at both levels, the signer named by
issuer and serial number, content in an explicit OCTET STRING. Where messageDigest stands it is SM3 of the content
without Z; the signature is SM2 with Z over the attributes, or over the content itself when there are no attributes.
"""

import base64
import binascii
import re
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from keys import (
    SM2_SM3,
    BadSignatureError,
    Certificate,
    DerReader,
    KeysError,
    Signer,
    UnsupportedAlgorithmError,
    hash_bytes,
)
from keys import der as d

from .errors import Fault, MalformedError, TooLargeError
from .signature_values import SM2_SIGNATURE, embedded_certificate, verify_value

MAX_GM_CMS_BYTES = 20 * 1024 * 1024  # the file limit of the contract: attached content counts
MAX_CERTIFICATES = 32  # degenerate files carry whole chains
MAX_REVOCATION_LISTS = 8
MAX_SIGNERS = 8
MAX_ATTRIBUTES = 32  # of one signer, signed and unsigned each

_GM = "1.2.156.10197.6.1.4.2"
DATA, SIGNED_DATA = f"{_GM}.1", f"{_GM}.2"
_RSA_DATA, _RSA_SIGNED_DATA = "1.2.840.113549.1.7.1", "1.2.840.113549.1.7.2"
_CONTENT_TYPE = "1.2.840.113549.1.9.3"
_MESSAGE_DIGEST = "1.2.840.113549.1.9.4"
_SIGNING_TIME = "1.2.840.113549.1.9.5"
_TIME_STAMP = "1.2.840.113549.1.9.16.2.14"

_HASH_BYTES = 32
_EXPLICIT_0, _EXPLICIT_1 = 0xA0, 0xA1
_PEM = re.compile(rb"-----BEGIN (PKCS7|CMS)-----([A-Za-z0-9+/=\s]+)-----END \1-----\s*")


class Coverage(StrEnum):
    """How the content inside speaks for an original."""

    CONTENT = "content"
    """It is the original."""
    DIGEST = "digest"
    """It is the 32-byte SM3 digest of the original."""
    DIGEST_TEXT = "digest-text"
    """It is that digest in Base64."""
    DETACHED = "detached"
    """There is no content inside; each signer's digest or signature tells."""
    NOTHING = "nothing"
    """It is something else."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GmSigner:
    """One SignerInfo."""

    issuer: bytes = field(repr=False)
    """DER of the name."""
    serial: int
    certificate_der: bytes | None = field(repr=False)
    """The certificate with this issuer and serial number, None when the file has none."""
    digest_oid: str
    algorithm_oid: str
    signed_attributes: bytes | None = field(repr=False)
    """As SET OF, the bytes of the file under another tag; None when there are none."""
    content_type: str | None
    """As the attributes say. Products name GB/T 35275 data here and RSA data in the content: nothing depends on it."""
    message_digest: bytes | None
    signing_time: datetime | None
    """The signer's claim."""
    signature: bytes = field(repr=False)
    """As it stands in the file, DER or r‖s."""
    time_stamp: bytes | None = field(repr=False)
    """A token over `signature` among the unsigned attributes; not checked here."""

    def certificate(self) -> Certificate:
        """Parse the signer's certificate.

        Raises:
            MalformedError: `FORMAT_CMS`, the file has no certificate of this signer.
            KeysError: we cannot read it.
        """
        if self.certificate_der is None:
            raise MalformedError(Fault.FORMAT_CMS, "the signer's certificate is not inside")
        return embedded_certificate(self.certificate_der)

    def digest_matches(self, content: bytes) -> bool:
        """Whether messageDigest is SM3 of `content`; also true without attributes, where the signature alone tells."""
        return self.signed_attributes is None or self.message_digest == hash_bytes(SM2_SM3.digest, content)

    def verify_signature(self, content: bytes) -> None:
        """Check the signature value: over the attributes, or over `content` when there are none.

        `content` is what stands inside, else the original. It is not compared with messageDigest here.

        Raises:
            BadSignatureError: it does not verify.
            MalformedError, KeysError: it could not be checked: no or unreadable certificate, unknown algorithm.
        """
        certificate = self.certificate()
        if self.digest_oid != SM2_SM3.digest_oid:
            raise UnsupportedAlgorithmError(f"digest {self.digest_oid} is not supported")
        if self.signed_attributes is not None:
            signed = self.signed_attributes
        elif _is_attributes(content):
            # Whoever takes the attributes of a good signature for the content of one without attributes would make the
            # same value say another thing.
            raise BadSignatureError("the content is the signed attributes of another signature")
        else:
            signed = content
        verify_value(certificate, self.algorithm_oid, self.signature, signed)


@dataclass(frozen=True, slots=True, kw_only=True)
class GmSignedData:
    """The facts of one signed-data message."""

    outer_type: str
    """Object identifier of the whole; RSA's where products mix."""
    content_type: str
    content: bytes | None = field(repr=False)
    """None when detached."""
    certificates: tuple[bytes, ...] = field(repr=False)
    """DER, in the order of the file, not parsed."""
    revocation_lists: tuple[bytes, ...] = field(repr=False)
    signers: tuple[GmSigner, ...]
    """Empty in files that only carry certificates."""

    def coverage(self, original: bytes) -> Coverage:
        """What the content inside has to do with `original`."""
        if self.content is None:
            return Coverage.DETACHED
        if self.content == original:
            return Coverage.CONTENT
        digest = hash_bytes(SM2_SM3.digest, original)
        if self.content == digest:
            return Coverage.DIGEST
        return Coverage.DIGEST_TEXT if self.content == base64.b64encode(digest) else Coverage.NOTHING


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


def read_gm_signed_data(cms: bytes) -> GmSignedData:
    """Read signed data: DER, PEM, or bare Base64 (as CAs hand out their chains).

    Raises:
        TooLargeError: a limit of this module was exceeded.
        MalformedError: `FORMAT_CMS`.
    """
    if len(cms) > MAX_GM_CMS_BYTES:
        raise TooLargeError(f"a CMS of {len(cms)} bytes; the limit is {MAX_GM_CMS_BYTES}")
    try:
        return _parse(cms if cms[:1] == b"\x30" else _from_text(cms))
    except KeysError as error:
        raise MalformedError(Fault.FORMAT_CMS, str(error)) from error


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
        d.sequence(d.oid(DATA), d.context(0, d.octet_string(content)) if inside else b""),
        certificates,
        d.set_of(signer_info),
    )
    return d.sequence(d.oid(SIGNED_DATA), d.context(0, signed_data))


def _attributes(message_digest: bytes, signing_time: datetime | None) -> bytes:
    values = [(_CONTENT_TYPE, d.oid(DATA)), (_MESSAGE_DIGEST, d.octet_string(message_digest))]
    if signing_time is not None:
        values.append((_SIGNING_TIME, d.time(signing_time)))
    return d.set_of(*(d.sequence(d.oid(kind), d.set_of(value)) for kind, value in values))


def _from_text(data: bytes) -> bytes:
    pem = _PEM.fullmatch(data.strip())
    try:
        return binascii.a2b_base64(b"".join((pem[2] if pem else data).split()), strict_mode=True)
    except binascii.Error as error:
        raise MalformedError(Fault.FORMAT_CMS, "neither DER nor Base64") from error


def _parse(cms: bytes) -> GmSignedData:
    outer = DerReader(cms)
    content_info = outer.read_sequence()
    outer.finish()
    outer_type = content_info.read_oid()
    # RSA's identifier with SM2 certificates inside is a form of real files.
    _expect(outer_type in (SIGNED_DATA, _RSA_SIGNED_DATA), "not signed data")
    explicit = DerReader(content_info.read(_EXPLICIT_0))
    content_info.finish()
    signed_data = explicit.read_sequence()
    explicit.finish()

    signed_data.read_integer()  # 1; products copy other versions from RFC 5652, and nothing depends on it
    signed_data.read(d.SET)  # digest algorithms: each signer says its own
    content_type, content = _read_content(signed_data.read_sequence())
    certificates = _read_set(signed_data, _EXPLICIT_0, MAX_CERTIFICATES, "certificates")
    lists = _read_set(signed_data, _EXPLICIT_1, MAX_REVOCATION_LISTS, "revocation lists")
    signer_infos = _read_set(signed_data, d.SET, MAX_SIGNERS, "signers")
    signed_data.finish()
    named = {_issuer_and_serial(certificate): certificate for certificate in certificates}
    _expect(len(named) == len(set(certificates)), "two certificates of one issuer and serial number")
    return GmSignedData(
        outer_type=outer_type,
        content_type=content_type,
        content=content,
        certificates=certificates,
        revocation_lists=lists,
        signers=tuple(_read_signer(DerReader(raw).read_sequence(), named) for raw in signer_infos),
    )


def _read_content(reader: DerReader) -> tuple[str, bytes | None]:
    content_type = reader.read_oid()
    _expect(content_type in (DATA, _RSA_DATA), "the content type is not data")
    if reader.at_end:
        return content_type, None
    explicit = DerReader(reader.read(_EXPLICIT_0))
    reader.finish()
    content = explicit.read_octet_string()
    explicit.finish()
    return content_type, content


def _read_set(reader: DerReader, tag: int, limit: int, what: str) -> tuple[bytes, ...]:
    """The raw elements of a SET OF, in the order of the file, which products do not sort; absent is empty."""
    if reader.peek() != tag and tag != d.SET:
        return ()
    found: list[bytes] = []
    elements = DerReader(reader.read(tag))
    while not elements.at_end:
        if len(found) == limit:
            raise TooLargeError(f"more than {limit} {what} in a CMS")
        found.append(elements.read_raw())
    return tuple(found)


def _issuer_and_serial(certificate: bytes) -> tuple[bytes, int]:
    """Where they stand in every certificate, also in one that we cannot read as a whole."""
    tbs = DerReader(certificate).read_sequence().read_sequence()
    if tbs.peek() == _EXPLICIT_0:
        tbs.read_raw()
    serial = tbs.read_integer()
    tbs.read_raw()
    return tbs.read_raw(), serial


def _read_signer(reader: DerReader, certificates: dict[tuple[bytes, int], bytes]) -> GmSigner:
    reader.read_integer()
    identifier = reader.read_sequence()
    issuer, serial = identifier.read_raw(), identifier.read_integer()
    identifier.finish()
    digest_oid = _read_algorithm(reader)
    attributes = reader.read(_EXPLICIT_0) if reader.peek() == _EXPLICIT_0 else None
    algorithm_oid = _read_algorithm(reader)
    signature = reader.read_octet_string()
    unsigned = _read_attributes(reader.read(_EXPLICIT_1)) if reader.peek() == _EXPLICIT_1 else []
    reader.finish()

    signed = _read_attributes(attributes or b"")
    content_type, digest = _single(signed, _CONTENT_TYPE), _single(signed, _MESSAGE_DIGEST)
    signing_time = _single(signed, _SIGNING_TIME)
    _expect(attributes is None or digest is not None, "no message digest among the signed attributes")
    return GmSigner(
        issuer=issuer,
        serial=serial,
        certificate_der=certificates.get((issuer, serial)),
        digest_oid=digest_oid,
        algorithm_oid=algorithm_oid,
        signed_attributes=None if attributes is None else d.tlv(d.SET, attributes),
        content_type=content_type.read_oid() if content_type is not None else None,
        message_digest=digest.read_octet_string() if digest is not None else None,
        signing_time=signing_time.read_time() if signing_time is not None else None,
        signature=signature,
        time_stamp=next((values.read_raw() for kind, values in unsigned if kind == _TIME_STAMP), None),
    )


def _read_algorithm(reader: DerReader) -> str:
    """An AlgorithmIdentifier with its parameters absent or NULL; products write both."""
    identifier = reader.read_sequence()
    oid = identifier.read_oid()
    if not identifier.at_end:
        identifier.read_null()
    identifier.finish()
    return oid


def _read_attributes(content: bytes) -> list[tuple[str, DerReader]]:
    """Each attribute's identifier, and a reader of its values."""
    reader = DerReader(content)
    found: list[tuple[str, DerReader]] = []
    while not reader.at_end:
        if len(found) == MAX_ATTRIBUTES:
            raise TooLargeError(f"more than {MAX_ATTRIBUTES} attributes in a CMS")
        attribute = reader.read_sequence()
        # Not `read_set`: products do not sort.
        found.append((attribute.read_oid(), DerReader(attribute.read(d.SET))))
        attribute.finish()
    return found


def _single(attributes: list[tuple[str, DerReader]], kind: str) -> DerReader | None:
    """The one value of the attribute of this kind, None when there is no such attribute."""
    found = [values for name, values in attributes if name == kind]
    if not found:
        return None
    value = DerReader(found[0].read_raw())
    _expect(len(found) == 1 and found[0].at_end, "an attribute that occurs twice or has several values")
    return value


def _is_attributes(content: bytes) -> bool:
    if content[:1] != bytes([d.SET]):
        return False
    try:
        return any(kind == _MESSAGE_DIGEST for kind, _ in _read_attributes(DerReader(content).read(d.SET)))
    except KeysError:
        return False
    except TooLargeError:
        return True


def _expect(condition: bool, otherwise: str) -> None:
    if not condition:
        raise MalformedError(Fault.FORMAT_CMS, otherwise)
