"""Signed PDFs of other producers: what the facts say of good ones, changed ones, attacked ones and broken ones."""

import io
import random
import re
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pikepdf
import pytest
from applicant import make_applicant
from hypothesis import given, settings
from hypothesis import strategies as st
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import fields, signers
from pyhanko.sign.timestamps import DummyTimeStamper
from pyhanko.sign.validation.dss import DocumentSecurityStore
from reportlab.pdfgen import canvas

from esign import (
    MAX_PDF_BYTES,
    ChangeKind,
    EsignError,
    ForeignSignature,
    MalformedError,
    RangeFault,
    TooLargeError,
    read_foreign_pdf,
)

Sign = Callable[..., bytes]
NOTHING: frozenset[ChangeKind] = frozenset()


@pytest.fixture(scope="session")
def signer(tmp_path_factory: pytest.TempPathFactory) -> signers.SimpleSigner:
    """An applicant whom another product serves."""
    return make_applicant(tmp_path_factory.mktemp("applicant"))


@pytest.fixture(scope="session")
def sign(signer: signers.SimpleSigner) -> Sign:
    def sign(pdf: bytes, name: str, box: tuple[int, ...] | None = None, **more: Any) -> bytes:
        writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
        place = fields.SigFieldSpec(name, box=box, on_page=1) if box else None
        metadata = signers.PdfSignatureMetadata(field_name=name, reason="申报", **more)
        out = io.BytesIO()
        signers.sign_pdf(writer, metadata, signer=signer, output=out, new_field_spec=place)
        return out.getvalue()

    return sign


def document(*, field: bool = False) -> bytes:
    out = io.BytesIO()
    paper = canvas.Canvas(out, pagesize=(595, 842), invariant=True)
    for number in (1, 2, 3):
        paper.drawString(72, 700, f"page {number}")
        if field and number == 2:
            paper.acroForm.textfield(name="amount", x=72, y=600, value="100")
        paper.showPage()
    paper.save()
    return out.getvalue()


def with_object_streams(pdf: bytes) -> bytes:
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        opened.save(out, object_stream_mode=pikepdf.ObjectStreamMode.generate)
    return out.getvalue()


@pytest.fixture(scope="session")
def signed(sign: Sign) -> bytes:
    return sign(document(), "First")


def appended(pdf: bytes, change: Callable[[Any], None]) -> bytes:
    """A new revision behind the file, as pyHanko writes it."""
    writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
    change(writer)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def update(pdf: bytes, objects: dict[int, bytes]) -> bytes:
    """A new revision behind the file, written by hand."""
    last = int(re.findall(rb"startxref\s+(\d+)", pdf)[-1])
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        size = int(opened.trailer.Size)
        root = opened.Root.objgen[0]
        info = opened.trailer.Info.objgen[0]
    out, rows = pdf, b""
    for number, body in objects.items():
        rows += b"%d 1\n%010d 00000 n \n" % (number, len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    size = max(size, *(number + 1 for number in objects))
    trailer = b"trailer\n<</Size %d/Root %d 0 R/Info %d 0 R/Prev %d>>\n" % (size, root, info, last)
    return out + b"xref\n" + rows + trailer + b"startxref\n%d\n%%%%EOF\n" % len(out)


def only(pdf: bytes) -> ForeignSignature:
    (signature,) = read_foreign_pdf(pdf).signatures
    return signature


def page_number(pdf: bytes, page: int) -> tuple[int, bytes]:
    """The object number of a page and its contents' one."""
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        found = opened.pages[page - 1].obj
        return found.objgen[0], b"%d 0 R" % found.Contents.objgen[0]


# --- good files


def test_a_signature_over_the_whole_file(signed: bytes) -> None:
    facts = read_foreign_pdf(signed)
    (signature,) = facts.signatures
    assert (facts.pages, facts.repaired, facts.encrypted, facts.stray_signatures) == (3, False, False, 0)
    assert facts.revisions[-1] == len(signed)
    assert (signature.field, signature.sub_filter, signature.reason) == ("First", "adbe.pkcs7.detached", "申报")
    assert signature.covers_whole_file
    assert signature.covers_revision
    assert signature.changes.kinds == NOTHING
    assert signature.faults == ()
    assert signature.page is None
    assert signature.claimed_time is not None
    start, length, resumed, rest = signature.byte_range or (0, 0, 0, 0)
    assert signature.covered(signed) == (signed[:length], signed[resumed:])
    assert (start, resumed + rest) == (0, len(signed))
    # The whole DER element and not a byte of padding.
    assert signature.cms[:2] == b"\x30\x82"
    assert len(signature.cms) == 4 + int.from_bytes(signature.cms[2:4], "big")


def test_our_own_sealed_file(sealed: Any) -> None:
    signature = only(sealed.pdf)
    assert (signature.certification, signature.page, signature.faults) == (1, 1, ())
    assert signature.covers_whole_file
    assert signature.claimed_time == sealed.at
    left, bottom, right, top = signature.rectangle or (0, 0, 0, 0)
    assert (round(right - left), round(top - bottom)) == (119, 119)


@pytest.mark.parametrize("make", [document, lambda: with_object_streams(document())], ids=["table", "stream"])
def test_further_signatures_are_further_signatures(sign: Sign, make: Callable[[], bytes]) -> None:
    first = sign(make(), "First")
    twice = sign(first, "Second", box=(10, 10, 110, 60))
    facts = read_foreign_pdf(twice)
    assert [signature.field for signature in facts.signatures] == ["First", "Second"]
    earlier, later = facts.signatures
    assert earlier.changes.kinds == {ChangeKind.SHOWN_SIGNATURES}
    assert earlier.changes.pages == (2,)  # the second one is seen there
    assert not earlier.covers_whole_file
    assert earlier.covers_revision
    assert later.covers_whole_file
    assert later.changes.kinds == NOTHING
    assert (later.page, later.rectangle) == (2, (10, 10, 110, 60))


def test_an_empty_field_that_is_signed_later(sign: Sign) -> None:
    def add(writer: Any) -> None:
        fields.append_signature_field(writer, fields.SigFieldSpec("Second", box=(10, 10, 110, 60), on_page=0))

    first = sign(appended(document(), add), "First")
    assert only(first).covers_whole_file
    earlier, later = read_foreign_pdf(sign(first, "Second")).signatures
    assert (earlier.changes.kinds, earlier.changes.pages) == ({ChangeKind.SIGNATURES}, (1,))
    assert later.covers_whole_file


def test_evidence_and_document_timestamps(signed: bytes, signer: signers.SimpleSigner) -> None:
    out = io.BytesIO(signed)
    DocumentSecurityStore.supply_dss_in_writer(
        writer := IncrementalPdfFileWriter(out), None, certs=[signer.signing_cert]
    )
    writer.write_in_place()
    stamper = DummyTimeStamper(tsa_cert=signer.signing_cert, tsa_key=signer.signing_key)
    signers.PdfTimeStamper(stamper).timestamp_pdf(IncrementalPdfFileWriter(out), "sha256", in_place=True)
    signature, stamp = read_foreign_pdf(out.getvalue()).signatures
    assert signature.changes.kinds == {ChangeKind.EVIDENCE}
    assert signature.changes.pages == ()
    assert not signature.document_timestamp
    assert stamp.document_timestamp
    assert stamp.covers_whole_file


def test_certification(sign: Sign) -> None:
    level = fields.MDPPerm.FILL_FORMS
    assert only(sign(document(), "First", certify=True, docmdp_permissions=level)).certification == 2
    assert only(sign(document(), "First")).certification is None


def test_the_time_needs_a_zone(signed: bytes) -> None:
    without = only(signed.replace(b"Z)\n/Reason", b") \n/Reason"))
    assert without.claimed_time is None
    assert re.fullmatch("D:[0-9]{14}", without.claimed_time_text)
    year = int(without.claimed_time_text[2:6])
    claimed = only(signed).claimed_time
    assert claimed is not None
    assert claimed.year == year


def test_an_unsigned_file_and_an_encrypted_one(tmp_path: Any) -> None:
    assert read_foreign_pdf(document()).signatures == ()
    for user, readable in (("", True), ("secret", False)):
        out = io.BytesIO()
        with pikepdf.open(io.BytesIO(document())) as opened:
            opened.save(out, encryption=pikepdf.Encryption(owner="owner", user=user))
        if readable:
            assert read_foreign_pdf(out.getvalue()).encrypted
        else:
            with pytest.raises(MalformedError, match="password"):
                read_foreign_pdf(out.getvalue())


# --- changes after signing


def test_a_form_value_filled_in_later(sign: Sign) -> None:
    first = sign(document(field=True), "First")

    def fill(writer: Any) -> None:
        field = writer.root["/AcroForm"]["/Fields"].raw_get(0).get_object()
        field[pikepdf_name("/V")] = text("999")
        writer.update_container(field)

    filled = only(appended(first, fill))
    assert filled.changes.kinds == {ChangeKind.FORM_VALUES}
    assert filled.changes.pages == (2,)


def pikepdf_name(name: str) -> Any:
    from pyhanko.pdf_utils.generic import NameObject

    return NameObject(name)


def text(value: str) -> Any:
    from pyhanko.pdf_utils.generic import TextStringObject

    return TextStringObject(value)


def test_each_change_is_named(signed: bytes) -> None:
    page, contents = page_number(signed, 2)
    _, elsewhere = page_number(signed, 1)
    with pikepdf.open(io.BytesIO(signed)) as opened:
        root, pages, info = (
            opened.Root.objgen[0], opened.Root.Pages.objgen[0], opened.trailer.Info.objgen[0],
        )  # fmt: skip
        catalogue = opened.Root.unparse(resolved=True)
        tree = opened.Root.Pages.unparse(resolved=True)
        body = opened.pages[1].obj.unparse(resolved=True)
    note = b"<</Type/Annot/Subtype/FreeText/Rect[10 10 300 300]/Contents(1000)/DA(/Helv 9 Tf)>>"
    content = int(contents.split()[0])
    cases: dict[str, tuple[dict[int, bytes], ChangeKind, tuple[int, ...]]] = {
        "content": ({content: b"<</Length 4>>\nstream\nq Q\n\nendstream"}, ChangeKind.PAGES, (2,)),
        "another page's content": ({page: body.replace(contents, elsewhere)}, ChangeKind.PAGES, (2,)),
        "annotation": ({page: body[:-2] + b"/Annots[" + note + b"]>>"}, ChangeKind.PAGES, (2,)),
        "crop": ({page: body[:-2] + b"/CropBox[0 0 9 9]>>"}, ChangeKind.PAGES, (2,)),
        "page gone": ({pages: re.sub(rb"/Kids \[ (\d+ 0 R)", rb"/Kids [", tree)}, ChangeKind.PAGES, (1, 2, 3)),
        "order": ({pages: re.sub(rb"\[ (\d+ 0 R) (\d+ 0 R)", rb"[\2 \1", tree)}, ChangeKind.PAGES, (1, 2)),
        "script": ({root: catalogue[:-2] + b"/OpenAction<</S/JavaScript/JS(x)>>>>"}, ChangeKind.OTHER, ()),
        "layers": ({root: catalogue[:-2] + b"/OCProperties<</OCGs[]/D<</OFF[]>>>>>>"}, ChangeKind.OTHER, ()),
        "not evidence": ({root: catalogue[:-2] + b"/DSS<</Certs[]/Pages[]>>>>"}, ChangeKind.OTHER, ()),
        "title": ({info: b"<</Title(other)>>"}, ChangeKind.METADATA, ()),
        "nothing seen": ({900: b"<</Type/Page>>"}, ChangeKind.OTHER, ()),
        "form gone": (
            {root: re.sub(rb"/AcroForm \d+ 0 R", b"/AcroForm <</Fields[]>>", catalogue)},
            ChangeKind.OTHER,
            (),
        ),
    }
    for name, (objects, kind, changed) in cases.items():
        facts = read_foreign_pdf(update(signed, objects))
        if name == "form gone":
            # A signature that no field names is no longer found as one, but it is not overlooked.
            assert (facts.signatures, facts.stray_signatures) == ((), 1)
            continue
        (signature,) = facts.signatures
        assert kind in signature.changes.kinds, name
        assert signature.changes.pages == changed, name
        assert not signature.covers_whole_file


def test_a_picture_deep_in_a_page_that_changes(sign: Sign) -> None:
    """The page and its contents stay, an object three references away does not."""
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(document())) as opened:
        form = opened.make_stream(b"0 0 9 9 re f", Type=pikepdf.Name.XObject, Subtype=pikepdf.Name.Form)
        outer = opened.make_stream(b"/A Do", Subtype=pikepdf.Name.Form)
        outer.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(A=form))
        for page in opened.pages[:2]:
            page.obj.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(B=outer))
        opened.save(out)
    first = sign(out.getvalue(), "First")
    with pikepdf.open(io.BytesIO(first)) as opened:
        number = opened.pages[0].obj.Resources.XObject.B.Resources.XObject.A.objgen[0]
    changed = only(update(first, {number: b"<</Subtype/Form/Length 3>>\nstream\n0 g\nendstream"}))
    assert (changed.changes.kinds, changed.changes.pages) == ({ChangeKind.PAGES}, (1, 2))


def test_growth_without_content(signed: bytes) -> None:
    """White space is nothing; everything else is something, though no reader shows it."""
    grown = only(signed + b"\n\n")
    assert (grown.covers_whole_file, grown.changes.kinds) == (False, NOTHING)
    startxref = int(re.findall(rb"startxref\s+(\d+)", signed)[-1])
    for tail in (
        b"% a comment\n",
        b"%%EOF\n",
        b"99 0 obj\n<</Type/Page>>\nendobj\n",
        b"startxref\n%d\n%%%%EOF\n" % startxref,
        b"99 0 obj\n<<>>\nendobj\ntrailer\n<</Size 100/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % startxref,
        b"xref\n0 0\ntrailer\n<</Size 9/Root 1 0 R>>\n% startxref\n0\n%%EOF\n",
    ):
        try:
            facts = only(signed + tail)
        except MalformedError:
            continue
        assert ChangeKind.OTHER in facts.changes.kinds, tail
        assert not facts.covers_whole_file


def test_a_hybrid_update_is_not_explained(signed: bytes) -> None:
    with pikepdf.open(io.BytesIO(signed)) as opened:
        info = opened.trailer.Info.objgen[0]
    changed = update(signed, {info: b"<</Title(other)>>"})
    place = changed.rindex(b"/Prev")
    hybrid = changed[:place] + b"/XRefStm 1 " + changed[place:]
    try:
        kinds = only(hybrid).changes.kinds
    except MalformedError:
        return
    assert ChangeKind.OTHER in kinds


# --- attacks on the signature itself


def replaced_range(pdf: bytes, new: bytes) -> bytes:
    """Another byte range, in the room of the old one."""
    start = pdf.index(b"/ByteRange") + len(b"/ByteRange")
    end = pdf.index(b"]", start) + 1
    end += len(pdf[end:]) - len(pdf[end:].lstrip(b" "))
    assert len(new) + 1 <= end - start
    return pdf[:start] + b" " + new.ljust(end - start - 1) + pdf[end:]


@pytest.mark.parametrize(
    ("new", "fault"),
    [
        (b"[0 0 0 0]", RangeFault.BYTE_RANGE_ORDER),
        (b"[0 10 5 20]", RangeFault.BYTE_RANGE_ORDER),
        (b"[0 10 10 20]", RangeFault.BYTE_RANGE_ORDER),
        (b"[-1 10 20 20]", RangeFault.BYTE_RANGE_ORDER),
        (b"[0 -10 20 20]", RangeFault.BYTE_RANGE_ORDER),
        (b"[0 10 20 -5]", RangeFault.BYTE_RANGE_ORDER),
        (b"[1 10 20 20]", RangeFault.BYTE_RANGE_ORDER),
        (b"[0 10 99999999 1]", RangeFault.BYTE_RANGE_ORDER),
        (b"[0 10 20 9999999]", RangeFault.BYTE_RANGE_ORDER),
        (b"[0 10 20]", RangeFault.NO_BYTE_RANGE),
        (b"[0 1 2 3 4 5]", RangeFault.NO_BYTE_RANGE),
        (b"[0 1.0 2 3]", RangeFault.NO_BYTE_RANGE),
        (b"[0 (1) 2 3]", RangeFault.NO_BYTE_RANGE),
        (b"[]", RangeFault.NO_BYTE_RANGE),
        (b"null", RangeFault.NO_BYTE_RANGE),
        (b"5 0 R", RangeFault.NO_BYTE_RANGE),
        (b"[0 10 20 20]", RangeFault.HOLE),
    ],
)
def test_a_byte_range_at_fault(signed: bytes, new: bytes, fault: RangeFault) -> None:
    signature = only(replaced_range(signed, new))
    assert fault in signature.faults
    assert signature.cms == b""
    assert not signature.covers_whole_file
    assert ChangeKind.OTHER in signature.changes.kinds


def test_a_hole_that_is_wider_or_narrower_than_the_string(signed: bytes) -> None:
    """Signature wrapping: bytes that nobody signed stand between the two ranges."""
    _, length, resumed, rest = only(signed).byte_range or (0, 0, 0, 0)
    for new in (
        (length - 9, resumed, rest),
        (length, resumed + 1, rest - 1),
        (length + 2, resumed, rest),
        (length, resumed - 2, rest + 2),
    ):
        signature = only(replaced_range(signed, b"[0 %d %d %d]" % new))
        assert signature.faults == (RangeFault.HOLE,), new
        assert not signature.covers_whole_file


def test_content_moved_into_the_hole(signed: bytes) -> None:
    _, length, resumed, rest = only(signed).byte_range or (0, 0, 0, 0)
    foreign = b" 99 0 obj <</Type/Page>> endobj "
    moved = signed[:resumed] + foreign + signed[resumed:]
    widened = replaced_range(moved, b"[0 %d %d %d]" % (length, resumed + len(foreign), rest))
    for facts in (read_foreign_pdf(moved), read_foreign_pdf(widened)):
        assert facts.repaired
        assert facts.signatures or facts.stray_signatures
        assert not any(signature.covers_whole_file and not signature.faults for signature in facts.signatures)


def hole(pdf: bytes) -> tuple[int, int]:
    _, length, resumed, _ = only(pdf).byte_range or (0, 0, 0, 0)
    return length + 1, resumed - 1


def test_contents_at_fault(signed: bytes) -> None:
    start, end = hole(signed)
    digits = end - start

    def with_digits(new: bytes) -> bytes:
        return signed[:start] + new + signed[end:]

    assert only(with_digits(b"0" * digits)).faults == (RangeFault.NO_CONTENTS,)
    assert only(with_digits(signed[start : end - 2] + b"01")).faults == (RangeFault.PADDING,)
    assert RangeFault.HOLE in only(with_digits(signed[start : end - 2] + b"  ")).faults
    assert RangeFault.HOLE in only(with_digits(signed[start : end - 4] + b"><00")).faults
    renamed = signed.replace(b"/Contents <", b"/Contentz <", 1)
    assert only(renamed).faults == (RangeFault.NO_CONTENTS,)


def test_a_second_contents_entry(signed: bytes) -> None:
    """The reader sees another string than the one between the ranges."""
    start = signed.index(b"/ByteRange")
    end = signed.index(b"]", start) + 1
    room = len(signed[end:]) - len(signed[end:].lstrip(b" "))
    other = b"/Contents<30030201ff>"
    assert room >= len(other)
    twice = signed[:end] + other.ljust(room) + signed[end + room :]
    assert only(twice).faults == (RangeFault.OTHER_CONTENTS,)


def test_two_fields_with_one_signature(signed: bytes) -> None:
    with pikepdf.open(io.BytesIO(signed)) as opened:
        form = opened.Root.AcroForm
        field = form.Fields[0]
        number, value = form.objgen[0], b"%d 0 R" % field.V.objgen[0]
        old = b"%d 0 R" % field.objgen[0]
    other = b"<</FT/Sig/T(Other)/V " + value + b">>"
    if number == 0:
        pytest.fail("the form is no object of its own")
    doubled = update(signed, {number: b"<</Fields[" + old + b" 901 0 R]/SigFlags 3>>", 901: other})
    signatures = read_foreign_pdf(doubled).signatures
    assert len(signatures) == 2
    assert all(RangeFault.SHARED in signature.faults for signature in signatures)


def test_a_signature_dictionary_that_is_exchanged(signed: bytes) -> None:
    """The name and the reason are what people read: after the fact they are somebody else's."""
    with pikepdf.open(io.BytesIO(signed)) as opened:
        number = opened.Root.AcroForm.Fields[0].V.objgen[0]
        body = opened.Root.AcroForm.Fields[0].V.unparse(resolved=True)
    signature = only(update(signed, {number: body.replace(b"/ByteRange", b"/Name (Mayor) /ByteRange")}))
    assert signature.name == "Mayor"
    assert ChangeKind.OTHER in signature.changes.kinds
    assert not signature.covers_whole_file


# --- bad input


def test_limits(signed: bytes) -> None:
    with pytest.raises(TooLargeError, match="the limit is"):
        read_foreign_pdf(b"%PDF-1.7" + b" " * MAX_PDF_BYTES)
    fields_of_many = b"".join(b"<</FT/Sig/T(f%d)/V<</Type/Sig>>>>" % number for number in range(65))
    with pikepdf.open(io.BytesIO(signed)) as opened:
        number = opened.Root.AcroForm.objgen[0]
    with pytest.raises(TooLargeError, match="signatures"):
        read_foreign_pdf(update(signed, {number: b"<</Fields[" + fields_of_many + b"]>>"}))


def test_a_very_long_contents(signed: bytes) -> None:
    with pikepdf.open(io.BytesIO(signed)) as opened:
        number = opened.Root.AcroForm.Fields[0].V.objgen[0]
    body = b"<</Type/Sig/ByteRange[0 10 20 20]/Contents<" + b"30ff" * (1 << 20) + b">>>"
    with pytest.raises(TooLargeError, match="signature of more than"):
        read_foreign_pdf(update(signed, {number: body}))


@pytest.mark.parametrize("cut", [0, 1, 8, 100, 1000, -300, -30, -7])
def test_a_truncated_file(signed: bytes, cut: int) -> None:
    try:
        facts = read_foreign_pdf(signed[:cut])
    except MalformedError:
        return
    assert not any(signature.covers_whole_file and not signature.faults for signature in facts.signatures)


def test_data_before_the_header(signed: bytes) -> None:
    facts = read_foreign_pdf(b"junk\n" + signed)
    assert facts.bytes_before_header == 5
    assert all(signature.faults for signature in facts.signatures)


def test_circles_and_references_to_nowhere() -> None:
    """Trees that contain themselves end; what is not there is not there."""
    header = b"%PDF-1.7\n"
    bodies = [
        b"<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[4 0 R 77 0 R 4 0 R]>>>>",
        b"<</Type/Pages/Kids[2 0 R 3 0 R 99 0 R 3 0 R]/Count 9>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 100 100]/Annots[4 0 R 3 0 R 88 0 R]>>",
        b"<</FT/Sig/T(loop)/Kids[4 0 R]/Parent 4 0 R/V 5 0 R>>",
        b"<</Type/Sig/Contents 5 0 R/ByteRange[0 1 2 3]/Reference[5 0 R]>>",
    ]
    out, rows = header, b""
    for number, body in enumerate(bodies, start=1):
        rows += b"%010d 00000 n \n" % len(out)
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"xref\n0 6\n0000000000 65535 f \n" + rows + b"trailer\n<</Size 6/Root 1 0 R>>\n"
    facts = read_foreign_pdf(out + table + b"startxref\n%d\n%%%%EOF\n" % len(out))
    assert facts.pages == 1
    assert [signature.field for signature in facts.signatures] == ["loop"]
    assert facts.signatures[0].faults


@pytest.mark.parametrize(
    "body", [b"[" * 5000 + b"]" * 5000, b"<</A" * 3000 + b" 1" + b">>" * 3000], ids=["arrays", "dictionaries"]
)
def test_deep_nesting_is_not_followed(signed: bytes, body: bytes) -> None:
    """An object that nobody can read: the rest is told, and that readers may differ."""
    facts = read_foreign_pdf(update(signed, {page_number(signed, 1)[0]: body}))
    assert facts.repaired
    assert ChangeKind.OTHER in facts.signatures[0].changes.kinds


BATCH = """
import sys
from esign import EsignError
from esign import foreign_pdf_reader, pdf_update_reader, preflight_reader
data = sys.stdin.buffer.read()
while data:
    size, data = int(data[:10]), data[10:]
    pdf, data = data[:size], data[size:]
    for reader in (foreign_pdf_reader, pdf_update_reader, preflight_reader):
        try:
            reader.answer(pdf, "1")
        except (EsignError, MemoryError, RecursionError):
            pass
print("done")
"""
TOKENS = (
    b"null [ ] << >> /Kids /Parent 1 0 R -1 99999999999 /Annots /Fields true <zz stream endobj /Type /Sig /V 0.5 "
    b"% /Pages /Rect /Root /Length (\xff"
).split(b" ")


def mutated(pdf: bytes, chance: random.Random) -> bytes:
    data = bytearray(pdf)
    for _ in range(chance.choice([1, 1, 2, 5, 20])):
        place, kind = chance.randrange(len(data)), chance.randrange(5)
        if kind == 0:
            data[place] = chance.randrange(256)
        elif kind in (1, 2):
            token = chance.choice(TOKENS)
            data[place : place + len(token)] = token
        elif kind == 3:
            del data[place : place + chance.randrange(1, 200)]
        else:
            data[place:place] = data[chance.randrange(len(data)) :][: chance.randrange(400)]
        data = data or bytearray(b"%PDF-")
    return bytes(data)


def test_no_other_exception_leaves_the_readers(signed: bytes, sign: Sign) -> None:
    """Many files in one process: an exception that the child would hide behind its exit code is seen here."""
    chance = random.Random(20261122)  # noqa: S311 — not for a secret
    bases = [signed, sign(signed, "Second", box=(1, 1, 50, 50)), sign(with_object_streams(document()), "First")]
    files = [mutated(chance.choice(bases), chance) for _ in range(300)]
    given_files = b"".join(b"%010d" % len(pdf) + pdf for pdf in files)
    done = subprocess.run([sys.executable, "-c", BATCH], input=given_files, capture_output=True, check=False)
    assert done.stdout == b"done\n", done.stderr[-2000:]


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32))
def test_no_other_exception_escapes(signed: bytes, seed: int) -> None:
    pdf = mutated(signed, random.Random(seed))  # noqa: S311 — not for a secret
    try:
        facts = read_foreign_pdf(pdf)
    except EsignError:
        return
    for signature in facts.signatures:
        # Whoever says that everything is covered has the file's own bytes in two chunks around one string.
        if signature.covers_whole_file and not signature.faults:
            before, after = signature.covered(pdf)
            assert pdf.startswith(before)
            assert pdf.endswith(after)
            assert pdf[len(before) : len(before) + 1] == b"<"
