"""The preview of a licence's OFD beside its PDF as poppler draws it: the same licence."""

import io
import json
import os
import subprocess
from datetime import datetime
from pathlib import Path

import pytest
from PIL import Image, ImageChops, ImageStat
from qr_codes import read_qr_code
from zxingcpp import Barcode

from api.seals import development_seal
from esign import CHINA, FontChain, Seal, ofd_preview, read_seal_object
from keys import make_development_pki
from licences import AuthoritySeal, MemoryStore, SealingKeys, load_catalogue, shipped_font, shipped_font_file
from licences.making import LicenceMaker

ROOT = Path(__file__).parents[2]
AT = datetime(2026, 11, 21, 10, 30, tzinfo=CHINA)
AUTHORITY, AUTHORITY_CODE = "样例县行政审批局", "1199010000000102XM"


@pytest.fixture(scope="module")
def maker() -> LicenceMaker:
    pki = make_development_pki("sm2", authority_name=AUTHORITY, authority_code=AUTHORITY_CODE, at=AT, random=os.urandom)
    seal_object = read_seal_object(development_seal(pki.seal, AUTHORITY, at=AT, random=os.urandom))
    drawn = Seal(name=AUTHORITY, picture=seal_object.appearance(), signer=pki.seal)
    return LicenceMaker(
        catalogue=load_catalogue(),
        sealing={"sm2": SealingKeys(seals=(AuthoritySeal(seal=drawn, seal_object=seal_object),), code_signer=pki.code)},
        fonts=FontChain([shipped_font()]),
        store=MemoryStore(),
        check=lambda *_: None,
        public_url="http://127.0.0.1:8000",
        random=os.urandom,
    )


@pytest.mark.parametrize("name", ["safety-officer", "inspection-body"])
def test_the_preview_looks_as_the_pdf_does(maker: LicenceMaker, name: str, tmp_path: Path) -> None:
    """With a photograph and a seal; with a table and further pages."""
    path = next(found for found in ROOT.glob(f"fixtures/*/{name}*.json"))
    document = json.loads(path.read_text("utf-8"))
    made = maker.make(document["type"], document["data"], algorithm="sm2", ofd=True, at=AT)
    preview = ofd_preview(made.files["ofd"], form="png", fonts=[shipped_font_file()], last=1)
    assert preview.notes == ()
    (tmp_path / "licence.pdf").write_bytes(made.files["pdf"])
    subprocess.run(["pdftoppm", "-r", "100", "-l", "1", "licence.pdf", "page"], cwd=tmp_path, check=True)
    pages = sorted(tmp_path.glob("page*.ppm"))
    assert len(preview.files) == len(pages) == 1
    for ours, theirs in zip(preview.files, pages, strict=True):
        one, other = (Image.open(io.BytesIO(data)).convert("RGB") for data in (ours, theirs.read_bytes()))
        assert abs(one.width - other.width) <= 1
        assert abs(one.height - other.height) <= 1
        # The code, whose pattern is by chance, is read in both; then it is left out.
        codes = [read_qr_code(data) for data in (ours, theirs.read_bytes())]
        assert [code.text for code in codes] == [made.record.verify_url] * 2
        (left, top, right, bottom), other_place = (_place(code) for code in codes)
        assert all(abs(a - b) <= 2 for a, b in zip((left, top, right, bottom), other_place, strict=True))
        for picture in (one, other):
            picture.paste("white", (left - 8, top - 8, right + 8, bottom + 8))
        # Programs draw edges differently by a dot; a character more or less stays.
        size = min(one.width, other.width), min(one.height, other.height)
        apart = ImageChops.difference(*(each.crop((0, 0, *size)).reduce(8) for each in (one, other))).convert("L")
        assert ImageStat.Stat(apart).mean[0] < 2
        assert max(apart.get_flattened_data()) < 40


def _place(code: Barcode) -> tuple[int, int, int, int]:
    corners = code.position
    return corners.top_left.x, corners.top_left.y, corners.bottom_right.x, corners.bottom_right.y
