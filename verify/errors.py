"""The errors of this package. Hostile input never raises one of them: it becomes a report."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from verify.report import Report


class VerifyError(Exception):
    """Base of everything that `verify` raises on purpose."""


class VerificationError(VerifyError):
    """`Report.require()` of a report that did not pass; `report` says why and what to do."""

    def __init__(self, report: Report) -> None:
        super().__init__(f"{report.reason.code}: {report.sentence.en}")
        self.report = report


class TrustStoreError(VerifyError):
    """The folder of trusted certificates cannot be read, or a file in it is not what its name says."""


class StatusFilesError(VerifyError):
    """The folder of status lists cannot be read."""
