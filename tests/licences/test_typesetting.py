"""Lines of text: nothing lost, nothing wider than its place."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from esign import FontChain
from licences.fonts import shipped_font
from licences.typesetting import break_text, width_of

FONTS = FontChain([shipped_font()])
TEXTS = st.text(st.sampled_from("样例县行政审批局，。（）《》“”、 ABCabc123-./㎡𬱖"), max_size=120)


@settings(deadline=None)
@given(TEXTS, st.floats(6, 40), st.floats(12, 200))
def test_every_line_fits_and_no_character_is_lost(text: str, size: float, width: float) -> None:
    block = break_text(FONTS, text, size=size, width=width)
    assert "".join(block.lines).replace(" ", "") == text.replace(" ", "")
    for line in block.lines:
        assert width_of(FONTS, line, size) <= width + 1e-6 or len(line.strip()) <= 1


def test_punctuation_neither_begins_nor_ends_a_line() -> None:
    text = "样例县，行政（审批局）样例《县行政审批局》，样例县行政审批局。" * 3
    for width in range(40, 120):
        for line in break_text(FONTS, text, size=14, width=width).lines:
            assert line[0] not in "，。）》"
            assert line[-1] not in "（《"


def test_words_and_numbers_stay_whole() -> None:
    lines = break_text(FONTS, "规格 40 L / 15 MPa 编号 DT2026-0417 末尾", size=14, width=32).lines
    assert any("DT2026-0417" in line for line in lines)


def test_a_word_wider_than_a_line_is_cut() -> None:
    lines = break_text(FONTS, "A" * 100, size=14, width=30).lines
    assert "".join(lines) == "A" * 100
    assert len(lines) > 1


@pytest.mark.parametrize(("text", "lines"), [("", ("",)), ("甲\n乙", ("甲", "乙")), ("甲\n\n乙", ("甲", "", "乙"))])
def test_line_feeds_are_kept(text: str, lines: tuple[str, ...]) -> None:
    assert break_text(FONTS, text, size=12, width=50).lines == lines
