"""What people who need not know it get to see."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from licences import HOLDER_KINDS, mask_code, mask_name, mask_number

PERSONS = [code for code, kind in HOLDER_KINDS.items() if kind.is_person]


@pytest.mark.parametrize(
    ("name", "masked"),
    [
        ("张三", "张*"),
        ("欧阳𬱖㛃", "欧***"),
        ("𬱖三", "𬱖*"),
        ("张", "*"),
        ("阿依古丽·买买提", "阿***·买**"),
        ("A·B", "*·*"),
        ("", "*"),
    ],
)
def test_names_of_persons(name: str, masked: str) -> None:
    assert mask_name(name, "111") == masked


def test_organisations_are_public() -> None:
    assert mask_name("样例县李㛃农资经营部", "001") == "样例县李㛃农资经营部"
    assert mask_code("001", "92990101MA0TERT59H") == "92990101MA0TERT59H"
    assert mask_number("农药经许(赣)99010110002", "099") == "农药经许(赣)99010110002"


def test_an_unknown_kind_counts_as_a_person() -> None:
    assert mask_name("张三", "998") == "张*"


@pytest.mark.parametrize(
    ("code", "masked"),
    [
        ("990101199003071237", "990*************37"),
        ("E12345678", "*********"),
        ("E123456789", "E12*****89"),
        ("1", "*"),
        ("", ""),
    ],
)
def test_codes_of_persons(code: str, masked: str) -> None:
    assert mask_code("111", code) == masked


def test_numbers_of_persons() -> None:
    assert mask_number("D990101G2026-0001", "111") == "D990*********0001"
    assert mask_number("12345678", "111") == "********"


@given(st.sampled_from(PERSONS), st.text("0123456789X", min_size=1, max_size=40))
def test_at_least_half_of_a_code_is_hidden(kind: str, code: str) -> None:
    masked = mask_code(kind, code)
    assert len(masked) == len(code)
    assert masked.count("*") * 2 >= len(code)
