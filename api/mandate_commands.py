"""`elicence mandates list|withdraw`: who entrusted whom; taking a mandate back for a principal at the counter."""

import argparse
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from .act_commands import actor_of, add_actor
from .parsing import AddCommand, Group, services_of

if TYPE_CHECKING:
    # Loaded when a command runs: `--help` and a slip of the hand need none of it.
    from licences.access import Mandate

    from .answer import Answer

_MAX_LINE = 200


def add_mandate_parser(add: AddCommand, to: Group) -> None:
    """Add the commands below `elicence mandates`."""
    listed = add("list", _list, "某持证主体的委托 what a holder entrusted, and is entrusted with", to)
    listed.add_argument("--kind", metavar="KIND", required=True, help="代码类型 kind of code, three digits")
    listed.add_argument("code", metavar="CODE|-", help="持证主体代码 code of the holder (- = stdin)")
    withdraw = add("withdraw", _withdraw, "代委托人撤回委托 take a mandate back for its principal", to)
    withdraw.add_argument("mandate", metavar="MANDATE", help="委托编号 number, as `list` shows it")
    add_actor(withdraw)


def _list(arguments: argparse.Namespace) -> "Answer":
    from licences import look_at_holder

    from .answer import Answer
    from .columns import table
    from .messages import day_text
    from .use_shapes import mandate_shape

    services = services_of(arguments)
    code = sys.stdin.readline(_MAX_LINE).strip() if arguments.code == "-" else arguments.code
    key = arguments.kind, look_at_holder(arguments.kind, code).code
    at = datetime.now(UTC)
    given, received = services.mandates.of_principal(key), services.mandates.of_agent(key)
    rows = [
        (
            one.id,
            way,
            day_text(one.since) or "",
            day_text(one.until) or "",
            _state(one, at),
            "、".join((*sorted(one.types), *sorted(one.licences))),
        )
        for way, found in (("委托他人 given", given), ("受托 received", received))
        for one in found
    ]
    header = ("编号 number", "方向 way", "自 from", "至 until", "状态 state", "范围 scope")
    return Answer(
        shape={
            "given": [mandate_shape(one, at) for one in given],
            "received": [mandate_shape(one, at) for one in received],
        },
        text=table(header, rows) if rows else "没有委托。  No mandates.",
    )


def _state(mandate: "Mandate", at: datetime) -> str:
    if mandate.withdrawn_at is not None:
        return "已撤回 withdrawn"
    return "有效 holds" if mandate.holds(at) else "不在期限内 not in its term"


def _withdraw(arguments: argparse.Namespace) -> "Answer":
    from licences.supervision import TrailEntry, TrailKind

    from .answer import Answer
    from .use_shapes import mandate_shape

    services = services_of(arguments)
    actor, at = actor_of(arguments, services.home), datetime.now(UTC)
    mandate = services.mandates.withdraw(arguments.mandate, at)
    services.trail.record(
        TrailEntry(
            kind=TrailKind.MANDATE,
            at=at,
            done=True,
            client=actor.name,
            office=actor.office,
            office_code=actor.office_code,
            holder_index=services.holder_index(*mandate.principal),
            details={"act": "withdrawn", "mandate": mandate.id, "by": "counter"},
        )
    )
    return Answer(shape=mandate_shape(mandate, at), text=f"委托已撤回  taken back: {mandate.id}")
