"""The printed face (照面) of a licence: from its values and its type's face to pages, before any file format."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from esign import (
    DEFAULT_DIAMETER,
    LONG_TERM,
    NATIVE_ORIGIN,
    QUIET_ZONE,
    SEAL_FIELD,
    Background,
    FontChain,
    Page,
    Photo,
    SealPlace,
    Shape,
    StructuredAttachment,
    StructuredOrigin,
    Symbol,
    TextRun,
    UnprintableError,
    code_modules,
    group_short_code,
    rectangle,
)

from .annex import Following, annex_pages, record_page
from .background import draw_background
from .catalogue import DATE_BELOW, FRAME_MARGIN, Document, DocumentKind, Face, FieldType
from .errors import CatalogueError, InvalidFieldError, UnprintableFieldError
from .model import Licence
from .photos import photo_in
from .setting import (
    FAINT,
    INK,
    Items,
    Row,
    Table,
    chinese_date,
    face_contents,
    fit_face,
    fit_slots,
    flow_fields,
    print_block,
)
from .typesetting import Block, break_text, shrink_to_fit, width_of

_WARNING = (0.75, 0.1, 0.1)
_PAPER = (1.0, 1.0, 1.0)

# Millimetres.
_CAPTION_GAP = 2.5  # between the quiet zone of the symbol and its captions
_NOTICE_BASELINE = 16.5
_FOOT_SIDE = 20.0
_FOOT_BELOW = 12.5  # from the last line to the edge of the page
_FOOT_HEIGHT = 10.4  # above that

# Points.
_NOTICE_SIZE, _SMALLEST_NOTICE = 9.0, 6.0
_FOOT_SIZE, _SMALLEST_FOOT = 6.5, 4.0
_SHORT_CODE_SIZE, _CAPTION_SIZE, _SMALLEST_CAPTION = 9.0, 7.5, 6.0
_SMALLEST_NUMBER = 8.0
_SMALLEST_TITLE = 10.0

_CAPTION_LINES = 3
_ISSUER_LINES = 2
_LABEL_SHARE = 0.45  # of the title's size: the document's label beside it

DEVELOPMENT_NOTICE = "样例/测试 SAMPLE：不具法律效力"
_LOCAL_NOTICE = "（本机测试地址 test address）"


@dataclass(frozen=True, slots=True, kw_only=True)
class Marks:
    """What a face bears besides the licence's own values."""

    identifier: str
    code_address: str
    """The text of the QR symbol."""
    short_code: str
    public_url: str
    development: bool
    """Sealed with a development PKI."""
    local: bool
    """The address is this machine's own: fit for a trial only."""
    origin: StructuredOrigin = NATIVE_ORIGIN
    attachments: Sequence[StructuredAttachment] = ()
    copy_serial: str = ""
    """Of an annotated copy (加注件), as printed: its symbol stands in the place of the licence's code."""


_BETWEEN_SEALS = 2.0
"""Millimetres between the seals of authorities that issue jointly: rings must not touch."""


class FaceRenderer:
    """Draws faces with one chain of fonts."""

    def __init__(self, fonts: FontChain) -> None:
        """The fonts also say which characters can be printed at all."""
        self._fonts = fonts
        self._backgrounds: dict[tuple[float, float, tuple[float, float, float], bool], Background] = {}

    def render(
        self,
        licence: Licence,
        marks: Marks,
        awaited: Sequence[tuple[str, tuple[float, float]]] = (),
        document: Document | None = None,
    ) -> tuple[Page, ...]:
        """The pages of a document of a licence, the first one when none is named.

        They are the face, then annex pages (附页) with what does not fit on it, then the page for entries where the
        document has one. `awaited` are the form fields of the seals that other authorities add, with their sizes in
        millimetres; they stand to the left of the issuer's.

        Raises:
            ExceptionGroup: of `UnprintableFieldError`, all of them, when no font has a character; or of one
                `InvalidFieldError` `DOES_NOT_FIT`, naming the (longest) field, when the smallest type is too large.
            CatalogueError: the face has too little room for what does not come from the metadata.
        """
        document = document or licence.licence_type.documents[0]
        face = document.face
        self._check_printable(licence, marks)
        setting, annexed = self._fit(licence, marks, document)
        background = self._background(face, marks)
        heading = Following(name=_full_name(licence, document), number=licence.number)
        following = list(annex_pages(self._fonts, face, heading, annexed))
        if document.records:
            following.append(record_page(self._fonts, face, heading))
        total = 1 + len(following)
        front = Page(
            width=face.width,
            height=face.height,
            background=background,
            items=(
                *self._notice(face, marks),
                *self._heading(licence, document),
                *setting,
                *_photos(licence, face),
                *self._code(licence.licence_type.slug, face, marks),
                *self._issuer(licence, face),
                *self._foot(licence, face, marks, 1, total),
            ),
            seals=tuple(_seal_places(face, awaited)),
        )
        pages = (
            Page(
                width=face.width,
                height=face.height,
                background=background,
                items=(*self._notice(face, marks), *items, *self._foot(licence, face, marks, number, total)),
            )
            for number, items in enumerate(following, start=2)
        )
        return (front, *pages)

    def overprint(self, licence: Licence, marks: Marks, document: Document | None = None) -> Page:
        """What goes onto a pre-printed form: values at fixed places, code, issuer, date; no seal.

        Raises as `render`; rows and texts for which a form has no room have to be printed on an annex.
        """
        document = document or licence.licence_type.documents[0]
        face = document.face
        self._check_printable(licence, marks)
        rows, tables = face_contents(licence, face)
        rows += [Row(key=one.key, label=one.label, value=f"见附表，共 {len(one.rows)} 项") for one in tables]
        items, unfit = fit_slots(self._fonts, rows, face, face.order)
        if unfit:
            raise _does_not_fit(unfit)
        number = self._number(licence, face, label="")
        return Page(
            width=face.width,
            height=face.height,
            items=(
                *number,
                *items,
                *_photos(licence, face),
                *self._code(licence.licence_type.slug, face, marks),
                *self._issuer(licence, face),
            ),
        )

    def _fit(self, licence: Licence, marks: Marks, document: Document) -> tuple[Items, list[Table | Row]]:
        face = document.face
        rows, tables = face_contents(licence, face)
        rows += _said_of_origin(marks)
        fit = flow_fields if document.kind is DocumentKind.ANNEX else fit_face
        fitted = fit(self._fonts, rows, tables, face.fields)
        if fitted is None:
            raise _does_not_fit(max(rows, key=lambda row: len(row.value)).key)
        return fitted

    def _check_printable(self, licence: Licence, marks: Marks) -> None:
        texts = [
            ("certificateNumber", licence.number),
            ("certificateIssuingAuthorityName", licence.issuer.name),
        ]
        images = {field.key for field in licence.licence_type.fields if field.type is FieldType.IMAGE}
        origin = marks.origin.historic_issuer
        texts += [("origin", origin.name)] if origin is not None else []
        texts += [("body", one.name) for one in marks.attachments if one.kind == "body"]
        for holder in licence.holders:
            texts += [("certificateHolderName", holder.name), ("certificateHolderCode", holder.code)]
        for key, value in licence.values.items():
            if key in images:
                continue
            cells = [value] if isinstance(value, str) else [cell for row in value for cell in row]
            texts += [(key, cell) for cell in cells]
        faults = []
        for key, text in texts:
            try:
                self._fonts.require(text.replace("\n", ""))
            except UnprintableError as error:
                faults.append(UnprintableFieldError(f"/data/{key}", error.code_point))
        if faults:
            raise ExceptionGroup("characters that cannot be printed", faults)

    def _background(self, face: Face, marks: Marks) -> Background:
        """Drawn once for all faces that look the same."""
        key = (face.width, face.height, face.colour, marks.development)
        background = self._backgrounds.get(key)
        if background is None:
            background = self._backgrounds[key] = draw_background(self._fonts, face, sample=marks.development)
        return background

    def _notice(self, face: Face, marks: Marks) -> Iterator[TextRun]:
        if marks.development:
            block = shrink_to_fit(
                self._fonts,
                DEVELOPMENT_NOTICE,
                size=_NOTICE_SIZE,
                smallest=_SMALLEST_NOTICE,
                width=face.width - 2 * FRAME_MARGIN - 4,
            )
            if block is None:
                raise CatalogueError("the page is too narrow for the notice of a sample")
            top = _NOTICE_BASELINE - block.first_baseline
            yield from self._print_centred(block, face.width / 2, top, colour=_WARNING)

    def _heading(self, licence: Licence, document: Document) -> Iterator[TextRun]:
        """Title, in smaller type behind it what document it is, and the number."""
        face, title = document.face, licence.licence_type.name
        label = f"（{document.label}）" if len(licence.licence_type.documents) > 1 else ""
        size, spacing = face.title.size, face.title.spacing
        width = self._title_width(title, size, spacing) + width_of(self._fonts, label, size * _LABEL_SHARE)
        shrinking = min(1.0, (face.width - 2 * FRAME_MARGIN - 6) / width)
        size, spacing, width = size * shrinking, spacing * shrinking, width * shrinking
        if size < _SMALLEST_TITLE:
            raise CatalogueError(f"{licence.licence_type.slug}: the page is too narrow for its title")
        left = (face.width - width) / 2
        yield TextRun(x=left, y=face.title.y, size=size, text=title, bold=True, spacing=spacing, colour=INK)
        if label:
            left += self._title_width(title, size, spacing)
            yield TextRun(x=left, y=face.title.y, size=size * _LABEL_SHARE, text=label, colour=INK)
        yield from self._number(licence, face, label="编号：")

    def _title_width(self, title: str, size: float, spacing: float) -> float:
        return width_of(self._fonts, title, size) + spacing * (len(title) - 1)

    def _number(self, licence: Licence, face: Face, *, label: str) -> Iterator[TextRun]:
        place = face.number
        block = shrink_to_fit(
            self._fonts,
            f"{label}{licence.number}",
            size=place.size,
            smallest=min(_SMALLEST_NUMBER, place.size),
            width=place.x - face.fields.x,
        )
        if block is None:
            raise _does_not_fit("certificateNumber")
        (text,) = block.lines
        left = place.x - width_of(self._fonts, text, block.size)
        yield TextRun(x=left, y=place.y, size=block.size, text=text, colour=INK)

    def _code(self, slug: str, face: Face, marks: Marks) -> Iterator[TextRun | Shape | Symbol]:
        place = face.code
        modules = code_modules(marks.code_address)
        margin = QUIET_ZONE * place.size / len(modules)
        clear = rectangle(place.x - margin, place.y - margin, place.size + 2 * margin, place.size + 2 * margin)
        yield Shape(commands=clear, fill=_PAPER)
        yield Symbol(x=place.x, y=place.y, size=place.size, modules=modules)
        captions = [
            (f"短码 {group_short_code(marks.short_code)}", _SHORT_CODE_SIZE, INK),
            ("扫码核验，或访问", _CAPTION_SIZE, FAINT),
            (f"{marks.public_url}/v/短码", _CAPTION_SIZE, FAINT),
        ]
        if marks.copy_serial:
            captions = [
                ("加注件，不是原件", _SHORT_CODE_SIZE, _WARNING),
                (f"加注件编号 {marks.copy_serial}", _CAPTION_SIZE, INK),
            ]
        if marks.local:
            captions.append((_LOCAL_NOTICE, _CAPTION_SIZE, _WARNING))
        y = place.y + place.size + margin + _CAPTION_GAP
        for text, size, colour in captions:
            block = shrink_to_fit(
                self._fonts, text, size=size, smallest=_SMALLEST_CAPTION, width=place.width, lines=_CAPTION_LINES
            )
            if block is None or y + block.height > place.bottom:
                raise CatalogueError(f"{slug}: face.code has no room for its captions and the public URL")
            yield from self._print_centred(block, place.x + place.size / 2, y, colour=colour)
            y += block.height

    def _issuer(self, licence: Licence, face: Face) -> Iterator[TextRun]:
        place = face.issuer
        name = shrink_to_fit(
            self._fonts,
            licence.issuer.name,
            size=place.size,
            smallest=place.smallest,
            width=place.width,
            lines=_ISSUER_LINES,
        )
        if name is None:
            raise _does_not_fit("certificateIssuingAuthorityName")
        last_line = (len(name.lines) - 1) * name.line_height + name.first_baseline
        yield from self._print_centred(name, place.x, place.y - last_line, colour=INK)
        day = chinese_date(licence.issued_on)
        left = place.x - width_of(self._fonts, day, place.size) / 2
        yield TextRun(x=left, y=place.y + DATE_BELOW, size=place.size, text=day, colour=INK)

    def _print_centred(
        self, block: Block, centre: float, y: float, *, colour: tuple[float, float, float]
    ) -> Iterator[TextRun]:
        for run in print_block(block, centre, y, colour=colour):
            yield replace(run, x=centre - width_of(self._fonts, run.text, run.size) / 2)

    def _foot(self, licence: Licence, face: Face, marks: Marks, number: int, total: int) -> Iterator[TextRun]:
        """Small lines with what programs and archivists look for, dates as the data has them."""
        kinds = "、".join(dict.fromkeys(holder.kind.code for holder in licence.holders))
        end = licence.validity.end.isoformat() if licence.validity.end else LONG_TERM
        parts = [
            f"证照标识 {marks.identifier}",
            f"颁发机构代码 {licence.issuer.code}（{licence.issuer.level}）",
            f"所属区域 {licence.area_code}",
            f"主体代码类型 {kinds}",
            f"颁发 {licence.issued_on.isoformat()}",
            f"有效期 {licence.validity.start.isoformat()} 至 {end}",
        ]
        if total > 1:
            parts.append(f"第 {number} 页，共 {total} 页")
        side = min(_FOOT_SIDE, face.width / 8)
        size = _FOOT_SIZE
        while True:
            block = self._foot_lines(parts, size, face.width - 2 * side)
            if block.height <= _FOOT_HEIGHT:
                break
            size -= 0.5
            if size < _SMALLEST_FOOT:
                raise CatalogueError("the page is too narrow for the lines at its foot")
        yield from print_block(block, side, face.height - _FOOT_BELOW - block.height, colour=FAINT)

    def _foot_lines(self, parts: Sequence[str], size: float, room: float) -> Block:
        """The parts, as many on a line as there is room for; one that is longer than a line is broken."""
        text = ""
        for part in parts:
            last = text.rpartition("\n")[2]
            longer = f"{last}　{part}" if last else part
            text += ("" if not last else "　" if width_of(self._fonts, longer, size) <= room else "\n") + part
        return break_text(self._fonts, text, size=size, width=room)


def _full_name(licence: Licence, document: Document) -> str:
    name = licence.licence_type.name
    return f"{name}（{document.label}）" if len(licence.licence_type.documents) > 1 else name


def _said_of_origin(marks: Marks) -> list[Row]:
    """What the face says of paper that it was made from, and of the body that belongs to it."""
    rows = []
    origin = marks.origin
    if origin.kind == "digitised" and origin.converted_on is not None:
        said = f"由纸质证照转换，转换日期 {chinese_date(origin.converted_on)}"
        if origin.historic_issuer is not None:
            said += f"；原颁发机构：{origin.historic_issuer.name}"
        rows.append(Row(key="origin", label="证照来源", value=said, stays=True))
    for one in marks.attachments:
        if one.kind == "body":
            said = f"见所附文件“{one.name}”，共 {one.pages} 页（SM3 {one.sm3[:16]}…）"
            rows.append(Row(key="body", label="正文", value=said, stays=True))
    return rows


def _photos(licence: Licence, face: Face) -> Iterator[Photo | Shape]:
    """Photographs, each as large as its box allows, and a thin line around."""
    for key, place in face.photos.items():
        text = licence.values.get(key)
        if not isinstance(text, str):
            continue
        photo = photo_in(text)
        scale = min(place.width / photo.width, place.height / photo.height)
        width, height = photo.width * scale, photo.height * scale
        x, y = place.x + (place.width - width) / 2, place.y + (place.height - height) / 2
        yield Photo(x=x, y=y, width=width, height=height, photograph=photo)
        yield Shape(commands=rectangle(x, y, width, height), stroke=FAINT, line_width=0.15)


def _does_not_fit(key: str) -> ExceptionGroup[InvalidFieldError]:
    return ExceptionGroup("the face has no room", [InvalidFieldError(f"/data/{key}", "DOES_NOT_FIT")])


def _seal_places(face: Face, awaited: Sequence[tuple[str, tuple[float, float]]]) -> Iterator[SealPlace]:
    x, y = face.issuer.x, face.issuer.y + DATE_BELOW
    yield SealPlace(field=SEAL_FIELD, x=x, y=y)
    reach = DEFAULT_DIAMETER / 2
    for field, (width, height) in awaited:
        x -= reach + _BETWEEN_SEALS + width / 2
        reach = width / 2
        yield SealPlace(field=field, x=x, y=y, size=(width, height))
