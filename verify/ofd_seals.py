"""The seals of our OFDs, and the signature file that is attached beside the data. The numbers are those of `verifier`.

A seal signature brings no certificates but its signer's: those above it come with the attached signature file, which
the same key has signed, or from the folder of trust.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from esign import (
    DetachedSignatures,
    EsignError,
    OfdSeal,
    OfdStampFacts,
    SealedOfd,
    SesSignature,
    StructuredLicence,
    seal_object_of,
    seals_on_ofd,
    stamp_facts,
)
from keys import SM2_SM3, Certificate, KeysError, hash_bytes
from verify.facts import unreadable
from verify.foreign_ofd import named_files
from verify.issuer import IssuerRule
from verify.report import Check, SignatureFacts, instant_text
from verify.seals import FIRST, FURTHER, Seal, expected_check, moment_check, signature_check
from verify.ses import described_seal, judge_ses_signature
from verify.signing_path import Existence, Grounds

_DIGEST: Final = SM2_SM3.digest


@dataclass(frozen=True, slots=True, kw_only=True)
class OfdSealFacts:
    """What was found about the seals of one OFD."""

    checks: tuple[Check, ...]
    signatures: tuple[SignatureFacts, ...] = ()


def look_at_ofd_seals(
    ofd: SealedOfd, licence: StructuredLicence, attached: DetachedSignatures, grounds: Grounds, existence: Existence
) -> OfdSealFacts:
    """Every check of every seal, also those behind one that failed: the auditor sees all of them."""
    listed = seals_on_ofd(licence.seals)
    rule = IssuerRule(register=grounds.trust.register)
    embedded = tuple(dict.fromkeys(one for signer in attached.signers for one in signer.certificates))
    found: list[_Looked] = []
    # The last one first: what is proven of a good seal is proven of those whose values it covers.
    for place in reversed(range(len(ofd.seals))):
        looked = _look_at_seal(ofd, place, licence, grounds, existence, embedded)
        existence = looked.vouches_for(existence)
        found.insert(0, looked)
    complete = len(ofd.seals) >= len(listed)
    all_issuers = rule.check_all((one.sealed for one in found if one.sealed is not None), licence, complete=complete)
    return OfdSealFacts(
        checks=(*(check for one in found for check in one.checks), all_issuers),
        signatures=tuple(signature for one in found for signature in one.signatures),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Looked:
    """What was found about one seal."""

    checks: tuple[Check, ...]
    signatures: tuple[SignatureFacts, ...] = ()
    sealed: tuple[Certificate, datetime] | None = None
    """By whom and when, where that can be read."""
    existence: Existence | None = None

    def vouches_for(self, before: Existence) -> Existence:
        """Since when the seals under this one have existed: at least as long as this one, if all is well with it."""
        if self.existence is None or any(check.code != "OK" for check in self.checks):
            return before
        return before.or_earlier(self.existence.proven, self.existence.source)


def _look_at_seal(
    ofd: SealedOfd,
    place: int,
    licence: StructuredLicence,
    grounds: Grounds,
    existence: Existence,
    embedded: Sequence[Certificate],
) -> _Looked:
    seal, listed = ofd.seals[place], seals_on_ofd(licence.seals)
    ses = seal.ses
    if ses is None:
        return _Looked(checks=(_unexpected("a signature that is no seal"),))
    try:
        made = seal_object_of(ses.seal)
    except EsignError as error:
        return _Looked(checks=(unreadable("format", error),))
    # (2), (3), (7), (8), and what the seal itself says: GB/T 38540 clause 7.3.
    found = judge_ses_signature(
        ses,
        (seal.signature.xml,),
        grounds,
        seal=made,
        field=listed[place].field if place < len(listed) else seal.signature.identifier,
        covers="whole" if place == len(ofd.seals) - 1 else "revision",
        existence=existence,
        embedded=embedded,
        ours=True,
    )
    # (5), (6) The seal is one that the licence lists, and it is the issuer's.
    expected = _expected_check(seal, ses, place, ofd, licence)
    sealed_at = ses.signing_time or licence.sealed_at
    checks = (
        Check(name="seal", code="OK", detail=described_seal(made)),
        *found.checks,
        expected,
        moment_check(sealed_at, found.existence),
    )
    certificate = _readable(ses)
    if certificate is None:
        return _Looked(checks=checks, signatures=found.signatures)
    rule = IssuerRule(register=grounds.trust.register)
    issuer = rule.check(certificate, licence, first=expected.detail == FIRST, at=sealed_at)
    return _Looked(
        checks=(*checks, issuer),
        signatures=found.signatures,
        sealed=(certificate, sealed_at),
        existence=found.existence,
    )


def coverage_checks(ofd: SealedOfd, count: int) -> tuple[Check, ...]:
    """(2) The seals cover every file that is there, and the last one of `count` locks the list of them."""
    detail = f"no seal covers {named_files(ofd.uncovered)}" if ofd.uncovered else f"{len(ofd.files)} files"
    checks = [Check(name="coverage", code="CONTENT_UNCOVERED" if ofd.uncovered else "OK", detail=detail)]
    for place, seal in enumerate(ofd.seals):
        if seal.locks != (place >= count - 1):
            detail = f"seal {place + 1} of {count} {'locks' if seal.locks else 'does not lock'} the list of signatures"
            checks.append(Check(name="coverage", code="NON_CANONICAL", detail=detail))
    return tuple(checks)


def attached_check(seals: Sequence[Seal], licence: StructuredLicence) -> Check:
    """The signature file beside the data is by keys of listed seals, over these data; `seals` are those in it."""
    found = [
        check for place, seal in enumerate(seals) for check in (*sound(seal), expected_check(seal, place, licence))
    ]
    wrong = next((check for check in found if check.code != "OK"), None)
    if wrong is None:
        return Check(name="attached", code="OK", detail=f"{len(seals)} signatures")
    return Check(name="attached", code=wrong.code, detail=wrong.detail)


def sound(seal: Seal) -> tuple[Check, Check]:
    """Whether a signature is over what lies beside it, and by the key of its certificate."""
    digest = Check(name="digest", code="OK" if seal.intact else "DIGEST_MISMATCH")
    return digest, signature_check(seal.signed_data)


def _expected_check(seal: OfdSeal, ses: SesSignature, place: int, ofd: SealedOfd, licence: StructuredLicence) -> Check:
    """Contract section 1: the structured licence lists the seals to expect; those with SM2 are here, in their order.

    The first seal's time is that of the licence; a further one may be later.
    """
    listed = seals_on_ofd(licence.seals)
    if place >= len(listed):
        return _unexpected("the licence lists no such seal")
    wanted, signature = listed[place], seal.signature
    if wanted.certificate_digest != f"{_DIGEST}:{hash_bytes(_DIGEST, ses.signer_der).hex()}":
        return _unexpected("the licence lists another certificate")
    if signature.seal_path is None or signature.seal_file != ses.seal.der:
        return _unexpected("the seal beside the signature is another one than the seal in it")
    # They are the same bytes, and as a file of the package they are hashed already.
    if wanted.seal_digest not in (None, f"{_DIGEST}:{ofd.files.digest(signature.seal_path, _DIGEST).hex()}"):
        return _unexpected("the licence lists another electronic seal")
    if ses.property_info != f"/{signature.path}":
        return _unexpected("the seal was set on another file")
    claimed = ses.signing_time
    if claimed is None or claimed != seal.at:
        return _unexpected(f"sealed at {instant_text(claimed)}, the file says {instant_text(seal.at)}")
    first = wanted is licence.seals[0]
    if claimed < licence.sealed_at or (first and claimed != licence.sealed_at):
        return _unexpected(f"sealed at {instant_text(claimed)}, the licence says {instant_text(licence.sealed_at)}")
    if place:
        # Where the first one stands its own authority has said when it sealed; a later one keeps to its place.
        kept = ofd.stamp_of(wanted.field)
        place_kept = None if kept is None or kept.size is None else stamp_facts(kept, kept.size)
        if _rounded(seal.stamp) != _rounded(place_kept):
            return _unexpected("the seal is shown somewhere else than at its place")
    return Check(name="expected_seal", code="OK", detail=FIRST if first else FURTHER)


def _rounded(stamp: OfdStampFacts | None) -> tuple[float, ...]:
    """The place as it can be told in the file, which has three decimals."""
    if stamp is None:
        return ()
    return stamp.page, *(round(one, 3) for one in (stamp.x, stamp.y, stamp.width, stamp.height))


def _readable(ses: SesSignature) -> Certificate | None:
    try:
        return ses.signer_certificate()
    except KeysError:
        return None


def _unexpected(detail: str) -> Check:
    return Check(name="expected_seal", code="SEAL_UNEXPECTED", detail=detail)
