"""The report of a conversion for those who keep the register: a CSV file that spreadsheets open."""

import csv
import io
from collections.abc import Iterable, Iterator
from typing import Final

from .batch import RowOutcome, RowState
from .findings import Finding

REPORT_HEADER: Final = (
    "行号 row",
    "结果 result",
    "证照标识 identifier",
    "来源 origin",
    "可信等级 trust level",
    "工作表 sheet",
    "栏目 column",
    "项目 field",
    "性质 kind",
    "代码 code",
    "说明",
    "message",
    "建议",
    "suggestion",
)
_KINDS = {True: "错误 error", False: "提示 warning"}
_FORMULA_STARTS = ("=", "+", "-", "@", "＝", "＋", "－", "＠")
_CONTROLS = ("\t", "\r", "\n")
_ORIGIN = "digitised 由纸质证照转换"
_MADE = frozenset({RowState.CONVERTED, RowState.ALREADY, RowState.GOOD})


def report_csv(outcomes: Iterable[RowOutcome]) -> Iterator[bytes]:
    """Give the report piece by piece: UTF-8 with the mark by which spreadsheets know it, a row for each finding.

    Nothing in it is taken for a formula. A row of the register without findings has one row.
    """
    yield "\ufeff".encode() + _line(REPORT_HEADER)
    for outcome in outcomes:
        result = f"{outcome.state.zh} {outcome.state.value}"
        origin = _ORIGIN if outcome.state in _MADE else ""
        for one in outcome.findings or (None,):
            line = outcome.line if one is None else one.line
            yield _line((str(line), result, outcome.identifier, origin, outcome.trust_level, *_finding_cells(one)))


def _finding_cells(one: Finding | None) -> tuple[str, ...]:
    if one is None:
        return ("",) * (len(REPORT_HEADER) - 5)
    advice = one.advice
    field = one.pointer.removeprefix("/data/")
    return (one.sheet, one.label, field, _KINDS[one.grave], one.code, one.zh, one.en, advice.zh, advice.en)


def _line(cells: Iterable[str]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text).writerow([_harmless(cell) for cell in cells])
    return text.getvalue().encode()


def _harmless(cell: str) -> str:
    """Keep a spreadsheet from computing what somebody typed."""
    # Some readers pass over space before they look for a formula.
    return f"'{cell}" if cell.startswith(_CONTROLS) or cell.lstrip().startswith(_FORMULA_STARTS) else cell
