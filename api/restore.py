"""Making a home from a backup, on a machine that has none, and looking whether all of it is what it was."""

import json
import os
import secrets
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from keys import Passphrase, hash_bytes
from licences import SEALED_FORMS, LicencesError, form_and_key, kept_files, load_snapshot, sampled
from verify import Outcome, Verifier

from .audit_checking import audited
from .backup import DATABASE_MEMBER, HOME_MEMBERS, MANIFEST_MEMBER, SECRETS
from .backup_file import BackupMember, data_key, keys_key, reading
from .clock import clock
from .errors import BackupUnreadableError, CannotWriteError, HomeError
from .home import INDEX_KEY_FILE, Home, open_home
from .opening import open_files
from .protection_keys import protection_of
from .settings import SETTINGS_FILE
from .store_settings import StoreSetting, rename_store
from .system_words import why_unwritten
from .wiring import Services

MAX_MANIFEST_BYTES = 16 * 1024 * 1024
SAMPLE = 40
"""Licences whose seals are checked: the newest, and others of any age."""
_COPY_BYTES = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupFiles:
    """Where a backup lies, and what opens it."""

    data: Path
    keys: Path
    passphrase: Passphrase


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """What was found in a home that was restored. It is in its place, whatever was found."""

    made_at: str
    members: int
    files: int
    damaged: tuple[str, ...]
    """Names of files in the store that are not what they were."""
    missing: tuple[str, ...]
    """Digests that the database names and for which there is no file."""
    changed_keys: tuple[str, ...]
    """Files of keys that are missing or are not those of the time when the data were backed up."""
    checked: int
    """Licences of which the seals were checked."""
    not_genuine: tuple[str, ...]
    """Identifiers of those among them that are not authentic."""
    trail_entries: int
    trail_faults: tuple[str, ...]
    """What is wrong with the trail of who did and saw what: kind, and first and last entry."""

    @property
    def is_sound(self) -> bool:
        """Whether nothing was found."""
        return not (self.damaged or self.missing or self.changed_keys or self.not_genuine or self.trail_faults)


def restore(
    backup: BackupFiles,
    target: Path,
    *,
    at: datetime,
    store: StoreSetting | None = None,
    advance: Callable[[int], None] = lambda _: None,
) -> Restored:
    """Make a home at `target`, where there must be nothing or an empty folder.

    `store` names the empty PostgreSQL database that takes the place of the one in the settings; without it that one is
    filled. Either all of the home appears in its place, or none of it.

    Raises HomeError when there is something, BackupUnreadableError, CannotWriteError, and StoreUnavailableError when
    the database is not empty.
    """
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise HomeError(f"目标不是空目录：{target}", f"there is something at {target}: name a folder that is not there")
    staged = target.with_name(f"{target.name}.restore-{secrets.token_hex(6)}")
    try:
        staged.mkdir(mode=0o700, parents=True)
        with reading(backup.keys, "keys", lambda head: keys_key(backup.passphrase, head)) as members:
            _unpack(members, staged, lambda _: None)
        index_key = _index_key(staged)
        with reading(backup.data, "data", lambda head: data_key(index_key, head)) as members:
            manifest = _unpack(members, staged, advance)
        if store is not None:
            rename_store(staged / SETTINGS_FILE, store)
        home = open_home(staged)
        load_snapshot(home.database_url, staged / DATABASE_MEMBER)
        (staged / DATABASE_MEMBER).unlink()
        found = _looked_at(home, manifest, at)
        os.sync()  # it must not be called restored before all of it is on the disk
        if target.exists():
            target.rmdir()
        staged.rename(target)
    except OSError as error:
        why = why_unwritten(error)
        raise CannotWriteError(f"无法恢复到：{target}（{why.zh}）", f"cannot restore to {target}: {why.en}") from error
    finally:
        shutil.rmtree(staged, ignore_errors=True)
    return found


def _unpack(members: Iterator[BackupMember], staged: Path, advance: Callable[[int], None]) -> Mapping[str, object]:
    """Write the members below the new home and return the manifest, which is the last of them."""
    count = 0
    for member in members:
        if member.name == MANIFEST_MEMBER:
            manifest = json.loads(member.content.read(MAX_MANIFEST_BYTES))
            if next(members, None) is not None or manifest.get("members") != count:
                break
            return manifest if isinstance(manifest, dict) else {}
        name = member.name.removeprefix(HOME_MEMBERS)
        if name == member.name and name != DATABASE_MEMBER:
            break
        path = staged / name
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, member.mode), "wb") as file:
            shutil.copyfileobj(member.content, file, _COPY_BYTES)
        os.utime(path, (member.changed, member.changed))  # how old the anchors are is part of every report
        advance(member.size)
        count += 1
    raise BackupUnreadableError("备份不完整。", "the backup is not whole")


def _index_key(staged: Path) -> bytes:
    try:
        return (staged / INDEX_KEY_FILE).read_bytes()
    except OSError as error:
        raise BackupUnreadableError(
            "密钥备份中没有索引密钥。", "the keys file has no index key: it is not that of a home"
        ) from error


def _looked_at(home: Home, manifest: Mapping[str, object], at: datetime) -> Restored:
    files = open_files(home, protection_of(home))
    tallies = list(files.survey())
    missing = dict.fromkeys(digest for digest in kept_files(home.database_url) if not files.holds(digest))
    services = Services(home)
    trail = audited(services, services.trust)
    sample = sampled(home.database_url, SAMPLE)
    return Restored(
        made_at=str(manifest["made_at"]),
        members=int(str(manifest["members"])),
        files=sum(tally.current for tally in tallies),
        damaged=tuple(name for tally in tallies for name in tally.damaged),
        missing=tuple(missing),
        changed_keys=_changed_keys(home.path, manifest),
        checked=len(sample),
        not_genuine=tuple(one for one in sample if not _is_genuine(services, one, at)),
        trail_entries=trail.entries,
        trail_faults=tuple(f"{fault.kind} {fault.first}-{fault.last}" for fault in trail.faults),
    )


def _is_genuine(services: Services, identifier: str, at: datetime) -> bool:
    """Whether the sealed files of a licence are authentic; CAs are not asked: restoring needs no network."""
    verifier = Verifier(services.trust, services.store, existence=services.store, clock=clock)
    try:
        record = services.store.get(identifier)
        sealed = [services.store.file(record, kind) for kind in record.files if form_and_key(kind)[0] in SEALED_FORMS]
    except LicencesError:
        return False
    return all(verifier.verify_file(one, at=at).authenticity is not Outcome.FAILED for one in sealed)


def _changed_keys(staged: Path, manifest: Mapping[str, object]) -> tuple[str, ...]:
    wanted = manifest.get(SECRETS)
    found = []
    for name, digest in sorted(wanted.items()) if isinstance(wanted, dict) else ():
        path = staged / name
        if not path.is_file() or hash_bytes("sha256", path.read_bytes()).hex() != digest:
            found.append(name)
    return tuple(found)
