"""The items of one page of a face, taken in the order in which they were drawn, and the texts that they print."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from esign import SeenItem, SeenText
from verify.face_findings import FaceFindings

SPACES: Final = str.maketrans("", "", " 　\n")


class FaceItems:
    """The items of one page, and how far they are taken."""

    def __init__(self, items: Sequence[SeenItem], findings: FaceFindings) -> None:
        """What is not as it must be is noted in the findings."""
        self._items, self._at = items, 0
        self.findings = findings

    def peek(self) -> SeenItem | None:
        """The item that comes next; it is not taken."""
        return self._items[self._at] if self._at < len(self._items) else None

    @property
    def rest(self) -> Sequence[SeenItem]:
        """All items that are not taken."""
        return self._items[self._at :]

    def skip(self, count: int = 1) -> None:
        """Take items that the caller has looked at."""
        self._at += count

    def take(self, key: str, text: str) -> list[SeenText]:
        """The lines that stand here and print this text; none when other ones stand here."""
        shown: list[SeenText] = []
        end = 0
        for item in self.rest:
            if not isinstance(item, SeenText) or (longer := printed_to([item], text, end)) is None:
                break
            shown.append(item)
            end = longer
            if not text[end:].strip():
                break
        if not shown or text[end:].strip():
            return []
        self._at += len(shown)
        self.findings.note_lines(key, shown)
        return shown

    def expect(self, key: str, text: str) -> list[SeenText]:
        """Take a text that must stand here; where it stands further on, what is before it does not belong there."""
        start = self._at
        for place in range(start, len(self._items)):
            self._at = place
            if shown := self.take(key, text):
                if place > start and not self.findings.differs:
                    self.findings.fault("text that the data do not have")
                return shown
        self._at = start
        self.findings.fault(key)
        return []


def printed_to(lines: Iterable[SeenText], text: str, start: int) -> int | None:
    """Where in a text these lines end that print it from `start`; None when they do not.

    Where a line is broken, spaces and line feeds are left out.
    """
    at = start
    for line in lines:
        if not text.startswith(line.text, at):
            at += len(text) - at - len(text[at:].lstrip(" \n"))
            if not text.startswith(line.text, at):
                return None
        at += len(line.text)
    return at
