"""Issuing what was accepted in batches, in processes of a server for as long as it runs.

Items of all open batches take turns, so that a large batch does not hold up a small one. Nothing about the work is kept
here: whoever comes next, after an end or a crash, finds in the store what is left.
"""

import contextlib
import json
import logging
import os
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain, islice, zip_longest
from pathlib import Path

from esign import EsignError
from keys import KeysError
from licences import LicencesError

from .background import SHUTDOWN_SECONDS
from .batch_worker import refused
from .errors import ApiError, ServiceUnavailableError
from .home_lock import HomeLock
from .problem_rows import INTERNAL
from .problems import Problem, problem_of
from .wiring import Services

POLL_SECONDS = 0.5
RETRY_SECONDS = 5.0
IDLE_SECONDS = 120.0
"""Processes that had nothing to do for so long are ended."""
MAX_WORKERS = 8
MAX_DEATHS = 3
"""Processes that one item may take with it."""
_ITEMS_A_ROUND = 8
"""Times the workers: then it is looked again which batches there are. To start one takes longer than so many items."""
_FORESEEN = (ApiError, LicencesError, EsignError, KeysError, OSError)

log = logging.getLogger("elicence.batches")


@dataclass(frozen=True, slots=True, order=True)
class _Item:
    batch: str
    position: int


class _Process:
    """One worker process."""

    def __init__(self, home: Path) -> None:
        try:
            self._process = subprocess.Popen(  # noqa: S603 — our own program
                [sys.executable, "-P", "-m", "api.batch_worker", str(home)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                encoding="utf-8",
                start_new_session=True,  # Ctrl-C is for the server: the item at hand is finished all the same
            )
        except OSError as error:
            raise _no_process() from error
        # One that cannot even begin says nothing about the item that it would have been asked for.
        if self._line() is None:
            self.close()
            raise _no_process()

    def ask(self, item: _Item) -> str | None:
        """Have an item issued: what is in the way, or an empty text; None when the process has ended instead."""
        stdin = self._process.stdin
        if stdin is None:
            return None
        try:
            stdin.write(json.dumps({"batch": item.batch, "position": item.position}) + "\n")
            stdin.flush()
        except OSError:
            return None
        said = self._line()
        return None if said is None else str(json.loads(said)["waits"])

    def _line(self) -> str | None:
        said = "" if self._process.stdout is None else self._process.stdout.readline()
        return said if said.endswith("\n") else None

    def kill(self) -> None:
        """End it at once; the item that it is at is done again by somebody else."""
        self._process.kill()

    def close(self) -> None:
        """Let it end."""
        with contextlib.suppress(OSError):
            if self._process.stdin is not None:
                self._process.stdin.close()
        try:
            self._process.wait(SHUTDOWN_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()


def _no_process() -> ServiceUnavailableError:
    return ServiceUnavailableError("签发进程无法启动。", "an issuing process does not start")


class BatchWork:
    """Issues the items of batches."""

    def __init__(
        self,
        services: Services,
        *,
        workers: int | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """Nothing is opened or started yet; `workers` is the number of processors when left out."""
        self._services = services
        self._count = min(workers or os.cpu_count() or 1, MAX_WORKERS)
        self._clock = clock
        self._lock = HomeLock(services.home.path / "batches.lock")
        self._idle: list[_Process] = []
        self._busy: set[_Process] = set()
        self._guard = threading.Lock()
        self._deaths: Counter[_Item] = Counter()
        self._held: set[_Item] = set()
        self._stop = threading.Event()
        self._is_over = False
        self._worked_at = time.monotonic()
        self.state = "ok"
        """`ok`, or the code of what is in the way since the last attempt."""

    @contextlib.contextmanager
    def running(self) -> Iterator[None]:
        """Issue until the end of the block."""
        with ThreadPoolExecutor(self._count, thread_name_prefix="batch") as pool:
            thread = threading.Thread(target=self._run, args=(pool,), name="batches", daemon=True)
            thread.start()
            try:
                yield
            finally:
                self._stop.set()
                thread.join(SHUTDOWN_SECONDS)
                self._kill_busy()
                thread.join()
                self._end_idle()
                self._lock.give_back()

    def _run(self, pool: ThreadPoolExecutor) -> None:
        rest = 0.0
        while not self._stop.wait(rest):
            try:
                state, rest = self._round(pool), 0.0
                if state is None:
                    state, rest = "ok", POLL_SECONDS
                elif state != "ok":
                    rest = RETRY_SECONDS
            except _FORESEEN as error:
                state, rest = problem_of(error).code, RETRY_SECONDS
            except Exception as error:
                log.exception("unforeseen %s", type(error).__qualname__, exc_info=False)
                state, rest = INTERNAL.code, RETRY_SECONDS
            self._say(state)

    def _round(self, pool: ThreadPoolExecutor) -> str | None:
        """Have some items issued; what is in the way, `ok`, or None when there was nothing to do."""
        if not self._lock.take():
            return None  # another process of this home does it
        items = self._next_items()
        if not items:
            if time.monotonic() - self._worked_at > IDLE_SECONDS:
                self._end_idle()
            return None
        hands = -(-len(items) // _ITEMS_A_ROUND)
        shares = [items[hand::hands] for hand in range(hands)]
        waits = dict(chain.from_iterable(pool.map(self._serve_all, shares)))
        self._worked_at = time.monotonic()
        self._held = {item for item in self._held | waits.keys() if waits.get(item, "held")}
        return "ok" if "" in waits.values() else min(waits.values())

    def _next_items(self) -> list[_Item]:
        """Take items from all open batches in turn, and say of those without any that they are done."""
        batches = self._services.issue_batches
        lanes, known, most = list[list[_Item]](), set[_Item](), self._count * _ITEMS_A_ROUND
        for batch_id in batches.unfinished():
            left = [_Item(batch_id, position) for position in batches.left(batch_id)]
            known.update(left)
            if left:
                # Those that something was in the way of do not keep the others from being tried.
                lanes.append(sorted(left, key=lambda item: item in self._held)[:most])
            else:
                batches.finish(batch_id, self._clock())
        self._held &= known
        turns = chain.from_iterable(zip_longest(*lanes))
        return list(islice((item for item in turns if item is not None), most))

    def _serve_all(self, items: Sequence[_Item]) -> list[tuple[_Item, str]]:
        return [(item, self._serve(item)) for item in items]

    def _serve(self, item: _Item) -> str:
        if self._stop.is_set():
            return ""
        process = self._taken()
        waits = process.ask(item)
        with self._guard:
            self._busy.discard(process)
            if waits is not None:
                self._idle.append(process)
        if waits is None:
            process.close()
            return self._died(item)
        return waits

    def _taken(self) -> _Process:
        with self._guard:
            if self._idle:
                process = self._idle.pop()
                self._busy.add(process)
                return process
        process = _Process(self._services.home.path)
        with self._guard:
            self._busy.add(process)
            if self._is_over:
                process.kill()  # it was not there yet when the others were ended
        return process

    def _died(self, item: _Item) -> str:
        if self._is_over:
            return "WORKER_LOST"  # it was ended from here: the item is not to blame
        self._deaths[item] += 1
        log.error("a process that issues ended by itself")
        if self._deaths[item] < MAX_DEATHS:
            return "WORKER_LOST"
        problem = Problem(row=INTERNAL, code=INTERNAL.code, message=INTERNAL.title)
        self._services.issue_batches.settle(item.batch, item.position, refused(problem))
        return ""

    def _kill_busy(self) -> None:
        with self._guard:
            self._is_over = True
            for process in self._busy:
                process.kill()

    def _end_idle(self) -> None:
        with self._guard:
            idle, self._idle = self._idle, []
        for process in idle:
            process.close()

    def _say(self, state: str) -> None:
        if state != self.state and state != "ok":
            log.error("batches wait [%s]", state)
        elif state != self.state:
            log.warning("batches go on")
        self.state = state
