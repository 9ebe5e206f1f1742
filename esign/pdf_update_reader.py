"""What must be known of a PDF to seal it by an update behind its end. For the process that `child` starts.

The caller writes the update and never parses the file: it gets the two objects that change in PDF syntax.
"""

import re

from .errors import Fault, MalformedError
from .foreign_pdf_reader import open_graph
from .pdf_changes import Revision
from .pdf_graph import GraphPage, PdfGraph, Value, numbers_of, text_of
from .preflight_reader import findings

_PDFA_PART = re.compile(rb"pdfaid:part\s*(?:=\s*[\"']|>)\s*([1-9])")


def answer(data: bytes, argument: str) -> dict[str, Value]:
    """Findings, catalogue, the page of the given number (from 1) and the trailer; a page of None when there is none."""
    graph = open_graph(data)
    whole = Revision(graph)
    number = int(argument)
    metadata = graph.root.get("/Metadata")
    part = _PDFA_PART.search(graph.stream_text(metadata)) if isinstance(metadata, str) else None
    return {
        "findings": findings(data, whole),
        "catalogue": text_of(graph.trailer.get("/Root")),
        "catalogue_source": graph.source(text_of(graph.trailer.get("/Root")), without=_SET_IN_CATALOGUE),
        "page": _page(graph, whole.pages[number - 1]) if 0 < number <= len(whole.pages) else None,
        "size": _free_number(graph),
        "info": text_of(graph.trailer.get("/Info")),
        "identity": graph.identity().hex(),
        "table_is_stream": graph.trailer.get("/Type") == "/XRef",
        "pdfa_part": int(part[1]) if part else 0,
    }


_SET_IN_CATALOGUE = frozenset({"/AcroForm", "/Perms"})
_SET_IN_PAGE = frozenset({"/Annots"})


def _free_number(graph: PdfGraph) -> int:
    stated = graph.trailer.get("/Size")
    highest = max(int(reference.split()[0]) for reference in graph.references())
    return max(highest + 1, stated if isinstance(stated, int) else 0)


def _page(graph: PdfGraph, page: GraphPage) -> dict[str, Value]:
    media = _box(numbers_of(graph, page.entries.get("/MediaBox")))
    # What lies outside the media is not shown, whatever the crop box says (ISO 32000-1 section 14.11.2).
    crop = _box(numbers_of(graph, page.entries.get("/CropBox"))) if "/CropBox" in page.entries else media
    if media is None or crop is None:
        raise MalformedError(Fault.FORMAT_PDF, "a page without a size")
    rotation = graph.value(page.entries.get("/Rotate"))
    unit = graph.value(page.entries.get("/UserUnit"))
    return {
        "object": page.reference,
        "source": graph.source(page.reference, without=_SET_IN_PAGE),
        "annotations": graph.items_source(page.reference, "/Annots"),
        "box": [max(media[0], crop[0]), max(media[1], crop[1]), min(media[2], crop[2]), min(media[3], crop[3])],
        "rotation": rotation % 360 if isinstance(rotation, int) and rotation % 90 == 0 else 0,
        "unit": unit if isinstance(unit, int | float) and 0.1 <= unit <= 100 else 1,
    }


def _box(edges: list[float]) -> tuple[float, float, float, float] | None:
    if len(edges) != 4:
        return None
    left, bottom, right, top = edges
    return min(left, right), min(bottom, top), max(left, right), max(bottom, top)
