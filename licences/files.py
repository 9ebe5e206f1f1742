"""Adapter: files in a folder. They hold names and numbers of persons, so they are kept encrypted."""

import contextlib
import os
import re
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from keys import hmac_bytes

from .errors import ProtectedDataError, StoreUnavailableError
from .protection import Protection, key_of

_UNFINISHED = ".unfinished"
_STALE = 24 * 3600.0  # seconds: nobody writes one file for a day, so its process was killed
_HEAD = 64  # bytes that tell with which key a file is protected

_DIGEST = re.compile(r"[0-9a-f]{64}")
_SHARD = re.compile(r"[0-9a-f]{2}")
_REST = re.compile(r"[0-9a-f]{62}")


@dataclass(frozen=True, slots=True, kw_only=True)
class FileProtection:
    """What a folder of files needs to tell nothing to who only has the folder."""

    protection: Protection
    name_key: bytes
    """Keys the names (32 secret bytes). Under its bare digest a file could be found by guessing what it says: all that
    is in a structured licence but its holder may be known to many."""
    may_close: Callable[[], bool] = lambda: True
    """Whether every program that reads this folder can open protected files; until then new ones are left in clear."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShardTally:
    """What was done in one of the 256 folders of a file store."""

    shard: str
    changed: int
    current: int
    damaged: tuple[str, ...]
    """Names of files that do not open, which were left as they are."""


class FileStore:
    """Keeps files below one folder, readable by its owner only. Safe for any number of threads and processes.

    Without protection a file lies in clear under its SHA-256: so it is in homes made by older programs. With it a new
    file lies encrypted under a keyed digest, and old ones are still found.
    """

    def __init__(self, folder: Path, protection: FileProtection | None = None) -> None:
        self._folder = folder
        self._guard = protection
        self._closes = False

    def put(self, content: bytes) -> str:
        """See ``store.Files``. The file appears under its name only when all of it is on the disk."""
        digest = sha256(content).hexdigest()
        name = self._name(digest) if self._may_close() else digest
        path = self._path(name)
        try:
            if path.exists():
                with contextlib.suppress(ProtectedDataError):
                    if self._opened(path.read_bytes(), name) == content:
                        return digest
            self._put(path, self._closed(content, name))
        except OSError as error:
            raise StoreUnavailableError("STORE_UNWRITABLE") from error
        return digest

    def get(self, digest: str) -> bytes:
        """See ``store.Files``."""
        if _DIGEST.fullmatch(digest) is None:  # a doctored database must not lead out of the folder
            raise StoreUnavailableError("FILE_DAMAGED")
        name = self._name(digest)
        # The last look is for a file that was being encrypted while the first two went by.
        for place in (name,) if name == digest else (name, digest, name):
            try:
                content = self._opened(self._path(place).read_bytes(), place)
            except FileNotFoundError:
                continue
            except OSError as error:
                raise StoreUnavailableError from error
            if sha256(content).hexdigest() != digest:
                raise StoreUnavailableError("FILE_DAMAGED")
            return content
        raise StoreUnavailableError("FILE_DAMAGED")

    def is_ready(self) -> bool:
        """See ``store.Files``."""
        return self._folder.is_dir() and os.access(self._folder, os.R_OK | os.W_OK | os.X_OK)

    def holds(self, digest: str) -> bool:
        """Whether there is a file for this digest; it is not read."""
        return any(self._path(name).is_file() for name in (self._name(digest), digest))

    def survey(self) -> Iterator[ShardTally]:
        """Read every file and tell, one folder at a time, how many are what their names say; StoreUnavailableError."""
        try:
            for shard in sorted(one.name for one in self._folder.iterdir() if _SHARD.fullmatch(one.name)):
                names = [shard + one.name for one in (self._folder / shard).iterdir() if _REST.fullmatch(one.name)]
                damaged = tuple(name for name in sorted(names) if not self._is_sound(name))
                yield ShardTally(shard=shard, changed=0, current=len(names) - len(damaged), damaged=damaged)
        except OSError as error:
            raise StoreUnavailableError from error

    def _is_sound(self, name: str) -> bool:
        try:
            digest = sha256(self._opened(self._path(name).read_bytes(), name)).hexdigest()
        except ProtectedDataError:
            return False
        return name in (digest, self._name(digest))

    def reencrypt(self, *, after: str = "") -> Iterator[ShardTally]:
        """Bring every file to the current key, one folder at a time and those behind ``after`` only.

        For when no older program reads the folder. May be stopped at any moment, and others may read and write
        meanwhile: a file is replaced in one step, and one in clear goes when its encrypted successor is on the disk.
        Raises StoreUnavailableError.
        """
        if self._guard is None:
            raise ProtectedDataError("PROTECTION_KEY_MISSING")
        self._closes = True
        try:
            shards = sorted(one.name for one in self._folder.iterdir() if _SHARD.fullmatch(one.name))
            for shard in shards:
                if shard > after:
                    yield self._reencrypt_shard(shard, self._guard.protection)
        except OSError as error:
            raise StoreUnavailableError("STORE_UNWRITABLE") from error

    def _reencrypt_shard(self, shard: str, protection: Protection) -> ShardTally:
        changed = current = 0
        damaged = []
        for path in sorted((self._folder / shard).iterdir()):
            if _REST.fullmatch(path.name) is None:
                continue
            name = shard + path.name
            with contextlib.suppress(FileNotFoundError):  # somebody else encrypts, too, and was faster
                with path.open("rb") as file:
                    head = file.read(_HEAD)
                if protection.is_current(head):
                    current += 1
                elif self._reencrypt(path, name):
                    changed += 1
                else:
                    damaged.append(name)
        return ShardTally(shard=shard, changed=changed, current=current, damaged=tuple(damaged))

    def _reencrypt(self, path: Path, name: str) -> bool:
        """Tell whether the file could be opened and is now kept under the current key."""
        content = path.read_bytes()
        if key_of(content) is not None:
            with contextlib.suppress(ProtectedDataError):
                self._put(path, self._closed(self._opened(content, name), name))
                return True
        if sha256(content).hexdigest() != name:
            return False
        self.put(content)
        path.unlink()
        return True

    def _name(self, digest: str) -> str:
        if self._guard is None:
            return digest
        return hmac_bytes("sm3", self._guard.name_key, b"file:" + digest.encode()).hex()

    def _path(self, name: str) -> Path:
        return self._folder / name[:2] / name[2:]

    def _may_close(self) -> bool:
        if not self._closes and self._guard is not None:
            self._closes = self._guard.may_close()
        return self._closes

    def _closed(self, content: bytes, name: str) -> bytes:
        if self._guard is None or not self._may_close():
            return content
        return self._guard.protection.protect(content, context=_context(name))

    def _opened(self, content: bytes, name: str) -> bytes:
        if key_of(content) is None or sha256(content).hexdigest() == name:
            return content
        if self._guard is None:
            raise ProtectedDataError("PROTECTION_KEY_MISSING")
        return self._guard.protection.reveal(content, context=_context(name))

    def _put(self, path: Path, content: bytes) -> None:
        if not path.parent.exists():
            path.parent.mkdir(mode=0o700, exist_ok=True)
            _sync_folder(self._folder)
        self._write(path, content)

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


def _context(name: str) -> str:
    return f"file:{name}"


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
