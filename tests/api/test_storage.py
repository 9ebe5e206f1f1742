"""Disks that are full or read-only, a store that is busy, a process that dies: nothing half-made, a clear word."""

from __future__ import annotations

import contextlib
import json
import resource
import signal
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from running import Elicence

# Root ignores permissions; without CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH and CAP_FOWNER (bits 1 to 3) it does not.
ORDINARY = """
import ctypes, os, sys
from api.cli import main
if os.geteuid() == 0:
    libc, header, sets = ctypes.CDLL(None), (ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)()
    assert libc.capget(header, sets) == 0
    for place in range(3):
        sets[place] &= ~0b1110
    assert libc.capset(header, sets) == 0
sys.exit(main())
"""


def rows(home: Path) -> int:
    connection = sqlite3.connect(home / "elicence.db")
    count: int = connection.execute("SELECT count(*) FROM licences").fetchone()[0]
    connection.close()
    return count


@contextlib.contextmanager
def read_only(folder: Path) -> Iterator[None]:
    paths = [folder, *folder.rglob("*")]
    for path in paths:
        path.chmod(path.stat().st_mode & ~0o222)
    yield
    for path in paths:
        path.chmod(path.stat().st_mode | 0o200)


def test_a_read_only_home(running: ModuleType, stocked: Elicence, tmp_path: Path) -> None:
    before = stocked.files()
    (pdf, *_) = (stocked.home / "issued").glob("*.pdf")
    number = running.changed("water-abstraction-1", certificateNumber="D990101G2026-0042")
    data = tmp_path / "data.json"
    data.write_text(json.dumps(number), "utf-8")
    out = tmp_path / "out"
    with read_only(stocked.home):
        for words in (
            ("issue", "--data", data),
            ("issue", "--data", data, "--out", out),
            ("revoke", pdf.stem, "--ground", "x", "--decision", "y"),
        ):
            done = stocked(*words, "--json", code=ORDINARY)
            assert done.code == 73, (words, done.out)
            assert done.json()["error"]["message"]["zh"]
    assert stocked.files() == before
    assert rows(stocked.home) == 6
    assert not out.exists() or list(out.iterdir()) == []


def test_a_folder_that_cannot_be_written(running: ModuleType, fresh: Elicence, tmp_path: Path) -> None:
    sample = running.SAMPLES / "pesticide-business-2.json"
    locked = tmp_path / "locked"
    locked.mkdir()
    blocked = tmp_path / "file"
    blocked.write_bytes(b"")
    with read_only(locked):
        for out in (locked, locked / "deeper", blocked, blocked / "deeper"):
            done = fresh("issue", "--data", sample, "--out", out, "--json", code=ORDINARY)
            assert (done.code, done.json()["error"]["code"]) == (73, "CANNOT_WRITE")
            assert str(out) in done.json()["error"]["message"]["zh"]
        init = running.Elicence(locked / "home")("init", "--json", code=ORDINARY)
        assert (init.code, init.json()["error"]["code"]) == (73, "CANNOT_WRITE")
        assert list(locked.iterdir()) == []
    assert rows(fresh.home) == 0
    assert fresh.files() == {}


FULL_DISK = """
mount -t tmpfs -o size=1m none "$1" || exit 99
cp -r "$2" "$1/home"
dd if=/dev/zero of="$1/filler" bs=4k 2>/dev/null
shift 2
"$@"
code=$?
for folder in disk/home/issued disk/home/files disk/out disk/new out; do
  [ ! -e $folder ] || find $folder -type f >&2
done
exit $code
"""


@pytest.fixture(scope="module")
def can_mount() -> bool:
    """Say whether a file system of our own can be mounted; else a limit on file sizes has to do as a full disk."""
    probe = ["unshare", "-rm", "mount", "-t", "tmpfs", "none", "/mnt"]
    return subprocess.run(probe, capture_output=True, check=False).returncode == 0


@pytest.mark.parametrize("where", ["home", "out", "init"])
def test_a_full_disk(running: ModuleType, fresh: Elicence, tmp_path: Path, can_mount: bool, where: str) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    (tmp_path / "out").mkdir()
    sample = running.SAMPLES / "special-equipment-use-1.json"
    if where == "init":
        words: tuple[str | Path, ...] = ("--home", disk / "new", "init")
    elif where == "home":
        words = ("--home", disk / "home", "issue", "--data", sample, "--out", tmp_path / "out")
    else:
        words = ("--home", fresh.home, "issue", "--data", sample, "--out", disk / "out")
    program = fresh.command()[: fresh.command().index("--home")]
    command = [*program, *map(str, words), "--json"]
    if can_mount:
        done = running.run(
            ["unshare", "-rm", "sh", "-c", FULL_DISK, "sh", str(disk), str(fresh.home), *command], folder=tmp_path
        )
        assert done.err == ""
    else:
        running.copy_home(fresh.home, disk / "home")
        done = running.run(command, child=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000)))
    assert done.code in (69, 73), done.out + done.err
    assert done.json()["error"]["code"] in ("CANNOT_WRITE", "STORE_UNWRITABLE", "STORE_UNAVAILABLE")
    assert rows(fresh.home) == 0
    assert fresh.files() == {}
    assert list((tmp_path / "out").iterdir()) == []


@contextlib.contextmanager
def locked(home: Path) -> Iterator[None]:
    """Hold the write lock as another process does that takes very long."""
    connection = sqlite3.connect(home / "elicence.db", isolation_level=None)
    connection.execute("BEGIN IMMEDIATE")
    yield
    connection.execute("ROLLBACK")
    connection.close()


def test_a_busy_store_is_75(running: ModuleType, fresh: Elicence, tmp_path: Path) -> None:
    sample = running.SAMPLES / "water-abstraction-2.json"
    with locked(fresh.home):
        done = fresh("issue", "--data", sample, "--out", tmp_path / "out", "--json")
    assert (done.code, done.json()["error"]["code"]) == (75, "STORE_BUSY")
    assert list((tmp_path / "out").iterdir()) == []
    assert rows(fresh.home) == 0
    assert fresh("issue", "--data", sample).code == 0


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_dying_between_sealing_and_storing_issues_nothing(
    running: ModuleType, fresh: Elicence, tmp_path: Path, number: int
) -> None:
    sample = running.SAMPLES / "water-abstraction-2.json"
    out = tmp_path / "out"
    words = ("issue", "--data", sample, "--out", out, "--idempotency-key", "k", "--json")
    with locked(fresh.home):
        process = fresh.start(*words)
        # Sealed and checked when the three copies lie there under their hidden names; then it waits for the lock.
        deadline = time.monotonic() + running.SECONDS
        while len(list(out.glob(".*.part")) if out.exists() else []) < 3:
            assert time.monotonic() < deadline
            assert process.poll() is None
            time.sleep(0.02)
        time.sleep(0.3)
        process.send_signal(number)
        said, log = process.communicate(timeout=running.SECONDS)
    assert process.returncode != 0
    assert said == b""
    assert b"Traceback" not in log
    assert [path.name for path in out.iterdir() if not path.name.startswith(".")] == []
    assert rows(fresh.home) == 0
    code = running.sample("water-abstraction-2")["data"]["certificateHolderCode"]
    assert fresh("holder", "--kind", "001", code, "--json").json() == {"licences": []}
    # The number is free, the key too.
    done = fresh(*words)
    assert (done.code, done.json()["replayed"]) == (0, False)
