"""`elicence forgery list|show|close`: what people reported as forged, and what the office found."""

import argparse
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from .act_commands import actor_of, add_actor
from .parsing import AddCommand, Group, services_of

if TYPE_CHECKING:
    # Loaded when a command runs: `--help` and a slip of the hand need none of it.
    from licences import ForgeryReport

    from .answer import Answer

FINDINGS = ("forged", "genuine", "unclear")
_WORDS = {"forged": "伪造", "genuine": "属实", "unclear": "无法确定"}
_SHOWN = 30


def add_forgery_parser(add: AddCommand, to: Group) -> None:
    """Add the commands below `elicence forgery`."""
    listed = add("list", _list, "列出未办结的举报 reports that wait", to)
    listed.add_argument("--closed", action="store_true", help="列出已办结的 those that were closed instead")
    show = add("show", _show, "查看一件举报 one report", to)
    show.add_argument("number", metavar="NUMBER", help="举报编号 such as JB-XXXX-XXXX-XXXX")
    show.add_argument("--full", action="store_true", help="显示联系方式 show how to reach who reported it")
    close = add("close", _close, "办结一件举报 say what was found", to)
    close.add_argument("number", metavar="NUMBER", help="举报编号 such as JB-XXXX-XXXX-XXXX")
    close.add_argument("--finding", choices=FINDINGS, required=True, help="结论 what was found")
    close.add_argument("--remark", metavar="TEXT", required=True, help="核实情况 how it was found out")
    add_actor(close)


def _list(arguments: argparse.Namespace) -> "Answer":
    from licences import group_report_number

    from .answer import Answer
    from .columns import table
    from .messages import moment_text

    reports = services_of(arguments).forgery_reports
    found = reports.closed() if arguments.closed else reports.waiting()
    rows = [
        (
            group_report_number(one.number),
            moment_text(one.received_at),
            one.identifier or "—",
            "—" if one.closing is None else _WORDS[one.closing.finding.value],
            _beginning(one.what),
        )
        for one in found
    ]
    header = ("编号 number", "收到 received", "证照 licence", "结论 finding", "内容 what")
    return Answer(
        shape={"reports": [_shape(one, full=False) for one in found]},
        text=table(header, rows) if rows else "没有举报。  No reports.",
    )


def _beginning(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _SHOWN else line[: _SHOWN - 1] + "…"


def _show(arguments: argparse.Namespace) -> "Answer":
    from licences import fold_report_number

    report = services_of(arguments).forgery_reports.get(fold_report_number(arguments.number))
    return _answer(report, full=arguments.full)


def _close(arguments: argparse.Namespace) -> "Answer":
    from licences import ForgeryFinding, fold_report_number, make_forgery_closing

    services = services_of(arguments)
    closing = make_forgery_closing(
        finding=ForgeryFinding(arguments.finding),
        remark=arguments.remark,
        actor=actor_of(arguments, services.home),
        closed_at=datetime.now(UTC),
    )
    report = services.forgery_reports.end(fold_report_number(arguments.number), closing)
    return _answer(report, full=False)


def _answer(report: "ForgeryReport", *, full: bool) -> "Answer":
    from licences import group_report_number

    from .answer import Answer
    from .messages import moment_text

    lines = [
        f"举报  report: {group_report_number(report.number)}",
        f"收到  received: {moment_text(report.received_at)}",
        f"证照  licence: {report.identifier or '—'}",
        f"当时的核验结论  what the page had said: {report.reason or '—'}",
        f"地点  where: {report.where or '—'}",
        f"内容  what: {report.what}",
    ]
    if full:
        lines.append(f"联系方式  contact: {report.contact or '—'}")
    elif report.contact:
        lines.append("联系方式  contact: 已留，--full 显示  given, shown by --full")
    if report.closing is not None:
        end = report.closing
        lines += [
            f"办结  closed: {moment_text(end.closed_at)}，{end.actor.office} {end.actor.name}",
            f"结论  finding: {_WORDS[end.finding.value]} {end.finding.value}",
            f"核实情况  remark: {end.remark}",
        ]
    return Answer(shape=_shape(report, full=full), text="\n".join(lines))


def _shape(report: "ForgeryReport", *, full: bool) -> dict[str, object]:
    from .messages import instant_text

    end = report.closing
    shape: dict[str, object] = {
        "number": report.number,
        "received_at": instant_text(report.received_at),
        "identifier": report.identifier or None,
        "reason": report.reason or None,
        "what": report.what,
        "where": report.where,
        "has_contact": bool(report.contact),
        "closing": None
        if end is None
        else {
            "finding": end.finding.value,
            "remark": end.remark,
            "actor": {"name": end.actor.name, "office": end.actor.office, "office_code": end.actor.office_code},
            "closed_at": instant_text(end.closed_at),
        },
    }
    return shape | ({"contact": report.contact} if full else {})
