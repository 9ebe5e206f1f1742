"""套打: a licence printed onto a blank pre-printed form, which has frame, title and labels already."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from esign import Command, FontChain, Page, Photo, Shape, Symbol, TextRun, line, rectangle, transformed

from .catalogue import DATE_BELOW, Document, Face, LicenceType
from .errors import FormError
from .face_parts import FaceParts, Marks, does_not_fit, photos_on
from .model import Licence
from .render import check_printable
from .setting import FAINT, INK, Row, face_contents, fit_slots, print_block, slots_of
from .typesetting import break_text, set_lines

MAX_OFFSET: Final = 20.0
"""Millimetres; a printer that is further out is not set up."""

_NOTE_SIZE, _LABEL_SIZE = 6.0, 7.0
_NOTE_ABOVE = 15.0  # millimetres from the edge of the page
_CROSS, _TICKS = 5.0, 10
_LINE_WEIGHT = 0.1


def overprint_page(
    fonts: FontChain, licence: Licence, marks: Marks, document: Document, *, serial: str, offset: tuple[float, float]
) -> Page:
    """What goes onto a form: values at fixed places, code, issuer, date; no frame, no title, no labels, no seal.

    `offset` moves everything right and down, in millimetres, to make up for the printer.

    Raises:
        ExceptionGroup: of `UnprintableFieldError`, or of one `InvalidFieldError` `DOES_NOT_FIT`.
        FormError: `FORM_OFFSET_TOO_LARGE`.
        CatalogueError: the face has no room for the captions of the code.
    """
    if not all(-MAX_OFFSET <= part <= MAX_OFFSET for part in offset):
        raise FormError("FORM_OFFSET_TOO_LARGE", limit=int(MAX_OFFSET))
    face, parts = document.face, FaceParts(fonts)
    check_printable(fonts, licence, marks)
    rows, tables = face_contents(licence, face)
    rows += [Row(key=one.key, label=one.label, value=f"见电子证照附页，共 {len(one.rows)} 项") for one in tables]
    items, unfit = fit_slots(fonts, rows, face, face.order)
    if unfit:
        raise does_not_fit(unfit)
    note = f"打印件，空白证照编号 {serial}；不含电子印章，以电子证照为准"
    printed: tuple[TextRun | Shape | Symbol | Photo, ...] = (
        *parts.number(licence, face, label=""),
        *items,
        *photos_on(licence, face),
        *parts.code(licence.licence_type.slug, face, marks),
        *parts.issuer(licence, face),
        *print_block(set_lines([note], size=_NOTE_SIZE), face.fields.x, face.height - _NOTE_ABOVE, colour=FAINT),
    )
    return Page(width=face.width, height=face.height, items=tuple(_moved(item, *offset) for item in printed))


def calibration_page(fonts: FontChain, licence_type: LicenceType, document: Document) -> Page:
    """A sheet that is printed over a blank form: crosses with scales, and outlines of every place."""
    face = document.face
    fields = {field.key: field.label for field in licence_type.all_fields}
    area = face.fields
    places = {
        fields.get(key, "有效期限"): (area.x, top, area.width, height)
        for key, (top, height) in slots_of(face, face.order).items()
    }
    code, issuer = face.code, face.issuer
    places |= {
        "编号": (area.x, face.number.y - 6, face.number.x - area.x, 7),
        "二维码": (code.x, code.y, code.size, code.size),
        "颁发机构、日期": (issuer.x - issuer.width / 2, issuer.y - 12, issuer.width, 12 + DATE_BELOW + 2),
    }
    places |= {fields[key]: (one.x, one.y, one.width, one.height) for key, one in face.photos.items()}
    items: list[TextRun | Shape] = []
    for label, (x, y, width, height) in places.items():
        items.append(Shape(commands=rectangle(x, y, width, height), stroke=FAINT, line_width=_LINE_WEIGHT))
        block = break_text(fonts, label, size=_LABEL_SIZE, width=max(width, 20))
        items += print_block(replace(block, lines=block.lines[:1]), x + 1, y + 0.5, colour=FAINT)
    items += _crosses(face)
    heading = (
        f"套打校准页：{licence_type.name} {document.label}。叠放在空白证照上对光，量出偏差（毫米），右移、下移为正。"
    )
    block = break_text(fonts, heading, size=_LABEL_SIZE + 1, width=face.width - 60)
    items += print_block(block, 30, 8, colour=INK)
    return Page(width=face.width, height=face.height, items=tuple(items))


def _crosses(face: Face) -> Iterator[Shape]:
    """A cross in each corner, 20 mm from the edges, with a tick for every millimetre."""
    for x in (MAX_OFFSET, face.width - MAX_OFFSET):
        for y in (MAX_OFFSET, face.height - MAX_OFFSET):
            lines: tuple[Command, ...] = (
                *line(x - 2 * _CROSS, y, x + 2 * _CROSS, y),
                *line(x, y - 2 * _CROSS, x, y + 2 * _CROSS),
            )
            for step in range(-_TICKS, _TICKS + 1):
                reach = 1.6 if step % 5 == 0 else 0.8
                lines += line(x + step, y - reach, x + step, y + reach)
                lines += line(x - reach, y + step, x + reach, y + step)
            yield Shape(commands=lines, stroke=INK, line_width=_LINE_WEIGHT)


def _moved(item: TextRun | Shape | Symbol | Photo, right: float, down: float) -> TextRun | Shape | Symbol | Photo:
    if isinstance(item, Shape):
        return replace(item, commands=transformed(item.commands, lambda x, y: (x + right, y + down)))
    return replace(item, x=item.x + right, y=item.y + down)
