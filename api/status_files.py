"""Where published status lists lie: `status/<issuer>/<number>/<time>.status`, and `latest.status` beside them.

The name of a file says when its list was issued, so that the one for a time is found without reading any. Every list
that was ever published stays: it answers what held at its time.
"""

import os
import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from esign import MAX_STATUS_FILE_BYTES
from licences import StatusListName

from .errors import HomeError
from .inputs import read_file
from .output import StagedFiles

LATEST = "latest.status"
INDEX_PATH = "/status-lists"
"""Where a server offers the lists of its folder."""
MEDIA_TYPE = "application/vnd.elicence.status-list"
_STAMP = "%Y%m%dT%H%M%SZ"
_FILE = re.compile(r"(\d{8}T\d{6}Z)\.status", re.ASCII)
_ISSUER = re.compile(r"[0-9A-Z]{18}", re.ASCII)
_NUMBER = re.compile(r"[1-9]\d{0,8}", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedList:
    """One list that lies in the folder; what is inside is not known yet."""

    name: StatusListName
    issued_at: datetime
    """As the name of the file says."""
    path: Path

    def read(self) -> bytes:
        """Return the file."""
        return read_file(self.path, MAX_STATUS_FILE_BYTES)


def list_name(issuer_code: str, number: str) -> StatusListName | None:
    """Read the two parts of a list's name; None when there can be no such list."""
    if _ISSUER.fullmatch(issuer_code) is None or _NUMBER.fullmatch(number) is None:
        return None
    return StatusListName(issuer_code, int(number))


class StatusFiles:
    """The folder of published lists."""

    def __init__(self, folder: Path) -> None:
        """A folder that is missing has no lists; it is made when the first one is put there."""
        self.folder = folder

    def names(self) -> tuple[StatusListName, ...]:
        """Return the lists of which there is at least a folder, in order."""
        issuers = _entries(self.folder)
        found = [list_name(issuer, number) for issuer in issuers for number in _entries(self.folder / issuer)]
        return tuple(sorted(name for name in found if name is not None))

    def published(self, name: StatusListName) -> tuple[PublishedList, ...]:
        """Return all lists of a name, the oldest first."""
        stamps = self._stamps(name)
        return tuple(one for stamp in stamps if (one := self._of(name, stamp)) is not None)

    def newest(self, name: StatusListName) -> PublishedList | None:
        """Return the newest list of a name, None when there is none."""
        return self._last(name, self._stamps(name))

    def as_of(self, name: StatusListName, at: datetime) -> PublishedList | None:
        """Return the list that was the newest one at a time, None when there was none."""
        stamps = self._stamps(name)
        # The names sort as the times do: of many thousands only one is read as a time.
        return self._last(name, stamps[: bisect_right(stamps, at.astimezone(UTC).strftime(_STAMP))])

    def put(self, name: StatusListName, issued_at: datetime, content: bytes) -> PublishedList:
        """Put a list into the folder, whole or not at all; CannotWriteError.

        `latest.status` comes last: where it is not the newest one, the program was ended between the two, and the next
        list repairs it.
        """
        folder = self._folder_of(name)
        dated = f"{issued_at.astimezone(UTC).strftime(_STAMP)}.status"
        # Anybody may read a list: it is made to be carried away.
        with StagedFiles(folder, mode=0o644) as staged:
            staged.stage({LATEST: content, dated: content})
            staged.put()
        return PublishedList(name=name, issued_at=issued_at, path=folder / dated)

    def _stamps(self, name: StatusListName) -> list[str]:
        found = (_FILE.fullmatch(entry) for entry in _entries(self._folder_of(name)))
        return sorted(match[1] for match in found if match is not None)

    def _last(self, name: StatusListName, stamps: list[str]) -> PublishedList | None:
        return next((one for stamp in reversed(stamps) if (one := self._of(name, stamp)) is not None), None)

    def _of(self, name: StatusListName, stamp: str) -> PublishedList | None:
        try:
            issued_at = datetime.strptime(stamp, _STAMP).replace(tzinfo=UTC)
        except ValueError:
            return None  # no day of any calendar: not ours
        return PublishedList(name=name, issued_at=issued_at, path=self._folder_of(name) / f"{stamp}.status")

    def _folder_of(self, name: StatusListName) -> Path:
        return self.folder / name.issuer_code / str(name.number)


def _entries(folder: Path) -> Iterator[str]:
    """The names in a folder; none where there is no such folder."""
    try:
        yield from os.listdir(folder)
    except (FileNotFoundError, NotADirectoryError):
        return
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise HomeError(
            f"状态列表目录无法读取（{reason}）", f"the folder of status lists cannot be read: {reason}"
        ) from error
