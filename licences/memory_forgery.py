"""Reports of forgeries that are forgotten when the process ends; they keep the promises of the SQL store."""

import threading
from collections.abc import Callable
from dataclasses import replace

from .errors import (
    AllotmentTakenError,
    ForgeryReportClosedError,
    ForgeryReportNotFoundError,
    ForgeryReportsFullError,
)
from .forgery_reports import DAY, MAX_REPORTS_A_DAY, ForgeryClosing, ForgeryReport
from .store import Record


class MemoryForgeryReports:
    """See ``forgery_reports.ForgeryReports``. Safe for threads."""

    def __init__(self, licence: Callable[[str], Record]) -> None:
        """`licence` finds a licence by its identifier, as ``LicenceStore.get`` does."""
        self._licence = licence
        self._lock = threading.Lock()
        self._reports: dict[str, ForgeryReport] = {}

    def add(self, report: ForgeryReport, *, most: int = MAX_REPORTS_A_DAY) -> None:
        """See ``forgery_reports.ForgeryReports``."""
        if report.identifier:
            self._licence(report.identifier)
        with self._lock:
            since = report.received_at - DAY
            if sum(one.received_at > since for one in self._reports.values()) >= most:
                raise ForgeryReportsFullError
            if report.number in self._reports:
                raise AllotmentTakenError
            self._reports[report.number] = report

    def get(self, number: str) -> ForgeryReport:
        """See ``forgery_reports.ForgeryReports``."""
        with self._lock:
            try:
                return self._reports[number]
            except KeyError:
                raise ForgeryReportNotFoundError from None

    def waiting(self) -> tuple[ForgeryReport, ...]:
        """See ``forgery_reports.ForgeryReports``."""
        return self._ordered(closed=False)

    def closed(self) -> tuple[ForgeryReport, ...]:
        """See ``forgery_reports.ForgeryReports``."""
        return self._ordered(closed=True)

    def end(self, number: str, closing: ForgeryClosing) -> ForgeryReport:
        """See ``forgery_reports.ForgeryReports``."""
        report = self.get(number)
        with self._lock:
            if self._reports[number].closing is not None:
                raise ForgeryReportClosedError
            self._reports[number] = ended = replace(report, closing=closing)
        return ended

    def _ordered(self, *, closed: bool) -> tuple[ForgeryReport, ...]:
        with self._lock:
            found = [one for one in self._reports.values() if (one.closing is not None) == closed]
        return tuple(sorted(found, key=lambda one: (one.received_at, one.number)))
