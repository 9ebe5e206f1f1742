"""Making and publishing status lists: on every change, at least every hour, never backwards in time.

Whoever publishes holds the lock of the folder meanwhile, so that several processes may try: the second one finds that
the newest list already says what it would say. A process that is killed leaves the lists that were there.
"""

import contextlib
import fcntl
import logging
import os
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from esign import EsignError, StatusList, read_signed_status_list, signed_status_list
from keys import KeysError, Signer
from licences import (
    LicencesError,
    LicenceStore,
    ListedLives,
    MadeStatusList,
    StatusListName,
    changes_lists,
    made_status_lists,
    says_the_same,
)
from verify import VerifyError

from .background import in_background
from .errors import ApiError, BusyError, CannotWriteError, ClockError
from .problems import problem_of
from .status_files import PublishedList, StatusFiles
from .system_words import why_unwritten

PERIOD = timedelta(hours=1)
TIME_TO_LIVE = timedelta(hours=26)
"""A counter that fetches the lists once a day has a living one from each morning to the next."""
POLL_SECONDS = 1.0
RETRY_SECONDS = 10.0
REST = 4
"""How many times as long as the last lists took nobody makes the next ones: at most a fifth of one processor."""
LOCK_SECONDS = 30.0
_PAGE = 1000
_FORESEEN = (ApiError, LicencesError, EsignError, KeysError, VerifyError, OSError)

log = logging.getLogger("elicence.status")


@dataclass(frozen=True, slots=True, kw_only=True)
class Publication:
    """What came out of one attempt."""

    published: tuple[PublishedList, ...]
    unchanged: tuple[PublishedList, ...]
    """Newest lists that still say what holds, and are not an hour old."""
    sequence: int
    """The newest act that is in the lists."""
    due_at: datetime
    """When lists have to be made again, also if nothing is done until then."""


class StatusPublisher:
    """Makes the lists of a store, signs them and puts them into their folder."""

    def __init__(
        self,
        source: ListedLives,
        files: StatusFiles,
        signer: Callable[[], Signer],
        check: Callable[[bytes, datetime], None],
    ) -> None:
        """`signer` opens the key that signs lists now; `check` raises when a finished one would not be believed."""
        self._source = source
        self._files = files
        self._signer = signer
        self._check = check

    def publish(self, now: datetime, *, wait: float = 0.0) -> Publication:
        """Publish every list that says something new or is an hour old.

        Raises BusyError when somebody else does so for longer than `wait` seconds, ClockError when a list was issued
        later than now, CannotWriteError, the errors of `keys` when the key cannot be used. What was put in place before
        an error stays: every list stands for itself.
        """
        with self._locked(wait):
            at = now.astimezone(UTC).replace(microsecond=0)
            # Asked first: what is done from now on is found after it.
            sequence = self._source.newest()
            published, unchanged = [], []
            due = at + PERIOD
            for made in made_status_lists(self._source, at=at, time_to_live=TIME_TO_LIVE):
                there = self._files.newest(StatusListName(made.listed.issuer_code, made.listed.number))
                if there is not None and self._still_good(there, made.listed, at):
                    unchanged.append(there)
                    due = min(due, there.issued_at + PERIOD)
                elif there is not None and there.issued_at == at:
                    # Two lists of one second could not be told apart.
                    due = at + timedelta(seconds=1)
                else:
                    published.append(self._put(made, at))
                due = min(due, made.changes_at or due)
        return Publication(published=tuple(published), unchanged=tuple(unchanged), sequence=sequence, due_at=due)

    def _still_good(self, there: PublishedList, made: StatusList, at: datetime) -> bool:
        if there.issued_at > at:
            raise ClockError(
                f"时钟早于已发布的状态列表（{there.issued_at.isoformat()}），未发布新列表。",
                f"the clock is before the list that was issued at {there.issued_at.isoformat()}: nothing is published",
            )
        if there.issued_at + PERIOD <= at:
            return False
        try:
            return says_the_same(read_signed_status_list(there.read()).listed, made)
        except (EsignError, ApiError):
            return False  # damaged: a whole one takes its place

    def _put(self, made: MadeStatusList, at: datetime) -> PublishedList:
        content = signed_status_list(made.listed, self._signer())
        self._check(content, at)
        return self._files.put(StatusListName(made.listed.issuer_code, made.listed.number), at, content)

    @contextlib.contextmanager
    def _locked(self, wait: float) -> Iterator[None]:
        try:
            self._files.folder.mkdir(mode=0o755, exist_ok=True)
            descriptor = os.open(self._files.folder, os.O_RDONLY)
        except OSError as error:
            why = why_unwritten(error)
            raise CannotWriteError(
                f"无法写入目录：{self._files.folder}（{why.zh}）", f"cannot write to {self._files.folder}: {why.en}"
            ) from error
        try:
            _lock(descriptor, until=time.monotonic() + wait)
            yield
        finally:
            os.close(descriptor)


def _lock(descriptor: int, *, until: float) -> None:
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            if time.monotonic() >= until:
                raise BusyError("另一进程正在发布状态列表。", "another process is publishing status lists") from error
            time.sleep(0.1)
        else:
            return


class StatusPublishing:
    """Publishes in a thread of a server for as long as it runs."""

    def __init__(
        self,
        publisher: Callable[[], StatusPublisher],
        store: Callable[[], LicenceStore],
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """Both are opened when they are needed: a server starts also while its database is gone."""
        self._publisher = publisher
        self._store = store
        self._clock = clock
        self._seen: int | None = None
        self._due_at: datetime | None = None
        self.state = "ok"
        """`ok`, or the code of what is wrong since the last attempt."""

    def running(self) -> AbstractContextManager[None]:
        """Publish until the end of the block."""
        return in_background("status-lists", self._run)

    def _run(self, stop: threading.Event) -> None:
        rest = 0.0
        while not stop.wait(rest):
            began = time.monotonic()
            try:
                self._look()
            except BusyError:
                rest = POLL_SECONDS  # somebody else is at it
            except _FORESEEN as error:
                self._tell(problem_of(error).code, str(error))
                rest = RETRY_SECONDS
            except Exception as error:
                # Its text may hold what somebody typed: type and place are enough to find it.
                frame = traceback.extract_tb(error.__traceback__)[-1]
                self._tell("INTERNAL", f"{type(error).__qualname__} at {frame.filename}:{frame.lineno}")
                rest = RETRY_SECONDS
            else:
                self._tell("ok", "")
                rest = max(POLL_SECONDS, REST * (time.monotonic() - began))

    def _look(self) -> None:
        """Publish if something has changed or it is time."""
        now = self._clock()
        # Lists that are due only long after now were made before the clock was set back: the attempt tells of it.
        if self._due_at is not None and now < self._due_at <= now + 2 * PERIOD and not self._changed():
            return
        publication = self._publisher().publish(now)
        self._seen, self._due_at = publication.sequence, publication.due_at
        for one in publication.published:
            log.info("status list %s/%d published", one.name.issuer_code, one.name.number)

    def _changed(self) -> bool:
        """Go through the acts that came since; what is no change is not looked at again."""
        while events := self._store().changes_after(self._seen or 0, _PAGE):
            if any(changes_lists(event) for event in events):
                return True
            self._seen = events[-1].sequence
        return False

    def _tell(self, state: str, detail: str) -> None:
        if state != self.state and state != "ok":
            log.error("status lists are not published [%s]: %s", state, detail)
        elif state != self.state:
            log.warning("status lists are published again")
        self.state = state
