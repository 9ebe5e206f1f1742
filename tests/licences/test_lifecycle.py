"""The lifecycle table, walked in full."""

import itertools

import pytest

from licences import TRANSITIONS, Action, Status, TransitionRefusedError, after

STATUSES: tuple[Status | None, ...] = (None, *Status)


@pytest.mark.parametrize(("status", "action"), list(itertools.product(STATUSES, Action)))
def test_every_action_in_every_status(status: Status | None, action: Action) -> None:
    expected = {
        (None, Action.PREPARE): Status.PENDING,
        (None, Action.ISSUE): Status.ISSUED,
        (Status.PENDING, Action.ISSUE): Status.ISSUED,
        (Status.ISSUED, Action.REVOKE): Status.REVOKED,
    }.get((status, action))
    if expected is not None:
        assert after(status, action) is expected
        return
    with pytest.raises(TransitionRefusedError) as caught:
        after(status, action)
    assert (caught.value.status, caught.value.action) == (status, action)


def test_every_status_can_be_reached() -> None:
    reached: set[Status | None] = {None}
    for _ in Status:
        reached |= {to for (status, _action), to in TRANSITIONS.items() if status in reached}
    assert reached == set(STATUSES)


def test_names_in_chinese() -> None:
    assert [status.zh for status in Status] == ["未生效", "有效", "吊销"]
    assert [action.zh for action in Action] == ["待会签", "签发", "吊销"]
