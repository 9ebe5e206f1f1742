"""Metrics in the text format of Prometheus (version 0.0.4): what is counted here, and the state of the service."""

import threading
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping

from licences.supervision import NumberedEntry, Trail, TrailEntry, TrailKind, TrailQuestion

MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"
BUCKETS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Upper bounds of the histogram of durations, in seconds."""
Labels = tuple[tuple[str, str], ...]


class Metrics:
    """What one process has counted since it was started."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._requests: Counter[Labels] = Counter()
        self._buckets: Counter[tuple[Labels, float]] = Counter()
        self._seconds: defaultdict[Labels, float] = defaultdict(float)
        self._entries: Counter[Labels] = Counter()
        self._verdicts: Counter[Labels] = Counter()

    def observe(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count one request; `route` is the template, never the path."""
        labels = (("method", method), ("route", route))
        with self._lock:
            self._requests[(*labels, ("status", str(status)))] += 1
            self._seconds[labels] += seconds
            for bound in (*(one for one in BUCKETS if seconds <= one), float("inf")):
                self._buckets[labels, bound] += 1

    def recorded(self, entry: TrailEntry) -> None:
        """Count one entry of the trail."""
        with self._lock:
            self._entries[("kind", entry.kind.value), ("done", str(entry.done).lower())] += 1
            if entry.kind is TrailKind.VERIFY:
                self._verdicts[(("reason", entry.code),)] += 1

    def lines(self) -> Iterator[str]:
        """Write everything that was counted."""
        with self._lock:
            requests, seconds, buckets = dict(self._requests), dict(self._seconds), dict(self._buckets)
            entries, verdicts = dict(self._entries), dict(self._verdicts)
        yield from family("elicence_http_requests_total", "counter", "requests by route and status", requests)
        name = "elicence_http_request_seconds"
        yield from _head(name, "histogram", "how long requests took")
        for labels, total in sorted(seconds.items()):
            for bound in (*BUCKETS, float("inf")):
                le = "+Inf" if bound == float("inf") else f"{bound:g}"
                yield _line(f"{name}_bucket", (*labels, ("le", le)), buckets.get((labels, bound), 0))
            yield _line(f"{name}_sum", labels, total)
            yield _line(f"{name}_count", labels, buckets[labels, float("inf")])
        yield from family("elicence_trail_recorded_total", "counter", "entries of the trail by kind", entries)
        yield from family("elicence_verifications_total", "counter", "verifications by reason", verdicts)


class CountedTrail:
    """A trail whose entries are counted as they are recorded."""

    def __init__(self, trail: Trail, metrics: Metrics) -> None:
        self._trail = trail
        self._metrics = metrics

    def record(self, entry: TrailEntry) -> None:
        """See ``supervision.Trail``."""
        self._trail.record(entry)
        self._metrics.recorded(entry)

    def entries(self, question: TrailQuestion, *, limit: int) -> tuple[NumberedEntry, ...]:
        """See ``supervision.Trail``."""
        return self._trail.entries(question, limit=limit)

    def close(self) -> None:
        """See ``supervision.Trail``."""
        self._trail.close()


def family(name: str, kind: str, text: str, values: Mapping[Labels, float]) -> Iterator[str]:
    """Write one metric with its values."""
    yield from _head(name, kind, text)
    for labels, value in sorted(values.items()):
        yield _line(name, labels, value)


def _head(name: str, kind: str, text: str) -> Iterator[str]:
    yield f"# HELP {name} {text}"
    yield f"# TYPE {name} {kind}"


def _line(name: str, labels: Labels, value: float) -> str:
    inside = ",".join(f'{label}="{_escaped(text)}"' for label, text in labels)
    return f"{name}{{{inside}}} {value:.15g}" if inside else f"{name} {value:.15g}"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')
