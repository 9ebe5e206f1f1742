"""Licence numbers (证照编号): whether one has the form that its type gave out on a day."""

from collections.abc import Callable, Mapping
from datetime import date
from types import MappingProxyType

from .catalogue import LicenceType, NumberCheck
from .code_rules import credit_code_fault
from .model import normal_number


def number_fault(licence_type: LicenceType, number: str, issued_on: date) -> str | None:
    """Return the code of what is wrong with a number, None when nothing is."""
    pattern = licence_type.number_pattern_on(issued_on)
    if pattern is None:
        return "NO_NUMBERS_THEN"
    number = normal_number(number)
    if pattern.fullmatch(number) is None:
        return "NUMBER_MALFORMED"
    check = licence_type.number_check
    return None if check is None or _CHECKS[check](number) else "NUMBER_CHECK"


def _mod_11_10(number: str) -> bool:
    """ISO 7064 MOD 11,10 over the digits of the number, the last of which is the check digit."""
    product = 10
    *digits, check = (int(character) for character in number if character.isdecimal())
    for digit in digits:
        product = ((product + digit) % 10 or 10) * 2 % 11
    return (11 - product) % 10 == check


def _social_credit_code(number: str) -> bool:
    return credit_code_fault(number) is None


_CHECKS: Mapping[NumberCheck, Callable[[str], bool]] = MappingProxyType(
    {NumberCheck.MOD_11_10: _mod_11_10, NumberCheck.SOCIAL_CREDIT_CODE: _social_credit_code}
)
