"""`elicence seal apply`: the home's seal on a PDF that somebody else made, such as an approval document (批文)."""

import argparse
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from .parsing import AddCommand, Group
from .settings import FAMILIES, home_path

if TYPE_CHECKING:
    # Loaded when a command runs: `--help` and a slip of the hand need none of it.
    from esign import PreflightFinding, Seal

    from .answer import Answer
    from .home import Home


def add_apply_parser(add: AddCommand, to: Group) -> None:
    """Add `apply` below `elicence seal`."""
    apply = add("apply", _apply, "在他人制作的PDF上盖章 seal a PDF that somebody else made", to)
    apply.add_argument("file", metavar="FILE", help="PDF文件 the PDF; it stays as it is")
    apply.add_argument("--seal", choices=FAMILIES, default=FAMILIES[0], help="印章算法 seal (default sm2)")
    apply.add_argument("--page", type=int, default=1, help="页码 page, from 1 (default 1)")
    apply.add_argument("--x", type=float, required=True, metavar="MM", help="印章中心距页面左边 middle, from the left")
    apply.add_argument("--y", type=float, required=True, metavar="MM", help="印章中心距页面上边 middle, from the top")
    apply.add_argument("--out", metavar="FILE", help="输出文件 result (default: FILE with -sealed in its name)")


def _apply(arguments: argparse.Namespace) -> "Answer":
    from esign import MAX_PDF_BYTES, PreflightError, SealPlaceError, seal_foreign_pdf
    from verify import kind_of, other_format

    from .answer import Answer
    from .columns import printable
    from .errors import InputTooLargeError, MalformedInputError, UsageError
    from .exit_codes import DATA_REFUSED
    from .home import open_home
    from .inputs import read_file
    from .output import StagedFiles
    from .wiring import Services

    path = Path(arguments.file)
    target = path.with_stem(f"{path.stem}-sealed") if arguments.out is None else Path(arguments.out)
    if target.resolve() == path.resolve():
        raise UsageError("输出文件不能是原文件。", "the result must not replace the file itself")
    home, now = open_home(home_path(arguments.home)), datetime.now(UTC)
    data = read_file(path, MAX_PDF_BYTES)
    kind = kind_of(data)
    if kind == "ofd":
        raise MalformedInputError(
            "这是 OFD 文件，本命令只在 PDF 上盖章。他人的 OFD 请用制作它的软件盖章；本系统的 OFD 证照签发时已盖章。",
            "this is an OFD: only PDFs are sealed here. Seal it with the program that made it; OFDs of our own are "
            "sealed when they are issued",
        )
    if len(data) > MAX_PDF_BYTES:
        megabytes = MAX_PDF_BYTES // 1024 // 1024
        raise InputTooLargeError(
            f"文件超过 {megabytes} MB，不能盖章。", f"the file is larger than {megabytes} MB and cannot be sealed"
        )
    if kind != "pdf":
        other = other_format(data)
        zh, en = ("不是 PDF 文件", "no PDF") if other is None else (f"这是{other.name.zh}", other.name.en)
        raise MalformedInputError(
            f"{zh}。本命令只在 PDF 上盖章，请先另存为 PDF。", f"{en}: only PDFs are sealed here, save it as one first"
        )
    seal = _seal(home, arguments.seal, now)
    try:
        done = seal_foreign_pdf(
            data,
            seal,
            page=arguments.page,
            x_mm=arguments.x,
            y_mm=arguments.y,
            at=now,
            timestamper=Services(home).seals.timestampers.get(arguments.seal),
        )
    except PreflightError as error:
        return _refused(path, error.findings, DATA_REFUSED)
    except SealPlaceError as error:
        raise UsageError("文件没有这一页，或印章在所给位置会超出页边。", str(error)) from error
    with StagedFiles(target.parent) as staged:
        staged.stage({target.name: done.data})
        staged.put()
    lines = [f"已盖章  sealed: {printable(str(target))} ({done.level.value})"]
    if done.shortfall is not None:
        lines.append(f"未取得时间戳  without a timestamp: {done.shortfall}")
    shape = {"file": str(target), "seal": arguments.seal, "page": arguments.page, "level": done.level.value}
    return Answer(
        shape=shape | {"shortfall": None if done.shortfall is None else str(done.shortfall)}, text="\n".join(lines)
    )


def _seal(home: "Home", family: str, now: datetime) -> "Seal":
    """The home's electronic seal with its key, if it may be used now."""
    from esign import Seal

    from .errors import HomeError
    from .seals import read_home_seal, seal_signer

    kept = read_home_seal(home, family)
    if kept is None:
        raise HomeError(
            f"主目录中没有{family}电子印章：先用 elicence seal make 或 import。",
            f"the home has no {family} seal: elicence seal make, or import",
        )
    signer = seal_signer(home, family, now)
    kept.require_usable(now, signer.certificate)
    return Seal(name=kept.name, picture=kept.appearance(), signer=signer)


def _refused(path: Path, findings: "tuple[PreflightFinding, ...]", exit_code: int) -> "Answer":
    from .answer import Answer
    from .columns import printable

    refusals = [finding for finding in findings if finding.refuses]
    lines = [f"未盖章：文件中有可能改变显示内容的成分。  Not sealed: {path}"]
    lines += [f"- {finding.zh}  {finding.en}" for finding in refusals]
    return Answer(
        shape={
            "file": None,
            "findings": [
                {
                    "code": finding.code.value,
                    "page": finding.page,
                    "object": finding.object,
                    "detail": finding.detail,
                    "refuses": finding.refuses,
                    "message": {"zh": finding.zh, "en": finding.en},
                }
                for finding in findings
            ],
        },
        text="\n".join(printable(line) for line in lines),
        exit_code=exit_code,
    )
