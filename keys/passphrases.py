"""Where passphrases and PINs come from (an adapter): an environment variable or a file, never an argument or a URI."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from keys.errors import KeyUnusableError
from keys.pkcs8 import Passphrase

MAX_PASSPHRASE: Final = 1024
"""Bytes."""

_HERE: Final = Path()


def passphrase_from(source: str, environment: Mapping[str, str] = os.environ, folder: Path = _HERE) -> Passphrase:
    """Return what gives the passphrase of `env:NAME` or `file:PATH` (its first line) each time one is needed.

    A relative path is looked for in `folder`. Nothing is read now. Later a `KeyUnusableError` says when the variable or
    the file is missing, empty or too large.
    """
    scheme, _, name = source.partition(":")
    if scheme not in ("env", "file") or not name:
        raise KeyUnusableError("a passphrase comes from env:NAME or file:PATH")

    def read() -> bytes:
        passphrase = os.fsencode(environment.get(name, "")) if scheme == "env" else _first_line(folder / name)
        if not passphrase or len(passphrase) > MAX_PASSPHRASE:
            where = f"the environment variable {name}" if scheme == "env" else Path(name).name
            raise KeyUnusableError(f"there is no passphrase in {where}")
        return passphrase

    return read


def _first_line(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.readline(MAX_PASSPHRASE + 3).rstrip(b"\r\n")
    except OSError as error:
        raise KeyUnusableError(f"the passphrase file {path.name} cannot be read") from error
