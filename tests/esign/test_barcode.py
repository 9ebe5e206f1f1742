"""QR symbols in pictures, good and bad."""

import io
import struct
import time
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from esign import QUIET_ZONE, EsignError, MalformedError, TooLargeError, code_modules, read_picture

TEXT = "http://127.0.0.1:8000/V/" + "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567" * 10


def picture(text: str, *, scale: int = 4, form: str = "PNG") -> bytes:
    modules = code_modules(text)
    side = len(modules) + 2 * QUIET_ZONE
    image = Image.new("L", (side, side), 255)
    for y, row in enumerate(modules):
        for x, dark in enumerate(row):
            if dark:
                image.putpixel((x + QUIET_ZONE, y + QUIET_ZONE), 0)
    out = io.BytesIO()
    image.resize((side * scale, side * scale), Image.Resampling.NEAREST).save(out, form)
    return out.getvalue()


def outcome(data: bytes) -> str | tuple[str, ...]:
    try:
        return read_picture(data)
    except MalformedError as error:
        return error.code


@pytest.mark.parametrize("form", ["PNG", "JPEG"])
def test_what_is_drawn_is_read(form: str) -> None:
    assert read_picture(picture(TEXT, form=form)) == (TEXT,)


def test_the_module_count_is_that_of_a_symbol() -> None:
    modules = code_modules(TEXT)
    assert (len(modules) - 17) % 4 == 0
    assert {len(row) for row in modules} == {len(modules)}


def test_a_picture_without_a_symbol() -> None:
    out = io.BytesIO()
    Image.new("RGB", (200, 200), "white").save(out, "PNG")
    with pytest.raises(MalformedError, match="PICTURE_WITHOUT_CODE"):
        read_picture(out.getvalue())


def test_too_many_pixels() -> None:
    header = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 0, 0, 0, 0)
    chunk = struct.pack(">I", 13) + b"IHDR" + header + struct.pack(">I", zlib.crc32(b"IHDR" + header))
    with pytest.raises(TooLargeError):
        read_picture(b"\x89PNG\r\n\x1a\n" + chunk + b"\x00\x00\x00\x00IDAT" + b"\x00" * 20)


@pytest.mark.parametrize("cut", [0, 1, 8, 20, 33, 60, -20, -1])
def test_a_truncated_picture_is_no_crash(cut: int) -> None:
    assert outcome(picture(TEXT)[:cut]) in ("FORMAT_PICTURE", (TEXT,))


# A process is started for each picture.
few = settings(max_examples=25, deadline=None)


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


@few
@given(
    st.sampled_from(
        [b"iCCP", b"tRNS", b"pHYs", b"gAMA", b"zTXt", b"iTXt", b"tEXt", b"eXIf", b"sRGB", b"acTL", b"fcTL"]
    ),
    st.binary(max_size=40),
    st.booleans(),
)
def test_a_broken_chunk_is_no_crash(kind: bytes, body: bytes, early: bool) -> None:
    data = picture("X", scale=2)
    place = 33 if early else data.index(b"IEND") - 4
    assert outcome(data[:place] + chunk(kind, body) + data[place:]) in ("FORMAT_PICTURE", ("X",))


@few
@given(st.binary(max_size=200), st.integers(0, 400))
def test_no_other_exception_escapes(noise: bytes, place: int) -> None:
    data = picture("X", scale=2)
    place %= len(data)
    try:
        read_picture(data[:place] + noise + data[place + len(noise) :])
    except EsignError:
        pass


def test_a_picture_that_would_keep_the_reader_busy_is_given_up() -> None:
    """Finder patterns without end: a third of a second for a file, minutes for the search of symbols in it."""
    side = 2000
    image = Image.new("1", (side, side), 1)
    for y in range(0, side, 8):
        for x in range(0, side, 8):
            for ring, colour in ((7, 0), (5, 1), (3, 0)):
                inset = (7 - ring) // 2
                image.paste(colour, (x + inset, y + inset, x + inset + ring, y + inset + ring))
    out = io.BytesIO()
    image.save(out, "PNG")
    started = time.monotonic()
    with pytest.raises((TooLargeError, MalformedError)):
        read_picture(out.getvalue())
    assert time.monotonic() - started < 45


def test_a_large_photograph_is_read() -> None:
    out = io.BytesIO()
    page = Image.new("RGB", (8000, 6000), "white")
    symbol = Image.open(io.BytesIO(picture(TEXT, scale=16))).convert("RGB")
    page.paste(symbol.rotate(5, expand=True, fillcolor="white"), (3000, 2000))
    page.save(out, "JPEG", quality=70)
    assert read_picture(out.getvalue()) == (TEXT,)
