"""Adapter: files in a folder, named by their SHA-256."""

import contextlib
import os
import re
import tempfile
import time
from hashlib import sha256
from pathlib import Path

from .errors import StoreUnavailableError

_UNFINISHED = ".unfinished"
_STALE = 24 * 3600.0  # seconds: nobody writes one file for a day, so its process was killed

_DIGEST = re.compile(r"[0-9a-f]{64}")


class FileStore:
    """Keeps files below one folder, readable by its owner only. Safe for any number of threads and processes."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, content: bytes) -> str:
        """See ``store.Files``. The file appears under its name only when all of it is on the disk."""
        digest = sha256(content).hexdigest()
        path = self._path(digest)
        try:
            if path.exists() and path.read_bytes() == content:
                return digest
            if not path.parent.exists():
                path.parent.mkdir(mode=0o700, exist_ok=True)
                _sync_folder(self._folder)
            self._write(path, content)
        except OSError as error:
            raise StoreUnavailableError("STORE_UNWRITABLE") from error
        return digest

    def get(self, digest: str) -> bytes:
        """See ``store.Files``."""
        if _DIGEST.fullmatch(digest) is None:  # a doctored database must not lead out of the folder
            raise StoreUnavailableError("FILE_DAMAGED")
        try:
            content = self._path(digest).read_bytes()
        except FileNotFoundError as error:
            raise StoreUnavailableError("FILE_DAMAGED") from error
        except OSError as error:
            raise StoreUnavailableError from error
        if sha256(content).hexdigest() != digest:
            raise StoreUnavailableError("FILE_DAMAGED")
        return content

    def is_ready(self) -> bool:
        """See ``store.Files``."""
        return self._folder.is_dir() and os.access(self._folder, os.R_OK | os.W_OK | os.X_OK)

    def _path(self, digest: str) -> Path:
        return self._folder / digest[:2] / digest[2:]

    def _write(self, path: Path, content: bytes) -> None:
        unfinished = self._folder / _UNFINISHED
        unfinished.mkdir(mode=0o700, exist_ok=True)
        _sweep(unfinished)
        descriptor, name = tempfile.mkstemp(dir=unfinished)  # mode 0600
        try:
            with open(descriptor, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            os.replace(name, path)
        except BaseException:
            with contextlib.suppress(OSError):
                os.unlink(name)
            raise
        _sync_folder(path.parent)


def _sweep(folder: Path) -> None:
    """Remove what killed processes left."""
    oldest = time.time() - _STALE
    for path in folder.iterdir():
        with contextlib.suppress(FileNotFoundError):  # its process, or another that sweeps, was faster
            if path.stat().st_mtime < oldest:
                path.unlink()


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
