"""Reading signed data that others made, from bytes that nobody vouches for: RFC 5652, GB/T 35275, and mixtures.

DER, BER (indefinite lengths, content in pieces), PEM and bare Base64. BER is first made into DER as far as lengths go,
so that one reader is enough; SET OF stays in the order of the file. What products do otherwise than the standards say
(other versions, NULL parameters, unsorted sets) is taken where it changes nothing that is signed.
"""

import binascii
import re
from datetime import datetime

from keys import RSA_SHA256, DerReader, KeysError, MalformedDerError, ber
from keys import der as d

from .china import YEARS
from .cms_names import (
    CONTENT_TYPE,
    DATA,
    GM_DATA,
    GM_SIGNED_DATA,
    MESSAGE_DIGEST,
    SIGNATURE_TIMESTAMP,
    SIGNED_DATA,
    SIGNING_CERTIFICATE,
    SIGNING_CERTIFICATE_V2,
    SIGNING_TIME,
)
from .errors import Fault, MalformedError, TooLargeError
from .evidence_check import MAX_LIST_BYTES
from .foreign_cms import (
    MAX_ATTRIBUTES,
    MAX_CERTIFICATES,
    MAX_FOREIGN_CMS_BYTES,
    MAX_REVOCATION_LISTS,
    MAX_SIGNERS,
    CertificateHash,
    ForeignSignedData,
    ForeignSigner,
)
from .signature_values import embedded_certificate, identifier_oid

_DATA_TYPES = (DATA, GM_DATA)
_EXPLICIT_0, _EXPLICIT_1, _EXPLICIT_4 = 0xA0, 0xA1, 0xA4
_IMPLICIT_0 = 0x80
_OTHER_CERTIFICATES = range(0xA0, 0xA4)  # attribute certificates and the like (RFC 5652 section 10.2.2)
_SHA256 = RSA_SHA256.digest_identifier  # the DEFAULT of RFC 5035 section 4
_WHITE_SPACE = b" \t\n\r\v\f"
_PEM = re.compile(rb"-----BEGIN (PKCS7|CMS|PKCS #7 SIGNED DATA)-----([A-Za-z0-9+/=\s]+)-----END \1-----\s*")


def read_foreign_cms(data: bytes) -> ForeignSignedData:
    """Read signed data: DER, BER, PEM, or bare Base64 (as CAs hand out their chains).

    Raises:
        TooLargeError: a limit of `esign.foreign_cms` was exceeded.
        MalformedError: `FORMAT_CMS`.
    """
    if len(data) > MAX_FOREIGN_CMS_BYTES:
        raise TooLargeError(f"a CMS of {len(data)} bytes; the limit is {MAX_FOREIGN_CMS_BYTES}")
    encoded = data if data[:1] == b"\x30" else _from_text(data)
    try:
        try:
            return _read(encoded)
        except MalformedDerError:
            if (definite := ber.to_der(encoded)) == encoded:
                raise
            return _read(definite)
    except KeysError as error:
        raise MalformedError(Fault.FORMAT_CMS, str(error)) from error


def _from_text(data: bytes) -> bytes:
    pem = _PEM.fullmatch(data.strip())
    try:
        # Not `split`: twenty million spaces would become as many objects.
        return binascii.a2b_base64((pem[2] if pem else data).translate(None, _WHITE_SPACE), strict_mode=True)
    except binascii.Error as error:
        raise MalformedError(Fault.FORMAT_CMS, "neither DER nor Base64") from error


def _read(data: bytes) -> ForeignSignedData:
    outer = DerReader(data)
    content_info = outer.read_sequence()
    outer.finish()
    outer_type = content_info.read_oid()
    _expect(outer_type in (SIGNED_DATA, GM_SIGNED_DATA), "not signed data")
    explicit = DerReader(content_info.read(_EXPLICIT_0))
    content_info.finish()
    signed_data = explicit.read_sequence()
    explicit.finish()

    signed_data.read_integer()  # nothing depends on the version: RFC 5652 derives it from the rest
    signed_data.read(d.SET)  # digest algorithms: each signer says its own
    content_type, content = _read_content(signed_data.read_sequence())
    certificates = tuple(
        raw
        for raw in _read_set(signed_data, _EXPLICIT_0, MAX_CERTIFICATES, "certificates")
        if raw[0] not in _OTHER_CERTIFICATES
    )
    lists = _read_set(signed_data, _EXPLICIT_1, MAX_REVOCATION_LISTS, "revocation lists")
    if sum(map(len, lists)) > MAX_LIST_BYTES:
        raise TooLargeError(f"revocation lists of more than {MAX_LIST_BYTES} bytes in a CMS")
    signer_infos = _read_set(signed_data, d.SET, MAX_SIGNERS, "signers")
    signed_data.finish()
    named = {_issuer_and_serial(certificate): certificate for certificate in certificates}
    _expect(len(named) == len(set(certificates)), "two certificates of one issuer and serial number")
    signers = tuple(_read_signer(DerReader(raw).read_sequence(), named) for raw in signer_infos)
    for one in signers:
        _check_type(one, content_type, outer_type)
    return ForeignSignedData(
        outer_type=outer_type,
        content_type=content_type,
        content=content,
        certificates=certificates,
        revocation_lists=lists,
        signers=signers,
    )


def _check_type(signer: ForeignSigner, content_type: str, outer_type: str) -> None:
    """RFC 5652 section 11.1, so that a signature over one kind of content is not taken for one over another."""
    if signer.signed_attributes is None:
        _expect(content_type in _DATA_TYPES, "the content is not data, and there are no signed attributes")
    elif signer.content_type is None:
        _expect(outer_type == GM_SIGNED_DATA, "no content type among the signed attributes")
        _expect(content_type in _DATA_TYPES, "the content is not data, and the signed attributes do not say so")
    elif signer.content_type != content_type:
        # Products that write GB/T 35275 mix the two names of data.
        both_data = {signer.content_type, content_type} <= set(_DATA_TYPES)
        _expect(both_data, "the signed attributes name another content type")


def _read_content(reader: DerReader) -> tuple[str, bytes | None]:
    content_type = reader.read_oid()
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


def _with_key_identifier(identifier: bytes, certificates: dict[tuple[bytes, int], bytes]) -> bytes | None:
    found = []
    for certificate in certificates.values():
        try:
            if embedded_certificate(certificate).subject_key_identifier == identifier:
                found.append(certificate)
        except KeysError:
            continue  # one that we cannot read names nobody
    _expect(len(found) < 2, "two certificates of one key identifier")
    return found[0] if found else None


def _read_signer(reader: DerReader, certificates: dict[tuple[bytes, int], bytes]) -> ForeignSigner:
    reader.read_integer()
    issuer, serial, key_identifier = None, None, None
    if reader.peek() == _IMPLICIT_0:
        key_identifier = reader.read(_IMPLICIT_0)
        certificate = _with_key_identifier(key_identifier, certificates)
    else:
        identifier = reader.read_sequence()
        issuer, serial = identifier.read_raw(), identifier.read_integer()
        identifier.finish()
        certificate = certificates.get((issuer, serial))
    digest_identifier = _read_identifier(reader)
    attributes = reader.read(_EXPLICIT_0) if reader.peek() == _EXPLICIT_0 else None
    algorithm_identifier = _read_identifier(reader)
    signature = reader.read_octet_string()
    has_unsigned = reader.peek() == _EXPLICIT_1
    unsigned = _read_attributes(reader.read(_EXPLICIT_1)) if has_unsigned else []
    reader.finish()

    signed = _read_attributes(attributes or b"")
    content_type, digest = _single(signed, CONTENT_TYPE), _single(signed, MESSAGE_DIGEST)
    _expect(attributes is None or digest is not None, "no message digest among the signed attributes")
    return ForeignSigner(
        issuer=issuer,
        serial=serial,
        key_identifier=key_identifier,
        certificate_der=certificate,
        digest_identifier=digest_identifier,
        algorithm_identifier=algorithm_identifier,
        signed_attributes=None if attributes is None else d.tlv(d.SET, attributes),
        content_type=content_type.read_oid() if content_type is not None else None,
        message_digest=digest.read_octet_string() if digest is not None else None,
        signing_time=_read_signing_time(signed),
        signing_certificates=_read_signing_certificates(signed),
        signature=signature,
        timestamps=tuple(values.read_raw() for kind, values in unsigned if kind == SIGNATURE_TIMESTAMP),
        has_unsigned_attributes=has_unsigned,
    )


def _read_identifier(reader: DerReader) -> bytes:
    """An AlgorithmIdentifier as it stands; its parameters are compared when its meaning is asked for."""
    raw = reader.read_raw()
    identifier_oid(raw)
    return raw


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


def _read_signing_time(signed: list[tuple[str, DerReader]]) -> datetime | None:
    if (value := _single(signed, SIGNING_TIME)) is None:
        return None
    time = value.read_time()
    _expect(time.year in YEARS, "a signing time beyond all calendars")
    return time


def _read_signing_certificates(signed: list[tuple[str, DerReader]]) -> tuple[CertificateHash, ...] | None:
    """RFC 5035 sections 3 and 4. A signer who writes both attributes is taken at the stronger one's word."""
    older, newer = _single(signed, SIGNING_CERTIFICATE), _single(signed, SIGNING_CERTIFICATE_V2)
    if (attribute := newer or older) is None:
        return None
    entries = attribute.read_sequence().read_sequence()
    found: list[CertificateHash] = []
    while not entries.at_end:
        if len(found) == MAX_CERTIFICATES:
            raise TooLargeError(f"more than {MAX_CERTIFICATES} certificates named in a CMS")
        entry = entries.read_sequence()
        digest = None
        if newer is not None:
            digest = entry.read_raw() if entry.peek() == d.SEQUENCE else _SHA256
            identifier_oid(digest)
        value = entry.read_octet_string()
        issuer, serial = _read_issuer_serial(entry.read_sequence()) if not entry.at_end else (None, None)
        entry.finish()
        found.append(CertificateHash(digest=digest, value=value, issuer=issuer, serial=serial))
    _expect(bool(found), "a signing-certificate attribute that names none")
    return tuple(found)


def _read_issuer_serial(reader: DerReader) -> tuple[bytes, int]:
    """IssuerSerial with one directoryName; any other name is of no certificate that we read."""
    names = reader.read_sequence()
    name = names.read(_EXPLICIT_4)
    names.finish()
    serial = reader.read_integer()
    reader.finish()
    return name, serial


def _expect(condition: bool, otherwise: str) -> None:
    if not condition:
        raise MalformedError(Fault.FORMAT_CMS, otherwise)
