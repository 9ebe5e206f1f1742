"""Answers of the seal server that are kept for a while: a request that is sent again is not signed again."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future

from licences import IdempotencyMismatchError

from .errors import ServiceUnavailableError

KEPT_SECONDS = 600.0
MAX_KEPT = 10_000
"""Answers at a time; a CMS has about 4 KB. Beyond it requests are refused: a dropped answer would be signed twice."""


class KeptAnswers:
    """Answers by client and request id. May be used by several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: dict[tuple[str, str], tuple[float, bytes, Future[bytes]]] = {}

    def once(self, client: str, request: str, wish: bytes, make: Callable[[], bytes]) -> bytes:
        """Return what `make` gave when this request first came; whoever comes while it works waits for it.

        `wish` is the digest of everything that was asked for. A failure is not kept. Raises IdempotencyMismatchError
        when the request id was used for another wish, ServiceUnavailableError when too many answers are kept.
        """
        answer, is_new = self._claimed((client, request), wish)
        if is_new:
            try:
                answer.set_result(make())
            except BaseException as error:
                with self._lock:
                    self._kept.pop((client, request), None)
                answer.set_exception(error)
        return answer.result()

    def _claimed(self, name: tuple[str, str], wish: bytes) -> tuple[Future[bytes], bool]:
        """Give the answer of that name, which may not be there yet, and whether the caller has to make it."""
        with self._lock:
            self._forget()
            if name in self._kept:
                _, known, answer = self._kept[name]
                if known != wish:
                    raise IdempotencyMismatchError
                return answer, False
            if len(self._kept) >= MAX_KEPT:
                raise ServiceUnavailableError("请求过多，请稍后再试。", "too many requests, try again later")
            answer = Future()
            self._kept[name] = (time.monotonic() + KEPT_SECONDS, wish, answer)
            return answer, True

    def _forget(self) -> None:
        now = time.monotonic()
        # In the order in which they came, so the oldest stand first.
        while self._kept and (oldest := next(iter(self._kept.items())))[1][0] <= now:
            del self._kept[oldest[0]]
