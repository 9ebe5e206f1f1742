"""The lifecycle of a licence as a table ``(status, action) -> status``.

A status is what was *done* to a licence. "Not yet in force" follows from the dates of the licence and is computed where
it is asked for; so is "expired", which a job also writes down as an act, for those who collect changes. What holds
beside a status (a dispute, an undecided renewal, an extension, the next inspection) is folded from the acts in
``standing``.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from .errors import TransitionRefusedError


class Status(StrEnum):
    """State of a licence."""

    PENDING = "pending"
    """Sealed by the first of several authorities that issue it together; the others have not sealed yet."""
    INACTIVE = "inactive"
    """Made and sealed, but its type wants it activated first."""
    ISSUED = "issued"
    SUSPENDED = "suspended"
    LOST = "lost"
    """The holder reported the paper lost; nobody may use it until it is found or replaced."""
    EXPIRED = "expired"
    REPLACED = "replaced"
    """A later version took its place; the event of its end names it."""
    REVOKED = "revoked"
    ANNULLED = "annulled"
    WITHDRAWN = "withdrawn"
    CANCELLED = "cancelled"
    TRANSFERRED = "transferred"
    """Handed to an authority elsewhere, whose licence took its place."""

    @property
    def zh(self) -> str:
        """Chinese name."""
        return _STATUS_NAMES[self]


class Action(StrEnum):
    """What is done to a licence."""

    PREPARE = "prepare"
    """The first of several authorities seals."""
    MAKE = "make"
    """It is sealed but has to be activated."""
    ISSUE = "issue"
    """The only authority seals, or the last one."""
    TRANSFER_IN = "transfer-in"
    """Issued in place of a licence of an authority elsewhere."""
    ACTIVATE = "activate"
    CHANGE = "change"
    """变更 (行政许可法 art. 49)."""
    CORRECT = "correct"
    """纠错: what was sealed was wrong from the beginning."""
    RENEW = "renew"
    """延续 (行政许可法 art. 50)."""
    EXCHANGE = "exchange"
    """换证: the same content on a new form, or by the successor of the authority."""
    REPLACE_LOST = "replace-lost"
    """补证."""
    REPORT_LOST = "report-lost"
    """挂失."""
    FIND = "find"
    """解挂."""
    SUSPEND = "suspend"
    """暂扣, a penalty (行政处罚法 art. 9(3), 2021 text)."""
    RESUME = "resume"
    """发还: the suspension is over. Recorded in advance with the day of its end where that is fixed."""
    REVOKE = "revoke"
    """吊销, a penalty (行政处罚法 art. 9(3), 2021 text)."""
    ANNUL = "annul"
    """撤销 (行政许可法 art. 69): it should not have been granted; may act back in time."""
    WITHDRAW = "withdraw"
    """撤回 (行政许可法 art. 8): lawfully granted, but the law or the facts have changed."""
    CANCEL = "cancel"
    """注销 (行政许可法 art. 70): the closing formality."""
    EXPIRE = "expire"
    TRANSFER_OUT = "transfer-out"
    RESTORE = "restore"
    """A judgment or a decision on review takes the newest end back."""
    ACCEPT_RENEWAL = "accept-renewal"
    """受理延续申请: a timely one keeps the licence valid until it is decided (行政许可法 art. 50)."""
    REFUSE_RENEWAL = "refuse-renewal"
    EXTEND = "extend"
    """展期: a notice of the authority gives a new last day."""
    DISPUTE = "dispute"
    """异议处理中."""
    SETTLE = "settle"
    """异议办结."""
    INSPECT = "inspect"
    """An inspection, a re-check or an annual report was done; gives the next due day."""

    @property
    def zh(self) -> str:
        """Chinese name."""
        return _ACTION_NAMES[self]

    @property
    def makes_successor(self) -> bool:
        """Whether another licence of this store takes the place of the one that the act is done to."""
        return self in _SUCCESSIONS


_STATUS_NAMES: Mapping[Status, str] = MappingProxyType(
    {
        Status.PENDING: "待会签",
        Status.INACTIVE: "未激活",
        Status.ISSUED: "有效",
        Status.SUSPENDED: "暂扣",
        Status.LOST: "挂失",
        Status.EXPIRED: "已过期",
        Status.REPLACED: "已换发",
        Status.REVOKED: "吊销",
        Status.ANNULLED: "撤销",
        Status.WITHDRAWN: "撤回",
        Status.CANCELLED: "注销",
        Status.TRANSFERRED: "已转出",
    }
)
_ACTION_NAMES: Mapping[Action, str] = MappingProxyType(
    {
        Action.PREPARE: "会签",
        Action.MAKE: "制证",
        Action.ISSUE: "签发",
        Action.TRANSFER_IN: "转入",
        Action.ACTIVATE: "激活",
        Action.CHANGE: "变更",
        Action.CORRECT: "纠错",
        Action.RENEW: "延续",
        Action.EXCHANGE: "换证",
        Action.REPLACE_LOST: "补证",
        Action.REPORT_LOST: "挂失",
        Action.FIND: "解挂",
        Action.SUSPEND: "暂扣",
        Action.RESUME: "发还",
        Action.REVOKE: "吊销",
        Action.ANNUL: "撤销",
        Action.WITHDRAW: "撤回",
        Action.CANCEL: "注销",
        Action.EXPIRE: "过期",
        Action.TRANSFER_OUT: "转出",
        Action.RESTORE: "恢复",
        Action.ACCEPT_RENEWAL: "受理延续",
        Action.REFUSE_RENEWAL: "不予延续",
        Action.EXTEND: "展期",
        Action.DISPUTE: "提出异议",
        Action.SETTLE: "异议办结",
        Action.INSPECT: "检验",
    }
)
_SUCCESSIONS = frozenset({Action.CHANGE, Action.CORRECT, Action.RENEW, Action.EXCHANGE, Action.REPLACE_LOST})

ENDS: frozenset[Status] = frozenset(
    {Status.REVOKED, Status.ANNULLED, Status.WITHDRAWN, Status.CANCELLED, Status.REPLACED, Status.TRANSFERRED}
)
"""From here only a restoration leads back, and to an end only another end."""

_USED = (Status.ISSUED, Status.SUSPENDED, Status.LOST)
"""It is with its holder and not over."""
_SEALED = (Status.INACTIVE, *_USED, Status.EXPIRED)


def _rows() -> dict[tuple[Status | None, Action], Status]:
    rows: dict[tuple[Status | None, Action], Status] = {
        (None, Action.PREPARE): Status.PENDING,
        (None, Action.MAKE): Status.INACTIVE,
        (None, Action.ISSUE): Status.ISSUED,
        (None, Action.TRANSFER_IN): Status.ISSUED,
        (Status.PENDING, Action.ISSUE): Status.ISSUED,
        (Status.PENDING, Action.CANCEL): Status.CANCELLED,
        (Status.INACTIVE, Action.ACTIVATE): Status.ISSUED,
        (Status.ISSUED, Action.REPORT_LOST): Status.LOST,
        (Status.LOST, Action.FIND): Status.ISSUED,
        (Status.ISSUED, Action.SUSPEND): Status.SUSPENDED,
        (Status.LOST, Action.SUSPEND): Status.SUSPENDED,
        (Status.SUSPENDED, Action.RESUME): Status.ISSUED,
        (Status.ISSUED, Action.TRANSFER_OUT): Status.TRANSFERRED,
        (Status.LOST, Action.REPLACE_LOST): Status.REPLACED,
        # A late decision renews what has expired meanwhile; a notice may extend it.
        (Status.EXPIRED, Action.RENEW): Status.REPLACED,
        (Status.EXPIRED, Action.EXTEND): Status.ISSUED,
        (Status.EXPIRED, Action.REFUSE_RENEWAL): Status.EXPIRED,
        # What was obtained by fraud is annulled also where a later version stands in its place.
        (Status.REPLACED, Action.ANNUL): Status.ANNULLED,
        (Status.TRANSFERRED, Action.ANNUL): Status.ANNULLED,
        # It may still be in force: the one in its place counts from a later day.
        (Status.REPLACED, Action.REVOKE): Status.REVOKED,
        (Status.REPLACED, Action.WITHDRAW): Status.WITHDRAWN,
    }
    # A suspended or lost licence would come back as a good one: it is not changed before that is over.
    rows |= {(Status.ISSUED, action): Status.REPLACED for action in Action if action in _SUCCESSIONS}
    for status in (Status.INACTIVE, *_USED):
        rows |= {
            (status, Action.REVOKE): Status.REVOKED,
            (status, Action.WITHDRAW): Status.WITHDRAWN,
            (status, Action.EXPIRE): Status.EXPIRED,
        }
    for status in _SEALED:
        rows[status, Action.ANNUL] = Status.ANNULLED
    for status in (*_SEALED, Status.REVOKED, Status.ANNULLED, Status.WITHDRAWN):
        rows[status, Action.CANCEL] = Status.CANCELLED
    for status in Status:
        if status in ENDS or status is Status.EXPIRED:
            rows[status, Action.RESTORE] = Status.ISSUED
    for status in _USED:
        rows |= {
            (status, action): status
            for action in (Action.ACCEPT_RENEWAL, Action.REFUSE_RENEWAL, Action.EXTEND, Action.INSPECT)
        }
    for status in Status:
        rows |= {(status, Action.DISPUTE): status, (status, Action.SETTLE): status}
    return rows


TRANSITIONS: Mapping[tuple[Status | None, Action], Status] = MappingProxyType(_rows())
"""None stands for a licence that does not exist yet."""

CAN_BE_TAKEN_BACK: frozenset[Status] = ENDS | {Status.EXPIRED, Status.SUSPENDED}
"""Where an act has led here, a later one may make it count no more."""
TAKES_BACK: frozenset[tuple[Status | None, Action]] = frozenset(
    {row for row in TRANSITIONS if row[1] is Action.RESTORE}
    | {(Status.SUSPENDED, Action.RESUME), (Status.EXPIRED, Action.EXTEND)}
)
"""Rows that lead back to where the newest act that still stands had led away from; the table shows what is usual."""


def after(status: Status | None, action: Action) -> Status:
    """Return the status that ``action`` leads to from ``status``; TransitionRefusedError when the table has no row."""
    try:
        return TRANSITIONS[status, action]
    except KeyError:
        raise TransitionRefusedError(status, action) from None
