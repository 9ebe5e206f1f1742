"""Lines of text: nothing lost, nothing wider than its place."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from esign import FontChain
from licences.fonts import shipped_font
from licences.typesetting import SIZE_STEP, break_text, shrink_to_fit, width_of

FONTS = FontChain([shipped_font()])
TEXTS = st.text(st.sampled_from("样例县行政审批局，。（）《》“”、 ABCabc123-./㎡𬱖"), max_size=120)


@settings(deadline=None)
@given(TEXTS, st.floats(6, 40), st.floats(12, 200))
def test_every_line_fits_and_no_character_is_lost(text: str, size: float, width: float) -> None:
    block = break_text(FONTS, text, size=size, width=width)
    assert "".join(block.lines).replace(" ", "") == text.replace(" ", "")
    for line in block.lines:
        assert width_of(FONTS, line, size) <= width + 1e-6 or len(line.strip()) <= 1


@settings(deadline=None)
@given(TEXTS.filter(str.strip), st.floats(8, 30), st.floats(4, 8), st.floats(12, 200), st.integers(1, 3))
def test_shrinking_keeps_to_its_bounds(text: str, size: float, smallest: float, width: float, lines: int) -> None:
    block = shrink_to_fit(FONTS, text, size=size, smallest=smallest, width=width, lines=lines)
    if block is None:
        last_tried = size - (size - smallest) // SIZE_STEP * SIZE_STEP
        broken = break_text(FONTS, text, size=last_tried, width=width).lines
        assert len(broken) > lines or max(width_of(FONTS, line, last_tried) for line in broken) > width
        return
    assert "".join(block.lines).replace(" ", "") == text.replace(" ", "")
    assert smallest <= block.size <= size
    assert len(block.lines) <= lines
    assert max(width_of(FONTS, line, block.size) for line in block.lines) <= width


def test_one_line_comes_before_large_type() -> None:
    one = shrink_to_fit(FONTS, "样例县行政审批局", size=20, smallest=10, width=40, lines=2)
    two = shrink_to_fit(FONTS, "样例县行政审批局", size=20, smallest=19, width=40, lines=2)
    assert one is not None
    assert two is not None
    assert (len(one.lines), one.size) == (1, 14)
    assert (len(two.lines), two.size) == (2, 20)


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
