"""The facts of OFDs that others made: documents, what decides their look, signatures and what these cover."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ofd_variants import Files, Product, Way, document, ordinary, packed, root, xml

from esign import CheckMethod, EsignError, MalformedError, SignedValueKind, TooLargeError, read_foreign_ofd
from esign.foreign_ofd import MAX_CANDIDATES, signer_of_bare, stated_time
from esign.ofd_document import MAX_OFD_DOCUMENTS, MAX_OFD_PAGES, OfdDocument, read_documents, rendering_files
from esign.ofd_package import read_package
from esign.ofd_paths import OfdFiles
from esign.ofd_signatures import MAX_OFD_SIGNATURES, MAX_STAMPS, check_method, read_signatures
from keys import DevelopmentPki

EXAMPLE = (Path(__file__).parents[2] / "fixtures" / "vectors" / "ses" / "example_signed.ofd").read_bytes()
CHINA = timezone(timedelta(hours=8))
SIGNATURE = "Doc_0/Signs/Sign_0/Signature.xml"
LIST = "Doc_0/Signs/Signatures.xml"


@pytest.fixture(scope="module")
def product(pkis: dict[str, DevelopmentPki]) -> Product:
    return Product(maker=pkis["sm2"].code, signer=pkis["sm2"].seal)


def only_document(files: Files) -> OfdDocument:
    (found,) = read_documents(OfdFiles(files))
    return found


def test_the_example_of_the_standard() -> None:
    ofd = read_foreign_ofd(EXAMPLE)
    (found,) = ofd.documents
    assert (found.title, found.author, found.creator) == ("示例文件", "测试单位", "demo-writer")
    assert (found.created, found.custom) == ("2026-01-05", (("文号", "测〔2026〕1号"),))
    assert found.box == (0, 0, 210, 297)
    assert [(page.identifier, page.path) for page in found.pages] == [
        (str(number + 1), f"Doc_0/Pages/Page_{number}/Content.xml") for number in range(2)
    ]
    assert [font.path for one in found.resources for font in one.fonts] == ["Doc_0/Res/font_4.otf"]
    assert [(one.name, one.path) for one in found.attachments] == [("original.xml", "Doc_0/Attachs/original.xml")]
    (one,) = ofd.signatures
    assert (one.uncovered, one.covers_root, one.changed) == ((), True, ())
    assert one.stated_time == datetime(2026, 1, 5, 1, 30, tzinfo=UTC)
    signature = one.signature
    assert (signature.identifier, signature.kind, signature.provider) == ("s001", "Seal", "demo-signer")
    assert (signature.check, signature.value_kind) == (CheckMethod.KNOWN, SignedValueKind.SES_SIGNATURE)
    assert len(signature.references) == 15
    assert all(reference.holds for reference in signature.references)
    (stamp,) = signature.stamps
    assert (stamp.page, stamp.boundary, stamp.clip) == ("1", (120, 220, 40, 40), None)


# Documents.


def test_which_files_decide_the_look() -> None:
    files = OfdFiles(ordinary(annotated=True, attached={"data.xml": b"<x/>"}))
    (found,) = read_documents(files)
    shown = {
        "OFD.xml",
        *(
            f"Doc_0/{name}"
            for name in (
                "Document.xml",
                "PublicRes.xml",
                "Res/photo.png",
                "Res/song.ttf",
                "Tpls/Tpl_0/Content.xml",
                "Pages/Page_1/Content.xml",
                "Annots/Annotations.xml",
                "Annots/Page_1/Annotation.xml",
            )
        ),
    }
    assert rendering_files(files, found) == shown
    assert set(files) - shown == {"Doc_0/Attachs/Attachments.xml", "Doc_0/Attachs/data.xml"}


def test_resources_of_single_pages_and_colour_profiles() -> None:
    files = ordinary()
    page = "Doc_0/Pages/Page_1/Content.xml"
    files[page] = files[page].replace(b"<ofd:Content>", b"<ofd:PageRes>PageRes.xml</ofd:PageRes><ofd:Content>")
    space = '<:ColorSpaces><:ColorSpace ID="9" Profile="ink.icc"/></:ColorSpaces>'
    media = '<:MultiMedias><:MultiMedia ID="7"><:MediaFile>stamp.png</:MediaFile></:MultiMedia></:MultiMedias>'
    files["Doc_0/Pages/Page_1/PageRes.xml"] = xml(space + media, "Res", 'BaseLoc="."')
    found = only_document(files)
    assert found.page_resources == ((page, "Doc_0/Pages/Page_1/PageRes.xml"),)
    shown = rendering_files(OfdFiles(files), found)
    assert {f"Doc_0/Pages/Page_1/{name}" for name in ("PageRes.xml", "ink.icc", "stamp.png")} <= shown
    assert found.missing == ("Doc_0/Pages/Page_1/stamp.png", "Doc_0/Pages/Page_1/ink.icc")
    # The name may stand there in another encoding.
    files[page] = files[page].decode().replace("UTF-8", "UTF-16").encode("utf-16")
    assert only_document(files).page_resources == found.page_resources


@pytest.mark.parametrize(
    ("base", "location", "path"),
    [
        ("Res", "song.ttf", "Doc_0/Res/song.ttf"),
        ("/Doc_0/Res/", "song.ttf", "Doc_0/Res/song.ttf"),
        ("", "Res/song.ttf", "Doc_0/Res/song.ttf"),
        ("Res", "/Doc_0/Res/song.ttf", "Doc_0/Res/song.ttf"),
        ("Res", "Res/song.ttf", "Doc_0/Res/song.ttf"),
        ("Other", "Doc_0/Res/song.ttf", "Doc_0/Res/song.ttf"),
        ("Res", "none.ttf", "Doc_0/Res/none.ttf"),
        ("Res", " ", None),
    ],
)
def test_where_a_resource_lies(base: str, location: str, path: str | None) -> None:
    files = ordinary()
    font = f'<:Fonts><:Font ID="4" FontName="x"><:FontFile>{location}</:FontFile></:Font></:Fonts>'
    files["Doc_0/PublicRes.xml"] = xml(font, "Res", f'BaseLoc="{base}"')
    assert only_document(files).resources[0].fonts[0].path == path


def test_what_is_named_and_not_there_is_a_fact() -> None:
    files = ordinary(annotated=True, attached={"data.xml": b"<x/>"})
    gone = ("Pages/Page_1/Content.xml", "Res/photo.png", "Annots/Page_1/Annotation.xml", "Attachs/data.xml")
    for name in gone:
        del files[f"Doc_0/{name}"]
    found = only_document(files)
    assert set(found.missing) == {f"Doc_0/{name}" for name in gone}
    shown = rendering_files(OfdFiles(files), found)
    assert {f"Doc_0/{name}" for name in gone[:3]} <= shown
    assert f"Doc_0/{gone[3]}" not in shown


@pytest.mark.parametrize("name", ["PublicRes.xml", "Annots/Annotations.xml", "Attachs/Attachments.xml"])
def test_lists_that_are_not_there(name: str) -> None:
    files = ordinary(annotated=True, attached={"data.xml": b"<x/>"})
    del files[f"Doc_0/{name}"]
    assert only_document(files).missing[0] == f"Doc_0/{name}"


def changed(name: str, old: bytes, new: bytes) -> Files:
    files = ordinary(annotated=True)
    assert old in files[name]
    return {**files, name: files[name].replace(old, new)}


BROKEN = {
    "no document": root(()),
    "document not there": root(),
    "root not there": document(),
    "two roots": changed("OFD.xml", b"<ofd:DocRoot>", b"<ofd:DocRoot>a</ofd:DocRoot><ofd:DocRoot>"),
    "two roots by prefix": changed("OFD.xml", b"<ofd:DocRoot>", b'<x:DocRoot xmlns:x="y"/><ofd:DocRoot>'),
    "two lists of pages": changed("Doc_0/Document.xml", b"<ofd:Pages>", b"<ofd:Pages/><ofd:Pages>"),
    "two boxes": changed("Doc_0/Document.xml", b"<ofd:PhysicalBox>", b"<ofd:PhysicalBox/><ofd:PhysicalBox>"),
    "two font files": changed(
        "Doc_0/PublicRes.xml", b"<ofd:FontFile>", b"<ofd:FontFile>x</ofd:FontFile><ofd:FontFile>"
    ),
    "page without a place": changed("Doc_0/Document.xml", b"BaseLoc=", b"Base="),
    "page outside": changed("Doc_0/Document.xml", b"Pages/Page_1", b"../../Page_1"),
    "page broken": changed("Doc_0/Pages/Page_1/Content.xml", b"</ofd:Page>", b""),
    "page with a type declaration": changed("Doc_0/Pages/Page_1/Content.xml", b"<ofd:Page ", b"<!DOCTYPE a><ofd:Page "),
    "annotation broken": changed("Doc_0/Annots/Page_1/Annotation.xml", b"</ofd:PageAnnot>", b""),
    "creators": changed("OFD.xml", b"<ofd:Creator>", b"<ofd:Creator>elicence</ofd:Creator><ofd:Creator>"),
}


@pytest.mark.parametrize("name", sorted(BROKEN))
def test_documents_that_can_be_read_in_two_ways_or_not_at_all(name: str) -> None:
    with pytest.raises(MalformedError) as caught:
        read_foreign_ofd(packed(BROKEN[name]))
    assert caught.value.code == "FORMAT_OFD"


def test_limits_of_documents() -> None:
    many = root([("Doc_0", "")] * (MAX_OFD_DOCUMENTS + 1))
    with pytest.raises(TooLargeError):
        read_documents(OfdFiles({**document(), **many}))
    page = b'<ofd:Page ID="1" BaseLoc="x"/>'
    pages = changed("Doc_0/Document.xml", b"<ofd:Pages>", b"<ofd:Pages>" + page * MAX_OFD_PAGES)
    with pytest.raises(TooLargeError):
        read_documents(OfdFiles(pages))


# Signatures.


@pytest.mark.parametrize(
    ("text", "check", "algorithm"),
    [
        ("1.2.156.10197.1.401", CheckMethod.KNOWN, "sm3"),
        (" sm3 ", CheckMethod.KNOWN, "sm3"),
        ("SHA-256", CheckMethod.KNOWN, "sha256"),
        ("2.16.840.1.101.3.4.2.3", CheckMethod.KNOWN, "sha512"),
        ("", CheckMethod.OUTDATED, ""),
        ("md5", CheckMethod.OUTDATED, ""),
        ("SHA-1", CheckMethod.OUTDATED, ""),
        ("1.2.156.10197.1.401.2", CheckMethod.UNKNOWN, ""),
        ("CRC32", CheckMethod.UNKNOWN, ""),
    ],
)
def test_names_of_digests(text: str, check: CheckMethod, algorithm: str) -> None:
    assert check_method(text) == (check, algorithm)


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("20200723130907.763Z", datetime(2020, 7, 23, 13, 9, 7, 763000, tzinfo=UTC)),
        ("20210331075023Z", datetime(2021, 3, 31, 7, 50, 23, tzinfo=UTC)),
        ("2026-01-05 09:30:00", datetime(2026, 1, 5, 9, 30, tzinfo=CHINA)),
        ("20260105093000", datetime(2026, 1, 5, 9, 30, tzinfo=CHINA)),
        ("2026-01-05T09:30:00+08:00", datetime(2026, 1, 5, 9, 30, tzinfo=CHINA)),
        ("20260105093000+0800", datetime(2026, 1, 5, 9, 30, tzinfo=CHINA)),
        (" 2026-01-05T01:30:00.123456789Z\n", datetime(2026, 1, 5, 1, 30, 0, 123456, tzinfo=UTC)),
        ("20261305093000Z", None),
        ("2026-01-05", None),
        ("", None),
        ("２０２６0105093000Z", None),
    ],
)
def test_times_as_products_write_them(text: str, time: datetime | None) -> None:
    assert stated_time(text) == time


def test_references_are_told_apart(product: Product) -> None:
    files = product.sign(ordinary())
    files["Doc_0/Res/photo.png"] = b"another"
    del files["Doc_0/Res/song.ttf"]
    (one,) = read_foreign_ofd(packed(files)).signatures
    assert one.changed == ("Doc_0/Res/photo.png", "Doc_0/Res/song.ttf")
    assert [one.path for one in one.signature.references if one.missing] == ["Doc_0/Res/song.ttf"]
    (one,) = read_foreign_ofd(packed(product.sign(ordinary(), Way(method="MD5")))).signatures
    assert {reference.holds for reference in one.signature.references} == {None}
    assert one.changed == ()


def test_a_riding_seal_is_clipped_on_each_page(product: Product) -> None:
    stamps = "".join(
        f'<:StampAnnot ID="s{page}" PageRef=" {page} " Boundary="190 9 20 40" Clip="{20 * page} 0 20 40"/>'
        for page in range(2)
    )
    (one,) = read_foreign_ofd(packed(product.sign(ordinary(pages=2), Way(stamps=stamps + "<:StampAnnot/>")))).signatures
    assert [(stamp.page, stamp.boundary, stamp.clip) for stamp in one.signature.stamps] == [
        ("0", (190, 9, 20, 40), (0, 0, 20, 40)),
        ("1", (190, 9, 20, 40), (20, 0, 20, 40)),
        ("", None, None),
    ]


@pytest.mark.parametrize("value", ["", "AAAA", "not Base64", "é"])
def test_a_check_value_that_is_none_does_not_hold(product: Product, value: str) -> None:
    files = product.sign(ordinary())
    head, _, rest = files[SIGNATURE].partition(b"<ofd:CheckValue>")
    files[SIGNATURE] = head + b"<ofd:CheckValue>" + value.encode() + rest[rest.index(b"</ofd:CheckValue>") :]
    (one,) = read_foreign_ofd(packed(files)).signatures
    assert one.changed == ("OFD.xml",)


@pytest.mark.parametrize("name", ["SignedInfo", "References", "SignedValue", "Provider", "Seal"])
def test_what_stands_twice_in_a_description(product: Product, name: str) -> None:
    files = product.sign(ordinary())
    files[SIGNATURE] = files[SIGNATURE].replace(f"<ofd:{name}".encode(), f"<ofd:{name}/><ofd:{name}".encode(), 1)
    with pytest.raises(MalformedError):
        read_foreign_ofd(packed(files))


def test_a_description_that_says_nothing(product: Product) -> None:
    files = product.sign(ordinary())
    files[SIGNATURE] = xml("<:SignedValue>SignedValue.dat</:SignedValue>", "Signature")
    with pytest.raises(MalformedError, match="nothing"):
        read_foreign_ofd(packed(files))


def test_the_certificate_of_a_bare_signature_is_looked_for_in_the_seal(product: Product) -> None:
    (one,) = read_foreign_ofd(packed(product.sign(ordinary(), Way(how="raw")))).signatures
    assert one.signature.value_kind is SignedValueKind.BARE_SIGNATURE
    assert len(one.signature.value) == 64
    assert signer_of_bare(one.signature) == product.signer.certificate
    assert MAX_CANDIDATES > 1


@pytest.mark.parametrize("place", ["stamps", "signatures"])
def test_limits_of_signatures(product: Product, place: str) -> None:
    if place == "stamps":
        files = product.sign(ordinary(), Way(stamps="<:StampAnnot/>" * (MAX_STAMPS + 1)))
    else:
        rows = "".join(f'<:Signature BaseLoc="Sign_{n}/Signature.xml"/>' for n in range(MAX_OFD_SIGNATURES + 1))
        files = {**ordinary(), LIST: xml(rows, "Signatures")}
    with pytest.raises(TooLargeError):
        read_signatures(OfdFiles(files), LIST, "OFD.xml")


@settings(max_examples=80, deadline=None)
@given(st.data())
def test_anything_that_is_changed_in_a_file_is_read_or_refused(data: st.DataObject) -> None:
    files = dict(read_package(EXAMPLE).files)
    name = data.draw(st.sampled_from([name for name in files if name.endswith(".xml")]))
    content = bytearray(files[name])
    place = data.draw(st.integers(0, len(content) - 1))
    piece = data.draw(st.sampled_from([b"", b"<", b"/", b"\x00", b"../", b"&lt;", b"x", content[place : place + 40]]))
    content[place : place + data.draw(st.integers(0, 12))] = piece
    files[name] = bytes(content)
    try:
        ofd = read_foreign_ofd(packed(files))
    except EsignError:
        return
    covered = ofd.signatures and name in ofd.signatures[0].signature.covered and files[name] != b""
    if covered and files[name] != read_package(EXAMPLE).files[name]:
        assert name in ofd.signatures[0].changed
