"""What a register of paper licences looks like once its file is read: rows of cells, as a person would read them."""

import unicodedata
from dataclasses import dataclass
from enum import Enum, auto
from functools import lru_cache
from typing import Final, NamedTuple

from licences.errors import StockFileError

MAX_REGISTER_BYTES: Final = 50 * 1024 * 1024
MAX_ROWS: Final = 100_000
"""Rows that hold something. More come in several files."""
MAX_COLUMNS: Final = 200
MAX_CELLS: Final = 4_000_000
MAX_CELL_CHARACTERS: Final = 32_767
"""What one cell of a spreadsheet can hold."""
MAX_CHARACTERS: Final = 64_000_000
"""In all cells that are read from one file, those that share a text counted each."""
MAX_MARKS: Final = 30
"""In a row on one character, as in stream-safe text (UAX #15): putting more into order takes the square of them."""
_MARKED_CHARACTERS = 100


class CellKind(Enum):
    """How a cell came."""

    TEXT = auto()
    NUMBER = auto()
    """A number; its text shows the zeros that the cell's format asks for."""
    DATE = auto()
    """A day; its text is YYYY-MM-DD."""
    LOST_DIGITS = auto()
    """A number of more than 15 digits: a spreadsheet has put zeros in the place of its last ones."""
    ERROR = auto()
    """A formula that failed, such as #N/A, or that was never computed."""


class Cell(NamedTuple):
    """One cell; the text of an empty one is empty."""

    text: str
    kind: CellKind = CellKind.TEXT


BLANK: Final = Cell("")


class SourceRow(NamedTuple):
    """One row that holds something."""

    line: int
    """Its number in the spreadsheet, from 1."""
    cells: tuple[Cell, ...]

    def cell(self, column: int) -> Cell:
        """Return a cell by its place from 0; rows end with their last cell that holds something."""
        return self.cells[column] if column < len(self.cells) else BLANK


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """One table of a file, its header among its rows."""

    name: str
    """Empty for a CSV file."""
    rows: tuple[SourceRow, ...]
    encoding: str = ""
    """Of a CSV file."""
    from_1904: bool | None = None
    """Whether numbers stand for days from 1904 on; None where nobody can know."""


def check_text(text: str) -> None:
    """Refuse a cell that is too long, or that stacks marks; StockFileError."""
    if len(text) > MAX_CELL_CHARACTERS:
        raise StockFileError("STOCK_CELL_TOO_LONG", limit=MAX_CELL_CHARACTERS)
    if len(text) <= _MARKED_CHARACTERS or text.isascii():
        return
    marks = 0
    for character in text:
        marks = marks + 1 if _is_mark(character) else 0
        if marks > MAX_MARKS:
            raise StockFileError("STOCK_MARKS_STACKED", limit=MAX_MARKS)


def kept_row(line: int, cells: list[Cell]) -> SourceRow | None:
    """Return a row without the empty cells at its end; None when nothing is left."""
    while cells and not cells[-1].text:
        cells.pop()
    return SourceRow(line, tuple(cells)) if cells else None


@lru_cache(maxsize=1 << 16)
def _is_mark(character: str) -> bool:
    # A few marks become such only when they are taken apart.
    return unicodedata.combining(unicodedata.normalize("NFKD", character)[0]) != 0
