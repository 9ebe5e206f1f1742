"""Workers as processes of their own: one that is killed is replaced, and its row is tried again."""

import json
import queue
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any

from licences import RowOutcome, RowState, finding

from .conversion_wire import WorkerSettings, outcome_of
from .errors import ConversionStoppedError
from .messages import Message

MAX_WORKERS = 64
_ATTEMPTS = 3
_Question = dict[str, object]


class WorkerPool:
    """Asks several workers; used as a context, at whose end no worker is left."""

    def __init__(self, settings: WorkerSettings, questions: Sequence[_Question], workers: int) -> None:
        """Start nothing yet; `workers` is at least one."""
        self._settings = json.dumps(asdict(settings))
        self._questions: queue.SimpleQueue[_Question] = queue.SimpleQueue()
        for one in questions:
            self._questions.put(one)
        self._answers: queue.SimpleQueue[RowOutcome | BaseException | None] = queue.SimpleQueue()
        self._stopping = threading.Event()
        self._count = min(workers, MAX_WORKERS, len(questions))
        self._threads = [threading.Thread(target=self._serve, daemon=True) for _ in range(self._count)]

    def __enter__(self) -> "WorkerPool":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        for thread in self._threads:
            thread.join()

    def outcomes(self, patience: float) -> Iterator[RowOutcome | None]:
        """Give outcomes as they come, and None when none came for `patience` seconds.

        Raises ConversionStoppedError when something is wrong that is not the row's: keys, seals, the home.
        """
        left = self._count
        while left:
            try:
                answer = self._answers.get(timeout=patience)
            except queue.Empty:
                yield None
                continue
            if answer is None:
                left -= 1
            elif isinstance(answer, BaseException):
                raise answer
            else:
                yield answer

    def _serve(self) -> None:
        worker: _Process | None = None
        try:
            while not self._stopping.is_set():
                try:
                    question = self._questions.get_nowait()
                except queue.Empty:
                    break
                for _ in range(_ATTEMPTS):
                    worker = worker or _Process(self._settings)
                    answer = worker.ask(question)
                    if answer is not None:
                        self._answers.put(outcome_of(answer))
                        break
                    worker.close()
                    worker = None
                else:
                    self._answers.put(_interrupted(question))
        except Exception as error:
            self._stopping.set()
            self._answers.put(error)
        finally:
            if worker is not None:
                worker.close()
            self._answers.put(None)


class _Process:
    """One worker process."""

    def __init__(self, settings: str) -> None:
        # One that is killed while it starts is replaced like any other.
        for _ in range(_ATTEMPTS):
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", "api.conversion_worker"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                encoding="utf-8",
            )
            if self._exchange(settings) is not None:
                return
            self.close()
        raise ConversionStoppedError(
            Message(zh="转换进程无法启动。", en="a converting process does not start"), "WORKER_LOST", 69
        )

    def ask(self, question: _Question) -> dict[str, Any] | None:
        """Return the answer; None when the process has ended instead."""
        return self._exchange(json.dumps(question))

    def close(self) -> None:
        """Let it end."""
        # What it still writes nobody reads.
        self._process.kill()
        self._process.communicate()

    def _exchange(self, line: str) -> dict[str, Any] | None:
        stdin, stdout = self._process.stdin, self._process.stdout
        if stdin is None or stdout is None:
            return None
        try:
            stdin.write(line + "\n")
            stdin.flush()
        except OSError:
            return None
        said = stdout.readline()
        if not said.endswith("\n"):
            return None
        answer: dict[str, Any] = json.loads(said)
        problem = answer.get("problem")
        if problem is not None:
            raise ConversionStoppedError(Message(**problem["message"]), problem["code"], problem["exit_code"])
        return answer


def _interrupted(question: _Question) -> RowOutcome:
    line = question["line"]
    number = line if isinstance(line, int) else 0
    return RowOutcome(line=number, state=RowState.WAITING, findings=(finding(number, "", "ROW_INTERRUPTED"),))
