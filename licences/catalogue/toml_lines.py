"""The line on which each key of a TOML text stands; ``tomllib`` reads the text but says lines of syntax errors only."""

from bisect import bisect
from collections.abc import Mapping
from typing import TypeAlias

Path: TypeAlias = tuple[str | int, ...]
"""Keys, and indexes in lists, from the top of the document."""

_BLANK = " \t\r"
_QUOTES = "\"'"
_BARE_END = " \t\r\n=.]\0"
_SCALAR_END = ",]}#\n\0"


def lines_of(text: str) -> Mapping[Path, int]:
    """Give the line, from 1, of every key and list entry of a text that ``tomllib`` accepts."""
    return _Scan(text).lines


class SourcePlaces:
    """Lines of a file, looked up when they are asked for; what is not there has the line of what is around it."""

    def __init__(self, data: bytes) -> None:
        self._text = data.decode("utf-8-sig").replace("\r\n", "\n")
        self._lines: Mapping[Path, int] | None = None

    def line(self, path: Path) -> int:
        """The line of a key."""
        if self._lines is None:
            self._lines = lines_of(self._text)
        while path and path not in self._lines:
            path = path[:-1]
        return self._lines.get(path, 1)

    @staticmethod
    def shown(path: Path) -> str:
        """The path as people write it, such as ``fields[2].label``."""
        return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path).removeprefix(".")


class _Scan:
    def __init__(self, text: str) -> None:
        self._text = text + "\0"
        self._at = 0
        self._starts = [0] + [place + 1 for place, character in enumerate(text) if character == "\n"]
        self._counts: dict[Path, int] = {}
        self.lines: dict[Path, int] = {}
        table: Path = ()
        while self._skip() != "\0":
            if self._here() == "[":
                table = self._header()
            else:
                self._entry(table)

    def _here(self) -> str:
        return self._text[self._at]

    def _skip(self, blank: str = _BLANK + "\n") -> str:
        """Go past blanks and comments; return the character that stands there."""
        while self._here() in blank or self._here() == "#":
            if self._here() == "#":
                self._at = self._text.find("\n", self._at)
                if self._at < 0:
                    self._at = len(self._text) - 1
            else:
                self._at += 1
        return self._here()

    def _note(self, path: Path, at: int) -> None:
        self.lines.setdefault(path, bisect(self._starts, at))

    def _header(self) -> Path:
        begin = self._at
        repeated = self._text.startswith("[[", begin)
        self._at += 2 if repeated else 1
        path: Path = ()
        *outer, last = self._dotted()
        for part in outer:
            path = self._latest((*path, part))
            self._note(path, begin)
        path = (*path, last)
        if repeated:
            self._note(path, begin)
            self._counts[path] = self._counts.get(path, 0) + 1
        path = self._latest(path)
        self._note(path, begin)
        self._at = self._text.index("]", self._at) + (2 if repeated else 1)
        return path

    def _latest(self, path: Path) -> Path:
        """The table of the list with this path that was begun last, or the path itself when it is no list."""
        return (*path, self._counts[path] - 1) if path in self._counts else path

    def _dotted(self) -> list[str]:
        parts = []
        while True:
            if self._skip(_BLANK) in _QUOTES:
                begin = self._at
                self._string()
                parts.append(self._text[begin + 1 : self._at - 1])
            else:
                begin = self._at
                while self._here() not in _BARE_END:
                    self._at += 1
                parts.append(self._text[begin : self._at])
            if self._skip(_BLANK) != ".":
                return parts
            self._at += 1

    def _entry(self, table: Path) -> None:
        begin, path = self._at, table
        for part in self._dotted():
            path = (*path, part)
            self._note(path, begin)
        self._at += 1  # the sign =
        self._value(path)

    def _value(self, path: Path) -> None:
        match self._skip(_BLANK):
            case "[":
                self._list(path)
            case "{":
                self._at += 1
                while self._skip(_BLANK + "\n,") != "}":
                    self._entry(path)
                self._at += 1
            case '"' | "'":
                self._string()
            case _:
                while self._here() not in _SCALAR_END:
                    self._at += 1

    def _list(self, path: Path) -> None:
        self._at += 1
        count = 0
        while self._skip(_BLANK + "\n,") != "]":
            self._note((*path, count), self._at)
            self._value((*path, count))
            count += 1
        self._at += 1

    def _string(self) -> None:
        """Go past a string of any of the four kinds."""
        quote = self._here()
        long = self._text.startswith(quote * 3, self._at)
        end = quote * 3 if long else quote
        self._at += len(end)
        while not self._text.startswith(end, self._at):
            self._at += 2 if quote == '"' and self._here() == "\\" else 1
        self._at += len(end)
        while long and self._here() == quote:  # a long string may end in one or two quotes of its own
            self._at += 1
