"""Programs that are not ours judge every sample in both algorithms."""

import io
import unicodedata
from datetime import datetime, timedelta, timezone
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import load_der_x509_certificate
from PIL import Image
from qr_codes import read_qr_code

AT = datetime(2026, 11, 21, 10, 30, tzinfo=timezone(timedelta(hours=8)))


def pem(der: bytes) -> bytes:
    return load_der_x509_certificate(der).public_bytes(Encoding.PEM)


def test_every_sample_is_there(issued: Any) -> None:
    assert len(issued) == 12
    assert {sample.algorithm for sample in issued} == {"sm2", "rsa"}


def test_verapdf_says_pdf_a_3u(folder: dict[str, Path], witnesses: ModuleType) -> None:
    for path, conformance in witnesses.verapdf(list(folder.values())).items():
        assert conformance.compliant, (path.name, conformance.failures)


def test_qpdf_finds_no_fault(folder: dict[str, Path], witnesses: ModuleType) -> None:
    for path in folder.values():
        assert witnesses.qpdf_check(path) == "", path.name


def test_bouncy_castle_accepts_both_signatures_of_each(issued: Any, witnesses: ModuleType) -> None:
    cases = []
    for sample in issued:
        (parts,) = witnesses.signed_parts(sample.pdf)
        roots = [sample.root.der]
        cases.append(witnesses.CmsCase(cms=parts.cms, content=parts.content, roots=roots))
        cases.append(witnesses.CmsCase(cms=sample.p7s, content=sample.json, roots=roots))
    facts = witnesses.bouncy_castle_many(cases)
    assert len(facts) == 24
    assert all(fact.accepted for fact in facts), facts


def test_common_tools_accept_the_rsa_seals(issued: Any, folder: dict[str, Path], witnesses: ModuleType) -> None:
    for sample in issued:
        (signature,) = witnesses.pdfsig(folder[sample.name])
        assert signature.whole_document
        if sample.algorithm != "rsa":
            assert not signature.valid  # poppler cannot judge SM2; it must not claim to
            continue
        assert signature.valid, signature
        root = pem(sample.root.der)
        (parts,) = witnesses.signed_parts(sample.pdf)
        assert witnesses.openssl_cms_verify(parts.cms, parts.content, root) == ""
        assert witnesses.openssl_cms_verify(sample.p7s, sample.json, root) == ""
        (status,) = witnesses.pyhanko(sample.pdf, root, at=AT)
        assert status.accepted, status.summary
        assert status.whole_document


def test_the_printed_code_is_read_by_another_program(
    issued: Any, folder: dict[str, Path], witnesses: ModuleType
) -> None:
    for sample in issued:
        front = Image.open(io.BytesIO(witnesses.pdftoppm(folder[sample.name], 150)[0])).convert("L")
        for turned in (front, front.rotate(90, expand=True), front.rotate(3, expand=True, fillcolor=255)):
            assert read_qr_code(turned).text == sample.record.verify_url, sample.name


def test_copied_text_holds_every_value(issued: Any, folder: dict[str, Path], witnesses: ModuleType) -> None:
    for sample in issued:
        text = _squeeze(witnesses.pdftotext(folder[sample.name]))
        for value in sample.data.values():
            cells = [value] if isinstance(value, str) else [cell for row in value for cell in row.values()]
            for cell in cells:
                assert _squeeze(cell) in text or _as_date(cell) in text, (sample.name, cell)
        assert _squeeze(sample.record.identifier) in text


def test_rare_characters_are_copied_as_they_are(folder: dict[str, Path], witnesses: ModuleType) -> None:
    text = "".join(witnesses.pdftotext(path) for path in folder.values())
    for character in "𬱖㛃䶮":
        assert character in text
        assert unicodedata.normalize("NFC", character) == character


def _squeeze(text: str) -> str:
    return "".join(text.split())


def _as_date(text: str) -> str:
    year, _, rest = text.partition("-")
    month, _, day = rest.partition("-")
    return f"{year}年{int(month)}月{int(day)}日" if month.isdigit() and day.isdigit() else "never printed"


@pytest.mark.parametrize("kind", ["pdf", "p7s"])
def test_the_witnesses_refuse_a_changed_file(issued: Any, kind: str, witnesses: ModuleType, tmp_path: Path) -> None:
    sample = next(s for s in issued if s.algorithm == "rsa")
    if kind == "p7s":
        assert witnesses.openssl_cms_verify(sample.p7s, sample.json + b" ", pem(sample.root.der)) != ""
        return
    changed = bytearray(sample.pdf)
    changed[len(changed) // 2] ^= 1
    path = tmp_path / "changed.pdf"
    path.write_bytes(changed)
    (signature,) = witnesses.pdfsig(path)
    assert not signature.valid
