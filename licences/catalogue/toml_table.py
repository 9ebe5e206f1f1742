"""Reading a TOML document key by key, so that everything that is wrong is found, also what nobody asked for."""

import math
import tomllib
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from typing import Final, TypeVar

from .problems import CatalogueFault, CatalogueFileError, fault_at
from .toml_lines import Path, SourcePlaces

_T = TypeVar("_T")
_KINDS: Mapping[type, tuple[str, str]] = {
    str: ("文本", "text"),
    bool: (" true 或 false", "true or false"),
    int: ("整数", "whole number"),
    list: ("列表", "list"),
    dict: ("表", "table"),
}
_NUMBER = ("数值", "number")

MAX_CATALOGUE_BYTES: Final = 256 * 1024
"""The largest file that ships has about 15 KB."""


class _Faults:
    """What is wrong, one fault for each place: a consequence of it is not told."""

    def __init__(self, places: SourcePlaces) -> None:
        self._places = places
        self.by_path: dict[Path, CatalogueFault] = {}

    def add(self, path: Path, code: str, details: Mapping[str, object]) -> None:
        if path not in self.by_path:
            self.by_path[path] = fault_at(self._places.line(path), self._places.shown(path), code, **details)


class Table:
    """A TOML table that is read key by key and must be empty in the end.

    What is missing or wrong is noted, and reading goes on with an empty value, so that one reading finds everything.
    """

    def __init__(self, path: Path, content: Mapping[str, object], faults: _Faults) -> None:
        self._path = path
        self._left = dict(content)
        self._faults = faults

    @classmethod
    def of_document(cls, data: bytes) -> "Table":
        """The whole document; raises CatalogueFileError when it is no TOML text."""
        if len(data) > MAX_CATALOGUE_BYTES:
            raise CatalogueFileError([fault_at(1, "", "TOO_LARGE", limit=MAX_CATALOGUE_BYTES)])
        try:
            text = data.decode("utf-8-sig").replace("\r\n", "\n")
        except UnicodeDecodeError as error:
            line = data.count(b"\n", 0, error.start) + 1
            raise CatalogueFileError([fault_at(line, "", "NOT_UTF8")]) from error
        try:
            return cls((), tomllib.loads(text), _Faults(SourcePlaces(data)))
        except tomllib.TOMLDecodeError as error:
            detail, _, place = str(error).partition(" (at line ")
            number = place.partition(",")[0]
            line = int(number) if number.isdecimal() else text.count("\n") + 1
            raise CatalogueFileError([fault_at(line, "", "SYNTAX", detail=detail)]) from error
        except RecursionError as error:
            raise CatalogueFileError([fault_at(1, "", "SYNTAX", detail="nested too deeply")]) from error

    def refuse(self, key: str | int | None, code: str, /, **details: object) -> None:
        """Note a fault of a key, or with None of the table itself."""
        path = self._path if key is None else (*self._path, key)
        self._faults.add(path, code, details)

    @property
    def good(self) -> bool:
        """Whether nothing in this table is wrong so far."""
        depth = len(self._path)
        return not any(path[:depth] == self._path for path in self._faults.by_path)

    def require_good(self) -> None:
        """Raise CatalogueFileError with everything that was noted, if anything was, also in other tables."""
        if self._faults.by_path:
            raise CatalogueFileError(list(self._faults.by_path.values()))

    def _take(self, key: str, kind: type[_T], default: _T | None, empty: _T) -> _T:
        if key not in self._left:
            if default is None:
                self.refuse(key, "MISSING")
                return empty
            return default
        value = self._left.pop(key)
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            zh, en = _KINDS[kind]
            self.refuse(key, "WRONG_KIND", kind=zh, kind_en=en)
            return empty
        return value

    def has(self, key: str) -> bool:
        """Whether the key is there and was not read yet."""
        return key in self._left

    def text(self, key: str, default: str | None = None) -> str:
        """Read a text."""
        return self._take(key, str, default, "")

    def word(self, key: str, words: Iterable[_T], default: _T | None = None) -> _T:
        """Read one of some words; the first of them where it is another."""
        known = {str(word): word for word in words}
        text = self._take(key, str, None if default is None else str(default), "")
        if text not in known and text:
            self.refuse(key, "NOT_AMONG", value=text, values="、".join(known))
        elif not text:
            self.refuse(key, "MISSING")
        return known.get(text, next(iter(known.values())))

    def flag(self, key: str) -> bool:
        """Read true or false, false where nothing is said."""
        return self._take(key, bool, False, False)

    def integer(self, key: str, default: int | None = None, *, low: int = 0, high: int = 100_000) -> int:
        """Read a whole number within limits."""
        value = self._take(key, int, default, low)
        if not low <= value <= high:
            self.refuse(key, "OUT_OF_RANGE", low=low, high=high)
        return value

    def number(self, key: str) -> float:
        """Read a number."""
        if key not in self._left:
            self.refuse(key, "MISSING")
            return 0.0
        return self._number(key, self._left.pop(key))

    def numbers(self, key: str, count: int) -> tuple[float, ...]:
        """Read a list of so many numbers."""
        entries: list[object] = self._take(key, list, None, [])
        if len(entries) != count:
            self.refuse(key, "COUNT", count=count)
            return (0.0,) * count
        return tuple(self._number(key, entry) for entry in entries)

    def _number(self, key: str, value: object) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            self.refuse(key, "WRONG_KIND", kind=_NUMBER[0], kind_en=_NUMBER[1])
            return 0.0
        return float(value)

    def day(self, key: str) -> date | None:
        """Read a date, as TOML has it or as a text; None where nothing is said."""
        value = self._left.pop(key, None)
        if value is None or (isinstance(value, date) and not isinstance(value, datetime)):
            return value
        try:
            day = date.fromisoformat(value) if isinstance(value, str) else None
        except ValueError:
            day = None
        if day is None or day.isoformat() != value:
            self.refuse(key, "NOT_A_DAY")
        return day

    def period(self) -> tuple[date | None, date | None]:
        """Read ``effective_from`` and ``effective_to``, both inclusive and both optional."""
        start, end = self.day("effective_from"), self.day("effective_to")
        if start is not None and end is not None and end < start:
            self.refuse("effective_to", "ENDS_BEFORE_START")
        return start, end

    def texts(self, key: str) -> tuple[str, ...]:
        """Read a list of texts, empty where nothing is said."""
        entries: list[object] = self._take(key, list, [], [])
        texts = tuple(entry for entry in entries if isinstance(entry, str))
        if len(texts) != len(entries):
            self.refuse(key, "WRONG_KIND", kind="文本的列表", kind_en="list of texts")
        return texts

    def words(self, key: str, words: Iterable[str], default: tuple[str, ...] | None = None) -> tuple[str, ...]:
        """Read a list of some words; ``default`` where nothing is said, and without it there has to be one."""
        if default is not None and not self.has(key):
            return default
        known, values = tuple(words), self.texts(key)
        for index, value in enumerate(values):
            if value not in known:
                self._faults.add((*self._path, key, index), "NOT_AMONG", {"value": value, "values": "、".join(known)})
        if not values:
            self.refuse(key, "EMPTY")
        return values

    def table(self, key: str, *, optional: bool = False) -> "Table":
        """Read a table; an optional one is empty where nothing is said."""
        content: dict[str, object] = self._take(key, dict, {} if optional else None, {})
        path = (*self._path, key)
        # What a table lacks that is not there itself is not told.
        return Table(path, content, _Faults(SourcePlaces(b"")) if path in self._faults.by_path else self._faults)

    def tables(self, key: str, *, limit: int) -> list["Table"]:
        """Read a list of tables, empty where nothing is said."""
        entries: list[object] = self._take(key, list, [], [])
        if len(entries) > limit:
            self.refuse(key, "TOO_MANY", limit=limit)
        tables = [
            Table((*self._path, key, index), entry, self._faults)
            for index, entry in enumerate(entries[:limit])
            if isinstance(entry, dict)
        ]
        if len(tables) != len(entries[:limit]):
            self.refuse(key, "WRONG_KIND", kind="表的列表", kind_en="list of tables")
        return tables

    def values(self) -> dict[str, object]:
        """Everything that was not read yet."""
        values, self._left = self._left, {}
        return values

    def finish(self) -> None:
        """Refuse what was not read."""
        for key in self._left:
            self.refuse(key, "UNKNOWN_KEY")

    def read(self, read: Callable[["Table"], _T]) -> _T:
        """Read the whole table."""
        result = read(self)
        self.finish()
        return result
