"""Holder codes of GB/T 36903 Annex A."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from esign import normal_holder_code
from licences import FAULTS, HOLDER_KINDS, InvalidHolderError, check_holder, check_organisation_code, look_at_holder

USCC_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
VECTORS = json.loads((Path(__file__).parents[2] / "fixtures/vectors/licences/holder-codes.json").read_text("utf-8"))[
    "vectors"
]
LOOKS = json.loads((Path(__file__).parents[2] / "fixtures/vectors/licences/holder-looks.json").read_text("utf-8"))[
    "vectors"
]


def uscc(body: str) -> str:
    """GB 32100 as an equation: the weighted sum over all 18 characters (the last has weight 1) is a multiple of 31."""
    weights = [pow(3, position, 31) for position in range(17)] + [1]
    return next(
        body + check
        for check in USCC_ALPHABET
        if sum(USCC_ALPHABET.index(c) * weight for c, weight in zip(body + check, weights, strict=True)) % 31 == 0
    )


def citizen_number(body: str) -> str:
    """ISO 7064 MOD 11-2 as an equation: the polynomial in 2 over all 18 characters is congruent to 1 mod 11."""
    return next(
        body + check
        for check in "0123456789X"
        if sum((10 if c == "X" else int(c)) * 2 ** (17 - i) for i, c in enumerate(body + check)) % 11 == 1
    )


usccs = st.builds(
    lambda head, region, rest: uscc(head + region + rest),
    st.text(USCC_ALPHABET, min_size=2, max_size=2),
    st.integers(990000, 990099).map(str),
    st.text(USCC_ALPHABET, min_size=9, max_size=9),
)
citizen_numbers = st.builds(
    lambda region, day, order: citizen_number(f"{region}{day:%Y%m%d}{order:03d}"),
    st.integers(990000, 990099),
    st.dates(date(1900, 1, 1), date(2026, 1, 1)),
    st.integers(0, 999),
)


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["id"])
def test_vectors(vector: dict[str, str]) -> None:
    if vector["expect"] not in FAULTS:
        assert check_holder(vector["kind"], vector["code"]) == vector["expect"]
        return
    with pytest.raises(InvalidHolderError) as caught:
        check_holder(vector["kind"], vector["code"])
    assert caught.value.code == vector["expect"]


def test_annex_a_has_sixteen_kinds() -> None:
    assert sorted(HOLDER_KINDS) == [
        *("001", "099", "111", "114", "115", "118", "119", "120", "122"),
        *("411", "412", "413", "414", "511", "516", "999"),
    ]
    assert {code for code, kind in HOLDER_KINDS.items() if not kind.is_person} == {"001", "099"}
    assert all(kind.code == code for code, kind in HOLDER_KINDS.items())


@given(usccs)
def test_right_social_credit_codes_pass(code: str) -> None:
    assert check_organisation_code(code) == code
    assert check_organisation_code(code.lower()) == code


@given(citizen_numbers)
def test_right_citizen_numbers_pass(code: str) -> None:
    assert check_holder("111", code) == code


@given(st.data(), citizen_numbers)
def test_old_citizen_numbers_are_completed(data: st.DataObject, code: str) -> None:
    code = citizen_number(code[:6] + "19" + code[8:10] + "0228" + code[14:17])
    assert check_holder("111", code[:6] + code[8:17]) == code


@given(st.data(), st.sampled_from(["001", "111"]))
def test_one_changed_character_is_refused(data: st.DataObject, kind: str) -> None:
    code = data.draw(usccs if kind == "001" else citizen_numbers)
    position = data.draw(st.integers(0, 17))
    character = data.draw(st.characters() | st.sampled_from(USCC_ALPHABET))
    changed = code[:position] + character + code[position + 1 :]
    if character.upper() != code[position]:
        with pytest.raises(InvalidHolderError):
            check_holder(kind, changed)


@given(st.data(), st.sampled_from(["001", "111"]))
def test_two_exchanged_neighbours_are_refused(data: st.DataObject, kind: str) -> None:
    code = data.draw(usccs if kind == "001" else citizen_numbers)
    position = data.draw(st.integers(0, 16))
    changed = code[:position] + code[position + 1] + code[position] + code[position + 2 :]
    if changed != code:
        with pytest.raises(InvalidHolderError):
            check_holder(kind, changed)


@given(
    st.sampled_from(sorted(HOLDER_KINDS)) | st.text(max_size=4),
    st.text(max_size=80) | st.text("0123456789ＡＢabß\u0390 　（)第号", max_size=20),
)
def test_any_code_is_normal_or_refused(kind: str, code: str) -> None:
    try:
        normal = check_holder(kind, code)
    except InvalidHolderError as error:
        assert error.code in FAULTS  # noqa: PT017 - other errors must escape
        return
    assert check_holder(kind, normal) == normal
    assert normal_holder_code(normal) == normal_holder_code(code)
    if kind == "111" or len(normal) != 15:
        assert normal_holder_code(normal) == normal


def test_a_refusal_does_not_repeat_the_code() -> None:
    with pytest.raises(InvalidHolderError) as caught:
        check_holder("111", "990101199003071238")
    assert "990101" not in f"{caught.value} {caught.value.zh} {caught.value.en}"


@pytest.mark.parametrize("vector", LOOKS, ids=lambda vector: vector["id"])
def test_looks(vector: dict[str, Any]) -> None:
    if vector["normal"] is None:
        with pytest.raises(InvalidHolderError) as caught:
            look_at_holder(vector["kind"], vector["code"])
        assert [caught.value.code] == vector["warnings"]
        return
    looked = look_at_holder(vector["kind"], vector["code"])
    assert (looked.code, list(looked.warnings)) == (vector["normal"], vector["warnings"])


@given(
    st.sampled_from(sorted(HOLDER_KINDS)) | st.text(max_size=4),
    st.text(max_size=80) | usccs | citizen_numbers | st.text("0123456789ＡＢabß\u0390 　（)第号", max_size=20),
)
def test_a_look_keeps_what_the_strict_check_lets_pass_and_says_what_it_refuses(kind: str, code: str) -> None:
    try:
        looked = look_at_holder(kind, code)
    except InvalidHolderError as refused:
        with pytest.raises(InvalidHolderError) as strict:
            check_holder(kind, code)
        assert strict.value.code == refused.code  # noqa: PT017 - the same reason
        return
    assert look_at_holder(kind, looked.code) == looked
    assert normal_holder_code(looked.code) == normal_holder_code(code)
    assert set(looked.warnings) <= FAULTS.keys()
    assert len(set(looked.warnings)) == len(looked.warnings)
    try:
        assert check_holder(kind, code) == looked.code
    except InvalidHolderError as refused:
        assert looked.warnings == (refused.code,)  # noqa: PT017 - doubts never stop anything, faults always warn


@given(st.text("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=8, max_size=8))
def test_one_check_character_of_an_organisation_code_is_right(body: str) -> None:
    """GB 11714 as an equation: the weighted sum over all nine characters is a multiple of 11."""
    weights = (3, 7, 9, 10, 5, 8, 4, 2)
    total = sum(int(character, 36) * weight for character, weight in zip(body, weights, strict=True))
    right = [check for value, check in enumerate("0123456789X") if (total + value) % 11 == 0]
    found = [check for check in "0123456789X" if not look_at_holder("099", body + check).warnings]
    assert found == right
