"""Patterns of licence numbers: no number keeps the program busy."""

import re
import time

import pytest

from licences import load_catalogue
from licences.catalogue.pattern_cost import PatternRefusedError, check_pattern


@pytest.mark.parametrize(
    "pattern",
    [
        "(?:[A-Z0-9]+)+-",
        "[A-Z]*[0-9A-Z]*[0-9A-Z]*",
        "(?:AB)*(?:A|AB){2,}",
        "*A",
        "A{x}",
        "(?:A|AA){0,60}B",
        "(?:[A-Z]{0,9}){0,9}-",
        "[A-Z]{0,99}[A-Z]{0,99}[A-Z]{0,99}-",
        "((((A?){9}){9}){9}){9}",
        r"(A)\1",
        "(?=A)A",
        "(?i:A)",
        "A??",
        "A{2}{3}",
        "(A",
        "A)",
    ],
)
def test_what_could_run_long_is_refused(pattern: str) -> None:
    with pytest.raises(PatternRefusedError):
        check_pattern(pattern)


def test_what_ships_is_allowed_and_quick() -> None:
    hostile = ("0" * 128, "A" * 128, "京" * 128, "(" * 128)
    begun = time.process_time()
    for licence_type in load_catalogue():
        for one in licence_type.number_patterns:
            check_pattern(one.pattern.pattern)
            assert all(one.pattern.fullmatch(number) is None for number in hostile)
    assert time.process_time() - begun < 1


@pytest.mark.parametrize(
    ("pattern", "number"),
    [
        ("[]A]{2}", "]A"),
        (r"[\[(]A[\])]", "[A)"),
        (r"[A\]]{2}", "A]"),
        ("[^]]{2}", "AB"),
        ("S[0-9]+", "S1"),
        ("[A-Z]{2,}-?", "ABC-"),
        (r"\(\u7701\)[0-9]{4}", "(省)1234"),
        ("(A|B{1,3})?C", "BBC"),
        ("", ""),
    ],
)
def test_what_is_allowed_means_what_it_means_to_the_matcher(pattern: str, number: str) -> None:
    check_pattern(pattern)
    assert re.fullmatch(pattern, number)
