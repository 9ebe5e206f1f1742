"""Pre-flight: every kind of dormant content refuses the seal by name, and ordinary files pass."""

import io
from collections.abc import Callable
from typing import Any

import pikepdf
import pytest
from pikepdf import Array, Dictionary, Name, String
from reportlab.pdfgen import canvas

from esign import MalformedError, PreflightCode, TooLargeError, preflight
from esign.preflight_findings import WARNINGS

Code = PreflightCode


def document(pages: int = 2) -> pikepdf.Pdf:
    made = pikepdf.new()
    for _ in range(pages):
        made.add_blank_page(page_size=(595, 842))
    return made


def saved(made: pikepdf.Pdf, **how: Any) -> bytes:
    out = io.BytesIO()
    made.save(out, static_id=True, **how)
    return out.getvalue()


def codes(pdf: bytes) -> set[PreflightCode]:
    return {finding.code for finding in preflight(pdf)}


def annotate(made: pikepdf.Pdf, **entries: Any) -> None:
    """Put an annotation on the second page."""
    annotation = Dictionary(Type=Name.Annot, Rect=Array([0, 0, 9, 9]), **entries)
    made.pages[1].obj.Annots = Array([made.make_indirect(annotation)])


def link(made: pikepdf.Pdf, **action: Any) -> None:
    annotate(made, Subtype=Name.Link, A=Dictionary(**action))


def resource(made: pikepdf.Pdf, kind: str, entry: Any) -> None:
    made.pages[1].obj.Resources = Dictionary({f"/{kind}": Dictionary(X=entry)})


def form(made: pikepdf.Pdf, field: Dictionary, **more: Any) -> None:
    made.Root.AcroForm = Dictionary(Fields=Array([made.make_indirect(field)]), **more)


def layers(made: pikepdf.Pdf, default: Dictionary, *, usage: Dictionary | None = None, **more: Any) -> None:
    group = Dictionary(Type=Name.OCG, Name=String("layer"))
    if usage is not None:
        group.Usage = usage
    made.Root.OCProperties = Dictionary(OCGs=Array([made.make_indirect(group)]), D=default, **more)


def file_specification(made: pikepdf.Pdf) -> Any:
    content = made.make_stream(b"MZ", Type=Name.EmbeddedFile)
    return made.make_indirect(
        Dictionary(Type=Name.Filespec, F=String("run.exe"), UF=String("run.exe"), EF=Dictionary(F=content))
    )


def names(made: pikepdf.Pdf, tree: str, value: Any) -> None:
    made.Root.Names = Dictionary({f"/{tree}": Dictionary(Names=Array([String("a"), value]))})


def script() -> Dictionary:
    return Dictionary(S=Name.JavaScript, JS=String("app.alert(1)"))


def launch() -> Dictionary:
    return Dictionary(S=Name.Launch, F=String("cmd.exe"))


PLANTED: dict[str, tuple[PreflightCode, Callable[[pikepdf.Pdf], Any]]] = {
    "script on opening": (Code.SCRIPT, lambda made: setattr(made.Root, "OpenAction", script())),
    "script of a page": (Code.SCRIPT, lambda made: setattr(made.pages[0].obj, "AA", Dictionary(O=script()))),
    "script of a link": (Code.SCRIPT, lambda made: link(made, S=Name.JavaScript, JS=String("x"))),
    "script by name": (Code.SCRIPT, lambda made: names(made, "JavaScript", script())),
    "script of a field": (Code.SCRIPT, lambda made: form(made, Dictionary(FT=Name.Tx, AA=Dictionary(K=script())))),
    "script after an action": (
        Code.SCRIPT,
        lambda made: link(made, S=Name.GoTo, D=Array([made.pages[0].obj, Name.Fit]), Next=script()),
    ),
    "script nobody names": (Code.SCRIPT, lambda made: made.make_indirect(script())),
    "page events": (Code.AUTOMATIC_ACTION, lambda made: setattr(made.pages[0].obj, "AA", Dictionary(O=launch()))),
    "launch on opening": (Code.AUTOMATIC_ACTION, lambda made: setattr(made.Root, "OpenAction", launch())),
    "launch": (Code.ACTION, lambda made: link(made, S=Name.Launch, F=String("cmd.exe"))),
    "web address": (Code.ACTION, lambda made: link(made, S=Name.URI, URI=String("http://example.org"))),
    "submit": (Code.ACTION, lambda made: link(made, S=Name.SubmitForm)),
    "import": (Code.ACTION, lambda made: link(made, S=Name.ImportData, F=String("x.fdf"))),
    "another file": (Code.ACTION, lambda made: link(made, S=Name.GoToR, F=String("other.pdf"), D=Array([0]))),
    "embedded file": (Code.ACTION, lambda made: link(made, S=Name.GoToE)),
    "hide": (Code.ACTION, lambda made: link(made, S=Name.Hide, T=String("x"))),
    "switch layers": (Code.ACTION, lambda made: link(made, S=Name.SetOCGState, State=Array([]))),
    "play": (Code.RICH_MEDIA, lambda made: link(made, S=Name.Rendition)),
    "attachment": (Code.EMBEDDED_FILE, lambda made: names(made, "EmbeddedFiles", file_specification(made))),
    "attachment of a page": (
        Code.EMBEDDED_FILE,
        lambda made: annotate(made, Subtype=Name.FileAttachment, FS=file_specification(made)),
    ),
    "associated file": (
        Code.EMBEDDED_FILE,
        lambda made: setattr(made.Root, "AF", Array([file_specification(made)])),
    ),
    "portfolio": (Code.EMBEDDED_FILE, lambda made: setattr(made.Root, "Collection", Dictionary())),
    "stream elsewhere": (
        Code.EXTERNAL_REFERENCE,
        lambda made: resource(
            made, "XObject", made.make_stream(b"", Subtype=Name.Image, F=String("http://example.org/x"))
        ),
    ),
    "file elsewhere": (
        Code.EXTERNAL_REFERENCE,
        lambda made: resource(made, "Properties", Dictionary(Type=Name.Filespec, FS=Name.URL, F=String("http://x"))),
    ),
    "reference XObject": (
        Code.EXTERNAL_REFERENCE,
        lambda made: resource(
            made, "XObject", made.make_stream(b"", Subtype=Name.Form, Ref=Dictionary(F=String("x.pdf"), Page=0))
        ),
    ),
    "OPI": (
        Code.EXTERNAL_REFERENCE,
        lambda made: resource(made, "XObject", made.make_stream(b"", Subtype=Name.Form, OPI=Dictionary())),
    ),
    "base address": (Code.EXTERNAL_REFERENCE, lambda made: setattr(made.Root, "URI", Dictionary(Base=String("x")))),
    "text field": (Code.FORM_FIELD, lambda made: form(made, Dictionary(FT=Name.Tx, T=String("sum"), DV=String("1")))),
    "empty signature field": (Code.FORM_FIELD, lambda made: form(made, Dictionary(FT=Name.Sig, T=String("s")))),
    "widget of no field": (Code.FORM_FIELD, lambda made: annotate(made, Subtype=Name.Widget, FT=Name.Tx)),
    "drawn on opening": (
        Code.FORM_FIELD,
        lambda made: setattr(made.Root, "AcroForm", Dictionary(Fields=Array([]), NeedAppearances=True)),
    ),
    "XFA": (Code.XFA, lambda made: setattr(made.Root, "AcroForm", Dictionary(Fields=Array([]), XFA=String("x")))),
    "signature": (
        Code.SIGNED,
        lambda made: form(made, Dictionary(FT=Name.Sig, T=String("s"), V=Dictionary(Type=Name.Sig))),
    ),
    "permissions": (
        Code.SIGNED,
        lambda made: setattr(made.Root, "Perms", Dictionary(UR3=Dictionary(Type=Name.Sig))),
    ),
    "layer that is off": (
        Code.OPTIONAL_CONTENT,
        lambda made: layers(made, Dictionary(OFF=Array([Dictionary(Type=Name.OCG)]))),
    ),
    "all layers off": (Code.OPTIONAL_CONTENT, lambda made: layers(made, Dictionary(BaseState=Name.OFF))),
    "layers by occasion": (
        Code.OPTIONAL_CONTENT,
        lambda made: layers(made, Dictionary(AS=Array([Dictionary(Event=Name.Print)]))),
    ),
    "a second set of layers": (
        Code.OPTIONAL_CONTENT,
        lambda made: layers(made, Dictionary(), Configs=Array([Dictionary(BaseState=Name.ON)])),
    ),
    "layer for printing": (
        Code.OPTIONAL_CONTENT,
        lambda made: layers(made, Dictionary(), usage=Dictionary(Print=Dictionary(PrintState=Name.OFF))),
    ),
    "layer by condition": (
        Code.OPTIONAL_CONTENT,
        lambda made: resource(made, "Properties", Dictionary(Type=Name.OCMD, P=Name.AllOff)),
    ),
    "page nobody lists": (
        Code.HIDDEN_PAGE,
        lambda made: made.make_indirect(Dictionary(Type=Name.Page, MediaBox=Array([0, 0, 9, 9]))),
    ),
    "template": (
        Code.HIDDEN_PAGE,
        lambda made: names(made, "Templates", made.make_indirect(Dictionary(Type=Name.Page))),
    ),
    "page tree nobody lists": (
        Code.UNREFERENCED,
        lambda made: made.make_indirect(Dictionary(Type=Name.Pages, Kids=Array([]), Count=0)),
    ),
    "form nobody draws": (
        Code.UNREFERENCED,
        lambda made: made.make_stream(b"0 g", Type=Name.XObject, Subtype=Name.Form),
    ),
    "content nobody shows": (Code.UNREFERENCED, lambda made: made.make_stream(b"BT ET")),
    "other picture": (
        Code.ALTERNATE_CONTENT,
        lambda made: resource(made, "XObject", made.make_stream(b"", Subtype=Name.Image, Alternates=Array([]))),
    ),
    "PostScript": (
        Code.ALTERNATE_CONTENT,
        lambda made: resource(made, "XObject", made.make_stream(b"", Subtype=Name.PS)),
    ),
    "list for a type": (Code.DAMAGED, lambda made: resource(made, "XObject", made.make_stream(b"", Type=Array([])))),
    "list for a subtype": (Code.DAMAGED, lambda made: annotate(made, Subtype=Array([Name.Stamp]))),
    "film": (Code.RICH_MEDIA, lambda made: annotate(made, Subtype=Name.RichMedia)),
    "sound": (Code.RICH_MEDIA, lambda made: annotate(made, Subtype=Name.Sound)),
    "three dimensions": (Code.RICH_MEDIA, lambda made: annotate(made, Subtype=Name("/3D"))),
    "hidden annotation": (Code.HIDDEN_ANNOTATION, lambda made: annotate(made, Subtype=Name.FreeText, F=2)),
    "annotation not viewed": (Code.HIDDEN_ANNOTATION, lambda made: annotate(made, Subtype=Name.Stamp, F=4 | 32)),
    "annotation in a layer": (
        Code.OPTIONAL_CONTENT,
        lambda made: annotate(made, Subtype=Name.Stamp, OC=Dictionary(Type=Name.OCG)),
    ),
    "no page size": (Code.PAGE_SIZE, lambda made: setattr(made.pages[0].obj, "MediaBox", Array([0, 0, 99999, 9]))),
    "font": (
        Code.FONT_NOT_EMBEDDED,
        lambda made: resource(made, "Font", Dictionary(Type=Name.Font, Subtype=Name.TrueType, BaseFont=Name.SimSun)),
    ),
    "layers, all shown": (Code.LAYERS, lambda made: layers(made, Dictionary(BaseState=Name.ON))),
}


MODES = (pikepdf.ObjectStreamMode.disable, pikepdf.ObjectStreamMode.generate)


@pytest.mark.parametrize(("what", "mode"), [(what, MODES[place % 2]) for place, what in enumerate(PLANTED)])
def test_what_is_planted_is_found(what: str, mode: pikepdf.ObjectStreamMode) -> None:
    code, plant = PLANTED[what]
    made = document()
    plant(made)
    # pikepdf would leave out what nobody names, and warns of a widget without a field.
    as_it_is = what.endswith(("nobody names", "nobody lists", "nobody draws", "nobody shows", "no field"))
    pdf = with_unreferenced(made) if as_it_is else saved(made, object_stream_mode=mode)
    found = {finding.code: finding for finding in preflight(pdf)}
    assert code in found
    assert found[code].refuses is (code not in WARNINGS)
    assert found[code].zh
    assert found[code].en


def with_unreferenced(made: pikepdf.Pdf) -> bytes:
    """The file with its unreferenced objects, which pikepdf would leave out: written object by object."""
    out, places = b"%PDF-1.7\n", []
    bodies = {found.objgen[0]: found for found in made.objects}
    for number in range(1, max(bodies) + 1):
        body = bodies[number]
        places.append(len(out))
        stream = b""
        if isinstance(body, pikepdf.Stream):
            stream = b"\nstream\n" + body.read_raw_bytes() + b"\nendstream"
            text = b"<</Length %d " % len(body.read_raw_bytes()) + pikepdf.Dictionary(
                {key: value for key, value in body.items() if key != "/Length"}
            ).unparse().removeprefix(b"<<")
        else:
            text = body.unparse(resolved=True)
        out += b"%d 0 obj\n" % number + text + stream + b"\nendobj\n"
    rows = b"".join(b"%010d 00000 n \n" % place for place in places)
    size, root = len(places) + 1, made.Root.objgen[0]
    trailer = b"trailer\n<</Size %d/Root %d 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (size, root, len(out))
    return out + b"xref\n0 %d\n0000000000 65535 f \n" % size + rows + trailer


def test_ordinary_files_pass(sealed: Any) -> None:
    out = io.BytesIO()
    paper = canvas.Canvas(out, invariant=True)
    paper.drawString(72, 700, "text")
    paper.bookmarkPage("here")
    paper.addOutlineEntry("here", "here")
    paper.linkRect("", "here", (72, 690, 200, 720))
    paper.showPage()
    paper.save()
    assert {finding.code for finding in preflight(out.getvalue()) if finding.refuses} == set()
    for how in (
        {"object_stream_mode": pikepdf.ObjectStreamMode.generate},
        {"object_stream_mode": pikepdf.ObjectStreamMode.disable},
        {"linearize": True},
    ):
        assert preflight(saved(document(), **how)) == ()


def test_a_finding_says_where(sealed: Any) -> None:
    made = document(3)
    link(made, S=Name.Launch, F=String("cmd.exe"))
    (finding,) = preflight(saved(made, object_stream_mode=pikepdf.ObjectStreamMode.disable))
    assert (finding.code, finding.page, finding.detail) == (Code.ACTION, 2, "/Launch")
    number, generation = finding.object.split()
    assert (int(number) > 0, generation) == (True, "0")
    assert finding.zh.startswith("文件含可执行动作或外部链接（第2页，/Launch")
    assert "page 2, /Launch, object" in finding.en
    assert codes(sealed.pdf) >= {Code.SIGNED, Code.EMBEDDED_FILE}


def test_an_attachment_is_named() -> None:
    made = document()
    names(made, "EmbeddedFiles", file_specification(made))
    assert "run.exe" in {finding.detail for finding in preflight(saved(made))}


def test_the_form_of_the_file() -> None:
    plain = saved(document(), object_stream_mode=pikepdf.ObjectStreamMode.disable)
    assert codes(plain) == set()
    assert codes(b"junk\n" + plain) >= {Code.BYTES_OUTSIDE}
    assert codes(plain + b"\n\n") == set()
    assert codes(plain + b"more") >= {Code.BYTES_OUTSIDE}
    assert codes(plain.replace(b"startxref\n", b"startxref\n9")) >= {Code.DAMAGED}
    assert codes(plain.replace(b"trailer <<", b"trailer << /XRefStm 9")) >= {Code.HYBRID}
    out = io.BytesIO()
    document().save(out, encryption=pikepdf.Encryption(owner="o", user=""))
    assert codes(out.getvalue()) >= {Code.ENCRYPTED}
    assert codes(saved(document(1001))) >= {Code.TOO_MANY_PAGES}


def test_an_earlier_revision_is_a_warning() -> None:
    plain = saved(document(), object_stream_mode=pikepdf.ObjectStreamMode.disable)
    with pikepdf.open(io.BytesIO(plain)) as opened:
        root, size = opened.Root.objgen[0], int(opened.trailer.Size)
        body = opened.Root.unparse(resolved=True)
    table = int(plain[plain.rindex(b"startxref") + 9 :].split()[0])
    out = plain + b"%d 0 obj\n%s\nendobj\n" % (root, body)
    out += b"xref\n%d 1\n%010d 00000 n \ntrailer\n<</Size %d/Root %d 0 R/Prev %d>>\nstartxref\n%d\n%%%%EOF\n" % (
        root, len(plain), size, root, table, len(out),
    )  # fmt: skip
    (finding,) = preflight(out)
    assert (finding.code, finding.refuses) == (Code.EARLIER_REVISIONS, False)


def test_no_pdf_at_all() -> None:
    with pytest.raises(MalformedError):
        preflight(b"no PDF")
    with pytest.raises(TooLargeError):
        preflight(b"%PDF-1.7" + b" " * (21 << 20))


def test_every_code_has_its_sentences() -> None:
    from esign import PreflightFinding

    for code in PreflightCode:
        finding = PreflightFinding(code=code, page=None, object="", detail="")
        assert any(character > "\u4e00" for character in finding.zh)
        assert finding.en.isascii()
