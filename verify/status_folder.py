"""Signed status lists in files and folders (an adapter), as `elicence status-list` and its `fetch` lay them out.

A folder holds `ISSUER/NUMBER/YYYYMMDDTHHMMSSZ.status`, for years perhaps one each hour. Names only say what to open
first: what counts is what is signed. Files with other names, there or in the folder itself, are always opened.
"""

from __future__ import annotations

import os
import re
import stat
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from heapq import nlargest, nsmallest
from pathlib import Path
from threading import Lock
from typing import Final

from esign import MAX_STATUS_FILE_BYTES, EsignError, Fault, MalformedError, SignedStatusList
from verify.errors import StatusFilesError
from verify.status_lists import read_or_fault

STATUS_SUFFIX: Final = ".status"
MAX_STATUS_FILES: Final = 200_000
"""In all folders together: twenty years of hourly lists."""
MAX_UNDATED: Final = 256
"""Files whose names do not tell the time."""
_NEWEST: Final = 4
"""Dated files that are opened for one question: those after the first are for the case that it is damaged."""
_REMEMBERED: Final = 16
"""Lists that stay in memory, about 1 MB each."""

_DATED = re.compile(r"(?P<issuer>[0-9A-Z]{18})/(?P<number>[0-9]{1,9})/(?P<time>[0-9]{8}T[0-9]{6}Z)\.status")


class StatusFolder:
    """The lists in some files and folders, as they are when a question comes."""

    def __init__(self, paths: Sequence[Path]) -> None:
        """StatusFilesError where there is nothing at a path."""
        for path in paths:
            if not path.exists():
                raise StatusFilesError(f"no status list: {path.name}")
        self._paths = tuple(paths)
        self._read: OrderedDict[tuple[str, int, int], SignedStatusList | EsignError] = OrderedDict()
        self._lock = Lock()

    def lists(self, issuer_code: str, number: int, at: datetime) -> Iterator[SignedStatusList | EsignError]:
        """Open what may be asked for: the newest dated files of that time, the first one after it, all undated ones.

        StatusFilesError when a folder cannot be read or has too many files.
        """
        # Plain texts: a hundred thousand paths would take seconds.
        dated: list[tuple[str, str]] = []
        undated: list[str] = []
        for path in self._files(issuer_code, number):
            named = _DATED.fullmatch("/".join(path.split(os.sep)[-3:]))
            if named is None:
                undated.append(path)
            elif (named["issuer"], int(named["number"])) == (issuer_code, number):
                dated.append((named["time"], path))
        if len(undated) > MAX_UNDATED:
            raise StatusFilesError(f"more than {MAX_UNDATED} status lists whose names do not tell their time")
        then = f"{at.astimezone(UTC):%Y%m%dT%H%M%SZ}"
        there = nlargest(_NEWEST, (one for one in dated if one[0] <= then))
        later = nsmallest(1, (one for one in dated if one[0] > then))
        for path in (*(path for _, path in there), *(path for _, path in later), *undated):
            yield self._open(Path(path))

    def _files(self, issuer_code: str, number: int) -> Iterator[str]:
        """The files that were given, and those in the folders: not in those of other issuers and numbers."""
        found = 0
        try:
            for path in self._paths:
                folders = (path, path / issuer_code, path / issuer_code / str(number)) if path.is_dir() else ()
                names = (one for folder in folders if folder.is_dir() for one in _listed(folder))
                for file in names if folders else (str(path),):
                    found += 1
                    if found > MAX_STATUS_FILES:
                        raise StatusFilesError(f"more than {MAX_STATUS_FILES} status lists")
                    yield file
        except OSError as error:
            raise StatusFilesError(f"the status lists cannot be read: {error.strerror}") from error

    def _open(self, path: Path) -> SignedStatusList | EsignError:
        try:
            state = path.stat()
            if not stat.S_ISREG(state.st_mode):
                # A pipe would be waited for without end.
                return MalformedError(Fault.FORMAT_STATUS_LIST, "a status list that is no file")
            key = (str(path), state.st_mtime_ns, state.st_size)
            with self._lock:
                if key in self._read:
                    self._read.move_to_end(key)
                    return self._read[key]
            with path.open("rb") as stream:
                data = stream.read(MAX_STATUS_FILE_BYTES + 1)
        except OSError as error:
            return MalformedError(Fault.FORMAT_STATUS_LIST, f"a status list cannot be read: {error.strerror}")
        found = read_or_fault(data)
        with self._lock:
            self._read[key] = found
            while len(self._read) > _REMEMBERED:
                self._read.popitem(last=False)
        return found


def _listed(folder: Path) -> Iterator[str]:
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.endswith(STATUS_SUFFIX):
                yield entry.path
