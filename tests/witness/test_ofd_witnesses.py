"""The witnesses for OFD accept the example of the facts and refuse what is wrong with it."""

import zipfile
from collections.abc import Callable, Mapping
from io import BytesIO
from pathlib import Path

import ofd_schema
import ofd_seals
import ofdkit
import pytest

EXAMPLE = (Path(__file__).parents[2] / "fixtures/vectors/ses/example_signed.ofd").read_bytes()
PAGE, LIST, SIGN = "Doc_0/Pages/Page_0/Content.xml", "Doc_0/Signs/Signatures.xml", "Doc_0/Signs/Sign_0/Signature.xml"
DOCUMENT, ANNOTATION = "Doc_0/Document.xml", "Doc_0/Annots/Page_0/Annotation.xml"


def files_of(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def packed(files: Mapping[str, bytes]) -> bytes:
    made = BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return made.getvalue()


def with_change(path: str, old: bytes, new: bytes) -> bytes:
    files = files_of(EXAMPLE)
    assert files[path].count(old) == 1
    return packed({**files, path: files[path].replace(old, new)})


def test_the_example_is_as_the_standard_asks() -> None:
    assert ofd_schema.problems(EXAMPLE) == []


@pytest.mark.parametrize(
    ("path", "old", "new", "problem"),
    [
        pytest.param("OFD.xml", b'Version="1.0"', b'Version="1.1"', "is no 1.0", id="version"),
        pytest.param("OFD.xml", b"<ofd:Creator>demo-writer</ofd:Creator>", b"", "", id="fewer"),
        pytest.param("OFD.xml", b"2026-01-05", b"5.1.2026", "is no date", id="date"),
        pytest.param("OFD.xml", b"Doc_0/Document.xml", b"Doc_1/Document.xml", "no file Doc_1", id="root"),
        pytest.param(DOCUMENT, b">14<", b">13<", "MaxUnitID is less", id="highest number"),
        pytest.param(DOCUMENT, b'ID="2"', b'ID="7"', "a second time", id="number twice"),
        pytest.param(DOCUMENT, b'ID="2"', b'ID="0"', "is no id", id="number zero"),
        pytest.param(DOCUMENT, b"2016", b"2017", "in place of Document", id="namespace"),
        pytest.param(
            "Doc_0/PublicRes.xml", b' BaseLoc="Res"', b"", "no attribute BaseLoc", id="no folder of resources"
        ),
        pytest.param("Doc_0/PublicRes.xml", b"font_4.otf", b"font_5.otf", "no file", id="no font"),
        pytest.param(PAGE, b'Font="4"', b'Font="6"', "6 is no Font", id="a picture for a font"),
        pytest.param(PAGE, b'ResourceID="6"', b'ResourceID="4"', "4 is no MultiMedia", id="a font for a picture"),
        pytest.param(PAGE, b"5.6444 5.6444 5.6444", b"1 1 1 1", "more advances", id="advances"),
        pytest.param(PAGE, b'X="0" Y="5.6444" ', b"", "has no place", id="no place"),
        pytest.param(PAGE, b"L 150 20", b"L 150", "is no path", id="operators"),
        pytest.param(PAGE, b'Boundary="30 30 60 8"', b'Boundary="30 30 60 0"', "is empty", id="empty box"),
        pytest.param(PAGE, b'Value="255 0 0"', b'Value="256 0 0"', "is no colour", id="colour"),
        pytest.param(PAGE, b"<ofd:Layer", b"<ofd:Stratum/><ofd:Layer", "children", id="unknown element"),
        pytest.param("Doc_0/Pages/Page_1/Content.xml", b">8 2<", b">8 2 1<", "GlyphCount", id="glyphs"),
        pytest.param(
            "Doc_0/Pages/Page_1/Content.xml", b'CodePosition="0"', b'CodePosition="1"', "behind the end", id="codes"
        ),
        pytest.param(ANNOTATION, b' Creator="demo-writer"', b"", "no attribute Creator", id="annotation without maker"),
        pytest.param(LIST, b"s002", b"s000", "above MaxSignId", id="highest signature"),
        pytest.param(LIST, b"s002", b"s001", "a second time in this file", id="signature twice"),
        pytest.param(
            SIGN, b'FileRef="/OFD.xml"', b'FileRef="OFD.xml"', "does not begin at the root", id="relative reference"
        ),
        pytest.param(SIGN, b'CheckMethod="1.2.156.10197.1.401"', b'CheckMethod="CRC"', "is no", id="digest"),
        pytest.param(SIGN, b'PageRef="1"', b'PageRef="3"', "3 is no Page", id="page of a stamp"),
    ],
)
def test_the_schema_refuses(path: str, old: bytes, new: bytes, problem: str) -> None:
    found = ofd_schema.problems(with_change(path, old, new))
    assert bool(found) == bool(problem)
    assert any(problem in each for each in found) or not problem, found


def test_the_schema_refuses_what_nothing_names() -> None:
    assert ofd_schema.problems(packed({**files_of(EXAMPLE), "Doc_0/Res/more.ttf": b""})) == [
        "Doc_0/Res/more.ttf: nothing names it"
    ]


def test_hashlib_and_openssl_accept_the_seal_of_the_example() -> None:
    (facts,) = ofd_seals.seal_facts(EXAMPLE)
    assert facts.complaints == ()
    assert (facts.kind, facts.path) == ("Seal", SIGN)
    assert files_of(EXAMPLE).keys() - facts.covered == {LIST, SIGN, "Doc_0/Signs/Sign_0/SignedValue.dat"}


def _spoilt_value(files: dict[str, bytes]) -> None:
    name = "Doc_0/Signs/Sign_0/SignedValue.dat"
    files[name] = files[name][:-1] + bytes((files[name][-1] ^ 1,))


def _spoilt_seal(files: dict[str, bytes]) -> None:
    name = "Doc_0/Signs/Sign_0/SignedValue.dat"
    files[name] = files[name].replace(b"DEMO", b"DEMP", 1)


def _spoilt_page(files: dict[str, bytes]) -> None:
    files[PAGE] += b" "


def _spoilt_list(files: dict[str, bytes]) -> None:
    files[SIGN] = files[SIGN].replace(b"20260105013000Z", b"20270105013000Z")


@pytest.mark.parametrize(
    ("spoil", "complaints"),
    [
        (_spoilt_value, {"signature"}),
        (_spoilt_seal, {"seal beside it", "signature", "seal's signature"}),
        (_spoilt_page, {f"{PAGE}: digest"}),
        (_spoilt_list, {"digest of Signature.xml"}),
    ],
)
def test_hashlib_and_openssl_refuse(spoil: Callable[[dict[str, bytes]], None], complaints: set[str]) -> None:
    files = files_of(EXAMPLE)
    spoil(files)
    (facts,) = ofd_seals.seal_facts(packed(files))
    assert set(facts.complaints) == complaints


def test_ofdkit_reads_text_and_facts() -> None:
    with ofdkit.open(EXAMPLE) as document:
        assert document.text() == "电子印章\n\n签名"
        assert document.info.custom_data == {"文号": "测〔2026〕1号"}
    with ofdkit.open(with_change(PAGE, "电子印章".encode(), "电子公章".encode())) as document:
        assert "印" not in document.text()
