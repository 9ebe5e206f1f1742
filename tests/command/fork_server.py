"""Loads the program once and forks for every command: a test waits for the command, not for a second of imports.

With the name of a module of `esign` as second argument it does the same for the processes that read others' files.

Each command still is a process of its own, with its own number, arguments, folder, environment and streams; it runs
what the console script runs and can be interrupted and killed. A message on the socket whose descriptor is the only
argument asks for one, and brings its three streams and a socket; that one is told the process (with a descriptor of it)
and, at its end, the exit code. The end of the first socket ends this program and whatever it still runs.
"""

from __future__ import annotations

import atexit
import contextlib
import gc
import importlib
import io
import json
import os
import selectors
import signal
import socket
import sqlite3
import sys
import threading
import time
from pathlib import Path
from types import ModuleType
from typing import Any

ROOT = Path(__file__).parents[2]
MAX_REQUEST_BYTES = 1 << 17
# What `elicence` loads when a command needs it, and what libraries load when they are used. Loading begins nothing: no
# thread, no engine, no home.
LOADED = (
    "alembic.command", "alembic.config", "anyio._backends._asyncio", "api.app", "api.cli", "api.demo",
    "api.first_use", "api.identity", "api.issuing_into", "api.key_keeping",
    "api.key_retiring", "api.kit", "api.seal_server", "api.verifying", "api.wiring",
    "cryptography.hazmat.backends.openssl", "encodings.idna", "httpx2", "importlib.metadata", "pydantic.v1",
    "sqlalchemy.dialects.postgresql", "sqlalchemy.dialects.sqlite", "uharfbuzz", "uvicorn.protocols.http.h11_impl",
    "zxingcpp",
)  # fmt: skip


def load_program() -> None:
    """Load what `elicence` is."""
    for name in LOADED:
        importlib.import_module(name)
    from PIL import Image

    import licences

    for name in licences.__all__:
        getattr(licences, name)
    Image.preinit()
    licences.load_catalogue()
    sys.path.append(str(Path(__file__).parent))
    readers = importlib.import_module("readers")
    sys.path.pop()
    readers.install_for_forks()


def load_reader(module: str) -> None:
    """Load what `esign/child.py` is with this module, and nothing else of the package: memory has its limit."""
    package = ModuleType("esign")
    package.__path__ = [str(ROOT / "esign")]
    sys.modules["esign"] = package
    importlib.import_module("esign.child")
    importlib.import_module(f"esign.{module}")
    if "PIL.Image" in sys.modules:
        sys.modules["PIL.Image"].preinit()


class Runs:
    """The commands that are under way, by the descriptor of their process."""

    def __init__(self, asked: socket.socket) -> None:
        self._asked = asked
        self._under_way: dict[int, socket.socket] = {}
        self._selector = selectors.DefaultSelector()
        self._selector.register(asked, selectors.EVENT_READ)

    def next_command(self) -> dict[str, Any] | None:
        """Serve; only a fork, which is to become a command, returns with its request. None is the end."""
        while True:
            for key, _ in self._selector.select():
                if key.fileobj is not self._asked:
                    self._ended(key.fd)
                    continue
                message, descriptors, _, _ = socket.recv_fds(self._asked, MAX_REQUEST_BYTES, 4)
                if not message:
                    self._kill_all()
                    return None
                request: dict[str, Any] = json.loads(message)
                if self._fork(descriptors) == 0:
                    return request

    def _fork(self, descriptors: list[int]) -> int:
        *streams, answers = descriptors
        pid = os.fork()
        if pid == 0:
            for number, stream in enumerate(streams):
                os.dup2(stream, number)
            self._forget()
        else:
            process, teller = os.pidfd_open(pid), socket.socket(fileno=answers)
            socket.send_fds(teller, [str(pid).encode()], [process])
            self._under_way[process] = teller
            self._selector.register(process, selectors.EVENT_READ)
        for stream in streams if pid else descriptors:
            os.close(stream)
        return pid

    def _ended(self, process: int) -> None:
        self._selector.unregister(process)
        end = os.waitid(os.P_PIDFD, process, os.WEXITED)
        assert end is not None
        os.close(process)
        with self._under_way.pop(process) as teller:
            code = end.si_status if end.si_code == os.CLD_EXITED else -end.si_status
            try:
                teller.send(str(code).encode())
            except BrokenPipeError:
                pass  # nobody waits for it

    def _kill_all(self) -> None:
        for process in self._under_way:
            signal.pidfd_send_signal(process, signal.SIGKILL)

    def _forget(self) -> None:
        """In a fork: what belongs to the server is not the command's."""
        self._selector.close()
        self._asked.close()
        for process, teller in self._under_way.items():
            os.close(process)
            teller.close()


def become(request: dict[str, Any]) -> None:
    """Turn a fresh fork into a new process of Python that was started with these words."""
    os.environ.clear()
    os.environ.update(request["environment"])
    time.tzset()
    os.chdir(request["folder"])
    sys.argv = request["words"]
    signal.signal(signal.SIGINT, signal.default_int_handler)
    sys.stdin = sys.__stdin__ = open(0, encoding="utf-8", closefd=False)
    sys.stdout = sys.__stdout__ = open(1, "w", encoding="utf-8", closefd=False)
    sys.stderr = sys.__stderr__ = open(2, "w", encoding="utf-8", errors="backslashreplace", buffering=1, closefd=False)
    # A process that starts another copy of itself looks here.
    sys.modules["__main__"] = ModuleType("__main__")


def read(module: str, words: list[str]) -> int:
    """Do what `esign/child.py` does when it is run."""
    child = sys.modules["esign.child"]
    _, seconds, memory, argument = words
    child._limit(int(seconds), int(memory))
    json.dump(child._answer(module, argument), sys.stdout)
    return 0


def leave(code: object) -> None:
    """End as Python does: threads first, then what was registered, then what is still open.

    Letting Python end would also take apart all that was loaded, which takes longer than most commands.
    """
    ended = code if isinstance(code, int) else int(code is not None)
    if isinstance(code, str):
        print(code, file=sys.stderr)
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    try:
        sys.stdout.flush()
    except (OSError, ValueError):
        ended = 120
    sys.stderr.flush()
    # What was there before the fork is not among these. Text stands before the bytes that it is written through.
    for kind in (sqlite3.Connection, io.TextIOBase, io.BufferedIOBase):
        for thing in [one for one in gc.get_objects() if issubclass(type(one), kind)]:
            with contextlib.suppress(OSError, ValueError, sqlite3.Error):
                thing.close()
    os._exit(ended)


def serve(descriptor: int, reader: str = "") -> None:
    """Answer until nobody asks any more; in a fork, run a command."""
    # Ctrl-C reaches the whole group; the socket says when it is over.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if reader:
        load_reader(reader)
    else:
        load_program()
    gc.collect()
    gc.freeze()
    assert os.listdir("/proc/self/task") == [str(os.getpid())], "a thread would not live on in the forks"
    request = Runs(socket.socket(fileno=descriptor)).next_command()
    if request is None:
        return
    become(request)
    code: object = 1
    try:
        if reader:
            code = read(reader, request["words"])
        elif request["code"] is None:
            code = importlib.import_module("api.cli").main()
        else:
            exec(request["code"], vars(sys.modules["__main__"]))  # noqa: S102 — a test's own program
            code = 0
    except SystemExit as error:
        code = error.code
    except BaseException:
        sys.excepthook(*sys.exc_info())
    leave(code)


if __name__ == "__main__":
    serve(int(sys.argv[1]), *sys.argv[2:])
