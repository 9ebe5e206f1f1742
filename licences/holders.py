"""Kinds of holder codes (GB/T 36903 Annex A) and the checks of each kind.

The kind is always given and never guessed: a citizen number can satisfy the check rule of a social credit code.
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from types import MappingProxyType

from esign import normal_holder_code

from .errors import InvalidHolderError

SOCIAL_CREDIT_CODE = "001"
CITIZEN_NUMBER = "111"


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

# Weights and alphabets: GB 11643-1999 (ISO 7064 MOD 11-2) and GB 32100-2015 (modulus 31).
_ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_ID_CHECKS = "10X98765432"
_USCC_WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)
_USCC_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_USCC_VALUES = {character: value for value, character in enumerate(_USCC_ALPHABET)}

_USCC_PATTERN = re.compile(r"[0-9A-Y]{2}[0-9]{6}[0-9A-Y]{10}")
_ID_PATTERN = re.compile(r"[0-9]{17}[0-9X]")
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


def check_holder(kind: str, code: str) -> str:
    """Return the normal form of a holder code.

    It is that of ``esign.normal_holder_code``, by which verifiers compare: half-width, no spaces, upper case, old
    citizen numbers with 18 characters. One thing is left to the comparison: 15 digits that are no citizen number, such
    as those of an old business registration, stay as they are printed. Regions inside a code are not looked up: codes
    of abolished counties stay valid for life. Raises InvalidHolderError when the kind is unknown or the code fails its
    checks.
    """
    if kind not in HOLDER_KINDS:
        raise InvalidHolderError("HOLDER_KIND_UNKNOWN")
    if kind == CITIZEN_NUMBER:
        return _checked_citizen_number(normal_holder_code(code))
    code = _folded(code)
    if kind == SOCIAL_CREDIT_CODE:
        return _checked_uscc(code)
    if kind in _DOCUMENT_PATTERNS:
        well_formed = _DOCUMENT_PATTERNS[kind].fullmatch(code) is not None
    else:
        # A few characters, such as ΐ, have no stable upper case.
        well_formed = 0 < len(code) <= MAX_FREE_CODE_LENGTH and code.isprintable() and _folded(code) == code
    if not well_formed:
        raise InvalidHolderError("DOCUMENT_NUMBER_MALFORMED")
    return code


def _folded(code: str) -> str:
    return "".join(unicodedata.normalize("NFKC", code).upper().split())


def check_organisation_code(code: str) -> str:
    """Return a social credit code (GB 32100-2015) in normal form; raises InvalidHolderError."""
    return check_holder(SOCIAL_CREDIT_CODE, code)


def _checked_uscc(code: str) -> str:
    if _USCC_PATTERN.fullmatch(code) is None:
        raise InvalidHolderError("USCC_MALFORMED")
    try:
        values = [_USCC_VALUES[character] for character in code]
    except KeyError:  # I, O, S and V (and Z) are not used
        raise InvalidHolderError("USCC_MALFORMED") from None
    total = sum(value * weight for value, weight in zip(values, _USCC_WEIGHTS, strict=False))
    if -total % 31 != values[17]:
        raise InvalidHolderError("USCC_CHECK")
    return code


def _checked_citizen_number(code: str) -> str:
    if _ID_PATTERN.fullmatch(code) is None:
        raise InvalidHolderError("ID_NUMBER_MALFORMED")
    try:
        date(int(code[6:10]), int(code[10:12]), int(code[12:14]))
    except ValueError:
        raise InvalidHolderError("ID_NUMBER_DATE") from None
    if _citizen_check(code[:17]) != code[17]:
        raise InvalidHolderError("ID_NUMBER_CHECK")
    return code


def _citizen_check(body: str) -> str:
    return _ID_CHECKS[sum(int(digit) * weight for digit, weight in zip(body, _ID_WEIGHTS, strict=True)) % 11]
