"""The seal of a file: what the PDF and the structured licence with its detached signature have in common.

The numbers are the steps in `verifier.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from esign import LicenceIdentifier, SignedData, StructuredLicence
from keys import CODE_SIGNING_EKU, Certificate, KeysError, ProviderMissingError, UnsupportedAlgorithmError
from verify.report import Check, SignatureFacts
from verify.trust import Chain, TrustStore

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
    """One seal as read, together with the licence that it stands on."""

    field: str
    """Name of the form field; `p7s` for a detached signature."""
    detached: bool
    signed_data: SignedData
    intact: bool
    claimed_time: datetime | None
    licence: StructuredLicence


@dataclass(frozen=True, slots=True, kw_only=True)
class SealFacts:
    """What was found about one seal."""

    checks: tuple[Check, ...]
    signature: SignatureFacts
    development: bool


def look_at_seal(seal: Seal, trust: TrustStore, at: datetime) -> SealFacts:
    """Every check of a seal, also those behind one that failed: the auditor sees all of them."""
    signed_data, certificate, licence = seal.signed_data, seal.signed_data.signer_certificate, seal.licence
    # (2) The sealed bytes are unchanged.
    digest = Check(name="digest", code="OK" if seal.intact else "DIGEST_MISMATCH")
    # (3) The signature over the attributes, the digest among them, is that of the certificate's key.
    signature = _signature(signed_data)
    # (5), (6) The seal is one that the licence lists, and it is the issuer's.
    expected = _expected(seal)
    issuer = issuer_check(certificate, licence.identifier, licence)
    # (7) The certificate may seal, and chains to an anchor; all of the path was valid when it sealed.
    usage = usage_check(certificate, code=False)
    chain = trust.chain(certificate, signed_data.certificates[1:], licence.sealed_at)
    path = Check(name="certificate", code=chain.code, detail=chain.detail)
    brought = _brought(chain, signed_data)
    # (8) It is still valid, or else nothing says that the seal is older than the end of its certificate.
    age = age_check(chain, certificate, signed_data.certificates[1:], trust, at)
    development = chain.development or licence.development
    return SealFacts(
        checks=(digest, signature, expected, issuer, usage, path, brought, age),
        signature=SignatureFacts(
            field=seal.field,
            algorithm=signed_data.algorithm.name,
            signer_name=certificate.subject.common_name,
            signer_organization=certificate.subject.organization,
            certificate_serial=f"{certificate.serial:x}",
            claimed_time=seal.claimed_time,
            intact=seal.intact,
            valid=signature.code == "OK",
            trusted=chain.code == "OK",
            development=development,
        ),
        development=development,
    )


def issuer_check(certificate: Certificate, identifier: str, licence: StructuredLicence | None) -> Check:
    """Whether the signer is the issuing authority: the one in the identifier, and in the licence where there is one.

    Without the identifier an authority could seal a licence under another one's number and be answered with that one's
    status.
    """
    subject = certificate.subject
    found = f"the certificate is for {subject.organization} ({subject.organization_identifier})"
    if subject.organization_identifier != LicenceIdentifier.from_text(identifier).issuer_code:
        return Check(name="issuer", code="SEAL_NOT_OF_ISSUER", detail=f"{found}, the identifier is another authority's")
    if licence and (subject.organization_identifier, subject.organization) != (
        licence.issuer_code,
        licence.issuer_name,
    ):
        issuer = f"{licence.issuer_name} ({licence.issuer_code})"
        return Check(name="issuer", code="SEAL_NOT_OF_ISSUER", detail=f"{found}, the issuer is {issuer}")
    return Check(name="issuer", code="OK", detail=found)


def usage_check(certificate: Certificate, *, code: bool) -> Check:
    """Whether a certificate may be used for seals, or for codes. Each is refused for the other purpose.

    Tax seals set signature and encipherment together, so only the presence of a signing usage is asked for.
    """
    purposes = certificate.extended_key_usage
    fault = ""
    if certificate.is_ca:
        fault = "a CA certificate"
    elif not certificate.key_usage & {"digitalSignature", "nonRepudiation"}:
        fault = "a certificate that may not sign"
    elif code and CODE_SIGNING_EKU not in purposes:
        fault = "a certificate that is not for signing codes"
    elif not code and purposes and not purposes & SEAL_PURPOSES:
        fault = "a certificate for another purpose than seals"
    return Check(name="usage", code="CERTIFICATE_UNFIT" if fault else "OK", detail=fault)


def age_check(
    chain: Chain, leaf: Certificate, embedded: tuple[Certificate, ...], trust: TrustStore, at: datetime
) -> Check:
    """Whether the path is still valid at `at`; a renewed CA certificate may have taken the place of an expired one."""
    expired = at > chain.not_after and (at > leaf.not_after or trust.chain(leaf, embedded, at).code != "OK")
    detail = f"the path has expired on {chain.not_after}" if expired else ""
    return Check(name="certificate_age", code="CERTIFICATE_EXPIRED" if expired else "OK", detail=detail)


def failed_signature(error: KeysError) -> Check:
    """Turn a failed verification into a check: the signature is wrong, or this machine cannot tell."""
    cannot_tell = isinstance(error, (ProviderMissingError, UnsupportedAlgorithmError))
    code = "ALGORITHM_UNAVAILABLE" if cannot_tell else "SIGNATURE_INVALID"
    return Check(name="signature", code=code, detail=str(error))


def _signature(signed_data: SignedData) -> Check:
    try:
        signed_data.verify_signature()
    except KeysError as error:
        return failed_signature(error)
    return Check(name="signature", code="OK", detail=signed_data.algorithm.title)


def _brought(chain: Chain, signed_data: SignedData) -> Check:
    """Look at the certificates in the CMS: no signature covers them, so one more or one less shows nowhere else."""
    if chain.code == "OK" and not chain.explains(signed_data.certificates[1:]):
        detail = "the file does not bring exactly the certificates of its path"
        return Check(name="embedded", code="NON_CANONICAL", detail=detail)
    return Check(name="embedded", code="OK")


def _expected(seal: Seal) -> Check:
    """Contract section 1: the structured licence lists the seals to expect; at present exactly one.

    A detached signature has no field: it must be by the key of the one listed seal.
    """
    algorithm = seal.signed_data.algorithm
    digest = seal.signed_data.signer_certificate.fingerprint(algorithm.digest).hex()
    found = (algorithm.name, f"{algorithm.digest}:{digest}")
    listed = seal.licence.seals
    if len(listed) != 1:
        return Check(name="expected_seal", code="SEAL_UNEXPECTED", detail="the licence does not list exactly one seal")
    if found != (listed[0].algorithm, listed[0].certificate_digest):
        return Check(name="expected_seal", code="SEAL_UNEXPECTED", detail="the licence lists another certificate")
    if not seal.detached and seal.field != listed[0].field:
        return Check(name="expected_seal", code="SEAL_UNEXPECTED", detail="the licence lists another field")
    if seal.claimed_time is not None and seal.claimed_time != seal.licence.sealed_at:
        detail = f"sealed at {seal.claimed_time}, the licence says {seal.licence.sealed_at}"
        return Check(name="expected_seal", code="SEAL_UNEXPECTED", detail=detail)
    return Check(name="expected_seal", code="OK")
