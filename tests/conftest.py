"""What every test can ask for, and the rule that a checked-in test is run."""

import os
from collections.abc import Iterator
from types import ModuleType
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from browser import Chromium
    from postgresql_server import PostgresqlServer

NO_SKIP = "ELICENCE_TESTS_NO_SKIP"
"""Set to 1, as .ci/run does, it makes a run fail in which a test was skipped."""

# A developer's own settings must not reach the tests.
for _name in [name for name in os.environ if name.startswith(("ELICENCE_", "PG")) and name != NO_SKIP]:
    del os.environ[_name]


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
