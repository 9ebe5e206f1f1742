"""What was checked at the desk a moment ago, in memory for some minutes.

A receipt, another day or the holder can follow without the file being handed over again. What was typed about a person
is not kept.
"""

import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from esign import CheckedThing
from verify import Report

from .presented import Presented

HELD_SECONDS = 900.0
MAX_HELD = 32
MAX_HELD_BYTES = 64 * 1024 * 1024
"""Of files. The oldest are forgotten first, the newest never."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldCheck:
    """One check: what was presented, what was found."""

    presented: Presented
    checked: CheckedThing
    report: Report
    day: str = ""
    """As of which day it was asked, as typed; empty: now."""

    @property
    def size(self) -> int:
        """Bytes that holding it takes, of what callers choose."""
        given = (self.presented.data, self.presented.signature)
        return sum(len(part) for part in given if part is not None)


class RecentChecks:
    """The last checks of this process by a random name that nobody guesses."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._held: OrderedDict[str, tuple[HeldCheck, float]] = OrderedDict()

    def keep(self, check: HeldCheck) -> str:
        """Keep a check and return its name."""
        name = secrets.token_urlsafe(16)
        with self._lock:
            self._held[name] = (check, self._clock() + HELD_SECONDS)
            self._forget()
        return name

    def find(self, name: str) -> HeldCheck | None:
        """Return a check; None when it was too long ago."""
        with self._lock:
            self._forget()
            found = self._held.get(name)
        return None if found is None else found[0]

    def _forget(self) -> None:
        now, size = self._clock(), sum(check.size for check, _ in self._held.values())
        while self._held:
            check, until = next(iter(self._held.values()))
            over = len(self._held) > 1 and (len(self._held) > MAX_HELD or size > MAX_HELD_BYTES)
            if until > now and not over:
                return
            self._held.popitem(last=False)
            size -= check.size
