"""Our own OFDs read strictly: every file is named, every change is told by its path, and what is shown is what is read.

Files are changed and packed again with our own package writer, so that nothing but the change is wrong. Where an
authority itself writes something else, the change is made before it seals.
"""

import re
import zipfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from declared import declared_pki
from hypothesis import example, given, settings
from hypothesis import strategies as st
from PIL import Image

from esign import (
    ORGANISATION,
    EsignError,
    FacePage,
    Fault,
    FontChain,
    MalformedError,
    MalformedSesError,
    OfdContent,
    OfdWriter,
    Page,
    PdfContent,
    PdfSealer,
    Photo,
    Seal,
    SealObject,
    SealPlace,
    SeenBox,
    SeenItem,
    SeenPhoto,
    SeenSymbol,
    SeenText,
    SesPicture,
    Shape,
    ShortElement,
    Symbol,
    TextRun,
    TooLargeError,
    code_modules,
    draw_copy_stamp,
    draw_round_seal,
    make_seal_object,
    ofd_signatures,
    prepare_ofd_seal,
    read_face,
    read_ofd_face,
    read_photo,
    read_seal_object,
    read_sealed_ofd,
    read_sealed_pdf,
    rectangle,
    sign_ofd,
    slanted_lines,
    stamp_facts,
)
from esign import ofd_face_reader as face_reader
from esign import ofd_parts_reading as parts_reading
from esign import ofd_reading as reading
from esign.font_tables import legible_font, read_characters, read_tables
from esign.ofd_form import SIGNATURE_LIST, OfdDraft
from esign.ofd_package import read_package
from esign.ofd_packing import OfdPart, write_package
from esign.ofd_paths import OfdFiles
from esign.ofd_signatures import read_signatures
from esign.ofd_signing_xml import must_cover
from esign.ofd_symbol import modules_of, symbol_png
from esign.ofd_xml import Element
from esign.page import Background, line
from keys import raw_signature

AT = datetime(2026, 11, 21, 2, 30, tzinfo=UTC)
PICTURE = (Path(__file__).parents[2] / "fixtures/vectors/ses/picture.png").read_bytes()
PAGE = "Doc_0/Pages/Page_0/Content.xml"
FONT = "Doc_0/Res/font_0.ttf"
VALUE = "Doc_0/Signs/Sign_0/SignedValue.dat"
MODULES = code_modules("HTTPS://EXAMPLE.CN/V/ABC")
NAME = "经营者：张𬱖㛃 <甲> & “乙”  样例"
FRAME = Background(
    shapes=(
        Shape(commands=rectangle(8, 8, 194, 281), stroke=(0.08, 0.32, 0.55), line_width=0.9),
        Shape(commands=rectangle(60, 60, 90, 90), fill=(0.95, 0.97, 0.99)),
    )
)

Edit = Callable[[dict[str, bytes]], object]


@dataclass(frozen=True)
class Office:
    """An authority with its seal, and a licence that it has written."""

    draft: OfdDraft
    seal: SealObject
    signer: Any

    def issue(self, edit: Edit = lambda files: None, covers: Edit = lambda files: None) -> bytes:
        """The OFD that it seals after an edit of the files; `covers` is a second one that its seal does not know of."""
        files = {name: part.content for name, part in self.draft.files.items()}
        edit(files)
        prepared = prepare_ofd_seal(
            {name: OfdPart(content) for name, content in files.items()},
            place=0, seal=self.seal, certificate=self.signer.certificate, stamp=self.draft.stamps["Seal1"], last=True,
            at=AT,
        )  # fmt: skip
        data = prepared.finish(self.signer.sign(prepared.to_sign), None).data
        return spoiled(data, covers)

    def shows(self, old: str, new: str, count: int = 1) -> bytes:
        """The OFD that it seals with other text in the XML of its page."""
        return self.issue(lambda files: files.update({PAGE: replaced(files[PAGE], old, new, count)}))


def replaced(data: bytes, old: str, new: str, count: int = 1) -> bytes:
    assert old.encode() in data
    return data.replace(old.encode(), new.encode(), count)


def spoiled(data: bytes, edit: Edit) -> bytes:
    files = dict(read_package(data).files)
    edit(files)
    return write_package({name: OfdPart(content) for name, content in files.items()})


def a_page(photograph: bytes) -> Page:
    return Page(
        width=210,
        height=297,
        background=FRAME,
        items=(
            TextRun(x=40.0, y=30.0, size=22.0, text="农药经营许可证", bold=True, spacing=2.5),
            TextRun(x=40.0, y=60.0, size=10.5, text=NAME, colour=(0.1, 0.1, 0.1)),
            Shape(commands=rectangle(30, 70, 150, 9), stroke=(0.5, 0.5, 0.5), line_width=0.15),
            TextRun(x=32.0, y=76.0, size=9.0, text="ABC 123 一二三"),
            Shape(commands=line(30, 85, 180, 85), stroke=(0.5, 0.5, 0.5), line_width=0.15),
            Shape(commands=rectangle(145, 95, 42, 42), fill=(1.0, 1.0, 1.0)),
            Symbol(x=150.0, y=100.0, size=32.0, modules=MODULES),
            Photo(x=20.0, y=100.0, width=26.0, height=32.0, photograph=read_photo(photograph)),
        ),
        seals=(SealPlace(field="Seal1", x=140.0, y=240.0),),
    )


@pytest.fixture(scope="module")
def page() -> Page:
    picture = BytesIO()
    Image.new("RGB", (52, 64), (90, 120, 160)).save(picture, "JPEG")
    return a_page(picture.getvalue())


@pytest.fixture(scope="module")
def content(page: Page) -> OfdContent:
    return OfdContent(
        title="农药经营许可证",
        pages=[page, replace(page, items=page.items[:2], seals=())],
        elements=[ShortElement(short_name="ZZMC", title="证照名称", value="农药 <经营> & 许可证\r\n")],
        structured=b'{"a":1}',
        signature=b"0\x03\x02\x01\x01",
        body=b"%PDF-1.7 body",
        document="original",
    )


@pytest.fixture(scope="module")
def office(fonts: FontChain, content: OfdContent) -> Office:
    signer = declared_pki("sm2").signer("seal")
    made = make_seal_object(
        identifier="99010000000001",
        vendor="ELIC",
        name="样例县行政审批局",
        kind=ORGANISATION,
        picture=SesPicture(type="PNG", data=PICTURE, width=42, height=42),
        permitted=[signer.certificate],
        valid_from=AT,
        valid_to=AT + timedelta(days=900),
        maker=signer,
        at=AT,
    )
    return Office(draft=OfdWriter(fonts).write(content, at=AT), seal=read_seal_object(made), signer=signer)


@pytest.fixture(scope="module")
def genuine(office: Office) -> bytes:
    return office.issue()


def fault_of(data: bytes) -> Fault:
    """Why a file is not read as ours, itself or its pages."""
    with pytest.raises(MalformedError) as raised:
        read_ofd_face(read_sealed_ofd(data))
    return raised.value.fault


def with_characters(files: dict[str, bytes], change: Callable[[dict[int, int]], dict[int, int]]) -> None:
    """Another table of characters in the font, which is otherwise written as ours is."""
    tables = read_tables(files[FONT])
    mapped = read_characters(next(table.content for table in tables if table.tag == b"cmap"))
    files[FONT] = legible_font(tables, "LXGWWenKai-Regular", change(mapped))


def first(data: bytes) -> FacePage:
    return read_ofd_face(read_sealed_ofd(data))[0]


def texts(page: FacePage) -> dict[str, SeenText]:
    return {one.text: one for one in page.items if isinstance(one, SeenText)}


def test_the_short_way_through_a_signature_of_ours_comes_to_the_same_end(
    genuine: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    packed, signature = dict(read_package(genuine).files), "Doc_0/Signs/Sign_0/Signature.xml"
    # A changed file, a signature that says more, and one that names a file in a way of its own.
    xml = packed[signature]
    versions = [
        packed,
        packed | {PAGE: packed[PAGE] + b" "},
        packed | {signature: xml.replace(b'"/OFD.xml"', b'"//OFD.xml"')},
        packed | {signature: xml.replace(b"</ofd:SignedInfo>", b"<ofd:More/></ofd:SignedInfo>")},
    ]
    parsed: list[str] = []
    parse = OfdFiles.xml

    def watched(files: OfdFiles, path: str, named_by: str) -> Element:
        parsed.append(path)
        return parse(files, path, named_by)

    monkeypatch.setattr(OfdFiles, "xml", watched)
    by_both = [read_signatures(OfdFiles(files), SIGNATURE_LIST, "OFD.xml") for files in versions]
    assert parsed == [SIGNATURE_LIST] * 2 + [SIGNATURE_LIST, signature] * 2
    monkeypatch.setattr(ofd_signatures, "SIGNATURE", re.compile("nothing"))
    assert by_both == [read_signatures(OfdFiles(files), SIGNATURE_LIST, "OFD.xml") for files in versions]


class TestWhatItSays:
    def test_a_sealed_licence_is_read_as_it_was_written(
        self, genuine: bytes, content: OfdContent, office: Office
    ) -> None:
        ofd = read_sealed_ofd(genuine)
        assert (ofd.title, ofd.document, ofd.attachment) == (content.title, "original", "licence.json")
        assert (ofd.structured, ofd.signature, ofd.body) == (content.structured, content.signature, content.body)
        assert ofd.custom == (("ZZMC", "农药 <经营> & 许可证\r\n"), ("Document", "original"))
        assert (ofd.changed, ofd.uncovered) == ((), ())
        (seal,) = ofd.seals
        assert seal.locks
        assert seal.at == AT
        assert seal.ses is not None
        assert seal.ses.seal.der == office.seal.data
        assert seal.stamp is not None
        assert (seal.stamp.x + seal.stamp.width / 2, seal.stamp.y + seal.stamp.height / 2) == (140.0, 240.0)

    def test_where_a_later_seal_belongs_is_told(self, genuine: bytes) -> None:
        assert read_sealed_ofd(genuine).stamp_of("Seal2") is None
        told = replace(read_sealed_ofd(genuine), custom=(("Seal2", "7 60 220 42 42"),))
        stamp = told.stamp_of("Seal2")
        assert stamp is not None
        assert (stamp.page, stamp.x, stamp.y, stamp.size) == (7, 60.0, 220.0, (42.0, 42.0))


class TestChangesUnderTheSeal:
    def test_every_file_of_a_sealed_licence(self, genuine: bytes) -> None:
        """One byte more in any file, or the file left out: it is named, or it is no seal signature any more."""
        for path in read_package(genuine).files:
            longer = spoiled(genuine, lambda files, path=path: files.update({path: files[path] + b" "}))
            if path == VALUE:
                with pytest.raises(MalformedSesError):
                    read_sealed_ofd(longer)
            else:
                assert read_sealed_ofd(longer).changed == (path,)

    @pytest.mark.parametrize("path", [PAGE, "Doc_0/Res/font_0.ttf", "Doc_0/Document.xml", "Doc_0/Attachs/licence.json"])
    def test_a_file_that_is_left_out(self, genuine: bytes, path: str) -> None:
        assert read_sealed_ofd(spoiled(genuine, lambda files: files.pop(path))).changed == (path,)

    def test_two_changed_files_are_both_named(self, genuine: bytes) -> None:
        other = "Doc_0/Res/image_1.jpg"
        both = spoiled(genuine, lambda files: files.update({PAGE: b"<a/>", other: b"\xff"}))
        assert set(read_sealed_ofd(both).changed) == {PAGE, other}

    def test_another_package_around_a_change_is_still_a_change(self, genuine: bytes) -> None:
        files = dict(read_package(genuine).files)
        files[PAGE] += b"\n"
        assert read_sealed_ofd(zipped(files)).changed == (PAGE,)

    def test_the_seal_signature_of_another_file(self, genuine: bytes, office: Office) -> None:
        other = read_package(office.shows("样例", "样子")).files[VALUE]
        changed = read_sealed_ofd(spoiled(genuine, lambda files: files.update({VALUE: other}))).changed
        assert changed == ("Doc_0/Signs/Sign_0/Signature.xml",)

    def test_a_reference_whose_algorithm_nobody_knows(self, genuine: bytes) -> None:
        """What cannot be compared is no change; that `Signature.xml` is another one is."""
        path = "Doc_0/Signs/Sign_0/Signature.xml"
        edited = spoiled(genuine, lambda files: files.update({path: replaced(files[path], "197.1.401", "197.1.999")}))
        assert read_sealed_ofd(edited).changed == (path,)

    def test_nothing_is_said_of_the_content_of_a_changed_file(self, genuine: bytes) -> None:
        changed = read_sealed_ofd(spoiled(genuine, lambda files: files.update({"OFD.xml": files["OFD.xml"] + b" "})))
        assert (changed.structured, changed.layout) == (b"", None)
        with pytest.raises(ValueError, match="no face"):
            read_ofd_face(changed)


def zipped(files: dict[str, bytes]) -> bytes:
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        for path, content in files.items():
            package.writestr(path, content)
    return out.getvalue()


class TestWhatNoSealCovers:
    @pytest.mark.parametrize(
        "path",
        ["a.txt", "Doc_0/Annots/Annotations.xml", "Doc_0/Pages/Page_2/Content.xml", "Doc_0/Signs/Sign_1/Seal.esl",
         "Doc_0/Signs/Sign_0/b.dat", "Doc_1/Document.xml"],
    )  # fmt: skip
    def test_an_added_file_is_named(self, genuine: bytes, path: str) -> None:
        ofd = read_sealed_ofd(spoiled(genuine, lambda files: files.update({path: b"<a/>"})))
        assert (ofd.changed, ofd.uncovered) == ((), (path,))

    def test_also_in_a_package_of_another_form(self, genuine: bytes) -> None:
        ofd = read_sealed_ofd(zipped({**read_package(genuine).files, "a.txt": b""}))
        assert ofd.uncovered == ("a.txt",)

    def test_a_file_that_the_authority_itself_left_out(
        self, genuine: bytes, office: Office, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def without_page(paths: Any, place: int, *, last: bool) -> list[str]:
            return [path for path in must_cover(paths, place, last=last) if path != PAGE]

        with monkeypatch.context() as patch:
            patch.setattr("esign.ofd_sealing.must_cover", without_page)
            data = office.issue()
        assert read_sealed_ofd(data).uncovered == (PAGE,)


class TestOtherForms:
    def test_a_package_of_another_form(self, genuine: bytes) -> None:
        assert fault_of(zipped(dict(read_package(genuine).files))) is Fault.NON_CANONICAL

    def test_an_ofd_of_somebody_else(self, genuine: bytes) -> None:
        other = spoiled(
            genuine, lambda files: files.update({"OFD.xml": replaced(files["OFD.xml"], "elicence<", "another<")})
        )
        assert fault_of(other) is Fault.FORMAT_FOREIGN
        files = dict(read_package(other).files)
        files["ofd.XML"] = files.pop("OFD.xml")
        assert fault_of(zipped(files)) is Fault.FORMAT_FOREIGN

    def test_an_ofd_without_seal(self, office: Office) -> None:
        files = {**office.draft.files}
        assert fault_of(write_package(files)) is Fault.SEAL_MISSING
        files["Doc_0/Signs/Signatures.xml"] = OfdPart(b"<Signatures/>")
        assert fault_of(write_package(files)) is Fault.SEAL_MISSING

    @pytest.mark.parametrize("path", ["OFD.xml", "Doc_0/Signs/Signatures.xml", "Doc_0/Signs/Sign_0/Signature.xml"])
    def test_broken_xml(self, genuine: bytes, path: str) -> None:
        broken = spoiled(genuine, lambda files: files.update({path: files[path][:-9]}))
        assert fault_of(broken) is Fault.FORMAT_OFD

    @pytest.mark.parametrize(
        ("path", "old", "new"),
        [
            ("OFD.xml", 'Version="1.0"', 'Version="1.1"'),
            ("OFD.xml", "</ofd:DocBody>", "</ofd:DocBody>\n<ofd:DocBody/>"),
            ("OFD.xml", "<ofd:Title>", '<ofd:Title Lang="zh">'),
            ("OFD.xml", "<ofd:CreationDate>2026-11-21", "<ofd:CreationDate>2026-13-21"),
            ("OFD.xml", 'Name="Document"', 'Name="ZZMC"'),
            ("OFD.xml", "Doc_0/Document.xml", "Doc_0/Other.xml"),
            ("Doc_0/Document.xml", "<ofd:Pages>", "<ofd:Pages><!-- -->"),
            ("Doc_0/Document.xml", "</ofd:Document>", "<ofd:VPreferences/></ofd:Document>"),
            ("Doc_0/Document.xml", "Pages/Page_1", "Pages/Page_0"),
            ("Doc_0/Document.xml", 'ZOrder="Background"', 'ZOrder="Foreground"'),
            ("Doc_0/Document.xml", "<ofd:Attachments>", "<ofd:Annotations>Annots/Annotations.xml</ofd:Annotations>\n"
             "<ofd:Attachments>"),
            ("Doc_0/PublicRes.xml", "</ofd:Fonts>", "<ofd:Font/></ofd:Fonts>"),
            ("Doc_0/DocumentRes.xml", 'Format="JPEG"', 'Format="PNG"'),
            ("Doc_0/Attachs/Attachments.xml", "licence.json", "other.json"),
            ("Doc_0/Attachs/Attachments.xml", 'Size="', 'Usage="x" Size="'),
        ],
    )  # fmt: skip
    def test_what_the_authority_itself_writes_otherwise(self, office: Office, path: str, old: str, new: str) -> None:
        data = office.issue(lambda files: files.update({path: replaced(files[path], old, new)}))
        assert fault_of(data) is Fault.NON_CANONICAL

    def test_an_id_that_stands_twice(self, office: Office) -> None:
        (identifier,) = re.findall(rb'<ofd:Font ID="([0-9]+)"', office.draft.files["Doc_0/PublicRes.xml"].content)
        number = identifier.decode()

        def edit(files: dict[str, bytes]) -> None:
            path = "Doc_0/DocumentRes.xml"
            files[path] = re.sub(rb'MultiMedia ID="[0-9]+"', f'MultiMedia ID="{number}"'.encode(), files[path], count=1)

        assert fault_of(office.issue(edit)) is Fault.NON_CANONICAL

    def test_a_signature_value_that_is_written_otherwise(self, genuine: bytes, office: Office) -> None:
        """r‖s in the place of DER verifies with everybody; what is not signed must have one form all the same."""
        ses = read_sealed_ofd(genuine).seals[0].ses
        assert ses is not None
        raw = spoiled(
            genuine, lambda files: files.update({VALUE: with_value(files[VALUE], ses.signature, raw_signature)})
        )
        assert fault_of(raw) is Fault.NON_CANONICAL

    @pytest.mark.parametrize("change", [{"width": 84.0}, {"height": 1.0}, {"page": 99}])
    def test_a_seal_that_is_shown_larger_or_nowhere(
        self, office: Office, monkeypatch: pytest.MonkeyPatch, change: dict[str, Any]
    ) -> None:
        with monkeypatch.context() as patch:
            patch.setattr("esign.ofd_sealing.stamp_facts", lambda *parts: replace(stamp_facts(*parts), **change))
            data = office.issue()
        assert fault_of(data) is Fault.NON_CANONICAL

    def test_a_seal_beside_the_data_of_a_copy(self, office: Office) -> None:
        def edit(files: dict[str, bytes]) -> None:
            for name in ("licence.json", "licence.json.p7s"):
                files[f"Doc_0/Attachs/{name.replace('licence', 'copy')}"] = files.pop(f"Doc_0/Attachs/{name}")
            path = "Doc_0/Attachs/Attachments.xml"
            files[path] = files[path].replace(b"licence.json", b"copy.json")

        assert fault_of(office.issue(edit)) is Fault.NON_CANONICAL


def with_value(ses: bytes, value: bytes, change: Callable[[bytes], bytes]) -> bytes:
    """A seal signature with its value written in another way; it is the last element, as BIT STRING."""
    from keys import der

    changed = change(value)
    assert ses.endswith(der.bit_string(value))
    inside = ses[4 : -len(der.bit_string(value))] + der.bit_string(changed)
    return der.tlv(0x30, inside)


class TestLimits:
    @pytest.mark.parametrize(
        ("module", "limit"),
        [
            (reading, "MAX_OWN_PAGES"),
            (parts_reading, "MAX_PART_BYTES"),
            (face_reader, "MAX_OFD_PAGE_BYTES"),
            (face_reader, "MAX_OFD_FACE_BYTES"),
            (face_reader, "MAX_OFD_FACE_FONTS"),
            (reading, "MAX_SEALS"),
            (reading, "MAX_STRUCTURED_BYTES"),
            (reading, "MAX_BODY_BYTES"),
        ],
        ids=lambda one: one if isinstance(one, str) else one.__name__.rpartition(".")[2],
    )
    def test_every_limit_is_one(self, genuine: bytes, monkeypatch: pytest.MonkeyPatch, module: Any, limit: str) -> None:
        monkeypatch.setattr(module, limit, 0)
        with pytest.raises(TooLargeError):
            read_ofd_face(read_sealed_ofd(genuine))

    def test_a_font_that_is_too_large(self, genuine: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("esign.ofd_face_fonts.MAX_OFD_FONT_BYTES", 100)
        with pytest.raises(TooLargeError):
            read_ofd_face(read_sealed_ofd(genuine))


class TestTheFace:
    def test_it_is_the_face_of_the_pdf(
        self, fonts: FontChain, office: Office, content: OfdContent, genuine: bytes
    ) -> None:
        """The same pages as PDF, read by a reader that shares only what texts are compared with."""
        seal = Seal(name="样例县行政审批局", picture=draw_round_seal(fonts, "样例县行政审批局"), signer=office.signer)
        pdf = PdfSealer(fonts, seal).seal(
            PdfContent(title=content.title, pages=content.pages, elements=[], structured=b'{"a":1}'), at=AT
        )
        pages = read_face(pdf.data, read_sealed_pdf(pdf.data).seals[0].covered.end)
        ours = read_ofd_face(read_sealed_ofd(genuine))
        assert [page.strange for page in ours] == [page.strange for page in pages] == [False, False]
        for one, other in zip(ours, pages, strict=True):
            assert [written(item) for item in one.items] == [written(item) for item in other.items]

    def test_a_line_is_one_text_also_beyond_the_bmp(self, genuine: bytes) -> None:
        shown = texts(first(genuine))
        assert set(shown) == {"农药经营许可证", NAME, "ABC 123 一二三"}
        assert not any(one.hidden or one.unlike or one.unknown for one in shown.values())

    @pytest.mark.parametrize(
        ("old", "new"),
        [
            ('<ofd:TextObject ID="', '<ofd:TextObject Visible="false" ID="'),
            (' Size="', ' HScale="0.1" Size="'),
            ('<ofd:FillColor Value="26 26 26"/>', '<ofd:FillColor Value="26 26 26" Alpha="0"/>'),
            ('<ofd:FillColor Value="26 26 26"/>', '<ofd:FillColor Value="26 26 256"/>'),
            ("<ofd:CGTransform", "<ofd:Clips/><ofd:CGTransform"),
            ("</ofd:TextObject>", "<ofd:Actions/></ofd:TextObject>"),
            ("</ofd:TextObject>\n", "</ofd:TextObject>\n\n"),
            ("</ofd:Layer>", '</ofd:Layer>\n<ofd:Layer ID="99" Type="Foreground"></ofd:Layer>'),
            ('Type="Body"', 'Type="Foreground"'),
            ('ZOrder="Background"', 'ZOrder="Foreground"'),
            ("<ofd:Area>", "<ofd:PageRes>PageRes.xml</ofd:PageRes><ofd:Area>"),
            ("0 0 210 297", "0 0 100 297"),
            ("0 0 210 297", "10 0 210 297"),
            ('DeltaX="', 'DeltaX="9.9 '),
            (' DeltaX="', ' DeltaY="1" DeltaX="'),
            ('CodePosition="0"', 'CodePosition="1"'),
            ("样例</", "样例样</"),
            ('LineWidth="', 'DashPattern="1 1" LineWidth="'),
            (' Stroke="true" LineWidth="', ' Stroke="false" LineWidth="'),
            ('Stroke="true" Fill="false"', 'Stroke="true" Fill="true"'),
            ("<ofd:AbbreviatedData>M", "<ofd:AbbreviatedData>A"),
            ("\n<ofd:PathObject", "\n <ofd:PathObject"),
        ],
    )  # fmt: skip
    def test_pages_that_are_written_otherwise_are_refused(self, office: Office, old: str, new: str) -> None:
        assert fault_of(office.shows(old, new)) is Fault.NON_CANONICAL

    def test_steps_that_run_characters_apart_are_refused(self, office: Office) -> None:
        """A space that is no character could part a number or a name."""

        def edit(files: dict[str, bytes]) -> None:
            files[PAGE] = re.sub(rb'(DeltaX="[0-9.]+ )[0-9.]+', rb"\g<1>20", files[PAGE])

        assert fault_of(office.issue(edit)) is Fault.NON_CANONICAL

    @pytest.mark.parametrize(
        "steps", ["9" * 400, "1 2", "- - - - - - - - -", "1.2.3", ". . . . . . . . .", " 1", "1 " * 9]
    )
    def test_steps_that_are_no_steps(self, office: Office, steps: str) -> None:
        def edit(files: dict[str, bytes]) -> None:
            head, tail = files[PAGE].split(b">ABC 123")
            head = re.sub(rb'DeltaX="[^"]*"$', b'DeltaX="%s"' % steps.encode(), head)
            files[PAGE] = head + b">ABC 123" + tail

        assert fault_of(office.issue(edit)) is Fault.NON_CANONICAL

    @pytest.mark.parametrize(
        "glyphs", ["9" * 5000, "1 " * 9, "", " "], ids=["too-large", "other-count", "none", "empty"]
    )
    def test_glyphs_that_are_none(self, office: Office, glyphs: str) -> None:
        old = re.findall(rb"<ofd:Glyphs>[^<]*<", office.draft.files[PAGE].content)[0].decode()
        assert fault_of(office.shows(old, f"<ofd:Glyphs>{glyphs}<")) is Fault.NON_CANONICAL

    def test_ids_count_upwards_in_the_order_of_drawing(self, office: Office) -> None:
        """Some readers draw in the order of IDs: what is last in the file would be below everything."""

        def edit(files: dict[str, bytes]) -> None:
            one, other = re.findall(rb'(?:Text|Path|Image)Object ID="([0-9]+)"', files[PAGE])[:2]
            files[PAGE] = files[PAGE].replace(b'ID="%s"' % one, b'ID="x"').replace(b'ID="%s"' % other, b'ID="%s"' % one)
            files[PAGE] = files[PAGE].replace(b'ID="x"', b'ID="%s"' % other)

        assert fault_of(office.issue(edit)) is Fault.NON_CANONICAL

    @pytest.mark.parametrize(
        ("pattern", "change", "hidden"),
        [
            (r'Boundary="(\S+) (\S+) (\S+) (\S+)"', r'Boundary="\1 \2 10 \4"', "outside the page"),
            (r'Boundary="(\S+) (\S+) (\S+) (\S+)"', r'Boundary="\1 \2 \3 2"', "outside the page"),
            (r'Boundary="(\S+) (\S+) (\S+) (\S+)"', r'Boundary="-900 \2 \3 \4"', "outside the page"),
            (r' Font="', r' CTM="1.0000 0.0000 0.0000 1.0000 0 0" Font="', "slanted"),
            (r'FillColor Value="[0-9 ]+"', r'FillColor Value="230 230 230"', "too pale"),
            (r'<ofd:TextCode X="(\S+)" Y="\S+"', r'<ofd:TextCode X="\1" Y="0"', "outside the page"),
        ],
    )
    def test_text_that_is_there_but_not_shown(self, office: Office, pattern: str, change: str, hidden: str) -> None:
        """Of the third line, which is one object."""

        def edit(files: dict[str, bytes]) -> None:
            lines = files[PAGE].decode().split("\n")
            (place,) = (at for at, text in enumerate(lines) if ">ABC 123" in text)
            assert re.search(pattern, lines[place])
            lines[place] = re.sub(pattern, change, lines[place], count=1)
            files[PAGE] = "\n".join(lines).encode()

        assert texts(first(office.issue(edit)))["ABC 123 一二三"].hidden == hidden

    def test_glyphs_of_other_characters(self, office: Office) -> None:
        """What copies as one number is drawn as another one."""

        def exchanged(files: dict[str, bytes]) -> None:
            lines = files[PAGE].decode().split("\n")
            (place,) = (at for at, text in enumerate(lines) if ">ABC 123" in text)
            lines[place] = re.sub(r" ([0-9]+) ([0-9]+)</ofd:Glyphs>", r" \2 \1</ofd:Glyphs>", lines[place])
            files[PAGE] = "\n".join(lines).encode()

        unlike = {text for text, one in texts(first(office.issue(exchanged))).items() if one.unlike}
        assert unlike == {"ABC 123 一二三"}
        assert texts(first(office.shows("123 一二三", "123 一二四")))["ABC 123 一二四"].unlike

    def test_a_table_of_characters_that_says_something_else(self, office: Office) -> None:
        """Readers that go by the characters would show another text than those that go by the numbers of glyphs."""

        def exchanged(glyphs: dict[int, int]) -> dict[int, int]:
            return glyphs | {ord("二"): glyphs[ord("三")], ord("三"): glyphs[ord("二")]}

        def without(glyphs: dict[int, int]) -> dict[int, int]:
            return {code: glyph for code, glyph in glyphs.items() if code != ord("三")}

        for change in (exchanged, without):
            page = first(office.issue(lambda files, change=change: with_characters(files, change)))
            assert {text for text, one in texts(page).items() if one.unlike} == {"ABC 123 一二三"}

    def test_characters_that_no_text_has(self, office: Office) -> None:
        for code in (ord("四"), 0x2CC57, 0xE000):
            more = office.issue(lambda files, code=code: with_characters(files, lambda glyphs: glyphs | {code: 1}))
            assert fault_of(more) is Fault.NON_CANONICAL

    @pytest.mark.parametrize(
        ("change", "fault"),
        [
            pytest.param(lambda font: font, None, id="none"),
            pytest.param(lambda font: font + bytes(4), Fault.NON_CANONICAL, id="bytes-behind"),
            pytest.param(lambda font: font.replace(b"\0L\0X\0G\0W", b"\0S\0i\0m\0S"), Fault.NON_CANONICAL, id="name"),
            pytest.param(
                lambda font: font.replace(b"\0\3\0\1\0\0\0\x14", b"\0\3\0\1\0\0\0\x0c"),
                Fault.NON_CANONICAL, id="other-place-of-characters",
            ),
            pytest.param(lambda font: font.replace(b"post", b"prep"), Fault.FORMAT_OFD, id="program"),
            pytest.param(lambda font: font.replace(b"glyf", b"cmap"), Fault.FORMAT_OFD, id="twice"),
        ],
    )  # fmt: skip
    def test_a_font_in_another_form(
        self, office: Office, change: Callable[[bytes], bytes], fault: Fault | None
    ) -> None:
        sealed = office.issue(lambda files: files.update({FONT: change(files[FONT])}))
        if fault is None:
            assert first(sealed)
        else:
            assert sealed != office.issue()
            assert fault_of(sealed) is fault

    def test_two_glyphs_for_one_character(self, office: Office) -> None:
        def edit(files: dict[str, bytes]) -> None:
            head, tail = files[PAGE].split(b">ABC 123")
            at = head.rindex(b"<ofd:Glyphs>") + len("<ofd:Glyphs>")
            files[PAGE] = head[:at] + b"1 " + head[at:].split(b" ", 1)[1] + b">ABC 123" + tail
            files[PAGE] = files[PAGE].replace(b">ABC 123", b">ABA 123")

        assert fault_of(office.issue(edit)) is Fault.NON_CANONICAL

    def test_another_font_file_that_is_none(self, office: Office) -> None:
        broken = office.issue(lambda files: files.update({"Doc_0/Res/font_0.ttf": b"OTTO" + bytes(100)}))
        assert fault_of(broken) is Fault.FORMAT_OFD

    def test_white_areas_and_other_drawings_are_strange(self, office: Office) -> None:
        (area,) = re.findall(
            r'<ofd:PathObject ID="[0-9]+" (Boundary="145[^>]*>)', office.draft.files[PAGE].content.decode()
        )
        assert first(office.shows(area, area.replace('"145 95', '"40 50'))).strange
        (ruled,) = re.findall(
            r"M [0-9. ]+ L [0-9. ]+(?=</ofd:AbbreviatedData>)", office.draft.files[PAGE].content.decode()
        )
        assert first(office.shows(ruled, f"{ruled} L 0 0")).strange
        assert first(office.shows(ruled, re.sub(r"L [0-9.]+", "L 500", ruled))).strange  # cut off at its Boundary

    def test_a_dark_background_is_strange(self, office: Office) -> None:
        path = "Doc_0/Tpls/Tpl_0/Content.xml"
        pale = re.findall(rb'FillColor Value="([0-9 ]+)"', office.draft.files[path].content)[0].decode()
        dark = office.issue(lambda files: files.update({path: replaced(files[path], pale, "20 20 20")}))
        assert [page.strange for page in read_ofd_face(read_sealed_ofd(dark))] == [True, True]

    def test_other_pictures_are_neither_symbols_nor_photographs(self, genuine: bytes, office: Office) -> None:
        """Also what a PDF would have in their place, of which a reader of OFD shows nothing."""
        (photo,) = (one for one in first(genuine).items if isinstance(one, SeenPhoto))
        path = "Doc_0/Res/image_1.jpg"
        for data in (photo.image, office.draft.files[path].content + b" ", b"GIF89a", b"", symbol_png(MODULES) + b" "):
            page = first(office.issue(lambda files, data=data: files.update({path: data})))
            assert [one for one in page.items if isinstance(one, SeenPhoto)] == [SeenPhoto(b"")]

    def test_a_picture_or_font_that_is_not_there(self, office: Office) -> None:
        for name in ("ResourceID", "Font", "TemplateID"):
            (identifier, *_) = re.findall(rf' {name}="([0-9]+)"', office.draft.files[PAGE].content.decode())
            broken = office.shows(f' {name}="{identifier}"', f' {name}="1"')
            assert fault_of(broken) is Fault.NON_CANONICAL


def written(item: SeenItem) -> tuple[Any, ...]:
    """An item with its places as they are on paper: PDF has hundredths of points."""
    match item:
        case SeenText():
            places = (item.left, item.baseline, item.size)
            return (item.text, *(pytest.approx(place, abs=0.02) for place in places), item.hidden, item.unlike)
        case SeenBox():
            return tuple(pytest.approx(place, abs=0.02) for place in item)
        case SeenSymbol() | SeenPhoto():
            return tuple(item)


class TestSymbols:
    @settings(max_examples=30)
    @given(st.integers(1, 12), st.data())
    def test_a_symbol_is_read_from_its_picture(self, side: int, data: st.DataObject) -> None:
        bits = data.draw(st.lists(st.binary(min_size=side, max_size=side), min_size=side, max_size=side))
        modules = tuple(bytes(one & 1 for one in row) for row in bits)
        assert modules_of(symbol_png(modules)) == modules

    @given(st.integers(0, 10_000), st.integers(1, 255))
    @example(24, 1)
    def test_any_other_picture_is_none(self, place: int, change: int) -> None:
        png = bytearray(symbol_png(MODULES))
        png[place % len(png)] ^= change
        assert modules_of(bytes(png)) != MODULES or bytes(png) == symbol_png(MODULES)

    @given(st.binary(max_size=200))
    def test_any_bytes(self, data: bytes) -> None:
        assert modules_of(data) is None


@pytest.fixture(scope="module")
def copy(fonts: FontChain, page: Page, content: OfdContent) -> dict[str, OfdPart]:
    marked = replace(page, watermarks=tuple(slanted_lines(fonts, ["仅供核验", "𬱖"], size=13.0, centre=(105, 200))))
    stamp = draw_copy_stamp(fonts, "样例县行政审批局", "2026年11月21日")
    copied = replace(content, pages=[marked], attachment="copy.json", body=None, stamp=stamp)
    return dict(OfdWriter(fonts).write(copied, at=AT).files)


class TestCopies:
    def signed(self, files: dict[str, OfdPart]) -> bytes:
        return sign_ofd(files, declared_pki("sm2").signer("seal"), at=AT)

    def test_a_copy_is_read_with_its_watermarks(self, copy: dict[str, OfdPart]) -> None:
        ofd = read_sealed_ofd(self.signed(copy))
        assert (ofd.attachment, ofd.changed, ofd.uncovered, ofd.seals[0].ses) == ("copy.json", (), (), None)
        (shown,) = read_ofd_face(ofd)
        slanted = [one.text for one in shown.items if isinstance(one, SeenText) and one.hidden == "slanted"]
        assert "".join(slanted) == "仅供核验𬱖"
        assert [one.hidden for one in shown.items if isinstance(one, SeenText)].count("") == 3

    @pytest.mark.parametrize(
        ("old", "new"),
        [
            (' Alpha="102"', ' Alpha="255"'),
            ('Type="Watermark"', 'Type="Highlight"'),
            ('Type="Stamp"', 'Type="Watermark"'),
            ('Creator="elicence"', 'Creator="elicence" Visible="false"'),
            (' CTM="', ' CTM="1.0000 0.0000 0.0000 1.0000 0 0" CTM="'),
            ("</ofd:Appearance>", "</ofd:Appearance><ofd:Appearance></ofd:Appearance>"),
            ('Boundary="0 0 210 297"', 'Boundary="0 0 21 297"'),
            ("</ofd:PageAnnot>", "</ofd:PageAnnot>\n"),
        ],
    )
    def test_annotations_that_are_written_otherwise(self, copy: dict[str, OfdPart], old: str, new: str) -> None:
        path = "Doc_0/Annots/Page_0/Annotation.xml"
        files = {**copy, path: OfdPart(replaced(copy[path].content, old, new))}
        assert fault_of(self.signed(files)) is Fault.NON_CANONICAL

    def test_a_stamp_over_a_text_hides_it(self, copy: dict[str, OfdPart]) -> None:
        path = "Doc_0/Annots/Page_0/Annotation.xml"
        moved = re.sub(rb'(Type="Stamp".*?\n?<ofd:Appearance Boundary=")\S+ \S+', rb"\g<1>30 55", copy[path].content)
        (shown,) = read_ofd_face(read_sealed_ofd(self.signed({**copy, path: OfdPart(moved)})))
        assert texts(shown)[NAME].hidden == "under or over a picture"


class TestAnything:
    @settings(max_examples=60)
    @given(st.integers(0, 1 << 20), st.integers(1, 255))
    def test_one_changed_byte_is_never_the_same_licence(self, genuine: bytes, place: int, change: int) -> None:
        """It is told, or it is in the value of the seal signature, which then does not verify."""
        spoiled_data = bytearray(genuine)
        spoiled_data[place % len(genuine)] ^= change
        try:
            ofd = read_sealed_ofd(bytes(spoiled_data))
        except EsignError:
            return
        assert ofd.changed or ofd.uncovered or ofd.seals[0].signature.value != read_package(genuine).files[VALUE]

    @settings(max_examples=60)
    @given(st.lists(st.integers(0, 1 << 10) | st.text(max_size=5), max_size=12))
    def test_pages_of_any_kind_are_refused_or_read(self, genuine: bytes, pieces: list[int | str]) -> None:
        """Lines of a page in any order, repeated or left out, and other text between them."""
        ofd = read_sealed_ofd(genuine)
        lines = ofd.files[PAGE].decode().splitlines(keepends=True)
        page = "".join(lines[one % len(lines)] if isinstance(one, int) else one for one in pieces)
        with suppress(MalformedError, TooLargeError):
            read_ofd_face(replace(ofd, files=OfdFiles({**ofd.files, PAGE: page.encode("utf-8", "replace")})))
