"""Links that are forgotten when the process ends, for tests and trials; they keep the promises of the SQL adapter."""

import threading

from .errors import DuplicateLinkError, LinkNotFoundError
from .holder_links import HolderLink, LinkEntry, Withdrawal


class MemoryHolderLinks:
    """See ``holder_links.HolderLinks``. Safe for threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._entries: dict[str, LinkEntry] = {}

    def add(self, link: HolderLink) -> None:
        """See ``holder_links.HolderLinks``."""
        key = link.relation, link.earlier, link.later
        with self._lock:
            for entry in self._entries.values():
                if entry.withdrawal is None and key == (entry.link.relation, entry.link.earlier, entry.link.later):
                    raise DuplicateLinkError
            self._entries[link.id] = LinkEntry(link=link)

    def withdraw(self, link_id: str, withdrawal: Withdrawal) -> LinkEntry:
        """See ``holder_links.HolderLinks``."""
        with self._lock:
            entry = self._entries.get(link_id)
            if entry is None or entry.withdrawal is not None:
                raise LinkNotFoundError
            self._entries[link_id] = LinkEntry(link=entry.link, withdrawal=withdrawal)
            return self._entries[link_id]

    def entries(self, kind: str, code: str) -> tuple[LinkEntry, ...]:
        """See ``holder_links.HolderLinks``."""
        with self._lock:
            return tuple(
                entry for entry in self._entries.values() if (kind, code) in (entry.link.earlier, entry.link.later)
            )
