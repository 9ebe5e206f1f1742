"""The files of the collection: the rows of a batch going out, receipts coming back."""

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping

from .collection import COLUMNS, MAX_RECEIPTS, BatchForm, Operation, Receipt
from .errors import InvalidFieldError

MAX_RECEIPT_BYTES = 64 * 1024 * 1024
MAX_LINE_CHARACTERS = 64 * 1024
"""In one line of receipts: platforms send the whole row back."""
MAX_FAULTS = 500

_NEEDED = ("cd_batch", "certificate_source_id", "cd_operation")
_REMARK = "error_remark"


def encode_rows(form: BatchForm, rows: Iterable[Mapping[str, str]]) -> bytes:
    """Write rows that are keyed as ``COLUMNS``; the same rows always give the same bytes."""
    text = io.StringIO(newline="")
    if form is BatchForm.CSV:
        writer = csv.DictWriter(text, fieldnames=list(COLUMNS))
        writer.writeheader()
        writer.writerows(rows)
    else:
        for row in rows:
            text.write(json.dumps(row, ensure_ascii=False, separators=(",", ":")) + "\n")
    return text.getvalue().encode()


def read_receipts(content: bytes) -> tuple[Receipt, ...]:
    """Read receipts: JSON lines, or CSV with a line of column names; other columns are not looked at.

    Raises one ExceptionGroup of InvalidFieldError with pointers such as ``/3/cd_operation`` (receipts count from 0).
    """
    if len(content) > MAX_RECEIPT_BYTES:
        raise _refused([InvalidFieldError("", "TOO_LONG", limit=MAX_RECEIPT_BYTES)])
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _refused([InvalidFieldError("", "RECEIPTS_MALFORMED")]) from error
    receipts: list[Receipt] = []
    faults: list[InvalidFieldError] = []
    for place, row in enumerate(_lines(text)):
        if place == MAX_RECEIPTS:
            raise _refused([InvalidFieldError("", "TOO_MANY_ROWS", limit=MAX_RECEIPTS)])
        wrong = _row_faults(place, row)
        faults += wrong
        if not wrong:
            receipts.append(
                Receipt(
                    batch=row["cd_batch"],
                    identifier=row["certificate_source_id"],
                    operation=Operation(row["cd_operation"]),
                    error_remark=row.get(_REMARK, ""),
                )
            )
        if len(faults) >= MAX_FAULTS:
            break
    if faults:
        raise _refused(faults)
    return tuple(receipts)


def _lines(text: str) -> Iterator[Mapping[str, str]]:
    """Give the lines as far as they are objects of texts; another line is an empty object and told as such."""
    if not text.lstrip().startswith("{"):
        yield from _csv_lines(text)
        return
    for line in text.splitlines():
        if line.strip():
            yield _object(line)


def _csv_lines(text: str) -> Iterator[Mapping[str, str]]:
    try:
        for row in csv.DictReader(io.StringIO(text, newline=""), strict=True):
            yield {name: value for name, value in row.items() if isinstance(name, str) and isinstance(value, str)}
    except csv.Error as error:
        raise _refused([InvalidFieldError("", "RECEIPTS_MALFORMED")]) from error


def _object(line: str) -> Mapping[str, str]:
    if len(line) > MAX_LINE_CHARACTERS:
        return {}
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        return {}
    if not isinstance(value, dict):
        return {}
    return {name: "" if text is None else text for name, text in value.items() if text is None or isinstance(text, str)}


def _row_faults(place: int, row: Mapping[str, str]) -> list[InvalidFieldError]:
    faults = [InvalidFieldError(f"/{place}/{name}", "REQUIRED") for name in _NEEDED if not row.get(name)]
    operation = row.get("cd_operation")
    if operation and operation not in set(Operation):
        faults.append(InvalidFieldError(f"/{place}/cd_operation", "OPERATION_UNKNOWN"))
    remark = row.get(_REMARK, "")
    if "\0" in remark or any(0xD800 <= ord(character) <= 0xDFFF for character in remark):
        faults.append(InvalidFieldError(f"/{place}/{_REMARK}", "RECEIPTS_MALFORMED"))
    return faults


def _refused(faults: list[InvalidFieldError]) -> ExceptionGroup[InvalidFieldError]:
    return ExceptionGroup("the receipts are refused", faults)
