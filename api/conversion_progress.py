"""How far conversions are, how fast they go and when they will be done: asked for, or told as it happens.

Whoever looks changes nothing: the work is done by a process of its own, and a connection that breaks is opened again.
"""

import asyncio
import json
import threading
import time
from collections import OrderedDict, deque
from collections.abc import AsyncIterator, Callable, Mapping

from starlette.concurrency import run_in_threadpool

from .conversion_jobs import is_running
from .conversion_texts import batch_shape
from .errors import OverloadedError
from .http_requests import PREFIX
from .wiring import Services

WINDOW_SECONDS = 60.0
"""What was done during so long says how fast it goes."""
MAX_WATCHED = 200
"""Conversions whose speed is remembered."""
MAX_STREAMS = 20
STREAM_SECONDS = 8.0
"""After which the browser asks anew: a server that ends waits for nobody longer than that."""
_TICK_SECONDS = 1.0
_AGAIN_MILLISECONDS = 500


class Speeds:
    """Measures conversions by what was seen of them lately."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._seen: OrderedDict[str, deque[tuple[float, int]]] = OrderedDict()

    def rate(self, batch_id: str, done: int) -> float | None:
        """Note how many rows are done and return how many it were a second; None before anything was seen to move."""
        now = self._clock()
        with self._lock:
            seen = self._seen.setdefault(batch_id, deque())
            self._seen.move_to_end(batch_id)
            while len(self._seen) > MAX_WATCHED:
                self._seen.popitem(last=False)
            if not seen or now - seen[-1][0] >= _TICK_SECONDS:
                seen.append((now, done))
            while len(seen) > 2 and now - seen[1][0] >= WINDOW_SECONDS:
                seen.popleft()
            since, before = seen[0]
        return (done - before) / (now - since) if done > before and now > since else None


class ConversionProgress:
    """Tells how far conversions are."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._speeds = Speeds()
        self._streams = 0

    def shape(self, batch_id: str) -> dict[str, object]:
        """Return how far one is; ConversionNotFoundError."""
        # Whether it runs is asked first: one that ends meanwhile is then found finished.
        running = is_running(self._services.home, batch_id) if batch_id.isalnum() else False
        store = self._services.conversions
        batch, states = store.get(batch_id), store.counts(batch_id)
        ended = "stopped" if batch.failure else "finished" if batch.finished_at is not None else "interrupted"
        done = sum(states.values())
        rate = self._speeds.rate(batch_id, done) if running else None
        return {
            **batch_shape(batch, states),
            "state": "running" if running else ended,
            "rows_per_second": None if rate is None else round(rate, 2),
            "seconds_left": None if rate is None else round((batch.total - done) / rate),
            "report": f"{PREFIX}/conversions/{batch_id}/report",
        }

    def stream(self, batch_id: str) -> AsyncIterator[str]:
        """Tell it as server-sent events whenever it changes; OverloadedError when too many listen."""
        if self._streams >= MAX_STREAMS:
            raise OverloadedError("同时查看进度的连接过多，请稍后再试。", "too many listen to progress", seconds=5)
        return self._events(batch_id)

    async def _events(self, batch_id: str) -> AsyncIterator[str]:
        self._streams += 1
        try:
            yield f"retry: {_AGAIN_MILLISECONDS}\n\n"
            until, told = time.monotonic() + STREAM_SECONDS, ""
            while time.monotonic() < until:
                shape = await run_in_threadpool(self.shape, batch_id)
                event = _event(shape)
                if event != told:
                    yield event
                    told = event
                if shape["state"] != "running":
                    return
                await asyncio.sleep(_TICK_SECONDS)
        finally:
            self._streams -= 1


def _event(shape: Mapping[str, object]) -> str:
    # `end` is the last one: a browser that hears it closes, instead of asking anew.
    name = "progress" if shape["state"] == "running" else "end"
    return f"event: {name}\ndata: {json.dumps(shape, ensure_ascii=False)}\n\n"
