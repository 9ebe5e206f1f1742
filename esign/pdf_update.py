"""Sealing a PDF that somebody else made: an incremental update (ISO 32000-1 section 7.5.6) with one certification.

The bytes of the file stay as they are, all of them under the seal; behind them come the seal's field, its picture and
the two objects that name them. The file is understood in a process of its own (`pdf_update_reader`).
"""

import re
from dataclasses import dataclass
from datetime import datetime

from keys import hash_bytes

from . import pdf_objects as o
from .child import ask_child
from .errors import Fault, MalformedError, PreflightError, SealPlaceError, TooLargeError
from .foreign_pdf import PDF_LIMITS
from .pdf_drawing import MM
from .pdf_file import END, file_end
from .pdf_form import SEAL_FIELD, signature_dictionary
from .pdf_prepared import PreparedPdf, SealedFile, prepared, room_for
from .pdf_reading import MAX_PDF_BYTES
from .pdf_seal_picture import appearance, drawing_of, image_objects
from .preflight import findings_from
from .seal import Seal
from .tsp import Timestamper

_START = re.compile(rb"startxref\s+([0-9]{1,10})\s+%%EOF\s*\Z")
_REFERENCE = re.compile(r"([0-9]{1,10}) ([0-9]{1,5}) R")
# Turns a picture against the page's rotation (clockwise, ISO 32000-1 table 30), so that it stands upright when shown.
_UPRIGHT = {0: b"[1 0 0 1 0 0]", 90: b"[0 1 -1 0 0 0]", 180: b"[-1 0 0 -1 0 0]", 270: b"[0 -1 1 0 0 0]"}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Page:
    """The page that gets the seal."""

    object: tuple[int, int]
    source: bytes
    annotations: bytes
    box: tuple[float, float, float, float]
    """What is shown of it: left, bottom, right, top in its own units."""
    rotation: int
    unit: float
    """Points in one of its units."""

    def rectangle(self, x_mm: float, y_mm: float, width_mm: float, height_mm: float) -> tuple[float, ...]:
        """Where a picture lies whose middle a person sees at this place, from the top left corner of what is shown.

        Raises:
            SealPlaceError: it would reach over the page's edge.
        """
        scale = MM / self.unit
        x, y, across, down = x_mm * scale, y_mm * scale, width_mm * scale / 2, height_mm * scale / 2
        left, bottom, right, top = self.box
        if self.rotation in (90, 270):
            across, down = down, across
        middle = {
            0: (left + x, top - y),
            90: (left + y, bottom + x),
            180: (right - x, bottom + y),
            270: (right - y, top - x),
        }[self.rotation]
        edges = (middle[0] - across, middle[1] - down, middle[0] + across, middle[1] + down)
        if edges[0] < left or edges[1] < bottom or edges[2] > right or edges[3] > top:
            raise SealPlaceError(f"the seal at {x_mm:g} mm, {y_mm:g} mm reaches over the edge of the page")
        return edges


@dataclass(frozen=True, slots=True, kw_only=True)
class _Original:
    """What the update builds on."""

    catalogue: tuple[int, int]
    catalogue_source: bytes
    page: _Page
    size: int
    """The first free object number."""
    info: bytes
    identity: str
    table_is_stream: bool
    pdfa_part: int
    table: int
    """Where the last table of places stands."""


def seal_foreign_pdf(
    data: bytes,
    seal: Seal,
    *,
    page: int,
    x_mm: float,
    y_mm: float,
    at: datetime,
    timestamper: Timestamper | None = None,
) -> SealedFile:
    """The file with the seal on one page (from 1): a certification signature, DocMDP P=1, nothing may be changed.

    The place is that of the picture's middle, in millimetres from the top left corner of the page as it is shown. `at`
    is the signing time that the file states. A timestamp authority that fails costs the level, not the seal.

    Raises:
        PreflightError: the file has something that could change what it shows.
        SealPlaceError: no such page, or the picture does not fit there.
        TooLargeError: more than `MAX_PDF_BYTES`, or over `PDF_LIMITS`.
        MalformedError: `FORMAT_PDF` when it is no readable PDF.
    """
    waiting = prepare_foreign_pdf(
        data, seal, page=page, x_mm=x_mm, y_mm=y_mm, at=at, timestamped=timestamper is not None
    )
    return waiting.finish_timestamped(seal.signer.sign(waiting.attributes), timestamper)


def prepare_foreign_pdf(
    data: bytes, seal: Seal, *, page: int, x_mm: float, y_mm: float, at: datetime, timestamped: bool
) -> PreparedPdf:
    """The file but for the seal's digits; arguments and errors are those of `seal_foreign_pdf`."""
    original = _read(data, page)
    edges = original.page.rectangle(x_mm, y_mm, seal.picture.width, seal.picture.height)
    reserved = room_for(seal.signer, timestamped=timestamped)
    before, after = _update(data, original, seal, edges, at, reserved)
    return prepared(seal.signer, before, after, reserved)


def _update(
    data: bytes, original: _Original, seal: Seal, edges: tuple[float, ...], at: datetime, reserved: int
) -> tuple[bytes, bytes]:
    """The sealed file before and behind the digits of the signature."""
    signature, field, picture = range(original.size, original.size + 3)
    drawing = drawing_of(seal.picture)
    images = image_objects(drawing, picture + 1)
    bodies = {
        original.catalogue: _with(
            original.catalogue_source,
            AcroForm=o.dictionary(Fields=o.references([field]), SigFlags=b"3"),
            Perms=o.dictionary(DocMDP=o.reference(signature)),
        ),
        original.page.object: _with(
            original.page.source, Annots=b"[" + original.page.annotations + b" " + o.reference(field) + b"]"
        ),
        (field, 0): o.dictionary(
            Type=b"/Annot",
            Subtype=b"/Widget",
            FT=b"/Sig",
            T=b"(" + SEAL_FIELD.encode("ascii") + b")",
            F=b"132",  # Print and Locked
            P=b"%d %d R" % original.page.object,
            Rect=o.box(*edges),
            AP=o.dictionary(N=o.reference(picture)),
            V=o.reference(signature),
        ),
        # Upright on the page as it is shown; the reader stretches it into the field's rectangle.
        (picture, 0): appearance(
            drawing,
            o.box(0, 0, seal.picture.width * MM, seal.picture.height * MM),
            image=picture + 1,
            matrix=_UPRIGHT[original.page.rotation],
            transparent=original.pdfa_part != 1,  # PDF/A-1 knows no transparency (ISO 19005-1 section 6.4)
        ),
        **{(picture + 1 + index, 0): image for index, image in enumerate(images)},
    }
    out = bytearray(data if data.endswith((b"\n", b"\r")) else data + b"\n")
    places: dict[tuple[int, int], int] = {}
    for (number, generation), body in bodies.items():
        places[number, generation] = len(out)
        out += b"%d %d obj\n" % (number, generation) + body + END
    places[signature, 0] = len(out)
    out += b"%d 0 obj\n" % signature + signature_dictionary(seal.name, at, place=0, seals=1)
    before = bytes(out)
    start, end = len(before), len(before) + 2 * reserved + 2
    closing_length = len(_closing(start, end, 0))
    table_at = end + closing_length
    tail = _table(original, places, table_at, hash_bytes("sha256", before)) + file_end(table_at)
    return before, _closing(start, end, closing_length + len(tail)) + tail


def _with(source: bytes, **entries: bytes) -> bytes:
    """A dictionary of these entries and more."""
    return b"<<" + source + b" " + o.dictionary(**entries).removeprefix(b"<<")


def _closing(start: int, end: int, length: int) -> bytes:
    """The rest of the signature dictionary, of a length that does not depend on how long the numbers are."""
    return (b"/ByteRange [0 %d %d %d]" % (start, end, length)).ljust(48) + b">>" + END


def _table(original: _Original, places: dict[tuple[int, int], int], at: int, identity: bytes) -> bytes:
    """Table of places and trailer, in the form that the file has already (ISO 32000-1 sections 7.5.4 and 7.5.8)."""
    new = identity[:16].hex()
    entries = {
        "Root": b"%d %d R" % original.catalogue,
        **({"Info": original.info} if original.info else {}),
        "ID": f"[<{original.identity or new}><{new}>]".encode("ascii"),
        "Prev": b"%d" % original.table,
    }
    size = max(number for number, _ in places) + 1
    if not original.table_is_stream:
        rows = b"".join(
            b"%d 1\n%010d %05d n \n" % (number, place, generation)
            for (number, generation), place in sorted(places.items())
        )
        return b"xref\n" + rows + b"trailer\n" + o.dictionary(Size=b"%d" % size, **entries) + b"\n"
    every = sorted({**places, (size, 0): at}.items())
    stream = o.stream(
        b"".join(
            b"\x01" + place.to_bytes(4, "big") + generation.to_bytes(2, "big") for (_, generation), place in every
        ),
        Type=b"/XRef",
        W=b"[1 4 2]",
        Index=b"[" + b" ".join(b"%d 1" % number for (number, _), _ in every) + b"]",
        Size=b"%d" % (size + 1),
        **entries,
    )
    return b"%d 0 obj\n" % size + stream + b"\nendobj\n"


def _read(data: bytes, page: int) -> _Original:
    if len(data) > MAX_PDF_BYTES:
        raise TooLargeError(f"a PDF of {len(data)} bytes; the limit is {MAX_PDF_BYTES}")
    answer = ask_child("pdf_update_reader", data, limits=PDF_LIMITS, fault=Fault.FORMAT_PDF, argument=str(page))
    if not isinstance(answer, dict):
        raise _not_agreed()
    findings = findings_from(answer.get("findings"))
    if any(finding.refuses for finding in findings):
        raise PreflightError(findings)
    if answer.get("page") is None:
        raise SealPlaceError(f"the file has no page {page}")
    start = _START.search(data, max(0, len(data) - 1024))
    match answer:
        case {
            "catalogue": str(catalogue),
            "catalogue_source": str(catalogue_source),
            "page": {
                "object": str(reference),
                "source": str(source),
                "annotations": str(annotations),
                "box": [
                    float() | int() as left,
                    float() | int() as bottom,
                    float() | int() as right,
                    float() | int() as top,
                ],
                "rotation": (0 | 90 | 180 | 270) as rotation,
                "unit": float() | int() as unit,
            },
            "size": int(size),
            "info": str(info),
            "identity": str(identity),
            "table_is_stream": bool(table_is_stream),
            "pdfa_part": int(pdfa_part),
        } if start is not None and (not info or _REFERENCE.fullmatch(info)):
            return _Original(
                catalogue=_number(catalogue),
                catalogue_source=catalogue_source.encode("latin-1"),
                page=_Page(
                    object=_number(reference),
                    source=source.encode("latin-1"),
                    annotations=annotations.encode("latin-1"),
                    box=(left, bottom, right, top),
                    rotation=rotation,
                    unit=unit,
                ),
                size=size,
                info=info.encode("ascii"),
                identity=identity,
                table_is_stream=table_is_stream,
                pdfa_part=pdfa_part,
                table=int(start[1]),
            )
    raise _not_agreed()


def _number(reference: str) -> tuple[int, int]:
    found = _REFERENCE.fullmatch(reference)
    if found is None:
        raise _not_agreed()
    return int(found[1]), int(found[2])


def _not_agreed() -> MalformedError:
    return MalformedError(Fault.FORMAT_PDF, "the PDF cannot be read")
