"""The page `docs/reference/lifecycle.md`, made from the tables so that the two cannot differ."""

from collections import defaultdict

from .legal_grounds import LEGAL_GROUNDS
from .lifecycle import ENDS, TRANSITIONS, Action, Status

_BEGINNING = "[*]"


def lifecycle_page() -> str:
    """Write the page: a diagram, the whole table, and the legal grounds."""
    return "\n".join([*_INTRODUCTION, *_diagram(), *_TABLE, *_table(), *_GROUNDS, *_grounds()]) + "\n"


_INTRODUCTION = (
    "# Lifecycle",
    "",
    "Made from the tables in `licences/lifecycle.py` and `licences/legal_grounds.py`; a test fails when they differ.",
    "",
    "Every act has a time at which it takes effect and one at which it was recorded. Acts are folded in the order in",
    "which they were recorded, and each counts from its effective time: what was recorded last decides. An act must be",
    "possible after what was recorded last *and* in the state at its effective time. A licence that is over by its",
    "dates counts as expired also before that is recorded.",
    "",
    "恢复, 发还, and 展期 of an expired licence take back the newest act that still stands: what would hold without it",
    "holds again. The table shows where that usually leads; what was suspended when it was revoked is suspended again.",
    "",
)
_TABLE = (
    "",
    "Acts that leave the state as it is (受理延续, 展期, 检验, 异议 …) are in the table only.",
    "",
    "## Table",
    "",
)
_GROUNDS = (
    "",
    "## Legal grounds",
    "",
    "An act for which the law gives only one ground need not name it. Other acts need none beyond their own words.",
    "",
)


def _diagram() -> list[str]:
    """A diagram for Mermaid; acts that lead from one state to the same other one share an arrow."""
    arrows: dict[tuple[str, str], list[str]] = defaultdict(list)
    for (status, action), to in TRANSITIONS.items():
        if status is not to:
            arrows[_BEGINNING if status is None else status.value, to.value].append(action.zh)
    lines = ["```mermaid", "stateDiagram-v2"]
    lines += [f"    {status.value} : {status.zh} {status.value}" for status in Status]
    lines += [f"    {one} --> {other} : {'、'.join(acts)}" for (one, other), acts in arrows.items()]
    lines += [f"    {status.value} --> {_BEGINNING}" for status in Status if status in ENDS]
    return [*lines, "```"]


def _table() -> list[str]:
    rows = ["| act | " + " | ".join(f"{status.zh}<br>{status.value}" for status in Status) + " | 尚无 none |"]
    rows.append("|---" * (len(Status) + 2) + "|")
    for action in Action:
        cells = [TRANSITIONS.get((status, action)) for status in (*Status, None)]
        shown = " | ".join("" if cell is None else cell.zh for cell in cells)
        rows.append(f"| {action.zh} `{action.value}` | {shown} |")
    return rows


def _grounds() -> list[str]:
    rows = ["| act | code | ground |", "|---|---|---|"]
    for action, grounds in LEGAL_GROUNDS.items():
        rows += [f"| {action.zh} `{action.value}` | `{one.code}` | {one.zh}<br>{one.en} |" for one in grounds]
    return rows
