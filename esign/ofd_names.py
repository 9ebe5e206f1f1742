"""Names of entries in the package of an OFD: the paths that they mean, to whoever reads them.

GB/T 33190 wants UTF-8, products also write GB 18030, and archivers that are told nothing take the character set of
their machine. What is one path to some reader may not be two to another.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Final

from .errors import Fault, MalformedError
from .ofd_packing import Entry

PATH_FIELD: Final = 0x7075
"""Extra field with the name in UTF-8 (APPNOTE 4.6.9)."""

_PATH_HEAD: Final = 5  # version and checksum before the name
_NO_STEPS: Final = frozenset({"", ".", ".."})
_NAMES_IN: Final = ("utf-8", "gb18030", "cp437")
"""The last one is the first character set of all: it is no reading of ours."""
# A whole row of them, looked at once: a path of nothing else would be looked through anew from every place.
_DROPPED: Final = re.compile(r"(?<![ .])[ .]++(?=/|$)")


def path_of(name: bytes, second: str | None) -> str:
    """The path of an entry; GB/T 33190 wants UTF-8, products also write GB 18030."""
    readings = []
    for encoding in ("ascii",) if name.isascii() else _NAMES_IN[:2]:
        with suppress(UnicodeDecodeError):
            readings.append(name.decode(encoding))
    if second is not None and second not in readings:
        raise _malformed("an entry has two names")
    if not readings:
        raise _malformed("a path in no known character set")
    path = (second or readings[0]).replace("\\", "/")
    steps = path.removesuffix("/").split("/")
    if not path.isprintable() or ":" in steps[0] or not _NO_STEPS.isdisjoint(steps):
        raise _malformed("a path that leads out of the package, or has signs that no path has")
    return path


def second_name(more: Mapping[int, bytes]) -> str | None:
    """The name that extra fields (APPNOTE 4.6.9) say in UTF-8: some readers take it, some do not."""
    return more[PATH_FIELD][_PATH_HEAD:].decode("utf-8", "replace") if PATH_FIELD in more else None


def refuse_doubles(paths: Iterable[str]) -> None:
    """No path twice, whoever compares them.

    Neither case nor the form of an accent counts, nor the ends that some systems drop.
    """
    files: set[str] = set()
    folders = {""}
    for path in paths:
        whole = _alike(path)
        folder = whole.rpartition("/")[0]
        while folder not in folders:
            folders.add(folder)
            folder = folder.rpartition("/")[0]
        if whole.endswith("/"):
            continue
        if whole in files:
            raise _malformed("a path stands in the package twice")
        files.add(whole)
    if folders & files:
        raise _malformed("a path is a file and a folder")


def _alike(path: str) -> str:
    folded = path.casefold()
    return _DROPPED.sub("", folded if path.isascii() else unicodedata.normalize("NFD", folded))


def other_readings(entries: Sequence[Entry]) -> dict[str, str]:
    """Other readings of the paths, none of which may be that of another entry.

    Without the sign for UTF-8 an archiver reads the character set of its machine, and some do not look at the sign.
    """
    found: dict[str, str] = {}
    owners: dict[str, int] = {}
    for number, entry in enumerate(entries):
        if entry.path.endswith("/"):
            continue
        readings = {entry.path}
        for encoding in () if entry.name.isascii() else _NAMES_IN:
            with suppress(UnicodeDecodeError):
                readings.add(entry.name.decode(encoding).replace("\\", "/"))
        if any(".." in reading.split("/") for reading in readings):
            raise _malformed("a path that leads out of the package, or has signs that no path has")
        if any(owners.setdefault(_alike(reading), number) != number for reading in readings):
            raise _malformed("a path that readers find at different entries")
        found |= dict.fromkeys(readings - {entry.path}, entry.path)
    return found


def _malformed(detail: str) -> MalformedError:
    return MalformedError(Fault.FORMAT_OFD, detail)
