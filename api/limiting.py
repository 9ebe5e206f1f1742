"""How often one address, or one code, may be asked about: token buckets in this process."""

import ipaddress
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable

from fastapi import Request

from .errors import RateLimitedError

PER_MINUTE = 120  # a hall full of clerks behind one address scans less
SCANS_PER_MINUTE = 150  # pictures of a camera: one phone sends some hundred a minute
CODE_PER_MINUTE = 600  # looks at one code, by anybody: more than one address can cause alone
WRONG_HOLDERS = 5  # wrong names or numbers for one code from one address, and then one more every 12 minutes
WRONG_HOLDERS_BY_ALL = 20
REPORTS_PER_HOUR = 5  # reports of forgeries from one address
CLIENT_PER_MINUTE = 3000  # calls of one client; more than a small server serves
MAX_BUCKETS = 10_000  # remembered; about 2 MB
MINUTE, HOUR = 60.0, 3600.0
_NETWORK_BITS = 64  # of an IPv6 address: the rest is any subscriber's to choose


class Buckets:
    """A bucket of tokens for each key; a used one fills up again evenly."""

    def __init__(self, capacity: int, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        """`seconds` fill an empty bucket."""
        self._capacity = float(capacity)
        self._per_second = capacity / seconds
        self._clock = clock
        # By the hash of a key (random in each process): strangers choose keys, and may choose long ones.
        self._buckets: OrderedDict[int, tuple[float, float]] = OrderedDict()
        self._lock = threading.Lock()

    @property
    def token_seconds(self) -> int:
        """After how long an empty bucket has a token again."""
        return max(1, round(1 / self._per_second))

    def take(self, key: Hashable) -> bool:
        """Take one token from a bucket, if it has one."""
        with self._lock:
            tokens, now = self._filled(key)
            allowed = tokens >= 1
            self._keep(key, tokens - 1 if allowed else tokens, now)
        return allowed

    def give_back(self, key: Hashable) -> None:
        """Put a token back: what it was taken for did not count."""
        with self._lock:
            tokens, now = self._filled(key)
            self._keep(key, min(self._capacity, tokens + 1), now)

    def _filled(self, key: Hashable) -> tuple[float, float]:
        now = self._clock()
        tokens, since = self._buckets.pop(hash(key), (self._capacity, now))
        return min(self._capacity, tokens + (now - since) * self._per_second), now

    def _keep(self, key: Hashable, tokens: float, now: float) -> None:
        self._buckets[hash(key)] = (tokens, now)
        if len(self._buckets) > MAX_BUCKETS:
            self._buckets.popitem(last=False)


class RateLimiter:
    """One bucket for each address; used as a dependency of routes. The address is forgotten with its bucket."""

    def __init__(self, per_minute: int = PER_MINUTE, clock: Callable[[], float] = time.monotonic) -> None:
        self._buckets = Buckets(per_minute, MINUTE, clock)

    def __call__(self, request: Request) -> None:
        """Count one request; RateLimitedError when the address has none left."""
        if not self._buckets.take(address_of(request)):
            raise RateLimitedError("查询过于频繁，请一分钟后再试。", "too many requests: try again in a minute")


class HolderAttempts:
    """How often a name and number may be tried at a code: the 20 bits in it must not be searched through here."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._here = Buckets(WRONG_HOLDERS, HOUR, clock)
        self._by_all = Buckets(WRONG_HOLDERS_BY_ALL, HOUR, clock)

    def begin(self, code: str, address: str) -> None:
        """Count a try as a wrong one beforehand, so that many at once are not more; RateLimitedError."""
        if self._here.take((code, address)):
            if self._by_all.take(code):
                return
            self._here.give_back((code, address))
        minutes = round(self._here.token_seconds / MINUTE)
        raise RateLimitedError(
            f"姓名和号码核对错误次数过多，请 {minutes} 分钟后再试；请当面核对证件，或联系颁发机构。",
            f"too many wrong names or numbers: try again in {minutes} minutes, or ask the issuing authority",
            seconds=self._here.token_seconds,
        )

    def was_right(self, code: str, address: str) -> None:
        """Take back what `begin` counted."""
        self._here.give_back((code, address))
        self._by_all.give_back(code)


def address_of(request: Request) -> str:
    """Return who asks, as the edge has found out."""
    return network_of(request.client.host if request.client else "")


def network_of(host: str) -> str:
    """Return an address of IPv4, or the network of one of IPv6."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host
    if address.version == 4:
        return host
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(ipaddress.ip_network((address, _NETWORK_BITS), strict=False))
