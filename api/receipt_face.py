"""The page of a receipt (核验回执) or refusal slip (拒收回执), drawn from the signed report that is inside it.

Everything is shown whole: long values take more lines, the type shrinks until one page holds them, and what even the
smallest type cannot hold goes on over the leaf.
"""

import json
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
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

from .messages import (
    ALGORITHMS,
    DEVELOPMENT_NOTICE,
    KINDS,
    PROOFS,
    RECORDED,
    STATUS_SOURCES,
    VERDICTS,
    Message,
    check_name,
    moment_text,
    period_text,
)

# Millimetres.
_WIDTH, _HEIGHT = 210.0, 297.0
_LEFT, _RIGHT = 18.0, 192.0
_TOP, _BOTTOM = 14.0, 286.0
_VALUE_LEFT = 52.0
_FOOT = 46.0  # the seal, beside it what is to be known about the receipt
_ROW_GAP, _SECTION_GAP = 0.7, 2.6
_SEAL_CENTRE = 164.0
_NOTE_RIGHT = 132.0

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

_LAW = Message(
    zh="《国务院关于在线政务服务的若干规定》（国务院令第716号）第十条：电子证照与纸质证照效力相同；"
    "第十一条：除法律、行政法规另有规定外，电子证照可以作为办理政务服务事项的依据。",
    en="State Council Decree 716 (2019), art. 10: an e-licence has the effect of the paper one; art. 11: unless a law "
    "or administrative regulation says otherwise, business may be done on it.",
)
_COMPLAINT = Message(
    zh="认为不应拒收的，可以凭本回执向本单位的上级主管部门反映，或者拨打 12345 政务服务便民热线。",
    en="Whoever thinks that it had to be taken may turn to the office above this one, or call 12345, with this slip.",
)
_NOTES = (
    "本回执证明上述时点的核验结果，不是证照本身，也不代表此后的状态。回执只写明已遮盖的持证主体，不含其号码。",
    "It proves what was found at that time; it is not the licence and does not speak for later.",
    "核对本回执：将本 PDF 交给任何核验端（elicence verify），即可验明出具单位和内容；所附 report.json 内容相同。",
    "This PDF verifies itself; report.json inside says the same to programs.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Strip:
    """What stays together on a page; `y` of its items counts from its top."""

    height: float
    items: tuple[TextRun | Shape, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entry:
    label: Message
    value: str


def receipt_pages(fonts: FontChain, report: VerificationReport, *, seal: tuple[float, float]) -> tuple[Page, ...]:
    """Draw a report; `seal` is the size of the seal's picture, which goes onto the last page."""
    result = json.loads(report.result)
    head = [*_title(fonts, report), _verdict(fonts, result)]
    size = _LARGEST
    while True:
        strips = [*head, *_sections(fonts, report, result, size)]
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
    yield _Strip(
        height=21.0,
        items=(
            TextRun(x=left, y=9.0, size=size, text=zh, colour=_INK, bold=True, spacing=spacing),
            _centred(fonts, en, 14.2, 8.0, _FAINT),
            TextRun(x=_LEFT, y=18.6, size=8.0, text=_printable(fonts, report.office_name), colour=_FAINT),
            TextRun(x=_RIGHT - width_of(fonts, serial, 8.0), y=18.6, size=8.0, text=serial, colour=_FAINT),
        ),
    )
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
    shown = [
        Shape(commands=rectangle(_LEFT, 0, _RIGHT - _LEFT, height), fill=ground),
        Shape(commands=rectangle(_LEFT, 0, 1.6, height), fill=ink),
        _centred(fonts, word.zh, middle + 1.2, size, ink, middle=_LEFT + 22.5, bold=True),
        _centred(fonts, word.en.upper(), middle + 7.0, 8.0, ink, middle=_LEFT + 22.5),
    ]
    return _Strip(height=height + _SECTION_GAP, items=(*shown, *items))


def _sections(fonts: FontChain, report: VerificationReport, result: Mapping[str, Any], size: float) -> Iterator[_Strip]:
    for title, entries in _contents(report, result):
        if not entries:
            continue
        heading = TextRun(x=_LEFT, y=size * 0.42, size=size + 1.0, text=title.zh, colour=_BLUE, bold=True)
        beside = _LEFT + width_of(fonts, title.zh, size + 1.0) + 2.0
        rule = size * 0.42 + 1.4
        items = [
            heading,
            TextRun(x=beside, y=size * 0.42, size=size - 2.5, text=title.en, colour=_FAINT),
            Shape(commands=line(_LEFT, rule, _RIGHT, rule), stroke=_BLUE, line_width=0.25),
        ]
        strips = [_row(fonts, entry, size) for entry in entries]
        # A heading never stands alone at the foot of a page.
        first, *others = strips
        yield _Strip(
            height=rule + 1.0 + first.height, items=(*items, *(_moved(item, rule + 1.0) for item in first.items))
        )
        yield from others
        yield _Strip(height=_SECTION_GAP, items=())


def _row(fonts: FontChain, entry: _Entry, size: float) -> _Strip:
    items: list[TextRun | Shape] = []
    baseline = break_text(fonts, " ", size=size, width=_RIGHT).first_baseline
    items.append(TextRun(x=_LEFT, y=baseline, size=size - 0.5, text=entry.label.zh, colour=_FAINT))
    beside = _LEFT + width_of(fonts, entry.label.zh, size - 0.5) + 1.6
    items.append(TextRun(x=beside, y=baseline, size=size - 3.0, text=entry.label.en, colour=_FAINT))
    y = _lines(fonts, items, entry.value, x=_VALUE_LEFT, y=0.0, width=_RIGHT - _VALUE_LEFT, size=size, colour=_INK)
    return _Strip(height=y + _ROW_GAP, items=tuple(items))


def _contents(report: VerificationReport, result: Mapping[str, Any]) -> Iterator[tuple[Message, list[_Entry]]]:
    if report.refusal is not None:
        yield Message(zh="拒收", en="Refusal"), list(_refusal_entries(report))
    yield Message(zh="证照", en="Licence"), list(_licence_entries(result))
    yield Message(zh="核验对象", en="What was checked"), list(_subject_entries(report, result))
    yield Message(zh="检查", en="Checks"), list(_check_entries(result))
    if report.refusal is None:
        # The slip is for the citizen; what it leaves out stands in the data inside.
        yield Message(zh="签名", en="Signatures"), list(_signature_entries(result))
    yield Message(zh="核验办理", en="Verification"), list(_case_entries(report, result))


def _refusal_entries(report: VerificationReport) -> Iterator[_Entry]:
    refusal = report.refusal
    if refusal is None:
        return
    yield _Entry(label=Message(zh="未采信的理由", en="Reason"), value=f"{refusal.zh}　{refusal.en}")
    if refusal.remark:
        yield _Entry(label=Message(zh="备注", en="Remark"), value=refusal.remark)
    yield _Entry(label=Message(zh="有关规定", en="Law"), value=f"{_LAW.zh}\n{_LAW.en}")
    yield _Entry(label=Message(zh="意见反映", en="Complaint"), value=f"{_COMPLAINT.zh}\n{_COMPLAINT.en}")


def _licence_entries(result: Mapping[str, Any]) -> Iterator[_Entry]:
    licence, code, copy = result["licence"], result["code"], result["copy"]
    if licence is not None:
        holders = licence.get("holders") or [licence]
        named = "、".join(f"{one['certificateHolderName']}（{one['certificateHolderTypeName']}）" for one in holders)
        issuer = f"{licence['certificateIssuingAuthorityName']}（{licence['certificateIssuingAuthorityCode']}）"
        yield _Entry(label=Message(zh="证照类型", en="Type"), value=licence["certificateType"])
        yield _Entry(label=Message(zh="证照编号", en="Number"), value=licence["certificateNumber"])
        yield _Entry(label=Message(zh="持证主体", en="Holder"), value=named)
        yield _Entry(label=Message(zh="颁发机构", en="Issuer"), value=issuer)
        days = licence["certificateEffectiveDate"], licence["certificateExpiringDate"]
        yield _Entry(label=Message(zh="有效期", en="Validity"), value=_period(*days))
        if "document" in licence:
            yield _Entry(label=Message(zh="出示文件", en="Document"), value=licence["document"]["label"])
        identifier = licence["certificateIdentifier"]
        yield _Entry(label=Message(zh="证照标识", en="Identifier"), value=identifier)
    elif code is not None:
        yield _Entry(label=Message(zh="证照标识", en="Identifier"), value=code["identifier"])
        yield _Entry(label=Message(zh="有效期", en="Validity"), value=_period(code["valid_from"], code["valid_to"]))
    if copy is not None:
        said = f"{copy['serial']}，{copy['requester']['office']}，{copy['item']['name']}，{copy['case_number']}"
        yield _Entry(label=Message(zh="加注件", en="Copy"), value=said)


def _subject_entries(report: VerificationReport, result: Mapping[str, Any]) -> Iterator[_Entry]:
    checked = report.checked
    kind = KINDS.get(result["kind"], Message(zh=result["kind"], en=""))
    value = f"{kind.zh}　{kind.en}　{checked.size:,} 字节 bytes"
    yield _Entry(label=Message(zh="种类与大小", en="Kind, size"), value=value)
    yield _Entry(label=Message(zh="SM3 摘要", en="digest"), value=checked.digests.sm3)
    yield _Entry(label=Message(zh="SHA-256 摘要", en="digest"), value=checked.digests.sha256)
    if checked.signature is not None:
        yield _Entry(label=Message(zh="所附签名 SM3", en="signature"), value=checked.signature.sm3)


def _check_entries(result: Mapping[str, Any]) -> Iterator[_Entry]:
    status = result["status"]
    word = RECORDED.get(status["value"], Message(zh=status["value"], en=""))
    source = STATUS_SOURCES.get(status["source"], Message(zh=status["source"], en=""))
    as_of = "" if status["as_of"] is None else f"　{_moment(status['as_of'])}"
    told = f"{word.zh} {word.en}　{source.zh} {source.en}{as_of}"
    yield _Entry(label=Message(zh="证照状态", en="Status"), value=told)
    checks = result["checks"]
    counted = [sum(check["outcome"] == outcome for check in checks) for outcome in VERDICTS]
    value = f"共 {len(checks)} 项：" + "，".join(
        f"{word.zh} {count}" for word, count in zip(VERDICTS.values(), counted, strict=True) if count
    )
    yield _Entry(label=Message(zh="检查项", en="Checks"), value=value)
    for check in checks:
        if check["outcome"] == "passed":
            continue
        name, word = check_name(check["name"]), VERDICTS[check["outcome"]]
        detail = f"（{check['detail']}）" if check["detail"] else ""
        yield _Entry(label=word, value=f"{name.zh} {name.en}：{check['code']}{detail}")
    yield _Entry(label=Message(zh="结论代码", en="Reason"), value=f"{result['reason']}　{result['indication']}")


def _signature_entries(result: Mapping[str, Any]) -> Iterator[_Entry]:
    for place, one in enumerate(result["signatures"], start=1):
        signer = "，".join(part for part in (one["signer"]["organization"], one["signer"]["name"]) if part) or "–"
        algorithm = ALGORITHMS.get(one["algorithm"], one["algorithm"])
        facts = "，".join(
            f"{name}{'是' if good else '否'}"
            for name, good in (
                ("内容未改动：", one["intact"]),
                ("签名有效：", one["valid"]),
                ("证书可信：", one["trusted"]),
            )
        )
        claimed = "未说明 not said" if one["claimed_time"] is None else _moment(one["claimed_time"])
        proof = PROOFS[one["proof"]]
        proven = "" if one["proven_time"] is None else f" {_moment(one['proven_time'])}"
        certificate = f"{one['certificate_serial']}（{one['certificate_issuer'] or '–'}）"
        times = f"签名时间 {claimed}　时间证明 {proof.zh}{proven}"
        yield _Entry(
            label=Message(zh=f"签名 {place}", en=one["field"]),
            value=f"{signer}　{algorithm}　{facts}\n证书 {certificate}\n{times}",
        )


def _case_entries(report: VerificationReport, result: Mapping[str, Any]) -> Iterator[_Entry]:
    case = report.case
    office = f"{report.office_name}（{report.office_code}）"
    yield _Entry(label=Message(zh="核验单位", en="Office"), value=office)
    item = "　".join(part for part in (case.item_name, case.item_code) if part)
    for label, value in (
        (Message(zh="经办人", en="Officer"), case.officer),
        (Message(zh="办理事项", en="Item"), item),
        (Message(zh="案号", en="Case"), case.case_number),
    ):
        if value:
            yield _Entry(label=label, value=value)
    asked, made = _moment(result["at"]), moment_text(report.made_at)
    yield _Entry(label=Message(zh="核验时点", en="As of"), value=f"{asked}（UTC+08:00）")
    yield _Entry(label=Message(zh="出具时间", en="Made"), value=f"{made}（UTC+08:00，本机时钟 by this office's clock）")


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
    room = max(seal[0], _RIGHT - _SEAL_CENTRE) * 1.3
    size = min(11.0, 11.0 * room / max(width_of(fonts, name, 11.0), 1.0))
    yield _centred(fonts, name, middle + 1.0, size, _INK, middle=_SEAL_CENTRE)
    day = report.made_at.strftime("%Y-%m-%d")
    yield _centred(fonts, day, middle + 7.0, 10.0, _INK, middle=_SEAL_CENTRE)


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


def _moment(text: str) -> str:
    return moment_text(datetime.fromisoformat(text))


def _period(first: str, last: str | None) -> str:
    period = period_text(date.fromisoformat(first), None if last is None else date.fromisoformat(last))
    return f"{period.zh}　{period.en}"
