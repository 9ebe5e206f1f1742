"""The verifier: any input, one call, one report.

The steps, in this order, whatever the kind. The names in brackets are those of the checks in the report; the modules
`pdf`, `structured`, `code` and `seals` mark the places with the same numbers.

 0. The kind is found from the content; what is over the limits is not looked at. [kind]
 1. It is read strictly, in the one form in which it is written; no byte is unexplained. [format]
 2. The sealed bytes are unchanged; in an OFD, every file is sealed. [digest, coverage]
 3. The signature is that of the key in the signer's certificate. [signature]
 4. The structured licence is canonical; a PDF or OFD is one of the documents that it lists, with the body that it
    describes; beside the data in an OFD lies a signature by its seals. [structured, listed_document, body, attached]
    Of what 5 to 8 prove to be the issuer's, the face, the code on it and the metadata say the same as the structured
    licence. [face, face_code, metadata]
 5. The seals are those that the structured licence lists, in their order, made when it says. [expected_seal, seal_time]
 6. The signer is the issuing authority that the licence names, or one that issues it jointly. [issuer]
 7. The certificate may be used for this, and there is a path from it to a trusted anchor, which was valid at the time
    of sealing. The file brings the certificates of that path and no others. [usage, certificate, embedded]
 8. The path was good, not revoked and its key not retired, when the signature is known to have existed: at the time of
    asking, unless the store's record or a timestamp proves an earlier one (ADR 0013). What the file brings as evidence
    is about one of its paths. [timestamp, document_timestamp, certificate_age, revocation, retirement, evidence]
 9. It belongs to the holder whose name and number were entered. Without an entry a file is judged as it is, a code is
    at most indeterminate. [holder]
10. All its seals are there, and the day of asking lies in its term. [seals, validity]
11. The status source does not say that it was revoked. [status]
    An annotated copy may be used for its purpose until its time is over. [copy, copy_maker, copy_term, purpose]
    A signed report is judged for what it is: it holds for its own time and brings no licence. [report,
    report_maker, report_subject]
    Of a signature that came with a digest only 2, 3, 7 and 8 are asked. [document_seen]
    A status list is as old as it says. [list_age]
    An archive package says itself what held when it was made. [contents, archive_maker, version, acts, archive]
    What cannot be judged on the basis of this verifier, its anchors and its clock, is said to be so. [clock]
12. One judge takes the reason that is said (`judgement`). What could not be looked at is no check at all: one that
    was not made must read neither as passed nor as failed.

Steps 9 to 11 are taken only when 1 to 8 have shown whose statement it is: their sentences begin with "genuine, but". An
expired certificate (8) does not stop them, so that a revoked licence is refused in any case. Of documents that others
signed only 0 to 3, 7 and 8 are asked, and whether they were changed since; of an OFD, which of its files are covered,
too. [coverage, changes, references, protects, seal_file, document] An electronic seal has steps of its own (`ses`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from esign import (
    MAX_PDF_BYTES,
    YEARS,
    EsignError,
    MalformedError,
    claims_to_be_copy,
    claims_to_be_report,
    read_code,
    read_picture,
)
from verify.annotated_copy import IntendedUse, look_at_copy_data, use_checks
from verify.archive import HistoryCheck, look_at_archive
from verify.basis import basis_of, with_doubts
from verify.code import look_at_code
from verify.detection import is_licence, kind_of
from verify.facts import PROVEN, Facts, place_of, unreadable
from verify.foreign_cms import look_at_foreign_cms
from verify.hash_only import DigestOf, look_at_hash
from verify.holder import HolderEntry, holder_checks
from verify.judgement import authenticity, judge, worst_report
from verify.ofd import look_at_ofd
from verify.other_formats import other_format
from verify.pdf import look_at_pdf
from verify.report import Check, Report
from verify.revocation import RevocationEvidence, RevocationSource
from verify.ses import look_at_ses
from verify.signed_report import look_at_report_data, with_subject
from verify.signing_path import Grounds
from verify.sources import UNKNOWN_STATUS, ExistenceSource, Records, StatusElsewhere, StatusSource
from verify.standing import StatusSources, standing_checks
from verify.status_lists import look_at_status_list
from verify.structured import look_at_structured
from verify.trust import TrustStore

MAX_FILE_BYTES: Final = MAX_PDF_BYTES
"""20 MB for every kind (contract section 5)."""
MAX_CODES_IN_PICTURE: Final = 8
"""A wall with more codes than this on it is not a picture of a licence."""


class Verifier:
    """Judges sealed PDFs and OFDs, structured licences, electronic seals, codes and pictures of codes.

    Nothing in it changes but the memory of good certificate signatures in `trust`: one object serves many threads.
    """

    def __init__(
        self,
        trust: TrustStore,
        status: StatusSource | None = None,
        *,
        brought: Sequence[StatusElsewhere] = (),
        elsewhere: Sequence[StatusElsewhere] = (),
        existence: ExistenceSource | None = None,
        revocation: RevocationSource | None = None,
        history: HistoryCheck | None = None,
        clock: Callable[[], datetime] | None = None,
    ) -> None:
        """Without a status source genuine licences are at most indeterminate (STATUS_UNKNOWN).

        `elsewhere` are those who are asked, in this order, about what `status` does not know: signed status lists,
        other authorities' verifiers. `brought` are lists for the case at hand: they are asked before those, and heard
        beside `status` where that knows the licence; the stricter word counts.

        Without `existence` only timestamps prove that a seal is older than the question; without `revocation` only
        what the file and the folder of trust bring tells whether a certificate was revoked. `history` looks at the
        acts in archive packages; without it they are what the package's seal makes them. `clock` is this machine's:
        one that is behind what trusted signers have written makes verdicts indeterminate (CLOCK_DOUBTFUL).
        """
        self._trust = trust
        self._sources = StatusSources(source=status, brought=tuple(brought), elsewhere=tuple(elsewhere))
        self._records = Records(existence)
        self._revocation = revocation
        self._history = history
        self._clock = clock
        self._evidence = RevocationEvidence(lists=trust.lists, responders=trust.others)

    def verify_file(
        self,
        data: bytes,
        *,
        signature: bytes | None = None,
        original: bytes | None = None,
        holder: HolderEntry | None = None,
        use: IntendedUse | None = None,
        at: datetime,
    ) -> Report:
        """Judge a file as of `at` (aware); `use` is what somebody is about to do with an annotated copy.

        `signature` is the detached signature of a structured licence, or of any file that has no signature in it;
        `original` is what a detached signature (`data`) stands on, or what a signed report is said to be about. Bytes
        never cause an exception; those of the status and existence sources pass through.
        """
        _require_aware(at)
        # (0)
        kind = kind_of(data)
        size = max(len(part) for part in (data, signature or b"", original or b""))
        if size > MAX_FILE_BYTES:
            facts = _refused(kind, "RESOURCE_LIMIT", f"more than {MAX_FILE_BYTES} bytes")
            return self._report(facts, holder, at)
        grounds = self._grounds(at)
        # (1) to (8)
        match kind:
            case "pdf":
                facts = look_at_pdf(data, grounds, self._records)
                if signature and facts.codes == {"SEAL_MISSING"}:
                    facts = look_at_foreign_cms(signature, data, grounds)
                elif facts.codes == {"SEAL_MISSING"} and (texts := _codes_in_scan(data)):
                    return replace(self._verify_codes(texts, holder, at), kind="scan")
            case "ofd":
                facts = look_at_ofd(data, grounds, self._records)
                if signature and facts.codes == {"SEAL_MISSING"}:
                    facts = look_at_foreign_cms(signature, data, grounds)
            case "cms" if original is not None and is_licence(original):
                # A licence is judged as one, whichever of its two files is given first.
                facts = look_at_structured(original, data, grounds, self._records)
            case "cms" if original is not None and claims_to_be_copy(original):
                facts = look_at_copy_data(original, data, grounds)
            case "cms" if original is not None and claims_to_be_report(original):
                facts, original = look_at_report_data(original, data, grounds), None
            case "report":
                facts = look_at_report_data(data, signature, grounds)
            case "copy":
                facts = look_at_copy_data(data, signature, grounds)
            case "structured":
                facts = look_at_structured(data, signature, grounds, self._records)
            case "cms":
                facts = look_at_foreign_cms(data, original, grounds)
            case "unknown" | "text" | "picture" | "unread_picture" if signature:
                facts = look_at_foreign_cms(signature, data, grounds)
            case "seal":
                facts = look_at_ses(data, grounds, original=original)
            case "archive":
                facts = look_at_archive(data, grounds, self._history)
            case "status_list":
                facts = look_at_status_list(data, grounds)
            case "picture":
                return self._verify_picture(data, holder, at)
            case "unread_picture":
                facts = _refused(kind, "PICTURE_UNREAD")
            case "text":
                return self.verify_code(data.decode("utf-8", errors="replace"), holder=holder, at=at)
            case "empty":
                facts = _refused(kind, "FORMAT_EMPTY")
            case _:
                facts = replace(_refused(kind, "FORMAT_UNKNOWN"), other=other_format(data))
        if facts.recorded is not None and original is not None:
            # (5)
            facts = with_subject(facts, facts.recorded, original)
        return self._report(facts, holder, at, use)

    def verify_code(self, text: str, *, holder: HolderEntry | None = None, at: datetime) -> Report:
        """Judge the text of a code as of `at` (aware), with or without the address before it.

        Short codes are not codes: whoever holds the store resolves them first.
        """
        _require_aware(at)
        # (1) to (8)
        return self._report(look_at_code(text, self._grounds(at), self._records), holder, at)

    def verify_digest(
        self, digests: Mapping[str, bytes], signature: bytes, *, of: DigestOf = "licence", at: datetime
    ) -> Report:
        """Judge a signature as of `at` (aware) over something that stays where it is, by its digests.

        They are named as in `keys.hash_bytes`; those that the signature does not ask for are not looked at. Of a
        licence too little can be seen like this for any verdict but indeterminate or failed.
        """
        _require_aware(at)
        # (2), (3), (7), (8)
        if len(signature) > MAX_FILE_BYTES:
            facts = _refused("digest", "RESOURCE_LIMIT", f"more than {MAX_FILE_BYTES} bytes")
        else:
            facts = look_at_hash(digests, signature, of, self._grounds(at))
        return self._report(facts, None, at)

    def verify_archive(self, data: bytes, *, at: datetime) -> Report:
        """Judge an archive package as of `at` (aware); it may be larger than other files (`MAX_ARCHIVE_BYTES`).

        Whoever wants to be sure that nothing outside is asked gives the verifier no source.
        """
        _require_aware(at)
        return self._report(look_at_archive(data, self._grounds(at), self._history), None, at)

    def _grounds(self, at: datetime) -> Grounds:
        return Grounds(trust=self._trust, evidence=self._evidence, source=self._revocation, at=at)

    def _verify_picture(self, data: bytes, holder: HolderEntry | None, at: datetime) -> Report:
        """Judge the code in a picture. Other symbols beside it do not matter; of several codes the worst is said."""
        try:
            texts = read_picture(data)
        except EsignError as error:
            return self._report(Facts(kind="code", checks=(unreadable("format", error),)), holder, at)
        return self._verify_codes(texts, holder, at)

    def _verify_codes(self, texts: Sequence[str], holder: HolderEntry | None, at: datetime) -> Report:
        codes = tuple(dict.fromkeys(text for text in texts if _is_code(text))) or texts[:1]
        if len(codes) > MAX_CODES_IN_PICTURE:
            facts = _refused("picture", "RESOURCE_LIMIT", f"{len(codes)} codes in one picture")
            return self._report(facts, holder, at)
        return worst_report(self.verify_code(code, holder=holder, at=at) for code in codes)

    def _report(self, facts: Facts, holder: HolderEntry | None, at: datetime, use: IntendedUse | None = None) -> Report:
        checks, status = facts.checks, UNKNOWN_STATUS
        subject = facts.code or facts.licence
        if subject is not None and all(check.code in PROVEN for check in checks):
            # (9)
            owner = holder_checks(facts.licence, facts.code, holder)
            # (10), (11)
            status, standing = standing_checks(
                self._sources,
                subject.identifier,
                place=place_of(facts),
                valid_from=subject.valid_from,
                valid_to=subject.valid_to,
                obligations=() if facts.licence is None else facts.licence.obligations,
                at=at,
            )
            checks = (*checks, *owner, *standing)
            if facts.copy is not None:
                checks = (*checks, *use_checks(facts.copy, use, at))
        if facts.archive is not None:
            status = facts.archive.licences[-1].status
        if facts.status is not None:
            status = facts.status
        basis = basis_of(self._trust, facts.signatures, status, None if self._clock is None else self._clock())
        checks = with_doubts(checks, basis)
        return Report(
            kind=facts.kind,
            authenticity=authenticity(checks),
            status=status,
            # (12)
            reason=judge(checks),
            licence=facts.licence,
            code=facts.code,
            document=facts.document,
            copy=facts.copy,
            recorded=facts.recorded,
            archive=facts.archive,
            other=facts.other,
            checks=checks,
            signatures=facts.signatures,
            basis=basis,
            at=at,
            development=facts.development,
        )


_REPORTED_KINDS: Final = {
    "archive": "archive",
    "cms": "cms",
    "copy": "copy",
    "digest": "digest",
    "empty": "unknown",
    "ofd": "ofd",
    "picture": "code",
    "pdf": "pdf",
    "report": "report",
    "seal": "seal",
    "status_list": "status_list",
    "structured": "structured",
    "text": "code",
    "unknown": "unknown",
    "unread_picture": "code",
}


def _refused(kind: str, code: str, detail: str = "") -> Facts:
    return Facts(kind=_REPORTED_KINDS[kind], checks=(Check(name="kind", code=code, detail=detail),))


def _is_code(text: str) -> bool:
    """Whether a symbol claims to be a code: one that cannot be read counts too, beside a genuine one."""
    if "/v/" in text.lower():
        return True
    try:
        read_code(text)
    except MalformedError:
        return False
    return True


def _codes_in_scan(data: bytes) -> tuple[str, ...]:
    """The codes in a document that has no seal, when it is one that a scanner made of paper."""
    try:
        return tuple(text for text in read_picture(data) if _is_code(text))
    except EsignError:
        return ()


def _require_aware(at: datetime) -> None:
    if at.tzinfo is None:
        raise ValueError("the time of asking needs an offset")
    if at.year not in YEARS:
        raise ValueError("the time of asking is beyond all calendars")
