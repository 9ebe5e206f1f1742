"""Noticing that files have changed: a process that runs for months follows keys and trust without a restart."""

import logging
import os
import threading
import time
from pathlib import Path

from verify import TrustStore, TrustStoreError

LOOK_SECONDS = 1.0
"""How often the folder of trust is looked at, at most."""

log = logging.getLogger("elicence.trust")


def stamp(path: Path) -> tuple[int, ...] | None:
    """Return what changes whenever the file does; None when it cannot be looked at."""
    try:
        status = os.stat(path)
    except OSError:
        return None
    return status.st_mtime_ns, status.st_ctime_ns, status.st_size, status.st_ino


class WatchedTrust:
    """The trusted certificates of a folder, read again when a file in it has changed.

    A folder that has become unreadable, or holds something else for a moment, does not take the trust away: judging
    goes on with what was last good, the log says so, and readiness, which reads the folder itself, falls.
    """

    def __init__(self, folder: Path) -> None:
        """Read the folder; TrustStoreError when that cannot be done even once."""
        self._folder = folder
        self._lock = threading.Lock()
        # Looked at before it is read: a change in between is seen next time.
        self._seen = self._look()
        self._store = TrustStore.from_directory(folder)
        self._until = time.monotonic() + LOOK_SECONDS

    def store(self, *, now: bool = False) -> TrustStore:
        """Return the trust, at most `LOOK_SECONDS` old unless it must be that of `now`."""
        with self._lock:
            if now or time.monotonic() >= self._until:
                self._until = time.monotonic() + LOOK_SECONDS
                self._refresh()
            return self._store

    def _refresh(self) -> None:
        seen = self._look()
        if seen == self._seen:
            return
        self._seen = seen
        try:
            self._store = TrustStore.from_directory(self._folder)
        except TrustStoreError as error:
            log.error("the trusted certificates stay as they were: %s", error)
        else:
            log.warning("the trusted certificates were read again: %d anchors", len(self._store.anchors))

    def _look(self) -> object:
        try:
            return stamp(self._folder), sorted((str(path), stamp(path)) for path in self._folder.rglob("*"))
        except OSError as error:
            return error.errno
