"""Numbers and days of a spreadsheet, as the person who typed them sees them."""

import re
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from typing import Final

from .sheet import Cell, CellKind

_SIGNIFICANT_DIGITS: Final = 15
"""What a spreadsheet keeps of a number."""
_EPOCH_1900: Final = date(1899, 12, 31)
_EPOCH_1904: Final = date(1904, 1, 1)
_LEAP_DAY_1900: Final = 60  # 29 February 1900, a day that spreadsheets believe in
_LAST_DAY: Final = 110_000  # in the year 2201

# What says nothing about the value: quoted words, escaped signs, colours, locales, padding.
_DECORATION = re.compile(r'"[^"]*"|\\.|\[[^\[\]]*\]|_.|\*.')
_ZEROS = re.compile(r"(?:#,##)?(0+)(?:\.(0+))?")
_MAX_PADDING = 40


def is_day_format(number_format: str) -> bool:
    """Whether a number format shows days rather than amounts or times of day."""
    bare = _DECORATION.sub("", number_format.partition(";")[0]).lower()
    if not bare or "general" in bare or "e+" in bare:
        return False
    return "y" in bare or "d" in bare or ("m" in bare and "h" not in bare and "s" not in bare)


def day_of_serial(serial: Decimal, *, from_1904: bool) -> date | None:
    """Return the day that a number stands for; None for one that is no day."""
    number = int(serial)
    if not 0 <= number <= _LAST_DAY:
        return None
    if from_1904:
        return _EPOCH_1904 + timedelta(days=number)
    if number in (0, _LEAP_DAY_1900):
        return None
    return _EPOCH_1900 + timedelta(days=number - (number > _LEAP_DAY_1900))


def day_of_number(text: str, *, from_1904: bool) -> date | None:
    """Return the day of a number whose cell has lost its date format; None for one that is not of 1927 to 2173."""
    return day_of_serial(Decimal(text), from_1904=from_1904) if len(text) == 5 and text.isdecimal() else None


def number_cell(text: str, number_format: str, *, from_1904: bool) -> Cell:
    """Return the cell that holds this number; ValueError when it is none."""
    try:
        value = Decimal(text)
    except InvalidOperation as error:
        raise ValueError("no number") from error
    if not value.is_finite():
        raise ValueError("no number")
    if value.adjusted() >= _SIGNIFICANT_DIGITS:
        return Cell(f"{value:.0f}" if value.adjusted() < _MAX_PADDING else "", CellKind.LOST_DIGITS)
    if is_day_format(number_format):
        day = day_of_serial(value, from_1904=from_1904)
        return Cell("", CellKind.ERROR) if day is None else Cell(day.isoformat(), CellKind.DATE)
    return Cell(_shown(value, number_format), CellKind.NUMBER)


def _shown(value: Decimal, number_format: str) -> str:
    # 12.1 is kept as 12.100000000000001.
    places = _SIGNIFICANT_DIGITS - 1 - value.adjusted()
    plain = f"{round(value, min(places, 30)):f}"
    if "." in plain:
        plain = plain.rstrip("0").rstrip(".")
    if plain in ("-0", ""):
        plain = "0"
    zeros = _ZEROS.fullmatch(_DECORATION.sub("", number_format.partition(";")[0]).strip())
    if zeros is None or plain.startswith("-"):
        return plain
    # The format gives zeros back that the number has not; it never takes digits away.
    whole, _, fraction = plain.partition(".")
    whole = whole.zfill(min(len(zeros[1]), _MAX_PADDING))
    fraction = fraction.ljust(min(len(zeros[2] or ""), _MAX_PADDING), "0")
    return f"{whole}.{fraction}" if fraction else whole
