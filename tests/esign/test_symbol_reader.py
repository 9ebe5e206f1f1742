"""QR symbols are read exactly, and only as we draw them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from esign import MalformedError, code_modules, read_modules

ALPHANUMERIC = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
# The lengths at which another version of the symbol begins, up to those of the longest code and some beyond.
LENGTHS = (1, 20, 38, 61, 90, 122, 154, 178, 221, 262, 311, 366, 419, 483, 528, 600, 759, 1059, 1500, 2000)


@pytest.mark.parametrize("length", LENGTHS)
@pytest.mark.parametrize("prefix", ["", "http://127.0.0.1:8000/V/", "20260101"])
def test_every_version(length: int, prefix: str) -> None:
    text = prefix + ("ABCDEFG2H34" * length)[:length]
    assert read_modules(code_modules(text)) == text


@given(st.text(alphabet=ALPHANUMERIC, min_size=1, max_size=120) | st.from_regex(r"[ -~]{1,120}", fullmatch=True))
def test_any_text(text: str) -> None:
    assert read_modules(code_modules(text)) == text


def test_no_module_can_be_changed() -> None:
    """What a phone would repair is refused: the symbol is drawn, not photographed."""
    rows = code_modules("HTTP://127.0.0.1:8000/V/" + "ABCDEFGH234567" * 6)
    for y in range(len(rows)):
        for x in range(y % 3, len(rows), 3):
            row = rows[y]
            changed = (*rows[:y], row[:x] + bytes([1 - row[x]]) + row[x + 1 :], *rows[y + 1 :])
            with pytest.raises(MalformedError):
                read_modules(changed)


@pytest.mark.parametrize(
    "rows",
    [(), (b"",), (b"\0" * 21,) * 20, (b"\0" * 20,) * 21, (b"\0" * 21,) * 21, (b"\2" * 21,) * 21, (b"\0" * 181,) * 181],
    ids=["none", "empty", "too-low", "too-narrow", "blank", "grey", "too-large"],
)
def test_what_is_no_symbol(rows: tuple[bytes, ...]) -> None:
    with pytest.raises(MalformedError, match="not a symbol"):
        read_modules(rows)


def test_turned_or_mirrored_is_none_of_ours() -> None:
    rows = code_modules("HTTP://127.0.0.1:8000/V/ABC")
    for other in (rows[::-1], tuple(row[::-1] for row in rows)):
        with pytest.raises(MalformedError):
            read_modules(other)
