"""Reads the signatures of a PDF that somebody else made. For the process that `child` starts; see `foreign_pdf`.

What it answers is checked again by the caller: here the file is understood, there the bytes are cut.
"""

import base64
import hashlib
import re

from .errors import Fault, MalformedError, TooLargeError
from .evidence import MAX_EVIDENCE
from .foreign_facts import (
    HEADER_WITHIN,
    MAX_CONTENTS_BYTES,
    MAX_EVIDENCE_BYTES,
    MAX_SIGNATURES,
    WHITE_SPACE,
    ChangeKind,
)
from .pdf_changes import Comparison, Revision
from .pdf_graph import GraphField, PdfGraph, Value, numbers_of, text_of

MAX_REVISIONS = 1_000  # the last ones
MAX_TEXT = 500  # characters of a name, reason, place
MAX_COMPARED_OBJECTS = 10_000  # of a file that is read a second time; it takes as long as the first

_SHOWN = frozenset(
    {ChangeKind.PAGES, ChangeKind.FORM_VALUES, ChangeKind.SIGNATURES, ChangeKind.SHOWN_SIGNATURES, ChangeKind.EVIDENCE}
)


def answer(data: bytes, _: str) -> dict[str, Value]:
    """The facts of a file."""
    header = data.find(b"%PDF-", 0, HEADER_WITHIN)
    if header < 0:
        raise MalformedError(Fault.FORMAT_PDF, "not a PDF")
    graph = open_graph(data)
    whole = Revision(graph)
    signed = [field for field in whole.fields if field.kind == "/Sig" and graph.value(field.entries.get("/V"))]
    if len(signed) > MAX_SIGNATURES:
        raise TooLargeError(f"more than {MAX_SIGNATURES} signatures in a PDF")
    signatures: list[Value] = [_signature(data, whole, field) for field in signed]
    return {
        "pages": len(whole.pages),
        "encrypted": graph.encrypted,
        # Known only now: every object has been read.
        "repaired": graph.repaired,
        "ambiguous": bool(signed) and not graph.repaired and _is_ambiguous(data, whole),
        "header": header,
        "revisions": [found.end() for found in re.finditer(rb"%%EOF(?:\r\n|\r|\n)?", data)][-MAX_REVISIONS:],
        "stray": max(0, data.count(b"/ByteRange") - len(signed)),
        "signatures": signatures,
        "evidence": _evidence(graph),
    }


def _evidence(graph: PdfGraph) -> dict[str, Value]:
    """The document security store (ISO 32000-2 section 12.8.4.3), as much of it as there may be; in Base64."""
    store, left = graph.dictionary(graph.root.get("/DSS")), MAX_EVIDENCE_BYTES
    found: dict[str, Value] = {}
    for name, key in (("certificates", "/Certs"), ("crls", "/CRLs"), ("ocsps", "/OCSPs")):
        items: list[Value] = []
        for item in graph.array(store.get(key))[:MAX_EVIDENCE]:
            content = graph.stream_text(item) if isinstance(item, str) else b""
            if 0 < len(content) <= left:
                left -= len(content)
                items.append(base64.b64encode(content).decode("ascii"))
        found[name] = items
    return found


def open_graph(data: bytes) -> PdfGraph:
    """The file as it is, or repaired when its table of places is broken."""
    try:
        graph = PdfGraph(data)
        if graph.root.get("/Pages") is not None:
            return graph
    except MalformedError:
        pass
    graph = PdfGraph(data, repair=True)
    if graph.root.get("/Pages") is None:
        raise MalformedError(Fault.FORMAT_PDF, "the PDF has no pages")
    return graph


def _is_ambiguous(data: bytes, whole: Revision) -> bool:
    """Whether a reader that rebuilds the table from the objects that it finds sees other pages or forms.

    An object stream may hold an older state of what an update has replaced, so of files with such streams nobody can
    tell; nor of those that only a repair of another kind could read.
    """
    if len(whole.graph.places) > MAX_COMPARED_OBJECTS or b"/ObjStm" in data:
        return False
    try:
        rebuilt = Revision(PdfGraph(data.replace(b"startxref", b"startxxxx"), repair=True))
    except MalformedError:
        return False
    found = Comparison(whole, rebuilt).kinds
    rebuilt.graph.close()
    return bool(found & _SHOWN)


def _value_of(field: GraphField) -> str:
    value = field.entries.get("/V")
    return value if isinstance(value, str) else ""


def _signature(data: bytes, whole: Revision, field: GraphField) -> dict[str, Value]:
    graph = whole.graph
    entries = graph.dictionary(field.entries.get("/V"))
    # Not looked up: what is named instead of written there could be exchanged (ISO 32000-2 table 255).
    byte_range = entries.get("/ByteRange")
    contents = entries.get("/Contents")
    raw = bytes.fromhex(contents[2:]) if isinstance(contents, str) and contents.startswith("b:") else b""
    if len(raw) > MAX_CONTENTS_BYTES:
        raise TooLargeError(f"a signature of more than {MAX_CONTENTS_BYTES} bytes")
    integers = isinstance(byte_range, list) and len(byte_range) == 4 and all(type(part) is int for part in byte_range)
    end = byte_range[2] + byte_range[3] if isinstance(byte_range, list) and integers else -1
    locks, certification = _locks(graph, entries), _certification(graph, entries)
    kinds, pages = _changes(data, whole, end, locks=locks)
    page, rectangle = _shown(whole, field)
    return {
        "field": field.name[:MAX_TEXT],
        "value": _value_of(field),
        "sub_filter": _name(graph, entries.get("/SubFilter")),
        "type": _name(graph, entries.get("/Type")),
        "byte_range": byte_range if integers else None,
        "contents_length": len(raw),
        "contents_digest": hashlib.sha256(raw).hexdigest(),
        "time": _text(graph, entries.get("/M")),
        "name": _text(graph, entries.get("/Name")),
        "reason": _text(graph, entries.get("/Reason")),
        "location": _text(graph, entries.get("/Location")),
        "page": page,
        "rectangle": rectangle,
        "certification": certification,
        "permits_filling": certification in (2, 3)
        or (certification is None and any(_leaves_free(graph, lock) for lock in locks)),
        "kinds": sorted(kinds),
        "changed_pages": sorted(pages),
    }


def _changes(
    data: bytes, whole: Revision, end: int, *, locks: list[dict[str, Value]]
) -> tuple[set[ChangeKind], set[int]]:
    """What came after byte `end`; whatever cannot be explained, or the signature has locked, is `OTHER`."""
    if not 0 < end <= len(data):
        return {ChangeKind.OTHER}, set()
    behind = data[end:]
    if not behind.strip(WHITE_SPACE):
        return set(), set()
    try:
        before = Revision(PdfGraph(data[:end], later=whole.graph))
    except MalformedError:
        return {ChangeKind.OTHER}, set()
    comparison = Comparison(before, whole)
    kinds = comparison.kinds
    before.graph.close()
    # Two tables of places for two sorts of readers, or a broken one: another reader may see another file.
    locked = any(_is_locked(whole.graph, lock, name) for lock in locks for name in comparison.filled)
    if not kinds or locked or before.graph.repaired or whole.graph.repaired or b"/XRefStm" in behind:
        kinds.add(ChangeKind.OTHER)
    return kinds, comparison.pages


def _shown(whole: Revision, field: GraphField) -> tuple[int | None, list[float] | None]:
    for widget in field.widgets:
        page = whole.page_of.get(widget)
        edges = numbers_of(whole.graph, whole.graph.dictionary(widget).get("/Rect"))
        if page is not None and len(edges) == 4 and whole.is_visible(widget):
            return page, edges
    return None, None


def _locks(graph: PdfGraph, entries: dict[str, Value]) -> list[dict[str, Value]]:
    """Which form fields the signature has locked (ISO 32000-1 section 12.8.2.4)."""
    references = [graph.dictionary(item) for item in graph.array(entries.get("/Reference"))]
    return [
        graph.dictionary(reference.get("/TransformParams"))
        for reference in references
        if graph.value(reference.get("/TransformMethod")) == "/FieldMDP"
    ]


def _is_locked(graph: PdfGraph, lock: dict[str, Value], name: str) -> bool:
    """A lock on a field is one on all below it; of an unknown kind it is one on everything."""
    listed = [text_of(graph.value(item)) for item in graph.array(lock.get("/Fields"))]
    among = any(name == one or name.startswith(f"{one}.") for one in listed)
    match graph.value(lock.get("/Action")):
        case "/Include":
            return among
        case "/Exclude":
            return not among
        case _:
            return True


def _leaves_free(graph: PdfGraph, lock: dict[str, Value]) -> bool:
    """Whether a lock names fields, and so says that the others may be filled in."""
    return graph.value(lock.get("/Action")) in ("/Include", "/Exclude")


def _certification(graph: PdfGraph, entries: dict[str, Value]) -> int | None:
    """Level P of a DocMDP entry; 2 is what an absent one means (ISO 32000-1 table 254)."""
    for item in graph.array(entries.get("/Reference")):
        reference = graph.dictionary(item)
        if graph.value(reference.get("/TransformMethod")) == "/DocMDP":
            level = graph.value(graph.dictionary(reference.get("/TransformParams")).get("/P"))
            return level if type(level) is int and level in (1, 2, 3) else 2
    return None


def _name(graph: PdfGraph, value: Value) -> str:
    name = graph.value(value)
    return name[1:MAX_TEXT] if isinstance(name, str) and name.startswith("/") else ""


def _text(graph: PdfGraph, value: Value) -> str:
    return text_of(graph.value(value))[:MAX_TEXT]
