"""From what was typed into a register to what the paper says: only the dirt of typing goes, nothing is guessed."""

import re
import unicodedata
from datetime import date
from typing import Final

LONG_TERM_WORDS: Final = frozenset({"长期", "长期有效", "永久", "永久有效", "无固定期限", "无期限", "0/L"})
MAX_DAY_CHARACTERS: Final = 100
"""Of a day or a period, spaces counted once: nothing longer is looked at."""
_SPACES = re.compile(r"[^\S\n]+")
_NO_WIDTH = dict.fromkeys((0x200B, 0x200C, 0x200D, 0x2060, 0xFEFF, 0x00AD))
_DAY = re.compile(
    r"([0-9]{4})(?:年([0-9]{1,2})月([0-9]{1,2})[日号]?|([-/.])([0-9]{1,2})\4([0-9]{1,2})\.?|([0-9]{2})([0-9]{2}))"
    r"(?:[ T]?[0-9]{1,2}:[0-9]{2}(?::[0-9]{2}(?:\.0+)?)?)?"
)
_AROUND_SIGNS = re.compile(r"\s*([年月日号/.-])\s*")
_PERIOD = re.compile(r"\s*(?:至|到|—+|–|－|～|~|(?<=[0-9日号])-(?=[0-9]{4})|\s-\s)\s*")
_FILLERS = frozenset({"起", "止", "起止"})
_GROUPED = re.compile(r"[+-]?[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]+)?")
_CHINESE_DIGITS = {character: str(index % 10) for index, character in enumerate("〇一二三四五六七八九零")} | {"○": "0"}
_CHINESE_DAY = re.compile(
    r"([〇○零一二三四五六七八九]{4})年([一二三四五六七八九十]{1,3})月([一二三四五六七八九十]{1,3})[日号]"
)


def clean_text(text: str, *, lines: bool = False) -> str:
    """Return a text without the spaces around it, in NFC; `lines` keeps its line feeds.

    Spaces of any width inside it become one plain space, characters of no width go.
    """
    text = unicodedata.normalize("NFC", text.translate(_NO_WIDTH)).replace("\r\n", "\n").replace("\r", "\n")
    parts = (_SPACES.sub(" ", line).strip() for line in text.split("\n"))
    return "\n".join(parts).strip("\n") if lines else " ".join(part for part in parts if part)


def clean_code(text: str) -> str:
    """Return a code in half-width characters without spaces, nor the mark that makes a spreadsheet keep its zeros."""
    folded = "".join(unicodedata.normalize("NFKC", text.translate(_NO_WIDTH)).split()).lstrip("'")
    return unicodedata.normalize("NFC", folded)


def clean_amount(text: str, unit: str) -> str:
    """Return a number without its unit and its thousands marks."""
    folded = clean_code(text)
    folded_unit = clean_code(unit)
    if folded_unit and folded.endswith(folded_unit):
        folded = folded[: -len(folded_unit)]
    return folded.replace(",", "") if _GROUPED.fullmatch(folded) else folded


def clean_day(text: str) -> str | None:
    """Return a day as YYYY-MM-DD; None when it is none of the forms that leave no doubt."""
    folded = _folded(text)
    if len(folded) > MAX_DAY_CHARACTERS:
        return None
    chinese = _CHINESE_DAY.fullmatch("".join(folded.split()))
    if chinese is not None:
        year = "".join(_CHINESE_DIGITS[character] for character in chinese[1])
        return _day(year, _chinese_number(chinese[2]), _chinese_number(chinese[3]))
    match = _DAY.fullmatch(_AROUND_SIGNS.sub(r"\1", folded))
    if match is None:
        return None
    year, *rest = match.groups()
    month, day = (rest[0], rest[1]) if rest[0] else (rest[3], rest[4]) if rest[3] else (rest[5], rest[6])
    return _day(year, month, day)


def split_period(text: str) -> tuple[str, str] | None:
    """Return the two days of a period such as 2020年1月5日至2025年1月4日, the second one perhaps a word for no end.

    None when there are not two.
    """
    folded = _folded(text)
    if len(folded) > MAX_DAY_CHARACTERS:
        return None
    for word in ("自", "从"):
        folded = folded.removeprefix(word)
    parts = [part.strip().rstrip("起止").strip() for part in _PERIOD.split(folded) if part.strip() not in _FILLERS]
    return (parts[0], parts[1]) if len(parts) == 2 and all(parts) else None


def _folded(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text.translate(_NO_WIDTH)).split())


def _chinese_number(text: str) -> str:
    tens, ten, ones = text.partition("十")
    if not ten:
        return _CHINESE_DIGITS[text] if len(text) == 1 else ""
    if len(tens) > 1 or len(ones) > 1 or "十" in ones:
        return ""
    return (_CHINESE_DIGITS[tens] if tens else "1") + (_CHINESE_DIGITS[ones] if ones else "0")


def _day(year: str, month: str, day: str) -> str | None:
    try:
        return date(int(year), int(month), int(day)).isoformat()
    except ValueError:
        return None
