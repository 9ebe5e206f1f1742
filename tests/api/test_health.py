"""Whether the disk takes files, and what callers are told when there is too much to do."""

from __future__ import annotations

import os
import shutil
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType

import pytest
from fastapi.testclient import TestClient

from api import authentication, edge
from api.admission import Admission
from api.app import create_app
from api.client_keeping import ClientKeeping
from api.health import MIN_FREE_BYTES, takes_files
from api.home import open_home
from api.wiring import Services
from licences.access import EVERYTHING


@pytest.fixture
def services(running: ModuleType, empty_home: Path, tmp_path: Path) -> Services:
    home = running.copy_home(empty_home, tmp_path / "home").home
    return Services(open_home(home))


def asking(services: Services) -> TestClient:
    return TestClient(create_app(services, public_only=False), base_url="https://zz.example.gov.cn")


def test_a_disk_with_room_takes_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert takes_files(tmp_path)
    assert list(tmp_path.iterdir()) == []
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(2**40, 2**40, MIN_FREE_BYTES - 1))
    assert not takes_files(tmp_path)


def test_a_folder_that_is_gone_takes_none(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        takes_files(tmp_path / "gone")


def test_a_full_disk_makes_the_service_unready(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(2**40, 2**40, 0))
    services.trail_keeper.chain(datetime.now(UTC))  # what `init` wrote waits for a server, which this home never had
    answer = asking(services).get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["parts"] == {"database": "ok", "keys": "ok", "trust": "ok", "disk": "unusable"}
    assert answer.json()["trail"] == "ok"


def test_one_client_does_not_get_everything(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(authentication, "CLIENT_PER_MINUTE", 3)
    keeping = ClientKeeping(services, None, random=os.urandom, at=datetime.now(UTC))
    keys = []
    for name in ("one", "other"):
        keeping.add(
            name=name, title="审批系统", office="样例县行政审批局", office_code="1199010000000102XM",
            roles=["issuer_system"], grants=(EVERYTHING,),
        )  # fmt: skip
        keys.append(keeping.key(name, label="", days=1).text)
    client = asking(services)

    def asked(key: str) -> int:
        return client.get("/api/v1/licences/x", headers={"Authorization": f"Bearer {key}"}).status_code

    assert [asked(keys[0]) for _ in range(4)] == [404, 404, 404, 429]
    assert asked(keys[1]) == 404


@pytest.mark.parametrize(("path", "kind"), [("/v", "text/html"), ("/api/v1/licences/x", "application/problem+json")])
def test_whoever_is_sent_away_can_read_why(
    services: Services, monkeypatch: pytest.MonkeyPatch, path: str, kind: str
) -> None:
    monkeypatch.setattr(edge, "light", lambda: Admission(0, 0))
    answer = asking(services).get(path)
    assert answer.status_code == 503
    assert answer.headers["content-type"].startswith(kind)
    assert answer.headers["retry-after"] == "2"
    assert "系统繁忙" in answer.text
    assert answer.headers["content-security-policy"]
