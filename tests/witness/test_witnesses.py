"""Each witness accepts something right and refuses something wrong; nothing here is made with our own code."""

import asyncio
import dataclasses
import socket
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path

import browser
import pikepdf
import pytest
import witnesses
from openssl_signing import RSA, SM2, Chain, make_chain, sign_detached
from pikepdf import Array, Dictionary, Name
from PIL import Image, ImageCms
from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import Page
from pyhanko.pdf_utils.generic import NumberObject
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas
from witnesses import CmsCase

CONTENT = b"what was signed"
HOLE = 4096


def _without_intent(pdf: pikepdf.Pdf) -> None:
    del pdf.Root.OutputIntents


def _without_unicode(pdf: pikepdf.Pdf) -> None:
    for thing in pdf.objects:
        if isinstance(thing, Dictionary) and "/ToUnicode" in thing:
            del thing.ToUnicode


def _with_wrong_unicode(pdf: pikepdf.Pdf) -> None:
    for thing in pdf.objects:
        if isinstance(thing, Dictionary) and "/ToUnicode" in thing:
            table = thing.ToUnicode.read_bytes()
            thing.ToUnicode = pdf.make_stream(table.replace(b"<0077>", b"<0078>"))


def _without_relationship(pdf: pikepdf.Pdf) -> None:
    del pdf.Root.AF[0].AFRelationship


def _without_font_file(pdf: pikepdf.Pdf) -> None:
    for thing in pdf.objects:
        if isinstance(thing, Dictionary) and "/FontFile2" in thing:
            del thing.FontFile2


def _archival_pdf(spoil: Callable[[pikepdf.Pdf], None] | None = None) -> bytes:
    """Make a page with one word, an embedded font and an associated file: PDF/A-3u unless spoilt."""
    pdfmetrics.registerFont(TTFont("Embedded", "Vera.ttf"))
    drawn = BytesIO()
    canvas = Canvas(drawn, pagesize=(300, 200), initialFontName="Embedded", invariant=1)
    canvas.setFont("Embedded", 20)
    canvas.drawString(20, 100, "witnessed")
    canvas.save()
    finished = BytesIO()
    with pikepdf.open(drawn) as pdf:
        profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
        pdf.Root.OutputIntents = Array(
            [
                Dictionary(
                    Type=Name.OutputIntent,
                    S=Name.GTS_PDFA1,
                    OutputConditionIdentifier="sRGB",
                    DestOutputProfile=pdf.make_stream(profile, N=3),
                )
            ]
        )
        attached = pdf.make_stream(b"{}", Type=Name.EmbeddedFile, Subtype=Name("/application/json"))
        file = pdf.make_indirect(
            Dictionary(
                Type=Name.Filespec,
                F="a.json",
                UF="a.json",
                AFRelationship=Name.Data,
                EF=Dictionary(F=attached, UF=attached),
            )
        )
        pdf.Root.AF = Array([file])
        pdf.Root.Names = Dictionary(EmbeddedFiles=Dictionary(Names=Array(["a.json", file])))
        for key in list(pdf.docinfo):
            del pdf.docinfo[key]
        with pdf.open_metadata(set_pikepdf_as_editor=False) as metadata:
            metadata["pdfaid:part"] = "3"
            metadata["pdfaid:conformance"] = "U"
        if spoil is not None:
            spoil(pdf)
        pdf.save(finished)
    return finished.getvalue()


def _signed_pdf(chain: Chain) -> bytes:
    """Sign a page with an invisible field, /ByteRange and hole filled in by hand."""
    finished = BytesIO()
    with pikepdf.open(BytesIO(_archival_pdf())) as pdf:
        field = pdf.make_indirect(
            Dictionary(
                Type=Name.Annot,
                Subtype=Name.Widget,
                FT=Name.Sig,
                T="Seal",
                Rect=Array([0, 0, 0, 0]),
                F=132,
                P=pdf.pages[0].obj,
                V=pdf.make_indirect(
                    Dictionary(
                        Type=Name.Sig,
                        Filter=Name("/Adobe.PPKLite"),
                        SubFilter=Name("/ETSI.CAdES.detached"),
                        ByteRange=Array([0, 1111111111, 2222222222, 3333333333]),
                        Contents=pikepdf.String(b"\0" * HOLE),
                    )
                ),
            )
        )
        pdf.pages[0].Annots = Array([field])
        pdf.Root.AcroForm = Dictionary(SigFlags=3, Fields=Array([field]))
        pdf.save(finished)
    data = finished.getvalue()
    hole = b"<" + b"00" * HOLE + b">"
    start = data.index(hole)
    end = start + len(hole)
    numbers = b"0 1111111111 2222222222 3333333333"
    assert data.count(numbers) == 1
    data = data.replace(numbers, (b"0 %d %d %d" % (start, end, len(data) - end)).ljust(len(numbers)))
    cms = sign_detached(chain, data[:start] + data[end:])
    return data[: start + 1] + cms.hex().encode().ljust(2 * HOLE, b"0") + data[end - 1 :]


def _flipped(data: bytes, position: int) -> bytes:
    return data[:position] + bytes([data[position] ^ 1]) + data[position + 1 :]


@pytest.fixture(scope="module")
def rsa(tmp_path_factory: pytest.TempPathFactory) -> Chain:
    return make_chain(tmp_path_factory.mktemp("rsa"), RSA)


@pytest.fixture(scope="module")
def sm2(tmp_path_factory: pytest.TempPathFactory) -> Chain:
    return make_chain(tmp_path_factory.mktemp("sm2"), SM2)


@pytest.fixture(params=["rsa", "sm2"])
def chain(request: pytest.FixtureRequest) -> Chain:
    return request.getfixturevalue(request.param)


def test_verapdf(tmp_path: Path) -> None:
    cases = {
        "good": (_archival_pdf(), ""),
        "no intent": (_archival_pdf(_without_intent), "6.2.4.3-4 "),
        "no unicode": (_archival_pdf(_without_unicode), "6.2.11.7.2-1 "),
        "no relationship": (_archival_pdf(_without_relationship), "6.8-3 "),
        "no font": (_archival_pdf(_without_font_file), "6.2.11.4.1-1 "),
        "cut off": (_archival_pdf()[:1000], "ModelParsingException "),
        "no PDF": (b"%no PDF", "ModelParsingException "),
    }
    paths = {name: tmp_path / name for name in cases}
    for name, path in paths.items():
        path.write_bytes(cases[name][0])

    answers = witnesses.verapdf([*paths.values(), tmp_path / "absent"])

    assert answers[paths["good"]] == witnesses.Conformance(compliant=True, failures=())
    for name in list(cases)[1:]:
        answer = answers[paths[name]]
        assert not answer.compliant, name
        assert any(failure.startswith(cases[name][1]) for failure in answer.failures), (name, answer)
    assert not answers[tmp_path / "absent"].compliant


def test_pdfsig(tmp_path: Path, rsa: Chain, sm2: Chain) -> None:
    def answer(pdf: bytes) -> tuple[witnesses.PdfSignature, ...]:
        path = tmp_path / "signed.pdf"
        path.write_bytes(pdf)
        return witnesses.pdfsig(path)

    signed = _signed_pdf(rsa)
    (good,) = answer(signed)
    assert good == witnesses.PdfSignature(
        field="Seal",
        signer="Witness leaf",
        digest="SHA-256",
        kind="ETSI.CAdES.detached",
        whole_document=True,
        verdict="Signature is Valid.",
    )
    assert good.valid

    (changed,) = answer(_flipped(signed, signed.index(b"endstream") - 3))
    assert not changed.valid

    (appended,) = answer(signed + b"%% appended\nstartxref\n%d\n%%%%EOF\n" % _startxref(signed))
    assert not appended.whole_document

    (unknown,) = answer(_signed_pdf(sm2))
    assert not unknown.valid

    assert answer(_archival_pdf()) == ()
    with pytest.raises(witnesses.WitnessError):
        answer(b"%no PDF")


def _startxref(pdf: bytes) -> int:
    return int(pdf[pdf.rindex(b"startxref") + 9 :].split()[0])


def test_pyhanko(rsa: Chain, sm2: Chain) -> None:
    signed = _signed_pdf(rsa)
    (good,) = witnesses.pyhanko(signed, rsa.root_pem)
    assert good.accepted
    assert good.whole_document

    (changed,) = witnesses.pyhanko(_flipped(signed, signed.index(b"endstream") - 3), rsa.root_pem)
    assert not changed.accepted

    (untrusted,) = witnesses.pyhanko(signed, sm2.root_pem)
    assert not untrusted.accepted

    (expired,) = witnesses.pyhanko(signed, rsa.root_pem, at=datetime.now(UTC) + timedelta(days=31))
    assert not expired.accepted

    writer = IncrementalPdfFileWriter(BytesIO(signed))
    writer.root["/Pages"]["/Kids"][0]["/Rotate"] = NumberObject(180)
    writer.mark_update(writer.root["/Pages"]["/Kids"].raw_get(0))
    turned = BytesIO()
    writer.write(turned)
    (overlaid,) = witnesses.pyhanko(turned.getvalue(), rsa.root_pem)
    assert not overlaid.accepted
    assert not overlaid.whole_document


def test_signed_parts(chain: Chain) -> None:
    pdf = _signed_pdf(chain)
    (parts,) = witnesses.signed_parts(pdf)
    assert parts.field == "Seal"
    assert len(parts.content) == len(pdf) - 2 * HOLE - 2
    assert parts.cms.hex().encode() in pdf
    assert witnesses.bouncy_castle(parts.cms, parts.content, [chain.root_pem]).accepted


def test_qpdf(tmp_path: Path) -> None:
    path = tmp_path / "a.pdf"
    path.write_bytes(_archival_pdf())
    assert witnesses.qpdf_check(path) == ""
    path.write_bytes(_archival_pdf()[:-30])
    assert "startxref" in witnesses.qpdf_check(path)
    path.write_bytes(b"%no PDF")
    assert "damaged" in witnesses.qpdf_check(path)


def test_pdftotext(tmp_path: Path) -> None:
    path = tmp_path / "a.pdf"
    path.write_bytes(_archival_pdf())
    assert witnesses.pdftotext(path).strip() == "witnessed"
    path.write_bytes(_archival_pdf(_with_wrong_unicode))
    assert witnesses.pdftotext(path).strip() == "xitnessed"
    path.write_bytes(b"%no PDF")
    with pytest.raises(witnesses.WitnessError):
        witnesses.pdftotext(path)


def test_pdftoppm(tmp_path: Path) -> None:
    path = tmp_path / "a.pdf"
    path.write_bytes(_archival_pdf())
    (picture,) = witnesses.pdftoppm(path, dpi=144)
    with Image.open(BytesIO(picture)) as page:
        assert page.size == (600, 400)
        darkest, lightest = page.convert("L").getextrema()
        assert (darkest, lightest) == (0, 255)
    path.write_bytes(b"%no PDF")
    with pytest.raises(witnesses.WitnessError):
        witnesses.pdftoppm(path)


def test_openssl(rsa: Chain, sm2: Chain) -> None:
    cms = sign_detached(rsa, CONTENT)
    verify = witnesses.openssl_cms_verify
    assert verify(cms, CONTENT, rsa.root_pem) == ""
    assert "content verify error" in verify(cms, CONTENT + b".", rsa.root_pem)
    assert "unable to get issuer certificate" in verify(cms, CONTENT, rsa.ca_pem)
    assert verify(_flipped(cms, len(cms) - 1), CONTENT, rsa.root_pem) != ""
    assert verify(b"no CMS", CONTENT, rsa.root_pem) != ""
    assert verify(sign_detached(sm2, CONTENT), CONTENT, sm2.root_pem) != ""

    misnamed = sign_detached(rsa, CONTENT, named_certificate_pem=rsa.ca_pem)
    assert "ess cert id" in verify(misnamed, CONTENT, rsa.root_pem)
    assert verify(misnamed, CONTENT, rsa.root_pem, cades=False) == ""


def test_bouncy_castle(chain: Chain, tmp_path: Path) -> None:
    cms = sign_detached(chain, CONTENT)
    roots = (chain.root_pem,)
    stranger = make_chain(tmp_path, chain.family)
    now = datetime.now(UTC)

    def case(cms: bytes, content: bytes = CONTENT, roots: tuple[bytes, ...] = roots, at: datetime = now) -> CmsCase:
        return CmsCase(cms=cms, content=content, roots=roots, at=at)

    good, changed, forged, misnamed, untrusted, below, early, late, rubbish = witnesses.bouncy_castle_many(
        [
            case(cms),
            case(cms, content=CONTENT + b"."),
            case(_flipped(cms, len(cms) - 1)),
            case(sign_detached(chain, CONTENT, named_certificate_pem=chain.ca_pem)),
            case(cms, roots=(stranger.root_pem,)),
            case(cms, roots=(stranger.root_pem, chain.ca_pem)),
            case(cms, at=now - timedelta(days=2)),
            case(cms, at=now + timedelta(days=31)),
            case(b"no CMS"),
        ]
    )
    assert good.accepted
    assert good.chain_length == 3
    assert good.facts["digest_algorithm"] == chain.family.digest_oid
    assert good.signed_attributes == {"1.2.840.113549.1.9.3", "1.2.840.113549.1.9.4", "1.2.840.113549.1.9.16.2.47"}
    assert below.accepted
    assert below.chain_length == 2

    for refused in (changed, forged, misnamed, untrusted, early, late, rubbish):
        assert not refused.accepted
    assert not changed.signature_valid
    assert not forged.signature_valid
    assert not misnamed.names_its_certificate
    assert [facts.chain_length for facts in (untrusted, early, late)] == [0, 0, 0]
    assert misnamed.signature_valid
    assert "CMSException" in rubbish.facts["error"]


def test_bouncy_castle_uses_the_default_sm2_identifier(sm2: Chain) -> None:
    other = dataclasses.replace(sm2.family, signing_options=("-pkeyopt", "distid:somebody else"))
    cms = sign_detached(dataclasses.replace(sm2, family=other), CONTENT)
    assert not witnesses.bouncy_castle(cms, CONTENT, [sm2.root_pem]).signature_valid


PAGE = """<!DOCTYPE html><html lang="zh"><meta charset="utf-8"><title>核验</title><body>
<p>通过<span hidden>hidden</span></p><div style="width: {width}px">wide</div>
<form onsubmit="document.title = this.n.value; return false"><input name="n"><button>查</button></form>
"""


def test_chromium(chromium: browser.Chromium, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text(PAGE.format(width=300), encoding="utf-8")

    pictures: list[bytes] = []

    def take(opened: Page) -> None:
        pictures.append(opened.screenshot())

    view = chromium.view(page.as_uri(), act=take)
    assert view.title == "核验"
    assert "通过" in view.text
    assert "hidden" not in view.text
    assert view.content_width <= view.width == 360
    assert view.faults == ()
    with Image.open(BytesIO(pictures[0])) as picture:
        assert picture.width == 360

    def fill(opened: Page) -> None:
        opened.fill("input", "李四")
        opened.click("button")

    assert chromium.view(page.as_uri(), act=fill).title == "李四"

    page.write_text(PAGE.format(width=500) + "<script>nonsense()</script><img src=absent.png>", encoding="utf-8")
    view = chromium.view(page.as_uri())
    assert view.content_width > view.width
    assert any("nonsense" in fault for fault in view.faults)
    assert any("absent.png" in fault for fault in view.faults)
    assert chromium.view(page.as_uri(), width=1280, height=800).content_width == 1280

    with pytest.raises(PlaywrightError):
        chromium.view((tmp_path / "absent.html").as_uri())


def test_chromium_keeps_nothing_for_the_next_view(chromium: browser.Chromium, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    script = "document.title = localStorage.kept || sessionStorage.kept || 'nothing'"
    page.write_text(f"<title>-</title><script>{script}</script>")
    cookie = {"name": "kept", "value": "yes", "url": "http://127.0.0.1"}

    def keep(where: str) -> None:
        def act(opened: Page) -> None:
            opened.context.add_cookies([cookie])
            opened.evaluate(f"{where}.kept = 'yes'")

        assert chromium.view(page.as_uri(), width=500, act=act).title == "nothing"

    def ask(opened: Page) -> None:
        opened.context.add_cookies([cookie])
        opened.evaluate("address => { fetch(address, { mode: 'no-cors' }) }", f"http://127.0.0.1:{port}/")

    def look(opened: Page) -> None:
        assert opened.context.cookies() == []
        assert opened.evaluate("innerWidth") == 360

    keep("localStorage")
    keep("sessionStorage")
    assert chromium.view(page.as_uri(), act=look).title == "nothing"
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        chromium.view(page.as_uri(), act=ask)
        assert chromium.view(page.as_uri(), act=look).faults == ()


def test_chromium_leaves_event_loops_to_the_tests(chromium: browser.Chromium) -> None:
    async def nothing() -> None:
        await asyncio.sleep(0)

    chromium.view("about:blank")
    asyncio.run(nothing())
