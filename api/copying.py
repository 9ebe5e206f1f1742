"""Annotated copies and recalls as both doors use them: keys, checks and stores put together."""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from esign import CHINA, CopyPurpose, read_detached, sign_detached
from keys import Signer
from licences import (
    SEALED_FORMS,
    CopyMaker,
    CopyNotFoundError,
    FileKind,
    KeyCause,
    MadeCopy,
    RecallNotice,
    Record,
    Reliance,
    RelianceKind,
    cases_under_key,
    notice_to_bytes,
    notices,
    parse_identifier,
    recalled_cases,
    serials_in,
)
from verify import Outcome, Report, VerificationError, Verifier

from .errors import HomeError, UsageError
from .key_register import RegisteredKey
from .self_check import require_authentic
from .settings import COPY_ROLE, DEFAULT_FORMAT, FAMILIES
from .wiring import Services


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyCheck:
    """Our own verifier, before a copy is kept: its files must be authentic."""

    verifier: Verifier

    def __call__(self, files: Mapping[FileKind, bytes], at: datetime) -> None:
        """Raise SelfCheckError unless they are."""
        for kind in SEALED_FORMS:
            if kind in files:
                require_authentic(kind, self.verifier.verify_file(files[kind], at=at))
        require_authentic("json", self.verifier.verify_file(files["json"], signature=files["p7s"], at=at))


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedNotice:
    """What one office is told, with the signature of the office that tells it."""

    notice: RecallNotice
    data: bytes
    signature: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class TracedCopy:
    """Where a copy came from."""

    copy: MadeCopy
    reliance: Reliance
    exact: bool
    """The file is that copy, byte for byte; else only its serial is known from it."""


def make_copy(
    services: Services,
    identifier: str,
    purpose: CopyPurpose,
    *,
    made_by: str,
    expires_at: datetime | None,
    form: str | None = None,
    ofd_if_it_can: bool = False,
    at: datetime,
) -> tuple[MadeCopy, bytes]:
    """Make a copy as `CopyMaker.make` does, with the home's key for copies; VerificationError for a bad original.

    `form` is one of `FORMATS`; without it the settings say which files there are, and `ofd_if_it_can` adds an OFD
    unless the key for copies is none of SM2.
    """
    parse_identifier(identifier)
    record = services.store.get(identifier)
    ofd = None if form is None else form != DEFAULT_FORMAT
    maker = _maker(services, record, with_ofd=ofd_if_it_can)
    return maker.make(identifier, purpose, made_by=made_by, expires_at=expires_at, ofd=ofd, at=at)


def _maker(services: Services, record: Record, *, with_ofd: bool) -> CopyMaker:
    family = record.algorithm.split("+")[0]
    signer = services.keys.copy_signer(family)
    name, code = _office_of(signer)

    def check_original(pdf: bytes, at: datetime) -> None:
        _require_passed(services.verifier.verify_file(pdf, at=at))

    return CopyMaker(
        catalogue=services.catalogue,
        fonts=services.fonts,
        store=services.store,
        copies=services.copies,
        signer=signer,
        maker_name=name,
        maker_code=code,
        check_original=check_original,
        check_copy=CopyCheck(verifier=Verifier(services.trust, revocation=services.revocation)),
        random=os.urandom,
        timestamper=services.seals.timestampers.get(family),
        collector=services.collector(services.trust),
        ofd_by_default=with_ofd or services.home.settings.format != DEFAULT_FORMAT,
    )


def _office_of(signer: Signer) -> tuple[str, str]:
    subject = signer.certificate.subject
    if subject.organization is None or subject.organization_identifier is None:
        raise HomeError("加注件证书没有写明机构。", "the certificate for copies names no organisation")
    return subject.organization, subject.organization_identifier


def _require_passed(report: Report) -> None:
    if report.verdict is not Outcome.PASSED:
        raise VerificationError(report)


def trace(services: Services, data: bytes) -> tuple[TracedCopy, ...]:
    """Say where the copies in a file came from; CopyNotFoundError when it has only serials that nobody gave out.

    An invented serial beside a real one hides nothing.
    """
    traced = []
    serials = serials_in(data)
    for serial in serials:
        try:
            copy = services.copies.copy(serial)
        except CopyNotFoundError:
            continue
        exact = any(data == services.copies.copy_file(copy, kind) for kind in copy.files)
        traced.append(traced_copy(services, serial, exact=exact))
    if serials and not traced:
        raise CopyNotFoundError
    return tuple(traced)


def traced_copy(services: Services, serial: str, *, exact: bool = False) -> TracedCopy:
    """Say where the copy with a serial came from."""
    copy = services.copies.copy(serial)
    (reliance,) = (
        one
        for one in services.copies.of_licence(copy.identifier)
        if (one.kind, one.reference) == (RelianceKind.COPY, serial)
    )
    return TracedCopy(copy=copy, reliance=reliance, exact=exact)


def recall(
    services: Services, identifiers: tuple[str, ...], *, key_name: str | None, at: datetime
) -> tuple[SignedNotice, ...]:
    """Make the notices to everybody who relied on these licences, or on what a retired key sealed.

    With a key and no identifier all licences are looked through that somebody relied on.
    """
    for identifier in identifiers:
        parse_identifier(identifier)
    cause = None
    if key_name is None:
        cases = list(recalled_cases(services.store, services.copies, identifiers, at=at))
    else:
        key = services.keys.register().get(key_name)
        cause = _key_cause(key)
        chosen = identifiers or services.copies.relied_on()
        cases = list(cases_under_key(services.store, _under_key(services, key, chosen), cause))
    signer = _notice_signer(services, key_name, at)
    name, code = _office_of(signer)
    # An act of this very second has taken effect already: only what is signed is in whole seconds.
    signed_at = at.astimezone(CHINA).replace(microsecond=0)
    return tuple(
        SignedNotice(notice=notice, data=data, signature=sign_detached(data, signer, signing_time=signed_at))
        for notice in notices(cases, key=cause, maker_name=name, maker_code=code, at=signed_at)
        for data in (notice_to_bytes(notice),)
    )


def _key_cause(key: RegisteredKey) -> KeyCause:
    if key.retired is None or key.retired_since is None:
        raise UsageError(
            "该密钥没有停用；先用 elicence keys retire 停用，再召回。",
            "the key is not retired: retire it first (elicence keys retire)",
        )
    if key.role not in ("seal", COPY_ROLE):
        raise UsageError("二维码密钥没有盖过证照或加注件。", "a key for codes has sealed neither licences nor copies")
    return KeyCause(key=key.name, reason=key.retired.value, since=key.retired_since)


def _under_key(
    services: Services, key: RegisteredKey, identifiers: tuple[str, ...]
) -> Iterator[tuple[Reliance, datetime]]:
    """The reliances on what the key sealed: licences, or copies, by the certificates in their signature files."""
    for identifier in identifiers:
        record = services.store.get(identifier)
        reliances = services.copies.of_licence(identifier)
        if key.role == "seal":
            if _signed_with(services.store.file(record, "p7s"), key):
                yield from ((reliance, record.sealed_at) for reliance in reliances)
            continue
        for reliance in reliances:
            if reliance.kind is RelianceKind.COPY:
                copy = services.copies.copy(reliance.reference)
                if _signed_with(services.copies.copy_file(copy, "p7s"), key):
                    yield reliance, copy.made_at


def _signed_with(p7s: bytes, key: RegisteredKey) -> bool:
    signers = read_detached(p7s).signers
    return any(facts.signer_certificate.fingerprint("sha256").hex() in key.certificates for facts in signers)


def _notice_signer(services: Services, avoided: str | None, at: datetime) -> Signer:
    """The first key for copies that is in use, and is not the one that the notice is about."""
    register = services.keys.register()
    for family in FAMILIES:
        key = register.active(family, COPY_ROLE, at)
        if key is not None and key.name != avoided:
            return services.keys.copy_signer(family)
    return services.keys.copy_signer(FAMILIES[0])
