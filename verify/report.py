"""The report: facts as checks, one reason, and the sentence that follows from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from esign import (
    CHINA,
    AnnotatedCopy,
    ArchiveManifest,
    CodeClaims,
    StructuredDocument,
    StructuredLicence,
    VerificationReport,
)
from verify.errors import VerificationError
from verify.other_formats import UNPACK_FIRST, OtherFormat
from verify.reason import Outcome, Reason, Text
from verify.reasons import COMPARE_PRINT, DEVELOPMENT_ACTION, DEVELOPMENT_SENTENCE, REASONS
from verify.sources import LicenceStatus

MAX_NAMED_PAGES: Final = 12
"""In the sentence; the signatures' facts name all."""


def instant_text(at: datetime | None) -> str:
    """Write an instant in a detail: in the time of China with its offset, as the times beside it."""
    if at is None:
        return "no time"
    try:
        at = at.astimezone(CHINA)
    except OverflowError:
        # A certificate that never ends ends on the last day that there is.
        pass
    return at.isoformat(timespec="seconds")


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One fact that was looked at."""

    name: str
    """What was looked at; the names stand in `verifier.py` and `ses.py`, each with its step."""
    code: str
    """`OK` or the code of the reason that this fact gives."""
    detail: str = ""
    """For the auditor, in English: what was found. Never holds personal data."""

    @property
    def outcome(self) -> Outcome:
        """What the fact means by itself."""
        return REASONS[self.code].outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class RevocationFacts:
    """Whether a certificate of a signer's path had been taken back; the worst of the path is told."""

    status: str
    """`good`, `revoked`, `unknown`, `unpublished` (its CA names no place to ask) or `unchecked` (no good path)."""
    source: str = "none"
    """Who said so: `list` (a revocation list), `ocsp` (an answer about this certificate) or `none`."""
    as_of: datetime | None = None
    """When that was said."""
    since: datetime | None = None
    """With `revoked`: from when on."""
    reason: str = ""
    """With `revoked`: why, by the name that RFC 5280 gives it; empty when the CA gives none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SignatureFacts:
    """One signature in the checked thing."""

    field: str
    """Name of the form field, in an OFD as the licence lists it; `p7s` for a detached signature, `code` for that of a
    code, `maker` for that of an electronic seal."""
    algorithm: str
    """Short name: `sm2`, `rsa`, `ecdsa-p256`."""
    signer_name: str | None
    """Common name in the signer's certificate."""
    signer_organization: str | None
    certificate_issuer: str | None
    """Common name of the CA in it."""
    certificate_serial: str
    """Hexadecimal, without prefix."""
    claimed_time: datetime | None
    """What the signer says; nobody else vouches for it. None: it says nothing."""
    proven_time: datetime | None
    """The earliest time at which it is known to have existed; None: nobody but the signer says that it is older."""
    proof: str
    """What proves that: `timestamp`, `document-timestamp`, `store` or `none`."""
    covers: str
    """What was signed: `whole` file, `part` of an OFD, `revision` (the file as it was then), `content`, `code`."""
    intact: bool
    """The signed bytes are unchanged."""
    valid: bool
    """The signature value fits the signed bytes and the certificate's key."""
    trusted: bool
    """The certificate chains to an anchor and was valid at the time of sealing."""
    revocation: RevocationFacts
    changes: tuple[str, ...] = ()
    """What came after it in a PDF of others, by the names of `esign.ChangeKind`; for the check that judges it."""
    changed_pages: tuple[int, ...] = ()
    """Pages of such a PDF, from 1, that may look otherwise than when it was made."""
    development: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Basis:
    """What a verdict rests on, and how old that is (`basis`)."""

    anchors: int
    """How many roots the verifier trusts. Without one it can judge nothing."""
    anchors_as_of: datetime | None
    """When a certificate in the folder of trust was changed last; None for a store that is not read from a folder."""
    register_as_of: datetime | None
    """When the register of authorities was signed; None without one."""
    revocation_as_of: datetime | None
    """Of when the oldest word of a CA is that was used about signers; None when none was needed or had."""
    newest_seen: datetime | None
    """The latest time that somebody trusted has signed, in the checked thing or beside it."""
    clock: datetime | None
    """What the machine's clock said; None when the verifier was not given one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchivedLicence:
    """What was found about one version in an archive package."""

    identifier: str
    genuine: Outcome
    """Whether its files are the issuer's."""
    status: LicenceStatus
    """When the package was made, as its maker says."""
    standing: str
    """Code of the reason that its state then gives, beside its dates."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchiveFacts:
    """What was found in an archive package."""

    manifest: ArchiveManifest
    licences: tuple[ArchivedLicence, ...]
    """In the order of the manifest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """The answer to one verification. A report that did not pass is false."""

    kind: str
    """Such as `pdf`, `structured`, `code` or `status_list`; `unknown` when nothing was recognised."""
    authenticity: Outcome
    """Whether it is genuine and, for a code, belongs to the holder; says nothing about the status."""
    status: LicenceStatus
    """What the status source said. It is asked only about what is proven to be the issuer's."""
    reason: Reason
    licence: StructuredLicence | None
    """What the file says. Believe it only when `authenticity` is passed."""
    code: CodeClaims | None
    """What the code says; the same caution."""
    document: StructuredDocument | None = None
    """Which of the licence's documents was presented; None for what is no sealed file of a licence."""
    copy: AnnotatedCopy | None = None
    """What an annotated copy says; `licence` is then the one that it is a copy of. The same caution."""
    recorded: VerificationReport | None = None
    """What a signed report says about another verification; the same caution. `licence` is then None."""
    archive: ArchiveFacts | None = None
    """What an archive package holds; the same caution. The state of its licences is not asked for."""
    other: OtherFormat | None = None
    """What was handed in instead of something that can be judged, where that can be told."""
    checks: tuple[Check, ...]
    signatures: tuple[SignatureFacts, ...]
    basis: Basis
    at: datetime
    development: bool
    """Made with a development PKI, or marked as a sample: without legal effect."""

    @property
    def verdict(self) -> Outcome:
        """The worse of authenticity and standing (contract section 1)."""
        return self.reason.outcome

    @property
    def sentence(self) -> Text:
        """What is so, in one plain sentence."""
        said = self.reason.sentence if self.other is None else self.other.sentence
        if self.copy is not None and self.authenticity is Outcome.PASSED:
            said = _joined(said, copy_sentence(self.copy))
        if self.recorded is not None and self.authenticity is Outcome.PASSED:
            said = _joined(said, recorded_sentence(self.recorded))
        if self.document is not None and self.licence is not None and len(self.licence.documents) > 1:
            label = self.document.label
            said = _joined(said, Text(zh=f"出示的是其中的{label}。", en=f"Presented is this part of it: {label}."))
        changed = sorted({page for one in self.signatures for page in one.changed_pages})
        if changed:
            said = _joined(said, _pages_sentence(changed))
        if not self.development:
            return said
        return _joined(said, DEVELOPMENT_SENTENCE)

    @property
    def action(self) -> Text:
        """What to do now. Nobody is told to rely on a sample, or on print of which nothing but the code was read."""
        if self.development and self:
            return DEVELOPMENT_ACTION
        if self.code is not None and self.authenticity is not Outcome.FAILED and self.verdict is not Outcome.FAILED:
            return _joined(self.reason.action, COMPARE_PRINT)
        if self.other is not None and self.other.packed:
            return UNPACK_FIRST
        return self.reason.action

    def __bool__(self) -> bool:
        return self.verdict is Outcome.PASSED

    def require(self) -> None:
        """Raise `VerificationError` unless the verdict is passed."""
        if not self:
            raise VerificationError(self)


def copy_sentence(copy: AnnotatedCopy) -> Text:
    """Say what a genuine copy is for: no program can judge whether it is used for that."""
    purpose = copy.purpose
    made, until = (at.astimezone(CHINA).strftime("%Y-%m-%d %H:%M") for at in (copy.made_at, copy.expires_at))
    zh = (
        f"本件是加注件，不是原件：{copy.maker_name}于 {made} 制作，当时与原证照一致；"
        f"仅供{purpose.office}办理“{purpose.item_name}”（案号 {purpose.case_number}），至 {until}。"
        f"事由：{purpose.cause}。"
    )
    en = (
        f"This is an annotated copy, not the original: a true copy at {made} (UTC+08:00) by {copy.maker_name}, "
        f"for {purpose.office}, item {purpose.item_name}, case {purpose.case_number} only, until {until}."
    )
    return Text(zh=zh, en=en)


_VERDICTS = {
    "passed": Text(zh="通过", en="passed"),
    "failed": Text(zh="不通过", en="failed"),
    "indeterminate": Text(zh="无法确定", en="undetermined"),
}


def recorded_sentence(report: VerificationReport) -> Text:
    """Say what a genuine report records, and of when: it must not be taken for today's answer."""
    found = report.finding
    asked, made = (at.astimezone(CHINA).strftime("%Y-%m-%d %H:%M") for at in (found.at, report.made_at))
    word = _VERDICTS[found.verdict]
    what = f"（{found.licence}）" if found.licence else ""
    zh = f"{report.office_name}于 {made} 出具，记录的是按 {asked} 核验{what}的结论：{word.zh}。"
    en = f"By {report.office_name}, made {made} (UTC+08:00); verdict as of {asked}: {word.en}."
    if report.refusal is not None:
        zh += f"本件是拒收回执，未采信电子证照的理由：{report.refusal.zh}。"
        en += f" It is a slip about a refusal; the reason given: {report.refusal.en}."
    return Text(zh=zh, en=en)


def _pages_sentence(pages: Sequence[int]) -> Text:
    """Name the pages that are not as they were signed; of very many only the first."""
    listed = [str(page) for page in pages[:MAX_NAMED_PAGES]]
    more = len(pages) > MAX_NAMED_PAGES
    zh = f"签名之后，第 {'、'.join(listed)} 页{'等' if more else ''}的样子有变化。"
    en = f"Since a signature was made, these pages look different: {', '.join(listed)}{' and more' if more else ''}."
    return Text(zh=zh, en=en)


def _joined(first: Text, second: Text) -> Text:
    return Text(zh=first.zh + second.zh, en=f"{first.en} {second.en}")
