"""What a scanner or a phone makes of a printed licence: the code is found, and it is judged as a print."""

from __future__ import annotations

import io
import random
from types import ModuleType
from typing import Any

import pytest
from PIL import Image

from esign import code_modules, sign_detached
from keys import DevelopmentPki
from verify import Outcome, TrustStore, Verifier

# How a picture is read does not depend on who signed the code in it.
ONE_FAMILY = pytest.mark.parametrize("pki", ["sm2"], indirect=True)


def printed(text: str) -> Image.Image:
    """A small page with the code on it."""
    modules = code_modules(text)
    page = Image.new("L", (900, 700), 255)
    for row, cells in enumerate(modules):
        for column, dark in enumerate(cells):
            if dark:
                page.paste(0, (100 + 5 * column, 100 + 5 * row, 105 + 5 * column, 105 + 5 * row))
    return page


def saved(*pages: Image.Image, form: str) -> bytes:
    out = io.BytesIO()
    if len(pages) > 1:
        pages[0].save(out, form, save_all=True, append_images=pages[1:])
    else:
        pages[0].save(out, form)
    return out.getvalue()


@pytest.mark.parametrize("form", ["TIFF", "WEBP", "BMP", "GIF"])
def test_pictures_of_other_formats(verifier: Verifier, pki: DevelopmentPki, office: ModuleType, form: str) -> None:
    data = saved(printed(f"http://127.0.0.1:8000/V/{office.write_code(pki.code)}"), form=form)
    report = verifier.verify_file(data, at=office.AT)
    assert (report.kind, report.reason.code) == ("code", "HOLDER_NOT_CHECKED")


@ONE_FAMILY
def test_a_scanned_document(verifier: Verifier, pki: DevelopmentPki, office: ModuleType) -> None:
    page = printed(f"http://127.0.0.1:8000/V/{office.write_code(pki.code)}")
    for pages in ((page,), (Image.new("L", (900, 700), 255), page.convert("1"))):
        data = saved(*pages, form="PDF")
        report = verifier.verify_file(data, at=office.AT)
        assert (report.kind, report.verdict, report.reason.code) == (
            "scan", Outcome.INDETERMINATE, "HOLDER_NOT_CHECKED",
        )  # fmt: skip
    assert verifier.verify_file(data, holder=office.HOLDER, at=office.AT)
    assert not verifier.verify_file(data, holder=office.STRANGER, at=office.AT)


@ONE_FAMILY
def test_a_document_with_text_is_no_scan(verifier: Verifier, pki: DevelopmentPki, office: ModuleType) -> None:
    """A genuine symbol beside text that anybody wrote: nothing shows that both belong together."""
    scan = saved(printed(f"http://127.0.0.1:8000/V/{office.write_code(pki.code)}"), form="PDF")
    written = scan.replace(b"/Resources <<", b"/Resources << /Font << >>", 1)
    assert written != scan
    assert verifier.verify_file(written, at=office.AT).reason.code == "SEAL_MISSING"


@ONE_FAMILY
def test_a_scan_without_a_code(verifier: Verifier, office: ModuleType) -> None:
    data = saved(Image.new("L", (900, 700), 255), form="PDF")
    assert verifier.verify_file(data, at=office.AT).reason.code == "SEAL_MISSING"


@ONE_FAMILY
@pytest.mark.parametrize("brand", ["heic", "mif1", "avif"])
def test_photographs_that_are_not_read(verifier: Verifier, office: ModuleType, brand: str) -> None:
    data = b"\0\0\0\x24ftyp" + brand.encode() + bytes(100)
    report = verifier.verify_file(data, at=office.AT)
    assert (report.kind, report.verdict, report.reason.code) == ("code", Outcome.INDETERMINATE, "PICTURE_UNREAD")


def test_a_photograph_that_somebody_signed_need_not_be_read(ca: Any, office: ModuleType) -> None:
    data, signer = b"\0\0\0\x24ftypheic" + bytes(100), ca.issue()
    trusting = Verifier(TrustStore.from_certificates(ca.public))
    report = trusting.verify_file(data, signature=sign_detached(data, signer), at=office.AT)
    assert report.reason.code == "SIGNED_DOCUMENT"


@ONE_FAMILY
@pytest.mark.parametrize("times", [2, pytest.param(20, marks=pytest.mark.soak)])
@pytest.mark.parametrize("form", ["TIFF", "WEBP", "BMP", "GIF", "PDF"])
def test_broken_pictures_raise_nothing(verifier: Verifier, office: ModuleType, form: str, times: int) -> None:
    seed = random.Random(form)  # noqa: S311 — to be made again
    page = Image.new("L", (40, 40), 255)
    data = saved(page, form=form)
    for _ in range(times):
        broken = bytearray(data)
        for _ in range(6):
            broken[seed.randrange(4, len(broken))] = seed.randrange(256)
        assert not verifier.verify_file(bytes(broken), at=office.AT)
