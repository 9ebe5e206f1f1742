"""Pictures that could let paper show through: whether one does is told without unpacking its colours."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Sequence
from itertools import pairwise

import pytest
from PIL import Image

from esign.png_opacity import MAX_OPACITY_DOTS, MAX_OPACITY_ROWS, all_opaque


def chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">L", len(content)) + kind + content + struct.pack(">L", zlib.crc32(kind + content))


def png(rows: Sequence[bytes], filters: Sequence[int], *, kind: int = 6, interlaced: int = 0, parts: int = 1) -> bytes:
    """Written after the specification, with a filter for each row."""
    step = {4: 2, 6: 4}[kind]
    out, above = b"", bytes(len(rows[0]))
    for row, number in zip(rows, filters, strict=True):
        out += bytes([number]) + filtered(row, above, number, step)
        above = row
    stream = zlib.compress(out)
    cuts = [len(stream) * part // parts for part in range(parts + 1)]
    data = b"".join(chunk(b"IDAT", stream[begin:end]) for begin, end in pairwise(cuts))
    head = struct.pack(">2L5B", len(rows[0]) // step, len(rows), 8, kind, 0, 0, interlaced)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + data + chunk(b"IEND", b"")


def filtered(row: bytes, above: bytes, number: int, step: int) -> bytes:
    out = bytearray()
    for at, value in enumerate(row):
        left = row[at - step] if at >= step else 0
        up, corner = above[at], above[at - step] if at >= step else 0
        guess = left + up - corner
        nearest = min((left, up, corner), key=lambda one: abs(guess - one))
        out.append((value - (0, left, up, (left + up) // 2, nearest)[number]) % 256)
    return bytes(out)


def rows_of(kind: int, width: int, height: int, opacity: int = 255) -> list[bytes]:
    colours = {4: 1, 6: 3}[kind]
    return [
        b"".join(bytes((*((37 * x + 91 * y * (c + 1)) % 256 for c in range(colours)), opacity)) for x in range(width))
        for y in range(height)
    ]


@pytest.mark.parametrize("kind", [4, 6])
@pytest.mark.parametrize("filters", [(number, *range(5), number) for number in range(5)], ids=range(5))
def test_every_filter(kind: int, filters: Sequence[int]) -> None:
    rows = rows_of(kind, 9, len(filters))
    data = png(rows, filters, kind=kind, parts=3)
    read = Image.open(io.BytesIO(data))
    assert read.tobytes() == b"".join(rows)
    assert all_opaque(data)
    for row in range(len(rows)):
        for dot in (0, 4, 8):
            clear = bytearray(rows[row])
            clear[(dot + 1) * {4: 2, 6: 4}[kind] - 1] = 254
            assert not all_opaque(png([*rows[:row], bytes(clear), *rows[row + 1 :]], filters, kind=kind))


def test_what_cannot_be_told_is_not_said() -> None:
    data = png(rows_of(6, 4, 4), (0, 1, 2, 3))
    assert all_opaque(data)
    cut, empty = data[: data.index(b"IDAT") + 8], data[:20]
    damaged = data.replace(b"IDAT\x78", b"IDAT\x00")
    unknown = png(rows_of(6, 4, 4), (0, 1, 2, 3), interlaced=1)
    odd = bytearray(zlib.decompress(data[data.index(b"IDAT") + 4 : data.index(b"IEND") - 8]))
    odd[0] = 9
    strange = data[:33] + chunk(b"IDAT", zlib.compress(bytes(odd)))
    assert not any(map(all_opaque, (cut, empty, damaged, unknown, strange, b"", data[:41])))


def test_a_giant_picture_is_not_looked_at() -> None:
    side = int(MAX_OPACITY_DOTS**0.5)
    sizes = ((side, side), (side, side + 1), (1, MAX_OPACITY_ROWS), (1, MAX_OPACITY_ROWS + 1))
    for size, opaque in zip(sizes, (True, False, True, False), strict=True):
        made = io.BytesIO()
        Image.new("LA", size, (0, 255)).save(made, "PNG")
        assert all_opaque(made.getvalue()) is opaque
