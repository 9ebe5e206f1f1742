"""Finds what was touched in a store that forgets; it keeps the promises of the SQL adapter."""

import threading
from collections.abc import Callable, Collection, Iterator
from datetime import datetime

from .impact import Drill, ImpactSelection
from .lifecycle import Action
from .standing import Event
from .store import LicenceStore, Record

_PAGE = 500


class MemoryImpacts:
    """See ``impact.Impacts``. Safe for threads."""

    def __init__(self, store: LicenceStore, batch: Callable[[str], Collection[str]]) -> None:
        """``batch`` gives the identifiers of what a conversion of paper stock has issued."""
        self._store = store
        self._batch = batch
        self._lock = threading.Lock()
        self._lists: set[str] = set()
        self._drills: dict[tuple[str, Action], Drill] = {}

    def touched(self, selection: ImpactSelection) -> Iterator[str]:
        """See ``impact.Impacts``."""
        found = []
        for event in self._issues():
            record = self._store.get(event.identifier)
            if self._fits(selection, record, event):
                found.append(record)
        found.sort(key=lambda record: (record.sealed_at, record.identifier))
        yield from (record.identifier for record in found)

    def _issues(self) -> Iterator[Event]:
        last = 0
        while events := self._store.changes_after(last, _PAGE):
            yield from (event for event in events if event.before is None)
            last = events[-1].sequence

    def _fits(self, selection: ImpactSelection, record: Record, issue: Event) -> bool:
        return (
            (not selection.batch or record.identifier in self._batch(selection.batch))
            and selection.operator in ("", issue.act.actor.name)
            and selection.type_code in ("", record.type_code)
            and selection.type_version in (None, record.type_version)
            and (selection.since is None or record.sealed_at >= selection.since)
            and (selection.until is None or record.sealed_at < selection.until)
        )

    def keep_list(self, digest: str, *, lines: int, made_at: datetime) -> None:
        """See ``impact.Impacts``."""
        with self._lock:
            self._lists.add(digest)

    def knows_list(self, digest: str) -> bool:
        """See ``impact.Impacts``."""
        return digest in self._lists

    def begin(self, drill: Drill) -> Drill:
        """See ``impact.Impacts``."""
        with self._lock:
            return self._drills.setdefault((drill.digest, drill.act.action), drill)

    def begin_anew(self, drill: Drill) -> None:
        """See ``impact.Impacts``."""
        with self._lock:
            self._drills[drill.digest, drill.act.action] = drill
