"""`elicence store new-key|reencrypt`: how personal data lies on the disk."""

import argparse
import contextlib
import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from .errors import CannotWriteError
from .parsing import AddCommand, Group
from .settings import home_path

if TYPE_CHECKING:
    # Loaded when a command runs: `--help` and a slip of the hand need none of it.
    from licences import ColumnTally, FileStore, Protection

    from .answer import Answer
    from .home import Home

_PROGRESS_FILE = "reencrypt.progress"
_MAX_PROGRESS_BYTES = 64
_SHOWN = 20
"""Damaged files and rows that are named to people; programs get all."""


def add_protection_parser(command: AddCommand, actions: Group) -> None:
    """Add `new-key` and `reencrypt`."""
    command("new-key", _new_key, "启用新的数据加密密钥 take a new key for personal data at rest", actions)
    reencrypt = command(
        "reencrypt", _reencrypt, "全部改用当前密钥加密 bring everything at rest to the current key", actions
    )
    reencrypt.add_argument(
        "--resume", action="store_true", help="接着上次中断处 skip the files that an interrupted run has finished"
    )


def _new_key(arguments: argparse.Namespace) -> "Answer":
    from .answer import Answer
    from .home import brought_up, open_home
    from .protection_keys import RING_FILE, add_key

    home = brought_up(open_home(home_path(arguments.home)))
    ring = add_key(home, os.urandom)
    key = "" if ring.current is None else ring.current.hex()
    lines = [
        f"已启用新密钥  new key in use: {key}（共 {len(ring.keys)} 个 keys in the ring）",
        f"请备份 {home.path / RING_FILE}，重启正在运行的服务，再运行 elicence store reencrypt。",
        f"Back up {home.path / RING_FILE}, restart running services, then run elicence store reencrypt.",
    ]
    return Answer(shape={"key": key, "keys": len(ring.keys)}, text="\n".join(lines))


def _reencrypt(arguments: argparse.Namespace) -> "Answer":
    from licences import may_protect_in

    from .answer import Answer
    from .exit_codes import DONE, FAILED
    from .home import brought_up, open_home
    from .opening import open_files
    from .protection_keys import protection_of

    home = brought_up(open_home(home_path(arguments.home)))
    protection = protection_of(home)
    columns = _columns(home, protection)
    protected = may_protect_in(home.database_url)
    files = _Files()
    if protected:
        files = _files(home, open_files(home, protection), protection, resume=arguments.resume)
    damaged = [*files.damaged, *(f"{one.column} {key}" for one in columns for key in one.damaged)]
    shape = {
        "key": "" if protection.ring.current is None else protection.ring.current.hex(),
        "files": {"changed": files.changed, "current": files.current, "damaged": files.damaged},
        "columns": [{"column": one.column, "changed": one.changed, "damaged": list(one.damaged)} for one in columns],
        "waits_for_post": not protected,
    }
    lines = [
        f"文件  files: {files.changed} 个已重新加密 changed, {files.current} 个已是当前密钥 already current",
        *(f"{one.column}: {one.changed} 项已重新加密 changed" for one in columns),
    ]
    if not protected:
        lines.append(
            "文件和证照编号仍为明文：先运行 elicence store upgrade --post（确认没有旧版程序），重启服务，再运行本命令。"
        )
        lines.append(
            "Files and numbers stay in clear for older programs: run elicence store upgrade --post, then this again."
        )
    if damaged:
        lines.append(f"打不开，未改动  left as they are because they do not open: {len(damaged)}")
        lines += [f"  {one}" for one in damaged[:_SHOWN]]
    return Answer(shape=shape, text="\n".join(lines), exit_code=FAILED if damaged else DONE)


def _columns(home: "Home", protection: "Protection") -> list["ColumnTally"]:
    """Do the database."""
    from licences import Reencryption

    with contextlib.closing(Reencryption(home.database_url, home.index_key(), protection)) as work:
        return list(work.columns())


@dataclass(slots=True, kw_only=True)
class _Files:
    changed: int = 0
    current: int = 0
    damaged: list[str] = field(default_factory=list)


def _files(home: "Home", store: "FileStore", protection: "Protection", *, resume: bool) -> _Files:
    """Do the files, and note after each folder how far it went, and for which key."""
    note = home.path / _PROGRESS_FILE
    current = protection.ring.current
    key = "" if current is None else current.hex()
    done = _Files()
    try:
        for tally in store.reencrypt(after=_read_note(home, key) if resume else ""):
            done.changed += tally.changed
            done.current += tally.current
            done.damaged += tally.damaged
            note.write_text(f"{key} {tally.shard}\n", "ascii")
        note.unlink(missing_ok=True)
    except OSError as error:
        raise CannotWriteError(f"无法写入：{note}", f"cannot be written: {note}") from error
    return done


def _read_note(home: "Home", key: str) -> str:
    """Return the last folder that an interrupted run for this key has finished; empty when there is none."""
    try:
        with (home.path / _PROGRESS_FILE).open("rb") as file:
            words = file.read(_MAX_PROGRESS_BYTES).decode("ascii", "replace").split()
    except FileNotFoundError:
        return ""
    return words[1] if len(words) == 2 and words[0] == key else ""
