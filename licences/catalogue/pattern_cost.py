"""Which regular expressions a catalogue file may use, so that no number can keep the program busy.

An office writes its own patterns, and what is matched against them comes from anybody. Python's matcher tries one way
after the other through a pattern; the number of ways is known beforehand, because no text is longer than a number.
"""

from typing import Final

MAX_WAYS: Final = 100_000
"""Through a pattern; the patterns that ship have fewer than a hundred."""

LONGEST_TEXT: Final = 128
"""Characters that are matched at most: what repeats without an end repeats no more often."""


class PatternRefusedError(ValueError):
    """The pattern uses what is not allowed, or there are too many ways through it."""


def check_pattern(pattern: str) -> None:
    """Allow characters, classes, groups, alternatives and repetitions, as long as there are few ways through them.

    Raises PatternRefusedError; whether the pattern is one at all is asked of ``re`` itself.
    """
    reader = _Reader(pattern)
    if reader.alternatives() > MAX_WAYS:
        raise PatternRefusedError("too many ways through it")
    if reader.rest:
        raise PatternRefusedError(f"not allowed here: {reader.rest[0]}")


class _Reader:
    """Counts the ways through a pattern while it reads it."""

    def __init__(self, pattern: str) -> None:
        self.rest = pattern

    def alternatives(self) -> int:
        ways = self._sequence()
        while self.rest.startswith("|"):
            self.rest = self.rest[1:]
            ways += self._sequence()
        return ways

    def _sequence(self) -> int:
        ways = 1
        while self.rest and self.rest[0] not in "|)":
            ways *= self._repeated(self._piece())
            if ways > MAX_WAYS:
                raise PatternRefusedError("too many ways through it")
        return ways

    def _piece(self) -> int:
        """Read a character, a class or a group; return the ways through it."""
        first = self.rest[0]
        if first in "*+?{":
            raise PatternRefusedError("a repetition of nothing")
        if first == "(":
            return self._group()
        if first == "[":
            self._class()
        elif first == "\\":
            self._escape()
        else:
            self._skip(1)
        return 1

    def _class(self) -> None:
        """A bracket that closes stands for itself at the beginning and after a backslash."""
        first = 2 if self.rest.startswith("[^") else 1
        place = first + (2 if self.rest[first : first + 1] == "\\" else 1)
        while place < len(self.rest) and self.rest[place] != "]":
            place += 2 if self.rest[place] == "\\" else 1
        if place >= len(self.rest):
            raise PatternRefusedError("a class without an end")
        self._skip(place + 1)

    def _group(self) -> int:
        if self.rest.startswith("(?") and not self.rest.startswith("(?:"):
            raise PatternRefusedError("only (?:…) and (…) are allowed as groups")
        self._skip(3 if self.rest.startswith("(?:") else 1)
        ways = self.alternatives()
        if not self.rest.startswith(")"):
            raise PatternRefusedError("a group without an end")
        self._skip(1)
        return ways

    def _escape(self) -> None:
        if self.rest[1:2].isdigit():
            raise PatternRefusedError("no references to groups")
        self._skip(6 if self.rest.startswith("\\u") else 2)

    def _repeated(self, ways: int) -> int:
        """Multiply by what the repetition after a piece allows."""
        if self.rest.startswith("?"):
            self._skip(1)
            least, most = 0, 1
        elif self.rest.startswith("{"):
            least, most = self._counts()
        elif self.rest[:1] in ("*", "+"):
            least, most = int(self.rest[0] == "+"), LONGEST_TEXT
            self._skip(1)
        else:
            return ways
        if self.rest[:1] in ("?", "*", "+", "{"):
            raise PatternRefusedError("a repetition of a repetition")
        total = 0
        for count in range(least, most + 1):
            total += ways**count
            if total > MAX_WAYS:
                raise PatternRefusedError("too many ways through it")
        return total

    def _counts(self) -> tuple[int, int]:
        end = self.rest.find("}")
        least, comma, most = self.rest[1:end].partition(",")
        numbers = (least or "0", (most or str(LONGEST_TEXT)) if comma else least)
        if end < 0 or not all(number.isascii() and number.isdigit() and len(number) < 4 for number in numbers):
            raise PatternRefusedError("no repetition: {n}, {n,} or {n,m}")
        self._skip(end + 1)
        return int(numbers[0]), int(numbers[1])

    def _skip(self, count: int) -> None:
        self.rest = self.rest[count:]
