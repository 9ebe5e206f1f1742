"""Attacks that once succeeded: each of these made something pass, or take long, that must not."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pikepdf
import pytest
from applicant import make_applicant
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import fields, signers
from pyhanko.sign.timestamps import DummyTimeStamper
from reportlab.pdfgen import canvas

from esign import (
    ChangeKind,
    ExpectedSeal,
    PreflightCode,
    StructuredAuthority,
    preflight,
    read_foreign_pdf,
    read_sealed_pdf,
    sign_detached,
    structured_to_bytes,
)
from keys import CertificateList, DerReader, DevelopmentPki, Signer, der, read_crl
from verify import Outcome, TrustStore, Verifier

if TYPE_CHECKING:
    from office import Ca

# A licence that was revoked, dressed up as somebody's signed document, whose status nobody asks for.


def message(cms: bytes, content: bytes | None, *, lists: bytes = b"", copies: int = 1) -> bytes:
    """A detached signature with content put inside, revocation lists, and its signer several times."""
    outer = DerReader(cms).read_sequence()
    outer.read_oid()
    inner = DerReader(outer.read(0xA0)).read_sequence()
    version, digests, encapsulated, certificates, signers_info = (inner.read_raw() for _ in range(5))
    if content is not None:
        encapsulated = der.sequence(der.oid("1.2.840.113549.1.7.1"), der.context(0, der.octet_string(content)))
    brought = der.tlv(0xA1, lists) if lists else b""
    whole = der.set_of(*[DerReader(signers_info).read(der.SET)] * copies)
    signed_data = der.sequence(version, digests, encapsulated, certificates, brought, whole)
    return der.sequence(der.oid("1.2.840.113549.1.7.2"), der.context(0, signed_data))


@pytest.fixture
def after_revocation(pki: DevelopmentPki, office: ModuleType) -> Verifier:
    return Verifier(
        TrustStore.from_certificates((pki.root, pki.issuing_ca, pki.code.certificate)),
        office.Store((office.IDENTIFIER, "revoked")),
    )


def test_a_revoked_licence_inside_its_signature(
    after_revocation: Verifier, pki: DevelopmentPki, office: ModuleType
) -> None:
    data, signature = office.seal_structured(pki.seal)
    assert after_revocation.verify_file(data, signature=signature, at=office.AT).reason.code == "STATUS_REVOKED"
    report = after_revocation.verify_file(message(signature, data), at=office.AT)
    assert (report.verdict, report.reason.code) == (Outcome.FAILED, "NON_CANONICAL")
    other = message(signature, b"materials")
    assert after_revocation.verify_file(other, at=office.AT).reason.code == "DIGEST_MISMATCH"


def test_the_seal_of_a_pdf_as_a_message_over_its_bytes(
    after_revocation: Verifier, pki: DevelopmentPki, office: ModuleType
) -> None:
    pdf = office.seal_pdf(pki.seal)
    covered = read_sealed_pdf(pdf).seals[0].covered
    digits = bytes.fromhex(pdf[covered.start + 1 : covered.stop - 1].decode())
    reader = DerReader(digits[: 4 + int.from_bytes(digits[2:4], "big")])
    report = after_revocation.verify_file(reader.read_raw(), original=b"".join(covered.chunks()), at=office.AT)
    assert (report.verdict, report.reason.code) == (Outcome.FAILED, "NON_CANONICAL")


# Another organisation's word for the issuer's.


def test_a_joint_issuer_of_its_own_making(ca: Ca, office: ModuleType) -> None:
    """It lists the issuer's seal and its own, names itself as issuing jointly, and signs alone."""
    issuer, other = ca.issue(), ca.issue(name=office.OTHER_NAME, code=office.OTHER_CODE)

    def listed(signer: Signer, place: int) -> ExpectedSeal:
        digest = signer.algorithm.digest
        return ExpectedSeal(
            field=f"Seal{place}",
            order=place,
            algorithm=signer.algorithm.name,
            certificate_digest=f"{digest}:{signer.certificate.fingerprint(digest).hex()}",
        )

    forged = replace(
        office.licence_for(issuer),
        seals=(listed(issuer, 1), listed(other, 2)),
        joint_issuers=(StructuredAuthority(name=office.OTHER_NAME, code=office.OTHER_CODE),),
    )
    data = structured_to_bytes(forged)
    judge = Verifier(TrustStore.from_certificates(ca.public), office.Store(office.ISSUED)).verify_file
    for signer, code in ((other, "SEAL_NOT_OF_ISSUER"), (issuer, "SEALS_INCOMPLETE")):
        report = judge(data, signature=sign_detached(data, signer, signing_time=office.AT), at=office.AT)
        assert report.reason.code == code
    assert report.authenticity is Outcome.PASSED


# Lists that only cost time.


def test_lists_in_a_message_are_read_once_and_within_reason(
    verifier: Verifier, pki: DevelopmentPki, office: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[bytes] = []

    def counted(data: bytes) -> CertificateList:
        read.append(data)
        return read_crl(data)

    monkeypatch.setattr("verify.revocation.read_crl", counted)
    _, signature = office.seal_structured(pki.seal)
    at = der.time(office.AT)
    rows = b"".join(der.sequence(der.integer(number), at) for number in range(10**6, 10**6 + 30_000))
    algorithm = pki.seal.algorithm.signature_identifier
    tbs = der.sequence(der.integer(1), algorithm, pki.issuing_ca.subject_der, at, at, der.sequence(rows))
    crl = der.sequence(tbs, algorithm, der.bit_string(bytes(64)))
    # Read for each of eight signers it was 17 s; and what is too much is not read at all.
    for lists, times in ((crl, 1), (crl * 5, 0)):
        heavy = message(signature, b"materials", lists=lists, copies=8)
        read.clear()
        assert verifier.verify_file(heavy, at=office.AT).reason.code == "DIGEST_MISMATCH"
        assert read == [crl] * times


# Documents that others signed, changed so that only evidence seemed to have come since.

FONT = b"<</Font<</F <</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>"
TREE = b"<</Type/Pages/Kids[3 0 R]/Count 1>>"


@pytest.fixture(scope="module")
def applicant(tmp_path_factory: pytest.TempPathFactory) -> signers.SimpleSigner:
    return make_applicant(tmp_path_factory.mktemp("applicant"))


def signed(applicant: signers.SimpleSigner, pdf: bytes, field: str = "First", **more: Any) -> bytes:
    out = io.BytesIO()
    metadata = signers.PdfSignatureMetadata(field_name=field)
    signers.sign_pdf(IncrementalPdfFileWriter(io.BytesIO(pdf)), metadata, signer=applicant, output=out, **more)
    return out.getvalue()


def built(*objects: bytes) -> bytes:
    """A PDF of these objects and an empty /Info; the first is the catalogue."""
    out, rows = b"%PDF-1.7\n", b""
    for number, body in enumerate((*objects, b"<<>>"), start=1):
        rows += b"%010d 00000 n \n" % len(out)
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    size = len(objects) + 2
    trailer = b"trailer\n<</Size %d/Root 1 0 R/Info %d 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (size, size - 1, len(out))
    return out + b"xref\n0 %d\n0000000000 65535 f \n" % size + rows + trailer


def page(more: bytes = b"", *, resources: bytes = b"", contents: int = 4) -> bytes:
    return b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 300]/Resources%s%s>>/Contents %d 0 R%s>>" % (
        FONT, resources, contents, more,
    )  # fmt: skip


def stream(data: bytes, more: bytes = b"") -> bytes:
    return b"<<%s/Length %d>>\nstream\n%s\nendstream" % (more, len(data), data)


def says(amount: int) -> bytes:
    return b"BT /F 30 Tf 20 150 Td (pay %d) Tj ET" % amount


def drawing(amount: int) -> bytes:
    return stream(says(amount), b"/Subtype/Form/BBox[0 0 300 300]/Resources" + FONT + b">>")


def updated(pdf: bytes, objects: dict[int, bytes]) -> bytes:
    """A new revision with these objects and a document security store."""
    last = int(re.findall(rb"startxref\s+(\d+)", pdf)[-1])
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        size, root, info = int(opened.trailer.Size), opened.Root.objgen[0], opened.trailer.Info.objgen[0]
        catalogue = pikepdf.Dictionary(dict(opened.Root.items())).unparse()
    out, rows = pdf, b""
    for number, body in {**objects, root: catalogue[:-2] + b"/DSS<</Type/DSS/Certs[]>>>>"}.items():
        rows += b"%d 1\n%010d 00000 n \n" % (number, len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    trailer = b"trailer\n<</Size %d/Root %d 0 R/Info %d 0 R/Prev %d>>\n" % (size, root, info, last)
    return out + b"xref\n" + rows + trailer + b"startxref\n%d\n%%%%EOF\n" % len(out)


SHADOWS = {
    # The content is a form field as well, and fields were compared by their names.
    "content that is a field": (
        built(
            b"<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[4 0 R]>>>>", TREE, page(), stream(says(100), b"/FT/Tx/T(a)")
        ),
        {4: stream(says(999), b"/FT/Tx/T(a)")},
    ),
    # The page's list of pictures is a form field as well, and the relations of fields were not compared.
    "pictures that are a field": (
        built(
            b"<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[6 0 R]>>>>",
            TREE,
            page(resources=b"/XObject 6 0 R"),
            stream(b"/P Do"),
            drawing(100),
            b"<</FT/Tx/T(a)/P 5 0 R>>",
        ),
        {5: drawing(999)},
    ),
    "a page that is no object of its own": (
        built(b"<</Type/Catalog/Pages 2 0 R>>", TREE, page(), stream(says(100)), stream(says(999))),
        {2: b"<</Type/Pages/Kids[" + page(contents=5) + b" 3 0 R]/Count 2>>"},
    ),
    "a page twice": (
        built(b"<</Type/Catalog/Pages 2 0 R>>", TREE, page(), stream(says(100))),
        {2: b"<</Type/Pages/Kids[3 0 R 3 0 R]/Count 2>>"},
    ),
}


@pytest.mark.parametrize("name", SHADOWS)
def test_a_change_that_looks_like_evidence(applicant: signers.SimpleSigner, name: str) -> None:
    original, change = SHADOWS[name]
    first = signed(applicant, original)
    (signature,) = read_foreign_pdf(updated(first, {})).signatures
    assert signature.changes.kinds == {ChangeKind.EVIDENCE}
    (signature,) = read_foreign_pdf(updated(first, change)).signatures
    assert signature.changes.kinds & {ChangeKind.OTHER, ChangeKind.PAGES}


@pytest.mark.parametrize("box", [(0, 0, 0, 0), (0, 0, 300, 300)], ids=["unseen", "over the page"])
def test_a_document_timestamp_with_a_picture_is_no_evidence(
    applicant: signers.SimpleSigner, box: tuple[int, int, int, int]
) -> None:
    first = signed(applicant, built(b"<</Type/Catalog/Pages 2 0 R>>", TREE, page(), stream(says(100))))
    writer, out = IncrementalPdfFileWriter(io.BytesIO(first)), io.BytesIO()
    fields.append_signature_field(writer, fields.SigFieldSpec("Stamp", box=box, on_page=0))
    stamper = DummyTimeStamper(applicant.signing_cert, applicant.signing_key)
    signers.PdfTimeStamper(stamper, field_name="Stamp").timestamp_pdf(writer, "sha256", output=out)
    signature, _ = read_foreign_pdf(out.getvalue()).signatures
    shown = {ChangeKind.SHOWN_SIGNATURES, ChangeKind.PAGES}
    assert signature.changes.kinds == (shown if any(box) else {ChangeKind.EVIDENCE})


@pytest.mark.parametrize(
    ("lock", "locked"),
    [
        (None, False),
        (fields.FieldMDPSpec(fields.FieldMDPAction.ALL), True),
        (fields.FieldMDPSpec(fields.FieldMDPAction.INCLUDE, ["amount"]), True),
        (fields.FieldMDPSpec(fields.FieldMDPAction.INCLUDE, ["other"]), False),
        (fields.FieldMDPSpec(fields.FieldMDPAction.EXCLUDE, ["amount"]), False),
    ],
)
def test_a_value_that_a_signature_has_locked(
    applicant: signers.SimpleSigner, lock: fields.FieldMDPSpec | None, locked: bool
) -> None:
    from pyhanko.pdf_utils.generic import NameObject, pdf_string

    paper = io.BytesIO()
    form = canvas.Canvas(paper, invariant=True)
    form.acroForm.textfield(name="amount", x=72, y=600, value="100")
    form.showPage()
    form.save()
    first = signed(applicant, paper.getvalue(), new_field_spec=fields.SigFieldSpec("First", field_mdp_spec=lock))
    # It is optional, and all that comes after the signature is a change of the catalogue that it names.
    first = re.sub(rb"/Data \d+ 0 R", lambda found: b" " * len(found[0]), first)
    writer, filled = IncrementalPdfFileWriter(io.BytesIO(first)), io.BytesIO()
    field = writer.root["/AcroForm"]["/Fields"].raw_get(0).get_object()
    field[NameObject("/V")] = pdf_string("999")
    writer.update_container(field)
    writer.write(filled)
    signature, _ = read_foreign_pdf(signed(applicant, filled.getvalue(), "Second")).signatures
    assert ChangeKind.FORM_VALUES in signature.changes.kinds
    assert (ChangeKind.OTHER in signature.changes.kinds) == locked


# Files to be sealed that readers show in different ways.


def states(*names: bytes) -> bytes:
    looks = b"/N<<" + b"".join(b"/%s 5 0 R" % name for name in names) + b">>"
    return page(b"/Annots[<</Type/Annot/Subtype/Stamp/Rect[0 0 99 99]/AS/A/AP<<%s>>>>]" % looks)


@pytest.mark.parametrize(
    ("tree", "shown", "code"),
    [
        (TREE, page(), None),
        (TREE, page(b"/Contents 5 0 R/PieceInfo<</A 4 0 R>>"), PreflightCode.DAMAGED),
        (b"<</Type/Pages/Kids[" + page(contents=5) + b" 3 0 R]/Count 2>>", page(), PreflightCode.DAMAGED),
        (TREE, states(b"A"), None),
        (TREE, states(b"A", b"B"), PreflightCode.ALTERNATE_CONTENT),
        (TREE, states(b"A").replace(b"/AP<<", b"/AP<</R 5 0 R"), PreflightCode.ALTERNATE_CONTENT),
    ],
    ids=["good", "key twice", "page in the tree", "one look", "two states", "under the pointer"],
)
def test_what_readers_show_in_different_ways_is_not_sealed(
    tree: bytes, shown: bytes, code: PreflightCode | None
) -> None:
    more = () if tree is TREE and b"5 0 R" not in shown else (drawing(999),)
    found = preflight(built(b"<</Type/Catalog/Pages 2 0 R>>", tree, shown, stream(says(100)), *more))
    assert {finding.code for finding in found if finding.refuses} == ({code} if code else set())
