"""Pages that follow a face: annex pages (附页) for what does not fit on it, and pages for entries (变更记录)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from esign import (
    NUMBER_LABEL,
    RECORD_COLUMNS,
    FontChain,
    Shape,
    TextRun,
    annex_title,
    record_title,
    rectangle,
)

from .catalogue import FOOT_ZONE, Face
from .errors import CatalogueError
from .setting import FAINT, INK, Items, Row, Table, print_block, set_table, set_text
from .typesetting import Block, break_text, shrink_to_fit

# Millimetres.
_MARGIN = 18.0
_CORNER = 18.0  # at the right end of the headings, where copies have their symbol
_TITLE_BASELINE, _NUMBER_BASELINE, _CONTENTS = 30.0, 38.0, 42.0
_RECORD_HEIGHT: Final = 14.0

# Points.
_TITLE_SIZE, _NUMBER_SIZE, _SIZE = 15.0, 10.5, 10.0
_SMALLEST_TITLE, _SMALLEST_NUMBER = 7.0, 4.5

_RECORD_SHARES = (2.0, 7.0, 3.0)  # of the columns, of the page's width


@dataclass(frozen=True, slots=True, kw_only=True)
class Following:
    """Contents of the pages that follow one face."""

    name: str
    """Of the licence type, with the document's label where there are several."""
    number: str
    """As the face prints it."""


def annex_pages(
    fonts: FontChain, face: Face, heading: Following, contents: Sequence[Table | Row]
) -> Iterator[tuple[TextRun | Shape, ...]]:
    """Every table and every text on pages of its own; each page repeats its heading.

    Raises:
        CatalogueError: a label, or the head of a table, is too long for the page.
    """
    place = {"x": _MARGIN, "y": _CONTENTS, "width": face.width - 2 * _MARGIN, "bottom": face.height - FOOT_ZONE}
    for content in contents:
        headings = _headings(fonts, face, annex_title(heading.name, content.label), heading.number)
        if isinstance(content, Row):
            text = content.value
            while text:
                items, text = set_text(fonts, text, **place, size=_SIZE)
                yield (*headings, *items)
            continue
        left = content.rows
        while left:
            items, _, rest = set_table(fonts, replace(content, rows=left), **place, size=_SIZE)
            if rest == left:
                raise CatalogueError(f"the head of the table {content.key} is too high for an annex page")
            yield (*headings, *items)
            left = rest


def record_page(fonts: FontChain, face: Face, heading: Following) -> tuple[TextRun | Shape, ...]:
    """A page with empty lines, on which offices enter changes and inspections."""
    items: Items = []
    width, bottom = face.width - 2 * _MARGIN, face.height - FOOT_ZONE
    total, left = sum(_RECORD_SHARES), _MARGIN
    lines = int((bottom - _CONTENTS) / _RECORD_HEIGHT)
    for label, share in zip(RECORD_COLUMNS, _RECORD_SHARES, strict=True):
        column = width * share / total
        block = break_text(fonts, label, size=_SIZE, width=column - 3)
        items += print_block(block, left + 1.5, _CONTENTS + 2, colour=FAINT)
        for line in range(lines):
            cell = rectangle(left, _CONTENTS + line * _RECORD_HEIGHT, column, _RECORD_HEIGHT)
            items.append(Shape(commands=cell, stroke=FAINT, line_width=0.15))
        left += column
    return (*_headings(fonts, face, record_title(heading.name), heading.number), *items)


def _headings(fonts: FontChain, face: Face, title: str, number: str) -> tuple[TextRun, TextRun]:
    width = face.width - 2 * _MARGIN - _CORNER
    above = _heading(fonts, title, _TITLE_SIZE, _SMALLEST_TITLE, width)
    below = _heading(fonts, f"{NUMBER_LABEL}{number}", _NUMBER_SIZE, _SMALLEST_NUMBER, width)
    return (
        TextRun(x=_MARGIN, y=_TITLE_BASELINE, size=above.size, text=above.lines[0], bold=True, colour=INK),
        TextRun(x=_MARGIN, y=_NUMBER_BASELINE, size=below.size, text=below.lines[0], colour=INK),
    )


def _heading(fonts: FontChain, text: str, size: float, smallest: float, width: float) -> Block:
    block = shrink_to_fit(fonts, text, size=size, smallest=smallest, width=width)
    if block is None:
        raise CatalogueError(f"the heading of an annex page is too long: {text[:20]}…")
    return block
