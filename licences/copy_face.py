"""The pages of an annotated copy (加注件): the face of the licence, and over every page for whom and what for it is.

The watermark lies under the text of the face and is text itself: it hides nothing, and it can be searched for. Where
the original has the issuer's seal the copy says so in words; what it bears itself is the stamp of its maker.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from esign import (
    COPY_SEALED,
    COPY_STAMP_HEIGHT,
    COPY_SYMBOL_PREFIX,
    QUIET_ZONE,
    SEAL_FIELD,
    CopyPurpose,
    FontChain,
    Page,
    SealPlace,
    Shape,
    Symbol,
    TextRun,
    block_height,
    code_modules,
    copy_attachments_text,
    copy_purpose_lines,
    copy_strip,
    rectangle,
    slanted_lines,
)

from .setting import FAINT
from .typesetting import break_text, width_of

_STRIP = (0.13, 0.30, 0.56)
_PAPER = (1.0, 1.0, 1.0)

# Millimetres.
_STRIP_BASELINE = 6.0  # outside the frame
_SYMBOL_SIDE, _SYMBOL_MARGIN, _SYMBOL_TOP = 15.0, 18.0, 20.0
_STAMP_BELOW = 3.5  # from the date to the stamp's upper edge
_SEALED_BELOW = 3.6  # from the stamp to the baseline of the words about the original's seal
_SEALED_LINE = 3.4
_BLOCK_EVERY = 72.0  # from one watermark to the next
_BLOCK_SHARE = 0.5  # of that: the most that one may take
_LINE_SHARE = 0.76  # of the page's width: the longest line of a watermark

# Points.
_STRIP_SIZE, _SEALED_SIZE = 8.0, 7.0
_LARGEST, _SMALLEST, _STEP = 13.0, 5.0, 0.5


def symbol_text(serial: str) -> str:
    """What the symbol on a copy's pages says."""
    return COPY_SYMBOL_PREFIX + serial


def annotate(
    fonts: FontChain,
    pages: Sequence[Page],
    *,
    serial: str,
    printed_serial: str,
    purpose: CopyPurpose,
    maker: str,
    made_at: datetime,
    expires_at: datetime,
    attachments: int,
) -> tuple[Page, ...]:
    """The pages of a face as those of a copy; the first bears the symbol already (``render.Marks``).

    `attachments` is how many files belong to the original: they are not in the copy, and it says so.

    Raises:
        UnprintableError: no font has one of the characters.
    """
    said = copy_purpose_lines(
        purpose, printed_serial=printed_serial, maker=maker, made_at=made_at, expires_at=expires_at
    )
    strip = copy_strip(printed_serial, expires_at)
    symbol = code_modules(symbol_text(serial))
    return tuple(
        replace(
            page,
            watermarks=tuple(_watermarks(fonts, page, said)),
            items=(
                *page.items,
                _strip(fonts, page, strip),
                *(_first_page(fonts, page, attachments) if number == 0 else _symbol(page, symbol)),
            ),
            seals=_stamp_place(page) if number == 0 else (),
        )
        for number, page in enumerate(pages)
    )


def _watermarks(fonts: FontChain, page: Page, said: Sequence[str]) -> Iterator[TextRun]:
    count = max(1, round(page.height / _BLOCK_EVERY))
    room = page.height / count
    lines, size = _fitted(fonts, said, width=page.width * _LINE_SHARE, height=room * _BLOCK_SHARE)
    for place in range(count):
        centre = (page.width / 2, (place + 0.5) * room)
        yield from slanted_lines(fonts, lines, size=size, centre=centre)


def _fitted(fonts: FontChain, said: Sequence[str], *, width: float, height: float) -> tuple[list[str], float]:
    """The texts as lines in the largest type that leaves room between the watermarks; the smallest always does."""
    size = _LARGEST
    while True:
        lines = [line for text in said for line in break_text(fonts, text, size=size, width=width).lines]
        if size <= _SMALLEST or block_height(len(lines), size) <= height:
            return lines, size
        size -= _STEP


def _strip(fonts: FontChain, page: Page, text: str) -> TextRun:
    left = (page.width - width_of(fonts, text, _STRIP_SIZE)) / 2
    return TextRun(x=left, y=_STRIP_BASELINE, size=_STRIP_SIZE, text=text, colour=_STRIP)


def _first_page(fonts: FontChain, page: Page, attachments: int) -> Iterator[TextRun]:
    place = page.seals[0]
    y = place.y + _STAMP_BELOW + COPY_STAMP_HEIGHT + _SEALED_BELOW
    words = [COPY_SEALED]
    if attachments:
        words.append(copy_attachments_text(attachments))
    for text in words:
        left = place.x - width_of(fonts, text, _SEALED_SIZE) / 2
        yield TextRun(x=left, y=y, size=_SEALED_SIZE, text=text, colour=FAINT)
        y += _SEALED_LINE


def _stamp_place(page: Page) -> tuple[SealPlace, ...]:
    place = page.seals[0]
    return (SealPlace(field=SEAL_FIELD, x=place.x, y=place.y + _STAMP_BELOW + COPY_STAMP_HEIGHT / 2),)


def _symbol(page: Page, modules: tuple[bytes, ...]) -> Iterator[Shape | Symbol]:
    margin = QUIET_ZONE * _SYMBOL_SIDE / len(modules)
    x, y = page.width - _SYMBOL_MARGIN - _SYMBOL_SIDE, _SYMBOL_TOP
    clear = rectangle(x - margin, y - margin, _SYMBOL_SIDE + 2 * margin, _SYMBOL_SIDE + 2 * margin)
    yield Shape(commands=clear, fill=_PAPER)
    yield Symbol(x=x, y=y, size=_SYMBOL_SIDE, modules=modules)
