from __future__ import annotations

import sys
from collections.abc import Iterator
from importlib import util
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

import pytest
from outside_ca import OutsideCa

if TYPE_CHECKING:
    from running import Elicence, Server


def _load_running() -> ModuleType:
    # Test folders are no packages (importlib mode), so what the tests share is loaded by its path.
    spec = util.spec_from_file_location("api_test_running", Path(__file__).with_name("running.py"))
    assert spec is not None
    assert spec.loader is not None
    module = util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


_RUNNING = _load_running()


@pytest.fixture(scope="session")
def running() -> ModuleType:
    return _RUNNING


@pytest.fixture(scope="session")
def empty_home(running: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a home in which nothing was issued; it is only copied."""
    path = tmp_path_factory.mktemp("empty") / "home"
    done = running.Elicence(path)("init")
    assert done.code == 0, done.err
    return path


@pytest.fixture(scope="session")
def full_home(running: ModuleType, empty_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a home with the six samples; it is only read or copied."""
    elicence = running.copy_home(empty_home, tmp_path_factory.mktemp("full") / "home")
    done = elicence("demo", "--no-serve", "--samples", running.SAMPLES, "--json")
    assert done.code == 0, done.out + done.err
    return elicence.home


@pytest.fixture(scope="session")
def outside() -> dict[str, OutsideCa]:
    """Give an authority of each family that is none of ours."""
    return {family: OutsideCa(family) for family in ("sm2", "rsa")}


@pytest.fixture
def fresh(running: ModuleType, empty_home: Path, tmp_path: Path) -> Elicence:
    """Give a home of its own, empty."""
    return running.copy_home(empty_home, tmp_path / "home")


@pytest.fixture
def stocked(running: ModuleType, full_home: Path, tmp_path: Path) -> Elicence:
    """Give a home of its own with the six samples."""
    return running.copy_home(full_home, tmp_path / "home")


@pytest.fixture(scope="module")
def served(running: ModuleType, full_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Give a server over a home with the six samples."""
    elicence = running.copy_home(full_home, tmp_path_factory.mktemp("served") / "home")
    with running.Server(elicence) as server:
        yield server
    assert server.code == 0, server.log
