"""Work on crafted files in a process of its own, whose time and memory the operating system bounds.

Run as a program, this module is that process: `child.py MODULE SECONDS BYTES ARGUMENT` hands standard input to the
`answer` function of `esign.MODULE` and writes what it returns as JSON. The process imports that module and what it
names, not the whole package: so it starts in a tenth of a second.
"""

import json
import subprocess
import sys
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from types import ModuleType

# Absolute, because this module is also a program; the program makes the package known first.
if __name__ == "__main__":
    _package = ModuleType("esign")
    _package.__path__ = [str(Path(__file__).parent)]
    sys.modules["esign"] = _package
    # Where the package lies in a folder of its own (a counter kit), what it needs lies beside it.
    sys.path.append(str(Path(__file__).parents[1]))

from esign.errors import Fault, MalformedError, TooLargeError

MAX_ANSWER_BYTES = 8 << 20
_INHERITED = [option for option, is_set in (("-S", sys.flags.no_site), ("-B", sys.dont_write_bytecode)) if is_set]
_OVER_TIME = (-24, -9)  # SIGXCPU and SIGKILL, by which the operating system ends a process over its time


@dataclass(frozen=True, slots=True, kw_only=True)
class ChildLimits:
    """What one question may cost."""

    cpu_seconds: int
    wall_seconds: float
    """After this the caller gives up: more than the computing time, for a busy machine also makes it wait."""
    memory_bytes: int


def ask_child(module: str, data: bytes, *, limits: ChildLimits, fault: Fault, argument: str = "") -> object:
    """What `answer(data, argument)` of `esign.MODULE` returns, computed in a process of its own.

    Raises:
        TooLargeError: over a limit.
        MalformedError: what the module says; `fault` when the process ended in any other way.
    """
    # -I: neither the current folder nor the environment says what is imported.
    command = [sys.executable, "-I", *_INHERITED, str(Path(__file__)), module]
    command += [str(limits.cpu_seconds), str(limits.memory_bytes), argument]
    try:
        done = subprocess.run(  # noqa: S603 — our own program
            command,
            input=data,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=limits.wall_seconds,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise TooLargeError("the file takes too long to read") from error
    if done.returncode in _OVER_TIME:
        raise TooLargeError("the file takes too much time to read")
    if done.returncode != 0:
        # The libraries let through whatever their parsing of a broken file happens to raise, and now and then they
        # crash on one; all of it means the same.
        raise MalformedError(fault, "the file cannot be read")
    if len(done.stdout) > MAX_ANSWER_BYTES:
        raise TooLargeError("too much to tell about the file")
    match json.loads(done.stdout):
        case {"answer": answer}:
            return answer
        case {"too_large": str(detail)}:
            raise TooLargeError(detail)
        case {"fault": str(code), "detail": str(detail)}:
            raise MalformedError(Fault(code), detail)
    raise MalformedError(fault, "the file cannot be read")


def _limit(cpu_seconds: int, memory_bytes: int) -> None:
    """Bound this process; systems without such limits rely on the caller's time-out."""
    try:
        import resource
    except ImportError:
        return
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_seconds, cpu_seconds))
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))


def _answer(module: str, argument: str) -> dict[str, object]:
    try:
        return {"answer": import_module(f"esign.{module}").answer(sys.stdin.buffer.read(), argument)}
    except (MemoryError, RecursionError):
        return {"too_large": "the file takes too much memory to read"}
    except TooLargeError as error:
        return {"too_large": str(error)}
    except MalformedError as error:
        return {"fault": error.code, "detail": error.detail}


if __name__ == "__main__":
    _limit(int(sys.argv[2]), int(sys.argv[3]))
    json.dump(_answer(sys.argv[1], sys.argv[4]), sys.stdout)
