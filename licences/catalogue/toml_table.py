"""Reading a TOML table key by key, so that what nobody asked for is found."""

from collections.abc import Callable
from typing import TypeVar

from licences.errors import CatalogueError

_T = TypeVar("_T")


class Table:
    """A TOML table that is read key by key and must be empty in the end. Every method raises CatalogueError."""

    def __init__(self, path: str, content: dict[str, object]) -> None:
        """``path`` stands before the key in errors: empty, or with a dot at its end."""
        self._path = path
        self._left = dict(content)

    def _take(self, key: str, kind: type[_T], default: _T | None = None) -> _T:
        value = self._left.pop(key, default)
        if not isinstance(value, kind):
            raise CatalogueError(f"{self._path}{key} is missing or is no {kind.__name__}")
        return value

    def has(self, key: str) -> bool:
        """Whether the key is there and was not read yet."""
        return key in self._left

    def text(self, key: str, default: str | None = None) -> str:
        """Read a text."""
        return self._take(key, str, default)

    def flag(self, key: str) -> bool:
        """Read true or false, false where nothing is said."""
        return self._take(key, bool, False)

    def integer(self, key: str, default: int) -> int:
        """Read a whole number."""
        return self._take(key, int, default)

    def number(self, key: str) -> float:
        """Read a number."""
        return self._number(key, self._left.pop(key, None))

    def numbers(self, key: str, count: int) -> tuple[float, ...]:
        """Read a list of so many numbers."""
        entries: list[object] = self._take(key, list)
        if len(entries) != count:
            raise CatalogueError(f"{self._path}{key} does not hold {count} numbers")
        return tuple(self._number(key, entry) for entry in entries)

    def _number(self, key: str, value: object) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise CatalogueError(f"{self._path}{key} is missing or is no number")
        return float(value)

    def texts(self, key: str) -> tuple[str, ...]:
        """Read a list of texts, empty where nothing is said."""
        entries: list[object] = self._take(key, list, [])
        texts = tuple(entry for entry in entries if isinstance(entry, str))
        if len(texts) != len(entries):
            raise CatalogueError(f"{self._path}{key} holds something else than texts")
        return texts

    def table(self, key: str) -> "Table":
        """Read a table."""
        return Table(f"{self._path}{key}.", self._take(key, dict))

    def tables(self, key: str) -> list["Table"]:
        """Read a list of tables, empty where nothing is said."""
        entries: list[object] = self._take(key, list, [])
        tables = [
            Table(f"{self._path}{key}[{index}].", entry)
            for index, entry in enumerate(entries)
            if isinstance(entry, dict)
        ]
        if len(tables) != len(entries):
            raise CatalogueError(f"{self._path}{key} holds something else than tables")
        return tables

    def values(self) -> dict[str, object]:
        """Everything that was not read yet."""
        values, self._left = self._left, {}
        return values

    def finish(self) -> None:
        """Refuse what was not read."""
        if self._left:
            raise CatalogueError(f"{self._path}{next(iter(self._left))} is not known")

    def read(self, read: Callable[["Table"], _T]) -> _T:
        """Read the whole table."""
        result = read(self)
        self.finish()
        return result
