"""One long-lived process in place of one process per PDF: it answers as `esign/child.py` does, under the same limits.

Started as a program it is that process. A question is a line of JSON and the bytes; so is the answer, without bytes.
"""

from __future__ import annotations

import io
import json
import math
import resource
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from types import ModuleType, TracebackType
from typing import Any

if __name__ == "__main__":
    _package = ModuleType("esign")
    _package.__path__ = [str(Path(__file__).parents[2] / "esign")]
    sys.modules["esign"] = _package

from esign.child import ChildLimits, _answer, _limit
from esign.errors import Fault, MalformedError, TooLargeError

QUESTIONS = 300
"""Before the process is replaced, so that what one file leaves behind is not held against the next ones."""


class Worker:
    """Asks like `esign.child.ask_child`; `raised` counts what the readers let through, which there ends the process."""

    def __init__(self) -> None:
        self.raised: Counter[str] = Counter()
        self.died: Counter[int] = Counter()
        self._process: subprocess.Popen[bytes] | None = None
        self._left = 0

    def __enter__(self) -> Worker:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._end()

    def ask(self, module: str, data: bytes, *, limits: ChildLimits, fault: Fault, argument: str = "") -> object:
        """What the module's `answer` returns; the same errors as in a process of its own."""
        if self._process is None or not self._left:
            self._end()
            self._start()
        self._left -= 1
        answer = self._exchange(module, data, limits, argument)
        match answer:
            case {"answer": found}:
                return found
            case {"too_large": str(detail)}:
                raise TooLargeError(detail)
            case {"fault": str(code), "detail": str(detail)}:
                raise MalformedError(Fault(code), detail)
            case {"raised": str(what)}:
                self.raised[what] += 1
        raise MalformedError(fault, "the file cannot be read")

    def _start(self) -> None:
        command = [sys.executable, "-I", __file__]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        self._left = QUESTIONS

    def _exchange(self, module: str, data: bytes, limits: ChildLimits, argument: str) -> object:
        process = self._process
        assert process is not None
        assert process.stdin is not None
        assert process.stdout is not None
        head = [module, limits.cpu_seconds, limits.memory_bytes, argument, len(data)]
        try:
            process.stdin.write(json.dumps(head).encode() + b"\n" + data)
            process.stdin.flush()
            line = process.stdout.readline()
        except BrokenPipeError:
            line = b""
        if line:
            return json.loads(line)
        code = process.wait()
        self.died[code] += 1
        self._end()
        return {"too_large": "it took too much time"} if code in (-24, -9) else None

    def _end(self) -> None:
        if self._process is not None:
            for stream in (self._process.stdin, self._process.stdout):
                if stream is not None:
                    try:
                        stream.close()
                    except BrokenPipeError:
                        pass
            self._process.kill()
            self._process.wait()
        self._process = None


def _serve() -> None:
    while head := sys.__stdin__.buffer.readline():
        module, seconds, memory, argument, size = json.loads(head)
        data = sys.__stdin__.buffer.read(size)
        used = math.ceil(time.process_time())
        _limit(resource.RLIM_INFINITY, memory)
        resource.setrlimit(resource.RLIMIT_CPU, (used + seconds, resource.RLIM_INFINITY))
        sys.stdin = io.TextIOWrapper(io.BytesIO(data))
        answer: dict[str, Any]
        try:
            answer = _answer(module, argument)
            line = json.dumps(answer)
        except MemoryError:
            line = json.dumps({"too_large": "the answer takes too much memory"})
        except Exception as error:
            line = json.dumps({"raised": _where(error)})
        sys.__stdout__.write(line + "\n")
        sys.__stdout__.flush()


def _where(error: BaseException) -> str:
    at, place = error.__traceback__, ""
    while at is not None:
        place = f"{Path(at.tb_frame.f_code.co_filename).name}:{at.tb_lineno}"
        at = at.tb_next
    return f"{type(error).__name__} at {place}"


if __name__ == "__main__":
    _serve()
