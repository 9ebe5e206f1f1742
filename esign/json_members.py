"""The members of a JSON document of ours, read strictly: ValueError or TypeError for anything else."""

from datetime import date, datetime
from typing import TypeVar

from .china import YEARS

_Word = TypeVar("_Word", bound=str)


def as_mapping(value: object) -> dict[str, object]:
    """Take an object."""
    if not isinstance(value, dict):
        raise TypeError("an object was expected")
    return value


def as_items(value: object) -> list[object]:
    """Take a list."""
    if not isinstance(value, list):
        raise TypeError("a list was expected")
    return value


def as_text(value: object, limit: int | None = None) -> str:
    """Take a text, of at most so many characters."""
    if not isinstance(value, str):
        raise TypeError("a text was expected")
    if limit is not None and len(value) > limit:
        raise ValueError("too long a text")
    return value


def as_count(value: object) -> int:
    """Take a whole number."""
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError("a whole number was expected")
    return value


def as_truth(value: object) -> bool:
    """Take true or false."""
    if not isinstance(value, bool):
        raise TypeError("true or false was expected")
    return value


def as_one_of(value: object, words: tuple[_Word, ...]) -> _Word:
    """Take one of these words."""
    for word in words:
        if value == word:
            return word
    raise ValueError("an unknown word")


def as_day(value: object) -> date:
    """Take a day, written YYYY-MM-DD."""
    text = as_text(value)
    day = date.fromisoformat(text)
    if day.isoformat() != text:
        raise ValueError("a date in another form than YYYY-MM-DD")
    return day


def as_instant(value: object) -> datetime:
    """Take an instant with its offset, to the second."""
    text = as_text(value)
    instant = datetime.fromisoformat(text)
    if instant.tzinfo is None or instant.isoformat(timespec="seconds") != text or instant.year not in YEARS:
        raise ValueError("an instant in another form, without its offset or beyond all calendars")
    return instant
