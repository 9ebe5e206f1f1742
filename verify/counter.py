"""The verifier at a counter without a network: files and codes in, verdicts out, from a keyboard or a USB scanner.

It asks nobody: whom it trusts and which licences have ended it reads from two folders, and it says with every verdict
how old they are. Name and number of a holder are compared and forgotten, and taken off the screen.
"""

from __future__ import annotations

import argparse
import os
import sys
import unicodedata
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Final

from verify.basis import age_text, basis_lines
from verify.counter_data import tell_data
from verify.counter_lines import (
    asks_to_quit,
    code_in,
    is_code,
    is_next_input,
    is_short,
    may_be_short,
    path_in,
    read_input,
)
from verify.counter_screen import ALARM, Screen, rows_of
from verify.errors import VerifyError
from verify.holder import HolderEntry
from verify.judgement import is_proven
from verify.reason import Outcome, Text
from verify.report import Report
from verify.status_folder import StatusFolder
from verify.status_lists import SignedStatusLists
from verify.trust import TrustStore
from verify.verifier import Verifier

TRUST_FOLDER: Final = "trust"
STATUS_FOLDER: Final = "status"
MAX_LINE: Final = 8192
"""Characters of one line that is typed or scanned; a code has about 450."""

NOT_FOUND: Final = 66
UNUSABLE: Final = 78
EXIT_CODES: Final = {Outcome.PASSED: 0, Outcome.FAILED: 1, Outcome.INDETERMINATE: 2}

_WORDS: Final = {
    Outcome.PASSED: ("42;30", Text(zh="通过", en="PASSED")),
    Outcome.FAILED: ("41;97", Text(zh="不通过", en="FAILED")),
    Outcome.INDETERMINATE: ("43;30", Text(zh="无法确定", en="UNDETERMINED")),
}
_DOUBTFUL: Final = "43;30"
_ENTRIES: Final = 2
"""How often one card is asked for: a slip of the hand may be mended, then the next in the queue comes."""
# Short prompts: a line that wraps would be two to take back.
_NAME: Final = "  姓名 name: "
_NUMBER: Final = "  号码 number: "


class Counter:
    """One clerk, one verifier."""

    def __init__(
        self, verifier: Verifier, screen: Screen, ask: Callable[[str], str], clock: Callable[[], datetime]
    ) -> None:
        """`ask` writes a prompt and returns the line that is typed; EOFError at the end."""
        self._verifier = verifier
        self._screen = screen
        self._ask = ask
        self._clock = clock
        self._ahead = ""

    def ahead(self) -> str:
        """Hand over, once, the input that was scanned where a name or a number was asked for; empty without one."""
        line, self._ahead = self._ahead, ""
        return line

    def take(self, line: str, *, may_ask: bool) -> int:
        """Judge what was typed, scanned or dragged here, and say what came out; returns the exit code."""
        judge = self._judge_of(line)
        if judge is None:
            return NOT_FOUND
        report = judge(None)
        self._tell(report)
        for _ in range(_ENTRIES if may_ask else 0):
            if report.reason.code not in ("HOLDER_NOT_CHECKED", "HOLDER_MISMATCH"):
                break
            entry = self._holder()
            if entry is None:
                break
            report = judge(entry)
            self._tell(report)
        return EXIT_CODES[report.verdict]

    def _judge_of(self, line: str) -> Callable[[HolderEntry | None], Report] | None:
        path = path_in(line)
        if path is not None:
            data, signature, original = read_input(path), _beside(f"{path}.p7s"), None
            if str(path).endswith(".p7s"):
                original = _beside(str(path).removesuffix(".p7s"))

            def judge_file(entry: HolderEntry | None) -> Report:
                return self._verifier.verify_file(
                    data, signature=signature, original=original, holder=entry, at=self._clock()
                )

            return judge_file
        code = code_in(line)
        if is_code(code):
            return lambda entry: self._verifier.verify_code(code, holder=entry, at=self._clock())
        if may_be_short(code):
            text = Text(
                zh="短码只能联网查询；这里请扫描二维码，或打开电子证照文件。",
                en="Short codes are looked up online only: scan the code, or open the file of the licence.",
            )
        else:
            text = Text(
                zh="没有这个文件，也不是证照的二维码；请重新扫描，或拖入文件。",
                en="No such file, and no code of a licence: scan again, or drag a file here.",
            )
        self._screen.both(text, "? ")
        return None

    def _holder(self) -> HolderEntry | None:
        """Ask for what stands on the card; an empty line leaves it."""
        self._screen.both(
            Text(zh="录入证件上的姓名（名称）和号码；回车跳过。", en="Name and number on the card; Enter skips."), "  "
        )
        try:
            name = self._ask(_NAME).strip()
            if is_next_input(name) or is_short(name):
                self._ahead = name
                return None
            code = self._ask(_NUMBER).strip() if name else ""
        except EOFError:
            return None
        if is_next_input(code):
            self._ahead = code
            self._screen.take_back(1 + rows_of(_NUMBER + code))
            return None
        self._screen.take_back(2 if name else 1)
        if not name:
            return None
        return HolderEntry(name=name, code=unicodedata.normalize("NFKC", code))

    def _tell(self, report: Report) -> None:
        screen = self._screen
        colour, word = _WORDS[report.verdict]
        screen.say("")
        screen.say(f" {word.zh}  {word.en} ", colour)
        screen.both(report.sentence)
        screen.both(report.action, "→ ")
        particulars = _particulars(report)
        if particulars and not is_proven(report):
            screen.both(Text(zh="文件自称（未经证实）：", en="What the file claims (unproven):"), "  ", _DOUBTFUL)
        for label, value in particulars:
            screen.say(f"  {label}  {value}")
        for check in report.checks:
            if check.outcome is not Outcome.PASSED:
                screen.say(f"  [{check.code}] {check.detail}".rstrip())
        for line in basis_lines(report):
            screen.say(f"  {line.zh}  {line.en}")
        age = report.status.next_update
        if age is not None and age < report.at:
            late = age_text(report.at - age)
            screen.both(
                Text(zh=f"状态列表早该更新了（{late.zh}）！", en=f"There should be newer status lists ({late.en})!"),
                "!! ",
                ALARM,
            )


def _particulars(report: Report) -> list[tuple[str, str]]:
    licence, code = report.licence, report.code
    if licence is not None:
        term = f"{licence.valid_from} – {licence.valid_to or '长期 no end'}"
        return [
            ("证照  licence:", f"{licence.type_name} {licence.number}"),
            ("颁发机构  issuer:", licence.issuer_name),
            ("有效期  valid:", term),
        ]
    if code is not None:
        term = f"{code.valid_from} – {code.valid_to or '长期 no end'}"
        return [("证照标识  identifier:", code.identifier), ("有效期  valid:", term)]
    return []


def _beside(name: str) -> bytes | None:
    return read_input(Path(name)) if os.path.isfile(name) else None


def check_at_counter(words: Sequence[str], *, clock: Callable[[], datetime], kit: Path | None = None) -> int:
    """Judge the inputs that are named, or without one whatever is typed until the end; returns the exit code."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    arguments = _parser().parse_args(words)
    screen = Screen(out=sys.stdout, terminal=sys.stdout.isatty() and "NO_COLOR" not in os.environ)
    trust_folder = Path(arguments.trust) if arguments.trust else None if kit is None else kit / TRUST_FOLDER
    status = [Path(one) for one in arguments.status or ()]
    if kit is not None and not status and (kit / STATUS_FOLDER).is_dir():
        status = [kit / STATUS_FOLDER]
    try:
        if trust_folder is None or not trust_folder.is_dir():
            screen.both(
                Text(zh="没有信任根目录（--trust DIR）。", en="No folder of trusted certificates (--trust DIR)."), "? "
            )
            return NOT_FOUND
        trust = TrustStore.from_directory(trust_folder)
        folder = StatusFolder(status)
    except VerifyError as error:
        screen.both(Text(zh=f"不能使用：{error}", en="Cannot be used."), "? ")
        return UNUSABLE
    verifier = Verifier(trust, elsewhere=(SignedStatusLists(folder, trust),), clock=clock)
    counter = Counter(verifier, screen, input, clock)
    may_ask = sys.stdin.isatty()
    try:
        tell_data(screen, trust, status, verifier, clock(), kit)
        if arguments.input:
            codes = []
            for one in arguments.input:
                codes.append(counter.take(one, may_ask=may_ask))
                while (ahead := counter.ahead()) and not asks_to_quit(ahead):
                    codes.append(counter.take(ahead, may_ask=may_ask))
                if ahead:
                    break
            return max(codes, key=_SEVERITY.index)
        return _loop(counter, screen)
    except BrokenPipeError:
        # Whoever read the answer has gone; the interpreter would complain at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return _NOBODY_READS
    except OSError as error:
        screen.both(Text(zh=f"文件无法读取：{error.strerror}", en=f"A file cannot be read: {error.strerror}"), "? ")
        return NOT_FOUND
    except VerifyError as error:
        screen.both(Text(zh=f"不能使用：{error}", en="Cannot be used."), "? ")
        return UNUSABLE
    except KeyboardInterrupt:
        return _INTERRUPTED


_SEVERITY: Final = (0, 2, 1, NOT_FOUND)
_INTERRUPTED: Final = 128 + 2
_NOBODY_READS: Final = 128 + 13


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="check",
        description="离线查验电子证照。 Checks e-licences offline; without a file or code, one after the other.",
        add_help=False,
    )
    words = parser.add_argument_group("参数 arguments")
    words.add_argument("input", nargs="*", metavar="FILE|CODE", help="文件、照片或二维码文字 file, picture or code")
    options = parser.add_argument_group("选项 options")
    options.add_argument("-h", "--help", action="help", help="显示本帮助 show this help")
    options.add_argument("--trust", metavar="DIR", help="信任根目录 folder of trusted certificates")
    options.add_argument("--status", metavar="FILE|DIR", action="append", help="状态列表 signed status lists")
    return parser


def _loop(counter: Counter, screen: Screen) -> int:
    """Scan, read, scan again, without touching the mouse; ends with q or the end of the input."""
    prompt = "\n扫描二维码，或拖入文件后按回车（q 退出）  scan a code, or drag a file here and press Enter (q ends)\n> "
    while True:
        try:
            line = counter.ahead() or input(prompt)
        except EOFError:
            return 0
        if asks_to_quit(line):
            return 0
        if len(line) > MAX_LINE:
            screen.both(Text(zh="输入过长。", en="The line is too long."), "? ")
        elif line.strip():
            try:
                counter.take(line, may_ask=True)
            except BrokenPipeError:
                raise
            except OSError as error:
                reason = error.strerror
                screen.both(Text(zh=f"文件无法读取：{reason}", en=f"The file cannot be read: {reason}"), "? ")
