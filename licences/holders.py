"""Kinds of holder codes (GB/T 36903 Annex A) and the checks of each kind.

The kind is always given and never guessed: a citizen number can satisfy the check rule of a social credit code.
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple

from esign import normal_holder_code

from .code_rules import (
    citizen_number_doubts,
    citizen_number_fault,
    credit_code_doubts,
    credit_code_fault,
    foreign_resident_fault,
    is_foreign_resident_number,
    is_organisation_code,
    organisation_code_doubts,
)
from .errors import InvalidHolderError

SOCIAL_CREDIT_CODE = "001"
OTHER_ORGANISATION = "099"
CITIZEN_NUMBER = "111"
"""Also on the residence permits of people from Hong Kong, Macao and Taiwan, whose numbers begin with 81, 82, 83."""
OTHER_PERSON = "999"
"""Also the permanent residence cards of foreigners, which have no kind of their own in Annex A."""


class HolderCategory(StrEnum):
    """The two categories of Annex A."""

    ORGANISATION = "法人和其他组织"
    NATURAL_PERSON = "自然人"


@dataclass(frozen=True, slots=True, kw_only=True)
class HolderKind:
    """One row of Annex A."""

    code: str
    """Three digits."""
    name: str
    category: HolderCategory

    @property
    def is_person(self) -> bool:
        """Whether codes of this kind are personal data."""
        return self.category is HolderCategory.NATURAL_PERSON


def _kinds(category: HolderCategory, **names: str) -> dict[str, HolderKind]:
    return {key[1:]: HolderKind(code=key[1:], name=name, category=category) for key, name in names.items()}


HOLDER_KINDS: Mapping[str, HolderKind] = MappingProxyType(
    _kinds(
        HolderCategory.ORGANISATION,
        _001="统一社会信用代码",
        _099="其他法人或其他组织有效证件代码",
    )
    | _kinds(
        HolderCategory.NATURAL_PERSON,
        _111="公民身份号码",
        _114="中国人民解放军军官证编号",
        _115="中国人民武装警察部队警官证编号",
        _118="中国人民解放军士兵证编号",
        _119="中国人民武装警察部队士兵证编号",
        _120="中国人民解放军文职人员证编号",
        _122="中国人民武装警察部队文职人员证编号",
        _411="外交护照护照号",
        _412="公务护照护照号",
        _413="公务普通护照护照号",
        _414="普通护照护照号",
        _511="台湾居民来往大陆通行证号码",
        _516="港澳居民来往内地通行证号码",
        _999="其他自然人有效证件代码",
    )
)

# No rule is published for the rest. The patterns only stop what is certainly something else: foreign passports come in
# many forms; the old Taiwan permit had ten digits and a letter, the Hong Kong and Macao permit two issue digits.
_PASSPORT_PATTERN = re.compile(r"[0-9A-Z]{5,20}")
_DOCUMENT_PATTERNS: Mapping[str, re.Pattern[str]] = MappingProxyType(
    {
        "411": _PASSPORT_PATTERN,
        "412": _PASSPORT_PATTERN,
        "413": _PASSPORT_PATTERN,
        "414": _PASSPORT_PATTERN,
        "511": re.compile(r"[0-9]{8}|[0-9]{10}[A-Z]?"),
        "516": re.compile(r"[HM][0-9]{8}(?:[0-9]{2})?"),
    }
)
MAX_FREE_CODE_LENGTH = 64
"""Longest document number of a kind without a known form; those seen have at most 30 characters."""


class HolderLook(NamedTuple):
    """A holder code as it was found somewhere, and what is odd about it."""

    code: str
    """In normal form."""
    warnings: tuple[str, ...]
    """Codes of ``FAULTS``, none twice: what ``check_holder`` refuses, and doubts that it lets pass."""


def check_holder(kind: str, code: str) -> str:
    """Return the normal form of the code of a holder of a new licence.

    It is that of ``esign.normal_holder_code``, by which verifiers compare: half-width, no spaces, upper case, old
    citizen numbers with 18 characters. One thing is left to the comparison: 15 digits that are no citizen number, such
    as those of an old business registration, stay as they are printed. Regions inside a code are not looked up: codes
    of abolished counties stay valid for life. Raises InvalidHolderError when the kind is unknown or the code fails its
    checks.
    """
    normal = _normal(kind, code)
    fault = _fault(kind, normal)
    if fault is not None:
        raise InvalidHolderError(fault)
    return normal


def look_at_holder(kind: str, code: str) -> HolderLook:
    """Return the normal form of a code that stands on an old licence, right or wrong, with warnings.

    Old stock holds codes that fail their checks, and a licence stays what it is. Raises InvalidHolderError only when
    the kind is unknown, or the code cannot be kept at all: it is empty, too long or not printable.
    """
    normal = _normal(kind, code)
    fault = _fault(kind, normal)
    if fault is None:
        return HolderLook(normal, _doubts(kind, normal))
    if not _can_be_kept(normal):
        raise InvalidHolderError(fault)
    return HolderLook(normal, (fault,))


def check_organisation_code(code: str) -> str:
    """Return a social credit code (GB 32100-2015) in normal form; raises InvalidHolderError."""
    return check_holder(SOCIAL_CREDIT_CODE, code)


def _normal(kind: str, code: str) -> str:
    if kind not in HOLDER_KINDS:
        raise InvalidHolderError("HOLDER_KIND_UNKNOWN")
    if kind == CITIZEN_NUMBER:
        return normal_holder_code(code)
    return "".join(unicodedata.normalize("NFKC", code).upper().split())


def _fault(kind: str, code: str) -> str | None:
    if kind == CITIZEN_NUMBER:
        return citizen_number_fault(code)
    if kind == SOCIAL_CREDIT_CODE:
        return credit_code_fault(code)
    if kind in _DOCUMENT_PATTERNS:
        return None if _DOCUMENT_PATTERNS[kind].fullmatch(code) else "DOCUMENT_NUMBER_MALFORMED"
    if not _can_be_kept(code):
        return "DOCUMENT_NUMBER_MALFORMED"
    if kind == OTHER_PERSON and is_foreign_resident_number(code):
        return foreign_resident_fault(code)
    return None


def _doubts(kind: str, code: str) -> tuple[str, ...]:
    if kind == CITIZEN_NUMBER:
        return citizen_number_doubts(code)
    if kind == SOCIAL_CREDIT_CODE:
        return credit_code_doubts(code)
    if kind == OTHER_ORGANISATION and is_organisation_code(code):
        return organisation_code_doubts(code)
    return ()


def _can_be_kept(code: str) -> bool:
    # A few characters, such as ΐ, have no stable upper case.
    return 0 < len(code) <= MAX_FREE_CODE_LENGTH and code.isprintable() and _normal(OTHER_PERSON, code) == code
