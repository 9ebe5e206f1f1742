"""Our own verifier looks at everything that was just made, before it counts."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from esign import structured_from_bytes
from keys import algorithm_named, hash_bytes
from licences import SEALED_FORMS, FileKind, form_and_key
from verify import STANDING_CHECKS, HolderEntry, Outcome, Report, Verifier

from .errors import SelfCheckError


@dataclass(frozen=True, slots=True, kw_only=True)
class SelfCheck:
    """Our own verifier, before anything is kept: all files and the code must be authentic.

    Their status is not asked for: nobody knows the licence yet, and it may begin in the future. A CA that does not say
    whether it has taken a certificate back does not stop an authority from issuing; one that says so does.
    """

    verifier: Verifier

    def __call__(self, files: Mapping[FileKind, bytes], code: str, at: datetime) -> None:
        """Raise SelfCheckError unless each of them is authentic and belongs to the holder."""
        structured, signature = files["json"], files["p7s"]
        holder = structured_from_bytes(structured).holders[0]
        entry = HolderEntry(name=holder.name, code=holder.code)
        for kind, content in files.items():
            if form_and_key(kind)[0] in SEALED_FORMS:
                require_authentic(kind, self.verifier.verify_file(content, holder=entry, at=at))
        require_authentic("json", self.verifier.verify_file(structured, signature=signature, holder=entry, at=at))
        report = self.verifier.verify_code(code, holder=entry, at=at)
        require_authentic("code", report)
        if report.code is None or report.code.digest != _digest(structured, report.signatures[0].algorithm):
            raise SelfCheckError(
                "签发前自检未通过（二维码与数据不符），未签发。", "the code is not that of the licence"
            )


def require_authentic(what: str, report: Report) -> None:
    """Raise SelfCheckError unless a file that was just made is authentic, whatever its status will be."""
    asked = (check for check in report.checks if check.name not in STANDING_CHECKS)
    open_questions = {check.code for check in asked if check.outcome is not Outcome.PASSED}
    if report.authenticity is not Outcome.PASSED and open_questions != {"REVOCATION_UNKNOWN"}:
        raise SelfCheckError(
            f"签发前自检未通过（{what}：{report.reason.code}），未签发。",
            f"the self-check before issuing did not pass ({what}: {report.reason.code}); nothing was issued",
        )


def require_sound_archive(report: Report) -> None:
    """Raise SelfCheckError unless a package that was just made holds together under a seal that may be believed.

    A licence that cannot be proven any more is archived all the same, and the package says so.
    """
    unsealed = report.status.source == "none"
    if report.verdict is Outcome.FAILED and (unsealed or report.reason.code == "ARCHIVE_CONTRADICTORY"):
        raise SelfCheckError(
            f"封存前自检未通过（{report.reason.code}），未封存。",
            f"the self-check of the package did not pass ({report.reason.code}); nothing was archived",
        )


def _digest(structured: bytes, code_algorithm: str) -> bytes:
    return hash_bytes(algorithm_named(code_algorithm).digest, structured)
