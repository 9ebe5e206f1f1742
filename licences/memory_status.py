"""Reads what status lists are made of from a store that forgets; it keeps the promises of the SQL adapter."""

from collections.abc import Iterator
from itertools import groupby

from .standing import Event
from .status_lists import ListedLife, StatusListName, needs_looking_at
from .store import LicenceStore, Record

_PAGE = 500


class MemoryListedLives:
    """See ``status_lists.ListedLives``. Safe for threads."""

    def __init__(self, store: LicenceStore) -> None:
        self._store = store

    def names(self) -> frozenset[StatusListName]:
        """See ``status_lists.ListedLives``."""
        return frozenset(_name(self._store.get(one)) for one in {event.identifier for event in self._events()})

    def lives(self) -> Iterator[ListedLife]:
        """See ``status_lists.ListedLives``."""
        events = sorted(self._events(), key=lambda event: (event.identifier, event.sequence))
        found = []
        for identifier, own in groupby(events, key=lambda event: event.identifier):
            life = tuple(own)
            record = self._store.get(identifier)
            if needs_looking_at(life, record.obligations):
                found.append(
                    ListedLife(
                        name=_name(record),
                        index=record.status_index,
                        valid_to=record.valid_to,
                        obligations=record.obligations,
                        events=life,
                    )
                )
        yield from sorted(found, key=lambda life: life.name)

    def newest(self) -> int:
        """See ``status_lists.ListedLives``."""
        return max((event.sequence for event in self._events()), default=0)

    def _events(self) -> Iterator[Event]:
        last = 0
        while events := self._store.changes_after(last, _PAGE):
            yield from events
            last = events[-1].sequence


def _name(record: Record) -> StatusListName:
    return StatusListName(record.issuer_code, record.status_list)
