"""Loads the program once and forks for every command: a test waits for the command, not for a second of imports.

Each command still is a process of its own, with its own arguments, folder, environment and streams, and runs what the
console script runs. Reads one JSON request a line. A request to run a command is answered with its exit code, or with
its process id at once when it is to stay; a request that names such a process waits for its exit code.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any

import api.app
import api.commands
import api.demo  # noqa: F401 - loaded for the commands to come
from api.cli import main


def become(request: dict[str, Any]) -> int:
    """Turn a fresh fork into the command."""
    for descriptor, (path, flags) in enumerate(
        [(request["stdin"], os.O_RDONLY), (request["stdout"], os.O_WRONLY), (request["stderr"], os.O_WRONLY)]
    ):
        os.dup2(os.open(path, flags), descriptor)
    sys.stdin = open(0, encoding="utf-8", closefd=False)
    sys.stdout = open(1, "w", encoding="utf-8", closefd=False)
    sys.stderr = open(2, "w", encoding="utf-8", closefd=False)
    os.chdir(request["folder"])
    os.environ.clear()
    os.environ.update(request["env"])
    try:
        code = main(request["words"])
    except SystemExit as error:
        code = error.code if isinstance(error.code, int) else 0
    sys.stdout.flush()
    sys.stderr.flush()
    return code


def serve() -> None:
    """Answer requests until there are no more."""
    for line in sys.stdin:
        request = json.loads(line)
        child = request.get("pid") or os.fork()
        if child == 0:
            code = 120
            try:
                code = become(request)
            finally:
                os._exit(code)
        if request.get("stay"):
            print(child, flush=True)
            continue
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


serve()
