"""Values that stand on annex pages or go on there: long texts, and tables row by row."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from esign import PrintedField, Rows, SeenBox, SeenText
from verify.face_findings import SAME_LINE, FaceFindings
from verify.face_items import FaceItems, printed_to


@dataclass(slots=True)
class Annexed:
    """A value that stands on annex pages, or goes on there."""

    printed: PrintedField
    value: str | Rows
    row: int = 0
    """The row that comes next."""
    places: list[int] = field(default_factory=list)
    """How much of each of its cells, or of the text, was printed before."""
    done: bool = False


def read_annexed(one: Annexed, items: FaceItems) -> None:
    """What of a value is on this annex page."""
    if isinstance(one.value, Rows):
        read_rows(one, one.value, items)
        return
    (start,) = one.places
    shown: list[SeenText] = []
    while isinstance(item := items.peek(), SeenText):
        end = printed_to([*shown, item], one.value, start)
        if end is None:
            break
        shown.append(item)
        items.skip()
        one.places = [end]
    items.findings.note_lines(one.printed.key, shown)
    one.done = not one.value[one.places[0] :].strip()


def read_rows(one: Annexed, table: Rows, items: FaceItems) -> None:
    """The head of a table, and the rows that are on this page."""
    key, head = one.printed.key, list(_cells(len(table.columns), items))
    if len(head) != len(table.columns):
        items.findings.fault(key)
        return
    _compare_cells(key, head, table.columns, [0] * len(head), items.findings)
    while isinstance(items.peek(), SeenBox):
        cells = list(_cells(len(head), items))
        aligned = len(cells) == len(head) and all(
            abs(cell.left - above.left) < SAME_LINE and abs(cell.right - above.right) < SAME_LINE
            for (cell, _), (above, _) in zip(cells, head, strict=True)
        )
        if not aligned or one.row >= len(table.rows):
            items.findings.fault(key)
            return
        row = table.rows[one.row]
        ends = _compare_cells(key, cells, row, one.places, items.findings)
        if all(not cell[end:].strip() for cell, end in zip(row, ends, strict=True)):
            one.row, one.places = one.row + 1, [0] * len(head)
        else:
            # Its rest must stand on the next page.
            one.places = ends
            if isinstance(items.peek(), SeenBox):
                items.findings.fault(key)
            break
    one.done = one.row == len(table.rows)


def _cells(count: int, items: FaceItems) -> Iterator[tuple[SeenBox, list[SeenText]]]:
    """The next boxes, each with the texts in it."""
    for _ in range(count):
        box = items.peek()
        if not isinstance(box, SeenBox):
            return
        items.skip()
        texts = []
        while isinstance(item := items.peek(), SeenText) and box.holds(item):
            texts.append(item)
            items.skip()
        yield box, texts


def _compare_cells(
    key: str,
    cells: Iterable[tuple[SeenBox, list[SeenText]]],
    wanted: Sequence[str],
    places: Sequence[int],
    findings: FaceFindings,
) -> list[int]:
    """How far each cell is printed now."""
    ends = []
    for (_, texts), text, start in zip(cells, wanted, places, strict=True):
        end = printed_to(texts, text, start)
        if end is None:
            findings.fault(key)
            end = len(text)
        findings.note_lines(key, texts)
        ends.append(end)
    return ends
