"""Sealing an OFD: prepare → sign → finish, in two steps of digests (GB/T 33190-2016 clause 18, GB/T 38540-2020 7.2).

`Signature.xml` holds the SM3 digests of the files, the seal signature that of `Signature.xml`. What an earlier seal
covers is never touched: a further seal brings files of its own and an entry in the list, which only the last covers.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property, lru_cache

from keys import SM2_SM3, BadSignatureError, Certificate, Signer, hash_bytes

from .errors import AdditionRefusedError, TimestampError
from .gbt35275 import sign_gm_detached
from .ofd_form import SEAL_FILE, SIGNATURE_FILE, SIGNATURE_LIST, SIGNATURE_SUFFIX, VALUE_FILE, OfdStamp
from .ofd_package import read_package
from .ofd_packing import OfdPart, write_package
from .ofd_reading import OfdSeal, SealedOfd, read_sealed_ofd
from .ofd_signing_xml import (
    OfdSignatureForm,
    OfdSignatureKind,
    OfdStampFacts,
    must_cover,
    signature_file,
    signature_list_xml,
    signature_xml,
)
from .ofd_stamps import stamp_facts
from .pdf_form import MAX_SEALS
from .pdf_prepared import SealLevel
from .seal_object import SealObject
from .ses import MAX_TIME_STAMP_BYTES, SesSignature
from .ses_making import PreparedSesSignature, add_time_stamp, prepare_ses_signature
from .stamping import have_stamped
from .structured import ExpectedSeal, seals_on_ofd
from .structured_json import structured_from_bytes
from .tsp import Timestamper

_DIGEST = SM2_SM3.digest


@dataclass(frozen=True, slots=False, kw_only=True, eq=False)
class SealedOfdFile:
    """An OFD with a seal, and what the timestamp authority's failure cost."""

    files: dict[str, OfdPart] = field(repr=False)
    level: SealLevel
    """Of this seal."""
    shortfall: TimestampError | None = None
    """Why the seal has no timestamp although one was asked for."""

    @cached_property
    def data(self) -> bytes:
        """The package; `TooLargeError` when it would be too large."""
        return write_package(self.files)


@dataclass(frozen=True, slots=True, kw_only=True)
class PreparedOfdSeal:
    """An OFD that waits for the value of its next seal."""

    digest: bytes
    """SM3 of `Signature.xml`: what a seal service is asked to seal."""
    property_info: str
    """Likewise: the path of `Signature.xml`."""
    _files: Mapping[str, OfdPart] = field(repr=False)
    _value_file: str
    _signature: PreparedSesSignature = field(repr=False)

    @property
    def to_sign(self) -> bytes:
        """What the key signs: DER of TBS_Sign."""
        return self._signature.to_sign

    def seal(self, signer: Signer, timestamper: Timestamper | None) -> SealedOfdFile:
        """Sign with a key that is here, and finish; `signer` has the certificate that this was prepared for."""
        return self._finished(
            signer.sign(self.to_sign), timestamper, verified=signer.certificate == self._signature.certificate
        )

    def finish(self, value: bytes, timestamper: Timestamper | None) -> SealedOfdFile:
        """The sealed file, timestamped if that can be had: an authority that fails costs the level, not the seal.

        Raises:
            SesRefusedError: the value does not verify under the certificate.
        """
        return self._finished(value, timestamper, verified=False)

    def _finished(self, value: bytes, timestamper: Timestamper | None, *, verified: bool) -> SealedOfdFile:
        token, level, shortfall = b"", SealLevel.B_B, None
        if timestamper is not None:
            try:
                token, level = _token_over(value, timestamper), SealLevel.B_T
            except TimestampError as error:
                shortfall = error
        signature = self._signature.finish(value, time_stamp=token, verified=verified)
        files = {**self._files, self._value_file: OfdPart(signature)}
        return SealedOfdFile(files=files, level=level, shortfall=shortfall)


def prepare_ofd_seal(
    files: Mapping[str, OfdPart],
    *,
    place: int,
    seal: SealObject,
    certificate: Certificate,
    stamp: OfdStamp | None,
    last: bool,
    at: datetime,
) -> PreparedOfdSeal:
    """The files with the next seal but for its value.

    `place` counts from 0 among the seals of this file, `last` says that no further one is expected. Without `stamp` the
    seal is not shown.

    Raises:
        AdditionRefusedError: the seal's picture has another size than its place on the page, or no transparency; or it
            is one too many.
        SesRefusedError: the seal is not of GB/T 38540 version 4, not in force, or does not list the certificate.
    """
    if seal.ses is None:
        raise AdditionRefusedError("an OFD bears electronic seals of GB/T 38540 only")
    if seal.picture.opaque:
        raise AdditionRefusedError("the seal's picture has no transparency: it would hide what is under it")
    if place >= MAX_SEALS:
        raise AdditionRefusedError(f"more than {MAX_SEALS} seals")
    size = (float(seal.picture.width), float(seal.picture.height))
    if stamp is not None and stamp.size not in (None, size):
        raise AdditionRefusedError("the seal's picture has another size than its place on the page")
    shown = None if stamp is None else stamp_facts(stamp, size)
    complete = {**files, signature_file(place, SEAL_FILE): _seal_part(seal.data)}
    path, digest = _describe(complete, place, "Seal", shown, last=last, at=at)
    property_info = f"/{path}"
    return PreparedOfdSeal(
        digest=digest,
        property_info=property_info,
        _files=complete,
        _value_file=signature_file(place, VALUE_FILE),
        _signature=prepare_ses_signature(
            seal.data, certificate=certificate, data_hash=digest, property_info=property_info, at=at
        ),
    )


def sign_ofd(files: Mapping[str, OfdPart], signer: Signer, *, at: datetime) -> bytes:
    """Sign an OFD without a seal (Type `Sign`): GB/T 35275 beside `Signature.xml`, with attributes and signing time.

    Raises:
        UnsupportedAlgorithmError: the signer is not one of SM2.
        TooLargeError: the package would be too large.
    """
    complete = dict(files)
    path, _ = _describe(complete, 0, "Sign", None, last=True, at=at)
    value = sign_gm_detached(complete[path].content, signer, signing_time=at)
    return write_package({**complete, signature_file(0, VALUE_FILE): OfdPart(value)})


def prepare_next_ofd_seal(
    ofd: SealedOfd, *, signature: bytes, seal: SealObject, certificate: Certificate, at: datetime
) -> PreparedOfdSeal:
    """A sealed file with the next seal that its licence lists, but for its value.

    `signature` is the licence's signature file with the new signer in it. The attached one is covered by the seals that
    are there, so this one lies beside the new seal; it brings the issuers' certificates, which seals do not.

    Raises:
        AdditionRefusedError: all seals are there, or one that is there does not check; also as `prepare_ofd_seal`.
        SesRefusedError: as `prepare_ofd_seal`.
        MalformedError: `FORMAT_STRUCTURED`, what is sealed is no licence.
    """
    _check_seals(ofd)
    expected, place = _expected(ofd), len(ofd.seals)
    if place >= len(expected):
        raise AdditionRefusedError("all seals of the file are there")
    name = signature_file(place, ofd.attachment + SIGNATURE_SUFFIX)
    return prepare_ofd_seal(
        {**_parts(ofd), name: OfdPart(signature)},
        place=place,
        seal=seal,
        certificate=certificate,
        stamp=ofd.stamp_of(expected[place].field),
        last=place == len(expected) - 1,
        at=at,
    )


def add_ofd_timestamp(data: bytes, timestamper: Timestamper) -> bytes:
    """Put a timestamp over the value of the last seal; the same bytes when it has one.

    The last seal covers the values of all others, so that it is the only one that a timestamp can still be added to,
    and the timestamp stands for all of them.

    Raises:
        TimestampError: there is none to be had.
        AdditionRefusedError: a seal is missing or does not check.
        EsignError: the file is none of ours; it would become too large.
    """
    ofd = read_sealed_ofd(data)
    signature = _check_seals(ofd)
    if len(ofd.seals) < len(_expected(ofd)):
        raise AdditionRefusedError("a seal is missing")
    if signature.time_stamp is not None:
        return data
    value = add_time_stamp(signature.der, _token_over(signature.signature, timestamper))
    made = write_package({**_parts(ofd), signature_file(len(ofd.seals) - 1, VALUE_FILE): OfdPart(value)})
    read_sealed_ofd(made)
    return made


def is_ofd_with_more_seals(later: bytes, earlier: bytes) -> bool:
    """Whether nothing of the earlier file was changed but the list of its signatures.

    Raises:
        EsignError: one of them is no OFD.
    """
    files = read_package(later).files
    return all(
        files.get(path) == content for path, content in read_package(earlier).files.items() if path != SIGNATURE_LIST
    )


def _check_seals(ofd: SealedOfd) -> SesSignature:
    """Make sure that what the seals cover is what was sealed, by those whom they name; the signature of the last."""
    if ofd.changed or ofd.uncovered or not ofd.seals:
        raise AdditionRefusedError("the file is not as it was sealed")
    return [_checked(there) for there in ofd.seals][-1]


def _checked(there: OfdSeal) -> SesSignature:
    if there.ses is None:
        raise AdditionRefusedError("the file is signed, not sealed")
    try:
        there.ses.verify_signature()
    except BadSignatureError as error:
        raise AdditionRefusedError(f"{there.signature.path} does not verify") from error
    return there.ses


def _expected(ofd: SealedOfd) -> tuple[ExpectedSeal, ...]:
    return seals_on_ofd(structured_from_bytes(ofd.structured).seals)


def _parts(ofd: SealedOfd) -> dict[str, OfdPart]:
    return {path: OfdPart(content) for path, content in ofd.files.items()}


def _describe(
    files: dict[str, OfdPart],
    place: int,
    kind: OfdSignatureKind,
    shown: OfdStampFacts | None,
    *,
    last: bool,
    at: datetime,
) -> tuple[str, bytes]:
    """Add the list of signatures and the description of this one; its path and digest."""
    files[SIGNATURE_LIST] = _list_part(kind, place + 1)
    covered = must_cover(files, place, last=last)
    form = OfdSignatureForm(
        place=place, kind=kind, at=at, references=tuple((path, files[path].sm3) for path in covered), stamp=shown
    )
    path = signature_file(place, SIGNATURE_FILE)
    files[path] = OfdPart(signature_xml(form))
    return path, files[path].sm3


def _token_over(value: bytes, timestamper: Timestamper) -> bytes:
    return have_stamped(timestamper, hash_bytes(_DIGEST, value), _DIGEST, room=MAX_TIME_STAMP_BYTES)


@lru_cache(maxsize=64)
def _seal_part(seal: bytes) -> OfdPart:
    """An authority's seal, which stands in every file that it seals: its digest is made once."""
    return OfdPart(seal)


@lru_cache(maxsize=2 * MAX_SEALS)
def _list_part(kind: OfdSignatureKind, count: int) -> OfdPart:
    return OfdPart(signature_list_xml([kind] * count))
