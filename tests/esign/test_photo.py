"""Photographs: what is kept of them, what is dropped, and what is refused."""

import io
import struct
import zlib

import pikepdf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from esign import (
    EsignError,
    FontChain,
    MalformedError,
    Page,
    Photo,
    TooLargeError,
    photo_file,
    plain_pdf,
    read_photo,
)
from esign.photo import MAX_PHOTO_BYTES, MAX_PHOTO_SCANS, MAX_PHOTO_SIDE
from licences import shipped_font

SIZE = (48, 64)


def picture(kind: str, mode: str = "RGB", size: tuple[int, int] = SIZE, **options: object) -> bytes:
    image = Image.radial_gradient("L").resize(size).convert(mode)
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def with_orientation(orientation: int) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x8825] = {1: "N", 2: (28.0, 1.0, 2.0)}  # where it was taken
    return picture("JPEG", exif=exif)


GOOD = {
    "jpeg": picture("JPEG"),
    "grey jpeg": picture("JPEG", "L"),
    "progressive jpeg": picture("JPEG", progressive=True),
    "jpeg with restarts": picture("JPEG", restart_marker_blocks=2),
    "upright jpeg": with_orientation(1),
    "png": picture("PNG"),
    "grey png": picture("PNG", "L"),
    "palette png": picture("PNG", "P"),
    "1-bit png": picture("PNG", "1"),
}


@pytest.mark.parametrize("name", GOOD)
def test_a_photograph_is_the_same_picture_with_nothing_beside_it(name: str) -> None:
    photo = read_photo(GOOD[name])
    assert (photo.width, photo.height) == SIZE
    kept = photo_file(photo)
    assert read_photo(kept) == photo
    assert photo_file(read_photo(kept)) == kept
    with Image.open(io.BytesIO(kept)) as after, Image.open(io.BytesIO(GOOD[name])) as before:
        assert after.convert("RGB").tobytes() == before.convert("RGB").tobytes()
        assert not after.getexif()
    assert b"Exif" not in kept


@pytest.mark.parametrize("name", GOOD)
def test_a_pdf_shows_it_as_other_programs_read_it(name: str) -> None:
    page = Page(
        width=100,
        height=100,
        items=(Photo(x=10, y=20, width=30, height=40, photograph=read_photo(GOOD[name])),),
    )
    with pikepdf.open(io.BytesIO(plain_pdf(FontChain([shipped_font()]), "photo", [page]))) as pdf:
        (image,) = pdf.pages[0].get_images().values()
        shown = pikepdf.PdfImage(image).as_pil_image().convert("RGB")
    with Image.open(io.BytesIO(GOOD[name])) as before:
        assert shown.tobytes() == before.convert("RGB").tobytes()


def chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def png(rows: bytes, *, bits: int = 8, interlace: int = 0, beside: bytes = b"") -> bytes:
    header = struct.pack(">IIBBBBB", *SIZE, bits, 0, 0, 0, interlace)
    data = chunk(b"IDAT", zlib.compress(rows) + beside)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + data + chunk(b"IEND", b"")


def jpeg(scans: int) -> bytes:
    """The frame of a JPEG and so many empty scans, which a reader of pixels would all pass over."""
    frame = struct.pack(">BHHBBBB", 8, SIZE[1], SIZE[0], 1, 1, 0x11, 0)
    scan = b"\xff\xda" + struct.pack(">HBBBBBB", 8, 1, 1, 0, 0, 0x3F, 0)
    return b"\xff\xd8\xff\xc2" + struct.pack(">H", 2 + len(frame)) + frame + scan * scans + b"\xff\xd9"


ROWS = (b"\0" + bytes(SIZE[0])) * SIZE[1]
BAD = {
    "nothing": b"",
    "gif": picture("GIF", "P"),
    "transparent": picture("PNG", "RGBA"),
    "transparent colour": picture("PNG", "P", transparency=0),
    "interlaced": png(ROWS, interlace=1),
    "16 bits": picture("PNG", "I;16"),
    "3 bits": png((b"\0" + bytes((SIZE[0] * 3 + 7) // 8)) * SIZE[1], bits=3),
    "bytes behind the rows": png(ROWS, beside=b"110101"),
    "no pixels": jpeg(0),
    "scans without end": jpeg(MAX_PHOTO_SCANS + 1),
    "too few rows": png(ROWS[:-1]),
    "too many rows": png(ROWS + ROWS),
    "damaged": GOOD["png"].replace(b"IDAT", b"IDAU"),
    "cmyk": picture("JPEG", "CMYK"),
    "on its side": with_orientation(6),
    "cut": GOOD["jpeg"][:300],
    "tiny": picture("PNG", size=(8, 64)),
}


@pytest.mark.parametrize("name", BAD)
def test_what_cannot_be_printed_as_it_is_is_refused(name: str) -> None:
    with pytest.raises(MalformedError):
        read_photo(BAD[name])


def test_limits() -> None:
    assert read_photo(jpeg(MAX_PHOTO_SCANS)).kind == "jpeg"
    with pytest.raises(TooLargeError):
        read_photo(GOOD["jpeg"] + bytes(MAX_PHOTO_BYTES))
    with pytest.raises(TooLargeError):
        read_photo(picture("PNG", "1", size=(MAX_PHOTO_SIDE + 1, 20)))


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(sorted(GOOD)), st.integers(0, 2000), st.binary(min_size=1, max_size=4))
def test_no_damage_is_more_than_a_refusal(name: str, at: int, put: bytes) -> None:
    data = GOOD[name]
    at %= len(data)
    try:
        photo = read_photo(data[:at] + put + data[at + len(put) :])
    except EsignError:
        return
    assert read_photo(photo_file(photo)) == photo
