"""XLSX files: one sheet as rows of cells, with merged cells filled."""

import re
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from licences.errors import StockFileError

from .sheet import (
    BLANK,
    MAX_CELL_CHARACTERS,
    MAX_CELLS,
    MAX_CHARACTERS,
    MAX_COLUMNS,
    MAX_ROWS,
    Cell,
    CellKind,
    Sheet,
    SourceRow,
    check_text,
    kept_row,
)
from .xlsx_numbers import number_cell
from .xlsx_parts import MAX_SHEETS, Package, number_formats

MAX_MERGED: Final = 20_000
"""Merged areas of a sheet."""
MAX_MERGED_CELLS: Final = 1_000_000
_LAST_LINE: Final = 1_048_576
_REFERENCE = re.compile(r"\$?([A-Z]{1,3})\$?([0-9]{1,7})")
_DAY = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(?:T.*)?")

_Merged = tuple[int, int, int, int]
"""First line, last line, first column, last column."""


@dataclass(slots=True, kw_only=True)
class _Characters:
    """How many characters the cells hold that were read from a file: a text that is shared comes with each of them."""

    count: int = 0

    def take(self, number: int) -> None:
        self.count += number
        if self.count > MAX_CHARACTERS:
            raise StockFileError("STOCK_TOO_MUCH_TEXT", limit=f"{MAX_CHARACTERS:,}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Workbook:
    """The sheets of a file, not read yet."""

    package: Package
    places: Mapping[str, str]
    """Name of the part of each sheet, by the name of the sheet, in their order."""
    strings: str
    styles: str
    from_1904: bool
    _characters: _Characters = field(default_factory=_Characters, init=False)

    def sheet(self, name: str | None = None) -> Sheet:
        """Read a sheet, by default the first; StockFileError when there is none of this name, or it is too large."""
        if name is None:
            name = next(iter(self.places))
        if name not in self.places:
            raise StockFileError("STOCK_SHEET_UNKNOWN")
        reader = _SheetReader(
            strings=self.package.shared_strings(self.strings) if self.strings else (),
            formats=number_formats(self.package, self.styles) if self.styles else (),
            from_1904=self.from_1904,
            characters=self._characters,
        )
        self.package.parse(self.places[name], reader.start, reader.end, reader.text)
        return Sheet(name=name, rows=tuple(reader.filled()), from_1904=self.from_1904)


def open_workbook(data: bytes) -> Workbook:
    """Open an XLSX file; StockFileError when it is none."""
    package = Package(data)
    documents = [place for kind, place in package.related("").values() if kind == "officeDocument"]
    document = documents[0] if documents else "xl/workbook.xml"
    related = package.related(document)
    places: dict[str, str] = {}
    from_1904 = False

    def start(tag: str, attributes: Mapping[str, str]) -> None:
        nonlocal from_1904
        if tag == "workbookPr":
            from_1904 = attributes.get("date1904", "0") in ("1", "true")
        elif tag == "sheet" and len(places) < MAX_SHEETS:
            reference = next((value for key, value in attributes.items() if key.endswith(":id")), "")
            kind, place = related.get(reference, ("", ""))
            if kind == "worksheet":
                places[attributes.get("name", "")] = place

    package.parse(document, start, lambda _: None, lambda _: None)
    if not places:
        raise StockFileError("STOCK_FILE_DAMAGED")
    parts = dict(related.values())
    return Workbook(
        package=package,
        places=places,
        strings=parts.get("sharedStrings", ""),
        styles=parts.get("styles", ""),
        from_1904=from_1904,
    )


@dataclass(slots=True, kw_only=True)
class _SheetReader:
    strings: Sequence[str]
    formats: Sequence[str]
    from_1904: bool
    characters: _Characters
    rows: list[SourceRow] = field(default_factory=list)
    merged: list[_Merged] = field(default_factory=list)
    _line: int = 0
    _column: int = -1
    _cells: list[Cell] = field(default_factory=list)
    _count: int = 0
    _kind: str = ""
    _style: int = 0
    _formula: bool = False
    _value: list[str] = field(default_factory=list)
    _length: int = 0
    _taking: bool = False
    _phonetic: bool = False

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        self._taking = tag in ("v", "t")
        if tag == "c":
            self._begin_cell(attributes)
        elif tag == "row":
            self._line = int(attributes["r"]) if "r" in attributes else self._line + 1
            if not 0 < self._line <= _LAST_LINE or (self.rows and self._line <= self.rows[-1].line):
                raise StockFileError("STOCK_FILE_DAMAGED")
            self._column, self._cells = -1, []
        elif tag == "f":
            self._formula = True
        elif tag == "rPh":
            self._phonetic = True
        elif tag == "mergeCell":
            self._merge(attributes.get("ref", ""))

    def end(self, tag: str) -> None:
        self._taking = False
        if tag == "c":
            self._end_cell()
        elif tag == "rPh":
            self._phonetic = False
        elif tag == "row":
            row = kept_row(self._line, self._cells)
            if row is not None:
                if len(self.rows) > MAX_ROWS:  # the header comes on top
                    raise StockFileError("STOCK_TOO_MANY_ROWS", limit=MAX_ROWS)
                self.rows.append(row)

    def text(self, data: str) -> None:
        if self._taking and not self._phonetic:
            self._length += len(data)
            if self._length > MAX_CELL_CHARACTERS:
                raise StockFileError("STOCK_CELL_TOO_LONG", limit=MAX_CELL_CHARACTERS)
            self._value.append(data)

    def _begin_cell(self, attributes: Mapping[str, str]) -> None:
        reference = _REFERENCE.fullmatch(attributes.get("r", ""))
        column = self._column + 1 if reference is None else _column_number(reference[1])
        if column <= self._column:
            raise StockFileError("STOCK_FILE_DAMAGED")
        self._column = column
        self._kind = attributes.get("t", "n")
        self._style = int(attributes.get("s", "0"))
        self._formula, self._length = False, 0
        self._value.clear()

    def _end_cell(self) -> None:
        value = "".join(self._value)
        cell = self._cell(value)
        if not cell.text and cell.kind is CellKind.TEXT:
            return
        if self._column >= MAX_COLUMNS:
            raise StockFileError("STOCK_TOO_MANY_COLUMNS", limit=MAX_COLUMNS)
        self._count += 1 + self._column - len(self._cells)
        if self._count > MAX_CELLS:
            raise StockFileError("STOCK_TOO_MANY_ROWS", limit=MAX_ROWS)
        self.characters.take(len(cell.text))
        self._cells.extend([BLANK] * (self._column - len(self._cells)))
        self._cells.append(cell)

    def _cell(self, value: str) -> Cell:
        check_text(value)
        if not value:
            # A program has written the formula, and no spreadsheet has computed it yet.
            return Cell("#", CellKind.ERROR) if self._formula and self._kind != "str" else BLANK
        match self._kind:
            case "n":
                style = self.formats[self._style] if 0 <= self._style < len(self.formats) else ""
                cell = number_cell(value, style, from_1904=self.from_1904)
                return cell if cell.text else Cell("#", cell.kind)
            case "s":
                shared = self.strings[_index(value, len(self.strings))]
                check_text(shared)
                return Cell(shared if shared.strip() else "")
            case "d":
                day = _DAY.fullmatch(value)
                return Cell("#", CellKind.ERROR) if day is None else Cell(day[1], CellKind.DATE)
            case "b":
                return Cell("TRUE" if value == "1" else "FALSE")
            case "e":
                return Cell(value, CellKind.ERROR)
            case _:
                return Cell(value if value.strip() else "")

    def _merge(self, reference: str) -> None:
        first, _, last = reference.partition(":")
        corners = _REFERENCE.fullmatch(first), _REFERENCE.fullmatch(last)
        if corners[0] is None or corners[1] is None:
            return
        left, right = _column_number(corners[0][1]), _column_number(corners[1][1])
        top, bottom = int(corners[0][2]), int(corners[1][2])
        if right < left or bottom < top:
            raise StockFileError("STOCK_FILE_DAMAGED")
        if len(self.merged) == MAX_MERGED:
            raise StockFileError("STOCK_TOO_MANY_MERGED", limit=MAX_MERGED)
        if left < MAX_COLUMNS:
            self.merged.append((top, bottom, left, min(right, MAX_COLUMNS - 1)))

    def filled(self) -> list[SourceRow]:
        """Give each cell of a merged area the content of its first one."""
        lines = [row.line for row in self.rows]
        changed: dict[int, list[Cell]] = {}
        total = 0
        for top, bottom, left, right in self.merged:
            first = bisect_left(lines, top)
            # Lines that are not there cost nothing, however many an area spans.
            places = range(first, bisect_left(lines, bottom + 1))
            origin = self.rows[first].cell(left) if places and lines[first] == top else BLANK
            if not origin.text:
                continue
            area = len(places) * (right - left + 1)
            total += area
            if total > MAX_MERGED_CELLS:
                raise StockFileError("STOCK_TOO_MANY_ROWS", limit=MAX_ROWS)
            self.characters.take(area * len(origin.text))
            for place in places:
                cells = changed.setdefault(place, list(self.rows[place].cells))
                cells.extend([BLANK] * (right + 1 - len(cells)))
                cells[left : right + 1] = [origin] * (right + 1 - left)
        return [SourceRow(row.line, tuple(changed.get(place, row.cells))) for place, row in enumerate(self.rows)]


def _index(text: str, length: int) -> int:
    index = int(text)
    if not 0 <= index < length:
        raise ValueError("no such string")
    return index


def _column_number(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number - 1
