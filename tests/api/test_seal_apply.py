"""`elicence seal apply`: the home's seal on a PDF that somebody else made."""

from __future__ import annotations

import io
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from reportlab.pdfgen import canvas

from esign import MAX_PDF_BYTES, read_foreign_pdf

if TYPE_CHECKING:
    from running import Elicence

OFD = Path(__file__).parents[2] / "fixtures/vectors/sealed/licence.ofd"


def approval(folder: Path, *, link: bool = False) -> Path:
    out = io.BytesIO()
    paper = canvas.Canvas(out, pagesize=(595, 842), invariant=True)
    paper.drawString(80, 700, "hereby approved")
    if link:
        paper.linkURL("http://example.org/", (80, 690, 200, 720))
    paper.showPage()
    paper.save()
    path = folder / "approval.pdf"
    path.write_bytes(out.getvalue())
    return path


@pytest.mark.parametrize("family", ["sm2", "rsa"])
def test_a_seal_is_applied(fresh: Elicence, family: str, tmp_path: Path) -> None:
    path = approval(tmp_path)
    original = path.read_bytes()
    fresh("seal", "make", "--family", family)
    done = fresh("seal", "apply", path, "--seal", family, "--x", "150", "--y", "240", "--json")
    assert done.code == 0, done.err
    sealed = tmp_path / "approval-sealed.pdf"
    assert done.json() == {"file": str(sealed), "seal": family, "page": 1, "level": "B-B", "shortfall": None}
    assert path.read_bytes() == original
    assert sealed.read_bytes().startswith(original)
    (signature,) = read_foreign_pdf(sealed.read_bytes()).signatures
    assert signature.covers_whole_file
    # The seal itself states no time (PAdES): what the report says is the file's word.
    (told,) = fresh("verify", sealed, "--json").json()["signatures"]
    assert signature.claimed_time is not None
    assert datetime.fromisoformat(told["claimed_time"]) == signature.claimed_time


def test_what_is_refused_is_named(fresh: Elicence, tmp_path: Path) -> None:
    path = approval(tmp_path, link=True)
    fresh("seal", "make", "--family", "rsa")
    place = ("--seal", "rsa", "--x", "150", "--y", "240")
    refused = fresh("seal", "apply", path, *place)
    assert refused.code == 65
    assert "外部链接（第1页" in refused.out
    told = fresh("seal", "apply", path, *place, "--json")
    assert "action" in {finding["code"] for finding in told.json()["findings"]}
    assert not (tmp_path / "approval-sealed.pdf").exists()
    clean = approval(tmp_path)
    ofd, word = tmp_path / "approval.ofd", tmp_path / "approval.docx"
    ofd.write_bytes(OFD.read_bytes())
    word.write_bytes(b"PK\x03\x04[Content_Types].xml word/document.xml PK\x05\x06")
    large = tmp_path / "large.pdf"
    large.write_bytes(clean.read_bytes() + bytes(MAX_PDF_BYTES))
    for path, words in (
        (ofd, "这是 OFD 文件"),
        (word, "这是 Word 文档（.docx）"),
        (OFD.parent, "这是文件夹"),
        (large, "文件超过 20 MB，不能盖章。"),
    ):
        told = fresh("seal", "apply", path, *place)
        assert words in told.err
        assert told.code == (66 if path.is_dir() else 65)
    for wrong in (("--page", "2"), ("--out", str(clean)), ("--x", "1")):
        assert fresh("seal", "apply", clean, *place, *wrong).code == 64
