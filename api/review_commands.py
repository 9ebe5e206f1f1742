"""`elicence review`: drafting, checking and sealing by different people (元数据审核)."""

import argparse
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from .parsing import AddCommand, Group, Parser, services_of
from .settings import SUITES

if TYPE_CHECKING:
    # Loaded when a command runs: `--help` and a slip of the hand need none of it.
    from licences import Actor, Draft, DraftContent, Field, LicenceType, Remark, ReviewEvent, Wish

    from .answer import Answer

REPLACEMENTS = ("change", "correct", "renew", "exchange", "replace-lost")
STATES = ("draft", "in-review", "returned", "approved", "sealed", "abandoned")


def add_review_parser(add: AddCommand, to: Group) -> None:
    """Add the commands below `elicence review`."""
    new = add("new", _new, "起草 begin a draft", to)
    edit = add("edit", _edit, "修改，回到草稿 save another version: a draft again", to)
    submit = add("submit", _submit, "送审 hand it to the checkers", to)
    back = add("return", _return, "退回，附审核意见 send it back with remarks", to)
    approve = add("approve", _approve, "审核通过 approve one version", to)
    seal = add("seal", _seal, "签发已审核的草稿 issue what was approved", to)
    abandon = add("abandon", _abandon, "放弃 give it up for ever", to)
    show = add("show", _show, "查看草稿和办理记录 show a draft and who did what", to)
    listed = add("list", _list, "列出草稿 list drafts", to)

    for command in (edit, submit, back, approve, seal, abandon, show):
        command.add_argument("draft", metavar="DRAFT", help="草稿编号 number of the draft")
    for command in (new, edit):
        command.add_argument(
            "--data", metavar="FILE.json", required=True, help="纸质证照元数据 paper metadata (- = stdin)"
        )
        command.add_argument("--type", metavar="TYPE", help="证照类型 licence type: slug or code")
        command.add_argument("--seal", choices=SUITES, help="印章算法 seal (default sm2)")
        command.add_argument("--joint", metavar="NAME", action="append", help="联合颁发机构 partner that seals too")
        command.add_argument("--replaces", metavar="IDENTIFIER", help="被替换的证照 licence in whose place it is put")
        command.add_argument("--action", choices=REPLACEMENTS, help="行为 act that puts it there")
        command.add_argument("--ground", metavar="TEXT", default="", help="事由 why")
        command.add_argument("--decision", metavar="NUMBER", default="", help="决定书文号 number of the decision")
        command.add_argument("--legal-ground", metavar="CODE", default="", help="法定事由代码 legal ground")
    for command in (new, edit, submit, back, approve, seal, abandon):
        _add_actor(command)
    edit.add_argument("--digest", metavar="DIGEST", default="", help="所改版本的摘要 digest of the version edited")
    back.add_argument(
        "--remark", metavar="[POINTER=]TEXT", action="append", default=[], help="审核意见 such as /data/KEY=TEXT"
    )
    back.add_argument("--remarks", metavar="FILE.json", help='[{"pointer", "text"}, …] (- = stdin)')
    back.add_argument("--digest", metavar="DIGEST", default="", help="所审版本的摘要 digest of the version checked")
    approve.add_argument("--digest", metavar="DIGEST", required=True, help="所审版本的摘要 digest that `show` prints")
    seal.add_argument("--out", metavar="DIR", help="输出目录 folder for the files")
    show.add_argument("--version", metavar="N", type=int, help="版本 another version than the newest")
    listed.add_argument("--state", choices=STATES, help="状态 only those in this state")


def _add_actor(command: Parser) -> None:
    command.add_argument("--actor", metavar="NAME", required=True, help="经办人账号 account of who does it")
    command.add_argument("--office", metavar="NAME", required=True, help="经办机构 office that it is done for")
    command.add_argument("--office-code", metavar="CODE", default="", help="机构代码 social credit code of the office")


def _new(arguments: argparse.Namespace) -> "Answer":
    services = services_of(arguments)
    draft = services.review.draft(_wish(arguments), actor=_actor(arguments), at=datetime.now(UTC))
    return _told("已起草  drafted", draft)


def _edit(arguments: argparse.Namespace) -> "Answer":
    services = services_of(arguments)
    draft = services.review.edit(
        arguments.draft,
        _wish(arguments),
        actor=_actor(arguments),
        at=datetime.now(UTC),
        digest=arguments.digest,
    )
    return _told("已保存  saved", draft)


def _submit(arguments: argparse.Namespace) -> "Answer":
    services = services_of(arguments)
    return _told(
        "已送审  submitted",
        services.review.submit(arguments.draft, actor=_actor(arguments), at=datetime.now(UTC)),
    )


def _return(arguments: argparse.Namespace) -> "Answer":
    services = services_of(arguments)
    draft = services.review.send_back(
        arguments.draft,
        _remarks(arguments),
        actor=_actor(arguments),
        at=datetime.now(UTC),
        digest=arguments.digest,
    )
    return _told("已退回  returned", draft)


def _approve(arguments: argparse.Namespace) -> "Answer":
    services = services_of(arguments)
    draft = services.review.approve(arguments.draft, arguments.digest, actor=_actor(arguments), at=datetime.now(UTC))
    return _told("审核通过  approved", draft)


def _abandon(arguments: argparse.Namespace) -> "Answer":
    services = services_of(arguments)
    draft = services.review.abandon(arguments.draft, actor=_actor(arguments), at=datetime.now(UTC))
    return _told("已放弃  abandoned", draft)


def _seal(arguments: argparse.Namespace) -> "Answer":
    from .answer import Answer
    from .issuing_into import issue_staged, places_in
    from .licence_shapes import issue_shape

    services = services_of(arguments)
    directory = Path(arguments.out) if arguments.out else services.home.issued
    issued = issue_staged(
        services,
        directory,
        lambda stage: services.review.seal(
            arguments.draft,
            actor=_actor(arguments),
            at=datetime.now(UTC),
            issuer_for=services.issuer_for,
            before_keeping=stage,
        ),
    )
    record = issued.record
    places = places_in(directory, record, services.home.settings.format)
    word = "已签发过  already issued" if issued.replayed else "已签发  issued"
    lines = [f"{word}: {record.number}", f"证照标识  identifier: {record.identifier}"]
    return Answer(
        shape=issue_shape(issued, places) | {"draft": arguments.draft},
        text="\n".join([*lines, *(f"{kind}: {place}" for kind, place in places.items())]),
    )


def _list(arguments: argparse.Namespace) -> "Answer":
    from licences import DraftState

    from .answer import Answer
    from .columns import table
    from .messages import moment_text
    from .review_shapes import MAX_LISTED, draft_shape

    services = services_of(arguments)
    state = None if arguments.state is None else DraftState(arguments.state)
    drafts = services.drafts.drafts(state, limit=MAX_LISTED)
    rows = [
        (
            draft.id,
            services.catalogue.get(draft.type_slug).name,
            draft.state.zh,
            str(draft.version),
            draft.maker,
            draft.checker or "–",
            moment_text(draft.changed_at),
        )
        for draft in drafts
    ]
    header = ("草稿 draft", "类型 type", "状态 state", "版本 version", "起草 maker", "审核 checker", "时间 changed")
    return Answer(
        shape={"drafts": [draft_shape(draft) for draft in drafts], "limit": MAX_LISTED},
        text=table(header, rows) if rows else "没有草稿。  No drafts.",
    )


def _show(arguments: argparse.Namespace) -> "Answer":
    from .answer import Answer
    from .review_shapes import shown_draft_shape

    services = services_of(arguments)
    draft = services.drafts.get(arguments.draft)
    version = draft.version if arguments.version is None else arguments.version
    content = services.drafts.content(draft.id, version)
    events = services.drafts.events(draft.id)
    return Answer(
        shape=shown_draft_shape(draft, content, events, version=version),
        text=_shown(draft, content, events, services.catalogue.get(content.type_slug), version),
    )


def _shown(
    draft: "Draft",
    content: "DraftContent",
    events: "Sequence[ReviewEvent]",
    licence_type: "LicenceType",
    version: int,
) -> str:
    """Write a draft for the checker: every field by its label, the last remarks, and who did what."""
    from .columns import table
    from .messages import moment_text

    rows = [(field.label, text) for field in licence_type.all_fields for text in _values(content, field)]
    known = {field.key for field in licence_type.all_fields}
    rows += [(key, str(value)) for key, value in content.data.items() if key not in known]
    remarks = next((event.remarks for event in reversed(events) if event.version == version and event.remarks), ())
    log = [
        (moment_text(event.recorded_at), event.act.zh, str(event.version), event.actor.name, event.actor.office)
        for event in events
    ]
    parts = [
        f"{licence_type.name}  {draft.id}\n状态  state: {draft.state.zh} {draft.state.value}",
        f"版本  version: {version} / {draft.version}\n摘要  digest: {content.digest}",
        table(("名称 label", "内容 value"), rows),
    ]
    if content.replaces is not None:
        act = content.replaces
        why = f"事由  ground: {act.ground} {act.decision}".rstrip()
        parts.insert(2, f"{act.action.zh}  {act.action.value}: {act.identifier}\n{why}")
    if remarks:
        labels = {field.key: field.label for field in licence_type.all_fields}
        parts.append(table(("审核意见 remark on", ""), [(_place(one.pointer, labels), one.text) for one in remarks]))
    if draft.identifier:
        parts.append(f"证照标识  identifier: {draft.identifier}")
    parts.append(table(("时间 time", "办理 act", "版本 version", "经办人 actor", "机构 office"), log))
    return "\n\n".join(parts)


def _place(pointer: str, labels: dict[str, str]) -> str:
    key, _, rest = pointer.removeprefix("/data/").partition("/")
    label = labels.get(key)
    return "全部 all" if not pointer else pointer if label is None else f"{label} {rest}".rstrip()


def _values(content: "DraftContent", field: "Field") -> list[str]:
    """Show the value of a field, or its rows cell by cell: the checker has to see everything that will be sealed."""
    value = content.data.get(field.key)
    if not isinstance(value, list):
        return [] if value in (None, "") else [str(value)]
    labels = {column.key: column.label for column in field.columns}
    return [
        f"{place}. "
        + (
            "；".join(f"{labels.get(key, key)}：{cell}" for key, cell in row.items())
            if isinstance(row, dict)
            else str(row)
        )
        for place, row in enumerate(value, start=1)
    ]


def _told(word: str, draft: "Draft") -> "Answer":
    from .answer import Answer
    from .review_shapes import draft_shape

    text = f"{word}: {draft.id}\n状态  state: {draft.state.zh} {draft.state.value}\n摘要  digest: {draft.digest}"
    return Answer(shape=draft_shape(draft), text=text)


def _wish(arguments: argparse.Namespace) -> "Wish":
    from licences import Action, Replacement, Wish, parse_identifier

    from .errors import UsageError
    from .inputs import read_json_argument
    from .issuing import read_request

    request = read_request(
        read_json_argument(arguments.data), type_name=arguments.type, seal=arguments.seal, joint=arguments.joint
    )
    if (arguments.replaces is None) != (arguments.action is None):
        raise UsageError("--replaces 和 --action 应同时给出。", "--replaces and --action go together")
    replaces = None
    if arguments.replaces is not None:
        parse_identifier(arguments.replaces)
        replaces = Replacement(
            identifier=arguments.replaces,
            action=Action(arguments.action),
            ground=arguments.ground,
            decision=arguments.decision,
            legal_ground=arguments.legal_ground,
        )
    return Wish(
        type_name=request.type, data=request.data, algorithm=request.seal, joint=request.joint, replaces=replaces
    )


def _remarks(arguments: argparse.Namespace) -> "list[Remark]":
    from licences import Remark

    from .errors import MalformedInputError
    from .inputs import read_json_argument

    remarks = []
    for word in arguments.remark:
        pointer, equals, text = word.partition("=")
        on_field = bool(equals) and pointer.startswith("/")
        remarks.append(Remark(pointer=pointer, text=text) if on_field else Remark(pointer="", text=word))
    document = [] if arguments.remarks is None else read_json_argument(arguments.remarks)
    if not isinstance(document, list) or not all(_is_remark(one) for one in document):
        raise MalformedInputError(
            '审核意见应为 [{"pointer": …, "text": …}, …]。', 'remarks are [{"pointer": …, "text": …}, …]'
        )
    return remarks + [Remark(**one) for one in document]


def _is_remark(one: object) -> bool:
    return isinstance(one, dict) and one.keys() == {"pointer", "text"} and all(isinstance(x, str) for x in one.values())


def _actor(arguments: argparse.Namespace) -> "Actor":
    from licences import Actor

    return Actor(name=arguments.actor, office=arguments.office, office_code=arguments.office_code)
