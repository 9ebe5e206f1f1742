"""One signer of a message that somebody else made: digest, signature, certificate, path, and since when it is there.

The numbers are the steps in `verifier.py`.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from esign import ForeignSignedData, ForeignSigner, MalformedError
from keys import COPY_SIGNING_EKU, Certificate, KeysError, UnsupportedAlgorithmError, hash_bytes, parse_certificate
from verify.report import Check, RevocationFacts, SignatureFacts
from verify.seals import SEAL_PURPOSES, failed_signature
from verify.signing_path import Existence, Grounds, PathFacts, look_at_path
from verify.timestamps import look_at_timestamp

SIGNER_PURPOSES: Final = SEAL_PURPOSES | {
    "1.3.6.1.5.5.7.3.2",  # client authentication: most certificates of persons say this and e-mail protection
    "1.3.6.1.4.1.311.20.2.2",  # logging in with a card
    COPY_SIGNING_EKU,  # notices about annotated copies and licences: an office signs them with its key for copies
}
MAX_PARSED_CERTIFICATES: Final = 16
"""Of those that a message brings along; a chain has four."""
MAX_TIMESTAMPS: Final = 4
"""Of one signer; products add one, and a second from another authority."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedMessage:
    """One message with what it stands on."""

    name: str
    cms: ForeignSignedData
    original: tuple[bytes, ...]
    covers: str
    claimed_time: datetime | None
    """What the file around it says; PAdES signatures state no time themselves (ETSI EN 319 142-1 clause 6.3)."""
    existence: Existence
    digests: Mapping[str, bytes] | None = None
    """Instead of the original, where that is not here."""


def look_at_signer(
    signer: ForeignSigner, signed: SignedMessage, grounds: Grounds
) -> tuple[list[Check], SignatureFacts]:
    """Judge one signer of a message."""
    content = signed.original
    try:
        certificate = signer.certificate()
    except (MalformedError, KeysError) as error:
        missing = signer.certificate_der is None
        code = "CERTIFICATE_MISSING" if missing else "CERTIFICATE_UNFIT"
        if isinstance(error, UnsupportedAlgorithmError):
            code = "ALGORITHM_UNAVAILABLE"
        check = Check(name="certificate", code=code, detail=f"{signed.name}: {error}")
        return [check], _facts_of(signer, None, signed, checks=[check])
    # (2), (3) The content is what was signed, by the key of this certificate.
    if signed.digests is None:
        checks = [_content_check(signer, content, signed.name), _signature_check(signer, content, signed.name)]
    else:
        checks = _digest_checks(signer, signed)
    # (7), (8) The certificate may sign, and its path is trusted when it signed and when that is known to have been.
    existence = signed.existence
    if len(signer.timestamps) > MAX_TIMESTAMPS:
        detail = f"{signed.name}: more than {MAX_TIMESTAMPS} timestamps"
        checks.append(Check(name="timestamp", code="RESOURCE_LIMIT", detail=detail))
    for token in signer.timestamps[:MAX_TIMESTAMPS]:
        facts = look_at_timestamp(
            token, (signer.signature,), name="timestamp", grounds=grounds, at=existence.at, ours=False
        )
        checks.append(facts.check)
        existence = existence.or_earlier(facts.time, "timestamp")
    path = look_at_path(
        certificate,
        _parsed(signed.cms.certificates, certificate),
        grounds=grounds.for_applicants(),
        claimed_at=signer.signing_time or signed.claimed_time,
        existence=existence,
    )
    if path.chain.code == "OK":
        # What a certificate that nobody vouches for says about itself means nothing, and is no reason to refuse it.
        checks.append(_usage_check(certificate, signed.name))
    checks += path.checks
    return checks, _facts_of(signer, certificate, signed, checks=checks, existence=existence, path=path)


def _content_check(signer: ForeignSigner, content: Iterable[bytes], name: str) -> Check:
    try:
        matches = signer.digest_matches(*content)
    except UnsupportedAlgorithmError as error:
        return Check(name="digest", code=_weak(signer), detail=f"{name}: {error}")
    return Check(name="digest", code="OK" if matches else "DIGEST_MISMATCH", detail=name)


def _digest_checks(signer: ForeignSigner, signed: SignedMessage) -> list[Check]:
    """(2), (3) The digest is that of what was signed, and the signature stands on attributes that state it."""
    digests, inside = signed.digests or {}, signed.cms.content
    if signer.signed_attributes is None and inside is None:
        detail = f"{signed.name}: the signature stands on the document itself, not on its digest"
        return [Check(name="digest", code="CONTENT_MISSING", detail=detail)]
    try:
        name = signer.digest_name
    except UnsupportedAlgorithmError as error:
        return [Check(name="digest", code=_weak(signer), detail=f"{signed.name}: {error}")]
    if name not in digests:
        return [Check(name="digest", code="CONTENT_MISSING", detail=f"{signed.name}: the digest by {name} is needed")]
    stated = signer.message_digest if inside is None else hash_bytes(name, inside)
    code = "OK" if stated == digests[name] else "DIGEST_MISMATCH"
    checks = [Check(name="digest", code=code, detail=f"{signed.name}: {name}")]
    if inside is not None:
        checks.append(_content_check(signer, (inside,), signed.name))
    return [*checks, _signature_check(signer, signed.original, signed.name)]


def _signature_check(signer: ForeignSigner, content: Iterable[bytes], name: str) -> Check:
    try:
        if signer.names_certificate() is False:
            detail = f"{name}: another certificate of the same key was put in its place"
            return Check(name="signature", code="SIGNATURE_INVALID", detail=detail)
        signer.verify_signature(*content)
    except UnsupportedAlgorithmError as error:
        return Check(name="signature", code=_weak(signer), detail=f"{name}: {error}")
    except KeysError as error:
        return failed_signature(error)
    return Check(name="signature", code="OK", detail=f"{name}: {signer.algorithm_title}")


def _weak(signer: ForeignSigner) -> str:
    return "ALGORITHM_OUTDATED" if signer.outdated else "ALGORITHM_UNAVAILABLE"


def _usage_check(certificate: Certificate, name: str) -> Check:
    """RFC 5280 clause 4.2.1.3: a certificate without the extension may be used for everything."""
    usages, purposes = certificate.key_usage, certificate.extended_key_usage
    may_sign = not usages or usages & {"digitalSignature", "nonRepudiation"}
    fits = may_sign and not certificate.is_ca and (not purposes or purposes & SIGNER_PURPOSES)
    return Check(name="usage", code="OK" if fits else "SIGNER_UNFIT", detail=name)


def _parsed(certificates: Sequence[bytes], leaf: Certificate) -> tuple[Certificate, ...]:
    found = []
    for der in certificates[:MAX_PARSED_CERTIFICATES]:
        with contextlib.suppress(KeysError):
            if der != leaf.der:
                found.append(parse_certificate(der))
    return tuple(found)


def _facts_of(
    signer: ForeignSigner,
    certificate: Certificate | None,
    signed: SignedMessage,
    *,
    checks: Sequence[Check],
    existence: Existence | None = None,
    path: PathFacts | None = None,
) -> SignatureFacts:
    codes = {check.name: check.code for check in checks}
    return SignatureFacts(
        field=signed.name,
        algorithm=signer.algorithm_title,
        signer_name=None if certificate is None else certificate.subject.common_name,
        signer_organization=None if certificate is None else certificate.subject.organization,
        certificate_issuer=None if certificate is None else certificate.issuer.common_name,
        certificate_serial="" if certificate is None else f"{certificate.serial:x}",
        claimed_time=signer.signing_time or signed.claimed_time,
        proven_time=None if existence is None else existence.proven,
        proof="none" if existence is None else existence.source,
        covers=signed.covers,
        intact=codes.get("digest") == "OK",
        valid=codes.get("signature") == "OK",
        trusted=codes.get("certificate") == "OK",
        revocation=RevocationFacts(status="unchecked") if path is None else path.revocation,
        development=path is not None and path.chain.development,
    )
