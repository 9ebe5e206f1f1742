"""Documents that others signed: materials of citizens and companies, approvals of other systems (RSA, ECDSA, SM2).

What is said: who signed, with which certificate, over what, since when that is known, and whether the path is trusted.
Such a document is never taken for a licence. The numbers are the steps in `verifier.py`.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from esign import (
    ChangeKind,
    Coverage,
    EsignError,
    Evidence,
    ForeignPdf,
    ForeignSignature,
    ForeignSignedData,
    ForeignSigner,
    MalformedError,
    RangeFault,
    read_foreign_cms,
    read_foreign_pdf,
)
from keys import COPY_SIGNING_EKU, Certificate, KeysError, UnsupportedAlgorithmError, hash_bytes, parse_certificate
from verify.detection import is_ours
from verify.facts import Facts, unreadable
from verify.report import Check, RevocationFacts, SignatureFacts
from verify.revocation import RevocationEvidence
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

MAX_READ_LIST_BYTES: Final = 1024 * 1024
"""Of the revocation lists that all messages of a file bring along; to read 50,000 entries takes half a second."""
MAX_SIGNERS: Final = 64
"""Judged in one PDF."""
MAX_HASHED_BYTES: Final = 256 * 1024 * 1024
"""Of one PDF: every signer's digest is over nearly the whole file again."""
MAX_TIMESTAMPS: Final = 4
"""Of one signer; products add one, and a second from another authority."""

_DAMAGED: Final = frozenset({RangeFault.NO_BYTE_RANGE, RangeFault.BYTE_RANGE_ORDER, RangeFault.NO_CONTENTS})
"""What is not there, or no range at all; the other faults are something that nobody signed."""
_ALLOWED_BEFORE_NEXT: Final = frozenset({ChangeKind.EVIDENCE, ChangeKind.SIGNATURES, ChangeKind.FORM_VALUES})
_OUTDATED_FORMS: Final = frozenset({"adbe.pkcs7.sha1", "adbe.x509.rsa_sha1"})
"""ISO 32000-2 table 255: the message is over a SHA-1 digest of the file; both are deprecated there."""
_GOOD: Final = frozenset({"OK", "SIGNED_THEN_FILLED"})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Signed:
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


def look_at_foreign_pdf(data: bytes, grounds: Grounds) -> Facts:
    """Judge every signature of a PDF that somebody else made."""
    # (1) The file can be read, in a process of its own.
    try:
        pdf = read_foreign_pdf(data)
    except EsignError as error:
        return Facts(kind="pdf", checks=(unreadable("format", error),))
    checks: list[Check] = []
    signatures: list[SignatureFacts] = []
    if pdf.repaired:
        detail = "the table of places is broken: readers may disagree on what the file shows"
        checks.append(Check(name="format", code="FORMAT_PDF", detail=detail))
    if all(signature.document_timestamp for signature in pdf.signatures):
        detail = f"{pdf.stray_signatures} signatures that no field names" if pdf.stray_signatures else ""
        return Facts(kind="pdf", checks=(*checks, Check(name="format", code="SEAL_MISSING", detail=detail)))
    grounds = grounds.with_evidence(RevocationEvidence.from_raw(pdf.evidence))
    existence, hashed = Existence(at=grounds.at), 0
    lists_limit = MAX_READ_LIST_BYTES // len(pdf.signatures)
    for signature in reversed(pdf.signatures):
        if len(signatures) >= MAX_SIGNERS or hashed >= MAX_HASHED_BYTES:
            checks.append(Check(name="format", code="RESOURCE_LIMIT", detail="too many signatures over too much"))
            break
        covered = signature.covered(data)
        hashed += sum(map(len, covered))
        checks.append(_range_check(signature))
        if signature.document_timestamp:
            facts = look_at_timestamp(
                signature.cms,
                covered,
                name="timestamp",
                grounds=grounds,
                at=existence.at,
                ours=False,
            )
            checks.append(facts.check)
            existence = existence.or_earlier(facts.time, "document-timestamp")
            continue
        checks.append(_changes_check(pdf, signature))
        if signature.faults:
            # What it would stand on cannot be told: there is nothing more to judge.
            continue
        if signature.sub_filter in _OUTDATED_FORMS:
            detail = f"{signature.field}: {signature.sub_filter} stands on SHA-1"
            checks.append(Check(name="digest", code="ALGORITHM_OUTDATED", detail=detail))
            continue
        found, facts_of_signers = _look_at_message(
            signature.cms,
            covered,
            name=signature.field,
            covers="whole" if signature.covers_whole_file else "revision",
            claimed_time=signature.claimed_time,
            existence=existence,
            grounds=grounds,
            lists_limit=lists_limit,
        )
        checks += found
        since, pages = tuple(sorted(kind.value for kind in signature.changes.kinds)), signature.changes.pages
        signatures += [replace(facts, changes=since, changed_pages=pages) for facts in facts_of_signers]
        hashed += sum(map(len, covered)) * len(facts_of_signers)
    if pdf.ambiguous and all(check.code != "CHANGED_AFTER_SIGNING" for check in checks):
        # Not what was added since: it was so when it was signed.
        detail = "readers that look for the objects themselves see other pages or forms than the table of places says"
        checks.append(Check(name="format", code="FORMAT_PDF", detail=detail))
    return _facts("pdf", checks, signatures)


def look_at_foreign_cms(data: bytes, original: bytes | None, grounds: Grounds) -> Facts:
    """Judge a CMS message over the content inside, or over `original` when it brings none."""
    found, signatures = _look_at_message(
        data,
        None if original is None else (original,),
        name="cms",
        covers="content",
        claimed_time=None,
        existence=Existence(at=grounds.at),
        grounds=grounds,
        lists_limit=MAX_READ_LIST_BYTES,
    )
    return _facts("cms", found, signatures)


def look_at_digest(
    data: bytes, digests: Mapping[str, bytes], grounds: Grounds
) -> tuple[list[Check], list[SignatureFacts]]:
    """Judge a CMS message over something that is not here, by its digests (named as in `keys.hash_bytes`)."""
    return _look_at_message(
        data,
        None,
        name="cms",
        covers="digest",
        claimed_time=None,
        existence=Existence(at=grounds.at),
        grounds=grounds,
        lists_limit=MAX_READ_LIST_BYTES,
        digests=digests,
    )


def _facts(kind: str, checks: Sequence[Check], signatures: Sequence[SignatureFacts]) -> Facts:
    # Signatures are told in the order in which they were made.
    ordered = tuple(reversed(signatures))
    good = all(check.code in _GOOD for check in checks)
    document = Check(name="document", code="SIGNED_DOCUMENT" if good else "OK", detail="" if good else "not a licence")
    return Facts(
        kind=kind,
        checks=(*checks, document),
        signatures=ordered,
        development=any(signature.development for signature in ordered),
    )


def _range_check(signature: ForeignSignature) -> Check:
    """(2) The signed bytes are all of a revision but the signature itself."""
    if signature.faults:
        detail = f"{signature.field}: {', '.join(fault.value for fault in signature.faults)}"
        code = "FORMAT_CMS" if _DAMAGED.issuperset(signature.faults) else "CHANGED_AFTER_SIGNING"
        return Check(name="coverage", code=code, detail=detail)
    if not signature.covers_revision:
        detail = f"{signature.field}: the signed bytes end inside a revision of the file"
        return Check(name="coverage", code="CHANGED_AFTER_SIGNING", detail=detail)
    detail = "the whole file" if signature.covers_whole_file else "the file as it was when it was signed"
    return Check(name="coverage", code="OK", detail=f"{signature.field}: {detail}")


def _changes_check(pdf: ForeignPdf, signature: ForeignSignature) -> Check:
    """(1) What came after a signature is evidence, or was itself signed and may be there.

    Filling in and signing again is how several people sign one form; without a later signature over it, it is a change
    unless the signer has permitted it. A picture that somebody adds where there was no field is a signature's look in
    most documents, but not in one that was certified: there the certifier has said where others sign.
    """
    kinds = signature.changes.kinds
    allowed = {ChangeKind.EVIDENCE}
    signed_again = any(
        other.covers_whole_file or other.changes.kinds <= {ChangeKind.EVIDENCE}
        for other in pdf.signatures
        if not other.document_timestamp and other is not signature
    )
    if signed_again and signature.certification != 1:
        allowed |= _ALLOWED_BEFORE_NEXT
        if signature.certification is None:
            allowed.add(ChangeKind.SHOWN_SIGNATURES)
    pages = f" on pages {', '.join(map(str, signature.changes.pages))}" if signature.changes.pages else ""
    if kinds <= allowed:
        detail = ", ".join(sorted(kind.value for kind in kinds)) or "nothing"
        return Check(name="changes", code="OK", detail=f"{signature.field}: {detail}{pages} came after it")
    if signature.permits_filling and kinds <= allowed | {ChangeKind.FORM_VALUES}:
        detail = f"{signature.field}: its signer lets the form be filled in; that{pages} came after it, unsigned"
        return Check(name="changes", code="SIGNED_THEN_FILLED", detail=detail)
    detail = f"{signature.field}: {', '.join(sorted(kind.value for kind in kinds - allowed))}{pages} came after it"
    return Check(name="changes", code="CHANGED_AFTER_SIGNING", detail=detail)


def _look_at_message(
    data: bytes,
    original: tuple[bytes, ...] | None,
    *,
    name: str,
    covers: str,
    claimed_time: datetime | None,
    existence: Existence,
    grounds: Grounds,
    lists_limit: int,
    digests: Mapping[str, bytes] | None = None,
) -> tuple[list[Check], list[SignatureFacts]]:
    # (1) It is a CMS message that somebody signed, over something that is here.
    try:
        cms = read_foreign_cms(data)
    except EsignError as error:
        return [unreadable("format", error)], []
    if not cms.signers:
        return [Check(name="format", code="SEAL_MISSING", detail=f"{name}: certificates without a signature")], []
    inside = cms.content
    if inside is None and original is None and digests is None:
        return [Check(name="digest", code="CONTENT_MISSING", detail=name)], []
    checks = [Check(name="format", code="OK", detail=name)]
    if inside is not None and original is not None:
        coverage = cms.coverage(b"".join(original))
        code = "DIGEST_MISMATCH" if coverage is Coverage.NOTHING else "OK"
        checks.append(Check(name="digest", code=code, detail=f"{name}: {coverage.value} inside"))
    content = (inside,) if inside is not None else original or ()
    if any(is_ours(part) for part in content):
        # Taken for a document of others, a licence would be good for ever: nobody would ask for its status.
        detail = f"{name}: a licence in another form than that in which it was issued"
        checks.append(Check(name="format", code="NON_CANONICAL", detail=detail))
    # They only help: a message with more of them than anybody needs is judged without.
    lists = cms.revocation_lists if sum(map(len, cms.revocation_lists)) <= lists_limit else ()
    signed = _Signed(
        name=name,
        cms=cms,
        original=content,
        covers=covers,
        claimed_time=claimed_time,
        existence=existence,
        digests=digests,
    )
    grounds = grounds.with_evidence(RevocationEvidence.from_raw(Evidence(crls=lists)))
    signatures = []
    for signer in cms.signers:
        found, facts = _look_at_signer(signer, signed, grounds)
        checks += found
        signatures.append(facts)
    return checks, signatures


def _look_at_signer(signer: ForeignSigner, signed: _Signed, grounds: Grounds) -> tuple[list[Check], SignatureFacts]:
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
    checks += [_usage_check(certificate, signed.name, trusted=path.chain.code == "OK"), *path.checks]
    return checks, _facts_of(signer, certificate, signed, checks=checks, existence=existence, path=path)


def _content_check(signer: ForeignSigner, content: Iterable[bytes], name: str) -> Check:
    try:
        matches = signer.digest_matches(*content)
    except UnsupportedAlgorithmError as error:
        return Check(name="digest", code=_weak(signer), detail=f"{name}: {error}")
    return Check(name="digest", code="OK" if matches else "DIGEST_MISMATCH", detail=name)


def _digest_checks(signer: ForeignSigner, signed: _Signed) -> list[Check]:
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


def _usage_check(certificate: Certificate, name: str, *, trusted: bool) -> Check:
    """RFC 5280 clause 4.2.1.3: a certificate without the extension may be used for everything.

    What a certificate that nobody vouches for says about itself means nothing, and is no reason to refuse it.
    """
    if not trusted:
        return Check(name="usage", code="OK", detail=f"{name}: not looked at, there is no good path")
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
    signed: _Signed,
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
