"""Short codes: typed by people, so slips must show."""

import os
import random
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from esign import fold_short_code, group_short_code, is_short_code, make_short_code
from esign.short_code import ALPHABET, LENGTH


def test_form() -> None:
    code = make_short_code(os.urandom)
    assert len(code) == LENGTH
    assert set(code) <= set(ALPHABET)
    assert is_short_code(code)
    grouped = group_short_code(code)
    assert grouped.count("-") == 2
    assert is_short_code(grouped)
    assert is_short_code(f" {grouped.lower()} ")
    assert fold_short_code(grouped.lower()) == code


def test_all_characters_are_equally_likely() -> None:
    """Bytes of 240 and more would favour some characters, so they are not used."""
    drawn = make_short_code(lambda count: bytes([255, 250, 240, *range(11), *[255] * (count - 14)]))
    assert drawn[:11] == ALPHABET[:11]


@given(st.binary(min_size=32, max_size=32))
def test_every_single_slip_is_noticed(seed: bytes) -> None:
    code = make_short_code(lambda count: seed[:count] if any(b < 240 for b in seed[:count]) else bytes(count))
    for place in range(LENGTH):
        for other in ALPHABET.replace(code[place], ""):
            assert not is_short_code(code[:place] + other + code[place + 1 :])


def test_almost_every_swap_of_neighbours_is_noticed() -> None:
    swaps = missed = 0
    drawn = random.Random(20261122)  # noqa: S311 - the same codes in every run
    for _ in range(300):
        code = make_short_code(drawn.randbytes)
        for place, (first, second) in enumerate(pairwise(code)):
            if first != second:
                swaps += 1
                missed += is_short_code(code[:place] + second + first + code[place + 2 :])
    assert missed < swaps / 200


def test_something_else() -> None:
    for text in ("", "2" * 11, "2" * 13, "O" * 12, "短码短码短码短码短码短码", "２" * 12):
        assert not is_short_code(text)
