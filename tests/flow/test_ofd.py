"""The OFD of a licence: the same licence as its PDF, field by field; and what becomes of it when somebody changes it.

Everything is made with the real writer and sealed with the real keys. What others say of it comes from programs that
share nothing with us: the tables of the standard, hashlib and openssl, ofdkit, poppler.
"""

import io
import json
import os
import re
import warnings
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import ofd_schema
import ofd_seals
import ofdkit
import pytest
import witnesses
from PIL import Image, ImageChops
from qr_codes import read_qr_code

from api.seals import DEVELOPMENT_LINE, development_seal
from esign import (
    CHINA,
    FacePage,
    FontChain,
    OfdContent,
    OfdWriter,
    Page,
    Rows,
    Seal,
    SealObject,
    SealPlace,
    SeenPhoto,
    TextRun,
    draw_round_seal,
    ofd_preview,
    read_face,
    read_ofd_face,
    read_seal_object,
    read_sealed_ofd,
    read_sealed_pdf,
    structured_from_bytes,
)
from esign.ofd_package import read_package
from esign.ofd_packing import OfdPart, write_package
from esign.ofd_preview import SCREEN_DPI
from esign.ofd_sealing import prepare_ofd_seal
from keys import DevelopmentPki, make_development_pki
from licences import AuthoritySeal, MemoryStore, SealingKeys, load_catalogue, shipped_font
from licences.making import LicenceMaker, MadeLicence
from verify import Outcome, Report, TrustStore, Verifier

ROOT = Path(__file__).parents[2]
AT = datetime(2026, 11, 21, 10, 30, tzinfo=CHINA)
AUTHORITY, AUTHORITY_CODE = "样例县行政审批局", "1199010000000102XM"
FONTS = FontChain([shipped_font()])
CATALOGUE = load_catalogue()
PAPERS = sorted({*(ROOT / "fixtures/types").glob("*.json"), *(ROOT / "fixtures/paper").glob("*.json")})
# Those that need a body are issued as OFD in tests/api/.
TYPES = [path for path in PAPERS if not CATALOGUE.get(json.loads(path.read_text("utf-8"))["type"]).body]
SIGN = "Doc_0/Signs/Sign_0"
LIST = "Doc_0/Signs/Signatures.xml"

Files = dict[str, bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Office:
    """An authority with an electronic seal, and who trusts it."""

    pki: DevelopmentPki
    maker: LicenceMaker
    verifier: Verifier

    def make(self, name: str) -> MadeLicence:
        (path,) = (one for one in TYPES if one.stem == name)
        read: dict[str, Any] = json.loads(path.read_text("utf-8"))
        return self.maker.make(read["type"], read["data"], algorithm="sm2", ofd=True, at=AT)

    def judge(self, data: bytes) -> Report:
        return self.verifier.verify_file(data, at=AT)


def new_office() -> Office:
    pki = make_development_pki("sm2", authority_name=AUTHORITY, authority_code=AUTHORITY_CODE, at=AT, random=os.urandom)
    seal = read_seal_object(development_seal(pki.seal, AUTHORITY, at=AT, random=os.urandom))
    drawn = Seal(
        name=AUTHORITY, picture=draw_round_seal(FONTS, AUTHORITY, centre_line=DEVELOPMENT_LINE), signer=pki.seal
    )
    keys = SealingKeys(seals=(AuthoritySeal(seal=drawn, seal_object=seal),), code_signer=pki.code)
    maker = LicenceMaker(
        catalogue=CATALOGUE,
        sealing={"sm2": keys},
        fonts=FONTS,
        store=MemoryStore(),
        check=lambda *_: None,
        public_url="http://127.0.0.1:8000",
        random=os.urandom,
    )
    trust = TrustStore.from_certificates((pki.root, pki.issuing_ca, pki.code.certificate))
    return Office(pki=pki, maker=maker, verifier=Verifier(trust))


@cache
def office() -> Office:
    return new_office()


@cache
def made(name: str) -> MadeLicence:
    return office().make(name)


def files_of(data: bytes) -> Files:
    """The files of a package, as Python's own reader gives them."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {entry.filename: archive.read(entry) for entry in archive.infolist()}


def packed(files: Mapping[str, bytes]) -> bytes:
    """The one form that a package of ours has: what is found is not that."""
    return write_package({name: OfdPart(content) for name, content in files.items()})


def squeezed(text: str) -> str:
    return "".join(text.split())


# The same licence.


def values_of(structured: bytes) -> list[str]:
    """Everything that a face says of its data, as far as it is printed on some face."""
    licence = structured_from_bytes(structured)
    shown = {field.key for document in licence.documents if document.face for field in document.face.fields}
    found = [licence.number, licence.identifier]
    for field in licence.fields:
        if field.key in shown:
            found += (
                [cell for row in field.value.rows for cell in row] if isinstance(field.value, Rows) else [field.value]
            )
    return [value for value in found if value]


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(path.stem, marks=pytest.mark.soak if place % 4 else [])  # every type in `make soak`
        for place, path in enumerate(TYPES)
    ],
)
def test_pdf_and_ofd_of_every_type_are_one_licence(name: str, tmp_path: Path) -> None:
    licence = made(name)
    documents = [kind.partition(".")[2] for kind in licence.files if kind.partition(".")[0] == "pdf"]
    seen = {"pdf": "", "ofd": ""}
    for key in documents:
        pdf, ofd = (licence.files[f"{form}.{key}" if key else form] for form in ("pdf", "ofd"))  # type: ignore[index]
        inside = files_of(ofd)
        assert inside["Doc_0/Attachs/licence.json"] == licence.files["json"] == read_sealed_pdf(pdf).structured
        assert inside["Doc_0/Attachs/licence.json.p7s"] == licence.files["p7s"]
        assert ofd_schema.problems(ofd) == []
        reports = [office().judge(each) for each in (pdf, ofd)]
        assert [report.authenticity for report in reports] == [Outcome.PASSED, Outcome.PASSED]
        assert reports[0].reason.code == reports[1].reason.code
        assert faces(reports[0]) == faces(reports[1])
        assert_same_items(read_face(pdf, end=len(pdf)), read_ofd_face(read_sealed_ofd(ofd)))
        (tmp_path / "face.pdf").write_bytes(pdf)
        seen["pdf"] += squeezed(witnesses.pdftotext(tmp_path / "face.pdf", "-raw"))
        with ofdkit.open(ofd) as document:
            seen["ofd"] += squeezed("".join(run.text for page in document.pages for run in page.runs))
    for form, text in seen.items():
        for value in values_of(licence.files["json"]):
            assert squeezed(value) in text or as_date(value) in text, (form, value)


def faces(report: Report) -> list[tuple[str, str, str]]:
    return [(check.name, check.code, check.detail) for check in report.checks if check.name.startswith("face")]


def assert_same_items(pdf: Sequence[FacePage], ofd: Sequence[FacePage]) -> None:
    """Everything on the pages is the same, and at the same place to a tenth of a point; pictures are there."""
    assert len(pdf) == len(ofd)
    for page, other in zip(pdf, ofd, strict=True):
        assert page.strange == other.strange
        assert [type(item) for item in page.items] == [type(item) for item in other.items]
        for one, same in zip(page.items, other.items, strict=True):
            if not isinstance(one, SeenPhoto):
                for value, again in zip(one, same, strict=True):
                    assert again == (pytest.approx(value, abs=0.1) if isinstance(value, float) else value)


def as_date(text: str) -> str:
    found = re.fullmatch(r"([0-9]{4})-([0-9]{2})-([0-9]{2})", text)
    return f"{found[1]}年{int(found[2])}月{int(found[3])}日" if found else "never printed"


@pytest.mark.parametrize(
    "name",
    [pytest.param(path.stem, marks=[] if path.stem == "pesticide-business-1" else pytest.mark.soak) for path in TYPES],
)
def test_the_pictures_of_both_are_the_same(name: str, tmp_path: Path) -> None:
    """As poppler draws the PDF and our preview the OFD; another program reads the code from either."""
    (tmp_path / "face.pdf").write_bytes(made(name).files["pdf"])
    drawn = witnesses.pdftoppm(tmp_path / "face.pdf", SCREEN_DPI)
    preview = ofd_preview(made(name).files["ofd"], form="png", fonts=())
    assert (preview.notes, preview.pages) == ((), len(drawn))
    code = read_qr_code(drawn[0])
    assert code.text == read_qr_code(preview.files[0]).text == made(name).record.verify_url
    for one, other in zip(drawn, preview.files, strict=True):
        pdf, ofd = (Image.open(io.BytesIO(each)).convert("L") for each in (one, other))
        # Edges are smoothed a little differently; a word elsewhere, or another picture, is not.
        size = (pdf.width // 4, pdf.height // 4)
        far = ImageChops.difference(pdf.resize(size, Image.Resampling.BOX), ofd.resize(size, Image.Resampling.BOX))
        if one is drawn[0]:
            # The code was compared; and the ink of the seal in a PDF lets text shine through.
            far.paste(0, within(code.position))
            far.paste(0, under_the_seal(made(name).files["ofd"]))
        assert sum(far.histogram()[80:]) == 0


def within(place: Any) -> tuple[int, int, int, int]:
    """The box around a symbol, in the dots of a picture of a quarter of the size."""
    corners = (place.top_left, place.top_right, place.bottom_left, place.bottom_right)
    across, down = [corner.x // 4 for corner in corners], [corner.y // 4 for corner in corners]
    return min(across) - 1, min(down) - 1, max(across) + 2, max(down) + 2


def under_the_seal(ofd: bytes) -> tuple[int, int, int, int]:
    """In the dots of a picture of a quarter of the size."""
    stamp = read_sealed_ofd(ofd).seals[0].stamp
    assert stamp is not None
    sides = (stamp.x, stamp.y, stamp.x + stamp.width, stamp.y + stamp.height)
    left, top, right, bottom = (side / 25.4 * SCREEN_DPI / 4 for side in sides)
    return int(left), int(top), int(right) + 1, int(bottom) + 1


def test_hashlib_and_openssl_accept_the_seal() -> None:
    ofd = made("pesticide-business-1").files["ofd"]
    (facts,) = ofd_seals.seal_facts(ofd)
    assert facts.complaints == ()
    assert files_of(ofd).keys() - facts.covered == {f"{SIGN}/Signature.xml", f"{SIGN}/SignedValue.dat"}


def test_the_same_content_gives_the_same_bytes_but_for_the_signatures() -> None:
    """SM2 signs with a random number; so does the code."""
    one, other = (files_of(office().make("water-abstraction-1").files["ofd"]) for _ in "12")
    assert one.keys() == other.keys()


# Changed files.


@dataclass(frozen=True, slots=True)
class Spoiled:
    """One way to spoil a sealed OFD, and what is said then."""

    name: str
    make: Callable[[bytes], bytes]
    code: str


def in_files(change: Callable[[Files], object]) -> Callable[[bytes], bytes]:
    def changed(data: bytes) -> bytes:
        files = files_of(data)
        before = dict(files)
        change(files)
        assert files != before
        return packed(files)

    return changed


def replaced(path: str, old: bytes, new: bytes) -> Callable[[bytes], bytes]:
    def change(files: Files) -> None:
        assert old in files[path], path
        files[path] = files[path].replace(old, new)

    return in_files(change)


def with_bit(path: str, at: int = -1) -> Callable[[bytes], bytes]:
    def change(files: Files) -> None:
        content = bytearray(files[path])
        content[at] ^= 1
        files[path] = bytes(content)

    return in_files(change)


def removed(path: str) -> Callable[[bytes], bytes]:
    return in_files(lambda files: files.pop(path))


def added(path: str, content: bytes) -> Callable[[bytes], bytes]:
    return in_files(lambda files: files.update({path: content}))


def from_another(*paths: str) -> Callable[[bytes], bytes]:
    """Files of another licence of the same authority."""
    return in_files(lambda files: files.update({path: files_of(other())[path] for path in paths}))


def from_another_office(*paths: str) -> Callable[[bytes], bytes]:
    return in_files(lambda files: files.update({path: files_of(strange())[path] for path in paths}))


def resealed(data: bytes) -> bytes:
    """By somebody else's key and seal, in the right form."""
    files = {path: OfdPart(content) for path, content in files_of(data).items() if "/Signs/" not in path}
    thief, seal = stranger()
    waiting = prepare_ofd_seal(
        files, place=0, seal=seal, certificate=thief.pki.seal.certificate, stamp=None, last=True, at=AT
    )
    return waiting.finish(thief.pki.seal.sign(waiting.to_sign), None).data


@cache
def stranger() -> tuple[Office, SealObject]:
    made = new_office()
    return made, read_seal_object(development_seal(made.pki.seal, AUTHORITY, at=AT, random=os.urandom))


@cache
def strange() -> bytes:
    return stranger()[0].make(SAMPLE).files["ofd"]


@cache
def other() -> bytes:
    return office().make(SAMPLE).files["ofd"]


SAMPLE = "water-abstraction-1"
PAGE, TEMPLATE = "Doc_0/Pages/Page_0/Content.xml", "Doc_0/Tpls/Tpl_0/Content.xml"
DATA = "Doc_0/Attachs/licence.json"
VALUE, XML, SEAL = f"{SIGN}/SignedValue.dat", f"{SIGN}/Signature.xml", f"{SIGN}/Seal.esl"


def zipped(
    data: bytes,
    *,
    names: Callable[[list[str]], list[str]] = lambda names: names,
    more: Callable[[zipfile.ZipFile, Files], object] = lambda *_: None,
    compression: int = zipfile.ZIP_STORED,
) -> bytes:
    """The same files in a package that Python writes; ours, when nothing else is asked for."""
    files, made_file = files_of(data), io.BytesIO()
    with zipfile.ZipFile(made_file, "w", compression) as archive:
        for name in names(list(files)):
            archive.writestr(entry(name), files[name], compression)
        more(archive, files)
    return made_file.getvalue()


def entry(name: str) -> zipfile.ZipInfo:
    made_entry = zipfile.ZipInfo(name)
    made_entry.create_system, made_entry.external_attr = 3, 0o100644 << 16
    return made_entry


def doubled(name: str, old: str) -> Callable[[bytes], bytes]:
    def again(archive: zipfile.ZipFile, files: Files) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Python says that it is a mistake
            archive.writestr(entry(name), files[old])

    return lambda data: zipped(data, more=again)


def commented(archive: zipfile.ZipFile, _files: Files) -> None:
    archive.comment = b"x"


def patched(find: bytes, at: int, value: int) -> Callable[[bytes], bytes]:
    """A byte of a header: `at` bytes behind the first place of a signature."""

    def change(data: bytes) -> bytes:
        changed = bytearray(data)
        changed[changed.index(find) + at] = value
        return bytes(changed)

    return change


def with_the_other_stroke(data: bytes) -> bytes:
    """The last path of the package, as products on Windows write it: not every reader finds the file."""
    return zipped(
        data,
        names=lambda names: names[: names.index(TEMPLATE)],
        more=lambda archive, files: archive.writestr(entry(TEMPLATE.replace("/", "\\")), files[TEMPLATE]),
    )


def with_other_name_in_the_entry(data: bytes) -> bytes:
    return data.replace(b"Doc_0/Attachs/licence.json", b"Doc_0/Attachs/licence.jsoN", 1)


unsealed = in_files(lambda files: [files.pop(path) for path in list(files) if "/Signs/" in path])


def beside_attachments(element: bytes) -> Callable[[bytes], bytes]:
    """Something that a document may have besides what ours has."""
    return replaced("Doc_0/Document.xml", b"<ofd:Attachments>", element + b"\n<ofd:Attachments>")


def with_annotation(data: bytes) -> bytes:
    """A picture of white paper over the page, as who edits an OFD puts it there."""
    data = beside_attachments(b"<ofd:Annotations>Annots/Annotations.xml</ofd:Annotations>")(data)
    data = added("Doc_0/Annots/Annotations.xml", b'<Annotations><Page PageID="1"/></Annotations>')(data)
    return added("Doc_0/Annots/Page_0/Annotation.xml", b"<PageAnnot/>")(data)


def with_version(data: bytes) -> bytes:
    """Another document that readers which know versions show in place of the sealed one."""
    listed = b'<ofd:Versions><ofd:Version ID="v1" Index="1" Current="true" BaseLoc="Doc_0/V.xml"/></ofd:Versions>'
    data = replaced("OFD.xml", b"<ofd:Signatures>", listed + b"<ofd:Signatures>")(data)
    return added("Doc_0/V.xml", b"<DocVersion><DocRoot>/Doc_1/Document.xml</DocRoot></DocVersion>")(data)


LOCAL, CENTRAL = b"PK\x03\x04", b"PK\x01\x02"

SPOILED = (
    Spoiled("title", replaced("OFD.xml", b"<ofd:Title>", b"<ofd:Title>X"), "DIGEST_MISMATCH"),
    Spoiled("another maker named", replaced("OFD.xml", b">elicence<", b">somebody<"), "NON_CANONICAL"),
    Spoiled("page size", replaced("Doc_0/Document.xml", b"0 0 297", b"0 0 290"), "DIGEST_MISMATCH"),
    Spoiled("word on the page", replaced(PAGE, "样例".encode(), "例样".encode()), "DIGEST_MISMATCH"),
    Spoiled(
        "frame of the page",
        replaced(TEMPLATE, b"<ofd:PathObject", b"<ofd:PathObject Visible='false'"),
        "DIGEST_MISMATCH",
    ),
    Spoiled(
        "font named otherwise",
        replaced("Doc_0/PublicRes.xml", b"FontName=", b"Bold='true' FontName="),
        "DIGEST_MISMATCH",
    ),
    Spoiled("glyph of the font", with_bit("Doc_0/Res/font_0.ttf", 20_000), "DIGEST_MISMATCH"),
    Spoiled("picture of the code", with_bit("Doc_0/Res/image_0.png"), "DIGEST_MISMATCH"),
    Spoiled(
        "attachment named otherwise",
        replaced("Doc_0/Attachs/Attachments.xml", b"licence.json.p7s", b"licence.json.p7x"),
        "DIGEST_MISMATCH",
    ),
    Spoiled("data", replaced(DATA, b'"development":true', b'"development":null'), "DIGEST_MISMATCH"),
    Spoiled("data and signature of another licence", from_another(DATA, f"{DATA}.p7s"), "DIGEST_MISMATCH"),
    Spoiled("page and code of another licence", from_another(PAGE, "Doc_0/Res/image_0.png"), "DIGEST_MISMATCH"),
    Spoiled("stamp moved", replaced(XML, b'Boundary="', b'Boundary="1'), "DIGEST_MISMATCH"),
    Spoiled("digest exchanged", replaced(XML, b"<ofd:CheckValue>", b"<ofd:CheckValue>A"), "DIGEST_MISMATCH"),
    Spoiled(
        "reference taken out",
        in_files(lambda files: files.update({XML: re.sub(rb"<ofd:Reference FileRef=\"/OFD.xml.*\n", b"", files[XML])})),
        "DIGEST_MISMATCH",
    ),
    Spoiled("time of sealing", replaced(XML, b"20261121023000Z", b"20261120023000Z"), "DIGEST_MISMATCH"),
    Spoiled("identifier of the seal", replaced(LIST, b"s001", b"s003"), "DIGEST_MISMATCH"),
    Spoiled("seal called a signature", replaced(LIST, b'Type="Seal"', b'Type="Sign"'), "DIGEST_MISMATCH"),
    Spoiled(
        "list emptied",
        in_files(lambda files: files.update({LIST: re.sub(rb"<ofd:Signature ID.*\n", b"", files[LIST])})),
        "SEAL_MISSING",
    ),
    Spoiled(
        "list with the seal twice",
        in_files(lambda files: files.update({LIST: re.sub(rb"(<ofd:Signature ID.*\n)", rb"\1\1", files[LIST])})),
        "FORMAT_OFD",
    ),
    Spoiled("file added", added("Doc_0/Res/image_9.png", b"x"), "CONTENT_UNCOVERED"),
    Spoiled("page added that nothing names", added("Doc_0/Pages/Page_1/Content.xml", b"x"), "CONTENT_UNCOVERED"),
    Spoiled("document added", added("Doc_1/Document.xml", b"x"), "CONTENT_UNCOVERED"),
    Spoiled(
        "second signature added that nothing names",
        added("Doc_0/Signs/Sign_1/Signature.xml", b"x"),
        "CONTENT_UNCOVERED",
    ),
    Spoiled("annotation added", with_annotation, "DIGEST_MISMATCH"),
    Spoiled(
        "annotation added that nothing names",
        added("Doc_0/Annots/Page_0/Annotation.xml", b"<PageAnnot/>"),
        "CONTENT_UNCOVERED",
    ),
    Spoiled("annotation added and all seals taken out", lambda data: unsealed(with_annotation(data)), "SEAL_MISSING"),
    Spoiled("action added", beside_attachments(b"<ofd:Actions/>"), "DIGEST_MISMATCH"),
    Spoiled("extensions added", beside_attachments(b"<ofd:Extensions>x.xml</ofd:Extensions>"), "DIGEST_MISMATCH"),
    Spoiled("tags added that nothing names", added("Doc_0/Tags/CustomTags.xml", b"<CustomTags/>"), "CONTENT_UNCOVERED"),
    Spoiled("version added", with_version, "DIGEST_MISMATCH"),
    Spoiled("version added and all seals taken out", lambda data: unsealed(with_version(data)), "SEAL_MISSING"),
    Spoiled(
        "document put before it",
        replaced(
            "OFD.xml", b"<ofd:DocBody>", b"<ofd:DocBody><ofd:DocRoot>D.xml</ofd:DocRoot></ofd:DocBody><ofd:DocBody>"
        ),
        "DIGEST_MISMATCH",
    ),
    Spoiled("page in another encoding", replaced(PAGE, b"UTF-8", b"GBK"), "DIGEST_MISMATCH"),
    Spoiled("list in another encoding", replaced(LIST, b"UTF-8", b"GBK"), "DIGEST_MISMATCH"),
    Spoiled("page taken out", removed(PAGE), "DIGEST_MISMATCH"),
    Spoiled("font taken out", removed("Doc_0/Res/font_0.ttf"), "DIGEST_MISMATCH"),
    Spoiled("data taken out", removed(DATA), "DIGEST_MISMATCH"),
    Spoiled("document taken out", removed("Doc_0/Document.xml"), "DIGEST_MISMATCH"),
    Spoiled("seal taken out", removed(SEAL), "DIGEST_MISMATCH"),
    Spoiled("list taken out", removed(LIST), "SEAL_MISSING"),
    Spoiled("description taken out", removed(XML), "FORMAT_OFD"),
    Spoiled("signature taken out", removed(VALUE), "FORMAT_OFD"),
    Spoiled("root taken out", lambda data: zipped(data, names=lambda names: names[1:]), "FORMAT_UNKNOWN"),
    Spoiled("all seals taken out", unsealed, "SEAL_MISSING"),
    Spoiled("another authority's seal beside it", from_another_office(SEAL), "DIGEST_MISMATCH"),
    Spoiled("another authority's signature", from_another_office(VALUE), "DIGEST_MISMATCH"),
    Spoiled("signature of another licence", from_another(VALUE), "DIGEST_MISMATCH"),
    Spoiled("seal and signature of another licence", from_another(VALUE, XML, SEAL, LIST), "DIGEST_MISMATCH"),
    Spoiled("sealed again by a stranger", resealed, "SEAL_UNEXPECTED"),
    Spoiled("bit of the signature value", with_bit(VALUE), "SIGNATURE_INVALID"),
    Spoiled("signature cut off", in_files(lambda files: files.update({VALUE: files[VALUE][:-1]})), "FORMAT_SES"),
    Spoiled("signature emptied", in_files(lambda files: files.update({VALUE: b""})), "FORMAT_SES"),
    Spoiled(
        "bytes behind the signature", in_files(lambda files: files.update({VALUE: files[VALUE] + b"\0"})), "FORMAT_SES"
    ),
    Spoiled("XML broken", replaced(PAGE, b"</ofd:Page>", b""), "DIGEST_MISMATCH"),
    Spoiled("root broken", replaced("OFD.xml", b"</ofd:OFD>", b""), "FORMAT_OFD"),
    Spoiled("document type", replaced("OFD.xml", b"?>\n", b"?>\n<!DOCTYPE a [<!ENTITY x 'y'>]>"), "FORMAT_OFD"),
    Spoiled("order of the entries", lambda data: zipped(data, names=lambda names: names[::-1]), "NON_CANONICAL"),
    Spoiled("everything compressed", lambda data: zipped(data, compression=zipfile.ZIP_DEFLATED), "NON_CANONICAL"),
    Spoiled("comment", lambda data: zipped(data, more=commented), "NON_CANONICAL"),
    Spoiled(
        "folder", lambda data: zipped(data, more=lambda archive, _: archive.writestr("Doc_0/x/", b"")), "NON_CANONICAL"
    ),
    Spoiled("time of an entry", patched(LOCAL, 10, 1), "NON_CANONICAL"),
    Spoiled("path twice", doubled(PAGE, TEMPLATE), "FORMAT_OFD"),
    Spoiled("path twice but for the case", doubled(PAGE.upper(), TEMPLATE), "FORMAT_OFD"),
    Spoiled("root twice", doubled("OFD.xml", "OFD.xml"), "FORMAT_OFD"),
    Spoiled("path with the other stroke", with_the_other_stroke, "NON_CANONICAL"),
    Spoiled("path that leads out", doubled("../x", PAGE), "FORMAT_OFD"),
    Spoiled("path from the root of the disk", doubled("/x", PAGE), "FORMAT_OFD"),
    Spoiled("entry that says another name", with_other_name_in_the_entry, "FORMAT_OFD"),
    Spoiled("entry said to be encrypted", patched(CENTRAL, 8, 1), "FORMAT_OFD"),
    Spoiled("checksum", patched(CENTRAL, 16, 0), "FORMAT_OFD"),
    Spoiled("way of compression", patched(CENTRAL, 10, 12), "FORMAT_OFD"),
    Spoiled("cut off", lambda data: data[:-1], "FORMAT_OFD"),
    Spoiled("bytes behind the end", lambda data: data + b"\n", "FORMAT_OFD"),
    Spoiled("the file twice", lambda data: data + data, "FORMAT_OFD"),
    Spoiled("bytes before it", lambda data: b"\n" + data, "FORMAT_UNKNOWN"),
)


def test_what_is_spoiled_is_good() -> None:
    data = made(SAMPLE).files["ofd"]
    assert read_package(data).canonical
    assert packed(files_of(data)) == zipped(data) == data
    assert office().judge(data).authenticity is Outcome.PASSED


@pytest.mark.parametrize("spoiled", SPOILED, ids=lambda spoiled: spoiled.name)
def test_a_spoiled_copy_fails_for_the_right_reason(spoiled: Spoiled) -> None:
    report = office().judge(spoiled.make(made(SAMPLE).files["ofd"]))
    assert report.authenticity is not Outcome.PASSED
    assert report.reason.code == spoiled.code


def test_every_file_is_looked_at() -> None:
    """One byte changed in each, one after the other; what is said names the file."""
    data = made(SAMPLE).files["ofd"]
    for path, content in files_of(data).items():
        longer = {**files_of(data), path: content + b"\n"}
        report = office().judge(packed(longer))
        assert report.authenticity is not Outcome.PASSED, path
        if path != VALUE:
            assert report.reason.code == "DIGEST_MISMATCH", path
            assert any(path in check.detail for check in report.checks), path


@pytest.mark.parametrize("every", [1999, pytest.param(1, marks=pytest.mark.soak)])
def test_one_changed_byte_anywhere(every: int) -> None:
    data = made(SAMPLE).files["ofd"]
    for position in range(every // 2, len(data), every):
        changed = bytearray(data)
        changed[position] ^= 1 << (position % 8)
        assert office().judge(bytes(changed)).authenticity is not Outcome.PASSED, position


@pytest.mark.parametrize("every", [4999, pytest.param(3, marks=pytest.mark.soak)])
def test_one_changed_byte_in_a_file(every: int) -> None:
    """With the checksums of the package put right, as who changes it on purpose does."""
    files = files_of(made(SAMPLE).files["ofd"])
    for path, content in files.items():
        for position in range(min(every, len(content)) // 2, len(content), every):
            changed = bytearray(content)
            changed[position] ^= 1 << (position % 8)
            report = office().judge(packed({**files, path: bytes(changed)}))
            assert report.authenticity is not Outcome.PASSED, (path, position)


def test_the_page_of_attacks_has_the_same_table() -> None:
    page = (ROOT / "docs/reference/attacks.md").read_text("utf-8")
    table = page.partition("## Spoiled copies of a sealed OFD")[2].partition("\n## ")[0]
    rows = [f"| {spoiled.name} | `{spoiled.code}` |" for spoiled in SPOILED]
    assert [line for line in table.splitlines() if line.startswith("| ")][1:] == rows


# Two seals.


@cache
def twice_sealed() -> bytes:
    """By two authorities; the second locks the list."""
    places = (SealPlace(field="Seal1", x=60, y=200), SealPlace(field="Seal2", x=140, y=200, size=(42.0, 42.0)))
    page = Page(width=210, height=297, items=(TextRun(x=30, y=40, size=12, text="样例"),), seals=places)
    content = OfdContent(
        title="样例", pages=(page,), elements=(), structured=b"{}", signature=b"", fields=("Seal1", "Seal2")
    )
    draft = OfdWriter(FONTS).write(content, at=AT)
    files: Mapping[str, OfdPart] = draft.files
    for place, (field, (of, seal)) in enumerate(zip(content.fields, (stranger(), second()), strict=True)):
        signer = of.pki.seal
        waiting = prepare_ofd_seal(
            files,
            place=place,
            seal=seal,
            certificate=signer.certificate,
            stamp=draft.stamps[field],
            last=place == 1,
            at=AT,
        )
        files = waiting.finish(signer.sign(waiting.to_sign), None).files
    return write_package(files)


@cache
def second() -> tuple[Office, SealObject]:
    made = new_office()
    return made, read_seal_object(development_seal(made.pki.seal, AUTHORITY, at=AT, random=os.urandom))


def test_two_seals_hold_and_each_covers_what_was_there() -> None:
    assert ofd_schema.problems(twice_sealed()) == []
    first, last = ofd_seals.seal_facts(twice_sealed())
    assert first.complaints == last.complaints == ()
    assert not any("Sign_1" in path for path in first.covered)
    assert LIST not in first.covered
    inside = files_of(twice_sealed()).keys()
    assert inside - last.covered == {"Doc_0/Signs/Sign_1/Signature.xml", "Doc_0/Signs/Sign_1/SignedValue.dat"}
    assert read_sealed_ofd(twice_sealed()).changed == ()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param(rb"(<ofd:Signature ID.*\n)(<ofd:Signature ID.*\n)", rb"\2\1", id="order"),
        pytest.param(rb"(<ofd:Signature ID.*\n)(<ofd:Signature ID.*\n)", rb"\1", id="last taken out"),
        pytest.param(rb"(<ofd:Signature ID.*\n)(<ofd:Signature ID.*\n)", rb"\2", id="first taken out"),
        pytest.param(rb"Sign_0/Signature.xml", rb"Sign_0/../Sign_0/Signature.xml", id="path"),
        pytest.param(rb"s004", rb"s005", id="highest"),
    ],
)
def test_the_list_of_a_locked_file_cannot_be_changed(old: bytes, new: bytes) -> None:
    files = files_of(twice_sealed())
    changed = {**files, LIST: re.sub(old, new, files[LIST])}
    assert changed != files
    report = office().judge(packed(changed))
    assert report.authenticity is Outcome.FAILED
    # Without the seal that locks it the list is covered by nobody: then it is not one that we would write.
    assert report.reason.code == ("NON_CANONICAL" if new == rb"\1" else "DIGEST_MISMATCH")
