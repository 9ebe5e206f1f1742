"""What is handed in instead of an e-licence is called by its name; what may be a damaged e-licence is not."""

from __future__ import annotations

import io
import zipfile
from datetime import datetime
from pathlib import Path

import pytest

from esign import CHINA
from verify import Outcome, TrustStore, Verifier, other_format

AT = datetime(2026, 11, 21, 12, tzinfo=CHINA)
SEALED = Path(__file__).parents[2] / "fixtures/vectors/sealed"


def packed(*names: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names:
            archive.writestr(name, "x" * 100)
    return out.getvalue()


OTHERS = {
    "docx": (packed("[Content_Types].xml", "word/document.xml"), "a Word document (.docx)"),
    "xlsx": (packed("[Content_Types].xml", "xl/workbook.xml"), "an Excel workbook (.xlsx)"),
    "pptx": (packed("[Content_Types].xml", "ppt/presentation.xml"), "a PowerPoint presentation (.pptx)"),
    "zip": (packed("licence.pdf"), "an archive of files"),
    "rar": (b"Rar!\x1a\x07\x01\x00" + bytes(50), "an archive of files"),
    "doc": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(500), "a Word, Excel or WPS document"),
    "html": (b"\xef\xbb\xbf\n<!DOCTYPE html><html>", "a web page"),
    "mp4": (b"\0\0\0\x18ftypmp42" + bytes(50), "a film or sound"),
    "txt": ("证照编号：无".encode(), "a text file"),
}


@pytest.mark.parametrize("name", sorted(OTHERS))
def test_it_is_called_by_its_name(name: str) -> None:
    data, words = OTHERS[name]
    report = Verifier(TrustStore.from_certificates(())).verify_file(data, at=AT)
    assert (report.kind, report.verdict, report.reason.code) == ("unknown", Outcome.FAILED, "FORMAT_UNKNOWN")
    assert report.sentence.en == f"This is {words}; it is no e-licence."
    assert "不是电子证照" in report.sentence.zh
    # One of the files in an archive may be the licence.
    assert ("unpack it first" in report.action.en) == (name in ("zip", "rar"))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        bytes(100),
        b"PK\x03\x04" + bytes(100),
        packed("licence.pdf")[:-30],
        (SEALED / "licence.ofd").read_bytes().replace(b"OFD.xml", b"OFD.xmk"),
        "证照".encode("gb18030"),
    ],
    ids=["empty", "zeros", "head", "cut", "damaged-ofd", "other-encoding"],
)
def test_what_may_be_a_damaged_licence_is_not_called_anything_else(data: bytes) -> None:
    assert other_format(data) is None
