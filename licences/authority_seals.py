"""An authority's seals as they are sealed with: which there are, who awaits whom, and where their keys are."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from esign import (
    SEAL_FIELD,
    AdditionRefusedError,
    ExpectedSeal,
    FinishedSeal,
    PreparedOfdSeal,
    PreparedPdf,
    Seal,
    SealedFile,
    SealedOfdFile,
    SealObject,
    Timestamper,
    WholeFileSeal,
    finished_cades,
    finished_file,
    finished_pades,
    finished_ses,
    read_prepared_pdf,
    read_ses_signature,
    read_signed_data,
    sign_detached,
)
from keys import Certificate, Signer, hash_bytes


class SealService(FinishedSeal, WholeFileSeal, Protocol):
    """Seals with a key that it does not lend."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthoritySeal:
    """A seal of one suite of algorithms, and what belongs to sealing with it."""

    seal: Seal
    seal_object: SealObject | None = None
    """The electronic seal (电子印章) that the picture is of; it must be in force and list the signer's certificate."""
    timestamper: Timestamper | None = None
    service: SealService | None = None
    """Who seals where the key does not sign digests for us: the signer then only says with which certificate."""
    whole_file: bool = False
    """The service seals PDFs as whole files (level iii), else it returns finished signatures (level ii)."""

    def expected(self, place: int) -> ExpectedSeal:
        """What the structured licence says of it; places count from 0."""
        digest = None if self.seal_object is None else self.seal_object.digest
        return _expected(self.seal.signer.certificate, place, digest)

    def require_usable(self, at: datetime) -> None:
        """Make sure that it may seal at `at`; SealRefusedError says why not."""
        if self.seal_object is not None:
            self.seal_object.require_usable(at, self.seal.signer.certificate)

    def finish(self, waiting: PreparedPdf, timestamper: Timestamper | None) -> SealedFile:
        """Seal a prepared PDF, here or elsewhere.

        Raises:
            SealAnswerError: what came back from elsewhere is not used.
            KeysError: the key cannot sign now.
        """
        return waiting.finish_timestamped(self._value(waiting), timestamper)

    def _value(self, waiting: PreparedPdf) -> bytes:
        """The signature value: a CMS of our form is a function of it, and what comes from elsewhere has our form."""
        chain = self.seal.signer.chain
        if self.service is None:
            return self.seal.signer.sign(waiting.attributes)
        if self.whole_file:
            file = finished_file(self.service, waiting.data, chain=chain)
            return read_signed_data(read_prepared_pdf(waiting.data).cms_in(file)).signature
        return read_signed_data(finished_pades(self.service, waiting.digest, chain=chain)).signature

    def finish_ofd(self, waiting: PreparedOfdSeal, timestamper: Timestamper | None, *, at: datetime) -> SealedOfdFile:
        """Seal a prepared OFD, here or elsewhere; `at` is the time that it was prepared for. Raises like `finish`.

        There is no whole-file sealing of OFDs: a service is asked for the seal signature.
        """
        signer = self.seal.signer
        if self.service is None:
            return waiting.seal(signer, timestamper)
        answer = finished_ses(
            self.service,
            waiting.digest,
            property_info=waiting.property_info,
            electronic_seal=self.electronic_seal.data,
            certificate=signer.certificate,
            at=at,
        )
        return waiting.finish(read_ses_signature(answer).signature, timestamper)

    @property
    def electronic_seal(self) -> SealObject:
        """The seal that goes into OFDs; AdditionRefusedError when there is none."""
        if self.seal_object is None:
            raise AdditionRefusedError("there is no electronic seal to set on an OFD")
        return self.seal_object

    def sign_detached(self, data: bytes, *, at: datetime) -> bytes:
        """Sign a file beside it, here or elsewhere; raises like `finish`."""
        signer = self.seal.signer
        if self.service is None:
            return sign_detached(data, signer, signing_time=at)
        digest = hash_bytes(signer.algorithm.digest, data)
        return finished_cades(self.service, digest, chain=signer.chain, at=at)


@dataclass(frozen=True, slots=True, kw_only=True)
class AwaitedSeal:
    """The seal of an authority that issues jointly (联合颁发) and seals later, with its own keys."""

    certificate: Certificate
    width: float
    """Of its picture, millimetres."""
    height: float
    seal_digest: str | None = None
    """Of its electronic seal, if it is known."""

    def expected(self, place: int) -> ExpectedSeal:
        """What the structured licence says of it; places count from 0."""
        return _expected(self.certificate, place, self.seal_digest)


@dataclass(frozen=True, slots=True, kw_only=True)
class SealingKeys:
    """An authority's seals, in the order of sealing, and its key for codes.

    With two suites SM2 comes first and RSA last: the seal that common readers check then covers the whole file.
    """

    seals: tuple[AuthoritySeal, ...]
    code_signer: Signer
    awaited: tuple[AwaitedSeal, ...] = ()
    """Seals that others add after these; until all are there the licence is not in force."""

    @property
    def expected(self) -> tuple[ExpectedSeal, ...]:
        """What the structured licence says of all of them, in their order."""
        ours = tuple(one.expected(place) for place, one in enumerate(self.seals))
        return ours + tuple(one.expected(place) for place, one in enumerate(self.awaited, start=len(ours)))


def field_name(place: int) -> str:
    """Name of the form field of a seal; places count from 0."""
    return SEAL_FIELD if place == 0 else f"{SEAL_FIELD.rstrip('1')}{place + 1}"


def _expected(certificate: Certificate, place: int, seal_digest: str | None) -> ExpectedSeal:
    algorithm = certificate.public_key.algorithm
    return ExpectedSeal(
        field=field_name(place),
        order=place + 1,
        algorithm=algorithm.name,
        certificate_digest=f"{algorithm.digest}:{certificate.fingerprint(algorithm.digest).hex()}",
        seal_digest=seal_digest,
    )
