"""The holder's file (一码): every licence that one code has, those that count today first."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from esign import CHINA

from .errors import InvalidHolderError
from .holder_links import HolderLink, HolderLinks, linked_codes
from .holders import check_holder, look_at_holder
from .lifecycle import ENDS, Status
from .store import LicenceStore, Record, StatusAnswer

IN_FORCE = frozenset({"issued", "renewal_pending"})
"""States in which a licence may be used."""
_NOT_USABLE = "not_usable"


@dataclass(frozen=True, slots=True, kw_only=True)
class FiledLicence:
    """A licence in a holder's file."""

    record: Record
    status: StatusAnswer
    state: str
    """What holds of it: a status, or ``not_yet_in_force``, ``expired``, ``renewal_pending``, ``obligation_overdue``."""
    path: tuple[HolderLink, ...]
    """The links that lead to its holder's code; empty where that is the code that was asked for."""

    @property
    def in_force(self) -> bool:
        """Whether it may be used."""
        return self.state in IN_FORCE


@dataclass(frozen=True, slots=True, kw_only=True)
class HolderFile:
    """What one code has."""

    licences: tuple[FiledLicence, ...]
    """In force first, then what may come into force again, then what has ended; the newest first in each part."""
    earlier: int
    """How many earlier versions were left out."""


def holder_file(
    store: LicenceStore, links: HolderLinks | None, kind: str, code: str, *, at: datetime, history: bool = False
) -> HolderFile:
    """Put a holder's file together.

    With ``history`` versions that were replaced are in it, too; with ``links`` what linked codes have. Co-owners are
    holders like any other. A code that fails its checks is looked for as it is, for old licences bear such codes;
    InvalidHolderError when nothing is found under it.
    """
    looked = look_at_holder(kind, code)
    filed = {one.record.identifier: one for one in _reversed_filed(store, links, kind, looked.code, at)}
    if not filed:
        try:
            check_holder(kind, code)
        except InvalidHolderError:
            if links is None or not links.entries(kind, looked.code):
                raise
    shown = [one for one in filed.values() if history or one.status.value is not Status.REPLACED]
    shown.sort(key=lambda one: one.record.sealed_at, reverse=True)
    shown.sort(key=_part)
    return HolderFile(licences=tuple(shown), earlier=len(filed) - len(shown))


def _reversed_filed(
    store: LicenceStore, links: HolderLinks | None, kind: str, code: str, at: datetime
) -> Iterator[FiledLicence]:
    """Give what linked codes have before what the code itself has: of a licence of both, the nearest is kept."""
    linked = () if links is None else linked_codes(links, kind, code)
    for key, path in (*(((one.kind, one.code), one.path) for one in reversed(linked)), ((kind, code), ())):
        for record in store.of_holder(*key):
            status = store.status(record.identifier, at)
            if status is not None:
                yield FiledLicence(record=record, status=status, state=state_of(record, status, at), path=path)


def state_of(record: Record, status: StatusAnswer, at: datetime) -> str:
    """Say in one word what holds of a licence, its own dates and its obligations included."""
    if status.value is not Status.ISSUED:
        return status.value.value
    day = at.astimezone(CHINA).date()
    if day < record.valid_from:
        return "not_yet_in_force"
    last = _last_day(record, status)
    if last is not None and day > last and not status.renewal_pending:
        return "expired"
    if any(day > one.due and one.effect == _NOT_USABLE for one in status.obligations):
        return "obligation_overdue"
    return "renewal_pending" if last is not None and day > last else "issued"


def _last_day(record: Record, status: StatusAnswer) -> date | None:
    if record.valid_to is None or status.extended_to is None:
        return record.valid_to
    return max(record.valid_to, status.extended_to)


def _part(one: FiledLicence) -> int:
    if one.in_force:
        return 0
    if one.status.value is Status.REPLACED:
        return 3
    return 2 if one.status.value in ENDS or one.state == "expired" else 1
