"""Every sample, issued with both algorithms, in homes made as `elicence init` makes them."""

import json
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from api.home import ensure_home
from api.wiring import Services
from keys import Certificate
from licences import Record

ROOT = Path(__file__).parents[2]
AT = datetime(2026, 11, 21, 10, 30, tzinfo=timezone(timedelta(hours=8)))
PUBLIC_URL = "http://127.0.0.1:8000"
SAMPLES = sorted((ROOT / "fixtures/paper").glob("*.json"))


@dataclass(frozen=True)
class IssuedSample:
    """One sample as it was issued."""

    name: str
    algorithm: str
    data: dict[str, Any]
    record: Record
    pdf: bytes
    json: bytes
    p7s: bytes
    services: Services
    root: Certificate


@pytest.fixture(scope="session")
def put_home(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Path, str], None]:
    """Put a home of today somewhere: a copy, for most of the time that making one takes goes into its RSA keys.

    Homes of one name have the same keys, homes of two names are strangers to each other.
    """
    made: dict[str, Path] = {}

    def put(path: Path, name: str) -> None:
        if name not in made:
            made[name] = tmp_path_factory.mktemp("new") / name
            ensure_home(made[name], public_url=PUBLIC_URL, at=datetime.now(UTC), random=os.urandom)
        shutil.copytree(made[name], path)

    return put


@pytest.fixture(scope="session")
def issued(tmp_path_factory: pytest.TempPathFactory) -> tuple[IssuedSample, ...]:
    made = []
    for algorithm in ("sm2", "rsa"):
        home, _ = ensure_home(
            tmp_path_factory.mktemp("homes") / algorithm, public_url=PUBLIC_URL, at=AT, random=os.urandom
        )
        services = Services(home)
        root = next(c for c in services.trust.anchors if c.public_key.algorithm.name == algorithm)
        for path in SAMPLES:
            document = json.loads(path.read_text("utf-8"))
            issuer = services.issuer_for(algorithm)
            answer = issuer.issue(document["type"], document["data"], algorithm=algorithm, at=AT)
            assert not answer.replayed
            record = answer.record
            files = {kind: services.store.file(record, kind) for kind in ("pdf", "json", "p7s")}
            made.append(
                IssuedSample(
                    name=f"{path.stem}-{algorithm}", algorithm=algorithm, data=document["data"], record=record,
                    services=services, root=root, **files,
                )
            )  # fmt: skip
    return tuple(made)


@pytest.fixture(scope="session")
def folder(issued: tuple[IssuedSample, ...], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The sealed PDFs as files, by sample name."""
    target = tmp_path_factory.mktemp("sealed")
    for sample in issued:
        (target / f"{sample.name}.pdf").write_bytes(sample.pdf)
    return {sample.name: target / f"{sample.name}.pdf" for sample in issued}
