"""A bar that says how far a long job is, how fast it goes, and when it will be done."""

import time
from typing import Final, TextIO

_REDRAW_SECONDS: Final = 0.2
_LINE_SECONDS: Final = 10.0
"""Between lines, where nobody watches: a log file."""
_WIDTH: Final = 28


class Progress:
    """Draws on a terminal, writes lines into anything else."""

    def __init__(self, stream: TextIO, total: int, *, unit: tuple[str, str] = ("行", "rows")) -> None:
        self._stream, self._total, self._unit = stream, total, unit
        self._terminal = stream.isatty()
        self._begun = time.monotonic()
        self._drawn = float("-inf")
        self._done = 0

    def advance(self, count: int, note: str) -> None:
        """Say that `count` more are done; `note` stands behind the bar."""
        self._done += count
        now = time.monotonic()
        if now - self._drawn >= (_REDRAW_SECONDS if self._terminal else _LINE_SECONDS):
            self._draw(now, note)

    def finish(self, note: str) -> None:
        """Draw it for the last time."""
        self._draw(time.monotonic(), note)
        if self._terminal:
            print(file=self._stream, flush=True)

    @property
    def rate(self) -> float:
        """How many were done in a second so far."""
        return self._done / max(time.monotonic() - self._begun, 1e-6)

    def _draw(self, now: float, note: str) -> None:
        self._drawn = now
        # The total may be an estimate, as of a home that is in use.
        total = max(self._total, self._done)
        share = self._done / total if total else 1.0
        left = (total - self._done) / self.rate if self._done else 0.0
        text = f"{self._done}/{total} {share:4.0%}  {self.rate:.1f} {self._unit[0]}/秒 {self._unit[1]}/s"
        if self._done:
            text += f"  剩余 left {_span(left)}"
        if self._terminal:
            filled = round(_WIDTH * share)
            bar = "█" * filled + "░" * (_WIDTH - filled)
            # \x1b[K: what a longer line before has left behind.
            print(f"\r{bar} {text}  {note}\x1b[K", end="", file=self._stream, flush=True)
        else:
            print(f"{text}  {note}", file=self._stream, flush=True)


def _span(seconds: float) -> str:
    whole = round(seconds)
    hours, minutes = whole // 3600, whole // 60 % 60
    return f"{hours}:{minutes:02d}:{whole % 60:02d}" if hours else f"{minutes}:{whole % 60:02d}"
