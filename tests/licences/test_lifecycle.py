"""The lifecycle table, walked in full against a matrix that is written out by hand."""

import itertools
from pathlib import Path

import pytest

from licences import LEGAL_GROUNDS, TRANSITIONS, Action, Status, TransitionRefusedError, after, lifecycle_page

STATUSES: tuple[Status | None, ...] = (None, *Status)

# A column for each status, in this order; a letter for where the act leads, a dot where it is refused.
COLUMNS = (
    (None, "-"), (Status.PENDING, "p"), (Status.INACTIVE, "i"), (Status.ISSUED, "V"), (Status.SUSPENDED, "s"),
    (Status.LOST, "l"), (Status.EXPIRED, "x"), (Status.REPLACED, "R"), (Status.REVOKED, "k"), (Status.ANNULLED, "a"),
    (Status.WITHDRAWN, "w"), (Status.CANCELLED, "c"), (Status.TRANSFERRED, "t"),
)  # fmt: skip
MATRIX = """
                 - p i V s l x R k a w c t
prepare          p . . . . . . . . . . . .
make             i . . . . . . . . . . . .
issue            V V . . . . . . . . . . .
transfer-in      V . . . . . . . . . . . .
activate         . . V . . . . . . . . . .
change           . . . R . . . . . . . . .
correct          . . . R . . . . . . . . .
renew            . . . R . . R . . . . . .
exchange         . . . R . . . . . . . . .
replace-lost     . . . R . R . . . . . . .
report-lost      . . . l . . . . . . . . .
find             . . . . . V . . . . . . .
suspend          . . . s . s . . . . . . .
resume           . . . . V . . . . . . . .
revoke           . . k k k k . k . . . . .
annul            . . a a a a a a . . . . a
withdraw         . . w w w w . w . . . . .
cancel           . c c c c c c . c c c . .
expire           . . x x x x . . . . . . .
transfer-out     . . . t . . . . . . . . .
restore          . . . . . . V V V V V V V
accept-renewal   . . . V s l . . . . . . .
refuse-renewal   . . . V s l x . . . . . .
extend           . . . V s l V . . . . . .
dispute          . p i V s l x R k a w c t
settle           . p i V s l x R k a w c t
inspect          . . . V s l . . . . . . .
"""
LETTERS = {letter: status for status, letter in COLUMNS}
EXPECTED = {
    (status, Action(line.split()[0])): LETTERS[letter]
    for line in MATRIX.strip().splitlines()[1:]
    for (status, _), letter in zip(COLUMNS, line.split()[1:], strict=True)
    if letter != "."
}


@pytest.mark.parametrize(("status", "action"), list(itertools.product(STATUSES, Action)))
def test_every_action_in_every_status(status: Status | None, action: Action) -> None:
    expected = EXPECTED.get((status, action))
    if expected is not None:
        assert after(status, action) is expected
        return
    with pytest.raises(TransitionRefusedError) as caught:
        after(status, action)
    assert (caught.value.status, caught.value.action) == (status, action)


def test_the_matrix_is_the_whole_table() -> None:
    assert set(Action) == {action for _, action in EXPECTED}
    assert dict(TRANSITIONS) == EXPECTED


def test_the_page_is_made_from_the_tables() -> None:
    page = Path(__file__).parents[2] / "docs/reference/lifecycle.md"
    assert page.read_text("utf-8") == lifecycle_page()


def test_every_status_can_be_reached() -> None:
    reached: set[Status | None] = {None}
    for _ in Status:
        reached |= {to for (status, _action), to in TRANSITIONS.items() if status in reached}
    assert reached == set(STATUSES)


def test_every_status_and_action_has_a_chinese_name_of_its_own() -> None:
    for words in ([status.zh for status in Status], [action.zh for action in Action]):
        assert len(set(words)) == len(words)
        assert all("\u4e00" <= character <= "\u9fff" for word in words for character in word)


def test_the_four_ends_rest_on_different_law() -> None:
    ends = (Action.REVOKE, Action.ANNUL, Action.WITHDRAW, Action.CANCEL)
    codes = [{ground.code for ground in LEGAL_GROUNDS[action]} for action in ends]
    assert sum(map(len, codes)) == len(set.union(*codes))
