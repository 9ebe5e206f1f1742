"""Has the processes that read others' files forked from ones that have loaded their libraries already.

Each still is a process of its own, under the limits of `esign.child`, which computes what that program computes; only
its fifth of a second of imports was spent before. `cold` gives a test the program itself.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import elicence_process

import esign.child

READERS = ("foreign_pdf_reader", "pdf_update_reader", "picture_reader", "preflight_reader", "seal_image_reader")
OF_COMMANDS = ("foreign_pdf_reader", "seal_image_reader")
"""Those that commands need often enough."""
SECONDS = 60.0
"""How long a reader may be waited for at least: where many tests run at once, to wait is not to compute."""
_warm: set[str] = set()


def _run(command: Sequence[str], **given: Any) -> subprocess.CompletedProcess[bytes]:
    module, *words = command[-4:]
    if module not in _warm:
        return subprocess.run(command, **given)
    seconds = given["timeout"]
    if seconds >= 1:  # less is a test that wants to see the end of patience
        seconds = max(seconds, SECONDS)
    return elicence_process.run(*words, input=given["input"], timeout=seconds, reader=module)


_SUBPROCESS = SimpleNamespace(**{**vars(subprocess), "run": _run})


def install() -> None:
    """From now on, in this process; each reader is loaded when it is first asked."""
    _warm.update(READERS)
    esign.child.subprocess = _SUBPROCESS  # type: ignore[misc,assignment]


def install_for_forks() -> None:
    """From now on, in this process and in those that are forked from it: these load nothing for themselves."""
    for name in OF_COMMANDS:
        elicence_process.load(name)
    _warm.update(OF_COMMANDS)
    esign.child.subprocess = _SUBPROCESS  # type: ignore[misc,assignment]


@contextmanager
def cold() -> Iterator[None]:
    """Start the program itself while this lasts."""
    esign.child.subprocess = subprocess  # type: ignore[misc]
    try:
        yield
    finally:
        esign.child.subprocess = _SUBPROCESS  # type: ignore[misc,assignment]
