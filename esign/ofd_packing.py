"""Writing the package of an OFD (GB/T 33190-2016 clause 6.2): a ZIP file (PKWARE APPNOTE 6.3) in exactly one form.

Whoever reads a package makes its headers again with the same functions, and so finds out whether it has this form.
"""

import re
import struct
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final, NamedTuple

from isal import isal_zlib

from keys import hash_bytes

from .errors import TooLargeError

MAX_OFD_BYTES: Final = 20 * 1024 * 1024
"""As of every file that is verified."""
MAX_OFD_FILES: Final = 4_000  # a licence with 300 annex pages has 320

ROOT_FILE: Final = "OFD.xml"
"""The only path that the standard fixes (clause 7.3)."""

LOCAL: Final = struct.Struct("<4s5H3L2H")
CENTRAL: Final = struct.Struct("<4s6H3L5H2L")
END: Final = struct.Struct("<4s4H2LH")
LOCAL_SIGN, CENTRAL_SIGN, END_SIGN = b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06"
STORED, DEFLATED = 0, 8
STORED_UP_TO: Final = 16 * 1024 * 1024
"""Of all files together: a compressed stream can be written in several ways, what is merely stored in one."""
OUR_PATH: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*(?:/[A-Za-z0-9][A-Za-z0-9._-]*)*")
_VERSION: Final = 20
_DATE: Final = 0x0021  # 1980-01-01, the first day that the form has
_UNIX: Final = 3 << 8
_MODE: Final = 0o100644 << 16
_PACKED: Final = (".png", ".jpg", ".jpeg", ".dat", ".esl", ".p7s")
"""Suffixes of files that cannot be made smaller."""


@dataclass(frozen=True, slots=False, eq=False)
class OfdPart:
    """One file of a package that is written; what several packages share is compressed and hashed once."""

    content: bytes = field(repr=False)

    @cached_property
    def sm3(self) -> bytes:
        """Digest of the content, as signatures name it."""
        return hash_bytes("sm3", self.content)

    @cached_property
    def checksum(self) -> int:
        """CRC-32 of the content."""
        return isal_zlib.crc32(self.content)

    @cached_property
    def deflated(self) -> bytes:
        """The content as a raw deflate stream (RFC 1951)."""
        packer = isal_zlib.compressobj(wbits=-15)
        return bytes(packer.compress(self.content) + packer.flush())


class Entry(NamedTuple):
    """What the headers say of one file."""

    name: bytes
    path: str
    flags: int
    method: int
    checksum: int
    packed: int
    size: int
    offset: int


def write_package(files: Mapping[str, OfdPart]) -> bytes:
    """Pack files by path, `OFD.xml` first and the others in the order of their names.

    Raises:
        TooLargeError: more than `MAX_OFD_BYTES` or `MAX_OFD_FILES`.
        ValueError: a path that no package of ours has.
    """
    names, total = in_order(files), sum(len(part.content) for part in files.values())
    if ROOT_FILE not in files or not all(OUR_PATH.fullmatch(name) for name in names):
        raise ValueError("a path that no package of ours has")
    parts: list[bytes] = []
    entries: list[Entry] = []
    offset = 0
    for name in names:
        part = files[name]
        method = method_of(name, total)
        stream = part.content if method == STORED else part.deflated
        entry = Entry(name.encode(), name, 0, method, part.checksum, len(stream), len(part.content), offset)
        parts += (local_header(entry), stream)
        entries.append(entry)
        offset += len(parts[-2]) + len(stream)
    made = b"".join((*parts, directory(entries, offset)))
    if len(made) > MAX_OFD_BYTES or len(entries) > MAX_OFD_FILES:
        raise TooLargeError(f"an OFD of {len(made)} bytes; the limit is {MAX_OFD_BYTES}")
    return made


def in_order(files: Iterable[str]) -> list[str]:
    """Put paths into the order of our packages."""
    return sorted(files, key=lambda name: (name != ROOT_FILE, name))


def method_of(name: str, total: int) -> int:
    """Say how we store a file in a package of `total` bytes."""
    return STORED if total <= STORED_UP_TO or name.endswith(_PACKED) else DEFLATED


def local_header(entry: Entry) -> bytes:
    """Make what stands before the content of a file."""
    fixed = LOCAL.pack(
        LOCAL_SIGN, _VERSION, 0, entry.method, 0, _DATE, entry.checksum, entry.packed, entry.size, len(entry.name), 0
    )
    return fixed + entry.name


def directory(entries: Iterable[Entry], offset: int) -> bytes:
    """Make the central directory of these entries, which begins at the offset, and the end of the file."""
    records = list(_records(entries))
    size, count = sum(map(len, records)), len(records)
    return b"".join((*records, END.pack(END_SIGN, 0, 0, count, count, size, offset, 0)))


def _records(entries: Iterable[Entry]) -> Iterator[bytes]:
    for entry in entries:
        fixed = CENTRAL.pack(
            CENTRAL_SIGN, _UNIX | _VERSION, _VERSION, 0, entry.method, 0, _DATE, entry.checksum, entry.packed,
            entry.size, len(entry.name), 0, 0, 0, 0, _MODE, entry.offset,
        )  # fmt: skip
        yield fixed + entry.name
