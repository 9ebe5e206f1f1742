"""Sealing a PDF that somebody else made: its bytes stay, outside judges accept the seal, it lies where it was asked."""

import io
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from pathlib import Path
from types import ModuleType
from typing import Any

import pikepdf
import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import load_der_x509_certificate
from pikepdf import Array, Dictionary, Name, ObjectStreamMode
from PIL import Image
from reportlab.pdfgen import canvas

from esign import (
    ChangeKind,
    FontChain,
    MalformedError,
    PreflightCode,
    PreflightError,
    RangeFault,
    Seal,
    SealPlaceError,
    draw_round_seal,
    read_foreign_cms,
    read_foreign_pdf,
    seal_foreign_pdf,
)
from keys import DevelopmentPki

AT = datetime(2026, 11, 21, 10, 30, tzinfo=timezone(timedelta(hours=8)))
AUTHORITY = "样例县行政审批局"
MM = 72 / 25.4


@pytest.fixture(scope="session", params=["rsa", "sm2"])
def seal(request: pytest.FixtureRequest, fonts: FontChain, pkis: dict[str, DevelopmentPki]) -> Seal:
    return Seal(name=AUTHORITY, picture=draw_round_seal(fonts, AUTHORITY), signer=pkis[request.param].seal)


@pytest.fixture(scope="session")
def rsa_seal(fonts: FontChain, pkis: dict[str, DevelopmentPki]) -> Seal:
    return Seal(name=AUTHORITY, picture=draw_round_seal(fonts, AUTHORITY), signer=pkis["rsa"].seal)


def approval(pages: int = 3) -> bytes:
    """An approval document (批文) as another product prints it."""
    out = io.BytesIO()
    paper = canvas.Canvas(out, pagesize=(595, 842), invariant=True)
    for number in range(1, pages + 1):
        paper.setFillGray(0.6)
        paper.rect(60, 60, 475, 722, fill=0)
        for line in range(100, 760, 40):
            paper.drawString(80, line, f"page {number}: hereby approved, line {line}")
        paper.showPage()
    paper.save()
    return out.getvalue()


def rewritten(change: Callable[[pikepdf.Pdf], object], mode: ObjectStreamMode = ObjectStreamMode.disable) -> bytes:
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(approval())) as opened:
        change(opened)
        opened.save(out, object_stream_mode=mode)
    return out.getvalue()


ORIGINALS: dict[str, Callable[[], bytes]] = {
    "table of places": approval,
    "stream of places": lambda: rewritten(lambda opened: None, ObjectStreamMode.generate),
    "no line end": lambda: approval().rstrip(),
    "indirect annotations": lambda: rewritten(
        lambda opened: setattr(
            opened.pages[1].obj,
            "Annots",
            opened.make_indirect(
                Array([Dictionary(Type=Name.Annot, Subtype=Name.Link, Rect=Array([0, 0, 9, 9]), F=4)])
            ),
        )
    ),
}


@pytest.mark.parametrize("kind", ORIGINALS)
def test_outside_judges_accept_it(
    kind: str, seal: Seal, pkis: dict[str, DevelopmentPki], witnesses: ModuleType, tmp_path: Path
) -> None:
    original = ORIGINALS[kind]()
    done = seal_foreign_pdf(original, seal, page=2, x_mm=150, y_mm=240, at=AT)
    assert done.level == "B-B"
    assert done.data.startswith(original)
    path = tmp_path / "sealed.pdf"
    path.write_bytes(done.data)
    assert witnesses.qpdf_check(path) == ""
    (parts,) = witnesses.signed_parts(done.data)
    pki = pkis["rsa" if seal.signer is pkis["rsa"].seal else "sm2"]
    assert witnesses.bouncy_castle(parts.cms, parts.content, [pki.root.der]).accepted
    (signature,) = witnesses.pdfsig(path)
    assert signature.whole_document
    if pki.family == "rsa":
        assert signature.valid
        root = load_der_x509_certificate(pki.root.der).public_bytes(Encoding.PEM)
        (status,) = witnesses.pyhanko(done.data, root, at=AT)
        assert status.accepted, status.summary
        assert status.whole_document


def test_it_is_read_back(seal: Seal) -> None:
    original = approval()
    sealed = seal_foreign_pdf(original, seal, page=2, x_mm=150, y_mm=240, at=AT).data
    facts = read_foreign_pdf(sealed)
    (signature,) = facts.signatures
    assert (facts.pages, facts.repaired, len(facts.revisions)) == (3, False, 2)
    assert (signature.field, signature.page, signature.certification, signature.name) == ("Seal1", 2, 1, AUTHORITY)
    assert signature.covers_whole_file
    assert (signature.faults, signature.changes.kinds, signature.claimed_time) == ((), frozenset(), AT)
    cms = read_foreign_cms(signature.cms)
    (signer,) = cms.signers
    signer.verify_signature()
    assert signer.digest_matches(*signature.covered(sealed))
    left, bottom, right, top = signature.rectangle or (0, 0, 0, 0)
    assert ((left + right) / 2, (bottom + top) / 2) == pytest.approx((150 * MM, 842 - 240 * MM), abs=0.02)


def test_a_byte_more_or_less_shows(rsa_seal: Seal) -> None:
    sealed = seal_foreign_pdf(approval(), rsa_seal, page=1, x_mm=100, y_mm=100, at=AT).data
    (grown,) = read_foreign_pdf(sealed + b"% more\n").signatures
    assert not grown.covers_whole_file
    assert ChangeKind.OTHER in grown.changes.kinds
    (cut,) = read_foreign_pdf(sealed[:-1]).signatures
    assert RangeFault.BYTE_RANGE_ORDER in cut.faults


def red_box(picture: bytes) -> tuple[float, float, float, float]:
    """Where the seal is seen, as shares of the page's width and height."""
    page = Image.open(io.BytesIO(picture)).convert("RGB")
    red, green, _ = page.split()
    mask = Image.eval(green, lambda value: 255 if value < 120 else 0)
    strong = Image.eval(red, lambda value: 255 if value > 150 else 0)
    box = Image.composite(mask, Image.new("L", page.size), strong).getbbox()
    assert box is not None
    return box[0] / page.width, box[1] / page.height, box[2] / page.width, box[3] / page.height


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
@pytest.mark.parametrize("crop", [None, (100, 50, 500, 700)])
def test_it_is_seen_where_it_was_asked_for(
    rotation: int, crop: tuple[int, ...] | None, rsa_seal: Seal, witnesses: ModuleType, tmp_path: Path
) -> None:
    def change(opened: pikepdf.Pdf) -> None:
        opened.pages[1].obj.Rotate = rotation
        if crop:
            # Rendered by the media box: what is cropped away is cut off for good.
            opened.pages[1].obj.MediaBox = Array(crop)
            opened.pages[1].obj.CropBox = Array([0, 0, 595, 842])

    path = tmp_path / "sealed.pdf"
    path.write_bytes(seal_foreign_pdf(rewritten(change), rsa_seal, page=2, x_mm=60, y_mm=40, at=AT).data)
    picture = witnesses.pdftoppm(path, dpi=60)[1]
    width, height = (crop[2] - crop[0], crop[3] - crop[1]) if crop else (595, 842)
    if rotation in (90, 270):
        width, height = height, width
    left, top, right, bottom = red_box(picture)
    assert (left + right) / 2 * width == pytest.approx(60 * MM, abs=3)
    assert (top + bottom) / 2 * height == pytest.approx(40 * MM, abs=3)
    assert (right - left) * width == pytest.approx(42 * MM, abs=4)
    # Upright: the ring's gap is below, so there is less red below than above.
    page = Image.open(io.BytesIO(picture)).convert("RGB")
    x, y = page.width, page.height
    seal_part = page.crop((round(left * x), round(top * y), round(right * x), round(bottom * y))).split()[1]
    inner = seal_part.resize((100, 100)).point(lambda value: 1 if value < 150 else 0)
    rows = [sum(inner.crop((15, row, 85, row + 1)).tobytes()) for row in range(100)]
    assert sum(rows[8:30]) > 1.3 * sum(rows[72:92])


def test_a_larger_unit_and_a_crop_box(rsa_seal: Seal) -> None:
    def change(opened: pikepdf.Pdf) -> None:
        opened.pages[0].obj.UserUnit = 2
        opened.pages[0].obj.CropBox = Array([100, 100, 500, 700])

    sealed = seal_foreign_pdf(rewritten(change), rsa_seal, page=1, x_mm=100, y_mm=100, at=AT).data
    left, bottom, right, top = read_foreign_pdf(sealed).signatures[0].rectangle or (0, 0, 0, 0)
    assert ((left + right) / 2, (bottom + top) / 2) == pytest.approx((100 + 100 * MM / 2, 700 - 100 * MM / 2), abs=0.02)
    assert right - left == pytest.approx(42 * MM / 2, abs=0.02)


@pytest.mark.parametrize(
    ("page", "x", "y"), [(0, 100, 100), (4, 100, 100), (-1, 100, 100), (1, 20, 100), (1, 100, 290), (1, 1e6, 100)]
)
def test_a_place_that_does_not_exist(rsa_seal: Seal, page: int, x: float, y: float) -> None:
    with pytest.raises(SealPlaceError):
        seal_foreign_pdf(approval(), rsa_seal, page=page, x_mm=x, y_mm=y, at=AT)


def test_the_pre_flight_comes_first(rsa_seal: Seal) -> None:
    def plant(opened: pikepdf.Pdf) -> None:
        opened.Root.OpenAction = Dictionary(S=Name.JavaScript, JS=pikepdf.String("x"))

    with pytest.raises(PreflightError, match="script") as refused:
        seal_foreign_pdf(rewritten(plant), rsa_seal, page=1, x_mm=100, y_mm=100, at=AT)
    assert PreflightCode.SCRIPT in {finding.code for finding in refused.value.findings}
    with pytest.raises(MalformedError):
        seal_foreign_pdf(b"no PDF", rsa_seal, page=1, x_mm=100, y_mm=100, at=AT)
    twice = seal_foreign_pdf(approval(), rsa_seal, page=1, x_mm=100, y_mm=100, at=AT).data
    with pytest.raises(PreflightError, match="signed already"):
        seal_foreign_pdf(twice, rsa_seal, page=1, x_mm=100, y_mm=100, at=AT)


def archived(sealed: Any) -> bytes:
    """A file of PDF/A-3u without a seal: one of ours, its form and attachment taken out."""
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(sealed.pdf)) as opened:
        for key in ("/AcroForm", "/Perms", "/AF", "/Names"):
            del opened.Root[key]
        for page in opened.pages:
            if "/Annots" in page.obj:
                del page.obj.Annots
        opened.save(out, object_stream_mode=ObjectStreamMode.disable)
    return out.getvalue()


def test_an_archived_file_stays_one(sealed: Any, seal: Seal, witnesses: ModuleType, tmp_path: Path) -> None:
    original, path = tmp_path / "original.pdf", tmp_path / "sealed.pdf"
    original.write_bytes(archived(sealed))
    path.write_bytes(seal_foreign_pdf(original.read_bytes(), seal, page=1, x_mm=150, y_mm=200, at=AT).data)
    results = witnesses.verapdf([original, path])
    assert results[original].compliant, results[original].failures
    assert results[path].compliant, results[path].failures


def test_a_timestamp_where_one_can_be_had(rsa_seal: Seal, stamper_of: Any) -> None:
    stamper = stamper_of("rsa")
    done = seal_foreign_pdf(approval(), rsa_seal, page=1, x_mm=100, y_mm=100, at=AT, timestamper=stamper)
    assert done.level == "B-T"
    (signature,) = read_foreign_pdf(done.data).signatures
    (signer,) = read_foreign_cms(signature.cms).signers
    signer.verify_signature()
    assert len(signer.timestamps) == 1
    stamper.fault = "down"
    without = seal_foreign_pdf(approval(), rsa_seal, page=1, x_mm=100, y_mm=100, at=AT, timestamper=stamper)
    assert (without.level, without.shortfall is None) == ("B-B", False)
    assert read_foreign_pdf(without.data).signatures[0].covers_whole_file
