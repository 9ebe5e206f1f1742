"""Reading the package of an OFD (GB/T 33190-2016 clause 6.2): a ZIP file (PKWARE APPNOTE 6.3), whoever made it.

Readers of other people's packages differ in which of two entries of one name they show, and in what they make of bytes
that only one of the two directories names. So what is told by the central directory must be told by the entries, too,
and whatever could be read in two ways is refused.
"""

import struct
from collections.abc import Mapping, Sequence
from functools import lru_cache
from types import MappingProxyType
from typing import Final, NamedTuple

from isal import isal_zlib
from isal.igzip_lib import IsalError

from .errors import Fault, MalformedError, TooLargeError
from .ofd_names import PATH_FIELD, other_readings, path_of, refuse_doubles, second_name
from .ofd_packing import (
    CENTRAL,
    CENTRAL_SIGN,
    DEFLATED,
    END,
    END_SIGN,
    LOCAL,
    LOCAL_SIGN,
    MAX_OFD_BYTES,
    MAX_OFD_FILES,
    OUR_PATH,
    ROOT_FILE,
    STORED,
    STORED_UP_TO,
    Entry,
    directory,
    in_order,
    local_header,
    method_of,
)
from .ofd_zip64 import ZIP64_FIELD, extra_fields, full_sizes, giant_end

MAX_OFD_NAME: Final = 300  # bytes of a path
MAX_UNPACKED_BYTES: Final = 64 * 1024 * 1024
"""Of all files of a package together."""

_MAX_COMMENT: Final = 0xFFFF
_ENCRYPTED, _SIZES_BEHIND, _UTF_8 = 0x0041, 0x0008, 0x0800
"""The first also in its strong form (APPNOTE 4.4.4)."""
_UNREADABLE: Final = 0x2030  # patched data, methods of deflate that nobody has, masked headers
_LATEST: Final = 63  # version of the form; the upper byte names a system
_DESCRIPTOR: Final = struct.Struct("<3L")
_WIDE_DESCRIPTOR: Final = struct.Struct("<L2Q")
_DESCRIPTOR_SIGN: Final = b"PK\x07\x08"
_SIGNS: Final = (_DESCRIPTOR_SIGN, LOCAL_SIGN, CENTRAL_SIGN)
_ONCE: Final = frozenset({ZIP64_FIELD, PATH_FIELD})
_FEW_NAMES: Final = 64
"""Of a package whose paths are remembered: licences of one type have the same ones."""


class OfdPackage(NamedTuple):
    """The files of a package that was read."""

    files: Mapping[str, bytes]
    """By path from the root, without a slash before it; in the order of the package."""
    canonical: bool
    """The package has the form that `write_package` gives it: but for compressed streams, which only packages of more
    than 16 MB have, these files make these bytes and no others."""
    other_names: Mapping[str, str] = MappingProxyType({})
    """Paths of files by those that readers find who take another character set for names."""


def read_package(data: bytes) -> OfdPackage:
    """Unpack anybody's package.

    Raises:
        TooLargeError: more than `MAX_OFD_BYTES`, `MAX_OFD_FILES`, `MAX_OFD_NAME` or `MAX_UNPACKED_BYTES`.
        MalformedError: `FORMAT_OFD`: no ZIP file, a damaged one, one that readers may take in different ways (a path
            twice, other entries than the directory names), one that leads out of itself, or one that is encrypted.
    """
    if len(data) > MAX_OFD_BYTES:
        raise TooLargeError(f"an OFD of {len(data)} bytes; the limit is {MAX_OFD_BYTES}")
    ours = _stored_as_ours(data)
    if ours is not None:
        return OfdPackage(ours, canonical=True)
    files: dict[str, bytes] = {}
    left, headers_canonical = MAX_UNPACKED_BYTES, True
    begin, entries = _central(data)
    total = sum(entry.size for entry in entries)
    places = _places(data, entries, begin)
    for entry, start in zip(entries, places, strict=True):
        if entry.size > left:
            raise TooLargeError(f"an OFD that unpacks to more than {MAX_UNPACKED_BYTES} bytes")
        content = _unpacked(entry, data[start : start + entry.packed])
        left -= len(content)
        name = entry.path
        if name.endswith("/"):
            if content:
                raise _malformed("a folder with a content of its own")
        else:
            files[name] = content
        headers_canonical = (
            headers_canonical
            and entry.name == name.encode()  # separated by `/`: not every reader finds what is named otherwise
            and entry.method == method_of(name, total)
            and data[entry.offset : start] == local_header(entry)
        )
    refuse_doubles(entry.path for entry in entries)
    readings = other_readings(entries)
    names = [entry.path for entry in entries]
    canonical = (
        headers_canonical
        and all(map(OUR_PATH.fullmatch, names))
        and names == in_order(files)
        and data[begin:] == directory(entries, begin)
        # In this order, and the streams end where the next entry or the directory begins.
        and all(
            start + entry.packed == following
            for entry, start, following in zip(
                entries, places, [*(one.offset for one in entries[1:]), begin], strict=True
            )
        )
    )
    return OfdPackage(files, canonical, readings)


def _stored_as_ours(data: bytes) -> dict[str, bytes] | None:
    """The files of a package that is what `write_package` makes of them, without a compressed stream.

    None for any other one, also for one that is damaged: what is wrong with it the other readers say.
    """
    at = len(data) - END.size
    if at < 0 or not data.startswith(END_SIGN, at):
        return None
    *_, count, size, begin, _ = END.unpack_from(data, at)
    if count > MAX_OFD_FILES or begin + size != at or begin > STORED_UP_TO:
        return None
    files: dict[str, bytes] = {}
    entries: list[Entry] = []
    place = 0
    for _ in range(count):
        if place + LOCAL.size > begin:
            return None
        *_, checksum, _, length, name_size, _ = LOCAL.unpack_from(data, place)
        start = place + LOCAL.size + name_size
        end = start + length
        name, content = data[place + LOCAL.size : start], data[start:end]
        if end > begin or name_size > MAX_OFD_NAME or not name.isascii() or isal_zlib.crc32(content) != checksum:
            return None
        entry = Entry(name, name.decode("ascii"), 0, STORED, checksum, length, length, place)
        if data[place:start] != local_header(entry):
            return None
        files[entry.path] = content
        entries.append(entry)
        place = end
    names = tuple(entry.path for entry in entries)
    named = _named_as_ours if len(names) <= _FEW_NAMES else _named_as_ours.__wrapped__
    if place != begin or data[begin:] != directory(entries, begin) or not named(names):
        return None
    return files


@lru_cache(maxsize=64)
def _named_as_ours(names: tuple[str, ...]) -> bool:
    """Whether a package of ours may have these paths, in this order."""
    if not all(map(OUR_PATH.fullmatch, names)) or list(names) != in_order(names):
        return False
    refuse_doubles(names)
    return True


def claims_to_be_ofd(data: bytes) -> bool:
    """Whether a file is a ZIP whose directory names `OFD.xml`; nothing is unpacked."""
    if not data.startswith(LOCAL_SIGN) or len(data) > MAX_OFD_BYTES:
        return False
    name = ROOT_FILE.encode()
    if data.startswith(name, LOCAL.size):
        # As in ours, whose directory is read only once.
        return True
    try:
        _, entries = _central(data)
        return any(entry.path.casefold() == ROOT_FILE.casefold() for entry in entries)
    except (MalformedError, TooLargeError):
        # The name stands in the directory all the same, when only what follows is damaged.
        return name in data[:4096] or name in data[-_MAX_COMMENT:]


def first_file(data: bytes, name: str, limit: int) -> bytes | None:
    """The file with which a package begins, if it has this name and at most `limit` bytes; no other is looked at."""
    if not data.startswith(LOCAL_SIGN) or not data.startswith(name.encode(), LOCAL.size):
        return None
    _, _, _, method, _, _, _, packed, size, name_size, extra = LOCAL.unpack_from(data)
    if name_size != len(name) or size > limit:
        return None
    start = LOCAL.size + name_size + extra
    if method == STORED:
        return data[start : start + packed]
    try:
        # The size may stand behind the content; the stream itself says where it ends.
        return bytes(isal_zlib.decompressobj(wbits=-15).decompress(data[start : start + limit], limit))
    except IsalError:  # type: ignore[misc]  # its stub does not say that it is an exception
        return None


def _central(data: bytes) -> tuple[int, list[Entry]]:
    """Where the central directory begins, and its entries."""
    at = len(data) - END.size
    if not data.startswith(END_SIGN, max(at, 0)):
        at = data.rfind(END_SIGN, max(0, at - _MAX_COMMENT))
    if at < 0 or len(data) - at < END.size:
        raise _malformed("no end of a ZIP file")
    _, disk, first_disk, here, count, size, begin, comment = END.unpack_from(data, at)
    behind = at + END.size + comment
    at, (here, count, size, begin) = giant_end(data, at, (here, count, size, begin))
    if disk or first_disk or here != count or behind != len(data) or begin + size != at:
        raise _malformed("the directory of the package does not lie where its end says")
    if count > MAX_OFD_FILES:
        raise TooLargeError(f"an OFD of more than {MAX_OFD_FILES} files")
    entries: list[Entry] = []
    place = begin
    for _ in range(count):
        if place + CENTRAL.size > at or data[place : place + 4] != CENTRAL_SIGN:
            raise _malformed("the directory of the package is cut off")
        fields = CENTRAL.unpack_from(data, place)
        flags, method, checksum = fields[3], fields[4], fields[7]
        if fields[2] & 0xFF > _LATEST or flags & _UNREADABLE:
            raise _malformed("the package needs more than a reader of OFD has")
        name_size, extra, remark = fields[10], fields[11], fields[12]
        if name_size > MAX_OFD_NAME:
            raise TooLargeError(f"a path of more than {MAX_OFD_NAME} bytes")
        place += CENTRAL.size
        end = place + name_size + extra + remark
        if end > at or fields[13]:
            raise _malformed("the directory of the package is cut off")
        name = data[place : place + name_size]
        more = extra_fields(data[place + name_size : place + name_size + extra], _ONCE)
        if flags & _ENCRYPTED:
            raise _malformed("a file of the package is encrypted")
        path = path_of(name, second_name(more))
        full, packed, offset = full_sizes((fields[9], fields[8], fields[16]), more.get(ZIP64_FIELD), local=False)
        entries.append(Entry(name, path, flags, method, checksum, packed, full, offset))
        place = end
    if place != at:
        raise _malformed("bytes in the directory of the package that no entry has")
    return begin, entries


def _places(data: bytes, entries: Sequence[Entry], begin: int) -> list[int]:
    """Where the content of each entry begins.

    A reader that goes from entry to entry instead of by the directory must find the same: no byte lies before, between
    or behind them, and their own headers say the same as the directory.
    """
    places = [0] * len(entries)
    expected = 0
    for number in sorted(range(len(entries)), key=lambda number: entries[number].offset):
        entry = entries[number]
        if entry.offset != expected:
            raise _malformed("bytes between the entries, or entries that overlap")
        places[number], expected = _place(data, entry, begin)
    if expected != begin:
        raise _malformed("bytes between the entries and the directory")
    return places


def _place(data: bytes, entry: Entry, limit: int) -> tuple[int, int]:
    """Where the content of an entry begins, and where the entry ends."""
    at = entry.offset
    if at + LOCAL.size > limit or data[at : at + 4] != LOCAL_SIGN:
        raise _malformed("an entry is not where the directory says")
    _, _, flags, method, _, _, checksum, packed, size, name_size, extra = LOCAL.unpack_from(data, at)
    named = at + LOCAL.size
    start = named + name_size + extra
    end = start + entry.packed
    more = extra_fields(data[named + name_size : start], _ONCE)
    size, packed = full_sizes((size, packed), more.get(ZIP64_FIELD), local=True)
    stated, known = (checksum, packed, size), (entry.checksum, entry.packed, entry.size)
    behind = bool(flags & _SIZES_BEHIND)
    if (
        end > limit
        or data[named : named + name_size] != entry.name
        or method != entry.method
        or (flags ^ entry.flags) & (_ENCRYPTED | _SIZES_BEHIND | _UTF_8 | _UNREADABLE)
        or not all(one == other or (behind and one == 0) for one, other in zip(stated, known, strict=True))
        # Who does not have the directory looks for the sign of the sizes, which must not stand in the content before.
        or (behind and method == STORED and any(sign in data[start:end] for sign in _SIGNS))
    ):
        raise _malformed("an entry says something else than the directory")
    second = second_name(more)
    if second is not None and second.replace("\\", "/") != entry.path:
        raise _malformed("an entry has two names")
    if behind:
        end = _behind_sizes(data, end, known, limit, signed=method == STORED, wide=ZIP64_FIELD in more)
    return start, end


def _behind_sizes(data: bytes, at: int, known: tuple[int, int, int], limit: int, *, signed: bool, wide: bool) -> int:
    """Where an entry ends that has its sizes behind its content; without their sign only after a compressed one."""
    if data.startswith(_DESCRIPTOR_SIGN, at):
        at += len(_DESCRIPTOR_SIGN)
    elif signed:
        raise _malformed("nobody can tell where an entry ends")
    form = _WIDE_DESCRIPTOR if wide else _DESCRIPTOR
    end = at + form.size
    if end > limit or form.unpack_from(data, at) != known:
        raise _malformed("an entry says something else than the directory")
    return end


def _unpacked(entry: Entry, stream: bytes) -> bytes:
    if entry.method == STORED:
        content = stream
    elif entry.method == DEFLATED:
        inflater = isal_zlib.decompressobj(wbits=-15)
        try:
            content = inflater.decompress(stream, entry.size + 1)
        except IsalError as error:  # type: ignore[misc]  # its stub does not say that it is an exception
            raise _malformed("a file of the package cannot be unpacked") from error
        if not inflater.eof or inflater.unused_data:
            raise _malformed("a file of the package is cut off, longer than it says, or has bytes behind its end")
    else:
        raise _malformed("a file of the package is compressed in a way that OFD does not have")
    if len(content) != entry.size or isal_zlib.crc32(content) != entry.checksum:
        raise _malformed("a file of the package is damaged")
    return bytes(content)


def _malformed(detail: str) -> MalformedError:
    return MalformedError(Fault.FORMAT_OFD, detail)
