"""The seal of a file: what the PDF and the structured licence with its detached signature have in common.

The numbers are the steps in `verifier.py`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, Literal, TypeAlias

from esign import Evidence, SignedData, StructuredLicence
from keys import (
    CODE_SIGNING_EKU,
    COPY_SIGNING_EKU,
    Certificate,
    KeysError,
    ProviderMissingError,
    UnsupportedAlgorithmError,
)
from verify.issuer import IssuerRule
from verify.report import Check, SignatureFacts, instant_text
from verify.revocation import CLOCK_SKEW
from verify.signing_path import Existence, Grounds, facts_of_signature, look_at_path
from verify.timestamps import look_at_timestamp
from verify.trust import Chain

Purpose: TypeAlias = Literal["seal", "code", "copy"]
"""What a key of an authority is for."""

SEAL_PURPOSES: Final = frozenset(
    {
        "2.5.29.37.0",  # any purpose (RFC 5280 clause 4.2.1.12)
        "1.3.6.1.5.5.7.3.4",  # e-mail protection: what many authorities put in certificates for documents
        "1.3.6.1.5.5.7.3.36",  # document signing (RFC 9336)
        "1.2.840.113583.1.1.5",  # documents, of a vendor of PDF software
        "1.3.6.1.4.1.311.10.3.12",  # documents, of a vendor of office software
    }
)
"""Extended key usages of a seal certificate, one of which must be there if it has any: a server's is no seal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seal:
    """One seal as read."""

    field: str | None
    """Name of the form field; None for a detached signature, which has none."""
    signed_data: SignedData
    intact: bool
    claimed_time: datetime | None
    existence: Existence
    """Since when it is known to have existed, its own timestamp not yet looked at."""
    covers: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SealFacts:
    """What was found about one seal."""

    checks: tuple[Check, ...]
    signature: SignatureFacts
    chain: Chain
    used: frozenset[bytes]
    """DER of the certificates and the evidence that its paths, also that of its timestamp, rest on."""
    judged: bool
    """Whether all these paths lead to an anchor: only then can evidence about them be told from ballast."""
    existence: Existence
    """Since when it is known to have existed, its own timestamp looked at."""


def look_at_seals(seals: Sequence[Seal], licence: StructuredLicence, grounds: Grounds) -> tuple[SealFacts, ...]:
    """Every check of every seal, also those behind one that failed: the auditor sees all of them."""
    found: list[SealFacts] = []
    # The last one first: what is proven of a good seal on a PDF is proven of those before it, which it covers.
    since: Existence | None = None
    for place, seal in reversed(list(enumerate(seals))):
        if since is not None:
            seal = replace(seal, existence=seal.existence.or_earlier(since.proven, since.source))
        facts = _look_at_seal(seal, place, licence, grounds)
        found.insert(0, facts)
        if seal.field is not None and all(check.code == "OK" for check in facts.checks):
            since = facts.existence
    return tuple(found)


def _look_at_seal(seal: Seal, place: int, licence: StructuredLicence, grounds: Grounds) -> SealFacts:
    # (5), (6) The seal is one that the licence lists, and it is the issuer's.
    expected = expected_check(seal, place, licence)
    first = expected.code == "OK" and expected.detail == FIRST
    rule = IssuerRule(register=grounds.trust.register)
    certificate, sealed_at = seal.signed_data.signer_certificate, seal.claimed_time or licence.sealed_at
    issuer = rule.check(certificate, licence, first=first, at=sealed_at)
    return judge_seal(
        seal,
        (expected, issuer),
        purpose="seal",
        claimed_at=sealed_at,
        development=licence.development,
        grounds=grounds,
    )


def judge_seal(
    seal: Seal,
    belongs: Sequence[Check],
    *,
    purpose: Purpose,
    claimed_at: datetime,
    development: bool,
    grounds: Grounds,
) -> SealFacts:
    """Judge a seal, whatever it is on; `belongs` says whether it is the one that should be there."""
    signed_data, certificate = seal.signed_data, seal.signed_data.signer_certificate
    # (2) The sealed bytes are unchanged.
    digest = Check(name="digest", code="OK" if seal.intact else "DIGEST_MISMATCH")
    # (3) The signature over the attributes, the digest among them, is that of the certificate's key.
    signature = signature_check(signed_data)
    # (7), (8) The certificate may seal, and chains to an anchor; the path was valid when it sealed and when the seal is
    # known to have existed, which its timestamp may move back.
    usage = usage_check(certificate, purpose=purpose)
    stamped: tuple[Check, ...] = ()
    existence, used, judged = seal.existence, frozenset[bytes](), True
    if signed_data.timestamp is not None:
        timestamp = look_at_timestamp(
            signed_data.timestamp,
            (signed_data.signature,),
            name="timestamp",
            grounds=grounds,
            at=existence.at,
            ours=True,
        )
        existence = existence.or_earlier(timestamp.time, "timestamp")
        used, judged, stamped = timestamp.used, timestamp.trusted, (timestamp.check,)
    path = look_at_path(
        certificate, signed_data.certificates[1:], grounds=grounds, claimed_at=claimed_at, existence=existence
    )
    moment = moment_check(claimed_at, existence)
    development = path.chain.development or development
    return SealFacts(
        checks=(digest, signature, *belongs, usage, *stamped, moment, *path.checks),
        signature=facts_of_signature(
            certificate,
            path,
            existence,
            field=seal.field or "p7s",
            claimed_time=seal.claimed_time,
            covers=seal.covers,
            intact=seal.intact,
            valid=signature.code == "OK",
            development=development,
        ),
        chain=path.chain,
        used=used | path.used,
        judged=judged and path.chain.code == "OK",
        existence=existence,
    )


def all_issuers_check(seals: Sequence[Seal], licence: StructuredLicence, grounds: Grounds) -> Check:
    """Whether each issuing authority has sealed (`IssuerRule.check_all`)."""
    sealed = ((seal.signed_data.signer_certificate, seal.claimed_time or licence.sealed_at) for seal in seals)
    complete = len(seals) >= len(licence.seals)
    return IssuerRule(register=grounds.trust.register).check_all(sealed, licence, complete=complete)


def completeness_check(found: int, listed: int) -> Check:
    """Whether every seal is there that the licence lists: until then it is not in force (未生效)."""
    missing = listed - found
    detail = f"{missing} of {listed} seals are missing" if missing > 0 else ""
    return Check(name="seals", code="SEALS_INCOMPLETE" if missing > 0 else "OK", detail=detail)


def brought_checks(found: Iterable[SealFacts], seals: Iterable[Seal]) -> Iterator[Check]:
    """Look at the certificates that each signature names: exactly those of its path, without the root.

    Without a good path nobody knows which those are.
    """
    for facts, seal in zip(found, seals, strict=True):
        if facts.chain.code == "OK":
            brought, wanted = seal.signed_data.certificates, facts.chain.brought
            exact = len(brought) == len(wanted) and set(brought) == wanted
            detail = "" if exact else "the file does not bring exactly the certificates of its path"
            yield Check(name="embedded", code="OK" if exact else "NON_CANONICAL", detail=detail)


def evidence_checks(evidence: Evidence, used: Iterable[frozenset[bytes]], *, judged: bool) -> Iterator[Check]:
    """Look at the evidence that the file brings: every item proves something about one of its paths.

    An altered one proves nothing, and shows here. Without a good path (`judged`) it cannot be told.
    """
    if not judged:
        return
    explained = frozenset[bytes]().union(*used)
    if all(item in explained for item in evidence):
        yield Check(name="evidence", code="OK", detail=f"{len(evidence)} items")
    else:
        detail = "the file brings evidence that proves nothing about its seals"
        yield Check(name="evidence", code="NON_CANONICAL", detail=detail)


def moment_check(claimed_at: datetime, existence: Existence) -> Check:
    """A seal cannot be younger than the proof of its existence."""
    if existence.proven is None or claimed_at <= existence.proven + CLOCK_SKEW:
        return Check(name="seal_time", code="OK")
    detail = (
        f"sealed at {instant_text(claimed_at)}, but it existed on {instant_text(existence.at)} ({existence.source})"
    )
    return Check(name="seal_time", code="SEAL_TIME_CONTRADICTED", detail=detail)


def usage_check(certificate: Certificate, *, purpose: Purpose) -> Check:
    """Whether a certificate may be used for a purpose. Each is refused for the others.

    Tax seals set signature and encipherment together, so only the presence of a signing usage is asked for.
    """
    purposes = certificate.extended_key_usage
    fault = ""
    if certificate.is_ca:
        fault = "a CA certificate"
    elif not certificate.key_usage & {"digitalSignature", "nonRepudiation"}:
        fault = "a certificate that may not sign"
    elif purpose == "code" and CODE_SIGNING_EKU not in purposes:
        fault = "a certificate that is not for signing codes"
    elif purpose == "copy" and COPY_SIGNING_EKU not in purposes:
        fault = "a certificate that is not for annotated copies"
    elif purpose == "seal" and purposes and (not purposes & SEAL_PURPOSES or COPY_SIGNING_EKU in purposes):
        fault = "a certificate for another purpose than seals"
    return Check(name="usage", code="CERTIFICATE_UNFIT" if fault else "OK", detail=fault)


def failed_signature(error: KeysError) -> Check:
    """Turn a failed verification into a check: the signature is wrong, or this machine cannot tell."""
    cannot_tell = isinstance(error, (ProviderMissingError, UnsupportedAlgorithmError))
    code = "ALGORITHM_UNAVAILABLE" if cannot_tell else "SIGNATURE_INVALID"
    return Check(name="signature", code=code, detail=str(error))


def signature_check(signed_data: SignedData) -> Check:
    """Whether the signature over the attributes, the digest among them, is that of the certificate's key."""
    try:
        signed_data.verify_signature()
    except KeysError as error:
        return failed_signature(error)
    return Check(name="signature", code="OK", detail=signed_data.algorithm.title)


FIRST: Final = "the first seal"
FURTHER: Final = "a further seal"


def expected_check(seal: Seal, place: int, licence: StructuredLicence) -> Check:
    """Contract section 1: the structured licence lists the seals to expect, in their order.

    A detached signature has no field: it must be by the key of a listed seal. The first seal's time is that of the
    licence; a further one may be later.
    """

    def unexpected(detail: str) -> Check:
        return Check(name="expected_seal", code="SEAL_UNEXPECTED", detail=detail)

    algorithm = seal.signed_data.algorithm
    digest = seal.signed_data.signer_certificate.fingerprint(algorithm.digest).hex()
    found = (algorithm.name, f"{algorithm.digest}:{digest}")
    if seal.field is None:
        listed = next((one for one in licence.seals if found == (one.algorithm, one.certificate_digest)), None)
    else:
        listed = licence.seals[place] if place < len(licence.seals) else None
    if listed is None:
        return unexpected("the licence lists no such seal")
    if found != (listed.algorithm, listed.certificate_digest):
        return unexpected("the licence lists another certificate")
    if seal.field is not None and seal.field != listed.field:
        return unexpected("the licence lists another field")
    first = listed is licence.seals[0]
    claimed = seal.claimed_time
    if claimed is not None and (claimed < licence.sealed_at or (first and claimed != licence.sealed_at)):
        return unexpected(f"sealed at {instant_text(claimed)}, the licence says {instant_text(licence.sealed_at)}")
    return Check(name="expected_seal", code="OK", detail=FIRST if first else FURTHER)
