"""Looks for dormant content in a PDF that is to be sealed. For the process that `child` starts; see `preflight`.

Every object of the file is looked at, also those that nothing names: what sleeps in a file is woken by a small change
later (the "shadow attacks" of Mainka, Mladenov and Rohlmann, 2021).
"""

import re
from collections.abc import Iterator

from .foreign_facts import HEADER_WITHIN, WHITE_SPACE
from .foreign_pdf_reader import open_graph
from .pdf_changes import Revision
from .pdf_graph import REFERENCE, STREAM, PdfGraph, Value, numbers_of, text_of
from .preflight_findings import PreflightCode as Code

MAX_SEALED_PAGES = 1_000
MAX_PAGE_SIDE = 14_400  # points: ISO 32000-1 Annex C, 200 inches
MIN_PAGE_SIDE = 3
MAX_FINDINGS = 200
_MAX_DETAIL = 80

# ISO 32000-1 tables 198 and 202, ISO 32000-2 tables 201 and 239. GoTo and named ones stay in the document.
_ACTIONS = frozenset(
    "/Launch /URI /SubmitForm /ResetForm /ImportData /GoToR /GoToE /GoToDp /Hide /SetOCGState /Thread /Trans".split()
)
_MEDIA_ACTIONS = frozenset("/Rendition /Movie /Sound /GoTo3DView /RichMediaExecute".split())
_MEDIA = frozenset("/Movie /Screen /Sound /3D /RichMedia /Projection".split())
_FONT_KINDS = frozenset("/Type1 /MMType1 /TrueType /CIDFontType0 /CIDFontType2".split())
_NAME_TREES = {
    "/JavaScript": Code.SCRIPT,
    "/EmbeddedFiles": Code.EMBEDDED_FILE,
    "/Templates": Code.HIDDEN_PAGE,
    "/Pages": Code.HIDDEN_PAGE,
    "/AlternatePresentations": Code.ALTERNATE_CONTENT,
    "/Renditions": Code.RICH_MEDIA,
    "/URLS": Code.EXTERNAL_REFERENCE,
    "/IDS": Code.EXTERNAL_REFERENCE,
}
_OWN_TYPES = frozenset("/Page /Pages /Catalog /Annot /XObject /Font /Action /Sig".split())
_STRUCTURAL = frozenset("/XRef /ObjStm".split())
_HIDDEN, _NO_VIEW, _INVISIBLE, _TOGGLE = 2, 32, 1, 256  # ISO 32000-1 table 165

Found = tuple[Code, str, str]
"""What, at which object, what it is called."""


def answer(data: bytes, _: str) -> list[Value]:
    """The findings as lists: code, page or null, object, detail."""
    graph = open_graph(data)
    return findings(data, Revision(graph))


def findings(data: bytes, whole: Revision) -> list[Value]:
    """What was found, each thing at one object once, at most `MAX_FINDINGS`."""
    owners = _owners(whole)
    reached = _reached(whole.graph, list(whole.graph.trailer.values()), set())
    found: dict[tuple[Code, str], tuple[int | None, str]] = {}
    for code, reference, detail in _all(data, whole, reached):
        # A warning about a font is one about the font, however often the file holds it.
        key = (code, detail if code is Code.FONT_NOT_EMBEDDED else reference)
        found.setdefault(key, (owners.get(reference), detail))
    ordered = sorted(found.items(), key=lambda item: (list(Code).index(item[0][0]), item[1][0] or 0))
    return [
        [code.value, page, "" if code is Code.FONT_NOT_EMBEDDED else place.removesuffix(" R"), detail[:_MAX_DETAIL]]
        for (code, place), (page, detail) in ordered[:MAX_FINDINGS]
    ]


def _all(data: bytes, whole: Revision, reached: set[str]) -> Iterator[Found]:
    graph = whole.graph
    yield from _file(data, graph)
    yield from _pages(whole)
    yield from _catalogue(whole)
    yield from _layers(graph)
    pages = {page.reference for page in whole.pages}
    hints = _hints(graph)
    for reference in graph.references():
        value = graph.value(reference)
        kind = _name(graph, value, "/Type") if isinstance(value, dict) else ""
        if kind in _STRUCTURAL or graph.places[reference] == hints:
            continue
        for entries in _dictionaries(value):
            yield from _dictionary(graph, entries, reference)
        if kind == "/Page" and reference not in pages:
            yield Code.HIDDEN_PAGE, reference, ""
        elif reference not in reached and isinstance(value, dict) and (STREAM in value or kind in _OWN_TYPES):
            yield Code.UNREFERENCED, reference, kind
    # Known only now: every object has been read.
    if graph.repaired or graph.has_double_keys():
        yield Code.DAMAGED, "", ""


def _file(data: bytes, graph: PdfGraph) -> Iterator[Found]:
    if graph.encrypted:
        yield Code.ENCRYPTED, "", ""
    if b"/XRefStm" in data:
        yield Code.HYBRID, "", ""
    if data.find(b"%PDF-", 0, HEADER_WITHIN) != 0 or data[data.rfind(b"%%EOF") + 5 :].strip(WHITE_SPACE):
        yield Code.BYTES_OUTSIDE, "", ""
    places = [place for place in graph.places.values() if place[0] == 1]
    if len(set(places)) != len(places):
        yield Code.OVERLAP, "", ""
    # A file that is written for the web has two end marks from the start (ISO 32000-1 Annex F).
    linearized = b"/Linearized" in data[:HEADER_WITHIN]
    if len(re.findall(rb"%%EOF", data)) > (2 if linearized else 1):
        yield Code.EARLIER_REVISIONS, "", ""


def _pages(whole: Revision) -> Iterator[Found]:
    if len(whole.pages) > MAX_SEALED_PAGES:
        yield Code.TOO_MANY_PAGES, "", str(len(whole.pages))
    for page in whole.pages:
        edges = numbers_of(whole.graph, page.entries.get("/MediaBox"))
        sides = (abs(edges[2] - edges[0]), abs(edges[3] - edges[1])) if len(edges) == 4 else (0, 0)
        if min(sides) < MIN_PAGE_SIDE or max(sides) > MAX_PAGE_SIDE:
            yield Code.PAGE_SIZE, page.reference, ""
        for item in whole.graph.array(page.entries.get("/Annots")):
            reference = item if isinstance(item, str) else page.reference
            yield from _annotation(whole, whole.graph.dictionary(item), reference)


def _annotation(whole: Revision, entries: dict[str, Value], reference: str) -> Iterator[Found]:
    graph = whole.graph
    kind = text_of(graph.value(entries.get("/Subtype")))
    flags = graph.value(entries.get("/F"))
    if isinstance(flags, int) and flags & (_HIDDEN | _NO_VIEW | _INVISIBLE | _TOGGLE):
        yield Code.HIDDEN_ANNOTATION, reference, kind
    if "/OC" in entries:
        yield Code.OPTIONAL_CONTENT, reference, kind
    # Another look under the pointer, or for another state.
    looks = graph.dictionary(entries.get("/AP"))
    normal = graph.dictionary(looks.get("/N"))
    if looks.keys() - {"/N"} or (STREAM not in normal and len(normal) > 1):
        yield Code.ALTERNATE_CONTENT, reference, kind
    if kind == "/Widget" and whole.identity(reference) is None:
        yield Code.FORM_FIELD, reference, text_of(graph.value(entries.get("/T")))


def _catalogue(whole: Revision) -> Iterator[Found]:
    graph, root = whole.graph, whole.graph.root
    reference = text_of(graph.trailer.get("/Root"))
    for field in whole.fields:
        signed = field.kind == "/Sig" and graph.value(field.entries.get("/V"))
        yield Code.SIGNED if signed else Code.FORM_FIELD, field.reference, field.name
    form = graph.dictionary(root.get("/AcroForm"))
    if "/XFA" in form:
        yield Code.XFA, reference, ""
    if graph.value(form.get("/NeedAppearances")) is True:
        yield Code.FORM_FIELD, reference, "NeedAppearances"
    if graph.dictionary(root.get("/Perms")):
        yield Code.SIGNED, reference, "Perms"
    for tree, code in _NAME_TREES.items():
        if tree in graph.dictionary(root.get("/Names")):
            yield code, reference, tree
    if "/Collection" in root:
        yield Code.EMBEDDED_FILE, reference, "/Collection"
    if "/URI" in root:
        yield Code.EXTERNAL_REFERENCE, reference, "/URI"


def _layers(graph: PdfGraph) -> Iterator[Found]:
    """Optional content is let through only where everything is shown, whatever the occasion."""
    properties = graph.dictionary(graph.root.get("/OCProperties"))
    if not properties:
        return
    reference = text_of(graph.trailer.get("/Root"))
    default = graph.dictionary(properties.get("/D"))
    configurations = [default, *(graph.dictionary(item) for item in graph.array(properties.get("/Configs")))]
    switches = len(configurations) > 1 or any(
        graph.array(configuration.get("/OFF"))
        or graph.array(configuration.get("/AS"))
        or graph.value(configuration.get("/BaseState")) not in (None, "/ON")
        for configuration in configurations
    )
    yield Code.OPTIONAL_CONTENT if switches else Code.LAYERS, reference, ""


def _dictionary(graph: PdfGraph, entries: dict[str, Value], reference: str) -> Iterator[Found]:
    """What one dictionary, wherever it stands, brings into the file."""
    kind, subtype = _name(graph, entries, "/Type"), _name(graph, entries, "/Subtype")
    action = _name(graph, entries, "/S")
    if action == "/JavaScript" or "/JS" in entries:
        yield Code.SCRIPT, reference, ""
    elif action in _ACTIONS:
        yield Code.ACTION, reference, action
    elif action in _MEDIA_ACTIONS or subtype in _MEDIA or kind in ("/3D", "/Rendition"):
        yield Code.RICH_MEDIA, reference, action or subtype
    for key in ("/Type", "/Subtype"):
        if isinstance(graph.value(entries.get(key)), list | dict):
            # Some readers take it for a missing one and guess what the object is.
            yield Code.DAMAGED, reference, key
    if not all(isinstance(kid, str) for kid in graph.array(entries.get("/Kids"))):
        # Some readers show a page that is no object of its own, others do not (ISO 32000-1 table 29).
        yield Code.DAMAGED, reference, "/Kids"
    if graph.value(entries.get("/AA")):
        yield Code.AUTOMATIC_ACTION, reference, "/AA"
    if "/OpenAction" in entries and graph.dictionary(entries["/OpenAction"]).get("/S") not in (None, "/GoTo"):
        yield Code.AUTOMATIC_ACTION, reference, "/OpenAction"
    if "/EF" in entries or kind == "/EmbeddedFile" or subtype == "/FileAttachment":
        yield Code.EMBEDDED_FILE, reference, text_of(graph.value(entries.get("/UF") or entries.get("/F")))
    elif kind in ("/Filespec", "/F") or (STREAM in entries and "/F" in entries):
        yield Code.EXTERNAL_REFERENCE, reference, text_of(graph.value(entries.get("/UF") or entries.get("/F")))
    if "/Ref" in entries and subtype == "/Form":
        yield Code.EXTERNAL_REFERENCE, reference, "/Ref"
    if "/OPI" in entries:
        yield Code.EXTERNAL_REFERENCE, reference, "/OPI"
    if "/Alternates" in entries or subtype == "/PS" or "/Subtype2" in entries:
        yield Code.ALTERNATE_CONTENT, reference, "/Alternates" if "/Alternates" in entries else "/PS"
    if kind == "/OCMD" and ("/VE" in entries or graph.value(entries.get("/P")) in ("/AllOff", "/AnyOff")):
        yield Code.OPTIONAL_CONTENT, reference, "/OCMD"
    if kind == "/OCG" and graph.dictionary(entries.get("/Usage")).keys() & {"/View", "/Print", "/Export", "/Zoom"}:
        yield Code.OPTIONAL_CONTENT, reference, text_of(graph.value(entries.get("/Name")))
    if kind == "/Font" and subtype in _FONT_KINDS:
        description = graph.dictionary(entries.get("/FontDescriptor"))
        if not description.keys() & {"/FontFile", "/FontFile2", "/FontFile3"}:
            yield Code.FONT_NOT_EMBEDDED, reference, text_of(graph.value(entries.get("/BaseFont"))).lstrip("/")


def _name(graph: PdfGraph, entries: dict[str, Value], key: str) -> str:
    """The name at a key; values of another kind are none."""
    value = graph.value(entries.get(key))
    return value if isinstance(value, str) else ""


def _dictionaries(value: Value) -> Iterator[dict[str, Value]]:
    """The dictionaries in one object, without those that it refers to."""
    waiting = [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, dict):
            yield item
            waiting.extend(item.values())
        elif isinstance(item, list):
            waiting.extend(item)


def _reached(graph: PdfGraph, start: list[Value], seen: set[str]) -> set[str]:
    """The objects that these values lead to, but for those seen already; `seen` grows by them."""
    found: set[str] = set()
    waiting = list(start)
    while waiting:
        item = waiting.pop()
        if isinstance(item, str):
            if REFERENCE.fullmatch(item) and item not in seen:
                seen.add(item)
                found.add(item)
                waiting.append(graph.value(item))
        elif isinstance(item, dict):
            waiting.extend(entry for key, entry in item.items() if key != STREAM)
        elif isinstance(item, list):
            waiting.extend(item)
    return found


def _owners(whole: Revision) -> dict[str, int]:
    """The first page that leads to an object, without going through other pages or up the page tree."""
    graph = whole.graph
    owners = {page.reference: number for number, page in enumerate(whole.pages, start=1)}
    seen = set(owners)
    for number, page in enumerate(whole.pages, start=1):
        start = [value for key, value in page.entries.items() if key != "/Parent"]
        owners.update(dict.fromkeys(_reached(graph, start, seen), number))
    return owners


def _hints(graph: PdfGraph) -> tuple[int, int, int] | None:
    """Where the hint stream of a file written for the web stands; nothing names it (ISO 32000-1 Annex F)."""
    for reference in graph.references():
        entries = graph.dictionary(reference)
        if "/Linearized" in entries:
            start = numbers_of(graph, entries.get("/H"))[:1]
            return (1, int(start[0]), 0) if start else None
    return None
