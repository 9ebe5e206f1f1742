"""The screen at a counter, which people read: two languages, colours, and nothing personal that stays."""

from __future__ import annotations

import shutil
import unicodedata
from dataclasses import dataclass
from typing import Final, TextIO

from verify.reason import Text

ALARM: Final = "41;97"
_HIDING: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Screen:
    """Where people read; colours and taking back lines only on a terminal."""

    out: TextIO
    terminal: bool

    def say(self, text: str, colour: str = "") -> None:
        """Write one line; what a file says must not steer the terminal."""
        shown = "".join("\N{REPLACEMENT CHARACTER}" if unicodedata.category(c) in _HIDING else c for c in text)
        print(f"\033[{colour}m{shown}\033[0m" if colour and self.terminal else shown, file=self.out, flush=True)

    def both(self, text: Text, lead: str = "", colour: str = "") -> None:
        """Write a statement in both languages."""
        self.say(f"{lead}{text.zh}", colour)
        self.say(f"{' ' * len(lead)}{text.en}", colour)

    def take_back(self, lines: int) -> None:
        """Wipe lines that were typed: a number of an ID card does not stay on the screen."""
        if self.terminal:
            print("\033[1A\033[2K" * lines, end="", file=self.out, flush=True)


def rows_of(line: str) -> int:
    """How many rows of the terminal a line takes."""
    width = sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in line)
    return -(-width // max(1, shutil.get_terminal_size().columns))
