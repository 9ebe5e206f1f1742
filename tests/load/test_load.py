"""More calls than are served: what cannot be served is told so at once, and nothing that was acknowledged is lost."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from elicence_process import Server
from mixed_load import Office, Summary, closed, kept, open_loop, retried

from api.admission import HEAVY_PER_CORE, RETRY_SECONDS, WAITING_PER_CORE
from api.client_keeping import ClientKeeping
from api.home import ensure_home
from api.wiring import Services
from licences.access import EVERYTHING

BURST = (HEAVY_PER_CORE + WAITING_PER_CORE) * (os.cpu_count() or 1) + 20
"""More than are served and wait together."""
SOME = 6
SOAK_SECONDS = 60.0


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("load") / "home"
    ensure_home(path, public_url="http://127.0.0.1:8000", at=datetime.now(UTC), random=os.urandom)
    return path


@pytest.fixture(scope="module")
def api_key(home: Path) -> Iterator[str]:
    from api.home import open_home

    keeping = ClientKeeping(Services(open_home(home)), None, random=os.urandom, at=datetime.now(UTC))
    keeping.add(
        name="system", title="审批系统", office="样例县行政审批局", office_code="1199010000000102XM",
        roles=["issuer_system"], grants=(EVERYTHING,),
    )  # fmt: skip
    return keeping.key("system", label="", days=30).text


def is_told_when_to_come_back(office: Office) -> bool:
    shed = [call for call in office.calls if call.status in (429, 503)]
    return all(call.retry_after == str(RETRY_SECONDS) and call.code == "OVERLOADED" for call in shed)


async def burst(office: Office, server: Server) -> None:
    """Ask for everything at once, and end the server when some of it is done."""
    async with office.clients() as clients, asyncio.TaskGroup() as group:
        for place in range(BURST):
            group.create_task(office.call(clients[place % len(clients)], "issue"))
        while len(office.issued) < SOME and len(office.calls) < BURST:
            await asyncio.sleep(0.01)
        await asyncio.to_thread(server.stop, signal.SIGTERM)


def test_a_server_that_is_ended_under_load_loses_nothing(home: Path, api_key: str) -> None:
    with Server("--home", home, "serve") as server:
        office = Office(server.url, api_key, places=4)
        asyncio.run(burst(office, server))
    assert server.code == 0
    first = Summary.of(office.calls)
    assert first.shed > 0
    assert is_told_when_to_come_back(office)
    assert first.answered > 0
    assert not first.other
    acknowledged = dict(office.issued)
    with Server("--home", home, "serve") as server:
        office.url = server.url
        before = asyncio.run(kept(office))
        assert before.keys() == acknowledged.keys()
        asyncio.run(retried(office))
        numbers = asyncio.run(kept(office))
    assert office.wanted == [f"load-{number}" for number in range(1000, 1000 + BURST)]
    assert {int(key.partition("-")[2]): number for key, number in numbers.items()} == {
        number: f"D990101G2026-{number:04d}" for number in range(1000, 1000 + BURST)
    }
    for key, one in acknowledged.items():
        assert office.issued[key]["identifier"] == one["identifier"]


@pytest.mark.soak
def test_twice_the_sustainable_rate(home: Path, api_key: str) -> None:
    with Server("--home", home, "serve") as server:
        office = Office(server.url, api_key)
        asyncio.run(closed(office, 2.0))
        rate = asyncio.run(closed(office, 15.0))
        sustained = Summary.of(office.calls)
        office.calls.clear()
        asyncio.run(open_loop(office, 2 * rate, SOAK_SECONDS))
        under = Summary.of(office.calls)
        asyncio.run(retried(office))
        numbers = asyncio.run(kept(office))
    print(f"sustained {rate:.1f}/s {sustained}\n2x {2 * rate:.1f}/s {under}")
    assert numbers.keys() == set(office.wanted)
    assert len(set(numbers.values())) == len(numbers)
    assert not under.other
    assert not under.lost
    assert under.shed > 0
    # Whoever is served is served in a time that a counter can wait, and nearly as many as without the rush.
    assert under.p99 < 10
    assert under.answered > 0.5 * rate * SOAK_SECONDS
