"""Codes in pictures as phones and scanners make them; the shares of `make soak` stand in docs/how-to/counter-kit.md."""

from __future__ import annotations

import io
import sys
from importlib import util
from pathlib import Path
from types import ModuleType

import pytest
from PIL import Image, ImageFilter

from esign import MalformedError, TooLargeError, read_picture

TEXT = "http://127.0.0.1:8000/V/" + "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567" * 11
READ_SHARE = 0.95
PICTURES = 4
"""Of each class in the long run."""


def _load(name: str) -> ModuleType:
    # Test folders are no packages (importlib mode), so what the tests share is loaded by its path.
    spec = util.spec_from_file_location(f"esign_test_{name}", Path(__file__).with_name(f"{name}.py"))
    assert spec is not None
    assert spec.loader is not None
    module = util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


photographs = _load("photographs")


@pytest.fixture(scope="module")
def page() -> Image.Image:
    made: Image.Image = photographs.page_with(TEXT)
    return made


@pytest.mark.parametrize("name", ["scan-150", "tilted"])
def test_a_print_is_read(page: Image.Image, name: str) -> None:
    assert read_picture(photographs.photograph(name, page, 0)) == (TEXT,)


def saved(picture: Image.Image) -> bytes:
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=60)
    return out.getvalue()


def test_a_picture_out_of_focus_is_read_sharpened(page: Image.Image) -> None:
    symbol = page.crop((2440, 510, 3280, 1350)).resize((480, 480), Image.Resampling.BOX)
    assert read_picture(saved(symbol.filter(ImageFilter.GaussianBlur(2.1)))) == (TEXT,)
    with pytest.raises(MalformedError, match="PICTURE_WITHOUT_CODE"):
        read_picture(saved(symbol.filter(ImageFilter.GaussianBlur(8))))


def test_what_is_transparent_lies_on_white(page: Image.Image) -> None:
    symbol = page.crop((2440, 510, 3280, 1350))
    shown = Image.merge("LA", (Image.new("L", symbol.size, 0), symbol.point(lambda value: 255 - value)))
    out = io.BytesIO()
    shown.save(out, "PNG")
    assert read_picture(out.getvalue()) == (TEXT,)


@pytest.mark.soak
@pytest.mark.parametrize("name", sorted(photographs.CLASSES))
def test_share_that_is_read(page: Image.Image, name: str) -> None:
    read = 0
    for number in range(PICTURES):
        try:
            read += set(read_picture(photographs.photograph(name, page, number))) == {TEXT}
        except MalformedError:
            continue
    # A lamp may be mirrored right on the symbol: then nobody reads it.
    assert read / PICTURES >= (READ_SHARE if name != "glare" else 0.5), f"{read} of {PICTURES}"


def test_a_small_scan_that_unpacks_to_a_large_picture_is_not_unpacked() -> None:
    run = b"\x81\x00" * 100
    objects = (
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]/Resources<</XObject<</I 4 0 R>>>>>>",
        b"<</Type/XObject/Subtype/Image/Width 60000/Height 60000/BitsPerComponent 8/ColorSpace/DeviceGray"
        b"/Filter/RunLengthDecode/Length %d>>\nstream\n%s\nendstream" % (len(run), run),
    )
    body = b"".join(b"%d 0 obj\n%s\nendobj\n" % (number, one) for number, one in enumerate(objects, start=1))
    with pytest.raises(TooLargeError):
        read_picture(b"%PDF-1.4\n" + body + b"trailer\n<</Root 1 0 R/Size 5>>\nstartxref\n0\n%%EOF\n")
