"""The words on a face that are not values: who draws a face takes them from here, and so does who compares it.

Every change of these words, or of the order in which they are drawn, makes another `FACE_FORM`: files that were sealed
before keep theirs.
"""

from collections.abc import Sequence
from datetime import date, datetime

from .annotated_copy import CopyPurpose
from .china import CHINA
from .short_code import LENGTH as SHORT_CODE_LENGTH
from .short_code import group_short_code
from .structured import LONG_TERM

FACE_FORM = 1
"""Names these words and their order in structured licences."""

SAMPLE_NOTICE = "样例/测试 SAMPLE：不具法律效力"
NUMBER_LABEL = "编号："
TERM_LABEL = "有效期限"
ORIGIN_LABEL, BODY_LABEL = "证照来源", "正文"
TEXT_REFERENCE = "见附页"
RECORD_COLUMNS = ("日期", "记录事项（变更、检验、复核等）", "经办机关（章）")
RECORD_TITLE = "变更及检验记录"
LOCAL_NOTICE = "（本机测试地址 test address）"
SHORT_CODE_LABEL, SCAN_HINT = "短码 ", "扫码核验，或访问"
COPY_NOTICE = "加注件，不是原件"
COPY_SEALED = "原件已加盖颁发机构电子印章，本件不含该印章"
COPY_SYMBOL_PREFIX = "ELICENCE-COPY:"
"""Begins the text of the symbol on every page; the serial follows. It is no address: nobody can look copies up."""


def chinese_date(day: date) -> str:
    """A date as licences print it: 2026年3月2日."""
    return f"{day.year}年{day.month}月{day.day}日"


def term_text(start: date, end: date | None) -> str:
    """The term as a row of the face prints it."""
    return f"{chinese_date(start)} 至 {chinese_date(end)}" if end else LONG_TERM


def table_reference(rows: int) -> str:
    """What stands on the face in the place of a table that is on annex pages."""
    return f"{TEXT_REFERENCE}，共 {rows} 项"


def document_title(name: str, label: str, documents: int) -> tuple[str, str]:
    """The title, and behind it which of several documents it is."""
    return name, f"（{label}）" if documents > 1 else ""


def file_title(type_name: str, number: str, printed_serial: str = "") -> str:
    """How programs call the file of a licence, or of an annotated copy with this serial."""
    return f"{type_name} {number}" + (f"（加注件 {printed_serial}）" if printed_serial else "")


def annex_title(title: str, label: str) -> str:
    """The heading of an annex page with a field's value."""
    return f"{title}　附页：{label}"


def record_title(title: str) -> str:
    """The heading of the page for entries."""
    return f"{title}　{RECORD_TITLE}"


def origin_text(converted_on: date, historic_issuer: str) -> str:
    """What the face says of the paper that it was made from; no historic issuer where that is the one that seals."""
    said = f"由纸质证照转换，转换日期 {chinese_date(converted_on)}"
    return f"{said}；原颁发机构：{historic_issuer}" if historic_issuer else said


def body_text(name: str, pages: int, sm3: str) -> str:
    """What the face says of a body that was written elsewhere."""
    return f"见所附文件“{name}”，共 {pages} 页（SM3 {sm3[:16]}…）"


def address_text(public_url: str) -> str:
    """The address under the symbol, to which a short code is added by hand."""
    return f"{public_url}/v/短码"


def foot_parts(
    *,
    identifier: str,
    issuer_code: str,
    issuer_level: str,
    area_code: str,
    holder_kinds: Sequence[str],
    issued_on: date,
    valid_from: date,
    valid_to: date | None,
    page: int,
    pages: int,
) -> list[str]:
    """What stands at the foot of every page for programs and archivists, dates as the data has them."""
    end = valid_to.isoformat() if valid_to else LONG_TERM
    parts = [
        f"证照标识 {identifier}",
        f"颁发机构代码 {issuer_code}（{issuer_level}）",
        f"所属区域 {area_code}",
        f"主体代码类型 {'、'.join(dict.fromkeys(holder_kinds))}",
        f"颁发 {issued_on.isoformat()}",
        f"有效期 {valid_from.isoformat()} 至 {end}",
    ]
    return [*parts, f"第 {page} 页，共 {pages} 页"] if pages > 1 else parts


def group_serial(serial: str) -> str:
    """The serial of a copy as it is printed: its first letters and three groups of four."""
    begin = len(serial) - SHORT_CODE_LENGTH
    return f"{serial[:begin]}-{group_short_code(serial[begin:])}"


def copy_serial_text(printed_serial: str) -> str:
    """The line with the serial under a copy's symbol."""
    return f"加注件编号 {printed_serial}"


def copy_strip(printed_serial: str, expires_at: datetime) -> str:
    """The line over every page of a copy."""
    return f"加注件　不是原件　ANNOTATED COPY　编号 {printed_serial}　有效至 {minute_text(expires_at)}（UTC+08:00）"


def copy_purpose_lines(
    purpose: CopyPurpose, *, printed_serial: str, maker: str, made_at: datetime, expires_at: datetime
) -> tuple[str, ...]:
    """What the watermarks of a copy say."""
    return (
        f"仅供{purpose.office}办理“{purpose.item_name}”使用",
        f"案号 {purpose.case_number}　事项编码 {purpose.item_code}　经办 {purpose.officer}",
        f"事由：{purpose.cause}",
        f"有效至 {minute_text(expires_at)}　加注件 {printed_serial}　{maker} {minute_text(made_at)} 制作",
    )


def copy_attachments_text(count: int) -> str:
    """What a copy says of the files that belong to the original."""
    return f"原件另有 {count} 份附件（扫描件、正文等），本件未附"


def minute_text(at: datetime) -> str:
    """A time of the day as people read it."""
    return at.astimezone(CHINA).strftime("%Y-%m-%d %H:%M")
