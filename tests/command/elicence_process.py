"""Runs `elicence` as its users do, as a process of its own, forked from one that has loaded the program.

`run` and `Running` take what `subprocess.run` and `subprocess.Popen` take, without the name of the program; `Server` is
a command that serves. With `code` the process runs that instead, as `python -c` does, with the words as its arguments.
"""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

ROOT = Path(__file__).parents[2]
SECONDS = 60.0
PIPE, DEVNULL = subprocess.PIPE, subprocess.DEVNULL
Word = str | bytes | Path

# Python reads these when it starts, and libraries when they are loaded: for a fork that is over.
_READ_AT_START = (
    "LANG", "LC_ALL", "LC_CTYPE", "LD_PRELOAD", "OPENSSL_CONF", "PYTHONIOENCODING", "PYTHONUTF8", "PYTHONWARNINGS"
)  # fmt: skip


def environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """Give the environment of this process without our settings, and with some of the caller's."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ELICENCE_")}
    # Hundreds of processes must not compile the same modules each time.
    kept.pop("PYTHONDONTWRITEBYTECODE", None)
    kept["PYTHONPYCACHEPREFIX"] = str(ROOT / ".pytest_cache" / "bytecode")
    return kept | (extra or {})


def run(
    *words: Word,
    input: bytes | str | None = None,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    timeout: float = SECONDS,
    text: bool = False,
    check: bool = False,
    code: str | None = None,
    reader: str = "",
) -> subprocess.CompletedProcess[Any]:
    """Run one command to its end, as `subprocess.run` does; its standard input is empty if nothing is given."""
    given = input.encode() if isinstance(input, str) else input or b""
    with _spool(given) as stdin, _spool() as stdout, _spool() as stderr:
        with Running(
            *words, stdin=stdin, stdout=stdout, stderr=stderr, cwd=cwd, env=env, code=code, reader=reader
        ) as process:
            ended = process.wait(timeout)
        said: list[Any] = [_whole(one).decode() if text else _whole(one) for one in (stdout, stderr)]
    done = subprocess.CompletedProcess(process.args, ended, *said)
    if check:
        done.check_returncode()
    return done


class Running:
    """A command that is under way; used as `subprocess.Popen` is. Its streams are pipes of bytes, or of text."""

    def __init__(
        self,
        *words: Word,
        stdin: int | IO[Any] = DEVNULL,
        stdout: int | IO[Any] = PIPE,
        stderr: int | IO[Any] = PIPE,
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
        text: bool = False,
        code: str | None = None,
        reader: str = "",
    ) -> None:
        self.args = ["elicence" if code is None else "-c", *map(os.fsdecode, words)]
        self.returncode: int | None = None
        self._lock = threading.Lock()
        given = environment() if env is None else dict(env)
        late = [name for name in _READ_AT_START if name in given and given[name] != os.environ.get(name)]
        if late:
            raise ValueError(f"{late} must be there when Python starts: run the console script itself")
        request = {"words": self.args, "folder": str(cwd or Path.cwd()), "environment": given, "code": code}
        ends = [_ends(one, writes=number > 0) for number, one in enumerate((stdin, stdout, stderr))]
        self._answers, teller = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with teller, contextlib.ExitStack() as failing:
            failing.callback(self._answers.close)
            _loaded(reader).ask(request, [*(its for _, its, _ in ends), teller.fileno()])
            failing.pop_all()
        for _, its, made in ends:
            if made:
                os.close(its)
        self.stdin, self.stdout, self.stderr = (
            _opened(ours, writes=number == 0, text=text) for number, (ours, _, _) in enumerate(ends)
        )
        told, (self._process, *_), _, _ = socket.recv_fds(self._answers, 100, 1)
        self.pid = int(told)

    def __enter__(self) -> Running:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if kind is not None:
            self.kill()
        self._close()
        self.wait()

    def poll(self) -> int | None:
        """Give the exit code if it has ended; minus the signal if one ended it."""
        return self._code(0)

    def wait(self, timeout: float = SECONDS) -> int:
        """Wait for the exit code; TimeoutExpired when there is none in time."""
        code = self._code(timeout)
        if code is None:
            raise subprocess.TimeoutExpired(self.args, timeout)
        return code

    def communicate(self, input: Any = None, timeout: float = SECONDS) -> tuple[Any, Any]:
        """Write, read both streams to their ends and wait; over time it is killed and TimeoutExpired raised."""
        overdue: list[bool] = []
        timer = threading.Timer(timeout, lambda: (overdue.append(True), self.kill()))
        timer.start()
        with ThreadPoolExecutor(2) as pool:
            reading = [None if one is None else pool.submit(one.read) for one in (self.stdout, self.stderr)]
            if self.stdin is not None and not self.stdin.closed:
                with contextlib.suppress(BrokenPipeError), self.stdin:
                    if input:
                        self.stdin.write(input)
            out, err = (None if one is None else one.result() for one in reading)
        self.wait(timeout)
        timer.cancel()
        self._close()
        if overdue:
            raise subprocess.TimeoutExpired(self.args, timeout)
        return out, err

    def send_signal(self, number: int) -> None:
        """Send it a signal; nothing happens when it has ended."""
        if self.poll() is None:
            with self._lock, contextlib.suppress(ProcessLookupError):
                if self.returncode is None:
                    signal.pidfd_send_signal(self._process, number)

    def terminate(self) -> None:
        """Send SIGTERM."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """Send SIGKILL."""
        self.send_signal(signal.SIGKILL)

    def _code(self, seconds: float) -> int | None:
        with self._lock:
            if self.returncode is None and select.select([self._answers], [], [], seconds)[0]:
                self.returncode = int(self._answers.recv(100))
                self._answers.close()
                os.close(self._process)
            return self.returncode

    def _close(self) -> None:
        for stream in (self.stdin, self.stdout, self.stderr):
            if stream is not None:
                with contextlib.suppress(BrokenPipeError):
                    stream.close()


class Server:
    """A command that serves on a free port of the loopback interface and says where; used as a context."""

    def __init__(self, *words: Word, env: Mapping[str, str] | None = None, code: str | None = None) -> None:
        """The words are those of `elicence`, without port: ("--home", home, "serve")."""
        self._words = (*words, "--port", "0", "--json")
        self._env, self._code = env, code
        self.log = ""
        self.code: int | None = None

    def __enter__(self) -> Self:
        self._log = _spool()
        self._process = self._start(self._log)
        assert self._process.stdout is not None
        said = ""
        while line := self._process.stdout.readline():
            said += line
            if line == "}\n":
                break
        if not said:
            self.stop()
        self.announced: dict[str, Any] = json.loads(said)
        if "address" not in self.announced:
            self.stop()
            raise AssertionError(said + self.log)
        self.url = str(self.announced["address"])
        return self

    def _start(self, log: IO[bytes]) -> Running | subprocess.Popen[str]:
        return Running(*self._words, stderr=log, env=self._env, text=True, code=self._code)

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self, number: int = signal.SIGINT) -> None:
        """End the server as Ctrl-C does and keep its log, in which no fault of ours may stand."""
        if self.code is None:
            self._process.send_signal(number)
            out, _ = self._process.communicate(timeout=SECONDS)
            self.code = self._process.returncode
            self.log = _whole(self._log).decode()
            self._log.close()
            assert "Traceback" not in self.log, self.log
            assert "unforeseen" not in self.log
            assert out == ""


def put_on_path(folder: Path) -> tuple[str, int]:
    """Make `elicence` a command of shells as well: give a PATH, and a descriptor that the shell has to inherit."""
    descriptor = _loaded().descriptor
    script = folder / "elicence"
    script.write_text(_SCRIPT.format(python=sys.executable, descriptor=descriptor), "utf-8")
    script.chmod(0o700)
    return f"{folder}{os.pathsep}{os.environ['PATH']}", descriptor


_SCRIPT = """\
#!{python} -IS
import json, os, socket, sys
asking = socket.socket(fileno=os.dup({descriptor}))
answers, teller = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
request = {{"words": sys.argv, "folder": os.getcwd(), "environment": dict(os.environ), "code": None}}
socket.send_fds(asking, [json.dumps(request).encode()], [0, 1, 2, teller.fileno()])
teller.close()
answers.recv(100)
sys.exit(int(answers.recv(100)))
"""


class _Loaded:
    """The process that has loaded the program, or a reader: one for each process that runs tests."""

    def __init__(self, reader: str) -> None:
        self._asking, answering = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        options, names = (["-I", "-B"], [reader]) if reader else (["-P"], [])
        with answering:
            self._process = subprocess.Popen(
                [sys.executable, *options, Path(__file__).with_name("fork_server.py"), str(answering.fileno()), *names],
                stdin=DEVNULL, stdout=DEVNULL, stderr=DEVNULL if reader else None,
                env=environment({"PYTHONPATH": str(ROOT)}), pass_fds=[answering.fileno()],
            )  # fmt: skip

    @property
    def descriptor(self) -> int:
        return self._asking.fileno()

    def ask(self, request: Mapping[str, object], descriptors: Sequence[int]) -> None:
        socket.send_fds(self._asking, [json.dumps(request).encode()], descriptors)

    def close(self) -> None:
        self._asking.close()
        self._process.wait(SECONDS)


_STARTING = threading.Lock()


def load(reader: str) -> None:
    """Begin to load a reader, for this process and those that are forked from it."""
    _loaded(reader)


def _loaded(reader: str = "") -> _Loaded:
    with _STARTING:
        return _the_loaded(reader)


@cache
def _the_loaded(reader: str) -> _Loaded:
    loaded = _Loaded(reader)
    atexit.register(loaded.close)
    return loaded


def _ends(given: int | IO[Any], *, writes: bool) -> tuple[int | None, int, bool]:
    """Our end of a stream, the command's, and whether the latter was made here."""
    match given:
        case subprocess.PIPE:
            reading, writing = os.pipe()
            return (reading, writing, True) if writes else (writing, reading, True)
        case subprocess.DEVNULL:
            return None, os.open(os.devnull, os.O_WRONLY if writes else os.O_RDONLY), True
        case int():
            return None, given, False
    return None, given.fileno(), False


def _opened(descriptor: int | None, *, writes: bool, text: bool) -> IO[Any] | None:
    if descriptor is None:
        return None
    mode = "w" if writes else "r"
    return open(descriptor, mode, encoding="utf-8") if text else open(descriptor, mode + "b")


def _spool(content: bytes = b"") -> IO[bytes]:
    """A file in memory: however much a command writes, nobody need read it meanwhile."""
    file = open(os.memfd_create("stream"), "w+b", buffering=0)
    file.write(content)
    file.seek(0)
    return file


def _whole(file: IO[bytes]) -> bytes:
    file.seek(0)
    return file.read()
