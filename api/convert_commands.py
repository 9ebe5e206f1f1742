"""`elicence convert`: registers of paper licences to e-licences, or what they are like."""

import argparse
import getpass
import os
import sys
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from .parsing import AddCommand, Group
from .settings import SUITES, home_path

if TYPE_CHECKING:
    # Loaded when a command runs: `--help` and a slip of the hand need none of it.
    from .answer import Answer
    from .conversion import Conversion, ConversionRequest

DEFAULT_WORKERS = max(1, os.cpu_count() or 1)


def add_convert_parser(add: AddCommand, to: Group) -> None:
    """Add `elicence convert`."""
    convert = add("convert", _convert, "纸质证照转换为电子证照 e-licences from a register of paper ones", to)
    convert.add_argument("register", metavar="FILE.csv|.xlsx", help="台账 the register")
    convert.add_argument("--type", metavar="TYPE", required=True, help="证照类型 licence type: slug or code")
    convert.add_argument("--map", metavar="FILE", help="栏目对应表 mapping of columns, TOML or JSON")
    convert.add_argument("--sheet", metavar="NAME", help="工作表 sheet (default the first, or that of the mapping)")
    convert.add_argument(
        "--rows", metavar="KEY=FILE", action="append", default=[], help="附表 file with the rows of a field"
    )
    convert.add_argument("--scans", metavar="DIR", help="扫描件目录 folder of scans, named by number")
    convert.add_argument(
        "--survey", action="store_true", help="只调查质量 say what the register is like, convert nothing"
    )
    convert.add_argument("--dry-run", action="store_true", help="试转换 do everything but seal and keep")
    convert.add_argument("--resume", action="store_true", help="继续上次未完成的转换 go on where it stopped")
    convert.add_argument("--seal", choices=SUITES, help="印章算法 seal (default sm2)")
    convert.add_argument("--operator", metavar="NAME", help="经办人 account of who converts (default the login name)")
    convert.add_argument("--checked-by", metavar="NAME", default="", help="核对人 who compared it with the paper")
    convert.add_argument("--self-declared", action="store_true", help="数据由持证主体自报 declared by the holders")
    convert.add_argument("--workers", metavar="N", type=int, default=DEFAULT_WORKERS, help="进程数 processes")
    convert.add_argument("--out", metavar="DIR", help="输出目录 folder for the files (default: the store alone)")
    convert.add_argument("--report", metavar="DIR", help="报告目录 folder for the report (default in the home)")


def _convert(arguments: argparse.Namespace) -> "Answer":
    from .answer import Answer
    from .conversion import prepare
    from .conversion_texts import survey_shape, survey_text
    from .errors import UsageError
    from .first_use import first_use
    from .wiring import Services

    if arguments.workers < 1:
        raise UsageError("进程数至少为 1。", "there is at least one process")
    if arguments.survey and (arguments.dry_run or arguments.resume):
        raise UsageError("--survey 不能与 --dry-run、--resume 同用。", "--survey stands alone")
    home, made = first_use(home_path(arguments.home))
    if made:
        print(f"已建立主目录  home made: {home.path}", file=sys.stderr)
    conversion = prepare(Services(home), _request(arguments))
    if not arguments.survey:
        return _run(conversion, arguments)
    survey = conversion.survey(datetime.now(UTC))
    return Answer(
        shape=survey_shape(survey, conversion.plan, conversion.licence_type),
        text=survey_text(survey, conversion.plan, conversion.licence_type),
    )


def _request(arguments: argparse.Namespace) -> "ConversionRequest":
    from licences import MAX_REGISTER_BYTES

    from .conversion import ConversionRequest, read_mapping
    from .errors import UsageError
    from .inputs import read_file
    from .issuing import DEFAULT_SEAL

    tables = {}
    for text in arguments.rows:
        key, _, name = text.partition("=")
        if not name:
            raise UsageError("--rows 应写作 KEY=FILE。", "--rows is KEY=FILE")
        tables[key] = read_file(Path(name), MAX_REGISTER_BYTES)
    mapping = {} if arguments.map is None else read_mapping(arguments.map)
    if arguments.sheet is not None:
        mapping = {**mapping, "sheet": arguments.sheet}
    return ConversionRequest(
        type=arguments.type,
        register=read_file(Path(arguments.register), MAX_REGISTER_BYTES),
        mapping=mapping,
        tables=tables,
        scans=None if arguments.scans is None else Path(arguments.scans),
        seal=arguments.seal or DEFAULT_SEAL,
        operator=_login_name() if arguments.operator is None else arguments.operator,
        checked_by=arguments.checked_by,
        self_declared=arguments.self_declared,
        dry_run=arguments.dry_run,
        out=None if arguments.out is None else Path(arguments.out),
    )


def _run(conversion: "Conversion", arguments: argparse.Namespace) -> "Answer":
    from licences import RowState

    from .answer import Answer
    from .conversion_report import write_report
    from .conversion_texts import Summary, states_text, summary_shape, summary_text
    from .errors import ConversionStoppedError
    from .exit_codes import BUSY, DATA_REFUSED, DONE
    from .progress import Progress

    batch = conversion.begin(datetime.now(UTC), resume=arguments.resume)
    progress = Progress(sys.stderr, batch.total)

    def show(states: Counter[RowState], fresh: int) -> None:
        progress.advance(fresh, states_text(states))

    stopped: ConversionStoppedError | None = None
    try:
        conversion.run(batch, arguments.workers, show, lambda: datetime.now(UTC))
    except ConversionStoppedError as error:
        stopped = error
    store = conversion.store
    summary = Summary(store.outcomes(batch.batch_id))
    progress.finish(states_text(summary.states))
    batch = store.get(batch.batch_id)
    text = summary_text(batch, summary, conversion.licence_type)
    folder = Path(arguments.report) if arguments.report else conversion.services.home.conversions / batch.batch_id
    places = write_report(folder, text, store.outcomes(batch.batch_id))
    shape = {**summary_shape(batch, summary), "report": places, "rate": round(progress.rate, 2)}
    lines = [text, "", f"报告  report: {places['csv']}"]
    exit_code = BUSY if summary.states[RowState.WAITING] else DATA_REFUSED if summary.states[RowState.REFUSED] else DONE
    if stopped is not None:
        exit_code = stopped.exit_code
        lines.append(f"已停止  stopped [{stopped.code}]: {stopped.message.zh}  {stopped.message.en}")
        shape["stopped"] = {"code": stopped.code, "message": stopped.message.shape()}
    return Answer(shape=shape, text="\n".join(lines), exit_code=exit_code)


def _login_name() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a process without a name, as in some containers
        return ""
