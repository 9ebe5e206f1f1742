"""`elicence copy`, `reliance` and `recall`: annotated copies (加注件), who relied on what, and whom to tell."""

import argparse
import os
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from .act_commands import actor_of, add_actor
from .errors import InputNotFoundError, UsageError
from .parsing import LICENCE_HELP, AddCommand, Group, Parser, services_of
from .settings import FORMATS

if TYPE_CHECKING:
    # Loaded when a command runs: `--help` and a slip of the hand need none of it.
    from licences import FileKind, Reliance

    from .answer import Answer
    from .copying import TracedCopy

KINDS = ("code", "receipt")
"""How somebody else relied on a licence; copies are recorded when they are made."""
_SUFFIXES: "Mapping[FileKind, str]" = {"pdf": ".pdf", "ofd": ".ofd", "json": ".json", "p7s": ".json.p7s"}


def add_copy_parser(add: AddCommand, to: Group) -> None:
    """Add the commands below `elicence copy`."""
    make = add("make", _make, "制作加注件 make an annotated copy", to)
    make.add_argument("identifier", metavar="LICENCE", help=LICENCE_HELP)
    make.add_argument("--cause", metavar="TEXT", required=True, help="制作事由 what for, at most 200 characters")
    make.add_argument("--requester-office", metavar="NAME", required=True, help="申请机构 office that asks for it")
    make.add_argument(
        "--officer", metavar="NAME", required=True, help="申请机构经办人账号 account of the officer there"
    )
    _add_case(make)
    make.add_argument("--expires", metavar="WHEN", help="有效期截止 last day or instant (default 30 days from now)")
    make.add_argument("--format", choices=FORMATS, help="文件格式 PDF, OFD or both (default: the home's `format`)")
    make.add_argument(
        "--out", metavar="FILE", help="输出文件（.pdf 或 .ofd） file; its data and signature are put beside it"
    )
    add_actor(make)
    listed = add("list", _list, "列出一张证照的加注件 copies of a licence", to)
    listed.add_argument("identifier", metavar="LICENCE", help=LICENCE_HELP)
    trace = add("trace", _trace, "追查加注件的来源 where a leaked copy came from", to)
    trace.add_argument("copy", metavar="FILE|SERIAL", help="文件、照片或加注件编号 file, photograph or serial")


def add_reliance_parser(add: AddCommand, to: Group) -> None:
    """Add the commands below `elicence reliance`."""
    new = add("add", _add, "登记某案依据了某证照 record that a case relied on a licence", to)
    new.add_argument("identifier", metavar="LICENCE", help=LICENCE_HELP)
    new.add_argument("--kind", choices=KINDS, default=KINDS[1], help="用证码或核验回执 (default receipt)")
    new.add_argument(
        "--reference", metavar="NUMBER", required=True, help="回执编号或用证码 number of the receipt or code"
    )
    new.add_argument(
        "--requester-office", metavar="NAME", required=True, help="依据该证照的机构 office that relied on it"
    )
    new.add_argument("--officer", metavar="NAME", default="", help="经办人账号 account of the officer there")
    _add_case(new)
    new.add_argument("--at", metavar="WHEN", help="依据的时间 day or instant (default now)")
    listed = add("list", _reliances, "列出依据某证照的案件 cases that relied on a licence", to)
    listed.add_argument("identifier", metavar="LICENCE", help=LICENCE_HELP)


def add_recall_parser(add: AddCommand, to: Group) -> None:
    """Add `elicence recall`."""
    recall = add("recall", _recall, "依赖召回：通知依据了问题证照的机构 tell who relied on a bad licence", to)
    recall.add_argument("identifier", metavar="LICENCE", nargs="*", help=LICENCE_HELP)
    recall.add_argument("--key", metavar="KEYID", help="已停用的密钥 retired key: what it sealed is recalled")
    recall.add_argument("--out", metavar="DIR", help="通知书输出目录 folder for the signed notices")


def _add_case(parser: Parser) -> None:
    parser.add_argument("--item-name", metavar="TEXT", required=True, help="事项名称 service item")
    parser.add_argument("--item-code", metavar="CODE", required=True, help="事项编码 its code")
    parser.add_argument("--case", metavar="NUMBER", required=True, help="案号 case number")


def _make(arguments: argparse.Namespace) -> "Answer":
    from esign import CopyPurpose, group_serial
    from licences import SEALED_FORMS

    from .answer import Answer
    from .copy_shapes import copy_shape
    from .copying import make_copy
    from .inputs import parse_at
    from .messages import moment_text
    from .output import StagedFiles, handed_out
    from .resolving import identifier_of

    services = services_of(arguments)
    purpose = CopyPurpose(
        cause=arguments.cause,
        office=arguments.requester_office,
        officer=arguments.officer,
        item_name=arguments.item_name,
        item_code=arguments.item_code,
        case_number=arguments.case,
    )
    copy, _ = make_copy(
        services,
        identifier_of(arguments.identifier, services.store),
        purpose,
        made_by=actor_of(arguments, services.home).name,
        expires_at=None if arguments.expires is None else parse_at(arguments.expires),
        form=arguments.format,
        at=datetime.now(UTC),
    )
    kinds = handed_out(copy.files, arguments.format or services.home.settings.format)
    sealed = [kind for kind in kinds if kind in SEALED_FORMS]
    target = services.home.issued / f"{copy.serial}.{sealed[0]}" if arguments.out is None else Path(arguments.out)
    places = {kind: str(place) for kind, place in copy_places(target, kinds).items()}
    with StagedFiles(target.parent) as staged:
        staged.stage({Path(places[kind]).name: services.copies.copy_file(copy, kind) for kind in kinds})
        staged.put()
    lines = [
        f"加注件  annotated copy: {group_serial(copy.serial)}",
        f"仅供  for: {purpose.office}，{purpose.item_name}，案号 case {purpose.case_number}",
        f"有效至  to be used until: {moment_text(copy.expires_at)}",
        *(f"{kind}: {place}" for kind, place in places.items()),
    ]
    return Answer(shape=copy_shape(copy, places), text="\n".join(lines))


def copy_places(target: Path, kinds: "Sequence[FileKind]") -> "dict[FileKind, Path]":
    """Say where each file goes: nothing else than a PDF is named .pdf, or than an OFD .ofd, whatever was asked for."""
    from licences import SEALED_FORMS

    says = next((kind for kind in SEALED_FORMS if target.name.endswith(_SUFFIXES[kind])), None)
    named = says or next(kind for kind in kinds if kind in SEALED_FORMS)
    stem = target.name.removesuffix(_SUFFIXES[named])
    return {kind: target if kind == named else target.with_name(stem + _SUFFIXES[kind]) for kind in kinds}


def _list(arguments: argparse.Namespace) -> "Answer":
    from esign import group_serial
    from licences import RelianceKind

    from .answer import Answer
    from .columns import table
    from .copy_shapes import copy_shape, reliance_shape
    from .messages import moment_text
    from .resolving import identifier_of

    services = services_of(arguments)
    identifier = identifier_of(arguments.identifier, services.store)
    services.store.get(identifier)
    made_for = {one.reference: one for one in services.copies.of_licence(identifier) if one.kind is RelianceKind.COPY}
    copies = services.copies.copies_of(identifier)
    rows = [
        (
            group_serial(copy.serial),
            made_for[copy.serial].office,
            made_for[copy.serial].item_name,
            made_for[copy.serial].case_number,
            moment_text(copy.made_at),
            moment_text(copy.expires_at),
        )
        for copy in copies
    ]
    header = ("编号 serial", "申请机构 office", "事项 item", "案号 case", "制作 made", "有效至 until")
    return Answer(
        shape={"copies": [copy_shape(copy, {}) | reliance_shape(made_for[copy.serial]) for copy in copies]},
        text=table(header, rows) if rows else "没有加注件。  No annotated copies.",
    )


def _trace(arguments: argparse.Namespace) -> "Answer":
    from licences import fold_serial, is_serial
    from verify import MAX_FILE_BYTES

    from .answer import Answer
    from .copy_shapes import copy_shape, reliance_shape
    from .copying import trace, traced_copy
    from .inputs import read_file

    services = services_of(arguments)
    if is_serial(arguments.copy) and not os.path.exists(arguments.copy):
        found: Sequence[TracedCopy] = [traced_copy(services, fold_serial(arguments.copy))]
    else:
        found = trace(services, read_file(Path(arguments.copy), MAX_FILE_BYTES))
    if not found:
        raise InputNotFoundError(
            "文件中没有加注件编号；扫描成图片的 PDF 请先导出为 PNG 或 JPEG，或输入页面上的编号。",
            "no serial in the file: export the pictures of a scanned PDF, or type the serial that stands on the page",
        )
    shapes = [
        copy_shape(one.copy, {}) | reliance_shape(one.reliance) | {"made_by": one.copy.made_by, "exact": one.exact}
        for one in found
    ]
    return Answer(shape={"copies": shapes}, text="\n\n".join(_traced_text(one) for one in found))


def _traced_text(found: "TracedCopy") -> str:
    from esign import group_serial

    from .messages import moment_text

    copy, reliance = found.copy, found.reliance
    exact = "原样的加注件文件  the very file" if found.exact else "只由编号得知  known by its serial only"
    return "\n".join(
        [
            f"加注件  annotated copy: {group_serial(copy.serial)}（{exact}）",
            f"制作  made: {moment_text(copy.made_at)}，{copy.made_by}",
            f"给  for: {reliance.office}，经办 officer {reliance.officer}",
            f"事项  item: {reliance.item_name}（{reliance.item_code}），案号 case {reliance.case_number}",
            f"有效至  until: {moment_text(copy.expires_at)}",
            f"原证照  original: {copy.identifier}",
        ]
    )


def _add(arguments: argparse.Namespace) -> "Answer":
    from licences import Reliance, RelianceKind, check_reliance

    from .answer import Answer
    from .copy_shapes import reliance_shape
    from .inputs import parse_start
    from .resolving import identifier_of

    services = services_of(arguments)
    reliance = Reliance(
        identifier=identifier_of(arguments.identifier, services.store),
        kind=RelianceKind(arguments.kind),
        reference=arguments.reference,
        office=arguments.requester_office,
        officer=arguments.officer,
        item_name=arguments.item_name,
        item_code=arguments.item_code,
        case_number=arguments.case,
        relied_at=datetime.now(UTC) if arguments.at is None else parse_start(arguments.at),
    )
    check_reliance(reliance)
    services.copies.add(reliance)
    return Answer(shape=reliance_shape(reliance), text=f"已登记  recorded\n{_reliance_table([reliance])}")


def _reliances(arguments: argparse.Namespace) -> "Answer":
    from .answer import Answer
    from .copy_shapes import reliance_shape
    from .resolving import identifier_of

    services = services_of(arguments)
    identifier = identifier_of(arguments.identifier, services.store)
    services.store.get(identifier)
    found = services.copies.of_licence(identifier)
    return Answer(
        shape={"reliances": [reliance_shape(one) for one in found]},
        text=_reliance_table(found) if found else "没有案件依据过这张证照。  Nobody relied on it.",
    )


def _reliance_table(found: "Sequence[Reliance]") -> str:
    from .columns import table
    from .messages import moment_text

    header = ("方式 kind", "编号 reference", "机构 office", "事项 item", "案号 case", "时间 at")
    return table(
        header,
        [
            (one.kind.zh, one.reference, one.office, one.item_name, one.case_number, moment_text(one.relied_at))
            for one in found
        ],
    )


def _recall(arguments: argparse.Namespace) -> "Answer":
    from licences import case_members

    from .answer import Answer
    from .columns import table
    from .copying import recall
    from .messages import moment_text
    from .output import StagedFiles
    from .resolving import identifier_of

    if not arguments.identifier and arguments.key is None:
        raise UsageError("请给出证照标识或 --key。", "name licences, or a key (--key)")
    services = services_of(arguments)
    at = datetime.now(UTC)
    named = tuple(identifier_of(one, services.store) for one in arguments.identifier)
    found = recall(services, named, key_name=arguments.key, at=at)
    directory = Path(arguments.out) if arguments.out else services.home.issued
    names = [f"recall-{at:%Y%m%d-%H%M%S}-{number:03d}.json" for number in range(1, len(found) + 1)]
    with StagedFiles(directory) as staged:
        staged.stage(
            {
                file: content
                for name, signed in zip(names, found, strict=True)
                for file, content in ((name, signed.data), (f"{name}.p7s", signed.signature))
            }
        )
        staged.put()
    places = [str(directory / name) for name in names]
    rows = [
        (
            signed.notice.office,
            case.reliance.case_number,
            case.reliance.item_name,
            f"{case.reliance.kind.zh} {case.reliance.reference}",
            moment_text(case.reliance.relied_at),
            "受影响 affected" if case.affected else "当时有效 good then",
        )
        for signed in found
        for case in signed.notice.cases
    ]
    header = ("机构 office", "案号 case", "事项 item", "依据 by", "时间 at", "影响")
    lines = [table(header, rows), *(f"通知书  notice: {place}（签名 signature: {place}.p7s）" for place in places)]
    shape = {
        "notices": [
            {
                "office": signed.notice.office,
                "path": place,
                "signature": f"{place}.p7s",
                "cases": [case_members(case) for case in signed.notice.cases],
            }
            for signed, place in zip(found, places, strict=True)
        ]
    }
    return Answer(shape=shape, text="\n".join(lines) if rows else "没有案件依据过。  Nobody relied on it.")
