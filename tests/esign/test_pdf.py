"""Sealed PDFs: outside judges accept them, and no byte of them can be changed unnoticed."""

from datetime import timedelta, timezone
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import load_der_x509_certificate
from hypothesis import given, settings
from hypothesis import strategies as st

from esign import (
    MAX_PDF_BYTES,
    EsignError,
    MalformedError,
    TooLargeError,
    UnprintableError,
    read_sealed_pdf,
)
from esign.pdf_objects import MAX_VALUES, ObjectParser
from keys import BadSignatureError, KeysError


def accepts(pdf: bytes, sealed: Any) -> bool:
    """What a verifier must at least ask: form, seal, content."""
    try:
        facts = read_sealed_pdf(pdf)
        (seal,) = facts.seals
        seal.signed_data.verify_signature()
    except (EsignError, KeysError):
        return False
    return seal.digest_matches() and facts.structured == sealed.structured


def hole(pdf: bytes) -> tuple[int, int]:
    start = pdf.index(b"/Contents <") + len(b"/Contents <")
    return start, pdf.index(b">", start)


def test_round_trip(sealed: Any) -> None:
    facts = read_sealed_pdf(sealed.pdf)
    (seal,) = facts.seals
    assert facts.fields == (seal.field,) == ("Seal1",)
    assert facts.structured == sealed.structured
    assert seal.claimed_time == sealed.at
    assert seal.name == sealed.pki.seal.certificate.subject.organization
    assert not facts.evidence
    assert facts.document_timestamps == ()
    assert accepts(sealed.pdf, sealed)


def test_the_same_content_gives_the_same_bytes_but_for_the_signature(sealed: Any) -> None:
    first, second = sealed.make("农药经营许可证"), sealed.make("农药经营许可证")
    start, end = hole(first)
    assert first[:start] == second[:start]
    assert first[end:] == second[end:]


def test_outside_judges(sealed: Any, witnesses: ModuleType, tmp_path: Path) -> None:
    path = tmp_path / "licence.pdf"
    path.write_bytes(sealed.pdf)
    assert witnesses.qpdf_check(path) == ""
    conformance = witnesses.verapdf([path])[path]
    assert conformance.compliant, conformance.failures
    (parts,) = witnesses.signed_parts(sealed.pdf)
    assert witnesses.bouncy_castle(parts.cms, parts.content, [sealed.pki.root.der]).accepted
    (signature,) = witnesses.pdfsig(path)
    assert signature.whole_document
    assert signature.kind == "ETSI.CAdES.detached"
    if sealed.pki.family == "rsa":
        root = load_der_x509_certificate(sealed.pki.root.der).public_bytes(Encoding.PEM)
        assert signature.valid
        assert witnesses.openssl_cms_verify(parts.cms, parts.content, root) == ""
        (status,) = witnesses.pyhanko(sealed.pdf, root, at=sealed.at)
        assert status.accepted, status.summary
        assert status.whole_document


def test_copied_text_is_the_printed_text(sealed: Any, witnesses: ModuleType, tmp_path: Path) -> None:
    path = tmp_path / "licence.pdf"
    path.write_bytes(sealed.pdf)
    assert "法定代表人 𬱖㛃䶮 · ABC 123" in witnesses.pdftotext(path)


@pytest.mark.parametrize("every", [5, pytest.param(1, marks=pytest.mark.soak)])
def test_a_change_in_the_digits_of_the_seal(sealed: Any, every: int) -> None:
    start, end = hole(sealed.pdf)
    for place in range(start, end, every):
        character = sealed.pdf[place : place + 1]
        others = sorted({character.upper(), b"0" if character != b"0" else b"1", b" ", b"g"} - {character})
        other = others[place % len(others)]
        assert not accepts(sealed.pdf[:place] + other + sealed.pdf[place + 1 :], sealed), place


def test_growth_and_loss(sealed: Any) -> None:
    pdf = sealed.pdf
    for other in (pdf + b"\n", pdf + b"%%EOF\n", pdf[:-1], pdf[: len(pdf) // 2], b"\n" + pdf, pdf.rstrip()):
        assert not accepts(other, sealed)


def test_an_incremental_update_is_not_canonical(sealed: Any) -> None:
    """The classic attack: a new revision behind the seal."""
    at = len(sealed.pdf)
    update = b"9 0 obj\n<</Type/Page>>\nendobj\nxref\n9 1\n%010d 00000 n \n" % at
    update += b"trailer\n<</Size 30/Root 1 0 R/Prev 1>>\nstartxref\n%d\n%%%%EOF\n" % (at + 34)
    with pytest.raises(MalformedError, match="NON_CANONICAL"):
        read_sealed_pdf(sealed.pdf + update)


@pytest.mark.parametrize(
    "byte_range", [b"[0 0 0 0]", b"[]", b"[0 1 2]", b"null", b"[-1 5 6 7]", b"[0 1.5 2 3]", b"[0 99999999 0 1]"]
)
def test_a_byte_range_that_does_not_cover_the_file(sealed: Any, byte_range: bytes) -> None:
    start = sealed.pdf.index(b"/ByteRange ") + len(b"/ByteRange ")
    end = sealed.pdf.index(b"]", start) + 1
    other = sealed.pdf[:start] + byte_range.ljust(end - start) + sealed.pdf[end:]
    assert len(other) == len(sealed.pdf)
    with pytest.raises(MalformedError):
        read_sealed_pdf(other)


def test_an_unsigned_pdf_and_a_foreign_one(sealed: Any) -> None:
    unsigned = b"%PDF-1.4\n1 0 obj\n<</Type/Catalog>>\nendobj\ntrailer\n<</Root 1 0 R>>\n%%EOF\n"
    with pytest.raises(MalformedError, match="SEAL_MISSING"):
        read_sealed_pdf(unsigned)
    with pytest.raises(MalformedError, match="FORMAT_FOREIGN"):
        read_sealed_pdf(unsigned.replace(b"/Catalog", b"/Sig/ByteRange[0 1 2 3]"))
    with pytest.raises(MalformedError, match="FORMAT_PDF"):
        read_sealed_pdf(b"PK\x03\x04")


def test_limit() -> None:
    with pytest.raises(TooLargeError):
        read_sealed_pdf(b"%PDF-1.7" + bytes(MAX_PDF_BYTES))


def test_a_signature_of_another_key(sealed: Any) -> None:
    """A right file in which somebody else's signature value was put."""
    prepared = sealed.prepare("农药经营许可证")
    assert accepts(prepared.finish(sealed.pki.seal.sign(prepared.attributes)), sealed)
    wrong = prepared.finish(sealed.forger.sign(prepared.attributes))
    with pytest.raises(BadSignatureError):
        read_sealed_pdf(wrong).seals[0].signed_data.verify_signature()
    assert not accepts(wrong, sealed)


@pytest.mark.parametrize("word", [b"nan", b"inf", b"1_0", b"+5", b"1e5", b"007", b"-", b"1.", b"0x1", b"99999999999"])
def test_numbers_that_we_do_not_write(word: bytes) -> None:
    with pytest.raises(MalformedError):
        ObjectParser(word, 0, len(word)).parse()


@pytest.mark.parametrize("value", [b"()", b"/a", b"<>", b"0 ", b"1.5 ", b"[]", b"<<>>", b"<</a 1>>"])
def test_an_object_of_very_many_values_is_given_up(value: bytes) -> None:
    """A file of 20 MB took up to 49 seconds and 1.3 GB to read before the values were counted."""
    data = b"<</X [" + value * MAX_VALUES + b"]>>"
    with pytest.raises(TooLargeError):
        ObjectParser(data, 0, len(data)).parse()


@pytest.mark.parametrize("time", [b"99991231235959+00'00'", b"00010101000000+23'59'"])
def test_a_signing_time_at_the_end_of_the_calendar(sealed: Any, time: bytes) -> None:
    """It could not be shown in another time zone."""
    start = sealed.pdf.index(b"/M (D:") + len(b"/M (D:")
    with pytest.raises(MalformedError, match="FORMAT_PDF"):
        read_sealed_pdf(sealed.pdf[:start] + time + sealed.pdf[start + len(time) :])


def test_any_time_zone_is_written_as_ours(sealed: Any) -> None:
    west = sealed.at.astimezone(timezone(timedelta(hours=-5)))
    (seal,) = read_sealed_pdf(sealed.make("农药经营许可证", at=west)).seals
    assert seal.claimed_time == sealed.at
    assert seal.claimed_time.utcoffset() == timedelta(hours=8)


def test_an_unprintable_character_is_refused(sealed: Any) -> None:
    with pytest.raises(UnprintableError):
        sealed.make("\U000313ac")


@settings(max_examples=400, deadline=None, database=None)
@given(data=st.data())
def test_mutated_files_give_no_other_exception(sealed: Any, data: st.DataObject) -> None:
    pdf = bytearray(sealed.pdf)
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(pdf) - 1))
        kind = data.draw(st.sampled_from(["flip", "cut", "insert", "copy"]))
        if kind == "flip":
            pdf[place] ^= data.draw(st.integers(1, 255))
        elif kind == "cut":
            del pdf[place : place + data.draw(st.integers(1, 500))]
        elif kind == "insert":
            pdf[place:place] = data.draw(st.binary(min_size=1, max_size=20))
        else:
            source = data.draw(st.integers(0, len(pdf) - 1))
            pdf[place:place] = pdf[source : source + 200]
        if not pdf:
            return
    if bytes(pdf) != sealed.pdf:
        assert not accepts(bytes(pdf), sealed)
