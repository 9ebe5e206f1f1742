"""The printed face (照面) of a licence: from its values and its type's face to pages, before any file format."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date

from esign import (
    LONG_TERM,
    POINT,
    QUIET_ZONE,
    Background,
    FontChain,
    Page,
    SealPlace,
    Shape,
    Symbol,
    TextRun,
    UnprintableError,
    code_modules,
    group_short_code,
    line,
    lozenge,
    rectangle,
)

from .catalogue import FieldType, LicenceType
from .errors import InvalidFieldError, UnprintableFieldError
from .faces import VALIDITY, Face, FieldsArea, read_face
from .model import Licence
from .typesetting import Block, break_text, width_of

_INK = (0.1, 0.1, 0.1)
_FAINT = (0.42, 0.42, 0.42)
_RULE = (0.78, 0.78, 0.78)
_WARNING = (0.75, 0.1, 0.1)
_PAPER = (1.0, 1.0, 1.0)
_WATERMARK = (0.93, 0.93, 0.93)

_LABEL_GAP = 3.0
_ROW_GAP = 1.6  # between two fields
_CELL_PADDING = 1.2
_SMALL = 6.5  # points; the foot line
_STEP = 0.5  # points by which type shrinks
_DATE_BELOW = 9.0  # the date below the issuer's name; the seal is centred on it

_ANNEX_MARGIN = 18.0
_ANNEX_TOP = 34.0

DEVELOPMENT_NOTICE = "样例/测试 SAMPLE：不具法律效力"
_LOCAL_NOTICE = "（本机测试地址 test address）"


@dataclass(frozen=True, slots=True, kw_only=True)
class Marks:
    """What a face bears besides the licence's own values."""

    identifier: str
    code_address: str
    """The text of the QR symbol."""
    short_code: str
    public_url: str
    development: bool
    """Sealed with a development PKI."""
    local: bool
    """The address is this machine's own: fit for a trial only."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    key: str
    label: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Table:
    key: str
    label: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    shares: tuple[float, ...]


class FaceRenderer:
    """Draws faces with one chain of fonts; reads each type's face once."""

    def __init__(self, fonts: FontChain) -> None:
        """The fonts also say which characters can be printed at all."""
        self._fonts = fonts
        self._faces: dict[str, Face] = {}
        self._backgrounds: dict[tuple[str, bool], Background] = {}

    def render(self, licence: Licence, marks: Marks) -> tuple[Page, ...]:
        """The pages of a licence: the face, then annex pages (附页) when rows do not fit on it.

        Raises:
            ExceptionGroup: of `UnprintableFieldError`, all of them, when no font has a character.
            InvalidFieldError: `DOES_NOT_FIT`, naming the longest field, when the smallest type is still too large.
        """
        face = self._face(licence.licence_type)
        self._check_printable(licence)
        rows, tables = _contents(licence, face)
        area = face.fields
        setting = self._fit(rows, tables, area, inline=True)
        annexed: Sequence[_Table] = ()
        if setting is None:
            annexed = tables
            references = [_Row(key=t.key, label=t.label, value=f"见附页，共 {len(t.rows)} 项") for t in tables]
            rows = [*rows, *references]
            setting = self._fit(rows, (), area, inline=False)
        if setting is None:
            longest = max(rows, key=lambda row: len(row.value))
            raise InvalidFieldError(f"/data/{longest.key}", "DOES_NOT_FIT")
        background = self._background(licence.licence_type, face, marks)
        annexes = [items for table in annexed for items in self._annex(table, licence, face)]
        total = 1 + len(annexes)
        front = Page(
            width=face.width,
            height=face.height,
            background=background,
            items=(
                *self._notice(face, marks),
                *self._heading(licence, face),
                *setting,
                *self._code(face, marks),
                *self._issuer(licence, face),
                *self._foot(licence, face, marks, 1, total),
            ),
            seal=SealPlace(x=face.issuer.x, y=face.issuer.y + _DATE_BELOW),
        )
        following = (
            Page(
                width=face.width,
                height=face.height,
                background=background,
                items=(*self._notice(face, marks), *items, *self._foot(licence, face, marks, number, total)),
            )
            for number, items in enumerate(annexes, start=2)
        )
        return (front, *following)

    def _face(self, licence_type: LicenceType) -> Face:
        face = self._faces.get(licence_type.code)
        if face is None:
            face = self._faces[licence_type.code] = read_face(licence_type.face, licence_type.slug)
        return face

    def _check_printable(self, licence: Licence) -> None:
        texts = [
            ("certificateNumber", licence.number),
            ("certificateHolderName", licence.holder.name),
            ("certificateHolderCode", licence.holder.code),
            ("certificateIssuingAuthorityName", licence.issuer.name),
        ]
        for key, value in licence.values.items():
            cells = [value] if isinstance(value, str) else [cell for row in value for cell in row]
            texts += [(key, cell) for cell in cells]
        faults = []
        for key, text in texts:
            try:
                self._fonts.require(text.replace("\n", ""))
            except UnprintableError as error:
                faults.append(UnprintableFieldError(f"/data/{key}", error.code_point))
        if faults:
            raise ExceptionGroup("characters that cannot be printed", faults)

    def _fit(
        self, rows: Sequence[_Row], tables: Sequence[_Table], area: FieldsArea, *, inline: bool
    ) -> list[TextRun | Shape] | None:
        """The fields in the largest type that fits, None when none does.

        With `inline`, tables shrink the type by two points at most: many rows read better on a page of their own.
        """
        size = area.size
        smallest = max(area.smallest, area.size - 2) if inline and tables else area.smallest
        while size >= smallest:
            items, bottom = self._set_rows(rows, area, size)
            for table in tables:
                caption = break_text(self._fonts, table.label, size=size, width=area.width)
                items += _print_block(caption, area.x, bottom, colour=_FAINT)
                drawn, bottom, left = self._set_table(
                    table, x=area.x, y=bottom + caption.height, width=area.width, bottom=area.bottom, size=size * 0.8
                )
                items += drawn
                if left:
                    bottom = area.bottom + 1
            if bottom <= area.bottom:
                return items
            size -= _STEP
        return None

    def _set_rows(self, rows: Sequence[_Row], area: FieldsArea, size: float) -> tuple[list[TextRun | Shape], float]:
        items: list[TextRun | Shape] = []
        y = area.y
        value_x = area.x + area.label_width + _LABEL_GAP
        value_width = area.width - area.label_width - _LABEL_GAP
        for row in rows:
            label = break_text(self._fonts, row.label, size=size, width=area.label_width)
            value = break_text(self._fonts, row.value, size=size, width=value_width)
            items += _print_block(label, area.x, y, colour=_FAINT)
            items += _print_block(value, value_x, y, colour=_INK)
            y += max(label.height, value.height) + _ROW_GAP / 2
            items.append(Shape(commands=line(area.x, y, area.x + area.width, y), stroke=_RULE, line_width=0.15))
            y += _ROW_GAP / 2
        return items, y

    def _set_table(
        self, table: _Table, *, x: float, y: float, width: float, bottom: float, size: float
    ) -> tuple[list[TextRun | Shape], float, tuple[tuple[str, ...], ...]]:
        """As many rows as there is room for; the answer ends with the rows that are left."""
        items: list[TextRun | Shape] = []
        widths = [share / sum(table.shares) * width for share in table.shares]
        for place, cells in enumerate((table.columns, *table.rows)):
            blocks = [
                break_text(self._fonts, cell, size=size, width=column - 2 * _CELL_PADDING)
                for cell, column in zip(cells, widths, strict=True)
            ]
            height = max(block.height for block in blocks) + 2 * _CELL_PADDING
            if y + height > bottom:
                return items, y, table.rows[max(place - 1, 0) :]
            left = x
            for block, column in zip(blocks, widths, strict=True):
                items.append(Shape(commands=rectangle(left, y, column, height), stroke=_FAINT, line_width=0.15))
                colour = _FAINT if place == 0 else _INK
                items += _print_block(block, left + _CELL_PADDING, y + _CELL_PADDING, colour=colour)
                left += column
            y += height
        return items, y, ()

    def _annex(self, table: _Table, licence: Licence, face: Face) -> Iterator[tuple[TextRun | Shape, ...]]:
        """The contents of annex pages with the table; every page repeats its heading."""
        heading = f"{licence.licence_type.name}　附页：{table.label}"
        title = TextRun(x=_ANNEX_MARGIN, y=_ANNEX_TOP - 4, size=15, text=heading, bold=True, colour=_INK)
        number = TextRun(x=_ANNEX_MARGIN, y=_ANNEX_TOP + 4, size=10.5, text=f"编号：{licence.number}", colour=_INK)
        left = table.rows
        while left:
            items, _, rest = self._set_table(
                replace(table, rows=left),
                x=_ANNEX_MARGIN,
                y=_ANNEX_TOP + 8,
                width=face.width - 2 * _ANNEX_MARGIN,
                bottom=face.height - 22,
                size=10,
            )
            if len(rest) == len(left):
                # One row is higher than a page.
                raise InvalidFieldError(f"/data/{table.key}", "DOES_NOT_FIT")
            yield (title, number, *items)
            left = rest

    def _background(self, licence_type: LicenceType, face: Face, marks: Marks) -> Background:
        """What all licences of a type have under their text: the frame, and on samples a watermark."""
        key = (licence_type.code, marks.development)
        background = self._backgrounds.get(key)
        if background is None:
            shapes = [self._watermark(face)] if marks.development else []
            background = self._backgrounds[key] = Background(shapes=(*shapes, *_frame(face)))
        return background

    def _notice(self, face: Face, marks: Marks) -> Iterator[TextRun]:
        if marks.development:
            width = width_of(self._fonts, DEVELOPMENT_NOTICE, 9)
            yield TextRun(x=(face.width - width) / 2, y=16.5, size=9, text=DEVELOPMENT_NOTICE, colour=_WARNING)

    def _watermark(self, face: Face) -> Shape:
        """Large slanted outlines under everything: not text, so that copied text stays clean."""
        text, size, angle = "样例·测试", min(face.width, face.height) / 4.6, 0.45
        # The slope is that of the page's diagonal, made gentle; `angle` is its tangent.
        length = (1 + angle * angle) ** 0.5
        cos, sin = 1 / length, angle / length
        total = self._fonts.width(text) / 1000 * size
        commands = []
        along = -total / 2
        for character in text:
            for command in self._fonts.outline(character):
                points = []
                for at in range(0, len(command.numbers), 2):
                    right = along + command.numbers[at] * size
                    up = (command.numbers[at + 1] - 0.35) * size
                    points.append(face.width / 2 + right * cos - up * sin)
                    points.append(face.height / 2 - right * sin - up * cos)
                commands.append(command._replace(numbers=tuple(points)))
            along += self._fonts.glyph(character).advance / 1000 * size
        return Shape(commands=tuple(commands), fill=_WATERMARK)

    def _heading(self, licence: Licence, face: Face) -> Iterator[TextRun]:
        title = licence.licence_type.name
        size, spacing = face.title.size, face.title_spacing
        width = width_of(self._fonts, title, size) + spacing * (len(title) - 1)
        yield TextRun(
            x=(face.width - width) / 2, y=face.title.y, size=size, text=title, bold=True, spacing=spacing, colour=_INK
        )
        number = f"编号：{licence.number}"
        width = width_of(self._fonts, number, face.number.size)
        yield TextRun(x=face.number.x - width, y=face.number.y, size=face.number.size, text=number, colour=_INK)

    def _code(self, face: Face, marks: Marks) -> Iterator[TextRun | Shape | Symbol]:
        place = face.code
        modules = code_modules(marks.code_address)
        margin = QUIET_ZONE * place.size / len(modules)
        clear = rectangle(place.x - margin, place.y - margin, place.size + 2 * margin, place.size + 2 * margin)
        yield Shape(commands=clear, fill=_PAPER)
        yield Symbol(x=place.x, y=place.y, size=place.size, modules=modules)
        centre = place.x + place.size / 2
        captions = [(f"短码 {group_short_code(marks.short_code)}", 9.0, _INK), ("扫码核验，或访问", 7.5, _FAINT)]
        captions.append((f"{marks.public_url}/v/短码", 7.5, _FAINT))
        if marks.local:
            captions.append((_LOCAL_NOTICE, 7.0, _WARNING))
        y = place.y + place.size + 4 + 4
        for text, size, colour in captions:
            width = width_of(self._fonts, text, size)
            yield TextRun(x=centre - width / 2, y=y, size=size, text=text, colour=colour)
            y += size * POINT * 1.5

    def _issuer(self, licence: Licence, face: Face) -> Iterator[TextRun]:
        place = face.issuer
        for text, y in ((licence.issuer.name, place.y), (chinese_date(licence.issued_on), place.y + _DATE_BELOW)):
            width = width_of(self._fonts, text, place.size)
            yield TextRun(x=place.x - width / 2, y=y, size=place.size, text=text, colour=_INK)

    def _foot(self, licence: Licence, face: Face, marks: Marks, number: int, total: int) -> Iterator[TextRun]:
        """One small line with what programs and archivists look for, dates as the data has them."""
        end = licence.validity.end.isoformat() if licence.validity.end else LONG_TERM
        parts = [
            f"证照标识 {marks.identifier}",
            f"颁发机构代码 {licence.issuer.code}（{licence.issuer.level}）",
            f"所属区域 {licence.area_code}",
            f"主体代码类型 {licence.holder.kind.code}",
            f"颁发 {licence.issued_on.isoformat()}",
            f"有效期 {licence.validity.start.isoformat()} 至 {end}",
        ]
        if total > 1:
            parts.append(f"第 {number} 页，共 {total} 页")
        lines, room = [""], face.width - 40
        for part in parts:
            longer = f"{lines[-1]}　{part}" if lines[-1] else part
            if lines[-1] and width_of(self._fonts, longer, _SMALL) > room:
                lines.append(part)
            else:
                lines[-1] = longer
        block = Block(lines=tuple(lines), size=_SMALL, line_height=_SMALL * POINT * 1.45)
        yield from _print_block(block, 20, face.height - 12.5 - block.height, colour=_FAINT)


def _frame(face: Face) -> Iterator[Shape]:
    """Two lines and a lozenge in each corner."""
    for inset, weight in ((8.0, 1.1), (9.8, 0.25)):
        commands = rectangle(inset, inset, face.width - 2 * inset, face.height - 2 * inset)
        yield Shape(commands=commands, stroke=face.colour, line_width=weight)
    for x in (12.6, face.width - 12.6):
        for y in (12.6, face.height - 12.6):
            yield Shape(commands=lozenge(x, y, 1.4), fill=face.colour)


def chinese_date(day: date) -> str:
    """A date as licences print it: 2026年3月2日."""
    return f"{day.year}年{day.month}月{day.day}日"


def _contents(licence: Licence, face: Face) -> tuple[list[_Row], list[_Table]]:
    """The face's rows and tables in printing order; optional fields that were not given take no room."""
    labels = {field.key: field for field in licence.licence_type.all_fields}
    start, end = licence.validity.start, licence.validity.end
    term = f"{chinese_date(start)} 至 {chinese_date(end)}" if end else LONG_TERM
    special = {
        "certificateHolderName": (labels["certificateHolderName"].label, licence.holder.name),
        # A company's label would be wrong above a citizen's number: the kind names the code.
        "certificateHolderCode": (licence.holder.kind.name, licence.holder.code),
        VALIDITY: ("有效期限", term),
    }
    rows: list[_Row] = []
    tables: list[_Table] = []
    for key in face.order:
        if key in special:
            label, value = special[key]
            rows.append(_Row(key=key, label=label, value=value))
            continue
        field, given = labels[key], licence.values.get(key)
        if given is None:
            continue
        if isinstance(given, str):
            shown = chinese_date(date.fromisoformat(given)) if field.type is FieldType.DATE else given
            rows.append(_Row(key=key, label=field.label, value=f"{shown} {field.unit}".rstrip()))
        elif given:
            tables.append(
                _Table(
                    key=key,
                    label=field.label,
                    columns=tuple(column.label for column in field.columns),
                    rows=given,
                    shares=face.column_widths.get(key, (1.0,) * len(field.columns)),
                )
            )
    return rows, tables


def _print_block(block: Block, x: float, y: float, *, colour: tuple[float, float, float]) -> Iterator[TextRun]:
    for place, text in enumerate(block.lines):
        # The baseline lies at four fifths of the type's height, half the leading is above it.
        baseline = y + place * block.line_height + block.line_height / 2 + block.size * POINT * 0.36
        if text:
            yield TextRun(x=x, y=baseline, size=block.size, text=text, colour=colour)
