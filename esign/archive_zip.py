"""The file of an archive package: a ZIP (PKWARE APPNOTE 6.3) in exactly one form for the same content.

Every entry is stored as it is, with one date and one mode, in a fixed order, without extra fields, comments or ZIP64.
Nothing is unpacked, so there is nothing that could burst; and since the reader compares with what the writer would have
written, an entry twice, a link, an attribute or a byte between the entries cannot be there.
"""

import re
import struct
from collections.abc import Iterable, Iterator, Mapping
from typing import Final, NamedTuple
from zlib import crc32

from .errors import Fault, MalformedError, TooLargeError

MAX_ARCHIVE_BYTES = 256 * 1024 * 1024  # a licence with a dozen versions and their scans has some tens of MB
MAX_ARCHIVE_FILES = 5000
MAX_ARCHIVE_NAME = 200  # characters of a path

MANIFEST_FILE: Final = "manifest.json"
SIGNATURE_FILE: Final = "manifest.json.p7s"
_FIRST: Final = (MANIFEST_FILE, SIGNATURE_FILE)

_LOCAL: Final = struct.Struct("<4s5H3L2H")
_CENTRAL: Final = struct.Struct("<4s6H3L5H2L")
_END: Final = struct.Struct("<4s4H2LH")
_LOCAL_SIGN, _CENTRAL_SIGN, _END_SIGN = b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06"
_VERSION: Final = 20
_DATE: Final = 0x0021  # 1980-01-01, the first day that the form has
_UNIX: Final = 3 << 8
_MODE: Final = 0o100644 << 16
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*(?:/[A-Za-z0-9][A-Za-z0-9._-]*)*")


class _Entry(NamedTuple):
    name: str
    crc: int
    size: int
    offset: int


def archive_to_bytes(files: Mapping[str, bytes]) -> bytes:
    """Pack files by path; the manifest and its signature stand first.

    Raises:
        TooLargeError: more than `MAX_ARCHIVE_BYTES`, `MAX_ARCHIVE_FILES` or `MAX_ARCHIVE_NAME`.
        ValueError: a path that no package has.
    """
    names = sorted(files, key=_place)
    if fault := _name_fault(names):
        raise ValueError(fault)
    parts: list[bytes] = []
    entries: list[_Entry] = []
    offset = 0
    for name in names:
        entry = _Entry(name, crc32(files[name]), len(files[name]), offset)
        parts += (_local_header(entry), files[name])
        entries.append(entry)
        offset += len(parts[-2]) + entry.size
        _check_size(offset, len(entries))
    return b"".join((*parts, _directory(entries, offset)))


def archive_from_bytes(data: bytes) -> dict[str, memoryview]:
    """Read the files of a package by path.

    Raises:
        TooLargeError: more than `MAX_ARCHIVE_BYTES` or `MAX_ARCHIVE_FILES`.
        MalformedError: `FORMAT_ARCHIVE` when it is no package or one of its names is refused, `NON_CANONICAL` when the
            same files are packed in another form.
    """
    _check_size(len(data), 0)
    files = dict[str, memoryview]()
    entries: list[_Entry] = []
    for entry, content in _entries(memoryview(data)):
        _check_size(len(data), len(entries) + 1)
        entries.append(entry)
        files[entry.name] = content
    names = [entry.name for entry in entries]
    if not names:
        raise MalformedError(Fault.FORMAT_ARCHIVE, "this is no package")
    if fault := _name_fault(names):
        raise MalformedError(Fault.FORMAT_ARCHIVE, fault)
    end = sum(_LOCAL.size + len(entry.name) + entry.size for entry in entries)
    if names != sorted(names, key=_place):
        raise MalformedError(Fault.NON_CANONICAL, "the files stand in another order")
    if data[end:] != _directory(entries, end):
        raise MalformedError(Fault.NON_CANONICAL, "the directory of the package says something else than its entries")
    return files


def claims_to_be_archive(data: bytes) -> bool:
    """Whether a file begins as a package does: with its manifest."""
    begin = _LOCAL.size
    return data.startswith(_LOCAL_SIGN) and data[begin : begin + len(MANIFEST_FILE)] == MANIFEST_FILE.encode()


def _place(name: str) -> tuple[int, str]:
    return (_FIRST.index(name) if name in _FIRST else len(_FIRST)), name


def _entries(data: memoryview) -> Iterator[tuple[_Entry, memoryview]]:
    offset = 0
    while bytes(data[offset : offset + 4]) == _LOCAL_SIGN:
        if len(data) < offset + _LOCAL.size:
            raise MalformedError(Fault.FORMAT_ARCHIVE, "the package is cut off")
        header = _LOCAL.unpack_from(data, offset)
        method, size, length = header[3], header[8], header[9]
        begin = offset + _LOCAL.size + length
        raw = bytes(data[offset + _LOCAL.size : begin])
        if method != 0:
            raise MalformedError(Fault.FORMAT_ARCHIVE, "an entry is compressed")
        if not raw.isascii() or length > MAX_ARCHIVE_NAME:
            raise MalformedError(Fault.FORMAT_ARCHIVE, "an entry has a name that no package has")
        if len(data) < begin + size:
            raise MalformedError(Fault.FORMAT_ARCHIVE, "the package is cut off")
        content = data[begin : begin + size]
        entry = _Entry(raw.decode("ascii"), crc32(content), size, offset)
        if bytes(data[offset:begin]) != _local_header(entry):
            raise MalformedError(Fault.NON_CANONICAL, "an entry has another header, or its check sum is wrong")
        yield entry, content
        offset = begin + size


def _name_fault(names: Iterable[str]) -> str:
    """What is wrong with the paths: none may leave the folder into which the package is unpacked, or meet another."""
    seen = set[str]()
    for name in names:
        if len(name) > MAX_ARCHIVE_NAME or not _NAME.fullmatch(name):
            return "an entry has a name that no package has"
        folded = name.lower()
        if folded in seen:
            return "an entry comes twice"
        seen.add(folded)
    folders = {name[:place] for name in seen for place, sign in enumerate(name) if sign == "/"}
    return "an entry is a file and a folder" if folders & seen else ""


def _check_size(size: int, count: int) -> None:
    if size > MAX_ARCHIVE_BYTES:
        raise TooLargeError(f"an archive package of more than {MAX_ARCHIVE_BYTES} bytes")
    if count > MAX_ARCHIVE_FILES:
        raise TooLargeError(f"an archive package of more than {MAX_ARCHIVE_FILES} files")


def _local_header(entry: _Entry) -> bytes:
    name = entry.name.encode("ascii")
    fixed = _LOCAL.pack(_LOCAL_SIGN, _VERSION, 0, 0, 0, _DATE, entry.crc, entry.size, entry.size, len(name), 0)
    return fixed + name


def _directory(entries: Iterable[_Entry], offset: int) -> bytes:
    """The central directory of these entries, which begins at the offset, and the end of the file."""
    records = [
        _CENTRAL.pack(
            _CENTRAL_SIGN, _UNIX | _VERSION, _VERSION, 0, 0, 0, _DATE, entry.crc, entry.size, entry.size,
            len(entry.name), 0, 0, 0, 0, _MODE, entry.offset,
        )
        + entry.name.encode("ascii")
        for entry in entries
    ]  # fmt: skip
    directory = b"".join(records)
    count = len(records)
    return directory + _END.pack(_END_SIGN, 0, 0, count, count, len(directory), offset, 0)
