"""CSV files as offices really have them: UTF-8 or GB 18030, commas, semicolons or tabs."""

import codecs
import csv
import io
import re

from licences.errors import StockFileError

from .sheet import (
    MAX_CELLS,
    MAX_COLUMNS,
    MAX_REGISTER_BYTES,
    MAX_ROWS,
    Cell,
    CellKind,
    Sheet,
    SourceRow,
    check_text,
    kept_row,
)

_DELIMITERS = ",;\t，"
_SNIFFED_CHARACTERS = 20_000
# Spreadsheets keep zeros in ="0012".
_GUARDED = re.compile(r'="([^"]*)"')
_ERRORS = frozenset({"#N/A", "#REF!", "#VALUE!", "#NAME?", "#DIV/0!", "#NUM!", "#NULL!"})
_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def read_csv(data: bytes) -> Sheet:
    """Read a CSV file; StockFileError when it is none, or over a limit."""
    if len(data) > MAX_REGISTER_BYTES:
        raise StockFileError("STOCK_FILE_TOO_LARGE", limit=f"{MAX_REGISTER_BYTES // 1024 // 1024} MB")
    encoding, text = _decoded(data)
    rows: list[SourceRow] = []
    count = 0
    try:
        for line, texts in enumerate(csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text)), 1):
            count += len(texts)
            if len(texts) > MAX_COLUMNS or count > MAX_CELLS:
                raise StockFileError("STOCK_TOO_MANY_COLUMNS", limit=MAX_COLUMNS)
            row = kept_row(line, [_cell(one) for one in texts])
            if row is None:
                continue
            if len(rows) > MAX_ROWS:  # the header comes on top
                raise StockFileError("STOCK_TOO_MANY_ROWS", limit=MAX_ROWS)
            rows.append(row)
    except csv.Error as error:
        raise StockFileError("STOCK_FILE_DAMAGED") from error
    return Sheet(name="", rows=tuple(rows), encoding=encoding)


def _decoded(data: bytes) -> tuple[str, str]:
    for mark, encoding in _BYTE_ORDER_MARKS:
        if data.startswith(mark):
            candidates = [encoding]
            break
    else:
        # Chinese text in GB 18030 is next to never valid UTF-8; the other way round it often is.
        candidates = ["utf-8", "gb18030"]
    for encoding in candidates:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" in text:
            break
        return encoding.removesuffix("-sig"), text
    raise StockFileError("STOCK_ENCODING_UNKNOWN")


def _delimiter(text: str) -> str:
    """Take the character that parts the most cells; quoted ones do not count."""
    start = re.sub(r'"[^"]*"', "", text[:_SNIFFED_CHARACTERS])
    return max(_DELIMITERS, key=start.count)


def _cell(text: str) -> Cell:
    check_text(text)
    bare = text.strip()
    guarded = _GUARDED.fullmatch(bare)
    if guarded is not None:
        return Cell(guarded[1])
    if bare in _ERRORS:
        return Cell(bare, CellKind.ERROR)
    return Cell(text if bare else "")
