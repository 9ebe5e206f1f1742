"""Noticing that files have changed: a process that runs for months follows keys and trust without a restart."""

import logging
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Generic, TypeVar

from verify import TrustStore, TrustStoreError

LOOK_SECONDS = 1.0
"""How often the files are looked at, at most."""

What = TypeVar("What")


def stamp(path: Path) -> tuple[int, ...] | None:
    """Return what changes whenever the file does; None when it cannot be looked at."""
    try:
        status = os.stat(path)
    except OSError:
        return None
    return status.st_mtime_ns, status.st_ctime_ns, status.st_size, status.st_ino


class Watched(Generic[What]):
    """What is read from files, read again when one of them has changed.

    Files that have become unreadable, or hold something else for a moment, do not take it away: it stays as it was, and
    the log says so.
    """

    def __init__(
        self,
        name: str,
        log: logging.Logger,
        *,
        read: Callable[[], What],
        look: Callable[[], object],
        count: Callable[[What], int],
        refused: tuple[type[Exception], ...],
    ) -> None:
        """`read` raises one of `refused`, here as well; `look` returns what differs when a file has changed."""
        self._name, self._log, self._count = name, log, count
        self._read, self._look, self._refused = read, look, refused
        self._lock = threading.Lock()
        # Looked at before it is read: a change in between is seen next time.
        self._seen = look()
        self._value = read()
        self._until = time.monotonic() + LOOK_SECONDS

    def get(self, *, now: bool = False) -> What:
        """Return it, at most `LOOK_SECONDS` old unless it must be that of `now`."""
        with self._lock:
            if now or time.monotonic() >= self._until:
                self._until = time.monotonic() + LOOK_SECONDS
                self._refresh()
            return self._value

    def _refresh(self) -> None:
        seen = self._look()
        if seen == self._seen:
            return
        self._seen = seen
        try:
            self._value = self._read()
        except self._refused as error:
            notes = "".join(f" {note}" for note in getattr(error, "__notes__", ()))
            self._log.error("the %s stay as they were: %s%s", self._name, error, notes)
        else:
            self._log.warning("the %s were read again: %d", self._name, self._count(self._value))


def stamps_in(folder: Path, pattern: str) -> object:
    """Return what changes whenever a file in a folder does, comes or goes."""
    try:
        return stamp(folder), sorted((str(path), stamp(path)) for path in folder.rglob(pattern))
    except OSError as error:
        return error.errno


def watched_trust(folder: Path) -> Watched[TrustStore]:
    """Watch the trusted certificates; readiness, which reads the folder itself, falls when they cannot be read.

    TrustStoreError when that cannot be done even once.
    """
    return Watched(
        "trusted certificates",
        logging.getLogger("elicence.trust"),
        read=lambda: TrustStore.from_directory(folder),
        look=lambda: stamps_in(folder, "*"),
        count=lambda store: len(store.anchors),
        refused=(TrustStoreError,),
    )
