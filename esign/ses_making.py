"""Making seals and seal signatures of version 4 (GB/T 38540-2020), in strict DER and one form.

What is made depends on the arguments alone, but for the nonce of SM2 in the signature value. A seal signature comes in
three steps, so that the key may be anywhere: prepare, sign `to_sign`, finish.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from keys import SM2_SM3, BadSignatureError, Certificate, Signer, der_signature, hash_bytes, raw_signature
from keys import der as d

from .errors import EsignError, SesRefusedError
from .ses import (
    MAX_PERMITTED,
    MAX_PICTURE_BYTES,
    MAX_PROPERTY_BYTES,
    MAX_SIDE,
    MAX_TEXT_BYTES,
    SesExtension,
    SesPicture,
    SesSeal,
    SesSignature,
)
from .ses_facts import may_sign
from .ses_reading import read_ses_seal, read_ses_signature

VERSION = 4
_CERTIFICATES, _DIGESTS = 1, 2
_DIGEST_LABEL = "SM3"
_HASH_BYTES = 32


def make_ses_seal(
    *,
    identifier: str,
    vendor: str,
    name: str,
    kind: int,
    picture: SesPicture,
    permitted: Sequence[Certificate],
    by_digest: bool = False,
    created_at: datetime,
    valid_from: datetime,
    valid_to: datetime,
    extensions: Sequence[SesExtension] = (),
    maker: Signer,
) -> bytes:
    """A seal: its number and vendor code (ASCII), name, type, picture, and who may seal with it from when to when.

    Times are aware, in whole seconds. `by_digest` lists the SM3 digests of the certificates in their place; the
    certificates are then not in the seal.

    Raises:
        SesRefusedError: something is missing, too large or contradicts itself, or the maker's certificate does not
            allow it at `created_at`.
    """
    _text(name, "name", MAX_TEXT_BYTES)
    if not 0 < len(permitted) <= MAX_PERMITTED:
        raise SesRefusedError(f"a seal lists 1 to {MAX_PERMITTED} signers")
    times = [_time(moment) for moment in (created_at, valid_from, valid_to)]
    if valid_to < valid_from:
        raise SesRefusedError("the validity ends before it starts")
    if kind < 0:
        raise SesRefusedError("a seal's type is not negative")
    _check_signer(maker.certificate, created_at)
    entries = [_digest_entry(one) if by_digest else d.octet_string(one.der) for one in permitted]
    info = d.sequence(
        d.sequence(_ia5("ES", "mark"), d.integer(VERSION), _ia5(vendor, "vendor code")),
        _ia5(identifier, "number"),
        d.sequence(
            d.integer(kind),
            d.utf8_string(name),
            d.integer(_DIGESTS if by_digest else _CERTIFICATES),
            d.sequence(*entries),
            *times,
        ),
        _picture(picture),
        d.sequence(*map(_extension, extensions)) if extensions else b"",
    )
    seal = d.sequence(
        info,
        d.octet_string(maker.certificate.der),
        d.oid(maker.algorithm.signature_oid),
        d.bit_string(maker.sign(info)),
    )
    _read_back(seal, read_ses_seal)
    return seal


@dataclass(frozen=True, slots=True, kw_only=True)
class PreparedSesSignature:
    """A seal signature but for its value."""

    to_sign: bytes = field(repr=False)
    """DER of TBS_Sign: the whole of it is signed, not its digest."""
    certificate: Certificate

    def finish(self, value: bytes, *, time_stamp: bytes = b"", verified: bool = False) -> bytes:
        """The finished seal signature; `time_stamp` is a token over `value`, not checked here.

        `verified` says that `value` comes from `keys.Signer.sign` with this certificate, which has verified it.

        Raises:
            SesRefusedError: `value` does not verify under the certificate, or the whole would be too large.
        """
        if not verified:
            try:
                self.certificate.public_key.verify(value, self.to_sign)
            except BadSignatureError as error:
                raise SesRefusedError("the signature value does not verify") from error
        return _assemble(
            tbs=self.to_sign,
            signer_der=self.certificate.der,
            algorithm_oid=self.certificate.public_key.algorithm.signature_oid,
            value=value,
            time_stamp=time_stamp,
        )


def prepare_ses_signature(
    seal: bytes,
    *,
    certificate: Certificate,
    data_hash: bytes,
    property_info: str,
    at: datetime,
    extensions: Sequence[SesExtension] = (),
) -> PreparedSesSignature:
    """What the holder of `certificate` must sign to put `seal` under data with this digest at `at`.

    `data_hash` is the digest (32 bytes) by the certificate's algorithm, `property_info` says what it covers (ASCII; in
    OFD the path of Signature.xml).

    Raises:
        SesRefusedError: the seal is not version 4, not in force, does not verify or does not list the certificate; or
            the certificate is not valid at `at` or not for signatures.
        MalformedSesError, TooLargeError: it is no seal.
        KeysError: the seal could not be checked.
    """
    time, facts = _time(at), read_ses_seal(seal)
    _check_seal(facts, certificate, at)
    if len(data_hash) != _HASH_BYTES:
        raise SesRefusedError(f"the digest has {_HASH_BYTES} bytes")
    _text(property_info, "property", MAX_PROPERTY_BYTES)
    # GB/T 38540 wants [0] EXPLICIT here and none in the seal.
    extension_data = d.context(0, d.sequence(*map(_extension, extensions))) if extensions else b""
    tbs = d.sequence(
        d.integer(VERSION),
        facts.der,
        time,
        d.bit_string(data_hash),
        _ia5(property_info, "property"),
        extension_data,
    )
    return PreparedSesSignature(to_sign=tbs, certificate=certificate)


def make_ses_signature(
    seal: bytes,
    *original: bytes,
    signer: Signer,
    property_info: str,
    at: datetime,
    extensions: Sequence[SesExtension] = (),
) -> bytes:
    """Seal the concatenated chunks with a key that is here; errors as `prepare_ses_signature`."""
    prepared = prepare_ses_signature(
        seal,
        certificate=signer.certificate,
        data_hash=hash_bytes(signer.algorithm.digest, original),
        property_info=property_info,
        at=at,
        extensions=extensions,
    )
    return prepared.finish(signer.sign(prepared.to_sign), verified=True)


def add_time_stamp(signature: bytes, token: bytes) -> bytes:
    """The same seal signature with a time stamp token over its value; everything else stays as it stands.

    Raises:
        SesRefusedError: it has one already, or is of version 1, which has no place for it; the token is empty or too
            large.
        MalformedSesError, TooLargeError: it is no seal signature.
    """
    facts = read_ses_signature(signature)
    if not token:
        raise SesRefusedError("the time stamp is empty")
    if facts.version == 1:
        raise SesRefusedError("a signature of version 1 has no place for a time stamp")
    if facts.time_stamp is not None:
        raise SesRefusedError("the signature has a time stamp")
    return _assemble(
        tbs=facts.signed,
        signer_der=facts.signer_der,
        algorithm_oid=facts.algorithm_oid,
        value=facts.signature,
        time_stamp=token,
    )


def is_written_as_ours(facts: SesSignature) -> bool:
    """Whether a seal signature of version 4 is written as we write them, so that no byte that is not signed is free."""
    try:
        value = der_signature(raw_signature(facts.signature))
    except BadSignatureError:
        return False
    again = _encoded(
        tbs=facts.signed,
        signer_der=facts.signer_der,
        algorithm_oid=SM2_SM3.signature_oid,
        value=value,
        time_stamp=facts.time_stamp or b"",
    )
    return facts.version == VERSION and again == facts.der


def _assemble(*, tbs: bytes, signer_der: bytes, algorithm_oid: str, value: bytes, time_stamp: bytes) -> bytes:
    made = _encoded(tbs=tbs, signer_der=signer_der, algorithm_oid=algorithm_oid, value=value, time_stamp=time_stamp)
    _read_back(made, read_ses_signature)
    return made


def _encoded(*, tbs: bytes, signer_der: bytes, algorithm_oid: str, value: bytes, time_stamp: bytes) -> bytes:
    stamp = d.context(0, d.bit_string(time_stamp)) if time_stamp else b""
    return d.sequence(tbs, d.octet_string(signer_der), d.oid(algorithm_oid), d.bit_string(value), stamp)


def _read_back(made: bytes, read: Callable[[bytes], object]) -> None:
    """What our reader refuses is not made: its limits are the writer's."""
    try:
        read(made)
    except EsignError as error:
        raise SesRefusedError(str(error)) from error


def _check_seal(seal: SesSeal, certificate: Certificate, at: datetime) -> None:
    """The seal is checked before it is used: GM/T 0031-2014 6.2.2, GB/T 38540 7.2."""
    if seal.version != VERSION:
        raise SesRefusedError(f"only seals of version {VERSION} are used")
    try:
        seal.verify_signature()
    except BadSignatureError as error:
        raise SesRefusedError("the maker's signature does not verify") from error
    if not seal.in_force(at):
        raise SesRefusedError("the seal is not in force")
    if not seal.permits(certificate.der):
        raise SesRefusedError("the seal does not list the signer's certificate")
    if any(extension.critical for extension in seal.extensions):
        raise SesRefusedError("the seal has a critical extension that is not known here")
    _check_signer(certificate, at)


def _check_signer(certificate: Certificate, at: datetime) -> None:
    if not may_sign(certificate):
        raise SesRefusedError("the certificate is not for signatures")
    if not certificate.not_before <= at <= certificate.not_after:
        raise SesRefusedError("the certificate is not valid at this time")


def _picture(picture: SesPicture) -> bytes:
    if not picture.data or len(picture.data) > MAX_PICTURE_BYTES:
        raise SesRefusedError(f"a picture has 1 to {MAX_PICTURE_BYTES} bytes")
    if picture.declared_type != picture.actual_type:
        raise SesRefusedError("the picture is not of the type it is said to be")
    if not (0 < picture.width <= MAX_SIDE and 0 < picture.height <= MAX_SIDE):
        raise SesRefusedError(f"a picture's sides are 1 to {MAX_SIDE} mm")
    return d.sequence(
        _ia5(picture.declared_type, "picture type"),
        d.octet_string(picture.data),
        d.integer(picture.width),
        d.integer(picture.height),
    )


def _digest_entry(certificate: Certificate) -> bytes:
    return d.sequence(d.printable_string(_DIGEST_LABEL), d.octet_string(certificate.fingerprint("sm3")))


def _extension(extension: SesExtension) -> bytes:
    return d.sequence(
        d.oid(extension.oid), d.boolean(True) if extension.critical else b"", d.octet_string(extension.value)
    )


def _time(moment: datetime) -> bytes:
    """GeneralizedTime in every year: unlike certificates, seals never have UTCTime in version 4."""
    if moment.utcoffset() is None or moment.microsecond:
        raise SesRefusedError("a time needs its offset and whole seconds")
    moment = moment.astimezone(UTC)
    return d.tlv(d.GENERALIZED_TIME, f"{moment.year:04d}{moment:%m%d%H%M%S}Z".encode())


def _text(text: str, what: str, limit: int) -> None:
    if not text.strip() or len(text.encode(errors="replace")) > limit:
        raise SesRefusedError(f"the {what} has 1 to {limit} bytes")
    if not text.isprintable():  # also half a surrogate pair, which has no encoding
        raise SesRefusedError(f"the {what} has a character that cannot be printed")


def _ia5(text: str, what: str) -> bytes:
    if not text or not text.isascii() or not text.isprintable():
        raise SesRefusedError(f"the {what} is printable ASCII")
    return d.tlv(d.IA5_STRING, text.encode())
