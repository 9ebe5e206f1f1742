"""The electronic seal (SESeal) and the electronic seal signature (SES_Signature) as facts.

Three generations: version 1 is GM/T 0031-2014, version 4 GB/T 38540-2020, version 5 GM/T 0031-2025. Nothing here is
ever encoded again to be checked: `signed` holds the very bytes of the file, because real seals have encodings that a
DER writer would not choose (an explicit `critical FALSE`).
"""

import re
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache

from keys import Certificate, hash_bytes

from .signature_values import embedded_certificate, signature_algorithm, verify_value

MAX_SES_BYTES = 8 * 1024 * 1024
"""Of a seal or a seal signature: above the largest picture with everything else."""
MAX_PICTURE_BYTES = 6 * 1024 * 1024
"""A 45 mm seal at 600 dpi is 4.5 MB as an uncompressed bitmap, 0.1 MB as PNG."""
MAX_TEXT_BYTES = 4096
"""Of a seal's name, number or vendor code."""
MAX_PROPERTY_BYTES = 64 * 1024
"""Of the text that says what a signature protects."""
MAX_PERMITTED = 200
"""Certificates or digests in a seal's list; real ones have one or two."""
MAX_EXTENSIONS = 64
MAX_EXTENSION_BYTES = 256 * 1024
"""Of all extensions of one seal or signature together."""
MAX_SIGNATURE_BYTES = 1024
"""Of a signature value; RSA-4096 has 512."""
MAX_TIME_STAMP_BYTES = 64 * 1024
"""Of a time stamp token; with a chain of certificates it has about 8 kB."""
MAX_SIDE = 1000
"""Millimetres of a picture's side; the largest official seal has 60."""

_PICTURE_MAGIC = (
    (b"\x89PNG\r\n\x1a\n", "PNG"),
    (b"\xff\xd8\xff", "JPG"),
    (b"GIF87a", "GIF"),
    (b"GIF89a", "GIF"),
    (b"BM", "BMP"),
    (b"PK\x03\x04", "OFD"),
)
_PNG_COLOUR_TYPE = 25
"""Where it stands (ISO/IEC 15948 clause 11.2.1); a palette and plain colours may have transparency in `tRNS`."""
_PNG_WITH_ALPHA = (b"\4", b"\6")
_GIF_CONTROL = re.compile(rb"\x21\xf9\x04(.)", re.DOTALL)
"""A graphic control extension (GIF89a section 23); the lowest bit says that a colour is transparent."""
_SVG_HEAD = 1024
"""Bytes within which an SVG file's root element starts."""
REMEMBERED_SEAL_BYTES = 256 * 1024
"""Of a seal that is read, and its maker's signature checked, once: an authority's seal stands in all that it seals."""
_SAME_PICTURE_TYPE = {"JPEG": "JPG"}
_DIGEST_LABELS = {"SHA256": "sha256", "2.16.840.1.101.3.4.2.1": "sha256"}


@lru_cache(maxsize=64)
def _verify_maker(maker_der: bytes, algorithm_oid: str, signature: bytes, signed: bytes) -> None:
    """Check the signature of a seal's maker; what does not verify is an error and not remembered."""
    verify_value(embedded_certificate(maker_der), signature_algorithm(algorithm_oid), signature, signed)


@dataclass(frozen=True, slots=True, kw_only=True)
class SesPicture:
    """What the seal looks like."""

    type: str
    """As it stands in the seal: `PNG`, `png`, `ofd` …"""
    data: bytes = field(repr=False)
    width: int
    """Millimetres."""
    height: int
    """Millimetres."""

    @property
    def declared_type(self) -> str:
        """The type in capitals, JPEG as JPG."""
        return _SAME_PICTURE_TYPE.get(self.type.upper(), self.type.upper())

    @property
    def actual_type(self) -> str | None:
        """The type that the first bytes tell: PNG, JPG, GIF, BMP, SVG or OFD (a whole package), else None."""
        for magic, name in _PICTURE_MAGIC:
            if self.data.startswith(magic):
                return name
        return "SVG" if b"<svg" in self.data[:_SVG_HEAD] else None

    @property
    def opaque(self) -> bool:
        """Whether its form allows no transparency, so that it hides what it is put on; no dot is looked at."""
        data = self.data
        match self.actual_type:
            case "JPG" | "BMP":
                return True
            case "PNG":
                with_alpha = data[_PNG_COLOUR_TYPE : _PNG_COLOUR_TYPE + 1] in _PNG_WITH_ALPHA
                return not with_alpha and b"tRNS" not in data[: data.find(b"IDAT")]
            case "GIF":
                return not any(found[1][0] & 1 for found in _GIF_CONTROL.finditer(data))
        return False


@dataclass(frozen=True, slots=True, kw_only=True)
class SesExtension:
    """One extension (ExtData), not interpreted."""

    oid: str
    critical: bool = False
    value: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateDigest:
    """A permitted signer by digest (CertDigestObj)."""

    label: str
    """Free text; `SM3` in ours."""
    value: bytes

    def names(self, certificate_der: bytes) -> bool:
        """Whether this is the certificate's digest: by SM3, else by the algorithm that the label names."""
        if self.value == hash_bytes("sm3", certificate_der):
            return True
        digest = _DIGEST_LABELS.get(self.label.upper().replace("-", ""))
        return digest is not None and self.value == hash_bytes(digest, certificate_der)


@dataclass(frozen=True, slots=True, kw_only=True)
class SesSeal:
    """One electronic seal."""

    der: bytes = field(repr=False)
    """The seal as it stands in the file."""
    version: int
    """1, 4 or 5, told from the structure first."""
    header_version: int
    """As the header says; version 1 seals have been seen with other numbers."""
    vendor: str
    identifier: str
    kind: int
    """Seal type: 1 organisation and 2 person in version 1, local code lists later."""
    name: str
    permitted: tuple[bytes, ...] = field(repr=False)
    """DER certificates of those who may seal with it; empty when the list has digests."""
    permitted_digests: tuple[CertificateDigest, ...]
    created_at: datetime
    valid_from: datetime
    valid_to: datetime
    picture: SesPicture
    extensions: tuple[SesExtension, ...]
    maker_der: bytes = field(repr=False)
    """Certificate of the maker (制章者), not parsed: it may be one that we cannot read."""
    algorithm_oid: str
    signed: bytes = field(repr=False)
    """What the maker signed. Version 1: SES_SealInfo, certificate and algorithm; versions 4 and 5: SES_SealInfo."""
    signature: bytes = field(repr=False)
    """As it stands in the file, DER or r‖s."""
    time_stamp: bytes | None = field(repr=False)
    """Token over `signature`, version 5 only; not checked here."""

    def maker_certificate(self) -> Certificate:
        """Parse the maker's certificate; `keys.KeysError` when we cannot read it."""
        return embedded_certificate(self.maker_der)

    def verify_signature(self) -> None:
        """Check the maker's signature value (not the certificate's chain, validity and usage).

        Raises:
            BadSignatureError: it does not verify.
            KeysError: it could not be checked: unreadable certificate, unknown algorithm, no provider.
        """
        parts = (self.maker_der, self.algorithm_oid, self.signature, self.signed)
        if len(self.der) > REMEMBERED_SEAL_BYTES:
            _verify_maker.__wrapped__(*parts)
        else:
            _verify_maker(*parts)

    def permits(self, certificate_der: bytes) -> bool:
        """Whether the list has this certificate, byte for byte or by digest. An empty list permits nobody."""
        return certificate_der in self.permitted or any(d.names(certificate_der) for d in self.permitted_digests)

    def in_force(self, at: datetime) -> bool:
        """Whether `at` lies in the seal's validity, both ends included."""
        return self.valid_from <= at <= self.valid_to


@dataclass(frozen=True, slots=True, kw_only=True)
class SesSignature:
    """One electronic seal signature."""

    der: bytes = field(repr=False)
    version: int
    """1, 4 or 5: two elements are version 1, else the version of the seal inside (4 when that is a version 1 seal)."""
    stated_version: int
    """As TBS_Sign says."""
    seal: SesSeal
    time_info: bytes
    """As it stands in the file: content of the GeneralizedTime, or of the BIT STRING in version 1."""
    signing_time: datetime | None
    """The signer's claim. A version 1 text without zone is read as China time. None when the time is a token or unknown
    text. Some products write China time with a Z: `signature_facts` tells when that would explain things."""
    data_hash: bytes
    property_info: str
    """Names what is protected; in OFD the path of Signature.xml."""
    extensions: tuple[SesExtension, ...]
    signer_der: bytes = field(repr=False)
    algorithm_oid: str
    signed: bytes = field(repr=False)
    """DER of TBS_Sign with tag and length, as it stands in the file."""
    signature: bytes = field(repr=False)
    """As it stands in the file, DER or r‖s."""
    time_stamp: bytes | None = field(repr=False)
    """Token over `signature` (versions 4 and 5), or `time_info` when that is a token (version 1); not checked here."""

    def signer_certificate(self) -> Certificate:
        """Parse the signer's certificate; `keys.KeysError` when we cannot read it."""
        return embedded_certificate(self.signer_der)

    def verify_signature(self) -> None:
        """Check the signature value (not the certificate, the seal, or the data).

        Raises:
            BadSignatureError: it does not verify.
            KeysError: it could not be checked: unreadable certificate, unknown algorithm, no provider.
        """
        algorithm = signature_algorithm(self.algorithm_oid)
        verify_value(self.signer_certificate(), algorithm, self.signature, self.signed)

    def digest_matches(self, *original: bytes) -> bool:
        """Whether the concatenated chunks are what was sealed; the digest follows the signature's algorithm.

        Raises:
            UnsupportedAlgorithmError: the table has no such algorithm.
        """
        return self.data_hash == hash_bytes(signature_algorithm(self.algorithm_oid).digest, original)

    @property
    def critical_extensions(self) -> tuple[str, ...]:
        """Names of what the signer says must be understood; none of it is known to us."""
        return tuple(extension.oid for extension in self.extensions if extension.critical)

    def signer_permitted(self) -> bool:
        """Whether the seal inside lists the signer's certificate."""
        return self.seal.permits(self.signer_der)
