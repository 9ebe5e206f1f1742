"""Every reason has a test that makes it appear; the vectors here are those that no other file has."""

from __future__ import annotations

import io
import sys
from dataclasses import replace
from types import ModuleType

import pikepdf
import pytest

from esign import StructuredAttachment, StructuredDocument, structured_to_bytes
from keys import DevelopmentPki
from verify import REASONS, Verifier


def test_every_reason_has_a_vector(request: pytest.FixtureRequest) -> None:
    registry = sys.modules["vectors_of_reasons"]
    assert set(registry.VECTORS) == set(REASONS)
    config = request.config
    if config.option.keyword or any("::" in given for given in config.args):
        return  # a part of the tests was asked for
    tests = {item.nodeid for item in request.session.items}
    files = {test.partition("::")[0] for test in tests}
    stale = [
        vector
        for vector in registry.VECTORS.values()
        if vector.partition("::")[0] in files and not any(registry.is_vector(vector, test) for test in tests)
    ]
    assert stale == []


def test_a_document_that_the_licence_does_not_list(verifier: Verifier, pki: DevelopmentPki, office: ModuleType) -> None:
    listed = (StructuredDocument(key="duplicate-1", label="副本"),)
    structured = structured_to_bytes(replace(office.licence_for(pki.seal), documents=listed))
    report = verifier.verify_file(office.seal_pdf(pki.seal, structured=structured), at=office.AT)
    assert report.reason.code == "DOCUMENT_UNLISTED"


def test_a_body_that_is_missing(verifier: Verifier, pki: DevelopmentPki, office: ModuleType) -> None:
    body = StructuredAttachment(
        kind="body", name="body.pdf", media_type="application/pdf", sha256="0" * 64, sm3="0" * 64, size=9, pages=1
    )
    structured = structured_to_bytes(replace(office.licence_for(pki.seal), attachments=(body,)))
    report = verifier.verify_file(office.seal_pdf(pki.seal, structured=structured), at=office.AT)
    assert report.reason.code == "BODY_MISMATCH"


def test_a_pdf_that_asks_for_a_password(verifier: Verifier, office: ModuleType) -> None:
    out = io.BytesIO()
    paper = pikepdf.new()
    paper.add_blank_page()
    paper.Root.AcroForm = pikepdf.Dictionary(Fields=[pikepdf.Dictionary(FT=pikepdf.Name.Sig, T="A")])
    paper.Root.AcroForm.Fields[0].V = pikepdf.Dictionary(Type=pikepdf.Name.Sig, ByteRange=[0, 1, 2, 3])
    paper.save(out, encryption=pikepdf.Encryption(owner="owner", user="secret"))
    assert verifier.verify_file(out.getvalue(), at=office.AT).reason.code == "FORMAT_FOREIGN"
