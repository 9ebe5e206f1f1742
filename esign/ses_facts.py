"""What can be found out about a seal and a seal signature from their own bytes, each thing apart.

Facts, not a verdict: real files often pass the cryptography and fail a time, or cannot be chained. Chains, revocation
and what follows from it all are judged elsewhere.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from keys import BadSignatureError, Certificate, KeysError

from .ses import SesSeal, SesSignature

_CHINA_OFFSET = timedelta(hours=8)
_SIGNING_USAGES = frozenset({"digitalSignature", "nonRepudiation"})


class Finding(StrEnum):
    """Whether something holds; what could not be found out is neither."""

    HOLDS = "holds"
    FAILS = "fails"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class SesSealFacts:
    """Checks of a seal (验章, GB/T 38540 6.3) without chain and revocation."""

    signature: Finding
    """The maker's signature value."""
    maker: Certificate | None
    """None when we cannot read the maker's certificate."""
    maker_may_sign: Finding
    """Its key usage has digitalSignature or nonRepudiation, or is absent."""
    made_in_maker_validity: Finding
    """A rule of version 5. Real version 4 seals fail it: a warning there."""
    validity_in_order: bool
    """The validity does not end before it starts."""
    critical_extensions: tuple[str, ...]
    """Critical extensions; none is known to us, so each is worth a word."""
    picture_type_agrees: bool
    """The picture is of the type that the seal states, in whatever case."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SesTimeFacts:
    """What the claimed time of a seal signature fits."""

    in_seal_validity: Finding
    """By the claimed time, as the next one; unknown without one."""
    in_certificate_validity: Finding
    perhaps_local: bool
    """A time check fails as the time stands, and both hold when it is China time that was given a Z by mistake. For a
    note to people, never for a verdict."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SesSignatureFacts:
    """Checks of a seal signature (验签, GB/T 38540 7.3) without chains and revocation."""

    signature: Finding
    """The signer's signature value."""
    signer: Certificate | None
    """None when we cannot read the signer's certificate."""
    signer_may_sign: Finding
    signer_in_list: bool
    """The seal lists the signer's certificate."""
    digest: Finding
    """The digest of the given data is the signed one; unknown with an unknown algorithm."""
    signed_in_seal_validity: Finding
    """By the claimed time, as the next one; unknown without one."""
    signed_in_certificate_validity: Finding
    perhaps_local_time: bool
    """As `SesTimeFacts` has it."""
    critical_extensions: tuple[str, ...]
    seal: SesSealFacts


def seal_facts(seal: SesSeal) -> SesSealFacts:
    """Look at everything that a seal says about itself."""
    maker = _readable(seal.maker_certificate)
    return SesSealFacts(
        signature=_verified(seal.verify_signature),
        maker=maker,
        maker_may_sign=_may_sign(maker),
        made_in_maker_validity=_within(maker, seal.created_at),
        validity_in_order=seal.valid_from <= seal.valid_to,
        critical_extensions=tuple(extension.oid for extension in seal.extensions if extension.critical),
        picture_type_agrees=seal.picture.declared_type == seal.picture.actual_type,
    )


def signature_facts(signature: SesSignature, *original: bytes) -> SesSignatureFacts:
    """Look at everything that a seal signature says, against the chunks of the data that it should protect."""
    signer, times = _readable(signature.signer_certificate), time_facts(signature)
    return SesSignatureFacts(
        signature=_verified(signature.verify_signature),
        signer=signer,
        signer_may_sign=_may_sign(signer),
        signer_in_list=signature.signer_permitted(),
        digest=digest_finding(signature, *original),
        signed_in_seal_validity=times.in_seal_validity,
        signed_in_certificate_validity=times.in_certificate_validity,
        perhaps_local_time=times.perhaps_local,
        critical_extensions=signature.critical_extensions,
        seal=seal_facts(signature.seal),
    )


def time_facts(signature: SesSignature) -> SesTimeFacts:
    """Look at the time that a seal signature claims."""
    signer, time, seal = _readable(signature.signer_certificate), signature.signing_time, signature.seal
    in_seal, in_certificate = _signed_within(seal, signer, time, timedelta())
    shifted = _signed_within(seal, signer, time, _CHINA_OFFSET)
    return SesTimeFacts(
        in_seal_validity=in_seal,
        in_certificate_validity=in_certificate,
        perhaps_local=Finding.FAILS in (in_seal, in_certificate) and set(shifted) == {Finding.HOLDS},
    )


def digest_finding(signature: SesSignature, *original: bytes) -> Finding:
    """Whether the digest of these chunks is the signed one; unknown with an unknown algorithm."""
    try:
        return _finding(signature.digest_matches(*original))
    except KeysError:
        return Finding.UNKNOWN


def may_sign(certificate: Certificate) -> bool:
    """Whether the key usage allows signatures. Tax seals set every bit, so that nothing more can be asked."""
    return not certificate.key_usage or bool(certificate.key_usage & _SIGNING_USAGES)


def _finding(holds: bool) -> Finding:
    return Finding.HOLDS if holds else Finding.FAILS


def _readable(parse: Callable[[], Certificate]) -> Certificate | None:
    try:
        return parse()
    except KeysError:
        return None


def _verified(verify: Callable[[], None]) -> Finding:
    try:
        verify()
    except BadSignatureError:
        return Finding.FAILS
    except KeysError:
        return Finding.UNKNOWN
    return Finding.HOLDS


def _may_sign(certificate: Certificate | None) -> Finding:
    return Finding.UNKNOWN if certificate is None else _finding(may_sign(certificate))


def _within(certificate: Certificate | None, at: datetime) -> Finding:
    if certificate is None:
        return Finding.UNKNOWN
    return _finding(certificate.not_before <= at <= certificate.not_after)


def _signed_within(
    seal: SesSeal, signer: Certificate | None, time: datetime | None, early: timedelta
) -> tuple[Finding, Finding]:
    """Whether the time less `early` lies in the seal's and in the certificate's validity."""
    if time is None:
        return Finding.UNKNOWN, Finding.UNKNOWN

    # Differences, because hostile times lie at the ends of the calendar, where a moved one does not exist.
    def holds(start: datetime, end: datetime) -> Finding:
        return _finding(start - time <= -early and end - time >= -early)

    return (
        holds(seal.valid_from, seal.valid_to),
        Finding.UNKNOWN if signer is None else holds(signer.not_before, signer.not_after),
    )
