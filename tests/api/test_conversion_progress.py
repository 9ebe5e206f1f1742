"""How fast a conversion goes, by what was seen of it; and how many may listen."""

import asyncio
from types import SimpleNamespace
from typing import Any, cast

import pytest

from api.conversion_progress import MAX_STREAMS, MAX_WATCHED, WINDOW_SECONDS, ConversionProgress, Speeds
from api.errors import OverloadedError


class Clock:
    """Time that goes on when it is told to."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_the_speed_is_that_of_the_last_minute() -> None:
    clock = Clock()
    speeds = Speeds(clock)
    assert speeds.rate("a", 50) is None, "nothing was seen to move yet"
    clock.now += 10
    assert speeds.rate("a", 50) is None
    assert speeds.rate("a", 70) == 2.0
    clock.now += WINDOW_SECONDS
    assert speeds.rate("a", 130) == 80 / WINDOW_SECONDS
    clock.now += WINDOW_SECONDS
    assert speeds.rate("a", 430) == 5.0, "what is older is forgotten"
    assert speeds.rate("b", 1) is None


def test_only_so_many_conversions_are_remembered() -> None:
    clock = Clock()
    speeds = Speeds(clock)
    for number in range(MAX_WATCHED + 1):
        speeds.rate(str(number), 0)
    clock.now += 1
    assert speeds.rate(str(MAX_WATCHED), 1) == 1.0
    assert speeds.rate("0", 1) is None, "it was the oldest"


def test_only_so_many_may_listen(monkeypatch: pytest.MonkeyPatch) -> None:
    progress = ConversionProgress(cast("Any", SimpleNamespace()))
    monkeypatch.setattr(progress, "shape", lambda _: {"state": "running"})

    async def listen() -> None:
        streams = [progress.stream("a") for _ in range(MAX_STREAMS)]
        for one in streams:
            assert await anext(one) == "retry: 500\n\n"
        with pytest.raises(OverloadedError):
            progress.stream("a")
        for one in streams:
            await cast("Any", one).aclose()
        assert await anext(progress.stream("a"))

    asyncio.run(listen())
