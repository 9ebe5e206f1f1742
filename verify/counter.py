"""The verifier at a counter without a network: files and codes in, verdicts out, from a keyboard or a USB scanner.

It asks nobody: whom it trusts and which licences have ended it reads from two folders, and it says with every verdict
how old they are. Name and number of a holder are compared and forgotten, and taken off the screen.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final, TextIO
from urllib.parse import unquote, urlsplit

from esign import is_short_code
from verify.basis import age_text, basis_lines
from verify.errors import VerifyError
from verify.holder import HolderEntry
from verify.judgement import is_proven
from verify.reason import Outcome, Text
from verify.report import Report
from verify.status_folder import StatusFolder
from verify.status_lists import SignedStatusLists
from verify.trust import TrustStore
from verify.verifier import MAX_FILE_BYTES, Verifier

KIT_FILE: Final = "kit.json"
"""In a counter kit: when it was made, and until when it should be renewed."""
TRUST_FOLDER: Final = "trust"
STATUS_FOLDER: Final = "status"
MAX_LINE: Final = 8192
"""Characters of one line that is typed or scanned; a code has about 450."""
MAX_KIT_BYTES: Final = 4 * 1024 * 1024
"""Of `KIT_FILE`, which names every file of the kit."""

NOT_FOUND: Final = 66
UNUSABLE: Final = 78
EXIT_CODES: Final = {Outcome.PASSED: 0, Outcome.FAILED: 1, Outcome.INDETERMINATE: 2}

_WORDS: Final = {
    Outcome.PASSED: ("42;30", Text(zh="通过", en="PASSED")),
    Outcome.FAILED: ("41;97", Text(zh="不通过", en="FAILED")),
    Outcome.INDETERMINATE: ("43;30", Text(zh="无法确定", en="UNDETERMINED")),
}
_ALARM: Final = "41;97"
_DOUBTFUL: Final = "43;30"
_SHORT_CODE: Final = 12
_ENTRIES: Final = 2
"""How often one card is asked for: a slip of the hand may be mended, then the next in the queue comes."""
_QUIT: Final = frozenset({"q", "quit", "exit"})
# Short prompts: a line that wraps would be two to take back.
_NAME: Final = "  姓名 name: "
_NUMBER: Final = "  号码 number: "
_HIDING: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Screen:
    """Where people read; colours and taking back lines only on a terminal."""

    out: TextIO
    terminal: bool

    def say(self, text: str, colour: str = "") -> None:
        """Write one line; what a file says must not steer the terminal."""
        shown = "".join("\N{REPLACEMENT CHARACTER}" if unicodedata.category(c) in _HIDING else c for c in text)
        print(f"\033[{colour}m{shown}\033[0m" if colour and self.terminal else shown, file=self.out, flush=True)

    def both(self, text: Text, lead: str = "", colour: str = "") -> None:
        """Write a statement in both languages."""
        self.say(f"{lead}{text.zh}", colour)
        self.say(f"{' ' * len(lead)}{text.en}", colour)

    def take_back(self, lines: int) -> None:
        """Wipe lines that were typed: a number of an ID card does not stay on the screen."""
        if self.terminal:
            print("\033[1A\033[2K" * lines, end="", file=self.out, flush=True)


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
            data, signature, original = _read(path), _beside(f"{path}.p7s"), None
            if str(path).endswith(".p7s"):
                original = _beside(str(path).removesuffix(".p7s"))

            def judge_file(entry: HolderEntry | None) -> Report:
                return self._verifier.verify_file(
                    data, signature=signature, original=original, holder=entry, at=self._clock()
                )

            return judge_file
        code = code_in(line)
        if _is_code(code):
            return lambda entry: self._verifier.verify_code(code, holder=entry, at=self._clock())
        if _may_be_short(code):
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
            if is_next_input(name) or _is_short(name):
                self._ahead = name
                return None
            code = self._ask(_NUMBER).strip() if name else ""
        except EOFError:
            return None
        if is_next_input(code):
            self._ahead = code
            self._screen.take_back(1 + _rows(_NUMBER + code))
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
                _ALARM,
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


def path_in(line: str) -> Path | None:
    """The existing file that a line names: plain, in quotes, with escaped blanks, or as the address of a file."""
    plain = line.strip()
    unquoted = plain[1:-1] if len(plain) > 1 and plain[0] == plain[-1] and plain[0] in "'\"" else plain
    address = unquote(urlsplit(unquoted).path) if unquoted.lower().startswith("file://") else unquoted
    for name in dict.fromkeys((address, address.replace("\\ ", " "))):
        try:
            if name and os.path.isfile(name):
                return Path(name)
        except ValueError:
            continue
    return None


def is_next_input(line: str) -> bool:
    """Whether a line cannot be a holder's name or number: it is to be judged itself, or ends the program."""
    plain = line.strip().lstrip("'\"")
    code = code_in(line)
    return (
        asks_to_quit(line)
        or "/v/" in code.lower()
        or (_is_code(code) and len(line.split()) == 1)
        or plain.startswith(("/", "file://"))
        # A file here may have the name of a person; one that was dragged comes with its folder or its kind.
        or (any(mark in plain for mark in "./\\") and path_in(line) is not None)
    )


def asks_to_quit(line: str) -> bool:
    """Whether somebody wants to stop."""
    return code_in(line).lower() in _QUIT


def _is_code(text: str) -> bool:
    return "/v/" in text.lower() or (text.isascii() and text.isalnum() and len(text) > 4 * _SHORT_CODE)


def _may_be_short(text: str) -> bool:
    plain = text.replace("-", "")
    return len(plain) == _SHORT_CODE and plain.isalnum()


def _is_short(name: str) -> bool:
    """Whether this is a short code, also a mistyped one, and no name."""
    code = code_in(name)
    mixed = len(name.split()) == 1 and code.isascii() and any(character.isdigit() for character in code)
    return is_short_code(code) or (mixed and _may_be_short(code))


def _rows(line: str) -> int:
    """How many rows of the terminal a line takes."""
    width = sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in line)
    return -(-width // max(1, shutil.get_terminal_size().columns))


def code_in(line: str) -> str:
    """What a scanner typed: through an active Chinese input method it comes full-width, with a 。 for a full stop."""
    return "".join(unicodedata.normalize("NFKC", line.replace("。", ".").replace("、", "/")).split())


def _read(path: Path) -> bytes:
    with path.open("rb") as stream:
        # One byte more than is judged, so that the verifier says that it is too much.
        return stream.read(MAX_FILE_BYTES + 1)


def _beside(name: str) -> bytes | None:
    return _read(Path(name)) if os.path.isfile(name) else None


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
        _tell_data(screen, trust, status, verifier, clock(), kit)
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
    )
    parser.add_argument("input", nargs="*", metavar="FILE|CODE", help="文件、照片或二维码文字 file, picture or code")
    parser.add_argument("--trust", metavar="DIR", help="信任根目录 folder of trusted certificates")
    parser.add_argument("--status", metavar="FILE|DIR", action="append", help="状态列表 signed status lists")
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


def _tell_data(
    screen: Screen, trust: TrustStore, status: Sequence[Path], verifier: Verifier, now: datetime, kit: Path | None
) -> None:
    """Say how old the data are that every verdict will rest on; loudly, when they are too old."""
    screen.say("电子证照离线查验  Offline check of e-licences", "1")
    if not trust.anchors:
        screen.both(Text(zh="没有信任根，不能判断！", en="No trusted root: nothing can be judged!"), "!! ", _ALARM)
    if kit is not None:
        _tell_kit(screen, kit, now)
    newest = [file for path in status for file in _newest_lists(path)]
    if not newest:
        screen.both(
            Text(
                zh="没有状态列表：只能判断真伪，不知道是否已被吊销。",
                en="No status list: only whether it is genuine can be judged, not whether it was revoked.",
            ),
            "!! ",
            _ALARM,
        )
    for file in newest:
        report = verifier.verify_file(_read(file), at=now)
        as_of, due = report.status.as_of, report.status.next_update
        title = "/".join(file.parts[-3:-1])
        if as_of is None or due is None:
            screen.both(report.sentence, f"!! {title}: ", _ALARM)
            continue
        age = age_text(now - as_of)
        late = now > due
        text = Text(
            zh=f"状态列表 {title}：{age.zh}签发{'，早该更新了！' if late else ''}",
            en=f"Status list: issued {age.en}{'; there should be a newer one!' if late else ''}",
        )
        screen.both(text, "!! " if late else "  ", _ALARM if late else "")


def _newest_lists(path: Path) -> list[Path]:
    """The newest list of each folder; a file is itself."""
    if path.is_file():
        return [path]
    newest: dict[Path, Path] = {}
    for file in sorted(path.rglob("*.status")):
        newest[file.parent] = file
    return [file for file in newest.values() if file.is_file()]


def _tell_kit(screen: Screen, kit: Path, now: datetime) -> None:
    try:
        with (kit / KIT_FILE).open("rb") as stream:
            document = json.loads(stream.read(MAX_KIT_BYTES))
        made, renew = (datetime.fromisoformat(document[name]) for name in ("madeAt", "renewBy"))
        age, ahead = age_text(now - made), made - now > timedelta(minutes=5)
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        screen.both(Text(zh="查验包的清单已损坏！", en="The manifest of this kit is damaged!"), "!! ", _ALARM)
        return
    if now > renew or ahead:
        text = Text(
            zh=f"查验包{age.zh}制作，早该更新了，或本机时钟不准！",
            en=f"This kit was made {age.en}: renew it, or set the clock right!",
        )
        screen.both(text, "!! ", _ALARM)
    else:
        screen.say(f"  查验包：{age.zh}制作  This kit was made {age.en}")
