"""Draws an OFD made by anybody; runs in a process of its own with limits (`child`)."""

import base64
import json
from collections.abc import Iterator

from .drawing import Drawn, DrawnOutline, DrawnPath, DrawnText, Ink, Matrix, Sheet
from .drawing_dots import sheet_png
from .drawing_pdf import sheets_pdf
from .ofd_sheets import SheetMaker
from .ofd_text_drawing import Fonts
from .page import rectangle
from .preview_notes import PREVIEW_EN, PREVIEW_ZH, Notes

MAX_PREVIEW_DOTS = 4_000_000
"""Of one picture; larger pages are shown smaller."""

_MARGIN = 3.0
"""Millimetres, of the strip below a page."""
_SIZE = 3.0
_LINE = 4.5
_MOST_LINES = 9
_GREY, _DARK = Ink(235, 235, 235), Ink(60, 60, 60)


def answer(data: bytes, argument: str) -> dict[str, object]:
    """The pages that the argument asks for, as one PDF or as PNGs."""
    asked = json.loads(argument)
    notes = Notes()
    maker = SheetMaker(data, asked["fonts"], notes)
    first, last = asked["first"], min(asked["last"], maker.pages)
    sheets = [maker.sheet(number) for number in range(first, last)]
    if asked["marked"]:
        sheets = [_marked(sheet, Fonts({}, asked["fonts"], Notes()), notes) for sheet in sheets]
    found: dict[str, object] = {"pages": maker.pages}
    if asked["form"] == "pdf":
        found["files"] = [base64.b64encode(sheets_pdf(sheets)).decode("ascii")]
    else:
        pictures = []
        for sheet in sheets:
            dots = sheet.width * sheet.height * (asked["dpi"] / 25.4) ** 2
            dpi = asked["dpi"] * min(1.0, (MAX_PREVIEW_DOTS / dots) ** 0.5)
            pictures.append(base64.b64encode(sheet_png(sheet, dpi)).decode("ascii"))
        found["files"] = pictures
    found["notes"] = [[note.value, about] for note, about in notes.found]
    return found


def _marked(sheet: Sheet, fonts: Fonts, notes: Notes) -> Sheet:
    """The page with a strip below it, which says what this is and what it shows otherwise than the file says."""
    told = dict.fromkeys(note for note, _ in notes.found)
    lines = [PREVIEW_ZH, PREVIEW_EN, *(line for note in told for line in (note.zh, note.en))][:_MOST_LINES]
    height = len(lines) * _LINE + _MARGIN
    strip = rectangle(0, sheet.height, sheet.width, height)
    added: list[Drawn] = [DrawnPath(commands=strip, fill=_GREY)]
    for number, line in enumerate(lines, start=1):
        glyphs = list(_line(fonts, line, sheet.width - 2 * _MARGIN, sheet.height + number * _LINE))
        added.append(DrawnText(glyphs=glyphs, fill=_DARK))
    return Sheet(width=sheet.width, height=sheet.height + height, items=[*sheet.items, *added])


def _line(fonts: Fonts, text: str, width: float, y: float) -> Iterator[tuple[DrawnOutline, Matrix]]:
    """A line of text, smaller where it would be too long."""
    advances = [fonts.advance(character) for character in text]
    size, x = min(_SIZE, width / max(1.0, sum(advances))), _MARGIN
    for character, advance in zip(text, advances, strict=True):
        outline = fonts.standing_in(character)
        if outline is not None:
            yield outline, (size, 0.0, 0.0, -size, x, y)
        x += advance * size
