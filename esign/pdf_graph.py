"""The objects of a PDF that somebody else made, as plain values. For the process that `child` starts: it loads qpdf.

Values are those of qpdf's JSON: a name is `/Name`, a text string `u:…`, other strings `b:` with hexadecimal digits, a
reference `5 0 R`; dictionaries and lists hold them. qpdf reads what real producers write; it never runs anything, and
no stream of the pages is decoded here.
"""

import hashlib
import io
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

import pikepdf

from .errors import Fault, MalformedError, TooLargeError
from .foreign_facts import HEADER_WITHIN

MAX_PDF_BYTES = 20 * 1024 * 1024  # as for our own files: contract section 5
MAX_OBJECTS = 60_000  # a thousand pages of text have about 10,000
MAX_PAGES = 5_000
MAX_DEPTH = 64  # of page trees and field trees
MAX_NESTING = 100  # of arrays and dictionaries in one object
MAX_UNPACKED_BYTES = 64 << 20  # of one object stream or table of places

REFERENCE = re.compile(r"[0-9]+ [0-9]+ R")
STREAM = "stream"
"""Key that marks the dictionary of a stream; names start with a slash, so no file has it."""

Value = object
"""None, bool, int, float, str, list or dict of these."""


class PdfGraph:
    """The objects of one revision."""

    def __init__(self, data: bytes, *, repair: bool = False, later: "PdfGraph | None" = None) -> None:
        """Read the table of places; objects are read when they are asked for.

        `later` is the whole file when `data` is its beginning: what stands at the same place is read once.

        Raises:
            TooLargeError: a limit of this module.
            MalformedError: `FORMAT_PDF`.
        """
        if len(data) > MAX_PDF_BYTES:
            raise TooLargeError(f"a PDF of {len(data)} bytes; the limit is {MAX_PDF_BYTES}")
        pikepdf.settings.set_qpdf_limits(parser_max_nesting=MAX_NESTING, flate_max_memory=MAX_UNPACKED_BYTES)
        self.repaired = repair
        """The table of places was broken, or an object is: readers may disagree on what the file shows."""
        self._later = later
        self._values: dict[str, Value] = {}
        try:
            self._file = io.BytesIO(data)
            self._pdf = pikepdf.open(
                self._file, attempt_recovery=repair, suppress_warnings=True, inherit_page_attributes=False
            )
            self.places = _places(self._pdf)
            if repair:
                # qpdf writes a new table as soon as it meets an object that is not in its place.
                for reference in _misplaced(data, self.places):
                    self._object(reference)
                self.places = _places(self._pdf)
            self.encrypted = self._pdf.is_encrypted
            self.trailer = _dictionary(json.loads(self._pdf.trailer.to_json(schema_version=2)))
        except pikepdf.PasswordError as error:
            raise MalformedError(Fault.FORMAT_FOREIGN, "the PDF is encrypted and asks for a password") from error
        except _UNREADABLE as error:
            raise MalformedError(Fault.FORMAT_PDF, "the PDF cannot be read") from error
        if len(self.places) > MAX_OBJECTS:
            raise TooLargeError(f"more than {MAX_OBJECTS} objects in a PDF")
        # Where two entries lead to one object, qpdf answers by the order of questions, or crashes.
        if _misplaced(data, self.places):
            raise MalformedError(Fault.FORMAT_PDF, "the table of places does not agree with the objects")
        self.root = self.dictionary(self.trailer.get("/Root"))

    def value(self, value: Value) -> Value:
        """The value itself, or what the reference leads to; nothing is there is None."""
        if not isinstance(value, str) or not REFERENCE.fullmatch(value):
            return value
        if value not in self._values:
            if self._later is not None and self.stands_where(value, self._later):
                self._values[value] = self._later.value(value)
            else:
                self._values[value] = self._read(value)
        return self._values[value]

    def dictionary(self, value: Value) -> dict[str, Value]:
        """The dictionary or stream dictionary; empty when it is none."""
        return _dictionary(self.value(value))

    def array(self, value: Value) -> list[Value]:
        """The array; empty when it is none."""
        found = self.value(value)
        return found if isinstance(found, list) else []

    def stands_where(self, reference: str, other: "PdfGraph") -> bool:
        """Whether both revisions have the object at the same place: it is the same but for what it names."""
        place = self.places.get(reference)
        if place is None or place != other.places.get(reference):
            return False
        container = f"{place[1]} 0 R"
        return place[0] != _IN_STREAM or self.places.get(container) == other.places.get(container)

    def stream_digest(self, reference: str) -> bytes:
        """Digest of a stream's bytes as they stand in the file."""
        try:
            return hashlib.sha256(self._object(reference).read_raw_bytes()).digest()
        except _UNREADABLE as error:
            raise MalformedError(Fault.FORMAT_PDF, f"the stream {reference} cannot be read") from error

    def stream_text(self, reference: str) -> bytes:
        """A stream's decoded bytes, for instance metadata; empty when it cannot be decoded."""
        try:
            return self._object(reference).read_bytes()
        except _UNREADABLE:
            return b""

    def source(self, reference: str, *, without: frozenset[str]) -> str:
        """The dictionary's entries but for some, in PDF syntax, without the brackets around them."""
        try:
            entries = dict(self._object(reference).items())
            kept = pikepdf.Dictionary({key: entry for key, entry in entries.items() if key not in without})
            return kept.unparse().decode("latin-1").removeprefix("<<").removesuffix(">>").strip()
        except _UNREADABLE as error:
            raise MalformedError(Fault.FORMAT_PDF, f"the object {reference} cannot be read") from error

    def items_source(self, reference: str, key: str) -> str:
        """The items of the array in a dictionary, in PDF syntax, without the brackets; empty when there is none."""
        try:
            array = self._object(reference).get(key)
            if not isinstance(array, pikepdf.Array):
                return ""
            return array.unparse(resolved=True).decode("latin-1").removeprefix("[").removesuffix("]").strip()
        except _UNREADABLE as error:
            raise MalformedError(Fault.FORMAT_PDF, f"the object {reference} cannot be read") from error

    def identity(self) -> bytes:
        """The first part of the file's identifier, which no update changes; empty when it has none."""
        try:
            return bytes(self._pdf.trailer["/ID"][0])
        except _UNREADABLE:
            return b""

    def has_double_keys(self) -> bool:
        """Whether an object that was read has a key twice: readers disagree on which one counts."""
        return any("duplicated key" in str(warning) for warning in self._pdf.get_warnings())

    def close(self) -> None:
        """Let go of the file's bytes; what has been read stays.

        Revisions and what was found in them refer to each other in circles, so they outlive their use by far.
        """
        self._pdf.close()
        self._file.close()

    def references(self) -> Iterator[str]:
        """All objects that have a place, also those that nothing names."""
        return iter(self.places)

    def _read(self, reference: str) -> Value:
        if reference not in self.places:
            return None
        try:
            found = self._object(reference)
            value: Value = json.loads(found.to_json(dereference=True, schema_version=2))
        except _UNREADABLE:
            # What readers make of it differs; that it is there is said, and nothing is compared with it.
            self.repaired = True
            return None
        if isinstance(found, pikepdf.Stream) and isinstance(value, dict):
            value[STREAM] = reference
        return value

    def _object(self, reference: str) -> pikepdf.Object:
        number, generation, _ = reference.split()
        return self._pdf.get_object((int(number), int(generation)))


# What pikepdf lets through when a file is broken; a lack of memory is none of it.
_UNREADABLE = (pikepdf.PdfError, RuntimeError, ValueError, TypeError, KeyError, AttributeError, OSError, OverflowError)
_IN_STREAM = 2
_OBJECT = re.compile(rb"[\x00\t\n\x0c\r ]*([0-9]{1,10})[\x00\t\n\x0c\r ]+([0-9]{1,5})[\x00\t\n\x0c\r ]+obj")


@dataclass(frozen=True, slots=True, kw_only=True)
class GraphPage:
    """One page and what it inherits."""

    reference: str
    entries: dict[str, Value]
    """With the attributes that it inherits (ISO 32000-1 table 30)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GraphField:
    """One form field that has a value of its own, and the annotations that show it."""

    name: str
    kind: str
    """/Sig, /Tx, /Btn, /Ch or empty."""
    reference: str
    """Empty for a field that stands in the list itself."""
    entries: dict[str, Value]
    widgets: tuple[str, ...]


def pages_of(graph: PdfGraph) -> tuple[GraphPage, ...]:
    """The pages in order.

    Raises:
        TooLargeError: more than `MAX_PAGES`, or a tree more than `MAX_DEPTH` deep.
    """
    pages: list[GraphPage] = []
    seen: set[str] = set()

    def walk(node: Value, inherited: dict[str, Value], depth: int) -> None:
        # A page belongs to one place of the tree; one that stands in it twice, or around itself, is read once.
        if not isinstance(node, str) or node in seen:
            return
        if depth > MAX_DEPTH:
            raise TooLargeError(f"a page tree more than {MAX_DEPTH} deep")
        seen.add(node)
        entries = {**inherited, **graph.dictionary(node)}
        if "/Kids" in entries:
            handed_down = {key: entries[key] for key in INHERITABLE if key in entries}
            for kid in graph.array(entries["/Kids"]):
                walk(kid, handed_down, depth + 1)
        elif entries:
            if len(pages) == MAX_PAGES:
                raise TooLargeError(f"more than {MAX_PAGES} pages")
            pages.append(GraphPage(reference=node, entries=entries))

    walk(graph.root.get("/Pages"), {}, 0)
    return tuple(pages)


def fields_of(graph: PdfGraph) -> tuple[GraphField, ...]:
    """The form's fields in order.

    Raises:
        TooLargeError: a tree more than `MAX_DEPTH` deep.
    """
    fields: list[GraphField] = []
    seen: set[str] = set()

    def walk(node: Value, inherited: dict[str, Value], name: str, depth: int) -> None:
        reference = node if isinstance(node, str) else ""
        if reference in seen:
            return
        if depth > MAX_DEPTH:
            raise TooLargeError(f"a form field more than {MAX_DEPTH} deep")
        if reference:
            seen.add(reference)
        own = graph.dictionary(node)
        entries = {**inherited, **own}
        if "/T" in own:
            name = f"{name}.{text_of(graph.value(own['/T']))}" if name else text_of(graph.value(own["/T"]))
        kids = graph.array(own.get("/Kids"))
        # Kids with a name are fields; kids without one are only places where the field is shown.
        deeper = [kid for kid in kids if "/T" in graph.dictionary(kid) and not (isinstance(kid, str) and kid in seen)]
        for kid in deeper:
            walk(kid, {key: entries[key] for key in ("/FT", "/V", "/DV", "/Ff") if key in entries}, name, depth + 1)
        if not deeper and own:
            places = [kid for kid in kids if isinstance(kid, str)] if kids else [reference] if reference else []
            kind = graph.value(entries.get("/FT"))
            fields.append(
                GraphField(
                    name=name,
                    kind=kind if isinstance(kind, str) else "",
                    reference=reference,
                    entries=entries,
                    widgets=tuple(places),
                )
            )

    for field in graph.array(graph.dictionary(graph.root.get("/AcroForm")).get("/Fields")):
        walk(field, {}, "", 0)
    return tuple(fields)


def text_of(value: Value) -> str:
    """A text string without the mark of its kind; other strings as far as they are ASCII."""
    if not isinstance(value, str):
        return ""
    if value.startswith("u:"):
        return value[2:]
    if value.startswith("b:"):
        return bytes.fromhex(value[2:]).decode("ascii", "replace")
    return value


def numbers_of(graph: PdfGraph, value: Value) -> list[float]:
    """The array's numbers; empty when it has anything else."""
    items = [graph.value(item) for item in graph.array(value)]
    numbers = [item for item in items if isinstance(item, int | float) and not isinstance(item, bool)]
    return numbers if len(numbers) == len(items) else []


def _dictionary(value: Value) -> dict[str, Value]:
    return value if isinstance(value, dict) else {}


def _places(pdf: pikepdf.Pdf) -> dict[str, tuple[int, int, int]]:
    return {f"{number} {generation} R": _place(entry) for (number, generation), entry in pdf.get_xref_table().items()}


def _misplaced(data: bytes, places: dict[str, tuple[int, int, int]]) -> list[str]:
    """The objects that do not stand where the table says; place 0 is how some producers say that there is none."""
    header = max(0, data.find(b"%PDF-", 0, HEADER_WITHIN))
    wrong = []
    for reference, (kind, offset, _) in places.items():
        if kind == _IN_STREAM or offset == 0:
            continue
        found = _OBJECT.match(data, header + offset)
        if found is None or f"{int(found[1])} {int(found[2])} R" != reference:
            wrong.append(reference)
    return wrong


def _place(entry: pikepdf.XrefEntry) -> tuple[int, int, int]:
    if entry.type == _IN_STREAM:
        return (_IN_STREAM, entry.obj_stream_number or 0, entry.obj_stream_index or 0)
    return (entry.type, entry.offset or 0, 0)


INHERITABLE = ("/Resources", "/MediaBox", "/CropBox", "/Rotate")
