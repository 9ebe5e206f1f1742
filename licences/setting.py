"""Setting the fields of a face: rows of label and value, then tables, in the largest type that fits."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import TypeAlias

from esign import (
    TERM_LABEL,
    TEXT_REFERENCE,
    FontChain,
    Shape,
    TextRun,
    chinese_date,
    line,
    rectangle,
    table_reference,
    term_text,
)

from .catalogue import VALIDITY, Face, FieldsArea, FieldType
from .model import Licence
from .typesetting import SIZE_STEP, Block, break_text

INK = (0.1, 0.1, 0.1)
FAINT = (0.42, 0.42, 0.42)
_RULE = (0.78, 0.78, 0.78)
_RULE_WEIGHT = 0.15

# Millimetres.
_LABEL_GAP = 3.0
_ROW_GAP = 1.6  # between two fields
_CELL_PADDING = 1.2

_LEAST_TABLE = 25.0  # what a table that flows takes of a face at least

_TABLE_SHARE = 0.8  # of the fields' size of type
_INLINE_SHRINKING = 2.0  # points: many rows read better on a page of their own than in smaller type


Items: TypeAlias = list[TextRun | Shape]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A field with its value on a line of its own, or on several."""

    key: str
    label: str
    value: str
    stays: bool = False
    """On the face, however long it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A field of rows: a caption, a head, and a line for each row."""

    key: str
    label: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    shares: tuple[float, ...]
    """Widths of the columns in relation to each other."""


def face_contents(licence: Licence, face: Face) -> tuple[list[Row], list[Table]]:
    """A face's rows and tables in printing order; optional fields that were not given take no room."""
    fields = {field.key: field for field in licence.licence_type.all_fields}
    holders = licence.holders
    special = {
        "certificateHolderName": (fields["certificateHolderName"].label, "、".join(h.name for h in holders)),
        # A company's label would be wrong above a citizen's number: the kind names the code.
        "certificateHolderCode": (
            "、".join(dict.fromkeys(h.kind.name for h in holders)),
            "、".join(h.code for h in holders),
        ),
        VALIDITY: (TERM_LABEL, term_text(licence.validity.start, licence.validity.end)),
    }
    rows: list[Row] = []
    tables: list[Table] = []
    for key in face.order:
        if key in special:
            label, value = special[key]
            rows.append(Row(key=key, label=label, value=value, stays=True))
            continue
        field, given = fields[key], licence.values.get(key)
        if given is None:
            continue
        if isinstance(given, str):
            shown = chinese_date(date.fromisoformat(given)) if field.type is FieldType.DATE else given
            rows.append(Row(key=key, label=field.label, value=f"{shown} {field.unit}".rstrip()))
        elif given:
            tables.append(
                Table(
                    key=key,
                    label=field.label,
                    columns=tuple(column.label for column in field.columns),
                    rows=given,
                    shares=face.column_shares[key],
                )
            )
    return rows, tables


def fit_face(
    fonts: FontChain, rows: Sequence[Row], tables: Sequence[Table], area: FieldsArea
) -> tuple[Items, list[Table | Row]] | None:
    """The fields in the largest type that fits, and what goes to annex pages instead; None if that does not help.

    Tables go first, all of them; then the longest texts, one by one, until the rest fits.
    """
    items = fit_fields(fonts, rows, tables, area)
    if items is not None:
        return items, []
    annexed: list[Table | Row] = list(tables)
    rows = [
        *rows,
        *(Row(key=one.key, label=one.label, value=table_reference(len(one.rows)), stays=True) for one in tables),
    ]
    while not _fits(fonts, rows, area):
        longest = max((row for row in rows if not row.stays), key=lambda row: len(row.value), default=None)
        if longest is None or len(longest.value) <= len(TEXT_REFERENCE):
            return None
        annexed.append(longest)
        rows = [replace(row, value=TEXT_REFERENCE, stays=True) if row is longest else row for row in rows]
    items = fit_fields(fonts, rows, (), area)
    return None if items is None else (items, annexed)


def flow_fields(
    fonts: FontChain, rows: Sequence[Row], tables: Sequence[Table], area: FieldsArea
) -> tuple[Items, list[Table | Row]] | None:
    """As `fit_face`, but tables begin on the face and go on on annex pages from where it is full."""
    short = replace(area, bottom=area.bottom - _LEAST_TABLE)
    size = next((size for size in _sizes(area) if _set(fonts, rows, (), short, size) is not None), None)
    if size is None or not tables:
        return fit_face(fonts, rows, tables, area)
    items, y = _set_rows(fonts, rows, area, size)
    for place, table in enumerate(tables):
        caption = break_text(fonts, table.label, size=size, width=area.width)
        drawn, below, left = set_table(
            fonts, table, x=area.x, y=y + caption.height, width=area.width, bottom=area.bottom, size=size * _TABLE_SHARE
        )
        if left == table.rows:
            return items, list(tables[place:])
        items += [*print_block(caption, area.x, y, colour=FAINT), *drawn]
        if left:
            return items, [replace(table, rows=left), *tables[place + 1 :]]
        y = below + _ROW_GAP
    return items, []


def _sizes(area: FieldsArea) -> Iterator[float]:
    size = area.size
    while size > area.smallest:
        yield size
        size -= SIZE_STEP
    yield area.smallest


def _fits(fonts: FontChain, rows: Sequence[Row], area: FieldsArea) -> bool:
    """Whether rows fit in the smallest type."""
    return _set(fonts, rows, (), area, area.smallest) is not None


def fit_fields(fonts: FontChain, rows: Sequence[Row], tables: Sequence[Table], area: FieldsArea) -> Items | None:
    """The fields in the largest type that fits, None when none does."""
    smallest = max(area.smallest, area.size - _INLINE_SHRINKING) if tables else area.smallest
    for size in _sizes(replace(area, smallest=smallest)):
        items = _set(fonts, rows, tables, area, size)
        if items is not None:
            return items
    return None


def _set(fonts: FontChain, rows: Sequence[Row], tables: Sequence[Table], area: FieldsArea, size: float) -> Items | None:
    """The fields in type of one size, None when they do not fit."""
    items, y = _set_rows(fonts, rows, area, size)
    for table in tables:
        caption = break_text(fonts, table.label, size=size, width=area.width)
        items += print_block(caption, area.x, y, colour=FAINT)
        drawn, y, left = set_table(
            fonts, table, x=area.x, y=y + caption.height, width=area.width, bottom=area.bottom, size=size * _TABLE_SHARE
        )
        if left:
            return None
        items += drawn
    return items if y <= area.bottom else None


def slots_of(face: Face, keys: Sequence[str]) -> dict[str, tuple[float, float]]:
    """Top and height of each row of a pre-printed form, whose labels stand at fixed places."""
    area = face.fields
    height = (area.bottom - area.y) / max(len(keys), 1)
    return {key: (area.y + place * height, height) for place, key in enumerate(keys)}


def fit_slots(fonts: FontChain, rows: Sequence[Row], face: Face, keys: Sequence[str]) -> tuple[Items, str]:
    """The values alone, each in its slot; the answer ends with the key of one that does not fit, or an empty text."""
    area, slots = face.fields, slots_of(face, keys)
    items: Items = []
    for row in rows:
        top, height = slots[row.key]
        size = area.size
        while True:
            width = area.width - area.label_width - _LABEL_GAP
            block = break_text(fonts, row.value, size=size, width=width)
            if block.height <= height:
                break
            size -= SIZE_STEP
            if size < area.smallest:
                return items, row.key
        y = top + (height - block.height) / 2
        items += print_block(block, area.x + area.label_width + _LABEL_GAP, y, colour=INK)
    return items, ""


def _set_rows(fonts: FontChain, rows: Sequence[Row], area: FieldsArea, size: float) -> tuple[Items, float]:
    items: Items = []
    y = area.y
    value_x = area.x + area.label_width + _LABEL_GAP
    value_width = area.width - area.label_width - _LABEL_GAP
    for row in rows:
        label = break_text(fonts, row.label, size=size, width=area.label_width)
        value = break_text(fonts, row.value, size=size, width=value_width)
        items += print_block(label, area.x, y, colour=FAINT)
        items += print_block(value, value_x, y, colour=INK)
        y += max(label.height, value.height) + _ROW_GAP / 2
        items.append(Shape(commands=line(area.x, y, area.x + area.width, y), stroke=_RULE, line_width=_RULE_WEIGHT))
        y += _ROW_GAP / 2
    return items, y


def set_table(
    fonts: FontChain, table: Table, *, x: float, y: float, width: float, bottom: float, size: float
) -> tuple[Items, float, tuple[tuple[str, ...], ...]]:
    """As many rows as there is room for; the answer ends with the rows that are left."""
    items: Items = []
    widths = [share / sum(table.shares) * width for share in table.shares]
    for place, cells in enumerate((table.columns, *table.rows)):
        blocks = [
            break_text(fonts, cell, size=size, width=column - 2 * _CELL_PADDING)
            for cell, column in zip(cells, widths, strict=True)
        ]
        height = max(block.height for block in blocks) + 2 * _CELL_PADDING
        left_over: tuple[str, ...] = ()
        if y + height > bottom:
            # A row that is higher than a page begins on one and goes on on the next.
            room = int((bottom - y - 2 * _CELL_PADDING) / blocks[0].line_height)
            if place != 1 or room < 1:
                return items, y, table.rows[max(place - 1, 0) :]
            left_over = tuple("\n".join(block.lines[room:]) for block in blocks)
            blocks = [replace(block, lines=block.lines[:room]) for block in blocks]
            height = room * blocks[0].line_height + 2 * _CELL_PADDING
        left = x
        for block, column in zip(blocks, widths, strict=True):
            items.append(Shape(commands=rectangle(left, y, column, height), stroke=FAINT, line_width=_RULE_WEIGHT))
            colour = FAINT if place == 0 else INK
            items += print_block(block, left + _CELL_PADDING, y + _CELL_PADDING, colour=colour)
            left += column
        y += height
        if left_over:
            return items, y, (left_over, *table.rows[place:])
    return items, y, ()


def set_text(
    fonts: FontChain, text: str, *, x: float, y: float, width: float, bottom: float, size: float
) -> tuple[Items, str]:
    """As many lines of a text as there is room for; the answer ends with the text that is left."""
    block = break_text(fonts, text, size=size, width=width)
    room = max(int((bottom - y) / block.line_height), 0)
    shown = replace(block, lines=block.lines[:room])
    return list(print_block(shown, x, y, colour=INK)), "\n".join(block.lines[room:])


def print_block(block: Block, x: float, y: float, *, colour: tuple[float, float, float]) -> Iterator[TextRun]:
    """The lines of a block from its top left corner."""
    for place, text in enumerate(block.lines):
        if text:
            baseline = y + place * block.line_height + block.first_baseline
            yield TextRun(x=x, y=baseline, size=block.size, text=text, colour=colour)
