"""What differs between two revisions of a PDF. For the process that `child` starts.

The whole of both is compared, from the catalogue and from each page downwards, by what readers reach and not by object
numbers. Only what is known to be harmless gets a name of its own; all else is `OTHER`. Whether the named changes were
permitted is judged elsewhere.
"""

from .errors import MalformedError
from .foreign_facts import ChangeKind
from .pdf_graph import REFERENCE, STREAM, GraphField, GraphPage, PdfGraph, Value, fields_of, numbers_of, pages_of

MAX_PICTURE_PERCENT = 25  # of a page, under a signature that came later; a round seal on A4 has 3
_EVIDENCE_KEYS = frozenset({"/Type", "/Certs", "/CRLs", "/OCSPs", "/VRI"})
_TIMESTAMP = "/ETSI.RFC3161"
# What signing sets in a field that was empty, and what filling in changes in any other.
_SIGNING_KEYS = frozenset({"/V", "/AP", "/M"})
_FILLING_KEYS = frozenset({"/V", "/AP", "/AS", "/M", "/RV", "/I", "/MK"})
# What every product changes when it saves.
_SAVING_KEYS = frozenset({"/ModDate", "/Producer"})
_HANDLED_CATALOGUE_KEYS = frozenset({"/Pages", "/AcroForm", "/DSS", "/Metadata", "/Extensions", "/Version"})
_ACTION_KEYS = frozenset({"/A", "/AA"})


class Revision:
    """A revision whose pages and fields are known."""

    def __init__(self, graph: PdfGraph) -> None:
        """Find the pages and the form's fields."""
        self.graph = graph
        self.pages = pages_of(graph)
        self.fields = fields_of(graph)
        self._identities: dict[str, tuple[str, str, int]] = {}
        for place, page in enumerate(self.pages):
            self._identities[page.reference] = ("page", "", place)
        for field in self.fields:
            if field.reference:
                self._identities[field.reference] = ("field", field.name, 0)
            for place, widget in enumerate(field.widgets):
                self._identities.setdefault(widget, ("widget", field.name, place))
        self.page_of: dict[str, int] = {
            annotation: number
            for number, page in enumerate(self.pages, start=1)
            for annotation in graph.array(page.entries.get("/Annots"))
            if isinstance(annotation, str)
        }

    def identity(self, reference: str) -> tuple[str, str, int] | None:
        """Which page or field it is; None when it is neither."""
        return self._identities.get(reference)

    def is_visible(self, widget: str) -> bool:
        """Whether the annotation takes up room on its page."""
        edges = numbers_of(self.graph, self.graph.dictionary(widget).get("/Rect"))
        return len(edges) != 4 or (edges[0] != edges[2] and edges[1] != edges[3])


class Comparison:
    """An earlier revision and the whole file."""

    def __init__(self, old: Revision, new: Revision) -> None:
        """Compare; the answer is in `kinds` and `pages`, and the names of the fields with new values in `filled`."""
        self._old = old
        self._new = new
        self.kinds: set[ChangeKind] = set()
        self.pages: set[int] = set()
        self.filled: set[str] = set()
        self._equal: set[tuple[str, str]] = set()
        try:
            self._compare()
        except MalformedError:
            self.kinds.add(ChangeKind.OTHER)

    def _compare(self) -> None:
        old, new = self._old.graph, self._new.graph
        if old.trailer.get("/Encrypt") != new.trailer.get("/Encrypt"):
            self.kinds.add(ChangeKind.OTHER)
        properties = old.dictionary(old.trailer.get("/Info")), new.dictionary(new.trailer.get("/Info"))
        if not self._same_entries(*properties, without=_SAVING_KEYS) or not self._same(
            old.root.get("/Metadata"), new.root.get("/Metadata")
        ):
            self.kinds.add(ChangeKind.METADATA)
        if not self._same(old.root.get("/DSS"), new.root.get("/DSS")):
            store = new.value(new.root.get("/DSS"))
            proper = isinstance(store, dict) and set(store) <= _EVIDENCE_KEYS
            self.kinds.add(ChangeKind.EVIDENCE if proper else ChangeKind.OTHER)
        if not self._same_entries(old.root, new.root, without=_HANDLED_CATALOGUE_KEYS):
            self.kinds.add(ChangeKind.OTHER)
        self._compare_pages()
        self._compare_forms()

    def _compare_pages(self) -> None:
        old, new = self._old.pages, self._new.pages
        # The tree too: it may list a page twice, or one that is no object of its own, which are not among `pages`.
        if len(old) != len(new) or not self._same(
            self._old.graph.root.get("/Pages"), self._new.graph.root.get("/Pages")
        ):
            self.kinds.add(ChangeKind.PAGES)
            self.pages.update(range(min(len(old), len(new)) + 1, max(len(old), len(new)) + 1))
        for number, (before, after) in enumerate(zip(old, new, strict=False), start=1):
            same = self._same_entries(before.entries, after.entries, without=frozenset({"/Annots"}))
            if not same or not self._same_annotations(before, after):
                self.kinds.add(ChangeKind.PAGES)
                self.pages.add(number)

    def _same_annotations(self, before: GraphPage, after: GraphPage) -> bool:
        """Whether the annotations are the same, in the same order; widgets are compared with their fields."""
        lists = (
            self._old.graph.value(before.entries.get("/Annots")),
            self._new.graph.value(after.entries.get("/Annots")),
        )
        if not all(isinstance(listed, list | None) for listed in lists):
            # A page may be named as something else too, for instance as the list of its own pictures.
            return self._same(before.entries.get("/Annots"), after.entries.get("/Annots"))
        old = self._old.graph.array(before.entries.get("/Annots"))
        known = {field.name for field in self._old.fields}
        new = [
            annotation
            for annotation in self._new.graph.array(after.entries.get("/Annots"))
            if (whom := self._new.identity(_reference(annotation))) is None or whom[1] in known
        ]
        return len(old) == len(new) and all(self._same(one, other) for one, other in zip(old, new, strict=True))

    def _compare_forms(self) -> None:
        old, new = self._old.graph, self._new.graph
        if not self._same_entries(
            old.dictionary(old.root.get("/AcroForm")),
            new.dictionary(new.root.get("/AcroForm")),
            without=frozenset({"/Fields", "/SigFlags"}),
        ):
            self.kinds.add(ChangeKind.OTHER)
        before = {field.name: field for field in self._old.fields}
        after = {field.name: field for field in self._new.fields}
        if len(before) != len(self._old.fields) or len(after) != len(self._new.fields) or set(before) - set(after):
            # Fields of one name, or a field that is gone.
            self.kinds.add(ChangeKind.OTHER)
        for name, field in after.items():
            if name in before:
                self._compare_field(before[name], field)
            else:
                self._new_field(field)

    def _new_field(self, field: GraphField) -> None:
        graph = self._new.graph
        parts = (field.entries, *map(graph.dictionary, field.widgets))
        acts = any(_ACTION_KEYS & part.keys() for part in parts)
        if field.kind == "/Sig" and graph.dictionary(field.entries.get("/V")) and not acts:
            self._signed(field, new=True)
        else:
            self.kinds.add(ChangeKind.OTHER)
            self._mark_pages(field)

    def _compare_field(self, before: GraphField, after: GraphField) -> None:
        """A field with its widgets; its kind and its name stay, or all of it is `OTHER`."""
        if self._same_field(before, after, without=frozenset()):
            return
        old_value = self._old.graph.value(before.entries.get("/V"))
        if before.kind == "/Sig" and old_value is None and self._same_field(before, after, without=_SIGNING_KEYS):
            self._signed(after)
        elif (
            before.kind != "/Sig"
            and not _is_read_only(self._old.graph, before)
            and self._same_field(before, after, without=_FILLING_KEYS)
        ):
            self.kinds.add(ChangeKind.FORM_VALUES)
            self.filled.add(after.name)
            self._mark_pages(after)
        else:
            self.kinds.add(ChangeKind.OTHER)
            self._mark_pages(before)
            self._mark_pages(after)

    def _same_field(self, before: GraphField, after: GraphField, *, without: frozenset[str]) -> bool:
        if before.kind != after.kind or len(before.widgets) != len(after.widgets):
            return False
        pairs = [(before.entries, after.entries)]
        for old, new in zip(before.widgets, after.widgets, strict=True):
            if self._old.page_of.get(old) != self._new.page_of.get(new):
                return False
            pairs.append((self._old.graph.dictionary(old), self._new.graph.dictionary(new)))
        # What a field or its place is related to is compared like all else: the object may also serve as something
        # else, for instance as a list of pictures, and its /P or /Parent as one of them.
        return all(self._same_entries(*self._placed(*pair), without=without) for pair in pairs)

    def _placed(self, old: dict[str, Value], new: dict[str, Value]) -> tuple[dict[str, Value], dict[str, Value]]:
        """The same, but for a page (/P) that was not named before: some products write it when they sign."""
        page = self._new.identity(_reference(new.get("/P")))
        if "/P" not in old and page is not None and page[0] == "page":
            return old, {key: value for key, value in new.items() if key != "/P"}
        return old, new

    def _signed(self, field: GraphField, *, new: bool = False) -> None:
        signature = self._new.graph.dictionary(field.entries.get("/V"))
        stamp = self._new.graph.value(signature.get("/SubFilter")) == _TIMESTAMP
        # A picture over the page is not evidence, whatever it belongs to.
        shown = any(widget in self._new.page_of and self._new.is_visible(widget) for widget in field.widgets)
        if not shown:
            self.kinds.add(ChangeKind.EVIDENCE if stamp else ChangeKind.SIGNATURES)
        else:
            self.kinds.add(ChangeKind.SHOWN_SIGNATURES if new else ChangeKind.SIGNATURES)
        if new and any(self._covers_much(widget) for widget in field.widgets):
            self.kinds.add(ChangeKind.PAGES)
        self._mark_pages(field)

    def _covers_much(self, widget: str) -> bool:
        """Whether a new picture hides so much of its page that it is rather content of it."""
        number = self._new.page_of.get(widget)
        if number is None:
            return False
        graph = self._new.graph
        room = _area(numbers_of(graph, self._new.pages[number - 1].entries.get("/MediaBox")))
        return room * MAX_PICTURE_PERCENT < 100 * _area(numbers_of(graph, graph.dictionary(widget).get("/Rect")))

    def _mark_pages(self, field: GraphField) -> None:
        for revision in (self._old, self._new):
            for widget in field.widgets:
                if widget in revision.page_of and revision.is_visible(widget):
                    self.pages.add(revision.page_of[widget])

    def _same_entries(self, old: dict[str, Value], new: dict[str, Value], *, without: frozenset[str]) -> bool:
        keys = (set(old) | set(new)) - without
        return all(self._same(old.get(key), new.get(key)) for key in keys)

    def _same(self, old: Value, new: Value) -> bool:
        """Whether two values, and all that they name, are the same; pages and fields count as what they are called."""
        seen: set[tuple[str, str]] = set()
        waiting = [(old, new)]
        while waiting:
            one, other = waiting.pop()
            names = _reference(one), _reference(other)
            whom = self._old.identity(names[0]), self._new.identity(names[1])
            if whom[0] != whom[1]:
                return False
            if whom[0] is not None and not self._is_stream(*names):
                continue
            if names in seen or names in self._equal:
                continue
            if all(names):
                seen.add(names)
            one, other = self._old.graph.value(one), self._new.graph.value(other)
            if isinstance(one, dict) and isinstance(other, dict):
                if not self._same_stream(one, other):
                    return False
                waiting.extend((one.get(key), other.get(key)) for key in (set(one) | set(other)) - {STREAM})
            elif isinstance(one, list) and isinstance(other, list):
                if len(one) != len(other):
                    return False
                waiting.extend(zip(one, other, strict=True))
            elif type(one) is not type(other) or one != other:
                return False
        # Only now: a pair that was taken for equal on the way may have turned out to differ.
        self._equal |= seen
        return True

    def _is_stream(self, old: str, new: str) -> bool:
        """Whether either is a stream: no page or field is one, so what it holds is compared wherever it is named."""
        return STREAM in self._old.graph.dictionary(old) or STREAM in self._new.graph.dictionary(new)

    def _same_stream(self, one: dict[str, Value], other: dict[str, Value]) -> bool:
        old, new = one.get(STREAM), other.get(STREAM)
        if not isinstance(old, str) or not isinstance(new, str):
            return old == new
        if old == new and self._old.graph.stands_where(old, self._new.graph):
            return True
        return self._old.graph.stream_digest(old) == self._new.graph.stream_digest(new)


def _area(edges: list[float]) -> float:
    return abs((edges[2] - edges[0]) * (edges[3] - edges[1])) if len(edges) == 4 else 0


def _is_read_only(graph: PdfGraph, field: GraphField) -> bool:
    """ISO 32000-1 table 221, bit 1."""
    flags = graph.value(field.entries.get("/Ff"))
    return isinstance(flags, int) and bool(flags & 1)


def _reference(value: Value) -> str:
    return value if isinstance(value, str) and REFERENCE.fullmatch(value) else ""
