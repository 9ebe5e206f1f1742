"""Attacks on the command line and the server that once succeeded."""

from __future__ import annotations

import socket
import time
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from running import Elicence


@pytest.mark.parametrize("command", [("seal", "show"), ("seal", "add", "--out", "out"), ("verify",)])
def test_the_name_of_a_file_does_not_write_the_screen(
    fresh: Elicence, tmp_path: Path, command: tuple[str, ...]
) -> None:
    """Applicants name their files as they like."""
    done = fresh(*command, tmp_path / "\x1b[2J\x1b[H/V/ passed.pdf")
    assert done.code != 0
    assert "\x1b" not in done.out + done.err


def test_half_of_a_second_request_is_given_up(running: ModuleType, fresh: Elicence) -> None:
    """The first request of a connection had a deadline; behind it, one byte kept the connection for ever."""
    with running.Server(fresh, code=running.IMPATIENT) as server:
        port = int(server.url.rpartition(":")[2])
        with socket.create_connection(("127.0.0.1", port), timeout=60) as waiting:
            waiting.sendall(b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
            assert waiting.recv(10_000).startswith(b"HTTP/1.1 200")
            waiting.sendall(b"GET /v HTTP/1.1\r\nHost:")
            started = time.monotonic()
            # What is left of the first answer, and then the end.
            while waiting.recv(10_000):
                pass
            assert time.monotonic() - started < 15
