"""The printed face (照面) of a licence: from its values and its type's face to pages, before any file format."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from esign import (
    DEFAULT_DIAMETER,
    LONG_TERM,
    QUIET_ZONE,
    SEAL_FIELD,
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
    rectangle,
)

from .background import draw_background
from .catalogue import DATE_BELOW, FOOT_ZONE, Face
from .errors import CatalogueError, InvalidFieldError, UnprintableFieldError
from .model import Licence
from .setting import FAINT, INK, Row, Table, chinese_date, face_contents, fit_fields, print_block, set_table
from .typesetting import Block, set_lines, shrink_to_fit, width_of

_WARNING = (0.75, 0.1, 0.1)
_PAPER = (1.0, 1.0, 1.0)

# Millimetres.
_CAPTION_GAP = 2.5  # between the quiet zone of the symbol and its captions
_NOTICE_BASELINE = 16.5
_FOOT_SIDE = 20.0
_FOOT_BELOW = 12.5  # from the last line to the edge of the page

# Points.
_NOTICE_SIZE = 9.0
_FOOT_SIZE = 6.5
_SHORT_CODE_SIZE, _CAPTION_SIZE, _SMALLEST_CAPTION = 9.0, 7.5, 6.0
_SMALLEST_NUMBER = 8.0

_CAPTION_LINES = 3
_ISSUER_LINES = 2

_ANNEX_MARGIN = 18.0
_ANNEX_TITLE_BASELINE, _ANNEX_NUMBER_BASELINE, _ANNEX_TABLE = 30.0, 38.0, 42.0
_ANNEX_TITLE_SIZE, _ANNEX_NUMBER_SIZE, _ANNEX_TABLE_SIZE = 15.0, 10.5, 10.0

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
    copy_serial: str = ""
    """Of an annotated copy (加注件), as printed: its symbol stands in the place of the licence's code."""


_BETWEEN_SEALS = 2.0
"""Millimetres between the seals of authorities that issue jointly: rings must not touch."""


class FaceRenderer:
    """Draws faces with one chain of fonts."""

    def __init__(self, fonts: FontChain) -> None:
        """The fonts also say which characters can be printed at all."""
        self._fonts = fonts
        self._backgrounds: dict[tuple[float, float, tuple[float, float, float], bool], Background] = {}

    def render(
        self, licence: Licence, marks: Marks, awaited: Sequence[tuple[str, tuple[float, float]]] = ()
    ) -> tuple[Page, ...]:
        """The pages of a licence: the face, then annex pages (附页) when rows do not fit on it.

        `awaited` are the form fields of the seals that other authorities add, with their sizes in millimetres; they
        stand to the left of the issuer's.

        Raises:
            ExceptionGroup: of `UnprintableFieldError`, all of them, when no font has a character; or of one
                `InvalidFieldError` `DOES_NOT_FIT`, naming the (longest) field, when the smallest type is too large.
            CatalogueError: the face has too little room for what does not come from the metadata.
        """
        face = licence.licence_type.face
        self._check_printable(licence)
        rows, tables = face_contents(licence)
        setting = fit_fields(self._fonts, rows, tables, face.fields)
        annexed: Sequence[Table] = ()
        if setting is None:
            annexed = tables
            references = [Row(key=t.key, label=t.label, value=f"见附页，共 {len(t.rows)} 项") for t in tables]
            rows = [*rows, *references]
            setting = fit_fields(self._fonts, rows, (), face.fields)
        if setting is None:
            raise _does_not_fit(max(rows, key=lambda row: len(row.value)).key)
        background = self._background(face, marks)
        annexes = [items for table in annexed for items in self._annex(table, licence)]
        total = 1 + len(annexes)
        front = Page(
            width=face.width,
            height=face.height,
            background=background,
            items=(
                *self._notice(face, marks),
                *self._heading(licence),
                *setting,
                *self._code(licence.licence_type.slug, face, marks),
                *self._issuer(licence),
                *self._foot(licence, marks, 1, total),
            ),
            seals=tuple(_seal_places(face, awaited)),
        )
        following = (
            Page(
                width=face.width,
                height=face.height,
                background=background,
                items=(*self._notice(face, marks), *items, *self._foot(licence, marks, number, total)),
            )
            for number, items in enumerate(annexes, start=2)
        )
        return (front, *following)

    def _check_printable(self, licence: Licence) -> None:
        texts = [
            ("certificateNumber", licence.number),
            ("certificateIssuingAuthorityName", licence.issuer.name),
        ]
        for holder in licence.holders:
            texts += [("certificateHolderName", holder.name), ("certificateHolderCode", holder.code)]
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

    def _annex(self, table: Table, licence: Licence) -> Iterator[tuple[TextRun | Shape, ...]]:
        """The contents of annex pages with the table; every page repeats its heading."""
        face = licence.licence_type.face
        width = face.width - 2 * _ANNEX_MARGIN
        heading = f"{licence.licence_type.name}　附页：{table.label}"
        title = shrink_to_fit(self._fonts, heading, size=_ANNEX_TITLE_SIZE, smallest=_SMALLEST_NUMBER, width=width)
        if title is None:
            raise CatalogueError(f"{licence.licence_type.slug}: the label of {table.key} is too long for an annex page")
        number = self._number(licence, _ANNEX_NUMBER_SIZE, width)
        headings = (
            TextRun(x=_ANNEX_MARGIN, y=_ANNEX_TITLE_BASELINE, size=title.size, text=heading, bold=True, colour=INK),
            TextRun(x=_ANNEX_MARGIN, y=_ANNEX_NUMBER_BASELINE, size=number.size, text=number.lines[0], colour=INK),
        )
        left = table.rows
        while left:
            items, _, rest = set_table(
                self._fonts,
                replace(table, rows=left),
                x=_ANNEX_MARGIN,
                y=_ANNEX_TABLE,
                width=width,
                bottom=face.height - FOOT_ZONE,
                size=_ANNEX_TABLE_SIZE,
            )
            if len(rest) == len(left):  # one row is higher than a page
                raise _does_not_fit(table.key)
            yield (*headings, *items)
            left = rest

    def _background(self, face: Face, marks: Marks) -> Background:
        """Drawn once for all faces that look the same."""
        key = (face.width, face.height, face.colour, marks.development)
        background = self._backgrounds.get(key)
        if background is None:
            background = self._backgrounds[key] = draw_background(self._fonts, face, sample=marks.development)
        return background

    def _notice(self, face: Face, marks: Marks) -> Iterator[TextRun]:
        if marks.development:
            left = (face.width - width_of(self._fonts, DEVELOPMENT_NOTICE, _NOTICE_SIZE)) / 2
            yield TextRun(x=left, y=_NOTICE_BASELINE, size=_NOTICE_SIZE, text=DEVELOPMENT_NOTICE, colour=_WARNING)

    def _heading(self, licence: Licence) -> Iterator[TextRun]:
        face, title = licence.licence_type.face, licence.licence_type.name
        size, spacing = face.title.size, face.title.spacing
        width = width_of(self._fonts, title, size) + spacing * (len(title) - 1)
        yield TextRun(
            x=(face.width - width) / 2, y=face.title.y, size=size, text=title, bold=True, spacing=spacing, colour=INK
        )
        number = self._number(licence, face.number.size, face.number.x - face.fields.x)
        (text,) = number.lines
        left = face.number.x - width_of(self._fonts, text, number.size)
        yield TextRun(x=left, y=face.number.y, size=number.size, text=text, colour=INK)

    def _number(self, licence: Licence, size: float, width: float) -> Block:
        block = shrink_to_fit(self._fonts, f"编号：{licence.number}", size=size, smallest=_SMALLEST_NUMBER, width=width)
        if block is None:
            raise _does_not_fit("certificateNumber")
        return block

    def _code(self, slug: str, face: Face, marks: Marks) -> Iterator[TextRun | Shape | Symbol]:
        place = face.code
        modules = code_modules(marks.code_address)
        margin = QUIET_ZONE * place.size / len(modules)
        clear = rectangle(place.x - margin, place.y - margin, place.size + 2 * margin, place.size + 2 * margin)
        yield Shape(commands=clear, fill=_PAPER)
        yield Symbol(x=place.x, y=place.y, size=place.size, modules=modules)
        captions = [
            (f"短码 {group_short_code(marks.short_code)}", _SHORT_CODE_SIZE, INK),
            ("扫码核验，或访问", _CAPTION_SIZE, FAINT),
            (f"{marks.public_url}/v/短码", _CAPTION_SIZE, FAINT),
        ]
        if marks.copy_serial:
            captions = [
                ("加注件，不是原件", _SHORT_CODE_SIZE, _WARNING),
                (f"加注件编号 {marks.copy_serial}", _CAPTION_SIZE, INK),
            ]
        if marks.local:
            captions.append((_LOCAL_NOTICE, _CAPTION_SIZE, _WARNING))
        y = place.y + place.size + margin + _CAPTION_GAP
        for text, size, colour in captions:
            block = shrink_to_fit(
                self._fonts, text, size=size, smallest=_SMALLEST_CAPTION, width=place.width, lines=_CAPTION_LINES
            )
            if block is None or y + block.height > place.bottom:
                raise CatalogueError(f"{slug}: face.code has no room for its captions and the public URL")
            yield from self._print_centred(block, place.x + place.size / 2, y, colour=colour)
            y += block.height

    def _issuer(self, licence: Licence) -> Iterator[TextRun]:
        place = licence.licence_type.face.issuer
        name = shrink_to_fit(
            self._fonts,
            licence.issuer.name,
            size=place.size,
            smallest=place.smallest,
            width=place.width,
            lines=_ISSUER_LINES,
        )
        if name is None:
            raise _does_not_fit("certificateIssuingAuthorityName")
        last_line = (len(name.lines) - 1) * name.line_height + name.first_baseline
        yield from self._print_centred(name, place.x, place.y - last_line, colour=INK)
        day = chinese_date(licence.issued_on)
        left = place.x - width_of(self._fonts, day, place.size) / 2
        yield TextRun(x=left, y=place.y + DATE_BELOW, size=place.size, text=day, colour=INK)

    def _print_centred(
        self, block: Block, centre: float, y: float, *, colour: tuple[float, float, float]
    ) -> Iterator[TextRun]:
        for run in print_block(block, centre, y, colour=colour):
            yield replace(run, x=centre - width_of(self._fonts, run.text, run.size) / 2)

    def _foot(self, licence: Licence, marks: Marks, number: int, total: int) -> Iterator[TextRun]:
        """Small lines with what programs and archivists look for, dates as the data has them."""
        face = licence.licence_type.face
        kinds = "、".join(holder.kind.code for holder in licence.holders)
        end = licence.validity.end.isoformat() if licence.validity.end else LONG_TERM
        parts = [
            f"证照标识 {marks.identifier}",
            f"颁发机构代码 {licence.issuer.code}（{licence.issuer.level}）",
            f"所属区域 {licence.area_code}",
            f"主体代码类型 {kinds}",
            f"颁发 {licence.issued_on.isoformat()}",
            f"有效期 {licence.validity.start.isoformat()} 至 {end}",
        ]
        if total > 1:
            parts.append(f"第 {number} 页，共 {total} 页")
        lines, room = [""], face.width - 2 * _FOOT_SIDE
        for part in parts:
            longer = f"{lines[-1]}　{part}" if lines[-1] else part
            if lines[-1] and width_of(self._fonts, longer, _FOOT_SIZE) > room:
                lines.append(part)
            else:
                lines[-1] = longer
        block = set_lines(lines, size=_FOOT_SIZE)
        yield from print_block(block, _FOOT_SIDE, face.height - _FOOT_BELOW - block.height, colour=FAINT)


def _does_not_fit(key: str) -> ExceptionGroup[InvalidFieldError]:
    return ExceptionGroup("the face has no room", [InvalidFieldError(f"/data/{key}", "DOES_NOT_FIT")])


def _seal_places(face: Face, awaited: Sequence[tuple[str, tuple[float, float]]]) -> Iterator[SealPlace]:
    x, y = face.issuer.x, face.issuer.y + DATE_BELOW
    yield SealPlace(field=SEAL_FIELD, x=x, y=y)
    reach = DEFAULT_DIAMETER / 2
    for field, (width, height) in awaited:
        x -= reach + _BETWEEN_SEALS + width / 2
        reach = width / 2
        yield SealPlace(field=field, x=x, y=y, size=(width, height))
