"""Facts about an archive package (电子档案). The numbers are the steps in `verifier.py`.

A package is the statement of its maker: these are all versions, acts and proofs that the store had. Nothing is reached
but what is in it and the anchors that the asker trusts. What it says of the state of a licence holds for the time at
which it was made, and counts only under a good seal of the issuing authority.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, TypeAlias

from esign import (
    CHINA,
    MANIFEST_FILE,
    SIGNATURE_FILE,
    ArchivedVersion,
    ArchiveManifest,
    EsignError,
    Evidence,
    StructuredLicence,
    StructuredObligation,
    archive_from_bytes,
    claims_to_be_archive,
    manifest_from_bytes,
    read_detached,
)
from keys import hash_bytes
from verify.facts import Facts, unreadable
from verify.issuer import IssuerRule
from verify.judgement import STANDING_CHECKS, judge
from verify.ofd import look_at_ofd
from verify.pdf import look_at_pdf
from verify.reason import Outcome
from verify.report import ArchivedLicence, ArchiveFacts, Check, SignatureFacts, instant_text
from verify.revocation import RevocationEvidence
from verify.seals import Seal, brought_checks, evidence_checks, judge_seal
from verify.signing_path import Existence, Grounds
from verify.sources import UNKNOWN_STATUS, Records
from verify.standing import StatusSources, standing_checks
from verify.structured import look_at_structured

Files: TypeAlias = Mapping[str, memoryview]
HistoryCheck: TypeAlias = Callable[[ArchiveManifest, Mapping[str, StructuredLicence]], Sequence[str]]
"""Says, in English, where the acts in a manifest cannot have followed each other; the licences by identifier."""

EVIDENCE_FOLDER: Final = "evidence/"
_KINDS: Final = (".cer", ".crl", ".ocsp")
_OFD: Final = ".ofd"


def look_at_archive(data: bytes, grounds: Grounds, history: HistoryCheck | None) -> Facts:
    """Judge a package with everything in it."""
    # (1) It is a package in its one form, and everything in it is what its manifest says.
    if not claims_to_be_archive(data):
        other = Check(name="format", code="FORMAT_ARCHIVE", detail="it does not begin with a manifest")
        return Facts(kind="archive", checks=(other,))
    try:
        files = archive_from_bytes(data)
        manifest = manifest_from_bytes(bytes(files.get(MANIFEST_FILE, b"")))
    except EsignError as error:
        return Facts(kind="archive", checks=(unreadable("format", error),))
    contents = tuple(_contents_checks(manifest, files))
    if any(check.outcome is not Outcome.PASSED for check in contents):
        return Facts(kind="archive", checks=(Check(name="format", code="OK"), *contents))
    # (2), (3), (6) to (8) The manifest is sealed by an authority that has to do with these licences.
    sealing = _look_at_manifest(manifest, files, grounds)
    # (1) to (8) for every version, with the evidence in the package.
    source = ArchiveSource(manifest=manifest, sealed=sealing.good, proven=sealing.proven)
    evidence = _evidence_in(files)
    within = grounds.with_evidence(RevocationEvidence.from_raw(evidence))
    versions = [_look_at_version(one, files, within, source) for one in manifest.versions]
    licences = {one.licence.identifier: one.licence for one in versions if one.licence is not None}
    problems = history(manifest, licences) if history is not None and len(licences) == len(versions) else ()
    checks = (
        Check(name="format", code="OK"),
        *contents,
        *sealing.checks,
        *(check for one in versions for check in one.checks),
        *(Check(name="acts", code="ARCHIVE_CONTRADICTORY", detail=problem) for problem in problems),
    )
    if all(check.outcome is Outcome.PASSED for check in checks):
        checks += (Check(name="archive", code="ARCHIVE_GENUINE", detail=_summary(manifest)),)
    return Facts(
        kind="archive",
        checks=checks,
        signatures=sealing.signatures,
        archive=ArchiveFacts(manifest=manifest, licences=tuple(one.summary for one in versions)),
        development=sealing.development or any(one.development for one in versions),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchivedStatus:
    """What a package says about the state of one version: `StatusAnswer`."""

    value: str
    as_of: datetime | None
    source: str
    disputed: bool
    renewal_pending: bool
    extended_to: date | None
    obligations: tuple[StructuredObligation, ...]
    successor: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchiveSource:
    """What a package knows: a `StatusSource` and an `ExistenceSource`, silent unless its seal is good."""

    manifest: ArchiveManifest
    sealed: bool
    proven: datetime | None
    """Since when the manifest, and so every file in it, is known to have existed."""

    def status(self, identifier: str, at: datetime) -> ArchivedStatus | None:
        """State when the package was made; it does not know of other times."""
        version = self._version(identifier)
        if version is None or not self.sealed or at != self.manifest.created_at:
            return None
        said = version.standing
        return ArchivedStatus(
            value=said.value,
            as_of=self.manifest.created_at,
            source="archive",
            disputed=said.disputed,
            renewal_pending=said.renewal_pending,
            extended_to=said.extended_to,
            obligations=said.obligations,
            successor=said.successor,
        )

    def existed_since(self, identifier: str, sha256: str) -> datetime | None:
        """Since when the maker's store has had a file of a licence, or else since when the package has."""
        version = self._version(identifier)
        if version is None or not self.sealed:
            return None
        return next((proof.since for proof in version.proofs if proof.sha256 == sha256), self.proven)

    def _version(self, identifier: str) -> ArchivedVersion | None:
        return next((one for one in self.manifest.versions if one.identifier == identifier), None)


def _contents_checks(manifest: ArchiveManifest, files: Files) -> Iterator[Check]:
    """Every file that the manifest lists is there as it was, and there is no other one."""
    listed = {one.path: one for one in manifest.files}
    own = {MANIFEST_FILE, SIGNATURE_FILE}
    if list(listed) != sorted(listed) or len(listed) != len(manifest.files) or listed.keys() & own:
        yield Check(name="contents", code="NON_CANONICAL", detail="the manifest lists its files in another way")
    for path in sorted(files.keys() - listed.keys() - own):
        yield Check(name="contents", code="NON_CANONICAL", detail=f"{path}: the manifest does not list this file")
    wanted = {path for version in manifest.versions for path in version.paths} | listed.keys() | {SIGNATURE_FILE}
    for path in sorted(wanted - (files.keys() & (listed.keys() | own))):
        yield Check(name="contents", code="ARCHIVE_INCOMPLETE", detail=f"{path}: this file is missing")
    for path in sorted(listed.keys() & files.keys()):
        one, content = listed[path], bytes(files[path])
        found = (len(content), hash_bytes("sha256", content).hex(), hash_bytes("sm3", content).hex())
        if found != (one.size, one.sha256, one.sm3):
            yield Check(name="contents", code="DIGEST_MISMATCH", detail=f"{path}: this file was changed")
    identifiers = [version.identifier for version in manifest.versions]
    if manifest.identifier not in identifiers or len(set(identifiers)) != len(identifiers):
        yield Check(name="contents", code="ARCHIVE_CONTRADICTORY", detail="the versions are not those of the licence")
    yield Check(name="contents", code="OK", detail=f"{len(listed)} files with SHA-256 and SM3")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sealing:
    """What was found about the seal on the manifest."""

    checks: tuple[Check, ...]
    signatures: tuple[SignatureFacts, ...] = ()
    proven: datetime | None = None
    development: bool = False

    @property
    def good(self) -> bool:
        """Whether everything that the manifest says is its maker's word."""
        return all(check.outcome is Outcome.PASSED for check in self.checks)


def _look_at_manifest(manifest: ArchiveManifest, files: Files, grounds: Grounds) -> _Sealing:
    data, signature = bytes(files[MANIFEST_FILE]), bytes(files[SIGNATURE_FILE])
    try:
        detached = read_detached(signature)
    except EsignError as error:
        return _Sealing(checks=(unreadable("manifest", error),))
    if len(detached.signers) != 1:
        several = Check(name="manifest", code="SEAL_UNEXPECTED", detail="a package has one seal")
        return _Sealing(checks=(several,))
    grounds = grounds.with_evidence(RevocationEvidence.from_raw(detached.evidence))
    signed_data = detached.signers[0]
    seal = Seal(
        field=None,
        signed_data=signed_data,
        intact=signed_data.digest_matches(data),
        claimed_time=signed_data.signing_time,
        existence=Existence(at=grounds.at),
        covers="content",
    )
    found = judge_seal(
        seal,
        tuple(_maker_checks(seal, manifest, grounds)),
        purpose="seal",
        claimed_at=manifest.created_at.replace(microsecond=0),
        development=manifest.development,
        grounds=grounds,
    )
    checks = (
        *found.checks,
        *brought_checks((found,), (seal,)),
        *evidence_checks(detached.evidence, (found.used,), judged=found.judged),
    )
    return _Sealing(
        checks=checks,
        signatures=(found.signature,),
        proven=found.signature.proven_time,
        development=found.signature.development,
    )


def _maker_checks(seal: Seal, manifest: ArchiveManifest, grounds: Grounds) -> Iterator[Check]:
    """The maker is the one that the manifest names, and may speak for the issuing authority of each version."""
    made_at = manifest.created_at.replace(microsecond=0)
    claimed = seal.claimed_time
    fits = claimed is None or claimed == made_at
    detail = "" if fits else f"sealed at {instant_text(claimed)}, the manifest says {instant_text(made_at)}"
    yield Check(name="expected_seal", code="OK" if fits else "SEAL_UNEXPECTED", detail=detail)
    certificate = seal.signed_data.signer_certificate
    subject = certificate.subject
    found = f"the certificate is for {subject.organization} ({subject.organization_identifier})"
    own = (subject.organization_identifier, subject.organization) == (manifest.maker_code, manifest.maker_name)
    yield Check(name="archive_maker", code="OK" if own else "SEAL_NOT_OF_ISSUER", detail=found)
    rule = IssuerRule(register=grounds.trust.register)
    day = made_at.astimezone(CHINA).date()
    for version in manifest.versions:
        yield rule.check_code(certificate, version.identifier, [day])


def _evidence_in(files: Files) -> Evidence:
    raw = {
        kind: tuple(
            bytes(content)
            for path, content in files.items()
            if path.startswith(EVIDENCE_FOLDER) and path.endswith(kind)
        )
        for kind in _KINDS
    }
    return Evidence(certificates=raw[".cer"], crls=raw[".crl"], ocsps=raw[".ocsp"])


@dataclass(frozen=True, slots=True, kw_only=True)
class _Version:
    """What was found about one version."""

    checks: tuple[Check, ...]
    licence: StructuredLicence | None
    summary: ArchivedLicence
    development: bool


def _look_at_version(version: ArchivedVersion, files: Files, grounds: Grounds, source: ArchiveSource) -> _Version:
    structured, records = bytes(files[version.structured]), Records(source)
    sealed = look_at_structured(structured, bytes(files[version.signature]), grounds, records)
    looked = {version.structured: sealed}
    looked |= {path: _look_at_document(path, bytes(files[path]), grounds, records) for path in version.documents}
    checks = [check for path, facts in looked.items() for check in _told(path, facts)]
    licence = sealed.licence
    if licence is not None:
        checks += (
            Check(name="version", code="ARCHIVE_CONTRADICTORY", detail=f"{version.identifier}: {problem}")
            for problem in _contradictions(version, licence, looked, files)
        )
    if not any(check.outcome is not Outcome.PASSED for check in checks):
        checks = [Check(name="version", code="OK", detail=f"{version.identifier}: {len(looked)} sealed files")]
    status = UNKNOWN_STATUS
    standing = "STATUS_UNKNOWN"
    if licence is not None:
        status, about = standing_checks(
            StatusSources(source=source),
            version.identifier,
            valid_from=licence.valid_from,
            valid_to=licence.valid_to,
            obligations=licence.obligations,
            at=source.manifest.created_at,
        )
        standing = judge(about).code
    summary = ArchivedLicence(
        identifier=version.identifier,
        genuine=judge(checks).outcome,
        status=status,
        standing=standing,
    )
    return _Version(
        checks=tuple(checks),
        licence=licence,
        summary=summary,
        development=any(facts.development for facts in looked.values()),
    )


def _look_at_document(path: str, data: bytes, grounds: Grounds, records: Records) -> Facts:
    return (look_at_ofd if path.endswith(_OFD) else look_at_pdf)(data, grounds, records)


def _told(path: str, facts: Facts) -> Iterator[Check]:
    """What speaks against a file; whether it is in force is no question of its authenticity."""
    for check in facts.checks:
        if check.outcome is not Outcome.PASSED and check.name not in STANDING_CHECKS:
            yield Check(name=check.name, code=check.code, detail=f"{path}: {check.detail}".rstrip(": "))


def _contradictions(
    version: ArchivedVersion, licence: StructuredLicence, looked: Mapping[str, Facts], files: Files
) -> Iterator[str]:
    if licence.identifier != version.identifier:
        yield "the structured licence is another one's"
    for path in version.documents:
        facts = looked[path]
        if facts.licence is not None and (facts.copy is not None or facts.licence != licence):
            yield f"{path} is a file of another licence"
        if facts.licence is None and all(check.outcome is Outcome.PASSED for check in facts.checks):
            yield f"{path} is no licence"
    # All of them as PDF and, where there is any OFD, all of them as OFD.
    forms = {path.endswith(_OFD) for path in version.documents} | {False}
    for form in forms:
        documents = [looked[path].document for path in version.documents if path.endswith(_OFD) is form]
        if {one.key for one in documents if one is not None} != {one.key for one in licence.documents}:
            yield "its documents are not those that the structured licence lists"
    kept = {hash_bytes("sha256", bytes(files[path])).hex() for path in version.attachments}
    for one in licence.attachments:
        if one.sha256 not in kept:
            yield f"the attached file {one.sha256} is missing"


def _summary(manifest: ArchiveManifest) -> str:
    acts = sum(len(version.acts) for version in manifest.versions)
    return f"{len(manifest.versions)} versions, {acts} acts, as of {instant_text(manifest.created_at)}"
