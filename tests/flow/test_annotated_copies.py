"""An annotated copy from making to misuse: what it proves, what it must not pass for, where it leads back to."""

import json
import os
import random
import re
import shutil
import zlib
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache
from io import BytesIO
from pathlib import Path
from types import SimpleNamespace
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
from PIL import Image
from witnesses import pdfsig, pdftoppm, pdftotext, qpdf_check, verapdf

from api.copying import make_copy, recall, trace
from api.errors import SelfCheckError
from api.home import ensure_home, open_home
from api.key_retiring import retire
from api.wiring import Services
from esign import (
    CHINA,
    COPY_ATTACHMENT_NAME,
    AnnotatedCopy,
    CopyPurpose,
    FontChain,
    OfdContent,
    OfdWriter,
    Page,
    PdfContent,
    PdfSealer,
    Seal,
    copy_from_bytes,
    copy_to_bytes,
    draw_copy_stamp,
    file_title,
    group_serial,
    make_short_code,
    read_sealed_ofd,
    read_sealed_pdf,
    sign_detached,
    sign_gm_detached,
    sign_ofd,
    structured_from_bytes,
    structured_to_bytes,
)
from esign.ofd_package import read_package
from esign.ofd_packing import OfdPart, write_package
from keys import DevelopmentPki, RetirementReason, Signer, hash_bytes, make_development_pki
from licences import (
    Act,
    Action,
    CopyNotFoundError,
    CopyRefusedError,
    LicenceInForceError,
    MadeCopy,
    Reliance,
    RelianceKind,
    load_catalogue,
    serials_in,
    shipped_font,
)
from licences.copies import SERIAL_PREFIX
from licences.copy_face import annotate, symbol_text
from licences.copy_making import CopyMaker
from licences.render import FaceRenderer, Marks
from verify import IntendedUse, Outcome, Report, TrustStore, VerificationError, Verifier

ROOT = Path(__file__).parents[2]
ISSUED = datetime(2026, 11, 21, 10, 30, tzinfo=CHINA)
MADE = ISSUED + timedelta(hours=1)
INVENTED = SERIAL_PREFIX + make_short_code(random.Random(1).randbytes)  # noqa: S311
PURPOSE = CopyPurpose(
    cause="申请农药经营许可延续，核验原许可证",
    office="样例县农业农村局",
    officer="clerk07",
    item_name="农药经营许可延续",
    item_code="11990000000001011Q300",
    case_number="990101-2026-0042",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stock:
    """A home with an SM2 licence on one page and an RSA one with an annex page, and a copy of each."""

    services: Services
    identifiers: tuple[str, str]
    copies: tuple[MadeCopy, MadeCopy]
    pdfs: tuple[bytes, bytes]

    def data(self, number: int) -> bytes:
        return self.services.copies.copy_file(self.copies[number], "json")

    def p7s(self, number: int) -> bytes:
        return self.services.copies.copy_file(self.copies[number], "p7s")

    @property
    def ofd(self) -> bytes:
        """The SM2 copy, as it is too."""
        return self.services.copies.copy_file(self.copies[0], "ofd")


def _open(folder: Path) -> Stock:
    home, _ = ensure_home(folder, public_url="http://127.0.0.1:8000", at=ISSUED, random=os.urandom)
    services = Services(home)
    identifiers, copies, pdfs = [], [], []
    for name, suite in (("pesticide-business-1", "sm2"), ("special-equipment-use-2", "rsa")):
        document = json.loads((ROOT / f"fixtures/paper/{name}.json").read_text("utf-8"))
        record = services.issuer_for(suite).issue(document["type"], document["data"], algorithm=suite, at=ISSUED).record
        copy, pdf = make_copy(
            services,
            record.identifier,
            PURPOSE,
            made_by="clerk01",
            expires_at=None,
            form="both" if suite == "sm2" else None,
            at=MADE + timedelta(seconds=0.7),
        )
        identifiers.append(record.identifier)
        copies.append(copy)
        pdfs.append(pdf)
    first, second = identifiers
    return Stock(services=services, identifiers=(first, second), copies=tuple(copies), pdfs=tuple(pdfs))  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def stock(tmp_path_factory: pytest.TempPathFactory) -> Stock:
    """Only read."""
    return _open(tmp_path_factory.mktemp("copies") / "home")


@pytest.fixture
def own_stock(stock: Stock, tmp_path: Path) -> Stock:
    """May be changed."""
    shutil.copytree(stock.services.home.path, tmp_path / "home")
    return replace(stock, services=Services(open_home(tmp_path / "home")))


@pytest.fixture(scope="module")
def other_office() -> DevelopmentPki:
    """The keys of another office under another root."""
    return make_development_pki(
        "sm2", authority_name="样例县水利局", authority_code="1199010000000201X6", at=ISSUED, random=os.urandom
    )


def _verify(stock: Stock, data: bytes, *, at: datetime = MADE + timedelta(days=1), **options: object) -> Report:
    services = stock.services
    # Some of these days are still to come: the machine's clock goes with them.
    verifier = Verifier(
        services.trust, services.store, existence=services.store, revocation=services.revocation, clock=lambda: at
    )
    return verifier.verify_file(data, at=at, **options)  # type: ignore[arg-type]


@pytest.mark.parametrize("number", [0, 1], ids=["sm2", "rsa"])
def test_a_copy_passes_and_says_what_for(stock: Stock, number: int) -> None:
    pdf, data = stock.pdfs[number], stock.data(number)
    for report in (_verify(stock, pdf), _verify(stock, data, signature=stock.p7s(number))):
        assert (report.kind, report.verdict, report.reason.code) == ("copy", Outcome.PASSED, "COPY_GENUINE")
        assert report.status.source == "store"
        assert report.licence is not None
        assert report.licence.identifier == stock.identifiers[number]
        assert report.copy is not None
        assert report.copy.purpose == PURPOSE
        for words in ("不是原件", PURPOSE.office, PURPOSE.item_name, PURPOSE.case_number, PURPOSE.cause, "2026-12-21"):
            assert words in report.sentence.zh
    assert report.development
    assert read_sealed_pdf(pdf).attachment == COPY_ATTACHMENT_NAME
    assert read_sealed_pdf(pdf).structured == data


def test_the_same_copy_as_an_ofd(stock: Stock) -> None:
    pdf, ofd = (_verify(stock, data) for data in (stock.pdfs[0], stock.ofd))
    assert (ofd.kind, ofd.reason.code, ofd.sentence, ofd.copy) == ("copy", "COPY_GENUINE", pdf.sentence, pdf.copy)
    assert [(one.name, one.code, one.detail) for one in ofd.checks if one.name.startswith("face")] == [
        (one.name, one.code, one.detail) for one in pdf.checks if one.name.startswith("face")
    ]
    (signature,) = ofd.signatures
    assert (signature.covers, signature.claimed_time, signature.trusted) == ("whole", MADE, True)
    inside = read_sealed_ofd(stock.ofd)
    assert (inside.attachment, inside.structured, inside.signature) == (
        COPY_ATTACHMENT_NAME,
        stock.data(0),
        stock.p7s(0),
    )
    assert _verify(stock, stock.ofd, at=MADE + timedelta(days=60)).reason.code == "COPY_EXPIRED"
    assert "ofd" not in stock.copies[1].files, "nobody asked for one"


def test_no_changed_file_of_an_ofd_passes(stock: Stock) -> None:
    files = {name: OfdPart(data) for name, data in read_package(stock.ofd).files.items()}
    assert write_package(files) == stock.ofd
    for name, part in files.items():
        spoiled = {**files, name: OfdPart(part.content.replace(b"0", b"1", 1) + b"\n")}
        assert _verify(stock, write_package(spoiled)).verdict is not Outcome.PASSED, name
        if name != "OFD.xml":
            left = {path: one for path, one in files.items() if path != name}
            assert _verify(stock, write_package(left)).verdict is not Outcome.PASSED, name
    added = {**files, "Doc_0/Annots/Page_1/Annotation.xml": files["Doc_0/Annots/Page_0/Annotation.xml"]}
    assert _verify(stock, write_package(added)).reason.code == "CONTENT_UNCOVERED"
    path = "Doc_0/Signs/Sign_0/SignedValue.dat"
    value = files[path].content
    other = {**files, path: OfdPart(value[:-1] + bytes([value[-1] ^ 1]))}
    assert _verify(stock, write_package(other)).reason.code == "SIGNATURE_INVALID"


def test_an_ofd_is_signed_by_its_maker_when_it_says(stock: Stock, other_office: DevelopmentPki) -> None:
    copy = copy_from_bytes(stock.data(0))
    signer, seal = stock.services.keys.copy_signer("sm2"), stock.services.seals.of("sm2").seal.signer
    other = replace(copy, structured=structured_to_bytes(replace(copy.licence, number="农药经许(赣)99010110009")))
    backdated = replace(copy, made_at=copy.made_at - timedelta(days=1))
    for forged, code in (
        (_signed_ofd(copy, other_office.copy), "COPY_NOT_OF_MAKER"),
        (_signed_ofd(copy, seal), "CERTIFICATE_UNFIT"),
        (_signed_ofd(other, signer), "COPY_NOT_OF_ORIGINAL"),
        (_signed_ofd(backdated, signer, at=copy.made_at), "SEAL_UNEXPECTED"),
        (_signed_ofd(copy, signer, beside=sign_detached(b"x", signer)), "DIGEST_MISMATCH"),
        (_signed_ofd(copy, signer, beside=sign_detached(stock.data(0), other_office.copy)), "SEAL_UNEXPECTED"),
        (_signed_ofd(copy, signer, beside=b"x"), "FORMAT_CMS"),
        (
            _signed_ofd(copy, signer, beside=sign_detached(stock.data(0), signer, signing_time=ISSUED)),
            "SEAL_UNEXPECTED",
        ),
        (_of_two_times(copy, signer), "SEAL_UNEXPECTED"),
    ):
        report = _verify(stock, forged)
        assert (report.verdict is Outcome.PASSED, report.reason.code) == (False, code)


def test_a_copy_as_an_ofd_needs_sm2(stock: Stock) -> None:
    before = stock.services.copies.copies_of(stock.identifiers[1])
    with pytest.raises(ExceptionGroup) as caught:
        make_copy(
            stock.services, stock.identifiers[1], PURPOSE, made_by="clerk01", expires_at=None, form="ofd", at=MADE
        )
    assert [(one.pointer, one.code) for one in caught.value.exceptions] == [("/format", "OFD_NEEDS_SM2")]
    assert stock.services.copies.copies_of(stock.identifiers[1]) == before


def test_an_ofd_shows_the_marks_of_a_copy(stock: Stock) -> None:
    signer = stock.services.keys.copy_signer("sm2")
    copy = copy_from_bytes(stock.data(0))
    assert _verify(stock, _signed_ofd(copy, signer)).reason.code == "COPY_GENUINE"
    (page,) = _pages(_fonts(), copy)
    other = replace(page.watermarks[0], text=page.watermarks[0].text.replace("延续", "补发"))
    for changed in (
        replace(page, watermarks=()),
        replace(page, watermarks=(other, *page.watermarks[1:])),
        replace(page, items=page.items[:-3]),
    ):
        report = _verify(stock, _signed_ofd(copy, signer, pages=(changed,)))
        assert (report.authenticity, report.reason.code) == (Outcome.FAILED, "FACE_DIFFERS")


def test_the_copy_is_of_the_very_original(stock: Stock) -> None:
    record = stock.services.store.get(stock.identifiers[0])
    copy = copy_from_bytes(stock.data(0))
    assert copy.structured == stock.services.store.file(record, "json")
    assert copy.original_pdf.sha256 == record.files["pdf"].sha256
    assert copy.original_pdf.sm3 == record.files["pdf"].sm3
    assert copy.made_at == MADE
    assert stock.copies[0].files["pdf"].sha256 == hash_bytes("sha256", stock.pdfs[0]).hex()


def test_no_seal_of_the_original_is_in_the_copy(stock: Stock) -> None:
    for number in (0, 1):
        record = stock.services.store.get(stock.identifiers[number])
        original = read_sealed_pdf(stock.services.store.file(record, "pdf"))
        signature = original.seals[0].signed_data.signature
        found = [stock.pdfs[number], stock.p7s(number), *_streams(stock.pdfs[number])]
        assert not any(signature in part or signature.hex().encode() in part for part in found)
        assert record.code not in "".join(part.decode("latin-1") for part in found)


def test_the_licence_inside_counts_for_nothing_by_itself(stock: Stock) -> None:
    inside = copy_from_bytes(stock.data(0)).structured
    assert _verify(stock, inside).reason.code == "SEAL_MISSING"
    assert _verify(stock, inside, signature=stock.p7s(0)).verdict is Outcome.FAILED


def test_without_a_status_source_it_is_undetermined(stock: Stock) -> None:
    report = Verifier(stock.services.trust).verify_file(stock.pdfs[0], at=MADE)
    assert (report.authenticity, report.reason.code) == (Outcome.PASSED, "STATUS_UNKNOWN")
    assert PURPOSE.case_number in report.sentence.zh


def test_after_its_end_it_proves_the_old_case_only(stock: Stock) -> None:
    last = stock.copies[0].expires_at
    assert _verify(stock, stock.pdfs[0], at=last).verdict is Outcome.PASSED
    late = _verify(stock, stock.pdfs[0], at=last + timedelta(seconds=1))
    assert (late.authenticity, late.verdict, late.reason.code) == (Outcome.PASSED, Outcome.FAILED, "COPY_EXPIRED")
    for words in ("2026-11-21 11:30", "与原证照一致", PURPOSE.case_number):
        assert words in late.sentence.zh
    assert "a true copy at 2026-11-21 11:30" in late.sentence.en


@pytest.mark.parametrize(
    ("use", "code"),
    [
        (IntendedUse(case_number=PURPOSE.case_number, item_code=PURPOSE.item_code), "COPY_GENUINE"),
        (IntendedUse(case_number=PURPOSE.case_number), "COPY_GENUINE"),
        (IntendedUse(case_number="990101-2026-0043"), "COPY_OTHER_PURPOSE"),
        (IntendedUse(case_number=PURPOSE.case_number, item_code="other"), "COPY_OTHER_PURPOSE"),
    ],
    ids=["both", "case", "other-case", "other-item"],
)
def test_it_is_compared_to_what_it_is_used_for(stock: Stock, use: IntendedUse, code: str) -> None:
    report = _verify(stock, stock.pdfs[0], use=use)
    assert (report.authenticity, report.reason.code) == (Outcome.PASSED, code)


def test_a_copy_of_a_licence_that_has_ended_is_refused(own_stock: Stock) -> None:
    act = Act(
        action=Action.REVOKE,
        ground="违法经营",
        decision="样罚〔2026〕1号",
        effective_at=MADE + timedelta(hours=2),
        recorded_at=MADE + timedelta(hours=2),
    )
    own_stock.services.store.apply(own_stock.identifiers[0], act)
    report = _verify(own_stock, own_stock.pdfs[0])
    assert (report.authenticity, report.reason.code) == (Outcome.PASSED, "STATUS_REVOKED")
    assert _verify(own_stock, own_stock.pdfs[0], at=MADE + timedelta(hours=1)).verdict is Outcome.PASSED
    with pytest.raises(VerificationError):
        make_copy(
            own_stock.services,
            own_stock.identifiers[0],
            PURPOSE,
            made_by="clerk01",
            expires_at=None,
            at=MADE + timedelta(hours=3),
        )
    assert len(own_stock.services.copies.copies_of(own_stock.identifiers[0])) == 1


def test_an_act_of_the_same_second_counts(own_stock: Stock) -> None:
    services, (identifier, _) = own_stock.services, own_stock.identifiers
    moment = MADE + timedelta(hours=2, milliseconds=300)
    act = Act(action=Action.REVOKE, ground="违法", decision="样罚1号", effective_at=moment, recorded_at=moment)
    services.store.apply(identifier, act)
    later = moment + timedelta(milliseconds=300)
    with pytest.raises(VerificationError):
        make_copy(services, identifier, PURPOSE, made_by="clerk01", expires_at=None, at=later)
    (signed,) = recall(services, (identifier,), key_name=None, at=later)
    assert not signed.notice.cases[0].affected


@pytest.mark.parametrize("count", [25, pytest.param(1500, marks=pytest.mark.soak)], ids=str)
def test_no_changed_byte_passes(stock: Stock, count: int) -> None:
    drawn = random.Random(20261121)  # noqa: S311
    for pdf in stock.pdfs:
        for place in drawn.sample(range(len(pdf)), count):
            changed = bytearray(pdf)
            changed[place] ^= 1 << drawn.randrange(8)
            assert _verify(stock, bytes(changed)).verdict is not Outcome.PASSED, place


def test_what_grows_after_the_seal_does_not_pass(stock: Stock) -> None:
    pdf = stock.pdfs[0]
    for more in (b"\n", b"%EOF", b"\n1 0 obj\n<</Type/Catalog>>\nendobj\n" + pdf[-200:], pdf):
        assert _verify(stock, pdf + more).verdict is not Outcome.PASSED


def test_a_later_end_or_another_case_is_a_broken_seal(stock: Stock) -> None:
    data = stock.data(0)
    for before, after in ((b"2026-12-21", b"2027-12-21"), (b"990101-2026-0042", b"990101-2026-0099")):
        assert before in data
        report = _verify(stock, data.replace(before, after), signature=stock.p7s(0))
        assert report.reason.code == "DIGEST_MISMATCH"


def test_another_copys_data_does_not_pass_in_its_place(stock: Stock) -> None:
    assert _verify(stock, stock.data(1), signature=stock.p7s(0)).verdict is Outcome.FAILED
    assert _verify(stock, _with_data(stock.pdfs[0], stock.data(1))).verdict is not Outcome.PASSED


def test_the_copy_without_its_watermark_is_nobodys(stock: Stock, other_office: DevelopmentPki) -> None:
    copy = copy_from_bytes(stock.data(0))
    forged = _sealed(copy, other_office.copy, name=copy.maker_name)
    assert _verify(stock, forged).reason.code == "COPY_NOT_OF_MAKER"
    in_its_name = make_development_pki(
        "sm2", authority_name=copy.maker_name, authority_code=copy.maker_code, at=ISSUED, random=os.urandom
    )
    assert _verify(stock, _sealed(copy, in_its_name.copy)).reason.code == "CERTIFICATE_UNTRUSTED"


def test_a_seal_for_licences_makes_no_copy(stock: Stock) -> None:
    copy = copy_from_bytes(stock.data(0))
    seal = stock.services.keys.signers("sm2")["seal"]
    report = _verify(stock, _sealed(copy, seal, name=copy.maker_name))
    assert (report.authenticity, report.reason.code) == (Outcome.FAILED, "CERTIFICATE_UNFIT")
    signed = sign_detached(stock.data(0), seal, signing_time=MADE)
    assert _verify(stock, stock.data(0), signature=signed).reason.code == "CERTIFICATE_UNFIT"


@pytest.mark.parametrize("family", ["sm2", "rsa"])
def test_a_key_for_copies_seals_no_licence(stock: Stock, family: str) -> None:
    signer = stock.services.keys.copy_signer(family)
    record = stock.services.store.get(stock.identifiers[0])
    original = structured_from_bytes(stock.services.store.file(record, "json"))
    digest = f"{signer.algorithm.digest}:{signer.certificate.fingerprint(signer.algorithm.digest).hex()}"
    seal = replace(original.seals[0], algorithm=signer.algorithm.name, certificate_digest=digest, seal_digest=None)
    forged = structured_to_bytes(replace(original, seals=(seal,)))
    report = _verify(stock, forged, signature=sign_detached(forged, signer, signing_time=original.sealed_at))
    assert (report.authenticity, report.reason.code) == (Outcome.FAILED, "CERTIFICATE_UNFIT")


def test_another_office_cannot_make_a_copy_in_the_makers_name(stock: Stock, other_office: DevelopmentPki) -> None:
    trust = TrustStore.from_certificates(
        (*stock.services.trust.anchors, *stock.services.trust.others, other_office.root, other_office.issuing_ca)
    )
    verifier = Verifier(trust, stock.services.store)
    copy = copy_from_bytes(stock.data(0))
    own = replace(copy, maker_name="样例县水利局", maker_code="1199010000000201X6")
    assert verifier.verify_file(_sealed(own, other_office.copy), at=MADE).reason.code == "COPY_GENUINE"
    for forged in (_sealed(copy, other_office.copy), _sealed(replace(own, maker_name="甲"), other_office.copy)):
        assert verifier.verify_file(forged, at=MADE).reason.code == "COPY_NOT_OF_MAKER"


def test_a_copy_says_what_the_original_says_and_when_it_was_made(stock: Stock) -> None:
    signer = stock.services.keys.copy_signer("sm2")
    copy = copy_from_bytes(stock.data(0))
    assert _verify(stock, _sealed(copy, signer)).reason.code == "COPY_GENUINE"
    assert _verify(stock, _sealed(copy, signer, title="取水许可证")).reason.code == "FACE_DIFFERS"
    other = replace(copy, structured=structured_to_bytes(replace(copy.licence, number="农药经许(赣)99010110009")))
    assert _verify(stock, _sealed(other, signer)).reason.code == "COPY_NOT_OF_ORIGINAL"
    backdated = replace(copy, made_at=copy.made_at - timedelta(days=1))
    assert _verify(stock, _sealed(backdated, signer, at=copy.made_at)).reason.code == "SEAL_UNEXPECTED"


def test_a_licence_with_a_copys_data_added_is_no_copy(stock: Stock) -> None:
    record = stock.services.store.get(stock.identifiers[0])
    pdf = stock.services.store.file(record, "pdf")
    renamed = pdf.replace(b"(licence.json)", b"(copy.json)   ")
    for forged in (renamed, _with_data(pdf, stock.data(0)), pdf + b"\n" + stock.data(0)):
        report = _verify(stock, forged)
        assert report.verdict is not Outcome.PASSED
    as_licence = stock.pdfs[0].replace(b"(copy.json)", b"(licence.json)")
    assert _verify(stock, as_licence).verdict is not Outcome.PASSED


def test_the_maker_tells_its_own_program_error(stock: Stock, monkeypatch: pytest.MonkeyPatch) -> None:
    seal = stock.services.keys.signers("sm2")["seal"]
    monkeypatch.setattr(stock.services.keys, "copy_signer", lambda family: seal)
    before = stock.services.copies.copies_of(stock.identifiers[0])
    with pytest.raises(SelfCheckError):
        make_copy(stock.services, stock.identifiers[0], PURPOSE, made_by="clerk01", expires_at=None, at=MADE)
    assert stock.services.copies.copies_of(stock.identifiers[0]) == before


def test_a_face_that_cannot_be_drawn_again_makes_no_copy(stock: Stock, monkeypatch: pytest.MonkeyPatch) -> None:
    catalogue = stock.services.catalogue
    monkeypatch.setattr(catalogue, "on", lambda name, day: None)
    with pytest.raises(CopyRefusedError):
        make_copy(stock.services, stock.identifiers[0], PURPOSE, made_by="clerk01", expires_at=None, at=MADE)


def test_faults_of_a_request_leave_nothing(stock: Stock) -> None:
    before = stock.services.copies.copies_of(stock.identifiers[0])
    requests = (
        (replace(PURPOSE, cause=""), None),
        (replace(PURPOSE, office="\U0003fffd"), None),
        (PURPOSE, MADE),
    )
    for purpose, until in requests:
        with pytest.raises(ExceptionGroup):
            make_copy(stock.services, stock.identifiers[0], purpose, made_by="c", expires_at=until, at=MADE)
    assert stock.services.copies.copies_of(stock.identifiers[0]) == before


@pytest.fixture(scope="module")
def pictures(stock: Stock, tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, ...]:
    """The pages of the copy that has two, as somebody photographs them."""
    folder = tmp_path_factory.mktemp("photographed")
    (folder / "copy.pdf").write_bytes(stock.pdfs[1])
    return tuple(as_png(page) for page in pdftoppm(folder / "copy.pdf", 100))


def as_png(picture: bytes) -> bytes:
    written = BytesIO()
    Image.open(BytesIO(picture)).save(written, "PNG", compress_level=1)
    return written.getvalue()


def test_a_photograph_of_any_page_leads_back(stock: Stock, pictures: tuple[bytes, ...]) -> None:
    assert len(pictures) == 2
    for picture in pictures:
        (found,) = trace(stock.services, picture)
        assert (found.copy, found.exact) == (stock.copies[1], False)
        assert (found.reliance.case_number, found.copy.made_by) == (PURPOSE.case_number, "clerk01")


def test_files_lead_back_also_when_they_were_changed(stock: Stock) -> None:
    pdf, data = stock.pdfs[0], stock.data(0)
    (found,) = trace(stock.services, pdf)
    assert (found.copy.serial, found.exact) == (stock.copies[0].serial, True)
    assert serials_in(data) == (stock.copies[0].serial,)
    torn = pdf.replace(b"/ByteRange", b"/XyteRange").replace(b"endobj", b"ENDOBJ")
    (found,) = trace(stock.services, torn)
    assert (found.copy.serial, found.exact) == (stock.copies[0].serial, False)
    (found,) = trace(stock.services, b'"serial":"%s"' % INVENTED.encode() + pdf)
    assert found.copy.serial == stock.copies[0].serial
    with pytest.raises(CopyNotFoundError):
        trace(stock.services, b'"serial":"%s"' % INVENTED.encode())
    packed = BytesIO()
    with ZipFile(packed, "w", ZIP_DEFLATED) as package:
        for name, content in read_package(stock.ofd).files.items():
            package.writestr(name, content)
    again = packed.getvalue()
    assert stock.copies[0].serial.encode() not in again
    for ofd, exact in ((stock.ofd, True), (stock.ofd[:-100], False), (again, False), (again[50:-100], False)):
        (found,) = trace(stock.services, ofd)
        assert (found.copy.serial, found.exact) == (stock.copies[0].serial, exact)
    record = stock.services.store.get(stock.identifiers[0])
    assert trace(stock.services, stock.services.store.file(record, "pdf")) == ()
    for nothing in (
        b"",
        b"stream\n\x78\x9c\xff",
        b"PK\x03\x04",
        b"PK\x03\x04" + b"\xff" * 40,
        b"\x89PNG\r\n\x1a\n",
        b'"serial":"JZ2345678923AA"',
    ):
        assert serials_in(nothing) == ()


def test_every_page_says_all_of_it_as_text(stock: Stock, tmp_path: Path) -> None:
    (tmp_path / "copy.pdf").write_bytes(stock.pdfs[1])
    for page in ("1", "2"):
        text = re.sub(r"\s", "", pdftotext(tmp_path / "copy.pdf", "-raw", "-f", page, "-l", page))
        said = (PURPOSE.office, PURPOSE.item_name, PURPOSE.case_number, PURPOSE.cause, "2026-12-2111:30", "不是原件")
        assert [words for words in said if words not in text] == []


@pytest.mark.soak
def test_witnesses_accept_the_file(stock: Stock, tmp_path: Path) -> None:
    paths = [tmp_path / "sm2.pdf", tmp_path / "rsa.pdf"]
    for path, pdf in zip(paths, stock.pdfs, strict=True):
        path.write_bytes(pdf)
        qpdf_check(path)
    assert all(one.compliant for one in verapdf(paths).values())
    (seal,) = pdfsig(paths[1])
    assert seal.valid


def test_whoever_relied_on_a_bad_licence_is_told(own_stock: Stock) -> None:
    services, (identifier, _) = own_stock.services, own_stock.identifiers
    with pytest.raises(LicenceInForceError):
        recall(services, (identifier,), key_name=None, at=MADE)
    early = Reliance(
        identifier=identifier,
        kind=RelianceKind.RECEIPT,
        reference="R-1",
        office="样例市市场监督管理局",
        officer="",
        item_name="广告审查",
        item_code="A2",
        case_number="990100-7",
        relied_at=ISSUED + timedelta(minutes=1),
    )
    services.copies.add(early)
    act = Act(
        action=Action.ANNUL,
        ground="以欺骗手段取得",
        decision="样撤〔2026〕1号",
        legal_ground="licensing-69-2",
        effective_at=ISSUED + timedelta(minutes=30),
        recorded_at=MADE + timedelta(days=3),
    )
    services.store.apply(identifier, act)
    signed = recall(services, (identifier, identifier), key_name=None, at=MADE + timedelta(days=4))
    assert [one.notice.office for one in signed] == ["样例县农业农村局", "样例市市场监督管理局"]
    found = {case["caseNumber"]: case for one in signed for case in json.loads(one.data)["cases"]}
    assert {number: case["affected"] for number, case in found.items()} == {
        PURPOSE.case_number: True,
        "990100-7": False,
    }
    assert found[PURPOSE.case_number]["reliedBy"] == {"kind": "copy", "reference": own_stock.copies[0].serial}
    assert found["990100-7"]["act"]["decision"] == "样撤〔2026〕1号"
    for one in signed:
        report = _verify(own_stock, one.signature, original=one.data, at=MADE + timedelta(days=4))
        assert (report.verdict, report.reason.code) == (Outcome.PASSED, "SIGNED_DOCUMENT")
        assert report.signatures[0].signer_organization == "样例县行政审批局"
        changed = one.data.replace(b'"affected":', b'"affecteD":')
        assert _verify(own_stock, one.signature, original=changed, at=MADE).verdict is Outcome.FAILED


@pytest.mark.parametrize(
    ("key", "number"), [("sm2-seal", 0), ("rsa-seal", 1), ("sm2-copy", 0), ("rsa-copy", 1)], ids=str
)
def test_whoever_relied_on_a_stolen_key_is_told(own_stock: Stock, key: str, number: int) -> None:
    services = own_stock.services
    now = datetime.now(CHINA)
    retire(
        services.home,
        key,
        reason=RetirementReason.COMPROMISE,
        since=ISSUED - timedelta(days=1),
        decision="样密〔2026〕1号",
        at=max(now, MADE),
    )
    (signed,) = recall(Services(services.home), (), key_name=key, at=max(now, MADE))
    (case,) = signed.notice.cases
    assert case.reliance.reference == own_stock.copies[number].serial
    assert case.affected
    assert json.loads(signed.data)["key"] == {
        "name": key,
        "reason": "compromise",
        "since": (ISSUED - timedelta(days=1)).isoformat(),
    }


def _streams(pdf: bytes) -> list[bytes]:
    found = []
    for start in re.finditer(rb"stream\n", pdf):
        try:
            found.append(zlib.decompressobj().decompress(pdf[start.end() :]))
        except zlib.error:
            continue
    return found


def _with_data(pdf: bytes, data: bytes) -> bytes:
    """The file with another associated file in the place of its own; the places of later objects are not mended."""
    packed = zlib.compress(data)
    start = pdf.index(b"/Type /EmbeddedFile")
    begin = pdf.index(b"stream\n", start) + len(b"stream\n")
    end = pdf.index(b"\nendstream", begin)
    return pdf[:begin] + packed + pdf[end:]


def _pages(fonts: FontChain, copy: AnnotatedCopy) -> tuple[Page, ...]:
    drawn = CopyMaker._licence(SimpleNamespace(catalogue=load_catalogue()), copy.licence)  # type: ignore[arg-type]
    printed = group_serial(copy.serial)
    marks = Marks(
        identifier=copy.licence.identifier,
        code_address=symbol_text(copy.serial),
        short_code="",
        public_url="",
        development=copy.development,
        local=False,
        copy_serial=printed,
    )
    return annotate(
        fonts,
        FaceRenderer(fonts).render(drawn, marks),
        serial=copy.serial,
        printed_serial=printed,
        purpose=copy.purpose,
        maker=copy.maker_name,
        made_at=copy.made_at,
        expires_at=copy.expires_at,
        attachments=len(copy.licence.attachments),
    )


def _sealed(
    copy: AnnotatedCopy, signer: Signer, *, name: str = "甲", at: datetime | None = None, title: str = ""
) -> bytes:
    """A copy that somebody seals with a key of his own; its pages are those that every copy has."""
    fonts = _fonts()
    seal = Seal(name=name, picture=draw_copy_stamp(fonts, "样例县行政审批局", "2026年11月21日"), signer=signer)
    content = PdfContent(
        title=title or file_title(copy.licence.type_name, copy.licence.number, group_serial(copy.serial)),
        pages=_pages(fonts, copy),
        elements=(),
        structured=copy_to_bytes(copy),
        attachment=COPY_ATTACHMENT_NAME,
    )
    return PdfSealer(fonts, seal).seal(content, at=at or copy.made_at).data


def _of_two_times(copy: AnnotatedCopy, signer: Signer) -> bytes:
    """An OFD whose Signature.xml says another time than the signature over it."""
    data = copy_to_bytes(copy)
    beside = sign_detached(data, signer, signing_time=copy.made_at)
    made = _signed_ofd(copy, signer, at=copy.made_at + timedelta(seconds=1), beside=beside)
    files = {path: OfdPart(content) for path, content in read_package(made).files.items()}
    signed = files["Doc_0/Signs/Sign_0/Signature.xml"].content
    value = sign_gm_detached(signed, signer, signing_time=copy.made_at)
    return write_package({**files, "Doc_0/Signs/Sign_0/SignedValue.dat": OfdPart(value)})


@cache
def _fonts() -> FontChain:
    return FontChain([shipped_font()])


def _signed_ofd(
    copy: AnnotatedCopy,
    signer: Signer,
    *,
    pages: tuple[Page, ...] = (),
    at: datetime | None = None,
    beside: bytes | None = None,
) -> bytes:
    """The same as an OFD, perhaps with other pages, or another signature beside the data."""
    fonts = _fonts()
    at = at or copy.made_at
    data = copy_to_bytes(copy)
    content = OfdContent(
        title=file_title(copy.licence.type_name, copy.licence.number, group_serial(copy.serial)),
        pages=pages or _pages(fonts, copy),
        elements=(),
        structured=data,
        signature=beside or sign_detached(data, signer, signing_time=at),
        attachment=COPY_ATTACHMENT_NAME,
        stamp=draw_copy_stamp(fonts, "样例县行政审批局", "2026年11月21日"),
    )
    return sign_ofd(OfdWriter(fonts).write(content, at=at).files, signer, at=at)
