"""Backups of a home while it is in use: the data in one file, the keys that open them in another.

The database is copied first, at one moment; every file that it names was stored before, and none is ever changed, so
the files that are copied afterwards complete it.
"""

import contextlib
import json
import os
import secrets
import stat
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from keys import Passphrase, hash_bytes
from licences import kept_files, schema_state, write_snapshot

from .backup_file import SALT_BYTES, BackupHead, BackupWriter, data_key, keys_key, writing
from .errors import CannotWriteError
from .home import Home
from .opening import existing_database, open_files
from .protection_keys import protection_of
from .system_words import why_unwritten

DATABASE_MEMBER = "database"
HOME_MEMBERS = "home/"
MANIFEST_MEMBER = "manifest.json"
SECRETS = "secrets"
"""Member of manifest and note: SHA-256 of each file of keys, by its name."""
NOTE_FILE = "backup.json"
MAX_NOTE_BYTES = 64 * 1024
_STALE = 24 * 3600.0  # seconds: no snapshot takes a day, so its process was killed
_SNAPSHOT = ".snapshot-"
_LEFT_OUT_FOLDERS = frozenset({"issued", ".unfinished"})
_DATABASE_FILES = ("elicence.db", "elicence.db-wal", "elicence.db-shm", "elicence.db-journal")


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What a data file holds beside the home's files: its last member, so that one without it is not whole."""

    made_at: str
    schema: str
    store: str
    """`sqlite` or `postgresql`."""
    members: int
    bytes: int
    secrets: dict[str, str]
    """SHA-256 of each file that belongs into the keys file, by its name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupNote:
    """What the home remembers of its last backup."""

    data_at: datetime | None = None
    keys_at: datetime | None = None
    keys_current: bool = False
    """Whether the keys are still those that were put into a keys file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeBackup:
    """What was written."""

    members: int
    bytes: int
    missing: tuple[str, ...]
    """Digests of files that the database names and the store lacks: the home was damaged before."""


def back_up_data(
    home: Home, target: Path, *, at: datetime, random: Callable[[int], bytes], advance: Callable[[int], None]
) -> MadeBackup:
    """Write a data file; `advance` is told of bytes.

    Raises CannotWriteError, and StoreUnavailableError when the database cannot be copied.
    """
    head = BackupHead(kind="data", made_at=at, salt=random(SALT_BYTES))
    url = existing_database(home)
    with writing(target, head, data_key(home.index_key(), head)) as writer:
        # Signed checkpoints before the rows that they speak of: a database may know more than they do; one that knows
        # less has lost something.
        for path in _files(home):
            if _is_checkpoint(home, path):
                _add(writer, _member_name(home, path), path, advance)
        with _snapshot(home, url) as snapshot:
            _add(writer, DATABASE_MEMBER, snapshot, advance)
        for path in _files(home):
            if not _is_secret(home, path) and not _is_checkpoint(home, path):
                _add(writer, _member_name(home, path), path, advance)
        state = schema_state(url)
        manifest = Manifest(
            made_at=at.isoformat(), schema=state.revision, store=state.kind, members=writer.members, bytes=writer.bytes,
            secrets=_secret_digests(home),
        )  # fmt: skip
        writer.add_bytes(MANIFEST_MEMBER, json.dumps(asdict(manifest)).encode())
    files = open_files(home, protection_of(home))
    missing = tuple(dict.fromkeys(digest for digest in kept_files(url) if not files.holds(digest)))
    _note(home, data_at=at.isoformat())
    return MadeBackup(members=writer.members, bytes=writer.bytes, missing=missing)


def back_up_keys(
    home: Home, target: Path, passphrase: Passphrase, *, at: datetime, random: Callable[[int], bytes]
) -> MadeBackup:
    """Write a keys file, which this passphrase opens; CannotWriteError."""
    head = BackupHead(kind="keys", made_at=at, salt=random(SALT_BYTES))
    with writing(target, head, keys_key(passphrase, head)) as writer:
        for path in _files(home):
            if _is_secret(home, path):
                _add(writer, _member_name(home, path), path, lambda _: None)
        writer.add_bytes(MANIFEST_MEMBER, json.dumps({"members": writer.members}).encode())
    _note(home, keys_at=at.isoformat(), **{SECRETS: _secret_digests(home)})
    return MadeBackup(members=writer.members, bytes=writer.bytes, missing=())


def last_backup(home: Home) -> BackupNote:
    """Say when the home was last backed up, as far as it remembers."""
    note = _read_note(home)
    instants = {}
    for name in ("data_at", "keys_at"):
        with contextlib.suppress(KeyError, TypeError, ValueError):
            instants[name] = datetime.fromisoformat(str(note[name]))
    return BackupNote(
        data_at=instants.get("data_at"), keys_at=instants.get("keys_at"),
        keys_current=note.get(SECRETS) == _secret_digests(home),
    )  # fmt: skip


def size_of(home: Home) -> int:
    """How many bytes a data file will have, about."""
    database = home.path / _DATABASE_FILES[0]
    return sum(path.stat().st_size for path in (*_files(home), *([database] if database.is_file() else ())))


def _files(home: Home) -> Iterator[Path]:
    """Give every file of the home that a backup has, but the database."""
    for folder, folders, names in os.walk(home.path):
        here = Path(folder)
        folders[:] = sorted(name for name in folders if name not in _LEFT_OUT_FOLDERS)
        for name in sorted(names):
            path = here / name
            if path.is_symlink() or not path.is_file() or name.startswith(_SNAPSHOT) or name.endswith(".part"):
                continue
            if here != home.path or name not in (*_DATABASE_FILES, NOTE_FILE):
                yield path


def _is_secret(home: Home, path: Path) -> bool:
    """Whether a file belongs to the keys: those in `keys/`, and in the home itself what only its owner may read."""
    relative = path.relative_to(home.path)
    if len(relative.parts) > 1:
        return relative.parts[0] == "keys"
    return not stat.S_IMODE(path.stat().st_mode) & 0o077


def _is_checkpoint(home: Home, path: Path) -> bool:
    return path.relative_to(home.path).parts[0] == "audit"


def _member_name(home: Home, path: Path) -> str:
    return HOME_MEMBERS + path.relative_to(home.path).as_posix()


def _secret_digests(home: Home) -> dict[str, str]:
    return {
        path.relative_to(home.path).as_posix(): hash_bytes("sha256", path.read_bytes()).hex()
        for path in _files(home)
        if _is_secret(home, path)
    }


def _add(writer: BackupWriter, name: str, path: Path, advance: Callable[[int], None]) -> None:
    # A file in clear may just have been replaced by its encrypted successor.
    with contextlib.suppress(FileNotFoundError), path.open("rb") as file:
        state = os.fstat(file.fileno())
        writer.add(name, file, state.st_size, mode=stat.S_IMODE(state.st_mode), changed=state.st_mtime)
        advance(state.st_size)


@contextlib.contextmanager
def _snapshot(home: Home, url: str) -> Iterator[Path]:
    """Copy the database to a file in the home, which guards it as it guards the database itself."""
    oldest = time.time() - _STALE
    path = home.path / f"{_SNAPSHOT}{secrets.token_hex(6)}"
    try:
        for left in home.path.glob(f"{_SNAPSHOT}*"):
            if left.stat().st_mtime < oldest:
                left.unlink(missing_ok=True)
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        write_snapshot(url, path)
        yield path
    except OSError as error:
        why = why_unwritten(error)
        raise CannotWriteError(
            f"无法写入主目录：{home.path}（{why.zh}）", f"cannot write into {home.path}: {why.en}"
        ) from error
    finally:
        path.unlink(missing_ok=True)


def _note(home: Home, **members: object) -> None:
    """Remember a backup; one that cannot be remembered is a backup all the same."""
    path = home.path / NOTE_FILE
    staged = path.with_name(f".{NOTE_FILE}.{secrets.token_hex(6)}.part")
    with contextlib.suppress(OSError):
        staged.write_text(json.dumps(_read_note(home) | members), "utf-8")
        staged.replace(path)


def _read_note(home: Home) -> dict[str, object]:
    try:
        with (home.path / NOTE_FILE).open("rb") as file:
            note = json.loads(file.read(MAX_NOTE_BYTES))
    except (OSError, ValueError):
        return {}
    return note if isinstance(note, dict) else {}
