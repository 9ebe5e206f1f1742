"""The form for giant files (ZIP64, PKWARE APPNOTE 4.3.14, 4.3.15 and 4.5.3), which some writers use for small ones.

Writers that do not know a size beforehand reserve its place. It is read where it says what readers find who do not look
at it, or where the ordinary field says that it stands here.
"""

import struct
from collections.abc import Mapping
from typing import Final

from .errors import Fault, MalformedError, TooLargeError

MAX_EXTRA_FIELDS: Final = 64
"""Of one entry; writers have up to half a dozen, and there is room for 16,000."""
ZIP64_FIELD: Final = 0x0001

_MARK, _MARK_16 = 0xFFFFFFFF, 0xFFFF
_HEAD: Final = struct.Struct("<2H")
_END: Final = struct.Struct("<LQ2H2L4Q")
_END_SIGN: Final = 0x06064B50
_END_REST: Final = 44  # bytes behind the size that it states
_LOCATOR: Final = struct.Struct("<2LQL")
_LOCATOR_SIGN: Final = 0x07064B50


def extra_fields(extra: bytes, once: frozenset[int]) -> Mapping[int, bytes]:
    """The extra fields of an entry by their kind; those that are `once` may not stand there twice."""
    found: dict[int, bytes] = {}
    place = count = 0
    while place + _HEAD.size <= len(extra):
        kind, size = _HEAD.unpack_from(extra, place)
        place += _HEAD.size
        if place + size > len(extra):
            raise _malformed("an extra field is cut off")
        if kind in once and kind in found:
            raise _malformed("an extra field stands twice")
        count += 1
        if count > MAX_EXTRA_FIELDS:
            raise TooLargeError(f"an entry with more than {MAX_EXTRA_FIELDS} extra fields")
        found[kind] = extra[place : place + size]
        place += size
    return found


def full_sizes(sizes: tuple[int, ...], given: bytes | None, *, local: bool) -> tuple[int, ...]:
    """The sizes and the place that a header says, with those that stand in its extra field for giant files.

    `local` headers have both sizes there or none.
    """
    if given is None:
        return sizes
    marked = [size == _MARK for size in sizes]
    if local and any(marked) != all(marked):
        raise _malformed("an entry has one size in the form for giant files (ZIP64), and one not")
    if len(given) % 8:
        raise _malformed("an extra field is cut off")
    numbers = struct.unpack(f"<{len(given) // 8}Q", given)
    if not any(marked):
        # What was reserved and not needed.
        if any(numbers) and numbers != sizes[: len(numbers)]:
            raise _malformed("an entry has two sizes")
        return sizes
    if len(numbers) != sum(marked):
        raise _malformed("an extra field for giant files (ZIP64) has not what the entry looks for there")
    rest = iter(numbers)
    return tuple(next(rest) if mark else size for size, mark in zip(sizes, marked, strict=True))


def giant_end(data: bytes, at: int, said: tuple[int, int, int, int]) -> tuple[int, tuple[int, int, int, int]]:
    """Where the directory ends, and what its end says: entries on this disk and in all, its size and its place.

    `at` is the place of the ordinary end, and `said` what that says.
    """
    place = at - _LOCATOR.size
    if place < 0:
        return at, said
    sign, disk, record, disks = _LOCATOR.unpack_from(data, place)
    if sign != _LOCATOR_SIGN:
        return at, said
    if record + _END.size != place:
        raise _malformed("the directory of the package does not lie where its end says")
    sign, rest, _, _, here_disk, first_disk, *numbers = _END.unpack_from(data, record)
    here, count, size, begin = numbers
    if sign != _END_SIGN or rest != _END_REST or disk or disks > 1 or here_disk or first_disk:
        raise _malformed("the end for giant files (ZIP64) is not of the form that all readers take")
    for value, wide, mark in zip(said, numbers, (_MARK_16, _MARK_16, _MARK, _MARK), strict=True):
        if value not in (wide, mark):
            raise _malformed("the two ends of the directory say different things")
    return record, (here, count, size, begin)


def _malformed(detail: str) -> MalformedError:
    return MalformedError(Fault.FORMAT_OFD, detail)
