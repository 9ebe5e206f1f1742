from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from importlib import util
from pathlib import Path
from types import ModuleType

import pytest
from servers import AuthorityServer

from keys import DevelopmentPki, make_development_pki
from verify import TrustStore, Verifier


def _load(name: str, folder: Path = Path(__file__).parent) -> ModuleType:
    # Test folders are no packages (importlib mode), so what the tests share is loaded by its path.
    spec = util.spec_from_file_location(f"verify_test_{name}", folder / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


_OFFICE = _load("office")
_COUNTER = _load("counter")
# In this order: each builds on the ones before.
for _name in ("attack_files", "attack_files_growth", "attack_files_signature", "attack_files_ours"):
    _load(_name)
_load("fuzz_worker", Path(__file__).parents[1] / "soak")


@pytest.fixture(scope="session")
def office() -> ModuleType:
    return _OFFICE


@pytest.fixture(scope="session", params=["sm2", "rsa"])
def pki(request: pytest.FixtureRequest, office: ModuleType) -> DevelopmentPki:
    return make_development_pki(
        request.param, authority_name=office.NAME, authority_code=office.CODE, at=office.BEGIN, random=os.urandom
    )


@pytest.fixture(scope="session")
def verifier(pki: DevelopmentPki, office: ModuleType) -> Verifier:
    """A verifier that trusts the development PKI and knows the sample licence as issued."""
    trust = TrustStore.from_certificates((pki.root, pki.issuing_ca, pki.code.certificate))
    return Verifier(trust, office.Store(office.ISSUED))


@pytest.fixture(scope="session")
def ca(office: ModuleType) -> object:
    """A certification authority that is not a development PKI, with its keys."""
    return office.make_ca()


@pytest.fixture(scope="session")
def counters() -> ModuleType:
    return _COUNTER


@pytest.fixture(params=["sm2", "rsa"])
def counter(request: pytest.FixtureRequest, office: ModuleType) -> Iterator[object]:
    """A counter of one family of the declared PKI, with its CA and timestamp authority running."""
    with AuthorityServer(request.param, clock=office.AT) as server:
        yield _COUNTER.Counter(server, office)
