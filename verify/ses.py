"""Facts about an electronic seal by itself, and about a seal signature of GB/T 38540 with or without its original.

The steps of GB/T 38540 clauses 6.3 (验章) and 7.3 (验签). A seal that passes was made by whoever its maker's
certificate names: that this maker was approved to make seals no certificate says, so people are asked to look.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from esign import (
    EsignError,
    Fault,
    Finding,
    MalformedError,
    MalformedSesError,
    SealObject,
    SesSignature,
    SignedValueKind,
    digest_finding,
    read_seal_object,
    read_ses_signature,
    seal_object_of,
    signed_value_kind,
    time_facts,
)
from keys import Certificate, KeysError
from verify.facts import Facts, unreadable
from verify.report import Check, SignatureFacts, instant_text
from verify.seals import failed_signature, usage_check
from verify.signing_path import Existence, Grounds, facts_of_signature, look_at_path
from verify.timestamps import look_at_timestamp

_DIGEST: Final = {
    Finding.HOLDS: "OK",
    Finding.FAILS: "DIGEST_MISMATCH",
    Finding.UNKNOWN: "ALGORITHM_UNAVAILABLE",
}
_IN_TIME: Final = {Finding.HOLDS: "OK", Finding.FAILS: "SEAL_NOT_IN_FORCE", Finding.UNKNOWN: "TIMESTAMP_UNTRUSTED"}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Signed:
    """A signature in a seal or over a document."""

    field: str
    covers: str
    verify: Callable[[], None]
    certificate: Callable[[], Certificate]
    embedded: tuple[Certificate, ...]
    claimed_at: datetime | None
    lenient: bool
    """It may be older than its certificate: real seals of version 4 are; only version 5 forbids it."""
    value: bytes
    time_stamp: bytes | None
    """Token over `value`."""
    ours: bool
    """Every byte of the token must be explained."""


def look_at_ses(data: bytes, grounds: Grounds, *, original: bytes | None = None) -> Facts:
    """Read and check a seal object, or a seal signature over `original`; without that it is at most indeterminate."""
    try:
        if signed_value_kind(data) is not SignedValueKind.SES_SIGNATURE:
            return _look_at_seal(read_seal_object(data), grounds)
        signature = read_ses_signature(data)
        seal = seal_object_of(signature.seal)
    except MalformedSesError as error:
        return _unreadable(MalformedError(Fault.FORMAT_SES, str(error)))
    except EsignError as error:
        return _unreadable(error)
    return _look_at_signature(signature, seal, original, grounds)


def _unreadable(error: EsignError) -> Facts:
    return Facts(kind="seal", checks=(unreadable("format", error),))


def _look_at_seal(seal: SealObject, grounds: Grounds) -> Facts:
    made, signature = _maker_checks(seal, grounds, Existence(at=grounds.at))
    checks = (Check(name="format", code="OK", detail=described_seal(seal)), *made, _term(seal, grounds.at))
    if all(check.code == "OK" for check in checks):
        checks = (*checks, Check(name="seal", code="SEAL_GENUINE"))
    signatures = () if signature is None else (signature,)
    return Facts(
        kind="seal", checks=checks, signatures=signatures, development=any(one.development for one in signatures)
    )


def _look_at_signature(signature: SesSignature, seal: SealObject, original: bytes | None, grounds: Grounds) -> Facts:
    found = judge_ses_signature(
        signature,
        None if original is None else (original,),
        grounds,
        seal=seal,
        field="signature",
        covers="content",
        existence=Existence(at=grounds.at),
    )
    # 7.3 a: it is read.
    checks = (Check(name="format", code="OK", detail=described_seal(seal)), *found.checks)
    if all(check.code == "OK" for check in checks):
        checks = (*checks, Check(name="seal", code="SIGNED_DOCUMENT"))
    return Facts(kind="seal", checks=checks, signatures=found.signatures, development=found.development)


@dataclass(frozen=True, slots=True, kw_only=True)
class SesFacts:
    """What was found about one seal signature and the seal in it."""

    checks: tuple[Check, ...]
    """The seal's own are named `seal_…`."""
    signatures: tuple[SignatureFacts, ...]
    """The signer's and the seal maker's, as far as their certificates can be read."""
    existence: Existence
    """Since when it is known to have existed, its own timestamp looked at."""

    @property
    def development(self) -> bool:
        """Whether a development PKI had a part in it."""
        return any(one.development for one in self.signatures)


def judge_ses_signature(
    signature: SesSignature,
    original: tuple[bytes, ...] | None,
    grounds: Grounds,
    *,
    seal: SealObject,
    field: str,
    covers: str,
    existence: Existence,
    embedded: Sequence[Certificate] = (),
    ours: bool = False,
) -> SesFacts:
    """Judge a seal signature that was read, and the seal in it (`seal`), over the chunks of `original` if it is here.

    `embedded` are certificates that its file brings beside it; `existence` is what is known without its own timestamp,
    of which in a file of our own making (`ours`) every byte must be explained.
    """
    # 7.3 g: it is over the original.
    digest = "CONTENT_MISSING" if original is None else _DIGEST[digest_finding(signature, *original)]
    # 7.3 b, e, f: the signer's signature, path and time.
    signer = _look_at_signer(
        _Signed(
            field=field,
            covers=covers,
            verify=signature.verify_signature,
            certificate=signature.signer_certificate,
            embedded=tuple(embedded),
            claimed_at=signature.signing_time,
            lenient=False,
            value=signature.signature,
            # In version 1 a token takes the place of the time, and what it is over is not agreed.
            time_stamp=signature.time_stamp if signature.version > 1 else None,
            ours=ours,
        ),
        grounds,
        existence,
    )
    # 7.3 c: the seal is one that the signer may use.
    listed = Check(name="signer_in_seal", code="OK" if signature.signer_permitted() else "SIGNER_NOT_IN_SEAL")
    # 7.3 d: the seal itself, which must have been valid when it was used.
    made, maker = _maker_checks(seal, grounds, signer.existence, embedded)
    times = time_facts(signature)
    in_time = Check(
        name="seal_validity",
        code=_IN_TIME[times.in_seal_validity],
        detail="the times fit if China time was written with a Z" if times.perhaps_local else "",
    )
    return SesFacts(
        checks=(
            Check(name="digest", code=digest, detail=f"protects {signature.property_info!a}"),
            *signer.checks,
            listed,
            in_time,
            _extensions("signature_extensions", signature.critical_extensions),
            *(Check(name=f"seal_{one.name}", code=one.code, detail=one.detail) for one in made),
        ),
        signatures=tuple(one for one in (signer.signature, maker) if one is not None),
        existence=signer.existence,
    )


def _maker_checks(
    seal: SealObject, grounds: Grounds, existence: Existence, embedded: Sequence[Certificate] = ()
) -> tuple[tuple[Check, ...], SignatureFacts | None]:
    """6.3 b, c: the maker's signature and path, and that the seal's user did not make it."""
    ses = seal.ses
    maker = _look_at_signer(
        _Signed(
            field="maker",
            covers="content",
            verify=seal.verify_signature,
            certificate=seal.maker_certificate,
            embedded=(*seal.maker_chain(), *embedded),
            claimed_at=seal.created_at,
            lenient=ses is not None and ses.version < 5,
            value=b"" if ses is None else ses.signature,
            time_stamp=None if ses is None else ses.time_stamp,
            ours=False,
        ),
        grounds,
        existence,
    )
    self_made = (
        maker.signature is not None
        and maker.signature.trusted
        and not maker.signature.development
        and seal.permits(seal.maker_certificate())
    )
    other = Check(name="maker", code="SEAL_SELF_MADE" if self_made else "OK")
    return (*maker.checks, other, _extensions("extensions", seal.critical_extensions)), maker.signature


@dataclass(frozen=True, slots=True, kw_only=True)
class _SignerFacts:
    checks: tuple[Check, ...]
    signature: SignatureFacts | None
    existence: Existence


def _look_at_signer(signed: _Signed, grounds: Grounds, existence: Existence) -> _SignerFacts:
    """Signature value, usage, timestamp, path when it signed, path since, and whether the key is retired."""
    try:
        certificate = signed.certificate()
    except KeysError as error:
        unknown = Check(name="signature", code="ALGORITHM_UNAVAILABLE", detail=f"the certificate: {error}")
        return _SignerFacts(checks=(unknown,), signature=None, existence=existence)
    try:
        signed.verify()
        value = Check(name="signature", code="OK", detail=certificate.public_key.algorithm.title)
    except KeysError as error:
        value = failed_signature(error)
    stamps = []
    if signed.time_stamp is not None:
        stamp = look_at_timestamp(
            signed.time_stamp, (signed.value,), name="timestamp", grounds=grounds, at=existence.at, ours=signed.ours
        )
        stamps.append(stamp.check)
        existence = existence.or_earlier(stamp.time, "timestamp")
    signed_at = signed.claimed_at or certificate.not_before
    if signed.lenient:
        signed_at = max(signed_at, certificate.not_before)
    path = look_at_path(certificate, signed.embedded, grounds=grounds, claimed_at=signed_at, existence=existence)
    checks = (value, usage_check(certificate, purpose="seal"), *stamps, *path.checks)
    facts = facts_of_signature(
        certificate,
        path,
        existence,
        field=signed.field,
        claimed_time=signed.claimed_at,
        covers=signed.covers,
        intact=value.code == "OK",
        valid=value.code == "OK",
        development=path.chain.development or certificate.is_development,
    )
    return _SignerFacts(checks=checks, signature=facts, existence=existence)


def _term(seal: SealObject, at: datetime) -> Check:
    """6.3 d: whether it may be used now, however good it is."""
    term = f"valid {instant_text(seal.valid_from)} to {instant_text(seal.valid_to)}"
    return Check(name="seal_term", code="OK" if seal.in_force(at) else "SEAL_NOT_IN_FORCE", detail=term)


def _extensions(name: str, critical: tuple[str, ...]) -> Check:
    """Look for what the standard says must be understood; nothing is known to us."""
    return Check(name=name, code="SEAL_EXTENSION_UNKNOWN" if critical else "OK", detail=", ".join(critical))


def described_seal(seal: SealObject) -> str:
    """Say of which form a seal is, for those who read the checks."""
    form = "a manifest" if seal.ses is None else f"GB/T 38540, version {seal.ses.version}"
    odd = "" if seal.picture.declared_type == seal.picture.actual_type else "; the picture is of another type"
    return f"{form}{odd}"
