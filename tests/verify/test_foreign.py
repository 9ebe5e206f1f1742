"""Documents that others signed: who, what, when, trusted or not; openssl and pyHanko are the others."""

from __future__ import annotations

import io
import os
import re
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import pikepdf
import pytest
from declared import DeclaredPki, declared_pki
from machine import least_seconds
from pyhanko.pdf_utils.generic import NameObject, pdf_string
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import fields, signers
from pyhanko.sign.timestamps import DummyTimeStamper
from reportlab.pdfgen import canvas

import keys
from esign import sign_gm_attached, sign_gm_detached, sign_gm_digest
from keys import der
from verify import Outcome, Report, TrustStore, Verifier

ORIGINAL = "公民提交的材料\n".encode() * 50
PICTURE = b"\x89PNG\r\n\x1a\n" + bytes(50)


@dataclass
class Desk:
    """Where materials are taken in: it trusts the declared PKI for applicants, and nobody for seals but its own CA."""

    pki: DeclaredPki
    at: datetime
    own: keys.Certificate
    folder: Path

    def trust(self, *, applicants: bool = True, lists: bool = True) -> TrustStore:
        root = self.pki.root
        known = [self.pki.crl(issuer, self.at) for issuer in ("root", "issuing-ca")] if lists else []
        purpose = TrustStore([self.own, root], lists=known)
        alone = TrustStore([self.own])
        return TrustStore([self.own], applicants=purpose if applicants else alone, timestamps=purpose)

    def judge(self, data: bytes, *, at: datetime | None = None, trust: TrustStore | None = None, **more: Any) -> Report:
        report = Verifier(trust or self.trust()).verify_file(data, at=at or self.at + timedelta(minutes=5), **more)
        assert report.licence is None
        assert report.code is None
        return report

    def openssl(self, *options: str, who: tuple[str, ...] = ("person",), chain: bool = True) -> bytes:
        (self.folder / "original").write_bytes(ORIGINAL)
        given = [part for name in who for part in ("-signer", f"{name}.pem", "-inkey", f"{name}.key")]
        chained = ("-certfile", "ca.pem") if chain else ()
        command = ["openssl", "cms", "-sign", "-binary", "-in", "original", *given, *chained, "-outform", "DER"]
        done = subprocess.run(
            [*command, *options, "-out", "signed"], cwd=self.folder, capture_output=True, timeout=60, check=False
        )
        assert done.returncode == 0, done.stderr
        return (self.folder / "signed").read_bytes()


@pytest.fixture(scope="module")
def desk(office: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """The RSA family; openssl and pyHanko sign at the time of the machine, so that is the time of asking."""
    pki, folder = declared_pki("rsa"), tmp_path_factory.mktemp("desk")
    now = datetime.now(office.AT.tzinfo).replace(microsecond=0)
    key = keys.generate_private_key(keys.ECDSA_P256_SHA256)
    curved = keys.make_certificate(
        subject=keys.Subject(common_name="曲线样例", organizational_unit=keys.DEVELOPMENT_MARK),
        public_key=key.public_key,
        issuer=pki.certificate("issuing-ca"),
        issuer_key=pki.key("issuing-ca"),
        serial=0x7201,
        not_before=now - timedelta(days=9),
        not_after=now + timedelta(days=90),
        profile=keys.Profile.PERSON,
    )
    for name, private, certificate in (
        ("person", pki.key("person"), pki.certificate("person")),
        ("company", pki.key("company"), pki.certificate("company")),
        ("tsa", pki.key("tsa"), pki.certificate("tsa")),
        ("other", pki.key("other-seal"), pki.certificate("other-seal")),
        ("ecdsa", key, curved),
    ):
        keys.write_private_key(folder / f"{name}.key", private)
        keys.write_certificates(folder / f"{name}.pem", [certificate])
    keys.write_certificates(folder / "ca.pem", [pki.certificate("issuing-ca")])
    keys.write_certificates(folder / "other-ca.pem", [pki.certificate("other-ca")])
    return Desk(pki, now, office.make_ca().root, folder)


# Messages.


PSS = ("-keyopt", "rsa_padding_mode:pss", "-keyopt", "rsa_pss_saltlen:digest")


@pytest.mark.parametrize(
    ("options", "who"),
    [
        ((), ("person",)),
        (("-md", "sha512"), ("person",)),
        (PSS, ("person",)),
        ((), ("ecdsa",)),
        (("-cades",), ("person",)),
        (("-noattr",), ("person",)),
        ((), ("person", "company")),
    ],
    ids=str,
)
@pytest.mark.parametrize("form", ["detached", "attached", "ber"])
def test_what_openssl_signs(desk: Desk, options: tuple[str, ...], who: tuple[str, ...], form: str) -> None:
    # openssl cannot write PSS while it streams.
    streamed = () if options == PSS else ("-stream",)
    more = {"detached": (), "attached": ("-nodetach",), "ber": ("-nodetach", *streamed)}[form]
    cms = desk.openssl(*options, *more, who=who)
    report = desk.judge(cms, original=ORIGINAL)
    assert report.reason.code == "SIGNED_DOCUMENT"
    assert report.verdict is Outcome.PASSED
    assert len(report.signatures) == len(who)
    for facts in report.signatures:
        assert (facts.intact, facts.valid, facts.trusted) == (True, True, True)
        assert facts.proof == "none"
        assert (facts.claimed_time is None) == ("-noattr" in options)
    names = {facts.signer_name for facts in report.signatures}
    assert names <= {"李样例", "样例县某某有限公司", "曲线样例"}
    if form == "detached":
        assert desk.judge(cms).reason.code == "CONTENT_MISSING"
        assert desk.judge(ORIGINAL, signature=cms).reason.code == "SIGNED_DOCUMENT"
        code = "SIGNATURE_INVALID" if "-noattr" in options else "DIGEST_MISMATCH"
        assert desk.judge(ORIGINAL + b"x", signature=cms).reason.code == code
    else:
        assert desk.judge(cms).reason.code == "SIGNED_DOCUMENT"
    assert desk.judge(cms, original=ORIGINAL[1:]).verdict is Outcome.FAILED


@pytest.mark.parametrize("data", [PICTURE, b"http://example.invalid/v/ABC", b"PK\x03\x04zip", b"plain text"], ids=repr)
def test_any_file_with_a_detached_signature(desk: Desk, data: bytes) -> None:
    (desk.folder / "original").write_bytes(data)
    done = subprocess.run(
        ["openssl", "cms", "-sign", "-binary", "-in", "original", "-signer", "person.pem", "-inkey", "person.key",
         "-certfile", "ca.pem", "-outform", "DER", "-out", "signed"],
        cwd=desk.folder, capture_output=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0
    cms = (desk.folder / "signed").read_bytes()
    assert desk.judge(data, signature=cms).reason.code == "SIGNED_DOCUMENT"
    assert desk.judge(data, signature=b"nonsense").reason.code == "FORMAT_CMS"
    assert desk.judge(data + b"\n", signature=cms).verdict is not Outcome.PASSED


def test_sm2_messages(desk: Desk, office: ModuleType) -> None:
    pki, at = declared_pki("sm2"), office.AT
    person = pki.signer("person")
    purpose = TrustStore([pki.root], lists=[pki.crl(issuer, at) for issuer in ("root", "issuing-ca")])
    trust = TrustStore([desk.own], applicants=purpose)
    ask = at + timedelta(hours=1)
    detached = sign_gm_detached(ORIGINAL, person, signing_time=at)
    for report in (
        desk.judge(sign_gm_attached(ORIGINAL, person, signing_time=at), at=ask, trust=trust),
        desk.judge(detached, original=ORIGINAL, at=ask, trust=trust),
        desk.judge(ORIGINAL, signature=detached, at=ask, trust=trust),
        desk.judge(sign_gm_digest(keys.hash_bytes("sm3", ORIGINAL), person), original=ORIGINAL, at=ask, trust=trust),
    ):
        assert report.reason.code == "SIGNED_DOCUMENT"
        (facts,) = report.signatures
        assert (facts.signer_name, facts.algorithm) == ("李样例", "SM2/SM3")
    other = sign_gm_digest(keys.hash_bytes("sm3", b"other"), person)
    assert desk.judge(other, original=ORIGINAL, at=ask, trust=trust).reason.code == "DIGEST_MISMATCH"
    # 2029 is over; who says when he signed is believed no more than he who does not.
    late = datetime(2030, 1, 1, tzinfo=at.tzinfo)
    for cms in (detached, sign_gm_detached(ORIGINAL, person)):
        assert desk.judge(cms, original=ORIGINAL, at=late, trust=trust).reason.code == "CERTIFICATE_EXPIRED"


def test_who_is_trusted(desk: Desk) -> None:
    cms = desk.openssl()
    for trust, code in (
        (desk.trust(), "SIGNED_DOCUMENT"),
        (desk.trust(applicants=False), "CERTIFICATE_UNTRUSTED"),
        (desk.trust(lists=False), "REVOCATION_UNKNOWN"),
        (TrustStore([]), "NO_TRUST_ANCHORS"),
    ):
        report = desk.judge(cms, original=ORIGINAL, trust=trust)
        assert report.reason.code == code
        assert report.signatures[0].trusted == (code in ("SIGNED_DOCUMENT", "REVOCATION_UNKNOWN"))
    assert desk.judge(desk.openssl(chain=False), original=ORIGINAL).reason.code == "CERTIFICATE_UNTRUSTED"
    stranger = desk.openssl(who=("other",), chain=False)
    assert desk.judge(stranger, original=ORIGINAL).reason.code == "CERTIFICATE_UNTRUSTED"
    both = desk.judge(desk.openssl(who=("person", "other")), original=ORIGINAL)
    assert both.reason.code == "CERTIFICATE_UNTRUSTED"
    assert {facts.signer_name: facts.trusted for facts in both.signatures}["李样例"]


def test_what_no_document_may_have(desk: Desk) -> None:
    assert desk.judge(desk.openssl("-md", "sha1"), original=ORIGINAL).reason.code == "ALGORITHM_OUTDATED"
    assert desk.judge(desk.openssl("-nocerts"), original=ORIGINAL).reason.code == "CERTIFICATE_MISSING"
    assert desk.judge(desk.openssl(who=("tsa",)), original=ORIGINAL).reason.code == "SIGNER_UNFIT"
    cms = desk.openssl()
    assert desk.judge(cms[:-3] + bytes((cms[-3] ^ 1,)) + cms[-2:], original=ORIGINAL).reason.code == "SIGNATURE_INVALID"
    assert desk.judge(cms[:-1], original=ORIGINAL).reason.code == "FORMAT_CMS"
    assert desk.judge(cms + b"\x00", original=ORIGINAL).reason.code == "FORMAT_CMS"


def test_an_applicant_whose_certificate_was_revoked(desk: Desk) -> None:
    cms, pki = desk.openssl(), desk.pki
    for days, code in ((-1, "CERTIFICATE_REVOKED"), (1, "CERTIFICATE_REVOKED_UNPROVEN")):
        gone = {"person": keys.Revocation(at=desk.at + timedelta(days=days), reason="superseded")}
        at = desk.at + timedelta(days=2)
        lists = [pki.crl("root", at), pki.crl("issuing-ca", at, gone)]
        trust = TrustStore([desk.own], applicants=TrustStore([pki.root], lists=lists))
        assert desk.judge(cms, original=ORIGINAL, trust=trust, at=at).reason.code == code


def test_a_certificate_of_the_authority_is_no_reason_to_believe_an_applicant(desk: Desk) -> None:
    """The anchors for seals vouch for applicants, not the other way round; see also test_over_time."""
    trust = TrustStore([desk.own], applicants=TrustStore([desk.pki.root]))
    assert trust.applicants is not trust
    assert trust.chain(desk.pki.certificate("person"), desk.pki.chain("person")[1:], desk.at).code != "OK"


# PDFs.


@pytest.fixture(scope="module")
def blank() -> bytes:
    out = io.BytesIO()
    paper = canvas.Canvas(out, pagesize=(595, 842), invariant=True)
    paper.drawString(72, 700, "amount 100")
    paper.acroForm.textfield(name="amount", x=72, y=600, value="100")
    paper.showPage()
    paper.save()
    return out.getvalue()


Sign = Callable[..., bytes]


@pytest.fixture(scope="module")
def sign(desk: Desk) -> Sign:
    def load(name: str) -> signers.SimpleSigner:
        ca = "other-ca.pem" if name == "other" else "ca.pem"
        made = signers.SimpleSigner.load(
            str(desk.folder / f"{name}.key"), str(desk.folder / f"{name}.pem"), ca_chain_files=(str(desk.folder / ca),)
        )
        assert made is not None
        return made

    tsa = load("tsa")

    def sign(pdf: bytes, field: str = "First", who: str = "person", *, stamped: bool = False, **more: Any) -> bytes:
        writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
        out = io.BytesIO()
        stamper = None
        if stamped:
            stamper = DummyTimeStamper(tsa.signing_cert, tsa.signing_key, certs_to_embed=tsa.cert_registry)
        more.setdefault("md_algorithm", "sha256")
        metadata = signers.PdfSignatureMetadata(
            field_name=field, subfilter=fields.SigSeedSubFilter.PADES, reason="申报", **more
        )
        signers.PdfSigner(metadata, signer=load(who), timestamper=stamper).sign_pdf(writer, output=out)
        return out.getvalue()

    return sign


def appended(pdf: bytes, change: Callable[[Any], None]) -> bytes:
    writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
    change(writer)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def fill(writer: Any, value: str = "999") -> None:
    field = writer.root["/AcroForm"]["/Fields"].raw_get(0).get_object()
    field[NameObject("/V")] = pdf_string(value)
    writer.update_container(field)


def overlay(writer: Any) -> None:
    """Another content stream for the page."""
    from pyhanko.pdf_utils.generic import StreamObject

    page = writer.root["/Pages"]["/Kids"][0]
    page[NameObject("/Contents")] = writer.add_object(StreamObject(stream_data=b"BT (amount 999) Tj ET"))
    writer.update_container(page)


def test_a_signed_pdf(desk: Desk, blank: bytes, sign: Sign) -> None:
    report = desk.judge(sign(blank))
    assert report.reason.code == "SIGNED_DOCUMENT"
    (facts,) = report.signatures
    assert (facts.field, facts.signer_name, facts.covers, facts.trusted) == ("First", "李样例", "whole", True)
    assert (facts.certificate_issuer, facts.certificate_serial) == ("样例签发机构 Declared CA RSA", "130")
    assert facts.proof == "none"
    assert desk.judge(sign(blank), trust=desk.trust(applicants=False)).reason.code == "CERTIFICATE_UNTRUSTED"
    assert desk.judge(sign(blank, who="other")).reason.code == "CERTIFICATE_UNTRUSTED"
    assert desk.judge(sign(blank, who="tsa")).reason.code == "SIGNER_UNFIT"


def test_a_timestamp_proves_when(desk: Desk, blank: bytes, sign: Sign) -> None:
    stamped = sign(blank, stamped=True)
    # pyHanko stamps with the machine's clock, which is a little later than the desk's.
    report = desk.judge(stamped)
    assert report.reason.code == "SIGNED_DOCUMENT"
    (facts,) = report.signatures
    assert facts.proof == "timestamp"
    late = datetime(2030, 1, 1, tzinfo=desk.at.tzinfo)
    lists = [desk.pki.crl(issuer, late - timedelta(days=1)) for issuer in ("root", "issuing-ca")]
    purpose = TrustStore([desk.pki.root], lists=lists)
    trust = TrustStore([desk.own], applicants=purpose, timestamps=purpose)
    assert desk.judge(stamped, at=late, trust=trust).reason.code == "SIGNED_DOCUMENT"
    assert desk.judge(sign(blank), at=late, trust=trust).reason.code == "CERTIFICATE_EXPIRED"
    alone = TrustStore([desk.own], applicants=desk.trust().applicants, timestamps=TrustStore([desk.own]))
    assert desk.judge(stamped, trust=alone).reason.code == "TIMESTAMP_UNTRUSTED"


def test_two_signers(desk: Desk, blank: bytes, sign: Sign) -> None:
    twice = sign(sign(blank), "Second", "company")
    report = desk.judge(twice)
    assert report.reason.code == "SIGNED_DOCUMENT"
    assert [(one.field, one.signer_name, one.covers) for one in report.signatures] == [
        ("First", "李样例", "revision"),
        ("Second", "样例县某某有限公司", "whole"),
    ]
    stranger = desk.judge(sign(sign(blank), "Second", "other"))
    assert stranger.reason.code == "CERTIFICATE_UNTRUSTED"
    assert [one.trusted for one in stranger.signatures] == [True, False]


def test_a_form_filled_between_two_signatures(desk: Desk, blank: bytes, sign: Sign) -> None:
    first = sign(blank)
    assert desk.judge(appended(first, fill)).reason.code == "CHANGED_AFTER_SIGNING"
    report = desk.judge(sign(appended(first, fill), "Second", "company"))
    assert report.reason.code == "SIGNED_DOCUMENT"
    again = appended(sign(appended(first, fill), "Second", "company"), lambda writer: fill(writer, "1000"))
    assert desk.judge(again).reason.code == "CHANGED_AFTER_SIGNING"


def test_a_page_changed_between_two_signatures(desk: Desk, blank: bytes, sign: Sign) -> None:
    """The second signer has seen another page than the first."""
    assert desk.judge(sign(appended(sign(blank), overlay), "Second", "company")).reason.code == "CHANGED_AFTER_SIGNING"


def test_an_overlay_after_signing(desk: Desk, blank: bytes, sign: Sign) -> None:
    report = desk.judge(appended(sign(blank), overlay))
    assert report.reason.code == "CHANGED_AFTER_SIGNING"
    (facts,) = report.signatures
    assert (facts.intact, facts.valid, facts.covers) == (True, True, "revision")


@pytest.mark.parametrize("permission", list(fields.MDPPerm))
def test_what_a_certification_permits(desk: Desk, blank: bytes, sign: Sign, permission: Any) -> None:
    first = sign(blank, certify=True, docmdp_permissions=permission)
    assert desk.judge(first).reason.code == "SIGNED_DOCUMENT"
    assert desk.judge(appended(first, overlay)).reason.code == "CHANGED_AFTER_SIGNING"
    if permission is not fields.MDPPerm.NO_CHANGES:
        assert desk.judge(sign(appended(first, fill), "Second", "company")).reason.code == "SIGNED_DOCUMENT"
        return
    # pyHanko refuses to sign what forbids it, so the forbidding is written in afterwards, in place.
    level = sign(blank, certify=True, docmdp_permissions=fields.MDPPerm.FILL_FORMS)
    second = sign(level, "Second", "company")
    forbidden = re.sub(rb"/P 2(?=[\s/>])", b"/P 1", second, count=1)
    assert forbidden != second
    codes = {check.code for check in desk.judge(forbidden).checks if check.name == "changes"}
    assert codes == {"CHANGED_AFTER_SIGNING", "OK"}


def test_shadows_and_wrappings(desk: Desk, blank: bytes, sign: Sign) -> None:
    """Universal signature forgery, incremental saving, signature wrapping: none of them passes."""
    pdf = sign(blank)
    start = re.search(rb"/ByteRange ?\[ ?(\d+) (\d+) (\d+) (\d+)", pdf)
    assert start is not None
    numbers = [int(number) for number in start.groups()]
    for changed in (
        pdf.replace(b"/ByteRange", b"/ByteRangX"),
        pdf.replace(b"/Contents <", b"/Contentx <"),
        re.sub(rb"(/Contents <)[0-9a-fA-F]+", lambda m: m[1] + b"0" * (len(m[0]) - len(m[1])), pdf),
        re.sub(rb"(/ByteRange ?\[ ?\d+ \d+ \d+ )\d+", lambda m: m[1] + b"%0*d" % (len(str(numbers[3])), 10), pdf),
        re.sub(rb"(/ByteRange ?\[ ?)0 \d+", lambda m: m[1] + b"0 %0*d" % (len(str(numbers[1])), 10), pdf),
        pdf + b"\n1 0 obj\n<</Type /Catalog>>\nendobj\n",
        pdf + pdf,
        pdf[: numbers[2] + 1] + b" " * 20 + pdf[numbers[2] + 1 :],
    ):
        assert changed != pdf
        assert desk.judge(changed).verdict is not Outcome.PASSED


def test_a_document_timestamp_alone_is_no_signature(desk: Desk, blank: bytes, sign: Sign) -> None:
    assert desk.judge(blank).reason.code == "SEAL_MISSING"
    assert desk.judge(blank, signature=b"nonsense").reason.code == "FORMAT_CMS"


def test_many_bytes_of_a_signed_pdf(desk: Desk, blank: bytes, sign: Sign) -> None:
    pdf = sign(blank, stamped=True)
    assert desk.judge(pdf).verdict is Outcome.PASSED
    passed = []
    for position in range(5, len(pdf), len(pdf) // 30):
        # Zeros behind the CMS, and the case of its digits, are nobody's.
        if pdf[position : position + 1] in b"0abcdefABCDEF":
            continue
        changed = pdf[:position] + bytes((pdf[position] ^ 1,)) + pdf[position + 1 :]
        if desk.judge(changed).verdict is Outcome.PASSED:
            passed.append(position)
    assert passed == []


# Cost.


def test_many_timestamps_are_judged_in_time(desk: Desk, blank: bytes, sign: Sign) -> None:
    """Unsigned attributes are anybody's: a message with hundreds of good tokens must not buy time."""
    cms = desk.openssl("-nodetach")
    pdf = sign(blank, stamped=True)
    token = re.search(rb"\x06\x0b\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x02\x0e\x31\x82", _contents(pdf))
    assert token is not None
    raw = _contents(pdf)[token.end() - 2 :]
    size = int.from_bytes(raw[2:4], "big")
    attribute = der.sequence(der.oid("1.2.840.113549.1.9.16.2.14"), b"\x31" + raw[1 : 4 + size])
    crowded = _with_unsigned(cms, attribute * 31)

    def judge() -> None:
        report = desk.judge(crowded)
        assert report.verdict is not Outcome.PASSED
        assert "RESOURCE_LIMIT" in {check.code for check in report.checks}

    assert least_seconds(judge, 1) < 1


def test_many_signatures_are_judged_in_time(desk: Desk) -> None:
    """A large file, signed by many: each of them would have all of it hashed again."""
    out = io.BytesIO()
    writer = pikepdf.new()
    writer.add_blank_page()
    writer.Root.Ballast = writer.make_stream(os.urandom(12 * 1024 * 1024))
    names = [f"Sig{number}" for number in range(15)]
    cms = desk.openssl(who=("person", "company", "ecdsa"))
    form = [
        writer.make_indirect(
            pikepdf.Dictionary(
                FT=pikepdf.Name.Sig,
                T=pikepdf.String(name),
                V=writer.make_indirect(
                    pikepdf.Dictionary(
                        Type=pikepdf.Name.Sig,
                        SubFilter=pikepdf.Name("/adbe.pkcs7.detached"),
                        ByteRange=[0, 1111111111, 2222222222 - number, 1111111112],
                        Contents=pikepdf.String(cms),
                    )
                ),
            )
        )
        for number, name in enumerate(names)
    ]
    writer.Root.AcroForm = writer.make_indirect(pikepdf.Dictionary(Fields=form, SigFlags=3))
    writer.save(out, static_id=True)
    pdf = out.getvalue()
    # The ranges have as many digits as there are places for, so that nothing moves.
    found = list(re.finditer(rb"/ByteRange \[ 0 1111111111 \d{10} 1111111112 \]", pdf))
    assert len(found) == len(names)
    changed = bytearray(pdf)
    for one in found:
        begin = pdf.index(b"/Contents <", one.end()) + len(b"/Contents ")
        end = pdf.index(b">", begin) + 1
        made = b"/ByteRange [ 0 %010d %010d %010d ]" % (begin, end, len(pdf) - end)
        assert len(made) == one.end() - one.start()
        changed[one.start() : one.end()] = made
    data = bytes(changed)

    def judge() -> None:
        report = desk.judge(data)
        assert "RESOURCE_LIMIT" in {check.code for check in report.checks}
        assert {facts.intact for facts in report.signatures} == {False}

    assert least_seconds(judge, 2) < 2


def _contents(pdf: bytes) -> bytes:
    (digits,) = re.findall(rb"/Contents <([0-9a-fA-F]+)>", pdf)
    return bytes.fromhex(digits.decode())


def _with_unsigned(cms: bytes, attributes: bytes) -> bytes:
    outer = der.DerReader(cms).read_sequence()
    kind, signed = outer.read_raw(), der.DerReader(outer.read(0xA0)).read_sequence()
    parts = [signed.read_raw() for _ in range(4)]
    info = der.DerReader(signed.read(der.SET)).read_sequence()
    fields_of = []
    while not info.at_end:
        fields_of.append(info.read_raw())
    made = der.sequence(*fields_of[:6], der.context(1, attributes))
    return der.sequence(kind, der.context(0, der.sequence(*parts, der.set_of(made))))


def test_the_evidence_that_a_pdf_brings_is_used(desk: Desk, blank: bytes, sign: Sign) -> None:
    from asn1crypto import crl
    from pyhanko.pdf_utils.reader import PdfFileReader
    from pyhanko.sign.validation.dss import DocumentSecurityStore

    stamped, without_lists = sign(blank, stamped=True), desk.trust(lists=False)
    assert desk.judge(stamped, trust=without_lists).reason.code == "REVOCATION_UNKNOWN"
    out = io.BytesIO(stamped)
    lists = [
        crl.CertificateList.load(desk.pki.crl(issuer, desk.at + timedelta(minutes=1)).der)
        for issuer in ("root", "issuing-ca")
    ]
    signature = PdfFileReader(out).embedded_signatures[0]
    DocumentSecurityStore.add_dss(out, signature.pkcs7_content, certs=[], crls=lists)
    report = desk.judge(out.getvalue(), trust=without_lists)
    assert report.reason.code == "SIGNED_DOCUMENT"
    assert [check.detail for check in report.checks if check.name == "changes"] == ["First: evidence came after it"]


def test_a_certificate_of_ones_own_is_unknown_and_not_bad(desk: Desk) -> None:
    command = "openssl req -x509 -newkey rsa:2048 -nodes -keyout self.key -out self.pem -subj /CN=self -days 9"
    subprocess.run(command.split(), cwd=desk.folder, check=True, capture_output=True, timeout=60)
    report = desk.judge(desk.openssl(who=("self",), chain=False), original=ORIGINAL)
    assert report.reason.code == "CERTIFICATE_UNTRUSTED"
    assert "SIGNED_DOCUMENT" not in {check.code for check in report.checks}
