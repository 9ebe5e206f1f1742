"""How many requests are served at once: a short queue, and beyond it a clear answer at once instead of a long wait."""

import asyncio
import os

from .errors import OverloadedError

HEAVY_PER_CORE = 2  # sealing and verifying take a core each: more at once only make each of them slower
WAITING_PER_CORE = 8  # about a second of work
MAX_LIGHT = 32  # pages and look-ups; fewer than the framework has threads
MAX_LIGHT_WAITING = 64
WAIT_SECONDS = 3.0  # callers have time limits of their own
RETRY_SECONDS = 2


_CORES = os.cpu_count() or 1


def heavy() -> "Admission":
    """Make that of requests that seal, verify or change something."""
    return Admission(HEAVY_PER_CORE * _CORES, WAITING_PER_CORE * _CORES)


def light() -> "Admission":
    """Make that of requests that only read."""
    return Admission(MAX_LIGHT, MAX_LIGHT_WAITING)


class Admission:
    """Lets so many in at once, first come first served, and has so many wait so long."""

    def __init__(self, places: int, waiting: int, seconds: float = WAIT_SECONDS) -> None:
        self._free = asyncio.Semaphore(places)
        self._seats = waiting
        self._seconds = seconds
        self._waiting = 0

    @property
    def waiting(self) -> int:
        """How many wait now."""
        return self._waiting

    async def enter(self) -> None:
        """Wait for a place; OverloadedError when too many do, or it takes too long."""
        if not self._free.locked():
            await self._free.acquire()
            return
        if self._waiting >= self._seats:
            raise _overloaded()
        self._waiting += 1
        try:
            await asyncio.wait_for(self._free.acquire(), self._seconds)
        except TimeoutError as error:
            raise _overloaded() from error
        finally:
            self._waiting -= 1

    def leave(self) -> None:
        """Give the place back."""
        self._free.release()


def _overloaded() -> OverloadedError:
    return OverloadedError(
        "系统繁忙，请稍后重试；带同一幂等键重试不会重复签发。",
        "too busy: try again soon; with the same idempotency key nothing is issued twice",
        seconds=RETRY_SECONDS,
    )
