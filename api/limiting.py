"""How often one address may ask: a token bucket in this process."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable

from fastapi import Request

from .errors import RateLimitedError

PER_MINUTE = 120  # a hall full of clerks behind one address scans less
MAX_ADDRESSES = 10_000  # remembered; about 2 MB


class RateLimiter:
    """One bucket for each address; used as a dependency of routes. The address is forgotten with its bucket."""

    def __init__(self, per_minute: int = PER_MINUTE, clock: Callable[[], float] = time.monotonic) -> None:
        self._capacity = float(per_minute)
        self._per_second = per_minute / 60
        self._clock = clock
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()
        self._lock = threading.Lock()

    def __call__(self, request: Request) -> None:
        """Count one request; RateLimitedError when the address has none left."""
        if not self.take(request.client.host if request.client else ""):
            raise RateLimitedError("查询过于频繁，请一分钟后再试。", "too many requests: try again in a minute")

    def take(self, address: str) -> bool:
        """Take one token from the bucket of an address, if it has one."""
        now = self._clock()
        with self._lock:
            tokens, since = self._buckets.pop(address, (self._capacity, now))
            tokens = min(self._capacity, tokens + (now - since) * self._per_second)
            allowed = tokens >= 1
            self._buckets[address] = (tokens - 1 if allowed else tokens, now)
            if len(self._buckets) > MAX_ADDRESSES:
                self._buckets.popitem(last=False)
        return allowed
