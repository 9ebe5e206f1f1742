"""`elicence audit`: reading the trail, chaining and signing it, checking it, deleting what is old enough."""

import argparse
import sys
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from .act_commands import actor_of, add_actor
from .parsing import AddCommand, Group, services_of

if TYPE_CHECKING:
    # Loaded when a command runs: `--help` and a slip of the hand need none of it.
    from licences.supervision import NumberedEntry, TrailQuestion, TrailReport

    from .answer import Answer
    from .wiring import Services

KINDS = (
    "change", "review", "read", "look_up", "verify", "share", "copy", "requirements", "authorisation", "show",
    "mandate", "session", "clients", "case", "operation",
)  # fmt: skip
MAX_LISTED = 100_000
_MIN_DAYS = 183
_FAULTS = {
    "ENTRY_CHANGED": "记录被改动 entry changed",
    "ENTRY_MISSING": "记录被删除 entry missing",
    "ENTRY_ADDED": "记录被插入 entry added",
    "COLUMNS_DIFFER": "检索列被改动 columns changed",
    "BATCH_CHANGED": "批次被改动 batch changed",
    "BATCH_MISSING": "批次被删除 batch missing",
    "END_MISSING": "末尾被截去 end cut off",
    "CHECKPOINT_DIFFERS": "与签名检查点不符 differs from the signed checkpoint",
    "CHECKPOINT_UNTRUSTED": "检查点不可信 checkpoint not trusted",
    "EVENT_CHANGED": "证照行为或审核步骤被改动 act or step changed",
    "EVENT_MISSING": "证照行为或审核步骤被删除 act or step missing",
    "EVENT_UNTRACED": "证照行为或审核步骤无记录 act or step without entry",
    "PRUNED_TOO_EARLY": "过早清理 pruned too early",
}


def add_audit_parser(add: AddCommand, to: Group) -> None:
    """Add the commands below `elicence audit`."""
    listed = add("list", _list, "查阅操作记录 who did, read and verified what", to)
    listed.add_argument("--client", metavar="NAME", default="", help="客户端 client")
    listed.add_argument("--office-code", metavar="CODE", default="", help="机构代码 office")
    listed.add_argument("--identifier", metavar="LICENCE", default="", help="证照标识 licence")
    listed.add_argument("--holder", metavar="FILE", help='持证主体 {"kind", "code"}: about this holder (- = stdin)')
    listed.add_argument("--kind", choices=KINDS, metavar="KIND", help=f"种类 {', '.join(KINDS)}")
    listed.add_argument("--since", metavar="WHEN", help="不早于 from this day or instant on")
    listed.add_argument("--until", metavar="WHEN", help="早于 before this instant, or to the end of this day")
    listed.add_argument("--after", metavar="N", type=int, default=0, help="序号大于 only after this number")
    listed.add_argument("--limit", metavar="N", type=int, default=1000, help="最多条数 at most so many (1000)")
    listed.add_argument("--csv", metavar="FILE", help="另存为 CSV write a CSV file")
    checked = add("verify", _verify, "核验操作记录是否完整 whether the trail is as it was written", to)
    checked.add_argument(
        "--since", metavar="WHEN", help="自此前最近的签名检查点起 from the checkpoint before this time on"
    )
    checked.add_argument(
        "--trust", metavar="DIR", help="信任根目录 folder of trusted certificates (default: the home's)"
    )
    add("checkpoint", _checkpoint, "入链并签名 chain what is new and sign where the chain ends", to)
    add("status", _status, "操作记录的状态 how far the chain is", to)
    prune = add("prune", _prune, "清理旧记录 delete old entries; their digests stay", to)
    prune.add_argument(
        "--days", metavar="N", type=int, required=True, help=f"早于多少天 older than ({_MIN_DAYS} at least)"
    )
    add_actor(prune)


def _list(arguments: argparse.Namespace) -> "Answer":
    from .answer import Answer
    from .audit_shapes import entries_csv, entry_shape
    from .columns import table
    from .messages import moment_text
    from .output import StagedFiles

    services = services_of(arguments)
    entries = _found(services, _question(arguments, services), max(1, min(arguments.limit, MAX_LISTED)))
    text = ""
    if arguments.csv is not None:
        path = Path(arguments.csv).absolute()
        with StagedFiles(path.parent) as staged:
            # Spreadsheets take a text without this mark for another encoding.
            staged.stage({path.name: b"\xef\xbb\xbf" + entries_csv(entries).encode()})
            staged.put()
        text = f"\n已写入  written: {path}"
    rows = [
        (
            str(one.sequence),
            moment_text(one.entry.at),
            one.entry.kind.value,
            "✓" if one.entry.done else f"✗ {one.entry.code}",
            one.entry.client or "—",
            one.entry.identifier or one.entry.holder_index[:12] or _changed(one.entry.details),
            "" if one.entry.purpose is None else f"{one.entry.purpose.officer}: {one.entry.purpose.reason}",
        )
        for one in entries
    ]
    header = ("序号 no.", "时间 at", "种类 kind", "结果 done", "客户端 client", "对象 about", "事由 reason")
    return Answer(
        shape={"entries": [entry_shape(one) for one in entries]},
        text=(table(header, rows) if rows else "没有记录。  No entries.") + text,
    )


def _changed(details: Mapping[str, str]) -> str:
    """Say of an entry about clients which one was changed, and how."""
    return " ".join(details[name] for name in ("client", "change", "proof", "webhook") if name in details) or "—"


def _question(arguments: argparse.Namespace, services: "Services") -> "TrailQuestion":
    from licences.supervision import TrailKind, TrailQuestion

    from .inputs import parse_at, parse_start

    return TrailQuestion(
        kind=None if arguments.kind is None else TrailKind(arguments.kind),
        client=arguments.client,
        office_code=arguments.office_code,
        identifier=arguments.identifier,
        holder_index="" if arguments.holder is None else _holder_index(arguments.holder, services),
        since=None if arguments.since is None else parse_start(arguments.since),
        until=None if arguments.until is None else parse_at(arguments.until),
        after=max(arguments.after, 0),
    )


def _holder_index(argument: str, services: "Services") -> str:
    from licences import check_holder

    from .errors import MalformedInputError
    from .inputs import read_json_argument

    given = read_json_argument(argument)
    kind, code = (given.get("kind"), given.get("code")) if isinstance(given, dict) else (None, None)
    if not isinstance(kind, str) or not isinstance(code, str):
        raise MalformedInputError('持证主体应为 {"kind", "code"}。', 'a holder is {"kind", "code"}')
    return services.holder_index(kind, check_holder(kind, code))


def _found(services: "Services", question: "TrailQuestion", limit: int) -> tuple["NumberedEntry", ...]:
    from dataclasses import replace

    found: list[NumberedEntry] = []
    while len(found) < limit:
        page = services.trail.entries(question, limit=min(1000, limit - len(found)))
        found += page
        if len(page) < 1000:
            break
        question = replace(question, after=page[-1].sequence)
    return tuple(found)


def _verify(arguments: argparse.Namespace) -> "Answer":
    from .answer import Answer
    from .audit_checking import audited
    from .audit_shapes import report_shape, verdict_of
    from .exit_codes import DONE, FAILED, INDETERMINATE
    from .inputs import parse_start
    from .opening import trust_of
    from .progress import Progress

    services = services_of(arguments)
    trust = trust_of(services.home, arguments.trust)
    since = None if arguments.since is None else parse_start(arguments.since)
    progress = Progress(sys.stderr, services.trail_chain.state().chained, unit=("条", "entries"))
    report = audited(services, trust, since=since, progress=lambda count: progress.advance(count, ""))
    if report.entries:
        progress.finish("")
    verdict = verdict_of(report)
    code = {"passed": DONE, "failed": FAILED, "indeterminate": INDETERMINATE}[verdict]
    return Answer(shape=report_shape(report), text=_report_text(report, verdict), exit_code=code)


def _report_text(report: "TrailReport", verdict: str) -> str:
    from .columns import printable
    from .messages import moment_text

    said = {
        "passed": "操作记录完整，未发现改动。  The trail is whole: nothing was changed, deleted or added.",
        "failed": "操作记录被动过！  The trail was tampered with!",
        "indeterminate": "未发现改动，但最近两小时没有可信的签名检查点；请运行 elicence audit checkpoint。\n"
        "Nothing is wrong, but no signed checkpoint reaches that far: run elicence audit checkpoint.",
    }[verdict]
    signed = "无 none" if report.signed_at is None else f"{report.signed}（{moment_text(report.signed_at)}）"
    lines = [
        said,
        f"序号  numbers: {report.first}–{report.last}    记录  entries: {report.entries}    "
        f"批次  batches: {report.batches}",
        f"签名至  signed through: {signed}    待入链  not chained yet: {report.unchained}",
    ]
    if report.pruned:
        lines.append(f"已按期清理至  pruned through: {report.pruned}")
    for fault in report.faults:
        where = f"{fault.first}–{fault.last}" if fault.last != fault.first else str(fault.first) if fault.first else "—"
        lines.append(f"✗ {where}  {_FAULTS[fault.kind.value]}  {printable(fault.detail)}".rstrip())
    if report.more_faults:
        lines.append(f"✗ 另有 {report.more_faults} 处  and {report.more_faults} more")
    return "\n".join(lines)


def _checkpoint(arguments: argparse.Namespace) -> "Answer":
    from .answer import Answer
    from .audit_shapes import state_shape

    keeper = services_of(arguments).trail_keeper
    now = datetime.now(UTC)
    batches = keeper.chain(now)
    signed = keeper.sign(now)
    state = keeper.state()
    shape = {**state_shape(state), "batches": batches, "file": None if signed is None else str(signed[1])}
    place = "已有签名，无新内容  signed already, nothing new" if signed is None else f"签名  signed: {signed[1]}"
    return Answer(shape=shape, text=f"入链  chained: {state.chained}/{state.entries}\n{place}")


def _status(arguments: argparse.Namespace) -> "Answer":
    from .answer import Answer
    from .audit_shapes import state_shape
    from .messages import moment_text

    state = services_of(arguments).trail_keeper.state()
    oldest = "" if state.oldest_waiting is None else f"（自 since {moment_text(state.oldest_waiting)}）"
    newest = state.newest
    lines = [
        f"记录  entries: {state.entries}    已入链  chained: {state.chained}    "
        f"待入链  waiting: {state.waiting}{oldest}",
        f"批次  batch: {0 if newest is None else newest.number}    已签名  signed: {state.checkpoint}",
    ]
    return Answer(shape=state_shape(state), text="\n".join(lines))


def _prune(arguments: argparse.Namespace) -> "Answer":
    from .answer import Answer
    from .errors import UsageError

    if arguments.days < _MIN_DAYS:
        raise UsageError(f"操作记录至少保存 {_MIN_DAYS} 天。", f"entries are kept for {_MIN_DAYS} days at least")
    services = services_of(arguments)
    now = datetime.now(UTC)
    actor = actor_of(arguments, services.home)
    batch = services.trail_chain.prune(now - timedelta(days=arguments.days), now, actor.name)
    services.trail_keeper.chain(now)
    services.trail_keeper.sign(now)
    through = 0 if batch is None else batch.last
    text = "没有够旧的记录。  No entries are old enough." if batch is None else f"已清理至  pruned through: {through}"
    return Answer(shape={"pruned_through": through}, text=text)
