"""The trail and what was found about it, as JSON and as CSV."""

import csv
import io
from collections.abc import Iterable

from licences.access import PURPOSE_MEMBERS
from licences.supervision import NumberedEntry, TrailFault, TrailReport, TrailState

from .messages import instant_text

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
COLUMNS = (
    "sequence", "at", "kind", "done", "code", "client", "office", "office_code", "proof", "identifier", "type",
    "region", "holder", *PURPOSE_MEMBERS, "details",
)  # fmt: skip


def entry_shape(numbered: NumberedEntry) -> dict[str, object]:
    """Return an entry for programs."""
    entry = numbered.entry
    purpose = None if entry.purpose is None else {name: getattr(entry.purpose, name) for name in PURPOSE_MEMBERS}
    return {
        "sequence": numbered.sequence,
        "at": instant_text(entry.at),
        "kind": entry.kind.value,
        "done": entry.done,
        "code": entry.code,
        "client": entry.client,
        "office": entry.office,
        "office_code": entry.office_code,
        "proof": None if entry.proof is None else entry.proof.value,
        "identifier": entry.identifier,
        "type": entry.type_slug,
        "region": entry.region,
        "holder": entry.holder_index,
        "purpose": purpose,
        "details": dict(entry.details),
    }


def entries_csv(entries: Iterable[NumberedEntry]) -> str:
    """Write entries as CSV (RFC 4180); nothing in it is taken for a formula."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    for one in entries:
        shape = entry_shape(one)
        purpose = shape.pop("purpose")
        members = purpose if isinstance(purpose, dict) else {}
        details = "; ".join(f"{name}={value}" for name, value in sorted(one.entry.details.items()))
        row = {**shape, **members, "details": details, "proof": shape["proof"] or ""}
        writer.writerow([_harmless(str(row.get(name, ""))) for name in COLUMNS])
    return text.getvalue()


def state_shape(state: TrailState) -> dict[str, object]:
    """Return how far the chain is."""
    return {
        "entries": state.entries,
        "chained": state.chained,
        "waiting": state.waiting,
        "oldest_waiting": None if state.oldest_waiting is None else instant_text(state.oldest_waiting),
        "batch": 0 if state.newest is None else state.newest.number,
        "digest": "" if state.newest is None else state.newest.digest,
        "signed_batch": state.checkpoint,
    }


def report_shape(report: TrailReport) -> dict[str, object]:
    """Return what was found about the trail."""
    return {
        "verdict": verdict_of(report),
        "entries": report.entries,
        "batches": report.batches,
        "first": report.first,
        "last": report.last,
        "pruned_through": report.pruned,
        "signed_through": report.signed,
        "signed_at": None if report.signed_at is None else instant_text(report.signed_at),
        "unchained": report.unchained,
        "faults": [_fault_shape(fault) for fault in report.faults],
        "more_faults": report.more_faults,
    }


def verdict_of(report: TrailReport) -> str:
    """Say in one word whether the trail is as it was written."""
    if report.faults:
        return "failed"
    return "passed" if report.is_vouched else "indeterminate"


def _fault_shape(fault: TrailFault) -> dict[str, object]:
    return {"code": fault.kind.value, "first": fault.first, "last": fault.last, "detail": fault.detail}


def _harmless(cell: str) -> str:
    return f"'{cell}" if cell.lstrip().startswith(_FORMULA) else cell
