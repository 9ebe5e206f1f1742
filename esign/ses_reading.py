"""Reading SESeal and SES_Signature of all three generations from bytes that nobody vouches for.

The frame is strict DER (definite minimal lengths). Where real products deviate inside it, both ways are taken: tagged
and untagged extensions, explicit and implicit time stamps, any string type, an explicit `critical FALSE`. That is safe
because signatures are checked over the bytes of the file and never over an encoding of what was read.
"""

import re
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from enum import StrEnum
from functools import lru_cache
from typing import TypeVar

from keys import DerReader, KeysError
from keys import der as d

from .errors import MalformedSesError, TooLargeError
from .ses import (
    MAX_EXTENSION_BYTES,
    MAX_EXTENSIONS,
    MAX_PERMITTED,
    MAX_PICTURE_BYTES,
    MAX_PROPERTY_BYTES,
    MAX_SES_BYTES,
    MAX_SIDE,
    MAX_SIGNATURE_BYTES,
    MAX_TEXT_BYTES,
    MAX_TIME_STAMP_BYTES,
    REMEMBERED_SEAL_BYTES,
    CertificateDigest,
    SesExtension,
    SesPicture,
    SesSeal,
    SesSignature,
)

_CERTIFICATES, _DIGESTS = 1, 2  # certListType of GB/T 38540
_EXPLICIT_0, _IMPLICIT_0 = 0xA0, 0x80
_MAX_NUMBER_BYTES = 8
_MAX_CERTIFICATE_BYTES = 64 * 1024  # what keys.parse_certificate takes
_MAX_HASH_BYTES = 64
_CHINA = timezone(timedelta(hours=8))
_TEXT_TIME = re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(\.\d{1,6})?(Z|[+-]\d\d:\d\d)?", re.ASCII)

_Read = TypeVar("_Read", SesSeal, SesSignature)


class SignedValueKind(StrEnum):
    """What a file that should hold a seal signature really holds."""

    SES_SEAL = "ses-seal"
    SES_SIGNATURE = "ses-signature"
    CMS = "cms"
    BARE_SIGNATURE = "bare-signature"
    """r and s alone; the certificate is elsewhere."""
    UNKNOWN = "unknown"


def signed_value_kind(data: bytes) -> SignedValueKind:
    """Tell the kind from the outermost elements only; whether the rest is well-formed the readers say."""
    try:
        tags = [element.tag for element in _elements(DerReader(data).read_sequence(), limit=2)]
        if tags[:1] == [d.OID]:
            return SignedValueKind.CMS
        if tags == [d.INTEGER, d.INTEGER]:
            return SignedValueKind.BARE_SIGNATURE
        if tags[:1] == [d.SEQUENCE]:
            first = DerReader(data).read_sequence().read_sequence().peek()
            if first == d.SEQUENCE:
                return SignedValueKind.SES_SEAL
            if first == d.INTEGER:
                return SignedValueKind.SES_SIGNATURE
    except KeysError:
        pass  # no DER: unknown
    return SignedValueKind.UNKNOWN


def read_ses_seal(data: bytes) -> SesSeal:
    """Read a seal.

    Raises:
        TooLargeError: a limit of `esign.ses` was exceeded.
        MalformedSesError: it is no seal of version 1, 4 or 5.
    """
    return _read_whole(data, _seal)


def read_ses_signature(data: bytes) -> SesSignature:
    """Read a seal signature with the seal inside it.

    Raises:
        TooLargeError: a limit of `esign.ses` was exceeded.
        MalformedSesError: it is no seal signature of version 1, 4 or 5.
    """
    return _read_whole(data, _read_signature)


def _read_whole(data: bytes, read: Callable[[bytes], _Read]) -> _Read:
    _limit(len(data), MAX_SES_BYTES, "bytes of a seal or signature")
    try:
        outer = DerReader(data)
        facts = read(outer.read_raw())
        outer.finish()
    except KeysError as error:
        raise MalformedSesError(str(error)) from error
    return facts


def _seal(raw: bytes) -> SesSeal:
    return _read_seal.__wrapped__(raw) if len(raw) > REMEMBERED_SEAL_BYTES else _read_seal(raw)


@lru_cache(maxsize=16)
def _read_seal(raw: bytes) -> SesSeal:
    elements = _elements(DerReader(raw).read_sequence(), limit=5)
    _expect(len(elements) in (2, 4, 5), "a seal has 2, 4 or 5 elements")
    info = elements[0].raw
    # Structure first, the header's number second: version 1 seals state all kinds of numbers.
    first_generation = len(elements) == 2
    reader = DerReader(info).read_sequence()
    header = reader.read_sequence()
    _expect(_text(header) == "ES", "the header does not say ES")
    header_version, vendor = _number(header), _text(header)
    header.finish()
    if not first_generation:
        _expect(header_version in (4, 5), "unknown version of a seal")

    identifier = _text(reader)
    properties = reader.read_sequence()
    kind, name = _number(properties), _text(properties)
    list_type = _CERTIFICATES if first_generation else _number(properties)
    permitted, digests = _permitted(properties.read_sequence(), list_type)
    created_at, valid_from, valid_to = (properties.read_time() for _ in range(3))
    properties.finish()
    picture = _picture(reader.read_sequence())
    extensions = _extensions(reader)
    reader.finish()

    if first_generation:
        # GM/T 0031-2014 6.1.1.2: signed is a sequence of its own, which stands in the file in two pieces.
        sign_info = DerReader(elements[1].raw).read_sequence()
        certificate, algorithm, value = sign_info.read_raw(), sign_info.read_raw(), sign_info.read_raw()
        sign_info.finish()
        signed = d.sequence(info, certificate, algorithm)
    else:
        certificate, algorithm, value = (element.raw for element in elements[1:4])
        signed = info
    return SesSeal(
        der=raw,
        version={2: 1, 4: header_version, 5: 5}[len(elements)],
        header_version=header_version,
        vendor=vendor,
        identifier=identifier,
        kind=kind,
        name=name,
        permitted=permitted,
        permitted_digests=digests,
        created_at=created_at,
        valid_from=valid_from,
        valid_to=valid_to,
        picture=picture,
        extensions=extensions,
        maker_der=_certificate(DerReader(certificate)),
        algorithm_oid=DerReader(algorithm).read_oid(),
        signed=signed,
        signature=_bits(DerReader(value), MAX_SIGNATURE_BYTES, "bytes of a signature value"),
        time_stamp=_time_stamp(DerReader(elements[4].raw)) if len(elements) == 5 else None,
    )


def _read_signature(raw: bytes) -> SesSignature:
    elements = _elements(DerReader(raw).read_sequence(), limit=5)
    _expect(len(elements) in (2, 4, 5), "a seal signature has 2, 4 or 5 elements")
    first_generation = len(elements) == 2
    tbs = elements[0].raw
    reader = DerReader(tbs).read_sequence()
    stated_version = _number(reader)
    seal = _seal(reader.read_raw())
    if first_generation:
        time_info = _bits(reader, MAX_TIME_STAMP_BYTES, "bytes of a time")
        signing_time = _time_of_version_1(time_info)
    else:
        element = reader.element()
        time_info, signing_time = element.content, DerReader(element.raw).read_time()
    data_hash = _bits(reader, _MAX_HASH_BYTES, "bytes of a digest")
    property_info = _text(reader, MAX_PROPERTY_BYTES)
    if first_generation:
        extensions: tuple[SesExtension, ...] = ()
        certificate, algorithm = reader.read_raw(), reader.read_raw()
        value = elements[1].raw
        time_stamp = time_info if signing_time is None and time_info[:1] == b"\x30" else None
    else:
        extensions = _extensions(reader)
        certificate, algorithm, value = (element.raw for element in elements[1:4])
        time_stamp = _time_stamp(DerReader(elements[4].raw)) if len(elements) == 5 else None
    reader.finish()
    return SesSignature(
        der=raw,
        version=1 if first_generation else max(seal.version, 4),
        stated_version=stated_version,
        seal=seal,
        time_info=time_info,
        signing_time=signing_time,
        data_hash=data_hash,
        property_info=property_info,
        extensions=extensions,
        signer_der=_certificate(DerReader(certificate)),
        algorithm_oid=DerReader(algorithm).read_oid(),
        signed=tbs,
        signature=_bits(DerReader(value), MAX_SIGNATURE_BYTES, "bytes of a signature value"),
        time_stamp=time_stamp,
    )


def _permitted(reader: DerReader, list_type: int) -> tuple[tuple[bytes, ...], tuple[CertificateDigest, ...]]:
    """The list of signers. Real lists of length zero exist: they permit nobody."""
    certificates: list[bytes] = []
    digests: list[CertificateDigest] = []
    _expect(list_type in (_CERTIFICATES, _DIGESTS), "unknown type of the list of signers")
    while not reader.at_end:
        _limit(len(certificates) + len(digests) + 1, MAX_PERMITTED, "permitted signers")
        if list_type == _CERTIFICATES:
            certificates.append(_certificate(reader))
        else:
            entry = reader.read_sequence()
            label, value = _text(entry), entry.read_octet_string()
            entry.finish()
            _limit(len(value), _MAX_HASH_BYTES, "bytes of a digest")
            digests.append(CertificateDigest(label=label, value=value))
    return tuple(certificates), tuple(digests)


def _picture(reader: DerReader) -> SesPicture:
    kind, data = _text(reader), reader.read_octet_string()
    width, height = _number(reader), _number(reader)
    reader.finish()
    _limit(len(data), MAX_PICTURE_BYTES, "bytes of a picture")
    _expect(0 < width <= MAX_SIDE and 0 < height <= MAX_SIDE, "a picture of an impossible size")
    return SesPicture(type=kind, data=data, width=width, height=height)


def _extensions(reader: DerReader) -> tuple[SesExtension, ...]:
    """Optional ExtensionDatas: a plain SEQUENCE, [0] around one, or [0] in its place (seals.md leaves it open)."""
    tag = reader.peek()
    if tag not in (d.SEQUENCE, _EXPLICIT_0):
        return ()
    content = reader.element().content
    _limit(len(content), MAX_EXTENSION_BYTES, "bytes of extensions")
    if tag == _EXPLICIT_0 and content:
        inside = DerReader(content)
        # An extension starts with its identifier, a list of them with a SEQUENCE (or with nothing).
        if DerReader(inside.read(d.SEQUENCE)).peek() != d.OID:
            inside.finish()
            content = DerReader(content).read(d.SEQUENCE)
    found: list[SesExtension] = []
    entries = DerReader(content)
    while not entries.at_end:
        _limit(len(found) + 1, MAX_EXTENSIONS, "extensions")
        entry = entries.read_sequence()
        oid = entry.read_oid()
        critical = _boolean(entry) if entry.peek() == d.BOOLEAN else False
        found.append(SesExtension(oid=oid, critical=critical, value=entry.read_octet_string()))
        entry.finish()
    return tuple(found)


def _time_stamp(reader: DerReader) -> bytes:
    """The token in [0] BIT STRING, EXPLICIT as implementations write it or IMPLICIT."""
    if reader.peek() == _IMPLICIT_0:
        content = reader.read(_IMPLICIT_0)
        reader.finish()
        reader = DerReader(d.tlv(d.BIT_STRING, content))
    else:
        content = reader.read(_EXPLICIT_0)
        reader.finish()
        reader = DerReader(content)
    token = _bits(reader, MAX_TIME_STAMP_BYTES, "bytes of a time stamp")
    reader.finish()
    return token


def _time_of_version_1(content: bytes) -> datetime | None:
    """The time of GM/T 0031-2014: text of one of the seen forms, a DER time, or a token (then None)."""
    try:
        if content[:1] in (b"\x17", b"\x18"):
            return DerReader(content).read_time()
        if len(content) == 15:
            return DerReader(d.tlv(d.GENERALIZED_TIME, content)).read_time()
        text = content.decode("ascii")
        if not _TEXT_TIME.fullmatch(text):
            return None
        time = datetime.fromisoformat(text)
    except (KeysError, ValueError):
        return None
    return time if time.tzinfo else time.replace(tzinfo=_CHINA)


def _elements(reader: DerReader, *, limit: int) -> list[d.Element]:
    """The next elements, up to one more than `limit` so that a longer sequence is noticed."""
    found: list[d.Element] = []
    while not reader.at_end and len(found) <= limit:
        found.append(reader.element())
    return found


def _certificate(reader: DerReader) -> bytes:
    content = reader.read_octet_string()
    _limit(len(content), _MAX_CERTIFICATE_BYTES, "bytes of a certificate")
    return content


def _bits(reader: DerReader, limit: int, what: str) -> bytes:
    content = reader.read_bit_string()
    _limit(len(content), limit, what)
    return content


def _number(reader: DerReader) -> int:
    number = reader.read_raw()
    _expect(len(number) <= _MAX_NUMBER_BYTES + 2, "a number out of all bounds")
    return DerReader(number).read_integer()


def _boolean(reader: DerReader) -> bool:
    content = reader.read(d.BOOLEAN)
    _expect(len(content) == 1, "BOOLEAN of another size")
    return content != b"\x00"  # BER: anything but zero is true


def _text(reader: DerReader, limit: int = MAX_TEXT_BYTES) -> str:
    """A text of any string type: IA5Strings of real products hold Chinese."""
    element = reader.element()
    _expect(element.tag in (d.IA5_STRING, d.UTF8_STRING, d.PRINTABLE_STRING), "expected a text")
    _limit(len(element.content), limit, "bytes of a text")
    try:
        return element.content.decode()
    except UnicodeDecodeError as error:
        raise MalformedSesError("a text is not UTF-8") from error


def _limit(size: int, limit: int, what: str) -> None:
    if size > limit:
        raise TooLargeError(f"{size} {what}; the limit is {limit}")


def _expect(condition: bool, otherwise: str) -> None:
    if not condition:
        raise MalformedSesError(otherwise)
