"""Reading what people hand in: bounded, strict, and without ever repeating it in a message."""

import json
import os
import re
import stat
import sys
from datetime import datetime, time
from pathlib import Path
from typing import BinaryIO

from esign import CHINA, YEARS

from .errors import InputNotFoundError, InputTooLargeError, MalformedInputError, UsageError
from .system_words import why_unread

MAX_JSON_BYTES = 4 * 1024 * 1024  # paper metadata with an annex of 10,000 rows stays below 2 MB
MAX_JSON_DEPTH = 16  # envelope, data, rows, row, cell are five
MAX_LINE_BYTES = 4096  # a holder code on standard input

_INSTANT = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d{1,6})?([Zz]|[+-]\d\d:\d\d)?", re.ASCII)
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


def read_file(path: Path, limit: int) -> bytes:
    """Read at most `limit` + 1 bytes of a file: one byte too many tells the caller that there is more.

    Raises InputNotFoundError when it is not there, is no regular file or pipe, or may not be read.
    """
    try:
        with path.open("rb") as stream:
            mode = os.fstat(stream.fileno()).st_mode
            if not (stat.S_ISREG(mode) or stat.S_ISFIFO(mode)):
                raise InputNotFoundError(f"不是文件：{path}", f"not a file: {path}")
            return _read(stream, limit)
    except (OSError, ValueError) as error:
        why = why_unread(error)
        raise InputNotFoundError(f"{why.zh}：{path}", f"{why.en}: {path}") from error


def read_standard_input(limit: int) -> bytes:
    """Read at most `limit` + 1 bytes of standard input."""
    return _read(sys.stdin.buffer, limit)


def read_argument(name: str, limit: int) -> bytes:
    """Read the file of that name, or standard input for `-`; at most `limit` + 1 bytes."""
    return read_standard_input(limit) if name == "-" else read_file(Path(name), limit)


def read_json_argument(name: str) -> object:
    """Read the JSON value in a file, or on standard input for `-`."""
    return parse_json(read_argument(name, MAX_JSON_BYTES))


def parse_json(data: bytes) -> object:
    """Read one JSON value (RFC 8259), with or without a byte order mark.

    A key given twice, NaN, a lone surrogate and deep nesting are refused: what is sealed must mean one thing. Raises
    InputTooLargeError above `MAX_JSON_BYTES`, else MalformedInputError.
    """
    if len(data) > MAX_JSON_BYTES:
        limit = MAX_JSON_BYTES // 1024 // 1024
        raise InputTooLargeError(f"JSON 超过 {limit} MB。", f"the JSON is larger than {limit} MB")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise MalformedInputError(
            f"这不是 UTF-8 编码的 JSON 文本（第 {error.start + 1} 字节）；请改用 JSON 文件，或另存为 UTF-8 编码。",
            f"no JSON text in UTF-8 (byte {error.start + 1}): take a JSON file, or save it in UTF-8",
        ) from error
    if not text.strip():
        raise MalformedInputError("文件是空的，应为 JSON。", "the file is empty: JSON is expected")
    try:
        value = json.loads(text, object_pairs_hook=_object, parse_constant=_no_constant)
        _check_nesting(value, MAX_JSON_DEPTH)
        text_again = json.dumps(value, ensure_ascii=False)
        text_again.encode()
    except json.JSONDecodeError as error:
        raise MalformedInputError(
            f"不是有效的 JSON（第 {error.lineno} 行第 {error.colno} 列）。",
            f"not valid JSON (line {error.lineno}, column {error.colno})",
        ) from error
    except RecursionError as error:
        raise MalformedInputError("JSON 嵌套太深。", "the JSON is nested too deeply") from error
    except UnicodeEncodeError as error:
        raise MalformedInputError("JSON 含有不成对的代理码位。", "the JSON contains an unpaired surrogate") from error
    except ValueError as error:
        # `int` refuses thousands of digits; the hooks below refuse the rest.
        raise MalformedInputError(
            "JSON 有重复的键、NaN 或过长的数字。", "the JSON has a duplicate key, NaN or an overlong number"
        ) from error
    return value


def parse_at(text: str) -> datetime:
    """Read the instant that `--at` means: RFC 3339, or the last moment of a day in UTC+08:00.

    Raises UsageError when it is neither, an instant without offset, or beyond all calendars.
    """
    try:
        if _DAY.fullmatch(text):
            at = datetime.combine(datetime.strptime(text, "%Y-%m-%d").date(), time.max, tzinfo=CHINA)
            return within_calendars(at)
        if _INSTANT.fullmatch(text):
            at = datetime.fromisoformat(text.upper())
            if at.tzinfo is not None:
                return within_calendars(at)
            raise UsageError("时刻缺少时区偏移，例如 +08:00。", "the instant has no offset, for instance +08:00")
    except ValueError as error:
        raise UsageError("没有这样的日期或时刻。", "no such date or instant") from error
    raise UsageError(
        "时间应为日期（2026-11-21）或 RFC 3339 时刻（2026-11-21T10:00:00+08:00）。",
        "a date (2026-11-21) or an RFC 3339 instant (2026-11-21T10:00:00+08:00) is expected",
    )


def parse_start(text: str) -> datetime:
    """Read the instant from which something holds: RFC 3339, or the first moment of a day in UTC+08:00."""
    at = parse_at(text)
    return at.replace(hour=0, minute=0, second=0, microsecond=0) if _DAY.fullmatch(text) else at


def within_calendars(at: datetime) -> datetime:
    """Return an instant that every calendar and time zone can write; UsageError for others."""
    if at.year not in YEARS:
        raise UsageError(
            f"年份应在 {YEARS.start} 至 {YEARS.stop - 1} 之间。",
            f"the year lies within {YEARS.start} and {YEARS.stop - 1}",
        )
    return at


def _read(stream: BinaryIO, limit: int) -> bytes:
    # A pipe hands over what it has: read until there is enough.
    parts: list[bytes] = []
    missing = limit + 1
    while missing and (part := stream.read(missing)):
        parts.append(part)
        missing -= len(part)
    return b"".join(parts)


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    result = dict(pairs)
    if len(result) != len(pairs):
        raise ValueError("duplicate key")
    return result


def _no_constant(name: str) -> object:
    raise ValueError(name)


def _check_nesting(value: object, depth: int) -> None:
    if depth == 0:
        raise RecursionError
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for item in inner:
        if isinstance(item, dict | list):
            _check_nesting(item, depth - 1)
