"""The review of a licence before it is sealed (元数据审核), as a table ``(state, act) -> state``.

One person drafts, another one checks. The checker approves one version of the data; any later edit makes another
version, and the draft goes back to the beginning.
"""

import unicodedata
from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final


class DraftState(StrEnum):
    """How far a draft has come."""

    DRAFT = "draft"
    IN_REVIEW = "in-review"
    RETURNED = "returned"
    APPROVED = "approved"
    SEALED = "sealed"
    ABANDONED = "abandoned"

    @property
    def zh(self) -> str:
        """Chinese name."""
        return _STATE_NAMES[self]


class DraftAct(StrEnum):
    """What somebody does to a draft."""

    CREATE = "create"
    EDIT = "edit"
    SUBMIT = "submit"
    RETURN = "return"
    """The checker sends it back, with remarks."""
    APPROVE = "approve"
    SEAL = "seal"
    ABANDON = "abandon"

    @property
    def zh(self) -> str:
        """Chinese name."""
        return _ACT_NAMES[self]


_STATE_NAMES: Mapping[DraftState, str] = MappingProxyType(
    {
        DraftState.DRAFT: "草稿",
        DraftState.IN_REVIEW: "审核中",
        DraftState.RETURNED: "已退回",
        DraftState.APPROVED: "审核通过",
        DraftState.SEALED: "已签发",
        DraftState.ABANDONED: "已放弃",
    }
)
_ACT_NAMES: Mapping[DraftAct, str] = MappingProxyType(
    {
        DraftAct.CREATE: "起草",
        DraftAct.EDIT: "修改",
        DraftAct.SUBMIT: "送审",
        DraftAct.RETURN: "退回",
        DraftAct.APPROVE: "审核通过",
        DraftAct.SEAL: "签发",
        DraftAct.ABANDON: "放弃",
    }
)

DRAFT_TRANSITIONS: Mapping[tuple[DraftState | None, DraftAct], DraftState] = MappingProxyType(
    {
        (None, DraftAct.CREATE): DraftState.DRAFT,
        (DraftState.DRAFT, DraftAct.EDIT): DraftState.DRAFT,
        (DraftState.DRAFT, DraftAct.SUBMIT): DraftState.IN_REVIEW,
        (DraftState.DRAFT, DraftAct.ABANDON): DraftState.ABANDONED,
        (DraftState.IN_REVIEW, DraftAct.EDIT): DraftState.DRAFT,
        (DraftState.IN_REVIEW, DraftAct.RETURN): DraftState.RETURNED,
        (DraftState.IN_REVIEW, DraftAct.APPROVE): DraftState.APPROVED,
        (DraftState.IN_REVIEW, DraftAct.ABANDON): DraftState.ABANDONED,
        (DraftState.RETURNED, DraftAct.EDIT): DraftState.DRAFT,
        (DraftState.RETURNED, DraftAct.ABANDON): DraftState.ABANDONED,
        (DraftState.APPROVED, DraftAct.EDIT): DraftState.DRAFT,
        (DraftState.APPROVED, DraftAct.RETURN): DraftState.RETURNED,
        (DraftState.APPROVED, DraftAct.SEAL): DraftState.SEALED,
        (DraftState.APPROVED, DraftAct.ABANDON): DraftState.ABANDONED,
    }
)
"""None stands for a draft that does not exist yet."""

CHECKING: Final = frozenset({DraftAct.RETURN, DraftAct.APPROVE})
"""Acts that nobody may do who had a hand in what is checked."""
MAKING: Final = frozenset({DraftAct.CREATE, DraftAct.EDIT, DraftAct.SUBMIT})
"""Acts by which somebody has a hand in it."""


def account_key(name: str) -> str:
    """Return the form in which accounts are compared: width, case and space make no other person."""
    return "".join(unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold()).split())
