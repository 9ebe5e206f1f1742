"""Check characters in licence numbers, by the name that a catalogue file gives as ``number_check``."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from .code_rules import credit_code_fault


def has_mod_11_10_check(number: str) -> bool:
    """Tell whether the digits of a number, whatever stands between them, end with their ISO 7064 MOD 11,10 check digit.

    GB/T 17710 has the same system. Every number of a food licence (JY, SC) seen in public follows it.
    """
    digits = [int(character) for character in number if character in "0123456789"]
    if not digits:
        return False
    product = 10
    for digit in digits[:-1]:
        product = 2 * ((product + digit) % 10 or 10) % 11
    return (product + digits[-1]) % 10 == 1


def is_credit_code(number: str) -> bool:
    """Tell whether a number is a unified social credit code with the right check character."""
    return credit_code_fault(number) is None


NUMBER_CHECKS: Mapping[str, Callable[[str], bool]] = MappingProxyType(
    {"mod-11-10": has_mod_11_10_check, "social-credit-code": is_credit_code}
)
"""Each takes a number in the form of ``model.normal_number``."""
