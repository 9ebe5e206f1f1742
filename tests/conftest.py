"""What every test can ask for, and the rule that a checked-in test is run."""

import os
import signal
import sys
from collections.abc import Callable, Generator, Iterator
from functools import wraps
from importlib import util
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pytest
import readers
from hypothesis import HealthCheck, settings

from verify import Report, Verifier

if TYPE_CHECKING:
    from browser import Chromium
    from postgresql_server import PostgresqlServer

NO_SKIP = "ELICENCE_TESTS_NO_SKIP"
"""Set to 1, as .ci/run does, it makes a run fail in which a test was skipped, and its examples those of every run."""

# How long an example takes says more about the machine than about us. Where every run has to agree, all of them try the
# same examples; elsewhere each looks for new ones.
settings.register_profile(
    "ours", deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=os.environ.get(NO_SKIP) == "1"
)
settings.load_profile("ours")

# Whoever starts the tests in the background has them ignore Ctrl-C, and so would every program that they start.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# Rewriting the asserts of all files takes half a minute: once for each version of a file is enough.
sys.dont_write_bytecode = False

# A developer's own settings must not reach the tests.
for _name in [name for name in os.environ if name.startswith(("ELICENCE_", "PG")) and name != NO_SKIP]:
    del os.environ[_name]


@pytest.fixture(scope="session", autouse=True)
def _warm_readers() -> None:
    """Have what reads others' files in processes of their own find its libraries loaded."""
    readers.install()


@pytest.fixture(scope="session")
def witnesses() -> ModuleType:
    """Give the programs that judge our output: tests/witness/witnesses.py."""
    import witnesses  # here, because it imports much that most tests do not need

    return witnesses


@pytest.fixture(scope="session")
def chromium() -> "Iterator[Chromium]":
    """Give one headless Chromium for the whole run."""
    from browser import Chromium

    running = Chromium()
    yield running
    running.close()


@pytest.fixture(scope="session")
def postgresql() -> "Iterator[PostgresqlServer]":
    """Give one private PostgreSQL server for the whole run (of this process)."""
    from postgresql_server import PostgresqlServer

    server = PostgresqlServer()
    yield server
    server.close()


def _load_vectors() -> ModuleType:
    # Test folders are no packages (importlib mode), so what the tests share is loaded by its path.
    place = Path(__file__).with_name("verify") / "vectors_of_reasons.py"
    spec = util.spec_from_file_location("vectors_of_reasons", place)
    assert spec is not None
    assert spec.loader is not None
    module = util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


_REASON_VECTORS = _load_vectors()


def _listening(judge: Callable[..., Report], given: set[str]) -> Callable[..., Report]:
    @wraps(judge)
    def listened(*arguments: Any, **named: Any) -> Report:
        report = judge(*arguments, **named)
        given.add(report.reason.code)
        return report

    return listened


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None]:
    """A test that is named as the vector of a reason is one: its verifier gave that reason as the verdict."""
    codes = _REASON_VECTORS.codes_of(item.nodeid)
    if not codes:
        return (yield)
    given: set[str] = set()
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in vars(Verifier) if name.startswith("verify_")]:
            patch.setattr(Verifier, name, _listening(getattr(Verifier, name), given))
        result = yield
    missing = set(codes) - given
    if missing:
        raise AssertionError(f"named as the vector of {sorted(missing)}, but the verifier said {sorted(given)}")
    return result


def _skipped(config: pytest.Config) -> int:
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    return len(reporter.stats.get("skipped", [])) if reporter and os.environ.get(NO_SKIP) == "1" else 0


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    if exitstatus == pytest.ExitCode.OK and _skipped(session.config):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if count := _skipped(terminalreporter.config):
        terminalreporter.write_line(f"{NO_SKIP}=1: {count} skipped, so this run has failed", red=True)
