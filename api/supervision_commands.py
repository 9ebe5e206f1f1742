"""`elicence supervise statistics|warnings` and `elicence cases`: what a supervisor and a case handler do daily."""

import argparse
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from .act_commands import actor_of, add_actor
from .parsing import AddCommand, Group, services_of

if TYPE_CHECKING:
    # Loaded when a command runs: `--help` and a slip of the hand need none of it.
    from licences.supervision import Case

    from .answer import Answer
    from .wiring import Services

KINDS = ("objection", "complaint", "forgery")
ACTS = ("take", "reply", "extend", "uphold", "reject")
_MEASURES = {
    "issued": "签发 issued",
    "acted": "行为 acted",
    "reviewed": "审核 reviewed",
    "read": "查阅 read",
    "verified": "核验 verified",
    "shared": "共享 shared",
    "refused": "拒绝 refused",
}
_WARNINGS = {
    "expiring": "即将到期 expiring",
    "inspection_overdue": "超期未检验 inspection overdue",
    "inspection_due": "检验将到期 inspection due",
    "review_waiting": "审核超时 review waits",
    "case_overdue": "案件超期 case overdue",
    "case_due": "案件将到期 case due",
}
_CASE_KINDS = {"objection": "异议 objection", "complaint": "投诉 complaint", "forgery": "举报 forgery"}
_STATES = {"open": "办理中 open", "upheld": "成立 upheld", "rejected": "不成立 rejected"}
_MOST = 500


def add_supervision_parser(add: AddCommand, to: Group) -> None:
    """Add `statistics` and `warnings`."""
    counted = add("statistics", _statistics, "按机构、证照类型、日期统计 what was done, by office, type and day", to)
    counted.add_argument("--since", metavar="WHEN", help="不早于 from this day or instant on (default: 30 days ago)")
    counted.add_argument("--until", metavar="WHEN", help="早于 before this instant, or to the end of this day")
    warned = add("warnings", _warnings, "时限预警 what is due or has waited too long (calendar days)", to)
    for name, days, text in (
        ("expiring", 60, "证照到期前 before a licence expires"),
        ("inspections", 30, "检验到期前 before an inspection is due"),
        ("reviews", 5, "审核等待 that a review may wait"),
        ("cases", 3, "案件到期前 before the deadline of a case"),
    ):
        warned.add_argument(f"--{name}", metavar="DAYS", type=int, default=days, help=f"{text} ({days})")


def add_cases_parser(add: AddCommand, to: Group) -> None:
    """Add the commands below `elicence cases`."""
    listed = add("list", _list, "列出案件 cases that wait, by their deadline", to)
    listed.add_argument("--closed", action="store_true", help="列出已办结的 those that were closed instead")
    show = add("show", _show, "查看案件 one case", to)
    show.add_argument("number", metavar="NUMBER", help="案件编号 such as AJ-XXXX-XXXX-XXXX")
    begun = add("open", _open, "立案 open a case", to)
    begun.add_argument("--kind", choices=KINDS, required=True, help="种类 what it is about")
    begun.add_argument("--statement", metavar="FILE", help="内容文件 what was written (- = stdin)")
    begun.add_argument("--identifier", metavar="LICENCE", default="", help="证照标识 about which licence")
    begun.add_argument("--forgery", metavar="NUMBER", default="", help="举报编号 about which report: JB-XXXX-XXXX-XXXX")
    add_actor(begun)
    step = add("step", _step, "办理案件 take, answer, extend or close a case", to)
    step.add_argument("number", metavar="NUMBER", help="案件编号 such as AJ-XXXX-XXXX-XXXX")
    step.add_argument("--act", choices=ACTS, required=True, help="办理 what is done")
    step.add_argument("--note", metavar="TEXT", default="", help="答复或理由 answer or reason")
    step.add_argument("--deadline", metavar="WHEN", help="新的期限 the new deadline, of extend")
    add_actor(step)


def _statistics(arguments: argparse.Namespace) -> "Answer":
    from .answer import Answer
    from .columns import table
    from .inputs import parse_at, parse_start
    from .messages import instant_text
    from .supervision_views import statistics_for, statistics_shape

    until = datetime.now(UTC) if arguments.until is None else parse_at(arguments.until)
    since = until - timedelta(days=30) if arguments.since is None else parse_start(arguments.since)
    lines = statistics_for(services_of(arguments), None, since, until)
    rows = [
        (
            one.day.isoformat(),
            one.office_code or "—",
            one.type_slug or "—",
            _MEASURES[one.measure.value],
            one.outcome,
            str(one.count),
        )
        for one in lines
    ]
    header = ("日期 day", "机构 office", "证照类型 type", "事项 what", "结果 outcome", "次数 count")
    return Answer(
        shape={
            "since": instant_text(since),
            "until": instant_text(until),
            "lines": [statistics_shape(one) for one in lines],
        },
        text=table(header, rows) if rows else "没有记录。  Nothing was done.",
    )


def _warnings(arguments: argparse.Namespace) -> "Answer":
    from licences.supervision import Deadlines

    from .answer import Answer
    from .columns import table
    from .errors import UsageError
    from .messages import instant_text
    from .supervision_views import warning_shape, warnings_for

    names = ("expiring", "inspections", "reviews", "cases")
    days = {name: getattr(arguments, name) for name in names}
    if not all(0 <= value <= 3660 for value in days.values()):
        raise UsageError("天数应为 0 至 3660。", "a number of days lies within 0 and 3660")
    now = datetime.now(UTC)
    deadlines = Deadlines(**{name: timedelta(days=value) for name, value in days.items()})
    found = warnings_for(services_of(arguments), None, now, deadlines)
    rows = [
        (one.due.isoformat(), _WARNINGS[one.kind.value], one.type_slug or "—", one.subject, one.detail) for one in found
    ]
    header = ("期限 due", "预警 warning", "证照类型 type", "对象 about", "说明 detail")
    return Answer(
        shape={"at": instant_text(now), "warnings": [warning_shape(one) for one in found]},
        text=table(header, rows) if rows else "没有预警。  Nothing is due.",
    )


def _list(arguments: argparse.Namespace) -> "Answer":
    from .answer import Answer
    from .columns import table
    from .messages import moment_text
    from .supervision_views import case_line, cases_for

    now = datetime.now(UTC)
    found = cases_for(services_of(arguments), None, closed=arguments.closed, limit=_MOST)
    shapes = [case_line(case, now) for case in found]
    rows = [
        (
            str(shape["number"]),
            _CASE_KINDS[case.kind.value],
            moment_text(case.deadline) + ("  超期 overdue" if shape["overdue"] else ""),
            str(shape["owner"]) or "—",
            _STATES[str(shape["state"])],
            case.identifier or case.forgery or "—",
        )
        for case, shape in zip(found, shapes, strict=True)
    ]
    header = ("编号 number", "种类 kind", "期限 deadline", "承办 owner", "状态 state", "对象 about")
    return Answer(shape={"cases": shapes}, text=table(header, rows) if rows else "没有案件。  No cases.")


def _show(arguments: argparse.Namespace) -> "Answer":
    from .supervision_views import case_for

    return _answer(case_for(services_of(arguments), None, arguments.number))


def _open(arguments: argparse.Namespace) -> "Answer":
    from licences.supervision import MAX_STATEMENT_CHARACTERS

    from .errors import MalformedInputError
    from .inputs import read_argument
    from .supervision_views import open_case

    services = services_of(arguments)
    written = b"" if arguments.statement is None else read_argument(arguments.statement, 4 * MAX_STATEMENT_CHARACTERS)
    try:
        statement = written.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise MalformedInputError("内容应为 UTF-8 文本。", "what was written has to be UTF-8") from error
    case = open_case(
        services,
        None,
        actor_of(arguments, services.home),
        kind=arguments.kind,
        statement=statement,
        contact="",
        identifier=arguments.identifier,
        forgery=arguments.forgery,
        holder=None,
        at=datetime.now(UTC),
    )
    _tell(services, case)
    return _answer(case)


def _step(arguments: argparse.Namespace) -> "Answer":
    from licences.supervision import CaseAct, make_step

    from .inputs import parse_at
    from .supervision_views import case_for

    services = services_of(arguments)
    case = case_for(services, None, arguments.number)
    step = make_step(
        act=CaseAct(arguments.act),
        actor=actor_of(arguments, services.home),
        at=datetime.now(UTC),
        note=arguments.note,
        deadline=None if arguments.deadline is None else parse_at(arguments.deadline),
    )
    case = services.cases.step(case.number, step)
    _tell(services, case)
    return _answer(case)


def _tell(services: "Services", case: "Case") -> None:
    """Put the newest step of a case into the trail."""
    from licences.supervision import TrailEntry, TrailKind

    step = case.steps[-1]
    services.trail.record(
        TrailEntry(
            kind=TrailKind.CASE,
            at=step.at,
            done=True,
            client=step.actor.name,
            office=step.actor.office,
            office_code=step.actor.office_code,
            identifier=case.identifier,
            details={"case": case.number, "act": step.act.value},
        )
    )


def _answer(case: "Case") -> "Answer":
    from .answer import Answer
    from .columns import printable
    from .messages import moment_text
    from .supervision_views import case_shape

    shape = case_shape(case)
    lines = [
        f"{shape['number']}    {_CASE_KINDS[case.kind.value]}    {_STATES[str(shape['state'])]}",
        f"期限  deadline: {moment_text(case.deadline)}    承办  owner: {printable(str(shape['owner'])) or '—'}",
        *([f"证照  licence: {case.identifier}"] if case.identifier else []),
        *([f"举报  report: {case.forgery}"] if case.forgery else []),
        *([f"内容  statement: {printable(case.statement)}"] if case.statement else []),
        *([f"联系方式  contact: {printable(case.contact)}"] if case.contact else []),
        *(
            f"{moment_text(step.at)}  {step.act.value}  {printable(step.actor.name)}  {printable(step.note)}".rstrip()
            for step in case.steps
        ),
    ]
    return Answer(shape=shape, text="\n".join(lines))
