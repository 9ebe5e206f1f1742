"""Genuine files of others, with everything that makes strict readers refuse them: what each gives, and why.

Written by hand where a product's habit is the point, else signed by pyHanko, openssl or Bouncy Castle's like.
"""

from __future__ import annotations

import io
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pikepdf
import pytest
import verify_test_attack_files as files
from asn1crypto.keys import PrivateKeyInfo
from asn1crypto.x509 import Certificate
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import fields, signers
from pyhanko_certvalidator.registry import SimpleCertificateStore
from reportlab.pdfgen import canvas
from verify_test_attack_files import (
    AT,
    CATALOGUE,
    FIELD,
    FIRST_FREE,
    FORM,
    INFO,
    LOOK,
    PAGE,
    Signing,
    approved,
    by,
    certified_at,
    drawing,
    objects,
    page,
    pki_of,
    plain,
    signed,
    signer,
    stream,
    updated,
    written,
)
from verify_test_attack_files_signature import (
    attributes_over,
    document_timestamp,
    negative_modulus_file,
    signed_data,
    signer_info,
)

import keys
from esign import sign_gm_detached
from keys import der
from keys.pem import unwrapped
from verify import Outcome, Report, TrustStore, Verifier

GOOD = "SIGNED_DOCUMENT"
CASES: dict[str, tuple[str, Callable[[], bytes]]] = {}


def case(name: str, reason: str = GOOD) -> Callable[[Callable[[], bytes]], Callable[[], bytes]]:
    def add(make: Callable[[], bytes]) -> Callable[[], bytes]:
        CASES[name] = (reason, make)
        return make

    return add


def judge(data: bytes) -> Report:
    anchors, lists = [], []
    for family in ("rsa", "sm2"):
        pki = pki_of(family)
        anchors.append(pki.root)
        lists += [pki.crl(name, AT) for name in ("root", "issuing-ca")]
    # The other programs sign by the clock of the machine, which is later than that of the declared PKI.
    return Verifier(TrustStore(anchors, lists=lists)).verify_file(data, at=AT + timedelta(days=6))


# By hand.

for _version in (b"1.4", b"1.5", b"1.6", b"1.7", b"2.0"):
    case(f"version {_version.decode()}")(
        lambda version=_version: signed(written(objects(), version=version), Signing(by(signer("rsa"))))
    )
for _family in files.FAMILIES:
    case(f"signed with {_family}")(lambda family=_family: approved(family))
    for _level in (1, 2, 3):
        case(f"certified at level {_level} with {_family}")(
            lambda family=_family, level=_level: certified_at(level, family)
        )


@case("lines ended as on Windows")
def _windows() -> bytes:
    return signed(written(objects(), eol=b"\r\n"), Signing(by(signer("rsa"))))


@case("no line end after the end mark")
def _no_line_end() -> bytes:
    return signed(plain().rstrip(b"\n"), Signing(by(signer("rsa"))))


for _name, _tail in (("line ends", b"\n\r\n\n"), ("zeros", bytes(20)), ("blanks", b"   ")):
    case(f"{_name} behind the end")(lambda tail=_tail: approved() + tail)


@case("header after a byte order mark")
def _offset() -> bytes:
    return signed(b"\xef\xbb\xbf" + plain(), Signing(by(signer("rsa"))))


@case("no properties")
def _no_info() -> bytes:
    return signed(
        written({number: body for number, body in objects().items() if number != INFO}), Signing(by(signer("rsa")))
    )


@case("references that lead nowhere")
def _dangling() -> bytes:
    bodies = objects()
    bodies[CATALOGUE] = bodies[CATALOGUE][:-2] + b"/Outlines 99 0 R/Names 98 0 R>>"
    bodies[PAGE] = page(files.CONTENT, b"/Annots[7 0 R 97 0 R]/Thumb 96 0 R")
    return signed(written(bodies), Signing(by(signer("rsa"))))


@case("signature without a type")
def _no_type() -> bytes:
    return signed(plain(), Signing(by(signer("rsa")), kind=b""))


@case("signature shown in a seal's picture")
def _shown() -> bytes:
    return signed(plain(), Signing(by(signer("sm2")), rect=b"[300 200 419 319]", look=drawing(b"100")))


@case("contents in capital letters")
def _capitals() -> bytes:
    pdf = approved()
    start, end = files.hole_of(pdf)
    return pdf[:start] + pdf[start:end].upper() + pdf[end:]


@case("an earlier revision before the signature")
def _revised() -> bytes:
    return signed(
        updated(plain(), {files.CONTENT: stream(b"BT /F 30 Tf 72 700 Td (pay 200) Tj ET")}), Signing(by(signer("rsa")))
    )


@case("three signers with three kinds of keys")
def _three() -> bytes:
    pdf = approved("rsa")
    second = Signing(by(signer("sm2")), field=b"Second", widget=60, value=61, others=(FIRST_FREE,))
    third = Signing(by(signer("ecdsa")), field=b"Third", widget=70, value=71, others=(FIRST_FREE, 60))
    return signed(signed(pdf, second), third)


@case("signed where a certification had left room")
def _room() -> bytes:
    room = b"<</Type/Annot/Subtype/Widget/FT/Sig/T(Second)/Rect[72 300 272 400]/P 3 0 R/F 132>>"
    bodies = objects() | {
        60: room,
        PAGE: page(files.CONTENT, b"/Annots[7 0 R 60 0 R]"),
        FORM: b"<</Fields[7 0 R 60 0 R]/DR<</Font<</F 6 0 R>>>>/SigFlags 3>>",
    }
    first = signed(written(bodies), Signing(by(signer("rsa")), level=2, others=(60,)))
    second = Signing(
        by(signer("rsa", "company")),
        field=b"Second",
        widget=60,
        value=62,
        rect=b"[72 300 272 400]",
        look=drawing(b"A"),
    )
    fields_now = b"7 0 R 60 0 R %d 0 R" % FIRST_FREE
    as_before = {
        PAGE: page(files.CONTENT, b"/Annots[%s]" % fields_now),
        FORM: b"<</Fields[%s]/DR<</Font<</F 6 0 R>>>>/SigFlags 3>>" % fields_now,
    }
    return signed(first, second, as_before)


@case("filled in as the certification permits", "SIGNED_THEN_FILLED")
def _filled() -> bytes:
    return updated(certified_at(2), {FIELD: objects()[FIELD].replace(b"/V(100)", b"/V(999)"), LOOK: drawing(b"999")})


@case("filled in, then signed by another")
def _filled_and_signed() -> bytes:
    second = Signing(by(signer("rsa", "company")), field=b"Second", widget=60, value=61, others=(FIRST_FREE,))
    return signed(_filled(), second)


def _with_store(pdf: bytes) -> bytes:
    catalogue = objects()[CATALOGUE][:-2] + b"/DSS<</Type/DSS/Certs[90 0 R]/CRLs[91 0 R]/VRI<<>>>>>>"
    pki = pki_of("rsa")
    return updated(pdf, {CATALOGUE: catalogue, 90: stream(pki.root.der), 91: stream(pki.crl("root", AT).der)})


@case("evidence added")
def _evidence() -> bytes:
    return _with_store(approved())


@case("document timestamp added")
def _document_timestamp() -> bytes:
    return document_timestamp(approved())


@case("document timestamp that calls itself a signature")
def _estonian() -> bytes:
    return document_timestamp(approved(), kind=b"/Type/Sig")


@case("modulus written as a negative number")
def _negative() -> bytes:
    return negative_modulus_file()


@case("signature of the older Chinese standard")
def _gm() -> bytes:
    return signed(plain(), Signing(lambda covered: sign_gm_detached(covered, signer("sm2"), signing_time=AT)))


@case("signature over a SHA-1 digest", "ALGORITHM_OUTDATED")
def _sha1() -> bytes:
    who = signer("rsa")

    def cms(covered: bytes) -> bytes:
        import hashlib

        inside = hashlib.sha1(covered, usedforsecurity=False).digest()
        attributes = attributes_over(who, inside)
        return signed_data(who, signer_info(who, attributes, who.sign(attributes)), content=inside)

    return signed(plain(), Signing(cms, sub_filter=b"adbe.pkcs7.sha1"))


@case("hybrid table, as word processors write it")
def _hybrid() -> bytes:
    """New readers find an object in a stream of places that the trailer names; for old ones it is not there."""
    bodies = objects()
    bodies[CATALOGUE] = bodies[CATALOGUE][:-2] + b"/StructTreeRoot 40 0 R>>"
    return signed(files.hybrid(bodies, {40: b"<</Type/StructTreeRoot>>"}), Signing(by(signer("rsa"))))


def _openssl(covered: bytes, *options: str) -> bytes:
    """By the program, at the time of the machine."""
    folder = _keys_folder()
    (folder / "covered").write_bytes(covered)
    command = ["openssl", "cms", "-sign", "-binary", "-in", "covered", "-signer", "person.pem", "-inkey", "person.key"]
    command += ["-certfile", "ca.pem", "-outform", "DER", "-out", "cms", *options]
    done = subprocess.run(command, cwd=folder, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    return (folder / "cms").read_bytes()


@cache
def _keys_folder() -> Path:
    import tempfile

    folder = Path(tempfile.mkdtemp())
    pki = pki_of("rsa")
    keys.write_private_key(folder / "person.key", pki.key("person"))
    keys.write_certificates(folder / "person.pem", [pki.certificate("person")])
    keys.write_certificates(folder / "ca.pem", [pki.certificate("issuing-ca")])
    return folder


for _title, _options in (
    ("openssl", ()),
    ("openssl with PSS", ("-keyopt", "rsa_padding_mode:pss", "-keyopt", "rsa_pss_saltlen:digest")),
    ("openssl with CAdES", ("-cades",)),
    ("openssl without attributes", ("-noattr",)),
    ("openssl with SHA-512", ("-md", "sha512")),
    ("openssl by key identifier", ("-keyid",)),
):
    case(_title)(lambda options=_options: signed(plain(), Signing(lambda covered: _openssl(covered, *options))))


def _indefinite(message: bytes) -> bytes:
    """The same message with the outer lengths left open, as streaming products write it (BER)."""
    outer = der.DerReader(message).read_sequence()
    kind, inner = outer.read_raw(), outer.read(0xA0)
    body = der.DerReader(inner).read(der.SEQUENCE)
    return b"\x30\x80" + kind + b"\xa0\x80\x30\x80" + body + b"\x00\x00" * 3


@case("message with open lengths")
def _ber() -> bytes:
    return signed(plain(), Signing(lambda covered: _indefinite(by(signer("rsa"))(covered))))


# By pyHanko, on files of reportlab and qpdf.


@cache
def _paper() -> bytes:
    out = io.BytesIO()
    paper = canvas.Canvas(out, pagesize=(595, 842), invariant=True)
    for number in (1, 2):
        paper.drawString(72, 700, f"page {number}")
        paper.showPage()
    paper.save()
    return out.getvalue()


def _saved(**options: Any) -> bytes:
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(_paper())) as opened:
        opened.save(out, deterministic_id="encryption" not in options, **options)
    return out.getvalue()


@cache
def _product() -> signers.SimpleSigner:
    pki = pki_of("rsa")
    store = SimpleCertificateStore()
    store.register_multiple([Certificate.load(one.der) for one in (*pki.chain("person"), pki.root)])
    return signers.SimpleSigner(
        signing_cert=Certificate.load(pki.certificate("person").der),
        signing_key=PrivateKeyInfo.load(bytes(unwrapped(pki.key("person").pkcs8()))),
        cert_registry=store,
    )


def _by_pyhanko(pdf: bytes, **more: Any) -> bytes:
    writer, out = IncrementalPdfFileWriter(io.BytesIO(pdf)), io.BytesIO()
    if writer.prev.encrypted:
        writer.encrypt(b"")
    metadata = signers.PdfSignatureMetadata(field_name="First", md_algorithm="sha256", **more)
    signers.sign_pdf(writer, metadata, signer=_product(), output=out)
    return out.getvalue()


case("pyHanko on a plain file")(lambda: _by_pyhanko(_paper()))
case("pyHanko as PAdES")(lambda: _by_pyhanko(_paper(), subfilter=fields.SigSeedSubFilter.PADES))
case("pyHanko certified")(lambda: _by_pyhanko(_paper(), certify=True, docmdp_permissions=fields.MDPPerm.NO_CHANGES))
case("pyHanko on streams of places and objects")(
    lambda: _by_pyhanko(_saved(object_stream_mode=pikepdf.ObjectStreamMode.generate))
)
case("pyHanko on a file for fast display")(lambda: _by_pyhanko(_saved(linearize=True)))
case("pyHanko on a file for fast display with object streams")(
    lambda: _by_pyhanko(_saved(linearize=True, object_stream_mode=pikepdf.ObjectStreamMode.generate))
)
case("pyHanko on an encrypted file that anybody can open")(
    lambda: _by_pyhanko(_saved(encryption=pikepdf.Encryption(owner="owner", user="")))
)


@pytest.fixture(scope="module", autouse=True)
def _reader() -> Iterator[None]:
    """One process reads all files; see test_attack_classes.py."""
    with sys.modules["verify_test_fuzz_worker"].Worker() as worker, pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys.modules["esign.foreign_pdf"], "ask_child", worker.ask)
        yield
        assert not worker.raised


@pytest.mark.parametrize("name", CASES)
def test_a_genuine_file(name: str) -> None:
    reason, make = CASES[name]
    report = judge(make())
    assert report.reason.code == reason, [f"{check.name} {check.code} {check.detail}" for check in report.checks]


def test_what_is_said_of_pages_that_look_different() -> None:
    """A seal that came second is on a page; that page is named, in both languages and as a fact."""
    second = Signing(
        by(signer("rsa", "company")),
        field=b"Second",
        widget=60,
        value=61,
        others=(FIRST_FREE,),
        rect=b"[300 200 419 319]",
        look=drawing(b"A"),
    )
    report = judge(signed(approved(), second))
    assert report.reason.code == GOOD
    first, last = report.signatures
    assert (first.changes, first.changed_pages) == (("shown_signatures",), (1,))
    assert (last.changes, last.changed_pages) == ((), ())
    assert "第 1 页" in report.sentence.zh
    assert "look different: 1." in report.sentence.en
    plain_report = judge(approved())
    assert "页" not in plain_report.sentence.zh


def test_the_fact_of_revocation() -> None:
    """Who says whether the certificate was taken back, and when that was said."""
    good = judge(approved()).signatures[0].revocation
    assert (good.status, good.source, good.as_of, good.since) == ("good", "list", AT, None)
    taken = judge(signed(plain(), Signing(by(pki_of("rsa").signer("seal-compromised"))))).signatures[0].revocation
    assert (taken.status, taken.source, taken.reason) == ("revoked", "list", "keyCompromise")
    assert taken.since is not None
    pki = pki_of("rsa")
    bare = Verifier(TrustStore([pki.root])).verify_file(approved(), at=AT)
    assert bare.signatures[0].revocation.status == "unknown"
    assert bare.verdict is Outcome.INDETERMINATE
    nobody = Verifier(TrustStore([pki_of("sm2").root])).verify_file(approved(), at=AT)
    assert nobody.signatures[0].revocation.status == "unchecked"


def test_the_page_has_the_same_table() -> None:
    page = (Path(__file__).parents[2] / "docs" / "reference" / "attacks.md").read_text("utf-8")
    table = page.partition("## What must pass")[2].partition("\n## ")[0]
    rows = [f"| {name} | `{reason}` |" for name, (reason, _) in CASES.items()]
    assert [line for line in table.splitlines() if line.startswith("| ")][1:] == rows
