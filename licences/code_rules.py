"""What the numbers of persons and organisations say about themselves: form, check character, date, region.

Each function takes a number in normal form and returns codes of ``faults.FAULTS``. A *fault* means that the number
cannot be right, a *doubt* that it is unusual; doubts never stop anything.
"""

import re
from collections.abc import Mapping
from datetime import date
from types import MappingProxyType

from .regions import PROVINCES, is_known_region

# Weights and alphabets: GB 11643-1999 (ISO 7064 MOD 11-2), GB 32100-2015 (modulus 31) and GB 11714-1997 (modulus 11).
_ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_ID_CHECKS = "10X98765432"
_USCC_WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)
_USCC_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_USCC_VALUES = {character: value for value, character in enumerate(_USCC_ALPHABET)}
_ORGANISATION_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)

_USCC_PATTERN = re.compile(r"[0-9A-Y]{2}[0-9]{6}[0-9A-Y]{10}")
_ID_PATTERN = re.compile(r"[0-9]{17}[0-9X]")
_ORGANISATION_PATTERN = re.compile(r"([0-9A-Z]{8})-?([0-9X])")
# 2023 edition: 9, province of application, nationality (ISO 3166 numeric), birth, order, check.
_FOREIGN_RESIDENT_PATTERN = re.compile(r"9[0-9]{16}[0-9X]")

_DEPARTMENTS: Mapping[str, str] = MappingProxyType(
    {
        "1": "1239",
        "2": "19",
        "3": "123459",
        "4": "19",
        "5": "1239",
        "6": "129",
        "7": "129",
        "8": "19",
        "9": "123",
        "A": "19",
        "N": "1239",
        "Y": "1",
    }
)
"""First character of a credit code (登记管理部门) to the second ones (机构类别) seen so far."""


def citizen_number_fault(code: str) -> str | None:
    """Say what is wrong with a citizen number of 18 characters (GB 11643), None when nothing is."""
    if _ID_PATTERN.fullmatch(code) is None:
        return "ID_NUMBER_MALFORMED"
    if not _has_birth_date(code):
        return "ID_NUMBER_DATE"
    if _citizen_check(code) != code[17]:
        return "ID_NUMBER_CHECK"
    return "ID_NUMBER_OF_FOREIGN_RESIDENT" if is_foreign_resident_number(code) else None


def citizen_number_doubts(code: str) -> tuple[str, ...]:
    """Say what is unusual about a citizen number without faults."""
    return () if is_known_region(code[:6], of_organisation=False) else ("REGION_UNKNOWN",)


def is_foreign_resident_number(code: str) -> bool:
    """Tell whether a number has the form of those on permanent residence cards of foreigners (2023 edition).

    No citizen has one: regions begin with 1 to 8. Whether its check character is right is not looked at.
    """
    return _FOREIGN_RESIDENT_PATTERN.fullmatch(code) is not None and code[1:3] in PROVINCES and _has_birth_date(code)


def foreign_resident_fault(code: str) -> str | None:
    """Say what is wrong with a number for which ``is_foreign_resident_number`` is true."""
    return None if _citizen_check(code) == code[17] else "DOCUMENT_NUMBER_CHECK"


def credit_code_fault(code: str) -> str | None:
    """Say what is wrong with a unified social credit code (GB 32100), None when nothing is."""
    if _USCC_PATTERN.fullmatch(code) is None:
        return "USCC_MALFORMED"
    try:
        values = [_USCC_VALUES[character] for character in code]
    except KeyError:  # I, O, S and V (and Z) are not used
        return "USCC_MALFORMED"
    total = sum(value * weight for value, weight in zip(values, _USCC_WEIGHTS, strict=False))
    return None if -total % 31 == values[17] else "USCC_CHECK"


def credit_code_doubts(code: str) -> tuple[str, ...]:
    """Say what is unusual about a credit code without faults."""
    found = []
    if code[1] not in _DEPARTMENTS.get(code[0], ""):
        found.append("USCC_CLASS_UNKNOWN")
    if not is_known_region(code[2:8], of_organisation=True):
        found.append("REGION_UNKNOWN")
    return (*found, *organisation_code_doubts(code[8:17]))


def organisation_code_doubts(code: str) -> tuple[str, ...]:
    """Say whether an organisation code (GB 11714), with or without its hyphen, has a wrong check character."""
    matched = _ORGANISATION_PATTERN.fullmatch(code)
    if matched is None:
        return ("ORGANISATION_CODE_CHECK",)
    body, check = matched.groups()
    value = (
        11
        - sum(int(character, 36) * weight for character, weight in zip(body, _ORGANISATION_WEIGHTS, strict=True)) % 11
    )
    return () if "0123456789X0"[value] == check else ("ORGANISATION_CODE_CHECK",)


def is_organisation_code(code: str) -> bool:
    """Tell whether a code has the form of an organisation code (GB 11714)."""
    return _ORGANISATION_PATTERN.fullmatch(code) is not None


def _has_birth_date(code: str) -> bool:
    try:
        date(int(code[6:10]), int(code[10:12]), int(code[12:14]))
    except ValueError:
        return False
    return True


def _citizen_check(code: str) -> str:
    total = sum(int(digit) * weight for digit, weight in zip(code, _ID_WEIGHTS, strict=False))
    return _ID_CHECKS[total % 11]
