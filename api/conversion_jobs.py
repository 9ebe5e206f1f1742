"""Conversions that were asked for over HTTP: each runs in a process of its own, and goes on when the server ends.

What was handed in holds personal data. It is kept encrypted in the home until every row has been tried, and no longer.
"""

import contextlib
import fcntl
import json
import os
import shutil
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from licences import ConversionBatch, RowState

from .conversion import Conversion, ConversionRequest, prepare
from .conversion_wire import handed_in_context
from .errors import ConversionStoppedError, ServiceUnavailableError
from .home import Home, open_home
from .issuing import DEFAULT_SEAL
from .output import StagedFiles
from .problems import problem_of
from .protection_keys import protection_of
from .wiring import Services

_REQUEST, _REGISTER, _LOCK = "request.json", "register", "lock"
_TABLES, _SCANS = "tables", "scans"


@dataclass(frozen=True, slots=True, kw_only=True)
class HandedIn:
    """What a caller has sent."""

    type: str
    register: bytes
    mapping: object = field(default_factory=dict)
    tables: Mapping[str, bytes] = field(default_factory=dict)
    scans: Mapping[str, bytes] = field(default_factory=dict)
    """By the names of their files."""
    seal: str = DEFAULT_SEAL
    operator: str = ""
    checked_by: str = ""
    self_declared: bool = False
    dry_run: bool = False


def start(services: Services, handed: HandedIn, batch_id: str) -> ConversionBatch:
    """Look at what was handed in, keep it and begin to convert it.

    Raises what `prepare` and `Conversion.begin` raise, then nothing is kept; CannotWriteError, StoreUnavailableError.
    """
    home = services.home
    folder = home.conversions / batch_id
    with contextlib.ExitStack() as undo:
        undo.callback(shutil.rmtree, folder, ignore_errors=True)
        _keep(home, folder, handed)
        conversion = prepare(services, _kept(home, folder))
        batch = conversion.begin(datetime.now(UTC), resume=False, batch_id=batch_id)
        undo.pop_all()
    go_on(home, batch_id)
    return batch


def go_on(home: Home, batch_id: str) -> bool:
    """Let a process convert what is left; False when one does already, or nothing is left of what was handed in."""
    folder = home.conversions / batch_id
    if not (folder / _REQUEST).is_file():
        return False
    lock = _locked(folder)
    if lock is None:
        return False
    with contextlib.closing(lock):
        try:
            process = subprocess.Popen(  # noqa: S603 — our own program
                [sys.executable, "-P", "-m", "api.conversion_jobs", str(home.path), batch_id, str(lock.fileno())],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                pass_fds=[lock.fileno()],  # it holds the lock as long as it lives
                start_new_session=True,
            )
        except OSError as error:
            raise ServiceUnavailableError("转换进程无法启动。", "a converting process does not start") from error
    threading.Thread(target=process.wait, daemon=True).start()
    return True


def is_running(home: Home, batch_id: str) -> bool:
    """Whether a process works on it now."""
    folder = home.conversions / batch_id
    if not (folder / _LOCK).is_file():
        return False
    lock = _locked(folder)
    if lock is not None:
        lock.close()
    return lock is None


def main(words: list[str]) -> None:
    """Convert what was handed in: home, id of the batch, descriptor of the lock."""
    home, batch_id = open_home(Path(words[0])), words[1]
    services = Services(home)
    folder = home.conversions / batch_id
    try:
        conversion = prepare(services, _kept(home, folder))
        run(conversion, batch_id)
    except ConversionStoppedError:
        return  # the store knows it
    except Exception as error:
        services.conversions.finish(batch_id, datetime.now(UTC), problem_of(error).code)
        return
    if not conversion.store.counts(batch_id).get(RowState.WAITING):
        shutil.rmtree(folder, ignore_errors=True)


def run(conversion: Conversion, batch_id: str) -> None:
    """Convert every row that is left, with as many workers as there are processors."""

    def keep_quiet(_states: Counter[RowState], _fresh: int) -> None:
        pass

    batch = conversion.store.get(batch_id)
    conversion.run(batch, os.cpu_count() or 1, keep_quiet, lambda: datetime.now(UTC))


def _keep(home: Home, folder: Path, handed: HandedIn) -> None:
    protection = protection_of(home)

    def closed(name: str, content: bytes) -> bytes:
        return protection.protect(content, context=handed_in_context(folder / name))

    said = {
        "type": handed.type,
        "mapping": handed.mapping,
        "seal": handed.seal,
        "operator": handed.operator,
        "checked_by": handed.checked_by,
        "self_declared": handed.self_declared,
        "dry_run": handed.dry_run,
        "tables": list(handed.tables),
        "scans": list(handed.scans),
    }
    files = {_REQUEST: json.dumps(said).encode(), _REGISTER: handed.register, _LOCK: b""}
    files |= {f"{_TABLES}-{number}": content for number, content in enumerate(handed.tables.values())}
    files |= {f"{_SCANS}-{number}": content for number, content in enumerate(handed.scans.values())}
    with StagedFiles(folder) as staged:
        staged.stage({name: closed(name, content) for name, content in files.items()})
        staged.put()


def _kept(home: Home, folder: Path) -> ConversionRequest:
    """Give back what was handed in; scans stay encrypted until a worker reads them."""
    protection = protection_of(home)

    def opened(name: str) -> bytes:
        return protection.reveal((folder / name).read_bytes(), context=handed_in_context(folder / name))

    said = json.loads(opened(_REQUEST))
    tables, scans = said.pop("tables"), said.pop("scans")
    return ConversionRequest(
        **said,
        register=opened(_REGISTER),
        tables={key: opened(f"{_TABLES}-{number}") for number, key in enumerate(tables)},
        closed_scans={name: folder / f"{_SCANS}-{number}" for number, name in enumerate(scans)},
    )


def _locked(folder: Path) -> "_Lock | None":
    try:
        lock = _Lock(os.open(folder / _LOCK, os.O_RDONLY))
    except FileNotFoundError:
        return None
    if lock.take():
        return lock
    lock.close()
    return None


class _Lock:
    """An open file that at most one process has locked; a copy of its descriptor holds the lock as well."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def fileno(self) -> int:
        return self._descriptor

    def take(self) -> bool:
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def close(self) -> None:
        os.close(self._descriptor)


if __name__ == "__main__":
    main(sys.argv[1:])
