"""`elicence backup` and `elicence restore`: the whole of a home in two files, and a home from them."""

import argparse
import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from .errors import UsageError
from .parsing import AddCommand, Group
from .settings import home_path

if TYPE_CHECKING:
    # Loaded when a command runs: `--help` and a slip of the hand need none of it.
    from keys import Passphrase

    from .answer import Answer
    from .restore import Restored

_SHOWN = 10
_KB = 1000
_SOURCES = "env:NAME 或 file:PATH（首行） env:NAME or file:PATH (its first line)"


def add_backup_parsers(command: AddCommand, commands: Group) -> None:
    """Add `backup` and `restore`."""
    backup = command("backup", _backup, "备份主目录（使用中即可） back up the home while it is in use", commands)
    backup.add_argument("--out", metavar="FILE", help="数据备份文件 the file for the data; needs no passphrase")
    backup.add_argument("--keys-out", metavar="FILE", help="密钥备份文件，另行存放 for the keys: keep it apart")
    backup.add_argument("--passphrase", metavar="SOURCE", help=f"密钥备份口令 opens the keys: {_SOURCES}")
    restore = command("restore", _restore, "由备份恢复到空目录 make a home from a backup", commands)
    restore.add_argument("data", metavar="DATA", help="数据备份文件 the file with the data")
    restore.add_argument("--keys", metavar="FILE", required=True, help="密钥备份文件 the file with the keys")
    restore.add_argument("--passphrase", metavar="SOURCE", required=True, help=f"口令 passphrase: {_SOURCES}")
    restore.add_argument("--store", metavar="URL", help="空的 PostgreSQL 数据库 an empty one in place of the old")
    restore.add_argument("--store-password-file", metavar="FILE", help="其口令文件 the file with its password")


def _backup(arguments: argparse.Namespace) -> "Answer":
    from .answer import Answer
    from .backup import back_up_data, back_up_keys, size_of
    from .exit_codes import DONE, FAILED
    from .home import brought_up, open_home
    from .progress import Progress

    if arguments.out is None and arguments.keys_out is None:
        raise UsageError("请用 --out 和（或）--keys-out 指定文件。", "name a file with --out, --keys-out or both")
    if (arguments.keys_out is None) != (arguments.passphrase is None):
        raise UsageError("--keys-out 须与 --passphrase 一起使用。", "--keys-out goes together with --passphrase")
    home = brought_up(open_home(home_path(arguments.home)))
    at = datetime.now(UTC)
    shape: dict[str, object] = {"made_at": at.isoformat(), "data": None, "keys": None, "missing": []}
    lines = []
    if arguments.keys_out is not None:
        passphrase = _passphrase(arguments.passphrase)
        keys = back_up_keys(home, Path(arguments.keys_out), passphrase, at=at, random=os.urandom)
        shape["keys"] = {"path": arguments.keys_out, "files": keys.members}
        lines += [
            f"密钥备份  keys: {arguments.keys_out}（{keys.members} 个文件 files）",
            "请与数据备份分开存放，并另行保管口令。Keep it apart from the data, and the passphrase apart from both.",
        ]
    missing: tuple[str, ...] = ()
    if arguments.out is not None:
        progress = Progress(sys.stderr, size_of(home) // _KB, unit=("KB", "KB"))
        data = back_up_data(
            home,
            Path(arguments.out),
            at=at,
            random=os.urandom,
            advance=lambda count: progress.advance(count // _KB, ""),
        )
        progress.finish("")
        missing = data.missing
        shape["data"] = {"path": arguments.out, "files": data.members, "bytes": data.bytes}
        shape["missing"] = list(missing)
        lines.append(f"数据备份  data: {arguments.out}（{data.members} 个文件 files，{data.bytes:,} 字节 bytes）")
    if missing:
        lines.append(f"证照库中缺失的文件  files that the store lacks: {len(missing)}")
        lines += [f"  {one}" for one in missing[:_SHOWN]]
    return Answer(shape=shape, text="\n".join(lines), exit_code=FAILED if missing else DONE)


def _restore(arguments: argparse.Namespace) -> "Answer":
    from .answer import Answer
    from .database_commands import store_setting
    from .exit_codes import DONE, FAILED
    from .messages import moment_text
    from .progress import Progress
    from .restore import BackupFiles, restore

    data = Path(arguments.data)
    target = home_path(arguments.home)
    progress = Progress(sys.stderr, data.stat().st_size // _KB if data.is_file() else 0, unit=("KB", "KB"))
    found = restore(
        BackupFiles(data=data, keys=Path(arguments.keys), passphrase=_passphrase(arguments.passphrase)),
        target,
        at=datetime.now(UTC),
        store=store_setting(arguments.store, arguments.store_password_file),
        advance=lambda count: progress.advance(count // _KB, ""),
    )
    progress.finish("")
    shape = {
        "home": str(target), "made_at": found.made_at, "sound": found.is_sound, "members": found.members,
        "files": found.files, "damaged": list(found.damaged), "missing": list(found.missing),
        "changed_keys": list(found.changed_keys), "checked": found.checked, "not_genuine": list(found.not_genuine),
        "trail_entries": found.trail_entries, "trail_faults": list(found.trail_faults),
    }  # fmt: skip
    text = "\n".join(
        [
            f"已恢复  restored: {target}（备份时间 made at {moment_text(datetime.fromisoformat(found.made_at))}）",
            *_findings(found),
        ]
    )
    return Answer(shape=shape, text=text, exit_code=DONE if found.is_sound else FAILED)


def _findings(found: "Restored") -> list[str]:
    lines = [
        f"文件摘要相符  files that are what they were: {found.files}",
        f"抽查印章  seals checked: {found.checked}；不真实 not authentic: {len(found.not_genuine)}",
    ]
    for title, names in (
        ("损坏的文件 damaged files", found.damaged),
        ("缺失的文件 missing files", found.missing),
        ("与数据备份时不同或缺失的密钥 keys that are others than with the data, or missing", found.changed_keys),
        ("不真实的证照 licences that are not authentic", found.not_genuine),
        ("操作记录的问题 faults of the trail", found.trail_faults),
    ):
        if names:
            lines += [f"{title}: {len(names)}", *(f"  {name}" for name in names[:_SHOWN])]
    return lines


def _passphrase(source: str) -> "Passphrase":
    from keys import KeyUnusableError, passphrase_from

    from .errors import UsageError

    try:
        return passphrase_from(source)
    except KeyUnusableError as error:
        raise UsageError(
            "口令来源应为 env:变量名 或 file:文件。", "a passphrase comes from env:NAME or file:PATH"
        ) from error
