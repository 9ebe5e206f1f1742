"""What on the pages of a face is not as the data say, and what nobody can tell.

It is named by the fields of the licence or the parts of the page, never by what stands there.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from esign import SeenText
from verify.report import Check

SAME_LINE: Final = 0.05
"""Points by which two baselines, or two edges, may differ: the file has hundredths."""
_LINE_STEPS: Final = (1.0, 2.0)
"""Of the size of the type: how far below a line the next one stands."""


class FaceFindings:
    """What was found on the pages so far."""

    def __init__(self) -> None:
        """Nothing is wrong yet."""
        self._faults: dict[str, None] = {}
        self._unknown = 0

    @property
    def differs(self) -> bool:
        """Whether something is not as the data say."""
        return bool(self._faults)

    def fault(self, key: str) -> None:
        """Something is not as the data say."""
        self._faults[key] = None

    def note(self, key: str, texts: Sequence[SeenText]) -> None:
        """Text that is there but cannot be read, or is drawn as something else, does not print a value."""
        for one in texts:
            if one.hidden or one.unlike:
                self.fault(key)
            self._unknown += one.unknown

    def note_lines(self, key: str, lines: Sequence[SeenText]) -> None:
        """Nor do lines that are not read one after the other: its end would stand for something else elsewhere."""
        self.note(key, lines)
        if not all(_follows(below, line) for line, below in pairwise(lines)):
            self.fault(key)

    def check(self) -> Check:
        """All of it."""
        if self._faults:
            return Check(name="face", code="FACE_DIFFERS", detail=f"differs from the data: {', '.join(self._faults)}")
        detail = f"{self._unknown} characters whose shape nobody knows here" if self._unknown else ""
        return Check(name="face", code="OK", detail=detail)


def _follows(below: SeenText, line: SeenText) -> bool:
    """Whether a line stands directly under another one, with the same left edge or centre."""
    step = (line.baseline - below.baseline) / line.size
    centred = abs(line.left + line.right - below.left - below.right) < 2 * SAME_LINE
    return _LINE_STEPS[0] <= step <= _LINE_STEPS[1] and (abs(line.left - below.left) < SAME_LINE or centred)
