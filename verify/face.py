"""Three representations, one truth: the text on the face, the structured licence inside, and the code say the same.

A right seal over a wrong face is found here: every text on the pages must be one that follows from the data, at its
place, drawn as it is encoded, and readable. The report names the fields that differ, never what they say. The form that
is compared is `FACE_FORM`; ADR 0019 says what is looked at and what is not.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise
from typing import Final

from esign import (
    BODY_LABEL,
    COPY_NOTICE,
    COPY_SEALED,
    FACE_FORM,
    LOCAL_NOTICE,
    NUMBER_LABEL,
    ORIGIN_LABEL,
    RECORD_COLUMNS,
    SAMPLE_NOTICE,
    SCAN_HINT,
    SHORT_CODE_LABEL,
    TEXT_REFERENCE,
    AnnotatedCopy,
    FacePage,
    PrintedField,
    Rows,
    SeenBox,
    SeenItem,
    SeenPhoto,
    SeenSymbol,
    SeenText,
    StructuredDocument,
    StructuredFace,
    StructuredLicence,
    address_text,
    annex_title,
    body_text,
    chinese_date,
    copy_attachments_text,
    copy_purpose_lines,
    copy_serial_text,
    copy_strip,
    document_title,
    foot_parts,
    group_serial,
    is_short_code,
    origin_text,
    photo_of_text,
    record_title,
    table_reference,
    term_text,
)
from verify.report import Check

_ISO_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_SAME_LINE: Final = 0.05
"""Points by which two baselines, or two edges, may differ: the file has hundredths."""
_SPACES: Final = str.maketrans("", "", " 　\n")


def compare_face(
    pages: Sequence[FacePage],
    licence: StructuredLicence,
    document: StructuredDocument | None,
    *,
    address: str,
    copy: AnnotatedCopy | None = None,
) -> Check:
    """Compare the text on the pages with the data; `address` is the part of the code's text before `/V/`."""
    face = None if document is None else document.face
    if face is None or document is None:
        return _compare_loosely(pages, licence)
    if face.form != FACE_FORM:
        detail = f"a face of form {face.form}; form {FACE_FORM} is known here"
        return Check(name="face", code="FACE_FORM_UNKNOWN", detail=detail)
    reading = _Reading(licence, document, face, address=address, copy=copy, pages=len(pages))
    for number, page in enumerate(pages, start=1):
        reading.read(page, number)
    return reading.check()


def _compare_loosely(pages: Sequence[FacePage], licence: StructuredLicence) -> Check:
    """Files of early versions do not say what their face shows: what every face has must be there somewhere."""
    seen = [item for page in pages for item in page.items if isinstance(item, SeenText)]
    text = "".join(one.text for one in seen if not one.hidden and not one.unlike).translate(_SPACES)
    wanted = {
        "certificateNumber": [licence.number],
        "certificateHolderName": [holder.name for holder in licence.holders],
        "certificateIssuingAuthorityName": [licence.issuer_name],
        "certificateIssuedDate": [chinese_date(licence.issued_on)],
    }
    missing = [key for key, values in wanted.items() if any(value.translate(_SPACES) not in text for value in values)]
    if missing:
        return Check(name="face", code="FACE_DIFFERS", detail=f"not on the face: {', '.join(missing)}")
    detail = "the data do not say what the face shows: only number, holder, issuer and date of issue were looked for"
    return Check(name="face", code="OK", detail=detail)


@dataclass(slots=True)
class _Annexed:
    """A value that stands on annex pages, or goes on there."""

    printed: PrintedField
    value: str | Rows
    row: int = 0
    """The row that comes next."""
    places: list[int] = field(default_factory=list)
    """How much of each of its cells, or of the text, was printed before."""
    done: bool = False


class _Reading:
    """Reads the pages in the order in which they were drawn, and notes what is not as the data say."""

    def __init__(
        self,
        licence: StructuredLicence,
        document: StructuredDocument,
        face: StructuredFace,
        *,
        address: str,
        copy: AnnotatedCopy | None,
        pages: int,
    ) -> None:
        self._licence, self._face, self._copy = licence, face, copy
        self._address, self._pages = address, pages
        self._title, self._label = document_title(licence.name, document.label, len(licence.documents))
        self._values = {one.key: one.value for one in licence.fields}
        self._annexed: list[_Annexed] = []
        self._recorded = False
        self._faults: dict[str, None] = {}
        self._unknown = 0
        # The page that is being read.
        self._items: list[SeenItem] = []
        self._at = 0

    def check(self) -> Check:
        """What was found."""
        for one in self._annexed:
            if not one.done:
                self._fault(one.printed.key)
        if self._face.records and not self._recorded:
            self._fault("records")
        if self._faults:
            return Check(name="face", code="FACE_DIFFERS", detail=f"differs from the data: {', '.join(self._faults)}")
        detail = f"{self._unknown} characters whose shape nobody knows here" if self._unknown else ""
        return Check(name="face", code="OK", detail=detail)

    def read(self, page: FacePage, number: int) -> None:
        """Read one page."""
        if page.strange:
            self._fault(f"drawings on page {number}")
        self._items, self._at = self._without_marks(page.items, number), 0
        if self._licence.development:
            self._expect("notice", SAMPLE_NOTICE)
        if number == 1:
            self._front()
        else:
            self._following()
        self._foot(number)

    # The parts of a page.

    def _front(self) -> None:
        licence = self._licence
        self._expect("title", self._title)
        if self._label:
            self._expect("title", self._label)
        self._expect("certificateNumber", f"{NUMBER_LABEL}{licence.number}")
        tables = []
        for printed in self._face.fields:
            value = self._values.get(printed.key)
            if isinstance(value, Rows):
                tables.append((printed, value))
            else:
                self._row(printed, self._texts_of(printed))
        if self._copy is None:
            for printed, text in self._said_of_origin():
                self._row(printed, [text])
        self._tables(tables)
        for key in self._face.photos:
            self._photo(key)
        self._symbol()
        self._expect("certificateIssuingAuthorityName", licence.issuer_name)
        self._expect("certificateIssuedDate", chinese_date(licence.issued_on))

    def _following(self) -> None:
        title = self._title + self._label
        for one in self._annexed:
            if not one.done and self._take("title", annex_title(title, one.printed.label)):
                self._expect("certificateNumber", f"{NUMBER_LABEL}{self._licence.number}")
                self._annex(one)
                return
        if self._face.records and not self._recorded and self._take("title", record_title(title)):
            self._recorded = True
            self._expect("certificateNumber", f"{NUMBER_LABEL}{self._licence.number}")
            for label in RECORD_COLUMNS:
                self._expect("records", label)
                while isinstance(self._next(), SeenBox):
                    self._at += 1
            return
        self._fault("title")

    def _foot(self, number: int) -> None:
        licence = self._licence
        parts = foot_parts(
            identifier=licence.identifier,
            issuer_code=licence.issuer_code,
            issuer_level=licence.issuer_level,
            area_code=licence.area_code,
            holder_kinds=[holder.kind for holder in licence.holders],
            issued_on=licence.issued_on,
            valid_from=licence.valid_from,
            valid_to=licence.valid_to,
            page=number,
            pages=self._pages,
        )
        rest = self._items[self._at :]
        texts = [one for one in rest if isinstance(one, SeenText)]
        shown, wanted = "".join(one.text for one in texts).translate(_SPACES), "".join(parts).translate(_SPACES)
        if shown != wanted or len(texts) != len(rest):
            extra = f"text on page {number} that the data do not have"
            self._fault(extra if wanted in shown else "foot")
        self._note("foot", texts)

    # The parts of a front page.

    def _row(self, printed: PrintedField, texts: Sequence[str]) -> None:
        """A label and beside it the value, or the words that it stands on an annex page."""
        label = self._expect(printed.key, printed.label)
        if not label:
            return
        for text in texts:
            if value := self._take(printed.key, text):
                break
        else:
            value = self._take(printed.key, TEXT_REFERENCE)
            if value:
                self._annexed.append(_Annexed(printed=printed, value=texts[-1], places=[0]))
        beside = bool(value) and abs(value[0].baseline - label[0].baseline) < _SAME_LINE
        if not beside or value[0].left < max(one.right for one in label):
            self._fault(printed.key)

    def _tables(self, tables: Sequence[tuple[PrintedField, Rows]]) -> None:
        """Tables whose rows are all on annex pages have a row that says so; others begin on the face."""
        for printed, table in tables:
            if not table.rows:
                continue
            if any(len(row) != len(table.columns) for row in table.rows):
                self._fault(printed.key)
                continue
            annexed = _Annexed(printed=printed, value=table, places=[0] * len(table.columns))
            self._annexed.append(annexed)
            label = self._take(printed.key, printed.label)
            if not label:
                continue
            reference = self._take(printed.key, table_reference(len(table.rows)))
            if not reference:
                self._rows(annexed, table)
            elif abs(reference[0].baseline - label[0].baseline) >= _SAME_LINE:
                self._fault(printed.key)

    def _photo(self, key: str) -> None:
        value, item = self._values.get(key), self._next()
        if not isinstance(item, SeenPhoto) or not isinstance(value, str) or photo_of_text(value) != item.image:
            self._fault(key)
        if isinstance(item, SeenPhoto):
            self._at += 1
            self._at += isinstance(self._next(), SeenBox)

    def _symbol(self) -> None:
        """The symbol, whose text is compared elsewhere, and the words under it."""
        place = next((at for at in range(self._at, len(self._items)) if isinstance(self._items[at], SeenSymbol)), None)
        if place is None:
            self._fault("code")
            return
        if place > self._at:
            self._fault("text that the data do not have")
        self._at = place + 1
        if self._copy is not None:
            self._expect("notice", COPY_NOTICE)
            self._expect("copySerial", copy_serial_text(group_serial(self._copy.serial)))
            return
        self._short_code()
        self._expect("code", SCAN_HINT)
        self._expect("code", address_text(self._address))
        self._take("code", LOCAL_NOTICE)

    def _short_code(self) -> None:
        """Any that is typed without a slip: only who holds the store knows whose it is."""
        shown: list[SeenText] = []
        while isinstance(item := self._next(), SeenText) and len(shown) < 3:
            shown.append(item)
            self._at += 1
            text = "".join(one.text for one in shown).translate(_SPACES)
            if is_short_code(text.removeprefix(SHORT_CODE_LABEL.strip())) and text.startswith(SHORT_CODE_LABEL.strip()):
                self._note("code", shown)
                return
        self._at -= len(shown)
        self._fault("code")

    # Annex pages.

    def _annex(self, one: _Annexed) -> None:
        if isinstance(one.value, Rows):
            self._rows(one, one.value)
            return
        (start,) = one.places
        shown: list[SeenText] = []
        while isinstance(item := self._next(), SeenText):
            end = _printed([*shown, item], one.value, start)
            if end is None:
                break
            shown.append(item)
            self._at += 1
            one.places = [end]
        self._note_lines(one.printed.key, shown)
        one.done = not one.value[one.places[0] :].strip()

    def _rows(self, one: _Annexed, table: Rows) -> None:
        """The head of a table, and the rows that are on this page."""
        key, head = one.printed.key, list(self._cells(len(table.columns)))
        if len(head) != len(table.columns):
            self._fault(key)
            return
        self._compare_cells(key, head, table.columns, [0] * len(head))
        while isinstance(self._next(), SeenBox):
            cells = list(self._cells(len(head)))
            aligned = len(cells) == len(head) and all(
                abs(cell.left - above.left) < _SAME_LINE and abs(cell.right - above.right) < _SAME_LINE
                for (cell, _), (above, _) in zip(cells, head, strict=True)
            )
            if not aligned or one.row >= len(table.rows):
                self._fault(key)
                return
            row = table.rows[one.row]
            ends = self._compare_cells(key, cells, row, one.places)
            if all(not cell[end:].strip() for cell, end in zip(row, ends, strict=True)):
                one.row, one.places = one.row + 1, [0] * len(head)
            else:
                # Its rest must stand on the next page.
                one.places = ends
                if isinstance(self._next(), SeenBox):
                    self._fault(key)
                break
        one.done = one.row == len(table.rows)

    def _cells(self, count: int) -> Iterator[tuple[SeenBox, list[SeenText]]]:
        """The next boxes, each with the texts in it."""
        for _ in range(count):
            box = self._next()
            if not isinstance(box, SeenBox):
                return
            self._at += 1
            texts = []
            while isinstance(item := self._next(), SeenText) and box.holds(item):
                texts.append(item)
                self._at += 1
            yield box, texts

    def _compare_cells(
        self,
        key: str,
        cells: Iterable[tuple[SeenBox, list[SeenText]]],
        wanted: Sequence[str],
        places: Sequence[int],
    ) -> list[int]:
        """How far each cell is printed now."""
        ends = []
        for (_, texts), text, start in zip(cells, wanted, places, strict=True):
            end = _printed(texts, text, start)
            if end is None:
                self._fault(key)
                end = len(text)
            self._note_lines(key, texts)
            ends.append(end)
        return ends

    # What stands where.

    def _texts_of(self, printed: PrintedField) -> list[str]:
        """How a value may be printed: dates in words, and a unit behind it."""
        licence = self._licence
        match printed.key:
            case "certificateHolderName":
                return ["、".join(holder.name for holder in licence.holders)]
            case "certificateHolderCode":
                return ["、".join(holder.code for holder in licence.holders)]
            case "validity":
                return [term_text(licence.valid_from, licence.valid_to)]
        value = self._values.get(printed.key)
        if not isinstance(value, str):
            self._fault(printed.key)
            return [""]
        shown = [value]
        if _ISO_DAY.fullmatch(value):
            with suppress(ValueError):  # a text that only looks like a day
                shown.insert(0, chinese_date(date.fromisoformat(value)))
        return [f"{text} {printed.unit}".rstrip() for text in shown]

    def _said_of_origin(self) -> Iterator[tuple[PrintedField, str]]:
        origin = self._licence.origin
        if origin.kind == "digitised" and origin.converted_on is not None:
            historic = "" if origin.historic_issuer is None else origin.historic_issuer.name
            yield PrintedField(key="origin", label=ORIGIN_LABEL), origin_text(origin.converted_on, historic)
        for one in self._licence.attachments:
            if one.kind == "body":
                yield PrintedField(key="body", label=BODY_LABEL), body_text(one.name, one.pages, one.sm3)

    def _without_marks(self, items: Sequence[SeenItem], number: int) -> list[SeenItem]:
        """The items without those that make a copy a copy: watermarks below everything, strip and symbol above."""
        copy = self._copy
        if copy is None:
            return list(items)
        marks = [one for one in items if isinstance(one, SeenText) and one.hidden == _SLANTED]
        serial = group_serial(copy.serial)
        lines = copy_purpose_lines(
            copy.purpose,
            printed_serial=serial,
            maker=copy.maker_name,
            made_at=copy.made_at,
            expires_at=copy.expires_at,
        )
        once = "".join(lines).translate(_SPACES)
        shown = "".join(one.text for one in marks).translate(_SPACES)
        if not shown or shown != once * (len(shown) // len(once)) or any(one.unlike for one in marks):
            self._fault("purpose")
        rest = [one for one in items if not (isinstance(one, SeenText) and one.hidden == _SLANTED)]
        over = [copy_strip(serial, copy.expires_at)]
        if number == 1:
            over.append(COPY_SEALED)
            if self._licence.attachments:
                over.append(copy_attachments_text(len(self._licence.attachments)))
        elif rest and isinstance(rest[-1], SeenSymbol):
            rest.pop()
        else:
            self._fault("code")
        last = rest[len(rest) - len(over) :]
        texts = [one for one in last if isinstance(one, SeenText)]
        if [one.text for one in texts] != over:
            self._fault("copy")
            return rest
        self._note("copy", texts)
        return rest[: len(rest) - len(over)]

    # Taking items.

    def _next(self) -> SeenItem | None:
        return self._items[self._at] if self._at < len(self._items) else None

    def _take(self, key: str, text: str) -> list[SeenText]:
        """The lines that stand here and print this text; none when other ones stand here."""
        shown: list[SeenText] = []
        end = 0
        for item in self._items[self._at :]:
            if not isinstance(item, SeenText) or (longer := _printed([item], text, end)) is None:
                break
            shown.append(item)
            end = longer
            if not text[end:].strip():
                break
        if not shown or text[end:].strip():
            return []
        self._at += len(shown)
        self._note_lines(key, shown)
        return shown

    def _expect(self, key: str, text: str) -> list[SeenText]:
        """Take a text that must stand here; where it stands further on, what is before it does not belong there."""
        start = self._at
        for place in range(start, len(self._items)):
            self._at = place
            if shown := self._take(key, text):
                if place > start and not self._faults:
                    self._fault("text that the data do not have")
                return shown
        self._at = start
        self._fault(key)
        return []

    def _note(self, key: str, texts: Sequence[SeenText]) -> None:
        """Text that is there but cannot be read, or is drawn as something else, does not print a value."""
        for one in texts:
            if one.hidden or one.unlike:
                self._fault(key)
            self._unknown += one.unknown

    def _note_lines(self, key: str, lines: Sequence[SeenText]) -> None:
        """Nor do lines that are not read one after the other: its end would stand for something else elsewhere."""
        self._note(key, lines)
        if not all(_follows(below, line) for line, below in pairwise(lines)):
            self._fault(key)

    def _fault(self, key: str) -> None:
        self._faults[key] = None


_SLANTED: Final = "slanted"
_LINE_STEPS: Final = (1.0, 2.0)
"""Of the size of the type: how far below a line the next one stands."""


def _follows(below: SeenText, line: SeenText) -> bool:
    """Whether a line stands directly under another one, with the same left edge or centre."""
    step = (line.baseline - below.baseline) / line.size
    centred = abs(line.left + line.right - below.left - below.right) < 2 * _SAME_LINE
    return _LINE_STEPS[0] <= step <= _LINE_STEPS[1] and (abs(line.left - below.left) < _SAME_LINE or centred)


def _printed(lines: Iterable[SeenText], text: str, start: int) -> int | None:
    """Where in a text these lines end that print it from `start`; None when they do not.

    Where a line is broken, spaces and line feeds are left out.
    """
    at = start
    for line in lines:
        if not text.startswith(line.text, at):
            at += len(text) - at - len(text[at:].lstrip(" \n"))
            if not text.startswith(line.text, at):
                return None
        at += len(line.text)
    return at
