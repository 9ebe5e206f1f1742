"""An authority's electronic seal as an object: SESeal of GB/T 38540 for SM2, a signed manifest for RSA and ECDSA.

Both say the same things: who may seal (certificates, or their digests), from when to when, what it looks like; and its
maker (制章者) vouches for them by a signature. The standard's object is for SM2 alone, so the manifest is ours:
canonical JSON (RFC 8785) with the maker's detached CMS over its `manifest`, in one file.
"""

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from keys import SM2_SM3, BadSignatureError, Certificate, KeysError, Signer, hash_bytes

from . import ses as limits
from .china import CHINA, YEARS
from .cms import SignedData, read_signed_data, sign_detached
from .errors import (
    EsignError,
    Fault,
    MalformedError,
    MalformedSesError,
    SealFault,
    SealPictureError,
    SealRefusedError,
    SesRefusedError,
    TooLargeError,
)
from .seal import SealPicture
from .seal_image import read_seal_image
from .ses import SesPicture, SesSeal
from .ses_facts import may_sign
from .ses_making import VERSION, make_ses_seal
from .ses_reading import read_ses_seal

MANIFEST_FORMAT = "elicence-seal/1"
ORGANISATION, PERSON = 1, 2
"""Types of seals (GM/T 0031-2014); later ones come from local code lists."""
MAX_MANIFEST_BYTES = limits.MAX_PICTURE_BYTES * 4 // 3 + 64 * 1024
_DIGEST_PREFIX = "sha256:"
_RASTERS = ("PNG", "GIF", "JPG", "BMP")


@dataclass(frozen=True, slots=True, kw_only=True)
class SealObject:
    """One electronic seal, whichever its form."""

    data: bytes = field(repr=False)
    """The object as it stands in its file."""
    identifier: str
    name: str
    kind: int
    """`ORGANISATION`, `PERSON`, or another number of a local list."""
    created_at: datetime
    valid_from: datetime
    valid_to: datetime
    """Both ends included."""
    picture: SesPicture
    permitted: tuple[bytes, ...] = field(repr=False)
    """DER certificates of those who may seal with it."""
    permitted_digests: tuple[str, ...]
    """Those who are named by digest: its label, a colon, and the digest in hexadecimal."""
    ses: SesSeal | None = field(repr=False)
    """The object of GB/T 38540; None: it is a manifest."""
    _signed: SignedData | None = field(repr=False)
    _manifest: bytes = field(repr=False)

    @property
    def digest(self) -> str:
        """Digest of the whole object, `sm3:…` of a GB/T 38540 seal, `sha256:…` of a manifest."""
        name = "sm3" if self.ses else "sha256"
        return f"{name}:{hash_bytes(name, self.data).hex()}"

    @property
    def seals_ofd(self) -> bool:
        """Whether it is of GB/T 38540 in the version with which our OFDs are sealed."""
        return self.ses is not None and self.ses.version == VERSION

    def maker_certificate(self) -> Certificate:
        """The maker's certificate; `keys.KeysError` when we cannot read it."""
        if self.ses:
            return self.ses.maker_certificate()
        return self._cms.signer_certificate

    def maker_chain(self) -> tuple[Certificate, ...]:
        """The certificates that the object brings beside the maker's: a manifest has those up to the root."""
        return () if self.ses else self._cms.certificates[1:]

    def verify_signature(self) -> None:
        """Check the maker's signature (not the certificate's chain, validity and usage).

        Raises:
            BadSignatureError: it does not verify.
            KeysError: it could not be checked.
        """
        if self.ses:
            self.ses.verify_signature()
            return
        if not self._cms.digest_matches(self._manifest):
            raise BadSignatureError("the maker signed something else")
        self._cms.verify_signature()

    def permits(self, certificate: Certificate) -> bool:
        """Whether the list has this certificate, byte for byte or by digest."""
        if self.ses:
            return self.ses.permits(certificate.der)
        return _DIGEST_PREFIX + certificate.fingerprint("sha256").hex() in self.permitted_digests

    def in_force(self, at: datetime) -> bool:
        """Whether `at` lies in the seal's validity, both ends included."""
        return self.valid_from <= at <= self.valid_to

    @property
    def critical_extensions(self) -> tuple[str, ...]:
        """What the object says that must be understood; none of it is known to us."""
        return tuple(extension.oid for extension in self.ses.extensions if extension.critical) if self.ses else ()

    def require_usable(self, at: datetime, certificate: Certificate) -> None:
        """Make sure that the holder of `certificate` may seal with it at `at` (GB/T 38540 7.2, without the chains).

        Raises:
            SealRefusedError: and why not.
        """
        try:
            self.verify_signature()
        except BadSignatureError as error:
            raise SealRefusedError(SealFault.SIGNATURE, "the signature of the seal's maker does not verify") from error
        except KeysError as error:
            raise SealRefusedError(SealFault.UNCHECKED, f"the seal cannot be checked: {error}") from error
        if at < self.valid_from:
            raise SealRefusedError(SealFault.NOT_YET_VALID, f"the seal is valid from {self.valid_from.isoformat()}")
        if at > self.valid_to:
            raise SealRefusedError(SealFault.EXPIRED, f"the seal was valid until {self.valid_to.isoformat()}")
        if not self.permits(certificate):
            raise SealRefusedError(SealFault.SIGNER_NOT_LISTED, "the seal does not list the signer's certificate")
        if self.critical_extensions:
            raise SealRefusedError(
                SealFault.CRITICAL_EXTENSION, f"the seal has a critical extension: {self.critical_extensions[0]}"
            )

    def appearance(self) -> SealPicture:
        """The picture as it is put on pages; SealPictureError when it is a drawing (SVG, OFD) or cannot be read."""
        if self.picture.actual_type not in _RASTERS:
            raise SealPictureError(f"a seal picture of type {self.picture.type} cannot be put on a page")
        return read_seal_image(self.picture.data, width=self.picture.width, height=self.picture.height)

    @property
    def _cms(self) -> SignedData:
        if self._signed is None:
            raise ValueError("the object is not a manifest")
        return self._signed


def make_seal_object(
    *,
    identifier: str,
    name: str,
    kind: int,
    picture: SesPicture,
    permitted: Sequence[Certificate],
    valid_from: datetime,
    valid_to: datetime,
    maker: Signer,
    vendor: str,
    at: datetime,
) -> bytes:
    """An electronic seal in the form for the maker's key: GB/T 38540 version 4 with SM2, else a manifest.

    The times are aware and in whole seconds; `identifier` and `vendor` (the maker's code) are ASCII. Errors as
    `ses_making.make_ses_seal`, whose rules hold for both forms.
    """
    if maker.algorithm == SM2_SM3:
        return make_ses_seal(
            identifier=identifier,
            vendor=vendor,
            name=name,
            kind=kind,
            picture=picture,
            permitted=permitted,
            created_at=at,
            valid_from=valid_from,
            valid_to=valid_to,
            maker=maker,
        )
    _check_maker(maker.certificate, at)
    try:
        manifest = _canonical(
            {
                "createdAt": _time_text(at),
                "format": MANIFEST_FORMAT,
                "identifier": identifier,
                "kind": kind,
                "name": name,
                "permitted": [_DIGEST_PREFIX + one.fingerprint("sha256").hex() for one in permitted],
                "picture": {
                    "data": base64.b64encode(picture.data).decode("ascii"),
                    "height": picture.height,
                    "type": picture.type,
                    "width": picture.width,
                },
                "validFrom": _time_text(valid_from),
                "validTo": _time_text(valid_to),
                "vendor": vendor,
            }
        )
        signature = base64.b64encode(sign_detached(manifest, maker, signing_time=at))
        made = b'{"manifest":' + manifest + b',"signature":"' + signature + b'"}'
        # What our reader refuses is not made: its limits are the writer's.
        read_seal_object(made)
    except (ValueError, EsignError) as error:
        raise SesRefusedError(str(error.__cause__ or error)) from error
    return made


def _check_maker(certificate: Certificate, at: datetime) -> None:
    if at.utcoffset() is None:
        raise SesRefusedError("a time needs its offset and whole seconds")
    if not may_sign(certificate) or not certificate.not_before <= at <= certificate.not_after:
        raise SesRefusedError("the maker's certificate does not allow it")


def read_seal_object(data: bytes) -> SealObject:
    """Read an electronic seal of either form.

    Raises:
        TooLargeError: a limit of `ses` or `MAX_MANIFEST_BYTES` was exceeded.
        MalformedError: `FORMAT_SES` when it is no seal; `NON_CANONICAL` when a manifest has another encoding than
            RFC 8785 gives it. Of the CMS in a manifest also its own faults.
    """
    if data[:1] != b"{":
        try:
            return seal_object_of(read_ses_seal(data))
        except MalformedSesError as error:
            raise MalformedError(Fault.FORMAT_SES, str(error)) from error
    if len(data) > MAX_MANIFEST_BYTES:
        raise TooLargeError(f"a seal of {len(data)} bytes; the limit is {MAX_MANIFEST_BYTES}")
    try:
        document = json.loads(data.decode("utf-8"))
        canonical = _canonical(document)
        facts = _parse(data, document)
    except (ValueError, OverflowError, RecursionError) as error:
        # The errors of the JSON, UTF-8 and base64 decoders are ValueErrors.
        raise MalformedError(Fault.FORMAT_SES, f"not a seal manifest ({type(error).__name__})") from error
    if canonical != data:
        raise MalformedError(Fault.NON_CANONICAL, "the seal manifest is not in its canonical form")
    return facts


def is_seal_manifest(data: bytes) -> bool:
    """Whether JSON begins as our manifests do; a file that does and is none is a damaged one."""
    return data.startswith(b'{"manifest":{"createdAt":"')


def _canonical(document: object) -> bytes:
    """RFC 8785 for what a manifest can hold: texts and whole numbers under keys of ASCII letters."""
    return json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def seal_object_of(seal: SesSeal) -> SealObject:
    """The same facts of a seal of GB/T 38540 that was read; `FORMAT_SES` when a time in it is beyond all calendars."""
    if any(moment.year not in YEARS for moment in (seal.created_at, seal.valid_from, seal.valid_to)):
        raise MalformedError(Fault.FORMAT_SES, "a time beyond all calendars")
    return SealObject(
        data=seal.der,
        identifier=seal.identifier,
        name=seal.name,
        kind=seal.kind,
        created_at=seal.created_at,
        valid_from=seal.valid_from,
        valid_to=seal.valid_to,
        picture=seal.picture,
        permitted=seal.permitted,
        permitted_digests=tuple(f"{one.label}:{one.value.hex()}" for one in seal.permitted_digests),
        ses=seal,
        _signed=None,
        _manifest=b"",
    )


def _parse(data: bytes, document: object) -> SealObject:
    top = _exactly(document, "manifest", "signature")
    manifest = _exactly(
        top["manifest"],
        *("createdAt", "format", "identifier", "kind", "name", "permitted", "picture"),
        *("validFrom", "validTo", "vendor"),
    )
    picture = _exactly(manifest["picture"], "data", "height", "type", "width")
    if manifest["format"] != MANIFEST_FORMAT:
        raise ValueError("unknown format")
    permitted = manifest["permitted"]
    if not isinstance(permitted, list) or not 0 < len(permitted) <= limits.MAX_PERMITTED:
        raise ValueError("no list of signers")
    if not _text(manifest["vendor"]).isascii() or not _text(manifest["identifier"]).isascii():
        raise ValueError("a number that is not ASCII")
    valid_from, valid_to = _time(manifest["validFrom"]), _time(manifest["validTo"])
    if valid_to < valid_from:
        raise ValueError("the validity ends before it starts")
    return SealObject(
        data=data,
        identifier=_text(manifest["identifier"]),
        name=_text(manifest["name"]),
        kind=_whole(manifest["kind"], 0, 10_000),
        created_at=_time(manifest["createdAt"]),
        valid_from=valid_from,
        valid_to=valid_to,
        picture=_picture(picture),
        permitted=(),
        permitted_digests=tuple(_digest(entry) for entry in permitted),
        ses=None,
        _signed=read_signed_data(_bytes(top["signature"])),
        _manifest=_canonical(top["manifest"]),
    )


def _picture(values: dict[str, object]) -> SesPicture:
    picture = SesPicture(
        type=_text(values["type"]),
        data=_bytes(values["data"]),
        width=_whole(values["width"], 1, limits.MAX_SIDE),
        height=_whole(values["height"], 1, limits.MAX_SIDE),
    )
    if picture.declared_type != picture.actual_type:
        raise ValueError("the picture is not of the type it is said to be")
    return picture


def _exactly(value: object, *names: str) -> dict[str, object]:
    if not isinstance(value, dict) or value.keys() != set(names):
        raise ValueError("other keys than there should be")
    return value


def _text(value: object) -> str:
    if not isinstance(value, str) or not value.strip() or not value.isprintable() or len(value) > limits.MAX_TEXT_BYTES:
        raise ValueError("not a text")
    return value


def _whole(value: object, least: int, most: int) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise ValueError("not a whole number within its limits")
    return value


def _digest(value: object) -> str:
    text = _text(value)
    if (
        not text.startswith(_DIGEST_PREFIX)
        or len(bytes.fromhex(text[len(_DIGEST_PREFIX) :])) != 32
        or text.lower() != text
    ):
        raise ValueError("not a digest")
    return text


def _bytes(value: object) -> bytes:
    if not isinstance(value, str):
        raise ValueError("not a text")
    decoded = binascii.a2b_base64(value, strict_mode=True)
    if base64.b64encode(decoded).decode("ascii") != value:
        raise ValueError("base64 in another form")
    return decoded


def _time(value: object) -> datetime:
    """An instant in the one form that we write: RFC 3339 to the second, with the offset of China."""
    text = _text(value)
    at = datetime.fromisoformat(text)
    if at.year not in YEARS or _time_text(at) != text:
        raise ValueError("a time in another form")
    return at


def _time_text(at: datetime) -> str:
    if at.utcoffset() is None or at.microsecond:
        raise ValueError("a time needs its offset and whole seconds")
    return at.astimezone(CHINA).isoformat(timespec="seconds")
