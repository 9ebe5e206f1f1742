"""Licences that other authorities hold: the port through which they are asked for, and when a source is left alone."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, Protocol

from licences.access import Purpose
from licences.store import HolderKey

FAILURES_TO_OPEN: Final = 3
"""One after the other; then the source is left alone."""
REST_SECONDS: Final = 60.0
"""How long. After that one question is let through, and only its success closes the breaker."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundElsewhere:
    """A licence as a source elsewhere tells of it."""

    identifier: str
    type_slug: str
    issuer_code: str
    """Empty when it is not told."""
    state: str
    """As `licences.store.word_of` has it, as far as the source says."""
    valid_to: date | None
    """None also when it is not told."""
    end_known: bool
    values: Mapping[str, str]
    """Its fields as told, by the keys of our catalogue where they are the same."""


class LicenceSource(Protocol):
    """Port: a provincial or national share service."""

    @property
    def name(self) -> str:
        """What people call it."""

    def gives(self, type_slug: str) -> bool:
        """Whether it may be asked about this type."""

    def licences_of(
        self, holder: HolderKey, type_slug: str, purpose: Purpose, *, at: datetime
    ) -> tuple[FoundElsewhere, ...]:
        """Return what a holder has of a type; SourceUnavailableError for everything that is no answer to that."""


class Breaker:
    """Leaves a source alone after failures, so that nobody at a counter waits for it again and again. Thread-safe."""

    def __init__(self, clock: Callable[[], float]) -> None:
        """`clock` gives seconds that only ever grow."""
        self._clock = clock
        self._lock = threading.Lock()
        self._failures = 0
        self._until = 0.0

    def lets_through(self) -> bool:
        """Whether to ask now. Of several that come after a rest only one is let through."""
        with self._lock:
            if self._failures < FAILURES_TO_OPEN:
                return True
            now = self._clock()
            if now < self._until:
                return False
            self._until = now + REST_SECONDS
            return True

    def note(self, *, answered: bool) -> None:
        """Remember how it went."""
        with self._lock:
            self._failures = 0 if answered else self._failures + 1
            if self._failures >= FAILURES_TO_OPEN:
                self._until = self._clock() + REST_SECONDS
