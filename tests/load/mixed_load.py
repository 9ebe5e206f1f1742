"""Mixed calls of approval systems, desks and citizens to a server, at a rate that does not wait for the answers.

Run by itself it measures: `python tests/load/mixed_load.py URL KEY SECONDS` looks for the rate that the server
sustains, and then sends twice as much.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import random
import statistics
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2

ROOT = Path(__file__).parents[2]
DOCUMENT = json.loads((ROOT / "fixtures" / "paper" / "water-abstraction-1.json").read_text("utf-8"))
PURPOSE = {
    "office": "样例县行政审批局", "officer": "测试员", "item_name": "取水许可", "item_code": "990101",
    "case_number": "L1", "reason": "load",
}  # fmt: skip
MIX = {"issue": 3, "read": 3, "page": 2, "verify": 1, "holder": 1}
PATIENCE = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call and what came of it."""

    kind: str
    status: int
    """0 where no answer came."""
    seconds: float
    code: str = ""
    retry_after: str | None = None
    key: str = ""


@dataclass
class Office:
    """Everything that is known about a server, and what was asked of it."""

    url: str
    api_key: str
    places: int = 60
    """Addresses that calls come from: the limit of an address is another matter."""
    calls: list[Call] = field(default_factory=list)
    issued: dict[str, dict[str, Any]] = field(default_factory=dict)
    """What was acknowledged, by idempotency key."""
    wanted: list[str] = field(default_factory=list)
    """Every key under which something was to be issued."""
    numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(1000))
    chance: random.Random = field(default_factory=lambda: random.Random(20261122))  # noqa: S311 — no secrets

    @asynccontextmanager
    async def clients(self) -> AsyncIterator[Sequence[httpx2.AsyncClient]]:
        made = [
            httpx2.AsyncClient(
                base_url=self.url, timeout=PATIENCE, trust_env=False,
                headers={"Authorization": f"Bearer {self.api_key}"},
                transport=httpx2.AsyncHTTPTransport(
                    # Each would load the system's certificates, which takes longer than the load.
                    verify=False, local_address=f"127.0.5.{place}", limits=httpx2.Limits(max_connections=None),
                ),
            )
            for place in range(1, self.places + 1)
        ]  # fmt: skip
        try:
            yield made
        finally:
            await asyncio.gather(*(client.aclose() for client in made))

    async def call(self, client: httpx2.AsyncClient, kind: str) -> Call:
        """Make one call of a kind; what needs a licence issues one while there is none."""
        if kind == "issue" or not self.issued:
            number = next(self.numbers)
            return await self.issue(client, f"load-{number}", number)
        some = self.chance.choice(list(self.issued.values()))
        match kind:
            case "read":
                return await self._send(client, kind, "GET", f"/api/v1/licences/{some['identifier']}")
            case "page":
                return await self._send(client, kind, "GET", f"/v/{some['code'].rpartition('/')[2]}")
            case "verify":
                return await self._send(client, kind, "POST", "/api/v1/verifications", json={"code": some["code"]})
            case _:
                data = DOCUMENT["data"]
                body = {
                    "kind": data["certificateHolderTypeCode"],
                    "code": data["certificateHolderCode"],
                    "access": PURPOSE,
                }
                return await self._send(client, kind, "POST", "/api/v1/holders/licences", json=body)

    async def issue(self, client: httpx2.AsyncClient, key: str, number: int) -> Call:
        """Issue under a key: the same number always under the same key."""
        if key not in self.wanted:
            self.wanted.append(key)
        body = DOCUMENT | {"data": DOCUMENT["data"] | {"certificateNumber": f"D990101G2026-{number:04d}"}}
        return await self._send(
            client, "issue", "POST", "/api/v1/licences", key, json=body, headers={"Idempotency-Key": key}
        )

    async def _send(
        self, client: httpx2.AsyncClient, kind: str, method: str, path: str, key: str = "", **request: Any
    ) -> Call:
        began = time.perf_counter()
        try:
            answer = await client.request(method, path, **request)
        except httpx2.TransportError:
            made = Call(kind=kind, status=0, seconds=time.perf_counter() - began, key=key)
        else:
            is_json = answer.headers.get("content-type", "").endswith("json")
            said = answer.json() if is_json else {}
            made = Call(
                kind=kind, status=answer.status_code, seconds=time.perf_counter() - began, key=key,
                code=str(said.get("code", "")) if answer.status_code >= 400 else "",
                retry_after=answer.headers.get("retry-after"),
            )  # fmt: skip
            if key and answer.status_code in (200, 201):
                self.issued[key] = said
        self.calls.append(made)
        return made

    def kinds(self) -> str:
        """Choose a call after the mix."""
        return self.chance.choices(list(MIX), list(MIX.values()))[0]


async def closed(office: Office, seconds: float, *, workers: int = 4) -> float:
    """Have as many workers call as are served at once; returns how many calls a second were answered well."""

    async def work(client: httpx2.AsyncClient, until: float) -> int:
        good = 0
        while time.perf_counter() < until:
            good += 200 <= (await office.call(client, office.kinds())).status < 300
        return good

    async with office.clients() as clients:
        began = time.perf_counter()
        done = await asyncio.gather(*(work(client, began + seconds) for client in clients[:workers]))
        return sum(done) / (time.perf_counter() - began)


async def open_loop(office: Office, rate: float, seconds: float) -> None:
    """Send so many calls a second, whatever becomes of those before."""
    async with office.clients() as clients:
        began = time.perf_counter()
        async with asyncio.TaskGroup() as group:
            for number in range(round(rate * seconds)):
                await asyncio.sleep(max(0.0, began + number / rate - time.perf_counter()))
                group.create_task(office.call(clients[number % office.places], office.kinds()))


async def retried(office: Office) -> None:
    """Ask again for everything that was not acknowledged, with the keys that it was asked for with."""
    async with office.clients() as clients:
        for attempt in range(200):
            missing = [key for key in office.wanted if key not in office.issued]
            if not missing:
                return
            client = clients[attempt % office.places]
            await asyncio.gather(*(office.issue(client, key, int(key.partition("-")[2])) for key in missing[:4]))
    raise AssertionError(f"{len(missing)} never issued")


async def kept(office: Office) -> dict[str, str]:
    """Read everything that was acknowledged; gives the numbers by key."""
    async with office.clients() as clients:
        found = {}
        for place, (key, one) in enumerate(office.issued.items()):
            while True:
                answer = await clients[place % office.places].get(f"/api/v1/licences/{one['identifier']}")
                if answer.status_code not in (429, 503):
                    break
            assert answer.status_code == 200, (key, answer.status_code)
            found[key] = answer.json()["number"]
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """What a load came to."""

    calls: int
    answered: int
    shed: int
    lost: int
    """Calls without an answer."""
    other: Counter[tuple[str, int, str]]
    p50: float
    p99: float
    shed_p99: float

    @classmethod
    def of(cls, calls: Sequence[Call]) -> Summary:
        """Count."""
        good = [call for call in calls if 200 <= call.status < 300]
        shed = [call for call in calls if call.status in (429, 503)]
        lost = [call for call in calls if call.status == 0]
        other = Counter((call.kind, call.status, call.code) for call in calls if call not in good + shed + lost)
        return cls(
            calls=len(calls), answered=len(good), shed=len(shed), lost=len(lost), other=other,
            p50=_quantile(good, 50), p99=_quantile(good, 99), shed_p99=_quantile(shed, 99),
        )  # fmt: skip


def _quantile(calls: Sequence[Call], percent: int) -> float:
    if len(calls) < 2:
        return 0.0
    return statistics.quantiles([call.seconds for call in calls], n=100)[percent - 1]


def main() -> None:
    """Measure a server that runs."""
    url, api_key, seconds = sys.argv[1], sys.argv[2], float(sys.argv[3])
    office = Office(url, api_key)
    rate = asyncio.run(closed(office, seconds))
    print(f"sustained {rate:.1f}/s", Summary.of(office.calls))
    office.calls.clear()
    began = time.perf_counter()
    asyncio.run(open_loop(office, 2 * rate, seconds))
    took = time.perf_counter() - began
    summary = Summary.of(office.calls)
    print(f"offered {2 * rate:.1f}/s, answered {summary.answered / took:.1f}/s", summary)
    asyncio.run(retried(office))
    found = asyncio.run(kept(office))
    print(f"wanted {len(office.wanted)}, kept {len(found)}, numbers {len(set(found.values()))}")


if __name__ == "__main__":
    main()
