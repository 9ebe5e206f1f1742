"""OFDs that others signed: what each verdict rests on, whichever way the product has gone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from itertools import product as product_of
from pathlib import Path
from types import ModuleType

import pytest
from declared import declared_pki
from ofd_variants import Files, Product, Way, document, ordinary, packed, root, xml

from esign.ofd_signatures import MAX_OFD_SIGNATURES
from verify import Outcome, Report, TrustStore, Verifier
from verify.foreign_ofd import MAX_NAMED_FILES

VECTORS = Path(__file__).parents[2] / "fixtures" / "vectors" / "ses"
AT = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)
SIGNATURE = "Doc_0/Signs/Sign_0/Signature.xml"
PAGE = "Doc_0/Pages/Page_1/Content.xml"


@pytest.fixture(scope="module")
def product() -> Product:
    pki = declared_pki("sm2")
    return Product(maker=pki.signer("seal-maker"), signer=pki.signer("seal"))


@pytest.fixture(scope="module")
def verifier() -> Verifier:
    pki = declared_pki("sm2")
    trust = TrustStore.from_certificates(
        (pki.root, pki.certificate("issuing-ca"), pki.certificate("issuing-ca-renewed")),
        lists=(pki.crl("root", AT), pki.crl("issuing-ca", AT)),
    )
    return Verifier(trust)


Judge = Callable[[Files], Report]


@pytest.fixture(scope="module")
def judge(verifier: Verifier) -> Judge:
    return lambda files: verifier.verify_file(packed(files), at=AT)


def codes(report: Report, name: str) -> list[str]:
    return [check.code for check in report.checks if check.name == name]


def detail(report: Report, code: str) -> str:
    return next(check.detail for check in report.checks if check.code == code)


def without(*names: str) -> Callable[[str], bool]:
    return lambda path: any(name in path for name in names)


# What products do differently, and is good all the same.

GOOD = {
    "seal": Way(),
    "seal version 1": Way(version=1),
    "seal version 5": Way(version=5),
    "raw value in the seal signature": Way(raw_value=True),
    "no seal file": Way(seal_file=None),
    "type left out": Way(type=None),
    "type says otherwise": Way(type="Sign"),
    "digest inside": Way(how="attached", type="Sign", seal_file=None),
    "digest inside as Base64": Way(how="base64", type="Sign", seal_file=None),
    "detached": Way(how="detached", type="Sign", seal_file=None),
    "bare, certificate in the seal": Way(how="bare"),
    "bare as r and s": Way(how="raw"),
    "method by name": Way(method="SM3"),
    "method in small letters": Way(method="sm3"),
    "method without key": Way(method="1.2.156.10197.1.401.1"),
    "method of another family": Way(method="SHA-256", digest="sha256"),
    "list locked": Way(cover_list=True),
    "paths not absolute": Way(reference="{}"),
    "paths with the other stroke": Way(reference="\\{}"),
    "paths in capitals": Way(reference="/./{}"),
    "value under another name": Way(value_name="SignedValue_1.bin"),
    "namespace without a year": Way(form={"space": "http://www.ofdspec.org"}),
    "another prefix": Way(form={"prefix": "o:"}),
    "no prefix": Way(form={"prefix": ""}),
    "nested package as picture": Way(seal_type="ofd", seal_picture=b"PK\x03\x04"),
    "riding seal": Way(
        stamps='<:StampAnnot ID="s2" PageRef="1" Boundary="190 9 20 40" Clip="0 0 20 40"/>'
        '<:StampAnnot ID="s3" PageRef="2" Boundary="190 9 20 40" Clip="20 0 20 40"/>'
    ),
    "root left out": Way(leave_out=without("OFD.xml")),
    "seal left out": Way(leave_out=without("Seal.esl")),
    "says what it protects in words": Way(property_info="OFD"),
}


@pytest.mark.parametrize("name", sorted(GOOD))
def test_a_good_signature_of_every_kind(product: Product, judge: Judge, name: str) -> None:
    report = judge(product.sign(ordinary(pages=2), GOOD[name]))
    assert (report.kind, report.verdict, report.reason.code) == ("ofd", Outcome.PASSED, "SIGNED_DOCUMENT")
    assert report.licence is None
    signer = report.signatures[0]
    assert (signer.field, signer.intact, signer.valid, signer.trusted) == (SIGNATURE, True, True, True)
    assert signer.covers == ("part" if name == "root left out" else "whole")


@pytest.mark.parametrize("encoding", ["GBK", "UTF-16"])
def test_a_package_in_an_older_encoding(product: Product, judge: Judge, encoding: str) -> None:
    """What is signed are the bytes as they stand."""
    form = {"encoding": encoding}
    files = {**root(**form), **document(annotated=True, attached={"数据.xml": b"<x/>"}, **form)}
    signed = product.sign(files, Way(form=form))
    assert judge(signed).reason.code == "SIGNED_DOCUMENT"
    again = signed[PAGE].decode(encoding).replace(encoding, "UTF-8").encode()
    assert judge({**signed, PAGE: again}).reason.code == "DIGEST_MISMATCH"
    lying = signed[PAGE].decode(encoding).encode()
    assert judge({**signed, PAGE: lying}).reason.code == "FORMAT_OFD"


@pytest.mark.parametrize("name", ["电子", "小校"])
def test_names_of_entries_in_gbk(product: Product, verifier: Verifier, name: str) -> None:
    """As archivers of Chinese systems write them, without a sign of it; the second is UTF-8, too, of something else."""
    form = {"encoding": "GBK"}
    files = {**root(**form), **document(attached={f"{name}.xml": b"<x/>"}, **form)}
    signed = product.sign(files, Way(form=form))
    data = packed({path.replace(name, "NAME"): content for path, content in signed.items()})
    assert data.count(b"NAME") == 2
    report = verifier.verify_file(data.replace(b"NAME", name.encode("gbk")), at=AT)
    assert (report.reason.code, report.signatures[0].covers) == ("SIGNED_DOCUMENT", "whole")


def test_everything_about_the_document_that_only_is_said(product: Product, judge: Judge) -> None:
    report = judge(product.sign(ordinary(embedded=False), Way(leave_out=without("OFD.xml"))))
    assert report.reason.code == "SIGNED_DOCUMENT"
    details = " ".join(check.detail for check in report.checks)
    assert "OFD.xml" in details
    assert "fonts that the reader's machine must have" in details


def test_several_signatures_one_after_the_other(product: Product, judge: Judge) -> None:
    files = product.sign(product.sign(ordinary()), place=1)
    report = judge(product.sign(files, Way(how="detached", type="Sign", seal_file=None), place=2))
    assert report.reason.code == "SIGNED_DOCUMENT"
    assert [one.field[-15:-14] for one in report.signatures if one.field != "maker"] == ["0", "1", "2"]


def test_a_list_that_was_locked_is_not_added_to(product: Product, judge: Judge) -> None:
    report = judge(product.sign(product.sign(ordinary(), Way(cover_list=True)), place=1))
    assert report.reason.code == "DIGEST_MISMATCH"
    assert "Doc_0/Signs/Signatures.xml" in detail(report, "DIGEST_MISMATCH")
    assert codes(report, "references") == ["OK", "DIGEST_MISMATCH"]


def test_a_later_signer_who_changed_something_breaks_the_earlier_signature(product: Product, judge: Judge) -> None:
    files = product.sign(ordinary(annotated=True))
    files["Doc_0/Annots/Page_1/Annotation.xml"] += b"\n"
    report = judge(product.sign(files, place=1))
    assert report.reason.code == "DIGEST_MISMATCH"
    assert "Annots/Page_1/Annotation.xml" in detail(report, "DIGEST_MISMATCH")
    first, second = (one for one in report.signatures if one.field != "maker")
    assert (first.intact, second.intact) == (False, True)


# What is wrong.


def changed(name: str) -> Callable[[Files], None]:
    def change(files: Files) -> None:
        files[name] += b" "

    return change


def dropped(name: str) -> Callable[[Files], None]:
    return lambda files: files.pop(name)  # type: ignore[return-value]


def replaced(name: str, old: bytes, new: bytes) -> Callable[[Files], None]:
    def change(files: Files) -> None:
        assert old in files[name]
        files[name] = files[name].replace(old, new, 1)

    return change


SPOILED: dict[str, tuple[Callable[[Files], None], str]] = {
    "page changed": (changed(PAGE), "DIGEST_MISMATCH"),
    "root changed": (changed("OFD.xml"), "DIGEST_MISMATCH"),
    "document changed": (changed("Doc_0/Document.xml"), "DIGEST_MISMATCH"),
    "font changed": (changed("Doc_0/Res/song.ttf"), "DIGEST_MISMATCH"),
    "page gone": (dropped(PAGE), "DIGEST_MISMATCH"),
    "seal beside it changed": (changed("Doc_0/Signs/Sign_0/Seal.esl"), "DIGEST_MISMATCH"),
    "picture gone": (dropped("Doc_0/Res/photo.png"), "DIGEST_MISMATCH"),
    "description changed": (changed(SIGNATURE), "DIGEST_MISMATCH"),
    "stamp moved": (replaced(SIGNATURE, b"120 220", b"20 220"), "DIGEST_MISMATCH"),
    "signature value gone": (dropped("Doc_0/Signs/Sign_0/SignedValue.dat"), "FORMAT_OFD"),
    "description gone": (dropped(SIGNATURE), "FORMAT_OFD"),
    "list gone": (dropped("Doc_0/Signs/Signatures.xml"), "FORMAT_OFD"),
    "list empty": (replaced("Doc_0/Signs/Signatures.xml", b"ofd:Signature ", b"ofd:Other "), "SEAL_MISSING"),
    "seal value cut off": (replaced("Doc_0/Signs/Sign_0/SignedValue.dat", b"\x30", b"\x31"), "FORMAT_CMS"),
    "seal in the signature changed": (
        replaced("Doc_0/Signs/Sign_0/SignedValue.dat", "样例章".encode(), "样例印".encode()),
        "SIGNATURE_INVALID",
    ),
    "signature twice in the list": (
        replaced(
            "Doc_0/Signs/Signatures.xml",
            b"</ofd:Signatures>",
            b'<ofd:Signature ID="s9" BaseLoc="Sign_0/Signature.xml"/></ofd:Signatures>',
        ),
        "FORMAT_OFD",
    ),
}


@pytest.mark.parametrize("name", sorted(SPOILED))
def test_a_spoiled_file(product: Product, judge: Judge, name: str) -> None:
    files = product.sign(ordinary())
    change, code = SPOILED[name]
    change(files)
    report = judge(files)
    assert (report.verdict, report.reason.code) == (Outcome.FAILED, code)


WRONG = {
    "digest default": (Way(method=None, digest="md5"), "ALGORITHM_OUTDATED"),
    "MD5": (Way(method="MD5", digest="md5"), "ALGORITHM_OUTDATED"),
    "SHA-1": (Way(method="SHA1", digest="sha1"), "ALGORITHM_OUTDATED"),
    "SM3 with a key": (Way(method="1.2.156.10197.1.401.2"), "ALGORITHM_UNAVAILABLE"),
    "unheard-of digest": (Way(method="1.2.3"), "ALGORITHM_UNAVAILABLE"),
    "signed something else": (Way(over=lambda content: content + b" "), "DIGEST_MISMATCH"),
    "signed without white space": (Way(over=lambda content: content.replace(b"\n", b"")), "DIGEST_MISMATCH"),
    "detached over something else": (
        Way(how="detached", type="Sign", seal_file=None, over=lambda content: b"x"),
        "DIGEST_MISMATCH",
    ),
    "digest of something else inside": (Way(how="attached", over=lambda content: b"x"), "DIGEST_MISMATCH"),
    "bare without a certificate": (Way(how="bare", seal_file=None), "CERTIFICATE_MISSING"),
    "bare over something else": (Way(how="bare", over=lambda content: b"x"), "CERTIFICATE_MISSING"),
    "bare with a broken seal": (Way(how="raw", seal_file=lambda seal: b"no seal"), "CERTIFICATE_MISSING"),
    "another seal beside it, covered": (Way(seal_file=lambda seal: seal + b"x"), "FORMAT_OFD"),
    "another seal beside it": (
        Way(seal_file=lambda seal: seal + b"x", leave_out=without("Seal.esl")),
        "CHANGED_AFTER_SIGNING",
    ),
    "protects another file": (Way(property_info="/OFD.xml"), "FORMAT_OFD"),
    "seal not valid yet": (Way(time="20261120230000Z"), "SEAL_NOT_IN_FORCE"),
}


@pytest.mark.parametrize("name", sorted(WRONG))
def test_a_wrong_signature(product: Product, judge: Judge, name: str) -> None:
    way, code = WRONG[name]
    report = judge(product.sign(ordinary(), way))
    assert report.reason.code == code
    assert report.verdict is not Outcome.PASSED


def test_china_time_with_a_z_is_noted(product: Product, judge: Judge) -> None:
    """Sealed an hour after the seal began, written in China time with a Z: eight hours later than it was."""
    times = ("20261120180000Z", "20261120180000Z", "20261120230000Z")
    report = judge(product.sign(ordinary(), Way(time="20261121023000Z", seal_times=times)))
    assert report.reason.code == "SEAL_NOT_IN_FORCE"
    assert "China time" in " ".join(check.detail for check in report.checks)


# What was left out.


@pytest.mark.parametrize(
    "name", ["Document.xml", "PublicRes.xml", "Page_1/Content.xml", "Tpl_0", "song.ttf", "photo.png", "Annotation"]
)
def test_what_shows_and_is_not_covered_is_named(product: Product, judge: Judge, name: str) -> None:
    report = judge(product.sign(ordinary(annotated=True), Way(leave_out=without(name))))
    assert (report.verdict, report.reason.code) == (Outcome.INDETERMINATE, "SIGNED_IN_PART")
    assert name in detail(report, "SIGNED_IN_PART")
    assert report.signatures[0].covers == "part"


@pytest.mark.parametrize(("name", "covers"), [("Attachs/data.xml", "part"), ("Signs", "whole")])
def test_what_does_not_show_need_not_be_covered(product: Product, judge: Judge, name: str, covers: str) -> None:
    report = judge(product.sign(ordinary(attached={"data.xml": b"<x/>"}), Way(leave_out=without(name))))
    assert (report.reason.code, report.signatures[0].covers) == ("SIGNED_DOCUMENT", covers)
    assert any(name in check.detail for check in report.checks)


def test_of_many_files_only_some_are_named(product: Product, judge: Judge) -> None:
    report = judge(product.sign(ordinary(pages=MAX_NAMED_FILES + 3), Way(leave_out=without("Pages/"))))
    assert "and 3 more" in detail(report, "SIGNED_IN_PART")


def test_a_second_document_without_a_signature(product: Product, judge: Judge) -> None:
    bodies = (("Doc_0", "Doc_0/Signs/Signatures.xml"), ("Doc_1", ""))
    first = {**root(bodies), **document()}
    report = judge({**product.sign(first), **document("Doc_1")})
    assert report.reason.code == "SIGNED_IN_PART"
    assert "Doc_1/Pages" in detail(report, "SIGNED_IN_PART")
    # A list that is there and empty is none.
    bodies = (("Doc_0", "Doc_0/Signs/Signatures.xml"), ("Doc_1", "Doc_1/Signs/Signatures.xml"))
    listed = {"Doc_1/Signs/Signatures.xml": xml("<:MaxSignId>0</:MaxSignId>", "Signatures")}
    report = judge({**product.sign({**root(bodies), **document()}), **document("Doc_1"), **listed})
    assert report.reason.code == "SIGNED_IN_PART"
    assert "Doc_1/Pages" in detail(report, "SIGNED_IN_PART")
    # Whoever signs one document may cover the other one, too.
    assert judge(product.sign({**first, **document("Doc_1")})).reason.code == "SIGNED_DOCUMENT"


def test_two_documents_each_with_its_own_signature(product: Product, judge: Judge) -> None:
    bodies = (("Doc_0", "Doc_0/Signs/Signatures.xml"), ("Doc_1", "Doc_1/Signs/Signatures.xml"))
    files = {**root(bodies), **document(), **document("Doc_1")}
    way = Way(leave_out=without("Doc_1"))
    both = product.sign(product.sign(files, way), Way(leave_out=without("Doc_0")), folder="Doc_1")
    assert judge(both).reason.code == "SIGNED_DOCUMENT"
    both["Doc_1/Pages/Page_1/Content.xml"] += b" "
    assert judge(both).reason.code == "DIGEST_MISMATCH"


def test_a_document_put_before_one_whose_signature_leaves_the_root_out(product: Product, judge: Judge) -> None:
    """Readers show the first one, with the signature of somebody else; the second has an honest signer's."""
    honest = product.sign(ordinary(), Way(leave_out=without("OFD.xml")))
    assert judge(honest).reason.code == "SIGNED_DOCUMENT"
    bodies = (("Doc_1", "Doc_1/Signs/Signatures.xml"), ("Doc_0", "Doc_0/Signs/Signatures.xml"))
    files = product.sign(
        {**honest, **root(bodies), **document("Doc_1")}, Way(leave_out=without("Doc_0")), folder="Doc_1"
    )
    report = judge(files)
    assert (report.verdict, report.reason.code) == (Outcome.INDETERMINATE, "SIGNED_IN_PART")
    assert "Doc_1/Pages" in detail(report, "SIGNED_IN_PART")
    assert {one.covers for one in report.signatures if one.field != "maker"} == {"part"}


def test_a_signature_of_one_of_two_documents_is_not_of_the_whole(product: Product, judge: Judge) -> None:
    bodies = (("Doc_0", "Doc_0/Signs/Signatures.xml"), ("Doc_1", "Doc_1/Signs/Signatures.xml"))
    files = {**root(bodies), **document(), **document("Doc_1")}
    way = Way(leave_out=without("Doc_1"))
    report = judge(product.sign(product.sign(files, way), Way(), folder="Doc_1"))
    assert report.reason.code == "SIGNED_DOCUMENT"
    assert {one.field[4]: one.covers for one in report.signatures if one.field != "maker"} == {
        "0": "part",
        "1": "whole",
    }
    assert any("not the rest of the package: 'Doc_1/" in check.detail for check in report.checks)


@pytest.mark.parametrize(
    "name", ["Doc_0/Tags/CustomTags.xml", "Doc_0/Extensions.xml", "Doc_0/Bookmarks.xml", "cover.png", "nobody.bin"]
)
def test_what_machines_and_vendors_read_is_named_where_it_is_left_out(
    product: Product, judge: Judge, name: str
) -> None:
    files = {**ordinary(), name: b"<x/>"}
    assert judge(product.sign(files)).signatures[0].covers == "whole"
    report = judge(product.sign(files, Way(leave_out=without(name))))
    assert (report.reason.code, report.signatures[0].covers) == ("SIGNED_DOCUMENT", "part")
    assert any(f"not the rest of the package: '{name}'" in check.detail for check in report.checks)


AREA = b"<ofd:Area><ofd:PhysicalBox>0 0 100 100</ofd:PhysicalBox></ofd:Area>"
STAMPS: dict[str, tuple[Way, str]] = {
    "none": (Way(stamps=""), "shown on no page"),
    "no such page": (Way(stamps='<:StampAnnot ID="s2" PageRef="9" Boundary="0 0 40 40"/>'), "a page that the document"),
    "no box": (Way(stamps='<:StampAnnot ID="s2" PageRef="1"/>'), "no area"),
    "no width": (Way(stamps='<:StampAnnot ID="s2" PageRef="1" Boundary="9 9 0 40"/>'), "no area"),
    "nothing left of it": (
        Way(stamps='<:StampAnnot ID="s2" PageRef="1" Boundary="9 9 40 40" Clip="50 0 40 40"/>'),
        "no area",
    ),
    "beside the page": (Way(stamps='<:StampAnnot ID="s2" PageRef="1" Boundary="-41 9 40 40"/>'), "beside the page"),
    "below the page": (Way(stamps='<:StampAnnot ID="s2" PageRef="1" Boundary="9 298 40 40"/>'), "beside the page"),
    "the part that shows beside the page": (
        Way(stamps='<:StampAnnot ID="s2" PageRef="1" Boundary="190 9 40 40" Clip="20 0 20 40"/>'),
        "beside the page",
    ),
    "giant": (Way(stamps='<:StampAnnot ID="s2" PageRef="1" Boundary="0 0 210 297"/>'), "another size"),
    "a tiny part": (
        Way(stamps='<:StampAnnot ID="s2" PageRef="1" Boundary="9 9 1 1" Clip="0 0 1 1"/>'),
        "another size",
    ),
    "a giant part": (
        Way(stamps='<:StampAnnot ID="s2" PageRef="1" Boundary="9 9 100 100" Clip="0 0 100 100"/>'),
        "another size",
    ),
    "tiny": (Way(stamps='<:StampAnnot ID="s2" PageRef="1" Boundary="9 9 1 1"/>'), "another size"),
    "without a transparent dot": (Way(seal_picture=(VECTORS / "picture.png").read_bytes()), "no transparency"),
    "without transparency": (Way(seal_type="JPG", seal_picture=b"\xff\xd8\xff\xe0"), "no transparency"),
}


@pytest.mark.parametrize("name", sorted(STAMPS))
def test_a_seal_that_nobody_sees_or_that_hides_something_is_told(product: Product, judge: Judge, name: str) -> None:
    """The signature holds all the same."""
    way, words = STAMPS[name]
    report = judge(product.sign(ordinary(), way))
    assert report.reason.code == "SIGNED_DOCUMENT"
    assert [check.detail.count(words) for check in report.checks if "GB/T 38540, version" in check.detail] == [1]


def test_of_an_ordinary_seal_nothing_is_told(product: Product, judge: Judge) -> None:
    details = [check.detail for check in judge(product.sign(ordinary())).checks if "version" in check.detail]
    assert details == [f"{SIGNATURE!r}: GB/T 38540, version 4"]
    # A part of a riding seal, in either way of writing its box.
    for box, clip in (
        *product_of(("170 9 40 40", "206 9 4 40"), ("0 0 4 40", "36 0 4 40")),
        ("9 9 40 40", "-100 -100 900 900"),
    ):
        stamps = f'<:StampAnnot ID="s2" PageRef="1" Boundary="{box}" Clip="{clip}"/>'
        riding = judge(product.sign(ordinary(), Way(stamps=stamps)))
        assert [check.detail for check in riding.checks if "version" in check.detail] == details
    # The size of the page itself counts.
    files = ordinary()
    files[PAGE] = files[PAGE].replace(b"<ofd:Content>", AREA + b"<ofd:Content>")
    assert any("beside the page" in check.detail for check in judge(product.sign(files)).checks)


def test_another_version_of_a_document_shows_as_well(product: Product, judge: Judge) -> None:
    """A reader that knows versions shows the current one, whatever `DocRoot` says."""
    versions = '<:Versions><:Version ID="1" Index="1" Current="true" BaseLoc="Doc_0/Version.xml"/></:Versions>'
    files = {**root(versions=versions), **document(), **document("Doc_9")}
    files["Doc_0/Version.xml"] = xml("<:DocRoot>/Doc_9/Document.xml</:DocRoot>", "DocVersion")
    assert judge(product.sign(files)).reason.code == "SIGNED_DOCUMENT"
    for name in ("Doc_9/Document.xml", "Doc_0/Version.xml"):
        report = judge(product.sign(files, Way(leave_out=without(name))))
        assert name in detail(report, "SIGNED_IN_PART")


# Nobody takes it for a licence.


@pytest.mark.parametrize("name", ["licence.json", "data.xml", "Annots.bin"])
def test_a_licence_that_others_put_into_their_own_file(
    product: Product, judge: Judge, office: ModuleType, name: str
) -> None:
    licence, _ = office.seal_structured(product.signer)
    report = judge(product.sign(ordinary(attached={name: licence})))
    assert (report.reason.code, report.licence) == ("NON_CANONICAL", None)
    # Also without being named by anything.
    assert judge(product.sign({**ordinary(), f"Doc_0/{name}": licence})).reason.code == "NON_CANONICAL"


def test_without_a_signature_nothing_is_known(judge: Judge) -> None:
    assert judge({**root((("Doc_0", ""),)), **document()}).reason.code == "SEAL_MISSING"


def test_parts_that_are_encrypted(product: Product, judge: Judge) -> None:
    report = judge({**product.sign(ordinary()), "Encryptions.xml": xml("", "Encryptions")})
    assert "encrypted" in detail(report, "FORMAT_OFD")


# Trust.


def test_the_example_of_the_standard(verifier: Verifier) -> None:
    """Its certificate is one for tests, which nobody trusts; everything else about it holds."""
    report = verifier.verify_file((VECTORS / "example_signed.ofd").read_bytes(), at=AT)
    assert (report.verdict, report.reason.code) == (Outcome.INDETERMINATE, "CERTIFICATE_UNTRUSTED")
    assert {check.code for check in report.checks} == {"OK", "CERTIFICATE_UNTRUSTED"}
    signer, maker = report.signatures
    assert (signer.covers, signer.intact, signer.valid, signer.trusted) == ("whole", True, True, False)
    assert signer.claimed_time == datetime(2026, 1, 5, 1, 30, tzinfo=UTC)
    assert (maker.field, maker.valid) == ("maker", True)


def test_a_signer_whom_the_seal_does_not_permit(product: Product, judge: Judge) -> None:
    """The seal of one in the hands of another."""
    seal = product.seal(Way())

    class Thief(Product):
        def seal(self, way: Way) -> bytes:
            return seal

    thief = Thief(maker=product.maker, signer=declared_pki("sm2").signer("seal-maker"))
    report = judge(thief.sign(ordinary()))
    assert codes(report, "signer_in_seal") == ["SIGNER_NOT_IN_SEAL"]
    assert report.verdict is Outcome.FAILED


def test_a_revoked_signer(judge: Judge) -> None:
    pki = declared_pki("sm2")
    product = Product(maker=pki.signer("seal-maker"), signer=pki.signer("seal-compromised"))
    for way in (Way(), Way(how="detached", type="Sign", seal_file=None), Way(how="bare")):
        report = judge(product.sign(ordinary(), way))
        assert report.verdict is not Outcome.PASSED
        assert any(code.startswith("CERTIFICATE_REVOKED") for code in codes(report, "revocation"))


def test_too_many_signatures(product: Product, judge: Judge) -> None:
    files = product.sign(ordinary(), Way(how="bare"))
    rows = "".join(f'<:Signature ID="s{n}" BaseLoc="Sign_{n}/Signature.xml"/>' for n in range(MAX_OFD_SIGNATURES + 1))
    files["Doc_0/Signs/Signatures.xml"] = xml(rows, "Signatures")
    assert judge(files).reason.code == "RESOURCE_LIMIT"
