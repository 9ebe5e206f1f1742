"""The two files of a backup: an encrypted tar archive behind a head in clear.

The head is two lines: `elicence backup 1`, and a JSON object with `kind`, `made_at` and `salt`. What the keys of the
home open is called data, and those keys are a file of their own, which a passphrase opens.
"""

import contextlib
import io
import json
import os
import re
import secrets
import tarfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import IO, BinaryIO, Literal

from keys import (
    SM4_KEY_BYTES,
    BadSignatureError,
    DecryptingReader,
    EncryptingWriter,
    Passphrase,
    hmac_bytes,
    key_from_passphrase,
)

from .errors import BackupUnreadableError, CannotWriteError, InputNotFoundError
from .system_words import why_unwritten

Kind = Literal["data", "keys"]
FORMAT = "elicence backup 1"
SALT_BYTES = 32
MAX_HEAD_BYTES = 4096
MAX_MEMBERS = 20_000_000
_NAME = re.compile(r"[^/\0\\]+(?:/[^/\0\\]+)*")
_SALT = re.compile(rf"[0-9a-f]{{{2 * SALT_BYTES}}}")


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupHead:
    """What everybody can read of a backup."""

    kind: Kind
    made_at: datetime
    salt: bytes

    def line(self) -> bytes:
        """Write it as the first lines of the file."""
        members = {"kind": self.kind, "made_at": self.made_at.isoformat(), "salt": self.salt.hex()}
        return f"{FORMAT}\n{json.dumps(members, sort_keys=True)}\n".encode()


def data_key(index_key: bytes, head: BackupHead) -> bytes:
    """Derive the key of a data file from the home's index key: it needs no passphrase, and no other home opens it."""
    return hmac_bytes("sm3", index_key, b"elicence backup:" + head.salt)[:SM4_KEY_BYTES]


def keys_key(passphrase: Passphrase, head: BackupHead) -> bytes:
    """Derive the key of a keys file from a passphrase."""
    return key_from_passphrase(passphrase(), head.salt)


class BackupWriter:
    """Writes one file of a backup; it has its name only when it is whole and durable."""

    def __init__(self, archive: tarfile.TarFile) -> None:
        self._archive = archive
        self.members = 0
        self.bytes = 0

    def add(self, name: str, content: BinaryIO, size: int, *, mode: int = 0o600, changed: float = 0.0) -> None:
        """Put a file into it, `changed` at so many seconds of Unix time; OSError when it has fewer bytes by now."""
        member = tarfile.TarInfo(name)
        member.size, member.mode, member.mtime = size, mode, changed
        self._archive.addfile(member, content)
        self.members += 1
        self.bytes += size

    def add_bytes(self, name: str, content: bytes) -> None:
        """Put a short file into it."""
        self.add(name, io.BytesIO(content), len(content))


@contextlib.contextmanager
def writing(path: Path, head: BackupHead, key: bytes) -> Iterator[BackupWriter]:
    """Write a new file of a backup; CannotWriteError, also when there is one of that name."""
    if path.exists():
        raise CannotWriteError(f"文件已存在，不覆盖：{path}", f"the file exists and is not overwritten: {path}")
    staged = path.with_name(f".{path.name}.{secrets.token_hex(6)}.part")
    try:
        with open(os.open(staged, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(head.line())
            stream = EncryptingWriter(file, key, head.line())
            try:
                with tarfile.open(fileobj=stream, mode="w|", format=tarfile.PAX_FORMAT) as archive:
                    yield BackupWriter(archive)
                stream.close()
            finally:
                stream.abandon()
            file.flush()
            os.fsync(file.fileno())
        # Not `rename`, which would replace a file that somebody has made there meanwhile.
        os.link(staged, path)
        _sync(path.parent)
    except OSError as error:
        why = why_unwritten(error)
        raise CannotWriteError(f"无法写入备份：{path}（{why.zh}）", f"cannot write {path}: {why.en}") from error
    finally:
        staged.unlink(missing_ok=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupMember:
    """A file in a backup, to be read before the next one is asked for."""

    name: str
    size: int
    mode: int
    changed: float
    content: IO[bytes]


@contextlib.contextmanager
def reading(path: Path, kind: Kind, key_of: Callable[[BackupHead], bytes]) -> Iterator[Iterator[BackupMember]]:
    """Read a file of a backup from its beginning to its end.

    Raises InputNotFoundError, and BackupUnreadableError for another file, a wrong passphrase or key, and whatever was
    cut off or changed: it is noticed at the chunk where it is, so nothing may be relied on before the end was reached.
    """
    try:
        with path.open("rb") as file:
            head = _read_head(file, kind)
            stream = DecryptingReader(file, key_of(head), head.line())
            with tarfile.open(fileobj=io.BufferedReader(stream), mode="r|") as archive:
                yield _members(archive)
            # Behind the archive there is padding; a stream that was cut off in it is not whole either.
            while stream.read(1024 * 1024):
                pass
    except FileNotFoundError as error:
        raise InputNotFoundError(f"没有这个文件：{path}", f"no such file: {path}") from error
    except (BadSignatureError, tarfile.TarError, EOFError) as error:
        raise BackupUnreadableError(
            f"备份无法解密或已损坏：{path}（口令或密钥备份不对，或文件不完整、被改动）",
            f"the backup does not open or is damaged: {path} (another passphrase or keys, cut off, or changed)",
        ) from error


def _members(archive: tarfile.TarFile) -> Iterator[BackupMember]:
    for count, member in enumerate(archive):
        name = PurePosixPath(member.name)
        content = archive.extractfile(member) if member.isreg() else None
        if content is None or count >= MAX_MEMBERS or not _NAME.fullmatch(member.name) or {"..", "."} & set(name.parts):
            raise tarfile.ReadError("a member that no backup of ours has")
        yield BackupMember(
            name=member.name, size=member.size, mode=member.mode & 0o755, changed=member.mtime, content=content
        )


def _read_head(file: BinaryIO, kind: Kind) -> BackupHead:
    first, second = file.readline(MAX_HEAD_BYTES), file.readline(MAX_HEAD_BYTES)
    try:
        members = json.loads(second)
        salt, made_at = members["salt"], datetime.fromisoformat(members["made_at"])
        if first != f"{FORMAT}\n".encode() or members["kind"] not in ("data", "keys") or not _SALT.fullmatch(salt):
            raise ValueError
    except (ValueError, KeyError, TypeError) as error:
        raise BackupUnreadableError("不是本程序的备份文件。", "this is no backup of this program") from error
    if members["kind"] != kind:
        raise BackupUnreadableError(
            "数据备份与密钥备份放反了，或给了两个同类文件。",
            f"this is the {members['kind']} file of a backup, not the {kind}",
        )
    return BackupHead(kind=kind, made_at=made_at, salt=bytes.fromhex(salt))


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
