"""Sealing where the key is elsewhere: what is asked of a seal service, and the strict look at what comes back.

An authority mostly does not hold its seal key; a provincial platform or a seal server does. Three levels:

1. a raw signature over a digest: a `keys.PrivateKey` like any other, nothing more is needed here;
2. a finished CMS or SES_Signature for a digest and what it shall state (`FinishedSeal`);
3. the whole file, sealed elsewhere (`WholeFileSeal`).

At levels 2 and 3 the other side writes bytes that end up in our files, so they must be the bytes that we would have
written around the same signature value. `SealAnswerError` names the first deviation; nothing of the answer is used.
"""

from datetime import datetime
from typing import Protocol

from keys import BadSignatureError, Certificate, hash_bytes

from .cms import read_signed_data
from .errors import Deviation, EsignError, SealAnswerError
from .seal_place import read_prepared_pdf
from .ses_making import VERSION, prepare_ses_signature
from .ses_reading import read_ses_signature


class FinishedSeal(Protocol):
    """A service that returns finished signatures. Whatever it raises passes through the functions below."""

    def pades(self, digest: bytes, digest_name: str) -> bytes:
        """A detached CMS for a PDF whose covered bytes have this digest; it states no time."""

    def cades(self, digest: bytes, digest_name: str, *, at: datetime) -> bytes:
        """A detached CMS over a file with this digest that states `at` (whole seconds) as signing time."""

    def ses(self, digest: bytes, digest_name: str, *, property_info: str, at: datetime) -> bytes:
        """An SES_Signature of version 4 with the service's seal, this digest and property, made at `at`."""


class WholeFileSeal(Protocol):
    """A service that seals a file as a whole."""

    def file(self, prepared: bytes) -> bytes:
        """The prepared PDF with its digits filled in."""


def finished_pades(seal: FinishedSeal, digest: bytes, *, chain: tuple[Certificate, ...]) -> bytes:
    """Ask for the CMS of a PDF and check it.

    `digest` is of the covered bytes by the algorithm of `chain[0]`, the certificate that must have sealed; the others
    are its issuers, which the CMS must bring.

    Raises:
        SealAnswerError: what came back is not used.
    """
    cms = seal.pades(digest, chain[0].public_key.algorithm.digest)
    _check_cms(cms, digest=digest, chain=chain, at=None)
    return cms


def finished_cades(seal: FinishedSeal, digest: bytes, *, chain: tuple[Certificate, ...], at: datetime) -> bytes:
    """Ask for the detached CMS of another file, with a signing time, and check it like `finished_pades`."""
    cms = seal.cades(digest, chain[0].public_key.algorithm.digest, at=at)
    _check_cms(cms, digest=digest, chain=chain, at=at)
    return cms


def finished_ses(
    seal: FinishedSeal,
    digest: bytes,
    *,
    property_info: str,
    electronic_seal: bytes,
    certificate: Certificate,
    at: datetime,
) -> bytes:
    """Ask for an SES_Signature and check that it is what `prepare_ses_signature` and this certificate make.

    `electronic_seal` is the SESeal that must be inside.

    Raises:
        SealAnswerError: what came back is not used.
        SesRefusedError: the electronic seal does not allow this sealing; nothing was asked for.
    """
    algorithm = certificate.public_key.algorithm
    prepared = prepare_ses_signature(
        electronic_seal, certificate=certificate, data_hash=digest, property_info=property_info, at=at
    )
    answer = seal.ses(digest, algorithm.digest, property_info=property_info, at=at)
    try:
        facts = read_ses_signature(answer)
    except EsignError as error:
        raise SealAnswerError(Deviation.FORM, str(error)) from error
    _expect(facts.version == facts.stated_version == VERSION, Deviation.FORM, f"not version {VERSION}")
    _expect(facts.signer_der == certificate.der, Deviation.CERTIFICATE, "another certificate sealed")
    _expect(facts.seal.der == electronic_seal, Deviation.SEAL, "another electronic seal is inside")
    _expect(facts.data_hash == digest, Deviation.DIGEST, "another digest was sealed")
    _expect(facts.property_info == property_info, Deviation.PROPERTY, "another property was sealed")
    _expect(facts.signing_time == at, Deviation.TIME, "another signing time is stated")
    # Everything that is stated is right: what is left are the value and the encoding.
    try:
        facts.verify_signature()
        again = prepared.finish(facts.signature)
    except (BadSignatureError, EsignError) as error:
        raise SealAnswerError(Deviation.SIGNATURE, "the signature does not verify") from error
    _expect(answer == again, Deviation.FORM, "the same content in another encoding, or more of it")
    return answer


def finished_file(seal: WholeFileSeal, prepared: bytes, *, chain: tuple[Certificate, ...]) -> bytes:
    """Have a prepared PDF sealed as a whole, and compare: only the digits of the seal may differ.

    Raises:
        SealAnswerError: what came back is not used.
        MalformedError: `prepared` has no empty place for a seal; nothing was asked for.
    """
    place = read_prepared_pdf(prepared)
    answer = seal.file(prepared)
    _expect(len(answer) == len(prepared), Deviation.BYTES, f"{len(answer) - len(prepared):+d} bytes in length")
    _expect(answer.startswith(place.before), Deviation.BYTES, "changed before the place of the seal")
    _expect(answer.endswith(place.after), Deviation.BYTES, "changed behind the place of the seal")
    try:
        cms = place.cms_in(answer)
    except EsignError as error:
        raise SealAnswerError(Deviation.FORM, str(error)) from error
    digest = hash_bytes(chain[0].public_key.algorithm.digest, (place.before, place.after))
    _check_cms(cms, digest=digest, chain=chain, at=None)
    return answer


def _check_cms(cms: bytes, *, digest: bytes, chain: tuple[Certificate, ...], at: datetime | None) -> None:
    try:
        facts = read_signed_data(cms)
    except EsignError as error:
        raise SealAnswerError(Deviation.FORM, str(error)) from error
    _expect(facts.signer_certificate == chain[0], Deviation.CERTIFICATE, "another certificate sealed")
    _expect(set(facts.certificates) == set(chain), Deviation.CERTIFICATE, "other issuers' certificates are inside")
    _expect(facts.message_digest == digest, Deviation.DIGEST, "another digest was sealed")
    _expect(facts.signing_time == at, Deviation.TIME, "another signing time is stated")
    _expect(facts.timestamp is None, Deviation.FORM, "a timestamp is inside that nobody asked for")
    try:
        facts.verify_signature()
    except BadSignatureError as error:
        raise SealAnswerError(Deviation.SIGNATURE, "the signature does not verify") from error


def _expect(condition: bool, deviation: Deviation, detail: str) -> None:
    if not condition:
        raise SealAnswerError(deviation, detail)
