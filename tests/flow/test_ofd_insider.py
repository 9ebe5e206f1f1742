"""OFDs that somebody who holds the authority's key seals, after changing what the real writer has made.

Every seal here fits its file. What is looked for is a face that other readers show otherwise than we read it.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path

import pytest

from api.seals import development_seal
from esign import CHINA, FontChain, Seal, SealObject, draw_round_seal, read_seal_object
from esign.font_tables import FontTable, legible_font, read_characters, read_tables
from esign.ofd_form import OfdStamp
from esign.ofd_package import read_package
from esign.ofd_packing import OfdPart
from esign.ofd_sealing import prepare_ofd_seal
from keys import DevelopmentPki, make_development_pki
from licences import AuthoritySeal, MemoryStore, SealingKeys, load_catalogue, shipped_font
from licences.making import LicenceMaker
from verify import Report, TrustStore, Verifier

ROOT = Path(__file__).parents[2]
AT = datetime(2026, 11, 21, 10, 30, tzinfo=CHINA)
AUTHORITY, AUTHORITY_CODE = "样例县行政审批局", "1199010000000102XM"
PAGE, FONT, FONTS = "Doc_0/Pages/Page_0/Content.xml", "Doc_0/Res/font_0.ttf", "Doc_0/PublicRes.xml"
DOCUMENT = "Doc_0/Document.xml"
NAME = re.compile(rb'FontName="([^"]*)"')

Files = dict[str, bytes]


@dataclass(frozen=True, slots=True)
class Insider:
    """One sealed OFD and the keys with which it was sealed."""

    pki: DevelopmentPki
    seal: SealObject
    files: Files

    def judge(self, files: Files, *, x: float = 150) -> Report:
        """What is said of these files under a new seal."""
        parts = {path: OfdPart(content) for path, content in files.items() if "/Signs/" not in path}
        stamp = OfdStamp(page=int(re.findall(rb'<ofd:Page ID="(\d+)"', files["Doc_0/Document.xml"])[0]), x=x, y=150)
        certificate = self.pki.seal.certificate
        waiting = prepare_ofd_seal(
            parts, place=0, seal=self.seal, certificate=certificate, stamp=stamp, last=True, at=AT
        )
        trust = TrustStore.from_certificates((self.pki.root, self.pki.issuing_ca, self.pki.code.certificate))
        return Verifier(trust).verify_file(waiting.finish(self.pki.seal.sign(waiting.to_sign), None).data, at=AT)


@cache
def insider() -> Insider:
    pki = make_development_pki("sm2", authority_name=AUTHORITY, authority_code=AUTHORITY_CODE, at=AT, random=os.urandom)
    seal = read_seal_object(development_seal(pki.seal, AUTHORITY, at=AT, random=os.urandom))
    fonts = FontChain([shipped_font()])
    drawn = Seal(name=AUTHORITY, picture=draw_round_seal(fonts, AUTHORITY), signer=pki.seal)
    maker = LicenceMaker(
        catalogue=load_catalogue(),
        sealing={"sm2": SealingKeys(seals=(AuthoritySeal(seal=drawn, seal_object=seal),), code_signer=pki.code)},
        fonts=fonts,
        store=MemoryStore(),
        check=lambda *_: None,
        public_url="http://127.0.0.1:8000",
        random=os.urandom,
    )
    (path,) = (ROOT / "fixtures").glob("*/water-abstraction-1.json")
    sample = json.loads(path.read_text("utf-8"))
    made = maker.make(sample["type"], sample["data"], algorithm="sm2", ofd=True, at=AT)
    return Insider(pki, seal, dict(read_package(made.files["ofd"]).files))


def test_what_nobody_changed_is_good() -> None:
    assert insider().judge(insider().files).reason.code == "STATUS_UNKNOWN"


def on_page(old: str, new: str) -> Callable[[Files], Files]:
    def changed(files: Files) -> Files:
        text = files[PAGE].decode()
        assert old in text
        return {**files, PAGE: text.replace(old, new, 1).encode()}

    return changed


def in_font(tag: bytes, at: int, content: bytes) -> Callable[[Files], Files]:
    """Bytes of one table, with every sum put right."""

    def changed(files: Files) -> Files:
        tables = read_tables(files[FONT])
        outlines = [
            FontTable(table.tag, summed(new := put_into(table.content, at, content)), new)
            if table.tag == tag
            else table
            for table in tables
        ]
        return refont(files, outlines, NAME.findall(files[FONTS])[0].decode())

    return changed


def put_into(table: bytes, at: int, content: bytes) -> bytes:
    assert table[at : at + len(content)] != content
    return table[:at] + content + table[at + len(content) :]


def summed(content: bytes) -> int:
    padded = content + bytes(-len(content) % 4)
    return sum(int.from_bytes(padded[at : at + 4], "big") for at in range(0, len(padded), 4)) & 0xFFFFFFFF


def refont(files: Files, tables: list[FontTable], name: str) -> Files:
    characters = read_characters(next(table.content for table in tables if table.tag == b"cmap"))
    return {**files, FONT: legible_font(tables, name, characters)}


def name_of_a_font_that_breaks_the_file(files: Files) -> Files:
    name = NAME.findall(files[FONTS])[0]
    broken = {**files, FONTS: files[FONTS].replace(name, name + b"&x")}
    return refont(broken, read_tables(files[FONT]), f"{name.decode()}&x")


def in_file(path: str, pattern: str, new: str) -> Callable[[Files], Files]:
    def changed(files: Files) -> Files:
        text, count = re.subn(pattern, new, files[path].decode(), count=1)
        assert count
        return {**files, path: text.encode()}

    return changed


ANNOTATION = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<ofd:PageAnnot xmlns:ofd="http://www.ofdspec.org/2016">\n'
    '<ofd:Annot ID="900" Type="Stamp" Creator="elicence" LastModDate="2026-11-21">'
    '<ofd:Appearance Boundary="0 0 100 100">\n</ofd:Appearance></ofd:Annot>\n</ofd:PageAnnot>\n'
)


def in_another_encoding(files: Files) -> Files:
    text = files[PAGE].decode()
    assert "UTF-8" in text
    return {**files, PAGE: text.replace("UTF-8", "GBK").encode("gb18030")}


def with_an_annotation(files: Files) -> Files:
    """Named as in a copy, where annotations may be."""
    page = re.findall(r'<ofd:Page ID="(\d+)"', files[DOCUMENT].decode())[0]
    listed = (
        '<?xml version="1.0" encoding="UTF-8"?>\n<ofd:Annotations xmlns:ofd="http://www.ofdspec.org/2016">\n'
        f'<ofd:Page PageID="{page}"><ofd:FileLoc>Page_0/Annotation.xml</ofd:FileLoc></ofd:Page>\n'
        "</ofd:Annotations>\n"
    )
    named = beside("Annotations", "Annots/Annotations.xml")(files)
    return {
        **named,
        "Doc_0/Annots/Annotations.xml": listed.encode(),
        "Doc_0/Annots/Page_0/Annotation.xml": ANNOTATION.encode(),
    }


def beside(name: str, location: str) -> Callable[[Files], Files]:
    """Something that a document may have besides what ours has, before its attached files."""
    return in_file(DOCUMENT, "<ofd:Attachments>", f"<ofd:{name}>{location}</ofd:{name}>\n<ofd:Attachments>")


TITLE = "取水许可证</ofd:TextCode>"
CHANGES: dict[str, tuple[Callable[[Files], Files], str]] = {
    "the box of a text cuts it off": (
        on_page('Boundary="100.166 26.367 96.668', 'Boundary="100.166 26.367 40'),
        "FACE_DIFFERS",
    ),
    "a text turned by nothing": (
        on_page('96.668 14.376" Font', '96.668 14.376" CTM="1.0000 0.0000 0.0000 1.0000 0 0" Font'),
        "FACE_DIFFERS",
    ),
    "the title of another licence": (in_file("OFD.xml", "<ofd:Title>[^<]*", "<ofd:Title>取水许可证 9"), "FACE_DIFFERS"),
    "another day": (in_file("OFD.xml", "(<ofd:CreationDate>)[^<]*", r"\g<1>2026-11-20"), "FACE_DIFFERS"),
    "another identity": (in_file("OFD.xml", "(<ofd:DocID>)[^<]*", rf"\g<1>{'0' * 32}"), "FACE_DIFFERS"),
    "data of another time": (
        in_file("Doc_0/Attachs/Attachments.xml", '(CreationDate=")[0-9]*', r"\g<1>2025"),
        "FACE_DIFFERS",
    ),
    "an annotation over the page": (with_an_annotation, "NON_CANONICAL"),
    "an action when it is opened": (
        beside("Actions", '<ofd:Action Event="DO"><ofd:URI URI="http://example.invalid"/></ofd:Action>'),
        "NON_CANONICAL",
    ),
    "an action on the page": (
        on_page(
            "</ofd:Page>",
            '<ofd:Actions><ofd:Action Event="PO"><ofd:Movie ResourceID="1"/></ofd:Action></ofd:Actions></ofd:Page>',
        ),
        "NON_CANONICAL",
    ),
    "tags": (beside("CustomTags", "Tags/CustomTags.xml"), "NON_CANONICAL"),
    "extensions of a vendor": (beside("Extensions", "Extensions.xml"), "NON_CANONICAL"),
    "how readers open it": (beside("VPreferences", "<ofd:PageMode>FullScreen</ofd:PageMode>"), "NON_CANONICAL"),
    "what readers allow": (beside("Permissions", "<ofd:Print>false</ofd:Print>"), "NON_CANONICAL"),
    "another version": (
        in_file(
            "OFD.xml",
            "<ofd:Signatures>",
            '<ofd:Versions><ofd:Version ID="v1" Index="1" BaseLoc="Doc_0/V.xml"/></ofd:Versions><ofd:Signatures>',
        ),
        "NON_CANONICAL",
    ),
    "a second document": (
        in_file(
            "OFD.xml",
            "<ofd:DocBody>",
            "<ofd:DocBody><ofd:DocRoot>Doc_1/Document.xml</ofd:DocRoot></ofd:DocBody><ofd:DocBody>",
        ),
        "NON_CANONICAL",
    ),
    "a cover": (
        in_file("OFD.xml", "<ofd:Creator>", "<ofd:Cover>Doc_0/Res/image_0.png</ofd:Cover><ofd:Creator>"),
        "NON_CANONICAL",
    ),
    "resources of one page": (
        on_page("<ofd:Content>", "<ofd:PageRes>R.xml</ofd:PageRes><ofd:Content>"),
        "NON_CANONICAL",
    ),
    "a clip": (on_page("<ofd:CGTransform", "<ofd:Clips/><ofd:CGTransform"), "NON_CANONICAL"),
    "a text that is not seen": (on_page("<ofd:TextObject", '<ofd:TextObject Visible="false"'), "NON_CANONICAL"),
    "the encoding of XML": (in_another_encoding, "NON_CANONICAL"),
    "a mark of byte order": (on_page("<?xml", "\ufeff<?xml"), "NON_CANONICAL"),
    "another size of the page": (on_page("0 0 297 210", "0 0 297 200"), "NON_CANONICAL"),
    "a comment in a text": (on_page(TITLE, f"<!-- -->{TITLE}"), "NON_CANONICAL"),
    "a text as CDATA": (on_page(TITLE, f"<![CDATA[取水许可证]]>{TITLE[5:]}"), "NON_CANONICAL"),
    "a sign that breaks the page": (on_page("SAMPLE：", "SAMPL&："), "NON_CANONICAL"),
    "a character by its number": (on_page(TITLE, f"&#21462;{TITLE[1:]}"), "NON_CANONICAL"),
    "a font that says to have fewer glyphs": (in_font(b"maxp", 4, b"\x00\x50"), "FORMAT_OFD"),
    "a font of another scale": (in_font(b"head", 18, b"\x02\x00"), "NON_CANONICAL"),
    "a font with a name that breaks the file": (name_of_a_font_that_breaks_the_file, "NON_CANONICAL"),
}


@pytest.mark.parametrize("name", sorted(CHANGES))
def test_what_an_insider_changes_is_noticed(name: str) -> None:
    change, code = CHANGES[name]
    report = insider().judge(change(insider().files))
    assert report.reason.code == code, report.checks
    assert not report


def test_it_is_the_annotation_that_is_noticed() -> None:
    """The list of annotations and the place where it is named have our form."""
    report = insider().judge(with_an_annotation(insider().files))
    assert [check.detail for check in report.checks if check.code == "NON_CANONICAL"] == [
        "not written as ours is: annotations"
    ]


def test_a_seal_is_shown_on_its_page() -> None:
    for x, code in ((296, "STATUS_UNKNOWN"), (298, "NON_CANONICAL"), (-1, "NON_CANONICAL")):
        assert insider().judge(insider().files, x=x).reason.code == code, x
