"""Setting the fields of a face: rows of label and value, then tables, in the largest type that fits."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from esign import LONG_TERM, FontChain, Shape, TextRun, line, rectangle

from .catalogue import VALIDITY, FieldsArea, FieldType
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

_TABLE_SHARE = 0.8  # of the fields' size of type
_INLINE_SHRINKING = 2.0  # points: many rows read better on a page of their own than in smaller type


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A field with its value on a line of its own, or on several."""

    key: str
    label: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A field of rows: a caption, a head, and a line for each row."""

    key: str
    label: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    shares: tuple[float, ...]
    """Widths of the columns in relation to each other."""


def face_contents(licence: Licence) -> tuple[list[Row], list[Table]]:
    """The face's rows and tables in printing order; optional fields that were not given take no room."""
    face = licence.licence_type.face
    fields = {field.key: field for field in licence.licence_type.all_fields}
    holders = licence.holders
    start, end = licence.validity.start, licence.validity.end
    term = f"{chinese_date(start)} 至 {chinese_date(end)}" if end else LONG_TERM
    special = {
        "certificateHolderName": (fields["certificateHolderName"].label, "、".join(h.name for h in holders)),
        # A company's label would be wrong above a citizen's number: the kind names the code.
        "certificateHolderCode": (
            "、".join(dict.fromkeys(h.kind.name for h in holders)),
            "、".join(h.code for h in holders),
        ),
        VALIDITY: ("有效期限", term),
    }
    rows: list[Row] = []
    tables: list[Table] = []
    for key in face.order:
        if key in special:
            label, value = special[key]
            rows.append(Row(key=key, label=label, value=value))
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


def fit_fields(
    fonts: FontChain, rows: Sequence[Row], tables: Sequence[Table], area: FieldsArea
) -> list[TextRun | Shape] | None:
    """The fields in the largest type that fits, None when none does."""
    size = area.size
    smallest = max(area.smallest, area.size - _INLINE_SHRINKING) if tables else area.smallest
    while size >= smallest:
        items = _set(fonts, rows, tables, area, size)
        if items is not None:
            return items
        size -= SIZE_STEP
    return None


def _set(
    fonts: FontChain, rows: Sequence[Row], tables: Sequence[Table], area: FieldsArea, size: float
) -> list[TextRun | Shape] | None:
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


def _set_rows(
    fonts: FontChain, rows: Sequence[Row], area: FieldsArea, size: float
) -> tuple[list[TextRun | Shape], float]:
    items: list[TextRun | Shape] = []
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
) -> tuple[list[TextRun | Shape], float, tuple[tuple[str, ...], ...]]:
    """As many rows as there is room for; the answer ends with the rows that are left."""
    items: list[TextRun | Shape] = []
    widths = [share / sum(table.shares) * width for share in table.shares]
    for place, cells in enumerate((table.columns, *table.rows)):
        blocks = [
            break_text(fonts, cell, size=size, width=column - 2 * _CELL_PADDING)
            for cell, column in zip(cells, widths, strict=True)
        ]
        height = max(block.height for block in blocks) + 2 * _CELL_PADDING
        if y + height > bottom:
            return items, y, table.rows[max(place - 1, 0) :]
        left = x
        for block, column in zip(blocks, widths, strict=True):
            items.append(Shape(commands=rectangle(left, y, column, height), stroke=FAINT, line_width=_RULE_WEIGHT))
            colour = FAINT if place == 0 else INK
            items += print_block(block, left + _CELL_PADDING, y + _CELL_PADDING, colour=colour)
            left += column
        y += height
    return items, y, ()


def print_block(block: Block, x: float, y: float, *, colour: tuple[float, float, float]) -> Iterator[TextRun]:
    """The lines of a block from its top left corner."""
    for place, text in enumerate(block.lines):
        if text:
            baseline = y + place * block.line_height + block.first_baseline
            yield TextRun(x=x, y=baseline, size=block.size, text=text, colour=colour)


def chinese_date(day: date) -> str:
    """A date as licences print it: 2026年3月2日."""
    return f"{day.year}年{day.month}月{day.day}日"
