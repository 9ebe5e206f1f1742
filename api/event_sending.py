"""Telling webhooks of changes, in threads of a server for as long as it runs.

Each webhook is told in the order of the acts, one message at a time; a receiver that is slow or down holds up nobody
else. What was told is kept after the receiver has taken it: after a crash the last message may come once more.
"""

import contextlib
import logging
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

from esign import EsignError
from keys import KeysError
from licences import LicencesError
from licences.access import Operation
from licences.outgoing import Change, Webhook, WebhookState, failure_after, page_of

from .background import SHUTDOWN_SECONDS
from .callers import client_now
from .errors import ApiError
from .event_messages import GONE, Attempt, attempt_with, message_about
from .home_lock import HomeLock
from .problems import problem_of
from .wiring import Services

POLL_SECONDS = 1.0
RETRY_SECONDS = 10.0
MAX_SENDERS = 8
TURN = 50
"""Messages to one receiver, before others have their turn."""
_FORESEEN = (ApiError, LicencesError, EsignError, KeysError, OSError)

log = logging.getLogger("elicence.webhooks")


class Teller:
    """Tells one webhook what it has not been told."""

    def __init__(self, services: Services, attempt: Attempt | None = None) -> None:
        self._services = services
        self._attempt = attempt or attempt_with(services.home.settings)

    def tell(self, webhook: Webhook, clock: Callable[[], datetime], stopping: Callable[[], bool]) -> int:
        """Send what is due, at most a turn of messages, until one fails; returns how many were taken."""
        webhooks = self._services.webhooks
        caller = client_now(self._services, webhook.client)
        if caller is None or not caller.may(Operation.FOLLOW):
            self._fail(webhook, "NOT_ALLOWED", clock())
            return 0

        def may_be_told(change: Change) -> bool:
            return webhook.wants(change) and caller.may(
                Operation.FOLLOW, type_slug=change.type_slug, region=change.region
            )

        page = page_of(self._services.changes, may_be_told, after=webhook.position, limit=TURN)
        told = 0
        for change in page.changes:
            # It may have been stopped meanwhile, or have another secret.
            now = webhooks.get(webhook.id)
            if stopping() or now.state is not WebhookState.ACTIVE:
                return told
            code = self._attempt(now, message_about(now, change), clock())
            if code:
                self._fail(now, code, clock())
                return told
            webhooks.advance(webhook.id, change.sequence, told=True)
            told += 1
        if page.last is not None:
            webhooks.advance(webhook.id, page.last.sequence, told=False)
        return told

    def _fail(self, webhook: Webhook, code: str, at: datetime) -> None:
        failure = failure_after(webhook, code, at=at, for_ever=code == GONE)
        self._services.webhooks.fail(webhook.id, failure)
        if failure.retry_at is None:
            log.error("webhook %s of %s is given up [%s]", webhook.id, webhook.client, code)
        elif failure.failures == 1:
            log.warning("webhook %s of %s fails [%s]", webhook.id, webhook.client, code)


class EventSending:
    """Sends in threads of a server."""

    def __init__(
        self,
        services: Services,
        *,
        attempt: Attempt | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """Nothing is opened yet: a server starts also while its database is gone."""
        self._services = services
        self._teller = Teller(services, attempt)
        self._clock = clock
        self._lock = HomeLock(services.home.path / "webhooks.lock")
        self._busy: set[str] = set()
        self._guard = threading.Lock()
        self._stop = threading.Event()
        self.state = "ok"
        """`ok`, or the code of what is wrong since the last attempt."""

    @contextlib.contextmanager
    def running(self) -> Iterator[None]:
        """Send until the end of the block."""
        pool = ThreadPoolExecutor(MAX_SENDERS, thread_name_prefix="webhook")
        thread = threading.Thread(target=self._run, args=(pool,), name="webhooks", daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._stop.set()
            thread.join(timeout=SHUTDOWN_SECONDS)
            pool.shutdown(wait=False, cancel_futures=True)
            # A message that is on its way is waited for: what its receiver has taken is then also kept here.
            until = time.monotonic() + SHUTDOWN_SECONDS
            while self._busy and time.monotonic() < until:
                time.sleep(0.02)
            self._lock.give_back()

    def _run(self, pool: ThreadPoolExecutor) -> None:
        rest = 0.0
        while not self._stop.wait(rest):
            rest = POLL_SECONDS if self._guarded(lambda: self._look(pool)) else RETRY_SECONDS

    def _look(self, pool: ThreadPoolExecutor) -> None:
        if not self._lock.take():
            return  # another process of this home sends
        newest = self._services.changes.newest()
        for webhook in self._services.webhooks.due(self._clock(), newest):
            with self._guard:
                if webhook.id in self._busy:
                    continue
                self._busy.add(webhook.id)
            pool.submit(self._serve, webhook)

    def _serve(self, webhook: Webhook) -> None:
        try:
            self._guarded(lambda: self._tell_all(webhook))
        finally:
            with self._guard:
                self._busy.discard(webhook.id)

    def _tell_all(self, webhook: Webhook) -> None:
        # Another turn while there is something to tell: a long backlog does not wait for the next look.
        while self._teller.tell(webhook, self._clock, self._stop.is_set) == TURN and not self._stop.is_set():
            webhook = self._services.webhooks.get(webhook.id)

    def _guarded(self, work: Callable[[], object]) -> bool:
        try:
            work()
        except _FORESEEN as error:
            self._say(problem_of(error).code, str(error))
            return False
        except Exception as error:
            # Its text may hold an address: type and place are enough to find it.
            frame = traceback.extract_tb(error.__traceback__)[-1]
            self._say("INTERNAL", f"{type(error).__qualname__} at {frame.filename}:{frame.lineno}")
            return False
        self._say("ok", "")
        return True

    def _say(self, state: str, detail: str) -> None:
        if state != self.state and state != "ok":
            log.error("webhooks are not told [%s]: %s", state, detail)
        elif state != self.state:
            log.warning("webhooks are told again")
        self.state = state
