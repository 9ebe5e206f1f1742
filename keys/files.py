"""Keys and certificates in files (an adapter; beside it only `custody` and `passphrases` touch the world)."""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from keys.certificates import Certificate
from keys.errors import KeyNotFoundError, KeyUnusableError
from keys.pem import wrapped
from keys.pkcs8 import Passphrase, encrypt_private_key
from keys.ports import ExportablePrivateKey

MAX_FILE_SIZE: Final = 1024 * 1024
"""Bytes of a key or chain file."""


def write_private_key(path: Path, key: ExportablePrivateKey, passphrase: Passphrase | None = None) -> None:
    """Write the key as PEM, readable by its owner only, whole or not at all; encrypted when there is a passphrase.

    An existing file is never replaced: `FileExistsError`; other `OSError`s pass through.
    """
    pem = encrypt_private_key(key, passphrase(), random=secrets.token_bytes) if passphrase else key.pkcs8()
    with _staged(path, pem, 0o600) as staged:
        # A hard link, unlike a rename, fails when the name is taken.
        path.hardlink_to(staged)


def write_certificates(path: Path, certificates: Sequence[Certificate]) -> None:
    """Write certificates as PEM, replacing the file in one step. `OSError`s pass through."""
    content = b"".join(wrapped(certificate.der, "CERTIFICATE") for certificate in certificates)
    with _staged(path, content, 0o644) as staged:
        os.replace(staged, path)


def read_file(path: Path) -> bytearray:
    """Read a key or chain file into memory that can be wiped.

    `KeyNotFoundError` or `KeyUnusableError` with the file's name when it is missing, unreadable or too large.
    """
    content = bytearray(MAX_FILE_SIZE + 1)
    try:
        with path.open("rb", buffering=0) as file:
            size = file.readinto(content)
    except FileNotFoundError as error:
        raise KeyNotFoundError(f"{path.name} does not exist") from error
    except OSError as error:
        raise KeyUnusableError(f"{path.name} cannot be read") from error
    if size > MAX_FILE_SIZE:
        raise KeyUnusableError(f"{path.name} is too large")
    del content[size:]
    return content


@contextlib.contextmanager
def _staged(path: Path, content: bytes, mode: int) -> Iterator[Path]:
    """Make a finished temporary file beside `path`, to be put in its place; removed again in any case."""
    staged = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(staged, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    try:
        with open(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(descriptor)
        yield staged
    finally:
        staged.unlink(missing_ok=True)
    directory = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
