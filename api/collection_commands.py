"""`elicence collect`: handing over upstream what was recorded about licences (归集), and what comes back."""

import argparse
import json
from collections.abc import Iterable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from .parsing import LICENCE_HELP, AddCommand, Group, services_of

if TYPE_CHECKING:
    # Loaded when a command runs: `--help` and a slip of the hand need none of it.
    from licences import Batch, Tally

    from .answer import Answer
    from .wiring import Services

FORMS = ("jsonl", "csv")
MAX_LISTED = 1000
MAX_THEIR_BATCHES = 100_000


def add_collection_parser(add: AddCommand, to: Group) -> None:
    """Add the commands below `elicence collect`."""
    export = add("export", _export, "报送新增和变更的证照 hand over what is new or changed", to)
    repush = add("repush", _repush, "重新报送 hand over again", to)
    for command in (export, repush):
        command.add_argument("--out", metavar="DIR", required=True, help="输出目录 folder for the files of the batches")
        command.add_argument("--form", choices=FORMS, default=FORMS[0], help="文件格式 form of new batches")
    export.add_argument("--batch", metavar="NUMBER", help="再次生成一个批次的文件 only the files of this batch, again")
    repush.add_argument("identifiers", metavar="LICENCE", nargs="*", help=LICENCE_HELP)
    repush.add_argument("--all", action="store_true", help="全量 every licence that counts, for an empty platform")

    receipts = add("receipts", _receipts, "登记上级平台的回执 take in what the platform answers", to)
    receipts.add_argument("file", metavar="FILE", help="JSON 行或 CSV  JSON lines or CSV (- = stdin)")

    worklist = add("worklist", _worklist, "待处理：被退回或无回执的证照 what was refused or not answered", to)
    worklist.add_argument(
        "--days", metavar="N", type=int, default=1, help="无回执的天数 days without an answer (default 1; 0 = any)"
    )

    reconcile = add("reconcile", _reconcile, "对账：批次数量和摘要 compare counts and digests of a day", to)
    reconcile.add_argument("--day", metavar="DATE", help="日期 day in UTC+08:00 (default today)")
    reconcile.add_argument("--theirs", metavar="FILE.json", help="上级平台的对账文件 what the platform has (- = stdin)")
    reconcile.add_argument("--out", metavar="FILE.json", help="写出我方对账文件 write our side to this file")


def _export(arguments: argparse.Namespace) -> "Answer":
    from licences import BatchForm

    services, at = services_of(arguments), datetime.now(UTC)
    if arguments.batch is not None:
        return _written(services, [services.collected.batch(arguments.batch)], Path(arguments.out))
    services.hand_over.cut_changes(form=BatchForm(arguments.form), at=at)
    # Not only those of now: a process may have died between the cut of a batch and its files.
    return _written(services, services.collected.unwritten(), Path(arguments.out))


def _repush(arguments: argparse.Namespace) -> "Answer":
    from licences import BatchForm

    from .errors import UsageError
    from .resolving import identifier_of

    if arguments.all == bool(arguments.identifiers):
        raise UsageError("请指定证照标识，或用 --all 全量报送。", "name identifiers, or --all")
    services, at = services_of(arguments), datetime.now(UTC)
    form = BatchForm(arguments.form)
    if arguments.all:
        services.hand_over.cut_full(form=form, at=at)
    else:
        named = [identifier_of(one, services.store) for one in arguments.identifiers]
        services.hand_over.cut_again(named, form=form, at=at)
    return _written(services, services.collected.unwritten(), Path(arguments.out))


def _written(services: "Services", batches: "Iterable[Batch]", folder: Path) -> "Answer":
    """Write the files of batches: first the rows, then a manifest that says that they are whole."""
    from licences import digest_of

    from .answer import Answer
    from .columns import table
    from .output import StagedFiles

    shapes: list[dict[str, object]] = []
    for batch in batches:
        content = services.hand_over.file(batch)
        digest = digest_of(content)
        rows_name = f"{batch.number}.{batch.form.value}"
        shape = _batch_shape(batch, digest) | {"file": rows_name}
        manifest = json.dumps(shape, ensure_ascii=False, indent=2) + "\n"
        with StagedFiles(folder) as staged:
            staged.stage({f"{batch.number}.manifest.json": manifest.encode(), rows_name: content})
            staged.put()
        services.collected.written(batch.number, digest)
        shapes.append(shape)
    rows = [
        (str(one["cd_batch"]), str(one["kind"]), *(str(one["counts"][letter]) for letter in "IUD"), str(one["file"]))  # type: ignore[index]
        for one in shapes
    ]
    header = ("批次 batch", "种类 kind", "新增 I", "更新 U", "删除 D", "文件 file")
    return Answer(
        shape={"folder": str(folder), "batches": shapes},
        text=table(header, rows) if rows else "没有需要报送的变更。  Nothing to hand over.",
    )


def _batch_shape(batch: "Batch", digest: str) -> dict[str, object]:
    from .messages import instant_text

    return {
        "cd_batch": batch.number,
        "kind": batch.kind.value,
        "made_at": instant_text(batch.made_at),
        "rows": batch.rows,
        "counts": {operation.value: count for operation, count in batch.counts.items()},
        "sm3": digest,
    }


def _receipts(arguments: argparse.Namespace) -> "Answer":
    from licences import MAX_RECEIPT_BYTES, read_receipts

    from .answer import Answer
    from .inputs import read_argument

    services = services_of(arguments)
    receipts = read_receipts(read_argument(arguments.file, MAX_RECEIPT_BYTES))
    services.collected.answer(receipts, datetime.now(UTC))
    refused = sum(bool(one.error_remark) for one in receipts)
    return Answer(
        shape={"taken": len(receipts) - refused, "refused": refused},
        text=f"已登记回执  receipts: 接收 taken {len(receipts) - refused}，退回 refused {refused}",
    )


def _worklist(arguments: argparse.Namespace) -> "Answer":
    from licences import Answer as Answered

    from .answer import Answer
    from .columns import table
    from .messages import instant_text, moment_text

    services, at = services_of(arguments), datetime.now(UTC)
    items = [
        item
        for item in services.collected.open_items(MAX_LISTED)
        if item.answer is Answered.REFUSED or (at - item.made_at).days >= arguments.days
    ]
    words = {Answered.REFUSED: "退回 refused", Answered.NONE: "无回执 no answer"}
    rows = [
        (
            item.identifier,
            services.store.get(item.identifier).number,
            item.operation.zh,
            words[item.answer],
            item.batch,
            moment_text(item.made_at),
            item.error_remark,
        )
        for item in items
    ]
    header = (
        "证照标识 identifier",
        "编号 number",
        "操作",
        "回执 answer",
        "批次 batch",
        "时间 time",
        "退回原因 remark",
    )
    shape = [
        {
            "identifier": item.identifier,
            "cd_batch": item.batch,
            "cd_operation": item.operation.value,
            "answer": item.answer.value,
            "error_remark": item.error_remark or None,
            "made_at": instant_text(item.made_at),
        }
        for item in items
    ]
    return Answer(
        shape={"items": shape, "limit": MAX_LISTED},
        text=table(header, rows) if rows else "没有待处理的证照。  Nothing to do.",
    )


def _reconcile(arguments: argparse.Namespace) -> "Answer":
    from esign import CHINA

    from .answer import Answer
    from .columns import table
    from .exit_codes import DONE, FAILED
    from .inputs import read_json_argument
    from .output import StagedFiles

    services = services_of(arguments)
    day = datetime.now(CHINA).date() if arguments.day is None else _day(arguments.day)
    theirs = None if arguments.theirs is None else _theirs(read_json_argument(arguments.theirs), day)
    found = services.hand_over.reconcile(day, theirs)
    ours: dict[str, object] = {
        "day": day.isoformat(),
        "batches": [
            {"cd_batch": number, "rows": tally.rows, "sm3": tally.sm3} for number, tally in found.batches.items()
        ],
        "present": {"rows": found.present.rows, "sm3": found.present.sm3},
    }
    if arguments.out is not None:
        place = Path(arguments.out)
        with StagedFiles(place.parent) as staged:
            staged.stage({place.name: (json.dumps(ours, ensure_ascii=False, indent=2) + "\n").encode()})
            staged.put()
    differences = [
        {"cd_batch": number or None, "difference": difference.value} for number, difference in found.differences.items()
    ]
    words = {"missing": "对方缺少 they lack it", "unknown": "我方未报送 never sent", "rows": "数量不符 counts differ"}
    lines = [
        f"{day.isoformat()}：{len(found.batches)} 个批次 batches，对方应有 {found.present.rows} 张证照 licences",
        *(
            f"{number or '全部证照 all licences'}: {words.get(difference.value, '内容不符 contents differ')}"
            for number, difference in found.differences.items()
        ),
    ]
    if theirs is not None and not differences:
        lines.append("对账一致  both sides agree")
    rows = [(number, str(tally.rows), tally.sm3) for number, tally in found.batches.items()]
    text = "\n".join(lines)
    return Answer(
        shape={"ours": ours, "differences": differences, "compared": theirs is not None},
        text=f"{text}\n\n{table(('批次 batch', '行数 rows', 'SM3'), rows)}" if rows else text,
        exit_code=FAILED if differences else DONE,
    )


def _theirs(document: object, day: date) -> "tuple[dict[str, Tally], Tally | None]":
    """Read the other side: the form that `--out` writes; `present` may be left out."""
    from licences import Tally

    from .errors import MalformedInputError

    def tally(entry: object) -> "Tally":
        rows, sm3 = (entry.get("rows"), entry.get("sm3")) if isinstance(entry, dict) else (None, None)
        if not isinstance(rows, int) or isinstance(rows, bool) or not isinstance(sm3, str):
            raise refused
        return Tally(rows=rows, sm3=sm3.lower())

    refused = MalformedInputError(
        '对账文件应为 {"day", "batches": [{"cd_batch", "rows", "sm3"}], "present": {"rows", "sm3"}}，日期相同。',
        'expected {"day", "batches": [{"cd_batch", "rows", "sm3"}], "present": {"rows", "sm3"}} of the same day',
    )
    if not isinstance(document, dict) or document.get("day") != day.isoformat():
        raise refused
    entries = document.get("batches")
    if not isinstance(entries, list) or len(entries) > MAX_THEIR_BATCHES:
        raise refused
    batches = {}
    for entry in entries:
        number = entry.get("cd_batch") if isinstance(entry, dict) else None
        if not isinstance(number, str) or not number or number in batches:
            raise refused
        batches[number] = tally(entry)
    present = document.get("present")
    return batches, None if present is None else tally(present)


def _day(text: str) -> date:
    from .errors import UsageError

    try:
        return datetime.strptime(text, "%Y-%m-%d").date()
    except ValueError as error:
        raise UsageError("日期应为 2026-11-21 的形式。", "a day is written 2026-11-21") from error
