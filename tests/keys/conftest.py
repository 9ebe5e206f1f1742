"""Development PKIs and the openssl command for the tests of keys."""

import json
import random
import shutil
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

import keys

VECTORS = Path(__file__).parents[2] / "fixtures" / "vectors" / "keys"
AT = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)


@pytest.fixture(scope="session")
def vectors() -> Callable[[str], dict[str, dict[str, str]]]:
    """Give the vectors of one file by their ids."""

    def read(name: str) -> dict[str, dict[str, str]]:
        return {vector["id"]: vector for vector in json.loads((VECTORS / f"{name}.json").read_text("utf-8"))}

    return read


@pytest.fixture(scope="session", params=["sm2", "rsa"])
def pki(request: pytest.FixtureRequest) -> keys.DevelopmentPki:
    """Give a development PKI of each family."""
    return keys.make_development_pki(
        request.param,
        authority_name="样例县行政审批局",
        authority_code="1199010000000102XM",
        at=AT,
        random=random.Random(1).randbytes,  # noqa: S311 - serial numbers only
    )


@pytest.fixture(scope="session")
def openssl() -> Callable[..., bytes]:
    """Run the openssl command; what it prints comes back, a failure is an error with its complaint."""
    program = shutil.which("openssl")
    if program is None:
        pytest.skip("openssl is missing: install the Debian package openssl")

    def run(*arguments: str | Path, given: bytes | None = None) -> bytes:
        done = subprocess.run(
            [program, *map(str, arguments)], input=given, capture_output=True, timeout=60, check=False
        )
        if done.returncode:
            raise RuntimeError(f"{done.stdout.decode()}{done.stderr.decode()}")
        return done.stdout

    return run
