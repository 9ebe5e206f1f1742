"""`elicence impact list|act`: what a key, a batch, an operator, a type or a time span touched; one act on all of it."""

import argparse
import fcntl
import os
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from .act_commands import actor_of, add_actor
from .errors import BusyError, InputNotFoundError, UsageError
from .parsing import AddCommand, Group, services_of
from .settings import SUITES

if TYPE_CHECKING:
    from licences import Act, DrillOutcome, ImpactLine, Record

    from .answer import Answer
    from .wiring import Services

# Acts that make sense for everything on a list; the second group issues the same content again, under today's key and
# today's type.
ACTIONS = ("dispute", "settle", "suspend", "resume", "revoke", "annul", "withdraw", "cancel", "restore")
REISSUES = ("correct", "exchange")
_SHOWN = 20
_DAY_LENGTH = 10


def add_impact_parser(add: AddCommand, actions: Group) -> None:
    """Add `list` and `act`."""
    made = add("list", _list, "列出受影响的证照 list what was touched", actions)
    made.add_argument("--key", metavar="NAME", help="密钥 sealed, or its code signed, with this key")
    made.add_argument("--batch", metavar="ID", default="", help="转换批次 converted in this batch")
    made.add_argument("--operator", metavar="NAME", default="", help="经办人账号 issued under this account")
    made.add_argument("--type", metavar="TYPE", help="证照类型 licence type: slug or code")
    made.add_argument("--type-version", metavar="N", type=int, help="证照类型版本 version of its catalogue file")
    made.add_argument("--from", dest="since", metavar="WHEN", help="签发不早于 sealed on this day or later")
    made.add_argument("--to", dest="until", metavar="WHEN", help="签发不晚于 sealed on this day or earlier")
    made.add_argument("--out", metavar="DIR", help="输出目录 folder for the list (default: <home>/issued)")
    act = add("act", _act, "对清单逐张作出行为 do one act to each licence of a list", actions)
    act.add_argument("list", metavar="LIST", help="清单文件 the file that `impact list` made")
    words = (*ACTIONS, *REISSUES)
    act.add_argument("--action", choices=words, required=True, help=f"行为 {', '.join(words)}")
    act.add_argument("--ground", metavar="TEXT", required=True, help="事由 why")
    act.add_argument("--decision", metavar="NUMBER", default="", help="决定书文号 number of the decision")
    act.add_argument("--legal-ground", metavar="CODE", default="", help="法定事由代码 such as licensing-69-2")
    act.add_argument("--effective", metavar="TIME", help="生效时间 when it takes effect (default: when it was begun)")
    act.add_argument("--seal", choices=SUITES, help="correct, exchange: 印章 seal (default: as before)")
    add_actor(act)


def _list(arguments: argparse.Namespace) -> "Answer":
    from licences import ImpactSelection, digest_of_list, list_to_bytes, make_list

    from .answer import Answer
    from .inputs import parse_at, parse_start
    from .output import StagedFiles

    services = services_of(arguments)
    until = None if arguments.until is None else parse_at(arguments.until)
    if until is not None and len(arguments.until) == _DAY_LENGTH:
        until += timedelta(microseconds=1)
    if arguments.type_version is not None and arguments.type is None:
        raise UsageError("--type-version 须与 --type 同用。", "--type-version needs --type")
    selection = ImpactSelection(
        key=arguments.key or "",
        batch=arguments.batch,
        operator=arguments.operator,
        type_code="" if arguments.type is None else services.catalogue.get(arguments.type).code,
        type_version=arguments.type_version,
        since=None if arguments.since is None else parse_start(arguments.since),
        until=until,
    )
    if selection == ImpactSelection():
        raise UsageError(
            "请至少给出 --key、--batch、--operator、--type、--from、--to 之一。",
            "name at least one of --key, --batch, --operator, --type, --from, --to",
        )
    if arguments.batch:
        services.conversions.get(arguments.batch)  # a slip must not look like a batch that touched nothing
    at = datetime.now(UTC)
    impact = make_list(
        services.impacts,
        services.store,
        services.copies,
        selection,
        at=at,
        touched_by_key=None if arguments.key is None else _touched_by(services, arguments.key),
    )
    data = list_to_bytes(impact)
    digest = digest_of_list(data)
    directory = Path(arguments.out) if arguments.out else services.home.issued
    name = f"impact-{at:%Y%m%d}-{digest[:12]}.json"
    with StagedFiles(directory) as staged:
        staged.stage({name: data})
        services.impacts.keep_list(digest, lines=len(impact.lines), made_at=at)
        staged.put()
    cases = sum(len(one.relied_on) for one in impact.lines)
    offices = {case.office for one in impact.lines for case in one.relied_on}
    statuses = Counter(one.status for one in impact.lines)
    shape = {
        "list": str(directory / name),
        "sha256": digest,
        "licences": len(impact.lines),
        "statuses": dict(sorted(statuses.items())),
        "cases": cases,
        "offices": sorted(offices),
        "unreadable": list(impact.unreadable),
    }
    lines = [
        f"受影响证照  affected: {len(impact.lines)}",
        f"据此办理的案件  cases decided on them: {cases}（{len(offices)} 个机构 offices）",
        f"清单  list: {directory / name}",
        f"SHA-256: {digest}",
        *([_table(impact.lines)] if impact.lines else []),
        *(f"文件损坏，无法判断  damaged, cannot be judged: {one}" for one in impact.unreadable),
    ]
    return Answer(shape=shape, text="\n".join(lines))


def _table(lines: "tuple[ImpactLine, ...]") -> str:
    from .columns import table

    rows = [
        (str(one.line), one.identifier, one.type_slug, one.status, one.sealed_at, str(len(one.relied_on)))
        for one in lines[:_SHOWN]
    ]
    text = table(("序号 no.", "证照标识 identifier", "类型 type", "状态 status", "签发 sealed", "案件 cases"), rows)
    return text if len(lines) <= _SHOWN else f"{text}\n… 其余见清单  the rest is in the list"


def _act(arguments: argparse.Namespace) -> "Answer":
    from licences import MAX_IMPACT_BYTES, Act, Action, begin_drill, identifiers_in, run_drill

    from .answer import Answer
    from .exit_codes import DONE, FAILED
    from .inputs import parse_start, read_file

    services = services_of(arguments)
    now = datetime.now(UTC)
    path = Path(arguments.list)
    with _alone(path):
        data = read_file(path, MAX_IMPACT_BYTES)
        act = Act(
            action=Action(arguments.action),
            ground=arguments.ground,
            decision=arguments.decision,
            legal_ground=arguments.legal_ground,
            actor=actor_of(arguments, services.home),
            effective_at=now if arguments.effective is None else parse_start(arguments.effective),
            recorded_at=now,
        )
        drill = begin_drill(services.impacts, services.store, data, act, timed=arguments.effective is not None)
        identifiers = identifiers_in(data)
        outcomes = list(
            _told(
                run_drill(
                    drill,
                    services.store,
                    identifiers,
                    act,
                    _doing(services, arguments.seal),
                    now=lambda: datetime.now(UTC),
                ),
                len(identifiers),
            )
        )
    refused = [one for one in outcomes if not one.done]
    shape = {
        "sha256": drill.digest,
        "action": act.action.value,
        "licences": len(outcomes),
        "done": sum(one.done and not one.earlier for one in outcomes),
        "earlier": sum(one.earlier for one in outcomes),
        "refused": [
            {"line": one.line, "identifier": one.identifier, "code": one.code, "pointer": one.pointer}
            for one in refused
        ],
        "successors": {one.identifier: one.successor for one in outcomes if one.successor},
    }
    lines = [
        f"{act.action.zh}  {act.action.value}: 共 {len(outcomes)} 张 licences",
        f"本次办结  done now: {shape['done']}；此前已办 done before: {shape['earlier']}；未办 refused: {len(refused)}",
        *(f"  {one.line}. {one.identifier} [{one.code}] {one.pointer}" for one in refused[:_SHOWN]),
        *(["  … 其余见 --json  the rest: --json"] if len(refused) > _SHOWN else []),
    ]
    return Answer(shape=shape, text="\n".join(lines), exit_code=FAILED if refused else DONE)


def _doing(services: "Services", suite: str | None) -> "Callable[[Record, Act], str]":
    def do(record: "Record", act: "Act") -> str:
        if not act.action.makes_successor:
            services.registrar.act(record.identifier, act)
            return ""
        chosen = suite or record.algorithm
        issuer = services.issuer_for(chosen)
        return services.registrar.replace(
            record.identifier, act, None, issuer=issuer, algorithm=chosen
        ).record.identifier

    return do


def _told(outcomes: "Iterator[DrillOutcome]", count: int) -> "Iterator[DrillOutcome]":
    """Say on a terminal how far it is."""
    watched = sys.stderr.isatty()
    for outcome in outcomes:
        if watched:
            print(f"\r{outcome.line}/{count}", end="", file=sys.stderr, flush=True)
        yield outcome
    if watched:
        print(file=sys.stderr)


def _touched_by(services: "Services", name: str) -> "Callable[[Record], bool]":
    """Recognise what a key of the register sealed, or whose code it signed."""
    from esign import read_code, read_detached
    from keys import key_identifier, load_certificates

    key = services.keys.register().get(name)
    own = () if key.chain is None else load_certificates((services.home.path / key.chain).read_bytes())[:1]
    if key.role == "code":
        names = {key_identifier(one.public_key, digest) for one in own for digest in ("sm3", "sha256")}
        return lambda record: read_code(record.code).claims.key_id in names
    if key.role != "seal":
        raise UsageError(
            "该密钥不盖证照；加注件请用 elicence recall --key 。",
            "this key seals no licences: for annotated copies see elicence recall --key",
        )
    # The keys that a home was made with have no entry of their certificates in the register.
    certificates = {*key.certificates, *(one.fingerprint("sha256").hex() for one in own)}

    def sealed(record: "Record") -> bool:
        signers = read_detached(services.store.file(record, "p7s")).signers
        return any(facts.signer_certificate.fingerprint("sha256").hex() in certificates for facts in signers)

    return sealed


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Keep a second run of the same list out until this one is over."""
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except OSError as error:
        raise InputNotFoundError(f"清单无法读取：{path}", f"the list cannot be read: {path}") from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError as error:
        raise BusyError("这份清单正在办理。", "somebody is working on this list") from error
    finally:
        os.close(descriptor)
