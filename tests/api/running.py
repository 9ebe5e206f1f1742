"""Runs the program as its users do: as a process of its own, with files, streams and sockets."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import elicence_process

ROOT = Path(__file__).parents[2]
SAMPLES = ROOT / "fixtures" / "paper"
ACCESS = dict.fromkeys(("office", "officer", "item_name", "item_code", "case_number", "reason"), "样例")
"""Why a holder is looked up, where that does not matter."""
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
    """Give the environment of the tests' commands, with the sources where nothing is installed."""
    sources = {} if _SCRIPT.exists() else {"PYTHONPATH": str(ROOT)}
    return elicence_process.environment(sources | dict(extra or {}))


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


def program(code: str, *words: str | Path, folder: Path | None = None) -> Done:
    """Run a program of the test's own in a process that has loaded ours, with the words as its arguments."""
    done = elicence_process.run(*words, code=code, cwd=folder, env=environment(), timeout=SECONDS)
    return checked(done.returncode, done.stdout, done.stderr)


def checked(code: int, out: bytes, err: bytes) -> Done:
    """Look at what every command owes: text, and no traceback."""
    result = Done(code=code, out=out.decode(), err=err.decode())
    assert "Traceback" not in result.err + result.out, result.err
    assert "INTERNAL" not in result.err + result.out, result.err
    return result


class Elicence:
    """The program with one home directory."""

    def __init__(self, home: Path) -> None:
        self.home = home

    def command(self, *words: str | bytes | Path) -> list[str]:
        """Give the whole command line."""
        return [*_PROGRAM, "--home", str(self.home), *map(os.fsdecode, words)]

    def __call__(
        self,
        *words: str | bytes | Path,
        stdin: bytes | None = None,
        before: Sequence[str] = (),
        folder: Path | None = None,
        env: Mapping[str, str] | None = None,
        child: Callable[[], None] | None = None,
        script: bool = False,
        code: str | None = None,
    ) -> Done:
        """Run one command; `script` asks for the console script itself, from a cold start, `code` for a program."""
        if not (script or before or child):
            done = elicence_process.run(
                "--home", self.home, *words, input=stdin, cwd=folder, env=environment(env), timeout=SECONDS, code=code
            )
            return checked(done.returncode, done.stdout, done.stderr)
        return run([*before, *self.command(*words)], stdin=stdin, folder=folder, env=env, child=child)

    def start(self, *words: str | Path, **streams: Any) -> elicence_process.Running:
        """Begin one command; by keyword what `elicence_process.Running` takes."""
        return elicence_process.Running("--home", self.home, *words, env=environment(), **streams)

    def issue(self, document: Mapping[str, Any], *words: str | Path) -> dict[str, Any]:
        """Issue a licence and return the JSON answer."""
        done = self("issue", "--data", "-", "--json", *words, stdin=json.dumps(document).encode())
        assert done.code == 0, done.out + done.err
        return done.json()

    def files(self) -> dict[str, bytes]:
        """Read what counts as issued: the copies and the stored files, by path."""
        found = [path for name in ("issued", "files") for path in (self.home / name).rglob("*") if path.is_file()]
        return {str(path.relative_to(self.home)): path.read_bytes() for path in found}


class Server(elicence_process.Server):
    """A real server over a home; `cold` asks for the console script itself."""

    def __init__(
        self,
        elicence: Elicence,
        *words: str | Path,
        env: Mapping[str, str] | None = None,
        code: str | None = None,
        cold: bool = False,
    ) -> None:
        super().__init__("--home", elicence.home, "serve", *words, env=environment(env), code=code)
        self._cold = cold

    def _start(self, log: IO[bytes]) -> elicence_process.Running | subprocess.Popen[str]:
        if not self._cold:
            return super()._start(log)
        return subprocess.Popen(
            [*_PROGRAM, *map(str, self._words)], stdout=subprocess.PIPE, stderr=log, env=self._env, text=True
        )


def with_seconds(**seconds: float) -> str:
    """Give the program with other times to wait: `module_NAME`, where `NAME` is a constant of `api.module`."""
    settings = [(*name.split("_", 1), value) for name, value in seconds.items()]
    lines = [f"from api import {module}; {module}.{name} = {value}" for module, name, value in settings]
    return "\n".join(["import sys", *lines, "from api.cli import main", "sys.exit(main())"])


IMPATIENT = with_seconds(serving_HEAD_SECONDS=0.5)
"""A server that does not wait long for the rest of a request."""
WATCHFUL = with_seconds(app_READY_SECONDS=0.05)
"""A server that looks again whether it is ready at nearly every question."""


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
