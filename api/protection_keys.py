"""The home's key ring for personal data at rest: `protection.keys`, one key a line, the current one first.

Whoever loses it loses the files and numbers of all licences: it belongs into the backup of keys, apart from the data.
"""

import contextlib
import fcntl
import os
import secrets
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from keys import SM4_KEY_BYTES
from licences import KeyRing, Protection

from .errors import CannotWriteError, HomeError
from .home import Home

RING_FILE = "protection.keys"
MAX_RING_BYTES = 64 * 1024
"""More than `licences.MAX_RING_KEYS` lines."""
_NOTE = "# 个人信息加密密钥，首行为当前密钥；请另行备份。 Keys of personal data, current first; back up apart.\n"


def protection_of(home: Home) -> Protection:
    """Give what protects the home's data. Without a ring nothing is closed or opened, but what is in clear is read."""
    return Protection(lambda: read_ring(home), os.urandom)


def read_ring(home: Home) -> KeyRing:
    """Read the ring; an empty one when there is no file; HomeError when it cannot be read."""
    return KeyRing.of(_read(home))


def make_ring(home: Path, random: Callable[[int], bytes]) -> None:
    """Give a home its first key, unless it has a ring; CannotWriteError."""
    with _lock(home):
        if not (home / RING_FILE).exists():
            _write(home / RING_FILE, [random(SM4_KEY_BYTES)])


def add_key(home: Home, random: Callable[[int], bytes]) -> KeyRing:
    """Put a new key in front of the ring; HomeError when there is no ring, CannotWriteError."""
    with _lock(home.path):
        keys = _read(home)
        if not keys:
            path = home.path / RING_FILE
            raise HomeError(
                f"没有数据保护密钥：{path}；请从备份中恢复。", f"there is no {path}: restore it from the backup of keys"
            )
        keys = [random(SM4_KEY_BYTES), *keys]
        _write(home.path / RING_FILE, keys)
    return KeyRing.of(keys)


def _read(home: Home) -> list[bytes]:
    path = home.path / RING_FILE
    try:
        with path.open("rb") as file:
            text = file.read(MAX_RING_BYTES + 1)
        if len(text) > MAX_RING_BYTES:
            raise ValueError("too long")
        lines = [line.strip() for line in text.decode("utf-8").splitlines()]
        keys = [bytes.fromhex(line) for line in lines if line and not line.startswith("#")]
        KeyRing.of(keys)
    except FileNotFoundError:
        return []
    except (OSError, ValueError) as error:
        raise HomeError(f"数据保护密钥无法读取：{path}", f"the protection keys cannot be read: {path}") from error
    if not keys:
        raise HomeError(f"数据保护密钥已损坏：{path}", f"the protection keys are damaged: {path}")
    return keys


@contextlib.contextmanager
def _lock(home: Path) -> Iterator[None]:
    """Keep other processes from changing the ring: a key that was used and then overwritten would lose data."""
    descriptor = os.open(home, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _write(path: Path, keys: Sequence[bytes]) -> None:
    staged = path.with_name(f"{path.name}.new-{secrets.token_hex(6)}")
    content = _NOTE + "".join(f"{key.hex()}\n" for key in keys)
    try:
        with open(os.open(staged, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(content.encode())
            file.flush()
            os.fsync(file.fileno())
        os.replace(staged, path)
        descriptor = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except OSError as error:
        with contextlib.suppress(OSError):
            staged.unlink()
        raise CannotWriteError(
            f"无法写入数据保护密钥：{path}", f"the protection keys cannot be written: {path}"
        ) from error
