"""`elicence act`, `history` and `expire`: what an authority does to its licences, and what was done."""

import argparse
import getpass
import os
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from .errors import UsageError
from .parsing import LICENCE_HELP, AddCommand, Group, Parser, services_of
from .settings import SUITES

if TYPE_CHECKING:
    # Loaded when a command runs: `--help` and a slip of the hand need none of it.
    from licences import Actor

    from .answer import Answer
    from .home import Home

# The words of `licences.Action` that a person gives; the rest are recorded by issuing. A test compares them.
ACTIONS = (
    "activate", "change", "correct", "renew", "exchange", "replace-lost", "report-lost", "find", "suspend", "resume",
    "revoke", "annul", "withdraw", "cancel", "expire", "transfer-out", "restore", "accept-renewal", "refuse-renewal",
    "extend", "dispute", "settle", "inspect",
)  # fmt: skip


def add_act_parsers(add: AddCommand, to: Group) -> None:
    """Add the commands below `elicence`."""
    act = add("act", _act, "对证照作出行为 change, renew, suspend, revoke … a licence", to)
    act.add_argument("identifier", metavar="LICENCE", help=LICENCE_HELP)
    act.add_argument("action", metavar="ACTION", choices=ACTIONS, help=f"行为 {', '.join(ACTIONS)}")
    act.add_argument("--ground", metavar="TEXT", default="", help="事由 why")
    act.add_argument("--decision", metavar="NUMBER", default="", help="决定书文号 number of the decision")
    act.add_argument(
        "--legal-ground", metavar="CODE", default="", help="法定事由代码（各行为不同）such as licensing-69-2 for annul"
    )
    act.add_argument("--effective", metavar="TIME", help="生效时间 when it takes effect (default: now)")
    act.add_argument("--until", metavar="DATE", help="extend: 新的截止日期 new last day")
    act.add_argument("--obligation", metavar="KEY", default="", help="inspect: 义务 which obligation was met")
    act.add_argument("--next-due", metavar="DATE", help="inspect: 下次到期日 day on which it is due next")
    act.add_argument("--applied-on", metavar="DATE", help="accept-renewal: 申请日期 day of the application")
    act.add_argument("--related", metavar="IDENTIFIER", default="", help="transfer-out: 转入地证照 licence elsewhere")
    act.add_argument(
        "--data", metavar="FILE.json", help="change, correct, renew: 新证照数据 metadata of the new licence (- = stdin)"
    )
    act.add_argument("--seal", choices=SUITES, default="sm2", help="印章算法 seal of the new licence (default sm2)")
    act.add_argument("--joint", metavar="NAME", action="append", help="联合颁发机构 partner that seals too, in order")
    act.add_argument("--out", metavar="DIR", help="输出目录 folder for the new files (default: <home>/issued)")
    act.add_argument("--idempotency-key", metavar="KEY", help="幂等键 repeat safely with the same key")
    add_actor(act)
    history = add("history", _history, "证照的全部行为和版本 all acts and versions of a licence", to)
    history.add_argument("identifier", metavar="LICENCE", help=LICENCE_HELP)
    history.add_argument("--at", metavar="TIME", help="查询时点 of which time (default: now)")
    history.add_argument("--known-at", metavar="TIME", help="按当时所知 by what was recorded until then")
    expire = add("expire", _expire, "登记有效期届满的证照 record the end of licences whose term is over", to)
    add_actor(expire)


def add_actor(parser: Parser) -> None:
    """Add the options that say who acts; by default the account, for the authority of the home."""
    parser.add_argument("--actor", metavar="NAME", help="经办人账号 account (default: ELICENCE_ACTOR, or yours)")
    parser.add_argument("--office", metavar="NAME", help="经办机构 office of the actor")
    parser.add_argument("--office-code", metavar="CODE", default="", help="机构统一社会信用代码 its credit code")


def actor_of(arguments: argparse.Namespace, home: "Home") -> "Actor":
    """Say who acts."""
    from licences import Actor

    from .home import AUTHORITY_NAME

    name = arguments.actor or os.environ.get("ELICENCE_ACTOR") or getpass.getuser()
    office = arguments.office or ("" if home.settings.production else AUTHORITY_NAME)
    return Actor(name=name, office=office, office_code=arguments.office_code)


def _act(arguments: argparse.Namespace) -> "Answer":
    from licences import Act, Action, Particulars

    from .answer import Answer
    from .inputs import parse_start, read_json_argument
    from .issuing_into import issue_staged, places_in
    from .licence_shapes import act_shape, issue_shape
    from .resolving import identifier_of

    services = services_of(arguments)
    identifier = identifier_of(arguments.identifier, services.store)
    now = datetime.now(UTC)
    act = Act(
        action=Action(arguments.action),
        ground=arguments.ground,
        decision=arguments.decision,
        legal_ground=arguments.legal_ground,
        actor=actor_of(arguments, services.home),
        effective_at=now if arguments.effective is None else parse_start(arguments.effective),
        recorded_at=now,
        particulars=Particulars(
            until=_day(arguments.until, "--until"),
            obligation=arguments.obligation,
            next_due=_day(arguments.next_due, "--next-due"),
            applied_on=_day(arguments.applied_on, "--applied-on"),
            related=arguments.related,
        ),
    )
    if not act.action.makes_successor:
        if arguments.data or arguments.joint:
            raise UsageError(
                "此行为不产生新证照，不需要 --data 和 --joint。",
                "this act makes no new licence: leave --data and --joint out",
            )
        record = services.registrar.act(identifier, act)
        event = services.store.events(identifier)[-1]
        text = (
            f"已{act.action.zh}  {act.action.value}: {record.number}\n"
            f"状态  status: {record.status.zh} {record.status.value}"
        )
        return Answer(shape=act_shape(record, event), text=text)
    data = None if arguments.data is None else read_json_argument(arguments.data)
    if data is None and act.action not in (Action.EXCHANGE, Action.REPLACE_LOST):
        raise UsageError("请用 --data 给出新证照的全部数据。", "--data must give all metadata of the new licence")
    issuer = services.issuer_for(arguments.seal, tuple(arguments.joint or ()))
    directory = Path(arguments.out) if arguments.out else services.home.issued
    issued = issue_staged(
        services,
        directory,
        lambda stage: services.registrar.replace(
            identifier,
            act,
            data,
            issuer=issuer,
            algorithm=arguments.seal,
            idempotency_key=arguments.idempotency_key,
            before_keeping=stage,
        ),
    )
    places = places_in(directory, issued.record, services.home.settings.format)
    shape = {**issue_shape(issued, places), "previous": identifier}
    text = (
        f"已{act.action.zh}  {act.action.value}: {issued.record.number}\n"
        f"新证照标识  new identifier: {issued.record.identifier}\n"
        + "\n".join(f"{kind}: {place}" for kind, place in places.items())
    )
    return Answer(shape=shape, text=text)


def _history(arguments: argparse.Namespace) -> "Answer":
    from .answer import Answer
    from .columns import table
    from .inputs import parse_at
    from .licence_shapes import history_shape
    from .messages import instant_text
    from .resolving import identifier_of

    services = services_of(arguments)
    identifier = identifier_of(arguments.identifier, services.store)
    now = datetime.now(UTC)
    at = now if arguments.at is None else parse_at(arguments.at)
    known_at = None if arguments.known_at is None else parse_at(arguments.known_at)
    versions = services.store.versions(identifier)
    shape = history_shape(services.store, versions, at, known_at)
    rows = [
        (
            record.identifier.rpartition(".")[0].rpartition(".")[2],
            event.action.zh,
            event.act.decision or "–",
            event.act.actor.name or "–",
            instant_text(event.act.effective_at),
            instant_text(event.act.recorded_at),
            event.after.zh,
        )
        for record in versions
        for event in services.store.events(record.identifier)
        if known_at is None or event.act.recorded_at <= known_at
    ]
    header = (
        "版本 version",
        "行为 act",
        "文号 decision",
        "经办 actor",
        "生效 effective",
        "登记 recorded",
        "状态 status",
    )
    return Answer(shape=shape, text=table(header, rows))


def _expire(arguments: argparse.Namespace) -> "Answer":
    from .answer import Answer

    services = services_of(arguments)
    ended = [one.identifier for one in services.registrar.expire(datetime.now(UTC), actor_of(arguments, services.home))]
    text = f"已登记 {len(ended)} 件证照有效期届满。  {len(ended)} licences have expired."
    return Answer(shape={"expired": ended}, text=text)


def _day(text: str | None, option: str) -> date | None:
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise UsageError(f"{option} 应为 YYYY-MM-DD。", f"{option} must be YYYY-MM-DD") from None
