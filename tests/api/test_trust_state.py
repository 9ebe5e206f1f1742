"""Anchors that vanish, at the start, in between and at a restart: never a service that looks up and judges wrongly."""

from __future__ import annotations

import shutil
import time
from types import ModuleType
from typing import TYPE_CHECKING

import httpx2

if TYPE_CHECKING:
    from running import Elicence, Server


def verdict(server: Server, data: bytes) -> tuple[str, str]:
    with httpx2.Client(base_url=server.url, timeout=30, trust_env=False) as client:
        report = client.post("/api/v1/verifications", files={"file": data}).json()
        return report["verdict"], report["reason"]


def ready(server: Server, wanted: int) -> dict[str, str]:
    deadline = time.monotonic() + 60
    while (answer := httpx2.get(f"{server.url}/readyz", timeout=60, trust_env=False)).status_code != wanted:
        assert time.monotonic() < deadline, answer.text
        time.sleep(0.2)
    words: dict[str, str] = answer.json()["parts"]
    return words


def test_trust_that_vanishes(running: ModuleType, stocked: Elicence) -> None:
    pdf = next((stocked.home / "issued").glob("*.pdf"))
    data, trust, kept = pdf.read_bytes(), stocked.home / "trust", stocked.home / "kept"
    with running.Server(stocked) as server:
        assert verdict(server, data)[0] == "passed"
        trust.rename(kept)
        assert ready(server, 503)["trust"] == "unusable"
        # Whom it trusted is still known: a folder that is away for a moment makes no licence doubtful.
        assert verdict(server, data)[0] == "passed"
        # A folder that is there and trusts nobody is somebody's will.
        trust.mkdir()
        time.sleep(1.2)
        assert verdict(server, data) == ("indeterminate", "NO_TRUST_ANCHORS")
    trust.rmdir()
    assert stocked("serve", "--port", "0").code == 78
    trust.mkdir()
    with running.Server(stocked) as server:
        assert ready(server, 503)["trust"] == "unusable"
        assert verdict(server, data) == ("indeterminate", "NO_TRUST_ANCHORS")
        code = httpx2.get(f"{server.url}/api/v1/licences/{pdf.stem}", timeout=60, trust_env=False).json()["code"]
        page = httpx2.get(f"{server.url}/v/{code}", timeout=60, trust_env=False)
        assert page.status_code == 200
        assert "没有安装任何受信任的根证书" in page.text
        for path in kept.iterdir():
            shutil.move(path, trust)
        assert ready(server, 200)["trust"] == "ok"
        assert verdict(server, data)[0] == "passed"
