"""Damage to DER that keeps most of its frame, so that it reaches what stands deep inside.

Lengths of what stands around a change are mostly put right. Everything is drawn from the `Random` that is given.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from random import Random

MAX_BYTES = 200_000
"""Of what comes out, most of the time; `HUGE` executions may make more."""
HUGE = 3_000_000
_MAX_ELEMENTS = 2_000

_TAGS = (0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x0A, 0x0C, 0x13, 0x16, 0x17, 0x18, 0x1E, 0x30, 0x31, 0x24, 0x80, 0xA0)
_MORE_TAGS = (0x81, 0x82, 0x86, 0xA1, 0xA2, 0xA3, 0xA4, 0x00, 0x1F, 0x3F, 0xBF, 0xFF, 0x23, 0x40, 0x60, 0xE0)
_TIMES = (
    *(b"000101000000Z", b"991231235959Z", b"491231235959Z", b"500101000000Z", b"260229000000Z", b"2611210230Z"),
    *(b"00010101000000Z", b"99991231235959Z", b"00000101000000Z", b"20261121023000.5Z", b"20261121023000+0800"),
    *(b"99991231235959.999999999Z", b"20261121023060Z", b"19691231235959Z", b""),
)
_OIDS = tuple(
    bytes.fromhex(text)
    for text in (
        *("2a864886f70d010702", "2a811ccf550601040202", "2a864886f70d010701", "2a811ccf550601040201"),
        *("2a864886f70d01010b", "2a864886f70d01010c", "2a864886f70d01010d", "2a864886f70d010105", "2a864886f70d010104"),
        *("2a864886f70d01010a", "2a864886f70d010101", "2a8648ce3d040302", "2a8648ce3d040303", "2a8648ce3d0201"),
        *("2a811ccf55018375", "2a811ccf5501822d", "2a811ccf5501822d01", "2a811ccf55018311", "2a811ccf55018241"),
        *("608648016503040201", "608648016503040202", "608648016503040203", "2b0e03021a", "2a864886f70d0205"),
        *("2a864886f70d010903", "2a864886f70d010904", "2a864886f70d010905", "2a864886f70d0109100104"),
        *("2a864886f70d010910020e", "2a864886f70d010910022f", "2a864886f70d010910020c", "2b0601050507300102"),
        *("551d0f", "551d13", "551d25", "551d0e", "551d1f", "551d1c", "551d1b", "551d15", "551d18", "551d1d", "550403"),
        *("2a864886f70d01050d", "2a864886f70d01050c", "2a864886f70d010c0103", "2a864886f70d010706", "2b06010505070101"),
        *("00", "80", "ff", "8001", "2a" + "ff" * 70 + "7f", "883703", "6a", "", "ff" * 63 + "7f"),
    )
)
_NUMBERS = (
    *(b"", b"\x00", b"\x01", b"\x02", b"\x03", b"\x7f", b"\x80", b"\xff", b"\x00\x80", b"\x00\x01", b"\xff\xff"),
    *(b"\x00\x4c\x4b\x40", b"\x7f\xff\xff\xff", b"\x00\xff\xff\xff\xff", b"\x80" + bytes(7), b"\x7f" * 9),
    *(b"\x01" + bytes(20), b"\x7f" * 21, b"\x00" + b"\xff" * 64, b"\x7f" * 300, b"\x7f" * 9000),
)
_LENGTHS = (
    *(b"\x80", b"\x81\x01", b"\x82\x00\x20", b"\x84\x00\x00\x00\x20", b"\x84\xff\xff\xff\xff", b"\x84\x7f\xff\xff\xff"),
    *(b"\x85\x01\x00\x00\x00\x00", b"\x88" + b"\xff" * 8, b"\xff", b"\x83\xff\xff\xff", b"\x00", b"\x7f"),
)


@dataclass(frozen=True, slots=True)
class Place:
    """Where one element stands."""

    start: int
    content: int
    end: int
    parent: int
    """Number of the element around it, -1 for none."""


@lru_cache(maxsize=512)
def places(data: bytes) -> tuple[Place, ...]:
    """The elements of `data`, outer ones first; also those inside strings that hold DER. As far as it can be read."""
    found: list[Place] = []
    waiting = [(0, len(data), -1)]
    while waiting and len(found) < _MAX_ELEMENTS:
        position, end, parent = waiting.pop()
        while position < end and len(found) < _MAX_ELEMENTS:
            content, stop = _bounds(data, position, end)
            if stop < 0:
                break
            found.append(Place(position, content, stop, parent))
            tag = data[position]
            inner = content + 1 if tag == 0x03 and data[content : content + 2] == b"\x00\x30" else content
            if tag & 0x20 or (tag in (0x03, 0x04) and _is_element(data, inner, stop)):
                waiting.append((inner, stop, len(found) - 1))
            position = stop
    return tuple(found)


def _is_element(data: bytes, start: int, end: int) -> bool:
    return data[start : start + 1] in (b"\x30", b"\x31", b"\x04") and _bounds(data, start, end)[1] == end


def _bounds(data: bytes, start: int, end: int) -> tuple[int, int]:
    if start + 2 > end:
        return start, -1
    size, content = data[start + 1], start + 2
    if size >= 0x80:
        count = size & 0x7F
        content += count
        if not 1 <= count <= 4 or content > end:
            return start, -1
        size = int.from_bytes(data[start + 2 : content], "big")
    return content, content + size if content + size <= end else -1


def element(tag: int, content: bytes) -> bytes:
    """One element, whatever its tag."""
    size = len(content)
    if size < 0x80:
        return bytes((tag, size)) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(length))) + length + content


def replaced(data: bytes, found: Sequence[Place], number: int, new: bytes) -> bytes:
    """`data` with other bytes in place of one element; the lengths around it are put right."""
    place = found[number]
    start, end = place.start, place.end
    while place.parent >= 0:
        outer = found[place.parent]
        new = element(data[outer.start], data[outer.content : start] + new + data[end : outer.end])
        start, end, place = outer.start, outer.end, outer
    return data[:start] + new + data[end:]


def mutated(chance: Random, data: bytes, corpus: Sequence[bytes]) -> bytes:
    """Something that is nearly `data`; parts may be of another item of the corpus."""
    for _ in range(chance.choices((1, 2, 3, 6), (60, 25, 10, 5))[0]):
        found = places(data)
        data = _changed(chance, data, found, corpus) if found and chance.random() < 0.85 else byte_damage(chance, data)
        if len(data) > MAX_BYTES and (len(data) > HUGE or chance.random() < 0.9):
            data = data[:MAX_BYTES]
    return data


def byte_damage(chance: Random, data: bytes) -> bytes:
    """Bits turned, bytes taken out, put in, doubled or moved; whatever the format."""
    if not data:
        return chance.randbytes(chance.randrange(1, 40))
    a, b = sorted((chance.randrange(len(data) + 1), chance.randrange(len(data) + 1)))
    match chance.randrange(8):
        case 0 | 1 | 2:
            changed = bytearray(data)
            for _ in range(chance.choices((1, 2, 8), (70, 20, 10))[0]):
                changed[chance.randrange(len(changed))] ^= 1 << chance.randrange(8)
            return bytes(changed)
        case 3:
            return data[:a]
        case 4:
            return data[:a] + data[min(b, a + chance.choice((1, 2, 4, 16, 1 << 30))) :]
        case 5:
            return data[:a] + chance.randbytes(chance.choice((1, 2, 4, 32))) + data[a:]
        case 6:
            return data[:b] + data[a:]
        case _:
            changed = bytearray(data)
            changed[a : a + 1] = bytes((chance.choice((0x00, 0x20, 0x30, 0x7F, 0x80, 0xFF)),))
            return bytes(changed)


def _changed(chance: Random, data: bytes, found: Sequence[Place], corpus: Sequence[bytes]) -> bytes:
    number = chance.randrange(len(found))
    place = found[number]
    tag, content, raw = data[place.start], data[place.content : place.end], data[place.start : place.end]
    match chance.choices(range(12), (8, 20, 6, 6, 8, 8, 8, 8, 12, 4, 4, 2))[0]:
        case 0:
            return replaced(data, found, number, element(chance.choice((*_TAGS, *_MORE_TAGS)), content))
        case 1:
            return replaced(data, found, number, element(tag, _content(chance, tag, content)))
        case 2:
            # The length as it stands is a lie, or has another form; nothing around it is put right.
            length = chance.choice(_LENGTHS)
            return data[: place.start + 1] + length + data[place.content :]
        case 3:
            # The same with the lengths around it right: indefinite, or not minimal.
            long = b"\x84" + len(content).to_bytes(4, "big")
            new = bytes((tag,)) + (b"\x80" + content + b"\x00\x00" if chance.random() < 0.5 else long + content)
            return replaced(data, found, number, new)
        case 4:
            return replaced(data, found, number, b"")
        case 5:
            times = chance.choices((2, 3, 10, 70, 1000, 30_000), (50, 20, 15, 10, 4, 1))[0]
            return replaced(data, found, number, raw * min(times, max(2, HUGE // (len(raw) or 1))))
        case 6:
            siblings = [
                at for at, other in enumerate(found) if other.parent == place.parent and other.start > place.start
            ]
            if not siblings:
                return replaced(data, found, number, raw[::-1])
            other = found[chance.choice(siblings)]
            moved = data[other.start : other.end] + data[place.end : other.start] + raw
            return data[: place.start] + moved + data[other.end :]
        case 7:
            around = chance.choice((tag | 0x20, 0x30, 0x31, 0xA0, 0x24))
            new = raw
            for _ in range(chance.choices((1, 3, 30, 1500), (60, 20, 15, 5))[0]):
                new = element(around, new)
                if len(new) > MAX_BYTES:
                    break
            return replaced(data, found, number, new)
        case 8:
            source = chance.choice(corpus)
            others = places(source)
            if not others:
                return byte_damage(chance, data)
            alike = [other for other in others if source[other.start] == tag] if chance.random() < 0.7 else others
            other = chance.choice(alike or others)
            return replaced(data, found, number, source[other.start : other.end])
        case 9:
            return replaced(
                data, found, number, raw + chance.choice((b"\x05\x00", b"\x00", raw, b"\x30\x00", b"\x00" * 40))
            )
        case 10:
            return replaced(data, found, number, content)
        case _:
            source = chance.choice(corpus)
            return data[: place.start] + source[min(place.start, len(source)) :]


def _content(chance: Random, tag: int, content: bytes) -> bytes:
    if chance.random() < 0.5:
        match tag:
            case 0x02 | 0x0A:
                return chance.choice(_NUMBERS)
            case 0x06:
                return chance.choice(_OIDS)
            case 0x17 | 0x18:
                return chance.choice(_TIMES)
            case 0x01:
                return chance.choice((b"\x00", b"\xff", b"\x01", b"", b"\xff\xff"))
            case 0x0C | 0x13 | 0x16 | 0x1E:
                texts = (b"", b"\x00", b"\xff\xfe", "\u202e测".encode(), b"\xed\xa0\x80", b"A" * 70_000, b"http://[::1")
                return chance.choice(texts)
            case _:
                pass
    match chance.randrange(7):
        case 0:
            return b""
        case 1:
            return content + chance.randbytes(chance.choice((1, 2, 33)))
        case 2:
            return content[: chance.randrange(len(content) + 1)]
        case 3:
            return bytes(len(content))
        case 4:
            return b"\xff" * len(content)
        case 5:
            return chance.randbytes(len(content))
        case _:
            changed = bytearray(content or b"\x00")
            changed[chance.randrange(len(changed))] ^= 1 << chance.randrange(8)
            return bytes(changed)
