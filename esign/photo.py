"""Photographs (JPEG, PNG) that a PDF can hold as they are: their outer form is read, their pixels are not.

What a camera or a program left beside the picture (place, time, thumbnails, comments) is dropped.
"""

import struct
import zlib
from dataclasses import dataclass
from typing import Final, Literal

from .errors import Fault, MalformedError, TooLargeError

MAX_PHOTO_BYTES: Final = 256 * 1024  # real ones: JPEG at 200-300 dpi, 50 KB at most
MAX_PHOTO_SIDE: Final = 2000  # pixels
MIN_PHOTO_SIDE: Final = 16
MAX_PHOTO_SCANS: Final = 100  # of a progressive JPEG, whose pixels are passed over in each; encoders make about ten

_JPEG, PNG_SIGNATURE = b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n"
_COLOURS: Final = {0: 1, 2: 3, 3: 1}
"""Samples of a pixel by the colour type of a PNG; those with transparency are none of ours."""
_DEPTHS: Final = {0: (1, 2, 4, 8), 2: (8,), 3: (1, 2, 4, 8)}
"""Bits of a sample by the colour type; 16 bits are none of ours."""
_BASELINE, _PROGRESSIVE = 0xC0, 0xC2
_SCAN, _END = 0xDA, 0xD9
_EXIF, _ADOBE = 0xE1, 0xEE
_BESIDE: Final = (_EXIF, _ADOBE)
_ORIENTATION = 0x0112
_TABLES: Final = (0xC4, 0xDB, 0xDD)
"""Huffman tables, quantisation tables, restart interval."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Photograph:
    """A picture of which only the pixels are left."""

    kind: Literal["jpeg", "png"]
    width: int
    """Pixels."""
    height: int
    data: bytes
    """A whole JPEG file, or the compressed rows of a PNG."""
    samples: int
    """Of a pixel: 1 for grey or a palette, 3 for colours."""
    bits: int = 8
    palette: bytes = b""


def read_photo(data: bytes) -> Photograph:
    """Read a JPEG or PNG file.

    Raises:
        TooLargeError: more than `MAX_PHOTO_BYTES`, or a side of more than `MAX_PHOTO_SIDE`.
        MalformedError: `FORMAT_PICTURE`: another format, damaged, interlaced, transparent, or not grey or RGB.
    """
    if len(data) > MAX_PHOTO_BYTES:
        raise TooLargeError(f"a photograph of {len(data)} bytes; the limit is {MAX_PHOTO_BYTES}")
    try:
        if data.startswith(_JPEG):
            photo = _jpeg(data)
        elif data.startswith(PNG_SIGNATURE):
            photo = _png(data)
        else:
            raise ValueError("neither JPEG nor PNG")
    except (ValueError, IndexError, struct.error, zlib.error) as error:
        raise MalformedError(Fault.FORMAT_PICTURE, f"no photograph that can be printed ({error})") from error
    return photo


def _check_sides(width: int, height: int) -> None:
    if max(width, height) > MAX_PHOTO_SIDE:
        raise TooLargeError(f"a photograph of {width} by {height} pixels; the limit is {MAX_PHOTO_SIDE}")
    if min(width, height) < MIN_PHOTO_SIDE:
        raise ValueError("too few pixels")


def _jpeg(data: bytes) -> Photograph:
    """ITU-T T.81: the segments that pixels need, without APPn and comments."""
    kept, frame, scans, at = [b"\xff\xd8"], b"", 0, 2
    beside: list[tuple[int, bytes]] = []
    while True:
        if data[at] != 0xFF:
            raise ValueError("a segment of a JPEG does not begin")
        marker = data[at + 1]
        if marker == _END:
            break
        (length,) = struct.unpack_from(">H", data, at + 2)
        end = at + 2 + length
        if length < 2 or end > len(data):
            raise ValueError("a segment of a JPEG is cut off")
        if marker in (_BASELINE, _PROGRESSIVE):
            if frame:
                raise ValueError("a JPEG of two frames")
            frame = data[at + 4 : end]
            kept.append(data[at:end])
        elif marker == _SCAN:
            scans += 1
            if scans > MAX_PHOTO_SCANS:
                raise ValueError(f"a JPEG of more than {MAX_PHOTO_SCANS} scans")
            end = _end_of_scan(data, end)
            kept.append(data[at:end])
        elif marker in _TABLES:
            kept.append(data[at:end])
        elif marker in _BESIDE:
            beside.append((marker, data[at + 4 : end]))
        elif not (0xE0 <= marker <= 0xEF or marker == 0xFE):
            raise ValueError("a JPEG of an uncommon kind")
        at = end
    if not scans:
        raise ValueError("a JPEG without pixels")
    bits, height, width, samples = struct.unpack_from(">BHHB", frame)
    if bits != 8 or samples not in (1, 3):
        raise ValueError("neither grey nor RGB")
    for marker, content in beside:
        # What is dropped must not have changed how the pixels are shown.
        if marker == _ADOBE and content.startswith(b"Adobe") and samples == 3 and content[11] != 1:
            raise ValueError("a JPEG without the usual colour transform")
        if marker == _EXIF and content.startswith(b"Exif\0\0") and _orientation(content[6:]) != 1:
            raise ValueError("a JPEG that lies on its side")
    _check_sides(width, height)
    return Photograph(kind="jpeg", width=width, height=height, data=b"".join(kept) + b"\xff\xd9", samples=samples)


def _orientation(tiff: bytes) -> int:
    """The orientation that the first directory of an EXIF segment states; 1 is upright."""
    order = "<" if tiff.startswith(b"II") else ">"
    (at,) = struct.unpack_from(f"{order}I", tiff, 4)
    (count,) = struct.unpack_from(f"{order}H", tiff, at)
    for entry in range(at + 2, at + 2 + 12 * count, 12):
        tag, value = struct.unpack_from(f"{order}H6xH", tiff, entry)
        if tag == _ORIENTATION:
            return int(value)
    return 1


def _end_of_scan(data: bytes, at: int) -> int:
    """Where the entropy-coded bytes end: at a marker that is neither a stuffed zero nor a restart."""
    while True:
        at = data.index(b"\xff", at)
        if data[at + 1] != 0 and not 0xD0 <= data[at + 1] <= 0xD7:
            return at
        at += 2


def _png(data: bytes) -> Photograph:
    """ISO/IEC 15948: header, palette and rows; rows go into a PDF as they are."""
    chunks: dict[bytes, bytes] = {}
    at = len(PNG_SIGNATURE)
    while b"IEND" not in chunks:
        length, name = struct.unpack_from(">I4s", data, at)
        content = data[at + 8 : at + 8 + length]
        (check,) = struct.unpack_from(">I", data, at + 8 + length)
        if zlib.crc32(name + content) != check:
            raise ValueError("a chunk of a PNG is damaged")
        chunks[name] = chunks.get(name, b"") + content
        at += 12 + length
    width, height, bits, colour, compression, filtering, interlace = struct.unpack(">IIBBBBB", chunks[b"IHDR"])
    _check_sides(width, height)
    if (compression, filtering, interlace) != (0, 0, 0) or colour not in _COLOURS or b"tRNS" in chunks:
        raise ValueError("a PNG that is interlaced or transparent")
    if bits not in _DEPTHS[colour]:
        raise ValueError("a PNG of another depth than 1 to 8 bits")
    palette = chunks.get(b"PLTE", b"") if colour == 3 else b""
    if colour == 3 and (not palette or len(palette) % 3):
        raise ValueError("a PNG without its palette")
    samples = _COLOURS[colour]
    size = height * (1 + (width * samples * bits + 7) // 8)
    unpacker = zlib.decompressobj()
    rows = unpacker.decompress(chunks[b"IDAT"], size + 1)
    if len(rows) != size or not unpacker.eof or unpacker.unused_data:
        raise ValueError("a PNG of too few or too many rows")
    return Photograph(
        kind="png", width=width, height=height, data=chunks[b"IDAT"], samples=samples, bits=bits, palette=palette
    )


def photo_file(photo: Photograph) -> bytes:
    """The file again, with nothing beside the picture."""
    if photo.kind == "jpeg":
        return photo.data
    colour = 3 if photo.palette else {1: 0, 3: 2}[photo.samples]
    header = struct.pack(">IIBBBBB", photo.width, photo.height, photo.bits, colour, 0, 0, 0)
    chunks = [(b"IHDR", header), (b"PLTE", photo.palette), (b"IDAT", photo.data), (b"IEND", b"")]
    return PNG_SIGNATURE + b"".join(png_chunk(name, content) for name, content in chunks if content or name == b"IEND")


def png_chunk(name: bytes, content: bytes) -> bytes:
    """One part of a PNG file (ISO/IEC 15948 section 5.3)."""
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(content, zlib.crc32(name)))
