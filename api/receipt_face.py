"""The page of a receipt (核验回执) or refusal slip (拒收回执), drawn from the signed report that is inside it.

Everything is shown whole: long values take more lines, the type shrinks until one page holds them, and what even the
smallest type cannot hold goes on over the leaf.
"""

import json
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from esign import (
    SEAL_FIELD,
    FontChain,
    Page,
    SealPlace,
    Shape,
    TextRun,
    UnprintableError,
    VerificationReport,
    group_short_code,
    line,
    rectangle,
)
from licences import break_text, width_of

from .messages import DEVELOPMENT_NOTICE, VERDICTS
from .receipt_contents import Entry, Section, receipt_sections

# Millimetres.
_WIDTH, _HEIGHT = 210.0, 297.0
_LEFT, _RIGHT = 18.0, 192.0
_TOP, _BOTTOM = 14.0, 286.0
_VALUE_LEFT = 52.0
_FOOT = 46.0  # the seal, beside it what is to be known about the receipt
_ROW_GAP, _SECTION_GAP = 0.7, 2.6
_SEAL_CENTRE = 164.0
_NOTE_RIGHT = 130.0
_NAME_WIDTH = 56.0  # of the office, under its seal

_LINES_TOGETHER = 12  # of one value; a longer one may go on over the leaf

# Points.
_LARGEST, _SMALLEST, _STEP = 10.0, 7.0, 0.5
_NOTE_SIZE = 7.0

_INK, _FAINT, _RULE = (0.10, 0.10, 0.10), (0.40, 0.40, 0.40), (0.80, 0.80, 0.80)
_BLUE = (0.13, 0.30, 0.56)
_AMBER = (0.55, 0.33, 0.0)
_TONES = {
    "passed": ((0.05, 0.40, 0.22), (0.91, 0.97, 0.93)),
    "failed": ((0.70, 0.10, 0.10), (0.99, 0.92, 0.92)),
    "indeterminate": (_AMBER, (1.0, 0.96, 0.87)),
}
"""Ink and ground of a verdict."""

_NOTES = (
    "本回执证明上述时点的核验结果，不是证照本身，也不代表此后的状态。个人的姓名已遮盖，持证主体的号码不写入。",
    "It proves what was found at that time; it is not the licence and does not speak for later.",
    "核对本回执：将本 PDF 交给任何核验端（elicence verify），即可验明出具单位和内容；所附 report.json 内容相同。",
    "This PDF verifies itself; report.json inside says the same to programs.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Strip:
    """What stays together on a page; `y` of its items counts from its top."""

    height: float
    items: tuple[TextRun | Shape, ...]


def receipt_pages(fonts: FontChain, report: VerificationReport, *, seal: tuple[float, float]) -> tuple[Page, ...]:
    """Draw a report; `seal` is the size of the seal's picture, which goes onto the last page."""
    result = json.loads(report.result)
    head, sections = [*_title(fonts, report), _verdict(fonts, result)], receipt_sections(report)
    size = _LARGEST
    while True:
        strips = [*head, *_sections(fonts, sections, size)]
        whole = sum(strip.height for strip in strips)
        if whole <= _BOTTOM - _FOOT - _TOP or size <= _SMALLEST:
            break
        size -= _STEP
    pages, seal_top = _flow(strips)
    foot = _foot(fonts, report, seal_top, seal)
    last = replace(
        pages[-1],
        items=(*pages[-1].items, *foot),
        seals=(SealPlace(field=SEAL_FIELD, x=_SEAL_CENTRE, y=seal_top + _FOOT / 2 + 1.0),),
    )
    pages = [*pages[:-1], last]
    return tuple(
        replace(page, items=(*page.items, *_page_number(fonts, report, number, len(pages))))
        for number, page in enumerate(pages, start=1)
    )


def _flow(strips: Sequence[_Strip]) -> tuple[list[Page], float]:
    """Put strips onto pages; the last page leaves room for the foot, whose top is told."""
    pages: list[list[TextRun | Shape]] = [[]]
    y = _TOP
    for strip in strips:
        if y + strip.height > _BOTTOM and pages[-1]:
            pages.append([])
            y = _TOP
        pages[-1] += [_moved(item, y) for item in strip.items]
        y += strip.height
    if y + _FOOT > _BOTTOM:
        pages.append([])
        y = _TOP
    # One page looks best with its seal at the foot; after a short rest it stands close to the words.
    top = max(y, _BOTTOM - _FOOT) if len(pages) == 1 else y
    return [Page(width=_WIDTH, height=_HEIGHT, items=tuple(items)) for items in pages], top


def _moved(item: TextRun | Shape, y: float) -> TextRun | Shape:
    if isinstance(item, TextRun):
        return replace(item, y=item.y + y)
    moved = tuple(
        command._replace(numbers=tuple(part + (y if place % 2 else 0.0) for place, part in enumerate(command.numbers)))
        for command in item.commands
    )
    return replace(item, commands=moved)


def _title(fonts: FontChain, report: VerificationReport) -> Iterator[_Strip]:
    slip = report.refusal is not None
    zh, en = ("拒收回执", "SLIP ABOUT A REFUSAL") if slip else ("核验回执", "VERIFICATION RECEIPT")
    size, spacing = 24.0, 3.0
    width = width_of(fonts, zh, size) + spacing * (len(zh) - 1)
    left = (_WIDTH - width) / 2
    serial = f"编号 No. {_printed_serial(report.serial)}"
    shown = width_of(fonts, serial, 8.0)
    items: list[TextRun | Shape] = [
        TextRun(x=left, y=9.0, size=size, text=zh, colour=_INK, bold=True, spacing=spacing),
        _centred(fonts, en, 14.2, 8.0, _FAINT),
        TextRun(x=_RIGHT - shown, y=18.6, size=8.0, text=serial, colour=_FAINT),
    ]
    room = _RIGHT - _LEFT - shown - 8.0
    end = _lines(fonts, items, report.office_name, x=_LEFT, y=15.8, width=room, size=8.0, colour=_FAINT)
    yield _Strip(height=end + 1.1, items=tuple(items))
    if report.development:
        notice = f"{DEVELOPMENT_NOTICE.zh}　{DEVELOPMENT_NOTICE.en}"
        block = break_text(fonts, notice, size=8.5, width=_RIGHT - _LEFT - 6)
        height = block.height + 2.0
        ground = Shape(commands=rectangle(_LEFT, 0, _RIGHT - _LEFT, height), fill=_TONES["indeterminate"][1])
        lines = (
            _centred(fonts, text, 1.0 + block.first_baseline + place * block.line_height, 8.5, _AMBER)
            for place, text in enumerate(block.lines)
        )
        yield _Strip(height=height + 2.0, items=(ground, *lines))


def _verdict(fonts: FontChain, result: Mapping[str, Any]) -> _Strip:
    """The band with the verdict: word, sentence, what to do."""
    ink, ground = _TONES[result["verdict"]]
    word = VERDICTS[result["verdict"]]
    inside, right = _LEFT + 44.0, _RIGHT - 5.0
    items: list[TextRun | Shape] = []
    y = 3.0
    for text, size, colour in (
        (result["sentence"]["zh"], 11.5, _INK),
        (f"→ {result['action']['zh']}", 10.5, ink),
        (f"{result['sentence']['en']} → {result['action']['en']}", 7.5, _FAINT),
    ):
        y = _lines(fonts, items, text, x=inside, y=y, width=right - inside, size=size, colour=colour)
        y += 0.8
    height = max(y + 2.2, 22.0)
    middle = height / 2
    size = 22.0 if len(word.zh) < 4 else 17.0
    shown: list[TextRun | Shape] = [
        Shape(commands=rectangle(_LEFT, 0, _RIGHT - _LEFT, height), fill=ground),
        Shape(commands=rectangle(_LEFT, 0, 1.6, height), fill=ink),
        _centred(fonts, word.zh, middle + 1.2, size, ink, middle=_LEFT + 22.5, bold=True),
        _centred(fonts, word.en.upper(), middle + 7.0, 8.0, ink, middle=_LEFT + 22.5),
    ]
    return _Strip(height=height + _SECTION_GAP, items=(*shown, *items))


def _sections(fonts: FontChain, sections: Sequence[Section], size: float) -> Iterator[_Strip]:
    for section in sections:
        beside = _LEFT + width_of(fonts, section.title.zh, size + 1.0) + 2.0
        rule = size * 0.42 + 1.4
        items: list[TextRun | Shape] = [
            TextRun(x=_LEFT, y=size * 0.42, size=size + 1.0, text=section.title.zh, colour=_BLUE, bold=True),
            TextRun(x=beside, y=size * 0.42, size=size - 2.5, text=section.title.en, colour=_FAINT),
            Shape(commands=line(_LEFT, rule, _RIGHT, rule), stroke=_BLUE, line_width=0.25),
        ]
        # A heading never stands alone at the foot of a page.
        first, *others = (strip for entry in section.entries for strip in _rows(fonts, entry, size))
        yield _Strip(
            height=rule + 1.0 + first.height, items=(*items, *(_moved(item, rule + 1.0) for item in first.items))
        )
        yield from others
        yield _Strip(height=_SECTION_GAP, items=())


def _rows(fonts: FontChain, entry: Entry, size: float) -> Iterator[_Strip]:
    """An entry: its label, and beside it the value in parts that fit on any page."""
    shown = "\n".join(_printable(fonts, part) for part in entry.value.split("\n"))
    block = break_text(fonts, shown, size=size, width=_RIGHT - _VALUE_LEFT)
    beside = _LEFT + width_of(fonts, entry.label.zh, size - 0.5) + 1.6
    label = (
        TextRun(x=_LEFT, y=block.first_baseline, size=size - 0.5, text=entry.label.zh, colour=_FAINT),
        TextRun(x=beside, y=block.first_baseline, size=size - 3.0, text=entry.label.en, colour=_FAINT),
    )
    for begin in range(0, len(block.lines), _LINES_TOGETHER):
        part = block.lines[begin : begin + _LINES_TOGETHER]
        ends = begin + len(part) == len(block.lines)
        lines = (
            TextRun(
                x=_VALUE_LEFT, y=block.first_baseline + place * block.line_height, size=size, text=text, colour=_INK
            )
            for place, text in enumerate(part)
        )
        height = len(part) * block.line_height + (_ROW_GAP if ends else 0.0)
        yield _Strip(height=height, items=(*(label if begin == 0 else ()), *lines))


def _foot(
    fonts: FontChain, report: VerificationReport, top: float, seal: tuple[float, float]
) -> Iterator[TextRun | Shape]:
    yield Shape(commands=line(_LEFT, top + 1.0, _RIGHT, top + 1.0), stroke=_RULE)
    items: list[TextRun | Shape] = []
    y = top + 4.0
    for text in _NOTES:
        y = _lines(fonts, items, text, x=_LEFT, y=y, width=_NOTE_RIGHT - _LEFT, size=_NOTE_SIZE, colour=_FAINT) + 0.5
    yield from items
    middle = top + _FOOT / 2
    name = _printable(fonts, report.office_name)
    size = _LARGEST + 1.0 if width_of(fonts, name, _LARGEST + 1.0) <= _NAME_WIDTH else _SMALLEST + 1.0
    block = break_text(fonts, name, size=size, width=_NAME_WIDTH)
    begin = middle + 3.0 - block.height / 2 - block.first_baseline
    for place, text in enumerate(block.lines):
        baseline = begin + block.first_baseline + place * block.line_height
        yield _centred(fonts, text, baseline, size, _INK, middle=_SEAL_CENTRE)
    day = report.made_at.strftime("%Y-%m-%d")
    yield _centred(fonts, day, begin + block.height + 4.5, _LARGEST, _INK, middle=_SEAL_CENTRE)


def _page_number(fonts: FontChain, report: VerificationReport, number: int, count: int) -> Iterator[TextRun]:
    text = f"{_printed_serial(report.serial)}　{number} / {count}"
    yield _centred(fonts, text, _HEIGHT - 6.0, 7.0, _FAINT)


def _lines(
    fonts: FontChain,
    items: list[TextRun | Shape],
    text: str,
    *,
    x: float,
    y: float,
    width: float,
    size: float,
    colour: tuple[float, float, float],
) -> float:
    """Add a text in as many lines as it takes, and say where they end."""
    shown = "\n".join(_printable(fonts, part) for part in text.split("\n"))
    block = break_text(fonts, shown, size=size, width=width)
    for place, words in enumerate(block.lines):
        items.append(
            TextRun(x=x, y=y + block.first_baseline + place * block.line_height, size=size, text=words, colour=colour)
        )
    return y + block.height


def _centred(
    fonts: FontChain,
    text: str,
    y: float,
    size: float,
    colour: tuple[float, float, float],
    *,
    middle: float = _WIDTH / 2,
    bold: bool = False,
) -> TextRun:
    return TextRun(x=middle - width_of(fonts, text, size) / 2, y=y, size=size, text=text, colour=colour, bold=bold)


def _printable(fonts: FontChain, text: str) -> str:
    """What others wrote may have characters that no font prints, or that turn the line round: those are named."""
    return "".join(_shown(fonts, character) for character in text)


def _shown(fonts: FontChain, character: str) -> str:
    try:
        fonts.require(character)
    except UnprintableError:
        return f"[U+{ord(character):04X}]"
    return f"[U+{ord(character):04X}]" if unicodedata.category(character)[0] == "C" else character


def _printed_serial(serial: str) -> str:
    return f"{serial[:2]} {group_short_code(serial[2:])}"
