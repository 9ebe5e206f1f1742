"""What the command line writes: answers on standard output, as text or as one JSON object, whatever the terminal is."""

import argparse
import contextlib
import io
import json
import os
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING

from .columns import printable

if TYPE_CHECKING:
    # Loaded when a command runs: `--help` and a slip of the hand need none of it.
    from .answer import Answer


def prepare_output(*, as_json: bool) -> None:
    """Let no character stop a command."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A terminal that cannot show a character gets its number; programs always get UTF-8.
            stream.reconfigure(errors="backslashreplace", encoding="utf-8" if as_json else None)


def say(arguments: argparse.Namespace, answer: "Answer") -> int:
    """Write an answer and return its exit code."""
    if arguments.json:
        print_json(answer.shape)
    else:
        # Names of files and keys of JSON are the sender's words, too.
        print(shown(answer.text))
    sys.stdout.flush()
    return answer.exit_code


def shown(text: str) -> str:
    """Return a text of several lines without what would command a terminal."""
    return "\n".join(printable(line) for line in text.split("\n"))


def print_json(shape: Mapping[str, object]) -> None:
    """Write the one object of an answer."""
    print(json.dumps(shape, ensure_ascii=False, indent=2))


def abandon_stdout() -> None:
    """Send what is still buffered nowhere: the interpreter would try, fail and complain at its end."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
