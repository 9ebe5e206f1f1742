"""Three representations, one truth: the text on the face, the structured licence inside, and the code say the same.

A right seal over a wrong face is found here: every text on the pages must be one that follows from the data, at its
place, drawn as it is encoded, and readable. The report names the fields that differ, never what they say. The form that
is compared is `FACE_FORM`; ADR 0019 says what is looked at and what is not.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import date

from esign import (
    BODY_LABEL,
    COPY_NOTICE,
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
    copy_serial_text,
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
from verify.face_annex import Annexed, read_annexed, read_rows
from verify.face_copy import without_marks
from verify.face_findings import SAME_LINE, FaceFindings
from verify.face_items import SPACES, FaceItems
from verify.report import Check

_ISO_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


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
    text = "".join(one.text for one in seen if not one.hidden and not one.unlike).translate(SPACES)
    wanted = {
        "certificateNumber": [licence.number],
        "certificateHolderName": [holder.name for holder in licence.holders],
        "certificateIssuingAuthorityName": [licence.issuer_name],
        "certificateIssuedDate": [chinese_date(licence.issued_on)],
    }
    missing = [key for key, values in wanted.items() if any(value.translate(SPACES) not in text for value in values)]
    if missing:
        return Check(name="face", code="FACE_DIFFERS", detail=f"not on the face: {', '.join(missing)}")
    detail = "the data do not say what the face shows: only number, holder, issuer and date of issue were looked for"
    return Check(name="face", code="OK", detail=detail)


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
        self._annexed: list[Annexed] = []
        self._recorded = False
        self._findings = FaceFindings()
        self._items = FaceItems((), self._findings)
        """Of the page that is being read."""

    def check(self) -> Check:
        """What was found."""
        for one in self._annexed:
            if not one.done:
                self._findings.fault(one.printed.key)
        if self._face.records and not self._recorded:
            self._findings.fault("records")
        return self._findings.check()

    def read(self, page: FacePage, number: int) -> None:
        """Read one page."""
        if page.strange:
            self._findings.fault(f"drawings on page {number}")
        items: Sequence[SeenItem] = page.items
        if self._copy is not None:
            items = without_marks(items, number, self._copy, len(self._licence.attachments), self._findings)
        self._items = FaceItems(items, self._findings)
        if self._licence.development:
            self._items.expect("notice", SAMPLE_NOTICE)
        if number == 1:
            self._front()
        else:
            self._following()
        self._foot(number)

    # The parts of a page.

    def _front(self) -> None:
        licence = self._licence
        self._items.expect("title", self._title)
        if self._label:
            self._items.expect("title", self._label)
        self._items.expect("certificateNumber", f"{NUMBER_LABEL}{licence.number}")
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
        self._items.expect("certificateIssuingAuthorityName", licence.issuer_name)
        self._items.expect("certificateIssuedDate", chinese_date(licence.issued_on))

    def _following(self) -> None:
        title = self._title + self._label
        for one in self._annexed:
            if not one.done and self._items.take("title", annex_title(title, one.printed.label)):
                self._items.expect("certificateNumber", f"{NUMBER_LABEL}{self._licence.number}")
                read_annexed(one, self._items)
                return
        if self._face.records and not self._recorded and self._items.take("title", record_title(title)):
            self._recorded = True
            self._items.expect("certificateNumber", f"{NUMBER_LABEL}{self._licence.number}")
            for label in RECORD_COLUMNS:
                self._items.expect("records", label)
                while isinstance(self._items.peek(), SeenBox):
                    self._items.skip()
            return
        self._findings.fault("title")

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
        rest = self._items.rest
        texts = [one for one in rest if isinstance(one, SeenText)]
        shown, wanted = "".join(one.text for one in texts).translate(SPACES), "".join(parts).translate(SPACES)
        if shown != wanted or len(texts) != len(rest):
            extra = f"text on page {number} that the data do not have"
            self._findings.fault(extra if wanted in shown else "foot")
        self._findings.note("foot", texts)

    # The parts of a front page.

    def _row(self, printed: PrintedField, texts: Sequence[str]) -> None:
        """A label and beside it the value, or the words that it stands on an annex page."""
        label = self._items.expect(printed.key, printed.label)
        if not label:
            return
        for text in texts:
            if value := self._items.take(printed.key, text):
                break
        else:
            value = self._items.take(printed.key, TEXT_REFERENCE)
            if value:
                self._annexed.append(Annexed(printed=printed, value=texts[-1], places=[0]))
        beside = bool(value) and abs(value[0].baseline - label[0].baseline) < SAME_LINE
        if not beside or value[0].left < max(one.right for one in label):
            self._findings.fault(printed.key)

    def _tables(self, tables: Sequence[tuple[PrintedField, Rows]]) -> None:
        """Tables whose rows are all on annex pages have a row that says so; others begin on the face."""
        for printed, table in tables:
            if not table.rows:
                continue
            if any(len(row) != len(table.columns) for row in table.rows):
                self._findings.fault(printed.key)
                continue
            annexed = Annexed(printed=printed, value=table, places=[0] * len(table.columns))
            self._annexed.append(annexed)
            label = self._items.take(printed.key, printed.label)
            if not label:
                continue
            reference = self._items.take(printed.key, table_reference(len(table.rows)))
            if not reference:
                read_rows(annexed, table, self._items)
            elif abs(reference[0].baseline - label[0].baseline) >= SAME_LINE:
                self._findings.fault(printed.key)

    def _photo(self, key: str) -> None:
        value, item = self._values.get(key), self._items.peek()
        if not isinstance(item, SeenPhoto) or not isinstance(value, str) or photo_of_text(value) != item.image:
            self._findings.fault(key)
        if isinstance(item, SeenPhoto):
            self._items.skip()
            if isinstance(self._items.peek(), SeenBox):
                self._items.skip()

    def _symbol(self) -> None:
        """The symbol, whose text is compared elsewhere, and the words under it."""
        place = next((at for at, item in enumerate(self._items.rest) if isinstance(item, SeenSymbol)), None)
        if place is None:
            self._findings.fault("code")
            return
        if place:
            self._findings.fault("text that the data do not have")
        self._items.skip(place + 1)
        if self._copy is not None:
            self._items.expect("notice", COPY_NOTICE)
            self._items.expect("copySerial", copy_serial_text(group_serial(self._copy.serial)))
            return
        self._short_code()
        self._items.expect("code", SCAN_HINT)
        self._items.expect("code", address_text(self._address))
        self._items.take("code", LOCAL_NOTICE)

    def _short_code(self) -> None:
        """Any that is typed without a slip: only who holds the store knows whose it is."""
        shown: list[SeenText] = []
        for item in self._items.rest[:3]:
            if not isinstance(item, SeenText):
                break
            shown.append(item)
            text = "".join(one.text for one in shown).translate(SPACES)
            if is_short_code(text.removeprefix(SHORT_CODE_LABEL.strip())) and text.startswith(SHORT_CODE_LABEL.strip()):
                self._items.skip(len(shown))
                self._findings.note("code", shown)
                return
        self._findings.fault("code")

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
            self._findings.fault(printed.key)
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
