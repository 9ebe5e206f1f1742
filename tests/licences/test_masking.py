"""What people who need not know it get to see."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from licences import (
    HOLDER_KINDS,
    mask_address,
    mask_code,
    mask_field,
    mask_name,
    mask_number,
    mask_phone,
    same_name,
)

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
        ("阿依古丽•买买提", "阿***•买**"),
        ("阿依古丽・买买提", "阿***・买**"),
        ("John Smith", "J*********"),
        ("J.R. Tolkien", "*.*. *******"),
        ("e\u0301mile", "e\u0301****"),
        ("葛\U000e0100城", "葛\U000e0100*"),
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


@pytest.mark.parametrize(
    ("number", "masked"),
    [
        ("13800001999", "138****1999"),
        ("0990-12345678", "099******5678"),
        ("1234567890", "**********"),
        ("", ""),
    ],
)
def test_telephones(number: str, masked: str) -> None:
    assert mask_phone(number) == masked


@pytest.mark.parametrize(
    ("address", "masked"),
    [
        ("样例省样例市样例县人民路1号", "样例省样例市样例县*****"),
        ("样例省样例市样例区样例街2号院", "样例省样例市样例区******"),
        ("样例自治区样例市样例区样例街2号", "样例自治区样例市样例区*****"),
        ("样例省样例市样例市样例镇3组", "样例省样例市样例市*****"),
        ("样例省样例自治州样例县某乡某村", "样例省样例自治州样例县****"),
        ("人民路小区5号楼2单元", "人民路小区******"),
        ("样例县", "样**"),
        ("", ""),
    ],
)
def test_addresses(address: str, masked: str) -> None:
    assert mask_address(address) == masked


@pytest.mark.parametrize(
    ("key", "value", "masked"),
    [
        ("legalRepresentative", "张三丰", "张**"),
        ("motherName", "李·四", "*·*"),
        ("motherDocumentNumber", "990101198512124566", "990*************66"),
        ("motherAddress", "样例省样例市样例县人民路1号", "样例省样例市样例县*****"),
        ("contactPhone", "13800001999", "138****1999"),
        ("birthDate", "2026-01-02", "**********"),
        ("sex", "女", "*"),
        ("", "张三", "**"),
    ],
)
def test_fields_by_what_their_keys_say(key: str, value: str, masked: str) -> None:
    assert mask_field(key, value) == masked


letters = st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=60)


@given(st.sampled_from(["name", "address", "phone", "documentNumber", "other"]), letters)
def test_a_masked_field_keeps_its_length_and_hides_something(key: str, value: str) -> None:
    masked = mask_field(key, value)
    assert len(masked) == len(value)
    assert 1 <= masked.count("*") <= len(value)
    assert all(shown in (given, "*") for shown, given in zip(masked, value, strict=True))


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("阿依古丽·买买提", "阿依古丽•买买提", True),
        ("阿依古丽·买买提", "阿依古丽・买买提", True),
        ("阿依古丽·买买提", "阿依古丽买买提", False),
        ("ＪＯＨＮ  Smith", "John Smith", True),
        ("張三", "张三", False),
        ("Wolfeschlegelsteinhausenbergerdorff " * 2 + "A", "wolfeschlegelsteinhausenbergerdorff " * 2 + "a", True),
    ],
    ids=["bullet", "katakana-dot", "no-dot", "width-and-case", "traditional", "seventy-characters"],
)
def test_one_name_in_many_spellings(one: str, other: str, same: bool) -> None:
    assert same_name(one, other) is same
