"""Puts the report of a conversion into a folder: the CSV file with every row, and the readable summary."""

from collections.abc import Iterable
from pathlib import Path

from licences import RowOutcome, report_csv

from .output import StagedFiles

REPORT_NAME = "report.csv"
SUMMARY_NAME = "summary.txt"


def write_report(folder: Path, summary: str, outcomes: Iterable[RowOutcome]) -> dict[str, str]:
    """Write both files; CannotWriteError. Returns where they are."""
    with StagedFiles(folder) as staged:
        staged.stage({REPORT_NAME: b"".join(report_csv(outcomes)), SUMMARY_NAME: f"{summary}\n".encode()})
        staged.put()
    return {"csv": str(folder / REPORT_NAME), "summary": str(folder / SUMMARY_NAME)}
