"""How rows and their outcomes travel between the process that converts a register and its workers: JSON lines."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from esign import StructuredAuthority
from licences import Finding, PaperRow, PlannedRow, RowOutcome, RowState


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerSettings:
    """What a worker is told before its first row."""

    home: str
    type_name: str
    seal: str
    authority_name: str
    authority_code: str
    operator: str
    checked_by: str
    self_declared: bool
    dry_run: bool
    out: str
    """Folder for the files; empty when the store alone keeps them."""
    labels: Mapping[str, str]
    scans_closed: bool = False
    """Whether scans are encrypted, as those are that were handed in over HTTP."""


def question(row: PlannedRow, scans: Sequence[str]) -> dict[str, object]:
    """Return what a worker is asked about a row; `scans` are the paths of its scans."""
    paper = row.paper
    return {
        "line": paper.line,
        "identity": row.identity,
        "data": dict(paper.data),
        "findings": [asdict(one) for one in paper.findings],
        "historic": None if paper.historic_issuer is None else asdict(paper.historic_issuer),
        "row_key": paper.row_key,
        "scan_name": paper.scan_name,
        "scans": list(scans),
    }


def asked(question: Mapping[str, Any]) -> tuple[PlannedRow, tuple[str, ...]]:
    """Read a question."""
    paper = PaperRow(
        line=question["line"],
        data=MappingProxyType(question["data"]),
        findings=tuple(Finding(**one) for one in question["findings"]),
        historic_issuer=None if question["historic"] is None else StructuredAuthority(**question["historic"]),
        row_key=question["row_key"],
        scan_name=question["scan_name"],
    )
    return PlannedRow(paper=paper, identity=question["identity"]), tuple(question["scans"])


def handed_in_context(path: Path) -> str:
    """Return the place under which a file that was handed in is encrypted."""
    return f"conversion:{path.parent.name}:{path.name}"


def answer(outcome: RowOutcome) -> dict[str, object]:
    """Return what a worker answers."""
    return {"outcome": asdict(outcome)}


def outcome_of(answer: Mapping[str, Any]) -> RowOutcome:
    """Read an answer."""
    told = dict(answer["outcome"])
    findings = tuple(Finding(**one) for one in told.pop("findings"))
    return RowOutcome(**told | {"state": RowState(told["state"]), "findings": findings})
