"""How personal data is shown to people who need not know it: the one place that masks.

Organisations are public and shown in full, sole traders among them: the name is that of the business. What is too short
to be shown in part is hidden whole. Characters are counted as people see them: an accent or a variation selector never
stands alone.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping
from enum import StrEnum
from types import MappingProxyType

from .holders import HOLDER_KINDS
from .names import name_parts

_STAR = "*"
_COUNTY = re.compile(r".+?(?:县|旗|(?<!自治)(?<![小社园片库景])区|(?<=[市州盟]).{1,7}?市)")
_ADDRESS_HEAD = 6
"""Characters that are shown of an address that names no county: about a province and a city."""
_ADDRESS_TAIL = 3
"""Characters that must follow a county, or it was no county: the name of an estate may end like one."""
_PHONE = 11


class PersonalData(StrEnum):
    """What a value tells about a person."""

    NAME = "name"
    CODE = "code"
    NUMBER = "number"
    """Of a licence."""
    PHONE = "phone"
    ADDRESS = "address"
    OTHER = "other"
    """Anything else: nothing of it is shown but its length."""


def mask_name(name: str, kind: str) -> str:
    """Return a holder's name for public pages: of a person only the first character, in each part around a dot.

    ``kind`` is the kind of the holder's code; an unknown kind counts as a person.
    """
    return _mask_name(name) if _is_person(kind) else name


def mask_code(kind: str, code: str) -> str:
    """Return a holder code: of a person the first three and the last two characters, nothing of a short code.

    The six digits of the region would, with a known date of birth, leave little to guess.
    """
    return _keep(code, 3, 2) if _is_person(kind) else code


def mask_number(number: str, kind: str) -> str:
    """Return a licence number: of a person's licence the first and the last four characters."""
    return _keep(number, 4, 4) if _is_person(kind) else number


def mask_phone(number: str) -> str:
    """Return a telephone number: the first three and the last four characters, nothing of one below eleven."""
    shown = _characters(number)
    if len(shown) < _PHONE:
        return _STAR * len(shown)
    return "".join(shown[:3]) + _STAR * (len(shown) - 7) + "".join(shown[-4:])


def mask_address(address: str) -> str:
    """Return an address: up to the county or district, else six characters and at most half of it."""
    shown = _characters(address)
    matched = _COUNTY.match(address)
    head = len(_characters(matched.group())) if matched else len(shown)
    if len(shown) - head < _ADDRESS_TAIL:
        head = min(_ADDRESS_HEAD, len(shown) // 2)
    return "".join(shown[:head]) + _STAR * (len(shown) - head)


def mask_field(key: str, value: str) -> str:
    """Mask a sensitive field of a licence by what its key says that it holds; of anything else nothing is shown."""
    return _MASKS[what_is(key)](value)


def what_is(key: str) -> PersonalData:
    """Say what a sensitive field holds, by the last word of its key (``motherAddress``: an address)."""
    for what, words in _KEYS.items():
        if key.lower().endswith(words):
            return what
    return PersonalData.OTHER


def _mask_name(name: str) -> str:
    shown = []
    for place, part in enumerate(name_parts(name)):
        if place % 2:
            shown.append(part)  # the dot
        else:
            first, *rest = _characters(part) or [""]
            shown.append(first + _STAR * len(rest) if rest else _STAR)
    return "".join(shown)


def _is_person(kind: str) -> bool:
    row = HOLDER_KINDS.get(kind)
    return row is None or row.is_person


def _keep(text: str, head: int, tail: int) -> str:
    shown = _characters(text)
    hidden = len(shown) - head - tail
    if hidden < head + tail:
        return _STAR * len(shown)
    return "".join(shown[:head]) + _STAR * hidden + "".join(shown[-tail:])


def _characters(text: str) -> list[str]:
    """Split a text into characters, each with the marks that belong to it."""
    found: list[str] = []
    for character in text:
        if found and unicodedata.category(character) in ("Mn", "Me", "Mc", "Cf"):
            found[-1] += character
        else:
            found.append(character)
    return found


_KEYS: Mapping[PersonalData, tuple[str, ...]] = MappingProxyType(
    {
        PersonalData.NAME: ("name", "representative", "person", "supervisors", "signedby", "operator"),
        PersonalData.CODE: ("documentnumber", "unitnumber", "code"),
        PersonalData.PHONE: ("phone", "telephone", "mobile"),
        PersonalData.ADDRESS: ("address", "location", "place"),
    }
)
_MASKS: Mapping[PersonalData, Callable[[str], str]] = MappingProxyType(
    {
        PersonalData.NAME: _mask_name,
        PersonalData.CODE: lambda value: _keep(value, 3, 2),
        PersonalData.NUMBER: lambda value: _keep(value, 4, 4),
        PersonalData.PHONE: mask_phone,
        PersonalData.ADDRESS: mask_address,
        PersonalData.OTHER: lambda value: _STAR * len(_characters(value)),
    }
)
