"""OFDs that are built to take long, or to show something else than what somebody signed. Outsiders can make them all.

What insiders can do who seal as they like is in `tests/flow/test_ofd_insider.py`.
"""

from __future__ import annotations

import string
import struct
import zlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import islice, product
from pathlib import Path
from types import ModuleType

import pytest
from declared import declared_pki
from machine import least_seconds
from ofd_variants import PNG, Files, Product, Way, ordinary, packed

from esign import ORGANISATION, SesPicture, is_our_ofd, make_seal_object, ofd_pages
from esign.errors import TooLargeError
from esign.ofd_form import CREATOR
from esign.ofd_xml import MAX_XML_ATTRIBUTES, check_xml
from esign.png_opacity import MAX_OPACITY_DOTS
from verify import Outcome, Report, TrustStore, Verifier

AT = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)
PICTURE = (Path(__file__).parents[2] / "fixtures/vectors/ses/picture.png").read_bytes()
SEAL = "Doc_0/Signs/Sign_0/Seal.esl"
MOST_SECONDS = 2.0
"""Of computing, for any file."""

UNSIGNED: Files = {
    "S.xml": b'<Signatures><Signature BaseLoc="G.xml"/></Signatures>',
    "G.xml": b"<Signature><SignedInfo/><SignedValue>v.dat</SignedValue></Signature>",
    "v.dat": b"nothing",
    "D.xml": b"<Document/>",
}
BODY = b"<DocBody><DocRoot>D.xml</DocRoot><Signatures>S.xml</Signatures></DocBody>"


@pytest.fixture(scope="module")
def maker() -> Product:
    pki = declared_pki("sm2")
    return Product(maker=pki.signer("seal-maker"), signer=pki.signer("seal"))


def judged(data: bytes) -> Report:
    pki = declared_pki("sm2")
    trust = TrustStore.from_certificates(
        (pki.root, pki.certificate("issuing-ca"), pki.certificate("issuing-ca-renewed")),
        lists=(pki.crl("root", AT), pki.crl("issuing-ca", AT)),
    )
    return Verifier(trust).verify_file(data, at=AT)


# What shows.


@pytest.mark.parametrize("how", ["bare", "raw", "detached", "attached"])
def test_a_seal_that_only_lies_beside_a_signature_is_covered_by_it(maker: Product, how: str) -> None:
    """Readers draw its picture: who exchanges the seal changes what is seen. A seal signature has its own inside."""
    way = Way(how=how, leave_out=lambda path: path == SEAL)
    files = maker.sign(ordinary(), way)
    forger = Product(maker=declared_pki("sm2").signer("water-seal"), signer=maker.signer)
    report = judged(packed({**files, SEAL: forger.seal(Way(seal_picture=PNG + b"another"))}))
    assert (report.reason.code, report.verdict) == ("SIGNED_IN_PART", Outcome.INDETERMINATE)
    assert any(SEAL in check.detail for check in report.checks if check.code == "SIGNED_IN_PART")
    assert judged(packed(maker.sign(ordinary(), Way(how=how)))).reason.code == "SIGNED_DOCUMENT"
    unseen = maker.sign(ordinary(), Way(how=how, leave_out=way.leave_out, stamps=""))
    assert judged(packed(unseen)).reason.code == "SIGNED_DOCUMENT"


# What takes long.


def packages_in_packages() -> Files:
    """A bomb of 10 kB, again and again: looking whether each is a licence of ours must not unpack it."""
    inner = packed({"OFD.xml": b"<OFD/>", "a": bytes(10 << 20)})
    return {**UNSIGNED, "OFD.xml": b"<OFD>" + BODY + b"</OFD>", **{f"{n}.ofd": inner for n in range(200)}}


def one_list_for_all_documents() -> Files:
    rows = b"".join(b"<MultiMedia><MediaFile>a/b/c/%d</MediaFile></MultiMedia>" % n for n in range(5000))
    return {
        **UNSIGNED,
        "OFD.xml": b"<OFD>" + 60 * BODY + b"</OFD>",
        "D.xml": b"<Document><CommonData><PublicRes>R.xml</PublicRes></CommonData></Document>",
        "R.xml": b"<Res><MultiMedias>" + rows + b"</MultiMedias></Res>",
    }


def one_list_named_again_and_again() -> Files:
    named = 20_000 * b"<PublicRes>R.xml</PublicRes>"
    return {
        **UNSIGNED,
        "OFD.xml": b"<OFD>" + 60 * BODY + b"</OFD>",
        "D.xml": b"<Document><CommonData>" + named + b"</CommonData></Document>",
        "R.xml": b"<Res/>",
    }


def a_path_of_a_million_steps() -> Files:
    path = 1_000_000 * b"a/"
    return {
        **UNSIGNED,
        "OFD.xml": b"<OFD>" + 60 * BODY + b"</OFD>",
        "D.xml": b"<Document><CommonData><PublicRes>" + path + b"</PublicRes></CommonData></Document>",
    }


def an_element_with_a_million_attributes() -> Files:
    return {**UNSIGNED, "OFD.xml": b"<OFD>" + BODY + b"</OFD>", "D.xml": crowded(300_000)}


def crowded(count: int) -> bytes:
    names = ("".join(letters) for letters in product(string.ascii_letters, repeat=4))
    return b"<Document " + b" ".join(name.encode() + b'=""' for name in islice(names, count)) + b"/>"


def pieces_almost_long_enough_for_too_many_attributes() -> Files:
    piece = b"<a>" + (5 * MAX_XML_ATTRIBUTES - 20) * b"x" + b"</a>"
    return {
        **UNSIGNED,
        "OFD.xml": b"<OFD>" + BODY + b"</OFD>",
        "D.xml": b"<Document>" + 1500 * piece + b"</Document>",
    }


def paths_of_points() -> Files:
    points = {f"a{280 * '.'}{n}x": b"" for n in range(3900)}
    return {**UNSIGNED, "OFD.xml": b"<OFD>" + BODY + b"</OFD>", **points}


def seals_of_a_million_rows() -> Files:
    """Each is looked through for a dot that lets paper through."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">L", len(content)) + kind + content + struct.pack(">L", zlib.crc32(kind + content))

    head = chunk(b"IHDR", struct.pack(">2L5B", 1, MAX_OPACITY_DOTS, 8, 6, 0, 0, 0))
    rows = chunk(b"IDAT", zlib.compress(MAX_OPACITY_DOTS * b"\0\xff\xff\xff\xff"))
    picture = b"\x89PNG\r\n\x1a\n" + head + rows + chunk(b"IEND", b"")
    pki = declared_pki("sm2")
    maker = Product(maker=pki.signer("seal-maker"), signer=pki.signer("seal"))
    files = ordinary()
    for place in range(16):
        files = maker.sign(files, Way(seal_picture=picture, leave_out=lambda _: True), place=place)
    return files


def bare_signatures_and_many_certificates() -> Files:
    """Each is tried with every certificate that the seal beside it lists, and is long."""
    pki = declared_pki("sm2")
    names = ("water-seal", "seal-renewed", "seal-compromised", "code", "tsa", "seal-maker", "issuing-ca")
    seal = make_seal_object(
        identifier="99010000000001",
        vendor="DEMO",
        name="样例章",
        kind=ORGANISATION,
        picture=SesPicture(type="PNG", data=PICTURE, width=42, height=42),
        permitted=[pki.certificate(name) for name in names],
        valid_from=AT,
        valid_to=AT + timedelta(days=1),
        maker=pki.signer("seal-maker"),
        at=AT,
    )
    maker = Product(maker=pki.signer("seal-maker"), signer=pki.signer("seal"))
    files = ordinary()
    way = Way(how="bare", leave_out=lambda _: True, seal_file=lambda _: seal)
    for place in range(11):
        files = maker.sign(files, way, place=place)
        files[f"Doc_0/Signs/Sign_{place}/Signature.xml"] += b"<!--" + (2_000_000 * b"x") + b"-->"
    return files


@pytest.mark.parametrize(
    ("make", "code"),
    [
        (packages_in_packages, "FORMAT_CMS"),
        (one_list_for_all_documents, "RESOURCE_LIMIT"),
        (one_list_named_again_and_again, "RESOURCE_LIMIT"),
        (a_path_of_a_million_steps, "RESOURCE_LIMIT"),
        (an_element_with_a_million_attributes, "RESOURCE_LIMIT"),
        (pieces_almost_long_enough_for_too_many_attributes, "FORMAT_CMS"),
        (paths_of_points, "FORMAT_CMS"),
        (seals_of_a_million_rows, "SIGNED_IN_PART"),
        (bare_signatures_and_many_certificates, "CERTIFICATE_MISSING"),
    ],
)
def test_small_files_that_would_take_long(make: Callable[[], Files], code: str) -> None:
    data = packed(make())
    assert len(data) < 8 << 20
    reports: list[Report] = []
    assert least_seconds(lambda: reports.append(judged(data)), MOST_SECONDS) < MOST_SECONDS
    report = reports[-1]
    assert report.reason.code == code
    assert not report
    if code == "RESOURCE_LIMIT":
        # The desk asks for the number of pages, too.
        with pytest.raises(TooLargeError):
            ofd_pages(data)


def test_attributes_are_counted_in_every_encoding() -> None:
    """Characters of which a byte is that of `<` do not part an element in two."""
    few, many = (crowded(count).decode().replace("a", "丼") for count in (100, MAX_XML_ATTRIBUTES + 1))
    for encoding in ("utf-8", "utf-16", "gb18030"):
        head = f'<?xml version="1.0" encoding="{encoding}"?>'
        check_xml((head + few).encode(encoding), "x")
        with pytest.raises(TooLargeError):
            check_xml((head + many).encode(encoding), "x")


# Whose it is.


def test_a_package_of_ours_is_known_by_its_first_file(maker: Product, office: ModuleType) -> None:
    root = f"<ofd:Creator>{CREATOR}</ofd:Creator>".encode()
    for stored in (True, False):
        assert is_our_ofd(packed({"OFD.xml": root, "x": b"y"}, stored=stored))
        inside = maker.sign(ordinary(attached={"a.ofd": packed({"OFD.xml": root}, stored=stored)}))
        assert judged(packed(inside)).reason.code == "NON_CANONICAL"
    good = packed({"OFD.xml": root})
    others = (good[:40], good[:30], b"", good.replace(b"OFD.xml", b"OFD.xmk"), packed({"OFD.xml": b"<OFD/>"}))
    assert not any(map(is_our_ofd, others))
