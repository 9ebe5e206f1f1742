"""The authority register: which office is which, since when, and who may seal or act in whose place.

It is versioned in time: names, superiors, competences and successions have a first and a last day, so that a licence of
an office that was renamed, merged or split years ago can still be judged by what held then. One canonical JSON text
(RFC 8785); whoever keeps it signs that text (CMS, detached).
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from types import MappingProxyType
from typing import Final, Literal, TypeAlias

import rfc8785

from .errors import Fault, MalformedError, TooLargeError

FORMAT: Final = "elicence-authorities/1"
MAX_REGISTER_BYTES: Final = 8 * 1024 * 1024
MAX_AUTHORITIES: Final = 20_000
"""A province has about 10,000 offices of all levels."""
MAX_ENTRIES: Final = 200
"""Of one kind (names, competences, delegations, successions) of one authority."""
MAX_SUCCESSIONS: Final = 8
"""Steps that are followed from an authority to its successor's successor, or to its superior's superior."""

EVERY: Final = "*"
"""Stands for every licence type or every act."""

Standing: TypeAlias = Literal["itself", "delegate", "successor", "superior"]
"""In which capacity an office does something that concerns another one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Days:
    """From a day to a day, both inclusive; None is open."""

    since: date | None = None
    until: date | None = None

    def hold(self, day: date) -> bool:
        """Whether a day lies between them."""
        return (self.since is None or self.since <= day) and (self.until is None or day <= self.until)


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorityName:
    """A name that an authority bears or bore."""

    name: str
    days: Days


@dataclass(frozen=True, slots=True, kw_only=True)
class Competence:
    """What an authority may do."""

    types: tuple[str, ...]
    """Type codes of 21 characters, or `EVERY`."""
    acts: tuple[str, ...]
    """Acts such as `issue` and `revoke`, or `EVERY`."""
    days: Days


@dataclass(frozen=True, slots=True, kw_only=True)
class Mandate:
    """Another office stands in: as a delegate beside the authority, or as its successor."""

    code: str
    types: tuple[str, ...]
    days: Days


@dataclass(frozen=True, slots=True, kw_only=True)
class Authority:
    """One office."""

    code: str
    """Unified social credit code."""
    names: tuple[AuthorityName, ...]
    level: str
    region: str
    """GB/T 2260."""
    superior: str
    """Code of the office above; empty at the top."""
    days: Days
    """Of its existence."""
    competences: tuple[Competence, ...] = ()
    """Empty: nothing is laid down, so nothing is refused on this account."""
    delegates: tuple[Mandate, ...] = ()
    successors: tuple[Mandate, ...] = ()

    def bears(self, name: str) -> bool:
        """Whether it has or had this name."""
        return any(one.name == name for one in self.names)

    def may(self, act: str, type_code: str, day: date) -> bool:
        """Whether it exists on a day and its competences allow an act on licences of a type."""
        if not self.days.hold(day):
            return False
        return not self.competences or any(
            _names(one.types, type_code) and _names(one.acts, act) and one.days.hold(day) for one in self.competences
        )


class AuthorityRegister:
    """All authorities as one register has them."""

    def __init__(self, *, number: int, issued_at: datetime, authorities: Sequence[Authority]) -> None:
        """`number` counts the editions of the register. ValueError when two authorities have one code."""
        self.number = number
        self.issued_at = issued_at
        self.authorities = tuple(authorities)
        self._by_code: Mapping[str, Authority] = MappingProxyType({one.code: one for one in authorities})
        if len(self._by_code) != len(self.authorities):
            raise ValueError("a code stands twice in the register")

    def get(self, code: str) -> Authority | None:
        """Return the authority with this code."""
        return self._by_code.get(code)

    def sealing_for(self, issuer: str, sealer: str, type_code: str, day: date) -> Standing | None:
        """Say in which capacity an office may seal licences that name an issuer; None when it may not.

        An office that the register does not know may seal for itself: the register says who stands in for whom, not
        who exists everywhere.
        """
        if issuer == sealer:
            return self._itself(issuer, "issue", type_code, day)
        return self._standing_in(issuer, sealer, "issue", type_code, day)

    def acting_for(self, issuer: str, office: str, act: str, type_code: str, day: date) -> Standing | None:
        """Say in which capacity an office may do an act to a licence of an issuer; None when it may not."""
        if issuer == office:
            return self._itself(issuer, act, type_code, day)
        found = self._standing_in(issuer, office, act, type_code, day)
        if found is not None:
            return found
        above = self.get(office)
        if above is not None and above.may(act, type_code, day) and office in self._superiors(issuer):
            return "superior"
        return None

    def _itself(self, office: str, act: str, type_code: str, day: date) -> Standing | None:
        known = self.get(office)
        return "itself" if known is None or known.may(act, type_code, day) else None

    def _standing_in(self, issuer: str, office: str, act: str, type_code: str, day: date) -> Standing | None:
        stand_in = self.get(office)
        known = self.get(issuer)
        if known is None or stand_in is None or not stand_in.may(act, type_code, day):
            return None
        # Nobody delegates what he may not do himself, nor beyond his own end.
        if known.may(act, type_code, day) and any(
            one.code == office and _names(one.types, type_code) and one.days.hold(day) for one in known.delegates
        ):
            return "delegate"
        return "successor" if office in self._successors(known, type_code, day) else None

    def _successors(self, authority: Authority, type_code: str, day: date) -> set[str]:
        """All offices that have followed it for a type by a day, directly or after each other."""
        found: set[str] = set()
        latest = [authority]
        for _ in range(MAX_SUCCESSIONS):
            codes = {
                one.code
                for each in latest
                for one in each.successors
                if _names(one.types, type_code) and one.days.hold(day)
            }
            latest = [each for each in map(self.get, codes - found) if each is not None]
            found |= codes
            if not latest:
                break
        return found

    def _superiors(self, code: str) -> Iterator[str]:
        for _ in range(MAX_SUCCESSIONS):
            authority = self.get(code)
            if authority is None or not authority.superior:
                return
            code = authority.superior
            yield code


def _names(listed: Sequence[str], one: str) -> bool:
    return EVERY in listed or one in listed


def authorities_to_bytes(register: AuthorityRegister) -> bytes:
    """Canonical JSON after RFC 8785, UTF-8; the authorities in the order of their codes."""
    return rfc8785.dumps(
        {
            "format": FORMAT,
            "number": register.number,
            "issuedAt": register.issued_at.isoformat(timespec="seconds"),
            "authorities": [_members(one) for one in sorted(register.authorities, key=lambda one: one.code)],
        }
    )


_Member: TypeAlias = "str | list[str] | list[dict[str, _Member]] | None"


def _members(authority: Authority) -> dict[str, _Member]:
    return {
        "code": authority.code,
        "names": [{"name": one.name, **_day_members(one.days)} for one in authority.names],
        "level": authority.level,
        "region": authority.region,
        "superior": authority.superior,
        **_day_members(authority.days),
        "competences": [
            {"types": list(one.types), "acts": list(one.acts), **_day_members(one.days)}
            for one in authority.competences
        ],
        "delegates": [_mandate_members(one) for one in authority.delegates],
        "successors": [_mandate_members(one) for one in authority.successors],
    }


def _mandate_members(mandate: Mandate) -> dict[str, _Member]:
    return {"code": mandate.code, "types": list(mandate.types), **_day_members(mandate.days)}


def _day_members(days: Days) -> dict[str, _Member]:
    return {
        "since": None if days.since is None else days.since.isoformat(),
        "until": None if days.until is None else days.until.isoformat(),
    }


def authorities_from_bytes(data: bytes) -> AuthorityRegister:
    """Read what `authorities_to_bytes` wrote.

    Raises:
        TooLargeError: over one of the limits of this module.
        MalformedError: `FORMAT_STRUCTURED` when it is no register; `NON_CANONICAL` in another encoding.
    """
    if len(data) > MAX_REGISTER_BYTES:
        raise TooLargeError(f"a register of {len(data)} bytes; the limit is {MAX_REGISTER_BYTES}")
    try:
        document = json.loads(data.decode("utf-8"))
        register = authorities_from_document(document)
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise MalformedError(Fault.FORMAT_STRUCTURED, f"not a register ({type(error).__name__})") from error
    if authorities_to_bytes(register) != data:
        raise MalformedError(Fault.NON_CANONICAL, "the register is not in its canonical form")
    return register


def authorities_from_document(document: object, *, issued_at: datetime | None = None) -> AuthorityRegister:
    """Read a register from parsed JSON or TOML, where lists that are empty and open days may be left out.

    `issued_at` takes the place of what the document says.

    Raises ValueError, KeyError or TypeError, whose text names the code of the authority, when it is not one.
    """
    top = _table(document)
    if top["format"] != FORMAT:
        raise ValueError("unknown format")
    entries = _tables(top, "authorities", MAX_AUTHORITIES)
    number = top["number"]
    if not isinstance(number, int) or isinstance(number, bool) or not 0 < number < 1 << 31:
        raise ValueError("the number of the register")
    moment = issued_at or datetime.fromisoformat(_text(top["issuedAt"]))
    if moment.tzinfo is None:
        raise ValueError("the time of the register needs an offset")
    return AuthorityRegister(number=number, issued_at=moment, authorities=[_authority(one) for one in entries])


def _authority(entry: Mapping[str, object]) -> Authority:
    code = _text(entry["code"])
    try:
        return Authority(
            code=code,
            names=tuple(
                AuthorityName(name=_text(one["name"]), days=_days(one)) for one in _tables(entry, "names", MAX_ENTRIES)
            ),
            level=_text(entry["level"]),
            region=_text(entry["region"]),
            superior=_text(entry.get("superior", "")),
            days=_days(entry),
            competences=tuple(
                Competence(types=_texts(one["types"]), acts=_texts(one["acts"]), days=_days(one))
                for one in _tables(entry, "competences", MAX_ENTRIES)
            ),
            delegates=tuple(_mandate(one) for one in _tables(entry, "delegates", MAX_ENTRIES)),
            successors=tuple(_mandate(one) for one in _tables(entry, "successors", MAX_ENTRIES)),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{code}: {error}") from error


def _mandate(entry: Mapping[str, object]) -> Mandate:
    return Mandate(code=_text(entry["code"]), types=_texts(entry["types"]), days=_days(entry))


def _days(entry: Mapping[str, object]) -> Days:
    days = Days(since=_day(entry.get("since")), until=_day(entry.get("until")))
    if days.since is not None and days.until is not None and days.until < days.since:
        raise ValueError("ends before it begins")
    return days


def _day(value: object) -> date | None:
    if value is None or type(value) is date:
        return value
    return date.fromisoformat(_text(value))


def _tables(entry: Mapping[str, object], key: str, limit: int) -> list[Mapping[str, object]]:
    value = entry.get(key, [])
    if not isinstance(value, list):
        raise TypeError(f"{key} is no list")
    if len(value) > limit:
        raise ValueError(f"more than {limit} {key}")
    return [_table(one) for one in value]


def _table(value: object) -> Mapping[str, object]:
    if not isinstance(value, dict):
        raise TypeError("an object was expected")
    return value


def _texts(value: object) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise TypeError("a list of texts was expected")
    return tuple(_text(one) for one in value)


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("a text was expected")
    return value
