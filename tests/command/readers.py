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

READERS = ("foreign_pdf_reader", "picture_reader", "preflight_reader", "seal_image_reader")


def _run(command: Sequence[str], *, input: bytes, timeout: float, **_: Any) -> subprocess.CompletedProcess[bytes]:
    module, *words = command[-4:]
    return elicence_process.run(*words, input=input, timeout=timeout, reader=module)


_WARM = SimpleNamespace(**{**vars(subprocess), "run": _run})


def install(*, started: bool = False) -> None:
    """From now on, in this process; with `started` for the processes that are forked from this one, too."""
    if started:
        for name in READERS:
            elicence_process.load(name)
    esign.child.subprocess = _WARM  # type: ignore[misc,assignment]


@contextmanager
def cold() -> Iterator[None]:
    """Start the program itself while this lasts."""
    esign.child.subprocess = subprocess  # type: ignore[misc]
    yield
    install()
