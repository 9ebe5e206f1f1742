"""The holder's file (一码): every licence that one code has, those that count today first."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from .errors import InvalidHolderError
from .holder_links import HolderLink, HolderLinks, linked_codes
from .holders import check_holder, look_at_holder
from .lifecycle import ENDS, Status
from .store import IN_FORCE_WORDS, LicenceStore, Record, StatusAnswer, word_of


@dataclass(frozen=True, slots=True, kw_only=True)
class FiledLicence:
    """A licence in a holder's file."""

    record: Record
    status: StatusAnswer
    state: str
    """What holds of it, as ``store.word_of`` says it."""
    path: tuple[HolderLink, ...]
    """The links that lead to its holder's code; empty where that is the code that was asked for."""

    @property
    def in_force(self) -> bool:
        """Whether it may be used."""
        return self.state in IN_FORCE_WORDS


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
                yield FiledLicence(record=record, status=status, state=word_of(record, status), path=path)


def _part(one: FiledLicence) -> int:
    if one.in_force:
        return 0
    if one.status.value is Status.REPLACED:
        return 3
    return 2 if one.status.value in ENDS or one.state == "expired" else 1
