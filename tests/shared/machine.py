"""What work costs on a machine that is slow, or busy with something else, just now.

Limits of time in tests are those of an ordinary machine that does nothing else. Seconds measured here are seconds of
that machine: they are compared with the same small work, done in the same moment. Of several runs the least counts,
because others can only make a run longer; and who is within the limit at once is not run again.
"""

import hashlib
import time
from collections.abc import Callable

ORDINARY_SECONDS = 0.015
"""What the small work takes on an ordinary machine."""
RUNS = 4


def least_seconds(work: Callable[[], object], limit: float, *, clock: Callable[[], float] = time.process_time) -> float:
    """Give the least time that the work took; the first that is within the limit is taken."""
    least = float("inf")
    for _ in range(RUNS):
        before = slowness(clock)
        begun = clock()
        work()
        spent = clock() - begun
        least = min(least, spent / max(before, slowness(clock)))
        if least < limit:
            break
    return least


def slowness(clock: Callable[[], float] = time.process_time) -> float:
    """How many times as long as on an ordinary machine everything takes now; never less than once."""
    begun = clock()
    _small_work()
    return max(1.0, (clock() - begun) / ORDINARY_SECONDS)


def _small_work() -> None:
    """Half of it is Python's own work, half that of a library."""
    found = {number: str(number) for number in range(25_000)}
    assert len("".join(found.values())) > len(found)
    hashlib.sha512(bytes(3 << 20)).digest()
