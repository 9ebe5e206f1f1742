"""Runs the program as its users do: as a process of its own, with files, streams and sockets."""

from __future__ import annotations

import json
import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

ROOT = Path(__file__).parents[2]
SAMPLES = ROOT / "fixtures" / "paper"
SECONDS = 60

_SCRIPT = Path(sys.executable).parent / "elicence"
# A checkout that is not installed has no script yet; -P keeps the current folder out of the way as the script does.
_PROGRAM = (
    [str(_SCRIPT)] if _SCRIPT.exists() else [sys.executable, "-P", "-c", "from api.cli import main; exit(main())"]
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What a command left."""

    code: int
    out: str
    err: str

    def json(self) -> dict[str, Any]:
        """Read the one JSON object that stdout must be."""
        value = json.loads(self.out)
        assert isinstance(value, dict)
        return value


def environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """Give the environment of this process without our settings, and with the sources where nothing is installed."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ELICENCE_")}
    # Hundreds of processes must not compile the same modules each time.
    kept.pop("PYTHONDONTWRITEBYTECODE", None)
    kept["PYTHONPYCACHEPREFIX"] = str(ROOT / ".pytest_cache" / "bytecode")
    if not _SCRIPT.exists():
        kept["PYTHONPATH"] = str(ROOT)
    return kept | (extra or {})


def run(
    command: Sequence[str | bytes],
    *,
    stdin: bytes | None = None,
    folder: Path | None = None,
    env: Mapping[str, str] | None = None,
    child: Callable[[], None] | None = None,
) -> Done:
    """Run a whole command line; no command may ever end in a traceback."""
    done = subprocess.run(
        command,
        input=b"" if stdin is None else stdin,
        capture_output=True,
        timeout=SECONDS,
        check=False,
        cwd=folder,
        env=environment(env),
        preexec_fn=child,
    )
    return checked(done.returncode, done.stdout, done.stderr)


class Warm:
    """The loaded program; see warm.py."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._process = subprocess.Popen(
            [sys.executable, "-P", Path(__file__).with_name("warm.py")],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment({"PYTHONPATH": str(ROOT)}), text=True,
        )  # fmt: skip

    def run(
        self, words: Sequence[str], *, stdin: bytes | None, folder: Path | None, env: Mapping[str, str] | None
    ) -> Done:
        """Run one command."""
        streams = {name: self._folder / name for name in ("stdin", "stdout", "stderr")}
        streams["stdin"].write_bytes(stdin or b"")
        streams["stdout"].write_bytes(b"")
        streams["stderr"].write_bytes(b"")
        code = self._ask({"words": list(words), "folder": str(folder or Path.cwd()), "env": environment(env)}, streams)
        return checked(code, streams["stdout"].read_bytes(), streams["stderr"].read_bytes())

    def start(self, words: Sequence[str]) -> Staying:
        """Start a command that stays."""
        folder = Path(tempfile.mkdtemp(dir=self._folder))
        streams = {"stdin": Path(os.devnull), "stdout": folder / "stdout", "stderr": folder / "stderr"}
        os.mkfifo(streams["stdout"])
        streams["stderr"].write_bytes(b"")
        request = {"words": list(words), "folder": str(Path.cwd()), "env": environment(), "stay": True}
        pid = self._ask(request, streams)
        return Staying(self, pid, streams["stdout"].open(encoding="utf-8"), streams["stderr"])

    def wait(self, pid: int) -> int:
        """Wait for a command that stayed and return its exit code."""
        return self._ask({"pid": pid}, {})

    def _ask(self, request: Mapping[str, object], streams: Mapping[str, Path]) -> int:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        words = {**request, **{name: str(path) for name, path in streams.items()}}
        self._process.stdin.write(json.dumps(words) + "\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())

    @property
    def pid(self) -> int:
        """Whose children the commands are."""
        return self._process.pid

    def close(self) -> None:
        """End it."""
        self._process.communicate(timeout=SECONDS)


class Staying:
    """A command of the loaded program that stays; used as `subprocess.Popen` is."""

    def __init__(self, warm: Warm, pid: int, stdout: IO[str], log: Path) -> None:
        self.stdout, self.returncode = stdout, 0
        self._warm, self._pid, self._log = warm, pid, log

    def send_signal(self, number: int) -> None:
        """Send it a signal; it was not waited for, so the number is still its own."""
        os.kill(self._pid, number)

    def communicate(self, timeout: float) -> tuple[str, str]:
        """Wait for its end and return the rest of what it wrote."""
        if not select.select([self.stdout], [], [], timeout)[0]:
            raise subprocess.TimeoutExpired(str(self._pid), timeout)
        with self.stdout:
            said = self.stdout.read()
        self.returncode = self._warm.wait(self._pid)
        return said, self._log.read_text("utf-8")


def checked(code: int, out: bytes, err: bytes) -> Done:
    """Look at what every command owes: text, and no traceback."""
    result = Done(code=code, out=out.decode(), err=err.decode())
    assert "Traceback" not in result.err + result.out, result.err
    assert "INTERNAL" not in result.err + result.out, result.err
    return result


class Elicence:
    """The program with one home directory."""

    warm: Warm

    def __init__(self, home: Path) -> None:
        self.home = home

    def command(self, *words: str | Path) -> list[str]:
        """Give the whole command line."""
        return [*_PROGRAM, "--home", str(self.home), *map(str, words)]

    def __call__(
        self,
        *words: str | Path,
        stdin: bytes | None = None,
        before: Sequence[str] = (),
        folder: Path | None = None,
        env: Mapping[str, str] | None = None,
        child: Callable[[], None] | None = None,
        script: bool = False,
    ) -> Done:
        """Run one command; `script` asks for the console script itself, from a cold start."""
        if not (script or before or child):
            return self.warm.run(["--home", str(self.home), *map(str, words)], stdin=stdin, folder=folder, env=env)
        return run([*before, *self.command(*words)], stdin=stdin, folder=folder, env=env, child=child)

    def issue(self, document: Mapping[str, Any], *words: str | Path) -> dict[str, Any]:
        """Issue a licence and return the JSON answer."""
        done = self("issue", "--data", "-", "--json", *words, stdin=json.dumps(document).encode())
        assert done.code == 0, done.out + done.err
        return done.json()

    def files(self) -> dict[str, bytes]:
        """Read what counts as issued: the copies and the stored files, by path."""
        found = [path for name in ("issued", "files") for path in (self.home / name).rglob("*") if path.is_file()]
        return {str(path.relative_to(self.home)): path.read_bytes() for path in found}


class Server:
    """A real server on a free port of the loopback interface; used as a context.

    With an environment of its own it starts cold: libraries read theirs when they are loaded.
    """

    def __init__(self, elicence: Elicence, *words: str | Path, env: Mapping[str, str] | None = None) -> None:
        self._elicence = elicence
        self._words = ("serve", "--port", "0", "--json", *map(str, words))
        self._env = env
        self.log = ""
        self.code: int | None = None

    def _start(self) -> subprocess.Popen[str] | Staying:
        if self._env is None:
            return self._elicence.warm.start(["--home", str(self._elicence.home), *self._words])
        return subprocess.Popen(
            self._elicence.command(*self._words),
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment(self._env), text=True, encoding="utf-8",
        )  # fmt: skip

    def __enter__(self) -> Server:
        self._process = self._start()
        assert self._process.stdout is not None
        said = ""
        while line := self._process.stdout.readline():
            said += line
            if line == "}\n":
                break
        if not said:
            self.stop()
        self.announced = json.loads(said)
        self.url = str(self.announced["address"])
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self, number: int = signal.SIGINT) -> None:
        """End the server as Ctrl-C does and keep its log."""
        if self.code is None:
            self._process.send_signal(number)
            out, self.log = self._process.communicate(timeout=SECONDS)
            self.code = self._process.returncode
            assert "Traceback" not in self.log, self.log
            assert "unforeseen" not in self.log
            assert out == ""


def sample(name: str) -> dict[str, Any]:
    """Read one of the paper samples."""
    value = json.loads((SAMPLES / f"{name}.json").read_text("utf-8"))
    assert isinstance(value, dict)
    return value


def changed(name: str, **data: object) -> dict[str, Any]:
    """Read a paper sample with other values; None takes a key away."""
    document = sample(name)
    document["data"] = {key: value for key, value in (document["data"] | data).items() if value is not None}
    return document


def copy_home(source: Path, target: Path) -> Elicence:
    """Copy a home: making one takes a second, most of it for RSA keys."""
    shutil.copytree(source, target)
    return Elicence(target)
