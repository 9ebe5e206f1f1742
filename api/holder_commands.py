"""`elicence holder` and `holder-links`: what one code has (一码), and which codes belong together."""

import argparse
import hashlib
import secrets
from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from .act_commands import actor_of, add_actor
from .errors import MalformedInputError, UsageError
from .parsing import AddCommand, Group, services_of

if TYPE_CHECKING:
    # Loaded when a command runs: `--help` and a slip of the hand need none of it.
    from licences import FiledLicence, HolderLink, LinkEntry

    from .answer import Answer

# The names of `licences.RELATIONS`. A test compares them.
RELATION_NAMES = (
    "number-changed", "passport-renewed", "document-replaced", "credit-code-given", "merged", "split", "guardian",
    "representative",
)  # fmt: skip


def add_holder_parser(add: AddCommand, to: Group) -> None:
    """Add `holder`."""
    holder = add("holder", _holder, "查持证主体的证照 licences of a holder", to)
    holder.add_argument("--kind", metavar="KIND", required=True, help="代码类型 kind of code, three digits")
    holder.add_argument("--history", action="store_true", help="连同被取代的版本 also versions that were replaced")
    holder.add_argument("--linked", action="store_true", help="连同已登记关联的代码 also what linked codes have")
    holder.add_argument("code", metavar="CODE|-", help="持证主体代码 code of the holder (- = stdin)")


def add_links_parser(add: AddCommand, to: Group) -> None:
    """Add the commands below `elicence holder-links`."""
    link = add("add", _add, "登记关联 record that two codes belong together", to)
    link.add_argument("relation", metavar="RELATION", choices=RELATION_NAMES, help=", ".join(RELATION_NAMES))
    link.add_argument("earlier", metavar="KIND:CODE|-", help="原代码 old number, ended body, ward (- = stdin)")
    link.add_argument("later", metavar="KIND:CODE|-", help="现代码 new number, successor, guardian (- = stdin)")
    link.add_argument("--since", metavar="DATE", required=True, help="起始日期 day from which it holds")
    link.add_argument("--evidence", metavar="TEXT", required=True, help="依据 document, number, who gave it out")
    link.add_argument("--evidence-file", metavar="FILE", help="依据扫描件，只记摘要 its scan: only its digest is kept")
    withdraw = add("withdraw", _withdraw, "撤回关联 withdraw a link that should not be", to)
    withdraw.add_argument("link", metavar="LINK", help="关联编号 number of the link")
    withdraw.add_argument("--reason", metavar="TEXT", required=True, help="原因 why")
    for command in (link, withdraw):
        add_actor(command)
    listed = add("list", _list, "查一个代码的关联 links of a code, withdrawn ones too", to)
    listed.add_argument("code", metavar="KIND:CODE|-", help="代码 (- = stdin)")


def _holder(arguments: argparse.Namespace) -> "Answer":
    from licences import holder_file

    from .answer import Answer
    from .columns import table
    from .holder_shapes import holder_shape
    from .messages import STATUSES, period_text

    services = services_of(arguments)
    code = _lines(1)[0] if arguments.code == "-" else arguments.code
    links = services.holder_links if arguments.linked else None
    at = datetime.now(UTC)
    file = holder_file(services.store, links, arguments.kind, code, at=at, history=arguments.history)
    header = ["证照标识 identifier", "类型 type", "编号 number", "状态 state", "有效期 valid"]
    rows = [
        [
            one.record.identifier,
            services.catalogue.get(one.record.type_code).name,
            one.record.number,
            STATUSES[one.state].zh,
            period_text(one.record.valid_from, one.record.valid_to).zh,
            *([_through(one)] if arguments.linked else []),
        ]
        for one in file.licences
    ]
    if arguments.linked:
        header.append("关联 through")
    lines = [table(header, rows) if rows else "没有证照。  No licences."]
    if file.earlier:
        lines.append(f"另有 {file.earlier} 个被取代的版本（--history）  earlier versions left out: {file.earlier}")
    return Answer(shape=holder_shape(file, linked=arguments.linked), text="\n".join(lines))


def _through(one: "FiledLicence") -> str:
    from licences import RELATIONS

    return " ← ".join(RELATIONS[link.relation].zh for link in one.path)


def _add(arguments: argparse.Namespace) -> "Answer":
    from licences import HolderLink, check_link

    services = services_of(arguments)
    earlier, later = _codes([arguments.earlier, arguments.later])
    link = check_link(
        HolderLink(
            id=secrets.token_hex(8),
            relation=arguments.relation,
            earlier=earlier,
            later=later,
            since=_day(arguments.since),
            evidence=arguments.evidence,
            evidence_digest=_digest(arguments.evidence_file),
            actor=actor_of(arguments, services.home),
            recorded_at=datetime.now(UTC),
        )
    )
    services.holder_links.add(link)
    return _told("已登记关联  recorded", [_entry(link)])


def _withdraw(arguments: argparse.Namespace) -> "Answer":
    from licences import Withdrawal, check_withdrawal

    services = services_of(arguments)
    actor = actor_of(arguments, services.home)
    withdrawal = Withdrawal(reason=arguments.reason, actor=actor, recorded_at=datetime.now(UTC))
    check_withdrawal(withdrawal)
    return _told("已撤回关联  withdrawn", [services.holder_links.withdraw(arguments.link, withdrawal)])


def _list(arguments: argparse.Namespace) -> "Answer":
    from licences import look_at_holder

    services = services_of(arguments)
    kind, code = _codes([arguments.code])[0]
    return _told("关联  links", services.holder_links.entries(kind, look_at_holder(kind, code).code))


def _told(word: str, entries: Sequence["LinkEntry"]) -> "Answer":
    from licences import RELATIONS, mask_code

    from .answer import Answer
    from .columns import printable
    from .holder_shapes import link_shape
    from .messages import moment_text

    lines = [f"{word}: {len(entries)}"]
    for entry in entries:
        link = entry.link
        lines.append(
            f"{link.id}  {RELATIONS[link.relation].zh}  {link.earlier[0]} {mask_code(*link.earlier)} → "
            f"{link.later[0]} {mask_code(*link.later)}  自 since {link.since}"
        )
        lines.append(f"    依据 evidence: {link.evidence}  （{link.actor.office} {link.actor.name}）")
        if entry.withdrawal is not None:
            gone = entry.withdrawal
            lines.append(f"    已撤回 withdrawn {moment_text(gone.recorded_at)}: {gone.reason}  （{gone.actor.name}）")
    shape = {"links": [link_shape(entry) for entry in entries]}
    return Answer(shape=shape, text="\n".join(printable(line) for line in lines))


def _entry(link: "HolderLink") -> "LinkEntry":
    from licences import LinkEntry

    return LinkEntry(link=link)


def _codes(words: Sequence[str]) -> list[tuple[str, str]]:
    """Read `KIND:CODE`; each `-` takes the next line of standard input."""
    lines = iter(_lines(words.count("-")))
    found = []
    for word in words:
        kind, colon, code = (next(lines) if word == "-" else word).partition(":")
        if not colon:
            raise UsageError("代码应写作 类型:代码，如 414:…。", "a code is written KIND:CODE, such as 414:…")
        found.append((kind, code))
    return found


def _lines(count: int) -> list[str]:
    """Read so many lines; a code that is not text is refused by its own check."""
    from .inputs import MAX_LINE_BYTES, read_standard_input

    if not count:
        return []
    data = read_standard_input(MAX_LINE_BYTES * count)
    if len(data) > MAX_LINE_BYTES * count:
        raise MalformedInputError("标准输入的内容过长。", "too much on standard input")
    lines = data.decode("utf-8-sig", errors="replace").strip().split("\n", count - 1)
    return [line.strip() for line in [*lines, *[""] * count][:count]]


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise UsageError("--since 应为日期 YYYY-MM-DD。", "--since is a day, YYYY-MM-DD") from error


def _digest(name: str | None) -> str:
    """Return the SHA-256 of the scan; the scan itself stays with the office."""
    from verify import MAX_FILE_BYTES

    from .inputs import read_file

    return "" if name is None else hashlib.sha256(read_file(Path(name), MAX_FILE_BYTES)).hexdigest()
