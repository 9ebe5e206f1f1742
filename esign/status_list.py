"""Status lists: the state of every licence of an authority in a file that can be carried where no network is.

The list follows the Token Status List of the IETF (draft-ietf-oauth-status-list): four bits for each place, the first
place in the lowest bits of the first byte, compressed with zlib, and its values 0 (valid), 1 (invalid), 2 (suspended).
Values that it leaves to applications, and tables beside them, say what else an offline check has to know. One canonical
JSON text (RFC 8785); the authority signs that text (`status_list_file`).
"""

import base64
import zlib
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import IntEnum
from itertools import pairwise
from types import MappingProxyType
from typing import Final, TypeAlias

from .china import CHINA
from .errors import Fault, MalformedError, TooLargeError
from .identifier import is_issuer_code
from .json_members import as_count, as_day, as_instant, as_items, as_mapping, as_one_of, as_text
from .structured_json import canonical_json, read_json

STATUS_LIST_FORMAT: Final = "elicence-status-list/1"
MAX_STATUS_LIST_BYTES: Final = 8 * 1024 * 1024
"""Of the text. A list of a million licences of which one in twenty has ended has about 300 KB."""
MAX_PLACES: Final = 1 << 20
MAX_ENTRIES: Final = 500_000
"""Places named in the tables beside the list, all together."""
MAX_LIFE_SECONDS: Final = 31 * 24 * 3600

_BITS = 4
_Groups: TypeAlias = "dict[str, list[int]]"


class ListedStatus(IntEnum):
    """What a place says. 0 to 2 are those of the Token Status List, the others its application-specific ones."""

    VALID = 0
    ENDED = 1
    """Revoked, annulled, withdrawn, cancelled or transferred."""
    SUSPENDED = 2
    SUPERSEDED = 3
    LOST = 12
    RENEWAL_PENDING = 13
    """Valid beyond its term while a timely renewal is undecided."""
    INACTIVE = 14
    """Waits for its activation."""
    PENDING = 15
    """Waits for the seal of another authority."""


EFFECTS: Final = ("not_usable", "note")
"""What follows when an obligation is overdue."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedObligation:
    """An obligation that is overdue or will be during the life of the list (`must_list`)."""

    key: str
    due: date
    """Last day on which it is not overdue."""
    effect: str
    """One of `EFFECTS`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusList:
    """One list as it was at a time."""

    issuer_code: str
    """Social credit code of the authority whose licences it lists."""
    number: int
    """Which of the authority's lists: licences name it together with their place."""
    issued_at: datetime
    time_to_live: timedelta
    """After that a newer list should be there."""
    places: bytes
    """One byte for each place, a value of `ListedStatus`. What is not used looks valid."""
    extended: Mapping[int, date]
    """New last days, whatever the place says."""
    disputed: frozenset[int]
    obligations: Mapping[int, tuple[ListedObligation, ...]]
    """What is not here is not overdue while the list lives."""

    @property
    def next_update(self) -> datetime:
        """When a newer list should be there."""
        return self.issued_at + self.time_to_live

    def at(self, place: int) -> ListedStatus | None:
        """Return what a place says; None when the list has no such place."""
        return ListedStatus(self.places[place]) if 0 <= place < len(self.places) else None


def must_list(due: date, issued_at: datetime, time_to_live: timedelta) -> bool:
    """Whether an obligation belongs into a list: it is overdue on some day of the list's life."""
    return due < (issued_at + time_to_live).astimezone(CHINA).date()


def status_list_to_bytes(listed: StatusList) -> bytes:
    """Canonical JSON after RFC 8785, UTF-8."""
    extended: _Groups = defaultdict(list)
    for place, day in sorted(listed.extended.items()):
        extended[day.isoformat()].append(place)
    overdue: dict[str, dict[str, _Groups]] = defaultdict(lambda: defaultdict(lambda: defaultdict(list)))
    for place, obligations in sorted(listed.obligations.items()):
        for one in obligations:
            overdue[one.effect][one.key][one.due.isoformat()].append(place)
    return canonical_json(
        {
            "format": STATUS_LIST_FORMAT,
            "issuer": listed.issuer_code,
            "list": listed.number,
            "issuedAt": listed.issued_at.isoformat(timespec="seconds"),
            "ttl": int(listed.time_to_live.total_seconds()),
            "size": len(listed.places),
            "bits": _BITS,
            "lst": _to_text(zlib.compress(_pack(listed.places), 9)),
            "extended": extended,
            "disputed": sorted(listed.disputed),
            "obligations": overdue,
        }
    )


def status_list_from_bytes(text: bytes) -> StatusList:
    """Read what `status_list_to_bytes` wrote; who has signed it is judged elsewhere.

    Raises:
        TooLargeError: over one of the limits of this module.
        MalformedError: `FORMAT_STATUS_LIST` when it is no status list; `NON_CANONICAL` in another encoding.
    """
    if len(text) > MAX_STATUS_LIST_BYTES:
        raise TooLargeError(f"a status list of {len(text)} bytes; the limit is {MAX_STATUS_LIST_BYTES}")
    try:
        document = read_json(text)
        listed = _parse(as_mapping(document))
        # Only the JSON: compressing again proves nothing, other versions of zlib give other bytes for the same list.
        canonical = canonical_json(document)
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError, zlib.error) as error:
        # The errors of the JSON, UTF-8 and base64 decoders are ValueErrors.
        raise MalformedError(Fault.FORMAT_STATUS_LIST, f"not a status list ({type(error).__name__})") from error
    if canonical != text:
        raise MalformedError(Fault.NON_CANONICAL, "the status list is not in its canonical form")
    return listed


_MEMBERS = frozenset(
    {
        "format",
        "issuer",
        "list",
        "issuedAt",
        "ttl",
        "size",
        "bits",
        "lst",
        "extended",
        "disputed",
        "obligations",
    }
)


def _parse(top: dict[str, object]) -> StatusList:
    # A member that this version does not know could say that a place is not what it looks like.
    if top.keys() != _MEMBERS or top["format"] != STATUS_LIST_FORMAT or top["bits"] != _BITS:
        raise ValueError("unknown format")
    size, number, seconds = (as_count(top[key]) for key in ("size", "list", "ttl"))
    if not 0 < size <= MAX_PLACES or size % 2 or number < 0 or not 0 < seconds <= MAX_LIFE_SECONDS:
        raise ValueError("beyond the limits of a list")
    issuer = as_text(top["issuer"])
    if not is_issuer_code(issuer):
        raise ValueError("no code of an authority")
    budget = _Budget(size)
    extended: dict[int, date] = {}
    for place, day in budget.grouped(as_mapping(top["extended"])):
        if extended.setdefault(place, day) is not day:
            raise ValueError("a place with two last days")
    disputed = frozenset(budget.places(top["disputed"])) if top["disputed"] != [] else frozenset[int]()
    obligations: dict[int, list[ListedObligation]] = defaultdict(list)
    for name, keys in as_mapping(top["obligations"]).items():
        effect = as_one_of(name, EFFECTS)
        for key, days in _filled(keys).items():
            for due, places in _filled(days).items():
                # One for all its places: there may be half a million.
                one = ListedObligation(key=key, due=as_day(due), effect=effect)
                for place in budget.places(places):
                    obligations[place].append(one)
    return StatusList(
        issuer_code=issuer,
        number=number,
        issued_at=as_instant(top["issuedAt"]),
        time_to_live=timedelta(seconds=seconds),
        places=_unpack(_from_text(as_text(top["lst"]), size // 2)),
        extended=MappingProxyType(extended),
        disputed=disputed,
        obligations=MappingProxyType({place: tuple(found) for place, found in obligations.items()}),
    )


class _Budget:
    """Reads the places that the tables name; there is a limit for all of them together."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._left = MAX_ENTRIES

    def places(self, value: object) -> list[int]:
        """Take places in ascending order."""
        places = [as_count(item) for item in as_items(value)]
        self._left -= len(places)
        if self._left < 0:
            raise TooLargeError(f"more than {MAX_ENTRIES} places beside a status list")
        if not places or places[0] < 0 or places[-1] >= self._size:
            raise ValueError("no places of this list")
        if any(later <= earlier for earlier, later in pairwise(places)):
            raise ValueError("places in another order, or twice")
        return places

    def grouped(self, groups: dict[str, object]) -> Iterator[tuple[int, date]]:
        """Take places by day."""
        for day, places in groups.items():
            last = as_day(day)
            for place in self.places(places):
                yield place, last


def _filled(value: object) -> dict[str, object]:
    found = as_mapping(value)
    if not found:
        raise ValueError("an empty group")
    return found


_KNOWN = frozenset(ListedStatus)
# Both halves of every byte at once: translating is much faster than looking at a million places one by one.
_LOW = bytes(value & 15 for value in range(256))
_HIGH = bytes(value >> 4 for value in range(256))


def _pack(places: bytes) -> bytes:
    """Two places in a byte, the first one in its low bits."""
    pairs = int.from_bytes(places[0::2]) | int.from_bytes(places[1::2]) << _BITS
    return pairs.to_bytes(len(places) // 2)


def _unpack(packed: bytes) -> bytes:
    places = bytearray(2 * len(packed))
    places[0::2] = packed.translate(_LOW)
    places[1::2] = packed.translate(_HIGH)
    if not _KNOWN.issuperset(places):
        raise ValueError("a value that means nothing")
    return bytes(places)


def _to_text(packed: bytes) -> str:
    return base64.urlsafe_b64encode(packed).rstrip(b"=").decode()


def _from_text(text: str, size: int) -> bytes:
    packed = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    unpacker = zlib.decompressobj()
    content = unpacker.decompress(packed, size + 1)
    if len(content) != size or not unpacker.eof or unpacker.unused_data or _to_text(packed) != text:
        raise ValueError("the list has another size than it says, or more behind it")
    return content
